/* The program that the dynamic loader of a domain believes it starts. It exists so that the
 * system's own loader has a program to load libraries for, and does two things: it jumps to
 * the loader when the domain is opened, and says where the loader's functions are when the
 * loader has handed over to it. It runs inside the domain, with the domain's rights. */
#include "omniglot/mpk/layout.h"

    .text
/* The gate enters here, 16 bytes before the program's entry: rdi is the loader's. The loader
 * wants the argument count at the stack's top, where the gate has put a return address. */
    .balign 16
    add     $8, %rsp
    jmp     *%rdi

    .balign 16
    .globl  _start
_start:
    and     $-16, %rsp
    call    __ctype_init@PLT
/* No pthread_create will ever tell the C library that it has several threads, and until it is
 * told so malloc takes no locks: by the global, and by the thread's tcbhead_t.multiple_threads. */
    mov     __libc_single_threaded@GOTPCREL(%rip), %rax
    movb    $0, (%rax)
    movl    $1, %fs:24
    lea     functions(%rip), %rdi
    mov     $MPK_BOOTED, %eax
    syscall
    ud2

/* struct mpk_boot (mpk.h). */
    .section .data.rel.ro, "aw"
    .balign 8
functions:
    .quad   dlopen
    .quad   dlsym
    .quad   dlclose
    .quad   dlerror
    .quad   posix_memalign
    .quad   free
    .quad   _dl_allocate_tls
    .quad   _dl_deallocate_tls
    .quad   __ctype_init

    .section .note.GNU-stack, "", @progbits
