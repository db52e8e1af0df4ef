/* SPDX-License-Identifier: Apache-2.0 */
/* AVRO records: fuzz_registry.h says what is held against what. */
#include "fuzz_registry.h"

#define REC(fields)       "{\"type\":\"record\",\"name\":\"T\",\"fields\":[" fields "]}"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"

static const char *const schemas[] = {
    REC(FIELD("A", "\"int\"") "," FIELD("B", "[\"null\",\"string\"]") "," FIELD(
        "C", "\"double\"") "," FIELD("D", "\"boolean\"") "," FIELD("E", "\"long\"")),
    REC(FIELD("A", "{\"type\":\"array\",\"items\":[\"null\",\"int\"]}") "," FIELD(
        "B", "{\"type\":\"map\",\"values\":\"string\"}") "," FIELD("C", "\"float\"")),
    REC(FIELD(
        "A",
        "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":"
        "9,\"scale\":2}") "," FIELD("B",
                                    "{\"type\":\"enum\",\"name\":"
                                    "\"E\",\"symbols\":[\"x\","
                                    "\"y\"]}") "," FIELD("C",
                                                         "{\"type\":\"int\",\"logicalType\":\"time-"
                                                         "millis\"}") "," FIELD("D", "{\"type\":"
                                                                                     "\"fixed\","
                                                                                     "\"name\":"
                                                                                     "\"X\","
                                                                                     "\"size\":"
                                                                                     "3}")),
    REC(FIELD("A", "[\"null\",\"int\",\"string\",{\"type\":\"array\",\"items\":"
                   "\"long\"}]") "," FIELD("B",
                                           "{\"type\":\"record\",\"name\":\"I\",\"fields\":[" FIELD(
                                               "x", "[\"bytes\",\"null\"]") "]}")),
    REC(FIELD("A", "{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"M\","
                   "\"fields\":[" FIELD("key", "[\"null\",\"string\"]") "," FIELD(
                       "value",
                       "\"int\"") "],"
                                  "\"connect.internal.type\":\"MapEntry\"}}") "," FIELD("B", "\"int"
                                                                                             "\"")),
    "[\"null\"," REC(FIELD("A", "\"int\"") "," FIELD("B", "\"string\"")) "]",
    "[\"int\",\"string\",{\"type\":\"map\",\"values\":\"int\"}]",
    /* of these the columns are declared below */
    REC(FIELD("A", "\"int\"") "," FIELD("B", "[\"null\",\"T\"]") "," FIELD(
        "C", "{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"O\","
             "\"fields\":[]}}")),
};
enum { SCHEMAS = sizeof schemas / sizeof schemas[0] };

/* Columns for the last one: a recursive schema, elements without bytes. */
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
    static const fuzz_registry_format format = {.id = WR_FORMAT_AVRO,
                                                .kind = WR_SCHEMA_AVRO,
                                                .schemas = schemas,
                                                .schemas_n = SCHEMAS,
                                                .declared_at = SCHEMAS - 1,
                                                .declared = declared,
                                                .fixtures = fixtures};
    fuzz_payload(&format, data, size);
    return 0;
}
