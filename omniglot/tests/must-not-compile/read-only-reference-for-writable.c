/* Upgraded for reading is not upgraded for writing.
 *
 * want: changes address space of pointer */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    struct point og_foreign *pointer = (struct point og_foreign *)0x1000;
    og_scope_begin(domain, &scope);
    const struct point og_ref *readable = og_upgrade(&scope.access, pointer, 1, &fault);
    struct point og_mut *writable = og_upgrade_mut(&scope.access, pointer, 1, &fault);
#ifdef REFUSED
    int error = og_write(&scope.access, &readable->x, 1, &fault);
#else
    int error = og_write(&scope.access, &writable->x, 1, &fault);
#endif
    og_scope_end(&scope);
    return error || readable == 0 || writable == 0;
}
