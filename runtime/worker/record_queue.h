/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_queue.h - the records of one partition that were read and not yet processed.
 *
 *   next_offset   next record to process; committed_offset follows it at commits
 *   stop_offset   go no further for now: the end of a batch job, or where a catch-up worker is met
 *
 * A record's time is its event time: what the source's TIMESTAMP column says where it has one
 * (whoever pushes a batch then pushes the times with it), else the record's own timestamp. One
 * whose event time cannot be had, and which will be dropped later, has the time of those before it,
 * so that it holds nobody up.
 *
 * Thread: the worker's. Offsets and the lag are also read by others, under the consumer's lock.
 */
#ifndef WR_RUNTIME_WORKER_RECORD_QUEUE_H
#define WR_RUNTIME_WORKER_RECORD_QUEUE_H

#include "runtime/log/log_reader.h"

#define WR__NO_STOP (-1)

/** Earlier than every record: nothing is known about a time. */
#define WR__TIME_UNKNOWN INT64_MIN
/** Of a record without an event time that nothing with one comes before: it goes first. */
#define WR__TIME_FIRST (INT64_MIN + 1)
/** Later than every record: nothing older than anything will come. */
#define WR__TIME_NEVER INT64_MAX

/** What was read at once. */
typedef struct wr__queued {
    wr_log_batch *batch;
    int64_t *times; /* event times by record, ms; NULL: the records' own timestamps */
    size_t bytes;   /* that it keeps in memory, about */
} wr__queued;

typedef struct wr__record_queue {
    /* what it reads */
    uint32_t topic;   /* of the worker */
    const char *name; /* the topic's */
    int32_t partition;
    /* offsets */
    int64_t next_offset;
    int64_t committed_offset;
    int64_t end_offset;  /* of the partition, when it was assigned */
    int64_t stop_offset; /* WR__NO_STOP: none */
    bool at_end;         /* nothing after next_offset when last looked */
    int64_t lag;         /* records after next_offset when last looked; -1: not known yet */
    /* times, ms */
    int64_t latest_ms;  /* the largest at the end of a run so far: the partition's stream time */
    int64_t promise_ms; /* as of the last commit, nothing older than this was left to process */
    /* waiting at the end */
    int64_t idle_since_ns; /* when it was first seen at its end with nothing here; 0: it was not */
    bool idle_wait;        /* others wait for it although it is at its end (max.task.idle.ms) */
    /* records */
    wr__queued *batches; /* [0] first */
    size_t batches_n, batches_cap;
    uint32_t cursor;   /* next record of batches[0] */
    uint32_t buffered; /* records in batches */
    size_t bytes;      /* of batches: one that is partly processed counts as a whole */
    bool paused;       /* the reader does not fetch it for now */
    bool restoring;    /* nothing may be taken: the state of those who get it is not there yet */
    /* its place in a partition group: partition_group.c */
    uint32_t group, line;
    uint32_t heap_at;
    bool awaited, drained;
} wr__record_queue;

/** No position, no records yet. */
void wr__queue_init(wr__record_queue *q, uint32_t topic, int32_t partition, int64_t offset);

/** The next record; NULL: none is here, none may be taken, or it lies at or after the stop.
 * Borrowed until taken. */
const wr_record *wr__queue_head(const wr__record_queue *q);
/** The time of the next record. @pre there is a head. */
int64_t wr__queue_time(const wr__record_queue *q);
bool wr__queue_at_stop(const wr__record_queue *q);
/** May a record still come that is older than those of other queues? (Nothing is here, and it is
 *  not at its end, or is waited for at its end; or none may be taken.) */
bool wr__queue_awaits(const wr__record_queue *q);
/** Nothing is here, and nobody waits for more: only a writer in this process may still add some. */
bool wr__queue_drained(const wr__record_queue *q);
/** Takes @p b, which has records of this partition, and @p times (from wr_alloc; NULL: their own).
 */
void wr__queue_push(wr__record_queue *q, wr_log_batch *b, int64_t *times);
/** How many records follow each other, the first included, that are no newer than @p limit_ms, lie
 *  before the stop and in one batch; at most @p max. @pre there is a head. */
uint32_t wr__queue_run(const wr__record_queue *q, int64_t limit_ms, uint32_t max);
/** @p n records were processed, no more than wr__queue_run said. @return a batch that is used up,
 *  for the caller to release; NULL: none. */
wr_log_batch *wr__queue_take(wr__record_queue *q, uint32_t n);
/** The position moves over control records that @p b consists of; it is not kept. */
void wr__queue_skip(wr__record_queue *q, const wr_log_batch *b);
/** Release all that is here. */
void wr__queue_clear(wr__record_queue *q, wr_log_reader *reader);

#endif
