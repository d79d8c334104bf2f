/* A text of limited size, put together piece by piece. */
#ifndef OMNIGLOT_MPK_TEXT_H
#define OMNIGLOT_MPK_TEXT_H

#include <stddef.h>

/* What does not fit is counted and dropped. There is always a NUL where `size` is not 0. */
struct mpk_text {
    char *bytes;
    size_t size, length;
};

void mpk_text_add(struct mpk_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A name that others have chosen: what a terminal could obey becomes '?'. */
void mpk_text_add_name(struct mpk_text *text, const char *name);

#endif
