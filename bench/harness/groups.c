/* Selecting cases from the tables and sorting them into groups. */
#include "bench/harness/groups.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/harness/random.h"

const char *placement_name(enum placement placement)
{
    return placement == PLACEMENT_RESIDENT ? "resident" : "copied";
}

void case_name(char *name, const struct workload_table *table, const struct workload_case *item)
{
    snprintf(name, CASE_NAME_MAX, "%s/%s/%s/%zu%s", table->workload, item->operation, table->system,
             item->size, item->placement == PLACEMENT_RESIDENT ? "/resident" : "");
}

/* Whether the comma-separated list (NULL: everything) holds the name. */
static bool list_has(const char *list, const char *name)
{
    size_t length = strlen(name);
    while (list) {
        if (strcspn(list, ",") == length && !strncmp(list, name, length))
            return true;
        list = strchr(list, ',');
        if (!list)
            return false;
        list++;
    }
    return true;
}

typedef const char *table_name(const struct workload_table *table);

static const char *workload_of(const struct workload_table *table)
{
    return table->workload;
}

static const char *system_of(const struct workload_table *table)
{
    return table->system;
}

/* Adds the distinct names of the tables to the failure. Always false. */
static bool list_names(const struct workload_tables *tables, table_name *name_of,
                       struct failure *failure)
{
    const char *separator = " ";
    for (size_t i = 0; i < tables->count; i++) {
        const char *name = name_of(tables->items[i]);
        size_t first = 0;
        while (strcmp(name_of(tables->items[first]), name))
            first++;
        if (first != i)
            continue;
        failure_add(failure, "%s%s", separator, name);
        separator = ", ";
    }
    return false;
}

static bool check_names(const char *list, const char *what, const struct workload_tables *tables,
                        table_name *name_of, struct failure *failure)
{
    for (const char *name = list; name; name = strchr(name, ',')) {
        name += *name == ',';
        size_t length = strcspn(name, ",");
        size_t i = 0;
        while (i < tables->count && (strlen(name_of(tables->items[i])) != length ||
                                     strncmp(name_of(tables->items[i]), name, length)))
            i++;
        if (i < tables->count)
            continue;
        failure_set(failure, "there is no %s \"%.*s\"; valid are:", what, (int)length, name);
        return list_names(tables, name_of, failure);
    }
    return true;
}

/* Fails with the operations and systems there are: what a filter can match. */
static bool nothing_selected(const struct workload_tables *tables,
                             const struct selection *selection, struct failure *failure)
{
    failure_set(failure, "no case matches");
    if (selection->filter)
        failure_add(failure, " the filter \"%s\"", selection->filter);
    if (selection->workloads)
        failure_add(failure, " in workloads %s", selection->workloads);
    if (selection->systems)
        failure_add(failure, " in systems %s", selection->systems);
    if (selection->size_limit)
        failure_add(failure, " of at most %zu bytes", selection->size_limit);
    failure_add(failure, "; a name is workload/operation/system/size[/resident] (--list shows all)"
                         "\nvalid systems:");
    list_names(tables, system_of, failure);
    failure_add(failure, "\nvalid workload/operation:");
    for (size_t i = 0; i < tables->count; i++) {
        const struct workload_table *table = tables->items[i];
        if (i && !strcmp(tables->items[i - 1]->workload, table->workload))
            continue;
        for (size_t j = 0; j < table->count; j++)
            if (!j || strcmp(table->cases[j - 1].operation, table->cases[j].operation))
                failure_add(failure, " %s/%s", table->workload, table->cases[j].operation);
    }
    return false;
}

static bool good_word(const char *word)
{
    return word && *word && strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(word);
}

static bool same_case(const struct workload_case *a, const struct workload_case *b)
{
    return a->size == b->size && a->placement == b->placement &&
           !strcmp(a->operation, b->operation);
}

/* What the rest of the harness takes for granted about a table. */
static bool check_table(const struct workload_table *table, struct failure *failure)
{
    if (!good_word(table->workload) || !good_word(table->system))
        return failure_set(failure,
                           "a table is named \"%s\", \"%s\": names are made of a-z, 0-9 and -",
                           table->workload, table->system);
    for (size_t i = 0; i < table->count; i++) {
        const struct workload_case *item = &table->cases[i];
        if (!good_word(item->operation) || !item->prepare || !item->run || !item->output ||
            !item->finish)
            return failure_set(
                failure,
                "case %zu of %s, %s: the operation's name is not made of a-z, 0-9 and -, or "
                "a function is missing",
                i, table->workload, table->system);
        for (size_t j = 0; j < i; j++)
            if (same_case(item, &table->cases[j]))
                return failure_set(failure, "%s, %s: cases %zu and %zu are both %s, %s, %zu B",
                                   table->workload, table->system, j, i, item->operation,
                                   placement_name(item->placement), item->size);
    }
    return true;
}

/* Raw's case of the same operation, whether it is selected or not. */
static struct group_member find_raw(const struct workload_tables *tables, const char *workload,
                                    const struct workload_case *item)
{
    for (size_t i = 0; i < tables->count; i++) {
        const struct workload_table *table = tables->items[i];
        if (strcmp(table->system, "raw") || strcmp(table->workload, workload))
            continue;
        for (size_t j = 0; j < table->count; j++)
            if (same_case(item, &table->cases[j]))
                return (struct group_member){table, &table->cases[j]};
    }
    return (struct group_member){NULL, NULL};
}

static struct case_group *find_group(struct groups *groups, const char *workload,
                                     const struct workload_case *item)
{
    for (size_t i = 0; i < groups->count; i++) {
        struct case_group *group = &groups->items[i];
        if (same_case(group->members[0].item, item) && !strcmp(group->workload, workload))
            return group;
    }
    return NULL;
}

static bool add_member(struct case_group *group, struct group_member member)
{
    struct group_member *members =
        realloc(group->members, (group->count + 1) * sizeof(*group->members));
    if (!members)
        return false;
    group->members = members;
    members[group->count++] = member;
    return true;
}

static bool add_case(struct groups *groups, const struct workload_tables *tables,
                     struct group_member member)
{
    const char *workload = member.table->workload;
    struct case_group *group = find_group(groups, workload, member.item);
    if (group)
        return add_member(group, member);
    struct case_group *items = realloc(groups->items, (groups->count + 1) * sizeof(*groups->items));
    if (!items)
        return false;
    groups->items = items;
    struct case_group fresh = {
        .workload = workload,
        .operation = member.item->operation,
        .placement = member.item->placement,
        .size = member.item->size,
        .raw = find_raw(tables, workload, member.item),
    };
    if (!add_member(&fresh, member))
        return false;
    items[groups->count++] = fresh;
    return true;
}

static bool add_table(struct groups *groups, const struct workload_tables *tables,
                      const struct workload_table *table, const regex_t *filter, size_t size_limit)
{
    for (size_t i = 0; i < table->count; i++) {
        char name[CASE_NAME_MAX];
        case_name(name, table, &table->cases[i]);
        if (filter && regexec(filter, name, 0, NULL, 0))
            continue;
        if (size_limit && table->cases[i].size > size_limit)
            continue;
        if (!add_case(groups, tables, (struct group_member){table, &table->cases[i]}))
            return false;
    }
    return true;
}

bool groups_make(struct groups *groups, const struct workload_tables *tables,
                 const struct selection *selection, struct failure *failure)
{
    *groups = (struct groups){NULL, 0};
    for (size_t i = 0; i < tables->count; i++)
        if (!check_table(tables->items[i], failure))
            return false;
    if (!check_names(selection->workloads, "workload", tables, workload_of, failure) ||
        !check_names(selection->systems, "system", tables, system_of, failure))
        return false;
    regex_t filter;
    if (selection->filter) {
        int wrong = regcomp(&filter, selection->filter, REG_EXTENDED | REG_NOSUB);
        if (wrong) {
            char why[128];
            regerror(wrong, &filter, why, sizeof(why));
            return failure_set(failure, "the filter \"%s\" is no regular expression: %s",
                               selection->filter, why);
        }
    }
    bool done = true;
    for (size_t i = 0; i < tables->count && done; i++) {
        const struct workload_table *table = tables->items[i];
        if (list_has(selection->workloads, table->workload) &&
            list_has(selection->systems, table->system))
            done = add_table(groups, tables, table, selection->filter ? &filter : NULL,
                             selection->size_limit);
    }
    if (selection->filter)
        regfree(&filter);
    if (!done)
        return failure_set(failure, "out of memory");
    return groups->count ? true : nothing_selected(tables, selection, failure);
}

static const char again[] = "-again";

bool group_member_is_again(const struct group_member *member)
{
    size_t length = strlen(member->table->system);
    return length > strlen(again) && !strcmp(member->table->system + length - strlen(again), again);
}

/* A copy of the table under the name of its second time; NULL without memory. */
static struct workload_table *table_again(const struct workload_table *table)
{
    size_t length = strlen(table->system) + sizeof(again);
    struct workload_table *copy = malloc(sizeof(*copy) + length);
    if (!copy)
        return NULL;
    char *name = (char *)(copy + 1);
    snprintf(name, length, "%s%s", table->system, again);
    *copy = *table;
    copy->system = name;
    return copy;
}

bool groups_again(struct groups *groups, const struct workload_tables *tables, const char *systems,
                  struct failure *failure)
{
    if (!systems)
        return true;
    if (!check_names(systems, "system", tables, system_of, failure))
        return false;
    for (size_t i = 0; i < groups->count; i++) {
        struct case_group *group = &groups->items[i];
        for (size_t j = 0, before = group->count; j < before; j++) {
            const struct group_member member = group->members[j];
            if (!list_has(systems, member.table->system))
                continue;
            struct workload_table *copy = table_again(member.table);
            if (!copy || !add_member(group, (struct group_member){copy, member.item})) {
                free(copy);
                return failure_set(failure, "out of memory");
            }
        }
    }
    return true;
}

void groups_shuffle(struct groups *groups, uint64_t seed)
{
    struct random random = {seed};
    for (size_t i = groups->count; i > 1; i--) {
        size_t j = random_below(&random, i);
        struct case_group kept = groups->items[i - 1];
        groups->items[i - 1] = groups->items[j];
        groups->items[j] = kept;
    }
}

void groups_free(struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        struct case_group *group = &groups->items[i];
        for (size_t j = 0; j < group->count; j++)
            if (group_member_is_again(&group->members[j]))
                free((void *)group->members[j].table);
        free(group->members);
    }
    free(groups->items);
    *groups = (struct groups){NULL, 0};
}
