/* A reference is used with its scope's access, which ends with the scope. (Used with an
 * outer scope's it compiles, and is refused when it runs:
 * reference_kept_past_its_scope_is_refused in core-scope.c.)
 *
 * want: requires holding access scope 'scope.access' exclusively */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    int error = 0;
    og_scope_begin(domain, &scope);
    int og_mut *number = og_alloc(&scope, int, 1, &fault);
#ifndef REFUSED
    error = og_write(&scope.access, number, 1, &fault);
#endif
    og_scope_end(&scope);
#ifdef REFUSED
    error = og_write(&scope.access, number, 1, &fault);
#endif
    return error;
}
