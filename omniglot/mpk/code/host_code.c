/* The host's own code: every page of it can be executed with a domain's rights, so a WRPKRU,
 * XRSTOR or WRxSBASE anywhere in the process would be a way out. The gate's are followed by
 * checks. A few are made harmless (host_mend.c). Anything else is an error that names the place.
 *
 * What is executable is what the kernel says is, page by page as it is: the bytes around a segment
 * that share its pages, code that other namespaces of the loader hold, that compilers have made at
 * run time, the kernel's own. It is read by process_vm_readv, which fails where a plain read would
 * kill: other threads unmap meanwhile. What lies in domains is arena.c's and thunk.c's to scan.
 *
 * Nothing is remembered of what was found clean. Bytes at an address change in more ways than the
 * kernel tells: a file is written in place, and what is mapped of it follows; an object is loaded
 * where another was; a page is written and made executable again. To look costs less than to know
 * (decision 124). */
#include "host_code.h"
#include "maps.h"
#include "omniglot/core/uncancelled.h"
#include "omniglot/mpk/mpk.h"
#include "omniglot/mpk/text.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern const char og_mpk_gate_start[], og_mpk_gate_end[];

enum {
    CHUNK = 1 << 18,
    LONGEST = 15, /* bytes of an instruction */
    MESSAGE = sizeof(((struct og_fault *)0)->message),
    SYMBOL = sizeof(((struct og_fault *)0)->symbol),
    ROUNDS = 8, /* one finds and mends, the next sees that it is so: more where others map */
};
#define FOUR_GIB (UINT64_C(1) << 32)
/* Above it is the kernel's. It lists one page there, [vsyscall]: three calls that tell the time,
 * which it emulates with the rights of the thread; nothing can be mapped there. */
#define USER_END (UINT64_C(1) << 63)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(uint64_t) loads_seen; /* what the loader had done when last looked */

/* --- what is executable --- */

struct code {
    uintptr_t start, end;
    uint64_t offset; /* in the file */
    bool skipped;    /* a domain's */
    char rights[5];
    char name[SYMBOL]; /* the end of the path, fit to be shown */
};

struct search {
    struct og_fault *fault;
    enum og_error error;
    bool again; /* some was mended in this round, or had vanished */
    uintptr_t low, high;
    struct code *code; /* by address */
    size_t count, room;
    unsigned char *bytes; /* LONGEST + CHUNK */
    int memory;           /* /proc/self/mem; -1: not opened */
};

static enum og_error out_of_memory(struct og_fault *fault)
{
    return mpk_out_of_memory(fault);
}

static void name_code(struct code *code, const char *path)
{
    struct mpk_text text = {code->name, sizeof(code->name), 0};
    size_t length = strlen(path);
    const char *slash = length < SYMBOL ? path : strchr(path + length - SYMBOL + 1, '/');
    mpk_text_add_name(&text, !*path ? "memory" : slash ? slash : path + length - SYMBOL + 1);
}

static bool add_code(const struct mpk_mapping *mapping, void *data)
{
    struct search *search = data;
    if (mapping->rights[2] != 'x' || mapping->start >= USER_END || mapping->end <= search->low ||
        mapping->start >= search->high)
        return false;
    if (search->count == search->room) {
        size_t room = search->room ? 2 * search->room : 64;
        struct code *more = mpk_resize(search->code, room * sizeof(*more));
        if (!more) {
            search->error = out_of_memory(search->fault);
            return true;
        }
        search->code = more;
        search->room = room;
    }
    struct code *code = &search->code[search->count++];
    *code = (struct code){.start = mapping->start, .end = mapping->end, .offset = mapping->offset};
    memcpy(code->rights, mapping->rights, sizeof(code->rights));
    name_code(code, mapping->path);
    return false;
}

/* Marks what is a domain's. */
static bool skip_code(struct mpk_domain *domain, void *data)
{
    struct search *search = data;
    const struct mpk_arena *arena = &domain->arena;
    for (size_t i = 0; i < search->count; i++) {
        struct code *code = &search->code[i];
        code->skipped |= og_is_within(code->start, code->end - code->start, arena->start,
                                      arena->start + arena->size);
        code->skipped |= domain->thunk_code &&
                         og_is_within(code->start, code->end - code->start, domain->thunk_code,
                                      domain->thunk_code + (size_t)MPK_THUNKS * MPK_THUNK_SIZE);
    }
    return false;
}

/* --- refusing --- */

static void refuse(struct search *search, const struct code *code, uintptr_t address,
                   const char *message)
{
    uintptr_t place =
        code->name[0] == '/' ? (uintptr_t)code->offset + (address - code->start) : address;
    search->error = og_fail(search->fault, OG_FORBIDDEN, code->name, place, message);
}

/* Code that could not be trusted whatever it holds now. */
static void refuse_kind(struct search *search, const struct code *code)
{
    if (code->rights[1] == 'w' && !strcmp(code->name, "[stack]"))
        refuse(search, code, code->start,
               "the host's stack is executable: link the program and its libraries with "
               "-z noexecstack (readelf -lW says which has GNU_STACK RWE)");
    else if (code->rights[1] == 'w')
        refuse(search, code, code->start,
               "the host has memory that is writable and executable: write it first, then take "
               "the right to write away (mprotect)");
    else if (code->start < FOUR_GIB)
        refuse(search, code, code->start,
               "the host has code below 4 GiB, where 32-bit code reaches it and the gate's bytes "
               "mean something else: link the program with -pie");
}

static void refuse_instruction(struct search *search, const struct code *code, uintptr_t address,
                               const char *name, enum mpk_mended why)
{
    char message[MESSAGE];
    bool in_file = code->name[0] == '/';
    size_t place = in_file ? code->offset + (address - code->start) : address;
    if (why == MPK_CROWDED)
        snprintf(message, sizeof(message),
                 "the loader's %s (offset 0x%zx) can be replaced only while no other thread runs: "
                 "open a domain, or load og-mpk, before",
                 name, place);
    else
        snprintf(message, sizeof(message),
                 "the host's own code holds %s, a way out, at %s0x%zx (og-scan --host finds it; if "
                 "it is your program's, link it another way)",
                 name, in_file ? "offset " : "", place);
    refuse(search, code, address, message);
}

/* --- reading --- */

static bool read_memory(struct search *search, uintptr_t from, unsigned char *to, size_t size)
{
    if (mpk_peek(to, from, size))
        return true;
    /* Memory that can be executed and not read can be read here. */
    if (search->memory < 0)
        search->memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    return search->memory >= 0 && pread(search->memory, to, size, (off_t)from) == (ssize_t)size;
}

struct presence {
    uintptr_t address;
    bool found;
};

static bool is_executable_there(const struct mpk_mapping *mapping, void *data)
{
    struct presence *presence = data;
    presence->found = og_is_within(presence->address, 1, mapping->start, mapping->end) &&
                      mapping->rights[2] == 'x';
    return presence->found;
}

/* It could not be read: it is not there any more, or it is an error. */
static void lose(struct search *search, const struct code *code)
{
    struct presence presence = {code->start, false};
    search->again = true;
    if (!mpk_maps_visit(is_executable_there, &presence) || presence.found)
        refuse(search, code, code->start,
               "the host has code that cannot be read, so nobody knows what it does: map it "
               "readable");
}

/* --- scanning --- */

static const struct code *code_at(const struct code *code, uintptr_t address)
{
    while (address >= code->end)
        code++;
    return code;
}

/* In the gate those instructions that are meant, and no other that a distance to some function or
 * datum spells. WRFSBASE gives nothing to foreign code, which has its own (policy.c's arch_prctl).
 */
static bool is_the_gates(uintptr_t address, const char *name)
{
    return og_is_within(address, 1, (uintptr_t)og_mpk_gate_start, (uintptr_t)og_mpk_gate_end) &&
           (mpk_rights_change_at(address) || !strcmp(name, "WRFSBASE"));
}

/* Mends what is found in search->bytes, which were read at `start`, from `from` on. */
static void scan_bytes(struct search *search, const struct code *first, struct mpk_host_range run,
                       uintptr_t start, size_t size, uintptr_t from)
{
    const char *name = NULL;
    for (size_t at = 0; !search->error && at < size; at++) {
        at += mpk_scan(search->bytes + at, size - at, &name);
        uintptr_t address = start + at;
        if (at >= size || address < from || is_the_gates(address, name))
            continue;
        enum mpk_mended mended = mpk_host_mend(run, (unsigned char *)address, name);
        search->again |= mended == MPK_MENDED;
        if (mended == MPK_NO_ROOM)
            search->error = out_of_memory(search->fault);
        else if (mended == MPK_DENIED)
            search->error =
                og_fail(search->fault, OG_UNSUPPORTED, NULL, address,
                        mpk_is_remapping_denied()
                            ? "the host's code cannot be mended: a seccomp filter denies mremap"
                            : "the host's code cannot be mended: a policy denies memory that "
                              "becomes executable (MemoryDenyWriteExecute=, PR_SET_MDWE, a seccomp "
                              "filter)");
        else if (mended != MPK_MENDED)
            refuse_instruction(search, code_at(first, address), address, name, mended);
    }
}

/* Scans [run.start, run.end), which mappings from `first` on cover without a gap: instructions lie
 * across their borders. */
static void scan_run(struct search *search, const struct code *first, struct mpk_host_range run)
{
    size_t kept = 0;
    uintptr_t from = run.start;
    for (uintptr_t at = run.start; !search->error && at < run.end;) {
        const struct code *code = code_at(first, at);
        uintptr_t end = code->end < run.end ? code->end : run.end;
        size_t size = end - at < CHUNK ? end - at : CHUNK;
        if (!read_memory(search, at, search->bytes + kept, size)) {
            lose(search, code);
            return;
        }
        scan_bytes(search, first, run, at - kept, kept + size, from);
        at += size;
        from = at - 2; /* there an instruction's third byte was missing */
        size_t now = kept + size < LONGEST ? kept + size : LONGEST;
        memmove(search->bytes, search->bytes + kept + size - now, now);
        kept = now;
    }
}

/* --- a round --- */

/* Scans the run that starts with `first`, of mappings that no domain has; of a domain's mapping
 * before or after it, what an instruction that lies across can hold. Returns where it ends. */
static const struct code *look_at_run(struct search *search, const struct code *first)
{
    const struct code *end = first + 1, *all = search->code + search->count;
    while (end < all && !end->skipped && end->start == end[-1].end)
        end++;
    struct mpk_host_range run = {first->start, end[-1].end};
    const struct code *reached = first;
    if (first > search->code && first[-1].end == first->start) {
        run.start -= LONGEST;
        reached--;
    }
    if (end < all && end->start == run.end)
        run.end += LONGEST;
    scan_run(search, reached, run);
    return end;
}

/* Looks at everything there is now. */
static void look(struct search *search)
{
    search->count = 0;
    search->again = false;
    if (!mpk_maps_visit(add_code, search)) {
        int number = errno;
        if (number == ENOMEM)
            search->error = out_of_memory(search->fault);
        else if (mpk_has_no_descriptor(number))
            search->error = mpk_no_descriptor(search->fault, number, NULL, NULL);
        else
            search->error = og_fail(search->fault, OG_UNSUPPORTED, NULL, 0,
                                    "/proc/self/maps, which lists the host's code, cannot be read: "
                                    "/proc has to be mounted where the program sees it");
        return;
    }
    mpk_domains_visit(skip_code, search);
    const struct code *all = search->code + search->count;
    for (const struct code *code = search->code; code < all && !search->error; code++)
        if (!code->skipped)
            refuse_kind(search, code);
    for (const struct code *code = search->code; code < all && !search->error;)
        code = code->skipped ? code + 1 : look_at_run(search, code);
}

/* [low, high) of the process. */
static enum og_error check(uintptr_t low, uintptr_t high, struct og_fault *fault)
{
    struct search search = {.fault = fault, .low = low, .high = high, .memory = -1};
    search.bytes = mpk_allocate(1, LONGEST + CHUNK);
    if (!search.bytes)
        return out_of_memory(fault);
    search.again = true;
    for (int i = 0; i < ROUNDS && search.again && !search.error; i++)
        look(&search);
    /* In the last round, too: what was mended was not seen again, and what lies behind what
     * vanished not at all. */
    if (!search.error && search.again)
        search.error =
            og_fail(fault, OG_BUSY, NULL, 0, "code of the host's changes all the time: try again");
    if (search.memory >= 0)
        close(search.memory);
    mpk_release(search.bytes);
    mpk_release(search.code);
    return search.error;
}

/* --- when --- */

static int count_loads(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    *(uint64_t *)data = (uint64_t)info->dlpi_adds << 32 | (uint32_t)info->dlpi_subs;
    return 1;
}

/* How many objects the loader has loaded and unloaded, in all namespaces: it counts them together.
 * (What another namespace begins with it does not count as loaded, but takes off the others.) It
 * takes a lock of the loader's, which a child of fork finds as it was: so one of ours is held that
 * fork takes. */
static uint64_t loads(void)
{
    uint64_t count = 0;
    dl_iterate_phdr(count_loads, &count);
    return count;
}

enum og_error mpk_host_code_check(struct og_fault *fault)
{
    if (mpk_reading_is_execution())
        return og_fail(fault, OG_FORBIDDEN, NULL, 0, MPK_READING_IS_EXECUTION);
    pthread_mutex_lock(&lock);
    uint64_t count = loads();
    enum og_error error = check(0, UINTPTR_MAX, fault);
    if (!error)
        loads_seen = count;
    pthread_mutex_unlock(&lock);
    return error;
}

enum og_error mpk_host_code_check_loads(struct og_fault *fault)
{
    bool as_it_was = loads() == loads_seen && !mpk_reading_is_execution();
    return as_it_was ? OG_OK : mpk_host_code_check(fault);
}

enum og_error og_mpk_check_host(struct og_fault *fault)
{
    int cancellation = og_uncancelled_begin();
    enum og_error error = mpk_host_code_check(fault);
    og_uncancelled_end(cancellation);
    return error;
}

/* The loader's resolvers can be mended only while no other thread runs: before main, where this is
 * linked into the program. What fails here is told when a domain is opened. */
__attribute__((constructor)) static void mend_loader(void)
{
    struct dl_find_object loader;
    if (!og_mpk_supported(NULL) && getauxval(AT_BASE) &&
        !_dl_find_object((void *)getauxval(AT_BASE), &loader)) {
        pthread_mutex_lock(&lock);
        check((uintptr_t)loader.dlfo_map_start, (uintptr_t)loader.dlfo_map_end, NULL);
        pthread_mutex_unlock(&lock);
    }
}

pthread_mutex_t *mpk_host_code_lock(void)
{
    return &lock;
}
