/* What the fuzzer's two halves share: the host says with what numbers the foreign half may play,
 * the foreign half says what it did (its word, so only counted, and believed where it accuses
 * itself). All that is random follows from `seed`. */
#ifndef OMNIGLOT_TESTS_FUZZ_DOMAIN_PLAN_H
#define OMNIGLOT_TESTS_FUZZ_DOMAIN_PLAN_H

#include <stdint.h>

enum place {
    PLACE_HOST_DATA, /* must not be touched: heap, stack, globals, thread variables */
    PLACE_HOST_CODE,
    PLACE_GATE,
    PLACE_THREAD_BLOCK,
    PLACE_SIGNAL_STACK,
    PLACE_OTHER_DOMAIN,
    PLACE_ARENA, /* the domain's own from here on */
    PLACE_CODE,
    PLACE_STACK,
    PLACE_STACK_END, /* the page above the stack's guard */
    PLACES
};

enum action {
    ACT_SYSTEM_CALL,
    ACT_LOOP, /* one system call, callback or nothing, for ever */
    ACT_READ,
    ACT_WRITE,
    ACT_SWEEP, /* touches many pages */
    ACT_JUMP,
    ACT_CALL_BACK,
    ACT_FAULT,
    ACT_MESS, /* flags, control words, segment registers */
    ACT_MAKE_CODE,
    ACT_RUN_DATA,
    ACT_COPY_OUT, /* shows the host what the domain can read */
    ACT_SCRIBBLE, /* fills memory that another thread may be using */
    ACTIONS
};

enum {
    TARGETS = 32,
    JUMPS = 16,
    CALLBACKS = 4,
    SYSTEM_CALLS = 512,
    COPIED = 512,
    SCRATCH = 512,
    WORDS = 8,
    ESCAPED = 0x5ec2e7c0
};

struct target {
    uint64_t start, size;
    uint32_t place;
};

struct plan {
    /* The host's. */
    uint64_t seed;
    uint32_t actions; /* at most; 0: do nothing */
    uint32_t only;    /* enum action that is tried most, or ACTIONS */
    uint32_t target_count, jump_count;
    struct target targets[TARGETS];
    uint64_t jumps[JUMPS]; /* code of the host, looked through for what kills the emulator */
    uint64_t callbacks[CALLBACKS];
    uint64_t trace; /* a callback that prints; 0: none */
    /* The library's. */
    uint64_t entered[WORDS]; /* registers at the call's start that hold no argument */
    /* Where it read or wrote the host's data and was not stopped, where code ran that it had
     * written, and what rights it had last; each beside its complement, since what the library
     * writes by chance is no witness.
     */
    uint64_t trespassed[2], escaped[2], rights[2];
    uint32_t done[ACTIONS];        /* how often each was begun */
    uint32_t served[SYSTEM_CALLS]; /* how often each system call was not refused */
    uint32_t refused;
    uint64_t copied[COPIED];
    unsigned char scratch[SCRATCH];
};

#endif
