/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ForeignKeyTableTableJoin, the side of the left table (and of the result).
 *
 * The right row of a left row lies in another partition, so the join takes two hops (Traps, 8):
 *
 *   left change ──subscription, to the partition of the foreign key──▶ fk_right.c
 *   result      ◀──answer with the right row, to the partition of the left key── fk_right.c
 *
 * A subscription carries a hash of the left row, the answer brings it back; an answer whose hash is
 * not that of the row that is here now is stale (the row has changed again, and its own answer is
 * on the way) and is dropped. The result is made here of the present left row and the right row of
 * the answer.
 *
 * What is sent for a change, as Kafka Streams does it (SubscriptionSendProcessorSupplier):
 *   the old row had another foreign key    unsubscribe there
 *   INNER, new row with a foreign key      subscribe; an answer in any case if there was a row with
 *                                          another foreign key or none, for it may have a result to
 *                                          unset; else only if a right row is found
 *   INNER, no new row or foreign key       unsubscribe and have the result unset
 *   LEFT, new row with a foreign key       subscribe; an answer in any case
 *   LEFT, no new row or foreign key        an answer without right row
 *   neither old nor new                    nothing
 *
 * State: the left rows; the result, where old rows or pull queries need it. The changes of the
 * result: time as the answer's.
 */
#include "engine/operators/batch_rows.h"
#include "engine/operators/fk_message.h"
#include "engine/operators/join_row.h"
#include "engine/operators/op_eval.h"
#include "engine/operators/rowkey.h"
#include "engine/operators/stored_row.h"

typedef struct fk_left_state {
    wr_store *left, *result; /* result may be NULL */
    wr_evaluator *fk_new, *fk_old;
    wr__fk_outbox outbox;
    bool left_join;
    wr_buf key, row, fk;
} fk_left_state;

static weir_status fk_left_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    fk_left_state *s = op->state;
    const uint32_t *stores = op->step->stores;
    const wr_step_join *cfg = &op->step->u.join;
    s->left_join = cfg->kind == WR_AST_JOIN_LEFT;
    if (!s->left_join && cfg->kind != WR_AST_JOIN_INNER)
        return wr_error(err, WEIR_ERR_UNSUPPORTED, "a foreign-key join can only be INNER or LEFT");
    WR_ASSERT(cfg->right_subtopology != op->step->subtopology && cfg->fk);
    WR_ASSERT(op->step->in[1]->schema->keys_n == 1);
    wr_expr *fk = cfg->fk;
    s->fk_new = wr__op_evaluator(op, &fk, 1);
    s->fk_old = wr__op_evaluator(op, &fk, 1);
    WR_TRY(ctx->open_store(ctx, stores[WR_PLAN_STORE_LEFT], &s->left, err));
    if (stores[WR_PLAN_STORE_ROWS] != WR_PLAN_NO_STORE)
        WR_TRY(ctx->open_store(ctx, stores[WR_PLAN_STORE_ROWS], &s->result, err));
    return wr__fk_outbox_open(&s->outbox, op, op->step->in[1]->schema, &cfg->right_key,
                              cfg->right_partitioner, cfg->subscription_topic, err);
}

static void fk_left_close(wr_op *op)
{
    fk_left_state *s = op->state;
    if (s->fk_new)
        wr_evaluator_close(s->fk_new);
    if (s->fk_old)
        wr_evaluator_close(s->fk_old);
    wr__fk_outbox_close(&s->outbox);
    wr_buf_free(&s->key);
    wr_buf_free(&s->row);
    wr_buf_free(&s->fk);
}

/* ------------------------------------------------------------------ left changes */

/* Store each row, in order, and note what was there: a copy of the batch with old columns. */
static weir_status store_rows(wr_op *op, const wr_batch *in, wr_batch **out, weir_error *err)
{
    fk_left_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    const wr_schema *schema = op->step->in[0]->schema;
    wr_batch *b = wr_arena_memdup(a, in, sizeof *in);
    b->flags = wr_arena_memdup(a, in->flags, in->rows);
    b->old_cols = WR_NEW_N(a, wr_vec, schema->n);
    for (uint32_t c = 0; c < schema->n; c++) {
        if (c < schema->keys_n)
            b->old_cols[c] = in->cols[c];
        else
            wr_vec_init(&b->old_cols[c], schema->cols[c].type, in->rows, a);
    }
    WR_FOREACH_SEL (i, in->sel) {
        b->flags[i] &= (uint8_t)~WR_ROW_HAS_OLD;
        if (in->flags[i] & WR_ROW_NULL_KEY)
            continue;
        wr_store_entry *e;
        WR_TRY(wr_kv_find(s->left, wr__join_key(&s->key, op, 0, in, i), &e, err));
        if (wr_entry_exists(e)) {
            b->flags[i] |= WR_ROW_HAS_OLD;
            WR_TRY(wr__row_get(wr__row_copy(a, wr_entry_value(e)), a, b->old_cols, schema->keys_n,
                               schema->n - schema->keys_n, i, err));
        }
        bool has_new = in->flags[i] & WR_ROW_HAS_NEW;
        wr_str row = has_new ? wr__join_stored_row(&s->row, op, 0, in, i) : (wr_str){0};
        WR_TRY(wr_entry_set(s->left, e, has_new ? &row : NULL, in->rowtime[i], err));
    }
    *out = b;
    return WEIR_OK;
}

/* One message for row i, to the right row that @p fk names. */
static void send(wr_op *op, const wr_batch *b, uint32_t i, const wr_value *fk,
                 wr__fk_instruction what)
{
    fk_left_state *s = op->state;
    const wr_type *type = op->step->in[1]->schema->cols[0].type;
    wr_buf_clear(&s->fk);
    wr__rowkey_put(&s->fk, type, fk);
    wr__fk_message m = {.what = what, .has_left = b->flags[i] & WR_ROW_HAS_NEW};
    if (m.has_left)
        m.hash = wr__fk_row_hash(wr__join_stored_row(&s->row, op, 0, b, i));
    m.left = wr__join_key(&s->key, op, 0, b, i);
    m.right = wr_buf_view(&s->fk);
    uint32_t row;
    wr_batch *rows = wr__fk_outbox_add(&s->outbox, &m, b->rowtime[i], &row);
    wr_vec_set(&rows->cols[0], row, fk);
}

static void subscribe(wr_op *op, const wr_batch *b, uint32_t i, const wr_vec *fk_new,
                      const wr_vec *fk_old)
{
    fk_left_state *s = op->state;
    const wr_type *type = op->step->in[1]->schema->cols[0].type;
    bool has_new = b->flags[i] & WR_ROW_HAS_NEW, has_old = b->flags[i] & WR_ROW_HAS_OLD;
    if (!has_new && !has_old)
        return;
    wr_value now = has_new ? wr_vec_get(fk_new, i) : WR_VALUE_NULL;
    wr_value before = has_old ? wr_vec_get(fk_old, i) : WR_VALUE_NULL;
    bool same = !before.null && !now.null && wr_value_equal(type, &before, &now);
    if (!before.null && !same)
        send(op, b, i, &before,
             now.null && !s->left_join ? WR__FK_UNSUBSCRIBE_ANSWER : WR__FK_UNSUBSCRIBE);
    if (s->left_join)
        send(op, b, i, &now, WR__FK_ANSWER);
    else if (!now.null)
        send(op, b, i, &now, has_old && !same ? WR__FK_ANSWER : WR__FK_ANSWER_IF_FOUND);
    else if (has_new)
        op->dropped_rows++; /* an INNER join has no use for a row without foreign key */
}

static weir_status fk_left_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    WR_ASSERT(input == 0);
    fk_left_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    wr_batch *b;
    WR_TRY(store_rows(op, in, &b, err));
    wr__op_errors errs;
    wr__op_errors_init(&errs, op, in);
    wr_eval_ctx ec = wr__op_eval_ctx(op, &errs);
    const wr_vec *fk_new = NULL, *fk_old = NULL;
    wr_evaluator_run(s->fk_new, b, NULL, wr__sel_with(b, WR_ROW_HAS_NEW, a), &ec, &fk_new);
    wr_evaluator_run(s->fk_old, b, b->old_cols, wr__sel_with(b, WR_ROW_HAS_OLD, a), &ec, &fk_old);
    wr__fk_outbox_begin(&s->outbox);
    WR_FOREACH_SEL (i, b->sel) {
        if (b->flags[i] & WR_ROW_NULL_KEY)
            wr_op_drop(op, b->flags[i]);
        else
            subscribe(op, b, i, fk_new, fk_old);
    }
    return wr__fk_outbox_send(&s->outbox, err);
}

/* ------------------------------------------------------------------ answers */

/* Exchange the result row that is kept: *old gets what it was, in scratch. */
static weir_status keep_result(wr_op *op, wr_str key, const wr_batch *b, uint32_t to, wr_str *old,
                               weir_error *err)
{
    fk_left_state *s = op->state;
    const wr_schema *schema = op->step->schema;
    wr_store_entry *e;
    WR_TRY(wr_kv_find(s->result, key, &e, err));
    if (wr_entry_exists(e))
        *old = wr__row_copy(op->ctx->scratch, wr_entry_value(e));
    if (!(b->flags[to] & WR_ROW_HAS_NEW))
        return wr_entry_set(s->result, e, NULL, b->rowtime[to], err);
    wr_buf_clear(&s->row);
    wr__row_put(&s->row, b->rowtime[to], b->cols, schema->keys_n, schema->n - schema->keys_n, to);
    wr_str row = wr_buf_view(&s->row);
    return wr_entry_set(s->result, e, &row, b->rowtime[to], err);
}

static weir_status put_result(wr_op *op, const wr__fk_message *m, wr_str left, int64_t time,
                              wr_batch_builder *out, weir_error *err)
{
    fk_left_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    const wr_schema *schema = op->step->schema;
    uint32_t to = wr_batch_builder_row(out), keys = schema->keys_n;
    wr_batch *b = wr_batch_builder_batch(out);
    WR_TRY(wr__rowkey_read(schema, m->left, a, b->cols, to, false, NULL, NULL, err));
    b->rowtime[to] = time;
    b->partition[to] = op->ctx->partition;
    b->offset[to] = WR_NO_OFFSET;
    b->flags[to] = 0;
    if (left.ptr && (m->right.ptr || s->left_join)) {
        b->flags[to] = WR_ROW_HAS_NEW;
        WR_TRY(wr__join_stored(op, 0, b->cols, to, wr__row_copy(a, left), err));
        if (m->right.ptr)
            WR_TRY(wr__join_stored(op, 1, b->cols, to, m->right, err));
    }
    if (!s->result)
        return WEIR_OK;
    wr_str old = {0};
    WR_TRY(keep_result(op, m->left, b, to, &old, err));
    if (!b->old_cols || !old.ptr)
        return WEIR_OK;
    b->flags[to] |= WR_ROW_HAS_OLD;
    wr__copy_cells(b->old_cols, 0, to, b->cols, 0, to, keys);
    return wr__row_get(old, a, b->old_cols, keys, schema->n - keys, to, err);
}

static weir_status take_answer(wr_op *op, const wr_record *r, wr_batch_builder *out,
                               weir_error *err)
{
    WR_ASSERT(op->step->kind == WR_STEP_FK_JOIN);
    fk_left_state *s = op->state;
    wr__fk_message m;
    WR_TRY(wr__fk_message_get(r->value, &m, err));
    wr_str left = {0};
    bool found;
    int64_t left_ms;
    WR_TRY(wr_kv_get(s->left, m.left, &left, &found, err));
    if (found)
        WR_TRY(wr__row_time(left, &left_ms, err)); /* or it is too short to be a row */
    if (found != m.has_left || (found && wr__fk_row_hash(left) != m.hash))
        return WEIR_OK; /* stale */
    return put_result(op, &m, found ? left : (wr_str){0}, r->timestamp, out, err);
}

static weir_status fk_left_feed(wr_op *op, const wr_record *records, uint32_t n, weir_error *err)
{
    wr_batch_builder *out =
        wr_batch_builder_new(op->ctx->scratch, op->step->schema, false, op->step->needs_old);
    op->rows_in += n;
    op->batches++;
    for (uint32_t i = 0; i < n; i++)
        WR_TRY(take_answer(op, &records[i], out, err));
    return wr_op_emit(op, wr_batch_builder_finish(out), err);
}

const wr_op_class wr__fk_left_class = {
    .name = "ForeignKeyTableTableJoin",
    .state_size = sizeof(fk_left_state),
    .open = fk_left_open,
    .process = fk_left_process,
    .feed = fk_left_feed,
    .close = fk_left_close,
};
