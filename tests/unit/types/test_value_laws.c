/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boxed values by what must hold for all of them: order is total, equality is one, hash agrees;
 * and rows whose bytes have been changed give an error or another value in its only form, never
 * something else.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "random_value.h"
#include "types/record.h"
#include "types/vec.h"

#include <stdlib.h>

static wr_arena *arena;
static wr_rng rng;

static int setup(void **state)
{
    (void)state;
    arena = wr_arena_new(0);
    wr_rng_seed(&rng, 23);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr_arena_free(arena);
    return 0;
}

static const wr_type *comparable_type(void)
{
    const wr_type *t = random_type(arena, &rng, 0); /* depth 0: nothing nested */
    assert_true(t->id < WR_T_ARRAY);
    return t;
}

static wr_value not_null(const wr_type *t)
{
    wr_value v;
    do
        v = random_value(arena, &rng, t);
    while (v.null);
    return v;
}

static int compare(const wr_type *t, const wr_value *a, const wr_value *b)
{
    int order = wr_value_compare(t, a, b);
    return (order > 0) - (order < 0);
}

/* --------------------------------------------------------------------------------------- order */

static void test_order_is_total(void **state)
{
    (void)state;
    enum { VALUES = 12 };
    for (int round = 0; round < 300; round++) {
        const wr_type *t = comparable_type();
        wr_value v[VALUES];
        for (int i = 0; i < VALUES; i++)
            v[i] = not_null(t);
        for (int i = 0; i < VALUES; i++) {
            assert_int_equal(compare(t, &v[i], &v[i]), 0);
            for (int j = 0; j < VALUES; j++) {
                int ij = compare(t, &v[i], &v[j]);
                assert_int_equal(ij, -compare(t, &v[j], &v[i]));
                assert_int_equal(ij == 0, wr_value_equal(t, &v[i], &v[j]));
                for (int k = 0; k < VALUES; k++)
                    if (ij <= 0 && compare(t, &v[j], &v[k]) <= 0)
                        assert_true(compare(t, &v[i], &v[k]) <= 0);
            }
        }
        wr_arena_reset(arena);
    }
}

/* STRING: by UTF-16 units, as Java compares. Here from code points, the plain way. */
static size_t utf16_units(wr_str s, uint16_t *out)
{
    size_t n = 0;
    for (uint32_t i = 0; i < s.len;) {
        uint8_t c = (uint8_t)s.ptr[i];
        uint32_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        uint32_t point = len == 1 ? c : c & (0xffu >> (len + 1));
        for (uint32_t k = 1; k < len; k++)
            point = point << 6 | ((uint8_t)s.ptr[i + k] & 0x3f);
        if (point >= 0x10000) {
            out[n++] = (uint16_t)(0xd800 + ((point - 0x10000) >> 10));
            out[n++] = (uint16_t)(0xdc00 + ((point - 0x10000) & 0x3ff));
        } else {
            out[n++] = (uint16_t)point;
        }
        i += len;
    }
    return n;
}

static void test_strings_compare_as_utf16(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        wr_value a = wr_value_str(random_str(arena, &rng)),
                 b = wr_value_str(random_str(arena, &rng));
        uint16_t x[32], y[32];
        size_t x_n = utf16_units(a.u.str, x), y_n = utf16_units(b.u.str, y), i = 0;
        while (i < x_n && i < y_n && x[i] == y[i])
            i++;
        int expected =
            i < x_n && i < y_n ? (x[i] > y[i]) - (x[i] < y[i]) : (x_n > y_n) - (x_n < y_n);
        assert_int_equal(compare(&wr_type_string, &a, &b), expected);
        if (round % 1000 == 0)
            wr_arena_reset(arena);
    }
}

static void test_bytes_compare_signed(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char x[4], y[4];
        uint32_t x_n = (uint32_t)wr_rng_below(&rng, 5), y_n = (uint32_t)wr_rng_below(&rng, 5),
                 i = 0;
        for (uint32_t k = 0; k < 4; k++) {
            x[k] = (char)(wr_rng_below(&rng, 3) ? 0x7e + wr_rng_below(&rng, 4) : 0);
            y[k] = (char)(wr_rng_below(&rng, 3) ? 0x7e + wr_rng_below(&rng, 4) : 0);
        }
        while (i < x_n && i < y_n && x[i] == y[i])
            i++;
        int expected = (x_n > y_n) - (x_n < y_n);
        if (i < x_n && i < y_n)
            expected = (int8_t)x[i] < (int8_t)y[i] ? -1 : 1;
        wr_value a = wr_value_str(wr_str_make(x, x_n)), b = wr_value_str(wr_str_make(y, y_n));
        assert_int_equal(compare(&wr_type_bytes, &a, &b), expected);
    }
}

/* ---------------------------------------------------------------------------------------- hash */

/* Different values rarely share a hash, in its upper half or its lower one: both are used. */
static void test_hashes_differ(void **state)
{
    (void)state;
    enum { VALUES = 4000 };
    const wr_type *types[] = {&wr_type_integer,
                              &wr_type_bigint,
                              &wr_type_double,
                              &wr_type_string,
                              wr_type_decimal(arena, 20, 2),
                              wr_type_decimal(arena, 50, 2)};
    for (size_t i = 0; i < WR_ARRAY_LEN(types); i++) {
        uint8_t *low = wr_calloc(1 << 16, 1), *high = wr_calloc(1 << 16, 1);
        int low_n = 0, high_n = 0;
        for (int k = 0; k < VALUES; k++) {
            wr_value v;
            char text[16];
            int len = snprintf(text, sizeof text, "%d", k);
            if (types[i]->id == WR_T_DECIMAL)
                assert_int_equal(wr_dec_from_i64(k, types[i], arena, &v), WR_DEC_OK);
            else if (types[i]->id == WR_T_STRING)
                v = wr_value_str(
                    wr_str_make(wr_arena_strndup(arena, text, (size_t)len), (uint32_t)len));
            else if (types[i]->id == WR_T_DOUBLE)
                v = wr_value_f64(k);
            else
                v = types[i]->id == WR_T_INTEGER ? wr_value_i32(k) : wr_value_i64(k);
            uint64_t hash = wr_value_hash(types[i], &v);
            low_n += !low[hash & 0xffff]++;
            high_n += !high[hash >> 48]++;
        }
        /* Of 4,000 random ones about 3,880 are different; numbers in a row may be spread better. */
        assert_true(low_n > 3750);
        assert_true(high_n > 3750);
        wr_free(low);
        wr_free(high);
    }
}

/* -0.0 and NaN: equal by their bits, as Java's Double.equals; so their hashes too. */
static void test_doubles(void **state)
{
    (void)state;
    static const double values[] = {0.0,
                                    -0.0,
                                    1.0,
                                    -1.0,
                                    (double)INFINITY,
                                    -(double)INFINITY,
                                    (double)NAN,
                                    5e-324,
                                    1.7976931348623157e308};
    for (size_t i = 0; i < WR_ARRAY_LEN(values); i++) {
        for (size_t k = 0; k < WR_ARRAY_LEN(values); k++) {
            wr_value a = wr_value_f64(values[i]), b = wr_value_f64(values[k]);
            assert_int_equal(wr_value_equal(&wr_type_double, &a, &b), i == k);
            if (i == k)
                assert_true(wr_value_hash(&wr_type_double, &a) ==
                            wr_value_hash(&wr_type_double, &b));
        }
    }
    uint64_t bits = UINT64_C(0xfff8000000000123); /* every NaN is the same one */
    wr_value a = wr_value_f64((double)NAN), b;
    memcpy(&b, &a, sizeof b);
    memcpy(&b.u.f64, &bits, sizeof bits);
    assert_true(wr_value_equal(&wr_type_double, &a, &b));
    assert_true(wr_value_hash(&wr_type_double, &a) == wr_value_hash(&wr_type_double, &b));
    assert_int_equal(compare(&wr_type_double, &a, &b), 0);
}

/* A MAP is what is in it: the order of its entries is no part of equality or hash. */
static void test_maps_in_any_order(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        const wr_type *t = wr_type_map(arena, &wr_type_string, random_type(arena, &rng, 1));
        uint32_t n = (uint32_t)wr_rng_below(&rng, 6);
        wr_nest *a = wr_nest_new(arena, n, true), *b = wr_nest_new(arena, n, true);
        for (uint32_t i = 0; i < n; i++) {
            char key[8];
            int len = snprintf(key, sizeof key, "k%u", (unsigned)i);
            a->keys[i] =
                wr_value_str(wr_str_make(wr_arena_strndup(arena, key, (size_t)len), (uint32_t)len));
            a->items[i] = random_value(arena, &rng, t->elem);
        }
        for (uint32_t i = 0, shift = n ? (uint32_t)wr_rng_below(&rng, n) : 0; i < n; i++) {
            b->keys[i] = a->keys[(i + shift) % n];
            b->items[i] = a->items[(i + shift) % n];
        }
        wr_value x = wr_value_nest(a), y = wr_value_nest(b);
        assert_true(wr_value_equal(t, &x, &y));
        assert_true(wr_value_equal(t, &y, &x));
        assert_true(wr_value_hash(t, &x) == wr_value_hash(t, &y));
        wr_arena_reset(arena);
    }
}

/* -------------------------------------------------------------------------------- changed bytes */

static void test_changed_bytes(void **state)
{
    (void)state;
    int refused = 0, taken = 0;
    for (int round = 0; round < 20000; round++) {
        const wr_type *t = random_type(arena, &rng, 3);
        wr_value v = random_value(arena, &rng, t), back;
        wr_buf good = {0}, again = {0};
        wr_value_encode(&good, t, &v);
        char *bytes =
            wr_malloc(good.len + 1); /* its own memory, so that ASan sees a step too far */
        memcpy(bytes, good.ptr, good.len);
        for (uint64_t k = 1 + wr_rng_below(&rng, 3); k > 0; k--)
            bytes[wr_rng_below(&rng, good.len)] = (char)wr_rng_next(&rng);
        const char *p = bytes;
        weir_error err = {0};
        if (wr_value_decode(t, &p, bytes + good.len, arena, &back, &err) != WEIR_OK) {
            assert_int_equal(err.code, WEIR_ERR_RECORD);
            assert_ptr_equal(p, bytes);
            refused++;
        } else { /* the bytes are the only form of what they say */
            wr_value_encode(&again, t, &back);
            assert_int_equal(again.len, p - bytes);
            assert_memory_equal(again.ptr, bytes, again.len);
            taken++;
        }
        wr_free(bytes);
        wr_buf_free(&good);
        wr_buf_free(&again);
        wr_arena_reset(arena);
    }
    assert_true(refused > 2000 && taken > 2000);
}

/* Values one after the other, as the columns of a row are. */
static void test_rows_of_values(void **state)
{
    (void)state;
    enum { COLUMNS = 6 };
    for (int round = 0; round < 2000; round++) {
        const wr_type *types[COLUMNS];
        wr_value values[COLUMNS];
        wr_buf row = {0};
        for (int i = 0; i < COLUMNS; i++) {
            types[i] = random_type(arena, &rng, 2);
            values[i] = random_value(arena, &rng, types[i]);
            wr_value_encode(&row, types[i], &values[i]);
        }
        const char *p = row.ptr;
        for (int i = 0; i < COLUMNS; i++) {
            wr_value back;
            assert_int_equal(wr_value_decode(types[i], &p, row.ptr + row.len, arena, &back, NULL),
                             WEIR_OK);
            assert_true(wr_value_equal(types[i], &values[i], &back));
        }
        assert_ptr_equal(p, row.ptr + row.len);
        wr_buf_free(&row);
        wr_arena_reset(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order_is_total, setup, teardown),
        cmocka_unit_test_setup_teardown(test_strings_compare_as_utf16, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bytes_compare_signed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hashes_differ, setup, teardown),
        cmocka_unit_test_setup_teardown(test_doubles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_maps_in_any_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changed_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rows_of_values, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
