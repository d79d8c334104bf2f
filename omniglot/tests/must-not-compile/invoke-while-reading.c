/* Foreign code, which may write anything in its domain, does not run while a validated
 * value is being read.
 *
 * want: requires holding access scope 'scope.access' exclusively */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    int result = 0;
    og_scope_begin(domain, &scope);
    struct point og_mut *point = og_alloc(&scope, struct point, 1, &fault);
    og_read_begin(&scope.access);
    const int og_valid *valid = og_validate_range(&scope.access, &point->x, 0, 9, &fault);
#ifdef REFUSED
    result = og_invoke_begin(&scope.access, &function, &fault);
#endif
    result += og_value(&scope.access, valid);
    og_read_end(&scope.access);
    og_scope_end(&scope);
    return result;
}
