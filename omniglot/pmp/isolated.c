/* The runtime behind the PMP: thunks to the gate, an allocator that runs inside, faults. */
#include "omniglot/rv32/kernel.h"
#include "pmp.h"

#include <stdbool.h>

/* Entries 0 to 3 as in pmp.h's table: off, TOR R X, off, TOR R W. */
enum { PMP_R = 1, PMP_W = 2, PMP_X = 4, PMP_TOR = 1 << 3 };
#define PMP_CONFIGURATION                                                                          \
    ((uint32_t)(PMP_TOR | PMP_R | PMP_X) << 8 | (uint32_t)(PMP_TOR | PMP_R | PMP_W) << 24)

/* Takes the trap vector and sets the entries' modes; their addresses are all 0 at first, so that
 * nothing is open. Does it again for each domain, with the same effect. */
static enum og_error take_machine(struct og_fault *fault)
{
    uint32_t configuration;
    if (!kernel_take_traps(og_pmp_trap))
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "this program runs tasks: it cannot have domains as well");
    __asm__ volatile(KERNEL_CSR("csrw pmpcfg0, %1\n\tcsrw pmpcfg1, zero\n\tcsrw pmpcfg2, zero\n\t"
                                "csrw pmpcfg3, zero\n\tcsrr %0, pmpcfg0\n\tsfence.vma")
                     : "=&r"(configuration)
                     : "r"(PMP_CONFIGURATION)
                     : "memory");
    if (configuration != PMP_CONFIGURATION)
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "this processor has no PMP with four entries of the TOR mode");
    return OG_OK;
}

static enum og_error isolated_open(struct og_domain **result, const char *const *libraries,
                                   const struct og_options *options, struct og_fault *fault)
{
    enum og_error error = take_machine(fault);
    return error ? error : pmp_domain_open(result, libraries, options, &og_runtime_pmp, fault);
}

/* The thunk for `target` with so many words of stack, which clears what `clear` says; NULL: all
 * slots are taken. */
static void (*thunk_for(struct pmp_domain *domain, uintptr_t target, size_t words,
                        const char *clear))(void)
{
    size_t slot = PMP_THUNKS;
    for (size_t i = 0; i < PMP_THUNKS; i++) {
        const struct pmp_thunk *thunk = &og_pmp_thunks[i];
        if (thunk->domain == domain && thunk->target == target && thunk->words == words &&
            thunk->clear == clear) {
            slot = i;
            break;
        }
        if (!thunk->domain && slot == PMP_THUNKS)
            slot = i;
    }
    if (slot == PMP_THUNKS)
        return NULL;
    og_pmp_thunks[slot] = (struct pmp_thunk){target, domain, words, clear};
    return (void (*)(void))(og_pmp_thunk_code + slot * PMP_THUNK_CODE_SIZE);
}

static void (*isolated_entry(struct og_domain *domain, void *target, const char *symbol))(void)
{
    (void)symbol;
    return thunk_for(pmp_domain_of(domain), (uintptr_t)target, 0, pmp_clear_after(PMP_ARGUMENTS));
}

static void (*isolated_entry_taking(struct og_domain *domain, void (*entry)(void), size_t words,
                                    const struct og_registers *registers))(void)
{
    size_t slot = (size_t)((const char *)entry - og_pmp_thunk_code) / PMP_THUNK_CODE_SIZE;
    const struct pmp_thunk *thunk = &og_pmp_thunks[slot];
    const char *clear = registers ? pmp_clear_after(registers->integers) : thunk->clear;
    return thunk_for(pmp_domain_of(domain), thunk->target, words, clear);
}

/* The library's own allocator, called like any of its functions: its lists are not the host's to
 * follow. Zero if it faulted, or if the domain is poisoned. */
static uintptr_t call_inside(struct pmp_domain *domain, uintptr_t target, uintptr_t a0,
                             uintptr_t a1)
{
    const struct pmp_thunk thunk = {target, domain, 0, pmp_clear_after(2)};
    if (domain->context.poisoned || !thunk.target)
        return 0;
    uintptr_t result = og_pmp_call(&thunk, a0, a1);
    return domain->context.poisoned ? 0 : result;
}

static void *isolated_heap_alloc(struct og_domain *domain, size_t alignment, size_t size)
{
    struct pmp_domain *isolated = pmp_domain_of(domain);
    if (alignment <= PMP_MALLOC_ALIGNMENT)
        return (void *)call_inside(isolated, isolated->malloc, size, 0);
    return (void *)call_inside(isolated, isolated->memalign, alignment, size);
}

static void isolated_heap_free(struct og_domain *domain, void *memory)
{
    struct pmp_domain *isolated = pmp_domain_of(domain);
    call_inside(isolated, isolated->free, (uintptr_t)memory, 0);
}

/* What ended the code, in words. `value` is mtval, `stack` the library's stack pointer. */
static const char *reason(const struct pmp_domain *domain, uint32_t cause, uintptr_t value,
                          uintptr_t stack)
{
    const struct pmp_library *library = domain->library;
    switch (cause) {
    case 0:
        return "jump to a misaligned address";
    case 1:
        return "jump to memory that is not the domain's code";
    case 2:
        return "illegal instruction";
    case 3:
        return "breakpoint, as of abort";
    case 4:
        return "misaligned load";
    case 6:
        return "misaligned store";
    case 8:
        return "environment call that is no return and no callback";
    case 5:
    case 7:
        /* Below the lowest byte of its RAM, and not far from where its stack pointer is. */
        if (value < library->ram && stack < library->stack_top && value - stack + 4096 < 8192)
            return "stack overflow";
        return cause == 5 ? "load from memory that is not the domain's"
                          : "store to memory that is not the domain's";
    }
    return "trap";
}

/* How the address was touched, as og_fault says it. */
static char access_of(uint32_t cause)
{
    switch (cause) {
    case 1:
        return 'x';
    case 4:
    case 5:
        return 'r';
    case 6:
    case 7:
        return 'w';
    default:
        return 0;
    }
}

/* mcause: an interrupt, the timer's. */
enum { TIMER_INTERRUPT = INT32_MIN + 7 };

void og_pmp_faulted(struct pmp_domain *domain, uint32_t cause, uintptr_t pc, uintptr_t value,
                    uintptr_t stack);
void og_pmp_faulted(struct pmp_domain *domain, uint32_t cause, uintptr_t pc, uintptr_t value,
                    uintptr_t stack)
{
    struct og_context *context = &domain->context;
    const char *symbol = pmp_library_symbol_at(domain->library, pc);
    if (cause == (uint32_t)TIMER_INTERRUPT)
        context->poisoned = og_fail(&context->fault, OG_DEADLINE, symbol, pc, NULL);
    else
        context->poisoned =
            og_fail(&context->fault, OG_FAULTED, symbol, cause == 2 || cause == 3 ? pc : value,
                    reason(domain, cause, value, stack));
    context->fault.instruction = pc;
    context->fault.access = access_of(cause);
}

/* Is it memory of the domain below which a call's arguments and more can be put? */
static bool is_stack(const struct pmp_domain *domain, uintptr_t stack)
{
    enum { ROOM = 1024 + 16 }; /* what og_function_stack allows */
    const struct pmp_library *library = domain->library;
    return stack >= library->ram + ROOM && stack <= library->ram_end;
}

/* Is there host stack for one more callback, and for what it may call? A library that calls back in
 * each call that a callback makes would use it up; a quarter of it is the callback's own. */
static bool has_host_stack(const struct pmp_callback_frame *frame)
{
    extern const char __stack_low[], __stack_top[];
    uintptr_t left = (uintptr_t)frame - (uintptr_t)__stack_low;
    return left >= (uintptr_t)(__stack_top - __stack_low) / 4;
}

/* From the gate, on the host's stack. The slot and all of the frame's values are the domain's
 * word. False: the call is over. */
bool og_pmp_called_back(struct pmp_domain *domain, uint32_t slot, struct pmp_callback_frame *frame);
bool og_pmp_called_back(struct pmp_domain *domain, uint32_t slot, struct pmp_callback_frame *frame)
{
    struct og_context *context = &domain->context;
    struct og_callback *callback = slot < PMP_CALLBACKS ? domain->callbacks[slot] : NULL;
    const char *wrong = !callback                         ? "callback that there is not"
                        : !is_stack(domain, frame->stack) ? "callback with no stack of the domain's"
                        : !has_host_stack(frame)
                            ? "calls inside callbacks have used up the host's stack"
                            : NULL;
    if (wrong) {
        context->poisoned = og_fail(&context->fault, OG_FAULTED, NULL, frame->stack, wrong);
        return false;
    }
    /* Calls that the host makes now start below what is in use. */
    uintptr_t stack = domain->stack;
    struct pmp_frame *outer = domain->outer;
    domain->stack = frame->stack & ~(uintptr_t)15;
    domain->outer = (struct pmp_frame *)(frame + 1);
    frame->result = (struct og_result){0, 0};
    pmp_callback_run(callback, &frame->arguments, &frame->result);
    domain->stack = stack;
    domain->outer = outer;
    return !context->poisoned;
}

const struct og_runtime og_runtime_pmp = {
    .name = "pmp",
    .open = isolated_open,
    .reset = pmp_domain_reset,
    .close = pmp_domain_close,
    .lookup = pmp_domain_lookup,
    .entry = isolated_entry,
    .entry_taking = isolated_entry_taking,
    .context = pmp_domain_context,
    .heap_alloc = isolated_heap_alloc,
    .heap_owns = pmp_domain_heap_owns,
    .heap_free = isolated_heap_free,
    .callback_open = pmp_callback_open,
    .callback_close = pmp_callback_close,
    .is_callback = pmp_is_callback,
    .isolation = OG_PMP,
};
