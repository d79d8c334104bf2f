/* A library that cannot be loaded: why, in the loader's words, or in better ones. For hosts that
 * have files. */
#include "omniglot/runtime.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* Was the name itself not found, and not what the library needs? */
static bool is_about(const char *reason, const char *name)
{
    size_t length = strlen(name);
    return !strncmp(reason, name, length) && reason[length] == ':';
}

enum og_error og_fail_to_load(struct og_fault *fault, const char *name, const char *reason)
{
    if (!reason || !reason[0])
        reason = "it cannot be loaded";
    else if (!strchr(name, '/') && is_about(reason, name) && access(name, F_OK) == 0)
        reason = "a name without a folder is looked for where the system's libraries are; for the "
                 "one in the current folder put ./ before it";
    return og_fail(fault, OG_NOT_FOUND, name, 0, reason);
}
