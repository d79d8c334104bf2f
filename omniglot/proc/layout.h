/* What the host and the process of a domain agree on: where what lies in the arena, and what the
 * first pages of it hold. Both sides map the arena at the same addresses.
 *
 *   control  what is asked and answered; the runtime's on both sides
 *   alternate  the stack on which the process tells of faults
 *   code     what the loader has mapped: code and data of libraries
 *   stack    foreign code's, between guards
 *   scopes   what scopes allocate, downwards
 *   heap     the C library's break upwards, mappings of its and the libraries' downwards
 *
 * The host believes nothing of what it finds here: it reads a thing once, and checks it. */
#ifndef OMNIGLOT_PROC_LAYOUT_H
#define OMNIGLOT_PROC_LAYOUT_H

#define PROC_PAGE        4096
#define PROC_ALTERNATE   (64 << 10)
#define PROC_CODE_PAGES  (32 << 10)
#define PROC_STACK_WORDS 128 /* 1 KiB of arguments */
#define PROC_CALLBACKS   64
#define PROC_NAME        4096
#define PROC_OBJECTS     64
#define PROC_OBJECT_NAME 256

/* The system call that hands over to the host, and waits: no other has this number. Its first
 * argument is an enum proc_event; what it returns is an enum proc_request. */
#define PROC_RETURN 0x6f67

/* The descriptors that the starter finds. */
#define PROC_ARENA_FILE   3
#define PROC_SOCKET       4
#define PROC_PROGRAM_FILE 5
#define PROC_LOADER_FILE  6

/* Of struct proc_crossing, for enter.S. */
#define PROC_TARGET     0
#define PROC_WORDS      8
#define PROC_X87        16
#define PROC_INTEGERS   32
#define PROC_VECTORS    80
#define PROC_RESULTS    208
#define PROC_X87_RESULT 256
#define PROC_ON_STACK   288

/* What thunk.S keeps on the host's stack. */
#define PROC_FRAME_VECTORS 48
#define PROC_FRAME_RESULTS 176
#define PROC_FRAME_X87     224
#define PROC_FRAME_SIZE    256
#define PROC_THUNKS        4096

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

/* What the process says. */
enum proc_event {
    PROC_DONE = 1, /* what was asked is done; the first time: it is there */
    PROC_CALLBACK, /* foreign code has called one */
    PROC_FAULT,    /* a signal has ended what was asked */
    PROC_EXIT,     /* foreign code wants to end the process */
};

/* What the host asks. */
enum proc_request {
    PROC_LOAD = 1, /* `name`; `name` is empty when it is there, or says why not */
    PROC_LOOK_UP,  /* `name`; the address is in `result`, or 0 */
    PROC_CALL,
    PROC_ALLOCATE, /* `size` bytes, aligned to `alignment` */
    PROC_FREE,     /* `result` */
    PROC_UNLOAD,   /* all */
    PROC_RESUME,   /* the callback has returned */
};

/* A call: what goes in and what comes out. */
struct proc_crossing {
    uint64_t target, words, x87 /* results */, unused;
    uint64_t integers[6];
    unsigned char vectors[8][16];
    uint64_t integer_results[2];
    unsigned char vector_results[2][16];
    unsigned char x87_results[2][16];
    uint64_t stack[PROC_STACK_WORDS];
};
_Static_assert(offsetof(struct proc_crossing, integers) == PROC_INTEGERS, "as enter.S has it");
_Static_assert(offsetof(struct proc_crossing, vectors) == PROC_VECTORS, "as enter.S has it");
_Static_assert(offsetof(struct proc_crossing, integer_results) == PROC_RESULTS, "as enter.S has");
_Static_assert(offsetof(struct proc_crossing, x87_results) == PROC_X87_RESULT, "as enter.S has it");
_Static_assert(offsetof(struct proc_crossing, stack) == PROC_ON_STACK, "as enter.S has it");

/* [start, end) */
struct proc_range {
    uint64_t start, end;
};

/* A library that is loaded: the range that it lies in, and where its table of what it needs is. */
struct proc_object {
    uint64_t start, end, dynamic;
    char name[PROC_OBJECT_NAME];
};

struct proc_control {
    /* Told by the host before the process starts. */
    struct proc_range arena, alternate, code, stack, heap;
    uint64_t host;              /* whose child it is */
    char environment[17 << 10]; /* strings, up to an empty one */
    /* Asked and answered. */
    struct proc_crossing crossing;
    uint64_t size, alignment, result;
    struct {
        uint64_t slot, integers[6];
        double floats[8];
        uint64_t integer;
        double floating;
    } callback;
    struct {
        uint64_t signal, address, instruction, access, trap, error, code;
    } fault;
    char name[PROC_NAME];
    /* Told by the process. */
    uint64_t namespaces;                      /* it has its own */
    uint64_t stubs, stub_size;                /* where its callbacks are */
    struct proc_object objects[PROC_OBJECTS]; /* up to one without a name */
    unsigned char rights[PROC_CODE_PAGES];    /* PROT_..., of each page of the code */
};
#define PROC_CONTROL ((sizeof(struct proc_control) + PROC_PAGE - 1) & ~(size_t)(PROC_PAGE - 1))

#endif
#endif
