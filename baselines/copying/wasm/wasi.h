/* What a module may ask of the system: how WASI's functions are written here. */
#ifndef BASELINES_COPYING_WASM_WASI_H
#define BASELINES_COPYING_WASM_WASI_H

#include "baselines/copying/wasm/wasm.h"

/* wasm2c's name for what is handed to imported functions: the instance that calls. */
struct Z_wasi_snapshot_preview1_instance_t;

#define IMPORT(name)       Z_wasi_snapshot_preview1Z_##name
#define IMPORTED           struct Z_wasi_snapshot_preview1_instance_t *imports
#define IMPORTS(name, ...) uint32_t IMPORT(name)(__VA_ARGS__)

/* All of them, and nothing else, beside what wasm2c declares of what a module imports: one that
 * imports a function by another type does not compile, where the linker would not know it. */
IMPORTS(random_get, IMPORTED, uint32_t address, uint32_t size);
IMPORTS(clock_time_get, IMPORTED, uint32_t clock, uint64_t precision, uint32_t address);
IMPORTS(clock_res_get, IMPORTED, uint32_t clock, uint32_t address);
IMPORTS(poll_oneoff, IMPORTED, uint32_t wanted, uint32_t events, uint32_t count, uint32_t told);
IMPORTS(sched_yield, IMPORTED);
IMPORTS(environ_sizes_get, IMPORTED, uint32_t count, uint32_t size);
IMPORTS(environ_get, IMPORTED, uint32_t pointers, uint32_t texts);
IMPORTS(fd_write, IMPORTED, uint32_t file, uint32_t vectors, uint32_t count, uint32_t done);
IMPORTS(fd_read, IMPORTED, uint32_t file, uint32_t vectors, uint32_t count, uint32_t done);
IMPORTS(fd_fdstat_get, IMPORTED, uint32_t file, uint32_t address);
IMPORTS(fd_filestat_get, IMPORTED, uint32_t file, uint32_t address);
IMPORTS(fd_close, IMPORTED, uint32_t file);
IMPORTS(fd_seek, IMPORTED, uint32_t file, uint64_t offset, uint32_t whence, uint32_t done);
IMPORTS(fd_fdstat_set_flags, IMPORTED, uint32_t file, uint32_t flags);
IMPORTS(fd_prestat_get, IMPORTED, uint32_t file, uint32_t address);
IMPORTS(fd_prestat_dir_name, IMPORTED, uint32_t file, uint32_t address, uint32_t size);
IMPORTS(fd_pread, IMPORTED, uint32_t file, uint32_t vectors, uint32_t count, uint64_t offset,
        uint32_t done);
IMPORTS(fd_pwrite, IMPORTED, uint32_t file, uint32_t vectors, uint32_t count, uint64_t offset,
        uint32_t done);
IMPORTS(fd_readdir, IMPORTED, uint32_t file, uint32_t buffer, uint32_t size, uint64_t cookie,
        uint32_t done);
IMPORTS(fd_tell, IMPORTED, uint32_t file, uint32_t done);
IMPORTS(fd_sync, IMPORTED, uint32_t file);
IMPORTS(fd_datasync, IMPORTED, uint32_t file);
IMPORTS(fd_advise, IMPORTED, uint32_t file, uint64_t offset, uint64_t size, uint32_t advice);
IMPORTS(fd_allocate, IMPORTED, uint32_t file, uint64_t offset, uint64_t size);
IMPORTS(fd_renumber, IMPORTED, uint32_t file, uint32_t to);
IMPORTS(fd_filestat_set_size, IMPORTED, uint32_t file, uint64_t size);
IMPORTS(fd_filestat_set_times, IMPORTED, uint32_t file, uint64_t accessed, uint64_t written,
        uint32_t flags);
IMPORTS(path_open, IMPORTED, uint32_t folder, uint32_t follow, uint32_t path, uint32_t size,
        uint32_t how, uint64_t rights, uint64_t inherited, uint32_t flags, uint32_t file);
IMPORTS(path_filestat_get, IMPORTED, uint32_t folder, uint32_t follow, uint32_t path, uint32_t size,
        uint32_t address);
IMPORTS(path_filestat_set_times, IMPORTED, uint32_t folder, uint32_t follow, uint32_t path,
        uint32_t size, uint64_t accessed, uint64_t written, uint32_t flags);
IMPORTS(path_readlink, IMPORTED, uint32_t folder, uint32_t path, uint32_t size, uint32_t buffer,
        uint32_t room, uint32_t done);
IMPORTS(path_create_directory, IMPORTED, uint32_t folder, uint32_t path, uint32_t size);
IMPORTS(path_remove_directory, IMPORTED, uint32_t folder, uint32_t path, uint32_t size);
IMPORTS(path_unlink_file, IMPORTED, uint32_t folder, uint32_t path, uint32_t size);
IMPORTS(path_symlink, IMPORTED, uint32_t old, uint32_t old_size, uint32_t folder, uint32_t path,
        uint32_t size);
IMPORTS(path_link, IMPORTED, uint32_t folder, uint32_t follow, uint32_t old, uint32_t old_size,
        uint32_t to, uint32_t path, uint32_t size);
IMPORTS(path_rename, IMPORTED, uint32_t folder, uint32_t old, uint32_t old_size, uint32_t to,
        uint32_t path, uint32_t size);
void IMPORT(proc_exit)(IMPORTED, uint32_t status);

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
