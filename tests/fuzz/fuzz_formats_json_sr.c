/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON_SR records: the first byte picks one of a few schemas, the rest is the text after its mark.
 * The columns are those inferred, or others that the schema does not quite fit. Whatever is decoded
 * strictly is decoded the same when fewer columns are wanted, and what is written reads back. Its
 * JSON, where it can be had, is JSON.
 */
#include "fuzz_formats.h"

#define INT    "{\"type\":\"integer\"}"
#define STR    "{\"type\":\"string\"}"
#define OPT(t) "{\"oneOf\":[{\"type\":\"null\"}," t "]}"
#define TITLE(name, type)                                                                          \
    "{\"type\":\"number\",\"title\":\"org.apache.kafka.connect.data." name                         \
    "\",\"connect.type\":\"" type "\",\"connect.parameters\":{\"scale\":\"2\"}}"

static const char *const schemas[] = {
    "{\"properties\":{\"A\":" INT ",\"B\":" OPT(STR) ",\"C\":{\"type\":\"number\"},"
                                                     "\"D\":{\"type\":\"boolean\"}}}",
    "{\"properties\":{\"A\":{\"type\":\"integer\",\"connect.type\":\"int8\"},"
    "\"B\":{\"type\":\"array\",\"items\":" OPT(
        INT) "},"
             "\"C\":{\"type\":\"string\",\"connect.type\":\"bytes\"}}}",
    "{\"properties\":{\"A\":" TITLE("Decimal", "bytes") ",\"B\":" TITLE(
        "Date", "int32") ",\"C\":" TITLE("Time", "int32") ",\"D\":" TITLE("Timestamp",
                                                                          "int64") "}}",
    "{\"properties\":{\"A\":{\"oneOf\":[" INT "," STR ",{\"properties\":{\"x\":" INT "}},"
    "{\"properties\":{\"y\":" STR "}}]},\"B\":{\"type\":\"integer\",\"default\":7}}}",
    "{\"properties\":{\"A\":{\"type\":\"object\",\"connect.type\":\"map\","
    "\"additionalProperties\":" OPT(INT) "},\"B\":{\"type\":\"array\",\"connect.type\":\"map\","
                                         "\"items\":{\"properties\":{\"key\":" OPT(
                                             STR) ",\"value\":" STR "}}}}}",
    "{\"anyOf\":[{\"properties\":{\"a\":" INT "}},{\"properties\":{\"b\":" STR "}},"
    "{\"type\":\"array\",\"items\":" INT "}]}",
    /* of these the columns are declared below */
    "{\"properties\":{\"a\":" INT ",\"b\":{\"properties\":{\"a\":" STR ",\"b\":" OPT(
        "{\"$ref\":\"#\"}") "}},\"C\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}}}",
    /* any value: variants */
    "{\"properties\":{\"A\":{},\"B\":{\"items\":true},\"C\":{\"type\":\"number\"}}}",
    "{}",
};
enum { SCHEMAS = sizeof schemas / sizeof schemas[0], DECLARED = 6 };

/* Columns for that one: a recursive schema, elements without members. */
static fuzz_schema declared(wr_arena *a)
{
    const wr_field inner[] = {{"A", &wr_type_bigint}};
    const wr_field outer[] = {{"A", &wr_type_string}, {"B", wr_type_struct(a, inner, 1)}};
    wr_column *cols = WR_NEW_N(a, wr_column, 3);
    cols[0] = (wr_column){.name = "A", .type = &wr_type_bigint};
    cols[1] = (wr_column){.name = "B", .type = wr_type_struct(a, outer, 2)};
    cols[2] = (wr_column){.name = "C", .type = wr_type_array(a, wr_type_struct(a, inner, 1))};
    return (fuzz_schema){cols, 3};
}

/* What was read is written with our own schema for the columns, and read again. */
static void check_round_trip(wr_registry *registry, const fuzz_schema *s, const fuzz_row *row,
                             wr_arena *a)
{
    wr_format_options options = {.registry = registry};
    const wr_format_columns columns = {.cols = s->cols, .n = s->n, .options = &options};
    wr_buf text = {0};
    weir_error err;
    weir_status st = wr_format_schema_text(wr_format_get(WR_FORMAT_JSON_SR), &columns, &text, &err);
    WR_ASSERT(st == WEIR_OK);
    const wr_schema_draft draft = {.kind = WR_SCHEMA_JSON, .text = wr_buf_view(&text)};
    st = wr_registry_register(registry, WR_STR("own-value"), &draft, &options.schema, &err);
    WR_ASSERT(st == WEIR_OK);
    wr_buf_free(&text);
    wr_str bytes = fuzz_encode(WR_FORMAT_JSON_SR, s, options, row->values, a);
    WR_ASSERT(bytes.ptr);
    wr_decoder *d = fuzz_decoder(WR_FORMAT_JSON_SR, s, NULL, options, a);
    fuzz_row back = fuzz_decode(d, s, NULL, bytes, a);
    WR_ASSERT(back.ok == WR_DECODED && fuzz_equal(s, NULL, row, &back));
}

static void check_json(wr_registry *registry, wr_str payload, wr_arena *a)
{
    const wr_format_options options = {.registry = registry};
    wr_buf out = {0};
    wr_json *json;
    weir_error err;
    weir_status st = wr_format_to_json(wr_format_get(WR_FORMAT_JSON_SR), &options, (wr_str){0},
                                       payload, &out, &err);
    if (st == WEIR_OK) {
        st = wr_json_parse(wr_buf_view(&out), false, a, &json, &err);
        WR_ASSERT(st == WEIR_OK || strstr(err.message, "nest")); /* its own bound on depth */
    }
    wr_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    uint8_t pick = data[0] % SCHEMAS;
    wr_registry *registry = wr_registry_open_memory();
    wr_arena *a = wr_arena_new(0);
    const wr_schema_draft draft = {.kind = WR_SCHEMA_JSON, .text = wr_str_c(schemas[pick])};
    const wr_registry_schema *schema;
    weir_error err;
    weir_status st = wr_registry_register(registry, WR_STR("t-value"), &draft, &schema, &err);
    WR_ASSERT(st == WEIR_OK);
    wr_format_options options = {.registry = registry};
    fuzz_schema s = {0};
    if (pick == DECLARED) {
        s = declared(a);
    } else {
        wr_column *cols;
        st = wr_format_infer(wr_format_get(WR_FORMAT_JSON_SR), schema, &options, false, a, &cols,
                             &s.n, &err);
        WR_ASSERT(st == WEIR_OK);
        s.cols = cols;
    }
    wr_buf bytes = {0};
    wr_schema_mark_write(&bytes, schema->id);
    wr_buf_put(&bytes, data + 1, size - 1);
    wr_str payload = wr_arena_str(a, wr_buf_view(&bytes));
    wr_buf_free(&bytes);
    static const bool wanted[8] = {false, true, false, true};
    fuzz_decoders decoders = fuzz_decoders_new(WR_FORMAT_JSON_SR, &s, wanted, options, a);
    fuzz_row row = fuzz_strict_and_lazy(&decoders, payload, a);
    if (row.ok == WR_DECODED)
        check_round_trip(registry, &s, &row, a);
    check_json(registry, payload, a);
    wr_arena_free(a);
    wr_registry_free(registry);
    return 0;
}
