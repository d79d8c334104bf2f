/* Hosts: what programs do that have a library in a box. Each pattern is a row of a table, with a
 * sentence for a name, and is run in a process of its own through each system that it applies to:
 * a process that is killed, or hangs, is that row's failure.
 *
 * The patterns know of a library only what is here. A driver gives it for one system
 * (driver.h), from the stubs of that system. docs/hosts.md names every row. */
#ifndef OMNIGLOT_TESTS_HOSTS_HOSTS_H
#define OMNIGLOT_TESTS_HOSTS_HOSTS_H

#include "omniglot/tests/hosts/library.h"
#include <omniglot/domain.h>
#include <omniglot/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

/* --- the system --- */

/* Sets of systems. Their instances are any thread's behind the first two, and the opening
 * thread's behind the others. */
enum {
    OG_NONE_ONLY = 1,
    OG_MPK_ONLY = 2,
    PROCESS_ONLY = 4,
    WASM_ONLY = 8,
    DOMAINS = OG_NONE_ONLY | OG_MPK_ONLY,
    ISOLATED = OG_MPK_ONLY | PROCESS_ONLY | WASM_ONLY, /* the host is not the library's prey */
    TIMED = OG_MPK_ONLY | PROCESS_ONLY,                /* have deadlines */
    ALL = DOMAINS | PROCESS_ONLY | WASM_ONLY
};

struct hosts_library;

struct hosts_system {
    const char *name; /* og-mpk */
    unsigned is;      /* one of them */
    /* Opens liboghosted; deadline 0: none. */
    enum og_error (*open)(struct hosts_library **library, unsigned deadline_ms,
                          struct og_fault *fault);
    /* With these options, but for the isolation; NULL: the system has none. */
    enum og_error (*open_as)(struct hosts_library **library, const struct og_options *options,
                             struct og_fault *fault);
    /* A word of the library's memory, 42, which the host may read and write in place; or NULL. */
    long *(*word)(struct hosts_library *library);
    enum og_error (*call)(struct hosts_library *library, enum hosted_task task, int64_t argument,
                          int64_t *result, struct og_fault *fault);
    /* hosted_call_back with `callback`. */
    enum og_error (*call_back)(struct hosts_library *library, int64_t (*callback)(int64_t),
                               int64_t count, int64_t *result, struct og_fault *fault);
    enum og_error (*reset)(struct hosts_library *library, struct og_fault *fault);
    enum og_error (*close)(struct hosts_library *library, struct og_fault *fault);
};
extern const struct hosts_system hosts_system;

/* --- the table --- */

struct hosts_row {
    const char *name;
    void (*run)(void);
    unsigned systems;
    unsigned flags;
};
#define ROW(function, set)                                                                         \
    {                                                                                              \
        .name = #function, .run = function, .systems = (set)                                       \
    }
#define ROW_WITH(function, set, what)                                                              \
    {                                                                                              \
        .name = #function, .run = function, .systems = (set), .flags = (what)                      \
    }

enum {
    IN_GUEST = 1, /* changes settings of the machine: only where that is the guest */
    NO_RSEQ = 2,  /* is started with glibc.pthread.rseq=0 */
    LONG = 4      /* may take a minute */
};

/* signals.c, deadlines.c, threads.c, processes.c, world.c, output.c, settings.c, denials.c */
extern const struct hosts_row hosts_signals[], hosts_deadlines[], hosts_threads[],
    hosts_processes[], hosts_world[], hosts_output[], hosts_settings[], hosts_denials[];

extern const char *hosts_folder; /* where liboghosted.so is; NULL: ../lib */

/* A driver's main. Arguments: a folder (hosts_folder); a pattern of names; --list prints the rows'
 * names; --row NAME runs one here. */
int hosts_run(int argc, char **argv);

/* --- for rows --- */

/* Says what was expected and what is, and ends the process. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition);                               \
            hosts_fail();                                                                          \
        }                                                                                          \
    } while (0)
_Noreturn void hosts_fail(void);

extern struct og_fault fault;             /* of the latest call */
extern struct hosts_library *the_library; /* after open_it */

/* Open and close it, without a deadline or with one. */
void open_it(void);
void open_it_with_deadline(unsigned milliseconds);
void close_it(void);
/* Calls it: the result; the call has to end well. */
int64_t call(enum hosted_task task, int64_t argument);
/* The call has to end so. */
void call_ends(enum og_error error, enum hosted_task task, int64_t argument);
int64_t call_back(int64_t (*callback)(int64_t), int64_t count);
/* It faults, says so, and works after reset. */
void fault_and_reset(void);
/* It counts, allocates and calls back: works. */
void works(void);

/* Runs it in a child of fork: the wait status. */
int status_of(void (*run)(void));
bool ended_well(int status);
bool was_killed_by(int status, int signal);
/* Runs it in another thread, to its end. */
void in_thread(void *(*run)(void *), void *argument);
/* Rounds of HOSTED_COMPUTE that take about so long. */
int64_t rounds_for(unsigned milliseconds);
long now_ms(void);
/* Does the fault's message have the words? Says what it has, if not. */
bool says(const char *words);

#endif
