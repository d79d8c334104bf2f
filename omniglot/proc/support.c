/* Can this machine give the isolation? What is asked of the kernel is told in one sentence. */
#include "proc.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

enum og_error proc_supported(struct og_fault *fault)
{
    uint32_t action = SECCOMP_RET_USER_NOTIF;
    struct seccomp_notif_sizes sizes;
    if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action)) {
        enum og_error error = og_fail(
            fault, OG_UNSUPPORTED, NULL, 0,
            "the kernel has no seccomp user notification (Linux 5.9 and later have it), or a "
            "filter of the host's denies it");
        if (fault)
            fault->system_error = errno;
        return error;
    }
    if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) ||
        sizes.seccomp_notif > sizeof(struct seccomp_notif) ||
        sizes.seccomp_notif_resp > sizeof(struct seccomp_notif_resp))
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "the kernel's seccomp notifications are longer than this build knows");
    return OG_OK;
}
