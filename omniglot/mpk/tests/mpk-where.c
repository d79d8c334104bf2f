/* Where an address is, in words: what needs no protection keys of it. Files are copies of the
 * hostile library, whole and damaged. */
#include "omniglot/core/printable.h"
#include "omniglot/mpk/code/elf.h"
#include "omniglot/mpk/code/maps.h"
#include "omniglot/mpk/describe/where.h"
#include "omniglot/tests/cmocka-tests.h"

#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static char library[4096], copy[] = "/tmp/og-where-XXXXXX";
static unsigned char *bytes;
static size_t size;
static char words[1024];
long of_the_data = 5, of_what_is_zero;

static struct mpk_text text_begin(void)
{
    memset(words, 0, sizeof(words));
    return (struct mpk_text){words, sizeof(words), 0};
}

static void assert_told(const char *wanted)
{
    if (!strstr(words, wanted))
        fail_msg("\"%s\" is not in \"%s\"", wanted, words);
}

static int read_library(void **state)
{
    (void)state;
    FILE *file = fopen(library, "rb");
    assert_non_null(file);
    bytes = malloc(1 << 20);
    size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    int made = mkstemp(copy);
    assert_true(made >= 0 && size > 0);
    return close(made);
}

static int remove_copy(void **state)
{
    (void)state;
    free(bytes);
    return unlink(copy);
}

static void write_copy(const unsigned char *from, size_t count)
{
    FILE *file = fopen(copy, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(from, 1, count, file), count);
    fclose(file);
}

static void tell_copy(uint64_t at, bool by_offset)
{
    struct mpk_text text = text_begin();
    const struct mpk_place place = {copy, NULL, by_offset, at};
    mpk_place_tell(&place, &text);
    assert_true(text.length < sizeof(words));
    assert_int_equal(text.length, strlen(words));
    assert_true(strstr(words, copy) != NULL);
}

/* Where a function starts in the file: found by asking wherever one can. */
static uint64_t find(const char *symbol)
{
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "%s in ", symbol);
    for (uint64_t at = 0; at < size; at += 16) {
        tell_copy(at, true);
        if (!strncmp(words, wanted, strlen(wanted)))
            return at;
    }
    fail_msg("%s is nowhere", symbol);
    return 0;
}

static void owner(const volatile void *address)
{
    struct mpk_text text = text_begin();
    mpk_owner_tell(NULL, (uintptr_t)address, &text);
}

static void the_hosts_memory_is_told_by_kind(void **state)
{
    (void)state;
    void *anonymous = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    owner((void *)the_hosts_memory_is_told_by_kind);
    assert_told("the host's code, the_hosts_memory_is_told_by_kind in ");
    owner(&of_the_data);
    assert_told("the host's data, of_the_data in ");
    owner(&of_what_is_zero);
    assert_told("the host's data, of_what_is_zero in ");
    owner(__builtin_frame_address(0));
    assert_told("the host's stack");
    owner(sbrk(4096));
    assert_told("the host's heap");
    owner(anonymous);
    assert_told("the host's anonymous memory");
    munmap(anonymous, 4096);
    owner(NULL);
    assert_told("unmapped");
    owner((void *)UINTPTR_MAX);
    assert_true(strstr(words, "unmapped") || strstr(words, "[vsyscall]"));
}

/* Maps a page right behind the object's data; true, and the page in *data, if there was room. */
static int map_behind(struct dl_phdr_info *info, size_t unused, void *data)
{
    uintptr_t end = 0;
    (void)unused;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD &&
            info->dlpi_addr + segment->p_vaddr + segment->p_memsz > end)
            end = info->dlpi_addr + segment->p_vaddr + segment->p_memsz;
    }
    end = (end + 4095) & -(uintptr_t)4096;
    void *page = mmap((void *)end, 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (page == MAP_FAILED)
        return 0;
    *(void **)data = page;
    return 1;
}

static void memory_right_behind_a_librarys_data_is_not_the_librarys(void **state)
{
    (void)state;
    void *page = NULL;
    assert_true(dl_iterate_phdr(map_behind, &page));
    owner(page);
    assert_told("the host's anonymous memory");
    munmap(page, 4096);
}

static void *tell_on_a_thread(void *unused)
{
    (void)unused;
    owner(__builtin_frame_address(0));
    return NULL;
}

static void a_threads_stack_is_told_as_one(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, tell_on_a_thread, NULL), 0);
    pthread_join(thread, NULL);
    assert_told("the host's stack");
}

static void a_place_is_told_by_offset_and_by_address(void **state)
{
    (void)state;
    write_copy(bytes, size);
    uint64_t at = find("sum_ten");
    tell_copy(at + 3, true);
    assert_told("sum_ten+0x3 in ");
    /* The linker puts code of this library at its offset. */
    tell_copy(at + 3, false);
    assert_told("sum_ten+0x3 in ");
    tell_copy(size + 4096, false);
    assert_string_equal(words, copy);
}

static void names_cannot_command_a_terminal(void **state)
{
    (void)state;
    write_copy(bytes, size);
    uint64_t at = find("sum_ten");
    unsigned char *changed = malloc(size);
    memcpy(changed, bytes, size);
    for (size_t i = 0; i + 8 < size; i++)
        if (!memcmp(changed + i, "sum_ten", 8))
            changed[i] = 0x1b;
    write_copy(changed, size);
    tell_copy(at, true);
    assert_told("?um_ten in ");
    free(changed);
}

static void a_file_that_has_changed_tells_no_symbol(void **state)
{
    (void)state;
    write_copy(bytes, size);
    uint64_t at = find("sum_ten");
    struct mpk_identity identity;
    int file = open(copy, O_RDONLY);
    assert_true(mpk_identity_of(file, &identity));
    close(file);
    const struct mpk_place place = {copy, &identity, true, at};
    struct mpk_text text = text_begin();
    mpk_place_tell(&place, &text);
    assert_told("sum_ten in ");
    write_copy(bytes, size - 1);
    text = text_begin();
    mpk_place_tell(&place, &text);
    assert_told("changed since");
    assert_null(strstr(words, "sum_ten"));
}

static void damaged_files_do_no_harm(void **state)
{
    (void)state;
    enum { HEADER = 64, ROUNDS = 1000 };
    unsigned char *damaged = malloc(size);
    uint64_t random = 88172645463325252u;
    for (size_t cut = 1; cut < size; cut += cut < 2 * HEADER ? 1 : 97) {
        write_copy(bytes, cut);
        tell_copy(0x1100, true);
        tell_copy(0x1100, false);
    }
    for (int round = 0; round < ROUNDS; round++) {
        memcpy(damaged, bytes, size);
        for (int i = 0; i < 4; i++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            /* Half of it in the headers at both ends. */
            size_t range = round % 2 ? size : 1024, from = round % 4 == 2 ? size - range : 0;
            damaged[from + random % range] = (unsigned char)(random >> 40);
        }
        write_copy(damaged, size);
        tell_copy(0x1100, true);
        tell_copy(random, false);
    }
    free(damaged);
}

static void what_is_no_file_is_not_read(void **state)
{
    (void)state;
    static const char *const paths[] = {"/dev/zero", "/", "/nowhere", "/dev/null"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        const struct mpk_place place = {paths[i], NULL, true, 0};
        struct mpk_text text = text_begin();
        mpk_place_tell(&place, &text);
        assert_told("cannot be read");
    }
}

/* To open a pipe or a device can have an effect: others hear of it. */
static void what_is_no_file_is_not_opened_either(void **state)
{
    (void)state;
    struct inotify_event event;
    char pipe[64];
    snprintf(pipe, sizeof(pipe), "/tmp/og-pipe-%d", getpid());
    assert_int_equal(mkfifo(pipe, 0600), 0);
    int events = inotify_init1(IN_NONBLOCK);
    assert_true(inotify_add_watch(events, pipe, IN_OPEN) >= 0);
    const struct mpk_place place = {pipe, NULL, true, 0};
    struct mpk_text text = text_begin();
    mpk_place_tell(&place, &text);
    assert_told("cannot be read");
    assert_int_equal(read(events, &event, sizeof(event)), -1);
    close(open(pipe, O_RDONLY | O_NONBLOCK));
    assert_int_equal(read(events, &event, sizeof(event)), sizeof(event));
    close(events);
    unlink(pipe);
}

/* --- hostile files --- */

enum { SECTIONS = 65535, HOSTILE = 12 << 20 };

/* An ELF file whose every section header is a symbol table over the whole rest of the file, which
 * is its string table, too. No name in it ends, and every symbol's range is `symbol_size`. */
static unsigned char *make_hostile(uint64_t symbol_size)
{
    unsigned char *hostile = malloc(HOSTILE);
    memset(hostile, 'A', HOSTILE);
    size_t symbols = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr), sections = HOSTILE - SECTIONS * 64;
    const Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1},
                               .e_type = ET_DYN,
                               .e_machine = EM_X86_64,
                               .e_phoff = sizeof(header),
                               .e_phentsize = sizeof(Elf64_Phdr),
                               .e_phnum = 1,
                               .e_shoff = sections,
                               .e_shentsize = sizeof(Elf64_Shdr),
                               .e_shnum = SECTIONS};
    const Elf64_Phdr segment = {
        .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = HOSTILE, .p_memsz = HOSTILE};
    memcpy(hostile, &header, sizeof(header));
    memcpy(hostile + sizeof(header), &segment, sizeof(segment));
    for (size_t at = symbols; at + sizeof(Elf64_Sym) <= sections; at += sizeof(Elf64_Sym)) {
        const Elf64_Sym symbol = {.st_name = 1, .st_shndx = 1, .st_size = symbol_size};
        memcpy(hostile + at, &symbol, sizeof(symbol));
    }
    for (size_t i = 0; i < SECTIONS; i++) {
        const Elf64_Shdr section = {.sh_type = i % 2 ? SHT_SYMTAB : SHT_DYNSYM,
                                    .sh_offset = symbols,
                                    .sh_size = sections - symbols};
        memcpy(hostile + sections + i * sizeof(section), &section, sizeof(section));
    }
    return hostile;
}

/* Once through the headers and the symbols of two tables, whatever the file says. */
static void what_a_hostile_file_costs_is_bounded(void **state)
{
    (void)state;
    static const uint64_t symbol_sizes[] = {0, UINT64_MAX};
    enum { LIMIT = 2 * (SECTIONS + 2 * (HOSTILE / sizeof(Elf64_Sym))) };
    for (size_t i = 0; i < 2; i++) {
        unsigned char *hostile = make_hostile(symbol_sizes[i]);
        struct mpk_elf elf;
        assert_true(mpk_elf_open(&elf, hostile, HOSTILE));
        assert_string_equal(mpk_elf_symbol_at(&elf, 0x100, NULL), "");
        assert_in_range(elf.work, 1, LIMIT);
        assert_true(mpk_elf_open(&elf, hostile, HOSTILE));
        assert_int_equal(mpk_elf_symbol(&elf, "AAAAAAA"), 0);
        assert_in_range(elf.work, 1, LIMIT + 16 * (size_t)HOSTILE / sizeof(Elf64_Sym));
        write_copy(hostile, HOSTILE);
        tell_copy(0x100, false);
        free(hostile);
    }
}

/* One table of one symbol, and behind it a section that does not count. */
struct small {
    Elf64_Ehdr header;
    Elf64_Shdr symbols, names, other;
    Elf64_Sym symbol;
};
enum { SMALL_AT = 0x1000 };

static struct small small_file(size_t names, size_t names_size)
{
    const Elf64_Shdr section = {.sh_type = SHT_STRTAB, .sh_offset = names, .sh_size = names_size};
    return (struct small){
        .header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1},
                   .e_machine = EM_X86_64,
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_shoff = offsetof(struct small, symbols),
                   .e_shentsize = sizeof(Elf64_Shdr),
                   .e_shnum = 2},
        .symbols = {.sh_type = SHT_SYMTAB,
                    .sh_offset = offsetof(struct small, symbol),
                    .sh_size = sizeof(Elf64_Sym),
                    .sh_link = 1},
        .names = section,
        .other = section,
        .symbol = {.st_name = 1, .st_shndx = 1, .st_size = 1, .st_value = SMALL_AT}};
}

/* Nothing is read behind the file. */
static void a_table_that_is_not_in_its_file_tells_no_symbol(void **state)
{
    (void)state;
    enum { SIZE = 4096, NAMES = 8, WAYS = 5 };
    unsigned char *file =
        mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(file, MAP_FAILED);
    assert_int_equal(mprotect(file + SIZE, SIZE, PROT_NONE), 0);
    struct small ways[WAYS];
    for (size_t i = 0; i < WAYS; i++)
        ways[i] = small_file(SIZE - NAMES, NAMES);
    ways[1].header.e_shnum = 100;
    ways[2].symbols.sh_size = SIZE;
    ways[3].symbols.sh_link = 2;
    ways[4].names.sh_offset = SIZE;
    struct mpk_elf elf;
    memcpy(file + SIZE - NAMES, "\0name", 6);
    for (size_t i = 0; i < WAYS; i++) {
        memcpy(file, &ways[i], sizeof(ways[i]));
        assert_true(mpk_elf_open(&elf, file, SIZE));
        assert_string_equal(mpk_elf_symbol_at(&elf, SMALL_AT, NULL), i ? "" : "name");
    }
    assert_false(mpk_elf_open(&elf, file + SIZE - NAMES, NAMES));
    munmap(file, 2 * (size_t)SIZE);
}

static void a_name_is_looked_at_no_further_than_the_most(void **state)
{
    (void)state;
    enum { NAMES = 3 * MPK_ELF_NAME_MAX, SIZE = sizeof(struct small) + NAMES };
    static unsigned char file[SIZE];
    const struct small small = small_file(sizeof(small), NAMES);
    char *name = (char *)file + sizeof(small) + 1;
    struct mpk_elf elf;
    memcpy(file, &small, sizeof(small));
    for (size_t length = MPK_ELF_NAME_MAX - 1; length < NAMES - 1; length += MPK_ELF_NAME_MAX) {
        memset(name, 'A', length);
        assert_true(mpk_elf_open(&elf, file, sizeof(file)));
        assert_int_equal(strlen(mpk_elf_symbol_at(&elf, SMALL_AT, NULL)),
                         length < MPK_ELF_NAME_MAX ? length : 0);
        assert_in_range(elf.work, 1, MPK_ELF_NAME_MAX + 8);
    }
}

/* A file of symbols that are nobody's, up to the last two: the last that is looked at, and the
 * first that is not. */
static void symbols_behind_the_most_are_not_looked_at(void **state)
{
    (void)state;
    enum { COUNT = MPK_ELF_SYMBOLS_MAX + 1, TABLE = 4096, AT = 0x1000, BEHIND = 0x2000 };
    const size_t end = TABLE + (size_t)COUNT * sizeof(Elf64_Sym);
    const size_t all = end + 8; /* the names: "", "name" */
    unsigned char *file =
        mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(file, MAP_FAILED);
    const Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1},
                               .e_machine = EM_X86_64,
                               .e_phentsize = sizeof(Elf64_Phdr),
                               .e_shoff = sizeof(header),
                               .e_shentsize = sizeof(Elf64_Shdr),
                               .e_shnum = 2};
    const Elf64_Shdr sections[] = {
        {.sh_type = SHT_SYMTAB, .sh_offset = TABLE, .sh_size = end - TABLE, .sh_link = 1},
        {.sh_type = SHT_STRTAB, .sh_offset = end, .sh_size = 8},
    };
    const Elf64_Sym symbols[] = {{.st_name = 1, .st_shndx = 1, .st_size = 1, .st_value = AT},
                                 {.st_name = 1, .st_shndx = 1, .st_size = 1, .st_value = BEHIND}};
    memcpy(file, &header, sizeof(header));
    memcpy(file + sizeof(header), sections, sizeof(sections));
    memcpy(file + end - sizeof(symbols), symbols, sizeof(symbols));
    memcpy(file + end, "\0name", 6);
    struct mpk_elf elf;
    assert_true(mpk_elf_open(&elf, file, all));
    assert_string_equal(mpk_elf_symbol_at(&elf, AT, NULL), "name");
    assert_string_equal(mpk_elf_symbol_at(&elf, BEHIND, NULL), "");
    munmap(file, all);
}

/* --- no lock is held while a file is read --- */

static bool watched, is_free;

static bool visit_none(struct mpk_domain *domain, void *data)
{
    (void)domain;
    (void)data;
    return true;
}

static void *take_domains_lock(void *data)
{
    mpk_domains_visit(visit_none, NULL);
    return data;
}

/* In the C library's stead: while a file of a domain's is opened, another thread asks for the lock
 * of the domains. If it does not get it within ten seconds, it waits for this one. */
int open(const char *path, int flags, ...)
{
    if (watched && !strcmp(path, copy)) {
        pthread_t thread;
        struct timespec until;
        watched = false;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 10;
        if (!pthread_create(&thread, NULL, take_domains_lock, NULL))
            is_free = !pthread_timedjoin_np(thread, NULL, &until);
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
}

static void files_are_read_without_the_lock_of_the_domains(void **state)
{
    (void)state;
    enum { PAGES = 16, START = 0x10000, END = START + PAGES * 4096 /* of all: it has no heap */ };
    static unsigned char pages[PAGES];
    static struct mpk_domain domain;
    write_copy(bytes, size);
    uint64_t at = find("sum_ten");
    int file = open(copy, O_RDONLY);
    pthread_mutex_init(&domain.lock, NULL);
    memset(pages, MPK_CODE, sizeof(pages));
    domain.arena = (struct mpk_arena){.start = START, .size = END - START, .map_pages = PAGES};
    domain.arena.stack = domain.arena.heap = domain.arena.stacks = domain.arena.scopes = END;
    domain.arena.pages = pages;
    mpk_mapped_add(&domain.arena, START, END - START, file, 0);
    close(file);
    mpk_domains[0] = &domain;
    watched = true;
    owner((void *)(START + at));
    mpk_domains[0] = NULL;
    assert_told("another domain's code, sum_ten in ");
    assert_false(watched);
    assert_true(is_free);
    mpk_mapped_close(&domain.arena);
}

/* --- text --- */

static void text_of_others_cannot_command_a_terminal(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } texts[] = {
        {"plain text", "plain text"},
        {"gr\xc3\xbc\xc3\x9f, \xe2\x82\xac, \xf0\x9f\x90\xa7", NULL}, /* UTF-8 stays */
        {"\x1b[31m\a\n\t\x7f", "?[31m"
                               "????"},
        {"\xc2\x9b"
         "31m",
         "??"
         "31m"},                           /* CSI, of 8 bits */
        {"\xff\xfe\x80", "???"},           /* no UTF-8 */
        {"\xc0\xaf\xe0\x80\xaf", "?????"}, /* longer than need be */
        {"\xed\xa0\x80", "???"},           /* half of a pair */
        {"\xf4\x90\x80\x80", "????"},      /* above Unicode */
        {"\xe2\x82", "??"},                /* cut */
        {"\xe2\x80\xae"
         "txt",
         "???txt"}, /* turns the direction */
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct og_fault fault;
        const char *shown = texts[i].shown ? texts[i].shown : texts[i].text;
        char changed[64];
        snprintf(changed, sizeof(changed), "%s", texts[i].text);
        og_make_printable(changed);
        assert_string_equal(changed, shown);
        og_fail(&fault, OG_NOT_FOUND, texts[i].text, 0, texts[i].text);
        assert_string_equal(fault.symbol, shown);
        assert_string_equal(fault.message, shown);
    }
}

static void output_that_was_made_printable_keeps_its_lines(void **state)
{
    (void)state;
    char text[] = "a\tb\n\x1b[31m\0gr\xc3\xbc\xc3\x9f\xc2\x9b\xf0\x9f\x90";
    og_output_make_printable(text, sizeof(text) - 1);
    assert_memory_equal(text, "a\tb\n?[31m?gr\xc3\xbc\xc3\x9f?\?\?\?\?", sizeof(text));
    og_output_make_printable(text, 0);
    /* A character that the piece cuts is not looked for behind it. */
    char cut[] = "\xe2\x82\xac";
    og_output_make_printable(cut, 2);
    assert_memory_equal(cut, "?\?\xac", 3);
}

/* --- notes of what was loaded where --- */

static void enter_folder(const char *name)
{
    assert_int_equal(mkdir(name, 0755), 0);
    assert_int_equal(chdir(name), 0);
}

static void leave_folder(const char *name)
{
    assert_int_equal(chdir(".."), 0);
    assert_int_equal(rmdir(name), 0);
}

/* Which of two addresses the kernel is said to list: of a mapping, and of what a name spells. */
struct listed {
    uintptr_t address;
    bool mapped, spelt;
};

static bool note_listed(const struct mpk_mapping *mapping, void *data)
{
    struct listed *listed = data;
    listed->mapped |= mapping->start == listed->address;
    listed->spelt |= mapping->start == 0x7fff00000000;
    return false;
}

/* Each end of a line in a path is four bytes in the kernel's list: no room is enough for it. */
static void the_name_of_a_mapped_file_is_no_mapping(void **state)
{
    (void)state;
    enum { DEEP = 4, PART = 250 };
    char root[] = "/tmp/og-deep-XXXXXX", part[PART + 1] = "", line[256];
    int here = open(".", O_RDONLY | O_DIRECTORY);
    assert_non_null(mkdtemp(root));
    assert_int_equal(chdir(root), 0);
    memset(part, '\n', PART);
    for (int i = 0; i < DEEP; i++)
        enter_folder(part);
    snprintf(line, sizeof(line), "%200s7fff00000000-7fff00001000 rwxp 0 0:0 0 name", "");
    enter_folder(line);
    int file = open("file", O_CREAT | O_RDWR, 0600);
    assert_int_equal(ftruncate(file, 4096), 0);
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0);
    struct listed listed = {.address = (uintptr_t)page};
    assert_true(mpk_maps_visit(note_listed, &listed));
    assert_true(listed.mapped);
    assert_false(listed.spelt);
    munmap(page, 4096);
    close(file);
    unlink("file");
    leave_folder(line);
    for (int i = 0; i < DEEP; i++)
        leave_folder(part);
    assert_int_equal(fchdir(here), 0);
    rmdir(root);
    close(here);
}

static void the_last_note_of_an_address_counts(void **state)
{
    (void)state;
    struct mpk_arena arena = {.start = 0};
    struct mpk_place place;
    write_copy(bytes, size);
    int file = open(copy, O_RDONLY);
    mpk_mapped_forget(&arena, 0x1000, 0x1000); /* nothing to forget */
    assert_int_equal(arena.mapped_count, 0);
    mpk_mapped_add(&arena, 0x10000, 0x4000, file, 0x2000);
    mpk_mapped_add(&arena, 0x11000, 0x1000, file, 0x8000);
    assert_false(mpk_mapped_find(&arena, 0xffff, &place));
    assert_true(mpk_mapped_find(&arena, 0x10010, &place));
    assert_int_equal(place.at, 0x2010);
    assert_string_equal(place.path, copy);
    assert_true(mpk_mapped_find(&arena, 0x11010, &place));
    assert_int_equal(place.at, 0x8010);
    mpk_mapped_forget(&arena, 0x11000, 0x2000);
    assert_false(mpk_mapped_find(&arena, 0x11010, &place));
    assert_true(mpk_mapped_find(&arena, 0x13fff, &place));
    assert_int_equal(place.at, 0x5fff);
    assert_false(mpk_mapped_find(&arena, 0x14000, &place));
    close(file);
    mpk_mapped_close(&arena);
    assert_false(mpk_mapped_find(&arena, 0x10010, &place));
}

static void a_full_table_forgets_rather_than_lies(void **state)
{
    (void)state;
    struct mpk_arena arena = {.start = 0};
    struct mpk_place place;
    int file = open(copy, O_RDONLY);
    for (uintptr_t i = 1; i < 3000; i++)
        mpk_mapped_add(&arena, i << 12, 0x1000, file, 0);
    assert_true(mpk_mapped_find(&arena, 0x1000, &place));
    assert_false(mpk_mapped_find(&arena, 2999 << 12, &place));
    mpk_mapped_forget(&arena, 0x1000, 0x1000);
    assert_false(mpk_mapped_find(&arena, 0x1000, &place));
    close(file);
    mpk_mapped_close(&arena);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hosts_memory_is_told_by_kind),
        cmocka_unit_test(memory_right_behind_a_librarys_data_is_not_the_librarys),
        cmocka_unit_test(a_threads_stack_is_told_as_one),
        cmocka_unit_test(a_place_is_told_by_offset_and_by_address),
        cmocka_unit_test(names_cannot_command_a_terminal),
        cmocka_unit_test(a_file_that_has_changed_tells_no_symbol),
        cmocka_unit_test(damaged_files_do_no_harm),
        cmocka_unit_test(what_is_no_file_is_not_read),
        cmocka_unit_test(what_is_no_file_is_not_opened_either),
        cmocka_unit_test(what_a_hostile_file_costs_is_bounded),
        cmocka_unit_test(a_table_that_is_not_in_its_file_tells_no_symbol),
        cmocka_unit_test(a_name_is_looked_at_no_further_than_the_most),
        cmocka_unit_test(symbols_behind_the_most_are_not_looked_at),
        cmocka_unit_test(files_are_read_without_the_lock_of_the_domains),
        cmocka_unit_test(text_of_others_cannot_command_a_terminal),
        cmocka_unit_test(output_that_was_made_printable_keeps_its_lines),
        cmocka_unit_test(the_name_of_a_mapped_file_is_no_mapping),
        cmocka_unit_test(the_last_note_of_an_address_counts),
        cmocka_unit_test(a_full_table_forgets_rather_than_lies),
    };
    char *slash = strrchr(argv[0], '/');
    (void)argc;
    snprintf(library, sizeof(library), "%.*s/../lib/libogattack.so",
             slash ? (int)(slash - argv[0]) : 1, slash ? argv[0] : ".");
    return cmocka_run_group_tests(tests, read_library, remove_copy);
}
