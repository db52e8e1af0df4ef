/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StreamTableJoin: each stream row looks up the table's row of its key as it is now. Left input:
 * the stream; right: the table, whose current rows are kept in a store.
 *
 * Semantics: Kafka Streams' KStreamKTableJoin. A row without value, or (INNER) without key, gives
 * nothing; LEFT: a row with value but no partner or no key is emitted with NULLs. The result has
 * the stream row's time. Changes of the table emit nothing. Which side is read first is decided by
 * the task (Traps, 6): what has arrived on the right before a left row is visible to it.
 *
 * A batch of the stream is one look-up of its distinct keys; the table's rows that it meets are
 * decoded once each (join_row.c).
 */
#include "engine/operators/group.h"
#include "engine/operators/join_row.h"

typedef struct st_join_state {
    wr_store *right;
    wr_buf key, row;
    bool left_join;
} st_join_state;

static weir_status st_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    WR_ASSERT(!op->step->table && op->step->in[1]->table);
    st_join_state *s = op->state;
    s->left_join = op->step->u.join.kind == WR_AST_JOIN_LEFT;
    if (!s->left_join && op->step->u.join.kind != WR_AST_JOIN_INNER)
        return wr_error(err, WEIR_ERR_UNSUPPORTED, "a stream-table join can only be INNER or LEFT");
    return ctx->open_store(ctx, op->step->stores[WR_PLAN_STORE_RIGHT], &s->right, err);
}

static void st_close(wr_op *op)
{
    st_join_state *s = op->state;
    wr_buf_free(&s->key);
    wr_buf_free(&s->row);
}

static weir_status change_table(wr_op *op, const wr_batch *in, weir_error *err)
{
    WR_ASSERT(op->step->in[1]->table);
    st_join_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    uint32_t *rows = WR_NEW_N(a, uint32_t, in->sel.n), n = 0;
    WR_FOREACH_SEL (i, in->sel)
        if (!(in->flags[i] & WR_ROW_NULL_KEY))
            rows[n++] = i;
    wr__groups groups;
    wr__join_keys(&groups, &s->key, op, 1, in, (wr_sel){n, rows});
    wr_store_entry **entries = WR_NEW_N(a, wr_store_entry *, groups.n);
    WR_TRY(wr_kv_find_many(s->right, groups.n, groups.keys, entries, err));
    for (uint32_t k = 0; k < n; k++) {
        uint32_t i = rows[k];
        wr_str row = {0};
        bool has_new = in->flags[i] & WR_ROW_HAS_NEW;
        if (has_new)
            row = wr__join_stored_row(&s->row, op, 1, in, i);
        WR_TRY(wr_entry_set(s->right, entries[groups.of[k]], has_new ? &row : NULL, in->rowtime[i],
                            err));
    }
    return WEIR_OK;
}

/* The rows that can give something, and of them those with a key (which come first in @p keyed). */
static uint32_t usable(wr_op *op, const wr_batch *in, uint32_t *rows, uint32_t *keyed,
                       uint32_t *keyed_n)
{
    const st_join_state *s = op->state;
    uint32_t n = 0;
    *keyed_n = 0;
    WR_FOREACH_SEL (i, in->sel) {
        bool has_key = !(in->flags[i] & WR_ROW_NULL_KEY);
        if (!(in->flags[i] & WR_ROW_HAS_NEW) || (!has_key && !s->left_join)) {
            wr_op_drop(op, in->flags[i]);
            continue;
        }
        rows[n++] = i;
        if (has_key)
            keyed[(*keyed_n)++] = i;
    }
    return n;
}

static weir_status join_rows(wr_op *op, const wr_batch *in, weir_error *err)
{
    st_join_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    uint32_t *rows = WR_NEW_N(a, uint32_t, in->sel.n), *keyed = WR_NEW_N(a, uint32_t, in->sel.n);
    uint32_t keyed_n, n = usable(op, in, rows, keyed, &keyed_n);
    wr__groups groups;
    wr__join_keys(&groups, &s->key, op, 0, in, (wr_sel){keyed_n, keyed});
    wr_store_entry **entries = WR_NEW_N(a, wr_store_entry *, groups.n);
    WR_TRY(wr_kv_peek_many(s->right, groups.n, groups.keys, entries, err));
    wr__join_pairs pairs = {0};
    for (uint32_t k = 0, at = 0; k < n; k++) {
        const wr_store_entry *e = NULL;
        if (at < keyed_n && keyed[at] == rows[k])
            e = entries[groups.of[at++]];
        bool found = e && wr_entry_exists(e);
        if (found || s->left_join)
            wr__join_pair(&pairs, a, rows[k], found ? wr_entry_value(e) : (wr_str){0},
                          in->rowtime[rows[k]]);
    }
    return wr__join_emit(op, 0, in, &pairs, err);
}

static weir_status st_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    return input == 1 ? change_table(op, in, err) : join_rows(op, in, err);
}

const wr_op_class wr__stream_table_join_class = {
    .name = "StreamTableJoin",
    .state_size = sizeof(st_join_state),
    .open = st_open,
    .process = st_process,
    .close = st_close,
};
