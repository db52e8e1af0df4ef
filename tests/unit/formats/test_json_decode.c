/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON record decoder: conversions, names, structure, rows and batches. */
#include "fixture.h"

#include "formats/format_internal.h"

#define SHOW(text) decode_show(d, cols, n, exact((text), strlen(text)))

typedef struct conversion {
    const wr_type *type;
    const char *json; /* the value of column F */
    const char *want; /* as JSON, or the error without its path */
} conversion;

static void check_conversions(const conversion *c, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        wr_column cols[] = {col("F", c[i].type)};
        uint32_t n = 1;
        char record[512], error[512];
        snprintf(record, sizeof record, "{\"F\":%s}", c[i].json);
        snprintf(error, sizeof error, "error: %s, path: $.F", c[i].want);
        bool is_error = strncmp(c[i].want, "Can", 3) == 0 || strncmp(c[i].want, "Time", 4) == 0;
        wr_decoder *d = decoder(WR_FORMAT_JSON, cols, 1, NULL, (wr_format_options){0});
        assert_string_equal(SHOW(record), is_error ? error : c[i].want);

        /* The same value as a record of its own; `null` is no value at all then. */
        bool is_null = strcmp(c[i].want, "null") == 0;
        d = decoder(WR_FORMAT_JSON, cols, 1, NULL, (wr_format_options){.unwrapped = true});
        snprintf(error, sizeof error, "error: %s, path: $", c[i].want);
        assert_string_equal(SHOW(c[i].json), is_error ? error : is_null ? "NULL" : c[i].want);
    }
}

#define CANT(source, required) "Can't convert type. sourceType: " source ", requiredType: " required

static void test_boolean_and_integers(void **state)
{
    (void)state;
    const wr_type *b = &wr_type_boolean, *i = &wr_type_integer, *l = &wr_type_bigint;
    const conversion c[] = {
        {b, "true", "true"},
        {b, "false", "false"},
        {b, "null", "null"},
        {b, "\"true\"", CANT("TextNode", "BOOLEAN")},
        {b, "1", CANT("IntNode", "BOOLEAN")},
        {i, "12", "12"},
        {i, "-0", "0"},
        {i, "1.9", "1"}, /* cut off, as BigDecimal.intValue */
        {i, "-1.9", "-1"},
        {i, "1.5e3", "1500"},
        {i, "15e-1", "1"},
        {i, "0.00e9", "0"},
        {i, "2147483648", "-2147483648"}, /* wraps, as Number.intValue */
        {i, "4294967297", "1"},
        {i, "\"12\"", "12"},
        {i, "\"+7\"", "7"},
        {i, "\"\\u0031\"", "1"},
        {i, "\"2147483648\"", CANT("TextNode", "INTEGER")}, /* parseInt does not wrap */
        {i, "\"x\"", CANT("TextNode", "INTEGER")},
        {i, "\"\"", CANT("TextNode", "INTEGER")},
        {i, "\"1.0\"", CANT("TextNode", "INTEGER")},
        {i, "true", CANT("BooleanNode", "INTEGER")},
        {i, "[1]", CANT("ArrayNode", "INTEGER")},
        {i, "{}", CANT("ObjectNode", "INTEGER")},
        {l, "9223372036854775807", "9223372036854775807"},
        {l, "9223372036854775808", "-9223372036854775808"},
        {l, "18446744073709551617", "1"},
        {l, "-18446744073709551617", "-1"},
        {l, "1.0", "1"},
        {l, "1e999999999", "0"},
        {l, "1e-999999999", "0"},
        {l, "123456789012345678901234567890", "-4362896299872285998"},
        {l, "\"9223372036854775807\"", "9223372036854775807"},
        {l, "\"9223372036854775808\"", CANT("TextNode", "BIGINT")},
    };
    check_conversions(c, WR_ARRAY_LEN(c));
}

static void test_double_and_decimal(void **state)
{
    (void)state;
    const wr_type *d = &wr_type_double, *m = wr_type_decimal(arena, 6, 4);
    const conversion c[] = {
        {d, "1", "1.0"},
        {d, "1.5e10", "1.5E10"},
        {d, "-0.0", "0.0"}, /* BigDecimal knows no negative zero */
        {d, "\"-0.0\"", "-0.0"},
        {d, "\" 2.5 \"", "2.5"},
        {d, "\"NaN\"", "\"NaN\""},
        {d, "\"-Infinity\"", "\"-Infinity\""},
        {d, "1e400", "\"Infinity\""},
        {d, "\"nan\"", CANT("TextNode", "DOUBLE")},
        {d, "\"0x1.8p1\"", "3.0"},
        {d, "\"0x\"", CANT("TextNode", "DOUBLE")},
        {d, "false", CANT("BooleanNode", "DOUBLE")},
        {m, "10.1", "10.1000"},
        {m, "1010e-2", "10.1000"},
        {m, "\"-3\"", "-3.0000"},
        {m, "0.12345", "Cannot fit decimal '0.12345' into DECIMAL(6, 4) without rounding."},
        {m, "100", "Cannot fit decimal '100' into DECIMAL(6, 4) without rounding."},
        {m, "\"x\"", CANT("TextNode", "DECIMAL(6, 4)")},
        {m, "true", CANT("BooleanNode", "DECIMAL(6, 4)")},
    };
    check_conversions(c, WR_ARRAY_LEN(c));
}

static void test_times_and_bytes(void **state)
{
    (void)state;
    const conversion c[] = {
        {&wr_type_timestamp, "\"5\"", "\"1970-01-01T00:00:00.005\""},
        {&wr_type_timestamp, "\"2020-01-01\"", CANT("TextNode", "TIMESTAMP")},
        {&wr_type_date, "-1", "\"1969-12-31\""},
        {&wr_type_time, "86399999", "\"23:59:59.999\""},
        {&wr_type_time, "86400000", "\"00:00\""}, /* 24:00 is kept, and shown as the next day's */
        {&wr_type_time, "86400001", WR_TIME_RANGE_TEXT},
        {&wr_type_time, "-1", WR_TIME_RANGE_TEXT},
        /* The range is looked at before anything is cut to 32 bits... */
        {&wr_type_time, "4294967296", WR_TIME_RANGE_TEXT},
        {&wr_type_time, "9223372036854775808", WR_TIME_RANGE_TEXT},
        {&wr_type_time, "18446744073709551616", "\"00:00\""}, /* ... but after longValue */
        {&wr_type_time, "\"x\"", CANT("TextNode", "TIME")},
        {&wr_type_bytes, "\"AQI=\"", "\"AQI=\""},
        {&wr_type_bytes, "\"\"", "\"\""},
        {&wr_type_bytes, "\" AQID\\nBA==  \"", "\"AQIDBA==\""}, /* blanks between groups */
        {&wr_type_bytes, "\"AQ==AQI=\"", "\"AQEC\""},           /* each group for itself */
        {&wr_type_bytes, "\"A\"", CANT("TextNode", "BYTES")},
        {&wr_type_bytes, "\"NaN\"", CANT("TextNode", "BYTES")}, /* no padding */
        {&wr_type_bytes, "\"AQ\"", CANT("TextNode", "BYTES")},
        {&wr_type_bytes, "\"AQ=\"", CANT("TextNode", "BYTES")},
        {&wr_type_bytes, "\"A===\"", CANT("TextNode", "BYTES")},
        {&wr_type_bytes, "\"A Q I D\"", CANT("TextNode", "BYTES")},
        {&wr_type_bytes, "\"AQ-_\"", CANT("TextNode", "BYTES")},
        {&wr_type_bytes, "1", CANT("IntNode", "BYTES")},
    };
    check_conversions(c, WR_ARRAY_LEN(c));
}

static void test_string_from_anything(void **state)
{
    (void)state;
    const wr_type *s = &wr_type_string;
    const conversion c[] = {
        {s, "\"\"", "\"\""},
        {s, "\"a\\n\\u0041\\ud83d\\ude00\\/\"", "\"a\\nA\xF0\x9F\x98\x80/\""},
        {s, "true", "\"true\""},
        {s, "-0", "\"0\""},
        {s, "123456789012345678901234567890", "\"123456789012345678901234567890\""},
        {s, "1.50", "\"1.50\""},
        {s, "1e5", "\"1E+5\""},
        {s, "-1.5E-10", "\"-1.5E-10\""},
        {s, "0.000001", "\"0.000001\""},
        {s, "0.0000001", "\"1E-7\""},
        {s, "-0.0", "\"0.0\""},
        {s, "12.5e1", "\"125\""},
        /* Members in their order, the last value of doubles at the place of the first. */
        {s, "{\"b\": 1.0, \"a\": [1, {\"z\":null,\"y\":0}], \"b\": 2}",
         "\"{\\\"b\\\":2,\\\"a\\\":[1,{\\\"z\\\":null,\\\"y\\\":0}]}\""},
        {s, "[{\"z\":1,\"a\":{\"y\":2,\"b\":1.50}}]",
         "\"[{\\\"z\\\":1,\\\"a\\\":{\\\"y\\\":2,\\\"b\\\":1.50}}]\""},
        {s, "{\"\": 1, \"\\u0062\": 2, \"b\": 3}", "\"{\\\"\\\":1,\\\"b\\\":3}\""},
        {s, "{}", "\"{}\""},
        {s, "[ 1, \"x\", null, [true], {\"k\":\"v\"} ]",
         "\"[1, x, null, [true], {\\\"k\\\":\\\"v\\\"}]\""},
    };
    check_conversions(c, WR_ARRAY_LEN(c));
}

static void test_nested(void **state)
{
    (void)state;
    const wr_type *array = wr_type_array(arena, &wr_type_integer);
    const wr_type *map = wr_type_map(arena, &wr_type_string, &wr_type_bigint);
    const wr_field fields[] = {{"A", array}, {"M", map}, {"x", &wr_type_string}};
    const wr_type *object = wr_type_struct(arena, fields, 3);
    const conversion c[] = {
        {array, "[]", "[]"},
        {array, "[1, null ,\"3\"]", "[1,null,3]"},
        {array, "{}", CANT("ObjectNode", "ARRAY<INTEGER>")},
        {map, "{}", "{}"},
        {map, "{\"a\":1,\"b\":2,\"a\":3,\"c\\u0064\":null}", "{\"a\":3,\"b\":2,\"cd\":null}"},
        {map, "[]", CANT("ArrayNode", "MAP<STRING, BIGINT>")},
        {object, "{}", "{\"A\":null,\"M\":null,\"x\":null}"},
        {object, "{\"a\":[1],\"m\":{\"k\":5},\"x\":{\"q\":[]}, \"X\":4}",
         "{\"A\":[1],\"M\":{\"k\":5},\"x\":\"{\\\"q\\\":[]}\"}"},
    };
    check_conversions(c, WR_ARRAY_LEN(c));

    wr_column cols[] = {col("F", object)};
    uint32_t n = 1;
    wr_decoder *d = decoder(WR_FORMAT_JSON, cols, 1, NULL, (wr_format_options){0});
    assert_string_equal(SHOW("{\"F\":{\"A\":[0,true]}}"),
                        "error: " CANT("BooleanNode", "INTEGER") ", path: $.F.A[1]");
    assert_string_equal(SHOW("{\"F\":{\"M\":{\"k\":\"\"}}}"),
                        "error: " CANT("TextNode", "BIGINT") ", path: $.F.M.k.value");
}

static void test_names(void **state)
{
    (void)state;
    wr_column cols[] = {col("ID", &wr_type_integer), col("id", &wr_type_integer),
                        col("Na\"me", &wr_type_string)};
    uint32_t n = 3;
    wr_decoder *d = decoder(WR_FORMAT_JSON, cols, 3, NULL, (wr_format_options){0});
    static const char *const rows[][2] = {
        {"{\"ID\":1}", "1 | null | null"},
        {"{\"Id\":1}", "1 | null | null"},
        {"{\"id\":2}", "2 | 2 | null"}, /* one member, two columns */
        {"{\"id\":2,\"ID\":1}", "1 | 2 | null"},
        {"{\"ID\":1,\"id\":2,\"iD\":3}", "1 | 2 | null"}, /* the exact name wins */
        {"{\"iD\":3,\"Id\":4}", "4 | null | null"},       /* else the last one */
        {"{\"ID\":1,\"ID\":5}", "5 | null | null"},       /* the last of doubles */
        {"{\"ID\":\"bad\",\"ID\":5}", "5 | null | null"}, /* the others are not converted */
        {"{\"\\u0049D\":6}", "6 | null | null"},          /* escaped names */
        {"{\"Na\\\"me\":\"x\",\"z\":[{}]}", "null | null | \"x\""},
        {"{}", "null | null | null"},
        {" \xEF\xBB\xBF{}", "error: Invalid JSON at byte 1: a value is expected"},
        {"\xEF\xBB\xBF {\"ID\":1}\n", "1 | null | null"},
        {"null", "NULL"},
        {" null ", "NULL"},
    };
    for (int again = 0; again < 2; again++) /* the learned order must not change anything */
        for (size_t i = 0; i < WR_ARRAY_LEN(rows); i++)
            assert_string_equal(SHOW(rows[i][0]), rows[i][1]);
}

static void test_structure_is_always_checked(void **state)
{
    (void)state;
    wr_column cols[] = {col("A", &wr_type_integer), col("B", &wr_type_integer)};
    const bool wanted[] = {true, false};
    uint32_t n = 1; /* B has no vector to look at */
    wr_decoder *d = decoder(WR_FORMAT_JSON, cols, 2, wanted, (wr_format_options){0});
    static const char *const bad[][2] = {
        {"{\"A\":1,\"B\":tru}", "11: unknown word"},
        {"{\"A\":1,\"B\":\"x}", "14: the text ends inside a string"},
        {"{\"A\":1", "6: the text ends inside an object or array"},
        {"{\"A\":1,}", "7: a name in quotes is expected"},
        {"{\"A\" 1}", "5: ':' is expected"},
        {"{\"A\":1 \"B\":2}", "7: ',' or '}' is expected"},
        {"{\"B\":[1,]}", "8: a value is expected"},
        {"{\"B\":[1 2]}", "8: ',' or ']' is expected"},
        {"{\"B\":{]}", "6: a name in quotes is expected"},
        {"{\"B\":01}", "7: a number has a leading zero"},
        {"{\"B\":1.}", "7: a number has no digits after its point"},
        {"{\"B\":1e}", "7: a number's exponent has no digits"},
        {"{\"B\":1e1234567890}", "17: a number's exponent is too large"},
        {"{\"B\":-}", "6: a number has no digits"},
        {"{\"B\":NaN}", "5: a value is expected"},
        {"{\"B\":\"\\x\"}", "6: unknown escape in a string"},
        {"{\"B\":\"\\u12g4\"}", "6: \\u must be followed by four hexadecimal digits"},
        {"{\"B\":\"a\tb\"}", "7: control character in a string"},
        {"{\"B\":\"\xff\"}", "0: the record is not UTF-8"},
        {"{\"B\":\"\xed\xa0\x80\"}", "0: the record is not UTF-8"},
        {"nul", "0: unknown word"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(bad); i++) {
        char want[200];
        snprintf(want, sizeof want, "error: Invalid JSON at byte %s", bad[i][1]);
        assert_string_equal(SHOW(bad[i][0]), want);
    }
    /* Types of unread columns matter only with the strict option. */
    assert_string_equal(SHOW("{\"A\":1,\"B\":\"x\"}"), "1");
    d = decoder(WR_FORMAT_JSON, cols, 2, wanted, (wr_format_options){.strict = true});
    assert_string_equal(SHOW("{\"A\":1,\"B\":\"x\"}"),
                        "error: " CANT("TextNode", "INTEGER") ", path: $.B");
    assert_string_equal(SHOW("{\"A\":1,\"B\":\"2\"}"), "1");
}

static void test_records_that_are_no_objects(void **state)
{
    (void)state;
    wr_column cols[] = {col("A", &wr_type_integer)};
    uint32_t n = 1;
    wr_decoder *d = decoder(WR_FORMAT_JSON, cols, 1, NULL, (wr_format_options){0});
    assert_string_equal(SHOW("1"), "error: " CANT("IntNode", "STRUCT<`A` INTEGER>") ", path: $");
    assert_string_equal(SHOW("true"),
                        "error: " CANT("BooleanNode", "STRUCT<`A` INTEGER>") ", path: $");
    assert_string_equal(SHOW(""), "error: " CANT("MissingNode", "STRUCT<`A` INTEGER>") ", path: $");
    d = decoder(WR_FORMAT_JSON, cols, 1, NULL, (wr_format_options){.unwrapped = true});
    assert_string_equal(SHOW(" "), "error: " CANT("MissingNode", "INTEGER") ", path: $");
    assert_string_equal(SHOW("null"), "NULL");
    assert_string_equal(decode_show(d, cols, n, (wr_str){0}), "NULL");

    cols[0].type = &wr_type_string;
    d = decoder(WR_FORMAT_JSON, cols, 1, NULL, (wr_format_options){.unwrapped = true});
    assert_string_equal(SHOW(""), "\"\"");

    /* A record is NULL also where nobody wants its column. */
    const bool none[] = {false};
    d = decoder(WR_FORMAT_JSON, cols, 1, none, (wr_format_options){.unwrapped = true});
    n = 0;
    assert_string_equal(SHOW("null"), "NULL");
    assert_int_equal(wr_decoder_last(d).nulls, 1);
    assert_string_equal(SHOW("1"), "");

    /* Without key columns the bytes are not looked at; without value columns they are. */
    d = decoder(WR_FORMAT_JSON, cols, 0, NULL, (wr_format_options){.unwrapped = true});
    assert_string_equal(SHOW("}{"), "");
    d = decoder(WR_FORMAT_JSON, cols, 0, NULL, (wr_format_options){0});
    assert_string_equal(SHOW("}{"), "error: Invalid JSON at byte 0: a value is expected");
}

/* J01: a record ends where its first value ends; what follows is not read, and counted. */
static void test_j01_text_after_the_value_is_ignored(void **state)
{
    (void)state;
    static const struct {
        const char *record, *object, *bare; /* as an object with A, as a STRING of its own */
        bool rest;
    } c[] = {
        {"{\"A\":1}", "1", "\"{\\\"A\\\":1}\"", false},
        {"{\"A\":1} \n\t", "1", "\"{\\\"A\\\":1}\"", false},
        {"{\"A\":1}x", "1", "\"{\\\"A\\\":1}\"", true},
        {"{\"A\":1} {\"A\":2}", "1", "\"{\\\"A\\\":1}\"", true},
        {"{\"A\":1}{", "1", "\"{\\\"A\\\":1}\"", true},
        {"{\"A\":1}}", "1", "\"{\\\"A\\\":1}\"", true},
        {"{\"A\":1}\xff\xc3", "1", "\"{\\\"A\\\":1}\"", true}, /* nor is its UTF-8 looked at */
        {"null x", "NULL", "NULL", true},
    };
    wr_column cols[] = {col("A", &wr_type_integer)}, text[] = {col("A", &wr_type_string)};
    wr_decoder *object = decoder(WR_FORMAT_JSON, cols, 1, NULL, (wr_format_options){0});
    wr_decoder *bare =
        decoder(WR_FORMAT_JSON, text, 1, NULL, (wr_format_options){.unwrapped = true});
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        wr_str record = exact(c[i].record, strlen(c[i].record));
        assert_string_equal(decode_show(object, cols, 1, record), c[i].object);
        assert_int_equal(wr_decoder_last(object).with_rest, c[i].rest);
        assert_int_equal(wr_decoder_last(object).nulls, strcmp(c[i].object, "NULL") == 0);
        assert_string_equal(decode_show(bare, text, 1, record), c[i].bare);
        assert_int_equal(wr_decoder_last(bare).with_rest, c[i].rest);
    }
}

/* Values that are no containers end as in Jackson: numbers at a blank, words not in a word. */
static void test_text_after_a_scalar(void **state)
{
    (void)state;
    static const struct {
        const char *record, *want;
        bool rest;
    } c[] = {
        {"1 2", "\"1\"", true},
        {"1\n", "\"1\"", false},
        {"-1.5e3 x", "\"-1.5E+3\"", true},
        {"\"a\"\"b\"", "\"a\"", true},
        {"\"a\" x", "\"a\"", true},
        {"true,", "\"true\"", true},
        {"[1]]", "\"[1]\"", true},
        {"1x", "error: Invalid JSON at byte 1: unexpected character after the value", false},
        {"1{}", "error: Invalid JSON at byte 1: unexpected character after the value", false},
        {"truex", "error: Invalid JSON at byte 4: unexpected character after the value", false},
        {"null1", "error: Invalid JSON at byte 4: unexpected character after the value", false},
        {"\"\xff\" x", "error: Invalid JSON at byte 0: the record is not UTF-8", false},
        {"[1 x", "error: Invalid JSON at byte 3: ',' or ']' is expected", false},
    };
    wr_column cols[] = {col("A", &wr_type_string)};
    uint32_t n = 1;
    wr_decoder *d = decoder(WR_FORMAT_JSON, cols, 1, NULL, (wr_format_options){.unwrapped = true});
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        assert_string_equal(SHOW(c[i].record), c[i].want);
        assert_int_equal(wr_decoder_last(d).with_rest, c[i].rest);
    }
}

/* The numbers are of one scan: of all its rows, and of no earlier one. */
static void test_counts_of_a_scan(void **state)
{
    (void)state;
    wr_column cols[] = {col("A", &wr_type_integer)};
    wr_decoder *d = decoder(WR_FORMAT_JSON, cols, 1, NULL, (wr_format_options){0});
    static const char *const records[] = {"{}x", "null", "{}", "{} {}", "null,", "{"};
    wr_str payloads[7];
    for (size_t i = 0; i < WR_ARRAY_LEN(records); i++)
        payloads[i] = exact(records[i], strlen(records[i]));
    payloads[6] = (wr_str){0}; /* no payload at all is not a text `null` */
    uint8_t ok[7];
    wr_row_errors errs = {0};
    weir_error err;
    for (int again = 0; again < 2; again++) {
        assert_int_equal(wr_decoder_scan(d, payloads, wr_sel_all(7), ok, &errs, arena, &err),
                         WEIR_OK);
        assert_int_equal(wr_decoder_last(d).with_rest, 3);
        assert_int_equal(wr_decoder_last(d).nulls, 2);
        assert_int_equal(ok[1], WR_DECODED_NULL);
        assert_int_equal(ok[6], WR_DECODED_NULL);
        assert_int_equal(ok[5], 0);
    }
    assert_int_equal(wr_decoder_scan(d, payloads + 2, wr_sel_all(1), ok, &errs, arena, &err),
                     WEIR_OK);
    assert_int_equal(wr_decoder_last(d).with_rest + wr_decoder_last(d).nulls, 0);
}

static void test_depth(void **state)
{
    (void)state;
    wr_column cols[] = {col("A", &wr_type_string)};
    uint32_t n = 1;
    wr_decoder *d = decoder(WR_FORMAT_JSON, cols, 1, NULL, (wr_format_options){0});
    for (int levels = 99; levels <= 100; levels++) { /* the object around them is one more */
        wr_buf text = {0};
        wr_buf_puts(&text, "{\"B\":");
        for (int i = 0; i < levels; i++)
            wr_buf_putc(&text, '[');
        for (int i = 0; i < levels; i++)
            wr_buf_putc(&text, ']');
        wr_buf_puts(&text, "}");
        assert_string_equal(SHOW(wr_buf_cstr(&text)),
                            levels == 99
                                ? "null"
                                : "error: Invalid JSON at byte 104: nested deeper than 100 levels");
        wr_buf_free(&text);
    }
}

/* Many rows, a selection, NULL payloads and bad rows in between: as if each came alone. */
static void test_batch_equals_single_rows(void **state)
{
    (void)state;
    enum { ROWS = 300 };
    wr_column cols[] = {col("ID", &wr_type_bigint), col("S", &wr_type_string)};
    wr_decoder *d = decoder(WR_FORMAT_JSON, cols, 2, NULL, (wr_format_options){0});
    wr_str payloads[ROWS];
    uint32_t rows[ROWS], rows_n = 0, bad = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        char buf[100];
        switch (i % 4) {
        case 0:
            snprintf(buf, sizeof buf, "{\"ID\":%u,\"S\":\"x\\n%u\"}", i, i);
            break;
        case 1:
            snprintf(buf, sizeof buf, "{\"s\":\"\xC3\xA4\",\"id\":%u}", i);
            break;
        case 2:
            snprintf(buf, sizeof buf, "{\"S\":\"x\",\"ID\":true}");
            break;
        default:
            snprintf(buf, sizeof buf, "{%u", i);
        }
        payloads[i] = i % 7 == 3 ? (wr_str){0} : exact(buf, strlen(buf));
        if (i % 5)
            rows[rows_n++] = i;
    }
    wr_vec *v = vectors(cols, 2, ROWS);
    uint8_t ok[ROWS];
    memset(ok, 99, sizeof ok);
    wr_row_errors errs = {0};
    weir_error err;
    assert_int_equal(wr_decoder_run(d, payloads, (wr_sel){rows_n, rows}, v, ok, &errs, arena, &err),
                     WEIR_OK);
    for (uint32_t k = 0; k < rows_n; k++) {
        uint32_t i = rows[k];
        wr_buf out = {0};
        for (uint32_t c = 0; c < 2; c++) {
            wr_value value = wr_vec_get(&v[c], i);
            wr_buf_puts(&out, c ? " | " : "");
            wr_value_print_json(&out, cols[c].type, &value);
        }
        wr_decoder *alone = decoder(WR_FORMAT_JSON, cols, 2, NULL, (wr_format_options){0});
        const char *want = decode_show(alone, cols, 2, payloads[i]);
        if (ok[i] == 0) {
            bad++;
            assert_int_equal(strncmp(want, "error: ", 7), 0);
            assert_string_equal(wr_buf_cstr(&out), "null | null");
        } else if (ok[i] == WR_DECODED_NULL) {
            assert_string_equal(want, "NULL");
        } else {
            assert_string_equal(wr_buf_cstr(&out), want);
        }
        wr_buf_free(&out);
    }
    assert_int_equal(errs.count, bad);
    assert_true(bad > 50);
    assert_int_equal(ok[0], 99); /* not selected: not touched */
}

/* What one record taught about blanks changes nothing for the next one, of whatever style. */
static void test_styles_of_blanks(void **state)
{
    (void)state;
    static const char *const styles[] = {
        "{\"A\":1,\"B\":\"x\",\"C\":[2]}",
        "{\"A\": 1, \"B\": \"x\", \"C\": [2]}",
        "{ \"A\" : 1 , \"B\" : \"x\" , \"C\" : [2] }",
        "{\n\t\"A\":\t1,\n\t\"B\":\n\"x\",\"C\":\t[2]\n}",
        "{\"A\":1 ,\"B\":\"x\" ,\"C\":[2] }",
    };
    const wr_column cols[] = {col("A", &wr_type_integer), col("B", &wr_type_string),
                              col("C", wr_type_array(arena, &wr_type_integer))};
    uint32_t n = 3;
    char want[256];
    for (size_t i = 0; i < WR_ARRAY_LEN(styles); i++) {
        for (size_t k = 0; k < WR_ARRAY_LEN(styles); k++) {
            wr_decoder *d = decoder(WR_FORMAT_JSON, cols, n, NULL, (wr_format_options){0});
            snprintf(want, sizeof want, "%s", SHOW(styles[i]));
            assert_non_null(strstr(want, "[2]"));
            assert_string_equal(SHOW(styles[k]), want);
            assert_string_equal(SHOW(styles[i]), want);
        }
    }
}

static void test_ascii_flag(void **state)
{
    (void)state;
    wr_column cols[] = {col("S", &wr_type_string)};
    wr_decoder *d = decoder(WR_FORMAT_JSON, cols, 1, NULL, (wr_format_options){0});
    static const char *const records[] = {"{\"S\":\"a\"}", "{\"S\":\"\\u00e4\"}",
                                          "{\"S\":\"\\n\",\"\xC3\xA4\":1}"};
    for (int first = 0; first < 3; first++) {
        wr_str payload = exact(records[first], strlen(records[first]));
        wr_vec *v = vectors(cols, 1, 1);
        uint8_t ok;
        wr_row_errors errs = {0};
        weir_error err;
        assert_int_equal(wr_decoder_run(d, &payload, wr_sel_all(1), v, &ok, &errs, arena, &err),
                         WEIR_OK);
        assert_int_equal(v[0].ascii, first != 1);
    }
}

/* J02: of doubled members the last one counts, the exact name before others; what is no JSON is
 * refused, wherever it stands. */
static void test_j02_doubled_members_and_what_is_no_json(void **state)
{
    (void)state;
    static const char *const c[][2] = {
        {"{\"A\":1,\"A\":2}", "2"},
        {"{\"A\":1,\"a\":2}", "1"},
        {"{\"a\":2,\"A\":1}", "1"},
        {"{\"A\":NaN}", "error: Invalid JSON at byte 5: a value is expected"},
        {"{\"A\":-Infinity}", "error: Invalid JSON at byte 6: a number has no digits"},
        {"{'A':1}", "error: Invalid JSON at byte 1: a name in quotes is expected"},
        {"{\"A\":'1'}", "error: Invalid JSON at byte 5: a value is expected"},
        {"{\"A\":01}", "error: Invalid JSON at byte 7: a number has a leading zero"},
        {"{\"A\":1/**/}", "error: Invalid JSON at byte 6: ',' or '}' is expected"},
        {"{\"A\":1,}", "error: Invalid JSON at byte 7: a name in quotes is expected"},
        {"{\"A\":1,\"z\":[1,]}", "error: Invalid JSON at byte 14: a value is expected"},
    };
    wr_column cols[] = {col("A", &wr_type_integer)};
    uint32_t n = 1;
    wr_decoder *d = decoder(WR_FORMAT_JSON, cols, 1, NULL, (wr_format_options){0});
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++)
        assert_string_equal(SHOW(c[i][0]), c[i][1]);
}

static void test_j03_members_of_a_text_stay_in_order(void **state)
{
    (void)state;
    const conversion c[] = {
        {&wr_type_string, "{\"z\":1,\"a\":{\"y\":2,\"b\":3},\"M\":4}",
         "\"{\\\"z\\\":1,\\\"a\\\":{\\\"y\\\":2,\\\"b\\\":3},\\\"M\\\":4}\""},
    };
    check_conversions(c, WR_ARRAY_LEN(c));
}

/* J05: numbers are cut to the type, texts are not; BigDecimal's text of a number. */
static void test_j05_numbers_into_other_types(void **state)
{
    (void)state;
    const conversion c[] = {
        {&wr_type_string, "1e3", "\"1E+3\""},
        {&wr_type_string, "0.1e1", "\"1\""},
        {&wr_type_integer, "3000000000", "-1294967296"},
        {&wr_type_integer, "1.9", "1"},
        {&wr_type_integer, "\"1.0\"", CANT("TextNode", "INTEGER")},
        {&wr_type_integer, "\"3000000000\"", CANT("TextNode", "INTEGER")},
        {&wr_type_bigint, "12345678901234567890", "-6101065172474983726"},
    };
    check_conversions(c, WR_ARRAY_LEN(c));
}

/* J07: 24:00 is a time, and base64 must be padded. */
static void test_j07_the_end_of_a_day_and_padding(void **state)
{
    (void)state;
    const wr_column cols[] = {col("T", &wr_type_time)};
    wr_decoder *d = decoder(WR_FORMAT_JSON, cols, 1, NULL, (wr_format_options){0});
    wr_str payload = exact("{\"T\":86400000}", 14);
    wr_vec *v = vectors(cols, 1, 1);
    uint8_t ok;
    wr_row_errors errs = {0};
    weir_error err;
    assert_int_equal(wr_decoder_run(d, &payload, wr_sel_all(1), v, &ok, &errs, arena, &err),
                     WEIR_OK);
    assert_int_equal(ok, WR_DECODED);
    assert_int_equal(v[0].u.i32[0], 86400000);
    const conversion c[] = {
        {&wr_type_time, "86400001", WR_TIME_RANGE_TEXT},
        {&wr_type_bytes, "\"AQ==\"", "\"AQ==\""},
        {&wr_type_bytes, "\"AQ\"", CANT("TextNode", "BYTES")},
    };
    check_conversions(c, WR_ARRAY_LEN(c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boolean_and_integers),
        cmocka_unit_test(test_double_and_decimal),
        cmocka_unit_test(test_times_and_bytes),
        cmocka_unit_test(test_string_from_anything),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_structure_is_always_checked),
        cmocka_unit_test(test_records_that_are_no_objects),
        cmocka_unit_test(test_j01_text_after_the_value_is_ignored),
        cmocka_unit_test(test_text_after_a_scalar),
        cmocka_unit_test(test_counts_of_a_scan),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_batch_equals_single_rows),
        cmocka_unit_test(test_styles_of_blanks),
        cmocka_unit_test(test_ascii_flag),
        cmocka_unit_test(test_j02_doubled_members_and_what_is_no_json),
        cmocka_unit_test(test_j03_members_of_a_text_stay_in_order),
        cmocka_unit_test(test_j05_numbers_into_other_types),
        cmocka_unit_test(test_j07_the_end_of_a_day_and_padding),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
