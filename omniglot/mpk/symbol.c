/* Which symbol of a file is at a place in it. The file may be damaged, hostile, or another than
 * the one that was loaded: it is read whole into the host's memory, which nobody can change then,
 * and every offset and count in it is checked before it is followed. */
#include "where.h"

#include <elf.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 29, NAME_MAX_SHOWN = 128 };

/* --- text --- */

void mpk_text_add(struct mpk_text *text, const char *format, ...)
{
    va_list arguments;
    size_t used = text->length < text->size ? text->length : text->size;
    va_start(arguments, format);
    int length = vsnprintf(text->size > used ? text->bytes + used : NULL, text->size - used, format,
                           arguments);
    va_end(arguments);
    text->length += length > 0 ? (size_t)length : 0;
}

void mpk_text_add_name(struct mpk_text *text, const char *name)
{
    for (; *name; name++)
        mpk_text_add(text, "%c", (unsigned char)*name < ' ' || *name == 0x7f ? '?' : *name);
}

/* --- the file --- */

bool mpk_identity_of(int file, struct mpk_identity *identity)
{
    struct stat status;
    if (fstat(file, &status) || !S_ISREG(status.st_mode))
        return false;
    *identity = (struct mpk_identity){status.st_dev, status.st_ino, status.st_size, status.st_mtim};
    return true;
}

static bool is_same(const struct mpk_identity *a, const struct mpk_identity *b)
{
    return a->device == b->device && a->number == b->number && a->size == b->size &&
           a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec;
}

struct bytes {
    unsigned char *start;
    size_t size;
};

/* The file's contents, which the caller frees. False: it cannot be read, or is another. */
static bool read_file(const struct mpk_place *place, struct bytes *bytes)
{
    struct mpk_identity identity;
    *bytes = (struct bytes){NULL, 0};
    int file = open(place->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return false;
    bool good = mpk_identity_of(file, &identity) &&
                (!place->identity || is_same(&identity, place->identity)) && identity.size > 0 &&
                identity.size <= FILE_MAX && (bytes->start = malloc((size_t)identity.size));
    while (good && bytes->size < (size_t)identity.size) {
        ssize_t got = read(file, bytes->start + bytes->size, (size_t)identity.size - bytes->size);
        good = got > 0;
        bytes->size += good ? (size_t)got : 0;
    }
    close(file);
    if (!good)
        free(bytes->start);
    return good;
}

/* --- ELF --- */

/* Copies what is at `offset`, which need not be aligned. */
static bool take(const struct bytes *bytes, uint64_t offset, void *value, size_t size)
{
    if (!og_is_within(offset, size, 0, bytes->size))
        return false;
    memcpy(value, bytes->start + offset, size);
    return true;
}

static bool is_elf(const struct bytes *bytes, Elf64_Ehdr *header)
{
    return take(bytes, 0, header, sizeof(*header)) && !memcmp(header->e_ident, ELFMAG, SELFMAG) &&
           header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_machine == EM_X86_64;
}

/* Where the loaded segments have the place: as an address and as an offset. False: nowhere. Past
 * the bytes of the file, in what is zero at first, there is an address only. */
static bool resolve(const struct bytes *bytes, const Elf64_Ehdr *header,
                    const struct mpk_place *place, uint64_t *address, uint64_t *offset,
                    bool *in_file)
{
    for (unsigned i = 0; i < header->e_phnum && header->e_phentsize == sizeof(Elf64_Phdr); i++) {
        Elf64_Phdr segment;
        if (!take(bytes, header->e_phoff + i * sizeof(segment), &segment, sizeof(segment)))
            return false;
        uint64_t into = place->at - (place->by_offset ? segment.p_offset : segment.p_vaddr);
        if (segment.p_type != PT_LOAD || into >= segment.p_memsz)
            continue;
        *address = segment.p_vaddr + into;
        *offset = segment.p_offset + into;
        *in_file = into < segment.p_filesz;
        return true;
    }
    return false;
}

/* The symbol of one table that holds `address`, and where it starts. */
static bool find_in(const struct bytes *bytes, const Elf64_Shdr *table, const Elf64_Shdr *names,
                    uint64_t address, char *name, uint64_t *start)
{
    if (!og_is_within(table->sh_offset, table->sh_size, 0, bytes->size) ||
        !og_is_within(names->sh_offset, names->sh_size, 0, bytes->size))
        return false;
    for (uint64_t at = 0; table->sh_size - at >= sizeof(Elf64_Sym); at += sizeof(Elf64_Sym)) {
        Elf64_Sym symbol;
        if (!take(bytes, table->sh_offset + at, &symbol, sizeof(symbol)))
            return false;
        /* A thread variable's value is no address, an undefined symbol's is another's. */
        if (ELF64_ST_TYPE(symbol.st_info) == STT_TLS || symbol.st_shndx == SHN_UNDEF ||
            address - symbol.st_value >= symbol.st_size || symbol.st_name >= names->sh_size)
            continue;
        size_t room = names->sh_size - symbol.st_name;
        const char *text = (const char *)bytes->start + names->sh_offset + symbol.st_name;
        if (!memchr(text, 0, room) || !text[0])
            continue;
        snprintf(name, NAME_MAX_SHOWN, "%s", text);
        *start = symbol.st_value;
        return true;
    }
    return false;
}

static bool find_symbol(const struct bytes *bytes, const Elf64_Ehdr *header, uint64_t address,
                        char *name, uint64_t *start)
{
    for (unsigned i = 0; i < header->e_shnum && header->e_shentsize == sizeof(Elf64_Shdr); i++) {
        Elf64_Shdr table, names;
        if (!take(bytes, header->e_shoff + i * sizeof(table), &table, sizeof(table)))
            return false;
        if ((table.sh_type == SHT_DYNSYM || table.sh_type == SHT_SYMTAB) &&
            table.sh_link < header->e_shnum &&
            take(bytes, header->e_shoff + table.sh_link * sizeof(names), &names, sizeof(names)) &&
            find_in(bytes, &table, &names, address, name, start))
            return true;
    }
    return false;
}

/* What the file tells of a place. */
struct told {
    bool readable, in_file;
    uint64_t address, offset, start; /* ELF addresses of the place and of its symbol */
    char symbol[NAME_MAX_SHOWN];
};

static struct told look(const struct mpk_place *place)
{
    struct told told = {.in_file = place->by_offset, .offset = place->at};
    struct bytes bytes;
    Elf64_Ehdr header;
    told.readable = read_file(place, &bytes);
    if (told.readable && is_elf(&bytes, &header) &&
        resolve(&bytes, &header, place, &told.address, &told.offset, &told.in_file))
        find_symbol(&bytes, &header, told.address, told.symbol, &told.start);
    if (told.readable)
        free(bytes.start);
    return told;
}

void mpk_place_tell(const struct mpk_place *place, struct mpk_text *text)
{
    struct told told = look(place);
    if (told.symbol[0]) {
        mpk_text_add_name(text, told.symbol);
        if (told.address > told.start)
            mpk_text_add(text, "+0x%zx", (size_t)(told.address - told.start));
        mpk_text_add(text, " in ");
    }
    mpk_text_add_name(text, place->path);
    if (!told.readable)
        mpk_text_add(text, " (which has changed since, or cannot be read)");
    else if (told.in_file)
        mpk_text_add(text, " (offset 0x%zx)", (size_t)told.offset);
}

void mpk_place_tell_briefly(const struct mpk_place *place, struct mpk_text *text)
{
    struct told told = look(place);
    const char *slash = strrchr(place->path, '/');
    if (told.symbol[0]) {
        mpk_text_add_name(text, told.symbol);
        mpk_text_add(text, " in ");
    }
    mpk_text_add_name(text, slash ? slash + 1 : place->path);
}
