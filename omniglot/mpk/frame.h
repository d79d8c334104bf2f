/* A signal's frame, as the kernel writes it and as rt_sigreturn reads it. */
#ifndef OMNIGLOT_MPK_FRAME_H
#define OMNIGLOT_MPK_FRAME_H

#include "mpk.h"

#include <stddef.h>

enum { MPK_STATE_MAX = 16 << 10 /* the processor's state in a frame, at most */ };

/* The kernel's ucontext, of which glibc's is a longer version. */
struct mpk_kernel_context {
    unsigned long flags;
    void *link;
    stack_t stack;
    greg_t registers[NGREG];
    void *state; /* the processor's, 64-aligned */
    uint64_t reserved[8];
    uint64_t mask;
};
_Static_assert(offsetof(struct mpk_kernel_context, mask) == offsetof(ucontext_t, uc_sigmask),
               "the kernel's ucontext is laid out otherwise");

_Static_assert(offsetof(ucontext_t, uc_mcontext.gregs[REG_RSP]) == MPK_UCONTEXT_RSP &&
                   offsetof(ucontext_t, uc_mcontext.gregs[REG_RIP]) == MPK_UCONTEXT_RIP,
               "layout.h says otherwise");

/* A copy on the host's stack, by which a handler returns. */
struct mpk_frame_copy {
    uint64_t return_address;
    struct mpk_kernel_context context;
    siginfo_t info;
    size_t state_size;
    unsigned char state[MPK_STATE_MAX] __attribute__((aligned(64)));
};

/* Learns what the kernel's frames look like. OG_OK, OG_UNSUPPORTED, OG_SYSTEM. */
enum og_error mpk_frames_open(struct og_fault *fault);

/* Copies what the kernel wrote to a signal stack, and leaves nothing of it there: the next code to
 * look may be a domain's, and the frame holds the registers of what was interrupted, and what the
 * sender of the signal sent along.
 *
 * `trusted`: the host was interrupted. A domain may have changed its own frame since (from another
 * thread, where it can write the stack): of that the copy takes nothing that the kernel would
 * refuse, and from the processor's state what every thread has. */
void mpk_frame_move(struct mpk_frame_copy *frame, const siginfo_t *info, void *context,
                    bool trusted);
/* The start of the signal stack that holds it. */
static inline uintptr_t mpk_frame_stack(const void *context)
{
    return (uintptr_t)context & -(uintptr_t)MPK_SIGNAL_STACK;
}
/* The processor's state as a new program finds it, in place of the frame's. */
void mpk_frame_clear_state(struct mpk_frame_copy *frame);
/* Returns from the signal by the copy, with all rights, to `where`, with this FS base and this
 * alternate stack. */
_Noreturn void mpk_frame_return(struct mpk_frame_copy *frame, const char *where,
                                const stack_t *stack, uintptr_t fs);
/* Whoever the kernel's frame goes back to has all rights. False: it has them, or the processor does
 * not say where in it they are. */
bool mpk_frame_give_rights(void *context);

/* How far the frame with this ucontext is from where the kernel puts it without an alternate stack:
 * right below what it has interrupted; 0: it is there. And moves it so far, with the word before it
 * and the siginfo and the processor's state behind; a page below is there, too, or faults. */
uintptr_t mpk_frame_distance(const void *context);
void mpk_frame_shift(const void *context, uintptr_t distance);

/* --- going on from a signal that has interrupted foreign code (signal.c) --- */

/* Runs `function`, which does not return, with what lies at `stack`, as a callback is run: below
 * what the call has left on the host's stack, with the host's rights and signal mask, and nothing
 * below it to be unwound. `frame` is used for it. */
_Noreturn void mpk_go_on_in_host(struct mpk_thread *thread, struct mpk_frame_copy *frame,
                                 void (*function)(void *), void *stack);
/* From there: goes on in the foreign code as `frame` says, with the signals blocked that are so
 * now; or ends a call that is over its deadline. */
_Noreturn void mpk_go_on_in_domain(struct mpk_thread *thread, struct mpk_frame_copy *frame);

/* The flags that one who was interrupted gets back: neither trap nor alignment check. */
greg_t mpk_frame_flags(greg_t flags);

#endif
