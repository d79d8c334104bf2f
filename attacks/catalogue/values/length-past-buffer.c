/* Tries: to have the host end a text behind its buffer: at the length that the library returns
 * From: CWE-787; CWE-170; CVE-2021-3156 (sudo) for what one byte is worth
 * Observed: A canary that has changed. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(fill)
{
    (void)at;
    memset(out, 'a', *size);
    *size += 24;
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    /* Text, and room for its end. */
    char *text = (char *)(uintptr_t)host->places[PLACE_canary_page] - 16;
    size_t size = 16 - 1;
    int status = 0;
    char own[16];
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_fill(&host->library, &status, (uint8_t *)own, &size, &host->fault);
    if (!error)
        text[size] = 0;
    return error;
}
#endif
