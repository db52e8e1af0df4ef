/* SPDX-License-Identifier: Apache-2.0 */
/*
 * task_internal.h - one task, and what the files of this folder do with it.
 *
 *   task_set.c -> task_restore.c -> task_standby.c -> task.c -> task_stores.c -> task_state.c
 *                                                            -> exchange_channel.c
 *                                                            -> row_log.c, dead_letter.c
 */
#ifndef WR_RUNTIME_TASK_TASK_INTERNAL_H
#define WR_RUNTIME_TASK_TASK_INTERNAL_H

#include "runtime/task/dead_letter.h"
#include "runtime/task/restore_internal.h"
#include "runtime/task/row_log.h"
#include "runtime/task/task_set.h"

/** What a topic that tasks write takes. */
typedef struct wr__topic_times {
    bool known; /* some task has asked */
    wr_record_times times;
} wr__topic_times;

/** A store of the plan: what its partitions have in common, found out once for an assignment. */
typedef struct wr__set_store {
    const wr_plan_store *plan; /* NULL: no task has it */
    char *name;                /* under which the database knows it */
    char *changelog;           /* topic, or NULL */
    uint32_t id;               /* the database's number */
    bool meaning_kept;         /* the database knows what its bytes mean */
} wr__set_store;

typedef struct wr__standby wr__standby;
typedef struct wr__idle_copy wr__idle_copy;

/** The run of records that a slot works on, until the next one: a row knows its partition and
 *  offset, and by them its record is found. */
typedef struct wr__feeding {
    uint32_t topic; /* of the plan */
    int32_t partition;
    const wr_record *records; /* valid within the round only */
    uint32_t n;               /* 0: none */
} wr__feeding;

struct wr_task_set {
    wr_task_config config;
    wr_task_assignment assignment; /* while open */
    wr_task **tasks;               /* by sub-topology, then partition, ascending */
    size_t tasks_n;
    uint32_t sending; /* which of the two buffers of every channel is filled: exchange_channel.c */
    bool open;
    size_t restoring;       /* tasks whose stores are being restored */
    int64_t restore_ns;     /* when that began */
    int64_t restore_log_ns; /* when the log last said how far it is */
    wr__set_store *stores;  /* by plan store; while open */
    wr__standby *standbys;  /* of partitions that others have: task_standby.c */
    size_t standbys_n;
    wr__idle_copy *idle; /* what is kept and not needed */
    size_t idle_n;
    wr__topic_times *times; /* by plan topic; while open */
    wr__row_log *row_log;   /* of rows that cannot be used */
    wr__letters *letters;   /* likewise */
    wr__feeding *feeding;   /* by slot; while open */
};

/** A store of a task. */
typedef struct wr__task_store {
    wr__set_store *of;
    wr_task *task;
    wr_store *store; /* NULL: not opened */
} wr__task_store;

/** Batches that one slot sent; they lie in its scratch arena. */
typedef struct wr__sent {
    const wr_batch **batches;
    size_t n, cap;
} wr__sent;

/** How rows of one repartition topic come to one task inside the process: exchange_channel.c. */
typedef struct wr__channel {
    uint32_t topic;       /* of the plan */
    wr__sent *buffers[2]; /* by slot of the sender */
    wr_arena *arena;      /* bytes of the records */
    wr_record *records;   /* messages of foreign-key joins */
    size_t n, cap;
} wr__channel;

struct wr_task {
    wr_task_ctx ctx;
    wr_task_set *set;
    uint32_t subtopology;
    int32_t partition;
    uint32_t slot;
    wr_task_state state;
    wr_rng rng;
    uint32_t *reads; /* plan topics */
    uint32_t reads_n;
    wr_topology *topology;  /* NULL until it is RUNNING */
    wr__task_store *stores; /* by index in plan->stores; those of other sub-topologies stay empty */
    wr_restore_job **jobs;  /* likewise; NULL: there is nothing to restore, or it is restored */
    wr__channel *channels;  /* one for each REPARTITION topic it reads; none without exchange */
    uint32_t channels_n;
};

/* task.c */
/** CREATED: without operators. */
wr_task *wr__task_new(wr_task_set *set, uint32_t subtopology, int32_t partition);
/** Its stores are as they should be: open operators and stores; RUNNING. */
weir_status wr__task_run(wr_task *t, weir_error *err) WR_MUST_CHECK;
void wr__task_close(wr_task *t);
bool wr__task_reads(const wr_task *t, uint32_t topic);
/** Does a task of the sub-topology read one of @p parts in its partition? */
bool wr__set_reads(const wr_task_set *set, uint32_t sub, int32_t partition,
                   const wr_topic_part *parts, uint32_t n);
/** The record is not to be delivered. */
weir_status wr__task_condemn(const wr_task *t, uint32_t topic, const wr_record *record,
                             weir_error *err) WR_MUST_CHECK;

/* task_state.c */
/** States only go forward. */
void wr__task_enter(wr_task *t, wr_task_state state);
bool wr__task_is_restoring(const wr_task *t);

/* task_stores.c */
/** Name, number, changelog and meaning of plan->stores[store]. */
weir_status wr__set_store_prepare(wr_task_set *set, wr__set_store *s, uint32_t store,
                                  weir_error *err) WR_MUST_CHECK;
void wr__set_store_free(wr__set_store *s);
/** What a job of restoring it is about; borrows. */
wr_restore_store wr__restore_store_of(const wr_task_set *set, const wr__set_store *s,
                                      int32_t partition);
weir_status wr__task_open_store(wr_task_ctx *ctx, uint32_t store, wr_store **out,
                                weir_error *err) WR_MUST_CHECK;
void wr__task_close_stores(wr_task *t);
/** One call per store of the task that is open, until one fails. */
typedef weir_status (*wr__store_fn)(wr__task_store *s, void *arg, weir_error *err);
weir_status wr__task_each_store(wr_task *t, wr__store_fn fn, void *arg,
                                weir_error *err) WR_MUST_CHECK;

/* task_standby.c */
/** A task is to have this store: nobody else writes it from now on. */
void wr__standby_end(wr_task_set *set, uint32_t store, int32_t partition);
void wr__standbys_free(wr_task_set *set);

/* task_restore.c */
/** Jobs for stores of all tasks that are behind their changelogs. */
weir_status wr__set_restore(wr_task_set *set, weir_error *err) WR_MUST_CHECK;
/** Put into @p b how far the changelog has been acknowledged. */
void wr__store_put_position(const wr__task_store *s, wr_db_batch *b);

/* exchange_channel.c */
void wr__channels_open(wr_task *t);
void wr__channels_close(wr_task *t);
weir_status wr__exchange_records(wr_task_ctx *ctx, uint32_t topic, const wr_out_records *r,
                                 weir_error *err) WR_MUST_CHECK;
weir_status wr__exchange_batch(wr_task_ctx *ctx, uint32_t topic, int32_t partition,
                               const wr_batch *batch, weir_error *err) WR_MUST_CHECK;
weir_status wr__exchange_now(wr_task_ctx *ctx, weir_error *err) WR_MUST_CHECK;

#endif
