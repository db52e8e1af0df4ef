/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread of a worker: it looks at what others ask for, steps, and recovers.
 *
 * A step: poll, rebalance where that is asked for, look at what is restored, process, let time
 * pass, commit where it is due.
 *
 * A failure of the worker itself (a broker that went away, a full disk) is tried again: uncommitted
 * work is dropped, clients open anew from what is committed, input goes back to the committed
 * offsets. What cannot pass, or comes back too often, makes all its clients fail.
 */
#include "runtime/worker/worker_internal.h"
#include "common/diag.h"

#include <stdio.h>

#define POLL_MS          200
#define CATCH_UP_POLL_MS 20
#define DIRTY_POLL_MS    20
#define HELD_POLL_MS     5 /* what it waits for need not come as records that it reads */
#define RESTORE_POLL_MS  5
/* A query that writes nothing still listens to its producer. */
#define SERVE_EVERY_NS 1000000000ll
/* So long after the last rows a worker gives back what only large batches need. */
#define TRIM_AFTER_NS 1000000000ll

/* ---- a step ---- */

/* Clients count what is spent for all of them as theirs. */
static void observe(wr_worker *w, int64_t since)
{
    int64_t lag = wr__consumer_lag(&w->consumer);
    w->times.steps_ns += (uint64_t)(w->o.clock->mono_ns(w->o.clock) - since);
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        if (c->cls->observe)
            c->cls->observe(c, &w->times, lag);
    }
    w->times = (wr_worker_times){0};
    /* What it has written may wait in its producer for more. */
    bool waits = w->commit.dirty && w->commit.serve_ms >= 0;
    if (waits || since - w->commit.served_ns >= SERVE_EVERY_NS) {
        w->commit.serve_ms = wr_log_writer_serve(w->commit.writer);
        w->commit.served_ns = since;
    }
}

static weir_status poll(wr_worker *w, int timeout_ms, weir_error *err)
{
    /* Uncommitted work is committed as soon as there is nothing else to do: do not sleep on it. */
    int wait = w->commit.dirty ? WR_MIN(timeout_ms, DIRTY_POLL_MS) : timeout_ms;
    if (w->commit.dirty && w->commit.serve_ms >= 0)
        wait = WR_MIN(wait, w->commit.serve_ms);
    if (w->consumer.held)
        wait = WR_MIN(wait, HELD_POLL_MS);
    if (w->restoring)
        wait = WR_MIN(wait, RESTORE_POLL_MS);
    if (w->consumer.ready) /* a look at what is new, and on with what is here */
        wait = 0;
    int64_t since = w->o.clock->mono_ns(w->o.clock);
    weir_status st = wr__consumer_poll(&w->consumer, wait, &w->times.polls, &w->commit.dirty, err);
    w->times.poll_ns += (uint64_t)(w->o.clock->mono_ns(w->o.clock) - since);
    WR_TRY(st);
    return wr__worker_rebalance(w, err);
}

/* Memory that only large batches need is kept while they come. */
static void trim_idle(wr_worker *w, bool progressed, int64_t now)
{
    WR_ASSERT(now >= 0 && w->worked_ns >= 0);
    if (progressed) {
        w->worked_ns = now;
    } else if (w->worked_ns < now - TRIM_AFTER_NS) {
        wr__worker_trim_slots(w);
        wr_memory_idle();
        w->worked_ns = INT64_MAX;
    }
}

weir_status wr_worker_step(wr_worker *w, int timeout_ms, bool *progressed, bool *done,
                           weir_error *err)
{
    WR_ASSERT(w->commit.writer && w->members.n > 0 && !w->o.piped);
    *progressed = *done = false;
    int64_t since = w->o.clock->mono_ns(w->o.clock);
    WR_TRY(poll(w, timeout_ms, err));
    WR_TRY(wr__restoring_advance(w, err));
    wr__standby_look(w);
    if (w->consumer.assigned)
        WR_TRY(wr__worker_process(w, progressed, err));
    WR_TRY(wr__worker_punctuate(w, err));
    w->commit.busy = *progressed;
    bool at_ends =
        w->o.until_end && w->consumer.assigned && !w->restoring && wr__consumer_done(&w->consumer);
    if (wr__commit_is_due(w, *progressed) || (at_ends && w->commit.dirty))
        WR_TRY(wr__worker_commit(w, err));
    *done = at_ends;
    trim_idle(w, *progressed, since);
    observe(w, since);
    atomic_store(&w->commit.idle, !w->commit.dirty);
    return WEIR_OK;
}

/* ---- what others ask for ---- */

/* Clients that want to leave do so after a last commit, which is everybody's. */
static weir_status release_leavers(wr_worker *w, weir_error *err)
{
    weir_status st = WEIR_OK;
    /* What is transient has nothing to keep, and nobody takes its rows any more. */
    if (w->commit.writer && !w->o.transient)
        st = wr__worker_commit_all(w, err);
    if (st != WEIR_OK)
        wr_diag_put(WR_DIAG_WARN, "worker", "last commit: %s", err->message);
    bool all = true;
    weir_error ignored;
    for (size_t i = 0; i < w->members.n; i++)
        all = all && atomic_load(&w->members.clients[i]->desired) != WR_DESIRED_RUN;
    if (all) { /* nothing of the worker may be running when the last one hears that it has left */
        wr__catch_up_stop_all(w); /* they commit as members of its group */
        wr__worker_close(w);
    }
    for (size_t i = w->members.n; i-- > 0;) {
        wr_worker_client *c = w->members.clients[i];
        int desired = atomic_load(&c->desired);
        if (desired == WR_DESIRED_RUN)
            continue;
        if (c->cls->close)
            c->cls->close(c);
        atomic_store(&c->failed, false);
        if (w->commit.writer) /* the writer must not know the owner any more */
            (void)wr_log_writer_abort(w->commit.writer, &c->owner, &ignored);
        wr__members_remove(w, c, NULL,
                           desired == WR_DESIRED_PAUSE ? WR_CLIENT_PAUSED : WR_CLIENT_STOPPED,
                           st == WEIR_OK ? NULL : err);
    }
    atomic_store(&w->members.cancel, false);
    return all ? WEIR_OK : st;
}

/* A catch-up worker that its main worker does not want any more. */
static void give_back(wr_worker *w)
{
    weir_error ignored;
    if (w->commit.writer && wr__worker_commit_all(w, &ignored) != WEIR_OK)
        wr_diag_put(WR_DIAG_WARN, "worker", "last commit: %s", ignored.message);
    wr__worker_close(w);
    while (w->members.n)
        wr__members_remove(w, w->members.clients[0], w->catch_up.main, WR_CLIENT_STOPPED, NULL);
}

/* No client left: those who read beside it, or wait, make it anew.
 * @return false: there are none, and nobody finds it from now on. */
static bool begin_again(wr_worker *w)
{
    wr__catch_up_stop_all(w);
    wr__worker_close(w);
    for (wr_worker_client *c; (c = wr__members_next_pending(w));) {
        c->wait_ms = 0;
        wr_worker_add(w, c);
    }
    return !wr__members_end(w);
}

/* @return false: nobody is left, the worker is to end. */
static bool serve(wr_worker *w, weir_status *st, weir_error *err)
{
    *st = WEIR_OK;
    bool asked = atomic_exchange(&w->members.attention, false);
    if (w->members.n && !asked && !w->consumer.bounded)
        return true;
    if (atomic_load(&w->members.stop)) {
        give_back(w);
        return false;
    }
    if (wr__members_any_leaves(w))
        *st = release_leavers(w, err);
    if (*st == WEIR_OK && !w->catch_up.main)
        *st = wr__catch_up_serve(w, err);
    if (*st != WEIR_OK)
        atomic_store(&w->members.attention, true); /* come again */
    while (w->members.n == 0)
        if (w->catch_up.main || !begin_again(w))
            return false;
    return true;
}

/* ---- failing and trying again ---- */

/* Wait, but not when somebody wants something. */
static void wait_ms(wr_worker *w, int64_t ms)
{
    struct timespec deadline = wr_monitor_deadline(ms);
    bool in_time = true;
    wr_monitor_lock(w->o.monitor);
    while (!atomic_load(&w->members.attention) && in_time)
        in_time = wr_monitor_wait(w->o.monitor, &deadline);
    wr_monitor_unlock(w->o.monitor);
}

static void fail_all(wr_worker *w, const weir_error *err)
{
    while (w->members.n)
        wr__members_remove(w, w->members.clients[w->members.n - 1], NULL, WR_CLIENT_FAILED, err);
}

static void recover(wr_worker *w, const weir_error *err)
{
    char name[128];
    snprintf(name, sizeof name, "%s%s", w->members.clients[0]->name,
             w->members.n > 1 ? " and others" : "");
    wr__catch_up_stop_all(w);
    wr__worker_move_out_refused(w);
    wr__worker_close(w);
    if (!wr__failure_may_pass(err, w->failures)) {
        fail_all(w, err);
        return;
    }
    for (size_t i = 0; i < w->members.n; i++)
        if (w->members.clients[i]->cls->retried)
            w->members.clients[i]->cls->retried(w->members.clients[i], err);
    int64_t ms = wr__failure_backoff_ms(&w->settings, w->failures++);
    wr_diag_put(WR_DIAG_WARN, "worker", "%s: %s; trying again in %lld ms", name, err->message,
                (long long)ms);
    wait_ms(w, ms);
}

/* ---- the thread ---- */

static void end_all(wr_worker *w, wr_client_end why)
{
    wr__worker_close(w);
    while (w->members.n)
        wr__members_remove(w, w->members.clients[w->members.n - 1], NULL, why, NULL);
}

/* @return false: the worker is to end. */
static bool run_once(wr_worker *w)
{
    bool progressed = false, done = false;
    weir_error err = {0};
    weir_status st;
    if (!serve(w, &st, &err))
        return false;
    if (st == WEIR_OK && !w->commit.writer)
        st = wr_worker_open(w, &err);
    if (st == WEIR_OK)
        st = wr_worker_step(w, w->catch_up.main ? CATCH_UP_POLL_MS : POLL_MS, &progressed, &done,
                            &err);
    if (st == WEIR_OK && !done && !wr__catch_up_approach(w, &st, &err))
        return false;
    if (st == WEIR_OK && !done)
        return true;
    if (done || (st == WEIR_ERR_INTERRUPTED && w->o.transient)) {
        end_all(w, done ? WR_CLIENT_DONE : WR_CLIENT_INTERRUPTED);
        return false;
    }
    if (st == WEIR_ERR_INTERRUPTED) { /* a wait of the log, by one who wants to leave */
        wr__catch_up_stop_all(w);
        wr__worker_close(w);
    } else
        recover(w, &err);
    return true;
}

static void *worker_thread(void *arg)
{
    wr_worker *w = arg;
    if (w->catch_up.wait_ms)
        wait_ms(w, w->catch_up.wait_ms);
    while (run_once(w))
        ;
    WR_ASSERT(w->members.n == 0);
    wr__catch_up_stop_all(w);
    wr__worker_close(w);
    if (w->catch_up.main) {
        wr__catch_up_ended(w);
        return NULL;
    }
    wr_monitor_lock(w->o.monitor);
    w->members.ended = true;
    w->o.ended(w->o.arg, w);
    wr_monitor_signal(w->o.monitor);
    wr_monitor_unlock(w->o.monitor);
    return NULL;
}

weir_status wr_worker_start(wr_worker *w, weir_error *err)
{
    return wr__worker_spawn(w, worker_thread, err);
}
