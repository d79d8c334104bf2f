/* Instructions that change a domain's rights or a segment base, at every offset: hostile code
 * can jump into the middle of any instruction. Intel SDM volume 2: WRPKRU, XRSTOR, WRFSBASE and
 * WRGSBASE (XRSTORS is privileged). */
#include "omniglot/mpk/mpk.h"

#include <emmintrin.h>

/* Which of them starts with the 0x0f at code[0]? `before`: bytes in front that can be read. */
static const char *forbidden(const unsigned char *code, size_t left, size_t before)
{
    if (left < 3)
        return NULL;
    unsigned mode = code[2] >> 6, operation = (code[2] >> 3) & 7;
    switch (code[1]) {
    case 0x01:
        return code[2] == 0xef ? "WRPKRU" : NULL;
    case 0xae:
        if (mode != 3)
            return operation == 5 ? "XRSTOR" : NULL;
        if (operation != 2 && operation != 3)
            return NULL;
        /* F3, then perhaps other prefixes, then 0F AE: an instruction has at most 15 bytes. */
        for (size_t i = 1; i <= before && i <= 12; i++)
            if (code[-(ptrdiff_t)i] == 0xf3)
                return operation == 2 ? "WRFSBASE" : "WRGSBASE";
        return NULL;
    }
    return NULL;
}

/* Which of the 16 bytes at `code` may start one: 0F 01 or 0F AE. Reads 17 bytes. */
static unsigned candidates(const unsigned char *code)
{
    __m128i first = _mm_loadu_si128((const __m128i *)code);
    __m128i second = _mm_loadu_si128((const __m128i *)(code + 1));
    __m128i escape = _mm_cmpeq_epi8(first, _mm_set1_epi8(0x0f));
    __m128i rights = _mm_cmpeq_epi8(second, _mm_set1_epi8(0x01));
    __m128i state = _mm_cmpeq_epi8(second, _mm_set1_epi8((char)0xae));
    return (unsigned)_mm_movemask_epi8(_mm_and_si128(escape, _mm_or_si128(rights, state)));
}

size_t mpk_scan(const unsigned char *code, size_t size, const char **name)
{
    size_t at = 0;
    for (; at + 17 <= size; at += 16) {
        for (unsigned found = candidates(code + at); found; found &= found - 1) {
            size_t place = at + (size_t)__builtin_ctz(found);
            *name = forbidden(code + place, size - place, place);
            if (*name)
                return place;
        }
    }
    for (; at < size; at++) {
        *name = code[at] == 0x0f ? forbidden(code + at, size - at, at) : NULL;
        if (*name)
            return at;
    }
    return size;
}
