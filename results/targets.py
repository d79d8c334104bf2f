"""The targets that figures are made on: their order, what they are, and what runs them."""

# Of each: what it is, and what makes its rows.
KNOWN = {
    "x86_64-linux": ("native", "`make reproduce`"),
    "pku-guest": ("in the guest with protection keys, emulated by QEMU", "`make reproduce`, unless GUEST=no,"),
    "rv32": ("on the embedded target, RISC-V with PMP, emulated by QEMU", "`make reproduce`"),
}

# The guest with each of the kernels that Omniglot is attacked on: signals and rights meet there in
# two ways, before Linux 6.12 and from then on.
ATTACKED_GUESTS = ("pku-guest", "pku-guest-6.12")


def place(target):
    """A sort key: the machine itself first, then what is emulated, then what nobody knows."""
    names = list(KNOWN)
    of = known(target)
    return (names.index(of) if of in names else len(names), target)


def known(target):
    """The target that this is: the guest with another kernel is the guest."""
    return next((name for name in KNOWN if target.startswith(name + "-")), target)


def words(target):
    """What the target is, in a few words."""
    of = known(target)
    if of not in KNOWN:
        return target
    kernel = target[len(of) + 1:]
    return KNOWN[of][0] + (f", kernel {kernel}" if kernel else "")
