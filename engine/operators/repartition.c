/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Repartition topics: the writing end encodes rows, the reading end, in the next sub-topology,
 * gives them back as they were.
 *
 * The record key is written in the step's key format, because partitions must agree with the other
 * side of a join; it is only used to choose the partition. The payload is our own:
 *
 *     01  flags:1  [window start:8 end:8]  keys in the row codec
 *     [values in the row codec, where flags has HAS_NEW]  [old values, where it has HAS_OLD]
 *
 * flags are the batch's (HAS_NEW, HAS_OLD, NULL_KEY) plus WINDOWED and PARTIAL: then, behind the
 * keys, there is a partial aggregate (combine.c) and nothing else: window start:8, states. The
 * event time is the record's timestamp, its headers are the record's headers. ROWPARTITION and
 * ROWOFFSET are gone behind a repartition; the planner makes columns of those that are wanted. A
 * payload that does not decode is not skipped like a user's bad record: only Weir writes these
 * topics, so it is WEIR_ERR_STORE.
 *
 * Where this process has all tasks (ctx->exchange_in_memory) rows take the short way:
 * exchange_send.c.
 */
#include "engine/operators/batch_rows.h"
#include "engine/operators/exchange_send.h"
#include "engine/operators/op_eval.h"

enum { PAYLOAD_VERSION = 1, PAYLOAD_PARTIAL = 0x40, PAYLOAD_WINDOWED = 0x80 };
#define PAYLOAD_OWN   (PAYLOAD_PARTIAL | PAYLOAD_WINDOWED)
#define PAYLOAD_FLAGS (WR_ROW_HAS_NEW | WR_ROW_HAS_OLD | WR_ROW_NULL_KEY | PAYLOAD_OWN)

/* ------------------------------------------------------------------ writing */

typedef struct write_state {
    wr_encoder *key;
    wr_buf keys, values;
} write_state;

static weir_status write_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    write_state *s = op->state;
    const wr_schema *schema = op->step->schema;
    const wr_format_use *use = &op->step->u.repartition.key;
    if (schema->keys_n == 0)
        return WEIR_OK;
    return wr_encoder_new(use->format, schema->cols, schema->keys_n, &use->options, ctx->task_arena,
                          &s->key, err);
}

static void write_close(wr_op *op)
{
    write_state *s = op->state;
    wr_buf_free(&s->keys);
    wr_buf_free(&s->values);
}

static void put_cells(wr_buf *out, const wr_vec *cols, uint32_t from, uint32_t to, uint32_t i)
{
    for (uint32_t c = from; c < to; c++)
        wr_vec_encode(out, &cols[c], i);
}

static void put_payload(wr_buf *out, const wr_schema *schema, const wr_batch *in, uint32_t i)
{
    uint8_t flags = in->flags[i];
    wr_buf_putc(out, PAYLOAD_VERSION);
    bool partial = in->partials && in->partials[i].ptr;
    wr_buf_putc(out, (char)(flags | (in->window_start ? PAYLOAD_WINDOWED : 0) |
                            (partial ? PAYLOAD_PARTIAL : 0)));
    if (in->window_start) {
        wr_buf_be64(out, (uint64_t)in->window_start[i]);
        wr_buf_be64(out, (uint64_t)in->window_end[i]);
    }
    put_cells(out, in->cols, 0, schema->keys_n, i);
    if (partial) {
        wr_buf_str(out, in->partials[i]);
        return;
    }
    if (flags & WR_ROW_HAS_NEW)
        put_cells(out, in->cols, schema->keys_n, schema->n, i);
    if (flags & WR_ROW_HAS_OLD)
        put_cells(out, in->old_cols, schema->keys_n, schema->n, i);
}

static weir_status write_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    WR_ASSERT(!op->step->windowed || in->window_start);
    (void)input;
    write_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    uint32_t n = 0;
    wr__op_errors errs;
    wr__op_errors_init(&errs, op, in);
    errs.keeps = true;
    errs.reason = WR_ROW_FAULT_ENCODING;
    wr_str *row_keys = WR_NEW_N(a, wr_str, in->rows);
    uint8_t *ok = WR_NEW_N(a, uint8_t, in->rows);
    wr_buf_clear(&s->keys);
    wr_buf_clear(&s->values);
    if (s->key)
        wr_encoder_run(s->key, in->cols, in->sel, &s->keys, row_keys, ok, &errs.base);
    if (op->ctx->exchange_in_memory) {
        WR_TRY(wr__op_unwritten(op, &errs, (uint32_t)errs.base.count, err));
        return wr__exchange(op, in, s->key ? row_keys : NULL, s->key ? ok : NULL, err);
    }
    wr_str *keys = WR_NEW_N(a, wr_str, in->sel.n), *values = WR_NEW_N(a, wr_str, in->sel.n);
    int64_t *times = WR_NEW_N(a, int64_t, in->sel.n);
    const wr_headers **headers = in->headers ? WR_NEW_N(a, const wr_headers *, in->sel.n) : NULL;
    size_t *ends = WR_NEW_N(a, size_t, in->sel.n);
    WR_FOREACH_SEL (i, in->sel) {
        if (s->key && !ok[i])
            continue;
        bool keyed = s->key && !(in->flags[i] & WR_ROW_NULL_KEY);
        keys[n] = keyed ? row_keys[i] : (wr_str){0};
        times[n] = in->rowtime[i];
        if (headers)
            headers[n] = in->headers[i].n ? &in->headers[i] : NULL;
        size_t start = s->values.len;
        put_payload(&s->values, op->step->schema, in, i);
        wr_str payload = wr_str_make(s->values.ptr + start, s->values.len - start);
        if (wr__op_too_large(op, keys[n], payload, headers ? headers[n] : NULL, i, &errs))
            s->values.len = start;
        else
            ends[n++] = s->values.len;
    }
    WR_TRY(wr__op_unwritten(op, &errs, in->sel.n - n, err));
    for (uint32_t k = 0; k < n; k++) {
        size_t start = k ? ends[k - 1] : 0;
        values[k] = wr_str_make(s->values.ptr + start, ends[k] - start);
    }
    op->rows_out += n;
    if (n == 0)
        return WEIR_OK;
    wr_out_records out = {.n = n,
                          .keys = keys,
                          .values = values,
                          .timestamps = times,
                          .headers = headers,
                          .partitioner = op->step->u.repartition.partitioner};
    return op->ctx->produce(op->ctx, op->step->u.repartition.topic, &out, err);
}

const wr_op_class wr__repartition_write_class = {
    .name = "Repartition",
    .state_size = sizeof(write_state),
    .open = write_open,
    .process = write_process,
    .close = write_close,
    .leaves = true,
};

/* ------------------------------------------------------------------ reading */

static weir_status read_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    (void)op;
    (void)ctx;
    (void)err;
    return WEIR_OK;
}

static bool get_cells(const wr_schema *schema, const char **p, const char *end, wr_arena *a,
                      wr_vec *cols, uint32_t from, uint32_t to, uint32_t i)
{
    for (uint32_t c = from; c < to; c++) {
        wr_value v;
        if (wr_value_decode(schema->cols[c].type, p, end, a, &v, NULL) != WEIR_OK)
            return false;
        wr_vec_set(&cols[c], i, &v);
    }
    return true;
}

/* *partial is set where the payload is one. */
static bool get_payload(const wr_schema *schema, wr_str payload, bool windowed, wr_arena *a,
                        wr_batch *b, uint32_t i, wr_str *partial)
{
    const char *p = payload.ptr, *end = p + payload.len;
    if (payload.len < 2 || p[0] != PAYLOAD_VERSION || ((uint8_t)p[1] & ~PAYLOAD_FLAGS))
        return false;
    uint8_t flags = (uint8_t)p[1];
    p += 2;
    if (windowed != !!(flags & PAYLOAD_WINDOWED))
        return false;
    if (windowed) {
        if (end - p < 16)
            return false;
        b->window_start[i] = (int64_t)wr_get_be64(p);
        b->window_end[i] = (int64_t)wr_get_be64(p + 8);
        p += 16;
    }
    b->flags[i] = flags & (uint8_t)~PAYLOAD_OWN;
    uint32_t keys = schema->keys_n, n = schema->n;
    if (!get_cells(schema, &p, end, a, b->cols, 0, keys, i))
        return false;
    wr__copy_cells(b->old_cols, 0, i, b->cols, 0, i, keys);
    if (flags & PAYLOAD_PARTIAL) {
        *partial = wr_str_make(p, (size_t)(end - p));
        return end - p > 8;
    }
    if ((flags & WR_ROW_HAS_NEW) && !get_cells(schema, &p, end, a, b->cols, keys, n, i))
        return false;
    if ((flags & WR_ROW_HAS_OLD) && !get_cells(schema, &p, end, a, b->old_cols, keys, n, i))
        return false;
    return p == end;
}

static weir_status read_feed(wr_op *op, const wr_record *records, uint32_t n, weir_error *err)
{
    WR_ASSERT(op->step->kind == WR_STEP_REPARTITION);
    wr_arena *a = op->ctx->scratch;
    const wr_step *step = op->step;
    wr_batch_builder *builder = wr_batch_builder_new(a, step->schema, step->windowed, true);
    wr_headers *headers = NULL;
    wr_str *partials = NULL;
    op->rows_in += n;
    op->batches++;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t i = wr_batch_builder_row(builder);
        wr_batch *b = wr_batch_builder_batch(builder);
        wr_str partial = {0};
        if (!records[k].value.ptr ||
            !get_payload(step->schema, records[k].value, step->windowed, a, b, i, &partial)) {
            wr_error(err, WEIR_ERR_STORE,
                     "record %lld of partition %d of repartition topic %s is damaged",
                     (long long)records[k].offset, (int)records[k].partition,
                     op->ctx->plan->topics[step->u.repartition.topic].name);
            if (err)
                err->flags |= WEIR_ERROR_FATAL;
            return WEIR_ERR_STORE;
        }
        b->rowtime[i] = records[k].timestamp;
        b->partition[i] = records[k].partition;
        b->offset[i] = records[k].offset;
        if (records[k].headers && !headers)
            headers = WR_NEW_N(a, wr_headers, n);
        if (records[k].headers)
            headers[i] = *records[k].headers;
        if (partial.ptr && !partials)
            partials = WR_NEW_N(a, wr_str, n);
        if (partial.ptr)
            partials[i] = partial;
    }
    wr_batch *batch = wr_batch_builder_finish(builder);
    batch->headers = headers;
    batch->partials = partials;
    return wr_op_emit(op, batch, err);
}

static weir_status read_take(wr_op *op, const wr_batch *batch, weir_error *err)
{
    op->rows_in += batch->sel.n;
    op->batches++;
    return wr_op_emit(op, batch, err);
}

const wr_op_class wr__repartition_read_class = {
    .name = "RepartitionRead",
    .state_size = 1,
    .open = read_open,
    .feed = read_feed,
    .take = read_take,
};
