/* Tries: to fault in a library whose symbols take hours to search
 * From: CWE-407; CWE-400
 * Observed: The host is still there, and has its thread.
 * Needs: load
 * Not for: process: the host does not look into the worker's file */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    *POINTER(volatile uint64_t, at->step) = 1;
    return 0;
}
#endif

#ifdef ATTACK_HOST
#include <elf.h>

/* 65,535 tables of symbols, all the same: twelve megabytes of nothing. */
HOST(run)
{
    enum { SECTIONS = 65535, EMPTY = 12 << 20 };
    size_t size = 0;
    unsigned char *library = host_read_library(host, &size);
    size_t start = (size + 4095) & ~(size_t)4095, table = start + EMPTY;
    unsigned char *file = calloc(1, table + SECTIONS * sizeof(Elf64_Shdr));
    if (!file)
        abort();
    memcpy(file, library, size);
    Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)file;
    Elf64_Shdr *sections = (Elf64_Shdr *)(void *)(file + table);
    header->e_shoff = table;
    header->e_shnum = SECTIONS;
    header->e_shstrndx = 0;
    for (size_t i = 0; i < SECTIONS; i++)
        sections[i] = (Elf64_Shdr){.sh_type = SHT_SYMTAB,
                                   .sh_offset = start,
                                   .sh_size = EMPTY,
                                   .sh_entsize = sizeof(Elf64_Sym)};
    enum og_error error = host_open_changed(host, file, table + SECTIONS * sizeof(Elf64_Shdr));
    free(file);
    free(library);
    return error ? error : host_call_other(host, 0);
}
#endif
