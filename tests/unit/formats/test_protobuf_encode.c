/* SPDX-License-Identifier: Apache-2.0 */
/* PROTOBUF: columns to records, byte by byte; both ways through JSON; what cannot be written. */
#include "protobuf_fixture.h"

#include "types/decimal.h"

static wr_value text(const char *s)
{
    return wr_value_str(wr_str_c(s));
}

static wr_value list_of(uint32_t n, const wr_value *items)
{
    wr_nest *nest = wr_nest_new(arena, n, false);
    for (uint32_t i = 0; i < n; i++)
        nest->items[i] = items[i];
    return wr_value_nest(nest);
}

static wr_value map_of(const char *key, wr_value item)
{
    wr_nest *nest = wr_nest_new(arena, 1, true);
    nest->keys[0] = text(key);
    nest->items[0] = item;
    return wr_value_nest(nest);
}

/* One row as hex digits from its indexes on, or the error. */
static const char *encode(wr_format_id id, const wr_column *cols, uint32_t n,
                          wr_format_options options, const wr_value *values)
{
    wr_vec *v = vectors(cols, n, 1);
    for (uint32_t c = 0; c < n; c++) {
        if (values[c].null)
            wr_vec_set_null(&v[c], 0);
        else
            wr_vec_set(&v[c], 0, &values[c]);
    }
    wr_buf buf = {0};
    wr_str payload;
    uint8_t ok = 77;
    wr_row_errors errs = {0};
    wr_encoder_run(encoder(id, cols, n, options), v, wr_sel_all(1), &buf, &payload, &ok, &errs);
    const char *shown = ok ? pb_hex(payload, id == WR_FORMAT_PROTOBUF ? 5 : 0)
                           : wr_arena_printf(arena, "error: %s", errs.first);
    wr_buf_free(&buf);
    return shown;
}

/* With the schema that these columns get, and read back. */
static const char *round_trip(const wr_column *c, wr_nullable_form nullable, wr_value v)
{
    wr_format_options options = pb_options();
    options.nullable = nullable;
    options.schema = pb_schema(pb_text(c, 1, options));
    const char *hex = encode(WR_FORMAT_PROTOBUF, c, 1, options, &v);
    if (strncmp(hex, "error", 5) == 0)
        return hex;
    /* PROTOBUF_NOSR has the same message. */
    assert_string_equal(encode(WR_FORMAT_PROTOBUF_NOSR, c, 1, options, &v), hex + 2);
    return wr_arena_printf(arena, "%s: %s", hex, pb_decode(c, 1, pb_record(options.schema, hex)));
}

static void test_values(void **state)
{
    (void)state;
    const wr_field x[] = {{"X", &wr_type_integer}};
    const wr_value one = wr_value_i32(1), zero = wr_value_i32(0), none = WR_VALUE_NULL;
    const wr_value numbers[] = {one, zero, wr_value_i32(-1)};
    const wr_value texts[] = {text("a"), text("")};
    const wr_value doubles[] = {wr_value_f64(1.5), wr_value_f64(0)};
    const struct {
        const wr_type *type;
        wr_value v;
        const char *shown;
    } c[] = {
        {&wr_type_boolean, wr_value_bool(true), "000801: true"},
        {&wr_type_boolean, wr_value_bool(false), "00: false"},
        {&wr_type_integer, wr_value_i32(-1), "0008ffffffffffffffffff01: -1"},
        {&wr_type_integer, none, "00: 0"}, /* (Q22) */
        {&wr_type_bigint, wr_value_i64(300), "0008ac02: 300"},
        {&wr_type_double, wr_value_f64(1.5), "0009000000000000f83f: 1.5"},
        {&wr_type_double, wr_value_f64(-0.0), "00090000000000000080: -0.0"},
        {&wr_type_string, text("abc"), "000a03616263: \"abc\""},
        {&wr_type_string, none, "00: \"\""},
        {&wr_type_bytes, text("\x01\x02"), "000a020102: \"AQI=\""},
        {&wr_type_date, zero, "000a0708b20f10011801: \"1970-01-01\""},
        {&wr_type_date, wr_value_i32(-719162), "000a06080110011801: \"0001-01-01\""},
        {&wr_type_date, wr_value_i32(19782), "000a0708e80f1002181d: \"2024-02-29\""},
        {&wr_type_date, none, "00: null"},
        {&wr_type_time, wr_value_i32(86399999), "000a0c0817103b183b20c08faedc03: \"23:59:59.999\""},
        {&wr_type_time, zero, "000a00: \"00:00\""},
        {&wr_type_timestamp, wr_value_i64(-1),
         "000a1108ffffffffffffffffff0110c08faedc03: \"1969-12-31T23:59:59.999\""},
        {&wr_type_timestamp, wr_value_i64(0), "000a00: \"1970-01-01T00:00:00.000\""},
        {wr_type_array(arena, &wr_type_integer), list_of(3, numbers),
         "000a0c0100ffffffffffffffffff01: [1,0,-1]"},
        {wr_type_array(arena, &wr_type_integer), none, "00: []"},
        {wr_type_array(arena, &wr_type_string), list_of(2, texts), "000a01610a00: [\"a\",\"\"]"},
        {wr_type_array(arena, &wr_type_double), list_of(2, doubles),
         "000a10000000000000f83f0000000000000000: [1.5,0.0]"},
        {wr_type_array(arena, &wr_type_integer), list_of(1, &none),
         "error: The row cannot be written as Protobuf message ConnectDefault1: an element of an "
         "array is NULL, which Protobuf cannot say"},
        {wr_type_map(arena, &wr_type_string, &wr_type_integer), map_of("a", one),
         "000a050a01611001: {\"a\":1}"},
        {wr_type_map(arena, &wr_type_string, &wr_type_integer), map_of("", zero),
         "000a00: {\"\":0}"},
        {wr_type_map(arena, &wr_type_string, &wr_type_integer), map_of("a", none),
         "000a030a0161: {\"a\":0}"},
        {wr_type_map(arena, &wr_type_string, wr_type_array(arena, &wr_type_integer)),
         map_of("a", list_of(2, numbers)), "000a070a016112020100: {\"a\":[1,0]}"},
        {wr_type_struct(arena, x, 1), list_of(1, &one), "000a020801: {\"X\":1}"},
        {wr_type_struct(arena, x, 1), list_of(1, &none), "000a00: {\"X\":0}"},
        {wr_type_struct(arena, x, 1), none, "00: null"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const wr_column v = col("V", c[i].type);
        assert_string_equal(round_trip(&v, WR_NULLABLE_NONE, c[i].v), c[i].shown);
    }
}

/* Each value carries its own digits as precision, and the scale (Q19). */
static void test_decimals(void **state)
{
    (void)state;
    static const struct {
        int32_t precision, scale;
        const char *text, *shown;
    } c[] = {
        {4, 2, "1.25", "000a070a017d10031802: 1.25"},
        {4, 2, "0.00", "000a070a010010011802: 0.00"},
        {4, 2, "-99.99", "000a080a02d8f110041802: -99.99"},
        {18, 0, "1", "000a050a01011001: 1"},
        {18, 0, "-999999999999999999", "000a0c0a08f21f494c589c00011012: -999999999999999999"},
        {30, 10, "0.0000000001", "000a070a01011001180a: 0.0000000001"},
        {60, 1, "123456789012345678901234567890123456789012345678901.5",
         NULL}, /* longer than 128 bits: only that it comes back */
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const wr_type *t = wr_type_decimal(arena, c[i].precision, c[i].scale);
        const wr_column v = col("V", t);
        wr_value value;
        assert_int_equal(wr_dec_from_text(wr_str_c(c[i].text), t, true, arena, &value), WR_DEC_OK);
        const char *shown = round_trip(&v, WR_NULLABLE_NONE, value);
        if (c[i].shown)
            assert_string_equal(shown, c[i].shown);
        else
            assert_string_equal(strrchr(shown, ' ') + 1, c[i].text);
    }
}

static void test_nullable_forms(void **state)
{
    (void)state;
    const wr_column v = col("V", &wr_type_integer);
    const wr_column m = col("M", wr_type_map(arena, &wr_type_string, &wr_type_integer));
    const wr_value zero = wr_value_i32(0), none = WR_VALUE_NULL;
    assert_string_equal(round_trip(&v, WR_NULLABLE_OPTIONAL, zero), "000800: 0");
    assert_string_equal(round_trip(&v, WR_NULLABLE_OPTIONAL, none), "00: null");
    assert_string_equal(round_trip(&v, WR_NULLABLE_WRAPPER, zero), "000a00: 0");
    assert_string_equal(round_trip(&v, WR_NULLABLE_WRAPPER, none), "00: null");
    assert_string_equal(round_trip(&m, WR_NULLABLE_WRAPPER, map_of("a", zero)),
                        "000a070a030a01611200: {\"a\":0}");
    assert_string_equal(round_trip(&m, WR_NULLABLE_WRAPPER, map_of("a", none)),
                        "000a050a030a0161: {\"a\":null}");
    assert_string_equal(round_trip(&m, WR_NULLABLE_OPTIONAL, map_of("a", zero)),
                        "000a030a0161: {\"a\":0}");
}

/* Somebody else's schema: fields by number, enums, other whole numbers, real map fields, oneofs. */
static void test_foreign_schemas(void **state)
{
    (void)state;
    const wr_field members[] = {{"F", &wr_type_integer}, {"G", &wr_type_string}};
    const wr_type *map = wr_type_map(arena, &wr_type_string, &wr_type_string);
    const wr_type *oneof = wr_type_struct(arena, members, 2);
    const wr_value both[] = {wr_value_i32(1), text("x")};
    const wr_value first[] = {wr_value_i32(0), WR_VALUE_NULL};
    const wr_type *floats = wr_type_array(arena, &wr_type_double);
    const wr_value half = wr_value_f64(0.5), huge = wr_value_f64(1e300);
    const struct {
        const char *body;
        const wr_type *type;
        wr_value v;
        const char *hex;
    } c[] = {
        {"enum E { x = 0; z = 5; } E V = 9;", &wr_type_string, text("z"), "004805"},
        {"enum E { x = 0; z = 5; } E V = 9;", &wr_type_string, WR_VALUE_NULL, "00"},
        {"enum E { x = 0; z = 5; } E V = 9;", &wr_type_string, text("q"),
         "error: The row cannot be written as Protobuf message T: a text is no symbol of its enum"},
        {"sint32 V = 1;", &wr_type_integer, wr_value_i32(-2), "000803"},
        {"uint32 V = 1;", &wr_type_bigint, wr_value_i64(-1),
         "error: The row cannot be written as Protobuf message T: a number is out of its field's "
         "range"},
        {"fixed64 V = 1;", &wr_type_bigint, wr_value_i64(-1), "0009ffffffffffffffff"},
        {"float V = 1;", &wr_type_double, half, "000d0000003f"},
        {"float V = 1;", &wr_type_double, huge,
         "error: The row cannot be written as Protobuf message T: a number is too large for a "
         "float"},
        {"repeated float V = 1;", floats, list_of(1, &half), "000a040000003f"},
        {"repeated float V = 1 [packed = false];", floats, list_of(1, &half), "000d0000003f"},
        {"map<int32, string> V = 1;", map, map_of("7", text("x")), "000a050807120178"},
        {"map<int32, string> V = 1;", map, map_of("0", text("")), "000a0408001200"},
        {"map<bool, string> V = 1;", map, map_of("true", text("")), "000a0408011200"},
        {"map<bool, string> V = 1;", map, map_of("yes", text("")),
         "error: The row cannot be written as Protobuf message T: a key of a map is neither true "
         "nor false"},
        {"map<int32, string> V = 1;", map, map_of("x", text("")),
         "error: The row cannot be written as Protobuf message T: a key of a map is not the "
         "number that it must be"},
        {"oneof V { int32 F = 1; string G = 2; }", oneof, list_of(2, first), "000800"},
        {"oneof V { int32 F = 1; string G = 2; }", oneof, WR_VALUE_NULL, "00"},
        {"oneof V { int32 F = 1; string G = 2; }", oneof, list_of(2, both),
         "error: The row cannot be written as Protobuf message T: more than one field of a oneof "
         "is set"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const wr_column v = col(c[i].type == oneof ? "V_0" : "V", c[i].type);
        wr_format_options options = pb_options();
        options.schema = pb3(c[i].body);
        assert_string_equal(encode(WR_FORMAT_PROTOBUF, &v, 1, options, &c[i].v), c[i].hex);
    }
    const wr_column v = col("V", &wr_type_integer);
    const wr_value none = WR_VALUE_NULL;
    wr_format_options options = pb_options();
    options.schema = pb2("required int32 V = 1;");
    assert_string_equal(encode(WR_FORMAT_PROTOBUF, &v, 1, options, &none),
                        "error: The row cannot be written as Protobuf message T: a required field "
                        "has no value");
}

/* The indexes of the message that is meant; lengths beyond one byte. */
static void test_indexes_and_lengths(void **state)
{
    (void)state;
    const wr_column cols[] = {col("Z", &wr_type_string)};
    wr_format_options options = pb_options();
    options.schema = pb_schema("syntax = \"proto3\"; message A { message B { string Z = 1; } "
                               "message C { string Z = 1; } } message D { string Z = 1; }");
    const wr_value x = text("x");
    options.full_name = "D";
    assert_string_equal(encode(WR_FORMAT_PROTOBUF, cols, 1, options, &x), "02020a0178");
    options.full_name = "A.C";
    assert_string_equal(encode(WR_FORMAT_PROTOBUF, cols, 1, options, &x), "0400020a0178");
    static const size_t lengths[] = {127, 128, 16383, 16384, 70000};
    for (size_t i = 0; i < WR_ARRAY_LEN(lengths); i++) {
        char *bytes = wr_arena_alloc(arena, lengths[i]);
        memset(bytes, 'a', lengths[i]);
        const wr_value v = wr_value_str(wr_str_make(bytes, lengths[i]));
        const char *hex = encode(WR_FORMAT_PROTOBUF, cols, 1, options, &v);
        const char *back = pb_decode(cols, 1, pb_record(options.schema, hex));
        assert_int_equal(strlen(back), lengths[i] + 2);
    }
}

/* PROTOBUF_NOSR's single keys are messages, and are read back (Q24). */
static void test_plain_unwrapped(void **state)
{
    (void)state;
    const wr_field x[] = {{"X", &wr_type_integer}};
    const wr_value seven = wr_value_i32(7), none = WR_VALUE_NULL;
    wr_value decimal;
    const wr_type *dec = wr_type_decimal(arena, 4, 2);
    assert_int_equal(wr_dec_from_text(wr_str_c("1.25"), dec, true, arena, &decimal), WR_DEC_OK);
    const struct {
        const wr_type *type;
        wr_value v;
        const char *hex, *shown;
    } c[] = {
        {&wr_type_integer, seven, "0807", "7"},
        {&wr_type_integer, wr_value_i32(0), "", "0"},
        {&wr_type_string, text("abc"), "0a03616263", "\"abc\""},
        {dec, decimal, "0a017d10031802", "1.25"},
        {&wr_type_date, wr_value_i32(0), "08b20f10011801", "\"1970-01-01\""},
        {wr_type_struct(arena, x, 1), list_of(1, &seven), "0807", "{\"X\":7}"},
        {&wr_type_integer, none, "NULL", NULL},
    };
    const wr_format_options options = {.unwrapped = true};
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const wr_column k = col("K", c[i].type);
        assert_string_equal(encode(WR_FORMAT_PROTOBUF_NOSR, &k, 1, options, &c[i].v), c[i].hex);
        if (!c[i].shown)
            continue;
        wr_decoder *d = decoder(WR_FORMAT_PROTOBUF_NOSR, &k, 1, NULL, options);
        assert_string_equal(decode_show(d, &k, 1, pb_plain(c[i].hex)), c[i].shown);
    }
    const wr_column k = col("K", dec);
    wr_decoder *d = decoder(WR_FORMAT_PROTOBUF_NOSR, &k, 1, NULL, options);
    assert_string_equal(decode_show(d, &k, 1, pb_plain("0a")),
                        "error: it ends within a number, path: $.K");
}

/* ---- JSON ---- */

static const char *to_json(const wr_registry_schema *s, const char *hex)
{
    const wr_format_options options = pb_options();
    wr_buf out = {0};
    weir_error err = {0};
    weir_status st = wr_format_to_json(wr_format_get(WR_FORMAT_PROTOBUF), &options, (wr_str){0},
                                       pb_record(s, hex), &out, &err);
    const char *shown = st == WEIR_OK ? wr_arena_strdup(arena, wr_buf_cstr(&out))
                                      : wr_arena_printf(arena, "error: %s", err.message);
    wr_buf_free(&out);
    return shown;
}

static const char *from_json(const wr_registry_schema *s, const char *json)
{
    wr_format_options options = pb_options();
    options.schema = s;
    wr_json *j;
    wr_buf out = {0};
    weir_error err = {0};
    assert_int_equal(wr_json_parse(wr_str_c(json), false, arena, &j, &err), WEIR_OK);
    weir_status st =
        wr_format_from_json(wr_format_get(WR_FORMAT_PROTOBUF), &options, j, &out, &err);
    const char *shown = st == WEIR_OK ? pb_hex(wr_buf_view(&out), 5)
                                      : wr_arena_printf(arena, "error: %s", err.message);
    wr_buf_free(&out);
    return shown;
}

static void test_json(void **state)
{
    (void)state;
    static const struct {
        const char *body, *json, *hex, *back; /* NULL: the same JSON */
    } c[] = {
        {"int32 a = 1; string b = 2;", "{\"a\":1,\"b\":\"x\"}", "000801120178", NULL},
        {"int32 a = 1; string b = 2;", "{\"B\":\"x\",\"q\":7}", "00120178",
         "{\"a\":0,\"b\":\"x\"}"},
        {"optional int32 a = 1;", "{}", "00", "{\"a\":null}"},
        {"uint64 a = 1;", "{\"a\":18446744073709551615}", "0008ffffffffffffffffff01", "{\"a\":-1}"},
        {"double a = 1; float b = 2;", "{\"a\":1.5,\"b\":0.5}", "0009000000000000f83f150000003f",
         NULL},
        {"repeated int32 a = 1; repeated string b = 2;", "{\"a\":[1,2],\"b\":[\"\"]}",
         "000a0201021200", NULL},
        {"map<int32, bool> a = 1;", "{\"a\":{\"7\":true}}", "000a0408071001", NULL},
        {"map<string, int32> a = 1;", "{\"a\":{\"k\":1}}", "000a050a016b1001", NULL},
        {"enum E { A = 0; B = 1; } E a = 1;", "{\"a\":\"B\"}", "000801", NULL},
        {"enum E { A = 0; B = 1; } E a = 1;", "{\"a\":7}", "000807",
         "{\"a\":\"UNKNOWN_ENUM_VALUE_E_7\"}"},
        {"bytes a = 1;", "{\"a\":\"AQI=\"}", "000a020102", NULL},
        {"google.protobuf.Timestamp a = 1; google.type.Date d = 2; google.type.TimeOfDay t = 3;",
         "{\"a\":-1,\"d\":0,\"t\":1}",
         "000a1108ffffffffffffffffff0110c08faedc03120708b20f100118011a0420c0843d", NULL},
        {"confluent.type.Decimal a = 1;", "{\"a\":2.58}", "000a080a02010210031802", NULL},
        {"google.protobuf.StringValue a = 1; google.protobuf.Int32Value b = 2;",
         "{\"a\":\"x\",\"b\":null}", "000a030a0178", NULL},
        {"oneof c { int32 f = 1; string g = 2; }", "{\"c_0\":{\"f\":null,\"g\":\"x\"}}", "00120178",
         NULL},
        {"message N { T t = 1; int32 x = 2; } N n = 1;", /* recursion is no matter here */
         "{\"n\":{\"t\":{\"n\":{\"t\":null,\"x\":1}},\"x\":2}}", "000a080a040a0210011002", NULL},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const wr_registry_schema *s = pb3(c[i].body);
        assert_string_equal(from_json(s, c[i].json), c[i].hex);
        assert_string_equal(to_json(s, c[i].hex), c[i].back ? c[i].back : c[i].json);
    }
    assert_string_equal(from_json(pb3("int32 a = 1;"), "{\"a\":\"x\"}"),
                        "error: The JSON does not fit Protobuf message T at a");
    assert_string_equal(from_json(pb3("int32 a = 1;"), "{\"a\":2147483648}"),
                        "error: The JSON does not fit Protobuf message T at a");
}

/* What comes in pieces, twice or wrongly, as JSON. */
static void test_json_of_any_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *body, *hex, *json;
    } c[] = {
        {"message N { int32 x = 1; string y = 2; } N f = 1;", "00 0a020801 0a03120171",
         "{\"f\":{\"x\":1,\"y\":\"q\"}}"},
        {"map<string, int32> f = 1;", "00 0a050a01611001 0a050a01611002", "{\"f\":{\"a\":2}}"},
        {"oneof c { int32 f = 1; string g = 3; }", "00 0801 1a0178 0802",
         "{\"c_0\":{\"f\":2,\"g\":null}}"},
        {"int32 f = 1;", "00 0a0161", "{\"f\":0}"},
        {"int32 f = 1;", "00 08", "error: Invalid Protobuf: it ends within a number"},
        {"int32 f = 1;", "02020801", "error: Schema 6 has no message of the record's indexes"},
        {"google.type.Date f = 1;", "00 0a00", "error: Invalid Protobuf: a Date is no day"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const wr_registry_schema *s = pb3(c[i].body);
        const char *want = c[i].json;
        if (strncmp(want, "error: Schema", 13) == 0)
            want = wr_arena_printf(arena, "error: Schema %u has no message of the record's indexes",
                                   s->id);
        assert_string_equal(to_json(s, c[i].hex), want);
    }
    /* Depth of a schema that contains itself. */
    wr_buf hex = {0};
    wr_buf deep = {0};
    for (int i = 0; i < 150; i++) { /* each around all before it */
        wr_buf around = {0};
        wr_buf_putc(&around, 0x0a);
        wr_buf_varint(&around, deep.len);
        wr_buf_str(&around, wr_buf_view(&deep));
        wr_buf_free(&deep);
        deep = around;
    }
    wr_buf_puts(&hex, "00");
    wr_text_put_hex(&hex, wr_buf_view(&deep), false);
    assert_string_equal(to_json(pb3("T f = 1;"), wr_buf_cstr(&hex)),
                        "error: Invalid Protobuf: the record is nested too deeply");
    wr_buf_free(&hex);
    wr_buf_free(&deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, pb_setup, pb_teardown)
        T(test_values),
        T(test_decimals),
        T(test_nullable_forms),
        T(test_foreign_schemas),
        T(test_indexes_and_lengths),
        T(test_plain_unwrapped),
        T(test_json),
        T(test_json_of_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
