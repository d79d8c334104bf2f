/* What the host's parts of attacks see: the driver's host, an ordinary program that calls a
 * library and does with what it gets what programs do. Included once for each system, after the
 * system's stubs. */
#ifndef ATTACKS_HOST_H
#define ATTACKS_HOST_H

#include "attacks/attack.h"
#include "attacks/evidence.h"

#include <limits.h>
#include <omniglot/domain.h>
#include <omniglot/error.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <sys/types.h>

/* What attacks need that not every system has. */
enum {
    NEEDS_MACHINE_CODE = 1 << 0,    /* instructions of the library's own choice */
    NEEDS_LINUX = 1 << 1,           /* system calls of its own */
    NEEDS_THREADS = 1 << 2,         /* two threads in one instance */
    NEEDS_LOAD = 1 << 3,            /* code that runs while the library is loaded */
    NEEDS_HOST_CODE = 1 << 4,       /* code of the host's own that could open keys */
    NEEDS_KEYS = 1 << 5,            /* keys, and a gate; or nothing at all that isolates */
    NEEDS_TWO_INSTANCES = 1 << 6,   /* a second instance of the library */
    NEEDS_IN_PLACE = 1 << 7,        /* the library's memory used where it is */
    NEEDS_ALIGNMENT_CHECK = 1 << 8, /* a processor that has the flag */
    NEEDS_ROOT = 1 << 9,            /* a host with root's rights */
    NEEDS_GRANT = 1 << 10           /* what the host grants: opening may be refused for it */
};

/* When the attack acts. */
enum host_moment { CALL, CONSTRUCTOR, DESTRUCTOR, RESOLVER };

/* A system, or the word `isolated` for all but raw and og-none. */
struct host_exception {
    const char *system, *why;
};

struct host {
    const struct host_part *part;
    uint32_t number;
    struct attacks library, other; /* instances; `other` only of attacks that need two */
    bool library_is_open, other_is_open;
    struct attacks_called_back callback;
    uint64_t (*called_back)(uint64_t value); /* what it does; NULL: adds one */
    uint64_t places[PLACE_COUNT];
    struct evidence *evidence;
    bool watched;                                  /* somebody looks when it stops */
    char folder[64], path[80];                     /* its own; of a file that is not to be */
    char library_path[PATH_MAX], hostile_path[80]; /* the library's file as it is, and changed */
    const char *cannot;                            /* host_cannot */
    uint64_t flags;                                /* the processor's, right after the call */
    struct og_fault fault;
    /* How instances are opened. */
    const char *const *readable_paths;
    size_t heap_size;
    unsigned deadline_ms; /* 0: as all others */
    unsigned callback_limit;
    og_output_function *output; /* with the host as `user` */
};

struct host_part {
    const char *family, *name;
    unsigned needs;
    enum host_moment moment;
    const struct host_exception *exceptions;
    void (*before)(struct host *host);       /* before the library is opened */
    enum og_error (*run)(struct host *host); /* the attack; NULL: one call of attack_run */
    void (*after)(struct host *host);        /* before the next call is tried */
};

#define HOST(kind)        HOST_##kind(ATTACK_JOIN(host, ATTACK_NAME, kind))
#define HOST_before(name) static void name(struct host *host)
#define HOST_run(name)    static enum og_error name(struct host *host)
#define HOST_after(name)  static void name(struct host *host)

/* Tells the library which attack it is; every host's part begins with it. */
ATTACK_UNUSED static enum og_error host_prepare(struct host *host);
/* Calls attack_run with it; what the library stole goes to the evidence. */
ATTACK_UNUSED static enum og_error host_call(struct host *host, uint32_t step);
/* Opens the library, changed so that it attacks while it is loaded, as `other`. */
ATTACK_UNUSED static enum og_error host_open_hostile(struct host *host);
/* Calls attack_run of `other`. */
ATTACK_UNUSED static enum og_error host_call_other(struct host *host, uint32_t step);

/* An honest call: 19 and 23. */
ATTACK_UNUSED static enum og_error add_two(struct host *host);

/* A thread of the host's that calls attack_run, too: once, or until *until, or an error. */
struct host_thread {
    struct host *host;
    pthread_t id;
    uint32_t step;
    const volatile bool *until;
    volatile bool ended;
    enum og_error error;
    struct og_fault fault;
};
ATTACK_UNUSED static void host_thread_start(struct host_thread *thread, struct host *host,
                                            uint32_t step, const volatile bool *until);
ATTACK_UNUSED static enum og_error host_thread_join(struct host_thread *thread);

/* In `before`: the attack cannot be made here, and why. */
ATTACK_UNUSED static void host_cannot(struct host *host, const char *why);
/* A copy of the library's file, or of the worker's, with which `other` is opened: the file's bytes
 * are the caller's to change (malloc's). */
ATTACK_UNUSED static unsigned char *host_read_library(struct host *host, size_t *size);
ATTACK_UNUSED static enum og_error host_open_changed(struct host *host, const void *bytes,
                                                     size_t size);
/* A file (or link, or folder) beside the host's others. */
ATTACK_UNUSED static const char *host_path(struct host *host, const char *name);
/* A function that nobody is to enter; one that spins for so long. */
ATTACK_UNUSED static void forbidden(void);
ATTACK_UNUSED static void host_spin(unsigned milliseconds);

/* What the host shows to the world: logs, answers, prints. */
ATTACK_UNUSED static void host_gives(struct host *host, const void *bytes, size_t size);
/* The host's state is wrong, and how: a sentence. */
ATTACK_UNUSED static void host_harmed(struct host *host, const char *how);

/* A secret and its size, to lay it somewhere. */
ATTACK_UNUSED static const uint8_t *host_secret(void);

#endif
