/* Offsets and constants that the gate's assembly and the C files share. thread.c asserts that
 * the C structures agree.
 *
 * A thread that enters domains has a *thread block*: one page that domains can read (the gate
 * page: what the kernel and the gate must see with the domain's rights), then two that only the
 * host can touch, then a guard, then the stack for signal handlers. */
#ifndef OMNIGLOT_MPK_LAYOUT_H
#define OMNIGLOT_MPK_LAYOUT_H

/* The thread's GS base is its block less this. A domain can make the base null, and the gate then
 * looks for the gate page at this address: a page is mapped there that gives all domains the
 * same, namely nothing (thread.c). So the gate can read its thread's page with a domain's rights,
 * whatever they are and whatever the base is, without a fault. */
#define MPK_GS 0x100000

/* The key that every domain can read and none can write, and what PKRU says if it cannot be read:
 * two bits a key, 1 denies access, 2 denies writing (Intel SDM volume 3, 4.6.2). */
#define MPK_GATE_KEY        1
#define MPK_GATE_KEY_DENIED (1 << 2 * MPK_GATE_KEY)

/* The gate page. */
#define MPK_SELECTOR 0  /* byte: MPK_ALLOW or MPK_BLOCK, read by the kernel's dispatch */
#define MPK_PKRU     4  /* the PKRU of the armed domain */
#define MPK_IMAGE    64 /* the same, as XRSTOR takes it (rights.c) */

/* Images, from which XRSTOR takes rights: the thread's, in its gate page; that of all rights which
 * every domain can read; and the one which the rights can read that a signal's handler starts with.
 * No page is readable with both. */
#define MPK_IMAGE_OF_THREAD   0
#define MPK_IMAGE_FOR_DOMAINS 1
#define MPK_IMAGE_FOR_HOST    2

/* PKRU among the processor's state (Intel SDM volume 1, 13.1), as a mask of components. */
#define MPK_PKRU_COMPONENT 0x200

/* The host's part. */
#define MPK_PRIVATE       4096
#define MPK_HOST_RSP      (MPK_PRIVATE + 0) /* innermost gate frame; 0: none */
#define MPK_HOST_FS       (MPK_PRIVATE + 8)
#define MPK_HANDLER_STACK (MPK_PRIVATE + 16)
#define MPK_SECRET        (MPK_PRIVATE + 24) /* proof that a signal handler was entered at its start */
#define MPK_CALLS         (MPK_PRIVATE + 32) /* counts entries, for the deadline */
#define MPK_CONTEXTS      (MPK_PRIVATE + 48) /* struct mpk_context *[MPK_DOMAINS] */

/* What the kernel clears in a copy of the process (process.c): a page. */
#define MPK_OWN   8192
#define MPK_ARMED (MPK_OWN + 0) /* domain whose signal stack is armed; 0: none */

#define MPK_BLOCK_SIZE 0x80000 /* stride of thread blocks, which are aligned to it */
#define MPK_HANDLERS   0x3c000 /* bytes of the stack for handlers, which ends with the block */

/* struct mpk_context, as far as the gate is concerned. */
#define MPK_CONTEXT_RSP 0
#define MPK_CONTEXT_FS  8

/* The frame a call leaves on the host's stack: a pointer to the next outer one, and, from there
 * downwards, a word that is nobody's, what the host had in MXCSR and the x87 control word, the
 * context, and, where results are on the x87 stack, the host's return address. */
#define MPK_FRAME_MXCSR   -16
#define MPK_FRAME_CONTROL -12
#define MPK_FRAME_CONTEXT -24
#define MPK_FRAME_RETURN  -32
#define MPK_FRAME_BELOW   32

#define MPK_ARGUMENTS_SIZE 112 /* struct og_arguments */

/* What og_mpk_callback leaves on the foreign stack, from below: struct callback_frame. */
#define MPK_CALLBACK_RESULT    0
#define MPK_CALLBACK_FLOAT     8
#define MPK_CALLBACK_MXCSR     16
#define MPK_CALLBACK_CONTROL   20
#define MPK_CALLBACK_REGISTERS 24
#define MPK_CALLBACK_SIZE      80 /* with the return address */

/* What og_mpk_resume takes from the foreign stack, where the ABI lets nobody else write: below the
 * red zone of what was interrupted. */
#define MPK_RED_ZONE    128
#define MPK_RESUME_SIZE 40 /* rax, rcx, rdx, flags, rip */

/* In the ucontext that the kernel hands to a handler. */
#define MPK_UCONTEXT_RSP 160
#define MPK_UCONTEXT_RIP 168

#define MPK_DOMAINS   65 /* with number 0, which is none's */
#define MPK_NO_DOMAIN 0
#define MPK_CALLBACKS 64

#define MPK_ALLOW 0
#define MPK_BLOCK 1

#define MPK_SIGNAL_STACK_SHIFT 15 /* signal stacks are 32 KiB */

/* The system call by which the boot program says that the loader is done. No kernel has it. */
#define MPK_BOOTED 0x6f67

#endif
