/* Whole files by read(), write(), fsync() and rename(). */
#include "bench/harness/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_all(int descriptor, char **text, size_t *size)
{
    struct stat status;
    if (fstat(descriptor, &status))
        return false;
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return false;
    }
    size_t capacity = (size_t)status.st_size;
    char *bytes = malloc(capacity + 1);
    if (!bytes)
        return false;
    size_t used = 0;
    while (used < capacity) {
        ssize_t got = read(descriptor, bytes + used, capacity - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            free(bytes);
            return false;
        }
        if (got == 0)
            break;
        used += (size_t)got;
    }
    bytes[used] = 0;
    *text = bytes;
    *size = used;
    return true;
}

bool whole_file_read(const char *path, char **text, size_t *size, struct failure *failure)
{
    *text = NULL;
    *size = 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 && errno == ENOENT)
        return true;
    bool done = descriptor >= 0 && read_all(descriptor, text, size);
    if (!done)
        failure_set(failure, "%s: cannot be read: %s", path, strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
    return done;
}

bool whole_file_write(int descriptor, const char *text, size_t size)
{
    while (size) {
        ssize_t put = write(descriptor, text, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        text += put;
        size -= (size_t)put;
    }
    return true;
}

bool whole_file_replace(const char *path, const char *text, size_t size, struct failure *failure)
{
    char fresh[4096];
    if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", path) >= sizeof(fresh))
        return failure_set(failure, "%s: the path is too long", path);
    int descriptor = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0)
        return failure_set(failure, "%s: cannot be written: %s", fresh, strerror(errno));
    bool written = whole_file_write(descriptor, text, size) && !fsync(descriptor);
    int why = errno;
    if (close(descriptor) && written) {
        why = errno;
        written = false;
    }
    if (written && rename(fresh, path)) {
        why = errno;
        written = false;
    }
    if (!written) {
        unlink(fresh);
        return failure_set(failure, "%s: cannot be written: %s; what it held before is intact",
                           path, strerror(why));
    }
    return true;
}
