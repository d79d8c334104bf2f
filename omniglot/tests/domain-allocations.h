/* Tests of what a domain does when an allocation of the host fails, whatever its isolation:
 * none-allocations.c and mpk-allocations.c run them. */
#ifndef OMNIGLOT_TESTS_DOMAIN_ALLOCATIONS_H
#define OMNIGLOT_TESTS_DOMAIN_ALLOCATIONS_H

#include "cmocka-tests.h"
#include "omniglot/omniglot.h"

extern enum og_isolation allocations_isolation;
extern char allocations_folder[4096]; /* where libogforeign.so is */

#define DOMAIN_ALLOCATIONS_TESTS                                                                   \
    cmocka_unit_test(opening_the_first_domain_fails_cleanly_at_each_allocation),                   \
        cmocka_unit_test(opening_and_closing_fail_cleanly_at_each_allocation),                     \
        cmocka_unit_test(calls_and_reset_fail_cleanly_at_each_allocation),                         \
        cmocka_unit_test(another_threads_first_call_fails_cleanly_at_each_allocation)

void opening_the_first_domain_fails_cleanly_at_each_allocation(void **state);
void opening_and_closing_fail_cleanly_at_each_allocation(void **state);
void calls_and_reset_fail_cleanly_at_each_allocation(void **state);
void another_threads_first_call_fails_cleanly_at_each_allocation(void **state);

#endif
