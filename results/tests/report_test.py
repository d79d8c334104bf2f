#!/usr/bin/env -S python3 -B
"""report.html holds the whole run, loads nothing, and survives what a run may lack."""

import hashlib
import html.parser
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.dirname(HERE)
ROOT = os.path.dirname(RESULTS)
sys.path[:0] = [HERE, RESULTS]

import environment  # noqa: E402
import input_files  # noqa: E402
import made_up  # noqa: E402
import table  # noqa: E402
import tap  # noqa: E402
import wording  # noqa: E402

VOID = {"meta", "link", "br", "img", "hr"}


def _run(*command):
    return subprocess.run(command, text=True, capture_output=True, check=False)


class MadeUp:
    """A made-up run with its report."""

    def __init__(self, pattern="", figures=True, model=False):
        self.folder = tempfile.TemporaryDirectory()
        self.path = self.folder.name
        commands = [[os.path.join(HERE, "fake_bench.py"), "--run-dir", self.path,
                     "--filter", pattern],
                    [os.path.join(RESULTS, "environment.py"), self.path, "--repetitions", "11"]]
        if model:
            fake = os.path.join(HERE, "fake_model.py")
            commands += [[os.path.join(RESULTS, "count_crossings.py"), "--counter", fake, "--gate",
                          fake, "--run-dir", self.path, "--filter", pattern],
                         [os.path.join(RESULTS, "modelled.py"), self.path]]
        commands.append([os.path.join(RESULTS, "ratios.py"), self.path])
        if figures:
            commands.append([os.path.join(ROOT, "plots", "draw.py"), self.path])
        for command in commands:
            done = _run(*command)
            tap.equal((done.returncode, done.stderr), (0, ""))

    def report(self):
        return _run(os.path.join(RESULTS, "report.py"), self.path)

    def page(self):
        done = self.report()
        tap.equal((done.returncode, done.stderr), (0, ""))
        with open(os.path.join(self.path, "report.html"), encoding="utf-8") as file:
            return file.read()


FULL = MadeUp()


def the_page_holds_summary_figures_tables_and_environment():
    page = FULL.page()
    tap.contains(page, "Empty call", "SHA-256 of 8 B", "SHA-256 of 4 KiB", "SHA-256 of 1 MiB",
                 "Figure 1. Overhead against raw, sodium", "Figure 4. Cost of a call", "Overhead against raw, zlib", "process-ring-one",
                 "discipline adds", "the same bytes as <code>raw</code>", "<dt>kernel</dt>")
    tap.equal(page.count("<svg"), 6)


def the_page_decides_claims_and_sets_guarantees_beside_costs():
    with tempfile.TemporaryDirectory() as run:
        made_up.write(run, made_up.rows())
        for command in ("summary.py", "report.py"):
            done = _run(os.path.join(RESULTS, command), run)
            tap.equal((done.returncode, done.stderr), (0, ""))
        with open(os.path.join(run, "report.html"), encoding="utf-8") as file:
            page = file.read()
    tap.contains(page, "id='claims'", "class='pass'>PASS", "class='fail'>FAIL",
                 "class='open'>not decided", "pku-guest, emulated</h3>", "og-mpk (modelled)",
                 "<td>Omniglot</td><td>●</td>", "copy-wasm has no rows of png", "(4 of 5)")
    # Variants of the process sandbox are in the tables of all results, not among the systems
    # that are compared.
    compared = page[page.index("id='guarantees'"):page.index("id='reading'")]
    tap.contains(compared, ">process<", ">process-pipe<")
    assert "process-ring-one" not in compared
    tap.contains(page[page.index("id='tables'"):], "process-ring-one", "process-socket")


def what_a_partial_run_lacks_is_in_the_page():
    tap.contains(FULL.page(), "id='missing'", "Nothing was run in the guest with protection keys",
                 "no row of Omniglot itself")
    tap.contains(MadeUp("sha256", figures=False).page(), "What this run lacks")


def a_figures_caption_names_kind_and_machine():
    page = FULL.page()
    with open(os.path.join(FULL.path, "environment.json"), encoding="utf-8") as file:
        model = json.load(file)["processor"]["model"]
    tap.contains(page, f"on x86_64-linux, measured: {model}. ")


def modelled_rows_are_named_so_wherever_they_stand():
    run = MadeUp("invoke-int|sha256|domain", model=True)
    page = run.page()
    tap.contains(page, "<th class='name'>og-mpk (modelled)</th>",
                 "<td class='name'>og-mpk (modelled)</td>", "<b>modelled</b>: a measured time",
                 "By the model, not by measurement", "x86_64-linux, measured, modelled",
                 "Hollow marks are modelled, not measured")
    assert not re.search(r"og-mpk</t[dh]>", page)
    tap.contains(page, "ERIM", "libmpk", "2 GHz", "50 ns a call",
                 "<dt>no row</dt><dd>ubench/domain-reset/og-none/0: opens, resets or closes")


def modelled_cases_are_not_counted_among_those_that_were_verified():
    run = MadeUp("invoke-int-0", figures=False, model=True)
    tap.contains(run.page(), "all 4 cases computed the same bytes",
                 "What is modelled, 1 more, was not run.")


def a_run_without_a_model_says_nothing_of_one():
    page = FULL.page()
    assert "id='model'" not in page and "modelled" not in page


def a_description_of_the_model_that_lacks_a_field_is_refused_with_its_name():
    run = MadeUp("invoke-int-0", figures=False, model=True)
    with open(os.path.join(run.path, "modelled.json"), "w", encoding="utf-8") as file:
        file.write('{"system": "og-mpk"}')
    done = run.report()
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "modelled.json:1:formula: not there")


def every_row_of_the_results_is_in_a_table():
    rows = table.read_results(os.path.join(FULL.path, "results.csv"))
    cells = re.findall(r"<tr[^>]*>(?:<td>[^<]*</td>){3}<td class='name'>", FULL.page())
    tap.equal(len(cells), len(rows))


def a_row_of_process_tells_which_variant_it_is_and_is_not_counted_as_a_case_of_its_own():
    run = MadeUp("invoke-int-0", figures=False)
    subprocess.run([os.path.join(RESULTS, "best_process.py"), run.path], check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run([os.path.join(RESULTS, "ratios.py"), run.path], check=True,
                   stdout=subprocess.DEVNULL)
    tap.contains(run.page(), "<td class='name'>process <small>(process-ring-one)</small></td>",
                 "all 4 cases computed the same bytes",
                 "1 rows of <code>process</code> are their best variant's")


def the_page_loads_nothing_from_anywhere():
    page = FULL.page()
    loads = re.findall(r"(?:\bsrc|(?<!xlink:)\bhref)=['\"]([^'\"#][^'\"]*)", page)
    tap.equal(set(loads), {"data:,"})
    assert "<script" not in page and "@import" not in page and "url(http" not in page


def figures_share_no_ids_and_every_reference_finds_its_own():
    page = FULL.page()
    ids = re.findall(r"\bid=['\"]([^'\"]+)", page)
    tap.equal(len(ids), len(set(ids)))
    wanted = set(re.findall(r"href=['\"]#([^'\"]+)", page))
    tap.equal(wanted - set(ids), set())


def figures_take_the_pages_ink_so_that_they_can_be_read_in_the_dark():
    page = FULL.page()
    assert not re.search(r"rgb\(\s*26,\s*26,\s*26\s*\)", page)
    tap.contains(page, "prefers-color-scheme: dark", 'style="fill:var(--ink)"')


def tags_are_balanced():
    class Checker(html.parser.HTMLParser):
        def __init__(self):
            super().__init__()
            self.open = []

        def handle_starttag(self, tag, attrs):
            if tag not in VOID:
                self.open.append(tag)
            names = [name for name, _ in attrs]
            tap.equal(len(names), len(set(names)))

        def handle_endtag(self, tag):
            tap.equal(self.open.pop(), tag)

    checker = Checker()
    checker.feed(FULL.page())
    tap.equal(checker.open, [])


def a_filtered_run_has_a_report_of_what_there_is():
    tap.contains(MadeUp("deflate").page(), "none of the summary's cases", "deflate-text")


def a_run_without_figures_or_environment_has_a_report():
    run = MadeUp("sha256", figures=False)
    os.unlink(os.path.join(run.path, "environment.json"))
    tap.contains(run.page(), "None was drawn", "environment.json is not in this run")


def a_damaged_table_leaves_the_earlier_report_in_place():
    run = MadeUp("sha256", figures=False)
    before = run.page()
    with open(os.path.join(run.path, "results.csv"), "a", encoding="utf-8") as file:
        file.write("x86_64-linux,raw\n")
    done = run.report()
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "results.csv:", "ends early")
    with open(os.path.join(run.path, "report.html"), encoding="utf-8") as file:
        tap.equal(file.read(), before)


def a_damaged_environment_is_named():
    run = MadeUp("sha256", figures=False)
    with open(os.path.join(run.path, "environment.json"), "w", encoding="utf-8") as file:
        file.write("{")
    done = run.report()
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "environment.json:1:json:", "delete it")


def hostile_text_in_a_run_does_not_become_markup():
    run = MadeUp("sha256", figures=False)
    path = os.path.join(run.path, "environment.json")
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    document["kernel"] = "<script>alert(1)</script>"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file)
    assert "<script" not in run.page()


def the_environment_names_the_machine_and_keeps_its_first_session_on_resuming():
    run = MadeUp("sha256", figures=False)
    path = os.path.join(run.path, "environment.json")

    def read():
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    before = read()
    for name in ("target", "kernel", "processor", "memory_mib", "virtualization", "compilers",
                 "packages", "inputs", "source", "repetitions"):
        assert name in before, name
    tap.equal(_run(os.path.join(RESULTS, "environment.py"), run.path).returncode, 0)
    after = read()
    tap.equal(len(after["sessions"]), 2)
    tap.equal({**after, "sessions": before["sessions"]}, before)


def the_environment_names_the_files_that_were_compressed():
    run = MadeUp("sha256", figures=False)
    with open(os.path.join(run.path, "environment.json"), encoding="utf-8") as file:
        zlib = json.load(file)["inputs"]["zlib"]
    tap.equal(sorted(zlib), ["binary", "text"])
    for found in zlib.values():
        tap.equal(set(found), {"path", "package", "version", "sha256", "as_listed"})
        with open(found["path"], "rb") as file:
            tap.equal(found["sha256"], hashlib.sha256(file.read()).hexdigest())
        assert found["as_listed"], found
        tap.contains(run.page(), found["path"], found["sha256"])


def an_input_file_that_is_missing_or_another_is_told_from_the_listed_one():
    listed, sha256 = input_files.listed, input_files.sha256
    try:
        input_files.listed = lambda workload: [("text", "base-files", "/nowhere", "0" * 64),
                                               ("binary", "base-files", __file__, "0" * 64)]
        found = environment.inputs()["zlib"]
    finally:
        input_files.listed = listed
    tap.equal((found["text"]["sha256"], found["text"]["as_listed"]), (None, None))
    tap.equal((found["binary"]["sha256"], found["binary"]["as_listed"]), (sha256(__file__), False))


def quantities_read_as_people_write_them():
    tap.equal([wording.cost(value, "ns") for value in (0.4, 12.34, 1500, 2.5e6, 3e9)],
              ["0.40 ns", "12.3 ns", "1.50 µs", "2.50 ms", "3.00 s"])
    tap.equal(wording.cost(1234567, "instructions"), "1,234,567")
    tap.equal([wording.size(value) for value in (0, 8, 4096, 1048576, 1500)],
              ["", "8 B", "4 KiB", "1 MiB", "1500 B"])
    tap.equal([wording.times(value) for value in (1.0123, 14.66, 1589.2)],
              ["1.012", "14.7", "1,589"])


if __name__ == "__main__":
    sys.exit(tap.run(globals()))
