/* Whose memory an address is: a domain's, the runtime's, the host's as the kernel tells it in
 * /proc/self/maps, or nobody's. Files are read after the domains' lock has been given back: what a
 * hostile one costs is then the caller's time alone. */
#include "omniglot/mpk/code/maps.h"
#include "where.h"

#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- domains --- */

/* What is known of the address, copied: the domain may be closed once the lock is given back. */
struct search {
    const struct mpk_domain *asking;
    uintptr_t address;
    struct mpk_text *text;
    bool in_file;
    struct mpk_place place;
    struct mpk_identity identity;
    char path[4096];
};

static void copy_place(struct search *search)
{
    struct mpk_place *place = &search->place;
    snprintf(search->path, sizeof(search->path), "%s", place->path);
    search->identity = *place->identity;
    place->path = search->path;
    place->identity = &search->identity;
}

/* What the address is in the domain that it is in, `own`: which is asking. */
static void tell_in_domain(struct mpk_domain *domain, bool own, struct search *search)
{
    const struct mpk_arena *arena = &domain->arena;
    struct mpk_text *text = search->text;
    uintptr_t address = search->address;
    if (og_is_within(address, 1, arena->stack, arena->heap) || address >= arena->scopes) {
        mpk_text_add(text, "memory for scopes' allocations");
        return;
    }
    pthread_mutex_lock(&domain->lock);
    unsigned char state = mpk_arena_state(arena, address);
    search->in_file = (own || !arena->loading) && mpk_mapped_find(arena, address, &search->place);
    if (search->in_file)
        copy_place(search);
    pthread_mutex_unlock(&domain->lock);
    bool is_heap = og_is_within(address, 1, arena->heap, arena->stacks);
    if (state == MPK_GUARD)
        mpk_text_add(text, "guard below a stack");
    else if (state == MPK_CODE)
        mpk_text_add(text, "code");
    else if (is_heap && !(state & MPK_OFF_LIMITS))
        mpk_text_add(text, "heap");
    else if (state == MPK_FILE)
        mpk_text_add(text, "read-only data");
    else if (state == MPK_FREE)
        mpk_text_add(text, "memory that is not mapped");
    else if (state & MPK_OFF_LIMITS)
        mpk_text_add(text, "memory that it has denied itself (mprotect)");
    else
        mpk_text_add(text, state == MPK_STACK ? "stack" : "memory");
}

static bool tell_if_inside(struct mpk_domain *domain, void *data)
{
    struct search *search = data;
    const struct mpk_arena *arena = &domain->arena;
    uintptr_t address = search->address;
    bool inside = og_is_within(address, 1, arena->start, arena->start + arena->size);
    bool thunk = domain->thunk_code &&
                 og_is_within(address, 1, domain->thunk_code,
                              domain->thunk_code + (size_t)MPK_THUNKS * MPK_THUNK_SIZE);
    if (thunk)
        mpk_text_add(search->text, "the runtime's code");
    if (inside) {
        bool own = domain == search->asking;
        mpk_text_add(search->text, own ? "this domain's " : "another domain's ");
        tell_in_domain(domain, own, search);
    }
    return inside || thunk;
}

/* --- the host --- */

/* The mapping that holds an address. */
struct held {
    uintptr_t address;
    struct mpk_mapping mapping;
    char path[4096];
};

static bool is_it(const struct mpk_mapping *mapping, void *data)
{
    struct held *held = data;
    if (!og_is_within(held->address, 1, mapping->start, mapping->end))
        return false;
    held->mapping = *mapping;
    snprintf(held->path, sizeof(held->path), "%s", mapping->path);
    held->mapping.path = held->path;
    return true;
}

static bool find_mapping(struct held *held)
{
    return mpk_maps_visit(is_it, held) && held->mapping.end;
}

static const char *kind_of(const struct mpk_mapping *mapping)
{
    return mapping->rights[2] == 'x'   ? "code"
           : mapping->rights[1] == 'w' ? "data"
                                       : "read-only data";
}

static void tell_in_mapped_file(const struct mpk_mapping *mapping, uintptr_t address,
                                struct mpk_text *text)
{
    const struct mpk_place place = {mapping->path, NULL, true,
                                    mapping->offset + (address - mapping->start)};
    mpk_text_add(text, "the host's %s, ", kind_of(mapping));
    mpk_place_tell(&place, text);
}

/* A loaded object that holds an address. */
struct object {
    uintptr_t address, base;
    char path[4096];
};

static int holds_address(struct dl_phdr_info *info, size_t size, void *data)
{
    struct object *object = data;
    (void)size;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + segment->p_vaddr;
        uintptr_t end = (start + segment->p_memsz + MPK_PAGE - 1) & -(uintptr_t)MPK_PAGE;
        if (segment->p_type != PT_LOAD || !og_is_within(object->address, 1, start, end))
            continue;
        object->base = info->dlpi_addr;
        ssize_t length = info->dlpi_name[0]
                             ? snprintf(object->path, sizeof(object->path), "%s", info->dlpi_name)
                             : readlink("/proc/self/exe", object->path, sizeof(object->path) - 1);
        return length > 0;
    }
    return 0;
}

/* Where an object's data is zero at first the kernel names no file, and it may show what else was
 * mapped beside as one with it; nor where the runtime has mended code: the loader knows better. */
static bool tell_in_object(const struct mpk_mapping *mapping, uintptr_t address,
                           struct mpk_text *text)
{
    struct object object = {.address = address};
    if (!dl_iterate_phdr(holds_address, &object))
        return false;
    const struct mpk_place place = {object.path, NULL, false, address - object.base};
    mpk_text_add(text, "the host's %s, ", kind_of(mapping));
    mpk_place_tell(&place, text);
    return true;
}

static void tell_in_host(uintptr_t address, struct mpk_text *text)
{
    struct held held = {.address = address};
    const struct mpk_mapping *mapping = &held.mapping;
    if (!find_mapping(&held))
        mpk_text_add(text, "unmapped");
    else if (mapping->path[0] == '/')
        tell_in_mapped_file(mapping, address, text);
    else if (!strcmp(mapping->path, "[heap]"))
        mpk_text_add(text, "the host's heap");
    else if (!strcmp(mapping->path, "[stack]") || og_is_on_own_stack((const void *)address))
        mpk_text_add(text, "the host's stack");
    else if (mapping->path[0] == '[')
        mpk_text_add(text, "the kernel's, in the host: %s", mapping->path);
    else if (!tell_in_object(mapping, address, text))
        mpk_text_add(text, "the host's anonymous memory");
}

void mpk_owner_tell(struct mpk_domain *domain, uintptr_t address, struct mpk_text *text)
{
    struct search search = {.asking = domain, .address = address, .text = text};
    if (mpk_domains_visit(tell_if_inside, &search)) {
        if (search.in_file) {
            mpk_text_add(text, ", ");
            mpk_place_tell(&search.place, text);
        }
        return;
    }
    if (og_is_within(address, 1, og_mpk_thread_blocks,
                     og_mpk_thread_blocks + og_mpk_thread_blocks_size))
        mpk_text_add(text, "the runtime's memory for the host's threads");
    else if (og_is_within(address, 1, og_mpk_signal_stacks,
                          og_mpk_signal_stacks + og_mpk_signal_stacks_size))
        mpk_text_add(text, "the runtime's signal stacks");
    else
        tell_in_host(address, text);
}
