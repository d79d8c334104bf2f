/* What the host asks of a domain's process, and how that ends. */
#include "proc.h"

#include "omniglot/core/uncancelled.h"
#include <string.h>

void proc_poison(struct proc_domain *domain, struct og_context *context,
                 const struct og_fault *fault)
{
    proc_child_end(domain);
    if (!context->poisoned) {
        context->fault = *fault;
        context->poisoned = fault->error;
    }
}

bool proc_name(struct proc_domain *domain, const char *name)
{
    size_t size = strlen(name) + 1;
    if (size <= PROC_NAME)
        memcpy(domain->control->name, name, size);
    return size <= PROC_NAME;
}

/* The process stands still, and waits to be told what to do. */
static enum og_error ask(struct proc_domain *domain, struct og_context *context,
                         enum proc_request request, uint64_t *left, struct og_fault *fault)
{
    const volatile struct proc_control *control = domain->control;
    for (;;) {
        proc_answer(domain, request);
        switch (proc_wait(domain, context, left, fault)) {
        case PROC_DONE:
            return OG_OK;
        case PROC_CALLBACK: {
            enum og_error error = proc_call_back(domain, context, fault);
            if (error)
                return error;
            request = PROC_RESUME;
            break;
        }
        case PROC_FAULT:
            proc_fault_tell(domain, fault);
            return OG_FAULTED;
        case PROC_EXIT: {
            uintptr_t instruction = control->fault.instruction;
            og_fail(fault, OG_FAULTED, NULL, 0, "the foreign code ended the program (exit)");
            if (fault)
                fault->instruction = instruction;
            return OG_FAULTED;
        }
        case 0:
            return fault->error;
        default:
            return og_fail(fault, OG_FAULTED, NULL, 0,
                           "the foreign code said something that is not to be said");
        }
    }
}

enum og_error proc_ask(struct proc_domain *domain, struct og_context *context,
                       enum proc_request request, uint64_t *left, struct og_fault *fault)
{
    struct og_fault why;
    if (domain->process < 0 || !domain->asks)
        return og_fail(fault, OG_POISONED, NULL, 0, "the domain has no process: reset it");
    domain->is_running = true;
    enum og_error error = ask(domain, context, request, left, &why);
    domain->is_running = false;
    if (error) {
        proc_child_end(domain);
        if (fault)
            *fault = why;
    }
    return error;
}

bool proc_ask_inside(struct proc_domain *domain, struct og_context *context,
                     enum proc_request request)
{
    struct og_fault fault;
    uint64_t left = domain->deadline;
    const int outer = domain->cancellation, cancellation = og_uncancelled_begin();
    domain->cancellation = cancellation;
    enum og_error error = proc_ask(domain, context, request, left ? &left : NULL, &fault);
    domain->cancellation = outer;
    if (error)
        proc_poison(domain, context, &fault);
    og_uncancelled_end(cancellation);
    return !error;
}
