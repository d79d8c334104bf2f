/* Threads that enter domains: each gets a thread block at its first scope, and gives it back
 * when it exits. The block's first page is readable in domains and holds the selector of the
 * kernel's Syscall User Dispatch; the rest is the host's. */
#include "frame.h"
#include "omniglot/core/uncancelled.h"

#include <asm/prctl.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#define AT_OFFSET(type, field, offset)                                                             \
    _Static_assert(offsetof(struct type, field) == (offset), "layout.h says otherwise")
AT_OFFSET(mpk_thread, selector, MPK_SELECTOR);
AT_OFFSET(mpk_thread, domain_pkru, MPK_PKRU);
AT_OFFSET(mpk_thread, image, MPK_IMAGE);
AT_OFFSET(mpk_thread, frame, MPK_HOST_RSP);
AT_OFFSET(mpk_thread, host_fs, MPK_HOST_FS);
AT_OFFSET(mpk_thread, handler_stack, MPK_HANDLER_STACK);
AT_OFFSET(mpk_thread, secret, MPK_SECRET);
AT_OFFSET(mpk_thread, calls, MPK_CALLS);
AT_OFFSET(mpk_thread, armed, MPK_ARMED);
_Static_assert(MPK_ARMED == MPK_OWN, "a page of its own");
AT_OFFSET(mpk_thread, contexts, MPK_CONTEXTS);
AT_OFFSET(mpk_context, foreign_rsp, MPK_CONTEXT_RSP);
AT_OFFSET(mpk_context, foreign_fs, MPK_CONTEXT_FS);
#define AT_FRAME(field, offset)                                                                    \
    _Static_assert((int)offsetof(struct mpk_frame_rest, field) ==                                  \
                       (int)sizeof(struct mpk_frame_rest) + (offset),                              \
                   "layout.h says otherwise")
AT_FRAME(host_return, MPK_FRAME_RETURN);
AT_FRAME(context, MPK_FRAME_CONTEXT);
AT_FRAME(mxcsr, MPK_FRAME_MXCSR);
AT_FRAME(control, MPK_FRAME_CONTROL);
_Static_assert(sizeof(struct mpk_frame_rest) == MPK_FRAME_BELOW, "layout.h says otherwise");

/* Between the block and the stack for handlers: a frame of the runtime's own, which is larger than
 * a page and which nothing probes, does not reach over it from the end of that stack, whatever was
 * interrupted there; nor do all but huge ones of the host's. */
enum { HEAD = 3 * MPK_PAGE, GUARD = MPK_BLOCK_SIZE - HEAD - MPK_HANDLERS };
_Static_assert(sizeof(struct mpk_thread) <= HEAD, "the block has room for it");
_Static_assert(GUARD >= 8 * (int)sizeof(struct mpk_frame_copy), "a handler could step over it");

static pthread_key_t exit_key;
static __thread enum mpk_refusal refusal; /* why the thread has no block */

extern const char og_mpk_gate_start[], og_mpk_gate_end[];

/* What the gate finds by a null GS base, in place of the gate page: no selector, no domain's
 * rights. It is only read. */
static enum og_error map_nobodys_page(struct og_fault *fault)
{
    void *wanted = (void *)MPK_GS;
    void *page = mmap(wanted, MPK_PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (page == wanted) {
        mpk_rights_of_nobody(page);
        if (!pkey_mprotect(page, MPK_PAGE, PROT_READ, MPK_GATE_KEY))
            return OG_OK;
    }
    int reason = page == MAP_FAILED || page == wanted ? errno : EEXIST;
    if (page != MAP_FAILED)
        munmap(page, MPK_PAGE);
    if (reason == ENOMEM)
        return mpk_out_of_memory(fault);
    return og_fail(fault, OG_UNSUPPORTED, NULL, MPK_GS,
                   "the page at 0x100000, which no program with position-independent code "
                   "uses, cannot be mapped (vm.mmap_min_addr has to be 1048576 or less)");
}

/* The gate's, nobody's page, and who is told that a thread exits: all of it, or nothing. */
static enum og_error open_what_all_share(struct og_fault *fault)
{
    enum og_error error = mpk_rights_open(fault);
    if (error)
        return error;
    if (pkey_mprotect((void *)og_mpk_gate_start, (size_t)(og_mpk_gate_end - og_mpk_gate_start),
                      PROT_READ | PROT_EXEC, MPK_GATE_KEY))
        return mpk_no_code(fault, 0, "the gate cannot be given its key");
    error = map_nobodys_page(fault);
    if (!error && pthread_key_create(&exit_key, mpk_thread_exit)) {
        munmap((void *)MPK_GS, MPK_PAGE);
        error = og_fail(fault, OG_NO_MEMORY, NULL, 0, "no thread-specific key is left");
    }
    return error;
}

enum og_error mpk_threads_open(struct og_fault *fault)
{
    if (og_mpk_thread_blocks)
        return OG_OK;
    size_t count = MPK_THREADS;
    void *range = mpk_reserve(MPK_BLOCK_SIZE, MPK_BLOCK_SIZE, &count);
    if (!range)
        return mpk_no_addresses(fault, "no addresses for thread blocks: ulimit -v may limit them");
    enum og_error error = open_what_all_share(fault);
    if (error) {
        munmap(range, (count + 1) * MPK_BLOCK_SIZE);
        return error;
    }
    og_mpk_thread_blocks_size = count * MPK_BLOCK_SIZE;
    og_mpk_thread_blocks =
        ((uintptr_t)range + MPK_BLOCK_SIZE - 1) & ~(uintptr_t)(MPK_BLOCK_SIZE - 1);
    return OG_OK;
}

/* The kernel writes a thread's rseq area whenever it preempts or signals the thread, and kills
 * the process if it cannot: with a domain's rights it cannot. False: there is one that is not
 * glibc's, of which only its owner can let go; none can be registered beside it. */
static bool leave_restartable_sequences(void)
{
    enum { UNREGISTER = 1, SIGNATURE = 0x53053053, SIZE = 32 };
    struct rseq none __attribute__((aligned(SIZE))) = {0};
    void *glibcs = (char *)__builtin_thread_pointer() + __rseq_offset;
    if (__rseq_size && !syscall(SYS_rseq, glibcs, SIZE, UNREGISTER, SIGNATURE))
        return true;
    if (__rseq_size && errno != EINVAL)
        return errno == ENOSYS;
    /* The thread has none, or another's: somebody can have let go of glibc's. */
    if (syscall(SYS_rseq, &none, SIZE, 0, SIGNATURE))
        return errno != EINVAL;
    return !syscall(SYS_rseq, &none, SIZE, UNREGISTER, SIGNATURE);
}

/* Where each call writes its return address a second time, and each return compares the two (Linux
 * 6.6, where the C library asks for it). With a domain's rights no call can, and after one that has
 * not returned the host's next return would end the process. */
static bool has_shadow_stack(void)
{
    enum { STATUS = 0x5005, IS_ON = 1 };
    uint64_t features = 0;
    return !syscall(SYS_arch_prctl, STATUS, &features) && features & IS_ON;
}

static bool map_block(struct mpk_thread *block)
{
    uintptr_t start = (uintptr_t)block;
    int rights = PROT_READ | PROT_WRITE;
    return !mprotect(block, HEAD, rights) &&
           !mprotect((void *)(start + HEAD + GUARD), MPK_BLOCK_SIZE - HEAD - GUARD, rights) &&
           mpk_process_clear_in_copies((void *)(start + MPK_OWN)) &&
           !pkey_mprotect(block, MPK_PAGE, rights, MPK_GATE_KEY);
}

/* Does no filter deny what a thread does about its signals before each call? Asked while it can
 * still be refused. */
static bool can_be_signalled(void)
{
    uint64_t mask;
    return !syscall(SYS_sigaltstack, NULL, NULL) && !mpk_mask_exchange(SIG_BLOCK, NULL, &mask);
}

/* A signal on the way would find the dispatch on and the thread still unknown: its handler could
 * not take the rights by which the kernel reads the selector, which kills whom it cannot ask. */
static struct mpk_thread *make_block(void)
{
    unsigned index;
    refusal = mpk_process_is_copy() ? MPK_NO_PROCESS
              : has_shadow_stack()  ? MPK_SHADOW_STACK
                                    : MPK_NO_BLOCK;
    struct mpk_thread *block = refusal == MPK_NO_BLOCK ? mpk_threads_take(&index) : NULL;
    if (!block)
        return NULL;
    uint64_t mask = mpk_mask_block_all();
    /* The first page is out of reach until the rights are open, and they are opened by way of
     * the selector in it, which a new page says is MPK_ALLOW. */
    if (!map_block(block) || !mpk_thread_set_base(block))
        goto fail;
    og_mpk_open_rights();
    mpk_rights_start(block);
    block->host_fs = (uintptr_t)__builtin_thread_pointer();
    block->handler_stack = (uintptr_t)block + MPK_BLOCK_SIZE;
    block->id = (pid_t)syscall(SYS_gettid);
    block->index = index;
    block->number = og_thread_number();
    if (getrandom(&block->secret, sizeof(block->secret), 0) != sizeof(block->secret))
        goto fail;
    if (block->id < 0 || !can_be_signalled())
        goto fail;
    block->secret |= 1; /* the gate takes 0 for a block that has none yet */
    if (pthread_setspecific(exit_key, block))
        goto fail;
    refusal = MPK_OTHERS_SEQUENCES;
    if (!leave_restartable_sequences())
        goto fail;
    refusal = MPK_NO_DISPATCH;
    if (!mpk_process_trap_calls(block))
        goto fail;
    mpk_thread_own = block;
    mpk_masks_join(block, mask);
    mpk_threads_set_ready(index, true);
    return block;
fail:
    pthread_setspecific(exit_key, NULL);
    syscall(SYS_arch_prctl, ARCH_SET_GS, 0);
    mpk_mask_set(mask);
    mpk_threads_give(index);
    return NULL;
}

static __attribute__((noinline)) struct mpk_thread *open_block(void)
{
    int cancellation = og_uncancelled_begin();
    struct mpk_thread *block = make_block();
    og_uncancelled_end(cancellation);
    return block;
}

enum mpk_refusal mpk_thread_refusal(void)
{
    return refusal;
}

/* Apart from what makes one, so that callbacks do not pay for its registers. */
struct mpk_thread *mpk_thread_self(void)
{
    return __builtin_expect(mpk_thread_own != NULL, 1) ? mpk_thread_own : open_block();
}
