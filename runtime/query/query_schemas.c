/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schemas that the records of a query's sources were written with, added up over its tasks, as
 * query_metrics.c does it with other counts: by the worker's thread, while no task runs, into a
 * copy that others may look at.
 */
#include "runtime/query/query_internal.h"
#include "engine/operators/schema_counts.h"

/* Is there anything to count at all? */
static bool reads_schemas(const wr_plan *plan)
{
    for (uint32_t i = 0; i < plan->steps_n; i++) {
        const wr_step *s = plan->steps[i];
        if (s->kind == WR_STEP_SOURCE &&
            (s->u.source.key.format->can_infer || s->u.source.value.format->can_infer))
            return true;
    }
    return false;
}

void wr__schemas_init(wr_query *q)
{
    q->schemas = (wr__query_schemas){.any = reads_schemas(q->plan)};
}

void wr__schemas_free(wr_query *q)
{
    wr_free(q->schemas.past.v);
    wr_free(q->schemas.shown.v);
    wr_free(q->schemas.said.v);
}

/* There are few schemas in a topic at a time, so they are looked for one by one. The entry is good
 * until the next is made. */
static wr_query_schema *entry_of(wr__schema_sums *s, const wr_step *step, bool is_key, uint32_t id)
{
    WR_ASSERT(step->kind == WR_STEP_SOURCE);
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].id == id && s->v[i].is_key == is_key && s->v[i].source == step)
            return &s->v[i];
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 8;
        s->v = wr_realloc(s->v, s->cap * sizeof *s->v);
    }
    s->v[s->n] = (wr_query_schema){.source = step, .is_key = is_key, .id = id};
    return &s->v[s->n++];
}

static void add_task(wr__schema_sums *sums, const wr_task *t)
{
    const wr_op *op;
    for (uint32_t o = 0; (op = wr_task_op(t, o)); o++) {
        const wr_schema_counts *c = op->schemas;
        for (uint32_t i = 0; c && i < c->n; i++) {
            wr_query_schema *e = entry_of(sums, op->step, c->v[i].is_key, c->v[i].id);
            e->records += c->v[i].records;
            e->failed += c->v[i].failed;
            e->last_ms = WR_MAX(e->last_ms, c->v[i].last_ms);
        }
    }
}

/* The task goes with its operators, and what they have counted would go with them. */
void wr__schemas_retire(wr_query *q, const wr_task *t)
{
    if (q->schemas.any)
        add_task(&q->schemas.past, t);
}

/* The watch knows what was said of a source; `said` keeps the query from asking it each time. */
static void watch(wr_query *q)
{
    WR_ASSERT(q->watch);
    wr__query_schemas *s = &q->schemas;
    for (size_t i = 0; i < s->shown.n; i++) {
        wr_query_schema *e = &s->shown.v[i];
        if (!entry_of(&s->said, e->source, e->is_key, e->id)->records++ && e->id)
            wr_schema_watch_note(q->watch, q->id, e->source, e->is_key, e->id);
    }
}

void wr__schemas_publish(wr_query *q)
{
    wr__query_schemas *s = &q->schemas;
    const wr_task *t;
    if (!s->any)
        return;
    pthread_mutex_lock(&q->lock);
    s->shown.n = 0;
    for (size_t i = 0; i < s->past.n; i++)
        *entry_of(&s->shown, s->past.v[i].source, s->past.v[i].is_key, s->past.v[i].id) =
            s->past.v[i];
    for (size_t i = 0; (t = wr_task_set_at(q->tasks, i)); i++)
        add_task(&s->shown, t);
    pthread_mutex_unlock(&q->lock);
    if (q->watch && !q->kind.piped) /* a test says itself what it expects */
        watch(q);
}

/* A copy: the worker goes on counting. */
uint32_t wr_query_schemas(wr_query *q, wr_arena *a, wr_query_schema **out)
{
    pthread_mutex_lock(&q->lock);
    uint32_t n = (uint32_t)q->schemas.shown.n;
    *out = WR_NEW_N(a, wr_query_schema, n);
    if (n)
        memcpy(*out, q->schemas.shown.v, n * sizeof **out);
    pthread_mutex_unlock(&q->lock);
    return n;
}
