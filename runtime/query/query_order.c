/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a query needs of the order in which records are given to it: their times, and how strictly
 * those of different partitions follow each other.
 *
 * Kafka Streams has an order within a task only: what comes to a window from several partitions,
 * over a repartition topic, comes as tasks happen to run. A backlog is then worked through
 * partition by partition, and rows are late that were in time. So here a plan that brings rows of
 * several partitions together where time counts is fed in order of time across its partitions.
 *
 * "In order" allows for a slack, so that records can be taken in runs: a sixteenth of the grace
 * period, which leaves the rest for rows that are late by themselves. Without grace it is exact.
 */
#include "runtime/query/query_internal.h"

#define SLACK_OF_GRACE 16

const char *wr__query_sink(const wr_query *q)
{
    const wr_step *root = q->plan->root; /* a source table's is the source itself */
    return root->kind == WR_STEP_SINK ? q->topics.names[root->u.sink.topic] : NULL;
}

/* ---- order among partitions ---- */

/* Do rows of other partitions come to @p s? */
static bool is_fed_across(const wr_step *s)
{
    if (s->kind == WR_STEP_REPARTITION)
        return true;
    for (uint32_t i = 0; i < s->in_n; i++)
        if (is_fed_across(s->in[i]))
            return true;
    return false;
}

/* What drops, closes or meets by stream time, and how much out of order may be. A stream meets the
 * table as it is at the time, so there nothing may. */
static bool goes_by_time(const wr_step *s, int64_t *slack_ms)
{
    switch (s->kind) {
    case WR_STEP_AGGREGATE:
        *slack_ms = s->u.aggregate.window.grace_ms / SLACK_OF_GRACE;
        return s->u.aggregate.window.kind != WR_WINDOW_NONE && !s->u.aggregate.input_table;
    case WR_STEP_STREAM_STREAM_JOIN:
        *slack_ms = s->u.join.grace_ms / SLACK_OF_GRACE;
        return true;
    case WR_STEP_STREAM_TABLE_JOIN:
        *slack_ms = 0;
        return true;
    default:
        return false;
    }
}

/* The topics of a join are chosen from by time as they are: of a stream and a table that meet after
 * a repartition only the order within a topic is left to be wrong, and there it does not count. */
int64_t wr__plan_slack(const wr_plan *plan, bool across)
{
    WR_ASSERT(plan->steps_n > 0);
    int64_t slack = WR_WORKER_ANY_ORDER, own;
    for (uint32_t i = 0; i < plan->steps_n; i++) {
        const wr_step *s = plan->steps[i];
        if (!goes_by_time(s, &own))
            continue;
        if (!across || (s->kind != WR_STEP_STREAM_TABLE_JOIN && is_fed_across(s)))
            slack = WR_MIN(slack, WR_MAX(own, 0));
    }
    return slack;
}

/*
 * Are keys of @p from, written again as keys of @p to, sure to be the same bytes? With a registry
 * the id of the schema is among them. An object names its columns, and whoever wrote it may have
 * put blanks between them.
 */
static bool keys_stay(const wr_format_use *from, const wr_format_use *to)
{
    bool object = from->format->id == WR_FORMAT_JSON && !from->options.unwrapped;
    return wr__same_key_layout(from, to) && !from->format->can_infer && !object;
}

/* A key that changes without a repartition topic changes the sink's partition; so does one that is
 * only written in another way. */
bool wr__plan_mixes(const wr_plan *plan)
{
    for (uint32_t i = 0; i < plan->steps_n; i++) {
        wr_step_kind kind = plan->steps[i]->kind;
        if (kind == WR_STEP_SELECT_KEY || kind == WR_STEP_TABLE_GROUP_BY ||
            kind == WR_STEP_REPARTITION || kind == WR_STEP_FK_JOIN)
            return true;
    }
    const wr_step *root = plan->root;
    bool keyed = root->kind == WR_STEP_SINK && root->schema->keys_n > 0;
    for (uint32_t i = 0; keyed && i < plan->steps_n; i++)
        if (plan->steps[i]->kind == WR_STEP_SOURCE &&
            !keys_stay(&plan->steps[i]->u.source.key, &root->u.sink.key))
            return true;
    /* The same keys in another number of partitions. */
    WR_ASSERT(root->kind != WR_STEP_SINK || root->u.sink.topic < plan->topics_n);
    for (uint32_t t = 0; root->kind == WR_STEP_SINK && t < plan->topics_n; t++)
        if (plan->topics[t].role == WR_TOPIC_INPUT &&
            plan->topics[t].partitions != plan->topics[root->u.sink.topic].partitions)
            return true;
    return false;
}

/* ---- event times ---- */

bool wr__query_has_times(const wr_query *q, uint32_t topic)
{
    return wr_source_times_step(q->plan, topic) != NULL;
}

/* Two queries take the time of a topic's records alike if this is equal. */
void wr__query_put_times_key(const wr_query *q, uint32_t topic, wr_buf *out)
{
    const wr_step *s = wr_source_times_step(q->plan, topic);
    if (!s)
        return;
    const wr_step_source *src = &s->u.source;
    if (src->timestamp_column < 0) { /* in the value, where its format has it */
        wr_buf_printf(out, " time of %s %s %s", src->value.format->name, src->key.format->name,
                      src->strict ? "strict" : "");
        return;
    }
    WR_ASSERT((uint32_t)src->timestamp_column < src->columns_n);
    const wr_column *col = &src->columns[src->timestamp_column];
    wr_buf_printf(out, " time %d %s %s %s %s %d %s", col->role, col->name,
                  src->timestamp_format ? src->timestamp_format : "", src->key.format->name,
                  src->value.format->name, col->type->id, src->strict ? "strict" : "");
}

weir_status wr__query_times(wr_query *q, uint32_t topic, const wr_record *records, uint32_t n,
                            int64_t *out, weir_error *err)
{
    wr_source_times **t = &q->topics.times[topic];
    const wr_step *step = wr_source_times_step(q->plan, topic);
    WR_ASSERT(step && topic < q->plan->topics_n);
    if (!*t)
        WR_TRY(wr_source_times_new(q->plan, step, "UTC", t, err));
    for (uint32_t attempt = 0;; attempt++) {
        weir_error why = {0};
        weir_status st = wr_source_times_get(*t, records, n, out, &why);
        if (st == WEIR_OK && attempt)
            (void)wr__query_wait(q, NULL, attempt);
        if (st == WEIR_OK || !(why.flags & WEIR_ERROR_RETRIABLE) ||
            !wr__query_wait(q, &why, attempt)) {
            if (st != WEIR_OK && err)
                *err = why;
            return st;
        }
    }
}
