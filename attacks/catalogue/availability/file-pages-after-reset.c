/* Tries: to leave pages that are a file's and cannot be written, where the host takes them for
 *   memory after the next reset
 * From: CWE-664; CWE-400
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    char path[128];
    strcpy(path, at->path);
    strcpy(strrchr(path, '/'), "/journal");
    int file = (int)kernel3(SYS_open, ADDRESS(path), 0, 0);
    if (!at->gate_start) /* where nothing isolates: over memory of the host's */
        kernel6(SYS_mmap, at->canary_page, 4096, 1, 0x12, (uint64_t)file, 0);
    kernel6(SYS_mmap, 0, 8192, 3, 0x22, -1, 0); /* so that what comes there begins with memory */
    for (int i = 0; i < 60; i++) {
        long page = kernel6(SYS_mmap, 0, 4096, 1, 2, (uint64_t)file, 0);
        kernel3(SYS_munmap, (uint64_t)page, 4096, 0);
        kernel6(SYS_mmap, 0, 4096, 1, 2, (uint64_t)file, 0);
    }
    kernel3(SYS_close, (uint64_t)file, 0, 0);
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(before)
{
    static const char *paths[2];
    paths[0] = host_path(host, "journal");
    host->readable_paths = paths;
}

/* Then it is reset, and gets a large input, which the host writes there, and memory
 * of a size for which an allocator asks the kernel. */
HOST(run)
{
    static uint8_t input[1 << 20], output[16];
    size_t size = sizeof(output);
    int status = 0;
    enum og_error error = host_prepare(host);
    if (!error)
        error = host_call(host, 0);
    if (error)
        return error;
    error = instance_reset(&host->library.instance, &host->fault);
    for (int i = 0; i < 1 && !error; i++) {
        size = sizeof(output);
        error = call_attack_echo(&host->library, &status, input, sizeof(input), output, &size,
                                 &host->fault);
#if RESIDENT_PLACEMENT
        unsigned char resident *memory = NULL;
        if (!error)
            error = resident_alloc(&host->library.instance, &memory, 40 << 20, 4096, &host->fault);
#endif
    }
    return error;
}
#endif
