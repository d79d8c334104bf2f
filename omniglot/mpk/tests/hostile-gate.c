/* A library that attacks the gate: what foreign code can have in registers and flags when it jumps
 * there, and where its stack is when it is interrupted. */
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

/* Jumps to `code` with these registers; `how`: 1 with a null GS base, 2 by IRET with the
 * trap flag, 4 with the alignment check. All others hold the stack pointer. */
EXPORT void jump(void *code, long rax, long rcx, long rdx, long how);
__asm__(".globl jump\n.type jump, @function\njump:\n"
        "  push %rbx\n  push %rbp\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
        "  lea 1f(%rip),%r9\n  push %r9\n" /* where a return leads to */
        "  test $1,%r8b\n  jz 2f\n  xor %r9d,%r9d\n  mov %r9d,%gs\n2:\n"
        "  mov %rsi,%rax\n  mov %rdx,%r9\n  mov %rcx,%rdx\n  mov %r9,%rcx\n  mov %rdi,%r11\n"
        "  mov %rsp,%rdi\n  mov %rsp,%rsi\n  mov %rsp,%r9\n  mov %rsp,%r10\n"
        "  mov %rsp,%r12\n  mov %rsp,%r13\n"
        "  test $2,%r8b\n  jnz 3f\n"
        "  test $4,%r8b\n  jz 4f\n  pushf\n  orl $0x40000,(%rsp)\n  popf\n4:\n"
        "  mov %rsp,%r8\n  jmp *%r11\n"
        "3: mov %rsp,%r8\n  mov %ss,%ebx\n  push %rbx\n  push %r8\n  pushf\n  orl $0x100,(%rsp)\n"
        "  mov %cs,%ebx\n  push %rbx\n  push %r11\n  iretq\n"
        "1: pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbp\n  pop %rbx\n  ret\n");

/* Jumps to `code` as if it had found a signal: with a thread block and its secret, and nothing
 * that can be used as a context. */
EXPORT void jump_as_signal(void *code, uintptr_t block, uintptr_t proof);
__asm__(".globl jump_as_signal\n.type jump_as_signal, @function\njump_as_signal:\n"
        "  mov %rdi,%r11\n  mov %rsi,%r8\n  mov %rdx,%r9\n  xor %r10d,%r10d\n"
        "  mov $10,%edi\n  xor %esi,%esi\n  xor %eax,%eax\n  xor %ecx,%ecx\n  xor %edx,%edx\n"
        "  jmp *%r11\n");

/* Jumps to `code`, where a domain that goes on gets its rights, by this eax, and without a GS base
 * if `how` says so; with a stack that leads back here, where it writes with what it has got. */
EXPORT void go_on_and_write(void *code, long *place, long value, long asked, long how);
__asm__(
    ".globl go_on_and_write\n.type go_on_and_write, @function\ngo_on_and_write:\n"
    "  push %rbx\n  push %rbp\n  push %r12\n  mov %rsp,%rbp\n  mov %rdi,%r11\n  mov %rsi,%rbx\n"
    "  mov %rdx,%r12\n  mov %rcx,%rax\n  test %r8,%r8\n  jz 2f\n  xor %edx,%edx\n"
    "  mov %edx,%gs\n"
    "2: sub $128,%rsp\n  lea 1f(%rip),%rdx\n  push %rdx\n  pushq $0x202\n  pushq $0\n  pushq $0\n"
    "  pushq $0\n  xor %ecx,%ecx\n  xor %edx,%edx\n  jmp *%r11\n"
    "1: mov %r12,(%rbx)\n  mov %rbp,%rsp\n  pop %r12\n  pop %rbp\n  pop %rbx\n  ret\n");

/* Jumps to `code`, where a callback takes its rights, with a slot and the place of a frame. */
EXPORT void jump_as_callback(void *code, long slot, void *frame);
__asm__(".globl jump_as_callback\n.type jump_as_callback, @function\njump_as_callback:\n"
        "  mov %rdi,%r11\n  mov %esi,%ebx\n  mov %rdx,%rbp\n  jmp *%r11\n");

/* Goes to `code` with its own rights in eax, and this stack pointer. */
EXPORT void jump_with_stack(void *code, void *stack);
__asm__(".globl jump_with_stack\n.type jump_with_stack, @function\njump_with_stack:\n"
        "  mov %rsi,%rsp\n  xor %ecx,%ecx\n  rdpkru\n  jmp *%rdi\n");

/* Calls `code`, which gives all rights by this eax, and reads with what it comes back with. */
EXPORT long call_and_read(void *code, const long *place, long asked);
__asm__(".globl call_and_read\n.type call_and_read, @function\ncall_and_read:\n"
        "  push %rbx\n  mov %rsi,%rbx\n  mov %rdi,%r11\n  xor %r8d,%r8d\n  xor %r9d,%r9d\n"
        "  mov %edx,%eax\n  xor %ecx,%ecx\n  xor %edx,%edx\n  call *%r11\n"
        "  mov (%rbx),%rax\n  pop %rbx\n  ret\n");

EXPORT uint32_t read_rights(void)
{
    uint32_t rights;
    __asm__ volatile("rdpkru" : "=a"(rights) : "c"(0) : "rdx");
    return rights;
}

/* A system call with the stack pointer at `stack`, which is given back after it. */
EXPORT long call_with_stack_at(uintptr_t stack, long number)
{
    long result;
    __asm__ volatile("mov %%rsp, %%r12\n\tmov %2, %%rsp\n\tsyscall\n\tmov %%rsp, %%r13\n\t"
                     "mov %%r12, %%rsp\n\tcmp %%r13, %2\n\tje 1f\n\tmov $-1000, %0\n1:"
                     : "=a"(result)
                     : "a"(number), "r"(stack)
                     : "rcx", "r11", "r12", "r13", "memory", "cc");
    return result;
}

EXPORT long own_code(void)
{
    return (long)&own_code;
}

/* The same, so far below the stack pointer that is now. */
EXPORT long call_below_stack(uintptr_t depth, long number)
{
    return call_with_stack_at((uintptr_t)__builtin_frame_address(0) - depth, number);
}

/* A system call in the middle of everything that the ABI promises: the red zone, flags, all
 * registers but rax, rcx and r11. 0: it is all there. */
EXPORT long keep_everything(long number);
__asm__(".globl keep_everything\n.type keep_everything, @function\nkeep_everything:\n"
        "  push %rbx\n  push %rbp\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
        "  mov %rdi,%rax\n  mov %rsp,%rbp\n"
        ".set at,8\n.rept 16\n  movq $at,-at(%rsp)\n.set at,at+8\n.endr\n"
        "  mov $1,%ebx\n  mov $2,%edi\n  mov $3,%esi\n  mov $4,%edx\n  mov $5,%r8d\n"
        "  mov $6,%r9d\n  mov $7,%r10d\n  mov $8,%r12d\n  mov $9,%r13d\n  mov $10,%r14d\n"
        "  mov $11,%r15d\n  std\n  stc\n  syscall\n"
        "  setnc %r11b\n  cld\n  movzbl %r11b,%eax\n"
        "  sub %rsp,%rbp\n  or %rbp,%rax\n"
        "  sub $1,%rbx\n  or %rbx,%rax\n  sub $2,%rdi\n  or %rdi,%rax\n  sub $3,%rsi\n"
        "  or %rsi,%rax\n  sub $4,%rdx\n  or %rdx,%rax\n  sub $5,%r8\n  or %r8,%rax\n"
        "  sub $6,%r9\n  or %r9,%rax\n  sub $7,%r10\n  or %r10,%rax\n  sub $8,%r12\n"
        "  or %r12,%rax\n  sub $9,%r13\n  or %r13,%rax\n  sub $10,%r14\n  or %r14,%rax\n"
        "  sub $11,%r15\n  or %r15,%rax\n"
        ".set at,8\n.rept 16\n  mov -at(%rsp),%rcx\n  sub $at,%rcx\n  or %rcx,%rax\n"
        ".set at,at+8\n.endr\n"
        "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbp\n  pop %rbx\n  ret\n");

/* A system call with the trap flag set just before it. */
EXPORT long system_call_with_trap_flag(long number)
{
    long result;
    __asm__ volatile("pushfq\n\torl $0x100, (%%rsp)\n\tpopfq\n\tsyscall\n\tnop"
                     : "=a"(result)
                     : "a"(number)
                     : "rcx", "r11", "memory", "cc");
    return result;
}

/* A system call with a value in rdx, which the kernel does not change. */
EXPORT long call_with_word(long number, long word)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "d"(word) : "rcx", "r11", "memory");
    return result;
}

/* Where `value` is among the `count` words at `words`, or -1. */
EXPORT long find_word(const long *words, long count, long value)
{
    for (long i = 0; i < count; i++)
        if (words[i] == value)
            return i;
    return -1;
}

EXPORT void write_word(long *place, long value)
{
    *place = value;
}

EXPORT long read_word(const long *place)
{
    return *place;
}

EXPORT volatile long told;

/* Spins until the host says so. */
EXPORT long wait_to_be_told(void)
{
    while (!told)
        __asm__ volatile("");
    return told;
}

EXPORT long count_up(void)
{
    static long counter = 100;
    return ++counter;
}
