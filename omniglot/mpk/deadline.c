/* Deadlines: how long a call may be in foreign code, the system calls it makes included; what its
 * callbacks take is the host's own time. A clock thread looks about every millisecond where each
 * thread is, and charges what has passed since to the call that it finds under way. A thread asks
 * itself whether its call is over (mpk_deadline_passed) whenever it is about to go on in foreign
 * code; only one that stays there is told by a signal. A call costs one increment for it, and no
 * system call: so nobody wakes the clock, and while no thread calls it looks ever less often, down
 * to so many times in the shortest deadline.
 *
 * Calls are known by their number, `calls` of the thread. A callback can make others: then the call
 * that it interrupts gets a new number, and what it had been charged is carried over to that. */
#include "mpk.h"

#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    TICK = 1000000, /* nanoseconds, on average */
    /* However late the clock is: it may have been stopped, and the domain with it. */
    TICK_MOST = 10 * TICK,
    TICK_IDLE = 128 * TICK, /* at most, while no thread calls */
    LOOKS = 8,              /* in the shortest deadline, also then */
    PATIENCE = 16           /* ticks, until who was told is told again */
};

#define NO_CALL UINT64_MAX

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;          /* generation, or deadlines */
static uint64_t deadlines[MPK_DOMAINS]; /* of the domains that have one; 0: none */
static _Atomic uint64_t shortest;       /* of them; nobody is disturbed before */
static pthread_t clock_thread;
static int start_failed;    /* why there is none: pthread_create's answer */
static unsigned generation; /* of clocks: an older one ends */
/* A clock's own: one that ends may look once more when the next has begun. */
static __thread uint64_t elapsed;       /* since the tick before */
static __thread bool has_called;        /* somebody, since then, or still does */
static const char marker;               /* what a signal of the clock carries */
static atomic_bool tells_without_words; /* has told somebody by a signal that may carry nothing */

uint64_t mpk_now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t load(const _Atomic uint64_t *value)
{
    return atomic_load_explicit(value, memory_order_acquire);
}

static void store(_Atomic uint64_t *place, uint64_t value)
{
    atomic_store_explicit(place, value, memory_order_release);
}

/* --- the clock --- */

static bool send(pid_t thread, int signal)
{
    siginfo_t info = {.si_code = SI_QUEUE};
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_ptr = (void *)&marker;
    return !syscall(SYS_rt_tgsigqueueinfo, info.si_pid, thread, signal, &info);
}

/* Where the user has no more signals to queue (RLIMIT_SIGPENDING, which all processes of the user
 * fill), those that are not real-time ones still come, and have lost what they carry. */
static bool send_without_words(pid_t thread)
{
    atomic_store(&tells_without_words, true);
    return send(thread, mpk_unqueued_signal());
}

/* The host can take the signal before it comes (sigtimedwait, signalfd): so it comes again. */
static void tell(struct mpk_thread *thread, uint64_t call)
{
    if (load(&thread->told) == call && thread->silent++ < PATIENCE)
        return;
    thread->silent = 0;
    store(&thread->told, call);
    if (!send(thread->id, mpk_deadline_signal()) && !send_without_words(thread->id))
        store(&thread->told, NO_CALL);
}

/* In foreign code, or in what is done for it. */
static bool is_inside(struct mpk_thread *thread)
{
    const struct mpk_frame *frame = __atomic_load_n(&thread->frame, __ATOMIC_RELAXED);
    return frame && (atomic_load_explicit(&thread->selector, memory_order_relaxed) == MPK_BLOCK ||
                     atomic_load_explicit(&thread->serving, memory_order_relaxed) == frame);
}

static void charge(struct mpk_thread *thread)
{
    uint64_t calls = load(&thread->calls);
    has_called |= calls != thread->seen || __atomic_load_n(&thread->frame, __ATOMIC_RELAXED);
    thread->seen = calls;
    if (!is_inside(thread))
        return;
    if (load(&thread->charged_for) == calls) {
        store(&thread->charged, load(&thread->charged) + elapsed);
    } else {
        /* One that has just begun has not been there for all that time; one that goes on after a
         * callback may never be found twice before the next. */
        bool goes_on = load(&thread->carried_for) == calls;
        uint64_t carried = goes_on ? load(&thread->carried) + elapsed : 0;
        store(&thread->charged_for, NO_CALL);
        store(&thread->charged, carried);
        store(&thread->charged_for, calls);
    }
    uint64_t limit = load(&thread->limit_for) == calls ? load(&thread->limit) : load(&shortest);
    if (load(&thread->charged) < limit)
        return;
    store(&thread->over_for, calls);
    tell(thread, calls);
}

/* How long until the next look, on average, if it was `before` until the last. */
static uint64_t next_interval(uint64_t before)
{
    uint64_t most = load(&shortest) / LOOKS;
    most = most > TICK_IDLE ? TICK_IDLE : most;
    if (has_called || most < TICK)
        return TICK;
    return 2 * before < most ? 2 * before : most;
}

/* When to look next: foreign code that knew could be in a callback then. */
static uint64_t next_tick(uint64_t interval, uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return mpk_now(CLOCK_MONOTONIC) + interval / 2 + *random % interval;
}

static void *watch(void *memory)
{
    const unsigned mine = (unsigned)(uintptr_t)memory;
    uint64_t last = mpk_now(CLOCK_MONOTONIC), interval = TICK, random = 0;
    /* Late by what the host allows its timers, it would charge too little. */
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random) || !random)
        random = last | 1;
    pthread_mutex_lock(&lock);
    while (generation == mine) {
        uint64_t until = next_tick(interval, &random);
        const struct timespec time = {(time_t)(until / 1000000000), (long)(until % 1000000000)};
        pthread_cond_timedwait(&changed, &lock, &time);
        pthread_mutex_unlock(&lock);
        uint64_t time_now = mpk_now(CLOCK_MONOTONIC);
        elapsed = time_now - last < TICK_MOST ? time_now - last : TICK_MOST;
        last = time_now;
        has_called = false;
        mpk_threads_visit(charge);
        interval = next_interval(interval);
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void make_condition(void)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* On any processor, and before all that the host runs there, where the system lets it: a thread of
 * a real-time policy that is in foreign code lets nobody else run. `priority` 0: as who starts it.
 */
static bool start_with(int priority)
{
    pthread_attr_t attributes;
    cpu_set_t all;
    const struct sched_param parameters = {.sched_priority = priority};
    memset(&all, 0xff, sizeof(all));
    if (pthread_attr_init(&attributes))
        return false;
    bool good = !pthread_attr_setaffinity_np(&attributes, sizeof(all), &all);
    if (good && priority)
        good = !pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED) &&
               !pthread_attr_setschedpolicy(&attributes, SCHED_FIFO) &&
               !pthread_attr_setschedparam(&attributes, &parameters);
    good =
        good && !mpk_make_thread(&clock_thread, &attributes, watch, (void *)(uintptr_t)generation);
    pthread_attr_destroy(&attributes);
    return good;
}

/* The highest that this process may have without a privilege; 0: none. */
static int allowed_priority(void)
{
    struct rlimit limit;
    return !getrlimit(RLIMIT_RTPRIO, &limit) &&
                   limit.rlim_cur <= (rlim_t)sched_get_priority_max(SCHED_FIFO)
               ? (int)limit.rlim_cur
               : 0;
}

/* With the lock held, on a thread that has all rights. */
static bool start(void)
{
    static bool has_condition;
    if (!has_condition)
        make_condition();
    has_condition = true;
    /* The host's handlers are not to run on the clock's thread. */
    uint64_t mask = mpk_mask_block_hosts();
    mpk_own.has_clock = start_with(sched_get_priority_max(SCHED_FIFO)) ||
                        start_with(allowed_priority()) || start_with(0) ||
                        !(start_failed = mpk_make_thread(&clock_thread, NULL, watch,
                                                         (void *)(uintptr_t)generation));
    mpk_mask_set(mask);
    return mpk_own.has_clock;
}

/* Nothing is sent: it is asked. */
static bool can_send(void)
{
    return send((pid_t)syscall(SYS_gettid), 0);
}

/* With the lock held. */
static void find_shortest(void)
{
    uint64_t found = UINT64_MAX;
    for (size_t i = 0; i < MPK_DOMAINS; i++)
        if (deadlines[i] && deadlines[i] < found)
            found = deadlines[i];
    store(&shortest, found);
}

enum og_error mpk_deadline_watch(unsigned domain, uint64_t deadline, struct og_fault *fault)
{
    if (!can_send())
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "a seccomp filter denies rt_tgsigqueueinfo, by which calls are told that "
                       "they are over their deadline");
    bool has_rights = mpk_thread_if_any() != NULL; /* the clock's: to read the selectors */
    pthread_mutex_lock(&lock);
    deadlines[domain] = deadline;
    find_shortest();
    bool works = mpk_own.has_clock || (has_rights && start());
    if (works) {
        pthread_cond_broadcast(&changed); /* it may be shorter than the clock sleeps */
    } else {
        deadlines[domain] = 0;
        find_shortest();
    }
    pthread_mutex_unlock(&lock);
    if (!works)
        return mpk_cannot_start_thread(fault, start_failed, "the deadline's clock");
    return OG_OK;
}

void mpk_deadline_unwatch(unsigned domain)
{
    pthread_mutex_lock(&lock);
    deadlines[domain] = 0;
    find_shortest();
    bool ends = mpk_own.has_clock && load(&shortest) == UINT64_MAX;
    pthread_t last = clock_thread;
    if (ends) {
        mpk_own.has_clock = false;
        generation++;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
    if (ends)
        pthread_join(last, NULL);
}

bool mpk_deadline_is_set(void)
{
    for (size_t i = 0; i < MPK_DOMAINS; i++)
        if (deadlines[i])
            return true;
    return false;
}

bool mpk_deadline_forked(bool has_rights)
{
    pthread_mutex_lock(&lock);
    make_condition();
    generation++;
    bool works = has_rights && can_send() && start();
    pthread_mutex_unlock(&lock);
    return works;
}

/* --- the threads --- */

/* What the call under way has been charged. */
static uint64_t charged(struct mpk_thread *thread)
{
    uint64_t calls = load(&thread->calls);
    uint64_t amount = load(&thread->charged_for) == calls ? load(&thread->charged) : 0;
    if (load(&thread->charged_for) == calls)
        return amount;
    return load(&thread->carried_for) == calls ? load(&thread->carried) : 0;
}

bool mpk_deadline_passed(struct mpk_thread *thread)
{
    uint64_t deadline = mpk_frame_context(thread->frame)->domain->deadline;
    store(&thread->limit, deadline ? deadline : UINT64_MAX);
    store(&thread->limit_for, load(&thread->calls));
    return deadline && charged(thread) >= deadline;
}

void mpk_deadline_fail(struct og_fault *fault, uintptr_t at)
{
    og_fail(fault, OG_DEADLINE, NULL, at, "the foreign code ran past its deadline");
    fault->instruction = at;
}

void mpk_deadline_carry(struct mpk_thread *thread, const struct mpk_pause *kept)
{
    /* A number that no call had: the last one's may have been charged to it. */
    uint64_t calls = load(&thread->calls) + 1;
    store(&thread->carried_for, NO_CALL);
    store(&thread->carried, kept->charged_for == kept->calls ? kept->charged : 0);
    store(&thread->carried_for, calls);
    store(&thread->calls, calls);
    if (mpk_frame_context(thread->frame)->domain->callback_limit) {
        thread->callbacks = kept->callbacks;
        thread->callbacks_for = calls;
    }
}

uint64_t mpk_callbacks_made(struct mpk_thread *thread)
{
    return thread->callbacks_for == load(&thread->calls) ? thread->callbacks : 0;
}

bool mpk_deadline_is_own(int signal, const siginfo_t *info)
{
    bool may_be = signal == mpk_deadline_signal() || signal == mpk_unqueued_signal();
    if (may_be && info->si_code == SI_QUEUE)
        return info->si_ptr == &marker;
    /* Nobody is the sender of what has lost its words; of others somebody is. */
    return signal == mpk_unqueued_signal() && info->si_code == SI_USER && info->si_pid == 0 &&
           info->si_uid == 0 && atomic_load(&tells_without_words);
}

void mpk_deadline_heard(struct mpk_thread *thread)
{
    if (thread)
        store(&thread->told, NO_CALL);
}

pthread_mutex_t *mpk_deadline_lock(void)
{
    return &lock;
}
