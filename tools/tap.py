"""What tests in Python print."""


def report(checks, skipped=()):
    """TAP of {name: what is wrong, line by line}, of names in `skipped` with the reason that they have there.
    Returns the exit status."""
    print(f"1..{len(checks)}")
    failed = False
    for number, (name, found) in enumerate(checks.items(), 1):
        found = list(found)
        failed |= bool(found)
        for line in found:
            print("#", line)
        reason = f" # SKIP {skipped[name]}" if name in skipped else ""
        print(f"{'not ok' if found else 'ok'} {number} - {name}{reason}")
    return int(failed)
