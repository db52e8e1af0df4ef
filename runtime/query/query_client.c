/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker asks of a query: its tasks do the work, here are the policies beside it: where to
 * begin, what is kept, what is counted, what becomes of the query when it leaves.
 *
 * Threads: deliver and drain run in executor slots, several at once; all others run on the worker's
 * thread while no slot does, so they may look at every task.
 *
 * State becomes durable in one of two ways, by the log:
 *   - the log commits state with offsets (embedded): commit_into puts it into that one write;
 *   - by changelogs (Kafka): flush produces them, they are acknowledged before offsets are
 *     committed, and the database follows by write_state. It may lag: a restore catches up.
 */
#include "runtime/query/query_internal.h"
#include "common/diag.h"

static wr_query *query_of(wr_worker_client *c)
{
    WR_ASSERT(c->cls == &wr__query_client_class);
    return (wr_query *)(void *)c; /* the client is its first member */
}

/* ---- opening, processing ---- */

static weir_status start_offsets(wr_worker_client *c, wr_topic_part *parts, uint32_t n,
                                 const int64_t *low, const int64_t *high, bool *fresh,
                                 weir_error *err)
{
    return wr__query_start_offsets(query_of(c), parts, n, low, high, fresh, err);
}

/*
 * Whether rows that change their key go to their task in memory, or through a repartition topic.
 * Rows of a query without internal topics have no other way. One with paths of different length
 * never exchanges where it has topics: a topic brings its rows one by one, so that what comes out
 * does not depend on where batches end.
 */
static bool exchanges(const wr_query *q, const wr_worker_assignment *a)
{
    return !q->kind.internal_topics || (a->exchange && !q->kind.reentrant);
}

/* Stores that are behind their changelogs come forward on other threads, and their tasks after
 * them: advance. */
static weir_status open(wr_worker_client *c, const wr_worker_assignment *a, weir_error *err)
{
    wr_query *q = query_of(c);
    WR_ASSERT(!wr_task_set_is_open(q->tasks) && a->slots_n > 0 && a->batch_rows > 0);
    wr_task_assignment tasks = {
        .parts = a->parts,
        .parts_n = a->parts_n,
        .exchange = exchanges(q, a),
        .writer = a->writer,
        .slots = a->slots,
        .slots_n = a->slots_n,
        .batch_rows = a->batch_rows,
    };
    WR_TRY(wr_task_set_open(q->tasks, &tasks, err));
    atomic_store(&q->opened, true);
    wr__metrics_restoring(q, wr_task_set_restoring(q->tasks));
    return WEIR_OK;
}

static weir_status advance(wr_worker_client *c, int64_t *left, weir_error *err)
{
    wr_query *q = query_of(c);
    WR_ASSERT(wr_task_set_is_open(q->tasks));
    WR_TRY(wr_task_set_advance(q->tasks, err));
    wr__metrics_restoring(q, wr_task_set_restoring(q->tasks));
    *left = wr_task_set_restoring(q->tasks) ? WR_MAX(atomic_load(&q->counters.restore.left), 1) : 0;
    return WEIR_OK;
}

static bool ready(wr_worker_client *c, uint32_t topic, int32_t partition)
{
    const wr_query *q = query_of(c);
    WR_ASSERT(topic < q->plan->topics_n);
    return wr_task_set_ready(q->tasks, topic, partition);
}

/* A stepped query works at its restores alone. */
static weir_status standby(wr_worker_client *c, const wr_topic_part *parts, uint32_t n,
                           weir_error *err)
{
    wr_query *q = query_of(c);
    if (!q->kind.changelogs || q->owns_restore)
        return WEIR_OK;
    return wr_task_set_standby(q->tasks, parts, n, err);
}

static void close(wr_worker_client *c)
{
    wr_query *q = query_of(c);
    wr__late_close(&q->late, q->id);
    (void)wr__place_look(&q->place, q->id, q->plan, q->tasks, true);
    wr_task_set_close(q->tasks);
    wr__metrics_close(q);
    wr__state_share_release(&q->share);
    WR_ASSERT(!wr_task_set_is_open(q->tasks) && q->share.used == 0);
}

static weir_status deliver(wr_worker_client *c, uint32_t topic, int32_t partition,
                           const wr_record *records, uint32_t n, weir_error *err)
{
    const wr_query *q = query_of(c);
    WR_ASSERT(topic < q->plan->topics_n); /* the client's own number, not the worker's */
    return wr_task_set_deliver(q->tasks, topic, partition, records, n, err);
}

static weir_status condemned(wr_worker_client *c, uint32_t topic, int32_t partition,
                             const wr_record *record, weir_error *err)
{
    return wr_task_set_condemn(query_of(c)->tasks, topic, partition, record, err);
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

static weir_status times(wr_worker_client *c, uint32_t topic, const wr_record *records, uint32_t n,
                         int64_t *out, weir_error *err)
{
    return wr__query_times(query_of(c), topic, records, n, out, err);
}

/* ---- committing ---- */

static weir_status flush(wr_worker_client *c, weir_error *err)
{
    return wr_task_set_flush(query_of(c)->tasks, err);
}

/* That the directory knows the query is written with its first state, not before: a mark without
 * state would keep start_offsets.c from starting over where nothing is left. */
static weir_status commit_into(wr_worker_client *c, wr_db_batch *b, weir_error *err)
{
    wr_query *q = query_of(c);
    if (!q->known)
        wr__query_put_known(q, b);
    return q->kind.changelogs ? WEIR_OK : wr_task_set_commit_into(q->tasks, b, err);
}

/* Of the tasks that are open now: operators count for themselves, without atomics. */
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

/* Nothing here may fail: what was flushed is durable, and tasks go on from it. */
static void committed(wr_worker_client *c, const wr_commit_times *times)
{
    wr_query *q = query_of(c);
    WR_ASSERT(wr_task_set_is_open(q->tasks));
    if (q->kind.changelogs)
        wr_task_set_committed(q->tasks);
    if (!q->kind.piped) /* a test says itself what it expects */
        wr__late_look(&q->late, q->id, q->tasks, q->clock->mono_ns(q->clock));
    uint64_t misplaced = wr__place_look(&q->place, q->id, q->plan, q->tasks, false);
    atomic_store(&q->counts.misplaced_keys, misplaced);
    if (misplaced)
        atomic_store(&q->counts.misplaced, true);
    wr__metrics_acknowledged(q);
    if (!times) /* offsets follow with a later one */
        return;
    q->known = true;
    wr__query_clear_waiting(q);
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

/* `over` asks for an early commit. Where a commit has its state in one batch, that batch is a
 * second copy of what is dirty, so dirty bytes have a bound of their own there. */
static wr_client_memory memory(wr_worker_client *c)
{
    wr_query *q = query_of(c);
    bool in_batch = wr_log_can(q->log)->atomic_with_state;
    return (wr_client_memory){
        .over = wr__state_share_over(&q->share, q->tasks, in_batch),
        .unwritten = q->kind.changelogs ? wr_task_set_memory(q->tasks, true).unwritten : 0,
    };
}

/* Relaxed: totals, which order nothing; they are read for metrics alone. */
static void processed(wr_worker_client *c, const wr_processed *what)
{
    wr_query *q = query_of(c);
    atomic_fetch_add_explicit(&q->counts.records_in, what->records, memory_order_relaxed);
    atomic_fetch_add_explicit(&q->counts.bytes_in, what->bytes, memory_order_relaxed);
    wr__metrics_processed(q, what);
}

/* The lag is the worker's, so that of all clients together: they stand at the same offsets. One
 * that is not known anew leaves the last one in place. */
static void observe(wr_worker_client *c, const wr_worker_times *times, int64_t lag)
{
    wr_query *q = query_of(c);
    if (lag >= 0)
        atomic_store(&q->counts.lag, lag);
    if (lag == 0)
        wr__query_clear_waiting(q);
    wr__metrics_observe(q, times);
}

static void retried(wr_worker_client *c, const weir_error *why)
{
    wr__query_set_waiting(query_of(c), why);
}

/* ---- leaving ---- */

/*
 * The last call of a worker, which may be of another one than the query was started with. FAILED is
 * final: a stop does not change it, or whoever looks later would see an orderly end.
 */
static void left(wr_worker_client *c, wr_client_end why, const weir_error *err)
{
    wr_query *q = query_of(c);
    WR_ASSERT(!wr_task_set_is_open(q->tasks));
    WR_ASSERT(why != WR_CLIENT_FAILED || err);
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
        break;
    }
    if (err && why != WR_CLIENT_FAILED) /* its last commit */
        wr__query_set_error(q, err);
    if (q->ended && why != WR_CLIENT_PAUSED)
        q->ended(q->ended_arg);
}

const wr_client_class wr__query_client_class = {
    .start_offsets = start_offsets,
    .open = open,
    .advance = advance,
    .ready = ready,
    .standby = standby,
    .close = close,
    .deliver = deliver,
    .condemned = condemned,
    .swap = swap,
    .drain = drain,
    .punctuate = punctuate,
    .times = times,
    .flush = flush,
    .commit_into = commit_into,
    .committed = committed,
    .write = write_state,
    .trim = trim,
    .memory = memory,
    .processed = processed,
    .observe = observe,
    .retried = retried,
    .left = left,
};

/* ---- tasks ---- */

static bool wait(void *arg, const weir_error *why, uint32_t attempt)
{
    return wr__query_wait(arg, why, attempt);
}

/* Counts belong to the query and outlive its tasks. */
static void closing(void *arg, const wr_task *task)
{
    wr__metrics_retire(arg, task);
    wr__schemas_retire(arg, task);
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
        .restore = q->restore,
        .owner = &q->client.owner,
        .counters = &q->counters,
        .held = &q->held,
        .in_progress = q->in_progress,
        .collect = collect,
        .collect_arg = collect_arg,
        .closing = closing,
        .wait = wait,
        .arg = q,
    };
    return wr_task_set_new(&config);
}
