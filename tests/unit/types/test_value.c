/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boxed values: equality, order, hash, copies; that these and the codec agree with each other on
 * random values; and that the decoder takes nothing but what the encoder gives.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "random_value.h"

static wr_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = wr_arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr_arena_free(arena);
    return 0;
}

static wr_str encode(const wr_type *t, const wr_value *v)
{
    wr_buf b = {0};
    wr_value_encode(&b, t, v);
    wr_str s = wr_arena_str(arena, wr_buf_view(&b));
    wr_buf_free(&b);
    return s;
}

/* ---------------------------------------------------------------------------------------- order */

static void check_order(const wr_type *t, const wr_value *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            int order = wr_value_compare(t, &values[i], &values[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
            assert_int_equal(wr_value_equal(t, &values[i], &values[j]), i == j);
        }
}

static void test_order(void **state)
{
    (void)state;
    const wr_value bools[] = {wr_value_bool(false), wr_value_bool(true)};
    check_order(&wr_type_boolean, bools, 2);
    const wr_value ints[] = {wr_value_i32(INT32_MIN), wr_value_i32(-1), wr_value_i32(INT32_MAX)};
    check_order(&wr_type_integer, ints, 3);
    const wr_value longs[] = {wr_value_i64(INT64_MIN), wr_value_i64(0), wr_value_i64(INT64_MAX)};
    check_order(&wr_type_timestamp, longs, 3);
    const wr_value doubles[] = {wr_value_f64(-(double)INFINITY),
                                wr_value_f64(-0.0),
                                wr_value_f64(0.0),
                                wr_value_f64(1.5),
                                wr_value_f64((double)INFINITY),
                                wr_value_f64((double)NAN)};
    check_order(&wr_type_double, doubles, 6);
    const wr_value strings[] = {
        wr_value_str(WR_STR("")),
        wr_value_str(WR_STR("Z")),
        wr_value_str(WR_STR("a")),
        wr_value_str(WR_STR("ab")),
        wr_value_str(WR_STR("\xf0\x9f\x98\x80")), /* U+1F600: units D83D DE00 */
        wr_value_str(WR_STR("\xef\xbf\xbd")),     /* U+FFFD */
    };
    check_order(&wr_type_string, strings, 6);
    const wr_value bytes[] = {
        wr_value_str(WR_STR("")),     wr_value_str(WR_STR("\x80")),
        wr_value_str(WR_STR("\xff")), wr_value_str(wr_str_make("\0", 1)),
        wr_value_str(WR_STR("a")),    wr_value_str(WR_STR("ab")),
    };
    check_order(&wr_type_bytes, bytes, 6);
}

static void test_decimal_order(void **state)
{
    (void)state;
    static const int precisions[] = {30, 60};
    static const char *const texts[] = {
        "-99999999999999999999.5", "-99999999999999999999.4", "-1", "0", "0.1",
        "99999999999999999999"};
    for (size_t p = 0; p < WR_ARRAY_LEN(precisions); p++) {
        const wr_type *t = wr_type_decimal(arena, precisions[p], 1);
        wr_value values[WR_ARRAY_LEN(texts)];
        for (size_t i = 0; i < WR_ARRAY_LEN(texts); i++)
            assert_int_equal(wr_dec_from_text(wr_str_c(texts[i]), t, true, arena, &values[i]),
                             WR_DEC_OK);
        check_order(t, values, WR_ARRAY_LEN(texts));
    }
}

static void test_nested_equality(void **state)
{
    (void)state;
    const wr_type *t = wr_type_map(arena, &wr_type_string, &wr_type_integer);
    wr_nest *ab = wr_nest_new(arena, 3, true), *ba = wr_nest_new(arena, 3, true);
    for (uint32_t i = 0; i < 3; i++) {
        static const char *const keys[] = {"a", "b", "c"};
        ab->keys[i] = ba->keys[2 - i] = wr_value_str(wr_str_c(keys[i]));
        ab->items[i] = ba->items[2 - i] = wr_value_i32((int32_t)i);
    }
    wr_value x = wr_value_nest(ab), y = wr_value_nest(ba);
    assert_true(wr_value_equal(t, &x, &y));
    assert_true(wr_value_hash(t, &x) == wr_value_hash(t, &y));
    ba->items[0] = WR_VALUE_NULL;
    assert_false(wr_value_equal(t, &x, &y));
    ba->items[0] = wr_value_i32(2);
    ba->keys[0] = wr_value_str(WR_STR("d"));
    assert_false(wr_value_equal(t, &x, &y));
    wr_value null = WR_VALUE_NULL, empty = wr_value_nest(wr_nest_new(arena, 0, true));
    assert_true(wr_value_equal(t, &null, &null));
    assert_false(wr_value_equal(t, &null, &empty) || wr_value_equal(t, &empty, &null));
}

/* ----------------------------------------------------------------------------------- properties */

static void test_random(void **state)
{
    (void)state;
    wr_rng rng;
    wr_rng_seed(&rng, 11);
    for (int i = 0; i < 3000; i++) {
        const wr_type *t = random_type(arena, &rng, 3);
        wr_value a = random_value(arena, &rng, t), b = random_value(arena, &rng, t);
        wr_str ea = encode(t, &a), eb = encode(t, &b);
        assert_true(wr_value_equal(t, &a, &a));
        bool equal = wr_value_equal(t, &a, &b);
        assert_int_equal(equal, wr_str_eq(ea, eb)); /* keys of these MAPs are in one order */
        if (equal)
            assert_true(wr_value_hash(t, &a) == wr_value_hash(t, &b));
        else if (!a.null && !b.null && t->id < WR_T_ARRAY)
            assert_int_not_equal(wr_value_compare(t, &a, &b), 0);
        wr_arena_reset(arena);
    }
}

/* Copies and decoded values stand on their own memory (ASan and the poison of resets see it). */
static void test_random_copies(void **state)
{
    (void)state;
    wr_rng rng;
    wr_rng_seed(&rng, 12);
    for (int i = 0; i < 2000; i++) {
        wr_arena *source = wr_arena_new(0);
        const wr_type *t = random_type(arena, &rng, 3);
        wr_value v = random_value(source, &rng, t);
        wr_str bytes = encode(t, &v);
        wr_value copy = wr_value_copy(arena, t, &v);
        assert_true(wr_value_equal(t, &copy, &v));
        uint64_t hash = wr_value_hash(t, &v);
        wr_arena_free(source);
        assert_true(wr_str_eq(encode(t, &copy), bytes));
        assert_true(wr_value_hash(t, &copy) == hash);

        const char *p = bytes.ptr;
        wr_value back;
        assert_int_equal(wr_value_decode(t, &p, bytes.ptr + bytes.len, arena, &back, NULL),
                         WEIR_OK);
        assert_ptr_equal(p, bytes.ptr + bytes.len);
        assert_true(wr_value_equal(t, &back, &copy));
        /* No proper prefix is a value: self-delimiting. */
        for (uint32_t n = 0; n < bytes.len; n++) {
            char *cut = wr_malloc(n + 1); /* its own memory, so that ASan sees a step too far */
            memcpy(cut, bytes.ptr, n);
            p = cut;
            weir_error err;
            assert_int_equal(wr_value_decode(t, &p, cut + n, arena, &back, &err), WEIR_ERR_RECORD);
            assert_ptr_equal(p, cut);
            wr_free(cut);
        }
        wr_arena_reset(arena);
    }
}

/* ---------------------------------------------------------------------------------------- codec */

/* The layout is on disk: these bytes must never change. */
static void test_layout(void **state)
{
    (void)state;
    wr_nest *items = wr_nest_new(arena, 2, true);
    items->keys[0] = wr_value_str(WR_STR("k"));
    items->keys[1] = wr_value_str(WR_STR(""));
    items->items[0] = wr_value_i32(-2);
    wr_value nest = wr_value_nest(items);
    wr_value null = WR_VALUE_NULL, yes = wr_value_bool(true), no = wr_value_bool(false);
    wr_value integer = wr_value_i32(258), bigint = wr_value_i64(-1), f = wr_value_f64(1.0);
    wr_value nan = wr_value_f64(-(double)NAN), text = wr_value_str(WR_STR("abc"));
    wr_value minus = {.u.dec = -256}, zero = {.u.dec = 0}, big;
    const wr_type *small = wr_type_decimal(arena, 10, 2), *wide = wr_type_decimal(arena, 60, 2);
    assert_int_equal(wr_dec_from_text(WR_STR("-2.56"), wide, true, arena, &big), WR_DEC_OK);
    const wr_field fields[] = {{"A", &wr_type_integer}, {"B", &wr_type_string}};
    const wr_type *map = wr_type_map(arena, &wr_type_string, &wr_type_integer);
    const wr_type *array = wr_type_array(arena, &wr_type_integer);
    const wr_type *record = wr_type_struct(arena, fields, 2);
    wr_nest *row = wr_nest_new(arena, 2, false);
    row->items[1] = wr_value_str(WR_STR("x"));
    wr_value row_value = wr_value_nest(row);
    const struct {
        const wr_type *type;
        const wr_value *value;
        wr_str bytes;
    } cases[] = {
        {&wr_type_bigint, &null, WR_STR("\x00")},
        {map, &null, WR_STR("\x00")},
        {&wr_type_boolean, &no, WR_STR("\x01")},
        {&wr_type_boolean, &yes, WR_STR("\x02")},
        {&wr_type_integer, &integer, WR_STR("\x01\x00\x00\x01\x02")},
        {&wr_type_date, &integer, WR_STR("\x01\x00\x00\x01\x02")},
        {&wr_type_bigint, &bigint, WR_STR("\x01\xff\xff\xff\xff\xff\xff\xff\xff")},
        {&wr_type_double, &f, WR_STR("\x01\x3f\xf0\x00\x00\x00\x00\x00\x00")},
        {&wr_type_double, &nan, WR_STR("\x01\x7f\xf8\x00\x00\x00\x00\x00\x00")},
        {&wr_type_string, &text,
         WR_STR("\x04"
                "abc")},
        {small, &minus, WR_STR("\x06\x01\x00")},
        {wide, &big, WR_STR("\x06\x01\x00")},
        {small, &zero, WR_STR("\x01")},
        {map, &nest, WR_STR("\x03\x02k\x01\xff\xff\xff\xfe\x01\x00")},
        {array, &nest, WR_STR("\x03\x01\xff\xff\xff\xfe\x00")},
        {record, &row_value, WR_STR("\x01\x00\x02x")},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++)
        assert_true(wr_str_eq(encode(cases[i].type, cases[i].value), cases[i].bytes));
}

static void check_refused(const wr_type *t, wr_str bytes)
{
    const char *p = bytes.ptr;
    wr_value v;
    weir_error err;
    assert_int_equal(wr_value_decode(t, &p, bytes.ptr + bytes.len, arena, &v, &err),
                     WEIR_ERR_RECORD);
    assert_true(v.null);
}

static void test_refused(void **state)
{
    (void)state;
    const wr_type *d1 = wr_type_decimal(arena, 1, 0), *d38 = wr_type_decimal(arena, 38, 0);
    const wr_type *d40 = wr_type_decimal(arena, 40, 0);
    check_refused(&wr_type_null, WR_STR("\x01"));
    check_refused(&wr_type_boolean, WR_STR("\x03"));
    check_refused(&wr_type_integer, WR_STR("\x02\x00\x00\x00\x00"));
    check_refused(&wr_type_double,
                  WR_STR("\x01\x7f\xf8\x00\x00\x00\x00\x00\x01")); /* another NaN */
    check_refused(&wr_type_string, WR_STR("\x82\x00"));            /* a varint that is too long */
    check_refused(&wr_type_string, WR_STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
    check_refused(d1, WR_STR("\x02"));         /* -0 */
    check_refused(d1, WR_STR("\x03\x0b"));     /* 11; a cast may give 10 */
    check_refused(d1, WR_STR("\x05\x00\x01")); /* leading zero */
    check_refused(d38, WR_STR("\x22\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));   /* -2^127 */
    check_refused(d38, WR_STR("\x23\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")); /* 2^128 */
    check_refused(
        d40, WR_STR("\x23\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
    /* Counts far beyond the input allocate nothing. */
    check_refused(wr_type_array(arena, &wr_type_integer), WR_STR("\xff\xff\xff\xff\x0f\x00\x00"));
    check_refused(wr_type_map(arena, &wr_type_string, &wr_type_integer),
                  WR_STR("\x03\x01\x00\x01"));
    const wr_type *deep = &wr_type_integer;
    char bytes[102];
    for (int i = 0; i < 101; i++)
        deep = wr_type_array(arena, deep);
    memset(bytes, 2, sizeof bytes);
    bytes[101] = 0;
    check_refused(deep, wr_str_make(bytes, sizeof bytes));
    const char *p = bytes + 1;
    wr_value v;
    assert_int_equal(wr_value_decode(deep->elem, &p, bytes + sizeof bytes, arena, &v, NULL),
                     WEIR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_decimal_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nested_equality, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_copies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_layout, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
