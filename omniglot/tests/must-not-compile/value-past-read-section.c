/* A validated value is one for as long as its read section lasts.
 *
 * want: requires holding access scope 'scope.access' */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    int x = 0;
    og_scope_begin(domain, &scope);
    struct point og_mut *point = og_alloc(&scope, struct point, 1, &fault);
    og_read_begin(&scope.access);
    const int og_valid *valid = og_validate_range(&scope.access, &point->x, 0, 9, &fault);
#ifndef REFUSED
    x = og_value(&scope.access, valid);
#endif
    og_read_end(&scope.access);
    og_scope_end(&scope);
#ifdef REFUSED
    x = og_value(&scope.access, valid);
#endif
    return x;
}
