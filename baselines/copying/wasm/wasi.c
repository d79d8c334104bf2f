/* What a module may ask of the system, by WASI's names and numbers: randomness and the time. It has
 * no files, no arguments and no environment; what asks for them is told that there are none. A
 * module that needs another import does not link: the linker names it. */
#include "baselines/copying/wasm/wasi.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

/* WASI's error numbers. */
enum { SUCCESS = 0, BAD_FILE = 8, FAULT = 21, INVALID = 28, IO = 29 };

static struct wasm_instance *caller(struct Z_wasi_snapshot_preview1_instance_t *imports)
{
    wasm_need_stack();
    return (struct wasm_instance *)(void *)imports;
}

/* While the module starts, the runtime does not know its memory yet. */
static bool is_inside(const struct wasm_instance *instance, uint32_t address, size_t size)
{
    return instance->memory && wasm_is_inside(instance, address, size);
}

#define IMPORT(name) Z_wasi_snapshot_preview1Z_##name
#define IMPORTED     struct Z_wasi_snapshot_preview1_instance_t *imports

/* Declared by wasm2c in each module's header that needs it. */
uint32_t IMPORT(random_get)(IMPORTED, uint32_t address, uint32_t size);
uint32_t IMPORT(clock_time_get)(IMPORTED, uint32_t clock, uint64_t precision, uint32_t address);
uint32_t IMPORT(clock_res_get)(IMPORTED, uint32_t clock, uint32_t address);
void IMPORT(proc_exit)(IMPORTED, uint32_t status);
uint32_t IMPORT(fd_close)(IMPORTED, uint32_t file);
uint32_t IMPORT(fd_fdstat_get)(IMPORTED, uint32_t file, uint32_t address);
uint32_t IMPORT(fd_prestat_get)(IMPORTED, uint32_t file, uint32_t address);
uint32_t IMPORT(fd_prestat_dir_name)(IMPORTED, uint32_t file, uint32_t address, uint32_t size);
uint32_t IMPORT(fd_read)(IMPORTED, uint32_t file, uint32_t vectors, uint32_t count, uint32_t done);
uint32_t IMPORT(fd_seek)(IMPORTED, uint32_t file, uint64_t offset, uint32_t whence, uint32_t done);
uint32_t IMPORT(fd_write)(IMPORTED, uint32_t file, uint32_t vectors, uint32_t count, uint32_t done);
uint32_t IMPORT(environ_get)(IMPORTED, uint32_t pointers, uint32_t texts);
uint32_t IMPORT(environ_sizes_get)(IMPORTED, uint32_t count, uint32_t size);

uint32_t IMPORT(random_get)(IMPORTED, uint32_t address, uint32_t size)
{
    struct wasm_instance *instance = caller(imports);
    if (!is_inside(instance, address, size))
        return FAULT;
    for (uint32_t done = 0; done < size;) {
        ssize_t got = getrandom(wasm_at(instance, address + done), size - done, 0);
        if (got < 0 && errno != EINTR)
            return IO;
        done += got > 0 ? (uint32_t)got : 0;
    }
    return SUCCESS;
}

static uint32_t put_time(const struct wasm_instance *instance, uint32_t address, uint32_t clock,
                         int (*get)(clockid_t, struct timespec *))
{
    enum { REALTIME = 0, MONOTONIC = 1 };
    struct timespec time;
    if (clock != REALTIME && clock != MONOTONIC)
        return INVALID;
    if (!is_inside(instance, address, sizeof(uint64_t)))
        return FAULT;
    if (get(clock == REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC, &time))
        return IO;
    uint64_t nanoseconds = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
    memcpy(wasm_at(instance, address), &nanoseconds, sizeof(nanoseconds));
    return SUCCESS;
}

uint32_t IMPORT(clock_time_get)(IMPORTED, uint32_t clock, uint64_t precision, uint32_t address)
{
    (void)precision;
    return put_time(caller(imports), address, clock, clock_gettime);
}

uint32_t IMPORT(clock_res_get)(IMPORTED, uint32_t clock, uint32_t address)
{
    return put_time(caller(imports), address, clock, clock_getres);
}

void IMPORT(proc_exit)(IMPORTED, uint32_t status)
{
    struct og_fault fault;
    (void)imports;
    (void)status;
    og_fail(&fault, OG_FAULTED, "proc_exit", 0, "the module called exit()");
    wasm_callback_refuse(wasm_callback_begin(), &fault);
}

/* The environment is empty: wasi-libc ends the program if it cannot ask. */
uint32_t IMPORT(environ_sizes_get)(IMPORTED, uint32_t count, uint32_t size)
{
    struct wasm_instance *instance = caller(imports);
    const uint32_t none = 0;
    if (!is_inside(instance, count, sizeof(none)) || !is_inside(instance, size, sizeof(none)))
        return FAULT;
    memcpy(wasm_at(instance, count), &none, sizeof(none));
    memcpy(wasm_at(instance, size), &none, sizeof(none));
    return SUCCESS;
}

/* --- what there is not --- */

#define REFUSE(name, error, ...)                                                                   \
    uint32_t IMPORT(name)(__VA_ARGS__)                                                             \
    {                                                                                              \
        return error;                                                                              \
    }

#pragma GCC diagnostic ignored "-Wunused-parameter"
REFUSE(fd_close, BAD_FILE, IMPORTED, uint32_t file)
REFUSE(fd_fdstat_get, BAD_FILE, IMPORTED, uint32_t file, uint32_t address)
REFUSE(fd_prestat_get, BAD_FILE, IMPORTED, uint32_t file, uint32_t address)
REFUSE(fd_prestat_dir_name, BAD_FILE, IMPORTED, uint32_t file, uint32_t address, uint32_t size)
REFUSE(fd_read, BAD_FILE, IMPORTED, uint32_t file, uint32_t vectors, uint32_t count, uint32_t done)
REFUSE(fd_seek, BAD_FILE, IMPORTED, uint32_t file, uint64_t offset, uint32_t whence, uint32_t done)
REFUSE(fd_write, BAD_FILE, IMPORTED, uint32_t file, uint32_t vectors, uint32_t count, uint32_t done)
REFUSE(environ_get, SUCCESS, IMPORTED, uint32_t pointers, uint32_t texts)
