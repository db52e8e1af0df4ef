/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SELECT: taking rows out of the queue, and closing.
 *
 * With threads the producer is the query's thread (push_rows.c) or one that reads the table
 * (pull_rows.c). Without, the statement's own thread lets its query work until a row is there.
 *
 * Who owns what: the queue is the statement's, the rows in it have memory of their own, and the row
 * that was handed out last is valid until the next step. Closing first says the producer that
 * nobody takes rows any more, then waits for its end, then frees: in this order, because the
 * producer uses the queue until its end.
 */
#include "runtime/statement/query_rows.h"

/* ---- taking rows ---- */

/* The end of a query of the statement's own: it has failed, or has come to its end. */
static bool query_ended(wr_exec *x, weir_status *st, weir_error *err)
{
    weir_error why;
    if (wr_query_error(x->query, &why)) {
        *st = why.code;
        if (err)
            *err = why;
        return true;
    }
    *st = WEIR_DONE;
    return wr_query_state_of(x->query) == WR_QUERY_STOPPED;
}

/* Whether no more rows will be put, of either kind; `*st` is then what the last step returns. */
static bool ended(wr_exec *x, weir_status *st, weir_error *err)
{
    if (x->query)
        return query_ended(x, st, err);
    if (!wr__row_queue_ended(x->rows->queue, st, err))
        return false;
    *st = *st == WEIR_OK ? WEIR_DONE : *st;
    return true;
}

/* An interrupt ends one step; the next one goes on. Closing ends all of them. */
static weir_status interrupted(wr_exec *x, weir_error *err)
{
    if (atomic_exchange(x->interrupt, false))
        return wr_error(err, WEIR_ERR_INTERRUPTED, "Query terminated");
    if (wr_engine_closing(x->engine))
        return wr_error(err, WEIR_ERR_INTERRUPTED, "The engine is being closed");
    return WEIR_OK;
}

/* Rows that are there come before an interrupt and the end: none is lost by asking. WEIR_OK: there
 * is nothing just now. */
static weir_status look(wr_exec *x, weir_error *err)
{
    weir_status st;
    wr__rows *r = x->rows;
    if (wr__row_queue_take(r->queue, &x->row, &x->tombstone))
        return WEIR_ROW;
    WR_TRY(interrupted(x, err));
    if (!ended(x, &st, err))
        return WEIR_OK;
    /* Rows that came before the end are taken first. */
    return wr__row_queue_take(r->queue, &x->row, &x->tombstone) ? WEIR_ROW : st;
}

static weir_status wait_row(wr_exec *x, int timeout_ms, weir_error *err)
{
    wr__rows *r = x->rows;
    wr_clock *clock = wr_engine_clock(x->engine);
    int64_t until = clock->mono_ns(clock) + (int64_t)timeout_ms * 1000000;
    for (;;) {
        weir_status st = look(x, err);
        if (st != WEIR_OK)
            return st;
        int64_t left =
            timeout_ms < 0 ? WR_WAIT_SLICE_MS : (until - clock->mono_ns(clock)) / 1000000;
        if (left <= 0)
            return wr_error(err, WEIR_ERR_INTERRUPTED, "No row within %d ms", timeout_ms);
        if (wr__row_queue_wait(r->queue, (int)WR_MIN(left, (int64_t)WR_WAIT_SLICE_MS), &x->row,
                               &x->tombstone))
            return WEIR_ROW;
    }
}

/* Without threads: step the query here until a row is there. A query that is fed by hand has
 * nothing to step: what it was fed has run through it already. */
static weir_status step_row(wr_exec *x, int timeout_ms, weir_error *err)
{
    wr__rows *r = x->rows;
    wr_clock *clock = wr_engine_clock(x->engine);
    int64_t until = clock->mono_ns(clock) + (int64_t)timeout_ms * 1000000;
    for (;;) {
        bool progressed, done;
        if (wr__row_queue_take(r->queue, &x->row, &x->tombstone))
            return WEIR_ROW;
        weir_status st = WEIR_DONE;
        if (!x->query) {
            bool over = ended(x, &st, err);
            WR_ASSERT(over); /* it was read as a whole */
            return st;
        }
        if (wr_engine_mode_of(x->engine) == WR_ENGINE_PIPED)
            return WEIR_DONE;
        WR_TRY(interrupted(x, err));
        WR_TRY(wr_query_step(x->query, 10, &progressed, &done, err));
        if (wr__row_queue_take(r->queue, &x->row, &x->tombstone))
            return WEIR_ROW;
        if (done)
            return WEIR_DONE;
        if (timeout_ms >= 0 && clock->mono_ns(clock) > until)
            return wr_error(err, WEIR_ERR_INTERRUPTED, "No row within %d ms", timeout_ms);
    }
}

/* What @p st means for the statement: LIMIT is counted here, for every kind of query, since the
 * queue may hold more; the last step has something to say. */
static weir_status note(wr_exec *x, weir_status st)
{
    WR_ASSERT(st != WEIR_ROW || x->row);
    x->row_host = st == WEIR_ROW ? wr__row_queue_host(x->rows->queue) : NULL;
    if (st == WEIR_ROW && x->left > 0)
        x->left--;
    if (st == WEIR_DONE && (x->kind == WR_EXEC_PUSH || x->query))
        x->message = "Query Completed";
    else if (st == WEIR_DONE)
        wr__say_expired(x);
    return st;
}

/* Asked before each step: the row that reached it has been given. */
static bool limit_reached(wr_exec *x)
{
    if (x->left == 0)
        x->message = "Limit Reached";
    return x->left == 0;
}

static weir_status step(wr_exec *x, int timeout_ms, weir_error *err)
{
    if (limit_reached(x))
        return WEIR_DONE;
    /* Reading a table is work, not waiting: there is no time-out, only an interrupt. */
    if (!x->query)
        timeout_ms = -1;
    return note(x, wr_engine_mode_of(x->engine) == WR_ENGINE_THREADED
                       ? wait_row(x, timeout_ms, err)
                       : step_row(x, timeout_ms, err));
}

/* Kept until the rows are made, which is when the statement is executed. */
void wr_exec_on_rows(wr_exec *x, void (*wake)(void *arg), void *arg)
{
    WR_ASSERT(wake && !x->wake);
    WR_ASSERT(!x->executed && wr_engine_mode_of(x->engine) == WR_ENGINE_THREADED);
    WR_ASSERT(x->kind == WR_EXEC_PUSH || x->kind == WR_EXEC_PULL);
    x->wake = wake;
    x->wake_arg = arg;
}

/* As a step, but for waiting; a failure has its place in the text. */
weir_status wr_exec_take(wr_exec *x, weir_error *err)
{
    WR_ASSERT(x->executed && x->wake && x->rows);
    x->row = NULL;
    x->tombstone = false;
    if (x->done || limit_reached(x)) {
        x->done = true;
        return WEIR_DONE;
    }
    weir_status st = note(x, look(x, err));
    if (st == WEIR_DONE)
        x->done = true;
    else if (st != WEIR_ROW && st != WEIR_OK)
        wr_error_locate(err, x->text, strlen(x->text));
    return st;
}

/* ---- closing ---- */

/* Producers first: after their end nobody else touches the queue. */
static void close_rows(wr_exec *x)
{
    wr__rows *r = x->rows;
    WR_ASSERT(r || !x->query);
    if (!r)
        return;
    wr__row_queue_close(r->queue); /* a producer that waits for room gives up */
    wr_query_free(x->query, false);
    WR_ASSERT(!r->counted || !r->pull); /* only push queries are */
    if (r->counted)
        wr_engine_leave_push(r->engine);
    wr__end_pull(r);
    wr__row_queue_free(r->queue);
    wr_pull_free(r->pull);
    wr_free(r);
    x->query = NULL;
    x->rows = NULL;
    x->row = NULL;
}

const wr__statement_class wr__push_class = {WR_EXEC_PUSH, wr__open_push, step, close_rows};
const wr__statement_class wr__pull_class = {WR_EXEC_PULL, wr__open_pull, step, close_rows};
