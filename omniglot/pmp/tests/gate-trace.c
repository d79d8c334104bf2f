/* One call through og-pmp, as a stub makes it, between two marks: results/rv32_gate.py has QEMU
 * write down each instruction in between and counts them by purpose. Ten words of arguments, two
 * of them on the stack, and a result in the domain's memory that is validated. */
#include "omniglot/omniglot.h"
#include "omniglot/parameters.h"
#include "omniglot/rv32/kernel.h"
#include "probe.h"

/* The marks: found by their names. `which` tells the trace's parts apart. */
__attribute__((noinline)) void trace_begin(void);
__attribute__((noinline)) void trace_end(void);
void trace_begin(void)
{
    __asm__ volatile("" : : : "memory");
}
void trace_end(void)
{
    __asm__ volatile("" : : : "memory");
}

static struct og_fault fault;

/* A stub of the og discipline. */
static __attribute__((noinline)) enum og_error call(struct og_scope *scope,
                                                    const struct og_function *function,
                                                    int og_mut *memory, uint32_t *result,
                                                    int *number) OG_NO_ANALYSIS
{
    enum og_error error = og_invoke_begin(&scope->access, function, &fault);
    if (error)
        return error;
    *result = ((probe_many *)function->entry)(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    error = og_invoke_end(&scope->access, &fault);
    if (error)
        return error;
    og_read_begin(&scope->access);
    const int og_valid *valid = og_validate_range(&scope->access, memory, 0, 100, &fault);
    if (valid)
        *number = og_value(&scope->access, valid);
    og_read_end(&scope->access);
    return valid ? OG_OK : fault.error;
}

int main(void) OG_NO_ANALYSIS
{
    const struct og_options options = {.isolation = OG_PMP};
    struct og_domain *domain, *other;
    struct og_function function, others;
    struct og_scope scope;
    uint32_t result = 0;
    int number = -1;
    if (og_domain_open(&domain, (const char *const[]){"libprobe.so", NULL}, &options, &fault) ||
        og_domain_lookup(domain, "probe_words", &function, &fault) ||
        og_function_stack(&function, 8, &fault) ||
        og_domain_open(&other, (const char *const[]){"libhostile.so", NULL}, &options, &fault) ||
        og_domain_lookup(other, "hostile_clobber", &others, &fault))
        return 1;
    og_scope_begin(domain, &scope);
    int og_mut *memory = og_alloc(&scope, int, 1, &fault);
    /* The other domain was selected last: this call switches. */
    others.entry();
    trace_begin();
    enum og_error error = call(&scope, &function, memory, &result, &number);
    trace_end();
    /* And this one finds its domain selected. */
    trace_begin();
    error = error ? error : call(&scope, &function, memory, &result, &number);
    trace_end();
    og_scope_end(&scope);
    return error || result != 385 || number != 0;
}
