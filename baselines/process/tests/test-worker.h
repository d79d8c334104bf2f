/* What the tests can ask of og-worker-test, and of og-worker-liar. */
#ifndef PROCESS_TEST_WORKER_H
#define PROCESS_TEST_WORKER_H

enum test_function {
    TEST_ECHO,           /* bytes -> the same bytes, put */
    TEST_REVERSE,        /* bytes -> the bytes reversed, in a reservation, and their number */
    TEST_JOIN,           /* u32 count, that many bytes -> all of them in one string */
    TEST_SUM,            /* u64, u64 -> u64 */
    TEST_CRASH,          /* writes to address 8 */
    TEST_ABORT,          /* calls abort() */
    TEST_HANG,           /* computes forever */
    TEST_EXIT,           /* u64 status */
    TEST_SYSTEM_CALL,    /* u32 which of enum test_call -> never returns */
    TEST_ALLOCATE,       /* u64 bytes -> u8: 1 when malloc gave and they were written */
    TEST_EXHAUST,        /* -> u8: 1 when malloc gave NULL in the end */
    TEST_CALLBACKS,      /* u32 id, u64 n -> u64: the sum of what callback(i) gave, i < n */
    TEST_CALLBACK_BYTES, /* u32 id, bytes -> what callback(bytes) gave, after the argument again */
    TEST_CALLBACK_RESERVED, /* u32 id -> u32: the error of a callback during a reservation */
    TEST_COUNTER_NEW,       /* u64 -> handle */
    TEST_COUNTER_ADD,       /* handle, u64 -> u64 */
    TEST_COUNTER_FREE,      /* handle -> */
    TEST_HANDLES_FULL,      /* -> u64: how many handles there were until 0 */
    TEST_REFUSE,            /* u32 error -> that error */
    TEST_MISTAKEN,          /* gives a u64 fewer than the host will want */
    TEST_RANDOM,            /* -> 16 bytes by getrandom, u64 clock */
    TEST_ORDINARY,          /* u32 which of ordinary.h -> u32: what it gave */
    TEST_SLEEP,             /* u64 seconds */
    TEST_HOST_NAME,         /* -> bytes: the host's name by uname */
    TEST_FUNCTION_COUNT
};

enum test_call {
    CALL_OPEN,
    CALL_CREATE,
    CALL_REMOVE,
    CALL_READ_AT,
    CALL_SOCKET,
    CALL_FORK,
    CALL_SPAWN,
    CALL_EXEC,
    CALL_PTRACE,
    CALL_READ_MEMORY,
    CALL_KILL,
    CALL_MAP_CODE,
    CALL_MAKE_CODE,
    CALL_THREAD,
    CALL_WRITE,
    CALL_CLOSE,
    CALL_DUPLICATE,
    CALL_PIPE,
    CALL_LIMIT,
    CALL_PRCTL,
    CALL_SEND_OUT_OF_BAND,
    CALL_RECEIVE_OUT_OF_BAND,
    CALL_COUNT
};

/* Function numbers of og-worker-liar: how its answer to a call breaks the rules. */
enum lie {
    LIE_NONE, /* an empty, honest return */
    LIE_SEQUENCE,
    LIE_KIND,
    LIE_RETURN_ID,
    LIE_REFUSE_UNKNOWN,
    LIE_REFUSE_FAULTED,
    LIE_REFUSE_OK,
    LIE_REFUSE_PAYLOAD,
    LIE_CALLBACK_RANGE,
    LIE_CALLBACK_UNREGISTERED,
    LIE_SIZE_HUGE,
    LIE_SIZE_OVERFLOW,
    LIE_SIZE_ODD,
    LIE_MORE_THAN_ANNOUNCED,
    LIE_GARBAGE,
    LIE_POSITION_WRITTEN, /* ring: past the ring's end */
    LIE_ALL_MEMORY,       /* ring: random bytes everywhere */
    LIE_COUNT,            /* the ones above are all OG_CONTRACT at once */
    LIE_SHORT_AND_EXIT = LIE_COUNT,
    LIE_SHORT_AND_HANG,
    LIE_FIDGET,     /* moves positions for ever without sending anything (socket: trickles) */
    LIE_STRING,     /* a byte string longer than its message */
    LIE_TRAILING,   /* a word too many */
    LIE_CONSUMED,   /* ring: consumed what was never written, which nobody asks: no harm */
    LIE_SIPS,       /* none; it takes the next call a little at a time */
    LIE_DESCRIPTOR, /* none, with a descriptor for the host beside it */
    LIE_TWICE,      /* answers twice: the next call sees it */
    LIE_READY       /* not asked for by a call: see LIAR_MESSAGE_LIMIT */
};

/* How long the byte string is that a liar sips. */
#define SIPPED_BYTES (8 << 20)

/* What og-worker-resolver writes to in its host. */
#define RESOLVER_PREY 0x20000000

/* The message limit that makes the liar lie when it starts. */
#define LIAR_MESSAGE_LIMIT 123456

#endif
