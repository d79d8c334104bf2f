/* A private instance of a library, in the host's own address space.
 *
 * The dynamic loader shares one instance of a library among all who ask for it. A domain
 * wants data of its own, which reset can put back, so the file is copied to memory and
 * loaded from there: to the loader that is another library. What the library depends on
 * (libc above all) stays shared with the host. */
#include "none.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* Without it, the instance's calls to its own exported functions would go to the instance
 * that the host may have linked. Sanitizers refuse to have it; under them, they do. */
#if defined(__SANITIZE_ADDRESS__)
#define BIND_TO_ITSELF 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BIND_TO_ITSELF 0
#endif
#endif
#ifndef BIND_TO_ITSELF
#define BIND_TO_ITSELF RTLD_DEEPBIND
#endif

/* Copies the file at `path` to memory. Returns its descriptor, or -1 and errno. */
static int copy_to_memory(const char *path)
{
    struct stat status;
    struct rlimit limit;
    int from = open(path, O_RDONLY | O_CLOEXEC), to = -1;
    if (from < 0 || fstat(from, &status))
        goto fail;
    to = memfd_create("omniglot-library", MFD_CLOEXEC);
    if (to < 0)
        goto fail;
    /* A file that would be larger is refused by a signal, which ends the process. */
    if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur < (rlim_t)status.st_size) {
        errno = EFBIG;
        goto fail;
    }
    for (off_t left = status.st_size; left > 0;) {
        ssize_t copied = sendfile(to, from, NULL, (size_t)left);
        if (copied <= 0)
            goto fail;
        left -= copied;
    }
    close(from);
    return to;
fail:
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return -1;
}

/* --- segments --- */

struct segments {
    uintptr_t base;
    bool found;
    ElfW(Phdr) headers[32];
    size_t count;
};

static int find_segments(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    struct segments *segments = data;
    if (info->dlpi_addr != segments->base)
        return 0;
    segments->found = true;
    for (size_t i = 0; i < info->dlpi_phnum && segments->count < 32; i++)
        segments->headers[segments->count++] = info->dlpi_phdr[i];
    return 1;
}

static struct segments segments_of(const struct none_library *library)
{
    struct link_map *map;
    struct segments segments = {0};
    if (dlinfo(library->instance, RTLD_DI_LINKMAP, &map))
        return segments;
    segments.base = map->l_addr;
    dl_iterate_phdr(find_segments, &segments);
    return segments;
}

/* The part that is read-only once relocated, whole pages; empty if there is none. */
static struct og_region relro_of(const struct segments *segments)
{
    for (size_t i = 0; i < segments->count; i++) {
        const ElfW(Phdr) *header = &segments->headers[i];
        if (header->p_type == PT_GNU_RELRO) {
            uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
            uintptr_t start = segments->base + header->p_vaddr;
            return (struct og_region){start & ~(page - 1), (start + header->p_memsz) & ~(page - 1),
                                      OG_READ};
        }
    }
    return (struct og_region){0, 0, 0};
}

/* Appends [start, end) to the regions unless it is empty. */
static bool append_region(struct none_domain *domain, uintptr_t start, uintptr_t end,
                          unsigned rights)
{
    if (start >= end)
        return true;
    struct og_region *regions =
        realloc(domain->regions, (domain->region_count + 1) * sizeof(*regions));
    if (!regions)
        return false;
    regions[domain->region_count++] = (struct og_region){start, end, rights};
    domain->regions = regions;
    return true;
}

enum og_error none_library_regions(const struct none_library *library, struct none_domain *domain,
                                   struct og_fault *fault)
{
    struct segments segments = segments_of(library);
    struct og_region relro = relro_of(&segments);
    for (size_t i = 0; i < segments.count; i++) {
        const ElfW(Phdr) *header = &segments.headers[i];
        if (header->p_type != PT_LOAD)
            continue;
        uintptr_t start = segments.base + header->p_vaddr, end = start + header->p_memsz;
        bool ok;
        if (!(header->p_flags & PF_W)) {
            ok = append_region(domain, start, end, OG_READ);
        } else if (relro.end > start && relro.end <= end) {
            ok = append_region(domain, start, relro.end, OG_READ) &&
                 append_region(domain, relro.end, end, OG_READ | OG_WRITE);
        } else {
            ok = append_region(domain, start, end, OG_READ | OG_WRITE);
        }
        if (!ok)
            return og_out_of_memory(fault);
    }
    return OG_OK;
}

/* --- binding the malloc family --- */

/* Addresses in a loaded library's dynamic section are absolute already, for glibc. */
struct dynamic {
    const ElfW(Sym) * symbols;
    const char *strings;
    const ElfW(Rela) * tables[2];
    size_t sizes[2]; /* bytes */
};

static struct dynamic dynamic_of(const struct link_map *map)
{
    struct dynamic dynamic = {0};
    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
        switch (entry->d_tag) {
        case DT_SYMTAB:
            dynamic.symbols = (const void *)entry->d_un.d_ptr;
            break;
        case DT_STRTAB:
            dynamic.strings = (const void *)entry->d_un.d_ptr;
            break;
        case DT_RELA:
            dynamic.tables[0] = (const void *)entry->d_un.d_ptr;
            break;
        case DT_RELASZ:
            dynamic.sizes[0] = entry->d_un.d_val;
            break;
        case DT_JMPREL:
            dynamic.tables[1] = (const void *)entry->d_un.d_ptr;
            break;
        case DT_PLTRELSZ:
            dynamic.sizes[1] = entry->d_un.d_val;
            break;
        }
    }
    return dynamic;
}

/* Where one of the domain's libraries that were loaded before has `symbol`; NULL: none has. */
static void *find_earlier(const struct none_domain *domain, const char *symbol)
{
    for (size_t i = 0; i < domain->library_count; i++) {
        struct link_map *map;
        Dl_info about;
        void *found = dlsym(domain->libraries[i].instance, symbol);
        /* Its own, not one of a library that it needs. */
        if (found && !dlinfo(domain->libraries[i].instance, RTLD_DI_LINKMAP, &map) &&
            dladdr(found, &about) && (uintptr_t)about.dli_fbase == map->l_addr)
            return found;
    }
    return NULL;
}

/* Puts the slot's functions where the library's relocations put libc's, and what earlier libraries
 * of the domain define where they put what the host's instances of those do. */
static enum og_error bind_to_domain(const struct none_library *library,
                                    const struct none_domain *domain, const char *name,
                                    struct og_fault *fault)
{
    struct link_map *map;
    unsigned slot = domain->slot;
    if (dlinfo(library->instance, RTLD_DI_LINKMAP, &map))
        return og_fail_to_load(fault, name, dlerror());
    struct segments segments = segments_of(library);
    struct og_region relro = relro_of(&segments);
    size_t relro_size = relro.end - relro.start;
    if (relro_size && mprotect((void *)relro.start, relro_size, PROT_READ | PROT_WRITE))
        return og_fail_system(fault, errno, name, 0, "cannot make its relocations writable");
    struct dynamic dynamic = dynamic_of(map);
    for (size_t table = 0; table < 2; table++) {
        size_t count = dynamic.tables[table] && dynamic.symbols && dynamic.strings
                           ? dynamic.sizes[table] / sizeof(ElfW(Rela))
                           : 0;
        for (size_t i = 0; i < count; i++) {
            const ElfW(Rela) *relocation = &dynamic.tables[table][i];
            unsigned type = (unsigned)ELF64_R_TYPE(relocation->r_info);
            if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT && type != R_X86_64_64)
                continue;
            const ElfW(Sym) *symbol = &dynamic.symbols[ELF64_R_SYM(relocation->r_info)];
            if (symbol->st_shndx != SHN_UNDEF)
                continue;
            void *function = none_allocation_function(slot, dynamic.strings + symbol->st_name);
            if (!function)
                function = find_earlier(domain, dynamic.strings + symbol->st_name);
            if (function)
                memcpy((void *)(map->l_addr + relocation->r_offset), &function, sizeof(function));
        }
    }
    if (relro_size && mprotect((void *)relro.start, relro_size, PROT_READ))
        return og_fail_system(fault, errno, name, 0, "cannot protect its relocations again");
    return OG_OK;
}

/* --- snapshots --- */

static enum og_error take_snapshots(struct none_library *library, struct og_fault *fault)
{
    struct segments segments = segments_of(library);
    struct og_region relro = relro_of(&segments);
    for (size_t i = 0; i < segments.count; i++) {
        const ElfW(Phdr) *header = &segments.headers[i];
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_W))
            continue;
        uintptr_t start = segments.base + header->p_vaddr, end = start + header->p_memsz;
        if (relro.end > start && relro.end <= end)
            start = relro.end;
        if (start == end)
            continue;
        struct none_snapshot *snapshots =
            realloc(library->snapshots, (library->snapshot_count + 1) * sizeof(*snapshots));
        if (!snapshots)
            return og_out_of_memory(fault);
        library->snapshots = snapshots;
        void *bytes = malloc(end - start);
        if (!bytes)
            return og_out_of_memory(fault);
        memcpy(bytes, (void *)start, end - start);
        snapshots[library->snapshot_count++] =
            (struct none_snapshot){(void *)start, bytes, end - start};
    }
    return OG_OK;
}

void none_library_reset(struct none_library *library)
{
    for (size_t i = 0; i < library->snapshot_count; i++)
        memcpy(library->snapshots[i].memory, library->snapshots[i].bytes,
               library->snapshots[i].size);
}

/* --- opening and closing --- */

enum { FILE_PATH = 32 };

static void file_path(int file, char path[FILE_PATH])
{
    snprintf(path, FILE_PATH, "/proc/self/fd/%d", file);
}

/* Is the copy still loaded? So it is when the library was linked not to be unloaded. */
static bool is_loaded(int file)
{
    char path[FILE_PATH];
    file_path(file, path);
    void *instance = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    if (instance)
        dlclose(instance);
    return instance != NULL;
}

enum og_error none_library_open(struct none_library *library, const char *name,
                                const struct none_domain *domain, struct og_fault *fault)
{
    struct link_map *map;
    enum og_error error;
    *library = (struct none_library){.file = -1};
    /* Loaded once the ordinary way, to learn where the file is and to have what it needs. */
    library->shared = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!library->shared || dlinfo(library->shared, RTLD_DI_LINKMAP, &map)) {
        error = og_fail_to_load(fault, name, dlerror());
        goto fail;
    }
    library->file = copy_to_memory(map->l_name);
    if (library->file < 0) {
        error = og_fail_system(fault, errno, name, 0, "cannot copy the library to memory");
        goto fail;
    }
    char path[FILE_PATH];
    file_path(library->file, path);
    library->instance = dlopen(path, RTLD_NOW | RTLD_LOCAL | BIND_TO_ITSELF);
    if (!library->instance) {
        error = og_fail_to_load(fault, name, dlerror());
        goto fail;
    }
    error = bind_to_domain(library, domain, name, fault);
    if (!error)
        error = take_snapshots(library, fault);
    if (!error)
        return OG_OK;
fail:
    none_library_close(library);
    return error;
}

void none_library_close(struct none_library *library)
{
    for (size_t i = 0; i < library->snapshot_count; i++)
        free(library->snapshots[i].bytes);
    free(library->snapshots);
    if (library->instance)
        dlclose(library->instance);
    if (library->shared)
        dlclose(library->shared);
    /* To the loader, another file of the same number would be the same library. */
    if (library->file >= 0 && !is_loaded(library->file))
        close(library->file);
    *library = (struct none_library){.file = -1};
}
