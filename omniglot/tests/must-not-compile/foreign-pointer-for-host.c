/* The host's functions follow pointers; one into foreign memory must not reach them.
 *
 * want: changes address space of pointer */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    struct point point = {1, 2, 0};
    og_scope_begin(domain, &scope);
    struct point og_mut *reference = og_alloc(&scope, struct point, 1, &fault);
#ifdef REFUSED
    library_takes_host_pointer(reference);
#else
    library_takes_host_pointer(&point);
#endif
    og_scope_end(&scope);
    return reference != 0;
}
