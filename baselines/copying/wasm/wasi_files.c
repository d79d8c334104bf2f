/* A module's files: three standard streams, which are as /dev/null is, and no others. What it
 * prints is dropped with success, as in the other systems; whoever asks for a file is told that
 * there is none. */
#include "baselines/copying/wasm/wasi.h"

enum { STREAMS = 3, OF_CHARACTERS = 2 };

static uint32_t put(struct wasm_instance *instance, uint32_t address, const void *value,
                    size_t size)
{
    if (!wasi_is_inside(instance, address, size))
        return WASI_FAULT;
    memcpy(wasm_at(instance, address), value, size);
    return WASI_SUCCESS;
}

IMPORTS(fd_write, IMPORTED, uint32_t file, uint32_t vectors, uint32_t count, uint32_t done)
{
    struct vector {
        uint32_t address, size;
    };
    struct wasm_instance *instance = wasi_caller(imports);
    uint32_t all = 0;
    if (file == 0 || file >= STREAMS)
        return WASI_BAD_FILE;
    if (!wasi_are_inside(instance, vectors, count, sizeof(struct vector)))
        return WASI_FAULT;
    for (uint32_t i = 0; i < count; i++) {
        struct vector each;
        memcpy(&each, wasm_at(instance, vectors + i * (uint32_t)sizeof(each)), sizeof(each));
        if (!wasi_is_inside(instance, each.address, each.size))
            return WASI_FAULT;
        if (__builtin_add_overflow(all, each.size, &all))
            return WASI_INVALID;
    }
    return put(instance, done, &all, sizeof(all));
}

IMPORTS(fd_read, IMPORTED, uint32_t file, uint32_t vectors, uint32_t count, uint32_t done)
{
    const uint32_t none = 0;
    (void)vectors;
    (void)count;
    return file == 0 ? put(wasi_caller(imports), done, &none, sizeof(none)) : WASI_BAD_FILE;
}

/* With all rights, that to seek among them, by which wasi-libc knows that it is no terminal. */
IMPORTS(fd_fdstat_get, IMPORTED, uint32_t file, uint32_t address)
{
    const struct {
        uint8_t kind;
        uint16_t flags;
        uint64_t rights, inherited;
    } status = {.kind = OF_CHARACTERS, .rights = UINT64_MAX};
    _Static_assert(sizeof(status) == 24, "WASI's layout");
    return file < STREAMS ? put(wasi_caller(imports), address, &status, sizeof(status))
                          : WASI_BAD_FILE;
}

IMPORTS(fd_filestat_get, IMPORTED, uint32_t file, uint32_t address)
{
    const struct {
        uint64_t device, number;
        uint8_t kind;
        uint64_t links, size, accessed, written, changed;
    } status = {.kind = OF_CHARACTERS, .links = 1};
    _Static_assert(sizeof(status) == 64, "WASI's layout");
    return file < STREAMS ? put(wasi_caller(imports), address, &status, sizeof(status))
                          : WASI_BAD_FILE;
}

#pragma GCC diagnostic ignored "-Wunused-parameter"

IMPORTS(fd_close, IMPORTED, uint32_t file)
{
    return file < STREAMS ? WASI_SUCCESS : WASI_BAD_FILE;
}

IMPORTS(fd_seek, IMPORTED, uint32_t file, uint64_t offset, uint32_t whence, uint32_t done)
{
    return file < STREAMS ? WASI_NOT_SEEKABLE : WASI_BAD_FILE;
}

IMPORTS(fd_fdstat_set_flags, IMPORTED, uint32_t file, uint32_t flags)
{
    return file < STREAMS ? WASI_SUCCESS : WASI_BAD_FILE;
}

/* --- what there is not --- */

#define REFUSE(name, ...)                                                                          \
    IMPORTS(name, __VA_ARGS__)                                                                     \
    {                                                                                              \
        return WASI_BAD_FILE;                                                                      \
    }

REFUSE(fd_prestat_get, IMPORTED, uint32_t file, uint32_t address)
REFUSE(fd_prestat_dir_name, IMPORTED, uint32_t file, uint32_t address, uint32_t size)
REFUSE(fd_pread, IMPORTED, uint32_t file, uint32_t vectors, uint32_t count, uint64_t offset,
       uint32_t done)
REFUSE(fd_pwrite, IMPORTED, uint32_t file, uint32_t vectors, uint32_t count, uint64_t offset,
       uint32_t done)
REFUSE(fd_readdir, IMPORTED, uint32_t file, uint32_t buffer, uint32_t size, uint64_t cookie,
       uint32_t done)
REFUSE(fd_tell, IMPORTED, uint32_t file, uint32_t done)
REFUSE(fd_sync, IMPORTED, uint32_t file)
REFUSE(fd_datasync, IMPORTED, uint32_t file)
REFUSE(fd_advise, IMPORTED, uint32_t file, uint64_t offset, uint64_t size, uint32_t advice)
REFUSE(fd_allocate, IMPORTED, uint32_t file, uint64_t offset, uint64_t size)
REFUSE(fd_renumber, IMPORTED, uint32_t file, uint32_t to)
REFUSE(fd_filestat_set_size, IMPORTED, uint32_t file, uint64_t size)
REFUSE(fd_filestat_set_times, IMPORTED, uint32_t file, uint64_t accessed, uint64_t written,
       uint32_t flags)
REFUSE(path_open, IMPORTED, uint32_t folder, uint32_t follow, uint32_t path, uint32_t size,
       uint32_t how, uint64_t rights, uint64_t inherited, uint32_t flags, uint32_t file)
REFUSE(path_filestat_get, IMPORTED, uint32_t folder, uint32_t follow, uint32_t path, uint32_t size,
       uint32_t address)
REFUSE(path_filestat_set_times, IMPORTED, uint32_t folder, uint32_t follow, uint32_t path,
       uint32_t size, uint64_t accessed, uint64_t written, uint32_t flags)
REFUSE(path_readlink, IMPORTED, uint32_t folder, uint32_t path, uint32_t size, uint32_t buffer,
       uint32_t room, uint32_t done)
REFUSE(path_create_directory, IMPORTED, uint32_t folder, uint32_t path, uint32_t size)
REFUSE(path_remove_directory, IMPORTED, uint32_t folder, uint32_t path, uint32_t size)
REFUSE(path_unlink_file, IMPORTED, uint32_t folder, uint32_t path, uint32_t size)
REFUSE(path_symlink, IMPORTED, uint32_t old, uint32_t old_size, uint32_t folder, uint32_t path,
       uint32_t size)
REFUSE(path_link, IMPORTED, uint32_t folder, uint32_t follow, uint32_t old, uint32_t old_size,
       uint32_t to, uint32_t path, uint32_t size)
REFUSE(path_rename, IMPORTED, uint32_t folder, uint32_t old, uint32_t old_size, uint32_t to,
       uint32_t path, uint32_t size)
