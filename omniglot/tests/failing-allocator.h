/* An allocator that fails when it is told to, once: the next allocation, or the one after, ...
 *
 * What fails is what the program's own objects call (FAILING_ALLOCATOR in build.mk has the linker
 * lead those calls here): not what a shared library asks of libc for itself. */
#ifndef OMNIGLOT_TESTS_FAILING_ALLOCATOR_H
#define OMNIGLOT_TESTS_FAILING_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

/* The allocation of this number from now on fails, once; 0: none does. */
void allocation_fail(size_t number);
/* The function that failed since then; NULL: none has yet, and none will. */
const char *allocation_failed(void);
/* From now on none fails. */
void allocation_stop(void);
/* If set, called before each allocation with the function's name. */
extern void (*allocation_seen)(const char *function);
/* The same before each free. */
extern void (*release_seen)(void);

/* What this process holds, but for libc's heap. */
struct held {
    size_t blocks;      /* allocated by the program's objects, and files that they opened */
    size_t mapped;      /* bytes of address space */
    size_t descriptors; /* open */
};
struct held held_now(void);
/* Says what `now` has more (or less) than `before`, each on a line that begins with "# ". */
bool held_is_same(const struct held *before, const struct held *now);
/* The program's blocks, with who asked for each. */
void held_list(void);

#endif
