/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The threads that restore. Each has the jobs that it was given, and one reader for the partitions
 * of all of them: many partitions in one fetch are what makes reading fast, and a reader for each
 * store would be hundreds of connections.
 *
 *   look    what has come or gone? then the reader gets the partitions anew, from their positions
 *   poll    a batch of one partition, without the lock
 *   apply   it, without the lock; `busy` keeps the job from being ended meanwhile
 *   write   what was read: of each job when it is done, so that its rows go in once and in order;
 *           of all of them now and then, so that a kill does not cost the whole of a long restore.
 *           When much waits in memory before that, it is set aside in files
 *
 * A partition that is done is paused at once: its task now writes to it, and what it writes need
 * not be read.
 *
 * A failure of the reader concerns all its partitions, unless some lie outside of their topics
 * now: then it is theirs, and the others go on.
 *
 * One lock for all of the pool, held for no longer than a look at lists.
 */
#include "runtime/log/log_topics.h"
#include "runtime/task/restore_internal.h"
#include "common/diag.h"

#include <time.h>

#define BATCH_RECORDS   10000u
#define POLL_MS         100
#define STEPPED_POLL_MS 10
#define SILENT_MS       60000
#define READER_IDLE_S   10
#define FETCH_WAIT_MS   "10"
#define QUEUED_MESSAGES "50000"
#define PENDING_MAX     ((size_t)32 << 20)
#define ASIDE_SHARE     16 /* of what waits in memory, from which on a job's is set aside */
#define SECOND_NS       INT64_C(1000000000)
#define WRITE_EVERY_NS  (15 * SECOND_NS)
#define FOLLOW_EVERY_NS (5 * SECOND_NS)

struct wr__restorer {
    wr_restore_pool *pool;
    pthread_t thread;
    bool runs;    /* has a thread */
    bool follows; /* standbys, which wait at the end of their changelogs most of the time */
    /* Under the lock. */
    wr_restore_job **jobs; /* that are not DONE or FAILED */
    size_t n;
    bool changed;             /* jobs have come or gone since the last assignment */
    wr_restore_job **reading; /* by assignment; NULL: has ended */
    uint32_t reading_n;
    wr_log_reader *reader; /* the pointer; all else is the restorer's thread's */
    /* The thread's. */
    wr_topic_part *parts; /* of the assignment; the reader borrows their names, copies of ours */
    uint32_t parts_n;
};

struct wr_restore_pool {
    wr_restore_options o;
    wr_settings settings, follow_settings; /* of the readers */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    wr__restorer *restorers; /* the last one is that of standbys */
    uint32_t n;
    bool closing;
};

/* ---- settings of the readers ---- */

static void put_default(wr_settings *s, const char *name, const char *value)
{
    if (!wr_settings_get(s, name))
        wr_settings_put(s, name, value);
}

/* A restore is all throughput, so more is fetched ahead than by a query. Its last offset may be a
 * transaction's marker: nothing comes of it but the next answer, and that must not wait for more.
 * Who follows waits at the end all day, and need not ask a hundred times a second. */
static void init_settings(wr_restore_pool *p, const wr_settings *from)
{
    wr_settings_init(&p->follow_settings, NULL);
    wr_settings_copy(&p->follow_settings, from);
    put_default(&p->follow_settings, "restore.consumer.queued.min.messages", QUEUED_MESSAGES);
    wr_settings_put(&p->follow_settings, "restore.consumer.isolation.level", "read_committed");
    wr_settings_init(&p->settings, NULL);
    wr_settings_copy(&p->settings, &p->follow_settings);
    put_default(&p->settings, "restore.consumer.fetch.wait.max.ms", FETCH_WAIT_MS);
}

/* ---- jobs of a restorer, with the lock held ---- */

static void take_out(wr__restorer *r, const wr_restore_job *job)
{
    WR_ASSERT(job->by == r && !job->busy); /* nobody is working on it */
    for (size_t i = 0; i < r->n; i++) {
        if (r->jobs[i] != job)
            continue;
        r->jobs[i] = r->jobs[--r->n];
        break;
    }
    for (uint32_t i = 0; i < r->reading_n; i++)
        if (r->reading[i] == job)
            r->reading[i] = NULL;
}

static void fail(wr__restorer *r, wr_restore_job *job, const weir_error *err)
{
    WR_ASSERT(err->code != WEIR_OK && job->by == r);
    job->state = WR__RESTORE_FAILED;
    job->error = *err;
    take_out(r, job);
    r->changed = true;
    pthread_cond_broadcast(&r->pool->changed);
}

static void fail_all(wr__restorer *r, const weir_error *err)
{
    while (r->n)
        fail(r, r->jobs[0], err);
}

/* ---- the reader ---- */

static void set_reader(wr__restorer *r, wr_log_reader *reader)
{
    pthread_mutex_lock(&r->pool->lock);
    r->reader = reader;
    pthread_mutex_unlock(&r->pool->lock);
}

static void close_reader(wr__restorer *r)
{
    wr_log_reader *reader = r->reader;
    set_reader(r, NULL);
    wr_log_reader_close(reader);
}

static void free_parts(wr_topic_part *parts, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        wr_free((void *)parts[i].topic);
    wr_free(parts);
}

/* What is to be read now, into `reading`, with the lock held. Names are copies: a job may end
 * before the reader lets go of its partition. */
static wr_topic_part *list_parts(wr__restorer *r, uint32_t *n)
{
    const wr_restore_pool *p = r->pool;
    wr_topic_part *parts = wr_calloc(r->n + 1, sizeof *parts);
    r->reading = wr_realloc((void *)r->reading, (r->n + 1) * sizeof(wr_restore_job *));
    r->reading_n = *n = (uint32_t)r->n;
    r->changed = false;
    for (uint32_t i = 0; i < *n; i++) {
        wr_restore_job *job = r->jobs[i];
        r->reading[i] = job;
        parts[i] = (wr_topic_part){wr_strdup(job->of.changelog), job->of.partition, job->read};
        if (job->state == WR__RESTORE_WAITING)
            job->wrote_ns = job->quiet_since_ns = p->o.clock->mono_ns(p->o.clock);
        job->state = WR__RESTORE_RUNNING;
    }
    return parts;
}

static weir_status assign(wr__restorer *r, weir_error *err)
{
    wr_restore_pool *p = r->pool;
    uint32_t n;
    pthread_mutex_lock(&p->lock);
    wr_topic_part *parts = list_parts(r, &n);
    pthread_mutex_unlock(&p->lock);
    weir_status st = WEIR_OK;
    if (n && !r->reader) {
        wr_log_reader *made;
        st = wr_log_reader_new(p->o.log, NULL, r->follows ? &p->follow_settings : &p->settings,
                               &made, err);
        if (st == WEIR_OK)
            set_reader(r, made);
    }
    if (st == WEIR_OK && r->reader)
        st = wr_log_reader_assign(r->reader, parts, n, err);
    free_parts(r->parts, r->parts_n);
    r->parts = parts;
    r->parts_n = n;
    return st;
}

/* ---- a look, a poll, a batch ---- */

/* With the lock held. The job is whole until `busy` is taken back. */
static wr_restore_job *take_job(wr__restorer *r, const wr_log_batch *in)
{
    WR_ASSERT(in->assignment < r->parts_n);
    WR_ASSERT(r->reading_n == r->parts_n);
    wr_restore_job *job = r->reading[in->assignment];
    WR_ASSERT(!job || (job->by == r && !job->busy && job->state == WR__RESTORE_RUNNING));
    if (job)
        job->busy = true;
    return job;
}

/* What was done with @p job has ended. */
static void give_back(wr__restorer *r, wr_restore_job *job, const weir_error *failure, bool *done)
{
    wr_restore_pool *p = r->pool;
    pthread_mutex_lock(&p->lock);
    WR_ASSERT(job->busy && job->by == r);
    job->busy = false;
    *done = !failure && wr_restore_position(job) >= job->to;
    if (failure)
        fail(r, job, failure);
    else if (*done) {
        job->state = WR__RESTORE_DONE;
        take_out(r, job);
    }
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

static weir_status apply(wr__restorer *r, const wr_log_batch *in, weir_error *err)
{
    wr_restore_pool *p = r->pool;
    weir_error failure;
    bool done;
    WR_ASSERT(in->partition == r->parts[in->assignment].partition);
    pthread_mutex_lock(&p->lock);
    wr_restore_job *job = take_job(r, in);
    pthread_mutex_unlock(&p->lock);
    if (!job)
        return WEIR_OK;
    if (wr__restore_is_standby(job))
        wr__restore_heard_of(job, wr_log_reader_known_end(r->reader, in->assignment));
    weir_status st = wr__restore_apply(job, p->o.clock, in, &failure);
    if (st == WEIR_OK && job->read >= job->to)
        st = wr__restore_write(job, p->o.db, p->o.clock, &failure);
    give_back(r, job, st == WEIR_OK ? NULL : &failure, &done);
    return done ? wr_log_reader_pause(r->reader, in->assignment, true, err) : WEIR_OK;
}

/* ---- writing what was read ---- */

/* What of a restorer's jobs is to be written now, or to leave memory. */
typedef struct due {
    int64_t now, every; /* who was written last so long ago, is written */
    bool full;          /* and if there is too much in memory, all of it leaves */
} due;

static bool is_due(const wr_restore_job *job, const due *d)
{
    return job->read > wr_restore_position(job) && d->now - job->wrote_ns >= d->every;
}

/* The next job that has something to write; it is busy then. */
static wr_restore_job *take_pending(wr__restorer *r, const due *d)
{
    wr_restore_job *found = NULL;
    pthread_mutex_lock(&r->pool->lock);
    for (size_t i = 0; i < r->n && !found; i++)
        if (is_due(r->jobs[i], d) || (d->full && r->jobs[i]->pending))
            found = r->jobs[i];
    if (found)
        found->busy = true;
    pthread_mutex_unlock(&r->pool->lock);
    return found;
}

static size_t pending_bytes(wr__restorer *r)
{
    size_t bytes = 0;
    pthread_mutex_lock(&r->pool->lock);
    for (size_t i = 0; i < r->n; i++)
        bytes += r->jobs[i]->pending;
    pthread_mutex_unlock(&r->pool->lock);
    return bytes;
}

/* A standby has little, and others look at it. A restore that waits for a moment goes on soon. */
static int64_t write_every(const wr__restorer *r, bool idle)
{
    if (r->follows)
        return idle ? 0 : FOLLOW_EVERY_NS;
    return idle ? SECOND_NS : WRITE_EVERY_NS;
}

/* Many rows of a job of which more are to come leave memory only; others go into the database. */
static void write_pending(wr__restorer *r, bool idle)
{
    wr_restore_pool *p = r->pool;
    size_t max = p->o.pending_max ? p->o.pending_max : PENDING_MAX;
    const due d = {p->o.clock->mono_ns(p->o.clock), write_every(r, idle), pending_bytes(r) >= max};
    for (wr_restore_job *job; (job = take_pending(r, &d));) {
        weir_error failure;
        bool done;
        bool aside =
            !is_due(job, &d) && job->pending >= max / ASIDE_SHARE && wr__restore_can_set_aside(job);
        weir_status st = aside ? wr__restore_set_aside(job, p->o.clock, &failure)
                               : wr__restore_write(job, p->o.db, p->o.clock, &failure);
        give_back(r, job, st == WEIR_OK ? NULL : &failure, &done);
        WR_ASSERT(!done); /* apply writes the last rows of a job itself */
    }
}

/* Nothing has come at all. Who has had nothing for long is not waiting for its turn, and who is not
 * being read yet, since it came in the middle of a poll, has no such time. */
static void look_for_silence(wr__restorer *r)
{
    wr_restore_pool *p = r->pool;
    int64_t now = p->o.clock->mono_ns(p->o.clock);
    pthread_mutex_lock(&p->lock);
    for (size_t i = r->n; i-- > 0;) {
        wr_restore_job *job = r->jobs[i];
        if (job->state == WR__RESTORE_WAITING || wr__restore_is_standby(job) ||
            now - job->quiet_since_ns < SILENT_MS * INT64_C(1000000))
            continue;
        weir_error err;
        (void)wr_error(&err, WEIR_ERR_LOG,
                       "Restoring %s of query %s: no records at offset %lld of %s for %d s",
                       job->of.plan->name, job->of.query, (long long)job->read, job->of.changelog,
                       SILENT_MS / 1000);
        err.flags |= WEIR_ERROR_RETRIABLE; /* a transaction that is open may end yet */
        fail(r, job, &err);
    }
    pthread_mutex_unlock(&p->lock);
}

/* A position before the start, or after the end: retention, or another topic of the same name. */
static weir_status find_guilty(wr__restorer *r, const weir_error *err, bool *found)
{
    wr_restore_pool *p = r->pool;
    int64_t *low = wr_calloc(r->parts_n + 1, sizeof *low);
    int64_t *high = wr_calloc(r->parts_n + 1, sizeof *high);
    weir_error ignored;
    weir_status st = wr_topic_ends(p->o.log, r->parts, r->parts_n, low, high, &ignored);
    pthread_mutex_lock(&p->lock);
    for (uint32_t i = 0; st == WEIR_OK && i < r->reading_n; i++) {
        wr_restore_job *job = r->reading[i];
        int64_t at = job ? job->read : 0;
        if (!job || (at >= low[i] && at <= high[i]))
            continue;
        *found = true;
        fail(r, job, err);
    }
    pthread_mutex_unlock(&p->lock);
    wr_free(low);
    wr_free(high);
    return st;
}

static void reader_failed(wr__restorer *r, const weir_error *err)
{
    bool found = false;
    wr_diag_put(WR_DIAG_WARN, "restore", "%s", err->message);
    if (find_guilty(r, err, &found) == WEIR_OK && found)
        return;
    pthread_mutex_lock(&r->pool->lock);
    fail_all(r, err);
    pthread_mutex_unlock(&r->pool->lock);
    close_reader(r); /* whoever tries again gets a new one */
}

/* @pre there are jobs, or a reader. */
static void work(wr__restorer *r, int timeout_ms)
{
    wr_restore_pool *p = r->pool;
    weir_error err;
    wr_log_batch *in = NULL;
    pthread_mutex_lock(&p->lock);
    bool changed = r->changed;
    pthread_mutex_unlock(&p->lock);
    weir_status st = changed ? assign(r, &err) : WEIR_OK;
    if (st == WEIR_OK && !r->reader)
        return; /* the only job has ended before it began */
    if (st == WEIR_OK)
        st = wr_log_reader_poll(r->reader, BATCH_RECORDS, timeout_ms, &in, &err);
    if (st == WEIR_OK && in) {
        st = apply(r, in, &err);
        wr_log_reader_release(r->reader, in);
    } else if (st == WEIR_OK) {
        look_for_silence(r);
    }
    write_pending(r, st == WEIR_OK && !in);
    if (st != WEIR_OK)
        reader_failed(r, &err);
}

/* ---- threads ---- */

/* With the lock held: until there is a job, or the pool closes. A reader that nobody needs is
 * closed after a while, not at once: jobs come one after the other. */
static void wait_for_jobs(wr__restorer *r)
{
    wr_restore_pool *p = r->pool;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += READER_IDLE_S;
    if (!r->reader)
        pthread_cond_wait(&p->changed, &p->lock);
    else if (pthread_cond_timedwait(&p->changed, &p->lock, &until) != 0 && r->n == 0) {
        pthread_mutex_unlock(&p->lock);
        close_reader(r);
        pthread_mutex_lock(&p->lock);
    }
}

static void *restorer_thread(void *arg)
{
    wr__restorer *r = arg;
    wr_restore_pool *p = r->pool;
    pthread_mutex_lock(&p->lock);
    while (!p->closing) {
        if (r->n == 0 && !(r->changed && r->reader)) {
            wait_for_jobs(r);
            continue;
        }
        pthread_mutex_unlock(&p->lock);
        work(r, POLL_MS);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

wr_restore_pool *wr_restore_pool_new(const wr_restore_options *o)
{
    WR_ASSERT(o->log && o->db && o->clock);
    wr_restore_pool *p = wr_calloc(1, sizeof *p);
    pthread_condattr_t attr;
    p->o = *o;
    init_settings(p, o->settings);
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&p->changed, &attr);
    pthread_condattr_destroy(&attr);
    p->n = WR_MAX(o->threads, 1u) + 1;
    p->restorers = wr_calloc(p->n, sizeof *p->restorers);
    for (uint32_t i = 0; i < p->n; i++)
        p->restorers[i] = (wr__restorer){.pool = p, .follows = i == p->n - 1};
    return p;
}

void wr_restore_pool_free(wr_restore_pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    for (uint32_t i = 0; i < p->n; i++) {
        wr__restorer *r = &p->restorers[i];
        WR_ASSERT(r->n == 0); /* those who began jobs have ended them */
        if (r->runs)
            pthread_join(r->thread, NULL);
        close_reader(r);
        free_parts(r->parts, r->parts_n);
        wr_free((void *)r->jobs);
        wr_free((void *)r->reading);
    }
    wr_free(p->restorers);
    wr_settings_free(&p->settings);
    wr_settings_free(&p->follow_settings);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    wr_free(p);
}

void wr_restore_work(wr_restore_pool *p)
{
    wr__restorer *r = &p->restorers[0];
    if (p->o.threads > 0)
        return;
    WR_ASSERT(!r->runs && p->restorers[p->n - 1].n == 0);
    if (r->n || (r->changed && r->reader))
        work(r, STEPPED_POLL_MS);
}

/* ---- jobs ---- */

/* The one with the fewest jobs. With the lock held. */
static wr__restorer *choose_restorer(const wr_restore_pool *p, bool standby)
{
    wr__restorer *best = &p->restorers[standby ? p->n - 1 : 0];
    for (uint32_t i = 1; !standby && i < p->n - 1; i++)
        if (p->restorers[i].n < best->n)
            best = &p->restorers[i];
    return best;
}

/* With the lock held. */
static weir_status hire(wr__restorer *r, weir_error *err)
{
    if (r->runs || r->pool->o.threads == 0)
        return WEIR_OK;
    r->runs = pthread_create(&r->thread, NULL, restorer_thread, r) == 0;
    return r->runs ? WEIR_OK
                   : wr_error(err, WEIR_ERR_LIMIT, "Cannot start a thread for restoring state");
}

weir_status wr_restore_begin(wr_restore_pool *p, const wr_restore_store *of, int64_t from,
                             int64_t to, wr_restore_job **out, weir_error *err)
{
    wr_restore_job *job;
    WR_ASSERT(p->o.threads > 0 || to != WR_RESTORE_FOLLOW);
    if (atomic_load(&of->counters->total) == 0)
        atomic_store(&of->counters->began_ns, p->o.clock->mono_ns(p->o.clock));
    WR_TRY(wr__restore_job_new(p, p->o.db, of, from, to, &job, err));
    pthread_mutex_lock(&p->lock);
    wr__restorer *r = choose_restorer(p, wr__restore_is_standby(job));
    weir_status st = hire(r, err);
    if (st == WEIR_OK) {
        job->by = r;
        r->jobs = wr_realloc((void *)r->jobs, (r->n + 1) * sizeof(wr_restore_job *));
        r->jobs[r->n++] = job;
        r->changed = true;
        if (r->reader)
            wr_log_reader_wake(r->reader);
        pthread_cond_broadcast(&p->changed);
    }
    pthread_mutex_unlock(&p->lock);
    if (st == WEIR_OK)
        *out = job;
    else
        wr__restore_job_free(job);
    return st;
}

void wr_restore_end(wr_restore_job *job)
{
    if (!job)
        return;
    wr_restore_pool *p = job->pool;
    pthread_mutex_lock(&p->lock);
    while (job->busy)
        pthread_cond_wait(&p->changed, &p->lock);
    if (job->state == WR__RESTORE_RUNNING) { /* its partition need not be read any more */
        job->by->changed = true;
        if (job->by->reader)
            wr_log_reader_wake(job->by->reader);
    }
    take_out(job->by, job);
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    wr__restore_job_free(job);
}

weir_status wr_restore_done(wr_restore_job *job, bool *done, weir_error *err)
{
    wr_restore_pool *p = job->pool;
    pthread_mutex_lock(&p->lock);
    *done = job->state == WR__RESTORE_DONE;
    weir_status st = job->state == WR__RESTORE_FAILED ? job->error.code : WEIR_OK;
    if (st != WEIR_OK && err)
        *err = job->error;
    pthread_mutex_unlock(&p->lock);
    return st;
}

int64_t wr_restore_position(const wr_restore_job *job)
{
    return atomic_load(&job->written);
}
