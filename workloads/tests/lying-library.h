/* Where a test finds the library that breaks its interface. */
#ifndef WORKLOADS_TESTS_LYING_LIBRARY_H
#define WORKLOADS_TESTS_LYING_LIBRARY_H

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Writes the path of liblying-`name`.so, which lies in the folder lib beside the one that
 * this program lies in. Returns whether /proc gave that away. */
static inline int lying_library_find(char path[PATH_MAX], const char *name)
{
    char program[PATH_MAX] = "";
    if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
        return 0;
    *strrchr(program, '/') = '\0';
    snprintf(path, PATH_MAX, "%.4000s/../lib/liblying-%.40s.so", program, name);
    return 1;
}

#endif
