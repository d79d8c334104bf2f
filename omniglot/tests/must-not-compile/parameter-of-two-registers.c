/* A struct passed by value as a parameter: which registers it is in only the psABI says.
 *
 * want: a parameter is an integer of up to 64 bits, a pointer, float or double */
#include "surroundings.h"

struct pair {
    long a, b;
};

int program(void)
{
    struct og_function function = {0};
#ifdef REFUSED
    return og_function_takes(&function, OG_PARAMETERS(OG_PARAMETER(struct pair)), &fault);
#else
    return og_function_takes(&function, OG_PARAMETERS(OG_PARAMETER(struct pair *)), &fault);
#endif
}
