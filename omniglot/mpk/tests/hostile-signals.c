/* A library that is slow, or where no signal is wanted: for the tests of signals and deadlines. */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>

#define EXPORT __attribute__((visibility("default")))

static long system_call(long number, long a, long b, long c)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

/* Says in the first word that it is here, and waits for the second; both are the domain's. */
EXPORT long wait_for(volatile long *words)
{
    words[0] = 1;
    while (!words[1])
        __asm__ volatile("pause");
    return words[1];
}

/* The same, with the stack pointer anywhere, such as in the host's memory. */
EXPORT long wait_with_stack_at(volatile long *words, void *stack);
__asm__(".globl wait_with_stack_at\n.type wait_with_stack_at, @function\nwait_with_stack_at:\n"
        "  mov %rsp,%r8\n  mov %rsi,%rsp\n  movq $1,(%rdi)\n"
        "1: pause\n  cmpq $0,8(%rdi)\n  je 1b\n"
        "  mov %r8,%rsp\n  mov 8(%rdi),%rax\n  ret\n");

/* The same, while it makes system calls. */
EXPORT long wait_with_system_calls(volatile long *words)
{
    words[0] = 1;
    while (!words[1])
        if (system_call(SYS_getppid, 0, 0, 0) != -EPERM)
            return -1;
    return words[1];
}

/* How much of `size` random bytes one system call gives. */
EXPORT long random_at_once(long size)
{
    void *memory = malloc((size_t)size);
    return memory ? system_call(SYS_getrandom, (long)memory, size, 0) : -1;
}

/* Is in system calls nearly all the time. */
EXPORT long random_for_ever(long size)
{
    void *memory = malloc((size_t)size);
    while (memory)
        system_call(SYS_getrandom, (long)memory, size, 0);
    return -1;
}

/* Computes a little and calls back, as long as the callback says so. */
EXPORT long call_back_while(long (*callback)(long))
{
    long calls = 0;
    do {
        for (volatile int i = 0; i < 20000; i++)
            ;
        calls++;
    } while (callback(calls));
    return calls;
}
