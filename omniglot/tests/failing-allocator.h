/* An allocator that fails when it is told to, once: the next allocation, or the one after, ... A
 * test has its work done with each of its allocations failing in turn, and sees that the work says
 * so, leaves nothing behind, and can be done right afterwards.
 *
 * What fails is what the program's own objects call (FAILING_ALLOCATOR in build.mk has the linker
 * lead those calls here): not what a shared library asks of libc for itself. */
#ifndef OMNIGLOT_TESTS_FAILING_ALLOCATOR_H
#define OMNIGLOT_TESTS_FAILING_ALLOCATOR_H

#include <omniglot/error.h>
#include <stdbool.h>
#include <stddef.h>

/* The allocation of this number from now on fails, once; 0: none does. */
void allocation_fail(size_t number);
/* The function that failed since then; NULL: none has yet, and none will. */
const char *allocation_failed(void);

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

/* Everything from opening to closing; ends in the first error, with nothing left open. */
typedef enum og_error allocating_work(struct og_fault *fault);

/* Has `work` done with each of its allocations failing, in turn: OG_OK (it did without) or
 * OG_NO_MEMORY and a message; afterwards it must hold what it held before, and be done when nothing
 * fails. In one process, in which it has been done before; or each time in a process of its own, in
 * which it has not (an allocator may then keep up to `books` bytes more for its books, where it had
 * to ask twice). Says what went wrong. */
bool each_allocation_fails(const char *what, allocating_work *work);
bool each_first_allocation_fails(const char *what, allocating_work *work, size_t books);

#endif
