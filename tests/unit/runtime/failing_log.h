/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failing_log.h - a log that fails when it is told to, for the tests of what uses logs.
 *
 * It wraps the memory log (or any other) and hands every call on, but
 *   counts       failing_log_count: how often a call was made
 *   fails        failing_log_fail: the n-th call of a kind from now on; failing_log_fail_any: the
 *                n-th of all calls, for loops that let everything fail once (failing_log_next)
 *   refuses      failing_log_refuse: records for a topic, in the call or, as Kafka's broker does,
 * by the next flush holds        failing_log_hold: calls of a kind wait until failing_log_release
 *   pretends     failing_log_pretend: other capabilities than the wrapped log has, so that code
 * that is meant for Kafka runs without one. With has_changelogs a flush makes records visible and
 * positions are known; with shares_partitions the assignment comes in a poll, and
 * failing_log_rebalance changes it there, and failing_log_join says who else is in the group.
 *
 *     wr_log *inner;
 *     OK(wr_log_memory_new(db, &inner, err));
 *     failing_log *f = failing_log_new(inner);
 *     failing_log_pretend(f, &(wr_log_capabilities){.has_changelogs = true});
 *     failing_log_fail(f, FL_FLUSH, 2, WEIR_ERR_LOG, WEIR_ERROR_RETRIABLE);
 *     ... give &f->base to the code under test ...
 *     wr_log_close(&f->base);                        closes the inner log too
 *
 * Who fails. A produce that fails with WEIR_ERR_LOG and RETRIABLE or FATAL, and any flush, fails
 * the writer, as a lost connection does; other failures of produce are refusals of the owner's
 * record. Threads: everything may be called from any thread; one lock guards what is here.
 */
#ifndef TEST_RUNTIME_FAILING_LOG_H
#define TEST_RUNTIME_FAILING_LOG_H

#include "log_helper.h"
#include "runtime/log/log_class.h"

#include <time.h>

typedef enum fl_call {
    FL_LIST,
    FL_DESCRIBE,
    FL_CREATE,
    FL_REMOVE,
    FL_ENDS,
    FL_COMMITTED,
    FL_DROP_GROUP,
    FL_READER_NEW,
    FL_ASSIGN,
    FL_SUBSCRIBE,
    FL_PAUSE,
    FL_POLL,
    FL_WRITER_NEW,
    FL_PRODUCE,
    FL_FLUSH,
    FL_COMMIT,
    FL_ABORT,
    FL_CALLS,
} fl_call;

typedef struct fl_plan {
    uint32_t in; /* calls until it happens; 0: never */
    weir_status code;
    unsigned flags;
} fl_plan;

typedef struct failing_log {
    wr_log base; /* first */
    wr_log_class cls;
    wr_log *inner;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint32_t counts[FL_CALLS], all;
    fl_plan plans[FL_CALLS], any;
    fl_call any_was; /* which call failing_log_fail_any has hit; FL_CALLS: none */
    bool held[FL_CALLS];
    uint32_t waiting[FL_CALLS]; /* calls that are held now */
    char refused[128];          /* topic; "": none */
    bool refused_late;          /* by the next flush */
    wr_topic_part *parts;       /* of failing_log_rebalance; names are the caller's */
    uint32_t parts_n, rebalance;
    bool lost;
    uint32_t self, members; /* of failing_log_join; members 0: as the wrapped log */
} failing_log;

/* Names of the file's own implementation; wrapped readers and writers are known by their interface
 * only, though they have the same type names. */
struct wr_log_reader {
    wr__log_reader_base base; /* first */
    failing_log *log;
    wr_log_reader *inner;
    wr_log_rebalance request;
    bool asked; /* it waits for an answer */
    bool holds; /* partitions were requested and taken */
    const char **topics;
    uint32_t topics_n;
    wr_topic_part *assigned; /* that were requested */
    uint32_t assigned_n, rebalance;
    bool shares; /* subscribed, on a log that shares partitions */
};

typedef struct fl_position {
    char topic[128];
    int32_t partition; /* -1: all */
} fl_position;

struct wr_log_writer {
    wr__log_writer_base base; /* first */
    failing_log *log;
    wr_log_writer *inner;
    wr_log_owner connection;
    wr_log_owner *late; /* whose record the next flush refuses */
    fl_position written[64];
    size_t written_n;
};

/* ---- the plan ---- */

static inline failing_log *fl_of(const wr_log *log)
{
    return (failing_log *)(uintptr_t)log;
}

/** The @p nth call of this kind from now on fails (1: the next); 0: none does any more. */
static inline void failing_log_fail(failing_log *f, fl_call call, uint32_t nth, weir_status code,
                                    unsigned flags)
{
    pthread_mutex_lock(&f->lock);
    f->plans[call] = (fl_plan){nth, code, flags};
    pthread_mutex_unlock(&f->lock);
}

/** The @p nth call of whatever kind from now on fails; aborts are not counted. */
static inline void failing_log_fail_any(failing_log *f, uint32_t nth, weir_status code,
                                        unsigned flags)
{
    pthread_mutex_lock(&f->lock);
    f->any = (fl_plan){nth, code, flags};
    f->any_was = FL_CALLS;
    pthread_mutex_unlock(&f->lock);
}

/** Has failing_log_fail_any come to its call? A loop over n is at its end where it has not. */
static inline bool failing_log_has_failed(failing_log *f)
{
    pthread_mutex_lock(&f->lock);
    bool failed = f->any_was != FL_CALLS;
    pthread_mutex_unlock(&f->lock);
    return failed;
}

/** Records for @p topic (NULL: none any more) are refused: at once, or (@p late) by a flush. */
static inline void failing_log_refuse(failing_log *f, const char *topic, bool late)
{
    pthread_mutex_lock(&f->lock);
    snprintf(f->refused, sizeof f->refused, "%s", topic ? topic : "");
    f->refused_late = late;
    pthread_mutex_unlock(&f->lock);
}

/** Calls of this kind wait; those that may give up (produce, flush) still do. */
static inline void failing_log_hold(failing_log *f, fl_call call)
{
    pthread_mutex_lock(&f->lock);
    f->held[call] = true;
    pthread_mutex_unlock(&f->lock);
}

static inline void failing_log_release(failing_log *f, fl_call call)
{
    pthread_mutex_lock(&f->lock);
    f->held[call] = false;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

/** Wait until somebody is held in such a call. */
static inline void failing_log_await_held(failing_log *f, fl_call call)
{
    pthread_mutex_lock(&f->lock);
    while (f->waiting[call] == 0)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

static inline uint32_t failing_log_count(failing_log *f, fl_call call)
{
    pthread_mutex_lock(&f->lock);
    uint32_t n = f->counts[call];
    pthread_mutex_unlock(&f->lock);
    return n;
}

/** Before readers and writers are made. */
static inline void failing_log_pretend(failing_log *f, const wr_log_capabilities *can)
{
    f->cls.can = *can;
}

/**
 * Readers that have subscribed on a log that shares partitions get another assignment in their next
 * poll: what they have is revoked (@p lost: without a chance to commit), then they get those of
 * @p parts that are of their topics. Before the first call they get all partitions.
 */
static inline void failing_log_rebalance(failing_log *f, const wr_topic_part *parts, uint32_t n,
                                         bool lost)
{
    pthread_mutex_lock(&f->lock);
    wr_free(f->parts);
    f->parts = wr_calloc(n ? n : 1, sizeof *f->parts);
    if (n)
        memcpy(f->parts, parts, n * sizeof *parts);
    f->parts_n = n;
    f->lost = lost;
    f->rebalance++;
    pthread_mutex_unlock(&f->lock);
}

static inline bool fl_due(fl_plan *p, weir_status *code, unsigned *flags)
{
    if (p->in == 0 || --p->in > 0)
        return false;
    *code = p->code;
    *flags = p->flags;
    return true;
}

/* Every call begins here. @p until: when to give up waiting; may be NULL. */
static inline weir_status fl_enter(failing_log *f, fl_call call, const wr__log_until *until,
                                   weir_error *err)
{
    weir_status code = WEIR_OK;
    unsigned flags = 0;
    pthread_mutex_lock(&f->lock);
    f->counts[call]++;
    f->waiting[call]++;
    pthread_cond_broadcast(&f->changed);
    while (f->held[call] && code == WEIR_OK) {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        t.tv_nsec += 10000000;
        t.tv_sec += t.tv_nsec / 1000000000;
        t.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&f->changed, &f->lock, &t);
        if (until)
            code = wr__log_give_up(until, "A call that is held", err);
    }
    f->waiting[call]--;
    bool gave_up = code != WEIR_OK;
    if (!gave_up && call != FL_ABORT && fl_due(&f->any, &code, &flags))
        f->any_was = call;
    else if (!gave_up)
        (void)fl_due(&f->plans[call], &code, &flags);
    pthread_mutex_unlock(&f->lock);
    if (code == WEIR_OK || gave_up)
        return code;
    wr_error(err, code, "A planned failure of call %d", (int)call);
    if (err)
        err->flags |= flags;
    return code;
}

/* ---- topics and groups ---- */

static inline weir_status fl_list(wr_log *log, wr_arena *a, wr_topic_info **out, uint32_t *n,
                                  weir_error *err)
{
    WR_TRY(fl_enter(fl_of(log), FL_LIST, NULL, err));
    return wr_topic_list(fl_of(log)->inner, a, out, n, err);
}

static inline weir_status fl_describe(wr_log *log, const char *topic, wr_topic_info *out,
                                      weir_error *err)
{
    WR_TRY(fl_enter(fl_of(log), FL_DESCRIBE, NULL, err));
    return wr_topic_describe(fl_of(log)->inner, topic, out, err);
}

static inline weir_status fl_create(wr_log *log, const wr_topic_spec *spec, weir_error *err)
{
    WR_TRY(fl_enter(fl_of(log), FL_CREATE, NULL, err));
    return wr_topic_create(fl_of(log)->inner, spec, err);
}

static inline weir_status fl_remove(wr_log *log, const char *topic, weir_error *err)
{
    WR_TRY(fl_enter(fl_of(log), FL_REMOVE, NULL, err));
    return wr_topic_remove(fl_of(log)->inner, topic, err);
}

static inline weir_status fl_ends(wr_log *log, const wr_topic_part *parts, uint32_t n, int64_t *low,
                                  int64_t *high, weir_error *err)
{
    WR_TRY(fl_enter(fl_of(log), FL_ENDS, NULL, err));
    return wr_topic_ends(fl_of(log)->inner, parts, n, low, high, err);
}

static inline weir_status fl_committed(wr_log *log, const char *group, wr_topic_part *parts,
                                       uint32_t n, weir_error *err)
{
    WR_TRY(fl_enter(fl_of(log), FL_COMMITTED, NULL, err));
    return wr_group_committed(fl_of(log)->inner, group, parts, n, err);
}

static inline weir_status fl_begin_group(wr_log *log, const wr_log_group_offsets *group,
                                         bool exactly_once, weir_error *err)
{
    return wr_group_begin(fl_of(log)->inner, group, exactly_once, err);
}

static inline weir_status fl_drop_group(wr_log *log, const char *group, weir_error *err)
{
    WR_TRY(fl_enter(fl_of(log), FL_DROP_GROUP, NULL, err));
    return wr_group_drop(fl_of(log)->inner, group, err);
}

/* ---- readers ---- */

static inline weir_status fl_reader_new(wr_log *log, const char *group, const wr_settings *settings,
                                        wr_log_reader **out, weir_error *err)
{
    failing_log *f = fl_of(log);
    WR_TRY(fl_enter(f, FL_READER_NEW, NULL, err));
    wr_log_reader *inner;
    WR_TRY(wr_log_reader_new(f->inner, group, settings, &inner, err));
    wr_log_reader *r = wr_calloc(1, sizeof *r);
    r->log = f;
    r->inner = inner;
    *out = r;
    return WEIR_OK;
}

static inline void fl_reader_close(wr_log_reader *r)
{
    wr_log_reader_close(r->inner);
    wr_free((void *)r->request.parts);
    wr_free(r->assigned);
    wr_free((void *)r->topics);
    wr_free(r);
}

static inline void fl_ask(wr_log_reader *r, wr_rebalance_kind kind, wr_topic_part *parts,
                          uint32_t n)
{
    wr_free((void *)r->request.parts);
    r->request = (wr_log_rebalance){kind, parts, n};
    r->asked = true;
}

static inline const wr_log_rebalance *fl_rebalance(const wr_log_reader *r)
{
    if (!r->shares)
        return wr_log_reader_rebalance(r->inner);
    return r->asked ? &r->request : NULL;
}

static inline weir_status fl_assign(wr_log_reader *r, const wr_topic_part *parts, uint32_t n,
                                    weir_error *err)
{
    WR_TRY(fl_enter(r->log, FL_ASSIGN, NULL, err));
    WR_TRY(wr_log_reader_assign(r->inner, parts, n, err));
    r->holds = r->asked && r->request.kind == WR_REBALANCE_ASSIGN;
    r->asked = false;
    return WEIR_OK;
}

static inline weir_status fl_subscribe(wr_log_reader *r, const char *const *topics, uint32_t n,
                                       weir_error *err)
{
    WR_TRY(fl_enter(r->log, FL_SUBSCRIBE, NULL, err));
    if (!r->log->cls.can.shares_partitions)
        return wr_log_reader_subscribe(r->inner, topics, n, err);
    r->topics = wr_calloc(n, sizeof *r->topics);
    memcpy((void *)r->topics, (const void *)topics, n * sizeof *topics);
    r->topics_n = n;
    r->shares = true;
    r->rebalance = UINT32_MAX;
    return WEIR_OK;
}

static inline bool fl_subscribes(const wr_log_reader *r, const char *topic)
{
    for (uint32_t i = 0; i < r->topics_n; i++)
        if (strcmp(r->topics[i], topic) == 0)
            return true;
    return false;
}

/* All partitions of its topics, as before any rebalance. */
static inline weir_status fl_all_parts(wr_log_reader *r, wr_topic_part **out, uint32_t *n,
                                       weir_error *err)
{
    for (uint32_t i = 0; i < r->topics_n; i++) {
        wr_topic_info info;
        WR_TRY(wr_topic_describe(r->log->inner, r->topics[i], &info, err));
        *out = wr_realloc(*out, (*n + (size_t)info.partitions + 1) * sizeof **out);
        for (int32_t p = 0; p < info.partitions; p++)
            (*out)[(*n)++] = (wr_topic_part){r->topics[i], p, WR_OFFSET_NONE};
    }
    return WEIR_OK;
}

/* What failing_log_rebalance has set: the parts of this reader. */
static inline wr_topic_part *fl_given_parts(const wr_log_reader *r, uint32_t *n)
{
    const failing_log *f = r->log;
    wr_topic_part *parts = wr_calloc(f->parts_n + 1, sizeof *parts);
    for (uint32_t i = 0; i < f->parts_n; i++)
        if (fl_subscribes(r, f->parts[i].topic))
            parts[(*n)++] =
                (wr_topic_part){f->parts[i].topic, f->parts[i].partition, WR_OFFSET_NONE};
    return parts;
}

/* A changed assignment becomes requests, inside a poll as with Kafka: first to give up what it
 * holds, then to take what is new. @return whether one waits for its answer. */
static inline weir_status fl_serve_rebalance(wr_log_reader *r, bool *waits, weir_error *err)
{
    failing_log *f = r->log;
    weir_status st = WEIR_OK;
    pthread_mutex_lock(&f->lock);
    if (r->shares && !r->asked && r->rebalance != f->rebalance) {
        wr_topic_part *parts = NULL;
        uint32_t n = 0;
        if (r->holds) {
            parts = wr_calloc(r->assigned_n + 1, sizeof *parts);
            memcpy(parts, r->assigned, r->assigned_n * sizeof *parts);
            fl_ask(r, f->lost ? WR_REBALANCE_LOST : WR_REBALANCE_REVOKE, parts, r->assigned_n);
        } else {
            r->rebalance = f->rebalance;
            if (f->rebalance)
                parts = fl_given_parts(r, &n);
            pthread_mutex_unlock(&f->lock);
            if (!r->rebalance)
                st = fl_all_parts(r, &parts, &n, err);
            pthread_mutex_lock(&f->lock);
            wr_free(r->assigned);
            r->assigned = wr_calloc(n + 1, sizeof *parts);
            if (n)
                memcpy(r->assigned, parts, n * sizeof *parts);
            r->assigned_n = n;
            fl_ask(r, WR_REBALANCE_ASSIGN, parts, n);
        }
    }
    pthread_mutex_unlock(&f->lock);
    *waits = r->asked;
    return st;
}

/** From now on the group has so many members, of which the reader is the one in place @p self. */
static inline void failing_log_join(failing_log *f, uint32_t self, uint32_t members)
{
    pthread_mutex_lock(&f->lock);
    f->self = self;
    f->members = members;
    pthread_mutex_unlock(&f->lock);
}

static inline weir_status fl_members(wr_log_reader *r, uint32_t *self, uint32_t *members,
                                     weir_error *err)
{
    failing_log *f = r->log;
    pthread_mutex_lock(&f->lock);
    uint32_t n = f->members;
    *self = f->self;
    *members = n;
    pthread_mutex_unlock(&f->lock);
    return n ? WEIR_OK : wr_log_reader_members(r->inner, self, members, err);
}

static inline weir_status fl_pause(wr_log_reader *r, uint32_t assignment, bool paused,
                                   weir_error *err)
{
    WR_TRY(fl_enter(r->log, FL_PAUSE, NULL, err));
    return wr_log_reader_pause(r->inner, assignment, paused, err);
}

static inline weir_status fl_poll(wr_log_reader *r, uint32_t max_records, int timeout_ms,
                                  wr_log_batch **out, weir_error *err)
{
    *out = NULL;
    WR_TRY(fl_enter(r->log, FL_POLL, NULL, err));
    bool waits;
    *out = NULL;
    WR_TRY(fl_serve_rebalance(r, &waits, err));
    if (waits)
        return WEIR_OK;
    return wr_log_reader_poll(r->inner, max_records, timeout_ms, out, err);
}

static inline void fl_release(wr_log_reader *r, wr_log_batch *batch)
{
    wr_log_reader_release(r->inner, batch);
}

static inline void fl_wake(wr_log_reader *r)
{
    wr_log_reader_wake(r->inner);
}

/* ---- writers ---- */

static inline weir_status fl_writer_new(wr_log *log, const wr_settings *settings,
                                        wr_log_writer **out, weir_error *err)
{
    failing_log *f = fl_of(log);
    WR_TRY(fl_enter(f, FL_WRITER_NEW, NULL, err));
    wr_log_writer *inner;
    WR_TRY(wr_log_writer_new(f->inner, settings, &inner, err));
    wr_log_writer *w = wr_calloc(1, sizeof *w);
    w->log = f;
    w->inner = inner;
    w->base.record_max = wr_log_writer_record_max(inner);
    wr_log_owner_init(&w->connection, "connection");
    *out = w;
    return WEIR_OK;
}

static inline void fl_writer_close(wr_log_writer *w)
{
    wr_log_writer_close(w->inner);
    wr_free(w);
}

/* Slots produce at the same time. */
static inline void fl_remember(wr_log_writer *w, const char *topic, int32_t partition)
{
    pthread_mutex_lock(&w->log->lock);
    size_t i = 0;
    while (i < w->written_n &&
           (w->written[i].partition != partition || strcmp(w->written[i].topic, topic) != 0))
        i++;
    assert_true(i < WR_ARRAY_LEN(w->written));
    if (i == w->written_n) {
        fl_position *p = &w->written[w->written_n++];
        snprintf(p->topic, sizeof p->topic, "%s", topic);
        p->partition = partition;
    }
    pthread_mutex_unlock(&w->log->lock);
}

/* On Kafka what is out is out: records become visible without a commit of ours. */
static inline weir_status fl_let_out(wr_log_writer *w, weir_error *err)
{
    return w->log->cls.can.has_changelogs ? wr_log_writer_commit(w->inner, NULL, NULL, 0, NULL, err)
                                          : WEIR_OK;
}

static inline weir_status fl_produce(wr_log_writer *w, wr_log_owner *owner, const char *topic,
                                     const wr_out_records *records, const wr__log_until *until,
                                     weir_error *err)
{
    if (wr_log_owner_failed(&w->connection, err))
        return w->connection.error.code;
    weir_error why;
    weir_status st = fl_enter(w->log, FL_PRODUCE, until, &why);
    if (st == WEIR_ERR_LOG && why.flags)
        wr_log_owner_fail(&w->connection, &why);
    pthread_mutex_lock(&w->log->lock);
    bool refused = st == WEIR_OK && strcmp(w->log->refused, topic) == 0;
    bool late = refused && w->log->refused_late;
    if (late)
        w->late = owner;
    pthread_mutex_unlock(&w->log->lock);
    if (refused && !late)
        st = wr_error(&why, WEIR_ERR_LIMIT, "A record for topic %s is refused", topic);
    if (st == WEIR_OK) /* past its check of owners, which is the outer writer's business */
        st = w->log->inner->cls->produce(w->inner, owner, topic, records, until, &why);
    if (st != WEIR_OK) {
        WR_TRY(fl_let_out(w, err)); /* what came before the failure */
        if (err)
            *err = why;
        return st;
    }
    for (uint32_t i = 0; i < (records->partitions ? records->n : 1); i++)
        fl_remember(w, topic, records->partitions ? records->partitions[i] : -1);
    return WEIR_OK;
}

static inline size_t fl_pending(const wr_log_writer *w)
{
    return wr_log_writer_pending(w->inner);
}

static inline weir_status fl_flush(wr_log_writer *w, const wr__log_until *until, weir_error *err)
{
    weir_error why;
    if (wr_log_owner_failed(&w->connection, err))
        return w->connection.error.code;
    weir_status st = fl_enter(w->log, FL_FLUSH, until, &why);
    if (st != WEIR_OK) {
        if (st != WEIR_ERR_INTERRUPTED)
            wr_log_owner_fail(&w->connection, &why);
        if (err)
            *err = why;
        return st;
    }
    if (w->late) {
        wr_error(&why, WEIR_ERR_LIMIT, "A record for topic %s was refused", w->log->refused);
        wr_log_owner_fail(w->late, &why);
        WR_TRY(wr_log_writer_abort(w->inner, w->late, err));
        w->late = NULL;
    }
    WR_TRY(wr_log_writer_flush(w->inner, err));
    return fl_let_out(w, err);
}

static inline int64_t fl_position_of(const wr_log_writer *w, const char *topic, int32_t partition)
{
    if (!w->log->cls.can.has_changelogs)
        return wr_log_writer_position(w->inner, topic, partition);
    for (size_t i = 0; i < w->written_n; i++) {
        wr_topic_part part = {topic, partition, 0};
        int64_t low, high;
        if (strcmp(w->written[i].topic, topic) == 0 &&
            (w->written[i].partition < 0 || w->written[i].partition == partition) &&
            wr_topic_ends(w->log->inner, &part, 1, &low, &high, NULL) == WEIR_OK)
            return high;
    }
    return -1;
}

static inline weir_status fl_commit(wr_log_writer *w, wr_log_reader *reader,
                                    const wr_log_group_offsets *groups, uint32_t groups_n,
                                    wr_db_batch *state, weir_error *err)
{
    WR_TRY(fl_enter(w->log, FL_COMMIT, NULL, err));
    return wr_log_writer_commit(w->inner, reader ? reader->inner : NULL, groups, groups_n, state,
                                err);
}

static inline weir_status fl_abort(wr_log_writer *w, wr_log_owner *owner, weir_error *err)
{
    WR_TRY(fl_enter(w->log, FL_ABORT, NULL, err));
    if (!owner || w->late == owner)
        w->late = NULL;
    if (!owner && !(w->connection.error.flags & WEIR_ERROR_FATAL))
        wr_log_owner_reset(&w->connection);
    return wr_log_writer_abort(w->inner, owner, err);
}

static inline bool fl_writer_failed(const wr_log_writer *w, weir_error *err)
{
    return wr_log_owner_failed(&w->connection, err);
}

/* ---- life ---- */

static inline void fl_close(wr_log *log)
{
    failing_log *f = fl_of(log);
    wr_log_close(f->inner);
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->changed);
    wr_free(f->parts);
    wr_free(f);
}

/** Takes @p inner, and has its capabilities. wr_log_close(&f->base) closes both. */
static inline failing_log *failing_log_new(wr_log *inner)
{
    failing_log *f = wr_calloc(1, sizeof *f);
    f->inner = inner;
    f->any_was = FL_CALLS;
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    f->cls = (wr_log_class){
        .name = "failing",
        .can = *wr_log_can(inner),
        .close = fl_close,
        .list = fl_list,
        .describe = fl_describe,
        .create = fl_create,
        .remove = fl_remove,
        .ends = fl_ends,
        .committed = fl_committed,
        .begin_group = fl_begin_group,
        .drop_group = fl_drop_group,
        .reader_new = fl_reader_new,
        .reader_close = fl_reader_close,
        .assign = fl_assign,
        .subscribe = fl_subscribe,
        .rebalance = fl_rebalance,
        .members = fl_members,
        .pause = fl_pause,
        .poll = fl_poll,
        .release = fl_release,
        .wake = fl_wake,
        .writer_new = fl_writer_new,
        .writer_close = fl_writer_close,
        .produce = fl_produce,
        .pending = fl_pending,
        .flush = fl_flush,
        .position = fl_position_of,
        .commit = fl_commit,
        .abort = fl_abort,
        .writer_failed = fl_writer_failed,
    };
    f->base.cls = &f->cls;
    return f;
}

/**
 * For loops that let every call fail once: the 1st, the 2nd, the 3rd ..., until the block runs
 * through without a failure. The block begins anew each time, and checks what holds whatever fails.
 *     for (uint32_t n = 0; failing_log_next(f, &n, WEIR_ERR_LOG, WEIR_ERROR_RETRIABLE);) { ... }
 */
static inline bool failing_log_next(failing_log *f, uint32_t *n, weir_status code, unsigned flags)
{
    bool again = *n == 0 || failing_log_has_failed(f);
    failing_log_fail_any(f, again ? ++*n : 0, code, flags);
    return again;
}

#endif
