/* Signals: what interrupted a domain, and where the thread goes on.
 *
 * The kernel writes the signal frame where the domain may write (before Linux 6.12 it does so
 * with the interrupted rights), so the frame is copied to the host's stack at once, and what
 * could matter to the host is replaced in the copy. The thread goes on by rt_sigreturn, which
 * restores every register, into one of two places in the gate: og_mpk_resume, which gives up
 * the rights and returns to the foreign code, or og_mpk_recover, which ends the call. */
#include "mpk.h"
#include "policy.h"

#include <asm/prctl.h>
#include <cpuid.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    SIGNAL_STACK = MPK_SIGNAL_STACK,
    EXTENDED_MAX = 12 << 10, /* the processor's state in a frame, at most */
    USER_DISPATCH = 2,       /* si_code of a trapped system call */
    SYSCALL_SIZE = 2         /* bytes of the instruction, whichever it was */
};

/* The processor state's layout: Intel SDM volume 1, 13.4; the kernel's sw_reserved bytes. */
enum { SOFTWARE_AT = 464, SOFTWARE_SIZE = 48, MXCSR_AT = 24, HEADER_AT = 512, HEADER_SIZE = 64 };

/* A clean processor state, as the kernel writes it, from which copies take their frame data. */
static unsigned char sample[EXTENDED_MAX] __attribute__((aligned(64)));
static volatile size_t sample_size;
static size_t rights_at; /* of PKRU in it */

extern const char og_mpk_gate_restart[], og_mpk_gate_allowed[], og_mpk_recover[];
extern const char og_mpk_callback_restart[], og_mpk_callback_allowed[];
extern const char og_mpk_resume[], og_mpk_resume_end[];
_Noreturn void og_mpk_sigreturn(void *frame, uintptr_t fs);
void og_mpk_signal(struct mpk_thread *thread, int signal, siginfo_t *info, void *context,
                   uintptr_t fs);
void og_mpk_signal_elsewhere(int signal, siginfo_t *info, void *context);

int mpk_deadline_signal(void)
{
    return SIGRTMAX - 3;
}

/* --- going on --- */

/* The kernel's ucontext, of which glibc's is a longer version. */
struct kernel_context {
    unsigned long flags;
    void *link;
    stack_t stack;
    greg_t registers[NGREG];
    void *state; /* the processor's, 64-aligned */
    uint64_t reserved[8];
    uint64_t mask;
};
_Static_assert(offsetof(struct kernel_context, mask) == offsetof(ucontext_t, uc_sigmask),
               "the kernel's ucontext is laid out otherwise");

/* What rt_sigreturn reads. */
struct frame {
    uint64_t return_address;
    struct kernel_context context;
    siginfo_t info;
};

/* Makes the copied processor state one that the kernel takes, with all rights. */
static void make_state_safe(unsigned char *state)
{
    uint64_t components, known;
    uint32_t mxcsr, rights = 0;
    memcpy(state + SOFTWARE_AT, sample + SOFTWARE_AT, SOFTWARE_SIZE);
    memcpy(&mxcsr, state + MXCSR_AT, sizeof(mxcsr));
    mxcsr &= 0xffff;
    memcpy(state + MXCSR_AT, &mxcsr, sizeof(mxcsr));
    memcpy(&known, sample + SOFTWARE_AT + 8, sizeof(known));
    memcpy(&components, state + HEADER_AT, sizeof(components));
    components = (components & known) | UINT64_C(1) << 9;
    memset(state + HEADER_AT, 0, HEADER_SIZE);
    memcpy(state + HEADER_AT, &components, sizeof(components));
    memcpy(state + rights_at, &rights, sizeof(rights));
    memcpy(state + sample_size - 4, sample + sample_size - 4, 4);
}

/* Returns from the signal through a frame on the host's stack. */
static _Noreturn void go_on(struct frame *frame, unsigned char *state, const char *where,
                            uintptr_t stack, uintptr_t fs)
{
    /* Carry, parity, adjust, zero, sign, direction, overflow: not trap, not alignment check. */
    enum { FLAGS = 0xcd5, INTERRUPTS = 0x202, CODE = 0x33, STACK = 0x2b };
    greg_t *registers = frame->context.registers;
    make_state_safe(state);
    registers[REG_RIP] = (greg_t)where;
    registers[REG_EFL] = (registers[REG_EFL] & FLAGS) | INTERRUPTS;
    registers[REG_CSGSFS] = CODE | (greg_t)STACK << 48;
    frame->context.state = state;
    frame->context.stack = mpk_signal_stack_at(stack);
    og_mpk_sigreturn(frame, fs);
}

/* Back into the gate, from where a domain was interrupted. */
static _Noreturn void go_on_in_gate(struct mpk_thread *thread, struct frame *frame,
                                    unsigned char *state, const char *where, uintptr_t fs)
{
    const struct mpk_context *context = thread->frame->context;
    thread->domain_pkru = context->pkru;
    atomic_store(&thread->armed, context->domain->index);
    frame->context.mask &= ~mpk_mask_needed();
    atomic_store_explicit(&thread->serving, NULL, memory_order_relaxed);
    go_on(frame, state, where, context->signal_stack, fs);
}

static _Noreturn void resume(struct mpk_thread *thread, struct frame *frame, unsigned char *state)
{
    greg_t *registers = frame->context.registers;
    const char *at = (const char *)registers[REG_RIP];
    if (at < og_mpk_resume || at >= og_mpk_resume_end) {
        /* Rights that were just being taken are taken again. */
        if (at >= og_mpk_gate_restart && at < og_mpk_gate_allowed)
            at = og_mpk_gate_restart;
        if (at >= og_mpk_callback_restart && at < og_mpk_callback_allowed)
            at = og_mpk_callback_restart;
        thread->resume_rax = (uint64_t)registers[REG_RAX];
        thread->resume_rcx = (uint64_t)registers[REG_RCX];
        thread->resume_rdx = (uint64_t)registers[REG_RDX];
        thread->resume_rip = (uint64_t)at;
    }
    go_on_in_gate(thread, frame, state, og_mpk_resume, thread->frame->context->foreign_fs);
}

static _Noreturn void recover(struct mpk_thread *thread, struct frame *frame, unsigned char *state,
                              const struct og_fault *fault)
{
    greg_t *registers = frame->context.registers;
    if (fault->error)
        mpk_domain_poison(thread->frame->context->domain, fault);
    memset(registers, 0, sizeof(frame->context.registers));
    registers[REG_RSP] = (greg_t)thread->frame;
    memcpy(state, sample, sample_size);
    go_on_in_gate(thread, frame, state, og_mpk_recover, thread->host_fs);
}

/* Goes on in the domain, or ends a call that has been there for too long. */
static _Noreturn void go_on_in_time(struct mpk_thread *thread, struct frame *frame,
                                    unsigned char *state)
{
    struct og_fault fault;
    if (!mpk_deadline_passed(thread))
        resume(thread, frame, state);
    mpk_deadline_fail(&fault, (uintptr_t)frame->context.registers[REG_RIP]);
    recover(thread, frame, state, &fault);
}

/* --- what happened --- */

static _Noreturn void serve(struct mpk_thread *thread, struct frame *frame, unsigned char *state)
{
    greg_t *registers = frame->context.registers;
    struct mpk_syscall call = {
        .context = thread->frame->context,
        .domain = thread->frame->context->domain,
        .number = (uint64_t)registers[REG_RAX],
        .arguments = {(uint64_t)registers[REG_RDI], (uint64_t)registers[REG_RSI],
                      (uint64_t)registers[REG_RDX], (uint64_t)registers[REG_R10],
                      (uint64_t)registers[REG_R8], (uint64_t)registers[REG_R9]},
    };
    int64_t result = mpk_policy_serve(&call);
    if (call.ends_call) {
        call.fault.instruction = (uintptr_t)registers[REG_RIP] - SYSCALL_SIZE;
        recover(thread, frame, state, &call.fault);
    }
    registers[REG_RAX] = result;
    registers[REG_RCX] = registers[REG_RIP];
    registers[REG_R11] = registers[REG_EFL];
    go_on_in_time(thread, frame, state);
}

/* Hands the signal to the host. Returns if the interrupted code may go on. */
static void hand_on(int signal, siginfo_t *info, void *context)
{
    int number = errno;
    mpk_host_signal(signal, info, context);
    errno = number;
}

/* From within a domain: on the host's stack, with the host's rights and on the host's time. The
 * kernel has disarmed the domain's signal stack. */
static void hand_on_from_domain(struct mpk_thread *thread, int signal, struct frame *frame)
{
    struct mpk_pause pause;
    atomic_store(&thread->armed, MPK_NO_DOMAIN);
    mpk_deadline_pause(thread, &pause);
    atomic_store_explicit(&thread->serving, NULL, memory_order_relaxed);
    hand_on(signal, &frame->info, &frame->context);
    (void)mpk_deadline_go_on(thread, &pause); /* asked once more before it goes on */
}

/* How much of a frame lies below its ucontext, and above the host's handler's stack: a word. */
enum { SIGNAL_FRAME_BELOW = 64 };

/* Copies what the kernel wrote to the signal stack at `stack`, which a domain may be able to
 * write: its pointer to the processor's state is checked. */
static void copy_frame(struct frame *frame, unsigned char *state, uintptr_t stack,
                       const siginfo_t *info, const void *context)
{
    memcpy(&frame->context, context, sizeof(frame->context));
    frame->info = *info;
    uintptr_t from = (uintptr_t)frame->context.state;
    if (og_is_within(from, sample_size, stack, stack + SIGNAL_STACK))
        memcpy(state, (const void *)from, sample_size);
    else
        memcpy(state, sample, sample_size);
}

static _Noreturn void interrupted_domain(struct mpk_thread *thread, int signal,
                                         const siginfo_t *info, const void *context)
{
    struct frame frame;
    unsigned char state[EXTENDED_MAX] __attribute__((aligned(64)));
    uintptr_t base;
    atomic_store_explicit(&thread->selector, MPK_ALLOW, memory_order_relaxed);
    __asm__("rdgsbase %0" : "=r"(base));
    if (base != (uintptr_t)thread)
        syscall(SYS_arch_prctl, ARCH_SET_GS, thread);
    atomic_store_explicit(&thread->serving, thread->frame, memory_order_relaxed);
    copy_frame(&frame, state, thread->frame->context->signal_stack, info, context);

    struct og_fault fault;
    if (signal == SIGSYS && frame.info.si_code == USER_DISPATCH)
        serve(thread, &frame, state);
    if (mpk_is_fault(signal)) {
        mpk_fault_tell(thread->frame->context, signal, &frame.info, frame.context.registers,
                       &fault);
        recover(thread, &frame, state, &fault);
    }
    hand_on_from_domain(thread, signal, &frame);
    go_on_in_time(thread, &frame, state);
}

/* The host was interrupted, on the signal stack of the domain it was in last. Its registers are
 * not left there for the domain to read. */
static _Noreturn void interrupted_host(struct mpk_thread *thread, int signal, const siginfo_t *info,
                                       const void *context, uintptr_t fs)
{
    struct frame frame;
    unsigned char state[EXTENDED_MAX] __attribute__((aligned(64)));
    uintptr_t stack = (uintptr_t)context & ~(uintptr_t)(SIGNAL_STACK - 1);
    copy_frame(&frame, state, stack, info, context);
    uintptr_t written = ((uintptr_t)context - SIGNAL_FRAME_BELOW) & ~(uintptr_t)63;
    memset((void *)written, 0, stack + SIGNAL_STACK - written);

    /* The kernel has disarmed the stack and arms it again when this returns; a handler that
     * leaves by longjmp has none. Its domain may be closed meanwhile. */
    uint64_t armed = thread->armed, stacks_left = thread->stacks_left;
    uint64_t handling = thread->handling;
    uint32_t pkru = thread->domain_pkru;
    thread->handling = true;
    atomic_store(&thread->armed, MPK_NO_DOMAIN);
    hand_on(signal, &frame.info, &frame.context);
    thread->domain_pkru = pkru;
    atomic_store(&thread->armed, armed);
    if (thread->stacks_left != stacks_left)
        atomic_store(&thread->armed, MPK_NO_DOMAIN);
    thread->handling = handling;
    go_on(&frame, state, (const char *)frame.context.registers[REG_RIP], stack, fs);
}

void og_mpk_signal(struct mpk_thread *thread, int signal, siginfo_t *info, void *context,
                   uintptr_t fs)
{
    if (atomic_load_explicit(&thread->selector, memory_order_relaxed) == MPK_BLOCK)
        interrupted_domain(thread, signal, info, context);
    interrupted_host(thread, signal, info, context, fs);
}

/* A domain that jumps here ends in a trap: its selector says what it is. */
void og_mpk_signal_elsewhere(int signal, siginfo_t *info, void *context)
{
    mpk_thread_open_rights();
    hand_on(signal, info, context);
    /* The kernel puts back the alternate stack that there was, which was no domain's. */
    struct mpk_thread *thread = mpk_thread_if_any();
    if (thread)
        atomic_store(&thread->armed, MPK_NO_DOMAIN);
}

/* --- setting up --- */

static void take_sample(int signal, siginfo_t *info, void *memory)
{
    (void)signal;
    (void)info;
    const ucontext_t *context = memory;
    const unsigned char *state = (const unsigned char *)context->uc_mcontext.fpregs;
    uint32_t size;
    memcpy(&size, state + SOFTWARE_AT + 4, sizeof(size));
    if (size <= EXTENDED_MAX) {
        memcpy(sample, state, size);
        sample_size = size;
    }
}

/* Raises a signal to see how large the processor's state is in a frame. */
static enum og_error measure_state(struct og_fault *fault)
{
    struct sigaction action = {.sa_sigaction = take_sample, .sa_flags = SA_SIGINFO}, old;
    unsigned a, b = 0, c, d;
    if (sigaction(mpk_deadline_signal(), &action, &old))
        return og_fail_system(fault, errno, NULL, 0, "cannot install a signal handler");
    uint64_t mask = mpk_mask_block_all();
    mpk_mask_set(~mpk_mask_of(mpk_deadline_signal()));
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), mpk_deadline_signal());
    mpk_mask_set(mask);
    sigaction(mpk_deadline_signal(), &old, NULL);
    __get_cpuid_count(0xd, 9, &a, &b, &c, &d);
    rights_at = b;
    if (!sample_size || rights_at < HEADER_AT + HEADER_SIZE || rights_at + 4 > sample_size)
        return og_fail(
            fault, OG_UNSUPPORTED, NULL, 0,
            "the kernel's signal frames hold no protection-key rights, or too much else");
    /* Components that are in no use; the default control words. */
    uint32_t mxcsr = 0x1f80;
    uint16_t control = 0x37f;
    memset(sample, 0, SOFTWARE_AT);
    memset(sample + HEADER_AT, 0, HEADER_SIZE);
    memcpy(sample, &control, sizeof(control));
    memcpy(sample + MXCSR_AT, &mxcsr, sizeof(mxcsr));
    return OG_OK;
}

enum og_error mpk_signals_open(struct og_fault *fault)
{
    if (og_mpk_signal_stacks)
        return OG_OK;
    enum og_error error = measure_state(fault);
    if (!error)
        error = mpk_signal_stacks_open(fault);
    return error ? error : mpk_host_signals_open(fault);
}
