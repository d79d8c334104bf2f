/* The runtime over another process: what its files share. The library of a domain runs in a process
 * of its own, whose memory is the arena that the host has at the same addresses. The process
 * has one thread, and hands over to the host by a system call that the host supervises: from then
 * until the host answers it stands still, so that what the host reads in place nobody changes.
 *
 * What is said of the process here is said of a hostile one: of what it has written the host reads
 * each thing once, and checks it. */
#ifndef OMNIGLOT_PROC_PROC_H
#define OMNIGLOT_PROC_PROC_H

#include "omniglot/core/slot.h"
#include "omniglot/core/thread_context.h"
#include "omniglot/core/turn.h"
#include "omniglot/proc/layout.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

/* domain.c */
extern const struct og_runtime og_runtime_proc;

struct proc_domain {
    struct og_domain domain; /* first */
    struct og_turn turn;
    struct og_thread_context *contexts; /* under the contexts' lock; an entry is never taken out */
    struct og_thread_context *last;     /* the one that was asked for last; atomic */
    struct proc_domain *next;           /* of all; under the contexts' lock */
    /* The arena, and what is where in it. */
    struct proc_range arena, alternate, code, stack, heap;
    uintptr_t scopes;
    struct proc_control *control;
    struct og_region *regions;
    /* The process; -1 and 0: there is none. */
    int process, listener;
    pid_t id;
    uint64_t asks;    /* the number of what it has handed over by, and waits with; 0: it runs */
    bool is_loading;  /* libraries can be opened */
    bool is_running;  /* something that was asked is under way, and it is not the host's turn */
    int cancellation; /* as the thread's was before the call that is under way */
    uintptr_t stubs;
    size_t stub_size;
    struct proc_object *objects; /* as the process has told: words; up to one without a name */
    struct og_slot slots[PROC_CALLBACKS];
    /* What was asked for. */
    uint64_t deadline; /* nanoseconds; 0: none */
    unsigned callback_limit, callbacks;
    og_output_function *output;
    void *output_user;
    char **libraries; /* paths, or sonames; up to a NULL */
    char *environment;
    size_t environment_size;
};

/* arena.c */
enum og_error proc_arena_open(struct proc_domain *domain, const struct og_options *options,
                              struct og_fault *fault);
void proc_arena_close(struct proc_domain *domain);
/* New memory, of which *file is the caller's to close: for a process that is about to start. */
enum og_error proc_arena_renew(struct proc_domain *domain, int *file, struct og_fault *fault);
/* In a child of fork: memory of zeros, that is nobody else's. */
void proc_arena_leave(struct proc_domain *domain);
/* The regions, from what the process says of its pages. */
enum og_error proc_arena_settle(struct proc_domain *domain, struct og_fault *fault);
/* Is it wholly in what the process can have written? */
bool proc_arena_has(const struct proc_domain *domain, uintptr_t address, size_t size);

/* keeper.c: the thread that starts processes, whose parent it then is: they die with it. */
struct proc_plan {
    int arena, socket, program, loader, starter; /* descriptors */
    /* What came of it: */
    int process; /* a descriptor of it, or -1 and errno: */
    int error;
    pid_t id;
};
/* What the process ends with before the starter is there. */
enum { PROC_NO_CLOSING = 125, PROC_NO_EXEC, PROC_NO_DESCRIPTORS };
/* Starts it. Returns 0 or an errno. */
int proc_keeper_start(struct proc_plan *plan);
void proc_keeper_fork(int when);

/* child.c */
/* Starts a process over the arena, up to where it can be asked to load. */
enum og_error proc_child_start(struct proc_domain *domain, struct og_fault *fault);
/* It is gone when this returns, from any state. */
void proc_child_end(struct proc_domain *domain);
/* In a child of fork: it is the parent's. */
void proc_child_leave(struct proc_domain *domain);
/* How it has ended, where nobody has ended it. */
enum og_error proc_child_tell(struct proc_domain *domain, struct og_fault *fault);
/* Where in the process `left` was used up; then it is gone. */
enum og_error proc_child_interrupt(struct proc_domain *domain, struct og_fault *fault);

/* wait.c */
/* Waits until the process hands over, and serves what it asks by the way. Returns what it says, an
 * enum proc_event, or 0 and *fault: it has gone, or *left nanoseconds are over; NULL: there is no
 * end. `context`: whose call it is, or NULL. */
uint64_t proc_wait(struct proc_domain *domain, struct og_context *context, uint64_t *left,
                   struct og_fault *fault);
/* Answers what it has handed over by. It runs from then on. */
void proc_answer(struct proc_domain *domain, int64_t value);

/* files.c: which file foreign code may open. Returns a descriptor, or -errno. */
int proc_file_open(const struct proc_domain *domain, uintptr_t path, int flags);

/* call.c */
/* Which library or symbol it is about. False: the name is too long. */
bool proc_name(struct proc_domain *domain, const char *name);
/* Asks, and waits until it is done; callbacks run meanwhile. Not OG_OK: the process has gone. */
enum og_error proc_ask(struct proc_domain *domain, struct og_context *context,
                       enum proc_request request, uint64_t *left, struct og_fault *fault);
/* The same for a thread that is inside, which poisons its context where that fails. */
bool proc_ask_inside(struct proc_domain *domain, struct og_context *context,
                     enum proc_request request);
/* Nothing can be called until reset. */
void proc_poison(struct proc_domain *domain, struct og_context *context,
                 const struct og_fault *fault);

/* function.c: what the host calls. One is a number of a function of a domain. */
struct proc_thunk {
    struct proc_domain *domain; /* NULL: free */
    char *symbol;
    uintptr_t target; /* 0: after a reset, the library does not have it any more */
    uint16_t words, x87;
    bool knows_registers;
    struct og_registers registers;
};
void (*proc_entry(struct og_domain *domain, void *target, const char *symbol))(void);
void (*proc_entry_taking(struct og_domain *domain, void (*entry)(void), size_t words,
                         const struct og_registers *registers))(void);
void (*proc_entry_with_x87(struct og_domain *domain, void (*entry)(void), unsigned results))(void);
/* Where a function is that was looked up before, so that it stays there; 0: it was not. */
uintptr_t proc_function_known(const struct proc_domain *domain, const char *symbol);
/* After a reset: has each function's address found anew. */
enum og_error proc_thunks_renew(struct proc_domain *domain, struct og_fault *fault);
void proc_thunks_close(struct proc_domain *domain);
void proc_thunks_fork(int when);

/* domain.c */
uintptr_t proc_look_up(struct proc_domain *domain, struct og_context *context, const char *symbol);

/* context.c: the threads' places in domains. */
enum og_error proc_contexts_open(struct proc_domain *domain, struct og_fault *fault);
void proc_contexts_close(struct proc_domain *domain);
/* og_runtime.context: the calling thread's. */
struct og_context *proc_context(struct og_domain *domain);
/* The same if it has one already; or NULL. */
struct og_context *proc_context_if_any(struct proc_domain *domain);
/* Around what is half-done meanwhile: no child of fork finds it so. */
void proc_change_begin(void);
void proc_change_end(void);
/* Nobody can make a call until reset, or everybody again (error OG_OK). While the turn is shut. */
void proc_contexts_poison(struct proc_domain *domain, const struct og_fault *fault);

void proc_contexts_fork(int when);
/* `leave_to_parent` is called for each domain. */
void proc_contexts_in_child(void (*leave_to_parent)(struct proc_domain *domain));

/* fork.c: before the first domain is opened. */
enum og_error proc_fork_prepare(struct og_fault *fault);

/* callback.c */
enum og_error proc_callback_open(struct og_domain *domain, struct og_callback *callback,
                                 struct og_fault *fault);
void proc_callback_close(struct og_domain *domain, struct og_callback *callback);
void proc_callback_any_thread(struct og_domain *domain, struct og_callback *callback);
int proc_is_callback(struct og_domain *domain, uintptr_t address);
/* Foreign code has called one. OG_OK, or what ends the call. */
enum og_error proc_call_back(struct proc_domain *domain, struct og_context *context,
                             struct og_fault *fault);
void proc_callbacks_close(struct proc_domain *domain);
/* The calling thread exits: what is on its stack is gone; and it is in none of them any more. */
void proc_callbacks_end(struct proc_domain *domain, bool in_call);
void proc_callbacks_fork(int when);
void proc_callbacks_in_child(struct proc_domain *domain);

/* describe.c */
size_t proc_describe(struct og_domain *domain, const struct og_fault *fault, char *text,
                     size_t size);
/* Keeps what is loaded where. */
enum og_error proc_objects_keep(struct proc_domain *domain, struct og_fault *fault);
void proc_objects_fork(int when);
/* What a fault that the process has told is, in words. */
void proc_fault_tell(struct proc_domain *domain, struct og_fault *fault);

/* support.c: can this machine give it? */
enum og_error proc_supported(struct og_fault *fault);

/* The locks around fork. */
enum { PROC_BEFORE_FORK, PROC_AFTER_FORK, PROC_IN_CHILD };

#endif
