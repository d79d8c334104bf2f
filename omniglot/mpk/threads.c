/* Which threads have a block, and which block is the calling thread's. */
#include "mpk.h"

#include <asm/prctl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

uintptr_t og_mpk_thread_blocks, og_mpk_thread_blocks_size;
static struct mpk_thread *threads[MPK_THREADS];
static bool ready[MPK_THREADS]; /* the block is mapped */
static unsigned taken_end;      /* none from here on ever was */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
__thread struct mpk_thread *mpk_thread_own;

struct mpk_thread *mpk_threads_take(unsigned *index)
{
    struct mpk_thread *taken = NULL;
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < mpk_threads_limit() && !taken; i++) {
        if (!threads[i]) {
            taken_end = i < taken_end ? taken_end : i + 1;
            taken = (struct mpk_thread *)(og_mpk_thread_blocks + i * (size_t)MPK_BLOCK_SIZE);
            threads[i] = taken;
            *index = i;
        }
    }
    pthread_mutex_unlock(&lock);
    return taken;
}

void mpk_threads_set_ready(unsigned index, bool is)
{
    pthread_mutex_lock(&lock);
    ready[index] = is;
    pthread_mutex_unlock(&lock);
}

static bool unmap_block(struct mpk_thread *block)
{
    return mmap(block, MPK_BLOCK_SIZE, PROT_NONE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED;
}

/* A block that cannot be unmapped is nobody's again: the next thread would find in it what the
 * last one had. */
void mpk_threads_give(unsigned index)
{
    bool gone = unmap_block(threads[index]);
    pthread_mutex_lock(&lock);
    if (gone)
        threads[index] = NULL;
    pthread_mutex_unlock(&lock);
}

bool mpk_thread_set_base(struct mpk_thread *thread)
{
    return mpk_thread_in_gate() == thread ||
           !syscall(SYS_arch_prctl, ARCH_SET_GS, (uintptr_t)thread - MPK_GS);
}

struct mpk_thread *mpk_thread_if_any(void)
{
    return mpk_thread_own;
}

static void put_right(void)
{
    if (!mpk_thread_own)
        return;
    mpk_thread_own->id = (pid_t)syscall(SYS_gettid);
    mpk_thread_own->is_mask_unsure = true;  /* the host may have asked the kernel itself */
    atomic_store(&mpk_thread_own->told, 0); /* what was pending is the parent's */
    mpk_thread_own->held = 0;
    /* Without the dispatch a domain could make any system call: then it is not to be entered. */
    if (mpk_process_trap_calls(mpk_thread_own))
        return;
    if (mpk_thread_own->frame) /* from a callback, which returns there */
        __builtin_trap();
    memset(mpk_thread_own->contexts, 0, sizeof(mpk_thread_own->contexts));
    mpk_thread_own->has_no_dispatch = true;
}

static __thread bool opens;

bool mpk_thread_opens(bool does)
{
    bool did = opens;
    opens = does;
    return did;
}

/* What is loaded is memory that the child shares: there it is not to go on. */
void mpk_thread_in_child(void)
{
    if (opens)
        return;
    mpk_domains_forked();
    put_right();
    mpk_process_put_right(mpk_thread_own);
}

void mpk_threads_forked(void)
{
    for (unsigned i = 0; i < taken_end; i++) {
        if (threads[i] && threads[i] != mpk_thread_own) {
            ready[i] = false;
            if (unmap_block(threads[i]))
                threads[i] = NULL;
        }
    }
    mpk_thread_in_child();
}

void mpk_threads_visit(void (*visit)(struct mpk_thread *thread))
{
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < taken_end; i++)
        if (threads[i] && ready[i])
            visit(threads[i]);
    pthread_mutex_unlock(&lock);
}

pthread_mutex_t *mpk_threads_lock(void)
{
    return &lock;
}
