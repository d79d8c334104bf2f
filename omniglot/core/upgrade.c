/* The upgrade check beyond its fast path: the table of regions, and the reason why not. */
#include "extent.h"
#include "omniglot/runtime.h"

/* The region that holds `address`, by binary search. */
static const struct og_region *find_region(const struct og_domain *domain, uintptr_t address)
{
    size_t low = 0, high = domain->region_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (domain->regions[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < domain->region_count && domain->regions[low].start <= address)
        return &domain->regions[low];
    return NULL;
}

uintptr_t og_memory_end(const struct og_context *context, uintptr_t address, unsigned rights)
{
    if (og_is_within(address, 1, context->live_start, context->live_end))
        return context->live_end;
    if (og_is_within(address, 1, context->frames_start, context->frames_end))
        return context->frames_end;
    const struct og_region *region = find_region(context->domain, address);
    return region && (region->rights & rights) == rights ? region->end : 0;
}

enum og_error og_memory_check_slowly(const struct og_context *context, uintptr_t address,
                                     size_t size, size_t alignment, unsigned rights,
                                     struct og_fault *fault)
{
    if (address == 0)
        return og_fail(fault, OG_NULL, NULL, 0, NULL);
    if (address & (alignment - 1))
        return og_fail(fault, OG_MISALIGNED, NULL, address, NULL);
    if (!og_is_within(address, size, context->live_start, context->live_end)) {
        if (og_is_within(address, size, context->frames_start, context->frames_end))
            return OG_OK;
        const struct og_region *region = find_region(context->domain, address);
        if (!region || !og_is_within(address, size, region->start, region->end))
            return og_fail(fault, OG_OUT_OF_BOUNDS, NULL, address, NULL);
        if ((region->rights & rights) != rights)
            return og_fail(fault, OG_OUT_OF_BOUNDS, NULL, address,
                           "the domain has no such right to this memory");
    }
    return OG_OK;
}
