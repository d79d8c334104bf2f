/* What is OG_MPK's alone: whether this machine can give it, and what the host's own code and signal
 * handlers have to do with it. A program calls none of this unless it makes or loads code, or
 * installs handlers past the C library. What a program may do beside domains, with signals, threads
 * and processes, and what it may not: docs/hosts.md. */
#ifndef OMNIGLOT_MPK_H
#define OMNIGLOT_MPK_H

#include "error.h"
#include "foreign.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sigaction;

/* Can this machine give OG_MPK? OG_OK, or OG_UNSUPPORTED and in *fault, which may be NULL, the
 * sentence why not. Opens nothing; any thread may ask. */
enum og_error og_mpk_supported(struct og_fault *fault);

/* What else a host has to see to, beyond code and handlers, is in docs/threat-model.md ("What the
 * host must see to"): it does not ask for memory that executes what it reads (personality), closes
 * no descriptors that are not its own (closefrom), and has neither io_uring rings, nor an rseq
 * area, nor Syscall User Dispatch of its own on threads that call into domains. */

/* Looks at all code of the process, as og_domain_open does before a domain can run. For a host
 * that makes or loads code while domains are open: call it before the next call into one.
 * og_domain_open looks at all of it each time, og_domain_reset when the dynamic loader has loaded
 * or unloaded something. It takes about 0.15 ms for each MiB of code.
 *
 * OG_OK; OG_FORBIDDEN: code holds an instruction that could undo the isolation, or is writable;
 * fault->symbol names it, and no domain may be called until it is gone; OG_UNSUPPORTED, OG_SYSTEM,
 * OG_NO_MEMORY: it could not be looked at. */
enum og_error og_mpk_check_host(struct og_fault *fault);

/* --- signals --- */

/* A program that has og-mpk linked in installs handlers, blocks signals and sets alternate
 * stacks as ever, by the C library's functions, before and after its first domain: they run on a
 * stack of the host's, with the host's rights, whatever they interrupt (docs/threat-model.md says
 * what differs). They must not call into domains, nor leave by longjmp out of foreign code. (One
 * that calls in gains no rights for the domain, but where it runs on an alternate stack of the
 * host's, or is its thread's first entry, the process may end.)
 *
 * A handler that was installed past the C library's functions, by a system call, would run with
 * foreign code's stack: this takes it over, and does nothing for others. Returns OG_OK or
 * OG_BAD_ARGUMENT. */
enum og_error og_mpk_signal_adopt(int signal, struct og_fault *fault) OG_MUST_CHECK;

/* For another runtime in the program that handles faults: as sigaction, but the action is for the
 * signals that no domain raised, which og-mpk's handler hands on to it. *before gets the one that
 * it replaces. Any thread may call it. */
void og_mpk_signal_chain(int signal, const struct sigaction *action, struct sigaction *before);

#ifdef __cplusplus
}
#endif

#endif
