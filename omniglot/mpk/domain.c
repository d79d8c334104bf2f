/* Domains behind protection keys: opening and closing them, and the runtime's table. */
#include "mpk.h"
#include "omniglot/core/uncancelled.h"
#include "omniglot/mpk/syscall/grant.h"
#include "omniglot/mpk/syscall/policy.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOADING_DEADLINE                                                                           \
    UINT64_C(10000000000) /* nanoseconds, at least, where there is a deadline */

static struct mpk_domain *mpk(struct og_domain *domain)
{
    return (struct mpk_domain *)domain;
}

static enum og_error out_of_memory(struct og_fault *fault)
{
    return mpk_out_of_memory(fault);
}

/* The calling thread has no block. */
static enum og_error no_thread(struct og_fault *fault)
{
    const struct og_fault *why = &mpk_context_refused()->fault;
    bool is_told = mpk_thread_refusal() != MPK_NO_BLOCK || why->error == OG_UNSUPPORTED;
    return og_fail(fault, why->error, NULL, 0,
                   is_told
                       ? why->message
                       : "no room for this thread: 4,096 use domains (fewer where ulimit -v limits "
                         "addresses), or the host is out of memory; let some exit");
}

/* What all domains need, once. */
static enum og_error start_runtime(struct og_fault *fault)
{
    static bool started;
    enum og_error error = mpk_process_open(fault);
    if (error)
        return error;
    if (mpk_reading_is_execution()) /* what is mapped below would be code */
        return og_fail(fault, OG_FORBIDDEN, NULL, 0, MPK_READING_IS_EXECUTION);
    pthread_mutex_lock(mpk_domains_lock());
    if (!started)
        error = og_mpk_supported(fault);
    if (!error && !started)
        error = mpk_keys_open(fault);
    if (!error)
        error = mpk_denied(fault);
    if (!error && !started) {
        error = mpk_threads_open(fault);
        if (!error)
            error = mpk_signals_open(fault);
        /* The callbacks' slots have no other fence. */
        if (!error && syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0))
            error = og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                            "the kernel lacks membarrier (Linux 4.14 and later have it)");
        if (!error)
            error = mpk_locks_open(fault);
        started = !error;
    }
    pthread_mutex_unlock(mpk_domains_lock());
    /* With rights to read the gate, too. */
    if (!error && !mpk_thread_self())
        error = no_thread(fault);
    if (!error)
        error = mpk_vsyscall_check(fault);
    return error ? error : mpk_host_code_check(fault);
}

/* Frees what there is of it, from any half-built state. */
static void destroy(struct mpk_domain *domain)
{
    mpk_deadline_unwatch(domain->index);
    mpk_callbacks_close(domain);
    mpk_files_close(domain);
    mpk_contexts_lock();
    for (struct mpk_seat *seat = &domain->seats; seat; seat = seat->next)
        mpk_context_close(seat->context);
    mpk_seats_close(domain);
    mpk_contexts_unlock();
    int key = domain->pkru && !domain->key_is_lost ? domain->arena.key : -1;
    mpk_signal_stack_check_closed(domain);
    if (mpk_domains_remove(domain))
        mpk_key_give(key);
    mpk_thunks_close(domain); /* while it is listed, what is there is no code of the host's */
    mpk_grants_close(domain);
    mpk_symbols_close(domain);
    mpk_release(domain->libraries);
    og_turn_destroy(&domain->turn);
    pthread_mutex_destroy(&domain->lock);
    mpk_release(domain);
}

/* --- opening --- */

static enum og_error load(struct mpk_domain *domain, const char *const *names,
                          struct og_fault *fault)
{
    struct mpk_context *context = mpk_context_open(domain, fault);
    if (!context)
        return OG_NO_MEMORY;
    if (!og_turn_take(&domain->turn, &context->context))
        return og_fail_system(fault, errno, NULL, 0, "cannot give a signal stack the domain's key");
    enum og_error error = mpk_image_start(context, fault);
    if (error)
        return error;
    size_t count = 1; /* og_domain_open saw the first */
    while (names[count])
        count++;
    domain->libraries = mpk_allocate(count, sizeof(*domain->libraries));
    if (!domain->libraries)
        return out_of_memory(fault);
    for (size_t i = 0; i < count; i++) {
        error = mpk_library_open(context, names[i], &domain->libraries[i], fault);
        if (error)
            return error;
        domain->library_count++;
    }
    error = mpk_variables_settle(domain, fault);
    if (error)
        return error;
    mpk_files_close(domain);
    mpk_grants_settle(domain);
    /* No handler finds the lock taken, that forks or describes a fault. */
    uint64_t mask = mpk_mask_block_hosts();
    pthread_mutex_lock(&domain->lock);
    error = mpk_arena_settle(&domain->arena, fault);
    pthread_mutex_unlock(&domain->lock);
    mpk_mask_set(mask);
    domain->domain.regions = domain->arena.regions;
    domain->domain.region_count = domain->arena.region_count;
    return error;
}

static enum og_error open_domain(struct og_domain **result, const char *const *libraries,
                                 const struct og_options *options, struct og_fault *fault)
{
    enum og_error error = start_runtime(fault);
    if (error)
        return error;
    struct mpk_domain *domain = mpk_allocate(1, sizeof(*domain));
    if (!domain)
        return out_of_memory(fault);
    int key;
    pthread_mutex_init(&domain->lock, NULL);
    og_turn_open(&domain->turn, options ? options->threads : OG_THREADS_WAIT, mpk_pass);
    domain->domain.runtime = &og_runtime_mpk;
    domain->arena.file = -1;
    domain->thunks_of = atomic_load(&mpk_own.process);
    memset(domain->files, 0xff, sizeof(domain->files));
    error = mpk_key_take(&key, fault);
    if (!error) {
        domain->pkru = mpk_key_pkru(key);
        error = mpk_arena_open(&domain->arena, key, options, fault);
    }
    if (!error)
        error = mpk_thunks_open(domain, fault);
    if (!error)
        mpk_domains_add(domain);
    if (!error)
        error = mpk_grants_open(domain, libraries, options, fault);
    domain->callback_limit = options ? options->callback_limit : 0;
    domain->environment = options ? options->environment : NULL;
    domain->output = options ? options->output : NULL;
    domain->output_user = options ? options->output_user : NULL;
    uint64_t deadline = options ? (uint64_t)options->deadline_ms * 1000000 : 0;
    if (!error && deadline) {
        /* Loading is a few calls, each of which takes longer than others. */
        domain->deadline = deadline < LOADING_DEADLINE ? LOADING_DEADLINE : deadline;
        error = mpk_deadline_watch(domain->index, deadline, fault);
    }
    if (!error)
        error = load(domain, libraries, fault);
    domain->deadline = deadline;
    domain->environment = NULL;
    if (error && fault)
        mpk_fault_name(domain, fault);
    if (error && domain->no_descriptor) /* whatever the loader has made of it */
        error = mpk_no_descriptor(fault, domain->no_descriptor, NULL, NULL);
    if (error)
        destroy(domain);
    else
        *result = &domain->domain;
    return error;
}

static enum og_error mpk_open(struct og_domain **result, const char *const *libraries,
                              const struct og_options *options, struct og_fault *fault)
{
    int cancellation = og_uncancelled_begin();
    bool opens = mpk_thread_opens(true); /* in the host's og_options.output of another */
    enum og_error error = open_domain(result, libraries, options, fault);
    (void)mpk_thread_opens(opens);
    og_uncancelled_end(cancellation);
    return error;
}

/* --- closing --- */

static enum og_error close_domain(struct mpk_domain *domain, struct og_fault *fault)
{
    struct mpk_context *own = mpk_context_if_any(domain);
    enum og_error error = mpk_process_open(fault);
    if (error)
        return error;
    mpk_entry_abandon(own);
    error = og_turn_shut(&domain->turn, own ? &own->context : NULL, true, fault);
    if (error)
        return error;
    /* Destructors run on this thread; without a place for it they do not. */
    if (!own)
        own = mpk_context_open(domain, NULL);
    if (own && og_turn_take(&domain->turn, &own->context) && !mpk_variables_prepare(own, NULL))
        mpk_libraries_close(domain);
    destroy(domain);
    return OG_OK;
}

static enum og_error mpk_close(struct og_domain *handle, struct og_fault *fault)
{
    int cancellation = og_uncancelled_begin();
    enum og_error error = close_domain(mpk(handle), fault);
    og_uncancelled_end(cancellation);
    return error;
}

/* --- the rest of the table --- */

/* The thread is inside. */
static void *look_up(struct mpk_domain *domain, const char *symbol)
{
    struct mpk_context *context = mpk_context_if_any(domain);
    if (!context || context->context.poisoned)
        return NULL;
    uintptr_t known = mpk_symbol_known(domain, symbol), address = known;
    for (size_t i = 0; i < domain->library_count && !address; i++)
        address = mpk_library_find(context, domain->libraries[i], symbol);
    if (address && !known && !mpk_symbol_note(domain, symbol, address))
        return NULL;
    return (void *)address;
}

static void *mpk_lookup(struct og_domain *handle, const char *symbol)
{
    int cancellation = og_uncancelled_begin();
    void *found = look_up(mpk(handle), symbol);
    og_uncancelled_end(cancellation);
    return found;
}

static void (*mpk_entry(struct og_domain *handle, void *target, const char *symbol))(void)
{
    (void)symbol;
    return mpk_thunk(mpk(handle), (uintptr_t)target, MPK_SHAPE_UNKNOWN);
}

static void (*mpk_entry_taking(struct og_domain *handle, void (*entry)(void), size_t words,
                               const struct og_registers *registers))(void)
{
    const struct mpk_thunk_made *made = mpk_thunk_find(mpk(handle), entry);
    if (!made)
        return NULL;
    struct mpk_shape shape = made->shape;
    shape.stack_words = (uint16_t)words;
    shape.registers = registers ? *registers : MPK_SHAPE_UNKNOWN.registers;
    return mpk_thunk(mpk(handle), made->target, shape);
}

static void (*mpk_entry_with_x87(struct og_domain *handle, void (*entry)(void),
                                 unsigned results))(void)
{
    const struct mpk_thunk_made *made = mpk_thunk_find(mpk(handle), entry);
    if (!made)
        return NULL;
    struct mpk_shape shape = made->shape;
    shape.x87_results = (uint16_t)results;
    return mpk_thunk(mpk(handle), made->target, shape);
}

const struct og_runtime og_runtime_mpk = {
    .name = "mpk",
    .open = mpk_open,
    .reset = mpk_reset,
    .close = mpk_close,
    .lookup = mpk_lookup,
    .entry = mpk_entry,
    .entry_taking = mpk_entry_taking,
    .entry_with_x87 = mpk_entry_with_x87,
    .context = mpk_context,
    .enter = mpk_enter,
    .left = mpk_left,
    .heap_alloc = mpk_heap_alloc,
    .heap_owns = mpk_heap_owns,
    .heap_free = mpk_heap_free,
    .callback_open = mpk_callback_open,
    .callback_close = mpk_callback_close,
    .callback_any_thread = mpk_callback_any_thread,
    .is_callback = mpk_is_callback,
    .describe = mpk_describe,
    .isolation = OG_MPK,
    .supported = og_mpk_supported,
};
