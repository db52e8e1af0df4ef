/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a running query: opening, the loop of its thread, pausing, failing, stopping,
 * forgetting.
 *
 * A failure that may pass (a broker that went away, a full disk) is tried again: uncommitted work
 * is dropped, tasks are built anew from committed state, input goes back to the committed offsets.
 * A store's failure that comes back RETRIES_MAX times, or one that cannot pass, makes it FAILED
 * with its reason.
 */
#include "runtime/task/internal.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RETRIES_MAX    5
#define BACKOFF_MAX_MS 10000
#define PENDING_MAX    ((size_t)2 << 20) /* bytes written since the last commit */
#define PAUSE_WAIT_MS  5000
#define IDLE_COMMIT_NS 20000000ll

const char *wr_query_state_name(wr_query_state s)
{
    static const char *const names[] = {"RUNNING", "PAUSED", "ERROR", "STOPPED"};
    return names[s];
}

/* ---- opening ---- */

/* The topics' names in the log, and how many partitions each sub-topology has. */
static void resolve_topics(wr_query *q)
{
    const wr_plan *plan = q->plan;
    q->topic_names = wr_calloc(plan->topics_n, sizeof *q->topic_names);
    for (uint32_t t = 0; t < plan->topics_n; t++) {
        wr_buf name = {0};
        if (plan->topics[t].role == WR_TOPIC_REPARTITION)
            wr_buf_printf(&name, "%s%s-", q->prefix, q->id);
        wr_buf_puts(&name, plan->topics[t].name);
        q->topic_names[t] = wr_strdup(wr_buf_cstr(&name));
        wr_buf_free(&name);
    }
    q->sub_partitions = wr_calloc(plan->subtopologies_n, sizeof *q->sub_partitions);
    for (uint32_t s = 0; s < plan->subtopologies_n; s++) {
        uint32_t topics[64], n = wr_plan_inputs(plan, s, topics, WR_ARRAY_LEN(topics));
        for (uint32_t i = 0; i < n; i++)
            q->sub_partitions[s] =
                WR_MAX(q->sub_partitions[s], q->fed ? 1 : plan->topics[topics[i]].partitions);
    }
}

static weir_status create_internal_topics(wr_query *q, weir_error *err)
{
    for (uint32_t t = 0; t < q->plan->topics_n && q->internal_topics; t++) {
        if (q->plan->topics[t].role != WR_TOPIC_REPARTITION)
            continue;
        wr_topic_spec spec = {
            .name = q->topic_names[t],
            .partitions = q->plan->topics[t].partitions,
            .replicas = (int32_t)wr_settings_int(&q->settings, "ksql.internal.topic.replicas", 1),
            .retention_ms = -1,
            .internal = true,
        };
        weir_status st = q->log->cls->create(q->log, &spec, err);
        if (st != WEIR_OK && st != WEIR_ERR_EXISTS)
            return st;
    }
    return WEIR_OK;
}

static weir_status open_log(wr_query *q, weir_error *err)
{
    WR_TRY(create_internal_topics(q, err));
    WR_TRY(q->log->cls->writer_new(q->log, &q->settings, &q->writer, err));
    return wr__inputs_open(q, err);
}

/*
 * Can a record reach one place on two ways of different length? A foreign-key join answers to where
 * the question came from; two sources may read one topic. With rows exchanged in memory a batch
 * would then be all the way on one of them before it starts on the other, so that its size would
 * show.
 */
static bool has_two_ways(const wr_plan *plan)
{
    uint32_t seen = 0;
    for (uint32_t i = 0; i < plan->steps_n; i++) {
        const wr_step *s = plan->steps[i];
        if (s->kind == WR_STEP_FK_JOIN)
            return true;
        if (s->kind != WR_STEP_SOURCE)
            continue;
        for (uint32_t k = 0; k < i; k++)
            seen += plan->steps[k]->kind == WR_STEP_SOURCE &&
                    plan->steps[k]->u.source.topic == s->u.source.topic;
    }
    return seen > 0;
}

static wr_query *new_query(const wr_query_options *o)
{
    wr_query *q = wr_calloc(1, sizeof *q);
    q->id = wr_strdup(o->id);
    q->plan = o->plan;
    q->log = o->log;
    q->clock = o->clock;
    q->budget = o->budget;
    q->prefix = wr_strdup(o->prefix);
    q->transient = o->transient;
    q->fed = o->fed;
    q->caching = o->caching;
    q->until_end = o->until_end;
    q->collect = o->collect;
    q->collect_arg = o->collect_arg;
    wr_settings_init(&q->settings, NULL);
    wr_settings_copy(&q->settings, o->settings);
    q->owns_db = o->db == NULL;
    q->db = o->db ? o->db : wr_db_open_memory();
    q->state = wr_db_batch_new(q->db);
    /* A push query on Kafka has no internal topics of its own: it exchanges rows in memory, so its
     * process reads every partition (it is in no group). Others are told at the assignment. */
    q->internal_topics = o->log->cls->kind == WR_LOG_KAFKA && !o->transient;
    q->exchange = !q->internal_topics;
    q->two_ways = has_two_ways(q->plan);
    if (!o->transient) {
        wr_buf group = {0};
        wr_buf_printf(&group, "%s%s", o->prefix, o->id);
        q->group = wr_strdup(wr_buf_cstr(&group));
        wr_buf_free(&group);
    }
    int64_t rows = wr_settings_int(&q->settings, "weir.batch.rows", WR_BATCH_ROWS_DEFAULT);
    q->batch_rows = (uint32_t)WR_MAX((int64_t)1, WR_MIN(rows, (int64_t)65536));
    if (q->exchange && q->two_ways)
        q->batch_rows = 1;
    q->commit_interval_ns =
        wr_settings_int(&q->settings, "commit.interval.ms", 2000) * (int64_t)1000000;
    const char *reset = wr_settings_get(&q->settings, "auto.offset.reset");
    q->from_earliest = reset && wr_ieq(reset, "earliest");
    wr_rng_seed_os(&q->rng);
    q->scratch = wr_arena_new(65536);
    atomic_store(&q->lag, -1);
    pthread_mutex_init(&q->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&q->changed, &attr);
    pthread_condattr_destroy(&attr);
    q->last_commit_ns = q->clock->mono_ns(q->clock);
    q->metrics = wr__metrics_new(q);
    return q;
}

weir_status wr_query_new(const wr_query_options *o, wr_query **out, weir_error *err)
{
    wr_query *q = new_query(o);
    resolve_topics(q);
    weir_status st = open_log(q, err);
    if (st != WEIR_OK) {
        wr_query_free(q, false);
        return st;
    }
    *out = q;
    return WEIR_OK;
}

/* ---- failing and trying again ---- */

void wr_query_fail(wr_query *q, const weir_error *err)
{
    wr__metrics_publish(q);
    pthread_mutex_lock(&q->lock);
    q->error = *err;
    q->has_error = true;
    atomic_store(&q->state_now, WR_QUERY_FAILED);
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
    wr_log_put(WR_LOG_ERROR, "query", "%s stopped: %s", q->id, err->message);
}

/* Drop everything uncommitted and begin again at the committed offsets. */
static weir_status reopen(wr_query *q, weir_error *err)
{
    weir_error ignored;
    wr__inputs_close(q);
    if (q->writer) {
        if (q->log->cls->abort(q->writer, &ignored) != WEIR_OK)
            wr_log_put(WR_LOG_WARN, "query", "%s: abort: %s", q->id, ignored.message);
        q->log->cls->writer_close(q->writer);
        q->writer = NULL;
    }
    wr_db_batch_clear(q->state);
    q->dirty = false;
    return open_log(q, err);
}

/* ---- running ---- */

static weir_status tick(wr_query *q, weir_error *err)
{
    int64_t wall_ms = q->clock->wall_ms(q->clock);
    for (size_t i = 0; i < q->tasks_n; i++) {
        q->tasks[i]->ctx.wall_ms = wall_ms;
        WR_TRY(wr_topology_tick(q->tasks[i]->topology, wall_ms, err));
    }
    WR_TRY(wr__query_drain(q, err));
    wr_arena_reset(q->scratch);
    return WEIR_OK;
}

static bool commit_due(wr_query *q, bool progressed)
{
    if (!q->dirty)
        return false;
    int64_t since = q->clock->mono_ns(q->clock) - q->last_commit_ns;
    if (since >= q->commit_interval_ns)
        return true;
    if (wr__query_over_budget(q))
        return true;
    /* Kafka's producer bounds itself; our own logs keep what is written until the commit. */
    if (q->log->cls->kind != WR_LOG_KAFKA && q->log->cls->pending(q->writer) > PENDING_MAX)
        return true;
    return !progressed && since >= IDLE_COMMIT_NS;
}

weir_status wr_query_step(wr_query *q, int timeout_ms, bool *progressed, bool *done,
                          weir_error *err)
{
    *progressed = false;
    *done = false;
    /* Uncommitted work is committed as soon as there is nothing else to do: do not sleep on it. */
    int wait = q->dirty && timeout_ms > 20 ? 20 : timeout_ms;
    wr__metrics_step_begin(q);
    WR_TRY(wr__inputs_run(q, wait, progressed, err));
    WR_TRY(tick(q, err));
    bool ended = q->until_end && q->inputs && wr__inputs_done(q);
    if (commit_due(q, *progressed) || (ended && q->dirty))
        WR_TRY(wr__query_commit(q, err));
    *done = ended;
    wr__metrics_step_end(q);
    atomic_store(&q->idle_committed, !q->dirty);
    return WEIR_OK;
}

weir_status wr_query_feed(wr_query *q, const char *topic, const wr_record *records, uint32_t n,
                          weir_error *err)
{
    for (uint32_t t = 0; t < q->plan->topics_n; t++) {
        if (q->plan->topics[t].role != WR_TOPIC_INPUT || strcmp(q->topic_names[t], topic) != 0)
            continue;
        WR_TRY(wr__query_deliver(q, t, 0, records, n, err));
        WR_TRY(tick(q, err));
        atomic_fetch_add(&q->records_in, n);
    }
    return WEIR_OK;
}

weir_status wr_query_commit(wr_query *q, weir_error *err)
{
    return wr__query_commit(q, err);
}

static void wait_while_paused(wr_query *q)
{
    pthread_mutex_lock(&q->lock);
    while (atomic_load(&q->pause_asked) && !atomic_load(&q->stop_asked)) {
        if (atomic_load(&q->state_now) == WR_QUERY_RUNNING) {
            atomic_store(&q->state_now, WR_QUERY_PAUSED);
            pthread_cond_broadcast(&q->changed);
        }
        pthread_cond_wait(&q->changed, &q->lock);
    }
    if (atomic_load(&q->state_now) == WR_QUERY_PAUSED)
        atomic_store(&q->state_now, WR_QUERY_RUNNING);
    pthread_mutex_unlock(&q->lock);
}

static struct timespec in_ms(int64_t ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

static void sleep_ms(wr_query *q, int64_t ms)
{
    struct timespec t = in_ms(ms);
    pthread_mutex_lock(&q->lock);
    if (!atomic_load(&q->stop_asked))
        pthread_cond_timedwait(&q->changed, &q->lock, &t);
    pthread_mutex_unlock(&q->lock);
}

/* A broker that is away comes back some day; a disk that stays full, or a store that cannot be
 * written, needs somebody to look. */
static bool may_pass(const weir_error *err, int failures)
{
    if (!(err->flags & WEIR_ERROR_RETRIABLE))
        return false;
    return err->code == WEIR_ERR_LOG || failures < RETRIES_MAX;
}

/* @return false: the query has failed for good. */
static bool retry(wr_query *q, weir_error *err, int *failures)
{
    bool pass = may_pass(err, *failures);
    while (pass && !atomic_load(&q->stop_asked)) {
        int64_t ms = WR_MIN(200ll << WR_MIN(*failures, 10), (int64_t)BACKOFF_MAX_MS);
        ++*failures;
        wr_log_put(WR_LOG_WARN, "query", "%s: %s; trying again in %lld ms", q->id, err->message,
                   (long long)ms);
        sleep_ms(q, ms);
        if (atomic_load(&q->stop_asked) || reopen(q, err) == WEIR_OK)
            return true;
        pass = may_pass(err, *failures);
    }
    if (atomic_load(&q->stop_asked))
        return true;
    wr_query_fail(q, err);
    return false;
}

static void *query_thread(void *arg)
{
    wr_query *q = arg;
    int failures = 0;
    while (!atomic_load(&q->stop_asked)) {
        bool progressed, done;
        weir_error err = {0};
        if (atomic_load(&q->pause_asked)) {
            if (wr__query_commit(q, &err) != WEIR_OK && !retry(q, &err, &failures))
                break;
            wait_while_paused(q);
            continue;
        }
        uint64_t commits = atomic_load(&q->commits);
        if (wr_query_step(q, 200, &progressed, &done, &err) != WEIR_OK) {
            if (err.code == WEIR_ERR_INTERRUPTED) /* its client has gone */
                break;
            if (!retry(q, &err, &failures))
                break;
            continue;
        }
        /* Only a commit is progress: records are read again and again where none succeeds. */
        if (atomic_load(&q->commits) != commits)
            failures = 0;
        if (done) {
            atomic_store(&q->state_now, WR_QUERY_STOPPED);
            break;
        }
    }
    return NULL;
}

weir_status wr_query_start(wr_query *q, weir_error *err)
{
    WR_ASSERT(!q->threaded && !q->fed);
    if (pthread_create(&q->thread, NULL, query_thread, q) != 0)
        return wr_error(err, WEIR_ERR_LIMIT, "Cannot start a thread for query %s", q->id);
    q->threaded = true;
    return WEIR_OK;
}

/* ---- stopping ---- */

void wr_query_stop(wr_query *q)
{
    pthread_mutex_lock(&q->lock);
    atomic_store(&q->stop_asked, true);
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
    if (q->threaded) {
        wr_query_wake(q);
        pthread_join(q->thread, NULL);
        q->threaded = false;
    }
    int was = atomic_load(&q->state_now);
    /* A push query has nothing to keep, and nobody takes its rows any more. */
    if (was != WR_QUERY_FAILED && was != WR_QUERY_STOPPED && q->writer && !q->transient) {
        weir_error err;
        if (wr__query_commit(q, &err) != WEIR_OK)
            wr_log_put(WR_LOG_WARN, "query", "%s: last commit: %s", q->id, err.message);
    }
    wr__inputs_close(q);
    wr__query_release_budget(q);
    if (q->writer)
        q->log->cls->writer_close(q->writer);
    q->writer = NULL;
    if (was != WR_QUERY_FAILED)
        atomic_store(&q->state_now, WR_QUERY_STOPPED);
}

static bool collect_store_name(void *arg, wr_str key, wr_str value)
{
    (void)value;
    wr_buf *names = arg;
    wr_buf_str(names, key);
    wr_buf_putc(names, '\0');
    return true;
}

/* State, internal topics and offsets of a terminated query. What fails is logged: the names are
 * unique to the query, so leftovers do no harm. */
static void forget(wr_query *q)
{
    weir_error err;
    wr_db_batch *b = wr_db_batch_new(q->db);
    for (uint32_t i = 0; i < q->plan->steps_n; i++) {
        static const char *const suffixes[] = {"", "-left", "-right", "-outer", "-result"};
        for (size_t k = 0; k < WR_ARRAY_LEN(suffixes); k++) {
            wr_buf name = {0};
            uint32_t id = 0;
            wr_buf_printf(&name, "%s/%s%s", q->id, q->plan->steps[i]->context, suffixes[k]);
            if (wr_db_store_id_find(q->db, NULL, wr_buf_view(&name), &id, &err) == WEIR_OK && id) {
                if (wr_db_batch_drop_store(b, wr_buf_view(&name), &err) != WEIR_OK)
                    wr_log_put(WR_LOG_WARN, "query", "%s: %s", q->id, err.message);
                wr_buf topic = {0};
                wr_buf_printf(&topic, "%s%s-%s%s-changelog", q->prefix, q->id,
                              q->plan->steps[i]->context, suffixes[k]);
                if (q->log->cls->kind == WR_LOG_KAFKA)
                    (void)q->log->cls->remove(q->log, wr_buf_cstr(&topic), &err);
                wr_buf_free(&topic);
            }
            wr_buf_free(&name);
        }
    }
    wr_buf notes = {0}, prefix = {0};
    wr_buf_printf(&prefix, "changelog/%s%s-", q->prefix, q->id);
    if (wr_db_meta_scan(q->db, NULL, wr_buf_view(&prefix), collect_store_name, &notes, &err) ==
        WEIR_OK)
        for (size_t at = 0; at < notes.len; at += strlen(notes.ptr + at) + 1)
            wr_db_batch_meta_delete(b, wr_str_c(notes.ptr + at));
    wr_buf_free(&notes);
    wr_buf_free(&prefix);
    if (wr_db_write(q->db, b, &err) != WEIR_OK)
        wr_log_put(WR_LOG_WARN, "query", "%s: dropping state: %s", q->id, err.message);
    wr_db_batch_free(b);
    for (uint32_t t = 0; t < q->plan->topics_n && q->internal_topics; t++)
        if (q->plan->topics[t].role == WR_TOPIC_REPARTITION)
            (void)q->log->cls->remove(q->log, q->topic_names[t], &err);
    if (q->group && q->log->cls->drop_group(q->log, q->group, &err) != WEIR_OK)
        wr_log_put(WR_LOG_WARN, "query", "%s: %s", q->id, err.message);
}

void wr_query_free(wr_query *q, bool forget_it)
{
    if (!q)
        return;
    wr_query_stop(q);
    if (forget_it && !q->owns_db)
        forget(q);
    wr__metrics_free(q->metrics);
    wr_db_batch_free(q->state);
    if (q->owns_db)
        wr_db_close(q->db);
    for (uint32_t t = 0; q->topic_names && t < q->plan->topics_n; t++)
        wr_free(q->topic_names[t]);
    wr_free(q->topic_names);
    wr_free(q->sub_partitions);
    wr_free(q->id);
    wr_free(q->prefix);
    wr_free(q->group);
    wr_settings_free(&q->settings);
    wr_arena_free(q->scratch);
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->changed);
    wr_plan_free(q->plan);
    wr_free(q);
}

/* ---- from other threads ---- */

void wr_query_pause(wr_query *q, bool paused)
{
    pthread_mutex_lock(&q->lock);
    atomic_store(&q->pause_asked, paused);
    if (!q->threaded && atomic_load(&q->state_now) <= WR_QUERY_PAUSED)
        atomic_store(&q->state_now, paused ? WR_QUERY_PAUSED : WR_QUERY_RUNNING);
    pthread_cond_broadcast(&q->changed);
    if (q->threaded && q->reader)
        q->log->cls->wake(q->reader);
    struct timespec until = in_ms(PAUSE_WAIT_MS);
    int rc = 0;
    while (paused && q->threaded && rc == 0 && atomic_load(&q->state_now) == WR_QUERY_RUNNING)
        rc = pthread_cond_timedwait(&q->changed, &q->lock, &until);
    pthread_mutex_unlock(&q->lock);
}

void wr_query_wake(wr_query *q)
{
    pthread_mutex_lock(&q->lock);
    if (q->threaded && q->reader)
        q->log->cls->wake(q->reader);
    pthread_mutex_unlock(&q->lock);
}

wr_query_state wr_query_state_of(const wr_query *q)
{
    wr_query_state s = (wr_query_state)atomic_load(&q->state_now);
    if (s == WR_QUERY_RUNNING && atomic_load(&q->pause_asked))
        return WR_QUERY_PAUSED;
    return s;
}

bool wr_query_error(wr_query *q, weir_error *err)
{
    pthread_mutex_lock(&q->lock);
    bool has = q->has_error;
    if (has && err)
        *err = q->error;
    pthread_mutex_unlock(&q->lock);
    return has;
}

const char *wr_query_id(const wr_query *q)
{
    return q->id;
}

const wr_plan *wr_query_plan(const wr_query *q)
{
    return q->plan;
}

void wr_query_metrics_read(wr_query *q, wr_query_metrics *out)
{
    *out = (wr_query_metrics){
        .records_in = atomic_load(&q->records_in),
        .records_out = atomic_load(&q->records_out),
        .bytes_in = atomic_load(&q->bytes_in),
        .bytes_out = atomic_load(&q->bytes_out),
        .errors = atomic_load(&q->errors),
        .late = atomic_load(&q->late),
        .commits = atomic_load(&q->commits),
        .restored = atomic_load(&q->restored),
        .lag = atomic_load(&q->lag),
        .state_bytes = atomic_load(&q->state_bytes),
    };
}

/* Every partition that the query reads, also those that other processes have just now (or, after a
 * kill, a process that is gone): those by what the group has committed. @return how many. */
static weir_status all_positions(wr_query *q, wr_topic_part **out, uint32_t *out_n, weir_error *err)
{
    size_t max = 0;
    for (uint32_t t = 0; t < q->plan->topics_n; t++)
        max += (size_t)q->plan->topics[t].partitions;
    wr_topic_part *parts = wr_calloc(max, sizeof *parts);
    uint32_t n = 0, own;
    pthread_mutex_lock(&q->lock);
    for (own = 0; own < q->inputs_n && own < max; own++)
        parts[own] = (wr_topic_part){q->inputs[own].name, q->inputs[own].partition,
                                     q->inputs[own].committed_offset};
    pthread_mutex_unlock(&q->lock);
    n = own;
    bool shared = own > 0 && q->group && q->log->cls->kind == WR_LOG_KAFKA;
    for (uint32_t t = 0; shared && t < q->plan->topics_n; t++) {
        for (int32_t p = 0; p < q->plan->topics[t].partitions; p++) {
            bool mine = q->plan->topics[t].role == WR_TOPIC_OUTPUT;
            for (uint32_t i = 0; i < own && !mine; i++)
                mine = parts[i].partition == p && strcmp(parts[i].topic, q->topic_names[t]) == 0;
            if (!mine && n < max)
                parts[n++] = (wr_topic_part){q->topic_names[t], p, WR_OFFSET_NONE};
        }
    }
    weir_status st = WEIR_OK;
    if (n > own)
        st = q->log->cls->committed(q->log, q->group, parts + own, n - own, err);
    *out = parts;
    *out_n = n;
    return st;
}

weir_status wr_query_caught_up(wr_query *q, bool *yes, weir_error *err)
{
    wr_topic_part *parts;
    uint32_t n;
    *yes = false;
    weir_status st = all_positions(q, &parts, &n, err);
    if (st != WEIR_OK || n == 0) { /* n == 0: nothing assigned yet */
        wr_free(parts);
        return st;
    }
    int64_t *low = wr_calloc(n, sizeof *low), *high = wr_calloc(n, sizeof *high), lag = 0;
    st = q->log->cls->ends(q->log, parts, n, low, high, err);
    for (uint32_t i = 0; i < n; i++)
        lag += WR_MAX(high[i] - WR_MAX(parts[i].offset, low[i]), 0);
    if (st == WEIR_OK) {
        atomic_store(&q->lag, lag);
        *yes = lag == 0 && atomic_load(&q->idle_committed);
    }
    wr_free(parts);
    wr_free(low);
    wr_free(high);
    return st;
}

static int by_topic_and_number(const void *a, const void *b)
{
    const wr_query_position *x = a, *y = b;
    int c = strcmp(x->topic, y->topic);
    return c ? c : (x->partition > y->partition) - (x->partition < y->partition);
}

weir_status wr_query_positions(wr_query *q, wr_arena *a, wr_query_position **out, uint32_t *out_n,
                               weir_error *err)
{
    wr_topic_part *parts;
    uint32_t n;
    weir_status st = all_positions(q, &parts, &n, err);
    int64_t *low = wr_calloc(n, sizeof *low), *high = wr_calloc(n, sizeof *high);
    if (st == WEIR_OK && n)
        st = q->log->cls->ends(q->log, parts, n, low, high, err);
    *out = WR_NEW_N(a, wr_query_position, n);
    *out_n = st == WEIR_OK ? n : 0;
    for (uint32_t i = 0; i < *out_n; i++)
        (*out)[i] = (wr_query_position){
            .topic = parts[i].topic,
            .partition = parts[i].partition,
            .start = low[i],
            .end = high[i],
            .committed = parts[i].offset,
            .lag = WR_MAX(high[i] - WR_MAX(parts[i].offset, low[i]), 0),
        };
    if (*out_n)
        qsort(*out, *out_n, sizeof **out, by_topic_and_number);
    wr_free(parts);
    wr_free(low);
    wr_free(high);
    return st;
}

const char *wr_query_group(const wr_query *q)
{
    return q->group;
}
