/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TableTableJoin on the primary key: a change of either side changes the result row of that key.
 * Both sides' current rows are kept, so the row before a change is known here whatever the inputs
 * carry; the result too where pull queries may ask for it.
 *
 * Semantics: Kafka Streams' KTableKTable{Inner,Left,Right,Outer}Join. For a change of side A with
 * the other side's row o (RIGHT is LEFT with the sides exchanged):
 *   INNER             no o: nothing. Else new = A's new row with o, or a tombstone
 *   LEFT, A = left    nothing if there is neither o nor a new nor an old row;
 *                     else new = A's new row with o or NULLs, or a tombstone
 *   LEFT, A = right   no o: nothing. Else new = o with A's new row or NULLs
 *   FULL              nothing if there is neither o nor a new nor an old row; else new = both, with
 *                     NULLs for what is missing, or a tombstone if both are
 * Old rows likewise from A's old row. Time: the later one of A's change and o.
 */
#include "engine/operators/group.h"
#include "engine/operators/join_row.h"
#include "engine/operators/stored_row.h"

typedef struct tt_join_state {
    wr_store *side[2];
    wr_store *result; /* NULL unless materialised */
    wr_buf key, row;
} tt_join_state;

static weir_status tt_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    WR_ASSERT(op->step->in[0]->table && op->step->in[1]->table);
    tt_join_state *s = op->state;
    const uint32_t *stores = op->step->stores;
    WR_TRY(ctx->open_store(ctx, stores[WR_PLAN_STORE_LEFT], &s->side[0], err));
    WR_TRY(ctx->open_store(ctx, stores[WR_PLAN_STORE_RIGHT], &s->side[1], err));
    if (stores[WR_PLAN_STORE_ROWS] == WR_PLAN_NO_STORE)
        return WEIR_OK;
    return ctx->open_store(ctx, stores[WR_PLAN_STORE_ROWS], &s->result, err);
}

static void tt_close(wr_op *op)
{
    tt_join_state *s = op->state;
    wr_buf_free(&s->key);
    wr_buf_free(&s->row);
}

/* One change: rows as bytes in scratch; ptr NULL: not there. */
typedef struct tt_change {
    int input;
    bool has_new;
    wr_str old, other;
} tt_change;

/* The entries of a batch's keys in the stores; NULL where the other side or the result has none. */
typedef struct tt_entries {
    wr__groups groups;
    wr_store_entry **own, **other, **result;
} tt_entries;

static weir_status find_entries(wr_op *op, int input, const wr_batch *in, wr_sel sel, tt_entries *e,
                                weir_error *err)
{
    tt_join_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    wr__join_keys(&e->groups, &s->key, op, input, in, sel);
    uint32_t n = e->groups.n;
    e->own = WR_NEW_N(a, wr_store_entry *, n);
    e->other = WR_NEW_N(a, wr_store_entry *, n);
    e->result = WR_NEW_N(a, wr_store_entry *, n);
    WR_TRY(wr_kv_find_many(s->side[input], n, e->groups.keys, e->own, err));
    WR_TRY(wr_kv_peek_many(s->side[1 - input], n, e->groups.keys, e->other, err));
    return s->result ? wr_kv_find_many(s->result, n, e->groups.keys, e->result, err) : WEIR_OK;
}

static weir_status store_side(wr_op *op, int input, const wr_batch *in, uint32_t i,
                              const tt_entries *entries, uint32_t group, tt_change *c,
                              weir_error *err)
{
    tt_join_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    wr_store_entry *e = entries->own[group];
    const wr_store_entry *other = entries->other[group];
    *c = (tt_change){.input = input, .has_new = in->flags[i] & WR_ROW_HAS_NEW};
    if (other && wr_entry_exists(other))
        c->other = wr__row_copy(a, wr_entry_value(other));
    if (wr_entry_exists(e))
        c->old = wr__row_copy(a, wr_entry_value(e));
    if (!c->has_new)
        return wr_entry_set(s->side[input], e, NULL, in->rowtime[i], err);
    wr_str row = wr__join_stored_row(&s->row, op, input, in, i);
    return wr_entry_set(s->side[input], e, &row, in->rowtime[i], err);
}

/* Does this change reach the result, and is there a result row with / without A's row? */
static bool reaches(const wr_op *op, const tt_change *c, bool *without_this)
{
    wr_ast_join_kind kind = op->step->u.join.kind;
    bool primary = kind == WR_AST_JOIN_FULL || (kind == WR_AST_JOIN_LEFT && c->input == 0) ||
                   (kind == WR_AST_JOIN_RIGHT && c->input == 1);
    bool has_other = c->other.ptr != NULL;
    *without_this =
        has_other && kind != WR_AST_JOIN_INNER && (kind == WR_AST_JOIN_FULL || !primary);
    if (!primary)
        return has_other;
    return has_other || c->has_new || c->old.ptr;
}

static weir_status put_result(wr_op *op, const wr_batch *b, uint32_t to, wr_store_entry *e,
                              weir_error *err)
{
    tt_join_state *s = op->state;
    const wr_schema *schema = op->step->schema;
    if (!(b->flags[to] & WR_ROW_HAS_NEW))
        return wr_entry_set(s->result, e, NULL, b->rowtime[to], err);
    wr_buf_clear(&s->row);
    wr__row_put(&s->row, b->rowtime[to], b->cols, schema->keys_n, schema->n - schema->keys_n, to);
    wr_str row = wr_buf_view(&s->row);
    return wr_entry_set(s->result, e, &row, b->rowtime[to], err);
}

static weir_status join_change(wr_op *op, int input, const wr_batch *in, uint32_t i,
                               const tt_entries *entries, uint32_t group, wr_batch_builder *out,
                               weir_error *err)
{
    tt_join_state *s = op->state;
    tt_change c;
    bool without_this;
    WR_TRY(store_side(op, input, in, i, entries, group, &c, err));
    if (!reaches(op, &c, &without_this))
        return WEIR_OK;
    uint32_t to = wr__join_row(op, out, in, i);
    wr_batch *b = wr_batch_builder_batch(out);
    b->flags[to] = 0;
    if (c.other.ptr) {
        int64_t other_ms;
        WR_TRY(wr__row_time(c.other, &other_ms, err));
        b->rowtime[to] = WR_MAX(b->rowtime[to], other_ms);
    }
    if (c.has_new || without_this) {
        b->flags[to] |= WR_ROW_HAS_NEW;
        if (c.has_new)
            wr__join_values(op, input, b->cols, to, in->cols, i);
        if (c.other.ptr)
            WR_TRY(wr__join_stored(op, 1 - input, b->cols, to, c.other, err));
    }
    if (b->old_cols && (c.old.ptr || without_this)) {
        b->flags[to] |= WR_ROW_HAS_OLD;
        if (c.old.ptr)
            WR_TRY(wr__join_stored(op, input, b->old_cols, to, c.old, err));
        if (c.other.ptr)
            WR_TRY(wr__join_stored(op, 1 - input, b->old_cols, to, c.other, err));
    }
    return s->result ? put_result(op, b, to, entries->result[group], err) : WEIR_OK;
}

static weir_status tt_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    WR_ASSERT(input == 0 || input == 1);
    wr_batch_builder *out = wr_batch_builder_new(op->ctx->scratch, op->step->schema,
                                                 op->step->windowed, op->step->needs_old);
    uint32_t *rows = WR_NEW_N(op->ctx->scratch, uint32_t, in->sel.n), n = 0;
    WR_FOREACH_SEL (i, in->sel)
        if (!(in->flags[i] & WR_ROW_NULL_KEY))
            rows[n++] = i;
    op->dropped_rows += in->sel.n - n;
    op->null_keys += in->sel.n - n;
    tt_entries entries;
    WR_TRY(find_entries(op, input, in, (wr_sel){n, rows}, &entries, err));
    for (uint32_t k = 0; k < n; k++)
        WR_TRY(join_change(op, input, in, rows[k], &entries, entries.groups.of[k], out, err));
    return wr_op_emit(op, wr_batch_builder_finish(out), err);
}

const wr_op_class wr__table_table_join_class = {
    .name = "TableTableJoin",
    .state_size = sizeof(tt_join_state),
    .open = tt_open,
    .process = tt_process,
    .close = tt_close,
};
