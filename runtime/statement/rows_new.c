/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of a query statement: made when it is planned, before anything runs. In a file of its
 * own, since both kinds of query make them, and taking rows (query_rows.c) is above both.
 */
#include "runtime/statement/query_rows.h"

wr__rows *wr__rows_new(wr_exec *x, const wr_schema *schema, const bool *is_key, bool has_limit,
                       int64_t limit)
{
    wr__rows *r = wr_calloc(1, sizeof *r);
    WR_ASSERT(!x->rows);
    WR_ASSERT(!x->schema && x->sections.n == 0); /* the rows are all of its result */
    r->engine = x->engine;
    r->exec = x;
    r->schema = schema;
    r->queue = wr__row_queue_new(schema->n, wr_engine_mode_of(x->engine) == WR_ENGINE_THREADED);
    if (x->wake)
        wr__row_queue_on_rows(r->queue, x->wake, x->wake_arg);
    x->rows = r;
    x->schema = schema;
    x->is_key = is_key;
    x->left = has_limit ? limit : -1;
    return r;
}

/* A batch of a query may have thousands of rows, and a queue takes whole batches: pieces keep what
 * waits in it near its bounds. The rows keep their order. */
weir_status wr__in_pieces(wr__rows *r, const wr_batch *in,
                          weir_status (*some)(wr__rows *r, const wr_batch *in, wr_sel sel,
                                              weir_error *err),
                          weir_error *err)
{
    uint32_t all[WR__QUEUE_BATCH];
    for (uint32_t at = 0; at < in->sel.n; at += WR__QUEUE_BATCH) {
        WR_ASSERT(r->queue && at < in->sel.n);
        wr_sel piece = {.n = WR_MIN(in->sel.n - at, WR__QUEUE_BATCH), .rows = all};
        for (uint32_t i = 0; i < piece.n; i++)
            all[i] = wr_sel_row(in->sel, at + i);
        WR_TRY(some(r, in, piece, err));
    }
    return WEIR_OK;
}
