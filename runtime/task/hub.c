/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hub: where queries that are started find a scan, and how other threads reach them.
 *
 * Queries with equal keys share a scan: they read the same topics in the same way with the same
 * settings. A new query for a scan that runs waits in its list until the scan's thread admits it
 * (members.c). The first of a key opens the scan on its caller's thread, which so hears what fails.
 */
#include "runtime/task/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#define LEAVE_WAIT_MS 5000

/* ---- keys and groups ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

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

/* What queries must have in common to read together. */
static char *key_of(const wr_query *q)
{
    wr_buf key = {0};
    bool exchanged = q->exchange && q->plan->subtopologies_n > 1 && q->external_topics > 1;
    wr_buf_puts(&key, exchanged ? "merged" : "by partition");
    for (uint32_t t = 0; t < q->external_topics; t++)
        wr_buf_printf(&key, "\n%u %s",
                      exchanged || q->external_topics == 1 ? 0
                                                           : wr__reader_of(q, q->plan_topics[t]),
                      q->topic_names[q->plan_topics[t]]);
    put_settings(&key, &q->settings);
    char *text = wr_strdup(wr_buf_cstr(&key));
    wr_buf_free(&key);
    return text;
}

/*
 * The consumer group that a scan's reader joins. One query: its own. Several: one that is equal in
 * every process that runs the same set of queries, and in no other: two services on one topic must
 * not share its partitions. Statements that come one by one make a set of this process's own.
 */
static char *group_of(const wr_hub *hub, const wr__scan *s)
{
    const wr_query *q = s->members[0];
    if (s->members_n == 1 && !(q->shares && hub->interactive))
        return q->group ? wr_strdup(q->group) : NULL;
    wr_buf text = {0}, name = {0};
    char **ids = wr_calloc(s->members_n, sizeof *ids);
    for (size_t m = 0; m < s->members_n; m++)
        ids[m] = s->members[m]->id;
    qsort(ids, s->members_n, sizeof *ids, by_text);
    if (hub->interactive)
        wr_buf_printf(&text, "%s\n%s", hub->token, s->key);
    for (size_t m = 0; m < s->members_n && !hub->interactive; m++)
        wr_buf_printf(&text, "\n%s", ids[m]);
    wr_free(ids);
    wr_buf_printf(&name, "%sscan_%016llx", q->prefix,
                  (unsigned long long)XXH3_64bits(text.ptr, text.len));
    char *group = wr_strdup(wr_buf_cstr(&name));
    wr_buf_free(&text);
    wr_buf_free(&name);
    return group;
}

/* ---- the hub ---- */

wr_hub *wr_hub_new(bool interactive, wr_pool *pool)
{
    wr_hub *hub = wr_calloc(1, sizeof *hub);
    hub->interactive = interactive;
    hub->pool = pool;
    wr_rng rng;
    wr_rng_seed_os(&rng);
    snprintf(hub->token, sizeof hub->token, "%016llx", (unsigned long long)wr_rng_next(&rng));
    pthread_mutex_init(&hub->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&hub->changed, &attr);
    pthread_condattr_destroy(&attr);
    return hub;
}

/* Threads that have ended. Not from a scan's thread. */
static void reap(wr_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    wr__scan **ended = hub->ended;
    size_t n = hub->ended_n;
    hub->ended = NULL;
    hub->ended_n = 0;
    pthread_mutex_unlock(&hub->lock);
    for (size_t i = 0; i < n; i++) {
        pthread_join(ended[i]->thread, NULL);
        wr__scan_free(ended[i]);
    }
    wr_free((void *)ended);
}

void wr_hub_free(wr_hub *hub)
{
    if (!hub)
        return;
    pthread_mutex_lock(&hub->lock);
    while (hub->scans_n) /* its queries have been stopped */
        pthread_cond_wait(&hub->changed, &hub->lock);
    pthread_mutex_unlock(&hub->lock);
    reap(hub);
    wr_free((void *)hub->scans);
    wr_free((void *)hub->waiting);
    pthread_mutex_destroy(&hub->lock);
    pthread_cond_destroy(&hub->changed);
    wr_free(hub);
}

/* Under hub->lock. */
static wr__scan *find_scan(wr_hub *hub, const char *key)
{
    for (size_t i = 0; i < hub->scans_n; i++)
        if (!hub->scans[i]->ended && hub->scans[i]->key && strcmp(hub->scans[i]->key, key) == 0)
            return hub->scans[i];
    return NULL;
}

static void list_scan(wr_hub *hub, wr__scan *s)
{
    pthread_mutex_lock(&hub->lock);
    hub->scans = wr_realloc((void *)hub->scans, (hub->scans_n + 1) * sizeof(wr__scan *));
    hub->scans[hub->scans_n++] = s;
    pthread_mutex_unlock(&hub->lock);
}

void wr__hub_unlist(wr_hub *hub, const wr__scan *s)
{
    for (size_t i = 0; i < hub->scans_n; i++)
        if (hub->scans[i] == s)
            hub->scans[i] = hub->scans[--hub->scans_n];
}

/* Open on the caller's thread, so that it hears why that fails; then run. */
static weir_status launch(wr_hub *hub, wr__scan *s, weir_error *err)
{
    s->group = group_of(hub, s);
    weir_status st = wr__scan_open(s, err);
    if (st == WEIR_OK) {
        list_scan(hub, s);
        st = wr__scan_start(s, err);
        if (st == WEIR_OK)
            return WEIR_OK;
        pthread_mutex_lock(&hub->lock);
        wr__hub_unlist(hub, s);
        pthread_mutex_unlock(&hub->lock);
    }
    wr__sides_stop(s);
    wr__scan_free(s);
    return st;
}

static weir_status place(wr_query *q, weir_error *err)
{
    wr_hub *hub = q->hub;
    char *key = q->shares ? key_of(q) : NULL;
    reap(hub);
    pthread_mutex_lock(&hub->lock);
    wr__scan *found = key ? find_scan(hub, key) : NULL;
    if (found) {
        q->pending_at = found;
        wr__list_push(&found->pending, &found->pending_n, q);
        wr__scan_call(found);
    }
    pthread_mutex_unlock(&hub->lock);
    if (found) {
        wr_free(key);
        return WEIR_OK;
    }
    wr__scan *s = wr__scan_new(q);
    s->key = key;
    return launch(hub, s, err);
}

void wr_hub_hold(wr_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    hub->held++;
    pthread_mutex_unlock(&hub->lock);
}

weir_status wr_hub_release(wr_hub *hub, weir_error *err)
{
    pthread_mutex_lock(&hub->lock);
    WR_ASSERT(hub->held > 0);
    bool free_now = --hub->held == 0;
    wr_query **waiting = free_now ? hub->waiting : NULL;
    size_t n = free_now ? hub->waiting_n : 0;
    if (free_now) {
        hub->waiting = NULL;
        hub->waiting_n = 0;
    }
    pthread_mutex_unlock(&hub->lock);
    wr__scan **fresh = wr_calloc(n, sizeof *fresh);
    size_t fresh_n = 0;
    for (size_t i = 0; i < n; i++) {
        char *key = waiting[i]->shares ? key_of(waiting[i]) : NULL;
        size_t k = 0;
        while (k < fresh_n && !(key && fresh[k]->key && strcmp(fresh[k]->key, key) == 0))
            k++;
        if (k < fresh_n) {
            wr__scan_add(fresh[k], waiting[i]);
            wr_free(key);
        } else {
            fresh[fresh_n] = wr__scan_new(waiting[i]);
            fresh[fresh_n++]->key = key;
        }
    }
    weir_status st = WEIR_OK;
    for (size_t k = 0; k < fresh_n; k++) {
        if (st == WEIR_OK)
            st = launch(hub, fresh[k], err);
        else
            wr__scan_free(fresh[k]);
    }
    wr_free((void *)fresh);
    wr_free((void *)waiting);
    return st;
}

weir_status wr_query_start(wr_query *q, weir_error *err)
{
    WR_ASSERT(q->threaded && !q->fed);
    pthread_mutex_lock(&q->hub->lock);
    bool held = q->hub->held > 0;
    if (held)
        wr__list_push(&q->hub->waiting, &q->hub->waiting_n, q);
    pthread_mutex_unlock(&q->hub->lock);
    if (held)
        return WEIR_OK;
    if (!q->scan)
        return place(q, err);
    list_scan(q->hub, q->scan); /* opened when the query was made */
    weir_status st = wr__scan_start(q->scan, err);
    if (st != WEIR_OK) {
        pthread_mutex_lock(&q->hub->lock);
        wr__hub_unlist(q->hub, q->scan);
        pthread_mutex_unlock(&q->hub->lock);
    }
    return st;
}

/* ---- from other threads ---- */

static bool waits_for_start(const wr_query *q)
{
    for (size_t i = 0; i < q->hub->waiting_n; i++)
        if (q->hub->waiting[i] == q)
            return true;
    return false;
}

bool wr_query_detached(wr_query *q)
{
    if (!q->threaded) /* whoever steps it is here, and does not */
        return true;
    pthread_mutex_lock(&q->hub->lock);
    bool yes = !q->scan && !q->pending_at && !waits_for_start(q);
    pthread_mutex_unlock(&q->hub->lock);
    return yes;
}

void wr_query_stop_soon(wr_query *q)
{
    pthread_mutex_lock(&q->hub->lock);
    atomic_store(&q->want, WR__WANT_STOP);
    if (q->scan && q->scan->runs)
        wr__scan_call(q->scan);
    pthread_mutex_unlock(&q->hub->lock);
}

void wr__query_leave(wr_query *q, wr__want want)
{
    wr_hub *hub = q->hub;
    pthread_mutex_lock(&hub->lock);
    atomic_store(&q->want, want);
    if (waits_for_start(q))
        wr__list_drop(hub->waiting, &hub->waiting_n, q);
    struct timespec until = wr__in_ms(LEAVE_WAIT_MS);
    int rc = 0;
    while ((q->scan || q->pending_at) && rc == 0) {
        wr__scan_call(q->scan ? q->scan : q->pending_at);
        /* A pause is asked for, a stop is waited for. */
        if (want == WR__WANT_STOP)
            pthread_cond_wait(&hub->changed, &hub->lock);
        else
            rc = pthread_cond_timedwait(&hub->changed, &hub->lock, &until);
    }
    pthread_mutex_unlock(&hub->lock);
    reap(hub);
}

void wr__query_return(wr_query *q)
{
    weir_error err;
    pthread_mutex_lock(&q->hub->lock);
    atomic_store(&q->want, WR__WANT_RUN);
    bool here = q->scan || q->pending_at || waits_for_start(q);
    pthread_mutex_unlock(&q->hub->lock);
    if (here)
        return;
    atomic_store(&q->state_now, WR_QUERY_RUNNING);
    if (place(q, &err) != WEIR_OK)
        wr_query_fail(q, &err);
}

uint32_t wr_query_shared_with(wr_query *q)
{
    pthread_mutex_lock(&q->hub->lock);
    uint32_t n = q->scan ? (uint32_t)q->scan->members_n - 1 : 0;
    pthread_mutex_unlock(&q->hub->lock);
    return n;
}

void wr_query_wake(wr_query *q)
{
    pthread_mutex_lock(&q->hub->lock);
    if (q->scan && q->threaded) {
        pthread_mutex_lock(&q->scan->lock);
        if (q->scan->reader)
            wr_log_reader_wake(q->scan->reader);
        pthread_mutex_unlock(&q->scan->lock);
    }
    pthread_mutex_unlock(&q->hub->lock);
}
