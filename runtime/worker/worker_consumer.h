/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker_consumer.h - what a worker reads: its reader, the partitions that it was given, their
 * queues and groups.
 *
 * Assignments are requests: the log says that partitions were given or are to be given up, the
 * worker does what has to be done before and after, and answers.
 *
 * Threads: the worker's. Others may look at positions and wake the reader: the arrays and the
 * pointer change under `lock`, as do offsets.
 */
#ifndef WR_RUNTIME_WORKER_WORKER_CONSUMER_H
#define WR_RUNTIME_WORKER_WORKER_CONSUMER_H

#include "runtime/worker/partition_group.h"
#include "runtime/worker/worker.h"

#include <stdatomic.h>

typedef struct wr__consumer {
    /* constant */
    wr_log *log;
    wr_clock *clock;
    const wr_settings *settings;
    const wr_worker_topic *topics;
    uint32_t topics_n;
    char *group;                       /* NULL: none */
    uint32_t polls_max;                /* batches to take in before something is processed */
    bool transient;                    /* of a client's query */
    uint32_t poll_records, buffer_max; /* records of a poll; of a queue, before it is paused */
    wr_budget *budget;                 /* bytes of queues, of all workers; NULL: no bound */
    size_t bytes, published;           /* of all queues; that the budget knows of */
    size_t bytes_max;                  /* of a queue, before it is paused; as of then */
    int64_t idle_ms;  /* max.task.idle.ms: how long others wait for a queue at its end */
    int64_t slack_ms; /* among the partitions of a topic: partition_group.h */
    /** Event times of records of a topic that has them in a column; < 0: this one has none. */
    weir_status (*times)(void *arg, uint32_t topic, const wr_record *records, uint32_t n,
                         int64_t *out, weir_error *err);
    /** As wr_worker_options.holds; NULL: nobody is waited for. */
    weir_status (*holds)(void *arg, int64_t *out, weir_error *err);
    void *arg; /* of both */
    /* the assignment */
    wr_log_reader *reader;    /* lock: the pointer */
    wr_topic_part *parts;     /* as given; topic points into `topics` */
    wr__record_queue *queues; /* one for each part; lock: the array and offsets */
    uint32_t queues_n;        /* lock */
    wr__partition_group *groups;
    uint32_t groups_n;
    bool assigned; /* clients are open for it */
    bool backlog;  /* rows that earlier runs left in repartition topics come first */
    bool ready;    /* processing was cut short: queues hold records that can be processed */
    bool bounded;  /* queues have stops for a meeting with another worker */
    atomic_bool given_none; /* the group has left nothing for this process */
    bool held;              /* there are records, but older ones may still come from elsewhere */
    int64_t ends_checked_ns;
    bool ends_stale; /* records have come since; a log of our own is asked again before a choice */
    int64_t lag;     /* as of then; -1: unknown */
    int64_t lag_seen_ns; /* when it was last made of what the reader knows */
    pthread_mutex_t lock;
} wr__consumer;

void wr__consumer_init(wr__consumer *c, const wr_worker_options *o, const wr_worker_topic *topics);
void wr__consumer_destroy(wr__consumer *c);

/** Make the reader; @p subscribe: join the group and wait for an assignment. */
weir_status wr__consumer_open(wr__consumer *c, bool subscribe, weir_error *err) WR_MUST_CHECK;
/** Nothing is assigned any more, and the reader is closed. */
void wr__consumer_close(wr__consumer *c);

/* ---- assignment ---- */

/** Queues for @p parts (offsets: where to begin). @p high: the ends. @p until_end: they are stops.
 */
void wr__consumer_prepare(wr__consumer *c, const wr_topic_part *parts, uint32_t n,
                          const int64_t *high, bool until_end);
/** Has it every partition of all its topics? */
bool wr__consumer_has_all(const wr__consumer *c);
/**
 * How queues meet. @p exchange: rows that change their partition are handed over in memory; @p
 * across: records of different partitions then meet. Where the order among partitions counts
 * (slack_ms), those that the same operators read are chosen from together. Also decides about a
 * backlog.
 */
void wr__consumer_group(wr__consumer *c, bool exchange, bool across);
/** Begin to read. */
weir_status wr__consumer_assign(wr__consumer *c, weir_error *err) WR_MUST_CHECK;
/** Nothing of queue @p i may be processed for now, or it may again (restoring.c). Before or after
 *  wr__consumer_assign. */
weir_status wr__consumer_hold(wr__consumer *c, uint32_t i, bool held,
                              weir_error *err) WR_MUST_CHECK;
/** Forget the assignment; the reader is told by wr_log_reader_assign, or closed. */
void wr__consumer_unassign(wr__consumer *c);

/** How many records lie after the next ones to be processed, without asking the log; -1: unknown.
 */
int64_t wr__consumer_lag(wr__consumer *c);

/* ---- reading ---- */

/** Take in what is there; waits up to @p timeout_ms for a first batch. @p polls counts. */
weir_status wr__consumer_poll(wr__consumer *c, int timeout_ms, uint64_t *polls, bool *moved,
                              weir_error *err) WR_MUST_CHECK;
/** The next run of group @p g, n == 0: nothing may be processed now. Only of @p only_topic, unless
 *  it is UINT32_MAX. */
weir_status wr__consumer_next(wr__consumer *c, uint32_t g, uint32_t only_topic, uint32_t rows,
                              wr__run *run, weir_error *err) WR_MUST_CHECK;
/** A run of queue @p i that may be processed at the same time as @p first, of the same group;
 *  n == 0: there is none. */
void wr__consumer_beside(const wr__consumer *c, const wr__run *first, uint32_t i, uint32_t rows,
                         wr__run *run);
/** The records of @p run were processed. Batches that are used up are released, and what was paused
 *  is fetched again where there is room. */
weir_status wr__consumer_finish(wr__consumer *c, const wr__run *run, weir_error *err) WR_MUST_CHECK;
/** Go on fetching what was paused, where there is room. */
weir_status wr__consumer_resume(wr__consumer *c, weir_error *err) WR_MUST_CHECK;
/** The repartition topic whose backlog is first; UINT32_MAX: none has any. */
uint32_t wr__consumer_backlog_topic(const wr__consumer *c);
/** Everything has been committed. */
void wr__consumer_committed(wr__consumer *c);
/** Are all queues that have a stop at it? */
bool wr__consumer_done(const wr__consumer *c);

/* ---- meeting another worker ---- */

/** With both workers' threads standing still: the same stops for both, at or after where they are.
 *  @return false: they do not have the same partitions. */
bool wr__consumer_meet(wr__consumer *a, wr__consumer *b);
void wr__consumer_clear_stops(wr__consumer *c);
/** Records that @p c is short of @p to; INT64_MAX: they do not have the same partitions. */
int64_t wr__consumer_distance(const wr__consumer *c, wr__consumer *to);
/** A copy of the assignment, for a catch-up worker; topics point into @p by's. */
wr_topic_part *wr__consumer_copy_parts(wr__consumer *of, const wr__consumer *by, uint32_t *n);

/* ---- any thread ---- */

void wr__consumer_wake(wr__consumer *c);
uint32_t wr__consumer_positions(wr__consumer *c, wr_worker_position *out, uint32_t max);

#endif
