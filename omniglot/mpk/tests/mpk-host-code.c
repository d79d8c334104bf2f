/* The host's own code: whatever is executable in the process when a domain is opened, wherever it
 * is from, holds no way out. Each scenario spoils its process, so it has one of its own, in which
 * it opens the first domain. */
#include "mpk-test.h"
#include "omniglot/mpk/code/maps.h"
#include "omniglot/mpk/mpk.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

enum { PAGE = 4096 };
/* Not constant: as an operand of this program's own code it would be what is to be found. */
unsigned char wrpkru_ret[] = {0x0f, 0x01, 0xef, 0xc3};

/* --- processes --- */

/* What a scenario's process leaves for its parent. */
static struct outcome {
    enum og_error error;
    struct og_fault fault;
    long secret, value;
    bool done;
} * outcome;

static void run(void (*scenario)(void))
{
    int status;
    memset(outcome, 0, sizeof(*outcome));
    outcome->secret = 4242;
    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        scenario();
        outcome->done = true;
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || !outcome->done)
        fail_msg("the scenario ended early: status 0x%x", (unsigned)status);
}

/* Opens a domain in a scenario; NULL if there is none, and the outcome says why. */
static struct og_domain *open_one(void)
{
    static const struct og_options options = {.isolation = OG_MPK, .deadline_ms = 1000};
    struct og_domain *opened = NULL;
    char path[sizeof(library)];
    beside_library(path, "liboghostcode.so");
    outcome->error = og_domain_open(&opened, (const char *const[]){path, NULL}, &options, &fault);
    outcome->fault = fault;
    return opened;
}

/* The same; its end if there is none. */
static struct og_domain *open_or_end(void)
{
    struct og_domain *opened = open_one();
    if (!opened) {
        outcome->done = true;
        _exit(0);
    }
    return opened;
}

/* Calls `name` in a domain with three words; how it ended is the outcome. */
static void attack(struct og_domain *opened, const char *name, const void *code)
{
    struct og_scope scope;
    struct og_function function;
    outcome->error = og_domain_lookup(opened, name, &function, &fault);
    og_scope_begin(opened, &scope);
    if (!outcome->error)
        outcome->error =
            CALL(scope, function, AS(words *)((long)code, (long)&outcome->secret, 666, 0));
    outcome->fault = fault;
    og_scope_end(&scope);
}

static void assert_refused_by(enum og_error error, const char *what)
{
    assert_int_equal(outcome->secret, 4242);
    assert_int_equal(outcome->error, error);
    if (!strstr(outcome->fault.message, what))
        fail_msg("\"%s\" is not in \"%s\"", what, outcome->fault.message);
}

static void assert_refused(const char *what)
{
    assert_refused_by(OG_FORBIDDEN, what);
}

/* --- other C libraries --- */

static void *second_pkey_set(void)
{
    void *handle = dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW);
    void *function = handle ? dlsym(handle, "pkey_set") : NULL;
    if (!function || function == dlsym(RTLD_DEFAULT, "pkey_set")) {
        fprintf(stderr, "no second C library: %s\n", handle ? "it has no pkey_set" : dlerror());
        _exit(1);
    }
    return function;
}

static void use_second_pkey_set(void)
{
    void *pkey_set_of_second = second_pkey_set();
    attack(open_or_end(), "write_by_pkey_set", pkey_set_of_second);
}

static void the_pkey_set_of_a_second_libc_opens_nothing(void **state)
{
    (void)state;
    run(use_second_pkey_set);
    assert_int_equal(outcome->secret, 4242);
    assert_int_equal(outcome->error, OG_FAULTED);
    assert_int_equal(outcome->fault.signal, SIGILL);
}

static void use_late_pkey_set(void)
{
    struct og_domain *opened = open_or_end();
    void *pkey_set_of_second = second_pkey_set();
    if (og_domain_reset(opened, &fault))
        _exit(1);
    attack(opened, "write_by_pkey_set", pkey_set_of_second);
}

static void what_was_loaded_since_is_looked_at_by_reset(void **state)
{
    (void)state;
    run(use_late_pkey_set);
    assert_int_equal(outcome->secret, 4242);
    assert_int_equal(outcome->error, OG_FAULTED);
    assert_int_equal(outcome->fault.signal, SIGILL);
}

/* --- the gate --- */

extern unsigned char og_mpk_gate_start[], og_mpk_gate_end[];
static void write_code(unsigned char *page, size_t at, const unsigned char *bytes, size_t size);

/* As a distance may, from the gate's code to some datum: no check follows. */
static void spell_in_gate(void)
{
    unsigned char *page = og_mpk_gate_start,
                  filler[] = {0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc};
    unsigned char *place = memmem(page, (size_t)(og_mpk_gate_end - page), filler, sizeof(filler));
    page += (place - page) / PAGE * PAGE;
    write_code(page, (size_t)(place - page), wrpkru_ret, sizeof(wrpkru_ret));
    attack(open_or_end(), "write_by_wrpkru", place);
}

static void the_gate_is_searched_but_for_its_own_changes_of_rights(void **state)
{
    (void)state;
    run(spell_in_gate);
    assert_refused("WRPKRU");
}

/* The first domain cannot be opened; another thread tries again, which may not read what those that
 * know the gate's key can. */
static atomic_bool can_open;

static void *open_later(void *unused)
{
    (void)unused;
    while (!can_open)
        sched_yield();
    outcome->value = open_one() != NULL;
    return NULL;
}

static void open_after_failure(void)
{
    pthread_t thread;
    void *nobodys = (void *)MPK_GS;
    if (pthread_create(&thread, NULL, open_later, NULL) ||
        mmap(nobodys, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) !=
            nobodys ||
        open_one() || munmap(nobodys, PAGE))
        _exit(1);
    can_open = true;
    pthread_join(thread, NULL);
}

static void another_thread_opens_the_first_domain_after_one_has_failed_to(void **state)
{
    (void)state;
    run(open_after_failure);
    assert_int_equal(outcome->error, OG_OK);
    assert_true(outcome->value);
}

static void call_unlucky_in_namespace(void)
{
    char path[sizeof(library)];
    beside_library(path, "libogunlucky.so");
    void *handle = dlmopen(LM_ID_NEWLM, path, RTLD_NOW);
    words *unlucky = handle ? (words *)dlsym(handle, "unlucky") : NULL;
    if (!unlucky || unlucky(41, 0, 0, 0) != 42)
        _exit(1);
    struct og_domain *opened = open_or_end();
    const char *spelled = (const char *)unlucky + 5;
    outcome->value = memcmp(spelled, wrpkru_ret, 3) ? unlucky(41, 0, 0, 0) : 0;
    attack(opened, "write_by_wrpkru", spelled);
}

static void unlucky_calls_of_other_namespaces_are_redirected(void **state)
{
    (void)state;
    run(call_unlucky_in_namespace);
    assert_int_equal(outcome->value, 42);
    assert_int_equal(outcome->secret, 4242);
    assert_int_equal(outcome->error, OG_FAULTED);
}

/* --- pages that are no library's code --- */

static void use_neighbour(void)
{
    char path[sizeof(library)];
    beside_library(path, "libogneighbour.so");
    void *handle = dlopen(path, RTLD_NOW);
    const unsigned char *code = handle ? dlsym(handle, "neighbour_code") : NULL;
    const unsigned char *page = (const unsigned char *)((uintptr_t)code & -(uintptr_t)PAGE);
    const unsigned char *found = code ? memmem(page, PAGE, wrpkru_ret, sizeof(wrpkru_ret)) : NULL;
    if (!found || found == (const unsigned char *)dlsym(handle, "neighbour_constant"))
        _exit(1);
    attack(open_or_end(), "write_by_wrpkru", found);
}

static void constants_in_a_page_of_code_are_code(void **state)
{
    (void)state;
    run(use_neighbour);
    assert_refused("WRPKRU");
    assert_non_null(strstr(outcome->fault.symbol, "libogneighbour.so"));
}

/* A page of code, which nothing has loaded. */
static unsigned char *make_page(const void *bytes, size_t size, int protection, int flags)
{
    void *wanted = flags & MAP_FIXED_NOREPLACE ? (void *)0x10000000 : NULL;
    unsigned char *page =
        mmap(wanted, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    if (page == MAP_FAILED)
        _exit(1);
    memcpy(page, bytes, size);
    if (mprotect(page, PAGE, protection))
        _exit(1);
    return page;
}

static void use_made_code(void)
{
    unsigned char *page = make_page(wrpkru_ret, sizeof(wrpkru_ret), PROT_READ | PROT_EXEC, 0);
    attack(open_or_end(), "write_by_wrpkru", page);
}

static void code_that_was_made_at_run_time_is_looked_at(void **state)
{
    (void)state;
    run(use_made_code);
    assert_refused("WRPKRU");
}

static void make_harmless_code(void)
{
    unsigned char *page = make_page("\xc3", 1, PROT_READ | PROT_EXEC, 0);
    struct og_domain *opened = open_or_end();
    attack(opened, "write_by_wrpkru", page);
    /* Written in place: who opens a domain sees that, and who is asked to look. */
    if (mprotect(page, PAGE, PROT_READ | PROT_WRITE))
        _exit(1);
    memcpy(page, wrpkru_ret, sizeof(wrpkru_ret));
    if (mprotect(page, PAGE, PROT_READ | PROT_EXEC))
        _exit(1);
    outcome->value = og_mpk_check_host(&fault) == OG_FORBIDDEN;
    munmap(page, PAGE);
    outcome->value += og_mpk_check_host(&fault) == OG_OK;
}

static void harmless_code_that_was_made_is_let_be_until_it_changes(void **state)
{
    (void)state;
    run(make_harmless_code);
    assert_int_equal(outcome->value, 2);
    assert_int_equal(outcome->error, OG_FAULTED);
    assert_int_equal(outcome->fault.signal, SIGSEGV);
    assert_int_equal(outcome->secret, 4242);
}

static void make_writable_code(void)
{
    make_page("\xc3", 1, PROT_READ | PROT_WRITE | PROT_EXEC, 0);
    open_or_end();
}

static void code_that_is_writable_is_refused(void **state)
{
    (void)state;
    run(make_writable_code);
    assert_refused("writable and executable");
}

static bool make_executable(const struct mpk_mapping *mapping, void *data)
{
    (void)data;
    if (strcmp(mapping->path, "[stack]"))
        return false;
    if (mprotect((void *)mapping->start, mapping->end - mapping->start,
                 PROT_READ | PROT_WRITE | PROT_EXEC))
        _exit(1);
    return true;
}

static void make_stack_executable(void)
{
    mpk_maps_visit(make_executable, NULL);
    open_or_end();
}

static void an_executable_stack_is_refused(void **state)
{
    (void)state;
    run(make_stack_executable);
    assert_refused("noexecstack");
}

static void make_low_code(void)
{
    make_page("\xc3", 1, PROT_READ | PROT_EXEC, MAP_FIXED_NOREPLACE);
    open_or_end();
}

static void code_that_32_bit_code_reaches_is_refused(void **state)
{
    (void)state;
    run(make_low_code);
    assert_refused("4 GiB");
}

static void make_unreadable_code(void)
{
    make_page(wrpkru_ret, sizeof(wrpkru_ret), PROT_EXEC, 0);
    open_or_end();
}

/* It has a protection key of its own, and domains need them all. */
static void code_that_cannot_be_read_is_refused_for_its_key(void **state)
{
    (void)state;
    run(make_unreadable_code);
    assert_refused_by(OG_UNSUPPORTED, "execute-only memory");
}

/* A file that is shorter than what is mapped of it, and may grow. */
static void map_beyond_a_file(void)
{
    int file = memfd_create("short", 0);
    unsigned char *pages = ftruncate(file, PAGE)
                               ? MAP_FAILED
                               : mmap(NULL, 2 * PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
    if (pages == MAP_FAILED)
        _exit(1);
    struct og_domain *opened = open_or_end();
    if (ftruncate(file, 2 * PAGE) ||
        pwrite(file, wrpkru_ret, sizeof(wrpkru_ret), PAGE) != sizeof(wrpkru_ret))
        _exit(1);
    attack(opened, "write_by_wrpkru", pages + PAGE);
}

static void code_that_is_not_there_yet_is_refused(void **state)
{
    (void)state;
    run(map_beyond_a_file);
    assert_refused("cannot be read");
}

/* The first page of a file, and anonymous memory behind it. */
static void spell_across_a_border(void)
{
    int file = memfd_create("border", 0);
    unsigned char *pages =
        mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(pages + PAGE, wrpkru_ret + 1, 3);
    if (ftruncate(file, PAGE) || pwrite(file, wrpkru_ret, 1, PAGE - 1) != 1 ||
        mmap(pages, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, file, 0) != pages ||
        mprotect(pages + PAGE, PAGE, PROT_READ | PROT_EXEC))
        _exit(1);
    attack(open_or_end(), "write_by_wrpkru", pages + PAGE - 1);
}

static void what_two_mappings_spell_together_is_found(void **state)
{
    (void)state;
    run(spell_across_a_border);
    assert_refused("WRPKRU");
}

/* The thunks' code of a domain, between two pages of the host's: where these are. */
struct between {
    struct mpk_domain *domain;
    unsigned char *before, *after;
};

static struct between put_thunks_between_pages(void)
{
    enum { SIZE = MPK_THUNKS * MPK_THUNK_SIZE };
    struct mpk_domain *opened = (struct mpk_domain *)open_or_end();
    unsigned char *room =
        mmap(NULL, SIZE + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED || mremap((void *)opened->thunk_code, SIZE, SIZE,
                                     MREMAP_MAYMOVE | MREMAP_FIXED, room + PAGE) != room + PAGE)
        _exit(1);
    opened->thunk_code = (uintptr_t)room + PAGE;
    return (struct between){opened, room, room + PAGE + SIZE};
}

static void write_code(unsigned char *page, size_t at, const unsigned char *bytes, size_t size)
{
    if (mprotect(page, PAGE, PROT_READ | PROT_WRITE))
        _exit(1);
    memcpy(page + at, bytes, size);
    if (mprotect(page, PAGE, PROT_READ | PROT_EXEC))
        _exit(1);
}

static void spell_before_thunks(void)
{
    struct between between = put_thunks_between_pages();
    memcpy(between.domain->thunks, wrpkru_ret + 2, 2);
    write_code(between.before, PAGE - 2, wrpkru_ret, 2);
    outcome->error = og_mpk_check_host(&outcome->fault);
}

static void spell_after_thunks(void)
{
    struct between between = put_thunks_between_pages();
    memcpy(between.domain->thunks + MPK_THUNKS * MPK_THUNK_SIZE - 2, wrpkru_ret, 2);
    write_code(between.after, 0, wrpkru_ret + 2, 2);
    outcome->error = og_mpk_check_host(&outcome->fault);
}

static void what_a_domains_code_and_the_hosts_spell_together_is_found(void **state)
{
    (void)state;
    run(spell_before_thunks);
    assert_refused("WRPKRU");
    run(spell_after_thunks);
    assert_refused("WRPKRU");
}

/* --- code that changes --- */

/* A page of a file, which holds a RET. */
static unsigned char *map_file(int *file, int flags)
{
    *file = memfd_create("page", 0);
    if (ftruncate(*file, PAGE) || pwrite(*file, "\xc3", 1, 0) != 1)
        _exit(1);
    unsigned char *page = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, flags, *file, 0);
    if (page == MAP_FAILED)
        _exit(1);
    return page;
}

static void change_made_code(void)
{
    unsigned char *page = make_page("\xc3", 1, PROT_READ | PROT_EXEC, 0);
    open_or_end();
    write_code(page, 0, wrpkru_ret, sizeof(wrpkru_ret));
    attack(open_or_end(), "write_by_wrpkru", page);
}

static void change_shared_code(void)
{
    int file;
    unsigned char *page = map_file(&file, MAP_SHARED);
    open_or_end();
    if (pwrite(file, wrpkru_ret, sizeof(wrpkru_ret), 0) != sizeof(wrpkru_ret))
        _exit(1);
    attack(open_or_end(), "write_by_wrpkru", page);
}

static void code_that_has_changed_is_looked_at_when_a_domain_is_opened(void **state)
{
    (void)state;
    run(change_made_code);
    assert_refused("WRPKRU");
    run(change_shared_code);
    assert_refused("WRPKRU");
}

static void write_over_private_code(void)
{
    int file;
    unsigned char *page = map_file(&file, MAP_PRIVATE);
    open_or_end();
    write_code(page, 0, wrpkru_ret, sizeof(wrpkru_ret));
    outcome->value = og_mpk_check_host(&fault) == OG_FORBIDDEN;
    attack(open_or_end(), "write_by_wrpkru", page);
}

/* What a program has not written of a file that it maps for itself is the file's, also later. */
static void write_into_mapped_file(void)
{
    int file;
    unsigned char *page = map_file(&file, MAP_PRIVATE);
    open_or_end();
    if (pwrite(file, wrpkru_ret, sizeof(wrpkru_ret), 0) != sizeof(wrpkru_ret))
        _exit(1);
    outcome->value = og_mpk_check_host(&fault) == OG_FORBIDDEN;
    attack(open_or_end(), "write_by_wrpkru", page);
}

static void code_that_was_written_over_is_found(void **state)
{
    (void)state;
    run(write_over_private_code);
    assert_refused("WRPKRU");
    assert_true(outcome->value);
    run(write_into_mapped_file);
    assert_refused("WRPKRU");
    assert_true(outcome->value);
}

/* --- code where other code was --- */

static unsigned char plugin[1 << 20];
static size_t plugin_size;
static const char plugin_path[] = "/tmp/libogplugin.so";

/* The file is the same one, and as long; what it holds is harmless, or what it was built of. */
static void write_plugin(bool harmless)
{
    static unsigned char bytes[sizeof(plugin)];
    memcpy(bytes, plugin, plugin_size);
    for (unsigned char *at = bytes;
         harmless && (at = memmem(at, plugin_size - (size_t)(at - bytes), wrpkru_ret, 3));)
        at[2] = 0xee;
    int file = open(plugin_path, O_WRONLY | O_CREAT, 0700);
    if (file < 0 || write(file, bytes, plugin_size) != (ssize_t)plugin_size || close(file))
        _exit(1);
}

/* A harmless plugin, which a file is that has been on the disk for a while. */
static void *load_plugin(void)
{
    char path[sizeof(library)];
    beside_library(path, "libogneighbour.so");
    int file = open(path, O_RDONLY);
    ssize_t size = read(file, plugin, sizeof(plugin));
    if (size <= 0 || close(file))
        _exit(1);
    plugin_size = (size_t)size;
    write_plugin(true);
    void *handle = dlopen(plugin_path, RTLD_NOW);
    if (!handle)
        _exit(1);
    return handle;
}

static const void *find_wrpkru(void *handle)
{
    const unsigned char *code = handle ? dlsym(handle, "neighbour_code") : NULL;
    return memmem((const void *)((uintptr_t)code & -(uintptr_t)PAGE), PAGE, wrpkru_ret,
                  sizeof(wrpkru_ret));
}

static void load_again_and_reset(void)
{
    void *handle = load_plugin(), *before = dlsym(handle, "neighbour_code");
    struct og_domain *opened = open_or_end();
    if (dlclose(handle))
        _exit(1);
    write_plugin(false);
    handle = dlopen(plugin_path, RTLD_NOW);
    outcome->value = handle && dlsym(handle, "neighbour_code") == before;
    unlink(plugin_path);
    outcome->error = og_domain_reset(opened, &outcome->fault);
    if (!outcome->error)
        attack(opened, "write_by_wrpkru", find_wrpkru(handle));
}

static void load_again_and_open(void)
{
    void *handle = load_plugin(), *before = dlsym(handle, "neighbour_code");
    open_or_end();
    if (dlclose(handle))
        _exit(1);
    write_plugin(false);
    handle = dlopen(plugin_path, RTLD_NOW);
    outcome->value = handle && dlsym(handle, "neighbour_code") == before;
    unlink(plugin_path);
    attack(open_or_end(), "write_by_wrpkru", find_wrpkru(handle));
}

static void a_library_that_is_loaded_where_another_was_is_looked_at(void **state)
{
    (void)state;
    run(load_again_and_reset);
    assert_true(outcome->value);
    assert_refused("WRPKRU");
    run(load_again_and_open);
    assert_true(outcome->value);
    assert_refused("WRPKRU");
}

static void write_over_loaded_library(void)
{
    void *handle = load_plugin();
    open_or_end();
    write_plugin(false);
    unlink(plugin_path);
    attack(open_or_end(), "write_by_wrpkru", find_wrpkru(handle));
}

static void a_library_whose_file_is_written_over_is_looked_at_when_a_domain_is_opened(void **state)
{
    (void)state;
    run(write_over_loaded_library);
    assert_refused("WRPKRU");
}

/* Code that was made at run time, at a page of a library's that has been mended and is gone. */
static unsigned char *make_code_at_mended(struct og_domain **opened)
{
    char path[sizeof(library)];
    beside_library(path, "libogunlucky.so");
    void *handle = dlopen(path, RTLD_NOW);
    unsigned char *unlucky = handle ? dlsym(handle, "unlucky") : NULL;
    if (!unlucky)
        _exit(1);
    *opened = open_or_end();
    unsigned char *page = (unsigned char *)((uintptr_t)unlucky & -(uintptr_t)PAGE);
    if (!memcmp(unlucky + 5, wrpkru_ret, 3) || dlclose(handle) ||
        mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
             -1, 0) != page)
        _exit(1);
    write_code(page, 0, wrpkru_ret, sizeof(wrpkru_ret));
    return page;
}

static void make_code_at_mended_and_open(void)
{
    struct og_domain *opened;
    unsigned char *page = make_code_at_mended(&opened);
    attack(open_or_end(), "write_by_wrpkru", page);
}

static void make_code_at_mended_and_reset(void)
{
    struct og_domain *opened;
    unsigned char *page = make_code_at_mended(&opened);
    outcome->error = og_domain_reset(opened, &outcome->fault);
    if (!outcome->error)
        attack(opened, "write_by_wrpkru", page);
}

static void code_that_was_made_where_a_mended_page_was_is_looked_at(void **state)
{
    (void)state;
    run(make_code_at_mended_and_open);
    assert_refused("WRPKRU");
    run(make_code_at_mended_and_reset);
    assert_refused("WRPKRU");
}

static void open_twice(void)
{
    int file;
    write_code(map_file(&file, MAP_PRIVATE), 0, wrpkru_ret, sizeof(wrpkru_ret));
    if (open_one())
        _exit(1);
    open_or_end();
}

static void what_is_refused_once_is_refused_again(void **state)
{
    (void)state;
    run(open_twice);
    assert_refused("WRPKRU");
}

static atomic_bool goes_on;
static atomic_long comings;

/* Code that other threads map and unmap, as compilers at run time do. */
static void *come_and_go(void *page)
{
    while (goes_on)
        if (mmap(page, PAGE, PROT_READ | PROT_EXEC,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == page) {
            comings++;
            munmap(page, PAGE);
        }
    return NULL;
}

/* What comes and goes is before what is looked for, and one run of code with it. */
static void look_beside_what_comes_and_goes(void)
{
    enum { LOOKS = 100, COMINGS = 10000 };
    pthread_t thread;
    unsigned char *pages =
        mmap(NULL, 2 * PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || munmap(pages, PAGE))
        _exit(1);
    write_code(pages + PAGE, 0, wrpkru_ret, sizeof(wrpkru_ret));
    goes_on = true;
    if (pthread_create(&thread, NULL, come_and_go, pages))
        _exit(1);
    for (int i = 0; i < LOOKS || comings < COMINGS; i++)
        outcome->value += og_mpk_check_host(&fault) == OG_OK;
    goes_on = false;
    pthread_join(thread, NULL);
}

static void code_beside_what_comes_and_goes_is_found(void **state)
{
    (void)state;
    run(look_beside_what_comes_and_goes);
    assert_int_equal(outcome->value, 0);
}

/* --- mending --- */

static atomic_bool stop;
static atomic_long calls, wrong;
static words *unlucky_of_thread;

static void *call_all_the_time(void *data)
{
    (void)data;
    while (!stop) {
        wrong += unlucky_of_thread(41, 0, 0, 0) != 42;
        calls++;
    }
    return NULL;
}

static void mend_under_a_thread(void)
{
    char path[sizeof(library)];
    pthread_t thread;
    beside_library(path, "libogunlucky.so");
    void *handle = dlopen(path, RTLD_NOW);
    unlucky_of_thread = handle ? (words *)dlsym(handle, "unlucky") : NULL;
    if (!unlucky_of_thread || pthread_create(&thread, NULL, call_all_the_time, NULL))
        _exit(1);
    while (!calls)
        sched_yield();
    open_or_end();
    for (long before = calls; calls < before + 1000;)
        sched_yield();
    stop = true;
    pthread_join(thread, NULL);
    outcome->value = wrong;
}

static void code_is_mended_while_another_thread_executes_it(void **state)
{
    (void)state;
    run(mend_under_a_thread);
    assert_int_equal(outcome->error, OG_OK);
    assert_int_equal(outcome->value, 0);
}

struct loader {
    uintptr_t low, high;
    uintptr_t start, end; /* its code, as it is in its file */
    char path[4096];
    uint64_t offset;
};

static bool is_loader(const struct mpk_mapping *mapping, void *data)
{
    struct loader *loader = data;
    if (mapping->start < loader->low || mapping->end > loader->high || mapping->rights[2] != 'x')
        return false;
    if (!loader->start) {
        loader->start = mapping->start;
        loader->offset = mapping->offset;
        snprintf(loader->path, sizeof(loader->path), "%s", mapping->path);
    }
    loader->end = mapping->end;
    return false;
}

static struct loader find_loader(void)
{
    struct dl_find_object object;
    assert_int_equal(_dl_find_object((void *)getauxval(AT_BASE), &object), 0);
    struct loader loader = {.low = (uintptr_t)object.dlfo_map_start,
                            .high = (uintptr_t)object.dlfo_map_end};
    assert_true(mpk_maps_visit(is_loader, &loader));
    assert_true(loader.start);
    return loader;
}

static void the_loader_is_mended_before_main(void **state)
{
    (void)state;
    typedef double mix(double, double, double, double, double, double, double, double);
    struct loader loader = find_loader();
    const char *name;
    char path[sizeof(library)];
    size_t size = loader.end - loader.start;
    assert_int_equal(mpk_scan((const unsigned char *)loader.start, size, &name), size);
    beside_library(path, "liboghostcode.so");
    void *handle = dlopen(path, RTLD_LAZY);
    assert_non_null(handle);
    mix *mix_lazily = (mix *)dlsym(handle, "mix_lazily");
    assert_true(mix_lazily(1, 2, 3, 4, 5, 6, 7, 8) == 205);
    assert_true(mix_lazily(1, 2, 3, 4, 5, 6, 7, 8) == 205);
}

/* As if the runtime had been loaded when threads ran already. */
static void spoil_loader(void)
{
    struct loader loader = find_loader();
    size_t size = loader.end - loader.start;
    int file = open(loader.path, O_RDONLY), memory = open("/proc/self/mem", O_RDWR);
    void *bytes = malloc(size);
    if (pread(file, bytes, size, (off_t)loader.offset) != (ssize_t)size ||
        pwrite(memory, bytes, size, (off_t)loader.start) != (ssize_t)size)
        _exit(1);
    free(bytes);
}

static void *wait_for_ever(void *data)
{
    for (;;)
        pause();
    return data;
}

static void look_with_threads(void)
{
    pthread_t thread;
    spoil_loader();
    if (pthread_create(&thread, NULL, wait_for_ever, NULL))
        _exit(1);
    outcome->error = og_mpk_check_host(&outcome->fault);
}

static void look_alone(void)
{
    spoil_loader();
    outcome->error = og_mpk_check_host(&outcome->fault);
}

static void a_resolver_that_a_thread_may_be_in_is_not_touched(void **state)
{
    (void)state;
    run(look_with_threads);
    assert_refused("no other thread");
    run(look_alone);
    assert_int_equal(outcome->error, OG_OK);
}

/* --- while the loader runs a constructor, and holds a lock of its own --- */

static atomic_bool constructor_runs, opens_in_main;

/* libogconstructor.so's does the task. */
static void load_with(void (*task)(void))
{
    char path[sizeof(library)], address[32];
    beside_library(path, "libogconstructor.so");
    snprintf(address, sizeof(address), "%lx", (unsigned long)(uintptr_t)task);
    setenv("OG_TEST_CONSTRUCTOR", address, 1);
    if (!dlopen(path, RTLD_NOW) || !constructor_runs)
        _exit(1);
}

static void *finish(void *data)
{
    return data;
}

static int finish_standard(void *data)
{
    (void)data;
    return 0;
}

/* As a pool of threads does, which starts one that starts the others. */
static void *make_threads(void *data)
{
    pthread_t thread, waiting;
    thrd_t standard;
    pid_t child = _Fork();
    if (child == 0)
        _exit(0);
    if (child < 0 || waitpid(child, NULL, 0) != child ||
        pthread_create(&thread, NULL, finish, NULL) || pthread_join(thread, NULL) ||
        thrd_create(&standard, finish_standard, NULL) != thrd_success ||
        thrd_join(standard, NULL) != thrd_success ||
        pthread_create(&waiting, NULL, wait_for_ever, NULL))
        _exit(1);
    return data;
}

static void wait_for_pool(void)
{
    pthread_t thread;
    constructor_runs = true;
    if (pthread_create(&thread, NULL, make_threads, NULL) || pthread_join(thread, NULL))
        _exit(1);
}

enum { PATIENCE = 20 }; /* seconds, until who waits for ever is ended */

static void load_what_waits_for_a_pool(void)
{
    alarm(PATIENCE);
    load_with(wait_for_pool);
}

static void a_constructor_waits_for_threads_that_make_threads(void **state)
{
    (void)state;
    run(load_what_waits_for_a_pool);
}

/* The first domain is being opened by the main thread when the constructor opens one. */
static void open_while_main_opens(void)
{
    constructor_runs = true;
    while (!opens_in_main)
        sched_yield();
    usleep(50000);
    outcome->value += open_one() != NULL;
}

static void *load_what_opens(void *data)
{
    load_with(open_while_main_opens);
    return data;
}

static void open_beside_constructor(void)
{
    pthread_t thread;
    alarm(PATIENCE);
    if (pthread_create(&thread, NULL, load_what_opens, NULL))
        _exit(1);
    while (!constructor_runs)
        sched_yield();
    opens_in_main = true;
    struct og_domain *opened = NULL;
    char path[sizeof(library)];
    struct og_fault own;
    beside_library(path, "liboghostcode.so");
    outcome->value += !og_domain_open(&opened, (const char *const[]){path, NULL}, NULL, &own);
    pthread_join(thread, NULL);
}

static void the_first_domain_is_opened_while_a_constructor_opens_one(void **state)
{
    (void)state;
    run(open_beside_constructor);
    assert_int_equal(outcome->value, 2);
}

/* --- what a library says --- */

static void open_needy(void)
{
    static const struct og_options options = {.isolation = OG_MPK};
    static const char needed[] = "nobody_has_this", evil[] = "\033[31mred\007\xff\xc2\x9b!";
    static char bytes[1 << 20];
    char path[sizeof(library)], copy[] = "/tmp/libogevil-XXXXXX";
    struct og_domain *opened;
    beside_library(path, "libogneedy.so");
    int from = open(path, O_RDONLY), to = mkstemp(copy);
    ssize_t size = read(from, bytes, sizeof(bytes));
    _Static_assert(sizeof(needed) >= sizeof(evil), "it takes the place of the other");
    for (char *at; size > 0 && (at = memmem(bytes, (size_t)size, needed, sizeof(needed)));)
        memcpy(at, evil, sizeof(evil));
    if (size <= 0 || write(to, bytes, (size_t)size) != size)
        _exit(1);
    outcome->error = og_domain_open(&opened, (const char *const[]){copy, NULL}, &options, &fault);
    outcome->fault = fault;
    unlink(copy);
}

static void a_librarys_text_cannot_command_a_terminal(void **state)
{
    (void)state;
    run(open_needy);
    assert_int_equal(outcome->error, OG_NOT_FOUND);
    if (!strstr(outcome->fault.message, "?[31mred?"))
        fail_msg("%s", outcome->fault.message);
    for (const char *at = outcome->fault.message; *at; at++)
        assert_true(*at >= ' ' && *at < 0x7f);
}

static void open_forbidden(void)
{
    static const struct og_options options = {.isolation = OG_MPK};
    struct og_domain *opened;
    char path[sizeof(library)];
    beside_library(path, "libogforbidden.so");
    outcome->error = og_domain_open(&opened, (const char *const[]){path, NULL}, &options, &fault);
    outcome->fault = fault;
}

static void a_refused_library_is_told_with_file_offset_and_instruction(void **state)
{
    (void)state;
    run(open_forbidden);
    assert_refused("WRPKRU at offset 0x");
    assert_non_null(strstr(outcome->fault.message, " of libogforbidden.so"));
}

static void execute_halt(void)
{
    attack(open_or_end(), "halt", NULL);
}

static void a_privileged_instruction_is_told_as_such(void **state)
{
    (void)state;
    run(execute_halt);
    assert_int_equal(outcome->error, OG_FAULTED);
    assert_string_equal(outcome->fault.message,
                        "the foreign code executed a privileged instruction");
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loader_is_mended_before_main),
        cmocka_unit_test(the_gate_is_searched_but_for_its_own_changes_of_rights),
        cmocka_unit_test(another_thread_opens_the_first_domain_after_one_has_failed_to),
        cmocka_unit_test(the_pkey_set_of_a_second_libc_opens_nothing),
        cmocka_unit_test(what_was_loaded_since_is_looked_at_by_reset),
        cmocka_unit_test(unlucky_calls_of_other_namespaces_are_redirected),
        cmocka_unit_test(constants_in_a_page_of_code_are_code),
        cmocka_unit_test(code_that_was_made_at_run_time_is_looked_at),
        cmocka_unit_test(harmless_code_that_was_made_is_let_be_until_it_changes),
        cmocka_unit_test(code_that_is_writable_is_refused),
        cmocka_unit_test(an_executable_stack_is_refused),
        cmocka_unit_test(code_that_32_bit_code_reaches_is_refused),
        cmocka_unit_test(code_that_cannot_be_read_is_refused_for_its_key),
        cmocka_unit_test(code_that_is_not_there_yet_is_refused),
        cmocka_unit_test(what_two_mappings_spell_together_is_found),
        cmocka_unit_test(what_a_domains_code_and_the_hosts_spell_together_is_found),
        cmocka_unit_test(code_that_has_changed_is_looked_at_when_a_domain_is_opened),
        cmocka_unit_test(code_that_was_written_over_is_found),
        cmocka_unit_test(a_library_that_is_loaded_where_another_was_is_looked_at),
        cmocka_unit_test(a_library_whose_file_is_written_over_is_looked_at_when_a_domain_is_opened),
        cmocka_unit_test(code_that_was_made_where_a_mended_page_was_is_looked_at),
        cmocka_unit_test(what_is_refused_once_is_refused_again),
        cmocka_unit_test(code_beside_what_comes_and_goes_is_found),
        cmocka_unit_test(code_is_mended_while_another_thread_executes_it),
        cmocka_unit_test(a_resolver_that_a_thread_may_be_in_is_not_touched),
        cmocka_unit_test(a_constructor_waits_for_threads_that_make_threads),
        cmocka_unit_test(the_first_domain_is_opened_while_a_constructor_opens_one),
        cmocka_unit_test(a_librarys_text_cannot_command_a_terminal),
        cmocka_unit_test(a_refused_library_is_told_with_file_offset_and_instruction),
        cmocka_unit_test(a_privileged_instruction_is_told_as_such),
    };
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc < 2) {
        fprintf(stderr, "usage: %s FOLDER-OF-liboghostcode.so [TEST]\n", argv[0]);
        return 2;
    }
    snprintf(library, sizeof(library), "%s/libogattack.so", argv[1]);
    outcome = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (outcome == MAP_FAILED)
        return 2;
    if (argc > 2)
        cmocka_set_test_filter(argv[2]);
    return _cmocka_run_group_tests(argv[0], tests, sizeof(tests) / sizeof(tests[0]), NULL, NULL);
}
