/* What a module may ask of the system: how WASI's functions are written here. */
#ifndef BASELINES_COPYING_WASM_WASI_H
#define BASELINES_COPYING_WASM_WASI_H

#include "baselines/copying/wasm/wasm.h"

/* wasm2c's name for what is handed to imported functions: the instance that calls. */
struct Z_wasi_snapshot_preview1_instance_t;

#define IMPORT(name) Z_wasi_snapshot_preview1Z_##name
#define IMPORTED     struct Z_wasi_snapshot_preview1_instance_t *imports
/* One of them, declared as wasm2c does in each module's header that needs it. */
#define IMPORTS(name, ...)                                                                         \
    uint32_t IMPORT(name)(__VA_ARGS__);                                                            \
    uint32_t IMPORT(name)(__VA_ARGS__)

/* WASI's error numbers. */
enum {
    WASI_SUCCESS = 0,
    WASI_BAD_FILE = 8,
    WASI_FAULT = 21,
    WASI_INVALID = 28,
    WASI_IO = 29,
    WASI_NOT_SEEKABLE = 70
};

static inline struct wasm_instance *wasi_caller(struct Z_wasi_snapshot_preview1_instance_t *imports)
{
    wasm_need_stack();
    return (struct wasm_instance *)(void *)imports;
}

/* While the module starts, the runtime does not know its memory yet. */
static inline bool wasi_is_inside(const struct wasm_instance *instance, uint32_t address,
                                  size_t size)
{
    return instance->memory && wasm_is_inside(instance, address, size);
}

/* Are the `count` records of `size` bytes at `address`? */
static inline bool wasi_are_inside(const struct wasm_instance *instance, uint32_t address,
                                   uint32_t count, size_t size)
{
    size_t all;
    return !__builtin_mul_overflow(count, size, &all) && wasi_is_inside(instance, address, all);
}

#endif
