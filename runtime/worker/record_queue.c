/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of one partition in the order in which they were read, and a cursor into the first. */
#include "runtime/worker/record_queue.h"

void wr__queue_init(wr__record_queue *q, uint32_t topic, int32_t partition, int64_t offset)
{
    WR_ASSERT(partition >= 0 && offset >= 0);
    *q = (wr__record_queue){.topic = topic,
                            .partition = partition,
                            .next_offset = offset,
                            .committed_offset = offset,
                            .stop_offset = WR__NO_STOP,
                            .lag = -1,
                            .latest_ms = WR__TIME_UNKNOWN,
                            .promise_ms = WR__TIME_UNKNOWN};
}

const wr_record *wr__queue_head(const wr__record_queue *q)
{
    const wr_record *r =
        q->batches_n && !q->restoring ? &q->batches[0].batch->records[q->cursor] : NULL;
    return r && (q->stop_offset == WR__NO_STOP || r->offset < q->stop_offset) ? r : NULL;
}

static int64_t time_at(const wr__queued *b, uint32_t i)
{
    return b->times ? b->times[i] : b->batch->records[i].timestamp;
}

int64_t wr__queue_time(const wr__record_queue *q)
{
    WR_ASSERT(q->batches_n && q->cursor < q->batches[0].batch->n);
    return time_at(&q->batches[0], q->cursor);
}

bool wr__queue_at_stop(const wr__record_queue *q)
{
    return q->stop_offset != WR__NO_STOP && q->next_offset >= q->stop_offset;
}

bool wr__queue_awaits(const wr__record_queue *q)
{
    return !wr__queue_head(q) && (!q->at_end || q->idle_wait || q->restoring) &&
           !wr__queue_at_stop(q);
}

bool wr__queue_drained(const wr__record_queue *q)
{
    return !wr__queue_head(q) && q->at_end && !q->idle_wait && !q->restoring &&
           !wr__queue_at_stop(q);
}

/* Without what the log has around a record. Their arrays are about to be read anyway. */
static size_t bytes_of(const wr_log_batch *b, const int64_t *times)
{
    size_t bytes = b->n * (sizeof *b->records + (times ? sizeof *times : 0));
    for (uint32_t i = 0; i < b->n; i++)
        bytes += b->records[i].key.len + b->records[i].value.len;
    return bytes;
}

void wr__queue_push(wr__record_queue *q, wr_log_batch *b, int64_t *times)
{
    WR_ASSERT(b->n > 0 && b->partition == q->partition);
    if (q->batches_n == q->batches_cap) {
        q->batches_cap = q->batches_cap ? q->batches_cap * 2 : 4;
        q->batches = wr_realloc(q->batches, q->batches_cap * sizeof *q->batches);
    }
    size_t bytes = bytes_of(b, times);
    q->batches[q->batches_n++] = (wr__queued){b, times, bytes};
    q->bytes += bytes;
    q->buffered += b->n;
    q->at_end = q->idle_wait = false;
    q->idle_since_ns = 0;
}

uint32_t wr__queue_run(const wr__record_queue *q, int64_t limit_ms, uint32_t max)
{
    WR_ASSERT(wr__queue_head(q) && max > 0);
    const wr__queued *b = &q->batches[0];
    const wr_record *r = b->batch->records + q->cursor;
    uint32_t left = WR_MIN(b->batch->n - q->cursor, max), n = 1; /* the first was chosen already */
    int64_t stop = q->stop_offset == WR__NO_STOP ? INT64_MAX : q->stop_offset;
    if (limit_ms == INT64_MAX && stop == INT64_MAX)
        return left;
    while (n < left && time_at(b, q->cursor + n) <= limit_ms && r[n].offset < stop)
        n++;
    return n;
}

wr_log_batch *wr__queue_take(wr__record_queue *q, uint32_t n)
{
    WR_ASSERT(q->batches_n > 0);
    wr_log_batch *b = q->batches[0].batch;
    WR_ASSERT(n > 0 && n <= b->n - q->cursor && q->buffered >= n);
    q->latest_ms = WR_MAX(q->latest_ms, time_at(&q->batches[0], q->cursor + n - 1));
    q->cursor += n;
    q->buffered -= n;
    bool used_up = q->cursor == b->n;
    int64_t next = used_up ? b->next_offset : b->records[q->cursor].offset;
    WR_ASSERT(next > q->next_offset);
    q->next_offset = next;
    if (!used_up)
        return NULL;
    WR_ASSERT(q->bytes >= q->batches[0].bytes);
    q->bytes -= q->batches[0].bytes;
    wr_free(q->batches[0].times);
    q->batches_n--;
    memmove(q->batches, q->batches + 1, q->batches_n * sizeof *q->batches);
    q->cursor = 0;
    return b;
}

void wr__queue_skip(wr__record_queue *q, const wr_log_batch *b)
{
    WR_ASSERT(b->n == 0);
    if (q->batches_n)
        q->batches[q->batches_n - 1].batch->next_offset = b->next_offset;
    else
        q->next_offset = b->next_offset;
}

void wr__queue_clear(wr__record_queue *q, wr_log_reader *reader)
{
    for (size_t i = 0; i < q->batches_n; i++) {
        wr_log_reader_release(reader, q->batches[i].batch);
        wr_free(q->batches[i].times);
    }
    wr_free(q->batches);
    q->batches = NULL;
    q->batches_n = q->batches_cap = 0;
    q->cursor = q->buffered = 0;
    q->bytes = 0;
}
