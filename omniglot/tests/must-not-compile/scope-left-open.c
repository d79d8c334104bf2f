/* Every path ends the scopes it began.
 *
 * want: is still held at the end of function */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    og_scope_begin(domain, &scope);
#ifndef REFUSED
    og_scope_end(&scope);
#endif
    return 0;
}
