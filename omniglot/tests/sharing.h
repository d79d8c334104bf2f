/* Tests of what threads that share a domain may rely on, whatever its isolation: none-sharing.c and
 * mpk-sharing.c run them. */
#ifndef OMNIGLOT_TESTS_SHARING_H
#define OMNIGLOT_TESTS_SHARING_H

#include "cmocka-tests.h"
#include "omniglot/omniglot.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

extern enum og_isolation sharing_isolation;
extern char sharing_library[4096]; /* libogsharing.so */
/* Where whose turn it is in a domain of that isolation is kept. */
extern struct og_turn *(*sharing_turn)(struct og_domain *domain);

/* A domain with the library. */
struct og_domain *sharing_open(enum og_threads threads);
void sharing_close(struct og_domain *domain);
/* Calls `name` of the domain in a scope of its own: how that ended. Any thread may. */
enum og_error sharing_call(struct og_domain *domain, const char *name, long a, long b, long c,
                           long *result, struct og_fault *fault);
/* Runs the function on a thread of its own, and waits for its end. */
void *sharing_elsewhere(void *(*function)(void *), void *argument);
/* From now on the kernel refuses the calling thread, and those it starts, a system call: where this
 * argument is `value`, or with -1 always. */
bool sharing_forbid(long number, int argument, unsigned value);
/* How a call ends in a thread of its own. */
enum og_error sharing_call_elsewhere(struct og_domain *domain, const char *name);
/* The status with which the child of fork exits. */
int sharing_exit_status(pid_t child);

#define SHARING_TESTS                                                                              \
    cmocka_unit_test(without_turns_a_value_changes_while_it_is_read),                              \
        cmocka_unit_test(what_is_validated_stays_while_it_is_read),                                \
        cmocka_unit_test(a_refused_thread_is_told_that_another_is_inside),                         \
        cmocka_unit_test(a_thread_waits_until_the_other_is_out),                                   \
        cmocka_unit_test(reset_and_close_are_refused_while_another_thread_is_inside),              \
        cmocka_unit_test(a_handler_does_not_enter_what_its_thread_resets),                         \
        cmocka_unit_test(a_domain_that_a_thread_waits_for_is_not_closed),                          \
        cmocka_unit_test(a_domain_whose_owner_cannot_be_seen_is_not_entered),                      \
        cmocka_unit_test(looking_up_in_a_read_section_is_refused),                                 \
        cmocka_unit_test(a_thread_that_exits_leaves_the_domain),                                   \
        cmocka_unit_test(what_one_thread_refuses_is_poisoned_for_all),                             \
        cmocka_unit_test(what_a_thread_refuses_that_stays_is_poisoned_for_others),                 \
        cmocka_unit_test(a_thread_that_ends_in_a_callback_poisons_the_domain),                     \
        cmocka_unit_test(a_thread_that_ends_in_another_domain_leaves_this_one),                    \
        cmocka_unit_test(nothing_is_written_to_the_stack_of_a_thread_that_has_ended),              \
        cmocka_unit_test(a_callback_is_closed_by_reset_when_its_thread_has_ended),                 \
        cmocka_unit_test(a_callback_is_its_threads_own),                                           \
        cmocka_unit_test(a_callback_for_any_thread_is_called_on_any),                              \
        cmocka_unit_test(closing_a_callback_waits_for_a_call_under_way),                           \
        cmocka_unit_test(a_thread_that_is_cancelled_has_closed_its_callback),                      \
        cmocka_unit_test(closing_a_callback_waits_for_no_other_callback),                          \
        cmocka_unit_test(a_callback_can_close_itself),                                             \
        cmocka_unit_test(closing_a_callback_waits_for_no_other),                                   \
        cmocka_unit_test(a_child_of_fork_hears_that_a_thread_was_inside),                          \
        cmocka_unit_test(a_child_of_fork_writes_to_no_stack_of_a_thread_that_it_lacks),            \
        cmocka_unit_test(a_child_of_fork_finds_no_lock_taken),                                     \
        cmocka_unit_test(a_child_of_fork_finds_no_turn_half_taken),                                \
        cmocka_unit_test(many_threads_share_one_domain)

void without_turns_a_value_changes_while_it_is_read(void **state);
void what_is_validated_stays_while_it_is_read(void **state);
void a_refused_thread_is_told_that_another_is_inside(void **state);
void a_thread_waits_until_the_other_is_out(void **state);
void reset_and_close_are_refused_while_another_thread_is_inside(void **state);
void a_handler_does_not_enter_what_its_thread_resets(void **state);
void a_domain_that_a_thread_waits_for_is_not_closed(void **state);
void a_domain_whose_owner_cannot_be_seen_is_not_entered(void **state);
void looking_up_in_a_read_section_is_refused(void **state);
void a_thread_that_exits_leaves_the_domain(void **state);
void what_one_thread_refuses_is_poisoned_for_all(void **state);
void what_a_thread_refuses_that_stays_is_poisoned_for_others(void **state);
void a_thread_that_ends_in_a_callback_poisons_the_domain(void **state);
void a_thread_that_ends_in_another_domain_leaves_this_one(void **state);
void nothing_is_written_to_the_stack_of_a_thread_that_has_ended(void **state);
void a_callback_is_closed_by_reset_when_its_thread_has_ended(void **state);
void a_callback_is_its_threads_own(void **state);
void a_callback_for_any_thread_is_called_on_any(void **state);
void closing_a_callback_waits_for_a_call_under_way(void **state);
void a_thread_that_is_cancelled_has_closed_its_callback(void **state);
void closing_a_callback_waits_for_no_other_callback(void **state);
void a_callback_can_close_itself(void **state);
void closing_a_callback_waits_for_no_other(void **state);
void a_child_of_fork_hears_that_a_thread_was_inside(void **state);
void a_child_of_fork_writes_to_no_stack_of_a_thread_that_it_lacks(void **state);
void a_child_of_fork_finds_no_lock_taken(void **state);
void a_child_of_fork_finds_no_turn_half_taken(void **state);
void many_threads_share_one_domain(void **state);

#endif
