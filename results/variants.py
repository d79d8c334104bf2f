"""Which rows a figure or a summary shows where a system has variants.

The process sandbox is measured in several variants (process-ring-one, process-socket, ...). Where a
row `process` stands for the best of them, figures show that one; each variant stays in the
tables. process-pipe is no variant but a system of its own: the sandbox as Sandcrust builds it.
"""

import system_table

BEST = "process"
VARIANT = "process-"
OWN_SYSTEMS = tuple(system.name for system in system_table.ALL if not system.part)


def is_variant(system):
    """Whether `process` can stand for this system."""
    return system.startswith(VARIANT) and system not in OWN_SYSTEMS


def shown(rows):
    """The rows without the variants for which, in the same case, there is a row `process`."""
    best = {row.case for row in rows if row.case.system == BEST}
    return [row for row in rows
            if not (is_variant(row.case.system) and row.case._replace(system=BEST) in best)]
