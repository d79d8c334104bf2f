/* What threads of a host may do at once, in hollow domains (hollow.h), watched by thread sanitizer:
 * no data race, and no two locks in another order than locks.c says. */
#include "hollow.h"
#include "omniglot/omniglot.h"
#include "omniglot/tests/cmocka-tests.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* siginterrupt */

const struct og_runtime *const og_runtimes[] = {&og_runtime_mpk, NULL};

enum { THREADS = 4, ROUNDS = 120, MOST = 12 };

/* fork takes the locks by trying, and holds all at once, in the child too. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "exitcode=66:die_after_fork=0:report_signal_unsafe=0:use_sigaltstack=0:handle_segv=0:"
           "handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0:second_deadlock_stack=1";
}

/* --- threads --- */

static struct og_domain *shared;
static atomic_bool is_over;

struct crew {
    pthread_t threads[MOST];
    size_t count;
};

static void start(struct crew *crew, size_t count, void *(*work)(void *), void *argument)
{
    while (count-- > 0)
        assert_int_equal(pthread_create(&crew->threads[crew->count++], NULL, work, argument), 0);
}

static void join(struct crew *crew)
{
    while (crew->count > 0)
        assert_int_equal(pthread_join(crew->threads[--crew->count], NULL), 0);
}

/* --- domains --- */

static struct og_domain *open_with(unsigned deadline_ms, enum og_threads threads)
{
    const struct og_options options = {.isolation = OG_MPK,
                                       .heap_size = 4 << 20,
                                       .stack_size = 64 << 10,
                                       .foreign_stack_size = 64 << 10,
                                       .deadline_ms = deadline_ms,
                                       .callback_limit = 1 << 30,
                                       .threads = threads};
    struct og_domain *domain;
    struct og_fault fault;
    const char *const libraries[] = {"libhollow.so", NULL};
    if (og_domain_open(&domain, libraries, &options, &fault)) {
        fprintf(stderr, "cannot open a domain: %s %s\n", fault.message, fault.symbol);
        abort();
    }
    return domain;
}

static void close_again(struct og_domain *domain)
{
    struct og_fault fault;
    while (og_domain_close(domain, &fault) == OG_BUSY)
        sched_yield();
}

/* Fails a test from any thread. */
#define NEED(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not %s\n", __FILE__, __LINE__, #condition);                    \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static enum og_error call_in(struct og_scope *scope, struct og_function *function, long a, long b,
                             long *result) OG_NO_ANALYSIS
{
    struct og_fault fault;
    enum og_error error = og_invoke_begin(&scope->access, function, &fault);
    if (error)
        return error;
    long value = ((long (*)(long, long))function->entry)(a, b);
    error = og_invoke_end(&scope->access, &fault);
    if (result)
        *result = value;
    return error;
}

/* A call in a scope of its own. */
static enum og_error call(struct og_domain *domain, const char *name, long a, long b, long *result)
    OG_NO_ANALYSIS
{
    struct og_function function;
    struct og_scope scope;
    struct og_fault fault;
    enum og_error error = og_domain_lookup(domain, name, &function, &fault);
    if (error)
        return error;
    og_scope_begin(domain, &scope);
    error = call_in(&scope, &function, a, b, result);
    og_scope_end(&scope);
    return error;
}

static bool is_expected(enum og_error error)
{
    return !error || error == OG_POISONED || error == OG_FAULTED || error == OG_BUSY;
}

/* --- callbacks --- */

static void add_one(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                    struct og_result *result)
{
    (void)scope;
    ++*(long *)user;
    result->integer = arguments->integers[0] + 1;
}

/* A reset by another thread may be closing it. */
static long address_of(const struct og_callback *callback)
{
    return (long)__atomic_load_n(&callback->address, __ATOMIC_RELAXED);
}

/* Allocates, and calls in again. */
static void call_again(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                       struct og_result *result) OG_NO_ANALYSIS
{
    struct og_fault fault;
    long value = 0;
    long og_mut *memory = og_alloc(scope, long, 4, &fault);
    NEED(memory);
    (void)call_in(scope, user, (long)memory, 7, &value);
    result->integer = arguments->integers[0] + (uint64_t)value;
}

static void end_thread(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                       struct og_result *result)
{
    (void)user, (void)scope, (void)arguments, (void)result;
    pthread_exit(NULL);
}

static void end_if_cancelled(void *user, struct og_scope *scope,
                             const struct og_arguments *arguments, struct og_result *result)
{
    (void)user, (void)scope, (void)arguments, (void)result;
    pthread_testcancel();
}

/* --- work --- */

/* All that a thread does with a domain that others use, too. */
static void *use(void *memory)
{
    struct og_domain *domain = memory;
    struct og_function poke;
    struct og_callback nested, counting;
    struct og_fault fault;
    long counted = 0;
    if (og_domain_lookup(domain, "poke", &poke, &fault))
        return NULL;
    for (int i = 0; i < ROUNDS && !is_over; i++) {
        long result = 0;
        NEED(!og_callback_open(domain, &nested, call_again, &poke, &fault));
        NEED(!og_callback_open(domain, &counting, add_one, &counted, &fault));
        NEED(is_expected(call(domain, "count", 0, 0, &result)));
        NEED(is_expected(call(domain, "call_twice", address_of(&nested), 1, &result)));
        NEED(is_expected(call(domain, "call", address_of(&counting), 1, &result)));
        NEED(is_expected(call(domain, "map", 3, 0, &result)));
        NEED(is_expected(call(domain, "grow", i % 2 ? 80 : -80, 0, &result)));
        (void)mpk_is_callback(domain, (uintptr_t)address_of(&counting));
        og_callback_close(&nested);
        og_callback_close(&counting);
    }
    return NULL;
}

static _Atomic uintptr_t opened; /* where a domain was, and another may be */

static void *open_and_close(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS / 6 && !is_over; i++) {
        struct og_domain *domain = open_with(i % 2 ? 5000 : 0, OG_THREADS_WAIT);
        long result;
        atomic_store_explicit(&opened, ((const struct mpk_domain *)domain)->arena.start,
                              memory_order_relaxed);
        usleep(500); /* others may look at it, and have no lock from here yet */
        NEED(!call(domain, "count", 0, 0, &result) && result == 1);
        close_again(domain);
    }
    return NULL;
}

static void *reset_again_and_again(void *memory)
{
    struct og_domain *domain = memory;
    struct og_fault fault;
    while (!is_over) {
        enum og_error error = og_domain_reset(domain, &fault);
        NEED(!error || error == OG_BUSY);
        usleep(300);
    }
    return NULL;
}

static void *look_up_and_tell(void *memory)
{
    struct og_domain *domain = memory;
    static const char *const names[] = {"count", "call", "poke", "map", "grow", "fail"};
    for (int i = 0; i < ROUNDS && !is_over; i++) {
        const struct og_parameter parameters[] = {OG_PARAMETER(long), OG_PARAMETER(long),
                                                  OG_PARAMETER(long)};
        struct og_function function;
        struct og_fault fault;
        enum og_error error = og_domain_lookup(domain, names[i % 6], &function, &fault);
        NEED(is_expected(error));
        if (!error)
            NEED(!og_function_takes(&function, parameters, (size_t)(i / 6) % 4, &fault));
    }
    return NULL;
}

/* --- the tests --- */

static void begin(unsigned deadline_ms)
{
    shared = open_with(deadline_ms, OG_THREADS_WAIT);
    is_over = false;
}

static void end(void)
{
    close_again(shared);
}

static void threads_that_share_a_domain_call_and_are_called_back(void **state)
{
    struct crew crew = {.count = 0};
    (void)state;
    begin(0);
    start(&crew, THREADS, use, shared);
    join(&crew);
    end();
}

static void threads_that_share_a_domain_are_told_what_functions_take(void **state)
{
    struct crew crew = {.count = 0};
    (void)state;
    begin(0);
    start(&crew, THREADS, look_up_and_tell, shared);
    join(&crew);
    end();
}

static void domains_are_opened_and_closed_while_others_are_used(void **state)
{
    struct crew crew = {.count = 0};
    (void)state;
    begin(0);
    start(&crew, 2, use, shared);
    start(&crew, 3, open_and_close, NULL);
    join(&crew);
    end();
}

/* Domains that others have been in are closed while those are in calls elsewhere. */
enum { VISITORS = 2 };
static _Atomic(struct og_domain *) offered;
static atomic_int offers, visits;

static void *offer(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct og_domain *domain = open_with(0, OG_THREADS_WAIT);
        visits = 0;
        offered = domain;
        offers++;
        while (visits < VISITORS)
            usleep(50);
        close_again(domain);
    }
    is_over = true;
    return unused;
}

static void *visit(void *own)
{
    int last = 0;
    while (!is_over) {
        int now = offers;
        if (now != last) {
            (void)call(offered, "count", 0, 0, NULL);
            visits++;
        }
        last = now;
        (void)call(own, "map", 1, 0, NULL);
    }
    return NULL;
}

static void domains_are_closed_that_others_have_left(void **state)
{
    struct crew crew = {.count = 0};
    (void)state;
    begin(0);
    struct og_domain *another = open_with(0, OG_THREADS_WAIT);
    start(&crew, 1, offer, NULL);
    start(&crew, 1, visit, shared);
    start(&crew, 1, visit, another);
    join(&crew);
    close_again(another);
    end();
}

static void a_domain_is_reset_while_others_come(void **state)
{
    struct crew crew = {.count = 0}, resetting = {.count = 0};
    (void)state;
    begin(5000);
    start(&resetting, 1, reset_again_and_again, shared);
    start(&crew, 3, use, shared);
    join(&crew);
    is_over = true;
    join(&resetting);
    end();
}

/* Threads that come, and end outside, in a callback, or cancelled there. */
static void *come_and_go(void *memory)
{
    struct og_domain *domain = memory;
    long result;
    (void)call(domain, "count", 0, 0, &result);
    (void)call(domain, "grow", 1, 0, &result);
    return NULL;
}

static void *end_in_a_callback(void *memory)
{
    struct og_callback callback;
    struct og_fault fault;
    NEED(!og_callback_open(memory, &callback, end_thread, NULL, &fault));
    (void)call(memory, "call", address_of(&callback), 0, NULL);
    og_callback_close(&callback); /* another has poisoned the domain before */
    return NULL;
}

static void *be_cancelled(void *memory)
{
    struct og_callback callback;
    struct og_fault fault;
    for (;;) {
        NEED(!og_callback_open(memory, &callback, end_if_cancelled, NULL, &fault));
        if (call(memory, "call", address_of(&callback), 0, NULL)) /* the last one has ended in it */
            (void)og_domain_reset(memory, &fault);
        og_callback_close(&callback);
    }
    return NULL;
}

static void *start_others(void *memory)
{
    for (int i = 0; i < ROUNDS / 4; i++) {
        struct crew crew = {.count = 0};
        start(&crew, 1, come_and_go, memory);
        start(&crew, 1, i % 3 ? come_and_go : end_in_a_callback, memory);
        join(&crew);
    }
    return NULL;
}

static void *cancel_others(void *memory)
{
    for (int i = 0; i < ROUNDS / 10; i++) {
        struct crew crew = {.count = 0};
        start(&crew, 1, be_cancelled, memory);
        usleep(2000);
        NEED(!pthread_cancel(crew.threads[0]));
        join(&crew);
    }
    return NULL;
}

/* Opens the domain, waits until another thread has a place there, and ends: others get its own. */
static void *begin_here(void *users)
{
    begin(0);
    start(users, 1, use, shared);
    usleep(20000);
    return NULL;
}

static void threads_end_while_others_are_inside(void **state)
{
    struct crew crew = {.count = 0}, resetting = {.count = 0}, users = {.count = 0};
    (void)state;
    start(&crew, 1, begin_here, &users);
    join(&crew);
    start(&resetting, 1, reset_again_and_again, shared);
    start(&crew, 2, start_others, shared);
    start(&crew, 2, cancel_others, shared);
    join(&crew);
    join(&users);
    is_over = true;
    join(&resetting);
    end();
}

/* Its callback is for all, and closed while they call it. */
static _Atomic long lent;

static void *lend_callback(void *memory)
{
    struct og_domain *domain = memory;
    struct og_fault fault;
    for (int i = 0; i < ROUNDS * 4; i++) {
        long counted = 0;
        struct og_callback callback;
        NEED(!og_callback_open(domain, &callback, add_one, &counted, &fault));
        og_callback_any_thread(&callback);
        lent = address_of(&callback);
        usleep(50);
        og_callback_close(&callback);
        /* Nobody else's any more. */
        counted = -1;
        memset(&callback, 0, sizeof(callback));
    }
    is_over = true;
    return NULL;
}

static void *call_what_is_lent(void *memory) OG_NO_ANALYSIS
{
    struct og_fault fault;
    struct og_function function;
    while (og_domain_lookup(memory, "call_twice", &function, &fault))
        (void)og_domain_reset(memory, &fault);
    while (!is_over) {
        struct og_scope scope;
        og_scope_begin(memory, &scope);
        enum og_error error = call_in(&scope, &function, lent, 1, NULL);
        og_scope_end(&scope);
        if (error)
            (void)og_domain_reset(memory, &fault);
    }
    return NULL;
}

static void callbacks_are_closed_while_others_call_them(void **state)
{
    struct crew crew = {.count = 0};
    (void)state;
    begin(0);
    start(&crew, 1, lend_callback, shared);
    start(&crew, 2, call_what_is_lent, shared);
    join(&crew);
    end();
}

static void *run_past_the_deadline(void *memory)
{
    for (int i = 0; i < 6; i++) {
        struct og_fault fault;
        struct og_domain *domain = memory ? memory : open_with(20, OG_THREADS_WAIT);
        enum og_error error =
            call(domain, i % 2 ? "wait_for_ever" : "sleep_briefly", i % 2 ? 0 : 60000000, 0, NULL);
        NEED(error == OG_DEADLINE || error == OG_POISONED || error == OG_BUSY);
        if (memory)
            (void)og_domain_reset(domain, &fault);
        else
            close_again(domain);
    }
    return NULL;
}

static void deadlines_pass_while_domains_come_and_go(void **state)
{
    struct crew crew = {.count = 0};
    (void)state;
    begin(20);
    start(&crew, 2, run_past_the_deadline, shared);
    start(&crew, 2, run_past_the_deadline, NULL);
    start(&crew, 2, open_and_close, NULL);
    join(&crew);
    end();
}

static _Atomic long handled;

static void handle(int signal)
{
    (void)signal;
    handled++;
}

/* Changes who handles what, and has signals come. */
static void *change_handlers(void *memory)
{
    struct og_fault fault;
    for (int i = 0; i < ROUNDS && !is_over; i++) {
        const struct sigaction action = {.sa_handler = handle,
                                         .sa_flags = i % 2 ? SA_RESTART : (int)SA_RESETHAND};
        struct sigaction before;
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR2);
        NEED(!sigaction(SIGUSR1, &action, &before));
        NEED(signal(SIGUSR2, handle) != SIG_ERR);
        NEED(!siginterrupt(SIGUSR2, i % 2));
        NEED(!og_mpk_signal_adopt(SIGWINCH, &fault));
        NEED(!sigaction(SIGUSR1, &(struct sigaction){.sa_handler = handle}, NULL));
        NEED(!pthread_sigmask(SIG_BLOCK, &set, NULL));
        NEED(!pthread_kill(pthread_self(), SIGUSR2));
        if (memory)
            (void)call(memory, "count", 0, 0, NULL);
        NEED(!pthread_sigmask(SIG_UNBLOCK, &set, NULL));
        hollow_interrupt();
    }
    return NULL;
}

static void handlers_change_while_signals_come(void **state)
{
    struct crew crew = {.count = 0};
    (void)state;
    begin(5000);
    start(&crew, 3, change_handlers, shared);
    start(&crew, 2, open_and_close, NULL);
    join(&crew);
    end();
    assert_true(handled > 0);
}

static void *open_the_first(void *unused)
{
    (void)unused;
    struct og_domain *domain = open_with(0, OG_THREADS_WAIT);
    (void)call(domain, "count", 0, 0, NULL);
    close_again(domain);
    return NULL;
}

static void the_first_domain_is_opened_while_handlers_change(void **state)
{
    struct crew crew = {.count = 0};
    (void)state;
    is_over = false;
    start(&crew, 2, change_handlers, NULL);
    start(&crew, 2, open_the_first, NULL);
    start(&crew, 1, cancel_others, open_with(0, OG_THREADS_WAIT));
    join(&crew);
}

static void *fork_now_and_then(void *memory)
{
    (void)call(memory, "count", 0, 0, NULL); /* a child looks up nothing that its parent has not */
    for (int i = 0; i < 8; i++) {
        int status;
        pid_t child = fork();
        if (!child) {
            struct og_fault fault;
            (void)og_domain_reset(memory, &fault);
            _exit(is_expected(call(memory, "count", 0, 0, NULL)) ? 0 : 1);
        }
        NEED(child > 0 && waitpid(child, &status, 0) == child && status == 0);
        usleep(2000);
    }
    is_over = true;
    return NULL;
}

static void the_process_forks_while_others_call(void **state)
{
    struct crew crew = {.count = 0};
    (void)state;
    begin(5000);
    start(&crew, 1, fork_now_and_then, shared);
    start(&crew, 2, use, shared);
    start(&crew, 1, open_and_close, NULL);
    start(&crew, 1, start_others, shared);
    join(&crew);
    end();
}

static void *describe(void *memory)
{
    const struct mpk_domain *domain = memory;
    while (!is_over) {
        const uintptr_t other = atomic_load_explicit(&opened, memory_order_relaxed);
        const uintptr_t places[] = {domain->arena.start,
                                    domain->arena.heap,
                                    domain->arena.start + 64 * MPK_PAGE,
                                    (uintptr_t)&places,
                                    other,
                                    other + 32 * MPK_PAGE};
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
            struct og_fault fault = {.error = OG_FAULTED, .access = 'w', .address = places[i]};
            char text[1024];
            fault.instruction = places[i];
            (void)og_fault_describe(memory, &fault, text, sizeof(text));
        }
    }
    return NULL;
}

static void *fault_again_and_again(void *memory)
{
    struct og_fault fault;
    for (int i = 0; i < ROUNDS; i++) {
        NEED(is_expected(call(memory, "fail", 0, 0, NULL)));
        (void)og_domain_reset(memory, &fault);
    }
    return NULL;
}

static void faults_are_described_while_domains_change(void **state)
{
    struct crew crew = {.count = 0}, describing = {.count = 0};
    (void)state;
    begin(0);
    start(&describing, 2, describe, shared);
    start(&crew, 1, fault_again_and_again, shared);
    start(&crew, 2, open_and_close, NULL);
    start(&crew, 1, use, shared);
    join(&crew);
    is_over = true;
    join(&describing);
    end();
}

/* --- each in a process of its own --- */

/* A new program, and no child of fork alone: in one, the sanitizer has lost track of the locks that
 * fork has taken. */
static bool run_in_process_of_its_own(const char *program, const struct CMUnitTest *test)
{
    int status = -1;
    pid_t child = fork();
    if (!child) {
        execl(program, program, "alone", test->name, NULL);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    if (status)
        printf("not ok 1 - %s\n# %s %s\n", test->name,
               WIFSIGNALED(status) ? "killed:" : "ended by itself,",
               WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "with an error");
    return status == 0;
}

static int run_alone(const struct CMUnitTest *test)
{
    const char *seconds = getenv("OG_TEST_SECONDS");
    alarm(seconds ? (unsigned)atoi(seconds) : 0);
    return _cmocka_run_group_tests("races", test, 1, NULL, NULL);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_that_share_a_domain_call_and_are_called_back),
        cmocka_unit_test(threads_that_share_a_domain_are_told_what_functions_take),
        cmocka_unit_test(domains_are_opened_and_closed_while_others_are_used),
        cmocka_unit_test(domains_are_closed_that_others_have_left),
        cmocka_unit_test(a_domain_is_reset_while_others_come),
        cmocka_unit_test(threads_end_while_others_are_inside),
        cmocka_unit_test(callbacks_are_closed_while_others_call_them),
        cmocka_unit_test(deadlines_pass_while_domains_come_and_go),
        cmocka_unit_test(handlers_change_while_signals_come),
        cmocka_unit_test(the_first_domain_is_opened_while_handlers_change),
        cmocka_unit_test(the_process_forks_while_others_call),
        cmocka_unit_test(faults_are_described_while_domains_change),
        cmocka_unit_test(what_the_protocol_of_signal_stacks_forbids_ends_the_process),
    };
    const bool is_alone = argc > 2 && !strcmp(argv[1], "alone");
    const char *pattern = is_alone ? argv[2] : argc > 1 ? argv[1] : "*";
    int ran = 0, failed = 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        if (fnmatch(pattern, tests[i].name, 0))
            continue;
        ran++;
        failed += is_alone ? run_alone(&tests[i]) : !run_in_process_of_its_own(argv[0], &tests[i]);
    }
    if (!ran)
        printf("Bail out! no test is named '%s'\n", pattern);
    return failed || !ran;
}
