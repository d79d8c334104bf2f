/* What the files share that look after the host's own code. */
#ifndef OMNIGLOT_MPK_HOST_CODE_H
#define OMNIGLOT_MPK_HOST_CODE_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>

/* Replaces bytes of code; the page is the process's own copy from then on. No other thread may
 * execute them meanwhile. */
bool mpk_host_code_patch(unsigned char *at, const unsigned char *bytes, size_t size);

/* Are the bytes at `at` in the displacement of a call or a jump to a function of the object? Then
 * it is made to go there by another way, which does not hold them. */
bool mpk_host_call_redirect(const struct dl_phdr_info *object, unsigned char *at);

#endif
