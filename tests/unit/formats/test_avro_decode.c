/* SPDX-License-Identifier: Apache-2.0 */
/* AVRO records to columns: every type, what goes to what, schemas in turn, malformed bytes. */
#include "avro_fixture.h"

#include "registry/registry_internal.h"

#define DECIMAL(p, s) wr_type_decimal(arena, p, s)
#define ARRAY(e)      wr_type_array(arena, e)
#define MAP(e)        wr_type_map(arena, &wr_type_string, e)

/* F of the type, N: the row as F | N. */
static const char *decode_field(const char *type, const char *hex, const wr_type *as)
{
    const wr_column cols[] = {col("F", as), col("N", &wr_type_integer)};
    return avro_decode(cols, 2, avro_options(), avro_payload(avro_field(type), hex));
}

#define DATE_TYPE  "{\"type\":\"int\",\"logicalType\":\"date\"}"
#define TIME_TYPE  "{\"type\":\"int\",\"logicalType\":\"time-millis\"}"
#define STAMP_TYPE "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}"
#define ENUM_TYPE  "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"RED\",\"green\"]}"
#define FIXED_TYPE "{\"type\":\"fixed\",\"name\":\"X\",\"size\":2}"
#define DEC_TYPE   "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4,\"scale\":2}"

static void test_scalars(void **state)
{
    (void)state;
    const struct {
        const char *type, *hex;
        const wr_type *as;
        const char *shown;
    } c[] = {
        {"\"boolean\"", "01 02", &wr_type_boolean, "true | 1"},
        {"\"boolean\"", "00 02", &wr_type_boolean, "false | 1"},
        {"\"int\"", "feffffff0f 02", &wr_type_integer, "2147483647 | 1"},
        {"\"int\"", "ffffffff0f 02", &wr_type_integer, "-2147483648 | 1"},
        {"\"long\"", "feffffffffffffffff01 02", &wr_type_bigint, "9223372036854775807 | 1"},
        {"\"long\"", "ffffffffffffffffff01 02", &wr_type_bigint, "-9223372036854775808 | 1"},
        {"\"long\"", "8080808000 02", &wr_type_bigint, "0 | 1"}, /* longer than need be */
        {"\"float\"", "cdcccc3d 02", &wr_type_double, "0.10000000149011612 | 1"},
        {"\"double\"", "9a9999999999b93f 02", &wr_type_double, "0.1 | 1"},
        {"\"string\"", "04c3bc 02", &wr_type_string, "\"ü\" | 1"},
        {"\"string\"", "00 02", &wr_type_string, "\"\" | 1"},
        {"\"bytes\"", "040102 02", &wr_type_bytes, "\"AQI=\" | 1"},
        {FIXED_TYPE, "6162 02", &wr_type_bytes, "\"YWI=\" | 1"},
        {ENUM_TYPE, "02 02", &wr_type_string, "\"green\" | 1"},
        {DATE_TYPE, "e2a802 02", &wr_type_date, "\"2022-01-01\" | 1"},
        {TIME_TYPE, "06 02", &wr_type_time, "\"00:00:00.003\" | 1"},
        {STAMP_TYPE, "01 02", &wr_type_timestamp, "\"1969-12-31T23:59:59.999\" | 1"},
        {DEC_TYPE, "040102 02", DECIMAL(4, 2), "2.58 | 1"},
        {DEC_TYPE, "02ff 02", DECIMAL(4, 2), "-0.01 | 1"},
        {"[\"null\",\"int\"]", "00 02", &wr_type_integer, "null | 1"},
        {"[\"null\",\"int\"]", "02 06 02", &wr_type_integer, "3 | 1"},
        {"[\"int\",\"null\"]", "00 06 02", &wr_type_integer, "3 | 1"},
        {"[\"int\",\"null\"]", "02 02", &wr_type_integer, "null | 1"},
        {"[\"null\",\"string\"]", "02 0278 02", &wr_type_string, "\"x\" | 1"},
        {"[\"null\",\"double\"]", "02 000000000000f83f 02", &wr_type_double, "1.5 | 1"},
        {"[\"int\"]", "00 06 02", &wr_type_integer, "3 | 1"},
        {"{\"type\":\"string\",\"logicalType\":\"uuid\"}", "046162 02", &wr_type_string,
         "\"ab\" | 1"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++)
        assert_string_equal(decode_field(c[i].type, c[i].hex, c[i].as), c[i].shown);
}

static void test_containers(void **state)
{
    (void)state;
    const wr_field x_y[] = {{"X", &wr_type_integer}, {"Y", &wr_type_string}};
    const wr_type *record = struct_of(2, x_y);
    static const char in[] = "{\"type\":\"record\",\"name\":\"I\",\"fields\":["
                             "{\"name\":\"x\",\"type\":\"int\"},"
                             "{\"name\":\"y\",\"type\":[\"null\",\"string\"]}]}";
    const char *list_of_in = wr_arena_printf(arena, "{\"type\":\"array\",\"items\":%s}", in);
    const struct {
        const char *type, *hex;
        const wr_type *as;
        const char *shown;
    } c[] = {
        {"{\"type\":\"array\",\"items\":\"int\"}", "0402040002", ARRAY(&wr_type_integer),
         "[1,2] | 1"},
        {"{\"type\":\"array\",\"items\":\"int\"}", "0002", ARRAY(&wr_type_integer), "[] | 1"},
        /* two blocks, the first with its size in bytes */
        {"{\"type\":\"array\",\"items\":\"int\"}", "03 04 0204 02 06 00 02",
         ARRAY(&wr_type_integer), "[1,2,3] | 1"},
        {"{\"type\":\"array\",\"items\":[\"null\",\"string\"]}", "04 00 020278 00 02",
         ARRAY(&wr_type_string), "[null,\"x\"] | 1"},
        {"{\"type\":\"map\",\"values\":\"int\"}", "02 0261 02 00 02", MAP(&wr_type_bigint),
         "{\"a\":1} | 1"},
        /* of repeated keys the last value counts, at the first's place */
        {"{\"type\":\"map\",\"values\":\"int\"}", "06 0261 02 0262 04 0261 06 00 02",
         MAP(&wr_type_integer), "{\"a\":3,\"b\":2} | 1"},
        {in, "02 020262 02", record, "{\"X\":1,\"Y\":\"b\"} | 1"},
        {in, "02 00 02", record, "{\"X\":1,\"Y\":null} | 1"},
        {list_of_in, "04 02 00 04 020263 00 02", ARRAY(record),
         "[{\"X\":1,\"Y\":null},{\"X\":2,\"Y\":\"c\"}] | 1"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++)
        assert_string_equal(decode_field(c[i].type, c[i].hex, c[i].as), c[i].shown);
}

/* Q08: what goes to what; a mismatch is a bad row, also where the value is NULL (Q14). */
static void test_q08_types(void **state)
{
    (void)state;
    const struct {
        const char *type, *hex;
        const wr_type *as;
        const char *shown;
    } c[] = {
        {"\"int\"", "02 02", &wr_type_bigint, "1 | 1"},
        {"\"int\"", "02 02", &wr_type_string, "\"1\" | 1"},
        {"\"int\"", "02 02", &wr_type_date, "\"1970-01-02\" | 1"},
        {"\"int\"", "02 02", &wr_type_time, "\"00:00:00.001\" | 1"},
        {"\"int\"", "02 02", &wr_type_timestamp, "\"1970-01-01T00:00:00.001\" | 1"},
        {"\"int\"", "02 02", &wr_type_double, "error: Cannot deserialize type int as type DOUBLE"},
        {"\"int\"", "02 02", DECIMAL(4, 2), "error: Cannot deserialize type int as type DECIMAL"},
        {"\"int\"", "02 02", &wr_type_boolean, "error: Cannot deserialize"},
        {"\"long\"", "02 02", &wr_type_timestamp, "\"1970-01-01T00:00:00.001\" | 1"},
        {"\"long\"", "02 02", &wr_type_string, "\"1\" | 1"},
        {"\"long\"", "02 02", &wr_type_integer, "error: Cannot deserialize type long as type INT"},
        {"\"long\"", "02 02", &wr_type_date, "error: Cannot deserialize type long as type DATE"},
        {"\"float\"", "0000c03f 02", &wr_type_string, "\"1.5\" | 1"},
        {"\"float\"", "cdcccc3d 02", &wr_type_string, "\"0.1\" | 1"}, /* the float's digits */
        {"\"float\"", "0000807f 02", &wr_type_string, "\"Infinity\" | 1"},
        {"\"double\"", "9c7500883ce4377e 02", &wr_type_string, "\"1.0E300\" | 1"},
        {"\"double\"", "000000000000f83f 02", &wr_type_integer, "error: Cannot deserialize"},
        {"\"boolean\"", "01 02", &wr_type_string, "\"true\" | 1"},
        {"\"string\"", "0231 02", &wr_type_integer, "error: Cannot deserialize type string"},
        {"\"bytes\"", "0231 02", &wr_type_string, "error: Cannot deserialize type bytes"},
        {FIXED_TYPE, "6162 02", &wr_type_string, "error: Cannot deserialize type fixed"},
        {DEC_TYPE, "040102 02", &wr_type_string, "error: Cannot deserialize type bytes"},
        {DEC_TYPE, "040102 02", &wr_type_double, "error: Cannot deserialize type bytes"},
        {DEC_TYPE, "040102 02", &wr_type_bytes, "error: Cannot deserialize type bytes"},
        {TIME_TYPE, "06 02", &wr_type_bigint, "3 | 1"},
        {STAMP_TYPE, "06 02", &wr_type_bigint, "3 | 1"},
        {STAMP_TYPE, "06 02", &wr_type_integer, "error: Cannot deserialize type long"},
        {ENUM_TYPE, "00 02", &wr_type_integer, "error: Cannot deserialize type enum"},
        {"[\"null\",\"string\"]", "00 02", &wr_type_integer, "error: Cannot deserialize"},
        {"{\"type\":\"array\",\"items\":\"string\"}", "0002", ARRAY(&wr_type_integer), "[] | 1"},
        {"{\"type\":\"array\",\"items\":\"string\"}", "02023100 02", ARRAY(&wr_type_integer),
         "error: Cannot deserialize type string as type INTEGER, path: $.F"},
        {"{\"type\":\"array\",\"items\":\"int\"}", "020200 02", MAP(&wr_type_integer), "error: "},
        {"{\"type\":\"map\",\"values\":\"int\"}", "02 0261 02 00 02", MAP(&wr_type_string),
         "{\"a\":\"1\"} | 1"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const char *shown = decode_field(c[i].type, c[i].hex, c[i].as);
        size_t n = strncmp(c[i].shown, "error", 5) == 0 ? strlen(c[i].shown) : strlen(shown) + 1;
        if (strncmp(shown, c[i].shown, n) != 0)
            fail_msg("%s as %s: %s", c[i].type, wr_type_text(arena, c[i].as), shown);
    }
}

/* Q02: a column takes the field of its name, or the one of its name in upper case. */
static void test_q02_names(void **state)
{
    (void)state;
    const wr_registry_schema *s =
        avro_schema("{\"type\":\"record\",\"name\":\"T\",\"fields\":["
                    "{\"name\":\"id\",\"type\":\"int\"},{\"name\":\"Name\",\"type\":\"string\"}]}");
    const struct {
        const char *names[2], *shown;
    } c[] = {
        {{"ID", "NAME"}, "1 | \"x\""},   {{"id", "Name"}, "1 | \"x\""},
        {{"Id", "name"}, "null | null"}, {{"ID", "id"}, "null | 1"},
        {{"id", "ID"}, "1 | null"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        bool second = strcmp(c[i].names[1], "id") == 0 || strcmp(c[i].names[1], "ID") == 0;
        const wr_column cols[] = {col(c[i].names[0], &wr_type_integer),
                                  col(c[i].names[1], second ? &wr_type_integer : &wr_type_string)};
        assert_string_equal(avro_decode(cols, 2, avro_options(), avro_payload(s, "02 0278")),
                            c[i].shown);
    }
    s = avro_schema("{\"type\":\"record\",\"name\":\"T\",\"fields\":["
                    "{\"name\":\"id\",\"type\":\"int\"},{\"name\":\"ID\",\"type\":\"int\"}]}");
    const wr_column one[] = {col("ID", &wr_type_integer)};
    assert_string_equal(avro_decode(one, 1, avro_options(), avro_payload(s, "02 04")), "2");
}

/* Q09: at the column's scale, exactly. */
static void test_q09_decimals(void **state)
{
    (void)state;
    const struct {
        const char *hex;
        int precision, scale;
        const char *shown;
    } c[] = {
        {"040102 02", 6, 3, "2.580 | 1"},     {"040102 02", 3, 2, "2.58 | 1"},
        {"040102 02", 3, 1, "error: "},       {"0400fa 02", 3, 1, "2.5 | 1"},
        {"040102 02", 2, 2, "error: "},       {"040102 02", 60, 2, "2.58 | 1"},
        {"040102 02", 60, 4, "2.5800 | 1"},   {"060000ff 02", 4, 2, "2.55 | 1"}, /* sign repeated */
        {"08ffffffff 02", 4, 2, "-0.01 | 1"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const char *shown = decode_field(DEC_TYPE, c[i].hex, DECIMAL(c[i].precision, c[i].scale));
        if (strncmp(shown, c[i].shown, strlen(c[i].shown)) != 0)
            fail_msg("%s: %s", c[i].hex, shown);
    }
    /* more digits than 128 bits hold, and a fixed */
    assert_string_equal(
        decode_field(
            "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":50,\"scale\":0}",
            "24 0100000000000000000000000000000000 00 02", DECIMAL(50, 0)),
        "87112285931760246646623899502532662132736 | 1");
    assert_string_equal(
        decode_field(
            "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":50,\"scale\":0}",
            "24 ff00000000000000000000000000000000 00 02", DECIMAL(50, 0)),
        "-87112285931760246646623899502532662132736 | 1");
    assert_string_equal(
        decode_field("{\"type\":\"fixed\",\"name\":\"D\",\"size\":3,\"logicalType\":"
                     "\"decimal\",\"precision\":6,\"scale\":2}",
                     "ffff9c 02", DECIMAL(6, 2)),
        "-1.00 | 1");
}

/* Q11: a union of several is a STRUCT; an enum after a string goes into the string. */
static void test_q11_unions(void **state)
{
    (void)state;
    const wr_field fields[] = {{"INT", &wr_type_integer}, {"STRING", &wr_type_string}};
    static const char type[] = "[\"null\",\"int\",\"string\"]";
    assert_string_equal(decode_field(type, "00 02", struct_of(2, fields)), "null | 1");
    assert_string_equal(decode_field(type, "02 08 02", struct_of(2, fields)),
                        "{\"INT\":4,\"STRING\":null} | 1");
    assert_string_equal(decode_field(type, "04 0278 02", struct_of(2, fields)),
                        "{\"INT\":null,\"STRING\":\"x\"} | 1");
    assert_string_equal(decode_field(type, "04 0278 02", struct_of(1, fields)),
                        "{\"INT\":null} | 1");
    assert_non_null(strstr(decode_field(type, "06 0278 02", struct_of(2, fields)),
                           "a union has no such branch"));
    const wr_field texts[] = {{"STRING", &wr_type_string}, {"E", &wr_type_string}};
    assert_string_equal(decode_field("[\"string\"," ENUM_TYPE "]", "02 00 02", struct_of(2, texts)),
                        "{\"STRING\":\"RED\",\"E\":null} | 1");
    assert_string_equal(decode_field("[" ENUM_TYPE ",\"string\"]", "00 00 02", struct_of(2, texts)),
                        "{\"STRING\":null,\"E\":\"RED\"} | 1");
    /* at the top, each branch is a column */
    const wr_registry_schema *s = avro_schema("[\"int\",\"string\"]");
    const wr_column cols[] = {col("INT", &wr_type_integer), col("STRING", &wr_type_string)};
    assert_string_equal(avro_decode(cols, 2, avro_options(), avro_payload(s, "0006")), "3 | null");
    assert_string_equal(avro_decode(cols, 2, avro_options(), avro_payload(s, "020261")),
                        "null | \"a\"");
}

/* Q12: Connect's array of entries is a MAP, keys of any type as texts. Not as ksqlDB: keys that
 * cannot be null are read, too. */
static void test_q12_entries(void **state)
{
    (void)state;
    static const char *const keys[] = {"\"int\"", "\"string\"", "[\"null\",\"string\"]"};
    static const char *const hex[] = {"02 0e 0278 00 02", "02 0237 0278 00 02",
                                      "02 020237 0278 00 02"};
    for (size_t i = 0; i < WR_ARRAY_LEN(keys); i++) {
        const char *type = wr_arena_printf(
            arena,
            "{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"ME\",\"fields\":["
            "{\"name\":\"key\",\"type\":%s},{\"name\":\"value\",\"type\":\"string\"}],"
            "\"connect.internal.type\":\"MapEntry\"}}",
            keys[i]);
        assert_string_equal(decode_field(type, hex[i], MAP(&wr_type_string)), "{\"7\":\"x\"} | 1");
        if (i == 2)
            assert_non_null(strstr(decode_field(type, "02 00 0278 00 02", MAP(&wr_type_string)),
                                   "a key of a map is null"));
    }
}

/* Q13, A06: neither defaults nor aliases fill anything in. */
static void test_q13_no_defaults(void **state)
{
    (void)state;
    const wr_registry_schema *old = avro_schema(
        "{\"type\":\"record\",\"name\":\"A0\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}");
    const wr_registry_schema *young = avro_schema(
        "{\"type\":\"record\",\"name\":\"A1\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},"
        "{\"name\":\"b\",\"type\":\"string\",\"default\":\"x\",\"aliases\":[\"a\"]}]}");
    const wr_column cols[] = {col("A", &wr_type_integer), col("B", &wr_type_string)};
    wr_decoder *d = decoder(WR_FORMAT_AVRO, cols, 2, NULL, avro_options());
    assert_string_equal(decode_show(d, cols, 2, avro_payload(old, "02")), "1 | null");
    assert_string_equal(decode_show(d, cols, 2, avro_payload(young, "040271")), "2 | \"q\"");
}

/* Q14: null where a record is expected is a bad row. */
static void test_q14_null_record(void **state)
{
    (void)state;
    const wr_registry_schema *s =
        avro_schema("[\"null\",{\"type\":\"record\",\"name\":\"A1\",\"fields\":["
                    "{\"name\":\"a\",\"type\":\"int\"}]}]");
    const wr_column cols[] = {col("A", &wr_type_integer)};
    assert_string_equal(avro_decode(cols, 1, avro_options(), avro_payload(s, "00")),
                        "error: Invalid Avro at byte 6: the record is null");
    assert_string_equal(avro_decode(cols, 1, avro_options(), avro_payload(s, "0204")), "2");
    wr_format_options bare = avro_options();
    bare.unwrapped = true;
    assert_string_equal(
        avro_decode(cols, 1, bare, avro_payload(avro_schema("[\"null\",\"int\"]"), "00")),
        "error: Invalid Avro at byte 6: the record is null");
}

/* Q15: more bytes after a record are no fault. */
static void test_q15_bytes_behind(void **state)
{
    (void)state;
    assert_string_equal(decode_field("\"int\"", "02 04 ffff", &wr_type_integer), "1 | 2");
}

/* A01: `bytes` alone are all that follows the mark; with null they are proper Avro. */
static void test_a01_bare_bytes(void **state)
{
    (void)state;
    const wr_column cols[] = {col("V", &wr_type_bytes)};
    wr_format_options bare = avro_options();
    bare.unwrapped = true;
    const wr_registry_schema *s = avro_schema("\"bytes\"");
    assert_string_equal(avro_decode(cols, 1, bare, avro_payload(s, "040102")), "\"BAEC\"");
    assert_string_equal(avro_decode(cols, 1, bare, avro_payload(s, "")), "\"\"");
    s = avro_schema("[\"null\",\"bytes\"]");
    assert_string_equal(avro_decode(cols, 1, bare, avro_payload(s, "02040102")), "\"AQI=\"");
    const wr_column number[] = {col("V", DECIMAL(4, 2))};
    s = avro_schema(DEC_TYPE);
    assert_string_equal(avro_decode(number, 1, bare, avro_payload(s, "d8f1")), "-99.99");
    assert_non_null(strstr(avro_decode(number, 1, bare, avro_payload(s, "")), "has no bytes"));
}

/* A02: an int that some writers let out of range is a bad record, and no other column's matter. */
static void test_a02_int_out_of_range(void **state)
{
    (void)state;
    static const char hex[] = "8a80808010 02"; /* 2147483653 */
    assert_string_equal(decode_field("\"int\"", hex, &wr_type_integer),
                        "error: an int is out of range, path: $.F");
    assert_string_equal(decode_field("\"int\"", hex, &wr_type_bigint),
                        "error: an int is out of range, path: $.F");
    assert_string_equal(decode_field("\"int\"", hex, &wr_type_string),
                        "error: an int is out of range, path: $.F");
    const wr_column cols[] = {col("F", &wr_type_integer), col("N", &wr_type_integer)};
    static const bool wanted[] = {false, true};
    wr_decoder *d = decoder(WR_FORMAT_AVRO, cols, 2, wanted, avro_options());
    wr_str payload = avro_payload(avro_field("\"int\""), hex);
    wr_vec *v = vectors(cols, 2, 1);
    uint8_t ok;
    wr_row_errors errs = {0};
    weir_error err;
    assert_int_equal(wr_decoder_run(d, &payload, wr_sel_all(1), v, &ok, &errs, arena, &err), 0);
    assert_int_equal(ok, WR_DECODED);
    assert_int_equal(v[1].u.i32[0], 1);
}

/* A03: the scale and the unit of each record's own schema, then brought to the column. */
static void test_a03_writers_logical_type(void **state)
{
    (void)state;
    const wr_column cols[] = {col("F", DECIMAL(8, 3)), col("N", &wr_type_integer)};
    wr_decoder *d = decoder(WR_FORMAT_AVRO, cols, 2, NULL, avro_options());
    assert_string_equal(decode_show(d, cols, 2, avro_payload(avro_field(DEC_TYPE), "0264 02")),
                        "1.000 | 1");
    assert_string_equal(
        decode_show(d, cols, 2,
                    avro_payload(avro_field("{\"type\":\"bytes\",\"logicalType\":\"decimal\","
                                            "\"precision\":8,\"scale\":3}"),
                                 "0403e8 02")),
        "1.000 | 1");
    static const struct {
        const char *logical, *hex;
    } times[] = {
        {"timestamp-millis", "9801 02"},    /* 76 */
        {"timestamp-micros", "c0a309 02"},  /* 76000 */
        {"timestamp-nanos", "80ecbd48 02"}, /* 76000000 */
        {"local-timestamp-millis", "9801 02"},    {"local-timestamp-micros", "c0a309 02"},
        {"LOCAL-TIMESTAMP-NANOS", "80ecbd48 02"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(times); i++)
        assert_string_equal(
            decode_field(wr_arena_printf(arena, "{\"type\":\"long\",\"logicalType\":\"%s\"}",
                                         times[i].logical),
                         times[i].hex, &wr_type_timestamp),
            "\"1970-01-01T00:00:00.076\" | 1");
    static const char micros[] = "{\"type\":\"long\",\"logicalType\":\"time-micros\"}";
    assert_string_equal(decode_field(micros, "c0a309 02", &wr_type_time), "\"00:00:00.076\" | 1");
    assert_string_equal(decode_field(micros, "c0a309 02", &wr_type_bigint), "76000 | 1");
    /* a microsecond before 1970 */
    assert_string_equal(decode_field("{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}",
                                     "01 02", &wr_type_timestamp),
                        "\"1969-12-31T23:59:59.999\" | 1");
}

/* A04: which of two branches was written is not ours to judge. */
static void test_a04_branch_as_written(void **state)
{
    (void)state;
    const wr_field fields[] = {{"LONG", &wr_type_bigint}, {"DOUBLE", &wr_type_double}};
    static const char type[] = "[\"long\",\"double\"]";
    assert_string_equal(decode_field(type, "00 8280808080808020 02", struct_of(2, fields)),
                        "{\"LONG\":9007199254740993,\"DOUBLE\":null} | 1");
    assert_string_equal(decode_field(type, "02 0000000000004043 02", struct_of(2, fields)),
                        "{\"LONG\":null,\"DOUBLE\":9.007199254740992E15} | 1");
}

/* A05: a default that fits only the second branch is no reason to refuse the schema. */
static void test_a05_default_of_second_branch(void **state)
{
    (void)state;
    const wr_registry_schema *s =
        avro_schema("{\"type\":\"record\",\"name\":\"T\",\"fields\":[{\"name\":\"A\","
                    "\"type\":[\"null\",\"int\"],\"default\":5}]}");
    const wr_column cols[] = {col("A", &wr_type_integer)};
    assert_string_equal(avro_decode(cols, 1, avro_options(), avro_payload(s, "0204")), "2");
}

/* A06: symbols are the writer's; one that its schema does not have is a bad record. */
static void test_a06_enum_symbols(void **state)
{
    (void)state;
    static const char type[] =
        "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"],\"default\":\"A\"}";
    assert_string_equal(decode_field(type, "02 02", &wr_type_string), "\"B\" | 1");
    assert_string_equal(decode_field(type, "04 02", &wr_type_string),
                        "error: an enum has no such symbol, path: $.F");
    assert_string_equal(decode_field(type, "01 02", &wr_type_string),
                        "error: an enum has no such symbol, path: $.F");
}

/* A07: more digits than the schema's precision are read if the column holds them; no bytes, not. */
static void test_a07_decimals(void **state)
{
    (void)state;
    assert_string_equal(decode_field(DEC_TYPE, "06 0186a0 02", DECIMAL(9, 2)), "1000.00 | 1");
    assert_string_equal(decode_field(DEC_TYPE, "00 02", DECIMAL(9, 2)),
                        "error: a decimal has no bytes, path: $.F");
}

/* A08: nanos are a number where the column is one. */
static void test_a08_nanos(void **state)
{
    (void)state;
    assert_string_equal(decode_field("{\"type\":\"long\",\"logicalType\":\"timestamp-nanos\"}",
                                     "aab4d6d7959cfec52d 02", &wr_type_bigint),
                        "1640995200123456789 | 1");
}

/* A10: a boolean of 2 is refused. */
static void test_a10_boolean(void **state)
{
    (void)state;
    assert_string_equal(decode_field("\"boolean\"", "02 02", &wr_type_boolean),
                        "error: a boolean is neither 0 nor 1, path: $.F");
    assert_string_equal(decode_field("\"boolean\"", "02 02", &wr_type_string),
                        "error: a boolean is neither 0 nor 1, path: $.F");
}

/* A11: what is no UTF-8 becomes U+FFFD, in keys of maps as well. */
static void test_a11_utf8(void **state)
{
    (void)state;
    assert_string_equal(decode_field("\"string\"", "0661ff62 02", &wr_type_string),
                        "\"a\xEF\xBF\xBD"
                        "b\" | 1");
    assert_string_equal(decode_field("{\"type\":\"map\",\"values\":\"int\"}", "02 02ff 02 00 02",
                                     MAP(&wr_type_integer)),
                        "{\"\xEF\xBF\xBD\":1} | 1");
}

/* R01: both marks in both places; the header comes first. */
static void test_r01_marks(void **state)
{
    (void)state;
    /* One with a GUID, which the registry of this process gives to none. */
    wr_registry_schema given = *avro_field("\"int\"");
    given.id = 0x12345;
    given.has_guid = true;
    memcpy(given.guid, "0123456789abcdef", 16);
    const wr_registry_schema *s = wr__registry_keep(registry, &given);
    const wr_column cols[] = {col("F", &wr_type_integer), col("N", &wr_type_integer)};
    wr_decoder *d = decoder(WR_FORMAT_AVRO, cols, 2, NULL, avro_options());
    const wr_str marks[] = {exact("\x01"
                                  "0123456789abcdef",
                                  17),
                            exact("\x00\x00\x01\x23\x45", 5)};
    assert_int_equal(s->id, 0x12345);
    for (size_t i = 0; i < WR_ARRAY_LEN(marks); i++) {
        wr_decoder_schema_headers(d, &marks[i]);
        assert_string_equal(decode_show(d, cols, 2, exact("\x02\x04", 2)), "1 | 2");
        /* then what the payload begins with is data */
        assert_string_equal(decode_show(d, cols, 2, exact("\x00\x01\x00\x00\x00\x01", 6)),
                            "0 | -1");
        wr_decoder_schema_headers(d, NULL);
        char bytes[19];
        memcpy(bytes, marks[i].ptr, marks[i].len);
        memcpy(bytes + marks[i].len, "\x02\x04", 2);
        assert_string_equal(decode_show(d, cols, 2, exact(bytes, marks[i].len + 2)), "1 | 2");
    }
    wr_str bad = exact("\x07", 1);
    wr_decoder_schema_headers(d, &bad);
    assert_string_equal(decode_show(d, cols, 2, exact("\x02\x04", 2)),
                        "error: the header with the schema's id is not one");
}

/* R02: a header's GUID that the registry does not have is its trouble: the decoder waits. */
static void test_r02_unknown_guid(void **state)
{
    (void)state;
    const wr_column cols[] = {col("F", &wr_type_integer)};
    wr_decoder *d = decoder(WR_FORMAT_AVRO, cols, 1, NULL, avro_options());
    wr_vec *v = vectors(cols, 1, 1);
    uint8_t ok;
    wr_row_errors errs = {0};
    weir_error err = {0};
    wr_str header = exact("\x01"
                          "fedcba9876543210",
                          17),
           payload = exact("\x02\x04", 2);
    wr_decoder_schema_headers(d, &header);
    assert_int_equal(wr_decoder_run(d, &payload, wr_sel_all(1), v, &ok, &errs, arena, &err),
                     WEIR_ERR_LOG);
    assert_true(err.flags & WEIR_ERROR_RETRIABLE);
    assert_int_equal(errs.count, 0);
    wr_decoder_schema_headers(d, NULL); /* before a payload it may be anything */
    assert_non_null(strstr(decode_show(d, cols, 1, header), "error: "));
}

/* Rows whose schemas take turns, an unknown id and no mark among them, NULL payloads too. */
static void test_schemas_in_turn(void **state)
{
    (void)state;
    const wr_registry_schema *s[] = {avro_field("\"int\""), avro_field("\"long\""),
                                     avro_field("[\"null\",\"int\"]"), avro_field("\"string\"")};
    const wr_column cols[] = {col("F", &wr_type_bigint), col("N", &wr_type_integer)};
    wr_decoder *d = decoder(WR_FORMAT_AVRO, cols, 2, NULL, avro_options());
    const wr_registry_schema nowhere = {.id = 999};
    wr_str payloads[] = {
        avro_payload(s[0], "02 02"),   avro_payload(s[1], "04 02"),
        avro_payload(s[2], "00 02"),   avro_payload(s[2], "0206 02"),
        avro_payload(s[3], "0278 02"), avro_payload(&nowhere, "02 02"),
        exact("{\"A\":1}", 7),         (wr_str){0},
        avro_payload(s[0], "08 02"),   avro_payload(s[0], "0a"),
    };
    enum { ROWS = sizeof payloads / sizeof payloads[0] };
    static const char *const shown[ROWS] = {"1", "2", "null", "3", "!", "!", "!", "NULL", "4", "!"};
    wr_vec *v = vectors(cols, 2, ROWS);
    uint8_t ok[ROWS];
    wr_row_errors errs = {0};
    weir_error err;
    for (int round = 0; round < 2; round++) {
        assert_int_equal(wr_decoder_run(d, payloads, wr_sel_all(ROWS), v, ok, &errs, arena, &err),
                         WEIR_OK);
        assert_int_equal(errs.count, 4 * (round + 1));
        for (size_t i = 0; i < ROWS; i++) {
            const char *text = !ok[i]                     ? "!"
                               : ok[i] == WR_DECODED_NULL ? "NULL"
                               : v[0].null[i]             ? "null"
                                              : wr_arena_printf(arena, "%d", (int)v[0].u.i64[i]);
            assert_string_equal(text, shown[i]);
        }
        v = vectors(cols, 2, ROWS);
    }
}

/* The wanted columns alone: whatever lies between is gone past. */
static void test_wanted(void **state)
{
    (void)state;
    static const char *const types[] = {
        "\"int\"",
        "\"string\"",
        "[\"null\",\"string\"]",
        "\"double\"",
        "\"boolean\"",
        "\"long\"",
        "[\"int\",\"null\"]",
        "{\"type\":\"map\",\"values\":\"int\"}",
        ENUM_TYPE,
        "\"float\"",
    };
    static const char *const hex[] = {"02", "0461 62", "02 0263", "000000000000f83f",
                                      "01", "05",      "0008",    "02 0261 02 00",
                                      "02", "0000c03f"};
    static const char *const shown[] = {"1",  "\"ab\"", "\"c\"",     "1.5",       "true",
                                        "-3", "4",      "{\"a\":1}", "\"green\"", "1.5"};
    enum { N = sizeof types / sizeof types[0] };
    const wr_type *const sql[N] = {&wr_type_integer, &wr_type_string,       &wr_type_string,
                                   &wr_type_double,  &wr_type_boolean,      &wr_type_bigint,
                                   &wr_type_integer, MAP(&wr_type_integer), &wr_type_string,
                                   &wr_type_double};
    wr_buf schema = {0}, record = {0};
    wr_buf_puts(&schema, "{\"type\":\"record\",\"name\":\"T\",\"fields\":[");
    wr_column cols[N];
    for (int i = 0; i < N; i++) {
        cols[i] = col(wr_arena_printf(arena, "C%d", i), sql[i]);
        wr_buf_printf(&schema, "%s{\"name\":\"C%d\",\"type\":%s}", i ? "," : "", i, types[i]);
        wr_buf_puts(&record, hex[i]);
    }
    wr_buf_puts(&schema, "]}");
    wr_str payload = avro_payload(avro_schema(wr_buf_cstr(&schema)), wr_buf_cstr(&record));
    for (unsigned set = 0; set < 1u << N; set += 1 + set % 7) {
        bool wanted[N];
        for (int i = 0; i < N; i++)
            wanted[i] = set >> i & 1;
        wr_decoder *d = decoder(WR_FORMAT_AVRO, cols, N, wanted, avro_options());
        wr_vec *v = vectors(cols, N, 1);
        uint8_t ok;
        wr_row_errors errs = {0};
        weir_error err;
        assert_int_equal(wr_decoder_run(d, &payload, wr_sel_all(1), v, &ok, &errs, arena, &err), 0);
        assert_int_equal(ok, WR_DECODED);
        for (int i = 0; i < N; i++) {
            if (!wanted[i])
                continue;
            wr_buf text = {0};
            wr_value value = wr_vec_get(&v[i], 0);
            wr_value_print_json(&text, cols[i].type, &value);
            assert_string_equal(wr_buf_cstr(&text), shown[i]);
            wr_buf_free(&text);
        }
    }
    /* every shorter record is reported, whatever is wanted */
    for (uint32_t len = 0; len < payload.len; len++) {
        wr_decoder *d = decoder(WR_FORMAT_AVRO, cols, N, NULL, avro_options());
        assert_non_null(strstr(decode_show(d, cols, N, exact(payload.ptr, len)), "error: "));
    }
    wr_buf_free(&schema);
    wr_buf_free(&record);
}

/* Payloads that are made to harm. */
static void test_malicious(void **state)
{
    (void)state;
    static const char nodes[] = "{\"type\":\"record\",\"name\":\"L\",\"fields\":["
                                "{\"name\":\"next\",\"type\":[\"null\",\"L\"]}]}";
    const struct {
        const char *type, *hex, *why;
    } c[] = {
        {"\"string\"", "feffffffffffffffff01 02", "ends too early"},
        {"\"string\"", "01 02", "a length is negative"},
        {"\"long\"", "ffffffffffffffffffff01", "longer than 64 bits"},
        {"\"long\"", "8080", "ends too early"},
        /* counts that no record can have */
        {"{\"type\":\"array\",\"items\":\"int\"}", "feffffffffffffff7f 00", "ends too early"},
        {"{\"type\":\"array\",\"items\":\"int\"}", "ffffffffffffffffff01 00", "out of range"},
        {"{\"type\":\"map\",\"values\":\"int\"}", "8080808010 00", "ends too early"},
        {"{\"type\":\"array\",\"items\":\"int\"}", "03 feffffff0f 0202", "out of range"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const wr_column one[] = {col("N", &wr_type_integer)}; /* F is gone past */
        wr_str payload = avro_payload(avro_field(c[i].type), c[i].hex);
        assert_non_null(strstr(avro_decode(one, 1, avro_options(), payload), c[i].why));
    }
    /* a list that is as deep as it is long */
    wr_buf deep = {0};
    for (int i = 0; i < 100000; i++)
        wr_buf_puts(&deep, "02");
    wr_buf_puts(&deep, "00");
    const wr_column one[] = {col("N", &wr_type_integer)};
    assert_non_null(strstr(
        avro_decode(one, 1, avro_options(), avro_payload(avro_field(nodes), wr_buf_cstr(&deep))),
        "too deeply"));
    wr_buf_free(&deep);
    /* elements without bytes: skipped in one step, made up to a bound */
    static const char empties[] = "{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":"
                                  "\"O\",\"fields\":[]}}";
    const wr_field none[] = {{"X", &wr_type_integer}};
    assert_string_equal(avro_decode(one, 1, avro_options(),
                                    avro_payload(avro_field(empties), "feffffffffffffff7f 00 02")),
                        "1");
    assert_non_null(
        strstr(decode_field(empties, "feffffffffffffff7f 00 02", ARRAY(struct_of(1, none))),
               "too many empty elements"));
    assert_string_equal(decode_field(empties, "04 00 02", ARRAY(struct_of(1, none))),
                        "[{\"X\":null},{\"X\":null}] | 1");
    /* a block of another size than it says would be read differently by who skips it */
    assert_non_null(strstr(decode_field("{\"type\":\"array\",\"items\":\"int\"}",
                                        "03 06 0204 00 00 02", ARRAY(&wr_type_integer)),
                           "a block does not have the size it says"));
}

/* Columns over a recursive schema: what is declared is read, the rest gone past (Q06, Q07). */
static void test_recursive_writer(void **state)
{
    (void)state;
    const wr_registry_schema *s =
        avro_schema("{\"type\":\"record\",\"name\":\"L\",\"fields\":[{\"name\":\"v\",\"type\":"
                    "\"int\"},{\"name\":\"next\",\"type\":[\"null\",\"L\"]}]}");
    const wr_field inner[] = {{"V", &wr_type_integer}};
    const wr_field outer[] = {{"V", &wr_type_integer}, {"NEXT", struct_of(1, inner)}};
    const wr_column cols[] = {col("V", &wr_type_integer), col("NEXT", struct_of(2, outer))};
    assert_string_equal(
        avro_decode(cols, 2, avro_options(), avro_payload(s, "02 02 04 02 06 02 08 00")),
        "1 | {\"V\":2,\"NEXT\":{\"V\":3}}");
}

/* Without a registry there is nothing to ask. */
static void test_no_registry(void **state)
{
    (void)state;
    const wr_column cols[] = {col("F", &wr_type_integer)};
    wr_decoder *d;
    weir_error err;
    assert_int_equal(
        wr_decoder_new(wr_format_get(WR_FORMAT_AVRO), cols, 1, NULL, NULL, arena, &d, &err),
        WEIR_ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_containers),
        cmocka_unit_test(test_q08_types),
        cmocka_unit_test(test_q02_names),
        cmocka_unit_test(test_q09_decimals),
        cmocka_unit_test(test_q11_unions),
        cmocka_unit_test(test_q12_entries),
        cmocka_unit_test(test_q13_no_defaults),
        cmocka_unit_test(test_q14_null_record),
        cmocka_unit_test(test_q15_bytes_behind),
        cmocka_unit_test(test_a01_bare_bytes),
        cmocka_unit_test(test_a02_int_out_of_range),
        cmocka_unit_test(test_a03_writers_logical_type),
        cmocka_unit_test(test_a04_branch_as_written),
        cmocka_unit_test(test_a05_default_of_second_branch),
        cmocka_unit_test(test_a06_enum_symbols),
        cmocka_unit_test(test_a07_decimals),
        cmocka_unit_test(test_a08_nanos),
        cmocka_unit_test(test_a10_boolean),
        cmocka_unit_test(test_a11_utf8),
        cmocka_unit_test(test_r01_marks),
        cmocka_unit_test(test_r02_unknown_guid),
        cmocka_unit_test(test_schemas_in_turn),
        cmocka_unit_test(test_wanted),
        cmocka_unit_test(test_malicious),
        cmocka_unit_test(test_recursive_writer),
        cmocka_unit_test(test_no_registry),
    };
    return cmocka_run_group_tests(tests, avro_setup, avro_teardown);
}
