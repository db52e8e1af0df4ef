/* SPDX-License-Identifier: Apache-2.0 */
/* A writer's schema beside columns, and rows by schema: what is said, and what decoding then does.
 */
#include "fixture.h"

static wr_registry *registry;

static int setup(void **state)
{
    registry = wr_registry_open_memory();
    return fixture_setup(state);
}

static int teardown(void **state)
{
    wr_registry_free(registry);
    return fixture_teardown(state);
}

static const wr_registry_schema *schema_of(wr_schema_kind kind, const char *text)
{
    const wr_schema_draft draft = {.kind = kind, .text = wr_str_c(text)};
    const wr_registry_schema *s;
    weir_error err = {0};
    if (wr_registry_register(registry, NULL, WR_STR("t-value"), &draft, &s, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    return s;
}

static const wr_format_id format_of[] = {
    [WR_SCHEMA_AVRO] = WR_FORMAT_AVRO,
    [WR_SCHEMA_JSON] = WR_FORMAT_JSON_SR,
    [WR_SCHEMA_PROTOBUF] = WR_FORMAT_PROTOBUF,
};

/* Columns A INT, B STRING, C STRUCT<X BIGINT>, or the first @p n of them. */
static void check(wr_schema_kind kind, const char *text, uint32_t n, bool unwrapped,
                  wr_schema_fit expected, const char *how)
{
    static const wr_field x[] = {{"X", &wr_type_bigint}};
    const wr_column cols[] = {{.name = "A", .type = &wr_type_integer},
                              {.name = "B", .type = &wr_type_string},
                              {.name = "C", .type = wr_type_struct(arena, x, 1)}};
    const wr_format_options options = {.registry = registry, .unwrapped = unwrapped};
    const wr_format_columns columns = {.cols = cols, .n = n, .options = &options};
    wr_schema_fit fit;
    wr_buf out = {0};
    weir_error err = {0};
    weir_status st = wr_format_schema_fit(wr_format_get(format_of[kind]), schema_of(kind, text),
                                          &columns, &fit, &out, &err);
    if (st != WEIR_OK)
        wr_buf_puts(&out, err.message);
    if (fit != expected || strcmp(wr_buf_cstr(&out), how) != 0)
        fail_msg("%s\n  is       %d %s\n  expected %d %s", text, (int)fit, wr_buf_cstr(&out),
                 (int)expected, how);
    wr_buf_free(&out);
}

#define RECORD(fields)    "{\"type\":\"record\",\"name\":\"T\",\"fields\":[" fields "]}"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"

static void test_avro(void **state)
{
    (void)state;
    const wr_schema_kind a = WR_SCHEMA_AVRO;
    check(a, RECORD(FIELD("a", "\"int\"") "," FIELD("B", "[\"null\",\"string\"]")), 2, false,
          WR_SCHEMA_FITS, "");
    check(a, "[\"null\"," RECORD(FIELD("A", "\"int\"") "," FIELD("B", "\"string\"")) "]", 2, false,
          WR_SCHEMA_FITS, "");
    check(a, RECORD(FIELD("A", "\"int\"") "," FIELD("B", "\"string\"") "," FIELD("d", "\"long\"")),
          2, false, WR_SCHEMA_HAS_MORE, "not in the source: `d` BIGINT");
    check(a, RECORD(FIELD("A", "\"int\"")), 2, false, WR_SCHEMA_HAS_LESS,
          "no field for `B` STRING");
    check(a, RECORD(FIELD("A", "\"string\"") "," FIELD("D", "\"int\"")), 2, false, WR_SCHEMA_MISFIT,
          "`A` INTEGER cannot be read from STRING; no field for `B` STRING; not in the source: `D` "
          "INTEGER");
    /* What is read otherwise than it is inferred is no misfit (Q08). */
    check(a, RECORD(FIELD("A", "\"int\"") "," FIELD("B", "\"long\"")), 2, false, WR_SCHEMA_FITS,
          "");
    /* Below. */
    const char *inner = RECORD(FIELD("A", "\"int\"") "," FIELD("B", "\"string\"") "," FIELD(
        "C", "{\"type\":\"record\",\"name\":\"U\",\"fields\":[" FIELD("x", "\"string\"") "]}"));
    check(a, inner, 3, false, WR_SCHEMA_MISFIT,
          "`C` STRUCT<`X` BIGINT> cannot be read from STRUCT<`X` STRING>");
    /* One part that has no columns does not keep the others from being compared. */
    check(a, RECORD(FIELD("A", "\"string\"") "," FIELD("r", "[\"null\",\"T\"]")), 1, false,
          WR_SCHEMA_MISFIT,
          "`A` INTEGER cannot be read from the type of its field; not in the source: `r`");
    check(a, "\"int\"", 2, false, WR_SCHEMA_MISFIT, "it is no record but int");
    check(a, "\"int\"", 1, true, WR_SCHEMA_FITS, "");
    check(a, "\"string\"", 1, true, WR_SCHEMA_MISFIT, "`A` INTEGER cannot be read from STRING");
    check(a, "{", 1, false, WR_SCHEMA_MISFIT,
          "Invalid Avro schema: Invalid JSON at byte 1: the text ends inside an object or array");
}

static void test_protobuf(void **state)
{
    (void)state;
    const wr_schema_kind p = WR_SCHEMA_PROTOBUF;
    static const char head[] = "syntax = \"proto3\"; message T { ";
    char text[400];
#define PB(body) (snprintf(text, sizeof text, "%s%s}", head, body), text)
    check(p, PB("int32 a = 1; string B = 2;"), 2, false, WR_SCHEMA_FITS, "");
    check(p, PB("int64 a = 1; string B = 2; bool d = 3;"), 2, false, WR_SCHEMA_MISFIT,
          "`A` INTEGER cannot be read from BIGINT; not in the source: `d` BOOLEAN");
    check(p, PB("int32 a = 1; oneof o { string s = 2; }"), 2, false, WR_SCHEMA_HAS_LESS,
          "no field for `B` STRING; not in the source: `o_0` STRUCT<`S` STRING>");
    check(p, PB("int32 a = 1; string b = 2; message U { string x = 1; } U c = 3;"), 3, false,
          WR_SCHEMA_MISFIT, "`C` STRUCT<`X` BIGINT> cannot be read from STRUCT<`X` STRING>");
}

static void test_json_schema(void **state)
{
    (void)state;
    const wr_schema_kind j = WR_SCHEMA_JSON;
    check(j,
          "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\",\"connect.type\":"
          "\"int32\"},\"B\":{\"type\":\"string\"}}}",
          2, false, WR_SCHEMA_FITS, "");
    check(j,
          "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},\"d\":{\"type\":"
          "\"number\"}}}",
          2, false, WR_SCHEMA_MISFIT,
          "`A` INTEGER cannot be read from BIGINT; no field for `B` STRING; not in the source: `d` "
          "DOUBLE");
    check(j, "{\"type\":\"string\"}", 2, false, WR_SCHEMA_MISFIT,
          "it is not that of an object: it has no properties");
}

static void test_another_kind(void **state)
{
    (void)state;
    const wr_column cols[] = {{.name = "A", .type = &wr_type_integer}};
    const wr_format_options options = {.registry = registry};
    const wr_format_columns columns = {.cols = cols, .n = 1, .options = &options};
    wr_schema_fit fit;
    wr_buf out = {0};
    weir_error err = {0};
    assert_int_equal(wr_format_schema_fit(wr_format_get(WR_FORMAT_PROTOBUF),
                                          schema_of(WR_SCHEMA_AVRO, "\"int\""), &columns, &fit,
                                          &out, &err),
                     WEIR_ERR_STATEMENT);
    assert_string_equal(err.message, "it is no schema of the PROTOBUF format");
    assert_int_equal(fit, WR_SCHEMA_MISFIT);
}

/* ---- rows by schema ---- */

static wr_str record(uint32_t id, const char *bytes, size_t n)
{
    wr_buf b = {0};
    wr_schema_mark_write(&b, id);
    wr_buf_put(&b, bytes, n);
    wr_str out = exact(b.ptr, b.len);
    wr_buf_free(&b);
    return out;
}

static void test_rows_by_schema(void **state)
{
    (void)state;
    const uint32_t one = schema_of(WR_SCHEMA_AVRO, RECORD(FIELD("A", "\"int\"")))->id,
                   two = schema_of(WR_SCHEMA_AVRO, RECORD(FIELD("B", "\"int\"")))->id;
    const wr_column cols[] = {{.name = "A", .type = &wr_type_integer}};
    wr_decoder *d =
        decoder(WR_FORMAT_AVRO, cols, 1, NULL, (wr_format_options){.registry = registry});
    const wr_str payloads[] = {record(one, "\x02", 1),
                               record(one, "\x02", 1),
                               record(two, "\x02", 1),
                               record(99, "\x02", 1),
                               {"x", 1},
                               {NULL, 0},
                               record(one, "\x02", 1),
                               record(two, "\x02", 1),
                               record(two, "\x02", 1)};
    static const wr_schema_rows expected[][4] = {{{1, 3}, {2, 3}, {99, 1}, {0, 1}}};
    uint8_t ok[WR_ARRAY_LEN(payloads)];
    struct {
        wr_row_errors base;
    } errs = {0};
    weir_error err = {0};
    for (int round = 0; round < 2; round++) { /* of the last scan alone */
        uint32_t n, total = 0;
        assert_int_equal(wr_decoder_scan(d, payloads, wr_sel_all(WR_ARRAY_LEN(payloads)), ok,
                                         &errs.base, arena, &err),
                         WEIR_OK);
        const wr_schema_rows *rows = wr_decoder_schemas(d, &n);
        assert_int_equal(n, 4);
        for (size_t i = 0; i < 4; i++)
            for (uint32_t k = 0; k < n; k++)
                if (rows[k].id == expected[0][i].id) {
                    assert_int_equal(rows[k].rows, expected[0][i].rows);
                    total += rows[k].rows;
                }
        assert_int_equal(total, 8);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_avro),         TEST(test_protobuf),       TEST(test_json_schema),
        TEST(test_another_kind), TEST(test_rows_by_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
