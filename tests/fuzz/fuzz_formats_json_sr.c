/* SPDX-License-Identifier: Apache-2.0 */
/* JSON_SR records: fuzz_registry.h says what is held against what. */
#include "fuzz_registry.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static fuzz_fixture fixtures[SCHEMAS];
    static const fuzz_registry_format format = {.id = WR_FORMAT_JSON_SR,
                                                .kind = WR_SCHEMA_JSON,
                                                .schemas = schemas,
                                                .schemas_n = SCHEMAS,
                                                .declared_at = DECLARED,
                                                .declared = declared,
                                                .fixtures = fixtures};
    fuzz_payload(&format, data, size);
    return 0;
}
