"""The targets that figures are made on: their order, what they are, and what adds one to a run."""

# What there is to say of each: in tables and captions, and what makes its rows.
KNOWN = {
    "x86_64-linux": ("native", "make reproduce"),
    "pku-guest": ("in the guest with protection keys, emulated by QEMU", "make bench-pku"),
    "rv32": ("on the embedded target, RISC-V with PMP, emulated by QEMU", "make bench-rv32"),
}


def place(target):
    """A sort key: the machine itself first, then what is emulated, then what nobody knows."""
    names = list(KNOWN)
    return (names.index(target) if target in names else len(names), target)


def words(target):
    """What the target is, in a few words."""
    return KNOWN[target][0] if target in KNOWN else target
