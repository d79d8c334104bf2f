/* The gate: the only ways into and out of a domain's rights.
 *
 * Rules that every piece follows. WRPKRU is followed by a check of the value in force, against
 * something the domain cannot write, before anything else is done: a jump to the WRPKRU with
 * other registers gains nothing. While PKRU is open, no register, stack or FS base that the
 * domain could have set is used; the thread is known by its GS base, which no code here can
 * change and a domain can at most make null (by loading a segment selector), and then the next
 * access faults. A failed check executes UD2, and the signal handler ends the call.
 *
 * The selector says BLOCK from just before the rights are given up until just after they are
 * taken back: a system call in between is trapped by the kernel. */
#include "omniglot/mpk/layout.h"

/* Pages of its own: domains can read them (thread.c), as an unwinder does that comes upon the
 * gate's return address. */
    .text
    .balign 4096
    .globl  og_mpk_gate_start, og_mpk_gate_end
    .hidden og_mpk_gate_start, og_mpk_gate_end
og_mpk_gate_start:

/* What AVX-512 adds, in which the host's string functions leave what they copied: the kxorw clears
 * all of a mask. Only where og_mpk_has_wide_registers. */
    .macro CLEAR_WIDE_REGISTERS
    .irp    number, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    vpxord  %zmm\number, %zmm\number, %zmm\number
    .endr
    .irp    number, 0,1,2,3,4,5,6,7
    kxorw   %k\number, %k\number, %k\number
    .endr
    .endm

/* Calls from the host: a thunk jumps here.
 *
 *   r10d  the domain's index          r11  the function
 *   rdi rsi rdx rcx r8 r9, xmm0-7     its arguments, left alone; the thunk has cleared what the
 *                                     function's parameters leave unused, if it was told
 *
 * \shaped: of r10's upper half, the lower 16 bits are the number of eight-byte words of stacked
 * arguments, the upper 16 how many results are on the x87 stack.
 * \floats: there are, or may be, arguments in vector registers.
 *
 * Each gate has a second entry, \name\()_wide, for processors with AVX-512. */
    .macro GATE_CALL name shaped floats
    .balign 64
    .globl  \name\()_wide
    .hidden \name\()_wide
    .type   \name\()_wide, @function
\name\()_wide:
    CLEAR_WIDE_REGISTERS
    .size   \name\()_wide, . - \name\()_wide
    .globl  \name
    .hidden \name
    .type   \name, @function
\name:
    .if \shaped
    mov     %r10, %rax
    shr     $32, %rax
    mov     %r10d, %r10d
    .endif
    cmp     %r10d, %gs:MPK_ARMED    /* the kernel needs this domain's signal stack */
    jne     70f
71: mov     %gs:MPK_CONTEXTS(,%r10,8), %r10

    /* What the host must find again, on its own stack. */
    push    %rbx
    push    %rbp
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    .if \shaped
    lea     56(%rsp), %rbp          /* the stacked arguments: past six registers and the return */
    .endif
    push    %r10                    /* room; the upper 16 bits of an address are 0 */
    stmxcsr (%rsp)
    fnstcw  4(%rsp)
    .if \shaped
    mov     %eax, %ebx
    shr     $16, %ebx
    mov     %bx, 6(%rsp)
    movzwl  %ax, %eax
    .endif
    push    %r10
    pushq   %gs:MPK_HOST_RSP
    mov     %rsp, %gs:MPK_HOST_RSP
    incq    %gs:MPK_CALLS

    mov     %rdx, %r12              /* WRPKRU needs them */
    mov     %rcx, %r13
    mov     MPK_CONTEXT_RSP(%r10), %rsp
    .if \shaped
    lea     1(%rax), %rcx           /* an even number of words keeps the stack aligned */
    and     $-2, %rcx
    shl     $3, %rcx
    sub     %rcx, %rsp
    test    %rax, %rax
    jz      73f
72: mov     -8(%rbp,%rax,8), %rcx
    mov     %rcx, -8(%rsp,%rax,8)
    dec     %rax
    jnz     72b
73:
    .endif
    pushq   %gs:MPK_RETURN
    mov     MPK_CONTEXT_FS(%r10), %rax
    wrfsbase %rax

    /* Nothing of the host's stays in a register that holds no argument, or a copy of one: from
     * the selector's store on a signal's frame is the domain's. */
    xor     %ebx, %ebx
    xor     %ebp, %ebp
    xor     %r10d, %r10d
    xor     %r14d, %r14d
    xor     %r15d, %r15d
    .if \floats
    vzeroupper
    .irp    number, 8,9,10,11,12,13,14,15
    pxor    %xmm\number, %xmm\number
    .endr
    .else
    vzeroall
    .endif
    mov     %gs:MPK_PKRU, %eax      /* the armed domain's */
    xor     %ecx, %ecx
    xor     %edx, %edx
    movb    $MPK_BLOCK, %gs:MPK_SELECTOR
    wrpkru
    cmp     %gs:MPK_PKRU, %eax
    jne     og_mpk_trap

    mov     %r12, %rdx
    mov     %r13, %rcx
    .if \floats
    mov     $8, %eax                /* variadics: at most 8 vector registers hold arguments */
    .else
    xor     %eax, %eax
    .endif
    jmp     *%r11

    /* Another domain's signal stack is armed: og_mpk_arm(domain), all arguments kept. */
70: push    %rbp
    mov     %rsp, %rbp
    and     $-16, %rsp
    sub     $224, %rsp
    mov     %rdi, (%rsp)
    mov     %rsi, 8(%rsp)
    mov     %rdx, 16(%rsp)
    mov     %rcx, 24(%rsp)
    mov     %r8, 32(%rsp)
    mov     %r9, 40(%rsp)
    mov     %r10, 48(%rsp)
    mov     %r11, 56(%rsp)
    mov     %rax, 64(%rsp)
    movaps  %xmm0, 80(%rsp)
    movaps  %xmm1, 96(%rsp)
    movaps  %xmm2, 112(%rsp)
    movaps  %xmm3, 128(%rsp)
    movaps  %xmm4, 144(%rsp)
    movaps  %xmm5, 160(%rsp)
    movaps  %xmm6, 176(%rsp)
    movaps  %xmm7, 192(%rsp)
    mov     %r10d, %edi
    call    og_mpk_arm
    mov     (%rsp), %rdi
    mov     8(%rsp), %rsi
    mov     16(%rsp), %rdx
    mov     24(%rsp), %rcx
    mov     32(%rsp), %r8
    mov     40(%rsp), %r9
    mov     48(%rsp), %r10
    mov     56(%rsp), %r11
    mov     64(%rsp), %rax
    movaps  80(%rsp), %xmm0
    movaps  96(%rsp), %xmm1
    movaps  112(%rsp), %xmm2
    movaps  128(%rsp), %xmm3
    movaps  144(%rsp), %xmm4
    movaps  160(%rsp), %xmm5
    movaps  176(%rsp), %xmm6
    movaps  192(%rsp), %xmm7
    leave
    cmpb    $0, og_mpk_has_wide_registers(%rip)
    je      71b
    CLEAR_WIDE_REGISTERS            /* og_mpk_arm has used them */
    jmp     71b
    .size   \name, . - \name
    .endm

    GATE_CALL og_mpk_gate_call 0 1
    GATE_CALL og_mpk_gate_call_integers 0 0
    GATE_CALL og_mpk_gate_call_shaped 1 1
    GATE_CALL og_mpk_gate_call_shaped_integers 1 0

/* The domain's function returns here, with the domain's rights.
 *
 *   rax rdx, xmm0 xmm1   results, handed on, and of st0 st1 as many as the thunk said
 *   everything else      not trusted, and replaced: the x87 unit is emptied, or what the domain
 *                        left on its stack, or pending, would be the host's
 *
 * A signal between the WRPKRU and the selector's store resumes at og_mpk_gate_restart. */
    .balign 64
    .globl  og_mpk_gate_return, og_mpk_gate_restart, og_mpk_gate_allowed, og_mpk_recover
    .hidden og_mpk_gate_return, og_mpk_gate_restart, og_mpk_gate_allowed, og_mpk_recover
og_mpk_gate_return:
    mov     %rax, %r8
    mov     %rdx, %r9
og_mpk_gate_restart:
    xor     %eax, %eax
    xor     %ecx, %ecx
    xor     %edx, %edx
    wrpkru
    test    %eax, %eax
    jne     og_mpk_trap
    movb    $MPK_ALLOW, %gs:MPK_SELECTOR
og_mpk_gate_allowed:
/* A call that faulted goes on here, by way of the signal handler, with r8 and r9 null. */
og_mpk_recover:
    mov     %gs:MPK_HOST_RSP, %rsp
    mov     %gs:MPK_HOST_FS, %rax
    wrfsbase %rax
    popq    %gs:MPK_HOST_RSP
    ldmxcsr 8(%rsp)
    cmpw    $0, 14(%rsp)
    jne     81f
    fninit
80: fldcw   12(%rsp)
    pushq   $0x202                  /* direction, alignment-check and trap flags as the ABI has them */
    popfq
    add     $16, %rsp
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %rbp
    pop     %rbx
    mov     %r8, %rax
    mov     %r9, %rdx
    ret

    /* Results on the x87 stack: kept while the unit is emptied. */
81: fnclex
    fldcw   82f(%rip)
    fstpt   -16(%rsp)
    fstpt   -32(%rsp)
    fninit
    cmpw    $1, 14(%rsp)
    je      83f
    fldt    -32(%rsp)
83: fldt    -16(%rsp)
    jmp     80b
82: .short  0x37f                   /* the x87 control word of a new process */

/* Every failed check ends here. */
    .globl  og_mpk_trap
    .hidden og_mpk_trap
og_mpk_trap:
    ud2

/* void og_mpk_leave(void): ends the innermost call, from a callback's host side. */
    .balign 16
    .globl  og_mpk_leave
    .hidden og_mpk_leave
    .type   og_mpk_leave, @function
og_mpk_leave:
    xor     %r8d, %r8d
    xor     %r9d, %r9d
    jmp     og_mpk_recover
    .size   og_mpk_leave, . - og_mpk_leave

/* void og_mpk_open_rights(void): gives a host thread that has a thread block all rights, which
 * its selector shows it to be: a domain's says BLOCK. */
    .balign 16
    .globl  og_mpk_open_rights
    .hidden og_mpk_open_rights
    .type   og_mpk_open_rights, @function
og_mpk_open_rights:
    xor     %eax, %eax
    xor     %ecx, %ecx
    xor     %edx, %edx
    wrpkru
    cmpb    $MPK_ALLOW, %gs:MPK_SELECTOR
    jne     og_mpk_trap
    ret
    .size   og_mpk_open_rights, . - og_mpk_open_rights

/* uintptr_t og_mpk_call(uint64_t domain, uintptr_t function, a, b, c, d): a call without a
 * thunk, for the runtime itself. */
    .balign 16
    .globl  og_mpk_call
    .hidden og_mpk_call
    .type   og_mpk_call, @function
og_mpk_call:
    mov     %rdi, %r10
    mov     %rsi, %r11
    mov     %rdx, %rdi
    mov     %rcx, %rsi
    mov     %r8, %rdx
    mov     %r9, %rcx
    xor     %r8d, %r8d
    xor     %r9d, %r9d
    cmpb    $0, og_mpk_has_wide_registers(%rip)
    jne     og_mpk_gate_call_integers_wide
    jmp     og_mpk_gate_call_integers
    .size   og_mpk_call, . - og_mpk_call

/* Callbacks: foreign code calls the thunk of a slot, still with its own rights. It may as well
 * jump anywhere into this with any registers: the slot is checked in C.
 *
 * On the foreign stack, from below: struct mpk_callback_frame (mpk.h). */
    .balign 64
    .globl  og_mpk_callback_thunks
    .hidden og_mpk_callback_thunks
og_mpk_callback_thunks:
    .set    slot, 0
    .rept   MPK_CALLBACKS
    .balign 16
    mov     $slot, %eax
    jmp     og_mpk_callback
    .set    slot, slot + 1
    .endr

    .balign 64
    .globl  og_mpk_callback, og_mpk_callback_restart, og_mpk_callback_allowed
    .hidden og_mpk_callback, og_mpk_callback_restart, og_mpk_callback_allowed
og_mpk_callback:
    push    %rbx
    push    %rbp
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    sub     $136, %rsp              /* 16 for results, 48 integers, 64 floats, control words */
    mov     %rdi, 16(%rsp)
    mov     %rsi, 24(%rsp)
    mov     %rdx, 32(%rsp)
    mov     %rcx, 40(%rsp)
    mov     %r8, 48(%rsp)
    mov     %r9, 56(%rsp)
    movsd   %xmm0, 64(%rsp)
    movsd   %xmm1, 72(%rsp)
    movsd   %xmm2, 80(%rsp)
    movsd   %xmm3, 88(%rsp)
    movsd   %xmm4, 96(%rsp)
    movsd   %xmm5, 104(%rsp)
    movsd   %xmm6, 112(%rsp)
    movsd   %xmm7, 120(%rsp)
    stmxcsr 128(%rsp)
    fnstcw  132(%rsp)
    mov     %eax, %edi
    mov     %rsp, %rsi
og_mpk_callback_restart:
    xor     %eax, %eax
    xor     %ecx, %ecx
    xor     %edx, %edx
    wrpkru
    test    %eax, %eax
    jne     og_mpk_trap
    movb    $MPK_ALLOW, %gs:MPK_SELECTOR
og_mpk_callback_allowed:
    mov     %gs:MPK_HOST_RSP, %rsp
    mov     %gs:MPK_HOST_FS, %rax
    wrfsbase %rax
    ldmxcsr 16(%rsp)
    fninit
    fldcw   20(%rsp)
    pushq   $0x202
    popfq
    and     $-16, %rsp
    call    og_mpk_callback_serve   /* returns where the frame on the foreign stack is */
    cmpb    $0, og_mpk_has_wide_registers(%rip)
    je      1f
    CLEAR_WIDE_REGISTERS
1:
    mov     %gs:MPK_HOST_RSP, %rdx
    mov     MPK_FRAME_CONTEXT(%rdx), %rdx
    mov     MPK_CONTEXT_FS(%rdx), %rcx
    wrfsbase %rcx
    mov     %rax, %rsp
    /* As in a call, nothing of the host's stays in a register. */
    xor     %esi, %esi
    xor     %edi, %edi
    xor     %r8d, %r8d
    xor     %r9d, %r9d
    xor     %r10d, %r10d
    xor     %r11d, %r11d
    vzeroall
    mov     %gs:MPK_PKRU, %eax      /* callback_serve has armed this domain */
    xor     %ecx, %ecx
    xor     %edx, %edx
    movb    $MPK_BLOCK, %gs:MPK_SELECTOR
    wrpkru
    cmp     %gs:MPK_PKRU, %eax
    jne     og_mpk_trap
    ldmxcsr 128(%rsp)               /* the domain's own; if it has changed them, its fault */
    fldcw   132(%rsp)
    mov     (%rsp), %rax
    movsd   8(%rsp), %xmm0
    add     $136, %rsp
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %rbp
    pop     %rbx
    ret

/* Where the kernel delivers signals: rdi the number, rsi the siginfo, rdx the ucontext, rsp on
 * the signal stack, PKRU the initial one, which gives the host's memory and nothing else.
 *
 * A domain may jump here, too. What comes before the WRPKRU reads host memory, which faults
 * with a domain's rights; what comes after asks for the thread's secret, which only that first
 * part can have read. */
    .balign 64
    .globl  og_mpk_signal_entry
    .hidden og_mpk_signal_entry
    .type   og_mpk_signal_entry, @function
og_mpk_signal_entry:
    mov     %rsp, %rax
    sub     og_mpk_signal_stacks(%rip), %rax
    cmp     og_mpk_signal_stacks_size(%rip), %rax
    jae     1f
    shr     $MPK_SIGNAL_STACK_SHIFT, %rax
    lea     og_mpk_signal_stack_owners(%rip), %rcx
    mov     (%rcx,%rax,8), %r8
    mov     MPK_SECRET(%r8), %r9
    mov     %rdx, %r10

    xor     %eax, %eax
    xor     %ecx, %ecx
    xor     %edx, %edx
    wrpkru
    test    %eax, %eax
    jne     og_mpk_trap
    mov     %r8, %rax
    sub     og_mpk_thread_blocks(%rip), %rax
    cmp     og_mpk_thread_blocks_size(%rip), %rax
    jae     og_mpk_trap
    test    $(MPK_BLOCK_SIZE - 1), %eax
    jne     og_mpk_trap
    cmp     %r9, MPK_SECRET(%r8)
    jne     og_mpk_trap

    mov     %rsp, %rax
    mov     MPK_HANDLER_STACK(%r8), %rsp
    xor     %ebp, %ebp
    xor     %r9d, %r9d
    mov     %rsi, %rdx
    mov     %rdi, %rsi
    mov     %r8, %rdi
    mov     %r10, %rcx
    rdfsbase %r8
    mov     MPK_HOST_FS(%rdi), %rax
    wrfsbase %rax
    call    og_mpk_signal           /* which goes on by og_mpk_sigreturn */
    ud2

    /* Not on a signal stack of ours: the host was interrupted, and nothing is to be opened. */
1:  mov     %rsp, %rbx
    and     $-16, %rsp
    call    og_mpk_signal_elsewhere
    mov     %rbx, %rsp
    mov     $15, %eax
    add     $8, %rsp
    syscall
    ud2
    .size   og_mpk_signal_entry, . - og_mpk_signal_entry

/* void og_mpk_sigreturn(void *frame, uintptr_t fs): returns through a frame that the handler
 * made, with this FS base. */
    .globl  og_mpk_sigreturn
    .hidden og_mpk_sigreturn
    .type   og_mpk_sigreturn, @function
og_mpk_sigreturn:
    wrfsbase %rsi
    lea     8(%rdi), %rsp
    mov     $15, %eax
    syscall
    ud2
    .size   og_mpk_sigreturn, . - og_mpk_sigreturn

/* Back into a domain that a signal interrupted. rt_sigreturn has put back everything but rax,
 * rcx, rdx and rip, with PKRU open. Flags must survive, so the check uses none. A signal in
 * here starts it again from the top. */
    .balign 64
    .globl  og_mpk_resume, og_mpk_resume_end
    .hidden og_mpk_resume, og_mpk_resume_end
og_mpk_resume:
    movb    $MPK_BLOCK, %gs:MPK_SELECTOR
    mov     $0, %ecx
    mov     $0, %edx
    mov     %gs:MPK_PKRU, %eax
    wrpkru
    mov     %gs:MPK_PKRU, %ecx
    not     %ecx
    lea     1(%rcx,%rax), %ecx      /* the difference */
    jecxz   1f
    ud2
1:  mov     %gs:MPK_RESUME_RAX, %rax
    mov     %gs:MPK_RESUME_RCX, %rcx
    mov     %gs:MPK_RESUME_RDX, %rdx
    jmp     *%gs:MPK_RESUME_RIP
og_mpk_resume_end:
    .balign 4096, 0xcc
og_mpk_gate_end:

    .section .note.GNU-stack, "", @progbits
