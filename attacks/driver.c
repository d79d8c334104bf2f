/* One attack through one system: an ordinary host with things that attackers are after, which
 * calls the library that attacks, and then goes on. What became of its things the watcher looks
 * at, from outside (watch.c); what its calls reported it says itself.
 *
 *   attack-SYSTEM FAMILY/NAME            by hand: prints what it saw
 *   attack-SYSTEM FAMILY/NAME FD FOLDER  under the watcher: FD is the page of evidence
 */
#include ATTACK_STUBS
#include WORKLOAD_DISCIPLINE

#include "attacks/host.h"
#include "attacks/system.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "attacks/host-parts.h"

enum { PAGE = 4096, SIGNALS = 32 };

/* What the library is not to reach. */
static uint8_t secret[SECRET_SIZE];
static uint64_t canary_global[CANARY_WORDS];
static __thread uint8_t secret_thread[SECRET_SIZE];
static uint64_t seed;
static struct evidence *evidence_page;

static const uint8_t *host_secret(void)
{
    return secret;
}

/* --- the evidence --- */

static void host_gives(struct host *host, const void *bytes, size_t size)
{
    struct evidence *evidence = host->evidence;
    size_t room = sizeof(evidence->loot) - evidence->loot_size;
    size_t taken = size < room ? size : room;
    memcpy(evidence->loot + evidence->loot_size, bytes, taken);
    evidence->loot_size += (uint32_t)taken;
}

static void host_harmed(struct host *host, const char *how)
{
    if (!*host->evidence->harm)
        snprintf(host->evidence->harm, sizeof(host->evidence->harm), "%s", how);
}

static void tell_fault(char text[EVIDENCE_TEXT], enum og_error error, const struct og_fault *fault)
{
    if (error)
        snprintf(text, EVIDENCE_TEXT, "%s: %s%s%s", og_error_name(error), fault->symbol,
                 *fault->symbol && *fault->message ? ": " : "", fault->message);
}

/* Stands still, to be looked at. */
static void stand(struct host *host, enum evidence_phase phase)
{
    host->evidence->phase = phase;
    if (host->watched)
        raise(SIGSTOP);
}

/* --- what attackers are after --- */

/* A function that nobody is to enter, and a check in front of what it does. */
__attribute__((noinline, used)) static void forbidden(void)
{
    if (evidence_page)
        evidence_page->entered = 1;
}

/* What a library finds that looks for it by its name. */
void attack_exported(void);
__attribute__((visibility("default"))) void attack_exported(void)
{
    forbidden();
}

static volatile bool allowed;

__attribute__((noinline, used)) static void guarded(void)
{
    if (!allowed)
        return;
    __asm__ volatile(".globl attack_unchecked\nattack_unchecked:");
    forbidden();
}
extern const char attack_unchecked[];

static void harmless(void)
{
}

static void (*volatile pointer)(void) = harmless;
static jmp_buf jump_buffer;
static volatile int jumps;

static void fill_canary(uint64_t *words, unsigned canary, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        words[i] = evidence_word(seed, canary, i);
}

/* From now on the watcher looks at it. */
static void name_canary(struct host *host, unsigned canary, uint64_t address, unsigned count,
                        const char *name)
{
    struct evidence_canary *place = &host->evidence->canaries[canary];
    place->address = address;
    place->words = count;
    snprintf(place->name, sizeof(place->name), "%s", name);
}

static void lay_canary(struct host *host, uint64_t *words, unsigned canary, unsigned count,
                       const char *name)
{
    fill_canary(words, canary, count);
    name_canary(host, canary, (uintptr_t)words, count, name);
}

/* A page of secrets, or one that is a canary as a whole. Before it lies memory of the host's. */
static void *lay_page(struct host *host, int protection, int canary, const char *name)
{
    char *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        abort();
    page += PAGE;
    if (canary < 0)
        memcpy(page, secret, sizeof(secret));
    else
        lay_canary(host, (uint64_t *)(void *)page, (unsigned)canary, EVIDENCE_WORDS, name);
    mprotect(page, PAGE, protection);
    return page;
}

static int lay_file(struct host *host, const char *name, const void *bytes, size_t size)
{
    char path[sizeof(host->path)];
    snprintf(path, sizeof(path), "%s/%s", host->folder, name);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size)
        abort();
    return file;
}

static void lay_heap(struct host *host)
{
    uint8_t *heap_secret = malloc(SECRET_SIZE);
    uint64_t *canary = malloc(CANARY_WORDS * sizeof(*canary));
    if (!heap_secret || !canary)
        abort();
    memcpy(heap_secret, secret, SECRET_SIZE);
    lay_canary(host, canary, 1, CANARY_WORDS, "the host's heap");
    host->places[PLACE_secret_heap] = (uintptr_t)heap_secret;
    host->places[PLACE_canary_heap] = (uintptr_t)canary;
}

#if defined(BASELINE_MPK)
extern const unsigned char og_mpk_gate_start[], og_mpk_gate_end[], og_mpk_gate_return[];

/* Known once a domain was opened. */
static void lay_gate(struct host *host)
{
    uintptr_t gs = 0;
    stack_t stack = {0};
    host->places[PLACE_gate_start] = (uintptr_t)og_mpk_gate_start;
    host->places[PLACE_gate_end] = (uintptr_t)og_mpk_gate_end;
    host->places[PLACE_gate_return] = (uintptr_t)og_mpk_gate_return;
    if (getauxval(AT_HWCAP2) & 2) /* HWCAP2_FSGSBASE */
        __asm__("rdgsbase %0" : "=r"(gs));
    host->places[PLACE_gs] = gs;
    if (!sigaltstack(NULL, &stack) && !(stack.ss_flags & SS_DISABLE)) {
        host->places[PLACE_signal_stack] = (uintptr_t)stack.ss_sp;
        host->places[PLACE_signal_stack_size] = stack.ss_size;
    }
}
#else
static void lay_gate(struct host *host)
{
    (void)host;
}
#endif

static void lay_things(struct host *host)
{
    uint64_t *places = host->places;
    lay_canary(host, canary_global, 0, CANARY_WORDS, "the host's data");
    memcpy(secret_thread, secret, sizeof(secret));
    places[PLACE_secret_global] = (uintptr_t)secret;
    places[PLACE_secret_thread] = (uintptr_t)secret_thread;
    places[PLACE_canary_global] = (uintptr_t)canary_global;
    lay_heap(host);
    places[PLACE_secret_page] = (uintptr_t)lay_page(host, PROT_READ, -1, NULL);
    places[PLACE_canary_page] =
        (uintptr_t)lay_page(host, PROT_READ | PROT_WRITE, 2, "a page of the host's");
    places[PLACE_canary_constant] =
        (uintptr_t)lay_page(host, PROT_READ, 3, "a read-only page of the host's");
    places[PLACE_pointer] = (uintptr_t)&pointer;
    places[PLACE_forbidden] = (uintptr_t)forbidden;
    places[PLACE_unchecked] = (uintptr_t)attack_unchecked;
    places[PLACE_jump_buffer] = (uintptr_t)&jump_buffer;
    places[PLACE_host_longjmp] = (uintptr_t)dlsym(RTLD_DEFAULT, "longjmp");
    places[PLACE_host_open] = (uintptr_t)dlsym(RTLD_DEFAULT, "open");
    places[PLACE_host_system_call] = (uintptr_t)dlsym(RTLD_DEFAULT, "syscall");
    places[PLACE_host_pkey_set] = (uintptr_t)dlsym(RTLD_DEFAULT, "pkey_set");
    places[PLACE_host_mprotect] = (uintptr_t)dlsym(RTLD_DEFAULT, "mprotect");
    places[PLACE_host_free] = (uintptr_t)dlsym(RTLD_DEFAULT, "free");
    places[PLACE_journal] = (uint64_t)lay_file(host, "journal", "before\n", 7);
    places[PLACE_secrets] = (uint64_t)lay_file(host, "secrets", secret, sizeof(secret));
    places[PLACE_host_process] = (uint64_t)getpid();
}

/* --- the state of the host that no call may change --- */

struct state {
    uint32_t mxcsr, rights;
    uint16_t control;
    uint32_t tags;
    struct sigaction handlers[SIGNALS];
    sigset_t blocked;
    char **environment;
    uint64_t environment_sum;
    struct itimerval timer;
};

static uint32_t keys_rights(void)
{
    uint32_t rights = 0;
    if (getauxval(AT_HWCAP) && system_missing() == NULL && SYSTEM_ISOLATES) {
#if defined(BASELINE_MPK)
        __asm__ volatile("rdpkru" : "=a"(rights) : "c"(0) : "rdx");
#endif
    }
    return rights;
}

extern char **environ;

static uint64_t sum_environment(void)
{
    uint64_t sum = 5381;
    for (char **variable = environ; variable && *variable; variable++)
        for (const char *c = *variable; *c; c++)
            sum = sum * 33 + (unsigned char)*c;
    return sum;
}

static void take_state(struct state *state)
{
    struct {
        uint32_t control, status, tags, others[4];
    } x87;
    memset(state, 0, sizeof(*state));
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1\n\tfnstenv %2\n\tfldenv %2"
                     : "=m"(state->mxcsr), "=m"(state->control), "=m"(x87));
    state->tags = x87.tags & 0xffff;
    state->mxcsr &= ~0x3fu; /* the exceptions so far */
    state->rights = keys_rights();
    for (int signal = 1; signal < SIGNALS; signal++)
        sigaction(signal, NULL, &state->handlers[signal]);
    pthread_sigmask(SIG_SETMASK, NULL, &state->blocked);
    state->environment = environ;
    state->environment_sum = sum_environment();
    getitimer(ITIMER_REAL, &state->timer);
}

static void compare_states(struct host *host, const struct state *before, const struct state *after)
{
    char text[EVIDENCE_TEXT];
    if (host->flags & 0x40400) /* direction, alignment check */
        host_harmed(host, "flags of the processor stay set");
    if (before->mxcsr != after->mxcsr)
        host_harmed(host, "the control word of vector arithmetic is another one");
    if (before->control != after->control)
        host_harmed(host, "the control word of the x87 unit is another one");
    if (before->tags != after->tags)
        host_harmed(host, "values are left on the x87 stack");
    if (before->rights != after->rights)
        host_harmed(host, "the rights of the protection keys are others");
    for (int signal = 1; signal < SIGNALS; signal++)
        if (before->handlers[signal].sa_handler != after->handlers[signal].sa_handler) {
            snprintf(text, sizeof(text), "signal %d has another handler", signal);
            host_harmed(host, text);
        }
    if (memcmp(&before->blocked, &after->blocked, 8))
        host_harmed(host, "other signals are blocked");
    if (before->environment != after->environment ||
        before->environment_sum != after->environment_sum)
        host_harmed(host, "the environment is another one");
    if (after->timer.it_value.tv_sec || after->timer.it_value.tv_usec)
        host_harmed(host, "a timer of the process runs");
}

static uint64_t read_flags(void)
{
    uint64_t flags;
    __asm__ volatile("pushf\n\tpop %0\n\tcld" : "=r"(flags));
    return flags;
}

/* --- calling --- */

static uint64_t (*called_back_hook)(uint64_t value);

static uint64_t called_back_by_library(uint64_t value)
{
    return called_back_hook ? called_back_hook(value) : value + 1;
}

static enum og_error host_prepare(struct host *host)
{
    return call_attack_prepare(&host->library, host->number, host->places, PLACE_COUNT, host->path,
                               &host->fault);
}

static enum og_error host_call(struct host *host, uint32_t step)
{
    uint8_t loot[LOOT_SIZE] = {0};
    uint64_t result = 0;
    enum og_error error = call_attack_run(&host->library, &result, step, loot, sizeof(loot),
                                          &host->callback, &host->fault);
    host->flags |= read_flags();
    host_gives(host, loot, sizeof(loot));
    return error;
}

static enum og_error default_run(struct host *host)
{
    enum og_error error = host_prepare(host);
    return error ? error : host_call(host, 0);
}

/* On stacks and with faults of their own. */
static void *run_thread(void *argument)
{
    struct host_thread *thread = argument;
    uint8_t loot[LOOT_SIZE] = {0};
    uint64_t result = 0;
    do
        thread->error = call_attack_run(&thread->host->library, &result, thread->step, loot,
                                        sizeof(loot), &thread->host->callback, &thread->fault);
    while (!thread->error && thread->until && !*thread->until);
    host_gives(thread->host, loot, sizeof(loot));
    thread->ended = true;
    return NULL;
}

static void host_thread_start(struct host_thread *thread, struct host *host, uint32_t step,
                              const volatile bool *until)
{
    *thread = (struct host_thread){.host = host, .step = step, .until = until};
    if (pthread_create(&thread->id, NULL, run_thread, thread))
        abort();
}

static enum og_error host_thread_join(struct host_thread *thread)
{
    pthread_join(thread->id, NULL);
    if (thread->error && !thread->host->fault.error)
        thread->host->fault = thread->fault;
    return thread->error;
}

static void host_spin(unsigned milliseconds)
{
    struct timespec now, end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += milliseconds / 1000;
    end.tv_nsec += milliseconds % 1000 * 1000000;
    do {
        for (volatile int i = 0; i < 20000;
             i++) /* in the program's own code, not in the kernel's */
            ;
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
}

static void host_cannot(struct host *host, const char *why)
{
    host->cannot = why;
}

static const char *host_path(struct host *host, const char *name)
{
    static char paths[4][sizeof(host->path)];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", host->folder, name);
    return path;
}

static unsigned char *host_read_library(struct host *host, size_t *size)
{
    FILE *file = fopen(host->library_path, "rb");
    unsigned char *bytes = NULL;
    if (file && !fseek(file, 0, SEEK_END)) {
        *size = (size_t)ftell(file);
        rewind(file);
        bytes = malloc(*size);
        if (bytes && fread(bytes, 1, *size, file) != *size)
            abort();
    }
    if (!bytes)
        abort();
    fclose(file);
    return bytes;
}

static enum og_error write_changed(struct host *host, const void *bytes, size_t size)
{
    if (!*host->hostile_path)
        snprintf(host->hostile_path, sizeof(host->hostile_path), "%s/hostile.so", host->folder);
    int file = open(host->hostile_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    bool written = file >= 0 && write(file, bytes, size) == (ssize_t)size;
    if (file >= 0)
        close(file);
    return written ? OG_OK
                   : og_fail_system(&host->fault, errno, host->hostile_path, 0,
                                    "the changed copy of the library cannot be written");
}

static enum og_error host_open_changed(struct host *host, const void *bytes, size_t size)
{
    enum og_error error = write_changed(host, bytes, size);
    if (!error)
        error = system_open(&host->other, host->hostile_path, host);
    host->other_is_open = !error;
    return error;
}

/* The library's bytes, in which the block of at_load in foreign.c is filled. */
ATTACK_UNUSED static void fill_load_block(struct host *host, unsigned char *bytes, size_t size)
{
    struct {
        char marker[16];
        uint32_t number, moment;
        uint64_t places[PLACE_COUNT];
        char path[128];
    } block = {"og-attack-load-", host->number, host->part->moment, {0}, {0}};
    unsigned char *place = memmem(bytes, size, block.marker, sizeof(block.marker));
    memcpy(block.places, host->places, sizeof(block.places));
    snprintf(block.path, sizeof(block.path), "%s", host->path);
    if (!place || sizeof(block) > size - (size_t)(place - bytes))
        abort();
    memcpy(place, &block, sizeof(block));
}

static enum og_error host_open_hostile(struct host *host)
{
#if defined(WORKLOAD_SYSTEM_copy_wasm)
    enum og_error error = system_open(&host->other, NULL, host);
    host->other_is_open = !error;
    return error;
#else
    size_t size = 0;
    unsigned char *bytes = host_read_library(host, &size);
    fill_load_block(host, bytes, size);
    enum og_error error = host_open_changed(host, bytes, size);
    free(bytes);
    return error;
#endif
}

static enum og_error host_call_other(struct host *host, uint32_t step)
{
    uint8_t loot[LOOT_SIZE] = {0};
    uint64_t result = 0;
#if defined(WORKLOAD_SYSTEM_raw)
    __typeof__(&attack_run) run =
        (__typeof__(&attack_run))dlsym(host->other.instance.handle, "attack_run");
    __typeof__(&attack_prepare) prepare =
        (__typeof__(&attack_prepare))dlsym(host->other.instance.handle, "attack_prepare");
    prepare(host->number, host->places, PLACE_COUNT, host->path);
    result = run(step, loot, sizeof(loot), called_back_by_library);
    (void)result;
    enum og_error error = OG_OK;
#else
    enum og_error error = call_attack_prepare(&host->other, host->number, host->places, PLACE_COUNT,
                                              host->path, &host->fault);
    if (!error)
        error =
            call_attack_run(&host->other, &result, step, loot, sizeof(loot), NULL, &host->fault);
#endif
    host_gives(host, loot, sizeof(loot));
    return error;
}

/* Loading, and for a destructor unloading, is the attack. */
static enum og_error load_run(struct host *host)
{
    enum og_error error = host_open_hostile(host);
    if (!error && host->part->moment == DESTRUCTOR) {
        error = instance_close(&host->other.instance, &host->fault);
        host->other_is_open = false;
    }
    return error;
}

/* Another instance, with a secret and a canary of its own. */
static enum og_error open_other(struct host *host)
{
    uint8_t both[SECRET_SIZE + CANARY_WORDS * sizeof(uint64_t)];
    uint64_t words[CANARY_WORDS], address = 0;
    memcpy(both, secret, SECRET_SIZE);
    fill_canary(words, 5, CANARY_WORDS);
    memcpy(both + SECRET_SIZE, words, sizeof(words));
    enum og_error error = host_open_hostile(host);
#if defined(WORKLOAD_SYSTEM_raw)
    uint64_t (*hold)(const uint8_t *, uint32_t) =
        (uint64_t(*)(const uint8_t *, uint32_t))dlsym(host->other.instance.handle, "attack_hold");
    address = hold(both, sizeof(both));
#else
    if (!error)
        error = call_attack_hold(&host->other, &address, both, sizeof(both), &host->fault);
#endif
#if defined(WORKLOAD_SYSTEM_copy_wasm)
    address = (uintptr_t)wasm_at(host->other.instance.wasm, (uint32_t)address);
#endif
    host->places[PLACE_secret_other] = address;
    host->places[PLACE_canary_other] = address + SECRET_SIZE;
#if !defined(BASELINE_PROCESS) /* where it is in the host's address space */
    name_canary(host, 5, address + SECRET_SIZE, CANARY_WORDS, "another instance");
#endif
    return error;
}

/* --- and then the host goes on --- */

static void *in_a_thread(void *argument)
{
    return argument;
}

/* What any program needs now and then. */
static const char *cannot_go_on(struct host *host)
{
    char path[sizeof(host->path)];
    void *memory = malloc(1 << 20);
    pthread_t thread;
    if (!memory)
        return "the host gets no memory";
    memset(memory, 1, 1 << 20);
    free(memory);
    snprintf(path, sizeof(path), "%s/another", host->folder);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return "the host cannot open a file";
    close(file);
    if (pthread_create(&thread, NULL, in_a_thread, NULL) || pthread_join(thread, NULL))
        return "the host cannot start a thread";
    if (write((int)host->places[PLACE_journal], "after\n", 6) != 6)
        return "the host cannot write its file";
    return NULL;
}

static enum og_error add_two(struct host *host)
{
    uint32_t sum = 0;
    enum og_error error = call_attack_add(&host->library, &sum, 19, 23, &host->fault);
    if (!error && sum != 42)
        return og_fail(&host->fault, OG_CONTRACT, "attack_add", 0, "19 and 23 are not 42");
    return error;
}

/* The next call: after a reset if the attack, or what it left behind, was reported. */
static void try_next_call(struct host *host, enum og_error error)
{
    struct evidence *evidence = host->evidence;
    enum og_error next = OG_OK;
    if (host->other_is_open && !(host->part->needs & NEEDS_TWO_INSTANCES))
        (void)instance_close(&host->other.instance, NULL);
    if (!host->library_is_open)
        next = system_open(&host->library, host->library_path, host);
    else if (error)
        next = instance_reset(&host->library.instance, &host->fault);
    if (!next)
        next = add_two(host);
    if (next && !error) {
        evidence->error = next;
        tell_fault(evidence->message, next, &host->fault);
        next = instance_reset(&host->library.instance, &host->fault);
        if (!next)
            next = add_two(host);
    }
    evidence->next_call = !next;
    tell_fault(evidence->next_message, next, &host->fault);
    const char *why = cannot_go_on(host);
    if (why) {
        evidence->next_call = 0;
        host_harmed(host, why);
    }
}

/* As a host does that writes a log: where it happened, and whose memory it was. */
static void describe_fault(struct host *host, enum og_error error)
{
#if defined(BASELINE_MPK)
    char text[1024];
    struct attacks *which = host->other_is_open ? &host->other : &host->library;
    if (error == OG_FAULTED && which->instance.domain)
        og_fault_describe(which->instance.domain, &host->fault, text, sizeof(text));
#endif
    (void)host, (void)error;
}

static enum og_error open_library(struct host *host)
{
    enum og_error error = system_open(&host->library, host->library_path, host);
    if (!error)
        error = attacks_called_back_open(&host->library, &host->callback, called_back_by_library,
                                         NULL, &host->fault);
    host->library_is_open = !error;
    if (!error && host->part->needs & NEEDS_TWO_INSTANCES && host->part->moment == CALL)
        error = open_other(host);
    lay_gate(host);
    return error;
}

__attribute__((noinline)) static void make_attack(struct host *host)
{
    struct evidence *evidence = host->evidence;
    struct state before, after;
    uint64_t canary_stack[CANARY_WORDS];
    uint8_t secret_stack[SECRET_SIZE];
    lay_canary(host, canary_stack, 4, CANARY_WORDS, "the host's stack");
    memcpy(secret_stack, secret, sizeof(secret));
    host->places[PLACE_canary_stack] = (uintptr_t)canary_stack;
    host->places[PLACE_secret_stack] = (uintptr_t)secret_stack;
    __asm__ volatile("" : : "r"(canary_stack), "r"(secret_stack) : "memory");
    enum og_error error = OG_OK;
    if (host->part->before)
        host->part->before(host);
    if (host->cannot) {
        snprintf(evidence->reason, sizeof(evidence->reason), "%s", host->cannot);
        evidence->phase = EVIDENCE_NOT_APPLICABLE;
        return;
    }
    called_back_hook = host->called_back;
    bool may_be_refused = host->part->needs & (NEEDS_HOST_CODE | (SYSTEM_GRANTS ? NEEDS_GRANT : 0));
    if (!may_be_refused)
        error = open_library(host);
    if (error) {
        snprintf(evidence->reason, sizeof(evidence->reason), "the library cannot be opened: %s %s",
                 host->fault.symbol, host->fault.message);
        evidence->phase = EVIDENCE_NOT_APPLICABLE;
        return;
    }
    evidence->patience_ms = !SYSTEM_ISOLATES             ? PATIENCE_MS
                            : host->part->moment == CALL ? PATIENCE_ISOLATED_MS + host->deadline_ms
                                                         : PATIENCE_LOADING_MS;
    take_state(&before);
    stand(host, EVIDENCE_READY);
    if (may_be_refused) {
        error = open_library(host);
        evidence->threads = SYSTEM_ISOLATES; /* now, or when the next call is tried */
        take_state(&before); /* the first domain changes handlers, and gives the host all rights */
    }
    if (!error && !setjmp(jump_buffer))
        error = host->part->run              ? host->part->run(host)
                : host->part->moment == CALL ? default_run(host)
                                             : load_run(host);
    else if (!error)
        jumps++;
    describe_fault(host, error);
    take_state(&after);
    compare_states(host, &before, &after);
    if (jumps)
        host_harmed(host, "it went on at a place of the library's choice");
    evidence->error = error;
    tell_fault(evidence->message, error, &host->fault);
    for (const char *c = evidence->message; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            host_harmed(host, "control characters of the library's choice reach the terminal");
    pointer();
    if (host->part->after)
        host->part->after(host);
    try_next_call(host, error);
    stand(host, EVIDENCE_DONE);
    __asm__ volatile("" : : "r"(canary_stack), "r"(secret_stack) : "memory");
}

/* --- the program --- */

static const struct host_part *find_part(const char *name, uint32_t *number)
{
    const char *slash = strchr(name, '/');
    for (uint32_t i = 0; slash && i < HOST_PARTS; i++)
        if (!strncmp(host_parts[i].family, name, (size_t)(slash - name)) &&
            !host_parts[i].family[slash - name] && !strcmp(host_parts[i].name, slash + 1)) {
            *number = i + 1;
            return &host_parts[i];
        }
    return NULL;
}

/* The library, or the worker, is where this program's build has it. */
static void find_library(struct host *host)
{
    char program[PATH_MAX] = {0};
    if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
        abort();
    for (int i = 0; i < 2; i++)
        *strrchr(program, '/') = 0;
#if defined(BASELINE_PROCESS)
    const char *file = "bin/og-worker-attacks";
#else
    const char *file = "lib/libattacks.so";
#endif
    if ((size_t)snprintf(host->library_path, sizeof(host->library_path), "%s/%s", program, file) >=
        sizeof(host->library_path))
        abort();
}

/* The page: the watcher's, or one of our own with a secret of our own. */
static struct evidence *map_evidence(int argc, char **argv)
{
    static struct evidence own;
    if (argc == 4) {
        int file = atoi(argv[2]);
        void *page = mmap(NULL, sizeof(own), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (page == MAP_FAILED)
            abort();
        close(file);
        return page;
    }
    memcpy(own.secret, "by hand: a secret", sizeof(own.secret));
    own.seed = 42;
    return &own;
}

static void print_evidence(const struct evidence *evidence)
{
    const uint8_t *loot = memmem(evidence->loot, evidence->loot_size, secret, sizeof(secret));
    if (evidence->phase == EVIDENCE_NOT_APPLICABLE)
        printf("not applicable: %s\n", evidence->reason);
    else
        printf("error: %s; harm: %s; secret: %s; forbidden function: %s; next call: %s%s\n",
               *evidence->message ? evidence->message : "none",
               *evidence->harm ? evidence->harm : "none seen", loot ? "stolen" : "kept",
               evidence->entered ? "entered" : "not entered",
               evidence->next_call ? "works" : "fails: ", evidence->next_message);
}

static int list_attacks(void)
{
    for (size_t i = 0; i < HOST_PARTS; i++)
        printf("%s/%s\n", host_parts[i].family, host_parts[i].name);
    return 0;
}

int main(int argc, char **argv)
{
    static struct host host;
    if (argc == 2 && !strcmp(argv[1], "--system"))
        return puts(WORKLOAD_SYSTEM_NAME) < 0;
    if (argc == 2 && !strcmp(argv[1], "--list"))
        return list_attacks();
    if (argc == 2 && !strcmp(argv[1], "--was-executed"))
        return 77;
    if (argc != 2 && argc != 4) {
        fprintf(stderr, "usage: %s FAMILY/NAME | --list | --system\n", argv[0]);
        return 2;
    }
    host.part = find_part(argv[1], &host.number);
    if (!host.part) {
        fprintf(stderr, "%s: there is no attack '%s'; --list names those there are\n", argv[0],
                argv[1]);
        return 2;
    }
    host.evidence = evidence_page = map_evidence(argc, argv);
    host.watched = argc == 4;
    if (host.watched)
        snprintf(host.folder, sizeof(host.folder), "%s", argv[3]);
    else if (!mkdtemp(strcpy(host.folder, "/tmp/attack-XXXXXX")))
        abort();
    snprintf(host.path, sizeof(host.path), "%s/forbidden", host.folder);
    memcpy(secret, host.evidence->secret, sizeof(secret));
    seed = host.evidence->seed;
    memset(host.evidence->secret, 0, sizeof(host.evidence->secret));
    host.evidence->seed = 0;
    find_library(&host);
    const char *why = system_not_applicable(host.part);
    if (!why)
        why = system_missing();
    if (why) {
        snprintf(host.evidence->reason, sizeof(host.evidence->reason), "%s", why);
        host.evidence->phase = EVIDENCE_NOT_APPLICABLE;
    } else {
        lay_things(&host);
        make_attack(&host);
        attacks_close(&host.library);
    }
    if (!host.watched)
        print_evidence(host.evidence);
    return 0;
}
