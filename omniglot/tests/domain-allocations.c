#include "domain-allocations.h"

#include "each-allocation.h"
#include "foreign.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

enum og_isolation allocations_isolation;
char allocations_folder[4096];

/* --- opening and closing --- */

/* With all that opening can be asked for. */
static enum og_error open_domain(struct og_domain **domain, struct og_fault *fault)
{
    char library[4352];
    const char *const folders[] = {allocations_folder, NULL};
    const bool has_files = allocations_isolation != OG_PROC;
    const struct og_options options = {
        .isolation = allocations_isolation,
        .deadline_ms = 20000,
        .readable_paths = has_files ? folders : NULL,
        .late_folders = has_files ? folders : NULL,
    };
    snprintf(library, sizeof(library), "%s/libogforeign.so", allocations_folder);
    return og_domain_open(domain, (const char *const[]){library, NULL}, &options, fault);
}

/* Closing allocates nothing that it cannot do without. */
static enum og_error close_domain(struct og_domain *domain, enum og_error error,
                                  struct og_fault *fault)
{
    struct og_fault closing = {0};
    if (og_domain_close(domain, &closing) == OG_OK)
        return error;
    *fault = closing;
    return OG_BUSY;
}

static enum og_error open_and_close(struct og_fault *fault)
{
    struct og_domain *domain;
    enum og_error error = open_domain(&domain, fault);
    if (!error)
        return close_domain(domain, OG_OK, fault);
    return domain ? OG_BUSY : error;
}

/* --- calling --- */

static void plus_one(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                     struct og_result *result)
{
    (void)user, (void)scope;
    result->integer = arguments->integers[0] + 1;
}

static enum og_error call_back(struct og_scope *scope, struct og_function *function,
                               const struct og_callback *callback, struct og_fault *fault)
    OG_REQUIRES(scope->access)
{
    enum og_error error = og_invoke_begin(&scope->access, function, fault);
    if (error)
        return error;
    ((int (*)(uintptr_t, int, double))function->entry)(callback->address, 41, 0.5);
    return og_invoke_end(&scope->access, fault);
}

/* Memory for the scope, memory on the heap, and a call that calls back. */
static enum og_error call_in_scope(struct og_domain *domain, struct og_function *function,
                                   const struct og_callback *callback, struct og_fault *fault)
    OG_NO_ANALYSIS
{
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    enum og_error error = OG_OK;
    if (!OG_PLAIN(og_alloc(&scope, long, 1000, fault)))
        error = fault->error;
    void og_mut *memory = error ? NULL : og_heap_alloc_bytes(&scope.access, 1, 1 << 20, 8, fault);
    if (!error && !memory)
        error = fault->error;
    if (!error)
        error = call_back(&scope, function, callback, fault);
    if (!error)
        error = og_heap_free(&scope.access, memory, fault);
    og_scope_end(&scope);
    return error;
}

static enum og_error look_up_and_call(struct og_domain *domain, struct og_fault *fault)
{
    struct og_function function;
    struct og_callback callback;
    enum og_error error = og_domain_lookup(domain, "foreign_call", &function, fault);
    if (!error)
        error = og_callback_open(domain, &callback, plus_one, NULL, fault);
    if (error)
        return error;
    error = call_in_scope(domain, &function, &callback, fault);
    og_callback_close(&callback);
    return error;
}

/* --- the tests --- */

static struct og_domain *opened;

/* A reset that failed is done again, and the domain works again. */
static enum og_error reset_until_done(struct og_domain *domain, struct og_fault *fault)
{
    enum og_error error = og_domain_reset(domain, fault), again;
    struct og_fault unexpected = {0};
    if (!error)
        return OG_OK;
    again = og_domain_reset(domain, &unexpected);
    if (!again)
        again = look_up_and_call(domain, &unexpected);
    if (!again)
        return error;
    *fault = unexpected;
    return OG_POISONED;
}

static enum og_error call_and_reset(struct og_fault *fault)
{
    if (!opened) {
        enum og_error error = open_domain(&opened, fault);
        if (error)
            return error;
    }
    enum og_error error = look_up_and_call(opened, fault);
    return error ? error : reset_until_done(opened, fault);
}

static void *call_elsewhere(void *data)
{
    struct og_fault *fault = data;
    look_up_and_call(opened, fault);
    return NULL;
}

static enum og_error call_on_another_thread(struct og_fault *fault)
{
    pthread_t thread;
    if (!opened) {
        enum og_error error = open_domain(&opened, fault);
        if (error)
            return error;
    }
    /* The thread itself is the test's. */
    if (pthread_create(&thread, NULL, call_elsewhere, fault))
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "no thread");
    pthread_join(thread, NULL);
    return fault->error;
}

void opening_the_first_domain_fails_cleanly_at_each_allocation(void **state)
{
    /* jemalloc, which asks for room to align its books in when it has been refused. */
    const size_t books = allocations_isolation == OG_NONE ? 8 << 20 : 0;
    (void)state;
    assert_true(each_first_allocation_fails("opening", open_and_close, books));
}

void opening_and_closing_fail_cleanly_at_each_allocation(void **state)
{
    (void)state;
    assert_true(each_allocation_fails("opening", open_and_close));
}

void calls_and_reset_fail_cleanly_at_each_allocation(void **state)
{
    (void)state;
    assert_true(each_allocation_fails("calling", call_and_reset));
}

void another_threads_first_call_fails_cleanly_at_each_allocation(void **state)
{
    (void)state;
    assert_true(each_allocation_fails("a thread's first call", call_on_another_thread));
}
