/* Writing the host's code while its threads run.
 *
 * No page is ever writable and executable. A copy of the pages is made and changed elsewhere, and
 * then moved over them: mremap takes the old pages away and puts the copies there under the lock
 * that page faults need, and the processors forget the old translation in between. So a thread
 * fetches an instruction from the old page or, after it has waited, from the new one, never from
 * both. membarrier makes sure that no processor has old bytes in its pipeline when the call
 * returns. */
#include "host_code.h"
#include "omniglot/mpk/mpk.h"

#include <linux/membarrier.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* All processors that run threads of this process fetch anew. */
static bool fetch_anew(void)
{
    static bool registered;
    if (!registered)
        registered =
            !syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
    return registered && !syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
}

bool mpk_host_patch(unsigned char *at, const unsigned char *bytes, size_t size)
{
    uintptr_t first = (uintptr_t)at & -(uintptr_t)MPK_PAGE;
    size_t span = ((uintptr_t)at + size - first + MPK_PAGE - 1) & -(size_t)MPK_PAGE;
    if (!fetch_anew()) /* rather before anything has changed */
        return false;
    unsigned char *copy =
        mmap(NULL, span, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED)
        return false;
    memcpy(copy, (void *)first, span);
    memcpy(copy + ((uintptr_t)at - first), bytes, size);
    if (mprotect(copy, span, PROT_READ | PROT_EXEC) ||
        mremap(copy, span, span, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)first) == MAP_FAILED) {
        munmap(copy, span);
        return false;
    }
    return fetch_anew();
}
