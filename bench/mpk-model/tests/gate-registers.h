/* What gate-registers.c and its assembly share. */
#ifndef BENCH_MPK_MODEL_TESTS_GATE_REGISTERS_H
#define BENCH_MPK_MODEL_TESTS_GATE_REGISTERS_H

#define GATE_REGISTERS_SECRET 0x5ec2e7 /* what the host has in its registers */

#endif
