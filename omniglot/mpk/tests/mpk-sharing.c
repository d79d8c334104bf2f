/* Threads that share a domain behind protection keys: what they may rely on, and what one of them
 * can do with the foreign code of another. And the end of the foreign stack, from which the host is
 * called back. */
#include "omniglot/mpk/mpk.h"
#include "omniglot/tests/alone.h"
#include "omniglot/tests/sharing.h"

#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- who is cancelled --- */

static atomic_int done; /* of what the thread has been asked for */

/* Each has functions at which threads are cancelled: files are read, a folder is closed. */
static void *look_and_close_once_cancelled(void *domain)
{
    struct og_fault found;
    char text[512];
    bool faults = sharing_call(domain, "poke", 0, 1, 0, NULL, &found) == OG_FAULTED;
    pthread_cancel(pthread_self());
    done += faults && og_fault_describe(domain, &found, text, sizeof(text));
    done += og_mpk_check_host(&found) == OG_OK;
    done += og_domain_close(domain, &found) == OG_OK;
    pthread_testcancel();
    return NULL;
}

static void a_thread_that_is_cancelled_has_looked_and_closed(void **state)
{
    (void)state;
    atomic_store(&done, 0);
    /* It adopts the handlers that another has taken. */
    sharing_close(sharing_open(OG_THREADS_WAIT));
    const struct og_options options = {.isolation = OG_MPK,
                                       .readable_paths = (const char *const[]){"/tmp", NULL}};
    struct og_domain *domain;
    struct og_fault fault;
    assert_int_equal(
        og_domain_open(&domain, (const char *const[]){sharing_library, NULL}, &options, &fault),
        OG_OK);
    void *result = sharing_elsewhere(look_and_close_once_cancelled, domain);
    assert_ptr_equal(result, PTHREAD_CANCELED);
    assert_int_equal(atomic_load(&done), 3);
    sharing_close(sharing_open(OG_THREADS_WAIT));
}

/* --- signal stacks --- */

struct stays {
    struct og_domain *domain;
    atomic_int step; /* 1: has been inside; 2: is to go inside again; 3: has been; 4: is to exit */
    stack_t stack;
    enum og_error error;
    long result;
};

static void *stay(void *memory)
{
    struct stays *stays = memory;
    struct og_fault fault;
    stays->error = sharing_call(stays->domain, "count", 0, 0, 0, NULL, &fault);
    syscall(SYS_sigaltstack, NULL, &stays->stack);
    atomic_store(&stays->step, 1);
    while (atomic_load(&stays->step) < 2)
        usleep(500);
    /* A system call of the domain, and a fault: both need its signal stack. */
    stays->error = sharing_call(stays->domain, "fail", 0, 0, 0, &stays->result, &fault);
    atomic_store(&stays->step, 3);
    while (atomic_load(&stays->step) < 4)
        usleep(500);
    return NULL;
}

/* Where the kernel writes when the host is interrupted there. */
static void the_signal_stack_of_a_thread_that_is_outside_cannot_be_written(void **state)
{
    (void)state;
    struct stays stays = {.domain = sharing_open(OG_THREADS_WAIT)};
    struct og_fault fault;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stay, &stays), 0);
    while (atomic_load(&stays.step) < 1)
        usleep(500);
    assert_int_equal(stays.error, OG_OK);
    assert_true(stays.stack.ss_size > 0);
    for (size_t at = 0; at < stays.stack.ss_size; at += 4096) {
        assert_int_equal(sharing_call(stays.domain, "poke", (long)stays.stack.ss_sp + (long)at, 1,
                                      0, NULL, &fault),
                         OG_FAULTED);
        assert_int_equal(fault.address, (uintptr_t)stays.stack.ss_sp + at);
        assert_int_equal(og_domain_reset(stays.domain, &fault), OG_OK);
    }
    /* It has its own again when it is inside again. */
    atomic_store(&stays.step, 2);
    while (atomic_load(&stays.step) < 3)
        usleep(500);
    assert_int_equal(stays.error, OG_FAULTED);
    assert_int_equal(og_domain_reset(stays.domain, &fault), OG_OK);
    long value = 0;
    assert_int_equal(sharing_call(stays.domain, "count", 0, 0, 0, &value, &fault), OG_OK);
    assert_int_equal(value, 1);
    atomic_store(&stays.step, 4);
    pthread_join(thread, NULL);
    sharing_close(stays.domain);
}

/* Writes to the signal stack of its own thread, and enters again when another has reset. */
static void *leave_something(void *memory)
{
    struct stays *stays = memory;
    struct og_fault fault;
    stays->error = sharing_call(stays->domain, "count", 0, 0, 0, NULL, &fault);
    syscall(SYS_sigaltstack, NULL, &stays->stack);
    volatile long *place = (volatile long *)((uintptr_t)stays->stack.ss_sp + 64);
    /* From Linux 6.12 on it cannot: then as if the kernel had. */
    if (sharing_call(stays->domain, "poke", (long)place, 4711, 0, NULL, &fault))
        *place = 4711;
    atomic_store(&stays->step, 1);
    while (atomic_load(&stays->step) < 2)
        usleep(500);
    if (!stays->error)
        stays->error = sharing_call(stays->domain, "count", 0, 0, 0, NULL, &fault);
    stays->result = *place;
    return NULL;
}

static void what_is_on_a_signal_stack_is_gone_after_anothers_reset(void **state)
{
    (void)state;
    struct stays stays = {.domain = sharing_open(OG_THREADS_WAIT), .result = -1};
    struct og_fault fault;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, leave_something, &stays), 0);
    while (atomic_load(&stays.step) < 1)
        usleep(500);
    assert_int_equal(og_domain_reset(stays.domain, &fault), OG_OK);
    atomic_store(&stays.step, 2);
    pthread_join(thread, NULL);
    assert_int_equal(stays.error, OG_OK);
    assert_int_equal(stays.result, 0);
    sharing_close(stays.domain);
}

/* Before Linux 6.12: the owner's signal stack has lost the domain's key, and the other's has not
 * got it. The owner would be inside without one for the frame of its next system call. */
static void a_domain_that_cannot_be_passed_on_is_nobodys(void **state)
{
    enum { KEY = 3 };
    (void)state;
    struct og_domain *domain = sharing_open(OG_THREADS_WAIT);
    const unsigned key = (unsigned)((const struct mpk_domain *)domain)->arena.key;
    struct og_fault fault;
    assert_int_equal(sharing_call(domain, "fail", 0, 0, 0, NULL, &fault), OG_FAULTED);
    assert_int_equal(og_domain_reset(domain, &fault), OG_OK);
    assert_int_equal(sharing_call_elsewhere(domain, "count"), OG_OK); /* its seat has memory */
    assert_int_equal(sharing_call(domain, "count", 0, 0, 0, NULL, &fault), OG_OK);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        if (sharing_call(domain, "count", 0, 0, 0, NULL, &fault) ||
            !sharing_forbid(SYS_pkey_mprotect, KEY, key))
            _exit(1);
        enum og_error other = sharing_call_elsewhere(domain, "count");
        enum og_error own = sharing_call(domain, "fail", 0, 0, 0, NULL, &fault);
        /* From 6.12 on no key is needed. */
        _exit(other == OG_OK ? own != OG_FAULTED : other != OG_SYSTEM || own != OG_SYSTEM);
    }
    assert_int_equal(sharing_exit_status(child), 0);
    sharing_close(domain);
}

/* --- who waits --- */

static void *enter_and_wait(void *memory)
{
    struct stays *stays = memory;
    struct og_scope scope;
    og_scope_begin(stays->domain, &scope);
    while (atomic_load(&stays->step) < 2)
        usleep(100);
    og_scope_end(&scope);
    return NULL;
}

static void wait_until_somebody_waits(struct og_domain *domain)
{
    struct og_turn *turn = &((struct mpk_domain *)domain)->turn;
    for (bool does = false; !does;) {
        pthread_mutex_lock(&turn->lock);
        does = turn->next != turn->serving;
        pthread_mutex_unlock(&turn->lock);
        sched_yield();
    }
}

static void *pass_through(void *memory)
{
    struct stays *stays = memory;
    struct og_scope scope;
    og_scope_begin(stays->domain, &scope);
    atomic_store(&stays->step, 1);
    og_scope_end(&scope);
    return NULL;
}

static pthread_t begin_to_wait(struct stays *stays, void *(*wait)(void *))
{
    pthread_t thread;
    atomic_store(&stays->step, 0);
    assert_int_equal(pthread_create(&thread, NULL, wait, stays), 0);
    wait_until_somebody_waits(stays->domain);
    return thread;
}

/* Who comes back at once is behind it. */
static void who_waits_is_the_next(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct stays stays = {.domain = sharing_open(OG_THREADS_WAIT)};
    for (int round = 0; round < 50; round++) {
        struct og_scope scope;
        og_scope_begin(stays.domain, &scope);
        pthread_t thread = begin_to_wait(&stays, pass_through);
        assert_int_equal(atomic_load(&stays.step), 0);
        og_scope_end(&scope);
        og_scope_begin(stays.domain, &scope);
        assert_int_equal(atomic_load(&stays.step), 1);
        og_scope_end(&scope);
        pthread_join(thread, NULL);
    }
    sharing_close(stays.domain);
}

/* It is still waiting, or inside. */
static void who_leaves_does_not_close_under_who_waits(void **state) OG_NO_ANALYSIS
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        struct stays stays = {.domain = sharing_open(OG_THREADS_WAIT)};
        struct og_scope scope;
        struct og_fault fault;
        og_scope_begin(stays.domain, &scope);
        pthread_t thread = begin_to_wait(&stays, enter_and_wait);
        og_scope_end(&scope);
        assert_int_equal(og_domain_close(stays.domain, &fault), OG_BUSY);
        atomic_store(&stays.step, 2);
        pthread_join(thread, NULL);
        sharing_close(stays.domain);
    }
}

/* --- what is left, and what is told --- */

extern struct mpk_thread *og_mpk_signal_stack_owners[];

static int signal_stacks(void)
{
    int stacks = 0;
    for (size_t i = 0; i < MPK_SIGNAL_STACKS; i++)
        stacks += og_mpk_signal_stack_owners[i] != NULL;
    return stacks;
}

/* Nor does the child's next thread find that it is lent to one that is no more. */
static void a_child_of_fork_has_no_signal_stack_of_a_thread_that_it_lacks(void **state)
{
    (void)state;
    struct stays stays = {.domain = sharing_open(OG_THREADS_WAIT)};
    const struct mpk_domain *domain = (const struct mpk_domain *)stays.domain;
    struct og_fault fault;
    pthread_t thread;
    assert_int_equal(sharing_call(stays.domain, "count", 0, 0, 0, NULL, &fault), OG_OK);
    int before = signal_stacks();
    assert_int_equal(pthread_create(&thread, NULL, stay, &stays), 0);
    while (atomic_load(&stays.step) < 1)
        usleep(500);
    assert_int_equal(signal_stacks(), before + 1);
    pid_t child = fork();
    if (child == 0)
        _exit(signal_stacks() != before || domain->lent);
    assert_int_equal(sharing_exit_status(child), 0);
    atomic_store(&stays.step, 2);
    while (atomic_load(&stays.step) < 3)
        usleep(500);
    atomic_store(&stays.step, 4);
    pthread_join(thread, NULL);
    sharing_close(stays.domain);
}

static void a_thread_that_exits_leaves_no_signal_stack(void **state)
{
    (void)state;
    struct og_domain *domain = sharing_open(OG_THREADS_WAIT);
    struct og_fault fault;
    assert_int_equal(sharing_call(domain, "count", 0, 0, 0, NULL, &fault), OG_OK);
    int before = signal_stacks();
    assert_true(before > 0);
    assert_int_equal(sharing_call_elsewhere(domain, "count"), OG_OK);
    assert_int_equal(signal_stacks(), before);
    sharing_close(domain);
    assert_int_equal(signal_stacks(), before - 1);
}

static void looking_up_in_a_poisoned_domain_says_so(void **state)
{
    (void)state;
    struct og_domain *domain = sharing_open(OG_THREADS_WAIT);
    struct og_function function;
    struct og_fault fault;
    void og_foreign *flag;
    assert_int_equal(sharing_call(domain, "fail", 0, 0, 0, NULL, &fault), OG_FAULTED);
    assert_int_equal(og_domain_lookup(domain, "count", &function, &fault), OG_POISONED);
    assert_int_equal(og_domain_lookup_data(domain, "flag", &flag, &fault), OG_POISONED);
    sharing_close(domain);
}

/* --- threads that come and go while calls fail --- */

static void *fail_and_exit(void *memory)
{
    struct og_fault fault;
    enum og_error error = sharing_call(memory, "fail", 0, 0, 0, NULL, &fault);
    return error == OG_FAULTED || error == OG_POISONED ? NULL : memory;
}

static void threads_can_fail_and_exit_at_once(void **state)
{
    (void)state;
    struct og_domain *domain = sharing_open(OG_THREADS_WAIT);
    struct og_fault fault;
    for (int round = 0; round < 100; round++) {
        pthread_t threads[4];
        for (int i = 0; i < 4; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, fail_and_exit, domain), 0);
        for (int i = 0; i < 4; i++) {
            void *wrong;
            pthread_join(threads[i], &wrong);
            assert_null(wrong);
        }
        assert_int_equal(sharing_call(domain, "count", 0, 0, 0, NULL, &fault), OG_POISONED);
        assert_int_equal(og_domain_reset(domain, &fault), OG_OK);
    }
    sharing_close(domain);
}

/* --- the end of the foreign stack --- */

struct caller {
    struct og_domain *domain;
    struct og_function count;
    long calls;
    enum og_error error;
};

/* Calls in again, with all that the gate can put on the foreign stack. */
static void call_in_again(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                          struct og_result *result) OG_NO_ANALYSIS
{
    struct caller *caller = user;
    struct og_fault fault;
    (void)arguments, (void)result;
    caller->calls++;
    caller->error = og_invoke_begin(&scope->access, &caller->count, &fault);
    if (!caller->error) {
        ((long (*)(void))caller->count.entry)();
        caller->error = og_invoke_end(&scope->access, &fault);
    }
}

static void open_caller(struct caller *caller, struct og_callback *callback)
{
    struct og_fault fault;
    *caller = (struct caller){.domain = sharing_open(OG_THREADS_WAIT)};
    assert_int_equal(og_domain_lookup(caller->domain, "count", &caller->count, &fault), OG_OK);
    assert_int_equal(og_function_stack(&caller->count, 1024, &fault), OG_OK);
    assert_int_equal(og_callback_open(caller->domain, callback, call_in_again, caller, &fault),
                     OG_OK);
}

static void a_recursion_that_calls_back_ends_where_the_stack_does(void **state)
{
    (void)state;
    struct og_callback callback;
    struct caller caller;
    struct og_fault fault;
    open_caller(&caller, &callback);
    assert_int_equal(sharing_call(caller.domain, "dig", (long)callback.address, 0, 0, NULL, &fault),
                     OG_FAULTED);
    assert_string_equal(fault.message, "the foreign stack overflowed");
    assert_true(caller.calls > 1000);
    assert_int_equal(caller.error, OG_OK);
    assert_int_equal(og_domain_reset(caller.domain, &fault), OG_OK);
    sharing_close(caller.domain);
}

/* What is given back while `keeps` stays as the tests have marked it: in free's stead (build.mk).
 */
enum { KEPT = 256, MARK = 0 }; /* in a context: not poisoned */
static atomic_bool keeps;
static atomic_uint kept_count;
static unsigned char *kept[KEPT];

void __real_free(void *block);
void __wrap_free(void *block);
void __wrap_free(void *block)
{
    unsigned number = block && keeps ? kept_count++ : KEPT;
    if (number >= KEPT) {
        __real_free(block);
        return;
    }
    memset(block, MARK, malloc_usable_size(block));
    kept[number] = block;
}

static bool kept_is_as_it_was(void)
{
    bool is = true;
    for (unsigned i = 0; i < kept_count && i < KEPT; i++) {
        for (size_t at = 0; at < malloc_usable_size(kept[i]); at++)
            is = is && kept[i][at] == MARK;
        __real_free(kept[i]);
    }
    kept_count = 0;
    return is;
}

struct leaving {
    struct og_domain *domain;
    atomic_bool is_ready, may_exit;
    useconds_t pause;
    int wrong;
};

static void *call_and_exit(void *memory)
{
    struct leaving *leaving = memory;
    leaving->wrong = sharing_call(leaving->domain, "count", 0, 0, 0, NULL, NULL);
    leaving->is_ready = true;
    while (!leaving->may_exit)
        sched_yield();
    usleep(leaving->pause);
    return NULL;
}

static void a_call_that_fails_writes_to_no_thread_that_exits(void **state)
{
    (void)state;
    struct og_domain *domain = sharing_open(OG_THREADS_WAIT);
    struct og_fault fault;
    unsigned freed = 0;
    for (useconds_t pause = 0; pause < 50000; pause += 5000) {
        struct leaving leaving = {.domain = domain, .pause = pause};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, call_and_exit, &leaving), 0);
        while (!leaving.is_ready)
            sched_yield();
        keeps = leaving.may_exit = true;
        assert_int_equal(sharing_call(domain, "fail", 0, 0, 0, NULL, &fault), OG_FAULTED);
        pthread_join(thread, NULL);
        keeps = false;
        freed += kept_count; /* not where who exits leaves it to others */
        assert_true(kept_is_as_it_was());
        assert_int_equal(leaving.wrong, OG_OK);
        assert_int_equal(og_domain_reset(domain, &fault), OG_OK);
    }
    assert_true(freed > 0);
    sharing_close(domain);
}

static void callbacks_leave_the_foreign_stack_as_it_was(void **state)
{
    (void)state;
    struct og_callback callback;
    struct caller caller;
    struct og_fault fault;
    long before = 0, after = 0;
    open_caller(&caller, &callback);
    assert_int_equal(sharing_call(caller.domain, "own_stack", 0, 0, 0, &before, &fault), OG_OK);
    assert_int_equal(
        sharing_call(caller.domain, "call", (long)callback.address, 0, 0, NULL, &fault), OG_OK);
    assert_int_equal(caller.calls, 1);
    assert_int_equal(sharing_call(caller.domain, "own_stack", 0, 0, 0, &after, &fault), OG_OK);
    assert_int_equal(after, before);
    sharing_close(caller.domain);
}

struct probe {
    struct caller caller;
    long overflows, calls, wrong;
};

/* On a thread whose seat was nobody's before: where its stack ends is known. */
static void *probe_the_bottom(void *memory)
{
    enum { STACK = OG_DEFAULT_FOREIGN_STACK, ABOVE = 64 + 8, CALLBACK_FRAME = 192 };
    struct probe *probe = memory;
    struct og_domain *domain = probe->caller.domain;
    struct og_callback callback;
    struct og_fault fault;
    long stack = 0;
    probe->wrong += sharing_call(domain, "own_stack", 0, 0, 0, &stack, &fault) != OG_OK;
    long lowest = stack + ABOVE - STACK;
    for (long above = CALLBACK_FRAME + 8; above < CALLBACK_FRAME + 2048; above += 40) {
        if (og_callback_open(domain, &callback, call_in_again, &probe->caller, &fault))
            probe->wrong++;
        enum og_error error = sharing_call(domain, "call_with_stack", (long)callback.address, 0,
                                           lowest + above, NULL, &fault);
        if (!error) {
            probe->calls++;
            probe->wrong += probe->caller.error != OG_OK;
        } else {
            probe->overflows++;
            probe->wrong +=
                error != OG_FAULTED || strcmp(fault.message, "the foreign stack overflowed");
            probe->wrong += og_domain_reset(domain, &fault) != OG_OK;
        }
    }
    return NULL;
}

/* From a few bytes above the guard page up to where there is room. */
static void a_callback_from_the_bottom_of_the_stack_is_an_overflow(void **state)
{
    (void)state;
    static struct probe probe;
    struct og_callback callback;
    open_caller(&probe.caller, &callback);
    sharing_elsewhere(probe_the_bottom, &probe);
    assert_int_equal(probe.wrong, 0);
    assert_true(probe.overflows > 0 && probe.calls > 0);
    sharing_close(probe.caller.domain);
}

/* Its arguments would be read, and its result written, across words. */
static void *call_back_crookedly(void *memory)
{
    enum { BELOW = 4096 };
    struct probe *probe = memory;
    struct og_domain *domain = probe->caller.domain;
    struct og_callback callback;
    struct og_fault fault;
    long stack = 0;
    probe->wrong += og_callback_open(domain, &callback, call_in_again, &probe->caller, &fault) != 0;
    for (long crooked = 0; crooked < 16; crooked++) {
        probe->wrong += sharing_call(domain, "own_stack", 0, 0, 0, &stack, &fault) != OG_OK;
        enum og_error error = sharing_call(domain, "call_with_stack", (long)callback.address, 0,
                                           (stack & -16) - BELOW + crooked, NULL, &fault);
        probe->wrong += error != (crooked % 8 ? OG_FAULTED : OG_OK);
        if (!error)
            continue;
        probe->wrong += og_domain_reset(domain, &fault) != OG_OK;
        probe->wrong +=
            og_callback_open(domain, &callback, call_in_again, &probe->caller, &fault) != 0;
    }
    return NULL;
}

static void a_callback_with_a_crooked_stack_is_a_fault(void **state)
{
    (void)state;
    static struct probe probe;
    struct og_callback callback;
    open_caller(&probe.caller, &callback);
    sharing_elsewhere(call_back_crookedly, &probe);
    assert_int_equal(probe.wrong, 0);
    sharing_close(probe.caller.domain);
}

static struct og_turn *turn_of(struct og_domain *domain)
{
    return &((struct mpk_domain *)domain)->turn;
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        SHARING_TESTS,
        cmocka_unit_test(a_thread_that_is_cancelled_has_looked_and_closed),
        cmocka_unit_test(the_signal_stack_of_a_thread_that_is_outside_cannot_be_written),
        cmocka_unit_test(what_is_on_a_signal_stack_is_gone_after_anothers_reset),
        cmocka_unit_test(a_child_of_fork_has_no_signal_stack_of_a_thread_that_it_lacks),
        cmocka_unit_test(a_thread_that_exits_leaves_no_signal_stack),
        cmocka_unit_test(a_domain_that_cannot_be_passed_on_is_nobodys),
        cmocka_unit_test(who_waits_is_the_next),
        cmocka_unit_test(who_leaves_does_not_close_under_who_waits),
        cmocka_unit_test(looking_up_in_a_poisoned_domain_says_so),
        cmocka_unit_test(threads_can_fail_and_exit_at_once),
        cmocka_unit_test(a_call_that_fails_writes_to_no_thread_that_exits),
        cmocka_unit_test(callbacks_leave_the_foreign_stack_as_it_was),
        cmocka_unit_test(a_recursion_that_calls_back_ends_where_the_stack_does),
        cmocka_unit_test(a_callback_with_a_crooked_stack_is_a_fault),
        cmocka_unit_test(a_callback_from_the_bottom_of_the_stack_is_an_overflow),
    };
    if (argc < 2) {
        fprintf(stderr, "usage: %s FOLDER-OF-libogsharing.so [TEST]\n", argv[0]);
        return 2;
    }
    snprintf(sharing_library, sizeof(sharing_library), "%s/libogsharing.so", argv[1]);
    sharing_isolation = OG_MPK;
    sharing_turn = turn_of;
    return run_all_alone(argv[0], tests, sizeof(tests) / sizeof(tests[0]),
                         argc > 2 ? argv[2] : NULL, NULL, NULL) != 0;
}
