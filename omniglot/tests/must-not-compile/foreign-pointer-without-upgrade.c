/* From any number to a reference there is one way: the upgrade's checks.
 *
 * want: changes address space of pointer */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    struct point og_foreign *pointer = (struct point og_foreign *)0x1000;
    og_scope_begin(domain, &scope);
#ifdef REFUSED
    const struct point og_ref *reference = pointer;
#else
    const struct point og_ref *reference = og_upgrade(&scope.access, pointer, 1, &fault);
#endif
    og_scope_end(&scope);
    return reference != 0;
}
