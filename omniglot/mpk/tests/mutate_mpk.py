#!/usr/bin/env -S python3 -B
"""Breaks one check of the MPK runtime at a time and shows which attacks then succeed.

usage: omniglot/mpk/tests/mutate_mpk.py [--list] [--from N] [--to N] [WORD]

WORD: only mutations whose name contains it. Works on a copy, which it builds with gcc; the tests
run in the PKU guest, a few mutants at a time, but for those that need no keys. Exit status 1 if a
mutation survives that is not said to be equivalent, 2 if one no longer applies, or a test that is to
notice it is none (--list says which).

Mutations are listed in mutations_mpk.py: what is broken, the file, the check, what it becomes, and
the tests that are to notice, in the order in which they are tried. File, check and what it becomes
can each be several: of two checks either of which is enough, both are broken.
"""

import concurrent.futures
import fnmatch
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, HERE)
from mutations_mpk import MUTATIONS, PROGRAMS, SOURCES, WITHOUT_PATTERNS  # noqa: E402

BATCH = 10           # mutants in one guest
SECONDS = 60         # for one test; twice as long for one entry of a mutation's tests
# What the first does not notice is looked at on the second, whose gate has other instructions.
KERNELS = ("6.1", "6.12")
BUILD = "build/gcc"
NO_TEST = "Bail out! no "  # what programs say whose pattern names nothing that runs here: not a kill
# `make stress` runs this: what it was told is not for the copy.
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if not name.startswith(("MAKE", "MFLAGS", "BUILD", "CC", "CFLAGS", "SANITIZE"))}
ENVIRONMENT["CMOCKA_MESSAGE_OUTPUT"] = "TAP"
ENVIRONMENT["GUEST_APPEND"] = "vsyscall=xonly"  # which mpk-in-guest gives its guest, for mpk-entries
ENVIRONMENT["OG_TEST_SECONDS"] = str(SECONDS // 2)  # natively: a test that hangs is named
ENVIRONMENT["CFLAGS"] = "-w"  # what a check has used is unused without it

# What runs in the guest: each mutant's tests, until some fail, what they print marked.
RUNNER = """
set -f
export OG_TEST_SECONDS={seconds}
/bin/sh /mpk-in-guest inside {build}
for mutant in {mutants}; do
    for test in $(cat /mutants/$mutant/tests); do
        program=${{test%%:*}} pattern=
        [ "$test" = "$program" ] || pattern=${{test#*:}}
        echo "@ $mutant $test"
        timeout -s KILL {entry_seconds} /mutants/$mutant/$program {build}/lib ${{pattern:+"$pattern"}} 2>&1
        status=$?
        echo "@ $mutant $test ended $status"
        [ $status = 0 ] || break
    done
done
"""


def fail(text):
    sys.exit(f"mutate_mpk: {text}")


def copy_tree(folder):
    """The sources that git knows, as they are now, and what is built of them."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, check=True)
    for name in names.stdout.decode().split("\0"):
        source = os.path.join(TOP, name)
        if name and os.path.isfile(source):
            os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
            shutil.copy2(source, os.path.join(folder, name))
    for part in ("gcc", "pku-guest", "wasm", "source"):
        built = os.path.join(TOP, "build", part)
        if os.path.isdir(built):
            shutil.copytree(built, os.path.join(folder, "build", part), symlinks=True,
                            ignore=shutil.ignore_patterns("initramfs-*", "run.*"))


def program_of(test):
    return test.split(":")[0]


def is_native(test):
    return PROGRAMS[program_of(test)] == "test"


@functools.lru_cache(None)
def tests_of(program):
    """The names of a program's tests, and of what else looks like one in its sources."""
    text = "".join(read(os.path.join(TOP, file))
                   for file in SOURCES.get(program, (f"omniglot/mpk/tests/{program}.c",)))
    return re.findall(r"^(?:static )?void (\w+)\(void \*\*state\)|^    ROW\w*\((\w+),", text,
                      re.MULTILINE)


def names_a_test(test):
    program, _, pattern = test.partition(":")
    if program in WITHOUT_PATTERNS:
        return not pattern
    return any(fnmatch.fnmatchcase(name, pattern or "*") for both in tests_of(program) for name in both)


def make(folder, tests):
    targets = sorted({f"{BUILD}/{PROGRAMS[program_of(test)]}/{program_of(test)}" for test in tests})
    built = subprocess.run(["make", "CC=gcc", f"-j{os.cpu_count()}", *targets], cwd=folder,
                           capture_output=True, text=True, check=False, env=ENVIRONMENT)
    return "" if built.returncode == 0 else built.stdout + built.stderr


def failed_tests(output):
    """Their names; a program's own is that of its tests' common set-up."""
    return [os.path.basename(name) + (" (hangs)" if hangs else "")
            for name, hangs in re.findall(r"^not ok \d+ - (\S+)(\n# killed: Alarm clock)?", output,
                                          re.MULTILINE)]


def run_natively(folder, test):
    """The names of the tests that fail of a program that needs no keys."""
    program = program_of(test)
    pattern = test.split(":")[1:]
    try:
        done = subprocess.run([f"{BUILD}/test/{program}", *pattern], cwd=folder, capture_output=True,
                              timeout=2 * SECONDS, check=False, env=ENVIRONMENT)
    except subprocess.TimeoutExpired:
        return [f"{program} (hangs)"]
    output = done.stdout.decode(errors="replace")
    names = failed_tests(output)
    if NO_TEST in output:
        print(f"mutate_mpk: {test}: {output}", file=sys.stderr, flush=True)
        return []
    if done.returncode and not names:
        return [f"{program} (ends with {done.returncode})"]
    return [f"{program}: {name}" for name in names]


def places(mutation):
    """What is broken in it: files, checks, and what they become."""
    return [mutation[1:4]] if isinstance(mutation[1], str) else list(zip(*mutation[1:4]))


def read(path):
    with open(path, encoding="utf-8") as source:
        return source.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as source:
        source.write(text)


def build_mutant(folder, number, mutation):
    """Builds the mutant and runs its tests that need no guest; those for the guest are put in a
    folder of their own. The source is as before afterwards. Returns the names of failed tests, and
    what is wrong with the mutation."""
    tests = mutation[4]
    unknown = [test for test in tests if not names_a_test(test)]
    if unknown:
        return [], f"no test is {', '.join(unknown)}"
    paths = {os.path.join(folder, file) for file, _, _ in places(mutation)}
    originals = {path: read(path) for path in paths}
    mutants = dict(originals)
    for file, check, broken in places(mutation):
        path = os.path.join(folder, file)
        if check not in mutants[path]:
            return [], f"{file} no longer holds its check"
        mutants[path] = mutants[path].replace(check, broken, 1)
    for path, source in mutants.items():
        write(path, source)
    why = make(folder, tests)
    for path, source in originals.items():
        write(path, source)
    if why:
        return [], f"it does not build:\n{why}"
    for test in filter(is_native, tests):
        noticed = run_natively(folder, test)
        if noticed:
            return noticed, ""
    place = os.path.join(folder, "mutants", str(number))
    os.makedirs(place, exist_ok=True)
    for test in tests:
        if not is_native(test):
            shutil.copy2(os.path.join(folder, BUILD, "guest-test", program_of(test)), place)
    with open(os.path.join(place, "tests"), "w", encoding="utf-8") as names:
        names.write(" ".join(test for test in tests if not is_native(test)))
    return [], ""


def added(folder, programs):
    """pku-guest's options for the files that mpk-in-guest would bring for these programs."""
    shown = subprocess.run(["omniglot/mpk/tests/mpk-in-guest", "--files", *programs], cwd=folder,
                           capture_output=True, text=True, check=False, env=ENVIRONMENT)
    if shown.returncode:
        fail(f"mpk-in-guest --files: {shown.stdout}{shown.stderr}")
    return [word for file in shown.stdout.split() for word in ("--add", file)]


def run_guest(folder, numbers, kernel):
    """Runs the mutants' tests in one guest. Which tests failed, by mutant, for those that it came to:
    a mutant with which the guest has ended is the last."""
    script = os.path.join(folder, f"run-{numbers[0]}")
    with open(script, "w", encoding="utf-8") as file:
        file.write(RUNNER.format(mutants=" ".join(map(str, numbers)), seconds=SECONDS,
                                 entry_seconds=2 * SECONDS,
                                 build=os.path.join(folder, BUILD)))
    files = {number: os.listdir(f"{folder}/mutants/{number}") for number in numbers}
    mutants = [word for number in numbers for name in files[number]
               for word in ("--add", f"{folder}/mutants/{number}/{name}:/mutants/{number}/{name}")]
    programs = sorted({name for number in numbers for name in files[number] if name in PROGRAMS})
    done = subprocess.run(
        ["tools/pku-guest", "--kernel", kernel,
         "--timeout", str(4 * SECONDS * len(numbers) + 60), "--cpus", "2", "--without", "smap",
         "--memory", "2048", "--add", f"{script}:/run-mutants",
         *mutants, *added(folder, programs), "--", "/bin/sh", "/run-mutants"],
        cwd=folder, capture_output=True, text=True, errors="replace", check=False, env=ENVIRONMENT)
    noticed, current, ended, runs_none = {}, None, True, False
    for line in done.stdout.splitlines():
        if line.startswith(NO_TEST):
            print(f"mutate_mpk: mutation {current}: {line}", file=sys.stderr, flush=True)
            runs_none = True
        mark = re.match(r"@ (\d+) (\S+)(?: ended (\d+))?$", line)
        if mark:
            current, test, ended = int(mark[1]), mark[2], mark[3] is not None
            names = noticed.setdefault(current, [])
            runs_none = runs_none and ended
            is_named = any(name.startswith(program_of(test)) for name in names)
            if ended and int(mark[3]) and not runs_none and not is_named:
                names.append(f"{program_of(test)} (ends with {mark[3]})")
        elif current is not None:
            if line == "# killed: Alarm clock" and noticed[current]:
                noticed[current][-1] += " (hangs)"
            named = [f"{program_of(test)}: {name}" for name in failed_tests(line)]
            noticed[current] += [name for name in named if name not in noticed[current]]
    if not noticed:
        fail(f"the guest runs nothing:\n{done.stdout}{done.stderr}")
    if not ended and not noticed[current]:
        noticed[current].append(f"{program_of(test)} (the guest ends: {done.stderr.strip()[-120:]})")
    return noticed


def run_mutants(folder, numbers):
    """The names of failed tests, by mutant."""
    noticed = {}
    for kernel in KERNELS:
        left = [number for number in numbers if not noticed.get(number)]
        while left:
            found = run_guest(folder, left, kernel)
            noticed.update(found)
            left = [number for number in left if number not in found]
    return noticed


def what_is_stale(mutation):
    """What of the mutation the sources do not hold: its check, or tests that are to notice."""
    stale = [] if all(check in read(os.path.join(TOP, file)) for file, check, _ in places(mutation)) \
        else ["no longer applies"]
    return stale + [f"no test is {test}" for test in mutation[4] if not names_a_test(test)]


def main():
    words = sys.argv[1:]
    if "-h" in words or "--help" in words:
        print(__doc__)
        sys.exit(0)
    start = int(words.pop(words.index("--from") + 1)) if "--from" in words else 1
    end = int(words.pop(words.index("--to") + 1)) if "--to" in words else len(MUTATIONS)
    listing = "--list" in words
    words = [word for word in words if word not in ("--list", "--from", "--to")]
    if len(words) > 1 or any(word.startswith("-") for word in words):
        fail(f"{' '.join(words)}: at most one WORD, --list, --from N and --to N; --help tells more")
    chosen = [(number, mutation) for number, mutation in enumerate(MUTATIONS, 1)
              if start <= number <= end and (not words or words[0] in mutation[0])]
    if not chosen:
        fail(f"no mutation's name contains '{words[0] if words else ''}'; --list shows them")
    if listing:
        stale = {number: what_is_stale(mutation) for number, mutation in chosen}
        for number, mutation in chosen:
            print(f"{number:3} {mutation[0]}{''.join(f' ({what})' for what in stale[number])}")
        sys.exit(2 if any(stale.values()) else 0)
    survived, wrong = [], []

    def tell(number, names):
        mutation = MUTATIONS[number - 1]
        equivalent = mutation[5] if len(mutation) > 5 else ""
        if not names and not equivalent:
            survived.append(mutation[0])
        shown = ", ".join(names[:3]) or (f"equivalent: {equivalent}" if equivalent else "SURVIVES")
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        print(f"[{number:3}/{len(MUTATIONS)}] {mutation[0]}: {shown}{more}", flush=True)

    def run(folder, numbers):
        for number, names in run_mutants(folder, numbers).items():
            tell(number, names)
            shutil.rmtree(os.path.join(folder, "mutants", str(number)))

    with tempfile.TemporaryDirectory() as folder:
        copy_tree(folder)
        why = make(folder, PROGRAMS)
        if why:
            fail(f"the tests do not build without any mutation:\n{why}")
        # The next mutants are built while the guest runs.
        with concurrent.futures.ThreadPoolExecutor(1) as guest:
            waiting, batch = [], []
            for number, mutation in chosen:
                noticed, why = build_mutant(folder, number, mutation)
                if why:
                    wrong.append(mutation[0])
                    print(f"mutate_mpk: '{mutation[0]}': {why}", file=sys.stderr, flush=True)
                elif noticed or all(map(is_native, mutation[4])):
                    tell(number, noticed)
                else:
                    batch.append(number)
                if batch and (len(batch) == BATCH or number == chosen[-1][0]):
                    waiting.append(guest.submit(run, folder, batch))
                    batch = []
            for each in waiting:
                each.result()
    print(f"{len(chosen)} mutations, {len(survived)} survived")
    for name in survived:
        print(f"  {name}")
    sys.exit(2 if wrong else 1 if survived else 0)


if __name__ == "__main__":
    main()
