/* A pointer in foreign memory does not become a host pointer.
 *
 * want: only numbers can be read without validation */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    int error = 0;
    og_scope_begin(domain, &scope);
    struct point og_mut *point = og_alloc(&scope, struct point, 1, &fault);
#ifdef REFUSED
    const char *label = 0;
    error = og_read(&scope.access, &point->label, &label, &fault);
#else
    const char og_foreign *label = 0;
    error = og_read_pointer(&scope.access, &point->label, &label, &fault);
#endif
    og_scope_end(&scope);
    return error + (label != 0);
}
