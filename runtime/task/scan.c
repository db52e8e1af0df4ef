/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a scan: opening, the loop of its thread, failing and trying again, ending.
 *
 * A failure that may pass (a broker that went away, a full disk) is tried again: uncommitted work
 * is dropped, tasks are built anew from committed state, input goes back to the committed offsets.
 * A failure of one member of several is that member's: it goes out and tries again alone, or fails;
 * the others go on. A store's failure that comes back RETRIES_MAX times, or one that cannot pass,
 * makes a query FAILED with its reason.
 */
#include "runtime/task/internal.h"
#include "common/diag.h"

#define RETRIES_MAX    5
#define BACKOFF_MAX_MS 10000
#define PENDING_MAX    ((size_t)2 << 20) /* bytes written since the last commit */
#define IDLE_COMMIT_NS 20000000ll
#define POLL_MS        200
#define SIDE_POLL_MS   20

/* ---- making one ---- */

static void copy_topics(wr__scan *s, wr_query *q)
{
    s->topics = wr_calloc(q->external_topics, sizeof *s->topics);
    s->internal = wr_calloc(q->external_topics, sizeof *s->internal);
    s->topics_n = q->external_topics;
    for (uint32_t t = 0; t < s->topics_n; t++) {
        s->topics[t] = wr_strdup(q->topic_names[q->plan_topics[t]]);
        s->internal[t] = q->plan->topics[q->plan_topics[t]].role == WR_TOPIC_REPARTITION;
    }
}

wr__scan *wr__scan_new(wr_query *q)
{
    wr__scan *s = wr_calloc(1, sizeof *s);
    s->hub = q->hub;
    s->log = q->log;
    s->db = q->db;
    s->clock = q->clock;
    s->transient = q->transient;
    s->threaded = q->threaded;
    wr_settings_init(&s->settings, NULL);
    wr_settings_copy(&s->settings, &q->settings);
    copy_topics(s, q);
    s->commit_interval_ns =
        wr_settings_int(&s->settings, "commit.interval.ms", 2000) * (int64_t)1000000;
    /* Rows that come back to where they were, and clients that read rows, need one order. */
    bool one_lane = q->two_ways || q->transient || q->fed || !q->threaded;
    s->lanes_n = one_lane ? 1 : wr__pool_lanes(s->hub->pool);
    s->lanes = wr_calloc(s->lanes_n, sizeof *s->lanes);
    for (uint32_t l = 0; l < s->lanes_n; l++)
        s->lanes[l] = (wr__lane){wr_arena_new(65536), wr_source_pool_new()};
    s->state = wr_db_batch_new(s->db);
    s->last_commit_ns = s->clock->mono_ns(s->clock);
    atomic_store(&s->last_write_ns, s->last_commit_ns);
    pthread_mutex_init(&s->lock, NULL);
    wr__scan_add(s, q);
    s->batch_rows = wr__scan_batch_rows(s);
    return s;
}

void wr__scan_free(wr__scan *s)
{
    if (!s)
        return;
    wr__scan_close(s);
    while (s->members_n)
        wr__scan_remove(s, s->members[s->members_n - 1]);
    for (uint32_t l = 0; l < s->lanes_n; l++) {
        wr_arena_free(s->lanes[l].scratch);
        wr_source_pool_free(s->lanes[l].sources);
    }
    for (uint32_t t = 0; t < s->topics_n; t++)
        wr_free(s->topics[t]);
    wr_free(s->topics);
    wr_free(s->internal);
    wr_free(s->lanes);
    wr_free((void *)s->members);
    wr_free((void *)s->sides);
    wr_free((void *)s->pending);
    wr_free(s->key);
    wr_free(s->group);
    wr_settings_free(&s->settings);
    wr_db_batch_free(s->state);
    pthread_mutex_destroy(&s->lock);
    wr_free(s);
}

uint32_t wr__scan_batch_rows(const wr__scan *s)
{
    int64_t rows = wr_settings_int(&s->settings, "weir.batch.rows", WR_BATCH_ROWS_DEFAULT);
    for (size_t m = 0; m < s->members_n; m++)
        if (s->members[m]->two_ways && s->members[m]->exchange)
            return 1;
    return (uint32_t)WR_MAX((int64_t)1, WR_MIN(rows, (int64_t)65536));
}

/* ---- opening, closing ---- */

weir_status wr__scan_open(wr__scan *s, weir_error *err)
{
    WR_TRY(wr_log_writer_new(s->log, &s->settings, &s->writer, err));
    return wr__inputs_open(s, err);
}

void wr__scan_close(wr__scan *s)
{
    weir_error ignored;
    wr__inputs_close(s);
    for (uint32_t l = 0; l < s->lanes_n; l++)
        wr_arena_reset(s->lanes[l].scratch);
    if (s->writer) {
        if (wr_log_writer_abort(s->writer, NULL, &ignored) != WEIR_OK)
            wr_diag_put(WR_DIAG_WARN, "query", "abort: %s", ignored.message);
        wr_log_writer_close(s->writer);
        s->writer = NULL;
    }
    wr_db_batch_clear(s->state);
    for (size_t m = 0; m < s->members_n; m++) {
        atomic_store(&s->members[m]->broken, false);
        wr_log_owner_reset(&s->members[m]->owner);
    }
    s->dirty = false;
    s->backlog = false;
}

/* ---- a step ---- */

void wr__query_break(wr_query *q, const weir_error *err)
{
    pthread_mutex_lock(&q->lock);
    if (!atomic_load(&q->broken))
        q->broken_error = *err;
    atomic_store(&q->broken, true);
    pthread_mutex_unlock(&q->lock);
}

weir_status wr__scan_tick(wr__scan *s, weir_error *err)
{
    int64_t wall_ms = s->clock->wall_ms(s->clock);
    for (size_t m = 0; m < s->members_n; m++) {
        wr_query *q = s->members[m];
        weir_status st = WEIR_OK;
        for (size_t i = 0; i < q->tasks_n && st == WEIR_OK; i++) {
            q->tasks[i]->ctx.wall_ms = wall_ms;
            st = wr_topology_tick(q->tasks[i]->topology, wall_ms, err);
        }
        if (st == WEIR_OK)
            st = wr__query_drain(q, err);
        if (st != WEIR_OK) {
            wr__query_break(q, err);
            return st;
        }
    }
    for (uint32_t l = 0; l < s->lanes_n; l++)
        wr_arena_reset(s->lanes[l].scratch);
    return WEIR_OK;
}

static bool over_budget(wr__scan *s)
{
    bool over = false;
    for (size_t m = 0; m < s->members_n; m++)
        over = wr__query_over_budget(s->members[m]) || over;
    return over;
}

static bool commit_due(wr__scan *s, bool progressed)
{
    if (!s->dirty)
        return atomic_load(&s->write_asked);
    int64_t since = s->clock->mono_ns(s->clock) - s->last_commit_ns;
    if (since >= s->commit_interval_ns || over_budget(s))
        return true;
    /* Kafka's producer bounds itself; our own logs keep what is written until the commit. */
    if (wr_log_can(s->log)->atomic_with_state && wr_log_writer_pending(s->writer) > PENDING_MAX)
        return true;
    return !progressed && since >= IDLE_COMMIT_NS;
}

weir_status wr__scan_step(wr__scan *s, int timeout_ms, bool *progressed, bool *done,
                          weir_error *err)
{
    *progressed = false;
    *done = false;
    /* Uncommitted work is committed as soon as there is nothing else to do: do not sleep on it. */
    int wait = s->dirty && timeout_ms > 20 ? 20 : timeout_ms;
    for (size_t m = 0; m < s->members_n; m++)
        wr__metrics_step_begin(s->members[m]);
    WR_TRY(wr__inputs_run(s, wait, progressed, err));
    WR_TRY(wr__scan_tick(s, err));
    s->busy = *progressed;
    bool ended = s->members[0]->until_end && s->inputs && wr__inputs_done(s);
    if (commit_due(s, *progressed) || (ended && s->dirty))
        WR_TRY(wr__scan_commit(s, err));
    *done = ended;
    for (size_t m = 0; m < s->members_n; m++)
        wr__metrics_step_end(s->members[m]);
    atomic_store(&s->idle_committed, !s->dirty);
    return WEIR_OK;
}

/* ---- failing and trying again ---- */

/* A broker that is away comes back some day; a disk that stays full, or a store that cannot be
 * written, needs somebody to look. */
static bool may_pass(const weir_error *err, int failures)
{
    if (!(err->flags & WEIR_ERROR_RETRIABLE))
        return false;
    return err->code == WEIR_ERR_LOG || failures < RETRIES_MAX;
}

static int64_t backoff_ms(int failures)
{
    return WR_MIN(200ll << WR_MIN(failures, 10), (int64_t)BACKOFF_MAX_MS);
}

/* Wait, but not when somebody wants something. */
static void sleep_ms(wr__scan *s, int64_t ms)
{
    struct timespec t = wr__in_ms(ms);
    int rc = 0;
    pthread_mutex_lock(&s->hub->lock);
    while (!atomic_load(&s->attention) && rc == 0)
        rc = pthread_cond_timedwait(&s->hub->changed, &s->hub->lock, &t);
    pthread_mutex_unlock(&s->hub->lock);
}

/* Out with it: it tries again alone, or has failed. */
static void expel(wr__scan *s, wr_query *q)
{
    weir_error err = q->broken_error;
    atomic_store(&q->broken, false);
    wr__tasks_close(q);
    if (!may_pass(&err, q->failures)) {
        wr_query_fail(q, &err);
        wr__scan_remove(s, q);
        return;
    }
    int64_t ms = backoff_ms(q->failures++);
    wr_diag_put(WR_DIAG_WARN, "query", "%s: %s; reading alone, trying again in %lld ms", q->id,
                err.message, (long long)ms);
    wr__scan_expel(s, q, ms);
}

/* @return how many members have failed by themselves. */
static size_t broken_members(const wr__scan *s)
{
    size_t n = 0;
    for (size_t m = 0; m < s->members_n; m++)
        n += atomic_load(&s->members[m]->broken);
    return n;
}

static void fail_all(wr__scan *s, const weir_error *err)
{
    while (s->members_n) {
        wr_query_fail(s->members[0], err);
        wr__scan_remove(s, s->members[0]);
    }
}

/*
 * Drop what is uncommitted. What a failed member has written lies in the writer among what the
 * others have, so all of it goes, and the others read again.
 */
static void recover(wr__scan *s, weir_error *err)
{
    /* Where the writer has failed it is nobody's fault, whoever noticed it. */
    bool all = s->writer && wr_log_writer_failed(s->writer, NULL);
    size_t broken = all ? 0 : broken_members(s);
    if (broken && broken < s->members_n) {
        for (size_t m = s->members_n; m-- > 0;)
            if (atomic_load(&s->members[m]->broken))
                expel(s, s->members[m]);
        wr__sides_stop(s);
        wr__scan_close(s);
        return;
    }
    wr__sides_stop(s);
    wr__scan_close(s);
    if (!may_pass(err, s->failures)) {
        fail_all(s, err);
        return;
    }
    int64_t ms = backoff_ms(s->failures++);
    wr_diag_put(WR_DIAG_WARN, "query", "%s%s: %s; trying again in %lld ms", s->members[0]->id,
                s->members_n > 1 ? " and others" : "", err->message, (long long)ms);
    sleep_ms(s, ms);
}

/* ---- the thread ---- */

static void end_member(wr__scan *s, wr_query_state state)
{
    wr__scan_close(s);
    atomic_store(&s->members[0]->state_now, state);
    wr__scan_remove(s, s->members[0]);
}

/* @return false: the scan is to end. */
static bool run_once(wr__scan *s)
{
    bool progressed = false, done = false;
    weir_error err = {0};
    weir_status st;
    if (!wr__scan_attend(s, &st, &err))
        return false;
    uint64_t commits = atomic_load(&s->members[0]->commits);
    if (st == WEIR_OK && !s->writer)
        st = wr__scan_open(s, &err);
    if (st == WEIR_OK)
        st = wr__scan_step(s, s->main ? SIDE_POLL_MS : POLL_MS, &progressed, &done, &err);
    if (st == WEIR_OK && !done && !wr__scan_approach(s, &st, &err))
        return false;
    if (st == WEIR_ERR_INTERRUPTED &&
        !s->transient) { /* a long restore, by one who wants to stop */
        wr__scan_close(s);
        return true;
    }
    if (st == WEIR_ERR_INTERRUPTED || done) { /* its client has gone; or it is complete */
        end_member(s, done ? WR_QUERY_STOPPED : WR_QUERY_RUNNING);
        return false;
    }
    if (st != WEIR_OK)
        recover(s, &err);
    /* Only a commit is progress: records are read again and again where none succeeds. */
    else if (s->members_n && atomic_load(&s->members[0]->commits) != commits)
        s->failures = 0;
    return true;
}

static void *scan_thread(void *arg)
{
    wr__scan *s = arg;
    if (s->retry_after_ms)
        sleep_ms(s, s->retry_after_ms);
    while (run_once(s))
        ;
    wr__scan_end(s);
    return NULL;
}

weir_status wr__scan_start(wr__scan *s, weir_error *err)
{
    pthread_mutex_lock(&s->hub->lock);
    s->runs = pthread_create(&s->thread, NULL, scan_thread, s) == 0;
    pthread_mutex_unlock(&s->hub->lock);
    if (s->runs)
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_LIMIT, "Cannot start a thread for query %s", s->members[0]->id);
}
