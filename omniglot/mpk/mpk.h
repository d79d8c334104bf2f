/* The MPK runtime: what its files share. A domain is a small process inside the process: an
 * arena tagged with a protection key of its own, in which the system's dynamic loader runs and
 * loads unmodified libraries with a libc, heap, TLS and stacks of their own. */
#ifndef OMNIGLOT_MPK_MPK_H
#define OMNIGLOT_MPK_MPK_H

#include "omniglot/core/turn.h"
#include "omniglot/mpk/layout.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>
#include <ucontext.h>

enum { MPK_PAGE = 4096 };

/* --- threads (thread.c) --- */

/* A thread's place in a domain. The gate knows the first fields (layout.h). */
struct mpk_context {
    uintptr_t foreign_rsp; /* where the next call's stack starts; 16-aligned */
    uintptr_t foreign_fs;
    uint32_t pkru;
    struct og_context context;
    struct mpk_domain *domain;
    struct mpk_thread *thread;
    struct mpk_seat *seat;
    uintptr_t signal_stack; /* where the kernel writes frames while it is inside */
    bool needs_tls;         /* another thread has had the seat */
};

/* A thread block, as the host sees it (layout.h). */
struct mpk_thread {
    /* The gate page: readable in domains. */
    _Atomic unsigned char selector;
    uint32_t domain_pkru;
    uint64_t resume_rax, resume_rcx, resume_rdx, resume_rip;
    /* The host's own. */
    struct mpk_frame *frame __attribute__((aligned(MPK_PAGE)));
    uintptr_t host_fs;
    uintptr_t handler_stack;
    uint64_t secret;
    _Atomic uint64_t calls;
    _Atomic uint64_t armed; /* and domain_pkru is that domain's */
    uintptr_t gate_return;
    _Atomic uint64_t stacks_left; /* signal stacks of domains that other threads have closed */
    struct mpk_context *contexts[MPK_DOMAINS];
    uint64_t handling; /* a handler of the host's runs; sigreturn will arm a stack */
    pid_t id;
    unsigned index;
    uint64_t number;             /* og_thread_number */
    _Atomic uint64_t overdue;    /* the value of `calls` that has taken long, */
    _Atomic uint64_t overdue_by; /* and how long: nanoseconds */
};

/* What a call leaves on the host's stack. */
struct mpk_frame {
    struct mpk_frame *outer;
    struct mpk_context *context;
};

extern uintptr_t og_mpk_thread_blocks, og_mpk_thread_blocks_size;

/* The calling thread's block, made if there is none yet; NULL if there is no room. */
struct mpk_thread *mpk_thread_self(void);
/* The same, NULL if there is none. */
struct mpk_thread *mpk_thread_if_any(void);

/* In a signal handler, which the kernel starts with few rights: gives the thread all, if it is one
 * that uses domains. Without them it cannot make a system call, not even to return. */
void mpk_thread_open_rights(void);

/* In a child of fork: the kernel has turned the calling thread's dispatch off, and the other
 * threads are gone. */
void mpk_threads_forked(void);

/* Visits every thread's block; none is taken away meanwhile. For the deadline's clock. */
void mpk_threads_visit(void (*visit)(struct mpk_thread *thread));
enum { MPK_THREADS = 256 };

/* Reserves what all threads need. */
enum og_error mpk_threads_open(struct og_fault *fault);

/* --- protection keys (keys.c) --- */

/* Vector registers 16 to 31 and the mask registers of AVX-512, which the gate must clear. */
extern bool og_mpk_has_wide_registers;

enum og_error mpk_keys_open(struct og_fault *fault);
/* A key for a domain. Returns OG_OK or OG_NO_MEMORY (all keys are taken). */
enum og_error mpk_key_take(int *key, struct og_fault *fault);
void mpk_key_give(int key);
int mpk_key_readonly(void);     /* readable, not writable, in every domain */
uint32_t mpk_key_pkru(int key); /* the rights of a domain with this key */

/* --- signals (signal.c) --- */

enum og_error mpk_signals_open(struct og_fault *fault);
/* For another runtime in the program that handles faults: from now on the signal is handed to
 * `action` where it is none of a domain's; *before gets what it was handed to. The handler that the
 * kernel knows stays og-mpk's, which has to be installed. */
void og_mpk_signal_chain(int signal, const struct sigaction *action, struct sigaction *before);
/* The signal that tells a thread its deadline has passed. */
int mpk_deadline_signal(void);

/* --- signal stacks (signal_stack.c) --- */

enum { MPK_SIGNAL_STACK = 1 << MPK_SIGNAL_STACK_SHIFT /* bytes of one */ };

extern uintptr_t og_mpk_signal_stacks, og_mpk_signal_stacks_size;

/* Reserves room for all of them, once. */
enum og_error mpk_signal_stacks_open(struct og_fault *fault);
/* A signal stack for a context of the thread, of the host's key; 0 if there is none left. */
uintptr_t mpk_signal_stack_take(struct mpk_thread *thread);
/* With the turn's lock: the domain passes to the context's thread, whose signal stack gets the
 * domain's key where the kernel needs that; the one that has it loses it first. False: the kernel
 * refuses. */
bool mpk_signal_stack_lend(struct mpk_context *to);
/* With the turn's lock: gives the context's signal stack back. The kernel may still write there if
 * its thread is another than the calling one: then it stays the thread's, without the domain's key,
 * until the thread arms another or exits. False: it still has the domain's key, which must not
 * become another domain's. */
bool mpk_signal_stack_give(struct mpk_context *context);
/* The same in a child of fork, of a thread that it lacks. */
bool mpk_signal_stack_forked(struct mpk_context *context);
/* The calling thread exits: it has no signal stack from now on. */
void mpk_signal_stacks_leave(struct mpk_thread *thread);
/* The one that starts there, as the kernel takes it. */
stack_t mpk_signal_stack_at(uintptr_t start);
/* Arms the signal stack of the thread's context in `domain`. Called by the gate. */
void og_mpk_arm(unsigned domain);

/* --- faults (fault.c, describe.c) --- */

/* What the signal, raised by foreign code, says: fills *fault. */
void mpk_fault_tell(const struct mpk_context *context, int signal, const siginfo_t *info,
                    const greg_t *registers, struct og_fault *fault);
/* Puts the place of a fault while loading, which cannot be described later, into its symbol. */
void mpk_fault_name(struct mpk_domain *domain, struct og_fault *fault);
size_t mpk_describe(struct og_domain *domain, const struct og_fault *fault, char *text,
                    size_t size);

/* --- the arena (arena.c) --- */

enum mpk_page_state { MPK_FREE, MPK_MEMORY, MPK_FILE, MPK_CODE, MPK_GUARD };

/* One reserved range: mappings, then the other threads' allocation stacks, then the first
 * thread's allocation stack and the heap. */
struct mpk_arena {
    uintptr_t start;
    size_t size;
    size_t map_pages;      /* [start, start + map_pages * MPK_PAGE) serves mmap */
    unsigned char *pages;  /* enum mpk_page_state, by page of the mappings */
    unsigned char *loaded; /* `pages` right after loading */
    size_t loaded_pages;   /* pages below are backed by `file`: reset brings them back */
    size_t used_pages;     /* the highest page ever used, plus one */
    size_t search_from;    /* no page below is free, as far as known */
    size_t mapped_pages;   /* taken since loading; heap_size limits them */
    uintptr_t stacks;      /* the other threads' allocation stacks */
    uintptr_t stack, heap; /* the first thread's allocation stack; the heap */
    size_t stack_size, heap_size;
    uintptr_t brk, loaded_brk;
    int key;
    int file; /* while loading: what the arena maps, shared; then -1 */
    bool loading;
    struct og_region *regions;
    size_t region_count;
    struct mpk_mapped *mapped; /* which files were loaded where (mapped.c) */
    size_t mapped_count;
};

enum { MPK_ARENA_THREADS = 16 /* threads at once in one domain */ };

enum og_error mpk_arena_open(struct mpk_arena *arena, int key, const struct og_options *options,
                             struct og_fault *fault);
void mpk_arena_close(struct mpk_arena *arena);
/* Finds `size` bytes of the mappings, or takes them at `address` if that is not 0, zeroed,
 * readable and writable. Returns the address or 0. */
uintptr_t mpk_arena_map(struct mpk_arena *arena, uintptr_t address, size_t size);
/* As map, with the pages of a file (from `offset`) to be read in place. */
uintptr_t mpk_arena_map_file(struct mpk_arena *arena, uintptr_t address, size_t size, int file,
                             off_t offset);
/* Gives back what was mapped; false if it is not within the mappings. */
bool mpk_arena_unmap(struct mpk_arena *arena, uintptr_t address, size_t size);
/* Scans the pages and makes them executable and read-only. `trusted`: they are the system's
 * own loader or libc. Returns OG_OK, OG_FORBIDDEN, OG_SYSTEM. */
enum og_error mpk_arena_make_code(struct mpk_arena *arena, uintptr_t address, size_t size,
                                  bool trusted, struct og_fault *fault);
/* Makes the pages inaccessible: the end of a stack. */
bool mpk_arena_guard(struct mpk_arena *arena, uintptr_t address, size_t size);
/* Is [address, address + size) within the mappings (or, `any`, within the arena)? */
bool mpk_arena_holds(const struct mpk_arena *arena, uintptr_t address, size_t size);
/* Is all of it writable memory of the mappings? */
bool mpk_arena_is_memory(const struct mpk_arena *arena, uintptr_t address, size_t size);
/* Loading is done: what is there now is what reset brings back. */
enum og_error mpk_arena_settle(struct mpk_arena *arena, struct og_fault *fault);
enum og_error mpk_arena_reset(struct mpk_arena *arena, struct og_fault *fault);

/* --- instructions that could undo the isolation (scan.c) --- */

/* The first one in [code, code + size), or size if there is none; *name says which. */
size_t mpk_scan(const unsigned char *code, size_t size, const char **name);

/* --- the host's own code (host_code.c) --- */

/* Leaves no such instruction in the host but the gate's. OG_OK, or OG_FORBIDDEN and where. Cheap
 * when nothing was loaded since the last time. */
enum og_error mpk_host_code_check(struct og_fault *fault);

/* --- domains --- */

/* Where the boot program says the loader's functions are (boot/boot.S). */
struct mpk_boot {
    uintptr_t dlopen, dlsym, dlclose, dlerror, posix_memalign, free, allocate_tls, ctype_init;
};

enum { MPK_FILES = 16 /* open at once in a domain */, MPK_THUNK_SIZE = 96, MPK_THUNKS = 4096 };

/* Where a thread runs in a domain; made while loading, so that reset finds it again. */
struct mpk_seat {
    uintptr_t stack_low, stack_end; /* the foreign stack; a guard lies below */
    uintptr_t rsp, fs;              /* what calls start with, right after loading */
    uintptr_t used_fs;              /* the TLS that an earlier thread has left; 0: none */
    struct mpk_context *context;    /* who has it; NULL: free */
};

/* What the gate must know of a function's arguments and results. */
struct mpk_shape {
    uint16_t stack_words, x87_results;
    struct og_registers registers;
};
#define MPK_SHAPE_UNKNOWN ((struct mpk_shape){.registers = {6, 8}})

struct mpk_thunk_made {
    uintptr_t target;
    struct mpk_shape shape;
};

/* A registered callback, as the thunk of its slot finds it: what is another thread's is not
 * followed. */
struct mpk_slot {
    uint64_t thread;                /* whose: og_thread_number; MPK_NOBODY, MPK_ANY_THREAD */
    og_callback_function *function; /* NULL: closed */
    void *user;
    uint64_t running; /* calls of it under way, all on the stack of who is inside */
};
#define MPK_NOBODY     UINT64_C(0)
#define MPK_ANY_THREAD UINT64_MAX

struct mpk_domain {
    struct og_domain domain; /* first */
    struct og_turn turn;
    unsigned index;
    struct mpk_arena arena;
    uint32_t pkru;
    bool booted; /* the loader has handed over */
    struct mpk_boot boot;
    uintptr_t *libraries; /* the loader's handles */
    size_t library_count;
    struct mpk_context *lent; /* whose signal stack has the domain's key (signal_stack.c) */
    bool key_is_lost;         /* a stack of nobody's has it */
    pthread_mutex_t lock;     /* seats, thunks, callbacks, the arena */
    struct mpk_seat seats[MPK_ARENA_THREADS];
    struct mpk_slot slots[MPK_CALLBACKS];
    struct og_callback *callbacks[MPK_CALLBACKS]; /* who has each slot; NULL: nobody */
    pthread_cond_t callback_ended;                /* one that was closed while it ran */
    uint64_t deadline;                            /* nanoseconds a call may take; 0: for ever */
    char **readable_paths; /* what may be opened, besides libraries while loading */
    int files[MPK_FILES];  /* the host's descriptors, by the domain's; -1: none */
    bool file_trusted[MPK_FILES];
    struct og_fault refusal; /* why the last library was refused while loading */
    /* Thunks: written at `thunks`, executed at `thunk_code`. */
    unsigned char *thunks;
    uintptr_t thunk_code;
    struct mpk_thunk_made thunk_made[MPK_THUNKS];
    size_t thunk_count, thunk_limit;
};

/* By index; NULL: free. */
extern struct mpk_domain *mpk_domains[MPK_DOMAINS];

/* Visits every domain until `visit` returns true, and returns whether it did. No arena is opened
 * or closed meanwhile. */
bool mpk_domains_visit(bool (*visit)(struct mpk_domain *domain, void *data), void *data);

/* Frees what there is of a domain, from any half-built state. */
void mpk_domain_destroy(struct mpk_domain *domain);

/* reset.c: putting a domain back to its state right after loading, or closing it, while no other
 * thread is inside; OG_BUSY if one is, or a scope is open. */
enum og_error mpk_reset(struct og_domain *domain, struct og_fault *fault);
enum og_error mpk_close(struct og_domain *domain, struct og_fault *fault);
/* The call's end: records why, in the calling thread's context, from where it goes to who enters
 * next, until reset. For signal handlers: takes no lock. */
void mpk_domain_poison(struct mpk_domain *domain, const struct og_fault *fault);

/* heap.c: the foreign allocator, which keeps its books inside the domain. */
void *mpk_heap_alloc(struct og_domain *domain, size_t alignment, size_t size);
int mpk_heap_owns(struct og_domain *domain, uintptr_t address);
void mpk_heap_free(struct og_domain *domain, void *memory);

/* context.c: a thread's place in a domain. Opening takes a seat; it is shut until it is entered. */
struct mpk_context *mpk_context_open(struct mpk_domain *domain, struct og_fault *fault);
/* The calling thread's; NULL if it has none. */
struct mpk_context *mpk_context_if_any(const struct mpk_domain *domain);
/* og_runtime.context, .enter and .left */
struct og_context *mpk_context(struct og_domain *domain);
struct og_context *mpk_enter(struct og_context *context);
void mpk_left(struct og_context *context);
/* With mpk_contexts_lock held: a thread can exit while another closes the domain. */
void mpk_context_close(struct mpk_context *context);
/* The turn's `pass`. */
bool mpk_pass(struct og_context *from, struct og_context *to);
void mpk_contexts_lock(void);
void mpk_contexts_unlock(void);
/* In a child of fork: the contexts of the threads that it lacks are gone. */
void mpk_contexts_forked(struct mpk_domain *domain);
/* Makes the seats' stacks, and when the loader is done the other threads' TLS. */
enum og_error mpk_seats_make_stacks(struct mpk_domain *domain, struct og_fault *fault);
enum og_error mpk_seats_make_tls(struct mpk_context *context, struct og_fault *fault);

/* image.c: the process image that the dynamic loader starts from. */
enum og_error mpk_image_start(struct mpk_context *context, struct og_fault *fault);

/* library.c */
enum og_error mpk_library_open(struct mpk_context *context, const char *name, uintptr_t *handle,
                               struct og_fault *fault);
/* Closes the libraries, the last first, which runs their destructors, unless a call has failed. */
void mpk_libraries_close(struct mpk_domain *domain);
uintptr_t mpk_library_find(struct mpk_context *context, uintptr_t handle, const char *symbol);

/* thunk.c */
enum og_error mpk_thunks_open(struct mpk_domain *domain, struct og_fault *fault);
void mpk_thunks_close(struct mpk_domain *domain);
void (*mpk_thunk(struct mpk_domain *domain, uintptr_t target, struct mpk_shape shape))(void);

/* What a thunk was made of; NULL if it is none of the domain's. */
const struct mpk_thunk_made *mpk_thunk_find(const struct mpk_domain *domain, void (*thunk)(void));

/* callback.c */
enum og_error mpk_callback_open(struct og_domain *domain, struct og_callback *callback,
                                struct og_fault *fault);
void mpk_callback_close(struct og_domain *domain, struct og_callback *callback);
void mpk_callback_any_thread(struct og_domain *domain, struct og_callback *callback);
/* The thread that exits is in none of them any more. */
void mpk_callbacks_leave(struct mpk_domain *domain);
int mpk_is_callback(struct og_domain *domain, uintptr_t address);
void mpk_callbacks_close(struct mpk_domain *domain);

/* deadline.c */
enum og_error mpk_deadline_watch(uint64_t deadline, struct og_fault *fault);
/* In a child of fork: the clock's thread is gone; starts it again if there was one. */
void mpk_deadline_forked(void);

/* --- locks (locks.c) --- */

/* The locks of the other files, for locks.c alone, which says in what order they are taken. */
pthread_mutex_t *mpk_domains_lock(void);
pthread_mutex_t *mpk_contexts_mutex(void);
pthread_mutex_t *mpk_signal_stacks_lock(void);
pthread_mutex_t *mpk_threads_lock(void);
pthread_mutex_t *mpk_keys_lock(void);
pthread_mutex_t *mpk_host_code_lock(void);
pthread_mutex_t *mpk_deadline_lock(void);
/* Around a reset, which runs no code but the runtime's: no child of fork finds it half-done. */
void mpk_reset_begin(void);
void mpk_reset_end(void);
/* Has fork find all of them free in the child. */
enum og_error mpk_locks_open(struct og_fault *fault);

/* --- the gate (gate.S) --- */

void og_mpk_open_rights(void);
/* Ends the innermost call, which has been poisoned, from a callback. */
_Noreturn void og_mpk_leave(void);

uintptr_t og_mpk_call(uint64_t domain, uintptr_t function, uintptr_t a, uintptr_t b, uintptr_t c,
                      uintptr_t d);

#endif
