/* SPDX-License-Identifier: Apache-2.0 */
/* A query with little state leaves its part to one with much; state_budget.h says how. */
#include "runtime/query/state_budget.h"

#define DIRTY_MAX ((size_t)8 << 20) /* bytes that one commit holds a second time, in its batch */
#define EACH_MIN  ((size_t)65536)   /* an overlay smaller than this caches nothing worth having */

/*
 * Let the others know; @return what this query may use.
 *
 * Invariant: `used` of the budget is the sum of `used` of all shares. Two queries that publish at
 * the same time may each see the other's bytes as they were before, and both be over: then both
 * commit early, once, which costs less than a lock would.
 */
static size_t publish(wr_state_share *s, size_t bytes)
{
    wr_state_budget *b = s->budget;
    size_t before = atomic_fetch_add(&b->used, bytes - s->used); /* wraps where it shrank */
    WR_ASSERT(before >= s->used);
    s->used = bytes;
    atomic_store(&s->state_bytes, bytes);
    size_t sum = atomic_load(&b->used);
    WR_ASSERT(sum >= bytes); /* this share is part of it, and only this thread changes the share */
    size_t others = sum - bytes;
    size_t left = b->bytes > others ? b->bytes - others : 0;
    return WR_MAX(left, b->bytes / 8);
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
