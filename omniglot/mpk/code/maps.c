/* Reading /proc/self/maps. */
#include "maps.h"

#include <stdio.h>
#include <string.h>

static bool parse(char *line, struct mpk_mapping *mapping)
{
    int path = 0;
    if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %n", &mapping->start, &mapping->end,
               mapping->rights, &mapping->offset, &mapping->device_major, &mapping->device_minor,
               &mapping->inode, &path) < 7 ||
        !path)
        return false;
    line[strcspn(line, "\n")] = '\0';
    mapping->path = line + path;
    return true;
}

bool mpk_maps_visit(bool (*visit)(const struct mpk_mapping *mapping, void *data), void *data)
{
    char line[4096 + 128]; /* PATH_MAX, and what comes before */
    struct mpk_mapping mapping;
    FILE *maps = fopen("/proc/self/maps", "re");
    if (!maps)
        return false;
    while (fgets(line, sizeof(line), maps) && (!parse(line, &mapping) || !visit(&mapping, data))) {
    }
    bool good = !ferror(maps);
    fclose(maps);
    return good;
}
