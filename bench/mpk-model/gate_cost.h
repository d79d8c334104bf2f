/* What gate_cost.c and gate_without_pkru.S share. */
#ifndef BENCH_MPK_MODEL_GATE_COST_H
#define BENCH_MPK_MODEL_GATE_COST_H

#define GATE_COST_WORDS 16 /* of arguments on the stack, in the call that has any */

#endif
