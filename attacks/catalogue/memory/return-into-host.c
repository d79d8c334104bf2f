/* Tries: to enter a function of the host's by a return, with a stack made for it
 * From: Return-oriented programming (Shacham, CCS 2007); CWE-121
 * Observed: The function was entered.
 * Needs: machine-code */
#include "attacks/attack.h"

FOREIGN(run)
{
    static uint64_t stack[512] __attribute__((aligned(16)));
    stack[400] = at->forbidden;
    stack[401] = at->forbidden;
    __asm__ volatile("mov %0, %%rsp\n\tret" : : "r"(&stack[400]) : "memory");
    return 0;
}
