/* The life of an instance, its memory, and its callbacks. */
#include "baselines/copying/wasm/internal.h"
#include "baselines/copying/wasm/wasi.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

/* The modules of the program: module.c puts each into this section. */
extern const struct wasm_module *const __start_wasm_modules[] __attribute__((weak));
extern const struct wasm_module *const __stop_wasm_modules[] __attribute__((weak));

static const struct wasm_module *find(const char *name)
{
    for (const struct wasm_module *const *module = __start_wasm_modules;
         module < __stop_wasm_modules; module++)
        if (!strcmp((*module)->name, name))
            return *module;
    return NULL;
}

/* --- life --- */

/* What the table has of a callback is its place, which outlives it: not what is the host's. */
static void put_callback(struct wasm_instance *instance, uint32_t slot)
{
    wasm_rt_funcref_t *callback = &instance->callbacks[slot];
    wasm_rt_funcref_t entry = wasm_rt_funcref_null_value;
    if (callback->func)
        entry = (wasm_rt_funcref_t){callback->func_type, callback->func, callback};
    instance->table->data[instance->table->size - WASM_CALLBACKS + slot] = entry;
}

/* Makes wasm2c's state in the reservation, which is all zero and cannot be touched. */
static __attribute__((noinline)) enum og_error start(struct wasm_instance *instance,
                                                     struct og_fault *fault)
{
    const struct wasm_module *module = instance->module;
    struct wasm_frame frame;
    enum og_error error = wasm_enter(instance, &frame, fault);
    if (error)
        return error;
    if (__builtin_setjmp(frame.jump)) {
        wasm_opening = NULL;
        return wasm_trapped(&frame, "instantiate", fault);
    }
    wasm_opening = instance;
    module->instantiate(instance->state, instance);
    instance->memory = module->memory(instance->state);
    instance->table = module->table(instance->state);
    if (module->initialize)
        module->initialize(instance->state);
    wasm_opening = NULL;
    wasm_leave(&frame);
    for (uint32_t slot = 0; slot < WASM_CALLBACKS; slot++)
        put_callback(instance, slot);
    instance->scratch_used = 0;
    return wasm_allocate(instance, &instance->scratch, WASM_SCRATCH, fault);
}

enum og_error wasm_open(struct wasm_instance **opened, const char *name, struct og_fault *fault)
{
    static pthread_mutex_t prepare_lock = PTHREAD_MUTEX_INITIALIZER;
    const struct wasm_module *module = find(name);
    *opened = NULL;
    if (!module)
        return og_fail(fault, OG_NOT_FOUND, name, 0, "no such module is linked to the program");
    enum og_error error = wasm_faults_open(fault);
    wasm_thread_is_ready = false; /* another runtime may have taken the signal stack away */
    if (error)
        return error;
    struct wasm_instance *instance = calloc(1, sizeof(*instance));
    void *state = calloc(1, module->size);
    if (!instance || !state) {
        free(instance);
        free(state);
        return og_out_of_memory(fault);
    }
    instance->module = module;
    instance->state = state;
    instance->thread = &wasm_current;
    instance->reservation = mmap(NULL, WASM_RESERVATION + WASM_GUARD, PROT_NONE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (instance->reservation == MAP_FAILED) {
        instance->reservation = NULL;
        error = og_fail(fault, OG_NO_MEMORY, name, 0,
                        "8 GiB of address space cannot be reserved: raise `ulimit -v`");
    } else {
        pthread_mutex_lock(&prepare_lock);
        module->prepare();
        pthread_mutex_unlock(&prepare_lock);
        error = start(instance, fault);
    }
    if (error)
        wasm_close(instance);
    else
        *opened = instance;
    return error;
}

/* Gives back what the module took besides its reservation. */
static void stop(struct wasm_instance *instance)
{
    instance->module->dispose(instance->state);
    memset(instance->state, 0, instance->module->size);
    instance->memory = NULL;
    instance->table = NULL;
    instance->places = 0;
}

enum og_error wasm_reset(struct wasm_instance *instance, struct og_fault *fault)
{
    if (instance->thread != &wasm_current)
        return wasm_refused(instance, fault);
    if (instance->callbacks_running)
        return og_fail(fault, OG_BUSY, instance->module->name, 0, "a callback of it is running");
    size_t size = instance->memory ? instance->memory->size : WASM_RESERVATION;
    enum og_error error = wasm_faults_open(fault);
    wasm_thread_is_ready = false;
    stop(instance);
    /* Nothing of the old content is left, and nothing can be touched. */
    if (!error && (madvise(instance->reservation, size, MADV_DONTNEED) ||
                   mprotect(instance->reservation, size, PROT_NONE)))
        error = og_fail(fault, OG_SYSTEM, instance->module->name, 0, "memory cannot be unmapped");
    instance->poisoned = OG_OK;
    if (!error)
        error = start(instance, fault);
    if (error && !instance->poisoned) {
        og_fail(&instance->fault, error, instance->module->name, 0, NULL);
        instance->poisoned = error;
    }
    return error;
}

enum og_error wasm_adopt(struct wasm_instance *instance, struct og_fault *fault)
{
    if (instance->callbacks_running)
        return og_fail(fault, OG_BUSY, instance->module->name, 0, "a callback of it is running");
    instance->thread = &wasm_current;
    return OG_OK;
}

void wasm_close(struct wasm_instance *instance)
{
    if (!instance)
        return;
    if (instance->module && instance->state)
        stop(instance);
    if (instance->reservation)
        munmap(instance->reservation, WASM_RESERVATION + WASM_GUARD);
    free(instance->state);
    free(instance);
}

/* --- memory --- */

static __attribute__((noinline)) enum og_error enter_allocate(struct wasm_instance *instance,
                                                              uint32_t *address, uint32_t size,
                                                              struct og_fault *fault)
{
    struct wasm_frame frame;
    enum og_error error = wasm_enter(instance, &frame, fault);
    if (error)
        return error;
    if (__builtin_setjmp(frame.jump))
        return wasm_trapped(&frame, "malloc", fault);
    *address = instance->module->allocate(instance->state, size);
    wasm_leave(&frame);
    return OG_OK;
}

enum og_error wasm_allocate(struct wasm_instance *instance, uint32_t *address, size_t size,
                            struct og_fault *fault)
{
    *address = 0;
    if (size > UINT32_MAX)
        return og_fail(fault, OG_OVERFLOW, NULL, 0, "a module's addresses have 32 bits");
    enum og_error error = enter_allocate(instance, address, size ? (uint32_t)size : 1, fault);
    if (!error && !*address)
        error = og_fail(fault, OG_NO_MEMORY, "malloc", 0, "the module's memory is used up");
    if (!error && !wasm_is_inside(instance, *address, size)) {
        error = og_fail(fault, OG_CONTRACT, "malloc", *address,
                        "what it returned is not in the module's memory");
        *address = 0;
    }
    return error;
}

static __attribute__((noinline)) enum og_error
enter_release(struct wasm_instance *instance, uint32_t address, struct og_fault *fault)
{
    struct wasm_frame frame;
    enum og_error error = wasm_enter(instance, &frame, fault);
    if (error)
        return error;
    if (__builtin_setjmp(frame.jump))
        return wasm_trapped(&frame, "free", fault);
    instance->module->release(instance->state, address);
    wasm_leave(&frame);
    return OG_OK;
}

enum og_error wasm_release(struct wasm_instance *instance, uint32_t address, struct og_fault *fault)
{
    return address ? enter_release(instance, address, fault) : OG_OK;
}

enum og_error wasm_take(struct wasm_instance *instance, uint32_t *address, size_t size,
                        struct og_fault *fault)
{
    enum { ALIGNMENT = 16 };
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    *address = 0;
    if (!wasm_may_use(instance))
        return wasm_refused(instance, fault);
    if (size > WASM_SCRATCH || rounded > WASM_SCRATCH - instance->scratch_used)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0,
                       "calls inside calls have used up the memory for small arguments");
    *address = instance->scratch + instance->scratch_used;
    instance->scratch_used += (uint32_t)rounded;
    return OG_OK;
}

/* --- callbacks --- */

enum og_error wasm_callback_open(struct wasm_instance *instance, struct wasm_callback *callback,
                                 wasm_rt_function_ptr_t function, void *closure, uint32_t type,
                                 struct og_fault *fault)
{
    uint32_t slot = 0;
    if (instance->thread != &wasm_current)
        return wasm_refused(instance, fault);
    while (slot < WASM_CALLBACKS && instance->callbacks[slot].func &&
           instance->callbacks[slot].module_instance != closure)
        slot++;
    if (slot == WASM_CALLBACKS || !type)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "64 callbacks are open: close one");
    if (!instance->table)
        return wasm_refused(instance, fault);
    *callback = (struct wasm_callback){.instance = instance, .slot = slot};
    instance->callbacks[slot] = (wasm_rt_funcref_t){type, function, closure};
    put_callback(instance, slot);
    return OG_OK;
}

void wasm_callback_close(struct wasm_callback *callback)
{
    struct wasm_instance *instance = callback->instance;
    if (!instance)
        return;
    instance->callbacks[callback->slot] = wasm_rt_funcref_null_value;
    if (instance->table)
        put_callback(instance, callback->slot);
    callback->instance = NULL;
}
