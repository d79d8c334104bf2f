/* Medians and bootstrapped intervals of samples whose answers are known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/harness/random.h"
#include "bench/harness/statistics.h"

static void near(double got, double due)
{
    assert_true(fabs(got - due) < 1e-9);
}

static void median_of_odd_count_is_the_middle_sample(void **state)
{
    (void)state;
    double samples[] = {9, 1, 5, 3, 7};
    statistics_sort(samples, 5);
    near(statistics_median(samples, 5), 5);
}

static void median_of_even_count_is_the_mean_of_the_middle_two(void **state)
{
    (void)state;
    double samples[] = {10, 4, 1, 2};
    statistics_sort(samples, 4);
    near(statistics_median(samples, 4), 3);
}

static void sorting_puts_samples_upwards(void **state)
{
    (void)state;
    double samples[] = {2.5, -1, 2.25, 0};
    statistics_sort(samples, 4);
    near(samples[0], -1);
    near(samples[1], 0);
    near(samples[2], 2.25);
    near(samples[3], 2.5);
}

static void interval_of_one_sample_is_that_sample(void **state)
{
    (void)state;
    double sample = 42.5;
    struct interval interval = statistics_median_interval(&sample, 1, 0.95, 1);
    near(interval.low, 42.5);
    near(interval.high, 42.5);
}

static void interval_of_equal_samples_has_no_width(void **state)
{
    (void)state;
    double samples[20];
    for (int i = 0; i < 20; i++)
        samples[i] = 7;
    struct interval interval = statistics_median_interval(samples, 20, 0.95, 1);
    near(interval.low, 7);
    near(interval.high, 7);
}

/* For 1..21 the exact distribution of the bootstrapped median (binomial tails) has
 * its 2.5 % quantile at 7 and its 97.5 % quantile at 15. */
static void interval_of_one_to_21_is_the_exact_bootstrap_quantiles(void **state)
{
    (void)state;
    double samples[21];
    for (int i = 0; i < 21; i++)
        samples[i] = i + 1;
    struct interval interval = statistics_median_interval(samples, 21, 0.95, 1);
    near(interval.low, 7);
    near(interval.high, 15);
}

static void interval_is_equal_for_equal_seeds(void **state)
{
    (void)state;
    double samples[] = {1, 2, 4, 8, 16, 32};
    struct interval first = statistics_median_interval(samples, 6, 0.95, 5);
    struct interval second = statistics_median_interval(samples, 6, 0.95, 5);
    near(first.low, second.low);
    near(first.high, second.high);
}

static void higher_level_gives_no_narrower_interval(void **state)
{
    (void)state;
    double samples[STATISTICS_SAMPLES_MAX];
    for (int i = 0; i < STATISTICS_SAMPLES_MAX; i++)
        samples[i] = i;
    struct interval half = statistics_median_interval(samples, STATISTICS_SAMPLES_MAX, 0.5, 1);
    struct interval most = statistics_median_interval(samples, STATISTICS_SAMPLES_MAX, 0.99, 1);
    assert_true(most.low < half.low && half.low < half.high && half.high < most.high);
}

/* Of 300 sets of 21 samples around 10, about 95 % of the intervals hold 10. */
static void interval_covers_the_true_median_about_as_often_as_it_says(void **state)
{
    (void)state;
    struct random random = {99};
    int covered = 0;
    for (int set = 0; set < 300; set++) {
        double samples[21];
        for (int i = 0; i < 21; i++)
            samples[i] = 9 + (double)random_below(&random, 2000001) / 1e6;
        statistics_sort(samples, 21);
        struct interval interval = statistics_median_interval(samples, 21, 0.95, (uint64_t)set);
        covered += interval.low <= 10 && 10 <= interval.high;
    }
    assert_in_range(covered, 270, 298);
}

static void random_numbers_stay_below_their_bound_and_reach_it(void **state)
{
    (void)state;
    struct random random = {3};
    int seen[5] = {0};
    for (int i = 0; i < 5000; i++) {
        uint64_t number = random_below(&random, 5);
        assert_true(number < 5);
        seen[number]++;
    }
    for (int i = 0; i < 5; i++)
        assert_in_range(seen[i], 800, 1200);
}

/* The first outputs of SplitMix64 for seed 0, as its reference implementation gives them. */
static void random_generator_is_splitmix64(void **state)
{
    (void)state;
    struct random random = {0};
    assert_true(random_next(&random) == 0xe220a8397b1dcdafu);
    assert_true(random_next(&random) == 0x6e789e6aa1b965f4u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(median_of_odd_count_is_the_middle_sample),
        cmocka_unit_test(median_of_even_count_is_the_mean_of_the_middle_two),
        cmocka_unit_test(sorting_puts_samples_upwards),
        cmocka_unit_test(interval_of_one_sample_is_that_sample),
        cmocka_unit_test(interval_of_equal_samples_has_no_width),
        cmocka_unit_test(interval_of_one_to_21_is_the_exact_bootstrap_quantiles),
        cmocka_unit_test(interval_is_equal_for_equal_seeds),
        cmocka_unit_test(higher_level_gives_no_narrower_interval),
        cmocka_unit_test(interval_covers_the_true_median_about_as_often_as_it_says),
        cmocka_unit_test(random_numbers_stay_below_their_bound_and_reach_it),
        cmocka_unit_test(random_generator_is_splitmix64),
    };
    return cmocka_run_group_tests_name("harness-statistics", tests, NULL, NULL);
}
