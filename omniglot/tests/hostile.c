/* A library that attacks its host. Each function is one attack, or one way to fail; the same
 * file is loaded into the host as it is (where the attack succeeds) and into a domain. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT long read_word(const long *place)
{
    return *place;
}

EXPORT void write_word(long *place, long value)
{
    *place = value;
}

/* A system call with an instruction of its own. */
EXPORT long system_call(long number, long a, long b, long c)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

/* Calls code at any address, such as the host's libc. */
EXPORT long call_address(long (*code)(long, long, long), long a, long b, long c)
{
    return code(a, b, c);
}

/* Jumps to any instruction with rax, rcx and rdx null and the rest as given: what WRPKRU wants. */
EXPORT void jump_with_rights(void *code, long rsi, long rdi, long r8, long r9)
{
    register long r8_ __asm__("r8") = r8, r9_ __asm__("r9") = r9;
    __asm__ volatile("mov %0, %%r11\n\txor %%eax, %%eax\n\txor %%ecx, %%ecx\n\txor %%edx, %%edx\n\t"
                     "call *%%r11"
                     :
                     : "r"(code), "S"(rsi), "D"(rdi), "r"(r8_), "r"(r9_)
                     : "rax", "rcx", "rdx", "r11", "memory");
}

/* Makes the GS base null, which the host's gate knows the thread by. */
EXPORT void clear_gs(void)
{
    __asm__ volatile("mov %0, %%gs" : : "r"(0));
}

EXPORT uint32_t read_rights(void)
{
    uint32_t rights;
    __asm__ volatile("rdpkru" : "=a"(rights) : "c"(0) : "rdx");
    return rights;
}

/* Leaves flags and control words as no ABI allows, and every callee-saved register destroyed. */
EXPORT long leave_a_mess(void)
{
    uint32_t mxcsr = 0x1f80 | 0x6000;
    uint16_t control = 0x037f | 0x0c00;
    __asm__ volatile("ldmxcsr %0\n\tfldcw %1\n\t"
                     "mov $-1, %%rbx\n\tmov $-1, %%r12\n\tmov $-1, %%r13\n\tmov $-1, %%r14\n\t"
                     "mov $-1, %%r15\n\tmov $-1, %%rbp\n\tmov $7, %%eax\n\tstd\n\t"
                     "ret"
                     :
                     : "m"(mxcsr), "m"(control));
    __builtin_unreachable();
}

/* What the registers hold that carry no argument of this call: their bits, or-ed. */
EXPORT long look_at_registers(void);
__asm__(".globl look_at_registers\n.type look_at_registers, @function\nlook_at_registers:\n"
        "  mov %rbx,%rax\n  or %rbp,%rax\n  or %r10,%rax\n  or %r12,%rax\n  or %r13,%rax\n"
        "  or %r14,%rax\n  or %r15,%rax\n"
        "  movq %xmm8,%rcx\n  or %rcx,%rax\n  movq %xmm11,%rcx\n  or %rcx,%rax\n"
        "  movq %xmm15,%rcx\n  or %rcx,%rax\n  ret\n");

EXPORT long overflow_stack(long depth)
{
    volatile char room[4096];
    room[0] = (char)depth;
    return overflow_stack(depth + 1) + room[0];
}

EXPORT void loop_forever(void)
{
    for (;;)
        __asm__ volatile("");
}

EXPORT void call_abort(void)
{
    abort();
}

EXPORT void call_exit(void)
{
    exit(3);
}

EXPORT int divide(int a, int b)
{
    return a / b;
}

EXPORT void execute_nothing(void)
{
    __asm__ volatile("ud2");
}

EXPORT void hit_breakpoint(void)
{
    __asm__ volatile("int3");
}

static long counter = 100;

/* State that reset must put back: data, heap. */
EXPORT long count_up(void)
{
    return ++counter;
}

static char *kept;

EXPORT long keep_text(const char *text)
{
    long had = kept != NULL;
    kept = strdup(text);
    return had;
}

EXPORT long sum_25(long a, long b, long c, long d, long e, long f, long g, long h, long i, long j,
                   long k, long l, long m, long n, long o, long p, long q, long r, long s, long t,
                   long u, long v, long w, long x, long y)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j + 11 * k +
           12 * l + 13 * m + 14 * n + 15 * o + 16 * p + 17 * q + 18 * r + 19 * s + 20 * t + 21 * u +
           22 * v + 23 * w + 24 * x + 25 * y;
}

struct pair {
    long integer;
    double floating;
};

EXPORT struct pair return_pair(long integer, double floating)
{
    return (struct pair){integer + 1, floating * 2};
}

EXPORT long double return_long_double(double value)
{
    return (long double)value * 4;
}

EXPORT double mix(int a, double b, long c, float d, double e)
{
    return a + b * 10 + (double)c * 100 + (double)d * 1000 + e * 10000;
}

/* Calls back, with a value that only its own stack holds. */
EXPORT long call_back(long (*callback)(long, long, double), long a, long b, double c)
{
    long before = a * 3;
    long result = callback(a, b, c);
    return result + (before == a * 3 ? 0 : 1000000);
}

EXPORT long exhaust_heap(void)
{
    long blocks = 0;
    void *volatile block; /* or the compiler takes malloc to succeed for ever */
    while ((block = malloc(1 << 20)))
        blocks++;
    return blocks;
}

EXPORT long read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return -1;
    int first = fgetc(file);
    fclose(file);
    return first;
}

EXPORT long tell_time(void)
{
    return (long)time(NULL);
}

static __thread long per_thread = 5;

EXPORT long count_per_thread(void)
{
    return ++per_thread;
}

EXPORT const char *environment(const char *name)
{
    return getenv(name);
}
