/* Threads that share a domain over another process. */
#include "omniglot/proc/proc.h"
#include "omniglot/tests/alone.h"
#include "omniglot/tests/sharing.h"
#include "supported.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* libogsharing.so of this build: beside this program's folder. */
static void find_library(void)
{
    char own[3072];
    ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
    own[length > 0 ? length : 0] = '\0';
    for (int i = 0; i < 2 && strrchr(own, '/'); i++)
        *strrchr(own, '/') = '\0';
    snprintf(sharing_library, sizeof(sharing_library), "%s/lib/libogsharing.so", own);
}

static struct og_turn *turn_of(struct og_domain *domain)
{
    return &((struct proc_domain *)domain)->turn;
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {SHARING_TESTS};
    find_library();
    if (!is_supported("proc-sharing", sharing_library))
        return 0;
    sharing_isolation = OG_PROC;
    sharing_turn = turn_of;
    return run_all_alone(argv[0], tests, sizeof(tests) / sizeof(tests[0]),
                         argc > 1 ? argv[1] : NULL, NULL, NULL) != 0;
}
