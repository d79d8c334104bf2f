/* og-gate-cost: what the model of og-mpk needs to know of this machine, printed as JSON.
 *
 *   clock_ghz         the processor's clock while it works: cycles of a chain of additions, each of
 *                     which needs the one before, so that it takes one cycle, by the wall clock
 *   gate_call_ns      a call and return through og-mpk's gate without its PKRU writes, less a plain
 *                     call and return
 *   gate_word_ns      what each word of arguments on the stack adds to that
 *   gate_callback_ns  the same as gate_call_ns of a callback
 *
 * Where the gate cannot run, `gate_missing` says why in place of the last three. */
#include "bench/mpk-model/gate_cost.h"
#include "bench/mpk-model/gate_thread.h"

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    SAMPLES = 41,
    CALLS = 20000, /* a sample */
    ADDITIONS = 64 * 20000,
};

typedef void function(void *argument);
function gate_cost_empty, gate_cost_call_back;
function gate_cost_thunk_empty, gate_cost_thunk_stacked, gate_cost_thunk_call_back;
extern char og_mpk_callback_thunks[] __attribute__((visibility("hidden")));

static sigjmp_buf stopped;

static double nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double samples[SAMPLES])
{
    qsort(samples, SAMPLES, sizeof(*samples), compare);
    return samples[SAMPLES / 2];
}

/* Register to register: some processors add small constants in no time. */
static double time_additions(void)
{
    uint64_t sum = 0;
    uint64_t loops = ADDITIONS / 64;
    double start = nanoseconds();
    __asm__ volatile("1: .rept 64\n\tadd %2, %0\n\t.endr\n\tdec %1\n\tjnz 1b"
                     : "+r"(sum), "+r"(loops)
                     : "r"((uint64_t)3)
                     : "cc");
    return nanoseconds() - start;
}

static double clock_ghz(void)
{
    double samples[SAMPLES];
    for (int i = 0; i < SAMPLES; i++)
        samples[i] = ADDITIONS / time_additions();
    return median(samples);
}

static double time_calls(function *called, void *argument)
{
    double start = nanoseconds();
    for (int i = 0; i < CALLS; i++) {
        function *hidden = called;
        __asm__ volatile("" : "+r"(hidden));
        hidden(argument);
    }
    return (nanoseconds() - start) / CALLS;
}

static void stop(int signal)
{
    (void)signal;
    siglongjmp(stopped, 1);
}

/* Prints the gate's costs. Returns why it cannot, or NULL. */
static const char *print_gate(void)
{
    enum { PLAIN, GATE, STACKED, PLAIN_BACK, GATE_BACK, KINDS };
    static double times[KINDS][SAMPLES];
    struct sigaction action = {.sa_handler = stop};
    if (!gate_thread_enter())
        return "the kernel does not set the GS base";
    sigaction(SIGILL, &action, NULL);
    if (sigsetjmp(stopped, 1))
        return "the processor or the kernel has no FSGSBASE instructions, which the gate needs";
    const struct {
        function *called;
        void *argument;
    } calls[KINDS] = {
        [PLAIN] = {gate_cost_empty, NULL},
        [GATE] = {gate_cost_thunk_empty, NULL},
        [STACKED] = {gate_cost_thunk_stacked, NULL},
        [PLAIN_BACK] = {gate_cost_call_back, (void *)(uintptr_t)gate_cost_empty},
        [GATE_BACK] = {gate_cost_thunk_call_back, og_mpk_callback_thunks},
    };
    for (int i = -1; i < SAMPLES; i++) /* the first is to warm up */
        for (int kind = 0; kind < KINDS; kind++)
            times[kind][i < 0 ? 0 : i] = time_calls(calls[kind].called, calls[kind].argument);
    const uint64_t entered = (uint64_t)(SAMPLES + 1) * CALLS * 3;
    if (gate_thread_calls() != entered)
        return "it has not counted as many calls as were made";
    double call = median(times[GATE]) - median(times[PLAIN]);
    double words = median(times[STACKED]) - median(times[GATE]); /* little: may drown in noise */
    double back = median(times[GATE_BACK]) - median(times[PLAIN_BACK]) - call;
    if (call <= 0 || back <= 0)
        return "its times are lost in the machine's noise: measure again on an idle machine";
    printf(", \"gate_call_ns\": %.3f, \"gate_word_ns\": %.3f, \"gate_callback_ns\": %.3f}\n", call,
           words > 0 ? words / GATE_COST_WORDS : 0, back);
    return NULL;
}

int main(void)
{
    printf("{\"clock_ghz\": %.4f", clock_ghz());
    fflush(stdout); /* what is known, should the gate end the program */
    const char *missing = print_gate();
    if (missing)
        printf(", \"gate_missing\": \"%s\"}\n", missing);
    return fflush(stdout) != 0;
}
