/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h - what the files of runtime/task share. */
#ifndef WR_RUNTIME_TASK_INTERNAL_H
#define WR_RUNTIME_TASK_INTERNAL_H

#include "engine/operators/source_pool.h"
#include "runtime/task/query.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

typedef struct wr__task wr__task;
typedef struct wr__scan wr__scan;

/* ---- tasks (task.c, exchange.c) ---- */

typedef struct wr__task_store {
    char *name; /* "Aggregate" */
    wr_store *store;
    wr__task *task;
    char *changelog; /* topic, or NULL */
} wr__task_store;

typedef struct wr__parcel_list {
    const wr_batch **batches; /* they lie in the scratch arena of the lane that sent them */
    size_t n, cap;
} wr__parcel_list;

/**
 * Rows on their way from one sub-topology to the next inside the process. Columns: senders fill the
 * lists of one parity, each lane its own, while the receiver empties those of the other. Bytes
 * (messages of foreign-key joins): queries that have them run on one lane.
 */
typedef struct wr__inbox {
    uint32_t topic;            /* plan topic */
    wr__parcel_list *lists[2]; /* one for each lane */
    wr_arena *arena;           /* bytes of the records */
    wr_record *records;
    size_t n, cap;
} wr__inbox;

struct wr__task {
    wr_task_ctx ctx;
    wr_query *q;
    uint32_t subtopology;
    int32_t partition;
    uint32_t lane;
    wr_rng rng;
    uint32_t reads[64], reads_n; /* plan topics */
    wr_topology *topology;       /* NULL while closed */
    wr__task_store *stores;
    size_t stores_n;
    wr__inbox *inboxes; /* one for each REPARTITION topic it reads */
    uint32_t inboxes_n;
};

weir_status wr__task_open(wr_query *q, uint32_t subtopology, int32_t partition, wr__task **out,
                          weir_error *err) WR_MUST_CHECK;
void wr__task_close(wr__task *t);
/** Feed records of one partition to the query's tasks that read it. */
weir_status wr__query_deliver(wr_query *q, uint32_t topic, int32_t partition,
                              const wr_record *records, uint32_t n, weir_error *err) WR_MUST_CHECK;

/* exchange.c */
void wr__inboxes_open(wr__task *t);
void wr__inboxes_close(wr__task *t);
weir_status wr__exchange_records(wr_query *q, uint32_t topic, const wr_out_records *r,
                                 weir_error *err) WR_MUST_CHECK;
weir_status wr__exchange_batch(wr_task_ctx *ctx, uint32_t topic, int32_t partition,
                               const wr_batch *batch, weir_error *err) WR_MUST_CHECK;
weir_status wr__exchange_now(wr_task_ctx *ctx, weir_error *err) WR_MUST_CHECK;
/** All that was exchanged, until nothing is left. Not beside running lanes. */
weir_status wr__query_drain(wr_query *q, weir_error *err) WR_MUST_CHECK;
/** What was sent with @p parity to the tasks of @p lane. */
weir_status wr__query_drain_lane(wr_query *q, uint32_t lane, uint32_t parity,
                                 weir_error *err) WR_MUST_CHECK;
bool wr__query_has_parcels(const wr_query *q, uint32_t parity);

/* restore.c */
weir_status wr__store_restore(wr__task_store *s, weir_error *err) WR_MUST_CHECK;
void wr__store_note_position(wr__task_store *s, wr_db_batch *b);

/* ---- lanes (lanes.c) ---- */

/**
 * Run fn(arg, i) for every i < n, on the pool's threads and the caller's; returns when all are
 * done. Where the pool is at work for somebody else, the caller does it alone.
 */
void wr__pool_run(wr_pool *p, uint32_t n, void (*fn)(void *arg, uint32_t i), void *arg);
uint32_t wr__pool_lanes(const wr_pool *p);

/** What one thread at a time needs to run tasks: partition p is of lane p % lanes_n. */
typedef struct wr__lane {
    wr_arena *scratch;
    wr_source_pool *sources; /* what its tasks decode together */
} wr__lane;

/* ---- scans ---- */

/** One partition that a scan reads. */
typedef struct wr__input {
    uint32_t topic; /* of the scan */
    const char *name;
    int32_t partition;
    int64_t next_offset;      /* next to process */
    int64_t committed_offset; /* as of the last commit */
    int64_t end_offset;       /* of the topic, when it was assigned */
    int64_t stop_offset;      /* go no further; -1: no such bound */
    wr_log_batch **batches;   /* read, not yet processed; [0] first */
    size_t batches_n, batches_cap;
    uint32_t cursor;   /* next record of batches[0] */
    uint32_t buffered; /* records in batches */
    uint32_t group;    /* inputs whose records are merged by time: see inputs.c */
    bool alone;        /* no other topic in its group */
    bool paused;
    bool at_end; /* nothing behind next_offset when last looked */
} wr__input;

/** How a scan gets together with another one: see members.c. */
typedef enum wr__merge {
    WR__MERGE_NONE,
    WR__MERGE_ASKED,  /* a side scan is near, and waits */
    WR__MERGE_TARGET, /* both go on to the same offsets */
    WR__MERGE_THERE,  /* the side scan has committed there and let go of its queries */
} wr__merge;

/**
 * One reader, one writer, and the queries that get every record of it. Its thread (or the caller of
 * wr_query_step) has everything, but for what is marked.
 */
struct wr__scan {
    wr_hub *hub;
    char *key;   /* queries with equal keys may share it */
    char *group; /* consumer group of the reader; NULL: none */
    wr_log *log;
    wr_db *db;
    wr_clock *clock;
    wr_settings settings;
    char **topics;
    uint32_t topics_n;
    bool *internal; /* by topic: a repartition topic */
    uint32_t batch_rows;
    int64_t commit_interval_ns;
    bool threaded, transient;

    wr_query **members; /* hub->lock to change; others look at them under it */
    size_t members_n, members_cap;

    wr_log_reader *reader; /* lock: the pointer */
    wr_log_writer *writer;
    wr_db_batch *state;
    wr__input *inputs; /* lock: array and offsets; the own thread reads without */
    uint32_t inputs_n;
    wr_topic_part *parts; /* the assignment, as given; offsets without meaning */
    uint32_t parts_n;
    bool assigned;
    bool merges;  /* some topics are merged by time */
    bool backlog; /* rows that earlier runs left in repartition topics come first */
    wr__lane *lanes;
    uint32_t lanes_n;
    int64_t last_commit_ns, last_end_check_ns;
    bool dirty; /* something to commit */
    bool busy;  /* the step at hand had records */
    int64_t offsets_ns,
        offsets_took_ns; /* the last commit of offsets: when, and how long it took */
    /* Kafka: state is written behind its changelogs; see commit.c. */
    _Atomic int64_t last_write_ns;
    atomic_bool write_asked; /* the next commit writes, even if there is nothing to commit */
    int failures;
    pthread_mutex_t lock;
    atomic_bool idle_committed; /* nothing uncommitted and nothing buffered */

    pthread_t thread;
    bool runs;              /* has a thread; hub->lock */
    wr__scan *main;         /* of a side scan: whom it is to join */
    wr__scan **sides;       /* hub->lock */
    size_t sides_n;         /* hub->lock */
    wr_query **pending;     /* to be admitted; hub->lock */
    size_t pending_n;       /* hub->lock */
    atomic_bool stop_asked; /* let go of the queries and end */
    bool ended;             /* hub->lock */
    atomic_bool attention;  /* something of the above has changed */
    wr__merge merge;        /* hub->lock; of the main scan */
    wr__scan *merging;      /* hub->lock; with which side scan */
    bool bounded;           /* inputs have stop offsets, for a merge */
    int64_t retry_after_ms;
};

/** What a scan's thread did that is no operator's work (metrics.c). */
typedef struct wr__timing {
    uint64_t steps_ns; /* all that the thread did */
    uint64_t polls, poll_ns, commits, commit_ns, commit_max_ns, commit_own_ns, restore_ns;
} wr__timing;
typedef struct wr__metrics wr__metrics;

/** The state of a query as seen from its scan. */
typedef enum wr__want {
    WR__WANT_RUN,
    WR__WANT_PAUSE,
    WR__WANT_STOP,
} wr__want;

struct wr_query {
    char *id;
    wr_plan *plan;
    wr_log *log;
    wr_db *db;
    bool owns_db;
    wr_settings settings;
    wr_clock *clock;
    wr_hub *hub;
    bool owns_hub;
    wr_state_budget *budget;
    size_t budget_used; /* of budget->used, by this query */
    char *prefix;
    char *group; /* NULL for transient queries */
    bool transient, fed, caching, until_end, threaded;
    bool internal_topics; /* rows may go through repartition topics (Kafka, but for push queries) */
    bool exchange;        /* they do not: this process has all tasks */
    bool two_ways;        /* a record may reach one place on ways of different length */
    bool shares;          /* may be in a scan with others */
    bool from_earliest;
    weir_status (*collect)(void *arg, const wr_batch *batch, weir_error *err);
    void *collect_arg;

    wr__scan *scan;        /* hub->lock to change; NULL: in none */
    wr__scan *pending_at;  /* hub->lock: waits to be admitted there */
    int64_t wait_ms;       /* before it begins, alone: it has failed */
    char **topic_names;    /* by plan topic: the log's name */
    uint32_t *plan_topics; /* by topic of the scan: the plan's */
    uint32_t external_topics;
    int32_t *sub_partitions; /* by sub-topology */
    wr__task **tasks;        /* grouped by sub-topology, ascending */
    size_t tasks_n;
    uint32_t parity;    /* of what is being sent: exchange.c */
    bool noted;         /* the data directory knows the query */
    int failures;       /* since its last commit */
    wr_log_owner owner; /* of all that it produces */
    atomic_bool broken; /* failed in this step: broken_error (lock) */
    weir_error broken_error;

    wr__metrics *metrics;
    atomic_int want;      /* wr__want */
    atomic_int state_now; /* wr_query_state */
    atomic_uint_fast64_t records_in, records_out, bytes_in, bytes_out, errors, late, commits,
        restored, state_bytes;
    _Atomic int64_t lag;
    pthread_mutex_t lock; /* error */
    weir_error error;
    bool has_error;
};

/* metrics.c: all but the first two by the scan's thread, while no task runs */
wr__metrics *wr__metrics_new(const wr_query *q);
void wr__metrics_free(wr__metrics *m);
/** Let others see the counts of now. */
void wr__metrics_publish(wr_query *q);
/** Around a step; its end publishes if that was not done lately. What is spent for all members of a
 *  scan counts for each of them. */
void wr__metrics_step_begin(wr_query *q);
void wr__metrics_step_end(wr_query *q);
/** Around a poll. Restores and commits that happen inside it, at a rebalance, are not its time. */
void wr__metrics_poll_begin(wr_query *q);
void wr__metrics_poll_end(wr_query *q);
/** A task is about to close: what it counted stays with the query. */
void wr__metrics_retire(wr__task *t);
/** A clock reading for the calls below. */
int64_t wr__metrics_now(const wr_query *q);
/** @p since the commit began; @p flushed the operators were through. Publishes. */
void wr__metrics_committed(wr_query *q, int64_t since, int64_t flushed);
void wr__metrics_restored(wr_query *q, int64_t since);

/* scan.c */
/** A scan for @p q, not yet opened. The query becomes its member. */
wr__scan *wr__scan_new(wr_query *q);
void wr__scan_free(wr__scan *s);
/** Reader, writer, tasks. On Kafka the assignment comes later, in a step. */
weir_status wr__scan_open(wr__scan *s, weir_error *err) WR_MUST_CHECK;
/** Drop everything uncommitted, and the reader. */
void wr__scan_close(wr__scan *s);
weir_status wr__scan_start(wr__scan *s, weir_error *err) WR_MUST_CHECK;
weir_status wr__scan_step(wr__scan *s, int timeout_ms, bool *progressed, bool *done,
                          weir_error *err) WR_MUST_CHECK;
/** Let time-driven operators of all members act. */
weir_status wr__scan_tick(wr__scan *s, weir_error *err) WR_MUST_CHECK;
/** Rows that one batch may have. */
uint32_t wr__scan_batch_rows(const wr__scan *s);
/** The query has failed in this step; first call counts. Any lane. */
void wr__query_break(wr_query *q, const weir_error *err);

/* members.c */
/**
 * Serve what other threads asked for. @p st: what went wrong on the way. @return false: nobody is
 * left, the scan is to end.
 */
bool wr__scan_attend(wr__scan *s, weir_status *st, weir_error *err);
/** After a step of a side scan: near the main one? @return false: it has joined, and ends. */
bool wr__scan_approach(wr__scan *s, weir_status *st, weir_error *err);
/** The thread ends: the hub forgets the scan. */
void wr__scan_end(wr__scan *s);
/** Make side scans end and take their queries back as pending ones. */
void wr__sides_stop(wr__scan *s);
void wr__scan_add(wr__scan *s, wr_query *q);
void wr__scan_remove(wr__scan *s, wr_query *q);
/** It begins elsewhere: let it read alone until it has caught up. */
void wr__scan_part(wr__scan *s, wr_query *q);
/** It has failed: let it try again alone, after a while. */
void wr__scan_expel(wr__scan *s, wr_query *q, int64_t wait_ms);
/** Under hub->lock: make the thread of @p s look at what is asked of it. */
void wr__scan_call(wr__scan *s);
void wr__list_push(wr_query ***list, size_t *n, wr_query *q);
bool wr__list_drop(wr_query **list, size_t *n, const wr_query *q);
/** The monotonic clock in @p ms from now, for waiting on hub->changed. */
struct timespec wr__in_ms(int64_t ms);

/* hub.c */
/** Under hub->lock. */
void wr__hub_unlist(wr_hub *hub, const wr__scan *s);
/** From other threads: out of its scan (WR__WANT_STOP: for certain), and back. */
void wr__query_leave(wr_query *q, wr__want want);
void wr__query_return(wr_query *q);

/* offsets.c */
/**
 * Where the query begins to read, into parts[].offset. @p low, @p high: the ends of the parts.
 * @p fresh: set where it had no offset of its own, so that a start at the end is kept.
 */
weir_status wr__start_offsets(wr_query *q, wr_topic_part *parts, uint32_t n, const int64_t *low,
                              const int64_t *high, bool *fresh, weir_error *err) WR_MUST_CHECK;
/** Put into @p b that this directory knows the query. */
void wr__query_note(const wr_query *q, wr_db_batch *b);

/* inputs.c */
/** The plan's topic that is called @p name in the log; UINT32_MAX: none that is read. */
uint32_t wr__plan_topic(const wr_query *q, const char *name);
/** Which sub-topology reads a plan topic first. */
uint32_t wr__reader_of(const wr_query *q, uint32_t topic);
weir_status wr__inputs_open(wr__scan *s, weir_error *err) WR_MUST_CHECK;
void wr__inputs_close(wr__scan *s);
/** Tasks of one member, for the present assignment. */
weir_status wr__tasks_open(wr_query *q, const wr__scan *s, weir_error *err) WR_MUST_CHECK;
void wr__tasks_close(wr_query *q);
/** Take one poll's worth of records in, process what may be processed. */
weir_status wr__inputs_run(wr__scan *s, int timeout_ms, bool *progressed,
                           weir_error *err) WR_MUST_CHECK;
/** Go on fetching what was paused, where there is room. */
weir_status wr__inputs_resume(wr__scan *s, weir_error *err) WR_MUST_CHECK;
/** Are all inputs at their stop offsets? */
bool wr__inputs_done(const wr__scan *s);

/* memory.c */
/** Count the overlays' bytes now; true where the query is over its part of the budget. */
bool wr__query_over_budget(wr_query *q);
/** After a commit: drop cached entries where the query is over its part. */
void wr__query_trim(wr_query *q);
/** Give the query's bytes back. */
void wr__query_release_budget(wr_query *q);

/** Memory of its state that is committed, but not in the database yet. */
size_t wr__query_unwritten_bytes(const wr_query *q);

/* commit.c */
weir_status wr__scan_commit(wr__scan *s, weir_error *err) WR_MUST_CHECK;
/** And write what is unwritten: before tasks close. */
weir_status wr__scan_commit_all(wr__scan *s, weir_error *err) WR_MUST_CHECK;
/** From other threads: wait until the database has what was committed a commit interval ago. */
void wr__query_await_write(wr_query *q);

/* ---- the hub (hub.c) ---- */

struct wr_hub {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    wr_pool *pool;
    bool interactive; /* statements come one by one: a group of this process's own */
    int held;
    wr__scan **scans; /* all with threads but side scans */
    size_t scans_n;
    wr__scan **ended; /* to be joined and freed */
    size_t ended_n;
    wr_query **waiting; /* to be started at the release */
    size_t waiting_n;
    char token[24]; /* of this process, for the names of scan groups */
};

#endif
