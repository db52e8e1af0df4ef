/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the joins share: a joined row is the key, the left input's values, the right input's values;
 * a side that is missing reads as NULL. A side is a place in a batch, or a stored row.
 *
 * Joins of streams collect pairs (a row of the batch, a stored row) and make whole columns of them:
 * the batch's side is gathered, each distinct stored row is decoded once and gathered likewise.
 */
#include "engine/operators/join_row.h"
#include "engine/operators/batch_rows.h"
#include "engine/operators/group.h"
#include "engine/operators/rowkey.h"
#include "engine/operators/stored_row.h"

static uint32_t values_n(const wr_schema *schema)
{
    return schema->n - schema->keys_n;
}

/* The first column of a side's values in the joined row. */
static uint32_t first_value(const wr_op *op, int input)
{
    return op->step->schema->keys_n + (input ? values_n(op->step->in[0]->schema) : 0);
}

/* ------------------------------------------------------------------ row by row */

void wr__join_values(const wr_op *op, int input, wr_vec *cols, uint32_t to, const wr_vec *from,
                     uint32_t i)
{
    const wr_schema *side = op->step->in[input]->schema;
    wr__copy_cells(cols, first_value(op, input), to, from, side->keys_n, i, values_n(side));
}

weir_status wr__join_stored(const wr_op *op, int input, wr_vec *cols, uint32_t to, wr_str row,
                            weir_error *err)
{
    const wr_schema *side = op->step->in[input]->schema;
    return wr__row_get(row, op->ctx->scratch, cols, first_value(op, input), values_n(side), to,
                       err);
}

uint32_t wr__join_row(const wr_op *op, wr_batch_builder *out, const wr_batch *in, uint32_t i)
{
    uint32_t to = wr_batch_builder_row(out), keys = op->step->schema->keys_n;
    wr_batch_builder_meta(out, to, in, i);
    wr_batch *b = wr_batch_builder_batch(out);
    b->flags[to] = WR_ROW_HAS_NEW | (in->flags[i] & WR_ROW_NULL_KEY);
    wr__copy_cells(b->cols, 0, to, in->cols, 0, i, keys);
    if (b->old_cols)
        wr__copy_cells(b->old_cols, 0, to, in->cols, 0, i, keys);
    if (b->window_start && in->window_start) {
        b->window_start[to] = in->window_start[i];
        b->window_end[to] = in->window_end[i];
    }
    return to;
}

/* ------------------------------------------------------------------ keys and stored rows */

void wr__join_keys(wr__groups *g, wr_buf *buf, const wr_op *op, int input, const wr_batch *in,
                   wr_sel sel)
{
    WR_ASSERT(in->schema->keys_n == op->step->schema->keys_n || op->step->kind == WR_STEP_FK_JOIN);
    const wr_schema *schema = op->step->in[input]->schema;
    wr_arena *a = op->ctx->scratch;
    if (!in->window_start) {
        wr__groups_find(g, schema, in, sel, buf, a);
        return;
    }
    wr_str *keys = WR_NEW_N(a, wr_str, sel.n);
    size_t *ends = WR_NEW_N(a, size_t, sel.n);
    *g = (wr__groups){.n = sel.n, .of = WR_NEW_N(a, uint32_t, sel.n), .keys = keys};
    wr_buf_clear(buf);
    for (uint32_t k = 0; k < sel.n; k++) {
        wr__rowkey_of(buf, schema, in->cols, in, wr_sel_row(sel, k));
        ends[k] = buf->len;
        g->of[k] = k;
    }
    for (uint32_t k = 0; k < sel.n; k++) {
        size_t start = k ? ends[k - 1] : 0;
        keys[k] = wr_str_make(buf->ptr + start, ends[k] - start);
    }
}

wr_str wr__join_key(wr_buf *buf, const wr_op *op, int input, const wr_batch *in, uint32_t i)
{
    wr_buf_clear(buf);
    wr__rowkey_of(buf, op->step->in[input]->schema, in->cols, in, i);
    return buf->ptr ? wr_buf_view(buf) : (wr_str){"", 0};
}

wr_str wr__join_stored_row(wr_buf *buf, const wr_op *op, int input, const wr_batch *in, uint32_t i)
{
    const wr_schema *side = op->step->in[input]->schema;
    wr_buf_clear(buf);
    wr__row_put(buf, in->rowtime[i], in->cols, side->keys_n, values_n(side), i);
    return wr_buf_view(buf);
}

/* ------------------------------------------------------------------ pairs */

void wr__join_pair(wr__join_pairs *p, wr_arena *a, uint32_t i, wr_str stored, int64_t time)
{
    if (p->n == p->cap) {
        uint32_t cap = p->cap ? p->cap * 2 : 256;
        wr__join_pairs more = {.cap = cap,
                               .n = p->n,
                               .row = wr_arena_alloc(a, cap * sizeof *more.row),
                               .stored = wr_arena_alloc(a, cap * sizeof *more.stored),
                               .time = wr_arena_alloc(a, cap * sizeof *more.time)};
        if (p->n) {
            memcpy(more.row, p->row, p->n * sizeof *p->row);
            memcpy(more.stored, p->stored, p->n * sizeof *p->stored);
            memcpy(more.time, p->time, p->n * sizeof *p->time);
        }
        *p = more;
    }
    p->row[p->n] = i;
    p->stored[p->n] = stored;
    p->time[p->n++] = time;
}

/* The distinct stored rows of some pairs; which pair has which. Number 0 is the row of NULLs. */
typedef struct distinct {
    wr_str *rows;
    uint32_t *of, n;
} distinct;

static distinct find_distinct(const wr__join_pairs *p, wr_arena *a)
{
    uint32_t size = 16;
    while (size < 2 * (uint64_t)p->n)
        size *= 2;
    uint32_t *table = WR_NEW_N(a, uint32_t, size);
    distinct d = {.rows = wr_arena_alloc(a, (p->n + 1) * sizeof *d.rows),
                  .of = wr_arena_alloc(a, p->n * sizeof *d.of),
                  .n = 1};
    d.rows[0] = (wr_str){NULL, 0};
    for (uint32_t k = 0; k < p->n; k++) {
        const char *at = p->stored[k].ptr;
        if (!at) {
            d.of[k] = 0;
            continue;
        }
        /* Equal places are equal rows: nothing is put into the store while pairs are collected. */
        uint64_t hash = (uint64_t)(uintptr_t)at * UINT64_C(0x9e3779b97f4a7c15);
        uint32_t slot = (uint32_t)(hash >> 40) & (size - 1);
        while (table[slot] && d.rows[table[slot]].ptr != at)
            slot = (slot + 1) & (size - 1);
        if (!table[slot]) {
            table[slot] = d.n;
            d.rows[d.n++] = p->stored[k];
        }
        d.of[k] = table[slot];
    }
    return d;
}

/* Columns of the stored side: decoded once for each distinct row, then spread over the pairs. */
static weir_status stored_columns(const wr_op *op, int input, const wr__join_pairs *p, wr_vec *cols,
                                  weir_error *err)
{
    wr_arena *a = op->ctx->scratch;
    const wr_schema *side = op->step->in[input]->schema;
    uint32_t first = first_value(op, input), n = values_n(side);
    distinct d = find_distinct(p, a);
    wr_vec *once = WR_NEW_N(a, wr_vec, n);
    for (uint32_t c = 0; c < n; c++) {
        wr_vec_init(&once[c], cols[first + c].type, d.n, a);
        size_t width = wr_type_width(once[c].type);
        if (width)
            memset(once[c].u.data, 0, width * d.n);
        wr_vec_set_null(&once[c], 0);
    }
    for (uint32_t k = 1; k < d.n; k++) /* a copy: the store may change before the batch is done */
        WR_TRY(wr__row_get(wr__row_copy(a, d.rows[k]), a, once, 0, n, k, err));
    for (uint32_t c = 0; c < n; c++)
        wr_vec_gather(&cols[first + c], &once[c], (wr_sel){p->n, d.of}, a);
    return WEIR_OK;
}

/* All of a joined batch but its columns. */
static wr_batch *batch_of_pairs(const wr_op *op, const wr_batch *in, const wr__join_pairs *p)
{
    wr_arena *a = op->ctx->scratch;
    const wr_schema *schema = op->step->schema;
    wr_batch *b = WR_NEW(a, wr_batch);
    *b = (wr_batch){.schema = schema, .rows = p->n, .sel = wr_sel_all(p->n)};
    b->cols = WR_NEW_N(a, wr_vec, schema->n);
    for (uint32_t c = 0; c < schema->n; c++)
        b->cols[c].type = schema->cols[c].type;
    b->flags = wr_arena_alloc(a, p->n);
    b->rowtime = wr_arena_memdup(a, p->time, p->n * sizeof *b->rowtime);
    b->partition = wr_arena_alloc(a, p->n * sizeof *b->partition);
    b->offset = wr_arena_alloc(a, p->n * sizeof *b->offset);
    for (uint32_t k = 0; k < p->n; k++) {
        uint32_t i = p->row[k];
        b->flags[k] = WR_ROW_HAS_NEW | (in->flags[i] & WR_ROW_NULL_KEY);
        b->partition[k] = in->partition[i];
        b->offset[k] = in->offset[i];
    }
    if (op->step->windowed) {
        b->window_start = WR_NEW_N(a, int64_t, p->n);
        b->window_end = WR_NEW_N(a, int64_t, p->n);
        for (uint32_t k = 0; in->window_start && k < p->n; k++) {
            b->window_start[k] = in->window_start[p->row[k]];
            b->window_end[k] = in->window_end[p->row[k]];
        }
    }
    if (in->headers) {
        wr_headers *headers = WR_NEW_N(a, wr_headers, p->n);
        for (uint32_t k = 0; k < p->n; k++)
            headers[k] = in->headers[p->row[k]];
        b->headers = headers;
    }
    return b;
}

weir_status wr__join_emit(wr_op *op, int input, const wr_batch *in, wr__join_pairs *p,
                          weir_error *err)
{
    WR_ASSERT(p->n <= p->cap && (input == 0 || input == 1));
    if (p->n == 0)
        return WEIR_OK;
    wr_arena *a = op->ctx->scratch;
    wr_batch *b = batch_of_pairs(op, in, p);
    const wr_schema *side = op->step->in[input]->schema;
    wr_sel rows = {p->n, p->row};
    for (uint32_t c = 0; c < op->step->schema->keys_n; c++)
        wr_vec_gather(&b->cols[c], &in->cols[c], rows, a);
    uint32_t first = first_value(op, input);
    for (uint32_t c = 0; c < values_n(side); c++)
        wr_vec_gather(&b->cols[first + c], &in->cols[side->keys_n + c], rows, a);
    WR_TRY(stored_columns(op, 1 - input, p, b->cols, err));
    *p = (wr__join_pairs){
        0}; /* the batch may still be looked at when the next pairs are collected */
    return wr_op_emit(op, b, err);
}
