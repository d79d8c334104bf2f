/* Nobody writes foreign memory while a validated value in it is being read.
 *
 * want: requires holding access scope 'scope.access' exclusively */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    int error = 0;
    og_scope_begin(domain, &scope);
    int og_mut *number = og_alloc(&scope, int, 1, &fault);
    og_read_begin(&scope.access);
    const int og_valid *valid = og_validate_range(&scope.access, number, 0, 9, &fault);
#ifdef REFUSED
    error = og_write(&scope.access, number, 10, &fault);
#endif
    error += og_value(&scope.access, valid);
    og_read_end(&scope.access);
    og_scope_end(&scope);
    return error;
}
