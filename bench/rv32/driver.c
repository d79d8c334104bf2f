/* The driver of the embedded target: runs the cases of one (workload, system) pair, counts the
 * instructions of each (minstret), and writes both, with the bytes that the case computed, to the
 * console. results/measure_rv32.py compares and keeps them. One image holds one pair: the machine
 * is deterministic, so that nothing is gained by interleaving systems, and what an image takes in
 * flash and RAM is then the system's.
 *
 *   case,WORKLOAD,OPERATION,SYSTEM,PLACEMENT,SIZE,ITERATIONS,COUNT[,COUNT...]
 *   output,BYTES IN HEXADECIMAL                   (after each `case` line)
 *   done,HOST_STACK,HOST_HEAP                     (bytes used at most; the last line)
 */
#include "bench/harness/workload.h"
#include "omniglot/pmp/pmp.h"
#include "omniglot/rv32/kernel.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

extern const struct workload_table WORKLOAD_TABLE;

/* A sample is about so many instructions, or one operation. Odd repetitions: the median is one. */
enum { SAMPLE = 100000, ITERATIONS_MAX = 200, REPETITIONS = 3 };

enum { STACK_PAINT = 0x5a };
extern char __stack_low[], __stack_top[], __heap_start[];
void *sbrk(ptrdiff_t change);

uint64_t workload_clock(void)
{
    return kernel_instructions();
}

static bool fail(const struct workload_case *item, const char *what, const struct case_error *error)
{
    printf("failed,%s/%s/%s/%u: %s: %s\n", WORKLOAD_TABLE.workload, item->operation,
           WORKLOAD_TABLE.system, (unsigned)item->size, what,
           *error->message ? error->message : "no reason given");
    return false;
}

static bool count(const struct workload_case *item, void *state, uint64_t iterations,
                  uint64_t *cost, struct case_error *error)
{
    uint64_t elapsed = 0, start = kernel_instructions();
    bool done = item->run(state, iterations, item->self_timed ? &elapsed : NULL, error);
    *cost = item->self_timed ? elapsed : kernel_instructions() - start;
    return done;
}

static void print_output(const struct case_output *output)
{
    const unsigned char *bytes = output->bytes;
    printf("output,");
    for (size_t i = 0; i < output->size; i++) {
        const char digits[2] = {"0123456789abcdef"[bytes[i] >> 4],
                                "0123456789abcdef"[bytes[i] & 15]};
        kernel_write(digits, sizeof(digits));
    }
    printf("\n");
}

/* Counts, and shows the output of before and after: a case that goes wrong in the course of many
 * calls is wrong. */
static bool measure(const struct workload_case *item, void *state)
{
    struct case_error error = {""};
    struct case_output output;
    uint64_t cost = 0, once = 0;
    if (!item->output(state, &output, &error))
        return fail(item, "gives no output", &error);
    if (!count(item, state, 1, &once, &error))
        return fail(item, "failed while it was measured", &error);
    uint64_t iterations = SAMPLE / (once ? once : 1);
    iterations = iterations < 1 ? 1 : iterations > ITERATIONS_MAX ? ITERATIONS_MAX : iterations;
    printf("case,%s,%s,%s,%s,%u,%u", WORKLOAD_TABLE.workload, item->operation,
           WORKLOAD_TABLE.system, item->placement == PLACEMENT_RESIDENT ? "resident" : "copied",
           (unsigned)item->size, (unsigned)iterations);
    for (int i = 0; i < REPETITIONS; i++) {
        if (!count(item, state, iterations, &cost, &error)) {
            printf("\n");
            return fail(item, "failed while it was measured", &error);
        }
        printf(",%" PRIu64, cost);
    }
    printf("\n");
    if (!item->output(state, &output, &error))
        return fail(item, "gives no output after it was measured", &error);
    print_output(&output);
    return true;
}

static bool run_case(const struct workload_case *item)
{
    struct case_error error = {""};
    void *state = item->prepare(item, &error);
    if (!state)
        return fail(item, "cannot be prepared", &error);
    bool done = measure(item, state);
    item->finish(state);
    return done;
}

#ifdef WORKLOAD_SYSTEM_raw
extern const struct pmp_library og_pmp_libraries[], og_pmp_libraries_end[];

/* The linked libraries are there from the start, as in any program. */
static void start_libraries(void)
{
    for (const struct pmp_library *library = og_pmp_libraries; library < og_pmp_libraries_end;
         library++)
        dlopen(library->name, RTLD_NOW);
}
#else
static void start_libraries(void)
{
}
#endif

static void paint_stack(void)
{
    char *here = __builtin_frame_address(0);
    for (volatile char *at = __stack_low; at < here - 256; at++)
        *at = STACK_PAINT;
}

static unsigned stack_used(void)
{
    const volatile char *at = __stack_low;
    while (at < (const volatile char *)__stack_top && *at == STACK_PAINT)
        at++;
    return (unsigned)(__stack_top - (const char *)at);
}

int main(void)
{
    bool done = true;
    paint_stack();
    start_libraries();
    for (size_t i = 0; i < WORKLOAD_TABLE.count; i++)
        if (WORKLOAD_TABLE.cases[i].size <= WORKLOAD_SIZE_LIMIT)
            done = run_case(&WORKLOAD_TABLE.cases[i]) && done;
    printf("done,%u,%u\n", stack_used(), (unsigned)((char *)sbrk(0) - __heap_start));
    return done ? 0 : 1;
}
