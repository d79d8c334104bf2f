/* The gate: the only ways into and out of a domain's rights.
 *
 * Rules that every piece follows. Rights change in TAKE_RIGHTS and GIVE_RIGHTS and nowhere else: a
 * WRPKRU, and a check of the value in force before anything else is done, so that a jump to the
 * WRPKRU with other registers gains nothing. While PKRU is open, no register, stack, flag or FS
 * base that the domain could have set is used; the thread is known by its GS base, which no code
 * here can change and a domain can at most make null (by loading a segment selector), and then
 * nothing of a thread's is found (MPK_GS). A failed check goes to og_mpk_trap, and the signal
 * handler ends the call.
 *
 * Before Linux 6.12 each WRPKRU makes way for an XRSTOR when the first domain opens (rights.c, gate_code.c):
 * whoever jumps there chooses then whether rights change, and no more what they become.
 *
 * The selector says BLOCK from just before the rights are given up until just after they are
 * taken back: a system call in between is trapped by the kernel. */
#include "omniglot/mpk/layout.h"

#define THREAD(field) %gs:MPK_GS+field

/* Where gate_code.c finds each change of rights, and what it puts there: as many bytes. */
    .section .rodata.og_mpk_rights, "a", @progbits
    .balign 4
    .globl  og_mpk_rights_sites, og_mpk_rights_sites_end
    .hidden og_mpk_rights_sites, og_mpk_rights_sites_end
og_mpk_rights_sites:

/* GNU ld puts it before most code. Behind it code begins at a page: what link-host puts between is
 * to move that. */
#define GATE_SECTION .section .text.unlikely.og_mpk_gate, "ax", @progbits
    GATE_SECTION

    .macro RIGHTS_SITE start end image
    .pushsection .rodata.og_mpk_rights
    .long   \start - og_mpk_gate_start, \end - \start
    .long   \image
    .popsection
    .endm

/* All rights. Whoever jumps to the WRPKRU chooses the value (ecx and edx have to be null).
 *
 * \from: with whose rights one comes here, and so which image can be read (layout.h). Long
 * instructions where short ones would do: what takes their place is as long. */
    .macro TAKE_RIGHTS from
780:
    .byte   0xc7, 0xc0, 0, 0, 0, 0  /* mov $0, %eax */
    .byte   0xb9, 0, 0, 0, 0        /* mov $0, %ecx */
    .byte   0xba, 0, 0, 0, 0        /* mov $0, %edx */
    wrpkru
781:
    RIGHTS_SITE 780b 781b \from
    test    %eax, %eax
    jne     og_mpk_trap
    .endm

/* The armed domain's rights, and the selector's BLOCK. If the value does not let the gate page be
 * read, the check is a fault, of the domain's by the selector. */
    .macro GIVE_RIGHTS
780:
    mov     THREAD(MPK_PKRU), %eax
    .byte   0xb9, 0, 0, 0, 0        /* mov $0, %ecx, before a signal's frame is the domain's */
    .byte   0xba, 0, 0, 0, 0        /* mov $0, %edx */
    movb    $MPK_BLOCK, THREAD(MPK_SELECTOR)
    wrpkru
781:
    RIGHTS_SITE 780b 781b MPK_IMAGE_OF_THREAD
    cmp     THREAD(MPK_PKRU), %eax
    jne     og_mpk_trap
    .endm

/* The domain's flags are not the host's: direction, nested task, and above all the alignment check,
 * with which an unaligned access is a fault, the host's. So it comes before all that could be one;
 * the stack is the host's, and aligned. */
    .macro USE_HOST_FLAGS
    pushq   $0x202                  /* as the ABI has them */
    popfq
    .endm

/* Pages of its own: domains can read them (thread.c), as an unwinder does that comes upon the
 * gate's return address. */
    GATE_SECTION
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

/* The registers of the x87 unit, which hold what was computed in them below tags that say that they
 * are empty, and the addresses of its last instruction and operand: from the last FLDS on they are
 * the gate's, which the domain knows. EMMS makes the registers empty again, and the stack begin at
 * register 0; the control word stays. An exception that the host has pending is raised here, as by
 * any other instruction of the host's: nothing has changed yet. */
    .macro CLEAR_X87
    .rept   7
    fldz
    .endr
    flds    x87_zero(%rip)
    emms
    .endm
    .balign 4
x87_zero:
    .long   0

/* Where the gate calls C the stacks below are another's: who unwinds (a thread that is cancelled or
 * exits, an exception, backtrace) finds the end there, and does not read the gate's code to guess,
 * to which a thread that has entered no domain has no rights. */
    .macro  NOTHING_BELOW
    .cfi_startproc
    .cfi_undefined rip
    .endm

/* og_mpk_arm(domain), with every register of a call kept: r10 is the domain. */
    .balign 16
arm_for_call:
    NOTHING_BELOW
    push    %rbp
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
    test    %al, %al
    je      2f
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
    je      1f
    CLEAR_WIDE_REGISTERS            /* og_mpk_arm has used them */
1:  ret
2:  leave                           /* the call is poisoned: it returns nothing, to the host */
    add     $8, %rsp
    xor     %eax, %eax
    xor     %edx, %edx
    pxor    %xmm0, %xmm0
    ret
    .cfi_endproc

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
 * Each gate has a second entry, \name\()_wide, for processors with AVX-512. The last one goes on
 * into what follows it (og_mpk_gate_go), which the others jump to. */
    .macro GATE_CALL name shaped floats
    .if \shaped
75: movzwl  %ax, %ebx               /* results on the x87 stack: not the host's return address */
    mov     56(%rsp), %rbp
    mov     %rbp, MPK_FRAME_RETURN(%rsp)
    shr     $17, %eax
    lea     og_mpk_one_x87_result(%rip), %rbp
    je      1f
    lea     og_mpk_two_x87_results(%rip), %rbp
1:  mov     %rbp, 56(%rsp)
    mov     %ebx, %eax
    jmp     76f
    .endif
70: call    arm_for_call            /* another domain's signal stack is armed */
    jmp     71f
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
    cmp     %r10d, THREAD(MPK_ARMED) /* the kernel needs this domain's signal stack */
    jne     70b
71: mov     THREAD(MPK_CONTEXTS)(,%r10,8), %r10
    CLEAR_X87

    /* What the host must find again, on its own stack. The frame goes on below the stack pointer
     * (layout.h), where it is safe from signals (MPK_RED_ZONE). */
    push    %rbx
    push    %rbp
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    pushq   THREAD(MPK_HOST_RSP)
    mov     %rsp, THREAD(MPK_HOST_RSP)
    mov     %r10, MPK_FRAME_CONTEXT(%rsp)
    stmxcsr MPK_FRAME_MXCSR(%rsp)
    fnstcw  MPK_FRAME_CONTROL(%rsp)
    incq    THREAD(MPK_CALLS)
    .if \shaped
    cmp     $0xffff, %eax
    ja      75b
76: lea     64(%rsp), %rbp          /* the stacked arguments: past seven words and the return */
    .endif

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
    mov     MPK_CONTEXT_FS(%r10), %r10 /* the domain's own: it may stay there */
    wrfsbase %r10

    /* Nothing of the host's stays in a register that holds no argument, or a copy of one: from
     * the selector's store on a signal's frame is the domain's. */
    xor     %ebx, %ebx
    xor     %ebp, %ebp
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
    GIVE_RIGHTS
    .if \floats
    mov     $8, %eax                /* variadics: at most 8 vector registers hold arguments */
    .endif                          /* else it is none, and eax its own rights */
    .if \shaped || \floats
    jmp     og_mpk_gate_go
    .endif
    .size   \name, . - \name
    .endm

    GATE_CALL og_mpk_gate_call 0 1
    GATE_CALL og_mpk_gate_call_shaped 1 1
    GATE_CALL og_mpk_gate_call_shaped_integers 1 0
    GATE_CALL og_mpk_gate_call_integers 0 0

/* With the domain's rights. A CALL, and the return after it, are what processors predict. */
og_mpk_gate_go:
    mov     %r12, %rdx
    mov     %r13, %rcx
    call    *%r11

/* The domain's function returns here, with the domain's rights.
 *
 *   rax rdx, xmm0 xmm1   results, handed on, and of st0 st1 as many as the thunk said
 *   everything else      not trusted, and replaced: the x87 unit is emptied, or what the domain
 *                        left on its stack, or pending, would be the host's
 *
 * A signal between the WRPKRU and the selector's store resumes at og_mpk_gate_restart. */
    .globl  og_mpk_gate_return, og_mpk_gate_restart, og_mpk_gate_allowed, og_mpk_recover
    .hidden og_mpk_gate_return, og_mpk_gate_restart, og_mpk_gate_allowed, og_mpk_recover
og_mpk_gate_return:
    mov     %rax, %r8
    mov     %rdx, %r9
og_mpk_gate_restart:
    TAKE_RIGHTS MPK_IMAGE_FOR_DOMAINS
    movb    $MPK_ALLOW, THREAD(MPK_SELECTOR)
og_mpk_gate_allowed:
/* A call that faulted goes on here, by way of the signal handler, with r8 and r9 null. */
og_mpk_recover:
    mov     THREAD(MPK_HOST_RSP), %rsp
    USE_HOST_FLAGS
    mov     THREAD(MPK_HOST_FS), %rax
    wrfsbase %rax
    ldmxcsr MPK_FRAME_MXCSR(%rsp)
    fninit
    fldcw   MPK_FRAME_CONTROL(%rsp)
    popq    THREAD(MPK_HOST_RSP)
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %rbp
    pop     %rbx
    mov     %r8, %rax
    mov     %r9, %rdx
    ret

/* Where calls with results on the x87 stack return to, on their way to the host. The unit is empty by
 * its tags, but its registers are as the function left them: a stack that was empty and began at
 * register 0 has its first value in register 7. Its tags, and no more, are put back. */
    .macro  X87_RESULTS name status tags
    .balign 16
\name:
    pushq   MPK_FRAME_RETURN-64(%rsp)
    fnstcw  -8(%rsp)
    fldenv  1f(%rip)
    fldcw   -8(%rsp)
    ret
    .balign 4
1:  .long   0x37f, \status, \tags, 0, 0, 0, 0
    .endm
    X87_RESULTS og_mpk_one_x87_result 0x3800 0x3fff
    X87_RESULTS og_mpk_two_x87_results 0x3000 0x0fff

/* Every failed check ends here, with rights that are all, the domain's or, from Linux 6.12 on,
 * anything: the kernel can write the frame of the trap's signal, and the handler ends the call.
 *
 * So a domain can stand at the UD2 with all rights. It gains nothing: nothing but a signal can follow,
 * the UD2's, a single step's (TF), or any other's. The selector says BLOCK, by which the handler knows a
 * domain: it ends the call after a trap or a step, and after another signal goes on here with the
 * domain's rights. The alignment check has nothing to check. */
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
    TAKE_RIGHTS MPK_IMAGE_FOR_HOST
    cmpb    $MPK_ALLOW, THREAD(MPK_SELECTOR)
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
 * On the foreign stack it leaves a struct callback_frame (callback.c), which layout.h describes. */
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
    NOTHING_BELOW
    push    %rbx
    push    %rbp
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    sub     $MPK_CALLBACK_REGISTERS, %rsp
    stmxcsr MPK_CALLBACK_MXCSR(%rsp)
    fnstcw  MPK_CALLBACK_CONTROL(%rsp)
    mov     %eax, %ebx
    mov     %rdx, %r12              /* WRPKRU needs them */
    mov     %rcx, %r13
    mov     %rsp, %rbp
og_mpk_callback_restart:
    TAKE_RIGHTS MPK_IMAGE_FOR_DOMAINS
    movb    $MPK_ALLOW, THREAD(MPK_SELECTOR)
og_mpk_callback_allowed:
    mov     THREAD(MPK_HOST_RSP), %rsp
    USE_HOST_FLAGS
    mov     THREAD(MPK_HOST_FS), %rax
    wrfsbase %rax
    ldmxcsr MPK_FRAME_MXCSR(%rsp)
    fninit
    fldcw   MPK_FRAME_CONTROL(%rsp)
    /* The arguments, a struct og_arguments: what the domain's registers hold is written, and used
     * for nothing else. The slot and the frame's place are checked in C. */
    sub     $MPK_FRAME_BELOW + MPK_ARGUMENTS_SIZE, %rsp
    mov     %rdi, (%rsp)
    mov     %rsi, 8(%rsp)
    mov     %r12, 16(%rsp)
    mov     %r13, 24(%rsp)
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
    mov     %ebx, %edi
    mov     %rbp, %rsi
    mov     %rsp, %rdx
    /* Aligned: a call leaves seven words below the host's return address.
     * Returns the frame on the foreign stack, and the domain's FS base. */
    call    og_mpk_callback_serve
    CLEAR_X87
    cmpb    $0, og_mpk_has_wide_registers(%rip)
    je      1f
    CLEAR_WIDE_REGISTERS
1:
    wrfsbase %rdx
    mov     %rax, %rsp
    /* As in a call, nothing of the host's stays in a register: a signal before the rights are given
     * puts them on the foreign stack. */
    xor     %esi, %esi
    xor     %edi, %edi
    xor     %r8d, %r8d
    xor     %r9d, %r9d
    xor     %r10d, %r10d
    xor     %r11d, %r11d
    vzeroall
    GIVE_RIGHTS                     /* callback_serve has armed this domain */
    ldmxcsr MPK_CALLBACK_MXCSR(%rsp) /* the domain's own; if it has changed them, its fault */
    fldcw   MPK_CALLBACK_CONTROL(%rsp)
    mov     MPK_CALLBACK_RESULT(%rsp), %rax
    movsd   MPK_CALLBACK_FLOAT(%rsp), %xmm0
    add     $MPK_CALLBACK_REGISTERS, %rsp
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %rbp
    pop     %rbx
    ret
    .cfi_endproc

/* What was interrupted, as a signal's frame has it that begins where rbx points: for DWARF register
 * \number the ucontext's \index. Each byte of code below is an expression of DWARF: 0x73 is rbx and a
 * number, which goes on while bit 7 is set; 6 reads there; 0x0f and 0x10 say what is found so, the
 * frame's address and a register. */
#define FRAME_GREG(index) (8 + MPK_UCONTEXT_RIP + 8 * ((index) - 16))
    .macro  INTERRUPTED number index
    .cfi_escape 0x10, \number, 3, 0x73, FRAME_GREG(\index) & 0x7f | 0x80, FRAME_GREG(\index) >> 7
    .endm
    .macro  INTERRUPTED_FRAME
    .cfi_startproc
    .cfi_signal_frame
    .cfi_escape 0x0f, 4, 0x73, FRAME_GREG(15) & 0x7f | 0x80, FRAME_GREG(15) >> 7, 6
    INTERRUPTED 0, 13               /* rax */
    INTERRUPTED 1, 12               /* rdx */
    INTERRUPTED 2, 14               /* rcx */
    INTERRUPTED 3, 11               /* rbx */
    INTERRUPTED 4, 9                /* rsi */
    INTERRUPTED 5, 8                /* rdi */
    INTERRUPTED 6, 10               /* rbp */
    INTERRUPTED 7, 15               /* rsp */
    INTERRUPTED 8, 0                /* r8 to r15 */
    INTERRUPTED 9, 1
    INTERRUPTED 10, 2
    INTERRUPTED 11, 3
    INTERRUPTED 12, 4
    INTERRUPTED 13, 5
    INTERRUPTED 14, 6
    INTERRUPTED 15, 7
    INTERRUPTED 16, 16              /* rip */
    .endm

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
    NOTHING_BELOW                   /* that could be found: the signal stack is of no use by then */
    mov     %rsp, %rax
    sub     og_mpk_signal_stacks(%rip), %rax
    cmp     og_mpk_signal_stacks_size(%rip), %rax
    jae     1f
    shr     $MPK_SIGNAL_STACK_SHIFT, %rax
    lea     og_mpk_signal_stack_owners(%rip), %rcx
    mov     (%rcx,%rax,8), %r8
    mov     MPK_SECRET(%r8), %r9
    mov     %rdx, %r10

    TAKE_RIGHTS MPK_IMAGE_FOR_HOST
    mov     %r8, %rax
    sub     og_mpk_thread_blocks(%rip), %rax
    cmp     og_mpk_thread_blocks_size(%rip), %rax
    jae     og_mpk_trap
    test    $(MPK_BLOCK_SIZE - 1), %eax
    jne     og_mpk_trap
    test    %r9, %r9                /* a block that is being made has none yet */
    je      og_mpk_trap
    cmp     %r9, MPK_SECRET(%r8)
    jne     og_mpk_trap

    /* What the host has on the stack for handlers stays as it is: a handler of its own has called in,
     * from above the innermost frame, or is interrupted after that. The stack pointer that was
     * interrupted counts where it is the host's: the selector says so, two instructions early. */
    mov     MPK_HANDLER_STACK(%r8), %rsp
    mov     MPK_HOST_RSP(%r8), %rax
    mov     %rax, %rcx
    sub     %r8, %rcx
    cmp     $MPK_BLOCK_SIZE, %rcx
    cmovb   %rax, %rsp
    cmpb    $MPK_ALLOW, MPK_SELECTOR(%r8)
    jne     2f
    mov     MPK_UCONTEXT_RIP(%r10), %rcx
    lea     og_mpk_gate_allowed(%rip), %rax
    cmp     %rax, %rcx
    je      2f
    lea     og_mpk_callback_allowed(%rip), %rax
    cmp     %rax, %rcx
    je      2f
    lea     og_mpk_resume(%rip), %rax /* on its way into the domain, whose stack it has already */
    sub     %rax, %rcx
    cmp     $(og_mpk_resume_given - og_mpk_resume), %rcx
    jb      2f
    mov     MPK_UCONTEXT_RSP(%r10), %rax
    mov     %rax, %rcx
    sub     %r8, %rcx
    cmp     $MPK_BLOCK_SIZE, %rcx
    jae     2f
    cmp     %rsp, %rax
    cmovb   %rax, %rsp
2:  sub     $MPK_RED_ZONE, %rsp
    and     $-16, %rsp
    USE_HOST_FLAGS
    xor     %ebp, %ebp
    xor     %r9d, %r9d
    mov     %rsi, %rdx
    mov     %rdi, %rsi
    mov     %r8, %rdi
    mov     %r10, %rcx
    rdfsbase %r8
    mov     MPK_HOST_FS(%rdi), %rax
    wrfsbase %rax
    call    *og_mpk_on_signal(%rip) /* which goes on by og_mpk_sigreturn */
    ud2

    /* Not on a signal stack of ours: the host was interrupted, and nothing is to be opened. What is
     * called says how far it has moved the frame, if it has, and is called again there. Cleanup
     * handlers of what was interrupted run when the thread is cancelled here, C++'s too. */
1:  mov     %rsp, %rbx
    .cfi_endproc
    INTERRUPTED_FRAME
    mov     %edi, %r12d
    mov     %rsi, %r13
    mov     %rdx, %r14
3:  mov     %r12d, %edi
    mov     %r13, %rsi
    mov     %r14, %rdx
    and     $-16, %rsp
    call    *og_mpk_on_signal_elsewhere(%rip)
    add     %rax, %rbx
    add     %rax, %r13
    add     %rax, %r14
    mov     %rbx, %rsp
    test    %rax, %rax
    jne     3b
    mov     $15, %eax
    add     $8, %rsp
    syscall
    ud2
    .cfi_endproc
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

/* Back into a domain that a signal interrupted. rt_sigreturn has put back everything but rax, rcx,
 * rdx, the flags and rip, with PKRU open. These the handler has put onto the foreign stack, below
 * the red zone, and rsp is there (MPK_RESUME_SIZE).
 *
 * A signal before og_mpk_resume_given starts it again from the top, where rsp is the same; one after
 * it interrupts the domain as anywhere else. */
    .balign 64
    .globl  og_mpk_resume, og_mpk_resume_given
    .hidden og_mpk_resume, og_mpk_resume_given
og_mpk_resume:
    GIVE_RIGHTS
og_mpk_resume_given:
    pop     %rax
    pop     %rcx
    pop     %rdx
    popfq
    ret     $MPK_RED_ZONE
    .balign 4096, 0xcc

/* What XRSTOR takes, with no component in use: PKRU, if it is asked for, becomes 0, all rights. One
 * that domains can read; and one that the host can, to which the rights by which a signal's handler
 * starts give no gate page. Whatever the processor may read of them is there. */
    .macro  ALL_RIGHTS_IMAGE name
    .globl  \name
    .hidden \name
\name:
    .zero   24
    .long   0x1f80                  /* MXCSR, which is taken with vector registers */
    .balign 4096, 0
    .endm

    ALL_RIGHTS_IMAGE og_mpk_image_for_domains
og_mpk_gate_end:

/* What a signal comes to: signal.c's, which says so before it has the kernel come here. */
    .bss
    .balign 8
    .globl  og_mpk_on_signal, og_mpk_on_signal_elsewhere
    .hidden og_mpk_on_signal, og_mpk_on_signal_elsewhere
og_mpk_on_signal:
    .skip   8
og_mpk_on_signal_elsewhere:
    .skip   8

    .section .rodata.og_mpk_rights
    .globl  og_mpk_give_by_image, og_mpk_give_by_image_end
    .hidden og_mpk_give_by_image, og_mpk_give_by_image_end
    .globl  og_mpk_take_by_image, og_mpk_take_by_image_end
    .hidden og_mpk_take_by_image, og_mpk_take_by_image_end
og_mpk_rights_sites_end:

/* What takes the place of the WRPKRUs. This is the host's memory, which may be executable: the first
 * byte of each XRSTOR, 0F, is put in by gate_code.c. */
#define RDPKRU .byte 0x0f, 0x01, 0xee
og_mpk_give_by_image:
    mov     $MPK_PKRU_COMPONENT, %eax
    xor     %ecx, %ecx
    xor     %edx, %edx
    movb    $MPK_BLOCK, THREAD(MPK_SELECTOR)
    .byte   0x65, 0, 0xae, 0x2c, 0x25 /* xrstor THREAD(MPK_IMAGE) */
    .long   MPK_GS + MPK_IMAGE
    RDPKRU
og_mpk_give_by_image_end:
og_mpk_take_by_image:
    mov     $MPK_PKRU_COMPONENT, %eax
    xor     %ecx, %ecx
    xor     %edx, %edx
    .byte   0, 0xae, 0x2d           /* xrstor image(%rip) */
    .long   0
    RDPKRU
og_mpk_take_by_image_end:

    .section .rodata.og_mpk_image, "a", @progbits
    .balign 4096
    ALL_RIGHTS_IMAGE og_mpk_image_for_host

    .section .note.GNU-stack, "", @progbits
