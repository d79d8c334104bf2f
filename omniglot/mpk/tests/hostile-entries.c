/* A library that enters the kernel where nobody dispatches: by the page of vsyscalls, by SYSENTER,
 * with numbers that the kernel takes for its own, with the trap flag set; and what it can leave in
 * segment registers. */
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

enum { VSYSCALL_SIZE = 0x400 };
#define VSYSCALLS UINT64_C(0xffffffffff600000)

/* 0: gettimeofday, 1: time, 2: getcpu. */
EXPORT long call_vsyscall(long which, long a, long b)
{
    long (*function)(long, long, long) =
        (long (*)(long, long, long))(uintptr_t)(VSYSCALLS + VSYSCALL_SIZE * (uint64_t)which);
    return function(a, b, 0);
}

/* With a stack pointer of its choice. */
EXPORT void call_vsyscall_on(long stack)
{
    __asm__ volatile("mov %0, %%rsp\n\txor %%edi, %%edi\n\tjmp *%1"
                     :
                     : "r"(stack), "r"(VSYSCALLS + VSYSCALL_SIZE));
    __builtin_unreachable();
}

EXPORT void step_into_vsyscall(void)
{
    __asm__ volatile("xor %%edi, %%edi\n\tpushf\n\torq $0x100, (%%rsp)\n\tpopf\n\tcall *%0"
                     :
                     : "r"(VSYSCALLS + VSYSCALL_SIZE)
                     : "rdi", "rax", "rcx", "r11", "memory");
}

/* SYSENTER: the kernel reads a sixth argument where ebp says, and goes on in its page of functions.
 */
EXPORT void enter_by_sysenter(long number, long frame, long flags)
{
    __asm__ volatile("mov %0, %%rax\n\tpushf\n\tor %2, (%%rsp)\n\tmov %1, %%rbp\n\tpopf\n\tsysenter"
                     :
                     : "r"(number), "r"(frame), "r"(flags)
                     : "rax", "memory");
    __builtin_unreachable();
}

EXPORT long call_with_flags(long number, long flags)
{
    long result;
    __asm__ volatile("pushf\n\tor %2, (%%rsp)\n\tpopf\n\tsyscall"
                     : "=a"(result)
                     : "a"(number), "r"(flags)
                     : "rcx", "r11", "memory");
    return result;
}

EXPORT long call_32_bits_with_flags(long number, long flags)
{
    long result;
    __asm__ volatile("pushf\n\tor %2, (%%rsp)\n\tpopf\n\tint $0x80"
                     : "=a"(result)
                     : "a"(number), "r"(flags)
                     : "r8", "r9", "r10", "r11", "memory");
    return result;
}

/* Leaves selectors in all segment registers but cs and ss. */
EXPORT long leave_segments(long selector)
{
    __asm__ volatile("mov %0, %%ds\n\tmov %0, %%es\n\tmov %0, %%fs" : : "r"((int)selector));
    return selector;
}

EXPORT long leave_gs(long selector)
{
    __asm__ volatile("mov %0, %%gs" : : "r"((int)selector));
    return selector;
}

/* Instructions that the kernel emulates where the processor forbids them: their results go where
 * the library says. */
EXPORT void store_system_state(long which, long place)
{
    switch (which) {
    case 0:
        __asm__ volatile("sgdt (%0)" : : "r"(place) : "memory");
        break;
    case 1:
        __asm__ volatile("sidt (%0)" : : "r"(place) : "memory");
        break;
    case 2:
        __asm__ volatile("sldt (%0)" : : "r"(place) : "memory");
        break;
    case 3:
        __asm__ volatile("str (%0)" : : "r"(place) : "memory");
        break;
    case 4:
        __asm__ volatile("smsw (%0)" : : "r"(place) : "memory");
        break;
    }
}

/* Goes to `code` by a return to another segment: 0x23 is that of 32-bit code. */
EXPORT void go_to_segment(long code, long segment)
{
    __asm__ volatile("push %1\n\tpush %0\n\tlretq" : : "r"(code), "r"(segment) : "memory");
    __builtin_unreachable();
}

EXPORT void breakpoint(long which)
{
    switch (which) {
    case 0:
        __asm__ volatile("int3");
        break;
    case 1:
        __asm__ volatile(".byte 0xf1");
        break;
    case 2:
        __asm__ volatile("int $4");
        break;
    case 3:
        __asm__ volatile("int $0x29");
        break;
    case 4:
        __asm__ volatile("int $0x20");
        break;
    case 5:
        __asm__ volatile("int $2");
        break;
    }
}

EXPORT long add(long a, long b)
{
    return a + b;
}
