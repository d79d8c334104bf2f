/* The fuzzer of what a library can do inside a domain.
 *
 *   fuzz-domain [--seconds N] [--seed N [--steps N] [--trace]] [--two-threads] LIBRARY
 *
 * Each seed is a round in a process of its own; what was found is told with its seed and step, and
 * `--seed` runs it alone once more, `--trace` with each thing the library tries. A round with one
 * thread (the seed is not 3 modulo 4) is the same each time, but for where the timer's signals
 * come; `--two-threads` runs no others. */
#include "host.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    HANGS_AFTER = 15 /* seconds without a step */,
    MOST_FINDINGS = 20,
    POLL = 20000000,
    LOG = 16384
};
enum { ENOUGH_CALLS = 4000 /* to have come everywhere */ };

struct shared *shared;
static int kernel_log = -1;

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- one round --- */

/* What the kernel has said since the last time, a line each: with print-fatal-signals, why and with
 * which registers it killed a process. */
static void read_kernel_log(char text[LOG])
{
    char record[1024];
    size_t used = 0;
    ssize_t got;
    while ((got = read(kernel_log, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
        record[got > 0 ? got : 0] = '\0';
        const char *message = strchr(record, ';');
        if (message && used < LOG)
            used += (size_t)snprintf(text + used, LOG - used, "# kernel: %.*s\n",
                                     (int)strcspn(message + 1, "\n"), message + 1);
    }
    text[used < LOG ? used : LOG - 1] = '\0';
}

/* Whether the kernel ended a thread itself, for an instruction of ours: QEMU 7.2 reads the stack of
 * a far return with the kernel's rights; no processor does. Other threads may wait for that one. */
static bool emulator_failed(const char *kernel_said)
{
    return strstr(kernel_said, "Oops") &&
           strstr(kernel_said, "supervisor read access in user mode");
}

/* Where the threads of a process that hangs are: "running", or the system call, its arguments, the
 * stack pointer and the instruction's address. */
static void tell_threads(pid_t process)
{
    static const char *const files[] = {"syscall", "wchan"};
    char path[300], text[256];
    struct dirent *entry;
    snprintf(path, sizeof(path), "/proc/%d/task", process);
    DIR *threads = opendir(path);
    while (threads && (entry = readdir(threads)))
        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && entry->d_name[0] != '.'; i++) {
            snprintf(path, sizeof(path), "/proc/%d/task/%.20s/%s", process, entry->d_name,
                     files[i]);
            FILE *file = fopen(path, "re");
            if (file && fgets(text, sizeof(text), file))
                printf("# thread %.20s, %s: %.200s\n", entry->d_name, files[i], strtok(text, "\n"));
            if (file)
                fclose(file);
        }
    if (threads)
        closedir(threads);
}

/* Waits for the round; false if it makes no progress. */
static bool wait_for(pid_t round, int *status)
{
    const struct timespec poll = {0, POLL};
    uint64_t progress = atomic_load(&shared->progress);
    double since = seconds_now();
    while (!waitpid(round, status, WNOHANG)) {
        nanosleep(&poll, NULL);
        if (progress != atomic_load(&shared->progress)) {
            progress = atomic_load(&shared->progress);
            since = seconds_now();
        } else if (seconds_now() - since > HANGS_AFTER) {
            tell_threads(round);
            kill(round, SIGUSR2); /* tell_turns */
            nanosleep(&(const struct timespec){1, 0}, NULL);
            kill(round, SIGKILL);
            waitpid(round, status, 0);
            return false;
        }
    }
    return true;
}

/* Returns whether something was found. */
static bool run(const struct settings *settings)
{
    int status;
    static char log[LOG];
    char text[2 * FINDING] = "";
    atomic_store(&shared->found, 0);
    atomic_store(&shared->step, 0);
    fflush(stdout);
    pid_t round = fork();
    if (!round)
        run_round(settings);
    bool ended = wait_for(round, &status);
    read_kernel_log(log);
    atomic_fetch_add(&shared->rounds, 1);
    if (ended && WIFEXITED(status) && !WEXITSTATUS(status))
        return false;
    if (emulator_failed(log) && (!ended || WIFSIGNALED(status))) {
        printf("# seed %" PRIu64 ", step %" PRIu64 ": the emulator failed, not counted\n",
               settings->seed, atomic_load(&shared->step));
        return false;
    }
    if (!ended)
        snprintf(text, sizeof(text), "the host hangs: %d s without a step", HANGS_AFTER);
    else if (WIFSIGNALED(status))
        snprintf(text, sizeof(text), "the host was killed: %s", strsignal(WTERMSIG(status)));
    else if (shared->finding[0])
        snprintf(text, sizeof(text), "%s", shared->finding);
    else
        snprintf(text, sizeof(text), "the host has exited with status %d", WEXITSTATUS(status));
    for (char *line = strchr(text, '\n'); line; line = strchr(line, '\n'))
        *line = ' ';
    printf("# FOUND seed %" PRIu64 ", step %" PRIu64 "%s: %s\n", settings->seed,
           atomic_load(&shared->step), settings->seed % 4 == 3 ? ", two threads" : "", text);
    printf("%s", log);
    memset(shared->finding, 0, sizeof(shared->finding));
    return true;
}

/* --- the report --- */

static const struct {
    int number;
    const char *name;
} names[] = {
    {SYS_brk, "brk"},
    {SYS_mmap, "mmap"},
    {SYS_munmap, "munmap"},
    {SYS_mprotect, "mprotect"},
    {SYS_mremap, "mremap"},
    {SYS_madvise, "madvise"},
    {SYS_mlock, "mlock"},
    {SYS_munlock, "munlock"},
    {SYS_open, "open"},
    {SYS_openat, "openat"},
    {SYS_read, "read"},
    {SYS_pread64, "pread"},
    {SYS_lseek, "lseek"},
    {SYS_close, "close"},
    {SYS_fstat, "fstat"},
    {SYS_newfstatat, "newfstatat"},
    {SYS_access, "access"},
    {SYS_faccessat, "faccessat"},
    {SYS_readlink, "readlink"},
    {SYS_ioctl, "ioctl"},
    {SYS_write, "write"},
    {SYS_writev, "writev"},
    {SYS_clock_gettime, "clock_gettime"},
    {SYS_clock_getres, "clock_getres"},
    {SYS_gettimeofday, "gettimeofday"},
    {SYS_time, "time"},
    {SYS_getrandom, "getrandom"},
    {SYS_arch_prctl, "arch_prctl"},
    {SYS_set_tid_address, "set_tid_address"},
    {SYS_gettid, "gettid"},
    {SYS_getpid, "getpid"},
    {SYS_set_robust_list, "set_robust_list"},
    {SYS_rt_sigprocmask, "rt_sigprocmask"},
    {SYS_futex, "futex"},
    {SYS_sched_yield, "sched_yield"},
    {SYS_prlimit64, "prlimit64"},
    {SYS_uname, "uname"},
};

/* Prints how deep it got. Returns how many kinds of what it should have reached it has not. */
static unsigned tell_depth(void)
{
    static const char *const actions[ACTIONS] = {
        "system calls", "endless loops", "reads",    "writes", "sweeps",
        "jumps",        "callbacks",     "faults",   "messes", "code written",
        "data run",     "copies",        "scribbles"};
    static const int signals[] = {SIGSEGV, SIGILL, SIGFPE, SIGTRAP};
    unsigned missing = 0;
    printf("# %" PRIu64 " rounds, %" PRIu64 " of them with two threads; %" PRIu64
           " domains opened, %" PRIu64 " calls, %" PRIu64 " completed, %" PRIu64
           " callbacks, %" PRIu64 " nested calls, %" PRIu64 " texts heard, %" PRIu64
           " resets, %" PRIu64 " refused as busy, %" PRIu64 " ticks\n",
           atomic_load(&shared->rounds), atomic_load(&shared->shared_rounds),
           atomic_load(&shared->opened), atomic_load(&shared->calls),
           atomic_load(&shared->completed), atomic_load(&shared->callbacks),
           atomic_load(&shared->nested), atomic_load(&shared->heard), atomic_load(&shared->resets),
           atomic_load(&shared->busy), atomic_load(&shared->ticks));
    printf("# tried:");
    for (int i = 0; i < ACTIONS; i++)
        printf(" %s %" PRIu64, actions[i], atomic_load(&shared->done[i]));
    printf("\n# system calls served:");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        uint64_t count = atomic_load(&shared->served[names[i].number]);
        printf(" %s %" PRIu64, names[i].name, count);
        missing += !count;
    }
    printf("; refused %" PRIu64 "\n# ends of calls:", atomic_load(&shared->refused));
    for (int i = 0; i < OG_ERROR_COUNT; i++)
        if (atomic_load(&shared->ends[i]))
            printf(" %s %" PRIu64, og_error_name((enum og_error)i), atomic_load(&shared->ends[i]));
    for (int i = 0; i < SIGNALS; i++)
        if (atomic_load(&shared->faults[i]))
            printf(" (%s %" PRIu64 ")", strsignal(i), atomic_load(&shared->faults[i]));
    printf("\n# failures to open:");
    for (int i = 0; i < OG_ERROR_COUNT; i++)
        if (atomic_load(&shared->open_failed[i]))
            printf(" %s %" PRIu64, og_error_name((enum og_error)i),
                   atomic_load(&shared->open_failed[i]));
    printf("\n");
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        if (!atomic_load(&shared->faults[signals[i]]))
            printf("# no %s\n", strsignal(signals[i]));
        missing += !atomic_load(&shared->faults[signals[i]]);
    }
    missing += !atomic_load(&shared->ends[OG_FORBIDDEN]); /* of code that comes late */
    missing += !atomic_load(&shared->ends[OG_DEADLINE]) + !atomic_load(&shared->nested) +
               !atomic_load(&shared->heard);
    return atomic_load(&shared->calls) < ENOUGH_CALLS ? 0 : missing;
}

/* --- setting up --- */

static bool write_file(const char *path, const void *bytes, size_t size, int times)
{
    FILE *file = fopen(path, "we");
    bool done = file != NULL;
    for (int i = 0; i < times && done; i++)
        done = fwrite(bytes, size, 1, file) == 1;
    return file && !fclose(file) && done;
}

/* What domains may read, what they may not, and links between. */
static bool make_files(void)
{
    static const Elf64_Ehdr library = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_DYN,
        .e_machine = EM_X86_64};
    static unsigned char code[4 * 4096], late[sizeof(code)];
    static const volatile unsigned char not_wrpkru[] = {0xf0, 0xfe, 0x10}; /* or it were here */
    memset(code, 0x90, sizeof(code));
    for (int i = 0; i < 3; i++)
        code[sizeof(code) - 16 + i] = (unsigned char)~not_wrpkru[i];
    memcpy(late, code, sizeof(code));
    memcpy(late, &library, sizeof(library));
    mkdir("/tmp/fuzz-domain", 0755);
    mkdir("/tmp/fuzz-domain/late", 0755);
    mkdir("/tmp/fuzz-domain/readable", 0755);
    (void)!symlink("../secret", "/tmp/fuzz-domain/readable/link");
    (void)!symlink("..", "/tmp/fuzz-domain/readable/out");
    return write_file("/tmp/fuzz-domain/secret", canaries_file_text, 8, 1024) &&
           write_file("/tmp/fuzz-domain/readable/file", "readable", 8, 1024) &&
           write_file("/tmp/fuzz-domain/readable/plan", "", 0, 0) &&
           write_file("/tmp/fuzz-domain/readable/code", code, sizeof(code), 1) &&
           write_file("/tmp/fuzz-domain/late/code", late, sizeof(late), 1);
}

/* Addresses are the same in every run of a seed. */
static void fix_addresses(char **argv)
{
    int now = personality(0xffffffff);
    if (now >= 0 && !(now & ADDR_NO_RANDOMIZE) &&
        personality((unsigned long)now | ADDR_NO_RANDOMIZE) >= 0)
        execv("/proc/self/exe", argv);
}

static int usage(void)
{
    fprintf(stderr,
            "usage: fuzz-domain [--seconds N] [--seed N [--steps N] [--trace]] [--two-threads]"
            " LIBRARY\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct settings settings = {.steps = 300, .seed = (uint64_t)time(NULL) * 4096};
    double until = seconds_now() + 60;
    bool one = false, two_threads = false;
    int found = 0, at = 1;
    fix_addresses(argv);
    for (; at < argc - 1; at++) {
        if (!strcmp(argv[at], "--trace"))
            settings.trace = true;
        else if (!strcmp(argv[at], "--two-threads"))
            two_threads = true, settings.seed |= 3;
        else if (!strcmp(argv[at], "--seconds"))
            until = seconds_now() + atof(argv[++at]);
        else if (!strcmp(argv[at], "--steps"))
            settings.steps = strtoull(argv[++at], NULL, 0);
        else if (!strcmp(argv[at], "--seed"))
            settings.seed = strtoull(argv[++at], NULL, 0), one = true;
        else
            return usage();
    }
    if (at != argc - 1)
        return usage();
    settings.library = argv[at];
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    kernel_log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (shared == MAP_FAILED || kernel_log < 0 || !make_files()) {
        fprintf(stderr, "fuzz-domain: no memory, no kernel's log, or no files\n");
        return 2;
    }
    lseek(kernel_log, 0, SEEK_END);
    (void)write_file("/proc/sys/kernel/print-fatal-signals", "1", 1, 1);
    canaries_look_for_code();
    printf("1..%d\n# from seed %" PRIu64 ", %" PRIu64 " steps each\n", one ? 1 : 2, settings.seed,
           settings.steps);
    do {
        found += run(&settings);
        settings.seed += two_threads ? 4 : 1;
    } while (!one && seconds_now() < until && found < MOST_FINDINGS);
    printf("%sok 1 - random_attacks_from_inside_leave_the_host_as_it_was\n", found ? "not " : "");
    unsigned missing = tell_depth();
    if (!one)
        printf("%sok 2 - they_reach_every_system_call_and_every_end_of_a_call\n",
               missing ? "not " : "");
    return found || (!one && missing);
}
