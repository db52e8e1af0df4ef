/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StreamWindowedAggregate over sessions: a row per (group, session) in a session store.
 *
 * Semantics: Kafka Streams' KStreamSessionWindowAggregate. For each row, in order:
 *   1 stream time moves; a session is closed when its end < stream time - gap - grace
 *   2 all sessions of the group within the gap (inclusive) are merged, oldest first, into one with
 *     the row; if that merged session would be closed the row is late: counted, dropped
 *   3 the merged ones are removed and the row is added to what came of them, unless the only one
 *     found is exactly [t, t]: then that row is replaced
 *   4 EMIT CHANGES: a tombstone for each removed session, then the new one; a row's time is the end
 *     of its session. EMIT FINAL: closed sessions go out, in order of end, before the row is
 *     put, where suppress.h says so
 *
 * With caching on, flush emits what changed since the last commit: sessions that came and went in
 * between are never seen, nor is one that is as it was.
 *
 * A batch is one look-up of the lists of sessions that its rows' keys have around their times
 * (session_store.h); then row by row, each seeing what those before it have done. Where the states
 * have fixed widths (flat.h) they are merged as bytes, else boxed.
 */
#include "engine/operators/agg_row.h"
#include "engine/operators/agg_work.h"
#include "engine/operators/batch_rows.h"
#include "engine/operators/flat.h"
#include "engine/operators/group.h"
#include "engine/operators/last_headers.h"
#include "engine/operators/late_rows.h"
#include "engine/operators/rowkey.h"
#include "engine/operators/stored_row.h"
#include "engine/operators/suppress.h"
#include "engine/operators/times.h"

#include "statestore/session_store.h"

enum { TIME_STREAM, TIME_EMITTED, TIMES };
#define SEGMENT_MS_MIN 60000 /* of Kafka Streams' stores */

typedef struct session_state {
    wr__agg agg;
    wr__flat flat;
    char *flat_row; /* the one that is being made */
    wr_store *store;
    int64_t retention_ms; /* the store's: longer than the window's for EMIT FINAL */
    wr__times times;
    wr__final final;
} session_state;

static weir_status session_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    session_state *s = op->state;
    WR_TRY(wr__agg_open(&s->agg, op, err));
    wr__flat_open(&s->flat, s->agg.cfg, ctx->task_arena);
    if (s->flat.on)
        s->flat_row = wr_arena_alloc(ctx->task_arena, s->flat.len);
    wr__final_open(&s->final, op);
    WR_ASSERT(op->step->u.aggregate.window.kind == WR_WINDOW_SESSION);
    s->retention_ms = ctx->plan->stores[op->step->stores[WR_PLAN_STORE_ROWS]].spec.retention_ms;
    WR_TRY(ctx->open_store(ctx, op->step->stores[WR_PLAN_STORE_ROWS], &s->store, err));
    const int64_t initial[TIMES] = {WR__NO_TIME, WR__NO_TIME};
    return wr__times_open(&s->times, op, initial, TIMES, err);
}

static void session_close(wr_op *op)
{
    session_state *s = op->state;
    wr__agg_close(&s->agg);
}

/* ------------------------------------------------------------------ emitting */

static uint32_t put_session(wr_op *op, int64_t start, int64_t end, const wr_batch *in, uint32_t i,
                            wr_batch_builder *out)
{
    session_state *s = op->state;
    uint32_t to = wr_batch_builder_row(out);
    wr_batch_builder_meta(out, to, in, i);
    wr_batch *b = wr_batch_builder_batch(out);
    wr__agg_key_cells(&s->agg, b, to, in, i);
    b->rowtime[to] = end;
    b->window_start[to] = start;
    b->window_end[to] = end;
    return to;
}

static weir_status put_removed(wr_op *op, const wr_session_hit *x, const wr_batch *in, uint32_t i,
                               wr_batch_builder *out, weir_error *err)
{
    session_state *s = op->state;
    uint32_t to = put_session(op, x->start_ms, x->end_ms, in, i, out);
    wr_batch *b = wr_batch_builder_batch(out);
    b->flags[to] = 0;
    if (!op->step->needs_old)
        return WEIR_OK;
    b->flags[to] = WR_ROW_HAS_OLD;
    return wr__agg_put_results(&s->agg, &s->flat, x->value, b->old_cols, to, err);
}

/* ------------------------------------------------------------------ EMIT FINAL */

static weir_status put_final(wr_op *op, const wr_store_row *row, wr__final_rows *rows,
                             weir_error *err)
{
    session_state *s = op->state;
    const wr_store_row stored = *row;
    uint32_t to;
    WR_TRY(wr__final_row(op, rows, stored.key, &to, err));
    wr_batch *b = wr_batch_builder_batch(rows->out);
    b->rowtime[to] = stored.end_ms;
    b->window_start[to] = stored.start_ms;
    b->window_end[to] = stored.end_ms;
    wr_str bytes = wr__row_copy(op->ctx->scratch, stored.value);
    return wr__agg_put_results(&s->agg, &s->flat, bytes, b->cols, to, err);
}

/* The first end that no emission has reached yet. */
static int64_t first_owed(const session_state *s)
{
    int64_t last = s->times.v[TIME_EMITTED];
    return last == WR__NO_TIME ? 0 : WR_MAX(0, last);
}

/* Emit what has closed and not been emitted, of sessions that end at @p from or later: what ends
 * before it is lost. */
static weir_status emit_closed(wr_op *op, int64_t close_time, int64_t from, wr__final_rows *rows,
                               weir_error *err)
{
    session_state *s = op->state;
    int64_t last = s->times.v[TIME_EMITTED];
    int64_t lower = WR_MAX(from, first_owed(s)), upper = wr__time_add(close_time, -1);
    WR_ASSERT(last == WR__NO_TIME || last < close_time);
    if (upper < 0)
        return WEIR_OK;
    s->times.v[TIME_EMITTED] = close_time;
    if (upper < lower)
        return WEIR_OK;
    wr_store_iter *it;
    WR_TRY(wr_session_scan(s->store, lower, upper, &it, err));
    return wr__final_emit(op, it, put_final, rows, err);
}

/* Does the row join a session that is closed and has not been emitted? It does so where another row
 * keeps the merged session open; then what was closed is emitted as it was. */
static bool joins_closed(const session_state *s, const wr_session_hits *hits, int64_t close_time)
{
    for (size_t k = 0; k < hits->n; k++)
        if (hits->v[k].end_ms < close_time && hits->v[k].end_ms >= first_owed(s))
            return true;
    return false;
}

/* Ends before this are gone from Kafka Streams' store once a session that ends at @p end is put:
 * it drops whole segments, of half the retention and at least a minute. */
static int64_t lost_before(const wr_window *w, int64_t end)
{
    int64_t segment = WR_MAX(w->retention_ms / 2, SEGMENT_MS_MIN);
    int64_t oldest = wr__time_add(end, -w->retention_ms);
    return oldest < 0 ? 0 : oldest / segment * segment;
}

/* Before a session that ends at @p end is put: emit closed ones if it is time, if one of them is
 * about to change, or if the store would forget one of them. */
static weir_status emit_before_row(wr_op *op, const wr_session_hits *hits, int64_t end,
                                   int64_t close_time, wr__final_rows *rows, weir_error *err)
{
    session_state *s = op->state;
    const wr_window *w = &op->step->u.aggregate.window;
    int64_t last = s->times.v[TIME_EMITTED];
    bool due = wr__final_due(&s->final, op->ctx->wall_ms, last, close_time);
    if (!due && wr__final_owed(&s->final, last, close_time))
        due = wr__time_add(end, -s->retention_ms) >= first_owed(s) ||
              joins_closed(s, hits, close_time);
    if (!due)
        return WEIR_OK;
    int64_t newest = WR_MAX(end, wr_session_stream_time(s->store));
    return emit_closed(op, close_time, s->final.exact ? lost_before(w, newest) : INT64_MIN, rows,
                       err);
}

/* ------------------------------------------------------------------ one row */

static bool are_flat(const session_state *s, const wr_session_hits *hits, uint32_t i)
{
    if (!s->flat.on || (hits->n == 0 && !wr__flat_can_start(&s->flat, s->agg.new_args, i)))
        return false;
    for (size_t k = 0; k < hits->n; k++)
        if (!wr__flat_is(&s->flat, hits->v[k].value))
            return false;
    return true;
}

static wr_str merge_flat(wr_op *op, const wr_session_hits *hits, uint32_t i, int64_t end)
{
    session_state *s = op->state;
    char *row = s->flat_row;
    memcpy(row, hits->n ? hits->v[0].value.ptr : s->flat.blank, s->flat.len);
    for (size_t k = 1; k < hits->n; k++)
        wr__flat_merge(&s->flat, row, hits->v[k].value.ptr);
    wr__flat_pairs pair = {.n = 1, .row = &row, .at = &i};
    wr__flat_add(&s->flat, &pair, s->agg.new_args, &op->ctx->sequence);
    wr_put_be64(row, (uint64_t)end);
    return wr_str_make(row, s->flat.len);
}

static weir_status merge_boxed(wr_op *op, const wr_session_hits *hits, const wr_batch *in,
                               uint32_t i, int64_t end, wr_str *out, weir_error *err)
{
    session_state *s = op->state;
    wr__agg *g = &s->agg;
    wr__agg_row row = wr__agg_row_new(g);
    wr__agg_init(g, &row);
    for (size_t k = 0; k < hits->n; k++) {
        wr__agg_row other = wr__agg_row_new(g);
        WR_TRY(wr__agg_decode(g, hits->v[k].value, &other, err));
        WR_TRY(wr__agg_merge(g, &row, &other, err));
    }
    WR_TRY(wr__agg_add(g, &row, in, i, err));
    row.rowtime = end;
    *out = wr__agg_encode(g, &row);
    return WEIR_OK;
}

static weir_status process_row(wr_op *op, const wr_batch *in, uint32_t i, wr_str key,
                               wr_store_entry *home, wr_session_hits *hits, int64_t close_time,
                               wr_batch_builder *out, weir_error *err)
{
    session_state *s = op->state;
    int64_t t = in->rowtime[i], gap = op->step->u.aggregate.window.size_ms;
    int64_t grace = op->step->u.aggregate.window.grace_ms;
    WR_TRY(wr_session_near(s->store, key, home, wr__time_add(t, -gap), wr__time_add(t, gap),
                           op->ctx->scratch, hits, err));
    int64_t start = t, end = t;
    for (size_t k = 0; k < hits->n; k++) {
        start = WR_MIN(start, hits->v[k].start_ms);
        end = WR_MAX(end, hits->v[k].end_ms);
    }
    WR_ASSERT(start <= t && t <= end);
    if (s->final.on)
        WR_TRY(emit_before_row(op, hits, end < close_time ? INT64_MIN : end, close_time,
                               &(wr__final_rows){out, in, i}, err));
    if (end < close_time) {
        wr__late_row(op, start, end, grace + (close_time - end));
        return WEIR_OK;
    }
    wr_str bytes; /* first: a failure must leave the store alone */
    if (are_flat(s, hits, i))
        bytes = merge_flat(op, hits, i, end);
    else {
        weir_status st = merge_boxed(op, hits, in, i, end, &bytes, err);
        if (st != WEIR_OK) /* sessions that it would join stay as they are, apart */
            return wr__agg_left_out(&s->agg, in, i, st, err);
    }
    bool emit = !s->final.on && !op->ctx->caching;
    bool moves = start != t || end != t; /* else what was found, if anything, is replaced */
    for (size_t k = 0; emit && moves && k < hits->n; k++)
        WR_TRY(put_removed(op, &hits->v[k], in, i, out, err));
    if (emit) {
        uint32_t to = put_session(op, start, end, in, i, out);
        wr_batch *b = wr_batch_builder_batch(out);
        WR_TRY(wr__agg_put_results(&s->agg, &s->flat, bytes, b->cols, to, err));
    }
    if (op->ctx->caching && !s->final.on && wr__last_headers_matter(s->store, in))
        wr__last_headers_put(s->store, home, in, i, op->ctx->scratch);
    return wr_session_change(s->store, key, home, hits, start, end, bytes, end, err);
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

/* The rows of a batch: each one's key, and the list of its key's sessions around its time. */
typedef struct session_rows {
    wr_sel sel;
    wr_str *keys;
    wr_store_entry **homes;
} session_rows;

static weir_status find_sessions(wr_op *op, const wr_batch *in, session_rows *r, weir_error *err)
{
    session_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    wr__groups groups;
    wr__groups_find(&groups, op->step->schema, in, r->sel, &s->agg.key, a);
    r->keys = WR_NEW_N(a, wr_str, r->sel.n);
    r->homes = WR_NEW_N(a, wr_store_entry *, r->sel.n);
    int64_t *times = WR_NEW_N(a, int64_t, r->sel.n);
    for (uint32_t k = 0; k < r->sel.n; k++) {
        r->keys[k] = groups.keys[groups.of[k]];
        times[k] = in->rowtime[wr_sel_row(r->sel, k)];
    }
    return wr_session_find_many(s->store, r->sel.n, r->keys, times,
                                op->step->u.aggregate.window.size_ms, r->homes, err);
}

/* Sessions that end before it are closed. */
static int64_t close_time_of(const session_state *s, const wr_window *w)
{
    return wr__time_add(wr__time_add(s->times.v[TIME_STREAM], -w->grace_ms), -w->size_ms);
}

static weir_status process_rows(wr_op *op, const wr_batch *in, const session_rows *r,
                                wr_batch_builder *out, weir_error *err)
{
    session_state *s = op->state;
    const wr_window *w = &op->step->u.aggregate.window;
    wr_session_hits hits = {0};
    for (uint32_t k = 0; k < r->sel.n; k++) {
        uint32_t i = wr_sel_row(r->sel, k);
        int64_t *stream_time = &s->times.v[TIME_STREAM];
        *stream_time = WR_MAX(*stream_time, in->rowtime[i]);
        int64_t close_time = close_time_of(s, w);
        WR_TRY(process_row(op, in, i, r->keys[k], r->homes[k], &hits, close_time, out, err));
    }
    return WEIR_OK;
}

static weir_status session_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    (void)input;
    session_state *s = op->state;
    WR_ASSERT(!in->partials); /* the planner combines nothing before sessions */
    session_rows rows = {.sel = usable(op, in)};
    WR_ASSERT(rows.sel.n <= in->sel.n);
    WR_TRY(find_sessions(op, in, &rows, err));
    wr__agg_begin(&s->agg, in, rows.sel);
    wr_batch_builder *out =
        wr_batch_builder_new(op->ctx->scratch, op->step->schema, true, op->step->needs_old);
    return wr__emit_before(op, out, process_rows(op, in, &rows, out, err), err);
}

/* ------------------------------------------------------------------ commits */

/* Is the session of @p x in the list? Then *value is what it has there. */
static bool is_in(wr_str list, const wr_session_hit *x, wr_str *value)
{
    wr_session_hit y;
    while (wr_session_next(&list, &y)) {
        if (y.start_ms != x->start_ms || y.end_ms != x->end_ms)
            continue;
        *value = y.value;
        return true;
    }
    return false;
}

/* One session that changed: @p before, @p now: stored rows, ptr NULL: there is none. */
static weir_status put_change(wr_op *op, wr_str key, const wr_session_hit *x, wr_str before,
                              wr_str now, wr_batch_builder *out, weir_error *err)
{
    session_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    const wr_schema *schema = op->step->schema;
    uint32_t to = wr_batch_builder_row(out);
    wr_batch *b = wr_batch_builder_batch(out);
    WR_TRY(wr__rowkey_read(schema, key, a, b->cols, to, false, NULL, NULL, err));
    b->partition[to] = op->ctx->partition;
    b->offset[to] = WR_NO_OFFSET;
    b->rowtime[to] = x->end_ms;
    b->window_start[to] = x->start_ms;
    b->window_end[to] = x->end_ms;
    b->flags[to] = 0;
    if (b->old_cols)
        wr__copy_cells(b->old_cols, 0, to, b->cols, 0, to, schema->keys_n);
    if (now.ptr) {
        b->flags[to] |= WR_ROW_HAS_NEW;
        WR_TRY(wr__agg_put_results(&s->agg, &s->flat, now, b->cols, to, err));
    }
    if (!before.ptr || !b->old_cols)
        return WEIR_OK;
    b->flags[to] |= WR_ROW_HAS_OLD;
    return wr__agg_put_results(&s->agg, &s->flat, before, b->old_cols, to, err);
}

/* A list that changed: first the sessions that are gone, then those that are new or different. */
static weir_status put_dirty(wr_op *op, wr_store_entry *e, wr_str old, wr_batch_builder *out,
                             weir_error *err)
{
    session_state *s = op->state;
    const wr_str none = {0};
    uint32_t first = wr_batch_builder_rows(out);
    wr_headers last;
    wr_str now = wr_entry_exists(e) ? wr_entry_value(e) : none, rest = old, other;
    wr_str key = wr__row_copy(op->ctx->scratch, wr_session_key(s->store, e));
    wr_session_hit x;
    while (wr_session_next(&rest, &x))
        if (!is_in(now, &x, &other))
            WR_TRY(put_change(op, key, &x, x.value, none, out, err));
    for (rest = now; wr_session_next(&rest, &x);) {
        bool had = is_in(old, &x, &other);
        if (!had || !wr_str_eq(other, x.value))
            WR_TRY(put_change(op, key, &x, had ? other : none, x.value, out, err));
    }
    if (wr__last_headers_get(s->store, e, op->ctx->scratch, &last))
        for (uint32_t to = first; to < wr_batch_builder_rows(out); to++)
            wr_batch_builder_headers(out, to, last);
    return WEIR_OK;
}

static weir_status session_flush(wr_op *op, weir_error *err)
{
    session_state *s = op->state;
    const wr_window *w = &op->step->u.aggregate.window;
    if (op->ctx->caching && !s->final.on) {
        wr__agg_ready(&s->agg, NULL);
        WR_TRY(wr__flush_dirty(op, s->store, true, put_dirty, err));
    }
    int64_t last = s->times.v[TIME_EMITTED], close_time = close_time_of(s, w);
    WR_TRY(wr__final_flush(&s->agg, &s->final, last, close_time, emit_closed, err));
    return wr__times_flush(&s->times, op, err);
}

const wr_op_class wr__session_aggregate_class = {
    .name = "SessionAggregate",
    .state_size = sizeof(session_state),
    .open = session_open,
    .process = session_process,
    .flush = session_flush,
    .close = session_close,
};
