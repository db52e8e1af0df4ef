/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Change events of Debezium in Avro, with schemas as Kafka Connect's AvroConverter makes them: what
 * they do to a row, and the forms that values come in.
 */
#include "avro_fixture.h"

/* An event's schema around that of a row; as the connectors have it, but shorter. */
static const wr_registry_schema *envelope(const char *row_fields)
{
    return avro_schema(wr_arena_printf(
        arena,
        "{\"type\":\"record\",\"name\":\"Envelope\",\"namespace\":\"shop.t\",\"fields\":["
        "{\"name\":\"before\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Value\","
        "\"fields\":[%s],"
        "\"connect.name\":\"shop.t.Value\"}],\"default\":null},"
        "{\"name\":\"after\",\"type\":[\"null\",\"Value\"],\"default\":null},"
        "{\"name\":\"source\",\"type\":{\"type\":\"record\",\"name\":\"Source\",\"namespace\":"
        "\"io.debezium.connector.postgresql\",\"fields\":[{\"name\":\"version\",\"type\":"
        "\"string\"},"
        "{\"name\":\"ts_ms\",\"type\":\"long\"}]}},"
        "{\"name\":\"op\",\"type\":\"string\"},"
        "{\"name\":\"ts_ms\",\"type\":[\"null\",\"long\"],\"default\":null}],"
        "\"connect.name\":\"shop.t.Envelope\"}",
        row_fields));
}

#define ID_NAME                                                                                    \
    "{\"name\":\"id\",\"type\":\"int\"},{\"name\":\"name\",\"type\":[\"null\",\"string\"],"        \
    "\"default\":"                                                                                 \
    "null}"
#define SOURCE "\"source\":{\"version\":\"3\",\"ts_ms\":1700000000123}"

/* The record that JSON describes. */
static wr_str payload_of(const wr_registry_schema *schema, const char *text)
{
    const wr_format_options options = {.registry = registry, .schema = schema};
    wr_json *json;
    wr_buf bytes = {0};
    weir_error err = {0};
    const wr_format *f = wr_format_get(WR_FORMAT_DEBEZIUM_AVRO);
    assert_int_equal(wr_json_parse(wr_str_c(text), false, arena, &json, &err), WEIR_OK);
    if (wr_format_from_json(f, &options, json, &bytes, &err) != WEIR_OK)
        fail_msg("%s: %s", text, err.message);
    wr_str out = exact(bytes.ptr, bytes.len);
    wr_buf_free(&bytes);
    return out;
}

typedef struct shown {
    uint8_t state;
    int64_t time;
    uint32_t unavailable; /* of the last column */
    const char *text;
} shown;

static shown decode(const wr_column *cols, uint32_t n, const bool *wanted, bool is_key,
                    wr_str payload)
{
    const wr_format_options options = {.registry = registry, .is_key = is_key};
    wr_decoder *d = decoder(WR_FORMAT_DEBEZIUM_AVRO, cols, n, wanted, options);
    wr_vec *v = vectors(cols, n, 1);
    wr_row_errors errs = {0};
    weir_error err;
    shown out = {.state = 77, .time = 42};
    wr_decoder_times(d, &out.time);
    assert_int_equal(wr_decoder_run(d, &payload, wr_sel_all(1), v, &out.state, &errs, arena, &err),
                     WEIR_OK);
    (void)wr_decoder_unavailable(d, &out.unavailable);
    wr_decoder_counts counts = wr_decoder_last(d);
    assert_int_equal(counts.skipped, out.state == WR_DECODED_SKIP);
    assert_int_equal(counts.nulls, out.state == WR_DECODED_NULL);
    assert_int_equal(counts.truncates, out.state == WR_DECODED_TRUNCATE);
    assert_int_equal(errs.count, out.state == 0);
    wr_buf text = {0};
    for (uint32_t c = 0; c < n && out.state; c++) {
        if (wanted && !wanted[c])
            continue;
        wr_value value = wr_vec_get(&v[c], 0);
        wr_buf_puts(&text, text.len ? " | " : "");
        wr_value_print_json(&text, cols[c].type, &value);
    }
    out.text = out.state ? wr_arena_strdup(arena, wr_buf_cstr(&text))
                         : wr_arena_printf(arena, "error: %s", errs.first);
    wr_buf_free(&text);
    return out;
}

static shown event(const wr_registry_schema *schema, const char *text)
{
    const wr_column cols[] = {col("ID", &wr_type_integer), col("NAME", &wr_type_string)};
    return decode(cols, 2, NULL, false, payload_of(schema, text));
}

/* ---- events ---- */

static void test_operations(void **state)
{
    (void)state;
    const wr_registry_schema *s = envelope(ID_NAME);
#define ROW "{\"id\":1,\"name\":\"a\"}"
    const struct {
        const char *text;
        uint8_t state;
        const char *shown;
        int64_t time;
    } c[] = {
        {"{\"before\":null,\"after\":" ROW "," SOURCE ",\"op\":\"c\"}", WR_DECODED, "1 | \"a\"",
         1700000000123},
        {"{\"before\":" ROW ",\"after\":{\"id\":2,\"name\":null}," SOURCE ",\"op\":\"u\"}",
         WR_DECODED, "2 | null", 1700000000123},
        {"{\"after\":" ROW "," SOURCE ",\"op\":\"r\"}", WR_DECODED, "1 | \"a\"", 1700000000123},
        {"{\"before\":" ROW "," SOURCE ",\"op\":\"d\"}", WR_DECODED_NULL, "null | null",
         1700000000123},
        {"{" SOURCE ",\"op\":\"t\"}", WR_DECODED_TRUNCATE, "null | null", 1700000000123},
        {"{" SOURCE ",\"op\":\"m\"}", WR_DECODED_SKIP, "null | null", 1700000000123},
        {"{\"source\":{\"version\":\"\",\"ts_ms\":-1},\"after\":" ROW ",\"op\":\"r\"}", WR_DECODED,
         "1 | \"a\"", 42},
        {"{" SOURCE ",\"op\":\"u\"}", 0, "error: A change event has no row in `after`", 42},
        {"{" SOURCE ",\"op\":\"\"}", 0, "error: A change event's `op` is not one letter", 42},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        shown got = event(s, c[i].text);
        assert_string_equal(got.text, c[i].shown);
        assert_int_equal(got.state, c[i].state);
        assert_int_equal(got.time, c[i].time);
    }
}

/* The writer's schema says what kind of record it is. */
static void test_other_records(void **state)
{
    (void)state;
#define RECORD(fields)    avro_schema("{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}")
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":\"" type "\"}"
    const wr_registry_schema *transaction =
        RECORD(FIELD("status", "string") "," FIELD("id", "string"));
    assert_int_equal(event(transaction, "{\"status\":\"BEGIN\",\"id\":\"1\"}").state,
                     WR_DECODED_SKIP);
    const wr_registry_schema *heartbeat =
        avro_schema("{\"type\":\"record\",\"name\":\"H\",\"fields\":[" FIELD("ts_ms", "long") "]}");
    assert_int_equal(event(heartbeat, "{\"ts_ms\":1}").state, WR_DECODED_SKIP);
    const wr_registry_schema *ddl =
        avro_schema("{\"type\":\"record\",\"name\":\"D\",\"fields\":[" FIELD("ddl", "string") "]}");
    assert_int_equal(event(ddl, "{\"ddl\":\"x\"}").state, WR_DECODED_SKIP);
    const wr_registry_schema *message =
        avro_schema("{\"type\":\"record\",\"name\":\"M\",\"fields\":[" FIELD("op", "string") "]}");
    assert_int_equal(event(message, "{\"op\":\"m\"}").state, WR_DECODED_SKIP);
    assert_string_equal(event(message, "{\"op\":\"c\"}").text,
                        "error: A change event has no row in `after`");
    const wr_registry_schema *other =
        avro_schema("{\"type\":\"record\",\"name\":\"O\",\"fields\":[" FIELD("id", "int") "]}");
    assert_non_null(strstr(event(other, "{\"id\":1}").text, "is no change event of Debezium"));
    const wr_registry_schema *number =
        avro_schema("{\"type\":\"record\",\"name\":\"N\",\"fields\":[" FIELD("op", "int") "]}");
    assert_non_null(strstr(event(number, "{\"op\":1}").text, "is not one letter"));
    const wr_column cols[] = {col("ID", &wr_type_integer)};
    assert_non_null(strstr(decode(cols, 1, NULL, false, exact("abc", 3)).text, "does not begin"));
    wr_str cut = payload_of(envelope(ID_NAME), "{\"after\":" ROW "," SOURCE ",\"op\":\"c\"}");
    assert_non_null(
        strstr(decode(cols, 1, NULL, false, exact(cut.ptr, cut.len - 3)).text, "Invalid Avro"));
}

static void test_keys(void **state)
{
    (void)state;
    const wr_column cols[] = {col("ID", &wr_type_integer), col("OP", &wr_type_string)};
    const wr_registry_schema *s =
        avro_schema("{\"type\":\"record\",\"name\":\"Key\",\"fields\":[" FIELD(
            "id", "int") "," FIELD("op", "string") "]}");
    assert_string_equal(decode(cols, 2, NULL, true, payload_of(s, "{\"id\":1,\"op\":\"x\"}")).text,
                        "1 | \"x\"");
}

/* Only what is wanted is looked at. */
static void test_projection(void **state)
{
    (void)state;
    const wr_column cols[] = {col("ID", &wr_type_integer), col("NAME", &wr_type_double)};
    static const bool wanted[] = {true, false};
    wr_str payload = payload_of(envelope(ID_NAME), "{\"after\":" ROW "," SOURCE ",\"op\":\"c\"}");
    assert_string_equal(decode(cols, 2, wanted, false, payload).text, "1");
    assert_non_null(strstr(decode(cols, 2, NULL, false, payload).text, "path: $.NAME"));
}

/* ---- values ---- */

/* A value of `v`, a field of the type of Avro, as a column of the SQL type. */
static shown value(const char *avro, const char *text, const wr_type *type)
{
    const wr_registry_schema *s =
        envelope(wr_arena_printf(arena, "{\"name\":\"v\",\"type\":%s}", avro));
    const wr_column cols[] = {col("V", type)};
    const char *record =
        wr_arena_printf(arena, "{\"after\":{\"v\":%s}," SOURCE ",\"op\":\"c\"}", text);
    return decode(cols, 1, NULL, false, payload_of(s, record));
}

#define NAMED(type, name)                                                                          \
    "{\"type\":\"" type "\",\"connect.version\":1,\"connect.name\":\"" name "\"}"
#define LONG(name) NAMED("long", "io.debezium.time." name)
#define DECIMAL_2                                                                                  \
    "{\"type\":\"bytes\",\"scale\":2,\"precision\":10,\"connect.version\":1,\"connect."            \
    "parameters\":"                                                                                \
    "{\"scale\":\"2\",\"connect.decimal.precision\":\"10\"},\"connect.name\":"                     \
    "\"org.apache.kafka.connect.data.Decimal\",\"logicalType\":\"decimal\"}"
#define SCALED                                                                                     \
    "{\"type\":\"record\",\"name\":\"VariableScaleDecimal\",\"namespace\":\"io.debezium.data\","   \
    "\"fields\":[{\"name\":\"scale\",\"type\":\"int\"},{\"name\":\"value\",\"type\":\"bytes\"}],"  \
    "\"connect.version\":1,\"connect.name\":\"io.debezium.data.VariableScaleDecimal\"}"

static void test_values(void **state)
{
    (void)state;
    const wr_type *decimal = wr_type_decimal(arena, 10, 2);
    const wr_type *stamp = &wr_type_timestamp, *hour = &wr_type_time;
    const struct {
        const char *avro, *text;
        const wr_type *type;
        const char *shown; /* NULL: an error */
    } c[] = {
        {LONG("MicroTimestamp"), "1000", stamp, "\"1970-01-01T00:00:00.001\""},
        {LONG("MicroTimestamp"), "-1", stamp, "\"1969-12-31T23:59:59.999\""},
        {LONG("NanoTimestamp"), "1000000", stamp, "\"1970-01-01T00:00:00.001\""},
        {LONG("Timestamp"), "9223372036825200", stamp, "\"+294247-01-10T04:00:25.200\""},
        {NAMED("long", "org.apache.kafka.connect.data.Timestamp"), "1", stamp,
         "\"1970-01-01T00:00:00.001\""},
        {LONG("MicroTimestamp"), "1000", &wr_type_bigint, "1000"},
        {LONG("MicroTimestamp"), "1000", hour, NULL},
        {"\"long\"", "1", stamp, "\"1970-01-01T00:00:00.001\""},
        {"\"string\"", "\"2026-02-28T21:59:59.999999Z\"", stamp, "\"2026-02-28T21:59:59.999\""},
        {"\"string\"", "\"-infinity\"", stamp, NULL},
        {NAMED("int", "io.debezium.time.Time"), "1", hour, "\"00:00:00.001\""},
        {LONG("MicroTime"), "86399999999", hour, "\"23:59:59.999\""},
        {LONG("MicroTime"), "86400000000", hour, "\"00:00\""},
        {LONG("MicroTime"), "-1", hour, NULL},
        {LONG("NanoTime"), "1000000", hour, "\"00:00:00.001\""},
        {LONG("MicroTime"), "1", stamp, NULL},
        {"\"string\"", "\"10:34:56.789Z\"", hour, "\"10:34:56.789\""},
        {NAMED("int", "io.debezium.time.Date"), "20512", &wr_type_date, "\"2026-02-28\""},
        {"\"string\"", "\"2026-02-28Z\"", &wr_type_date, "\"2026-02-28\""},
        {LONG("MicroDuration"), "5", &wr_type_bigint, "5"},
        {DECIMAL_2, "12.34", decimal, "12.34"},
        {DECIMAL_2, "12.34", wr_type_decimal(arena, 10, 3), "12.340"},
        {DECIMAL_2, "12.34", wr_type_decimal(arena, 10, 1), NULL},
        {SCALED, "{\"scale\":1,\"value\":\"ew==\"}", decimal, "12.30"},
        {SCALED, "{\"scale\":3,\"value\":\"ew==\"}", decimal, NULL},
        {SCALED, "{\"scale\":-3,\"value\":\"ew==\"}", decimal, NULL},
        {SCALED, "{\"scale\":1,\"value\":\"\"}", decimal, NULL},
        {"[\"null\"," SCALED "]", "null", decimal, "null"},
        {"\"string\"", "\"1234\"", decimal, "1234.00"},
        {"\"string\"", "\"NAN\"", decimal, "null"},
        {"\"string\"", "\"x\"", decimal, NULL},
        {"\"double\"", "12.34", decimal, "12.34"},
        {"\"double\"", "12.345", decimal, NULL},
        {"\"float\"", "1.1", decimal, "1.10"},
        {"\"long\"", "7", decimal, "7.00"},
        {"\"long\"", "7", &wr_type_integer, "7"},
        {"\"long\"", "2147483648", &wr_type_integer, NULL},
        {"\"int\"", "7", &wr_type_double, "7.0"},
        {"{\"type\":\"int\",\"connect.type\":\"int16\"}", "1", &wr_type_boolean, "true"},
        {"\"int\"", "0", &wr_type_boolean, "false"},
        {"\"int\"", "2", &wr_type_boolean, NULL},
        {"\"boolean\"", "true", &wr_type_boolean, "true"},
        {NAMED("bytes", "io.debezium.data.Bits"), "\"pQ==\"", &wr_type_bytes, "\"pQ==\""},
        {NAMED("string", "io.debezium.data.Json"), "\"{}\"", &wr_type_string, "\"{}\""},
        {"\"long\"", "7", &wr_type_string, "\"7\""},
        {"{\"type\":\"array\",\"items\":[\"null\"," DECIMAL_2 "]}", "[1.5,null]",
         wr_type_array(arena, decimal), "[1.50,null]"},
        {"{\"type\":\"array\",\"items\":" LONG("MicroTimestamp") "}", "[1000]",
         wr_type_array(arena, stamp), "[\"1970-01-01T00:00:00.001\"]"},
        {"{\"type\":\"map\",\"values\":[\"null\",\"string\"]}", "{\"a\":\"b\"}",
         wr_type_map(arena, &wr_type_string, &wr_type_string), "{\"a\":\"b\"}"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        shown got = value(c[i].avro, c[i].text, c[i].type);
        if (c[i].shown)
            assert_string_equal(got.text, c[i].shown);
        else
            assert_memory_equal(got.text, "error: ", 7);
        assert_int_equal(got.unavailable, 0);
    }
    const wr_field fields[] = {{"X", &wr_type_double}, {"WKB", &wr_type_bytes}};
    assert_string_equal(
        value(
            "{\"type\":\"record\",\"name\":\"Point\",\"namespace\":\"io.debezium.data.geometry\","
            "\"fields\":[{\"name\":\"x\",\"type\":\"double\"},{\"name\":\"y\",\"type\":\"double\"},"
            "{\"name\":\"wkb\",\"type\":[\"null\",\"bytes\"]}]}",
            "{\"x\":1.5,\"y\":-2.0,\"wkb\":\"AP8Q\"}", struct_of(2, fields))
            .text,
        "{\"X\":1.5,\"WKB\":\"AP8Q\"}");
}

static void test_unavailable_values(void **state)
{
    (void)state;
#define WORD "\"__debezium_unavailable_value\""
#define BYTES                                                                                      \
    "95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,97,"   \
    "108,117,101"
    const wr_type *texts = wr_type_array(arena, &wr_type_string);
    const wr_type *ints = wr_type_array(arena, &wr_type_integer);
    const struct {
        const char *avro, *text;
        const wr_type *type;
        bool unavailable;
    } c[] = {
        {"\"string\"", WORD, &wr_type_string, true},
        {"[\"null\",\"string\"]", "" WORD "", &wr_type_string, true},
        {"\"bytes\"", "\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"", &wr_type_bytes, true},
        {"{\"type\":\"array\",\"items\":\"string\"}", "[" WORD "]", texts, true},
        {"{\"type\":\"array\",\"items\":[\"null\",\"string\"]}", "[" WORD "]", texts, true},
        {"{\"type\":\"array\",\"items\":[\"null\",\"int\"]}", "[" BYTES "]", ints, true},
        {"{\"type\":\"array\",\"items\":\"int\"}", "[" BYTES "]", ints, true},
        {"{\"type\":\"array\",\"items\":\"int\"}", "[" BYTES ",1]", ints, false},
        {"{\"type\":\"array\",\"items\":\"int\"}", "[95]", ints, false},
        {"{\"type\":\"array\",\"items\":\"int\"}", "[]", ints, false},
        {"{\"type\":\"array\",\"items\":[\"null\",\"int\"]}", "[null]", ints, false},
        {"{\"type\":\"array\",\"items\":\"string\"}", "[" WORD ",\"a\"]", texts, false},
        {"\"string\"", "\"__debezium_unavailable_valuE\"", &wr_type_string, false},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        shown got = value(c[i].avro, c[i].text, c[i].type);
        assert_int_equal(got.state, WR_DECODED);
        assert_int_equal(got.unavailable, c[i].unavailable);
        assert_int_equal(strcmp(got.text, "null") == 0, c[i].unavailable);
    }
}

/* ---- columns ---- */

static const char *columns(const wr_registry_schema *s, bool is_key)
{
    wr_column *cols;
    uint32_t n;
    weir_error err = {0};
    const wr_format_options options = {.registry = registry};
    const wr_format *f = wr_format_get(WR_FORMAT_DEBEZIUM_AVRO);
    if (wr_format_infer(f, s, &options, is_key, arena, &cols, &n, &err) != WEIR_OK)
        return wr_arena_printf(arena, "error: %s", err.message);
    wr_buf out = {0};
    for (uint32_t i = 0; i < n; i++) {
        wr_buf_printf(&out, "%s`%s` ", i ? ", " : "", cols[i].name);
        wr_type_print(&out, cols[i].type);
    }
    const char *text = wr_arena_strdup(arena, wr_buf_cstr(&out));
    wr_buf_free(&out);
    return text;
}

static void test_columns(void **state)
{
    (void)state;
    const wr_registry_schema *s = envelope(ID_NAME ",{\"name\":\"at\",\"type\":[\"null\"," LONG(
        "MicroTimestamp") "]},"
                          "{\"name\":\"h\",\"type\":" LONG(
                              "MicroTime") "},"
                                           "{\"name\":\"d\",\"type\":" NAMED(
                                               "int", "io.debezium.time.Date") "},"
                                                                               "{\"name\":\"a\","
                                                                               "\"type\":" DECIMAL_2
                                                                               "}");
    assert_string_equal(columns(s, false),
                        "`ID` INTEGER, `NAME` STRING, `AT` TIMESTAMP, `H` TIME, `D` DATE, "
                        "`A` DECIMAL(10, 2)");
    const wr_registry_schema *key =
        avro_schema("{\"type\":\"record\",\"name\":\"Key\",\"fields\":[" FIELD("id", "int") "]}");
    assert_string_equal(columns(key, true), "`ID` INTEGER");
    assert_non_null(strstr(columns(key, false), "is not that of a change event of Debezium"));
    assert_non_null(strstr(columns(avro_schema("\"int\""), true), "is not that of a change event"));
}

static void test_it_is_read_only(void **state)
{
    (void)state;
    const wr_column column = col("V", &wr_type_integer);
    wr_encoder *e;
    wr_decoder *d;
    weir_error err = {0};
    const wr_format *f = wr_format_get(WR_FORMAT_DEBEZIUM_AVRO);
    assert_int_equal(wr_encoder_new(f, &column, 1, NULL, arena, &e, &err), WEIR_ERR_STATEMENT);
    assert_non_null(strstr(err.message, "'DEBEZIUM_AVRO' format can be read only"));
    assert_int_equal(wr_decoder_new(f, &column, 1, NULL, NULL, arena, &d, &err), WEIR_ERR_CONFIG);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, avro_setup, avro_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_operations), TEST(test_other_records),   TEST(test_keys),
        TEST(test_projection), TEST(test_values),          TEST(test_unavailable_values),
        TEST(test_columns),    TEST(test_it_is_read_only),
    };
    return cmocka_run_group_tests_name("debezium_avro", tests, NULL, NULL);
}
