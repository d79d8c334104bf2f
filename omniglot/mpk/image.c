/* The process image that a domain's dynamic loader starts from, as the kernel would make it for
 * a program: the boot program and the loader mapped, and a stack with arguments, an environment
 * of the loader's own switches, and an auxiliary vector. Nothing in it is the host's. */
#include "mpk.h"
#include "omniglot/mpk/boot_image.h"
#include "omniglot/mpk/code/elf.h"
#include "omniglot/mpk/describe/where.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOADER_MAX = 16 << 20 };

static enum og_error place(const struct mpk_elf *elf, struct mpk_arena *arena, uintptr_t *base,
                           struct og_fault *fault)
{
    size_t size = mpk_elf_span(elf, LOADER_MAX);
    *base = size ? mpk_arena_map(arena, 0, size) : 0;
    if (!*base)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "no room for the dynamic loader");
    for (unsigned i = 0; i < elf->header.e_phnum; i++) {
        Elf64_Phdr segment = mpk_elf_segment(elf, i);
        if (segment.p_type != PT_LOAD)
            continue;
        uintptr_t start = *base + segment.p_vaddr;
        memcpy((void *)start, elf->bytes + segment.p_offset, segment.p_filesz);
        if (segment.p_flags & PF_X) {
            uintptr_t page = start & -(uintptr_t)MPK_PAGE;
            enum og_error error =
                mpk_arena_make_code(arena, page, start + segment.p_memsz - page, true, fault);
            if (error)
                return error;
        }
    }
    return OG_OK;
}

/* The loader's path is in the boot program, where the linker has put it. */
static enum og_error place_loader(const struct mpk_elf *boot, struct mpk_arena *arena,
                                  uintptr_t *base, uintptr_t *entry, struct og_fault *fault)
{
    const char *path = NULL;
    for (unsigned i = 0; i < boot->header.e_phnum; i++) {
        Elf64_Phdr segment = mpk_elf_segment(boot, i);
        if (segment.p_type == PT_INTERP)
            path = (const char *)boot->bytes + segment.p_offset;
    }
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    struct stat status;
    if (file < 0 && mpk_has_no_descriptor(errno))
        return mpk_no_descriptor(fault, errno, path, NULL);
    if (file < 0 || fstat(file, &status) || status.st_size <= 0 || status.st_size > LOADER_MAX) {
        if (file >= 0)
            close(file);
        return og_fail(fault, OG_NOT_FOUND, path, 0, "the system's dynamic loader cannot be read");
    }
    size_t size = (size_t)status.st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (bytes == MAP_FAILED)
        return og_fail(fault, OG_NO_MEMORY, path, 0, "the host is out of memory");
    struct mpk_elf loader;
    enum og_error error;
    if (mpk_elf_open(&loader, bytes, size)) {
        error = place(&loader, arena, base, fault);
        *entry = *base + loader.header.e_entry;
    } else {
        error = og_fail(fault, OG_NOT_FOUND, path, 0, "it is no dynamic loader of this machine");
    }
    munmap(bytes, size);
    /* It is what was mapped last. */
    if (!error)
        mpk_mapped_add_image(arena, *base, arena->start + arena->used_pages * MPK_PAGE, path);
    return error;
}

/* --- the stack --- */

struct stack {
    uintptr_t top;
};

static uintptr_t push_bytes(struct stack *stack, const void *bytes, size_t size)
{
    stack->top -= size;
    memcpy((void *)stack->top, bytes, size);
    return stack->top;
}

static uintptr_t push_text(struct stack *stack, const char *text)
{
    return push_bytes(stack, text, strlen(text) + 1);
}

enum { VARIABLES = 64, VARIABLES_SIZE = 16 << 10 };

static bool is_variable(const char *text)
{
    return text[0] != '=' && strchr(text, '=') && strncmp(text, "LD_", 3) &&
           strncmp(text, "GLIBC_TUNABLES=", 15);
}

/* Puts the host's variables there, and where they are into `at`, NULL-terminated. */
static enum og_error push_variables(struct stack *stack, const char *const *variables,
                                    uintptr_t at[VARIABLES + 1], size_t *count,
                                    struct og_fault *fault)
{
    size_t size = 0;
    for (*count = 0; variables && variables[*count]; ++*count) {
        const char *text = variables[*count];
        if (!is_variable(text))
            return og_fail(fault, OG_BAD_ARGUMENT, NULL, 0,
                           "a variable of options.environment is no NAME=VALUE, or the runtime's "
                           "(LD_..., GLIBC_TUNABLES)");
        size += strlen(text) + 1;
        if (*count == VARIABLES || size > VARIABLES_SIZE)
            return og_fail(fault, OG_BAD_ARGUMENT, NULL, 0,
                           "options.environment has more than 64 variables, or 16 KiB");
        at[*count] = push_text(stack, text);
    }
    at[(*count)++] = 0;
    return OG_OK;
}

static enum og_error make_stack(struct mpk_context *context, const struct mpk_elf *boot,
                                uintptr_t boot_base, uintptr_t loader_base, uintptr_t *start,
                                struct og_fault *fault)
{
    struct stack stack = {context->seat->stack_end};
    unsigned char random[16];
    if (getrandom(random, sizeof(random), 0) != sizeof(random))
        return og_fail_system(fault, errno, NULL, 0, "the system gives no random numbers");
    uintptr_t name = push_text(&stack, "domain");
    /* Lazy binding would need the loader's resolver, whose XRSTOR is a trap here. One heap that
     * grows by brk keeps what is live of it in one range; and what is freed stays there for the
     * next allocation, for giving it back is a trapped system call and a page fault again. */
    uintptr_t environment[] = {
        push_text(&stack, "LD_BIND_NOW=1"),
        push_text(&stack, "GLIBC_TUNABLES=glibc.malloc.arena_max=1:glibc.pthread.rseq=0:"
                          "glibc.malloc.mmap_threshold=33554432:"
                          "glibc.malloc.trim_threshold=4294967296:glibc.malloc.top_pad=262144"),
    };
    uintptr_t variables[VARIABLES + 1];
    size_t count;
    enum og_error error =
        push_variables(&stack, context->domain->environment, variables, &count, fault);
    if (error)
        return error;
    uintptr_t seed = push_bytes(&stack, random, sizeof(random));
    uintptr_t platform = push_text(&stack, "x86_64");
    const Elf64_auxv_t vector[] = {
        {AT_PHDR, {boot_base + boot->header.e_phoff}},
        {AT_PHENT, {sizeof(Elf64_Phdr)}},
        {AT_PHNUM, {boot->header.e_phnum}},
        {AT_BASE, {loader_base}},
        {AT_ENTRY, {boot_base + boot->header.e_entry}},
        {AT_PAGESZ, {MPK_PAGE}},
        {AT_FLAGS, {0}},
        {AT_HWCAP, {getauxval(AT_HWCAP)}},
        {AT_HWCAP2, {0}},
        {AT_CLKTCK, {100}},
        {AT_UID, {1000}},
        {AT_EUID, {1000}},
        {AT_GID, {1000}},
        {AT_EGID, {1000}},
        {AT_SECURE, {0}},
        {AT_RANDOM, {seed}},
        {AT_PLATFORM, {platform}},
        {AT_EXECFN, {name}},
        {AT_NULL, {0}},
    };
    uintptr_t head[] = {1, name, 0};
    stack.top &= -(uintptr_t)16;
    size_t words =
        (sizeof(vector) + sizeof(environment) + sizeof(head)) / sizeof(uintptr_t) + count;
    if (words % 2)
        stack.top -= sizeof(uintptr_t);
    push_bytes(&stack, vector, sizeof(vector));
    push_bytes(&stack, variables, count * sizeof(uintptr_t));
    push_bytes(&stack, environment, sizeof(environment));
    *start = push_bytes(&stack, head, sizeof(head));
    return OG_OK;
}

/* Where the image starts: the code that comes before the boot program's, the loader's, the stack.
 */
struct start {
    uintptr_t before_entry, loader, stack;
};

/* With the domain's lock. */
static enum og_error map_image(struct mpk_context *context, struct start *start,
                               struct og_fault *fault)
{
    struct mpk_domain *domain = context->domain;
    struct mpk_elf boot;
    uintptr_t boot_base, loader_base = 0;
    if (!mpk_elf_open(&boot, mpk_boot_image, sizeof(mpk_boot_image)))
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0, "the boot program of this build is damaged");
    enum og_error error = place(&boot, &domain->arena, &boot_base, fault);
    if (!error)
        error = place_loader(&boot, &domain->arena, &loader_base, &start->loader, fault);
    if (!error)
        error = mpk_seats_open(domain, fault);
    if (!error)
        error = make_stack(context, &boot, boot_base, loader_base, &start->stack, fault);
    if (!error)
        start->before_entry = boot_base + boot.header.e_entry - 16;
    return error;
}

static enum og_error make_image(struct mpk_context *context, struct start *start,
                                struct og_fault *fault)
{
    pthread_mutex_lock(&context->domain->lock);
    enum og_error error = map_image(context, start, fault);
    pthread_mutex_unlock(&context->domain->lock);
    return error;
}

enum og_error mpk_image_start(struct mpk_context *context, struct og_fault *fault)
{
    const struct mpk_domain *domain = context->domain;
    struct start start = {0};
    /* A child that a handler makes shares the memory (mpk_thread_opens), and would write it. */
    uint64_t mask = mpk_mask_block_hosts();
    enum og_error error = mpk_process_open(fault);
    if (!error)
        error = make_image(context, &start, fault);
    mpk_mask_set(mask);
    if (error)
        return error;
    /* The gate pushes a return address over the argument count; the code before the boot
     * program's entry needs it gone, so it gets a copy of the count above. */
    context->foreign_rsp = start.stack;
    og_mpk_call(domain->index, start.before_entry, start.loader, 0, 0, 0);
    if (context->context.poisoned) {
        if (fault)
            *fault = context->context.fault;
        return (enum og_error)context->context.poisoned;
    }
    if (!domain->booted)
        return og_fail(fault, OG_FAULTED, NULL, 0, "the dynamic loader came back too early");
    context->foreign_rsp = context->seat->rsp = (start.stack - MPK_PAGE) & -(uintptr_t)16;
    context->seat->fs = context->foreign_fs;
    context->needs_tls = false;
    return OG_OK;
}
