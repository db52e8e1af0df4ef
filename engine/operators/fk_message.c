/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two sides of a foreign-key join say to each other, through internal topics:
 *
 *     01  what:1  has_left:1  hash:8  varint(length) left key
 *     subscription: right key (rest)
 *     answer: has_right:1, stored right row (rest)
 *
 * Record keys are written in the key format of the table they go to, because that decides the
 * partition; they are not read again. Record timestamps carry the event time. Only Weir writes
 * these topics, so bytes that do not decode are WEIR_ERR_STORE and end the task.
 */
#include "engine/operators/fk_message.h"
#include "engine/operators/op_eval.h"

enum { MESSAGE_VERSION = 1, MESSAGE_HEAD = 11 };

void wr__fk_message_put(wr_buf *out, const wr__fk_message *m)
{
    wr_buf_putc(out, MESSAGE_VERSION);
    wr_buf_putc(out, (char)m->what);
    wr_buf_putc(out, m->has_left);
    wr_buf_be64(out, m->has_left ? m->hash : 0);
    wr_buf_varint(out, m->left.len);
    wr_buf_str(out, m->left);
    if (m->what == WR__FK_RESPONSE)
        wr_buf_putc(out, m->right.ptr != NULL);
    wr_buf_str(out, m->right);
}

static bool get_message(wr_str bytes, wr__fk_message *m)
{
    const char *p = bytes.ptr, *end = p + bytes.len;
    if (bytes.len < MESSAGE_HEAD || p[0] != MESSAGE_VERSION || (uint8_t)p[1] > WR__FK_RESPONSE ||
        (uint8_t)p[2] > 1)
        return false;
    m->what = (wr__fk_instruction)p[1];
    m->has_left = p[2];
    m->hash = wr_get_be64(p + 3);
    p += MESSAGE_HEAD;
    uint64_t len;
    size_t n = wr_get_varint(p, end, &len);
    if (n == 0 || len > (uint64_t)(end - p) - n)
        return false;
    m->left = wr_str_make(p + n, len);
    p += n + len;
    if (m->what != WR__FK_RESPONSE) {
        m->right = wr_str_make(p, (size_t)(end - p));
        return p < end;
    }
    if (p == end || (uint8_t)*p > 1)
        return false;
    bool has_right = *p++;
    m->right = has_right ? wr_str_make(p, (size_t)(end - p)) : (wr_str){0};
    return has_right ? end - p >= 8 : p == end;
}

weir_status wr__fk_message_get(wr_str bytes, wr__fk_message *m, weir_error *err)
{
    if (bytes.ptr && get_message(bytes, m))
        return WEIR_OK;
    wr_error(err, WEIR_ERR_STORE, "a message of a foreign-key join is damaged");
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

uint64_t wr__fk_row_hash(wr_str row)
{
    WR_ASSERT(row.len >= 8);
    return wr_str_hash(wr_str_make(row.ptr + 8, row.len - 8));
}

/* ------------------------------------------------------------------ sending */

weir_status wr__fk_outbox_open(wr__fk_outbox *b, wr_op *op, const wr_schema *keys_of,
                               const wr_format_use *use, wr_partitioner by, uint32_t topic,
                               weir_error *err)
{
    WR_ASSERT(op->ctx->plan->topics[topic].role == WR_TOPIC_REPARTITION);
    WR_ASSERT(by != WR_PARTITIONER_NONE);
    b->op = op;
    b->topic = topic;
    b->by = by;
    b->schema = (wr_schema){keys_of->cols, keys_of->keys_n, keys_of->keys_n};
    return wr_encoder_new(use->format, b->schema.cols, b->schema.n, &use->options,
                          op->ctx->task_arena, &b->encoder, err);
}

void wr__fk_outbox_close(wr__fk_outbox *b)
{
    wr_buf_free(&b->keys);
    wr_buf_free(&b->values);
}

void wr__fk_outbox_begin(wr__fk_outbox *b)
{
    wr_buf_clear(&b->keys);
    wr_buf_clear(&b->values);
    b->rows = wr_batch_builder_new(b->op->ctx->scratch, &b->schema, false, false);
    b->ends.v = NULL;
    b->ends.n = b->ends.cap = 0;
}

wr_batch *wr__fk_outbox_add(wr__fk_outbox *b, const wr__fk_message *m, int64_t time, uint32_t *row)
{
    wr__fk_message_put(&b->values, m);
    wr_arr_push(b->op->ctx->scratch, &b->ends, b->values.len);
    *row = wr_batch_builder_row(b->rows);
    wr_batch *rows = wr_batch_builder_batch(b->rows);
    rows->rowtime[*row] = time;
    return rows;
}

weir_status wr__fk_outbox_send(wr__fk_outbox *b, weir_error *err)
{
    WR_ASSERT(b->rows && b->op); /* begun */
    wr_task_ctx *ctx = b->op->ctx;
    wr_arena *a = ctx->scratch;
    const wr_batch *rows = wr_batch_builder_finish(b->rows);
    if (rows->rows == 0)
        return WEIR_OK;
    wr_str *keys = WR_NEW_N(a, wr_str, rows->rows), *values = WR_NEW_N(a, wr_str, rows->rows);
    uint8_t *ok = WR_NEW_N(a, uint8_t, rows->rows);
    wr__op_errors errs;
    wr__op_errors_init(&errs, b->op, NULL);
    wr_encoder_run(b->encoder, rows->cols, rows->sel, &b->keys, keys, ok, &errs.base);
    if (errs.base.count) /* a key that was read in this format can be written in it */
        return wr_error(err, WEIR_ERR_RECORD, "%s", errs.base.first);
    for (uint32_t i = 0; i < rows->rows; i++) {
        size_t start = i ? b->ends.v[i - 1] : 0;
        values[i] = wr_str_make(b->values.ptr + start, b->ends.v[i] - start);
    }
    wr_out_records out = {.n = rows->rows,
                          .keys = keys,
                          .values = values,
                          .timestamps = rows->rowtime,
                          .partitioner = b->by};
    return ctx->produce(ctx, b->topic, &out, err);
}
