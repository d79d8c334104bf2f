/* What a driver and the watcher share. The driver says where its things are and what its
 * calls reported; what has become of the things the watcher sees for itself, from outside. */
#ifndef ATTACKS_EVIDENCE_H
#define ATTACKS_EVIDENCE_H

#include <stdint.h>

/* The driver stops itself (SIGSTOP) at READY and at DONE, to be looked at. */
enum evidence_phase { EVIDENCE_STARTING, EVIDENCE_READY, EVIDENCE_DONE, EVIDENCE_NOT_APPLICABLE };

enum {
    EVIDENCE_CANARIES = 8,
    EVIDENCE_WORDS = 512,
    EVIDENCE_SECRET = 16,
    EVIDENCE_TEXT = 320,
    EVIDENCE_LOOT = 4096
};

struct evidence_canary {
    uint64_t address; /* in the driver; 0: there is none */
    uint32_t words;   /* EVIDENCE_WORDS at most */
    char name[40];
};

struct evidence {
    /* The watcher's, taken away by the driver before anything else. */
    uint8_t secret[EVIDENCE_SECRET];
    uint64_t seed; /* of what is in the canaries: evidence_word */

    /* The driver's. */
    volatile uint32_t phase;
    uint32_t threads; /* that the system itself has started since READY, as its first domain does */
    uint32_t patience_ms; /* how long the attack may take, at READY */
    struct evidence_canary canaries[EVIDENCE_CANARIES];
    volatile uint32_t entered; /* the function that nobody is to enter was */
    uint32_t error;            /* how the attacked call ended: enum og_error; and in words */
    char message[EVIDENCE_TEXT];
    uint32_t next_call; /* 1: the library works (again) */
    char next_message[EVIDENCE_TEXT];
    char harm[EVIDENCE_TEXT]; /* what is wrong with the host's state, as it sees it; "": nothing */
    char reason[EVIDENCE_TEXT]; /* why it is not applicable */
    uint32_t loot_size;
    uint8_t loot[EVIDENCE_LOOT]; /* what the host has in hand, or gave away, because of the call */
};

/* What the word `index` of canary `canary` holds. */
static inline uint64_t evidence_word(uint64_t seed, unsigned canary, unsigned index)
{
    uint64_t word = seed + 0x9e3779b97f4a7c15 * (canary * EVIDENCE_WORDS + index + 1);
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
    return word ^ word >> 27;
}

#endif
