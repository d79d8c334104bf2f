/* The library that attacks: each function is one attack. The same functions, called plainly, show
 * that the attack works where nothing isolates. */
#ifndef OMNIGLOT_PMP_TESTS_HOSTILE_H
#define OMNIGLOT_PMP_TESTS_HOSTILE_H

#include <stdint.h>

extern int hostile_data;
extern uint32_t hostile_code[2]; /* as data: a function that returns 99 */

uint32_t hostile_read(uintptr_t address);
uint32_t hostile_write(uintptr_t address, uint32_t value);
uint32_t hostile_write_byte(uintptr_t address, uint32_t value);
uint32_t hostile_jump(uintptr_t address);
uint32_t hostile_open_pmp(void);            /* opens everything by the PMP's registers */
uint32_t hostile_open_mstatus(void);        /* sets mstatus.MPRV */
uint32_t hostile_read_mscratch(void);       /* where the gate keeps its frame */
uint32_t hostile_take_vector(uintptr_t to); /* sets mtvec */
uint32_t hostile_mret(uintptr_t to);        /* mepc and mret */
uint32_t hostile_wait(void);                /* wfi, for ever */
uint32_t hostile_ecall(uint32_t number, uint32_t junk);
uint32_t hostile_ecall_pivoted(uintptr_t stack);        /* a callback, with a stack of its choice */
uint32_t hostile_push(uintptr_t stack, uint32_t value); /* pivots the stack and writes to it */
uint32_t hostile_return_to(uintptr_t address);          /* replaces the caller's return address */
uint32_t hostile_clobber(void);            /* returns with every register it can set changed */
uint32_t hostile_overflow(uint32_t depth); /* recursion without end */
uint32_t hostile_loop(void);
uint32_t hostile_illegal(void);
uint32_t hostile_abort(void);
uint32_t hostile_registers(uint32_t *found); /* ORs of what is in registers that nobody set */
uint32_t hostile_read_cycles(void);
uint32_t hostile_read_clock(void);
uint32_t hostile_read_instructions(void);
uint32_t hostile_read_float_control(void);
uint32_t hostile_spin_and_call_back(uint32_t (*callback)(void), uint32_t steps);
uint32_t hostile_call_twice(uint32_t (*callback)(void));
uint32_t hostile_arguments(uint32_t only); /* ORs of the argument registers that it does not take */
uint32_t hostile_left_over(uint32_t a, uint32_t b);      /* the same, of two */
void hostile_fill(uint32_t *from, const uint32_t *to);   /* with garbage */
uint32_t hostile_call_back_loop(void (*callback)(void)); /* callbacks without end */
uint32_t hostile_write_own_code(void);
uint32_t hostile_call_many(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f,
                           uint32_t g, uint32_t h, uint32_t i, uint32_t j);
/* One random misdeed, by `seed`: a read, a write, a jump, an instruction, a loop... */
uint32_t hostile_wild(uint32_t seed);

#endif
