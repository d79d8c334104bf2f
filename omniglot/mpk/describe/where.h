/* Where an address is, in words, for og_fault_describe: which file was loaded there (mapped.c),
 * which symbol of the file it is (symbol.c), and whose memory it is (owner.c). All but the noting
 * of files runs on the host, outside of calls; what is inside a domain is not looked at. */
#ifndef OMNIGLOT_MPK_WHERE_H
#define OMNIGLOT_MPK_WHERE_H

#include "omniglot/mpk/mpk.h"
#include "omniglot/mpk/text.h"

#include <time.h>

/* --- a place in a file (symbol.c) --- */

/* What a file was when it was loaded. */
struct mpk_identity {
    dev_t device;
    ino_t number;
    off_t size;
    struct timespec modified;
};

struct mpk_place {
    const char *path;
    const struct mpk_identity *identity; /* NULL: not known, any will do */
    bool by_offset;                      /* `at` is an offset in the file, not an ELF address */
    uint64_t at;
};

/* The file's identity; false if it is no regular file. */
bool mpk_identity_of(int file, struct mpk_identity *identity);
/* Appends "SYMBOL+0xN in PATH (offset 0xN)", as much of it as the file, if it is the same still,
 * tells. It may hold anything. */
void mpk_place_tell(const struct mpk_place *place, struct mpk_text *text);
/* "SYMBOL in FILE", without folders and offsets. */
void mpk_place_tell_briefly(const struct mpk_place *place, struct mpk_text *text);

/* --- files in an arena (mapped.c) --- */

struct mpk_mapped {
    uintptr_t start, end;
    char *path; /* NULL: no file is there any more */
    struct mpk_identity identity;
    bool by_offset; /* `offset` bytes into the file, or (an image) address 0 of it, is at start */
    off_t offset;
};

/* Notes, while the domain loads, that `file` from `offset` is at `start`. */
void mpk_mapped_add(struct mpk_arena *arena, uintptr_t start, size_t size, int file, off_t offset);
/* Notes that the segments of the ELF file `path` were placed from `start` on. */
void mpk_mapped_add_image(struct mpk_arena *arena, uintptr_t start, uintptr_t end,
                          const char *path);
/* Notes that something else is there from now on. */
void mpk_mapped_forget(struct mpk_arena *arena, uintptr_t start, size_t size);
void mpk_mapped_close(struct mpk_arena *arena);
/* Which place of which file is there; false: none. It is good until the arena closes. */
bool mpk_mapped_find(const struct mpk_arena *arena, uintptr_t address, struct mpk_place *place);

/* --- an instruction (privileged.c) --- */

/* Has what starts with these bytes, at most 15, raised a general protection fault because only the
 * kernel may execute it? */
bool mpk_is_privileged(const uint8_t *code, size_t size);

/* --- code that is refused (refusal.c) --- */

/* What was read to `start` was refused as code for the instruction that *refusal tells: adds where
 * in which file it is. */
void mpk_refusal_tell(const struct mpk_source *source, uintptr_t start, struct og_fault *refusal);

/* --- whose memory (owner.c) --- */

/* Appends whose memory the address is, as seen from the domain. */
void mpk_owner_tell(struct mpk_domain *domain, uintptr_t address, struct mpk_text *text);

#endif
