/* Upgrading needs a scope: what is live is known only while one is open.
 *
 * want: requires holding access scope 'scope.access' */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    og_scope_begin(domain, &scope);
#ifdef REFUSED
    og_scope_end(&scope);
    const int og_ref *readable = og_upgrade(&scope.access, (int og_foreign *)0x1000, 1, &fault);
#else
    const int og_ref *readable = og_upgrade(&scope.access, (int og_foreign *)0x1000, 1, &fault);
    og_scope_end(&scope);
#endif
    return readable != 0;
}
