/* What a hostile library tries that is in a process of its own, each promise of
 * docs/threat-model-proc.md once: and that it comes to nothing. */
#include "proc-test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

/* A system call of the library's: what the kernel returns it. */
static long kernel(long number, long a, long b, long c, long d, long e)
{
    long result = 0;
    enum og_error error = call_six("call_kernel", &result, number, a, b, c, d, e);
    if (error)
        fail_msg("call %ld: %s", number, fault.message);
    return result;
}

/* Memory of the library's, for arguments. */
static long its_memory(void)
{
    void og_foreign *place = NULL;
    assert_int_equal(og_domain_lookup_data(domain, "numbers", &place, &fault), OG_OK);
    return (long)og_foreign_address(place);
}

static volatile long *its_value(void)
{
    void og_foreign *place = NULL;
    assert_int_equal(og_domain_lookup_data(domain, "value", &place, &fault), OG_OK);
    return (volatile long *)og_foreign_address(place);
}

/* --- standing still --- */

static void nothing_is_there_that_could_write_after_returning(void **state)
{
    (void)state;
    assert_int_equal(value_of("make_others", 0, 0), 0);
    assert_int_equal(value_of("arrange_for_later", 0, 0), 0);
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task", proc(domain)->id);
    assert_int_equal(access(path, F_OK), 0);
    snprintf(path, sizeof(path), "/proc/%d/task/%d", proc(domain)->id, proc(domain)->id + 1);
    assert_int_not_equal(access(path, F_OK), 0);
}

/* The value does not change while it is read, however long: the process waits for the host. */
static void a_library_that_has_returned_stands_still(void **state)
{
    (void)state;
    volatile long *value = its_value();
    value_of("make_others", 0, 0);
    value_of("arrange_for_later", 0, 0);
    const long before = *value;
    for (long i = 0; i < 10000000; i++)
        if (*value != before)
            fail_msg("it has changed after %ld", i);
}

/* The same where standing still is left out: the library is told to go on, and to write, while the
 * host reads. It is what the test above would see. */
static void without_standing_still_a_value_changes_while_it_is_read(void **state)
{
    (void)state;
    volatile long *value = its_value();
    void og_foreign *writer = NULL;
    struct proc_domain *its = proc(domain);
    assert_int_equal(og_domain_lookup_data(domain, "never", &writer, &fault), OG_OK);
    its->control->crossing.target = og_foreign_address(writer);
    its->control->crossing.words = its->control->crossing.x87 = 0;
    proc_answer(its, PROC_CALL);
    const long before = *value;
    while (*value == before)
        usleep(100);
    its->asks = 0;
    kill(its->id, SIGKILL);
    works_after_reset();
}

/* A signal from outside, which would have a handler of the process run. */
static void a_signal_from_outside_does_not_wake_it(void **state)
{
    (void)state;
    assert_int_equal(value_of("count", 0, 0), 1);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(kill(proc(domain)->id, SIGALRM), 0);
        usleep(200);
        if (!call("count", NULL, 0, 0))
            continue;
        /* Linux before 5.19 lets it be woken: then the call has ended with a fault. */
        assert_int_equal(fault.error, OG_FAULTED);
        reset();
    }
}

/* --- what it says --- */

static void what_is_not_to_be_said_ends_the_call(void **state)
{
    (void)state;
    const long events[] = {0, 5, -1, 1L << 40, PROC_CALLBACK, PROC_FAULT, PROC_EXIT};
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        assert_int_equal(call("hand_over", NULL, events[i], 0), OG_FAULTED);
        works_after_reset();
    }
    /* "Done" without having done it: a result like any other, and the next request is its own. */
    (void)call("hand_over", NULL, PROC_DONE, 0);
    works_after_reset();
}

static void faults_and_callbacks_that_it_makes_up_are_words(void **state)
{
    (void)state;
    struct proc_control *control = proc(domain)->control;
    /* As it can write there. */
    assert_int_equal(call("write_word", NULL, (long)&control->fault.signal, -1), OG_OK);
    assert_int_equal(call("write_word", NULL, (long)&control->fault.address, -1), OG_OK);
    assert_int_equal(call("hand_over", NULL, PROC_FAULT, 0), OG_FAULTED);
    works_after_reset();
    assert_int_equal(call("write_word", NULL, (long)&control->callback.slot, 1000), OG_OK);
    assert_int_equal(call("hand_over", NULL, PROC_CALLBACK, 0), OG_FAULTED);
    assert_non_null(strstr(fault.message, "callback"));
    works_after_reset();
}

static void the_layout_and_the_names_that_it_changes_are_not_followed(void **state)
{
    (void)state;
    struct proc_control *control = proc(domain)->control;
    struct og_function function;
    char text[OG_DESCRIPTION];
    assert_int_equal(call("write_word", NULL, (long)&control->heap.start, 4096), OG_OK);
    assert_int_equal(call("write_word", NULL, (long)&control->arena.start, 4096), OG_OK);
    assert_int_equal(call("write_word", NULL, (long)&control->stubs, 4096), OG_OK);
    for (long i = 0; i < 8; i++)
        assert_int_equal(call("write_word", NULL, (long)&control->objects[0] + 8 * i, -1), OG_OK);
    assert_int_equal(og_domain_lookup(domain, "count", &function, &fault), OG_OK);
    assert_int_equal(call("read_word", NULL, 8, 0), OG_FAULTED);
    assert_true(og_fault_describe(domain, &fault, text, sizeof(text)) < sizeof(text));
    works_after_reset();
}

/* --- memory --- */

static long secret = 4242;

static void the_hosts_memory_is_not_there(void **state)
{
    (void)state;
    int on_stack = 1;
    const long places[] = {(long)&secret, (long)&on_stack, (long)&fault, (long)getpid};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        assert_int_equal(call("write_word", NULL, places[i], 1), OG_FAULTED);
        assert_int_equal(fault.address, (uintptr_t)places[i]);
        works_after_reset();
    }
    assert_int_equal(secret, 4242);
}

static void a_pointer_into_the_host_is_not_upgraded(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_function identity = find("call_kernel"); /* getpid: a number, not a pointer */
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    (void)identity;
    assert_true(og_upgrade_bytes(&scope.access, (uintptr_t)&secret, 1, 8, 8, OG_READ, &fault) == 0);
    assert_int_equal(fault.error, OG_OUT_OF_BOUNDS);
    og_scope_end(&scope);
}

static void it_fills_its_memory_and_no_more(void **state)
{
    (void)state;
    assert_true(value_of("fill_memory", 0, 0) <= 65);
    /* Beside the arena: private memory is limited too. */
    long got = 0;
    for (int i = 0; i < 64 && got >= 0; i++)
        got =
            kernel(SYS_mmap, 0, 32 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    assert_true(got < 0);
    works_after_reset();
}

static void it_cannot_take_its_memory_from_under_the_host(void **state)
{
    (void)state;
    volatile long *value = its_value();
    /* What it unmaps, protects or makes empty is so for itself. */
    kernel(SYS_munmap, (long)value & -4096, 4096, 0, 0, 0);
    assert_int_equal(*value, *value);
    reset();
    kernel(SYS_madvise, (long)proc(domain)->heap.start, 1 << 20, MADV_REMOVE, 0, 0);
    assert_int_equal(*(volatile char *)proc(domain)->heap.start,
                     *(volatile char *)proc(domain)->heap.start);
    works_after_reset();
}

/* --- the kernel --- */

static void what_reaches_others_is_refused(void **state)
{
    (void)state;
    const long memory = its_memory(), host = getpid();
    const long calls[][6] = {
        /* By signal 0, which would only be permitted or not. */
        {SYS_kill, host, 0, 0, 0, 0},
        {SYS_kill, -1, 0, 0, 0, 0},
        {SYS_kill, 0, 0, 0, 0, 0},
        {SYS_tgkill, host, host, 0, 0, 0},
        {SYS_tkill, host, 0, 0, 0, 0},
        {SYS_rt_sigqueueinfo, host, SIGTERM, memory, 0, 0},
        {SYS_pidfd_open, host, 0, 0, 0, 0},
        {SYS_ptrace, 16 /* PTRACE_ATTACH */, host, 0, 0, 0},
        {SYS_process_vm_readv, host, memory, 1, memory, 1},
        {SYS_process_vm_writev, host, memory, 1, memory, 1},
        {SYS_socket, 1, 1, 0, 0, 0},
        {SYS_socket, 2, 1, 0, 0, 0},
        {SYS_pipe2, memory, 0, 0, 0, 0},
        {SYS_memfd_create, memory, 0, 0, 0, 0},
        {SYS_execve, memory, 0, 0, 0, 0},
        {SYS_execveat, 0, memory, 0, 0, 0x1000},
        {SYS_setpriority, 0, 0, 19, 0, 0},
        {SYS_prlimit64, host, 7, 0, memory, 0},
        {SYS_prlimit64, 0, 7, memory, 0, 0},
        {SYS_prctl, 1, 0, 0, 0, 0},
        {SYS_seccomp, 1, 0, memory, 0, 0},
        {SYS_unshare, 0x10000000, 0, 0, 0, 0},
        {SYS_setns, 0, 0, 0, 0, 0},
        {SYS_mount, memory, memory, memory, 0, 0},
        {SYS_chdir, memory, 0, 0, 0, 0},
        {SYS_sendmsg, 3, memory, 0, 0, 0},
        {SYS_bpf, 0, memory, 0, 0, 0},
        {SYS_add_key, memory, memory, memory, 0, 0},
        {SYS_shmget, 0, 4096, 01600, 0, 0},
        {SYS_shmat, 0, 0, 0, 0, 0},
        {SYS_getrusage, 0, memory, 0, 0, 0},
        {SYS_readlink, memory, memory, 64, 0, 0},
        {SYS_setsid, 0, 0, 0, 0, 0},
        {SYS_dup, 0, 0, 0, 0, 0},
        {SYS_fcntl, 0, F_DUPFD, 0, 0, 0},
        {SYS_ioctl, 0, 0, 0, 0, 0},
        {SYS_ftruncate, 0, 0, 0, 0, 0},
        {0x40000000 | SYS_getpid, 0, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < 2 * sizeof(calls) / sizeof(calls[0]); i++) {
        const long *with = calls[i / 2];
        long got = 0;
        enum og_error error = call_six(i % 2 ? "call_kernel_as_starter" : "call_kernel", &got,
                                       with[0], with[1], with[2], with[3], with[4], with[5]);
        if (error || got >= 0)
            fail_msg("call %ld, way %zu: %s %ld", with[0], i % 2, error ? fault.message : "", got);
    }
    works_after_reset();
}

static void it_opens_no_file(void **state)
{
    (void)state;
    static const char *const paths[] = {"/etc/passwd", "/proc/self/maps", "/etc/ld.so.cache",
                                        "/lib/x86_64-linux-gnu/libc.so.6", "."};
    const long memory = its_memory();
    char host[64];
    snprintf(host, sizeof(host), "/proc/%d/mem", getpid());
    for (size_t i = 0; i <= sizeof(paths) / sizeof(paths[0]); i++) {
        const char *path = i < sizeof(paths) / sizeof(paths[0]) ? paths[i] : host;
        strcpy((char *)memory, path);
        for (long flags = 0; flags < 3; flags++) {
            assert_true(kernel(SYS_openat, AT_FDCWD, memory, flags, 0, 0) < 0);
            assert_true(kernel(SYS_open, memory, flags, 0, 0, 0) < 0);
        }
        assert_true(kernel(SYS_stat, memory, memory + 256, 0, 0, 0) < 0);
        assert_true(kernel(SYS_newfstatat, AT_FDCWD, memory, memory + 256, 0, 0) < 0);
        assert_true(kernel(SYS_access, memory, 0, 0, 0, 0) < 0);
    }
    assert_true(kernel(SYS_openat, AT_FDCWD, (long)&secret, 0, 0, 0) < 0);
    assert_true(kernel(SYS_openat, AT_FDCWD, -1, 0, 0, 0) < 0);
}

static void it_inherits_nothing_of_the_hosts(void **state)
{
    (void)state;
    struct og_domain *before = domain;
    /* One that is not closed by exec. */
    int inherited = open("/dev/null", O_RDWR);
    assert_true(inherited >= 0);
    domain = open_with(&in_process);
    const long memory = its_memory();
    for (long file = 0; file < 64; file++) {
        assert_true(kernel(SYS_read, file, memory, 8, 0, 0) <= 0);
        assert_int_equal(kernel(SYS_lseek, file, 0, SEEK_CUR, 0, 0) >= 0, file < 3);
        assert_true(kernel(SYS_pread64, file, memory, 8, 1 << 30, 0) <= 0);
    }
    assert_int_equal(kernel(SYS_write, inherited, memory, 1, 0, 0), -EBADF);
    char path[64], environment[16];
    snprintf(path, sizeof(path), "/proc/%d/environ", proc(domain)->id);
    int file = open(path, O_RDONLY);
    if (file >= 0) { /* else it is nobody's to read */
        assert_int_equal(read(file, environment, sizeof(environment)), 0);
        close(file);
    }
    close(inherited);
    assert_int_equal(og_domain_close(domain, &fault), OG_OK);
    domain = before;
}

static void what_it_writes_is_its_own_memory(void **state)
{
    (void)state;
    assert_int_equal(kernel(SYS_write, 1, (long)&secret, 8, 0, 0), -EFAULT);
    assert_int_equal(kernel(SYS_write, 1, (long)proc(domain)->control, 8, 0, 0), -EFAULT);
    assert_int_equal(kernel(SYS_write, 1, (long)proc(domain)->arena.end - 8, 64, 0, 0), -EFAULT);
    assert_int_equal(kernel(SYS_write, 1, its_memory(), -1, 0, 0), -EFAULT);
}

/* --- life and death --- */

static void it_does_not_outlive_its_host(void **state)
{
    (void)state;
    int pipes[2], status;
    pid_t id = 0;
    assert_int_equal(pipe(pipes), 0);
    pid_t host = fork();
    if (!host) {
        struct og_domain *own = open_with(&in_process);
        domain = own;
        void og_foreign *spins = NULL;
        if (og_domain_lookup_data(own, "spin", &spins, &fault))
            _exit(1);
        /* It runs, and never comes back. */
        proc(own)->control->crossing.target = og_foreign_address(spins);
        proc(own)->control->crossing.words = 0;
        proc_answer(proc(own), PROC_CALL);
        if (write(pipes[1], &proc(own)->id, sizeof(id)) != sizeof(id))
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(read(pipes[0], &id, sizeof(id)), sizeof(id));
    assert_int_equal(waitpid(host, &status, 0), host);
    assert_true(WIFSIGNALED(status));
    /* Whoever is its parent now waits for it, or not: it does not run. */
    for (;;) {
        char path[64], text[256] = "";
        snprintf(path, sizeof(path), "/proc/%d/stat", id);
        FILE *file = fopen(path, "re");
        if (!file)
            break;
        size_t length = fread(text, 1, sizeof(text) - 1, file);
        fclose(file);
        const char *name_end = length ? strrchr(text, ')') : NULL;
        if (!name_end || name_end[2] == 'Z' || name_end[2] == 'X')
            break;
        usleep(1000);
    }
    close(pipes[0]);
    close(pipes[1]);
}

/* Killed at any moment, by a thread that knows nothing of what the host does. */
static atomic_int stop;
static atomic_int victim;

static void *kill_now_and_then(void *unused)
{
    unsigned seed = 1;
    (void)unused;
    while (!atomic_load(&stop)) {
        usleep((useconds_t)(rand_r(&seed) % 2000));
        pid_t id = atomic_exchange(&victim, 0);
        if (id)
            kill(id, SIGKILL);
    }
    return NULL;
}

static void a_process_that_is_killed_at_any_moment_is_an_error_and_no_more(void **state)
{
    (void)state;
    pthread_t killer;
    const char *wanted = getenv("OG_TEST_KILLS");
    int killed = 0, most = wanted ? atoi(wanted) : 40;
    long expected = 0;
    atomic_store(&stop, 0);
    assert_int_equal(pthread_create(&killer, NULL, kill_now_and_then, NULL), 0);
    while (killed < most) {
        long result = 0;
        atomic_store(&victim, proc(domain)->id);
        enum og_error error = call("count", &result, 0, 0);
        atomic_store(&victim, 0);
        if (!error) {
            assert_int_equal(result, ++expected);
            continue;
        }
        killed++;
        assert_int_equal(error, OG_FAULTED);
        reset();
        expected = 0;
    }
    atomic_store(&stop, 1);
    pthread_join(killer, NULL);
    works_after_reset();
}

int main(void)
{
    find_library("libogprocess.so");
    if (!is_supported("proc-attacks", library))
        return 0;
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_domain, close_domain)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_there_that_could_write_after_returning),
        TEST(a_library_that_has_returned_stands_still),
        TEST(without_standing_still_a_value_changes_while_it_is_read),
        TEST(a_signal_from_outside_does_not_wake_it),
        TEST(what_is_not_to_be_said_ends_the_call),
        TEST(faults_and_callbacks_that_it_makes_up_are_words),
        TEST(the_layout_and_the_names_that_it_changes_are_not_followed),
        TEST(the_hosts_memory_is_not_there),
        TEST(a_pointer_into_the_host_is_not_upgraded),
        TEST(it_fills_its_memory_and_no_more),
        TEST(it_cannot_take_its_memory_from_under_the_host),
        TEST(what_reaches_others_is_refused),
        TEST(it_opens_no_file),
        TEST(it_inherits_nothing_of_the_hosts),
        TEST(what_it_writes_is_its_own_memory),
        TEST(it_does_not_outlive_its_host),
        TEST(a_process_that_is_killed_at_any_moment_is_an_error_and_no_more),
    };
    return cmocka_run_group_tests_name("proc-attacks", tests, NULL, NULL);
}
