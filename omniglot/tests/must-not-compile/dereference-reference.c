/* Upgraded says where, not what: a reference is not read without validation.
 *
 * want: dereferencing reference; was declared with a 'noderef' type */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    int x = 0;
    og_scope_begin(domain, &scope);
    struct point og_mut *reference = og_alloc(&scope, struct point, 1, &fault);
#ifdef REFUSED
    x = reference->x;
#else
    x = og_read(&scope.access, &reference->x, &x, &fault);
#endif
    og_scope_end(&scope);
    return x;
}
