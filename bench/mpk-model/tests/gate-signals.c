/* Flags of foreign code, which the host must not run with (the alignment check, above all, which
 * the guest with protection keys does not emulate), and the processor's state of whom a signal
 * interrupts, with the tiles of AMX, which it does not have. The gate is as it is but for its PKRU
 * writes. */
#include "bench/mpk-model/tests/gate-signals.h"
#include "bench/mpk-model/gate_thread.h"
#include "omniglot/mpk/frame.h"

#include <asm/prctl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#ifndef ARCH_REQ_XCOMP_PERM
#define ARCH_REQ_XCOMP_PERM 0x1023
#endif
#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif

enum { TILE_DATA = 18, TRAP_FLAG = 0x100, TILE_SIZE = 1024 };

typedef void function(void);

/* --- gate-signals-code.S --- */

function boxed_return_with_flags, boxed_call_back_with_flags, boxed_fault_with_flags,
    boxed_trap_with_flags;
long double boxed_return_x87_with_flags(void);
unsigned long flags_now(void);
long keep_tile(const void *configuration, void *tile, pid_t thread, int signal);
uint64_t keep_vector(uint64_t word, pid_t thread, int signal);
void lose_vectors_and_tiles(bool has_tiles);

/* --- what the gate and frame.c find --- */

static _Alignas(MPK_SIGNAL_STACK) unsigned char signal_stack[MPK_SIGNAL_STACK];
static _Alignas(64) unsigned char handler_stack[1 << 17];

uintptr_t og_mpk_signal_stacks, og_mpk_signal_stacks_size = MPK_SIGNAL_STACK;
uintptr_t og_mpk_thread_blocks, og_mpk_thread_blocks_size = MPK_BLOCK_SIZE;
struct mpk_thread *og_mpk_signal_stack_owners[1];
void og_mpk_signal_entry(int, siginfo_t *, void *);
extern void (*og_mpk_on_signal)(struct mpk_thread *thread, int signal, siginfo_t *info,
                                void *context, uintptr_t fs);
uintptr_t og_mpk_callback_serve(uint64_t slot, uintptr_t frame);

int mpk_unqueued_signal(void)
{
    return SIGRTMAX - 3;
}

stack_t mpk_signal_stack_at(uintptr_t start)
{
    return (stack_t){
        .ss_sp = (void *)start, .ss_size = MPK_SIGNAL_STACK, .ss_flags = (int)SS_AUTODISARM};
}

/* The leak checker cannot follow threads onto stacks that it does not know. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return 1;
}

/* --- flags --- */

static unsigned long flags_seen;
static sigjmp_buf left;
static bool can_enter;

static void look_at_flags(void)
{
    flags_seen = flags_now();
}

static bool flags_are_the_abis(unsigned long flags)
{
    return !(flags & (GATE_SIGNALS_FLAGS | TRAP_FLAG));
}

uintptr_t og_mpk_callback_serve(uint64_t slot, uintptr_t frame)
{
    (void)slot;
    look_at_flags();
    return frame;
}

static _Noreturn void go_on(siginfo_t *info, void *memory, uintptr_t fs);

/* Ends the call, or goes on. */
static void on_signal(struct mpk_thread *thread, int signal, siginfo_t *info, void *context,
                      uintptr_t fs)
{
    look_at_flags();
    if (signal == SIGUSR1)
        go_on(info, context, fs);
    thread->selector = MPK_ALLOW;
    thread->frame = thread->frame->outer;
    siglongjmp(left, 1);
}

static void arm(void)
{
    const stack_t stack = mpk_signal_stack_at((uintptr_t)signal_stack);
    assert_int_equal(sigaltstack(&stack, NULL), 0);
}

static struct mpk_thread *block(void)
{
    uintptr_t base;
    __asm__("rdgsbase %0" : "=r"(base));
    return (struct mpk_thread *)(base + MPK_GS);
}

static void stop(int signal)
{
    (void)signal;
    siglongjmp(left, 1);
}

static int enter(void **state)
{
    (void)state;
    if (!__builtin_cpu_supports("avx") || !gate_thread_enter())
        return 0;
    signal(SIGILL, stop);
    if (!sigsetjmp(left, 1)) {
        boxed_return_with_flags();
        can_enter = true;
    }
    signal(SIGILL, SIG_DFL);
    if (!can_enter)
        return 0;
    og_mpk_on_signal = on_signal;
    og_mpk_signal_stacks = (uintptr_t)signal_stack;
    og_mpk_thread_blocks = (uintptr_t)block();
    og_mpk_signal_stack_owners[0] = block();
    block()->handler_stack = (uintptr_t)handler_stack + sizeof(handler_stack);
    block()->secret = 4711;
    return mpk_frames_open(NULL) != OG_OK;
}

static void skip_unless(bool possible, const char *why)
{
    if (possible)
        return;
    print_message("# %s\n", why);
    skip();
}

static void need_gate(void)
{
    skip_unless(can_enter, "the processor or the kernel has no AVX, FSGSBASE or GS base");
}

static void a_return_leaves_no_flags_of_the_domains(void **state)
{
    (void)state;
    need_gate();
    boxed_return_with_flags();
    assert_true(flags_are_the_abis(flags_now()));
    assert_true(boxed_return_x87_with_flags() == 1);
    assert_true(flags_are_the_abis(flags_now()));
}

static void a_callback_runs_with_no_flags_of_the_domains(void **state)
{
    (void)state;
    need_gate();
    flags_seen = GATE_SIGNALS_FLAGS;
    boxed_call_back_with_flags();
    assert_true(flags_are_the_abis(flags_seen));
}

static void fault_in(function *called)
{
    struct sigaction action = {.sa_sigaction = og_mpk_signal_entry,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK},
                     before;
    need_gate();
    sigfillset(&action.sa_mask);
    sigaction(SIGILL, &action, &before);
    flags_seen = GATE_SIGNALS_FLAGS;
    arm();
    if (!sigsetjmp(left, 1))
        called();
    sigaction(SIGILL, &before, NULL);
    assert_true(flags_are_the_abis(flags_seen));
}

static void a_handler_runs_with_no_flags_of_the_domains(void **state)
{
    (void)state;
    fault_in(boxed_fault_with_flags);
    fault_in(boxed_trap_with_flags);
}

/* --- the processor's state --- */

static struct mpk_frame_copy frame;
static bool trusts, has_tiles;
static bool stack_is_clear;
static void (*spoil)(ucontext_t *context); /* what somebody does to the frame; NULL: nobody */

static _Noreturn void go_on(siginfo_t *info, void *memory, uintptr_t fs)
{
    const ucontext_t *context = memory;
    const char *where = (const char *)context->uc_mcontext.gregs[REG_RIP];
    if (spoil)
        spoil(memory);
    mpk_frame_move(&frame, info, memory, trusts);
    stack_is_clear = true;
    for (const unsigned char *at = memory; at < signal_stack + sizeof(signal_stack); at++)
        stack_is_clear = stack_is_clear && !*at;
    lose_vectors_and_tiles(has_tiles);
    const stack_t stack = mpk_signal_stack_at((uintptr_t)signal_stack);
    mpk_frame_return(&frame, where, &stack, fs);
}

static void handle_by_frame(bool trusted)
{
    struct sigaction action = {.sa_sigaction = og_mpk_signal_entry,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigfillset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    trusts = trusted;
    arm();
}

static void who_is_interrupted_gets_its_vector_registers_back(void **state)
{
    (void)state;
    need_gate();
    for (int trusted = 0; trusted <= 1; trusted++) {
        handle_by_frame(trusted);
        assert_true(keep_vector(4711, gettid(), SIGUSR1) == 4711);
        assert_true(stack_is_clear);
    }
}

/* The processor's state in a frame: SDM volume 1, 13.4, and <asm/sigcontext.h>. */
enum { MXCSR_AT = 24, SIZE_AT = 464 + 4, HEADER_AT = 512, HEADER_SIZE = 64 };

static unsigned char *state_of(const ucontext_t *context)
{
    return (unsigned char *)context->uc_mcontext.fpregs;
}

static void spoil_control_word(ucontext_t *context)
{
    memset(state_of(context) + MXCSR_AT, 0xff, 4);
}

static void spoil_components(ucontext_t *context)
{
    memset(state_of(context) + HEADER_AT, 0xff, 8);
}

static void spoil_header(ucontext_t *context)
{
    memset(state_of(context) + HEADER_AT + 8, 0xff, HEADER_SIZE - 8);
}

static void spoil_size(ucontext_t *context)
{
    memset(state_of(context) + SIZE_AT, 0xff, 4);
}

static void spoil_place(ucontext_t *context)
{
    context->uc_mcontext.fpregs = (void *)64;
}

/* More than a copy has room for, all of it on the signal stack. */
static void spoil_room(ucontext_t *context)
{
    const uint32_t size = MPK_STATE_MAX + 64;
    memcpy(signal_stack, state_of(context), HEADER_AT);
    memcpy(signal_stack + SIZE_AT, &size, sizeof(size));
    context->uc_mcontext.fpregs = (void *)signal_stack;
}

/* The kernel takes it, and a vector register is as it was; where there was no state, it is empty.
 */
static void a_frame_of_a_domains_making_is_returned_by_all_the_same(void **state)
{
    (void)state;
    static void (*const ways[])(ucontext_t *) = {spoil_control_word, spoil_components, spoil_header,
                                                 spoil_size, spoil_place};
    const uint32_t standard = 0x1f80;
    need_gate();
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        spoil = ways[i];
        handle_by_frame(false);
        uint64_t kept = keep_vector(4711, gettid(), SIGUSR1);
        __asm__ volatile("ldmxcsr %0" : : "m"(standard));
        spoil = NULL;
        assert_int_equal(kept, ways[i] == spoil_place ? 0 : 4711);
    }
}

static void a_state_that_there_is_no_room_for_is_not_copied(void **state)
{
    (void)state;
    need_gate();
    spoil = spoil_room;
    handle_by_frame(true);
    uint64_t kept = keep_vector(4711, gettid(), SIGUSR1);
    spoil = NULL;
    assert_int_equal(kept, 0);
    assert_in_range(frame.state_size, HEADER_AT + HEADER_SIZE, MPK_STATE_MAX);
}

/* 16 rows of 64 bytes in tile 0. */
static const struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} configuration = {.palette = 1, .row_bytes = {64}, .rows = {16}};

static void need_tiles(void)
{
    need_gate();
    has_tiles = !syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA);
    skip_unless(has_tiles, "the processor or the kernel has no AMX");
}

static bool tile_is_kept(bool trusted)
{
    unsigned char tile[TILE_SIZE], before[TILE_SIZE];
    for (int i = 0; i < TILE_SIZE; i++)
        tile[i] = before[i] = (unsigned char)(i * 7 + 1);
    handle_by_frame(trusted);
    keep_tile(&configuration, tile, gettid(), SIGUSR1);
    return !memcmp(tile, before, sizeof(tile));
}

static void an_interrupted_host_gets_its_tiles_back(void **state)
{
    (void)state;
    need_tiles();
    assert_true(tile_is_kept(true));
}

/* Frames are measured where a thread has tiles: one that has none could not return by such. */
static void *keep_vector_without_tiles(void *unused)
{
    (void)unused;
    has_tiles = false;
    handle_by_frame(false);
    uint64_t kept = keep_vector(4711, gettid(), SIGUSR1);
    return kept == 4711 ? &frame : NULL;
}

static void tiles_of_one_thread_are_not_taken_to_be_every_threads(void **state)
{
    (void)state;
    pthread_t thread;
    void *kept = NULL;
    need_tiles();
    (void)tile_is_kept(true);
    assert_int_equal(mpk_frames_open(NULL), OG_OK);
    assert_int_equal(pthread_create(&thread, NULL, keep_vector_without_tiles, NULL), 0);
    pthread_join(thread, &kept);
    assert_non_null(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_return_leaves_no_flags_of_the_domains),
        cmocka_unit_test(a_callback_runs_with_no_flags_of_the_domains),
        cmocka_unit_test(a_handler_runs_with_no_flags_of_the_domains),
        cmocka_unit_test(who_is_interrupted_gets_its_vector_registers_back),
        cmocka_unit_test(a_frame_of_a_domains_making_is_returned_by_all_the_same),
        cmocka_unit_test(a_state_that_there_is_no_room_for_is_not_copied),
        cmocka_unit_test(an_interrupted_host_gets_its_tiles_back),
        cmocka_unit_test(tiles_of_one_thread_are_not_taken_to_be_every_threads),
    };
    return cmocka_run_group_tests(tests, enter, NULL);
}
