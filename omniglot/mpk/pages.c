/* Memory as the runtime asks the system for it, whatever the host has asked for all of its own:
 * that it stays locked, that what can be read can be executed, that files stay small. */
#include "mpk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum og_error mpk_memory_file(const char *name, size_t size, int *file, struct og_fault *fault)
{
    char message[sizeof(fault->message)];
    struct rlimit limit;
    *file = -1;
    /* A file that would be larger is refused by a signal, which ends the process. */
    if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur < size) {
        snprintf(message, sizeof(message),
                 "the limit on the size of files (ulimit -f, RLIMIT_FSIZE) is below %zu MiB, and a "
                 "domain's memory is a file in memory while it loads",
                 (size >> 20) + 1);
        return og_fail_system(fault, EFBIG, NULL, 0, message);
    }
    *file = memfd_create(name, MFD_CLOEXEC);
    if (*file >= 0 && !ftruncate(*file, (off_t)size))
        return OG_OK;
    enum og_error error = mpk_no_descriptor(fault, errno, NULL, MPK_NO_MEMORY_FILE);
    if (*file >= 0)
        close(*file);
    *file = -1;
    return error;
}

bool mpk_has_no_descriptor(int number)
{
    return number == EMFILE || number == ENFILE;
}

enum og_error mpk_no_descriptor(struct og_fault *fault, int number, const char *symbol,
                                const char *message)
{
    if (number == EMFILE)
        message = "no descriptor is left to the process (ulimit -n), of which opening takes some: "
                  "docs/hosts.md says how many";
    if (number == ENFILE)
        message = "no descriptor is left to the system (fs.file-max)";
    return og_fail_system(fault, number, symbol, 0, message);
}

static bool is_limited(int which)
{
    struct rlimit limit;
    return !getrlimit(which, &limit) && limit.rlim_cur != RLIM_INFINITY;
}

enum og_error mpk_out_of_memory(struct og_fault *fault)
{
    const char *message =
        is_limited(RLIMIT_DATA) ? "the host is out of memory, or of what ulimit -d (RLIMIT_DATA) "
                                  "leaves: a domain takes 24 MiB and more"
        : is_limited(RLIMIT_AS) ? "the host is out of memory, or of what ulimit -v leaves"
                                : "the host is out of memory";
    return og_fail_system(fault, ENOMEM, NULL, 0, message);
}

enum og_error mpk_no_code(struct og_fault *fault, uintptr_t address, const char *message)
{
    if (errno == ENOMEM)
        return mpk_out_of_memory(fault);
    if (errno != EACCES && errno != EPERM)
        return og_fail_system(fault, errno, NULL, address, message);
    int number = errno;
    og_fail(fault, OG_UNSUPPORTED, NULL, address,
            "memory cannot become executable: a policy denies it (MemoryDenyWriteExecute=, "
            "PR_SET_MDWE, a seccomp filter, SELinux's execmem)");
    if (fault)
        fault->system_error = number;
    return OG_UNSUPPORTED;
}

enum og_error mpk_no_addresses(struct og_fault *fault, const char *message)
{
    return errno == EAGAIN
               ? og_fail_system(fault, EAGAIN, NULL, 0,
                                "the host has its memory locked (mlockall with MCL_FUTURE), and "
                                "may lock no more (ulimit -l)")
               : og_fail(fault, OG_NO_MEMORY, NULL, 0, message);
}

bool mpk_peek(void *to, uintptr_t from, size_t size)
{
    struct iovec local = {to, size}, remote = {(void *)from, size};
    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size;
}

int mpk_mlock(const void *memory, size_t size)
{
    return (int)syscall(SYS_mlock, memory, size);
}

int mpk_munlock(const void *memory, size_t size)
{
    return (int)syscall(SYS_munlock, memory, size);
}

bool mpk_drop(uintptr_t start, size_t size, int advice)
{
    void *memory = (void *)start;
    return !madvise(memory, size, advice) ||
           (errno == EINVAL && !mpk_munlock(memory, size) && !madvise(memory, size, advice));
}

bool mpk_reading_is_execution(void)
{
    enum { AS_IT_IS = 0xffffffff };
    int now = personality((unsigned long)(unsigned)AS_IT_IS);
    return now != -1 && now & READ_IMPLIES_EXEC;
}
