/* A bool has two values and its byte has 256: it is not read without validation.
 *
 * want: a bool is validated */
#include "surroundings.h"

int program(void)
{
    struct og_scope scope;
    int error = 0;
#ifdef REFUSED
    typedef _Bool number;
#else
    typedef int number;
#endif
    number value = 0;
    og_scope_begin(domain, &scope);
    number og_mut *reference = og_alloc(&scope, number, 1, &fault);
    error = og_read(&scope.access, reference, &value, &fault);
    og_scope_end(&scope);
    return error + value;
}
