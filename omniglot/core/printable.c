/* Text that others have chosen: Unicode 15, 3.9 (well-formed UTF-8), 23.2 (direction). */
#include "omniglot/core/printable.h"
#include "omniglot/domain.h"

#include <stddef.h>
#include <stdint.h>

static int is_obeyed(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x61c ||
           character == 0x200e || character == 0x200f ||
           (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2066 && character <= 0x2069);
}

/* How many bytes the character there has; 0: it is none, or one to be obeyed. Ends before a NUL. */
static size_t measure(const unsigned char *at)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = at[0] < 0x80                     ? 1
                  : at[0] >= 0xc2 && at[0] <= 0xdf ? 2
                  : (at[0] & 0xf0) == 0xe0         ? 3
                  : at[0] >= 0xf0 && at[0] <= 0xf4 ? 4
                                                   : 0;
    uint32_t character = size > 1 ? at[0] & (0x7fu >> size) : at[0];
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        character = character << 6 | (at[i] & 0x3f);
    }
    if (!size || character < least[size] || character > 0x10ffff ||
        (character >= 0xd800 && character <= 0xdfff) || is_obeyed(character))
        return 0;
    return size;
}

void og_make_printable(char *text)
{
    for (size_t size; *text; text += size ? size : 1) {
        size = measure((const unsigned char *)text);
        if (!size)
            *text = '?';
    }
}

void og_output_make_printable(char *text, size_t size)
{
    for (size_t i = 0, step; i < size; i += step) {
        unsigned char next[5] = {0}; /* no character goes on beyond the text */
        for (size_t j = 0; j < 4 && i + j < size; j++)
            next[j] = (unsigned char)text[i + j];
        step = measure(next);
        if (!step && text[i] != '\n' && text[i] != '\t')
            text[i] = '?';
        step += !step;
    }
}
