/* Many threads in one domain, and where each of them runs there: how many there can be, the stacks
 * and thread variables that they get, and what a library can make of those. */
#include "mpk-test.h"
#include "omniglot/mpk/mpk.h"
#include "omniglot/tests/sharing.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static struct og_domain *open_threads(size_t stack_size, size_t foreign_stack_size)
{
    char path[sizeof(library)];
    const struct og_options options = {.isolation = OG_MPK,
                                       .deadline_ms = 20000,
                                       .stack_size = stack_size,
                                       .foreign_stack_size = foreign_stack_size};
    beside_library(path, "libogthreads.so");
    return open_another(path, &options);
}

/* --- two hundred --- */

enum { THREADS = 200, HERTZ = 1000 };

static struct {
    struct og_domain *domain;
    struct og_function count, read;
    pthread_barrier_t barrier;
    atomic_bool ends;
} many;

struct worker {
    pthread_t id;
    bool blocks_signals;
    long calls, wrong;
};

static atomic_long ticks;

static void tick(int signal)
{
    (void)signal;
    ticks++;
}

/* Its own variable counts on from what it is in every thread after loading. */
static bool count_and_read(long expected)
{
    struct og_fault failed;
    struct og_scope scope;
    bool right = false;
    long value = 0, word = 0;
    og_scope_begin(many.domain, &scope);
    long og_mut *memory = og_alloc(&scope, long, 100, &failed);
    if (memory) {
        *(long *)og_writable_address(memory) = expected;
        right = !og_invoke_begin(&scope.access, &many.count, &failed);
    }
    if (right) {
        value = ((words *)many.count.entry)(0, 0, 0, 0);
        right = !og_invoke_end(&scope.access, &failed) &&
                !og_invoke_begin(&scope.access, &many.read, &failed);
    }
    if (right) {
        word = ((words *)many.read.entry)((long)og_writable_address(memory), 0, 0, 0);
        right = !og_invoke_end(&scope.access, &failed);
    }
    og_scope_end(&scope);
    return right && value == expected && word == expected;
}

static void count_until_it_ends(struct worker *worker)
{
    long expected = 5;
    do {
        worker->wrong += !count_and_read(++expected);
        worker->calls++;
    } while (!many.ends);
}

static void *work(void *memory)
{
    struct worker *worker = memory;
    sigset_t all;
    sigfillset(&all);
    if (worker->blocks_signals)
        pthread_sigmask(SIG_SETMASK, &all, NULL);
    pthread_barrier_wait(&many.barrier);
    count_until_it_ends(worker);
    pthread_barrier_wait(&many.barrier);
    pthread_barrier_wait(&many.barrier); /* it has been reset */
    count_until_it_ends(worker);
    return NULL;
}

static void let_them_work(double seconds)
{
    many.ends = false;
    pthread_barrier_wait(&many.barrier);
    for (long slept = 0; slept < (long)(seconds * 100); slept++)
        usleep(10000);
    many.ends = true;
}

/* Opens a domain, has all of them in it, resets it, has them in it again, and closes it. */
static void have_many_threads(void)
{
    double seconds = getenv("OG_STRESS") ? 15 : 1;
    static struct worker workers[THREADS];
    long calls = 0, fewest = -1;
    pthread_attr_t attributes;
    many.domain = open_threads(64 << 10, 0);
    many.count = boxed_in(many.domain, "count_per_thread");
    many.read = boxed_in(many.domain, "read_word");
    pthread_barrier_init(&many.barrier, NULL, THREADS + 1);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 128 << 10);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.blocks_signals = i % 2};
        assert_int_equal(pthread_create(&workers[i].id, &attributes, work, &workers[i]), 0);
    }
    let_them_work(seconds / 2);
    pthread_barrier_wait(&many.barrier);
    assert_int_equal(og_domain_reset(many.domain, &fault), OG_OK);
    let_them_work(seconds / 2);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].id, NULL), 0);
        assert_int_equal(workers[i].wrong, 0);
        calls += workers[i].calls;
        fewest = fewest < 0 || workers[i].calls < fewest ? workers[i].calls : fewest;
    }
    assert_int_equal(og_domain_close(many.domain, &fault), OG_OK);
    pthread_attr_destroy(&attributes);
    pthread_barrier_destroy(&many.barrier);
    print_message("# %ld rounds, %ld at least, %ld ticks\n", calls, fewest, (long)ticks);
    assert_true(fewest >= 2);
}

/* With signals blocked in every second of them, and a profiler's timer. */
static void two_hundred_threads_are_right_and_leave_nothing(void **state)
{
    (void)state;
    const struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};
    const struct itimerval period = {{0, 1000000 / HERTZ}, {0, 1000000 / HERTZ}}, none = {0};
    assert_int_equal(sigaction(SIGPROF, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_PROF, &period, NULL), 0);
    have_many_threads();
    assert_true(leaves_nothing(have_many_threads));
    assert_int_equal(setitimer(ITIMER_PROF, &none, NULL), 0);
    assert_true(ticks > 10);
}

/* --- how many --- */

/* A thread that has been in the domain, and stays. */
struct guest {
    struct og_domain *domain;
    pthread_t id;
    pthread_barrier_t barrier;
    const char *function;
    long argument, result;
    enum og_error lookup, alloc, error;
    struct og_fault fault;
    uint64_t calls; /* that the runtime has made for the thread, its own among them */
};

static void visit(struct guest *guest) OG_NO_ANALYSIS
{
    struct og_function function;
    struct og_scope scope;
    guest->lookup = og_domain_lookup(guest->domain, guest->function ? guest->function : "dig",
                                     &function, &guest->fault);
    og_scope_begin(guest->domain, &scope);
    guest->alloc = OG_PLAIN(og_alloc(&scope, long, 1, &guest->fault)) ? OG_OK : guest->fault.error;
    og_scope_end(&scope);
    guest->error = sharing_call(guest->domain, guest->function ? guest->function : "dig",
                                guest->argument, 0, 0, &guest->result, &guest->fault);
    guest->calls = mpk_thread_if_any() ? mpk_thread_if_any()->calls : 0;
}

static void *visit_and_stay(void *memory)
{
    struct guest *guest = memory;
    visit(guest);
    pthread_barrier_wait(&guest->barrier);
    pthread_barrier_wait(&guest->barrier);
    return NULL;
}

static void come(struct guest *guest, struct og_domain *where)
{
    guest->domain = where;
    pthread_barrier_init(&guest->barrier, NULL, 2);
    assert_int_equal(pthread_create(&guest->id, NULL, visit_and_stay, guest), 0);
    pthread_barrier_wait(&guest->barrier);
}

static void leave(struct guest *guest)
{
    pthread_barrier_wait(&guest->barrier);
    pthread_join(guest->id, NULL);
    pthread_barrier_destroy(&guest->barrier);
}

/* On a thread of its own, which exits. */
static struct guest visit_once(struct og_domain *where, const char *function, long argument)
{
    struct guest guest = {.function = function, .argument = argument};
    come(&guest, where);
    leave(&guest);
    return guest;
}

/* Where scopes can allocate as much as that, there are addresses for few. */
static void who_finds_no_seat_is_told_how_many_there_are(void **state)
{
    enum { SEATS = 16 };
    (void)state;
    static struct guest guests[SEATS - 1]; /* and this thread */
    struct og_domain *other = open_threads((size_t)64 << 30, 0);
    for (int i = 0; i < SEATS - 1; i++) {
        come(&guests[i], other);
        assert_int_equal(guests[i].error, OG_OK);
    }
    struct guest late = visit_once(other, NULL, 0);
    assert_int_equal(late.lookup, OG_NO_MEMORY);
    assert_int_equal(late.alloc, OG_NO_MEMORY);
    assert_int_equal(late.error, OG_NO_MEMORY);
    assert_non_null(strstr(late.fault.message, "16 threads"));
    assert_non_null(strstr(late.fault.message, "foreign_stack_size"));
    leave(&guests[3]);
    assert_int_equal(visit_once(other, NULL, 0).error, OG_OK);
    for (int i = 0; i < SEATS - 1; i++)
        if (i != 3)
            leave(&guests[i]);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

static void who_gets_no_memory_for_a_stack_is_told_so(void **state)
{
    enum { KEY = 3 };
    (void)state;
    struct og_domain *other = open_threads(0, 0);
    const unsigned key = (unsigned)((const struct mpk_domain *)other)->arena.key;
    (void)boxed_in(other, "dig");
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        if (!sharing_forbid(SYS_pkey_mprotect, KEY, key))
            _exit(1);
        struct guest late = visit_once(other, NULL, 0);
        _exit(late.lookup != OG_NO_MEMORY || late.error != OG_NO_MEMORY ||
              !strstr(late.fault.message, "foreign_stack_size"));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_exited_well(status);
    assert_int_equal(visit_once(other, NULL, 0).error, OG_OK);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

/* The others are not kept from the domain, and the thread itself gets them when there is room. */
static void who_gets_no_thread_variables_is_told_so(void **state)
{
    (void)state;
    struct og_domain *other = open_threads(0, 0);
    long blocks = 0, value = 0;
    assert_int_equal(sharing_call(other, "count_per_thread", 0, 0, 0, &value, &fault), OG_OK);
    assert_int_equal(sharing_call(other, "use_up_heap", 0, 0, 0, &blocks, &fault), OG_OK);
    assert_true(blocks > 50);
    for (int i = 0; i < 2; i++) {
        struct guest late = visit_once(other, NULL, 0);
        assert_int_equal(late.lookup, OG_NO_MEMORY);
        assert_int_equal(late.alloc, OG_NO_MEMORY);
        assert_int_equal(late.error, OG_NO_MEMORY);
        assert_non_null(strstr(late.fault.message, "heap_size"));
        assert_int_equal(sharing_call(other, "count_per_thread", 0, 0, 0, &value, &fault), OG_OK);
        assert_int_equal(value, 7 + i);
    }
    assert_int_equal(og_domain_reset(other, &fault), OG_OK);
    struct guest next = visit_once(other, "count_per_thread", 0);
    assert_int_equal(next.error, OG_OK);
    assert_int_equal(next.result, 6);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

static void *come_in_vain(void *memory)
{
    struct guest *guest = memory;
    for (int i = 0; i < 100; i++) {
        visit(guest);
        guest->argument += guest->error != OG_NO_MEMORY;
    }
    pthread_barrier_wait(&many.barrier); /* who exits lets others in, too */
    return NULL;
}

/* One who waits while another comes in vain is the next. */
static void who_gets_no_thread_variables_keeps_nobody_waiting(void **state)
{
    (void)state;
    struct og_domain *other = open_threads(0, 0);
    struct guest guests[4] = {{.argument = 0}};
    assert_int_equal(sharing_call(other, "use_up_heap", 0, 0, 0, NULL, &fault), OG_OK);
    pthread_barrier_init(&many.barrier, NULL, 4);
    for (int i = 0; i < 4; i++) {
        guests[i].domain = other;
        assert_int_equal(pthread_create(&guests[i].id, NULL, come_in_vain, &guests[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(guests[i].id, NULL);
        assert_int_equal(guests[i].argument, 0);
    }
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

static void a_new_thread_in_a_poisoned_domain_is_told_of_that(void **state)
{
    (void)state;
    struct og_domain *other = open_threads(0, 0);
    assert_int_equal(sharing_call(other, "fail", 0, 0, 0, NULL, &fault), OG_FAULTED);
    struct guest late = visit_once(other, "count_per_thread", 0);
    assert_int_equal(late.lookup, OG_POISONED);
    assert_int_equal(late.alloc, OG_OK);
    assert_int_equal(late.error, OG_POISONED);
    static struct guest stays = {.function = "count_per_thread"};
    come(&stays, other);
    assert_int_equal(stays.error, OG_POISONED);
    assert_int_equal(stays.calls, 0); /* none of its code has run */
    assert_int_equal(og_domain_reset(other, &fault), OG_OK);
    late = visit_once(other, "count_per_thread", 0);
    assert_int_equal(late.error, OG_OK);
    assert_int_equal(late.result, 6);
    leave(&stays);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

static void *count_once(void *memory)
{
    struct guest *guest = memory;
    guest->error = sharing_call(guest->domain, "count_per_thread", 0, 0, 0, NULL, &guest->fault);
    return NULL;
}

/* The lock of a domain can be held for as long as it takes to read what a library maps: who comes
 * to that domain meanwhile keeps nobody from coming to another, nor from going. */
static void who_comes_while_something_is_done_for_the_library_keeps_no_others(void **state)
{
    (void)state;
    struct guest busy = {.domain = open_threads(0, 0)}, other = {.domain = open_threads(0, 0)};
    struct mpk_domain *inside = (struct mpk_domain *)busy.domain;
    struct timespec until;
    pthread_t comes, others;
    (void)boxed_in(busy.domain, "count_per_thread");
    (void)boxed_in(other.domain, "count_per_thread");
    pthread_mutex_lock(&inside->lock);
    assert_int_equal(pthread_create(&comes, NULL, count_once, &busy), 0);
    usleep(200000);
    assert_int_equal(pthread_create(&others, NULL, count_once, &other), 0);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 5;
    int waited = pthread_timedjoin_np(others, NULL, &until);
    pthread_mutex_unlock(&inside->lock);
    if (waited)
        pthread_join(others, NULL);
    pthread_join(comes, NULL);
    assert_int_equal(waited, 0);
    assert_int_equal(busy.error, OG_OK);
    assert_int_equal(other.error, OG_OK);
    assert_int_equal(og_domain_close(busy.domain, &fault), OG_OK);
    assert_int_equal(og_domain_close(other.domain, &fault), OG_OK);
}

/* --- foreign stacks --- */

static void recursion_of_two_mebibytes_works_in_every_thread(void **state)
{
    enum { DEPTH = 2 << 20 };
    (void)state;
    struct og_domain *other = open_threads(0, 0);
    long each = 0;
    assert_int_equal(sharing_call(other, "dig", DEPTH, 0, 0, &each, &fault), OG_OK);
    assert_in_range(each, 1024, 1200);
    for (int i = 0; i < 2; i++) {
        struct guest guest = visit_once(other, "dig", DEPTH);
        assert_int_equal(guest.error, OG_OK);
        assert_in_range(guest.result, 1024, 1200);
        assert_int_equal(og_domain_reset(other, &fault), OG_OK);
    }
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

static void a_foreign_stack_is_as_large_as_was_asked_for(void **state)
{
    (void)state;
    for (long size = 64 << 10; size <= 64 << 20; size *= 32) {
        struct og_domain *other = open_threads(0, (size_t)size);
        struct guest guest = visit_once(other, "dig", size / 4 * 3);
        assert_int_equal(guest.error, OG_OK);
        guest = visit_once(other, "dig", size + (64 << 10));
        assert_int_equal(guest.error, OG_FAULTED);
        assert_string_equal(guest.fault.message, "the foreign stack overflowed");
        assert_int_equal(og_domain_reset(other, &fault), OG_OK);
        assert_int_equal(sharing_call(other, "dig", size / 4 * 3, 0, 0, NULL, &fault), OG_OK);
        assert_int_equal(sharing_call(other, "dig", size + (64 << 10), 0, 0, NULL, &fault),
                         OG_FAULTED);
        assert_string_equal(fault.message, "the foreign stack overflowed");
        assert_int_equal(og_domain_close(other, &fault), OG_OK);
    }
}

static void assert_untouchable(struct og_domain *other, uintptr_t address, const char *owner)
{
    char text[1024];
    assert_int_equal(sharing_call(other, "read_word", (long)address, 0, 0, NULL, &fault),
                     OG_FAULTED);
    assert_int_equal(fault.address, address);
    og_fault_describe(other, &fault, text, sizeof(text));
    if (!strstr(text, owner))
        fail_msg("%s is not in: %s", owner, text);
    assert_int_equal(og_domain_reset(other, &fault), OG_OK);
    assert_int_equal(sharing_call(other, "write_word", (long)address, 1, 0, NULL, &fault),
                     OG_FAULTED);
    assert_int_equal(fault.address, address);
    assert_int_equal(og_domain_reset(other, &fault), OG_OK);
}

static void guards_and_seats_that_nobody_has_had_cannot_be_touched(void **state)
{
    (void)state;
    struct og_domain *other = open_threads(0, 0);
    const struct mpk_arena *arena = &((const struct mpk_domain *)other)->arena;
    struct guest guests[2] = {{.function = "count_per_thread"}, {.function = "count_per_thread"}};
    for (int i = 0; i < 2; i++)
        come(&guests[i], other);
    assert_int_equal(arena->seats, 3);
    for (size_t seat = 1; seat < 3; seat++) {
        uintptr_t stack = mpk_arena_stack_of(arena, seat);
        assert_untouchable(other, stack - 8, "this domain's guard below a stack");
        assert_untouchable(other, stack - MPK_PAGE, "this domain's guard below a stack");
        assert_int_equal(sharing_call(other, "write_word", (long)stack, 1, 0, NULL, &fault), OG_OK);
        assert_int_equal(sharing_call(other, "write_word", (long)mpk_arena_scopes_of(arena, seat),
                                      1, 0, NULL, &fault),
                         OG_OK);
    }
    const char *none = "this domain's memory that is not mapped", *scopes = "scopes' allocations";
    assert_untouchable(other, mpk_arena_stack_of(arena, 3) - MPK_PAGE, none);
    assert_untouchable(other, mpk_arena_stack_of(arena, 3), none);
    assert_untouchable(other, mpk_arena_scopes_of(arena, 3), scopes);
    assert_untouchable(other, arena->start + arena->size - 8, scopes);
    for (int i = 0; i < 2; i++)
        leave(&guests[i]);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

static void write_lent_variable(void *user, struct og_scope *scope,
                                const struct og_arguments *arguments, struct og_result *result)
    OG_NO_ANALYSIS
{
    long og_foreign *lent = (long og_foreign *)arguments->integers[0];
    enum og_error *written = user;
    struct og_fault why;
    (void)result;
    long og_mut *variable = og_upgrade_mut(&scope->access, lent, 1, &why);
    *written = OG_PLAIN(variable) ? og_write(&scope->access, variable, 815, &why) : why.error;
}

static void *lend(void *memory)
{
    struct guest *guest = memory;
    struct og_callback callback;
    enum og_error written = OG_BUSY;
    guest->error =
        og_callback_open(guest->domain, &callback, write_lent_variable, &written, &guest->fault);
    if (!guest->error)
        guest->error = sharing_call(guest->domain, "lend_variable", (long)callback.address, 0, 0,
                                    &guest->result, &guest->fault);
    if (!guest->error)
        guest->error = written;
    og_callback_close(&callback);
    return NULL;
}

/* A library hands out what is on its stack; in threads, too, that came after others. */
static void references_reach_the_variables_on_every_foreign_stack(void **state)
{
    (void)state;
    struct og_domain *other = open_threads(0, 0);
    struct guest guests[3] = {{.argument = 0}};
    (void)boxed_in(other, "lend_variable");
    for (int i = 0; i < 3; i++) {
        come(&guests[i], other);
        struct guest lender = {.domain = other};
        sharing_elsewhere(lend, &lender);
        assert_int_equal(lender.error, OG_OK);
        assert_int_equal(lender.result, 815);
    }
    for (int i = 0; i < 3; i++)
        leave(&guests[i]);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

/* --- thread variables --- */

/* What the C library keeps of a thread besides is less. */
static void thread_variables_of_those_who_exit_are_freed(void **state)
{
    enum { GENERATIONS = 200, MOST = 2048 /* bytes each */ };
    (void)state;
    struct og_domain *other = open_threads(0, 0);
    const struct mpk_arena *arena = &((const struct mpk_domain *)other)->arena;
    for (int i = 0; i < 10; i++)
        assert_int_equal(visit_once(other, "count_per_thread", 0).result, 6);
    uintptr_t before = arena->brk;
    size_t mapped = arena->memory_pages;
    for (int i = 0; i < GENERATIONS; i++)
        assert_int_equal(visit_once(other, "count_per_thread", 0).result, 6);
    assert_in_range(arena->brk - before, 0, GENERATIONS * MOST);
    assert_int_equal(arena->memory_pages, mapped);
    assert_int_equal(arena->seats, 2);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

static void *open_and_visit(void *memory)
{
    struct guest *guest = memory;
    guest->domain = open_threads(0, 0);
    visit(guest);
    return NULL;
}

/* Its thread variables are the loader's, by which others are made. */
static void who_has_opened_the_domain_leaves_its_seat_to_others(void **state)
{
    (void)state;
    struct guest opener = {.function = "count_per_thread"};
    sharing_elsewhere(open_and_visit, &opener);
    assert_int_equal(opener.result, 6);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(visit_once(opener.domain, "count_per_thread", 0).result, 6);
        assert_int_equal(((struct mpk_domain *)opener.domain)->arena.seats, 1);
    }
    struct guest guests[2] = {{.function = "count_per_thread"}, {.function = "count_per_thread"}};
    for (int i = 0; i < 2; i++) {
        come(&guests[i], opener.domain);
        assert_int_equal(guests[i].result, 6);
    }
    assert_int_equal(og_domain_reset(opener.domain, &fault), OG_OK);
    assert_int_equal(visit_once(opener.domain, "count_per_thread", 0).result, 6);
    for (int i = 0; i < 2; i++)
        leave(&guests[i]);
    assert_int_equal(visit_once(opener.domain, "count_per_thread", 0).result, 6);
    assert_int_equal(og_domain_close(opener.domain, &fault), OG_OK);
}

/* The library's word for where a new thread's variables are. The host writes there. */
static void thread_variables_elsewhere_are_refused(void **state)
{
    (void)state;
    static long hosts[512], as_it_was[512];
    struct og_domain *other = open_threads(0, 0);
    struct mpk_domain *inside = (struct mpk_domain *)other;
    const uintptr_t answers[] = {
        0,
        8,
        (uintptr_t)hosts,
        (uintptr_t)hosts + 1,
        (uintptr_t)mpk_thread_self(),
        UINTPTR_MAX - 7,
        (uintptr_t)1 << 63,
        inside->arena.start - 8,
        inside->arena.heap_granted - 8,
        inside->arena.start + inside->arena.size - 8,
        inside->arena.stacks,
        inside->boot.allocate_tls,
    };
    void og_foreign *place;
    assert_int_equal(og_domain_lookup_data(other, "give_answer", &place, &fault), OG_OK);
    memset(hosts, 0x55, sizeof(hosts));
    memcpy(as_it_was, hosts, sizeof(hosts));
    inside->boot.allocate_tls = (uintptr_t)place;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        assert_int_equal(sharing_call(other, "set_answer", (long)answers[i], 0, 0, NULL, &fault),
                         OG_OK);
        struct guest late = visit_once(other, NULL, 0);
        assert_int_equal(late.error, answers[i] ? OG_CONTRACT : OG_NO_MEMORY);
        assert_true(!answers[i] || strstr(late.fault.message, "C library"));
        assert_memory_equal(hosts, as_it_was, sizeof(hosts));
        assert_int_equal(sharing_call(other, "count_per_thread", 0, 0, 0, NULL, &fault), OG_OK);
    }
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

static void a_loop_for_thread_variables_ends_at_the_deadline(void **state)
{
    (void)state;
    char path[sizeof(library)];
    const struct og_options options = {.isolation = OG_MPK, .deadline_ms = 200};
    void og_foreign *place;
    beside_library(path, "libogthreads.so");
    struct og_domain *other = open_another(path, &options);
    struct mpk_domain *inside = (struct mpk_domain *)other;
    const uintptr_t libcs = inside->boot.allocate_tls;
    assert_int_equal(og_domain_lookup_data(other, "loop_forever", &place, &fault), OG_OK);
    inside->boot.allocate_tls = (uintptr_t)place;
    struct guest late = visit_once(other, NULL, 0);
    assert_int_equal(late.lookup, OG_DEADLINE); /* who comes first is told why */
    assert_int_equal(late.error, OG_POISONED);
    assert_int_equal(sharing_call(other, "count_per_thread", 0, 0, 0, NULL, &fault), OG_POISONED);
    inside->boot.allocate_tls = libcs;
    assert_int_equal(og_domain_reset(other, &fault), OG_OK);
    assert_int_equal(visit_once(other, "count_per_thread", 0).result, 6);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

/* In place of a function of the domain's C library: one of the library, by name. */
static void exchange(uintptr_t *function, struct og_domain *other, const char *name)
{
    void og_foreign *place;
    assert_int_equal(og_domain_lookup_data(other, name, &place, &fault), OG_OK);
    *function = (uintptr_t)place;
}

/* The first call that fails is the last. */
static void thread_variables_that_cannot_be_freed_are_the_end(void **state)
{
    (void)state;
    struct og_domain *other = open_threads(0, 0);
    struct mpk_domain *inside = (struct mpk_domain *)other;
    assert_int_equal(visit_once(other, "count_per_thread", 0).result, 6);
    exchange(&inside->boot.deallocate_tls, other, "fail");
    (void)boxed_in(other, "count_per_thread");
    struct guest late = {.function = "count_per_thread"};
    come(&late, other);
    leave(&late);
    assert_int_equal(late.lookup, OG_FAULTED);
    assert_int_equal(late.fault.error, OG_POISONED);
    assert_int_equal(late.calls, 1);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

static void what_the_c_library_fails_to_make_besides_is_told(void **state)
{
    (void)state;
    struct og_domain *other = open_threads(0, 0);
    struct mpk_domain *inside = (struct mpk_domain *)other;
    const uintptr_t libcs = inside->boot.ctype_init;
    exchange(&inside->boot.ctype_init, other, "fail");
    struct guest late = visit_once(other, "count_per_thread", 0);
    assert_int_equal(late.lookup, OG_FAULTED);
    assert_int_equal(late.error, OG_POISONED);
    inside->boot.ctype_init = libcs;
    assert_int_equal(og_domain_reset(other, &fault), OG_OK);
    assert_int_equal(visit_once(other, "count_per_thread", 0).result, 6);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

/* --- callbacks, where the host has called nothing --- */

static void count_call(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                       struct og_result *result)
{
    (void)scope, (void)arguments, (void)result;
    ++*(long *)user;
}

static void open_for_any(struct og_domain *other, struct og_callback *callback, long *calls)
{
    assert_int_equal(og_callback_open(other, callback, count_call, calls, &fault), OG_OK);
    og_callback_any_thread(callback);
    assert_int_equal(
        sharing_call(other, "set_callback", (long)callback->address, 0, 0, NULL, &fault), OG_OK);
}

static const char not_served[] = "called back while the runtime called it";

/* The host holds locks of its own when it begins a scope, and expects nobody. */
static void no_callback_is_served_while_thread_variables_are_made(void **state)
{
    (void)state;
    struct og_domain *other = open_threads(0, 0);
    struct mpk_domain *inside = (struct mpk_domain *)other;
    const uintptr_t libcs = inside->boot.allocate_tls;
    struct og_callback callback;
    long calls = 0;
    open_for_any(other, &callback, &calls);
    exchange(&inside->boot.allocate_tls, other, "call_back_first");
    static struct guest late = {.function = "call_back_first"};
    come(&late, other);
    assert_int_equal(late.lookup, OG_FAULTED);
    assert_int_equal(late.error, OG_POISONED);
    assert_int_equal(calls, 0);
    assert_int_equal(sharing_call(other, "dig", 0, 0, 0, NULL, &fault), OG_POISONED);
    inside->boot.allocate_tls = libcs;
    assert_int_equal(og_domain_reset(other, &fault), OG_OK);
    open_for_any(other, &callback, &calls);
    assert_int_equal(visit_once(other, "call_back_first", 0).error, OG_OK);
    assert_int_equal(calls, 1);
    leave(&late);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

static void no_callback_is_served_while_a_symbol_is_looked_up(void **state)
{
    (void)state;
    struct og_domain *other = open_threads(0, 0);
    struct mpk_domain *inside = (struct mpk_domain *)other;
    const uintptr_t libcs = inside->boot.dlsym;
    struct og_callback callback;
    struct og_function function;
    long calls = 0;
    open_for_any(other, &callback, &calls);
    exchange(&inside->boot.dlsym, other, "call_back_first");
    assert_int_equal(og_domain_lookup(other, "dig", &function, &fault), OG_FAULTED);
    assert_non_null(strstr(fault.message, not_served));
    assert_int_equal(calls, 0);
    inside->boot.dlsym = libcs;
    assert_int_equal(og_domain_reset(other, &fault), OG_OK);
    open_for_any(other, &callback, &calls);
    assert_int_equal(sharing_call(other, "call_back_first", 0, 0, 0, NULL, &fault), OG_OK);
    assert_int_equal(calls, 1);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

static void count_output(void *user, enum og_stream stream, char *text, size_t size)
{
    (void)stream, (void)text;
    *(size_t *)user += size;
}

static void nothing_is_heard_while_the_runtime_calls(void **state)
{
    (void)state;
    struct og_domain *other = open_threads(0, 0);
    struct mpk_domain *inside = (struct mpk_domain *)other;
    const uintptr_t made = inside->boot.allocate_tls, found = inside->boot.dlsym;
    struct og_function function;
    size_t size = 0;
    inside->output = count_output;
    inside->output_user = &size;
    assert_int_equal(sharing_call(other, "print_first", 0, 0, 0, NULL, &fault), OG_OK);
    assert_int_equal(size, 1);
    exchange(&inside->boot.allocate_tls, other, "print_first");
    (void)visit_once(other, "count_per_thread", 0);
    inside->boot.allocate_tls = made;
    exchange(&inside->boot.dlsym, other, "print_first");
    assert_int_equal(og_domain_lookup(other, "dig", &function, &fault), OG_NOT_FOUND);
    inside->boot.dlsym = found;
    assert_int_equal(size, 1);
    assert_int_equal(visit_once(other, "print_first", 0).error, OG_OK);
    assert_int_equal(size, 2);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

/* --- who leaves while they are made --- */

static sigjmp_buf back;

static void jump_back(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

static struct {
    struct mpk_domain *domain;
    uintptr_t libcs;
    enum { COMES_AGAIN, RESETS, CLOSES } then;
    enum og_error asked, error;
    long result;
} left;

/* Begins a scope, which a handler leaves. */
static void *come_and_leave(void *memory)
{
    struct og_domain *other = memory;
    struct og_fault why;
    if (!sigsetjmp(back, 1))
        (void)sharing_call(other, "count_per_thread", 0, 0, 0, NULL, &why);
    left.domain->boot.allocate_tls = left.libcs;
    left.asked = left.then == RESETS   ? og_domain_reset(other, &why)
                 : left.then == CLOSES ? og_domain_close(other, &why)
                                       : OG_OK;
    if (left.then != CLOSES)
        left.error = sharing_call(other, "count_per_thread", 0, 0, 0, &left.result, &why);
    pthread_barrier_wait(&many.barrier);
    pthread_barrier_wait(&many.barrier);
    return NULL;
}

/* The domain's own word of it, which the host reads in place. */
static void wait_until_it_loops(const void og_foreign *loops)
{
    for (int i = 0; i < 2000 && !*(const volatile long *)OG_PLAIN(loops); i++)
        usleep(10000);
    usleep(10000);
}

static void have_it_left(int then)
{
    pthread_t thread;
    struct og_domain *other = open_threads(0, 0);
    void og_foreign *loops;
    assert_int_equal(og_domain_lookup_data(other, "loops", &loops, &fault), OG_OK);
    left.domain = (struct mpk_domain *)other;
    left.libcs = left.domain->boot.allocate_tls;
    left.then = then;
    exchange(&left.domain->boot.allocate_tls, other, "loop_forever");
    (void)boxed_in(other, "count_per_thread");
    assert_int_equal(pthread_create(&thread, NULL, come_and_leave, other), 0);
    wait_until_it_loops(loops);
    assert_int_equal(pthread_kill(thread, SIGUSR1), 0);
    pthread_barrier_wait(&many.barrier);
    assert_int_equal(left.asked, OG_OK);
    if (then != CLOSES) {
        assert_int_equal(left.error, OG_OK);
        assert_int_equal(left.result, 6);
        /* Nobody is kept out, and it is nobody's when it is closed. */
        assert_int_equal(sharing_call(other, "count_per_thread", 0, 0, 0, NULL, &fault), OG_OK);
        assert_int_equal(og_domain_reset(other, &fault), OG_OK);
        assert_int_equal(og_domain_close(other, &fault), OG_OK);
    }
    pthread_barrier_wait(&many.barrier);
    pthread_join(thread, NULL);
}

static void who_leaves_while_thread_variables_are_made_has_not_entered(void **state)
{
    (void)state;
    signal(SIGUSR1, jump_back);
    pthread_barrier_init(&many.barrier, NULL, 2);
    for (int then = COMES_AGAIN; then <= CLOSES; then++)
        have_it_left(then);
    signal(SIGUSR1, SIG_DFL);
}

static enum og_error reset_in_handler;

static void reset_here(int signal)
{
    struct og_fault why;
    (void)signal;
    reset_in_handler = og_domain_reset(&left.domain->domain, &why);
    /* Let it end. */
    left.domain->boot.allocate_tls = left.libcs;
    jump_back(signal);
}

/* A handler that has interrupted them being made finds a thread inside. */
static void no_handler_resets_while_thread_variables_are_made(void **state)
{
    (void)state;
    signal(SIGUSR1, reset_here);
    pthread_barrier_init(&many.barrier, NULL, 2);
    reset_in_handler = OG_OK;
    have_it_left(COMES_AGAIN);
    assert_int_equal(reset_in_handler, OG_BUSY);
    signal(SIGUSR1, SIG_DFL);
}

/* --- the end --- */

static void note(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                 struct og_result *result)
{
    (void)scope, (void)result;
    *(long *)user = (long)arguments->integers[0];
}

static void *close_it(void *memory)
{
    struct guest *guest = memory;
    guest->error = og_domain_close(guest->domain, &guest->fault);
    return NULL;
}

/* On a thread that was never inside. */
static void destructors_run_on_any_thread_that_closes(void **state)
{
    (void)state;
    struct guest closer = {.domain = open_threads(0, 0)};
    struct og_callback callback;
    long noted = 0;
    assert_int_equal(og_callback_open(closer.domain, &callback, note, &noted, &fault), OG_OK);
    og_callback_any_thread(&callback);
    assert_int_equal(
        sharing_call(closer.domain, "call_at_the_end", (long)callback.address, 0, 0, NULL, &fault),
        OG_OK);
    sharing_elsewhere(close_it, &closer);
    assert_int_equal(closer.error, OG_OK);
    assert_int_equal(noted, 6);
}

static void *open_and_look_up(void *memory)
{
    struct guest *guest = memory;
    guest->domain = open_threads(0, 0);
    (void)boxed_in(guest->domain, "lend_variable");
    return NULL;
}

/* Nothing is looked up there, and the first seat's variables are those of loading. */
static void who_takes_the_first_seat_after_a_reset_is_called_back(void **state)
{
    (void)state;
    struct guest opener = {0};
    struct og_callback callback;
    long noted = 0;
    sharing_elsewhere(open_and_look_up, &opener);
    assert_int_equal(og_domain_reset(opener.domain, &fault), OG_OK);
    assert_int_equal(og_callback_open(opener.domain, &callback, note, &noted, &fault), OG_OK);
    assert_int_equal(
        sharing_call(opener.domain, "lend_variable", (long)callback.address, 0, 0, NULL, &fault),
        OG_OK);
    assert_true(noted != 0);
    assert_int_equal(og_domain_close(opener.domain, &fault), OG_OK);
}

static void *visit_reset_and_close(void *memory)
{
    struct guest *guest = memory;
    visit(guest);
    if (!guest->error)
        guest->error = og_domain_reset(guest->domain, &guest->fault);
    pthread_barrier_wait(&guest->barrier);
    pthread_barrier_wait(&guest->barrier);
    if (!guest->error)
        close_it(guest);
    return NULL;
}

static void destructors_run_on_a_thread_whose_variables_a_reset_has_taken(void **state)
{
    (void)state;
    struct guest closer = {.domain = open_threads(0, 0), .function = "count_per_thread"};
    struct og_callback callback;
    long noted = 0;
    pthread_barrier_init(&closer.barrier, NULL, 2);
    assert_int_equal(pthread_create(&closer.id, NULL, visit_reset_and_close, &closer), 0);
    pthread_barrier_wait(&closer.barrier);
    assert_int_equal(closer.error, OG_OK);
    assert_int_equal(og_callback_open(closer.domain, &callback, note, &noted, &fault), OG_OK);
    og_callback_any_thread(&callback);
    assert_int_equal(
        sharing_call(closer.domain, "call_at_the_end", (long)callback.address, 0, 0, NULL, &fault),
        OG_OK);
    leave(&closer);
    assert_int_equal(closer.error, OG_OK);
    assert_int_equal(noted, 6);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_hundred_threads_are_right_and_leave_nothing),
        cmocka_unit_test(who_finds_no_seat_is_told_how_many_there_are),
        cmocka_unit_test(who_gets_no_memory_for_a_stack_is_told_so),
        cmocka_unit_test(who_gets_no_thread_variables_is_told_so),
        cmocka_unit_test(who_gets_no_thread_variables_keeps_nobody_waiting),
        cmocka_unit_test(a_new_thread_in_a_poisoned_domain_is_told_of_that),
        cmocka_unit_test(who_comes_while_something_is_done_for_the_library_keeps_no_others),
        cmocka_unit_test(recursion_of_two_mebibytes_works_in_every_thread),
        cmocka_unit_test(a_foreign_stack_is_as_large_as_was_asked_for),
        cmocka_unit_test(guards_and_seats_that_nobody_has_had_cannot_be_touched),
        cmocka_unit_test(references_reach_the_variables_on_every_foreign_stack),
        cmocka_unit_test(thread_variables_of_those_who_exit_are_freed),
        cmocka_unit_test(who_has_opened_the_domain_leaves_its_seat_to_others),
        cmocka_unit_test(thread_variables_elsewhere_are_refused),
        cmocka_unit_test(a_loop_for_thread_variables_ends_at_the_deadline),
        cmocka_unit_test(thread_variables_that_cannot_be_freed_are_the_end),
        cmocka_unit_test(what_the_c_library_fails_to_make_besides_is_told),
        cmocka_unit_test(no_callback_is_served_while_thread_variables_are_made),
        cmocka_unit_test(no_callback_is_served_while_a_symbol_is_looked_up),
        cmocka_unit_test(nothing_is_heard_while_the_runtime_calls),
        cmocka_unit_test(who_leaves_while_thread_variables_are_made_has_not_entered),
        cmocka_unit_test(no_handler_resets_while_thread_variables_are_made),
        cmocka_unit_test(destructors_run_on_any_thread_that_closes),
        cmocka_unit_test(who_takes_the_first_seat_after_a_reset_is_called_back),
        cmocka_unit_test(destructors_run_on_a_thread_whose_variables_a_reset_has_taken),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
