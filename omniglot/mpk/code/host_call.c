/* Calls of the host's own code whose displacement happens to spell an instruction that could undo
 * the isolation: e8 0f 01 ef ff calls a function a mebibyte away, and holds a WRPKRU. The call is
 * made to go by way of a jump nearby, which needs another displacement.
 *
 * Code and data are not told apart by their looks. The place must be within a function that the
 * object's unwind table names, and the call must lead to the start of one, or to an entry of a
 * procedure linkage table: of bytes that mean something else one in some million does. */
#include "host_code.h"
#include "omniglot/mpk/mpk.h"

#include <string.h>
#include <sys/mman.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

enum { CALL = 0xe8, JUMP = 0xe9, CALL_SIZE = 5, TRIES = 4096, LONGEST = 15 };

/* --- the unwind table: LSB core, 10.6.2 .eh_frame_hdr; sorted by the functions' starts --- */

struct table {
    const unsigned char *header;
    const int32_t *entries; /* pairs: a function's start, its FDE; both relative to the header */
    size_t count;
};

static bool find_table(const struct mpk_host_object *object, struct table *table)
{
    enum { VERSION = 1, POINTER_IS_RELATIVE = 0x1b, COUNT_IS_U32 = 0x03, ENTRIES_ARE = 0x3b };
    const unsigned char *header = object->unwind;
    uint32_t count;
    if (!og_is_within((uintptr_t)header, 12, object->start, object->end))
        return false;
    memcpy(&count, header + 8, sizeof(count));
    if (header[0] != VERSION || header[1] != POINTER_IS_RELATIVE || header[2] != COUNT_IS_U32 ||
        header[3] != ENTRIES_ARE || count > (object->end - (uintptr_t)header - 12) / 8)
        return false;
    *table = (struct table){header, (const int32_t *)(header + 12), count};
    return count > 0;
}

/* The function that starts last at or before `address`; its range is in its FDE. */
static bool find_function(const struct table *table, uintptr_t address, uintptr_t *start,
                          uintptr_t *end)
{
    enum { FDE_START = 8, FDE_RANGE = 12 }; /* after the length and the CIE: pcrel sdata4 */
    size_t low = 0, high = table->count;
    uintptr_t base = (uintptr_t)table->header;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (base + (uintptr_t)(intptr_t)table->entries[2 * middle] <= address)
            low = middle;
        else
            high = middle;
    }
    *start = base + (uintptr_t)(intptr_t)table->entries[2 * low];
    const unsigned char *fde = table->header + table->entries[2 * low + 1];
    int32_t relative;
    uint32_t range;
    memcpy(&relative, fde + FDE_START, sizeof(relative));
    memcpy(&range, fde + FDE_RANGE, sizeof(range));
    *end = *start + range;
    return (uintptr_t)fde + FDE_START + (uintptr_t)(intptr_t)relative == *start &&
           address >= *start && address < *end;
}

/* endbr64 or not, then jmp *offset(%rip), perhaps with a bnd prefix. */
static bool is_linkage_entry(const unsigned char *code)
{
    static const unsigned char endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
    if (!memcmp(code, endbr64, sizeof(endbr64)))
        code += sizeof(endbr64);
    if (*code == 0xf2)
        code++;
    return code[0] == 0xff && code[1] == 0x25;
}

static bool is_call_of_function(const struct mpk_host_object *object, const unsigned char *site,
                                uintptr_t target)
{
    struct table table;
    uintptr_t start, end;
    return find_table(object, &table) && find_function(&table, (uintptr_t)site, &start, &end) &&
           find_function(&table, target, &start, &end) &&
           (target == start || (target % 16 == 0 && is_linkage_entry((void *)target)));
}

/* --- the jump nearby --- */

/* The jumps that were made. They stay: an object that is closed and opened again, at the same
 * place, finds them. */
enum { JUMPS = 256 };
static uintptr_t jumps[JUMPS];
static size_t jump_count;

static bool is_jump(uintptr_t place, const unsigned char *jump, size_t size)
{
    for (size_t i = 0; i < jump_count; i++)
        if (jumps[i] == place)
            return !memcmp((void *)place, jump, size);
    return false;
}

/* Would `site`, calling `place`, spell anything? */
static bool is_lucky(const unsigned char *site, uintptr_t place)
{
    int32_t relative = (int32_t)(place - (uintptr_t)site - CALL_SIZE);
    unsigned char around[LONGEST + CALL_SIZE + LONGEST];
    const char *name;
    memcpy(around, site - LONGEST, sizeof(around));
    memcpy(around + LONGEST + 1, &relative, sizeof(relative));
    return mpk_scan(around, sizeof(around), &name) == sizeof(around);
}

static bool make_page(uintptr_t place, const unsigned char *jump, size_t size)
{
    void *made = jump_count == JUMPS
                     ? MAP_FAILED
                     : mmap((void *)place, MPK_PAGE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (made == MAP_FAILED)
        return false;
    memcpy(made, jump, size);
    if (made == (void *)place && !mprotect(made, MPK_PAGE, PROT_READ | PROT_EXEC)) {
        jumps[jump_count++] = place;
        return true;
    }
    munmap(made, MPK_PAGE);
    return false;
}

/* A page that `site` can call, with a jump to `target` at its start; 0: none. */
static uintptr_t find_jump(const unsigned char *site, uintptr_t target)
{
    unsigned char jump[14] = {0xff, 0x25, 0, 0, 0, 0}; /* jmp *0(%rip) */
    uintptr_t page = (uintptr_t)site & -(uintptr_t)MPK_PAGE;
    const char *name;
    memcpy(jump + 6, &target, sizeof(target));
    if (mpk_scan(jump, sizeof(jump), &name) < sizeof(jump))
        return 0;
    for (uintptr_t i = 1; i < TRIES; i++) {
        uintptr_t distance = i * 64 * MPK_PAGE;
        uintptr_t place = i % 2 ? page + distance : page - distance;
        if (is_lucky(site, place) &&
            (is_jump(place, jump, sizeof(jump)) || make_page(place, jump, sizeof(jump))))
            return place;
    }
    return 0;
}

bool mpk_host_call_redirect(const struct mpk_host_object *object, unsigned char *at)
{
    /* The displacement's four bytes can hold the three from the first or the second on. */
    for (int before = 1; before <= 2; before++) {
        unsigned char *site = at - before;
        int32_t relative;
        memcpy(&relative, site + 1, sizeof(relative));
        uintptr_t target = (uintptr_t)site + CALL_SIZE + (uintptr_t)(intptr_t)relative;
        if ((*site != CALL && *site != JUMP) || !is_call_of_function(object, site, target))
            continue;
        uintptr_t jump = find_jump(site, target);
        if (!jump)
            return false;
        relative = (int32_t)(jump - ((uintptr_t)site + CALL_SIZE));
        return mpk_host_patch(site + 1, (const unsigned char *)&relative, sizeof(relative));
    }
    return false;
}
