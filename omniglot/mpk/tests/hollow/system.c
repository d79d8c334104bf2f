/* Protection keys, and what else this machine or the sanitizer lacks: functions that the linker
 * puts in the place of the system's and the runtime's (--wrap). */
#include "hollow.h"
#include "omniglot/mpk/code/maps.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

/* --- keys --- */

static int next_key = 1;
static _Atomic signed char keys[MPK_SIGNAL_STACKS];

int __wrap_pkey_alloc(unsigned flags, unsigned rights);
int __wrap_pkey_alloc(unsigned flags, unsigned rights)
{
    (void)flags;
    (void)rights;
    return next_key < 16 ? next_key++ : -1;
}

int __wrap_pkey_free(int key);
int __wrap_pkey_free(int key)
{
    (void)key;
    return 0;
}

int hollow_key_of(uintptr_t signal_stack)
{
    return atomic_load(&keys[(signal_stack - og_mpk_signal_stacks) / MPK_SIGNAL_STACK]);
}

int __wrap_pkey_mprotect(void *start, size_t size, int protection, int key);
int __wrap_pkey_mprotect(void *start, size_t size, int protection, int key)
{
    uintptr_t address = (uintptr_t)start;
    if (og_is_within(address, size, og_mpk_signal_stacks,
                     og_mpk_signal_stacks + og_mpk_signal_stacks_size))
        atomic_store(&keys[(address - og_mpk_signal_stacks) / MPK_SIGNAL_STACK], (signed char)key);
    return mprotect(start, size, protection);
}

enum og_error __wrap_og_mpk_supported(struct og_fault *fault);
enum og_error __wrap_og_mpk_supported(struct og_fault *fault)
{
    (void)fault;
    return OG_OK;
}

/* The sanitizer's own system calls would be trapped. */
bool __wrap_mpk_process_trap_calls(struct mpk_thread *thread);
bool __wrap_mpk_process_trap_calls(struct mpk_thread *thread)
{
    (void)thread;
    return true;
}

/* --- the system, as rights.c and reserve.c find it (build.mk) --- */

/* A kernel before 6.12, where signal stacks are lent, and so more is shared. */
int hollow_uname(struct utsname *name);
int hollow_uname(struct utsname *name)
{
    *name = (struct utsname){.release = "6.1.0"};
    return 0;
}

/* Fewer addresses than there are: the sanitizer has places of its own for most. */
int hollow_getrlimit(int resource, struct rlimit *limit);
int hollow_getrlimit(int resource, struct rlimit *limit)
{
    int result = getrlimit(resource, limit);
    if (resource == RLIMIT_AS)
        limit->rlim_cur = (rlim_t)64 << 30;
    return result;
}

/* The sanitizer's code is none that a host may have: a search finds a page of RETs. */
extern const char hollow_code[];

bool __wrap_mpk_maps_visit(bool (*visit)(const struct mpk_mapping *mapping, void *data),
                           void *data);
bool __wrap_mpk_maps_visit(bool (*visit)(const struct mpk_mapping *mapping, void *data), void *data)
{
    struct mpk_mapping mapping = {
        .start = (uintptr_t)hollow_code, .rights = "r-xp", .path = "/hollow"};
    mapping.end = mapping.start + MPK_PAGE;
    visit(&mapping, data);
    return true;
}

/* --- what the sanitizer does not know --- */

/* Locks that are waited for by another clock. */
static bool is_over(const struct timespec *until)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    usleep(50);
    return now.tv_sec > until->tv_sec ||
           (now.tv_sec == until->tv_sec && now.tv_nsec > until->tv_nsec);
}

int __wrap_pthread_mutex_clocklock(pthread_mutex_t *lock, clockid_t clock,
                                   const struct timespec *until);
int __wrap_pthread_mutex_clocklock(pthread_mutex_t *lock, clockid_t clock,
                                   const struct timespec *until)
{
    int error;
    (void)clock;
    while ((error = pthread_mutex_trylock(lock)) && !is_over(until))
        ;
    return error;
}

int __wrap_pthread_rwlock_clockwrlock(pthread_rwlock_t *lock, clockid_t clock,
                                      const struct timespec *until);
int __wrap_pthread_rwlock_clockwrlock(pthread_rwlock_t *lock, clockid_t clock,
                                      const struct timespec *until)
{
    int error;
    (void)clock;
    while ((error = pthread_rwlock_trywrlock(lock)) && !is_over(until))
        ;
    return error;
}

/* The lock of the host's handlers, which the kernel hands over where somebody waits. */
void __tsan_acquire(void *place);
void __tsan_release(void *place);
void __real_mpk_lock(_Atomic uint32_t *lock);
void __real_mpk_unlock(_Atomic uint32_t *lock);
void __wrap_mpk_lock(_Atomic uint32_t *lock);
void __wrap_mpk_unlock(_Atomic uint32_t *lock);

void __wrap_mpk_lock(_Atomic uint32_t *lock)
{
    __real_mpk_lock(lock);
    __tsan_acquire((void *)lock);
}

void __wrap_mpk_unlock(_Atomic uint32_t *lock)
{
    __tsan_release((void *)lock);
    __real_mpk_unlock(lock);
}
