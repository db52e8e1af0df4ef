/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of batches with one lock. Whoever waits wakes up now and then, since a flag that is set by
 * a signal handler, or by another statement, signals nobody.
 *
 * Rows are counted, not batches: a batch has between one row and a few thousand, and what a client
 * that has stopped reading may cost is memory, which goes by rows. One batch may go beyond the
 * limit, since a batch is never split; so the bound is the limit and the largest batch.
 *
 * Invariant: head is NULL exactly where tail is, and then nothing is queued.
 */
#include "runtime/statement/row_queue.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#define LOOK_MS 50
/* Bytes of texts in a row that room is made for ahead. */
#define TEXTS_MAX 256u

/**
 * All under `lock`, but what is constant. The producer only adds at `tail`, the consumer only takes
 * at `head`; a batch belongs to the queue from put to the take of its last row, then to `current`.
 */
struct wr__row_queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    wr__row_batch *head, *tail;
    wr__row_batch *current; /* the consumer's: the batch of the row handed out last, once empty */
    const char *host;       /* the consumer's: of that row */
    uint32_t queued;        /* rows */
    size_t bytes;           /* of the batches from head to tail */
    uint32_t columns;
    uint32_t row_texts; /* the producer's: bytes of a row beside its values, in the last batch */
    bool waits;
    void (*wake)(void *arg); /* NULL: the consumer waits */
    void *wake_arg;
    bool closed; /* by the consumer */
    bool ended;  /* by the producer: status, why */
    weir_status status;
    weir_error why;
};

/* The condition waits by the monotonic clock: a wall clock that is set back would make a time-out
 * last for hours. */
wr__row_queue *wr__row_queue_new(uint32_t columns, bool waits)
{
    wr__row_queue *q = wr_calloc(1, sizeof *q);
    q->columns = columns;
    q->waits = waits;
    pthread_condattr_t attr;
    pthread_mutex_init(&q->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&q->changed, &attr);
    pthread_condattr_destroy(&attr);
    return q;
}

/* Constant from here on, so it is read without the lock. */
void wr__row_queue_on_rows(wr__row_queue *q, void (*wake)(void *arg), void *arg)
{
    WR_ASSERT(wake && !q->wake);
    WR_ASSERT(!q->head && !q->ended);
    q->wake = wake;
    q->wake_arg = arg;
}

/* Rows that nobody has taken go with it. */
void wr__row_queue_free(wr__row_queue *q)
{
    if (!q)
        return;
    WR_ASSERT(!q->head == !q->tail);
    while (q->head) {
        wr__row_batch *next = q->head->next;
        wr__row_batch_free(q->head);
        q->head = next;
    }
    wr__row_batch_free(q->current);
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->changed);
    wr_free(q);
}

/* A point of the monotonic clock, which the condition waits by. */
static struct timespec in_ms(int ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* ---- the producer ---- */

/* The rows' own memory: they outlive the batch of the query that they were copied from. */
wr__row_batch *wr__row_batch_new(const wr__row_queue *q, uint32_t rows)
{
    size_t values = sizeof(wr_value) * rows * q->columns;
    /* One block for all but texts, which get as much as those of the batch before needed: a chain
     * of blocks, each twice the last, would be half empty. */
    wr_arena *a =
        wr_arena_new(sizeof(wr__row_batch) + values + rows + 64 + (size_t)q->row_texts * rows);
    wr__row_batch *b = WR_NEW(a, wr__row_batch);
    b->arena = a;
    b->values = wr_arena_alloc(a, values);
    b->tombstones = WR_NEW_N(a, bool, rows);
    b->bytes = wr_arena_used(a);
    return b;
}

void wr__row_batch_free(wr__row_batch *b)
{
    if (b)
        wr_arena_free(b->arena);
}

/* Where producer and consumer are one thread a full queue would wait for itself. */
void wr__row_queue_never_waits(wr__row_queue *q)
{
    WR_ASSERT(!q->head && !q->ended);
    q->waits = false;
}

/* By rows, and where nobody waits on the other side, by bytes. The lock is held. */
static bool is_full(const wr__row_queue *q)
{
    return q->queued >= WR__QUEUE_ROWS || (q->wake && q->bytes >= WR__QUEUE_BYTES);
}

/* What was refused is freed: the producer has nothing to clean up, and only passes the error on. */
weir_status wr__row_queue_put(wr__row_queue *q, wr__row_batch *b, const atomic_bool *give_up,
                              weir_error *err)
{
    WR_ASSERT(b->at == 0 && !b->next);
    if (!b->rows) {
        wr__row_batch_free(b);
        return WEIR_OK;
    }
    q->row_texts = (uint32_t)WR_MIN((wr_arena_used(b->arena) - b->bytes) / b->rows + 1, TEXTS_MAX);
    b->bytes = wr_arena_held(b->arena);
    pthread_mutex_lock(&q->lock);
    WR_ASSERT(!q->ended);
    while (q->waits && is_full(q) && !q->closed && !(give_up && atomic_load(give_up))) {
        struct timespec until = in_ms(LOOK_MS);
        pthread_cond_timedwait(&q->changed, &q->lock, &until);
    }
    bool refused = q->closed || (give_up && atomic_load(give_up)), first = !q->head;
    if (!refused) {
        WR_ASSERT(!q->head == !q->tail && (q->head || q->queued == 0));
        if (q->tail)
            q->tail->next = b;
        else
            q->head = b;
        q->tail = b;
        q->queued += b->rows;
        q->bytes += b->bytes;
        pthread_cond_broadcast(&q->changed);
    }
    pthread_mutex_unlock(&q->lock);
    if (!refused && first && q->wake)
        q->wake(q->wake_arg);
    if (!refused)
        return WEIR_OK;
    wr__row_batch_free(b);
    return wr_error(err, WEIR_ERR_INTERRUPTED, "The query was closed");
}

/* For producers that would wait for something else than room in the queue. */
bool wr__row_queue_is_closed(wr__row_queue *q)
{
    pthread_mutex_lock(&q->lock);
    bool closed = q->closed;
    pthread_mutex_unlock(&q->lock);
    return closed;
}

/* Rows that are in the queue come first; the consumer learns of the end after them. */
void wr__row_queue_end(wr__row_queue *q, weir_status st, const weir_error *why)
{
    pthread_mutex_lock(&q->lock);
    WR_ASSERT(!q->ended);
    q->ended = true;
    q->status = st;
    if (st != WEIR_OK)
        q->why = *why;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
    if (q->wake)
        q->wake(q->wake_arg);
}

/* ---- the consumer ---- */

/* May be called more than once. What is in the queue stays there, and is freed with it. */
void wr__row_queue_close(wr__row_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

/* @pre the queue's lock is held */
static bool take(wr__row_queue *q, const wr_value **row, bool *tombstone)
{
    wr__row_batch_free(q->current);
    q->current = NULL;
    wr__row_batch *b = q->head;
    if (!b) {
        WR_ASSERT(q->queued == 0 && !q->tail);
        return false;
    }
    WR_ASSERT(b->at < b->rows && q->queued > 0);
    *row = b->values + (size_t)b->at * q->columns;
    *tombstone = b->tombstones[b->at];
    q->host = b->host;
    b->at++;
    q->queued--;
    if (b->at == b->rows) {
        q->head = b->next;
        if (!q->head)
            q->tail = NULL;
        b->next = NULL;
        WR_ASSERT(q->bytes >= b->bytes);
        q->bytes -= b->bytes;
        q->current = b; /* its memory backs the row until the next call */
    }
    if (!is_full(q))
        pthread_cond_broadcast(&q->changed);
    return true;
}

/* Does not wait: for consumers that are the producer as well. What was handed out before is gone
 * from here on, also where there is nothing new. */
bool wr__row_queue_take(wr__row_queue *q, const wr_value **row, bool *tombstone)
{
    pthread_mutex_lock(&q->lock);
    bool taken = take(q, row, tombstone);
    pthread_mutex_unlock(&q->lock);
    return taken;
}

const char *wr__row_queue_host(const wr__row_queue *q)
{
    return q->host;
}

/* Waits once: whoever calls looks at its flags in between, and calls again. */
bool wr__row_queue_wait(wr__row_queue *q, int ms, const wr_value **row, bool *tombstone)
{
    struct timespec until = in_ms(ms);
    pthread_mutex_lock(&q->lock);
    int rc = 0;
    while (!q->head && !q->ended && rc == 0)
        rc = pthread_cond_timedwait(&q->changed, &q->lock, &until);
    bool taken = take(q, row, tombstone);
    pthread_mutex_unlock(&q->lock);
    return taken;
}

/* Only when everything was taken: an error of the producer does not hide the rows before it. */
bool wr__row_queue_ended(wr__row_queue *q, weir_status *st, weir_error *err)
{
    pthread_mutex_lock(&q->lock);
    bool ended = q->ended && !q->head;
    if (ended) {
        *st = q->status;
        if (q->status != WEIR_OK && err)
            *err = q->why;
    }
    pthread_mutex_unlock(&q->lock);
    return ended;
}
