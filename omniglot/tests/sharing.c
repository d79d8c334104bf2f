#include "sharing.h"
#include "omniglot/core/turn.h"
#include "omniglot/tests/sanitized.h"
#include "omniglot/tests/seccomp.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum og_isolation sharing_isolation;
char sharing_library[4096];
struct og_turn *(*sharing_turn)(struct og_domain *domain);

typedef long words(long, long, long);

/* cmocka takes the fault signals for the length of each test: the runtime takes them back. */
static void take_faults_back(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS};
    struct og_fault fault;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        assert_int_equal(og_mpk_signal_adopt(signals[i], &fault), OG_OK);
}

struct og_domain *sharing_open(enum og_threads threads)
{
    static bool is_first = true;
    if (sharing_isolation == OG_MPK && !is_first)
        take_faults_back();
    is_first = false;
    const struct og_options options = {
        .isolation = sharing_isolation, .deadline_ms = 20000, .threads = threads};
    struct og_domain *domain;
    struct og_fault fault;
    if (og_domain_open(&domain, (const char *const[]){sharing_library, NULL}, &options, &fault))
        fail_msg("%s %s", fault.message, fault.symbol);
    if (sharing_isolation == OG_MPK)
        take_faults_back();
    return domain;
}

void sharing_close(struct og_domain *domain)
{
    struct og_fault fault;
    assert_int_equal(og_domain_close(domain, &fault), OG_OK);
}

static enum og_error call_in(struct og_scope *scope, struct og_function *function, long a, long b,
                             long c, long *result, struct og_fault *fault)
    OG_REQUIRES(scope->access);
static enum og_error call_in(struct og_scope *scope, struct og_function *function, long a, long b,
                             long c, long *result, struct og_fault *fault)
{
    enum og_error error = og_invoke_begin(&scope->access, function, fault);
    if (error)
        return error;
    long value = ((words *)function->entry)(a, b, c);
    error = og_invoke_end(&scope->access, fault);
    if (result)
        *result = value;
    return error;
}

enum og_error sharing_call(struct og_domain *domain, const char *name, long a, long b, long c,
                           long *result, struct og_fault *fault)
{
    struct og_function function;
    struct og_scope scope;
    enum og_error error = og_domain_lookup(domain, name, &function, fault);
    if (error)
        return error;
    og_scope_begin(domain, &scope);
    error = call_in(&scope, &function, a, b, c, result, fault);
    og_scope_end(&scope);
    return error;
}

void *sharing_elsewhere(void *(*function)(void *), void *argument)
{
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, function, argument), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    return result;
}

struct call_elsewhere {
    struct og_domain *domain;
    const char *name;
    enum og_error error;
};

static void *call_elsewhere(void *memory)
{
    struct call_elsewhere *call = memory;
    struct og_fault fault;
    call->error = sharing_call(call->domain, call->name, 0, 0, 0, NULL, &fault);
    return NULL;
}

enum og_error sharing_call_elsewhere(struct og_domain *domain, const char *name)
{
    struct call_elsewhere call = {domain, name, OG_OK};
    sharing_elsewhere(call_elsewhere, &call);
    return call.error;
}

int sharing_exit_status(pid_t child)
{
    int status = -1;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

bool sharing_forbid(long number, int argument, unsigned value)
{
    return filter_system_call(number, argument, value, SECCOMP_RET_ERRNO | EPERM);
}

static void wait_until(atomic_int *step, int value)
{
    while (atomic_load(step) < value)
        usleep(100);
}

/* --- values --- */

static atomic_bool stop;

struct spoiling {
    long (*function)(long); /* called as it is, or in the domain */
    struct og_domain *domain;
    atomic_long errors, calls;
};

static void *keep_spoiling(void *memory)
{
    struct spoiling *spoiling = memory;
    struct og_fault fault;
    while (!atomic_load(&stop)) {
        if (spoiling->function)
            spoiling->function(256);
        else if (sharing_call(spoiling->domain, "spoil_flag", 256, 0, 0, NULL, &fault))
            spoiling->errors++;
        spoiling->calls++;
    }
    return NULL;
}

static bool is_no_bool(const volatile unsigned char *byte)
{
    return *byte > 1;
}

/* What a host without the discipline sees. */
void without_turns_a_value_changes_while_it_is_read(void **state)
{
    (void)state;
    void *raw = dlopen(sharing_library, RTLD_NOW | RTLD_LOCAL);
    pthread_t thread;
    assert_non_null(raw);
    struct spoiling spoiling = {.function = (long (*)(long))dlsym(raw, "spoil_flag")};
    const volatile unsigned char *byte = dlsym(raw, "flag");
    atomic_store(&stop, false);
    assert_int_equal(pthread_create(&thread, NULL, keep_spoiling, &spoiling), 0);
    long changed = 0;
    while (changed < 10)
        changed += !is_no_bool(byte) && is_no_bool(byte); /* "validated", and read */
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    dlclose(raw);
}

/* Validates, and reads many times: how often it was no bool. */
static long read_bools(struct og_domain *domain, const bool og_foreign *flag, long *validated)
{
    struct og_scope scope;
    struct og_fault fault;
    long wrong = 0;
    og_scope_begin(domain, &scope);
    const bool og_ref *reference = og_upgrade(&scope.access, flag, 1, &fault);
    og_read_begin(&scope.access);
    const bool og_valid *valid =
        reference ? og_validate_bool(&scope.access, reference, &fault) : NULL;
    const void *place = valid ? og_get(&scope.access, valid) : NULL;
    for (int i = 0; i < 2000 && place; i++)
        wrong += is_no_bool(place);
    *validated += place != NULL;
    og_read_end(&scope.access);
    og_scope_end(&scope);
    return wrong;
}

void what_is_validated_stays_while_it_is_read(void **state)
{
    enum { ROUNDS = 400, CALLS = 100 };
    (void)state;
    struct og_domain *domain = sharing_open(OG_THREADS_WAIT);
    struct spoiling spoiling = {.domain = domain};
    struct og_fault fault;
    void og_foreign *flag;
    long wrong = 0, validated = 0;
    pthread_t thread;
    assert_int_equal(og_domain_lookup_data(domain, "flag", &flag, &fault), OG_OK);
    atomic_store(&stop, false);
    assert_int_equal(pthread_create(&thread, NULL, keep_spoiling, &spoiling), 0);
    long rounds = 0;
    for (; rounds < ROUNDS || atomic_load(&spoiling.calls) < CALLS; rounds++)
        wrong += read_bools(domain, (const bool og_foreign *)flag, &validated);
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    assert_int_equal(wrong, 0);
    assert_int_equal(validated, rounds); /* between calls it is false */
    assert_int_equal(spoiling.errors, 0);
    sharing_close(domain);
}

/* --- turns --- */

struct visitor {
    struct og_domain *domain;
    atomic_int step; /* 1: inside; 2: may go */
    enum og_error error;
};

static void *visit(void *memory)
{
    struct visitor *visitor = memory;
    struct og_scope scope;
    struct og_fault fault;
    og_scope_begin(visitor->domain, &scope);
    visitor->error = og_alloc(&scope, long, 1, &fault) ? OG_OK : fault.error;
    atomic_store(&visitor->step, 1);
    wait_until(&visitor->step, 2);
    og_scope_end(&scope);
    return NULL;
}

static void begin_visit(pthread_t *thread, struct visitor *visitor, struct og_domain *domain)
{
    *visitor = (struct visitor){.domain = domain};
    assert_int_equal(pthread_create(thread, NULL, visit, visitor), 0);
    wait_until(&visitor->step, 1);
}

static void end_visit(pthread_t thread, struct visitor *visitor)
{
    atomic_store(&visitor->step, 2);
    pthread_join(thread, NULL);
    assert_int_equal(visitor->error, OG_OK);
}

void a_refused_thread_is_told_that_another_is_inside(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_domain *domain = sharing_open(OG_THREADS_REFUSE);
    struct og_function function, unused;
    struct og_fault fault;
    struct og_scope scope;
    struct visitor visitor;
    void og_foreign *flag;
    pthread_t thread;
    long value = 0;
    assert_int_equal(og_domain_lookup(domain, "count", &function, &fault), OG_OK);
    assert_int_equal(og_domain_lookup_data(domain, "flag", &flag, &fault), OG_OK);
    begin_visit(&thread, &visitor, domain);

    og_scope_begin(domain, &scope);
    assert_null(OG_PLAIN(og_alloc(&scope, long, 1, &fault)));
    assert_int_equal(fault.error, OG_BUSY);
    assert_string_equal(fault.message, "another thread is inside the domain");
    assert_int_equal(call_in(&scope, &function, 0, 0, 0, NULL, &fault), OG_BUSY);
    assert_null(OG_PLAIN(og_upgrade(&scope.access, (const bool og_foreign *)flag, 1, &fault)));
    assert_int_equal(fault.error, OG_BUSY);
    og_read_begin(&scope.access);
    assert_null(
        OG_PLAIN(og_validate_bool(&scope.access, (const bool og_ref *)OG_PLAIN(flag), &fault)));
    assert_int_equal(fault.error, OG_BUSY);
    og_read_end(&scope.access);
    assert_null(OG_PLAIN(og_heap_alloc(&scope.access, long, 1, &fault)));
    assert_int_equal(fault.error, OG_BUSY);
    assert_int_equal(og_invoke_end(&scope.access, &fault), OG_BUSY);
    og_scope_end(&scope);
    assert_int_equal(og_domain_lookup(domain, "count", &unused, &fault), OG_BUSY);
    assert_null(unused.domain);
    assert_int_equal(og_domain_lookup_data(domain, "flag", &flag, &fault), OG_BUSY);

    end_visit(thread, &visitor);
    assert_int_equal(sharing_call(domain, "count", 0, 0, 0, &value, &fault), OG_OK);
    assert_int_equal(value, 1);
    sharing_close(domain);
}

void reset_and_close_are_refused_while_another_thread_is_inside(void **state)
{
    (void)state;
    struct og_domain *domain = sharing_open(OG_THREADS_WAIT);
    struct og_fault fault;
    struct visitor visitor;
    pthread_t thread;
    begin_visit(&thread, &visitor, domain);
    assert_int_equal(og_domain_reset(domain, &fault), OG_BUSY);
    assert_int_equal(og_domain_close(domain, &fault), OG_BUSY);
    end_visit(thread, &visitor);
    assert_int_equal(og_domain_reset(domain, &fault), OG_OK);
    sharing_close(domain);
}

/* --- a handler that calls in, which it must not --- */

/* In a child of fork, which over another process has none of its parent's until a reset. */
static bool is_ready_in_child(struct og_domain *domain)
{
    struct og_fault fault;
    return sharing_isolation != OG_PROC || og_domain_reset(domain, &fault) == OG_OK;
}

static struct og_domain *being_reset;
static struct og_function counts;
static volatile sig_atomic_t entered, refused;

/* In place of a system call of the reset, which counts as done. */
static void enter_what_is_being_reset(int signal, siginfo_t *info, void *memory)
{
    ucontext_t *context = memory;
    struct og_fault fault;
    struct og_scope scope;
    (void)signal, (void)info;
    og_scope_begin(being_reset, &scope);
    enum og_error error = call_in(&scope, &counts, 0, 0, 0, NULL, &fault);
    og_scope_end(&scope);
    if (error == OG_BUSY)
        refused++;
    else
        entered++;
    context->uc_mcontext.gregs[REG_RAX] = 0;
}

static int reset_with_handler(void)
{
    const struct sigaction action = {.sa_sigaction = enter_what_is_being_reset,
                                     .sa_flags = SA_SIGINFO};
    const unsigned advice = sharing_isolation == OG_PROC ? MADV_DONTFORK : MADV_DONTNEED;
    struct og_fault fault;
    alarm(20);
    if (sigaction(SIGSYS, &action, NULL) ||
        !filter_system_call(SYS_madvise, 2, advice, SECCOMP_RET_TRAP))
        return 1;
    if (og_domain_reset(being_reset, &fault))
        return 2;
    return entered ? 3 : !refused ? 4 : 0;
}

/* The thread that resets was inside last: nobody else's entering would have to be looked at. */
void a_handler_does_not_enter_what_its_thread_resets(void **state)
{
    (void)state;
    struct og_fault fault;
    being_reset = sharing_open(OG_THREADS_REFUSE);
    assert_int_equal(og_domain_lookup(being_reset, "count", &counts, &fault), OG_OK);
    assert_int_equal(sharing_call(being_reset, "count", 0, 0, 0, NULL, &fault), OG_OK);
    pid_t child = fork();
    if (child == 0)
        _exit(!is_ready_in_child(being_reset) ||
                      sharing_call(being_reset, "count", 0, 0, 0, NULL, &fault)
                  ? 5
                  : reset_with_handler());
    assert_int_equal(sharing_exit_status(child), 0);
    sharing_close(being_reset);
}

static atomic_int waiting;

static void *enter_when_told(void *memory)
{
    struct og_scope scope;
    struct og_fault fault;
    atomic_store(&waiting, 1);
    og_scope_begin(memory, &scope);
    bool inside = OG_PLAIN(og_alloc(&scope, long, 1, &fault)) != NULL;
    atomic_store(&waiting, 2);
    og_scope_end(&scope);
    return inside ? memory : NULL;
}

void a_thread_waits_until_the_other_is_out(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_domain *domain = sharing_open(OG_THREADS_WAIT);
    for (int round = 0; round < 100; round++) {
        struct og_scope scope;
        pthread_t thread;
        void *inside;
        atomic_store(&waiting, 0);
        og_scope_begin(domain, &scope);
        assert_int_equal(pthread_create(&thread, NULL, enter_when_told, domain), 0);
        wait_until(&waiting, 1);
        for (int i = 0; i < 50; i++) {
            sched_yield();
            assert_int_equal(atomic_load(&waiting), 1);
        }
        og_scope_end(&scope);
        assert_int_equal(pthread_join(thread, &inside), 0);
        assert_ptr_equal(inside, domain);
    }
    sharing_close(domain);
}

/* Who holds it closes it as soon as it is out: either the other was first, or it is busy. */
void a_domain_that_a_thread_waits_for_is_not_closed(void **state) OG_NO_ANALYSIS
{
    (void)state;
    for (int round = 0; round < 30; round++) {
        struct og_domain *domain = sharing_open(OG_THREADS_WAIT);
        struct og_scope scope;
        struct og_fault fault;
        pthread_t thread;
        void *inside;
        atomic_store(&waiting, 0);
        og_scope_begin(domain, &scope);
        assert_int_equal(pthread_create(&thread, NULL, enter_when_told, domain), 0);
        wait_until(&waiting, 1);
        usleep(1000); /* it is most likely asleep by now */
        assert_int_equal(og_domain_close(domain, &fault), OG_BUSY);
        og_scope_end(&scope);
        assert_int_equal(pthread_join(thread, &inside), 0);
        assert_ptr_equal(inside, domain);
        sharing_close(domain);
    }
}

/* Whether it is inside is known only when the processors have been made to agree. */
void a_domain_whose_owner_cannot_be_seen_is_not_entered(void **state)
{
    (void)state;
    struct og_domain *domain = sharing_open(OG_THREADS_WAIT);
    struct og_fault fault;
    assert_int_equal(sharing_call(domain, "count", 0, 0, 0, NULL, &fault), OG_OK);
    assert_int_equal(sharing_call_elsewhere(domain, "count"), OG_OK);
    assert_int_equal(sharing_call(domain, "count", 0, 0, 0, NULL, &fault), OG_OK);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        if (!is_ready_in_child(domain) || sharing_call(domain, "count", 0, 0, 0, NULL, &fault) ||
            !sharing_forbid(SYS_membarrier, -1, 0))
            _exit(1);
        /* Over protection keys it is told by the call's name. */
        enum og_error other = sharing_call_elsewhere(domain, "count");
        int bad = (other != OG_SYSTEM && other != OG_UNSUPPORTED) << 1;
        bad |= (sharing_call(domain, "count", 0, 0, 0, NULL, &fault) != OG_OK) << 2;
        _exit(bad);
    }
    assert_int_equal(sharing_exit_status(child), 0);
    sharing_close(domain);
}

void looking_up_in_a_read_section_is_refused(void **state)
{
    (void)state;
    struct og_domain *domain = sharing_open(OG_THREADS_WAIT);
    struct og_function function;
    struct og_scope scope;
    struct og_fault fault;
    void og_foreign *flag;
    og_scope_begin(domain, &scope);
    assert_int_equal(og_domain_lookup(domain, "count", &function, &fault), OG_OK);
    og_read_begin(&scope.access);
    assert_int_equal(og_domain_lookup(domain, "count", &function, &fault), OG_BORROWED);
    assert_int_equal(og_domain_lookup_data(domain, "flag", &flag, &fault), OG_BORROWED);
    og_read_end(&scope.access);
    og_scope_end(&scope);
    sharing_close(domain);
}

static void *leave_a_scope_open(void *memory) OG_NO_ANALYSIS
{
    struct og_scope scope;
    og_scope_begin(memory, &scope);
    return NULL;
}

void a_thread_that_exits_leaves_the_domain(void **state)
{
    (void)state;
    struct og_domain *domain = sharing_open(OG_THREADS_WAIT);
    struct og_fault fault;
    long value = 0;
    for (long i = 1; i <= 50; i++) {
        sharing_elsewhere(leave_a_scope_open, domain);
        assert_int_equal(sharing_call(domain, "count", 0, 0, 0, &value, &fault), OG_OK);
        assert_int_equal(value, i);
    }
    sharing_close(domain);
}

/* --- callbacks --- */

struct called {
    struct og_domain *domain;
    struct og_callback callback;
    atomic_int calls;
    enum og_error error;
    struct og_fault fault;
    long result;
};

static void note(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                 struct og_result *result)
{
    struct called *called = user;
    (void)scope;
    atomic_fetch_add(&called->calls, 1);
    result->integer = 2 * arguments->integers[0];
}

static void refuse(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                   struct og_result *result)
{
    const struct og_fault reason = {.error = OG_CONTRACT, .message = "not so"};
    (void)user, (void)arguments, (void)result;
    og_callback_refuse(scope, &reason);
}

static void *call_it(void *memory)
{
    struct called *called = memory;
    called->error = sharing_call(called->domain, "call", (long)called->callback.address, 21, 0,
                                 &called->result, &called->fault);
    return NULL;
}

static void open_called(struct called *called, og_callback_function *function)
{
    struct og_fault fault;
    *called = (struct called){.domain = sharing_open(OG_THREADS_WAIT)};
    assert_int_equal(og_callback_open(called->domain, &called->callback, function, called, &fault),
                     OG_OK);
}

void what_one_thread_refuses_is_poisoned_for_all(void **state)
{
    (void)state;
    struct called called;
    struct og_fault fault;
    open_called(&called, refuse);
    assert_int_equal(sharing_call(called.domain, "count", 0, 0, 0, NULL, &fault), OG_OK);
    og_callback_any_thread(&called.callback);
    sharing_elsewhere(call_it, &called); /* and that thread is gone by now */
    assert_int_equal(called.error, OG_CONTRACT);
    assert_int_equal(sharing_call(called.domain, "count", 0, 0, 0, NULL, &fault), OG_POISONED);
    assert_int_equal(og_domain_reset(called.domain, &fault), OG_OK);
    assert_int_equal(sharing_call(called.domain, "count", 0, 0, 0, NULL, &fault), OG_OK);
    sharing_close(called.domain);
}

void what_a_thread_refuses_that_stays_is_poisoned_for_others(void **state)
{
    (void)state;
    struct called called;
    struct og_fault fault;
    open_called(&called, refuse);
    call_it(&called);
    assert_int_equal(called.error, OG_CONTRACT);
    assert_int_equal(sharing_call_elsewhere(called.domain, "count"), OG_POISONED);
    assert_int_equal(og_domain_reset(called.domain, &fault), OG_OK);
    assert_int_equal(sharing_call_elsewhere(called.domain, "count"), OG_OK);
    sharing_close(called.domain);
}

static void end_thread(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                       struct og_result *result)
{
    (void)user, (void)scope, (void)arguments, (void)result;
    pthread_exit(NULL);
}

/* The foreign code was in the middle of something, and nobody will go on with it. */
void a_thread_that_ends_in_a_callback_poisons_the_domain(void **state)
{
    (void)state;
    struct called called;
    struct og_fault fault;
    open_called(&called, end_thread);
    assert_int_equal(sharing_call(called.domain, "count", 0, 0, 0, NULL, &fault), OG_OK);
    og_callback_any_thread(&called.callback);
    sharing_elsewhere(call_it, &called);
    assert_int_equal(sharing_call(called.domain, "count", 0, 0, 0, NULL, &fault), OG_POISONED);
    assert_int_equal(og_domain_reset(called.domain, &fault), OG_OK);
    assert_int_equal(sharing_call(called.domain, "count", 0, 0, 0, NULL, &fault), OG_OK);
    sharing_close(called.domain);
}

/* --- callbacks of threads that have ended --- */

static void *open_and_end(void *memory)
{
    struct called *called = memory;
    struct og_callback own;
    long result;
    struct og_fault fault;
    assert_int_equal(og_callback_open(called->domain, &own, end_thread, NULL, &fault), OG_OK);
    sharing_call(called->domain, "call", (long)own.address, 21, 0, &result, &fault);
    return memory;
}

/* Who ends in a callback closes none, and its stack is the next thread's. */
void nothing_is_written_to_the_stack_of_a_thread_that_has_ended(void **state)
{
    enum { SIZE = 1 << 20 };
    static unsigned char stack[SIZE] __attribute__((aligned(4096)));
    (void)state;
    struct called called = {.domain = sharing_open(OG_THREADS_WAIT)};
    struct og_fault fault;
    pthread_attr_t attributes;
    pthread_t thread;
    assert_int_equal(sharing_call(called.domain, "count", 0, 0, 0, NULL, &fault), OG_OK);
    pthread_attr_init(&attributes);
    assert_int_equal(pthread_attr_setstack(&attributes, stack, SIZE), 0);
    assert_int_equal(pthread_create(&thread, &attributes, open_and_end, &called), 0);
    pthread_join(thread, NULL);
    memset(stack, 0x55, SIZE);
    assert_int_equal(og_domain_reset(called.domain, &fault), OG_OK);
    sharing_close(called.domain);
    for (size_t i = 0; i < SIZE; i++)
        assert_int_equal(stack[i], 0x55);
    pthread_attr_destroy(&attributes);
}

static void *open_and_exit(void *memory)
{
    struct called *called = memory;
    struct og_fault fault;
    assert_int_equal(sharing_call(called->domain, "count", 0, 0, 0, NULL, &fault), OG_OK);
    assert_int_equal(og_callback_open(called->domain, &called->callback, note, called, &fault),
                     OG_OK);
    return memory;
}

/* One that is elsewhere is its owner's to close, whatever has become of the domain. */
void a_callback_is_closed_by_reset_when_its_thread_has_ended(void **state)
{
    (void)state;
    struct called called = {.domain = sharing_open(OG_THREADS_WAIT)};
    struct og_fault fault;
    sharing_elsewhere(open_and_exit, &called);
    assert_int_equal(og_domain_reset(called.domain, &fault), OG_OK);
    assert_null(called.callback.domain);
    sharing_elsewhere(open_and_exit, &called);
    sharing_close(called.domain);
    og_callback_close(&called.callback);
}

static struct og_domain *visited;

static void *visit_and_call_it(void *memory)
{
    struct og_fault fault;
    assert_int_equal(sharing_call(visited, "count", 0, 0, 0, NULL, &fault), OG_OK);
    return call_it(memory);
}

void a_thread_that_ends_in_another_domain_leaves_this_one(void **state)
{
    (void)state;
    struct called called;
    struct og_fault fault;
    open_called(&called, end_thread);
    og_callback_any_thread(&called.callback);
    visited = sharing_open(OG_THREADS_WAIT);
    sharing_elsewhere(visit_and_call_it, &called);
    assert_int_equal(sharing_call(called.domain, "count", 0, 0, 0, NULL, &fault), OG_POISONED);
    assert_int_equal(sharing_call(visited, "count", 0, 0, 0, NULL, &fault), OG_OK);
    sharing_close(visited);
    sharing_close(called.domain);
}

static bool is_callback_at(struct called *called, uintptr_t address)
{
    static const struct og_rule rule = {.kind = OG_FUNCTION, .size = sizeof(uintptr_t)};
    struct og_scope scope;
    struct og_fault fault;
    og_scope_begin(called->domain, &scope);
    uintptr_t og_mut *place = og_alloc(&scope, uintptr_t, 1, &fault);
    enum og_error error = place ? og_write(&scope.access, place, address, &fault) : fault.error;
    og_read_begin(&scope.access);
    bool is = !error && og_validate(&scope.access, place, &rule, &fault);
    og_read_end(&scope.access);
    og_scope_end(&scope);
    return is;
}

static bool is_callback(struct called *called)
{
    return is_callback_at(called, called->callback.address);
}

static void *validate_it(void *memory)
{
    return is_callback(memory) ? memory : NULL;
}

void a_callback_is_its_threads_own(void **state)
{
    (void)state;
    struct called called;
    struct og_fault fault;
    open_called(&called, note);
    call_it(&called);
    assert_int_equal(called.error, OG_OK);
    assert_int_equal(called.result, 43);
    assert_int_equal(called.calls, 1);
    assert_true(is_callback(&called));
    for (uintptr_t beside = 1; beside < 4096; beside++) {
        assert_false(is_callback_at(&called, called.callback.address + beside));
        assert_false(is_callback_at(&called, called.callback.address - beside));
    }
    assert_null(sharing_elsewhere(validate_it, &called));
    sharing_elsewhere(call_it, &called);
    assert_int_equal(called.calls, 1);
    /* As one that there is not: the call ends where the isolation can end it. */
    assert_int_equal(called.error, sharing_isolation == OG_NONE ? OG_OK : OG_FAULTED);
    if (called.error)
        assert_string_equal(called.fault.message,
                            "the foreign code called another thread's callback");
    assert_int_equal(og_domain_reset(called.domain, &fault), OG_OK);
    sharing_close(called.domain);
}

void a_callback_for_any_thread_is_called_on_any(void **state)
{
    (void)state;
    struct called called;
    open_called(&called, note);
    og_callback_any_thread(&called.callback);
    assert_non_null(sharing_elsewhere(validate_it, &called));
    sharing_elsewhere(call_it, &called);
    assert_int_equal(called.error, OG_OK);
    assert_int_equal(called.result, 43);
    call_it(&called);
    assert_int_equal(called.calls, 2);
    og_callback_close(&called.callback);
    sharing_close(called.domain);
}

static atomic_int closing; /* 1: the callback runs; 2: is about to be closed; 3: is closed */
static atomic_bool returned;

static void run_while_it_is_closed(void *user, struct og_scope *scope,
                                   const struct og_arguments *arguments, struct og_result *result)
{
    (void)user, (void)scope, (void)arguments, (void)result;
    atomic_store(&closing, 1);
    wait_until(&closing, 2);
    for (int i = 0; i < 100 && atomic_load(&closing) < 3; i++)
        usleep(1000);
    atomic_store(&returned, true);
}

void closing_a_callback_waits_for_a_call_under_way(void **state)
{
    (void)state;
    struct called called;
    pthread_t thread;
    open_called(&called, run_while_it_is_closed);
    og_callback_any_thread(&called.callback);
    atomic_store(&closing, 0);
    atomic_store(&returned, false);
    assert_int_equal(pthread_create(&thread, NULL, call_it, &called), 0);
    wait_until(&closing, 1);
    atomic_store(&closing, 2);
    og_callback_close(&called.callback);
    bool had_returned = atomic_load(&returned);
    atomic_store(&closing, 3);
    pthread_join(thread, NULL);
    assert_true(had_returned);
    assert_int_equal(called.error, OG_OK);
    sharing_close(called.domain);
}

/* --- closing and opening again --- */

enum { CALLS_AGAIN = 1, WAKES, HAS_CLOSED, ENOUGH };
static atomic_int reuse;
static atomic_int closer; /* the thread that closes */

/* Waits for a system call of `thread` by which threads wait. */
static void wait_until_it_waits(pid_t thread)
{
    char path[64], text[16];
    do {
        snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", thread);
        FILE *file = fopen(path, "re");
        assert_non_null(file);
        if (!fgets(text, sizeof(text), file))
            text[0] = '\0';
        fclose(file);
    } while (atoi(text) != SYS_futex);
}

static void *close_cancelled(void *memory)
{
    struct called *called = memory;
    atomic_store(&closer, (int)gettid());
    og_callback_close(&called->callback);
    atomic_store(&closing, 3);
    pthread_testcancel();
    return NULL;
}

static pthread_t cancelled;

static void be_closed_by_who_is_cancelled(void *user, struct og_scope *scope,
                                          const struct og_arguments *arguments,
                                          struct og_result *result)
{
    (void)scope, (void)arguments, (void)result;
    assert_int_equal(pthread_create(&cancelled, NULL, close_cancelled, user), 0);
    wait_until(&closer, 1);
    wait_until_it_waits(atomic_load(&closer));
    pthread_cancel(cancelled);
    usleep(50000);
}

/* It waits for a call that is under way, and keeps no lock. */
void a_thread_that_is_cancelled_has_closed_its_callback(void **state)
{
    (void)state;
    struct called called;
    struct og_fault fault;
    void *result = NULL;
    open_called(&called, be_closed_by_who_is_cancelled);
    atomic_store(&closing, 0);
    atomic_store(&closer, 0);
    call_it(&called);
    assert_int_equal(called.error, OG_OK);
    assert_int_equal(pthread_join(cancelled, &result), 0);
    assert_ptr_equal(result, PTHREAD_CANCELED);
    assert_int_equal(atomic_load(&closing), 3);
    assert_int_equal(og_callback_open(called.domain, &called.callback, note, &called, &fault),
                     OG_OK);
    call_it(&called);
    assert_int_equal(called.error, OG_OK);
    sharing_close(called.domain);
}

/* The closer wakes only after its slot has been used again. */
static void be_slow(int signal)
{
    (void)signal;
    while (atomic_load(&reuse) < WAKES)
        ;
}

static void *close_slowly(void *memory)
{
    struct called *called = memory;
    atomic_store(&closer, (int)gettid());
    og_callback_close(&called->callback);
    atomic_store(&reuse, HAS_CLOSED);
    return NULL;
}

static void be_closed_slowly(void *user, struct og_scope *scope,
                             const struct og_arguments *arguments, struct og_result *result)
{
    static pthread_t thread;
    (void)scope, (void)arguments, (void)result;
    if (atomic_load(&reuse) == 0) {
        assert_int_equal(pthread_create(&thread, NULL, close_slowly, user), 0);
        wait_until(&closer, 1);
        wait_until_it_waits(atomic_load(&closer));
        pthread_kill(thread, SIGUSR1);
        pthread_detach(thread);
    } else {
        atomic_store(&reuse, WAKES);
        for (int i = 0; i < 1000 && atomic_load(&reuse) != HAS_CLOSED; i++)
            usleep(10000);
    }
}

void closing_a_callback_waits_for_no_other_callback(void **state)
{
    (void)state;
    struct called called, next;
    struct og_fault fault;
    if (THREAD_SANITIZED) {
        print_message("# SKIPPED: the handler would wait with the callbacks' lock taken\n");
        skip();
    }
    signal(SIGUSR1, be_slow);
    atomic_store(&reuse, 0);
    atomic_store(&closer, 0);
    open_called(&called, be_closed_slowly);
    next = called;
    call_it(&called);
    assert_int_equal(called.error, OG_OK);
    assert_int_equal(og_domain_reset(called.domain, &fault), OG_OK);
    assert_int_equal(og_callback_open(next.domain, &next.callback, be_closed_slowly, &next, &fault),
                     OG_OK);
    atomic_store(&reuse, CALLS_AGAIN);
    call_it(&next);
    assert_int_equal(atomic_load(&reuse), HAS_CLOSED);
    assert_true(is_callback(&next));
    signal(SIGUSR1, SIG_DFL);
    sharing_close(called.domain);
}

static void close_itself(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                         struct og_result *result)
{
    struct called *called = user;
    (void)scope, (void)arguments;
    og_callback_close(&called->callback);
    result->integer = 1;
}

void a_callback_can_close_itself(void **state)
{
    (void)state;
    struct called called;
    struct og_fault fault;
    open_called(&called, close_itself);
    for (int i = 0; i < 200; i++) {
        call_it(&called);
        assert_int_equal(called.error, OG_OK);
        assert_int_equal(called.result, 2);
        assert_null(called.callback.domain);
        assert_int_equal(
            og_callback_open(called.domain, &called.callback, close_itself, &called, &fault),
            OG_OK);
    }
    sharing_close(called.domain);
}

/* What closes itself has returned later: its place is nobody's until then. */
static void *open_and_close_another(void *memory)
{
    struct called *called = memory;
    struct og_callback another;
    struct og_fault fault;
    called->error = og_callback_open(called->domain, &another, note, called, &fault);
    og_callback_close(&another);
    atomic_store(&closing, 1);
    return NULL;
}

static void close_itself_and_wait_for_another(void *user, struct og_scope *scope,
                                              const struct og_arguments *arguments,
                                              struct og_result *result)
{
    enum { SECONDS = 20 };
    struct called *called = user;
    pthread_t thread;
    (void)scope, (void)arguments;
    og_callback_close(&called->callback);
    if (pthread_create(&thread, NULL, open_and_close_another, called))
        return;
    for (int i = 0; i < 1000 * SECONDS && !atomic_load(&closing); i++)
        usleep(1000);
    result->integer = (uintptr_t)atomic_load(&closing);
    pthread_detach(thread);
}

void closing_a_callback_waits_for_no_other(void **state)
{
    (void)state;
    struct called called;
    struct og_fault fault;
    long result = 0;
    uintptr_t address;
    open_called(&called, close_itself_and_wait_for_another);
    address = called.callback.address;
    atomic_store(&closing, 0);
    assert_int_equal(sharing_call(called.domain, "call", (long)address, 0, 0, &result, &fault),
                     OG_OK);
    assert_int_equal(result, 2);
    assert_int_equal(called.error, OG_OK);
    sharing_close(called.domain);
}

/* --- fork --- */

void a_child_of_fork_hears_that_a_thread_was_inside(void **state)
{
    (void)state;
    struct og_domain *domain = sharing_open(OG_THREADS_WAIT);
    struct og_fault fault;
    struct visitor visitor;
    pthread_t thread;
    long value = 0;
    assert_int_equal(sharing_call(domain, "count", 0, 0, 0, &value, &fault), OG_OK);
    begin_visit(&thread, &visitor, domain);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        int bad = sharing_call(domain, "count", 0, 0, 0, &value, &fault) != OG_POISONED;
        bad |= !strstr(fault.message, "when the process forked");
        bad |= (og_domain_reset(domain, &fault) != OG_OK) << 1;
        bad |= (sharing_call(domain, "count", 0, 0, 0, &value, &fault) != OG_OK || value != 1) << 2;
        bad |= (og_domain_close(domain, &fault) != OG_OK) << 3;
        _exit(bad);
    }
    end_visit(thread, &visitor);
    assert_int_equal(sharing_exit_status(child), 0);
    sharing_close(domain);
}

static struct og_callback *kept; /* on the stack of the thread that has opened it */

static void *keep_a_callback(void *memory)
{
    struct called *called = memory;
    /* Deep, where in the child nobody comes to: it starts a thread, which gets the stack. */
    struct {
        struct og_callback callback;
        char above[1 << 16];
    } deep;
    called->error = og_callback_open(called->domain, &deep.callback, note, called, &called->fault);
    kept = &deep.callback;
    atomic_store(&closing, 1);
    wait_until(&closing, 2);
    og_callback_close(&deep.callback);
    return NULL;
}

/* What there is of the thread in the child is memory for another. 0: it stays as that has it. */
static int reset_beside_a_stack(struct og_domain *domain)
{
    unsigned char *memory = (unsigned char *)kept;
    struct og_fault fault;
    int bad = kept->domain != NULL;
    alarm(20);
    memset(memory, 0x5a, sizeof(*kept));
    bad |= (og_domain_reset(domain, &fault) != OG_OK) << 1;
    for (size_t i = 0; i < sizeof(*kept); i++)
        bad |= (memory[i] != 0x5a) << 2;
    bad |= (og_domain_close(domain, &fault) != OG_OK) << 3;
    return bad;
}

void a_child_of_fork_writes_to_no_stack_of_a_thread_that_it_lacks(void **state)
{
    (void)state;
    struct called called = {.domain = sharing_open(OG_THREADS_WAIT)};
    pthread_t thread;
    atomic_store(&closing, 0);
    assert_int_equal(pthread_create(&thread, NULL, keep_a_callback, &called), 0);
    wait_until(&closing, 1);
    assert_int_equal(called.error, OG_OK);
    pid_t child = fork();
    if (child == 0)
        _exit(reset_beside_a_stack(called.domain));
    assert_int_equal(sharing_exit_status(child), 0);
    assert_ptr_equal(kept->domain, called.domain);
    atomic_store(&closing, 2);
    pthread_join(thread, NULL);
    sharing_close(called.domain);
}

/* Takes every lock that there is, as often as it can. */
static void *stir(void *memory)
{
    struct called *called = memory;
    struct og_fault fault;
    while (!atomic_load(&stop)) {
        struct og_callback callback;
        if (!og_callback_open(called->domain, &callback, note, called, &fault))
            og_callback_close(&callback);
        if (sharing_call(called->domain, "count", 0, 0, 0, NULL, &fault))
            called->error = fault.error;
        if (og_domain_reset(called->domain, &fault) && fault.error != OG_BUSY)
            called->error = fault.error;
    }
    return NULL;
}

void a_child_of_fork_finds_no_lock_taken(void **state)
{
    (void)state;
    struct called called = {.domain = sharing_open(OG_THREADS_WAIT)};
    pthread_t threads[2];
    struct og_fault fault;
    long value;
    assert_int_equal(sharing_call(called.domain, "count", 0, 0, 0, NULL, &fault), OG_OK);
    atomic_store(&stop, false);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, stir, &called), 0);
    for (int i = 0; i < 40; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(20);
            int bad = og_domain_reset(called.domain, &fault) != OG_OK;
            bad |= (sharing_call(called.domain, "count", 0, 0, 0, &value, &fault) != OG_OK) << 1;
            bad |= (og_callback_open(called.domain, &called.callback, note, NULL, &fault) != OG_OK)
                   << 2;
            og_callback_close(&called.callback);
            bad |= (og_domain_close(called.domain, &fault) != OG_OK) << 3;
            _exit(bad);
        }
        assert_int_equal(sharing_exit_status(child), 0);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(called.error, OG_OK);
    sharing_close(called.domain);
}

struct middle {
    struct og_turn *turn;
    atomic_bool is_in_it, is_over;
};

static void *hold_the_lock(void *memory)
{
    struct middle *middle = memory;
    pthread_mutex_lock(&middle->turn->lock);
    middle->is_in_it = true;
    usleep(200000);
    middle->is_in_it = false;
    pthread_mutex_unlock(&middle->turn->lock);
    while (!middle->is_over) /* the child has no thread that has ended and that nobody joins */
        usleep(100);
    return NULL;
}

void a_child_of_fork_finds_no_turn_half_taken(void **state)
{
    (void)state;
    struct og_domain *domain = sharing_open(OG_THREADS_WAIT);
    struct middle middle = {.turn = sharing_turn(domain)};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, hold_the_lock, &middle), 0);
    while (!middle.is_in_it)
        usleep(100);
    pid_t child = fork();
    if (child == 0)
        _exit(middle.is_in_it);
    int status = sharing_exit_status(child);
    middle.is_over = true;
    pthread_join(thread, NULL);
    assert_int_equal(status, 0);
    sharing_close(domain);
}

/* --- all of it --- */

enum { MANY = 8, ROUNDS_OF_MANY = 200 };

struct one_of_many {
    struct called called;
    long wrong;
};

static void *use_it(void *memory)
{
    struct one_of_many *one = memory;
    struct og_fault fault;
    for (int i = 0; i < ROUNDS_OF_MANY; i++) {
        int calls = atomic_load(&one->called.calls);
        if (og_callback_open(one->called.domain, &one->called.callback, note, &one->called, &fault))
            one->wrong++;
        call_it(&one->called);
        one->wrong += one->called.error || one->called.result != 43 ||
                      atomic_load(&one->called.calls) != calls + 1;
        og_callback_close(&one->called.callback);
    }
    return NULL;
}

void many_threads_share_one_domain(void **state)
{
    (void)state;
    struct og_domain *domain = sharing_open(OG_THREADS_WAIT);
    struct one_of_many many[MANY];
    pthread_t threads[MANY];
    for (int i = 0; i < MANY; i++) {
        many[i] = (struct one_of_many){.called = {.domain = domain}};
        assert_int_equal(pthread_create(&threads[i], NULL, use_it, &many[i]), 0);
    }
    for (int i = 0; i < MANY; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(many[i].wrong, 0);
    }
    sharing_close(domain);
}
