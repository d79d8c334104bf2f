/* The child between clone and exec: arranges its descriptors, sets limits, drops
 * privileges, and reports to the host what failed. Only system calls here: the
 * host's locks may be held by threads that do not exist in this copy. */
#include "baselines/process/launch_child.h"

#include "baselines/process/filter.h"
#include "baselines/process/message.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Above every number that dup2 is about to take. */
#define PARKED 64

static void report(enum worker_stage stage, int error, uint32_t read_only_mounts, uint32_t landlock)
{
    struct worker_report words = {.magic = REPORT_MAGIC,
                                  .stage = stage,
                                  .system_error = error,
                                  .read_only_mounts = read_only_mounts,
                                  .landlock = landlock};
    send(WORKER_SOCKET, &words, sizeof words, MSG_NOSIGNAL);
}

/* Descriptors 0, 1, 2: /dev/null, 3: the socket, 4 and 5: what was given; nothing else. */
static int arrange_descriptors(const struct child_plan *plan)
{
    int socket = fcntl(plan->socket, F_DUPFD, PARKED);
    int given[2] = {-1, -1};
    int null = open("/dev/null", O_RDWR);
    if (socket < 0 || null < 0)
        return errno;
    if ((null = fcntl(null, F_DUPFD, PARKED)) < 0)
        return errno;
    for (int i = 0; i < 2; i++)
        if (plan->given[i] >= 0 && (given[i] = fcntl(plan->given[i], F_DUPFD, PARKED)) < 0)
            return errno;
    for (int standard = 0; standard <= STDERR_FILENO; standard++)
        if (dup2(null, standard) < 0)
            return errno;
    unsigned first_closed = WORKER_SOCKET + 1;
    if (dup2(socket, WORKER_SOCKET) < 0)
        return errno;
    for (int i = 0; i < 2 && given[i] >= 0; i++)
        if (dup2(given[i], (int)first_closed++) < 0)
            return errno;
    return syscall(SYS_close_range, first_closed, ~0u, 0) == 0 ? 0 : errno;
}

static int set_limits(const struct child_plan *plan)
{
    const struct {
        int resource;
        rlim_t most;
    } limits[] = {
        {RLIMIT_CORE, 0},
        {RLIMIT_FSIZE, 0},
        {RLIMIT_NPROC, 0},
        {RLIMIT_MEMLOCK, 0},
        {RLIMIT_MSGQUEUE, 0},
        {RLIMIT_AS, PROCESS_SANITIZED ? RLIM_INFINITY : plan->memory},
        {RLIMIT_DATA, PROCESS_SANITIZED ? RLIM_INFINITY : plan->memory},
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct rlimit limit, new;
        if (getrlimit(limits[i].resource, &limit) != 0)
            return errno;
        /* Never raise what the host itself was given. */
        new.rlim_max = limits[i].most < limit.rlim_max ? limits[i].most : limit.rlim_max;
        new.rlim_cur = new.rlim_max;
        if (setrlimit(limits[i].resource, &new) != 0)
            return errno;
    }
    return 0;
}

/* Whatever processors the host's thread is kept on just now. */
static int stay_on(int processor)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    return syscall(SYS_sched_setaffinity, 0, sizeof one, &one) < 0 ? errno : 0;
}

/* Signals as a new program expects them, whatever the host ignores or blocks. */
static void reset_signals(void)
{
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int drop_privileges(void)
{
    /* An empty bounding set: exec gives no capability, not even to root. Without
     * the right to drop from it there is none to drop. */
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EPERM)
            return errno;
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno;
}

/* Where the kernel has it (Linux 5.13): nothing in the file system can be changed, and no process
 * outside be traced, nor its memory be reached, which without a user namespace is anybody's of the
 * same user. It is in force before the loader is, and so before a library's resolvers run. */
static uint32_t restrict_access(void)
{
    const struct landlock_ruleset_attr changes = {
        .handled_access_fs = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                             LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                             LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                             LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                             LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM};
    long rules = syscall(SYS_landlock_create_ruleset, &changes, sizeof changes, 0);
    if (rules < 0)
        return 0;
    bool restricted = syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    close((int)rules);
    return restricted;
}

/* All of the file system; only ever in a mount namespace of the child's own. */
static uint32_t make_mounts_read_only(void)
{
    struct mount_attr attributes = {
        .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
        .propagation = 1 << 18, /* MS_PRIVATE: sys/mount.h and linux/mount.h exclude each other */
    };
    return syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attributes,
                   sizeof attributes) == 0;
}

_Noreturn void launch_child(const struct child_plan *plan)
{
    reset_signals();
    int error = arrange_descriptors(plan);
    if (error)
        _exit(127);
    uint32_t read_only = plan->own_mounts ? make_mounts_read_only() : 0;
    /* So that uname() does not tell the host's; not each system that gives a namespace permits it.
     */
    if (plan->own_host_name)
        syscall(SYS_sethostname, "worker", strlen("worker"));
    error = plan->processor < 0 ? 0 : stay_on(plan->processor);
    if (!error)
        error = set_limits(plan);
    if (!error)
        error = drop_privileges();
    uint32_t landlock = error ? 0 : restrict_access();
    report(STAGE_LIMITS, error, read_only, landlock);
    if (error)
        _exit(127);
    char *const arguments[] = {(char *)(uintptr_t)plan->program, NULL};
    char *const environment[] = {NULL};
    execve(plan->program, arguments, environment);
    report(STAGE_EXEC, errno, 0, 0);
    _exit(127);
}
