/* Nor is there a way around og_value and og_get: validated values are not followed.
 *
 * want: dereferencing valid; was declared with a 'noderef' type */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    int x = 0;
    og_scope_begin(domain, &scope);
    struct point og_mut *point = og_alloc(&scope, struct point, 1, &fault);
    og_read_begin(&scope.access);
    const int og_valid *valid = og_validate_range(&scope.access, &point->x, 0, 9, &fault);
    x = og_value(&scope.access, valid);
    og_read_end(&scope.access);
#ifdef REFUSED
    x = *valid;
#endif
    og_scope_end(&scope);
    return x;
}
