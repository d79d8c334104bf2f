/* What gate-registers.c calls: the host that has secrets in its registers, and the foreign code that
 * looks for them. */
#include "bench/mpk-model/gate_thunk.inc"
#include "bench/mpk-model/tests/gate-registers.h"

    .macro FUNCTION name
    .globl  \name
    .type   \name, @function
\name:
    .endm

    .text
    FUNCTION fill_vectors
    mov     $GATE_REGISTERS_SECRET, %eax
    vmovd   %eax, %xmm0
    vpermilps $0, %xmm0, %xmm0
    vinsertf128 $1, %xmm0, %ymm0, %ymm0
    .irp    n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    vmovaps %ymm0, %ymm\n
    .endr
    ret

/* The registers of the x87 unit, below tags that say that they are empty. */
    FUNCTION fill_x87
    sub     $8, %rsp
    movl    $GATE_REGISTERS_SECRET, (%rsp)
    movl    $GATE_REGISTERS_SECRET, 4(%rsp)
    .irp    n, 0,1,2,3,4,5,6,7
    movq    (%rsp), %mm\n
    .endr
    emms
    add     $8, %rsp
    ret

    FUNCTION fill_wide
    push    %rax
    mov     $GATE_REGISTERS_SECRET, %eax
    .irp    n, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    vpbroadcastd %eax, %zmm\n
    .endr
    .irp    n, 0,1,2,3,4,5,6,7
    kmovq   %rax, %k\n
    .endr
    pop     %rax
    ret

    FUNCTION see_registers
    rdfsbase %r11                   /* the foreign code's own, in r10 behind the gate */
    xor     %r11, %r10
    mov     %rdi, %rax
    .irp    r, rsi,rdx,rcx,r8,r9,r10,rbx,rbp,r12,r13,r14,r15
    or      %\r, %rax
    .endr
    .irp    n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    vorps   %ymm\n, %ymm0, %ymm0
    .endr
    vextractf128 $1, %ymm0, %xmm1
    vorps   %xmm1, %xmm0, %xmm0
    vmovq   %xmm0, %rcx
    or      %rcx, %rax
    vpermilps $0xe, %xmm0, %xmm0
    vmovq   %xmm0, %rcx
    or      %rcx, %rax
    vzeroupper
    ret

/* Of a call: what the unit holds, whether its stack is empty, and whether it tells where the host
 * is. */
    FUNCTION see_x87
    push    %rbp
    mov     %rsp, %rbp
    sub     $128, %rsp
    fnsave  (%rsp)
    movzwl  8(%rsp), %eax
    xor     $0xffff, %eax
    mov     12(%rsp), %ecx          /* where its last instruction is: in the gate */
    lea     og_mpk_gate_start(%rip), %rdx
    sub     %edx, %ecx
    lea     og_mpk_gate_end(%rip), %rsi
    sub     %rdx, %rsi
    cmp     %esi, %ecx
    sbb     %ecx, %ecx
    not     %ecx
    or      %rcx, %rax
    .irp    n, 0,1,2,3,4,5,6,7
    or      28+10*\n(%rsp), %rax
    movzwl  28+10*\n+8(%rsp), %ecx
    or      %rcx, %rax
    .endr
    leave
    ret

    FUNCTION see_wide
    vpxorq  %zmm0, %zmm0, %zmm0
    .irp    n, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    vporq   %zmm\n, %zmm0, %zmm0
    .endr
    push    %rbp
    mov     %rsp, %rbp
    sub     $64, %rsp
    vmovdqu64 %zmm0, (%rsp)
    xor     %eax, %eax
    .irp    i, 0,8,16,24,32,40,48,56
    or      \i(%rsp), %rax
    .endr
    .irp    n, 0,1,2,3,4,5,6,7
    kmovq   %k\n, %rcx
    or      %rcx, %rax
    .endr
    leave
    vzeroupper
    ret

    FUNCTION call_back
    sub     $8, %rsp
    call    og_mpk_callback_thunks
    add     $8, %rsp
    ret

    FUNCTION call_back_and_see_wide
    sub     $8, %rsp
    call    og_mpk_callback_thunks
    add     $8, %rsp
    jmp     see_wide

    FUNCTION call_back_and_see_x87
    sub     $8, %rsp
    call    og_mpk_callback_thunks
    add     $8, %rsp
    jmp     see_x87

    FUNCTION call_full
    .irp    r, rbx,rbp,r12,r13,r14,r15,rdi
    push    %\r
    .endr
    call    fill_vectors
    call    fill_x87
    .irp    r, rsi,rdx,rcx,r8,r9,r10,r11,rbx,rbp,r12,r13,r14,r15,rax,rdi
    mov     $GATE_REGISTERS_SECRET, %\r
    .endr
    testb   $1, steps_wanted(%rip)
    jz      1f
    pushf
    orl     $0x100, (%rsp)          /* a trap after each instruction */
    popf
1:  call    *(%rsp)
    .irp    r, rdi,r15,r14,r13,r12,rbp,rbx
    pop     %\r
    .endr
    vzeroupper
    ret

    FUNCTION call_full_and_wide
    sub     $8, %rsp
    call    fill_wide
    call    call_full
    add     $8, %rsp
    ret

    THUNK boxed_see_registers see_registers 0 0 gate_thread_plain
    THUNK boxed_see_x87 see_x87 0 0 gate_thread_plain
    THUNK boxed_see_x87_after_words see_x87 0 2 gate_thread_shaped
    THUNK boxed_call_back_and_see_x87 call_back_and_see_x87 0 0 gate_thread_plain
    THUNK boxed_see_wide see_wide 0 0 gate_thread_plain
    THUNK boxed_call_back_and_see_wide call_back_and_see_wide 0 0 gate_thread_plain
    THUNK boxed_call_back call_back 0 0 gate_thread_plain

    .section .note.GNU-stack, "", @progbits
