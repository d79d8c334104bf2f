/* One round: two domains, one or two threads, and calls whose foreign half does what a seed says.
 * After each the host must be as it was, and after a reset the next call right. */
#include "host.h"

#include "omniglot/mpk/mpk.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DOMAINS = 2, DEPTH = 3, DEADLINE_MS = 40, LATE_MS = 60000 };

/* A thread that calls. */
struct player {
    uint64_t random;
    uint64_t began; /* this step */
    unsigned depth;
    bool alone;
};

static const struct settings *settings;
static struct og_domain *domains[DOMAINS];
static struct og_function fuzz[DOMAINS];
static struct og_callback callbacks[DOMAINS][CALLBACKS], tracing[DOMAINS];
static __thread struct player *player;

/* Calls entry(plan) with `kept` in the registers that a call must keep. Returns what has changed of
 * them: 0, or or-ed differences and flags. */
uint64_t call_checked(void (*entry)(void), void *plan, const uint64_t kept[6]);
__asm__("    .globl call_checked\n    .type call_checked, @function\n"
        "call_checked:\n"
        "    push %rbx\n    push %rbp\n    push %r12\n    push %r13\n    push %r14\n    push %r15\n"
        "    push %rdx\n"
        "    mov %rdi, %rax\n    mov %rsi, %rdi\n"
        "    mov (%rdx), %rbx\n    mov 8(%rdx), %rbp\n    mov 16(%rdx), %r12\n"
        "    mov 24(%rdx), %r13\n    mov 32(%rdx), %r14\n    mov 40(%rdx), %r15\n"
        "    movq %rbx, %xmm15\n    mov %rbp, %r10\n    xor %edx, %edx\n    xor %esi, %esi\n"
        "    call *%rax\n"
        "    pop %rdx\n"
        "    pushfq\n    pop %rax\n    and $0x40500, %eax\n"
        "    xor (%rdx), %rbx\n    or %rbx, %rax\n    xor 8(%rdx), %rbp\n    or %rbp, %rax\n"
        "    xor 16(%rdx), %r12\n    or %r12, %rax\n    xor 24(%rdx), %r13\n    or %r13, %rax\n"
        "    xor 32(%rdx), %r14\n    or %r14, %rax\n    xor 40(%rdx), %r15\n    or %r15, %rax\n"
        "    pop %r15\n    pop %r14\n    pop %r13\n    pop %r12\n    pop %rbp\n    pop %rbx\n"
        "    ret\n    .size call_checked, . - call_checked\n");

void report(const char *format, ...)
{
    va_list arguments;
    if (!atomic_exchange(&shared->found, 1)) {
        va_start(arguments, format);
        vsnprintf(shared->finding, FINDING, format, arguments);
        va_end(arguments);
    }
    _exit(1);
}

uint64_t next_random(uint64_t *state)
{
    uint64_t word = (*state += 0x9e3779b97f4a7c15);
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
    word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
    return word ^ (word >> 31);
}

static uint64_t below(uint64_t limit)
{
    return next_random(&player->random) % limit;
}

static uint64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- the plan --- */

/* Where the domain is, as far as its own code could find out. */
static void add_own(struct plan *plan, unsigned which, uintptr_t allocation)
{
    const struct og_domain *domain = domains[which];
    for (size_t i = 0; i < domain->region_count && plan->target_count < TARGETS - 3; i++)
        if (i % 4 == 0 || i + 3 >= domain->region_count) /* where late code may be is the third */
            plan->targets[plan->target_count++] =
                (struct target){domain->regions[i].start,
                                domain->regions[i].end - domain->regions[i].start, PLACE_ARENA};
    plan->targets[plan->target_count++] =
        (struct target){(uintptr_t)fuzz[which].entry & -(uintptr_t)4096, 4096, PLACE_CODE};
    plan->targets[plan->target_count++] = (struct target){allocation, 65536, PLACE_ARENA};
}

static void make_plan(struct plan *plan, unsigned which, uintptr_t at)
{
    memset(plan, 0, sizeof(*plan));
    plan->seed = next_random(&player->random);
    plan->actions = 1 + (uint32_t)below(60);
    /* Half of the time, one kind of action more than others. */
    plan->only = (uint32_t)below(2 * ACTIONS);
    if (plan->only == ACT_LOOP && below(8))
        plan->only = ACTIONS;
    canaries_tell(plan, &player->random, domains[which]);
    add_own(plan, which, at);
    for (int i = 0; i < CALLBACKS; i++)
        plan->callbacks[i] = callbacks[which][i].address;
    plan->trace = settings->trace ? tracing[which].address : 0;
}

static void judge(const struct og_domain *domain, const struct plan *plan,
                  const struct plan *before)
{
    uint64_t secret, begun = 0;
    if (plan->trespassed[0] && plan->trespassed[1] == ~plan->trespassed[0])
        report("the domain touched %" PRIx64 ", which is not its own", plan->trespassed[0]);
    if (plan->escaped[0] && plan->escaped[1] == ~plan->escaped[0])
        report("the domain executed what it had written, at %" PRIx64, plan->escaped[0]);
    if (plan->rights[1] == ~plan->rights[0] && plan->rights[0] != canaries_rights(domain))
        report("the domain had the rights %" PRIx64, plan->rights[0]);
    if (canaries_know(plan->entered, WORDS, &secret))
        report("a register showed the host's %" PRIx64 " to the domain", secret);
    if (canaries_know(plan->copied, COPIED, &secret))
        report("the domain could read the host's %" PRIx64, secret);
    if (memmem(plan->scratch, SCRATCH, canaries_file_text, 8))
        report("the domain has read a file that is not readable");
    for (int i = 0; i < ACTIONS; i++)
        begun += plan->done[i];
    if (begun > before->actions)
        return; /* written over */
    for (int i = 0; i < ACTIONS; i++)
        atomic_fetch_add(&shared->done[i], plan->done[i]);
    for (int i = 0; i < SYSTEM_CALLS; i++)
        if (plan->served[i] < 1000000)
            atomic_fetch_add(&shared->served[i], plan->served[i]);
    if (plan->refused < 1000000)
        atomic_fetch_add(&shared->refused, plan->refused);
}

/* --- calls --- */

static void tell_fault(unsigned which, const struct og_fault *fault)
{
    char text[2048];
    if (fault->error == OG_FAULTED && fault->signal > 0 && fault->signal < SIGNALS)
        atomic_fetch_add(&shared->faults[fault->signal], 1);
    if (below(8)) /* it is slow */
        return;
    og_fault_describe(domains[which], fault, text, sizeof(text));
    for (const char *at = text; *at; at++)
        if ((*at < ' ' && *at != '\n') || *at == 127)
            report("a fault's text holds byte %d", *at);
}

static enum og_error call(unsigned which, bool idle) OG_NO_ANALYSIS
{
    struct og_scope scope;
    struct og_fault fault;
    struct plan before, after;
    uint64_t kept[6], changed = 0;
    og_scope_begin(domains[which], &scope);
    struct plan og_mut *plan = og_alloc(&scope, struct plan, 1, &fault);
    enum og_error error = plan ? og_invoke_begin(&scope.access, &fuzz[which], &fault) : fault.error;
    if (error) {
        og_scope_end(&scope);
        return error;
    }
    uintptr_t at = (uintptr_t)og_pass(plan);
    make_plan(&before, which, at);
    before.actions = idle ? 0 : before.actions;
    memcpy((void *)at, &before, sizeof(before));
    for (unsigned i = 0; i < 6; i++)
        kept[i] = canaries_secret(i + player->depth);
    atomic_fetch_add(&shared->calls, 1);
    changed = call_checked(fuzz[which].entry, (void *)at, kept);
    error = og_invoke_end(&scope.access, &fault);
    memcpy(&after, (const void *)at, sizeof(after));
    og_scope_end(&scope);
    if (changed)
        report("registers or flags came back changed: %" PRIx64, changed);
    judge(domains[which], &after, &before);
    if (after.done[ACT_SWEEP])
        canaries_check_resident();
    atomic_fetch_add(&shared->completed, error == OG_OK);
    atomic_fetch_add(&shared->ends[error], 1);
    if (error == OG_FAULTED || error == OG_DEADLINE || error == OG_FORBIDDEN)
        tell_fault(which, &fault);
    return error;
}

static bool reset(unsigned which)
{
    struct og_fault fault;
    enum og_error error = og_domain_reset(domains[which], &fault);
    if (error && (error != OG_BUSY || player->alone))
        report("reset failed: %s, %s", og_error_name(error), fault.message);
    atomic_fetch_add(error ? &shared->busy : &shared->resets, 1);
    return !error;
}

static og_callback_function answer;

static void open_callback(unsigned which, unsigned slot)
{
    struct og_fault fault;
    if (og_callback_open(domains[which], &callbacks[which][slot], answer,
                         (void *)(uintptr_t)(which * CALLBACKS + slot), &fault))
        report("no callback can be opened: %s", fault.message);
}

static void print_trace(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                        struct og_result *result)
{
    static const char *const names[ACTIONS] = {
        "system call", "loop", "read",      "write",    "sweep",    "jump",    "call back",
        "fault",       "mess", "make code", "run data", "copy out", "scribble"};
    (void)user, (void)scope, (void)result;
    fprintf(stderr, "#   step %" PRIu64 ": %s %#" PRIxPTR " %#" PRIxPTR " %#" PRIxPTR "\n",
            atomic_load(&shared->step),
            arguments->integers[0] < ACTIONS ? names[arguments->integers[0]] : "?",
            arguments->integers[1], arguments->integers[2], arguments->integers[3]);
}

static void burn(uint64_t microseconds)
{
    uint64_t until = milliseconds() + microseconds / 1000;
    while (milliseconds() < until)
        ;
}

static __thread unsigned hearing[DOMAINS]; /* it is refused what it would begin there */

static void call_nested(unsigned which)
{
    if (player->depth >= DEPTH || hearing[which])
        return;
    player->depth++;
    atomic_fetch_add(&shared->nested, 1);
    enum og_error error = call(which, false);
    player->depth--;
    (void)error;
}

/* The host's side of a callback: anything that hosts do there. */
static void answer(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                   struct og_result *result) OG_NO_ANALYSIS
{
    volatile uint64_t canary[8];
    unsigned which = (unsigned)(uintptr_t)user / CALLBACKS;
    const struct og_fault why = {.error = OG_CONTRACT, .message = "refused by the fuzzer"};
    for (unsigned i = 0; i < 8; i++)
        canary[i] = canaries_secret(i);
    atomic_fetch_add(&shared->callbacks, 1);
    /* A loop of them is the deadline's to end, however much of its time is spent here. */
    atomic_fetch_add(&shared->progress, 1);
    if (milliseconds() - player->began > LATE_MS)
        report("a call has gone on for %d ms by callbacks", LATE_MS);
    switch (below(24)) {
    case 0:
    case 9:
        call_nested(which);
        break;
    case 1:
        call_nested(!which);
        break;
    case 2: {
        unsigned char og_mut *bytes = og_alloc(scope, unsigned char, below(4096), NULL);
        (void)bytes;
        break;
    }
    case 3:
        raise(SIGUSR1);
        break;
    case 4:
        if (player->alone) {
            unsigned slot = (unsigned)below(CALLBACKS);
            og_callback_close(&callbacks[which][slot]);
            open_callback(which, slot);
        }
        break;
    case 5:
        burn(below(4000));
        break;
    case 6:
        if (og_domain_reset(domains[which], NULL) != OG_BUSY)
            report("a domain was reset in its own callback");
        break;
    case 7:
        canaries_check(false);
        break;
    case 8:
        if (below(8) == 0)
            og_callback_refuse(scope, &why);
        break;
    default:
        break;
    }
    result->integer = arguments->integers[below(6)];
    for (unsigned i = 0; i < 8; i++)
        if (canary[i] != canaries_secret(i))
            report("the host's stack was written in a callback");
}

/* What a domain prints: bytes of its own, a piece of them, and the host does there what it may. */
static void hear(void *user, enum og_stream stream, char *text, size_t size)
{
    enum { AT_ONCE = 4096 };
    static __thread uint64_t words[AT_ONCE / 8];
    volatile uint64_t canary[8];
    uint64_t secret;
    unsigned which = (unsigned)(uintptr_t)user;
    if ((stream != OG_STANDARD_OUTPUT && stream != OG_STANDARD_ERROR) || !size || size > AT_ONCE ||
        text[size])
        report("%zu bytes were heard of stream %d", size, (int)stream);
    memcpy(words, text, size);
    if (canaries_know(words, size / 8, &secret))
        report("a secret was printed: %#" PRIx64, secret);
    for (unsigned i = 0; i < 8; i++)
        canary[i] = canaries_secret(i);
    memset(text, 0x5a, size);
    atomic_fetch_add(&shared->heard, 1);
    atomic_fetch_add(&shared->progress, 1);
    hearing[which]++;
    switch (below(16)) {
    case 0:
        if (domains[0] && domains[1])
            call_nested(!which);
        break;
    case 1:
        if (canaries_ticks()) /* while it is opened, it is not taken yet */
            raise(SIGUSR1);
        break;
    case 2:
        burn(below(4000));
        break;
    case 3:
        if (domains[which] && og_domain_reset(domains[which], NULL) != OG_BUSY)
            report("a domain was reset while it printed");
        break;
    default:
        break;
    }
    hearing[which]--;
    for (unsigned i = 0; i < 8; i++)
        if (canary[i] != canaries_secret(i))
            report("the host's stack was written while it heard");
}

/* --- steps --- */

static void restore(unsigned which)
{
    if (!reset(which))
        return;
    for (unsigned slot = 0; slot < CALLBACKS; slot++)
        open_callback(which, slot);
    struct og_fault fault;
    if (settings->trace &&
        og_callback_open(domains[which], &tracing[which], print_trace, NULL, &fault))
        report("no callback can be opened: %s", fault.message);
    enum og_error error = call(which, true);
    if (player->alone && error && error != OG_DEADLINE)
        report("the call after a reset ended with %s", og_error_name(error));
    if (player->alone && error)
        restore(which);
}

static void step(uint64_t number)
{
    player->began = milliseconds();
    /* With two threads, both in the first domain. */
    unsigned which = player->alone ? (unsigned)below(DOMAINS) : 0;
    enum og_error error = call(which, false);
    if (error == OG_FAULTED || error == OG_DEADLINE || error == OG_POISONED ||
        error == OG_CONTRACT || error == OG_FORBIDDEN || below(4) == 0)
        restore(which);
    canaries_check(number % 32 == 0);
    atomic_fetch_add(&shared->progress, 1);
}

static void play(struct player *self, bool counts)
{
    volatile uint64_t canary[32];
    player = self;
    for (unsigned i = 0; i < 32; i++)
        canary[i] = canaries_secret(i);
    for (uint64_t number = 1; number <= settings->steps; number++) {
        if (counts)
            atomic_store(&shared->step, number);
        step(number);
        for (unsigned i = 0; i < 32; i++)
            if (canary[i] != canaries_secret(i))
                report("the host's stack was written: word %u", i);
    }
}

static void *play_along(void *memory)
{
    play(memory, false);
    return NULL;
}

/* --- opening --- */

/* The plan that the constructors follow; with no actions, none. */
static void write_loading_plan(uint32_t actions)
{
    struct plan plan = {.seed = next_random(&player->random), .actions = actions, .only = ACTIONS};
    if (actions && below(2))
        plan.only = ACT_MAKE_CODE;
    FILE *file = fopen("/tmp/fuzz-domain/readable/plan", "we");
    if (!file || fwrite(&plan, sizeof(plan), 1, file) != 1 || fclose(file))
        report("cannot write the plan");
}

static enum og_error open_domain(unsigned which)
{
    struct og_fault fault;
    const struct og_options options = {
        .isolation = OG_MPK,
        .deadline_ms = DEADLINE_MS,
        .heap_size = 4 << 20,
        .stack_size = 1 << 20,
        .output = next_random(&player->random) % 4 ? hear : NULL,
        .output_user = (void *)(uintptr_t)which,
        .locked_size = 64 << 10,
        .late_folders = (const char *const[]){"/tmp/fuzz-domain/late", NULL},
        .readable_paths = (const char *const[]){"/tmp/fuzz-domain/readable", NULL}};
    enum og_error error = og_domain_open(
        &domains[which], (const char *const[]){settings->library, NULL}, &options, &fault);
    atomic_fetch_add(error ? &shared->open_failed[error] : &shared->opened, 1);
    if (error && error != OG_FAULTED && error != OG_DEADLINE && error != OG_FORBIDDEN &&
        error != OG_NOT_FOUND && error != OG_NO_MEMORY && error != OG_SYSTEM)
        report("opening failed: %s, %s", og_error_name(error), fault.message);
    return error;
}

/* On a busy machine the deadline may pass in it. Code that looks it up may be gone, where the
 * library has put memory in its place while it was loaded, and does not come back. */
static enum og_error find_function(unsigned which, struct og_fault *fault)
{
    enum og_error error;
    for (int tries = 0;
         (error = og_domain_lookup(domains[which], "fuzz", &fuzz[which], fault)) && tries < 100;
         tries++)
        if (og_domain_reset(domains[which], NULL))
            report("a domain cannot be reset in which no function is found: %s", fault->message);
    return error;
}

static void open_domains(bool load_wildly)
{
    struct og_fault fault;
    for (unsigned which = 0; which < DOMAINS; which++) {
        enum og_error error = OG_NOT_FOUND;
        for (int tries = 0; tries < 4 && error && load_wildly; tries++) {
            write_loading_plan(1 + (uint32_t)below(40));
            error = open_domain(which);
            atomic_fetch_add(&shared->progress, 1);
        }
        write_loading_plan(0);
        if (!error && (error = find_function(which, &fault))) {
            if (error != OG_FAULTED)
                report("the library's function is not found: %s", fault.message);
            if (og_domain_close(domains[which], &fault))
                report("a domain in which no function is found stays: %s", fault.message);
        }
        if (error && (error = open_domain(which)))
            report("a library that does nothing is not loaded: %s", og_error_name(error));
        if (find_function(which, &fault))
            report("the library's function is not found: %s", fault.message);
        for (unsigned slot = 0; slot < CALLBACKS; slot++)
            open_callback(which, slot);
    }
}

/* Hosts may have loaded more code than their own, such as a C library in a namespace of its own. */
static void load_another_libc(void)
{
    if (!dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW))
        report("no second C library: %s", dlerror());
    canaries_look_for_code();
}

/* Who has which domain: asked for when the round hangs. */
static void tell_turns(int signal)
{
    (void)signal;
    for (unsigned which = 0; which < DOMAINS; which++) {
        const struct mpk_domain *domain = (const struct mpk_domain *)domains[which];
        const struct og_turn *turn = &domain->turn;
        fprintf(stderr,
                "# domain %u: numbers %" PRIu64 " to %" PRIu64 ", owner %p, closed %d, poison %d\n",
                which, turn->serving, turn->next, (void *)turn->owner, turn->closed,
                turn->poison.error);
        for (const struct mpk_seat *seat = &domain->seats; seat; seat = seat->next) {
            const struct mpk_context *context = seat->context;
            if (context)
                fprintf(stderr,
                        "#   thread %d, %p: depth %zu, floor %zu, held %d, shut %d, poisoned %zu\n",
                        context->thread->id, (const void *)&context->context,
                        context->context.depth, context->context.floor, context->context.held,
                        context->context.shut, context->context.poisoned);
        }
    }
}

void run_round(const struct settings *given)
{
    struct player first = {.random = given->seed, .alone = given->seed % 4 != 3};
    struct player second = {.random = ~given->seed};
    pthread_t thread;
    settings = given;
    player = &first;
    first.began = milliseconds();
    signal(SIGUSR2, tell_turns);
    canaries_make(given->seed);
    if (given->seed % 8 == 4)
        load_another_libc();
    open_domains(given->seed % 2 == 0);
    canaries_start_timer();
    /* What is made at the first call, and by the second thread, is not the domains' doing. */
    for (unsigned which = 0; which < DOMAINS; which++) {
        restore(which);
        reset(which);
    }
    canaries_settle(domains, DOMAINS);
    for (unsigned which = 0; which < DOMAINS; which++)
        restore(which);
    uint64_t began = milliseconds(), ticks = canaries_ticks();
    atomic_fetch_add(&shared->shared_rounds, !first.alone);
    if (!first.alone && pthread_create(&thread, NULL, play_along, &second))
        report("no second thread");
    play(&first, true);
    if (!first.alone)
        pthread_join(thread, NULL);
    ticks = canaries_ticks() - ticks;
    atomic_fetch_add(&shared->ticks, ticks);
    if (milliseconds() - began > 1000 && ticks < 10)
        report("%" PRIu64 " ticks of the host's timer in %" PRIu64 " ms", ticks,
               milliseconds() - began);
    first.alone = true;
    for (unsigned which = 0; which < DOMAINS; which++)
        reset(which);
    canaries_check_end();
    for (unsigned which = 0; which < DOMAINS; which++)
        if (og_domain_close(domains[which], NULL))
            report("a domain cannot be closed");
    _exit(0);
}
