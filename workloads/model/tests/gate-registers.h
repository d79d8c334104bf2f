/* What gate-registers.c and its assembly share. */
#ifndef WORKLOADS_MODEL_TESTS_GATE_REGISTERS_H
#define WORKLOADS_MODEL_TESTS_GATE_REGISTERS_H

#define GATE_REGISTERS_SECRET 0x5ec2e7 /* what the host has in its registers */

#endif
