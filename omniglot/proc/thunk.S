/* What the host calls in the stead of a domain's functions: thunks, each with a number, and what
 * keeps the arguments, wherever they are, for proc_call. */
#include "omniglot/proc/layout.h"

        .text
        .globl  proc_thunks
        .hidden proc_thunks
        .balign 16
proc_thunks:
        .set    number, 0
        .rept   PROC_THUNKS
        mov     $number, %r11d
        jmp     call_out
        .balign 16
        .set    number, number + 1
        .endr

/*   r11d  the thunk's number
 *   rsp   a struct proc_frame
 *   rbp   our frame: the return address is at 8, and arguments on the stack begin at 16 */
        .type   call_out, @function
call_out:
        .cfi_startproc
        push    %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        mov     %rsp, %rbp
        .cfi_def_cfa_register %rbp
        sub     $PROC_FRAME_SIZE, %rsp
        mov     %rdi, (%rsp)
        mov     %rsi, 8(%rsp)
        mov     %rdx, 16(%rsp)
        mov     %rcx, 24(%rsp)
        mov     %r8, 32(%rsp)
        mov     %r9, 40(%rsp)
        movaps  %xmm0, PROC_FRAME_VECTORS(%rsp)
        movaps  %xmm1, PROC_FRAME_VECTORS+16(%rsp)
        movaps  %xmm2, PROC_FRAME_VECTORS+32(%rsp)
        movaps  %xmm3, PROC_FRAME_VECTORS+48(%rsp)
        movaps  %xmm4, PROC_FRAME_VECTORS+64(%rsp)
        movaps  %xmm5, PROC_FRAME_VECTORS+80(%rsp)
        movaps  %xmm6, PROC_FRAME_VECTORS+96(%rsp)
        movaps  %xmm7, PROC_FRAME_VECTORS+112(%rsp)
        mov     %r11d, %edi
        mov     %rsp, %rsi
        lea     16(%rbp), %rdx
        call    proc_call               /* how many results are on the x87 stack */
        cmp     $1, %eax
        jb      1f
        je      2f
        fldt    PROC_FRAME_X87+16(%rsp)
2:      fldt    PROC_FRAME_X87(%rsp)
1:      mov     PROC_FRAME_RESULTS(%rsp), %rax
        mov     PROC_FRAME_RESULTS+8(%rsp), %rdx
        movaps  PROC_FRAME_RESULTS+16(%rsp), %xmm0
        movaps  PROC_FRAME_RESULTS+32(%rsp), %xmm1
        leave
        .cfi_def_cfa %rsp, 8
        ret
        .cfi_endproc
        .size   call_out, . - call_out

        .section .note.GNU-stack, "", @progbits
