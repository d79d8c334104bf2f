/* Signal stacks: where the kernel writes a frame when a signal finds a thread inside a domain. One
 * for each thread in each domain that it has entered.
 *
 * Before Linux 6.12 the kernel writes the frame with the interrupted code's rights, so that a stack
 * has to have the domain's key while foreign code runs on its thread; and the same stack is where
 * the frame goes when the *host* is interrupted on that thread, in a callback or after a call. What
 * keeps foreign code from forging the host's frame, and is asserted below and in the tests:
 *
 *   1. At most one stack of a domain has the domain's key: it is lent to (mpk_domain.lent) the
 * owner of the domain's turn (core/turn.h), or, where there is no owner, to who was it last.
 *   2. Foreign code of a domain runs only on the owner's thread. So whenever the host runs on a
 *      thread whose stack is lent, nobody runs who could write there.
 *   3. When the domain passes on, the stack that is lent, whose thread is in no scope of the
 * domain, is taken back before the next one's is lent, by the thread that enters, with the turn's
 * lock held. Where either fails nobody owns the domain, and it is done again for who comes next.
 *   4. A stack that is armed is the thread's own; entering a domain arms the stack of that domain,
 *      which is lent by then.
 *   5. A thread that exits disarms and unmaps its stack before the domain passes on.
 *   6. A stack whose key could not be put right is used by nobody again, and the domain's key is
 *      then given to no other domain.
 *   7. A stack that is given back is unmapped: the next thread finds zeros.
 *
 * From 6.12 on no stack is ever lent: the kernel writes the frame whatever the code's rights are.
 *
 * Which stack is armed the kernel knows, and `armed` of the thread says so to the gate. What it
 * says is that the kernel has the stack of the thread's context in that domain, and nothing of what
 * was there before a reset; or it says none, which is always right to say, and costs the next call
 * a system call. That it is never wrong:
 *
 * - It is set to a domain by the domain's thread alone, while that is inside (og_mpk_arm, going on
 *   in foreign code), where nobody can close or reset the domain, nor take the stack.
 * - Who closes or resets the domain sets it to none, if it is that domain, when nobody is inside
 *   and before the number is another domain's.
 * - In a copy of the process it is none (process.c), and none is armed before that is put right.
 * - A handler sets it to none, at its start and at its end, and puts nothing back: what it was may
 *   be true no more. Code that was interrupted after it had looked, in the gate, is inside, so that
 *   its stack is there, and the kernel gets that back.
 *
 * While a handler of the host's runs the kernel has the host's own alternate stack, and keeps it if
 * the handler leaves by longjmp.
 *
 * A handler that has interrupted the host does not keep the stack on which it came: where the
 * thread has given that back meanwhile, by closing the domain itself or arming another's after
 * somebody else has, the kernel gets the host's own when the handler returns
 * (mpk_signal_stack_after). So it does not matter here which handlers are under way, and which have
 * left by longjmp. Only the thread itself takes stacks for it and frees them, so that no other
 * changes whether one is its own.
 *
 * Where a domain is reset no frame is on its stacks that is still to be returned to: the threads
 * are outside. (What is left there of older ones is for reset to clear.) */
#include "frame.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SIGNAL_STACKS = MPK_SIGNAL_STACKS, SIGNAL_STACK = MPK_SIGNAL_STACK };

uintptr_t og_mpk_signal_stacks, og_mpk_signal_stacks_size;
struct mpk_thread *og_mpk_signal_stack_owners[SIGNAL_STACKS] __attribute__((visibility("hidden")));
static bool left[SIGNAL_STACKS]; /* the domain is closed, the owner may still have it armed */
static bool lost[SIGNAL_STACKS]; /* never to be used again */
static size_t first_free;        /* all before are somebody's, or lost */
static size_t taken_end;         /* none from here on ever was */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* all of these */

enum og_error mpk_signal_stacks_open(struct og_fault *fault)
{
    size_t count = SIGNAL_STACKS;
    if (og_mpk_signal_stacks)
        return OG_OK;
    void *stacks = mpk_reserve(SIGNAL_STACK, SIGNAL_STACK, &count);
    if (!stacks)
        return mpk_no_addresses(fault, "no addresses for signal stacks: ulimit -v may limit them");
    og_mpk_signal_stacks_size = count * SIGNAL_STACK;
    og_mpk_signal_stacks = ((uintptr_t)stacks + SIGNAL_STACK - 1) & ~(uintptr_t)(SIGNAL_STACK - 1);
    return OG_OK;
}

static bool set_key(uintptr_t stack, int key)
{
    return !pkey_mprotect((void *)stack, SIGNAL_STACK, PROT_READ | PROT_WRITE, key);
}

static size_t index_of(uintptr_t stack)
{
    return (stack - og_mpk_signal_stacks) / SIGNAL_STACK;
}

/* With the lock held; handlers look without. */
static void set_owner(size_t index, struct mpk_thread *thread)
{
    __atomic_store_n(&og_mpk_signal_stack_owners[index], thread, __ATOMIC_RELAXED);
}

uintptr_t mpk_signal_stack_take(struct mpk_thread *thread)
{
    uintptr_t stack = 0;
    pthread_mutex_lock(&lock);
    for (size_t i = first_free; i < og_mpk_signal_stacks_size / SIGNAL_STACK && !stack; i++) {
        first_free = i;
        if (og_mpk_signal_stack_owners[i] || lost[i])
            continue;
        stack = og_mpk_signal_stacks + i * SIGNAL_STACK;
        if (!set_key(stack, 0)) { /* then it is the next one's, who finds more mappings */
            stack = 0;
            break;
        }
        set_owner(i, thread);
        taken_end = i < taken_end ? taken_end : i + 1;
    }
    pthread_mutex_unlock(&lock);
    return stack;
}

/* --- the protocol, asserted: where it does not hold nobody knows any more who can write where the
 * kernel puts the host's registers, and the process ends with the sentence --- */

static _Noreturn void end(const char *sentence)
{
    static const char head[] = "og-mpk: the protocol of signal stacks is broken: ";
    syscall(SYS_write, STDERR_FILENO, head, sizeof(head) - 1);
    syscall(SYS_write, STDERR_FILENO, sentence, strlen(sentence));
    syscall(SYS_write, STDERR_FILENO, "\n", 1);
    __builtin_trap();
}

static void hold(bool is, const char *sentence)
{
    if (__builtin_expect(!is, 0))
        end(sentence);
}

static bool is_owned_by(uintptr_t stack, const struct mpk_thread *thread)
{
    return __atomic_load_n(&og_mpk_signal_stack_owners[index_of(stack)], __ATOMIC_RELAXED) ==
           thread;
}

/* Its thread begins no scope by itself. (It may just be trying to, and find that.) */
static bool is_shut(const struct mpk_context *context)
{
    return __atomic_load_n(&context->context.shut, __ATOMIC_RELAXED);
}

void mpk_signal_stack_check_entry(const struct mpk_context *context)
{
    const struct mpk_domain *domain = context->domain;
    hold(context->thread == mpk_thread_if_any() &&
             is_owned_by(context->signal_stack, context->thread),
         "foreign code is entered with a stack that is another thread's");
    hold(domain->turn.owner == &context->context,
         "foreign code is entered by a thread that does not own the domain");
    hold(domain->lent == (mpk_frames_need_domain_key() ? context : NULL),
         "foreign code is entered with a stack that is not lent");
}

void mpk_signal_stack_check_frame(const struct mpk_context *context, const void *frame)
{
    hold(mpk_frame_stack(frame) == context->signal_stack,
         "the frame of foreign code is on a stack of another domain's, or thread's");
}

void mpk_signal_stack_check_closed(const struct mpk_domain *domain)
{
    hold(!domain->lent, "a domain's key is given back while a stack has it");
}

/* The domain has no owner at this moment. */
static void check_lending(const struct mpk_context *to)
{
    const struct mpk_domain *domain = to->domain;
    hold(!domain->turn.owner, "a stack is lent while another thread owns the domain");
    hold(to->thread == mpk_thread_if_any() && is_owned_by(to->signal_stack, to->thread),
         "a stack is lent to another thread than the one that enters");
    hold(!domain->lent || domain->lent == to || is_shut(domain->lent),
         "a stack is taken back whose thread can go inside");
}

/* A stack that is somebody's is given back once, by the one whose it is. */
static void check_giving(const struct mpk_context *context)
{
    hold(is_owned_by(context->signal_stack, context->thread),
         "a stack is given back that is another thread's");
}

/* With the lock held: the thread, which exits, has none. */
static void check_left(const struct mpk_thread *thread)
{
    for (size_t i = 0; i < taken_end; i++)
        hold(og_mpk_signal_stack_owners[i] != thread, "a thread exits that still has a stack");
}

/* --- lending --- */

bool mpk_signal_stack_lend(struct mpk_context *to)
{
    struct mpk_domain *domain = to->domain;
    check_lending(to);
    if (!mpk_frames_need_domain_key())
        return true;
    if (domain->lent && domain->lent != to && !set_key(domain->lent->signal_stack, 0))
        return false;
    /* If it fails half-way, some of its pages have the key: it counts as lent, to be taken back. */
    domain->lent = to;
    return set_key(to->signal_stack, domain->arena.key);
}

/* With the lock held. A stack that cannot be cleared is not used again. */
static bool free_stack(size_t index)
{
    bool freed =
        mmap((void *)(og_mpk_signal_stacks + index * SIGNAL_STACK), SIGNAL_STACK, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED;
    lost[index] = !freed;
    left[index] = false;
    set_owner(index, NULL);
    first_free = index < first_free ? index : first_free;
    return freed;
}

/* With the lock held. */
static void free_left_stacks(struct mpk_thread *thread)
{
    for (size_t i = 0; i < taken_end; i++)
        if (left[i] && og_mpk_signal_stack_owners[i] == thread)
            (void)free_stack(i);
    atomic_store(&thread->has_left, false);
}

/* The same, where the kernel may have one of them: it stays as it is, and nobody's. */
static void lose_left_stacks(struct mpk_thread *thread)
{
    for (size_t i = 0; i < taken_end; i++) {
        if (!left[i] || og_mpk_signal_stack_owners[i] != thread)
            continue;
        lost[i] = true;
        left[i] = false;
        set_owner(i, NULL);
    }
}

/* The host's own comes back. False: a filter denies it, and the kernel still has the domain's. */
static bool disarm(struct mpk_thread *thread)
{
    bool done = !syscall(SYS_sigaltstack, &thread->host_stack, NULL);
    atomic_store(&thread->armed, MPK_NO_DOMAIN);
    return done;
}

/* Would the kernel write a frame to the calling thread's signal stack? `armed` does not tell: where
 * another thread has reset the domain, it says that none is. */
static bool is_armed(uintptr_t stack)
{
    stack_t kernels;
    return syscall(SYS_sigaltstack, NULL, &kernels) || (uintptr_t)kernels.ss_sp == stack;
}

bool mpk_signal_stack_give(struct mpk_context *context)
{
    struct mpk_thread *thread = context->thread;
    struct mpk_domain *domain = context->domain;
    uint64_t armed = domain->index;
    bool is_own = thread == mpk_thread_if_any(), is_lent = domain->lent == context, done = true;
    if (is_lent)
        domain->lent = NULL;
    if (!context->signal_stack)
        return true;
    size_t index = index_of(context->signal_stack);
    check_giving(context);
    if (is_own && (thread->armed == armed || is_armed(context->signal_stack)))
        is_own = disarm(thread); /* or it stays where the kernel may write, as another's does */
    pthread_mutex_lock(&lock);
    if (is_own) {
        done = free_stack(index) || !is_lent;
    } else {
        done = !is_lent || set_key(context->signal_stack, 0);
        left[index] = true;
        atomic_store(&thread->has_left, true);
        /* The number will be another domain's: the thread has to arm that one's stack. */
        atomic_compare_exchange_strong(&thread->armed, &armed, MPK_NO_DOMAIN);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

bool mpk_signal_stack_forked(struct mpk_context *context)
{
    struct mpk_domain *domain = context->domain;
    bool is_lent = domain->lent == context;
    if (is_lent)
        domain->lent = NULL;
    return free_stack(index_of(context->signal_stack)) || !is_lent;
}

pthread_mutex_t *mpk_signal_stacks_lock(void)
{
    return &lock;
}

bool mpk_signal_stacks_leave(struct mpk_thread *thread)
{
    bool done = disarm(thread);
    pthread_mutex_lock(&lock);
    if (done)
        free_left_stacks(thread);
    else
        lose_left_stacks(thread);
    check_left(thread);
    pthread_mutex_unlock(&lock);
    return done;
}

stack_t mpk_signal_stack_at(uintptr_t start)
{
    return (stack_t){
        .ss_sp = (void *)start, .ss_size = SIGNAL_STACK, .ss_flags = (int)MPK_SS_AUTODISARM};
}

stack_t mpk_signal_stack_after(const struct mpk_thread *thread, uintptr_t start)
{
    const struct mpk_thread *owner =
        __atomic_load_n(&og_mpk_signal_stack_owners[index_of(start)], __ATOMIC_RELAXED);
    return owner == thread ? mpk_signal_stack_at(start) : thread->host_stack;
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
    if (context->thread == mpk_thread_if_any()) {
        clear(context);
        return;
    }
    context->signal_stack_stale = true;
    atomic_compare_exchange_strong(&context->thread->armed, &armed, MPK_NO_DOMAIN);
}

/* Poisons the call with which the thread's context in `domain` would be armed. */
static bool refuse_as(struct mpk_thread *thread, unsigned domain, const char *message)
{
    struct og_fault fault;
    atomic_store(&thread->armed, MPK_NO_DOMAIN);
    og_fail(&fault, OG_UNSUPPORTED, NULL, 0, message);
    mpk_domain_poison(thread->contexts[domain]->domain, &fault);
    return false;
}

static bool refuse(struct mpk_thread *thread, unsigned domain)
{
    return refuse_as(thread, domain, MPK_IS_COPY);
}

/* The kernel has not taken the stack. */
static bool refuse_stack(struct mpk_thread *thread, unsigned domain)
{
    stack_t now;
    hold(syscall(SYS_sigaltstack, NULL, &now) || !(now.ss_flags & SS_ONSTACK),
         "a handler that runs on an alternate stack calls in, which it must not (omniglot/mpk.h)");
    return refuse_as(thread, domain,
                     "a seccomp filter denies this thread sigaltstack, by which signals that come "
                     "while the library runs are kept from it: it has to allow it");
}

bool og_mpk_arm(unsigned domain)
{
    struct mpk_thread *thread = mpk_thread_if_any();
    const struct mpk_context *context = thread->contexts[domain];
    int number = errno;
    if (context->signal_stack_stale)
        clear(thread->contexts[domain]);
    stack_t stack = mpk_signal_stack_at(context->signal_stack);
    mpk_signal_stack_check_entry(context);
    if (syscall(SYS_sigaltstack, &stack, NULL)) {
        (void)refuse_stack(thread, domain);
        errno = number;
        return false;
    }
    if (thread->is_mask_unsure)
        mpk_masks_settle(thread);
    mpk_rights_arm(thread, context->pkru);
    atomic_store(&thread->armed, domain);
    /* Now or another time: a handler that calls in may have interrupted who holds the lock. */
    if (atomic_load(&thread->has_left) && !pthread_mutex_trylock(&lock)) {
        free_left_stacks(thread);
        pthread_mutex_unlock(&lock);
    }
    errno = number;
    /* Asked last: a handler may have made the copy, which would be armed here by what it had seen.
     */
    return !mpk_process_is_copy() || refuse(thread, domain);
}
