/* The smallest host that uses all of the domain API: what kernel, runtime and core take by
 * themselves, without a console's printf, a program or a library. */
#include "omniglot/omniglot.h"
#include "omniglot/pmp/pmp.h"
#include "omniglot/rv32/kernel.h"

static void called_back(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                        struct og_result *result)
{
    (void)user;
    (void)scope;
    result->integer = arguments->integers[0];
}

int main(void) OG_NO_ANALYSIS
{
    const struct og_options options = {.isolation = OG_PMP, .deadline_ms = 1};
    struct og_domain *domain;
    struct og_function function;
    struct og_callback callback;
    struct og_scope scope;
    void og_foreign *data;
    static const struct og_rule rule = {.kind = OG_ANY, .size = 4};
    if (og_domain_open(&domain, (const char *const[]){"libprobe.so", NULL}, &options, NULL) ||
        og_domain_lookup(domain, "probe_nothing", &function, NULL) ||
        og_domain_lookup_data(domain, "probe_data", &data, NULL) ||
        og_function_stack(&function, 0, NULL) ||
        og_callback_open(domain, &callback, called_back, NULL, NULL))
        return 1;
    og_scope_begin(domain, &scope);
    int og_mut *number = og_alloc(&scope, int, 1, NULL);
    char og_mut *text = og_heap_alloc(&scope.access, char, 4, NULL);
    _Bool og_mut *truth = og_alloc(&scope, _Bool, 1, NULL);
    int *og_mut *pointer = og_alloc(&scope, int *, 1, NULL);
    if (og_invoke_begin(&scope.access, &function, NULL))
        return 2;
    function.entry();
    if (og_invoke_end(&scope.access, NULL) || og_write(&scope.access, number, 1, NULL))
        return 3;
    og_read_begin(&scope.access);
    int valid = og_validate(&scope.access, number, &rule, NULL) &&
                og_validate_range(&scope.access, number, 0, 1, NULL) &&
                og_validate_enum(&scope.access, number, (const int64_t[]){1}, 1, NULL) &&
                og_validate_bool(&scope.access, truth, NULL) &&
                og_validate_string(&scope.access, text, 4, NULL, NULL) &&
                og_validate_utf8(&scope.access, text, 4, NULL) &&
                og_validate_array(&scope.access, text, 4, NULL) &&
                !og_validate_pointer(&scope.access, pointer, 1, OG_READ, NULL);
    og_read_end(&scope.access);
    if (!valid || og_heap_free(&scope.access, text, NULL))
        return 4;
    og_scope_end(&scope);
    og_callback_close(&callback);
    if (og_domain_reset(domain, NULL) || og_domain_close(domain, NULL))
        return 5;
    /* What a domain takes of the heap, with the allocator's word. */
    const unsigned size = sizeof(struct pmp_domain) + sizeof(size_t);
    const char digits[] = {(char)('0' + size / 1000 % 10),
                           (char)('0' + size / 100 % 10),
                           (char)('0' + size / 10 % 10),
                           (char)('0' + size % 10),
                           '\n',
                           0};
    kernel_print("domain ");
    kernel_print(digits);
    return 0;
}
