/* Signals: what interrupted a domain, and where the thread goes on.
 *
 * The kernel writes the signal frame where the domain may write (before Linux 6.12 it does so
 * with the interrupted rights), so the frame is copied to the host's stack at once (frame.c), and
 * what could matter to the host is replaced in the copy. The thread goes on by rt_sigreturn, which
 * restores every register, into one of two places in the gate: og_mpk_resume, which gives up
 * the rights and returns to the foreign code, or og_mpk_recover, which ends the call. */
#include "frame.h"
#include "omniglot/core/uncancelled.h"
#include "omniglot/mpk/syscall/policy.h"
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    USER_DISPATCH = 2, /* si_code of a trapped system call */
    SYSCALL_SIZE = 2   /* bytes of the instruction, whichever it was */
};

extern const char og_mpk_gate_restart[], og_mpk_gate_allowed[], og_mpk_recover[];
extern const char og_mpk_callback_restart[], og_mpk_callback_allowed[];
extern const char og_mpk_resume[], og_mpk_resume_given[];
/* What the gate calls when a signal comes. */
extern void (*og_mpk_on_signal)(struct mpk_thread *thread, int signal, siginfo_t *info,
                                void *context, uintptr_t fs);
extern uintptr_t (*og_mpk_on_signal_elsewhere)(int signal, siginfo_t *info, void *context);

/* --- going on --- */

/* Back into the gate, from where a domain was interrupted. */
static _Noreturn void go_on_in_gate(struct mpk_thread *thread, struct mpk_frame_copy *frame,
                                    const char *where, uintptr_t fs)
{
    const struct mpk_context *context = mpk_frame_context(thread->frame);
    mpk_signal_stack_check_entry(context);
    mpk_rights_arm(thread, context->pkru);
    atomic_store(&thread->armed, mpk_process_is_copy() ? MPK_NO_DOMAIN : context->domain->index);
    frame->context.mask &= ~mpk_mask_needed();
    atomic_store_explicit(&thread->serving, NULL, memory_order_relaxed);
    const stack_t stack = mpk_signal_stack_at(context->signal_stack);
    mpk_frame_return(frame, where, &stack, fs);
}

static _Noreturn void recover(struct mpk_thread *thread, struct mpk_frame_copy *frame,
                              const struct og_fault *fault)
{
    greg_t *registers = frame->context.registers;
    if (fault->error)
        mpk_domain_poison(mpk_frame_context(thread->frame)->domain, fault);
    memset(registers, 0, sizeof(frame->context.registers));
    registers[REG_RSP] = (greg_t)thread->frame;
    mpk_frame_clear_state(frame);
    go_on_in_gate(thread, frame, og_mpk_recover, thread->host_fs);
}

/* The foreign code has no stack that what it goes on with could be put on: the call ends. */
static _Noreturn void recover_without_stack(struct mpk_thread *thread, struct mpk_frame_copy *frame,
                                            uintptr_t place, uintptr_t at)
{
    const struct mpk_seat *seat = mpk_frame_context(thread->frame)->seat;
    bool overflowed = og_is_within(place, 1, seat->stack_low - MPK_PAGE, seat->stack_end);
    struct og_fault fault;
    og_fail(&fault, OG_FAULTED, NULL, place,
            overflowed ? "the foreign stack overflowed"
                       : "the foreign code had no stack when it was interrupted");
    fault.signal = SIGSEGV;
    fault.access = 'w';
    fault.instruction = at;
    recover(thread, frame, &fault);
}

/* Sees to it that og_mpk_resume finds what it takes last on the foreign stack: puts `words` there,
 * or leaves what there is (NULL). On no page that all domains can read: it is what was in the
 * domain's registers. False: `place` is no memory of the domain's. It must not go on there: the
 * gate has all rights for a moment, and a signal of the host's that comes then is handled where the
 * stack pointer says (gate.S). */
static bool put_on_foreign_stack(const struct mpk_context *context, uintptr_t place,
                                 const uint64_t words[MPK_RESUME_SIZE / 8])
{
    const struct mpk_syscall books = {.domain = context->domain};
    /* No other thread makes the place another kind of memory meanwhile. */
    pthread_mutex_lock(&context->domain->lock);
    void *memory = mpk_policy_memory(&books, place, MPK_RESUME_SIZE);
    if (memory && words)
        memcpy(memory, words, MPK_RESUME_SIZE);
    pthread_mutex_unlock(&context->domain->lock);
    return memory != NULL;
}

/* Where the foreign code goes on, for og_mpk_resume. Rights that were just being taken are taken
 * again. */
static uintptr_t place_to_go_on(const char *at)
{
    if (at >= og_mpk_gate_restart && at < og_mpk_gate_allowed)
        at = og_mpk_gate_restart;
    if (at >= og_mpk_callback_restart && at < og_mpk_callback_allowed)
        at = og_mpk_callback_restart;
    return (uintptr_t)at;
}

static bool is_resuming(const char *at)
{
    return at >= og_mpk_resume && at < og_mpk_resume_given;
}

static _Noreturn void resume(struct mpk_thread *thread, struct mpk_frame_copy *frame)
{
    const struct mpk_context *context = mpk_frame_context(thread->frame);
    greg_t *registers = frame->context.registers;
    const char *at = (const char *)registers[REG_RIP];
    const uint64_t words[] = {(uint64_t)registers[REG_RAX], (uint64_t)registers[REG_RCX],
                              (uint64_t)registers[REG_RDX],
                              (uint64_t)mpk_frame_flags(registers[REG_EFL]), place_to_go_on(at)};
    _Static_assert(sizeof(words) == MPK_RESUME_SIZE, "the gate takes as many");
    /* Where it resumes already they should be there; but it may have jumped to it. */
    bool resumes = is_resuming(at);
    if (!resumes)
        registers[REG_RSP] -= MPK_RED_ZONE + MPK_RESUME_SIZE;
    uintptr_t place = (uintptr_t)registers[REG_RSP];
    if (!put_on_foreign_stack(context, place, resumes ? NULL : words))
        recover_without_stack(thread, frame, place, (uintptr_t)at);
    go_on_in_gate(thread, frame, og_mpk_resume, context->foreign_fs);
}

/* Ends a call that is in a copy of the process, which a handler has made. */
static void end_in_copy(struct mpk_thread *thread, struct mpk_frame_copy *frame)
{
    struct og_fault fault;
    if (!mpk_process_is_copy())
        return;
    og_fail(&fault, OG_UNSUPPORTED, NULL, 0, MPK_IS_COPY);
    recover(thread, frame, &fault);
}

/* Goes on in the domain, or ends a call that has been there for too long, or is in a copy. */
static _Noreturn void go_on_in_time(struct mpk_thread *thread, struct mpk_frame_copy *frame)
{
    struct og_fault fault;
    end_in_copy(thread, frame);
    if (!mpk_deadline_passed(thread))
        resume(thread, frame);
    mpk_deadline_fail(&fault, (uintptr_t)frame->context.registers[REG_RIP]);
    recover(thread, frame, &fault);
}

_Noreturn void mpk_go_on_in_host(struct mpk_thread *thread, struct mpk_frame_copy *frame,
                                 void (*function)(void *), void *stack)
{
    greg_t *registers = frame->context.registers;
    uintptr_t *top = (uintptr_t *)((uintptr_t)stack & -(uintptr_t)16) - 1;
    *top = 0; /* where it would return to */
    memset(registers, 0, sizeof(frame->context.registers));
    registers[REG_RSP] = (greg_t)top;
    registers[REG_RDI] = (greg_t)stack;
    mpk_frame_clear_state(frame);
    go_on_in_gate(thread, frame, (const char *)(uintptr_t)function, thread->host_fs);
}

_Noreturn void mpk_go_on_in_domain(struct mpk_thread *thread, struct mpk_frame_copy *frame)
{
    frame->context.mask = mpk_mask_block_all();
    go_on_in_time(thread, frame);
}

/* --- what happened --- */

static _Noreturn void serve(struct mpk_thread *thread, struct mpk_frame_copy *frame)
{
    greg_t *registers = frame->context.registers;
    end_in_copy(thread, frame);
    struct mpk_syscall call = {
        .context = mpk_frame_context(thread->frame),
        .domain = mpk_frame_context(thread->frame)->domain,
        .number = (uint64_t)registers[REG_RAX],
        .arguments = {(uint64_t)registers[REG_RDI], (uint64_t)registers[REG_RSI],
                      (uint64_t)registers[REG_RDX], (uint64_t)registers[REG_R10],
                      (uint64_t)registers[REG_R8], (uint64_t)registers[REG_R9]},
    };
    int cancellation = og_uncancelled_begin();
    int64_t result = mpk_policy_serve(&call);
    og_uncancelled_end(cancellation);
    if (!call.again)
        call.context->wakes_at = call.context->written = 0;
    if (call.ends_call) {
        call.fault.instruction = (uintptr_t)registers[REG_RIP] - SYSCALL_SIZE;
        recover(thread, frame, &call.fault);
    }
    if (call.again)
        registers[REG_RIP] -= SYSCALL_SIZE; /* and its number is there still */
    else
        registers[REG_RAX] = result;
    registers[REG_RCX] = registers[REG_RIP];
    registers[REG_R11] = registers[REG_EFL];
    if (call.output)
        mpk_output_tell(thread, frame, call.output);
    go_on_in_time(thread, frame);
}

/* Hands the signal to the host. Returns if the interrupted code may go on. */
static void hand_on(int signal, siginfo_t *info, void *context)
{
    int number = errno;
    mpk_host_signal(signal, info, context);
    errno = number;
}

/* What came on a domain's signal stack, which the kernel has disarmed: meanwhile it has the host's
 * own, and so has who leaves the handler by longjmp. */
static void hand_on_beside_hosts_stack(struct mpk_thread *thread, int signal,
                                       struct mpk_frame_copy *frame)
{
    atomic_store(&thread->armed, MPK_NO_DOMAIN);
    syscall(SYS_sigaltstack, &thread->host_stack, NULL);
    frame->context.stack = thread->host_stack; /* as the handler is told */
    hand_on(signal, &frame->info, &frame->context);
}

/* From within a domain: on the host's stack, with the host's rights and on the host's time. */
static void hand_on_from_domain(struct mpk_thread *thread, int signal, struct mpk_frame_copy *frame)
{
    struct mpk_pause pause;
    mpk_deadline_pause(thread, &pause);
    pause.callbacks = mpk_callbacks_made(thread);
    atomic_store_explicit(&thread->serving, NULL, memory_order_relaxed);
    hand_on_beside_hosts_stack(thread, signal, frame);
    (void)mpk_deadline_go_on(thread, &pause); /* asked once more before it goes on */
}

static _Noreturn void interrupted_domain(struct mpk_thread *thread, int signal,
                                         const siginfo_t *info, void *context)
{
    struct mpk_frame_copy frame;
    atomic_store_explicit(&thread->selector, MPK_ALLOW, memory_order_relaxed);
    mpk_thread_set_base(thread);
    atomic_store_explicit(&thread->serving, thread->frame, memory_order_relaxed);
    mpk_signal_stack_check_frame(mpk_frame_context(thread->frame), context);
    mpk_frame_move(&frame, info, context, false);

    struct og_fault fault;
    if (signal == SIGSYS && frame.info.si_code == USER_DISPATCH)
        serve(thread, &frame);
    if (mpk_is_fault_of_code(signal, &frame.info)) { /* not sent, which is the host's */
        mpk_fault_tell(mpk_frame_context(thread->frame), signal, &frame.info,
                       frame.context.registers, &fault);
        recover(thread, &frame, &fault);
    }
    hand_on_from_domain(thread, signal, &frame);
    go_on_in_time(thread, &frame);
}

/* The host was interrupted, on the signal stack of the domain it was in last. */
static _Noreturn void interrupted_host(struct mpk_thread *thread, int signal, const siginfo_t *info,
                                       void *context, uintptr_t fs)
{
    struct mpk_frame_copy frame;
    mpk_frame_move(&frame, info, context, true);

    /* The kernel arms the stack again when this returns. What was interrupted may be on its way
     * into the domain, and then goes there by what it knows; all else arms the stack anew before it
     * enters (signal_stack.c, `armed`). */
    uint32_t pkru = thread->domain_pkru;
    hand_on_beside_hosts_stack(thread, signal, &frame);
    /* Where it came when the one before ended, it is foreign code that would go on. */
    if (is_resuming((const char *)frame.context.registers[REG_RIP]))
        end_in_copy(thread, &frame);
    mpk_rights_arm(thread, pkru);
    atomic_store(&thread->armed, MPK_NO_DOMAIN);
    /* All else on its way does not ask again whether this is a copy, which the handler may have
     * made: that ends at the first system call of the domain's, which is not served. */
    if (mpk_process_is_copy() && !mpk_process_trap_calls(thread))
        __builtin_trap();
    const stack_t stack = mpk_signal_stack_after(thread, mpk_frame_stack(context));
    mpk_frame_return(&frame, (const char *)frame.context.registers[REG_RIP], &stack, fs);
}

static void on_signal(struct mpk_thread *thread, int signal, siginfo_t *info, void *context,
                      uintptr_t fs)
{
    if (atomic_load_explicit(&thread->selector, memory_order_relaxed) == MPK_BLOCK)
        interrupted_domain(thread, signal, info, context);
    interrupted_host(thread, signal, info, context, fs);
}

/* A thread that was there before the first domain, and has entered none, has no rights to domains'
 * memory, and finds out when it reads something in place: it gets them, and reads again. */
static bool gives_rights(const struct mpk_thread *thread, int signal, const siginfo_t *info,
                         void *context)
{
    enum { OTHERS_MEMORY = 4 /* SEGV_PKUERR */ };
    return !thread && signal == SIGSEGV && info->si_code == OTHERS_MEMORY &&
           mpk_frame_give_rights(context);
}

/* Moves the frame of a signal whose handler does not ask for the host's alternate stack, on which
 * the kernel has put it, to where the host was interrupted: that stack may be a small one. Returns
 * how far. Where there is no room the fault is told as the kernel would, not with all blocked. */
static uintptr_t leave_hosts_stack(int signal, void *context)
{
    uintptr_t distance = mpk_frame_distance(context);
    if (!distance || !mpk_host_handler_stays(signal))
        return 0;
    const uint64_t faults = mpk_mask_of(SIGSEGV) | mpk_mask_of(SIGBUS);
    mpk_mask_set(~faults);
    mpk_frame_shift(context, distance);
    mpk_mask_block_all();
    return distance;
}

/* A domain that jumps here ends in a trap: its selector says what it is. */
static uintptr_t on_signal_elsewhere(int signal, siginfo_t *info, void *context)
{
    struct mpk_thread *thread = mpk_thread_if_any();
    if (gives_rights(thread, signal, info, context))
        return 0;
    /* The kernel has started it with few rights: without all it cannot make a system call, not even
     * to return. */
    if (thread)
        og_mpk_open_rights();
    uintptr_t distance = leave_hosts_stack(signal, context);
    if (distance)
        return distance;
    hand_on(signal, info, context);
    /* The kernel puts back the alternate stack that there was, which was no domain's. */
    thread = mpk_thread_if_any();
    if (thread)
        atomic_store(&thread->armed, MPK_NO_DOMAIN);
    return 0;
}

/* --- setting up --- */

enum og_error mpk_signals_open(struct og_fault *fault)
{
    static bool opened;
    if (opened)
        return OG_OK;
    /* Frames are measured by a signal, which the host may have blocked. */
    uint64_t mask = mpk_mask_block_all();
    mpk_mask_set(~mpk_mask_of(mpk_unqueued_signal()));
    enum og_error error = mpk_frames_open(fault);
    mpk_mask_set(mask);
    if (!error)
        error = mpk_signal_stacks_open(fault);
    og_mpk_on_signal = on_signal;
    og_mpk_on_signal_elsewhere = on_signal_elsewhere;
    if (!error)
        error = mpk_host_signals_open(fault);
    opened = !error;
    return error;
}
