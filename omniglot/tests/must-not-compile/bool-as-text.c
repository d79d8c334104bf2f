/* Text is characters: bytes that were checked to be text were not checked to be bools.
 *
 * want: not a character */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    int set = 0;
    og_scope_begin(domain, &scope);
    _Bool og_mut *flag = og_alloc(&scope, _Bool, 1, &fault);
    og_read_begin(&scope.access);
#ifdef REFUSED
    const _Bool og_valid *valid = og_validate_utf8(&scope.access, flag, 1, &fault);
#else
    const _Bool og_valid *valid = og_validate_bool(&scope.access, flag, &fault);
#endif
    set = og_value(&scope.access, valid);
    og_read_end(&scope.access);
    og_scope_end(&scope);
    return set;
}
