/* The page [vsyscall], where some kernels have it: three calls that tell the time, which they
 * emulate for whoever jumps there. No key covers it, and the kernel asks the host's seccomp filter
 * and not the dispatch: where a filter kills for these calls, any library ends the host. (A filter
 * that answers with an error, or traces, does so with the domain's rights, as for the host.) */
#include "maps.h"
#include "omniglot/mpk/mpk.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_vsyscall(const struct mpk_mapping *mapping, void *found)
{
    *(bool *)found = !strcmp(mapping->path, "[vsyscall]");
    return *(bool *)found;
}

/* It is there from when the machine has started. */
static bool has_page(void)
{
    static _Atomic enum { NOT_ASKED, IS_THERE, IS_NOT } known;
    bool found = false;
    if (known == NOT_ASKED && mpk_maps_visit(is_vsyscall, &found))
        known = found ? IS_THERE : IS_NOT;
    return known != IS_NOT;
}

/* In a copy of the process, which nobody is told of: it has this thread alone, and does nothing
 * that needs another. */
static _Noreturn void ask_for_the_time(void)
{
    prctl(PR_SET_DUMPABLE, 0); /* no core file of it */
    syscall(SYS_gettimeofday, NULL, NULL);
    syscall(SYS_time, NULL);
    syscall(SYS_getcpu, NULL, NULL, NULL);
    syscall(SYS_exit_group, 0);
    abort();
}

/* How it ends: the status of wait; or -1. It sends no signal then, and is not seen by who waits for
 * any child. */
static int end_of_who_asks(void)
{
    int status = -1;
    uint64_t mask = mpk_mask_block_all();
    long child = syscall(SYS_clone, 0L, NULL, NULL, NULL, 0L);
    if (child == 0)
        ask_for_the_time();
    while (child > 0 && syscall(SYS_wait4, child, &status, __WALL, NULL) < 0 && errno == EINTR) {
    }
    mpk_mask_set(mask);
    return status;
}

enum og_error mpk_vsyscall_check(struct og_fault *fault)
{
    if (prctl(PR_GET_SECCOMP) == SECCOMP_MODE_DISABLED || !has_page())
        return OG_OK;
    int status = end_of_who_asks();
    if (WIFEXITED(status))
        return OG_OK;
    return og_fail(
        fault, OG_UNSUPPORTED, NULL, 0,
        status == -1 ? "a seccomp filter denies clone or wait4, by which og-mpk sees what the page "
                       "[vsyscall] lets a library do: allow them, or boot with vsyscall=none"
                     : "a seccomp filter kills for gettimeofday, time or getcpu, which a library "
                       "can call by the page [vsyscall]: allow them, or boot with vsyscall=none");
}
