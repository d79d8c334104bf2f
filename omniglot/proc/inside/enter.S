/* Inside the process of a domain: the way into a library's function, and the functions that foreign
 * code calls to call back. */
#include "omniglot/proc/layout.h"

        .text

/* void proc_enter(struct proc_crossing *crossing)
 *
 *   rbx  the crossing, across the call
 *   rbp  our frame */
        .globl  proc_enter
        .hidden proc_enter
        .type   proc_enter, @function
proc_enter:
        .cfi_startproc
        push    %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        mov     %rsp, %rbp
        .cfi_def_cfa_register %rbp
        push    %rbx
        .cfi_offset %rbx, -24
        sub     $8, %rsp
        mov     %rdi, %rbx

        /* Arguments that are on the stack. */
        mov     PROC_WORDS(%rbx), %rcx
        lea     (,%rcx,8), %rax
        sub     %rax, %rsp
        and     $-16, %rsp
        lea     PROC_ON_STACK(%rbx), %rsi
        mov     %rsp, %rdi
        rep movsq

        movups  PROC_VECTORS(%rbx), %xmm0
        movups  PROC_VECTORS+16(%rbx), %xmm1
        movups  PROC_VECTORS+32(%rbx), %xmm2
        movups  PROC_VECTORS+48(%rbx), %xmm3
        movups  PROC_VECTORS+64(%rbx), %xmm4
        movups  PROC_VECTORS+80(%rbx), %xmm5
        movups  PROC_VECTORS+96(%rbx), %xmm6
        movups  PROC_VECTORS+112(%rbx), %xmm7
        mov     PROC_INTEGERS(%rbx), %rdi
        mov     PROC_INTEGERS+8(%rbx), %rsi
        mov     PROC_INTEGERS+16(%rbx), %rdx
        mov     PROC_INTEGERS+24(%rbx), %rcx
        mov     PROC_INTEGERS+32(%rbx), %r8
        mov     PROC_INTEGERS+40(%rbx), %r9
        mov     $8, %eax                /* a variadic function looks at how many vectors there are */
        call    *PROC_TARGET(%rbx)

        mov     %rax, PROC_RESULTS(%rbx)
        mov     %rdx, PROC_RESULTS+8(%rbx)
        movups  %xmm0, PROC_RESULTS+16(%rbx)
        movups  %xmm1, PROC_RESULTS+32(%rbx)
        mov     PROC_X87(%rbx), %rcx
        test    %rcx, %rcx
        jz      1f
        fstpt   PROC_X87_RESULT(%rbx)
        dec     %rcx
        jz      1f
        fstpt   PROC_X87_RESULT+16(%rbx)
1:
        lea     -8(%rbp), %rsp
        pop     %rbx
        pop     %rbp
        .cfi_def_cfa %rsp, 8
        ret
        .cfi_endproc
        .size   proc_enter, . - proc_enter

/* The stubs, 16 bytes each. A stub says which it is in r11; what is handed on is a struct of six
 * integers and eight floats on the stack. */
        .globl  proc_stubs
        .hidden proc_stubs
        .balign 16
proc_stubs:
        .set    number, 0
        .rept   PROC_CALLBACKS
        mov     $number, %r11d
        jmp     called_back
        .balign 16
        .set    number, number + 1
        .endr

        .type   called_back, @function
called_back:
        .cfi_startproc
        push    %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        mov     %rsp, %rbp
        .cfi_def_cfa_register %rbp
        sub     $128, %rsp
        mov     %rdi, (%rsp)
        mov     %rsi, 8(%rsp)
        mov     %rdx, 16(%rsp)
        mov     %rcx, 24(%rsp)
        mov     %r8, 32(%rsp)
        mov     %r9, 40(%rsp)
        movsd   %xmm0, 48(%rsp)
        movsd   %xmm1, 56(%rsp)
        movsd   %xmm2, 64(%rsp)
        movsd   %xmm3, 72(%rsp)
        movsd   %xmm4, 80(%rsp)
        movsd   %xmm5, 88(%rsp)
        movsd   %xmm6, 96(%rsp)
        movsd   %xmm7, 104(%rsp)
        mov     %r11, %rdi
        mov     %rsp, %rsi
        call    proc_call_back          /* a struct of an integer and a double: rax, xmm0 */
        leave
        .cfi_def_cfa %rsp, 8
        ret
        .cfi_endproc
        .size   called_back, . - called_back

/* long proc_hand_over(long event): to the host, and back with what it asks. */
        .globl  proc_hand_over
        .hidden proc_hand_over
        .type   proc_hand_over, @function
proc_hand_over:
        mov     $PROC_RETURN, %eax
        syscall
        ret
        .size   proc_hand_over, . - proc_hand_over

        .section .note.GNU-stack, "", @progbits
