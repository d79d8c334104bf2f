/* Nor is it written past the checks.
 *
 * want: dereferencing reference; was declared with a 'noderef' type */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    int error = 0;
    og_scope_begin(domain, &scope);
    struct point og_mut *reference = og_alloc(&scope, struct point, 1, &fault);
#ifdef REFUSED
    reference->x = 1;
#else
    error = og_write(&scope.access, &reference->x, 1, &fault);
#endif
    og_scope_end(&scope);
    return error;
}
