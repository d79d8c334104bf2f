/* The gate's code, which is replaced before Linux 6.12: XRSTORs for its WRPKRUs (rights.c). */
#include "mpk.h"
#include "omniglot/mpk/code/host_code.h"

#include <cpuid.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A change of rights in the gate, and the image that it is to use. */
struct site {
    uint32_t at, size; /* in the gate */
    uint32_t image;
};

extern const unsigned char og_mpk_gate_start[], og_mpk_gate_end[];
extern const unsigned char og_mpk_image_for_domains[], og_mpk_image_for_host[];
extern const struct site og_mpk_rights_sites[], og_mpk_rights_sites_end[];
extern const unsigned char og_mpk_give_by_image[], og_mpk_give_by_image_end[];
extern const unsigned char og_mpk_take_by_image[], og_mpk_take_by_image_end[];

/* Where the parts of the replacements are, from their ends; RDPKRU is the last. */
enum { RDPKRU_SIZE = 3, ADDRESS_SIZE = 4, TAKE_OPCODE = 10, GIVE_OPCODE = 11 };
enum { ESCAPE = 0x0f }; /* the first byte of XRSTOR */

/* As many bytes: the gate goes on behind them. */
static size_t replace(unsigned char *code, const struct site *site, const unsigned char *start,
                      const unsigned char *end)
{
    if (site->size != (size_t)(end - start))
        __builtin_trap();
    memcpy(code, start, site->size);
    return site->size;
}

static void write_take(unsigned char *code, const struct site *site, const unsigned char *image)
{
    size_t size = replace(code, site, og_mpk_take_by_image, og_mpk_take_by_image_end);
    const unsigned char *next = og_mpk_gate_start + site->at + size - RDPKRU_SIZE;
    int32_t distance = (int32_t)(image - next);
    code[size - TAKE_OPCODE] = ESCAPE;
    memcpy(code + size - RDPKRU_SIZE - ADDRESS_SIZE, &distance, sizeof(distance));
}

static void write_site(unsigned char *gate, const struct site *site)
{
    unsigned char *code = gate + site->at;
    if (site->image == MPK_IMAGE_OF_THREAD)
        code[replace(code, site, og_mpk_give_by_image, og_mpk_give_by_image_end) - GIVE_OPCODE] =
            ESCAPE;
    else
        write_take(code, site,
                   site->image == MPK_IMAGE_FOR_HOST ? og_mpk_image_for_host
                                                     : og_mpk_image_for_domains);
}

static enum og_error change_gate(struct og_fault *fault)
{
    size_t size = (size_t)(og_mpk_gate_end - og_mpk_gate_start);
    unsigned char *gate = mpk_allocate(1, size);
    if (!gate)
        return mpk_out_of_memory(fault);
    memcpy(gate, og_mpk_gate_start, size);
    for (const struct site *site = og_mpk_rights_sites; site < og_mpk_rights_sites_end; site++)
        write_site(gate, site);
    errno = 0;
    bool good = mpk_host_patch((unsigned char *)og_mpk_gate_start, gate, size);
    bool is_full = errno == ENOMEM;
    mpk_release(gate);
    if (!good && is_full)
        return mpk_out_of_memory(fault);
    if (!good && mpk_is_remapping_denied())
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "the gate's pages cannot be replaced, as Linux before 6.12 needs: a seccomp "
                       "filter denies mremap");
    return good ? OG_OK
                : og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                          "the gate's pages cannot be replaced, as Linux before 6.12 needs: a "
                          "policy denies memory that becomes executable "
                          "(MemoryDenyWriteExecute=), or membarrier");
}

bool mpk_rights_change_at(uintptr_t address)
{
    size_t at = address - (uintptr_t)og_mpk_gate_start;
    for (const struct site *site = og_mpk_rights_sites; site < og_mpk_rights_sites_end; site++)
        if (at >= site->at && at < site->at + site->size)
            return true;
    return false;
}

enum og_error mpk_rights_open(struct og_fault *fault)
{
    unsigned size, at, c, d;
    /* Once: domains, and not every thread of the host's, can read the gate from then on. */
    if (!mpk_frames_need_domain_key() || mpk_rights_are_images())
        return OG_OK;
    if (!__get_cpuid_count(0xd, __builtin_ctz(MPK_PKRU_COMPONENT), &size, &at, &c, &d) ||
        at < MPK_IMAGE_EXTENDED || at + sizeof(uint32_t) > MPK_PAGE - MPK_IMAGE)
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "the processor does not say where its state holds protection keys' rights");
    enum og_error error = change_gate(fault);
    if (!error)
        mpk_rights_use_images(at);
    return error;
}
