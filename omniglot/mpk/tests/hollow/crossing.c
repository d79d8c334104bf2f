/* What the gate does, in C: calls, callbacks, system calls and signals of hollow domains. */
#include "hollow.h"
#include "omniglot/mpk/frame.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A call that is under way, on the host's stack: the frame as the gate leaves it (layout.h). */
struct crossing {
    jmp_buf left;
    uintptr_t stack; /* the foreign code's */
    struct mpk_frame_rest rest;
    struct mpk_frame frame;
};
_Static_assert(offsetof(struct crossing, frame) ==
                   offsetof(struct crossing, rest) + sizeof(struct mpk_frame_rest),
               "a frame's rest lies below it");

extern const char og_mpk_recover[], og_mpk_resume[], hollow_somewhere[];
void (*og_mpk_on_signal)(struct mpk_thread *thread, int signal, siginfo_t *info, void *context,
                         uintptr_t fs);
uintptr_t (*og_mpk_on_signal_elsewhere)(int signal, siginfo_t *info, void *context);
_Noreturn void og_mpk_sigreturn(void *frame, uintptr_t fs);
void og_mpk_signal_entry(int signal, siginfo_t *info, void *context);

struct callback_return {
    uintptr_t frame, fs;
};
struct callback_return og_mpk_callback_serve(uint64_t slot, uintptr_t frame,
                                             const struct og_arguments *arguments);
uintptr_t hollow_call(long a, long b, long c, long d, long e, long f, uint64_t head,
                      uintptr_t target);
uintptr_t hollow_callback(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e,
                          uintptr_t f, unsigned slot);

static _Noreturn void fail(const char *message)
{
    (void)!write(STDERR_FILENO, message, strlen(message));
    abort();
}

/* --- the thread block, as the gate writes it: its stores are the processor's, which other
 * processors see in their order --- */

static void set_frame(struct mpk_thread *thread, struct mpk_frame *frame)
{
    __atomic_store_n(&thread->frame, frame, __ATOMIC_RELEASE);
}

static void set_selector(struct mpk_thread *thread, unsigned char selector)
{
    atomic_store_explicit(&thread->selector, selector, memory_order_release);
}

static void count_call(struct mpk_thread *thread)
{
    uint64_t calls = atomic_load_explicit(&thread->calls, memory_order_relaxed);
    atomic_store_explicit(&thread->calls, calls + 1, memory_order_release);
}

static struct crossing *innermost(const struct mpk_thread *thread)
{
    return (struct crossing *)((char *)thread->frame - offsetof(struct crossing, frame));
}

struct mpk_domain *hollow_domain(void)
{
    return mpk_frame_context(mpk_thread_in_gate()->frame)->domain;
}

/* --- calls --- */

/* Foreign code goes in with its domain's signal stack, and no other. */
static void check_armed(const struct mpk_thread *thread, const struct mpk_context *context)
{
    stack_t kernels;
    syscall(SYS_sigaltstack, NULL, &kernels);
    if (atomic_load(&thread->armed) != context->index ||
        (uintptr_t)kernels.ss_sp != context->signal_stack)
        fail("hollow: a domain is entered without its signal stack\n");
    if (mpk_frames_need_domain_key() &&
        hollow_key_of(context->signal_stack) != context->domain->arena.key)
        fail("hollow: a domain is entered with a signal stack that is not lent\n");
}

uintptr_t hollow_call(long a, long b, long c, long d, long e, long f, uint64_t head,
                      uintptr_t target)
{
    struct mpk_thread *thread = mpk_thread_in_gate();
    const unsigned index = (uint32_t)head;
    struct crossing crossing;
    hollow_interrupt();
    if (atomic_load_explicit(&thread->armed, memory_order_relaxed) != index && !og_mpk_arm(index))
        return 0;
    struct mpk_context *context = thread->contexts[index];
    check_armed(thread, context);
    crossing.stack = context->foreign_rsp;
    crossing.rest = (struct mpk_frame_rest){.context = context};
    crossing.frame.outer = thread->frame;
    set_frame(thread, &crossing.frame);
    count_call(thread);
    volatile uintptr_t result = 0;
    if (!setjmp(crossing.left)) {
        set_selector(thread, MPK_BLOCK);
        result = (uintptr_t)hollow_at(context->domain, target)(a, b, c, d, e, f);
        hollow_interrupt();
    }
    set_selector(thread, MPK_ALLOW);
    set_frame(thread, crossing.frame.outer);
    hollow_interrupt();
    return result;
}

uintptr_t og_mpk_call(uint64_t domain, uintptr_t function, uintptr_t a, uintptr_t b, uintptr_t c,
                      uintptr_t d)
{
    return hollow_call((long)a, (long)b, (long)c, (long)d, 0, 0, domain, function);
}

_Noreturn void og_mpk_leave(void)
{
    longjmp(innermost(mpk_thread_in_gate())->left, 1);
}

uintptr_t hollow_callback(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e,
                          uintptr_t f, unsigned slot)
{
    const struct og_arguments arguments = {.integers = {a, b, c, d, e, f}};
    struct mpk_thread *thread = mpk_thread_in_gate();
    uintptr_t frame =
        (innermost(thread)->stack - MPK_RED_ZONE - MPK_CALLBACK_SIZE) & -(uintptr_t)16;
    hollow_interrupt();
    set_selector(thread, MPK_ALLOW);
    hollow_interrupt();
    struct callback_return back = og_mpk_callback_serve(slot, frame, &arguments);
    set_selector(thread, MPK_BLOCK);
    hollow_interrupt();
    return *(uintptr_t *)(back.frame + MPK_CALLBACK_RESULT);
}

/* Everybody has all rights. */
void og_mpk_open_rights(void)
{
}

enum og_error mpk_rights_open(struct og_fault *fault)
{
    (void)fault;
    (void)mpk_frames_need_domain_key(); /* the first to ask */
    return OG_OK;
}

bool mpk_rights_change_at(uintptr_t address)
{
    (void)address;
    return false;
}

/* --- signals --- */

/* Who is interrupted, and where it goes on. */
struct interruption {
    jmp_buf back;
    uint64_t result;
    bool again; /* the system call is made once more */
};

/* The kernel's part: a frame on the signal stack, which is disarmed, and the runtime's handler. */
static void interrupt(struct mpk_thread *thread, const struct mpk_context *context, int signal,
                      siginfo_t *info, const greg_t *arguments, struct interruption *here)
{
    enum { FROM_THE_TOP = 4096 };
    const stack_t none = {.ss_flags = SS_DISABLE};
    struct mpk_kernel_context *frame =
        (void *)(context->signal_stack + MPK_SIGNAL_STACK - FROM_THE_TOP);
    uint64_t mask = mpk_mask_block_all();
    syscall(SYS_sigaltstack, &none, NULL);
    memset(frame, 0, sizeof(*frame));
    frame->mask = mask;
    if (arguments)
        memcpy(frame->registers, arguments, sizeof(frame->registers));
    frame->registers[REG_RIP] = (greg_t)hollow_somewhere;
    frame->registers[REG_R15] = (greg_t)here;
    if (!setjmp(here->back))
        og_mpk_on_signal(thread, signal, info, frame, (uintptr_t)__builtin_thread_pointer());
}

/* rt_sigreturn, and what the gate does where it comes to. */
_Noreturn void og_mpk_sigreturn(void *memory, uintptr_t fs)
{
    const struct mpk_frame_copy *frame = memory;
    const greg_t *registers = frame->context.registers;
    struct interruption *here = (struct interruption *)registers[REG_R15];
    struct mpk_thread *thread = mpk_thread_in_gate();
    jmp_buf *to = &here->back;
    const char *at = (const char *)registers[REG_RIP];
    uint64_t mask = frame->context.mask;
    (void)fs;
    if (syscall(SYS_sigaltstack, &frame->context.stack, NULL))
        fail("hollow: the kernel refuses a signal stack\n");
    if (at == og_mpk_recover) {
        to = &innermost(thread)->left;
    } else if (at == og_mpk_resume) {
        const uint64_t *words = (const uint64_t *)registers[REG_RSP];
        here->result = words[0];
        here->again = words[4] != (uintptr_t)hollow_somewhere;
        check_armed(thread, mpk_frame_context(thread->frame));
        set_selector(thread, MPK_BLOCK);
    } else if (at != hollow_somewhere) {
        fail("hollow: a handler goes on where nobody was\n");
    }
    mpk_mask_set(mask);
    longjmp(*to, 1);
}

/* What has come, by signal, and not been looked at yet. The sanitizer's runtime may be interrupted
 * anywhere, and must not be entered there. */
static _Thread_local volatile uint64_t pending;
static _Thread_local siginfo_t pending_info[_NSIG];

__attribute__((disable_sanitizer_instrumentation)) void
og_mpk_signal_entry(int signal, siginfo_t *info, void *context)
{
    (void)context;
    if (mpk_is_fault(signal) && info->si_code > 0) {
        static const char message[] = "hollow: the program itself faults\n";
        (void)!write(STDERR_FILENO, message, sizeof(message) - 1);
        _exit(70);
    }
    for (size_t i = 0; i < sizeof(*info); i++)
        ((volatile char *)&pending_info[signal])[i] = ((const char *)info)[i];
    pending |= UINT64_C(1) << (signal - 1);
}

static int take_pending(siginfo_t *info)
{
    uint64_t mask = mpk_mask_block_all(), open = pending & ~mask;
    int signal = open ? __builtin_ctzll(open) + 1 : 0;
    if (signal) {
        memcpy(info, &pending_info[signal], sizeof(*info));
        pending &= ~(UINT64_C(1) << (signal - 1));
    }
    mpk_mask_set(mask);
    return signal;
}

/* The kernel, which calls it, has been told after it was set. */
static __attribute__((disable_sanitizer_instrumentation))
uintptr_t (*handler_elsewhere(void))(int signal, siginfo_t *info, void *context)
{
    return og_mpk_on_signal_elsewhere;
}

/* On no signal stack of a domain. */
static void interrupt_elsewhere(int signal, siginfo_t *info)
{
    ucontext_t context;
    uint64_t mask = mpk_mask_block_all();
    memset(&context, 0, sizeof(context));
    memcpy(&context.uc_sigmask, &mask, sizeof(mask));
    context.uc_mcontext.gregs[REG_RSP] = /* right above the frame: it is on no alternate stack */
        (greg_t)((uintptr_t)&context + sizeof(struct mpk_kernel_context) + sizeof(*info) +
                 MPK_RED_ZONE);
    handler_elsewhere()(signal, info, &context);
    memcpy(&mask, &context.uc_sigmask, sizeof(mask));
    mpk_mask_set(mask);
}

void hollow_interrupt(void)
{
    siginfo_t info;
    struct interruption here;
    for (int signal; pending && (signal = take_pending(&info));) {
        struct mpk_thread *thread = mpk_thread_if_any();
        uint64_t armed = thread ? atomic_load(&thread->armed) : MPK_NO_DOMAIN;
        if (armed == MPK_NO_DOMAIN) {
            interrupt_elsewhere(signal, &info);
            continue;
        }
        greg_t registers[NGREG] = {0};
        bool inside = atomic_load(&thread->selector) == MPK_BLOCK;
        if (inside)
            registers[REG_RSP] = (greg_t)innermost(thread)->stack;
        interrupt(thread, thread->contexts[armed], signal, &info, registers, &here);
    }
}

/* --- what foreign code does --- */

long hollow_system_call(long number, long a, long b, long c, long d)
{
    enum { USER_DISPATCH = 2 };
    struct interruption here;
    do {
        struct mpk_thread *thread = mpk_thread_in_gate();
        siginfo_t info = {.si_signo = SIGSYS, .si_code = USER_DISPATCH};
        greg_t registers[NGREG] = {0};
        registers[REG_RSP] = (greg_t)innermost(thread)->stack;
        registers[REG_RAX] = number;
        registers[REG_RDI] = a;
        registers[REG_RSI] = b;
        registers[REG_RDX] = c;
        registers[REG_R10] = d;
        registers[REG_R8] = -1;
        interrupt(thread, mpk_frame_context(thread->frame), SIGSYS, &info, registers, &here);
        hollow_interrupt();
    } while (here.again);
    return (long)here.result;
}

void hollow_fault(void)
{
    struct interruption here;
    struct mpk_thread *thread = mpk_thread_in_gate();
    siginfo_t info = {.si_signo = SIGILL, .si_code = ILL_ILLOPN};
    info.si_addr = (void *)hollow_somewhere;
    interrupt(thread, mpk_frame_context(thread->frame), SIGILL, &info, NULL, &here);
}
