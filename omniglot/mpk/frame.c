/* Signal frames: copying them away from where a domain could read or write them, and returning by
 * the copy.
 *
 * The processor's state is of different sizes. What all threads have is measured once; a thread
 * that uses the tiles of AMX has more. A host that was interrupted gets all of its state back, by
 * the size that its own frame names. A domain gets what all threads have: its frame may be its own
 * work, and a state that the kernel refuses would come back without rights. So foreign code that
 * uses tiles finds them empty after a signal or a system call. It cannot have asked for them
 * (arch_prctl is refused); a host that has asked gives them to foreign code, too. */
#include "frame.h"

#include <cpuid.h>
#include <errno.h>
#include <string.h>

/* The processor state's layout: Intel SDM volume 1, 13.4; the kernel's sw_reserved bytes (struct
 * _fpx_sw_bytes of <asm/sigcontext.h>). */
enum { SOFTWARE_AT = 464, SOFTWARE_SIZE = 48, MXCSR_AT = 24, HEADER_AT = 512, HEADER_SIZE = 64 };
enum { MAGIC = 0x46505853, END_MAGIC = 0x46505845, END_SIZE = 4 };
enum { RIGHTS = 9, TILES = 18 }; /* components' numbers */
/* How much of a frame lies below its ucontext, and above the host's handler's stack: a word. */
enum { FRAME_BELOW = 64 };

struct software {
    uint32_t magic, extended_size;
    uint64_t components;
    uint32_t size, padding[7];
};
_Static_assert(sizeof(struct software) == SOFTWARE_SIZE, "<asm/sigcontext.h> says otherwise");

/* A clean processor state, as the kernel writes it, of what all threads have. */
static unsigned char sample[MPK_STATE_MAX] __attribute__((aligned(64)));
static volatile size_t sample_size;
static size_t
    rights_at; /* in it; 0: no protection keys (then the gate's key writes are left out) */

_Noreturn void og_mpk_sigreturn(void *frame, uintptr_t fs);

static struct software software_of(const unsigned char *state)
{
    struct software software;
    memcpy(&software, state + SOFTWARE_AT, sizeof(software));
    return software;
}

static void take_sample(int signal, siginfo_t *info, void *memory)
{
    (void)signal;
    (void)info;
    const ucontext_t *context = memory;
    const unsigned char *state = (const unsigned char *)context->uc_mcontext.fpregs;
    struct software software = software_of(state);
    if (software.magic == MAGIC && software.extended_size <= MPK_STATE_MAX) {
        memcpy(sample, state, software.extended_size);
        sample_size = software.extended_size;
    }
}

/* Where the components that are neither x87's nor SSE's end. */
static size_t size_of(uint64_t components)
{
    size_t size = HEADER_AT + HEADER_SIZE;
    unsigned a, b, c, d;
    for (unsigned i = 2; i < 63; i++)
        if (components >> i & 1 && __get_cpuid_count(0xd, i, &a, &b, &c, &d) && size < b + a)
            size = b + a;
    return size;
}

/* Takes out of the sample what not all threads have. */
static void trim_sample(void)
{
    const uint32_t end = END_MAGIC;
    struct software software = software_of(sample);
    software.components &= ~(UINT64_C(1) << TILES);
    software.size = (uint32_t)size_of(software.components);
    software.extended_size = software.size + END_SIZE;
    memcpy(sample + SOFTWARE_AT, &software, sizeof(software));
    memcpy(sample + software.size, &end, sizeof(end));
    sample_size = software.extended_size;
}

/* As it is for a new program: components in no use, the default control words. */
static void clean_sample(void)
{
    uint32_t mxcsr = 0x1f80;
    uint16_t control = 0x37f;
    memset(sample, 0, SOFTWARE_AT);
    memset(sample + HEADER_AT, 0, HEADER_SIZE);
    memcpy(sample, &control, sizeof(control));
    memcpy(sample + MXCSR_AT, &mxcsr, sizeof(mxcsr));
}

enum og_error mpk_frames_open(struct og_fault *fault)
{
    struct sigaction action = {.sa_sigaction = take_sample, .sa_flags = SA_SIGINFO}, old;
    unsigned a, b = 0, c, d, most = 0;
    if (sigaction(mpk_unqueued_signal(), &action, &old))
        return og_fail_system(fault, errno, NULL, 0, "cannot install a signal handler");
    raise(mpk_unqueued_signal());
    sigaction(mpk_unqueued_signal(), &old, NULL);
    /* The most that any thread of this machine can come to have: then no state is ever lost. */
    __get_cpuid_count(0xd, 0, &a, &b, &most, &d);
    if (!sample_size || most + END_SIZE > MPK_STATE_MAX)
        return og_fail(
            fault, OG_UNSUPPORTED, NULL, 0,
            "the kernel's signal frames hold too much of the processor's state, or none");
    if (software_of(sample).components >> RIGHTS & 1) {
        __get_cpuid_count(0xd, RIGHTS, &a, &b, &c, &d);
        rights_at = b;
    }
    trim_sample();
    clean_sample();
    return OG_OK;
}

/* --- moving --- */

/* A state that the kernel takes from every thread, whatever is in it. */
static void make_state_safe(unsigned char *state)
{
    uint64_t components;
    uint32_t mxcsr;
    memcpy(state + SOFTWARE_AT, sample + SOFTWARE_AT, SOFTWARE_SIZE);
    memcpy(&mxcsr, state + MXCSR_AT, sizeof(mxcsr));
    mxcsr &= 0xffff;
    memcpy(state + MXCSR_AT, &mxcsr, sizeof(mxcsr));
    memcpy(&components, state + HEADER_AT, sizeof(components));
    components &= software_of(sample).components;
    memset(state + HEADER_AT, 0, HEADER_SIZE);
    memcpy(state + HEADER_AT, &components, sizeof(components));
    memcpy(state + sample_size - END_SIZE, sample + sample_size - END_SIZE, END_SIZE);
}

static void give_all_rights(unsigned char *state)
{
    const uint32_t rights = 0;
    uint64_t components;
    if (!rights_at)
        return;
    memcpy(&components, state + HEADER_AT, sizeof(components));
    components |= UINT64_C(1) << RIGHTS;
    memcpy(state + HEADER_AT, &components, sizeof(components));
    memcpy(state + rights_at, &rights, sizeof(rights));
}

bool mpk_frame_give_rights(void *context)
{
    unsigned char *state = (unsigned char *)((ucontext_t *)context)->uc_mcontext.fpregs;
    uint32_t rights = 0;
    if (rights_at && state)
        memcpy(&rights, state + rights_at, sizeof(rights));
    if (rights)
        give_all_rights(state);
    return rights != 0;
}

void mpk_frame_clear_state(struct mpk_frame_copy *frame)
{
    memcpy(frame->state, sample, sample_size);
    frame->state_size = sample_size;
}

static void copy_state(struct mpk_frame_copy *frame, uintptr_t stack, bool trusted)
{
    uintptr_t from = (uintptr_t)frame->context.state, end = stack + MPK_SIGNAL_STACK;
    size_t size = sample_size;
    if (trusted && og_is_within(from, SOFTWARE_AT + SOFTWARE_SIZE, stack, end))
        size = software_of((const unsigned char *)from).extended_size;
    if (size > MPK_STATE_MAX || size < HEADER_AT + HEADER_SIZE ||
        !og_is_within(from, size, stack, end)) {
        mpk_frame_clear_state(frame);
        return;
    }
    memcpy(frame->state, (const void *)from, size);
    frame->state_size = size;
    if (!trusted)
        make_state_safe(frame->state);
}

void mpk_frame_move(struct mpk_frame_copy *frame, const siginfo_t *info, void *context,
                    bool trusted)
{
    uintptr_t stack = mpk_frame_stack(context);
    memcpy(&frame->context, context, sizeof(frame->context));
    frame->info = *info;
    copy_state(frame, stack, trusted);
    uintptr_t written = ((uintptr_t)context - FRAME_BELOW) & ~(uintptr_t)63;
    memset((void *)written, 0, stack + MPK_SIGNAL_STACK - written);
}

/* --- a frame of the host's --- */

/* Where a frame ends whose ucontext this is. */
static uintptr_t end_of(const struct mpk_kernel_context *context)
{
    uintptr_t end = (uintptr_t)(context + 1) + sizeof(siginfo_t), state = (uintptr_t)context->state;
    if (!state)
        return end;
    struct software software = software_of(context->state);
    return state + (software.magic == MAGIC ? software.extended_size : HEADER_AT);
}

uintptr_t mpk_frame_distance(const void *memory)
{
    const struct mpk_kernel_context *context = memory;
    uintptr_t interrupted = (uintptr_t)context->registers[REG_RSP];
    return (interrupted - MPK_RED_ZONE - end_of(context)) & -(uintptr_t)64;
}

void mpk_frame_shift(const void *memory, uintptr_t distance)
{
    const struct mpk_kernel_context *context = memory;
    uintptr_t start = (uintptr_t)context - sizeof(uint64_t), to = start + distance;
    struct mpk_kernel_context *moved = (struct mpk_kernel_context *)((uintptr_t)context + distance);
    *(volatile char *)(to - MPK_PAGE) = 0; /* where what leads to the handler runs */
    memmove((void *)to, (const void *)start, end_of(context) - start);
    if (moved->state)
        moved->state = (char *)moved->state + distance;
}

/* --- returning --- */

greg_t mpk_frame_flags(greg_t flags)
{
    /* Carry, parity, adjust, zero, sign, direction, overflow. */
    enum { KEPT = 0xcd5, INTERRUPTS = 0x202 };
    return (flags & KEPT) | INTERRUPTS;
}

_Noreturn void mpk_frame_return(struct mpk_frame_copy *frame, const char *where,
                                const stack_t *stack, uintptr_t fs)
{
    enum { CODE = 0x33, STACK = 0x2b };
    greg_t *registers = frame->context.registers;
    give_all_rights(frame->state);
    registers[REG_RIP] = (greg_t)where;
    registers[REG_EFL] = mpk_frame_flags(registers[REG_EFL]);
    registers[REG_CSGSFS] = CODE | (greg_t)STACK << 48;
    frame->context.state = frame->state;
    frame->context.stack = *stack;
    og_mpk_sigreturn(frame, fs);
}
