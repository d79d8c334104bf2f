/* What foreign code finds in registers behind the gate: nothing of the host's, also in those of
 * AVX-512, which the guest with protection keys does not have; and what a signal's frame has of
 * them, which may be where a domain can read it. The gate is as it is but for its PKRU writes. */
#include "bench/mpk-model/tests/gate-registers.h"
#include "bench/mpk-model/gate_thread.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

#include <cmocka.h>

typedef void function(void);

/* --- gate-registers-call.S --- */

/* Everything that every x86-64 processor has, or AVX-512 has besides, full of a secret. */
void fill_vectors(void), fill_wide(void), fill_x87(void);
/* What these hold: their bits, or-ed. All but rax, which says how many vectors there are, r11,
 * which holds the function's address, rsp. */
long see_registers(void), see_wide(void), see_x87(void);
/* The foreign side of a callback, which then sees the wide ones, or those of the x87 unit. */
long call_back_and_see_wide(void), call_back_and_see_x87(void);
void call_back(void);
/* Fills registers with secrets, and calls. */
long call_full(function *called), call_full_and_wide(function *called);

/* The same through the gate. */
function boxed_see_registers, boxed_see_wide, boxed_call_back_and_see_wide, boxed_call_back,
    boxed_see_x87, boxed_see_x87_after_words, boxed_call_back_and_see_x87;

/* --- what the gate calls --- */

/* The host's side of a callback, and of a first call: both use whatever registers they like. */
static bool can_enter, is_wide;
static unsigned armed;

struct callback_return {
    uintptr_t frame, fs;
};
struct callback_return og_mpk_callback_serve(uint64_t slot, uintptr_t frame);
struct callback_return og_mpk_callback_serve(uint64_t slot, uintptr_t frame)
{
    (void)slot;
    fill_vectors();
    fill_x87();
    if (is_wide)
        fill_wide();
    return (struct callback_return){frame, (uintptr_t)__builtin_thread_pointer()};
}

bool og_mpk_arm(uint32_t domain);
bool og_mpk_arm(uint32_t domain)
{
    armed++;
    gate_thread_arm(domain);
    if (is_wide)
        fill_wide();
    return true;
}

static sigjmp_buf stopped;

static void stop(int signal)
{
    (void)signal;
    siglongjmp(stopped, 1);
}

static int enter(void **state)
{
    (void)state;
    is_wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
    if (!__builtin_cpu_supports("avx") || !gate_thread_enter())
        return 0;
    signal(SIGILL, stop);
    if (!sigsetjmp(stopped, 1)) {
        (void)call_full(boxed_see_registers);
        can_enter = true;
    }
    signal(SIGILL, SIG_DFL);
    return 0;
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

static void need_wide_registers(void)
{
    need_gate();
    skip_unless(is_wide, "the processor has no AVX-512, or no kernel for it");
}

/* --- a signal at each instruction --- */

bool steps_wanted; /* call_full asks for them */
static unsigned steps_in_domain;
static uintptr_t leaks_at;

/* The frame of a signal at an instruction of the gate: from the selector's store on a handler
 * leaves it where the domain can read it. */
static void look_at_frame(int signal, siginfo_t *info, void *opaque)
{
    (void)signal;
    (void)info;
    const ucontext_t *context = opaque;
    const uint32_t secret = GATE_REGISTERS_SECRET;
    const uintptr_t at = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    if (!gate_thread_blocks())
        return;
    steps_in_domain++;
    bool leaks = false;
    for (int i = REG_R8; i <= REG_RCX; i++)
        leaks |= (uint32_t)context->uc_mcontext.gregs[i] == secret;
    /* The extended state: of its size the kernel tells in the last part of the 512 bytes that all
     * processors have (struct _fpx_sw_bytes of <asm/sigcontext.h>). */
    const unsigned char *state = (const unsigned char *)context->uc_mcontext.fpregs;
    uint32_t magic, size;
    memcpy(&magic, state + 464, 4);
    memcpy(&size, state + 468, 4);
    const size_t end = magic == 0x46505853 ? size : 512;
    for (size_t i = 0; i + 4 <= end; i += 4)
        leaks |= !memcmp(state + i, &secret, 4);
    if (leaks && !leaks_at)
        leaks_at = at;
}

static long call_in_steps(function *called)
{
    struct sigaction action = {.sa_sigaction = look_at_frame, .sa_flags = SA_SIGINFO}, before;
    steps_in_domain = 0;
    leaks_at = 0;
    sigaction(SIGTRAP, &action, &before);
    steps_wanted = true;
    long seen = is_wide ? call_full_and_wide(called) : call_full(called);
    steps_wanted = false;
    sigaction(SIGTRAP, &before, NULL);
    return seen;
}

static void a_plain_call_shows_the_host_s_registers(void **state)
{
    (void)state;
    need_gate();
    assert_int_not_equal(call_full((function *)(uintptr_t)see_registers), 0);
}

static void behind_the_gate_every_register_is_clear(void **state)
{
    (void)state;
    need_gate();
    assert_int_equal(call_full(boxed_see_registers), 0);
}

static void a_plain_call_shows_the_host_s_x87_registers(void **state)
{
    (void)state;
    need_gate();
    assert_int_not_equal(call_full((function *)(uintptr_t)see_x87), 0);
}

static void behind_the_gate_every_x87_register_is_clear(void **state)
{
    (void)state;
    need_gate();
    assert_int_equal(call_full(boxed_see_x87), 0);
    assert_int_equal(call_full(boxed_see_x87_after_words), 0);
}

static void so_is_every_x87_register_after_a_callback(void **state)
{
    (void)state;
    need_gate();
    assert_int_equal(call_full(boxed_call_back_and_see_x87), 0);
}

static void a_plain_call_shows_the_host_s_wide_registers(void **state)
{
    (void)state;
    need_wide_registers();
    assert_int_not_equal(call_full_and_wide((function *)(uintptr_t)see_wide), 0);
}

static void behind_the_gate_every_wide_register_is_clear(void **state)
{
    (void)state;
    need_wide_registers();
    assert_int_equal(call_full_and_wide(boxed_see_wide), 0);
}

static void so_it_is_after_the_signal_stack_was_armed(void **state)
{
    (void)state;
    need_wide_registers();
    unsigned before = armed;
    gate_thread_arm(1);
    assert_int_equal(call_full_and_wide(boxed_see_wide), 0);
    assert_int_equal(armed, before + 1);
}

static void so_it_is_after_a_callback(void **state)
{
    (void)state;
    need_wide_registers();
    assert_int_equal(call_full_and_wide(boxed_call_back_and_see_wide), 0);
}

static void no_frame_of_a_signal_on_the_way_in_holds_a_host_value(void **state)
{
    (void)state;
    need_gate();
    assert_int_equal(call_in_steps(boxed_see_registers), 0);
    assert_true(steps_in_domain > 10);
    assert_int_equal(leaks_at, 0);
}

static void no_frame_of_a_signal_around_a_callback_holds_a_host_value(void **state)
{
    (void)state;
    need_gate();
    (void)call_in_steps(boxed_call_back);
    assert_true(steps_in_domain > 10);
    assert_int_equal(leaks_at, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_call_shows_the_host_s_registers),
        cmocka_unit_test(behind_the_gate_every_register_is_clear),
        cmocka_unit_test(a_plain_call_shows_the_host_s_x87_registers),
        cmocka_unit_test(behind_the_gate_every_x87_register_is_clear),
        cmocka_unit_test(so_is_every_x87_register_after_a_callback),
        cmocka_unit_test(a_plain_call_shows_the_host_s_wide_registers),
        cmocka_unit_test(behind_the_gate_every_wide_register_is_clear),
        cmocka_unit_test(so_it_is_after_the_signal_stack_was_armed),
        cmocka_unit_test(so_it_is_after_a_callback),
        cmocka_unit_test(no_frame_of_a_signal_on_the_way_in_holds_a_host_value),
        cmocka_unit_test(no_frame_of_a_signal_around_a_callback_holds_a_host_value),
    };
    return cmocka_run_group_tests(tests, enter, NULL);
}
