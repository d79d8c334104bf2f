/* The attacks of hostile.c, compiled for one system each: through raw they have to succeed, through
 * og-pmp and copy-pmp they must do no harm, the call has to end as it should, and the next call
 * after a reset has to be right. */
#include "attack.h"

#include "board.h"
#include "hostile.h"
#include "omniglot/rv32/kernel.h"
#include "omniglot/rv32/tests/tap.h"

/* What the attacks are after: the host's memory, code, and control. */
static volatile uint32_t secret = 0x5ec4e7;
static volatile uint32_t victim = 1;
static volatile bool entered;
static uint32_t ram_code[2] = {0x06300513, 0x00008067}; /* li a0, 99; ret */
static volatile uint32_t *const software_interrupt = (volatile uint32_t *)BOARD_SOFTWARE_INTERRUPT;
static volatile uint8_t *const device_byte = (volatile uint8_t *)BOARD_DEVICE_BYTE;

/* Aligned as a trap vector is. */
void _start(void);

/* Host code that nobody but the host is to enter. */
static uint32_t host_function(void)
{
    entered = true;
    attack_escape();
    return 1;
}

struct attack {
    const char *name;
    const char *function; /* of hostile.h */
    void *entry;          /* the same, for a plain call */
    uintptr_t a0, a1;
    enum og_error ends;              /* how an isolated call has to end */
    bool (*harmed)(uint32_t result); /* did it do harm, having returned `result`? NULL: if the host
                                        trapped or did not get its thread back in time, or the call
                                        came back as if nothing were wrong */
    enum attack_callback callback;   /* a0 is a host function for it to call */
};

static bool got_secret(uint32_t result)
{
    return result == secret;
}

static bool changed_victim(uint32_t result)
{
    (void)result;
    bool changed = victim != 1;
    victim = 1;
    return changed;
}

static bool ran_code(uint32_t result)
{
    return result == 99;
}

static bool entered_host(uint32_t result)
{
    (void)result;
    return entered;
}

static bool read_something(uint32_t result)
{
    return result != 0;
}

static bool set_interrupt(uint32_t result)
{
    (void)result;
    bool changed = *software_interrupt == 1;
    *software_interrupt = 0;
    return changed;
}

static bool set_device(uint32_t result)
{
    (void)result;
    bool changed = *device_byte == 0x5a;
    *device_byte = 0;
    return changed;
}

static bool took_vector(uint32_t result)
{
    (void)result;
    return attack_restore_vector();
}

static bool wrote_code(uint32_t result)
{
    (void)result;
    return attack_restore_code();
}

static bool wrote_below_stack(uint32_t result)
{
    (void)result;
    return attack_stack_was_left();
}

#define FUNCTION(name) #name, (void *)name
#define ADDRESS(what)  (uintptr_t)(what)

static const struct attack attacks[] = {
    {"reading_host_memory", FUNCTION(hostile_read), ADDRESS(&secret), 0, OG_FAULTED, got_secret, 0},
    {"reading_host_code", FUNCTION(hostile_read), ADDRESS(host_function), 0, OG_FAULTED,
     read_something, 0},
    {"writing_host_memory", FUNCTION(hostile_write), ADDRESS(&victim), 2, OG_FAULTED,
     changed_victim, 0},
    {"jumping_to_host_code", FUNCTION(hostile_jump), ADDRESS(host_function), 0, OG_FAULTED,
     entered_host, 0},
    {"jumping_to_host_memory", FUNCTION(hostile_jump), ADDRESS(ram_code), 0, OG_FAULTED, ran_code,
     0},
    {"jumping_into_the_gate", FUNCTION(hostile_jump), ADDRESS(og_pmp_trap), 0, OG_FAULTED, NULL, 0},
    {"running_data_as_code", FUNCTION(hostile_jump), ADDRESS(hostile_code), 0, OG_FAULTED, ran_code,
     0},
    {"writing_its_own_code", FUNCTION(hostile_write_own_code), 0, 0, OG_FAULTED, wrote_code, 0},
    {"raising_an_interrupt", FUNCTION(hostile_write), ADDRESS(BOARD_SOFTWARE_INTERRUPT), 1,
     OG_FAULTED, set_interrupt, 0},
    {"writing_the_console", FUNCTION(hostile_write_byte), BOARD_DEVICE_BYTE, 0x5a, OG_FAULTED,
     set_device, 0},
    {"opening_the_pmp", FUNCTION(hostile_open_pmp), 0, 0, OG_FAULTED, read_something, 0},
    {"setting_mprv", FUNCTION(hostile_open_mstatus), 0, 0, OG_FAULTED, read_something, 0},
    {"reading_mscratch", FUNCTION(hostile_read_mscratch), 0, 0, OG_FAULTED, read_something, 0},
    {"taking_the_trap_vector", FUNCTION(hostile_take_vector), ADDRESS(_start), 0, OG_FAULTED,
     took_vector, 0},
    {"mret_into_the_host", FUNCTION(hostile_mret), ADDRESS(host_function), 0, OG_FAULTED,
     entered_host, 0},
    {"waiting_for_ever", FUNCTION(hostile_wait), 0, 0, OG_FAULTED, NULL, 0},
    {"reading_the_cycle_counter", FUNCTION(hostile_read_cycles), 0, 0, OG_FAULTED, read_something,
     0},
    {"reading_the_clock", FUNCTION(hostile_read_clock), 0, 0, OG_FAULTED, read_something, 0},
    {"reading_the_instruction_counter", FUNCTION(hostile_read_instructions), 0, 0, OG_FAULTED,
     read_something, 0},
    {"ecall_with_junk", FUNCTION(hostile_ecall), 0xdead, 0xbeef, OG_FAULTED, NULL, 0},
    {"ecall_with_a_callbacks_number", FUNCTION(hostile_ecall), 0, 0, OG_FAULTED, NULL, 0},
    {"returning_into_the_host", FUNCTION(hostile_return_to), ADDRESS(host_function), 0, OG_FAULTED,
     entered_host, 0},
    {"pivoting_the_stack_to_write", FUNCTION(hostile_push), ADDRESS(&victim) + 16, 2, OG_FAULTED,
     changed_victim, 0},
    {"calling_back_on_a_pivoted_stack", FUNCTION(hostile_ecall_pivoted), ADDRESS(&victim) + 16, 0,
     OG_FAULTED, NULL, 0},
    {"overflowing_the_stack", FUNCTION(hostile_overflow), 0, 0, OG_FAULTED, wrote_below_stack, 0},
    {"returning_with_all_registers_changed", FUNCTION(hostile_clobber), 0, 0, OG_OK,
     attack_lost_registers, 0},
    {"reading_left_over_registers", FUNCTION(hostile_registers), 0, 0, OG_OK, read_something, 0},
    {"reading_left_over_arguments", FUNCTION(hostile_left_over), 0, 0, OG_OK, read_something, 0},
    {"looping_for_ever", FUNCTION(hostile_loop), 0, 0, OG_DEADLINE, NULL, 0},
    {"calling_back_for_ever", FUNCTION(hostile_call_back_loop), 0, 0, OG_DEADLINE, NULL,
     ATTACK_CALLS_IN},
    {"stretching_the_deadline_by_nested_calls", FUNCTION(hostile_spin_and_call_back), 0, 100000,
     OG_DEADLINE, NULL, ATTACK_NESTS},
    {"using_up_the_hosts_stack_by_nested_calls", FUNCTION(hostile_spin_and_call_back), 0, 1,
     OG_FAULTED, wrote_below_stack, ATTACK_NESTS},
    {"illegal_instruction", FUNCTION(hostile_illegal), 0, 0, OG_FAULTED, NULL, 0},
    {"abort", FUNCTION(hostile_abort), 0, 0, OG_FAULTED, NULL, 0},
};
enum { ATTACKS = sizeof(attacks) / sizeof(attacks[0]) };

static const struct attack *current;

/* The same words as attacks/README.md's, for `make attack`. */
static void tell(const struct attack_outcome *outcome, bool harmed, bool next_is_right)
{
    const bool intact = secret == 0x5ec4e7 && victim == 1 && !entered;
    const char *verdict = harmed && outcome->host_lost_control && !current->harmed ? "killed"
                          : harmed                                                 ? "compromised"
                          : !outcome->error && intact && next_is_right             ? "no effect"
                          : intact && next_is_right                                ? "contained"
                                                                                   : "detected";
    printf("# attack %s: %s: %s\n", current->name, verdict,
           harmed           ? "it did what it set out to do"
           : outcome->error ? attack_fault.message
                            : "the call came back, nothing has happened");
}

static void run_current(void)
{
    uint32_t result = 0;
    entered = false;
    uint64_t start = kernel_time();
    struct attack_outcome outcome = attack_call(current->function, current->entry, current->a0,
                                                current->a1, current->callback, &result);
    uint64_t took = kernel_time() - start;
    bool harmed = current->harmed ? current->harmed(result)
                                  : outcome.host_lost_control || outcome.error == OG_OK;
    if (ATTACK_MUST_SUCCEED) {
        tell(&outcome, harmed, false);
        if (!harmed)
            printf("# it did no harm\n");
        check(harmed);
        return;
    }
    if (outcome.error != current->ends)
        printf("# ended with %s: %s\n", og_error_name(outcome.error), attack_fault.message);
    check(!harmed);
    check(outcome.error == current->ends);
    check(took < 2 * ATTACK_DEADLINE_MS * KERNEL_TICKS_PER_MS);
    check(secret == 0x5ec4e7 && victim == 1 && !entered);
    const bool next_is_right = attack_next_call_is_right();
    tell(&outcome, harmed, next_is_right);
    check(next_is_right);
}

int main(void)
{
    unsigned failures = 0;
    if (!attack_open()) {
        printf("Bail out! %s: %s\n", attack_fault.symbol, attack_fault.message);
        return 1;
    }
    printf("1..%d\n", ATTACKS);
    for (size_t i = 0; i < ATTACKS; i++) {
        current = &attacks[i];
        tap_failed = false;
        run_current();
        failures += tap_failed;
        printf("%sok %zu - %s_%s_%s\n", tap_failed ? "not " : "", i + 1, current->name,
               ATTACK_MUST_SUCCEED ? "succeeds" : "is_contained", ATTACK_SYSTEM);
    }
    return failures ? 1 : 0;
}
