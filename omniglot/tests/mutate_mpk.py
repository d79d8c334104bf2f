#!/usr/bin/env -S python3 -B
"""Breaks one check of the MPK runtime at a time and shows which attacks then succeed.

usage: omniglot/tests/mutate_mpk.py [--list] [--from N] [WORD]

WORD: only mutations whose name contains it. Works on a copy, which it builds with gcc; the tests
run in the PKU guest, a few mutants at a time. Exit status 1 if a mutation survives that is not said
to be equivalent, 2 if one no longer applies.

Mutations are listed in mutations_mpk.py: what is broken, the file, the check, what it becomes, and
the test programs that are to notice, in the order in which they are tried.
"""

import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
from mutations_mpk import MUTATIONS, PROGRAMS  # noqa: E402

BATCH = 8            # mutants in one guest
SECONDS = 100        # for one test program
BUILD = "build/gcc"

# What runs in the guest: each mutant's programs, each for a while, what they printed marked.
RUNNER = """
for mutant in {mutants}; do
    for program in $(cat /mutants/$mutant/programs); do
        echo "@ $mutant $program"
        timeout -s KILL {seconds} /mutants/$mutant/$program {libraries} 2>&1
        echo "@ $mutant $program ended $?"
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


def make(folder, programs):
    targets = [f"{BUILD}/guest-test/{program}" for program in programs]
    built = subprocess.run(["make", f"-j{os.cpu_count()}", *targets], cwd=folder,
                           capture_output=True, text=True, check=False)
    return "" if built.returncode == 0 else built.stdout + built.stderr


def build_mutant(folder, number, mutation, programs):
    """The mutant's programs, in a folder of their own; the source is as before afterwards. Returns
    why it could not be built, or an empty text."""
    _, file, check, broken = mutation[:4]
    path = os.path.join(folder, file)
    with open(path, encoding="utf-8") as source:
        original = source.read()
    if check not in original:
        return f"{file} no longer holds its check"
    with open(path, "w", encoding="utf-8") as source:
        source.write(original.replace(check, broken, 1))
    why = make(folder, programs)
    with open(path, "w", encoding="utf-8") as source:
        source.write(original)
    if why:
        return f"it does not build:\n{why}"
    place = os.path.join(folder, "mutants", str(number))
    os.makedirs(place, exist_ok=True)
    for program in programs:
        shutil.copy2(os.path.join(folder, BUILD, "guest-test", program), place)
    with open(os.path.join(place, "programs"), "w", encoding="utf-8") as names:
        names.write(" ".join(programs))
    return ""


def added(folder, programs):
    """pku-guest's options for the files that mpk-in-guest would bring for these programs."""
    shown = subprocess.run(["omniglot/tests/mpk-in-guest", "--files", *programs], cwd=folder,
                           capture_output=True, text=True, check=False)
    if shown.returncode:
        fail(f"mpk-in-guest --files: {shown.stdout}{shown.stderr}")
    return [word for file in shown.stdout.split() for word in ("--add", file)]


def run_batch(folder, numbers, programs):
    """What the mutants' programs printed, by mutant: names of failed tests."""
    script = os.path.join(folder, f"run-{numbers[0]}")
    with open(script, "w", encoding="utf-8") as file:
        file.write(RUNNER.format(mutants=" ".join(map(str, numbers)), seconds=SECONDS,
                                 libraries=os.path.join(folder, BUILD, "lib")))
    mutants = [word for number in numbers
               for name in [*programs[number], "programs"]
               for word in ("--add", f"{folder}/mutants/{number}/{name}:/mutants/{number}/{name}")]
    every = sorted({program for number in numbers for program in programs[number]})
    done = subprocess.run(
        ["omniglot/tools/pku-guest", "--timeout", str(SECONDS * len(every) * len(numbers) + 60),
         "--cpus", "2", "--without", "smap", "--memory", "2048", "--add", f"{script}:/run-mutants",
         *mutants, *added(folder, every), "--", "/bin/sh", "/run-mutants"],
        cwd=folder, capture_output=True, text=True, errors="replace", check=False,
        env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"})
    noticed, current = {number: [] for number in numbers}, None
    finished = set()
    for line in done.stdout.splitlines():
        begun = re.match(r"@ (\d+) (\S+)(?: ended (\d+))?$", line)
        if begun:
            current, program, status = int(begun[1]), begun[2], begun[3]
            if status is not None:
                finished.add((current, program))
                if int(status) and not any(name.startswith(program) for name in noticed[current]):
                    noticed[current].append(f"{program} (ends with {status})")
        elif current is not None:
            failed = re.match(r"not ok \d+ - (\S+)", line)
            if failed:
                noticed[current].append(f"{program}: {failed[1]}")
    for number in numbers:
        for program in programs[number]:
            if (number, program) not in finished and not noticed[number]:
                noticed[number].append(f"{program} (the guest ended: {done.stderr.strip()[-120:]})")
    return noticed


def main():
    words = sys.argv[1:]
    start = int(words.pop(words.index("--from") + 1)) if "--from" in words else 1
    listing = "--list" in words
    words = [word for word in words if not word.startswith("--")]
    chosen = [(number, mutation) for number, mutation in enumerate(MUTATIONS, 1)
              if number >= start and (not words or words[0] in mutation[0])]
    if not chosen:
        fail(f"no mutation's name contains '{words[0] if words else ''}'; --list shows them")
    if listing:
        for number, mutation in chosen:
            print(f"{number:3} {mutation[0]}")
        return
    survived, begun = [], time.time()
    with tempfile.TemporaryDirectory() as folder:
        copy_tree(folder)
        why = make(folder, PROGRAMS)
        if why:
            fail(f"the tests do not build without any mutation:\n{why}")
        pool = concurrent.futures.ThreadPoolExecutor(1)
        waiting = []

        def report(numbers, programs):
            noticed = run_batch(folder, numbers, programs)
            for number in numbers:
                names, mutation = noticed[number], MUTATIONS[number - 1]
                equivalent = mutation[5] if len(mutation) > 5 else ""
                if not names and not equivalent:
                    survived.append(mutation[0])
                shown = ", ".join(names[:3]) or (f"equivalent: {equivalent}" if equivalent
                                                 else "SURVIVES")
                more = f" and {len(names) - 3} more" if len(names) > 3 else ""
                left = (time.time() - begun) / number * (len(MUTATIONS) - number) / 60
                print(f"[{number:3}/{len(MUTATIONS)}] {mutation[0]}: {shown}{more}"
                      f"  ({left:.0f} min left)", flush=True)
                shutil.rmtree(os.path.join(folder, "mutants", str(number)), ignore_errors=True)

        for at in range(0, len(chosen), BATCH):
            programs = {}
            for number, mutation in chosen[at:at + BATCH]:
                programs[number] = list(mutation[4]) if len(mutation) > 4 else list(PROGRAMS)
                why = build_mutant(folder, number, mutation, programs[number])
                if why:
                    print(f"mutate_mpk: '{mutation[0]}': {why}", file=sys.stderr)
                    sys.exit(2)
            waiting.append(pool.submit(report, list(programs), programs))
        for each in waiting:
            each.result()
    print(f"{len(chosen)} mutations, {len(survived)} survived")
    for name in survived:
        print(f"  {name}")
    sys.exit(1 if survived else 0)


if __name__ == "__main__":
    main()
