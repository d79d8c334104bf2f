/* og-scan: instructions in libraries that could undo the isolation, by file offset and symbol; with
 * --host, in programs that are to open domains, but for those of the gate, which checks after them.
 * Also code that is writable, stacks that are executable, and programs that are not
 * position-independent, for which no domain is opened.
 * Status: 0 none found, 1 some found, 2 a file could not be read. */
#include "omniglot/core/printable.h"
#include "omniglot/mpk/code/elf.h"
#include "omniglot/mpk/mpk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, SHOWN = 256 };

/* The gate's addresses in a program, and those of the table of its changes of rights (gate_code.c);
 * none where it has no gate, or is stripped. */
struct gate {
    size_t start, end, sites, sites_end;
};

struct scan {
    const char *name;
    struct mpk_elf elf;
    struct gate gate;
    int found;
};

/* Bytes of the file that are mapped executable, in whole pages, and at which address. */
struct pages {
    size_t start, end, address;
};

/* The kernel maps whole pages of the file: what surrounds the segment in them comes along, and
 * executes. Beyond the file's end there is nothing. */
static struct pages pages_of(const struct mpk_elf *elf, const Elf64_Phdr *segment)
{
    size_t before = segment->p_offset % PAGE;
    size_t end = segment->p_offset + segment->p_filesz;
    size_t whole = (end + PAGE - 1) & -(size_t)PAGE;
    return (struct pages){segment->p_offset - before, whole < elf->size ? whole : elf->size,
                          segment->p_vaddr - before};
}

/* A line about a place; `what` and `symbol` may be the file's choice. */
static void report(struct scan *scan, size_t offset, const char *what, const char *symbol)
{
    char shown[SHOWN];
    snprintf(shown, sizeof(shown), "%s", symbol);
    og_make_printable(shown);
    printf("%s: offset 0x%zx: %s%s%s\n", scan->name, offset, what, shown[0] ? " in " : "", shown);
    scan->found++;
}

/* What the file has for that address; NULL if it has nothing. */
static const unsigned char *bytes_at(const struct mpk_elf *elf, size_t address, size_t size)
{
    for (unsigned i = 0; i < elf->header.e_phnum; i++) {
        Elf64_Phdr segment = mpk_elf_segment(elf, i);
        if (segment.p_type == PT_LOAD && mpk_elf_holds(elf, &segment) &&
            og_is_within(address, size, segment.p_vaddr, segment.p_vaddr + segment.p_filesz))
            return elf->bytes + segment.p_offset + (address - segment.p_vaddr);
    }
    return NULL;
}

/* Is it one of the gate's instructions that a check follows, or that opens nothing there? Not what
 * a distance spells, to a function or to data. */
static bool is_the_gates(const struct scan *scan, size_t address, const char *instruction)
{
    const struct gate *gate = &scan->gate;
    uint32_t site[3]; /* place, size, and what does not matter here */
    if (!og_is_within(address, 1, gate->start, gate->end))
        return false;
    if (!strcmp(instruction, "WRFSBASE"))
        return true;
    for (size_t at = gate->sites; at + sizeof(site) <= gate->sites_end; at += sizeof(site)) {
        const unsigned char *bytes = bytes_at(&scan->elf, at, sizeof(site));
        if (!bytes)
            return false;
        memcpy(site, bytes, sizeof(site));
        if (og_is_within(address, 1, gate->start + site[0], gate->start + site[0] + site[1]))
            return true;
    }
    return false;
}

static void scan_pages(struct scan *scan, struct pages pages)
{
    const unsigned char *code = scan->elf.bytes + pages.start;
    size_t size = pages.end - pages.start;
    for (size_t at = 0; at < size; at++) {
        const char *instruction = NULL;
        at += mpk_scan(code + at, size - at, &instruction);
        if (at < size && !is_the_gates(scan, pages.address + at, instruction))
            report(scan, pages.start + at, instruction,
                   mpk_elf_symbol_at(&scan->elf, pages.address + at, NULL));
    }
}

/* Where one segment's pages end in memory, another's may begin: what only both together spell. */
static void scan_border(struct scan *scan, struct pages first, struct pages second)
{
    enum { HALF = 15 };
    unsigned char bytes[2 * HALF];
    size_t whole = (first.end - first.start + PAGE - 1) & -(size_t)PAGE;
    if (first.address + whole != second.address || first.end % PAGE ||
        first.end - first.start < HALF || second.end - second.start < HALF)
        return;
    memcpy(bytes, scan->elf.bytes + first.end - HALF, HALF);
    memcpy(bytes + HALF, scan->elf.bytes + second.start, HALF);
    for (size_t at = 0; at < sizeof(bytes); at++) {
        const char *instruction = NULL, *alone;
        at += mpk_scan(bytes + at, sizeof(bytes) - at, &instruction);
        bool in_first = at + 3 <= HALF;
        bool in_second = at >= HALF && at < sizeof(bytes) &&
                         mpk_scan(bytes + HALF, at + 3 - HALF, &alone) == at - HALF;
        if (at < sizeof(bytes) && !in_first && !in_second)
            report(scan, at < HALF ? first.end - HALF + at : second.start + at - HALF, instruction,
                   mpk_elf_symbol_at(&scan->elf, first.address + whole - 1, NULL));
    }
}

static bool is_executable(const Elf64_Phdr *segment)
{
    return segment->p_type == PT_LOAD && segment->p_flags & PF_X;
}

static void scan_segment(struct scan *scan, const Elf64_Phdr *segment)
{
    struct pages pages = pages_of(&scan->elf, segment);
    if (segment->p_flags & PF_W)
        report(scan, segment->p_offset, "a segment that is writable and executable", "");
    scan_pages(scan, pages);
    for (unsigned i = 0; i < scan->elf.header.e_phnum; i++) {
        Elf64_Phdr other = mpk_elf_segment(&scan->elf, i);
        if (is_executable(&other) && mpk_elf_holds(&scan->elf, &other))
            scan_border(scan, pages, pages_of(&scan->elf, &other));
    }
}

/* How many there are in what is mapped executable; -1 if the file is no library. */
static int scan(const char *name, const unsigned char *bytes, size_t size, bool host)
{
    struct scan scan = {.name = name};
    struct mpk_elf *elf = &scan.elf;
    if (!mpk_elf_open(elf, bytes, size)) {
        fprintf(stderr, "og-scan: %s: no x86-64 ELF file, or a damaged one\n", name);
        return -1;
    }
    if (host)
        scan.gate = (struct gate){mpk_elf_symbol(elf, "og_mpk_gate_start"),
                                  mpk_elf_symbol(elf, "og_mpk_gate_end"),
                                  mpk_elf_symbol(elf, "og_mpk_rights_sites"),
                                  mpk_elf_symbol(elf, "og_mpk_rights_sites_end")};
    if (host && elf->header.e_type == ET_EXEC)
        report(&scan, 0, "a program that is not position-independent (link it with -pie)", "");
    for (unsigned i = 0; i < elf->header.e_phnum; i++) {
        Elf64_Phdr segment = mpk_elf_segment(elf, i);
        if (segment.p_type == PT_GNU_STACK && segment.p_flags & PF_X)
            report(&scan, segment.p_offset, "it asks for an executable stack", "");
        if (!is_executable(&segment))
            continue;
        if (!mpk_elf_holds(elf, &segment)) {
            fprintf(stderr, "og-scan: %s: segment %u is outside of the file\n", name, i);
            return -1;
        }
        scan_segment(&scan, &segment);
    }
    return scan.found;
}

static void print_usage(FILE *to)
{
    fputs(
        "usage: og-scan [--host] FILE...\n"
        "Finds what in libraries and programs could undo the isolation by protection keys:\n"
        "instructions that change rights, at every offset of what is mapped executable (WRPKRU,\n"
        "XRSTOR, WRFSBASE, WRGSBASE); code that is writable; a stack that is executable. Each is\n"
        "told with its offset in the file, and its function where the file has symbols.\n"
        "  --host   FILE is a program that opens domains: the gate's own instructions, which "
        "checks\n"
        "           follow, are no findings; that it is not position-independent is one\n"
        "  --help   this text\n"
        "Status: 0 nothing was found; 1 something was; 2 a file could not be read.\n"
        "A library with a finding is not loaded into a domain (OG_FORBIDDEN); for a program there "
        "is\n"
        "link-host (installed: og-link-host), which links it until it has none.\n",
        to);
}

int main(int argc, char **argv)
{
    int status = 0;
    bool host = argc > 1 && !strcmp(argv[1], "--host");
    if (argc < 2 + host || !strcmp(argv[1], "--help")) {
        print_usage(argc < 2 + host ? stderr : stdout);
        return argc < 2 + host ? 2 : 0;
    }
    for (int i = 1 + host; i < argc; i++) {
        struct stat about;
        int descriptor = open(argv[i], O_RDONLY | O_CLOEXEC);
        void *bytes = MAP_FAILED;
        if (descriptor >= 0 && !fstat(descriptor, &about) && about.st_size > 0)
            bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (bytes == MAP_FAILED) {
            fprintf(stderr, "og-scan: %s: %s\n", argv[i], errno ? strerror(errno) : "empty");
            status = 2;
        } else {
            int found = scan(argv[i], bytes, (size_t)about.st_size, host);
            munmap(bytes, (size_t)about.st_size);
            if (found < 0)
                status = 2;
            else if (found && status == 0)
                status = 1;
        }
        if (descriptor >= 0)
            close(descriptor);
    }
    return status;
}
