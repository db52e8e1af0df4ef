/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StreamSelectKey, StreamGroupBy: a new key from expressions (PARTITION BY, GROUP BY, JOIN ... ON);
 * dialect.md sections 6, 9.4, 12.
 *
 *   GROUP BY (drop_null)      rows without value go; a row with a NULL part of the key goes, is
 *                             counted apart from errors, and named in the log
 *   PARTITION BY              a record without value keeps none; its new key is computed with value
 *                             columns taken as NULL
 *   PARTITION BY NULL         no key columns at all
 *   JOIN                      as PARTITION BY; the join drops what has no key or value
 *
 * A key of one column that is NULL is a NULL key; a key of several columns is one even if all its
 * parts are NULL. A failing expression gives NULL; where that costs the row it is an error, and not
 * counted among the NULL keys.
 */
#include "engine/operators/batch_rows.h"
#include "engine/operators/op_eval.h"

#include <stdio.h>

typedef struct select_key_state {
    wr_evaluator *ev;
} select_key_state;

static weir_status select_key_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    (void)ctx;
    (void)err;
    select_key_state *s = op->state;
    if (op->step->schema->keys_n)
        s->ev = wr__op_evaluator(op, op->step->u.select_key.keys, op->step->schema->keys_n);
    return WEIR_OK;
}

static void select_key_close(wr_op *op)
{
    select_key_state *s = op->state;
    if (s->ev)
        wr_evaluator_close(s->ev);
}

/* The rows whose key has no NULL part; the others are dropped. Those that are @p failed are
 * reported as errors, not as rows without a key. */
static wr_sel drop_null_keys(wr_op *op, const wr_batch *in, const wr_vec *keys, wr_sel sel,
                             const uint8_t *failed)
{
    uint32_t *rows = WR_NEW_N(op->ctx->scratch, uint32_t, sel.n), n = 0;
    WR_FOREACH_SEL (i, sel) {
        uint32_t c = 0;
        while (c < op->step->schema->keys_n && !wr_vec_is_null(&keys[c], i))
            c++;
        if (c == op->step->schema->keys_n) {
            rows[n++] = i;
            continue;
        }
        if (failed && failed[i]) {
            wr_op_drop(op, 0);
            continue;
        }
        char message[160];
        snprintf(message, sizeof message,
                 "Group-by column with index %u resolved to null. The source row will be excluded "
                 "from the table.",
                 c);
        wr__op_no_key(op, in, i, message);
    }
    return (wr_sel){n, rows};
}

static void set_key_flags(wr_op *op, wr_batch *out)
{
    uint32_t keys_n = op->step->schema->keys_n;
    uint8_t *flags = WR_NEW_N(op->ctx->scratch, uint8_t, out->rows);
    WR_FOREACH_SEL (i, out->sel) {
        bool null = keys_n == 0 || (keys_n == 1 && !op->step->u.select_key.null_is_key &&
                                    wr_vec_is_null(&out->cols[0], i));
        flags[i] = (uint8_t)((out->flags[i] & ~WR_ROW_NULL_KEY) | (null ? WR_ROW_NULL_KEY : 0));
    }
    out->flags = flags;
}

static weir_status select_key_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    WR_ASSERT(!op->step->table && !in->old_cols); /* tables have a step of their own */
    (void)input;
    select_key_state *s = op->state;
    const wr_step_select_key *cfg = &op->step->u.select_key;
    const wr_schema *schema = op->step->schema;
    wr_arena *a = op->ctx->scratch;
    wr_batch *out = wr__batch_like(in, schema, a);
    if (cfg->drop_null)
        out->sel = wr__sel_with(in, WR_ROW_HAS_NEW, a);
    wr__op_errors errs;
    wr__op_errors_init(&errs, op, in);
    errs.keeps = true;
    if (s->ev) {
        wr_eval_ctx ec = wr__op_eval_ctx(op, &errs);
        const wr_vec **keys = WR_NEW_N(a, const wr_vec *, schema->keys_n);
        wr_evaluator_run(s->ev, in, NULL, out->sel, &ec, keys);
        for (uint32_t c = 0; c < schema->keys_n; c++)
            out->cols[c] = *keys[c];
    }
    for (uint32_t c = schema->keys_n; c < schema->n; c++)
        out->cols[c] = in->cols[cfg->values[c - schema->keys_n]];
    if (!wr__all_have(out, WR_ROW_HAS_NEW)) /* old key columns become value columns: NULL now */
        for (uint32_t c = schema->keys_n; c < schema->n; c++)
            out->cols[c] = wr__vec_null_where(&out->cols[c], out, WR_ROW_HAS_NEW, a);
    if (cfg->drop_null)
        out->sel = drop_null_keys(op, in, out->cols, out->sel, wr__op_errors_rows(&errs));
    const wr_error_policy *policy = &op->ctx->plan->computing;
    const wr__kept_error *stop = wr__op_errors_report(&errs, policy, &out->sel);
    if (!op->step->windowed)
        out->window_start = out->window_end = NULL;
    set_key_flags(op, out);
    WR_TRY(wr_op_emit(op, out, err));
    return stop ? wr__op_stop(&errs, policy, stop, err) : WEIR_OK;
}

const wr_op_class wr__select_key_class = {
    .name = "SelectKey",
    .state_size = sizeof(select_key_state),
    .open = select_key_open,
    .process = select_key_process,
    .close = select_key_close,
};
