#include "hostile.h"

#include "board.h"

#include <stdlib.h>

#define CSR ".option push\n\t.option arch, +zicsr\n\t"
#define POP "\n\t.option pop"

int hostile_data = 7;

uint32_t hostile_read(uintptr_t address)
{
    return *(volatile uint32_t *)address;
}

uint32_t hostile_write(uintptr_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
    return value;
}

uint32_t hostile_write_byte(uintptr_t address, uint32_t value)
{
    *(volatile uint8_t *)address = (uint8_t)value;
    return value;
}

uint32_t hostile_jump(uintptr_t address)
{
    return ((uint32_t(*)(void))address)();
}

uint32_t hostile_open_pmp(void)
{
    const uint32_t everything = 0x1f; /* NAPOT, read, write, execute */
    __asm__ volatile(CSR "csrw pmpaddr8, %0\n\tcsrw pmpcfg2, %1" POP
                     :
                     : "r"(0xffffffff), "r"(everything));
    return 1;
}

uint32_t hostile_open_mstatus(void)
{
    uint32_t bits = 0x20000, set;
    __asm__ volatile(CSR "csrs mstatus, %1\n\tcsrr %0, mstatus\n\tcsrc mstatus, %1" POP
                     : "=&r"(set)
                     : "r"(bits));
    return (set & bits) != 0;
}

uint32_t hostile_read_mscratch(void)
{
    uint32_t value;
    __asm__ volatile(CSR "csrr %0, mscratch" POP : "=r"(value));
    return 1 | value;
}

uint32_t hostile_take_vector(uintptr_t to)
{
    __asm__ volatile(CSR "csrw mtvec, %0" POP : : "r"(to));
    return 1;
}

uint32_t hostile_mret(uintptr_t to)
{
    __asm__ volatile(CSR "csrw mepc, %0\n\tli t0, 0x1800\n\tcsrs mstatus, t0\n\tmret" POP
                     :
                     : "r"(to)
                     : "t0");
    return 0;
}

uint32_t hostile_wait(void)
{
    for (;;)
        __asm__ volatile("wfi");
}

uint32_t hostile_ecall(uint32_t number, uint32_t junk)
{
    register uint32_t a0 __asm__("a0") = junk;
    register uint32_t a7 __asm__("a7") = number;
    register uint32_t t0 __asm__("t0") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(t0) : "memory");
    return a0;
}

extern const char og_image_callback[];

uint32_t hostile_ecall_pivoted(uintptr_t stack)
{
    __asm__ volatile("mv s0, sp\n\t"
                     "mv sp, %0\n\t"
                     "li t0, 0\n\t"
                     "jalr %1\n\t"
                     "mv sp, s0"
                     :
                     : "r"(stack), "r"(og_image_callback)
                     : "s0", "t0", "ra", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "t1", "t2",
                       "t3", "t4", "t5", "t6", "memory");
    return 1;
}

uint32_t hostile_push(uintptr_t stack, uint32_t value)
{
    __asm__ volatile("mv t0, sp\n\t"
                     "mv sp, %0\n\t"
                     "addi sp, sp, -16\n\t"
                     "sw %1, 0(sp)\n\t"
                     "mv sp, t0"
                     :
                     : "r"(stack), "r"(value)
                     : "t0", "memory");
    return 1;
}

__attribute__((naked)) uint32_t hostile_return_to(uintptr_t address __attribute__((unused)))
{
    __asm__ volatile("mv ra, a0\n\tli a0, 1\n\tret");
}

__attribute__((naked)) uint32_t hostile_clobber(void)
{
    __asm__ volatile("li s0, -1\n\tli s1, -1\n\tli s2, -1\n\tli s3, -1\n\tli s4, -1\n\t"
                     "li s5, -1\n\tli s6, -1\n\tli s7, -1\n\tli s8, -1\n\tli s9, -1\n\t"
                     "li s10, -1\n\tli s11, -1\n\tli gp, -1\n\tli tp, -1\n\tli sp, -1\n\t"
                     "li a0, 1\n\tret");
}

uint32_t hostile_overflow(uint32_t depth)
{
    volatile uint32_t room[64];
    for (uint32_t i = 0; i < 64; i++)
        room[i] = depth;
    return hostile_overflow(depth + 1) + room[depth & 63];
}

uint32_t hostile_loop(void)
{
    for (;;)
        __asm__ volatile("");
}

uint32_t hostile_illegal(void)
{
    __asm__ volatile("unimp");
    return 1;
}

uint32_t hostile_abort(void)
{
    abort();
}

__attribute__((naked)) uint32_t hostile_registers(uint32_t *found __attribute__((unused)))
{
    /* Everything but a0 (an argument), and ra, tp and sp, which are the domain's own. */
    __asm__ volatile("or t0, t0, t1\n\tor t0, t0, t2\n\tor t0, t0, t3\n\tor t0, t0, t4\n\t"
                     "or t0, t0, t5\n\tor t0, t0, t6\n\tor t0, t0, s0\n\tor t0, t0, s1\n\t"
                     "or t0, t0, s2\n\tor t0, t0, s3\n\tor t0, t0, s4\n\tor t0, t0, s5\n\t"
                     "or t0, t0, s6\n\tor t0, t0, s7\n\tor t0, t0, s8\n\tor t0, t0, s9\n\t"
                     "or t0, t0, s10\n\tor t0, t0, s11\n\tor t0, t0, gp\n\tmv a0, t0\n\tret");
}

uint32_t hostile_read_cycles(void)
{
    uint32_t value;
    __asm__ volatile(CSR "rdcycle %0" POP : "=r"(value));
    return value | 1;
}

uint32_t hostile_read_clock(void)
{
    uint32_t value;
    __asm__ volatile(CSR "rdtime %0" POP : "=r"(value));
    return value | 1;
}

uint32_t hostile_read_instructions(void)
{
    uint32_t value;
    __asm__ volatile(CSR "rdinstret %0" POP : "=r"(value));
    return value | 1;
}

uint32_t hostile_read_float_control(void)
{
    uint32_t value;
    __asm__ volatile(CSR "csrr %0, fcsr" POP : "=r"(value));
    return value | 1;
}

uint32_t hostile_spin_and_call_back(uint32_t (*callback)(void), uint32_t steps)
{
    for (volatile uint32_t i = 0; i < steps; i++)
        ;
    return callback() + 1;
}

uint32_t hostile_call_twice(uint32_t (*callback)(void))
{
    return callback() + callback();
}

__attribute__((naked)) uint32_t hostile_arguments(uint32_t only __attribute__((unused)))
{
    __asm__ volatile("or a0, a1, a2\n\tor a0, a0, a3\n\tor a0, a0, a4\n\tor a0, a0, a5\n\t"
                     "or a0, a0, a6\n\tor a0, a0, a7\n\tret");
}

__attribute__((naked)) uint32_t hostile_left_over(uint32_t a __attribute__((unused)),
                                                  uint32_t b __attribute__((unused)))
{
    __asm__ volatile("or a0, a2, a3\n\tor a0, a0, a4\n\tor a0, a0, a5\n\tor a0, a0, a6\n\t"
                     "or a0, a0, a7\n\tret");
}

void hostile_fill(uint32_t *from, const uint32_t *to)
{
    while (from < to)
        *from++ = 0xdeadbeef;
}

uint32_t hostile_call_back_loop(void (*callback)(void))
{
    for (;;)
        callback();
}

uint32_t hostile_write_own_code(void)
{
    *(volatile uint32_t *)(uintptr_t)hostile_loop = 0x00008067; /* ret */
    return 1;
}

uint32_t hostile_call_many(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f,
                           uint32_t g, uint32_t h, uint32_t i, uint32_t j)
{
    return a + b + c + d + e + f + g + h + i + j;
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8 | *seed << 24;
}

uint32_t hostile_wild(uint32_t seed)
{
    uint32_t what = next(&seed);
    /* Mostly where something is: flash, RAM, devices; otherwise anywhere. */
    static const uint32_t bases[] = {BOARD_FLASH,
                                     BOARD_RAM,
                                     BOARD_RAM + 192 * 1024,
                                     BOARD_CONSOLE,
                                     BOARD_SOFTWARE_INTERRUPT,
                                     BOARD_POWER,
                                     BOARD_FLASH + 384 * 1024};
    uint32_t base = bases[next(&seed) % (sizeof(bases) / sizeof(bases[0]))];
    uint32_t address = what & 0x100 ? base + next(&seed) % 0x40000 : next(&seed);
    switch (what % 12) {
    case 0:
        return hostile_read(address);
    case 1:
        return *(volatile uint8_t *)(uintptr_t)address;
    case 2:
    case 3:
        return hostile_write(address, next(&seed));
    case 4:
    case 5:
        return hostile_jump(address);
    case 6:
        return hostile_overflow(0);
    case 7:
        return hostile_ecall(next(&seed) % 64, next(&seed));
    case 8:
        return hostile_push(address, next(&seed));
    case 9: /* on a stack of anybody's, or its own */
        return hostile_ecall_pivoted(what & 0x400 ? address : (uintptr_t)&what & ~15u);
    case 10: {
        /* Garbage, executed: from the stack, which is no code, or any word of the constants. */
        return what & 0x200 ? hostile_mret(address) : hostile_open_pmp();
    }
    default:
        if (what % 97 == 0)
            return hostile_loop();
        return hostile_clobber();
    }
}

/* li a0, 99; ret */
uint32_t hostile_code[2] = {0x06300513, 0x00008067};
