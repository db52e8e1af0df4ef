/* SPDX-License-Identifier: Apache-2.0 */
/* PROTOBUF records to columns: every kind of field, what real writers send, malformed bytes. */
#include "protobuf_fixture.h"

typedef struct read_case {
    const char *body, *hex, *shown;
} read_case;

static void check_reads(const read_case *c, size_t n,
                        const wr_registry_schema *(*schema)(const char *))
{
    for (size_t i = 0; i < n; i++)
        assert_string_equal(pb_read(schema(c[i].body), c[i].hex), c[i].shown);
}

static void test_scalars(void **state)
{
    (void)state;
    static const read_case c[] = {
        {"bool f = 1;", "00 0801", "`F` BOOLEAN: true"},
        {"int32 f = 1;", "00 08ffffffffffffffffff01", "`F` INTEGER: -1"},
        {"sint32 f = 1;", "00 0803", "`F` INTEGER: -2"},
        {"uint32 f = 1;", "00 08ffffffff0f", "`F` BIGINT: 4294967295"},
        {"fixed32 f = 1;", "00 0dffffffff", "`F` BIGINT: 4294967295"},
        {"sfixed32 f = 1;", "00 0dffffffff", "`F` INTEGER: -1"},
        {"int64 f = 1;", "00 0880808080808080808001", "`F` BIGINT: -9223372036854775808"},
        {"sint64 f = 1;", "00 08ffffffffff3f", "`F` BIGINT: -1099511627776"},
        {"uint64 f = 1;", "00 08feffffffffffffffff01", "`F` BIGINT: -2"},
        {"fixed64 f = 1;", "00 090100000000000080", "`F` BIGINT: -9223372036854775807"},
        {"sfixed64 f = 1;", "00 09ffffffffffffffff", "`F` BIGINT: -1"},
        {"float f = 1;", "00 0dcdcccc3d", "`F` DOUBLE: 0.10000000149011612"},
        {"double f = 1;", "00 09000000000000f83f", "`F` DOUBLE: 1.5"},
        {"string f = 1;", "00 0a0361c3a9", "`F` STRING: \"aé\""},
        {"bytes f = 1;", "00 0a020102", "`F` BYTES: \"AQI=\""},
        {"enum E { A = 0; B = 1; NEG = -1; } E f = 1;", "00 08ffffffffffffffffff01",
         "`F` STRING: \"NEG\""},
        {"google.protobuf.Timestamp f = 1;", "00 0a0b0880b3be8e0610959aef3a",
         "`F` TIMESTAMP: \"2022-01-01T00:00:00.123\""},
        {"google.type.Date f = 1;", "00 0a0708e50f100c181f", "`F` DATE: \"2021-12-31\""},
        {"google.type.TimeOfDay f = 1;", "00 0a0b0817103b183a20c09fab03",
         "`F` TIME: \"23:59:58.007\""},
        {"int32 f = 100;", "00 a00604", "`F` INTEGER: 4"},
    };
    check_reads(c, WR_ARRAY_LEN(c), pb3);
}

static void test_containers(void **state)
{
    (void)state;
    static const read_case c[] = {
        {"repeated int32 f = 1;", "00 0a020102 0803", "`F` ARRAY<INTEGER>: [1,2,3]"},
        {"repeated string f = 1; int32 n = 2;", "00 0a0161 1001 0a00",
         "`F` ARRAY<STRING>, `N` INTEGER: [\"a\",\"\"] | 1"},
        {"map<string, int32> f = 1;", "00 0a050a01611001 0a030a0162",
         "`F` MAP<STRING, INTEGER>: {\"a\":1,\"b\":0}"},
        {"map<fixed32, string> f = 1;", "00 0a080d00286bee120178",
         "`F` MAP<STRING, STRING>: {\"4000000000\":\"x\"}"},
        {"map<bool, string> f = 1;", "00 0a0508011201780a00",
         "`F` MAP<STRING, STRING>: {\"true\":\"x\",\"false\":\"\"}"},
        {"message N { int32 x = 1; string y = 2; } N f = 1;", "00 0a050805120171",
         "`F` STRUCT<`X` INTEGER, `Y` STRING>: {\"X\":5,\"Y\":\"q\"}"},
        {"message N { } N f = 1;", "00 0a00", "`F` STRUCT<>: {}"},
        {"google.protobuf.Int32Value f = 1;", "00 0a0b08fbffffffffffffffff01", "`F` INTEGER: -5"},
        {"google.protobuf.Int32Value f = 1;", "00 0a00", "`F` INTEGER: 0"},
        {"repeated google.protobuf.StringValue f = 1;", "00 0a050a0361c3a90a00",
         "`F` ARRAY<STRING>: [\"aé\",\"\"]"},
        {"message M { message L { int32 z = 1; } L l = 1; } M f = 1;", "00 0a020a00",
         "`F` STRUCT<`L` STRUCT<`Z` INTEGER>>: {\"L\":{\"Z\":0}}"},
        /* Connect's form of a map, also with a list inside */
        {"message DEntry { string key = 1; repeated int32 value = 2; } repeated DEntry f = 1;",
         "00 0a070a016112020506", "`F` MAP<STRING, ARRAY<INTEGER>>: {\"a\":[5,6]}"},
    };
    check_reads(c, WR_ARRAY_LEN(c), pb3);
}

/* What is not there: the default, or NULL where the writer could have said so. */
static void test_presence(void **state)
{
    (void)state;
    static const read_case c3[] = {
        {"int32 f = 1;", "00", "`F` INTEGER: 0"},
        {"optional int32 f = 1;", "00", "`F` INTEGER: null"},
        {"optional int32 f = 1;", "00 0800", "`F` INTEGER: 0"},
        {"string f = 1;", "00", "`F` STRING: \"\""},
        {"repeated int32 f = 1;", "00", "`F` ARRAY<INTEGER>: []"},
        {"map<string, int32> f = 1;", "00", "`F` MAP<STRING, INTEGER>: {}"},
        {"google.protobuf.Int32Value f = 1;", "00", "`F` INTEGER: null"},
        {"google.type.Date f = 1;", "00", "`F` DATE: null"},
        {"enum E { A = 0; B = 1; } E f = 1;", "00", "`F` STRING: \"A\""},
        {"message N { int32 x = 1; } N f = 1;", "00", "`F` STRUCT<`X` INTEGER>: null"},
    };
    static const read_case c2[] = {
        {"optional int32 f = 1 [default = 7];", "00", "`F` INTEGER: null"},
        {"optional int32 f = 1 [default = 7];", "00 0800", "`F` INTEGER: 0"},
        {"optional group G = 1 { optional int32 x = 1; } optional int32 n = 2;", "00 0b08040c 1001",
         "`N` INTEGER: 1"},
        {"optional int32 n = 2; extensions 100 to 199;", "00 1001 a00607", "`N` INTEGER: 1"},
    };
    check_reads(c3, WR_ARRAY_LEN(c3), pb3);
    check_reads(c2, WR_ARRAY_LEN(c2), pb2);
}

static void test_p06_a_message_that_comes_twice_is_merged(void **state)
{
    (void)state;
    static const read_case c[] = {
        {"message N { int32 x = 1; string y = 2; repeated int32 z = 3; } N f = 1; int32 n = 2;",
         "00 0a040801 1802 1007 0a05120171 1803",
         "`F` STRUCT<`X` INTEGER, `Y` STRING, `Z` ARRAY<INTEGER>>, `N` INTEGER: "
         "{\"X\":1,\"Y\":\"q\",\"Z\":[2,3]} | 7"},
        {"message N { int32 x = 1; string y = 2; } oneof c { N a = 1; int32 b = 2; }",
         "00 0a020801 1005 0a03120171",
         "`C_0` STRUCT<`A` STRUCT<`X` INTEGER, `Y` STRING>, `B` INTEGER>: "
         "{\"A\":{\"X\":0,\"Y\":\"q\"},\"B\":null}"},
        {"message N { int32 x = 1; string y = 2; } oneof c { N a = 1; int32 b = 2; }",
         "00 0a020801 0a03120171",
         "`C_0` STRUCT<`A` STRUCT<`X` INTEGER, `Y` STRING>, `B` INTEGER>: "
         "{\"A\":{\"X\":1,\"Y\":\"q\"},\"B\":null}"},
        {"oneof c { int32 f = 1; string g = 3; }", "00 0801 1a0178",
         "`C_0` STRUCT<`F` INTEGER, `G` STRING>: {\"F\":null,\"G\":\"x\"}"},
    };
    check_reads(c, WR_ARRAY_LEN(c), pb3);
    /* A member that nobody wants ends the one that somebody wants. */
    const wr_field f[] = {{"F", &wr_type_integer}};
    const wr_column col_c = col("C_0", wr_type_struct(arena, f, 1));
    const wr_registry_schema *s = pb3("oneof c { int32 f = 1; string g = 3; }");
    assert_string_equal(pb_decode(&col_c, 1, pb_record(s, "00 0801 1a0178")), "{\"F\":null}");
}

static void test_p07_the_last_entry_of_a_key_wins(void **state)
{
    (void)state;
    static const read_case c[] = {
        {"map<string, int32> f = 1;", "00 0a050a01611001 0a050a01621003 0a050a01611002",
         "`F` MAP<STRING, INTEGER>: {\"a\":2,\"b\":3}"},
        {"map<string, int32> f = 1;", "00 0a00", "`F` MAP<STRING, INTEGER>: {\"\":0}"},
        {"message N { int32 x = 1; string y = 2; } map<string, N> f = 1;",
         "00 0a0c0a0161 12020801 1203120171",
         "`F` MAP<STRING, STRUCT<`X` INTEGER, `Y` STRING>>: {\"a\":{\"X\":1,\"Y\":\"q\"}}"},
        {"message N { int32 x = 1; } map<string, N> f = 1;", "00 0a030a0161",
         "`F` MAP<STRING, STRUCT<`X` INTEGER>>: {\"a\":{\"X\":0}}"},
    };
    check_reads(c, WR_ARRAY_LEN(c), pb3);
}

static void test_p08_unknown_numbers_of_enums(void **state)
{
    (void)state;
    static const read_case open[] = {
        {"enum E { A = 0; B = 1; } E f = 1;", "00 0807", "`F` STRING: \"UNKNOWN_ENUM_VALUE_E_7\""},
        {"enum E { A = 0; B = 1; } repeated E f = 1;", "00 0a020107",
         "`F` ARRAY<STRING>: [\"B\",\"UNKNOWN_ENUM_VALUE_E_7\"]"},
    };
    static const read_case closed[] = {
        {"enum E { A = 1; B = 2; } optional E f = 1;", "00 0809", "`F` STRING: null"},
        {"enum E { A = 1; B = 2; } optional E f = 1;", "00 0802 0809", "`F` STRING: \"B\""},
        {"enum E { A = 1; B = 2; } repeated E f = 1;", "00 0802 0809 0801",
         "`F` ARRAY<STRING>: [\"B\",\"A\"]"},
        {"enum E { A = 0; B = 2; } map<string, E> f = 1;", "00 0a050a01611009 0a050a01621002",
         "`F` MAP<STRING, STRING>: {\"b\":\"B\"}"},
    };
    check_reads(open, WR_ARRAY_LEN(open), pb3);
    check_reads(closed, WR_ARRAY_LEN(closed), pb2);
}

static void test_p09_numbers_are_cut_to_their_field(void **state)
{
    (void)state;
    static const read_case c[] = {
        {"int32 f = 1;", "00 088580808010", "`F` INTEGER: 5"},
        {"int32 f = 1;", "00 08ffffffff0f", "`F` INTEGER: -1"},
        {"uint32 f = 1;", "00 08ffffffffffffffffff01", "`F` BIGINT: 4294967295"},
        {"bool f = 1;", "00 088080808010", "`F` BOOLEAN: true"},
        {"enum E { A = 0; B = 1; } E f = 1;", "00 088180808010", "`F` STRING: \"B\""},
        {"repeated int32 f = 1;", "00 0801 0802", "`F` ARRAY<INTEGER>: [1,2]"},
        {"repeated int32 f = 1 [packed = false];", "00 0a0103", "`F` ARRAY<INTEGER>: [3]"},
    };
    check_reads(c, WR_ARRAY_LEN(c), pb3);
}

static void test_p10_another_wire_type_is_an_unknown_field(void **state)
{
    (void)state;
    static const read_case c[] = {
        {"int32 f = 1; int32 n = 2;", "00 0a0161 1002", "`F` INTEGER, `N` INTEGER: 0 | 2"},
        {"optional string f = 1;", "00 0801", "`F` STRING: null"},
        {"message N { int32 x = 1; } N f = 1;", "00 0801", "`F` STRUCT<`X` INTEGER>: null"},
    };
    check_reads(c, WR_ARRAY_LEN(c), pb3);
}

static void test_p11_required_missing_is_a_bad_record(void **state)
{
    (void)state;
    const wr_registry_schema *s = pb2("required int32 f = 1; optional int32 n = 2;");
    assert_string_equal(pb_read(s, "00 0803"), "`F` INTEGER, `N` INTEGER: 3 | null");
    assert_string_equal(pb_read(s, "00 1001"), "`F` INTEGER, `N` INTEGER: error: Invalid Protobuf: "
                                               "a required field is missing");
    const wr_column only_n = col("N", &wr_type_integer); /* nobody wants it, and still */
    assert_string_equal(pb_decode(&only_n, 1, pb_record(s, "00 1001")),
                        "error: Invalid Protobuf: a required field is missing");
    s = pb2("message N { required int32 x = 1; } optional N f = 1;");
    assert_string_equal(pb_read(s, "00 0a00"), "`F` STRUCT<`X` INTEGER>: error: a required field "
                                               "is missing, path: $.F");
}

/* Extensions are ignored; a group that is declared as a STRUCT is one. */
static void test_p12_groups_and_extensions(void **state)
{
    (void)state;
    const wr_field x[] = {{"X", &wr_type_integer}};
    const wr_column g = col("G", wr_type_struct(arena, x, 1));
    const wr_registry_schema *s =
        pb2("optional group G = 1 { optional int32 x = 1; } extensions 100 to 199;");
    assert_string_equal(pb_decode(&g, 1, pb_record(s, "00 0b08040c a00607")), "{\"X\":4}");
    assert_string_equal(pb_decode(&g, 1, pb_record(s, "00 0b08040c 0b0c")), "{\"X\":4}");
}

static void test_p13_values_of_known_messages(void **state)
{
    (void)state;
    static const read_case c[] = {
        {"google.protobuf.Timestamp f = 1;", "00 0a0908ffffffffffffff7f",
         "`F` TIMESTAMP: error: a Timestamp is not between the years 1 and 9999, path: $.F"},
        {"google.protobuf.Timestamp f = 1;", "00 0a1108ffffffffffffffffff0110c08faedc03",
         "`F` TIMESTAMP: \"1969-12-31T23:59:59.999\""},
        {"google.type.Date f = 1;", "00 0a0508e50f100c",
         "`F` DATE: error: a Date is no day, path: $.F"},
        {"google.type.Date f = 1;", "00 0a0708e50f100d1801",
         "`F` DATE: error: a Date is no day, path: $.F"},
        {"google.type.Date f = 1;", "00 0a0708e50f1002181d",
         "`F` DATE: error: a Date is no day, path: $.F"},
        {"google.type.Date f = 1;", "00 0a0708e80f1002181d", "`F` DATE: \"2024-02-29\""},
        {"google.type.TimeOfDay f = 1;", "00 0a020818",
         "`F` TIME: error: a TimeOfDay is no time of the day, path: $.F"},
        {"confluent.type.Decimal f = 1 [(confluent.field_meta) = { params: [ { key: \"precision\", "
         "value: \"6\" }, { key: \"scale\", value: \"2\" } ] }];",
         "00 0a080a02010210061802", "`F` DECIMAL(6, 2): 2.58"},
        {"confluent.type.Decimal f = 1;", "00 0a080a02010210041802",
         "`F` DECIMAL(64, 0): error: a Decimal of scale 2 does not fit DECIMAL(64, 0) exactly, "
         "path: $.F"},
        {"confluent.type.Decimal f = 1;", "00 0a080a020102100418 00", "`F` DECIMAL(64, 0): 258"},
        {"confluent.type.Decimal f = 1;", "00 0a00",
         "`F` DECIMAL(64, 0): error: a Decimal has no bytes, path: $.F"},
        {"confluent.type.Decimal f = 1;", "00 0a090a0101 18ffffffff07",
         "`F` DECIMAL(64, 0): error: a Decimal has a scale beyond any use, path: $.F"},
        {"enum E { option allow_alias = true; A = 0; B = 0; } E f = 1;", "00 0800",
         "`F` STRING: \"A\""},
    };
    check_reads(c, WR_ARRAY_LEN(c), pb3);
}

#define NO_INDEX                                                                                   \
    "; if its writer gives no message index, as kafkajs does, declare "                            \
    "VALUE_PROTOBUF_MESSAGE_INDEX = 'NONE'"

static void test_p14_zero_bytes_are_a_bad_record(void **state)
{
    (void)state;
    const wr_column f = col("F", &wr_type_integer);
    const wr_registry_schema *s = pb3("int32 f = 1;");
    assert_string_equal(pb_decode(&f, 1, exact("", 0)),
                        "error: Invalid Protobuf: the record does not begin with the id of its "
                        "schema");
    assert_string_equal(pb_decode(&f, 1, pb_record(s, "")),
                        "error: Invalid Protobuf: the record does not say which message of its "
                        "schema it is" NO_INDEX);
    assert_string_equal(pb_decode(&f, 1, pb_record(s, "00")), "0"); /* all defaults */
    assert_string_equal(pb_decode(&f, 1, (wr_str){0}), "NULL");
}

/* The message by the indexes, in their short form and in their long one. */
static void test_r03_message_indexes(void **state)
{
    (void)state;
    const wr_registry_schema *s =
        pb_schema("syntax = \"proto3\"; package p.q;"
                  "message First { int32 a = 1; message In { string z = 1; }"
                  "  message In2 { string z = 2; } }"
                  "message Second { int32 a = 7; }");
    const wr_column cols[] = {col("A", &wr_type_integer), col("Z", &wr_type_string)};
    static const struct {
        const char *hex, *shown;
    } c[] = {
        {"00 0805", "5 | null"},
        {"0200 0805", "5 | null"}, /* one index, 0 */
        {"0202 3805", "5 | null"}, /* the second message */
        {"040000 0a017a", "null | \"z\""},
        {"040002 12017a", "null | \"z\""},
        {"0204 0805",
         "error: Invalid Protobuf: the record's schema has no message of its indexes" NO_INDEX},
        {"0201 0805", "error: Invalid Protobuf: the record does not say which message of its "
                      "schema it is" NO_INDEX},
        {"ffffffff0f 0805", "error: Invalid Protobuf: the record does not say which message of "
                            "its schema it is" NO_INDEX},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++)
        assert_string_equal(pb_decode(cols, 2, pb_record(s, c[i].hex)), c[i].shown);
}

/* Writers that leave the index out: the first message, or the one that is named. Records with the
 * index of the first message are read as well; in a header the indexes count as ever. */
static void test_p01_no_message_index(void **state)
{
    (void)state;
    const wr_registry_schema *s = pb_schema("syntax = \"proto3\"; package p;"
                                            "message First { int32 a = 1; string z = 2; }"
                                            "message Second { int32 a = 7; }");
    const wr_column cols[] = {col("A", &wr_type_integer), col("Z", &wr_type_string)};
    static const struct {
        const char *name, *hex, *shown;
    } c[] = {
        {NULL, "0805", "5 | \"\""},
        {NULL, "0805 1201 7a", "5 | \"z\""},
        {NULL, "1201 7a", "0 | \"z\""},
        {NULL, "", "0 | \"\""},
        {NULL, "00", "0 | \"\""},
        {NULL, "00 0805", "5 | \"\""},
        {NULL, "0202 3805", "error: Invalid Protobuf: "},
        {"p.Second", "3805", "5 | null"},
        {"Second", "00 3805", "5 | null"},
        {"Third", "3805", "error: Invalid Protobuf: the record's schema has no such message"},
    };
    wr_format_options options = pb_options();
    options.no_indexes = true;
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        options.full_name = c[i].name;
        wr_decoder *d = decoder(WR_FORMAT_PROTOBUF, cols, 2, NULL, options);
        const char *shown = decode_show(d, cols, 2, pb_record(s, c[i].hex));
        if (strncmp(shown, c[i].shown, strlen(c[i].shown)) != 0)
            fail_msg("case %zu: %s", i, shown);
    }
    options.full_name = NULL;
    wr_decoder *d = decoder(WR_FORMAT_PROTOBUF, cols, 2, NULL, options);
    wr_str header = pb_record(s, "0202");
    wr_decoder_schema_headers(d, &header);
    assert_string_equal(decode_show(d, cols, 2, pb_plain("3805")), "5 | null");
    /* Without the option such a record is refused, and says what may be wrong. */
    options.no_indexes = false;
    options.is_key = true;
    d = decoder(WR_FORMAT_PROTOBUF, cols, 2, NULL, options);
    assert_non_null(strstr(decode_show(d, cols, 2, pb_record(s, "0805")),
                           "as kafkajs does, declare KEY_PROTOBUF_MESSAGE_INDEX = 'NONE'"));
}

/* P05: the message is the one that the index names in the schema of the record itself, so it does
 * not matter that a later version has another message before it. Of a message that is not the one
 * declared, columns of its names are taken (Q25). */
static void test_p05_the_message_by_the_index_of_the_records_own_schema(void **state)
{
    (void)state;
    const char *a = "message A { int32 a = 1; }", *b = "message B { string b = 1; int32 a = 2; }";
    const wr_registry_schema *first =
        pb_schema(wr_arena_printf(arena, "syntax = \"proto3\"; %s %s", a, b));
    const wr_registry_schema *second = pb_schema(
        wr_arena_printf(arena, "syntax = \"proto3\"; message New { bool a = 1; } %s %s", a, b));
    const wr_column cols[] = {col("A", &wr_type_integer), col("B", &wr_type_string)};
    wr_format_options options = pb_options();
    options.full_name = "A";
    wr_decoder *d = decoder(WR_FORMAT_PROTOBUF, cols, 2, NULL, options);
    const struct {
        const wr_registry_schema *schema;
        const char *hex, *shown;
    } c[] = {
        {first, "00 0805", "5 | null"},
        {first, "0200 0805", "5 | null"},
        {first, "0202 0a0178 1006", "6 | \"x\""},
        {second, "0202 0805", "5 | null"},
        {second, "0204 0a0178", "0 | \"x\""},
        {second, "00 0801", "error: Cannot deserialize type bool as type INTEGER, path: $.A"},
        {first, "0204 0805",
         "error: Invalid Protobuf: the record's schema has no message of its indexes" NO_INDEX},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++)
        assert_string_equal(decode_show(d, cols, 2, pb_record(c[i].schema, c[i].hex)), c[i].shown);
}

/* The mark and the indexes in a header; the value is the message alone. */
static void test_r01_the_mark_in_a_header(void **state)
{
    (void)state;
    const wr_registry_schema *s = pb3("int32 f = 1; message N { int32 f = 2; }");
    const wr_column f = col("F", &wr_type_integer);
    wr_decoder *d = decoder(WR_FORMAT_PROTOBUF, &f, 1, NULL, pb_options());
    wr_str header = pb_record(s, "040000");
    wr_decoder_schema_headers(d, &header);
    assert_string_equal(decode_show(d, &f, 1, pb_plain("1009")), "9");
    header = pb_record(s, "00");
    assert_string_equal(decode_show(d, &f, 1, pb_plain("0808")), "8");
    header = (wr_str){0}; /* the next record has none */
    assert_string_equal(decode_show(d, &f, 1, pb_record(s, "00 0807")), "7");
}

/* Names as they are in the file; camel case of JSON is another name. */
static void test_p02_names_are_those_of_the_file(void **state)
{
    (void)state;
    const wr_registry_schema *s = pb3("int32 order_id = 1; int32 orderId2 = 2;");
    const wr_column cols[] = {col("ORDER_ID", &wr_type_integer), col("ORDERID", &wr_type_integer),
                              col("ORDERID2", &wr_type_integer)};
    assert_string_equal(pb_decode(cols, 3, pb_record(s, "00 0805 1006")), "5 | null | 6");
}

static void test_declared_types(void **state)
{
    (void)state;
    const struct {
        const char *body, *hex;
        const wr_type *as;
        const char *shown;
    } c[] = {
        {"int32 f = 1;", "00 0805", &wr_type_bigint, "5"},
        {"int32 f = 1;", "00 0801", &wr_type_date, "\"1970-01-02\""},
        {"int32 f = 1;", "00 0805", &wr_type_string, "\"5\""},
        {"int32 f = 1;", "00 08ffffffffffffffffff01", &wr_type_time,
         "error: Time values must use number of milliseconds greater than 0 and less than "
         "86400000., path: $.F"},
        {"double f = 1;", "00", &wr_type_string, "\"0.0\""},
        {"float f = 1;", "00 0dcdcccc3d", &wr_type_string, "\"0.1\""},
        {"bool f = 1;", "00 0801", &wr_type_string, "\"true\""},
        {"int64 f = 1;", "00 0801", &wr_type_timestamp, "\"1970-01-01T00:00:00.001\""},
        {"int64 f = 1;", "00 0801", &wr_type_integer,
         "error: Cannot deserialize type int64 as type INTEGER, path: $.F"},
        {"uint32 f = 1;", "00", &wr_type_integer,
         "error: Cannot deserialize type uint32 as type INTEGER, path: $.F"},
        {"string f = 1;", "00", &wr_type_bytes,
         "error: Cannot deserialize type string as type BYTES, path: $.F"},
        {"repeated string f = 1;", "00", wr_type_array(arena, &wr_type_integer), "[]"},
        {"repeated string f = 1;", "00 0a0161", wr_type_array(arena, &wr_type_integer),
         "error: Cannot deserialize type string as type INTEGER, path: $.F"},
        {"repeated string f = 1;", "00", &wr_type_string,
         "error: Cannot deserialize type repeated string as type STRING, path: $.F"},
        {"google.protobuf.Timestamp f = 1;", "00", &wr_type_date,
         "error: Cannot deserialize type Timestamp as type DATE, path: $.F"},
        {"bool g = 1;", "00 0801", &wr_type_integer, "null"}, /* no such field */
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const wr_column f = col("F", c[i].as);
        assert_string_equal(pb_decode(&f, 1, pb_record(pb3(c[i].body), c[i].hex)), c[i].shown);
    }
}

static void test_malformed(void **state)
{
    (void)state;
    const wr_column f = col("F", &wr_type_integer);
    const wr_registry_schema *s = pb3("int32 f = 1;");
    static const struct {
        const char *hex, *why;
    } c[] = {
        {"00 08", "it ends within a number"},
        {"00 08808080808080808080", "it ends within a number"},
        {"00 0880808080808080808080 01", "a number has more than ten bytes"},
        {"00 12", "it ends within a number"},
        {"00 120261", "a length goes past the end"},
        {"00 12ffffffffffffffffff01", "a length goes past the end"},
        {"00 11000000", "it ends within a number of fixed size"},
        {"00 00", "a tag is none"},
        {"00 0f", "a tag is none"},
        {"00 0c", "a group ends that has not begun"},
        {"00 13", "it ends within a group"},
        {"00 13 1c", "a group ends that is not the last one begun"},
        {"00 80808080808001", "a tag is none"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++)
        assert_string_equal(pb_decode(&f, 1, pb_record(s, c[i].hex)),
                            wr_arena_printf(arena, "error: Invalid Protobuf: %s", c[i].why));
    /* Groups within groups: to a bound, without recursion. */
    wr_buf deep = {0};
    wr_schema_mark_write(&deep, s->id);
    wr_buf_putc(&deep, 0);
    for (int i = 0; i < 100000; i++)
        wr_buf_putc(&deep, 0x13);
    assert_string_equal(pb_decode(&f, 1, wr_buf_view(&deep)),
                        "error: Invalid Protobuf: groups are nested too deeply");
    wr_buf_free(&deep);
}

/* Records of several schemas in a batch; ids that are none. */
static void test_schemas_in_turn(void **state)
{
    (void)state;
    const wr_registry_schema *a = pb3("int32 f = 1;"), *b = pb3("string g = 1; int32 f = 2;");
    const wr_column f = col("F", &wr_type_integer);
    wr_decoder *d = decoder(WR_FORMAT_PROTOBUF, &f, 1, NULL, pb_options());
    wr_str rows[] = {pb_record(a, "00 0801"), pb_record(b, "00 1002"), pb_record(a, "00 0803"),
                     pb_plain("000000ffff00"), pb_record(b, "00 1004")};
    wr_vec *v = vectors(&f, 1, 5);
    uint8_t ok[5];
    wr_row_errors errs = {0};
    weir_error err = {0};
    assert_int_equal(wr_decoder_run(d, rows, wr_sel_all(5), v, ok, &errs, arena, &err), WEIR_OK);
    assert_int_equal(errs.count, 1);
    static const int32_t expected[] = {1, 2, 3, 0, 4};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ok[i], i == 3 ? 0 : WR_DECODED);
        assert_int_equal(v->u.i32[i], expected[i]);
    }
}

/* Without a registry: fields by number alone. */
static void test_plain(void **state)
{
    (void)state;
    const wr_column cols[] = {col("N", &wr_type_integer), col("V", &wr_type_string),
                              col("D", wr_type_decimal(arena, 4, 2))};
    wr_decoder *d = decoder(WR_FORMAT_PROTOBUF_NOSR, cols, 3, NULL, (wr_format_options){0});
    assert_string_equal(decode_show(d, cols, 3, pb_plain("0805 120178 1a070a017d10031802")),
                        "5 | \"x\" | 1.25");
    assert_string_equal(decode_show(d, cols, 3, exact("", 0)), "0 | \"\" | null");
    /* scale 0 of the value is scale 0 (Q28) */
    assert_string_equal(decode_show(d, cols, 3, pb_plain("1a030a0105")), "0 | \"\" | 5.00");
    wr_format_options wrapper = {.nullable = WR_NULLABLE_WRAPPER};
    d = decoder(WR_FORMAT_PROTOBUF_NOSR, cols, 3, NULL, wrapper);
    assert_string_equal(decode_show(d, cols, 3, pb_plain("0a00")), "0 | null | null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, pb_setup, pb_teardown)
        T(test_scalars),
        T(test_containers),
        T(test_presence),
        T(test_p06_a_message_that_comes_twice_is_merged),
        T(test_p07_the_last_entry_of_a_key_wins),
        T(test_p08_unknown_numbers_of_enums),
        T(test_p09_numbers_are_cut_to_their_field),
        T(test_p10_another_wire_type_is_an_unknown_field),
        T(test_p11_required_missing_is_a_bad_record),
        T(test_p12_groups_and_extensions),
        T(test_p13_values_of_known_messages),
        T(test_p14_zero_bytes_are_a_bad_record),
        T(test_r03_message_indexes),
        T(test_p01_no_message_index),
        T(test_p05_the_message_by_the_index_of_the_records_own_schema),
        T(test_r01_the_mark_in_a_header),
        T(test_p02_names_are_those_of_the_file),
        T(test_declared_types),
        T(test_malformed),
        T(test_schemas_in_turn),
        T(test_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
