/* The MPK runtime: what its files share. A domain is a small process inside the process: an
 * arena tagged with a protection key of its own, in which the system's dynamic loader runs and
 * loads unmodified libraries with a libc, heap, TLS and stacks of their own. */
#ifndef OMNIGLOT_MPK_MPK_H
#define OMNIGLOT_MPK_MPK_H

#include "omniglot/core/turn.h"
#include "omniglot/mpk.h"
#include "omniglot/mpk/layout.h"

#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>
#include <threads.h>
#include <time.h>
#include <ucontext.h>

enum { MPK_PAGE = 4096 };

/* Headers from before Linux 5.11 lack it. */
#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

/* Addresses without memory (reserve.c): for `own` bytes and `each` for each of *count, which
 * becomes less, down to 0, where there are not so many. NULL: not even for what is its own. */
void *mpk_reserve(size_t own, size_t each, size_t *count);

/* --- the process, and what is made of it (process.c) --- */

struct mpk_thread;

/* What the kernel clears in a copy of the process: a page of its own. */
struct mpk_own {
    _Atomic pid_t process;     /* whose this memory is; 0: a copy, which nobody has put right */
    _Atomic uint32_t handlers; /* the lock of the host's handlers (mpk_lock) */
    bool has_clock;            /* the deadlines' */
} __attribute__((aligned(MPK_PAGE)));
extern struct mpk_own mpk_own __attribute__((visibility("hidden")));

/* Is this a copy of the process that nobody has put right? It enters no domain. */
bool mpk_process_is_copy(void);
#define MPK_IS_COPY                                                                                \
    "this process was made past fork, by clone, a system call or from a handler that interrupted " \
    "og-mpk: it has no domains (make it by fork)"
/* Is this another process than the one whose memory it has, a child of vfork? */
bool mpk_process_shares(void);
/* Has the kernel clear the page in copies. False: it cannot. */
bool mpk_process_clear_in_copies(void *page);
/* Has the kernel trap the calling thread's system calls where the selector says so. */
bool mpk_process_trap_calls(struct mpk_thread *thread);
/* In a copy: it is one no more. `thread`: the calling one's, if it has any. */
void mpk_process_put_right(const struct mpk_thread *thread);
/* OG_OK; OG_UNSUPPORTED: it is a copy, or the kernel clears nothing in them. */
enum og_error mpk_process_open(struct og_fault *fault);
enum { MPK_FIRST_CONSTRUCTORS = 101 /* the priority before which no program's or library's go */ };

/* With all signals blocked, so that no handler waits for its own thread. */
void mpk_lock(_Atomic uint32_t *lock);
void mpk_unlock(_Atomic uint32_t *lock);

/* --- threads (threads.c, thread.c) --- */

/* A thread's place in a domain. The gate knows the first fields (layout.h). */
struct mpk_context {
    uintptr_t foreign_rsp; /* where the next call's stack starts; 16-aligned */
    uintptr_t foreign_fs;
    uint32_t pkru;
    struct og_context context;
    struct mpk_domain *domain;
    uint64_t index; /* the domain's */
    struct mpk_thread *thread;
    struct mpk_seat *seat;
    uintptr_t frames_low;    /* a callback's frame is there or above, on the seat's stack, */
    size_t frames_size;      /* but no more than that above: there is room below, and it ends there;
                                0: none is served */
    uintptr_t signal_stack;  /* where the kernel writes frames while it is inside */
    bool signal_stack_stale; /* from before a reset: cleared when it is armed */
    bool needs_tls;          /* the seat has none, or another thread's */
    bool forks;              /* poisoned while the process forks, and no longer */
    uint64_t wakes_at;       /* when foreign code that sleeps goes on; 0: it does not sleep */
    uint64_t written;        /* how much of what foreign code writes the host has heard */
};

enum { MPK_NEEDED_SIGNALS = 7 /* mpk_mask_needed */ };

/* A thread block, as the host sees it (layout.h): in pages, which are filled up. */
struct mpk_thread { /* NOLINT(clang-analyzer-optin.performance.Padding) */
    /* The gate page: readable in domains. */
    _Atomic unsigned char selector;
    uint32_t domain_pkru;
    unsigned char image[MPK_PAGE - MPK_IMAGE] __attribute__((aligned(64))); /* rights.c */
    /* The host's own. */
    struct mpk_frame *frame __attribute__((aligned(MPK_PAGE)));
    uintptr_t host_fs;
    uintptr_t handler_stack;
    uint64_t secret;
    _Atomic uint64_t calls;
    _Atomic uint64_t has_left; /* signal stacks of domains that other threads have closed */
    struct mpk_context *contexts[MPK_DOMAINS];
    pid_t id;
    unsigned index;
    uint64_t number;      /* og_thread_number */
    bool has_no_dispatch; /* in a child of fork: it enters no domain */
    /* Deadlines (deadline.c): nanoseconds, each of the call of that number. The clock's: */
    _Atomic uint64_t charged, charged_for;
    _Atomic uint64_t over_for; /* the call that has been charged all it may be */
    _Atomic uint64_t told;     /* the call that was told by a signal, and has not heard yet */
    unsigned silent;           /* ticks since */
    uint64_t seen;             /* `calls` at the last tick */
    /* The thread's: */
    _Atomic uint64_t carried, carried_for; /* what had been charged before a callback */
    _Atomic uint64_t limit, limit_for;     /* not to be told before */
    _Atomic(struct mpk_frame *) serving;   /* the call that something is done for */
    uint64_t callbacks, callbacks_for;     /* how many the call of that number has made */
    /* What the host has asked for (host_masks.c). */
    uint64_t blocked; /* of the signals that the kernel must not block */
    uint64_t held;    /* of them: have come */
    siginfo_t held_info[MPK_NEEDED_SIGNALS];
    bool is_mask_unsure;       /* a handler has had the kernel block some */
    stack_t host_stack;        /* the alternate one */
    struct og_context refused; /* says why the thread has not entered a domain (context.c) */
    /* What the kernel clears in a copy of the process. */
    _Atomic uint64_t armed __attribute__((aligned(MPK_PAGE))); /* domain_pkru is that domain's */
};

/* What a call leaves on the host's stack (layout.h): a pointer to the next outer frame, and below
 * it the rest. */
struct mpk_frame {
    struct mpk_frame *outer;
};
struct mpk_frame_rest {
    uintptr_t host_return; /* if results are on the x87 stack */
    struct mpk_context *context;
    uint32_t mxcsr;
    uint16_t control;
    uint64_t scratch;
};

static inline struct mpk_context *mpk_frame_context(const struct mpk_frame *frame)
{
    return ((const struct mpk_frame_rest *)frame)[-1].context;
}

extern uintptr_t og_mpk_thread_blocks, og_mpk_thread_blocks_size;

/* How many blocks there are addresses for. */
static inline unsigned mpk_threads_limit(void)
{
    return (unsigned)(og_mpk_thread_blocks_size / MPK_BLOCK_SIZE);
}

/* The calling thread's block, made if there is none yet; NULL if it cannot be had. */
struct mpk_thread *mpk_thread_self(void);
/* Why it could not. */
enum mpk_refusal {
    MPK_NO_BLOCK,        /* there is no room for more */
    MPK_NO_PROCESS,      /* this is a copy of the process */
    MPK_NO_DISPATCH,     /* the kernel traps no system calls */
    MPK_SHADOW_STACK,    /* return addresses are kept where no domain can */
    MPK_OTHERS_SEQUENCES /* somebody else than the C library has registered an rseq area */
};
enum mpk_refusal mpk_thread_refusal(void);
/* The same as what a scope gets: a context that only says so (context.c). */
const struct og_context *mpk_context_refused(void);
/* The same; NULL if there is none yet. */
struct mpk_thread *mpk_thread_if_any(void);
/* The same where the gate has just come from foreign code: it knows the thread by its GS base. */
static inline struct mpk_thread *mpk_thread_in_gate(void)
{
    uintptr_t base;
    __asm__("rdgsbase %0" : "=r"(base));
    return (struct mpk_thread *)(base + MPK_GS);
}

/* Makes the calling thread's GS base name its block, if it does not. */
bool mpk_thread_set_base(struct mpk_thread *thread);

/* What a thread-specific key calls when the thread exits (thread_exit.c). */
void mpk_thread_exit(void *thread);

/* The calling thread's, for who makes and frees blocks. */
extern __thread struct mpk_thread *mpk_thread_own
    __attribute__((visibility("hidden"), tls_model("local-dynamic")));
/* A block for the calling thread, which is not mapped yet, and its index; NULL: none is left. */
struct mpk_thread *mpk_threads_take(unsigned *index);
/* Is it to be visited? */
void mpk_threads_set_ready(unsigned index, bool is);
void mpk_threads_give(unsigned index);

/* The calling thread opens a domain: a child that is made meanwhile, in a handler or while the host
 * hears a constructor, stays a copy. What it was: it may open another in there. */
bool mpk_thread_opens(bool does);
/* In a child of fork or _Fork: puts the calling thread right, and the process. */
void mpk_thread_in_child(void);
/* In a child of fork: that, and the other threads are gone. */
void mpk_threads_forked(void);

/* Visits every thread's block; none is taken away meanwhile. For the deadline's clock. */
void mpk_threads_visit(void (*visit)(struct mpk_thread *thread));
enum { MPK_THREADS = 4096 };

/* Reserves what all threads need. */
enum og_error mpk_threads_open(struct og_fault *fault);

/* --- protection keys (keys.c) --- */

/* Vector registers 16 to 31 and the mask registers of AVX-512, which the gate must clear. */
extern bool og_mpk_has_wide_registers;

/* Takes all keys of the process: OG_UNSUPPORTED if it holds any already. */
enum og_error mpk_keys_open(struct og_fault *fault);
/* A key for a domain. Returns OG_OK or OG_NO_MEMORY (all keys are taken). */
enum og_error mpk_key_take(int *key, struct og_fault *fault);
void mpk_key_give(int key);
uint32_t mpk_key_pkru(int key); /* the rights of a domain with this key: and to read MPK_GATE_KEY */

/* --- signals (signal.c) --- */

enum og_error mpk_signals_open(struct og_fault *fault);

/* --- the host's handlers (host_signals.c) --- */

/* Of the process: from now on every handler's signal comes to the runtime first. */
enum og_error mpk_host_signals_open(struct og_fault *fault);
void mpk_host_signals_forked(void);
/* May a handler of the host's be under way on the calling thread? */
bool mpk_host_handler_runs(void);
/* Has the host a handler for the signal that asks for no alternate stack (SA_ONSTACK)? */
bool mpk_host_handler_stays(int signal);
/* Is it one that the processor raises, or a trapped system call? */
bool mpk_is_fault(int signal);
/* Has it come of what the interrupted code has done? Not what was sent; nor what the kernel tells
 * of the machine: memory that is broken and was not touched, a counter that has run over. */
bool mpk_is_fault_of_code(int signal, const siginfo_t *info);
/* Does with a signal that is none of a domain's what the host has asked for. `context` is the
 * kernel's; all signals are blocked, and are so again when this returns. */
void mpk_host_signal(int signal, siginfo_t *info, void *context);

/* --- the C library's functions that the runtime's stand for (libc.c); NULL: it has none --- */

typedef int mpk_create_thread(pthread_t *restrict, const pthread_attr_t *restrict,
                              void *(*)(void *), void *restrict);
typedef int mpk_create_standard_thread(thrd_t *, thrd_start_t, void *);
typedef int mpk_wait_for_signal(const sigset_t *restrict, siginfo_t *restrict,
                                const struct timespec *restrict);
typedef int mpk_execute(const char *, char *const *, char *const *);
typedef int mpk_spawn(pid_t *restrict, const char *restrict, const posix_spawn_file_actions_t *,
                      const posix_spawnattr_t *restrict, char *const *restrict,
                      char *const *restrict);
struct mpk_libc {
    mpk_create_thread *create_thread;
    mpk_create_standard_thread *create_standard_thread;
    int (*cancel_thread)(pthread_t);
    pid_t (*fork)(void);
    mpk_wait_for_signal *wait_for_signal;
    mpk_execute *execute, *execute_found; /* execve, execvpe */
    int (*execute_file)(int, char *const *, char *const *);
    int (*execute_at)(int, const char *, char *const *, char *const *, int);
    mpk_spawn *spawn, *spawn_found;
    int (*run)(const char *); /* system */
    FILE *(*run_with_pipe)(const char *, const char *);
};
const struct mpk_libc *mpk_libc(void);

/* --- memory of the host's (allocate.c) --- */

/* calloc, realloc, free and strdup, with the host's handlers held up meanwhile. */
void *mpk_allocate(size_t count, size_t size);
void *mpk_resize(void *memory, size_t size);
void mpk_release(void *memory);
char *mpk_copy_text(const char *text);

/* --- signal masks (masks.c); what the host does with its own, and with alternate stacks, is
 * host_masks.c's --- */

/* The signal that tells a thread its deadline has passed. */
int mpk_deadline_signal(void);
int mpk_unqueued_signal(void); /* in its place, where none can be queued */

/* Masks are the kernel's: bit 0 is signal 1. */
uint64_t mpk_mask_of(int signal);
/* The C library's own signals, which nobody blocks. */
uint64_t mpk_mask_of_libc(void);
/* rt_sigprocmask. */
int mpk_mask_exchange(int how, const uint64_t *set, uint64_t *before);
/* Which signals are never blocked in a thread that enters domains. */
uint64_t mpk_mask_needed(void);
/* These return what was blocked before. */
uint64_t mpk_mask_block_all(void);
uint64_t mpk_mask_block_hosts(void); /* all but those by which the C library reaches threads */
/* Those besides what is needed, which is raised where a thread is: a host may be traced by its own
 * seccomp filter, whose SIGSYS must come. */
uint64_t mpk_mask_block_handlers(void);
void mpk_mask_set(uint64_t mask);

/* The calling thread, with all signals blocked, enters domains from now on; `mask` was its mask. */
void mpk_masks_join(struct mpk_thread *thread, uint64_t mask);
/* Unblocks what is needed, after a handler that may have left by longjmp. */
void mpk_masks_settle(struct mpk_thread *thread);
/* Has the host blocked the signal? Then it comes when the host unblocks it, with what it says: of
 * several of one number the first. */
bool mpk_mask_holds(struct mpk_thread *thread, int signal, const siginfo_t *info);
/* The kernel blocks what the host has blocked, and what was held is pending there, until
 * mpk_masks_settle: the calling thread, in no domain, waits for signals or starts a program. */
void mpk_masks_lend(struct mpk_thread *thread);
/* As pthread_create: a thread of the runtime's own, which blocks what the kernel does. The host's
 * way would take what the runtime has blocked meanwhile for what the host has. */
int mpk_make_thread(pthread_t *made, const pthread_attr_t *attributes, void *(*start)(void *),
                    void *argument);
/* What was held, and is blocked no more, comes now. */
void mpk_masks_let_go(struct mpk_thread *thread);
/* Around a handler of the host's, which blocks `blocked`; `thread` may be NULL. */
struct mpk_masks {
    uint64_t kernels;
    bool was_unsure;
};
void mpk_mask_begin_handler(struct mpk_thread *thread, struct mpk_masks *masks, void *context,
                            uint64_t blocked);
void mpk_mask_end_handler(struct mpk_thread *thread, const struct mpk_masks *masks, void *context);

#define MPK_SS_AUTODISARM (1u << 31)

/* --- the gate's code (gate_code.c) --- */

/* Once, before domains can read the gate. OG_OK, OG_UNSUPPORTED, OG_NO_MEMORY. */
enum og_error mpk_rights_open(struct og_fault *fault);
/* Whether it is in one of the gate's own changes of rights, which a check follows. */
bool mpk_rights_change_at(uintptr_t address);

/* --- how the gate changes rights (rights.c) --- */

enum { MPK_IMAGE_EXTENDED = 576 /* where in an image the components begin that PKRU is one of */ };

/* Before Linux 6.12 the kernel writes a signal's frame with the rights of who is interrupted. */
bool mpk_frames_need_domain_key(void);
/* From now on by images, in which PKRU is there; before that, by WRPKRU. */
void mpk_rights_use_images(size_t at);
bool mpk_rights_are_images(void);
/* What a gate page has to hold that is no thread's. */
void mpk_rights_of_nobody(unsigned char *page);
/* What a new thread's gate page holds, which gives no domain's rights yet. */
void mpk_rights_start(struct mpk_thread *thread);
/* The rights that the gate gives next, to the calling thread: those of the domain that is armed. */
void mpk_rights_arm(struct mpk_thread *thread, uint32_t pkru);

/* --- signal stacks (signal_stack.c) --- */

enum {
    MPK_SIGNAL_STACK = 1 << MPK_SIGNAL_STACK_SHIFT /* bytes of one */,
    MPK_SIGNAL_STACKS = 16384
};

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
/* The calling thread exits: it has no signal stack from now on. False: the kernel still has one,
 * so that no handler may come. */
bool mpk_signal_stacks_leave(struct mpk_thread *thread);
/* The one that starts there, as the kernel takes it. */
stack_t mpk_signal_stack_at(uintptr_t start);
/* What the kernel is to have when a handler of the host's returns that came on the signal stack at
 * `start`: it may be the thread's no more. Takes no lock. */
stack_t mpk_signal_stack_after(const struct mpk_thread *thread, uintptr_t start);
/* The protocol (signal_stack.c), or the process ends. The calling thread enters foreign code of the
 * context's domain, or goes on there: */
void mpk_signal_stack_check_entry(const struct mpk_context *context);
/* a signal that has interrupted foreign code has its frame there: */
void mpk_signal_stack_check_frame(const struct mpk_context *context, const void *frame);
/* the domain's key is about to be given back: */
void mpk_signal_stack_check_closed(const struct mpk_domain *domain);
/* The domain is reset: nothing that it has left there is there when it is entered again. */
void mpk_signal_stack_clear(struct mpk_context *context);
/* Arms the signal stack of the thread's context in `domain`. Called by the gate. False: this is a
 * copy of the process, and the call is poisoned. */
bool og_mpk_arm(unsigned domain);

/* --- faults (describe/fault.c, describe/describe.c) --- */

/* What the signal, raised by foreign code, says: fills *fault. */
void mpk_fault_tell(const struct mpk_context *context, int signal, const siginfo_t *info,
                    const greg_t *registers, struct og_fault *fault);
/* Puts the place of a fault while loading, which cannot be described later, into its symbol. */
void mpk_fault_name(struct mpk_domain *domain, struct og_fault *fault);
size_t mpk_describe(struct og_domain *domain, const struct og_fault *fault, char *text,
                    size_t size);

/* --- system calls that a filter denies (denied.c) --- */

/* Is none of the calls denied that the runtime cannot do without? OG_OK, or OG_UNSUPPORTED and in
 * *fault which is, with its errno. */
enum og_error mpk_denied(struct og_fault *fault);
/* The same for a thread that wants to enter: a context that only says so, or NULL. */
struct og_context *mpk_denied_context(void);
/* The system has refused something, as `error` and *fault say; or better, if one of them is denied.
 */
enum og_error mpk_refused(enum og_error error, struct og_fault *fault);
bool mpk_is_remapping_denied(void); /* mremap, which few programs need */
/* pthread_create has failed with that number, where `what` was to be done. OG_SYSTEM */
enum og_error mpk_cannot_start_thread(struct og_fault *fault, int number, const char *what);

/* --- memory from the system (pages.c) --- */

/* Makes a file in memory of that size; *file is -1 where it cannot be had. */
enum og_error mpk_memory_file(const char *name, size_t size, int *file, struct og_fault *fault);
bool mpk_has_no_descriptor(int number); /* is that what errno says? */
/* No descriptor is left, or anything else the system has refused, by errno: OG_SYSTEM, or
 * OG_NO_MEMORY. */
enum og_error mpk_no_descriptor(struct og_fault *fault, int number, const char *symbol,
                                const char *message);
/* The host's memory is used up, or a limit on it. */
enum og_error mpk_out_of_memory(struct og_fault *fault);
/* Memory could not be made code, as errno says. */
enum og_error mpk_no_code(struct og_fault *fault, uintptr_t address, const char *message);
/* Addresses could not be reserved: for the reason that errno says, or `message`. */
enum og_error mpk_no_addresses(struct og_fault *fault, const char *message);
/* mlock and munlock, past a sanitizer of the host's, which makes nothing of them. */
int mpk_mlock(const void *memory, size_t size);
int mpk_munlock(const void *memory, size_t size);
/* madvise, also where the host has its memory locked: what is dropped is locked no more. */
bool mpk_drop(uintptr_t start, size_t size, int advice);
/* Copies what is at `from`, which other threads may unmap meanwhile. False: not all of it is there
 * to be read. */
bool mpk_peek(void *to, uintptr_t from, size_t size);
/* Has the calling thread asked for all to be executable that it makes readable from now on? */
bool mpk_reading_is_execution(void);
#define MPK_READING_IS_EXECUTION                                                                   \
    "this thread has asked for all memory that can be read to be executable (personality with "    \
    "READ_IMPLIES_EXEC; setarch -X): undo it"

/* --- the arena (arena.c) --- */

/* What a page of the mappings is; what may be done with it follows (arena.c). */
enum mpk_page_state {
    MPK_FREE,            /* the domain cannot touch it */
    MPK_FILE,            /* what a file held, to be read; made while loading only */
    MPK_CODE,            /* scanned; after loading only from `late_first` on */
    MPK_GUARD,           /* below a stack */
    MPK_STACK,           /* the domain's to write, not to map over: the host writes there, too */
    MPK_MEMORY = 8,      /* the domain's; and what it has asked for there (arena_flags.c): */
    MPK_OFF_LIMITS = 16, /* that it cannot touch it itself, until it asks again */
    MPK_LOCKED = 32      /* that it stays in memory */
};

/* One reserved range: mappings, the first seat's allocation stack, the heap; then the other seats'
 * foreign stacks and their allocation stacks, of which only addresses are there until a seat is
 * made. */
struct mpk_arena {
    uintptr_t start;
    size_t size;
    size_t map_pages;      /* [start, start + map_pages * MPK_PAGE) serves mmap */
    unsigned char *pages;  /* enum mpk_page_state, by page of the mappings */
    unsigned char *loaded; /* `pages` right after loading */
    unsigned char *heap_pages, *loaded_heap_pages; /* the same of the heap: flags alone */
    size_t heap_off_limits;                        /* of its pages */
    bool flags_changed;                            /* since loading */
    size_t locked_pages, locked_limit;
    size_t loaded_pages; /* pages below are backed by `file`: reset brings them back */
    size_t used_pages;   /* the highest page ever used, plus one */
    size_t late_first;   /* from here on references of the host's only read: late code may be
                                there; `map_pages` if there is to be none */
    size_t search_from;  /* no page below is free, as far as known */
    size_t memory_pages; /* of memory, since loading; heap_size limits them and the heap */
    size_t borders, loaded_borders; /* pages unlike the one before: the host's mappings */
    size_t
        inherited; /* that there were when a parent forked: the kernel joins none of them again */
    uintptr_t stack, heap; /* the first seat's allocation stack; the heap */
    uintptr_t stacks;      /* the other seats' foreign stacks, each above a guard */
    uintptr_t scopes;      /* their allocation stacks */
    _Atomic size_t
        seats;         /* whose memory the domain can touch: they become more, without its lock */
    size_t seat_limit; /* for how many there is room */
    size_t stack_size, heap_size, foreign_stack_size;
    uintptr_t brk, loaded_brk;
    uintptr_t heap_granted, loaded_heap; /* where what the domain can touch of the heap ends */
    /* Where memory ends that was ever granted since loading: beyond there are addresses only. */
    size_t shown_pages, shown_late; /* up to `late_first`; and from there on */
    uintptr_t shown_heap;
    _Atomic int failed; /* errno: the system has refused a change, so the books may not be true */
    int key;
    int file; /* while loading: what the arena maps, shared; then -1 */
    bool loading;
    struct og_region *regions; /* the last four: behind what was loaded, late code, heap, stacks */
    size_t region_count;
    struct mpk_mapped *mapped; /* which files were loaded where (describe/mapped.c) */
    size_t mapped_count;
};

#define MPK_NO_MEMORY_FILE "cannot make a file in memory: memfd_create or ftruncate is refused"
enum og_error mpk_arena_open(struct mpk_arena *arena, int key, const struct og_options *options,
                             struct og_fault *fault);
/* False if the memory could not be given back: then its key is not to be another's. */
bool mpk_arena_close(struct mpk_arena *arena);
/* In a child: one that another thread was loading is addresses, and no memory that both share. */
void mpk_arena_forked(struct mpk_arena *arena);
/* What a mapping shows of a file: `size` bytes from `offset`; the rest is zero. */
struct mpk_source {
    int file;
    off_t offset;
    size_t size;
    bool (*is_late)(void); /* asked again and again while it is read; may be NULL */
};

/* Copies it to `address`, which has room. False: it cannot be read, or is late. */
bool mpk_source_read(const struct mpk_arena *arena, const struct mpk_source *source,
                     uintptr_t address);

/* Mappings: of `size` bytes, anywhere if `address` is 0. They return the address, or 0 where that
 * cannot be had; if the system has refused it half-way, arena->failed is set and the call has to
 * end. Memory, zeroed: */
uintptr_t mpk_arena_map(struct mpk_arena *arena, uintptr_t address, size_t size);
/* The same, if `address` is 0 where late code may be, for the rest of what it comes with. */
uintptr_t mpk_arena_map_late(struct mpk_arena *arena, uintptr_t address, size_t size);
/* A stack above a guard page: where it starts. */
uintptr_t mpk_arena_map_stack(struct mpk_arena *arena, size_t size);
/* What a file holds, to be read and not written, and memory behind it. While loading. */
uintptr_t mpk_arena_map_file(struct mpk_arena *arena, uintptr_t address, size_t size,
                             const struct mpk_source *source);
/* Code, scanned before the domain can touch it. `trusted`: it is the system's own libc or loader.
 * After loading it has to be where late code may be. If it returns 0, *fault says why:
 * OG_FORBIDDEN, OG_NO_MEMORY, OG_SYSTEM, OG_DEADLINE; and nothing is there. */
uintptr_t mpk_arena_map_code(struct mpk_arena *arena, uintptr_t address, size_t size,
                             const struct mpk_source *source, bool trusted, struct og_fault *fault);
/* Makes memory that the host has filled, and no foreign code has seen, code. */
enum og_error mpk_arena_make_code(struct mpk_arena *arena, uintptr_t address, size_t size,
                                  bool trusted, struct og_fault *fault);
/* Gives back what was mapped; false if it cannot be. */
bool mpk_arena_unmap(struct mpk_arena *arena, uintptr_t address, size_t size);
/* Makes mapped memory zero; false if it is not the domain's to do so. */
bool mpk_arena_forget(struct mpk_arena *arena, uintptr_t address, size_t size);
/* Sets the end of the heap, if it can be there. Returns where it is. */
uintptr_t mpk_arena_set_brk(struct mpk_arena *arena, uintptr_t brk);
/* Seats, by number. Lets the domain touch the seat's memory: what its scopes allocate, and but for
 * the first, whose stack is mapped, its foreign stack. They are made in order, one at a time, with
 * mpk_contexts_lock or while the domain loads: who holds the domain's lock may do so for long.
 * False: there is no room for it, or the system gives no memory, and nothing has changed. */
bool mpk_arena_make_seat(struct mpk_arena *arena, size_t seat);
uintptr_t mpk_arena_scopes_of(const struct mpk_arena *arena, size_t seat);
uintptr_t mpk_arena_stack_of(const struct mpk_arena *arena, size_t seat); /* but the first's */
/* Has references reach the stacks up to that seat's. After loading, by who is inside. */
void mpk_arena_show_stack(struct mpk_arena *arena, size_t seat);
/* What the page at `address`, which is in the arena, is: an enum mpk_page_state. With the domain's
 * lock held, or while it loads. */
unsigned char mpk_arena_state(const struct mpk_arena *arena, uintptr_t address);
/* Is [address, address + size) within the mappings? */
bool mpk_arena_holds(const struct mpk_arena *arena, uintptr_t address, size_t size);

/* --- what a library asks for its memory (arena_flags.c) --- */

/* Memory of the domain's in whole pages: denies it to the domain, or gives it back, with what it
 * held; for the host it stays what it is. What is only read stays so. 0, or an errno: EINVAL,
 * ENOMEM (not all of it is there, or the host would have too many mappings; or arena->failed is
 * set), EACCES (the runtime's own, which cannot be denied). */
int mpk_arena_deny(struct mpk_arena *arena, uintptr_t address, size_t size);
int mpk_arena_allow(struct mpk_arena *arena, uintptr_t address, size_t size);
/* Memory of the domain's in whole pages around the bytes: locks it, or lets it go. `is_late` is
 * asked again and again. 0, or an errno: EPERM (it may lock nothing), EAGAIN (it loads still, or is
 * late), ENOMEM (not all of it is there and the domain's, or it may lock no more, or the host may
 * not). */
int mpk_arena_lock(struct mpk_arena *arena, uintptr_t address, size_t size, bool (*is_late)(void));
int mpk_arena_unlock(struct mpk_arena *arena, uintptr_t address, size_t size);
/* The heap above `end`, which is given back, has no flags. False: arena->failed is set. */
bool mpk_arena_clear_heap_flags(struct mpk_arena *arena, uintptr_t end);
/* Loading is done: what there is then is what is put back. The heap's memory is new, and gets its
 * flags. */
enum og_error mpk_arena_settle_flags(struct mpk_arena *arena, struct og_fault *fault);
/* What was loaded is protected as it was then, and the heap's flags are those; the books of the
 * mappings are the caller's to put back. False: arena->failed is set. */
bool mpk_arena_reset_flags(struct mpk_arena *arena);
/* arena.c's, for arena_flags.c alone: gives the pages the protection and key of that state. */
bool mpk_arena_protect(struct mpk_arena *arena, uintptr_t start, uintptr_t end,
                       unsigned char state);
enum { MPK_MAPPINGS_MAX = 2048 /* of the host's 65,530; a library makes eight while it loads */ };
/* May pages with so many borders between them get so many? */
static inline bool mpk_arena_may_divide(const struct mpk_arena *arena, size_t before, size_t after)
{
    return after <= before ||
           arena->inherited + arena->borders + after - before <= MPK_MAPPINGS_MAX;
}

/* Can the domain write, or read, all of it now, wherever in the arena it is? With the domain's lock
 * held, or while it loads. */
bool mpk_arena_is_writable(const struct mpk_arena *arena, uintptr_t address, size_t size);
bool mpk_arena_is_readable(const struct mpk_arena *arena, uintptr_t address, size_t size);
/* Loading is done: what is there now is what reset brings back. */
enum og_error mpk_arena_settle(struct mpk_arena *arena, struct og_fault *fault);
enum og_error mpk_arena_reset(struct mpk_arena *arena, struct og_fault *fault);

/* --- instructions that could undo the isolation (code/scan.c) --- */

/* The first one in [code, code + size), or size if there is none; *name says which. */
size_t mpk_scan(const unsigned char *code, size_t size, const char **name);

/* --- the host's own code (code/host_code.c) --- */

/* Leaves no such instruction in the host but the gate's, and no code that could become one. OG_OK,
 * or OG_FORBIDDEN and where. Reads all that is executable. */
enum og_error mpk_host_code_check(struct og_fault *fault);
/* The same, but only if the loader has loaded or unloaded something since. */
enum og_error mpk_host_code_check_loads(struct og_fault *fault);

/* --- the page [vsyscall] (code/vsyscall.c) --- */

/* Where there is one: does the calling thread's seccomp filter let who jumps there live? OG_OK, or
 * OG_UNSUPPORTED. */
enum og_error mpk_vsyscall_check(struct og_fault *fault);

/* --- domains --- */

/* A file, whatever it is called. */
struct mpk_inode {
    dev_t device;
    ino_t number;
};

/* Where the boot program says the loader's functions are (boot/boot.S). */
struct mpk_boot {
    uintptr_t dlopen, dlsym, dlclose, dlerror, posix_memalign, free, allocate_tls, deallocate_tls,
        ctype_init;
};

enum { MPK_FILES = 16 /* open at once in a domain */, MPK_THUNK_SIZE = 96, MPK_THUNKS = 4096 };

/* Where a thread runs in a domain. */
struct mpk_seat {
    struct mpk_seat *next;
    size_t number;
    uintptr_t stack_low, stack_end; /* the foreign stack; a guard lies below */
    uintptr_t rsp;                  /* where calls start */
    uintptr_t fs;                   /* the TLS that was made for it; 0: none yet */
    bool is_used;                   /* `fs` is an earlier thread's */
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
 * followed. Of a size that is quickly multiplied. */
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
    const char *const *environment; /* the options', while it loads */
    struct mpk_arena arena;
    uint32_t pkru;
    bool booted; /* the loader has handed over */
    struct mpk_boot boot;
    uintptr_t *libraries; /* the loader's handles */
    size_t library_count;
    struct mpk_context *lent; /* whose signal stack has the domain's key (signal_stack.c) */
    bool key_is_lost;         /* a stack of nobody's has it */
    pthread_mutex_t lock;     /* thunks, callbacks, the arena, files */
    struct mpk_seat seats;    /* the first, and by it the others: who they are does not change */
    uintptr_t first_fs;       /* the TLS that the loader has made, which stays */
    struct mpk_slot slots[MPK_CALLBACKS];
    struct og_callback *callbacks[MPK_CALLBACKS]; /* who has each slot; NULL: nobody */
    uint64_t callback_uses[MPK_CALLBACKS]; /* how often each slot has been given to somebody, or
                                              taken back by reset */
    struct og_event callback_ended;        /* one that was closed while it ran */
    og_output_function *output;            /* hears what is printed; NULL: nobody does */
    void *output_user;
    uint64_t deadline;        /* nanoseconds a call may take; 0: for ever */
    uint64_t callback_limit;  /* callbacks a call may make; 0: without end */
    struct mpk_grant *grants; /* what may be opened (syscall/grant.c) */
    size_t grant_count;
    int files[MPK_FILES]; /* the host's descriptors, by the domain's; -1: none */
    struct mpk_inode file_inodes[MPK_FILES];
    int no_descriptor; /* errno: while loading a file could not be opened for want of one */
    bool file_trusted[MPK_FILES], file_late[MPK_FILES]; /* late: code may be made of it later */
    /* Thunks: written at `thunks`, executed at `thunk_code`. */
    unsigned char *thunks;
    uintptr_t thunk_code;
    struct mpk_thunk_made thunk_made[MPK_THUNKS];
    size_t thunk_count;
    pid_t thunks_of; /* the process that makes them: others share the memory */
    struct mpk_symbol *symbols;
};

/* By index; NULL: free (domains.c). */
extern struct mpk_domain *mpk_domains[MPK_DOMAINS];

/* Gives the domain, which has a key of its own until it is removed, an index. */
void mpk_domains_add(struct mpk_domain *domain);
/* Closes the domain's arena, and takes its index back if it has one. False: the arena's memory
 * could not be given back (mpk_arena_close). */
bool mpk_domains_remove(struct mpk_domain *domain);
/* In a child, which may have no lock: there is nothing of what others were opening. */
void mpk_domains_forked(void);
/* Visits every domain until `visit` returns true, and returns whether it did. No arena is opened
 * or closed meanwhile. */
bool mpk_domains_visit(bool (*visit)(struct mpk_domain *domain, void *data), void *data);

extern const struct og_runtime og_runtime_mpk; /* domain.c */

/* reset.c: putting a domain back to its state right after loading, while no other thread is inside;
 * OG_BUSY if one is, or a scope is open. */
enum og_error mpk_reset(struct og_domain *domain, struct og_fault *fault);

/* heap.c: the foreign allocator, which keeps its books inside the domain. */
void *mpk_heap_alloc(struct og_domain *domain, size_t alignment, size_t size);
int mpk_heap_owns(struct og_domain *domain, uintptr_t address);
void mpk_heap_free(struct og_domain *domain, void *memory);

/* context.c, contexts.c: a thread's place in a domain. Opening takes a seat; it is shut until it is
 * entered. */
struct mpk_context *mpk_context_open(struct mpk_domain *domain, struct og_fault *fault);
/* The calling thread's; NULL if it has none. */
struct mpk_context *mpk_context_if_any(const struct mpk_domain *domain);
/* og_runtime.context, .enter and .left */
struct og_context *mpk_context(struct og_domain *domain);
struct og_context *mpk_enter(struct og_context *context);
void mpk_left(struct og_context *context);
/* The domain's heap has grown: what lies right behind the context's allocations is found as they
 * are. By who is inside. */
void mpk_context_show_heap(struct mpk_context *context);
/* The calling thread resets or closes the domain of `own` (may be NULL), and is in no scope there,
 * so in no mpk_enter either: a handler may have left one by longjmp. */
void mpk_entry_abandon(struct mpk_context *own);
/* The call's end: records why, in the calling thread's context, from where it goes to who enters
 * next, until reset. For signal handlers: takes no lock. */
void mpk_domain_poison(struct mpk_domain *domain, const struct og_fault *fault);
/* With mpk_contexts_lock held: a thread can exit while another closes the domain. */
void mpk_context_close(struct mpk_context *context);
/* The turn's `pass`. */
bool mpk_pass(struct og_context *from, struct og_context *to);
void mpk_contexts_lock(void);
void mpk_contexts_unlock(void);
/* While the process forks, the thread that does so makes no calls: until mpk_contexts_have_forked
 * its contexts are poisoned, and it gets this one in place of any other; NULL if it does not. */
void mpk_contexts_fork(void);
void mpk_contexts_have_forked(void);
struct og_context *mpk_context_of_fork(void);
/* In a child of fork: the contexts of the threads that it lacks are gone. */
void mpk_contexts_forked(struct mpk_domain *domain);
/* There too: nobody calls into the domain until it is reset. */
void mpk_contexts_poison(struct mpk_domain *domain, const char *message);

/* seats.c */
enum og_error mpk_seats_open(struct mpk_domain *domain, struct og_fault *fault);
/* With mpk_contexts_lock: a seat for the context; and it is nobody's any more. */
enum mpk_seating { MPK_SEATED, MPK_NO_SEAT /* no addresses */, MPK_NO_SEAT_MEMORY };
enum mpk_seating mpk_seat_take(struct mpk_context *context);
void mpk_seat_give(struct mpk_seat *seat);
/* Calls of the context start as the seat says. */
void mpk_seat_sit(struct mpk_context *context);
/* Whether callbacks are served: not while the runtime itself calls, where the host knows of no
 * call. */
void mpk_seat_serve_callbacks(struct mpk_context *context, bool serve);
/* The arena is as it was after loading: all but the first have no thread variables. */
void mpk_seats_reset(struct mpk_domain *domain);
/* Frees all but the first; nobody has them. */
void mpk_seats_close(struct mpk_domain *domain);

/* thread_variables.c. When the libraries are loaded: notes the first seat's, by which the others'
 * are made. */
enum og_error mpk_variables_settle(struct mpk_domain *domain, struct og_fault *fault);
/* The context's thread is inside, in no call: sees to it that its seat has variables of its own, if
 * the domain is not poisoned. Or says why it has none, and no call is to be made: where one of the
 * domain's own has failed it is poisoned. */
enum og_error mpk_variables_prepare(struct mpk_context *context, struct og_fault *fault);

/* image.c: the process image that the dynamic loader starts from. */
enum og_error mpk_image_start(struct mpk_context *context, struct og_fault *fault);

/* library.c */
enum og_error mpk_library_open(struct mpk_context *context, const char *name, uintptr_t *handle,
                               struct og_fault *fault);
/* Closes the libraries, the last first, which runs their destructors, unless a call has failed. */
void mpk_libraries_close(struct mpk_domain *domain);
uintptr_t mpk_library_find(struct mpk_context *context, uintptr_t handle, const char *symbol);

/* symbols.c: what is known of symbols, by threads that are inside. 0: nothing. */
uintptr_t mpk_symbol_known(const struct mpk_domain *domain, const char *name);
/* False: there is no memory for it. */
bool mpk_symbol_note(struct mpk_domain *domain, const char *name, uintptr_t address);
void mpk_symbols_close(struct mpk_domain *domain);

/* thunk.c */
enum og_error mpk_thunks_open(struct mpk_domain *domain, struct og_fault *fault);
void mpk_thunks_close(struct mpk_domain *domain);
void (*mpk_thunk(struct mpk_domain *domain, uintptr_t target, struct mpk_shape shape))(void);

/* What a thunk was made of; NULL if it is none of the domain's. */
const struct mpk_thunk_made *mpk_thunk_find(struct mpk_domain *domain, void (*thunk)(void));

/* callback.c */
enum og_error mpk_callback_open(struct og_domain *domain, struct og_callback *callback,
                                struct og_fault *fault);
void mpk_callback_close(struct og_domain *domain, struct og_callback *callback);
void mpk_callback_any_thread(struct og_domain *domain, struct og_callback *callback);
/* The calling thread exits: what is on its stack is gone. */
void mpk_callbacks_end(struct mpk_domain *domain);
/* The thread that exits is in none of them any more. */
void mpk_callbacks_leave(struct mpk_domain *domain);
int mpk_is_callback(struct og_domain *domain, uintptr_t address);
/* On the host's side of a call whose domain has a limit: one callback more. How many it has made;
 * or the call ends. */
uint64_t mpk_callback_count(const struct mpk_context *context);
void mpk_callbacks_close(struct mpk_domain *domain);
void mpk_callbacks_forked(struct mpk_domain *domain); /* in the child; with the domain's lock */

/* deadline.c */
/* Nanoseconds, by that clock. */
uint64_t mpk_now(clockid_t clock);
/* The clock runs while a domain has a deadline. Watching again what is watched starts it where that
 * has failed; OG_NO_MEMORY: it does again. Unwatching one that has none does nothing. */
enum og_error mpk_deadline_watch(unsigned domain, uint64_t deadline, struct og_fault *fault);
void mpk_deadline_unwatch(unsigned domain);
/* Is the thread's innermost call over its domain's deadline? To be asked before it goes on. */
bool mpk_deadline_passed(struct mpk_thread *thread);
void mpk_deadline_fail(struct og_fault *fault, uintptr_t at);
/* Around what the host does while a call is under way: a callback, a handler. */
struct mpk_pause {
    uint64_t calls, charged_for, charged;
    uint64_t callbacks; /* that the call has made; of domains with a limit */
};
void mpk_deadline_carry(struct mpk_thread *thread, const struct mpk_pause *kept);
/* How many callbacks the innermost call has made, if its domain has a limit. */
uint64_t mpk_callbacks_made(struct mpk_thread *thread);

static inline void mpk_deadline_pause(struct mpk_thread *thread, struct mpk_pause *kept)
{
    kept->calls = atomic_load_explicit(&thread->calls, memory_order_relaxed);
    kept->charged_for = atomic_load_explicit(&thread->charged_for, memory_order_acquire);
    kept->charged = atomic_load_explicit(&thread->charged, memory_order_acquire);
    if (__builtin_expect(
            atomic_load_explicit(&thread->carried_for, memory_order_relaxed) == kept->calls, 0) &&
        kept->charged_for != kept->calls) {
        kept->charged_for = kept->calls;
        kept->charged = atomic_load_explicit(&thread->carried, memory_order_relaxed);
    }
}

/* Whether the call is over its deadline now. */
static inline bool mpk_deadline_go_on(struct mpk_thread *thread, const struct mpk_pause *kept)
{
    uint64_t calls = atomic_load_explicit(&thread->calls, memory_order_relaxed);
    if (__builtin_expect(calls == kept->calls, 1) &&
        __builtin_expect(atomic_load_explicit(&thread->over_for, memory_order_acquire) != calls, 1))
        return false;
    if (calls != kept->calls)
        mpk_deadline_carry(thread, kept);
    return mpk_deadline_passed(thread);
}
/* Is it the clock that has sent this? The thread has heard it then. */
bool mpk_deadline_is_own(int signal, const siginfo_t *info);
void mpk_deadline_heard(struct mpk_thread *thread);
/* Has any domain one? */
bool mpk_deadline_is_set(void);
/* In a child of fork, which has no clock: starts one, where the calling thread has the rights for
 * it. False: it cannot be, and no deadline counts. */
bool mpk_deadline_forked(bool has_rights);

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
