/* Hosts with filters of system calls: each call that og-mpk makes of its own is denied in turn,
 * before a domain is opened and after. What can be had without it works; for what cannot there is
 * an error that names the call. Nobody is killed, whatever it is. */
#include "omniglot/tests/hosts/hosts.h"
#include "omniglot/tests/seccomp.h"

#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Not rt_sigreturn, without which no program comes back from a handler, nor brk, whose errors glibc
 * takes for addresses. */
#define CALL(name)                                                                                 \
    {                                                                                              \
#name, SYS_##name, false                                                                   \
    }
#define NEWER(name)                                                                                \
    {                                                                                              \
#name, SYS_##name, true                                                                    \
    }
static const struct denied {
    const char *name;
    long number;
    bool is_newer; /* there are kernels without it: ENOSYS is what callers look for */
} calls[] = {
    CALL(arch_prctl),
    CALL(clone),
    NEWER(clone3),
    CALL(close),
    CALL(fstatfs),
    CALL(ftruncate),
    NEWER(futex),
    CALL(getcwd),
    CALL(getpid),
    NEWER(getrandom),
    CALL(gettid),
    CALL(getuid),
    CALL(lseek),
    CALL(madvise),
    NEWER(membarrier),
    NEWER(memfd_create),
    CALL(mlock),
    CALL(mmap),
    CALL(mprotect),
    CALL(mremap),
    CALL(munlock),
    CALL(munmap),
    CALL(nanosleep),
    CALL(newfstatat),
    CALL(openat),
    NEWER(openat2),
    CALL(personality),
    NEWER(pkey_alloc),
    NEWER(pkey_free),
    NEWER(pkey_mprotect),
    CALL(prctl),
    CALL(pread64),
    CALL(prlimit64),
    NEWER(process_vm_readv),
    CALL(read),
    CALL(readlink),
    NEWER(rseq),
    CALL(rt_sigaction),
    CALL(rt_sigpending),
    CALL(rt_sigprocmask),
    NEWER(rt_tgsigqueueinfo),
    CALL(sched_setaffinity),
    CALL(sched_setscheduler),
    CALL(sendfile),
    CALL(set_robust_list),
    CALL(sigaltstack),
    CALL(tgkill),
    CALL(uname),
    CALL(write),
};
enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

static const struct denied *denied;
static int number; /* what it fails with */
static bool opens_first;

static void deny(void)
{
    CHECK(filter_system_call(denied->number, -1, 0, SECCOMP_RET_ERRNO | (unsigned)number));
}

static bool was_refused; /* since the latest reset */

/* It is no error, or one that says which call is denied, or that there was such a one. */
static bool is_right(enum og_error error)
{
    if (!error)
        return true;
    printf("# %s: %s: %s\n", denied->name, og_error_name(error), fault.message);
    if (error == OG_POISONED && was_refused)
        return false;
    was_refused = true;
    CHECK(error == OG_UNSUPPORTED || error == OG_SYSTEM);
    CHECK(says(denied->name));
    return false;
}

static int64_t twice(int64_t value)
{
    return 2 * value;
}

static bool ends_right(enum hosted_task task, int64_t argument, int64_t *result)
{
    return is_right(hosts_system.call(the_library, task, argument, result, &fault));
}

/* What a domain is for, to the first that is refused. */
static void use(void)
{
    enum { SMALL = 64 << 10, LARGE = 2 << 20 };
    int64_t result = 0;
    if (!ends_right(HOSTED_COUNT, 0, &result))
        return;
    CHECK(result >= 1);
    if (!ends_right(HOSTED_ALLOCATE, SMALL, &result))
        return;
    CHECK(result == SMALL || result == -ENOMEM);
    if (!ends_right(HOSTED_ALLOCATE, LARGE, &result))
        return;
    CHECK(result == LARGE || result == -ENOMEM);
    if (is_right(hosts_system.call_back(the_library, twice, 4, &result, &fault)))
        CHECK(result == 20);
}

static volatile sig_atomic_t handled;

static void handle(int signal)
{
    (void)signal;
    handled = handled + 1;
}

static void *use_in_thread(void *unused)
{
    use();
    return unused;
}

/* glibc ends a program where a new thread has no rseq, or one cannot wait for another. */
static bool can_have_threads(void)
{
    return denied->number != SYS_futex && denied->number != SYS_rseq;
}

/* The kernel's word for who sends a signal to itself. */
static bool can_raise(void)
{
    return denied->number != SYS_tgkill && denied->number != SYS_gettid &&
           denied->number != SYS_getpid;
}

static void use_all(void)
{
    pthread_t thread;
    int64_t result;
    use();
    enum og_error error = hosts_system.call(the_library, HOSTED_FAULT, 0, &result, &fault);
    CHECK(error == OG_FAULTED || !is_right(error));
    if (!is_right(hosts_system.reset(the_library, &fault)))
        return; /* it is poisoned */
    was_refused = false;
    use();
    if (can_have_threads() && !pthread_create(&thread, NULL, use_in_thread, NULL))
        CHECK(!pthread_join(thread, NULL));
    use();
}

static void run_where_it_is_denied(void)
{
    static char stack[64 << 10];
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
    CHECK(!sigaltstack(&alternate, NULL));
    CHECK(!sigaction(SIGUSR1, &action, NULL));
    deny();
    bool is_open = opens_first || is_right(hosts_system.open(&the_library, 0, &fault));
    if (is_open) {
        use_all();
        is_right(hosts_system.close(the_library, &fault));
    }
    if (opens_first && number == EPERM && is_right(hosts_system.open(&the_library, 0, &fault)))
        use();
    if (can_raise()) {
        CHECK(!raise(SIGUSR1));
        CHECK(handled == 1);
    }
}

/* Each is tried, or those that OG_TEST_DENIES (a pattern) names, so that all that fail are told. */
static void deny_each(bool first)
{
    static const int numbers[] = {EPERM, ENOSYS};
    const char *pattern = getenv("OG_TEST_DENIES");
    unsigned failed = 0;
    opens_first = first;
    if (first) {
        open_it();
        works();
    }
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < CALLS; j++) {
            denied = &calls[j];
            number = numbers[i];
            if ((pattern && fnmatch(pattern, denied->name, 0)) ||
                (number == ENOSYS && !denied->is_newer))
                continue;
            int status = status_of(run_where_it_is_denied);
            if (!status)
                continue;
            failed++;
            printf("# %s fails with %s: ", denied->name, strerror(number));
            printf(WIFSIGNALED(status) ? "killed: %s\n" : "failed%s\n",
                   WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "");
        }
    }
    CHECK(!failed);
}

static void opens_where_a_call_is_denied(void)
{
    deny_each(false);
}

static void a_call_is_denied_after_it_has_opened(void)
{
    deny_each(true);
}

const struct hosts_row hosts_denials[] = {
    ROW_WITH(opens_where_a_call_is_denied, OG_MPK_ONLY, LONG),
    ROW_WITH(a_call_is_denied_after_it_has_opened, OG_MPK_ONLY, LONG),
    {NULL, NULL, 0, 0},
};
