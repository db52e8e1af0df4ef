/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members of a scan: coming, leaving, and catching up with it.
 *
 * All members of a scan stand at the same offsets. A query that begins
 * elsewhere, comes back from a pause or has failed reads in a *side scan*, alone and with the
 * partitions of its main scan, until it has caught up:
 *
 *     side                                main
 *     near: asks, waits             ->    sets the same stop offsets for both, goes on
 *     goes on to them, commits,           goes on to them, waits (not for ever)
 *     lets go of its query, ends    ->    opens the query's tasks: it begins exactly there
 *
 * Nothing is handed over but offsets that both have reached, so what can go wrong leaves two scans
 * that go on as they were.
 *
 * Locks: hub->lock guards membership, pending queries, sides and merging; it is never taken with a
 * scan's lock held. Everything else of a scan is its thread's.
 */
#include "runtime/task/internal.h"
#include "common/diag.h"

#include <time.h>

#define NEAR_RECORDS  20000
#define MERGE_WAIT_MS 5000

/* ---- small things ---- */

void wr__list_push(wr_query ***list, size_t *n, wr_query *q)
{
    *list = wr_realloc((void *)*list, (*n + 1) * sizeof(wr_query *));
    (*list)[(*n)++] = q;
}

bool wr__list_drop(wr_query **list, size_t *n, const wr_query *q)
{
    for (size_t i = 0; i < *n; i++) {
        if (list[i] != q)
            continue;
        memmove((void *)(list + i), (void *)(list + i + 1), (*n - i - 1) * sizeof(wr_query *));
        --*n;
        return true;
    }
    return false;
}

void wr__scan_call(wr__scan *s)
{
    atomic_store(&s->attention, true);
    pthread_mutex_lock(&s->lock);
    if (s->reader && s->threaded)
        wr_log_reader_wake(s->reader);
    pthread_mutex_unlock(&s->lock);
    pthread_cond_broadcast(&s->hub->changed);
}

struct timespec wr__in_ms(int64_t ms)
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

void wr__scan_add(wr__scan *s, wr_query *q)
{
    pthread_mutex_lock(&s->hub->lock);
    if (s->members_n == s->members_cap) {
        s->members_cap = s->members_cap ? s->members_cap * 2 : 4;
        s->members = wr_realloc((void *)s->members, s->members_cap * sizeof(wr_query *));
    }
    s->members[s->members_n++] = q;
    q->scan = s;
    q->pending_at = NULL;
    pthread_mutex_unlock(&s->hub->lock);
}

/* The query has no tasks any more, and nobody may find the scan through it. @p to: who is to admit
 * it next, or NULL. */
static void leave(wr__scan *s, wr_query *q, wr__scan *to)
{
    wr__query_release_budget(q);
    pthread_mutex_lock(&s->hub->lock);
    bool found = wr__list_drop(s->members, &s->members_n, q);
    WR_ASSERT(found);
    q->scan = NULL;
    q->pending_at = to;
    if (to) {
        wr__list_push(&to->pending, &to->pending_n, q);
        wr__scan_call(to);
    }
    pthread_cond_broadcast(&s->hub->changed);
    pthread_mutex_unlock(&s->hub->lock);
}

void wr__scan_remove(wr__scan *s, wr_query *q)
{
    leave(s, q, NULL);
}

void wr__scan_expel(wr__scan *s, wr_query *q, int64_t wait_ms)
{
    q->wait_ms = wait_ms;
    leave(s, q, s->main ? s->main : s);
}

/* ---- side scans ---- */

static void side_start(wr__scan *main, wr_query *q)
{
    weir_error err;
    wr__scan *s = wr__scan_new(q);
    s->main = main;
    s->retry_after_ms = q->wait_ms;
    q->wait_ms = 0;
    pthread_mutex_lock(&s->hub->lock);
    main->sides = wr_realloc((void *)main->sides, (main->sides_n + 1) * sizeof(wr__scan *));
    main->sides[main->sides_n++] = s;
    pthread_mutex_unlock(&s->hub->lock);
    if (wr__scan_start(s, &err) == WEIR_OK)
        return;
    pthread_mutex_lock(&s->hub->lock);
    main->sides_n--;
    pthread_mutex_unlock(&s->hub->lock);
    wr__scan_remove(s, q);
    wr_query_fail(q, &err);
    wr__scan_free(s);
}

void wr__scan_part(wr__scan *s, wr_query *q)
{
    wr__scan_remove(s, q);
    side_start(s, q);
}

/* Join those that have ended, or all. */
static void reap_sides(wr__scan *s, bool all)
{
    for (;;) {
        wr__scan *gone = NULL;
        pthread_mutex_lock(&s->hub->lock);
        for (size_t i = 0; i < s->sides_n && !gone; i++) {
            if (!all && !s->sides[i]->ended)
                continue;
            gone = s->sides[i];
            s->sides[i] = s->sides[--s->sides_n];
        }
        pthread_mutex_unlock(&s->hub->lock);
        if (!gone)
            return;
        pthread_join(gone->thread, NULL);
        wr__scan_free(gone);
    }
}

void wr__sides_stop(wr__scan *s)
{
    pthread_mutex_lock(&s->hub->lock);
    for (size_t i = 0; i < s->sides_n; i++) {
        atomic_store(&s->sides[i]->stop_asked, true);
        wr__scan_call(s->sides[i]);
    }
    s->merge = WR__MERGE_NONE;
    s->merging = NULL;
    pthread_mutex_unlock(&s->hub->lock);
    reap_sides(s, true);
}

/* A side scan ends: its queries go to the main scan. */
static void give_back(wr__scan *s)
{
    wr__scan_close(s);
    while (s->members_n)
        leave(s, s->members[0], s->main);
}

/* ---- merging ---- */

static void clear_stops(wr__scan *s)
{
    for (uint32_t i = 0; i < s->inputs_n; i++)
        s->inputs[i].stop_offset = -1;
    s->bounded = false;
}

/* Main, under hub->lock; the side scan waits, so its inputs stand still. */
static void set_target(wr__scan *s)
{
    wr__scan *side = s->merging;
    bool fits = s->assigned && side->assigned && s->inputs_n == side->inputs_n;
    for (uint32_t i = 0; i < s->inputs_n && fits; i++) {
        wr__input *a = &s->inputs[i], *b = &side->inputs[i];
        fits = a->topic == b->topic && a->partition == b->partition;
        a->stop_offset = b->stop_offset = WR_MAX(a->next_offset, b->next_offset);
    }
    s->merge = fits ? WR__MERGE_TARGET : WR__MERGE_NONE;
    s->bounded = side->bounded = fits;
    if (!fits)
        s->merging = NULL;
    pthread_cond_broadcast(&s->hub->changed);
}

/* Main has reached the target: wait a little for the side scan. */
static weir_status meet(wr__scan *s, weir_error *err)
{
    struct timespec until = wr__in_ms(MERGE_WAIT_MS);
    int rc = 0;
    pthread_mutex_lock(&s->hub->lock);
    while (s->merge == WR__MERGE_TARGET && rc == 0 && !atomic_load(&s->attention))
        rc = pthread_cond_timedwait(&s->hub->changed, &s->hub->lock, &until);
    s->merge = WR__MERGE_NONE;
    s->merging = NULL;
    pthread_mutex_unlock(&s->hub->lock);
    clear_stops(s);
    return wr__inputs_resume(s, err);
}

static int64_t distance(wr__scan *s)
{
    int64_t behind = 0;
    pthread_mutex_lock(&s->main->lock);
    bool fits = s->main->assigned && s->main->inputs_n == s->inputs_n;
    for (uint32_t i = 0; i < s->inputs_n && fits; i++)
        behind += WR_MAX(s->main->inputs[i].next_offset - s->inputs[i].next_offset, 0);
    pthread_mutex_unlock(&s->main->lock);
    return fits ? behind : INT64_MAX;
}

static void ask(wr__scan *s)
{
    wr__scan *main = s->main;
    struct timespec until = wr__in_ms(MERGE_WAIT_MS);
    int rc = 0;
    pthread_mutex_lock(&s->hub->lock);
    if (main->merge == WR__MERGE_NONE && !atomic_load(&s->stop_asked)) {
        main->merge = WR__MERGE_ASKED;
        main->merging = s;
        wr__scan_call(main);
        while (main->merging == s && main->merge == WR__MERGE_ASKED &&
               !atomic_load(&s->stop_asked) && rc == 0)
            rc = pthread_cond_timedwait(&s->hub->changed, &s->hub->lock, &until);
        if (main->merging == s && main->merge == WR__MERGE_ASKED) {
            main->merge = WR__MERGE_NONE;
            main->merging = NULL;
        }
    }
    pthread_mutex_unlock(&s->hub->lock);
}

/* Is the target still the one that main goes to? */
static bool still_merging(wr__scan *s)
{
    pthread_mutex_lock(&s->hub->lock);
    bool yes = s->main->merging == s && s->main->merge == WR__MERGE_TARGET;
    pthread_mutex_unlock(&s->hub->lock);
    return yes;
}

static void arrive(wr__scan *s)
{
    give_back(s);
    pthread_mutex_lock(&s->hub->lock);
    if (s->main->merging == s) {
        s->main->merge = WR__MERGE_THERE;
        s->main->merging = NULL;
    }
    pthread_cond_broadcast(&s->hub->changed);
    pthread_mutex_unlock(&s->hub->lock);
}

bool wr__scan_approach(wr__scan *s, weir_status *st, weir_error *err)
{
    *st = WEIR_OK;
    if (!s->main || !s->assigned)
        return true;
    if (s->bounded && !still_merging(s)) {
        clear_stops(s);
        *st = wr__inputs_resume(s, err);
        return true;
    }
    if (!s->bounded) {
        if (distance(s) < NEAR_RECORDS)
            ask(s);
        return true;
    }
    if (!wr__inputs_done(s))
        return true;
    *st = wr__scan_commit_all(s, err);
    if (*st != WEIR_OK)
        return true;
    arrive(s);
    return false;
}

/* ---- what a scan's thread does for others ---- */

/* Those who want out. @return whether there are any. */
static bool someone_leaves(wr__scan *s)
{
    for (size_t m = 0; m < s->members_n; m++)
        if (atomic_load(&s->members[m]->want) != WR__WANT_RUN)
            return true;
    return false;
}

static weir_status let_go(wr__scan *s, weir_error *err)
{
    weir_status st = WEIR_OK;
    /* A push query has nothing to keep, and nobody takes its rows any more. */
    if (s->writer && !s->transient)
        st = wr__scan_commit_all(s, err);
    if (st != WEIR_OK)
        wr_diag_put(WR_DIAG_WARN, "query", "last commit: %s", err->message);
    bool all = true;
    for (size_t m = 0; m < s->members_n; m++)
        all = all && atomic_load(&s->members[m]->want) != WR__WANT_RUN;
    if (all) /* nothing of the scan may be at work when the last one is told */
        wr__scan_close(s);
    for (size_t m = s->members_n; m-- > 0;) {
        wr_query *q = s->members[m];
        int want = atomic_load(&q->want);
        if (want == WR__WANT_RUN)
            continue;
        wr__tasks_close(q);
        if (want == WR__WANT_PAUSE)
            atomic_store(&q->state_now, WR_QUERY_PAUSED);
        else if (st != WEIR_OK)
            wr_query_fail(q, err); /* whoever closes the engine is to be told */
        wr__scan_remove(s, q);
    }
    return all ? WEIR_OK : st;
}

static wr_query *next_pending(wr__scan *s)
{
    wr_query *q = NULL;
    pthread_mutex_lock(&s->hub->lock);
    while (s->pending_n && !q) {
        q = s->pending[0];
        wr__list_drop(s->pending, &s->pending_n, q);
        int want = atomic_load(&q->want);
        if (want == WR__WANT_RUN)
            continue;
        if (want == WR__WANT_PAUSE)
            atomic_store(&q->state_now, WR_QUERY_PAUSED);
        q->pending_at = NULL;
        pthread_cond_broadcast(&s->hub->changed);
        q = NULL;
    }
    pthread_mutex_unlock(&s->hub->lock);
    return q;
}

static void put_back(wr__scan *s, wr_query *q)
{
    pthread_mutex_lock(&s->hub->lock);
    wr__list_push(&s->pending, &s->pending_n, q);
    pthread_mutex_unlock(&s->hub->lock);
}

/* Does the query begin where the scan stands? */
static weir_status begins_here(wr__scan *s, wr_query *q, bool *yes, weir_error *err)
{
    uint32_t n = s->inputs_n;
    wr_topic_part *parts = wr_calloc(n, sizeof *parts);
    int64_t *low = wr_calloc(n, sizeof *low), *high = wr_calloc(n, sizeof *high);
    if (n)
        memcpy(parts, s->parts, n * sizeof *parts);
    weir_status st = n ? wr_topic_ends(s->log, parts, n, low, high, err) : WEIR_OK;
    if (st == WEIR_OK)
        st = wr__start_offsets(q, parts, n, low, high, &s->dirty, err);
    *yes = true;
    for (uint32_t i = 0; i < n && st == WEIR_OK; i++)
        *yes = *yes && parts[i].offset == s->inputs[i].next_offset;
    wr_free(parts);
    wr_free(low);
    wr_free(high);
    return st;
}

static weir_status admit(wr__scan *s, wr_query *q, weir_error *err)
{
    bool here = !s->assigned; /* then it begins with the others */
    if (s->assigned && !q->wait_ms) {
        weir_status st = begins_here(s, q, &here, err);
        if (st != WEIR_OK) {
            put_back(s, q);
            return st;
        }
    }
    if (!here) {
        pthread_mutex_lock(&s->hub->lock);
        q->pending_at = NULL;
        pthread_mutex_unlock(&s->hub->lock);
        side_start(s, q);
        return WEIR_OK;
    }
    q->wait_ms = 0;
    wr__scan_add(s, q);
    weir_status st = s->assigned ? wr__tasks_open(q, s, err) : WEIR_OK;
    if (st != WEIR_OK)
        wr__query_break(q, err);
    return st;
}

/* No members left: those who read beside it or wait make it anew. @return false: there are none. */
static bool revive(wr__scan *s)
{
    wr__sides_stop(s);
    wr__scan_close(s);
    for (wr_query *q; (q = next_pending(s));) {
        q->wait_ms = 0;
        wr__scan_add(s, q);
    }
    pthread_mutex_lock(&s->hub->lock);
    bool alive = s->members_n > 0 || s->pending_n > 0;
    s->ended = !alive; /* from now on nobody finds it */
    pthread_mutex_unlock(&s->hub->lock);
    return alive;
}

static weir_status serve(wr__scan *s, weir_error *err)
{
    if (someone_leaves(s))
        WR_TRY(let_go(s, err));
    reap_sides(s, false);
    pthread_mutex_lock(&s->hub->lock);
    if (s->merge == WR__MERGE_ASKED)
        set_target(s);
    pthread_mutex_unlock(&s->hub->lock);
    if (s->bounded && !s->main && wr__inputs_done(s))
        WR_TRY(meet(s, err));
    for (wr_query *q; !s->main && !s->bounded && s->members_n && (q = next_pending(s));) {
        if (q->wait_ms && !s->assigned) { /* a side scan needs the assignment */
            put_back(s, q);
            atomic_store(&s->attention, true);
            break;
        }
        WR_TRY(admit(s, q, err));
    }
    return WEIR_OK;
}

bool wr__scan_attend(wr__scan *s, weir_status *st, weir_error *err)
{
    *st = WEIR_OK;
    if (s->members_n && !atomic_exchange(&s->attention, false) && !s->bounded)
        return true;
    if (atomic_load(&s->stop_asked)) {
        weir_error ignored;
        if (s->writer && wr__scan_commit_all(s, &ignored) != WEIR_OK)
            wr_diag_put(WR_DIAG_WARN, "query", "last commit: %s", ignored.message);
        give_back(s);
        return false;
    }
    *st = serve(s, err);
    if (*st != WEIR_OK)
        atomic_store(&s->attention, true); /* come again */
    while (s->members_n == 0)
        if (s->main || !revive(s))
            return false;
    return true;
}

void wr__scan_end(wr__scan *s)
{
    wr_hub *hub = s->hub;
    if (!s->main && s->members_n == 0 && s->sides_n) /* failed for good; the others may go on */
        wr__sides_stop(s);
    wr__scan_close(s);
    pthread_mutex_lock(&hub->lock);
    s->ended = true;
    if (s->main) {
        if (s->main->merging == s) {
            s->main->merge = WR__MERGE_NONE;
            s->main->merging = NULL;
        }
        atomic_store(&s->main->attention, true); /* to be joined */
    } else {
        wr__hub_unlist(hub, s);
        hub->ended = wr_realloc((void *)hub->ended, (hub->ended_n + 1) * sizeof(wr__scan *));
        hub->ended[hub->ended_n++] = s;
    }
    pthread_cond_broadcast(&hub->changed);
    pthread_mutex_unlock(&hub->lock);
}
