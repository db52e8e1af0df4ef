/* SPDX-License-Identifier: Apache-2.0 */
/* KAFKA: exact lengths, bytes in network order, one column or none. */
#include "fixture.h"

static const struct {
    const wr_type *type;
    const char *bytes;
    size_t len;
    const char *want;
    bool back; /* encodes to the same bytes */
} cases[] = {
    {&wr_type_integer, "\xFF\xFF\xFF\xFE", 4, "-2", true},
    {&wr_type_integer, "\0\0\0", 3,
     "error: Size of data received by IntegerDeserializer is not 4: 3", false},
    {&wr_type_bigint, "\0\0\0\0\0\0\1\0", 8, "256", true},
    {&wr_type_bigint, "\0\0\0\1", 4, "error: Size of data received by LongDeserializer is not 8: 4",
     false},
    {&wr_type_double, "\x3F\xF8\0\0\0\0\0\0", 8, "1.5", true},
    {&wr_type_double, "", 0, "error: Size of data received by DoubleDeserializer is not 8: 0",
     false},
    {&wr_type_string, "", 0, "\"\"", true},
    {&wr_type_string, "h\xC3\xA9", 3, "\"h\xC3\xA9\"", true},
    {&wr_type_string, "a\xFFz\xE2\x82", 5, "\"a\xEF\xBF\xBDz\xEF\xBF\xBD\"", false},
    {&wr_type_string, "\xED\xA0\x80", 3, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"", false},
    {&wr_type_bytes, "\0\xFF", 2, "\"AP8=\"", true},
};

static void test_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_column cols[] = {col("F", cases[i].type)};
        wr_decoder *d = decoder(WR_FORMAT_KAFKA, cols, 1, NULL, (wr_format_options){0});
        wr_str payload = exact(cases[i].bytes, cases[i].len);
        assert_string_equal(decode_show(d, cols, 1, payload), cases[i].want);
        assert_string_equal(decode_show(d, cols, 1, (wr_str){0}), "NULL");
        if (!cases[i].back)
            continue;
        wr_vec *v = vectors(cols, 1, 1);
        uint8_t ok;
        wr_row_errors errs = {0};
        weir_error err;
        assert_int_equal(wr_decoder_run(d, &payload, wr_sel_all(1), v, &ok, &errs, arena, &err),
                         WEIR_OK);
        wr_encoder *e = encoder(WR_FORMAT_KAFKA, cols, 1, (wr_format_options){0});
        wr_buf buf = {0};
        wr_str out;
        wr_encoder_run(e, v, wr_sel_all(1), &buf, &out, &ok, &errs);
        assert_true(ok && out.ptr && wr_str_eq(out, payload));
        wr_buf_free(&buf);
        assert_string_equal(encode_show(e, cols, 1, &WR_VALUE_NULL), "NULL");
    }
}

static void test_unwanted(void **state)
{
    (void)state;
    wr_column cols[] = {col("F", &wr_type_integer)};
    const bool wanted[] = {false};
    wr_decoder *d = decoder(WR_FORMAT_KAFKA, cols, 1, wanted, (wr_format_options){0});
    assert_string_equal(decode_show(d, cols, 0, exact("abc", 3)), "");
    d = decoder(WR_FORMAT_KAFKA, cols, 1, wanted, (wr_format_options){.strict = true});
    assert_string_equal(decode_show(d, cols, 0, exact("abc", 3)), cases[1].want);
    d = decoder(WR_FORMAT_KAFKA, cols, 0, NULL, (wr_format_options){0});
    assert_string_equal(decode_show(d, cols, 0, exact("abc", 3)), "");
    wr_encoder *e = encoder(WR_FORMAT_KAFKA, cols, 0, (wr_format_options){0});
    assert_string_equal(encode_show(e, cols, 0, NULL), "NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_unwanted),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
