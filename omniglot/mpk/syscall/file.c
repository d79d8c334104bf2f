/* Files: read-only, regular, and only those that are granted (grant.h). The domain's descriptors
 * are numbers of its own; its table of them, and what they stand for, is used with its lock held.
 */
#include "grant.h"
#include "policy.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Copies a path in, once. 0, or a negated errno. */
static int64_t copy_path(const struct mpk_syscall *call, uint64_t address, char path[MPK_PATH_SIZE])
{
    for (size_t i = 0; i < MPK_PATH_SIZE; i++) {
        const char *byte = mpk_policy_readable(call, address + i, 1);
        if (!byte)
            return -EFAULT;
        path[i] = *(const volatile char *)byte;
        if (!path[i])
            return 0;
    }
    return -ENAMETOOLONG;
}

/* What is known of a file when it is opened. */
struct file_kind {
    bool trusted, late;
};

/* Opens what the path at `address` names, if it is granted. The host's descriptor, or a negated
 * errno. */
static int64_t open_named(const struct mpk_syscall *call, uint64_t address, struct file_kind *kind,
                          struct stat *status)
{
    char path[MPK_PATH_SIZE];
    int64_t error = copy_path(call, address, path);
    if (error < 0)
        return error;
    bool late = false;
    int64_t file = mpk_granted_open(call->domain, path, status, &late);
    if (file < 0 && mpk_has_no_descriptor((int)-file) && call->domain->arena.loading)
        call->domain->no_descriptor = (int)-file;
    if (file >= 0 && kind)
        *kind = (struct file_kind){mpk_is_system_loader(path, status), late};
    return file;
}

int mpk_file_of(const struct mpk_domain *domain, uint64_t descriptor)
{
    uint64_t index = descriptor - MPK_FIRST_FILE;
    int file = index < MPK_FILES ? domain->files[index] : -1;
    return file >= 0 && mpk_inode_is(&domain->file_inodes[index], file) ? file : -1;
}

/* The same for the call's. */
static int file_of(const struct mpk_syscall *call, uint64_t descriptor)
{
    return mpk_file_of(call->domain, descriptor);
}

/* Gives the file a number in the domain. False: there is none left. */
static bool number_file(struct mpk_domain *domain, int file, struct file_kind kind, int64_t *number)
{
    size_t i = 0;
    pthread_mutex_lock(&domain->lock);
    while (i < MPK_FILES && domain->files[i] >= 0)
        i++;
    if (i < MPK_FILES) {
        domain->files[i] = file;
        mpk_inode_take(&domain->file_inodes[i], file);
        domain->file_trusted[i] = kind.trusted;
        domain->file_late[i] = kind.late;
    }
    pthread_mutex_unlock(&domain->lock);
    *number = (int64_t)i + MPK_FIRST_FILE;
    return i < MPK_FILES;
}

static int64_t open_path(struct mpk_syscall *call, uint64_t address, uint64_t flags)
{
    struct stat status;
    struct file_kind kind = {false, false};
    if (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC))
        return -EPERM;
    int64_t file = open_named(call, address, &kind, &status), number;
    if (file < 0)
        return file;
    /* A folder's descriptor is one of O_PATH: it can be asked what it is, as locales do. */
    if (number_file(call->domain, (int)file, kind, &number))
        return number;
    close((int)file);
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

/* Reads into the domain's memory, from where the file stands or (`at`) from `offset`. */
static int64_t read_file(struct mpk_syscall *call, bool at, off_t offset)
{
    size_t size = mpk_policy_at_once(call->arguments[2]);
    ssize_t got = -1;
    int64_t error = 0;
    pthread_mutex_lock(&call->domain->lock);
    int file = file_of(call, call->arguments[0]);
    void *memory = mpk_policy_memory(call, call->arguments[1], size);
    if (file < 0)
        error = -EBADF;
    else if (!memory)
        error = -EFAULT;
    else
        got = at ? pread(file, memory, size, offset) : read(file, memory, size);
    if (!error && got < 0)
        error = errno == EBADF ? -EISDIR : -errno; /* of O_PATH: a folder's */
    pthread_mutex_unlock(&call->domain->lock);
    return error ? error : got;
}

int64_t mpk_syscall_read(struct mpk_syscall *call)
{
    return read_file(call, false, 0);
}

int64_t mpk_syscall_pread(struct mpk_syscall *call)
{
    return read_file(call, true, (off_t)call->arguments[3]);
}

int64_t mpk_syscall_lseek(struct mpk_syscall *call)
{
    pthread_mutex_lock(&call->domain->lock);
    int file = file_of(call, call->arguments[0]);
    off_t at = file < 0 ? -1 : lseek(file, (off_t)call->arguments[1], (int)call->arguments[2]);
    int64_t error = file < 0 ? -EBADF : -errno;
    pthread_mutex_unlock(&call->domain->lock);
    return at < 0 ? error : at;
}

int64_t mpk_syscall_close(struct mpk_syscall *call)
{
    pthread_mutex_lock(&call->domain->lock);
    int file = file_of(call, call->arguments[0]);
    if (file >= 0)
        call->domain->files[call->arguments[0] - MPK_FIRST_FILE] = -1;
    pthread_mutex_unlock(&call->domain->lock);
    return file < 0 || close(file) ? -EBADF : 0;
}

void mpk_files_close(struct mpk_domain *domain)
{
    pthread_mutex_lock(&domain->lock);
    for (size_t i = 0; i < MPK_FILES; i++) {
        int file = mpk_file_of(domain, i + MPK_FIRST_FILE);
        if (file >= 0)
            close(file);
        domain->files[i] = -1;
    }
    pthread_mutex_unlock(&domain->lock);
}

int64_t mpk_syscall_fstat(struct mpk_syscall *call)
{
    struct stat status;
    if (mpk_output_stat(call, call->arguments[0], &status))
        return mpk_policy_hand_out(call, call->arguments[1], &status, sizeof(status));
    pthread_mutex_lock(&call->domain->lock);
    int file = file_of(call, call->arguments[0]);
    bool told = file >= 0 && !fstat(file, &status);
    pthread_mutex_unlock(&call->domain->lock);
    return told ? mpk_policy_hand_out(call, call->arguments[1], &status, sizeof(status)) : -EBADF;
}

int64_t mpk_syscall_newfstatat(struct mpk_syscall *call)
{
    struct stat status;
    if (call->arguments[3] & AT_EMPTY_PATH) {
        struct mpk_syscall by_descriptor = *call;
        by_descriptor.arguments[1] = call->arguments[2];
        return mpk_syscall_fstat(&by_descriptor);
    }
    int64_t file = open_named(call, call->arguments[1], NULL, &status);
    if (file < 0)
        return file;
    close((int)file);
    return mpk_policy_hand_out(call, call->arguments[2], &status, sizeof(status));
}

/* What can be opened can be read; whether it could be executed is the file's to say. */
static int64_t access_path(struct mpk_syscall *call, uint64_t address, uint64_t mode)
{
    struct stat status;
    int64_t file = open_named(call, address, NULL, &status);
    if (file < 0)
        return file;
    close((int)file);
    return mode & W_OK || (mode & X_OK && !(status.st_mode & 0111)) ? -EACCES : 0;
}

int64_t mpk_syscall_access(struct mpk_syscall *call)
{
    return access_path(call, call->arguments[0], call->arguments[1]);
}

int64_t mpk_syscall_faccessat(struct mpk_syscall *call)
{
    return access_path(call, call->arguments[1], call->arguments[2]);
}
