/* Leaving out the systems that this machine cannot run. */
#include "bench/harness/available.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether a table before this one is of the same system, whose line is printed then. */
static bool seen_before(const struct workload_tables *all, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (!strcmp(all->items[i]->system, all->items[index]->system))
            return true;
    return false;
}

bool available_tables(struct workload_tables *here, const struct workload_tables *all,
                      struct failure *failure)
{
    const struct workload_table **items = calloc(all->count + 1, sizeof(const void *));
    if (!items)
        return failure_set(failure, "out of memory");
    *here = (struct workload_tables){.items = items};
    for (size_t i = 0; i < all->count; i++) {
        const struct workload_table *table = all->items[i];
        struct case_error why = {""};
        if (!all->can_run || all->can_run(table->system, &why))
            items[here->count++] = table;
        else if (!seen_before(all, i))
            fprintf(stderr, "og-bench: %s is left out: %s\n", table->system, why.message);
    }
    for (size_t i = 0; i < all->gap_count; i++)
        fprintf(stderr, "og-bench: %s through %s is left out: %s\n", all->gaps[i].workload,
                all->gaps[i].system, all->gaps[i].why);
    return true;
}

void available_free(struct workload_tables *here)
{
    free((void *)here->items);
    *here = (struct workload_tables){0};
}
