/* SPDX-License-Identifier: Apache-2.0 */
/* PROTOBUF: files with an edition, as texts and as descriptors (P04). */
#include "protobuf_fixture.h"

#define BODY                                                                                       \
    "option features.repeated_field_encoding = EXPANDED;"                                          \
    "%smessage T {"                                                                                \
    "  int32 a = 1;"                                                                               \
    "  int32 b = 2 [features.field_presence = IMPLICIT];"                                          \
    "  repeated int32 c = 3;"                                                                      \
    "  repeated int32 d = 4 [features.repeated_field_encoding = PACKED];"                          \
    "  N n = 5 [features.message_encoding = DELIMITED];"                                           \
    "  E e = 6;"                                                                                   \
    "  F f = 7;"                                                                                   \
    "  string s = 8 [default = \"x\"];"                                                            \
    "  map<string, int32> m = 9;"                                                                  \
    "  oneof o { int32 x = 10; string y = 11; }"                                                   \
    "  reserved foo, bar;"                                                                         \
    "  reserved 100 to max;"                                                                       \
    "  %smessage N { int32 z = 1; }"                                                               \
    "  int32 r = 12 [features.field_presence = LEGACY_REQUIRED];"                                  \
    "}"                                                                                            \
    "enum E { option features.enum_type = CLOSED; E1 = 1; reserved OLD; }"                         \
    "enum F { F0 = 0; F1 = 1; }"

/* What protoc 35.1 makes of these texts, its option for one language included. */
static const char descriptor_2023[] =
    "Cgd0LnByb3RvEgFwGiJnb29nbGUvcHJvdG9idWYvY3BwX2ZlYXR1cmVzLnByb3RvIscCCgFUEgwKAWEYASAB"
    "KAVSAWESEwoBYhgCIAEoBUIFqgECCAJSAWISDAoBYxgDIAMoBVIBYxITCgFkGAQgAygFQgWqAQIYAVIBZBIb"
    "CgFuGAUgASgLMgYucC5ULk5CBaoBAigCUgFuEhIKAWUYBiABKA4yBC5wLkVSAWUSEgoBZhgHIAEoDjIELnAu"
    "RlIBZhIPCgFzGAggASgJOgF4UgFzEhkKAW0YCSADKAsyCy5wLlQuTUVudHJ5UgFtEg4KAXgYCiABKAVIAFIB"
    "eBIOCgF5GAsgASgJSABSAXkSEwoBchgMIAEoBUIFqgECCANSAXIaNAoGTUVudHJ5EhAKA2tleRgBIAEoCVID"
    "a2V5EhQKBXZhbHVlGAIgASgFUgV2YWx1ZToCOAEaEQoBThIMCgF6GAEgASgFUgF6QgMKAW9SA2Zvb1IDYmFy"
    "KhEKAUUSBgoCRTEQARoEOgIQAioTCgFGEgYKAkYwEAASBgoCRjEQAUIFkgMCGAJiCGVkaXRpb25zcOgH";
static const char descriptor_2024[] =
    "Cgd0LnByb3RvEgFwIssCCgFUEgwKAWEYASABKAVSAWESEwoBYhgCIAEoBUIFqgECCAJSAWISDAoBYxgDIAMo"
    "BVIBYxITCgFkGAQgAygFQgWqAQIYAVIBZBIbCgFuGAUgASgLMgYucC5ULk5CBaoBAigCUgFuEhIKAWUYBiAB"
    "KA4yBC5wLkVSAWUSEgoBZhgHIAEoDjIELnAuRlIBZhIPCgFzGAggASgJOgF4UgFzEhkKAW0YCSADKAsyCy5w"
    "LlQuTUVudHJ5UgFtEg4KAXgYCiABKAVIAFIBeBIOCgF5GAsgASgJSABSAXkSEwoBchgMIAEoBUIFqgECCANS"
    "AXIaNAoGTUVudHJ5EhAKA2tleRgBIAEoCVIDa2V5EhQKBXZhbHVlGAIgASgFUgV2YWx1ZToCOAEaEwoBThIM"
    "CgF6GAEgASgFUgF6WAFCAwoBb1IDZm9vUgNiYXJYAioRCgFFEgYKAkUxEAEaBDoCEAIqEwoBRhIGCgJGMBAA"
    "EgYKAkYxEAFCCpIDBxgCwj4CEAFiCGVkaXRpb25zcOkHeiJnb29nbGUvcHJvdG9idWYvY3BwX2ZlYXR1cmVz"
    "LnByb3Rv";

/* All of the file by one message's name. */
static const char *columns_of(const wr_registry_schema *s, wr_column **cols, uint32_t *n)
{
    wr_format_options options = pb_options();
    options.full_name = "p.T";
    return pb_infer(s, options, false, cols, n);
}

static const char *read_as(const wr_registry_schema *s, const char *hex)
{
    wr_column *cols;
    uint32_t n;
    const char *columns = columns_of(s, &cols, &n);
    return strncmp(columns, "error", 5) == 0 ? columns : pb_decode(cols, n, pb_record(s, hex));
}

static const wr_registry_schema *all_forms(size_t i)
{
    switch (i) {
    case 0:
        return pb_schema(
            wr_arena_printf(arena, "// a comment\nedition = \"2023\"; package p; " BODY, "", ""));
    case 1:
        return pb_schema(wr_arena_printf(arena,
                                         "edition = '2024'; package p;"
                                         "import option \"google/protobuf/cpp_features.proto\";"
                                         "option features.(pb.cpp).string_type = VIEW;" BODY,
                                         "export ", "local "));
    case 2:
        return pb_schema(descriptor_2023);
    default:
        return pb_schema(descriptor_2024);
    }
}

static void test_p04_texts_and_descriptors_of_both_editions(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *shown;
    } c[] = {
        /* Python (protobuf 7.36.2) wrote the first two. */
        {"00 080018011802220203042b08052c3001380942004a050a016b100050006001",
         "{\"X\":0,\"Y\":null} | 0 | 0 | [1,2] | [3,4] | \"E1\" | \"UNKNOWN_ENUM_VALUE_F_9\" | \"\""
         " | {\"k\":0} | 1"},
        {"00 6000", "null | null | 0 | [] | [] | null | null | null | {} | 0"},
        {"00 6001 3002 3809", /* an unknown number: of the closed enum no value, of the open one */
         "null | null | 0 | [] | [] | null | \"UNKNOWN_ENUM_VALUE_F_9\" | null | {} | 1"},
        {"00 6001 1a020102 2003", /* packed or not is the writer's to say */
         "null | null | 0 | [1,2] | [3] | null | null | null | {} | 1"},
        {"00 0801", "error: Invalid Protobuf: a required field is missing"},
    };
    for (size_t form = 0; form < 4; form++) {
        const wr_registry_schema *s = all_forms(form);
        wr_column *cols;
        uint32_t n;
        assert_string_equal(columns_of(s, &cols, &n),
                            "`O_0` STRUCT<`X` INTEGER, `Y` STRING>, `A` INTEGER, `B` INTEGER, `C` "
                            "ARRAY<INTEGER>, `D` ARRAY<INTEGER>, `E` STRING, `F` STRING, `S` "
                            "STRING, `M` MAP<STRING, INTEGER>, `R` INTEGER");
        for (size_t i = 0; i < WR_ARRAY_LEN(c); i++)
            assert_string_equal(read_as(s, c[i].hex), c[i].shown);
        /* A delimited message is a group: not inferred, read where it is declared (P12). */
        const wr_field z[] = {{"Z", &wr_type_integer}};
        const wr_column group = col("N", wr_type_struct(arena, z, 1));
        assert_string_equal(pb_decode(&group, 1, pb_record(s, "00 6001 2b08052c")), "{\"Z\":5}");
    }
}

/* Rows are written as the features say. */
static void test_p04_writing_by_an_edition(void **state)
{
    (void)state;
    const wr_type *ints = wr_type_array(arena, &wr_type_integer);
    const wr_column cols[] = {col("a", &wr_type_integer), col("b", &wr_type_integer),
                              col("c", ints), col("d", ints), col("r", &wr_type_integer)};
    wr_nest *nest = wr_nest_new(arena, 2, false);
    nest->items[0] = wr_value_i32(1);
    nest->items[1] = wr_value_i32(2);
    const wr_value row[] = {wr_value_i32(0), wr_value_i32(0), wr_value_nest(nest),
                            wr_value_nest(nest), wr_value_i32(1)};
    for (size_t form = 0; form < 4; form++) {
        wr_format_options options = pb_options();
        options.full_name = "p.T";
        options.schema = all_forms(form);
        const wr_format_columns columns = {.cols = cols, .n = 5, .options = &options};
        weir_error err = {0};
        if (wr_format_check_schema(wr_format_get(WR_FORMAT_PROTOBUF), &columns, &err) != WEIR_OK)
            fail_msg("%s", err.message);
        wr_encoder *e = encoder(WR_FORMAT_PROTOBUF, cols, 5, options);
        wr_vec *v = vectors(cols, 5, 1);
        for (uint32_t i = 0; i < 5; i++)
            wr_vec_set(&v[i], 0, &row[i]);
        wr_buf buf = {0};
        wr_str payload;
        uint8_t ok;
        wr_row_errors errs = {0};
        wr_encoder_run(e, v, wr_sel_all(1), &buf, &payload, &ok, &errs);
        assert_int_equal(ok, 1);
        /* a with presence, b without, c one by one, d packed */
        assert_string_equal(pb_hex(payload, 5), "0008001801180222020102"
                                                "6001");
        wr_buf_free(&buf);
    }
}

/* Features are inherited from the file down, and a list of them may be given at once. */
static void test_p04_features_are_inherited(void **state)
{
    (void)state;
    const wr_registry_schema *s = pb_schema(
        "edition = \"2023\"; package p;\n"
        "option features = { field_presence: IMPLICIT, enum_type: CLOSED message_encoding: "
        "DELIMITED };\n"
        "enum A { A1 = 1; } enum B { option features.enum_type = OPEN; B0 = 0; }\n"
        "message T { A a = 1 [features.field_presence = EXPLICIT]; B b = 2; int32 i = 3; int32 j = "
        "4 [features.field_presence = "
        "EXPLICIT]; map<string, T> m = 5; repeated int32 l = 6;\n"
        "  oneof o { option features.field_presence = EXPLICIT; int32 x = 7; } }");
    /* T contains itself, so columns are declared. */
    const wr_field x[] = {{"X", &wr_type_integer}}, i[] = {{"I", &wr_type_integer}};
    const wr_column declared[] = {
        col("A", &wr_type_string),
        col("B", &wr_type_string),
        col("I", &wr_type_integer),
        col("J", &wr_type_integer),
        col("M", wr_type_map(arena, &wr_type_string, wr_type_struct(arena, i, 1))),
        col("L", wr_type_array(arena, &wr_type_integer)),
        col("O_0", wr_type_struct(arena, x, 1))};
    static const struct {
        const char *hex, *shown;
    } c[] = {
        {"00", "null | \"B0\" | 0 | null | {} | [] | null"},
        {"00 0805 1005", "null | \"UNKNOWN_ENUM_VALUE_B_5\" | 0 | null | {} | [] | null"},
        {"00 2a070a016b12021807 32020102",
         "null | \"B0\" | 0 | null | {\"k\":{\"I\":7}} | [1,2] | null"},
        {"00 3800", "null | \"B0\" | 0 | null | {} | [] | {\"X\":0}"},
    };
    for (size_t k = 0; k < WR_ARRAY_LEN(c); k++)
        assert_string_equal(pb_decode(declared, 7, pb_record(s, c[k].hex)), c[k].shown);
}

/* A file of proto3 may use the open enum of one with an edition, and the other way round. */
static void test_p04_files_of_several_kinds(void **state)
{
    (void)state;
    const wr_registry_schema *open = register_as(
        "open",
        "edition = \"2023\"; package e; enum E { Z = 0; Y = 1; } message M { int32 v = 1; }", NULL,
        0);
    const wr_registry_reference ref = {WR_STR("open.proto"), WR_STR("open"), 1, open};
    const wr_registry_schema *s = register_as(
        "t-value",
        "syntax = \"proto3\"; import \"open.proto\"; import \"google/type/date.proto\"; message T "
        "{ e.E e = 1; optional int32 o = 2; int32 p = 3; e.M m = 4; repeated int32 l = 5; "
        "google.type.Date d = 6; oneof c { int32 x = 7; } optional bool q = 8; }",
        &ref, 1);
    assert_string_equal(pb_read(s, "00 0807 2a0101"),
                        "`C_0` STRUCT<`X` INTEGER>, `E` STRING, `O` INTEGER, `P` INTEGER, `M` "
                        "STRUCT<`V` INTEGER>, `L` ARRAY<INTEGER>, `D` DATE, `Q` BOOLEAN: null | "
                        "\"UNKNOWN_ENUM_VALUE_E_7\" | null | 0 | null | [1] | null | null");
    assert_string_equal(pb_read(s, "00 2200"),
                        "`C_0` STRUCT<`X` INTEGER>, `E` STRING, `O` INTEGER, `P` INTEGER, `M` "
                        "STRUCT<`V` INTEGER>, `L` ARRAY<INTEGER>, `D` DATE, `Q` BOOLEAN: null | "
                        "\"Z\" | null | 0 | {\"V\":null} | [] | null | null");
    const wr_registry_schema *two =
        register_as("two",
                    "syntax = \"proto2\"; package q; enum C { K = 1; } message G { optional "
                    "int32 a = 1; required int32 b = 2; optional group H = 3 { optional "
                    "int32 c = 1; } }",
                    NULL, 0);
    const wr_registry_reference to_two = {WR_STR("two.proto"), WR_STR("two"), 1, two};
    const wr_registry_schema *user = register_as(
        "t-value", "edition = \"2024\"; import \"two.proto\"; message T { q.C c = 1; q.G g = 2; }",
        &to_two, 1);
    assert_string_equal(pb_read(user, "00 0805 1204 1005 0801"),
                        "`C` STRING, `G` STRUCT<`A` INTEGER, `B` INTEGER>: null | "
                        "{\"A\":1,\"B\":5}");
    assert_string_equal(pb_read(user, "00 1200"),
                        "`C` STRING, `G` STRUCT<`A` INTEGER, `B` INTEGER>: error: a "
                        "required field is missing, path: $.G");
}

static void test_p04_what_is_no_edition(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } c[] = {
        {"edition = \"2022\"; message T { int32 f = 1; }", "edition \"2022\" is not known"},
        {"edition = \"2026\"; message T { int32 f = 1; }", "edition \"2026\" is not known"},
        {"edition = 2023; message T { int32 f = 1; }", "edition \"\" is not known"},
        {"edition = \"2023\";\nmessage T {\n  optional int32 f = 1;\n}",
         "line 3, column 3: editions have no label \"optional\""},
        {"edition = \"2023\"; message T { int32 f = 1 [features.field_presence = MAYBE]; }",
         "features.field_presence cannot be MAYBE"},
        {"edition = \"2023\";\nmessage T {\n  int32 f = ;\n}", "line 3, column 13"},
        {"edition = \"2023\"; message T { int32 f = 1; ", "Reached end of input"},
        {"edition = \"2023\"; message T { Unknown f = 1; }", "Unknown"},
        {"edition = \"2023\"; export message T { int32 f = 1; }", "line 1, column 19"},
        /* FileDescriptorProto { name: "t" syntax: "editions" }, and with edition: 5 */
        {"CgF0YghlZGl0aW9ucw==", "edition \"number 0\" is not known"},
        {"CgF0YghlZGl0aW9uc3AF", "edition \"number 5\" is not known"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        wr_column *cols;
        uint32_t n;
        const char *got = pb_infer(pb_schema(c[i].text), pb_options(), false, &cols, &n);
        if (strncmp(got, "error: ", 7) != 0 || !strstr(got, c[i].part))
            fail_msg("'%s' lacks '%s'", got, c[i].part);
    }
    /* Words of editions are names elsewhere. */
    assert_string_equal(
        pb_read(pb_schema("edition = \"2023\"; message export { int32 reserved = 1; }"
                          "message T { export message = 1; int32 optional = 2; "
                          "int32 features = 3; }"),
                "00 08 01"),
        "error: The Protobuf schema has 2 definitions: KEY_SCHEMA_FULL_NAME or "
        "VALUE_SCHEMA_FULL_NAME must say which message is meant");
}

/* The text that clients compare with is the file's own. */
static void test_p04_text(void **state)
{
    (void)state;
    const char *text = "edition = \"2023\"; message T { int32 f = 1; }";
    wr_buf out = {0};
    weir_error err = {0};
    assert_int_equal(
        wr_format_schema_canonical(wr_format_get(WR_FORMAT_PROTOBUF), pb_schema(text), &out, &err),
        WEIR_OK);
    assert_string_equal(wr_buf_cstr(&out), text);
    wr_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, pb_setup, pb_teardown)
        T(test_p04_texts_and_descriptors_of_both_editions),
        T(test_p04_writing_by_an_edition),
        T(test_p04_features_are_inherited),
        T(test_p04_files_of_several_kinds),
        T(test_p04_what_is_no_edition),
        T(test_p04_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
