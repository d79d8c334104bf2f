/* The watcher: starts a driver as a child, looks at it from outside, and says what an attack has
 * come to. It runs on the machine itself and in the guest, where there is little else. */
#ifndef ATTACKS_WATCH_H
#define ATTACKS_WATCH_H

#include "attacks/evidence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

enum verdict {
    CONTAINED,      /* an error was reported, the host is as it was, the next call works */
    DETECTED,       /* reported, but not all of that */
    NO_EFFECT,      /* nothing was reported, and nothing has happened */
    COMPROMISED,    /* a secret got out, a canary has changed, or something forbidden was done */
    KILLED,         /* the host is gone, or did not get its thread or its resources back */
    NOT_APPLICABLE, /* there is no such thing in this system */
    BROKEN          /* the driver could not do its work: no verdict */
};

const char *verdict_name(enum verdict verdict);

/* What a process looks like from outside, as far as no library may change it. */
struct outside {
    char status[1024];        /* lines of /proc/PID/status */
    char limits[4096];        /* /proc/PID/limits */
    char place[2048];         /* its working directory and its root */
    char files[4096];         /* where its descriptors of files lead */
    unsigned sockets, others; /* how many other descriptors there are */
    unsigned threads;
    unsigned mappings, open_code; /* how many there are; and writable and executable */
};

/* False if it is gone. */
bool outside_take(struct outside *outside, pid_t pid);
/* A sentence about the first difference that a library may not make; NULL: there is none. */
const char *outside_differs(const struct outside *before, const struct outside *after);
/* Bytes of memory that the process and its children use. */
size_t outside_memory(pid_t pid);
/* A child of `pid` in the process group; 0: there is none. */
pid_t outside_child(pid_t pid, pid_t group);

struct watched {
    pid_t pid;
    char driver[4096], system[64], attack[128];
    char folder[64];
    int evidence_file;
    struct evidence *evidence;
    uint8_t secret[EVIDENCE_SECRET];
    uint64_t seed;
    struct outside before;
    double started, deadline; /* seconds */
    size_t memory_before;
    bool was_ready, was_done;
    enum verdict verdict;
    char seen[400]; /* one sentence */
};

struct watch_options {
    double factor;       /* how much longer everything may take than natively */
    size_t memory_limit; /* bytes that an attack may take */
};

/* Starts the driver. False, and a sentence in `seen`: it cannot be. */
bool watched_start(struct watched *watched, const struct watch_options *options);
/* Looks at it once, without waiting. True: it is over, verdict and sentence are there, and nothing
 * of it is left. */
bool watched_step(struct watched *watched, const struct watch_options *options);

double watch_now(void);

#endif
