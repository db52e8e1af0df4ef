/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Catching up with a worker.
 *
 * All clients of a worker stand at the same offsets. One that begins elsewhere, comes back from a
 * pause or has failed reads in a *catch-up worker*, alone and with the partitions of its main
 * worker, until it has caught up:
 *
 *     catch-up worker                     main worker
 *     near: asks, waits             ->    sets the same stops for both, goes on
 *     goes on to them, commits,           goes on to them, waits (not for ever)
 *     hands its client over, ends   ->    opens the client: it begins exactly there
 *
 * Nothing is handed over but offsets that both have reached, so whatever goes wrong leaves two
 * workers that go on as they were.
 */
#include "runtime/worker/worker_internal.h"

#define NEAR_RECORDS    20000
#define MEETING_WAIT_MS 5000

/* ---- catch-up workers, seen from the main one ---- */

static void list_remove(wr__catch_up *u, const wr_worker *w)
{
    for (size_t i = 0; i < u->n; i++)
        if (u->workers[i] == w)
            u->workers[i] = u->workers[--u->n];
}

static void start_beside(wr_worker *main, wr_worker_client *c)
{
    weir_error err;
    wr_worker *w = wr__worker_new_beside(main, c);
    wr__catch_up *u = &main->catch_up;
    wr_monitor_lock(main->o.monitor);
    u->workers = wr_realloc((void *)u->workers, (u->n + 1) * sizeof(wr_worker *));
    u->workers[u->n++] = w;
    wr_monitor_unlock(main->o.monitor);
    if (wr__worker_spawn(w, main->run, &err) == WEIR_OK)
        return;
    wr_monitor_lock(main->o.monitor);
    list_remove(u, w);
    wr_monitor_unlock(main->o.monitor);
    wr__members_remove(w, c, NULL, WR_CLIENT_FAILED, &err);
    wr_worker_free(w);
}

/* Join those that have ended, or, with @p all, wait for each. */
static void reap(wr_worker *main, bool all)
{
    for (;;) {
        wr_worker *gone = NULL;
        wr_monitor_lock(main->o.monitor);
        for (size_t i = 0; i < main->catch_up.n && !gone; i++)
            if (all || main->catch_up.workers[i]->members.ended)
                gone = main->catch_up.workers[i];
        if (gone)
            list_remove(&main->catch_up, gone);
        wr_monitor_unlock(main->o.monitor);
        if (!gone)
            return;
        wr_worker_join(gone);
    }
}

static void end_meeting(wr_worker *main)
{
    main->catch_up.meeting = WR__MEETING_NONE;
    main->catch_up.with = NULL;
    wr_monitor_signal(main->o.monitor);
}

void wr__catch_up_stop_all(wr_worker *main)
{
    if (main->catch_up.main)
        return;
    wr_monitor_lock(main->o.monitor);
    for (size_t i = 0; i < main->catch_up.n; i++) {
        atomic_store(&main->catch_up.workers[i]->members.stop, true);
        wr__members_call(main->catch_up.workers[i]);
    }
    end_meeting(main);
    wr_monitor_unlock(main->o.monitor);
    reap(main, true);
}

void wr__catch_up_ended(wr_worker *w)
{
    wr_worker *main = w->catch_up.main;
    wr_monitor_lock(w->o.monitor);
    WR_ASSERT(w->members.n == 0);
    w->members.ended = true;
    if (main->catch_up.with == w)
        end_meeting(main);
    wr__members_call(main); /* to join it */
    wr_monitor_unlock(w->o.monitor);
}

/* ---- admitting ---- */

/* Does the client begin where the worker stands? */
static weir_status begins_here(wr_worker *w, wr_worker_client *c, bool *yes, weir_error *err)
{
    const wr__consumer *in = &w->consumer;
    uint32_t n = in->queues_n;
    wr_topic_part *parts = wr_calloc(n, sizeof *parts);
    int64_t *low = wr_calloc(n, sizeof *low), *high = wr_calloc(n, sizeof *high);
    for (uint32_t i = 0; i < n; i++)
        parts[i] = in->parts[i];
    weir_status st = wr_topic_ends(w->o.log, parts, n, low, high, err);
    if (st == WEIR_OK)
        st = c->cls->start_offsets(c, parts, n, low, high, &w->commit.dirty, err);
    *yes = true;
    for (uint32_t i = 0; i < n && st == WEIR_OK; i++)
        *yes = *yes && parts[i].offset == in->queues[i].next_offset;
    wr_free(parts);
    wr_free(low);
    wr_free(high);
    return st;
}

static weir_status admit(wr_worker *w, wr_worker_client *c, weir_error *err)
{
    bool here = !w->consumer.assigned; /* then it begins with the others */
    if (w->consumer.assigned && !c->wait_ms) {
        weir_status st = begins_here(w, c, &here, err);
        if (st != WEIR_OK) {
            wr__members_put_back(w, c);
            return st;
        }
    }
    if (!here) {
        start_beside(w, c);
        return WEIR_OK;
    }
    c->wait_ms = 0;
    wr_worker_add(w, c);
    if (!w->consumer.assigned)
        return WEIR_OK;
    weir_status st = wr__worker_open_client(w, c, err);
    if (st == WEIR_OK)
        return wr__restoring_begin(w, err);
    if (st == WEIR_ERR_INTERRUPTED)
        return st;
    wr__client_fail(c, err);
    return wr__worker_sort_out(w, err);
}

/* ---- meeting, by the main worker ---- */

/* The catch-up worker waits, so its queues stand still. While the main worker still goes to the
 * stops of an earlier meeting, which the other one has left already, this one waits. */
static void agree(wr_worker *main)
{
    wr_monitor_lock(main->o.monitor);
    if (main->catch_up.meeting == WR__MEETING_ASKED && !main->consumer.bounded &&
        !main->restoring) {
        WR_ASSERT(main->catch_up.with);
        if (wr__consumer_meet(&main->consumer, &main->catch_up.with->consumer)) {
            main->catch_up.meeting = WR__MEETING_AGREED;
            wr_monitor_signal(main->o.monitor);
        } else {
            end_meeting(main);
        }
    }
    wr_monitor_unlock(main->o.monitor);
}

/* At the agreed offsets: wait a little for the other one. */
static weir_status wait_for_other(wr_worker *main, weir_error *err)
{
    struct timespec deadline = wr_monitor_deadline(MEETING_WAIT_MS);
    bool in_time = true;
    wr_monitor_lock(main->o.monitor);
    while (main->catch_up.meeting == WR__MEETING_AGREED && in_time &&
           !atomic_load(&main->members.attention))
        in_time = wr_monitor_wait(main->o.monitor, &deadline);
    if (main->catch_up.meeting == WR__MEETING_AGREED)
        end_meeting(main); /* another one may have asked meanwhile */
    wr_monitor_unlock(main->o.monitor);
    wr__consumer_clear_stops(&main->consumer);
    return wr__consumer_resume(&main->consumer, err);
}

weir_status wr__catch_up_serve(wr_worker *w, weir_error *err)
{
    WR_ASSERT(!w->catch_up.main);
    reap(w, false);
    if (w->consumer.bounded && wr__consumer_done(&w->consumer))
        WR_TRY(wait_for_other(w, err));
    agree(w);
    while (!w->consumer.bounded && w->members.n) {
        wr_worker_client *c = wr__members_next_pending(w);
        if (!c)
            break;
        if (c->wait_ms && !w->consumer.assigned) { /* a catch-up worker needs the assignment */
            wr__members_put_back(w, c);
            break;
        }
        WR_TRY(admit(w, c, err));
    }
    return WEIR_OK;
}

/* ---- meeting, by the catch-up worker ---- */

static void ask(wr_worker *w)
{
    wr_worker *main = w->catch_up.main;
    struct timespec deadline = wr_monitor_deadline(MEETING_WAIT_MS);
    bool in_time = true;
    wr_monitor_lock(w->o.monitor);
    if (main->catch_up.meeting == WR__MEETING_NONE && !atomic_load(&w->members.stop)) {
        main->catch_up.meeting = WR__MEETING_ASKED;
        main->catch_up.with = w;
        wr__members_call(main);
        while (main->catch_up.with == w && main->catch_up.meeting == WR__MEETING_ASKED &&
               !atomic_load(&w->members.stop) && in_time)
            in_time = wr_monitor_wait(w->o.monitor, &deadline);
        if (main->catch_up.with == w && main->catch_up.meeting == WR__MEETING_ASKED)
            end_meeting(main);
    }
    wr_monitor_unlock(w->o.monitor);
}

/* Is the agreement still the main worker's? It gives up after a while. */
static bool still_agreed(wr_worker *w)
{
    const wr__catch_up *u = &w->catch_up.main->catch_up;
    wr_monitor_lock(w->o.monitor);
    bool yes = u->with == w && u->meeting == WR__MEETING_AGREED;
    wr_monitor_unlock(w->o.monitor);
    return yes;
}

/* Committed at the agreed offsets: the client waits at the main worker, which is there, too. */
static void hand_over(wr_worker *w)
{
    wr_worker *main = w->catch_up.main;
    wr__worker_close(w);
    while (w->members.n)
        wr__members_remove(w, w->members.clients[0], main, WR_CLIENT_STOPPED, NULL);
    wr_monitor_lock(w->o.monitor);
    if (main->catch_up.with == w)
        end_meeting(main);
    wr_monitor_unlock(w->o.monitor);
}

bool wr__catch_up_approach(wr_worker *w, weir_status *st, weir_error *err)
{
    *st = WEIR_OK;
    if (!w->catch_up.main || !w->consumer.assigned)
        return true;
    if (w->consumer.bounded && !still_agreed(w)) {
        wr__consumer_clear_stops(&w->consumer);
        *st = wr__consumer_resume(&w->consumer, err);
        return true;
    }
    if (!w->consumer.bounded) {
        if (!w->restoring &&
            wr__consumer_distance(&w->consumer, &w->catch_up.main->consumer) < NEAR_RECORDS)
            ask(w);
        return true;
    }
    if (!wr__consumer_done(&w->consumer))
        return true;
    *st = wr__worker_commit_all(w, err);
    if (*st != WEIR_OK)
        return true;
    hand_over(w);
    return false;
}
