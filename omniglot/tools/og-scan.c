/* og-scan: instructions in libraries that could undo the isolation, by file offset and symbol.
 * Status: 0 none found, 1 some found, 2 a file could not be read. */
#include "omniglot/mpk/mpk.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct file {
    const char *name;
    const unsigned char *bytes;
    size_t size;
};

static bool holds(const struct file *file, uint64_t offset, uint64_t size)
{
    return og_is_within(offset, size, 0, file->size);
}

/* The function of the dynamic symbol table that holds `address`; "" if none does. */
static const char *symbol_at(const struct file *file, uint64_t address)
{
    const Elf64_Ehdr *header = (const void *)file->bytes;
    if (header->e_shentsize != sizeof(Elf64_Shdr) ||
        !holds(file, header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr)))
        return "";
    const Elf64_Shdr *sections = (const void *)(file->bytes + header->e_shoff);
    for (unsigned i = 0; i < header->e_shnum; i++) {
        const Elf64_Shdr *table = &sections[i];
        if ((table->sh_type != SHT_DYNSYM && table->sh_type != SHT_SYMTAB) ||
            table->sh_link >= header->e_shnum || !holds(file, table->sh_offset, table->sh_size))
            continue;
        const Elf64_Shdr *names = &sections[table->sh_link];
        const Elf64_Sym *symbols = (const void *)(file->bytes + table->sh_offset);
        for (uint64_t n = 0; n < table->sh_size / sizeof(Elf64_Sym); n++)
            if (og_is_within(address, 1, symbols[n].st_value,
                             symbols[n].st_value + symbols[n].st_size) &&
                holds(file, names->sh_offset, names->sh_size) &&
                symbols[n].st_name < names->sh_size &&
                memchr(file->bytes + names->sh_offset + symbols[n].st_name, 0,
                       names->sh_size - symbols[n].st_name))
                return (const char *)file->bytes + names->sh_offset + symbols[n].st_name;
    }
    return "";
}

/* How many there are in the executable segments; -1 if the file is no library. */
static int scan(const struct file *file)
{
    const Elf64_Ehdr *header = (const void *)file->bytes;
    int found = 0;
    if (file->size < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG) ||
        header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != EM_X86_64 ||
        header->e_phentsize != sizeof(Elf64_Phdr) ||
        !holds(file, header->e_phoff, (uint64_t)header->e_phnum * sizeof(Elf64_Phdr))) {
        fprintf(stderr, "og-scan: %s: no x86-64 ELF file, or a damaged one\n", file->name);
        return -1;
    }
    const Elf64_Phdr *segments = (const void *)(file->bytes + header->e_phoff);
    for (unsigned i = 0; i < header->e_phnum; i++) {
        const Elf64_Phdr *segment = &segments[i];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X))
            continue;
        if (!holds(file, segment->p_offset, segment->p_filesz)) {
            fprintf(stderr, "og-scan: %s: segment %u is outside of the file\n", file->name, i);
            return -1;
        }
        const unsigned char *code = file->bytes + segment->p_offset;
        for (size_t at = 0; at < segment->p_filesz; at++) {
            const char *instruction = NULL;
            at += mpk_scan(code + at, segment->p_filesz - at, &instruction);
            if (at >= segment->p_filesz)
                break;
            const char *symbol = symbol_at(file, segment->p_vaddr + at);
            printf("%s: offset 0x%zx: %s%s%s\n", file->name, (size_t)segment->p_offset + at,
                   instruction, symbol[0] ? " in " : "", symbol);
            found++;
        }
    }
    return found;
}

int main(int argc, char **argv)
{
    int status = 0;
    if (argc < 2 || !strcmp(argv[1], "--help")) {
        fprintf(argc < 2 ? stderr : stdout, "usage: og-scan FILE...\n");
        return argc < 2 ? 2 : 0;
    }
    for (int i = 1; i < argc; i++) {
        struct stat about;
        int descriptor = open(argv[i], O_RDONLY | O_CLOEXEC);
        void *bytes = MAP_FAILED;
        if (descriptor >= 0 && !fstat(descriptor, &about) && about.st_size > 0)
            bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (bytes == MAP_FAILED) {
            fprintf(stderr, "og-scan: %s: %s\n", argv[i], errno ? strerror(errno) : "empty");
            status = 2;
        } else {
            const struct file file = {argv[i], bytes, (size_t)about.st_size};
            int found = scan(&file);
            munmap(bytes, (size_t)about.st_size);
            if (found < 0)
                status = 2;
            else if (found && status == 0)
                status = 1;
        }
        if (descriptor >= 0)
            close(descriptor);
    }
    return status;
}
