/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query_internal.h - a query in parts, and which file has which. Files call downwards:
 *
 *   query_life.c       made, stepped, paused, stopped, freed
 *   query_forget.c     nothing is left of it
 *   query_pull.c       pull queries on its committed state
 *   query_held.c       which partitions of its table are here
 *   query_positions.c  how far it has got
 *   scheduler.c        which worker it is a client of
 *   feeds.c            queries that feed each other: who waits for whom
 *   late_report.c      what the log says about late rows
 *   query_client.c     what its worker asks of it
 *   query_order.c      the times of its records, and in which order it needs them
 *   start_offsets.c    where it begins to read
 *   query_record.c     what the data directory keeps of it, and forgetting by that alone
 *   query_waits.c      what it waits for
 *   query_restore.c    how far its state is restored
 *   query_state.c      state and error
 *   query_schemas.c    counts by the schema that records were written with
 *   query_metrics.c    counts, added up where others may look; EXPLAIN ANALYZE
 *   query_topics.c     its topics in the log
 *   state_budget.c     its part of the memory
 */
#ifndef WR_RUNTIME_QUERY_QUERY_INTERNAL_H
#define WR_RUNTIME_QUERY_QUERY_INTERNAL_H

#include "engine/operators/source_times.h"
#include "runtime/query/late_report.h"
#include "runtime/query/place_report.h"
#include "runtime/query/query.h"
#include "runtime/query/query_record.h"

#include <pthread.h>

typedef struct wr__metrics wr__metrics;

/** Counts by source, part and schema. */
typedef struct wr__schema_sums {
    wr_query_schema *v;
    size_t n, cap;
} wr__schema_sums;

/** Of the records that were read (query_schemas.c). */
typedef struct wr__query_schemas {
    bool any;              /* some source has a format with a registry */
    wr__schema_sums past;  /* of tasks that are closed; the worker's thread */
    wr__schema_sums said;  /* those that the log knows of; the worker's thread */
    wr__schema_sums shown; /* with q->lock */
} wr__query_schemas;

/** What kind of query it is. Never changes. */
typedef struct wr__query_kind {
    bool transient, piped, caching, until_end;
    bool threaded;        /* runs on a worker's thread */
    bool internal_topics; /* rows may go through repartition topics (Kafka, but for push queries) */
    bool reentrant;       /* a record may reach one place by paths of different length */
    bool shares;          /* may be with others in a worker */
    bool changelogs;      /* state is durable by changelog topics */
    bool from_earliest;   /* auto.offset.reset */
    bool waits;           /* weir.until.end: for the queries that feed it */
} wr__query_kind;

/** Its topics. Never changes, but for what is opened at its first use. */
typedef struct wr__query_topics {
    char **names;   /* by plan topic: the log's name */
    uint32_t *read; /* by topic of the worker: the plan's; those of tables first */
    uint32_t read_n;
    int32_t *sub_partitions; /* by sub-topology */
    wr_source_times **times; /* by plan topic; NULL: not opened. The worker's thread */
} wr__query_topics;

/** Counted by the worker's thread, read by any. */
typedef struct wr__query_counts {
    atomic_uint_fast64_t records_in, bytes_in, late, misplaced_keys, commits;
    atomic_bool misplaced; /* some key was, in whatever assignment: its rows may be here still */
    _Atomic int64_t lag;   /* -1: unknown */
    _Atomic int64_t
        before_start; /* records that lie before where it began, at its last beginning */
} wr__query_counts;

/** What it waits for (query_waits.c). */
typedef struct wr__query_waits {
    atomic_bool now;  /* set with q->lock; the others before it */
    int64_t since_ms; /* wall clock */
    weir_error why;
} wr__query_waits;

struct wr_query {
    wr_worker_client client; /* first */
    char *id, *prefix;
    char *group;         /* NULL for transient queries */
    char *sql, *program; /* what the directory keeps of it; NULL: nothing is known */
    wr_plan *plan;
    wr_log *log;
    wr_db *db;
    void (*ended)(void *arg); /* or NULL; constant */
    void *ended_arg;
    bool owns_db;
    wr_settings settings;
    wr_settings own_settings; /* of them, those of its session: the same in every process */
    bool begun_elsewhere;     /* another process says where it begins; wr__query_fix_start */
    wr_clock *clock;
    wr_scheduler *scheduler;
    bool owns_scheduler;
    wr_in_progress *in_progress; /* where its worker marks what it works on; NULL: nowhere */
    bool being_placed;           /* monitor: the scheduler looks for a worker, or makes one */
    int64_t slack_ms;            /* monitor, until it is placed: wr_worker_options.slack_ms */
    bool known;                  /* the data directory knows the query; the worker's thread */
    wr__query_kind kind;
    wr__query_topics topics;
    wr_restore_pool *restore; /* NULL: there are no changelogs */
    bool owns_restore;
    wr_task_set *tasks;
    wr_held held; /* of the store that answers pull queries */
    wr_task_counters counters;
    wr__query_counts counts;
    wr__late_report late;   /* the worker's thread */
    wr__place_report place; /* likewise */
    wr_state_share share;
    wr_budget *records; /* of its worker */
    wr__metrics *metrics;
    wr__query_schemas schemas;
    wr_schema_watch *watch; /* NULL: nothing is said of schemas */
    atomic_int state;       /* wr_query_state */
    atomic_bool opened;     /* it has been given partitions since it was started */
    pthread_mutex_t lock;   /* error, waits, schemas.shown */
    weir_error error;
    bool has_error;
    wr__query_waits waits;
};

/* ---- query_topics.c ---- */
void wr__query_topics_init(wr_query *q);
void wr__query_topics_destroy(wr_query *q);
/** Repartition topics that are not there yet (Kafka). */
weir_status wr__query_topics_create(const wr_query *q, weir_error *err) WR_MUST_CHECK;
/** Can a record reach one place by paths of different length? */
bool wr__plan_is_reentrant(const wr_plan *plan);
bool wr__plan_repartitions(const wr_plan *plan);
/** The plan's topic that is called @p name in the log; UINT32_MAX: none that is read. */
uint32_t wr__query_topic(const wr_query *q, const char *name);
/** Which sub-topology reads a plan topic first. */
uint32_t wr__query_reader_of(const wr_query *q, uint32_t topic);

/* ---- query_order.c ---- */
/** The topic that it writes; NULL: none. */
const char *wr__query_sink(const wr_query *q);
/** By how many ms the order of records may be off; WR_WORKER_ANY_ORDER: it does not count. @p
 * across: that among partitions of its input; else also that within one. */
int64_t wr__plan_slack(const wr_plan *plan, bool across);
/** Do rows of several partitions of its input come to one partition of its output? */
bool wr__plan_mixes(const wr_plan *plan);
/** Are the times of plan topic @p topic in its records: in a column, or by their format? */
bool wr__query_has_times(const wr_query *q, uint32_t topic);
/** What two queries must have in common for the records of a topic to have the same times. */
void wr__query_put_times_key(const wr_query *q, uint32_t topic, wr_buf *out);
/** As wr_client_class.times; @p topic: of the plan. */
weir_status wr__query_times(wr_query *q, uint32_t topic, const wr_record *records, uint32_t n,
                            int64_t *out, weir_error *err) WR_MUST_CHECK;

/* ---- query_metrics.c: by the worker's thread, while no task runs ---- */
wr__metrics *wr__metrics_new(const wr_query *q);
void wr__metrics_free(wr__metrics *m);
/** Let others see the counts of now. */
void wr__metrics_publish(wr_query *q);
/** Time that the worker spent; publishes if that was not done lately. */
void wr__metrics_observe(wr_query *q, const wr_worker_times *times);
/** A commit; publishes. */
void wr__metrics_committed(wr_query *q, const wr_commit_times *times);
/** A task is about to close: what it counted stays with the query. */
void wr__metrics_retire(wr_query *q, const wr_task *t);
/** A run of records was processed. */
void wr__metrics_processed(wr_query *q, const wr_processed *what);
/** What was processed is acknowledged; the offsets may follow later. */
void wr__metrics_acknowledged(wr_query *q);
/** State comes from changelogs, or has come. */
void wr__metrics_restoring(wr_query *q, bool restoring);
/** The tasks close: what was not committed will never be. */
void wr__metrics_close(wr_query *q);

/* ---- query_schemas.c: by the worker's thread, while no task runs ---- */
void wr__schemas_init(wr_query *q);
void wr__schemas_free(wr_query *q);
void wr__schemas_retire(wr_query *q, const wr_task *t);
/** Let others see the counts of now; the log hears of schemas that are new. */
void wr__schemas_publish(wr_query *q);

/* ---- query_waits.c: any slot of its worker ---- */
void wr__query_set_waiting(wr_query *q, const weir_error *why);
void wr__query_clear_waiting(wr_query *q);
/** A decoder waits, as wr_task_ctx.wait. */
bool wr__query_wait(wr_query *q, const weir_error *why, uint32_t attempt);

/* ---- query_restore.c ---- */
/** Wait (weir.pull.restore.timeout.ms) until the database has all of the state. @return
 *  WEIR_ERR_STORE, RETRIABLE: it has not, and how far it is. */
weir_status wr__query_await_restored(wr_query *q, weir_error *err) WR_MUST_CHECK;

/** Has its group left this process no partition at all? */
bool wr__query_has_nothing(wr_query *q);

/* ---- query_held.c ---- */
/** Has it this partition, or had it when its last assignment ended, and nothing was opened since?
 */
bool wr__query_had(const wr_query *q, int32_t partition);

/* ---- query_state.c ---- */
void wr__query_set_error(wr_query *q, const weir_error *err);

/* ---- start_offsets.c ---- */
/** As wr_client_class.start_offsets. */
weir_status wr__query_start_offsets(wr_query *q, wr_topic_part *parts, uint32_t n,
                                    const int64_t *low, const int64_t *high, bool *fresh,
                                    weir_error *err) WR_MUST_CHECK;
/** Where it has no offset yet: commit where it begins. Before it is started. */
weir_status wr__query_fix_start(wr_query *q, weir_error *err) WR_MUST_CHECK;
/** Put into @p b that this directory knows the query, and what it is. */
void wr__query_put_known(const wr_query *q, wr_db_batch *b);

/* ---- query_record.c ---- */
void wr__query_record_key(const char *prefix, const char *id, wr_buf *out);
/** Of a query with a group; borrows from the query where it can. */
void wr__query_record_of(const wr_query *q, wr_arena *a, wr_query_record *out);
void wr__query_record_put(const wr_query_record *r, wr_buf *out);
/** All but the id. @return false: no bytes that wr__query_record_put has written. */
bool wr__query_record_parse(wr_arena *a, wr_str value, wr_query_record *out);

/* ---- query_client.c ---- */
extern const wr_client_class wr__query_client_class;
/** None is open yet. @p collect: see wr_query_options. */
wr_task_set *wr__query_tasks_new(wr_query *q,
                                 weir_status (*collect)(void *arg, const wr_batch *batch,
                                                        weir_error *err),
                                 void *collect_arg);

/* ---- scheduler.c ---- */
wr_monitor *wr__scheduler_monitor(wr_scheduler *s);
/** NULL: nothing is marked. */
wr_in_progress *wr__scheduler_in_progress(const wr_scheduler *s);
/** Others may ask who writes what they read. wr__scheduler_forget before it is freed. */
void wr__scheduler_know(wr_query *q);
void wr__scheduler_forget(wr_query *q);
/** A worker for it alone, opened on the caller's thread and not started. */
weir_status wr__query_open_alone(wr_query *q, weir_error *err) WR_MUST_CHECK;
/** From other threads: out of its worker; @p timeout_ms < 0: wait for ever.
 *  @return false: not in time. */
bool wr__query_leave(wr_query *q, wr_desired_state desired, int timeout_ms);
/** And back. */
void wr__query_return(wr_query *q);

/* ---- query_forget.c ---- */
/** State, internal topics and offsets of a query that has stopped. */
void wr__query_forget(wr_query *q);

#endif
