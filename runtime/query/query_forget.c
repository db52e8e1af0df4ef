/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgetting a query that was terminated: nothing of it is left in the database or the log, so that
 * one that is made again under the same id begins with nothing. What there is, its plan says.
 *
 * What fails is logged: names are unique to the query, so leftovers do no harm but for their space.
 * The statement that removes the query has succeeded by now, and cannot be failed by them.
 */
#include "runtime/query/query_internal.h"
#include "common/diag.h"

void wr__query_forget(wr_query *q)
{
    weir_error err;
    wr_query_record record;
    WR_ASSERT(!wr_task_set_is_open(q->tasks) && !q->kind.transient);
    WR_ASSERT(!q->client.worker && !q->client.pending && q->group && !q->owns_db);
    wr_arena *a = wr_arena_new(0);
    wr__query_record_of(q, a, &record);
    if (wr_query_record_forget(q->log, q->db, q->prefix, &record, &err) != WEIR_OK)
        wr_diag_put(WR_DIAG_WARN, "query", "%s is gone, but not all of it: %s", q->id, err.message);
    wr_arena_free(a);
}
