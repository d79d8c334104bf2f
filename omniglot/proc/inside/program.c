/* The program that the loader of a domain's process starts: it loads libraries, looks up and calls
 * functions, and allocates, as the host asks. All of this is inside, where foreign code can do with
 * it what it wants. */
#include "omniglot/proc/layout.h"

#include <dlfcn.h>
#include <link.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void proc_enter(struct proc_crossing *crossing);
long proc_hand_over(long event);
struct called_back {
    uint64_t integer;
    double floating;
};
struct called_back proc_call_back(uint64_t slot, const void *arguments);
extern const char proc_stubs[];

enum { LIBRARIES = 64, STUB = 16 };
static struct proc_control *control;
static void *libraries[LIBRARIES];
static size_t library_count;

/* For the host to say where a fault was. */
static int note_object(struct dl_phdr_info *info, size_t size, void *memory)
{
    size_t *count = memory;
    struct proc_object *object = &control->objects[*count];
    (void)size;
    if (*count == PROC_OBJECTS || !info->dlpi_name[0])
        return 0;
    *object = (struct proc_object){.start = info->dlpi_addr};
    snprintf(object->name, sizeof(object->name), "%s", info->dlpi_name);
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uint64_t end = info->dlpi_addr + header->p_vaddr + header->p_memsz;
        if (header->p_type == PT_LOAD && end > object->end)
            object->end = end;
        if (header->p_type == PT_DYNAMIC)
            object->dynamic = info->dlpi_addr + header->p_vaddr;
    }
    ++*count;
    return 0;
}

static void load(void)
{
    size_t count = 0;
    void *library = NULL;
    if (library_count < LIBRARIES)
        library = dlopen(control->name, RTLD_NOW | RTLD_GLOBAL);
    if (library)
        libraries[library_count++] = library;
    const char *reason = library_count == LIBRARIES ? "64 libraries are loaded" : dlerror();
    snprintf(control->name, sizeof(control->name), "%s", library ? "" : reason);
    dl_iterate_phdr(note_object, &count);
}

/* Of the library itself, not of one that it needs. */
static void look_up(void)
{
    void *found = NULL;
    for (size_t i = 0; i < library_count && !found; i++) {
        struct link_map *map;
        Dl_info about;
        found = dlsym(libraries[i], control->name);
        if (found && (dlinfo(libraries[i], RTLD_DI_LINKMAP, &map) || !dladdr(found, &about) ||
                      (uintptr_t)about.dli_fbase != map->l_addr))
            found = NULL;
    }
    control->result = (uintptr_t)found;
}

static void call(void)
{
    struct proc_crossing crossing;
    size_t words = control->crossing.words;
    memcpy(&crossing, &control->crossing, offsetof(struct proc_crossing, stack) + 8 * words);
    proc_enter(&crossing);
    memcpy(control->crossing.integer_results, crossing.integer_results,
           offsetof(struct proc_crossing, stack) - offsetof(struct proc_crossing, integer_results));
}

static void allocate(void)
{
    void *memory = NULL;
    size_t alignment = control->alignment < 16 ? 16 : control->alignment;
    if (posix_memalign(&memory, alignment, control->size))
        memory = NULL;
    control->result = (uintptr_t)memory;
}

static void do_as_asked(long request)
{
    switch (request) {
    case PROC_LOAD:
        load();
        break;
    case PROC_LOOK_UP:
        look_up();
        break;
    case PROC_CALL:
        call();
        break;
    case PROC_ALLOCATE:
        allocate();
        break;
    case PROC_FREE:
        free((void *)control->result);
        break;
    case PROC_UNLOAD:
        while (library_count)
            dlclose(libraries[--library_count]);
        fflush(NULL);
        break;
    default:
        _exit(0); /* there is no host any more */
    }
}

struct called_back proc_call_back(uint64_t slot, const void *arguments)
{
    long request;
    control->callback.slot = slot;
    memcpy(control->callback.integers, arguments,
           sizeof(control->callback.integers) + sizeof(control->callback.floats));
    for (request = proc_hand_over(PROC_CALLBACK); request != PROC_RESUME;
         request = proc_hand_over(PROC_DONE))
        do_as_asked(request);
    return (struct called_back){control->callback.integer, control->callback.floating};
}

int main(int count, char **arguments)
{
    (void)count;
    control = (struct proc_control *)(void *)arguments[1];
    /* Memory that was free once is not given back: it would have to be cleared each time. */
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, -1);
    mallopt(M_TOP_PAD, 256 << 10);
    control->stubs = (uintptr_t)proc_stubs;
    control->stub_size = STUB;
    for (;;)
        do_as_asked(proc_hand_over(PROC_DONE));
}
