/* Files: read-only, regular, and only those the policy names: libraries while the domain loads,
 * and the options' readable paths. The domain's descriptors are numbers of its own. */
#include "policy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_DESCRIPTOR = 3, PATH_SIZE = 4096 };

static const char *const library_paths[] = {
    "/etc/ld.so.cache", "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", NULL};

/* Is `path` the same as `root`, or below it? */
static bool is_below(const char *path, const char *root)
{
    size_t length = strlen(root);
    return !strncmp(path, root, length) && (path[length] == '\0' || path[length] == '/');
}

static bool is_among(const char *path, const char *const *roots)
{
    for (; roots && *roots; roots++)
        if (is_below(path, *roots))
            return true;
    return false;
}

static bool may_read(const struct mpk_domain *domain, const char *path)
{
    if (path[0] != '/' || strstr(path, "/../") ||
        (strlen(path) >= 3 && !strcmp(path + strlen(path) - 3, "/..")))
        return false;
    return is_among(path, (const char *const *)domain->readable_paths) ||
           (domain->arena.loading && is_among(path, library_paths));
}

/* The system's own loader and libc are known by where they are. */
static bool is_trusted(const char *path)
{
    const char *name = strrchr(path, '/');
    return is_among(path, library_paths) && name &&
           (!strcmp(name, "/libc.so.6") || !strcmp(name, "/ld-linux-x86-64.so.2"));
}

/* Copies a path in, once. 0, or a negated errno. */
static int64_t copy_path(const struct mpk_syscall *call, uint64_t address, char path[PATH_SIZE])
{
    for (size_t i = 0; i < PATH_SIZE; i++) {
        const char *byte = mpk_policy_readable(call, address + i, 1);
        if (!byte)
            return -EFAULT;
        path[i] = *(const volatile char *)byte;
        if (!path[i])
            return may_read(call->domain, path) ? 0 : -EPERM;
    }
    return -ENAMETOOLONG;
}

/* The host's descriptor for the domain's, or -1. */
static int file_of(const struct mpk_syscall *call, uint64_t descriptor)
{
    uint64_t index = descriptor - FIRST_DESCRIPTOR;
    return index < MPK_FILES ? call->domain->files[index] : -1;
}

static int64_t open_path(struct mpk_syscall *call, uint64_t address, uint64_t flags)
{
    struct mpk_domain *domain = call->domain;
    char path[PATH_SIZE] = "";
    struct stat status;
    int64_t error = copy_path(call, address, path);
    if (error)
        return error;
    if (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC))
        return -EPERM;
    for (size_t i = 0; i < MPK_FILES; i++) {
        if (domain->files[i] >= 0)
            continue;
        int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (file < 0)
            return -errno;
        if (fstat(file, &status) || !S_ISREG(status.st_mode)) {
            close(file);
            return -EPERM;
        }
        domain->files[i] = file;
        domain->file_trusted[i] = is_trusted(path);
        return (int64_t)i + FIRST_DESCRIPTOR;
    }
    return -EMFILE;
}

int64_t mpk_syscall_open(struct mpk_syscall *call)
{
    return open_path(call, call->arguments[0], call->arguments[1]);
}

int64_t mpk_syscall_openat(struct mpk_syscall *call)
{
    return open_path(call, call->arguments[1], call->arguments[2]);
}

int64_t mpk_syscall_read(struct mpk_syscall *call)
{
    int file = file_of(call, call->arguments[0]);
    size_t size = mpk_policy_at_once(call->arguments[2]);
    void *memory = mpk_policy_memory(call, call->arguments[1], size);
    if (file < 0)
        return -EBADF;
    if (!memory)
        return -EFAULT;
    ssize_t got = read(file, memory, size);
    return got < 0 ? -errno : got;
}

int64_t mpk_syscall_pread(struct mpk_syscall *call)
{
    int file = file_of(call, call->arguments[0]);
    size_t size = mpk_policy_at_once(call->arguments[2]);
    void *memory = mpk_policy_memory(call, call->arguments[1], size);
    if (file < 0)
        return -EBADF;
    if (!memory)
        return -EFAULT;
    ssize_t got = pread(file, memory, size, (off_t)call->arguments[3]);
    return got < 0 ? -errno : got;
}

int64_t mpk_syscall_lseek(struct mpk_syscall *call)
{
    int file = file_of(call, call->arguments[0]);
    if (file < 0)
        return -EBADF;
    off_t at = lseek(file, (off_t)call->arguments[1], (int)call->arguments[2]);
    return at < 0 ? -errno : at;
}

int64_t mpk_syscall_close(struct mpk_syscall *call)
{
    int file = file_of(call, call->arguments[0]);
    if (file < 0)
        return -EBADF;
    call->domain->files[call->arguments[0] - FIRST_DESCRIPTOR] = -1;
    close(file);
    return 0;
}

void mpk_files_close(struct mpk_domain *domain)
{
    for (size_t i = 0; i < MPK_FILES; i++) {
        if (domain->files[i] >= 0)
            close(domain->files[i]);
        domain->files[i] = -1;
    }
}

int64_t mpk_syscall_fstat(struct mpk_syscall *call)
{
    int file = file_of(call, call->arguments[0]);
    struct stat status;
    if (file < 0)
        return -EBADF;
    if (fstat(file, &status))
        return -errno;
    return mpk_policy_hand_out(call, call->arguments[1], &status, sizeof(status));
}

int64_t mpk_syscall_newfstatat(struct mpk_syscall *call)
{
    char path[PATH_SIZE] = "";
    struct stat status;
    if (call->arguments[3] & AT_EMPTY_PATH) {
        struct mpk_syscall by_descriptor = *call;
        by_descriptor.arguments[1] = call->arguments[2];
        return mpk_syscall_fstat(&by_descriptor);
    }
    int64_t error = copy_path(call, call->arguments[1], path);
    if (error)
        return error;
    if (stat(path, &status))
        return -errno;
    return mpk_policy_hand_out(call, call->arguments[2], &status, sizeof(status));
}

static int64_t access_path(struct mpk_syscall *call, uint64_t address, uint64_t mode)
{
    char path[PATH_SIZE] = "";
    int64_t error = copy_path(call, address, path);
    if (error)
        return error == -EPERM ? -ENOENT : error;
    if (mode & W_OK)
        return -EACCES;
    return access(path, (int)mode & (R_OK | X_OK)) ? -errno : 0;
}

int64_t mpk_syscall_access(struct mpk_syscall *call)
{
    return access_path(call, call->arguments[0], call->arguments[1]);
}

int64_t mpk_syscall_faccessat(struct mpk_syscall *call)
{
    return access_path(call, call->arguments[1], call->arguments[2]);
}
