/* What the gate costs, by its own counter: a call and return of an empty function with the domain
 * already selected, and what switching adds. */
#include "omniglot/omniglot.h"
#include "omniglot/rv32/kernel.h"
#include "omniglot/rv32/tests/tap.h"
#include "probe.h"

enum { LIMIT = 150, SWITCH_LIMIT = 16 };

static struct og_fault fault;
static struct og_domain *domain, *other;
static struct og_function function, others;

static uint32_t low_count(void)
{
    uint32_t count;
    __asm__ volatile(KERNEL_CSR("csrr %0, minstret") : "=r"(count) : : "memory");
    return count;
}

/* Instructions of one call through `callee`, less those of reading the counter. */
static uint32_t cost(void (*callee)(void))
{
    uint32_t empty = low_count();
    empty = low_count() - empty;
    uint32_t start = low_count();
    callee();
    return low_count() - start - empty;
}

static void empty_call_costs_at_most_150_instructions(void)
{
    const struct og_options options = {.isolation = OG_PMP};
    struct og_scope scope;
    check(!og_domain_open(&domain, (const char *const[]){"libprobe.so", NULL}, &options, &fault));
    check(!og_domain_lookup(domain, "probe_nothing", &function, &fault));
    og_scope_begin(domain, &scope);
    function.entry();
    uint32_t gate = cost(function.entry);
    uint32_t start = low_count();
    enum og_error error = og_invoke_begin(&scope.access, &function, &fault);
    if (!error) {
        function.entry();
        error = og_invoke_end(&scope.access, &fault);
    }
    uint32_t whole = low_count() - start;
    og_scope_end(&scope);
    check(!error);
    printf("# gate to gate %u instructions, with og_invoke_begin and og_invoke_end %u\n",
           (unsigned)gate, (unsigned)whole);
    check(gate <= LIMIT && whole <= LIMIT);
}

static void switching_domains_adds_the_writes_of_the_pmp(void)
{
    const struct og_options options = {.isolation = OG_PMP};
    check(!og_domain_open(&other, (const char *const[]){"libhostile.so", NULL}, &options, &fault));
    check(!og_domain_lookup(other, "hostile_clobber", &others, &fault));
    function.entry();
    uint32_t selected = cost(function.entry);
    others.entry();
    uint32_t switched = cost(function.entry);
    printf("# switching adds %u instructions\n", (unsigned)(switched - selected));
    check(switched > selected && switched - selected <= SWITCH_LIMIT);
    check(!og_domain_close(other, &fault) && !og_domain_close(domain, &fault));
}

static const struct tap_test tests[] = {
    TAP_TEST(empty_call_costs_at_most_150_instructions),
    TAP_TEST(switching_domains_adds_the_writes_of_the_pmp),
};

int main(void)
{
    return tap_run(tests, TAP_COUNT(tests));
}
