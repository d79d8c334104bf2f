/* The list of tables; make writes the included file, a line `TABLE(symbol)` for
 * each pair of workloads/build.mk, and `GAP(workload, system, why)` for each that there is not. */
#include "bench/harness/tables.h"

#include "bench/workload/process_variants.h"
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

/* What not every machine can run: systems behind protection keys, and a pair of processes on
 * two cores where there is one. */
static bool can_run(const char *system, struct case_error *why)
{
    struct og_fault fault;
    const struct process_variant *variant = process_variant_of(system);
    if (variant && !process_placement_possible(variant->placement)) {
        snprintf(why->message, sizeof(why->message),
                 "it needs two processors, and this process may use only one");
        return false;
    }
    enum og_isolation isolation;
    const char *name = strrchr(system, '-');
    if (!name || og_isolation_by_name(&isolation, name + 1, &fault) ||
        !og_isolation_supported(isolation, &fault))
        return true;
    snprintf(why->message, sizeof(why->message), "%s", fault.message);
    return false;
}

/* For a sample the host's half of a pair of processes stays on its processor; a system within the
 * process on the one where the library runs in these: no processor is as fast as another while
 * others use the machine. */
static struct process_host_place before;

static bool arrive(const char *system, struct case_error *why)
{
    const struct process_variant *variant = process_variant_of(system);
    if (process_host_pin(variant ? variant->placement : PROCESS_ONE_CORE, &before) || !variant)
        return true;
    snprintf(
        why->message, sizeof(why->message),
        "this thread cannot be kept on the processor of the pair: may it not use it any more?");
    return false;
}

static void leave(void)
{
    process_host_unpin(&before);
}

const struct workload_tables workload_tables = {
    .items = items,
    .count = sizeof(items) / sizeof(items[0]) - 1,
    .can_run = can_run,
    .arrive = arrive,
    .leave = leave,
    .gaps = gaps,
    .gap_count = sizeof(gaps) / sizeof(gaps[0]) - 1,
};
