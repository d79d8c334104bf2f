/* What a library does with two threads, and with the end of its stack. */
#include <stdbool.h>
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT bool flag;

/* Makes the flag everything that a byte can be, again and again, and leaves it false. */
EXPORT long spoil_flag(long rounds)
{
    volatile unsigned char *byte = (volatile unsigned char *)&flag;
    for (long i = 0; i < rounds * 256; i++)
        *byte = (unsigned char)i;
    *byte = 0;
    return rounds;
}

static long counter;

EXPORT long count(void)
{
    return ++counter;
}

EXPORT long call(long (*callback)(long), long argument)
{
    return callback(argument) + 1;
}

EXPORT long poke(long *place, long value)
{
    *place = value;
    return value;
}

EXPORT void fail(void)
{
    __builtin_trap();
}

EXPORT void never_return(void)
{
    for (;;)
        __asm__ volatile("");
}

/* Calls back from every depth, until there is no stack left. */
EXPORT long dig(long (*callback)(long), long depth)
{
    volatile char room[100] = {0};
    callback(depth);
    return dig(callback, depth + 1) + room[depth % 100];
}

/* Where its stack was when it was called. */
EXPORT long own_stack(void);
/* Calls back with the stack at `stack`. */
EXPORT long call_with_stack(long (*callback)(long), long argument, void *stack);
__asm__(".globl own_stack\n"
        "own_stack:\n"
        "    mov %rsp, %rax\n"
        "    ret\n"
        ".globl call_with_stack\n"
        "call_with_stack:\n"
        "    push %rbx\n"
        "    mov %rsp, %rbx\n"
        "    mov %rdi, %rax\n"
        "    mov %rsi, %rdi\n"
        "    mov %rdx, %rsp\n"
        "    call *%rax\n"
        "    mov %rbx, %rsp\n"
        "    pop %rbx\n"
        "    ret\n");
