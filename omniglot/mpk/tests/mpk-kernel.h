/* What the tests must know of the kernel, and of the gate by it. */
#ifndef OMNIGLOT_TESTS_MPK_KERNEL_H
#define OMNIGLOT_TESTS_MPK_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/* From Linux 6.12 on: the frame of a signal is written whatever the interrupted code's rights are.
 */
bool kernel_writes_frames_with_all_rights(void);

/* Whether rights change at `at` in the gate: a WRPKRU; before Linux 6.12 an XRSTOR, perhaps with a
 * prefix before it that makes its address the thread's. And what eax has to be for all of them. */
bool changes_rights(const unsigned char *at);
uint32_t asks_for_all_rights(const unsigned char *at);

/* Could the instruction at `code`, with its prefixes, be a far return? QEMU 7.2 reads the stack of
 * one with the kernel's rights, by which its guest kernel dies (the guest is started without SMAP,
 * which makes that rarer); processors do not. */
bool may_be_far_return(const unsigned char *code);
/* Is it what fills the gate: traps, or an image that holds nothing? */
bool is_filler(const unsigned char *at);

#endif
