/* A library that attacks its host. Each function is one attack, or one way to fail; the same
 * file is loaded into the host as it is (where the attack succeeds) and into a domain. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

/* Jumps to any instruction with this rax, rcx and rdx null, and the rest as given: what WRPKRU
 * wants. */
EXPORT void jump_with_rights(void *code, long rax, long rsi_rdi_r8, long r9)
{
    register long r8_ __asm__("r8") = rsi_rdi_r8, r9_ __asm__("r9") = r9;
    __asm__ volatile("mov %0, %%r11\n\tmov %1, %%rax\n\txor %%ecx, %%ecx\n\txor %%edx, %%edx\n\t"
                     "call *%%r11"
                     :
                     : "r"(code), "r"(rax), "S"(rsi_rdi_r8), "D"(rsi_rdi_r8), "r"(r8_), "r"(r9_)
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

/* What the registers hold that carry no argument of this call: their bits, or-ed. In r10 may be the
 * domain's own thread pointer. */
EXPORT long look_at_registers(void);
__asm__(".globl look_at_registers\n.type look_at_registers, @function\nlook_at_registers:\n"
        "  xor %fs:0,%r10\n  mov %rbx,%rax\n  or %rbp,%rax\n  or %r10,%rax\n  or %r12,%rax\n  or "
        "%r13,%rax\n"
        "  or %r14,%rax\n  or %r15,%rax\n"
        "  movq %xmm8,%rcx\n  or %rcx,%rax\n  movq %xmm11,%rcx\n  or %rcx,%rax\n"
        "  movq %xmm15,%rcx\n  or %rcx,%rax\n  ret\n");

/* What the registers hold that can carry arguments: six integers, then eight floats' whole vector
 * registers. */
EXPORT uint64_t registers_found[6 + 2 * 8];
EXPORT void keep_registers(void);
__asm__(".globl keep_registers\n.type keep_registers, @function\nkeep_registers:\n"
        "  mov registers_found@GOTPCREL(%rip),%rax\n"
        "  mov %rdi,(%rax)\n  mov %rsi,8(%rax)\n  mov %rdx,16(%rax)\n  mov %rcx,24(%rax)\n"
        "  mov %r8,32(%rax)\n  mov %r9,40(%rax)\n"
        ".irp number,0,1,2,3,4,5,6,7\n  movups %xmm\\number,48+16*\\number(%rax)\n.endr\n"
        "  ret\n");

/* What the upper halves of the vector registers hold: their bits, or-ed. */
EXPORT long look_at_upper_halves(void);
__asm__(".globl look_at_upper_halves\n.type look_at_upper_halves, @function\n"
        "look_at_upper_halves:\n  xor %eax,%eax\n"
        ".irp register,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
        "  vextractf128 $1,%ymm\\register,%xmm0\n  movq %xmm0,%rcx\n  or %rcx,%rax\n"
        ".endr\n  vzeroupper\n  ret\n");

/* Leaves eight values on the x87 stack: whoever loads a ninth gets none. */
EXPORT long fill_x87_stack(void)
{
    __asm__ volatile("fld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1");
    return 8;
}

/* What is in the registers of the x87 unit, whatever their tags say: the mantissas, or-ed. */
EXPORT uint64_t look_at_x87(void)
{
    struct {
        uint32_t environment[7];
        uint16_t stack[8][5];
    } state;
    uint64_t seen = 0;
    __asm__ volatile("fnsave %0" : "=m"(state));
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 4; j++)
            seen |= (uint64_t)state.stack[i][j] << 16 * j;
    return seen;
}

EXPORT uint64_t look_at_x87_after_callback(void (*callback)(void))
{
    callback();
    return look_at_x87();
}

/* A word of what the x87 unit notes of its last instruction: 3 its address, 4 its opcode (in the
 * upper half), 5 its operand's address, of which these are the lower 32 bits. */
EXPORT uint64_t x87_environment(long word)
{
    uint32_t environment[7];
    __asm__ volatile("fnstenv %0\n\tfldenv %0" : "+m"(environment));
    return environment[word];
}

EXPORT uint64_t x87_environment_after_callback(void (*callback)(void), long word)
{
    callback();
    return x87_environment(word);
}

EXPORT long call_back_with_full_x87(long (*callback)(long))
{
    fill_x87_stack();
    long result = callback(0);
    __asm__ volatile("fninit");
    return result;
}

/* Calls back with flags and control words that are not the host's. */
EXPORT void call_back_in_a_mess(void (*callback)(void));
__asm__(".globl call_back_in_a_mess\n.type call_back_in_a_mess, @function\ncall_back_in_a_mess:\n"
        "  sub $24,%rsp\n  movl $0x7f80,(%rsp)\n  ldmxcsr (%rsp)\n"
        "  movl $0x0f7f,(%rsp)\n  fldcw (%rsp)\n  std\n  call *%rdi\n  cld\n"
        "  movl $0x1f80,(%rsp)\n  ldmxcsr (%rsp)\n  fninit\n  add $24,%rsp\n  ret\n");

/* What the registers hold when a callback has returned that are nobody's then: their bits, or-ed.
 */
EXPORT long look_after_callback(void (*callback)(void));
__asm__(".globl look_after_callback\n.type look_after_callback, @function\nlook_after_callback:\n"
        "  sub $8,%rsp\n  call *%rdi\n  add $8,%rsp\n"
        "  mov %rsi,%rax\n  or %rdi,%rax\n  or %r8,%rax\n  or %r9,%rax\n  or %r10,%rax\n"
        "  or %r11,%rax\n  or %rcx,%rax\n  or %rdx,%rax\n"
        ".irp register,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
        "  movq %xmm\\register,%rcx\n  or %rcx,%rax\n"
        "  vextractf128 $1,%ymm\\register,%xmm0\n  movq %xmm0,%rcx\n  or %rcx,%rax\n"
        ".endr\n  vzeroupper\n  ret\n");

EXPORT volatile long went_on;

/* Goes on after a callback, with what it had on its stack: how much of that has changed. */
EXPORT long call_back_and_go_on(void (*callback)(void))
{
    volatile long marks[64];
    long changed = 0;
    for (long i = 0; i < 64; i++)
        marks[i] = i;
    callback();
    went_on++;
    for (long i = 0; i < 64; i++)
        changed += marks[i] != i;
    return changed;
}

EXPORT long write_all_over_the_stack(void)
{
    volatile char room[4096];
    for (unsigned long i = 0; i < sizeof(room); i++)
        room[i] = 0x55;
    return room[7];
}

/* Leaves an x87 exception pending, for the next instruction that waits for one. */
EXPORT long leave_x87_exception(void)
{
    uint16_t control = 0x037b; /* division by zero is not masked */
    __asm__ volatile("fninit\n\tfldcw %0\n\tfld1\n\tfldz\n\tfdivrp" : : "m"(control));
    return 1;
}

/* A system call by the gate of 32-bit programs. */
EXPORT long system_call_of_32_bits(long number)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number) : "r8", "r9", "r10", "r11", "memory");
    return result;
}

/* Sets the trap flag and goes to `code`. */
EXPORT void step_into(void *code)
{
    __asm__ volatile("pushf\n\torq $0x100, (%%rsp)\n\tpopf\n\tjmp *%0" : : "r"(code));
    __builtin_unreachable();
}

/* Where `value` is among the `count` words at `words`, or -1. */
EXPORT long find_word(const long *words, long count, long value)
{
    for (long i = 0; i < count; i++)
        if (words[i] == value)
            return i;
    return -1;
}

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

static int by_high_half(const void *a, const void *b)
{
    long x = *(const long *)a >> 32, y = *(const long *)b >> 32;
    return (x > y) - (x < y);
}

/* Below its caller's stack there is nothing but zeros then. */
static void __attribute__((noinline)) clear_stack(void)
{
    volatile char stack[16384];
    for (unsigned i = 0; i < sizeof(stack); i++)
        stack[i] = 0;
}

/* The first sort after the library was loaded: does what is equal keep its order? */
EXPORT long sort_keeps_order(void)
{
    enum { COUNT = 100000 };
    long *all = malloc(COUNT * sizeof(*all)), kept = 1;
    for (long i = 0; i < COUNT; i++)
        all[i] = (i * 7919 % 16) << 32 | i;
    clear_stack();
    qsort(all, COUNT, sizeof(*all), by_high_half);
    for (long i = 1; i < COUNT; i++)
        kept = kept && all[i - 1] < all[i];
    free(all);
    return kept;
}

EXPORT long memory_of_machine(void)
{
    return sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

/* One that only the kernel may execute, by number. */
EXPORT void execute_privileged(long which)
{
    switch (which) {
    case 0:
        __asm__ volatile("hlt");
        break;
    case 1:
        __asm__ volatile("cli");
        break;
    case 2:
        __asm__ volatile("in $0x80, %%al" ::: "rax");
        break;
    case 3:
        __asm__ volatile("out %%ax, %%dx" ::: "memory");
        break;
    case 4:
        __asm__ volatile("rep outsb" ::: "rcx", "rsi", "memory");
        break;
    case 5:
        __asm__ volatile("rdmsr" ::: "rax", "rdx");
        break;
    case 6:
        __asm__ volatile("mov %%cr8, %%rax" ::: "rax"); /* with a REX prefix */
        break;
    case 7:
        __asm__ volatile("mov %%db7, %%rax" ::: "rax");
        break;
    case 8:
        __asm__ volatile("lgdt (%rsp)");
        break;
    case 9:
        __asm__ volatile("invlpg (%rsp)");
        break;
    case 10:
        __asm__ volatile("wbinvd");
        break;
    case 11:
        __asm__ volatile("ltr %%ax" ::: "memory");
        break;
    case 12:
        __asm__ volatile("int $0x21");
        break;
    }
}

EXPORT void load_unaligned_vector(const char *place)
{
    __asm__ volatile("movaps 1(%0), %%xmm0" ::"r"(((uintptr_t)place | 15) + 1) : "xmm0");
}

EXPORT void hit_breakpoint(void)
{
    __asm__ volatile("int3");
}

EXPORT extern const long constant_words[2];
const long constant_words[2] = {1, 2};

static long counter = 100;

/* State that reset must put back: data, heap. */
EXPORT long count_up(void)
{
    return ++counter;
}

/* What runs by itself, at both ends of the library's life. */
static long constructed;
static long (*at_the_end)(long);

__attribute__((constructor)) static void construct(void)
{
    constructed = 11;
}

__attribute__((destructor)) static void destruct(void)
{
    if (at_the_end)
        at_the_end(constructed);
}

EXPORT long call_at_the_end(long (*callback)(long))
{
    at_the_end = callback;
    return constructed;
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

/* The tag word of the x87 unit: 0xffff when its stack is empty. */
EXPORT long x87_tags(void)
{
    struct {
        uint32_t control, status, tags, others[4];
    } environment;
    __asm__ volatile("fnstenv %0\n\tfldenv %0" : "+m"(environment));
    return environment.tags & 0xffff;
}

EXPORT _Complex long double return_complex(long double real, long double imaginary)
{
    return real + 1 + (imaginary * 2) * 1.0iL;
}

struct big {
    long words[9];
};

/* Returned where the caller says: a hidden first argument. */
EXPORT struct big return_big(long first)
{
    struct big big;
    for (int i = 0; i < 9; i++)
        big.words[i] = first + i;
    return big;
}

/* Passed on the stack, between arguments in registers. */
EXPORT long take_big(long before, struct big big, long after)
{
    long sum = before * 1000 + after * 100000;
    for (int i = 0; i < 9; i++)
        sum += big.words[i] * (i + 1);
    return sum;
}

EXPORT unsigned __int128 multiply_wide(uint64_t a, uint64_t b)
{
    return (unsigned __int128)a * b;
}

EXPORT float _Complex turn(float _Complex value)
{
    return value * 1.0iF;
}

EXPORT long sum_ten(long a, long b, long c, long d, long e, long f, long g, long h, long i, long j)
{
    return a + b + c + d + e + f + g + h + i + j;
}

/* All that og-run can pass: twelve integers, half of them on the stack, and eight floats. */
EXPORT long weigh_twenty(long a, long b, long c, long d, long e, long f, double p, double q,
                         double r, double s, double t, double u, double v, double w, long g, long h,
                         long i, long j, long k, long l)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j + 11 * k +
           12 * l + (long)(p + 2 * q + 3 * r + 4 * s + 5 * t + 6 * u + 7 * v + 8 * w);
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

/* Whoever asks where it is gets another address each time. */
static long times_asked;

typedef long asked(void);

__attribute__((used)) static asked *say_where(void)
{
    return (asked *)((uintptr_t)count_up + (uintptr_t)times_asked++);
}

EXPORT long is_elsewhere(void) __attribute__((ifunc("say_where")));
