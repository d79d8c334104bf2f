/* What foreign code finds in registers behind the gate: nothing of the host's, also in those of
 * AVX-512, which the guest with protection keys does not have. The gate is as it is but for its
 * PKRU writes. */
#include "workloads/model/gate-thread.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECRET "$0x5ec2e7"
#define WIDE   "16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"

typedef void function(void);

/* Everything that every x86-64 processor has, or AVX-512 has besides, full of a secret. */
void fill_vectors(void), fill_wide(void);
/* What these hold: their bits, or-ed. All but rax, which says how many vectors there are, r11,
 * which holds the function's address, rsp. */
long see_registers(void), see_wide(void);
/* The foreign side of a callback, which then sees the wide ones. */
long call_back_and_see_wide(void);
/* Fills registers with secrets, and calls. */
long call_full(function *called), call_full_and_wide(function *called);

__asm__(".text\n"
        "fill_vectors:\n"
        "  mov " SECRET ", %eax\n  vmovd %eax, %xmm0\n  vpermilps $0, %xmm0, %xmm0\n"
        "  vinsertf128 $1, %xmm0, %ymm0, %ymm0\n"
        "  .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n  vmovaps %ymm0, %ymm\\n\n  .endr\n"
        "  ret\n"
        "fill_wide:\n"
        "  push %rax\n  mov " SECRET ", %eax\n"
        "  .irp n, " WIDE "\n  vpbroadcastd %eax, %zmm\\n\n  .endr\n"
        "  .irp n, 0,1,2,3,4,5,6,7\n  kmovq %rax, %k\\n\n  .endr\n"
        "  pop %rax\n  ret\n"
        "see_registers:\n"
        "  mov %rdi, %rax\n"
        "  .irp r, rsi,rdx,rcx,r8,r9,r10,rbx,rbp,r12,r13,r14,r15\n  or %\\r, %rax\n  .endr\n"
        "  .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n  vorps %ymm\\n, %ymm0, %ymm0\n  .endr\n"
        "  vextractf128 $1, %ymm0, %xmm1\n  vorps %xmm1, %xmm0, %xmm0\n"
        "  vmovq %xmm0, %rcx\n  or %rcx, %rax\n"
        "  vpermilps $0xe, %xmm0, %xmm0\n  vmovq %xmm0, %rcx\n  or %rcx, %rax\n"
        "  vzeroupper\n  ret\n"
        "see_wide:\n"
        "  vpxorq %zmm0, %zmm0, %zmm0\n"
        "  .irp n, " WIDE "\n  vporq %zmm\\n, %zmm0, %zmm0\n  .endr\n"
        "  push %rbp\n  mov %rsp, %rbp\n  sub $64, %rsp\n  vmovdqu64 %zmm0, (%rsp)\n"
        "  xor %eax, %eax\n"
        "  .irp i, 0,8,16,24,32,40,48,56\n  or \\i(%rsp), %rax\n  .endr\n"
        "  .irp n, 0,1,2,3,4,5,6,7\n  kmovq %k\\n, %rcx\n  or %rcx, %rax\n  .endr\n"
        "  leave\n  vzeroupper\n  ret\n"
        "call_back_and_see_wide:\n"
        "  sub $8, %rsp\n  call og_mpk_callback_thunks\n  add $8, %rsp\n  jmp see_wide\n"
        "call_full:\n"
        "  .irp r, rbx,rbp,r12,r13,r14,r15,rdi\n  push %\\r\n  .endr\n"
        "  call fill_vectors\n"
        "  .irp r, rsi,rdx,rcx,r8,r9,r10,r11,rbx,rbp,r12,r13,r14,r15,rax,rdi\n"
        "  mov " SECRET ", %\\r\n  .endr\n"
        "  call *(%rsp)\n"
        "  .irp r, rdi,r15,r14,r13,r12,rbp,rbx\n  pop %\\r\n  .endr\n"
        "  vzeroupper\n  ret\n"
        "call_full_and_wide:\n"
        "  sub $8, %rsp\n  call fill_wide\n  call call_full\n  add $8, %rsp\n  ret\n");

/* Thunks, as omniglot/mpk/thunk.c writes them for functions without parameters. */
#define THUNK(name, target)                                                                        \
    void name(void);                                                                               \
    __asm__(#name ":\n"                                                                            \
                  "  .irp r, edi,esi,edx,ecx,r8d,r9d\n  xor %\\r, %\\r\n  .endr\n"                 \
                  "  mov $0, %r10d\n  movabs $" #target                                            \
                  ", %r11\n  jmp *gate_thread_plain(%rip)\n")
THUNK(boxed_see_registers, see_registers);
THUNK(boxed_see_wide, see_wide);
THUNK(boxed_call_back_and_see_wide, call_back_and_see_wide);

/* The host's side of a callback, and of a first call: both use whatever registers they like. */
static bool is_wide;
static unsigned armed;

uintptr_t og_mpk_callback_serve(uint32_t slot, uintptr_t frame);
uintptr_t og_mpk_callback_serve(uint32_t slot, uintptr_t frame)
{
    (void)slot;
    if (is_wide)
        fill_wide();
    return frame;
}

void og_mpk_arm(uint32_t domain);
void og_mpk_arm(uint32_t domain)
{
    armed++;
    gate_thread_arm(domain);
    if (is_wide)
        fill_wide();
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
    signal(SIGILL, stop);
    is_wide = __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    if (!__builtin_cpu_supports("avx") || sigsetjmp(stopped, 1) || !gate_thread_enter())
        return -1;
    return call_full(boxed_see_registers) < 0 ? -1 : 0;
}

static void skip_without_wide(void)
{
    if (!is_wide) {
        print_message("# the processor has no AVX-512, or no kernel for it\n");
        skip();
    }
}

static void a_plain_call_shows_the_host_s_registers(void **state)
{
    (void)state;
    assert_int_not_equal(call_full((function *)(uintptr_t)see_registers), 0);
}

static void behind_the_gate_every_register_is_clear(void **state)
{
    (void)state;
    assert_int_equal(call_full(boxed_see_registers), 0);
}

static void a_plain_call_shows_the_host_s_wide_registers(void **state)
{
    (void)state;
    skip_without_wide();
    assert_int_not_equal(call_full_and_wide((function *)(uintptr_t)see_wide), 0);
}

static void behind_the_gate_every_wide_register_is_clear(void **state)
{
    (void)state;
    skip_without_wide();
    assert_int_equal(call_full_and_wide(boxed_see_wide), 0);
}

static void so_it_is_after_the_signal_stack_was_armed(void **state)
{
    (void)state;
    skip_without_wide();
    unsigned before = armed;
    gate_thread_arm(1);
    assert_int_equal(call_full_and_wide(boxed_see_wide), 0);
    assert_int_equal(armed, before + 1);
}

static void so_it_is_after_a_callback(void **state)
{
    (void)state;
    skip_without_wide();
    assert_int_equal(call_full_and_wide(boxed_call_back_and_see_wide), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_call_shows_the_host_s_registers),
        cmocka_unit_test(behind_the_gate_every_register_is_clear),
        cmocka_unit_test(a_plain_call_shows_the_host_s_wide_registers),
        cmocka_unit_test(behind_the_gate_every_wide_register_is_clear),
        cmocka_unit_test(so_it_is_after_the_signal_stack_was_armed),
        cmocka_unit_test(so_it_is_after_a_callback),
    };
    return cmocka_run_group_tests(tests, enter, NULL);
}
