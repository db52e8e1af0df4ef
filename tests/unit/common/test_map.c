/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/clock.h"
#include "common/map.h"

#include <stdio.h>

static char values[1000];

static void test_empty(void **state)
{
    (void)state;
    wr_map m = {0};
    size_t i = 0;
    assert_null(wr_map_get(&m, WR_STR("a")));
    assert_null(wr_map_remove(&m, WR_STR("a")));
    assert_null(wr_map_next(&m, &i));
    wr_map_free(&m);
}

static void test_put_replace_remove(void **state)
{
    (void)state;
    wr_map m;
    wr_map_init(&m);
    char key[] = "key";
    assert_null(wr_map_put(&m, wr_str_c(key), &values[1]));
    key[0] = 'x'; /* the map has its own copy */
    assert_ptr_equal(wr_map_get(&m, WR_STR("key")), &values[1]);
    assert_ptr_equal(wr_map_put(&m, WR_STR("key"), &values[2]), &values[1]);
    assert_int_equal(m.live, 1);
    assert_null(wr_map_put(&m, WR_STR(""), &values[3]));
    assert_ptr_equal(wr_map_get(&m, (wr_str){0}), &values[3]);
    assert_ptr_equal(wr_map_remove(&m, WR_STR("key")), &values[2]);
    assert_null(wr_map_get(&m, WR_STR("key")));
    assert_null(wr_map_remove(&m, WR_STR("key")));
    assert_int_equal(m.live, 1);
    wr_map_free(&m);
    assert_int_equal(m.live, 0);
}

static void test_insertion_order(void **state)
{
    (void)state;
    wr_map m = {0};
    char key[16];
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "k%d", (i * 37) % 100);
        wr_map_put(&m, wr_str_c(key), &values[i]);
    }
    for (int i = 0; i < 100; i += 2) {
        snprintf(key, sizeof key, "k%d", (i * 37) % 100);
        wr_map_remove(&m, wr_str_c(key));
    }
    /* Put again what was removed: it goes to the end. */
    wr_map_put(&m, WR_STR("k0"), &values[500]);
    size_t at = 0;
    int expected = 1;
    const wr_map_entry *e, *last = NULL;
    while ((e = wr_map_next(&m, &at))) {
        if (expected < 100) {
            assert_ptr_equal(e->value, &values[expected]);
            snprintf(key, sizeof key, "k%d", (expected * 37) % 100);
            assert_true(wr_str_eq_c(e->key, key));
            assert_int_equal(e->key.ptr[e->key.len], 0);
        }
        expected += 2;
        last = e;
    }
    assert_non_null(last);
    assert_ptr_equal(last->value, &values[500]);
    assert_int_equal(m.live, 51);
    wr_map_free(&m);
}

/* Against a plain array, with many removals, so that the table is built anew again and again. */
static void test_against_reference(void **state)
{
    (void)state;
    wr_map m = {0};
    wr_rng r;
    wr_rng_seed(&r, 5);
    void *reference[300] = {0};
    char key[16];
    for (int step = 0; step < 100000; step++) {
        size_t k = (size_t)wr_rng_below(&r, WR_ARRAY_LEN(reference));
        snprintf(key, sizeof key, "key%zu", k);
        wr_str s = wr_str_c(key);
        switch (wr_rng_below(&r, 3)) {
        case 0: {
            void *v = &values[wr_rng_below(&r, sizeof values)];
            assert_ptr_equal(wr_map_put(&m, s, v), reference[k]);
            reference[k] = v;
            break;
        }
        case 1:
            assert_ptr_equal(wr_map_remove(&m, s), reference[k]);
            reference[k] = NULL;
            break;
        default:
            assert_ptr_equal(wr_map_get(&m, s), reference[k]);
        }
    }
    size_t live = 0, seen = 0, at = 0;
    for (size_t k = 0; k < WR_ARRAY_LEN(reference); k++)
        live += reference[k] != NULL;
    while (wr_map_next(&m, &at))
        seen++;
    assert_int_equal(seen, live);
    assert_int_equal(m.live, live);
    assert_true(m.cap <= 4 * WR_ARRAY_LEN(reference)); /* removed entries do not pile up */
    wr_map_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_put_replace_remove),
        cmocka_unit_test(test_insertion_order),
        cmocka_unit_test(test_against_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
