/* SPDX-License-Identifier: Apache-2.0 */
/* A query with little state leaves its part to one with much; state_budget.h says how. */
#include "runtime/query/state_budget.h"

#define DIRTY_MAX ((size_t)8 << 20) /* bytes that one commit holds a second time, in its batch */
#define EACH_MIN  ((size_t)65536)   /* an overlay smaller than this caches nothing worth having */

/* Let the others know; @return what this query may use. */
static size_t publish(wr_state_share *s, size_t bytes)
{
    size_t left = wr_budget_publish(s->budget, &s->used, bytes);
    atomic_store(&s->state_bytes, bytes);
    return WR_MAX(left, s->budget->bytes / 8);
}

/* The overlays' bytes are cheap to ask for; which of them are dirty is not, so that is asked last.
 */
bool wr__state_share_over(wr_state_share *s, const wr_task_set *tasks, bool in_batch)
{
    size_t bytes = wr_task_set_memory(tasks, false).bytes;
    if (bytes > publish(s, bytes))
        return true;
    return in_batch && bytes > DIRTY_MAX && wr_task_set_memory(tasks, true).dirty > DIRTY_MAX;
}

void wr__state_share_trim(wr_state_share *s, wr_task_set *tasks)
{
    wr_task_memory m = wr_task_set_memory(tasks, false);
    size_t limit = publish(s, m.bytes);
    if (m.bytes <= limit)
        return;
    /* Half, or the next few rows would be over it again. */
    size_t each = limit / 2 / WR_MAX(m.stores, (size_t)1);
    wr_task_set_trim(tasks, WR_MAX(each, EACH_MIN));
    publish(s, wr_task_set_memory(tasks, false).bytes);
}

void wr__state_share_release(wr_state_share *s)
{
    publish(s, 0);
}
