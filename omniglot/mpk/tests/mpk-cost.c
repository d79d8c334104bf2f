/* What the MPK runtime costs, in instructions: run in the PKU guest with --icount, where the
 * clock counts them. A regression test: each figure has a ceiling. */
#include "omniglot/omniglot.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CALLS = 10000 };

static int number, failures;

static uint64_t instructions(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void report(const char *what, uint64_t cost, uint64_t ceiling)
{
    number++;
    failures += cost > ceiling;
    printf("%sok %d - %s_costs_at_most_%llu_instructions\n# %llu\n", cost > ceiling ? "not " : "",
           number, what, (unsigned long long)ceiling, (unsigned long long)cost);
}

static int failed(const struct og_fault *fault)
{
    printf("Bail out! %s: %s\n", og_error_name(fault->error), fault->message);
    return 1;
}

/* The best of some: the first warms up, and in others the kernel may have had work of its own.
 * Taken of the gate and of a plain call of the same function, and subtracted. */
#define TIME(call)                                                                                 \
    __extension__({                                                                                \
        uint64_t best = UINT64_MAX;                                                                \
        for (int round = 0; round < 9; round++) {                                                  \
            uint64_t start = instructions();                                                       \
            for (int i = 0; i < CALLS; i++)                                                        \
                call;                                                                              \
            uint64_t cost = (instructions() - start) / CALLS;                                      \
            best = cost < best ? cost : best;                                                      \
        }                                                                                          \
        best;                                                                                      \
    })

typedef long ten(long, long, long, long, long, long, long, long, long, long);

static uint64_t time_empty(void (*function)(void))
{
    return TIME(((long (*)(void))function)());
}

static uint64_t time_ten(void (*function)(void))
{
    return TIME(((ten *)function)(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
}

typedef long call_back(long (*callback)(long, long, double), long a, long b, double c);

static uint64_t time_callback(void (*function)(void), long (*callback)(long, long, double))
{
    return TIME(((call_back *)function)(callback, 1, 2, 3));
}

static long nothing(long a, long b, double c)
{
    (void)b;
    (void)c;
    return a;
}

static void nothing_entered(void *user, struct og_scope *scope,
                            const struct og_arguments *arguments, struct og_result *result)
{
    (void)user;
    (void)scope;
    result->integer = arguments->integers[0];
}

/* A callback that does nothing, without the call that it is in, which costs as much as one of
 * another function with such parameters. */
static int report_callback(struct og_domain *domain, void *raw, struct og_fault *fault)
{
    static const struct og_parameter parameters[] = {OG_PARAMETER(void *), OG_PARAMETER(long),
                                                     OG_PARAMETER(long), OG_PARAMETER(double)};
    struct og_function function, count;
    struct og_callback callback;
    struct og_scope scope;
    if (og_domain_lookup(domain, "call_back", &function, fault) ||
        og_function_takes(&function, parameters, 4, fault) ||
        og_domain_lookup(domain, "count_up", &count, fault) ||
        og_function_takes(&count, parameters, 4, fault) ||
        og_callback_open(domain, &callback, nothing_entered, NULL, fault))
        return 0;
    og_scope_begin(domain, &scope);
    enum og_error error = og_invoke_begin(&scope.access, &function, fault);
    if (!error) {
        uint64_t empty =
            time_empty(count.entry) - time_empty((void (*)(void))dlsym(raw, "count_up"));
        uint64_t boxed = time_callback(
            function.entry, og_callback_pointer(&callback, long (*)(long, long, double)));
        uint64_t plain = time_callback((void (*)(void))dlsym(raw, "call_back"), nothing);
        report("an_empty_callback", boxed - plain - empty, 240);
        error = og_invoke_end(&scope.access, fault);
    }
    og_scope_end(&scope);
    og_callback_close(&callback);
    return !error;
}

static int report_calls(struct og_scope *scope, struct og_function *count,
                        struct og_function *sum_ten, void *raw, struct og_fault *fault)
    OG_REQUIRES(scope->access);
static int report_calls(struct og_scope *scope, struct og_function *count,
                        struct og_function *sum_ten, void *raw, struct og_fault *fault)
{
    if (og_invoke_begin(&scope->access, count, fault) || og_function_takes(count, NULL, 0, fault) ||
        og_function_takes(sum_ten,
                          OG_PARAMETERS(OG_PARAMETER(long), OG_PARAMETER(long), OG_PARAMETER(long),
                                        OG_PARAMETER(long), OG_PARAMETER(long), OG_PARAMETER(long),
                                        OG_PARAMETER(long), OG_PARAMETER(long), OG_PARAMETER(long),
                                        OG_PARAMETER(long)),
                          fault))
        return 0;
    uint64_t empty = time_empty(count->entry) - time_empty((void (*)(void))dlsym(raw, "count_up"));
    uint64_t with_ten = time_ten(sum_ten->entry) - time_ten((void (*)(void))dlsym(raw, "sum_ten"));
    report("an_empty_call", empty, 82);
    report("each_of_ten_integers_times_10", with_ten - empty, 40);
    return !og_invoke_end(&scope->access, fault);
}

/* --- whole calls of libraries, beside the plain call of the same function --- */

static void report_share(const char *what, uint64_t boxed, uint64_t plain, double percent)
{
    double share = plain ? 100.0 * ((double)boxed - (double)plain) / (double)plain : 1e9;
    number++;
    failures += share > percent;
    printf("%sok %d - %s_costs_at_most_%.1f_percent_more\n# %llu, plain %llu: %.3f %%\n",
           share > percent ? "not " : "", number, what, percent, (unsigned long long)boxed,
           (unsigned long long)plain, share);
}

#define TIME_FEW(call)                                                                             \
    __extension__({                                                                                \
        uint64_t best = UINT64_MAX;                                                                \
        for (int round = 0; round < 5; round++) {                                                  \
            uint64_t start = instructions();                                                       \
            for (int i = 0; i < 10; i++)                                                           \
                call;                                                                              \
            uint64_t cost = (instructions() - start) / 10;                                         \
            best = cost < best ? cost : best;                                                      \
        }                                                                                          \
        best;                                                                                      \
    })

enum { LARGE = 65536 };
static unsigned char text[LARGE], packed[2 * LARGE], hash[32];

/* SHA-256 of `size` bytes that are copied into the domain, and the hash out. */
static int share_of_sha256(struct og_domain *sodium, void *raw, const char *what, size_t size,
                           double percent, struct og_fault *fault)
{
    typedef int sha256(unsigned char *, const unsigned char *, unsigned long long);
    struct og_function function;
    struct og_scope scope;
    sha256 *plain = (sha256 *)dlsym(raw, "crypto_hash_sha256");
    if (!plain || og_domain_lookup(sodium, "crypto_hash_sha256", &function, fault))
        return 0;
    og_scope_begin(sodium, &scope);
    unsigned char og_mut *in = og_alloc(&scope, unsigned char, size, fault);
    unsigned char og_mut *out = og_alloc(&scope, unsigned char, sizeof(hash), fault);
    enum og_error error = fault->error;
    if (in && out) {
        uint64_t boxed = TIME_FEW({
            error = og_write_array(&scope.access, in, text, size, fault);
            if (!error)
                error = og_invoke_begin(&scope.access, &function, fault);
            if (!error) {
                ((sha256 *)function.entry)(og_pass(out), og_pass(in), size);
                error = og_invoke_end(&scope.access, fault);
            }
            if (!error)
                error = og_read_array(&scope.access, out, hash, sizeof(hash), fault);
        });
        report_share(what, boxed, TIME_FEW(plain(hash, text, size)), percent);
    }
    og_scope_end(&scope);
    return !error;
}

/* A one-shot inflate to 64 KiB, in place. */
static int share_of_inflate(struct og_domain *zlib, void *raw, struct og_fault *fault)
{
    typedef int pack(void *, unsigned long *, const void *, unsigned long);
    struct og_function function;
    struct og_scope scope;
    pack *compress = (pack *)dlsym(raw, "compress"), *plain = (pack *)dlsym(raw, "uncompress");
    unsigned long size = sizeof(packed), room = LARGE;
    if (!compress || !plain || compress(packed, &size, text, LARGE) ||
        og_domain_lookup(zlib, "uncompress", &function, fault))
        return 0;
    og_scope_begin(zlib, &scope);
    unsigned char og_mut *in = og_alloc(&scope, unsigned char, size, fault);
    unsigned char og_mut *out = og_alloc(&scope, unsigned char, LARGE, fault);
    unsigned long og_mut *out_size = og_alloc(&scope, unsigned long, 1, fault);
    enum og_error error = fault->error;
    if (in && out && out_size && !og_write_array(&scope.access, in, packed, size, fault)) {
        uint64_t boxed = TIME_FEW({
            error = og_write(&scope.access, out_size, room, fault);
            if (!error)
                error = og_invoke_begin(&scope.access, &function, fault);
            if (!error) {
                ((pack *)function.entry)(og_pass(out), og_pass(out_size), og_pass(in), size);
                error = og_invoke_end(&scope.access, fault);
            }
        });
        uint64_t alone = TIME_FEW({
            room = LARGE;
            plain(text, &room, packed, size);
        });
        report_share("inflating_to_64_KiB_in_place", boxed, alone, 0.5);
    }
    og_scope_end(&scope);
    return !error;
}

static int report_libraries(const struct og_options *options, struct og_fault *fault)
{
    static const char *const names[] = {"libsodium.so.23", "libz.so.1"};
    struct og_domain *domains[2];
    void *raw[2];
    for (size_t i = 0; i < LARGE; i++)
        text[i] = (unsigned char)"it is a text of a kind, "[i * i / 7 % 24];
    for (int i = 0; i < 2; i++) {
        raw[i] = dlopen(names[i], RTLD_NOW);
        if (!raw[i] ||
            og_domain_open(&domains[i], (const char *const[]){names[i], NULL}, options, fault))
            return 0;
    }
    *fault = (struct og_fault){0};
    int done = share_of_sha256(domains[0], raw[0], "sha256_of_4_KiB", 4096, 1.5, fault) &&
               share_of_sha256(domains[0], raw[0], "sha256_of_64_KiB", LARGE, 0.2, fault) &&
               share_of_inflate(domains[1], raw[1], fault);
    for (int i = 0; i < 2; i++)
        done &= !og_domain_close(domains[i], fault);
    return done;
}

int main(int argc, char **argv)
{
    struct og_domain *domain;
    struct og_fault fault = {0};
    struct og_scope scope;
    const struct og_options options = {.isolation = OG_MPK};
    const char *attack = argc > 1 ? argv[1] : "libogattack.so";
    const char *const zlib[] = {"libz.so.1", NULL};
    void *raw = dlopen(attack, RTLD_NOW);
    struct og_function count, sum_ten;
    puts("1..9");
    if (!raw) {
        printf("Bail out! %s\n", dlerror());
        return 1;
    }
    if (og_domain_open(&domain, zlib, &options, &fault) || og_domain_close(domain, &fault))
        return failed(&fault);
    uint64_t start = instructions();
    if (og_domain_open(&domain, zlib, &options, &fault))
        return failed(&fault);
    report("opening_a_domain_with_zlib", instructions() - start, 20000000);
    start = instructions();
    if (og_domain_close(domain, &fault))
        return failed(&fault);
    report("closing", instructions() - start, 2000000);

    if (og_domain_open(&domain, (const char *const[]){attack, NULL}, &options, &fault) ||
        og_domain_lookup(domain, "count_up", &count, &fault) ||
        og_domain_lookup(domain, "sum_ten", &sum_ten, &fault))
        return failed(&fault);
    og_scope_begin(domain, &scope);
    int called = report_calls(&scope, &count, &sum_ten, raw, &fault);
    og_scope_end(&scope);
    called = called && report_callback(domain, raw, &fault);
    if (!called || og_domain_reset(domain, &fault))
        return failed(&fault);
    og_scope_begin(domain, &scope);
    called = og_alloc(&scope, char, 64 << 10, &fault) != NULL;
    og_scope_end(&scope);
    if (!called)
        return failed(&fault);
    start = instructions();
    if (og_domain_reset(domain, &fault))
        return failed(&fault);
    report("resetting_64_KiB", instructions() - start, 200000);
    if (og_domain_close(domain, &fault) || !report_libraries(&options, &fault))
        return failed(&fault);
    return failures != 0;
}
