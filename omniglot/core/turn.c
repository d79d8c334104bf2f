/* Whose turn it is in a domain. Out of the way of who enters again and again. */
#include "omniglot/core/turn.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a scope belongs to that could not be begun. */
static struct og_context busy = {
    .poisoned = OG_BUSY,
    .fault = {.error = OG_BUSY, .message = "another thread is inside the domain"},
};
static struct og_context not_passed = {
    .poisoned = OG_SYSTEM,
    .fault = {.error = OG_SYSTEM,
              .message = "the kernel refuses what passing the domain to another thread takes"},
};

bool og_has_heavy_fence;

static bool ask_for_fence(void)
{
    return !syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
}

bool og_heavy_fence(void)
{
    if (!og_has_heavy_fence) {
        atomic_thread_fence(memory_order_seq_cst);
        return true;
    }
    return !syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

uint64_t og_thread_number(void)
{
    static _Atomic uint64_t last;
    static __thread uint64_t number;
    if (!number)
        number = atomic_fetch_add(&last, 1) + 1;
    return number;
}

bool og_is_on_own_stack(const void *place)
{
    pthread_attr_t attributes;
    void *start;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attributes))
        return false;
    bool known = !pthread_attr_getstack(&attributes, &start, &size);
    pthread_attr_destroy(&attributes);
    return known && (uintptr_t)place - (uintptr_t)start < size;
}

static void find_fence(void)
{
    og_has_heavy_fence = ask_for_fence();
}

void og_turn_open(struct og_turn *turn, enum og_threads threads,
                  bool (*pass)(struct og_context *from, struct og_context *to))
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_fence);
    *turn = (struct og_turn){.threads = threads, .pass = pass};
    pthread_mutex_init(&turn->lock, NULL);
}

void og_turn_destroy(struct og_turn *turn)
{
    pthread_mutex_destroy(&turn->lock);
}

/* --- the owner --- */

static void set_shut(struct og_context *context, int shut)
{
    __atomic_store_n(&context->shut, shut, __ATOMIC_RELAXED);
}

/* `held` first: it is let go of after the scope is begun that it stands for. */
static bool is_inside(const struct og_context *context)
{
    return __atomic_load_n(&context->held, __ATOMIC_ACQUIRE) ||
           __atomic_load_n(&context->depth, __ATOMIC_ACQUIRE);
}

enum look { IS_FREE, IS_TAKEN, CANNOT_SEE };

/* May `context` have the domain now? If the owner is inside, it will come to og_turn_left. */
static enum look look(const struct og_turn *turn, const struct og_context *context)
{
    struct og_context *owner = turn->owner;
    if (turn->closed)
        return IS_TAKEN;
    if (!owner || owner == context)
        return IS_FREE;
    if (!__atomic_load_n(&owner->shut, __ATOMIC_RELAXED)) {
        set_shut(owner, 1);
        if (!og_heavy_fence()) {
            set_shut(owner, 0);
            return CANNOT_SEE;
        }
    }
    return is_inside(owner) ? IS_TAKEN : IS_FREE;
}

/* What the last owner knows of a failed call is the domain's. */
static void keep_poison(struct og_turn *turn, const struct og_context *context)
{
    if (context && context->poisoned && !turn->poison.error) {
        turn->poison = context->fault;
        turn->poison.error = (enum og_error)context->poisoned;
    }
}

static __attribute__((nonnull)) bool pass(struct og_turn *turn, struct og_context *context)
{
    if (turn->owner != context) {
        struct og_context *last = turn->owner;
        keep_poison(turn, last);
        turn->owner = NULL;
        if (turn->pass && !turn->pass(last, context))
            return false;
        turn->owner = context;
    }
    if (turn->poison.error && !context->poisoned) {
        context->fault = turn->poison;
        context->poisoned = turn->poison.error;
    }
    return true;
}

static bool does_anyone_wait(const struct og_turn *turn)
{
    return turn->next != turn->serving;
}

static struct og_event *event_of(struct og_turn *turn, uint64_t number)
{
    return &turn->changed[number % OG_TURN_EVENTS];
}

/* Has the first of those who wait look again; the others wait for their number. */
static void tell(struct og_turn *turn)
{
    if (does_anyone_wait(turn))
        og_event_tell(event_of(turn, turn->serving));
}

/* --- coming and going --- */

/* Waits until it is the context's turn, and whether it may have the domain. */
static enum look wait(struct og_turn *turn, const struct og_context *context)
{
    enum look found = IS_TAKEN;
    uint64_t number = turn->next++, forks = turn->forks;
    /* Who looked while it was coming took it to be inside. */
    if (turn->owner == context && number != turn->serving)
        tell(turn);
    while (number != turn->serving || (found = look(turn, context)) == IS_TAKEN) {
        og_event_wait(event_of(turn, number), &turn->lock);
        if (turn->forks != forks) { /* by a handler of its own: all others are gone */
            forks = turn->forks;
            number = turn->next++;
        }
    }
    turn->serving++;
    return found;
}

struct og_context *og_turn_enter(struct og_turn *turn, struct og_context *context)
{
    struct og_context *ended = NULL;
    pthread_mutex_lock(&turn->lock);
    enum look found =
        turn->threads == OG_THREADS_REFUSE ? look(turn, context) : wait(turn, context);
    if (found == IS_TAKEN)
        ended = &busy;
    else if (found == CANNOT_SEE || !pass(turn, context))
        ended = &not_passed;
    if (!ended) {
        __atomic_store_n(&context->held, 1, __ATOMIC_RELAXED);
        set_shut(context, does_anyone_wait(turn) || !og_has_heavy_fence);
    } else {
        tell(turn);
    }
    pthread_mutex_unlock(&turn->lock);
    return ended;
}

void og_turn_left(struct og_turn *turn)
{
    pthread_mutex_lock(&turn->lock);
    tell(turn);
    pthread_mutex_unlock(&turn->lock);
}

void og_turn_give_up(struct og_turn *turn, struct og_context *context)
{
    pthread_mutex_lock(&turn->lock);
    set_shut(context, 1);
    __atomic_store_n(&context->held, 0, __ATOMIC_RELEASE);
    tell(turn);
    pthread_mutex_unlock(&turn->lock);
}

void og_turn_gone(struct og_turn *turn, struct og_context *context, bool in_call)
{
    pthread_mutex_lock(&turn->lock);
    if (turn->owner == context) {
        keep_poison(turn, context);
        if (in_call && is_inside(context) && !turn->poison.error)
            og_fail(&turn->poison, OG_POISONED, NULL, 0,
                    context->floor ? "a thread ended in a callback" : "a thread ended in a call");
        turn->owner = NULL;
        tell(turn);
    }
    if (turn->pass)
        (void)turn->pass(context, NULL);
    pthread_mutex_unlock(&turn->lock);
}

/* --- reset and close --- */

enum og_error og_turn_shut(struct og_turn *turn, struct og_context *own, bool for_good,
                           struct og_fault *fault)
{
    pthread_mutex_lock(&turn->lock);
    bool is_own = own && is_inside(own);
    bool is_busy = is_own || turn->closed || (for_good && does_anyone_wait(turn)) ||
                   look(turn, own) != IS_FREE;
    if (!is_busy) {
        turn->closed = true;
        /* Also where it is `own`: a handler that has interrupted it must not enter by itself. */
        if (turn->owner)
            set_shut(turn->owner, 1);
    }
    pthread_mutex_unlock(&turn->lock);
    if (!is_busy)
        return OG_OK;
    return og_fail(fault, OG_BUSY, NULL, 0,
                   is_own ? "a scope of the domain is open: end it first"
                          : "another thread is inside the domain, or about to enter");
}

bool og_turn_take(struct og_turn *turn, struct og_context *own)
{
    pthread_mutex_lock(&turn->lock);
    bool done = pass(turn, own);
    if (done)
        set_shut(own, 1);
    pthread_mutex_unlock(&turn->lock);
    return done;
}

void og_turn_open_again(struct og_turn *turn)
{
    pthread_mutex_lock(&turn->lock);
    turn->closed = false;
    tell(turn);
    pthread_mutex_unlock(&turn->lock);
}

/* --- fork --- */

void og_turn_before_fork(struct og_turn *turn)
{
    pthread_mutex_lock(&turn->lock);
}

void og_turn_after_fork(struct og_turn *turn)
{
    pthread_mutex_unlock(&turn->lock);
}

/* A thread that the child lacks may have been in the middle of anything. */
void og_turn_in_child(struct og_turn *turn, struct og_context *own)
{
    struct og_context *owner = turn->owner;
    bool was_inside = owner && owner != own && is_inside(owner);
    if (owner != own) {
        keep_poison(turn, owner);
        turn->owner = NULL;
    }
    if ((was_inside || turn->closed) && !turn->poison.error)
        og_fail(&turn->poison, OG_POISONED, NULL, 0,
                "another thread was inside the domain when the process forked: reset it");
    if (own && own->depth == 0)
        set_shut(own, 1); /* to hear of the poison */
    turn->closed = false;
    turn->next = turn->serving = 0;
    turn->forks++;
    for (size_t i = 0; i < OG_TURN_EVENTS; i++) /* it may wait itself, for any of them */
        og_event_tell(&turn->changed[i]);
    pthread_mutex_unlock(&turn->lock);
}
