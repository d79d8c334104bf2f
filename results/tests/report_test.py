#!/usr/bin/env -S python3 -B
"""report.html holds the whole run, loads nothing, and survives what a run may lack."""

import functools
import hashlib
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.dirname(HERE)
ROOT = os.path.dirname(RESULTS)
sys.path[:0] = [HERE, RESULTS]

import attacks  # noqa: E402
import environment  # noqa: E402
import input_files  # noqa: E402
import made_up  # noqa: E402
import table  # noqa: E402
import tap  # noqa: E402
import wording  # noqa: E402

VOID = {"meta", "link", "br", "img", "hr"}


def _run(*command):
    return subprocess.run(command, text=True, capture_output=True, check=False)


def _done(*command):
    done = _run(*command)
    tap.equal((done.returncode, done.stderr), (0, ""))


@functools.lru_cache
def _folder(pattern, figures, model):
    """The folder of a made-up run; whoever changes it takes a copy."""
    folder = tempfile.TemporaryDirectory()
    run = folder.name
    _done(os.path.join(HERE, "fake_bench.py"), "--run-dir", run, "--filter", pattern)
    environment_of = os.path.join(run, "environment.json")
    if ENVIRONMENT:
        shutil.copy(ENVIRONMENT[0], environment_of)
    else:
        _done(os.path.join(RESULTS, "environment.py"), run, "--repetitions", "11")
        ENVIRONMENT.append(environment_of)
    if model:
        fake = os.path.join(HERE, "fake_model.py")
        _done(os.path.join(RESULTS, "count_crossings.py"), "--counter", fake, "--gate", fake, "--run-dir", run,
              "--filter", pattern)
        _done(os.path.join(RESULTS, "modelled.py"), run)
    _done(os.path.join(RESULTS, "ratios.py"), run)
    if figures:
        _done(os.path.join(ROOT, "plots", "draw.py"), run)
    return folder


# Where the first environment.json is: it says the same in each of the runs.
ENVIRONMENT = []


class MadeUp:
    """A made-up run with its report."""

    def __init__(self, pattern="", figures=True, model=False):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "run")
        shutil.copytree(_folder(pattern, figures, model).name, self.path)

    def report(self, *reference):
        return _run(os.path.join(RESULTS, "report.py"), self.path, *reference)

    def page(self, *reference):
        done = self.report(*reference)
        tap.equal((done.returncode, done.stderr), (0, ""))
        with open(os.path.join(self.path, "report.html"), encoding="utf-8") as file:
            return file.read()


class Full(MadeUp):
    """The one with figures of every sort, whose page is made once."""

    @functools.lru_cache
    def page(self, *reference):
        return super().page(*reference)


FULL = Full("ubench|sodium/(sha256|sha512)|(inflate|deflate)-text")


@functools.lru_cache
def _all_targets():
    """The page of a run of every system and target, with attacks and their figures."""
    with tempfile.TemporaryDirectory() as run:
        made_up.write(run, made_up.rows())
        attacks.write_file(os.path.join(run, attacks.NAME), [
            attacks.Row(target, system, "memory", name, verdict, "it was <seen>")
            for target, system, verdict in (("x86_64-linux", "raw", "compromised"),
                                            ("pku-guest", "raw", "killed"), ("pku-guest", "og-mpk", "contained"))
            for name in ("read-heap", "write-stack")])
        for command in (("results", "attacks.py"), ("results", "summary.py"), ("plots", "draw.py")):
            _done(os.path.join(ROOT, *command), run, *(["summary", "attacks"] if command[0] == "plots" else []))
        drawn = [{"name": f"{name}-{target}", "title": name, "target": target, "see": "what <there> is", "caption": "c",
                  "kinds": ["measured"]} for name in ("attacks", "summary") for target in ("pku-guest", "x86_64-linux")]
        with open(os.path.join(run, "figures", "figures.json"), "w", encoding="utf-8") as file:
            json.dump(drawn, file)
        _done(os.path.join(RESULTS, "report.py"), run)
        with open(os.path.join(run, "report.html"), encoding="utf-8") as file:
            return file.read()


class Outline(html.parser.HTMLParser):
    """What of a page can be checked without a browser."""

    def __init__(self, page):
        super().__init__()
        self.open, self.ids, self.levels, self.pictures, self.requests = [], [], [], [], []
        self.columns, self.cells, self.uneven = [], 0, []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        names = [name for name, _ in attrs]
        tap.equal(len(names), len(set(names)))
        found = dict(attrs)
        if "id" in found:
            self.ids.append(found["id"])
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag == "img" or tag == "svg" and found.get("role") == "img":
            self.pictures.append(found.get("alt") or found.get("aria-label"))
        elif tag == "svg":
            self.pictures.append(None)
        for name in ("src", "srcset", "action", "data", "poster", "formaction", "background"):
            if name in found:
                self.requests.append(found[name])
        if tag not in ("a", "use") and "href" in found:
            self.requests.append(found["href"])
        if tag in ("iframe", "object", "embed", "base", "form") or "http-equiv" in found:
            self.requests.append(tag)
        if tag == "tr":
            self.cells = 0
        elif tag in ("td", "th"):
            self.cells += 1

    def handle_endtag(self, tag):
        tap.equal(self.open.pop(), tag)
        if tag == "thead":
            self.columns.append(self.cells)
        elif tag == "tr" and "tbody" in self.open and self.cells != self.columns[-1]:
            self.uneven.append(self.cells)


def the_page_holds_summary_figures_tables_and_environment():
    page = FULL.page()
    tap.contains(page, "Empty call", "SHA-256 of 8 B", "SHA-256 of 4 KiB", "SHA-256 of 1 MiB",
                 "Figure 1. Overhead against raw, sodium", "Figure 4. Cost of a call", "Overhead against raw, zlib", "process-ring-one",
                 "discipline adds", "the same bytes as <code>raw</code>", "<dt>kernel</dt>")
    tap.equal(page.count("<svg"), 6)


def it_begins_with_three_sentences_and_one_figure():
    for page in (FULL.page(), _all_targets()):
        beginning = page[page.index("<h1>"):page.index("id='claims'")]
        said = re.search(r"<p class='said'>(.*?)</p>", beginning).group(1)
        tap.equal((len(re.findall(r"\.(?: |$)", said)), beginning.count("<svg"), beginning.count("<table")), (3, 1, 0))
    said = re.search(r"<p class='said'>(.*?)</p>", FULL.page()).group(1)
    tap.contains(said, "an empty call through <code>og-none</code> takes 3", "where a plain one takes 1.", "hashing 4&nbsp;KiB costs ",
                 "<code>", "none fails" if ">FAIL<" not in FULL.page() else " fail", "Nothing was attacked in this run")
    said = re.search(r"<p class='said'>(.*?)</p>", _all_targets()).group(1)
    tap.contains(said, "through <code>og-mpk</code> (modelled) takes 60.0 ns, where a plain one takes 2.00 ns",
                 "(<code>process</code> ", "<code>copy-wasm</code> ", "Of 2 attacks through <code>og-mpk</code>, none compromised",
                 "of 4 through a plain call 4 did")
    tap.contains(_all_targets(), "<figure id='summary-x86_64-linux'")
    assert _all_targets().index("id='summary-x86_64-linux'") < _all_targets().index("id='claims'")


def what_is_to_be_typed_is_code():
    tap.contains(FULL.page(), "<code>make reproduce</code> does that", "no rows of rv32; <code>make reproduce</code> makes them")
    assert "`make" not in FULL.page()


def claims_are_told_before_all_else_and_those_that_fail_first():
    page = _all_targets()
    order = [page.index(f"id='{name}'") for name in ("summary", "claims", "missing", "guarantees", "attacks", "reading",
                                                     "figures", "tables", "environment", "reference")]
    tap.equal(order, sorted(order))
    verdicts = re.findall(r"<span class='(pass|fail|open)'>", page)
    tap.equal(verdicts, sorted(verdicts, key=("fail", "open", "pass").index))
    tap.equal(set(verdicts), {"pass", "fail", "open"})


def the_pages_claims_on_attacks_are_those_of_claims_md():
    tap.contains(_all_targets(), "of 2 attacks: 2 contained")


def every_picture_tells_what_there_is_to_see():
    for page in (FULL.page(), _all_targets()):
        pictures = Outline(page).pictures
        tap.equal(len(pictures), page.count("<svg"))
        assert pictures and all(text and ": " in text for text in pictures), pictures
        tap.equal(page.count("<figcaption>"), len(pictures))
        tap.equal(page.count("To see: "), len(pictures))
    tap.contains(_all_targets(), "To see: what &lt;there&gt; is")


def headings_come_one_level_after_the_other():
    for page in (FULL.page(), _all_targets()):
        levels = Outline(page).levels
        tap.equal((levels[0], levels.count(1)), (1, 1))
        assert all(after <= before + 1 for before, after in zip(levels, levels[1:])), levels


def every_row_has_a_cell_for_each_column():
    for page in (FULL.page(), _all_targets()):
        tap.equal(Outline(page).uneven, [])


def without_scripts_nothing_is_missing_and_nothing_is_offered():
    page = _all_targets()
    without = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    tap.equal((page.count("<script>"), "<script" in without), (1, False))
    for offered in ("<input", "<button", "onclick", "<noscript", " hidden"):
        assert offered not in re.sub(r"<style>.*?</style>", "", without, flags=re.DOTALL), offered
    assert page.index("<script>") > page.index("id='reference'")


def a_run_is_compared_with_the_reference_run_where_there_is_one():
    run = MadeUp("invoke-int-0", figures=False)
    tap.contains(run.page(os.path.join(run.path, "nowhere")), "There is no reference run")
    tap.contains(run.page(run.path), "This is the reference run")
    other = MadeUp("invoke-int-0", figures=False)
    path = os.path.join(other.path, "ratios.csv")
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    fields = lines[1].split(",")
    fields[8:11] = [str(2 * float(value)) for value in fields[8:11]]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join([lines[0], ",".join(fields), *lines[2:]]) + "\n")
    page = run.page(other.path)
    tap.contains(page[page.index("id='reference'"):], "Of 3 cases that both have, 1 cost another multiple",
                 "On 0 claims the verdict is another", "<td>ubench/invoke-int-0/og-none/0</td>", ">0.500</td>")


def the_page_decides_claims_and_sets_guarantees_beside_costs():
    page = _all_targets()
    tap.contains(page, "id='claims'", "class='pass'>PASS", "class='fail'>FAIL",
                 "class='open'>not decided", "pku-guest, emulated</h3>", "og-mpk (modelled)",
                 "<td>Omniglot</td><td class='mark' data-v='2'><span role='img' aria-label='holds'>●</span></td>",
                 "copy-wasm has no rows of png", "(4 of 5)")
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
    tap.contains(page, "<td class='name' data-l='system'><div>og-mpk (modelled)</div></td>",
                 "<td class='name'>og-mpk (modelled)</td>", "<b>modelled</b>: a measured time",
                 "By the model, not by measurement", "x86_64-linux, measured, modelled",
                 "Hollow marks are modelled, not measured")
    assert not re.search(r"og-mpk</(t[dh]|div)>", page)
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
    cells = re.findall(r"<tr[^>]*>(?:<td[^>]*>[^<]*</td>){3}<td class='name'>", FULL.page())
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
    for page in (FULL.page(), _all_targets()):
        tap.equal(Outline(page).requests, ["data:,"])
        for word in ("@import", "url(http", "url(//", "fetch(", "XMLHttpRequest", "import(", "http-equiv"):
            assert word not in page, word


def figures_share_no_ids_and_every_reference_finds_its_own():
    for page in (FULL.page(), _all_targets()):
        ids = Outline(page).ids
        tap.equal(len(ids), len(set(ids)))
        wanted = set(re.findall(r"href=['\"]#([^'\"]+)", page))
        tap.equal(wanted - set(ids), set())


def figures_take_the_pages_ink_so_that_they_can_be_read_in_the_dark():
    page = FULL.page()
    assert not re.search(r"rgb\(\s*26,\s*26,\s*26\s*\)", page)
    tap.contains(page, "prefers-color-scheme: dark", 'style="fill:var(--ink)"')


def tags_are_balanced():
    for page in (FULL.page(), _all_targets()):
        tap.equal(Outline(page).open, [])


def a_filtered_run_has_a_report_of_what_there_is():
    tap.contains(MadeUp("deflate").page(), "holds neither an empty call nor SHA-256", "deflate-text")


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
    tap.equal(run.page().count("<script"), 1)
    tap.contains(run.page(), "&lt;script&gt;alert(1)")


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
    _done(os.path.join(RESULTS, "environment.py"), run.path)
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
