/* Which runtime gives the isolation asked for, or the best that this machine has, and opening a
 * domain by it. What runtimes there are is the build's to say (og_runtimes). */
#include "omniglot/runtime.h"

#include <string.h>

static const char best[] = "best";

const char *og_isolation_name(enum og_isolation isolation)
{
    if (isolation == OG_BEST)
        return best;
    for (size_t i = 0; og_runtimes[i]; i++)
        if (og_runtimes[i]->isolation == isolation)
            return og_runtimes[i]->name;
    return "?";
}

/* Appends to a text that fits `size` bytes, as far as there is room. */
static void append(char *text, size_t size, const char *more)
{
    size_t length = strlen(text);
    for (; *more && length + 1 < size; more++)
        text[length++] = *more;
    text[length] = '\0';
}

/* Refuses an isolation that there is not, and says which there are. */
static enum og_error no_such(struct og_fault *fault, enum og_error error, const char *name)
{
    char message[sizeof(fault->message)] = "this build has no such isolation: there are ";
    append(message, sizeof(message), best);
    for (size_t i = 0; og_runtimes[i]; i++) {
        append(message, sizeof(message), ", ");
        append(message, sizeof(message), og_runtimes[i]->name);
    }
    return og_fail(fault, error, name, 0, message);
}

enum og_error og_isolation_by_name(enum og_isolation *isolation, const char *name,
                                   struct og_fault *fault)
{
    *isolation = OG_BEST;
    if (!strcmp(name, best))
        return OG_OK;
    for (size_t i = 0; og_runtimes[i]; i++) {
        if (strcmp(name, og_runtimes[i]->name) != 0)
            continue;
        *isolation = og_runtimes[i]->isolation;
        return OG_OK;
    }
    return no_such(fault, OG_BAD_ARGUMENT, name);
}

/* The first that isolates and can here. NULL where none can, and in *fault the first one's reason,
 * and what is left. */
static const struct og_runtime *find_best(struct og_fault *fault)
{
    struct og_fault why;
    char message[sizeof(why.message)] = "";
    for (size_t i = 0; og_runtimes[i]; i++) {
        /* OG_PROC is to be named, too, as yet. */
        if (og_runtimes[i]->isolation == OG_NONE || og_runtimes[i]->isolation == OG_PROC)
            continue;
        if (!og_runtimes[i]->supported || !og_runtimes[i]->supported(&why))
            return og_runtimes[i];
        if (!*message)
            append(message, sizeof(message), why.message);
    }
    append(message, sizeof(message),
           *message ? "; name OG_NONE to go without" : "this build has nothing that isolates");
    og_fail(fault, OG_UNSUPPORTED, NULL, 0, message);
    return NULL;
}

/* NULL, and *fault, where there is none such. */
static const struct og_runtime *find(enum og_isolation isolation, struct og_fault *fault)
{
    if (isolation == OG_BEST)
        return find_best(fault);
    for (size_t i = 0; og_runtimes[i]; i++)
        if (og_runtimes[i]->isolation == isolation)
            return og_runtimes[i];
    no_such(fault, OG_UNSUPPORTED, NULL);
    return NULL;
}

enum og_error og_isolation_supported(enum og_isolation isolation, struct og_fault *fault)
{
    const struct og_runtime *runtime = find(isolation, fault);
    if (!runtime)
        return OG_UNSUPPORTED;
    return runtime->supported ? runtime->supported(fault) : OG_OK;
}

enum og_error og_domain_open(struct og_domain **domain, const char *const *libraries,
                             const struct og_options *options, struct og_fault *fault)
{
    const struct og_runtime *runtime = find(options ? options->isolation : OG_BEST, fault);
    *domain = NULL;
    if (!runtime)
        return OG_UNSUPPORTED;
    if (!libraries || !libraries[0])
        return og_fail(fault, OG_BAD_ARGUMENT, NULL, 0, "a domain needs at least one library");
    return runtime->open(domain, libraries, options, fault);
}

enum og_isolation og_domain_isolation(const struct og_domain *domain)
{
    return domain->runtime->isolation;
}
