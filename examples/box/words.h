/* A library that looks at words. */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>

/* How many words the text has. */
size_t words_count(const char *text);

/* Copies the longest word, with its NUL, and says how long it is in *size, which is how much room
 * there is before. Returns 0, or -1 if it does not fit. */
int words_longest(const char *text, char *word, size_t *size);

#endif
