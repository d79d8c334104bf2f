/* The words of omniglot/interface.h, and those that are nearly ones. */
#ifndef BINDGEN_SPELLING_H
#define BINDGEN_SPELLING_H

#include <stddef.h>

/* The first word of `text` that begins as interface.h's do and is none of them; its length goes to
 * *length. NULL: there is none. What is in a literal is no word. */
const char *spelling_unknown(const char *text, size_t *length);

/* The first word of `text` that is one of them, or NULL. */
const char *spelling_known(const char *text, size_t *length);

/* The word of interface.h that was probably meant; NULL: none is near. */
const char *spelling_near(const char *word, size_t length);

/* The first annotation of the line that has arguments, and no parenthesis after it here; NULL:
 * there is none. */
const char *spelling_bare(const char *line, size_t *length);

#endif
