/* Foreign code that uses what it finds executable in the host, for mpk-host-code. */
#define EXPORT __attribute__((visibility("default")))

/* Calls a WRPKRU of the host's that a return follows, asks for all rights, and writes. */
EXPORT long write_by_wrpkru(void *wrpkru, long *address, long value)
{
    __asm__ volatile("xor %%eax, %%eax\n\txor %%ecx, %%ecx\n\txor %%edx, %%edx\n\tcall *%0"
                     :
                     : "r"(wrpkru)
                     : "rax", "rcx", "rdx", "memory");
    *address = value;
    return 1;
}

/* The same by a pkey_set of the host's. */
EXPORT long write_by_pkey_set(int (*pkey_set)(int, unsigned), long *address, long value)
{
    pkey_set(0, 0);
    *address = value;
    return 1;
}

EXPORT void halt(void)
{
    __asm__ volatile("hlt");
}

/* Bound when it is first called. */
EXPORT double mix_eight(double a, double b, double c, double d, double e, double f, double g,
                        double h)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h;
}

EXPORT double mix_lazily(double a, double b, double c, double d, double e, double f, double g,
                         double h)
{
    return mix_eight(a, b, c, d, e, f, g, h) + 1;
}
