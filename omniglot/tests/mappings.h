/* What the kernel says of this process's memory, for tests that nothing is left of what came and
 * went. */
#ifndef OMNIGLOT_TESTS_MAPPINGS_H
#define OMNIGLOT_TESTS_MAPPINGS_H

#include <stdio.h>
#include <stdlib.h>

static inline FILE *open_about_self(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        abort();
    }
    return file;
}

static inline long count_mappings(void)
{
    FILE *file = open_about_self("/proc/self/maps");
    long lines = 0;
    for (int byte; (byte = fgetc(file)) != EOF;)
        lines += byte == '\n';
    fclose(file);
    return lines;
}

/* Locked in memory. */
static inline long locked_kilobytes(void)
{
    char line[256];
    long kilobytes = 0;
    FILE *file = open_about_self("/proc/self/status");
    while (fgets(line, sizeof(line), file))
        sscanf(line, "VmLck: %ld", &kilobytes);
    fclose(file);
    return kilobytes;
}

#endif
