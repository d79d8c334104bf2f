/* Reading /proc/self/maps. A path there can be some 16,000 bytes long, for the kernel writes the
 * end of a line in it as four: who names a file chooses what the rest of a line would say if it
 * were taken for another one. */
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

/* The next line, without what there is no room for. */
static bool read_line(FILE *maps, char *line, int size)
{
    if (!fgets(line, size, maps))
        return false;
    for (int last = strchr(line, '\n') ? '\n' : 0; last != '\n' && last != EOF;)
        last = fgetc(maps);
    return true;
}

bool mpk_maps_visit(bool (*visit)(const struct mpk_mapping *mapping, void *data), void *data)
{
    char line[4096 + 128]; /* PATH_MAX, and what comes before */
    struct mpk_mapping mapping;
    FILE *maps = fopen("/proc/self/maps", "re");
    if (!maps)
        return false;
    while (read_line(maps, line, sizeof(line)) &&
           (!parse(line, &mapping) || !visit(&mapping, data))) {
    }
    bool good = !ferror(maps);
    fclose(maps);
    return good;
}
