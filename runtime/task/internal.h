/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h - what the files of runtime/task share. */
#ifndef WR_RUNTIME_TASK_INTERNAL_H
#define WR_RUNTIME_TASK_INTERNAL_H

#include "runtime/task/query.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct wr__task wr__task;

typedef struct wr__task_store {
    char *name; /* "Aggregate" */
    wr_store *store;
    wr__task *task;
    char *changelog; /* topic, or NULL */
} wr__task_store;

/** Rows on their way from one sub-topology to the next inside the process. */
typedef struct wr__inbox {
    uint32_t topic;  /* plan topic */
    wr_arena *arena; /* bytes of the records */
    wr_record *records;
    size_t n, cap;
    const wr_batch **batches; /* rows exchanged as columns; they lie in scratch */
    size_t batches_n, batches_cap;
} wr__inbox;

struct wr__task {
    wr_task_ctx ctx;
    wr_query *q;
    uint32_t subtopology;
    int32_t partition;
    wr_topology *topology; /* NULL while closed */
    wr__task_store *stores;
    size_t stores_n;
    wr__inbox *inboxes; /* one for each REPARTITION topic it reads */
    uint32_t inboxes_n;
};

/** One partition that this process reads for the query. */
typedef struct wr__input {
    uint32_t topic; /* plan topic */
    const char *name;
    int32_t partition;
    int64_t next_offset;      /* next to process */
    int64_t committed_offset; /* as of the last commit */
    int64_t stop_offset;      /* until_end; -1: none */
    wr_log_batch **batches;   /* read, not yet processed; [0] first */
    size_t batches_n, batches_cap;
    uint32_t cursor;    /* next record of batches[0] */
    uint32_t buffered;  /* records in batches */
    uint32_t group;     /* inputs whose records are merged by time: see inputs.c */
    bool alone;         /* no other topic in its group */
    int64_t end_offset; /* of the topic, when it was assigned */
    bool paused;
    bool at_end; /* nothing behind next_offset when last looked */
} wr__input;

/** What the query's thread did that is no operator's work (metrics.c). */
typedef struct wr__timing {
    uint64_t steps_ns; /* all that the thread did */
    uint64_t polls, poll_ns, commits, commit_ns, commit_max_ns, commit_own_ns, restore_ns;
} wr__timing;
typedef struct wr__metrics wr__metrics;

struct wr_query {
    char *id;
    wr_plan *plan;
    wr_log *log;
    wr_db *db;
    bool owns_db;
    wr_settings settings;
    wr_clock *clock;
    wr_state_budget *budget;
    size_t budget_used; /* of budget->used, by this query */
    char *prefix;
    char *group; /* NULL for transient queries */
    bool transient, fed, caching, until_end;
    bool internal_topics; /* rows may go through repartition topics (Kafka, but for push queries) */
    bool exchange;        /* they do not: this process has all tasks */
    bool backlog;         /* not yet: what earlier runs left in those topics comes first */
    bool two_ways;        /* a record may reach one place on ways of different length */
    uint32_t batch_rows;
    int64_t commit_interval_ns;
    bool from_earliest;
    weir_status (*collect)(void *arg, const wr_batch *batch, weir_error *err);
    void *collect_arg;

    wr_log_reader *reader;
    wr_log_writer *writer;
    wr_db_batch *state;
    char **topic_names;      /* by plan topic: the log's name */
    int32_t *sub_partitions; /* by sub-topology */
    wr__task **tasks;        /* grouped by sub-topology, ascending */
    size_t tasks_n;
    wr__input *inputs;
    uint32_t inputs_n;
    uint32_t external_topics; /* how many topics are read through the reader */
    wr_rng rng;
    wr_arena *scratch; /* of whichever task runs: one at a time, and none calls another */

    int64_t last_commit_ns;
    int64_t last_end_check_ns;
    bool dirty; /* something to commit */
    bool noted; /* the data directory knows the query */

    pthread_t thread;
    bool threaded;
    atomic_int state_now; /* wr_query_state */
    wr__metrics *metrics;
    atomic_bool stop_asked, pause_asked;
    atomic_uint_fast64_t records_in, records_out, bytes_in, bytes_out, errors, late, commits,
        restored, state_bytes;
    _Atomic int64_t lag;
    atomic_bool idle_committed; /* nothing uncommitted and nothing buffered */
    pthread_mutex_t lock;       /* error, positions */
    pthread_cond_t changed;
    weir_error error;
    bool has_error;
};

/* metrics.c: all but the first two by the query's thread, while no task runs */
wr__metrics *wr__metrics_new(const wr_query *q);
void wr__metrics_free(wr__metrics *m);
/** Let others see the counts of now. */
void wr__metrics_publish(wr_query *q);
/** Around a step; its end publishes if that was not done lately. */
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

/* task.c */
weir_status wr__task_open(wr_query *q, uint32_t subtopology, int32_t partition, wr__task **out,
                          weir_error *err) WR_MUST_CHECK;
void wr__task_close(wr__task *t);
/** Feed what other tasks have sent, until nothing is left (exchange in memory). */
weir_status wr__query_drain(wr_query *q, weir_error *err) WR_MUST_CHECK;
weir_status wr__query_deliver(wr_query *q, uint32_t topic, int32_t partition,
                              const wr_record *records, uint32_t n, weir_error *err) WR_MUST_CHECK;

/* restore.c */
weir_status wr__store_restore(wr__task_store *s, weir_error *err) WR_MUST_CHECK;
void wr__store_note_position(wr__task_store *s, wr_db_batch *b);

/* offsets.c */
/** Where to begin reading, into parts[].offset; where a query that ends stops, into inputs[]. */
weir_status wr__start_offsets(wr_query *q, wr_topic_part *parts, wr__input *inputs, uint32_t n,
                              weir_error *err) WR_MUST_CHECK;
/** Put into q->state that this directory knows the query. */
void wr__query_note(wr_query *q);

/* inputs.c */
/** The plan's topic that is called @p name in the log; UINT32_MAX: none that is read. */
uint32_t wr__plan_topic(const wr_query *q, const char *name);
weir_status wr__inputs_open(wr_query *q, weir_error *err) WR_MUST_CHECK;
void wr__inputs_close(wr_query *q);
/** Take one poll's worth of records in, process what may be processed. */
weir_status wr__inputs_run(wr_query *q, int timeout_ms, bool *progressed,
                           weir_error *err) WR_MUST_CHECK;
bool wr__inputs_done(const wr_query *q);

/* memory.c */
/** Count the overlays' bytes now; true where the query is over its part of the budget. */
bool wr__query_over_budget(wr_query *q);
/** After a commit: drop cached entries where the query is over its part. */
void wr__query_trim(wr_query *q);
/** Give the query's bytes back. */
void wr__query_release_budget(wr_query *q);

/* commit.c */
weir_status wr__query_commit(wr_query *q, weir_error *err) WR_MUST_CHECK;

#endif
