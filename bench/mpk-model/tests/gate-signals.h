/* What gate-signals.c and its assembly share. */
#ifndef BENCH_MPK_MODEL_TESTS_GATE_SIGNALS_H
#define BENCH_MPK_MODEL_TESTS_GATE_SIGNALS_H

/* Direction, nested task, alignment check. */
#define GATE_SIGNALS_FLAGS 0x44400

#endif
