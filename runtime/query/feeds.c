/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries that feed each other, and how far a worker may go because of them.
 *
 * What a topic may still get is no older than the oldest record that its writers have still to
 * process, or their writers, and so on. A worker publishes that at each commit, partition by
 * partition (wr_worker_position.promise_ms), since what it has written is seen by others from then
 * on. The question is answered in two steps, in this order:
 *
 *   1. a copy of all positions upstream, at one moment, under the monitor;
 *   2. the ends of the topics that they are in, from the log, without it.
 *
 * A partition whose committed position is at an end that was asked for later had nothing left at
 * the moment of 1, so it promises that nothing comes; one that is not promises what it said at its
 * commit. What a writer committed before 1 lies before the ends that the reader asks for after 2.
 */
#include "runtime/query/feeds.h"

/* ---- the list ---- */

void wr__feeds_add(wr__feeds *f, wr_query *q)
{
    WR_ASSERT(q->scheduler && !q->kind.transient); /* nobody reads what those make */
    for (size_t i = 0; i < f->n; i++)
        WR_ASSERT(f->queries[i] != q);
    f->queries = wr_realloc((void *)f->queries, (f->n + 1) * sizeof(wr_query *));
    f->queries[f->n++] = q;
}

void wr__feeds_remove(wr__feeds *f, const wr_query *q)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->queries[i] == q)
            f->queries[i] = f->queries[--f->n];
}

void wr__feeds_free(wr__feeds *f)
{
    WR_ASSERT(f->n == 0);
    wr_free((void *)f->queries);
}

/* ---- who feeds whom ---- */

static bool reads(const wr_query *q, const char *topic)
{
    for (uint32_t t = 0; t < q->topics.read_n; t++)
        if (strcmp(q->topics.names[q->topics.read[t]], topic) == 0)
            return true;
    return false;
}

static bool writes(const wr_query *q, const char *topic)
{
    const char *sink = wr__query_sink(q);
    return sink && strcmp(sink, topic) == 0;
}

static bool runs(const wr_query *q)
{
    return atomic_load(&q->state) == WR_QUERY_RUNNING &&
           atomic_load(&q->client.desired) == WR_DESIRED_RUN;
}

/* Queries that were met on a walk upstream or downstream: by place in the list. */
static bool *nobody_seen(const wr__feeds *f)
{
    return wr_calloc(f->n + 1, sizeof(bool));
}

/* ---- order ---- */

/* How much those need, one after the other, that get what is written to @p topic. */
static int64_t slack_of_readers(const wr__feeds *f, const char *topic, bool *seen)
{
    int64_t slack = WR_WORKER_ANY_ORDER;
    for (size_t i = 0; i < f->n && topic; i++) {
        const wr_query *reader = f->queries[i];
        if (seen[i] || !reads(reader, topic))
            continue;
        seen[i] = true;
        int64_t own = wr__plan_slack(reader->plan, false);
        int64_t next = slack_of_readers(f, wr__query_sink(reader), seen);
        slack = WR_MIN(slack, WR_MIN(own, next));
    }
    return slack;
}

/*
 * By what a query does itself, and what those need across partitions that it feeds: what it writes
 * appears in all partitions up to about the same time then, also where nobody waits for it. And
 * whoever mixes partitions makes an order that readers cannot mend: then it is theirs within a
 * partition that counts, too.
 */
static int64_t slack_of(const wr__feeds *f, const wr_query *q, bool *seen)
{
    int64_t slack = wr__plan_slack(q->plan, true);
    const char *sink = wr__query_sink(q);
    if (sink && wr__plan_mixes(q->plan)) {
        bool *met = nobody_seen(f);
        int64_t readers = slack_of_readers(f, sink, met);
        slack = WR_MIN(slack, readers);
        wr_free(met);
    }
    for (size_t i = 0; i < f->n && sink; i++) {
        if (seen[i] || !reads(f->queries[i], sink))
            continue;
        seen[i] = true;
        int64_t theirs = slack_of(f, f->queries[i], seen);
        slack = WR_MIN(slack, theirs);
    }
    return slack;
}

int64_t wr__feeds_slack(const wr__feeds *f, const wr_query *q)
{
    bool *seen = nobody_seen(f);
    int64_t slack = slack_of(f, q, seen);
    wr_free(seen);
    WR_ASSERT(slack >= 0);
    return slack;
}

/* ---- waiting ---- */

/** A position upstream of a topic that the asking worker reads. */
typedef struct upstream {
    uint32_t topic; /* of the worker: the one that is fed */
    char *name;     /* of the topic that the position is in; a copy, as queries may go meanwhile */
    int32_t partition;
    int64_t committed, promise_ms;
} upstream;
typedef struct upstreams {
    upstream *v;
    size_t n, cap;
    bool *unknown; /* by topic of the worker: somebody upstream has not begun */
} upstreams;

static bool is_client_of(const wr_query *q, const wr_worker *w)
{
    return q->client.worker == w;
}

/* Does what @p q reads come, over however many queries, from clients of @p w? */
static bool depends_on(const wr__feeds *f, const wr_query *q, const wr_worker *w, bool *seen)
{
    if (is_client_of(q, w))
        return true;
    for (size_t i = 0; i < f->n; i++) {
        const char *sink = wr__query_sink(f->queries[i]);
        if (seen[i] || !sink || !reads(q, sink))
            continue;
        seen[i] = true;
        if (depends_on(f, f->queries[i], w, seen))
            return true;
    }
    return false;
}

static bool in_a_circle(const wr__feeds *f, const wr_query *q, const wr_worker *w)
{
    bool *seen = nobody_seen(f), yes = depends_on(f, q, w, seen);
    wr_free(seen);
    return yes;
}

static void add_positions(upstreams *up, uint32_t topic, const wr_query *q)
{
    wr_worker *w = q->client.worker;
    if (w && wr_worker_has_nothing(w)) /* other processes have all that it would read */
        return;
    uint32_t max = 0, n = 0;
    wr_worker_position *list = NULL;
    for (uint32_t k = 0; k < q->topics.read_n; k++)
        max += (uint32_t)q->plan->topics[q->topics.read[k]].partitions;
    list = wr_calloc(max + 1, sizeof *list);
    if (w)
        n = wr_worker_positions(w, list, max);
    WR_ASSERT(n <= max);
    up->unknown[topic] = up->unknown[topic] || n == 0;
    for (uint32_t k = 0; k < n; k++) {
        WR_ASSERT(list[k].topic < q->topics.read_n && list[k].committed >= 0);
        if (up->n == up->cap) {
            up->cap = up->cap ? up->cap * 2 : 16;
            up->v = wr_realloc(up->v, up->cap * sizeof *up->v);
        }
        up->v[up->n++] =
            (upstream){topic, wr_strdup(q->topics.names[q->topics.read[list[k].topic]]),
                       list[k].partition, list[k].committed, list[k].promise_ms};
    }
    wr_free(list);
}

/* All that writes @p name, and all upstream of it. */
static void add_writers(const wr__feeds *f, upstreams *up, uint32_t topic, const char *name,
                        const wr_worker *w, bool *seen)
{
    for (size_t i = 0; i < f->n; i++) {
        const wr_query *q = f->queries[i];
        if (seen[i] || !writes(q, name) || !runs(q) || in_a_circle(f, q, w))
            continue;
        seen[i] = true;
        add_positions(up, topic, q);
        for (uint32_t t = 0; t < q->topics.read_n; t++)
            add_writers(f, up, topic, q->topics.names[q->topics.read[t]], w, seen);
    }
}

/* With the monitor held. All clients of a worker read the same topics, in the same order. */
static const wr_query *collect(const wr__feeds *f, const wr_worker *w, upstreams *up)
{
    const wr_query *reader = NULL;
    for (size_t i = 0; i < f->n && !reader; i++)
        if (is_client_of(f->queries[i], w))
            reader = f->queries[i];
    WR_ASSERT(!reader || reader->topics.read_n == wr_worker_topics(w));
    for (uint32_t t = 0; reader && t < reader->topics.read_n; t++) {
        bool *seen = nobody_seen(f);
        add_writers(f, up, t, reader->topics.names[reader->topics.read[t]], w, seen);
        wr_free(seen);
    }
    return reader;
}

static weir_status compare_with_ends(const upstreams *up, wr_log *log, int64_t *out,
                                     weir_error *err)
{
    WR_ASSERT(log && up->n > 0);
    wr_topic_part *parts = wr_calloc(up->n, sizeof *parts);
    int64_t *low = wr_calloc(up->n, sizeof *low), *high = wr_calloc(up->n, sizeof *high);
    for (size_t i = 0; i < up->n; i++)
        parts[i] = (wr_topic_part){up->v[i].name, up->v[i].partition, 0};
    weir_status st = wr_topic_ends(log, parts, (uint32_t)up->n, low, high, err);
    for (size_t i = 0; i < up->n && st == WEIR_OK; i++)
        if (up->v[i].committed < high[i])
            out[up->v[i].topic] = WR_MIN(out[up->v[i].topic], up->v[i].promise_ms);
    wr_free(parts);
    wr_free(low);
    wr_free(high);
    return st;
}

weir_status wr__feeds_holds(const wr__feeds *f, wr_monitor *m, const wr_worker *w, int64_t *out,
                            weir_error *err)
{
    uint32_t topics_n = wr_worker_topics(w);
    WR_ASSERT(topics_n > 0);
    upstreams up = {.unknown = wr_calloc(topics_n, sizeof(bool))};
    wr_monitor_lock(m);
    const wr_query *reader = collect(f, w, &up);
    wr_log *log = reader ? reader->log : NULL; /* the engine's: it outlives all queries */
    wr_monitor_unlock(m);
    for (uint32_t t = 0; t < topics_n; t++)
        out[t] = up.unknown[t] ? INT64_MIN : INT64_MAX;
    weir_status st = up.n ? compare_with_ends(&up, log, out, err) : WEIR_OK;
    for (size_t i = 0; i < up.n; i++)
        wr_free(up.v[i].name);
    wr_free(up.v);
    wr_free(up.unknown);
    return st;
}
