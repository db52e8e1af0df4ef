/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker is opened: the writer, the consumer, and then, when partitions are assigned, the
 * clients. Partitions come and go as requests of the reader (wr_log_reader_rebalance); nothing
 * happens inside a callback of the log. Giving up partitions: a last commit, then clients close,
 * then the reader may let them go. Where they are lost already nothing can be committed, and what
 * was written since the last commit must not come with the next one: somebody else writes it by
 * now.
 */
#include "common/fault.h"
#include "runtime/worker/worker_internal.h"

/* ---- partitions ---- */

/* A transaction cannot go on without what is in it: then the writer has failed, and the worker with
 * it, which begins again from what is committed. */
static weir_status forget_written(wr_worker *w, weir_error *err)
{
    weir_error why;
    WR_TRY(wr_log_writer_abort(w->commit.writer, NULL, err));
    if (!wr_log_writer_failed(w->commit.writer, &why))
        return WEIR_OK;
    *err = why;
    return why.code;
}

static weir_status give_up(wr_worker *w, bool lost, weir_error *err)
{
    weir_status st = WEIR_OK;
    WR_ASSERT(!w->catch_up.main); /* it gives nothing up by itself */
    wr__catch_up_stop_all(w);
    if (!lost)
        st = wr__worker_commit_all(w, err);
    if (st == WEIR_OK)
        st = wr_fault(WR_FAULT_REVOKE_COMMITTED, err);
    for (size_t i = 0; i < w->members.n; i++)
        if (w->members.clients[i]->cls->close)
            w->members.clients[i]->cls->close(w->members.clients[i]);
    if (st == WEIR_OK)
        st = wr_fault(WR_FAULT_REVOKE_CLOSED, err);
    w->restoring = false;
    wr__consumer_unassign(&w->consumer);
    w->commit.dirty = false;
    weir_error ignored; /* the commit's failure is what counts */
    weir_status answered =
        wr_log_reader_assign(w->consumer.reader, NULL, 0, st == WEIR_OK ? err : &ignored);
    if (st != WEIR_OK || answered != WEIR_OK)
        return st == WEIR_OK ? answered : st;
    return lost ? forget_written(w, err) : WEIR_OK;
}

weir_status wr__worker_rebalance(wr_worker *w, weir_error *err)
{
    const wr_log_rebalance *r;
    if (w->catch_up.main) /* it has what its main worker has */
        return w->consumer.assigned ? WEIR_OK : wr__worker_assign_as_main(w, err);
    while ((r = wr_log_reader_rebalance(w->consumer.reader))) {
        wr__standby_later(w);
        if (r->kind != WR_REBALANCE_ASSIGN)
            WR_TRY(give_up(w, r->kind == WR_REBALANCE_LOST, err));
        else if (r->n == 0) { /* more processes than partitions: nothing to do for now */
            atomic_store(&w->consumer.given_none, true);
            WR_TRY(wr_log_reader_assign(w->consumer.reader, NULL, 0, err));
        } else
            WR_TRY(wr__worker_assign(w, r->parts, r->n, err));
    }
    return WEIR_OK;
}

/* ---- opening ---- */

/* Those who are piped to need no reader and no assignment: they have everything. */
static weir_status open_piped(wr_worker *w, weir_error *err)
{
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        wr_worker_assignment a = {.exchange = w->o.exchange == WR_EXCHANGE_ALWAYS,
                                  .writer = w->commit.writer,
                                  .slots = w->slots,
                                  .slots_n = w->o.slots,
                                  .batch_rows = w->o.batch_rows};
        if (c->cls->open)
            WR_TRY(c->cls->open(c, &a, err));
    }
    return WEIR_OK;
}

weir_status wr_worker_open(wr_worker *w, weir_error *err)
{
    WR_ASSERT(!w->commit.writer && w->members.n > 0);
    /* Before offsets are read: a transactional one ends what was left open, so that they are
     * decided. */
    weir_status st = w->commit.exactly_once
                         ? wr_log_writer_new_transactional(
                               w->o.log, &w->settings, &w->members.cancel, &w->commit.writer, err)
                         : wr_log_writer_new(w->o.log, &w->settings, &w->commit.writer, err);
    if (st == WEIR_OK)
        wr_log_writer_cancel_on(w->commit.writer, &w->members.cancel);
    if (st == WEIR_OK)
        st = wr_fault(WR_FAULT_OPEN_WRITER, err);
    if (st == WEIR_OK && w->o.piped)
        st = open_piped(w, err);
    else if (st == WEIR_OK)
        st = wr__consumer_open(&w->consumer, w->catch_up.main == NULL, err);
    if (st == WEIR_OK)
        st = wr_fault(WR_FAULT_OPEN_READER, err);
    /* Where nobody shares the partitions they are here at once, and whoever opens hears of it. */
    if (st == WEIR_OK && !w->o.piped)
        st = wr__worker_rebalance(w, err);
    if (st != WEIR_OK)
        wr__worker_close(w);
    return st;
}

weir_status wr_worker_restart(wr_worker *w, weir_error *err)
{
    WR_ASSERT(!w->members.runs && !w->o.transient);
    wr__worker_close(w);
    return wr_worker_open(w, err);
}
