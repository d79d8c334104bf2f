#include "fake-domain.h"

#include <stdlib.h>
#include <string.h>

enum { PARTS = 8 };

static struct og_context *context_of(struct og_domain *domain)
{
    return &((struct fake_domain *)domain)->context;
}

static int is_callback(struct og_domain *domain, uintptr_t address)
{
    return address == ((struct fake_domain *)domain)->callback;
}

static const struct og_runtime runtime = {
    .name = "fake",
    .context = context_of,
    .is_callback = is_callback,
};

void fake_domain_open(struct fake_domain *fake)
{
    char *memory = aligned_alloc(4096, PARTS * PART);
    if (!memory)
        abort();
    memset(memory, 0, PARTS * PART);
    uintptr_t start = (uintptr_t)memory;
    *fake = (struct fake_domain){
        .read_only = start,
        .data = start + 2 * PART,
        .stack = start + 4 * PART,
        .heap = start + 6 * PART,
        .end = start + 8 * PART,
        .callback = start + 0x123,
    };
    fake->regions[0] = (struct og_region){start, start + PART, OG_READ};
    fake->regions[1] = (struct og_region){start + 2 * PART, start + 3 * PART, OG_READ | OG_WRITE};
    fake->domain = (struct og_domain){&runtime, fake->regions, 2};
    fake->context.domain = &fake->domain;
    fake->context.stack_low = fake->stack;
    fake->context.live_start = fake->heap;
    fake->context.live_end = fake->end;
}

void fake_domain_close(struct fake_domain *fake)
{
    free((void *)fake->read_only);
}
