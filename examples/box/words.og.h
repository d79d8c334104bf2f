/* What is called of libwords. */
#include "words.h"
#include <omniglot/interface.h>

OG_LIBRARY(words, "libwords.so");

size_t words_count(const char *text OG_STRING);

int words_longest(const char *text OG_STRING, char *word OG_OUT(*size),
                  size_t *size OG_LENGTH_OF(word)) OG_RETURNS(0, -1) OG_SUCCESS(0);
