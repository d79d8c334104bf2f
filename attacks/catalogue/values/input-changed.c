/* Tries: to change input that is its to read only
 * From: CWE-471; CWE-843
 * Observed: A canary that has changed. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(echo)
{
    (void)at, (void)out, (void)out_size;
    for (size_t i = 0; i < in_size; i++)
        ((volatile uint8_t *)(uintptr_t)in)[i] = 0;
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    uint8_t input[16] = "fifteen letters";
    uint8_t output[16];
    size_t size = sizeof(output);
    int status = 0;
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_echo(&host->library, &status, input, sizeof(input), output, &size,
                                 &host->fault);
    __asm__ volatile("" : : "r"(input) : "memory");
    if (memcmp(input, "fifteen letters", sizeof(input)))
        host_harmed(host, "the input of a call was changed");
    return error;
}
#endif
