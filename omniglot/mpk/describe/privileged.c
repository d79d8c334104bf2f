/* Is an instruction one that only the kernel may execute? The processor raises the same fault for
 * it as for an address that is not canonical, and so the instruction has to be looked at.
 *
 * Intel SDM volume 3, 5.9 (privileged instructions), volume 1, 19.5.1 (those that depend on IOPL),
 * and volume 2, appendix A (opcodes). */
#include "where.h"

#include <string.h>

/* Operand and address size, LOCK and REP, segments. */
static bool is_prefix(uint8_t byte)
{
    return byte && strchr("\x66\x67\xf0\xf2\xf3\x2e\x36\x3e\x26\x64\x65", byte);
}

static bool is_rex(uint8_t byte)
{
    return (byte & 0xf0) == 0x40;
}

/* 0F 00 and 0F 01: descriptor tables, machine status, TLB entries, extended control registers. */
static bool is_of_system_state(uint8_t opcode, uint8_t modrm)
{
    unsigned which = modrm >> 3 & 7;
    if (opcode == 0x00) /* SLDT, STR, LLDT, LTR */
        return which < 4;
    if (modrm < 0xc0) /* SGDT, SIDT, LGDT, LIDT, SMSW, LMSW, INVLPG */
        return which != 5;
    /* XSETBV, SWAPGS, RDTSCP; SMSW, LMSW */
    return modrm == 0xd1 || modrm == 0xf8 || modrm == 0xf9 || which == 4 || which == 6;
}

/* After 0F. */
static bool is_two_byte(const uint8_t *code, size_t size)
{
    switch (code[0]) {
    case 0x00:
    case 0x01:
        return size > 1 && is_of_system_state(code[0], code[1]);
    case 0x06: /* CLTS */
    case 0x07: /* SYSRET */
    case 0x08: /* INVD */
    case 0x09: /* WBINVD */
    case 0x20: /* MOV of control and debug registers */
    case 0x21:
    case 0x22:
    case 0x23:
    case 0x30: /* WRMSR */
    case 0x31: /* RDTSC, where CR4.TSD is set */
    case 0x32: /* RDMSR */
    case 0x33: /* RDPMC */
    case 0x35: /* SYSEXIT */
        return true;
    case 0x38: /* INVEPT, INVVPID, INVPCID */
        return size > 1 && code[1] >= 0x80 && code[1] <= 0x82;
    case 0xc7: /* XRSTORS, XSAVES */
        return size > 1 && code[1] < 0xc0 && ((code[1] >> 3 & 7) == 3 || (code[1] >> 3 & 7) == 5);
    default:
        return false;
    }
}

bool mpk_is_privileged(const uint8_t *code, size_t size)
{
    while (size && (is_prefix(code[0]) || (is_rex(code[0]) && size > 1)))
        code++, size--;
    if (!size)
        return false;
    if (code[0] == 0x0f)
        return size > 1 && is_two_byte(code + 1, size - 1);
    return (code[0] >= 0x6c && code[0] <= 0x6f) ||                /* INS, OUTS */
           (code[0] & 0xf4) == 0xe4 ||                            /* IN, OUT */
           code[0] == 0xcd ||                                     /* INT of another's gate */
           code[0] == 0xf4 || code[0] == 0xfa || code[0] == 0xfb; /* HLT, CLI, STI */
}
