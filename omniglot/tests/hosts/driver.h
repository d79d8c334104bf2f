/* The system that a driver's stubs make: to be included after them, where HOSTS_NAME, HOSTS_IS and
 * HOSTS_OPTIONS(milliseconds), the options of hosted_open_from, are defined; and
 * HOSTS_ISOLATION, the one of og_options that it is, where it has those; and HOSTS_IN_PLACE, where
 * the host can use its memory. */
#include "omniglot/tests/hosts/hosts.h"
#include <stdlib.h>
#include <string.h>

struct hosts_library {
    struct hosted hosted;
};

/* Its file is in ../lib. */
static void find_library(char *path, size_t size)
{
    if (hosts_folder) {
        snprintf(path, size, "%s/liboghosted.so", hosts_folder);
        return;
    }
    ssize_t length = readlink("/proc/self/exe", path, size - 1);
    path[length < 0 ? 0 : length] = '\0';
    for (int i = 0; i < 2 && strrchr(path, '/'); i++)
        *strrchr(path, '/') = '\0';
    strncat(path, "/lib/liboghosted.so", size - strlen(path) - 1);
}

static enum og_error open_hosted(struct hosts_library **library, unsigned deadline_ms,
                                 struct og_fault *why)
{
    char path[4096];
    find_library(path, sizeof(path));
    *library = calloc(1, sizeof(**library));
    (void)deadline_ms;
    return hosted_open_from(&(*library)->hosted, path, HOSTS_OPTIONS(deadline_ms), why);
}

#ifdef HOSTS_ISOLATION
static enum og_error open_hosted_as(struct hosts_library **library,
                                    const struct og_options *options, struct og_fault *why)
{
    char path[4096];
    struct og_options those = *options;
    those.isolation = HOSTS_ISOLATION;
    find_library(path, sizeof(path));
    *library = calloc(1, sizeof(**library));
    return hosted_open_from(&(*library)->hosted, path, &those, why);
}
#else
#define open_hosted_as NULL
#endif

#ifdef HOSTS_IN_PLACE
static long *hosted_word(struct hosts_library *library)
{
    struct og_fault why;
    struct og_scope scope;
    og_scope_begin(library->hosted.instance.domain, &scope);
    long og_mut *word = og_heap_alloc(&scope.access, long, 1, &why);
    CHECK(word && og_write(&scope.access, word, 42, &why) == OG_OK);
    og_scope_end(&scope);
    return (long *)(uintptr_t)word;
}
#else
#define hosted_word NULL
#endif

static enum og_error call_hosted(struct hosts_library *library, enum hosted_task task,
                                 int64_t argument, int64_t *result, struct og_fault *why)
{
    return call_hosted_do(&library->hosted, result, task, argument, why);
}

static enum og_error call_hosted_back(struct hosts_library *library, int64_t (*callback)(int64_t),
                                      int64_t count, int64_t *result, struct og_fault *why)
{
    struct hosted_host_call opened;
    enum og_error error = hosted_host_call_open(&library->hosted, &opened, callback, NULL, why);
    if (error)
        return error;
    error = call_hosted_call_back(&library->hosted, result, &opened, count, why);
    hosted_host_call_close(&library->hosted, &opened);
    return error;
}

static enum og_error reset_hosted(struct hosts_library *library, struct og_fault *why)
{
    return instance_reset(&library->hosted.instance, why);
}

static enum og_error close_hosted(struct hosts_library *library, struct og_fault *why)
{
    enum og_error error = instance_close(&library->hosted.instance, why);
    if (!error)
        free(library);
    return error;
}

const struct hosts_system hosts_system = {.name = HOSTS_NAME,
                                          .is = HOSTS_IS,
                                          .open = open_hosted,
                                          .open_as = open_hosted_as,
                                          .word = hosted_word,
                                          .call = call_hosted,
                                          .call_back = call_hosted_back,
                                          .reset = reset_hosted,
                                          .close = close_hosted};

int main(int argc, char **argv)
{
    return hosts_run(argc, argv);
}
