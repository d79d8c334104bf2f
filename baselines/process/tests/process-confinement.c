/* What holds a worker, seen from outside (/proc) and tried from inside. Each
 * forbidden thing is first done without the sandbox, where it must succeed. */
#include "baselines/process/filter.h"
#include "baselines/process/tests/each-transport.h"
#include "baselines/process/tests/ordinary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* The line of /proc/PID/NAME that starts with `key`, after it; "" if there is none. */
static void proc_line(pid_t pid, const char *name, const char *key, char line[256])
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    line[0] = '\0';
    while (fgets(text, sizeof text, file))
        if (strncmp(text, key, strlen(key)) == 0)
            snprintf(line, 256, "%.200s", text + strlen(key));
    fclose(file);
}

static void the_kernel_shows_the_worker_confined(void **state)
{
    char line[256];
    pid_t pid = process_worker_pid(*state);
    proc_line(pid, "status", "NoNewPrivs:", line);
    assert_int_equal(atoi(line), 1);
    proc_line(pid, "status", "Seccomp:", line);
    assert_int_equal(atoi(line), 2);
    proc_line(pid, "status", "Threads:", line);
    assert_int_equal(atoi(line), 1);
    static const char *const capabilities[] = {"CapEff:", "CapPrm:", "CapInh:", "CapAmb:"};
    for (size_t i = 0; i < sizeof capabilities / sizeof capabilities[0]; i++) {
        proc_line(pid, "status", capabilities[i], line);
        assert_true(strtoull(line, NULL, 16) == 0);
    }
    struct process_confinement confinement = process_confinement(*state);
    assert_true(confinement.no_new_privileges && confinement.system_call_filter &&
                confinement.resource_limits);
}

static void the_worker_is_under_its_limits(void **state)
{
    static const char *const zero[] = {"Max core file size", "Max file size", "Max processes",
                                       "Max open files", "Max locked memory"};
    char line[256];
    pid_t pid = process_worker_pid(*state);
    for (size_t i = 0; i < sizeof zero / sizeof zero[0]; i++) {
        unsigned long soft = 1, hard = 1;
        proc_line(pid, "limits", zero[i], line);
        assert_int_equal(sscanf(line, "%lu %lu", &soft, &hard), 2);
        assert_int_equal(soft, 0);
        assert_int_equal(hard, 0);
    }
    proc_line(pid, "limits", "Max address space", line);
    if (!PROCESS_SANITIZED)
        assert_int_equal(strtoul(line, NULL, 10), 1ul << 30);
}

enum { IS_ROOTS, IS_ITS_OWN, CANNOT_BE_TOLD };

/* Whose files are in /proc/PID: root's, where no core is ever written of the process, nor given to
 * a program; else its own. As nobody, since root's are root's in any case. */
static int whose_files_are_a_workers(const struct process_options *options)
{
    enum { NOBODY = 65534 };
    struct process_sandbox *sandbox;
    struct stat of;
    char path[64];
    if ((geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0) ||
        process_open(&sandbox, options, NULL) != OG_OK)
        return CANNOT_BE_TOLD;
    snprintf(path, sizeof path, "/proc/%d/environ", (int)process_worker_pid(sandbox));
    bool is_its_own = stat(path, &of) != 0 || of.st_uid == getuid();
    process_close(sandbox);
    return is_its_own ? IS_ITS_OWN : IS_ROOTS;
}

static void there_is_no_core_of_a_worker(void **state)
{
    const struct process_options options = {.library = "test",
                                            .transport = state_transport(*state)};
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(whose_files_are_a_workers(&options));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == CANNOT_BE_TOLD)
        skip();
    assert_int_equal(WEXITSTATUS(status), IS_ROOTS);
}

/* As on systems that give no namespaces: an outer filter refuses them. */
static bool refuse_namespaces(void)
{
    static const scmp_datum_t namespaces[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool done = filter != NULL;
    for (size_t i = 0; done && i < sizeof namespaces / sizeof namespaces[0]; i++)
        done = !seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                 SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i]));
    done = done && !seccomp_load(filter);
    seccomp_release(filter);
    return done;
}

static int write_to_parent(volatile char *prey)
{
    char byte = 2;
    struct iovec from = {&byte, 1}, to = {(void *)(uintptr_t)prey, 1};
    return process_vm_writev(getppid(), &from, 1, &to, 1, 0) != 1;
}

/* As anybody but root, without namespaces: there any process of the same user can write to it. */
static int what_a_resolver_reaches(const struct process_options *options)
{
    enum { NOBODY = 65534 };
    struct process_sandbox *sandbox;
    int status = 0;
    volatile char *prey = mmap((void *)(uintptr_t)RESOLVER_PREY, 4096, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (prey == MAP_FAILED || (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0) ||
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0 || !refuse_namespaces())
        return CANNOT_BE_TOLD;
    pid_t child = fork();
    if (child == 0)
        _exit(write_to_parent(prey));
    if (waitpid(child, &status, 0) != child || status != 0 || *prey != 2)
        return CANNOT_BE_TOLD;
    *prey = 0;
    if (process_open(&sandbox, options, NULL) != OG_OK)
        return CANNOT_BE_TOLD;
    struct process_confinement got = process_confinement(sandbox);
    process_close(sandbox);
    return got.user_namespace || !got.landlock ? CANNOT_BE_TOLD : *prey;
}

static void a_resolver_does_not_reach_its_hosts_memory(void **state)
{
    const struct process_options options = {.library = "resolver",
                                            .transport = state_transport(*state)};
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(what_a_resolver_reaches(&options));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == CANNOT_BE_TOLD)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void the_namespaces_reported_are_the_workers_own(void **state)
{
    struct process_confinement got = process_confinement(*state);
    const struct {
        const char *name;
        bool own;
    } spaces[] = {{"user", got.user_namespace},   {"mnt", got.mount_namespace},
                  {"pid", got.process_namespace}, {"net", got.network_namespace},
                  {"ipc", got.ipc_namespace},     {"uts", got.host_name_namespace}};
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        char path[64], ours[64] = "", its[64] = "";
        snprintf(path, sizeof path, "/proc/self/ns/%s", spaces[i].name);
        assert_true(readlink(path, ours, sizeof ours - 1) > 0);
        snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)process_worker_pid(*state),
                 spaces[i].name);
        if (readlink(path, its, sizeof its - 1) < 0)
            continue; /* not ours to look at */
        if ((strcmp(ours, its) != 0) != spaces[i].own)
            fail_msg("%s: %s and %s", spaces[i].name, ours, its);
    }
}

static void assert_only_descriptors(void **state, unsigned expected)
{
    char path[64];
    unsigned count = 0, highest = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)process_worker_pid(*state));
    DIR *folder = opendir(path);
    if (!folder)
        skip();
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        count++;
        unsigned number = (unsigned)atoi(entry->d_name);
        highest = number > highest ? number : highest;
    }
    closedir(folder);
    assert_int_equal(count, expected);
    assert_int_equal(highest, expected - 1);
    snprintf(path, sizeof path, "/proc/%d/environ", (int)process_worker_pid(*state));
    int file = open(path, O_RDONLY);
    char byte;
    if (file >= 0) {
        assert_int_equal(read(file, &byte, 1), 0);
        close(file);
    }
}

static void the_worker_has_its_own_descriptors_only_and_no_environment(void **state)
{
    assert_only_descriptors(state, 4);
}

static void the_worker_has_two_descriptors_more(void **state)
{
    assert_only_descriptors(state, 6);
}

/* In a child of ours, without a sandbox: does it work there at all? */
static bool works_outside(enum test_call call)
{
    pid_t child = fork();
    if (child == 0) {
        bool works = true;
        switch (call) {
        case CALL_OPEN:
            works = open("/dev/null", O_RDWR) >= 0;
            break;
        case CALL_SOCKET:
            works = socket(AF_INET, SOCK_STREAM, 0) >= 0;
            break;
        case CALL_FORK:
            works = fork() >= 0;
            break;
        case CALL_EXEC:
            execl("/bin/true", "true", NULL);
            works = false;
            break;
        case CALL_MAP_CODE:
            works = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
                    MAP_FAILED;
            break;
        case CALL_KILL:
            works = kill(getpid(), 0) == 0;
            break;
        case CALL_PRCTL:
            works = prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) == 0;
            break;
        default:
            break;
        }
        _exit(!works);
    }
    int status;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void forbidden_system_calls_end_the_worker(void **state)
{
    for (uint32_t call = 0; call < CALL_COUNT; call++) {
        struct og_fault fault = {0};
        if (PROCESS_SANITIZED && call == CALL_WRITE)
            continue;
        assert_true(works_outside((enum test_call)call));
        pid_t lost = process_worker_pid(*state);
        enum og_error error = call_with_number(*state, TEST_SYSTEM_CALL, call, &fault);
        if (error != OG_FAULTED || fault.signal != SIGSYS)
            fail_msg("call %u: %s, signal %d", call, og_error_name(error), fault.signal);
        assert_int_equal(kill(lost, 0), -1);
        assert_serves(*state);
    }
}

static void what_ordinary_libraries_do_works_or_is_refused_and_does_not_end_the_worker(void **state)
{
    pid_t worker = process_worker_pid(*state);
    for (uint32_t i = 0; i < ordinary_count; i++) {
        struct og_fault fault = {0};
        struct wire_reader results;
        /* Where the sanitizer stands between a library and the C library. */
        if (PROCESS_SANITIZED &&
            (ordinary[i].in_worker == EPERM || ordinary[i].in_worker == EAGAIN))
            continue;
        wire_put_u32(process_call_begin(*state, TEST_ORDINARY), i);
        if (process_call_finish(*state, &results, &fault))
            fail_msg("a library that %s: %s, signal %d", ordinary[i].what, fault.message,
                     fault.signal);
        int given = (int)wire_get_u32(&results);
        assert_int_equal(process_results_finish(*state, &results, &fault), OG_OK);
        if (given != ordinary[i].in_worker)
            fail_msg("a library that %s: got %d, not %d", ordinary[i].what, given,
                     ordinary[i].in_worker);
    }
    assert_int_equal(process_worker_pid(*state), worker);
}

static void what_ordinary_libraries_do_works_without_a_sandbox(void **state)
{
    (void)state;
    for (size_t i = 0; i < ordinary_count; i++) {
        errno = 0;
        int given = ordinary[i].do_it();
        /* Whether that much memory may be locked is the system's to say. */
        if (given != 0 && !(given == ENOMEM && ordinary[i].in_worker == EPERM))
            fail_msg("a library that %s: %s", ordinary[i].what, strerror(given));
    }
}

static void a_worker_that_sleeps_is_ended_at_the_deadline(void **state)
{
    struct process_sandbox *sandbox;
    struct og_fault fault = {0};
    struct process_options options = {
        .library = "test", .transport = state_transport(*state), .deadline_ms = 50};
    assert_int_equal(process_open(&sandbox, &options, NULL), OG_OK);
    assert_int_equal(call_with_number(sandbox, TEST_SLEEP, 3600, &fault), OG_DEADLINE);
    assert_serves(sandbox);
    process_close(sandbox);
}

/* As by Ctrl-Z, by a debugger, or with the machine asleep: the kernel begins the rest of what was
 * waited for by a call of its own. */
static void a_worker_that_sleeps_is_stopped_and_goes_on(void **state)
{
    struct og_fault fault = {0};
    pid_t worker = process_worker_pid(*state);
    pid_t child = fork();
    if (child == 0) {
        usleep(200000);
        kill(worker, SIGSTOP);
        usleep(50000);
        kill(worker, SIGCONT);
        _exit(0);
    }
    if (call_with_number(*state, TEST_SLEEP, 1, &fault))
        fail_msg("%s, signal %d", fault.message, fault.signal);
    waitpid(child, NULL, 0);
    assert_int_equal(process_worker_pid(*state), worker);
}

static void the_worker_is_not_told_the_hosts_name(void **state)
{
    struct wire_reader results;
    size_t size;
    char name[65] = "", ours[65] = "";
    if (!process_confinement(*state).host_name_namespace)
        skip();
    process_call_begin(*state, TEST_HOST_NAME);
    assert_int_equal(process_call_finish(*state, &results, NULL), OG_OK);
    const void *bytes = wire_get_bytes(&results, &size);
    assert_true(size < sizeof name);
    memcpy(name, bytes, size);
    assert_int_equal(process_results_finish(*state, &results, NULL), OG_OK);
    gethostname(ours, sizeof ours - 1);
    /* Where a system gives the namespace and not the right to change the name, it stays. */
    if (strcmp(name, ours) != 0)
        assert_string_equal(name, "worker");
}

static uint8_t call_for_byte(struct process_sandbox *sandbox, uint32_t function, uint64_t number)
{
    struct wire_reader results;
    struct wire_writer *arguments = process_call_begin(sandbox, function);
    if (function == TEST_ALLOCATE)
        wire_put_u64(arguments, number);
    assert_int_equal(process_call_finish(sandbox, &results, NULL), OG_OK);
    uint8_t byte = wire_get_u8(&results);
    assert_int_equal(process_results_finish(sandbox, &results, NULL), OG_OK);
    return byte;
}

static void memory_is_given_up_to_the_limit(void **state)
{
    assert_int_equal(call_for_byte(*state, TEST_ALLOCATE, 32 << 20), 1);
    if (PROCESS_SANITIZED)
        return;
    assert_int_equal(call_for_byte(*state, TEST_ALLOCATE, (uint64_t)2 << 30), 0);
    assert_int_equal(call_for_byte(*state, TEST_EXHAUST, 0), 1);
}

static bool has_ended(pid_t pid)
{
    /* As we are its new parent's neighbour only, it may stay a zombie for a moment. */
    for (int i = 0; i < 500; i++) {
        char path[64], line[256] = "";
        snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
        if (access(path, R_OK) != 0)
            return true;
        FILE *file = fopen(path, "r");
        while (file && fgets(line, sizeof line, file) && strncmp(line, "State:", 6) != 0)
            continue;
        if (file)
            fclose(file);
        if (strstr(line, "Z (zombie)") || strstr(line, "X (dead)"))
            return true;
        usleep(10000);
    }
    return false;
}

/* A host in a process of its own, killed while its worker idles or computes. */
static void assert_worker_dies_with_host(enum process_transport transport, bool computing)
{
    int told[2];
    pid_t worker = 0;
    assert_int_equal(pipe(told), 0);
    pid_t host = fork();
    if (host == 0) {
        struct process_sandbox *sandbox;
        struct process_options options = {.library = "test", .transport = transport};
        if (process_open(&sandbox, &options, NULL))
            _exit(1);
        pid_t pid = process_worker_pid(sandbox);
        if (write(told[1], &pid, sizeof pid) != sizeof pid)
            _exit(1);
        if (computing)
            call_with_number(sandbox, TEST_HANG, 0, NULL);
        for (;;)
            pause();
    }
    assert_int_equal(read(told[0], &worker, sizeof worker), sizeof worker);
    usleep(20000);
    assert_int_equal(kill(worker, 0), 0);
    kill(host, SIGKILL);
    waitpid(host, NULL, 0);
    assert_true(has_ended(worker));
    close(told[0]);
    close(told[1]);
}

static void the_worker_dies_with_its_host(void **state)
{
    assert_worker_dies_with_host(state_transport(*state), false);
    assert_worker_dies_with_host(state_transport(*state), true);
}

static void a_host_that_ignores_child_signals_is_served(void **state)
{
    struct process_sandbox *sandbox;
    struct process_options options = {.library = "test",
                                      .transport = state_transport(*state),
                                      .placement = state_placement(*state)};
    signal(SIGCHLD, SIG_IGN);
    assert_int_equal(process_open(&sandbox, &options, NULL), OG_OK);
    assert_int_equal(call_with_number(sandbox, TEST_CRASH, 8, NULL), OG_FAULTED);
    assert_serves(sandbox);
    process_close(sandbox);
    signal(SIGCHLD, SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_EACH(the_kernel_shows_the_worker_confined),
        OVER_EACH(the_worker_is_under_its_limits),
        OVER(there_is_no_core_of_a_worker, "socket", NULL, NULL, PROCESS_SOCKET, PROCESS_ANYWHERE),
        OVER(a_resolver_does_not_reach_its_hosts_memory, "socket", NULL, NULL, PROCESS_SOCKET,
             PROCESS_ANYWHERE),
        OVER_EACH(the_namespaces_reported_are_the_workers_own),
        OVER(the_worker_has_its_own_descriptors_only_and_no_environment, "socket",
             open_test_sandbox, close_test_sandbox, PROCESS_SOCKET, PROCESS_ANYWHERE),
        OVER(the_worker_has_its_own_descriptors_only_and_no_environment, "ring", open_test_sandbox,
             close_test_sandbox, PROCESS_RING, PROCESS_ANYWHERE),
        OVER(the_worker_has_two_descriptors_more, "pipe", open_test_sandbox, close_test_sandbox,
             PROCESS_PIPE, PROCESS_ANYWHERE),
        OVER_EACH(forbidden_system_calls_end_the_worker),
        OVER_EACH(what_ordinary_libraries_do_works_or_is_refused_and_does_not_end_the_worker),
        cmocka_unit_test(what_ordinary_libraries_do_works_without_a_sandbox),
        OVER_EACH_UNOPENED(a_worker_that_sleeps_is_ended_at_the_deadline),
        OVER(a_worker_that_sleeps_is_stopped_and_goes_on, "socket", open_test_sandbox,
             close_test_sandbox, PROCESS_SOCKET, PROCESS_ANYWHERE),
        OVER_EACH(the_worker_is_not_told_the_hosts_name),
        OVER_EACH(memory_is_given_up_to_the_limit),
        OVER_EACH_UNOPENED(the_worker_dies_with_its_host),
        OVER_EACH_UNOPENED(a_host_that_ignores_child_signals_is_served),
    };
    return cmocka_run_group_tests_name("process-confinement", tests, NULL, NULL);
}
