/* The domain API over another process: loading, calling, memory, callbacks, faults, deadlines,
 * reset, and that nothing is left behind. */
#include "omniglot/tests/descriptors.h"
#include "omniglot/tests/sanitized.h"
#include "proc-test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* --- loading and looking up --- */

static void functions_are_found_and_called(void **state)
{
    (void)state;
    assert_int_equal(value_of("count", 0, 0), 1);
    assert_int_equal(value_of("count", 0, 0), 2);
    assert_int_equal(og_domain_isolation(domain), OG_PROC);
    assert_true(value_of("own_process", 0, 0) != getpid());
}

static void what_is_missing_is_named_and_nothing_is_left(void **state)
{
    (void)state;
    struct og_function function;
    struct og_domain *opened = domain;
    size_t descriptors = count_descriptors();
    assert_int_equal(og_domain_lookup(domain, "no_such_thing", &function, &fault), OG_NOT_FOUND);
    assert_string_equal(fault.symbol, "no_such_thing");
    assert_int_equal(og_domain_lookup(domain, "printf", &function, &fault), OG_NOT_FOUND);
    assert_int_equal(og_domain_open(&opened,
                                    (const char *const[]){library, "libno-such-thing.so.9", NULL},
                                    &in_process, &fault),
                     OG_NOT_FOUND);
    assert_null(opened);
    assert_string_equal(fault.symbol, "libno-such-thing.so.9");
    assert_non_null(strstr(fault.message, "libno-such-thing.so.9"));
    assert_int_equal(count_descriptors(), descriptors);
}

static void options_that_it_has_not_are_refused(void **state)
{
    (void)state;
    struct og_domain *opened;
    const char *const names[] = {library, NULL}, *const paths[] = {"/tmp", NULL};
    const char *const variable[] = {"LD_PRELOAD=x", NULL};
    const struct og_options refused[] = {
        {.isolation = OG_PROC, .readable_paths = paths},
        {.isolation = OG_PROC, .late_folders = paths},
        {.isolation = OG_PROC, .locked_size = 4096},
        {.isolation = OG_PROC, .environment = variable},
        {.isolation = OG_PROC, .heap_size = SIZE_MAX},
        {.isolation = OG_PROC, .stack_size = SIZE_MAX - 8192},
        {.isolation = OG_PROC, .foreign_stack_size = 4096},
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(og_domain_open(&opened, names, &refused[i], &fault), OG_BAD_ARGUMENT);
        assert_null(opened);
    }
}

/* With this limit in a child of fork: how opening ends there, or -1 where it does not say `said`.
 */
static int open_limited(int resource, rlim_t most, const char *said)
{
    int status;
    pid_t child = fork();
    if (!child) {
        const struct rlimit limit = {most, most};
        struct og_domain *opened;
        setrlimit(resource, &limit);
        enum og_error error =
            og_domain_open(&opened, (const char *const[]){library, NULL}, &in_process, &fault);
        _exit(strstr(fault.message, said) ? (int)error : 255);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void limits_of_the_host_that_are_too_low_are_told(void **state)
{
    (void)state;
    /* The host's own seven fit. */
    const int next = dup(STDOUT_FILENO);
    close(next);
    assert_int_equal(open_limited(RLIMIT_NOFILE, (rlim_t)next + 8, "ulimit -n"), OG_SYSTEM);
    assert_int_equal(open_limited(RLIMIT_FSIZE, 1 << 20, "cannot map the arena"), OG_SYSTEM);
    if (!SANITIZED)
        assert_int_equal(open_limited(RLIMIT_AS, 128 << 20, "arena"), OG_NO_MEMORY);
}

static void it_is_named_but_never_picked(void **state)
{
    (void)state;
    enum og_isolation isolation;
    struct og_domain *opened;
    assert_int_equal(og_isolation_by_name(&isolation, "proc", &fault), OG_OK);
    assert_int_equal(isolation, OG_PROC);
    if (!og_domain_open(&opened, (const char *const[]){library, NULL}, NULL, &fault)) {
        assert_int_not_equal(og_domain_isolation(opened), OG_PROC);
        assert_int_equal(og_domain_close(opened, &fault), OG_OK);
    }
}

/* --- arguments and results --- */

static void arguments_and_results_of_each_class_cross(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope scope;
    struct og_function add = find("add_many"), sum = find("add_long_doubles");
    assert_int_equal(
        og_function_takes(&add,
                          OG_PARAMETERS(OG_PARAMETER(long), OG_PARAMETER(long), OG_PARAMETER(long),
                                        OG_PARAMETER(long), OG_PARAMETER(long), OG_PARAMETER(long),
                                        OG_PARAMETER(long), OG_PARAMETER(double),
                                        OG_PARAMETER(long)),
                          &fault),
        OG_OK);
    assert_int_equal(og_function_stack(&sum, 32, &fault), OG_OK);
    assert_int_equal(og_function_x87(&sum, 1, &fault), OG_OK);
    og_scope_begin(domain, &scope);
    assert_int_equal(og_invoke_begin(&scope.access, &add, &fault), OG_OK);
    long added = ((long (*)(long, long, long, long, long, long, long, double, long))add.entry)(
        1, 2, 3, 4, 5, 6, 7, 8.0, 9);
    assert_int_equal(added, 1 + 4 + 9 + 16 + 25 + 36 + 49 + 64 + 81);
    long double half = ((long double (*)(long double, long double))sum.entry)(1.25L, 0.25L);
    assert_true(half == 1.5L);
    assert_int_equal(og_invoke_end(&scope.access, &fault), OG_OK);
    og_scope_end(&scope);
}

/* --- memory --- */

static void what_the_library_hands_out_is_read_in_place(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_function give = find("give"), say = find("say");
    struct og_scope scope;
    size_t length;
    og_scope_begin(domain, &scope);
    char og_mut *text = og_alloc(&scope, char, 8, &fault);
    assert_int_equal(og_write_array(&scope.access, text, "allowed", 8, &fault), OG_OK);
    assert_int_equal(og_invoke_begin(&scope.access, &give, &fault), OG_OK);
    uintptr_t given = (uintptr_t)((char *(*)(const char *))give.entry)(og_pass(text));
    uintptr_t said = (uintptr_t)((const char *(*)(void))say.entry)();
    assert_int_equal(og_invoke_end(&scope.access, &fault), OG_OK);
    const char og_ref *refs[2];
    for (int i = 0; i < 2; i++)
        refs[i] = (const char og_ref *)og_upgrade_bytes(&scope.access, i ? said : given, 1, 8, 1,
                                                        OG_READ, &fault);
    assert_true(OG_PLAIN(refs[0]) != NULL && OG_PLAIN(refs[1]) != NULL);
    /* What the library has allocated can be written, its constants cannot. */
    assert_true(og_upgrade_bytes(&scope.access, given, 1, 8, 1, OG_READ | OG_WRITE, &fault) != 0);
    assert_true(og_upgrade_bytes(&scope.access, said, 1, 8, 1, OG_READ | OG_WRITE, &fault) == 0);
    og_read_begin(&scope.access);
    const char og_valid *valid = og_validate_string(&scope.access, refs[0], 64, &length, &fault);
    assert_string_equal(og_get(&scope.access, valid), "allowed");
    valid = og_validate_string(&scope.access, refs[1], 64, &length, &fault);
    assert_string_equal(og_get(&scope.access, valid), "said by the library");
    og_read_end(&scope.access);
    og_scope_end(&scope);
}

static void the_hosts_memory_and_the_runtimes_is_not_the_domains(void **state) OG_NO_ANALYSIS
{
    (void)state;
    static long host = 4242;
    const uintptr_t not_its[] = {(uintptr_t)&host,
                                 (uintptr_t)&state,
                                 proc(domain)->arena.start,
                                 proc(domain)->alternate.start,
                                 proc(domain)->stack.start - 8,
                                 proc(domain)->arena.end};
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    for (size_t i = 0; i < sizeof(not_its) / sizeof(not_its[0]); i++)
        assert_true(og_upgrade_bytes(&scope.access, not_its[i], 1, 8, 1, OG_READ, &fault) == 0);
    og_scope_end(&scope);
}

static void the_host_maps_nothing_of_the_arena_to_be_executed(void **state)
{
    (void)state;
    char line[512];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps)) {
        unsigned long start, end;
        char rights[5];
        assert_int_equal(sscanf(line, "%lx-%lx %4s", &start, &end, rights), 3);
        if (end <= proc(domain)->arena.start || start >= proc(domain)->arena.end)
            continue;
        assert_int_equal(rights[2], '-');
        found = true;
    }
    fclose(maps);
    assert_true(found);
}

static void the_heap_is_the_librarys_and_ends(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope scope;
    int value = 0;
    og_scope_begin(domain, &scope);
    int og_mut *number = og_heap_alloc(&scope.access, int, 1, &fault);
    assert_int_equal(og_write(&scope.access, number, 7, &fault), OG_OK);
    og_scope_end(&scope);
    og_scope_begin(domain, &scope);
    assert_int_equal(og_read(&scope.access, number, &value, &fault), OG_OK);
    assert_int_equal(value, 7);
    assert_int_equal(og_heap_free(&scope.access, number, &fault), OG_OK);
    assert_null(OG_PLAIN(og_heap_alloc(&scope.access, char, (size_t)1 << 40, &fault)));
    assert_int_equal(fault.error, OG_NO_MEMORY);
    og_scope_end(&scope);
    long filled = value_of("fill_memory", 0, 0);
    assert_true(filled > 48 && filled <= 65);
    works_after_reset();
}

/* --- callbacks --- */

static long seen, nested;

static void note(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                 struct og_result *result) OG_NO_ANALYSIS
{
    (void)user;
    seen = (long)arguments->integers[0];
    struct og_function count = find("count");
    assert_int_equal(og_invoke_begin(&scope->access, &count, &fault), OG_OK);
    nested = ((long (*)(void))count.entry)();
    assert_int_equal(og_invoke_end(&scope->access, &fault), OG_OK);
    result->integer = (uint64_t)(2 * seen);
}

static void a_callback_can_call_in_again(void **state)
{
    (void)state;
    struct og_callback callback;
    assert_int_equal(og_callback_open(domain, &callback, note, NULL, &fault), OG_OK);
    for (long i = 1; i < 4; i++) {
        assert_int_equal(value_of("call", (long)callback.address, 20 + i), 2 * (20 + i) + 1);
        assert_int_equal(seen, 20 + i);
        assert_int_equal(nested, i);
    }
    og_callback_close(&callback);
}

static void note_cancellation(void *user, struct og_scope *scope,
                              const struct og_arguments *arguments, struct og_result *result)
{
    (void)scope, (void)arguments, (void)result;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, user);
    pthread_setcancelstate(*(int *)user, NULL);
}

static void a_callback_can_be_cancelled_where_its_caller_could(void **state)
{
    (void)state;
    const int states[] = {PTHREAD_CANCEL_DISABLE, PTHREAD_CANCEL_ENABLE};
    struct og_callback callback;
    int found, after;
    assert_int_equal(og_callback_open(domain, &callback, note_cancellation, &found, &fault), OG_OK);
    for (int i = 0; i < 2; i++) {
        pthread_setcancelstate(states[i], NULL);
        value_of("call", (long)callback.address, 0);
        assert_int_equal(found, states[i]);
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &after);
        assert_int_equal(after, states[i]);
    }
    og_callback_close(&callback);
}

static void a_callback_that_there_is_not_ends_the_call(void **state)
{
    (void)state;
    struct og_callback callback;
    assert_int_equal(og_callback_open(domain, &callback, note, NULL, &fault), OG_OK);
    const long address = (long)callback.address;
    og_callback_close(&callback);
    assert_int_equal(call("call", NULL, address, 1), OG_FAULTED);
    assert_non_null(strstr(fault.message, "callback"));
    works_after_reset();
}

static void callbacks_of_a_call_are_limited(void **state)
{
    (void)state;
    struct og_domain *before = domain;
    struct og_callback callback;
    domain = open_with(&(const struct og_options){.isolation = OG_PROC, .callback_limit = 1});
    assert_int_equal(og_callback_open(domain, &callback, note, NULL, &fault), OG_OK);
    assert_int_equal(value_of("call", (long)callback.address, 1), 3);
    assert_int_equal(value_of("call", (long)callback.address, 1), 3);
    assert_int_equal(og_domain_close(domain, &fault), OG_OK);
    domain = before;
}

/* --- faults --- */

static void a_fault_says_what_and_where(void **state)
{
    (void)state;
    char text[OG_DESCRIPTION];
    void og_foreign *place = NULL;
    assert_int_equal(call("write_word", NULL, 64, 1), OG_FAULTED);
    assert_int_equal(fault.signal, SIGSEGV);
    assert_int_equal(fault.access, 'w');
    assert_int_equal(fault.address, 64);
    assert_true(og_fault_describe(domain, &fault, text, sizeof(text)) < sizeof(text));
    assert_non_null(strstr(text, "at 0x"));
    assert_non_null(strstr(text, "write_word"));
    assert_non_null(strstr(text, "libogprocess.so"));
    const uintptr_t instruction = fault.instruction;
    reset();
    assert_int_equal(og_domain_lookup_data(domain, "write_word", &place, &fault), OG_OK);
    assert_true(instruction - og_foreign_address(place) < 64);
}

static void each_way_to_fail_is_told_and_forgotten(void **state)
{
    (void)state;
    const struct {
        const char *name;
        long a, b;
        int signal;
        const char *words;
    } ways[] = {
        {"read_word", 8, 0, SIGSEGV, "read"}, {"overflow", 0, 0, SIGSEGV, "stack overflowed"},
        {"divide", 1, 0, SIGFPE, "divided"},  {"execute_nothing", 0, 0, SIGILL, "instruction"},
        {"give_up", 0, 0, SIGABRT, "abort"},  {"leave", 0, 0, 0, "exit"},
        {"leave", 3, 0, 0, "exit"},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        assert_int_equal(call(ways[i].name, NULL, ways[i].a, ways[i].b), OG_FAULTED);
        assert_int_equal(fault.signal, ways[i].signal);
        assert_non_null(strstr(fault.message, ways[i].words));
        assert_int_equal(call("count", NULL, 0, 0), OG_POISONED);
        works_after_reset();
    }
}

static void a_deadline_ends_what_computes_and_what_sleeps(void **state)
{
    (void)state;
    struct og_domain *before = domain;
    domain = open_with(&(const struct og_options){.isolation = OG_PROC, .deadline_ms = 50});
    assert_int_equal(call("spin", NULL, 0, 0), OG_DEADLINE);
    assert_true(fault.instruction != 0);
    works_after_reset();
    assert_int_equal(call("sleep_for_ever", NULL, 0, 0), OG_DEADLINE);
    works_after_reset();
    assert_int_equal(og_domain_close(domain, &fault), OG_OK);
    domain = before;
}

static void a_process_that_is_killed_is_a_fault(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_function count = find("count");
    for (int i = 0; i < 5; i++) {
        struct og_scope scope;
        kill(proc(domain)->id, SIGKILL);
        og_scope_begin(domain, &scope);
        assert_int_equal(og_invoke_begin(&scope.access, &count, &fault), OG_OK);
        assert_int_equal(((long (*)(void))count.entry)(), 0);
        assert_int_equal(og_invoke_end(&scope.access, &fault), OG_FAULTED);
        assert_int_equal(fault.signal, SIGKILL);
        og_scope_end(&scope);
        works_after_reset();
    }
}

/* --- output --- */

static char printed[64];

static void hear(void *user, enum og_stream stream, char *text, size_t size)
{
    (void)user, (void)size;
    assert_int_equal(stream, OG_STANDARD_OUTPUT);
    strncat(printed, text, sizeof(printed) - strlen(printed) - 1);
}

static void what_it_prints_is_the_hosts_to_hear(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_domain *before = domain;
    domain = open_with(&(const struct og_options){.isolation = OG_PROC, .output = hear});
    struct og_function print = find("print");
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    char og_mut *text = og_alloc(&scope, char, 6, &fault);
    assert_int_equal(og_write_array(&scope.access, text, "hello", 6, &fault), OG_OK);
    assert_int_equal(og_invoke_begin(&scope.access, &print, &fault), OG_OK);
    ((void (*)(const char *))print.entry)(og_pass(text));
    assert_int_equal(og_invoke_end(&scope.access, &fault), OG_OK);
    og_scope_end(&scope);
    assert_string_equal(printed, "hello\n");
    assert_int_equal(og_domain_close(domain, &fault), OG_OK);
    domain = before;
}

/* --- domains, threads, processes --- */

static void two_domains_share_nothing(void **state)
{
    (void)state;
    struct og_domain *first = domain, *second = open_with(&in_process);
    assert_int_equal(value_of("count", 0, 0), 1);
    domain = second;
    assert_int_equal(value_of("count", 0, 0), 1);
    assert_int_equal(call("read_word", NULL, (long)proc(first)->stack.start, 0), OG_FAULTED);
    assert_int_equal(og_domain_close(second, &fault), OG_OK);
    domain = first;
    assert_int_equal(value_of("count", 0, 0), 2);
}

static void functions_stay_good_over_reset(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_function count = find("count");
    for (int i = 0; i < 3; i++) {
        struct og_scope scope;
        og_scope_begin(domain, &scope);
        assert_int_equal(og_invoke_begin(&scope.access, &count, &fault), OG_OK);
        assert_int_equal(((long (*)(void))count.entry)(), 1);
        assert_int_equal(og_invoke_end(&scope.access, &fault), OG_OK);
        og_scope_end(&scope);
        reset();
    }
}

static void *open_elsewhere(void *unused)
{
    (void)unused;
    domain = open_with(&in_process);
    return NULL;
}

/* The kernel counts the thread that makes a process as its parent. */
static void a_domain_outlives_the_thread_that_opened_it(void **state)
{
    (void)state;
    struct og_domain *before = domain;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, open_elsewhere, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(value_of("count", 0, 0), 1);
    assert_int_equal(og_domain_close(domain, &fault), OG_OK);
    domain = before;
}

static void a_child_of_fork_has_a_process_of_its_own_after_reset(void **state)
{
    (void)state;
    int status;
    assert_int_equal(value_of("count", 0, 0), 1);
    pid_t child = fork();
    if (!child) {
        if (call("count", NULL, 0, 0) != OG_POISONED || og_domain_reset(domain, &fault) ||
            value_of("count", 0, 0) != 1 || og_domain_close(domain, &fault))
            _exit(1);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(value_of("count", 0, 0), 2);
}

/* --- leaks --- */

static size_t count_mappings(void)
{
    size_t lines = 0;
    int character;
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while ((character = fgetc(maps)) != EOF)
        lines += character == '\n';
    fclose(maps);
    return lines;
}

static void opening_resetting_and_closing_leaks_nothing(void **state)
{
    (void)state;
    size_t descriptors = 0, mappings = 0;
    for (int i = 0; i < 25; i++) {
        if (i == 5) {
            descriptors = count_descriptors();
            mappings = count_mappings();
        }
        struct og_domain *before = domain;
        domain = open_with(&in_process);
        call("leave", NULL, 0, 0);
        works_after_reset();
        assert_int_equal(og_domain_close(domain, &fault), OG_OK);
        domain = before;
    }
    assert_int_equal(count_descriptors(), descriptors);
    if (!SANITIZED)
        assert_int_equal(count_mappings(), mappings);
    /* The one that each test has. */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), 0);
}

static void a_distribution_library_works(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_domain *zlib = NULL;
    struct og_function version;
    struct og_scope scope;
    assert_int_equal(
        og_domain_open(&zlib, (const char *const[]){"libz.so.1", NULL}, &in_process, &fault),
        OG_OK);
    assert_int_equal(og_domain_lookup(zlib, "zlibVersion", &version, &fault), OG_OK);
    og_scope_begin(zlib, &scope);
    uintptr_t text = (uintptr_t)((const char *(*)(void))version.entry)();
    assert_true(og_upgrade_bytes(&scope.access, text, 1, 1, 1, OG_READ, &fault) != 0);
    assert_int_equal(*(const char *)text, '1');
    og_scope_end(&scope);
    assert_int_equal(og_domain_close(zlib, &fault), OG_OK);
}

int main(void)
{
    find_library("libogprocess.so");
    if (!is_supported("proc-domain", library))
        return 0;
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_domain, close_domain)
    const struct CMUnitTest tests[] = {
        TEST(functions_are_found_and_called),
        TEST(what_is_missing_is_named_and_nothing_is_left),
        TEST(options_that_it_has_not_are_refused),
        TEST(limits_of_the_host_that_are_too_low_are_told),
        TEST(it_is_named_but_never_picked),
        TEST(arguments_and_results_of_each_class_cross),
        TEST(what_the_library_hands_out_is_read_in_place),
        TEST(the_hosts_memory_and_the_runtimes_is_not_the_domains),
        TEST(the_host_maps_nothing_of_the_arena_to_be_executed),
        TEST(the_heap_is_the_librarys_and_ends),
        TEST(a_callback_can_call_in_again),
        TEST(a_callback_can_be_cancelled_where_its_caller_could),
        TEST(a_callback_that_there_is_not_ends_the_call),
        TEST(callbacks_of_a_call_are_limited),
        TEST(a_fault_says_what_and_where),
        TEST(each_way_to_fail_is_told_and_forgotten),
        TEST(a_deadline_ends_what_computes_and_what_sleeps),
        TEST(a_process_that_is_killed_is_a_fault),
        TEST(what_it_prints_is_the_hosts_to_hear),
        TEST(two_domains_share_nothing),
        TEST(functions_stay_good_over_reset),
        TEST(a_domain_outlives_the_thread_that_opened_it),
        TEST(a_child_of_fork_has_a_process_of_its_own_after_reset),
        TEST(opening_resetting_and_closing_leaks_nothing),
        TEST(a_distribution_library_works),
    };
    return cmocka_run_group_tests_name("proc-domain", tests, NULL, NULL);
}
