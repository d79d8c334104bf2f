/* The list of tables; make writes the included file, a line `TABLE(symbol)` for
 * each pair of workloads/build.mk, and `GAP(workload, system, why)` for each that there is not. */
#include "workloads/harness/tables.h"

#include <omniglot/omniglot.h>
#include <stdio.h>
#include <string.h>

#define GAP(workload, system, why)
#define TABLE(symbol) extern const struct workload_table symbol;
#include "workloads/tables.list"
#undef TABLE

/* The NULL keeps the array legal where no pair is listed. */
static const struct workload_table *const items[] = {
#define TABLE(symbol) &symbol,
#include "workloads/tables.list"
#undef TABLE
    NULL,
};
#undef GAP

static const struct workload_gap gaps[] = {
#define TABLE(symbol)
#define GAP(workload, system, why) {workload, system, why},
#include "workloads/tables.list"
#undef TABLE
#undef GAP
    {NULL, NULL, NULL},
};

/* What not every machine can run: systems behind protection keys. */
static bool can_run(const char *system, struct case_error *why)
{
    struct og_fault fault;
    const char *isolation = strrchr(system, '-');
    if (!isolation || strcmp(isolation, "-mpk") != 0 || !og_mpk_supported(&fault))
        return true;
    snprintf(why->message, sizeof(why->message), "%s", fault.message);
    return false;
}

const struct workload_tables workload_tables = {items, sizeof(items) / sizeof(items[0]) - 1,
                                                can_run, gaps, sizeof(gaps) / sizeof(gaps[0]) - 1};
