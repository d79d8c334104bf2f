/* What ordinary libraries do by the way, in a module: each gives 0 where it went as it does without
 * a sandbox, the module's errno of what was refused, or -1 where something is wrong. */
#ifndef BASELINES_COPYING_WASM_TESTS_ORDINARY_H
#define BASELINES_COPYING_WASM_TESTS_ORDINARY_H

#include <stdint.h>

enum ordinary_thing {
    ORDINARY_SORT,
    ORDINARY_WARN,
    ORDINARY_PERROR,
    ORDINARY_PRINT,
    ORDINARY_SLEEP,
    ORDINARY_WAIT_FOR_NOTHING,
    ORDINARY_YIELD,
    ORDINARY_RANDOM,
    ORDINARY_CLOCKS,
    ORDINARY_LOCAL_TIME,
    ORDINARY_LIMITS,
    ORDINARY_NAME,
    ORDINARY_LOCALE,
    ORDINARY_CONVERT,
    ORDINARY_READ_INPUT,
    ORDINARY_TERMINAL,
    ORDINARY_READ_FILE,
    ORDINARY_MAKE_FILE,
    ORDINARY_COUNT
};

int ordinary_do(uint32_t which);

/* Asks the system for something, with an address that is outside of the module's memory, or with
 * numbers that lead there: gives WASI's error, 0 when there are no more such. */
int ordinary_ask_outside(uint32_t which);

#endif
