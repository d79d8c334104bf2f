/* ELF files of this machine, read from memory that may hold anything: every offset and count is
 * checked before it is followed. System V gABI, chapters 4 and 5. */
#ifndef OMNIGLOT_MPK_ELF_H
#define OMNIGLOT_MPK_ELF_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>

struct mpk_elf {
    const unsigned char *bytes;
    size_t size;
    Elf64_Ehdr header;
    size_t work; /* section headers, symbols and bytes of names looked at so far */
};

enum { MPK_ELF_NAME_MAX = 4096, MPK_ELF_SYMBOLS_MAX = 1 << 23 };

/* `bytes` stay the caller's, and have to stay. False: no x86-64 ELF file, or its program headers
 * are not in it. */
bool mpk_elf_open(struct mpk_elf *elf, const unsigned char *bytes, size_t size);

/* The program header `index`, below header.e_phnum. */
Elf64_Phdr mpk_elf_segment(const struct mpk_elf *elf, unsigned index);

/* Are the segment's bytes in the file? */
bool mpk_elf_holds(const struct mpk_elf *elf, const Elf64_Phdr *segment);

/* How many bytes of address space its PT_LOAD segments span from 0, in whole pages; 0 if one is
 * not in the file, is smaller in memory than there, or ends beyond `limit`. */
size_t mpk_elf_span(const struct mpk_elf *elf, size_t limit);

/* Symbols are those of the first dynamic symbol table and the first other one, and no more of each
 * than MPK_ELF_SYMBOLS_MAX; a name of more than MPK_ELF_NAME_MAX bytes is "". So what looking
 * costs does not depend on what the file says. */

/* The name of the symbol, of those that have a size, that holds `address`; "" if none does. It
 * lies in the file. *start, unless that is NULL, is where the symbol starts. */
const char *mpk_elf_symbol_at(struct mpk_elf *elf, size_t address, size_t *start);

/* The value of the symbol with this name; 0 if there is none. */
size_t mpk_elf_symbol(struct mpk_elf *elf, const char *name);

#endif
