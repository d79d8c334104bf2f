/* How the gate changes rights. It is assembled with WRPKRUs, whose value whoever jumps to one
 * chooses: also one by which the kernel, before Linux 6.12, cannot write a signal's frame, so that
 * a signal right then, the trap of a single step for one, is the process's end.
 *
 * So on such a kernel XRSTORs take their place before anything is called (gate_code.c). An XRSTOR
 * takes the rights from memory, an image that no domain can write; who jumps to one chooses by eax
 * and edx which parts of the processor's state it takes. Then the rights are the ones in the image,
 * or what they were: a frame can be written with either. Other parts of the state are in no image,
 * and come out as in a new program; the address is a constant, or by the GS base, and without that
 * it is in nobody's page (thread.c), whose image gives all rights, which the check behind it does
 * not take for a domain's.
 *
 * It takes some 35 cycles more than WRPKRU (docs/decisions/092-rights-by-xrstor-before-6.12.md). */
#include "mpk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* An image, in the standard format (Intel SDM volume 1, 13.4). */
enum { IMAGE_MXCSR = 24, IMAGE_COMPONENTS = 512 };

static size_t rights_at; /* in the thread's image; 0: the gate uses WRPKRU */

/* From 6.12 on the kernel can write a frame that the interrupted code could not. */
bool mpk_frames_need_domain_key(void)
{
    static int needs = -1;
    struct utsname name;
    if (needs < 0) {
        char *end = name.release;
        long major = uname(&name) ? 0 : strtol(name.release, &end, 10);
        long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
        needs = major < 6 || (major == 6 && minor < 12);
    }
    return needs;
}

void mpk_rights_use_images(size_t at)
{
    rights_at = at;
}

bool mpk_rights_are_images(void)
{
    return rights_at != 0;
}

static void write_image(unsigned char *image, uint64_t components)
{
    const uint32_t mxcsr = 0x1f80; /* taken with vector registers, and must be possible */
    memset(image, 0, MPK_PAGE - MPK_IMAGE);
    memcpy(image + IMAGE_MXCSR, &mxcsr, sizeof(mxcsr));
    memcpy(image + IMAGE_COMPONENTS, &components, sizeof(components));
}

void mpk_rights_of_nobody(unsigned char *page)
{
    memset(page, 0xff, MPK_IMAGE);
    write_image(page + MPK_IMAGE, 0);
}

void mpk_rights_start(struct mpk_thread *thread)
{
    write_image(thread->image, rights_at ? MPK_PKRU_COMPONENT : 0);
}

/* In this order: a handler that comes in between sets both to what the first says. */
void mpk_rights_arm(struct mpk_thread *thread, uint32_t pkru)
{
    thread->domain_pkru = pkru;
    atomic_signal_fence(memory_order_seq_cst);
    if (rights_at)
        memcpy(thread->image + rights_at, &pkru, sizeof(pkru));
    atomic_signal_fence(memory_order_seq_cst);
}
