/* Files that a domain may read (grant.h). */
#include "grant.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

enum grant_kind {
    ONE_FILE,         /* that the host has named, as the host would open it */
    FOLDER,           /* and all below */
    SYSTEM_LIBRARIES, /* libraries below it; links may lead to another such folder */
    LIBRARIES_BESIDE, /* libraries in it */
    LATE_LIBRARIES    /* the same, after loading, too */
};

struct mpk_grant {
    enum grant_kind kind;
    bool loading; /* until loading is done */
    char *name;   /* as the host says it */
    char *path;   /* the same, normal: what the domain's paths are compared with */
    int folder;   /* a descriptor of it, or -1 */
    struct mpk_inode inode;
};

static const char *const system_folders[] = {"/lib", "/lib64", "/usr/lib", "/usr/lib64",
                                             "/usr/local/lib"};
enum { SYSTEM_FOLDERS = sizeof(system_folders) / sizeof(system_folders[0]) };

/* --- texts --- */

/* Makes a path normal: from the root, without "//", ".", "..", or a slash at its end. False if it
 * is too long, or from nowhere. */
static bool normalize(const char *path, char normal[MPK_PATH_SIZE])
{
    size_t length = 0;
    if (path[0] != '/' || strlen(path) >= MPK_PATH_SIZE)
        return false;
    while (*path) {
        path += strspn(path, "/");
        size_t part = strcspn(path, "/");
        if (part == 2 && !memcmp(path, "..", 2)) {
            while (length && normal[--length] != '/')
                ;
        } else if (part && !(part == 1 && path[0] == '.')) {
            normal[length++] = '/';
            memcpy(normal + length, path, part);
            length += part;
        }
        path += part;
    }
    if (!length)
        normal[length++] = '/';
    normal[length] = '\0';
    return true;
}

/* What of the normal `path` is below the normal `root`: "." for the root itself; NULL: it is not.
 */
static const char *below(const char *path, const char *root)
{
    size_t length = strcmp(root, "/") ? strlen(root) : 0;
    if (strncmp(path, root, length) || (path[length] != '/' && path[length]))
        return NULL;
    path += length;
    return path[0] && path[1] ? path + 1 : ".";
}

const char *mpk_library_path(const char *name, char path[MPK_PATH_SIZE])
{
    char here[MPK_PATH_SIZE];
    if (name[0] == '/' || !strchr(name, '/') || !getcwd(here, sizeof(here)))
        return name;
    int length = snprintf(path, MPK_PATH_SIZE, "%s/%s", here, name);
    return length < MPK_PATH_SIZE ? path : name;
}

/* --- what a file is --- */

/* openat2. A descriptor, or a negated errno. */
static int open_resolved(int folder, const char *path, int flags, uint64_t resolve)
{
    enum { TRIES = 16 };
    const struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = resolve};
    int file = -1;
    errno = EAGAIN;
    for (int i = 0; i < TRIES && file < 0 && errno == EAGAIN; i++) /* renamed meanwhile */
        file = (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
    return file < 0 ? -errno : file;
}

/* Does the kernel make the file system up? What is there can be anything, memory too. */
static bool is_of_the_kernel(int file)
{
    enum { CONFIGFS = 0x62656570, FUSE_CONTROL = 0x65735543, MESSAGE_QUEUES = 0x19800202 };
    static const uint32_t kinds[] = {
        PROC_SUPER_MAGIC,     SYSFS_MAGIC,         DEBUGFS_MAGIC,     TRACEFS_MAGIC,
        SECURITYFS_MAGIC,     SELINUX_MAGIC,       SMACK_MAGIC,       CGROUP_SUPER_MAGIC,
        BPF_FS_MAGIC,         CGROUP2_SUPER_MAGIC, EFIVARFS_MAGIC,    PSTOREFS_MAGIC,
        NSFS_MAGIC,           DEVPTS_SUPER_MAGIC,  SOCKFS_MAGIC,      PIPEFS_MAGIC,
        BINFMTFS_MAGIC,       ANON_INODE_FS_MAGIC, XENFS_SUPER_MAGIC, CONFIGFS,
        RDTGROUP_SUPER_MAGIC, FUSE_CONTROL,        MESSAGE_QUEUES};
    struct statfs system;
    if (fstatfs(file, &system))
        return true;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if ((uint32_t)system.f_type == kinds[i])
            return true;
    return false;
}

/* The path of an open file, as the kernel knows it. */
static bool tell_path(int file, char path[MPK_PATH_SIZE])
{
    char link[32];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, MPK_PATH_SIZE - 1);
    path[length > 0 ? length : 0] = '\0';
    return length > 0;
}

/* Is it a file of /proc about a process? One part of its path is a number, then. */
static bool is_of_a_process(int file)
{
    char path[MPK_PATH_SIZE];
    if (!tell_path(file, path))
        return true;
    for (const char *part = path; (part = strchr(part, '/'));) {
        size_t digits = strspn(++part, "0123456789");
        if (digits && (part[digits] == '/' || !part[digits]))
            return true;
    }
    return false;
}

static bool is_library(int file)
{
    Elf64_Ehdr header;
    return pread(file, &header, sizeof(header), 0) == sizeof(header) &&
           !memcmp(header.e_ident, ELFMAG, SELFMAG) && header.e_type == ET_DYN &&
           header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_machine == EM_X86_64;
}

void mpk_inode_take(struct mpk_inode *inode, int file)
{
    struct stat status;
    *inode = (struct mpk_inode){0};
    if (file >= 0 && !fstat(file, &status))
        *inode = (struct mpk_inode){status.st_dev, status.st_ino};
}

bool mpk_inode_is(const struct mpk_inode *inode, int file)
{
    struct stat status;
    return file >= 0 && !fstat(file, &status) && status.st_dev == inode->device &&
           status.st_ino == inode->number;
}

bool mpk_is_system_loader(const char *path, const struct stat *status)
{
    static const char *const names[] = {"libc.so.6", "ld-linux-x86-64.so.2"};
    static const char *const folders[] = {"/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64",
                                          "/usr/lib", "/usr/lib/x86_64-linux-gnu"};
    const char *name = strrchr(path, '/');
    for (size_t i = 0; name && i < 2; i++) {
        if (strcmp(name + 1, names[i]))
            continue;
        for (size_t j = 0; j < sizeof(folders) / sizeof(folders[0]); j++) {
            char own[64];
            struct stat system;
            snprintf(own, sizeof(own), "%s/%s", folders[j], names[i]);
            if (!stat(own, &system) && system.st_dev == status->st_dev &&
                system.st_ino == status->st_ino)
                return true;
        }
    }
    return false;
}

/* --- granting --- */

static enum og_error out_of_memory(struct og_fault *fault)
{
    return mpk_out_of_memory(fault);
}

static void close_grant(struct mpk_grant *grant)
{
    if (mpk_inode_is(&grant->inode, grant->folder))
        close(grant->folder);
    mpk_release(grant->name);
    mpk_release(grant->path);
}

void mpk_grants_settle(struct mpk_domain *domain)
{
    size_t kept = 0;
    for (size_t i = 0; i < domain->grant_count; i++) {
        if (domain->grants[i].loading)
            close_grant(&domain->grants[i]);
        else
            domain->grants[kept++] = domain->grants[i];
    }
    domain->grant_count = kept;
}

void mpk_grants_close(struct mpk_domain *domain)
{
    for (size_t i = 0; i < domain->grant_count; i++)
        close_grant(&domain->grants[i]);
    mpk_release(domain->grants);
    domain->grants = NULL;
    domain->grant_count = 0;
}

/* Grants `name`, where there is room. */
static enum og_error grant(struct mpk_domain *domain, enum grant_kind kind, const char *name,
                           bool loading, struct og_fault *fault)
{
    char path[MPK_PATH_SIZE];
    if (!normalize(name, path))
        return og_fail(fault, OG_BAD_ARGUMENT, name, 0, "the path is too long");
    struct mpk_grant *made = &domain->grants[domain->grant_count++];
    *made = (struct mpk_grant){.kind = kind, .loading = loading, .folder = -1};
    made->name = mpk_copy_text(name);
    made->path = mpk_copy_text(path);
    if (!made->name || !made->path)
        return out_of_memory(fault);
    if (kind != ONE_FILE)
        made->folder = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (kind != ONE_FILE && made->folder < 0 && mpk_has_no_descriptor(errno))
        return mpk_no_descriptor(fault, errno, name, NULL);
    mpk_inode_take(&made->inode, made->folder);
    return OG_OK;
}

/* A path from the root, for one that may be from the folder that the host is in. */
static const char *from_root(const char *name, char path[MPK_PATH_SIZE])
{
    char with_slash[MPK_PATH_SIZE];
    if (name[0] == '/')
        return name;
    snprintf(with_slash, sizeof(with_slash), "./%s", name);
    name = mpk_library_path(with_slash, path);
    return name == path ? name : "";
}

/* A folder, whose libraries are granted as long as the domain is there. */
static enum og_error grant_late(struct mpk_domain *domain, const char *name, struct og_fault *fault)
{
    char path[MPK_PATH_SIZE];
    name = from_root(name, path);
    int folder = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 && mpk_has_no_descriptor(errno))
        return mpk_no_descriptor(fault, errno, name, NULL);
    bool is_kernels = folder >= 0 && is_of_the_kernel(folder);
    if (folder < 0 || is_kernels)
        og_fail(fault, OG_BAD_ARGUMENT, name, 0,
                is_kernels ? "a folder of the kernel's, such as /proc, holds no libraries"
                           : "a path of options.late_folders is no folder that can be opened");
    if (folder >= 0)
        close(folder);
    return folder < 0 || is_kernels ? OG_BAD_ARGUMENT
                                    : grant(domain, LATE_LIBRARIES, name, false, fault);
}

/* A readable path: a folder if it is one now, or else a file. */
static enum og_error grant_readable(struct mpk_domain *domain, const char *name,
                                    struct og_fault *fault)
{
    char path[MPK_PATH_SIZE];
    name = from_root(name, path);
    struct stat status = {0};
    const char *refusal = NULL;
    int file = open(name, O_PATH | O_CLOEXEC);
    if (file < 0 && mpk_has_no_descriptor(errno))
        return mpk_no_descriptor(fault, errno, name, NULL);
    if (file < 0)
        return og_fail(fault, OG_BAD_ARGUMENT, name, 0,
                       "a path of options.readable_paths is no file or folder that can be opened");
    bool is_folder = !fstat(file, &status) && S_ISDIR(status.st_mode);
    if (is_of_the_kernel(file)) {
        if (is_folder)
            refusal = "a folder of the kernel's, such as /proc, is not for domains: name its files";
        else if (is_of_a_process(file))
            refusal = "what /proc tells about a process is not for domains";
    }
    close(file);
    if (refusal)
        return og_fail(fault, OG_BAD_ARGUMENT, name, 0, refusal);
    return grant(domain, is_folder ? FOLDER : ONE_FILE, name, false, fault);
}

/* A library that is named by its path: that file, and libraries in its folder. */
static enum og_error grant_library(struct mpk_domain *domain, const char *name,
                                   struct og_fault *fault)
{
    char path[MPK_PATH_SIZE], folder[MPK_PATH_SIZE];
    name = mpk_library_path(name, path);
    if (name[0] != '/' || strlen(name) >= MPK_PATH_SIZE)
        return OG_OK; /* the loader looks for it where the system's are */
    size_t length = (size_t)(strrchr(name, '/') - name);
    memcpy(folder, name, length);
    memcpy(folder + length, length ? "" : "/", length ? 1 : 2);
    enum og_error error = grant(domain, ONE_FILE, name, true, fault);
    return error ? error : grant(domain, LIBRARIES_BESIDE, folder, true, fault);
}

enum og_error mpk_grants_open(struct mpk_domain *domain, const char *const *libraries,
                              const struct og_options *options, struct og_fault *fault)
{
    const char *const none[] = {NULL};
    const char *const *readable =
        options && options->readable_paths ? options->readable_paths : none;
    const char *const *late = options && options->late_folders ? options->late_folders : none;
    size_t count = 1 + SYSTEM_FOLDERS;
    for (size_t i = 0; late[i]; i++)
        count++;
    for (size_t i = 0; readable[i]; i++)
        count++;
    for (size_t i = 0; libraries[i]; i++)
        count += 2;
    int root = open_resolved(AT_FDCWD, "/", O_PATH, RESOLVE_NO_MAGICLINKS);
    if (root < 0 && mpk_has_no_descriptor(-root))
        return mpk_no_descriptor(fault, -root, NULL, NULL);
    if (root < 0)
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "the kernel, or what confines this program, lacks openat2 (Linux 5.6)");
    close(root);
    domain->grants = mpk_allocate(count, sizeof(*domain->grants));
    if (!domain->grants)
        return out_of_memory(fault);
    /* Before the others: what several grant is late, if one of them says so. */
    enum og_error error = OG_OK;
    for (size_t i = 0; late[i] && !error; i++)
        error = grant_late(domain, late[i], fault);
    if (!error)
        error = grant(domain, ONE_FILE, "/etc/ld.so.cache", true, fault);
    for (size_t i = 0; i < SYSTEM_FOLDERS && !error; i++)
        error = grant(domain, SYSTEM_LIBRARIES, system_folders[i], true, fault);
    for (size_t i = 0; libraries[i] && !error; i++)
        error = grant_library(domain, libraries[i], fault);
    for (size_t i = 0; readable[i] && !error; i++)
        error = grant_readable(domain, readable[i], fault);
    return error;
}

/* --- opening --- */

/* Is the file, to which an absolute link of a system folder has led, in one again? */
static bool is_in_system_folder(const struct mpk_domain *domain, int file)
{
    char path[MPK_PATH_SIZE], folder[MPK_PATH_SIZE];
    if (!tell_path(file, path))
        return false;
    for (size_t i = 0; i < domain->grant_count; i++)
        if (domain->grants[i].kind == SYSTEM_LIBRARIES &&
            mpk_inode_is(&domain->grants[i].inode, domain->grants[i].folder) &&
            tell_path(domain->grants[i].folder, folder) && below(path, folder))
            return true;
    return false;
}

/* Resolves `path` as far as the grant allows. A descriptor, or a negated errno. */
static int resolve(const struct mpk_domain *domain, const struct mpk_grant *granted,
                   const char *path, int flags)
{
    const char *rest = below(path, granted->path);
    if (granted->kind == ONE_FILE)
        return strcmp(path, granted->path) ? -EACCES
                                           : open_resolved(AT_FDCWD, granted->name, flags, 0);
    bool is_beside = granted->kind == LIBRARIES_BESIDE || granted->kind == LATE_LIBRARIES;
    if (!rest || (is_beside && strchr(rest, '/')))
        return -EACCES;
    if (!mpk_inode_is(&granted->inode, granted->folder))
        return -ENOENT;
    int file = open_resolved(granted->folder, rest, flags, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
    if (file != -EXDEV || granted->kind != SYSTEM_LIBRARIES)
        return file == -EXDEV || file == -ELOOP ? -EACCES : file;
    file = open_resolved(AT_FDCWD, path, flags, RESOLVE_NO_MAGICLINKS);
    if (file < 0 || is_in_system_folder(domain, file))
        return file;
    close(file);
    return -EACCES;
}

/* Is what the grant has led to something that it grants? 0, or a negated errno. */
static int check(const struct mpk_grant *granted, int file, struct stat *status)
{
    if (fstat(file, status))
        return -errno;
    if (!S_ISREG(status->st_mode) && !S_ISDIR(status->st_mode))
        return -EACCES;
    if (is_of_the_kernel(file) && (granted->kind != ONE_FILE || is_of_a_process(file)))
        return -EACCES;
    return 0;
}

/* Looks first, since opening alone can have an effect, and opens then. */
static int open_granted(const struct mpk_domain *domain, const struct mpk_grant *granted,
                        const char *path, struct stat *status)
{
    int place = resolve(domain, granted, path, O_PATH);
    int error = place < 0 ? place : check(granted, place, status);
    if (!error && S_ISDIR(status->st_mode))
        return place;
    if (place >= 0)
        close(place);
    if (error)
        return error;
    struct stat seen = *status;
    int file = resolve(domain, granted, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return file;
    error = check(granted, file, status);
    if (!error && (seen.st_dev != status->st_dev || seen.st_ino != status->st_ino))
        error = -EACCES;
    bool any = granted->kind == ONE_FILE || granted->kind == FOLDER;
    if (!error && !any && !is_library(file))
        error = -ENOENT;
    if (!error)
        return file;
    close(file);
    return error;
}

int mpk_granted_open(const struct mpk_domain *domain, const char *path, struct stat *status,
                     bool *late)
{
    char normal[MPK_PATH_SIZE];
    int file = -EACCES;
    if (!normalize(path, normal))
        return -ENOENT; /* a domain is in no folder */
    for (size_t i = 0; i < domain->grant_count && file < 0; i++) {
        int found = open_granted(domain, &domain->grants[i], normal, status);
        if (found != -EACCES)
            file = found;
        *late = found >= 0 && domain->grants[i].kind == LATE_LIBRARIES;
    }
    return file;
}
