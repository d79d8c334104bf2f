#include "words.h"

#include <string.h>

static const char spaces[] = " \t\n";

size_t words_count(const char *text)
{
    size_t count = 0;
    for (text += strspn(text, spaces); *text; text += strspn(text, spaces)) {
        text += strcspn(text, spaces);
        count++;
    }
    return count;
}

int words_longest(const char *text, char *word, size_t *size)
{
    const char *longest = text;
    size_t length = 0;
    for (text += strspn(text, spaces); *text; text += strspn(text, spaces)) {
        size_t here = strcspn(text, spaces);
        if (here > length) {
            longest = text;
            length = here;
        }
        text += here;
    }
    if (length + 1 > *size)
        return -1;
    memcpy(word, longest, length);
    word[length] = '\0';
    *size = length + 1;
    return 0;
}
