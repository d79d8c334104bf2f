/* Does this machine give domains over another process? Where it does not, tests of them are
 * skipped, with the reason. */
#ifndef OMNIGLOT_PROC_TESTS_SUPPORTED_H
#define OMNIGLOT_PROC_TESTS_SUPPORTED_H

#include "omniglot/omniglot.h"

#include <stdbool.h>
#include <stdio.h>

/* Opening is what tells: a container may refuse what the kernel has. */
static inline bool is_supported(const char *tests, const char *opened)
{
    const struct og_options options = {.isolation = OG_PROC};
    struct og_fault why;
    struct og_domain *trial;
    enum og_error error =
        og_domain_open(&trial, (const char *const[]){opened, NULL}, &options, &why);
    if (error != OG_UNSUPPORTED)
        return error || og_domain_close(trial, &why) == OG_OK;
    printf("1..1\nok 1 - %s # SKIP %s\n", tests, why.message);
    return false;
}

#endif
