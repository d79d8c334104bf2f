/* What ordinary libraries do by the way: each as a function that gives 0 where it went as it does
 * without a sandbox, the errno of what was refused, or -1 where something is wrong. */
#ifndef PROCESS_ORDINARY_H
#define PROCESS_ORDINARY_H

#include <stddef.h>

struct ordinary {
    const char *what;
    int (*do_it)(void);
    int in_worker; /* what it gives in a worker */
};

extern const struct ordinary ordinary[];
extern const size_t ordinary_count;

#endif
