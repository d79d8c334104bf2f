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
#include <sys/uio.h>
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

/* What is heard at once. */
struct piece {
    size_t size;
    char text[PROC_PAGE + 1];
};

/* False: it has written more often than it may. */
static bool flush(struct proc_domain *domain, struct og_context *context, uint64_t stream,
                  struct piece *piece)
{
    size_t size = piece->size;
    piece->size = 0;
    piece->text[size] = '\0';
    return !size || !domain->output ||
           tell_output(domain, context, (enum og_stream)stream, piece->text, size);
}

/* What it writes, in one part or several. The text and the list of parts have to be its memory. */
static bool serve_write(struct proc_domain *domain, struct og_context *context,
                        const struct seccomp_notif *said)
{
    enum { PARTS = 1024 };
    const uint64_t stream = said->data.args[0], list = said->data.args[1];
    const bool is_list = said->data.nr == SYS_writev;
    const uint64_t count = is_list ? said->data.args[2] : 1;
    struct piece piece = {.size = 0};
    int64_t written = 0;
    bool goes_on = true;
    if (stream != OG_STANDARD_OUTPUT && stream != OG_STANDARD_ERROR)
        written = -EBADF;
    else if (count > PARTS)
        written = -EINVAL;
    for (uint64_t i = 0; i < count && written >= 0 && goes_on; i++) {
        struct iovec part = {(void *)list, said->data.args[2]};
        if (is_list && !proc_arena_has(domain, list + i * sizeof(part), sizeof(part))) {
            written = written ? written : -EFAULT;
            break;
        }
        if (is_list)
            memcpy(&part, (const void *)(list + i * sizeof(part)), sizeof(part));
        if (part.iov_len > INT32_MAX ||
            (part.iov_len && !proc_arena_has(domain, (uintptr_t)part.iov_base, part.iov_len))) {
            written = written ? written : -EFAULT;
            break;
        }
        for (size_t done = 0; done < part.iov_len && goes_on;) {
            size_t room = PROC_PAGE - piece.size, left = part.iov_len - done;
            size_t size = left < room ? left : room;
            memcpy(piece.text + piece.size, (const char *)part.iov_base + done, size);
            piece.size += size;
            done += size;
            if (piece.size == PROC_PAGE)
                goes_on = flush(domain, context, stream, &piece);
        }
        written += (int64_t)part.iov_len;
    }
    goes_on = goes_on && flush(domain, context, stream, &piece);
    if (goes_on && domain->process >= 0)
        answer(domain, said->id, written < 0 ? 0 : written, written < 0 ? (int)written : 0);
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
        } else if (said.data.nr == SYS_write || said.data.nr == SYS_writev) {
            if (!serve_write(domain, context, &said)) {
                og_fail(fault, OG_FAULTED, NULL, 0,
                        "the foreign code called back more often than callback_limit allows");
                proc_child_end(domain);
                return 0;
            }
        } else {
            domain->asks = said.id;
            return said.data.args[0] ? said.data.args[0] : ~UINT64_C(0);
        }
    }
}
