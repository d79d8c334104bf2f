/* How instances of the library that attacks are opened in the system that a driver is compiled
 * for: as the stubs do it, with deadlines and the attack's own options. And what the system lacks
 * that attacks may need, and why. */
#ifndef ATTACKS_SYSTEM_H
#define ATTACKS_SYSTEM_H

#include "attacks/host.h"

#include <cpuid.h>
#include <unistd.h>

enum {
    DEADLINE_MS = 300, /* where the system has deadlines; while loading og-mpk grants 10 s */
    WORKER_MEMORY = 256 << 20,  /* less than the watcher takes for too much */
    PROCESS_DEADLINE_MS = 2000, /* within which its worker has to start, too */
    PATIENCE_MS = 1500,         /* where nothing isolates */
    PATIENCE_ISOLATED_MS = 5000,
    PATIENCE_LOADING_MS = 14000
};

struct lack {
    unsigned need;
    const char *why;
};

#if defined(WORKLOAD_SYSTEM_raw)

#define SYSTEM_ISOLATES 0
static const struct lack system_lacks[] = {{0, NULL}};

static const char *system_missing(void)
{
    return NULL;
}

/* The library is linked to the program; another file is another instance. */
static enum og_error system_open(struct attacks *library, const char *path, struct host *host)
{
    return strcmp(path, host->library_path)
               ? instance_open(&library->instance, "attacks", path, NULL, &host->fault)
               : OG_OK;
}

#elif defined(BASELINE_PROCESS)

#define SYSTEM_ISOLATES 1
static const struct lack system_lacks[] = {
    {NEEDS_THREADS, "a worker serves one thread"},
    {NEEDS_HOST_CODE, "there are no protection keys"},
    {NEEDS_KEYS, "there are no protection keys, and there is no gate"},
    {NEEDS_IN_PLACE, "nothing is used in place: the host has copies"},
    {0, NULL}};

static const char *system_missing(void)
{
    const struct process_variant *variant = process_variant_of(WORKLOAD_SYSTEM_NAME);
    return process_placement_possible(variant->placement)
               ? NULL
               : "this variant needs more processors than there are";
}

/* The path is a worker's. */
static enum og_error system_open(struct attacks *library, const char *path, struct host *host)
{
    const struct process_variant *variant = process_variant_of(WORKLOAD_SYSTEM_NAME);
    const struct process_options options = {.worker = path,
                                            .transport = variant->transport,
                                            .placement = variant->placement,
                                            .worker_memory = WORKER_MEMORY,
                                            .deadline_ms = host->deadline_ms > PROCESS_DEADLINE_MS
                                                               ? host->deadline_ms
                                                               : PROCESS_DEADLINE_MS};
    return process_open(&library->instance.sandbox, &options, &host->fault);
}

#elif defined(WORKLOAD_SYSTEM_copy_wasm)

#define SYSTEM_ISOLATES 1
static const struct lack system_lacks[] = {
    {NEEDS_MACHINE_CODE, "a module is translated from WebAssembly, which has no such instruction"},
    {NEEDS_LINUX, "a module has no system calls: its imports are randomness and the time"},
    {NEEDS_THREADS, "an instance serves one thread at a time"},
    {NEEDS_LOAD, "a module is a part of the program: nothing is loaded"},
    {NEEDS_HOST_CODE, "there are no protection keys"},
    {NEEDS_KEYS, "there are no protection keys, and there is no gate"},
    {NEEDS_IN_PLACE, "nothing is used in place: the host has copies"},
    {0, NULL}};

static const char *system_missing(void)
{
    return NULL;
}

static enum og_error system_open(struct attacks *library, const char *path, struct host *host)
{
    return instance_open(&library->instance, "attacks", path, NULL, &host->fault);
}

#else

#define SYSTEM_ISOLATES (WORKLOAD_ISOLATION != OG_NONE)
static const struct lack system_lacks[] = {
#if defined(WORKLOAD_SYSTEM_og_none)
    {NEEDS_THREADS, "a domain without isolation serves one thread at a time"},
#endif
#if !RESIDENT_PLACEMENT
    {NEEDS_IN_PLACE, "nothing is used in place: the host has copies"},
#endif
    {0, NULL}};

static const char *system_missing(void)
{
    static struct og_fault fault;
    return SYSTEM_ISOLATES && og_isolation_supported(WORKLOAD_ISOLATION, &fault) ? fault.message
                                                                                 : NULL;
}

#define SYSTEM_GRANTS 1

static enum og_error system_open(struct attacks *library, const char *path, struct host *host)
{
    const struct og_options options = {.isolation = WORKLOAD_ISOLATION,
                                       .deadline_ms = !SYSTEM_ISOLATES    ? 0
                                                      : host->deadline_ms ? host->deadline_ms
                                                                          : DEADLINE_MS,
                                       .callback_limit = host->callback_limit,
                                       .heap_size = host->heap_size,
                                       .readable_paths = host->readable_paths,
                                       .output = host->output,
                                       .output_user = host};
    enum og_error error = og_domain_open(&library->instance.domain,
                                         (const char *const[]){path, NULL}, &options, &host->fault);
    return error ? error : attacks_bind(library, &host->fault);
}

#endif

/* Can a host grant anything, for which opening may be refused? */
#ifndef SYSTEM_GRANTS
#define SYSTEM_GRANTS 0
#endif

/* QEMU's own emulation, as in the guest. */
static bool is_emulated(void)
{
    unsigned a, b = 0, c = 0, d = 0;
    __cpuid(0x40000000, a, b, c, d);
    return b == 0x54474354; /* "TCGT" */
}

/* The same for what depends on the machine. */
static const char *machine_lacks(unsigned needs)
{
    if (needs & NEEDS_ALIGNMENT_CHECK && is_emulated())
        return "QEMU does not emulate the alignment check";
    if (needs & NEEDS_ROOT && geteuid())
        return "the host is not root, and can become nobody else";
    return NULL;
}

/* Why the attack cannot be made in this system; NULL: it can. */
static const char *system_not_applicable(const struct host_part *part)
{
    for (const struct host_exception *exception = part->exceptions; exception && exception->system;
         exception++)
        if (!strcmp(exception->system, WORKLOAD_SYSTEM_NAME) ||
            (SYSTEM_ISOLATES && !strcmp(exception->system, "isolated")) ||
            (!strcmp(exception->system, "process") &&
             !strncmp(WORKLOAD_SYSTEM_NAME, "process-", 8)))
            return exception->why;
    for (const struct lack *lack = system_lacks; lack->need; lack++)
        if (part->needs & lack->need)
            return lack->why;
    return machine_lacks(part->needs);
}

#endif
