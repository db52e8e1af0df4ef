/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StreamAggregate and TableAggregate without windows: one row per group in a kv store.
 *
 * Semantics: Kafka Streams' KStreamAggregate and KTableAggregate.
 *   stream  add the row; its time is the largest of all that contributed
 *   table   undo the old row if the group exists, then add the new one; a group that never was
 *           does not come into being by an undo, but its (empty) change is handed on, a tombstone
 *
 * With caching off each update is emitted. With caching on updates stay in the store's overlay and
 * flush emits each changed group once, in order of first change, the old row being the one as of
 * the last commit.
 *
 * A row that an aggregate cannot take (a stream's SUM of DECIMAL would overflow) is left out of all
 * aggregates of its group, which keeps its value and its time; nothing is emitted for it. A table's
 * sum goes on beyond its type, as far as its stored form has room, and its result is NULL as long
 * as it does not fit: rows of tables are undone later, so none may be missing. Where the query is
 * to end instead, what the rows before gave is emitted first.
 *
 * Rows go to their groups in one of three ways with the same result: in place (flat.h), where all
 * states have fixed widths; boxed (agg_row.c), one row at a time; or boxed and kept until the batch
 * ends (agg_work.h), where states are large and no update is emitted by itself.
 */
#include "engine/operators/agg_row.h"
#include "engine/operators/agg_work.h"
#include "engine/operators/flat.h"
#include "engine/operators/group.h"
#include "engine/operators/last_headers.h"
#include "engine/operators/stored_row.h"

typedef struct aggregate_state {
    wr__agg agg;
    wr__flat flat;
    wr_store *store;
} aggregate_state;

static weir_status aggregate_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    WR_ASSERT(op->step->u.aggregate.window.kind == WR_WINDOW_NONE);
    aggregate_state *s = op->state;
    WR_TRY(wr__agg_open(&s->agg, op, err));
    wr__flat_open(&s->flat, s->agg.cfg, ctx->task_arena);
    return ctx->open_store(ctx, op->step->stores[WR_PLAN_STORE_ROWS], &s->store, err);
}

static void aggregate_close(wr_op *op)
{
    aggregate_state *s = op->state;
    wr__agg_close(&s->agg);
}

/* ------------------------------------------------------------------ one row, boxed */

/* Update the group of row i in @p row; *exists: before, then after. */
static weir_status update(aggregate_state *s, const wr_batch *in, uint32_t i, wr__agg_row *row,
                          bool *exists, weir_error *err)
{
    wr__agg *g = &s->agg;
    int64_t time = in->rowtime[i];
    bool before = *exists;
    if (before)
        time = WR_MAX(time, row->rowtime);
    if (g->cfg->input_table && (in->flags[i] & WR_ROW_HAS_OLD) && before)
        WR_TRY(wr__agg_undo(g, row, in, i, err));
    if (in->flags[i] & WR_ROW_HAS_NEW) {
        if (!before)
            wr__agg_init(g, row);
        WR_TRY(wr__agg_add(g, row, in, i, err));
        *exists = true;
    }
    row->rowtime = time;
    return WEIR_OK;
}

static weir_status process_row(wr_op *op, const wr_batch *in, uint32_t i, wr_store_entry *e,
                               wr_batch_builder *out, weir_error *err)
{
    aggregate_state *s = op->state;
    wr__agg *g = &s->agg;
    wr__agg_row row = wr__agg_row_new(g);
    bool exists = wr_entry_exists(e);
    wr_str old = g->initial;
    if (exists) {
        old = wr__row_copy(op->ctx->scratch, wr_entry_value(e));
        WR_TRY(wr__agg_decode(g, old, &row, err));
    }
    weir_status st = update(s, in, i, &row, &exists, err);
    if (st != WEIR_OK)
        return wr__agg_left_out(g, in, i, st, err);
    if (exists) {
        wr_str bytes = wr__agg_encode(g, &row);
        WR_TRY(wr_entry_set(s->store, e, &bytes, row.rowtime, err));
    }
    if (op->ctx->caching)
        return WEIR_OK;
    uint32_t to = wr_batch_builder_row(out);
    wr_batch_builder_meta(out, to, in, i);
    wr_batch *b = wr_batch_builder_batch(out);
    wr__agg_key_cells(g, b, to, in, i);
    b->rowtime[to] = row.rowtime;
    b->flags[to] = exists ? WR_ROW_HAS_NEW : 0;
    if (exists)
        wr__agg_results(g, &row, b->cols, to);
    if (old.ptr && op->step->needs_old) {
        b->flags[to] |= WR_ROW_HAS_OLD;
        WR_TRY(wr__agg_results_of(g, old, b->old_cols, to, err));
    }
    return WEIR_OK;
}

/* ------------------------------------------------------------------ batches */

/* A stream's rows without value or key are nothing to an aggregate. */
static wr_sel usable(wr_op *op, const wr_batch *in)
{
    const wr_step_aggregate *cfg = &op->step->u.aggregate;
    uint32_t *rows = WR_NEW_N(op->ctx->scratch, uint32_t, in->sel.n), n = 0;
    WR_FOREACH_SEL (i, in->sel) {
        uint8_t f = in->flags[i];
        bool keyed = op->step->schema->keys_n == 0 || !(f & WR_ROW_NULL_KEY);
        if (keyed && (cfg->input_table || (f & WR_ROW_HAS_NEW)))
            rows[n++] = i;
        else
            wr_op_drop(op, in->flags[i]);
    }
    return (wr_sel){n, rows};
}

static weir_status process_rows(wr_op *op, const wr_batch *in, wr_sel sel, const uint32_t *group,
                                wr__agg_work *w, wr_batch_builder *out, weir_error *err)
{
    aggregate_state *s = op->state;
    bool emit = !op->ctx->caching, notes = !emit && wr__last_headers_matter(s->store, in);
    for (uint32_t k = 0; k < sel.n; k++) {
        uint32_t i = wr_sel_row(sel, k), to;
        wr_store_entry *e = w->entries[group[k]];
        wr_str old = s->agg.initial;
        if (WR_UNLIKELY(notes))
            wr__last_headers_put(s->store, e, in, i, op->ctx->scratch);
        if (emit && op->step->needs_old && wr_entry_exists(e))
            old = wr__row_copy(op->ctx->scratch, wr_entry_value(e));
        if (in->partials && in->partials[i].ptr) {
            WR_TRY(wr__agg_work_merge(w, group[k], i, err));
        } else if (wr__agg_work_open(w, group[k], i)) {
            wr__agg_work_add(w, group[k], i);
        } else if (wr__agg_work_keeps(w)) {
            WR_TRY(wr__agg_work_keep(w, group[k], i, wr_entry_exists(e), err));
            continue;
        } else {
            WR_TRY(process_row(op, in, i, e, out, err));
            continue;
        }
        if (!emit)
            continue;
        WR_TRY(wr__agg_work_settle(w, err));
        WR_TRY(wr__agg_put_update(&s->agg, &s->flat, e, old, in, i, out, &to, err));
    }
    return wr__agg_work_settle(w, err);
}

static weir_status aggregate_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    WR_ASSERT(!in->partials || !op->step->u.aggregate.input_table);
    (void)input;
    aggregate_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    wr_sel sel = usable(op, in);
    wr__groups groups;
    wr__groups_find(&groups, op->step->schema, in, sel, &s->agg.key, a);
    wr_store_entry **entries = WR_NEW_N(a, wr_store_entry *, groups.n);
    WR_TRY(wr_kv_find_many(s->store, groups.n, groups.keys, entries, err));
    wr__agg_begin(&s->agg, in, wr__agg_whole_rows(in, sel, a));
    wr__agg_work work;
    wr__agg_work_begin(&work, &s->agg, &s->flat, s->store, in, entries, groups.n,
                       !op->ctx->caching);
    wr_batch_builder *out = wr_batch_builder_new(a, op->step->schema, false, op->step->needs_old);
    return wr__emit_before(op, out, process_rows(op, in, sel, groups.of, &work, out, err), err);
}

static weir_status aggregate_flush(wr_op *op, weir_error *err)
{
    aggregate_state *s = op->state;
    if (!op->ctx->caching)
        return WEIR_OK;
    wr__agg_ready(&s->agg, NULL);
    return wr__agg_flush(&s->agg, &s->flat, s->store, err);
}

const wr_op_class wr__aggregate_class = {
    .name = "Aggregate",
    .state_size = sizeof(aggregate_state),
    .open = aggregate_open,
    .process = aggregate_process,
    .flush = aggregate_flush,
    .close = aggregate_close,
};
