/* The library's functions take references; the host's own memory is none.
 *
 * want: changes address space of pointer */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    struct point point = {1, 2, 0};
    og_scope_begin(domain, &scope);
    struct point og_mut *reference = og_alloc(&scope, struct point, 1, &fault);
    (void)point;
#ifdef REFUSED
    stub_writes(&scope.access, &point);
#else
    stub_writes(&scope.access, reference);
#endif
    og_scope_end(&scope);
    return reference != 0;
}
