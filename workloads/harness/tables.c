/* The list of tables; make writes the included file, a line `TABLE(symbol)` for
 * each pair of workloads/build.mk. */
#include "workloads/harness/tables.h"

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

const struct workload_tables workload_tables = {items, sizeof(items) / sizeof(items[0]) - 1};
