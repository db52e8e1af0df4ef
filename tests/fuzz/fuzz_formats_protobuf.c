/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PROTOBUF: the first byte picks the columns that are wanted, and how NULLs are written without a
 * registry; the rest is the payload after its mark. What decodes is written and read back as the
 * same values. The same bytes as JSON, which is slow, are looked at for few first bytes only.
 *
 * The schema is parsed once, and decoders are kept for each first byte.
 */
#include "fuzz_formats.h"

static const char proto_file[] =
    "syntax = \"proto3\"; import \"confluent/type/decimal.proto\";"
    "import \"google/protobuf/timestamp.proto\"; import \"google/type/date.proto\";"
    "import \"google/type/timeofday.proto\"; import \"google/protobuf/wrappers.proto\";"
    "message T { message N { int32 X = 1; string Y = 2; repeated N Z = 3; }"
    "enum E { EA = 0; EB = 1; }"
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

/* All that stays from input to input. */
typedef struct fixture {
    wr_arena *arena;
    wr_format_options options;
    fuzz_schema schema;
    wr_encoder *encoder;
    struct {
        bool *wanted; /* NULL: not made yet */
        fuzz_decoders registered, plain;
    } by_byte[256];
} fixture;

static fixture *make_fixture(void)
{
    static fixture f;
    static fuzz_columns columns;
    if (f.arena)
        return &f;
    f.arena = wr_arena_new(0);
    f.options.registry = wr_registry_open_memory();
    const wr_schema_draft draft = {.kind = WR_SCHEMA_PROTOBUF, .text = wr_str_c(proto_file)};
    weir_error err;
    weir_status st = wr_registry_register(f.options.registry, NULL, wr_str_c("t-value"), &draft,
                                          &f.options.schema, &err);
    WR_ASSERT(st == WEIR_OK);
    all_columns(&columns, f.arena);
    f.schema = (fuzz_schema){columns.cols, columns.n};
    f.encoder = fuzz_encoder(WR_FORMAT_PROTOBUF, &f.schema, f.options, f.arena);
    return &f;
}

static void make_decoders(fixture *f, uint8_t byte)
{
    bool *wanted = WR_NEW_N(f->arena, bool, f->schema.n);
    for (uint32_t i = 0; i < f->schema.n; i++)
        wanted[i] = byte >> (i % 8) & 1;
    f->by_byte[byte].wanted = wanted;
    f->by_byte[byte].registered =
        fuzz_decoders_new(WR_FORMAT_PROTOBUF, &f->schema, wanted, f->options, f->arena);
    wr_format_options plain = {.nullable = (wr_nullable_form)(byte % 3)};
    f->by_byte[byte].plain =
        fuzz_decoders_new(WR_FORMAT_PROTOBUF_NOSR, &f->schema, wanted, plain, f->arena);
}

static bool print(const fixture *f, wr_str bytes)
{
    wr_buf json = {0};
    weir_error err;
    weir_status st = wr_format_to_json(wr_format_get(WR_FORMAT_PROTOBUF), &f->options, (wr_str){0},
                                       bytes, &json, &err);
    WR_ASSERT(st == WEIR_OK || json.len == 0);
    wr_buf_free(&json);
    return st == WEIR_OK;
}

/* Values that were read can be written, but for an enum's numbers that it does not know. */
static void write_back(const fixture *f, wr_decoder *d, const fuzz_row *row, bool prints,
                       wr_arena *a)
{
    wr_str bytes = fuzz_encode_with(f->encoder, &f->schema, row->values, a);
    if (!bytes.ptr)
        return;
    fuzz_row back = fuzz_decode(d, &f->schema, NULL, bytes, a);
    WR_ASSERT(back.ok && fuzz_equal(&f->schema, NULL, row, &back));
    WR_ASSERT(!prints || print(f, bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static wr_arena *a;
    if (!a)
        a = wr_arena_new(0);
    if (size < 2)
        return 0;
    fixture *f = make_fixture();
    if (!f->by_byte[data[0]].wanted)
        make_decoders(f, data[0]);
    bool prints = data[0] % 64 == 0;
    wr_buf payload = {0};
    wr_schema_mark_write(&payload, f->options.schema->id);
    wr_buf_put(&payload, data + 1, size - 1);
    const fuzz_decoders *registered = &f->by_byte[data[0]].registered;
    fuzz_row row = fuzz_strict_and_lazy(registered, wr_buf_view(&payload), a);
    bool is_first = data[1] == 0; /* by its indexes: another message has not these fields */
    if (row.ok == WR_DECODED && is_first)
        write_back(f, registered->all, &row, prints, a);
    if (prints)
        (void)print(f, wr_buf_view(&payload));
    /* Without a registry the same bytes are another message. */
    (void)fuzz_strict_and_lazy(&f->by_byte[data[0]].plain,
                               wr_str_make((const char *)data + 1, size - 1), a);
    wr_buf_free(&payload);
    wr_arena_reset(a);
    return 0;
}
