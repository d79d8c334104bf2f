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

enum { TYPES_MAX = 4096, VALUES_MAX = 128 };

/* A type as a text: parameters, ':', results. Types are never forgotten; two threads may ask. */
static char *types[TYPES_MAX];
static uint32_t type_count;
static pthread_mutex_t types_lock = PTHREAD_MUTEX_INITIALIZER;

uint32_t wasm_rt_register_func_type(uint32_t parameters, uint32_t results, ...)
{
    char text[VALUES_MAX + 2];
    size_t length = 0;
    va_list values;
    va_start(values, results);
    for (uint32_t i = 0; i < parameters + results && length < VALUES_MAX; i++) {
        if (i == parameters)
            text[length++] = ':';
        text[length++] = (char)('a' + va_arg(values, int));
    }
    va_end(values);
    text[length] = '\0';
    pthread_mutex_lock(&types_lock);
    uint32_t number = 0;
    while (number < type_count && strcmp(types[number], text) != 0)
        number++;
    if (number == type_count && type_count < TYPES_MAX && (types[number] = strdup(text)))
        type_count++;
    number = number < type_count ? number + 1 : 0;
    pthread_mutex_unlock(&types_lock);
    return number; /* 0, which no function has: without memory nothing can be called */
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

/* Behind what the module has come the places of callbacks. */
void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t size, uint32_t most)
{
    (void)most;
    table->size = size + WASM_CALLBACKS;
    table->max_size = table->size;
    table->data = calloc(table->size, sizeof(*table->data));
    if (!table->data)
        wasm_rt_trap(WASM_RT_TRAP_OOB);
}

void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t *table)
{
    free(table->data);
    table->data = NULL;
}
