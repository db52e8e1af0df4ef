/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StreamStreamJoin: each row is kept for a while and joined with the rows of the other side whose
 * time is near enough: right.ts in [left.ts - before, left.ts + after].
 *
 * State: a window store of rows for each side ("<context>-left", "-right"; duplicates, since two
 * rows may share key and time), and for outer joins with GRACE PERIOD the rows that have found no
 * partner yet ("<context>-outer"), ordered by (time, side, key, order of arrival):
 *
 *     time:8 (sign flipped)  side:1 (right 0, left 1)  store key  sequence:8
 *
 * Semantics: Kafka Streams' KStreamKStreamJoin. For each row, in order:
 *   1 the stream time that both sides share moves
 *   2 a row without value is dropped; a row without key too, unless its side is an outer one: then
 *     it is emitted unmatched at once
 *   3 if it stands at stream time, unmatched rows whose window has closed are emitted: time + look
 *     ahead + grace < stream time. At most once a second of wall time, and only if the oldest time
 *     that was seen in the outer store last time makes it likely (`oldest`): both as Kafka does it,
 *     because it shows in the order of the output
 *   4 it is joined with the other side, oldest partner first; partners leave the outer store
 *   5 no partner, and its side is an outer one: emitted now if there is no GRACE PERIOD (then a
 * later match is emitted as well) or its window is past already; else put into the outer store 6 it
 * is put into its own side's buffer (which drops it if it has expired there) A joined row has the
 * later time of the two, an unmatched one its own.
 */
#include "engine/operators/internal.h"

#include "statestore/window.h"

enum { TIME_STREAM, TIME_OLDEST, SEQUENCE, TIMES };
#define EMIT_INTERVAL_MS 1000
#define SIGN             (UINT64_C(1) << 63)

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
    (void)ctx;
    ss_join_state *s = op->state;
    const wr_step_join *cfg = &op->step->u.join;
    s->keeps[0] = cfg->kind == WR_AST_JOIN_LEFT || cfg->kind == WR_AST_JOIN_FULL;
    s->keeps[1] = cfg->kind == WR_AST_JOIN_RIGHT || cfg->kind == WR_AST_JOIN_FULL;
    wr_store_spec spec = {.kind = WR_STORE_WINDOW,
                          .layout = WR_WINDOW_SEGMENTED,
                          .retention_ms = cfg->retention_ms,
                          .duplicates = true};
    WR_TRY(wr__op_store(op, "-left", &spec, &s->side[0], err));
    WR_TRY(wr__op_store(op, "-right", &spec, &s->side[1], err));
    if (cfg->has_grace && (s->keeps[0] || s->keeps[1])) {
        wr_store_spec outer = {.kind = WR_STORE_KV};
        WR_TRY(wr__op_store(op, "-outer", &outer, &s->outer, err));
    }
    const int64_t initial[TIMES] = {WR__NO_TIME, INT64_MAX, 0};
    return wr__times_open(&s->times, op, initial, TIMES, err);
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

/* ------------------------------------------------------------------ rows that wait */

static wr_str outer_prefix(wr_buf *buf, int input, int64_t time, wr_str key)
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
    s->times.v[TIME_OLDEST] = WR_MIN(s->times.v[TIME_OLDEST], time);
    outer_prefix(&s->outer_key, input, time, key);
    wr_buf_be64(&s->outer_key, (uint64_t)s->times.v[SEQUENCE]++);
    return wr_kv_put(s->outer, wr_buf_view(&s->outer_key), row, time, err);
}

/* All rows of that side, time and key have found a partner. */
static weir_status found_partner(wr_op *op, int input, int64_t time, wr_str key, weir_error *err)
{
    ss_join_state *s = op->state;
    wr_str prefix = outer_prefix(&s->outer_key, input, time, key);
    wr_store_iter *it;
    WR_TRY(wr_kv_scan_prefix(s->outer, prefix, false, &it, err));
    weir_status st;
    for (;;) {
        wr_store_row row;
        bool more;
        st = wr_store_iter_next(it, &row, &more, err);
        if (st != WEIR_OK || !more)
            break;
        st = wr_kv_delete(s->outer, wr__row_copy(op->ctx->scratch, row.key), time, err);
        if (st != WEIR_OK)
            break;
    }
    wr_store_iter_free(it);
    return st;
}

/* ------------------------------------------------------------------ emitting unmatched rows */

static weir_status put_unmatched(wr_op *op, int input, int64_t time, wr_str key, wr_str row,
                                 const wr_batch *in, uint32_t i, wr_batch_builder *out,
                                 weir_error *err)
{
    wr_arena *a = op->ctx->scratch;
    uint32_t to = wr__join_row(op, out, in, i);
    wr_batch *b = wr_batch_builder_batch(out);
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

/* The parts of a key of the outer store. */
static weir_status split_outer_key(wr_str k, int *input, int64_t *time, wr_str *key,
                                   weir_error *err)
{
    if (k.len < 17 || (uint8_t)k.ptr[8] > 1)
        return wr_error(err, WEIR_ERR_STORE, "a row of a join's outer store is damaged");
    *time = (int64_t)(wr_get_be64(k.ptr) ^ SIGN);
    *input = k.ptr[8] ? 0 : 1;
    *key = wr_str_make(k.ptr + 9, k.len - 17);
    return WEIR_OK;
}

/* One row of the outer store: emitted and removed if its window has closed. */
static weir_status try_unmatched(wr_op *op, const wr_store_row *row, bool open[2],
                                 const wr_batch *in, uint32_t i, wr_batch_builder *out,
                                 weir_error *err)
{
    ss_join_state *s = op->state;
    const wr_step_join *cfg = &op->step->u.join;
    int input = 0;
    int64_t time = 0;
    wr_str key = {NULL, 0};
    WR_TRY(split_outer_key(row->key, &input, &time, &key, err));
    s->times.v[TIME_OLDEST] = time;
    int64_t closes = wr__time_add(wr__time_add(time, ahead_ms(cfg, input)), cfg->grace_ms);
    if (closes >= s->times.v[TIME_STREAM]) {
        open[input] = true;
        return WEIR_OK;
    }
    WR_TRY(put_unmatched(op, input, time, key, row->value, in, i, out, err));
    wr_str gone = wr__row_copy(op->ctx->scratch, row->key);
    return wr_kv_delete(s->outer, gone, time, err);
}

static weir_status emit_unmatched(wr_op *op, int input, const wr_batch *in, uint32_t i,
                                  wr_batch_builder *out, weir_error *err)
{
    ss_join_state *s = op->state;
    const wr_step_join *cfg = &op->step->u.join;
    int64_t horizon =
        wr__time_add(wr__time_add(s->times.v[TIME_STREAM], -ahead_ms(cfg, input)), -cfg->grace_ms);
    if (s->times.v[TIME_OLDEST] >= horizon || op->ctx->wall_ms < s->next_emit_ms)
        return WEIR_OK;
    s->next_emit_ms = wr__time_add(op->ctx->wall_ms, EMIT_INTERVAL_MS);
    s->times.v[TIME_OLDEST] = INT64_MAX;
    wr_store_iter *it;
    WR_TRY(wr_kv_scan(s->outer, (wr_str){0}, (wr_str){0}, false, &it, err));
    bool open[2] = {false, false};
    weir_status st = WEIR_OK;
    while (st == WEIR_OK && !(open[0] && open[1])) {
        wr_store_row row;
        bool more;
        st = wr_store_iter_next(it, &row, &more, err);
        if (st != WEIR_OK || !more)
            break;
        st = try_unmatched(op, &row, open, in, i, out, err);
    }
    wr_store_iter_free(it);
    return st;
}

static void put_alone(wr_op *op, int input, const wr_batch *in, uint32_t i, wr_batch_builder *out)
{
    uint32_t to = wr__join_row(op, out, in, i);
    wr__join_values(op, input, wr_batch_builder_batch(out)->cols, to, in->cols, i);
}

/* ------------------------------------------------------------------ joining */

static weir_status join_partners(wr_op *op, int input, wr_str key, const wr_batch *in, uint32_t i,
                                 wr_batch_builder *out, bool *matched, weir_error *err)
{
    ss_join_state *s = op->state;
    const wr_step_join *cfg = &op->step->u.join;
    int64_t time = in->rowtime[i];
    int64_t from = WR_MAX(0, wr__time_add(time, -behind_ms(cfg, input)));
    int64_t to_ms = WR_MAX(0, wr__time_add(time, ahead_ms(cfg, input)));
    wr_store_iter *it;
    WR_TRY(wr_window_fetch(s->side[1 - input], key, from, to_ms, &it, err));
    weir_status st;
    for (;;) {
        wr_store_row row;
        bool more;
        st = wr_store_iter_next(it, &row, &more, err);
        if (st != WEIR_OK || !more)
            break;
        *matched = true;
        uint32_t to = wr__join_row(op, out, in, i);
        wr_batch *b = wr_batch_builder_batch(out);
        b->rowtime[to] = WR_MAX(time, row.start_ms);
        wr__join_values(op, input, b->cols, to, in->cols, i);
        wr_str bytes = wr__row_copy(op->ctx->scratch, row.value);
        st = wr__join_stored(op, 1 - input, b->cols, to, bytes, err);
        if (st == WEIR_OK && s->outer && s->keeps[1 - input])
            st = found_partner(op, 1 - input, row.start_ms, key, err);
        if (st != WEIR_OK)
            break;
    }
    wr_store_iter_free(it);
    return st;
}

static weir_status join_row(wr_op *op, int input, const wr_batch *in, uint32_t i,
                            wr_batch_builder *out, weir_error *err)
{
    ss_join_state *s = op->state;
    int64_t time = in->rowtime[i], *stream_time = &s->times.v[TIME_STREAM];
    *stream_time = WR_MAX(*stream_time, time);
    bool has_key = !(in->flags[i] & WR_ROW_NULL_KEY);
    if (!(in->flags[i] & WR_ROW_HAS_NEW) || (!has_key && !s->keeps[input])) {
        op->dropped_rows++;
        return WEIR_OK;
    }
    if (!has_key) {
        put_alone(op, input, in, i, out);
        return WEIR_OK;
    }
    if (s->outer && time == *stream_time)
        WR_TRY(emit_unmatched(op, input, in, i, out, err));
    wr_str key = wr__join_key(&s->key, op, input, in, i);
    bool matched = false;
    WR_TRY(join_partners(op, input, key, in, i, out, &matched, err));
    wr_str row = wr__join_stored_row(&s->row, op, input, in, i);
    if (!matched && s->keeps[input]) {
        int64_t closes = WR_MAX(0, wr__time_add(time, ahead_ms(&op->step->u.join, input)));
        if (!s->outer || closes < *stream_time)
            put_alone(op, input, in, i, out);
        else
            WR_TRY(wait_for_partner(s, input, time, key, row, err));
    }
    return wr_window_put(s->side[input], key, time, &row, time, err);
}

static weir_status ss_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    wr_batch_builder *out =
        wr_batch_builder_new(op->ctx->scratch, op->step->schema, op->step->windowed, false);
    WR_FOREACH_SEL (i, in->sel)
        WR_TRY(join_row(op, input, in, i, out, err));
    return wr_op_emit(op, wr_batch_builder_finish(out), err);
}

static weir_status ss_flush(wr_op *op, weir_error *err)
{
    ss_join_state *s = op->state;
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
