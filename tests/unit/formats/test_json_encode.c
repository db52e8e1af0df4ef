/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON record encoder: the text of every type, NULLs, wrapping, batches. */
#include "fixture.h"

#include "types/decimal.h"
#include "types/text.h"

#include <math.h>

static wr_value str(const char *s)
{
    return wr_value_str(wr_str_c(s));
}

static void test_scalars(void **state)
{
    (void)state;
    const wr_type *dec = wr_type_decimal(arena, 6, 4);
    wr_value ten;
    assert_int_equal(wr_dec_from_text(WR_STR("10.1"), dec, true, arena, &ten), WR_DEC_OK);
    const struct {
        const wr_type *type;
        wr_value value;
        const char *want;
    } c[] = {
        {&wr_type_boolean, wr_value_bool(true), "true"},
        {&wr_type_integer, wr_value_i32(-5), "-5"},
        {&wr_type_bigint, wr_value_i64(INT64_MIN), "-9223372036854775808"},
        {&wr_type_double, wr_value_f64(1), "1.0"},
        {&wr_type_double, wr_value_f64(-0.0), "-0.0"},
        {&wr_type_double, wr_value_f64(1e10), "1.0E10"},
        {&wr_type_double, wr_value_f64((double)NAN), "\"NaN\""},
        {&wr_type_double, wr_value_f64(-(double)INFINITY), "\"-Infinity\""},
        {dec, ten, "10.1000"},
        {&wr_type_string, str("plain text, longer than eight bytes"),
         "\"plain text, longer than eight bytes\""},
        {&wr_type_string, str("a\"b\\c\n\x01/\x7f"), "\"a\\\"b\\\\c\\n\\u0001/\x7f\""},
        {&wr_type_string, str("\xED\x95\x9C \xF0\x9F\x98\x80"),
         "\"\xED\x95\x9C \xF0\x9F\x98\x80\""},
        {&wr_type_string, str("half \xED\xA0\xBD pair"), "\"half ? pair\""},
        {&wr_type_bytes, wr_value_str(wr_str_make("\x01\x02", 2)), "\"AQI=\""},
        {&wr_type_date, wr_value_i32(-3), "-3"},
        {&wr_type_time, wr_value_i32(7), "7"},
        {&wr_type_timestamp, wr_value_i64(-1), "-1"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        wr_column cols[] = {col("F", c[i].type)};
        wr_encoder *bare = encoder(WR_FORMAT_JSON, cols, 1, (wr_format_options){.unwrapped = true});
        assert_string_equal(encode_show(bare, cols, 1, &c[i].value), c[i].want);
        assert_string_equal(encode_show(bare, cols, 1, &WR_VALUE_NULL), "NULL");
        wr_encoder *object = encoder(WR_FORMAT_JSON, cols, 1, (wr_format_options){0});
        assert_string_equal(encode_show(object, cols, 1, &c[i].value),
                            wr_arena_printf(arena, "{\"F\":%s}", c[i].want));
        assert_string_equal(encode_show(object, cols, 1, &WR_VALUE_NULL), "{\"F\":null}");
    }
}

/* BigDecimal.toString: an exponent where the value is below 1E-6; what is written is read back. */
static void test_small_decimals(void **state)
{
    (void)state;
    static const struct {
        int32_t precision, scale;
        const char *value, *want;
    } c[] = {
        {6, 6, "0", "0.000000"},       {6, 6, "0.000001", "0.000001"},
        {7, 7, "0", "0E-7"},           {7, 7, "0.0000010", "0.0000010"},
        {7, 7, "-0.0000009", "-9E-7"}, {20, 10, "0", "0E-10"},
        {20, 10, "-1E-10", "-1E-10"},  {20, 10, "0.00000012", "1.200E-7"},
        {20, 10, "1", "1.0000000000"}, {38, 20, "-0.00000000000000000123", "-1.23E-18"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const wr_type *t = wr_type_decimal(arena, c[i].precision, c[i].scale);
        wr_value v;
        assert_int_equal(wr_dec_from_text(wr_str_c(c[i].value), t, true, arena, &v), WR_DEC_OK);
        wr_column cols[] = {col("F", t)};
        wr_encoder *e = encoder(WR_FORMAT_JSON, cols, 1, (wr_format_options){0});
        const char *text = encode_show(e, cols, 1, &v);
        assert_string_equal(text, wr_arena_printf(arena, "{\"F\":%s}", c[i].want));
        wr_decoder *d = decoder(WR_FORMAT_JSON, cols, 1, NULL, (wr_format_options){0});
        wr_buf plain = {0};
        wr_value_print_json(&plain, t, &v);
        assert_string_equal(decode_show(d, cols, 1, wr_str_c(text)), wr_buf_cstr(&plain));
        wr_buf_free(&plain);
    }
}

static void test_nested(void **state)
{
    (void)state;
    const wr_type *map = wr_type_map(arena, &wr_type_string, &wr_type_integer);
    const wr_type *array = wr_type_array(arena, map);
    const wr_field fields[] = {{"A", array}, {"q\"", &wr_type_string}};
    wr_column cols[] = {col("S", wr_type_struct(arena, fields, 2)), col("N", &wr_type_integer)};
    wr_nest *m = wr_nest_new(arena, 2, true);
    m->keys[0] = str("k\"");
    m->items[0] = wr_value_i32(1);
    m->keys[1] = str("");
    m->items[1] = WR_VALUE_NULL;
    wr_nest *a = wr_nest_new(arena, 2, false);
    a->items[0] = wr_value_nest(m);
    a->items[1] = WR_VALUE_NULL;
    wr_nest *s = wr_nest_new(arena, 2, false);
    s->items[0] = wr_value_nest(a);
    s->items[1] = str("x");
    wr_value row[] = {wr_value_nest(s), wr_value_i32(3)};
    wr_encoder *e = encoder(WR_FORMAT_JSON, cols, 2, (wr_format_options){0});
    assert_string_equal(encode_show(e, cols, 2, row),
                        "{\"S\":{\"A\":[{\"k\\\"\":1,\"\":null},null],\"q\\\"\":\"x\"},\"N\":3}");
    m->keys[1] = WR_VALUE_NULL;
    assert_string_equal(
        encode_show(e, cols, 2, row),
        "{\"S\":{\"A\":[{\"k\\\"\":1,\"null\":null},null],\"q\\\"\":\"x\"},\"N\":3}");
    row[0] = WR_VALUE_NULL;
    assert_string_equal(encode_show(e, cols, 2, row), "{\"S\":null,\"N\":3}");
}

static void test_no_columns(void **state)
{
    (void)state;
    wr_encoder *e = encoder(WR_FORMAT_JSON, NULL, 0, (wr_format_options){0});
    assert_string_equal(encode_show(e, NULL, 0, NULL), "{}");
    e = encoder(WR_FORMAT_JSON, NULL, 0, (wr_format_options){.unwrapped = true});
    assert_string_equal(encode_show(e, NULL, 0, NULL), "NULL");
}

/* NULL rows leave nothing behind; the payloads of the others are where they belong. */
static void test_batch(void **state)
{
    (void)state;
    enum { ROWS = 100 };
    wr_column cols[] = {col("M", wr_type_map(arena, &wr_type_string, &wr_type_integer))};
    wr_vec *v = vectors(cols, 1, ROWS);
    uint32_t rows[ROWS], rows_n = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        wr_nest *m = wr_nest_new(arena, 1, true);
        m->keys[0] = i % 3 ? str("k") : WR_VALUE_NULL;
        m->items[0] = wr_value_i32((int32_t)i);
        wr_value value = wr_value_nest(m);
        wr_vec_set(&v[0], i, &value);
        if (i % 10 == 1)
            wr_vec_set_null(&v[0], i);
        if (i % 4)
            rows[rows_n++] = i;
    }
    wr_encoder *e = encoder(WR_FORMAT_JSON, cols, 1, (wr_format_options){.unwrapped = true});
    wr_buf buf = {0};
    wr_buf_puts(&buf, "before");
    wr_str payloads[ROWS];
    uint8_t ok[ROWS];
    wr_row_errors errs = {0};
    wr_encoder_run(e, v, (wr_sel){rows_n, rows}, &buf, payloads, ok, &errs);
    for (uint32_t k = 0; k < rows_n; k++) {
        uint32_t i = rows[k];
        char want[32];
        snprintf(want, sizeof want, "{\"%s\":%u}", i % 3 ? "k" : "null", i);
        assert_int_equal(ok[i], 1);
        if (i % 10 == 1)
            assert_null(payloads[i].ptr);
        else
            assert_true(wr_str_eq_c(payloads[i], want));
    }
    assert_int_equal(errs.count, 0);
    assert_int_equal(memcmp(buf.ptr, "before{", 7), 0);
    wr_buf_free(&buf);
}

/* Texts of all lengths around the sizes of vectors, what must be escaped at every place of them:
 * as the plain writer of JSON texts has them, and back again. */
static void test_texts_of_all_lengths(void **state)
{
    (void)state;
    static const char *const odd[] = {"x", "\"", "\\", "\n", "\x1f", "\xED\x9F\xBF", "\xC3\xA4"};
    wr_column cols[] = {col("A", &wr_type_string), col("B", &wr_type_boolean)};
    wr_encoder *e = encoder(WR_FORMAT_JSON, cols, 2, (wr_format_options){0});
    for (size_t len = 0; len < 50; len++)
        for (size_t at = 0; at <= len; at++)
            for (size_t k = 0; k < WR_ARRAY_LEN(odd); k++) {
                wr_buf text = {0}, want = {0};
                for (size_t i = 0; i < len; i++)
                    wr_buf_puts(&text, i == at ? odd[k] : "y");
                wr_value row[] = {wr_value_str(exact(wr_buf_cstr(&text), text.len)),
                                  wr_value_bool(at & 1)};
                wr_buf_puts(&want, "{\"A\":");
                wr_text_put_json_string(&want, row[0].u.str);
                wr_buf_puts(&want, at & 1 ? ",\"B\":true}" : ",\"B\":false}");
                assert_string_equal(encode_show(e, cols, 2, row), wr_buf_cstr(&want));
                wr_buf_free(&text);
                wr_buf_free(&want);
            }
}

static void test_whole_numbers(void **state)
{
    (void)state;
    wr_column cols[] = {col("N", &wr_type_bigint), col("I", &wr_type_integer)};
    wr_encoder *e = encoder(WR_FORMAT_JSON, cols, 2, (wr_format_options){0});
    int64_t power = 1;
    for (int digits = 0; digits < 18; digits++, power *= 10)
        for (int64_t v = power - 1; v <= power + 1; v++)
            for (int sign = -1; sign <= 1; sign += 2) {
                int32_t small = (int32_t)(v % 1000000007) * sign;
                wr_value row[] = {wr_value_i64(v * sign), wr_value_i32(small)};
                assert_string_equal(
                    encode_show(e, cols, 2, row),
                    wr_arena_printf(arena, "{\"N\":%lld,\"I\":%d}", (long long)(v * sign), small));
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),       cmocka_unit_test(test_small_decimals),
        cmocka_unit_test(test_nested),        cmocka_unit_test(test_no_columns),
        cmocka_unit_test(test_batch),         cmocka_unit_test(test_texts_of_all_lengths),
        cmocka_unit_test(test_whole_numbers),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
