/* A host pointer is not validated: its checks would mean nothing.
 *
 * want: no matching function for call to 'og_reference_address' */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    int host = 1, value = 0;
    og_scope_begin(domain, &scope);
    int og_mut *reference = og_alloc(&scope, int, 1, &fault);
    og_read_begin(&scope.access);
#ifdef REFUSED
    const int og_valid *valid = og_validate_range(&scope.access, &host, 0, 9, &fault);
#else
    const int og_valid *valid = og_validate_range(&scope.access, reference, 0, 9, &fault);
#endif
    value = og_value(&scope.access, valid) + host;
    og_read_end(&scope.access);
    og_scope_end(&scope);
    return value + (reference != 0);
}
