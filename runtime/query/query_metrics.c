/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a query's operators and stores have done, for EXPLAIN ANALYZE and DESCRIBE EXTENDED.
 *
 * Operators and stores count for themselves, in plain integers of their task. Others never look at
 * those: the worker's thread adds them up into a copy, after a commit and at most every
 * PUBLISH_NS while it works, at moments when no task runs; the copy has a lock that is held for
 * that long. So the way of a record has neither locks nor atomics for this, and a reader sees sums
 * that belong together.
 *
 * Histograms and the counts by topic are atomics that the worker's thread alone writes, once a
 * batch or a commit.
 *
 * Counts belong to the query, not to its tasks: when a task closes (a rebalance, a retry), what its
 * operators counted is added to `past`. What was rolled back stays counted: it was work.
 */
#include "runtime/query/query_internal.h"

#define PUBLISH_NS 100000000ll
#define RATE_NS    1000000000ll
#define SAMPLES    32 /* of end-to-end times between two commits */

/** Of one node, summed over its tasks. */
typedef struct op_counts {
    uint32_t tasks; /* open now */
    uint64_t rows_in, rows_out, batches, late, dropped, bytes_in, bytes_out, ns;
    uint64_t null_keys, null_values, skipped_events, unavailable_values, ignored_text;
} op_counts;

/** What adds up for ever, and what is only there now: the latter is not kept when a task closes. */
typedef struct store_counts {
    uint64_t gets, misses, puts, expired;  /* so far */
    uint64_t entries, dirty, memory_bytes; /* now */
} store_counts;

/** Of plan->stores[i], summed over the tasks. */
typedef struct store_sums {
    uint32_t node; /* of the operator that it belongs to */
    store_counts past, shown;
} store_sums;

/** What the worker did that is no operator's work. */
typedef struct timing {
    uint64_t steps_ns; /* all that it did */
    uint64_t polls, poll_ns, commits, commit_ns, commit_max_ns, commit_own_ns;
} timing;

/** Records a second, over the last second or somewhat more. */
typedef struct rate {
    int64_t since_ns;
    uint64_t in, out; /* at that time */
    double in_per_s, out_per_s;
} rate;

/** Records of one topic of the plan. */
typedef struct topic_counts {
    atomic_uint_fast64_t records, bytes;
} topic_counts;

/** Timestamps of records whose outputs are not acknowledged yet: of the last one of a batch; of
 *  more batches than there is room for, the later ones. */
typedef struct samples {
    int64_t ms[SAMPLES]; /* a ring */
    uint64_t n;
} samples;

/** Nodes: two for each step, since a repartition and a foreign-key join have two ends. */
struct wr__metrics {
    int64_t started_ns, published_ns;
    /* the worker's thread */
    timing timing;
    samples samples;
    int64_t restore_since_ns; /* 0: nothing is restored */
    /* it writes, any reads */
    wr_histogram batch, commit, restore, end_to_end;
    topic_counts *topics; /* by topic of the plan */
    op_counts *past;
    pthread_mutex_t lock; /* all below */
    op_counts *shown;
    timing timing_shown;
    rate rate;
    uint64_t out_shown;
    int64_t last_out_ms;
    store_sums *stores; /* by store of the plan; `past` is the worker's */
};

/* A step's second node is its end in another sub-topology than its own. */
static uint32_t node_of(const wr_step *step, uint32_t subtopology)
{
    return 2 * step->id + (step->subtopology != subtopology);
}

wr__metrics *wr__metrics_new(const wr_query *q)
{
    const wr_plan *plan = q->plan;
    wr__metrics *m = wr_calloc(1, sizeof *m);
    m->past = wr_calloc(2 * (size_t)plan->steps_n, sizeof *m->past);
    m->shown = wr_calloc(2 * (size_t)plan->steps_n, sizeof *m->shown);
    m->stores = wr_calloc(plan->stores_n, sizeof *m->stores);
    for (uint32_t i = 0; i < plan->stores_n; i++) {
        m->stores[i].node = node_of(plan->stores[i].step, plan->stores[i].subtopology);
        WR_ASSERT(m->stores[i].node < 2 * plan->steps_n);
    }
    wr_histogram_init(&m->batch, &wr_histogram_work_seconds);
    wr_histogram_init(&m->commit, &wr_histogram_work_seconds);
    wr_histogram_init(&m->restore, &wr_histogram_wait_seconds);
    wr_histogram_init(&m->end_to_end, &wr_histogram_wait_seconds);
    m->topics = wr_calloc(plan->topics_n, sizeof *m->topics);
    m->started_ns = m->rate.since_ns = q->clock->mono_ns(q->clock);
    m->last_out_ms = -1;
    pthread_mutex_init(&m->lock, NULL);
    return m;
}

void wr__metrics_free(wr__metrics *m)
{
    if (!m)
        return;
    wr_free(m->topics);
    wr_free(m->stores);
    wr_free(m->past);
    wr_free(m->shown);
    pthread_mutex_destroy(&m->lock);
    wr_free(m);
}

/* ---- adding up, by the worker's thread ---- */

static void add_op(op_counts *to, const wr_op *op)
{
    to->rows_in += op->rows_in;
    to->rows_out += op->rows_out;
    to->batches += op->batches;
    to->late += op->late_rows;
    to->dropped += op->dropped_rows;
    to->null_keys += op->null_keys;
    to->null_values += op->null_values;
    to->skipped_events += op->skipped_events;
    to->unavailable_values += op->unavailable_values;
    to->ignored_text += op->ignored_text;
    to->bytes_in += op->bytes_in;
    to->bytes_out += op->bytes_out;
    to->ns += op->ns;
}

static void add_store(store_counts *to, const wr_store *s, bool now)
{
    wr_store_stats stats;
    wr_store_stats_read(s, &stats);
    to->gets += stats.gets;
    to->misses += stats.misses;
    to->puts += stats.puts;
    to->expired += stats.expired;
    if (!now)
        return;
    to->entries += stats.entries;
    to->dirty += stats.dirty_entries;
    to->memory_bytes += wr_store_bytes(s);
}

/* `past` of operators is the worker's alone; that of stores is read by publish under the lock, as
 * all of the struct it lies in. */
void wr__metrics_retire(wr_query *q, const wr_task *t)
{
    wr__metrics *m = q->metrics;
    const wr_op *op;
    const wr_store *store;
    for (uint32_t i = 0; (op = wr_task_op(t, i)); i++)
        add_op(&m->past[node_of(op->step, wr_task_subtopology(t))], op);
    pthread_mutex_lock(&m->lock);
    for (uint32_t i = 0; i < q->plan->stores_n; i++)
        if ((store = wr_task_store(t, i)))
            add_store(&m->stores[i].past, store, false);
    pthread_mutex_unlock(&m->lock);
}

/* Under m->lock. */
static void add_task(wr_query *q, const wr_task *t)
{
    wr__metrics *m = q->metrics;
    const wr_op *op;
    const wr_store *store;
    for (uint32_t i = 0; (op = wr_task_op(t, i)); i++) {
        op_counts *c = &m->shown[node_of(op->step, wr_task_subtopology(t))];
        add_op(c, op);
        c->tasks++;
    }
    for (uint32_t i = 0; i < q->plan->stores_n; i++)
        if ((store = wr_task_store(t, i)))
            add_store(&m->stores[i].shown, store, true);
}

/* Begin a new interval where the old one is long enough; a query that does nothing any more does
 * so when somebody asks. */
static void measure_rate(wr_query *q, int64_t now_ns)
{
    rate *r = &q->metrics->rate;
    uint64_t in = atomic_load(&q->counts.records_in), out = atomic_load(&q->counters.records_out);
    int64_t ns = now_ns - r->since_ns;
    WR_ASSERT(in >= r->in && out >= r->out); /* they only grow, and the lock orders who looks */
    if (ns < RATE_NS)
        return;
    r->in_per_s = (double)(in - r->in) * 1e9 / (double)ns;
    r->out_per_s = (double)(out - r->out) * 1e9 / (double)ns;
    r->since_ns = now_ns;
    r->in = in;
    r->out = out;
}

/* From `past` on, not from what was shown before: open tasks count from 0 since they were opened.
 */
static void publish(wr_query *q, int64_t now_ns)
{
    wr__metrics *m = q->metrics;
    m->published_ns = now_ns;
    pthread_mutex_lock(&m->lock);
    memcpy(m->shown, m->past, 2 * (size_t)q->plan->steps_n * sizeof *m->shown);
    for (uint32_t i = 0; i < q->plan->stores_n; i++)
        m->stores[i].shown = m->stores[i].past;
    const wr_task *t;
    for (size_t i = 0; (t = wr_task_set_at(q->tasks, i)); i++)
        add_task(q, t);
    m->timing_shown = m->timing;
    uint64_t written = atomic_load(&q->counters.records_out);
    if (written != m->out_shown)
        m->last_out_ms = q->clock->wall_ms(q->clock);
    m->out_shown = written;
    measure_rate(q, now_ns);
    pthread_mutex_unlock(&m->lock);
    wr__schemas_publish(q);
}

void wr__metrics_publish(wr_query *q)
{
    publish(q, q->clock->mono_ns(q->clock));
}

void wr__metrics_observe(wr_query *q, const wr_worker_times *times)
{
    wr__metrics *m = q->metrics;
    int64_t now = q->clock->mono_ns(q->clock);
    m->timing.steps_ns += times->steps_ns;
    m->timing.polls += times->polls;
    m->timing.poll_ns += times->poll_ns;
    if (now - m->published_ns >= PUBLISH_NS)
        publish(q, now);
}

void wr__metrics_committed(wr_query *q, const wr_commit_times *times)
{
    timing *t = &q->metrics->timing;
    WR_ASSERT(times->began_ns <= times->flushed_ns && times->flushed_ns <= times->done_ns);
    uint64_t ns = (uint64_t)(times->done_ns - times->began_ns);
    wr_histogram_observe(&q->metrics->commit, (double)ns / 1e9);
    t->commits++;
    t->commit_ns += ns;
    t->commit_max_ns = WR_MAX(t->commit_max_ns, ns);
    t->commit_own_ns += (uint64_t)(times->done_ns - times->flushed_ns);
    publish(q, times->done_ns);
}

void wr__metrics_processed(wr_query *q, const wr_processed *what)
{
    wr__metrics *m = q->metrics;
    WR_ASSERT(what->topic < q->plan->topics_n);
    topic_counts *t = &m->topics[what->topic];
    atomic_fetch_add_explicit(&t->records, what->records, memory_order_relaxed);
    atomic_fetch_add_explicit(&t->bytes, what->bytes, memory_order_relaxed);
    if (what->ns)
        wr_histogram_observe(&m->batch, (double)what->ns / 1e9);
    m->samples.ms[m->samples.n++ % SAMPLES] = what->last_ms;
}

/* By the wall clock, as timestamps are; a record from the future gives a negative time, which the
 * histogram puts into its first bucket. */
void wr__metrics_acknowledged(wr_query *q)
{
    wr__metrics *m = q->metrics;
    WR_ASSERT(m);
    int64_t now_ms = q->clock->wall_ms(q->clock);
    for (uint64_t i = 0; i < WR_MIN(m->samples.n, SAMPLES); i++)
        wr_histogram_observe(&m->end_to_end, ((double)now_ms - (double)m->samples.ms[i]) / 1e3);
    m->samples.n = 0;
}

void wr__metrics_restoring(wr_query *q, bool restoring)
{
    wr__metrics *m = q->metrics;
    int64_t now_ns = q->clock->mono_ns(q->clock);
    if (restoring && !m->restore_since_ns)
        m->restore_since_ns = now_ns;
    if (restoring || !m->restore_since_ns)
        return;
    WR_ASSERT(now_ns >= m->restore_since_ns);
    wr_histogram_observe(&m->restore, (double)(now_ns - m->restore_since_ns) / 1e9);
    m->restore_since_ns = 0;
}

void wr__metrics_close(wr_query *q)
{
    q->metrics->samples.n = 0;
    q->metrics->restore_since_ns = 0;
}

/* ---- reading, from any thread ---- */

void wr_query_histograms_read(wr_query *q, wr_query_histograms *out)
{
    wr__metrics *m = q->metrics;
    *out = (wr_query_histograms){0};
    wr_histogram_add(&m->batch, &out->batch);
    wr_histogram_add(&m->commit, &out->commit);
    wr_histogram_add(&m->restore, &out->restore);
    wr_histogram_add(&m->end_to_end, &out->end_to_end);
}

uint32_t wr_query_topics_read(wr_query *q, wr_arena *a, wr_query_topic **out)
{
    uint32_t n = 0;
    *out = WR_NEW_N(a, wr_query_topic, q->plan->topics_n);
    for (uint32_t i = 0; i < q->plan->topics_n; i++) {
        topic_counts *t = &q->metrics->topics[i];
        if (q->plan->topics[i].role == WR_TOPIC_INPUT ||
            q->plan->topics[i].role == WR_TOPIC_REPARTITION)
            (*out)[n++] = (wr_query_topic){q->topics.names[i], atomic_load(&t->records),
                                           atomic_load(&t->bytes)};
    }
    return n;
}

const char *wr_query_sink_topic(const wr_query *q)
{
    return wr__query_sink(q);
}

/* Atomics, each for itself: without the lock, and so without a moment that all of them are of. */
void wr_query_metrics_read(wr_query *q, wr_query_metrics *out)
{
    *out = (wr_query_metrics){
        .records_in = atomic_load(&q->counts.records_in),
        .records_out = atomic_load(&q->counters.records_out),
        .bytes_in = atomic_load(&q->counts.bytes_in),
        .bytes_out = atomic_load(&q->counters.bytes_out),
        .errors = atomic_load(&q->counters.errors),
        .late = atomic_load(&q->counts.late),
        .commits = atomic_load(&q->counts.commits),
        .restored = atomic_load(&q->counters.restore.records),
        .lag = atomic_load(&q->counts.lag),
        .before_start = (uint64_t)atomic_load(&q->counts.before_start),
        .state_bytes = atomic_load(&q->share.state_bytes),
        .misplaced_keys = atomic_load(&q->counts.misplaced_keys),
        .dead_letters = atomic_load(&q->counters.dead_letters),
    };
    for (uint32_t r = 0; r < WR_ROW_FAULT_REASONS; r++)
        out->left_out[r] = atomic_load(&q->counters.left_out[r]);
    for (uint32_t s = 0; s < WR_TASK_STATES; s++)
        out->tasks[s] = atomic_load(&q->counters.states[s]);
}

/** Making the nodes of a profile, under the metrics' lock. */
typedef struct walk {
    wr_query *q;
    wr_profile *out;
} walk;

static uint64_t disk_bytes(wr_query *q, const wr_plan_store *s)
{
    static const wr_db_family families[] = {
        [WR_STORE_KV] = WR_DB_KV,
        [WR_STORE_WINDOW] = WR_DB_WINDOW,
        [WR_STORE_SESSION] = WR_DB_SESSION,
    };
    WR_ASSERT((size_t)s->spec.kind < WR_ARRAY_LEN(families));
    wr_buf name = {0};
    weir_error ignored; /* a size that cannot be asked for is not known */
    uint32_t id = 0;
    wr_task_store_name(q->id, s, &name);
    weir_status st = wr_db_store_id_find(q->db, NULL, wr_buf_view(&name), &id, &ignored);
    wr_buf_free(&name);
    return st == WEIR_OK && id ? wr_db_store_bytes(q->db, families[s->spec.kind], id, UINT32_MAX)
                               : 0;
}

/* Stores follow their operator, one deeper, in the plan's order. */
static void put_stores(walk *w, uint32_t node, uint32_t depth, const wr_profile_node *of)
{
    const wr__metrics *m = w->q->metrics;
    for (uint32_t i = 0; i < w->q->plan->stores_n; i++) {
        const wr_plan_store *s = &w->q->plan->stores[i];
        const store_counts *c = &m->stores[i].shown;
        /* A few integers for each task say nothing. */
        if (m->stores[i].node != node || s->role == WR_PLAN_STORE_TIMES)
            continue;
        w->out->nodes[w->out->nodes_n++] = (wr_profile_node){
            .store = s->name,
            .depth = depth,
            .step = of->step,
            .name = of->name,
            .subtopology = of->subtopology,
            .tasks = of->tasks,
            .gets = c->gets,
            .misses = c->misses,
            .puts = c->puts,
            .expired = c->expired,
            .entries = c->entries,
            .dirty_entries = c->dirty,
            .memory_bytes = c->memory_bytes,
            .disk_bytes = disk_bytes(w->q, s),
        };
    }
}

/* @p other_end: the step's end in the sub-topology that it sends to, which has a name of its own.
 */
static void put_node(walk *w, const wr_step *step, bool other_end, uint32_t depth, uint32_t sub)
{
    uint32_t node = 2 * step->id + other_end;
    const op_counts *c = &w->q->metrics->shown[node];
    const char *name = !other_end                      ? step->name
                       : step->kind == WR_STEP_FK_JOIN ? "ForeignKeyTableTableJoinRight"
                                                       : "RepartitionRead";
    wr_profile_node *n = &w->out->nodes[w->out->nodes_n++];
    *n = (wr_profile_node){
        .depth = depth,
        .step = step,
        .name = name,
        .subtopology = sub,
        .tasks = c->tasks,
        .rows_in = c->rows_in,
        .rows_out = c->rows_out,
        .batches = c->batches,
        .late = c->late,
        .dropped = c->dropped,
        .bytes_in = c->bytes_in,
        .bytes_out = c->bytes_out,
        .ns = c->ns,
    };
    w->out->operators_ns += c->ns;
    put_stores(w, node, depth + 1, n);
}

/* As EXPLAIN does: what is last in the flow first, its inputs below. @p sub is where the consumer
 * stands, which is where a repartition is read. */
static void put_steps(walk *w, const wr_step *step, uint32_t depth, uint32_t sub)
{
    switch (step->kind) {
    case WR_STEP_REPARTITION:
        put_node(w, step, true, depth, sub);
        put_node(w, step, false, depth + 1, step->subtopology);
        put_steps(w, step->in[0], depth + 2, step->subtopology);
        break;
    case WR_STEP_FK_JOIN:
        put_node(w, step, false, depth, step->subtopology);
        put_steps(w, step->in[0], depth + 1, step->subtopology);
        put_node(w, step, true, depth + 1, step->u.join.right_subtopology);
        put_steps(w, step->in[1], depth + 2, step->u.join.right_subtopology);
        break;
    default:
        put_node(w, step, false, depth, step->subtopology);
        for (uint32_t i = 0; i < step->in_n; i++)
            put_steps(w, step->in[i], depth + 1, step->subtopology);
    }
}

void wr_query_profile(wr_query *q, wr_arena *a, wr_profile *out)
{
    wr__metrics *m = q->metrics;
    *out = (wr_profile){.age_ns = (uint64_t)(q->clock->mono_ns(q->clock) - m->started_ns)};
    wr_query_metrics_read(q, &out->totals);
    pthread_mutex_lock(&m->lock);
    out->nodes = WR_NEW_N(a, wr_profile_node, 2 * (size_t)q->plan->steps_n + q->plan->stores_n);
    out->polls = m->timing_shown.polls;
    out->poll_ns = m->timing_shown.poll_ns;
    out->commits = m->timing_shown.commits;
    out->commit_ns = m->timing_shown.commit_ns;
    out->commit_own_ns = m->timing_shown.commit_own_ns;
    out->commit_max_ns = m->timing_shown.commit_max_ns;
    out->restore_ns = atomic_load(&q->counters.restore.ns);
    out->steps_ns = m->timing_shown.steps_ns;
    measure_rate(q, q->clock->mono_ns(q->clock));
    out->in_per_s = m->rate.in_per_s;
    out->out_per_s = m->rate.out_per_s;
    out->last_out_ms = m->last_out_ms;
    for (uint32_t i = 0; i < 2 * q->plan->steps_n; i++) {
        out->null_keys += m->shown[i].null_keys;
        out->null_values += m->shown[i].null_values;
        out->skipped_events += m->shown[i].skipped_events;
        out->unavailable_values += m->shown[i].unavailable_values;
        out->ignored_text += m->shown[i].ignored_text;
    }
    walk w = {q, out};
    put_steps(&w, q->plan->root, 0, q->plan->root->subtopology);
    WR_ASSERT(out->nodes_n <= 2 * q->plan->steps_n + q->plan->stores_n);
    pthread_mutex_unlock(&m->lock);
}
