/* memcpy by words, eight at a time. The C library's, built for size, takes six instructions a byte:
 * every system that copies would look worse than it is. */
#include <stdint.h>
#include <string.h>

typedef uint32_t __attribute__((may_alias)) word;

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    if ((((uintptr_t)out ^ (uintptr_t)in) & 3) == 0) {
        for (; size && ((uintptr_t)out & 3); size--)
            *out++ = *in++;
        word *out_words = (word *)out;
        const word *in_words = (const word *)in;
        for (; size >= 32; size -= 32, out_words += 8, in_words += 8) {
            word a = in_words[0], b = in_words[1], c = in_words[2], d = in_words[3];
            word e = in_words[4], f = in_words[5], g = in_words[6], h = in_words[7];
            out_words[0] = a, out_words[1] = b, out_words[2] = c, out_words[3] = d;
            out_words[4] = e, out_words[5] = f, out_words[6] = g, out_words[7] = h;
        }
        for (; size >= 4; size -= 4)
            *out_words++ = *in_words++;
        out = (unsigned char *)out_words;
        in = (const unsigned char *)in_words;
    }
    while (size--)
        *out++ = *in++;
    return to;
}
