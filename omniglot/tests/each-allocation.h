/* A test's work, done with each of its allocations failing in turn: that it says so, leaves nothing
 * behind, and can be done right afterwards. */
#ifndef OMNIGLOT_TESTS_EACH_ALLOCATION_H
#define OMNIGLOT_TESTS_EACH_ALLOCATION_H

#include <omniglot/error.h>
#include <stdbool.h>
#include <stddef.h>

/* Everything from opening to closing; ends in the first error, with nothing left open. */
typedef enum og_error allocating_work(struct og_fault *fault);

/* After the first 24 only every so-many-th fails: for work that takes long. 1 unless it is set. */
extern size_t each_allocation_step;

/* Has `work` done with each of its allocations failing, in turn: OG_OK (it did without) or
 * OG_NO_MEMORY and a message; afterwards it must hold what it held before, and be done when nothing
 * fails. In one process, in which it has been done before; or each time in a process of its own, in
 * which it has not (an allocator may then keep up to `books` bytes more for its books, where it had
 * to ask twice; and what could do without may have fewer addresses, for good). Says what went
 * wrong. */
bool each_allocation_fails(const char *what, allocating_work *work);
bool each_first_allocation_fails(const char *what, allocating_work *work, size_t books);

#endif
