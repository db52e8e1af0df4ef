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
 *     of its session. EMIT FINAL: as window_aggregate.c, by session end.
 * With caching on, flush emits what changed since the last commit: sessions that came and went in
 * between are never seen.
 */
#include "engine/operators/internal.h"

#include "statestore/session.h"

enum { TIME_STREAM, TIME_EMITTED, TIMES };

typedef struct session_state {
    wr__agg agg;
    wr_store *store;
    wr__times times;
    wr__final final;
} session_state;

static weir_status session_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    session_state *s = op->state;
    WR_TRY(wr__agg_open(&s->agg, op, err));
    wr__final_open(&s->final, op);
    wr_store_spec spec = {.kind = WR_STORE_SESSION,
                          .retention_ms = op->step->u.aggregate.window.retention_ms,
                          .keep_old = ctx->caching && !s->final.on};
    WR_TRY(wr__op_store(op, "", &spec, &s->store, err));
    const int64_t initial[TIMES] = {WR__NO_TIME, WR__NO_TIME};
    return wr__times_open(&s->times, op, initial, TIMES, err);
}

static void session_close(wr_op *op)
{
    session_state *s = op->state;
    wr__agg_close(&s->agg);
}

/* ------------------------------------------------------------------ merging */

typedef struct session {
    int64_t start, end;
    wr_str bytes; /* in scratch */
} session;

typedef wr_arr(session) sessions;

static weir_status find_sessions(wr_op *op, wr_str key, int64_t t, sessions *found, weir_error *err)
{
    session_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    int64_t gap = op->step->u.aggregate.window.size_ms;
    wr_store_iter *it;
    WR_TRY(wr_session_find(s->store, key, wr__time_add(t, -gap), wr__time_add(t, gap), &it, err));
    weir_status st;
    for (;;) {
        wr_store_row row;
        bool more;
        st = wr_store_iter_next(it, &row, &more, err);
        if (st != WEIR_OK || !more)
            break;
        session x = {row.start_ms, row.end_ms, wr__row_copy(a, row.value)};
        wr_arr_push(a, found, x);
    }
    wr_store_iter_free(it);
    return st;
}

/* ------------------------------------------------------------------ emitting */

static uint32_t put_session(wr_op *op, const session *x, const wr_batch *in, uint32_t i,
                            wr_batch_builder *out)
{
    session_state *s = op->state;
    uint32_t to = wr_batch_builder_row(out);
    wr_batch_builder_meta(out, to, in, i);
    wr_batch *b = wr_batch_builder_batch(out);
    wr__agg_key_cells(&s->agg, b, to, in, i);
    b->rowtime[to] = x->end;
    b->window_start[to] = x->start;
    b->window_end[to] = x->end;
    return to;
}

static weir_status put_removed(wr_op *op, const session *x, const wr_batch *in, uint32_t i,
                               wr_batch_builder *out, weir_error *err)
{
    session_state *s = op->state;
    uint32_t to = put_session(op, x, in, i, out);
    wr_batch *b = wr_batch_builder_batch(out);
    b->flags[to] = 0;
    if (!op->step->needs_old)
        return WEIR_OK;
    b->flags[to] = WR_ROW_HAS_OLD;
    return wr__agg_results_of(&s->agg, x->bytes, b->old_cols, to, err);
}

/* ------------------------------------------------------------------ one row */

/* Merge what was found into @p row and @p merged. */
static weir_status merge(wr__agg *g, const sessions *found, wr__agg_row *row, session *merged,
                         weir_error *err)
{
    wr__agg_init(g, row);
    for (size_t k = 0; k < found->n; k++) {
        wr__agg_row other = wr__agg_row_new(g);
        WR_TRY(wr__agg_decode(g, found->v[k].bytes, &other, err));
        WR_TRY(wr__agg_merge(g, row, &other, err));
        merged->start = WR_MIN(merged->start, found->v[k].start);
        merged->end = WR_MAX(merged->end, found->v[k].end);
    }
    return WEIR_OK;
}

static weir_status process_row(wr_op *op, const wr_batch *in, uint32_t i, int64_t close_time,
                               wr_batch_builder *out, weir_error *err)
{
    session_state *s = op->state;
    wr__agg *g = &s->agg;
    int64_t t = in->rowtime[i];
    bool emit = !s->final.on && !op->ctx->caching;
    wr_buf_clear(&g->key);
    wr__rowkey_of(&g->key, op->step->schema, in->cols, NULL, i);
    wr_str key = wr_buf_view(&g->key);
    if (!key.ptr)
        key = (wr_str){"", 0};
    sessions found = {0};
    WR_TRY(find_sessions(op, key, t, &found, err));
    session merged = {t, t, {0}};
    wr__agg_row row = wr__agg_row_new(g);
    WR_TRY(merge(g, &found, &row, &merged, err));
    if (merged.end < close_time) {
        op->late_rows++;
        return WEIR_OK;
    }
    WR_TRY(wr__agg_add(g, &row, in, i, err)); /* first: a failure must leave the store alone */
    if (merged.start != t || merged.end != t) {
        for (size_t k = 0; k < found.n; k++) {
            const session *x = &found.v[k];
            WR_TRY(wr_session_put(s->store, key, x->start, x->end, NULL, x->end, err));
            if (emit)
                WR_TRY(put_removed(op, x, in, i, out, err));
        }
    }
    row.rowtime = merged.end;
    wr_str bytes = wr__agg_encode(g, &row);
    WR_TRY(wr_session_put(s->store, key, merged.start, merged.end, &bytes, merged.end, err));
    if (!emit)
        return WEIR_OK;
    uint32_t to = put_session(op, &merged, in, i, out);
    wr__agg_results(g, &row, wr_batch_builder_batch(out)->cols, to);
    return WEIR_OK;
}

/* ------------------------------------------------------------------ EMIT FINAL */

static weir_status put_final(wr_op *op, const wr_store_row *row, const wr_batch *in, uint32_t i,
                             wr_batch_builder *out, weir_error *err)
{
    session_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    uint32_t to = wr_batch_builder_row(out);
    wr_batch_builder_meta(out, to, in, i);
    wr_batch *b = wr_batch_builder_batch(out);
    wr_str key = wr__row_copy(a, row->key), bytes = wr__row_copy(a, row->value);
    WR_TRY(wr__rowkey_read(op->step->schema, key, a, b->cols, to, false, NULL, NULL, err));
    b->rowtime[to] = row->end_ms;
    b->window_start[to] = row->start_ms;
    b->window_end[to] = row->end_ms;
    return wr__agg_results_of(&s->agg, bytes, b->cols, to, err);
}

static weir_status emit_closed(wr_op *op, int64_t close_time, const wr_batch *in, uint32_t i,
                               wr_batch_builder *out, weir_error *err)
{
    session_state *s = op->state;
    int64_t last = s->times.v[TIME_EMITTED];
    if (!wr__final_due(&s->final, op->ctx->wall_ms, last, close_time))
        return WEIR_OK;
    int64_t lower = last == WR__NO_TIME ? 0 : WR_MAX(0, last);
    int64_t upper = wr__time_add(close_time, -1);
    if (upper < lower)
        return WEIR_OK;
    wr_store_iter *it;
    WR_TRY(wr_session_scan(s->store, lower, upper, &it, err));
    weir_status st;
    for (;;) {
        wr_store_row row;
        bool more;
        st = wr_store_iter_next(it, &row, &more, err);
        if (st != WEIR_OK || !more)
            break;
        st = put_final(op, &row, in, i, out, err);
        if (st != WEIR_OK)
            break;
    }
    wr_store_iter_free(it);
    s->times.v[TIME_EMITTED] = close_time;
    return st;
}

/* ------------------------------------------------------------------ batches */

static weir_status process_rows(wr_op *op, const wr_batch *in, wr_batch_builder *out,
                                weir_error *err)
{
    session_state *s = op->state;
    const wr_window *w = &op->step->u.aggregate.window;
    WR_FOREACH_SEL (i, in->sel) {
        bool keyed = op->step->schema->keys_n == 0 || !(in->flags[i] & WR_ROW_NULL_KEY);
        if (!keyed || !(in->flags[i] & WR_ROW_HAS_NEW)) {
            op->dropped_rows++;
            continue;
        }
        int64_t *stream_time = &s->times.v[TIME_STREAM];
        *stream_time = WR_MAX(*stream_time, in->rowtime[i]);
        int64_t close_time = wr__time_add(wr__time_add(*stream_time, -w->grace_ms), -w->size_ms);
        WR_TRY(process_row(op, in, i, close_time, out, err));
        if (s->final.on)
            WR_TRY(emit_closed(op, close_time, in, i, out, err));
    }
    return WEIR_OK;
}

static weir_status session_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    (void)input;
    session_state *s = op->state;
    wr__agg_begin(&s->agg, in, wr__sel_with(in, WR_ROW_HAS_NEW, op->ctx->scratch));
    wr_batch_builder *out =
        wr_batch_builder_new(op->ctx->scratch, op->step->schema, true, op->step->needs_old);
    return wr__emit_before(op, out, process_rows(op, in, out, err), err);
}

/* ------------------------------------------------------------------ commits */

static weir_status put_dirty(wr_op *op, wr_store_entry *e, wr_str old, wr_batch_builder *out,
                             weir_error *err)
{
    session_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    uint32_t to = wr_batch_builder_row(out);
    wr_batch *b = wr_batch_builder_batch(out);
    wr_store_row row = wr_session_row(s->store, e);
    wr_str key = wr__row_copy(a, row.key);
    WR_TRY(wr__rowkey_read(op->step->schema, key, a, b->cols, to, false, NULL, NULL, err));
    b->window_start[to] = row.start_ms;
    b->window_end[to] = row.end_ms;
    WR_TRY(wr__agg_put_dirty(&s->agg, e, old, b, to, err));
    b->rowtime[to] = row.end_ms;
    return WEIR_OK;
}

static weir_status session_flush(wr_op *op, weir_error *err)
{
    session_state *s = op->state;
    if (op->ctx->caching && !s->final.on) {
        wr__agg_ready(&s->agg, NULL);
        WR_TRY(wr__flush_dirty(op, s->store, true, put_dirty, err));
    }
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
