/* Constants that spell WRPKRU and a return, and code. A linker that fills pages (lld) puts both
 * into one page of the file, which is mapped twice: what is no code executes in the second. */
    .section .rodata, "a"
    .globl  neighbour_constant
    .type   neighbour_constant, @object
neighbour_constant:
    .byte   0x0f, 0x01, 0xef, 0xc3
    .size   neighbour_constant, . - neighbour_constant

    .text
    .globl  neighbour_code
    .type   neighbour_code, @function
neighbour_code:
    ret
    .size   neighbour_code, . - neighbour_code

    .section .note.GNU-stack, "", @progbits
