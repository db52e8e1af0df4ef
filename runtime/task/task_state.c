/* SPDX-License-Identifier: Apache-2.0 */
/* States of tasks, counted where any thread may look. */
#include "runtime/task/task_internal.h"

const char *wr_task_state_name(wr_task_state s)
{
    static const char *const names[WR_TASK_STATES] = {"CREATED", "RESTORING", "RUNNING", "CLOSING"};
    WR_ASSERT((unsigned)s < WR_TASK_STATES);
    return names[s];
}

void wr__task_enter(wr_task *t, wr_task_state state)
{
    wr_task_counters *c = t->set->config.counters;
    WR_ASSERT(state > t->state); /* states only go forward */
    unsigned before = atomic_fetch_sub(&c->states[t->state], 1);
    WR_ASSERT(before > 0);
    atomic_fetch_add(&c->states[state], 1);
    t->state = state;
    wr_held *held = t->set->config.held;
    if (held && held->partitions && (state == WR_TASK_RUNNING || state == WR_TASK_CLOSING) &&
        t->set->config.plan->stores[held->store].subtopology == t->subtopology)
        wr_held_set(held, held->store, t->partition,
                    state == WR_TASK_RUNNING ? WR_HELD_ACTIVE : WR_HELD_NOT);
}

bool wr__task_is_restoring(const wr_task *t)
{
    WR_ASSERT(t->state != WR_TASK_RESTORING || !t->topology); /* nothing reads what is not there */
    return t->state == WR_TASK_RESTORING;
}
