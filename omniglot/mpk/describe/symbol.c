/* Which symbol of a file is at a place in it. The file may be damaged, hostile, or another than
 * the one that was loaded: it is read whole into the host's memory, which nobody can change then,
 * and every offset and count in it is checked before it is followed. */
#include "omniglot/mpk/code/elf.h"
#include "where.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 29, NAME_MAX_SHOWN = 128 };

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

/* Opens it to be read, if it is the file: to open what is none, a device, can have an effect. So it
 * is looked at before, and then opened by what was looked at. -1: it is another, or too large. */
static int open_file(const struct mpk_place *place, struct mpk_identity *identity)
{
    char looked_at[32];
    int file = -1, path = open(place->path, O_PATH | O_CLOEXEC);
    if (path < 0)
        return -1;
    snprintf(looked_at, sizeof(looked_at), "/proc/self/fd/%d", path);
    if (mpk_identity_of(path, identity) &&
        (!place->identity || is_same(identity, place->identity)) && identity->size > 0 &&
        identity->size <= FILE_MAX)
        file = open(looked_at, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    close(path);
    return file;
}

/* The file's contents, which the caller frees, and their size. NULL: it cannot be read, or is
 * another. */
static unsigned char *read_file(const struct mpk_place *place, size_t *size)
{
    struct mpk_identity identity;
    int file = open_file(place, &identity);
    if (file < 0)
        return NULL;
    unsigned char *bytes = mpk_allocate(1, (size_t)identity.size);
    bool good = bytes != NULL;
    for (*size = 0; good && *size < (size_t)identity.size;) {
        ssize_t got = read(file, bytes + *size, (size_t)identity.size - *size);
        good = got > 0;
        *size += good ? (size_t)got : 0;
    }
    close(file);
    if (good)
        return bytes;
    mpk_release(bytes);
    return NULL;
}

/* What the file tells of a place. */
struct told {
    bool readable, in_file;
    size_t address, offset, start; /* ELF addresses of the place and of its symbol */
    char symbol[NAME_MAX_SHOWN];
};

/* Where the loaded segments have the place: as an address and as an offset. False: nowhere. Past
 * the bytes of the file, in what is zero at first, there is an address only. */
static bool resolve(const struct mpk_elf *elf, const struct mpk_place *place, struct told *told)
{
    for (unsigned i = 0; i < elf->header.e_phnum; i++) {
        Elf64_Phdr segment = mpk_elf_segment(elf, i);
        size_t into = place->at - (place->by_offset ? segment.p_offset : segment.p_vaddr);
        if (segment.p_type != PT_LOAD || into >= segment.p_memsz)
            continue;
        told->address = segment.p_vaddr + into;
        told->offset = segment.p_offset + into;
        told->in_file = into < segment.p_filesz;
        return true;
    }
    return false;
}

static struct told look(const struct mpk_place *place)
{
    struct told told = {.in_file = place->by_offset, .offset = place->at};
    struct mpk_elf elf;
    size_t size;
    unsigned char *bytes = read_file(place, &size);
    told.readable = bytes != NULL;
    if (bytes && mpk_elf_open(&elf, bytes, size) && resolve(&elf, place, &told))
        snprintf(told.symbol, sizeof(told.symbol), "%s",
                 mpk_elf_symbol_at(&elf, told.address, &told.start));
    mpk_release(bytes);
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
