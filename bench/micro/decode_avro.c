/* SPDX-License-Identifier: Apache-2.0 */
/*
 * micro_decode_avro - bytes of Avro records to columns, and back, beside avro-c's generic reader.
 *
 * The records are the clicks of the other benchmarks, once with fields as most producers have them
 * (no nulls) and once with every field nullable, as Connect and ksqlDB write them. The baseline
 * reads each record into a generic value, the only way that avro-c has, and then gets the wanted
 * fields from it by their index.
 */
#include "formats/format.h"
#include "micro.h"

#include <stdlib.h>
#include <string.h>

#ifdef BENCH_AVROC
void *micro_avroc_new(const char *schema, size_t len);
long micro_avroc_fields(void *reader, const char *p, size_t len, const size_t *fields, size_t n);
#endif

static const struct {
    const char *name, *avro;
    const wr_type *type;
} click_columns[] = {
    {"UUID", "string", &wr_type_string},     {"CAMPAIGNID", "int", &wr_type_integer},
    {"PUBID", "int", &wr_type_integer},      {"timestamp", "long", &wr_type_bigint},
    {"IP", "string", &wr_type_string},       {"CITY", "string", &wr_type_string},
    {"COUNTRY", "string", &wr_type_string},  {"BROWSER", "string", &wr_type_string},
    {"PLATFORM", "string", &wr_type_string}, {"PLATFORMVERSION", "string", &wr_type_string},
};
enum {
    COLUMNS = sizeof click_columns / sizeof click_columns[0],
    BATCHES = MICRO_RECORDS / WR_BATCH_ROWS_DEFAULT
};

typedef struct bench {
    micro_records records;
    wr_arena *arena, *scratch;
    wr_column columns[COLUMNS];
    wr_registry *registry;
    const wr_registry_schema *schema;
    wr_vec clicks[BATCHES][COLUMNS];
    wr_buf bytes; /* all payloads */
    wr_str *payloads;
    uint64_t rows;
} bench;

static void must(weir_status st, const weir_error *err)
{
    if (st == WEIR_OK)
        return;
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

/* One batch of payloads into the wanted columns. */
static void decode_batch(bench *b, wr_decoder *d, const bool *wanted, const wr_str *payloads,
                         wr_vec *out)
{
    wr_row_errors errs = {.report = micro_no_report};
    weir_error err = {0};
    uint8_t *ok = wr_arena_alloc(b->scratch, WR_BATCH_ROWS_DEFAULT);
    for (uint32_t c = 0; c < COLUMNS; c++)
        if (wanted[c])
            wr_vec_init(&out[c], b->columns[c].type, WR_BATCH_ROWS_DEFAULT, b->scratch);
    must(wr_decoder_run(d, payloads, wr_sel_all(WR_BATCH_ROWS_DEFAULT), out, ok, &errs, b->scratch,
                        &err),
         &err);
    b->rows += ok[0];
}

static void decode_all(bench *b, wr_decoder *d, const bool *wanted)
{
    for (uint32_t at = 0; at < MICRO_RECORDS; at += WR_BATCH_ROWS_DEFAULT) {
        wr_vec out[COLUMNS];
        decode_batch(b, d, wanted, b->payloads + at, out);
        wr_arena_reset(b->scratch);
    }
}

/* The clicks' columns, batch by batch, for whoever writes them. */
static void read_clicks(bench *b)
{
    static const bool all[COLUMNS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    wr_arena *scratch = b->scratch;
    wr_decoder *json;
    weir_error err = {0};
    must(wr_decoder_new(wr_format_get(WR_FORMAT_JSON), b->columns, COLUMNS, NULL, NULL, b->arena,
                        &json, &err),
         &err);
    b->scratch = b->arena; /* they stay */
    for (uint32_t k = 0; k < BATCHES; k++)
        decode_batch(b, json, all, b->records.values + (size_t)k * WR_BATCH_ROWS_DEFAULT,
                     b->clicks[k]);
    b->scratch = scratch;
}

static void encode_all(bench *b, wr_encoder *avro)
{
    wr_row_errors errs = {.report = micro_no_report};
    uint8_t ok[WR_BATCH_ROWS_DEFAULT];
    wr_buf_clear(&b->bytes);
    for (uint32_t k = 0; k < BATCHES; k++)
        wr_encoder_run(avro, b->clicks[k], wr_sel_all(WR_BATCH_ROWS_DEFAULT), &b->bytes,
                       b->payloads + (size_t)k * WR_BATCH_ROWS_DEFAULT, ok, &errs);
}

static void make_records(bench *b, bool nullable)
{
    wr_buf text = {0};
    weir_error err = {0};
    wr_buf_puts(&text, "{\"type\":\"record\",\"name\":\"click\",\"fields\":[");
    for (uint32_t c = 0; c < COLUMNS; c++)
        wr_buf_printf(&text, "%s{\"name\":\"%s\",\"type\":%s\"%s\"%s}", c ? "," : "",
                      click_columns[c].name, nullable ? "[\"null\"," : "", click_columns[c].avro,
                      nullable ? "]" : "");
    wr_buf_puts(&text, "]}");
    const wr_schema_draft draft = {.kind = WR_SCHEMA_AVRO, .text = wr_buf_view(&text)};
    must(wr_registry_register(b->registry, NULL, WR_STR("clicks-value"), &draft, &b->schema, &err),
         &err);
    wr_buf_free(&text);
    const wr_format_options options = {.registry = b->registry, .schema = b->schema};
    wr_encoder *avro;
    must(wr_encoder_new(wr_format_get(WR_FORMAT_AVRO), b->columns, COLUMNS, &options, b->arena,
                        &avro, &err),
         &err);
    double took;
    MICRO_BEST(took, encode_all(b, avro));
    micro_print("AVRO, written", took, MICRO_RECORDS, b->bytes.len);
    const char *p = b->bytes.ptr; /* the buffer has moved meanwhile */
    for (uint32_t i = 0; i < MICRO_RECORDS; p += b->payloads[i++].len)
        b->payloads[i].ptr = p;
}

#ifdef BENCH_AVROC
static long avroc_all(const bench *b, void *reader, const size_t *fields, size_t n)
{
    long sum = 0;
    for (uint32_t i = 0; i < MICRO_RECORDS; i++)
        sum +=
            micro_avroc_fields(reader, b->payloads[i].ptr + 5, b->payloads[i].len - 5, fields, n);
    return sum;
}
#endif

static void bench_records(bench *b)
{
    static const size_t fields[] = {6, 7, 1, 0, 4,
                                    2, 3, 5, 8, 9}; /* in the order they are wanted */
    static const uint32_t counts[] = {0, 1, 3, 5, 10};
    const wr_format_options options = {.registry = b->registry};
    for (size_t k = 0; k < WR_ARRAY_LEN(counts); k++) {
        bool wanted[COLUMNS] = {false};
        for (uint32_t i = 0; i < counts[k]; i++)
            wanted[fields[i]] = true;
        wr_decoder *d;
        weir_error err = {0};
        must(wr_decoder_new(wr_format_get(WR_FORMAT_AVRO), b->columns, COLUMNS, wanted, &options,
                            b->arena, &d, &err),
             &err);
        double own;
        char what[64];
        MICRO_BEST(own, decode_all(b, d, wanted));
        snprintf(what, sizeof what, "AVRO, %u of %d fields", counts[k], (int)COLUMNS);
        micro_print(what, own, MICRO_RECORDS, b->bytes.len);
#ifdef BENCH_AVROC
        double other;
        long sum = 0;
        void *reader = micro_avroc_new(b->schema->text.ptr, b->schema->text.len);
        MICRO_BEST(other, sum += avroc_all(b, reader, fields, counts[k]));
        snprintf(what, sizeof what, "  avro-c's generic reader, the same (%.1f x)", other / own);
        micro_print(what, other, MICRO_RECORDS, b->bytes.len);
        b->rows += sum != 0;
#endif
    }
}

int main(void)
{
    bench b = {.arena = wr_arena_new(0),
               .scratch = wr_arena_new(1 << 20),
               .registry = wr_registry_open_memory()};
    for (uint32_t c = 0; c < COLUMNS; c++)
        b.columns[c] = (wr_column){
            .name = click_columns[c].name, .type = click_columns[c].type, .role = WR_COL_VALUE};
    micro_clicks(&b.records, b.arena);
    b.payloads = WR_NEW_N(b.arena, wr_str, MICRO_RECORDS);
    read_clicks(&b);
    for (int nullable = 0; nullable < 2; nullable++) {
        printf("%u clicks, fields %s\n", MICRO_RECORDS, nullable ? "nullable" : "not nullable");
        make_records(&b, nullable);
        bench_records(&b);
    }
    wr_buf_free(&b.records.bytes);
    wr_buf_free(&b.bytes);
    wr_registry_free(b.registry);
    wr_arena_free(b.scratch);
    wr_arena_free(b.arena);
    return b.rows == 0;
}
