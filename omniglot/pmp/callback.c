/* The host functions that a domain can call: its slots, and running one. */
#include "pmp.h"

void pmp_callback_run(struct og_callback *callback, const struct og_arguments *arguments,
                      struct og_result *result)
{
    struct og_scope scope;
    struct og_context *context = callback->domain->runtime->context(callback->domain);
    size_t enclosing = og_callback_scope_begin(context, &scope);
    callback->function(callback->user, &scope, arguments, result);
    /* It may have closed the callback by now. */
    og_callback_scope_end(context, &scope, enclosing);
}

enum og_error pmp_callback_open(struct og_domain *handle, struct og_callback *callback,
                                struct og_fault *fault)
{
    struct pmp_domain *domain = pmp_domain_of(handle);
    pmp_callback_close(handle, callback);
    for (unsigned i = 0; i < PMP_CALLBACKS; i++) {
        if (domain->callbacks[i])
            continue;
        domain->callbacks[i] = callback;
        callback->slot = i;
        callback->domain = handle;
        callback->address = domain->library->callbacks + (uintptr_t)i * PMP_CALLBACK_STEP;
        return OG_OK;
    }
    return og_fail(fault, OG_NO_MEMORY, NULL, 0, "16 callbacks are open in the domain: close one");
}

void pmp_callback_close(struct og_domain *handle, struct og_callback *callback)
{
    struct pmp_domain *domain = pmp_domain_of(handle);
    for (unsigned i = 0; i < PMP_CALLBACKS; i++)
        if (domain->callbacks[i] == callback)
            domain->callbacks[i] = NULL;
}

int pmp_is_callback(struct og_domain *handle, uintptr_t address)
{
    const struct pmp_domain *domain = pmp_domain_of(handle);
    uintptr_t offset = address - domain->library->callbacks;
    uintptr_t slot = offset / PMP_CALLBACK_STEP;
    return offset % PMP_CALLBACK_STEP == 0 && slot < PMP_CALLBACKS && domain->callbacks[slot];
}

void pmp_callbacks_close(struct pmp_domain *domain)
{
    for (unsigned i = 0; i < PMP_CALLBACKS; i++) {
        struct og_callback *callback = domain->callbacks[i];
        if (!callback)
            continue;
        domain->domain.runtime->callback_close(&domain->domain, callback);
        /* The domain may be gone when its owner closes it. */
        callback->domain = NULL;
        callback->address = 0;
    }
}
