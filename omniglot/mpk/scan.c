/* Instructions that change a domain's rights or a segment base, at every offset: hostile code
 * can jump into the middle of any instruction. Intel SDM volume 2: WRPKRU, XRSTOR, WRFSBASE and
 * WRGSBASE (XRSTORS is privileged). */
#include "mpk.h"

#include <string.h>

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

size_t mpk_scan(const unsigned char *code, size_t size, const char **name)
{
    const unsigned char *end = code + size, *at = code;
    while (at < end && (at = memchr(at, 0x0f, (size_t)(end - at)))) {
        *name = forbidden(at, (size_t)(end - at), (size_t)(at - code));
        if (*name)
            return (size_t)(at - code);
        at++;
    }
    return size;
}
