/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state_budget.h - memory for the state overlays, one budget for all queries of a process.
 *
 * A query may use what the others leave, and an eighth in any case; above that it commits early and
 * drops cached entries. Each query's bytes are counted by its worker; what the others use is read
 * from one atomic sum.
 */
#ifndef WR_RUNTIME_QUERY_STATE_BUDGET_H
#define WR_RUNTIME_QUERY_STATE_BUDGET_H

#include "common/budget.h"
#include "runtime/task/task_set.h"

/** One query's part. Zeroed but for budget; by the worker's thread. */
typedef struct wr_state_share {
    wr_budget *budget;
    size_t used;                      /* of budget->used */
    atomic_uint_fast64_t state_bytes; /* the same, for others to look at */
} wr_state_share;

/** Count the overlays' bytes now. @p in_batch: a commit holds its changes once more in the batch
 *  that it writes, so few of them at a time. @return more than the query's part? */
bool wr__state_share_over(wr_state_share *s, const wr_task_set *tasks, bool in_batch);
/** After a commit: drop cached entries where the query is over its part. */
void wr__state_share_trim(wr_state_share *s, wr_task_set *tasks);
/** Give its bytes back: nothing is open any more. */
void wr__state_share_release(wr_state_share *s);

#endif
