"""The profiles of `make reproduce`: how much of the comparison a run makes.

quick     to see that all of it works, and for `make compare` while something is being changed
default   what README.md describes: every case to 1 MiB, and the attacks
full      for who has the time: more processes, more and longer samples, and what is slow

Each measures in four processes at least, which docs/methodology.md stands on. FILTER and REPETITIONS
take the place of a profile's own cases and repetitions. docs/decisions/176 has the reasons.
"""

from typing import NamedTuple

import measure_natively


class Profile(NamedTuple):
    """How much a run makes of everything."""

    # On two processors, of what is built already; estimates. Of all, of the native part, and of the guest's.
    minutes: int
    native_seconds: int
    guest_seconds: int
    cases: str  # a regular expression over names; empty: all
    size: int  # no case of more bytes is measured natively
    processes: int
    repetitions: int  # of all processes together
    min_time: float  # seconds of a sample at least
    guest_repetitions: int
    guest_size: int  # no case of more bytes is counted in the guest
    kernels: str  # of the guest, in which the attacks are made; none: nothing is attacked

    def measures(self):
        """What decides whether two runs are the same measurement."""
        return {name: value for name, value in self._asdict().items()
                if name not in ("minutes", "native_seconds", "guest_seconds")}


# Of each library what README.md's tables tell; of ubench all calls and checks, without the larger data.
REPRESENTATIVE = ("^(ubench/[^/]*/[^/]*/(0|1|16|256|4096)|sodium/(sha256|hmac-sha256)/[^/]*/(8|64|1024|4096|1048576)"
                  "|zlib/inflate-text/[^/]*/(16384|65536)|brotli/decompress-text/[^/]*/65536"
                  "|expat/parse/[^/]*/30366|png/read/[^/]*/16384)(/|$)")

MIB = 1 << 20
ALL = {
    "quick": Profile(3, 75, 65, REPRESENTATIVE, MIB, measure_natively.PROCESSES, 12, 0.005, 2, 4096, ""),
    "default": Profile(15, 360, 240, "", MIB, measure_natively.PROCESSES, 12, 0.005, 2, 65536, "default"),
    "full": Profile(120, 5000, 500, "", 16 * MIB, 2 * measure_natively.PROCESSES, 96, 0.02, 5, 262144, "default 6.12"),
}
DEFAULT = "default"
