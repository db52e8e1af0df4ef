/* SPDX-License-Identifier: Apache-2.0 */
/* Change events of Debezium: what they do to a row, and the forms that values come in. */
#include "fixture.h"

static const char *show(wr_decoder *d, const wr_column *cols, uint32_t n, const char *text,
                        int64_t *time, uint8_t *state)
{
    wr_str payload = exact(text, strlen(text));
    wr_vec *v = vectors(cols, n, 1);
    wr_row_errors errs = {0};
    weir_error err;
    *state = 77;
    wr_decoder_times(d, time);
    assert_int_equal(wr_decoder_run(d, &payload, wr_sel_all(1), v, state, &errs, arena, &err),
                     WEIR_OK);
    if (!*state)
        return wr_arena_printf(arena, "error: %s", errs.first);
    assert_int_equal(errs.count, 0);
    wr_buf out = {0};
    for (uint32_t c = 0; c < n; c++) {
        wr_value value = wr_vec_get(&v[c], 0);
        wr_buf_puts(&out, c ? " | " : "");
        wr_value_print_json(&out, cols[c].type, &value);
    }
    const char *shown = *state == WR_DECODED_SKIP       ? "skipped"
                        : *state == WR_DECODED_TRUNCATE ? "all deleted"
                        : *state == WR_DECODED_NULL     ? "deleted"
                                                        : wr_arena_strdup(arena, wr_buf_cstr(&out));
    wr_decoder_counts counts = wr_decoder_last(d);
    assert_int_equal(counts.skipped, *state == WR_DECODED_SKIP);
    assert_int_equal(counts.nulls, *state == WR_DECODED_NULL);
    assert_int_equal(counts.truncates, *state == WR_DECODED_TRUNCATE);
    wr_buf_free(&out);
    return shown;
}

static const char *event(const char *text, int64_t *time)
{
    const wr_column cols[] = {col("ID", &wr_type_integer), col("NAME", &wr_type_string)};
    wr_decoder *d = decoder(WR_FORMAT_DEBEZIUM_JSON, cols, 2, NULL, (wr_format_options){0});
    uint8_t state;
    return show(d, cols, 2, text, time, &state);
}

#define SOURCE "\"source\":{\"version\":\"3\",\"ts_ms\":1700000000123,\"table\":\"t\"}"
#define ROW    "{\"id\":1,\"name\":\"a\"}"

static void test_operations(void **state)
{
    (void)state;
    const struct {
        const char *text, *shown;
    } c[] = {
        {"{\"before\":null,\"after\":" ROW "," SOURCE ",\"op\":\"c\",\"ts_ms\":5}", "1 | \"a\""},
        {"{\"before\":" ROW ",\"after\":{\"id\":1,\"name\":null},\"op\":\"u\"}", "1 | null"},
        {"{\"op\":\"r\",\"after\":" ROW "}", "1 | \"a\""},
        {"{\"op\":\"d\",\"before\":" ROW ",\"after\":null}", "deleted"},
        {"null", "deleted"},
        {"{\"op\":\"c\",\"after\":\"{\\\"id\\\": 1, \\\"name\\\": \\\"a\\\"} \"}", "1 | \"a\""},
        {"{\"op\":\"c\",\"after\":\"{\"}", "error: A change event has no row in `after`"},
        {"{\"op\":\"c\",\"after\":\"\"}", "error: A change event has no row in `after`"},
        {"{\"op\":\"c\",\"after\":\"[1]\"}", "error: A change event has no row in `after`"},
        {"{\"op\":\"c\",\"after\":\"{} x\"}", "error: A change event has no row in `after`"},
        {"{\"op\":\"t\",\"before\":null,\"after\":null}", "all deleted"},
        {"{\"op\":\"m\",\"message\":{}}", "skipped"},
        {"{\"status\":\"BEGIN\",\"id\":\"1:2\",\"ts_ms\":1}", "skipped"},
        {"{\"ts_ms\":1}", "skipped"},
        {"{\"source\":{},\"databaseName\":\"d\",\"ddl\":\"alter\",\"tableChanges\":[]}", "skipped"},
        {"{\"id\":1,\"name\":\"a\"}",
         "error: The record is no change event of Debezium: it has no `op`"},
        {"{\"Op\":\"c\",\"after\":" ROW "}",
         "error: The record is no change event of Debezium: it has no `op`"},
        {"{\"op\":\"c\",\"after\":null}", "error: A change event has no row in `after`"},
        {"{\"op\":7,\"after\":" ROW "}", "error: A change event's `op` is not one letter"},
        {"[1]", "error: The record is no change event of Debezium: it is no object"},
        {"", "error: The record is empty"},
        {"{\"op\":\"c\"", "error: Invalid JSON at byte 9: "},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++)
        assert_memory_equal(event(c[i].text, NULL), c[i].shown, strlen(c[i].shown));
}

/* Connect's envelope with the schema of each record. */
static void test_envelope(void **state)
{
    (void)state;
#define IN(payload) "{\"schema\":{\"type\":\"struct\",\"fields\":[]},\"payload\":" payload "}"
    assert_string_equal(event(IN("{\"op\":\"c\",\"after\":" ROW "}"), NULL), "1 | \"a\"");
    assert_string_equal(event(IN("{\"op\":\"d\",\"after\":null}"), NULL), "deleted");
    assert_string_equal(event(IN("null"), NULL), "deleted");
    assert_string_equal(event(IN("{\"status\":\"END\"}"), NULL), "skipped");
    assert_string_equal(event(IN("7"), NULL), "error: The payload is no object");
}

static void test_keys(void **state)
{
    (void)state;
    const wr_column cols[] = {col("OP", &wr_type_integer)};
    wr_decoder *d =
        decoder(WR_FORMAT_DEBEZIUM_JSON, cols, 1, NULL, (wr_format_options){.is_key = true});
    uint8_t ok;
    assert_string_equal(show(d, cols, 1, "{\"op\":1}", NULL, &ok), "1");
    assert_string_equal(show(d, cols, 1, IN("{\"op\":2}"), NULL, &ok), "2");
}

static void test_the_time_of_a_row(void **state)
{
    (void)state;
    int64_t time = 42;
    event("{\"op\":\"c\",\"after\":" ROW "," SOURCE "}", &time);
    assert_int_equal(time, 1700000000123);
    time = 42;
    event("{\"op\":\"d\",\"after\":null," SOURCE "}", &time);
    assert_int_equal(time, 1700000000123);
    time = 42;
    event("{\"op\":\"c\",\"after\":" ROW ",\"source\":{\"ts_ms\":\"x\"},\"ts_ms\":5}", &time);
    event("{\"op\":\"c\",\"after\":null," SOURCE "}", &time); /* a bad row */
    assert_int_equal(time, 42);
}

/* A value of `v` as the type. */
static const char *value(const char *text, const wr_type *type)
{
    const wr_column cols[] = {col("V", type)};
    wr_decoder *d = decoder(WR_FORMAT_DEBEZIUM_JSON, cols, 1, NULL, (wr_format_options){0});
    uint8_t state;
    const char *record = wr_arena_printf(arena, "{\"op\":\"c\",\"after\":{\"v\":%s}}", text);
    return show(d, cols, 1, record, NULL, &state);
}

typedef struct value_case {
    const char *text, *shown;
} value_case;

static void check_values(const wr_type *type, const value_case *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *got = value(c[i].text, type);
        if (c[i].shown)
            assert_string_equal(got, c[i].shown);
        else
            assert_memory_equal(got, "error: ", 7);
    }
}

static void test_decimals(void **state)
{
    (void)state;
    const value_case c[] = {
        {"\"BNI=\"", "12.34"},
        {"\"/av0HAE=\"", "-99999999.99"},
        {"\"AA==\"", "0.00"},
        {"\"12.34\"", "12.34"},
        {"\"-5\"", "-5.00"},
        {"12.34", "12.34"},
        {"null", "null"},
        {"\"12.345\"", NULL},
        {"\"?\"", NULL},
        {"\"\"", NULL},
        {"true", NULL},
        {"\"1E+1\"", "-28631.79"}, /* base64 */

        {"{\"scale\":2,\"value\":\"MDk=\"}", "123.45"},
        {"{\"scale\":2}", NULL},
        {"{\"scale\":0,\"value\":\"AA==\"}", "0.00"},
        {"{\"scale\":3,\"value\":\"AQ==\"}", NULL},
        {"{\"scale\":99999999,\"value\":\"AQ==\"}", NULL},
        {"\"NaN\"", "null"},
        {"\"NAN\"", "null"},
    };
    check_values(wr_type_decimal(arena, 10, 2), c, WR_ARRAY_LEN(c));
    assert_string_equal(value("\"AKtUqYzrHwrS\"", wr_type_decimal(arena, 20, 0)),
                        "12345678901234567890");
}

static void test_times(void **state)
{
    (void)state;
    const value_case stamps[] = {
        {"1772323200000", "\"2026-03-01T00:00:00.000\""},
        {"1772323199999999", "\"2026-02-28T23:59:59.999\""},
        {"1772323199999999999", "\"2026-02-28T23:59:59.999\""},
        {"\"2026-02-28T21:59:59.999999Z\"", "\"2026-02-28T21:59:59.999\""},
        {"\"2026-02-28T21:59:59Z\"", "\"2026-02-28T21:59:59.000\""},
        {"\"2026-02-28T21:59:59.5+02:00\"", "\"2026-02-28T19:59:59.500\""},
        {"\"-infinity\"", NULL},
        {"1.5", NULL},
    };
    check_values(&wr_type_timestamp, stamps, WR_ARRAY_LEN(stamps));
    const value_case times[] = {
        {"45296790", "\"12:34:56.790\""},
        {"86399999999", "\"23:59:59.999\""},
        {"86400000000", "\"00:00\""},
        {"3020399000000", NULL}, /* 838:59:59 of MySQL */
        {"43200000000000", "\"12:00\""},
        {"86400001000000", NULL},
        {"\"10:34:56.789Z\"", "\"10:34:56.789\""},
        {"-1", NULL},
    };
    check_values(&wr_type_time, times, WR_ARRAY_LEN(times));
    const value_case dates[] = {
        {"20512", "\"2026-02-28\""}, {"\"2026-02-28\"", "\"2026-02-28\""}, {"\"x\"", NULL}};
    check_values(&wr_type_date, dates, WR_ARRAY_LEN(dates));
}

static void test_other_types(void **state)
{
    (void)state;
    const value_case ints[] = {
        {"-32768", "-32768"}, {"2147483648", NULL}, {"\"1\"", NULL}, {"1.0", NULL}};
    check_values(&wr_type_integer, ints, WR_ARRAY_LEN(ints));
    const value_case longs[] = {{"9007199254740993", "9007199254740993"},
                                {"9223372036854775808", NULL}};
    check_values(&wr_type_bigint, longs, WR_ARRAY_LEN(longs));
    const value_case doubles[] = {
        {"1.1", "1.1"}, {"\"NaN\"", "\"NaN\""}, {"\"-Infinity\"", "\"-Infinity\""}, {"{}", NULL}};
    check_values(&wr_type_double, doubles, WR_ARRAY_LEN(doubles));
    const value_case texts[] = {{"\"{\\\"a\\\": 1}\"", "\"{\\\"a\\\": 1}\""}, {"7", "\"7\""}};
    check_values(&wr_type_string, texts, WR_ARRAY_LEN(texts));
    const value_case flags[] = {
        {"true", "true"}, {"1", "true"}, {"0", "false"}, {"2", NULL}, {"\"true\"", NULL}};
    check_values(&wr_type_boolean, flags, WR_ARRAY_LEN(flags));
    const value_case bytes[] = {{"\"AP8Q\"", "\"AP8Q\""}, {"\"?\"", NULL}};
    check_values(&wr_type_bytes, bytes, WR_ARRAY_LEN(bytes));
    const value_case lists[] = {{"[\"AJY=\",null]", "[1.50,null]"}, {"7", NULL}};
    check_values(wr_type_array(arena, wr_type_decimal(arena, 6, 2)), lists, WR_ARRAY_LEN(lists));
    const wr_field fields[] = {{"X", &wr_type_double}, {"WKB", &wr_type_bytes}};
    const value_case points[] = {
        {"{\"x\":1.5,\"wkb\":\"AP8Q\",\"srid\":null}", "{\"X\":1.5,\"WKB\":\"AP8Q\"}"},
        {"[]", NULL}};
    check_values(wr_type_struct(arena, fields, 2), points, WR_ARRAY_LEN(points));
}

/* Is `v` a stand-in for a value that has not changed? It is NULL then. */
static bool is_unavailable(const char *text, const wr_type *type, bool is_key)
{
    const wr_column cols[] = {col("V", type)};
    wr_decoder *d =
        decoder(WR_FORMAT_DEBEZIUM_JSON, cols, 1, NULL, (wr_format_options){.is_key = is_key});
    uint8_t state;
    uint32_t n;
    const char *record =
        wr_arena_printf(arena, is_key ? "{\"v\":%s}" : "{\"op\":\"u\",\"after\":{\"v\":%s}}", text);
    const char *shown = show(d, cols, 1, record, NULL, &state);
    const uint32_t *rows = wr_decoder_unavailable(d, &n);
    if (n == 0)
        return false;
    assert_int_equal(n, 1);
    assert_int_equal(rows[0], 0);
    assert_string_equal(shown, "null");
    return true;
}

#define WORD_BYTES                                                                                 \
    "95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,97,"   \
    "108,117,101"

static void test_unavailable_values(void **state)
{
    (void)state;
    const wr_type *texts = wr_type_array(arena, &wr_type_string);
    const wr_type *ints = wr_type_array(arena, &wr_type_integer);
    static const char word[] = "\"__debezium_unavailable_value\"";
    static const char base64[] = "\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"";
    static const char hex[] = "\"5f5f646562657a69756d5f756e617661696c61626c655f76616c7565\"";
    const wr_type *map = wr_type_map(arena, &wr_type_string, &wr_type_string);
    assert_true(is_unavailable(word, &wr_type_string, false));
    assert_true(is_unavailable(hex, &wr_type_string, false));
    assert_true(is_unavailable(base64, &wr_type_bytes, false));
    assert_true(is_unavailable("[\"__debezium_unavailable_value\"]", texts, false));
    assert_true(is_unavailable("[" WORD_BYTES "]", ints, false));
    assert_true(is_unavailable(
        "{\"__debezium_unavailable_value\":\"__debezium_unavailable_value\"}", map, false));
    assert_true(is_unavailable(word, wr_type_decimal(arena, 5, 2), false));
    assert_false(is_unavailable("[" WORD_BYTES ",1]", ints, false));
    assert_false(is_unavailable("[95,95,100]", ints, false));
    assert_false(is_unavailable("[\"__debezium_unavailable_value\",\"a\"]", texts, false));
    assert_false(is_unavailable("\"__debezium_unavailable_values\"", &wr_type_string, false));
    assert_false(is_unavailable("null", &wr_type_string, false));
    assert_false(is_unavailable(word, &wr_type_string, true)); /* a key is what it says */
    /* Nobody asks for the column: no fault. */
    const wr_column cols[] = {col("ID", &wr_type_integer), col("BODY", &wr_type_string)};
    static const bool wanted[] = {true, false};
    wr_decoder *d = decoder(WR_FORMAT_DEBEZIUM_JSON, cols, 2, wanted, (wr_format_options){0});
    wr_vec *v = vectors(cols, 2, 1);
    wr_str payload = WR_STR("{\"op\":\"u\",\"after\":{\"id\":1,\"body\":"
                            "\"__debezium_unavailable_value\"}}");
    uint8_t ok = 0;
    wr_row_errors errs = {0};
    weir_error err;
    assert_int_equal(wr_decoder_run(d, &payload, wr_sel_all(1), v, &ok, &errs, arena, &err),
                     WEIR_OK);
    assert_int_equal(ok, WR_DECODED);
    assert_int_equal(v[0].u.i32[0], 1);
}

static void test_it_is_read_only(void **state)
{
    (void)state;
    const wr_column column = col("V", &wr_type_integer);
    wr_encoder *e;
    weir_error err = {0};
    const wr_format *f = wr_format_get(WR_FORMAT_DEBEZIUM_JSON);
    assert_int_equal(wr_encoder_new(f, &column, 1, NULL, arena, &e, &err), WEIR_ERR_STATEMENT);
    assert_non_null(strstr(err.message, "can be read only"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_operations, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_envelope, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_keys, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_the_time_of_a_row, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_decimals, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_times, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_other_types, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_unavailable_values, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_it_is_read_only, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests_name("debezium", tests, NULL, NULL);
}
