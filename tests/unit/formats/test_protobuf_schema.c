/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf schemas: columns inferred, messages found, references, descriptors, what is refused. */
#include "protobuf_fixture.h"

static const char *columns_of(const wr_registry_schema *s, wr_format_options options, bool is_key)
{
    wr_column *cols;
    uint32_t n;
    return pb_infer(s, options, is_key, &cols, &n);
}

#define SEVERAL                                                                                    \
    "syntax = \"proto3\"; package p.q; message First { int32 a = 1; message In { string z = 1; } " \
    "}"                                                                                            \
    "message Second { string b = 1; First.In in = 2; }"

static void test_infer(void **state)
{
    (void)state;
    static const struct {
        const char *text, *full_name, *columns;
    } c[] = {
        {"syntax = \"proto3\"; message T { int32 camelCase = 1; string snake_case = 2; }", NULL,
         "`CAMELCASE` INTEGER, `SNAKE_CASE` STRING"},
        /* the message that is meant (Q25) */
        {SEVERAL, NULL,
         "error: The Protobuf schema has 2 definitions: KEY_SCHEMA_FULL_NAME or "
         "VALUE_SCHEMA_FULL_NAME must say which message is meant"},
        {SEVERAL, "p.q.First", "`A` INTEGER"},
        {SEVERAL, "First", "`A` INTEGER"},
        {SEVERAL, "First.In", "`Z` STRING"},
        {SEVERAL, "p.q.Second", "`B` STRING, `IN` STRUCT<`Z` STRING>"},
        {SEVERAL, "p.q.first", "error: The Protobuf schema has no message named 'p.q.first'"},
        {SEVERAL, "First.", "error: The Protobuf schema has no message named 'First.'"},
        {SEVERAL, "", "error: The Protobuf schema has no message named ''"},
        {"syntax = \"proto3\"; enum E { A = 0; } message T { E f = 1; }", NULL,
         "error: The Protobuf schema has 2 definitions: KEY_SCHEMA_FULL_NAME or "
         "VALUE_SCHEMA_FULL_NAME must say which message is meant"},
        {"syntax = \"proto3\"; enum E { A = 0; }", NULL,
         "error: The Protobuf schema has no message"},
        /* oneofs first (Q26) */
        {"syntax = \"proto3\"; message T { int32 n = 1; oneof c { int32 f = 2; string g = 3; } "
         "oneof d { bool h = 4; } optional int32 o = 5; }",
         NULL,
         "`C_0` STRUCT<`F` INTEGER, `G` STRING>, `D_1` STRUCT<`H` BOOLEAN>, `N` INTEGER, "
         "`O` INTEGER"},
        {"syntax = \"proto3\"; import \"google/protobuf/any.proto\";"
         "import \"google/protobuf/duration.proto\"; import \"google/protobuf/field_mask.proto\";"
         "message T { google.protobuf.Any a = 1; google.protobuf.Duration d = 2; "
         "google.protobuf.FieldMask m = 3; }",
         NULL,
         "`A` STRUCT<`TYPE_URL` STRING, `VALUE` BYTES>, `D` STRUCT<`SECONDS` BIGINT, `NANOS` "
         "INTEGER>, `M` STRUCT<`PATHS` ARRAY<STRING>>"},
        {"syntax = \"proto3\"; message T { int32 f = 1; int32 F = 2; }", NULL,
         "error: The Protobuf schema has two fields named `F` when case is not regarded"},
        {"syntax = \"proto3\"; message T { }", NULL,
         "error: The Protobuf message T has no fields to be columns"},
        /* recursion (Q06) */
        {"syntax = \"proto3\"; message T { T f = 1; int32 n = 2; }", NULL,
         "error: The Protobuf message T contains itself: recursive types cannot be columns"},
        {"syntax = \"proto3\"; message T { map<string, T> f = 1; }", NULL,
         "error: The Protobuf message T contains itself: recursive types cannot be columns"},
        {"syntax = \"proto3\"; import \"google/protobuf/struct.proto\";"
         "message T { google.protobuf.Struct f = 1; }",
         NULL,
         "error: The Protobuf message Struct contains itself: recursive types cannot be columns"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        wr_format_options options = pb_options();
        options.full_name = c[i].full_name;
        assert_string_equal(columns_of(pb_schema(c[i].text), options, false), c[i].columns);
    }
}

/* By an id names keep their case; a key is the one field (Q01, Q05). */
static void test_exact_names_and_keys(void **state)
{
    (void)state;
    const wr_registry_schema *two = pb_schema("syntax = \"proto3\"; message T { int32 f = 1; "
                                              "int32 F = 2; oneof c { int32 g = 3; } }");
    wr_format_options exact_names = pb_options();
    exact_names.exact_names = true;
    assert_string_equal(columns_of(two, exact_names, false),
                        "`c_0` STRUCT<`g` INTEGER>, `f` INTEGER, `F` INTEGER");
    assert_string_equal(
        columns_of(pb_schema("syntax = \"proto3\"; package p; message T { message "
                             "N { int32 a_b = 1; repeated int32 ab = 2; } N n = 1; }"),
                   pb_options(), false),
        "`N` STRUCT<`A_B` INTEGER, `AB` ARRAY<INTEGER>>");
    assert_string_equal(columns_of(pb_schema("syntax = \"proto3\"; message T { N x = 1; "
                                             "message N { int32 y = 1; } }"),
                                   pb_options(), true),
                        "`X` STRUCT<`Y` INTEGER>");
    assert_string_equal(columns_of(pb_schema("syntax = \"proto3\"; message T { int32 x = 1; "
                                             "string y = 2; }"),
                                   pb_options(), true),
                        "error: The Protobuf message T has 2 fields: a key of several columns "
                        "cannot be inferred, so declare the key columns");
}

/* What does not compile, with where and why. A registry may accept an import that is not there
 * (R06), so the name of the import is said. */
static void test_r06_what_does_not_compile(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } c[] = {
        {"syntax = \"proto3\"; message T { Nope f = 1; }", "\"Nope\" is not defined"},
        {"syntax = \"proto3\"; import \"other.proto\"; message T { int32 f = 1; }", "other.proto"},
        {"syntax = \"proto3\";\nmessage T { int32 f = ; }", "line 2, column 23"},
        {"syntax = \"proto4\"; message T { int32 f = 1; }", "proto4"},
        {"syntax = \"proto3\"; message T { int32 f = 1; int32 g = 1; }", "already been used"},
        {"{\"type\":\"record\"}", "cannot be used"},
        {"", "has no message"},
        {"AAAA", "the base64 text is no descriptor of a file"},
        {"syntax = \"proto3\"; import \"(schema)\"; message T { int32 f = 1; }", "(schema)"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        const char *got = columns_of(pb_schema(c[i].text), pb_options(), false);
        if (strncmp(got, "error: ", 7) != 0 || !strstr(got, c[i].part))
            fail_msg("'%s' lacks '%s'", got, c[i].part);
    }
}

/* Python's and JavaScript's clients register the descriptor in base64 (P03); both forms are read,
 * and are the same schema (P16). */
static void test_p03_descriptors_in_base64(void **state)
{
    (void)state;
    /* name: "t.proto" message_type { name: "T" field { name: "f" number: 1 label: optional type:
     * int32 } } syntax: "proto3" */
    static const char bytes[] = "\x0a\x07t.proto\x22\x0e\x0a\x01T\x12\x09\x0a\x01"
                                "f"
                                "\x18\x01\x20\x01\x28\x05\x62\x06proto3";
    wr_buf text = {0};
    wr_text_put_base64(&text, wr_str_make(bytes, sizeof bytes - 1));
    const wr_registry_schema *s = pb_schema(wr_buf_cstr(&text));
    assert_string_equal(pb_read(s, "00 0805"), "`F` INTEGER: 5");
    while (text.len && text.ptr[text.len - 1] == '=') /* unpadded */
        text.len--;
    assert_string_equal(pb_read(pb_schema(wr_buf_cstr(&text)), "00 0805"), "`F` INTEGER: 5");
    wr_buf_free(&text);
}

/* P16: another client's text of the same schema (Java moves oneofs and enums to the end) is the
 * same schema: what counts is what it means. */
static void test_p16_two_texts_of_one_schema(void **state)
{
    (void)state;
    const char *const texts[] = {
        "syntax = \"proto2\"; package p; message T { enum E { A = 0; B = 1; } oneof o { int32 x = "
        "1; "
        "E y = 2; } optional int32 z = 3; optional bytes d = 4 [default = \"ab\"]; "
        "optional group G = 5 { optional int32 g = 1; } repeated int32 l = 6; }",
        "// Proto schema formatted by Wire, do not edit.\nsyntax = \"proto2\";\npackage p;\n\n"
        "message T {\n  optional int32 z = 3;\n  optional bytes d = 4 [default = 'ab'];\n  "
        "repeated "
        "int32 l = 6;\n  optional group G = 5 {\n    optional int32 g = 1;\n  }\n  oneof o {\n    "
        "int32 x = 1;\n    E y = 2;\n  }\n  enum E {\n    A = 0;\n    B = 1;\n  }\n}\n"};
    const wr_field x[] = {{"X", &wr_type_integer}, {"Y", &wr_type_string}};
    const wr_field g[] = {{"G", &wr_type_integer}};
    const wr_column cols[] = {col("O_0", wr_type_struct(arena, x, 2)), col("Z", &wr_type_integer),
                              col("D", &wr_type_bytes), col("G", wr_type_struct(arena, g, 1)),
                              col("L", wr_type_array(arena, &wr_type_integer))};
    for (size_t i = 0; i < WR_ARRAY_LEN(texts); i++)
        assert_string_equal(
            pb_decode(cols, 5, pb_record(pb_schema(texts[i]), "00 1001 1807 2b08052c 3001 3002")),
            "{\"X\":null,\"Y\":\"B\"} | 7 | null | {\"G\":5} | [1,2]");
}

static void test_references(void **state)
{
    (void)state;
    const wr_registry_schema *deep = register_as(
        "deep", "syntax = \"proto3\"; package d; message Deep { bool y = 1; }", NULL, 0);
    const wr_registry_reference below = {WR_STR("a/b/deep.proto"), WR_STR("deep"), 1, deep};
    const wr_registry_schema *other =
        register_as("other",
                    "syntax = \"proto3\"; import \"a/b/deep.proto\"; package o; "
                    "message Other { d.Deep x = 1; enum E { A = 0; B = 1; } }",
                    &below, 1);
    const wr_registry_reference ref = {WR_STR("other.proto"), WR_STR("other"), 1, other};
    const wr_registry_schema *s =
        register_as("t-value",
                    "syntax = \"proto3\"; import \"other.proto\"; message T { o.Other f = 1; "
                    "o.Other.E e = 2; repeated o.Other r = 3; }",
                    &ref, 1);
    assert_string_equal(pb_read(s, "00 0a040a020801 1001 1a00"),
                        "`F` STRUCT<`X` STRUCT<`Y` BOOLEAN>>, `E` STRING, `R` "
                        "ARRAY<STRUCT<`X` STRUCT<`Y` BOOLEAN>>>: "
                        "{\"X\":{\"Y\":true}} | \"B\" | [{\"X\":null}]");
}

/* ---- the text of our own schemas ---- */

static void test_text(void **state)
{
    (void)state;
    const wr_field inner[] = {{"Z0", &wr_type_time}, {"Z1", wr_type_array(arena, &wr_type_bytes)}};
    const wr_column cols[] = {
        col("A", &wr_type_integer), col("D", wr_type_decimal(arena, 4, 2)),
        col("M", wr_type_map(arena, &wr_type_string, wr_type_struct(arena, inner, 2))),
        col("S", wr_type_struct(arena, inner, 1)), col("E", wr_type_struct(arena, NULL, 0))};
    assert_string_equal(pb_text(cols, 5, (wr_format_options){0}),
                        "syntax = \"proto3\";\n"
                        "\n"
                        "import \"confluent/type/decimal.proto\";\n"
                        "import \"google/type/timeofday.proto\";\n"
                        "\n"
                        "message ConnectDefault1 {\n"
                        "  int32 A = 1;\n"
                        "  confluent.type.Decimal D = 2 [(confluent.field_meta) = {\n"
                        "    params: [\n"
                        "      {\n"
                        "        value: \"4\",\n"
                        "        key: \"precision\"\n"
                        "      },\n"
                        "      {\n"
                        "        value: \"2\",\n"
                        "        key: \"scale\"\n"
                        "      }\n"
                        "    ]\n"
                        "  }];\n"
                        "  repeated ConnectDefault2Entry M = 3;\n"
                        "  ConnectDefault4 S = 4;\n"
                        "  ConnectDefault5 E = 5;\n"
                        "\n"
                        "  message ConnectDefault2Entry {\n"
                        "    string key = 1;\n"
                        "    ConnectDefault3 value = 2;\n"
                        "  \n"
                        "    message ConnectDefault3 {\n"
                        "      google.type.TimeOfDay Z0 = 1;\n"
                        "      repeated bytes Z1 = 2;\n"
                        "    }\n"
                        "  }\n"
                        "  message ConnectDefault4 {\n"
                        "    google.type.TimeOfDay Z0 = 1;\n"
                        "  }\n"
                        "  message ConnectDefault5 {}\n"
                        "}\n");
}

static void test_text_of_nullable_forms(void **state)
{
    (void)state;
    const wr_field x[] = {{"X", &wr_type_integer}};
    const wr_column cols[] = {col("A", &wr_type_integer), col("D", &wr_type_date),
                              col("L", wr_type_array(arena, &wr_type_date)),
                              col("M", wr_type_map(arena, &wr_type_string, &wr_type_bigint)),
                              col("S", wr_type_struct(arena, x, 1))};
    wr_format_options options = {.nullable = WR_NULLABLE_OPTIONAL, .full_name = "com.acme.T"};
    assert_string_equal(pb_text(cols, 5, options), "syntax = \"proto3\";\n"
                                                   "package com.acme;\n"
                                                   "\n"
                                                   "import \"google/type/date.proto\";\n"
                                                   "\n"
                                                   "message T {\n"
                                                   "  optional int32 A = 1;\n"
                                                   "  optional google.type.Date D = 2;\n"
                                                   "  repeated google.type.Date L = 3;\n"
                                                   "  repeated ConnectDefault1Entry M = 4;\n"
                                                   "  optional ConnectDefault2 S = 5;\n"
                                                   "\n"
                                                   "  message ConnectDefault1Entry {\n"
                                                   "    string key = 1;\n"
                                                   "    int64 value = 2;\n"
                                                   "  }\n"
                                                   "  message ConnectDefault2 {\n"
                                                   "    optional int32 X = 1;\n"
                                                   "  }\n"
                                                   "}\n");
    options = (wr_format_options){.nullable = WR_NULLABLE_WRAPPER, .full_name = "T"};
    assert_string_equal(pb_text(cols + 3, 1, options),
                        "syntax = \"proto3\";\n"
                        "\n"
                        "import \"google/protobuf/wrappers.proto\";\n"
                        "\n"
                        "message T {\n"
                        "  repeated ConnectDefault1Entry M = 1;\n"
                        "\n"
                        "  message ConnectDefault1Entry {\n"
                        "    google.protobuf.StringValue key = 1;\n"
                        "    google.protobuf.Int64Value value = 2;\n"
                        "  }\n"
                        "}\n");
}

/* Registered, the descriptor means what the text means (P03). */
static void check_descriptor(const wr_column *cols, uint32_t n, wr_format_options options)
{
    const char *text = pb_text(cols, n, options);
    options.serialized = true;
    const char *base64 = pb_text(cols, n, options);
    wr_buf bytes = {0}, canonical = {0};
    assert_true(wr_text_from_base64(&bytes, wr_str_c(base64)));
    wr_buf_free(&bytes);
    weir_error err = {0};
    if (wr_format_schema_canonical(wr_format_get(WR_FORMAT_PROTOBUF), pb_schema(base64), &canonical,
                                   &err) != WEIR_OK)
        fail_msg("%s", err.message);
    assert_string_equal(wr_buf_cstr(&canonical), text);
    wr_buf_free(&canonical);
}

static void test_p03_descriptors_of_columns(void **state)
{
    (void)state;
    const wr_field x[] = {{"X", &wr_type_integer}, {"T", &wr_type_timestamp}};
    const wr_column cols[] = {
        col("A", &wr_type_integer),
        col("D", wr_type_decimal(arena, 4, 2)),
        col("L", wr_type_array(arena, &wr_type_date)),
        col("M", wr_type_map(arena, &wr_type_string, wr_type_struct(arena, x, 2))),
        col("S", wr_type_struct(arena, x, 2)),
    };
    static const wr_nullable_form forms[] = {WR_NULLABLE_NONE, WR_NULLABLE_OPTIONAL,
                                             WR_NULLABLE_WRAPPER};
    for (size_t i = 0; i < WR_ARRAY_LEN(forms); i++)
        check_descriptor(cols, 5, (wr_format_options){.nullable = forms[i]});
    check_descriptor(cols, 1, (wr_format_options){.full_name = "com.acme.T"});

    /* The library compiles these by other names, which must not be registered. */
    const wr_column alike[] = {col("A_B", &wr_type_integer), col("AB", &wr_type_integer)};
    const wr_format_options serialized = {.serialized = true};
    const wr_format_columns columns = {.cols = alike, .n = 2, .options = &serialized};
    wr_buf out = {0};
    weir_error err = {0};
    assert_int_equal(wr_format_schema_text(wr_format_get(WR_FORMAT_PROTOBUF), &columns, &out, &err),
                     WEIR_ERR_STATEMENT);
    assert_string_equal(err.message,
                        "The columns have no Protobuf descriptor: two of their names differ only "
                        "in case or underscores. 'weir.schema.registry.protobuf.form' = 'text' "
                        "registers them as text");
    assert_int_equal(out.len, 0);
    wr_buf_free(&out);
}

/* A schema's text as other clients lay it out, and the name of the message that it is about. */
static void test_canonical_text_and_name(void **state)
{
    (void)state;
    const wr_registry_schema *s = pb_schema(
        "syntax = \"proto3\"; package a.b; message M { oneof c { int32 A = 1; string B = 2; } "
        "optional bool o = 3; map<string, E> m = 4; enum E { x = 0; z = 1; } }");
    wr_buf out = {0};
    weir_error err = {0};
    const wr_format *f = wr_format_get(WR_FORMAT_PROTOBUF);
    assert_int_equal(wr_format_schema_canonical(f, s, &out, &err), WEIR_OK);
    assert_string_equal(wr_buf_cstr(&out), "syntax = \"proto3\";\n"
                                           "package a.b;\n"
                                           "\n"
                                           "message M {\n"
                                           "  optional bool o = 3;\n"
                                           "  map<string, E> m = 4;\n"
                                           "\n"
                                           "  oneof c {\n"
                                           "    int32 A = 1;\n"
                                           "    string B = 2;\n"
                                           "  }\n"
                                           "\n"
                                           "  enum E {\n"
                                           "    x = 0;\n"
                                           "    z = 1;\n"
                                           "  }\n"
                                           "}\n");
    wr_buf_free(&out);
    const wr_format_options options = pb_options();
    const char *name;
    assert_int_equal(wr_format_schema_name(f, s, &options, arena, &name, &err), WEIR_OK);
    assert_string_equal(name, "a.b.M");
}

/* Somebody else's schema for our columns (Q38, Q39). */
static void test_check_schema(void **state)
{
    (void)state;
    const wr_column cols[] = {col("A", &wr_type_integer), col("B", &wr_type_string)};
    static const struct {
        const char *body;
        const char *part; /* of the refusal; NULL: accepted */
    } c[] = {
        {"int32 A = 1; string B = 2;", NULL},
        {"int32 A = 5; string B = 3; int64 C = 1;", NULL},
        {"sint32 A = 1; string B = 2;", NULL},
        {"int32 A = 1; E B = 2; enum E { x = 0; }", NULL},
        {"optional int32 A = 1; optional string B = 2;", NULL},
        {"google.protobuf.Int32Value A = 1; google.protobuf.StringValue B = 2;", NULL},
        {"string B = 1; int32 A = 2;", "which has `B` STRING in its place"},
        {"int32 a = 1; string b = 2;", "which has `a` INTEGER in its place"},
        {"uint32 A = 1; string B = 2;", "which has `A` BIGINT in its place"},
        {"string A = 1; string B = 2;", "which has `A` STRING in its place"},
        {"int32 A = 1;", "which has nothing in its place"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        wr_format_options options = pb_options();
        options.exact_names = true;
        options.schema = pb3(c[i].body);
        const wr_format_columns columns = {.cols = cols, .n = 2, .options = &options};
        weir_error err = {0};
        weir_status st = wr_format_check_schema(wr_format_get(WR_FORMAT_PROTOBUF), &columns, &err);
        if (st != (c[i].part ? WEIR_ERR_STATEMENT : WEIR_OK) ||
            (c[i].part && !strstr(err.message, c[i].part)))
            fail_msg("%s: %s", c[i].body, err.message);
    }
    wr_format_options options = pb_options();
    options.schema = pb2("required int32 A = 1; optional string B = 2; required int32 C = 3;");
    const wr_format_columns columns = {.cols = cols, .n = 2, .options = &options};
    weir_error err = {0};
    assert_int_equal(wr_format_check_schema(wr_format_get(WR_FORMAT_PROTOBUF), &columns, &err),
                     WEIR_ERR_STATEMENT);
    assert_non_null(strstr(err.message, "has required fields that no column is for"));
    const wr_column twice[] = {cols[0], cols[0]};
    options.schema = pb3("int32 A = 1;");
    const wr_format_columns same = {.cols = twice, .n = 2, .options = &options};
    assert_int_equal(wr_format_check_schema(wr_format_get(WR_FORMAT_PROTOBUF), &same, &err),
                     WEIR_ERR_STATEMENT);
    assert_non_null(strstr(err.message, "two columns are for field A"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, pb_setup, pb_teardown)
        T(test_infer),
        T(test_exact_names_and_keys),
        T(test_r06_what_does_not_compile),
        T(test_p03_descriptors_in_base64),
        T(test_p16_two_texts_of_one_schema),
        T(test_references),
        T(test_text),
        T(test_text_of_nullable_forms),
        T(test_p03_descriptors_of_columns),
        T(test_canonical_text_and_name),
        T(test_check_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
