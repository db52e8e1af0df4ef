/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A query's topics: what they are called in the log, how many partitions each sub-topology has,
 * which of them the query reads through a worker.
 */
#include "runtime/query/query_internal.h"

/* ---- of a plan ---- */

bool wr__plan_repartitions(const wr_plan *plan)
{
    for (uint32_t t = 0; t < plan->topics_n; t++)
        if (plan->topics[t].role == WR_TOPIC_REPARTITION)
            return true;
    return false;
}

/*
 * A foreign-key join answers to where the question came from; two sources may read one topic. With
 * rows exchanged in memory a batch would then be all the way on one path before it starts on the
 * other, so that its size would show.
 */
bool wr__plan_is_reentrant(const wr_plan *plan)
{
    for (uint32_t i = 0; i < plan->steps_n; i++) {
        const wr_step *s = plan->steps[i];
        if (s->kind == WR_STEP_FK_JOIN)
            return true;
        for (uint32_t k = 0; s->kind == WR_STEP_SOURCE && k < i; k++)
            if (plan->steps[k]->kind == WR_STEP_SOURCE &&
                plan->steps[k]->u.source.topic == s->u.source.topic)
                return true;
    }
    return false;
}

/* Is @p topic among those that sub-topology @p sub reads? */
static bool sub_reads(const wr_plan *plan, uint32_t sub, uint32_t topic)
{
    uint32_t *topics = wr_calloc(plan->topics_n, sizeof *topics);
    uint32_t n = wr_plan_inputs(plan, sub, topics, plan->topics_n);
    bool yes = false;
    for (uint32_t i = 0; i < n; i++)
        yes = yes || topics[i] == topic;
    wr_free(topics);
    return yes;
}

/* ---- of a query ---- */

/* Topics of statements have the names that the statements gave them; internal ones are named after
 * the query, so that no two queries share one, and forgetting finds them again. */
static char *log_name(const wr_query *q, const wr_plan_topic *t)
{
    wr_buf name = {0};
    if (t->role == WR_TOPIC_REPARTITION)
        wr_buf_printf(&name, "%s%s-", q->prefix, q->id);
    wr_buf_puts(&name, t->name);
    if (t->role == WR_TOPIC_DEAD_LETTER && !t->name[0])
        wr_buf_printf(&name, "%s%s-dead-letter", wr_settings_get(&q->settings, "ksql.service.id"),
                      q->id);
    char *text = wr_strdup(wr_buf_cstr(&name));
    wr_buf_free(&name);
    return text;
}

/* By a worker. A repartition topic is one only where rows go through topics at all. */
static bool is_read(const wr_query *q, const wr_plan_topic *t)
{
    return t->role == WR_TOPIC_INPUT ||
           (t->role == WR_TOPIC_REPARTITION && q->kind.internal_topics);
}

/* At equal times the topic with the smaller number goes first (partition_group.h), and the table's
 * record is to be there when the stream's comes: tables first. */
static void list_read(wr_query *q)
{
    const wr_plan *plan = q->plan;
    wr__query_topics *own = &q->topics;
    for (int tables = 1; tables >= 0; tables--)
        for (uint32_t t = 0; t < plan->topics_n; t++)
            if (is_read(q, &plan->topics[t]) && plan->topics[t].from_earliest == (bool)tables)
                own->read[own->read_n++] = t;
    WR_ASSERT(own->read_n > 0 && own->read_n <= plan->topics_n);
}

/* A sub-topology has as many tasks as the largest topic that it reads has partitions. */
void wr__query_topics_init(wr_query *q)
{
    const wr_plan *plan = q->plan;
    wr__query_topics *own = &q->topics;
    own->names = wr_calloc(plan->topics_n, sizeof *own->names);
    own->read = wr_calloc(plan->topics_n, sizeof *own->read);
    own->sub_partitions = wr_calloc(plan->subtopologies_n, sizeof *own->sub_partitions);
    own->times = wr_calloc(plan->topics_n, sizeof *own->times);
    for (uint32_t t = 0; t < plan->topics_n; t++) {
        own->names[t] = log_name(q, &plan->topics[t]);
        for (uint32_t s = 0; s < plan->subtopologies_n; s++)
            if (sub_reads(plan, s, t))
                own->sub_partitions[s] =
                    WR_MAX(own->sub_partitions[s], q->kind.piped ? 1 : plan->topics[t].partitions);
    }
    list_read(q);
}

void wr__query_topics_destroy(wr_query *q)
{
    for (uint32_t t = 0; q->topics.names && t < q->plan->topics_n; t++)
        wr_free(q->topics.names[t]);
    for (uint32_t t = 0; q->topics.times && t < q->plan->topics_n; t++)
        wr_source_times_free(q->topics.times[t]);
    wr_free((void *)q->topics.times);
    wr_free(q->topics.names);
    wr_free(q->topics.read);
    wr_free(q->topics.sub_partitions);
}

/*
 * One that exists is as good: of another process with the same query, or of an earlier start, or,
 * for dead letters, one that somebody has made as he wishes. Letters keep the times of their
 * records, which may be old, so their topics keep them for ever: by the usual retention they would
 * be gone before anybody has looked.
 */
weir_status wr__query_topics_create(const wr_query *q, weir_error *err)
{
    for (uint32_t t = 0; t < q->plan->topics_n; t++) {
        wr_topic_role role = q->plan->topics[t].role;
        bool letters = role == WR_TOPIC_DEAD_LETTER;
        WR_ASSERT(!letters || !q->kind.transient); /* the planner gives these none */
        if (!letters && !(role == WR_TOPIC_REPARTITION && q->kind.internal_topics))
            continue;
        wr_topic_spec spec = {
            .name = q->topics.names[t],
            .partitions = q->plan->topics[t].partitions,
            .replicas = wr_settings_internal_replicas(&q->settings),
            .retention_ms = letters ? INT64_MAX : -1,
            .internal = !letters,
        };
        weir_status st = wr_topic_create(q->log, &spec, err);
        if (st != WEIR_OK && st != WEIR_ERR_EXISTS)
            return st;
    }
    return WEIR_OK;
}

uint32_t wr__query_topic(const wr_query *q, const char *name)
{
    for (uint32_t t = 0; t < q->plan->topics_n; t++)
        if (q->plan->topics[t].role != WR_TOPIC_OUTPUT &&
            q->plan->topics[t].role != WR_TOPIC_DEAD_LETTER &&
            strcmp(q->topics.names[t], name) == 0)
            return t;
    return UINT32_MAX;
}

uint32_t wr__query_reader_of(const wr_query *q, uint32_t topic)
{
    for (uint32_t s = 0; s < q->plan->subtopologies_n; s++)
        if (sub_reads(q->plan, s, topic))
            return s;
    return 0;
}
