/* Whose memory an address is: a domain's, the runtime's, the host's as the kernel tells it in
 * /proc/self/maps, or nobody's. */
#include "where.h"

#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- domains --- */

static bool is_stack(const struct mpk_domain *domain, uintptr_t address)
{
    for (size_t i = 0; i < MPK_ARENA_THREADS; i++)
        if (og_is_within(address, 1, domain->seats[i].stack_low, domain->seats[i].stack_end))
            return true;
    return false;
}

/* What the address is in the domain that it is in. `settled`: its notes do not change now. */
static void tell_in_domain(struct mpk_domain *domain, uintptr_t address, bool settled,
                           struct mpk_text *text)
{
    const struct mpk_arena *arena = &domain->arena;
    struct mpk_place place;
    if (!mpk_arena_holds(arena, address, 1)) {
        mpk_text_add(text, address >= arena->heap ? "heap" : "memory for scopes' allocations");
        return;
    }
    pthread_mutex_lock(&domain->lock);
    unsigned char state = arena->pages[(address - arena->start) / MPK_PAGE];
    bool in_file = settled && mpk_mapped_find(arena, address, &place);
    pthread_mutex_unlock(&domain->lock);
    if (state == MPK_GUARD)
        mpk_text_add(text, "guard below a stack");
    else if (state == MPK_CODE)
        mpk_text_add(text, "code");
    else if (state == MPK_FILE)
        mpk_text_add(text, "read-only data");
    else if (state == MPK_FREE)
        mpk_text_add(text, "memory that is not mapped");
    else
        mpk_text_add(text, is_stack(domain, address) ? "stack" : "memory");
    if (in_file) {
        mpk_text_add(text, ", ");
        mpk_place_tell(&place, text);
    }
}

struct search {
    const struct mpk_domain *asking;
    uintptr_t address;
    struct mpk_text *text;
};

static bool tell_if_inside(struct mpk_domain *domain, void *data)
{
    const struct search *search = data;
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
        tell_in_domain(domain, address, own || !arena->loading, search->text);
    }
    return inside || thunk;
}

/* --- the host --- */

struct mapping {
    unsigned long start, end, offset;
    char rights[5];
    char path[4096];
};

/* One line of /proc/self/maps. */
static bool parse(const char *line, struct mapping *mapping)
{
    int path = 0;
    if (sscanf(line, "%lx-%lx %4s %lx %*s %*s %n", &mapping->start, &mapping->end, mapping->rights,
               &mapping->offset, &path) < 4 ||
        !path)
        return false;
    snprintf(mapping->path, sizeof(mapping->path), "%.*s", (int)strcspn(line + path, "\n"),
             line + path);
    return true;
}

/* The mapping that holds `address`. */
static bool find_mapping(uintptr_t address, struct mapping *found)
{
    char line[sizeof(found->path) + 128];
    bool done = false;
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps && !done && fgets(line, sizeof(line), maps))
        done = parse(line, found) && og_is_within(address, 1, found->start, found->end);
    if (maps)
        fclose(maps);
    return done;
}

static void tell_in_mapped_file(const struct mapping *mapping, uintptr_t address,
                                struct mpk_text *text)
{
    const char *kind = mapping->rights[2] == 'x'   ? "code"
                       : mapping->rights[1] == 'w' ? "data"
                                                   : "read-only data";
    const struct mpk_place place = {mapping->path, NULL, true,
                                    mapping->offset + (address - mapping->start)};
    mpk_text_add(text, "the host's %s, ", kind);
    mpk_place_tell(&place, text);
}

/* A loaded object whose data holds an address. */
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
 * mapped beside as one with it: the loader knows better. */
static bool tell_in_object(uintptr_t address, struct mpk_text *text)
{
    struct object object = {.address = address};
    if (!dl_iterate_phdr(holds_address, &object))
        return false;
    const struct mpk_place place = {object.path, NULL, false, address - object.base};
    mpk_text_add(text, "the host's data, ");
    mpk_place_tell(&place, text);
    return true;
}

static bool is_on_own_stack(uintptr_t address)
{
    pthread_attr_t attributes;
    void *start = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes))
        return false;
    pthread_attr_getstack(&attributes, &start, &size);
    pthread_attr_destroy(&attributes);
    return og_is_within(address, 1, (uintptr_t)start, (uintptr_t)start + size);
}

static void tell_in_host(uintptr_t address, struct mpk_text *text)
{
    struct mapping mapping = {.end = 0};
    if (!find_mapping(address, &mapping))
        mpk_text_add(text, "nobody's: nothing is mapped there");
    else if (mapping.path[0] == '/')
        tell_in_mapped_file(&mapping, address, text);
    else if (!strcmp(mapping.path, "[heap]"))
        mpk_text_add(text, "the host's heap");
    else if (!strcmp(mapping.path, "[stack]") || is_on_own_stack(address))
        mpk_text_add(text, "the host's stack");
    else if (mapping.path[0] == '[')
        mpk_text_add(text, "the kernel's, in the host: %s", mapping.path);
    else if (!tell_in_object(address, text))
        mpk_text_add(text, "the host's anonymous memory");
}

void mpk_owner_tell(struct mpk_domain *domain, uintptr_t address, struct mpk_text *text)
{
    struct search search = {domain, address, text};
    if (mpk_domains_visit(tell_if_inside, &search))
        return;
    if (og_is_within(address, 1, og_mpk_thread_blocks,
                     og_mpk_thread_blocks + og_mpk_thread_blocks_size))
        mpk_text_add(text, "the runtime's memory for the host's threads");
    else if (og_is_within(address, 1, og_mpk_signal_stacks,
                          og_mpk_signal_stacks + og_mpk_signal_stacks_size))
        mpk_text_add(text, "the runtime's signal stacks");
    else
        tell_in_host(address, text);
}
