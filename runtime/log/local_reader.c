/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the embedded log.
 *
 * A poll takes the next partition of the assignment that has something (round robin), reads as many
 * whole blocks after its position as fit, copies them into one buffer and decodes them there: the
 * batch owns the buffer, records are slices into it. Released batches are kept for the next poll,
 * because allocating and faulting in a few hundred KiB costs more than decoding them.
 *
 * A topic that is removed stays in memory, marked, while a reader has it: nothing comes from it any
 * more. Once there is another topic of its name every poll says so (log_gap.c); likewise where the
 * position is after the partition's end, which no topic that we have read can be.
 *
 * Nothing there: the reader puts itself on the log's list of waiting readers and sleeps; a commit
 * wakes those whose partitions moved. No polling, so an idle reader costs nothing.
 *
 * Thread: a reader belongs to one thread; only wr__local_wake comes from others.
 */
#include "runtime/log/local.h"

#include <errno.h>
#include <time.h>

enum { BATCH_BYTES = 4 * 1024 * 1024, SPARE_MAX = 4 };

typedef struct local_block {
    size_t at; /* in batch->bytes */
    uint32_t len, n, skip;
    int64_t first;
} local_block;

typedef struct local_batch {
    wr_log_batch base;        /* first */
    struct local_batch *next; /* spare */
    wr_buf bytes;
    local_block *blocks;
    size_t blocks_n, blocks_cap;
    wr_record *records;
    size_t records_cap;
    wr_arena *headers;
} local_batch;

typedef struct local_part {
    const char *name; /* as given to assign */
    wr__local_topic *topic;
    int32_t partition;
    int64_t next;
    bool paused;
} local_part;

struct wr_log_reader {
    wr__log_reader_base base; /* first */
    wr__local *log;
    bool from_earliest; /* for WR_OFFSET_NONE */
    wr_log_rebalance request;
    bool asked; /* it waits for an answer */
    local_part *parts;
    uint32_t parts_n;
    uint32_t turn; /* where the next poll begins to look */
    local_batch *spare;
    uint32_t spare_n;
    /* Under log->lock: */
    wr_log_reader *waiting_next;
    pthread_cond_t moved;
    bool woken;
};

/* ---- life ---- */

weir_status wr__local_reader_new(wr_log *log, const char *group, const wr_settings *settings,
                                 wr_log_reader **out, weir_error *err)
{
    (void)group; /* whose offsets are committed is said at commit */
    (void)err;
    wr_log_reader *r = wr_calloc(1, sizeof *r);
    r->log = (wr__local *)log;
    const char *reset = settings ? wr_settings_get(settings, "auto.offset.reset") : NULL;
    r->from_earliest = reset && strcmp(reset, "earliest") == 0;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&r->moved, &attr);
    pthread_condattr_destroy(&attr);
    *out = r;
    return WEIR_OK;
}

static void drop_assignment(wr_log_reader *r)
{
    for (uint32_t i = 0; i < r->parts_n; i++)
        wr__local_topic_unref(r->log, r->parts[i].topic);
    wr_free(r->parts);
    r->parts = NULL;
    r->parts_n = 0;
}

static void free_batch(local_batch *b)
{
    wr_buf_free(&b->bytes);
    wr_free(b->blocks);
    wr_free(b->records);
    wr_arena_free(b->headers);
    wr_free(b);
}

static void forget_request(wr_log_reader *r)
{
    wr_free((void *)r->request.parts);
    r->request = (wr_log_rebalance){0};
    r->asked = false;
}

static void free_spares(wr_log_reader *r)
{
    while (r->spare) {
        local_batch *next = r->spare->next;
        free_batch(r->spare);
        r->spare = next;
    }
    r->spare_n = 0;
}

void wr__local_reader_close(wr_log_reader *r)
{
    if (!r)
        return;
    forget_request(r);
    drop_assignment(r);
    free_spares(r);
    pthread_cond_destroy(&r->moved);
    wr_free(r);
}

/* ---- assignment ---- */

static weir_status resolve(wr_log_reader *r, local_part *p, int64_t offset, weir_error *err)
{
    const wr__local_topic *t = p->topic;
    if (p->partition < 0 || p->partition >= t->partitions)
        return wr__local_no_partition(t, p->partition, err);
    if (offset == WR_OFFSET_NONE)
        offset = r->from_earliest ? WR_OFFSET_BEGINNING : WR_OFFSET_END;
    if (offset < 0 && offset != WR_OFFSET_BEGINNING && offset != WR_OFFSET_END)
        return wr_error(err, WEIR_ERR_LOG, "Topic '%s' has no offset %lld", t->name,
                        (long long)offset);
    pthread_mutex_lock(&r->log->lock);
    const wr__local_part *part = &t->parts[p->partition];
    p->next = offset == WR_OFFSET_BEGINNING ? part->low
              : offset == WR_OFFSET_END     ? part->high
                                            : offset;
    pthread_mutex_unlock(&r->log->lock);
    return WEIR_OK;
}

weir_status wr__local_assign(wr_log_reader *r, const wr_topic_part *parts, uint32_t n,
                             weir_error *err)
{
    drop_assignment(r);
    r->parts = wr_calloc(n ? n : 1, sizeof *r->parts);
    r->turn = 0;
    for (uint32_t i = 0; i < n; i++) {
        local_part *p = &r->parts[i];
        *p = (local_part){.name = parts[i].topic, .partition = parts[i].partition};
        weir_status st = wr__local_topic_ref(r->log, parts[i].topic, &p->topic, err);
        if (st == WEIR_OK) {
            r->parts_n++;
            st = resolve(r, p, parts[i].offset, err);
        }
        if (st != WEIR_OK) {
            drop_assignment(r);
            return st;
        }
    }
    forget_request(r);
    return WEIR_OK;
}

const wr_log_rebalance *wr__local_rebalance(const wr_log_reader *r)
{
    return r->asked ? &r->request : NULL;
}

/* Nobody shares them: all partitions, at once. */
weir_status wr__local_subscribe(wr_log_reader *r, const char *const *topics, uint32_t n,
                                weir_error *err)
{
    wr_topic_part *parts = NULL;
    uint32_t parts_n = 0;
    weir_status st = WEIR_OK;
    for (uint32_t i = 0; i < n && st == WEIR_OK; i++) {
        wr__local_topic *t;
        st = wr__local_topic_ref(r->log, topics[i], &t, err);
        if (st != WEIR_OK)
            break;
        parts = wr_realloc(parts, (parts_n + (size_t)t->partitions) * sizeof *parts);
        for (int32_t p = 0; p < t->partitions; p++)
            parts[parts_n++] = (wr_topic_part){topics[i], p, WR_OFFSET_NONE};
        wr__local_topic_unref(r->log, t);
    }
    if (st != WEIR_OK) {
        wr_free(parts);
        return st;
    }
    forget_request(r);
    r->request = (wr_log_rebalance){WR_REBALANCE_ASSIGN, parts, parts_n};
    r->asked = true;
    return WEIR_OK;
}

weir_status wr__local_pause(wr_log_reader *r, uint32_t assignment, bool paused, weir_error *err)
{
    (void)err;
    WR_ASSERT(assignment < r->parts_n);
    r->parts[assignment].paused = paused;
    return WEIR_OK;
}

int64_t wr__local_known_end(const wr_log_reader *r, uint32_t assignment)
{
    WR_ASSERT(assignment < r->parts_n);
    const local_part *p = &r->parts[assignment];
    pthread_mutex_lock(&r->log->lock);
    int64_t high = p->topic->parts[p->partition].high;
    pthread_mutex_unlock(&r->log->lock);
    return high;
}

/* ---- waiting ---- */

/* Is this topic, or are these offsets, not what the position is one of? @pre `lock` is held. */
static bool made_anew(const wr_log_reader *r, const local_part *p)
{
    if (p->topic->removed)
        return wr_map_get(&r->log->topics, wr_str_c(p->topic->name)) != NULL;
    return p->next > p->topic->parts[p->partition].high;
}

/* Has it records, or something to be said? @pre `lock` is held. */
static bool readable(const wr_log_reader *r, const local_part *p)
{
    if (p->paused)
        return false;
    return (!p->topic->removed && p->next < p->topic->parts[p->partition].high) || made_anew(r, p);
}

/* Index of the next partition to look at, or parts_n. @pre `lock` is held. */
static uint32_t next_readable(const wr_log_reader *r)
{
    for (uint32_t k = 0; k < r->parts_n; k++) {
        uint32_t i = (r->turn + k) % r->parts_n;
        if (readable(r, &r->parts[i]))
            return i;
    }
    return r->parts_n;
}

void wr__local_wake_readers(wr__local *log)
{
    for (wr_log_reader *r = log->waiting; r; r = r->waiting_next)
        if (next_readable(r) < r->parts_n)
            pthread_cond_signal(&r->moved);
}

void wr__local_wake(wr_log_reader *r)
{
    pthread_mutex_lock(&r->log->lock);
    r->woken = true;
    pthread_cond_signal(&r->moved);
    pthread_mutex_unlock(&r->log->lock);
}

static void leave_waiting(wr_log_reader *r)
{
    wr_log_reader **at = &r->log->waiting;
    while (*at != r)
        at = &(*at)->waiting_next;
    *at = r->waiting_next;
    r->waiting_next = NULL;
}

typedef struct found {
    uint32_t part; /* parts_n: the time is over, or someone woke us */
    bool anew;     /* made anew: then `high` is of the new one */
    int64_t low, high;
} found;

/* @pre `lock` is held */
static found look_at(const wr_log_reader *r, uint32_t i)
{
    found f = {.part = i};
    if (i == r->parts_n)
        return f;
    const local_part *p = &r->parts[i];
    const wr__local_topic *t = p->topic;
    f.anew = made_anew(r, p);
    /* The whole topic is another one: what says most is the partition that was read furthest. */
    for (uint32_t k = 0; k < r->parts_n && f.anew && t->removed; k++)
        if (r->parts[k].topic == t && r->parts[k].next > r->parts[f.part].next)
            f.part = k;
    p = &r->parts[f.part];
    if (t->removed)
        t = wr_map_get(&r->log->topics, wr_str_c(t->name));
    if (t && p->partition < t->partitions) { /* else the new one has fewer: it ends at 0 */
        f.low = t->parts[p->partition].low;
        f.high = t->parts[p->partition].high;
    }
    WR_ASSERT(f.low <= f.high && (f.anew || p->next < f.high));
    return f;
}

static found wait_for_records(wr_log_reader *r, int timeout_ms)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    int64_t ns = deadline.tv_nsec + (int64_t)WR_MAX(timeout_ms, 0) % 1000 * 1000000;
    deadline.tv_sec += WR_MAX(timeout_ms, 0) / 1000 + ns / 1000000000;
    deadline.tv_nsec = ns % 1000000000;

    pthread_mutex_lock(&r->log->lock);
    uint32_t i = next_readable(r);
    if (i == r->parts_n && timeout_ms != 0 && !r->woken) {
        r->waiting_next = r->log->waiting;
        r->log->waiting = r;
        int rc = 0;
        while ((i = next_readable(r)) == r->parts_n && !r->woken && rc != ETIMEDOUT)
            rc = timeout_ms < 0 ? pthread_cond_wait(&r->moved, &r->log->lock)
                                : pthread_cond_timedwait(&r->moved, &r->log->lock, &deadline);
        leave_waiting(r);
    }
    r->woken = false;
    found f = look_at(r, i);
    pthread_mutex_unlock(&r->log->lock);
    return f;
}

/* ---- reading ---- */

static local_batch *take_batch(wr_log_reader *r)
{
    local_batch *b = r->spare;
    if (b) {
        r->spare = b->next;
        r->spare_n--;
    } else {
        b = wr_calloc(1, sizeof *b);
        b->headers = wr_arena_new(0);
    }
    b->next = NULL;
    b->blocks_n = 0;
    wr_buf_clear(&b->bytes);
    wr_arena_reset(b->headers);
    return b;
}

void wr__local_release(wr_log_reader *r, wr_log_batch *batch)
{
    local_batch *b = batch->owner;
    WR_ASSERT(r->spare_n <= SPARE_MAX && !b->next); /* not released twice */
    if (r->spare_n == SPARE_MAX) {
        free_batch(b);
        return;
    }
    b->next = r->spare;
    r->spare = b;
    r->spare_n++;
}

/* Copy the blocks from p->next on, up to `high`, while they fit. */
static weir_status collect(local_batch *b, wr_db_iter *it, int64_t from, int64_t high,
                           uint32_t max_records, uint32_t *records, weir_error *err)
{
    *records = 0;
    for (int64_t at = from; at < high && wr_db_iter_valid(it); wr_db_iter_next(it)) {
        wr_str key = wr_db_iter_key(it), value = wr_db_iter_value(it);
        int64_t first = (int64_t)wr_get_be64(key.ptr + 8);
        wr__block_head head;
        WR_TRY(wr__block_peek(value, &head, err));
        if (first > at || first + head.n <= at)
            break; /* a hole: the caller says so when it is at the beginning */
        uint32_t skip = (uint32_t)(at - first), n = head.n - skip;
        if (*records && (*records + n > max_records || b->bytes.len + value.len > BATCH_BYTES))
            break;
        if (b->blocks_n == b->blocks_cap) {
            b->blocks_cap = b->blocks_cap ? b->blocks_cap * 2 : 8;
            b->blocks = wr_realloc(b->blocks, b->blocks_cap * sizeof *b->blocks);
        }
        b->blocks[b->blocks_n++] = (local_block){b->bytes.len, value.len, n, skip, first};
        wr_buf_str(&b->bytes, value);
        *records += n;
        at = first + head.n;
    }
    return wr_db_iter_status(it, err);
}

static weir_status decode(local_batch *b, const local_part *p, uint32_t records, weir_error *err)
{
    if (b->records_cap < records) {
        wr_free(b->records);
        b->records_cap = WR_MAX(records, WR__BLOCK_RECORDS);
        b->records = wr_calloc(b->records_cap, sizeof *b->records);
    }
    wr_record *out = b->records;
    for (size_t i = 0; i < b->blocks_n; i++) {
        const local_block *k = &b->blocks[i];
        wr_str bytes = {b->bytes.ptr + k->at, k->len};
        weir_status st =
            wr__block_decode(bytes, k->skip, k->first, p->partition, b->headers, out, err);
        if (st != WEIR_OK) {
            wr_error_prefix(err, "Topic %s, partition %d, offset %lld: ", p->topic->name,
                            p->partition, (long long)k->first);
            return st;
        }
        out += k->n;
    }
    WR_ASSERT(out == b->records + records);
    return WEIR_OK;
}

static weir_status read_part(wr_log_reader *r, local_part *p, int64_t high, uint32_t max_records,
                             local_batch *b, uint32_t *records, weir_error *err)
{
    char lower[WR__KEY_BYTES], upper[WR__KEY_BYTES], at[WR__KEY_BYTES];
    wr__local_key(lower, p->topic->id, p->partition, 0);
    wr__local_key(upper, p->topic->id, p->partition + 1, 0);
    wr__local_key(at, p->topic->id, p->partition, p->next + 1);
    wr_db_iter *it = wr_db_iter_new(r->log->db, NULL, WR_DB_LOG, (wr_str){lower, WR__KEY_BYTES},
                                    (wr_str){upper, WR__KEY_BYTES});
    wr_db_iter_seek_before(it, (wr_str){at, WR__KEY_BYTES}); /* the block that holds p->next */
    weir_status st = collect(b, it, p->next, high, max_records, records, err);
    wr_db_iter_free(it);
    if (st == WEIR_OK)
        st = decode(b, p, *records, err);
    *records = WR_MIN(*records, max_records); /* one block may hold more: it is read again */
    return st;
}

/* No block where one should be: removed or expired meanwhile, else damage. */
static weir_status explain_hole(wr_log_reader *r, const local_part *p, weir_error *err)
{
    pthread_mutex_lock(&r->log->lock);
    bool gone = p->topic->removed || p->next < p->topic->parts[p->partition].low;
    pthread_mutex_unlock(&r->log->lock);
    if (gone)
        return WEIR_OK;
    wr_error(err, WEIR_ERR_LOG, "Topic %s, partition %d: the block at offset %lld is missing",
             p->topic->name, p->partition, (long long)p->next);
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_LOG;
}

weir_status wr__local_poll(wr_log_reader *r, uint32_t max_records, int timeout_ms,
                           wr_log_batch **out, weir_error *err)
{
    WR_ASSERT(max_records > 0);
    *out = NULL;
    if (r->asked)
        return WEIR_OK;
    found f = wait_for_records(r, timeout_ms);
    if (f.part == r->parts_n) {
        if (timeout_ms > 0) /* it has waited: there may be nothing for long */
            free_spares(r);
        return WEIR_OK;
    }
    local_part *p = &r->parts[f.part];
    if (f.anew)
        return wr__log_made_anew(p->topic->name, p->partition, p->next, f.high, err);
    r->turn = f.part + 1;
    if (p->next < f.low) {
        wr__log_records_gone(&r->base, p->topic->name, p->partition, p->next, f.low);
        p->next = f.low;
    }
    local_batch *b = take_batch(r);
    uint32_t n = 0;
    weir_status st = read_part(r, p, f.high, max_records, b, &n, err);
    if (st == WEIR_OK && n == 0)
        st = explain_hole(r, p, err);
    if (st != WEIR_OK || n == 0) {
        wr__local_release(r, &(wr_log_batch){.owner = b});
        return st;
    }
    p->next = b->records[n - 1].offset + 1;
    b->base = (wr_log_batch){.topic = p->name,
                             .assignment = f.part,
                             .partition = p->partition,
                             .records = b->records,
                             .n = n,
                             .next_offset = p->next,
                             .owner = b};
    *out = &b->base;
    return WEIR_OK;
}
