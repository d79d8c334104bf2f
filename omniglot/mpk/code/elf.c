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

/* --- symbols --- */

/* A symbol table, and the string table with its names. */
struct table {
    size_t start, count, names, names_size;
};

static bool find_table(struct mpk_elf *elf, uint32_t type, struct table *table)
{
    const Elf64_Ehdr *header = &elf->header;
    Elf64_Shdr symbols, names;
    if (header->e_shentsize != sizeof(symbols) ||
        !og_is_within(header->e_shoff, header->e_shnum * sizeof(symbols), 0, elf->size))
        return false;
    for (unsigned i = 0; i < header->e_shnum; i++) {
        elf->work++;
        if (!take(elf, header->e_shoff + i * sizeof(symbols), &symbols, sizeof(symbols)) ||
            symbols.sh_type != type)
            continue;
        if (symbols.sh_link >= header->e_shnum ||
            !og_is_within(symbols.sh_offset, symbols.sh_size, 0, elf->size) ||
            !take(elf, header->e_shoff + symbols.sh_link * sizeof(names), &names, sizeof(names)) ||
            !og_is_within(names.sh_offset, names.sh_size, 0, elf->size))
            return false;
        *table = (struct table){symbols.sh_offset, symbols.sh_size / sizeof(Elf64_Sym),
                                names.sh_offset, names.sh_size};
        return true;
    }
    return false;
}

/* A symbol's name; "" if it does not end where it should. */
static const char *name_of(struct mpk_elf *elf, const struct table *table, const Elf64_Sym *symbol)
{
    if (symbol->st_name >= table->names_size)
        return "";
    const char *name = (const char *)elf->bytes + table->names + symbol->st_name;
    size_t left = table->names_size - symbol->st_name;
    size_t length = strnlen(name, left < MPK_ELF_NAME_MAX ? left : MPK_ELF_NAME_MAX);
    elf->work += length;
    return length < left && length < MPK_ELF_NAME_MAX ? name : "";
}

/* What is looked for: a name, or if that is NULL an address. */
struct wanted {
    const char *name;
    size_t address;
};

static bool is_wanted(struct mpk_elf *elf, const struct table *table, const Elf64_Sym *symbol,
                      const struct wanted *wanted)
{
    if (symbol->st_shndx == SHN_UNDEF) /* its value is another's */
        return false;
    if (!wanted->name) /* a thread variable's value is no address */
        return ELF64_ST_TYPE(symbol->st_info) != STT_TLS &&
               wanted->address - symbol->st_value < symbol->st_size &&
               symbol->st_name < table->names_size && elf->bytes[table->names + symbol->st_name];
    size_t size = strlen(wanted->name) + 1;
    if (!og_is_within(symbol->st_name, size, 0, table->names_size))
        return false;
    elf->work += size;
    return !memcmp(elf->bytes + table->names + symbol->st_name, wanted->name, size);
}

/* One name is read at most: that of the symbol that is found. */
static bool find_symbol(struct mpk_elf *elf, const struct wanted *wanted, Elf64_Sym *found,
                        const char **name)
{
    static const uint32_t types[] = {SHT_DYNSYM, SHT_SYMTAB};
    struct table table;
    for (size_t type = 0; type < 2; type++) {
        if (!find_table(elf, types[type], &table))
            continue;
        for (size_t i = 0; i < table.count && i < MPK_ELF_SYMBOLS_MAX; i++) {
            elf->work++;
            if (!take(elf, table.start + i * sizeof(*found), found, sizeof(*found)))
                break;
            if (!is_wanted(elf, &table, found, wanted))
                continue;
            *name = name_of(elf, &table, found);
            return true;
        }
    }
    return false;
}

const char *mpk_elf_symbol_at(struct mpk_elf *elf, size_t address, size_t *start)
{
    const struct wanted wanted = {NULL, address};
    Elf64_Sym symbol = {0};
    const char *name = "";
    if (!find_symbol(elf, &wanted, &symbol, &name))
        return "";
    if (start)
        *start = symbol.st_value;
    return name;
}

size_t mpk_elf_symbol(struct mpk_elf *elf, const char *name)
{
    const struct wanted wanted = {name, 0};
    Elf64_Sym symbol = {0};
    const char *found = "";
    return find_symbol(elf, &wanted, &symbol, &found) ? symbol.st_value : 0;
}
