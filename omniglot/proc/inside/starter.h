/* What a domain's process begins as: no C library, no loader, at a low address of its own. It maps
 * the arena, fences itself in, maps the system's dynamic loader and the program into the arena, and
 * starts them; and it stays, to serve the system calls that are memory's. */
#ifndef OMNIGLOT_PROC_INSIDE_STARTER_H
#define OMNIGLOT_PROC_INSIDE_STARTER_H

#include "omniglot/proc/layout.h"

#include <stdbool.h>

/* What the starter ends with where it cannot go on: the process's exit status. */
enum starter_failure {
    STARTER_ARENA_IS_TAKEN = 101, /* something lies where the arena has to */
    STARTER_NO_ARENA,
    STARTER_NO_HOST, /* it has died */
    STARTER_NO_LIMITS,
    STARTER_NO_HANDLERS,
    STARTER_NO_FILTER,
    STARTER_HAS_LISTENER, /* another filter has one already */
    STARTER_NO_LISTENER,  /* it cannot be sent */
    STARTER_NO_LOADER,
};

/* Everything that a static program of one thread keeps. */
extern struct proc_control *starter_control;

/* A system call, from one place: the filter knows what comes from here by its address, and foreign
 * code can jump there. */
long starter_call(long number, long a, long b, long c, long d, long e, long f);

_Noreturn void starter_fail(int status);

/* filter.c: has the kernel refuse what is not granted. Returns the listener, or -errno. */
long starter_filter(void);

/* memory.c: what mmap, munmap, mprotect, madvise and brk do, all within the arena. */
void starter_memory_open(void);
long starter_map(uint64_t address, uint64_t size, int rights, int flags, int file, uint64_t offset);
long starter_unmap(uint64_t address, uint64_t size);
long starter_protect(uint64_t address, uint64_t size, int rights);
long starter_advise(uint64_t address, uint64_t size, int advice);
long starter_break(uint64_t address);

/* signals.c: what the kernel traps is served, and what ends a call is told. */
bool starter_signals(void);

#endif
