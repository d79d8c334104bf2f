#!/usr/bin/env -S python3 -B
"""The pipeline end to end with a stand-in for og-bench: stages, resuming, failures."""

import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.dirname(HERE)
ROOT = os.path.dirname(RESULTS)
sys.path[:0] = [HERE, RESULTS]

import fake_bench  # noqa: E402
import measure_natively  # noqa: E402
import profiles  # noqa: E402
import progress  # noqa: E402
import repetitions  # noqa: E402
import table  # noqa: E402
import tap  # noqa: E402

# Small, and enough for one figure.
FILTER = "invoke-int"
CASES = 28
# What most tests need of a run; the stages after it are gone through by those that look at them.
MEASURED = ("--until", "bench-native")


class Place:
    """A folder for runs, with a copy of the stand-in so that a test may change it. Where nothing else is
    asked for, one process measures, once."""

    def __init__(self, once=True):
        self.repetitions = ("--repetitions", "1") if once else ()
        self.folder = tempfile.TemporaryDirectory()
        self.runs = os.path.join(self.folder.name, "runs")
        self.latest = os.path.join(self.folder.name, "latest")
        self.bench = shutil.copy(os.path.join(HERE, "fake_bench.py"), self.folder.name)

    def command(self, *options):
        return [os.path.join(RESULTS, "reproduce"), "--bench", self.bench, "--build", "true",
                "--runs", self.runs, "--latest", self.latest, "--filter", FILTER, *self.repetitions, *options]

    def reproduce(self, *options, **environment):
        return subprocess.run(self.command(*options), text=True, capture_output=True, check=False,
                              env={**os.environ, **environment})

    def found(self):
        return sorted(name for name in os.listdir(self.runs) if not name.startswith("."))

    def rows(self, run):
        """What was measured; the rows of `process`, which stand for others, aside."""
        rows = table.read_results(os.path.join(self.runs, run, "results.csv"))
        return [row for row in rows if row.case.system != "process"]

    def first(self, run):
        """The lines of what the first of the run's processes measured."""
        with open(os.path.join(self.runs, run, "processes", "0", "results.csv"),
                  encoding="utf-8") as file:
            return file.read().splitlines()[1:]

    def state(self, run):
        with open(os.path.join(self.runs, run, "state.json"), encoding="utf-8") as file:
            return json.load(file)


def _finished(done):
    tap.equal((done.returncode, done.stderr), (0, ""))
    return done.stdout


@functools.lru_cache
def _whole():
    """A place with one run that went through all stages, and what became of it. Its stand-in says how large
    the environment is that it is started with."""
    place = Place(once=False)
    with open(place.bench, encoding="utf-8") as file:
        text = file.read()
    with open(place.bench, "w", encoding="utf-8") as file:
        file.write(text.replace("def main(arguments, pass_time=None):\n", "def main(arguments, pass_time=None):\n    print('environment', len(os.environ."
                                "get('OG_BENCH_MOVES_THE_STACK', '')), file=sys.stderr)\n"))
    return place, place.reproduce()


def a_run_goes_through_all_stages_and_leaves_everything():
    place, done = _whole()
    tap.equal(done.returncode, 0)
    said = done.stdout
    tap.equal(re.findall(r"^stage (\d) of 8", said, re.MULTILINE), list("12345678"))
    run, = place.found()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d{6}Z", run), run
    for name in ("results.csv", "ratios.csv", "environment.json", "summary.csv", "claims.md",
                 "report.html", "figures/invocation-x86_64-linux.pdf", "figures/invocation-x86_64-linux.svg"):
        assert os.path.getsize(os.path.join(place.runs, run, name)) > 0, name
    tap.equal(len(place.rows(run)), CASES)
    with open(os.path.join(place.runs, run, "results.csv"), encoding="utf-8") as file:
        tap.equal(file.read().count(",process,"), CASES // 4)
    tap.equal(os.path.realpath(place.latest), os.path.realpath(os.path.join(place.runs, run)))
    tap.equal(place.state(run)["finished"], True)


def a_second_run_leaves_the_first_as_it_was_and_knows_how_long_it_took():
    place, done = _whole()
    tap.contains(done.stdout, "stage 1 of 8: building, for PROFILE=default   [elapsed 0 s, time left not yet known]")
    assert re.search(r"stage 2 of 8: .*about \d+ s left", done.stdout), done.stdout
    first = place.found()[0]
    before = open(os.path.join(place.runs, first, "results.csv"), encoding="utf-8").read()
    state = place.state(first)
    state["seconds"]["bench-native"] += 5000
    with open(os.path.join(place.runs, first, "state.json"), "w", encoding="utf-8") as file:
        json.dump(state, file)
    done = place.reproduce(*MEASURED)
    assert re.search(r"stage 2 of 2: .*about 1 h 2\d min left", done.stdout), done.stdout
    tap.equal(len(place.found()), 2)
    tap.equal(open(os.path.join(place.runs, first, "results.csv"), encoding="utf-8").read(), before)


def four_processes_measure_each_with_another_environment_and_say_what_they_resolve():
    place, done = _whole()
    sizes = re.findall(r"^environment (\d+)$", done.stderr, re.MULTILINE)
    sizes = [size for size in sizes if size != "0"]  # that of --list has none
    tap.equal((len(sizes), len(set(sizes))), (4, 4))
    path = os.path.join(place.runs, place.found()[0])
    found = repetitions.by_process(path)
    tap.equal({(len(processes), *map(len, processes)) for processes in found.values()},
              {(4, 3, 3, 3, 3)})
    tap.equal({where[3] for where in found if where[3].endswith("-again")},
              {"raw-again", "og-none-again"})
    tap.equal({row.case.system for row in place.rows(place.found()[0])},
              {"raw", "og-none", "process-ring-one", "process-socket"})
    for name in ("claims.md", "report.html"):
        with open(os.path.join(path, name), encoding="utf-8") as file:
            tap.contains(file.read(), "cases measured twice, 95 % are within")


def putting_together_again_changes_nothing_and_leaves_other_rows():
    place = Place(once=False)
    _finished(place.reproduce(*MEASURED))
    path = os.path.join(place.runs, *place.found())
    other = "rv32,raw,w,op,copied,8,emulated,instructions,7.0,7.0,7.0,1,yes\n"
    with open(os.path.join(path, "results.csv"), "a", encoding="utf-8") as file:
        file.write(other)
    with open(os.path.join(path, "results.csv"), encoding="utf-8") as file:
        before = file.read()
    measure_natively.put_together(path)
    with open(os.path.join(path, "results.csv"), encoding="utf-8") as file:
        tap.equal(file.read(), before)


def a_run_whose_measuring_failed_is_taken_up_where_it_stopped():
    place = Place(once=False)
    done = place.reproduce(FAKE_BENCH_STOP_AFTER="5", FAKE_BENCH_SALT="first")
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "stage bench-native failed", "exit status 1", "`make reproduce` goes on")
    assert not os.path.exists(place.latest), "an unfinished run became the latest"
    run, = place.found()
    kept = place.first(run)
    tap.equal((len(kept), len(place.rows(run))), (5, 5))
    said = _finished(place.reproduce(*MEASURED, FAKE_BENCH_SALT="second"))
    tap.contains(said, "going on with")
    tap.equal(place.found(), [run])
    tap.equal(place.first(run)[:5], kept)
    tap.equal(len(place.rows(run)), CASES)
    tap.equal({row.samples for row in place.rows(run)}, {12})


def an_unfinished_run_has_figures_and_a_report_that_say_what_is_missing():
    place = Place()
    tap.equal(place.reproduce(FAKE_BENCH_STOP_AFTER="6").returncode, 1)
    path = os.path.join(place.runs, *place.found())
    done = subprocess.run(["make", "--no-print-directory", "-C", ROOT, "figures", f"RUN={path}"],
                          text=True, capture_output=True, check=False)
    tap.equal((done.returncode, done.stderr), (0, ""))
    tap.contains(done.stdout, "Nothing was run in the guest", "no row of Omniglot itself",
                 "FILTER='invoke-int'", "not drawn: callbacks", "drawn overhead-ubench-x86_64-linux",
                 "process has 1 of the 2 cases of ubench that raw has")
    with open(os.path.join(path, "report.html"), encoding="utf-8") as file:
        tap.contains(file.read(), "What this run lacks", "not decided")


def a_run_that_measured_nothing_leaves_no_folder():
    place = Place()
    done = place.reproduce(FAKE_BENCH_STOP_AFTER="0")
    tap.equal(done.returncode, 1)
    tap.equal(place.found(), [])


def fresh_starts_over_beside_an_unfinished_run():
    place = Place()
    place.reproduce(FAKE_BENCH_STOP_AFTER="5")
    unfinished, = place.found()
    _finished(place.reproduce("--fresh", *MEASURED))
    tap.equal(len(place.found()), 2)
    tap.equal(len(place.rows(unfinished)), 5)


def an_unfinished_run_of_another_program_is_not_taken_up():
    place = Place()
    place.reproduce(FAKE_BENCH_STOP_AFTER="5")
    with open(place.bench, "a", encoding="utf-8") as file:
        file.write("# another version\n")
    tap.contains(_finished(place.reproduce(*MEASURED)), "another program")
    tap.equal(len(place.found()), 2)


def an_unfinished_run_with_other_repetitions_is_not_taken_up():
    place = Place()
    place.reproduce(FAKE_BENCH_STOP_AFTER="5")
    _finished(place.reproduce("--repetitions", "3", *MEASURED))
    run = place.found()[-1]
    tap.equal({row.samples for row in place.rows(run)}, {3})
    tap.equal(len(place.found()), 2)


def an_unfinished_run_of_another_profile_is_not_taken_up():
    place = Place(once=False)
    place.reproduce(FAKE_BENCH_STOP_AFTER="5")
    said = _finished(place.reproduce("--profile", "quick", *MEASURED))
    tap.contains(said, "is unfinished, but was made with another program, PROFILE", "for PROFILE=quick")
    quick = place.found()[-1]
    tap.equal({row.samples for row in place.rows(quick)}, {profiles.ALL["quick"].repetitions})
    with open(os.path.join(place.runs, quick, "environment.json"), encoding="utf-8") as file:
        document = json.load(file)
    tap.equal([document[name] for name in ("profile", "repetitions", "processes")], ["quick", 12, 4])
    tap.contains(_finished(place.reproduce("--profile", "quick", *MEASURED)), f"going on with {place.runs}/{quick}")


def a_profile_has_its_own_cases_unless_others_are_asked_for():
    place = Place(once=False)
    command = place.command("--profile", "quick", *MEASURED)
    del command[command.index("--filter"):command.index("--filter") + 2]
    tap.equal(subprocess.run(command, check=False, capture_output=True).returncode, 0)
    found = {str(row.case) for row in place.rows(*place.found())}
    tap.equal(found, {fake_bench.name_of(case) for case in fake_bench.cases()
                      if re.search(profiles.REPRESENTATIVE, fake_bench.name_of(case))})
    for wanted in ("sodium/sha256/raw/1048576", "ubench/validate-utf8/og-none/4096/resident"):
        assert wanted in found, wanted
    assert not any("/65536" in name and name.startswith("ubench") or "deflate" in name for name in found), found


def who_asks_for_a_case_gets_it_however_large():
    place = Place()
    with open(place.bench, encoding="utf-8") as file:
        text = file.read()
    with open(place.bench, "w", encoding="utf-8") as file:
        file.write(text.replace("1048576)", "33554432)"))
    _finished(place.reproduce("--filter", "sodium/sha256/raw/33554432", *MEASURED))
    tap.equal({row.case.size_bytes for row in place.rows(*place.found())}, {33554432})


def a_profile_that_is_not_there_is_answered_with_those_that_are():
    done = Place().reproduce("--profile", "slow")
    tap.equal(done.returncode, 2)
    tap.contains(done.stderr, "PROFILE is slow; it must be one of quick, default, full")


def every_profile_measures_in_processes_enough_for_a_verdict():
    for profile in profiles.ALL.values():
        assert profile.processes >= 4 and profile.repetitions >= 3 * profile.processes, profile


def what_readme_says_of_the_profiles_is_what_they_are():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        said = dict(re.findall(r"^\| `make reproduce(?: PROFILE=(\w+))?` \| (\d+) minutes \|", file.read(), re.MULTILINE))
    tap.equal({name or profiles.DEFAULT: int(minutes) for name, minutes in said.items()},
              {name: profile.minutes for name, profile in profiles.ALL.items()})


def what_is_built_is_what_the_stages_need():
    place = Place()
    said = os.path.join(place.folder.name, "built")
    builder = os.path.join(place.folder.name, "builder")
    with open(builder, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\necho \"$@\" >>{said}\n")
    os.chmod(builder, 0o755)
    for options in (["--until", "bench-native"], ["--profile", "quick", "--attacks", place.runs]):
        command = place.command(*options, "--rv32-images", place.folder.name, "--crossings", "c", "--gate", "g")
        command[command.index("true")] = builder
        if options[0] == "--profile":
            del command[command.index("--filter"):command.index("--filter") + 2]
        done = subprocess.run(command, check=False, text=True, capture_output=True)
        # What is not asked for need not be there.
        tap.equal((options[1], done.returncode), (options[1], 0 if options[1] == "bench-native" else 1))
    tap.contains(done.stderr, "c is not there after building")
    with open(said, encoding="utf-8") as file:
        lines = file.read().splitlines()
    tap.equal(lines, ["measured-natively -n", "measured-natively",
                      "measured-natively counted-crossings rv32-bench -n",
                      "measured-natively counted-crossings rv32-bench"])


def no_test_is_built_for_what_is_measured():
    done = subprocess.run(["make", "--no-print-directory", "-C", ROOT, "-n", f"BUILD={Place().folder.name}/b", "PROFILE=full",
                           "measured-natively", "counted-crossings", "counted-in-guest", "attack-programs"],
                          text=True, capture_output=True, check=False)
    tap.equal(done.returncode, 0)
    tap.contains(done.stdout, "/bin/og-bench ", "/bin/og-worker-zlib", "/attacks/attack-og-mpk")
    tap.equal(sorted(set(re.findall(r"-o \S+/((?:guest-)?test(?:-bin)?/\S+)", done.stdout))), [])
    tap.equal(sorted(set(re.findall(r"-o \S+/bin/(og-worker-(?:liar|test|hosted|unlucky)|og-doctor)", done.stdout))), [])


def stopping_after_measuring_lets_the_next_run_do_the_rest():
    place = Place()
    said = _finished(place.reproduce(*MEASURED))
    assert "stage 3" not in said, said
    said = _finished(place.reproduce("--until", "processes"))
    tap.contains(said, "done before the interruption", "stage 3 of 3")
    tap.equal(len(place.found()), 1)


def _interrupt(number):
    place = Place()
    process = subprocess.Popen(place.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, start_new_session=True,
                               env={**os.environ, "FAKE_BENCH_WAIT": "0.05"})
    csv = None
    for _ in range(600):
        time.sleep(0.05)
        names = place.found() if os.path.isdir(place.runs) else []
        csv = os.path.join(place.runs, names[0], "processes", "0", "results.csv") \
            if names else None
        if csv and os.path.exists(csv) and os.path.getsize(csv) > 200:
            break
    os.killpg(process.pid, number)
    _, said = process.communicate(timeout=60)
    tap.equal(process.returncode, 130)
    tap.contains(said, "interrupted", "`make reproduce` goes on from here", "FRESH=1")
    kept = place.first(place.found()[0])
    assert 0 < len(kept) < CASES, kept
    tap.equal(len(place.rows(place.found()[0])), len(kept))
    _finished(place.reproduce(*MEASURED))
    tap.equal(place.first(place.found()[0])[:len(kept)], kept)
    tap.equal(len(place.rows(place.found()[0])), CASES)


def control_c_says_how_to_resume_and_loses_nothing():
    _interrupt(signal.SIGINT)


def being_terminated_says_how_to_resume_and_loses_nothing():
    _interrupt(signal.SIGTERM)


def two_runs_at_once_are_refused():
    place = Place()
    process = subprocess.Popen(place.command(), stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.DEVNULL,
                               env={**os.environ, "FAKE_BENCH_WAIT": "0.1"})
    while process.poll() is None and "stage 2" not in process.stdout.readline():
        pass
    done = place.reproduce()
    process.terminate()
    process.communicate()
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "another `make reproduce` is running")


def a_build_that_fails_makes_no_run():
    place = Place()
    command = place.command()
    command[command.index("true")] = "false"
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "stage build failed: `false measured-natively`")
    tap.equal(place.found(), [])


def a_program_that_is_not_there_is_named():
    place = Place()
    os.unlink(place.bench)
    done = place.reproduce()
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "fake_bench.py is not there after building")


def a_stage_that_cannot_be_drawn_names_the_tool_that_is_missing():
    place = Place()
    tools = os.path.join(place.folder.name, "tools")
    os.mkdir(tools)
    for name in ("env", "python3", "sh", "true"):
        os.symlink(os.path.realpath(sys.executable) if name == "python3" else shutil.which(name),
                   os.path.join(tools, name))
    done = place.reproduce(PATH=tools)
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "gnuplot is not installed; `make deps`", "stage figures failed")


def the_guests_stage_counts_into_the_same_run():
    place = Place()
    tools = os.path.join(place.folder.name, "guest-bench")
    with open(tools, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n")
    done = place.reproduce("--guest-bench", tools, "--only", "bench-pku")
    tap.equal(done.returncode, 1)
    tap.contains(done.stdout, "stage 2 of 2: counting instructions")
    tap.contains(done.stderr, "stage bench-pku failed")


def og_mpk_is_modelled_where_it_cannot_be_measured():
    place = Place()
    model = shutil.copy(os.path.join(HERE, "fake_model.py"), place.folder.name)
    said = _finished(place.reproduce("--crossings", model, "--gate", model))
    tap.equal(re.findall(r"^stage (\d+) of 10", said, re.MULTILINE), [str(n) for n in range(1, 11)])
    run, = place.found()
    rows = place.rows(run)
    tap.equal((len(rows), sum(row.case.kind == "modelled" for row in rows)),
              (CASES + 7, 7))
    with open(os.path.join(place.runs, run, "environment.json"), encoding="utf-8") as file:
        tap.equal(json.load(file)["processor"]["clock_ghz"], 2.0)
    with open(os.path.join(place.runs, run, "report.html"), encoding="utf-8") as file:
        tap.contains(file.read(), "og-mpk (modelled)")


def a_model_that_fails_keeps_what_was_measured():
    place = Place()
    model = shutil.copy(os.path.join(HERE, "fake_model.py"), place.folder.name)
    done = place.reproduce("--crossings", model, "--gate", model, FAKE_GATE="nonsense")
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "stage crossings failed", "it printed 'nonsense'")
    said = _finished(place.reproduce("--crossings", model, "--gate", model, "--until", "modelled"))
    tap.contains(said, "going on with", "done before the interruption")


def what_was_counted_in_the_guest_alone_is_gone_on_with():
    place = Place(once=False)
    state = {"filter": FILTER, "repetitions": None, "profile": "default", "finished": False, "seconds": {},
             "measures": profiles.ALL["default"].measures(), "guest_program": "of which nobody asks now"}
    run = os.path.join(place.runs, "2026-01-01T000000Z")
    os.makedirs(run)
    with open(os.path.join(run, "state.json"), "w", encoding="utf-8") as file:
        json.dump(state, file)
    tap.contains(_finished(place.reproduce(*MEASURED)), "going on with")
    assert len(place.state("2026-01-01T000000Z")["program"]) == 64


def crossings_and_gate_need_each_other():
    done = Place().reproduce("--crossings", "somewhere")
    tap.equal(done.returncode, 2)
    tap.contains(done.stderr, "--crossings and --gate need each other")


def counting_in_the_guest_needs_its_program():
    done = Place().reproduce("--only", "bench-pku")
    tap.equal(done.returncode, 2)
    tap.contains(done.stderr, "bench-pku needs --guest-bench")


def repetitions_of_zero_are_refused():
    done = Place().reproduce("--repetitions", "0")
    tap.equal(done.returncode, 2)
    tap.contains(done.stderr, "REPETITIONS is 0; it must be 1 or more")


def durations_read_as_people_say_them():
    tap.equal([progress.duration(seconds) for seconds in (0.4, 59, 61, 3720)],
              ["0 s", "59 s", "1 min 01 s", "1 h 02 min"])


if __name__ == "__main__":
    sys.exit(tap.run(globals()))
