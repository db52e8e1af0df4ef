/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Repartitioning inside the process: rows go to the task of their new key's partition as columns,
 * without a topic, without bytes.
 *
 * The partition is the one that the topic would give (the step's partitioner over the key in the
 * step's key format), so state lies where another process would look for it after a rebalance. The
 * rows of each target are gathered into a batch of their own: gathering frees them from vectors
 * that an evaluator will use again. Strings stay slices: the receiver runs before the scratch arena
 * is reset and before the records are released (wr_task_ctx.exchange).
 */
#include "engine/operators/exchange_send.h"
#include "engine/operators/op_run.h"

/* The rows of one target, by counting sort; rows stay in order. */
typedef struct targets {
    uint32_t n;      /* partitions */
    uint32_t *first; /* n + 1: where a partition's rows begin in `rows` */
    uint32_t *rows;
} targets;

static targets sort_by_partition(wr_op *op, const wr_batch *in, const wr_str *keys,
                                 const uint8_t *ok)
{
    wr_task_ctx *ctx = op->ctx;
    wr_arena *a = ctx->scratch;
    int32_t partitions = ctx->plan->topics[op->step->u.repartition.topic].partitions;
    wr_partitioner by = op->step->u.repartition.partitioner;
    WR_ASSERT(by != WR_PARTITIONER_NONE);
    uint32_t n = ctx->one_partition ? 1 : (uint32_t)WR_MAX(partitions, 1);
    targets t = {.n = n,
                 .first = wr_arena_calloc(a, (size_t)n + 1, sizeof *t.first),
                 .rows = WR_NEW_N(a, uint32_t, in->sel.n)};
    uint32_t *of = WR_NEW_N(a, uint32_t, in->sel.n), *row = WR_NEW_N(a, uint32_t, in->sel.n);
    uint32_t alive = 0;
    WR_FOREACH_SEL (i, in->sel) {
        if (ok && !ok[i])
            continue;
        bool keyed = keys && !(in->flags[i] & WR_ROW_NULL_KEY);
        row[alive] = i;
        of[alive] = keyed && n > 1 ? (uint32_t)wr_partition_of(by, keys[i], (int32_t)n) : 0;
        t.first[of[alive++] + 1]++;
    }
    for (uint32_t p = 0; p < n; p++)
        t.first[p + 1] += t.first[p];
    uint32_t *at = wr_arena_memdup(a, t.first, n * sizeof *at);
    for (uint32_t k = 0; k < alive; k++)
        t.rows[at[of[k]]++] = row[k];
    return t;
}

#define GATHER(to, from, sel, a)                                                                   \
    do {                                                                                           \
        (to) = wr_arena_alloc((a), (sel).n * sizeof *(to));                                        \
        for (uint32_t gather_k = 0; gather_k < (sel).n; gather_k++)                                \
            (to)[gather_k] = (from)[(sel).rows[gather_k]];                                         \
    } while (0)

static wr_batch *gather(const wr_op *op, const wr_batch *in, wr_sel sel)
{
    wr_arena *a = op->ctx->scratch;
    const wr_schema *schema = op->step->schema;
    wr_batch *b = WR_NEW(a, wr_batch);
    *b = (wr_batch){.schema = schema, .rows = sel.n, .sel = wr_sel_all(sel.n)};
    b->cols = WR_NEW_N(a, wr_vec, schema->n);
    for (uint32_t c = 0; c < schema->n; c++)
        wr_vec_gather(&b->cols[c], &in->cols[c], sel, a);
    if (in->old_cols) {
        b->old_cols = WR_NEW_N(a, wr_vec, schema->n);
        for (uint32_t c = 0; c < schema->n; c++)
            if (c < schema->keys_n)
                b->old_cols[c] = b->cols[c];
            else
                wr_vec_gather(&b->old_cols[c], &in->old_cols[c], sel, a);
    }
    GATHER(b->flags, in->flags, sel, a);
    GATHER(b->rowtime, in->rowtime, sel, a);
    if (in->window_start) {
        GATHER(b->window_start, in->window_start, sel, a);
        GATHER(b->window_end, in->window_end, sel, a);
    }
    if (in->headers) {
        wr_headers *headers;
        GATHER(headers, in->headers, sel, a);
        b->headers = headers;
    }
    /* ROWPARTITION and ROWOFFSET are gone after a repartition: the planner makes columns of those
     * that are wanted. For messages about a row: the place of the record that was read. */
    GATHER(b->partition, in->partition, sel, a);
    GATHER(b->offset, in->offset, sel, a);
    return b;
}

weir_status wr__exchange(wr_op *op, const wr_batch *in, const wr_str *keys, const uint8_t *ok,
                         weir_error *err)
{
    WR_ASSERT(op->ctx->exchange && op->step->kind == WR_STEP_REPARTITION);
    targets t = sort_by_partition(op, in, keys, ok);
    op->rows_out += t.first[t.n];
    for (uint32_t p = 0; p < t.n; p++) {
        wr_sel sel = {t.first[p + 1] - t.first[p], t.rows + t.first[p]};
        if (sel.n == 0)
            continue;
        wr_batch *b = gather(op, in, sel);
        WR_TRY(op->ctx->exchange(op->ctx, op->step->u.repartition.topic, (int32_t)p, b, err));
    }
    return WEIR_OK;
}

weir_status wr__reset_scratch(wr_task_ctx *ctx, weir_error *err)
{
    if (ctx->exchange_now) {
        wr_op *caller = wr__op_switch(ctx, NULL); /* the receivers count their own time */
        weir_status st = ctx->exchange_now(ctx, err);
        wr__op_switch(ctx, caller);
        WR_TRY(st);
    }
    wr_arena_reset(ctx->scratch);
    return WEIR_OK;
}
