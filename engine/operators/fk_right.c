/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ForeignKeyTableTableJoin, the side of the right table: takes subscriptions, answers them, and
 * answers again when a right row changes. fk_left.c says the whole exchange.
 *
 * State: the right rows; the subscriptions, ordered by (foreign key, left key), so that a change of
 * a right row finds its subscribers by a prefix scan:
 *
 *     store key of the right row, store key of the left row  ->  time of the left change:8 (not
 * read) hash:8
 *
 * No store key is a prefix of another, so the scan meets exactly those of one foreign key.
 * An answer's time: to a left change, the later one of it and the right row; to a right change, its
 * own, also where that is older than the left row.
 */
#include "engine/operators/fk_message.h"
#include "engine/operators/join_row.h"
#include "engine/operators/rowkey.h"
#include "engine/operators/stored_row.h"

typedef struct fk_right_state {
    wr_store *right, *subscriptions;
    wr__fk_outbox outbox;
    wr_buf key, row;
} fk_right_state;

static weir_status fk_right_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    WR_ASSERT(op->step->kind == WR_STEP_FK_JOIN && op->step->in[1]->table);
    fk_right_state *s = op->state;
    const uint32_t *stores = op->step->stores;
    const wr_step_join *cfg = &op->step->u.join;
    WR_TRY(ctx->open_store(ctx, stores[WR_PLAN_STORE_RIGHT], &s->right, err));
    WR_TRY(ctx->open_store(ctx, stores[WR_PLAN_STORE_SUBSCRIPTIONS], &s->subscriptions, err));
    return wr__fk_outbox_open(&s->outbox, op, op->step->in[0]->schema, &cfg->left_key,
                              cfg->left_partitioner, cfg->response_topic, err);
}

static void fk_right_close(wr_op *op)
{
    fk_right_state *s = op->state;
    wr__fk_outbox_close(&s->outbox);
    wr_buf_free(&s->key);
    wr_buf_free(&s->row);
}

/* Send an answer; the left key's columns are read back from its store key. */
static weir_status answer(wr_op *op, const wr__fk_message *m, int64_t time, weir_error *err)
{
    fk_right_state *s = op->state;
    uint32_t row;
    wr_batch *rows = wr__fk_outbox_add(&s->outbox, m, time, &row);
    op->rows_out++;
    return wr__rowkey_read(&s->outbox.schema, wr__row_copy(op->ctx->scratch, m->left),
                           op->ctx->scratch, rows->cols, row, false, NULL, NULL, err);
}

/* ------------------------------------------------------------------ subscriptions */

static wr_str subscription_key(fk_right_state *s, const wr__fk_message *m)
{
    wr_buf_clear(&s->key);
    wr_buf_str(&s->key, m->right);
    wr_buf_str(&s->key, m->left);
    return wr_buf_view(&s->key);
}

static weir_status keep_subscription(fk_right_state *s, const wr__fk_message *m, int64_t time,
                                     weir_error *err)
{
    wr_str key = subscription_key(s, m);
    if (m->what == WR__FK_UNSUBSCRIBE || m->what == WR__FK_UNSUBSCRIBE_ANSWER)
        return wr_kv_delete(s->subscriptions, key, time, err);
    char value[16];
    wr_put_be64(value, (uint64_t)time);
    wr_put_be64(value + 8, m->hash);
    return wr_kv_put(s->subscriptions, key, wr_str_make(value, sizeof value), time, err);
}

static weir_status take_subscription(wr_op *op, const wr_record *r, weir_error *err)
{
    fk_right_state *s = op->state;
    wr__fk_message m;
    WR_TRY(wr__fk_message_get(r->value, &m, err));
    bool no_key = m.right.len == 1; /* the NULL column: nothing to subscribe to */
    if (!no_key)
        WR_TRY(keep_subscription(s, &m, r->timestamp, err));
    if (m.what == WR__FK_UNSUBSCRIBE)
        return WEIR_OK;
    wr_str row = {0};
    bool found = false;
    if (!no_key)
        WR_TRY(wr_kv_get(s->right, m.right, &row, &found, err));
    if (m.what == WR__FK_ANSWER_IF_FOUND && !found)
        return WEIR_OK;
    int64_t time = r->timestamp, right_ms = INT64_MIN;
    if (found) /* also where the answer is that the left row has left it */
        WR_TRY(wr__row_time(row, &right_ms, err));
    m.right = found && m.what != WR__FK_UNSUBSCRIBE_ANSWER ? row : (wr_str){0};
    m.what = WR__FK_RESPONSE;
    return answer(op, &m, WR_MAX(time, right_ms), err);
}

static weir_status fk_right_feed(wr_op *op, const wr_record *records, uint32_t n, weir_error *err)
{
    fk_right_state *s = op->state;
    wr__fk_outbox_begin(&s->outbox);
    op->rows_in += n;
    op->batches++;
    for (uint32_t i = 0; i < n; i++)
        WR_TRY(take_subscription(op, &records[i], err));
    return wr__fk_outbox_send(&s->outbox, err);
}

/* ------------------------------------------------------------------ right changes */

static weir_status answer_subscriber(wr_op *op, const wr_store_row *row, wr_str right_key,
                                     wr_str right, int64_t time, weir_error *err)
{
    if (row->value.len != 16)
        return wr_error(err, WEIR_ERR_STORE, "a subscription of a foreign-key join is damaged");
    wr__fk_message m = {.what = WR__FK_RESPONSE, .has_left = true, .right = right};
    m.left = wr_str_make(row->key.ptr + right_key.len, row->key.len - right_key.len);
    m.hash = wr_get_be64(row->value.ptr + 8);
    return answer(op, &m, time, err);
}

static weir_status change_right(wr_op *op, const wr_batch *in, uint32_t i, weir_error *err)
{
    fk_right_state *s = op->state;
    wr_str key = wr__join_key(&s->key, op, 1, in, i), row = {0};
    int64_t time = in->rowtime[i];
    if (in->flags[i] & WR_ROW_HAS_NEW) {
        row = wr__join_stored_row(&s->row, op, 1, in, i);
        WR_TRY(wr_kv_put(s->right, key, row, time, err));
    } else {
        WR_TRY(wr_kv_delete(s->right, key, time, err));
    }
    wr_store_iter *it;
    WR_TRY(wr_kv_scan_prefix(s->subscriptions, key, false, &it, err));
    weir_status st;
    for (;;) {
        wr_store_row subscription;
        bool more;
        st = wr_store_iter_next(it, &subscription, &more, err);
        if (st != WEIR_OK || !more)
            break;
        st = answer_subscriber(op, &subscription, key, row, time, err);
        if (st != WEIR_OK)
            break;
    }
    wr_store_iter_free(it);
    return st;
}

static weir_status fk_right_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    WR_ASSERT(input == 1);
    fk_right_state *s = op->state;
    wr__fk_outbox_begin(&s->outbox);
    WR_FOREACH_SEL (i, in->sel) {
        if (in->flags[i] & WR_ROW_NULL_KEY)
            wr_op_drop(op, in->flags[i]);
        else
            WR_TRY(change_right(op, in, i, err));
    }
    return wr__fk_outbox_send(&s->outbox, err);
}

const wr_op_class wr__fk_right_class = {
    .name = "ForeignKeyTableTableJoinRight",
    .state_size = sizeof(fk_right_state),
    .open = fk_right_open,
    .process = fk_right_process,
    .feed = fk_right_feed,
    .leaves = true,
    .close = fk_right_close,
};
