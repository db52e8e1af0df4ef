/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of one partition in the order in which they were read, and a cursor into the first. */
#include "runtime/worker/record_queue.h"

const wr_record *wr__queue_head(const wr__record_queue *q)
{
    const wr_record *r = q->batches_n ? &q->batches[0]->records[q->cursor] : NULL;
    return r && (q->stop_offset == WR__NO_STOP || r->offset < q->stop_offset) ? r : NULL;
}

bool wr__queue_at_stop(const wr__record_queue *q)
{
    return q->stop_offset != WR__NO_STOP && q->next_offset >= q->stop_offset;
}

bool wr__queue_awaits(const wr__record_queue *q)
{
    return !wr__queue_head(q) && !q->at_end && !wr__queue_at_stop(q);
}

void wr__queue_push(wr__record_queue *q, wr_log_batch *b)
{
    WR_ASSERT(b->n > 0 && b->partition == q->partition);
    if (q->batches_n == q->batches_cap) {
        q->batches_cap = q->batches_cap ? q->batches_cap * 2 : 4;
        q->batches = wr_realloc((void *)q->batches, q->batches_cap * sizeof(wr_log_batch *));
    }
    q->batches[q->batches_n++] = b;
    q->buffered += b->n;
    q->at_end = false;
}

uint32_t wr__queue_run(const wr__record_queue *q, int64_t limit_ms, uint32_t max)
{
    WR_ASSERT(wr__queue_head(q) && max > 0);
    const wr_log_batch *b = q->batches[0];
    const wr_record *r = b->records + q->cursor;
    uint32_t left = WR_MIN(b->n - q->cursor, max), n = 1; /* the first was chosen already */
    int64_t stop = q->stop_offset == WR__NO_STOP ? INT64_MAX : q->stop_offset;
    if (limit_ms == INT64_MAX && stop == INT64_MAX)
        return left;
    while (n < left && r[n].timestamp <= limit_ms && r[n].offset < stop)
        n++;
    return n;
}

wr_log_batch *wr__queue_take(wr__record_queue *q, uint32_t n)
{
    wr_log_batch *b = q->batches[0];
    WR_ASSERT(n > 0 && n <= b->n - q->cursor && q->buffered >= n);
    q->cursor += n;
    q->buffered -= n;
    bool used_up = q->cursor == b->n;
    int64_t next = used_up ? b->next_offset : b->records[q->cursor].offset;
    WR_ASSERT(next > q->next_offset);
    q->next_offset = next;
    if (!used_up)
        return NULL;
    q->batches_n--;
    memmove((void *)q->batches, (void *)(q->batches + 1), q->batches_n * sizeof(wr_log_batch *));
    q->cursor = 0;
    return b;
}

void wr__queue_skip(wr__record_queue *q, const wr_log_batch *b)
{
    WR_ASSERT(b->n == 0);
    if (q->batches_n)
        q->batches[q->batches_n - 1]->next_offset = b->next_offset;
    else
        q->next_offset = b->next_offset;
}

void wr__queue_clear(wr__record_queue *q, wr_log_reader *reader)
{
    for (size_t i = 0; i < q->batches_n; i++)
        wr_log_reader_release(reader, q->batches[i]);
    wr_free((void *)q->batches);
    q->batches = NULL;
    q->batches_n = q->batches_cap = 0;
    q->cursor = q->buffered = 0;
}
