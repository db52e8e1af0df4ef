/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of a table as whoever reads its topic has them, where the topic's format cannot say NULL:
 * PROTOBUF without a form for NULL writes 0, "" and false instead, in structs and lists as well.
 * Without this a pull query would show other values than a push query of the same table.
 *
 * The format itself says what becomes of a value: it writes the row and reads it back.
 * PROTOBUF_NOSR stands for PROTOBUF, since it has the same fields and needs no registered schema.
 */
#include "runtime/query/pull_defaults.h"

struct wr__pull_defaults {
    wr_encoder *encoder;
    wr_decoder *decoder;
    uint32_t keys_n;
    wr_buf bytes; /* of one batch */
};

static bool has_no_null(const wr_format_use *value)
{
    return (value->format->id == WR_FORMAT_PROTOBUF ||
            value->format->id == WR_FORMAT_PROTOBUF_NOSR) &&
           value->options.nullable == WR_NULLABLE_NONE;
}

weir_status wr__pull_defaults_new(const wr_source *table, wr_arena *a, wr__pull_defaults **out,
                                  weir_error *err)
{
    const wr_schema *s = table->schema;
    *out = NULL;
    if (!has_no_null(&table->value) || s->n == s->keys_n)
        return WEIR_OK;
    const wr_format_options options = {.unwrapped = table->value.options.unwrapped};
    const wr_format *format = wr_format_get(WR_FORMAT_PROTOBUF_NOSR);
    const wr_column *values = s->cols + s->keys_n;
    uint32_t n = s->n - s->keys_n;
    wr__pull_defaults *d = WR_NEW(a, wr__pull_defaults);
    d->keys_n = s->keys_n;
    WR_TRY(wr_encoder_new(format, values, n, &options, a, &d->encoder, err));
    WR_TRY(wr_decoder_new(format, values, n, NULL, &options, a, &d->decoder, err));
    *out = d;
    return WEIR_OK;
}

void wr__pull_defaults_free(wr__pull_defaults *d)
{
    if (d)
        wr_buf_free(&d->bytes);
}

weir_status wr__pull_defaults_apply(wr__pull_defaults *d, wr_batch *b, wr_row_errors *errs,
                                    wr_arena *scratch, weir_error *err)
{
    uint32_t n = b->schema->n;
    WR_ASSERT(d->keys_n < n);
    wr_str *payloads = WR_NEW_N(scratch, wr_str, b->rows);
    uint8_t *ok = WR_NEW_N(scratch, uint8_t, b->rows);
    wr_vec *cols = WR_NEW_N(scratch, wr_vec, n);
    memcpy(cols, b->cols, n * sizeof *cols);
    wr_buf_clear(&d->bytes);
    wr_encoder_run(d->encoder, b->cols + d->keys_n, b->sel, &d->bytes, payloads, ok, errs);
    /* Columns may be slices of what is read: it must stay when the buffer is filled again. */
    WR_FOREACH_SEL (i, b->sel)
        if (payloads[i].ptr)
            payloads[i] = wr_arena_str(scratch, payloads[i]);
    for (uint32_t c = d->keys_n; c < n; c++)
        wr_vec_init(&cols[c], b->schema->cols[c].type, b->rows, scratch);
    b->cols = cols;
    return wr_decoder_run(d->decoder, payloads, b->sel, cols + d->keys_n, ok, errs, scratch, err);
}
