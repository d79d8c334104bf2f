/* What a signal says about the foreign code that it ended: in words, and how memory was touched.
 * The words come from a frame that foreign code can have written: they are words and no more. */
#include "where.h"

#include <signal.h>
#include <ucontext.h>

/* Intel SDM volume 3, 6.15: vectors, and the bits of the page fault's error code. */
enum { GENERAL_PROTECTION = 13, PAGE_FAULT = 14, ALIGNMENT_CHECK = 17 };
enum { IS_WRITE = 2, IS_FETCH = 16 };
enum { NOT_THERE = 1 /* SEGV_MAPERR */, OTHERS_MEMORY = 4 /* SEGV_PKUERR */ };

/* How the memory was touched; 0 if the processor does not say. */
static char access_of(const greg_t *registers)
{
    if (registers[REG_TRAPNO] != PAGE_FAULT)
        return 0;
    if (registers[REG_ERR] & IS_FETCH)
        return 'x';
    return registers[REG_ERR] & IS_WRITE ? 'w' : 'r';
}

/* Has the domain denied itself the memory? */
static bool is_denied(struct mpk_domain *domain, uintptr_t address)
{
    const struct mpk_arena *arena = &domain->arena;
    if (!og_is_within(address, 1, arena->start, arena->start + arena->size))
        return false;
    pthread_mutex_lock(&domain->lock);
    bool denied = mpk_arena_state(arena, address) & MPK_OFF_LIMITS;
    pthread_mutex_unlock(&domain->lock);
    return denied;
}

static const char *touched(struct mpk_domain *domain, uintptr_t address, int code, char access)
{
    bool write = access == 'w', fetch = access == 'x';
    if (code == OTHERS_MEMORY && is_denied(domain, address))
        return write ? "the foreign code wrote to memory that it has denied itself (mprotect)"
                     : "the foreign code read memory that it has denied itself (mprotect)";
    if (code == OTHERS_MEMORY)
        return write ? "the foreign code wrote to memory that is not its domain's"
                     : "the foreign code read memory that is not its domain's";
    if (code == NOT_THERE)
        return write   ? "the foreign code wrote to memory that is not there"
               : fetch ? "the foreign code executed memory that is not there"
                       : "the foreign code read memory that is not there";
    return write   ? "the foreign code wrote to memory that is not writable"
           : fetch ? "the foreign code executed memory that is no code"
                   : "the foreign code read memory that is not readable";
}

/* Why there is a general protection fault, by the instruction. It is the kernel who reads it: what
 * is there may vanish meanwhile. */
static const char *protected_from(uintptr_t instruction)
{
    uint8_t code[15];
    size_t size = sizeof(code), page = MPK_PAGE - instruction % MPK_PAGE;
    /* Up to the end of its page, if nothing is behind it. */
    if (!mpk_peek(code, instruction, size))
        size = page < size && mpk_peek(code, instruction, page) ? page : 0;
    if (!size)
        return "the foreign code executed a privileged instruction, or used an address that is not "
               "canonical or, for a vector, not aligned";
    if (mpk_is_privileged(code, size))
        return "the foreign code executed a privileged instruction";
    return "the foreign code used an address that is not canonical or, for a vector, not aligned";
}

void mpk_fault_tell(const struct mpk_context *context, int signal, const siginfo_t *info,
                    const greg_t *registers, struct og_fault *fault)
{
    uintptr_t address = (uintptr_t)info->si_addr, instruction = (uintptr_t)registers[REG_RIP];
    const char *what = "the foreign code received a signal";
    char access = signal == SIGSEGV || signal == SIGBUS ? access_of(registers) : 0;
    switch (signal) {
    case SIGSEGV:
        what = access ? touched(context->domain, address, info->si_code, access)
               : registers[REG_TRAPNO] == GENERAL_PROTECTION
                   ? protected_from(instruction)
                   : "the foreign code received SIGSEGV, and the processor names no address";
        if (access &&
            og_is_within(address, 1, context->seat->stack_low - MPK_PAGE, context->seat->stack_low))
            what = "the foreign stack overflowed";
        break;
    case SIGBUS:
        what = registers[REG_TRAPNO] == PAGE_FAULT
                   ? "the foreign code touched a page of a file that is not there any more"
               : registers[REG_TRAPNO] == ALIGNMENT_CHECK
                   ? "the foreign code turned alignment checks on, and used an address that is not "
                     "aligned"
                   : "the foreign code's stack pointer is not canonical";
        break;
    case SIGILL:
        what = "the foreign code executed an invalid or forbidden instruction";
        break;
    case SIGFPE:
        what = "the foreign code divided by zero, or overflowed a division";
        break;
    case SIGTRAP:
        what = "the foreign code executed a breakpoint";
        break;
    }
    if (signal != SIGSEGV && signal != SIGBUS)
        address = instruction;
    og_fail(fault, OG_FAULTED, NULL, address, what);
    fault->signal = signal;
    fault->access = access;
    fault->instruction = instruction;
}
