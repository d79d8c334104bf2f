/* Reading ELF files that may be damaged or hostile. */
#include "elf.h"
#include "omniglot/upgrade.h"

#include <string.h>

enum { PAGE = 4096 };

/* Copies what is at `offset`, which need not be aligned. */
static bool take(const struct mpk_elf *elf, size_t offset, void *value, size_t size)
{
    if (!og_is_within(offset, size, 0, elf->size))
        return false;
    memcpy(value, elf->bytes + offset, size);
    return true;
}

bool mpk_elf_open(struct mpk_elf *elf, const unsigned char *bytes, size_t size)
{
    *elf = (struct mpk_elf){.bytes = bytes, .size = size};
    const Elf64_Ehdr *header = &elf->header;
    return take(elf, 0, &elf->header, sizeof(elf->header)) &&
           !memcmp(header->e_ident, ELFMAG, SELFMAG) && header->e_ident[EI_CLASS] == ELFCLASS64 &&
           header->e_machine == EM_X86_64 && header->e_phentsize == sizeof(Elf64_Phdr) &&
           og_is_within(header->e_phoff, header->e_phnum * sizeof(Elf64_Phdr), 0, size);
}

Elf64_Phdr mpk_elf_segment(const struct mpk_elf *elf, unsigned index)
{
    Elf64_Phdr segment = {.p_type = PT_NULL};
    if (index < elf->header.e_phnum)
        take(elf, elf->header.e_phoff + index * sizeof(segment), &segment, sizeof(segment));
    return segment;
}

bool mpk_elf_holds(const struct mpk_elf *elf, const Elf64_Phdr *segment)
{
    return og_is_within(segment->p_offset, segment->p_filesz, 0, elf->size);
}

size_t mpk_elf_span(const struct mpk_elf *elf, size_t limit)
{
    size_t end = 0;
    for (unsigned i = 0; i < elf->header.e_phnum; i++) {
        Elf64_Phdr segment = mpk_elf_segment(elf, i);
        if (segment.p_type != PT_LOAD)
            continue;
        if (segment.p_filesz > segment.p_memsz || !mpk_elf_holds(elf, &segment) ||
            !og_is_within(segment.p_vaddr, segment.p_memsz, 0, limit))
            return 0;
        if (segment.p_vaddr + segment.p_memsz > end)
            end = segment.p_vaddr + segment.p_memsz;
    }
    return (end + PAGE - 1) & -(size_t)PAGE;
}

/* A text in the string table; "" if it does not end there. */
static const char *text_at(const struct mpk_elf *elf, const Elf64_Shdr *names, size_t offset)
{
    if (!og_is_within(names->sh_offset, names->sh_size, 0, elf->size) || offset >= names->sh_size)
        return "";
    const char *text = (const char *)elf->bytes + names->sh_offset + offset;
    return memchr(text, 0, names->sh_size - offset) ? text : "";
}

/* Visits the symbols of all tables until one is the one looked for. */
static bool find_symbol(const struct mpk_elf *elf,
                        bool (*is_it)(const Elf64_Sym *symbol, const char *name, const void *what),
                        const void *what, Elf64_Sym *found, const char **name)
{
    const Elf64_Ehdr *header = &elf->header;
    Elf64_Shdr table = {0}, names = {0};
    if (header->e_shentsize != sizeof(table) ||
        !og_is_within(header->e_shoff, header->e_shnum * sizeof(table), 0, elf->size))
        return false;
    for (unsigned i = 0; i < header->e_shnum; i++) {
        if (!take(elf, header->e_shoff + i * sizeof(table), &table, sizeof(table)) ||
            (table.sh_type != SHT_DYNSYM && table.sh_type != SHT_SYMTAB) ||
            table.sh_link >= header->e_shnum ||
            !og_is_within(table.sh_offset, table.sh_size, 0, elf->size) ||
            !take(elf, header->e_shoff + table.sh_link * sizeof(names), &names, sizeof(names)))
            continue;
        for (size_t at = 0; at + sizeof(*found) <= table.sh_size; at += sizeof(*found)) {
            if (!take(elf, table.sh_offset + at, found, sizeof(*found)))
                return false;
            *name = text_at(elf, &names, found->st_name);
            if (is_it(found, *name, what))
                return true;
        }
    }
    return false;
}

static bool holds_address(const Elf64_Sym *symbol, const char *name, const void *what)
{
    size_t address = *(const size_t *)what;
    /* A thread variable's value is no address, an undefined symbol's is another's. */
    return ELF64_ST_TYPE(symbol->st_info) != STT_TLS && symbol->st_shndx != SHN_UNDEF && name[0] &&
           address - symbol->st_value < symbol->st_size;
}

static bool has_name(const Elf64_Sym *symbol, const char *name, const void *what)
{
    return symbol->st_shndx != SHN_UNDEF && !strcmp(name, what);
}

const char *mpk_elf_symbol_at(const struct mpk_elf *elf, size_t address, size_t *start)
{
    Elf64_Sym symbol = {0};
    const char *name = "";
    if (!find_symbol(elf, holds_address, &address, &symbol, &name))
        return "";
    if (start)
        *start = symbol.st_value;
    return name;
}

size_t mpk_elf_symbol(const struct mpk_elf *elf, const char *name)
{
    Elf64_Sym symbol = {0};
    const char *found = "";
    return find_symbol(elf, has_name, name, &symbol, &found) ? symbol.st_value : 0;
}
