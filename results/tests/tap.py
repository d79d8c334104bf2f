"""Runs functions as tests and prints TAP; a function's name is the sentence it proves."""

import inspect
import traceback


class Skip(Exception):
    """Raised by a test that cannot run here, with the reason."""


def tests_in(names):
    """A test script's tests: its own functions that take nothing and are not private."""
    return [value for name, value in names.items()
            if inspect.isfunction(value) and value.__module__ == names["__name__"]
            and not name.startswith("_") and not inspect.signature(value).parameters]


def run(names):
    """Runs the tests in a script's globals(); returns how many failed, as an exit status."""
    tests = tests_in(names)
    failed = 0
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, start=1):
        try:
            test()
        except Skip as reason:
            print(f"ok {number} - {test.__name__} # SKIP {reason}")
        except Exception:  # a test must not take the others with it
            failed += 1
            print(f"not ok {number} - {test.__name__}")
            print("\n".join("# " + line for line in traceback.format_exc().splitlines()))
        else:
            print(f"ok {number} - {test.__name__}", flush=True)
    return min(failed, 100)


def equal(found, wanted):
    """Fails, showing both, unless they are equal."""
    if found != wanted:
        raise AssertionError(f"found  {found!r}\nwanted {wanted!r}")


def contains(text, *parts):
    """Fails, showing the text, unless it holds every part."""
    for part in parts:
        if part not in text:
            raise AssertionError(f"'{part}' is not in:\n{text}")
