/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StreamStreamJoin: each row is kept for a while and joined with the rows of the other side whose
 * time is near enough: right.ts in [left.ts - before, left.ts + after].
 *
 * State: a join buffer for each side, and for outer joins with GRACE PERIOD the rows that have
 * found no partner yet, those of one time, side and key together, in order of (time, side, key),
 * then arrival:
 *
 *     time:8 (sign flipped)  side:1 (right 0, left 1)  store key  ->  length:4 row, length:4 row,
 * ...
 *
 * Semantics: Kafka Streams' KStreamKStreamJoin. For each row, in order:
 *   1 the stream time that both sides share moves
 *   2 a row without value is dropped; a row without key too, unless its side is an outer one: then
 *     it is emitted unmatched at once
 *   3 if it stands at stream time, unmatched rows whose window has closed are emitted: time + look
 *     ahead + grace < stream time. Once in an interval of wall time, and at each commit: so none is
 *     owed any more when a batch ends or input stops for a while
 *   4 it is joined with the other side, oldest partner first; partners leave the outer store. What
 *     is closed on an outer side is final: it is, or will be, emitted as it is, and joins no more.
 *     So with a GRACE PERIOD there is never both an unmatched row and a match of one row
 *   5 no partner, and its side is an outer one: emitted now if there is no GRACE PERIOD (then a
 *     later match is emitted as well) or its window has closed already; else put into the outer
 *     store
 *   6 it is put into its own side's buffer (which drops it if it has expired there)
 * A joined row has the later time of the two, an unmatched one its own.
 *
 * weir.kafka.streams.exact (`exact`): as Kafka Streams does it instead, for comparisons. In 3 only
 * rows let others out, not commits, and not those that are dropped in 2; the oldest time last seen
 * in the outer store decides whether to look, by the span of the row's own side. In 4 closed rows
 * join as well. In 5 a row is emitted once its window is past, without regard to grace, although
 * its partner may still come (KAFKA-19536).
 *
 * A batch comes in on one side, so the other side's buffer stands still meanwhile: one look-up for
 * all rows, and joined rows are noted as pairs and made a column at a time (join_row.c). They are
 * emitted before unmatched rows that come behind them.
 */
#include "engine/operators/exchange_send.h"
#include "engine/operators/group.h"
#include "engine/operators/join_row.h"
#include "engine/operators/late_rows.h"
#include "engine/operators/rowkey.h"
#include "engine/operators/stored_row.h"
#include "engine/operators/times.h"

#include "statestore/buffer.h"

/* TIME_OLDEST: none that waits is older; only `exact` asks for what a former run kept of it. */
enum { TIME_STREAM, TIME_OLDEST, TIMES };
#define SIGN (UINT64_C(1) << 63)

typedef struct ss_join_state {
    wr_store *side[2];
    wr_store *outer; /* NULL: unmatched rows do not wait */
    bool keeps[2];   /* rows of this side are emitted even if unmatched */
    wr__times times;
    int64_t next_emit_ms; /* wall clock */
    wr_buf key, row, outer_key;
} ss_join_state;

/* ------------------------------------------------------------------ open, close */

static weir_status ss_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    ss_join_state *s = op->state;
    const uint32_t *stores = op->step->stores;
    const wr_step_join *cfg = &op->step->u.join;
    s->keeps[0] = cfg->kind == WR_AST_JOIN_LEFT || cfg->kind == WR_AST_JOIN_FULL;
    s->keeps[1] = cfg->kind == WR_AST_JOIN_RIGHT || cfg->kind == WR_AST_JOIN_FULL;
    WR_TRY(ctx->open_store(ctx, stores[WR_PLAN_STORE_LEFT], &s->side[0], err));
    WR_TRY(ctx->open_store(ctx, stores[WR_PLAN_STORE_RIGHT], &s->side[1], err));
    if (stores[WR_PLAN_STORE_OUTER] != WR_PLAN_NO_STORE)
        WR_TRY(ctx->open_store(ctx, stores[WR_PLAN_STORE_OUTER], &s->outer, err));
    /* Rows can only wait where a side is emitted without a partner. */
    WR_ASSERT(!s->outer || s->keeps[0] || s->keeps[1]);
    const int64_t initial[TIMES] = {WR__NO_TIME, INT64_MAX};
    WR_TRY(wr__times_open(&s->times, op, initial, TIMES, err));
    if (!cfg->exact) /* what waits is looked at once, from the beginning */
        s->times.v[TIME_OLDEST] = INT64_MIN;
    return WEIR_OK;
}

static void ss_close(wr_op *op)
{
    ss_join_state *s = op->state;
    wr_buf_free(&s->key);
    wr_buf_free(&s->row);
    wr_buf_free(&s->outer_key);
}

/* How far the partners of a row of side @p input may lie ahead of it, and behind it. */
static int64_t ahead_ms(const wr_step_join *cfg, int input)
{
    return input == 0 ? cfg->after_ms : cfg->before_ms;
}

static int64_t behind_ms(const wr_step_join *cfg, int input)
{
    return input == 0 ? cfg->before_ms : cfg->after_ms;
}

/* The last stream time at which a row of side @p input and @p time may find a partner. */
static int64_t closes_at(const wr_step_join *cfg, int input, int64_t time)
{
    return wr__time_add(wr__time_add(time, ahead_ms(cfg, input)), cfg->grace_ms);
}

/* ------------------------------------------------------------------ rows that wait */

static wr_str outer_key(wr_buf *buf, int input, int64_t time, wr_str key)
{
    wr_buf_clear(buf);
    wr_buf_be64(buf, (uint64_t)time ^ SIGN);
    wr_buf_putc(buf, input == 0 ? 1 : 0);
    wr_buf_str(buf, key);
    return wr_buf_view(buf);
}

static weir_status wait_for_partner(ss_join_state *s, int input, int64_t time, wr_str key,
                                    wr_str row, weir_error *err)
{
    WR_ASSERT(s->keeps[input]);
    s->times.v[TIME_OLDEST] = WR_MIN(s->times.v[TIME_OLDEST], time);
    wr_store_entry *e;
    WR_TRY(wr_kv_find(s->outer, outer_key(&s->outer_key, input, time, key), &e, err));
    size_t old = wr_entry_exists(e) ? wr_entry_value(e).len : 0;
    if (old + row.len + 4 > WR_STORE_VALUE_MAX)
        return wr_error(err, WEIR_ERR_LIMIT, "too many unmatched rows of one key and time");
    char *bytes = wr_entry_edit(s->outer, e, old + 4 + row.len);
    wr_put_be32(bytes + old, row.len);
    memcpy(bytes + old + 4, row.ptr, row.len);
    return wr_entry_changed(s->outer, e, time, err);
}

/* All rows of that side, time and key have found a partner. */
static weir_status found_partner(ss_join_state *s, int input, int64_t time, wr_str key,
                                 weir_error *err)
{
    wr_store_entry *e;
    wr_str outer = outer_key(&s->outer_key, input, time, key);
    WR_TRY(wr_kv_peek_many(s->outer, 1, &outer, &e, err));
    return e && wr_entry_exists(e) ? wr_entry_set(s->outer, e, NULL, time, err) : WEIR_OK;
}

/* ------------------------------------------------------------------ emitting unmatched rows */

static weir_status put_unmatched(wr_op *op, int input, int64_t time, wr_str key, wr_str row,
                                 const wr_batch *in, uint32_t i, wr_batch_builder *out,
                                 weir_error *err)
{
    wr_arena *a = op->ctx->scratch;
    uint32_t to = in ? wr__join_row(op, out, in, i) : wr_batch_builder_row(out);
    wr_batch *b = wr_batch_builder_batch(out);
    if (!in) {
        b->partition[to] = op->ctx->partition;
        b->offset[to] = WR_NO_OFFSET;
    }
    b->flags[to] = WR_ROW_HAS_NEW;
    b->rowtime[to] = time;
    int64_t start = 0, end = 0;
    WR_TRY(wr__rowkey_read(op->step->schema, wr__row_copy(a, key), a, b->cols, to,
                           b->window_start != NULL, &start, &end, err));
    if (b->window_start) {
        b->window_start[to] = start;
        b->window_end[to] = end;
    }
    return wr__join_stored(op, input, b->cols, to, wr__row_copy(a, row), err);
}

/* In a commit what is ready goes on in batches; what lay in scratch is gone then. */
static weir_status make_room(wr_op *op, const wr_batch *in, wr_batch_builder **out, weir_error *err)
{
    if (in || wr_batch_builder_rows(*out) < WR_BATCH_ROWS_DEFAULT)
        return WEIR_OK;
    WR_TRY(wr_op_emit(op, wr_batch_builder_finish(*out), err));
    WR_TRY(wr__reset_scratch(op->ctx, err));
    *out = wr_batch_builder_new(op->ctx->scratch, op->step->schema, op->step->windowed, false);
    return WEIR_OK;
}

static weir_status damaged(weir_error *err)
{
    wr_error(err, WEIR_ERR_STORE, "a row of a join's outer store is damaged");
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

/* One entry of the outer store: its rows are emitted, and it is removed, if their window has
 * closed; else its side is open from here on. */
static weir_status try_unmatched(wr_op *op, const wr_store_row *entry, bool open[2],
                                 const wr_batch *in, uint32_t i, wr_batch_builder **out,
                                 weir_error *err)
{
    ss_join_state *s = op->state;
    const wr_step_join *cfg = &op->step->u.join;
    wr_str k = entry->key;
    if (k.len < 9 || (uint8_t)k.ptr[8] > 1)
        return damaged(err);
    int64_t time = (int64_t)(wr_get_be64(k.ptr) ^ SIGN);
    int input = k.ptr[8] ? 0 : 1;
    bool closed = closes_at(cfg, input, time) < s->times.v[TIME_STREAM];
    if (cfg->exact)
        s->times.v[TIME_OLDEST] = time;
    else if (!closed)
        s->times.v[TIME_OLDEST] = WR_MIN(s->times.v[TIME_OLDEST], time);
    if (!closed) {
        open[input] = true;
        return WEIR_OK;
    }
    WR_TRY(make_room(op, in, out, err));
    wr_str key = wr_str_make(k.ptr + 9, k.len - 9);
    for (wr_str rest = entry->value; rest.len;) {
        uint32_t len = rest.len < 4 ? UINT32_MAX : wr_get_be32(rest.ptr);
        if (len > rest.len - 4)
            return damaged(err);
        WR_TRY(
            put_unmatched(op, input, time, key, wr_str_make(rest.ptr + 4, len), in, i, *out, err));
        rest = wr_str_make(rest.ptr + 4 + len, rest.len - 4 - len);
    }
    return wr_kv_delete(s->outer, wr__row_copy(op->ctx->scratch, k), time, err);
}

/* Emit what has closed, oldest first, for row @p i of @p in or (NULL) for a commit. The scan begins
 * at the oldest that may be there, not at entries of the store that are deleted and still in its
 * memory. */
static weir_status scan_unmatched(wr_op *op, const wr_batch *in, uint32_t i, weir_error *err)
{
    ss_join_state *s = op->state;
    bool exact = op->step->u.join.exact;
    wr_batch_builder *out =
        wr_batch_builder_new(op->ctx->scratch, op->step->schema, op->step->windowed, false);
    wr_store_iter *it;
    wr_buf_clear(&s->outer_key);
    wr_buf_be64(&s->outer_key, (uint64_t)s->times.v[TIME_OLDEST] ^ SIGN);
    s->times.v[TIME_OLDEST] = INT64_MAX;
    WR_TRY(wr_kv_scan(s->outer, exact ? (wr_str){0} : wr_buf_view(&s->outer_key), (wr_str){0},
                      false, &it, err));
    /* Entries come in order of time, so a side that is open stays open. */
    bool open[2] = {!exact && !s->keeps[0], !exact && !s->keeps[1]};
    weir_status st = WEIR_OK;
    while (st == WEIR_OK && !(open[0] && open[1])) {
        wr_store_row row;
        bool more;
        st = wr_store_iter_next(it, &row, &more, err);
        if (st != WEIR_OK || !more)
            break;
        st = try_unmatched(op, &row, open, in, i, &out, err);
    }
    wr_store_iter_free(it);
    return st == WEIR_OK ? wr_op_emit(op, wr_batch_builder_finish(out), err) : st;
}

/* Can anything that waits have closed? */
static bool may_have_closed(const ss_join_state *s, const wr_step_join *cfg, int input)
{
    int64_t ahead = ahead_ms(cfg, input);
    if (!cfg->exact) {
        ahead = INT64_MAX;
        for (int k = 0; k < 2; k++)
            if (s->keeps[k])
                ahead = WR_MIN(ahead, ahead_ms(cfg, k));
    }
    int64_t horizon = wr__time_add(wr__time_add(s->times.v[TIME_STREAM], -ahead), -cfg->grace_ms);
    return s->times.v[TIME_OLDEST] < horizon;
}

/* Emit what has closed, if it is time; after @p pairs. */
static weir_status emit_unmatched(wr_op *op, int input, const wr_batch *in, uint32_t i,
                                  wr__join_pairs *pairs, weir_error *err)
{
    ss_join_state *s = op->state;
    const wr_step_join *cfg = &op->step->u.join;
    if (op->ctx->wall_ms < s->next_emit_ms || !may_have_closed(s, cfg, input))
        return WEIR_OK;
    s->next_emit_ms = wr__time_add(op->ctx->wall_ms, cfg->emit_interval_ms);
    WR_TRY(wr__join_emit(op, input, in, pairs, err));
    return scan_unmatched(op, in, i, err);
}

/* ------------------------------------------------------------------ joining */

/* One row of a batch with what was found for it. */
typedef struct ss_row {
    uint32_t i;
    wr_str key;
    const wr_buffer_probe *partners;
    wr_store_entry *home; /* where it goes itself */
} ss_row;

/* *matches: how many joined rows that makes. A row that only finds partners that are closed is
 * late.
 */
static weir_status join_partners(wr_op *op, int input, const ss_row *r, const wr_batch *in,
                                 wr_buffer_rows_of *found, wr__join_pairs *pairs, size_t *matches,
                                 weir_error *err)
{
    ss_join_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    int64_t time = in->rowtime[r->i];
    const wr_step_join *cfg = &op->step->u.join;
    bool may_wait = s->outer && s->keeps[1 - input];
    int64_t closed = WR__NO_TIME; /* the latest that a partner which is final could wait for */
    WR_TRY(wr_buffer_rows(s->side[1 - input], r->key, r->partners, a, found, err));
    for (size_t k = 0; k < found->n; k++) {
        const wr_buffer_row *partner = &found->v[k];
        if (may_wait && !cfg->exact &&
            closes_at(cfg, 1 - input, partner->time_ms) < s->times.v[TIME_STREAM]) {
            closed = WR_MAX(closed, wr__time_add(partner->time_ms, ahead_ms(cfg, 1 - input)));
            continue;
        }
        ++*matches;
        wr__join_pair(pairs, a, r->i, partner->value, WR_MAX(time, partner->time_ms));
        if (may_wait && (k == 0 || partner->time_ms != found->v[k - 1].time_ms))
            WR_TRY(found_partner(s, 1 - input, partner->time_ms, r->key, err));
        if (pairs->n >= WR__JOIN_PAIRS)
            WR_TRY(wr__join_emit(op, input, in, pairs, err));
    }
    if (found->n > 0 && *matches == 0)
        wr__late_join_row(op, time, wr__time_add(s->times.v[TIME_STREAM], -closed));
    return WEIR_OK;
}

static weir_status join_row(wr_op *op, int input, const ss_row *r, const wr_batch *in,
                            wr_buffer_rows_of *found, wr__join_pairs *pairs, weir_error *err)
{
    ss_join_state *s = op->state;
    int64_t time = in->rowtime[r->i];
    WR_ASSERT(time <= s->times.v[TIME_STREAM]);
    const wr_step_join *cfg = &op->step->u.join;
    size_t matches = 0;
    WR_ASSERT(!s->outer || s->keeps[0] || s->keeps[1]);
    WR_TRY(join_partners(op, input, r, in, found, pairs, &matches, err));
    wr_str row = wr__join_stored_row(&s->row, op, input, in, r->i);
    if (matches == 0 && s->keeps[input]) {
        int64_t closes = cfg->exact ? WR_MAX(0, wr__time_add(time, ahead_ms(cfg, input)))
                                    : closes_at(cfg, input, time);
        if (!s->outer || closes < s->times.v[TIME_STREAM])
            wr__join_pair(pairs, op->ctx->scratch, r->i, (wr_str){0}, time);
        else
            WR_TRY(wait_for_partner(s, input, time, r->key, row, err));
    }
    return wr_buffer_add(s->side[input], r->key, r->home, time, row, time, err);
}

/* What a batch's rows with key and value need, looked up at once. */
static weir_status find_rows(wr_op *op, int input, const wr_batch *in, ss_row **out,
                             weir_error *err)
{
    ss_join_state *s = op->state;
    const wr_step_join *cfg = &op->step->u.join;
    wr_arena *a = op->ctx->scratch;
    uint32_t *rows = WR_NEW_N(a, uint32_t, in->sel.n), n = 0;
    WR_FOREACH_SEL (i, in->sel)
        if ((in->flags[i] & (WR_ROW_HAS_NEW | WR_ROW_NULL_KEY)) == WR_ROW_HAS_NEW)
            rows[n++] = i;
    wr__groups groups;
    wr__join_keys(&groups, &s->key, op, input, in, (wr_sel){n, rows});
    wr_str *keys = WR_NEW_N(a, wr_str, n);
    int64_t *times = WR_NEW_N(a, int64_t, n), *from = WR_NEW_N(a, int64_t, n);
    int64_t *to = WR_NEW_N(a, int64_t, n);
    for (uint32_t k = 0; k < n; k++) {
        keys[k] = groups.keys[groups.of[k]];
        times[k] = in->rowtime[rows[k]];
        from[k] = WR_MAX(0, wr__time_add(times[k], -behind_ms(cfg, input)));
        to[k] = WR_MAX(0, wr__time_add(times[k], ahead_ms(cfg, input)));
    }
    wr_buffer_probe *probes = WR_NEW_N(a, wr_buffer_probe, n);
    wr_store_entry **homes = WR_NEW_N(a, wr_store_entry *, n);
    WR_TRY(wr_buffer_probe_many(s->side[1 - input], n, keys, from, to, a, probes, err));
    WR_TRY(wr_buffer_find_many(s->side[input], n, keys, times, homes, err));
    *out = WR_NEW_N(a, ss_row, n);
    for (uint32_t k = 0; k < n; k++)
        (*out)[k] = (ss_row){rows[k], keys[k], &probes[k], homes[k]};
    return WEIR_OK;
}

static weir_status ss_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    ss_join_state *s = op->state;
    bool exact = op->step->u.join.exact;
    ss_row *next;
    WR_ASSERT(input == 0 || input == 1);
    WR_TRY(find_rows(op, input, in, &next, err));
    wr_buffer_rows_of found = {0};
    wr__join_pairs pairs = {0};
    WR_FOREACH_SEL (i, in->sel) {
        int64_t *stream_time = &s->times.v[TIME_STREAM];
        *stream_time = WR_MAX(*stream_time, in->rowtime[i]);
        bool has_key = !(in->flags[i] & WR_ROW_NULL_KEY);
        bool joins = has_key && (in->flags[i] & WR_ROW_HAS_NEW);
        if (s->outer && in->rowtime[i] == *stream_time && (joins || !exact))
            WR_TRY(emit_unmatched(op, input, in, i, &pairs, err));
        if (!(in->flags[i] & WR_ROW_HAS_NEW) || (!has_key && !s->keeps[input]))
            wr_op_drop(op, in->flags[i]);
        else if (!has_key)
            wr__join_pair(&pairs, op->ctx->scratch, i, (wr_str){0}, in->rowtime[i]);
        else
            WR_TRY(join_row(op, input, next++, in, &found, &pairs, err));
    }
    return wr__join_emit(op, input, in, &pairs, err);
}

static weir_status ss_flush(wr_op *op, weir_error *err)
{
    ss_join_state *s = op->state;
    const wr_step_join *cfg = &op->step->u.join;
    if (s->outer && !cfg->exact && may_have_closed(s, cfg, 0))
        WR_TRY(scan_unmatched(op, NULL, 0, err));
    return wr__times_flush(&s->times, op, err);
}

const wr_op_class wr__stream_stream_join_class = {
    .name = "StreamStreamJoin",
    .state_size = sizeof(ss_join_state),
    .open = ss_open,
    .process = ss_process,
    .flush = ss_flush,
    .close = ss_close,
};
