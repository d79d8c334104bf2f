/* What attacks share that jump into the gate of protection keys: the jump, and the host's half, in
 * which each call is one jump and a reset follows. For each attack that includes it its own, so
 * without a guard. */
#ifdef ATTACK_FOREIGN

/* Jumps there with these registers; what comes back comes back here, or not at all. */
ATTACK_UNUSED static void LOCAL(jump)(uint64_t code, uint64_t rights, uint64_t others)
{
    register uint64_t r8 __asm__("r8") = others;
    __asm__ volatile(
        "mov %0, %%r11\n\tmov %1, %%rax\n\txor %%ecx, %%ecx\n\txor %%edx, %%edx\n\tcall *%%r11"
        :
        : "r"(code), "r"(rights), "S"(others), "D"(others), "r"(r8)
        : "rax", "rcx", "rdx", "r11", "memory");
}

/* The same by IRET, which sets the trap flag for the very first instruction there. */
ATTACK_UNUSED static void LOCAL(jump_and_step)(uint64_t code, uint64_t rights)
{
    __asm__ volatile("mov %%rsp, %%r8\n\tmov %%ss, %%r9d\n\tpush %%r9\n\tpush %%r8\n\tpushf\n\t"
                     "orl $0x100, (%%rsp)\n\tmov %%cs, %%r9d\n\tpush %%r9\n\tpush %0\n\t"
                     "mov %1, %%rax\n\txor %%ecx, %%ecx\n\txor %%edx, %%edx\n\tiretq"
                     :
                     : "r"(code), "r"(rights)
                     : "rax", "rcx", "rdx", "r8", "r9", "memory");
}

/* The `step`-th WRPKRU of the gate, or the XRSTOR in its place before Linux 6.12; 0: there are
 * fewer, or nothing isolates. */
ATTACK_UNUSED static uint64_t LOCAL(find)(const struct attack *at)
{
    uint32_t found = 0;
    for (uint64_t code = at->gate_start; code && code + 3 <= at->gate_end; code++)
        if ((!memcmp(POINTER(const void, code), "\x0f\x01\xef", 3) ||
             !memcmp(POINTER(const void, code), "\x0f\xae\x2d", 3) ||
             !memcmp(POINTER(const void, code), "\x0f\xae\x2c", 3)) &&
            found++ == at->step)
            return code;
    return 0;
}

#endif

#ifdef ATTACK_HOST

/* Where nothing isolates there is nothing to jump to: one call. */
static enum og_error LOCAL(jump_each_time)(struct host *host, uint32_t times)
{
    enum og_error error = OG_OK, first = OG_OK;
    struct og_fault fault = {0};
    for (uint32_t step = 0; step < (host->places[PLACE_gate_start] ? times : 1); step++) {
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
