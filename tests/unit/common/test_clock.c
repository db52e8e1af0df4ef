/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/clock.h"

static void test_manual_clock_stands(void **state)
{
    (void)state;
    wr_clock_manual m;
    wr_clock_manual_init(&m, 1500);
    assert_int_equal(m.base.wall_ms(&m.base), 1500);
    assert_int_equal(m.base.wall_ms(&m.base), 1500);
    assert_int_equal(m.base.mono_ns(&m.base), 1500000000);
    m.now_ms = 1501;
    assert_int_equal(m.base.wall_ms(&m.base), 1501);
}

static void test_system_clock(void **state)
{
    (void)state;
    wr_clock *c = wr_clock_system();
    assert_ptr_equal(c, wr_clock_system());
    assert_true(c->wall_ms(c) > 1577836800000); /* after 2020 */
    int64_t before = c->mono_ns(c);
    for (int i = 0; i < 1000; i++) {
        int64_t now = c->mono_ns(c);
        assert_true(now >= before);
        before = now;
    }
}

/* The first numbers of xoshiro256** with s = 1, 2, 3, 4, as its authors' program prints them. */
static void test_generator_is_xoshiro(void **state)
{
    (void)state;
    static const uint64_t first[] = {11520u, 0u, 1509978240u, 1215971899390074240u};
    wr_rng r = {{1, 2, 3, 4}};
    for (size_t i = 0; i < WR_ARRAY_LEN(first); i++)
        assert_true(wr_rng_next(&r) == first[i]);
}

static void test_seed_decides(void **state)
{
    (void)state;
    wr_rng a, b, c, d;
    wr_rng_seed(&a, 1);
    wr_rng_seed(&b, 1);
    wr_rng_seed(&c, 2);
    wr_rng_seed_os(&d);
    int same_c = 0, same_d = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t x = wr_rng_next(&a);
        assert_true(x == wr_rng_next(&b));
        same_c += x == wr_rng_next(&c);
        same_d += x == wr_rng_next(&d);
    }
    assert_int_equal(same_c, 0);
    assert_int_equal(same_d, 0);
}

static void test_ranges(void **state)
{
    (void)state;
    wr_rng r;
    wr_rng_seed(&r, 3);
    unsigned seen[6] = {0};
    for (int i = 0; i < 60000; i++)
        seen[wr_rng_below(&r, 6)]++;
    for (int i = 0; i < 6; i++)
        assert_in_range(seen[i], 9500, 10500);
    assert_int_equal(wr_rng_below(&r, 1), 0);
    double sum = 0;
    for (int i = 0; i < 10000; i++) {
        double x = wr_rng_double(&r);
        assert_true(x >= 0 && x < 1);
        sum += x;
    }
    assert_true(sum > 4800 && sum < 5200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_manual_clock_stands),
        cmocka_unit_test(test_system_clock),
        cmocka_unit_test(test_generator_is_xoshiro),
        cmocka_unit_test(test_seed_decides),
        cmocka_unit_test(test_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
