/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StreamTableJoin: each stream row looks up the table's row of its key as it is now. Left input:
 * the stream; right: the table, whose current rows are kept in the store "<context>-right".
 *
 * Semantics: Kafka Streams' KStreamKTableJoin. A row without value, or (INNER) without key, gives
 * nothing; LEFT: a row with value but no partner or no key is emitted with NULLs. The result has
 * the stream row's time. Changes of the table emit nothing. Which side is read first is decided by
 * the task (Traps, 6): what has arrived on the right before a left row is visible to it.
 */
#include "engine/operators/internal.h"

typedef struct st_join_state {
    wr_store *right;
    wr_buf key, row;
    bool left_join;
} st_join_state;

static weir_status st_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    (void)ctx;
    st_join_state *s = op->state;
    s->left_join = op->step->u.join.kind == WR_AST_JOIN_LEFT;
    if (!s->left_join && op->step->u.join.kind != WR_AST_JOIN_INNER)
        return wr_error(err, WEIR_ERR_UNSUPPORTED, "a stream-table join can only be INNER or LEFT");
    wr_store_spec spec = {.kind = WR_STORE_KV};
    return wr__op_store(op, "-right", &spec, &s->right, err);
}

static void st_close(wr_op *op)
{
    st_join_state *s = op->state;
    wr_buf_free(&s->key);
    wr_buf_free(&s->row);
}

static weir_status change_table(wr_op *op, const wr_batch *in, weir_error *err)
{
    st_join_state *s = op->state;
    WR_FOREACH_SEL (i, in->sel) {
        if (in->flags[i] & WR_ROW_NULL_KEY)
            continue;
        wr_str key = wr__join_key(&s->key, op, 1, in, i);
        if (in->flags[i] & WR_ROW_HAS_NEW)
            WR_TRY(wr_kv_put(s->right, key, wr__join_stored_row(&s->row, op, 1, in, i),
                             in->rowtime[i], err));
        else
            WR_TRY(wr_kv_delete(s->right, key, in->rowtime[i], err));
    }
    return WEIR_OK;
}

static weir_status join_row(wr_op *op, const wr_batch *in, uint32_t i, wr_batch_builder *out,
                            weir_error *err)
{
    st_join_state *s = op->state;
    bool has_key = !(in->flags[i] & WR_ROW_NULL_KEY), found = false;
    if (!(in->flags[i] & WR_ROW_HAS_NEW) || (!has_key && !s->left_join)) {
        op->dropped_rows++;
        return WEIR_OK;
    }
    wr_str row = {0};
    if (has_key)
        WR_TRY(wr_kv_get(s->right, wr__join_key(&s->key, op, 0, in, i), &row, &found, err));
    if (!found && !s->left_join)
        return WEIR_OK;
    uint32_t to = wr__join_row(op, out, in, i);
    wr_batch *b = wr_batch_builder_batch(out);
    wr__join_values(op, 0, b->cols, to, in->cols, i);
    if (!found)
        return WEIR_OK;
    return wr__join_stored(op, 1, b->cols, to, wr__row_copy(op->ctx->scratch, row), err);
}

static weir_status st_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    if (input == 1)
        return change_table(op, in, err);
    wr_batch_builder *out =
        wr_batch_builder_new(op->ctx->scratch, op->step->schema, op->step->windowed, false);
    WR_FOREACH_SEL (i, in->sel)
        WR_TRY(join_row(op, in, i, out, err));
    return wr_op_emit(op, wr_batch_builder_finish(out), err);
}

const wr_op_class wr__stream_table_join_class = {
    .name = "StreamTableJoin",
    .state_size = sizeof(st_join_state),
    .open = st_open,
    .process = st_process,
    .close = st_close,
};
