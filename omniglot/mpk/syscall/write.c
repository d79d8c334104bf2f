/* Writes go to the host's og_options.output, piece by piece, or nowhere: then a library that
 * complains on stderr is heard by nobody, and goes on. */
#include "omniglot/mpk/output.h"
#include "policy.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

static bool is_output(uint64_t descriptor)
{
    return descriptor == OG_STANDARD_OUTPUT || descriptor == OG_STANDARD_ERROR;
}

/* A terminal to the C library, which then writes each line as it ends; none to who asks whether it
 * is one. */
bool mpk_output_stat(const struct mpk_syscall *call, uint64_t descriptor, struct stat *status)
{
    enum { TERMINALS = 136 /* UNIX98_PTY_SLAVE_MAJOR of <linux/major.h> */ };
    if (!is_output(descriptor) || !mpk_output_is_heard(call->context))
        return false;
    *status = (struct stat){.st_mode = S_IFCHR | 0600,
                            .st_nlink = 1,
                            .st_rdev = makedev(TERMINALS, 0),
                            .st_blksize = MPK_OUTPUT_SIZE};
    return true;
}

/* As much as there is room for. False: it cannot be read. */
static bool add(const struct mpk_syscall *call, struct mpk_output *output, uint64_t address,
                uint64_t size)
{
    size_t room = MPK_OUTPUT_SIZE - output->size, part = size < room ? size : room;
    const void *text = part ? mpk_policy_readable(call, address, part) : NULL;
    if (text)
        memcpy(output->text + output->size, text, part);
    output->size += text ? part : 0;
    return text || !part;
}

/* The host hears a piece, and the call is made again for the next: to the library it is one, that
 * has written all, up to what cannot be read. So it goes on where it was, and no further than the
 * kernel does. */
static int64_t write_parts(struct mpk_syscall *call, const struct iovec *parts, uint64_t count)
{
    enum { MOST = INT32_MAX & -MPK_PAGE /* MAX_RW_COUNT */ };
    struct mpk_output *output = mpk_output_begin(call->context, (enum og_stream)call->arguments[0]);
    uint64_t heard = call->context->written, skipped = heard, most = MOST - heard;
    bool is_readable = true, is_all = true;
    for (uint64_t i = 0; i < count && is_readable && is_all; i++) {
        struct iovec part = *(const volatile struct iovec *)&parts[i];
        uint64_t skip = skipped < part.iov_len ? skipped : part.iov_len;
        uint64_t left = part.iov_len - skip, before = output->size;
        skipped -= skip;
        left = left < most - before ? left : most - before;
        is_readable = add(call, output, (uintptr_t)part.iov_base + skip, left);
        is_all = output->size - before == left;
    }
    call->again = is_readable && !is_all;
    call->context->written = heard + output->size;
    if (output->size)
        call->output = output;
    return call->context->written || is_readable ? (int64_t)call->context->written : -EFAULT;
}

int64_t mpk_syscall_write(struct mpk_syscall *call)
{
    if (!is_output(call->arguments[0]))
        return -EBADF;
    if (!mpk_output_is_heard(call->context))
        return (int64_t)(call->arguments[2] & INT32_MAX);
    const struct iovec whole = {(void *)call->arguments[1], call->arguments[2]};
    return write_parts(call, &whole, 1);
}

int64_t mpk_syscall_writev(struct mpk_syscall *call)
{
    uint64_t count = call->arguments[2], total = 0;
    if (!is_output(call->arguments[0]) || count > 1024)
        return is_output(call->arguments[0]) ? -EINVAL : -EBADF;
    const struct iovec *parts =
        mpk_policy_readable(call, call->arguments[1], count * sizeof(struct iovec));
    if (!parts)
        return -EFAULT;
    if (mpk_output_is_heard(call->context))
        return write_parts(call, parts, count);
    for (uint64_t i = 0; i < count; i++)
        total += parts[i].iov_len;
    return (int64_t)(total & INT32_MAX);
}
