/* How one system calls the hostile library: attack-raw.c, and attack-isolated.c for og-pmp and
 * copy-pmp. */
#ifndef OMNIGLOT_PMP_TESTS_ATTACK_H
#define OMNIGLOT_PMP_TESTS_ATTACK_H

#include "omniglot/omniglot.h"
#include "omniglot/pmp/pmp.h"

#include <stdbool.h>
#include <stdint.h>

/* What the host function does that an attack is given as its first argument. */
enum attack_callback {
    ATTACK_NO_CALLBACK,
    ATTACK_CALLS_IN, /* another function of the library */
    ATTACK_NESTS,    /* the function again that calls it, with the same arguments */
};

/* For an isolated call. */
enum { ATTACK_DEADLINE_MS = 1 };

/* In the registers of arguments that no attack takes. */
enum { ATTACK_LEFT_OVER = 0x1eff };

/* A hostile function, and what the host's compiler may have left in a2 to a7. */
typedef uint32_t attack_function(uintptr_t, uintptr_t, uint32_t, uint32_t, uint32_t, uint32_t,
                                 uint32_t, uint32_t);

struct attack_outcome {
    enum og_error error;    /* how the call ended */
    bool host_lost_control; /* the host trapped, or had to be interrupted, or was entered */
};

extern struct og_fault attack_fault;

bool attack_open(void);

/* Calls the function, by name or plainly. */
struct attack_outcome attack_call(const char *name, void *entry, uintptr_t a0, uintptr_t a1,
                                  enum attack_callback callback, uint32_t *result);

/* Is the library usable again, as after it was loaded? */
bool attack_next_call_is_right(void);

/* Gives control back to attack_call, from host code that was entered. */
void attack_escape(void);

/* Did the attack change it? Puts back what it was. */
bool attack_restore_vector(void);
bool attack_restore_code(void);
bool attack_stack_was_left(void);
bool attack_lost_registers(uint32_t result);

#endif
