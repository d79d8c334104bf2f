/* Tells the runtime of one module; compiled once for each, with WASM_MODULE its name, WASM_HEADER
 * the header that wasm2c wrote, and WASM_IMPORTS where the module imports anything: what it imports
 * is WASI's, by WASI's types, or this does not compile. */
#include "baselines/copying/wasm/wasi.h"

#include WASM_HEADER

#define JOIN(a, b, c)       a##b##c
#define NAME(before, after) NAME_OF(before, WASM_MODULE, after)
#define NAME_OF(a, b, c)    JOIN(a, b, c)
#define TEXT(name)          TEXT_OF(name)
#define TEXT_OF(name)       #name

typedef NAME(Z_, _instance_t) state_type;

static void instantiate(void *state, void *imports)
{
#ifdef WASM_IMPORTS
    NAME(Z_, _instantiate)(state, (struct Z_wasi_snapshot_preview1_instance_t *)imports);
#else
    (void)imports;
    NAME(Z_, _instantiate)(state);
#endif
}

static void dispose(void *state)
{
    NAME(Z_, _free)(state);
}

static void initialize(void *state)
{
    NAME(Z_, Z__initialize)(state);
}

static uint32_t allocate(void *state, uint32_t size)
{
    return NAME(Z_, Z_malloc)(state, size);
}

static void release(void *state, uint32_t address)
{
    NAME(Z_, Z_free)(state, address);
}

static wasm_rt_memory_t *memory(void *state)
{
    return NAME(Z_, Z_memory)(state);
}

static wasm_rt_funcref_table_t *table(void *state)
{
    return NAME(Z_, Z___indirect_function_table)(state);
}

extern const struct wasm_module NAME(wasm_module_, );
const struct wasm_module NAME(wasm_module_, ) = {
    .name = TEXT(WASM_MODULE),
    .size = sizeof(state_type),
    .prepare = NAME(Z_, _init_module),
    .instantiate = instantiate,
    .dispose = dispose,
    .initialize = initialize,
    .allocate = allocate,
    .release = release,
    .memory = memory,
    .table = table,
};

static const struct wasm_module *const entry __attribute__((used, section("wasm_modules"))) =
    &NAME(wasm_module_, );
