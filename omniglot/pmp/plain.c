/* The runtime without isolation on this target: the same domains, called plainly, in M-mode. */
#include "pmp.h"

/* gate.S: what library code calls as callback number N, PMP_CALLBACK_STEP bytes each. */
extern const char og_plain_callbacks[];

static struct og_callback *callbacks[PMP_CALLBACKS];

uint64_t og_plain_called_back(uint32_t slot, const struct og_arguments *arguments);
uint64_t og_plain_called_back(uint32_t slot, const struct og_arguments *arguments)
{
    struct og_result result = {0, 0};
    if (callbacks[slot])
        pmp_callback_run(callbacks[slot], arguments, &result);
    return result.integer;
}

static enum og_error plain_open(struct og_domain **result, const char *const *libraries,
                                const struct og_options *options, struct og_fault *fault)
{
    return pmp_domain_open(result, libraries, options, &og_runtime_none, fault);
}

/* Nothing stands between: the code itself. */
static void (*plain_entry(struct og_domain *domain, void *target, const char *symbol))(void)
{
    (void)domain;
    (void)symbol;
    return (void (*)(void))target;
}

static void *plain_heap_alloc(struct og_domain *domain, size_t alignment, size_t size)
{
    const struct pmp_domain *plain = pmp_domain_of(domain);
    if (alignment <= PMP_MALLOC_ALIGNMENT)
        return ((void *(*)(size_t))plain->malloc)(size);
    return ((void *(*)(size_t, size_t))plain->memalign)(alignment, size);
}

static void plain_heap_free(struct og_domain *domain, void *memory)
{
    ((void (*)(void *))pmp_domain_of(domain)->free)(memory);
}

static enum og_error plain_callback_open(struct og_domain *domain, struct og_callback *callback,
                                         struct og_fault *fault)
{
    enum og_error error = pmp_callback_open(domain, callback, fault);
    size_t slot = 0;
    while (!error && slot < PMP_CALLBACKS && callbacks[slot])
        slot++;
    if (slot == PMP_CALLBACKS) {
        pmp_callback_close(domain, callback);
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "16 callbacks are open: close one");
    }
    if (error)
        return error;
    callbacks[slot] = callback;
    callback->address = (uintptr_t)og_plain_callbacks + slot * PMP_CALLBACK_STEP;
    return OG_OK;
}

static void plain_callback_close(struct og_domain *domain, struct og_callback *callback)
{
    for (size_t i = 0; i < PMP_CALLBACKS; i++)
        if (callbacks[i] == callback)
            callbacks[i] = NULL;
    pmp_callback_close(domain, callback);
}

static int plain_is_callback(struct og_domain *domain, uintptr_t address)
{
    uintptr_t offset = address - (uintptr_t)og_plain_callbacks;
    uintptr_t slot = offset / PMP_CALLBACK_STEP;
    return offset % PMP_CALLBACK_STEP == 0 && slot < PMP_CALLBACKS && callbacks[slot] &&
           callbacks[slot]->domain == domain;
}

const struct og_runtime og_runtime_none = {
    .name = "none",
    .open = plain_open,
    .reset = pmp_domain_reset,
    .close = pmp_domain_close,
    .lookup = pmp_domain_lookup,
    .entry = plain_entry,
    .context = pmp_domain_context,
    .heap_alloc = plain_heap_alloc,
    .heap_owns = pmp_domain_heap_owns,
    .heap_free = plain_heap_free,
    .callback_open = plain_callback_open,
    .callback_close = plain_callback_close,
    .is_callback = plain_is_callback,
    .isolation = OG_NONE,
};
