/* Signal stacks: where the kernel writes a frame when a signal finds a thread inside a domain. One
 * for each thread in each domain it has entered, with the domain's key where the kernel writes
 * with the interrupted code's rights. */
#include "mpk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { SIGNAL_STACKS = 2048, SIGNAL_STACK = MPK_SIGNAL_STACK };

uintptr_t og_mpk_signal_stacks, og_mpk_signal_stacks_size;
struct mpk_thread *og_mpk_signal_stack_owners[SIGNAL_STACKS] __attribute__((visibility("hidden")));
static bool left[SIGNAL_STACKS]; /* the domain is closed, the owner may still have it armed */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

enum og_error mpk_signal_stacks_open(struct og_fault *fault)
{
    size_t size = (size_t)SIGNAL_STACKS * SIGNAL_STACK;
    void *stacks = mmap(NULL, size + SIGNAL_STACK, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stacks == MAP_FAILED)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "cannot reserve signal stacks");
    og_mpk_signal_stacks_size = size;
    og_mpk_signal_stacks = ((uintptr_t)stacks + SIGNAL_STACK - 1) & ~(uintptr_t)(SIGNAL_STACK - 1);
    return OG_OK;
}

/* From 6.12 on the kernel can write a frame that the interrupted code could not. */
static bool frames_need_domain_key(void)
{
    static int needs = -1;
    struct utsname name;
    if (needs < 0) {
        char *end = name.release;
        long major = uname(&name) ? 0 : strtol(name.release, &end, 10);
        long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
        needs = major < 6 || (major == 6 && minor < 12);
    }
    return needs;
}

uintptr_t mpk_signal_stack_take(struct mpk_thread *thread, int key)
{
    uintptr_t stack = 0;
    int rights = PROT_READ | PROT_WRITE;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < SIGNAL_STACKS && !stack; i++) {
        if (og_mpk_signal_stack_owners[i])
            continue;
        stack = og_mpk_signal_stacks + i * SIGNAL_STACK;
        if (pkey_mprotect((void *)stack, SIGNAL_STACK, rights,
                          frames_need_domain_key() ? key : 0)) {
            stack = 0;
            break;
        }
        og_mpk_signal_stack_owners[i] = thread;
    }
    pthread_mutex_unlock(&lock);
    return stack;
}

/* With the lock held. A stack that cannot be cleared is not used again. */
static void free_stack(size_t index)
{
    if (mmap((void *)(og_mpk_signal_stacks + index * SIGNAL_STACK), SIGNAL_STACK, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
        return;
    og_mpk_signal_stack_owners[index] = NULL;
    left[index] = false;
}

static void free_left_stacks(struct mpk_thread *thread)
{
    if (!atomic_load(&thread->stacks_left) || thread->handling)
        return;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < SIGNAL_STACKS; i++)
        if (left[i] && og_mpk_signal_stack_owners[i] == thread)
            free_stack(i);
    atomic_store(&thread->stacks_left, 0);
    pthread_mutex_unlock(&lock);
}

static void disarm(struct mpk_thread *thread)
{
    /* The host's own comes back. */
    syscall(SYS_sigaltstack, &thread->host_stack, NULL);
    atomic_store(&thread->armed, MPK_NO_DOMAIN);
}

void mpk_signal_stack_give(uintptr_t stack, struct mpk_thread *thread, unsigned domain)
{
    uint64_t armed = domain;
    if (!stack)
        return;
    size_t index = (stack - og_mpk_signal_stacks) / SIGNAL_STACK;
    bool own = thread == mpk_thread_self();
    if (own && thread->armed == domain)
        disarm(thread);
    pthread_mutex_lock(&lock);
    if (own) {
        free_stack(index);
    } else {
        pkey_mprotect((void *)stack, SIGNAL_STACK, PROT_READ | PROT_WRITE, 0);
        left[index] = true;
        atomic_fetch_add(&thread->stacks_left, 1);
        /* The number will be another domain's: the thread has to arm that one's stack. */
        atomic_compare_exchange_strong(&thread->armed, &armed, MPK_NO_DOMAIN);
    }
    pthread_mutex_unlock(&lock);
}

void mpk_signal_stacks_leave(struct mpk_thread *thread)
{
    disarm(thread);
    thread->handling = false;
    free_left_stacks(thread);
}

stack_t mpk_signal_stack_at(uintptr_t start)
{
    return (stack_t){
        .ss_sp = (void *)start, .ss_size = SIGNAL_STACK, .ss_flags = (int)MPK_SS_AUTODISARM};
}

static void clear(struct mpk_context *context)
{
    void *stack = (void *)context->signal_stack;
    if (madvise(stack, SIGNAL_STACK, MADV_DONTNEED))
        memset(stack, 0, SIGNAL_STACK);
    context->signal_stack_stale = false;
}

/* Another thread's may be in use at this moment, by a signal that found the host: that thread arms
 * it before it enters again, and clears it then. */
void mpk_signal_stack_clear(struct mpk_context *context)
{
    uint64_t armed = context->domain->index;
    if (context->thread == mpk_thread_self()) {
        clear(context);
        return;
    }
    context->signal_stack_stale = true;
    atomic_fetch_add(&context->thread->stacks_left, 1); /* a handler there does not arm it again */
    atomic_compare_exchange_strong(&context->thread->armed, &armed, MPK_NO_DOMAIN);
}

void og_mpk_arm(unsigned domain)
{
    struct mpk_thread *thread = mpk_thread_self();
    int number = errno;
    if (thread->contexts[domain]->signal_stack_stale)
        clear(thread->contexts[domain]);
    stack_t stack = mpk_signal_stack_at(thread->contexts[domain]->signal_stack);
    /* It cannot fail; and without a stack the domain is not to be entered. */
    if (syscall(SYS_sigaltstack, &stack, NULL))
        __builtin_trap();
    if (thread->is_mask_unsure)
        mpk_masks_settle(thread);
    thread->domain_pkru = thread->contexts[domain]->pkru;
    atomic_store(&thread->armed, domain);
    free_left_stacks(thread);
    errno = number;
}
