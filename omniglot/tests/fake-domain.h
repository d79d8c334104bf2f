/* A domain of plain memory, for tests of core alone: read-only data, a gap, data, a gap,
 * then the allocation stack and the heap. Foreign code is a function of the test. */
#ifndef OMNIGLOT_TESTS_FAKE_DOMAIN_H
#define OMNIGLOT_TESTS_FAKE_DOMAIN_H

#include "omniglot/omniglot.h"
#include "omniglot/runtime.h"

#include <string.h>

enum { PART = 8192 };

struct fake_domain {
    struct og_domain domain;
    struct og_context context;
    struct og_region regions[2];
    uintptr_t read_only, data, stack, heap, end; /* where the parts start; `end`: past the heap */
    uintptr_t callback;                          /* the one registered callback's address */
};

void fake_domain_open(struct fake_domain *fake);
void fake_domain_close(struct fake_domain *fake);

/* Any number as a foreign pointer to `type`. */
#define FOREIGN(type, address) ((type og_foreign *)(uintptr_t)(address))

/* Memory behind the API's back, as foreign code would write it. */
#define AS_FOREIGN_CODE(type, address) (*(type *)(uintptr_t)(address))

#endif
