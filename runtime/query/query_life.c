/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a query apart from reading: made, stepped, paused, stopped, freed.
 */
#include "runtime/query/query_internal.h"
#include "common/diag.h"

#define STOP_AGAIN_MS 2000 /* after blocked calls were given up */
#define PAUSE_WAIT_MS 5000 /* a PAUSE answers by then; what it asked for stays asked for */

/* ---- made ---- */

/* Everything that follows from options, log and plan, decided once: what is asked of `kind` later
 * gets the same answer on every thread. */
static wr__query_kind kind_of(const wr_query_options *o, const wr_settings *settings)
{
    const wr_log_capabilities *can = wr_log_can(o->log);
    const char *reset = wr_settings_get(settings, "auto.offset.reset");
    wr__query_kind k = {
        .transient = o->transient,
        .piped = o->piped,
        .caching = o->caching,
        .until_end = o->until_end,
        .threaded = !o->stepped && !o->piped,
        /* A push query has no internal topics of its own: it exchanges rows in memory, so its
         * process reads every partition (it is in no group). Others hear at the assignment. */
        .internal_topics = can->shares_partitions && !o->transient,
        .reentrant = wr__plan_is_reentrant(o->plan),
        .changelogs = can->has_changelogs && !o->transient,
        .from_earliest = reset && wr_ieq(reset, "earliest"),
        .waits = !o->transient && wr_settings_bool(settings, "weir.until.end", false),
    };
    /* Where there are internal topics, a query that changes keys reads topics of its own. */
    k.shares = o->scheduler && k.threaded && !k.transient && !k.reentrant &&
               !(k.internal_topics && wr__plan_repartitions(o->plan));
    return k;
}

/* Nothing here can fail, and nothing is opened or created outside the process. So a query that is
 * refused later is freed the usual way, and is whole. */
static wr_query *make(const wr_query_options *o)
{
    wr_query *q = wr_calloc(1, sizeof *q);
    q->id = wr_strdup(o->id);
    WR_ASSERT(!o->transient || !o->program); /* nothing is kept of it */
    q->sql = o->sql ? wr_strdup(o->sql) : NULL;
    q->program = o->program ? wr_strdup(o->program) : NULL;
    q->plan = o->plan;
    q->log = o->log;
    q->clock = o->clock;
    q->share.budget = o->budget;
    q->records = o->records;
    q->watch = o->watch;
    q->prefix = wr_strdup(o->prefix);
    wr_settings_init(&q->settings, NULL);
    wr_settings_copy(&q->settings, o->settings);
    wr_settings_init(&q->own_settings, NULL);
    const wr_map_entry *own;
    for (size_t i = 0; o->settings && (own = wr_map_next(&o->settings->values, &i));)
        wr_settings_put(&q->own_settings, own->key.ptr, own->value);
    q->begun_elsewhere = o->begun_elsewhere;
    WR_ASSERT(!o->begun_elsewhere || !o->transient);
    q->kind = kind_of(o, &q->settings);
    q->ended = o->ended;
    q->ended_arg = o->ended_arg;
    q->owns_db = o->db == NULL;
    q->db = o->db ? o->db : wr_db_open_memory();
    q->owns_scheduler = o->scheduler == NULL;
    q->scheduler = o->scheduler ? o->scheduler : wr_scheduler_new(WR_SCHEDULE_FILES, NULL, NULL);
    q->in_progress = wr__scheduler_in_progress(q->scheduler);
    if (!o->transient) {
        wr_buf group = {0};
        wr_buf_printf(&group, "%s%s", o->prefix, o->id);
        q->group = wr_strdup(wr_buf_cstr(&group));
        wr_buf_free(&group);
    }
    atomic_store(&q->counts.lag, -1);
    pthread_mutex_init(&q->lock, NULL);
    wr__query_topics_init(q);
    wr_worker_client_init(&q->client, &wr__query_client_class, q->id, q->group, q->topics.read);
    q->restore = o->restore;
    q->owns_restore = q->kind.changelogs && !o->restore;
    WR_ASSERT(!q->owns_restore || !q->owns_db); /* what is transient has no changelogs */
    if (q->owns_restore)
        q->restore = wr_restore_pool_new(&(wr_restore_options){
            .log = q->log, .db = q->db, .clock = q->clock, .settings = &q->settings});
    q->metrics = wr__metrics_new(q);
    wr__schemas_init(q);
    wr__place_init(&q->place, q->plan);
    if (q->plan->materialized && q->plan->materialized_store < q->plan->stores_n)
        wr_held_init(
            &q->held, q->plan->materialized_store,
            q->topics.sub_partitions[q->plan->stores[q->plan->materialized_store].subtopology]);
    q->tasks = wr__query_tasks_new(q, o->collect, o->collect_arg);
    q->slack_ms = wr__plan_slack(q->plan, true);
    if (!q->kind.transient)
        wr__scheduler_know(q);
    return q;
}

/* A repartition topic that was made stays where the query is refused after it: another process of
 * the same group may have made it, and use it. */
weir_status wr_query_new(const wr_query_options *o, wr_query **out, weir_error *err)
{
    WR_ASSERT(o->transient == (o->db == NULL));
    WR_ASSERT(o->id && o->prefix && o->plan && o->log && o->clock && o->budget);
    wr_query *q = make(o);
    weir_status st = wr__query_topics_create(q, err);
    /* Whoever steps it, or reads its rows, hears at once what is wrong; others when they start. */
    if (st == WEIR_OK && (!q->kind.threaded || q->owns_scheduler))
        st = wr__query_open_alone(q, err);
    if (st != WEIR_OK) {
        wr_query_free(q, false);
        return st;
    }
    WR_ASSERT(q->kind.threaded || q->client.worker);
    if (q->plan->warning)
        wr_diag_put(WR_DIAG_WARN, "query", "%s: %s", q->id, q->plan->warning);
    *out = q;
    return WEIR_OK;
}

/* ---- for those who step ---- */

weir_status wr_query_step(wr_query *q, int timeout_ms, bool *progressed, bool *done,
                          weir_error *err)
{
    WR_ASSERT(!q->kind.threaded || q->owns_scheduler);
    WR_ASSERT(q->client.worker && !q->client.pending);
    weir_error why = {0};
    weir_status st = wr_worker_step(q->client.worker, timeout_ms, progressed, done, &why);
    if (st == WEIR_OK)
        return WEIR_OK;
    /* As a worker with a thread does it; whoever steps comes again by himself. */
    if (!q->kind.transient && (why.flags & WEIR_ERROR_RETRIABLE) && wr_query_waits(q, NULL, NULL)) {
        *progressed = *done = false;
        return wr_worker_restart(q->client.worker, err);
    }
    if (err)
        *err = why;
    return st;
}

/* Records are offered to every query; those of a topic that this one does not read are left. */
weir_status wr_query_pipe(wr_query *q, const char *topic, const wr_record *records, uint32_t n,
                          weir_error *err)
{
    WR_ASSERT(q->kind.piped && q->client.worker);
    for (uint32_t t = 0; t < q->plan->topics_n; t++)
        if (q->plan->topics[t].role == WR_TOPIC_INPUT && strcmp(q->topics.names[t], topic) == 0)
            WR_TRY(wr_worker_pipe(q->client.worker, t, records, n, err));
    return WEIR_OK;
}

weir_status wr_query_commit(wr_query *q, weir_error *err)
{
    return q->client.worker ? wr_worker_commit(q->client.worker, err) : WEIR_OK;
}

/* ---- pausing, stopping ---- */

/* A query that is stepped has no thread to wait for: its owner looks at the state before it steps.
 * One on a worker leaves it, so that the others of the worker go on without it. */
void wr_query_pause(wr_query *q, bool paused)
{
    if (!q->kind.threaded) {
        if (atomic_load(&q->state) <= WR_QUERY_PAUSED)
            atomic_store(&q->state, paused ? WR_QUERY_PAUSED : WR_QUERY_RUNNING);
    } else if (atomic_load(&q->state) > WR_QUERY_PAUSED) {
        return; /* it has failed, or ended */
    } else if (paused) {
        if (!wr__query_leave(q, WR_DESIRED_PAUSE, PAUSE_WAIT_MS))
            wr_diag_put(WR_DIAG_INFO, "query", "%s is still finishing what it has begun", q->id);
        else if (atomic_load(&q->client.desired) == WR_DESIRED_PAUSE)
            (void)atomic_compare_exchange_strong(&q->state, &(int){WR_QUERY_RUNNING},
                                                 WR_QUERY_PAUSED); /* it was never started */
    } else {
        wr__query_return(q);
    }
}

/* Without a thread: a last commit here, on the caller's thread. What a failed query has not
 * committed must stay so, and a transient one has nothing to keep. */
static void stop_here(wr_query *q)
{
    int was = atomic_load(&q->state);
    weir_error err;
    if (was != WR_QUERY_FAILED && was != WR_QUERY_STOPPED && !q->kind.transient &&
        wr_worker_commit(q->client.worker, &err) != WEIR_OK) {
        wr_diag_put(WR_DIAG_WARN, "query", "%s: last commit: %s", q->id, err.message);
        wr__query_set_error(q, &err);
    }
    wr_worker_free(q->client.worker);
    WR_ASSERT(!q->client.worker); /* freeing a worker makes its clients leave */
}

void wr_query_give_up(wr_query *q)
{
    wr_monitor *m = wr__scheduler_monitor(q->scheduler);
    wr_monitor_lock(m);
    if (q->client.worker)
        wr_worker_cancel(q->client.worker);
    wr_monitor_unlock(m);
}

/* Twice with a deadline: first for an orderly end with a last commit; then, after blocked calls of
 * the log were given up, for an end without one. */
bool wr_query_stop(wr_query *q, int timeout_ms)
{
    wr_monitor *m = wr__scheduler_monitor(q->scheduler);
    wr_monitor_lock(m);
    bool here = q->client.worker && !wr_worker_runs(q->client.worker);
    wr_monitor_unlock(m);
    if (here)
        stop_here(q);
    bool left = wr__query_leave(q, WR_DESIRED_STOP, timeout_ms);
    if (!left) {
        wr_diag_put(WR_DIAG_WARN, "query",
                    "%s has not stopped within %d ms: what it waits for is abandoned", q->id,
                    timeout_ms);
        wr_query_give_up(q);
        left = wr__query_leave(q, WR_DESIRED_STOP, STOP_AGAIN_MS);
    }
    if (left && atomic_load(&q->state) != WR_QUERY_FAILED)
        atomic_store(&q->state, WR_QUERY_STOPPED);
    return left;
}

void wr_query_stop_soon(wr_query *q)
{
    wr_monitor *m = wr__scheduler_monitor(q->scheduler);
    wr_monitor_lock(m);
    atomic_store(&q->client.desired, WR_DESIRED_STOP);
    if (q->client.worker && wr_worker_runs(q->client.worker))
        wr_worker_notify(q->client.worker);
    wr_monitor_unlock(m);
}

/* In this order: no thread may be in its tasks when they are freed; forgetting needs plan, names
 * and settings; the plan is last, since tasks, topics and metrics refer to it. */
void wr_query_free(wr_query *q, bool forget)
{
    if (!q)
        return;
    bool stopped = wr_query_stop(q, -1);
    WR_ASSERT(stopped);
    WR_ASSERT(!wr_task_set_is_open(q->tasks) && q->share.used == 0);
    wr__scheduler_forget(q);
    weir_error ignored; /* none is begun */
    (void)!wr_task_set_standby(q->tasks, NULL, 0, &ignored);
    if (forget && !q->owns_db)
        wr__query_forget(q);
    wr_task_set_free(q->tasks);
    wr_held_destroy(&q->held);
    if (q->owns_restore)
        wr_restore_pool_free(q->restore);
    wr_worker_client_destroy(&q->client);
    wr__metrics_free(q->metrics);
    wr__place_destroy(&q->place);
    wr__schemas_free(q);
    if (q->owns_scheduler)
        wr_scheduler_free(q->scheduler);
    if (q->owns_db)
        wr_db_close(q->db);
    wr__query_topics_destroy(q);
    wr_free(q->id);
    wr_free(q->sql);
    wr_free(q->program);
    wr_free(q->prefix);
    wr_free(q->group);
    wr_settings_free(&q->settings);
    wr_settings_free(&q->own_settings);
    pthread_mutex_destroy(&q->lock);
    wr_plan_free(q->plan);
    wr_free(q);
}
