/* For assembly: a thunk of domain 0 as omniglot/mpk/thunk.c writes them. NAME calls TARGET, whose
 * arguments are in this many integer registers and in this many words on the stack, by way of the
 * gate whose address the variable GATE holds. */
    .macro THUNK name target integers words gate
    .balign 64
    .globl  \name
    .type   \name, @function
\name:
    .set    index, 0
    .irp    register, edi,esi,edx,ecx,r8d,r9d
    .if index >= \integers
    xor     %\register, %\register
    .endif
    .set    index, index + 1
    .endr
    .if \words
    movabs  $(\words << 32), %r10
    .else
    mov     $0, %r10d
    .endif
    movabs  $\target, %r11
    jmp     *\gate(%rip)
    .size   \name, . - \name
    .endm
