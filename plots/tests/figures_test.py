#!/usr/bin/env -S python3 -B
"""Every figure draws from a made-up run, and the promises of docs/adding-a-figure.md hold."""

import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TESTS = os.path.join(ROOT, "results", "tests")
sys.path[:0] = [TESTS]

import made_up  # noqa: E402
import tap  # noqa: E402

FOLDER = tempfile.TemporaryDirectory()
RUN = os.path.join(FOLDER.name, "run")
TARGET = "x86_64-linux"
FIGURES = ("invocation", "validation", "domain", "overhead-sodium", "overhead-zlib",
           "overhead-ubench")


def _draw(run, *names, plots=os.path.join(ROOT, "plots")):
    return subprocess.run([os.path.join(plots, "draw.py"), run, *names], text=True,
                          capture_output=True, check=False)


def _made_up_run(path):
    for command in (["fake_bench.py", "--run-dir", path], ["../ratios.py", path]):
        subprocess.run([os.path.join(TESTS, command[0]), *command[1:]], check=True,
                       stdout=subprocess.DEVNULL)


def _changed_run(change):
    """A copy of the made-up run whose files went through `change`, not drawn yet."""
    folder = tempfile.TemporaryDirectory()
    run = shutil.copytree(RUN, os.path.join(folder.name, "run"),
                          ignore=shutil.ignore_patterns("figures"))
    raw = os.path.join(run, "raw")
    for path in [os.path.join(run, "results.csv")] + [os.path.join(raw, name)
                                                      for name in os.listdir(raw)]:
        with open(path, encoding="utf-8") as file:
            text = change(file.read())
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    subprocess.run([os.path.join(ROOT, "results", "ratios.py"), run], check=True,
                   stdout=subprocess.DEVNULL)
    return folder, run


def _svg(name, run=RUN):
    with open(os.path.join(run, "figures", f"{name}-{TARGET}.svg"), encoding="utf-8") as file:
        return file.read()


def every_figure_is_drawn_as_pdf_and_as_well_formed_svg():
    os.makedirs(RUN)
    _made_up_run(RUN)
    done = _draw(RUN)
    tap.equal((done.returncode, done.stderr), (0, ""))
    for name in FIGURES:
        xml.etree.ElementTree.fromstring(_svg(name).encode())
        with open(os.path.join(RUN, "figures", f"{name}-{TARGET}.pdf"), "rb") as file:
            tap.equal(file.read(5), b"%PDF-")
    left = [name for name in os.listdir(os.path.join(RUN, "figures")) if "partial" in name]
    tap.equal(left, [])


def a_system_has_the_same_colour_in_every_figure_that_shows_it():
    for name in ("invocation", "domain", "overhead-sodium", "overhead-zlib"):
        for red, green, blue in ((0, 114, 178), (138, 59, 10), (230, 159, 0)):
            assert re.search(rf"rgb\(\s*{red},\s*{green},\s*{blue}\)", _svg(name)), (name, red)


def axis_labels_name_the_kind_and_the_unit():
    tap.contains(_svg("invocation"), "time per operation, measured", "1 ns", "10 µs")
    tap.contains(_svg("overhead-sodium"), "time relative to raw, measured")


def operations_stand_in_natural_order():
    rows = re.findall(r">(\d+) integer", _svg("invocation"))
    tap.equal(rows, ["0", "1", "3", "6", "7", "10", "25"])


def a_new_library_gets_its_figure_without_new_code():
    folder, run = _changed_run(lambda text: text.replace("zlib", "brotli"))
    with folder:
        done = _draw(run)
        tap.equal(done.returncode, 0)
        assert os.path.exists(os.path.join(run, "figures", f"overhead-brotli-{TARGET}.pdf"))


def a_new_system_is_drawn_grey_and_said_to_be():
    folder, run = _changed_run(lambda text: text.replace("process-ring-one", "og-new"))
    with folder:
        done = _draw(run)
        tap.equal(done.returncode, 0)
        tap.contains(done.stdout, "og-new has no colour in results/systems.csv")
        assert re.search(r"rgb\(153, 153, 153\)", _svg("invocation", run))


def emulated_figures_are_in_instructions_and_never_in_time():
    folder, run = _changed_run(lambda text: text.replace("measured,ns", "emulated,instructions"))
    with folder:
        done = _draw(run)
        tap.equal((done.returncode, done.stderr), (0, ""))
        tap.contains(_svg("invocation", run), "instructions per operation, emulated")
        assert "µs" not in _svg("invocation", run)


def _all_systems(*names, rows=None, crossings=True):
    """A run made up with every system and target, the named figures drawn; and what was said."""
    folder = tempfile.TemporaryDirectory()
    made_up.write(folder.name, made_up.rows() if rows is None else rows, crossings)
    subprocess.run([os.path.join(ROOT, "results", "summary.py"), folder.name], check=True,
                   stdout=subprocess.DEVNULL)
    done = _draw(folder.name, *names)
    tap.equal((done.returncode, done.stderr), (0, ""))
    return folder, done.stdout


@functools.lru_cache
def _everything():
    """A run of all systems and targets with the figures that compare them; and what was said."""
    return _all_systems("overhead", "callbacks", "summary")


def _text(run, name):
    with open(os.path.join(run, "figures", name + ".svg"), encoding="utf-8") as file:
        return file.read()


def every_library_has_a_figure_on_every_target_that_names_every_system_it_ran_in():
    folder, said = _everything()
    for workload in made_up.WORK:
        for target, systems in made_up.ADDED.items():
            figure = _text(folder.name, f"overhead-{workload}-{target}")
            for system in systems:
                hidden = system in ("process-ring-one", "process-socket") \
                    or (workload, system) in made_up.CANNOT
                label = system + (" (modelled)" if (system, target)
                                  == ("og-mpk", made_up.NATIVE) else "")
                tap.equal((workload, target, system, f">{label}<" in figure),
                          (workload, target, system, not hidden))
    # What there is of one library stands together, the machine itself first.
    drawn = re.findall(r"drawn overhead-(\w+)-(\S+)", said)
    tap.equal(drawn[:3], [("brotli", target) for target in (made_up.NATIVE, made_up.GUEST,
                                                           made_up.EMBEDDED)])


def kinds_are_in_the_label_of_every_axis_of_costs():
    folder, _ = _everything()
    for name in sorted(os.listdir(os.path.join(folder.name, "figures"))):
        if name.endswith(".svg"):
            native = made_up.NATIVE in name
            figure = _text(folder.name, name[:-4])
            tap.contains(figure, "measured" if native else "emulated",
                         *(["hollow: modelled"] if native else []))
            assert ("emulated" if native else "measured") not in figure, name


def an_operation_of_one_size_is_a_row_of_its_own():
    rows = [row for row in made_up.rows((made_up.NATIVE,), ("png",))
            if row.case.operation == "read-marker"]
    folder, _ = _all_systems("overhead", rows=rows)
    with folder:
        tap.contains(_text(folder.name, f"overhead-png-{made_up.NATIVE}"), "read-marker, 16 KiB")


def a_percent_and_a_factor_of_thousands_have_labels_on_one_axis():
    folder, _ = _all_systems("overhead", rows=made_up.rows((made_up.GUEST,), ("sodium", "ubench")))
    with folder:
        tap.contains(_text(folder.name, "overhead-sodium-pku-guest"), ">raw<", ">+1 %<", ">+10 %<",
                     ">10 x<")
        tap.contains(_text(folder.name, "overhead-ubench-pku-guest"), ">raw<", ">2 x<", ">1000 x<")


def callbacks_are_drawn_by_their_number_on_every_target():
    folder, _ = _everything()
    for target in made_up.ADDED:
        tap.contains(_text(folder.name, f"callbacks-{target}"), "ubench callback, 1 callback",
                     "expat parse, 1.13 KiB, 100 callbacks", " per callback, ")


def without_counted_callbacks_their_figure_is_left_out_with_the_reason():
    folder, said = _all_systems("callbacks", crossings=False)
    with folder:
        tap.contains(said, "not drawn: callbacks, this run has not counted callbacks")


def the_summary_sets_costs_beside_guarantees():
    folder, said = _everything()
    tap.equal(re.findall(r"drawn (summary\S+)", said),
              [f"summary-{target}" for target in made_up.ADDED])
    figure = _text(folder.name, f"summary-{made_up.GUEST}")
    tap.contains(figure, "against weaker guarantees", "against equal guarantees", ">weaker<",
                 ">equal<", ">Omniglot<", ">zero-copy<", ">libraries<", ">copy-mpk<")


def a_run_of_one_target_draws_what_it_has_and_says_what_it_has_not():
    for target in made_up.ADDED:
        rows = made_up.rows((target,), ("ubench", "sodium"))
        folder, said = _all_systems(rows=rows, crossings=target == made_up.NATIVE)
        with folder:
            tap.contains(said, f"drawn summary-{target}", f"drawn overhead-sodium-{target}",
                         "not drawn: footprint, this run has no sizes.csv")


def _marks(name, run, colour):
    """{marker: how many of it a figure has} in this colour, its legend's included. gnuplot counts
    markers from 0 in the file, from 1 in results/systems.csv."""
    red, green, blue = colour
    found = re.findall(rf"#gpPt(\d+)' transform[^>]*rgb\( *{red}, *{green}, *{blue}\)",
                       _svg(name, run))
    return {int(mark) + 1: found.count(mark) for mark in found}


def _modelled_run():
    """The made-up run with og-mpk modelled."""
    folder, run = _changed_run(lambda text: text)
    fake = os.path.join(TESTS, "fake_model.py")
    for command in (["environment.py", run],
                    ["count_crossings.py", "--counter", fake, "--gate", fake, "--run-dir", run],
                    ["modelled.py", run], ["ratios.py", run]):
        subprocess.run([os.path.join(ROOT, "results", command[0]), *command[1:]], check=True,
                       stdout=subprocess.DEVNULL)
    return folder, run


OG_MPK, HOLLOW, FILLED = (86, 180, 233), 12, 13
PAPER = (253, 253, 251)


def modelled_values_are_drawn_hollow_and_named_in_every_figure():
    folder, run = _modelled_run()
    with folder:
        done = _draw(run)
        tap.equal((done.returncode, done.stderr), (0, ""))
        for name in FIGURES:
            tap.contains(_svg(name, run), "og-mpk (modelled)", "hollow: modelled")
            marks = _marks(name, run, OG_MPK)
            tap.equal((name, set(marks)), (name, {HOLLOW}))
            # All but the legend's lie on a spot that is cleared for them.
            tap.equal((name, _marks(name, run, PAPER)), (name, {FILLED: marks[HOLLOW] - 1}))
        tap.equal(_marks("invocation", run, OG_MPK), {HOLLOW: 11 + 1})
        tap.contains(_svg("invocation", run),
                     "time per operation, measured (95 % interval); hollow: modelled (range)")


def measured_og_mpk_is_drawn_filled_and_nothing_is_said_of_models():
    folder, run = _changed_run(lambda text: text.replace("process-ring-one", "og-mpk"))
    with folder:
        tap.equal(_draw(run, "invocation").returncode, 0)
        tap.equal(_marks("invocation", run, OG_MPK), {FILLED: 11 + 1})
        assert "modelled" not in _svg("invocation", run)


def a_run_without_a_figures_rows_leaves_it_out_and_says_so():
    with tempfile.TemporaryDirectory() as run:
        subprocess.run([os.path.join(TESTS, "fake_bench.py"), "--run-dir", run, "--filter",
                        "sha256"], check=True)
        subprocess.run([os.path.join(ROOT, "results", "ratios.py"), run], check=True,
                       stdout=subprocess.DEVNULL)
        done = _draw(run)
        tap.equal((done.returncode, done.stderr), (0, ""))
        tap.contains(done.stdout, "not drawn: invocation", "drawn overhead-sodium")


def a_figure_that_is_not_there_is_answered_with_those_that_are():
    done = _draw(RUN, "pie")
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "no figure 'pie'", "invocation", "overhead")


def _tree():
    """A copy of what a figure needs, for scripts of one's own."""
    folder = tempfile.TemporaryDirectory()
    for name in ("plots", "results"):
        shutil.copytree(os.path.join(ROOT, name), os.path.join(folder.name, name),
                        ignore=shutil.ignore_patterns("runs", "latest"))
    return folder, os.path.join(folder.name, "plots")


def _with_script(name, text):
    folder, plots = _tree()
    with folder:
        with open(os.path.join(plots, name + ".gp"), "w", encoding="utf-8") as file:
            file.write(text)
        return _draw(RUN, name, plots=plots)


def the_figure_in_the_document_can_be_added_as_it_says():
    with open(os.path.join(ROOT, "docs", "adding-a-figure.md"), encoding="utf-8") as file:
        script = re.search(r"```gnuplot\n(.*?)```", file.read(), re.DOTALL).group(1)
    done = _with_script("hashing", script)
    tap.equal((done.returncode, done.stderr), (0, ""))
    tap.contains(_svg("hashing"), "256 B", "size of the data")


def an_unknown_word_at_a_scripts_top_is_named_with_its_line():
    done = _with_script("odd", "# title: a\n# colour: b\n")
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "odd.gp:2: 'colour' is not one of caption, each")


def a_script_that_does_not_say_its_rows_is_refused():
    done = _with_script("odd", "# title: a\n# caption: b\n")
    tap.contains(done.stderr, "odd.gp:1:", "do not say operation, see, workload")


def a_script_that_gnuplot_refuses_is_reported_with_what_gnuplot_said():
    done = _with_script("odd", "# title: a\n# see: c\n# caption: b\n# workload: ubench\n"
                               "# operation: upgrade\nplot nonsense\n")
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "odd.gp: gnuplot failed", "nonsense")


def a_figure_of_a_file_of_the_run_is_drawn_where_the_run_has_that():
    folder, run = _changed_run(lambda text: text)
    with folder:
        shutil.copy(os.path.join(TESTS, "sizes.csv"), os.path.join(run, "sizes.csv"))
        done = _draw(run, "footprint")
        tap.equal((done.returncode, done.stderr), (0, ""))
        tap.equal(sorted(name for name in os.listdir(os.path.join(run, "figures"))
                         if name.startswith("footprint.")), ["footprint.pdf", "footprint.svg"])


if __name__ == "__main__":
    sys.exit(tap.run(globals()))
