/* A pointer that the library handed out is any number: it cannot be followed.
 *
 * want: dereferencing pointer; was declared with a 'noderef' type */
#include "surroundings.h"

int program(void)
{
    struct point og_foreign *pointer = (struct point og_foreign *)0x1000;
    int x = 0;
#ifdef REFUSED
    x = pointer->x;
#else
    x = (int)og_foreign_address(&pointer->x);
#endif
    return x;
}
