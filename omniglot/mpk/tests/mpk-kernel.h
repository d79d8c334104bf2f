/* What the tests must know of the kernel. */
#ifndef OMNIGLOT_TESTS_MPK_KERNEL_H
#define OMNIGLOT_TESTS_MPK_KERNEL_H

#include <stdbool.h>

/* From Linux 6.12 on: the frame of a signal is written whatever the interrupted code's rights are.
 */
bool kernel_writes_frames_with_all_rights(void);

#endif
