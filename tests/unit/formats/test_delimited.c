/* SPDX-License-Identifier: Apache-2.0 */
/* DELIMITED: reading lines, converting cells, quoting. */
#include "fixture.h"

#include "types/decimal.h"

#define SHOW(text) decode_show(d, cols, n, exact((text), strlen(text)))

static void test_lines(void **state)
{
    (void)state;
    wr_column cols[] = {col("A", &wr_type_string), col("B", &wr_type_string)};
    uint32_t n = 2;
    wr_decoder *d = decoder(WR_FORMAT_DELIMITED, cols, 2, NULL, (wr_format_options){0});
    static const char *const c[][2] = {
        {"a,b", "\"a\" | \"b\""},
        {"a,", "\"a\" | null"},
        {",", "null | null"},
        {"\"\",\"\"", "null | null"}, /* an empty cell, quoted or not */
        {"\"\" ,\" \"", "null | \" \""},
        {"\"a,\"\"b\"\"\",c", "\"a,\\\"b\\\"\" | \"c\""},
        {"\"x\ny\",z", "\"x\\ny\" | \"z\""},
        {"\"x\" \t,y", "\"x\" | \"y\""}, /* blanks behind the quote are dropped */
        {" a , b ", "\" a \" | \" b \""},
        {"a\"b,c\"", "\"a\\\"b\" | \"c\\\"\""}, /* quotes inside are text */
        {"a,b\r\n", "\"a\" | \"b\""},
        {"\n\r\na,b\nc", "\"a\" | \"b\""}, /* the first line that is not empty */
        {"a,b\n\"", "error: Invalid delimited record: the line ends inside a quoted cell"},
        {"", "error: No fields in record"},
        {"\n", "error: No fields in record"},
        {"a", "error: Unexpected field count, csvFields:1 schemaFields:2"},
        {"a,b,c", "error: Unexpected field count, csvFields:3 schemaFields:2"},
        {"\"a", "error: Invalid delimited record: the line ends inside a quoted cell"},
        {"\"a\"b,c", "error: Invalid delimited record: a quoted cell is followed by text other "
                     "than the delimiter"},
        {"\xff,\xE2\x82", "\"\xEF\xBF\xBD\" | \"\xEF\xBF\xBD\""},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++)
        assert_string_equal(SHOW(c[i][0]), c[i][1]);
    d = decoder(WR_FORMAT_DELIMITED, cols, 2, NULL, (wr_format_options){.delimiter = '\t'});
    assert_string_equal(SHOW("a,b\tc"), "\"a,b\" | \"c\"");
}

static void test_types(void **state)
{
    (void)state;
    const wr_type *dec = wr_type_decimal(arena, 33, 16);
    const struct {
        const wr_type *type;
        const char *text, *want;
    } c[] = {
        {&wr_type_boolean, "TRUE", "true"},
        {&wr_type_boolean, "yes", "false"},
        {&wr_type_integer, "-12", "-12"},
        {&wr_type_integer, "\"\"", "null"},
        {&wr_type_integer, "2147483648", "error: Can't convert '2147483648' to INTEGER, column: F"},
        {&wr_type_bigint, "1.0", "error: Can't convert '1.0' to BIGINT, column: F"},
        {&wr_type_double, "1e3", "1000.0"},
        {&wr_type_double, "NaN", "\"NaN\""},
        {dec, ".12", "0.1200000000000000"},
        {dec, "\"-12345.12\"", "-12345.1200000000000000"},
        {dec, "0.12345678901234567",
         "error: Cannot fit decimal '0.12345678901234567' into DECIMAL(33, 16) without rounding., "
         "column: F"},
        {&wr_type_bytes, "AQI=", "\"AQI=\""},
        {&wr_type_bytes, "!", "error: Can't convert '!' to BYTES, column: F"},
        {&wr_type_bytes, "AQI", "\"AQI=\""}, /* padding may be left out here */
        {&wr_type_bytes, "\"\"", "null"},
        {&wr_type_double, "1d", "1.0"},
        {&wr_type_double, "0x1p3", "8.0"},
        {&wr_type_double, "-0X.8P-1f", "-0.25"},
        {&wr_type_double, "0x1.fffffffffffff7p0", "1.9999999999999998"},
        {&wr_type_double, "0x1p-1074", "4.9E-324"},
        {&wr_type_double, "0x1p99999999999", "\"Infinity\""},
        {&wr_type_double, "0x1", "error: Can't convert '0x1' to DOUBLE, column: F"},
        {&wr_type_double, "0xp1", "error: Can't convert '0xp1' to DOUBLE, column: F"},
        {&wr_type_double, "0x1p", "error: Can't convert '0x1p' to DOUBLE, column: F"},
        {&wr_type_double, "0x1p1x", "error: Can't convert '0x1p1x' to DOUBLE, column: F"},
        {&wr_type_time, "86400000", "\"00:00\""},
        {&wr_type_time, "86400001",
         "error: Time values must use number of milliseconds greater than 0 and less than "
         "86400000., column: F"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        wr_column cols[] = {col("F", c[i].type)};
        uint32_t n = 1;
        wr_decoder *d = decoder(WR_FORMAT_DELIMITED, cols, 1, NULL, (wr_format_options){0});
        assert_string_equal(SHOW(c[i].text), c[i].want);
    }
}

static void test_unwanted_columns(void **state)
{
    (void)state;
    wr_column cols[] = {col("A", &wr_type_string), col("B", &wr_type_integer)};
    const bool wanted[] = {true, false};
    uint32_t n = 1;
    wr_decoder *d = decoder(WR_FORMAT_DELIMITED, cols, 2, wanted, (wr_format_options){0});
    assert_string_equal(SHOW("a,x"), "\"a\"");
    assert_string_equal(SHOW("a,\"x"),
                        "error: Invalid delimited record: the line ends inside a quoted cell");
    d = decoder(WR_FORMAT_DELIMITED, cols, 2, wanted, (wr_format_options){.strict = true});
    assert_string_equal(SHOW("a,x"), "error: Can't convert 'x' to INTEGER, column: B");
}

/* J06: which cells are quoted follows from their first and last character, and from their place. */
static void test_j06_quoting(void **state)
{
    (void)state;
    /* The cell as written first, and as written second. */
    static const char *const c[][3] = {
        {"", "\"\"", ""},
        {"abc", "abc", "abc"},
        {"9x", "9x", "9x"},
        {"a,b", "\"a,b\"", "\"a,b\""},
        {"a\"b", "\"a\"\"b\"", "\"a\"\"b\""},
        {"a\nb", "\"a\nb\"", "\"a\nb\""},
        {"a\r", "\"a\r\"", "\"a\r\""},
        {"a ", "\"a \"", "\"a \""},
        {"a\t", "\"a\t\"", "\"a\t\""},
        {" a", "\" a\"", "\" a\""},
        {"#a", "\"#a\"", "\"#a\""},
        {"$a", "\"$a\"", "$a"},
        {"_a", "\"_a\"", "_a"},
        {"-1", "\"-1\"", "-1"},
        {"\xC3\xA4", "\"\xC3\xA4\"", "\xC3\xA4"},
        {"a|b", "a|b", "a|b"},
        {"\"", "\"\"\"\"", "\"\"\"\""},
    };
    wr_column cols[] = {col("A", &wr_type_string), col("B", &wr_type_string)};
    wr_encoder *e = encoder(WR_FORMAT_DELIMITED, cols, 2, (wr_format_options){0});
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        wr_value row[] = {wr_value_str(wr_str_c(c[i][0])), wr_value_str(wr_str_c(c[i][0]))};
        assert_string_equal(encode_show(e, cols, 2, row),
                            wr_arena_printf(arena, "%s,%s", c[i][1], c[i][2]));
    }
    wr_value nulls[] = {WR_VALUE_NULL, WR_VALUE_NULL};
    assert_string_equal(encode_show(e, cols, 2, nulls), ",");
    wr_encoder *bar = encoder(WR_FORMAT_DELIMITED, cols, 2, (wr_format_options){.delimiter = '|'});
    wr_value row[] = {wr_value_str(WR_STR("a|b")), wr_value_str(WR_STR("a,b"))};
    assert_string_equal(encode_show(bar, cols, 2, row), "\"a|b\"|a,b");
}

static void test_numbers_are_quoted_likewise(void **state)
{
    (void)state;
    const wr_type *dec = wr_type_decimal(arena, 6, 4);
    wr_value v[4] = {wr_value_i32(-1), WR_VALUE_NULL, wr_value_f64(-1.5), wr_value_bool(true)};
    assert_int_equal(wr_dec_from_text(WR_STR("-0.5"), dec, true, arena, &v[1]), WR_DEC_OK);
    wr_column cols[] = {col("A", &wr_type_integer), col("B", dec), col("C", &wr_type_double),
                        col("D", &wr_type_boolean)};
    wr_encoder *e = encoder(WR_FORMAT_DELIMITED, cols, 4, (wr_format_options){0});
    assert_string_equal(encode_show(e, cols, 4, v), "\"-1\",-0.5000,-1.5,true");
    /* A single NULL is an empty cell; bare (a key), it is no key at all. */
    e = encoder(WR_FORMAT_DELIMITED, cols, 1, (wr_format_options){.unwrapped = true});
    assert_string_equal(encode_show(e, cols, 1, &WR_VALUE_NULL), "NULL");
    e = encoder(WR_FORMAT_DELIMITED, cols, 1, (wr_format_options){0});
    assert_string_equal(encode_show(e, cols, 1, &WR_VALUE_NULL), "");
    assert_string_equal(encode_show(e, cols, 1, v), "\"-1\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_unwanted_columns),
        cmocka_unit_test(test_j06_quoting),
        cmocka_unit_test(test_numbers_are_quoted_likewise),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
