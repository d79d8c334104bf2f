/* What no domain may change: memory of every kind, the thread's state, mappings, descriptors,
 * files, and the host's timer. */
#include "host.h"

#include "omniglot/mpk/mpk.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    HEAP_WORDS = 512,
    GLOBAL_WORDS = 64,
    REGISTERS = 8,
    FOLDER_TEXT = 4096,
    MAPS_TEXT = 1 << 20 /* smaps takes 700 bytes and more a mapping */
};
enum { FLAGS_CLEAR = 0x40500 /* trap, direction, alignment check */ };

const char canaries_file_text[] = "S3cr3t!\n";

/* One line of /proc/self/maps, or of smaps. */
struct mapping {
    uintptr_t start, end;
    char rights[5];
    bool file;
    int key;
};

static uint64_t *heap, salt;
static uint64_t globals[GLOBAL_WORDS];
static __thread uint64_t of_thread = 0x7ead5ec2e7;
static struct mapping mappings[MAPS];
static size_t mapping_count;
static char descriptors[FOLDER_TEXT], folder[FOLDER_TEXT];
static struct og_domain *const *opened;
static size_t opened_count;
static sigset_t mask;
static volatile uint64_t ticks;
static char maps_text[MAPS_TEXT];
static pthread_mutex_t maps_lock = PTHREAD_MUTEX_INITIALIZER;

extern const char og_mpk_gate_start[], og_mpk_gate_end[];

static uint64_t word_of(uint64_t number)
{
    uint64_t state = salt + number * 0x10001;
    return next_random(&state) | UINT64_C(1) << 63 | 1;
}

uint64_t canaries_secret(unsigned number)
{
    return word_of(HEAP_WORDS + GLOBAL_WORDS + number % REGISTERS);
}

/* Registers, and every eighth word of the heap: a copied page holds them in a row. */
bool canaries_know(const uint64_t *words, size_t count, uint64_t *secret)
{
    static __thread uint64_t secrets[REGISTERS + HEAP_WORDS / 8];
    size_t known = sizeof(secrets) / sizeof(secrets[0]);
    for (unsigned i = 0; i < known && !secrets[known - 1]; i++)
        secrets[i] = i < REGISTERS ? canaries_secret(i) : word_of((i - REGISTERS) * 8);
    for (size_t i = 0; i < count; i++)
        for (unsigned j = 0; words[i] >> 63 && j < known; j++)
            if (words[i] == secrets[j]) {
                *secret = words[i];
                return true;
            }
    return false;
}

/* --- mappings --- */

static bool is_the_domains(uintptr_t address)
{
    if (address - og_mpk_signal_stacks < og_mpk_signal_stacks_size ||
        address - og_mpk_thread_blocks < og_mpk_thread_blocks_size)
        return true;
    for (size_t i = 0; i < opened_count; i++) {
        const struct mpk_arena *arena = &((const struct mpk_domain *)opened[i])->arena;
        if (address - arena->start < arena->size)
            return true;
    }
    return false;
}

/* Reads a file of /proc whole: what it says may change from one read to the next. */
static void read_text(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    size_t size = 0;
    ssize_t got = 1;
    while (file >= 0 && got > 0 && size < MAPS_TEXT - 1) {
        got = read(file, maps_text + size, MAPS_TEXT - 1 - size);
        size += got > 0 ? (size_t)got : 0;
    }
    maps_text[size] = '\0';
    close(file);
    if (size == MAPS_TEXT - 1)
        report("%s is longer than the fuzzer reads", path);
}

/* The host's mappings of files, which nothing has reason to change, and all else in *others. */
static size_t read_mappings(const char *path, struct mapping *found, size_t *others)
{
    size_t count = 0;
    *others = 0;
    read_text(path);
    bool counted = false;
    for (char *line = strtok(maps_text, "\n"); line; line = strtok(NULL, "\n")) {
        struct mapping now = {0};
        unsigned long inode;
        int key;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %lu", &now.start, &now.end,
                   now.rights, &inode) == 4) {
            if (now.rights[1] == 'w' && now.rights[2] == 'x')
                report("a mapping is writable and executable: %s", line);
            now.file = inode != 0;
            counted = now.file && !is_the_domains(now.start) && count < MAPS;
            *others += !counted && !is_the_domains(now.start);
            if (counted)
                found[count++] = now;
        } else if (counted && sscanf(line, "ProtectionKey: %d", &key) == 1) {
            found[count - 1].key = key;
        }
    }
    return count;
}

static void check_mappings(bool keys)
{
    static struct mapping now[MAPS];
    static size_t others_before;
    size_t others, count;
    pthread_mutex_lock(&maps_lock);
    count = read_mappings(keys ? "/proc/self/smaps" : "/proc/self/maps", now, &others);
    for (size_t i = 0; i < count && i < mapping_count; i++)
        if (now[i].start != mappings[i].start || now[i].end != mappings[i].end ||
            strcmp(now[i].rights, mappings[i].rights) || (keys && now[i].key != mappings[i].key))
            report("the host's mapping %" PRIxPTR "-%" PRIxPTR " %s key %d was %" PRIxPTR
                   "-%" PRIxPTR " %s key %d",
                   now[i].start, now[i].end, now[i].rights, now[i].key, mappings[i].start,
                   mappings[i].end, mappings[i].rights, mappings[i].key);
    if (count != mapping_count)
        report("the host has %zu mappings of files, had %zu", count, mapping_count);
    if (!others_before)
        others_before = others;
    if (others > others_before + 64)
        report("the host has %zu other mappings, had %zu", others, others_before);
    pthread_mutex_unlock(&maps_lock);
}

/* --- folders and memory --- */

static void list(const char *path, char text[FOLDER_TEXT])
{
    struct dirent *entry;
    struct stat status;
    char whole[512], target[256];
    size_t used = 0;
    DIR *open_folder = opendir(path);
    text[0] = '\0';
    while (open_folder && (entry = readdir(open_folder)) && used < FOLDER_TEXT - 512) {
        snprintf(whole, sizeof(whole), "%s/%s", path, entry->d_name);
        ssize_t length = readlink(whole, target, sizeof(target) - 1);
        target[length > 0 ? length : 0] = '\0';
        /* The folder's own descriptor, and its parents. */
        if (entry->d_name[0] == '.' || atoi(entry->d_name) == dirfd(open_folder))
            continue;
        long size = length > 0 || stat(whole, &status) ? 0 : (long)status.st_size;
        used += (size_t)snprintf(text + used, FOLDER_TEXT - used, "%s %s %ld\n", entry->d_name,
                                 target, size);
    }
    if (open_folder)
        closedir(open_folder);
}

static long resident_pages(void)
{
    long size, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file || fscanf(file, "%ld %ld", &size, &resident) != 2)
        resident = 0;
    if (file)
        fclose(file);
    return resident;
}

/* Heap, mappings and stacks of the domains may be that much more than when they were opened. */
enum { MORE_PAGES = (24 << 20) / MPK_PAGE };
static long resident_at_first;

void canaries_check_resident(void)
{
    long now = resident_pages();
    if (now > resident_at_first + MORE_PAGES)
        report("the host has %ld pages resident, had %ld", now, resident_at_first);
}

/* --- making and checking --- */

void canaries_make(uint64_t seed)
{
    salt = seed * 0x9e3779b97f4a7c15;
    heap = malloc(HEAP_WORDS * sizeof(*heap));
    for (size_t i = 0; heap && i < HEAP_WORDS; i++)
        heap[i] = word_of(i);
    for (size_t i = 0; i < GLOBAL_WORDS; i++)
        globals[i] = word_of(HEAP_WORDS + i);
}

void canaries_settle(struct og_domain *const *domains, size_t count)
{
    size_t others;
    opened = domains;
    opened_count = count;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    list("/proc/self/fd", descriptors);
    list("/tmp/fuzz-domain", folder);
    mapping_count = read_mappings("/proc/self/smaps", mappings, &others);
    check_mappings(true);
    resident_at_first = resident_pages();
}

static void check_memory(void)
{
    for (size_t i = 0; i < HEAP_WORDS; i++)
        if (heap[i] != word_of(i))
            report("the host's heap was written: word %zu is %" PRIx64, i, heap[i]);
    for (size_t i = 0; i < GLOBAL_WORDS; i++)
        if (globals[i] != word_of(HEAP_WORDS + i))
            report("the host's globals were written: word %zu is %" PRIx64, i, globals[i]);
    if (of_thread != 0x7ead5ec2e7)
        report("a thread variable of the host was written: %" PRIx64, of_thread);
}

static uint32_t rights_now(void)
{
    uint32_t rights;
    __asm__ volatile("rdpkru" : "=a"(rights) : "c"(0) : "rdx");
    return rights;
}

uint32_t canaries_rights(const struct og_domain *domain)
{
    return ((const struct mpk_domain *)domain)->pkru;
}

void canaries_check(bool whole)
{
    sigset_t now;
    uint32_t mxcsr;
    uint16_t control;
    struct {
        uint32_t control, status, tags, others[4];
    } unit;
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1\n\tfnstenv %2\n\tfldenv %2"
                     : "=m"(mxcsr), "=m"(control), "+m"(unit));
    if ((mxcsr & 0xffc0) != 0x1f80 || control != 0x37f)
        report("control words: MXCSR %x, x87 %x", mxcsr, control);
    if ((unit.tags & 0xffff) != 0xffff)
        report("the x87 stack is not empty: tags %x", unit.tags & 0xffff);
    if (rights_now())
        report("the host's rights are %x", rights_now());
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    for (int signal = 1; signal < _NSIG; signal++)
        if (sigismember(&now, signal) != sigismember(&mask, signal))
            report("signal %d is blocked: %d, was %d", signal, sigismember(&now, signal),
                   sigismember(&mask, signal));
    check_memory();
    if (whole)
        check_mappings(false);
}

void canaries_check_end(void)
{
    static char now[FOLDER_TEXT];
    char start[64];
    canaries_check(false);
    check_mappings(true);
    list("/proc/self/fd", now);
    if (strcmp(now, descriptors))
        report("the host's descriptors were:\n%sand are:\n%s", descriptors, now);
    list("/tmp/fuzz-domain", now);
    if (strcmp(now, folder))
        report("the files were:\n%sand are:\n%s", folder, now);
    int file = open("/tmp/fuzz-domain/secret", O_RDONLY | O_CLOEXEC);
    ssize_t got = read(file, start, sizeof(start));
    close(file);
    if (got < 8 || memcmp(start, canaries_file_text, 8))
        report("a file was written");
}

/* --- what the domain is told --- */

static void add_target(struct plan *plan, const void *start, size_t size, enum place place)
{
    if (plan->target_count < TARGETS)
        plan->targets[plan->target_count++] =
            (struct target){(uintptr_t)start, size, (uint32_t)place};
}

/* See inside.c: a far return with a wild stack kills the emulated kernel. */
static bool holds_far_return(const unsigned char *code, size_t size)
{
    for (size_t i = 0; i < size && i < 24; i++)
        if (code[i] == 0xca || code[i] == 0xcb || code[i] == 0xcf)
            return true;
    return false;
}

static bool asks_the_kernel(const unsigned char *code)
{
    return !memcmp(code, "\x0f\x05", 2) || !memcmp(code, "\x0f\x34", 2) ||
           !memcmp(code, "\xcd\x80", 2);
}

/* WRPKRU, XRSTOR, WRFSBASE, WRGSBASE. */
static bool opens_something(const unsigned char *code)
{
    return !memcmp(code, "\x0f\x01\xef", 3) ||
           (code[0] == 0x0f && code[1] == 0xae && (code[2] & 0x38) == 0x28 && code[2] < 0xc0) ||
           (code[0] == 0xf3 && code[1] == 0x0f && code[2] == 0xae && code[2] >= 0xd0);
}

/* What there is of such in the host, found once. */
enum { INTEREST = 2048 };
struct places {
    size_t count;
    uintptr_t at[INTEREST];
};
static struct places asking, opening;

static void add_place(struct places *places, uintptr_t at)
{
    if (places->count < INTEREST)
        places->at[places->count++] = at;
}

void canaries_look_for_code(void)
{
    static struct mapping found[MAPS];
    size_t others, count = read_mappings("/proc/self/maps", found, &others);
    asking.count = opening.count = 0;
    for (size_t i = 0; i < count; i++)
        for (uintptr_t at = found[i].start; found[i].rights[2] == 'x' && at + 4 < found[i].end;
             at++) {
            if (asks_the_kernel((const unsigned char *)at))
                add_place(&asking, at);
            if (opens_something((const unsigned char *)at))
                add_place(&opening, at);
        }
}

static void add_jump(struct plan *plan, uintptr_t at, uintptr_t end)
{
    if (plan->jump_count < JUMPS && !holds_far_return((const unsigned char *)at, end - at))
        plan->jumps[plan->jump_count++] = at;
}

static uintptr_t any_place(const struct places *places, uint64_t *random)
{
    return places->count ? places->at[next_random(random) % places->count] : 0;
}

/* Into the gate, to what opens it, to what asks the kernel, and anywhere. */
static void add_jumps(struct plan *plan, uint64_t *random)
{
    uintptr_t gate = (uintptr_t)og_mpk_gate_start, gate_end = (uintptr_t)og_mpk_gate_end;
    for (int i = 0; mapping_count && i < JUMPS; i++) {
        const struct mapping *in = &mappings[next_random(random) % mapping_count];
        uintptr_t at = 0, end;
        switch (next_random(random) % 4) {
        case 0:
            add_jump(plan, gate + next_random(random) % (gate_end - gate), gate_end);
            continue;
        case 1:
            at = any_place(&opening, random);
            break;
        case 2:
            at = any_place(&asking, random);
            break;
        default:
            if (in->rights[2] == 'x')
                add_jump(plan, in->start + next_random(random) % (in->end - in->start), in->end);
            continue;
        }
        end = at >= gate && at < gate_end ? gate_end : at + 16;
        if (at)
            add_jump(plan, at, end);
    }
}

void canaries_tell(struct plan *plan, uint64_t *random, const struct og_domain *own)
{
    uintptr_t block, here = (uintptr_t)__builtin_frame_address(0);
    stack_t stack = {0};
    add_target(plan, heap, HEAP_WORDS * sizeof(*heap), PLACE_HOST_DATA);
    add_target(plan, globals, sizeof(globals), PLACE_HOST_DATA);
    add_target(plan, &of_thread, sizeof(of_thread), PLACE_HOST_DATA);
    add_target(plan, (const void *)(here & -(uintptr_t)4096), 8192, PLACE_HOST_DATA);
    add_target(plan, og_mpk_gate_start, (size_t)(og_mpk_gate_end - og_mpk_gate_start), PLACE_GATE);
    __asm__("rdgsbase %0" : "=r"(block));
    if (block)
        add_target(plan, (const void *)block, 3 * 4096, PLACE_THREAD_BLOCK);
    if (!syscall(SYS_sigaltstack, NULL, &stack) && stack.ss_sp)
        add_target(plan, (const char *)stack.ss_sp + stack.ss_size - 8192, 8192,
                   PLACE_SIGNAL_STACK);
    for (size_t i = 0; i < opened_count; i++) {
        const struct mpk_arena *arena = &((const struct mpk_domain *)opened[i])->arena;
        if (opened[i] != own)
            add_target(plan, (const void *)arena->start, arena->size, PLACE_OTHER_DOMAIN);
    }
    const struct mpk_seat *seat = &((const struct mpk_domain *)own)->seats;
    for (int i = 0; i < 2 && seat; i++, seat = seat->next) {
        add_target(plan, (const void *)(seat->stack_end - 8192), 8192, PLACE_STACK);
        add_target(plan, (const void *)seat->stack_low, 512, PLACE_STACK_END);
    }
    add_jumps(plan, random);
}

/* --- the timer --- */

static void tick(int signal)
{
    uint64_t flags;
    (void)signal;
    __asm__ volatile("pushf\n\tpop %0" : "=r"(flags));
    if (flags & FLAGS_CLEAR)
        report("the host's handler runs with flags %" PRIx64, flags);
    /* The kernel's for handlers, on a thread that has entered no domain yet. */
    if (rights_now() && rights_now() != 0x55555554)
        report("the host's handler runs with rights %x", rights_now());
    if (of_thread != 0x7ead5ec2e7)
        report("the host's handler has another thread's variables");
    ticks = ticks + 1;
}

void canaries_start_timer(void)
{
    const struct itimerval millisecond = {{0, 1000}, {0, 1000}};
    struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};
    struct og_fault fault;
    if (sigaction(SIGALRM, &action, NULL) || sigaction(SIGUSR1, &action, NULL) ||
        og_mpk_signal_adopt(SIGALRM, &fault) || og_mpk_signal_adopt(SIGUSR1, &fault) ||
        setitimer(ITIMER_REAL, &millisecond, NULL))
        report("cannot start the timer");
}

uint64_t canaries_ticks(void)
{
    return ticks;
}
