/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker asks of a query: its tasks do the work, here are the policies beside it: where to
 * begin, what is kept, what is counted, what becomes of the query when it leaves.
 */
#include "runtime/query/query_internal.h"
#include "common/diag.h"

static wr_query *query_of(wr_worker_client *c)
{
    return (wr_query *)(void *)c; /* the client is its first member */
}

/* ---- opening, processing ---- */

static weir_status start_offsets(wr_worker_client *c, wr_topic_part *parts, uint32_t n,
                                 const int64_t *low, const int64_t *high, bool *fresh,
                                 weir_error *err)
{
    return wr__query_start_offsets(query_of(c), parts, n, low, high, fresh, err);
}

/* Rows of a query without internal topics are always exchanged; one with paths of different length
 * never does it where there are topics. */
static bool exchanges(const wr_query *q, const wr_worker_assignment *a)
{
    return !q->kind.internal_topics || (a->exchange && !q->kind.reentrant);
}

static weir_status open(wr_worker_client *c, const wr_worker_assignment *a, weir_error *err)
{
    wr_query *q = query_of(c);
    wr_task_assignment tasks = {
        .parts = a->parts,
        .parts_n = a->parts_n,
        .exchange = exchanges(q, a),
        .writer = a->writer,
        .slots = a->slots,
        .slots_n = a->slots_n,
        .batch_rows = a->batch_rows,
    };
    return wr_task_set_open(q->tasks, &tasks, err);
}

static void close(wr_worker_client *c)
{
    wr_query *q = query_of(c);
    wr_task_set_close(q->tasks);
    wr__state_share_release(&q->share);
}

static weir_status deliver(wr_worker_client *c, uint32_t topic, int32_t partition,
                           const wr_record *records, uint32_t n, weir_error *err)
{
    return wr_task_set_deliver(query_of(c)->tasks, topic, partition, records, n, err);
}

static bool swap(wr_worker_client *c)
{
    return wr_task_set_swap(query_of(c)->tasks);
}

static weir_status drain(wr_worker_client *c, uint32_t slot, weir_error *err)
{
    return wr_task_set_drain(query_of(c)->tasks, slot, err);
}

static weir_status punctuate(wr_worker_client *c, int64_t wall_ms, weir_error *err)
{
    return wr_task_set_punctuate(query_of(c)->tasks, wall_ms, err);
}

/* ---- committing ---- */

static weir_status flush(wr_worker_client *c, weir_error *err)
{
    return wr_task_set_flush(query_of(c)->tasks, err);
}

static weir_status commit_into(wr_worker_client *c, wr_db_batch *b, weir_error *err)
{
    wr_query *q = query_of(c);
    if (!q->known)
        wr__query_put_known(q, b);
    return q->kind.changelogs ? WEIR_OK : wr_task_set_commit_into(q->tasks, b, err);
}

static uint64_t late_rows(const wr_query *q)
{
    uint64_t late = 0;
    const wr_task *t;
    const wr_op *op;
    for (size_t i = 0; (t = wr_task_set_at(q->tasks, i)); i++)
        for (uint32_t o = 0; (op = wr_task_op(t, o)); o++)
            late += op->late_rows;
    return late;
}

static void committed(wr_worker_client *c, const wr_commit_times *times)
{
    wr_query *q = query_of(c);
    if (q->kind.changelogs)
        wr_task_set_committed(q->tasks);
    if (!times) /* offsets follow with a later one */
        return;
    q->known = true;
    atomic_store(&q->counts.late, late_rows(q));
    atomic_fetch_add(&q->counts.commits, 1);
    wr__metrics_committed(q, times);
}

static weir_status write_state(wr_worker_client *c, weir_error *err)
{
    return wr_task_set_write(query_of(c)->tasks, err);
}

/* ---- memory, counts ---- */

static void trim(wr_worker_client *c)
{
    wr_query *q = query_of(c);
    wr__state_share_trim(&q->share, q->tasks);
}

static wr_client_memory memory(wr_worker_client *c)
{
    wr_query *q = query_of(c);
    bool in_batch = wr_log_can(q->log)->atomic_with_state;
    return (wr_client_memory){
        .over = wr__state_share_over(&q->share, q->tasks, in_batch),
        .unwritten = q->kind.changelogs ? wr_task_set_memory(q->tasks, true).unwritten : 0,
    };
}

static void processed(wr_worker_client *c, uint64_t records, uint64_t bytes)
{
    wr__query_counts *n = &query_of(c)->counts;
    atomic_fetch_add_explicit(&n->records_in, records, memory_order_relaxed);
    atomic_fetch_add_explicit(&n->bytes_in, bytes, memory_order_relaxed);
}

static void observe(wr_worker_client *c, const wr_worker_times *times, int64_t lag)
{
    wr_query *q = query_of(c);
    if (lag >= 0)
        atomic_store(&q->counts.lag, lag);
    wr__metrics_observe(q, times);
}

/* ---- leaving ---- */

static void left(wr_worker_client *c, wr_client_end why, const weir_error *err)
{
    wr_query *q = query_of(c);
    WR_ASSERT(!wr_task_set_is_open(q->tasks));
    switch (why) {
    case WR_CLIENT_PAUSED:
        atomic_store(&q->state, WR_QUERY_PAUSED);
        break;
    case WR_CLIENT_STOPPED:
    case WR_CLIENT_DONE:
        if (atomic_load(&q->state) != WR_QUERY_FAILED)
            atomic_store(&q->state, WR_QUERY_STOPPED);
        break;
    case WR_CLIENT_INTERRUPTED:
        break; /* whoever took its rows is gone, and asks no more */
    case WR_CLIENT_FAILED:
        wr_query_fail(q, err);
        return;
    }
    if (err) /* its last commit */
        wr__query_set_error(q, err);
}

const wr_client_class wr__query_client_class = {
    .start_offsets = start_offsets,
    .open = open,
    .close = close,
    .deliver = deliver,
    .swap = swap,
    .drain = drain,
    .punctuate = punctuate,
    .flush = flush,
    .commit_into = commit_into,
    .committed = committed,
    .write = write_state,
    .trim = trim,
    .memory = memory,
    .processed = processed,
    .observe = observe,
    .left = left,
};

/* ---- tasks ---- */

static bool stopping(void *arg)
{
    const wr_query *q = arg;
    return atomic_load(&q->client.desired) != WR_DESIRED_RUN;
}

static void closing(void *arg, const wr_task *task)
{
    wr__metrics_retire(arg, task);
}

wr_task_set *wr__query_tasks_new(wr_query *q,
                                 weir_status (*collect)(void *arg, const wr_batch *batch,
                                                        weir_error *err),
                                 void *collect_arg)
{
    wr_task_config config = {
        .id = q->id,
        .prefix = q->prefix,
        .plan = q->plan,
        .log = q->log,
        .db = q->db,
        .settings = &q->settings,
        .clock = q->clock,
        .topic_names = q->topics.names,
        .sub_partitions = q->topics.sub_partitions,
        .overlay_max = q->share.budget->bytes,
        .changelogs = q->kind.changelogs,
        .caching = q->kind.caching,
        .piped = q->kind.piped,
        .owner = &q->client.owner,
        .counters = &q->counters,
        .collect = collect,
        .collect_arg = collect_arg,
        .stopping = stopping,
        .closing = closing,
        .arg = q,
    };
    return wr_task_set_new(&config);
}
