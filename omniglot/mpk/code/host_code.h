/* What the files share that look after the host's own code: host_code.c finds, host_mend.c and
 * host_call.c know what can be made harmless, host_patch.c writes. */
#ifndef OMNIGLOT_MPK_HOST_CODE_H
#define OMNIGLOT_MPK_HOST_CODE_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- an object of the host's loader, of any namespace, as it lies in memory (host_mend.c) --- */

struct mpk_host_object {
    uintptr_t start, end, base;
    const ElfW(Dyn) * dynamic;
    const unsigned char *unwind; /* .eh_frame_hdr; NULL: none */
};

enum mpk_mended {
    MPK_MENDED,
    MPK_UNKNOWN, /* it is none that can be made harmless */
    MPK_CROWDED, /* it could be, if no other thread ran */
    MPK_NO_ROOM, /* it could be, if the system gave memory for it */
    MPK_DENIED,  /* it could be, if a policy let memory become executable */
};

/* Makes the instruction `name` at `at` harmless, if it is one of the known ones. `code`: what is
 * mapped executable around it. What was written has to be scanned again. */
struct mpk_host_range {
    uintptr_t start, end;
};
enum mpk_mended mpk_host_mend(struct mpk_host_range code, unsigned char *at, const char *name);

/* --- calls (host_call.c) --- */

/* Are the bytes at `at` in the displacement of a call or a jump to a function of the object? Then
 * it is made to go there by another way, which does not hold them. */
bool mpk_host_call_redirect(const struct mpk_host_object *object, unsigned char *at);

/* --- writing (host_patch.c) --- */

/* Replaces bytes of code; the pages are the process's own copies from then on. Other threads may
 * execute them meanwhile: each sees all of the old bytes or all of the new ones. So each
 * instruction must start where one did. */
bool mpk_host_patch(unsigned char *at, const unsigned char *bytes, size_t size);

#endif
