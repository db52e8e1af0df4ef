/* SPDX-License-Identifier: Apache-2.0 */
/* Columns to Avro: every type, schemas of others, what cannot be written; JSON both ways. */
#include "avro_fixture.h"

#include "types/decimal.h"

#include <stdlib.h>

#define DECIMAL(p, s) wr_type_decimal(arena, p, s)

static const wr_registry_schema *own_schema(const wr_column *cols, uint32_t n, bool bare)
{
    wr_format_options options = avro_options();
    options.unwrapped = bare;
    const wr_format_columns columns = {.cols = cols, .n = n, .options = &options};
    wr_buf text = {0};
    weir_error err = {0};
    if (wr_format_schema_text(wr_format_get(WR_FORMAT_AVRO), &columns, &text, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    const wr_registry_schema *s = avro_schema(wr_buf_cstr(&text));
    wr_buf_free(&text);
    return s;
}

/* One row: its bytes after the mark as hex digits, "NULL", or "error: ...". */
static const char *encode_hex(const wr_registry_schema *s, bool bare, const wr_column *cols,
                              uint32_t n, const wr_value *values)
{
    wr_format_options options = avro_options();
    options.unwrapped = bare;
    options.schema = s;
    wr_encoder *e = encoder(WR_FORMAT_AVRO, cols, n, options);
    wr_vec *v = vectors(cols, n, 1);
    for (uint32_t c = 0; c < n; c++)
        wr_vec_set(&v[c], 0, &values[c]);
    wr_buf buf = {0};
    wr_str payload;
    uint8_t ok;
    wr_row_errors errs = {0};
    wr_encoder_run(e, v, wr_sel_all(1), &buf, &payload, &ok, &errs);
    const char *text = ok ? avro_hex(payload) : wr_arena_printf(arena, "error: %s", errs.first);
    if (ok && payload.ptr)
        assert_int_equal(wr_get_be32(payload.ptr + 1), s->id);
    wr_buf_free(&buf);
    return text;
}

/* A value from the text of a literal; strings as they are. */
static wr_value value_of(const wr_type *type, const char *text)
{
    wr_value v = {0};
    if (!text)
        return WR_VALUE_NULL;
    switch (type->id) {
    case WR_T_BOOLEAN:
        return wr_value_bool(text[0] == 't');
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
        return wr_value_i32((int32_t)strtol(text, NULL, 10));
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        return wr_value_i64(strtoll(text, NULL, 10));
    case WR_T_DOUBLE:
        return wr_value_f64(strtod(text, NULL));
    case WR_T_DECIMAL:
        assert_int_equal(wr_dec_from_text(wr_str_c(text), type, true, arena, &v), WR_DEC_OK);
        return v;
    default:
        return wr_value_str(wr_str_c(text));
    }
}

static void test_own_scalars(void **state)
{
    (void)state;
    const struct {
        const wr_type *type;
        const char *value, *wrapped, *bare;
    } c[] = {
        {&wr_type_boolean, "true", "0201", "01"},
        {&wr_type_integer, "-1", "0201", "01"},
        {&wr_type_bigint, "9223372036854775807", "02feffffffffffffffff01", "feffffffffffffffff01"},
        {&wr_type_bigint, "300", "02d804", "d804"},
        {&wr_type_double, "1.5", "02000000000000f83f", "000000000000f83f"},
        {&wr_type_string, "abc", "0206616263", "06616263"},
        {&wr_type_string, "", "0200", "00"},
        /* half a pair leaves as a question mark */
        {&wr_type_string, "a\xED\xA0\x80", "0204613f", "04613f"},
        {&wr_type_bytes, "ab", "02046162", "6162"},
        {&wr_type_date, "18993", "02e2a802", "e2a802"},
        {&wr_type_time, "1", "0202", "02"},
        {&wr_type_timestamp, "-1", "0201", "01"},
        {DECIMAL(4, 2), "1.25", "02027d", "7d"},
        {DECIMAL(4, 2), "0.00", "020200", "00"},
        {DECIMAL(4, 2), "-99.99", "0204d8f1", "d8f1"},
        {DECIMAL(4, 2), "1.28", "02040080", "0080"},
        {DECIMAL(4, 2), "-1.28", "020280", "80"},
        {DECIMAL(30, 10), "12345678901234567890.0123456789", "021a018ee90ff6c373e0ee0c04d515",
         "018ee90ff6c373e0ee0c04d515"},
        {DECIMAL(50, 0), "87112285931760246646623899502532662132736",
         "0224010000000000000000000000000000000000", "010000000000000000000000000000000000"},
        {DECIMAL(50, 0), "-1", "0202ff", "ff"},
        {DECIMAL(50, 0), "0", "020200", "00"},
        {&wr_type_integer, NULL, "00", "NULL"},
        {&wr_type_bytes, NULL, "00", "NULL"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const wr_column cols[] = {col("A", c[i].type)};
        const wr_value v = value_of(c[i].type, c[i].value);
        assert_string_equal(encode_hex(own_schema(cols, 1, false), false, cols, 1, &v),
                            c[i].wrapped);
        assert_string_equal(encode_hex(own_schema(cols, 1, true), true, cols, 1, &v), c[i].bare);
    }
}

/* A09: JavaScript's clients refuse longs from 2^53 - 1 on; they are written as they are, and read.
 */
static void test_a09_big_longs(void **state)
{
    (void)state;
    static const int64_t longs[] = {((int64_t)1 << 53) - 1, (int64_t)1 << 53, INT64_MIN, INT64_MAX};
    const wr_column cols[] = {col("A", &wr_type_bigint)};
    const wr_registry_schema *s = own_schema(cols, 1, false);
    for (size_t i = 0; i < WR_ARRAY_LEN(longs); i++) {
        const wr_value v = wr_value_i64(longs[i]);
        wr_str payload = avro_payload(s, encode_hex(s, false, cols, 1, &v));
        assert_string_equal(avro_decode(cols, 1, avro_options(), payload),
                            wr_arena_printf(arena, "%lld", (long long)longs[i]));
    }
}

/* Q17: MAPs as arrays of entries; one block, then the end. */
static void test_own_containers(void **state)
{
    (void)state;
    wr_value items[] = {wr_value_bool(true), wr_value_bool(false), WR_VALUE_NULL};
    wr_value keys[] = {wr_value_str(WR_STR("a")), wr_value_str(WR_STR("b")), WR_VALUE_NULL};
    const wr_nest list = {.n = 3, .items = items}, none = {0};
    const wr_nest map = {.n = 2, .keys = keys, .items = items + 1};
    const wr_nest null_key = {.n = 1, .keys = keys + 2, .items = items};
    const wr_field x[] = {{"X", &wr_type_boolean}, {"Y", &wr_type_boolean}};
    const wr_type *array = wr_type_array(arena, &wr_type_boolean);
    const wr_type *of_map = wr_type_map(arena, &wr_type_string, &wr_type_boolean);
    const struct {
        const wr_type *type;
        const wr_nest *nest;
        const char *hex;
    } c[] = {
        {array, &list, "02 06 0201 0200 00 00"},          {array, &none, "02 00"},
        {of_map, &map, "02 04 020261 0200 020262 00 00"}, {of_map, &none, "02 00"},
        {of_map, &null_key, "02 02 00 0201 00"}, /* Connect's entries may have null keys */
        {struct_of(2, x), &list, "02 0201 0200"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const wr_column cols[] = {col("A", c[i].type)};
        const wr_value v = wr_value_nest(c[i].nest);
        const wr_registry_schema *s = own_schema(cols, 1, false);
        assert_string_equal(encode_hex(s, false, cols, 1, &v), avro_hex(avro_payload(s, c[i].hex)));
    }
}

/* ---- schemas of others ---- */

#define REC(fields) "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}"

static const char *check(const char *schema, const wr_column *cols, uint32_t n, bool by_id)
{
    wr_format_options options = avro_options();
    options.schema = avro_schema(schema);
    options.exact_names = by_id;
    const wr_format_columns columns = {.cols = cols, .n = n, .options = &options};
    weir_error err = {0};
    weir_status st = wr_format_check_schema(wr_format_get(WR_FORMAT_AVRO), &columns, &err);
    assert_true(st == WEIR_OK || st == WEIR_ERR_STATEMENT);
    return st == WEIR_OK ? "ok" : wr_arena_strdup(arena, err.message);
}

/* Q38, Q39: by an id the schema's columns begin with the query's; what cannot be written is refused
 * at once. */
static void test_q38_check(void **state)
{
    (void)state;
    const wr_column cols[] = {col("A", &wr_type_integer), col("B", &wr_type_string)};
    static const struct {
        const char *schema;
        const char *by_id, *by_name; /* what the refusal says; "ok" */
    } c[] = {
        {REC("{\"name\":\"A\",\"type\":[\"null\",\"int\"]},{\"name\":\"B\",\"type\":\"string\"}"),
         "ok", "ok"},
        {REC("{\"name\":\"B\",\"type\":\"string\"},{\"name\":\"A\",\"type\":\"int\"}"),
         "Column `A` INTEGER does not go with", "ok"},
        {REC("{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"b\",\"type\":\"string\"}"),
         "Column `A` INTEGER does not go with", "ok"},
        {REC("{\"name\":\"A\",\"type\":\"long\"},{\"name\":\"B\",\"type\":\"string\"}"),
         "Column `A` INTEGER does not go with", "ok"},
        {REC("{\"name\":\"A\",\"type\":\"string\"},{\"name\":\"B\",\"type\":\"string\"}"),
         "Column `A` INTEGER does not go with", "INTEGER cannot be written as Avro's string"},
        {REC("{\"name\":\"A\",\"type\":\"int\"}"), "which has nothing in its place",
         "the schema has no field for `B`"},
        {REC("{\"name\":\"A\",\"type\":\"int\"},{\"name\":\"B\",\"type\":\"string\"},"
             "{\"name\":\"C\",\"type\":\"int\"}"),
         "the schema's field `C` is required", "the schema's field `C` is required"},
        {REC("{\"name\":\"A\",\"type\":\"int\"},{\"name\":\"B\",\"type\":\"string\"},"
             "{\"name\":\"C\",\"type\":\"int\",\"default\":7}"),
         "ok", "ok"},
        {REC("{\"name\":\"A\",\"type\":\"int\"},{\"name\":\"B\",\"type\":\"string\"},"
             "{\"name\":\"C\",\"type\":\"int\",\"default\":\"x\"}"),
         "the schema's field `C` is required", "the schema's field `C` is required"},
        {REC("{\"name\":\"A\",\"type\":\"int\"},{\"name\":\"B\",\"type\":{\"type\":\"enum\","
             "\"name\":\"E\",\"symbols\":[\"x\"]}}"),
         "ok", "ok"},
        {"\"int\"", "no record", "the schema is no record but int"},
        {"[\"null\"," REC(
             "{\"name\":\"A\",\"type\":\"int\"},{\"name\":\"B\",\"type\":\"string\"}") "]",
         "ok", "ok"},
        {"{", "Invalid Avro schema", "Invalid Avro schema"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const char *by_id = check(c[i].schema, cols, 2, true);
        const char *by_name = check(c[i].schema, cols, 2, false);
        if (!strstr(by_id, c[i].by_id) || !strstr(by_name, c[i].by_name))
            fail_msg("%s: %s, %s", c[i].schema, by_id, by_name);
    }
}

/* Q38: NULL takes the default of a field that has no null; what no column fills has its default. */
static void test_q38_defaults(void **state)
{
    (void)state;
    const wr_column cols[] = {col("A", &wr_type_integer), col("B", &wr_type_string)};
    const wr_value nulls[] = {WR_VALUE_NULL, WR_VALUE_NULL};
    const wr_value row[] = {wr_value_i32(1), wr_value_str(WR_STR("x"))};
    const wr_registry_schema *s = avro_schema(
        REC("{\"name\":\"A\",\"type\":\"int\",\"default\":9},"
            "{\"name\":\"B\",\"type\":[\"string\",\"null\"],\"default\":\"d\"},"
            "{\"name\":\"C\",\"type\":\"bytes\",\"default\":\"\\u00ff\"},"
            "{\"name\":\"D\",\"type\":[\"null\",\"int\"]},"
            "{\"name\":\"E\",\"type\":[\"null\",\"int\"],\"default\":5}," /* of branch 2: A05 */
            "{\"name\":\"G\",\"type\":{\"type\":\"array\",\"items\":\"int\"},\"default\":[1]}"));
    assert_string_equal(encode_hex(s, false, cols, 2, row),
                        avro_hex(avro_payload(s, "02 000278 02ff 00 020a 020200")));
    assert_string_equal(encode_hex(s, false, cols, 2, nulls),
                        avro_hex(avro_payload(s, "12 02 02ff 00 020a 020200")));
    s = avro_schema(REC("{\"name\":\"A\",\"type\":\"int\"},{\"name\":\"B\",\"type\":\"string\"}"));
    assert_non_null(strstr(encode_hex(s, false, cols, 2, nulls),
                           "NULL where the schema has neither null nor a default"));
}

static void test_foreign_types(void **state)
{
    (void)state;
    const struct {
        const wr_type *type;
        const char *value, *schema, *hex; /* or what the error says */
    } c[] = {
        {&wr_type_integer, "5", "\"long\"", "0a"},
        {&wr_type_bigint, "5", "\"int\"", "0a"},
        {&wr_type_bigint, "3000000000", "\"int\"", "out of the range of Avro's int"},
        {&wr_type_double, "1.5", "\"float\"", "0000c03f"},
        {&wr_type_double, "1e300", "\"float\"", "out of the range of Avro's float"},
        {&wr_type_double, "inf", "\"float\"", "0000807f"},
        {&wr_type_string, "B", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}",
         "02"},
        {&wr_type_string, "C", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}",
         "no symbol"},
        {&wr_type_bytes, "ab", "{\"type\":\"fixed\",\"name\":\"X\",\"size\":2}", "6162"},
        {&wr_type_bytes, "abc", "{\"type\":\"fixed\",\"name\":\"X\",\"size\":2}", "another length"},
        {&wr_type_timestamp, "76", "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}",
         "c0a309"},
        {&wr_type_timestamp, "9223372036854775807",
         "{\"type\":\"long\",\"logicalType\":\"timestamp-nanos\"}", "out of the range"},
        {&wr_type_time, "76", "{\"type\":\"long\",\"logicalType\":\"time-micros\"}", "c0a309"},
        {DECIMAL(4, 2), "1.50",
         "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4,"
         "\"scale\":1}",
         "020f"},
        {DECIMAL(4, 2), "1.25",
         "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4,"
         "\"scale\":1}",
         "does not fit"},
        {DECIMAL(4, 2), "-1.00",
         "{\"type\":\"fixed\",\"name\":\"X\",\"size\":3,\"logicalType\":"
         "\"decimal\",\"precision\":6,\"scale\":2}",
         "ffff9c"},
        {DECIMAL(8, 2), "100000.00",
         "{\"type\":\"fixed\",\"name\":\"X\",\"size\":2,\"logicalType\":"
         "\"decimal\",\"precision\":9,\"scale\":2}",
         "does not fit the schema's fixed"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const wr_column cols[] = {col("A", c[i].type)};
        const wr_value v = value_of(c[i].type, c[i].value);
        const wr_registry_schema *s =
            avro_schema(wr_arena_printf(arena, REC("{\"name\":\"A\",\"type\":%s}"), c[i].schema));
        const char *shown = encode_hex(s, false, cols, 1, &v);
        if (!strstr(shown, c[i].hex))
            fail_msg("%s as %s: %s", c[i].value, c[i].schema, shown);
    }
}

/* A STRUCT with a field for each branch: the one that is set. */
static void test_unions(void **state)
{
    (void)state;
    const wr_field fields[] = {{"INT", &wr_type_integer}, {"STRING", &wr_type_string}};
    const wr_column cols[] = {col("A", struct_of(2, fields))};
    const wr_registry_schema *s =
        avro_schema(REC("{\"name\":\"A\",\"type\":[\"null\",\"int\",\"string\"]}"));
    const struct {
        wr_value items[2];
        const char *hex;
    } c[] = {
        {{wr_value_i32(4), WR_VALUE_NULL}, "0208"},
        {{WR_VALUE_NULL, wr_value_str(WR_STR("x"))}, "040278"},
        {{WR_VALUE_NULL, WR_VALUE_NULL}, "no field of a union's STRUCT is set"},
        {{wr_value_i32(4), wr_value_str(WR_STR("x"))}, "more than one field"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const wr_nest nest = {.n = 2, .items = (wr_value *)c[i].items};
        const wr_value v = wr_value_nest(&nest);
        assert_non_null(strstr(encode_hex(s, false, cols, 1, &v), c[i].hex));
    }
    const wr_value null = WR_VALUE_NULL;
    assert_string_equal(encode_hex(s, false, cols, 1, &null), "00");
    s = avro_schema("[\"int\",\"string\"]");
    const wr_column top[] = {col("INT", &wr_type_integer), col("STRING", &wr_type_string)};
    assert_string_equal(encode_hex(s, false, top, 2, c[1].items), "020278");
}

static void test_no_schema(void **state)
{
    (void)state;
    const wr_column cols[] = {col("A", &wr_type_integer)};
    wr_encoder *e;
    weir_error err;
    assert_int_equal(wr_encoder_new(wr_format_get(WR_FORMAT_AVRO), cols, 1, NULL, arena, &e, &err),
                     WEIR_ERR_CONFIG);
}

/* ---- JSON ---- */

static const char *from_json(const wr_registry_schema *s, const char *json)
{
    wr_json *j;
    weir_error err = {0};
    assert_int_equal(wr_json_parse(wr_str_c(json), false, arena, &j, &err), WEIR_OK);
    wr_format_options options = avro_options();
    options.schema = s;
    wr_buf out = {0};
    weir_status st = wr_format_from_json(wr_format_get(WR_FORMAT_AVRO), &options, j, &out, &err);
    const char *text = st == WEIR_OK ? avro_hex(wr_buf_view(&out))
                                     : wr_arena_printf(arena, "error: %s", err.message);
    assert_true(st == WEIR_OK || out.len == 0);
    wr_buf_free(&out);
    return text;
}

static const char *to_json(const wr_registry_schema *s, const char *hex)
{
    wr_buf out = {0};
    weir_error err = {0};
    wr_format_options options = avro_options();
    weir_status st = wr_format_to_json(wr_format_get(WR_FORMAT_AVRO), &options, (wr_str){0},
                                       avro_payload(s, hex), &out, &err);
    const char *text = st == WEIR_OK ? wr_arena_strdup(arena, wr_buf_cstr(&out))
                                     : wr_arena_printf(arena, "error: %s", err.message);
    wr_buf_free(&out);
    return text;
}

/* The value, its bytes, and the value again. */
static void test_json_both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *schema, *json, *hex;
    } c[] = {
        {"\"int\"", "-3", "05"},
        {"\"long\"", "9223372036854775807", "feffffffffffffffff01"},
        {"\"boolean\"", "true", "01"},
        {"\"double\"", "1.5", "000000000000f83f"},
        {"\"double\"", "\"NaN\"", "000000000000f87f"},
        {"\"float\"", "1.5", "0000c03f"},
        {"\"string\"", "\"a\\\"b\"", "06612262"},
        {"\"bytes\"", "\"AQI=\"", "0102"}, /* bare: A01 */
        {"[\"null\",\"bytes\"]", "\"AQI=\"", "02040102"},
        {"{\"type\":\"fixed\",\"name\":\"X\",\"size\":2}", "\"YWI=\"", "6162"},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}", "\"B\"", "02"},
        {"{\"type\":\"int\",\"logicalType\":\"date\"}", "18993", "e2a802"},
        {"[\"null\",{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4,\"scale\":2}]",
         "1.50", "02040096"},
        {"{\"type\":\"fixed\",\"name\":\"X\",\"size\":3,\"logicalType\":\"decimal\",\"precision\":"
         "4,"
         "\"scale\":2}",
         "-1.50", "ffff6a"},
        {"[\"null\",\"int\"]", "null", "00"},
        {"[\"null\",\"int\",\"string\"]", "{\"INT\":4,\"STRING\":null}", "0208"},
        {"[\"null\",\"int\",\"string\"]", "null", "00"},
        {"{\"type\":\"array\",\"items\":[\"null\",\"int\"]}", "[1,null]", "0402020000"},
        {"{\"type\":\"map\",\"values\":\"int\"}", "{\"a\":1}", "0202610200"},
        {"{\"type\":\"map\",\"values\":\"int\"}", "{}", "00"},
        {"{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"ME\",\"fields\":["
         "{\"name\":\"key\",\"type\":[\"null\",\"string\"]},{\"name\":\"value\",\"type\":\"int\"}],"
         "\"connect.internal.type\":\"MapEntry\"}}",
         "{\"a\":1}", "020202610200"},
        {REC("{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"b\",\"type\":\"string\"}"),
         "{\"a\":1,\"b\":\"x\"}", "020278"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const wr_registry_schema *s = avro_schema(c[i].schema);
        const char *hex = from_json(s, c[i].json);
        assert_string_equal(hex, c[i].hex);
        assert_string_equal(to_json(s, hex), c[i].json);
    }
}

/* What is read generously, and what not. */
static void test_from_json(void **state)
{
    (void)state;
    const wr_registry_schema *s =
        avro_schema(REC("{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"b\",\"type\":[\"null\","
                        "\"string\"]},{\"name\":\"c\",\"type\":\"int\",\"default\":7}"));
    static const struct {
        const char *json, *hex;
    } c[] = {
        {"{\"A\":1,\"B\":\"x\",\"Z\":[]}", "0202 0278 0e"},
        {"{\"a\":1,\"A\":2}", "0200 0e"},
        {"{\"a\":\"12\",\"c\":3.0}", "1800 06"},
        {"{\"a\":1e2,\"b\":5,\"c\":null}", "c80102 0235 0e"},
        {"{\"b\":\"x\"}", "error: "},
        {"{\"a\":2147483648}", "error: "},
        {"{\"a\":1.5}", "error: "},
        {"{\"a\":true}", "error: "},
        {"[1]", "error: "},
        {"null", "error: "},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const char *hex = from_json(s, c[i].json);
        if (strncmp(c[i].hex, "error", 5) == 0)
            assert_int_equal(strncmp(hex, "error: Avro schema", 18), 0);
        else
            assert_string_equal(hex, avro_hex(avro_payload(s, c[i].hex)));
    }
    /* the branch by its name, or the first that fits */
    s = avro_schema("[\"int\",\"string\",{\"type\":\"map\",\"values\":\"int\"}]");
    assert_string_equal(from_json(s, "{\"string\":\"x\"}"), "020278");
    assert_string_equal(from_json(s, "\"x\""), "020278");
    assert_string_equal(from_json(s, "5"), "000a");
    assert_string_equal(from_json(s, "{\"k\":5}"), "0402026b0a00");
    /* a default that contains itself ends somewhere */
    s = avro_schema(REC("{\"name\":\"x\",\"type\":\"R\",\"default\":{}},"
                        "{\"name\":\"y\",\"type\":\"R\",\"default\":{}}"));
    assert_int_equal(strncmp(from_json(s, "{}"), "error: ", 7), 0);
}

static void test_to_json_faults(void **state)
{
    (void)state;
    static const struct {
        const char *schema, *hex, *why;
    } c[] = {
        {"\"int\"", "8a80808010", "an int is out of range"},
        {"\"boolean\"", "02", "a boolean is neither 0 nor 1"},
        {"\"string\"", "0661", "ends too early"},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}", "02", "no such symbol"},
        {"[\"null\",\"int\"]", "04", "no such branch"},
        {"{\"type\":\"array\",\"items\":\"null\"}", "feffffffffffffff7f 00", "too many empty"},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4}", "", "no bytes"},
        {"{", "02", "Invalid Avro schema"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++)
        assert_non_null(strstr(to_json(avro_schema(c[i].schema), c[i].hex), c[i].why));
    const wr_registry_schema nowhere = {.id = 4711};
    assert_non_null(strstr(to_json(&nowhere, "02"), "error: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_scalars),    cmocka_unit_test(test_a09_big_longs),
        cmocka_unit_test(test_own_containers), cmocka_unit_test(test_q38_check),
        cmocka_unit_test(test_q38_defaults),   cmocka_unit_test(test_foreign_types),
        cmocka_unit_test(test_unions),         cmocka_unit_test(test_no_schema),
        cmocka_unit_test(test_json_both_ways), cmocka_unit_test(test_from_json),
        cmocka_unit_test(test_to_json_faults),
    };
    return cmocka_run_group_tests(tests, avro_setup, avro_teardown);
}
