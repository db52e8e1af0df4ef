/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filter push-down: a stream's WHERE is applied by the source that stands before it.
 *
 *     StreamFilter(condition)            StreamFilter            hands on what comes
 *      StreamSource                  ->   StreamSource(filter)   decodes what the condition reads,
 *                                                                asks it, decodes the rest for the
 *                                                                rows that pass
 *
 * The plan keeps the FILTER step: it gives errors of the condition their logger and the metrics
 * their numbers. Where a bad value in a row that does not pass has to be noticed (strict decoding,
 * or a policy that fails the query), everything is decoded first, and the filter does its own work.
 * Tables are left alone: their filter must see the row before as well.
 */
#include "engine/plan/push_down.h"

/* Whoever takes the step's rows; NULL for the last one. A source that two steps took rows of could
 * not apply the condition of one of them. */
static const wr_step *only_consumer(const wr_plan *plan, const wr_step *step)
{
    const wr_step *found = NULL;
    for (uint32_t i = 0; i < plan->steps_n; i++)
        for (uint32_t k = 0; k < plan->steps[i]->in_n; k++)
            if (plan->steps[i]->in[k] == step) {
                WR_ASSERT(!found); /* plans are trees */
                found = plan->steps[i];
            }
    return found;
}

/* Runs over the finished tree: which step stands right after a source is known only then. A filter
 * further up is not moved down: what lies between may be a join or a projection that it depends on.
 */
void wr_plan_push_filters(wr_plan *plan)
{
    for (uint32_t i = 0; i < plan->steps_n; i++) {
        wr_step *s = plan->steps[i];
        if (s->kind != WR_STEP_SOURCE)
            continue;
        const wr_step *consumer = only_consumer(plan, s);
        const wr_step_source *src = &s->u.source;
        bool all_first = src->strict || src->decoding.on_error == WR_ON_ERROR_STOP ||
                         plan->computing.on_error == WR_ON_ERROR_STOP;
        bool push = consumer && consumer->kind == WR_STEP_FILTER && !s->table && !all_first;
        s->u.source.filter = push ? consumer : NULL;
    }
}
