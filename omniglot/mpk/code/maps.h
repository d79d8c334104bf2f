/* The process's mappings, as the kernel lists them in /proc/self/maps: every namespace of the
 * loader's, and what no loader knows of. */
#ifndef OMNIGLOT_MPK_MAPS_H
#define OMNIGLOT_MPK_MAPS_H

#include <stdbool.h>
#include <stdint.h>

struct mpk_mapping {
    uintptr_t start, end;
    uint64_t offset;
    unsigned device_major, device_minor;
    unsigned long inode; /* 0: no file */
    char rights[5];      /* "rwxp", '-' for what is missing; "s": shared */
    const char *path;    /* "": none; 4 KiB at most. Whoever named the file has chosen it. */
};

/* Visits the mappings in order until `visit` returns true. They change when other threads map
 * meanwhile. False: the list cannot be read; errno says why. */
bool mpk_maps_visit(bool (*visit)(const struct mpk_mapping *mapping, void *data), void *data);

#endif
