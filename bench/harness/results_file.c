/* results.csv in memory as its lines, on disk by append or by replacement. */
#include "bench/harness/results_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/harness/results_line.h"
#include "bench/harness/whole_file.h"

struct results_file {
    char path[4096];
    int lock;     /* the directory's descriptor, locked */
    char **lines; /* data lines without newline */
    size_t count;
    size_t capacity;
};

static bool keep_line(struct results_file *file, const char *line, struct failure *failure)
{
    if (file->count == file->capacity) {
        size_t capacity = file->capacity ? 2 * file->capacity : 64;
        char **lines = realloc(file->lines, capacity * sizeof(*lines));
        if (!lines)
            return failure_set(failure, "%s: out of memory", file->path);
        file->lines = lines;
        file->capacity = capacity;
    }
    char *copy = strdup(line);
    if (!copy)
        return failure_set(failure, "%s: out of memory", file->path);
    file->lines[file->count++] = copy;
    return true;
}

/* The line with the key that begins `line`, or SIZE_MAX. */
static size_t find_line(const struct results_file *file, const char *line)
{
    size_t key = results_line_key(line);
    for (size_t i = 0; i < file->count; i++)
        if (results_line_key(file->lines[i]) == key && !memcmp(file->lines[i], line, key))
            return i;
    return SIZE_MAX;
}

static bool rewrite(struct results_file *file, struct failure *failure)
{
    size_t size = sizeof(RESULTS_FILE_HEADER);
    for (size_t i = 0; i < file->count; i++)
        size += strlen(file->lines[i]) + 1;
    char *text = malloc(size + 1);
    if (!text)
        return failure_set(failure, "%s: out of memory", file->path);
    char *end = stpcpy(stpcpy(text, RESULTS_FILE_HEADER), "\n");
    for (size_t i = 0; i < file->count; i++)
        end = stpcpy(stpcpy(end, file->lines[i]), "\n");
    bool done = whole_file_replace(file->path, text, size, failure);
    free(text);
    /* The rename is on disk when the directory is. */
    if (done && fsync(file->lock))
        return failure_set(failure, "%s: cannot be synced: %s", file->path, strerror(errno));
    return done;
}

/* Takes the lines of `text`; *torn says that the last one has no newline. */
static bool parse(struct results_file *file, char *text, size_t size, bool *torn,
                  struct failure *failure)
{
    char *end = text + size;
    char *next;
    size_t number = 1;
    for (char *line = text; line < end; line = next, number++) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        if (!newline) {
            /* A torn header is a beginning of the header; anything else is no results file. */
            *torn = number > 1 || !strncmp(line, RESULTS_FILE_HEADER, strlen(line));
            if (*torn)
                return true;
            newline = end;
        }
        *newline = 0;
        next = newline + 1;
        struct failure why;
        size_t column;
        bool good = number == 1 ? results_line_check_header(line, &column, &why)
                                : results_line_check(line, (size_t)(newline - line), &column, &why);
        if (!good)
            return failure_set(failure,
                               "%s:%zu:%zu: %s\n"
                               "repair or delete that line, or start over in another run directory",
                               file->path, number, column, why.text);
        if (number == 1)
            continue;
        size_t twin = find_line(file, line);
        if (twin != SIZE_MAX)
            return failure_set(failure,
                               "%s:%zu:1: the row is there already, in line %zu\n"
                               "delete one of the two",
                               file->path, number, twin + 2);
        if (!keep_line(file, line, failure))
            return false;
    }
    return true;
}

static bool lock_directory(struct results_file *file, const char *directory,
                           struct failure *failure)
{
    if (mkdir(directory, 0777) && errno != EEXIST)
        return failure_set(failure, "%s: the run directory cannot be made: %s", directory,
                           strerror(errno));
    file->lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file->lock < 0)
        return failure_set(failure, "%s: the run directory cannot be opened: %s", directory,
                           strerror(errno));
    if (flock(file->lock, LOCK_EX | LOCK_NB))
        return failure_set(failure,
                           "%s: another run is writing there; wait for it or take another one",
                           directory);
    return true;
}

bool results_file_open(struct results_file **out, const char *directory, struct failure *failure)
{
    *out = NULL;
    struct results_file *file = calloc(1, sizeof(*file));
    if (!file)
        return failure_set(failure, "%s: out of memory", directory);
    file->lock = -1;
    char *text = NULL;
    size_t size = 0;
    bool torn = false;
    if ((size_t)snprintf(file->path, sizeof(file->path), "%s/results.csv", directory) >=
        sizeof(file->path)) {
        failure_set(failure, "%s: the path is too long", directory);
        goto failed;
    }
    if (!lock_directory(file, directory, failure))
        goto failed;
    if (!whole_file_read(file->path, &text, &size, failure))
        goto failed;
    if (size && !parse(file, text, size, &torn, failure))
        goto failed;
    if ((!size || torn) && !rewrite(file, failure))
        goto failed;
    free(text);
    *out = file;
    return true;
failed:
    free(text);
    results_file_close(file);
    return false;
}

bool results_file_has(const struct results_file *file, const struct results_row *row)
{
    char line[RESULTS_LINE_MAX];
    return results_line_format(line, row) && find_line(file, line) != SIZE_MAX;
}

static bool append(struct results_file *file, const char *text, struct failure *failure)
{
    int descriptor = open(file->path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (descriptor < 0)
        return failure_set(failure, "%s: cannot be written: %s", file->path, strerror(errno));
    off_t before = lseek(descriptor, 0, SEEK_END);
    bool done = whole_file_write(descriptor, text, strlen(text)) && !fsync(descriptor);
    if (!done) {
        int why = errno;
        failure_set(failure, "%s: cannot be written: %s; earlier rows are intact", file->path,
                    strerror(why));
        /* Takes back half a line; were that to fail too, the next run drops it. */
        if (before >= 0 && ftruncate(descriptor, before))
            failure_add(failure, ", a torn last line will be dropped by the next run");
    }
    close(descriptor);
    return done;
}

bool results_file_add(struct results_file *file, const struct results_row *rows, size_t count,
                      struct failure *failure)
{
    char line[RESULTS_LINE_MAX];
    size_t before = file->count;
    bool replaced = false;
    char *text = malloc(count * RESULTS_LINE_MAX + 1);
    if (!text)
        return failure_set(failure, "%s: out of memory", file->path);
    char *end = text;
    *end = 0;
    bool done = false;
    for (size_t i = 0; i < count; i++) {
        if (!results_line_format(line, &rows[i])) {
            failure_set(failure, "%s: the row of %s/%s/%s is too long", file->path,
                        rows[i].workload, rows[i].operation, rows[i].system);
            goto out;
        }
        size_t twin = find_line(file, line);
        if (twin != SIZE_MAX) {
            char *copy = strdup(line);
            if (!copy) {
                failure_set(failure, "%s: out of memory", file->path);
                goto out;
            }
            free(file->lines[twin]);
            file->lines[twin] = copy;
            replaced = true;
        } else if (!keep_line(file, line, failure)) {
            goto out;
        }
        end = stpcpy(stpcpy(end, line), "\n");
    }
    done = replaced ? rewrite(file, failure) : append(file, text, failure);
out:
    /* What is not on disk is not there. (A replaced row's memory keeps the new
     * figures; its key, which is all that is asked for, is the same.) */
    if (!done)
        while (file->count > before)
            free(file->lines[--file->count]);
    free(text);
    return done;
}

void results_file_close(struct results_file *file)
{
    if (!file)
        return;
    for (size_t i = 0; i < file->count; i++)
        free(file->lines[i]);
    free(file->lines);
    if (file->lock >= 0)
        close(file->lock);
    free(file);
}
