/* SPDX-License-Identifier: Apache-2.0 */
/* Store keys: order, round trip, damage. */
#include "unit/engine/op_harness.h"

#include "engine/operators/rowkey.h"

static wr_value str(const char *s)
{
    return wr_value_str(wr_str_c(s));
}

static int encoded_order(const wr_type *t, const wr_value *a, const wr_value *b)
{
    wr_buf x = {0}, y = {0};
    wr__rowkey_put(&x, t, a);
    wr__rowkey_put(&y, t, b);
    int order = wr_str_cmp(wr_buf_view(&x), wr_buf_view(&y));
    wr_buf_free(&x);
    wr_buf_free(&y);
    return order < 0 ? -1 : order > 0;
}

/* Every pair of an ascending list stands in that order, by bytes and by value, and comes back. */
static void check_ascending(const wr_type *t, const wr_value *v, size_t n)
{
    wr_arena *a = wr_arena_new(0);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            int want = i < k ? -1 : i > k;
            assert_int_equal(encoded_order(t, &v[i], &v[k]), want);
            if (!v[i].null && !v[k].null) {
                int by_value = wr_value_compare(t, &v[i], &v[k]);
                assert_int_equal(by_value < 0 ? -1 : by_value > 0, want);
            }
        }
        wr_buf b = {0};
        wr__rowkey_put(&b, t, &v[i]);
        const char *p = b.ptr;
        wr_value back;
        OPS_OK(wr__rowkey_get(t, &p, b.ptr + b.len, a, &back, err));
        assert_ptr_equal(p, b.ptr + b.len);
        assert_true(wr_value_equal(t, &back, &v[i]));
        for (size_t cut = 0; cut < b.len; cut++) { /* every prefix is damage */
            weir_error error = {0};
            char *copy = wr_malloc(cut + 1); /* exact size: ASan sees a read past it */
            memcpy(copy, b.ptr, cut);
            p = copy;
            assert_int_equal(wr__rowkey_get(t, &p, copy + cut, a, &back, &error), WEIR_ERR_STORE);
            wr_free(copy);
        }
        wr_buf_free(&b);
    }
    wr_arena_free(a);
}

static void test_order(void **state)
{
    (void)state;
    const wr_value ints[] = {WR_VALUE_NULL,   wr_value_i32(INT32_MIN), wr_value_i32(-1),
                             wr_value_i32(0), wr_value_i32(7),         wr_value_i32(INT32_MAX)};
    check_ascending(&wr_type_integer, ints, WR_ARRAY_LEN(ints));
    const wr_value longs[] = {WR_VALUE_NULL,   wr_value_i64(INT64_MIN), wr_value_i64(-256),
                              wr_value_i64(0), wr_value_i64(255),       wr_value_i64(INT64_MAX)};
    check_ascending(&wr_type_bigint, longs, WR_ARRAY_LEN(longs));
    const wr_value doubles[] = {WR_VALUE_NULL,        wr_value_f64(-1e300), wr_value_f64(-1.5),
                                wr_value_f64(1e-300), wr_value_f64(2),      wr_value_f64(1e300)};
    check_ascending(&wr_type_double, doubles, WR_ARRAY_LEN(doubles));
    const wr_value bools[] = {WR_VALUE_NULL, wr_value_bool(false), wr_value_bool(true)};
    check_ascending(&wr_type_boolean, bools, WR_ARRAY_LEN(bools));
}

static void test_text_order(void **state)
{
    (void)state;
    const wr_value texts[] = {
        WR_VALUE_NULL,
        str(""),
        wr_value_str((wr_str){"\0", 1}),
        wr_value_str((wr_str){"\0\0", 2}),
        wr_value_str((wr_str){"\0a", 2}),
        str("a"),
        wr_value_str((wr_str){"a\0", 2}),
        str("aa"),
        str("b"),
        str("\xc3\xa9"),
        str("\xed\x9f\xbf"),     /* U+D7FF */
        str("\xf0\x9f\x98\x80"), /* U+1F600: a pair from D83D, before U+E000 in UTF-16 */
        str("\xf4\x8f\xbf\xbf"), /* U+10FFFF */
        str("\xee\x80\x80"),     /* U+E000 */
        str("\xef\xbf\xbd"),     /* U+FFFD */
    };
    check_ascending(&wr_type_string, texts, WR_ARRAY_LEN(texts));
    const wr_value bytes[] = {
        WR_VALUE_NULL,
        str(""),
        wr_value_str((wr_str){"\x80", 1}),
        wr_value_str((wr_str){"\x80\x80", 2}),
        str("\xff"),
        wr_value_str((wr_str){"\0", 1}),
        str("\x01"),
        str("\x7f"),
    };
    check_ascending(&wr_type_bytes, bytes, WR_ARRAY_LEN(bytes));
}

static void test_columns(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    const wr_type *list = wr_type_array(a, &wr_type_string);
    const wr_column cols[] = {{"A", &wr_type_string, WR_COL_KEY, NULL},
                              {"B", list, WR_COL_KEY, NULL},
                              {"C", &wr_type_bigint, WR_COL_KEY, NULL}};
    const wr_schema *schema = wr_schema_new(a, cols, 3);
    wr_batch *b = wr_batch_new(a, schema, 2, true, false);
    wr_nest *items = wr_nest_new(a, 1, false);
    items->items[0] = str("x");
    const wr_value row[] = {str("k"), wr_value_nest(items), WR_VALUE_NULL};
    for (uint32_t c = 0; c < 3; c++)
        wr_vec_set(&b->cols[c], 0, &row[c]);
    b->window_start[0] = -3;
    b->window_end[0] = 9;
    wr_buf key = {0};
    wr__rowkey_of(&key, schema, b->cols, b, 0);
    int64_t start, end;
    OPS_OK(wr__rowkey_read(schema, wr_buf_view(&key), a, b->cols, 1, true, &start, &end, err));
    assert_int_equal(start, -3);
    assert_int_equal(end, 9);
    for (uint32_t c = 0; c < 3; c++) {
        wr_value v = wr_vec_get(&b->cols[c], 1);
        assert_true(wr_value_equal(cols[c].type, &v, &row[c]));
    }
    weir_error error = {0};
    wr_buf_putc(&key, 0); /* one byte too many */
    assert_int_equal(
        wr__rowkey_read(schema, wr_buf_view(&key), a, b->cols, 1, true, &start, &end, &error),
        WEIR_ERR_STORE);
    assert_true(error.flags & WEIR_ERROR_FATAL);
    wr_buf_free(&key);
    wr_arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_text_order),
        cmocka_unit_test(test_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
