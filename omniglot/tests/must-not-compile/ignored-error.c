/* A refused write is not overlooked.
 *
 * want: ignoring return value */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    int error = 0;
    og_scope_begin(domain, &scope);
    int og_mut *number = og_alloc(&scope, int, 1, &fault);
#ifdef REFUSED
    og_write(&scope.access, number, 1, &fault);
#else
    error = og_write(&scope.access, number, 1, &fault);
#endif
    og_scope_end(&scope);
    return error;
}
