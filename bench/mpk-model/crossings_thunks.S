/* The entries that count. Thunk N adds one to the calls and crossings_words[N] to the words, and
 * goes on at crossings_targets[N]. r10 and r11 hold no argument (SysV psABI 1.0, 3.2.3). */
#include "bench/mpk-model/crossings_thunks.h"

    .text
    .balign 64
    .globl  crossings_thunks
    .hidden crossings_thunks
crossings_thunks:
    .set    thunk, 0
    .rept   CROSSINGS_THUNKS
    .balign CROSSINGS_THUNK_SIZE
    mov     $thunk, %r11d
    jmp     count
    .set    thunk, thunk + 1
    .endr

count:
    incq    crossings(%rip)         /* .calls */
    lea     crossings_words(%rip), %r10
    mov     (%r10,%r11,8), %r10
    add     %r10, crossings + 8(%rip) /* .stack_words */
    lea     crossings_targets(%rip), %r10
    jmp     *(%r10,%r11,8)

    .section .note.GNU-stack, "", @progbits
