/* The host's own code: every page of it can be executed with a domain's rights, so a WRPKRU,
 * XRSTOR or WRxSBASE anywhere in the process would be a way out. The gate's are followed by
 * checks. The C library has one more WRPKRU, in pkey_set, and the dynamic loader XRSTORs in its
 * lazy resolvers: the first becomes a trap, and the resolvers hand over to the one that uses
 * FXRSTOR, which cannot change rights. A call that spells one by its distance is redirected
 * (host_call.c). Anything else is an error that names the place. */
#include "host_code.h"
#include "mpk.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

extern const char og_mpk_gate_start[], og_mpk_gate_end[];

/* push %rbx; mov %rsp,%rbx; and $-16 or $-64,%rsp: how a lazy resolver begins. */
static const unsigned char resolver[] = {0x53, 0x48, 0x89, 0xe3, 0x48, 0x83, 0xe4};
static const unsigned char fxrstor[] = {0x0f, 0xae, 0x4c, 0x24, 0x40}; /* fxrstor 0x40(%rsp) */
enum { RESOLVER_MAX = 256, PKEY_SET_MAX = 96, CALL_REACH = 32 };

static unsigned long long checked; /* how many objects had been loaded when last looked at */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

bool mpk_host_code_patch(unsigned char *at, const unsigned char *bytes, size_t size)
{
    uintptr_t page = (uintptr_t)at & -(uintptr_t)MPK_PAGE;
    size_t span = (uintptr_t)at + size - page;
    if (mprotect((void *)page, span, PROT_READ | PROT_WRITE | PROT_EXEC))
        return false;
    memcpy(at, bytes, size);
    return !mprotect((void *)page, span, PROT_READ | PROT_EXEC);
}

static bool make_trap(unsigned char *at)
{
    static const unsigned char ud2[] = {0x0f, 0x0b};
    return mpk_host_code_patch(at, ud2, sizeof(ud2));
}

/* The start of the resolver that `at` is in, or NULL. */
static unsigned char *resolver_start(unsigned char *segment, unsigned char *at)
{
    for (unsigned char *start = at; start >= segment && at - start < RESOLVER_MAX; start--)
        if (!memcmp(start, resolver, sizeof(resolver)))
            return start;
    return NULL;
}

/* Makes a resolver that uses XRSTOR jump to the one that uses FXRSTOR. */
static bool replace_resolver(unsigned char *segment, size_t size, unsigned char *xrstor)
{
    unsigned char *start = resolver_start(segment, xrstor), *other = NULL;
    for (unsigned char *at = segment; !other && at + sizeof(fxrstor) <= segment + size; at++)
        if (!memcmp(at, fxrstor, sizeof(fxrstor)))
            other = resolver_start(segment, at);
    if (!start || !other)
        return false;
    unsigned char jump[5] = {0xe9};
    int32_t distance = (int32_t)(other - (start + sizeof(jump)));
    memcpy(jump + 1, &distance, sizeof(distance));
    return mpk_host_code_patch(start, jump, sizeof(jump)) && make_trap(xrstor);
}

/* Deals with one instruction. False if it cannot be made harmless. */
static bool disarm(const struct dl_phdr_info *object, unsigned char *segment, size_t size,
                   unsigned char *at, const char *name)
{
    if (at - segment >= CALL_REACH && (size_t)(at - segment) + CALL_REACH <= size &&
        mpk_host_call_redirect(object, at))
        return true;
    unsigned char *pkey_set = dlsym(RTLD_DEFAULT, "pkey_set");
    if (!strcmp(name, "WRPKRU"))
        return pkey_set && at >= pkey_set && at - pkey_set < PKEY_SET_MAX && make_trap(at);
    return !strcmp(name, "XRSTOR") && replace_resolver(segment, size, at);
}

struct search {
    struct og_fault *fault;
    unsigned long long loaded;
    enum og_error error;
};

static void search_segment(struct search *search, const struct dl_phdr_info *object,
                           unsigned char *segment, size_t size)
{
    const char *name = NULL;
    for (size_t at = 0; !search->error && at < size; at++) {
        at += mpk_scan(segment + at, size - at, &name);
        uintptr_t address = (uintptr_t)segment + at;
        if (at >= size ||
            og_is_within(address, 1, (uintptr_t)og_mpk_gate_start, (uintptr_t)og_mpk_gate_end))
            continue;
        if (!disarm(object, segment, size, segment + at, name)) {
            char message[160];
            snprintf(
                message, sizeof(message),
                "the host's own code holds %s, a way out (og-scan --host finds it; if it is your "
                "program's, link it another way)",
                name);
            const char *file = object->dlpi_name[0] ? object->dlpi_name : "the program";
            search->error =
                og_fail(search->fault, OG_FORBIDDEN, file, address - object->dlpi_addr, message);
        }
    }
}

static int search_object(struct dl_phdr_info *info, size_t size, void *data)
{
    struct search *search = data;
    (void)size;
    search->loaded = info->dlpi_adds;
    if (checked == info->dlpi_adds)
        return 1;
    for (size_t i = 0; i < info->dlpi_phnum && !search->error; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type == PT_LOAD && header->p_flags & PF_X)
            search_segment(search, info, (unsigned char *)info->dlpi_addr + header->p_vaddr,
                           header->p_memsz);
    }
    return search->error != OG_OK;
}

enum og_error mpk_host_code_check(struct og_fault *fault)
{
    struct search search = {fault, 0, OG_OK};
    pthread_mutex_lock(&lock);
    dl_iterate_phdr(search_object, &search);
    if (!search.error)
        checked = search.loaded;
    pthread_mutex_unlock(&lock);
    return search.error;
}

pthread_mutex_t *mpk_host_code_lock(void)
{
    return &lock;
}
