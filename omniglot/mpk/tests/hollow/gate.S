/* The gate's entries, for hollow domains: the crossing is a call of C on the same stack
 * (crossing.c), with the same rights. It isolates nothing. */
#include "omniglot/mpk/layout.h"

/* The stack below is another's, as far as an unwinder is concerned: so it is behind the gate. */
    .macro  NOTHING_BELOW
    .cfi_startproc
    .cfi_undefined rip
    .endm

    .text
    .balign 4096
    .globl  og_mpk_gate_start, og_mpk_gate_end
    .hidden og_mpk_gate_start, og_mpk_gate_end
og_mpk_gate_start:

/* A thunk comes here with r10 and r11, which are hollow_call's seventh and eighth argument. */
    .irp    name, call, call_integers, call_shaped, call_shaped_integers
    .globl  og_mpk_gate_\name, og_mpk_gate_\name\()_wide
    .hidden og_mpk_gate_\name, og_mpk_gate_\name\()_wide
og_mpk_gate_\name:
og_mpk_gate_\name\()_wide:
    .endr
    NOTHING_BELOW
    sub     $8, %rsp
    push    %r11
    push    %r10
    call    hollow_call
    add     $24, %rsp
    ret
    .cfi_endproc

/* Foreign code calls back: the slot is hollow_callback's seventh argument. */
    .globl  og_mpk_callback_thunks
    .hidden og_mpk_callback_thunks
    .balign 64
og_mpk_callback_thunks:
    .set    slot, 0
    .rept   MPK_CALLBACKS
    .balign 16
    mov     $slot, %eax
    jmp     1f
    .set    slot, slot + 1
    .endr
1:  NOTHING_BELOW
    push    %rax
    call    hollow_callback
    add     $8, %rsp
    ret
    .cfi_endproc

/* Places in the gate that handlers compare with, or go on at (og_mpk_sigreturn). */
    .irp    name, gate_restart, gate_allowed, callback_restart, callback_allowed, recover, resume
    .globl  og_mpk_\name
    .hidden og_mpk_\name
og_mpk_\name:
    ud2
    .endr
    .globl  og_mpk_resume_given, hollow_somewhere
    .hidden og_mpk_resume_given, hollow_somewhere
og_mpk_resume_given:
    ud2
hollow_somewhere:                   /* where code is interrupted */
    ud2

/* What a search of the host's code finds (system.c). */
    .globl  hollow_code
    .hidden hollow_code
    .balign 4096
hollow_code:
    .zero   4096, 0xc3
    .balign 4096
og_mpk_gate_end:

    .section .note.GNU-stack, "", @progbits
