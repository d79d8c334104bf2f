/* The instructions of the host's own code that can be made harmless where they are: the C
 * library's WRPKRU, in pkey_set, of each C library that there is; the dynamic loader's XRSTORs, in
 * its lazy resolvers; and those that a call spells by its distance (host_call.c). */
#include "host_code.h"
#include "omniglot/mpk/mpk.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* --- objects --- */

static bool find_object(const void *code, struct mpk_host_object *object)
{
    struct dl_find_object found;
    if (_dl_find_object((void *)code, &found))
        return false;
    *object = (struct mpk_host_object){(uintptr_t)found.dlfo_map_start,
                                       (uintptr_t)found.dlfo_map_end, found.dlfo_link_map->l_addr,
                                       found.dlfo_link_map->l_ld, found.dlfo_eh_frame};
    return true;
}

/* What an entry of the dynamic section points to; NULL if there is none. The C library has made
 * most of them addresses. */
static const void *find_entry(const struct mpk_host_object *object, ElfW(Sxword) tag)
{
    for (const ElfW(Dyn) *entry = object->dynamic; entry && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == tag)
            return (const void *)(entry->d_un.d_ptr < object->start
                                      ? object->base + entry->d_un.d_ptr
                                      : entry->d_un.d_ptr);
    return NULL;
}

/* The function that the object itself defines, by its table of hashes (the gABI's supplement, "GNU
 * hash"); NULL if there is none. */
static const ElfW(Sym) * find_function(const struct mpk_host_object *object, const char *name)
{
    const ElfW(Sym) *symbols = find_entry(object, DT_SYMTAB);
    const char *names = find_entry(object, DT_STRTAB);
    const uint32_t *table = find_entry(object, DT_GNU_HASH);
    uint32_t hash = 5381;
    for (const char *at = name; *at; at++)
        hash = hash * 33 + (unsigned char)*at;
    if (!symbols || !names || !table || !table[0])
        return NULL;
    uint32_t buckets = table[0], first = table[1], words = table[2];
    const uint32_t *bucket = table + 4 + (size_t)words * 2, *chain = bucket + buckets;
    uint32_t at = bucket[hash % buckets];
    for (; at >= first; at++) {
        uint32_t here = chain[at - first];
        if ((here | 1) == (hash | 1) && !strcmp(names + symbols[at].st_name, name) &&
            symbols[at].st_shndx != SHN_UNDEF)
            return &symbols[at];
        if (here & 1)
            return NULL;
    }
    return NULL;
}

/* --- pkey_set --- */

/* From then on it is a trap. Nobody but pkey_set jumps there. */
static enum mpk_mended mend_pkey_set(const struct mpk_host_object *object, unsigned char *at)
{
    static const unsigned char ud2[] = {0x0f, 0x0b};
    const ElfW(Sym) *function = find_function(object, "pkey_set");
    if (!function ||
        !og_is_within((uintptr_t)at, 3, object->base + function->st_value,
                      object->base + function->st_value + function->st_size) ||
        !mpk_host_patch(at, ud2, sizeof(ud2)))
        return MPK_UNKNOWN;
    return MPK_MENDED;
}

/* --- resolvers --- */

/* The calling thread is the only one. */
static bool is_alone(void)
{
    struct stat status;
    return !stat("/proc/self/task", &status) && status.st_nlink == 3; /* ., .. and its own */
}

/* A lazy resolver saves registers by XSAVE or XSAVEC and restores them by XRSTOR. It gets FXSAVE
 * and FXRSTOR, of the same length, which know no rights: what they do not save, upper halves of
 * vector registers, the search for a function does not touch (glibc's own choice for processors
 * without XSAVE). A thread between the two would restore what was not saved. */
static enum mpk_mended mend_resolver(struct mpk_host_range code, unsigned char *xrstor)
{
    /* push %rbx; mov %rsp,%rbx; and $-64,%rsp */
    static const unsigned char start[] = {0x53, 0x48, 0x89, 0xe3, 0x48, 0x83, 0xe4, 0xc0};
    static const unsigned char save[][5] = {{0x0f, 0xae, 0x64, 0x24, 0x40},  /* xsave 64(%rsp) */
                                            {0x0f, 0xc7, 0x64, 0x24, 0x40}}; /* xsavec */
    static const unsigned char operand[] = {0x6c, 0x24, 0x40}; /* after 0f ae, which is known */
    static const unsigned char fxsave[] = {0x0f, 0xae, 0x44, 0x24, 0x40};
    static const unsigned char fxrstor[] = {0x0f, 0xae, 0x4c, 0x24, 0x40};
    enum { LONGEST = 256, SIZE = sizeof(fxrstor) };
    unsigned char body[LONGEST + SIZE], *saves = NULL, *at = xrstor;
    if (!og_is_within((uintptr_t)xrstor - LONGEST, LONGEST + SIZE, code.start, code.end) ||
        memcmp(xrstor + 2, operand, sizeof(operand)))
        return MPK_UNKNOWN;
    while (xrstor - at < LONGEST && memcmp(at, start, sizeof(start))) {
        at--;
        if (!saves && (!memcmp(at, save[0], SIZE) || !memcmp(at, save[1], SIZE)))
            saves = at;
    }
    if (!saves || xrstor - at == LONGEST)
        return MPK_UNKNOWN;
    if (!is_alone())
        return MPK_CROWDED;
    size_t size = (size_t)(xrstor - saves) + SIZE;
    memcpy(body, saves, size);
    memcpy(body, fxsave, SIZE);
    memcpy(body + size - SIZE, fxrstor, SIZE);
    return mpk_host_patch(saves, body, size) ? MPK_MENDED : MPK_UNKNOWN;
}

static enum mpk_mended mend(struct mpk_host_range code, unsigned char *at, const char *name)
{
    enum { CALL_REACH = 32 };
    struct mpk_host_object object;
    if (!find_object(at, &object))
        return MPK_UNKNOWN;
    if (og_is_within((uintptr_t)at - CALL_REACH, 2 * CALL_REACH, code.start, code.end) &&
        mpk_host_call_redirect(&object, at))
        return MPK_MENDED;
    if (!strcmp(name, "WRPKRU"))
        return mend_pkey_set(&object, at);
    return !strcmp(name, "XRSTOR") ? mend_resolver(code, at) : MPK_UNKNOWN;
}

enum mpk_mended mpk_host_mend(struct mpk_host_range code, unsigned char *at, const char *name)
{
    errno = 0;
    enum mpk_mended mended = mend(code, at, name);
    if (mended != MPK_UNKNOWN)
        return mended;
    return errno == ENOMEM                                        ? MPK_NO_ROOM
           : errno == EACCES || errno == EPERM || errno == ENOSYS ? MPK_DENIED
                                                                  : MPK_UNKNOWN;
}
