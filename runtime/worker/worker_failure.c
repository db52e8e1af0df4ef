/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failures of clients. A client that fails goes alone: it is closed, what it has produced since the
 * last commit is dropped where the log can do that, and it tries again in a worker of its own, from
 * what is committed, after a while; or, where trying again is no use, it has failed for good. Its
 * neighbours have processed the same records without it and go on; exactly-once on Kafka they do so
 * from the last commit, since all of a worker write in one transaction.
 */
#include "runtime/worker/worker_internal.h"
#include "common/diag.h"

#define RETRIES_MAX 5

void wr__client_fail(wr_worker_client *c, const weir_error *err)
{
    WR_ASSERT(err->code != WEIR_OK);
    /* Read after the round's end only, so the one who sets the flag may fill in the rest. */
    if (!atomic_exchange(&c->failed, true))
        c->failure = *err;
}

bool wr__failure_is_workers(const wr_worker *w)
{
    return wr_log_writer_failed(w->commit.writer, NULL);
}

/* A broker that is away comes back some day, and a full disk has room again; a store that cannot be
 * written for another reason needs somebody to look. */
bool wr__failure_may_pass(const weir_error *err, int failures)
{
    if (!(err->flags & WEIR_ERROR_RETRIABLE))
        return false;
    return err->code == WEIR_ERR_LOG || err->flags & WEIR_ERROR_NO_ROOM || failures < RETRIES_MAX;
}

int64_t wr__failure_backoff_ms(const wr_settings *settings, int failures)
{
    int64_t first = wr_settings_int(settings, "ksql.query.retry.backoff.initial.ms", 200);
    int64_t most = wr_settings_int(settings, "ksql.query.retry.backoff.max.ms", 10000);
    WR_ASSERT(failures >= 0 && first > 0 && most > 0); /* both are at most a year */
    return WR_MIN(first << WR_MIN(failures, 10), most);
}

static void isolate(wr_worker *w, wr_worker_client *c)
{
    weir_error err = c->failure, ignored;
    atomic_store(&c->failed, false);
    if (c->cls->close)
        c->cls->close(c);
    if (wr_log_writer_abort(w->commit.writer, &c->owner, &ignored) != WEIR_OK)
        wr_diag_put(WR_DIAG_WARN, "worker", "%s: abort: %s", c->name, ignored.message);
    wr_log_owner_reset(&c->owner);
    if (!wr__failure_may_pass(&err, c->failures)) {
        wr__members_remove(w, c, NULL, WR_CLIENT_FAILED, &err);
        return;
    }
    if (c->cls->retried)
        c->cls->retried(c, &err);
    c->wait_ms = wr__failure_backoff_ms(&w->settings, c->failures++);
    wr_diag_put(WR_DIAG_WARN, "worker", "%s: %s; reading alone, trying again in %lld ms", c->name,
                err.message, (long long)c->wait_ms);
    wr__members_remove(w, c, wr__members_main(w), WR_CLIENT_FAILED, &err);
}

weir_status wr__worker_sort_out(wr_worker *w, weir_error *err)
{
    size_t failed = 0;
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        if (!atomic_load(&c->failed))
            continue;
        if (failed++ == 0)
            *err = c->failure;
    }
    if (failed == 0)
        return WEIR_OK;
    WR_ASSERT(err->code != WEIR_OK);
    if (failed == w->members.n || !w->o.threaded)
        return err->code;
    for (size_t i = w->members.n; i-- > 0;)
        if (atomic_load(&w->members.clients[i]->failed))
            isolate(w, w->members.clients[i]);
    /* What they had in a transaction cannot be taken out of it: it fails for all. */
    return wr_log_writer_failed(w->commit.writer, err) ? err->code : WEIR_OK;
}

void wr__worker_move_out_refused(wr_worker *w)
{
    size_t refused = 0;
    for (size_t i = 0; i < w->members.n; i++)
        refused += wr_log_owner_failed(&w->members.clients[i]->owner, NULL);
    if (!w->commit.exactly_once || !w->commit.writer || refused == 0 || refused == w->members.n)
        return;
    for (size_t i = w->members.n; i-- > 0;) {
        wr_worker_client *c = w->members.clients[i];
        weir_error own;
        if (!wr_log_owner_failed(&c->owner, &own))
            continue;
        wr__client_fail(c, &own);
        isolate(w, c);
    }
}
