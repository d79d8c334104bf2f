#!/usr/bin/env -S python3 -B
"""A run's pictures and tables get into README.md, and what a run has not stays as it is."""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.dirname(HERE)
ROOT = os.path.dirname(RESULTS)
sys.path[:0] = [HERE, RESULTS]

import made_up  # noqa: E402
import readme  # noqa: E402
import tap  # noqa: E402

TEXT = "before\n" + "".join(f"<!-- run: {part} -->\nold {part}\n<!-- end of run -->\nafter {part}\n"
                            for part in readme.PARTS)


def _refreshed(rows, *parts, text=TEXT, figures=()):
    """README.md after a refresh from a run of these rows, what was said, and the pictures."""
    with tempfile.TemporaryDirectory() as root:
        run = os.path.join(root, "a-run")
        made_up.write(run, rows)
        os.makedirs(os.path.join(run, "figures"))
        os.makedirs(os.path.join(root, "docs", "figures"))
        for name in figures:
            with open(os.path.join(run, "figures", name + ".svg"), "w", encoding="utf-8") as file:
                file.write("<svg\n width='3'><g/></svg>")
        path = os.path.join(root, "README.md")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run([os.path.join(RESULTS, "readme.py"), run, *parts], text=True,
                              capture_output=True, check=False,
                              env={**os.environ, "OMNIGLOT_ROOT": root})
        tap.equal((done.returncode, done.stderr), (0, ""))
        pictures = {}
        for name in os.listdir(os.path.join(root, "docs", "figures")):
            with open(os.path.join(root, "docs", "figures", name), encoding="utf-8") as file:
                pictures[name] = file.read()
        with open(path, encoding="utf-8") as file:
            return file.read(), done.stdout, pictures


def every_part_is_replaced_and_all_else_stays():
    text, _, _ = _refreshed(made_up.rows())
    assert text.startswith("before\n") and text.endswith("<!-- end of run -->\nafter rv32\n"), text
    assert "old" not in text
    tap.contains(text, "after native", "Run a-run", "| | raw | og-mpk (modelled) | og-none |",
                 "| empty call | 2.00 ns |", "| og-pmp |", "measured, modelled. raw: medians",
                 "emulated. raw: instructions")
    # Every line of a table has as many columns as its heading.
    tables = [block for block in text.split("\n\n") if block.startswith("| | raw")]
    tap.equal(len(tables), 3)
    for block in tables:
        tap.equal(len({line.count("|") for line in block.splitlines() if line.startswith("|")}), 1)


def variants_of_the_process_sandbox_are_left_to_the_report():
    text, _, _ = _refreshed(made_up.rows())
    tap.contains(text, "| process | process-pipe |")
    assert "process-ring-one" not in text


def what_the_run_lacks_stays_and_is_said():
    text, said, _ = _refreshed(made_up.rows((made_up.GUEST,), ("expat",)))
    tap.contains(text, "old native", "old rv32")
    assert "old guest" in text and "none of the cases" in said, (text, said)
    tap.contains(said, "native: kept as it is, the run has no rows of x86_64-linux")


def only_the_parts_asked_for_are_touched():
    text, _, _ = _refreshed(made_up.rows(), "guest")
    tap.contains(text, "old native", "old rv32")
    assert "old guest" not in text


def pictures_get_a_ground_of_their_own():
    _, said, pictures = _refreshed(made_up.rows(), "native", figures=("summary-x86_64-linux",))
    tap.equal(list(pictures), ["summary-native.svg"])
    tap.contains(pictures["summary-native.svg"], "width='3'><rect width=\"100%\"", "<g/></svg>")
    tap.contains(said, "overhead-sodium.svg kept as it is")


def the_projects_readme_has_a_place_for_every_part_and_shows_every_picture():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        text = file.read()
    for part, pictures in readme.PICTURES.items():
        readme.replaced(text, part, "")
        for name in pictures.values():
            tap.contains(text, f"(docs/figures/{name}.svg)")


def a_part_that_there_is_not_is_refused():
    done = subprocess.run([os.path.join(RESULTS, "readme.py"), "x", "moon"], text=True,
                          capture_output=True, check=False)
    tap.equal(done.returncode, 2)
    tap.contains(done.stderr, "[native] [guest] [rv32]")


if __name__ == "__main__":
    sys.exit(tap.run(globals()))
