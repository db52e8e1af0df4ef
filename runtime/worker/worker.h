/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.h - a worker: one thread with one consumer and one producer, and the clients that get
 * every record that it reads.
 *
 * A client is whatever reads topics and may write: a query, a sink connector. The worker polls,
 * chooses the next records, hands them to its clients in rounds of executor slots, and commits for
 * all of them together. It knows clients by a table of functions and a name, nothing else.
 *
 * All clients of a worker stand at the same offsets, always. One that begins elsewhere, was paused
 * or has failed reads in a catch-up worker of its own, with the partitions of its main worker,
 * until both can meet at the same offsets (catch_up.c).
 *
 * Life: wr_worker_new -> wr_worker_add -> wr_worker_open -> wr_worker_start (its own thread) or
 * wr_worker_step (the caller's) -> every client leaves; a worker on a thread then ends by itself
 * and is handed to `ended`, one that is stepped is freed.
 *
 * A failure of a client is that client's: what it has produced and changed since the last commit is
 * dropped, it leaves, and tries again alone after a while, or has failed for good. The others go
 * on. A failure of the worker (its consumer, its producer, the commit) takes all clients back to
 * the last commit.
 */
#ifndef WR_RUNTIME_WORKER_WORKER_H
#define WR_RUNTIME_WORKER_WORKER_H

#include "common/budget.h"
#include "runtime/task/in_progress.h"
#include "runtime/log/log_reader.h"
#include "runtime/log/log_topics.h"
#include "runtime/log/log_writer.h"
#include "runtime/task/slot.h"
#include "runtime/worker/executor.h"
#include "runtime/worker/monitor.h"

#include <stdatomic.h>

typedef struct wr_worker wr_worker;
typedef struct wr_worker_client wr_worker_client;

/* ---- clients ---- */

/** What a worker gives its clients when it has been given partitions. Borrowed until close. */
typedef struct wr_worker_assignment {
    const wr_topic_part *parts;
    uint32_t parts_n;
    bool exchange; /* this process has every partition of every topic of the worker */
    wr_log_writer *writer;
    const wr_executor_slot *slots;
    uint32_t slots_n;
    uint32_t batch_rows;
} wr_worker_assignment;

/** How a client's state in memory stands. */
typedef struct wr_client_memory {
    bool over;        /* more than its part: commit, write */
    size_t unwritten; /* bytes that are committed, but not in the database */
} wr_client_memory;

/** What a worker's thread did for all its clients together, since it last said so; ns. */
typedef struct wr_worker_times {
    uint64_t steps_ns, polls, poll_ns;
} wr_worker_times;

/** One commit: when it began, when the clients were flushed, when it was done; the clock's ns. */
typedef struct wr_commit_times {
    int64_t began_ns, flushed_ns, done_ns;
} wr_commit_times;

/** A run of records of one partition that was processed. */
typedef struct wr_processed {
    uint32_t topic; /* the client's own number */
    uint64_t records, bytes;
    int64_t last_ms; /* timestamp of the last record */
    int64_t ns;      /* that the round took which it was in, for all clients and slots together; 0:
                      * not measured (piped) */
} wr_processed;

/** Why a client has left. */
typedef enum wr_client_end {
    WR_CLIENT_PAUSED,      /* as it wished */
    WR_CLIENT_STOPPED,     /* as it wished */
    WR_CLIENT_DONE,        /* batch: everything up to the ends is committed */
    WR_CLIENT_INTERRUPTED, /* it answered WEIR_ERR_INTERRUPTED: nobody wants its output any more */
    WR_CLIENT_FAILED,
} wr_client_end;

/**
 * All by the worker's thread, but deliver and drain, which run in executor slots: several at once,
 * for different partitions. Those marked * may be NULL. A failure of any of them is the client's,
 * unless its code is WEIR_ERR_LOG and the client's owner has not failed: then it is the writer's.
 */
typedef struct wr_client_class {
    /** Where to begin, into parts[].offset; @p low, @p high: the ends of the parts. @p fresh is set
     *  where there was no offset of its own, so that a start at the end is kept by a commit. */
    weir_status (*start_offsets)(wr_worker_client *c, wr_topic_part *parts, uint32_t n,
                                 const int64_t *low, const int64_t *high, bool *fresh,
                                 weir_error *err);
    /** * Partitions were assigned; after it, everything begins from committed state. */
    weir_status (*open)(wr_worker_client *c, const wr_worker_assignment *a, weir_error *err);
    /** * After open, at every step, while some client of the worker has something *left: state that
     *  open did not wait for comes from elsewhere meanwhile. In records, about; 0: all is there. */
    weir_status (*advance)(wr_worker_client *c, int64_t *left, weir_error *err);
    /** * While something is left: may records of this partition be delivered? @p topic: the
     * client's own number. */
    bool (*ready)(wr_worker_client *c, uint32_t topic, int32_t partition);
    /** * Keep copies of what the client would have for these partitions, whose tasks others have;
     *  and of no other. Whether it is open does not matter. Topics are the log's names, borrowed.
     */
    weir_status (*standby)(wr_worker_client *c, const wr_topic_part *parts, uint32_t n,
                           weir_error *err);
    /** * What is uncommitted is dropped. Also where open failed. */
    void (*close)(wr_worker_client *c);
    /** Records of one partition. @p topic: the client's own number (wr_worker_client.topics). */
    weir_status (*deliver)(wr_worker_client *c, uint32_t topic, int32_t partition,
                           const wr_record *records, uint32_t n, weir_error *err);
    /** * Several processes died while they worked on this record for the client: it is not
     *  delivered. NULL: it is left out, and a line of the log says so. */
    weir_status (*condemned)(wr_worker_client *c, uint32_t topic, int32_t partition,
                             const wr_record *record, weir_error *err);
    /** * Within a round: is there something that deliver or drain has made for other slots? It is
     *  drained until there is nothing more. */
    bool (*swap)(wr_worker_client *c);
    weir_status (*drain)(wr_worker_client *c, uint32_t slot, weir_error *err);
    /** * Time goes on without records. */
    weir_status (*punctuate)(wr_worker_client *c, int64_t wall_ms, weir_error *err);
    /** * Event times of records of a topic with event_times, before they are delivered; < 0: none
     *  can be had of this one. Any client may be asked: they read the topic alike. */
    weir_status (*times)(wr_worker_client *c, uint32_t topic, const wr_record *records, uint32_t n,
                         int64_t *out, weir_error *err);
    /** * Before a commit: everything goes out through the writer. */
    weir_status (*flush)(wr_worker_client *c, weir_error *err);
    /** * What is committed with the offsets, in one write. */
    weir_status (*commit_into)(wr_worker_client *c, wr_db_batch *b, weir_error *err);
    /** * The commit has happened. */
    void (*committed)(wr_worker_client *c, const wr_commit_times *times);
    /** * Changelogs: bring the database up to the last commit. */
    weir_status (*write)(wr_worker_client *c, weir_error *err);
    /** * After a commit. */
    void (*trim)(wr_worker_client *c);
    /** * Asked before commits and writes, to know whether they are due. */
    wr_client_memory (*memory)(wr_worker_client *c);
    /** * A run of records was processed. */
    void (*processed)(wr_worker_client *c, const wr_processed *what);
    /** * Time was spent; @p lag -1: not known anew. */
    void (*observe)(wr_worker_client *c, const wr_worker_times *times, int64_t lag);
    /** * It has failed, and is to try again by itself from what is committed. */
    void (*retried)(wr_worker_client *c, const weir_error *why);
    /** It is no client of any worker any more; @p err with WR_CLIENT_FAILED. The monitor is held,
     *  so nothing here may wait; whoever waits for the leaving is woken after it. */
    void (*left)(wr_worker_client *c, wr_client_end why, const weir_error *err);
} wr_client_class;

/** What a client wants: RUN, or to leave. */
typedef enum wr_desired_state {
    WR_DESIRED_RUN,
    WR_DESIRED_PAUSE,
    WR_DESIRED_STOP,
} wr_desired_state;

/** The part of a client that workers use; the first member of whatever it is. */
struct wr_worker_client {
    const wr_client_class *cls;
    const char *name;       /* for messages */
    const char *group;      /* under which its offsets are committed; NULL: nowhere */
    const uint32_t *topics; /* by topic of the worker: the client's own number */
    wr_log_owner owner;     /* of what it produces */
    atomic_int desired;     /* wr_desired_state; written under the monitor */
    /* Under the monitor. */
    wr_worker *worker;  /* NULL: in none */
    wr_worker *pending; /* waits to be admitted there */
    /* The worker's. */
    int64_t wait_ms;    /* waits so long before it reads again, alone: it has failed, say */
    int64_t left;       /* of its state, as it has said last */
    int failures;       /* since its last commit */
    atomic_bool failed; /* in this step; `failure` says why */
    weir_error failure; /* written once, by whoever sets `failed` */
};
void wr_worker_client_init(wr_worker_client *c, const wr_client_class *cls, const char *name,
                           const char *group, const uint32_t *topics);
void wr_worker_client_destroy(wr_worker_client *c);

/* ---- workers ---- */

/** One topic that a worker reads. */
typedef struct wr_worker_topic {
    const char *name;   /* the log's; copied */
    int32_t partitions; /* that the clients count on */
    uint32_t stage;     /* sub-topology that reads it: topics of a stage meet partition by
                         * partition */
    bool repartition;   /* what is in it was written by the client itself */
    bool event_times;   /* the clients say what time its records have (wr_client_class.times) */
} wr_worker_topic;

/** The order of records among the partitions of a topic does not count. */
#define WR_WORKER_ANY_ORDER INT64_MAX

typedef enum wr_exchange_mode {
    WR_EXCHANGE_NEVER,
    WR_EXCHANGE_ALONE, /* while this process has every partition */
    WR_EXCHANGE_ALWAYS,
} wr_exchange_mode;

typedef struct wr_worker_options {
    wr_monitor *monitor;
    wr_executor *executor; /* NULL: one slot */
    uint32_t slots;
    const char *group; /* that the consumer joins; NULL: none. Copied */
    wr_log *log;
    wr_db *db;
    wr_clock *clock;
    const wr_settings *settings; /* copied */
    const wr_worker_topic *topics;
    uint32_t topics_n;
    wr_exchange_mode exchange;
    bool meets_across; /* with exchange, records of different partitions meet in one task */
    uint32_t batch_rows;
    wr_in_progress *in_progress; /* where what is worked on is marked; NULL: nowhere */
    wr_budget *records;   /* bytes of records that were read: of all workers; NULL: no bound */
    size_t unwritten_max; /* changelogs: bytes that may wait to be written to the database */
    bool threaded;        /* a thread of its own */
    bool transient;       /* nothing is kept: no offsets, no changelogs */
    bool piped;           /* no consumer: wr_worker_pipe */
    bool until_end;       /* only up to the ends as of the assignment */
    /** Records of one topic's partitions are taken in order of time, but for so many ms: there is
     *  no need to change the partition for every record. WR_WORKER_ANY_ORDER: as they come. */
    int64_t slack_ms;
    /**
     * Others of this process write topics that the worker reads, and it is to wait for them: by
     * topic of the worker, what they still add is no older than *out; INT64_MAX: nothing comes,
     * INT64_MIN: nobody knows. By the worker's thread. NULL: it waits for nobody.
     */
    weir_status (*holds)(void *arg, wr_worker *w, int64_t *out, weir_error *err);
    /** The thread of a main worker has ended: it is to be joined by wr_worker_join, by another
     *  thread. Under the monitor. */
    void (*ended)(void *arg, wr_worker *w);
    void *arg;
} wr_worker_options;

wr_worker *wr_worker_new(const wr_worker_options *options);
/** Before it is opened. */
void wr_worker_add(wr_worker *w, wr_worker_client *c);
/** Reader, writer, clients. On Kafka the assignment comes later, in a step. A failure closes it. */
weir_status wr_worker_open(wr_worker *w, weir_error *err) WR_MUST_CHECK;
weir_status wr_worker_start(wr_worker *w, weir_error *err) WR_MUST_CHECK;
/** Poll, process, commit where it is due. @p progressed: some records were processed. @p done:
 *  until_end: the ends are reached and everything is committed. */
weir_status wr_worker_step(wr_worker *w, int timeout_ms, bool *progressed, bool *done,
                           weir_error *err) WR_MUST_CHECK;
/** Records of one topic (the client's number) to the clients of a worker that is piped. */
weir_status wr_worker_pipe(wr_worker *w, uint32_t topic, const wr_record *records, uint32_t n,
                           weir_error *err) WR_MUST_CHECK;
/** A step has failed, and is to be tried again from what is committed. For workers that are
 * stepped. A failure closes it. */
weir_status wr_worker_restart(wr_worker *w, weir_error *err) WR_MUST_CHECK;
/** Commit now what is uncommitted, and write what waits. For workers that are stepped. */
weir_status wr_worker_commit(wr_worker *w, weir_error *err) WR_MUST_CHECK;
/** A stepped one, or one that was never started: its clients leave, without a commit. */
void wr_worker_free(wr_worker *w);
/** Wait for the thread's end, and free. */
void wr_worker_join(wr_worker *w);

/* ---- other threads ---- */

/** With the monitor held: may clients still be submitted to it? */
bool wr_worker_accepts(const wr_worker *w);
/** With the monitor held: @p c is to become a client; it has none now. */
void wr_worker_submit(wr_worker *w, wr_worker_client *c);
/** With the monitor held: @p c changed what it wants. */
void wr_worker_notify(wr_worker *w);
/** With the monitor held: blocked calls of the log return, and the last commit is given up. */
void wr_worker_cancel(wr_worker *w);
/** With the monitor held: has it a thread? */
bool wr_worker_runs(const wr_worker *w);
/** With the monitor held: how many clients it has. */
size_t wr_worker_clients(const wr_worker *w);
/** Nothing uncommitted, nothing read and not yet processed? */
bool wr_worker_is_idle(const wr_worker *w);

/** One partition that a worker reads. */
typedef struct wr_worker_position {
    uint32_t topic; /* of the worker */
    int32_t partition;
    int64_t committed;
    int64_t lag;        /* records not processed yet, when last looked; -1: not known yet */
    int64_t promise_ms; /* what was not processed at that commit is no older; INT64_MIN: unknown */
} wr_worker_position;
/** How many topics it reads. */
uint32_t wr_worker_topics(const wr_worker *w);
/** Has its group left it no partition, as others have them all? With the monitor held. */
bool wr_worker_has_nothing(const wr_worker *w);
/** @return how many, at most @p max. */
uint32_t wr_worker_positions(wr_worker *w, wr_worker_position *out, uint32_t max);

/**
 * Changelogs: wait (not for ever) until the database has what was committed a commit interval ago.
 * With the monitor held. @p c may be in no worker.
 */
void wr_worker_await_write(wr_monitor *m, wr_worker_client *c);

#endif
