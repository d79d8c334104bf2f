/* The hostile library called plainly: traps of the host, host code that it enters, and the time
 * after which the host would have wanted its thread back all lead to attack_call. */
#include "attack.h"

#include "hostile.h"
#include "omniglot/rv32/kernel.h"

#include <setjmp.h>

enum { PATIENCE = 2 * KERNEL_TICKS_PER_MS / 10, BELOW = 64 };

struct og_fault attack_fault;

static jmp_buf back;
static bool lost; /* did the last attack not come back by itself? */
static const struct pmp_library *library;
extern char __stack_low[];

static void set_vector(uint32_t vector)
{
    __asm__ volatile(KERNEL_CSR("csrw mtvec, %0") : : "r"(vector));
}

/* The host's interrupts: only for as long as the attack lasts. */
static void let_timer_interrupt(bool on)
{
    kernel_alarm(on ? kernel_time() + PATIENCE : UINT64_MAX);
    if (on)
        __asm__ volatile(KERNEL_CSR("csrs mie, %0\n\tcsrsi mstatus, 8") : : "r"(0x80));
    else
        __asm__ volatile(KERNEL_CSR("csrci mstatus, 8\n\tcsrc mie, %0") : : "r"(0x80));
}

static void trapped(uint32_t cause, uint32_t pc, uint32_t value)
{
    (void)cause;
    (void)pc;
    (void)value;
    longjmp(back, 1);
}

bool attack_open(void)
{
    library = pmp_library_find("libhostile.so");
    kernel_on_trap(trapped);
    return library != NULL;
}

/* Deep enough to leave any host's stack. */
enum { NESTED_MAX = 1000 };

static struct {
    attack_function *entry; /* NULL: it does nothing */
    uintptr_t a1;
    unsigned depth;
} nested;

static uint32_t call(attack_function *entry, uintptr_t a0, uintptr_t a1)
{
    return entry(a0, a1, ATTACK_LEFT_OVER, 0, 0, 0, 0, 0);
}

static uint32_t called_back(void)
{
    if (!nested.entry || nested.depth++ >= NESTED_MAX)
        return 0;
    return call(nested.entry, (uintptr_t)called_back, nested.a1) + 1;
}

/* Words below the host's stack, which nobody has any business to write. */
static volatile uint32_t *below_stack(void)
{
    uintptr_t address = (uintptr_t)__stack_low - BELOW * sizeof(uint32_t);
    return (volatile uint32_t *)address;
}

/* True if the call came back by itself. */
static bool came_back(void *entry, uintptr_t a0, uintptr_t a1, uint32_t *result)
{
    if (setjmp(back))
        return false;
    let_timer_interrupt(true);
    *result = call((attack_function *)entry, a0, a1);
    return true;
}

struct attack_outcome attack_call(const char *name, void *entry, uintptr_t a0, uintptr_t a1,
                                  enum attack_callback callback, uint32_t *result)
{
    (void)name;
    nested.entry = callback == ATTACK_NESTS ? (attack_function *)entry : NULL;
    nested.a1 = a1;
    nested.depth = 0;
    pmp_library_load(library);
    for (int i = 0; i < BELOW; i++)
        below_stack()[i] = 0;
    lost = !came_back(entry, callback ? (uintptr_t)called_back : a0, a1, result);
    let_timer_interrupt(false);
    return (struct attack_outcome){OG_OK, lost};
}

bool attack_next_call_is_right(void)
{
    return false;
}

void attack_escape(void)
{
    longjmp(back, 1);
}

bool attack_restore_vector(void)
{
    uint32_t vector;
    __asm__ volatile(KERNEL_CSR("csrr %0, mtvec") : "=r"(vector));
    set_vector((uint32_t)(uintptr_t)kernel_trap);
    return vector != (uint32_t)(uintptr_t)kernel_trap;
}

bool attack_restore_code(void)
{
    static const uint32_t loop = 0x0000a001; /* c.j 0 */
    volatile uint32_t *code = (volatile uint32_t *)(uintptr_t)hostile_loop;
    bool changed = *code == 0x00008067;
    *code = loop;
    __asm__ volatile(".option push\n\t.option arch, +zifencei\n\tfence.i\n\t.option pop");
    return changed;
}

bool attack_stack_was_left(void)
{
    for (int i = 0; i < BELOW; i++)
        if (below_stack()[i])
            return true;
    return false;
}

bool attack_lost_registers(uint32_t result)
{
    (void)result;
    return lost; /* by the trap that follows */
}
