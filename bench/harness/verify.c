/* A group's states, and the comparison of outputs. */
#include "bench/harness/verify.h"

#include <stdlib.h>
#include <string.h>

static bool fail_member(struct failure *failure, const struct group_member *member,
                        const char *what, const struct case_error *error)
{
    return failure_add(failure, "%s%s/%s through %s at %zu B (%s): %s: %s",
                       *failure->text ? "\n" : "", member->table->workload, member->item->operation,
                       member->table->system, member->item->size,
                       placement_name(member->item->placement), what,
                       *error->message ? error->message : "no reason given");
}

static void *prepare(const struct group_member *member, struct failure *failure)
{
    struct case_error error = {""};
    void *state = member->item->prepare(member->item, &error);
    if (!state)
        fail_member(failure, member, "cannot be prepared", &error);
    return state;
}

bool prepared_open(struct prepared *prepared, const struct case_group *group,
                   struct failure *failure)
{
    *failure->text = 0;
    *prepared = (struct prepared){.group = group};
    if (!group->raw.item)
        return failure_set(failure,
                           "%s/%s at %zu B (%s) cannot be verified: raw has no such case; "
                           "add it to raw's table of the workload",
                           group->workload, group->operation, group->size,
                           placement_name(group->placement));
    prepared->states = calloc(group->count, sizeof(*prepared->states));
    if (!prepared->states)
        return failure_set(failure, "out of memory");
    for (size_t i = 0; i < group->count; i++) {
        prepared->states[i] = prepare(&group->members[i], failure);
        if (!prepared->states[i])
            goto failed;
        if (group->members[i].item == group->raw.item) {
            prepared->raw_state = prepared->states[i];
            prepared->raw_borrowed = true;
        }
    }
    if (!prepared->raw_borrowed) {
        prepared->raw_state = prepare(&group->raw, failure);
        if (!prepared->raw_state)
            goto failed;
    }
    return true;
failed:
    prepared_close(prepared);
    return false;
}

static bool get_output(const struct group_member *member, void *state, struct case_output *output,
                       struct failure *failure)
{
    struct case_error error = {""};
    *output = (struct case_output){NULL, 0};
    return member->item->output(state, output, &error) ||
           fail_member(failure, member, "gives no output", &error);
}

static bool compare(const struct group_member *member, struct case_output got,
                    struct case_output raw, struct failure *failure)
{
    const unsigned char *a = got.bytes;
    const unsigned char *b = raw.bytes;
    size_t shorter = got.size < raw.size ? got.size : raw.size;
    size_t i = 0;
    if (shorter && memcmp(a, b, shorter))
        while (a[i] == b[i])
            i++;
    else if (got.size == raw.size)
        return true;
    else
        i = shorter;
    failure_add(failure,
                "%s%s/%s through %s at %zu B (%s): the output differs from raw's, "
                "first at byte %zu: ",
                *failure->text ? "\n" : "", member->table->workload, member->item->operation,
                member->table->system, member->item->size, placement_name(member->item->placement),
                i);
    if (i < shorter)
        return failure_add(failure, "0x%02x, raw has 0x%02x", a[i], b[i]);
    return failure_add(failure, "the output ends after %zu B, raw's after %zu B", got.size,
                       raw.size);
}

bool prepared_verify(struct prepared *prepared, struct failure *failure)
{
    const struct case_group *group = prepared->group;
    struct case_output raw = {NULL, 0};
    *failure->text = 0;
    if (!get_output(&group->raw, prepared->raw_state, &raw, failure))
        return false;
    bool equal = true;
    for (size_t i = 0; i < group->count; i++) {
        struct case_output output;
        if (group->members[i].item == group->raw.item)
            continue;
        if (!get_output(&group->members[i], prepared->states[i], &output, failure))
            equal = false;
        else if (!compare(&group->members[i], output, raw, failure))
            equal = false;
    }
    return equal;
}

void prepared_close(struct prepared *prepared)
{
    const struct case_group *group = prepared->group;
    if (prepared->raw_state && !prepared->raw_borrowed)
        group->raw.item->finish(prepared->raw_state);
    for (size_t i = 0; prepared->states && i < group->count; i++)
        if (prepared->states[i])
            group->members[i].item->finish(prepared->states[i]);
    free(prepared->states);
    *prepared = (struct prepared){NULL, NULL, NULL, false};
}
