/* What workloads ask the operating system of the program itself: where it lies and whether a
 * library lies beside it. Here the image is the program and its libraries are in it. */
#include "omniglot/pmp/pmp.h"

#include <string.h>
#include <unistd.h>

ssize_t readlink(const char *path, char *to, size_t capacity)
{
    static const char program[] = "/flash/bin/program";
    size_t size = sizeof(program) - 1 < capacity ? sizeof(program) - 1 : capacity;
    if (strcmp(path, "/proc/self/exe"))
        return -1;
    memcpy(to, program, size);
    return (ssize_t)size;
}

int access(const char *path, int mode)
{
    (void)mode;
    /* A task's image holds its library. */
    return pmp_library_find(path) || pmp_library_find("og-worker-ubench") ? 0 : -1;
}
