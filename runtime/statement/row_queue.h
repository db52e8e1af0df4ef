/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_queue.h - the bounded queue that rows of queries go through, from the query's thread to the
 * statement's.
 *
 * One producer, one consumer. A full queue makes the producer wait (back-pressure): it is the
 * client's own query, nobody else's. Without threads producer and consumer are one, so the queue
 * does not wait, and grows.
 *
 * A consumer either waits for rows, or is told when there are some: `wake`, once for each time that
 * rows come into an empty queue, and at the end. A consumer that is told takes until there is
 * nothing, or else comes back by itself.
 *
 * Invariant: `queued` is the number of rows that were put and not yet taken; a batch in the queue
 * has at least one row left.
 */
#ifndef WR_RUNTIME_STATEMENT_ROW_QUEUE_H
#define WR_RUNTIME_STATEMENT_ROW_QUEUE_H

#include "types/batch.h"

#include <stdatomic.h>

/** Rows that a queue holds before its producer waits: more than most batches have, so that both
 *  sides work at the same time. One batch may go beyond it. */
#define WR__QUEUE_ROWS 8192u
/** Bytes that the batches of a queue with a consumer that is told may have before its producer
 *  waits: there may be thousands of such queues. One batch may go beyond it. */
#define WR__QUEUE_BYTES (64u << 10)
/** Rows that a producer puts into one batch at most. */
#define WR__QUEUE_BATCH 256u

typedef struct wr__row_queue wr__row_queue;

/** Rows on their way; memory of their own. */
typedef struct wr__row_batch {
    struct wr__row_batch *next;
    wr_arena *arena;
    wr_value *values; /* rows x columns */
    bool *tombstones;
    const char *host;  /* "host:port" of the server that they came from; NULL: this process */
    uint32_t rows, at; /* filled in; taken */
    size_t bytes;      /* without texts; the arena's, since it was put */
} wr__row_batch;

/** @p waits: a full queue makes the producer wait. */
wr__row_queue *wr__row_queue_new(uint32_t columns, bool waits);
/** Before the first row: @p wake is called on the producer's thread, without the queue's lock; it
 * must not call the queue. */
void wr__row_queue_on_rows(wr__row_queue *q, void (*wake)(void *arg), void *arg);
/** From here on a full queue grows: producer and consumer are one thread. Before the first row. */
void wr__row_queue_never_waits(wr__row_queue *q);
/** Neither side may be in a call. NULL is allowed. */
void wr__row_queue_free(wr__row_queue *q);

/* ---- the producer ---- */

/** Room for @p rows; rows is 0 at first. */
wr__row_batch *wr__row_batch_new(const wr__row_queue *q, uint32_t rows);
void wr__row_batch_free(wr__row_batch *b);
/**
 * Takes the batch, also on failure; an empty one is only freed.
 * @param give_up looked at while waiting; may be NULL.
 * @return WEIR_ERR_INTERRUPTED: the queue was closed, or @p give_up is set.
 */
weir_status wr__row_queue_put(wr__row_queue *q, wr__row_batch *b, const atomic_bool *give_up,
                              weir_error *err) WR_MUST_CHECK;
/** Does nobody take rows any more? */
bool wr__row_queue_is_closed(wr__row_queue *q);
/** No more rows: WEIR_OK, or why. */
void wr__row_queue_end(wr__row_queue *q, weir_status st, const weir_error *why);

/* ---- the consumer ---- */

/** Nobody takes rows any more: a producer that waits gives up. */
void wr__row_queue_close(wr__row_queue *q);
/** The next row, valid until the next call. @return false: there is none just now. */
bool wr__row_queue_take(wr__row_queue *q, const wr_value **row, bool *tombstone);
/** Where the row came from that was taken last: as wr__row_batch.host. */
const char *wr__row_queue_host(const wr__row_queue *q);
/** The same as take; waits up to @p ms for one. */
bool wr__row_queue_wait(wr__row_queue *q, int ms, const wr_value **row, bool *tombstone);
/** Has the producer ended, and everything been taken? Then *st says how. */
bool wr__row_queue_ended(wr__row_queue *q, weir_status *st, weir_error *err);

#endif
