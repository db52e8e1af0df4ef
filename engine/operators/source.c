/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StreamSource, TableSource and their windowed forms: raw records of a topic to batches.
 *
 * One feed is one batch. In order: cut the window off the key (dialect.md 14.8), decode the key,
 * decode the wanted value columns of the rows that are left, take the event time, fill in header
 * columns. A row that fails on the way is reported (by the decoder or here) and not selected; with
 * fail_on_bad_record the rows before it are handed on first, then the feed fails, so what has been
 * written does not depend on how records were cut into feeds.
 *
 * A NULL value has no timestamp column to look at unless that is a key column: then the record's
 * own timestamp counts, because dropping it would lose a delete.
 *
 * A TABLE drops records without key. Where the plan asks for old rows, or pull queries may come
 * (`materialize`), the last row of each key is kept in a store, named as the step's context, and
 * every change carries the row before it.
 *
 * Thread: the task's. Batches live in scratch; strings are slices of the records.
 */
#include "engine/operators/internal.h"

#include <stdio.h>

typedef struct part {
    wr_decoder *decoder; /* NULL: no columns, or none wanted */
    uint32_t n;
    uint32_t *cols; /* column of cfg->columns for each decoder column */
    bool *wanted;
    wr_vec *vecs; /* n, per batch */
} part;

typedef struct source_state {
    const wr_step_source *cfg;
    part key, value;
    wr_vec **by_column; /* cfg->columns_n: where a column's vector is in the parts; NULL: headers */
    wr__timestamp timestamp;
    wr_store *rows;
    wr_buf key_bytes, row_bytes;
} source_state;

/* ------------------------------------------------------------------ open, close */

static weir_status open_part(source_state *s, part *p, bool is_key, wr_op *op, weir_error *err)
{
    const wr_step_source *cfg = s->cfg;
    wr_arena *a = op->ctx->task_arena;
    wr_column *cols = WR_NEW_N(a, wr_column, cfg->columns_n);
    p->cols = WR_NEW_N(a, uint32_t, cfg->columns_n);
    p->wanted = WR_NEW_N(a, bool, cfg->columns_n);
    for (uint32_t c = 0; c < cfg->columns_n; c++) {
        if (cfg->columns[c].role != (is_key ? WR_COL_KEY : WR_COL_VALUE))
            continue;
        bool wanted = is_key || (int64_t)c == cfg->timestamp_column;
        for (uint32_t i = 0; i < op->step->schema->n && !wanted; i++)
            wanted = cfg->output[i] == c;
        p->wanted[p->n] = wanted;
        p->cols[p->n] = c;
        cols[p->n++] = cfg->columns[c];
    }
    p->vecs = WR_NEW_N(a, wr_vec, p->n);
    for (uint32_t i = 0; i < p->n; i++)
        s->by_column[p->cols[i]] = &p->vecs[i];
    if (p->n == 0)
        return WEIR_OK;
    const wr_format_use *use = is_key ? &cfg->key : &cfg->value;
    wr_format_options options = use->options;
    options.strict = cfg->strict;
    return wr_decoder_new(use->format, cols, p->n, p->wanted, &options, a, &p->decoder, err);
}

static weir_status source_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    source_state *s = op->state;
    const wr_step_source *cfg = s->cfg = &op->step->u.source;
    s->by_column = WR_NEW_N(ctx->task_arena, wr_vec *, cfg->columns_n);
    WR_TRY(open_part(s, &s->key, true, op, err));
    WR_TRY(open_part(s, &s->value, false, op, err));
    if (cfg->timestamp_column >= 0)
        WR_TRY(wr__timestamp_open(&s->timestamp, ctx, cfg->columns[cfg->timestamp_column].type,
                                  cfg->timestamp_format, err));
    if (!op->step->table || !(cfg->materialize || op->step->needs_old))
        return WEIR_OK;
    wr_store_spec spec = {.kind = WR_STORE_KV};
    return wr__op_store(op, "", &spec, &s->rows, err);
}

static void source_close(wr_op *op)
{
    source_state *s = op->state;
    wr__timestamp_close(&s->timestamp);
    wr_buf_free(&s->key_bytes);
    wr_buf_free(&s->row_bytes);
}

/* ------------------------------------------------------------------ one feed */

typedef struct feed {
    wr_op *op;
    const wr_record *records;
    uint32_t n;
    wr_batch *b;
    uint8_t *ok; /* per row: still alive */
    wr__op_errors errs;
} feed;

static wr_sel alive(const feed *f, wr_arena *a)
{
    uint32_t *rows = WR_NEW_N(a, uint32_t, f->n), n = 0;
    for (uint32_t i = 0; i < f->n; i++)
        if (f->ok[i])
            rows[n++] = i;
    return n == f->n ? wr_sel_all(n) : (wr_sel){n, rows};
}

/* The key's bytes without the window behind them, and the window. */
static void split_windows(feed *f, wr_str *keys)
{
    const wr_window *w = &f->op->step->u.source.window;
    uint32_t tail = w->kind == WR_WINDOW_SESSION ? 16 : 8;
    for (uint32_t i = 0; i < f->n; i++) {
        if (!keys[i].ptr)
            continue;
        if (keys[i].len < tail) {
            wr_row_error(&f->errs.base, i, "the key of %u bytes is too short for a window",
                         keys[i].len);
            f->ok[i] = 0;
            continue;
        }
        keys[i].len -= tail;
        const char *p = keys[i].ptr + keys[i].len;
        int64_t first = (int64_t)wr_get_be64(p);
        if (w->kind == WR_WINDOW_SESSION) {
            f->b->window_end[i] = first;
            f->b->window_start[i] = (int64_t)wr_get_be64(p + 8);
        } else {
            f->b->window_start[i] = first;
            f->b->window_end[i] = wr__time_add(first, w->size_ms);
        }
    }
}

static void decode(feed *f, part *p, const wr_str *payloads)
{
    wr_arena *a = f->op->ctx->scratch;
    if (!p->decoder)
        return;
    const wr_column *columns = f->op->step->u.source.columns;
    for (uint32_t c = 0; c < p->n; c++)
        if (p->wanted[c])
            wr_vec_init(&p->vecs[c], columns[p->cols[c]].type, f->n, a);
    uint8_t *ok = WR_NEW_N(a, uint8_t, f->n);
    wr_sel sel = alive(f, a);
    wr_decoder_run(p->decoder, payloads, sel, p->vecs, ok, &f->errs.base, a);
    WR_FOREACH_SEL (i, sel)
        if (!ok[i])
            f->ok[i] = 0;
}

static void decode_records(feed *f)
{
    source_state *s = f->op->state;
    const wr_step_source *cfg = s->cfg;
    wr_arena *a = f->op->ctx->scratch;
    wr_str *payloads = WR_NEW_N(a, wr_str, f->n);
    bool keyless = s->key.n == 0;
    for (uint32_t i = 0; i < f->n; i++) {
        const wr_record *r = &f->records[i];
        payloads[i] = r->key;
        f->ok[i] = 1;
        /* Now, for the messages about what cannot be decoded. */
        f->b->partition[i] = r->partition;
        f->b->offset[i] = r->offset;
        f->b->flags[i] = 0;
        if (keyless || !r->key.ptr)
            f->b->flags[i] |= WR_ROW_NULL_KEY;
        if (r->value.ptr)
            f->b->flags[i] |= WR_ROW_HAS_NEW;
        if (f->op->step->table && !r->key.ptr) {
            f->ok[i] = 0;
            f->op->dropped_rows++;
        }
    }
    if (cfg->window.kind != WR_WINDOW_NONE)
        split_windows(f, payloads);
    decode(f, &s->key, payloads);
    for (uint32_t i = 0; i < f->n; i++)
        payloads[i] = f->records[i].value;
    decode(f, &s->value, payloads);
}

/* ------------------------------------------------------------------ event time */

static void take_event_times(feed *f)
{
    source_state *s = f->op->state;
    int32_t c = s->cfg->timestamp_column;
    bool in_key = c >= 0 && s->cfg->columns[c].role == WR_COL_KEY;
    for (uint32_t i = 0; i < f->n; i++) {
        if (!f->ok[i])
            continue;
        int64_t ms = f->records[i].timestamp;
        char why[256] = "";
        bool good = true;
        if (c >= 0 && (in_key || f->records[i].value.ptr)) {
            good = wr__timestamp_get(&s->timestamp, s->by_column[c], i, &ms, why, sizeof why);
        } else if (ms < 0) {
            snprintf(why, sizeof why, "the timestamp %lld is negative", (long long)ms);
            good = false;
        }
        f->b->rowtime[i] = ms;
        if (good)
            continue;
        wr_row_error(&f->errs.base, i, "Failed to extract timestamp from row: %s", why);
        f->ok[i] = 0;
    }
}

/* ------------------------------------------------------------------ headers */

static void put_header_column(feed *f, const wr_column *col, wr_vec *v)
{
    wr_arena *a = f->op->ctx->scratch;
    wr_vec_init(v, col->type, f->n, a);
    for (uint32_t i = 0; i < f->n; i++) {
        const wr_headers *h = f->records[i].headers;
        uint32_t n = h ? h->n : 0;
        wr_value value = WR_VALUE_NULL;
        if (col->role == WR_COL_HEADER) {
            for (uint32_t k = 0; k < n; k++)
                if (wr_str_eq_c(h->h[k].key, col->header))
                    value = h->h[k].value.ptr ? wr_value_str(h->h[k].value) : WR_VALUE_NULL;
        } else {
            wr_nest *list = wr_nest_new(a, n, false);
            for (uint32_t k = 0; k < n; k++) {
                wr_nest *entry = wr_nest_new(a, 2, false);
                entry->items[0] = wr_value_str(h->h[k].key);
                if (h->h[k].value.ptr)
                    entry->items[1] = wr_value_str(h->h[k].value);
                list->items[k] = wr_value_nest(entry);
            }
            value = wr_value_nest(list);
        }
        /* A record without value is a row without columns, also without header columns. */
        if (!(f->b->flags[i] & WR_ROW_HAS_NEW))
            value = WR_VALUE_NULL;
        wr_vec_set(v, i, &value);
    }
}

static void take_columns(feed *f)
{
    source_state *s = f->op->state;
    const wr_step *step = f->op->step;
    wr_headers *headers = NULL;
    for (uint32_t i = 0; i < f->n; i++) {
        if (!f->records[i].headers)
            continue;
        if (!headers)
            headers = WR_NEW_N(f->op->ctx->scratch, wr_headers, f->n);
        headers[i] = *f->records[i].headers;
    }
    f->b->headers = headers;
    for (uint32_t c = 0; c < step->schema->n; c++) {
        uint32_t from = s->cfg->output[c];
        if (s->by_column[from])
            f->b->cols[c] = *s->by_column[from];
        else
            put_header_column(f, &s->cfg->columns[from], &f->b->cols[c]);
    }
}

/* ------------------------------------------------------------------ tables: the row before */

static weir_status take_old_rows(wr_op *op, wr_batch *b, weir_error *err)
{
    source_state *s = op->state;
    const wr_schema *schema = op->step->schema;
    wr_arena *a = op->ctx->scratch;
    uint32_t keys = schema->keys_n, values = schema->n - keys;
    b->old_cols = WR_NEW_N(a, wr_vec, schema->n);
    for (uint32_t c = 0; c < schema->n; c++) {
        if (c < keys)
            b->old_cols[c] = b->cols[c];
        else
            wr_vec_init(&b->old_cols[c], schema->cols[c].type, b->rows, a);
    }
    WR_FOREACH_SEL (i, b->sel) {
        wr_buf_clear(&s->key_bytes);
        wr__rowkey_of(&s->key_bytes, schema, b->cols, b, i);
        wr_store_entry *e;
        WR_TRY(wr_kv_find(s->rows, wr_buf_view(&s->key_bytes), &e, err));
        if (wr_entry_exists(e)) {
            b->flags[i] |= WR_ROW_HAS_OLD;
            WR_TRY(wr__row_get(wr__row_copy(a, wr_entry_value(e)), a, b->old_cols, keys, values, i,
                               err));
        }
        if (!(b->flags[i] & WR_ROW_HAS_NEW)) {
            WR_TRY(wr_entry_set(s->rows, e, NULL, b->rowtime[i], err));
            continue;
        }
        wr_buf_clear(&s->row_bytes);
        wr__row_put(&s->row_bytes, b->rowtime[i], b->cols, keys, values, i);
        wr_str row = wr_buf_view(&s->row_bytes);
        WR_TRY(wr_entry_set(s->rows, e, &row, b->rowtime[i], err));
    }
    return WEIR_OK;
}

/* ------------------------------------------------------------------ feeding */

/* With a policy to fail, only the rows before the first bad one count. */
static bool cut_at_bad_row(feed *f, bool decoding)
{
    const wr_step_source *cfg = &f->op->step->u.source;
    if (f->errs.base.count == 0 ||
        !(decoding ? cfg->fail_on_bad_record : cfg->throw_on_invalid_timestamp))
        return false;
    uint32_t i = 0;
    while (i < f->n && (f->ok[i] || (f->op->step->table && !f->records[i].key.ptr)))
        i++;
    for (; i < f->n; i++)
        f->ok[i] = 0;
    return true;
}

weir_status wr__source_feed(wr_op *op, const wr_record *records, uint32_t n, weir_error *err)
{
    wr_arena *a = op->ctx->scratch;
    const wr_step *step = op->step;
    source_state *s = op->state;
    bool windowed = step->u.source.window.kind != WR_WINDOW_NONE;
    feed f = {.op = op, .records = records, .n = n};
    f.b = wr_batch_new(a, step->schema, n, windowed, false);
    f.ok = WR_NEW_N(a, uint8_t, n);
    op->rows_in += n;
    op->batches++;
    wr__op_errors_init(&f.errs, op, f.b);
    decode_records(&f);
    bool fail = cut_at_bad_row(&f, true);
    uint64_t bad = f.errs.base.count;
    take_event_times(&f);
    if (f.errs.base.count > bad)
        fail |= cut_at_bad_row(&f, false);
    op->dropped_rows += f.errs.base.count;
    take_columns(&f);
    f.b->sel = alive(&f, a);
    if (s->rows)
        WR_TRY(take_old_rows(op, f.b, err));
    WR_TRY(wr_op_emit(op, f.b, err));
    if (fail)
        return wr_error(err, WEIR_ERR_RECORD, "%s", f.errs.base.first);
    return WEIR_OK;
}

static weir_status source_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    (void)op;
    (void)input;
    (void)in;
    (void)err;
    WR_UNREACHABLE(); /* sources are fed, see wr__source_feed */
}

const wr_op_class wr__source_class = {
    .name = "Source",
    .state_size = sizeof(source_state),
    .open = source_open,
    .process = source_process,
    .close = source_close,
};
