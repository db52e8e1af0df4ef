/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StreamWindowedAggregate over tumbling and hopping windows: a row per (group, window start) in a
 * window store, which also forgets windows past their retention.
 *
 * Semantics: Kafka Streams' KStreamWindowAggregate. For each row, in order:
 *   1 stream time := max(stream time, its time); windows with end <= stream time - grace are closed
 *   2 EMIT FINAL: windows that closed since the last emission are emitted out of the store, in
 *     order of (start, key), where suppress.h says so (by op.h's one clock reading, so batches
 *     agree)
 *   3 it is added to each of its windows that is open; for a closed one it is late: counted and
 *     dropped
 *   4 EMIT CHANGES: each updated window is emitted, oldest first (caching on: in flush, once)
 * A window is [start, start + size), start a multiple of the advance, never negative.
 *
 * Stream time and the close time of the last emission are committed state: a restart neither takes
 * late rows again nor emits a window twice.
 *
 * Rows go to their windows in place (flat.h), boxed (agg_row.c) or kept, as in aggregate.c.
 */
#include "engine/operators/agg_row.h"
#include "engine/operators/agg_work.h"
#include "engine/operators/flat.h"
#include "engine/operators/group.h"
#include "engine/operators/last_headers.h"
#include "engine/operators/late_rows.h"
#include "engine/operators/rowkey.h"
#include "engine/operators/stored_row.h"
#include "engine/operators/suppress.h"
#include "engine/operators/times.h"

enum { TIME_STREAM, TIME_EMITTED, TIMES };

typedef struct window_state {
    wr__agg agg;
    wr__flat flat;
    wr_store *store;
    wr__times times;
    wr__final final;
} window_state;

static weir_status window_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    window_state *s = op->state;
    const wr_window *w = &op->step->u.aggregate.window;
    WR_ASSERT(w->size_ms > 0 && w->advance_ms > 0);
    WR_TRY(wr__agg_open(&s->agg, op, err));
    wr__flat_open(&s->flat, s->agg.cfg, ctx->task_arena);
    wr__final_open(&s->final, op);
    WR_TRY(ctx->open_store(ctx, op->step->stores[WR_PLAN_STORE_ROWS], &s->store, err));
    const int64_t initial[TIMES] = {WR__NO_TIME, WR__NO_TIME};
    return wr__times_open(&s->times, op, initial, TIMES, err);
}

static void window_close(wr_op *op)
{
    window_state *s = op->state;
    wr__agg_close(&s->agg);
}

/* ------------------------------------------------------------------ one window of one row, boxed
 */

static weir_status update(wr_op *op, const wr_batch *in, uint32_t i, wr_store_entry *e,
                          int64_t start, wr_batch_builder *out, weir_error *err)
{
    window_state *s = op->state;
    wr__agg *g = &s->agg;
    wr__agg_row row = wr__agg_row_new(g);
    bool had = wr_entry_exists(e) && start >= wr_window_oldest(s->store);
    wr_str old = g->initial;
    if (had) {
        old = wr__row_copy(op->ctx->scratch, wr_entry_value(e));
        WR_TRY(wr__agg_decode(g, old, &row, err));
        row.rowtime = WR_MAX(row.rowtime, in->rowtime[i]);
    } else {
        wr__agg_init(g, &row);
        row.rowtime = in->rowtime[i];
    }
    weir_status st = wr__agg_add(g, &row, in, i, err);
    if (st != WEIR_OK) /* out of this window alone: in others it may fit */
        return wr__agg_left_out(g, in, i, st, err);
    wr_str bytes = wr__agg_encode(g, &row);
    WR_TRY(wr_entry_set(s->store, e, &bytes, row.rowtime, err));
    if (s->final.on || op->ctx->caching)
        return WEIR_OK;
    uint32_t to = wr_batch_builder_row(out);
    wr_batch_builder_meta(out, to, in, i);
    wr_batch *b = wr_batch_builder_batch(out);
    wr__agg_key_cells(g, b, to, in, i);
    b->rowtime[to] = row.rowtime;
    b->window_start[to] = start;
    b->window_end[to] = wr__time_add(start, op->step->u.aggregate.window.size_ms);
    wr__agg_results(g, &row, b->cols, to);
    if (!old.ptr || !op->step->needs_old)
        return WEIR_OK;
    b->flags[to] |= WR_ROW_HAS_OLD;
    return wr__agg_results_of(g, old, b->old_cols, to, err);
}

/* ------------------------------------------------------------------ EMIT FINAL */

static weir_status put_final(wr_op *op, const wr_store_row *row, wr__final_rows *rows,
                             weir_error *err)
{
    window_state *s = op->state;
    wr_str stored = row->value;
    int64_t start = row->start_ms;
    uint32_t to;
    WR_TRY(wr__final_row(op, rows, row->key, &to, err));
    wr_batch *b = wr_batch_builder_batch(rows->out);
    wr_str bytes = wr__row_copy(op->ctx->scratch, stored);
    WR_TRY(wr__row_time(bytes, &b->rowtime[to], err));
    b->window_start[to] = start;
    b->window_end[to] = wr__time_add(start, op->step->u.aggregate.window.size_ms);
    return wr__agg_results_of(&s->agg, bytes, b->cols, to, err);
}

/* The first start that no emission has reached yet. */
static int64_t first_owed(const window_state *s, const wr_window *w)
{
    int64_t last = s->times.v[TIME_EMITTED];
    if (last == WR__NO_TIME)
        return 0;
    return WR_MAX(0, wr__time_add(wr__time_add(last, -w->size_ms), 1));
}

/* Emit what has closed and not been emitted. @p from: what starts before it is lost. The store is
 * only asked where a window can have closed, which is once in an advance. */
static weir_status emit_closed(wr_op *op, int64_t close_time, int64_t from, wr__final_rows *rows,
                               weir_error *err)
{
    window_state *s = op->state;
    const wr_window *w = &op->step->u.aggregate.window;
    int64_t last = s->times.v[TIME_EMITTED], lower = first_owed(s, w);
    int64_t upper = wr__time_add(close_time, -w->size_ms);
    WR_ASSERT(last == WR__NO_TIME || last < close_time); /* no window is emitted twice */
    if (upper < 0)
        return WEIR_OK;
    upper = upper / w->advance_ms * w->advance_ms; /* starts are multiples of it */
    s->times.v[TIME_EMITTED] = close_time;
    if (WR_MAX(lower, from) > upper)
        return WEIR_OK;
    wr_store_iter *it;
    WR_TRY(wr_window_scan(s->store, WR_MAX(lower, from), upper, &it, err));
    return wr__final_emit(op, it, put_final, rows, err);
}

/* The newest window that row k is put to, if it is not late for it; else INT64_MIN. */
static int64_t newest_start(const wr__windows *w, uint32_t k, int64_t size, int64_t close_time)
{
    if (w->count[k] == 0)
        return INT64_MIN;
    int64_t start = w->starts[w->slot[w->from[k] + w->count[k] - 1]];
    return wr__time_add(start, size) <= close_time ? INT64_MIN : start;
}

/* Before row k is put: emit closed windows if it is time, or if the store would forget one of them
 * by the row. */
static weir_status emit_before_row(wr_op *op, const wr__windows *windows, uint32_t k,
                                   int64_t close_time, wr__agg_work *work, wr__final_rows *rows,
                                   weir_error *err)
{
    window_state *s = op->state;
    const wr_window *w = &op->step->u.aggregate.window;
    int64_t last = s->times.v[TIME_EMITTED];
    int64_t start = newest_start(windows, k, w->size_ms, close_time);
    bool due = wr__final_due(&s->final, op->ctx->wall_ms, last, close_time);
    if (!due && wr__final_owed(&s->final, last, close_time))
        due = wr__time_add(start, -w->retention_ms) >= first_owed(s, w);
    if (!due)
        return WEIR_OK;
    int64_t newest = WR_MAX(start, wr_window_stream_time(s->store));
    int64_t from = s->final.exact ? wr__time_add(newest, -w->retention_ms) : INT64_MIN;
    WR_TRY(wr__agg_work_settle(work, err));
    return emit_closed(op, close_time, from, rows, err);
}

/* ------------------------------------------------------------------ batches */

static wr_sel usable(wr_op *op, const wr_batch *in)
{
    uint32_t *rows = WR_NEW_N(op->ctx->scratch, uint32_t, in->sel.n), n = 0;
    WR_FOREACH_SEL (i, in->sel) {
        bool keyed = op->step->schema->keys_n == 0 || !(in->flags[i] & WR_ROW_NULL_KEY);
        if (keyed && (in->flags[i] & WR_ROW_HAS_NEW))
            rows[n++] = i;
        else
            wr_op_drop(op, in->flags[i]);
    }
    return (wr_sel){n, rows};
}

/* The windows of one batch. */
typedef struct batch_windows {
    wr__windows windows;
    wr__agg_work work;
    int64_t newest, oldest; /* what the store was told last, and what that left */
    bool notes;             /* headers are noted */
} batch_windows;

/* Tell the store that a window is put to. @return false: it is gone already. */
static bool observe(wr_store *store, batch_windows *bw, int64_t start)
{
    if (start > bw->newest) {
        (void)wr_window_observe(store, start);
        bw->newest = start;
        bw->oldest = wr_window_oldest(store);
    }
    return start >= bw->oldest;
}

/* Row @p i to one of its windows. */
static weir_status add_row(wr_op *op, const wr_batch *in, uint32_t i, uint32_t slot,
                           batch_windows *bw, wr_batch_builder *out, weir_error *err)
{
    window_state *s = op->state;
    wr__agg_work *w = &bw->work;
    wr_store_entry *e = w->entries[slot];
    int64_t start = bw->windows.starts[slot];
    bool emit = !s->final.on && !op->ctx->caching, live = observe(s->store, bw, start);
    wr_str old = s->agg.initial;
    if (WR_UNLIKELY(bw->notes) && live)
        wr__last_headers_put(s->store, e, in, i, op->ctx->scratch);
    if (emit && live && op->step->needs_old && wr_entry_exists(e))
        old = wr__row_copy(op->ctx->scratch, wr_entry_value(e));
    if (in->partials && in->partials[i].ptr) {
        if (!live) /* and nothing could be told of it */
            return WEIR_OK;
        WR_TRY(wr__agg_work_merge(w, slot, i, err));
    } else if (live && wr__agg_work_open(w, slot, i)) {
        wr__agg_work_add(w, slot, i);
    } else if (live && wr__agg_work_keeps(w)) {
        return wr__agg_work_keep(w, slot, i, wr_entry_exists(e), err);
    } else {
        return update(op, in, i, e, start, out, err);
    }
    if (op->ctx->caching)
        return WEIR_OK;
    WR_TRY(wr__agg_work_settle(w, err));
    if (!emit)
        return WEIR_OK;
    uint32_t to;
    WR_TRY(wr__agg_put_update(&s->agg, &s->flat, e, old, in, i, out, &to, err));
    wr_batch *b = wr_batch_builder_batch(out);
    b->window_start[to] = start;
    b->window_end[to] = wr__time_add(start, op->step->u.aggregate.window.size_ms);
    return WEIR_OK;
}

/* A partial aggregate belongs to one of the windows of its time, slots [*from, *from + *count), and
 * says which. */
static weir_status narrow(const wr_batch *in, uint32_t i, const wr__windows *w, uint32_t *from,
                          uint32_t *count, weir_error *err)
{
    int64_t start = (int64_t)wr_get_be64(in->partials[i].ptr);
    for (uint32_t x = *from; x < *from + *count; x++)
        if (w->starts[w->slot[x]] == start) {
            *from = x;
            *count = 1;
            return WEIR_OK;
        }
    wr_error(err, WEIR_ERR_STORE, "a partial aggregate is of no window of its time");
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

static void late_row(wr_op *op, int64_t start)
{
    const window_state *s = op->state;
    int64_t end = wr__time_add(start, op->step->u.aggregate.window.size_ms);
    /* It closes where stream time is at its end and the grace period: one more is enough. */
    wr__late_row(op, start, end, wr__time_add(s->times.v[TIME_STREAM], -end) + 1);
}

static weir_status process_rows(wr_op *op, const wr_batch *in, wr_sel sel, batch_windows *bw,
                                wr_batch_builder *out, weir_error *err)
{
    window_state *s = op->state;
    const wr_window *w = &op->step->u.aggregate.window;
    int64_t *stream_time = &s->times.v[TIME_STREAM];
    for (uint32_t k = 0; k < sel.n; k++) {
        uint32_t i = wr_sel_row(sel, k);
        *stream_time = WR_MAX(*stream_time, in->rowtime[i]);
        int64_t close_time = wr__time_add(*stream_time, -w->grace_ms);
        WR_ASSERT(close_time <= *stream_time);
        if (s->final.on)
            WR_TRY(emit_before_row(op, &bw->windows, k, close_time, &bw->work,
                                   &(wr__final_rows){out, in, i}, err));
        uint32_t from = bw->windows.from[k], count = bw->windows.count[k];
        if (in->partials && in->partials[i].ptr)
            WR_TRY(narrow(in, i, &bw->windows, &from, &count, err));
        for (uint32_t x = from; x < from + count; x++) {
            uint32_t slot = bw->windows.slot[x];
            if (wr__time_add(bw->windows.starts[slot], w->size_ms) <= close_time)
                late_row(op, bw->windows.starts[slot]);
            else
                WR_TRY(add_row(op, in, i, slot, bw, out, err));
        }
    }
    return wr__agg_work_settle(&bw->work, err);
}

static weir_status window_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    (void)input;
    window_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    wr_sel sel = usable(op, in);
    wr__groups groups;
    batch_windows bw = {.newest = wr_window_stream_time(s->store),
                        .oldest = wr_window_oldest(s->store),
                        .notes = op->ctx->caching && !s->final.on &&
                                 wr__last_headers_matter(s->store, in)};
    wr__windows *w = &bw.windows;
    wr__groups_find(&groups, op->step->schema, in, sel, &s->agg.key, a);
    wr__windows_find(w, &op->step->u.aggregate.window, &groups, in, sel, a);
    wr_store_entry **entries = WR_NEW_N(a, wr_store_entry *, w->n);
    WR_ASSERT(groups.n <= sel.n && sel.n <= in->sel.n);
    WR_TRY(wr_window_find_many(s->store, w->n, w->keys, w->starts, entries, err));
    wr__agg_begin(&s->agg, in, wr__agg_whole_rows(in, sel, a));
    wr__agg_work_begin(&bw.work, &s->agg, &s->flat, s->store, in, entries, w->n,
                       !s->final.on && !op->ctx->caching);
    wr_batch_builder *out = wr_batch_builder_new(a, op->step->schema, true, op->step->needs_old);
    return wr__emit_before(op, out, process_rows(op, in, sel, &bw, out, err), err);
}

/* ------------------------------------------------------------------ commits */

static weir_status window_flush(wr_op *op, weir_error *err)
{
    window_state *s = op->state;
    const wr_window *w = &op->step->u.aggregate.window;
    if (op->ctx->caching && !s->final.on) {
        wr__agg_ready(&s->agg, NULL);
        WR_TRY(wr__agg_flush(&s->agg, &s->flat, s->store, err));
    }
    int64_t last = s->times.v[TIME_EMITTED],
            close_time = wr__time_add(s->times.v[TIME_STREAM], -w->grace_ms);
    WR_TRY(wr__final_flush(&s->agg, &s->final, last, close_time, emit_closed, err));
    return wr__times_flush(&s->times, op, err);
}

const wr_op_class wr__window_aggregate_class = {
    .name = "WindowedAggregate",
    .state_size = sizeof(window_state),
    .open = window_open,
    .process = window_process,
    .flush = window_flush,
    .close = window_close,
};
