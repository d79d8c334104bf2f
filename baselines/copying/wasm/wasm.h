/* Instances of libraries that were built to WebAssembly and translated to C by wasm2c: software
 * fault isolation, as RLBox uses it. A module is such a library, compiled into the program. An
 * instance is one copy of its state: a linear memory of its own, which is all that its code can
 * reach, and a table of the functions that it can call.
 *
 * Addresses in an instance are 32-bit numbers. The memory lies in 8 GiB of reserved address space,
 * of which what the module has not asked for cannot be touched: no access needs a check of its own,
 * and one out of bounds is a fault that the processor reports. It, and every other trap, ends the
 * call with OG_FAULTED; the instance is poisoned then, until wasm_reset.
 *
 * An instance is one thread's, the one that opened it until another adopts it; every other gets
 * OG_BUSY. There is no deadline: a module that never returns keeps its thread. */
#ifndef BASELINES_COPYING_WASM_H
#define BASELINES_COPYING_WASM_H

#include <omniglot/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wasm-rt.h>

/* Callbacks that an instance can have open at once. */
enum { WASM_CALLBACKS = 64 };

/* What the runtime has to know of a module: module.c fills it from wasm2c's header. */
struct wasm_module {
    const char *name;
    size_t size; /* of wasm2c's instance */
    void (*prepare)(void);
    void (*instantiate)(void *state, void *imports);
    void (*dispose)(void *state);
    void (*initialize)(void *state);
    uint32_t (*allocate)(void *state, uint32_t size);
    void (*release)(void *state, uint32_t address);
    wasm_rt_memory_t *(*memory)(void *state);
    wasm_rt_funcref_table_t *(*table)(void *state);
};

struct wasm_instance {
    void *state; /* wasm2c's, the first argument of the module's functions */
    const wasm_rt_memory_t *memory;
    enum og_error poisoned;
    struct og_fault fault;            /* why it is poisoned */
    struct wasm_frame *const *thread; /* whose it is: that thread's wasm_current */
    const struct wasm_module *module;
    uint8_t *reservation;
    unsigned callbacks_running;
    uint32_t places;                /* of all its tables */
    uint32_t scratch, scratch_used; /* the module's memory for small arguments */
    wasm_rt_funcref_table_t *table;
    wasm_rt_funcref_t callbacks[WASM_CALLBACKS]; /* their places; module_instance: the closures */
};

/* Opens a fresh instance of the module `name` of this program.
 *
 * Returns OG_OK, or
 *   OG_NOT_FOUND    no such module is linked to the program
 *   OG_NO_MEMORY    no memory, or no address space, is left
 *   OG_SYSTEM       the handler of faults cannot be installed
 *   OG_FAULTED      the module trapped while it started
 * On failure *instance is NULL and nothing is left behind. */
enum og_error wasm_open(struct wasm_instance **instance, const char *name, struct og_fault *fault);

/* Puts a fresh instance in its place: memory, globals and tables are as wasm_open left them; open
 * callbacks stay open. Errors as wasm_open's, after which the instance is poisoned; and OG_BUSY, in
 * a callback of it. */
enum og_error wasm_reset(struct wasm_instance *instance, struct og_fault *fault);

/* Makes it the calling thread's. The thread whose it was is not in it, and has told this one so, by
 * whatever synchronizes them. OG_BUSY: in a callback of it. */
enum og_error wasm_adopt(struct wasm_instance *instance, struct og_fault *fault);

/* Closes it, with its callbacks; NULL is fine. Not in a callback of it, nor while another thread is
 * in it. */
void wasm_close(struct wasm_instance *instance);

/* --- memory --- */

/* Are the `size` bytes at `address` in the instance's memory? */
static inline bool wasm_is_inside(const struct wasm_instance *instance, uint32_t address,
                                  size_t size)
{
    return size <= instance->memory->size && address <= instance->memory->size - size;
}

/* Where in the host `address` is. What is there has to be inside: wasm_is_inside. */
static inline uint8_t *wasm_at(const struct wasm_instance *instance, uint32_t address)
{
    return instance->memory->data + address;
}

/* Allocates `size` bytes with the module's malloc and writes to *address where they are.
 *
 * Returns OG_OK, or
 *   OG_OVERFLOW     more than 32-bit addresses can reach
 *   OG_NO_MEMORY    the module says that it has no more
 *   OG_CONTRACT     what it returned is not wholly in its memory
 *   OG_POISONED     an earlier call trapped
 *   OG_FAULTED      this one did */
enum og_error wasm_allocate(struct wasm_instance *instance, uint32_t *address, size_t size,
                            struct og_fault *fault);

/* Frees it; 0 is fine. Errors as wasm_allocate's. */
enum og_error wasm_release(struct wasm_instance *instance, uint32_t address,
                           struct og_fault *fault);

/* Bytes for what a call needs besides its data (lengths, windows, structs): given back by setting
 * scratch_used to what it was before. */
enum { WASM_SCRATCH = 4096 };

enum og_error wasm_take(struct wasm_instance *instance, uint32_t *address, size_t size,
                        struct og_fault *fault);

/* --- calls ---
 *
 * A call of a module's function stands between wasm_enter and wasm_leave, in a function of its own:
 *
 *     struct wasm_frame frame;
 *     enum og_error error = wasm_enter(instance, &frame, fault);
 *     if (error)
 *         return error;
 *     if (__builtin_setjmp(frame.jump))
 *         return wasm_trapped(&frame, "function", fault);
 *     ... Z_moduleZ_function(instance->state, ...);
 *     wasm_leave(&frame);
 *
 * __builtin_setjmp keeps three words, and no system call and no copy of the signal mask. */
struct wasm_frame {
    void *jump[5];
    struct wasm_instance *instance;
    struct wasm_frame *outer; /* the call inside which a callback made this one */
    wasm_rt_trap_t trap;
    bool is_refused;   /* a callback's arguments, with instance->fault */
    bool is_ended;     /* by the handler: a fault on the way back is not the module's */
    uintptr_t address; /* what could not be touched; 0: another trap */
};

/* The call that this thread is in; NULL in the host's own code, callbacks included. */
extern __thread struct wasm_frame *wasm_current __attribute__((visibility("hidden")));
/* Is there a stack that the handler of faults can run on, in this thread? */
extern __thread bool wasm_thread_is_ready __attribute__((visibility("hidden")));

/* This thread's stack: where it ends, and how much of it a callback must be left. Code that runs on
 * a stack of its own is not limited. */
struct wasm_stack {
    uintptr_t low, reserve;
};
extern __thread struct wasm_stack wasm_stack __attribute__((visibility("hidden")));

enum og_error wasm_thread_prepare(struct og_fault *fault);
enum og_error wasm_refused(const struct wasm_instance *instance, struct og_fault *fault);

/* Is it this thread's, and not poisoned? */
static inline bool wasm_may_use(const struct wasm_instance *instance)
{
    return instance->poisoned == OG_OK && instance->thread == &wasm_current;
}

static inline enum og_error wasm_enter(struct wasm_instance *instance, struct wasm_frame *frame,
                                       struct og_fault *fault)
{
    if (__builtin_expect(!wasm_may_use(instance), 0))
        return wasm_refused(instance, fault);
    if (__builtin_expect(!wasm_thread_is_ready, 0)) {
        enum og_error error = wasm_thread_prepare(fault);
        if (error)
            return error;
    }
    frame->instance = instance;
    frame->is_refused = false;
    frame->is_ended = false;
    frame->address = 0;
    frame->outer = wasm_current;
    /* GCC would warn that a variable's address outlives it: wasm_leave takes it back. */
    __asm__("" : "+r"(frame));
    wasm_current = frame;
    return OG_OK;
}

static inline void wasm_leave(const struct wasm_frame *frame)
{
    wasm_current = frame->outer;
}

/* After a trap: poisons the instance, leaves the frame, and says in *fault what happened. Returns
 * the error. */
enum og_error wasm_trapped(struct wasm_frame *frame, const char *function, struct og_fault *fault);

/* --- callbacks --- */

struct wasm_callback {
    struct wasm_instance *instance;
    uint32_t slot;
};

/* Gives `function`, whose first parameter is its place and whose others and result have the
 * WebAssembly type that wasm_rt_register_func_type gave the number `type`, a place in the
 * instance's table of functions. OG_NO_MEMORY: 64 are open. */
enum og_error wasm_callback_open(struct wasm_instance *instance, struct wasm_callback *callback,
                                 wasm_rt_function_ptr_t function, void *closure, uint32_t type,
                                 struct og_fault *fault);

void wasm_callback_close(struct wasm_callback *callback);

/* What the module calls it by. */
static inline uint32_t wasm_callback_index(const struct wasm_callback *callback)
{
    const struct wasm_instance *instance = callback->instance;
    return instance->table->size - WASM_CALLBACKS + callback->slot;
}

/* Before the host's code runs on a stack that a module has used: if it has used it up, the module
 * traps. */
static inline void wasm_need_stack(void)
{
    uintptr_t left = (uintptr_t)__builtin_frame_address(0) - wasm_stack.low;
    if (__builtin_expect(left < wasm_stack.reserve, 0))
        wasm_rt_trap(WASM_RT_TRAP_EXHAUSTION);
}

/* Whose place it is that `function` was called with. A module can keep what its table has had, and
 * call it when the callback is closed, or another one open in its place: then it traps. */
static inline void *wasm_callback_of(const void *place, wasm_rt_function_ptr_t function)
{
    const wasm_rt_funcref_t *callback = place;
    if (__builtin_expect(callback->func != function, 0))
        wasm_rt_trap(WASM_RT_TRAP_CALL_INDIRECT);
    return callback->module_instance;
}

/* At the beginning of a callback: from here on it is the host's code that runs, whose faults are
 * its own. Returns what wasm_callback_end gets. */
static inline struct wasm_frame *wasm_callback_begin(void)
{
    struct wasm_frame *frame = wasm_current;
    wasm_need_stack();
    frame->instance->callbacks_running++;
    wasm_current = NULL;
    return frame;
}

/* Instead of wasm_callback_end and a return: the module has passed what its interface rules out.
 * Its call ends here, with this fault; the instance is poisoned. */
_Noreturn void wasm_callback_refuse(struct wasm_frame *frame, const struct og_fault *fault);

/* Back to the module, unless a call that the callback made has poisoned the instance: then the
 * outer call ends, too, with the same fault. */
static inline void wasm_callback_end(struct wasm_frame *frame)
{
    if (frame->instance->poisoned)
        wasm_callback_refuse(frame, &frame->instance->fault);
    frame->instance->callbacks_running--;
    wasm_current = frame;
}

#endif
