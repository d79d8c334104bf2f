/* What gate-signals.c and its assembly share. */
#ifndef WORKLOADS_MODEL_TESTS_GATE_SIGNALS_H
#define WORKLOADS_MODEL_TESTS_GATE_SIGNALS_H

/* Direction, nested task, alignment check. */
#define GATE_SIGNALS_FLAGS 0x44400

#endif
