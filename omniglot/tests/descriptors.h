/* How many file descriptors this process has open, for tests that none leaks. */
#ifndef OMNIGLOT_TESTS_DESCRIPTORS_H
#define OMNIGLOT_TESTS_DESCRIPTORS_H

#include <dirent.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* The one that counting takes is always among them. */
static inline size_t count_descriptors(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (!folder) {
        perror("/proc/self/fd");
        abort();
    }
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

#endif
