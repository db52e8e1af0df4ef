/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>

#include "common/histogram.h"

static void test_ranges(void **state)
{
    (void)state;
    static const wr_histogram_bounds bounds = {3, {1, 2, 4}};
    static const double values[] = {-5, 0, 1, 1.5, 2, 4, 4.5, 1e12};
    static const uint64_t counts[] = {3, 2, 1, 2}; /* a bound itself lies below it */
    wr_histogram a, b;
    wr_histogram_init(&a, &bounds);
    wr_histogram_init(&b, &bounds);
    for (size_t i = 0; i < WR_ARRAY_LEN(values); i++)
        wr_histogram_observe(&a, values[i]);
    wr_histogram_observe(&b, 3);
    wr_histogram_sums s = {0};
    wr_histogram_add(&a, &s);
    assert_int_equal(s.count, 8);
    assert_memory_equal(s.counts, counts, sizeof counts);
    assert_true(s.sum == 13.5 + 1e12 - 0.5);
    wr_histogram_add(&b, &s);
    assert_int_equal(s.count, 9);
    assert_int_equal(s.counts[2], 2);
    assert_ptr_equal(s.bounds, &bounds);
}

static void test_bounds_rise(void **state)
{
    (void)state;
    static const wr_histogram_bounds *const all[] = {&wr_histogram_work_seconds,
                                                     &wr_histogram_wait_seconds};
    for (size_t k = 0; k < WR_ARRAY_LEN(all); k++) {
        assert_in_range(all[k]->n, 1, WR_HISTOGRAM_MAX);
        for (uint32_t i = 1; i < all[k]->n; i++)
            assert_true(all[k]->upper[i - 1] < all[k]->upper[i]);
    }
}

#define OBSERVED 200000

static void *observe_many(void *arg)
{
    for (int i = 0; i < OBSERVED; i++)
        wr_histogram_observe(arg, (i % 100) * 0.001);
    return NULL;
}

/* Whatever the writer does meanwhile: counts never fall, and nothing is lost. */
static void test_reader_beside_writer(void **state)
{
    (void)state;
    wr_histogram h;
    wr_histogram_init(&h, &wr_histogram_work_seconds);
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, observe_many, &h), 0);
    uint64_t last = 0;
    for (int i = 0; i < 2000; i++) {
        wr_histogram_sums s = {0};
        wr_histogram_add(&h, &s);
        assert_true(s.count >= last && s.count <= OBSERVED);
        last = s.count;
    }
    pthread_join(writer, NULL);
    wr_histogram_sums s = {0};
    wr_histogram_add(&h, &s);
    assert_int_equal(s.count, OBSERVED);
    assert_true(s.sum > 9899.9 && s.sum < 9900.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_bounds_rise),
        cmocka_unit_test(test_reader_beside_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
