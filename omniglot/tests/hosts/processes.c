/* Hosts and their processes: every way of making one, and of becoming another. */
#include "omniglot/tests/hosts/hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

extern char **environ;

/* What a child may be after it has called a function that makes a system call which nobody has
 * granted: it was refused, or the child ended. Never: served. */
enum { REFUSED = 10, CLOSED = 11, SERVED = 12 };

static _Noreturn void ask_in_child(void)
{
    int64_t result = 0;
    enum og_error error = hosts_system.call(the_library, HOSTED_PROCESSES, 0, &result, &fault);
    _exit(error ? CLOSED : result == -EPERM ? REFUSED : SERVED);
}

static int end_of(pid_t child)
{
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    return status;
}

static bool is_shut(int status)
{
    bool is =
        WIFSIGNALED(status) || WEXITSTATUS(status) == REFUSED || WEXITSTATUS(status) == CLOSED;
    if (!is)
        printf("# the child's system call was made\n");
    return is;
}

static bool answers(int status)
{
    bool does =
        WIFEXITED(status) && (WEXITSTATUS(status) == REFUSED || WEXITSTATUS(status) == CLOSED);
    if (!does)
        printf("# the child's status is %#x\n", (unsigned)status);
    return does;
}

static void forks_and_calls_in_the_child(void)
{
    open_it();
    works();
    pid_t child = fork();
    if (child == 0)
        ask_in_child();
    CHECK(answers(end_of(child)));
    child = fork();
    if (child == 0) {
        works();
        _exit(0);
    }
    CHECK(ended_well(end_of(child)));
    works();
    close_it();
}

static void makes_a_child_by__Fork(void)
{
    open_it();
    works();
    pid_t child = _Fork();
    if (child == 0)
        ask_in_child();
    CHECK(answers(end_of(child)));
    works();
    close_it();
}

static void makes_a_child_by_a_system_call(void)
{
    open_it();
    works();
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (child == 0)
        ask_in_child();
    CHECK(is_shut(end_of(child)));
    child = (pid_t)syscall(SYS_fork);
    if (child == 0)
        ask_in_child();
    CHECK(is_shut(end_of(child)));
    works();
    close_it();
}

static int ask_on_another_stack(void *unused)
{
    (void)unused;
    ask_in_child();
}

static void makes_a_child_by_clone(void)
{
    static char stack[256 << 10] __attribute__((aligned(16)));
    open_it();
    works();
    CHECK(is_shut(end_of(clone(ask_on_another_stack, stack + sizeof(stack), SIGCHLD, NULL))));
    works();
    close_it();
}

static int run_true(void)
{
    pid_t child;
    char *const arguments[] = {"true", NULL};
    CHECK(!posix_spawnp(&child, "true", NULL, NULL, arguments, environ));
    return end_of(child);
}

static void start_programs(void)
{
    CHECK(ended_well(run_true()));
    CHECK(ended_well(system("true")));
    FILE *pipe = popen("echo 42", "r");
    int number = 0;
    CHECK(pipe && fscanf(pipe, "%d", &number) == 1 && number == 42 && !pclose(pipe));
    pid_t child = vfork();
    if (child == 0) {
        execlp("true", "true", NULL);
        _exit(1);
    }
    CHECK(ended_well(end_of(child)));
}

static int64_t start_programs_here(int64_t number)
{
    start_programs();
    return number;
}

static void starts_programs(void)
{
    open_it();
    works();
    start_programs();
    works();
    CHECK(call_back(start_programs_here, 1) == 1);
    works();
    close_it();
}

/* What the program that is started finds of signals is what the host has set; over protection keys
 * but for those by which a domain's faults are told, which it finds at their default where they
 * were ignored. */
static void find_masks(uint64_t *blocked, uint64_t *ignored)
{
    char line[256];
    FILE *pipe = popen("exec cat /proc/self/status", "r");
    while (pipe && fgets(line, sizeof(line), pipe)) {
        (void)sscanf(line, "SigBlk: %" SCNx64, blocked);
        (void)sscanf(line, "SigIgn: %" SCNx64, ignored);
    }
    CHECK(pipe && !pclose(pipe));
}

static uint64_t mask_of(int signal)
{
    return UINT64_C(1) << (signal - 1);
}

/* Every way to start one, each of which finds that mask. */
static bool all_find(uint64_t blocked)
{
    char line[64], *const arguments[] = {"grep", "-q", line, "/proc/self/status", NULL};
    pid_t child;
    snprintf(line, sizeof(line), "^SigBlk:.*%016" PRIx64, blocked);
    for (int way = 0; way < 10; way++) {
        if (way == 0) {
            CHECK(!posix_spawnp(&child, "grep", NULL, NULL, arguments, environ));
        } else if ((child = way % 2 ? vfork() : fork()) == 0) {
            if (way < 3)
                execvp("grep", arguments);
            else if (way < 5)
                execvpe("grep", arguments, environ);
            else if (way < 7)
                execlp("grep", "grep", "-q", line, "/proc/self/status", NULL);
            else if (way < 8)
                execle("/bin/grep", "grep", "-q", line, "/proc/self/status", NULL, environ);
            else if (way < 9)
                fexecve(open("/bin/grep", O_PATH | O_CLOEXEC), arguments, environ);
            else
                execveat(AT_FDCWD, "/bin/grep", arguments, environ, 0);
            _exit(7);
        }
        if (!ended_well(end_of(child))) {
            printf("# by way %d\n", way);
            return false;
        }
    }
    return true;
}

/* A program that cannot be started leaves everything as it was. */
static void fail_to_start(void)
{
    char *const arguments[] = {"none", NULL};
    pid_t child;
    CHECK(execv("/no/such/program", arguments) == -1 && errno == ENOENT);
    CHECK(execl("/no/such/program", "none", NULL) == -1 && errno == ENOENT);
    CHECK(posix_spawn(&child, "/no/such/program", NULL, NULL, arguments, environ) == ENOENT);
    child = vfork();
    if (child == 0) {
        execve("/no/such/program", arguments, environ);
        _exit(0);
    }
    CHECK(ended_well(end_of(child)));
}

static void starts_programs_with_the_masks_it_has_set(void)
{
    uint64_t before, blocked = 0, ignored = 0;
    sigset_t set, now;
    find_masks(&blocked, &before);
    open_it();
    works();
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGSYS);
    sigaddset(&set, SIGSEGV);
    signal(SIGUSR2, SIG_IGN);
    signal(SIGFPE, SIG_IGN);
    CHECK(!pthread_sigmask(SIG_SETMASK, &set, NULL));
    find_masks(&blocked, &ignored);
    printf("# blocked %" PRIx64 ", ignored %" PRIx64 "\n", blocked, ignored);
    uint64_t lost = hosts_system.is == OG_MPK_ONLY ? mask_of(SIGFPE) : 0;
    CHECK(ignored == (before | ((mask_of(SIGUSR2) | mask_of(SIGFPE)) & ~lost)));
    CHECK(blocked == (mask_of(SIGUSR1) | mask_of(SIGSYS) | mask_of(SIGSEGV)));
    works();
    CHECK(!pthread_sigmask(SIG_BLOCK, NULL, &now) && !memcmp(&now, &set, 8));
    CHECK(all_find(blocked));
    fail_to_start();
    CHECK(!pthread_sigmask(SIG_BLOCK, NULL, &now) && !memcmp(&now, &set, 8));
    works();
    if (hosts_system.is & TIMED)
        fault_and_reset();
    close_it();
}

/* Told, handed on to a program, and that of a child of fork and of what that starts. */
static void check_blocked(uint64_t wanted)
{
    uint64_t found = 0, ignored, told = 0;
    sigset_t now;
    CHECK(!pthread_sigmask(SIG_BLOCK, NULL, &now));
    memcpy(&told, &now, sizeof(told));
    find_masks(&found, &ignored);
    if (told != wanted || found != wanted)
        printf("# blocked %" PRIx64 ", told %" PRIx64 ", a program %" PRIx64 "\n", wanted, told,
               found);
    CHECK(told == wanted && found == wanted);
}

static void check_blocked_here_and_in_child(uint64_t wanted)
{
    check_blocked(wanted);
    pid_t child = fork();
    if (child == 0) {
        check_blocked(wanted);
        works();
        check_blocked(wanted);
        _exit(0);
    }
    CHECK(ended_well(end_of(child)));
    works();
    check_blocked(wanted);
}

static int blocked_signal;

static void block_then_open(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, blocked_signal);
    CHECK(!pthread_sigmask(SIG_BLOCK, &set, NULL));
    open_it_with_deadline(2000);
    check_blocked_here_and_in_child(mask_of(blocked_signal));
    fault_and_reset();
    check_blocked(mask_of(blocked_signal));
    CHECK(!pthread_sigmask(SIG_UNBLOCK, &set, NULL));
    check_blocked(0);
    CHECK(!pthread_sigmask(SIG_BLOCK, &set, NULL));
    close_it();
    check_blocked(mask_of(blocked_signal));
}

static void open_then_block(void)
{
    sigset_t set;
    open_it_with_deadline(2000);
    check_blocked_here_and_in_child(0);
    sigemptyset(&set);
    sigaddset(&set, blocked_signal);
    CHECK(!pthread_sigmask(SIG_BLOCK, &set, NULL));
    check_blocked_here_and_in_child(mask_of(blocked_signal));
    close_it();
    check_blocked(mask_of(blocked_signal));
}

/* Each alone, with and without what the runtime needs: none stands for another. */
static void blocks_one_signal_and_no_other(void)
{
    const int signals[] = {SIGSEGV, SIGBUS,  SIGILL,       SIGFPE, SIGTRAP,
                           SIGSYS,  SIGUSR1, SIGRTMAX - 3, 0};
    for (const int *signal = signals; *signal; signal++) {
        blocked_signal = *signal;
        printf("# signal %d\n", *signal);
        CHECK(ended_well(status_of(block_then_open)));
        CHECK(ended_well(status_of(open_then_block)));
    }
}

static int64_t become_another(int64_t number)
{
    execlp("true", "true", NULL);
    return number;
}

static void execute_in_a_callback(void)
{
    open_it_with_deadline(1000);
    (void)call_back(become_another, 1);
    hosts_fail();
}

static void *compute(void *rounds)
{
    open_it_with_deadline(10000);
    (void)call(HOSTED_COMPUTE, *(int64_t *)rounds);
    return NULL;
}

static void execute_while_inside(void)
{
    int64_t rounds = rounds_for(5000);
    pthread_t thread;
    CHECK(!pthread_create(&thread, NULL, compute, &rounds));
    usleep(300000);
    (void)become_another(0);
    hosts_fail();
}

static void becomes_another_program_while_inside(void)
{
    CHECK(ended_well(status_of(execute_in_a_callback)));
    CHECK(ended_well(status_of(execute_while_inside)));
}

static int64_t fork_here(int64_t number)
{
    pid_t child = fork();
    if (child == 0)
        _exit(7);
    int status = end_of(child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 7 ? number : -1;
}

static int64_t fork_and_go_on(int64_t number)
{
    pid_t child = fork();
    if (child == 0)
        return 100;
    int status = end_of(child);
    return ended_well(status) ? number : -1;
}

static void forks_in_a_callback(void)
{
    open_it();
    pid_t own = getpid();
    CHECK(call_back(fork_here, 2) == 3);
    int64_t sum = call_back(fork_and_go_on, 1);
    if (getpid() != own)
        _exit(sum != 100);
    CHECK(sum == 1);
    works();
    close_it();
}

static void *work_meanwhile(void *is_over)
{
    int64_t result;
    struct og_fault its;
    struct hosts_library *own;
    CHECK(hosts_system.open(&own, 0, &its) == OG_OK);
    while (!*(volatile bool *)is_over)
        CHECK(hosts_system.call(own, HOSTED_ALLOCATE, 4096, &result, &its) == OG_OK &&
              result == 4096);
    return NULL;
}

static void forks_while_another_thread_is_inside(void)
{
    bool is_over = false;
    pthread_t thread;
    open_it();
    CHECK(!pthread_create(&thread, NULL, work_meanwhile, &is_over));
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (child == 0) {
            works();
            _exit(0);
        }
        CHECK(ended_well(end_of(child)));
    }
    *(volatile bool *)&is_over = true;
    CHECK(!pthread_join(thread, NULL));
    works();
    close_it();
}

static sem_t is_in, goes_on;

static int64_t stay_in(int64_t number)
{
    sem_post(&is_in);
    sem_wait(&goes_on);
    return number;
}

static void *call_back_once(void *unused)
{
    CHECK(call_back(stay_in, 1) == 1);
    return unused;
}

/* In the child that thread will never come out. */
static void forks_while_another_thread_is_in_its_library(void)
{
    pthread_t thread;
    CHECK(!sem_init(&is_in, 0, 0) && !sem_init(&goes_on, 0, 0));
    open_it();
    CHECK(!pthread_create(&thread, NULL, call_back_once, NULL));
    CHECK(!sem_wait(&is_in));
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        call_ends(OG_POISONED, HOSTED_COUNT, 0);
        CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
        works();
        close_it();
        _exit(0);
    }
    CHECK(ended_well(end_of(child)));
    CHECK(!sem_post(&goes_on) && !pthread_join(thread, NULL));
    works();
    close_it();
}

static void *install_handlers(void *is_over)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    while (!*(volatile bool *)is_over)
        CHECK(!sigaction(SIGUSR2, &action, NULL));
    return NULL;
}

/* Before it has a domain, too. */
static void fork_while_others_install(pid_t (*make)(void))
{
    bool is_over = false;
    pthread_t thread;
    CHECK(!pthread_create(&thread, NULL, install_handlers, &is_over));
    for (int i = 0; i < 60; i++) {
        pid_t child = make();
        if (child == 0) {
            alarm(10);
            signal(SIGINT, SIG_DFL);
            _exit(0);
        }
        CHECK(ended_well(end_of(child)));
    }
    *(volatile bool *)&is_over = true;
    CHECK(!pthread_join(thread, NULL));
}

static void forks_while_another_thread_installs_handlers(void)
{
    fork_while_others_install(fork);
    fork_while_others_install(_Fork);
    open_it();
    works();
    fork_while_others_install(fork);
    fork_while_others_install(_Fork);
    works();
    close_it();
}

static volatile bool is_to_park;
static volatile int is_parked;

static void *work_until_parked(void *is_over)
{
    int64_t result;
    struct og_fault its;
    while (!*(volatile bool *)is_over) {
        CHECK(hosts_system.call(the_library, HOSTED_PROCESSES, 0, &result, &its) == OG_OK);
        if (!is_to_park)
            continue; /* looked at once: who parks says so */
        is_parked = 1;
        while (is_to_park)
            usleep(100);
        is_parked = 0;
    }
    return NULL;
}

static void park(void)
{
    while (is_to_park && !is_parked)
        usleep(100);
}

static void go_on(void)
{
    is_to_park = false;
}

/* What it has given pthread_atfork waits for a thread that calls the library. */
static void forks_when_its_worker_has_parked(void)
{
    bool is_over = false;
    pthread_t thread;
    CHECK(!pthread_atfork(park, go_on, go_on));
    open_it_with_deadline(1000);
    CHECK(!pthread_create(&thread, NULL, work_until_parked, &is_over));
    for (int i = 0; i < 20; i++) {
        usleep(5000);
        is_to_park = true;
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        CHECK(ended_well(end_of(child)));
    }
    *(volatile bool *)&is_over = true;
    CHECK(!pthread_join(thread, NULL));
    works();
    close_it();
}

static volatile int forks_left;

/* One at a time: what is interrupted gets on however slow a machine is. */
static void fork_soon(void)
{
    const struct itimerval soon = {{0, 0}, {0, 3000}};
    setitimer(ITIMER_REAL, &soon, NULL);
}

static void fork_in_handler(int signal)
{
    (void)signal;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    CHECK(ended_well(end_of(child)));
    if (--forks_left > 0)
        fork_soon();
}

/* A child that is made while the handler's own thread is in the runtime has no library; all else
 * goes on as ever. */
static void forks_in_handlers_while_it_opens(void)
{
    open_it();
    close_it();
    signal(SIGALRM, fork_in_handler);
    forks_left = 6;
    fork_soon();
    while (forks_left > 0) {
        open_it();
        works();
        close_it();
    }
    open_it();
    pid_t child = fork();
    if (child == 0) {
        works();
        _exit(0);
    }
    CHECK(ended_well(end_of(child)));
    close_it();
}

const struct hosts_row hosts_processes[] = {
    ROW_WITH(forks_while_another_thread_installs_handlers, ALL, LONG),
    ROW(forks_when_its_worker_has_parked, DOMAINS),
    ROW_WITH(forks_in_handlers_while_it_opens, OG_MPK_ONLY, LONG),
    ROW(forks_and_calls_in_the_child, DOMAINS & ~OG_NONE_ONLY),
    ROW(forks_while_another_thread_is_inside, DOMAINS),
    ROW(forks_while_another_thread_is_in_its_library, OG_MPK_ONLY),
    ROW(forks_in_a_callback, DOMAINS | WASM_ONLY),
    ROW(makes_a_child_by__Fork, OG_MPK_ONLY),
    ROW(makes_a_child_by_a_system_call, OG_MPK_ONLY),
    ROW(makes_a_child_by_clone, OG_MPK_ONLY),
    ROW(starts_programs, ALL),
    ROW(starts_programs_with_the_masks_it_has_set, ALL),
    ROW(blocks_one_signal_and_no_other, OG_MPK_ONLY),
    ROW(becomes_another_program_while_inside, ALL),
    {NULL, NULL, 0, 0},
};
