/* A function whose call of another spells WRPKRU by its distance, as a call in Debian's libcrypto
 * does. long unlucky(long value): value + 1. */
    .text
    .balign 16
    .type   unlucky_target, @function
unlucky_target:
    .cfi_startproc
    lea     1(%rdi), %rax
    ret
    .cfi_endproc
    .size   unlucky_target, . - unlucky_target

    .org    unlucky_target + 0x10fef1 - 9
    .globl  unlucky
    .type   unlucky, @function
unlucky:
    .cfi_startproc
    sub     $8, %rsp
    .cfi_adjust_cfa_offset 8
    .byte   0xe8, 0x0f, 0x01, 0xef, 0xff /* call unlucky_target */
    add     $8, %rsp
    .cfi_adjust_cfa_offset -8
    ret
    .cfi_endproc
    .size   unlucky, . - unlucky
    .skip   64

    .section .note.GNU-stack, "", @progbits
