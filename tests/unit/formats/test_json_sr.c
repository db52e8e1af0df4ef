/* SPDX-License-Identifier: Apache-2.0 */
/* JSON_SR records: read by their schema, written, shown. */
#include "json_sr_fixture.h"

#include "types/decimal.h"

typedef struct value_case {
    const char *type, *text, *shown;
} value_case;

static void check_values(const value_case *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *record = wr_arena_printf(arena, "{\"f\":%s}", c[i].text);
        assert_string_equal(jsr_read(jsr_object(c[i].type), record), c[i].shown);
    }
}

#define INT    "{\"type\":\"integer\"}"
#define NUM    "{\"type\":\"number\"}"
#define STR    "{\"type\":\"string\"}"
#define BOOL   "{\"type\":\"boolean\"}"
#define OPT(t) "{\"oneOf\":[{\"type\":\"null\"}," t "]}"
#define INTS   "{\"type\":\"array\",\"items\":" INT "}"
#define POINT  "{\"type\":\"object\",\"properties\":{\"x\":" INT "}}"
#define LOGICAL(name, type)                                                                        \
    "{\"type\":\"integer\",\"title\":\"org.apache.kafka.connect.data." name                        \
    "\",\"connect.type\":\"" type "\"}"
#define DEC                                                                                        \
    "{\"type\":\"number\",\"title\":\"org.apache.kafka.connect.data.Decimal\","                    \
    "\"connect.type\":\"bytes\",\"connect.parameters\":{\"scale\":\"2\","                          \
    "\"connect.decimal.precision\":\"6\"}}"

static void test_values(void **state)
{
    (void)state;
    const value_case c[] = {
        {INT, "1", "1"},
        {INT, "9223372036854775807", "9223372036854775807"},
        {NUM, "1.5", "1.5"},
        {NUM, "1e3", "1000.0"},
        {"{\"type\":\"number\",\"connect.type\":\"float32\"}", "0.1", "0.10000000149011612"},
        {STR, "\"a\\u0062\"", "\"ab\""},
        {STR, "\"\xc3\xbc\"", "\"\xc3\xbc\""},
        {BOOL, "true", "true"},
        {"{\"type\":\"string\",\"connect.type\":\"bytes\"}", "\"AQI=\"", "\"AQI=\""},
        {"{\"type\":\"string\",\"connect.type\":\"bytes\"}", "\"?\"",
         "error: a text is not base64, path: $.F"},
        {LOGICAL("Date", "int32"), "-1", "\"1969-12-31\""},
        {LOGICAL("Time", "int32"), "3", "\"00:00:00.003\""},
        {LOGICAL("Timestamp", "int64"), "3", "\"1970-01-01T00:00:00.003\""},
        {DEC, "1.25", "1.25"},
        {DEC, "1e2", "100.00"},
        {INTS, "[1,2]", "[1,2]"},
        {INTS, "[]", "[]"},
        {POINT, "{\"x\":1,\"y\":2}", "{\"X\":1}"},
        {OPT(INT), "null", "null"},
        {"{\"type\":\"array\",\"items\":" OPT(STR) "}", "[\"a\",null]", "[\"a\",null]"},
    };
    check_values(c, WR_ARRAY_LEN(c));
}

static void test_q34_values_of_the_wrong_kind(void **state)
{
    (void)state;
    const value_case c[] = {
        {INT, "\"3\"", "0"},
        {INT, "true", "0"},
        {INT, "{\"x\":1}", "0"},
        {INT, "1.5", "1"},
        {INT, "9223372036854775808", "-9223372036854775808"},
        {"{\"type\":\"integer\",\"connect.type\":\"int8\"}", "300", "44"},
        {"{\"type\":\"integer\",\"connect.type\":\"int16\"}", "70000", "4464"},
        {"{\"type\":\"integer\",\"connect.type\":\"int32\"}", "4294967297", "1"},
        {NUM, "\"1.5\"", "0.0"},
        {BOOL, "1", "false"},
        {STR, "1", "null"},
        {STR, "{\"x\":1}", "null"},
        {INTS, "1", "[]"},
        {INTS, "{\"x\":1}", "[1]"},
        {"{\"type\":\"array\",\"items\":" STR "}", "[1]",
         "error: null where the schema does not take it, path: $.F[0]"},
        {POINT, "[]", "error: an object is expected, path: $.F"},
    };
    check_values(c, WR_ARRAY_LEN(c));
    /* What Weir writes for them comes back as what it was. */
    const value_case own[] = {{NUM, "\"NaN\"", "\"NaN\""},
                              {NUM, "\"-Infinity\"", "\"-Infinity\""},
                              {NUM, "\"Infinity!\"", "0.0"}};
    check_values(own, WR_ARRAY_LEN(own));
}

/* K07 and Q35: null is not taken where the schema has none, a default stands for both. */
static void test_k07_q35_null_and_missing(void **state)
{
    (void)state;
    const value_case c[] = {
        {INT, "null", "error: null where the schema does not take it, path: $.F"},
        {"{\"type\":\"integer\",\"default\":7}", "null", "7"},
        {OPT(POINT), "{}", "error: a value that cannot be null is left out, path: $.F.x"},
        {"{\"type\":\"object\",\"properties\":{\"x\":" OPT(INT) "}}", "{}", "{\"X\":null}"},
        {"{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"integer\",\"default\":3}}}", "{}",
         "{\"X\":3}"},
        {"{\"type\":\"integer\",\"connect.default\":7}", "null",
         "error: null where the schema does not take it, path: $.F"},
    };
    check_values(c, WR_ARRAY_LEN(c));
    assert_string_equal(jsr_read(jsr_object(INT), "{}"), "null");
    assert_string_equal(jsr_read(jsr_object("{\"type\":\"integer\",\"default\":7}"), "null"),
                        "NULL");
    assert_string_equal(jsr_read(jsr_object("{\"type\":\"integer\",\"default\":7}"), "{}"), "7");
}

static void test_k02_records_are_not_validated(void **state)
{
    (void)state;
    const value_case c[] = {
        {"{\"type\":\"integer\",\"maximum\":10,\"multipleOf\":2}", "11", "11"},
        {"{\"type\":\"string\",\"pattern\":\"^a\",\"maxLength\":1}", "\"zz\"", "\"zz\""},
        {"{\"enum\":[\"a\"]}", "\"b\"", "\"b\""},
    };
    check_values(c, WR_ARRAY_LEN(c));
    assert_string_equal(jsr_read("{\"properties\":{\"f\":" INT "},\"required\":[\"f\"],"
                                 "\"additionalProperties\":false}",
                                 "{\"z\":1}"),
                        "null");
}

/* 1.0 and 1e2 are integers, too; what is written never has a point. */
static void test_k04_integers_with_a_point(void **state)
{
    (void)state;
    const value_case c[] = {{INT, "1.0", "1"}, {INT, "1e2", "100"}};
    check_values(c, WR_ARRAY_LEN(c));
}

static void test_k05_big_integers(void **state)
{
    (void)state;
    const value_case c[] = {{INT, "9007199254740993", "9007199254740993"},
                            {INT, "1180591620717411303424", "0"}}; /* 2^70 */
    check_values(c, WR_ARRAY_LEN(c));
}

static void test_q36_names_are_exact(void **state)
{
    (void)state;
    assert_string_equal(jsr_read(jsr_object(INT), "{\"F\":1}"), "null");
    assert_string_equal(jsr_read(jsr_object(INT), "{\"F\":1,\"f\":2,\"F\":3}"), "2");
    assert_string_equal(jsr_read(jsr_object(POINT), "{\"f\":{\"X\":1}}"),
                        "error: a value that cannot be null is left out, path: $.F.x");
    assert_string_equal(jsr_read(jsr_object(INT), "{\"f\":1} and more"), "1");
}

static void test_k09_branches(void **state)
{
    (void)state;
#define NAME "IO.CONFLUENT.CONNECT.JSON.ONEOF.FIELD."
    const char *two = "{\"oneOf\":[{\"type\":\"null\"}," INT "," STR "]}";
    const char *objects =
        "{\"oneOf\":[" POINT ",{\"type\":\"object\",\"properties\":{\"y\":" STR "}}]}";
    const value_case c[] = {
        {two, "4", "{\"" NAME "0\":4,\"" NAME "1\":null}"},
        {two, "\"x\"", "{\"" NAME "0\":null,\"" NAME "1\":\"x\"}"},
        {two, "null", "null"},
        {two, "1.5", "error: the value is none of those that the schema has, path: $.F"},
        {objects, "{\"x\":1}", "{\"" NAME "0\":{\"X\":1},\"" NAME "1\":null}"},
        {objects, "{\"y\":\"q\"}", "{\"" NAME "0\":null,\"" NAME "1\":{\"Y\":\"q\"}}"},
    };
    check_values(c, WR_ARRAY_LEN(c));
    static const char top[] = "{\"anyOf\":[{\"properties\":{\"a\":" INT "}},"
                              "{\"properties\":{\"b\":" STR "}}]}";
    assert_string_equal(jsr_read(top, "{\"b\":\"q\"}"), "null | {\"B\":\"q\"}");
    assert_string_equal(jsr_read(top, "7"),
                        "error: the value is none of those that the schema has, path: $." NAME "0");
    assert_string_equal(jsr_read(top, "null"), "NULL");
}

static void test_maps(void **state)
{
    (void)state;
    const char *object = "{\"type\":\"object\",\"connect.type\":\"map\","
                         "\"additionalProperties\":" INT "}";
    const char *entries = "{\"type\":\"array\",\"connect.type\":\"map\",\"items\":{\"properties\":"
                          "{\"key\":" INT ",\"value\":" STR "}}}";
    const char *texts = "{\"type\":\"array\",\"connect.type\":\"map\",\"items\":{\"properties\":"
                        "{\"key\":" STR ",\"value\":" INT "}}}";
    const value_case c[] = {
        {object, "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}"},
        {object, "[]", "error: an object is expected, path: $.F"},
        {object, "{\"a\":null}",
         "error: null where the schema does not take it, path: $.F.a.value"},
        {entries, "[{\"key\":1,\"value\":\"a\"}]", "{\"1\":\"a\"}"},
        {entries, "{\"1\":\"a\"}", "error: an array of entries is expected, path: $.F"},
        {entries, "[7]", "error: an entry of a map is an object with `key` and `value`, path: $.F"},
        /* keys that are texts and never null: Connect expects an object */
        {texts, "[{\"key\":\"a\",\"value\":1}]", "error: an object is expected, path: $.F"},
    };
    check_values(c, WR_ARRAY_LEN(c));
}

/* Q07, Q08: other columns than the schema's. */
static void test_q08_declared_types(void **state)
{
    (void)state;
    const struct {
        const char *type, *text;
        const wr_type *as;
        const char *shown;
    } c[] = {
        {"{\"type\":\"integer\",\"connect.type\":\"int32\"}", "1", &wr_type_bigint, "1"},
        {"{\"type\":\"integer\",\"connect.type\":\"int32\"}", "1", &wr_type_date, "\"1970-01-02\""},
        {"{\"type\":\"integer\",\"connect.type\":\"int32\"}", "1", &wr_type_string, "\"1\""},
        {INT, "1", &wr_type_timestamp, "\"1970-01-01T00:00:00.001\""},
        {INT, "1", &wr_type_string, "\"1\""},
        {NUM, "1", &wr_type_string, "\"1.0\""},
        {BOOL, "true", &wr_type_string, "\"true\""},
        {INT, "1", &wr_type_integer,
         "error: Can't convert type. Schema: integer (64 bits), requiredType: INTEGER, path: $.F"},
        {INT, "1", &wr_type_double,
         "error: Can't convert type. Schema: integer (64 bits), requiredType: DOUBLE, path: $.F"},
        {STR, "\"1\"", &wr_type_integer,
         "error: Can't convert type. Schema: string, requiredType: INTEGER, path: $.F"},
        {POINT, "{\"x\":1}", &wr_type_string,
         "error: Can't convert type. Schema: object, requiredType: STRING, path: $.F"},
        {OPT(INT), "null", &wr_type_integer,
         "error: Can't convert type. Schema: integer (64 bits), requiredType: INTEGER, path: $.F"},
        {INTS, "[]", wr_type_array(arena, &wr_type_boolean), "[]"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const char *record = wr_arena_printf(arena, "{\"f\":%s}", c[i].text);
        assert_string_equal(jsr_as(c[i].type, record, c[i].as), c[i].shown);
    }
    /* The schema has no such field; a part of it that is no type is in nobody's way. */
    const wr_registry_schema *s = jsr_schema("{\"properties\":{\"a\":" INT ",\"t\":{\"not\":{}},"
                                             "\"r\":{\"$ref\":\"#\"}}}");
    const wr_column cols[] = {col("A", &wr_type_bigint), col("NONE", &wr_type_bigint)};
    wr_decoder *d = decoder(WR_FORMAT_JSON_SR, cols, 2, NULL, jsr_options());
    assert_string_equal(decode_show(d, cols, 2, jsr_payload(s, "{\"a\":1,\"t\":2,\"r\":{}}")),
                        "1 | null");
}

static void test_k13_marks_and_broken_texts(void **state)
{
    (void)state;
    const wr_registry_schema *s = jsr_schema(jsr_object(INT));
    const wr_column cols[] = {col("F", &wr_type_bigint)};
    wr_decoder *d = decoder(WR_FORMAT_JSON_SR, cols, 1, NULL, jsr_options());
    const struct {
        const char *text, *shown;
    } c[] = {
        {"", "error: there is nothing after the id of the schema"},
        {"null", "NULL"},
        {"{\"f\":", "error: Invalid JSON at byte 5: "},
        {"{\"f\":1", "error: Invalid JSON at byte 6: "},
        {"{\"\xff\":1}", "error: Invalid JSON at byte 0: the record is not UTF-8"},
        {"[1]", "error: Can't convert type. sourceType: ArrayNode, requiredType: object, path: $"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const char *shown = decode_show(d, cols, 1, jsr_payload(s, c[i].text));
        assert_memory_equal(shown, c[i].shown, strlen(c[i].shown));
    }
    assert_string_equal(decode_show(d, cols, 1, exact("{\"f\":1}", 7)),
                        "error: the record does not begin with the id of its schema");
    assert_string_equal(decode_show(d, cols, 1, exact("\0\0\0", 3)),
                        "error: the record does not begin with the id of its schema");
    const char *unknown = decode_show(d, cols, 1, exact("\0\0\0\3\xe7{}", 7));
    assert_non_null(strstr(unknown, "error: "));
    const wr_schema_draft avro = {.kind = WR_SCHEMA_AVRO, .text = WR_STR("\"int\"")};
    const wr_registry_schema *other;
    weir_error err;
    assert_int_equal(wr_registry_register(registry, NULL, WR_STR("a"), &avro, &other, &err),
                     WEIR_OK);
    assert_non_null(strstr(decode_show(d, cols, 1, jsr_payload(other, "{}")), "is no JSON schema"));
}

/* ---- writing ---- */

/* One row with the schema, without its mark. */
static const char *write_row(const char *schema, const wr_column *cols, uint32_t n,
                             const wr_value *values, bool unwrapped)
{
    wr_format_options options = {.registry = registry, .unwrapped = unwrapped};
    const wr_format_columns columns = {.cols = cols, .n = n, .options = &options};
    wr_buf text = {0};
    weir_error err = {0};
    if (schema)
        wr_buf_puts(&text, schema);
    else
        assert_int_equal(wr_format_schema_text(jsr(), &columns, &text, &err), WEIR_OK);
    options.schema = jsr_schema(wr_buf_cstr(&text));
    wr_buf_free(&text);
    if (wr_format_check_schema(jsr(), &columns, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    wr_encoder *e = encoder(WR_FORMAT_JSON_SR, cols, n, options);
    const char *shown = encode_show(e, cols, n, values);
    return shown[0] == 0 ? shown + 5 : shown;
}

/* One batch: records of two schemas in turns, a null one, one without a mark, values of other
 * kinds. */
static void test_batch(void **state)
{
    (void)state;
    const wr_registry_schema *a = jsr_schema("{\"properties\":{\"S\":" STR ",\"L\":" INT
                                             ",\"I\":{\"type\":\"integer\",\"connect.type\":"
                                             "\"int32\"},\"D\":" NUM "}}");
    const wr_registry_schema *b = jsr_schema("{\"properties\":{\"L\":" STR ",\"S\":" STR "}}");
    const wr_column cols[] = {col("S", &wr_type_string), col("L", &wr_type_bigint),
                              col("I", &wr_type_integer), col("D", &wr_type_double)};
    const struct {
        const wr_registry_schema *schema; /* NULL: no mark */
        const char *text, *shown;         /* NULL: a bad row */
    } c[] = {
        {a, "{\"S\":\"x\",\"L\":1,\"I\":2,\"D\":0.5}", "\"x\"|1|2|0.5"},
        {a, "{\"D\":3,\"S\":\"\\u0061\",\"L\":1.9,\"I\":4294967297}", "\"a\"|1|1|3.0"},
        {b, "{\"S\":\"y\"}", NULL}, /* L is a text there */
        {a, "null", "null|null|null|null"},
        {NULL, "{}", NULL},
        {a, "{\"s\":\"x\",\"L\":true,\"D\":\"no\"}", "null|0|null|0.0"},
        {a, "{}", "null|null|null|null"},
    };
    enum { ROWS = sizeof c / sizeof c[0] };
    wr_str payloads[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        payloads[i] =
            c[i].schema ? jsr_payload(c[i].schema, c[i].text) : exact(c[i].text, strlen(c[i].text));
    wr_decoder *d = decoder(WR_FORMAT_JSON_SR, cols, 4, NULL, jsr_options());
    wr_vec *v = vectors(cols, 4, ROWS);
    uint8_t ok[ROWS];
    wr_row_errors errs = {0};
    weir_error err;
    assert_int_equal(wr_decoder_run(d, payloads, wr_sel_all(ROWS), v, ok, &errs, arena, &err),
                     WEIR_OK);
    for (uint32_t i = 0; i < ROWS; i++) {
        assert_int_equal(ok[i] != 0, c[i].shown != NULL);
        wr_buf shown = {0};
        for (uint32_t k = 0; k < 4 && c[i].shown; k++) {
            wr_value value = wr_vec_get(&v[k], i);
            wr_buf_puts(&shown, k ? "|" : "");
            wr_value_print_json(&shown, cols[k].type, &value);
        }
        if (c[i].shown)
            assert_string_equal(wr_buf_cstr(&shown), c[i].shown);
        wr_buf_free(&shown);
    }
    assert_int_equal(errs.count, 2);
    assert_true(v[0].ascii);
}

/* Texts are ASCII where the records are; escapes, and other members of a record, are looked at. */
static void test_ascii(void **state)
{
    (void)state;
    const wr_registry_schema *s = jsr_schema(jsr_object(STR));
    const wr_column cols[] = {col("F", &wr_type_string)};
    wr_decoder *d = decoder(WR_FORMAT_JSON_SR, cols, 1, NULL, jsr_options());
    static const char *const records[] = {"{\"f\":\"a\"}", "{\"f\":\"\\n\"}",
                                          "{\"f\":\"a\",\"g\":\"\xC3\xA4\"}", "{\"f\":\"\\u00e4\"}",
                                          "{\"f\":\"\xC3\xA4\"}"};
    for (int i = 0; i < 5; i++) {
        wr_str payload = jsr_payload(s, records[i]);
        wr_vec *v = vectors(cols, 1, 1);
        uint8_t ok;
        wr_row_errors errs = {0};
        weir_error err;
        assert_int_equal(wr_decoder_run(d, &payload, wr_sel_all(1), v, &ok, &errs, arena, &err),
                         WEIR_OK);
        assert_int_equal(v[0].ascii, i < 3);
    }
}

static void test_rows(void **state)
{
    (void)state;
    const wr_column cols[] = {col("A", &wr_type_integer), col("B", &wr_type_string)};
    const wr_value row[] = {{.u.i32 = 1}, wr_value_str(WR_STR("x\"y"))};
    const wr_value nulls[] = {{.null = true}, {.null = true}};
    assert_string_equal(write_row(NULL, cols, 2, row, false), "{\"A\":1,\"B\":\"x\\\"y\"}");
    assert_string_equal(write_row(NULL, cols, 2, nulls, false), "{\"A\":null,\"B\":null}");
    assert_string_equal(write_row(NULL, cols, 1, row, true), "1");
    assert_string_equal(write_row(NULL, cols, 1, nulls, true), "NULL");
    const wr_column amount[] = {col("D", wr_type_decimal(arena, 30, 10))};
    wr_value tiny = {0};
    assert_int_equal(wr_dec_from_text(WR_STR("1E-10"), amount[0].type, true, arena, &tiny),
                     WR_DEC_OK);
    assert_string_equal(write_row(NULL, amount, 1, &tiny, false), "{\"D\":1E-10}");
    /* Of a plain type, NULL is left out, as nobody could read it (Q35). */
    static const char plain[] = "{\"properties\":{\"A\":{\"type\":\"integer\",\"connect.type\":"
                                "\"int32\"},\"B\":{\"type\":\"string\"}}}";
    assert_string_equal(write_row(plain, cols, 2, row, false), "{\"A\":1,\"B\":\"x\\\"y\"}");
    const wr_value half[] = {{.null = true}, wr_value_str(WR_STR("z"))};
    assert_string_equal(write_row(plain, cols, 2, half, false), "{\"B\":\"z\"}");
    assert_string_equal(write_row(plain, cols, 2, nulls, false), "{}");
}

static void test_q17_maps_are_written_as_entries(void **state)
{
    (void)state;
    const wr_column cols[] = {col("M", wr_type_map(arena, &wr_type_string, &wr_type_integer))};
    wr_nest *nest = wr_nest_new(arena, 2, true);
    nest->keys[0] = wr_value_str(WR_STR("a"));
    nest->items[0] = (wr_value){.u.i32 = 1};
    nest->keys[1] = (wr_value){.null = true};
    nest->items[1] = (wr_value){.null = true};
    const wr_value map = wr_value_nest(nest);
    assert_string_equal(write_row(NULL, cols, 1, &map, false),
                        "{\"M\":[{\"key\":\"a\",\"value\":1},{\"key\":null,\"value\":null}]}");
    static const char object[] =
        "{\"properties\":{\"M\":{\"type\":\"object\",\"connect.type\":\"map\","
        "\"additionalProperties\":" OPT("{\"type\":\"integer\",\"connect.type\":\"int32\"}") "}}}";
    assert_string_equal(write_row(object, cols, 1, &map, false), "{\"M\":{\"a\":1,\"null\":null}}");
    static const char strict[] =
        "{\"properties\":{\"M\":{\"type\":\"object\",\"connect.type\":\"map\","
        "\"additionalProperties\":{\"type\":\"integer\",\"connect.type\":\"int32\"}}}}";
    assert_non_null(strstr(write_row(strict, cols, 1, &map, false),
                           "error: Column `M` has a NULL inside where JSON schema"));
}

/* ---- as JSON ---- */

static const char *there_and_back(const char *schema, const char *text)
{
    const wr_format_options options = {.registry = registry, .schema = jsr_schema(schema)};
    wr_json *json;
    weir_error err = {0};
    wr_buf payload = {0}, out = {0};
    assert_int_equal(wr_json_parse(wr_str_c(text), false, arena, &json, &err), WEIR_OK);
    assert_int_equal(wr_format_from_json(jsr(), &options, json, &payload, &err), WEIR_OK);
    const char *bytes = wr_arena_strndup(arena, payload.ptr, payload.len);
    assert_int_equal(
        wr_format_to_json(jsr(), &options, (wr_str){0}, wr_buf_view(&payload), &out, &err),
        WEIR_OK);
    const char *shown = wr_arena_printf(arena, "%s -> %s", bytes + 5, wr_buf_cstr(&out));
    wr_buf_free(&payload);
    wr_buf_free(&out);
    return shown;
}

static void test_json_text(void **state)
{
    (void)state;
#define ENTRIES                                                                                    \
    "{\"type\":\"array\",\"connect.type\":\"map\",\"items\":{\"properties\":{\"key\":" OPT(        \
        STR) ",\"value\":" OPT(INT) "}}}"
    static const char schema[] =
        "{\"properties\":{\"a\":" INT ",\"m\":" OPT(ENTRIES) ",\"p\":" OPT(POINT) "}}";
    assert_string_equal(there_and_back(schema, "{\"A\":1,\"more\":2,\"m\":{\"k\":7}}"),
                        "{\"p\":null,\"a\":1,\"m\":[{\"key\":\"k\",\"value\":7}]} -> "
                        "{\"p\":null,\"a\":1,\"m\":{\"k\":7}}");
    assert_string_equal(there_and_back(schema, "{\"P\":{\"X\":1.50}}"),
                        "{\"p\":{\"x\":1.50},\"m\":null} -> "
                        "{\"p\":{\"x\":1.50},\"m\":null,\"a\":null}");
    assert_string_equal(there_and_back(INT, "7"), "7 -> 7");
    assert_string_equal(there_and_back(STR, "7.0"), "\"7.0\" -> \"7.0\"");
    assert_string_equal(there_and_back(STR, "null"), "null -> null");
    /* Left out, as null is not taken; shown as what is read. */
    static const char plain[] =
        "{\"properties\":{\"a\":" INT ",\"b\":{\"type\":\"integer\",\"default\":3}}}";
    assert_string_equal(there_and_back(plain, "{}"), "{\"b\":3} -> {\"b\":3,\"a\":null}");
    weir_error err = {0};
    wr_buf out = {0};
    const wr_format_options options = jsr_options();
    assert_int_equal(wr_format_to_json(jsr(), &options, (wr_str){0}, WR_STR("{}"), &out, &err),
                     WEIR_ERR_RECORD);
    assert_int_equal(out.len, 0);
    wr_buf_free(&out);
}

/* K06: few readers look at `format`, so a text may be anything. */
static void test_k06_a_text_of_a_format_is_a_text(void **state)
{
    (void)state;
    const value_case c[] = {
        {"{\"type\":\"string\",\"format\":\"date-time\"}", "\"x\"", "\"x\""},
        {"{\"type\":\"string\",\"format\":\"uuid\"}", "\"\"", "\"\""},
        {"{\"type\":\"integer\",\"format\":\"int32\"}", "4294967296", "4294967296"},
    };
    check_values(c, WR_ARRAY_LEN(c));
}

/* K11: `nullable` is OpenAPI's, not JSON Schema's; bounds are not looked at; 1 is not true. */
static void test_k11_words_that_validators_differ_about(void **state)
{
    (void)state;
    const value_case c[] = {
        {"{\"type\":\"integer\",\"nullable\":true}", "null",
         "error: null where the schema does not take it, path: $.F"},
        {"{\"type\":\"number\",\"multipleOf\":0.01}", "19.99", "19.99"},
        {"{\"type\":\"array\",\"items\":" INT ",\"uniqueItems\":true}", "[1,1.0]", "[1,1]"},
        {BOOL, "1", "false"},
    };
    check_values(c, WR_ARRAY_LEN(c));
}

/* The parts of a variant as hex digits, "metadata value". */
static const char *variant(const char *text)
{
    const wr_field parts[] = {{"METADATA", &wr_type_bytes}, {"VALUE", &wr_type_bytes}};
    const wr_column f = col("F", wr_type_struct(arena, parts, 2));
    const wr_registry_schema *s = jsr_schema(jsr_object("{}"));
    wr_vec *v = vectors(&f, 1, 1);
    wr_str payload = jsr_payload(s, wr_arena_printf(arena, "{\"f\":%s}", text));
    uint8_t ok;
    wr_row_errors errs = {0};
    weir_error err;
    wr_decoder *d = decoder(WR_FORMAT_JSON_SR, &f, 1, NULL, jsr_options());
    assert_int_equal(wr_decoder_run(d, &payload, wr_sel_all(1), v, &ok, &errs, arena, &err),
                     WEIR_OK);
    assert_int_equal(ok, WR_DECODED);
    wr_value got = wr_vec_get(&v[0], 0);
    if (got.null)
        return "NULL";
    wr_buf out = {0};
    wr_text_put_hex(&out, got.u.nest->items[0].u.str, false);
    wr_buf_putc(&out, ' ');
    wr_text_put_hex(&out, got.u.nest->items[1].u.str, false);
    const char *shown = wr_arena_strdup(arena, wr_buf_cstr(&out));
    wr_buf_free(&out);
    return shown;
}

/* Q33: values of no type, in the binary form of Parquet's variants. The first three as the engine
 * has them, the others by that form's specification. */
static void test_q33_variants(void **state)
{
    (void)state;
    static const char *const c[][2] = {
        {"1", "010000 1401000000"},
        {"\"x\"", "010000 0578"},
        {"{\"a\":1}", "0101000161 02010000051401000000"},
        {"null", "NULL"},
        {"true", "010000 04"},
        {"false", "010000 08"},
        {"-2147483649", "010000 18ffffff7fffffffff"},
        {"-1", "010000 14ffffffff"},
        {"1.5", "010000 1c000000000000f83f"},
        {"1e2", "010000 1c0000000000005940"},
        {"NaN", "010000 1c000000000000f87f"},
        {"18446744073709551616", "010000 280000000000000000000100000000000000"},
        {"1000000000000000000000000000000000000000", "010000 1c1d4a9cf487820748"},
        {"[]", "010000 030000"},
        {"{}", "010000 020000"},
        {"[null,[2]]", "010000 030200010a0003010005"
                       "1402000000"},
        /* ids in the order of the keys, values in that of the record */
        {"{\"b\":[1,\"x\",null],\"a\":true}",
         "01020001026261 020201000e000f0303000507081401000000057800"
         "04"},
        {"{\"a\":1,\"a\":2}", "0101000161 02010000051402000000"},
        {"{\"a\":{\"a\":true}}", "0101000161 0201000006020100000104"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++)
        assert_string_equal(variant(c[i][0]), c[i][1]);
    /* Texts of 63 and 64 bytes; an array of 256 elements, which are counted with four bytes. */
    wr_buf text = {0};
    for (int i = 0; i < 63; i++)
        wr_buf_putc(&text, 'a');
    const char *body = wr_arena_strdup(arena, wr_buf_cstr(&text));
    const char *shown = variant(wr_arena_printf(arena, "\"%s\"", body));
    assert_true(strncmp(shown, "010000 fd6161", 13) == 0);
    shown = variant(wr_arena_printf(arena, "\"%sa\"", body));
    assert_true(strncmp(shown, "010000 40400000006161", 21) == 0);
    wr_buf_clear(&text);
    for (int i = 0; i < 256; i++)
        wr_buf_puts(&text, i ? ",true" : "[true");
    wr_buf_putc(&text, ']');
    shown = variant(wr_buf_cstr(&text));
    assert_true(strncmp(shown, "010000 170001000000000100", 25) == 0);
    wr_buf_free(&text);
    /* The whole of a record, and a column of another type. */
    assert_string_equal(jsr_read("{}", "{\"a\":1}"), "\"AQEAAWE=\" | \"AgEAAAUUAQAAAA==\"");
    assert_string_equal(jsr_read("true", "5"), "\"AQAA\" | \"FAUAAAA=\"");
    assert_string_equal(jsr_as("{}", "{\"f\":1}", &wr_type_string),
                        "error: Can't convert type. Schema: any value, requiredType: STRING, "
                        "path: $.F");
}

/* R07: Python's serializer writes NaN as null or as a bare word, as it happens to have orjson or
 * not. The word is a number, null is none. Jackson's other words for the same are read, too. */
static void test_r07_words_for_what_is_no_number(void **state)
{
    (void)state;
    const value_case c[] = {
        {NUM, "NaN", "\"NaN\""},
        {NUM, "Infinity", "\"Infinity\""},
        {NUM, "-Infinity", "\"-Infinity\""},
        {NUM, "+INF", "\"Infinity\""},
        {OPT(NUM), "null", "null"},
        {NUM, "null", "error: null where the schema does not take it, path: $.F"},
        {INT, "NaN", "0"}, /* as Java casts it */
        {INT, "-Infinity", "-9223372036854775808"},
        {"{\"type\":\"integer\",\"connect.type\":\"int32\"}", "Infinity", "2147483647"},
        {"{\"type\":\"integer\",\"connect.type\":\"int8\"}", "Infinity", "-1"},
        {STR, "NaN", "null"},
        {BOOL, "NaN", "false"},
        {"{\"type\":\"array\",\"items\":" NUM "}", "[1,NaN]", "[1.0,\"NaN\"]"},
        {"{\"type\":\"object\",\"properties\":{\"x\":" NUM "}}", "{\"y\":NaN,\"x\":-Infinity}",
         "{\"X\":\"-Infinity\"}"},
        {NUM, "nan", "error: Invalid JSON at byte 5: unknown word"},
        {NUM, "INF", "error: Invalid JSON at byte 5: a value is expected"},
        {NUM, "NaNs", "error: Invalid JSON at byte 8: ',' or '}' is expected"},
        {NUM, "123456789012345678901234567890", "1.2345678901234568E29"},
        {INT, "123456789012345678901234567890", "-4362896299872285998"},
    };
    check_values(c, WR_ARRAY_LEN(c));
    assert_non_null(strstr(jsr_as(DEC, "{\"f\":NaN}", wr_type_decimal(arena, 6, 2)), "error: "));
}

/* K03: JavaScript's serializer makes a schema of each value, so a topic has as many as it has kinds
 * of records. Columns that are declared read them all. */
static void test_k03_a_schema_for_each_record(void **state)
{
    (void)state;
    static const struct {
        const char *properties, *text, *shown;
    } c[] = {
        {"\"a\":{\"type\":\"integer\"}", "{\"a\":1}", "1 | null"},
        {"\"a\":{\"type\":\"null\"}", "{\"a\":null}", "null | null"},
        {"\"b\":{\"type\":\"string\"}", "{\"b\":\"x\"}", "null | \"x\""},
        {"\"a\":{\"type\":\"integer\"},\"b\":{\"type\":\"null\"}", "{\"a\":2,\"b\":null}",
         "2 | null"},
        {"\"a\":{\"type\":\"null\"}", "{\"a\":1}",
         "error: Can't convert type. Schema: a part of it that is no type of Connect's, "
         "requiredType: BIGINT, path: $.A"},
        {"\"b\":{\"type\":\"array\",\"items\":{\"type\":\"null\"}}", "{\"b\":null}", "null | null"},
        {"", "{}", "null | null"},
        {"\"a\":{\"type\":\"string\"}", "{\"a\":\"x\"}",
         "error: Can't convert type. Schema: string, requiredType: BIGINT, path: $.A"},
    };
    const wr_column cols[] = {col("A", &wr_type_bigint), col("B", &wr_type_string)};
    for (int again = 0; again < 2; again++) {
        wr_decoder *d = decoder(WR_FORMAT_JSON_SR, cols, 2, NULL, jsr_options());
        for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
            const wr_registry_schema *s = jsr_schema(wr_arena_printf(
                arena, "{\"type\":\"object\",\"properties\":{%s}}", c[i].properties));
            assert_string_equal(decode_show(d, cols, 2, jsr_payload(s, c[i].text)), c[i].shown);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_values, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_q34_values_of_the_wrong_kind, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_k07_q35_null_and_missing, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_k02_records_are_not_validated, jsr_setup,
                                        jsr_teardown),
        cmocka_unit_test_setup_teardown(test_k04_integers_with_a_point, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_k05_big_integers, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_q36_names_are_exact, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_k09_branches, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_maps, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_q08_declared_types, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_k03_a_schema_for_each_record, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_k06_a_text_of_a_format_is_a_text, jsr_setup,
                                        jsr_teardown),
        cmocka_unit_test_setup_teardown(test_k11_words_that_validators_differ_about, jsr_setup,
                                        jsr_teardown),
        cmocka_unit_test_setup_teardown(test_q33_variants, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_r07_words_for_what_is_no_number, jsr_setup,
                                        jsr_teardown),
        cmocka_unit_test_setup_teardown(test_k13_marks_and_broken_texts, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_batch, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_ascii, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_rows, jsr_setup, jsr_teardown),
        cmocka_unit_test_setup_teardown(test_q17_maps_are_written_as_entries, jsr_setup,
                                        jsr_teardown),
        cmocka_unit_test_setup_teardown(test_json_text, jsr_setup, jsr_teardown),
    };
    return cmocka_run_group_tests_name("json_sr", tests, NULL, NULL);
}
