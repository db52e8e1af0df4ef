/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler: where queries that are started find a worker, and how other threads reach them.
 *
 * Queries with equal keys share a worker: they read the same topics in the same way with the same
 * settings. A new query for a worker that runs is submitted to it; the first of a key makes and
 * opens the worker on its caller's thread, which so hears what fails.
 *
 * Everything here is guarded by the monitor, which the scheduler shares with its workers. It is not
 * held while a worker is made, opened, joined or freed: those ask the log, and take the monitor
 * themselves.
 *
 * A query is at any time in one of: the waiting ones, being placed, a worker (pending or client),
 * nowhere. Who wants it to be nowhere says so in `desired` and waits; a placing that is under way
 * is waited for like a worker, so no query can slip through between two of these. (Queries of a
 * release bear no such mark: whoever holds has them to itself until the release returns.)
 */
#include "runtime/query/feeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

/** Rows of a batch of a client's query: hundreds of slow clients may each hold one, half done; what
 * a batch costs beside its rows is nothing from some hundred on. */
#define CLIENT_BATCH_ROWS 1024

/** A worker that others may join, if it has a key. */
typedef struct listed {
    char *key; /* NULL: nobody may */
    wr_worker *worker;
} listed;

struct wr_scheduler {
    wr_monitor monitor;
    wr_executor *executor;
    wr_schedule schedule;
    wr_in_progress *in_progress; /* NULL: what is worked on is not marked */
    int held;                    /* holds that are not released yet */
    wr_query **waiting;          /* to be started at the release; borrowed */
    size_t waiting_n;
    listed *workers; /* that run: from before their start until their thread says that it ends */
    size_t workers_n;
    wr_worker **ended; /* to be joined: a thread cannot join itself */
    size_t ended_n;
    wr__feeds feeds; /* who writes what others read */
    char token[24];  /* of this process, for the names of worker groups */
};

/* The token is random, not the process's number: two containers may both be process 1. */
wr_scheduler *wr_scheduler_new(wr_schedule schedule, wr_executor *executor,
                               wr_in_progress *in_progress)
{
    wr_scheduler *s = wr_calloc(1, sizeof *s);
    s->schedule = schedule;
    s->executor = executor;
    s->in_progress = in_progress;
    wr_rng rng;
    wr_rng_seed_os(&rng);
    snprintf(s->token, sizeof s->token, "%016llx", (unsigned long long)wr_rng_next(&rng));
    wr_monitor_init(&s->monitor);
    return s;
}

wr_in_progress *wr__scheduler_in_progress(const wr_scheduler *s)
{
    return s->in_progress;
}

wr_monitor *wr__scheduler_monitor(wr_scheduler *s)
{
    return &s->monitor;
}

/* Threads that have ended are joined, without the monitor, which they may still hold at their very
 * end. Not from a worker's thread. Called now and then, so that ended workers do not pile up. */
static void reap(wr_scheduler *s)
{
    wr_monitor_lock(&s->monitor);
    wr_worker **ended = s->ended;
    size_t n = s->ended_n;
    s->ended = NULL;
    s->ended_n = 0;
    wr_monitor_unlock(&s->monitor);
    for (size_t i = 0; i < n; i++)
        wr_worker_join(ended[i]);
    wr_free((void *)ended);
}

void wr_scheduler_free(wr_scheduler *s)
{
    if (!s)
        return;
    wr_monitor_lock(&s->monitor);
    WR_ASSERT(s->waiting_n == 0 && s->held == 0);
    while (s->workers_n) /* its queries have been stopped */
        (void)wr_monitor_wait(&s->monitor, NULL);
    wr_monitor_unlock(&s->monitor);
    reap(s);
    wr_free(s->workers);
    wr_free((void *)s->waiting);
    wr__feeds_free(&s->feeds);
    wr_monitor_destroy(&s->monitor);
    wr_free(s);
}

/* ---- queries that feed each other ---- */

void wr__scheduler_know(wr_query *q)
{
    wr_monitor_lock(&q->scheduler->monitor);
    wr__feeds_add(&q->scheduler->feeds, q);
    wr_monitor_unlock(&q->scheduler->monitor);
}

void wr__scheduler_forget(wr_query *q)
{
    wr_monitor_lock(&q->scheduler->monitor);
    wr__feeds_remove(&q->scheduler->feeds, q);
    wr_monitor_unlock(&q->scheduler->monitor);
}

/* On a worker's thread. */
static weir_status holds(void *arg, wr_worker *w, int64_t *out, weir_error *err)
{
    wr_scheduler *s = arg;
    return wr__feeds_holds(&s->feeds, &s->monitor, w, out, err);
}

/* ---- the list of workers ---- */

/* Before its start: a worker may come to its end before the start returns. */
static void list_worker(wr_scheduler *s, wr_worker *w, const char *key)
{
    wr_monitor_lock(&s->monitor);
    s->workers = wr_realloc(s->workers, (s->workers_n + 1) * sizeof *s->workers);
    s->workers[s->workers_n++] = (listed){key ? wr_strdup(key) : NULL, w};
    wr_monitor_unlock(&s->monitor);
}

/* With the monitor held. */
static void unlist_worker(wr_scheduler *s, const wr_worker *w)
{
    size_t i = 0;
    while (i < s->workers_n && s->workers[i].worker != w)
        i++;
    WR_ASSERT(i < s->workers_n); /* listed before its start, taken out once */
    wr_free(s->workers[i].key);
    s->workers[i] = s->workers[--s->workers_n];
}

/* With the monitor held, on the worker's thread, which does nothing more after it. */
static void worker_ended(void *arg, wr_worker *w)
{
    wr_scheduler *s = arg;
    unlist_worker(s, w);
    s->ended = wr_realloc((void *)s->ended, (s->ended_n + 1) * sizeof(wr_worker *));
    s->ended[s->ended_n++] = w;
}

/* With the monitor held. One that is about to end accepts nobody; a new one is then made beside it.
 */
static wr_worker *find_worker(const wr_scheduler *s, const char *key)
{
    for (size_t i = 0; i < s->workers_n; i++)
        if (s->workers[i].key && strcmp(s->workers[i].key, key) == 0 &&
            wr_worker_accepts(s->workers[i].worker))
            return s->workers[i].worker;
    return NULL;
}

/* ---- what a query wants of its worker ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, since the order of a map is that of insertion: SET a, SET b and SET b, SET a are the same
 * settings, and queries with them may share. */
static void put_settings(wr_buf *out, const wr_settings *settings)
{
    const wr_map_entry *e;
    char **lines = wr_calloc(settings->values.n + 1, sizeof *lines);
    size_t n = 0;
    for (size_t i = 0; (e = wr_map_next(&settings->values, &i));) {
        if (strcmp(e->key.ptr, "auto.offset.reset") == 0) /* only where a query begins */
            continue;
        wr_buf line = {0};
        wr_buf_printf(&line, "%s=%s", e->key.ptr, (const char *)e->value);
        lines[n++] = wr_strdup(wr_buf_cstr(&line));
        wr_buf_free(&line);
    }
    qsort(lines, n, sizeof *lines, by_text);
    for (size_t i = 0; i < n; i++) {
        wr_buf_printf(out, "\n%s", lines[i]);
        wr_free(lines[i]);
    }
    wr_free(lines);
}

/* ALONE: in memory while this process has every partition; where others have some, a row may belong
 * to a task of theirs, and only a topic reaches it. */
static wr_exchange_mode exchange_of(const wr_query *q)
{
    if (!q->kind.internal_topics)
        return WR_EXCHANGE_ALWAYS;
    return q->kind.reentrant ? WR_EXCHANGE_NEVER : WR_EXCHANGE_ALONE;
}

/* Do records of different partitions meet in one task, where rows are exchanged? */
static bool meets_across(const wr_query *q)
{
    return q->plan->subtopologies_n > 1;
}

/*
 * What two queries must have in common to be clients of one worker, as text. Everything that
 * wr_worker_options says differently for different queries must show in it: what is forgotten here
 * would be decided by whichever query came first.
 */
static char *key_of(const wr_scheduler *s, const wr_query *q)
{
    wr_buf key = {0};
    bool one = q->topics.read_n == 1, across = meets_across(q);
    /* By what all processes know of the query: which ones it feeds depends on when it was started.
     * A worker keeps the order that its first query needed then. */
    int64_t slack_ms =
        s->schedule == WR_SCHEDULE_SHARED ? wr__plan_slack(q->plan, true) : q->slack_ms;
    bool by_time = !one || slack_ms != WR_WORKER_ANY_ORDER || q->kind.waits;
    wr_buf_printf(&key, "%s %d %lld", across && !one ? "merged" : "by partition", exchange_of(q),
                  (long long)slack_ms);
    for (uint32_t t = 0; t < q->topics.read_n; t++) {
        wr_buf_printf(&key, "\n%u %s",
                      across || one ? 0 : wr__query_reader_of(q, q->topics.read[t]),
                      q->topics.names[q->topics.read[t]]);
        if (by_time)
            wr__query_put_times_key(q, q->topics.read[t], &key);
    }
    put_settings(&key, s->schedule == WR_SCHEDULE_SHARED ? &q->own_settings : &q->settings);
    char *text = wr_strdup(wr_buf_cstr(&key));
    wr_buf_free(&key);
    return text;
}

/*
 * The consumer group that a worker's reader joins. One query: its own. Several: one that is equal
 * in every process that runs the same set of queries, and in no other: two services on one topic
 * must not share its partitions. Statements that come one by one make a set of this process's own.
 * Where they come to all processes of a service, one after the other, sets differ for a while, so
 * the group goes by the key, which all queries have in common that may ever share the worker; also
 * for the first of them. So the key must be the same text in every process.
 */
static char *group_of(const wr_scheduler *s, wr_query *const *queries, size_t n, const char *key)
{
    WR_ASSERT(n > 0 && (n == 1 || key)); /* several are together because of their key */
    const wr_query *first = queries[0];
    /* Exactly-once: those who may come later commit as members of this group while they catch up,
     * so it must be none in which a query's offsets are. */
    bool alone = n == 1 && !(key && wr_settings_exactly_once(&first->settings) &&
                             wr_log_can(first->log)->has_changelogs);
    if (alone && !(key && s->schedule != WR_SCHEDULE_FILES))
        return first->group ? wr_strdup(first->group) : NULL;
    wr_buf text = {0}, name = {0};
    char **ids = wr_calloc(n, sizeof *ids);
    for (size_t i = 0; i < n; i++)
        ids[i] = queries[i]->id;
    qsort(ids, n, sizeof *ids, by_text);
    if (s->schedule == WR_SCHEDULE_SHARED)
        wr_buf_puts(&text, key);
    else if (s->schedule == WR_SCHEDULE_OWN)
        wr_buf_printf(&text, "%s\n%s", s->token, key);
    for (size_t i = 0; i < n && s->schedule == WR_SCHEDULE_FILES; i++)
        wr_buf_printf(&text, "\n%s", ids[i]);
    wr_free(ids);
    wr_buf_printf(&name, "%sworker_%016llx", first->prefix,
                  (unsigned long long)XXH3_64bits(text.ptr, text.len));
    char *group = wr_strdup(wr_buf_cstr(&name));
    wr_buf_free(&text);
    wr_buf_free(&name);
    return group;
}

static uint32_t batch_rows(const wr_query *q)
{
    /* Paths of different length: the size of a batch would show. */
    if (q->kind.reentrant && exchange_of(q) == WR_EXCHANGE_ALWAYS)
        return 1;
    int64_t rows = wr_settings_int(&q->settings, "weir.batch.rows", WR_BATCH_ROWS_DEFAULT);
    if (q->kind.transient)
        rows = WR_MIN(rows, CLIENT_BATCH_ROWS);
    return (uint32_t)WR_MAX((int64_t)1, WR_MIN(rows, (int64_t)65536));
}

/* Worker for @p q and all who share its key. Options are borrowed from the query for the call
 * alone: the worker copies what it keeps, since the query may leave before the others do. */
static wr_worker *make_worker(wr_scheduler *s, const wr_query *q, const char *group)
{
    WR_ASSERT(q->topics.read_n > 0 && !q->client.worker);
    wr_worker_topic *topics = wr_calloc(q->topics.read_n, sizeof *topics);
    for (uint32_t t = 0; t < q->topics.read_n; t++) {
        const wr_plan_topic *of = &q->plan->topics[q->topics.read[t]];
        topics[t] = (wr_worker_topic){.name = q->topics.names[q->topics.read[t]],
                                      .partitions = of->partitions,
                                      .stage = wr__query_reader_of(q, q->topics.read[t]),
                                      .repartition = of->role == WR_TOPIC_REPARTITION,
                                      .event_times = wr__query_has_times(q, q->topics.read[t])};
    }
    /* Rows that come back to where they were, and clients that take rows, need one order. */
    bool one_slot = q->kind.reentrant || q->kind.transient || q->kind.piped || !q->kind.threaded;
    wr_worker_options o = {
        .monitor = &s->monitor,
        .executor = one_slot ? NULL : s->executor,
        .slots = one_slot ? 1 : wr_executor_slots(s->executor),
        .group = group,
        .log = q->log,
        .db = q->db,
        .clock = q->clock,
        .settings = &q->settings,
        .topics = topics,
        .topics_n = q->topics.read_n,
        .exchange = exchange_of(q),
        .meets_across = meets_across(q),
        .batch_rows = batch_rows(q),
        .in_progress = s->in_progress,
        .records = q->records,
        .unwritten_max = q->share.budget->bytes / 2,
        .threaded = q->kind.threaded,
        .transient = q->kind.transient,
        .piped = q->kind.piped,
        .until_end = q->kind.until_end,
        .slack_ms = q->slack_ms,
        .holds = q->kind.waits ? holds : NULL,
        .ended = worker_ended,
        .arg = s,
    };
    wr_worker *w = wr_worker_new(&o);
    wr_free(topics);
    return w;
}

/* ---- starting ---- */

/* Owns the worker from here on: where no thread can be had, it is freed, and its clients leave. */
static weir_status start_worker(wr_scheduler *s, wr_worker *w, const char *key, weir_error *err)
{
    list_worker(s, w, key);
    weir_status st = wr_worker_start(w, err);
    if (st == WEIR_OK)
        return WEIR_OK;
    wr_monitor_lock(&s->monitor);
    unlist_worker(s, w);
    wr_monitor_unlock(&s->monitor);
    wr_worker_free(w);
    return st;
}

/* Open on the caller's thread, so that it hears why that fails; then run. */
static weir_status launch(wr_scheduler *s, wr_query *const *queries, size_t n, const char *key,
                          weir_error *err)
{
    WR_ASSERT(n > 0);
    char *group = group_of(s, queries, n, key);
    wr_worker *w = make_worker(s, queries[0], group);
    wr_free(group);
    for (size_t i = 0; i < n; i++)
        wr_worker_add(w, &queries[i]->client);
    weir_status st = wr_worker_open(w, err);
    if (st == WEIR_OK)
        return start_worker(s, w, key, err);
    wr_worker_free(w);
    return st;
}

/* For queries that are stepped, and for those with a scheduler of their own, which are started
 * later on this same worker. */
weir_status wr__query_open_alone(wr_query *q, weir_error *err)
{
    WR_ASSERT(!q->client.worker && !q->client.pending);
    wr_worker *w = make_worker(q->scheduler, q, q->group);
    wr_worker_add(w, &q->client);
    weir_status st = wr_worker_open(w, err);
    if (st != WEIR_OK)
        wr_worker_free(w);
    return st;
}

/* Those that it feeds are known as far as they have been made: all of a file, or those of earlier
 * statements. Who comes later finds its backlog as it was written. */
static void decide_order(wr_scheduler *s, wr_query *q)
{
    wr_monitor_lock(&s->monitor);
    q->slack_ms = wr__feeds_slack(&s->feeds, q);
    wr_monitor_unlock(&s->monitor);
}

/*
 * To a worker that reads the same, or to one of its own. The caller has set `being_placed`, and
 * with it keeps others from placing, stopping or freeing the query meanwhile. Two queries of one
 * key that are placed at the same time may each make a worker; both work, and the first that is
 * found gets those that come later.
 */
static weir_status place(wr_query *q, weir_error *err)
{
    wr_scheduler *s = q->scheduler;
    weir_status st = WEIR_OK;
    decide_order(s, q);
    char *key = q->kind.shares ? key_of(s, q) : NULL;
    reap(s);
    wr_monitor_lock(&s->monitor);
    WR_ASSERT(q->being_placed && !q->client.worker && !q->client.pending);
    wr_worker *found = key ? find_worker(s, key) : NULL;
    if (found)
        wr_worker_submit(found, &q->client);
    wr_monitor_unlock(&s->monitor);
    if (!found)
        st = launch(s, &q, 1, key, err);
    wr_free(key);
    wr_monitor_lock(&s->monitor);
    q->being_placed = false;
    wr_monitor_signal(&s->monitor);
    wr_monitor_unlock(&s->monitor);
    return st;
}

weir_status wr_query_start(wr_query *q, weir_error *err)
{
    wr_scheduler *s = q->scheduler;
    WR_ASSERT(q->kind.threaded);
    WR_TRY(wr__query_fix_start(q, err));
    wr_monitor_lock(&s->monitor);
    WR_ASSERT(!q->being_placed && !q->client.pending);
    bool held = s->held > 0, opened = q->client.worker != NULL;
    if (held) {
        s->waiting = wr_realloc((void *)s->waiting, (s->waiting_n + 1) * sizeof(wr_query *));
        s->waiting[s->waiting_n++] = q;
    }
    q->being_placed = !held && !opened;
    wr_monitor_unlock(&s->monitor);
    if (held)
        return WEIR_OK;
    return opened ? start_worker(s, q->client.worker, NULL, err) : place(q, err);
}

void wr_scheduler_hold(wr_scheduler *s)
{
    wr_monitor_lock(&s->monitor);
    s->held++;
    wr_monitor_unlock(&s->monitor);
}

/** Queries of one key, to be launched together. */
typedef struct bundle {
    char *key;
    wr_query **queries;
    size_t n;
} bundle;

/* One without a key shares with nobody, and has a bundle of its own. @p all has room for each query
 * to be alone. */
static bundle *bundle_for(const wr_scheduler *s, bundle *all, size_t *n, wr_query *q)
{
    char *key = q->kind.shares ? key_of(s, q) : NULL;
    for (size_t i = 0; i < *n && key; i++) {
        if (all[i].key && strcmp(all[i].key, key) == 0) {
            wr_free(key);
            return &all[i];
        }
    }
    all[*n] = (bundle){.key = key};
    return &all[(*n)++];
}

/*
 * Queries of one key begin in one worker, with one group that all of them are part of: its name is
 * made of their ids, so each process with the same file joins the same group. Started one by one,
 * the first would have had a group of its own.
 */
/* One hold less. @return those that wait, where it was the last one; free them. */
static wr_query **take_waiting(wr_scheduler *s, size_t *n)
{
    wr_query **waiting = NULL;
    *n = 0;
    wr_monitor_lock(&s->monitor);
    WR_ASSERT(s->held > 0);
    if (--s->held == 0) {
        waiting = s->waiting;
        *n = s->waiting_n;
        s->waiting = NULL;
        s->waiting_n = 0;
    }
    wr_monitor_unlock(&s->monitor);
    return waiting;
}

void wr_scheduler_abandon(wr_scheduler *s, const weir_error *why)
{
    size_t n;
    wr_query **waiting = take_waiting(s, &n);
    for (size_t i = 0; i < n; i++) { /* said once, by who reports why, and not for each of them */
        wr__query_set_error(waiting[i], why);
        atomic_store(&waiting[i]->state, WR_QUERY_FAILED);
    }
    wr_free((void *)waiting);
}

weir_status wr_scheduler_release(wr_scheduler *s, weir_error *err)
{
    size_t n, bundles_n = 0;
    wr_query **waiting = take_waiting(s, &n);
    bundle *bundles = wr_calloc(n, sizeof *bundles);
    for (size_t i = 0; i < n; i++)
        decide_order(s, waiting[i]);
    for (size_t i = 0; i < n; i++) {
        bundle *b = bundle_for(s, bundles, &bundles_n, waiting[i]);
        b->queries = wr_realloc((void *)b->queries, (b->n + 1) * sizeof(wr_query *));
        b->queries[b->n++] = waiting[i];
    }
    WR_ASSERT(bundles_n <= n);
    weir_status st = WEIR_OK;
    for (size_t i = 0; i < bundles_n; i++) {
        if (st == WEIR_OK)
            st = launch(s, bundles[i].queries, bundles[i].n, bundles[i].key, err);
        wr_free((void *)bundles[i].queries);
        wr_free(bundles[i].key);
    }
    wr_free(bundles);
    wr_free((void *)waiting);
    return st;
}

/* ---- leaving and coming back, from other threads ---- */

/* With the monitor held. One that was never started leaves by this alone. @return whether it was
 * among them. */
static bool drop_waiting(wr_scheduler *s, const wr_query *q)
{
    for (size_t i = 0; i < s->waiting_n; i++) {
        if (s->waiting[i] != q)
            continue;
        memmove((void *)(s->waiting + i), (void *)(s->waiting + i + 1),
                (s->waiting_n - i - 1) * sizeof(wr_query *));
        s->waiting_n--;
        return true;
    }
    return false;
}

/* With the monitor held. */
static bool is_waiting(const wr_scheduler *s, const wr_query *q)
{
    for (size_t i = 0; i < s->waiting_n; i++)
        if (s->waiting[i] == q)
            return true;
    return false;
}

/* With the monitor held. */
static bool is_placed(const wr_query *q)
{
    return q->client.worker || q->client.pending || q->being_placed;
}

bool wr_query_detached(wr_query *q)
{
    if (!q->kind.threaded) /* whoever steps it is here, and does not */
        return true;
    wr_monitor_lock(&q->scheduler->monitor);
    bool yes = !is_placed(q) && !is_waiting(q->scheduler, q);
    wr_monitor_unlock(&q->scheduler->monitor);
    return yes;
}

/*
 * Asks again at each wake-up: where the query is at may change while it is waited for, from pending
 * to client, or into a catch-up worker. A RESUME, or a STOP after a PAUSE, changes `desired`, and
 * whoever waits for the former wish waits no longer.
 */
bool wr__query_leave(wr_query *q, wr_desired_state desired, int timeout_ms)
{
    WR_ASSERT(desired != WR_DESIRED_RUN);
    wr_scheduler *s = q->scheduler;
    struct timespec deadline = wr_monitor_deadline(WR_MAX(timeout_ms, 0));
    bool in_time = true;
    wr_monitor_lock(&s->monitor);
    atomic_store(&q->client.desired, desired);
    drop_waiting(s, q);
    while (is_placed(q) && in_time && atomic_load(&q->client.desired) == (int)desired) {
        wr_worker *at = q->client.worker ? q->client.worker : q->client.pending;
        if (at)
            wr_worker_notify(at);
        in_time = wr_monitor_wait(&s->monitor, timeout_ms < 0 ? NULL : &deadline);
    }
    bool left = !is_placed(q);
    wr_monitor_unlock(&s->monitor);
    reap(s);
    return left;
}

/* One that has not left yet stays: its worker looks at `desired` again before it lets it go. */
void wr__query_return(wr_query *q)
{
    weir_error err;
    wr_scheduler *s = q->scheduler;
    WR_ASSERT(q->kind.threaded);
    wr_monitor_lock(&s->monitor);
    atomic_store(&q->client.desired, WR_DESIRED_RUN);
    bool here = is_placed(q) || is_waiting(s, q);
    if (!here)
        q->being_placed = true;
    atomic_store(&q->state, WR_QUERY_RUNNING);
    wr_monitor_signal(&s->monitor); /* who waits for it to leave waits for nothing now */
    wr_monitor_unlock(&s->monitor);
    if (!here && place(q, &err) != WEIR_OK)
        wr_query_fail(q, &err);
}

uint32_t wr_query_shared_with(wr_query *q)
{
    wr_monitor_lock(&q->scheduler->monitor);
    WR_ASSERT(!q->client.worker || wr_worker_clients(q->client.worker) > 0);
    uint32_t n = q->client.worker ? (uint32_t)wr_worker_clients(q->client.worker) - 1 : 0;
    wr_monitor_unlock(&q->scheduler->monitor);
    return n;
}
