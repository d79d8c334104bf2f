/* The worker's table of objects that the host knows by number. */
#ifndef PROCESS_HANDLE_H
#define PROCESS_HANDLE_H

#include <stddef.h>
#include <stdint.h>

struct handle_slot {
    void *object; /* NULL: free */
    uint32_t type;
    uint32_t stamp; /* the upper half of the handle */
};

/* Zeroed but for `stamp`, which should differ from worker to worker. */
struct handle_table {
    struct handle_slot *slots;
    uint32_t count;
    uint32_t capacity;
    uint32_t stamp; /* of the next handle */
};

/* A handle for `object` (not NULL), or 0 when there is no room. */
uint64_t handle_add(struct handle_table *table, uint32_t type, void *object);

/* The object, or NULL when the number names none of that type. */
void *handle_get(const struct handle_table *table, uint32_t type, uint64_t handle);
void *handle_remove(struct handle_table *table, uint32_t type, uint64_t handle);

#endif
