/* The version that was built. */
#include "omniglot/version.h"

const char *og_version(void)
{
    return OG_VERSION;
}
