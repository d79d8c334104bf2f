/* og-scan: instructions in libraries that could undo the isolation, by file offset and symbol; with
 * --host, in programs that are to open domains, but for those of the gate, which checks after them.
 * Status: 0 none found, 1 some found, 2 a file could not be read. */
#include "omniglot/mpk/elf.h"
#include "omniglot/mpk/mpk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The gate's addresses in a program; none where it has no gate, or is stripped. */
struct gate {
    size_t start, end;
};

static int scan_segment(const char *name, const struct mpk_elf *elf, const Elf64_Phdr *segment,
                        const struct gate *gate)
{
    const unsigned char *code = elf->bytes + segment->p_offset;
    int found = 0;
    for (size_t at = 0; at < segment->p_filesz; at++) {
        const char *instruction = NULL;
        at += mpk_scan(code + at, segment->p_filesz - at, &instruction);
        if (at >= segment->p_filesz)
            break;
        if (og_is_within(segment->p_vaddr + at, 1, gate->start, gate->end))
            continue;
        const char *symbol = mpk_elf_symbol_at(elf, segment->p_vaddr + at, NULL);
        printf("%s: offset 0x%zx: %s%s%s\n", name, (size_t)segment->p_offset + at, instruction,
               symbol[0] ? " in " : "", symbol);
        found++;
    }
    return found;
}

/* How many there are in the executable segments; -1 if the file is no library. */
static int scan(const char *name, const unsigned char *bytes, size_t size, bool host)
{
    struct gate gate = {0, 0};
    struct mpk_elf elf;
    int found = 0;
    if (!mpk_elf_open(&elf, bytes, size)) {
        fprintf(stderr, "og-scan: %s: no x86-64 ELF file, or a damaged one\n", name);
        return -1;
    }
    if (host)
        gate = (struct gate){mpk_elf_symbol(&elf, "og_mpk_gate_start"),
                             mpk_elf_symbol(&elf, "og_mpk_gate_end")};
    for (unsigned i = 0; i < elf.header.e_phnum; i++) {
        Elf64_Phdr segment = mpk_elf_segment(&elf, i);
        if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X))
            continue;
        if (!mpk_elf_holds(&elf, &segment)) {
            fprintf(stderr, "og-scan: %s: segment %u is outside of the file\n", name, i);
            return -1;
        }
        found += scan_segment(name, &elf, &segment, &gate);
    }
    return found;
}

int main(int argc, char **argv)
{
    int status = 0;
    bool host = argc > 1 && !strcmp(argv[1], "--host");
    if (argc < 2 + host || !strcmp(argv[1], "--help")) {
        fprintf(argc < 2 + host ? stderr : stdout, "usage: og-scan [--host] FILE...\n");
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
