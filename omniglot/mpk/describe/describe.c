/* Faults told in full: where the foreign code was, and whose memory it touched. */
#include "omniglot/core/uncancelled.h"
#include "where.h"

static void tell_instruction(struct mpk_domain *domain, uintptr_t address, struct mpk_text *text)
{
    const struct mpk_arena *arena = &domain->arena;
    struct mpk_place place;
    mpk_text_add(text, "\nat 0x%zx: ", (size_t)address);
    if (mpk_mapped_find(arena, address, &place))
        mpk_place_tell(&place, text);
    else
        mpk_owner_tell(domain, address, text);
}

static void tell_memory(struct mpk_domain *domain, const struct og_fault *fault,
                        struct mpk_text *text)
{
    const char *how = fault->access == 'w'   ? "write to"
                      : fault->access == 'x' ? "jump to"
                                             : "read of";
    mpk_text_add(text, "\n%s 0x%zx: ", how, (size_t)fault->address);
    mpk_owner_tell(domain, fault->address, text);
}

size_t mpk_describe(struct og_domain *handle, const struct og_fault *fault, char *bytes,
                    size_t size)
{
    struct mpk_domain *domain = (struct mpk_domain *)handle;
    struct mpk_text text = {bytes, size, 0};
    if (fault->error != OG_FAULTED && fault->error != OG_DEADLINE)
        return 0;
    int cancellation = og_uncancelled_begin();
    if (fault->instruction)
        tell_instruction(domain, fault->instruction, &text);
    /* Where a jump went is said already, unless it went to 0, which is no known instruction. */
    bool is_told =
        fault->access == 'x' && fault->address == fault->instruction && fault->instruction;
    if (fault->access && !is_told)
        tell_memory(domain, fault, &text);
    og_uncancelled_end(cancellation);
    return text.length;
}

void mpk_fault_name(struct mpk_domain *domain, struct og_fault *fault)
{
    struct mpk_text text = {fault->symbol, sizeof(fault->symbol), 0};
    struct mpk_place place;
    if ((fault->error != OG_FAULTED && fault->error != OG_DEADLINE) || fault->symbol[0] ||
        !mpk_mapped_find(&domain->arena, fault->instruction, &place))
        return;
    mpk_place_tell_briefly(&place, &text);
}
