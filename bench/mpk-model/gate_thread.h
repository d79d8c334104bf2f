/* A thread that can go through the gate without PKRU writes (gate_without_pkru.S), into a domain
 * that is nothing but a stack. */
#ifndef BENCH_MPK_MODEL_GATE_THREAD_H
#define BENCH_MPK_MODEL_GATE_THREAD_H

#include <stdbool.h>
#include <stdint.h>

/* Makes the calling thread one that can enter domain 0, whose thread pointer is its own. False: the
 * kernel does not set the GS base. Whether FSGSBASE's instructions work only the gate will show, by
 * SIGILL. */
bool gate_thread_enter(void);

/* The domain whose signal stack the gate takes to be armed; for another it calls og_mpk_arm. */
void gate_thread_arm(uint64_t domain);

/* Does the selector say that the domain's code runs, so that the kernel is to trap its system
 * calls? */
bool gate_thread_blocks(void);

/* How many calls have gone in. */
uint64_t gate_thread_calls(void);

#endif
