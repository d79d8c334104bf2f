/* What wasm2c's code calls: its interface is wasm-rt.h, of Debian's wabt. Memory comes out of the
 * reservation of the instance that is being made. */
#include "baselines/copying/wasm/internal.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>

__thread struct wasm_instance *wasm_opening;

bool wasm_rt_is_initialized(void)
{
    return true;
}

void wasm_rt_trap(wasm_rt_trap_t trap)
{
    wasm_current->trap = trap;
    wasm_unwind(wasm_current);
}

/* --- types of functions --- */

/* A type as a text: parameters, ':', results. Calls are by number, so that two types must not have
 * one: not for want of room either. Types are never forgotten; two threads may ask. */
struct type {
    struct type *next;
    uint32_t number;
    char text[];
};
static struct type *types;
static uint32_t type_count;
static pthread_mutex_t types_lock = PTHREAD_MUTEX_INITIALIZER;

static struct type *known(const char *text)
{
    struct type *type = types;
    while (type && strcmp(type->text, text) != 0)
        type = type->next;
    return type;
}

/* Takes `asked`. Without memory for it the type has a number that nobody else gets: what the module
 * calls by it is the module's own. */
static uint32_t number_of(struct type *asked)
{
    struct type *type = asked ? known(asked->text) : NULL;
    if (type) {
        free(asked);
        return type->number;
    }
    type_count++;
    if (asked) {
        asked->next = types;
        asked->number = type_count;
        types = asked;
    }
    return type_count;
}

uint32_t wasm_rt_register_func_type(uint32_t parameters, uint32_t results, ...)
{
    size_t count = (size_t)parameters + results, length = 0;
    struct type *asked = malloc(sizeof(*asked) + count + 2);
    va_list values;
    va_start(values, results);
    for (size_t i = 0; asked && i < count; i++) {
        if (i == parameters)
            asked->text[length++] = ':';
        asked->text[length++] = (char)('a' + va_arg(values, int));
    }
    va_end(values);
    if (asked)
        asked->text[length] = '\0';
    pthread_mutex_lock(&types_lock);
    uint32_t number = number_of(asked);
    pthread_mutex_unlock(&types_lock);
    return number;
}

/* --- memory --- */

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint32_t pages, uint32_t most)
{
    struct wasm_instance *instance = wasm_opening;
    if (most > WASM_PAGES)
        most = WASM_PAGES;
    *memory = (wasm_rt_memory_t){.data = instance->reservation, .max_pages = most};
    if (pages > most || wasm_rt_grow_memory(memory, pages) == UINT32_MAX)
        wasm_rt_trap(WASM_RT_TRAP_OOB);
}

uint32_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint32_t pages)
{
    uint32_t before = memory->pages;
    if (pages > memory->max_pages - before)
        return UINT32_MAX;
    if (pages &&
        mprotect(memory->data + memory->size, (size_t)pages * WASM_PAGE, PROT_READ | PROT_WRITE))
        return UINT32_MAX;
    memory->pages += pages;
    memory->size = memory->pages * WASM_PAGE;
    return before;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory)
{
    memory->data = NULL; /* it is the instance's */
}

/* --- tables --- */

/* Behind what the module has come the places of callbacks. Tables are memory of the host's: all of
 * an instance's together have an end. */
void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t size, uint32_t most)
{
    struct wasm_instance *instance = wasm_opening;
    uint32_t left = WASM_PLACES - instance->places;
    (void)most;
    if (left < WASM_CALLBACKS || size > left - WASM_CALLBACKS)
        wasm_rt_trap(WASM_RT_TRAP_OOB);
    table->size = size + WASM_CALLBACKS;
    table->max_size = table->size;
    table->data = calloc(table->size, sizeof(*table->data));
    if (!table->data)
        wasm_rt_trap(WASM_RT_TRAP_OOB);
    instance->places += table->size;
}

void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t *table)
{
    free(table->data);
    table->data = NULL;
}
