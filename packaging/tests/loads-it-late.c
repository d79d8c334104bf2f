/* A program that brings the shared library with dlopen; or, compiled with OWN, one that is linked
 * to it and has a sigaction of its own. Prints whether a domain behind protection keys is opened,
 * or why not.
 *
 *   loads-it-late LIBOMNIGLOT LIBRARY */
#include <dlfcn.h>
#include <omniglot/omniglot.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef OWN
int sigaction(int signal, const struct sigaction *restrict action,
              struct sigaction *restrict before)
{
    return (int)syscall(SYS_rt_sigaction, signal, action, before, 8);
}
#define open_domain og_domain_open
#else
static __typeof__(og_domain_open) *open_domain;
#endif

int main(int argc, char **argv)
{
    const struct og_options options = {.isolation = OG_MPK};
    struct og_domain *domain = NULL;
    struct og_fault fault = {0};
    if (argc != 3)
        return 2;
#ifndef OWN
    void *omniglot = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
    if (!omniglot) {
        puts(dlerror());
        return 1;
    }
    open_domain = (__typeof__(open_domain))dlsym(omniglot, "og_domain_open");
#endif
    enum og_error error =
        open_domain(&domain, (const char *const[]){argv[2], NULL}, &options, &fault);
    printf("%d: %s\n", (int)error, fault.message);
    return 0;
}
