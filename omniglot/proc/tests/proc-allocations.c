/* A domain over another process, when an allocation of the host's fails. */
#include "omniglot/tests/domain-allocations.h"
#include "supported.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The libraries of this build: beside this program's folder. */
static void find_folder(void)
{
    char own[3072];
    ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
    own[length > 0 ? length : 0] = '\0';
    for (int i = 0; i < 2 && strrchr(own, '/'); i++)
        *strrchr(own, '/') = '\0';
    snprintf(allocations_folder, sizeof(allocations_folder), "%s/lib", own);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {DOMAIN_ALLOCATIONS_TESTS};
    char library[4352];
    find_folder();
    snprintf(library, sizeof(library), "%s/libogforeign.so", allocations_folder);
    if (!is_supported("proc-allocations", library))
        return 0;
    allocations_isolation = OG_PROC;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
