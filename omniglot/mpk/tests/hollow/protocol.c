/* What the protocol of signal stacks (signal_stack.c) forbids is done to a hollow domain, and ends
 * the process. */
#include "hollow.h"
#include "omniglot/omniglot.h"
#include "omniglot/tests/cmocka-tests.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern struct mpk_thread *og_mpk_signal_stack_owners[];

static struct mpk_domain *domain;
static struct mpk_context *context;

/* A call that has to arm its stack first. */
static void enter(void)
{
    atomic_store(&context->thread->armed, MPK_NO_DOMAIN);
    og_mpk_call(domain->index, hollow_find(domain, "count"), 0, 0, 0, 0);
}

static struct mpk_thread **owner(void)
{
    return &og_mpk_signal_stack_owners[(context->signal_stack - og_mpk_signal_stacks) /
                                       MPK_SIGNAL_STACK];
}

/* --- what must never be --- */

static void lend_to_nobody_and_enter(void)
{
    domain->lent = NULL;
    enter();
}

static void disown_and_enter(void)
{
    domain->turn.owner = NULL;
    enter();
}

static void give_the_stack_to_another_and_enter(void)
{
    *owner() = NULL;
    enter();
}

static void lend_what_is_owned(void)
{
    mpk_signal_stack_lend(context);
}

static void lend_anothers(void)
{
    domain->turn.owner = NULL;
    *owner() = NULL;
    mpk_signal_stack_lend(context);
}

static void take_from_one_who_can_go_inside(void)
{
    struct mpk_context other = *context;
    other.context.shut = 0;
    domain->turn.owner = NULL;
    domain->lent = &other;
    mpk_signal_stack_lend(context);
}

static void find_a_frame_elsewhere(void)
{
    mpk_signal_stack_check_frame(context, (void *)(context->signal_stack + MPK_SIGNAL_STACK));
}

static void give_back_anothers(void)
{
    *owner() = NULL;
    mpk_signal_stack_give(context);
}

static void exit_with_a_stack(void)
{
    mpk_signal_stacks_leave(context->thread);
}

static void give_back_a_key_that_is_lent(void)
{
    mpk_signal_stack_check_closed(domain);
}

static const struct {
    void (*act)(void);
    const char *sentence;
} forbidden[] = {
    {lend_to_nobody_and_enter, "foreign code is entered with a stack that is not lent"},
    {disown_and_enter, "foreign code is entered by a thread that does not own the domain"},
    {give_the_stack_to_another_and_enter,
     "foreign code is entered with a stack that is another thread's"},
    {lend_what_is_owned, "a stack is lent while another thread owns the domain"},
    {lend_anothers, "a stack is lent to another thread than the one that enters"},
    {take_from_one_who_can_go_inside, "a stack is taken back whose thread can go inside"},
    {find_a_frame_elsewhere,
     "the frame of foreign code is on a stack of another domain's, or thread's"},
    {give_back_anothers, "a stack is given back that is another thread's"},
    {exit_with_a_stack, "a thread exits that still has a stack"},
    {give_back_a_key_that_is_lent, "a domain's key is given back while a stack has it"},
};

/* --- the test --- */

static void open_and_enter(void)
{
    const struct og_options options = {
        .isolation = OG_MPK, .heap_size = 1 << 20, .stack_size = 64 << 10};
    struct og_fault fault;
    struct og_domain *handle;
    struct og_scope scope;
    assert_int_equal(
        og_domain_open(&handle, (const char *const[]){"libhollow.so", NULL}, &options, &fault),
        OG_OK);
    domain = (struct mpk_domain *)handle;
    og_scope_begin(handle, &scope);
    context = mpk_context_if_any(domain);
    enter();
    og_scope_end(&scope);
}

/* What a child says that does it. */
static void listen_to(void (*act)(void), char *said, size_t size)
{
    int pipes[2], status;
    size_t length = 0;
    ssize_t got;
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (!child) {
        dup2(pipes[1], STDERR_FILENO);
        act();
        _exit(0);
    }
    close(pipes[1]);
    while (length + 1 < size && (got = read(pipes[0], said + length, size - 1 - length)) > 0)
        length += (size_t)got;
    said[length] = '\0';
    close(pipes[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_not_equal(status, 0);
}

void what_the_protocol_of_signal_stacks_forbids_ends_the_process(void **state)
{
    (void)state;
    open_and_enter();
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
        char said[1024];
        listen_to(forbidden[i].act, said, sizeof(said));
        if (!strstr(said, "og-mpk: the protocol of signal stacks is broken: ") ||
            !strstr(said, forbidden[i].sentence))
            fail_msg("not '%s', but '%s'", forbidden[i].sentence, said);
    }
}
