/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TableGroupBy: a change of a table row becomes changes of groups (Kafka Streams'
 * KTableRepartitionMap). The old row is to be undone in its group and the new one added to its own:
 * the same group: one row with both; two groups: one row each, the old group's first. A side whose
 * group key has a NULL part is left out; for the new row that is counted and named in the log.
 * @pre the input carries old rows (the planner asks for them).
 */
#include "engine/operators/batch_rows.h"
#include "engine/operators/op_eval.h"

typedef struct group_state {
    wr_evaluator *ev_new, *ev_old; /* two: both results are needed at once */
} group_state;

static weir_status group_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    WR_ASSERT(op->step->table && op->step->schema->keys_n > 0);
    (void)ctx;
    (void)err;
    group_state *s = op->state;
    uint32_t n = op->step->schema->keys_n;
    s->ev_new = wr__op_evaluator(op, op->step->u.select_key.keys, n);
    s->ev_old = wr__op_evaluator(op, op->step->u.select_key.keys, n);
    return WEIR_OK;
}

static void group_close(wr_op *op)
{
    group_state *s = op->state;
    if (s->ev_new)
        wr_evaluator_close(s->ev_new);
    if (s->ev_old)
        wr_evaluator_close(s->ev_old);
}

static bool has_key(const wr_vec *const *keys, uint32_t n, uint32_t i)
{
    for (uint32_t c = 0; c < n; c++)
        if (wr_vec_is_null(keys[c], i))
            return false;
    return true;
}

static bool same_key(const wr_vec *const *a, const wr_vec *const *b, uint32_t n, uint32_t i)
{
    for (uint32_t c = 0; c < n; c++) {
        wr_value va = wr_vec_get(a[c], i), vb = wr_vec_get(b[c], i);
        if (!wr_value_equal(a[c]->type, &va, &vb))
            return false;
    }
    return true;
}

typedef struct change {
    const wr_batch *in;
    const wr_vec *const *new_keys, *const *old_keys;
    wr_batch_builder *out;
    const uint8_t *failed; /* by row: its new key could not be computed; NULL: none */
} change;

static void put_row(wr_op *op, const change *x, uint32_t i, uint8_t flags)
{
    const wr_schema *schema = op->step->schema;
    const uint32_t *values = op->step->u.select_key.values;
    uint32_t row = wr_batch_builder_row(x->out);
    wr_batch_builder_meta(x->out, row, x->in, i);
    wr_batch *b = wr_batch_builder_batch(x->out);
    b->flags[row] = flags;
    const wr_vec *const *keys = flags & WR_ROW_HAS_NEW ? x->new_keys : x->old_keys;
    for (uint32_t c = 0; c < schema->keys_n; c++) {
        wr_value v = wr_vec_get(keys[c], i);
        wr_vec_set(&b->cols[c], row, &v);
        wr_vec_set(&b->old_cols[c], row, &v);
    }
    for (uint32_t c = schema->keys_n; c < schema->n; c++) {
        uint32_t from = values[c - schema->keys_n];
        if (flags & WR_ROW_HAS_NEW)
            wr__copy_cells(b->cols, c, row, x->in->cols, from, i, 1);
        if (flags & WR_ROW_HAS_OLD)
            wr__copy_cells(b->old_cols, c, row, x->in->old_cols, from, i, 1);
    }
}

static void put_change(wr_op *op, const change *x, uint32_t i)
{
    uint32_t n = op->step->schema->keys_n;
    bool has_new = x->in->flags[i] & WR_ROW_HAS_NEW;
    bool has_old = x->in->flags[i] & WR_ROW_HAS_OLD;
    if (has_new && x->failed && x->failed[i]) {
        wr_op_drop(op, 0);
        has_new = false;
    }
    if (has_new && !has_key(x->new_keys, n, i)) {
        wr__op_no_key(op, x->in, i,
                      "Group-by column resolved to null. The source row will be excluded from the "
                      "table.");
        has_new = false;
    }
    has_old = has_old && has_key(x->old_keys, n, i);
    if (has_new && has_old && same_key(x->new_keys, x->old_keys, n, i)) {
        put_row(op, x, i, WR_ROW_HAS_NEW | WR_ROW_HAS_OLD);
        return;
    }
    if (has_old)
        put_row(op, x, i, WR_ROW_HAS_OLD);
    if (has_new)
        put_row(op, x, i, WR_ROW_HAS_NEW);
}

/* Rows whose key has a NULL since an expression failed; NULL: there are none. */
static const uint8_t *failed_keys(const wr__op_errors *e, const wr_vec *const *keys, uint32_t n)
{
    if (WR_LIKELY(e->kept.n == 0))
        return NULL;
    uint8_t *failed = wr_arena_calloc(e->op->ctx->scratch, e->batch->rows, 1);
    for (size_t k = 0; k < e->kept.n; k++)
        failed[e->kept.v[k].row] = !has_key(keys, n, e->kept.v[k].row);
    return failed;
}

static wr_sel without(wr_sel sel, const uint8_t *failed, wr_arena *a)
{
    if (WR_LIKELY(!failed))
        return sel;
    uint32_t *rows = WR_NEW_N(a, uint32_t, sel.n), n = 0;
    WR_FOREACH_SEL (i, sel)
        if (!failed[i])
            rows[n++] = i;
    return (wr_sel){n, rows};
}

static weir_status group_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    WR_ASSERT(op->step->in[0]->needs_old); /* or a row could not be taken out of its group */
    (void)input;
    group_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    uint32_t n = op->step->schema->keys_n;
    wr__op_errors errs;
    wr__op_errors_init(&errs, op, in);
    wr_eval_ctx ec = wr__op_eval_ctx(op, &errs);
    const wr_vec **new_keys = WR_NEW_N(a, const wr_vec *, n);
    const wr_vec **old_keys = WR_NEW_N(a, const wr_vec *, n);
    wr_sel have_new = wr__sel_with(in, WR_ROW_HAS_NEW, a);
    errs.keeps = true;
    wr_evaluator_run(s->ev_new, in, NULL, have_new, &ec, new_keys);
    const uint8_t *failed = failed_keys(&errs, new_keys, n);
    wr_sel good = without(have_new, failed, a);
    const wr_error_policy *policy = &op->ctx->plan->computing;
    const wr__kept_error *stop = wr__op_errors_report(&errs, policy, &good);
    errs.keeps = false; /* what is wrong with a row before was reported when it came */
    if (in->old_cols)
        wr_evaluator_run(s->ev_old, in, in->old_cols, wr__sel_with(in, WR_ROW_HAS_OLD, a), &ec,
                         old_keys);
    change x = {in, new_keys, old_keys, wr_batch_builder_new(a, op->step->schema, false, true),
                failed};
    WR_FOREACH_SEL (i, in->sel) {
        if (stop && i >= stop->row)
            break;
        put_change(op, &x, i);
    }
    WR_TRY(wr_op_emit(op, wr_batch_builder_finish(x.out), err));
    return stop ? wr__op_stop(&errs, policy, stop, err) : WEIR_OK;
}

const wr_op_class wr__table_group_by_class = {
    .name = "TableGroupBy",
    .state_size = sizeof(group_state),
    .open = group_open,
    .process = group_process,
    .close = group_close,
};
