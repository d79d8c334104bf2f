/* Random faults from several threads: wild reads, writes and jumps, stack overflows, aborts,
 * endless loops. After each, the host's heap is as it was and the next call is right.
 *
 *   mpk-stress FOLDER-OF-libogattack.so FAULTS */
#include "omniglot/omniglot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, HEAP = 1 << 16 };

static char library[4096];
static long faults_each;
static atomic_long wrong, faulted, overdue;

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 16;
}

static uint64_t checksum(const unsigned char *bytes, size_t size)
{
    uint64_t sum = 14695981039346656037u;
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ bytes[i]) * 1099511628211u;
    return sum;
}

/* Could the instruction at `code`, with its prefixes, be one? See mpk-stress-in-guest. */
static int may_be_far_return(const unsigned char *code)
{
    for (int i = 0; i < 15; i++)
        if (code[i] == 0xca || code[i] == 0xcb || code[i] == 0xcf)
            return 1;
    return 0;
}

/* An address that is likely to mean something: the host's heap, stack or code, or any. */
static uintptr_t wild(uint64_t *state, const unsigned char *heap)
{
    uint64_t random = next_random(state);
    switch (random % 5) {
    case 0:
        return (uintptr_t)heap + random / 5 % HEAP;
    case 1:
        return (uintptr_t)state + random / 5 % 4096;
    case 2: {
        const unsigned char *code = (const unsigned char *)&checksum + random / 5 % 16384;
        return may_be_far_return(code) ? 0 : (uintptr_t)code;
    }
    case 3:
        return random << 20;
    default:
        return random & 0x7fffffffffff;
    }
}

typedef long words(uintptr_t, uintptr_t, uintptr_t, uintptr_t);

static enum og_error call(struct og_domain *domain, const char *name, uintptr_t a, uintptr_t b,
                          long *result)
{
    struct og_function function;
    struct og_scope scope;
    struct og_fault fault;
    enum og_error error = og_domain_lookup(domain, name, &function, &fault);
    if (error)
        return error;
    og_scope_begin(domain, &scope);
    error = og_invoke_begin(&scope.access, &function, &fault);
    if (!error) {
        *result = ((words *)function.entry)(a, b, 0, 0);
        error = og_invoke_end(&scope.access, &fault);
    }
    og_scope_end(&scope);
    return error;
}

static void *attack(void *memory)
{
    static const char *const ways[] = {"read_word",      "write_word", "call_address",
                                       "overflow_stack", "call_abort", "execute_nothing",
                                       "divide",         "clear_gs"};
    uint64_t state = 1 + (uintptr_t)memory;
    const struct og_options options = {.isolation = OG_MPK, .deadline_ms = 50};
    struct og_domain *domain;
    struct og_fault fault;
    unsigned char *heap = malloc(HEAP);
    if (!heap || og_domain_open(&domain, (const char *const[]){library, NULL}, &options, &fault)) {
        atomic_fetch_add(&wrong, 1);
        free(heap);
        return NULL;
    }
    for (size_t i = 0; i < HEAP; i++)
        heap[i] = (unsigned char)next_random(&state);
    uint64_t sum = checksum(heap, HEAP);
    for (long faults = 0; faults < faults_each;) {
        const char *way = next_random(&state) % 64 ? ways[next_random(&state) % 8] : "loop_forever";
        long result = 0;
        enum og_error error = call(domain, way, wild(&state, heap), 0, &result);
        atomic_fetch_add(&faulted, error == OG_FAULTED);
        atomic_fetch_add(&overdue, error == OG_DEADLINE);
        /* A few wild accesses hit the domain's own memory. */
        faults += error == OG_FAULTED || error == OG_DEADLINE;
        /* On a busy machine the deadline can pass in any call: then once more. */
        for (int tries = 0; tries < 100; tries++) {
            error = og_domain_reset(domain, &fault);
            if (!error)
                error = call(domain, "count_up", 0, 0, &result);
            if (error != OG_DEADLINE && error != OG_NOT_FOUND)
                break;
        }
        if (error || result != 101 || checksum(heap, HEAP) != sum) {
            atomic_fetch_add(&wrong, 1);
            printf("# after %s: %s, count %ld\n", way, og_error_name(error), result);
        }
        if (og_domain_reset(domain, &fault))
            atomic_fetch_add(&wrong, 1);
    }
    if (og_domain_close(domain, &fault))
        atomic_fetch_add(&wrong, 1);
    free(heap);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    long faults = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (faults < THREADS) {
        fprintf(stderr, "usage: mpk-stress FOLDER-OF-libogattack.so FAULTS\n");
        return 2;
    }
    snprintf(library, sizeof(library), "%s/libogattack.so", argv[1]);
    faults_each = faults / THREADS;
    for (uintptr_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, attack, (void *)i))
            return 2;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("1..1\n%sok 1 - random_faults_leave_the_host_and_the_next_call_right\n"
           "# %ld faults, %ld deadlines, %ld wrong\n",
           atomic_load(&wrong) ? "not " : "", atomic_load(&faulted), atomic_load(&overdue),
           atomic_load(&wrong));
    return atomic_load(&wrong) != 0;
}
