/* SPDX-License-Identifier: Apache-2.0 */
/* A job of restoring: a store of its own on the rows of one partition, and what is counted. */
#include "common/fault.h"
#include "runtime/task/restore_internal.h"
#include "statestore/store.h"

#define LARGE_WRITE ((size_t)2 << 20)
#define ROW_BYTES   80  /* that a row costs in memory beside its own */
#define AHEAD       16u /* records */
#define CACHE_BYTES 1   /* rows that are written are nobody's: all go */

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

static void count_batch(wr_restore_job *job, const wr_log_batch *in)
{
    wr_restore_counters *c = job->of.counters;
    if (wr__restore_is_standby(job)) {
        atomic_fetch_add(&c->standby_in, in->n);
        wr__restore_heard_of(job, job->known_end);
        return;
    }
    atomic_fetch_add(&c->records, in->n);
    set_behind(job, WR_MAX(job->to - job->read, 0));
}

void wr__restore_heard_of(wr_restore_job *job, int64_t end)
{
    WR_ASSERT(wr__restore_is_standby(job));
    job->known_end = end;
    set_behind(job, WR_MAX(end - job->read, 0));
    wr_held_follow(job->of.held, atomic_load(&job->written), end);
}

/* ---- life ---- */

weir_status wr__restore_job_new(wr_restore_pool *p, wr_db *db, const wr_restore_store *of,
                                int64_t from, int64_t to, wr_restore_job **out, weir_error *err)
{
    WR_ASSERT(from >= 0 && from < to && of->counters && of->plan->meaning);
    wr_store_options options = {
        .store_id = of->store_id, .partition = (uint32_t)of->partition, .overlay_max = CACHE_BYTES};
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
    job->read = from;
    atomic_store(&job->written, from);
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

/* ---- applying, writing ---- */

weir_status wr__restore_apply(wr_restore_job *job, wr_clock *clock, const wr_log_batch *in,
                              weir_error *err)
{
    WR_ASSERT(job->busy && in->partition == job->of.partition && in->next_offset > job->read);
    int64_t since = clock->mono_ns(clock);
    for (uint32_t i = 0; i < in->n; i++) {
        const wr_record *r = &in->records[i];
        if (i + AHEAD < in->n)
            wr_store_restore_soon(job->store, r[AHEAD].key);
        WR_TRY(wr_store_restore(job->store, r->key, r->value.ptr ? &r->value : NULL, err));
        job->pending += r->key.len + r->value.len + ROW_BYTES;
    }
    int64_t now = clock->mono_ns(clock);
    job->read = in->next_offset;
    job->quiet_since_ns = now;
    atomic_fetch_add(&job->of.counters->ns, (uint64_t)(now - since));
    count_batch(job, in);
    return WEIR_OK;
}

bool wr__restore_can_set_aside(const wr_restore_job *job)
{
    return !wr__restore_is_standby(job) && wr_store_can_set_aside(job->store);
}

weir_status wr__restore_set_aside(wr_restore_job *job, wr_clock *clock, weir_error *err)
{
    WR_ASSERT(job->busy && wr__restore_can_set_aside(job));
    int64_t since = clock->mono_ns(clock);
    WR_TRY(wr_store_set_aside(job->store, err));
    job->aside = true;
    job->pending = 0;
    atomic_fetch_add(&job->of.counters->ns, (uint64_t)(clock->mono_ns(clock) - since));
    return WEIR_OK;
}

/* Rows first, then in one batch what makes them count. Many rows are on disk at once, as files, and
 * the position is not (there is no WAL): hence the flush, or a kill would go back further. */
weir_status wr__restore_write(wr_restore_job *job, wr_db *db, wr_clock *clock, weir_error *err)
{
    WR_ASSERT(job->busy && job->read >= atomic_load(&job->written));
    int64_t since = job->wrote_ns = clock->mono_ns(clock);
    bool large = job->aside || job->pending > LARGE_WRITE;
    WR_TRY(wr_store_write_rows(job->store, err));
    wr_db_batch *b = wr_db_batch_new(db);
    weir_status st = wr_store_write_into(job->store, b, err);
    if (st == WEIR_OK && !job->meaning_kept)
        st = wr_db_batch_store_meaning_put(b, wr_str_c(job->of.name),
                                           wr_str_c(job->of.plan->meaning), err);
    wr__position_put(b, job->of.changelog, job->of.partition, job->read);
    if (st == WEIR_OK)
        st = wr_db_write(db, b, err);
    wr_db_batch_free(b);
    if (st == WEIR_OK && large)
        st = wr_db_flush(db, err);
    WR_TRY(st);
    atomic_store(&job->written, job->read);
    if (wr__restore_is_standby(job))
        wr_held_follow(job->of.held, job->read, WR_MAX(job->known_end, job->read));
    job->meaning_kept = true;
    job->aside = false;
    job->pending = 0;
    atomic_fetch_add(&job->of.counters->ns, (uint64_t)(clock->mono_ns(clock) - since));
    return wr_fault(WR_FAULT_RESTORE_BATCH, err);
}
