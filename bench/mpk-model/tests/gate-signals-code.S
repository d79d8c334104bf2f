/* What gate-signals.c calls: foreign code that leaves flags as no ABI has them, and a host that uses
 * the tiles of AMX. */
#include "bench/mpk-model/gate_thunk.inc"
#include "bench/mpk-model/tests/gate-signals.h"

    .macro FUNCTION name
    .globl  \name
    .type   \name, @function
\name:
    .endm

    .macro BAD_FLAGS
    pushf
    orl     $GATE_SIGNALS_FLAGS, (%rsp)
    popf
    .endm

    .text
    FUNCTION return_with_flags
    BAD_FLAGS
    ret

    FUNCTION return_x87_with_flags
    fld1
    BAD_FLAGS
    ret

    FUNCTION call_back_with_flags
    sub     $8, %rsp
    BAD_FLAGS
    call    og_mpk_callback_thunks
    add     $8, %rsp
    ret

    FUNCTION fault_with_flags
    BAD_FLAGS
    ud2

/* Where a failed check goes. */
    FUNCTION trap_with_flags
    BAD_FLAGS
    jmp     og_mpk_trap

    FUNCTION flags_now
    pushf
    pop     %rax
    ret

    THUNK boxed_return_with_flags return_with_flags 0 0 gate_thread_plain
    THUNK boxed_return_x87_with_flags return_x87_with_flags 0 0x10000 gate_thread_shaped
    THUNK boxed_call_back_with_flags call_back_with_flags 0 0 gate_thread_plain
    THUNK boxed_fault_with_flags fault_with_flags 0 0 gate_thread_plain
    THUNK boxed_trap_with_flags trap_with_flags 0 0 gate_thread_plain

/* long keep_tile(const void *configuration, void *tile, pid_t thread, int signal): 1024 bytes in a
 * tile while the thread signals itself; what is in it then is written back. */
    FUNCTION keep_tile
    push    %rbx
    mov     %rsi, %rbx
    ldtilecfg (%rdi)
    mov     $64, %r8d
    tileloadd (%rbx,%r8,1), %tmm0
    mov     %rdx, %rdi
    mov     %rcx, %rsi
    mov     $200, %eax              /* tkill */
    syscall
    mov     $64, %r8d
    tilestored %tmm0, (%rbx,%r8,1)
    tilerelease
    pop     %rbx
    ret

/* long keep_vector(uint64_t word, pid_t thread, int signal): the same with both halves of a vector
 * register; the bits that are in both. */
    FUNCTION keep_vector
    vmovq   %rdi, %xmm7
    vinsertf128 $1, %xmm7, %ymm7, %ymm7
    mov     %rsi, %rdi
    mov     %rdx, %rsi
    mov     $200, %eax
    syscall
    vmovq   %xmm7, %rax
    vextractf128 $1, %ymm7, %xmm7
    vmovq   %xmm7, %rcx
    and     %rcx, %rax
    vzeroupper
    ret

    FUNCTION lose_vectors_and_tiles
    vpxor   %xmm7, %xmm7, %xmm7
    test    %edi, %edi
    je      1f
    tilerelease
1:  ret

    .section .note.GNU-stack, "", @progbits
