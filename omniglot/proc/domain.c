/* Domains over another process: opening, resetting, closing, and the runtime's table. */
#include "proc.h"

#include "omniglot/core/uncancelled.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define LOADING_DEADLINE UINT64_C(10000000000) /* nanoseconds, at least, where there is one */
enum { ARENA_TRIES = 8, ENVIRONMENT_SIZE = 16 << 10, ENVIRONMENT_COUNT = 64 };

static struct proc_domain *proc(struct og_domain *domain)
{
    return (struct proc_domain *)domain;
}

/* --- what was asked for, kept for each new process --- */

/* A path is the file's, wherever the host goes later. NULL: there is no memory. */
static char *keep_name(const char *name)
{
    char *path = strchr(name, '/') ? realpath(name, NULL) : NULL;
    return path ? path : strdup(name);
}

static enum og_error keep_names(struct proc_domain *domain, const char *const *names,
                                struct og_fault *fault)
{
    size_t count = 1; /* og_domain_open saw the first */
    while (names[count])
        count++;
    domain->libraries = calloc(count + 1, sizeof(*domain->libraries));
    if (!domain->libraries)
        return og_out_of_memory(fault);
    for (size_t i = 0; i < count; i++) {
        if (strlen(names[i]) >= PATH_MAX)
            return og_fail(fault, OG_NOT_FOUND, names[i], 0, "the name is too long");
        domain->libraries[i] = keep_name(names[i]);
        if (!domain->libraries[i])
            return og_out_of_memory(fault);
    }
    return OG_OK;
}

static bool is_runtimes(const char *variable)
{
    return !strncmp(variable, "LD_", 3) || !strncmp(variable, "GLIBC_TUNABLES", 14) ||
           !strchr(variable, '=') || *variable == '=';
}

/* Strings one behind the other, up to an empty one. */
static enum og_error keep_environment(struct proc_domain *domain, const char *const *variables,
                                      struct og_fault *fault)
{
    size_t size = 1, count = 0;
    for (const char *const *at = variables; at && *at; at++) {
        size += strlen(*at) + 1;
        if (is_runtimes(*at))
            return og_fail(fault, OG_BAD_ARGUMENT, *at, 0,
                           "a variable is NAME=VALUE, and no LD_... or GLIBC_TUNABLES");
        if (++count > ENVIRONMENT_COUNT || size > ENVIRONMENT_SIZE)
            return og_fail(fault, OG_BAD_ARGUMENT, NULL, 0,
                           "an environment has at most 64 variables of together 16 KiB");
    }
    domain->environment = malloc(size);
    if (!domain->environment)
        return og_out_of_memory(fault);
    char *to = domain->environment;
    for (const char *const *at = variables; at && *at; at++)
        to = stpcpy(to, *at) + 1;
    *to = '\0';
    domain->environment_size = size;
    return OG_OK;
}

static enum og_error keep_options(struct proc_domain *domain, const struct og_options *options,
                                  struct og_fault *fault)
{
    if (!options)
        return keep_environment(domain, NULL, fault);
    if (options->readable_paths && options->readable_paths[0])
        return og_fail(fault, OG_BAD_ARGUMENT, "readable_paths", 0,
                       "foreign code in a process of its own opens no files");
    if (options->late_folders && options->late_folders[0])
        return og_fail(fault, OG_BAD_ARGUMENT, "late_folders", 0,
                       "foreign code in a process of its own loads nothing later");
    if (options->locked_size)
        return og_fail(fault, OG_BAD_ARGUMENT, "locked_size", 0,
                       "foreign code in a process of its own locks no memory");
    domain->deadline = (uint64_t)options->deadline_ms * 1000000;
    domain->callback_limit = options->callback_limit;
    domain->output = options->output;
    domain->output_user = options->output_user;
    return keep_environment(domain, options->environment, fault);
}

/* --- opening --- */

/* Frees what there is of a domain, from any half-built state. */
static void destroy(struct proc_domain *domain)
{
    proc_callbacks_close(domain);
    proc_contexts_close(domain);
    proc_child_end(domain);
    proc_thunks_close(domain);
    proc_arena_close(domain);
    for (char **name = domain->libraries; name && *name; name++)
        free(*name);
    free(domain->libraries);
    free(domain->environment);
    free(domain->objects);
    og_turn_destroy(&domain->turn);
    free(domain);
}

/* What the process says of why a library is not there is foreign code's to choose. */
static enum og_error tell_missing(const struct proc_domain *domain, const char *name,
                                  struct og_fault *fault)
{
    char reason[PROC_NAME];
    memcpy(reason, domain->control->name, sizeof(reason));
    reason[sizeof(reason) - 1] = '\0';
    return og_fail_to_load(fault, name, reason);
}

/* Whose constructor it was, without folders. */
static void name_library(const char *path, struct og_fault *fault)
{
    const char *name = strrchr(path, '/');
    const struct og_fault why = *fault;
    og_fail(fault, why.error, name ? name + 1 : path, why.address, why.message);
    fault->signal = why.signal;
    fault->access = why.access;
    fault->instruction = why.instruction;
}

/* A process with the libraries in it. */
static enum og_error load(struct proc_domain *domain, struct og_fault *fault)
{
    const uint64_t deadline = domain->deadline;
    if (deadline && deadline < LOADING_DEADLINE)
        domain->deadline = LOADING_DEADLINE;
    domain->callbacks = 0;
    /* The kernel puts a few pages of its own (the vDSO) at random where the arena may have to be.
     */
    enum og_error error = OG_BUSY;
    for (int tries = 0; error == OG_BUSY && tries < ARENA_TRIES; tries++)
        error = proc_child_start(domain, fault);
    for (char **name = domain->libraries; *name && !error; name++) {
        uint64_t left = domain->deadline;
        (void)proc_name(domain, *name); /* keep_names has looked */
        error = proc_ask(domain, NULL, PROC_LOAD, left ? &left : NULL, fault);
        if (error && fault && !fault->symbol[0])
            name_library(*name, fault);
        if (!error && ((volatile char *)domain->control->name)[0])
            error = tell_missing(domain, *name, fault);
    }
    domain->is_loading = false;
    domain->deadline = deadline;
    if (!error)
        error = proc_arena_settle(domain, fault);
    if (!error)
        error = proc_objects_keep(domain, fault);
    return error;
}

/* Elsewhere, where something of the process lies in the way each time: addresses are not random. */
static enum og_error start(struct proc_domain *domain, const struct og_options *options,
                           struct og_fault *fault)
{
    struct proc_range taken[ARENA_TRIES];
    struct og_fault why;
    size_t count = 0;
    enum og_error error;
    for (;;) {
        error = proc_arena_open(domain, options, &why);
        if (!error)
            error = load(domain, &why);
        if (error != OG_BUSY || count == ARENA_TRIES)
            break;
        taken[count++] = domain->arena; /* so that the next one lies elsewhere */
        domain->arena = (struct proc_range){0, 0};
    }
    for (size_t i = 0; i < count; i++) {
        struct proc_domain of = {.arena = taken[i]};
        proc_arena_close(&of);
    }
    if (error && fault)
        *fault = why;
    return error;
}

static enum og_error open_domain(struct og_domain **result, const char *const *libraries,
                                 const struct og_options *options, struct og_fault *fault)
{
    enum og_error error = proc_supported(fault);
    if (!error)
        error = proc_fork_prepare(fault);
    if (error)
        return error;
    struct proc_domain *domain = calloc(1, sizeof(*domain));
    if (!domain)
        return og_out_of_memory(fault);
    domain->domain.runtime = &og_runtime_proc;
    domain->process = domain->listener = -1;
    og_turn_open(&domain->turn, options ? options->threads : OG_THREADS_WAIT, NULL);
    error = keep_names(domain, libraries, fault);
    if (!error)
        error = keep_options(domain, options, fault);
    if (!error)
        error = start(domain, options, fault);
    if (!error)
        error = proc_contexts_open(domain, fault);
    if (error)
        destroy(domain);
    else
        *result = &domain->domain;
    return error;
}

static enum og_error proc_open(struct og_domain **result, const char *const *libraries,
                               const struct og_options *options, struct og_fault *fault)
{
    int cancellation = og_uncancelled_begin();
    enum og_error error = open_domain(result, libraries, options, fault);
    og_uncancelled_end(cancellation);
    return error;
}

/* --- resetting and closing --- */

static enum og_error put_back(struct proc_domain *domain, struct og_fault *fault)
{
    proc_callbacks_close(domain);
    proc_child_end(domain);
    enum og_error error = load(domain, fault);
    if (!error)
        error = proc_thunks_renew(domain, fault);
    return error;
}

static enum og_error proc_reset(struct og_domain *handle, struct og_fault *fault)
{
    struct proc_domain *domain = proc(handle);
    struct og_fault poison = {0};
    int cancellation = og_uncancelled_begin();
    proc_change_begin();
    enum og_error error = og_turn_shut(&domain->turn, proc_context_if_any(domain), false, fault);
    if (!error) {
        error = put_back(domain, fault);
        if (error) {
            proc_child_end(domain);
            og_fail(&poison, OG_POISONED, NULL, 0, "an earlier reset failed");
        }
        proc_contexts_poison(domain, &poison);
        og_turn_open_again(&domain->turn);
    }
    proc_change_end();
    og_uncancelled_end(cancellation);
    return error;
}

static enum og_error close_domain(struct proc_domain *domain, struct og_fault *fault)
{
    struct og_fault ignored;
    uint64_t left = domain->deadline;
    enum og_error error = og_turn_shut(&domain->turn, proc_context_if_any(domain), true, fault);
    if (error)
        return error;
    /* Destructors; whatever they come to, the process then ends. */
    if (domain->process >= 0 && !domain->turn.poison.error)
        (void)proc_ask(domain, NULL, PROC_UNLOAD, left ? &left : NULL, &ignored);
    destroy(domain);
    return OG_OK;
}

static enum og_error proc_close(struct og_domain *handle, struct og_fault *fault)
{
    int cancellation = og_uncancelled_begin();
    proc_change_begin();
    enum og_error error = close_domain(proc(handle), fault);
    proc_change_end();
    og_uncancelled_end(cancellation);
    return error;
}

/* --- the rest of the table --- */

static void *proc_lookup(struct og_domain *handle, const char *symbol)
{
    struct proc_domain *domain = proc(handle);
    struct og_context *context = proc_context_if_any(domain);
    void *found = NULL;
    if (!context || context->poisoned || domain->is_running || !proc_name(domain, symbol))
        return NULL;
    uintptr_t known = proc_function_known(domain, symbol);
    if (known)
        found = (void *)known;
    else if (proc_ask_inside(domain, context, PROC_LOOK_UP))
        found = (void *)((volatile struct proc_control *)domain->control)->result;
    return found;
}

static struct og_context *proc_enter(struct og_context *context)
{
    int cancellation = og_uncancelled_begin();
    struct og_context *ended = og_turn_enter(&proc(context->domain)->turn, context);
    og_uncancelled_end(cancellation);
    return ended;
}

static void proc_left(struct og_context *context)
{
    og_turn_left(&proc(context->domain)->turn);
}

static void *proc_heap_alloc(struct og_domain *handle, size_t alignment, size_t size)
{
    struct proc_domain *domain = proc(handle);
    struct og_context *context = proc_context(handle);
    void *memory = NULL;
    if (context->poisoned || domain->is_running)
        return NULL;
    domain->control->alignment = alignment;
    domain->control->size = size;
    if (proc_ask_inside(domain, context, PROC_ALLOCATE))
        memory = (void *)((volatile struct proc_control *)domain->control)->result;
    return proc_arena_has(domain, (uintptr_t)memory, size) ? memory : NULL;
}

static int proc_heap_owns(struct og_domain *handle, uintptr_t address)
{
    const struct proc_range *heap = &proc(handle)->heap;
    return og_is_within(address, 1, heap->start, heap->end);
}

static void proc_heap_free(struct og_domain *handle, void *memory)
{
    struct proc_domain *domain = proc(handle);
    struct og_context *context = proc_context(handle);
    if (context->poisoned || domain->is_running)
        return;
    domain->control->result = (uintptr_t)memory;
    (void)proc_ask_inside(domain, context, PROC_FREE);
}

const struct og_runtime og_runtime_proc = {
    .name = "proc",
    .open = proc_open,
    .reset = proc_reset,
    .close = proc_close,
    .lookup = proc_lookup,
    .entry = proc_entry,
    .entry_taking = proc_entry_taking,
    .entry_with_x87 = proc_entry_with_x87,
    .context = proc_context,
    .enter = proc_enter,
    .left = proc_left,
    .heap_alloc = proc_heap_alloc,
    .heap_owns = proc_heap_owns,
    .heap_free = proc_heap_free,
    .callback_open = proc_callback_open,
    .callback_close = proc_callback_close,
    .callback_any_thread = proc_callback_any_thread,
    .is_callback = proc_is_callback,
    .describe = proc_describe,
    .isolation = OG_PROC,
    .supported = proc_supported,
};
