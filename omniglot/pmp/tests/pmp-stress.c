/* 10,000 random misdeeds: the host survives each, its memory is what it was, and the next call
 * after the reset is right. */
#include "hostile.h"
#include "omniglot/omniglot.h"
#include "omniglot/rv32/tests/tap.h"

#include <stdlib.h>

enum { MISDEEDS = 10000, BLOCKS = 16, BLOCK = 256 };

static struct og_fault fault;
static struct og_domain *domain;
static uint32_t *blocks[BLOCKS];
static uint32_t data[BLOCK] = {1};

static uint32_t checksum(void)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < BLOCK; i++)
        sum = sum * 31 + data[i];
    for (size_t block = 0; block < BLOCKS; block++)
        for (size_t i = 0; i < BLOCK; i++)
            sum = sum * 31 + blocks[block][i];
    return sum;
}

static enum og_error call(const char *name, uintptr_t a0, uint32_t *result)
{
    struct og_function function;
    struct og_scope scope;
    enum og_error error = og_domain_lookup(domain, name, &function, &fault);
    if (error)
        return error;
    og_scope_begin(domain, &scope);
    error = og_invoke_begin(&scope.access, &function, &fault);
    if (!error) {
        *result = ((uint32_t(*)(uintptr_t))function.entry)(a0);
        error = og_invoke_end(&scope.access, &fault);
    }
    og_scope_end(&scope);
    return error;
}

/* What the misdeeds can call back: it enters the domain again. */
static void enter_again(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                        struct og_result *result)
{
    uint32_t *calls = user, read = 0;
    (void)scope;
    (*calls)++;
    call("hostile_read", arguments->integers[0], &read);
    result->integer = read;
}

static void ten_thousand_random_misdeeds_are_survived(void)
{
    const struct og_options options = {.isolation = OG_PMP, .deadline_ms = 1};
    uint32_t ended[OG_ERROR_COUNT] = {0}, result = 0, calls = 0;
    struct og_callback callback;
    void og_foreign *address;
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(sizeof(uint32_t[BLOCK]));
        check(blocks[i]);
        for (size_t j = 0; j < BLOCK; j++)
            blocks[i][j] = (uint32_t)(i * j * 2654435761u);
    }
    check(!og_domain_open(&domain, (const char *const[]){"libhostile.so", NULL}, &options, &fault));
    check(!og_domain_lookup_data(domain, "hostile_data", &address, &fault));
    uint32_t before = checksum();
    for (uint32_t seed = 1; seed <= MISDEEDS; seed++) {
        check(!og_callback_open(domain, &callback, enter_again, &calls, &fault));
        enum og_error error = call("hostile_wild", seed * 2654435761u, &result);
        check(error == OG_OK || error == OG_FAULTED || error == OG_DEADLINE);
        ended[error]++;
        check(checksum() == before);
        check(!og_domain_reset(domain, &fault));
        check(!call("hostile_read", (uintptr_t)address, &result) && result == 7);
    }
    printf("# %u came back, %u faulted, %u ran past their deadline; %u callbacks\n",
           (unsigned)ended[OG_OK], (unsigned)ended[OG_FAULTED], (unsigned)ended[OG_DEADLINE],
           (unsigned)calls);
    check(ended[OG_FAULTED] > MISDEEDS / 2 && ended[OG_DEADLINE] > 0);
    /* What they may have changed on the way is the domain's own. */
    void *fresh = malloc(1024);
    check(fresh);
    free(fresh);
    check(!og_domain_close(domain, &fault));
}

static const struct tap_test tests[] = {TAP_TEST(ten_thousand_random_misdeeds_are_survived)};

int main(void)
{
    return tap_run(tests, TAP_COUNT(tests));
}
