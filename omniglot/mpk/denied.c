/* System calls that the host's own filter denies. Each that og-mpk cannot do without is asked
 * before a domain opens, in a way that does nothing: so it is refused there and by name, and not
 * half-way with a word about memory. Where something fails later, in a thread that has come to a
 * filter meanwhile, the same question finds the reason. */
#include "mpk.h"

#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ANY = -1 /* it succeeds */, MASK_SIZE = 8 };

static uint32_t word;

/* What the kernel answers, with arguments that it finds no sense in. */
static const struct question {
    const char *name;
    long number;
    long arguments[5];
    int answer; /* errno, or ANY */
} questions[] = {
#define ASK(name, answer, ...)                                                                     \
    {                                                                                              \
#name, SYS_##name, {__VA_ARGS__ }, (answer)                                                \
    }
    ASK(arch_prctl, EFAULT, 0x1004 /* ARCH_GET_GS */, -1),
    ASK(close, EBADF, -1),
    ASK(fstatfs, EBADF, -1),
    ASK(ftruncate, EINVAL, -1, -1),
    ASK(futex, ANY, (long)&word, FUTEX_WAKE_PRIVATE, 0),
    ASK(getpid, ANY),
    ASK(getrandom, ANY),
    ASK(gettid, ANY),
    ASK(madvise, EINVAL, 1),
    ASK(membarrier, ANY),
    ASK(memfd_create, EFAULT, 0, 0),
    ASK(mmap, EINVAL, 0, 0, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1),
    ASK(mprotect, EINVAL, 1),
    ASK(munlock, ANY),
    ASK(munmap, EINVAL, 0, 0),
    ASK(newfstatat, EBADF, -1, (long)"", 0, AT_EMPTY_PATH),
    ASK(openat, ENOENT, AT_FDCWD, (long)""),
    ASK(pkey_mprotect, EINVAL, 1),
    ASK(pread64, EBADF, -1),
    ASK(read, EBADF, -1),
    ASK(rt_sigaction, ANY, SIGUSR1, 0, 0, MASK_SIZE),
    ASK(rt_sigprocmask, ANY, SIG_BLOCK, 0, 0, MASK_SIZE),
    ASK(sigaltstack, ANY),
    ASK(tgkill, EINVAL, -1),
};
enum { QUESTIONS = sizeof(questions) / sizeof(questions[0]) };

static struct og_context refused[QUESTIONS];

static bool is_denied(const struct question *question)
{
    const long *a = question->arguments;
    long result = syscall(question->number, a[0], a[1], a[2], a[3], a[4], 0);
    return result < 0 && errno != question->answer;
}

/* The first that is; NULL: none. */
static const struct question *find(void)
{
    for (size_t i = 0; i < QUESTIONS; i++)
        if (is_denied(&questions[i]))
            return &questions[i];
    return NULL;
}

static enum og_error tell(struct og_fault *fault, const char *name, int number)
{
    char message[sizeof(fault->message)];
    snprintf(message, sizeof(message),
             "the system denies %s, as a seccomp filter of the program's or of its container's "
             "does: it has to allow it",
             name);
    og_fail(fault, OG_UNSUPPORTED, NULL, 0, message);
    if (fault)
        fault->system_error = number;
    return OG_UNSUPPORTED;
}

/* A thread has to leave its area; where the C library has any, it ends a program whose next thread
 * gets none. */
static bool is_rseq_denied(void)
{
    enum { NO_SUCH_FLAGS = 1 << 20 };
    return __rseq_size && syscall(SYS_rseq, NULL, 0, NO_SUCH_FLAGS, 0) && errno != EINVAL;
}

enum og_error mpk_denied(struct og_fault *fault)
{
    const struct question *question = find();
    if (question)
        return tell(fault, question->name, errno);
    return is_rseq_denied() ? tell(fault, "rseq", errno) : OG_OK;
}

struct og_context *mpk_denied_context(void)
{
    const struct question *question = find();
    if (!question)
        return NULL;
    struct og_context *context = &refused[question - questions];
    /* Whoever else comes here writes the same. */
    context->poisoned = tell(&context->fault, question->name, errno);
    return context;
}

enum og_error mpk_refused(enum og_error error, struct og_fault *fault)
{
    bool is_systems = error == OG_SYSTEM || error == OG_NO_MEMORY;
    return is_systems && mpk_denied(fault) ? OG_UNSUPPORTED : error;
}

bool mpk_is_remapping_denied(void)
{
    return syscall(SYS_mremap, 1, 0, 0, 0, 0) < 0 && errno != EINVAL;
}

enum og_error mpk_cannot_start_thread(struct og_fault *fault, int number, const char *what)
{
    char message[sizeof(fault->message)];
    if (number == EAGAIN || number == ENOMEM)
        snprintf(message, sizeof(message),
                 "%s: no thread can be started: ulimit -u or a container's number of processes, or "
                 "memory (ulimit -v, -d), leaves no room",
                 what);
    else
        snprintf(message, sizeof(message),
                 "%s: no thread can be started: a seccomp filter denies clone3, or clone (clone3 "
                 "has to be allowed, or to answer ENOSYS)",
                 what);
    return og_fail_system(fault, number == ENOMEM ? EAGAIN : number, NULL, 0, message);
}
