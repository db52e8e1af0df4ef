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
    r->schema = schema;
    r->queue = wr__row_queue_new(schema->n, wr_engine_mode_of(x->engine) == WR_ENGINE_THREADED);
    x->rows = r;
    x->schema = schema;
    x->is_key = is_key;
    x->left = has_limit ? limit : -1;
    return r;
}
