/* Traps: how the call of a module ends when the module cannot go on. What wasm2c's code finds
 * itself (division by zero, unreachable, a wrong indirect call) comes by wasm_rt_trap; an access
 * out of bounds and a stack that is used up are faults of the processor, which a handler turns into
 * the same. */
#include "baselines/copying/wasm/internal.h"

#include <errno.h>
#include <omniglot/mpk.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

__thread struct wasm_frame *wasm_current;
__thread bool wasm_thread_is_ready;
__thread struct wasm_stack wasm_stack;

_Noreturn void wasm_unwind(struct wasm_frame *frame)
{
    __builtin_longjmp(frame->jump, 1);
}

/* --- in words --- */

static const char *in_words(wasm_rt_trap_t trap)
{
    switch (trap) {
    case WASM_RT_TRAP_OOB:
        return "the module touched what is out of its memory's bounds";
    case WASM_RT_TRAP_INT_OVERFLOW:
        return "the module's division or conversion does not fit an integer";
    case WASM_RT_TRAP_DIV_BY_ZERO:
        return "the module divided by zero";
    case WASM_RT_TRAP_INVALID_CONVERSION:
        return "the module made an integer of what is no number";
    case WASM_RT_TRAP_UNREACHABLE:
        return "the module executed `unreachable`: it aborted, or got where it cannot";
    case WASM_RT_TRAP_CALL_INDIRECT:
        return "the module called a function that its table does not have, or not by that type";
    case WASM_RT_TRAP_EXHAUSTION:
        return "the module used up the stack";
    default:
        return "the module trapped";
    }
}

enum og_error wasm_trapped(struct wasm_frame *frame, const char *function, struct og_fault *fault)
{
    struct wasm_instance *instance = frame->instance;
    wasm_current = frame->outer;
    if (!frame->is_refused) {
        uintptr_t at = 0;
        if (frame->trap == WASM_RT_TRAP_OOB && frame->address)
            at = frame->address - (uintptr_t)instance->reservation;
        og_fail(&instance->fault, OG_FAULTED, function, at, in_words(frame->trap));
        if (frame->address)
            instance->fault.signal = SIGSEGV;
    }
    instance->poisoned = instance->fault.error;
    if (fault)
        *fault = instance->fault;
    return instance->fault.error;
}

enum og_error wasm_refused(const struct wasm_instance *instance, struct og_fault *fault)
{
    if (instance->thread != &wasm_current)
        return og_fail(fault, OG_BUSY, instance->module->name, 0,
                       "the instance is another thread's: wasm_adopt makes it this one's");
    return og_fail(fault, OG_POISONED, instance->fault.symbol, instance->fault.address, NULL);
}

_Noreturn void wasm_callback_refuse(struct wasm_frame *frame, const struct og_fault *fault)
{
    frame->instance->callbacks_running--;
    if (fault != &frame->instance->fault)
        frame->instance->fault = *fault;
    frame->is_refused = true;
    wasm_unwind(frame);
}

/* --- faults --- */

/* How far from the stack pointer code touches the stack. */
enum { STACK_REACH = 128 << 10, HANDLER_STACK = 64 << 10 };

/* Where the function that made the call may have variables: no further below its frame. */
enum { BELOW_FRAME = 1024 };

static struct sigaction previous[_NSIG];
static pthread_mutex_t install_lock = PTHREAD_MUTEX_INITIALIZER;

/* og-mpk's handler has to be the first one, since the kernel starts it without a right to its
 * stack; it hands on what is not its domains'. Programs without og-mpk have none of these. */
extern uintptr_t og_mpk_signal_stacks __attribute__((weak));
extern void og_mpk_signal_entry(int signal, siginfo_t *info, void *context) __attribute__((weak));
#pragma weak og_mpk_signal_chain
#pragma weak og_mpk_signal_adopt

static bool is_module_fault(struct wasm_frame *frame, const siginfo_t *info, uintptr_t stack)
{
    if (!frame || frame->is_ended || info->si_code <= 0)
        return false;
    uintptr_t address = (uintptr_t)info->si_addr;
    frame->address = address;
    if (address - (uintptr_t)frame->instance->reservation < WASM_RESERVATION + WASM_GUARD) {
        frame->trap = WASM_RT_TRAP_OOB;
        return true;
    }
    frame->trap = WASM_RT_TRAP_EXHAUSTION;
    return address - (stack - STACK_REACH) < 2 * STACK_REACH;
}

static void hand_on(int signal, siginfo_t *info, void *context)
{
    const struct sigaction *action = &previous[signal];
    if (action->sa_flags & SA_SIGINFO) {
        action->sa_sigaction(signal, info, context);
    } else if (action->sa_handler == SIG_DFL || action->sa_handler == SIG_IGN) {
        /* Executed again without us, it has the effect it would have had. */
        struct sigaction standard = {.sa_handler = SIG_DFL};
        sigaction(signal, &standard, NULL);
        if (info->si_code <= 0)
            raise(signal);
    } else {
        action->sa_handler(signal);
    }
}

/* The thread goes on in wasm_unwind, as if the code that faulted had called it: by returning from
 * the signal, which puts back mask and alternate stack, whoever's handler is before this one. */
static void handle(int signal, siginfo_t *info, void *memory)
{
    ucontext_t *context = memory;
    greg_t *registers = context->uc_mcontext.gregs;
    uintptr_t stack = (uintptr_t)registers[REG_RSP];
    struct wasm_frame *frame = wasm_current;
    if (!is_module_fault(frame, info, stack)) {
        int number = errno;
        hand_on(signal, info, context);
        errno = number;
        return;
    }
    /* Where the call was made there is stack; what lies below it nobody needs any more. */
    stack = ((uintptr_t)frame - BELOW_FRAME) & ~(uintptr_t)15;
    frame->is_ended = true;
    registers[REG_RSP] = (greg_t)(stack - sizeof(void *));
    registers[REG_RDI] = (greg_t)(uintptr_t)frame;
    registers[REG_RIP] = (greg_t)(uintptr_t)wasm_unwind;
}

static bool is(const struct sigaction *action, void (*handler)(int, siginfo_t *, void *))
{
    return action->sa_flags & SA_SIGINFO && handler && action->sa_sigaction == handler;
}

/* Makes the handler the first one, or the first after og-mpk's; what was there before is handed
 * what is not a module's. */
static bool install(int signal)
{
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct sigaction now, before;
    bool is_mpk_in_use = &og_mpk_signal_stacks && og_mpk_signal_stacks;
    sigemptyset(&action.sa_mask);
    if (sigaction(signal, NULL, &now))
        return false;
    if (is(&now, og_mpk_signal_entry)) {
        og_mpk_signal_chain(signal, &action, &before);
        if (!is(&before, handle))
            previous[signal] = before;
        return true;
    }
    if (!is(&now, handle)) {
        previous[signal] = now;
        if (sigaction(signal, &action, NULL))
            return false;
    }
    return !is_mpk_in_use || !og_mpk_signal_adopt(signal, NULL);
}

enum og_error wasm_faults_open(struct og_fault *fault)
{
    pthread_mutex_lock(&install_lock);
    bool is_done = install(SIGSEGV) && install(SIGBUS);
    pthread_mutex_unlock(&install_lock);
    return is_done ? OG_OK
                   : og_fail(fault, OG_SYSTEM, NULL, 0, "cannot install a handler of faults");
}

/* --- threads --- */

static pthread_key_t stacks;
static pthread_once_t stacks_once = PTHREAD_ONCE_INIT;

static void free_stack(void *stack)
{
    stack_t now, none = {.ss_flags = SS_DISABLE};
    if (!sigaltstack(NULL, &now) && now.ss_sp == stack)
        sigaltstack(&none, NULL);
    munmap(stack, HANDLER_STACK);
}

static void make_key(void)
{
    pthread_key_create(&stacks, free_stack);
}

/* What a callback is left of the stack: enough for a host function that prints. */
enum { CALLBACK_STACK = 64 << 10 };

/* Finds this thread's stack; where it cannot be found callbacks are not limited. */
static void measure_stack(void)
{
    pthread_attr_t attributes;
    void *low;
    size_t size;
    if (wasm_stack.reserve || pthread_getattr_np(pthread_self(), &attributes))
        return;
    if (!pthread_attr_getstack(&attributes, &low, &size)) {
        size_t most = size / 4;
        wasm_stack.low = (uintptr_t)low;
        wasm_stack.reserve = most < CALLBACK_STACK ? most : CALLBACK_STACK;
    }
    pthread_attr_destroy(&attributes);
}

enum og_error wasm_thread_prepare(struct og_fault *fault)
{
    stack_t now;
    measure_stack();
    if (sigaltstack(NULL, &now))
        return og_fail(fault, OG_SYSTEM, NULL, 0, "cannot ask for the alternate signal stack");
    if (now.ss_flags & SS_DISABLE) {
        pthread_once(&stacks_once, make_key);
        void *memory = pthread_getspecific(stacks);
        if (!memory) {
            memory = mmap(NULL, HANDLER_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                          -1, 0);
            if (memory == MAP_FAILED)
                return og_fail(fault, OG_NO_MEMORY, NULL, 0, "no memory for a signal stack");
            pthread_setspecific(stacks, memory);
        }
        stack_t stack = {.ss_sp = memory, .ss_size = HANDLER_STACK};
        if (sigaltstack(&stack, NULL))
            return og_fail(fault, OG_SYSTEM, NULL, 0, "cannot set the alternate signal stack");
    }
    wasm_thread_is_ready = true;
    return OG_OK;
}
