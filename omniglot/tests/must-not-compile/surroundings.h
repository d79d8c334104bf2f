/* What every program here has around it: a domain, and the library's header. Each program
 * compiles as it stands, its twin; with REFUSED defined it differs by one line, which Clang
 * must refuse with the words that the program's comment gives after "want:". */
#ifndef SURROUNDINGS_H
#define SURROUNDINGS_H

#include <omniglot/omniglot.h>

struct point {
    int x;
    long y;
    const char *label;
};

extern struct og_domain *domain;
extern struct og_function function;
extern struct og_fault fault;

int program(void);
void library_takes_host_pointer(const struct point *point);

/* What og-bindgen's stubs take. */
void stub_reads(const struct og_access *access, const struct point og_ref *point)
    OG_REQUIRES(access);
void stub_writes(const struct og_access *access, struct point og_mut *point) OG_REQUIRES(access);

#endif
