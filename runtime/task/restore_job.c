/* SPDX-License-Identifier: Apache-2.0 */
/* A job of restoring: a store of its own on the rows of one partition, and what is counted. */
#include "common/fault.h"
#include "runtime/task/restore_internal.h"
#include "statestore/store.h"

bool wr__restore_is_standby(const wr_restore_job *job)
{
    return job->to == WR_RESTORE_FOLLOW;
}

/* ---- counting ---- */

/* How far it is behind, as the counters have it. */
static void set_behind(wr_restore_job *job, int64_t behind)
{
    wr_restore_counters *c = job->of.counters;
    _Atomic int64_t *sum = wr__restore_is_standby(job) ? &c->standby_left : &c->left;
    atomic_fetch_add(sum, behind - job->behind);
    WR_ASSERT(behind >= 0 && job->behind >= 0);
    job->behind = behind;
}

static void count_begin(wr_restore_job *job)
{
    wr_restore_counters *c = job->of.counters;
    if (wr__restore_is_standby(job)) {
        atomic_fetch_add(&c->standbys, 1);
        return;
    }
    set_behind(job, job->to - job->from);
    atomic_fetch_add(&c->total, job->behind);
}

static void count_end(wr_restore_job *job)
{
    wr_restore_counters *c = job->of.counters;
    set_behind(job, 0);
    if (wr__restore_is_standby(job))
        atomic_fetch_sub(&c->standbys, 1);
}

static void count_batch(wr_restore_job *job, const wr_log_batch *in, int64_t ns)
{
    wr_restore_counters *c = job->of.counters;
    atomic_store(&job->at, in->next_offset);
    if (wr__restore_is_standby(job)) {
        atomic_fetch_add(&c->standby_in, in->n);
        wr__restore_heard_of(job, job->known_end);
        return;
    }
    atomic_fetch_add(&c->records, in->n);
    atomic_fetch_add(&c->ns, (uint64_t)ns);
    set_behind(job, WR_MAX(job->to - in->next_offset, 0));
}

void wr__restore_heard_of(wr_restore_job *job, int64_t end)
{
    WR_ASSERT(wr__restore_is_standby(job));
    job->known_end = end;
    set_behind(job, WR_MAX(end - atomic_load(&job->at), 0));
}

/* ---- life ---- */

weir_status wr__restore_job_new(wr_restore_pool *p, wr_db *db, const wr_restore_store *of,
                                int64_t from, int64_t to, wr_restore_job **out, weir_error *err)
{
    WR_ASSERT(from >= 0 && from < to && of->counters && of->plan->meaning);
    wr_store_options options = {.store_id = of->store_id, .partition = (uint32_t)of->partition};
    wr_store *store;
    WR_TRY(wr_store_spec_open(db, &of->plan->spec, &options, &store, err));
    wr_restore_job *job = wr_calloc(1, sizeof *job);
    job->of = *of;
    job->of.name = wr_strdup(of->name);
    job->of.changelog = wr_strdup(of->changelog);
    job->pool = p;
    job->from = from;
    job->to = to;
    job->store = store;
    job->meaning_kept = of->meaning_kept;
    atomic_store(&job->at, from);
    count_begin(job);
    *out = job;
    return WEIR_OK;
}

void wr__restore_job_free(wr_restore_job *job)
{
    WR_ASSERT(!job->busy && job->store);
    count_end(job);
    WR_ASSERT(job->behind == 0);
    wr_store_close(job->store);
    wr_free((void *)job->of.name);
    wr_free((void *)job->of.changelog);
    wr_free(job);
}

/* ---- applying ---- */

static weir_status put_rows(wr_restore_job *job, wr_db_batch *b, const wr_log_batch *in,
                            weir_error *err)
{
    for (uint32_t i = 0; i < in->n; i++) {
        const wr_record *r = &in->records[i];
        WR_TRY(wr_store_restore(job->store, b, r->key, r->value.ptr ? &r->value : NULL, err));
    }
    WR_TRY(wr_store_commit_into(job->store, b, err));
    if (!job->meaning_kept)
        WR_TRY(wr_db_batch_store_meaning_put(b, wr_str_c(job->of.name),
                                             wr_str_c(job->of.plan->meaning), err));
    wr__position_put(b, job->of.changelog, job->of.partition, in->next_offset);
    return WEIR_OK;
}

weir_status wr__restore_apply(wr_restore_job *job, wr_db *db, wr_clock *clock, wr_db_batch *b,
                              const wr_log_batch *in, weir_error *err)
{
    WR_ASSERT(job->busy && job->store && wr_db_batch_empty(b));
    WR_ASSERT(in->partition == job->of.partition && in->next_offset > atomic_load(&job->at));
    int64_t since = clock->mono_ns(clock);
    weir_status st = put_rows(job, b, in, err);
    if (st == WEIR_OK)
        st = wr_db_write(db, b, err);
    else
        wr_db_batch_clear(b);
    WR_TRY(st);
    int64_t now = clock->mono_ns(clock);
    job->meaning_kept = true;
    job->quiet_since_ns = now;
    count_batch(job, in, now - since);
    return wr_fault(WR_FAULT_RESTORE_BATCH, err);
}
