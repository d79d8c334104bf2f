/* Fuzz target: ELF files that are anything, as og-scan and the loader read them. What is not
 * refused is followed to the end. */
#include "omniglot/mpk/code/elf.h"
#include "omniglot/mpk/mpk.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { LIMIT = 16 << 20 };
    struct mpk_elf elf;
    if (!mpk_elf_open(&elf, data, size))
        return 0;
    size_t span = mpk_elf_span(&elf, LIMIT);
    if (span > LIMIT)
        __builtin_trap();
    for (unsigned i = 0; i < elf.header.e_phnum; i++) {
        Elf64_Phdr segment = mpk_elf_segment(&elf, i);
        if (segment.p_type != PT_LOAD || !mpk_elf_holds(&elf, &segment))
            continue;
        /* Of what has a span, every segment is in the file and in the span. */
        if (span && segment.p_vaddr + segment.p_memsz > span)
            __builtin_trap();
        const char *name = NULL;
        const unsigned char *code = elf.bytes + segment.p_offset;
        size_t at = mpk_scan(code, segment.p_filesz, &name);
        if (at < segment.p_filesz && !name)
            __builtin_trap();
        if (strlen(mpk_elf_symbol_at(&elf, segment.p_vaddr + at, NULL)) >= size)
            __builtin_trap();
    }
    mpk_elf_symbol(&elf, "og_mpk_gate_start");
    return mpk_elf_segment(&elf, elf.header.e_phnum).p_type != PT_NULL;
}
