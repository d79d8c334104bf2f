/* Tries: to end whoever loads it: a library whose file is shorter than it says
 * From: CWE-1284; CWE-400
 * Observed: The host is still there, and has its thread.
 * Needs: load
 * Run: constructor */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    (void)at;
    return 0;
}
#endif

#ifdef ATTACK_HOST
#include <elf.h>

/* It ends where the last of what is to be mapped begins. */
HOST(run)
{
    size_t size = 0, end = 0;
    unsigned char *file = host_read_library(host, &size);
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)file;
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(const void *)(file + header->e_phoff);
    for (int i = 0; i < header->e_phnum; i++)
        if (segments[i].p_type == PT_LOAD)
            end = segments[i].p_offset & ~(size_t)4095;
    enum og_error error = host_open_changed(host, file, end);
    free(file);
    return error;
}
#endif
