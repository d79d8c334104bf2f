/* Hollow domains: the runtime over protection keys, as it is, but for the crossing and the keys.
 * Foreign code is C of this program, which runs on the caller's stack with the caller's rights;
 * what it asks of the kernel, and signals, come to the runtime as the gate would hand them over. So
 * all that the host's threads share is there to be watched by thread sanitizer, which knows nothing
 * of rights, of other stacks, and of memory that a loader inside a domain fills.
 *
 * What takes the runtime's place: gate.S and crossing.c that of the gate (gate.S, gate_code.c),
 * library.c that of what is loaded (image.c and the loader), system.c that of protection keys. */
#ifndef OMNIGLOT_MPK_TESTS_HOLLOW_H
#define OMNIGLOT_MPK_TESTS_HOLLOW_H

#include "omniglot/mpk/mpk.h"

/* --- for foreign code (crossing.c) --- */

/* The domain that the calling thread is in. */
struct mpk_domain *hollow_domain(void);
/* A system call. */
long hollow_system_call(long number, long a, long b, long c, long d);
/* An illegal instruction. */
void hollow_fault(void);
/* What has come for the calling thread comes now: signals interrupt hollow domains, and the host,
 * nowhere else. */
void hollow_interrupt(void);

/* --- what is loaded (library.c) --- */

/* Where the library's function of that name is: an address in the domain. 0: it has none. */
uintptr_t hollow_find(const struct mpk_domain *domain, const char *name);
/* The function that is there. */
typedef long hollow_function(long, long, long, long, long, long);
hollow_function *hollow_at(const struct mpk_domain *domain, uintptr_t address);

/* --- keys (system.c) --- */

/* The key of the signal stack that starts there; 0: the host's. */
int hollow_key_of(uintptr_t signal_stack);

/* --- tests (protocol.c) --- */

void what_the_protocol_of_signal_stacks_forbids_ends_the_process(void **state);

#endif
