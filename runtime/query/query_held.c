/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this process has of the table that a query materialises, and where in it a key is.
 *
 * A key's partition is known where the rows came through a repartition topic, which Weir writes, or
 * straight from a topic whose keys have one form of bytes, where none of those that this process
 * has looked at lay elsewhere than the source's partitioner puts them. It looks at some of each
 * partition (engine/operators/source.c): of a topic with a few keys elsewhere, which is said to
 * have none, such a key may not be found, as in ksqlDB. Else a key may be anywhere, and whoever
 * looks for it asks everybody: that costs more, and is never wrong.
 */
#include "engine/operators/topology.h"
#include "runtime/query/query_internal.h"

int32_t wr_query_table_partitions(const wr_query *q)
{
    WR_ASSERT(q->plan->materialized);
    return q->held.partitions;
}

const char *wr_query_table_topic(const wr_query *q)
{
    const wr_plan *plan = q->plan;
    WR_ASSERT(plan->materialized);
    uint32_t *topics = wr_calloc(plan->topics_n, sizeof *topics);
    uint32_t sub = plan->stores[plan->materialized_store].subtopology;
    uint32_t n = wr_plan_inputs(plan, sub, topics, plan->topics_n), first = topics[0];
    WR_ASSERT(n > 0);
    wr_free(topics);
    return q->topics.names[first];
}

wr_held_as wr_query_holds(const wr_query *q, int32_t partition, int64_t *behind, int64_t *applied)
{
    const wr_held_part *p = wr_held_at(&q->held, q->held.store, partition);
    wr_held_as as = p ? (wr_held_as)atomic_load(&p->as) : WR_HELD_NOT;
    if (behind)
        *behind = as == WR_HELD_STANDBY ? atomic_load(&p->behind) : WR_HELD_UNKNOWN;
    if (applied)
        *applied = as == WR_HELD_STANDBY ? atomic_load(&p->applied) : 0;
    return as;
}

/* What it had lately counts only where its group has not left it without any partition since: then
 * somebody else has it, and goes on with it. The order of the questions is that of their cost. */
static bool serves(wr_query *q, int32_t partition, const wr_pull_parts *parts)
{
    int64_t behind;
    wr_held_as as = wr_query_holds(q, partition, &behind, NULL);
    if (as == WR_HELD_ACTIVE)
        return true;
    if (as == WR_HELD_STANDBY && behind != WR_HELD_UNKNOWN && behind <= parts->behind_max)
        return true;
    return parts->lately && wr__query_had(q, partition) && !wr__query_has_nothing(q);
}

/* A restore that was begun and not ended leaves a part of a partition: that is nothing to be read.
 */
bool wr__query_had(const wr_query *q, int32_t partition)
{
    const wr_held_part *p = wr_held_at(&q->held, q->held.store, partition);
    return p && !atomic_load(&q->counters.incomplete) && atomic_load(&p->assignment) &&
           atomic_load(&p->assignment) == atomic_load(&q->held.assignment);
}

bool wr_query_serves(wr_query *q, const wr_pull_parts *parts)
{
    for (uint32_t i = 0; i < parts->n; i++)
        if (!serves(q, parts->partitions[i], parts))
            return false;
    return true;
}

/* ---- where a key is ---- */

typedef struct placing {
    uint32_t topic; /* of the plan */
    const wr_format_use *key;
    wr_partitioner by;
} placing;

/* What decides on the partition of the rows below @p s; false: it is not known. Where a step
 * groups by what is the key already no repartition topic follows it, and the key's values stay. */
static bool find_placing(const wr_query *q, const wr_step *s, placing *out)
{
    uint32_t sub = s->subtopology, keys = s->schema->keys_n;
    for (; s->kind != WR_STEP_SOURCE && s->kind != WR_STEP_REPARTITION; s = s->in[0])
        if (s->subtopology != sub || s->schema->keys_n != keys || s->in_n == 0)
            return false;
    if (s->schema->keys_n != keys)
        return false;
    if (s->kind == WR_STEP_REPARTITION) {
        const wr_step_repartition *r = &s->u.repartition;
        *out = (placing){r->topic, &r->key, r->partitioner};
        return s->schema->keys_n > 0;
    }
    const wr_step_source *source = &s->u.source;
    *out = (placing){source->topic, &source->key, source->partitioner};
    return source->placed && source->window.kind == WR_WINDOW_NONE &&
           source->key.format == wr_format_get(WR_FORMAT_KAFKA) &&
           source->partitioner != WR_PARTITIONER_NONE && !atomic_load(&q->counts.misplaced);
}

/* Formats whose bytes are of the values alone: not of an id that a registry has given. */
static bool is_plain(const wr_format *f)
{
    return f == wr_format_get(WR_FORMAT_KAFKA) || f == wr_format_get(WR_FORMAT_JSON) ||
           f == wr_format_get(WR_FORMAT_DELIMITED);
}

static void ignore(wr_row_errors *self, uint32_t row, const char *message)
{
    (void)self;
    (void)row;
    (void)message;
}

/* The bytes as a writer of the topic makes them. What cannot be encoded could not be written
 * either, so such a key is nowhere; everybody says so. */
static int32_t place(const wr_query *q, const placing *p, const wr_value *key, wr_arena *a)
{
    const wr_schema *schema = q->plan->materialized->schema;
    wr_row_errors errs = {.report = ignore};
    wr_encoder *encoder;
    weir_error err;
    wr_buf bytes = {0};
    wr_str payload = {0};
    uint8_t ok = 1;
    int32_t found = -1;
    if (wr_encoder_new(p->key->format, schema->cols, schema->keys_n, &p->key->options, a, &encoder,
                       &err) != WEIR_OK)
        return -1;
    wr_vec *cols = WR_NEW_N(a, wr_vec, schema->keys_n);
    for (uint32_t i = 0; i < schema->keys_n; i++) {
        wr_vec_init(&cols[i], schema->cols[i].type, 1, a);
        wr_vec_set(&cols[i], 0, &key[i]);
    }
    wr_encoder_run(encoder, cols, wr_sel_all(1), &bytes, &payload, &ok, &errs);
    if (ok && payload.ptr)
        found = wr_partition_of(p->by, payload, q->plan->topics[p->topic].partitions);
    wr_buf_free(&bytes);
    return found;
}

/* With one partition there is no question. The encoder is made for each key anew: pull queries have
 * few keys. */
int32_t wr_query_partition_of(wr_query *q, const wr_value *key)
{
    placing p;
    WR_ASSERT(q->plan->materialized);
    if (q->held.partitions == 1)
        return 0;
    if (q->held.partitions == 0 || !find_placing(q, q->plan->materialized, &p) ||
        !is_plain(p.key->format))
        return -1;
    wr_arena *a = wr_arena_new(0);
    int32_t found = place(q, &p, key, a);
    wr_arena_free(a);
    return found;
}
