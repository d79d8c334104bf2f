/* Opening a domain on the embedded target: which runtime gives the isolation asked for. */
#include "omniglot/domain.h"

static const struct og_runtime *const runtimes[] = {
    [OG_NONE] = &og_runtime_none,
    [OG_PMP] = &og_runtime_pmp,
};

enum og_error og_domain_open(struct og_domain **domain, const char *const *libraries,
                             const struct og_options *options, struct og_fault *fault)
{
    unsigned isolation = options ? options->isolation : OG_NONE;
    *domain = NULL;
    if (isolation >= sizeof(runtimes) / sizeof(runtimes[0]) || !runtimes[isolation])
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0, "this build has no such isolation");
    if (!libraries || !libraries[0])
        return og_fail(fault, OG_BAD_ARGUMENT, NULL, 0, "a domain needs at least one library");
    return runtimes[isolation]->open(domain, libraries, options, fault);
}
