/* liboghosted: a library that does, when it is asked, what libraries do that a host has to live
 * with. It is one source for every isolation; what a module of WebAssembly has not is -ENOSYS
 * there. */
#ifndef OMNIGLOT_TESTS_HOSTS_LIBRARY_H
#define OMNIGLOT_TESTS_HOSTS_LIBRARY_H

#include <stdint.h>

enum hosted_task {
    HOSTED_COUNT,     /* 1, 2, 3, ... */
    HOSTED_ALLOCATE,  /* `argument` bytes, written to: a system call. The same number again */
    HOSTED_COMPUTE,   /* for a while, `argument` rounds, without a system call: their number */
    HOSTED_SPIN,      /* for ever */
    HOSTED_FAULT,     /* writes to where nothing is */
    HOSTED_RECURSE,   /* `argument` bytes deep; the same number again */
    HOSTED_SORT,      /* `argument` records by a key that many share. Are they in the order in
                         which they were? */
    HOSTED_PRINT,     /* to both streams: how many characters it is told were written */
    HOSTED_COMPLAIN,  /* to the error stream, without a buffer: the same */
    HOSTED_MUTTER,    /* to the output stream, no whole line: the same */
    HOSTED_WRITE,     /* `argument` bytes to the output stream at once, of every value in turn: the
                         same */
    HOSTED_LOG,       /* `argument` lines to the error stream; < 0: for ever. How many */
    HOSTED_LOCALE,    /* does it get one of those the environment names? */
    HOSTED_GETENV,    /* does it find HOSTED in its environment? */
    HOSTED_HOUR,      /* of the local time at midnight UTC */
    HOSTED_CONVERT,   /* by a module that iconv loads now. 0, or errno */
    HOSTED_LOAD,      /* libz.so.1, by dlopen, now. 0, or 1: it is refused */
    HOSTED_THREAD,    /* is started. 0, or what pthread_create returns */
    HOSTED_GUARD,     /* makes a page inaccessible. 0, or errno */
    HOSTED_OVERRUN,   /* and writes to it: 0 where nothing hinders it */
    HOSTED_LOCK,      /* keeps memory from being swapped. 0, or errno */
    HOSTED_SLEEP,     /* `argument` milliseconds. 0, or errno */
    HOSTED_PROCESSES, /* getppid by a system call: what no policy grants */
    HOSTED_FORK,      /* by a way of enum hosted_process: -errno, or a child's number or status */
    HOSTED_WAIT,      /* by a way of enum hosted_wait, for HOSTED_WAIT_MS. 0, or errno */
    HOSTED_AT_ONCE,   /* `argument` bytes as above, by one write: what it says, or -errno */
    HOSTED_IN_PARTS,  /* three times as many, by one writev: the same */
};

enum { HOSTED_WAIT_MS = 50 };
/* Ways to wait for what nobody does; those from HOSTED_PAUSE on, for ever. */
enum hosted_wait {
    HOSTED_CONDITION,     /* pthread_cond_timedwait */
    HOSTED_CONDITION_BY,  /* pthread_cond_clockwait, of CLOCK_MONOTONIC */
    HOSTED_LOCK_TIMED,    /* pthread_mutex_timedlock of one that is taken */
    HOSTED_SEMAPHORE,     /* sem_timedwait */
    HOSTED_C11_CONDITION, /* cnd_timedwait */
    HOSTED_FUTEX,         /* for a time, by a system call */
    HOSTED_C11_SLEEP,     /* thrd_sleep */
    HOSTED_USLEEP,
    HOSTED_SLEEP_UNTIL, /* clock_nanosleep, TIMER_ABSTIME */
    HOSTED_POLL,        /* of no descriptor, as the others */
    HOSTED_PPOLL,
    HOSTED_SELECT,
    HOSTED_PSELECT,
    HOSTED_SIGTIMEDWAIT,
    HOSTED_PAUSE,
    HOSTED_SIGSUSPEND,
    HOSTED_SIGWAIT,
    HOSTED_SEM_WAIT,
    HOSTED_LOCK_TWICE, /* pthread_mutex_lock */
    HOSTED_POLL_FOR_EVER,
    HOSTED_SELECT_FOR_EVER,
    HOSTED_WAITS
};
/* Ways to make a process. */
enum hosted_process {
    HOSTED_FORK_CALL, /* the system call; the others are the C library's */
    HOSTED_C_FORK,
    HOSTED_VFORK,
    HOSTED_SPAWN,
    HOSTED_SYSTEM /* its status */
};

int64_t hosted_do(uint32_t task, int64_t argument);
/* Calls back with 1, 2, ... `count`; the sum of what it is told. */
int64_t hosted_call_back(int64_t (*callback)(int64_t number), int64_t count);

#endif
