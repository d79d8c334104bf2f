/* Reading /proc/self/maps. A path there can be some 16,000 bytes long, for the kernel writes the
 * end of a line in it as four: who names a file chooses what the rest of a line would say if it
 * were taken for another one. */
#include "maps.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static bool parse(char *line, struct mpk_mapping *mapping)
{
    int path = 0;
    if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %n", &mapping->start, &mapping->end,
               mapping->rights, &mapping->offset, &mapping->device_major, &mapping->device_minor,
               &mapping->inode, &path) < 7 ||
        !path)
        return false;
    mapping->path = line + path;
    return true;
}

/* The file, read without stdio, which allocates (allocate.c). */
struct reader {
    int file;
    bool failed;
    size_t next, end; /* of what was read last */
    char bytes[1024];
};

static int next_byte(struct reader *reader)
{
    if (reader->next == reader->end) {
        ssize_t got = read(reader->file, reader->bytes, sizeof(reader->bytes));
        reader->failed |= got < 0;
        if (got <= 0)
            return EOF;
        reader->next = 0;
        reader->end = (size_t)got;
    }
    return (unsigned char)reader->bytes[reader->next++];
}

/* The next line, without what there is no room for. */
static bool read_line(struct reader *reader, char *line, size_t size)
{
    size_t length = 0;
    int byte = next_byte(reader);
    bool good = byte != EOF;
    for (; byte != EOF && byte != '\n'; byte = next_byte(reader))
        if (length + 1 < size)
            line[length++] = (char)byte;
    line[length] = '\0';
    return good;
}

bool mpk_maps_visit(bool (*visit)(const struct mpk_mapping *mapping, void *data), void *data)
{
    char line[4096 + 128]; /* PATH_MAX, and what comes before */
    struct mpk_mapping mapping;
    struct reader reader = {.file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)};
    if (reader.file < 0)
        return false;
    while (read_line(&reader, line, sizeof(line)) &&
           (!parse(line, &mapping) || !visit(&mapping, data))) {
    }
    close(reader.file);
    return !reader.failed;
}
