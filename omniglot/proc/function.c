/* Functions of domains as the host has them: which thunk is which, and what a call through one
 * does. They are shared by all domains of the program; a thunk is its domain's until that closes.
 */
#include "proc.h"

#include "omniglot/core/uncancelled.h"
#include <stdlib.h>
#include <string.h>

enum { SIZE = 16 };
extern const char proc_thunks[] __attribute__((visibility("hidden")));
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* who has which */
static struct proc_thunk thunks[PROC_THUNKS];

static void (*code_of(size_t number))(void)
{
    return (void (*)(void))(uintptr_t)(proc_thunks + number * SIZE);
}

static bool is_same(const struct proc_thunk *a, const struct proc_thunk *b)
{
    return a->domain == b->domain && a->target == b->target && a->words == b->words &&
           a->x87 == b->x87 && a->knows_registers == b->knows_registers &&
           a->registers.integers == b->registers.integers &&
           a->registers.floats == b->registers.floats && !strcmp(a->symbol, b->symbol);
}

/* The one that does that, or a new one; NULL: there is none left, or no memory. With the lock. */
static void (*find(const struct proc_thunk *wanted))(void)
{
    size_t free_one = PROC_THUNKS;
    for (size_t i = 0; i < PROC_THUNKS; i++) {
        if (thunks[i].domain && is_same(&thunks[i], wanted))
            return code_of(i);
        if (!thunks[i].domain && free_one == PROC_THUNKS)
            free_one = i;
    }
    char *symbol = free_one < PROC_THUNKS ? strdup(wanted->symbol) : NULL;
    if (!symbol)
        return NULL;
    thunks[free_one] = *wanted;
    thunks[free_one].symbol = symbol;
    return code_of(free_one);
}

uintptr_t proc_function_known(const struct proc_domain *domain, const char *symbol)
{
    uintptr_t known = 0;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < PROC_THUNKS && !known; i++)
        if (thunks[i].domain == domain && !strcmp(thunks[i].symbol, symbol))
            known = thunks[i].target;
    pthread_mutex_unlock(&lock);
    return known;
}

void (*proc_entry(struct og_domain *domain, void *target, const char *symbol))(void)
{
    const struct proc_thunk wanted = {.domain = (struct proc_domain *)domain,
                                      .symbol = (char *)(uintptr_t)symbol,
                                      .target = (uintptr_t)target};
    pthread_mutex_lock(&lock);
    void (*entry)(void) = find(&wanted);
    pthread_mutex_unlock(&lock);
    return entry;
}

/* The entry's thunk, to be changed. */
static struct proc_thunk copy_of(void (*entry)(void))
{
    return thunks[((uintptr_t)entry - (uintptr_t)proc_thunks) / SIZE];
}

void (*proc_entry_taking(struct og_domain *domain, void (*entry)(void), size_t words,
                         const struct og_registers *registers))(void)
{
    (void)domain;
    pthread_mutex_lock(&lock);
    struct proc_thunk wanted = copy_of(entry);
    wanted.words = (uint16_t)words;
    wanted.knows_registers = registers != NULL;
    wanted.registers = registers ? *registers : (struct og_registers){0, 0};
    void (*found)(void) = find(&wanted);
    pthread_mutex_unlock(&lock);
    return found;
}

void (*proc_entry_with_x87(struct og_domain *domain, void (*entry)(void), unsigned results))(void)
{
    (void)domain;
    pthread_mutex_lock(&lock);
    struct proc_thunk wanted = copy_of(entry);
    wanted.x87 = (uint16_t)results;
    void (*found)(void) = find(&wanted);
    pthread_mutex_unlock(&lock);
    return found;
}

enum og_error proc_thunks_renew(struct proc_domain *domain, struct og_fault *fault)
{
    enum og_error error = OG_OK;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < PROC_THUNKS && !error; i++)
        if (thunks[i].domain == domain) {
            const volatile struct proc_control *control = domain->control;
            if (!proc_name(domain, thunks[i].symbol))
                continue;
            uint64_t left = domain->deadline;
            error = proc_ask(domain, NULL, PROC_LOOK_UP, left ? &left : NULL, fault);
            thunks[i].target = error ? 0 : control->result;
        }
    pthread_mutex_unlock(&lock);
    return error;
}

void proc_thunks_close(struct proc_domain *domain)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < PROC_THUNKS; i++)
        if (thunks[i].domain == domain) {
            free(thunks[i].symbol);
            thunks[i] = (struct proc_thunk){0};
        }
    pthread_mutex_unlock(&lock);
}

void proc_thunks_fork(int when)
{
    if (when == PROC_BEFORE_FORK)
        pthread_mutex_lock(&lock);
    else
        pthread_mutex_unlock(&lock);
}

/* --- calls --- */

/* What a thunk keeps (thunk.S). */
struct proc_frame {
    uint64_t integers[6];
    unsigned char vectors[8][16];
    uint64_t integer_results[2];
    unsigned char vector_results[2][16];
    unsigned char x87_results[2][16];
};
_Static_assert(offsetof(struct proc_frame, vectors) == PROC_FRAME_VECTORS, "as thunk.S has it");
_Static_assert(offsetof(struct proc_frame, integer_results) == PROC_FRAME_RESULTS, "as it has it");
_Static_assert(offsetof(struct proc_frame, x87_results) == PROC_FRAME_X87, "as thunk.S has it");
_Static_assert(sizeof(struct proc_frame) == PROC_FRAME_SIZE, "as thunk.S has it");

static void hand_in(struct proc_domain *domain, const struct proc_thunk *thunk,
                    const struct proc_frame *frame, const uint64_t *stack)
{
    struct proc_crossing *crossing = &domain->control->crossing;
    const size_t integers = thunk->knows_registers ? thunk->registers.integers : 6;
    const size_t floats = thunk->knows_registers ? thunk->registers.floats : 8;
    crossing->target = thunk->target;
    crossing->words = thunk->words;
    crossing->x87 = thunk->x87;
    /* What the host's code left in the others is not for the library to see. */
    memset(crossing->integers, 0, sizeof(crossing->integers));
    memset(crossing->vectors, 0, sizeof(crossing->vectors));
    memcpy(crossing->integers, frame->integers, integers * sizeof(frame->integers[0]));
    memcpy(crossing->vectors, frame->vectors, floats * sizeof(frame->vectors[0]));
    memcpy(crossing->stack, stack, thunk->words * sizeof(*stack));
}

unsigned proc_call(unsigned number, struct proc_frame *frame, const uint64_t *stack)
    __attribute__((visibility("hidden")));
unsigned proc_call(unsigned number, struct proc_frame *frame, const uint64_t *stack)
{
    const struct proc_thunk *thunk = &thunks[number];
    struct proc_domain *domain = thunk->domain;
    struct og_context *context = domain ? proc_context(&domain->domain) : NULL;
    bool done = false;
    /* Between og_invoke_begin and og_invoke_end all of this is so, unless a handler has interrupted
     * a call. */
    if (context && context->depth && !context->poisoned) {
        if (domain->is_running) {
            struct og_fault fault;
            int cancellation = og_uncancelled_begin();
            og_fail(&fault, OG_BUSY, NULL, 0, "a handler called into a domain that it interrupted");
            proc_poison(domain, context, &fault);
            og_uncancelled_end(cancellation);
        } else {
            const unsigned outer = domain->callbacks; /* each call has a count of its own */
            domain->callbacks = 0;
            hand_in(domain, thunk, frame, stack);
            done = proc_ask_inside(domain, context, PROC_CALL);
            domain->callbacks = outer;
        }
    }
    if (done)
        memcpy(frame->integer_results, domain->control->crossing.integer_results,
               sizeof(*frame) - offsetof(struct proc_frame, integer_results));
    else
        memset(frame->integer_results, 0,
               sizeof(*frame) - offsetof(struct proc_frame, integer_results));
    return thunk->x87;
}
