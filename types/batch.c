/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches: allocation, and the row-wise builder.
 *
 * The builder doubles its arrays in the arena; what they held before stays there until the arena's
 * reset, at most as much again as the batch itself.
 */
#include "types/batch.h"

#include <stdarg.h>
#include <stdio.h>

wr_batch *wr_batch_new(wr_arena *a, const wr_schema *schema, uint32_t rows, bool windowed,
                       bool with_old)
{
    wr_batch *b = WR_NEW(a, wr_batch);
    b->schema = schema;
    b->rows = rows;
    b->sel = wr_sel_all(rows);
    b->cols = WR_NEW_N(a, wr_vec, schema->n);
    for (uint32_t c = 0; c < schema->n; c++)
        wr_vec_init(&b->cols[c], schema->cols[c].type, rows, a);
    if (with_old) {
        b->old_cols = WR_NEW_N(a, wr_vec, schema->n);
        for (uint32_t c = 0; c < schema->n; c++)
            wr_vec_init(&b->old_cols[c], schema->cols[c].type, rows, a);
    }
    b->flags = wr_arena_alloc(a, rows);
    memset(b->flags, WR_ROW_HAS_NEW, rows);
    b->rowtime = WR_NEW_N(a, int64_t, rows);
    b->partition = WR_NEW_N(a, int32_t, rows);
    b->offset = WR_NEW_N(a, int64_t, rows);
    if (windowed) {
        b->window_start = WR_NEW_N(a, int64_t, rows);
        b->window_end = WR_NEW_N(a, int64_t, rows);
    }
    return b;
}

/* -------------------------------------------------------------------------------------- builder */

#define BUILDER_ROWS_FIRST 16u

struct wr_batch_builder {
    wr_arena *arena;
    const wr_schema *schema;
    bool windowed, with_old;
    uint32_t cap;        /* rows that the arrays of batch have room for */
    wr_batch *batch;     /* batch->rows: rows added so far */
    wr_headers *headers; /* cap of them once a row has had headers, else NULL */
};

wr_batch_builder *wr_batch_builder_new(wr_arena *a, const wr_schema *schema, bool windowed,
                                       bool with_old)
{
    WR_ASSERT(schema->keys_n <= schema->n);
    wr_batch_builder *b = WR_NEW(a, wr_batch_builder);
    b->arena = a;
    b->schema = schema;
    b->windowed = windowed;
    b->with_old = with_old;
    b->batch = wr_batch_new(a, schema, 0, windowed, with_old);
    return b;
}

/* Move the rows of @p from into the larger, fresh @p to; rows not yet in use become NULL, 0. */
static void move_vec(wr_vec *to, const wr_vec *from, uint32_t rows, uint32_t cap)
{
    WR_ASSERT(rows <= cap && to->type == from->type);
    size_t width = wr_type_width(to->type);
    if (rows) {
        memcpy(to->null, from->null, rows);
        if (width)
            memcpy(to->u.data, from->u.data, width * rows);
    }
    memset(to->null + rows, 1, cap - rows);
    if (width)
        memset((char *)to->u.data + width * rows, 0, width * (cap - rows));
}

static void move_array(void *to, const void *from, uint32_t rows, size_t width)
{
    if (rows)
        memcpy(to, from, width * rows);
}

static wr_headers *new_headers(wr_batch_builder *b, uint32_t cap, uint32_t rows)
{
    wr_headers *h = WR_NEW_N(b->arena, wr_headers, cap);
    if (b->headers)
        move_array(h, b->headers, rows, sizeof *h);
    return h;
}

static void grow(wr_batch_builder *b)
{
    wr_batch *old = b->batch;
    uint32_t rows = old->rows;
    WR_ASSERT(b->cap <= UINT32_MAX / 4);
    b->cap = b->cap ? b->cap * 2 : BUILDER_ROWS_FIRST;
    wr_batch *new = wr_batch_new(b->arena, b->schema, b->cap, b->windowed, b->with_old);
    for (uint32_t c = 0; c < b->schema->n; c++) {
        move_vec(&new->cols[c], &old->cols[c], rows, b->cap);
        if (b->with_old)
            move_vec(&new->old_cols[c], &old->old_cols[c], rows, b->cap);
    }
    move_array(new->flags, old->flags, rows, sizeof *new->flags);
    move_array(new->rowtime, old->rowtime, rows, sizeof *new->rowtime);
    move_array(new->partition, old->partition, rows, sizeof *new->partition);
    move_array(new->offset, old->offset, rows, sizeof *new->offset);
    if (b->windowed) {
        move_array(new->window_start, old->window_start, rows, sizeof *new->window_start);
        move_array(new->window_end, old->window_end, rows, sizeof *new->window_end);
    }
    if (b->headers)
        b->headers = new_headers(b, b->cap, rows);
    /* The batch object itself stays in place: only what it points to moves. */
    *old = *new;
    old->rows = rows;
    old->sel = wr_sel_all(rows);
    old->headers = b->headers;
}

uint32_t wr_batch_builder_row(wr_batch_builder *b)
{
    if (b->batch->rows == b->cap)
        grow(b);
    WR_ASSERT(b->batch->rows < b->cap);
    uint32_t row = b->batch->rows++;
    b->batch->sel.n = b->batch->rows;
    return row;
}

uint32_t wr_batch_builder_rows(const wr_batch_builder *b)
{
    return b->batch->rows;
}

wr_batch *wr_batch_builder_batch(wr_batch_builder *b)
{
    return b->batch;
}

void wr_batch_builder_meta(wr_batch_builder *b, uint32_t row, const wr_batch *from, uint32_t i)
{
    wr_batch *to = b->batch;
    WR_ASSERT(row < to->rows && i < from->rows);
    to->rowtime[row] = from->rowtime[i];
    to->partition[row] = from->partition[i];
    to->offset[row] = from->offset[i];
    if (from->headers)
        wr_batch_builder_headers(b, row, from->headers[i]);
}

void wr_batch_builder_headers(wr_batch_builder *b, uint32_t row, wr_headers headers)
{
    WR_ASSERT(row < b->batch->rows);
    if (!b->headers) {
        b->headers = new_headers(b, b->cap, b->batch->rows);
        b->batch->headers = b->headers;
    }
    b->headers[row] = headers;
}

wr_batch *wr_batch_builder_finish(wr_batch_builder *b)
{
    wr_batch *done = b->batch;
    WR_ASSERT(done->rows <= b->cap);
    uint8_t all = 0;
    for (uint32_t i = 0; i < done->rows; i++)
        all |= done->flags[i];
    if (!(all & WR_ROW_HAS_OLD))
        done->old_cols = NULL;
    b->cap = 0;
    b->headers = NULL;
    b->batch = wr_batch_new(b->arena, b->schema, 0, b->windowed, b->with_old);
    return done;
}

/* --------------------------------------------------------------------------------------- errors */

void wr_row_error(wr_row_errors *errs, uint32_t row, const char *fmt, ...)
{
    char message[sizeof errs->first];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    if (errs->count++ == 0)
        memcpy(errs->first, message, sizeof message);
    if (errs->report)
        errs->report(errs, row, message);
}

wr_str wr_bytes_copy(wr_arena *a, wr_str s)
{
    return s.ptr ? wr_arena_str(a, s) : s;
}

const wr_headers *wr_headers_copy(wr_arena *a, const wr_headers *from)
{
    if (!from)
        return NULL;
    wr_headers *to = WR_NEW(a, wr_headers);
    wr_header *h = WR_NEW_N(a, wr_header, from->n);
    for (uint32_t i = 0; i < from->n; i++)
        h[i] = (wr_header){wr_bytes_copy(a, from->h[i].key), wr_bytes_copy(a, from->h[i].value)};
    *to = (wr_headers){from->n, h};
    return to;
}
