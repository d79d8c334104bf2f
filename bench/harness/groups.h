/* A group is what is compared: one operation of a workload at one placement and
 * size, through every system that has it. Groups are verified, measured and
 * written as a whole, their systems interleaved. */
#ifndef BENCH_HARNESS_GROUPS_H
#define BENCH_HARNESS_GROUPS_H

#include <stdint.h>

#include "bench/harness/failure.h"
#include "bench/harness/tables.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One system's case in a group. Both pointers are the table's own; of what is entered again, the
 * table is the group's. */
struct group_member {
    const struct workload_table *table;
    const struct workload_case *item;
};

struct case_group {
    const char *workload;
    const char *operation;
    enum placement placement;
    size_t size;
    struct group_member *members; /* the selected systems, in the tables' order */
    size_t count;
    struct group_member raw; /* what outputs are compared with; NULLs where raw has no such case */
};

struct groups {
    struct case_group *items;
    size_t count;
};

/* Which cases to take; a NULL takes all. */
struct selection {
    const char *workloads; /* comma-separated names */
    const char *systems;   /* comma-separated names */
    const char *filter;    /* POSIX extended regular expression on case names */
    size_t size_limit;     /* no case of more bytes; 0: no limit */
};

enum { CASE_NAME_MAX = 256 };

/* Writes "workload/operation/system/size", with "/resident" after it for that
 * placement, into `name` (CASE_NAME_MAX bytes). */
void case_name(char *name, const struct workload_table *table, const struct workload_case *item);

/* "copied" or "resident". */
const char *placement_name(enum placement placement);

/* Makes the groups of the selected cases. Fails, listing what there is, on an
 * unknown workload or system, a bad expression, or a selection of nothing, and on
 * a table that breaks workload.h's rules (names, a case listed twice). The caller
 * frees with groups_free, after a failure too. */
bool groups_make(struct groups *groups, const struct workload_tables *tables,
                 const struct selection *selection, struct failure *failure);

/* Enters the systems of the comma-separated list into their groups a second time, as NAME-again.
 * What such a pair differs by is no system's: it is what a run cannot resolve. Fails on an unknown
 * name. */
bool groups_again(struct groups *groups, const struct workload_tables *tables, const char *systems,
                  struct failure *failure);

/* Whether the member is there for the second time. */
bool group_member_is_again(const struct group_member *member);

/* Puts the groups into a random order, the same for the same seed. */
void groups_shuffle(struct groups *groups, uint64_t seed);

/* Frees what groups_make made. */
void groups_free(struct groups *groups);

#ifdef __cplusplus
}
#endif

#endif
