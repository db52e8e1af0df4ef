/* SPDX-License-Identifier: Apache-2.0 */
/*
 * micro_encode - columns to the bytes of records: JSON beside jansson, DELIMITED, KAFKA.
 *
 * The rows are what a projection of five columns of clicks gives: texts and numbers. The baseline
 * makes the same text from a tree, as programs that write JSON with a library do.
 */
#include "formats/format.h"
#include "micro.h"

#include <jansson.h>
#include <stdlib.h>

static const struct {
    const char *name;
    const wr_type *type;
} row_columns[] = {
    {"UUID", &wr_type_string},    {"CAMPAIGNID", &wr_type_integer}, {"TIME", &wr_type_bigint},
    {"COUNTRY", &wr_type_string}, {"BROWSER", &wr_type_string},
};
enum { COLUMNS = sizeof row_columns / sizeof row_columns[0] };

typedef struct bench {
    micro_records records;
    wr_arena *arena;
    wr_column columns[COLUMNS];
    wr_vec vecs[COLUMNS];
    wr_encoder *encoder;
    wr_buf buf;
    wr_str payloads[WR_BATCH_ROWS_DEFAULT];
    uint8_t ok[WR_BATCH_ROWS_DEFAULT];
    size_t bytes;
} bench;

static void check(weir_status st, const weir_error *err)
{
    if (st == WEIR_OK)
        return;
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

/* Columns of the first batch of clicks. */
static void make_rows(bench *b)
{
    static const char *const names[] = {"UUID", "CAMPAIGNID", "TIMESTAMP", "COUNTRY", "BROWSER"};
    wr_column in[COLUMNS];
    weir_error err;
    wr_decoder *d;
    wr_row_errors errs = {0};
    for (uint32_t c = 0; c < COLUMNS; c++) {
        b->columns[c] = in[c] = (wr_column){
            .name = row_columns[c].name, .type = row_columns[c].type, .role = WR_COL_VALUE};
        in[c].name = names[c];
        wr_vec_init(&b->vecs[c], in[c].type, WR_BATCH_ROWS_DEFAULT, b->arena);
    }
    check(
        wr_decoder_new(wr_format_get(WR_FORMAT_JSON), in, COLUMNS, NULL, NULL, b->arena, &d, &err),
        &err);
    check(wr_decoder_run(d, b->records.values, wr_sel_all(WR_BATCH_ROWS_DEFAULT), b->vecs, b->ok,
                         &errs, b->arena, &err),
          &err);
}

static void encode_all(bench *b, const wr_vec *vecs)
{
    wr_row_errors errs = {0};
    for (uint32_t at = 0; at < MICRO_RECORDS; at += WR_BATCH_ROWS_DEFAULT) {
        wr_buf_clear(&b->buf);
        wr_encoder_run(b->encoder, vecs, wr_sel_all(WR_BATCH_ROWS_DEFAULT), &b->buf, b->payloads,
                       b->ok, &errs);
        b->bytes += b->buf.len;
    }
}

static void bench_format(bench *b, const char *what, wr_format_id format, uint32_t first,
                         uint32_t n)
{
    weir_error err;
    double took;
    check(wr_encoder_new(wr_format_get(format), b->columns + first, n, NULL, b->arena, &b->encoder,
                         &err),
          &err);
    MICRO_BEST(took, (b->bytes = 0, encode_all(b, b->vecs + first)));
    micro_print(what, took, MICRO_RECORDS, b->bytes);
}

static size_t jansson_all(const bench *b)
{
    size_t bytes = 0;
    for (uint32_t k = 0; k < MICRO_RECORDS; k++) {
        uint32_t i = k % WR_BATCH_ROWS_DEFAULT;
        json_t *row = json_object();
        for (uint32_t c = 0; c < COLUMNS; c++) {
            const wr_vec *v = &b->vecs[c];
            json_t *value;
            if (v->type->id == WR_T_STRING)
                value = json_stringn(v->u.str[i].ptr, v->u.str[i].len);
            else
                value = json_integer(v->type->id == WR_T_BIGINT ? v->u.i64[i] : v->u.i32[i]);
            json_object_set_new(row, b->columns[c].name, value);
        }
        char *text = json_dumps(row, JSON_COMPACT);
        bytes += strlen(text);
        free(text);
        json_decref(row);
    }
    return bytes;
}

int main(void)
{
    static bench b;
    b.arena = wr_arena_new(0);
    micro_clicks(&b.records, b.arena);
    make_rows(&b);
    bench_format(&b, "JSON, 5 columns", WR_FORMAT_JSON, 0, COLUMNS);
    double took;
    size_t bytes = 0;
    MICRO_BEST(took, bytes = jansson_all(&b));
    micro_print("  jansson, the same", took, MICRO_RECORDS, bytes);
    bench_format(&b, "DELIMITED, 5 columns", WR_FORMAT_DELIMITED, 0, COLUMNS);
    bench_format(&b, "KAFKA, a string of 36 bytes", WR_FORMAT_KAFKA, 0, 1);
    bench_format(&b, "KAFKA, a BIGINT", WR_FORMAT_KAFKA, 2, 1);
    wr_buf_free(&b.buf);
    wr_buf_free(&b.records.bytes);
    wr_arena_free(b.arena);
    return 0;
}
