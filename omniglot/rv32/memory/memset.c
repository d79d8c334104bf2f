/* memset by words, eight at a time: it resets a domain's RAM. */
#include <stdint.h>
#include <string.h>

typedef uint32_t __attribute__((may_alias)) word;

void *memset(void *memory, int value, size_t size)
{
    unsigned char *out = memory;
    unsigned char byte = (unsigned char)value;
    const word pattern = byte * 0x01010101u;
    for (; size && ((uintptr_t)out & 3); size--)
        *out++ = byte;
    word *words = (word *)out;
    for (; size >= 32; size -= 32, words += 8) {
        words[0] = pattern, words[1] = pattern, words[2] = pattern, words[3] = pattern;
        words[4] = pattern, words[5] = pattern, words[6] = pattern, words[7] = pattern;
    }
    for (; size >= 4; size -= 4)
        *words++ = pattern;
    out = (unsigned char *)words;
    while (size--)
        *out++ = byte;
    return memory;
}
