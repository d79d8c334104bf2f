/* The hostile library behind the PMP, through og-pmp, or through copy-pmp, where the arguments are
 * copied into its memory first. */
#include "attack.h"

#include "hostile.h"

#ifdef ATTACK_COPIES
#include ATTACK_COPIES
#endif

struct og_fault attack_fault;

static struct og_domain *domain;
static uint32_t trap_vector;

static uint32_t read_vector(void)
{
    uint32_t vector;
    __asm__ volatile(".option push\n\t.option arch, +zicsr\n\tcsrr %0, mtvec\n\t.option pop"
                     : "=r"(vector));
    return vector;
}

bool attack_open(void)
{
    const struct og_options options = {.isolation = OG_PMP, .deadline_ms = ATTACK_DEADLINE_MS};
    if (og_domain_open(&domain, (const char *const[]){"libhostile.so", NULL}, &options,
                       &attack_fault))
        return false;
    trap_vector = read_vector();
    return true;
}

/* The call that is under way, for a callback that makes it again. */
static struct og_function under_way;
static uintptr_t argument;

static uint32_t call(const struct og_function *function, uintptr_t a0)
{
    return ((attack_function *)function->entry)(a0, argument, ATTACK_LEFT_OVER, 0, 0, 0, 0, 0);
}

static void nest(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                 struct og_result *result) OG_NO_ANALYSIS
{
    const struct og_callback *callback = user;
    (void)arguments;
    if (og_invoke_begin(&scope->access, &under_way, NULL))
        return;
    result->integer = call(&under_way, callback->address);
    if (og_invoke_end(&scope->access, NULL))
        result->integer = 0;
}

/* A callback that enters the domain again: with a wrong stack it would write to wrong memory. */
static void enter_again(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                        struct og_result *result) OG_NO_ANALYSIS
{
    struct og_function function;
    (void)user;
    (void)arguments;
    if (og_domain_lookup(domain, "hostile_call_many", &function, NULL) ||
        og_function_stack(&function, 8, NULL) || og_invoke_begin(&scope->access, &function, NULL))
        return;
    result->integer =
        ((__typeof__(&hostile_call_many))function.entry)(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
}

struct attack_outcome attack_call(const char *name, void *entry, uintptr_t a0, uintptr_t a1,
                                  enum attack_callback how, uint32_t *result) OG_NO_ANALYSIS
{
    struct attack_outcome outcome = {OG_OK, false};
    struct og_callback callback;
    struct og_scope scope;
    (void)entry;
    argument = a1;
    outcome.error = og_domain_lookup(domain, name, &under_way, &attack_fault);
    if (!outcome.error)
        outcome.error = og_function_takes(
            &under_way, OG_PARAMETERS(OG_PARAMETER(uintptr_t), OG_PARAMETER(uintptr_t)),
            &attack_fault);
    if (!outcome.error)
        outcome.error = og_callback_open(
            domain, &callback, how == ATTACK_NESTS ? nest : enter_again, &callback, &attack_fault);
    if (outcome.error)
        return outcome;
    if (how)
        a0 = callback.address;
    og_scope_begin(domain, &scope);
#ifdef ATTACK_COPIES
    /* As a copying stub does: through the library's own malloc, and out again. */
    unsigned char og_mut *copy = NULL;
    uint8_t bytes[16] = "copied in";
    outcome.error = copy_in(&scope, unsigned char, copy, bytes, sizeof(bytes), &attack_fault);
    if (outcome.error) {
        og_scope_end(&scope);
        og_callback_close(&callback);
        return outcome;
    }
#endif
    outcome.error = og_invoke_begin(&scope.access, &under_way, &attack_fault);
    if (!outcome.error) {
        *result = call(&under_way, a0);
        outcome.error = og_invoke_end(&scope.access, &attack_fault);
    }
#ifdef ATTACK_COPIES
    if (!outcome.error)
        outcome.error = argument_out(&scope.access, bytes, copy, sizeof(bytes), &attack_fault);
    outcome.error = copy_free(&scope, copy, outcome.error, &attack_fault);
#endif
    if (outcome.error)
        *result = 0;
    og_scope_end(&scope);
    og_callback_close(&callback);
    return outcome;
}

bool attack_next_call_is_right(void)
{
    void og_foreign *data;
    uint32_t result = 0;
    if (og_domain_reset(domain, &attack_fault) ||
        og_domain_lookup_data(domain, "hostile_data", &data, &attack_fault))
        return false;
    struct attack_outcome outcome =
        attack_call("hostile_read", NULL, (uintptr_t)data, 0, ATTACK_NO_CALLBACK, &result);
    return !outcome.error && result == 7;
}

/* Host code was entered: with U-mode's rights it would not have got here. */
void attack_escape(void)
{
}

bool attack_restore_vector(void)
{
    return read_vector() != trap_vector;
}

bool attack_restore_code(void)
{
    return *(const volatile uint32_t *)(uintptr_t)pmp_library_symbol(
               pmp_library_find("libhostile.so"), "hostile_loop") == 0x00008067;
}

bool attack_stack_was_left(void)
{
    /* Below the library's RAM lies the host's, whose last word nobody writes. */
    const struct pmp_library *library = pmp_library_find("libhostile.so");
    return *(const volatile uint32_t *)(library->ram - 4) != 0;
}

bool attack_lost_registers(uint32_t result)
{
    uintptr_t gp, tp;
    extern char __global_pointer$[], __tls_base[];
    __asm__ volatile("mv %0, gp\n\tmv %1, tp" : "=r"(gp), "=r"(tp));
    return result != 1 || gp != (uintptr_t)__global_pointer$ || tp != (uintptr_t)__tls_base;
}
