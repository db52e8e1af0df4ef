/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PROTOBUF: the first byte picks the columns, the next the schema's form; what decodes is written
 * and read back as the same values. Also: bytes as JSON.
 */
#include "fuzz_formats.h"

static const char proto_file[] =
    "syntax = \"proto3\"; import \"confluent/type/decimal.proto\";"
    "import \"google/protobuf/timestamp.proto\"; import \"google/type/date.proto\";"
    "import \"google/type/timeofday.proto\"; import \"google/protobuf/wrappers.proto\";"
    "message T { message N { int32 X = 1; string Y = 2; repeated N Z = 3; }"
    "enum E { A = 0; B = 1; }"
    "int32 I = 1; sint64 L = 2; double D = 3; string S = 4; bytes B = 5; bool O = 6; E EN = 7;"
    "repeated fixed32 R = 8; map<string, N> M = 9; oneof C { N P = 10; string Q = 11; }"
    "N ST = 12; google.protobuf.Timestamp TS = 13; google.type.Date DA = 14;"
    "google.type.TimeOfDay TI = 15; confluent.type.Decimal DE = 40; google.protobuf.Int32Value W = "
    "41; optional float F = 42; }";

typedef struct fuzz_columns {
    wr_column cols[20];
    uint32_t n;
} fuzz_columns;

static void add(fuzz_columns *c, const char *name, const wr_type *type)
{
    c->cols[c->n++] = (wr_column){.name = name, .type = type};
}

static void all_columns(fuzz_columns *c, wr_arena *a)
{
    const wr_field n[] = {{"X", &wr_type_integer}, {"Y", &wr_type_string}};
    const wr_type *record = wr_type_struct(a, n, 2);
    const wr_field members[] = {{"P", record}, {"Q", &wr_type_string}};
    add(c, "I", &wr_type_integer);
    add(c, "L", &wr_type_bigint);
    add(c, "D", &wr_type_double);
    add(c, "S", &wr_type_string);
    add(c, "B", &wr_type_bytes);
    add(c, "O", &wr_type_boolean);
    add(c, "EN", &wr_type_string);
    add(c, "R", wr_type_array(a, &wr_type_bigint));
    add(c, "M", wr_type_map(a, &wr_type_string, record));
    add(c, "C_0", wr_type_struct(a, members, 2));
    add(c, "ST", record);
    add(c, "TS", &wr_type_timestamp);
    add(c, "DA", &wr_type_date);
    add(c, "TI", &wr_type_time);
    add(c, "DE", wr_type_decimal(a, 20, 4));
    add(c, "W", &wr_type_integer);
    add(c, "F", &wr_type_double);
}

/* Values that were read can be written, but for an enum's numbers that it does not know. */
static void write_back(const fuzz_schema *s, wr_format_options options, const fuzz_row *row,
                       wr_arena *a)
{
    wr_str bytes = fuzz_encode(WR_FORMAT_PROTOBUF, s, options, row->values, a);
    if (!bytes.ptr)
        return;
    wr_decoder *d = fuzz_decoder(WR_FORMAT_PROTOBUF, s, NULL, options, a);
    fuzz_row back = fuzz_decode(d, s, NULL, bytes, a);
    WR_ASSERT(back.ok && fuzz_equal(s, NULL, row, &back));
    wr_buf json = {0};
    weir_error err;
    weir_status st = wr_format_to_json(wr_format_get(WR_FORMAT_PROTOBUF), &options, (wr_str){0},
                                       bytes, &json, &err);
    WR_ASSERT(st == WEIR_OK);
    wr_buf_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    wr_arena *a = wr_arena_new(0);
    wr_registry *registry = wr_registry_open_memory();
    const wr_schema_draft draft = {.kind = WR_SCHEMA_PROTOBUF, .text = wr_str_c(proto_file)};
    wr_format_options options = {.registry = registry};
    weir_error err;
    weir_status st =
        wr_registry_register(registry, NULL, wr_str_c("t-value"), &draft, &options.schema, &err);
    WR_ASSERT(st == WEIR_OK);
    fuzz_columns columns = {.n = 0};
    all_columns(&columns, a);
    const fuzz_schema s = {columns.cols, columns.n};
    bool *wanted = WR_NEW_N(a, bool, s.n);
    for (uint32_t i = 0; i < s.n; i++)
        wanted[i] = data[0] >> (i % 8) & 1;
    wr_buf payload = {0};
    wr_schema_mark_write(&payload, options.schema->id);
    wr_buf_put(&payload, data + 1, size - 1);
    fuzz_decoders decoders = fuzz_decoders_new(WR_FORMAT_PROTOBUF, &s, wanted, options, a);
    fuzz_row row = fuzz_strict_and_lazy(&decoders, wr_buf_view(&payload), a);
    if (row.ok == WR_DECODED)
        write_back(&s, options, &row, a);
    wr_buf json = {0};
    st = wr_format_to_json(wr_format_get(WR_FORMAT_PROTOBUF), &options, (wr_str){0},
                           wr_buf_view(&payload), &json, &err);
    WR_ASSERT(st == WEIR_OK || json.len == 0);
    /* Without a registry the same bytes are another message. */
    wr_format_options plain = {.nullable = (wr_nullable_form)(data[0] % 3)};
    decoders = fuzz_decoders_new(WR_FORMAT_PROTOBUF_NOSR, &s, wanted, plain, a);
    (void)fuzz_strict_and_lazy(&decoders, wr_str_make((const char *)data + 1, size - 1), a);
    wr_buf_free(&json);
    wr_buf_free(&payload);
    wr_registry_free(registry);
    wr_arena_free(a);
    return 0;
}
