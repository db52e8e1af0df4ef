/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/arena.h"

static void test_objects_do_not_overlap(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(32);
    unsigned char *p[200];
    for (size_t i = 0; i < 200; i++) {
        p[i] = wr_arena_alloc(a, i);
        assert_int_equal((uintptr_t)p[i] % 16, 0);
        memset(p[i], (int)i, i);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_equal(p[i][j], i);
    wr_arena_free(a);
}

static void test_reset_releases(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    assert_int_equal(wr_arena_used(a), 0);
    assert_int_equal(wr_arena_held(a), 0);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++)
            wr_arena_alloc(a, 100);
        assert_true(wr_arena_used(a) >= 100000);
        assert_true(wr_arena_held(a) >= 100000);
        wr_arena_reset(a);
        assert_int_equal(wr_arena_used(a), 0);
    }
    /* What a reset keeps is one block, so a second round of the same size grows nothing. */
    size_t held = wr_arena_held(a);
    assert_true(held < 400000);
    wr_arena_free(a);
    wr_arena_free(NULL);
}

static void test_large_object(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(64);
    char *small = wr_arena_strdup(a, "small");
    char *large = wr_arena_alloc(a, (size_t)5 << 20);
    memset(large, 1, (size_t)5 << 20);
    assert_string_equal(small, "small");
    wr_arena_free(a);
}

/* Small ones are kept: there is nothing to be had from them. */
static void test_trim(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(4096);
    wr_arena_trim(a, 4096); /* nothing is held */
    memset(wr_arena_alloc(a, 1000), 1, 1000);
    wr_arena_reset(a);
    size_t small = wr_arena_held(a);
    wr_arena_trim(a, 4096);
    assert_int_equal(wr_arena_held(a), small);
    for (int i = 0; i < 100; i++)
        memset(wr_arena_alloc(a, 1000), 1, 1000);
    wr_arena_reset(a);
    wr_arena_trim(a, 4096);
    assert_true(wr_arena_held(a) <= 4096);
    memset(wr_arena_alloc(a, 100), 1, 100); /* and it begins anew */
    assert_true(wr_arena_held(a) <= 4096);
    wr_arena_free(a);
}

static void test_calloc_is_clear_after_reset(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(256);
    memset(wr_arena_alloc(a, 200), 0xFF, 200);
    wr_arena_reset(a);
    const unsigned char *p = wr_arena_calloc(a, 20, 10);
    for (int i = 0; i < 200; i++)
        assert_int_equal(p[i], 0);
    assert_non_null(wr_arena_calloc(a, 0, 10));
    wr_arena_free(a);
}

static void test_copies(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    char text[] = "hello";
    wr_str s = wr_arena_str(a, WR_STR("hello"));
    char *n = wr_arena_strndup(a, text, 3);
    char *m = wr_arena_memdup(a, text, sizeof text);
    text[0] = 'j';
    assert_true(wr_str_eq_c(s, "hello"));
    assert_int_equal(s.ptr[5], 0);
    assert_string_equal(n, "hel");
    assert_string_equal(m, "hello");
    assert_string_equal(wr_arena_printf(a, "%d-%s", 42, "x"), "42-x");
    wr_str empty = wr_arena_str(a, (wr_str){0});
    assert_int_equal(empty.len, 0);
    assert_string_equal(empty.ptr, "");
    wr_arena_free(a);
}

static void test_array_grows(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    wr_arr(int) numbers = {0};
    for (int i = 0; i < 1000; i++)
        wr_arr_push(a, &numbers, i * 3);
    assert_int_equal(numbers.n, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(numbers.v[i], i * 3);
    wr_arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects_do_not_overlap),
        cmocka_unit_test(test_reset_releases),
        cmocka_unit_test(test_trim),
        cmocka_unit_test(test_large_object),
        cmocka_unit_test(test_calloc_is_clear_after_reset),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_array_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
