/* The thread block and the context that the gate finds: omniglot/mpk/layout.h. */
#include "bench/mpk-model/gate_thread.h"
#include "omniglot/mpk/layout.h"

#include <asm/prctl.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    STACK = 65536,
    SOME_PKRU = 0x55555550, /* only compared with itself; the gate page can be read */
};

/* struct mpk_context, as far as the gate is concerned. */
struct context {
    uintptr_t rsp, fs;
};
_Static_assert(MPK_CONTEXT_RSP == 0 && MPK_CONTEXT_FS == 8,
               "the gate finds a context's fields where they are");

static _Alignas(MPK_BLOCK_SIZE) unsigned char block[MPK_ARMED + sizeof(uint64_t)];
static _Alignas(64) unsigned char stack[STACK];
static struct context context;

bool og_mpk_has_wide_registers;

extern const char og_mpk_gate_call_integers[], og_mpk_gate_call_integers_wide[],
    og_mpk_gate_call_shaped_integers[], og_mpk_gate_call_shaped_integers_wide[];
/* Where the thunks go. */
const char *gate_thread_plain, *gate_thread_shaped;

static void *in_block(size_t offset)
{
    return block + offset;
}

bool gate_thread_enter(void)
{
    uintptr_t fs;
    if (syscall(SYS_arch_prctl, ARCH_GET_FS, &fs) ||
        syscall(SYS_arch_prctl, ARCH_SET_GS, (uintptr_t)block - MPK_GS))
        return false;
    og_mpk_has_wide_registers = __builtin_cpu_supports("avx512f");
    gate_thread_plain =
        og_mpk_has_wide_registers ? og_mpk_gate_call_integers_wide : og_mpk_gate_call_integers;
    gate_thread_shaped = og_mpk_has_wide_registers ? og_mpk_gate_call_shaped_integers_wide
                                                   : og_mpk_gate_call_shaped_integers;
    context = (struct context){(uintptr_t)stack + STACK, fs};
    *(uint32_t *)in_block(MPK_PKRU) = SOME_PKRU;
    *(uintptr_t *)in_block(MPK_HOST_FS) = fs;
    *(struct context **)in_block(MPK_CONTEXTS) = &context;
    gate_thread_arm(0);
    return true;
}

void gate_thread_arm(uint64_t domain)
{
    *(uint64_t *)in_block(MPK_ARMED) = domain;
}

bool gate_thread_blocks(void)
{
    return *(const volatile unsigned char *)in_block(MPK_SELECTOR) == MPK_BLOCK;
}

uint64_t gate_thread_calls(void)
{
    return *(uint64_t *)in_block(MPK_CALLS);
}
