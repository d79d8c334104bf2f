/* og-doctor: what this machine can do for isolation, what is picked, and what would give more. */
#include "omniglot/mpk.h"
#include "omniglot/runtime.h"
#include "omniglot/version.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/utsname.h>

/* Is `flag` among the processor's flags, as the kernel tells them? */
static int has_flag(const char *flag)
{
    char line[8192];
    int found = 0;
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file && !found && fgets(line, sizeof(line), file))
        if (!strncmp(line, "flags", 5))
            for (char *word = strtok(line, " \t\n"); word && !found; word = strtok(NULL, " \t\n"))
                found = !strcmp(word, flag);
    if (file)
        fclose(file);
    return found;
}

/* How many protection keys a process can still allocate. */
static int count_keys(void)
{
    int keys[16], count = 0;
    while (count < 16 && (keys[count] = pkey_alloc(0, 0)) >= 0)
        count++;
    for (int i = 0; i < count; i++)
        pkey_free(keys[i]);
    return count;
}

static const char *yes(int truth)
{
    return truth ? "yes" : "no";
}

static void print_usage(FILE *to)
{
    fputs(
        "usage: og-doctor [--help]\n"
        "Says what this machine can give for isolation, one answer a line: whether the processor\n"
        "has protection keys and the kernel offers them, how many are free, which isolations "
        "there\n"
        "are, which one OG_BEST (the default of og_options and of og-run) picks, or why it picks\n"
        "nothing, and what would give more.\n"
        "Status: 0; 2 for an argument that it does not know.\n",
        to);
}

int main(int argc, char **argv)
{
    struct utsname name;
    struct og_fault fault = {0};
    if (argc > 1) {
        bool asked = argc == 2 && !strcmp(argv[1], "--help");
        print_usage(asked ? stdout : stderr);
        return asked ? 0 : 2;
    }
    uname(&name);
    int keys = count_keys();
    printf("Omniglot                  %s\n", og_version());
    printf("kernel                    %s %s\n", name.sysname, name.release);
    printf("processor has PKU         %s\n", yes(has_flag("pku")));
    printf("kernel offers PKU         %s\n", yes(has_flag("ospke")));
    printf("protection keys free      %d\n", keys);
    printf("FSGSBASE                  %s\n", yes((getauxval(AT_HWCAP2) & 2) != 0));
    for (size_t i = 0; og_runtimes[i]; i++)
        printf("isolation: %-14s %s\n", og_runtimes[i]->name,
               yes(!og_isolation_supported(og_runtimes[i]->isolation, &fault)));
    if (og_mpk_supported(&fault)) {
        printf("OG_BEST picks             nothing: %s\n", fault.message);
        printf(
            "more isolation            a machine or virtual machine that shows PKU (Intel since "
            "Skylake-SP, AMD since Zen 3), or tools/pku-guest, which emulates it; or OG_PROC, by "
            "name\n");
    } else {
        printf("OG_BEST picks             mpk: domains of up to %d libraries' sets at once\n",
               keys > 1 ? keys - 1 : 0);
    }
    return 0;
}
