/* The fuzzer's host: a supervisor (main.c) starts a process for each seed (round.c), in which what
 * no domain may change is watched (canaries.c). */
#ifndef OMNIGLOT_TESTS_FUZZ_DOMAIN_HOST_H
#define OMNIGLOT_TESTS_FUZZ_DOMAIN_HOST_H

#include "omniglot/omniglot.h"
#include "plan.h"

#include <stdatomic.h>
#include <stdbool.h>

enum { SIGNALS = 65, FINDING = 400, MAPS = 512 };

/* What supervisor and rounds share. */
struct shared {
    _Atomic uint64_t progress; /* changes with every step */
    _Atomic uint64_t step;     /* of the round that is under way */
    _Atomic int found;         /* `finding` is being written, or is */
    char finding[FINDING];
    /* How deep it got, in all rounds. */
    _Atomic uint64_t rounds, calls, completed, ends[OG_ERROR_COUNT], faults[SIGNALS], callbacks,
        nested, heard, resets, busy, opened, open_failed[OG_ERROR_COUNT], ticks, shared_rounds;
    _Atomic uint64_t done[ACTIONS], served[SYSTEM_CALLS], refused;
};

extern struct shared *shared;

struct settings {
    const char *library;
    uint64_t seed;
    uint64_t steps;
    bool trace;
};

/* Runs one seed and ends the process: 0, or 1 and what was found in shared->finding. */
_Noreturn void run_round(const struct settings *settings);

/* Ends the round with a finding; only the first counts. */
_Noreturn void report(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- what no domain may change (canaries.c) --- */

/* Looks through the host's code, once for all rounds. */
void canaries_look_for_code(void);
/* Makes them; before any domain is opened, and once more when all are. */
void canaries_make(uint64_t seed);
void canaries_settle(struct og_domain *const *domains, size_t count);
/* Reports what has changed. `whole`: also what takes long to look at. */
void canaries_check(bool whole);
/* After a call, before a reset: has a domain more memory than it may? */
void canaries_check_resident(void);
/* At the end of a round, when all domains have been reset. */
void canaries_check_end(void);
/* Has the domain got one of the host's secrets? */
bool canaries_know(const uint64_t *words, size_t count, uint64_t *secret);
extern const char canaries_file_text[]; /* which a file holds that is not readable, many times */
/* A word that is in a register, and nowhere in a domain. */
uint64_t canaries_secret(unsigned number);
/* What PKRU holds in the domain. */
uint32_t canaries_rights(const struct og_domain *domain);
/* Adds the host's memory and code to the plan. */
void canaries_tell(struct plan *plan, uint64_t *random, const struct og_domain *own);
/* The handler of the host's timer, and how often it has run. */
void canaries_start_timer(void);
uint64_t canaries_ticks(void);

uint64_t next_random(uint64_t *state);

#endif
