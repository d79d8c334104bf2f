/* What a process looks like from outside: by /proc. */
#include "attacks/watch/watch.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_file(pid_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(text, 1, size - 1, file) : 0;
    text[length] = 0;
    if (file)
        fclose(file);
    return file != NULL;
}

/* The lines of /proc/PID/status that say who it is and what it may do. */
static void take_status(struct outside *outside, char *text)
{
    static const char *const kept[] = {"Name:",       "Umask:",   "Uid:",    "Gid:",      "Groups:",
                                       "NoNewPrivs:", "Seccomp:", "CapEff:", "TracerPid:"};
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
            if (!strncmp(line, kept[i], strlen(kept[i]))) {
                size_t used = strlen(outside->status);
                snprintf(outside->status + used, sizeof(outside->status) - used, "%s\n", line);
            }
}

static void take_descriptors(struct outside *outside, pid_t pid)
{
    char path[64], link[400], target[512];
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        snprintf(link, sizeof(link), "%s/%s", path, entry->d_name);
        ssize_t length = readlink(link, target, sizeof(target) - 1);
        if (length < 0)
            continue;
        target[length] = 0;
        size_t used = strlen(outside->files);
        if (target[0] == '/')
            snprintf(outside->files + used, sizeof(outside->files) - used, "%s %s\n", entry->d_name,
                     target);
        else if (!strncmp(target, "socket:", 7))
            outside->sockets++;
        else
            outside->others++;
    }
    if (folder)
        closedir(folder);
}

static void take_place(struct outside *outside, pid_t pid)
{
    static const char *const links[] = {"cwd", "root"};
    char path[64], target[1024];
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, links[i]);
        ssize_t length = readlink(path, target, sizeof(target) - 1);
        target[length < 0 ? 0 : length] = 0;
        size_t used = strlen(outside->place);
        snprintf(outside->place + used, sizeof(outside->place) - used, "%s\n", target);
    }
}

static void take_mappings(struct outside *outside, pid_t pid)
{
    char path[64], line[1024], rights[8];
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file)) {
        outside->mappings++;
        if (sscanf(line, "%*x-%*x %7s", rights) == 1 && rights[1] == 'w' && rights[2] == 'x')
            outside->open_code++;
    }
    if (file)
        fclose(file);
}

static unsigned count_threads(pid_t pid)
{
    char path[64];
    unsigned count = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    if (folder)
        closedir(folder);
    return count;
}

bool outside_take(struct outside *outside, pid_t pid)
{
    char text[8192];
    memset(outside, 0, sizeof(*outside));
    if (!read_file(pid, "status", text, sizeof(text)))
        return false;
    take_status(outside, text);
    read_file(pid, "limits", outside->limits, sizeof(outside->limits));
    take_place(outside, pid);
    take_descriptors(outside, pid);
    take_mappings(outside, pid);
    outside->threads = count_threads(pid);
    return true;
}

const char *outside_differs(const struct outside *before, const struct outside *after)
{
    enum { MANY_MAPPINGS = 200 };
    if (strcmp(before->status, after->status))
        return "the host is somebody else, or has other rights (/proc/PID/status)";
    if (strcmp(before->limits, after->limits))
        return "the host has other limits";
    if (strcmp(before->place, after->place))
        return "the host is in another folder";
    if (strcmp(before->files, after->files))
        return "the host has other files open";
    if (after->sockets > before->sockets)
        return "the host has more sockets";
    if (after->others > before->others)
        return "the host has more descriptors";
    if (after->threads > before->threads)
        return "the host has more threads";
    if (after->open_code > before->open_code)
        return "the host has memory that is writable and executable";
    if (after->mappings > before->mappings + MANY_MAPPINGS)
        return "the host has hundreds of mappings more";
    return NULL;
}

/* Its parent, and how much memory it uses, in pages; false if it is gone. */
static bool read_process(const char *process, pid_t *parent, size_t *pages)
{
    char path[300], text[512];
    int number = 0;
    long resident = 0;
    snprintf(path, sizeof(path), "/proc/%s/stat", process);
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
    if (file)
        fclose(file);
    text[length] = 0;
    /* After the name, which may hold anything: state, parent, and the 22nd further number. */
    const char *rest = strrchr(text, ')');
    if (!rest || sscanf(rest + 1, " %*c %d%*[ 0-9-]", &number) != 1)
        return false;
    for (int field = 3; rest && field < 25; field++)
        rest = strchr(rest + 1, ' ');
    if (rest)
        resident = strtol(rest, NULL, 10);
    *parent = number;
    *pages = resident > 0 ? (size_t)resident : 0;
    return true;
}

size_t outside_memory(pid_t pid)
{
    size_t sum = 0;
    DIR *folder = opendir("/proc");
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        pid_t parent = 0;
        size_t pages = 0;
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
            read_process(entry->d_name, &parent, &pages) &&
            (atoi(entry->d_name) == pid || parent == pid))
            sum += pages;
    }
    if (folder)
        closedir(folder);
    return sum * 4096;
}

pid_t outside_child(pid_t pid, pid_t group)
{
    pid_t found = 0;
    DIR *folder = opendir("/proc");
    for (struct dirent *entry; !found && folder && (entry = readdir(folder));) {
        pid_t parent = 0, child = atoi(entry->d_name);
        size_t pages;
        if (child > 0 && child != group && read_process(entry->d_name, &parent, &pages) &&
            parent == pid && getpgid(child) == group)
            found = child;
    }
    if (folder)
        closedir(folder);
    return found;
}
