/* Waiting for a domain's process, and answering it. What it asks by the way is served here: files
 * that the loader opens, and what foreign code prints. */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void answer(struct proc_domain *domain, uint64_t number, int64_t value, int error)
{
    struct seccomp_notif_resp response = {.id = number, .val = value, .error = error};
    while (ioctl(domain->listener, SECCOMP_IOCTL_NOTIF_SEND, &response) < 0 && errno == EINTR)
        continue; /* it may have been killed: who waits next will see it */
}

void proc_answer(struct proc_domain *domain, int64_t value)
{
    uint64_t number = domain->asks;
    domain->asks = 0;
    answer(domain, number, value, 0);
}

/* --- what is asked by the way --- */

static void serve_open(struct proc_domain *domain, const struct seccomp_notif *said)
{
    int file = -EPERM;
    if (domain->is_loading)
        file = proc_file_open(domain, said->data.args[1], (int)said->data.args[2]);
    if (file < 0) {
        answer(domain, said->id, 0, file);
        return;
    }
    struct seccomp_notif_addfd given = {
        .id = said->id, .srcfd = (uint32_t)file, .newfd_flags = O_CLOEXEC};
    int number = ioctl(domain->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &given);
    answer(domain, said->id, number, number < 0 ? -errno : 0);
    close(file);
}

static bool tell_output(struct proc_domain *domain, struct og_context *context,
                        enum og_stream stream, char *text, size_t size)
{
    const struct og_access *exclusive = context ? context->exclusive : NULL;
    bool was_running = domain->is_running;
    if (domain->callback_limit && domain->callbacks++ >= domain->callback_limit)
        return false;
    if (context)
        context->exclusive = NULL; /* the library stands in the middle of its own printf */
    domain->is_running = true;
    domain->output(domain->output_user, stream, text, size);
    domain->is_running = was_running;
    if (context)
        context->exclusive = exclusive;
    return true;
}

/* False: it has written more often than it may. */
static bool serve_write(struct proc_domain *domain, struct og_context *context,
                        const struct seccomp_notif *said)
{
    enum { PIECE = 4096 };
    char text[PIECE + 1];
    const uint64_t stream = said->data.args[0];
    const uintptr_t from = said->data.args[1];
    const size_t size = said->data.args[2];
    bool goes_on = true;
    if (stream != OG_STANDARD_OUTPUT && stream != OG_STANDARD_ERROR) {
        answer(domain, said->id, 0, -EBADF);
        return true;
    }
    if (size > INT32_MAX || !proc_arena_has(domain, from, size)) {
        answer(domain, said->id, 0, -EFAULT);
        return true;
    }
    for (size_t done = 0; domain->output && done < size && goes_on; done += PIECE) {
        size_t piece = size - done < PIECE ? size - done : PIECE;
        memcpy(text, (const void *)(from + done), piece);
        text[piece] = '\0';
        goes_on = tell_output(domain, context, (enum og_stream)stream, text, piece);
    }
    if (goes_on && domain->process >= 0)
        answer(domain, said->id, (int64_t)size, 0);
    return goes_on;
}

/* --- waiting --- */

enum seen { SEEN, GONE, LATE };

/* Has it said something? `left`: for that many nanoseconds. */
static enum seen look(const struct proc_domain *domain, uint64_t *left)
{
    struct pollfd files[] = {{.fd = domain->listener, .events = POLLIN},
                             {.fd = domain->process, .events = POLLIN}};
    for (;;) {
        uint64_t start = left ? now() : 0;
        const struct timespec time = {.tv_sec = left ? (time_t)(*left / 1000000000) : 0,
                                      .tv_nsec = left ? (long)(*left % 1000000000) : 0};
        int found = ppoll(files, 2, left ? &time : NULL, NULL);
        if (left) {
            uint64_t used = now() - start;
            *left = used < *left ? *left - used : 0;
        }
        if (found > 0 && (files[0].revents & POLLIN))
            return SEEN;
        if (found > 0)
            return GONE;
        if (!found)
            return LATE;
    }
}

uint64_t proc_wait(struct proc_domain *domain, struct og_context *context, uint64_t *left,
                   struct og_fault *fault)
{
    for (;;) {
        struct seccomp_notif said = {0};
        enum seen seen = look(domain, left);
        if (seen == LATE) {
            proc_child_interrupt(domain, fault);
            return 0;
        }
        if (seen == GONE) {
            proc_child_tell(domain, fault);
            return 0;
        }
        if (ioctl(domain->listener, SECCOMP_IOCTL_NOTIF_RECV, &said))
            continue; /* it has been killed between */
        if (said.data.nr == SYS_openat) {
            serve_open(domain, &said);
        } else if (said.data.nr == SYS_write) {
            if (!serve_write(domain, context, &said)) {
                og_fail(fault, OG_FAULTED, NULL, 0,
                        "the foreign code called back more often than callback_limit");
                proc_child_end(domain);
                return 0;
            }
        } else {
            domain->asks = said.id;
            return said.data.args[0] ? said.data.args[0] : ~UINT64_C(0);
        }
    }
}
