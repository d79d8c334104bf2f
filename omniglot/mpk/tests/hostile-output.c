/* A library that prints what it must not, where it must not: for the tests of og_options.output. */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

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

EXPORT long print(long stream, const void *text, long size)
{
    return system_call(SYS_write, stream, (long)text, size);
}

EXPORT long print_parts(long stream, const struct iovec *parts, long count)
{
    return system_call(SYS_writev, stream, (long)parts, count);
}

/* A text of its own, and then one of `size` bytes from anywhere. */
EXPORT long print_and(const void *text, long size)
{
    const struct iovec parts[] = {{(char[]){"good"}, 4}, {(void *)(size_t)text, (size_t)size}};
    return print_parts(1, parts, 2);
}

/* `count` parts of `size` bytes each. */
EXPORT long print_many(long count, long size)
{
    struct iovec *parts = calloc((size_t)count, sizeof(*parts));
    char *text = malloc((size_t)size);
    for (long i = 0; parts && text && i < count; i++)
        parts[i] = (struct iovec){text, (size_t)size};
    return print_parts(2, parts, count);
}

/* `size` bytes, of which so many can be read. */
EXPORT long print_up_to_the_end(long stream, long readable, long size)
{
    enum { PAGE = 4096, PAGES = 5 };
    const long end = (long)mmap(NULL, PAGES * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) +
                     (PAGES - 1) * PAGE;
    mprotect((void *)end, PAGE, PROT_NONE);
    return system_call(SYS_write, stream, end - readable, size);
}

/* With the stack pointer anywhere. */
EXPORT long print_with_stack_at(void *stack);
__asm__(".globl print_with_stack_at\n.type print_with_stack_at, @function\nprint_with_stack_at:\n"
        "  push %rbx\n  mov %rsp,%rbx\n  lea 1f(%rip),%rsi\n  mov %rdi,%rsp\n"
        "  mov $1,%edi\n  mov $9,%edx\n  mov $1,%eax\n  syscall\n"
        "  mov %rbx,%rsp\n  pop %rbx\n  ret\n"
        "1: .ascii \"elsewhere\"\n");

/* Prints with marks in all registers, and says what of them has changed: their bits, or-ed. */
EXPORT long registers_changed_by_printing(void);
__asm__(".globl registers_changed_by_printing\n"
        ".type registers_changed_by_printing, @function\nregisters_changed_by_printing:\n"
        ".irp register,rbx,rbp,r12,r13,r14,r15\n  push %\\register\n.endr\n"
        "  sub $40,%rsp\n"
        "  movl $0x3f80,(%rsp)\n  ldmxcsr (%rsp)\n" /* rounds down */
        "  fninit\n  fld1\n"
        ".irp register,ebx,ebp,r8d,r9d,r10d,r12d,r13d,r14d,r15d\n  mov $0x1234,%\\register\n.endr\n"
        ".irp number,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
        "  movq %rbx,%xmm\\number\n  vinsertf128 $1,%xmm\\number,%ymm\\number,%ymm\\number\n.endr\n"
        "  lea 1f(%rip),%rsi\n  mov $2,%edi\n  mov $5,%edx\n  mov $1,%eax\n  syscall\n"
        "  mov %rax,%rcx\n  xor $5,%rcx\n"
        "  xor $5,%rdx\n  or %rdx,%rcx\n  xor $2,%rdi\n  or %rdi,%rcx\n"
        "  lea 1f(%rip),%rax\n  xor %rsi,%rax\n  or %rax,%rcx\n"
        ".irp register,rbx,rbp,r8,r9,r10,r12,r13,r14,r15\n"
        "  xor $0x1234,%\\register\n  or %\\register,%rcx\n.endr\n"
        ".irp number,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
        "  movq %xmm\\number,%rax\n  xor $0x1234,%rax\n  or %rax,%rcx\n"
        "  vextractf128 $1,%ymm\\number,%xmm\\number\n"
        "  movq %xmm\\number,%rax\n  xor $0x1234,%rax\n  or %rax,%rcx\n.endr\n"
        "  stmxcsr 4(%rsp)\n  mov 4(%rsp),%eax\n  xor $0x3f80,%eax\n  or %rax,%rcx\n"
        "  fstpl 8(%rsp)\n  mov $0x3ff0000000000000,%rax\n  xor 8(%rsp),%rax\n  or %rax,%rcx\n"
        "  movl $0x1f80,(%rsp)\n  ldmxcsr (%rsp)\n  fninit\n  vzeroupper\n"
        "  mov %rcx,%rax\n  add $40,%rsp\n"
        ".irp register,r15,r14,r13,r12,rbp,rbx\n  pop %\\register\n.endr\n"
        "  ret\n"
        "1: .ascii \"marks\"\n");

EXPORT long print_then_read(const long *place)
{
    print(1, "read?", 5);
    return *place;
}

EXPORT void print_then_loop(void)
{
    print(1, "loop", 4);
    for (;;)
        __asm__ volatile("");
}

EXPORT long print_then_call(void)
{
    print(1, "call", 4);
    return system_call(SYS_getppid, 0, 0, 0);
}
