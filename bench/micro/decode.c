/* SPDX-License-Identifier: Apache-2.0 */
/*
 * micro_decode - bytes of records to columns: JSON beside simdjson (on demand), DELIMITED, KAFKA.
 *
 * All of it is checked decoding of distinct records: structure, UTF-8, escapes, number forms. The
 * baseline loops over the fields of an object and takes those wanted, the fastest way that
 * simdjson's interface offers for records whose order of fields is not known beforehand.
 */
#include "formats/format.h"
#include "micro.h"

#include <stdlib.h>
#include <string.h>

#ifdef BENCH_SIMDJSON
void *micro_simdjson_new(void);
long micro_simdjson_fields(void *parser, const char *p, size_t len, size_t cap,
                           const char *const *names, size_t names_n);
#endif

static const struct {
    const char *name;
    const wr_type *type;
} click_columns[] = {
    {"UUID", &wr_type_string},     {"CAMPAIGNID", &wr_type_integer},
    {"PUBID", &wr_type_integer},   {"timestamp", &wr_type_bigint},
    {"IP", &wr_type_string},       {"CITY", &wr_type_string},
    {"COUNTRY", &wr_type_string},  {"BROWSER", &wr_type_string},
    {"PLATFORM", &wr_type_string}, {"PLATFORMVERSION", &wr_type_string},
};
enum { COLUMNS = sizeof click_columns / sizeof click_columns[0] };

typedef struct bench {
    micro_records records;
    wr_str *payloads;
    wr_arena *arena, *scratch;
    wr_column columns[COLUMNS];
    wr_decoder *decoder;
    bool wanted[COLUMNS];
    uint64_t rows;
} bench;

static void decode_all(bench *b)
{
    wr_row_errors errs = {.report = micro_no_report};
    for (uint32_t at = 0; at < MICRO_RECORDS; at += WR_BATCH_ROWS_DEFAULT) {
        wr_vec out[COLUMNS];
        uint8_t *ok = wr_arena_alloc(b->scratch, WR_BATCH_ROWS_DEFAULT);
        for (uint32_t c = 0; c < COLUMNS; c++)
            if (b->wanted[c])
                wr_vec_init(&out[c], b->columns[c].type, WR_BATCH_ROWS_DEFAULT, b->scratch);
        weir_error err;
        if (wr_decoder_run(b->decoder, b->payloads + at, wr_sel_all(WR_BATCH_ROWS_DEFAULT), out, ok,
                           &errs, b->scratch, &err) != WEIR_OK) {
            fprintf(stderr, "%s\n", err.message);
            exit(1);
        }
        b->rows += ok[0];
        wr_arena_reset(b->scratch);
    }
}

static void make_decoder(bench *b, wr_format_id format, uint32_t n, const char *const *names,
                         uint32_t names_n)
{
    weir_error err = {0};
    memset(b->wanted, 0, sizeof b->wanted);
    for (uint32_t c = 0; c < n; c++)
        for (uint32_t k = 0; k < names_n; k++)
            b->wanted[c] |= wr_ieq(b->columns[c].name, names[k]);
    if (wr_decoder_new(wr_format_get(format), b->columns, n, b->wanted, NULL, b->arena, &b->decoder,
                       &err) != WEIR_OK) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
}

#ifdef BENCH_SIMDJSON
static long simdjson_all(const bench *b, void *parser, const char *const *names, uint32_t names_n)
{
    long sum = 0;
    const char *end = b->records.bytes.ptr + b->records.bytes.cap;
    for (uint32_t i = 0; i < MICRO_RECORDS; i++) {
        wr_str v = b->records.values[i];
        sum += micro_simdjson_fields(parser, v.ptr, v.len, (size_t)(end - v.ptr), names, names_n);
    }
    return sum;
}
#endif

static void bench_json(bench *b)
{
    static const char *const wanted[] = {"country", "browser", "uuid", "campaignId", "ip"};
    static const uint32_t counts[] = {0, 1, 2, 5};
    b->payloads = b->records.values;
    for (size_t k = 0; k < WR_ARRAY_LEN(counts); k++) {
        char what[64];
        double own;
        make_decoder(b, WR_FORMAT_JSON, COLUMNS, wanted, counts[k]);
        MICRO_BEST(own, decode_all(b));
        snprintf(what, sizeof what, "JSON, %u of %d fields", counts[k], (int)COLUMNS);
        micro_print(what, own, MICRO_RECORDS, b->records.value_bytes);
#ifdef BENCH_SIMDJSON
        double other;
        long sum = 0;
        void *parser = micro_simdjson_new();
        MICRO_BEST(other, sum += simdjson_all(b, parser, wanted, counts[k]));
        snprintf(what, sizeof what, "  simdjson on demand, the same (%.2f x)", other / own);
        micro_print(what, other, MICRO_RECORDS, b->records.value_bytes);
        b->rows += sum != 0;
#endif
    }
}

/* The values of the same clicks, as lines of cells. */
static void bench_delimited(bench *b)
{
    static const char *const wanted[] = {"country", "browser", "uuid", "campaignId", "ip"};
    wr_buf lines = {0};
    wr_str *payloads = WR_NEW_N(b->arena, wr_str, MICRO_RECORDS);
    for (uint32_t i = 0; i < MICRO_RECORDS; i++) {
        wr_str v = b->records.values[i];
        size_t from = lines.len;
        bool text = false, value = false;
        for (uint32_t k = 0; k < v.len; k++) {
            char c = v.ptr[k];
            if (c == '"')
                text = !text;
            else if (!text && c == ',')
                wr_buf_putc(&lines, c), value = false;
            else if (!text && c == ':')
                value = true;
            else if (value && c != '}')
                wr_buf_putc(&lines, c);
        }
        payloads[i].len = (uint32_t)(lines.len - from);
    }
    const char *p = lines.ptr;
    for (uint32_t i = 0; i < MICRO_RECORDS; p += payloads[i++].len)
        payloads[i].ptr = p;
    b->payloads = payloads;
    double took;
    make_decoder(b, WR_FORMAT_DELIMITED, COLUMNS, wanted, 5);
    MICRO_BEST(took, decode_all(b));
    micro_print("DELIMITED, 5 of 10 cells", took, MICRO_RECORDS, lines.len);
    make_decoder(b, WR_FORMAT_DELIMITED, COLUMNS, wanted, 1);
    MICRO_BEST(took, decode_all(b));
    micro_print("DELIMITED, 1 of 10 cells", took, MICRO_RECORDS, lines.len);
    wr_buf_free(&lines);
}

static void bench_kafka(bench *b)
{
    static const char *const wanted[] = {"uuid"};
    double took;
    b->payloads = b->records.keys;
    make_decoder(b, WR_FORMAT_KAFKA, 1, wanted, 1);
    MICRO_BEST(took, decode_all(b));
    micro_print("KAFKA, a string of 36 bytes", took, MICRO_RECORDS, (size_t)MICRO_RECORDS * 36);
}

int main(void)
{
    bench b = {.arena = wr_arena_new(0), .scratch = wr_arena_new(1 << 20)};
    for (uint32_t c = 0; c < COLUMNS; c++)
        b.columns[c] = (wr_column){
            .name = click_columns[c].name, .type = click_columns[c].type, .role = WR_COL_VALUE};
    micro_clicks(&b.records, b.arena);
    printf("%u clicks, %.0f bytes each\n", MICRO_RECORDS,
           (double)b.records.value_bytes / MICRO_RECORDS);
    bench_json(&b);
    bench_delimited(&b);
    bench_kafka(&b);
    wr_buf_free(&b.records.bytes);
    wr_arena_free(b.scratch);
    wr_arena_free(b.arena);
    return b.rows == 0;
}
