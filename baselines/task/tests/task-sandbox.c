/* The process sandbox on the embedded target: what a task may not do costs the call in progress an
 * error, and the next call gets a fresh task. */
#include "baselines/process/process.h"
#include "liar-task.h"
#include "omniglot/domain.h"
#include "omniglot/rv32/kernel.h"
#include "omniglot/rv32/tests/tap.h"

static struct process_sandbox *sandbox;
static struct og_fault fault;
static uint32_t victim[8] = {0x600d};

static void close_liar(void)
{
    process_close(sandbox);
    sandbox = NULL;
}

static bool open_liar(void)
{
    close_liar(); /* after a test that failed */
    const struct process_options options = {.library = "liar", .deadline_ms = 3};
    return !process_open(&sandbox, &options, &fault);
}

static enum og_error call(enum liar_function function, uint64_t *result)
{
    struct wire_reader results;
    struct wire_writer *arguments = process_call_begin(sandbox, function);
    wire_put_u64(arguments, (uintptr_t)victim);
    enum og_error error = process_call_finish(sandbox, &results, &fault);
    if (error)
        return error;
    *result = wire_get_u64(&results);
    return process_results_finish(sandbox, &results, &fault);
}

static void honest_answers_arrive(void)
{
    uint64_t result = 0;
    check(open_liar());
    for (int i = 0; i < 100; i++)
        check(!call(LIAR_IS_HONEST, &result) && result == LIAR_ANSWER);
    close_liar();
}

static void a_second_task_of_the_same_image_is_refused(void)
{
    const struct process_options options = {.library = "liar"};
    const struct process_options absent = {.library = "absent"};
    struct process_sandbox *second;
    check(open_liar());
    check(process_open(&second, &options, &fault) == OG_BUSY && !second);
    check(process_open(&second, &absent, &fault) == OG_NOT_FOUND && !second);
    close_liar();
    check(open_liar());
    close_liar();
}

/* Calls the function, which has to end with `error`; then an honest call, of a new task. */
static void costs_an_error(enum liar_function function, enum og_error error)
{
    uint64_t result = 0;
    check(open_liar());
    uint64_t generation = process_generation(sandbox);
    enum og_error found = call(function, &result);
    if (found != error)
        printf("# %s: %s\n", og_error_name(found), fault.message);
    check(found == error);
    check(process_generation(sandbox) != generation);
    check(victim[0] == 0x600d && !victim[1]);
    check(!call(LIAR_IS_HONEST, &result) && result == LIAR_ANSWER);
    close_liar();
}

#define COSTS(name, function, error)                                                               \
    static void name(void)                                                                         \
    {                                                                                              \
        costs_an_error(function, error);                                                           \
    }
COSTS(writing_host_memory_ends_the_task, LIAR_WRITES_HOST_MEMORY, OG_FAULTED)
COSTS(sending_host_memory_ends_the_task, LIAR_SENDS_HOST_MEMORY, OG_FAULTED)
COSTS(receiving_into_host_memory_ends_the_task, LIAR_RECEIVES_INTO_HOST_MEMORY, OG_FAULTED)
COSTS(sending_more_than_there_is_ends_the_task, LIAR_SENDS_MORE_THAN_IT_HAS, OG_FAULTED)
COSTS(a_size_that_is_a_lie_ends_the_task, LIAR_LIES_ABOUT_THE_SIZE, OG_CONTRACT)
COSTS(an_answer_to_another_call_ends_the_task, LIAR_ANSWERS_ANOTHER_CALL, OG_CONTRACT)
COSTS(an_unknown_callback_ends_the_task, LIAR_CALLS_A_CALLBACK_THAT_THERE_IS_NOT, OG_CONTRACT)
COSTS(an_unknown_message_ends_the_task, LIAR_SENDS_AN_UNKNOWN_KIND, OG_CONTRACT)
COSTS(a_refusal_without_error_ends_the_task, LIAR_REFUSES_WITH_NO_ERROR, OG_CONTRACT)
COSTS(an_endless_loop_ends_at_the_deadline, LIAR_LOOPS, OG_DEADLINE)
COSTS(a_message_without_header_ends_the_task, LIAR_SENDS_NOTHING, OG_CONTRACT)

COSTS(a_return_with_an_error_ends_the_task, LIAR_RETURNS_AN_ERROR, OG_CONTRACT)
COSTS(a_refusal_with_results_ends_the_task, LIAR_REFUSES_WITH_RESULTS, OG_CONTRACT)
COSTS(a_refusal_that_only_the_kernel_can_know_ends_the_task, LIAR_REFUSES_AS_IF_IT_HAD_FAULTED,
      OG_CONTRACT)

/* --- callbacks --- */

static enum og_error answer_8(void *user, struct wire_reader *arguments,
                              struct wire_writer *results)
{
    (void)arguments;
    (*(uint32_t *)user)++;
    wire_put_u64(results, 8);
    return OG_OK;
}

static void callbacks_without_end_end_at_the_deadline(void)
{
    uint64_t result = 0;
    uint32_t calls = 0;
    check(open_liar());
    check(!process_callback_register(sandbox, 0, answer_8, &calls));
    check(!call(LIAR_CALLS_BACK, &result) && result == 8 && calls == 1);
    uint64_t start = kernel_time();
    check(call(LIAR_CALLS_BACK_FOR_EVER, &result) == OG_DEADLINE);
    printf("# %u callbacks in %u ticks\n", (unsigned)calls, (unsigned)(kernel_time() - start));
    check(!call(LIAR_CALLS_BACK, &result) && result == 8);
    close_liar();
}

/* Longer than the task's whole deadline. */
static enum og_error take_long(void *user, struct wire_reader *arguments,
                               struct wire_writer *results)
{
    uint64_t until = kernel_time() + 5 * KERNEL_TICKS_PER_MS;
    (void)user;
    (void)arguments;
    while (kernel_time() < until)
        ;
    wire_put_u64(results, 9);
    return OG_OK;
}

static void time_in_callbacks_does_not_count(void)
{
    uint64_t result = 0;
    check(open_liar());
    check(!process_callback_register(sandbox, 0, take_long, NULL));
    check(!call(LIAR_CALLS_BACK, &result) && result == 9);
    close_liar();
}

/* Does with its own sandbox what it must not. */
static enum og_error misuse(void *user, struct wire_reader *arguments, struct wire_writer *results)
{
    struct wire_reader inner;
    enum og_error *errors = user;
    (void)arguments;
    errors[0] = process_call_finish(sandbox, &inner, &fault);
    process_call_begin(sandbox, LIAR_IS_HONEST);
    errors[1] = process_call_finish(sandbox, &inner, &fault);
    errors[2] = process_reset(sandbox, &fault);
    errors[3] = process_distrust(sandbox, "what it gave", &fault);
    wire_put_u64(results, 10);
    return OG_OK;
}

static void a_callback_that_calls_its_own_sandbox_is_refused(void)
{
    enum og_error errors[4] = {OG_OK, OG_OK, OG_OK, OG_OK};
    uint64_t result = 0;
    check(open_liar());
    check(!process_callback_register(sandbox, 0, misuse, errors));
    check(!call(LIAR_CALLS_BACK, &result) && result == 10);
    check(errors[0] == OG_BUSY && errors[1] == OG_BUSY && errors[2] == OG_BUSY);
    check(errors[3] == OG_CONTRACT);
    check(!call(LIAR_IS_HONEST, &result) && result == LIAR_ANSWER);
    close_liar();
}

/* Their trap vectors do not understand each other's frames. */
static void a_domain_beside_tasks_is_refused(void)
{
    const struct og_options options = {.isolation = OG_PMP};
    struct og_domain *domain;
    uint64_t result = 0;
    check(open_liar());
    check(og_domain_open(&domain, (const char *const[]){"og-worker-liar", NULL}, &options,
                         &fault) == OG_UNSUPPORTED);
    check(!call(LIAR_IS_HONEST, &result) && result == LIAR_ANSWER);
    close_liar();
}

static const struct tap_test tests[] = {
    TAP_TEST(honest_answers_arrive),
    TAP_TEST(a_second_task_of_the_same_image_is_refused),
    TAP_TEST(writing_host_memory_ends_the_task),
    TAP_TEST(sending_host_memory_ends_the_task),
    TAP_TEST(receiving_into_host_memory_ends_the_task),
    TAP_TEST(sending_more_than_there_is_ends_the_task),
    TAP_TEST(a_size_that_is_a_lie_ends_the_task),
    TAP_TEST(an_answer_to_another_call_ends_the_task),
    TAP_TEST(an_unknown_callback_ends_the_task),
    TAP_TEST(an_unknown_message_ends_the_task),
    TAP_TEST(a_refusal_without_error_ends_the_task),
    TAP_TEST(an_endless_loop_ends_at_the_deadline),
    TAP_TEST(a_message_without_header_ends_the_task),
    TAP_TEST(a_return_with_an_error_ends_the_task),
    TAP_TEST(a_refusal_with_results_ends_the_task),
    TAP_TEST(a_refusal_that_only_the_kernel_can_know_ends_the_task),
    TAP_TEST(time_in_callbacks_does_not_count),
    TAP_TEST(a_callback_that_calls_its_own_sandbox_is_refused),
    TAP_TEST(a_domain_beside_tasks_is_refused),
    TAP_TEST(callbacks_without_end_end_at_the_deadline),
};

int main(void)
{
    return tap_run(tests, TAP_COUNT(tests));
}
