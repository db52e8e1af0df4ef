/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a query's materialised rows for pull queries: from a store, usually a read-only one on a
 * snapshot, back to batches of the materialising step's schema.
 *
 * Which store: a table source, a table-table join: rows as stored_row.c writes them, in a kv store;
 * an aggregate: states, in a kv, window or session store; results are computed here. Look-ups by
 * key and ranges of keys use the store's order; bounds on windows narrow the times that are scanned
 * and are checked again on every row. Thread: whichever opened the store.
 */
#include "engine/operators/agg_row.h"
#include "engine/operators/rowkey.h"
#include "engine/operators/stored_row.h"
#include "engine/operators/times.h"
#include "engine/operators/topology.h"

#include "statestore/session_store.h"

static const wr_window no_window = {.kind = WR_WINDOW_NONE};

static const wr_window *window_of(const wr_step *step)
{
    return step->kind == WR_STEP_AGGREGATE ? &step->u.aggregate.window : &no_window;
}

void wr_materialized_key(const wr_plan *plan, const wr_value *keys, wr_buf *out)
{
    WR_ASSERT(plan->materialized);
    const wr_schema *schema = plan->materialized->schema;
    for (uint32_t c = 0; c < schema->keys_n; c++)
        wr__rowkey_put(out, schema->cols[c].type, &keys[c]);
}

/* ------------------------------------------------------------------ one read */

typedef struct pull {
    const wr_step *step;
    const wr_window *window;
    const wr_pull_bounds *bounds;
    wr_arena *scratch;
    wr__agg agg; /* decodes states; only where step is an aggregate */
} pull;

static bool wanted(const pull *p, const wr_store_row *row)
{
    const wr_pull_bounds *b = p->bounds;
    if (!b->key && b->key_from && wr_str_cmp(row->key, *b->key_from) < 0)
        return false;
    if (!b->key && b->key_to && wr_str_cmp(row->key, *b->key_to) >= 0)
        return false;
    if (p->window->kind == WR_WINDOW_NONE)
        return true;
    int64_t end = p->window->kind == WR_WINDOW_SESSION
                      ? row->end_ms
                      : wr__time_add(row->start_ms, p->window->size_ms);
    return row->start_ms >= b->window_start_min && row->start_ms <= b->window_start_max &&
           end >= b->window_end_min && end <= b->window_end_max;
}

static weir_status put_row(pull *p, const wr_store_row *row, wr_batch_builder *out, weir_error *err)
{
    wr_arena *a = p->scratch;
    const wr_schema *schema = p->step->schema;
    uint32_t to = wr_batch_builder_row(out);
    wr_batch *b = wr_batch_builder_batch(out);
    wr_str bytes = wr__row_copy(a, row->value);
    WR_TRY(
        wr__rowkey_read(schema, wr__row_copy(a, row->key), a, b->cols, to, false, NULL, NULL, err));
    if (p->window->kind == WR_WINDOW_SESSION) {
        b->window_start[to] = row->start_ms;
        b->window_end[to] = row->end_ms;
    } else if (p->window->kind != WR_WINDOW_NONE) {
        b->window_start[to] = row->start_ms;
        b->window_end[to] = wr__time_add(row->start_ms, p->window->size_ms);
    }
    WR_TRY(wr__row_time(bytes, &b->rowtime[to], err));
    if (p->step->kind == WR_STEP_AGGREGATE)
        return wr__agg_results_of(&p->agg, bytes, b->cols, to, err);
    return wr__row_get(bytes, a, b->cols, schema->keys_n, schema->n - schema->keys_n, to, err);
}

/* Starts that can match: the bounds on the start, and those on the end less the size. */
static void start_range(const pull *p, int64_t *from, int64_t *to)
{
    const wr_pull_bounds *b = p->bounds;
    int64_t size = p->window->size_ms;
    *from = b->window_start_min;
    *to = b->window_start_max;
    if (b->window_end_min != INT64_MIN)
        *from = WR_MAX(*from, wr__time_add(b->window_end_min, -size));
    if (b->window_end_max != INT64_MAX)
        *to = WR_MIN(*to, wr__time_add(b->window_end_max, -size));
}

static weir_status open_iter(const pull *p, wr_store *store, wr_store_iter **it, weir_error *err)
{
    const wr_pull_bounds *b = p->bounds;
    static const wr_str open = {0};
    int64_t from, to;
    switch (wr_store_kind_of(store)) {
    case WR_STORE_KV: {
        if (!b->key)
            return wr_kv_scan(store, b->key_from ? *b->key_from : open,
                              b->key_to ? *b->key_to : open, false, it, err);
        /* No key is a prefix of another, so this is at most one row. */
        return wr_kv_scan_prefix(store, *b->key, false, it, err);
    }
    case WR_STORE_WINDOW:
        start_range(p, &from, &to);
        if (b->key)
            return wr_window_fetch(store, *b->key, from, to, it, err);
        return wr_window_scan(store, from, to, it, err);
    case WR_STORE_SESSION:
        if (b->key)
            return wr_session_find(store, *b->key, INT64_MIN, INT64_MAX, it, err);
        return wr_session_scan(store, b->window_end_min, b->window_end_max, it, err);
    }
    WR_UNREACHABLE();
}

/* Fill one batch. *more: the iterator has not ended. */
static weir_status fill(pull *p, wr_store_iter *it, wr_batch_builder *out, uint32_t batch_rows,
                        bool *more, weir_error *err)
{
    while (wr_batch_builder_rows(out) < batch_rows) {
        wr_store_row row;
        WR_TRY(wr_store_iter_next(it, &row, more, err));
        if (!*more)
            return WEIR_OK;
        if (wanted(p, &row))
            WR_TRY(put_row(p, &row, out, err));
    }
    return WEIR_OK;
}

weir_status wr_materialized_read(const wr_plan *plan, wr_store *store, const wr_pull_bounds *bounds,
                                 uint32_t batch_rows, wr_arena *scratch,
                                 weir_status (*emit)(void *arg, const wr_batch *batch,
                                                     weir_error *err),
                                 void *arg, weir_error *err)
{
    WR_ASSERT(plan->materialized && plan->materialized_store < plan->stores_n);
    wr_task_ctx ctx = {.plan = plan, .scratch = scratch};
    wr_op op = {.step = plan->materialized, .ctx = &ctx};
    pull p = {.step = op.step, .window = window_of(op.step), .bounds = bounds, .scratch = scratch};
    WR_ASSERT(batch_rows > 0);
    wr_store_iter *it;
    WR_TRY(open_iter(&p, store, &it, err));
    bool more = true;
    weir_status st = WEIR_OK;
    while (more && st == WEIR_OK) {
        wr_arena_reset(scratch);
        if (op.step->kind == WR_STEP_AGGREGATE)
            wr__agg_read_only(&p.agg, &op, scratch);
        wr_batch_builder *out =
            wr_batch_builder_new(scratch, op.step->schema, p.window->kind != WR_WINDOW_NONE, false);
        st = fill(&p, it, out, batch_rows, &more, err);
        if (st == WEIR_OK && wr_batch_builder_rows(out))
            st = emit(arg, wr_batch_builder_finish(out), err);
    }
    wr_store_iter_free(it);
    wr_arena_reset(scratch);
    return st;
}
