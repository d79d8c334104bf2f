#include "each-allocation.h"

#include "failing-allocator.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

size_t each_allocation_step = 1;

static size_t next(size_t number)
{
    return number + (number < 24 ? 1 : each_allocation_step);
}

/* Is this how work ends whose allocation has failed? */
static bool is_clear(const char *what, size_t number, enum og_error error,
                     const struct og_fault *fault)
{
    bool clear = !error || (error == OG_NO_MEMORY && fault->error == error && fault->message[0]);
    if (!clear)
        printf("# %s, with allocation %zu (%s) failing: %s %s: %s\n", what, number,
               allocation_failed(), og_error_name(error), fault->symbol, fault->message);
    return clear;
}

static bool is_done(const char *what, size_t number, allocating_work *work)
{
    struct og_fault fault = {0};
    enum og_error error = work(&fault);
    if (error)
        printf("# %s, after allocation %zu (%s) has failed: %s %s: %s\n", what, number,
               allocation_failed() ? allocation_failed() : "none", og_error_name(error),
               fault.symbol, fault.message);
    return !error;
}

static bool fail_each(const char *what, allocating_work *work)
{
    bool good = is_done(what, 0, work);
    struct held before = held_now();
    size_t done_without = 0;
    size_t number = 1;
    for (bool works = good; works; number = next(number)) {
        struct og_fault fault = {0};
        allocation_fail(number);
        enum og_error error = work(&fault);
        const char *failed = allocation_failed();
        allocation_stop();
        if (!failed)
            break;
        done_without += !error;
        good &= is_clear(what, number, error, &fault);
        struct held after = held_now();
        bool same = held_is_same(&before, &after);
        works = is_done(what, number, work);
        after = held_now();
        same &= held_is_same(&before, &after);
        if (!same)
            printf("# ... %s, allocation %zu (%s)\n", what, number, failed);
        good &= works && same;
        before = after;
    }
    printf("# %s: up to %zu allocations, %zu of which it can do without\n", what, number - 1,
           done_without);
    return good;
}

bool each_allocation_fails(const char *what, allocating_work *work)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        bool good = fail_each(what, work);
        fflush(stdout);
        _exit(good ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    if (WIFSIGNALED(status))
        printf("# %s: ended by signal %d\n", what, WTERMSIG(status));
    return !status;
}

/* What a child tells. */
struct told {
    bool has_failed, did_without;
    struct held held;
};

/* In a process in which the work has not been done yet. */
static bool fail_first(const char *what, allocating_work *work, size_t number, struct told *told)
{
    struct og_fault fault = {0};
    allocation_fail(number);
    enum og_error error = work(&fault);
    const char *failed = allocation_failed();
    allocation_stop();
    told->has_failed = failed != NULL;
    told->did_without = !error;
    bool good = is_clear(what, number, error, &fault) && is_done(what, number, work);
    told->held = held_now();
    return good;
}

static bool fail_first_apart(const char *what, allocating_work *work, size_t number,
                             struct told *told)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        bool good = fail_first(what, work, number, told);
        fflush(stdout);
        _exit(good ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    if (WIFSIGNALED(status))
        printf("# %s, with allocation %zu failing: ended by signal %d\n", what, number,
               WTERMSIG(status));
    return !status;
}

bool each_first_allocation_fails(const char *what, allocating_work *work, size_t books)
{
    struct told *told =
        mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    size_t number = 0, done_without = 0;
    bool good = told != MAP_FAILED && fail_first_apart(what, work, 0, told);
    struct held usual = good ? told->held : (struct held){0};
    for (bool more = good; more; more = told->has_failed) {
        *told = (struct told){0};
        bool clean = fail_first_apart(what, work, number = next(number), told);
        done_without += told->has_failed && told->did_without;
        if (told->held.mapped > usual.mapped && told->held.mapped - usual.mapped <= books)
            told->held.mapped = usual.mapped;
        if (told->did_without && told->held.mapped < usual.mapped)
            told->held.mapped = usual.mapped;
        if (clean && !held_is_same(&usual, &told->held)) {
            printf("# ... %s the first time, allocation %zu\n", what, number);
            clean = false;
        }
        good &= clean;
    }
    printf("# %s the first time: up to %zu allocations, %zu of which it can do without\n", what,
           number - 1, done_without);
    if (told != MAP_FAILED)
        munmap(told, sizeof(*told));
    return good;
}
