/* Handles: an index and a stamp that no two handles of a worker share, so that a
 * number from the host is either exactly the object it was given for, or nothing. */
#include "baselines/process/handle.h"

#include <stdlib.h>

#define HANDLES_MAX   65536u
#define HANDLES_FIRST 16u

static struct handle_slot *find(const struct handle_table *table, uint32_t type, uint64_t handle)
{
    uint32_t index = (uint32_t)handle;
    if (index >= table->count)
        return NULL;
    struct handle_slot *slot = &table->slots[index];
    if (!slot->object || slot->type != type || slot->stamp != handle >> 32)
        return NULL;
    return slot;
}

static struct handle_slot *free_slot(struct handle_table *table)
{
    if (table->count < table->capacity)
        return &table->slots[table->count++];
    for (uint32_t index = 0; index < table->count; index++)
        if (!table->slots[index].object)
            return &table->slots[index];
    uint32_t capacity = table->capacity ? 2 * table->capacity : HANDLES_FIRST;
    if (capacity > HANDLES_MAX)
        return NULL;
    struct handle_slot *slots = realloc(table->slots, capacity * sizeof *slots);
    if (!slots)
        return NULL;
    table->slots = slots;
    table->capacity = capacity;
    return &slots[table->count++];
}

uint64_t handle_add(struct handle_table *table, uint32_t type, void *object)
{
    struct handle_slot *slot = object ? free_slot(table) : NULL;
    if (!slot)
        return 0;
    if (++table->stamp == 0) /* so that no handle is 0 */
        table->stamp = 1;
    *slot = (struct handle_slot){.object = object, .type = type, .stamp = table->stamp};
    return (uint64_t)slot->stamp << 32 | (uint32_t)(slot - table->slots);
}

void *handle_get(const struct handle_table *table, uint32_t type, uint64_t handle)
{
    struct handle_slot *slot = find(table, type, handle);
    return slot ? slot->object : NULL;
}

void *handle_remove(struct handle_table *table, uint32_t type, uint64_t handle)
{
    struct handle_slot *slot = find(table, type, handle);
    if (!slot)
        return NULL;
    void *object = slot->object;
    slot->object = NULL;
    return object;
}
