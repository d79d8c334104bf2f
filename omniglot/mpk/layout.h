/* Offsets and constants that the gate's assembly and the C files share. thread.c asserts that
 * the C structures agree.
 *
 * A thread that enters domains has a *thread block*, at its GS base: one page that domains can
 * read (the gate page: what the kernel and the gate must see with the domain's rights), then
 * memory that only the host can touch, then the stack for signal handlers. */
#ifndef OMNIGLOT_MPK_LAYOUT_H
#define OMNIGLOT_MPK_LAYOUT_H

/* The gate page. */
#define MPK_SELECTOR   0 /* byte: MPK_ALLOW or MPK_BLOCK, read by the kernel's dispatch */
#define MPK_PKRU       4 /* the PKRU of the armed domain */
#define MPK_RESUME_RAX 8 /* what og_mpk_resume puts back last */
#define MPK_RESUME_RCX 16
#define MPK_RESUME_RDX 24
#define MPK_RESUME_RIP 32

/* The host's part. */
#define MPK_PRIVATE       4096
#define MPK_HOST_RSP      (MPK_PRIVATE + 0) /* innermost gate frame; 0: none */
#define MPK_HOST_FS       (MPK_PRIVATE + 8)
#define MPK_HANDLER_STACK (MPK_PRIVATE + 16)
#define MPK_SECRET        (MPK_PRIVATE + 24) /* proof that a signal handler was entered at its start */
#define MPK_CALLS         (MPK_PRIVATE + 32) /* counts entries, for the deadline */
#define MPK_ARMED         (MPK_PRIVATE + 40) /* domain whose signal stack is armed; ~0: none */
#define MPK_RETURN        (MPK_PRIVATE + 48) /* og_mpk_gate_return */
#define MPK_CONTEXTS      (MPK_PRIVATE + 64) /* struct mpk_context *[MPK_DOMAINS] */

#define MPK_BLOCK_SIZE 0x40000 /* stride of thread blocks, which are aligned to it */

/* struct mpk_context, as far as the gate is concerned. */
#define MPK_CONTEXT_RSP 0
#define MPK_CONTEXT_FS  8

/* The frame a call leaves on the host's stack, from its lowest address. */
#define MPK_FRAME_OUTER   0 /* the next outer frame */
#define MPK_FRAME_CONTEXT 8

#define MPK_DOMAINS   64
#define MPK_NO_DOMAIN 0xffffffffffffffff
#define MPK_CALLBACKS 64

#define MPK_ALLOW 0
#define MPK_BLOCK 1

#define MPK_SIGNAL_STACK_SHIFT 15 /* signal stacks are 32 KiB */

/* The system call by which the boot program says that the loader is done. No kernel has it. */
#define MPK_BOOTED 0x6f67

#endif
