"""The targets that figures are made on: their order, what they are, and what runs them."""

# Of each: what it is, and what makes its rows.
KNOWN = {
    "x86_64-linux": ("native", "`make reproduce`"),
    "pku-guest": ("in the guest with protection keys, emulated by QEMU", "`make reproduce`, unless GUEST=no,"),
    "rv32": ("on the embedded target, RISC-V with PMP, emulated by QEMU", "`make reproduce`"),
}


def place(target):
    """A sort key: the machine itself first, then what is emulated, then what nobody knows."""
    names = list(KNOWN)
    return (names.index(target) if target in names else len(names), target)


def words(target):
    """What the target is, in a few words."""
    return KNOWN[target][0] if target in KNOWN else target
