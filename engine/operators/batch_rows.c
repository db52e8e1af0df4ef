/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators do with rows: their bytes in stores, and small surgery on batches that shares
 * everything it does not change.
 */
#include "engine/operators/internal.h"

#include <stdarg.h>
#include <stdio.h>

/* ------------------------------------------------------------------ errors of rows */

static void report_row(wr_row_errors *self, uint32_t row, const char *message)
{
    wr__op_errors *e = (wr__op_errors *)self;
    wr_task_ctx *ctx = e->op->ctx;
    if (ctx->row_error)
        ctx->row_error(ctx, e->step, e->batch, row, message);
}

void wr__op_errors_init(wr__op_errors *e, wr_op *op, const wr_batch *batch)
{
    memset(e, 0, sizeof *e);
    e->base.report = report_row;
    e->op = op;
    e->step = op->step;
    e->batch = batch;
}

void wr__op_row_error(wr_op *op, const wr_batch *batch, uint32_t row, const char *fmt, ...)
{
    if (!op->ctx->row_error)
        return;
    char message[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    op->ctx->row_error(op->ctx, op->step, batch, row, message);
}

wr_eval_ctx wr__op_eval_ctx(const wr_op *op, wr__op_errors *errs)
{
    const wr_task_ctx *ctx = op->ctx;
    return (wr_eval_ctx){.scratch = ctx->scratch,
                         .errs = &errs->base,
                         .wall_ms = ctx->wall_ms,
                         .rng = ctx->rng,
                         .zone = ctx->zone};
}

wr_evaluator *wr__op_evaluator(const wr_op *op, wr_expr *const *exprs, uint32_t n)
{
    wr_arena *a = op->ctx->task_arena;
    const wr_expr *const *own = wr_arena_memdup(a, exprs, n * sizeof *exprs);
    return wr_evaluator_new(own, n, a);
}

/* ------------------------------------------------------------------ batches */

wr_sel wr__sel_with(const wr_batch *b, uint8_t mask, wr_arena *a)
{
    if (wr__all_have(b, mask))
        return b->sel;
    uint32_t *rows = WR_NEW_N(a, uint32_t, b->sel.n), n = 0;
    WR_FOREACH_SEL (i, b->sel)
        if ((b->flags[i] & mask) == mask)
            rows[n++] = i;
    return (wr_sel){n, rows};
}

bool wr__all_have(const wr_batch *b, uint8_t mask)
{
    WR_FOREACH_SEL (i, b->sel)
        if ((b->flags[i] & mask) != mask)
            return false;
    return true;
}

wr_batch *wr__batch_like(const wr_batch *b, const wr_schema *schema, wr_arena *a)
{
    wr_batch *out = wr_arena_memdup(a, b, sizeof *b);
    out->schema = schema;
    out->cols = WR_NEW_N(a, wr_vec, schema->n);
    if (b->old_cols)
        out->old_cols = WR_NEW_N(a, wr_vec, schema->n);
    return out;
}

wr_vec wr__vec_null_where(const wr_vec *v, const wr_batch *b, uint8_t mask, wr_arena *a)
{
    wr_vec out;
    wr_vec_init(&out, v->type, b->rows, a);
    size_t width = wr_type_width(v->type);
    if (width)
        memset(out.u.data, 0, width * b->rows);
    if (v->mask)
        out.u.data = v->u.data;
    WR_FOREACH_SEL (i, b->sel) {
        if ((b->flags[i] & mask) != mask) {
            wr_vec_set_null(&out, i);
        } else if (v->mask) {
            out.null[i] = v->null[i];
        } else {
            wr_value value = wr_vec_get(v, i);
            wr_vec_set(&out, i, &value);
        }
    }
    out.no_nulls = false;
    out.ascii = v->ascii;
    return out;
}

int64_t wr__time_add(int64_t ms, int64_t delta)
{
    int64_t sum;
    if (__builtin_add_overflow(ms, delta, &sum))
        return delta > 0 ? INT64_MAX : INT64_MIN;
    return sum;
}

/* ------------------------------------------------------------------ bytes of rows */

void wr__row_put(wr_buf *out, int64_t rowtime, const wr_vec *cols, uint32_t first, uint32_t n,
                 uint32_t i)
{
    wr_buf_be64(out, (uint64_t)rowtime);
    for (uint32_t c = first; c < first + n; c++)
        wr_vec_encode(out, &cols[c], i);
}

static weir_status damaged_row(weir_error *err)
{
    wr_error(err, WEIR_ERR_STORE, "a row in the state store is damaged");
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

weir_status wr__row_time(wr_str row, int64_t *ms, weir_error *err)
{
    if (WR_UNLIKELY(row.len < 8))
        return damaged_row(err);
    *ms = (int64_t)wr_get_be64(row.ptr);
    return WEIR_OK;
}

/* Numbers and texts without a boxed value between. @return false: leave it to the row codec, which
 * also finds what is damaged. */
static bool get_plain(wr_vec *v, uint32_t i, const char **p, const char *end)
{
    const char *at = *p;
    size_t left = (size_t)(end - at);
    uint64_t n;
    switch (v->type->id) {
    case WR_T_INTEGER:
        if (left < 5 || *at != 1)
            return false;
        v->u.i32[i] = (int32_t)wr_get_be32(at + 1);
        *p = at + 5;
        break;
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        if (left < 9 || *at != 1)
            return false;
        v->u.i64[i] = (int64_t)wr_get_be64(at + 1);
        *p = at + 9;
        break;
    case WR_T_STRING:
        n = left ? (uint8_t)*at : 0;
        if (n == 0 || n > 127 || n > left) /* longer ones have a longer varint */
            return false;
        v->u.str[i] = wr_str_make(at + 1, (size_t)n - 1);
        *p = at + n;
        break;
    default:
        return false;
    }
    v->null[i] = 0;
    return true;
}

weir_status wr__row_get(wr_str row, wr_arena *a, wr_vec *cols, uint32_t first, uint32_t n,
                        uint32_t i, weir_error *err)
{
    if (row.len < 8)
        return damaged_row(err);
    const char *p = row.ptr + 8, *end = row.ptr + row.len;
    bool ok = true;
    for (uint32_t c = first; ok && c < first + n; c++) {
        if (get_plain(&cols[c], i, &p, end))
            continue;
        wr_value v;
        ok = wr_value_decode(cols[c].type, &p, end, a, &v, err) == WEIR_OK;
        if (ok)
            wr_vec_set(&cols[c], i, &v);
    }
    return ok && p == end ? WEIR_OK : damaged_row(err);
}

wr_str wr__row_copy(wr_arena *a, wr_str row)
{
    return wr_str_make(wr_arena_memdup(a, row.ptr, row.len), row.len);
}

void wr__copy_cells(wr_vec *to, uint32_t to_first, uint32_t to_row, const wr_vec *from,
                    uint32_t from_first, uint32_t from_row, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        wr_value v = wr_vec_get(&from[from_first + k], from_row);
        wr_vec_set(&to[to_first + k], to_row, &v);
    }
}
