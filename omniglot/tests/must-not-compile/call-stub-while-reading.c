/* The same by way of a library's stub.
 *
 * want: requires holding access scope 'scope.access' exclusively */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    struct point og_mut *point = og_alloc(&scope, struct point, 1, &fault);
    og_read_begin(&scope.access);
#ifdef REFUSED
    stub_writes(&scope.access, point);
#endif
    og_read_end(&scope.access);
    stub_writes(&scope.access, point);
    og_scope_end(&scope);
    return 0;
}
