/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Change events of Debezium: the first byte picks JSON or Avro and key or value, the rest is the
 * record, in Avro after its mark. Whatever is decoded strictly is decoded the same when fewer
 * columns are wanted.
 */
#include "fuzz_formats.h"

/* The fields of a row. */
#define ROW                                                                                        \
    "{\"name\":\"ID\",\"type\":\"long\"},"                                                         \
    "{\"name\":\"A\",\"type\":{\"type\":\"record\",\"name\":\"VariableScaleDecimal\","             \
    "\"namespace\":\"io.debezium.data\",\"fields\":[{\"name\":\"scale\",\"type\":\"int\"},"        \
    "{\"name\":\"value\",\"type\":\"bytes\"}]}},"                                                  \
    "{\"name\":\"B\",\"type\":[\"null\",\"string\"]},"                                             \
    "{\"name\":\"C\",\"type\":{\"type\":\"long\",\"connect.name\":\"io.debezium.time."             \
    "MicroTimestamp\"}},"                                                                          \
    "{\"name\":\"D\",\"type\":{\"type\":\"long\",\"connect.name\":\"io.debezium.time.NanoTime\"}}" \
    ","                                                                                            \
    "{\"name\":\"E\",\"type\":\"string\"},"                                                        \
    "{\"name\":\"F\",\"type\":{\"type\":\"array\",\"items\":[\"null\",\"int\"]}},"                 \
    "{\"name\":\"G\",\"type\":{\"type\":\"record\",\"name\":\"P\",\"fields\":["                    \
    "{\"name\":\"x\",\"type\":\"int\"},{\"name\":\"y\",\"type\":\"bytes\"}]}}"

static const char key_schema[] = "{\"type\":\"record\",\"name\":\"Key\",\"fields\":[" ROW "]}";
static const char event_schema[] =
    "{\"type\":\"record\",\"name\":\"Envelope\",\"fields\":[{\"name\":\"op\",\"type\":\"string\"},"
    "{\"name\":\"after\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Value\",\"fields\":"
    "[" ROW "]}]},"
    "{\"name\":\"source\",\"type\":{\"type\":\"record\",\"name\":\"Source\",\"fields\":["
    "{\"name\":\"ts_ms\",\"type\":[\"null\",\"long\"]}]}}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    bool is_key = data[0] & 1, avro = data[0] & 2;
    wr_arena *a = wr_arena_new(0);
    wr_registry *registry = wr_registry_open_memory();
    const wr_field fields[] = {{"X", &wr_type_double}, {"Y", &wr_type_bytes}};
    const wr_column cols[] = {
        {.name = "ID", .type = &wr_type_bigint},
        {.name = "A", .type = wr_type_decimal(a, 10, 2)},
        {.name = "B", .type = &wr_type_string},
        {.name = "C", .type = &wr_type_timestamp},
        {.name = "D", .type = &wr_type_time},
        {.name = "E", .type = &wr_type_date},
        {.name = "F", .type = wr_type_array(a, &wr_type_integer)},
        {.name = "G", .type = wr_type_struct(a, fields, 2)},
    };
    const fuzz_schema s = {cols, 8};
    static const bool wanted[8] = {false, true, false, true, true};
    const wr_format_options options = {.is_key = is_key, .registry = registry};
    const wr_schema_draft draft = {.kind = WR_SCHEMA_AVRO,
                                   .text = wr_str_c(is_key ? key_schema : event_schema)};
    const wr_registry_schema *schema;
    weir_error err;
    weir_status st = wr_registry_register(registry, NULL, WR_STR("t-value"), &draft, &schema, &err);
    WR_ASSERT(st == WEIR_OK);
    wr_buf bytes = {0};
    if (avro)
        wr_schema_mark_write(&bytes, schema->id);
    wr_buf_put(&bytes, data + 1, size - 1);
    wr_buf_reserve(&bytes, 1);
    wr_str payload = wr_arena_str(a, wr_buf_view(&bytes));
    wr_buf_free(&bytes);
    fuzz_decoders decoders = fuzz_decoders_new(
        avro ? WR_FORMAT_DEBEZIUM_AVRO : WR_FORMAT_DEBEZIUM_JSON, &s, wanted, options, a);
    fuzz_strict_and_lazy(&decoders, payload, a);
    wr_arena_free(a);
    wr_registry_free(registry);
    return 0;
}
