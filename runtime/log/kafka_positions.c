/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The positions topic: how far groups have come, in the same transactions as their outputs.
 *
 * A group's offsets at the broker are not safe there. Those of a group without members (the queries
 * that share a worker) expire while nothing moves; whoever may, resets or deletes them, even while
 * a transaction with newer ones is pending. State and outputs know nothing of it: reading from
 * other offsets would count records twice, or leave them out. So exactly-once writes them a second
 * time, into a compacted topic of the service:
 *
 *     topic    "_confluent-ksql-<service id>weir-positions", one partition
 *     key      "<group>/<topic>/<partition>"
 *     value    the offset of the next record to process, in decimal; none: nothing is known
 *
 * Where a new query begins stands there too, from before it has committed anything, under the key
 * with "/begin" after it. It counts where there is no position. A key of its own, as it is written
 * without a transaction: of two processes that make the query at the same time the slower one must
 * not take back what the other has committed meanwhile. For the same reason the first one counts.
 *
 * At a start these are what counts: they belong to the outputs and changelogs by the transaction. A
 * group that says something else was moved by somebody; a warning says so, and names the setting
 * that makes the group's offsets count (weir.offsets.from.group). The first at-least-once commit of
 * a group takes its entries away, since they will not be kept up.
 *
 * The topic is read when offsets are asked for, from where it was read up to last time, to the end
 * that it had at the call. A transaction that is not decided yet is waited for, as for the group's
 * own offsets.
 *
 * Threads: any; one lock.
 */
#include "runtime/log/kafka.h"
#include "common/diag.h"

enum { READ_MAX_MS = 60000, POLL_MS = 100, POLL_RECORDS = 10000, ASK_AGAIN_POLLS = 10 };
#define SEGMENT_BYTES (16 << 20) /* what is older gets compacted: this much is read at a start */

void wr__positions_init(wr__kafka *log)
{
    wr__positions *p = &log->positions;
    wr_buf name = {0};
    wr_buf_printf(&name, "_confluent-ksql-%sweir-positions",
                  wr_settings_get(&log->settings, "ksql.service.id"));
    p->topic = wr_strdup(wr_buf_cstr(&name));
    wr_buf_free(&name);
    wr_map_init(&p->offsets);
    pthread_mutex_init(&p->lock, NULL);
}

void wr__positions_destroy(wr__kafka *log)
{
    pthread_mutex_destroy(&log->positions.lock);
    wr_map_free(&log->positions.offsets);
    wr_free(log->positions.topic);
}

weir_status wr__positions_create(wr__kafka *log, weir_error *err)
{
    wr_topic_spec spec = {
        .name = log->positions.topic,
        .partitions = 1,
        .replicas = wr_settings_internal_replicas(&log->settings),
        .retention_ms = -1,
        .segment_bytes = SEGMENT_BYTES,
        .compact = true,
        .internal = true,
    };
    wr_topic_info info;
    weir_status st = wr__kafka_describe_briefly(log, spec.name, &info, err);
    if (st == WEIR_ERR_NOT_FOUND)
        st = wr__kafka_create(&log->base, &spec, err);
    return st == WEIR_ERR_EXISTS ? WEIR_OK : st;
}

/* ---- reading ---- */

static void *as_value(int64_t offset)
{
    return (void *)(intptr_t)(offset + 1);
}

#define BEGIN "/begin"

static bool says_begin(wr_str key)
{
    const size_t n = sizeof BEGIN - 1;
    return key.len > n && memcmp(key.ptr + key.len - n, BEGIN, n) == 0;
}

/* What nobody of this program has written is left out, and said. */
static void apply(wr__positions *p, const wr_record *r)
{
    int64_t offset = -1;
    if (!r->key.ptr || (r->value.ptr && (!wr_str_to_i64(r->value, &offset) || offset < 0)))
        wr_diag_put(WR_DIAG_WARN, "kafka", "%s offset %lld is no position", p->topic,
                    (long long)r->offset);
    else if (!r->value.ptr)
        (void)wr_map_remove(&p->offsets, r->key);
    else if (!says_begin(r->key) || !wr_map_get(&p->offsets, r->key))
        (void)wr_map_put(&p->offsets, r->key, as_value(offset));
}

/* An end that was asked for while a broker was going may not be there when it is back. */
static weir_status still_there(wr__kafka *log, int64_t *to, weir_error *err)
{
    wr_topic_part part = {log->positions.topic, 0, 0};
    int64_t low, high;
    WR_TRY(wr__kafka_ends(&log->base, &part, 1, &low, &high, err));
    *to = WR_MIN(*to, high);
    return WEIR_OK;
}

static weir_status read_to(wr__kafka *log, wr_log_reader *reader, int64_t from, int64_t to,
                           weir_error *err)
{
    wr__positions *p = &log->positions;
    wr_topic_part part = {p->topic, 0, from};
    WR_ASSERT(from >= 0 && from < to);
    WR_TRY(wr_log_reader_assign(reader, &part, 1, err));
    int64_t deadline = wr__log_now_ms() + READ_MAX_MS;
    int silent = 0;
    for (p->next = from; p->next < to;) {
        wr_log_batch *b = NULL;
        WR_TRY(wr_log_reader_poll(reader, POLL_RECORDS, POLL_MS, &b, err));
        if (b) {
            for (uint32_t i = 0; i < b->n; i++)
                apply(p, &b->records[i]);
            p->next = b->next_offset;
            wr_log_reader_release(reader, b);
            silent = 0;
        } else if (++silent % ASK_AGAIN_POLLS == 0) {
            WR_TRY(still_there(log, &to, err));
        } else if (wr__log_now_ms() > deadline) {
            return wr__kafka_error(err, RD_KAFKA_RESP_ERR__TIMED_OUT,
                                   "Reading %s: nothing comes at offset %lld", p->topic,
                                   (long long)p->next);
        }
    }
    return WEIR_OK;
}

/* @pre the lock is held */
static weir_status refresh(wr__kafka *log, weir_error *err)
{
    wr__positions *p = &log->positions;
    wr_topic_part part = {p->topic, 0, 0};
    wr_topic_info info;
    int64_t low, high;
    weir_status st = wr__kafka_describe_briefly(log, p->topic, &info, err);
    if (st == WEIR_OK)
        st = wr__kafka_ends(&log->base, &part, 1, &low, &high, err);
    if (st != WEIR_OK)
        return st == WEIR_ERR_NOT_FOUND ? WEIR_OK : st;
    if (high < p->next) { /* made anew */
        wr_map_free(&p->offsets);
        wr_map_init(&p->offsets);
        p->next = low;
    }
    if (p->next == high)
        return WEIR_OK;
    wr_settings settings;
    wr_settings_init(&settings, &log->settings);
    wr_settings_put(&settings, "restore.consumer.isolation.level", "read_committed");
    wr_settings_put(&settings, "restore.consumer.fetch.wait.max.ms", "10"); /* markers at the end */
    wr_log_reader *reader;
    st = wr_log_reader_new(&log->base, NULL, &settings, &reader, err);
    wr_settings_free(&settings);
    WR_TRY(st);
    st = read_to(log, reader, WR_MAX(p->next, low), high, err);
    wr_log_reader_close(reader);
    return st;
}

/* ---- where to go on ---- */

void wr__positions_warn(const char *group, const wr_topic_part *part, int64_t kept)
{
    WR_ASSERT(kept >= 0 && part->offset != kept);
    if (part->offset == WR_OFFSET_NONE)
        wr_diag_put(WR_DIAG_WARN, "kafka",
                    "the broker has no offset of group %s for %s partition %d: it goes on at %lld, "
                    "to which its state and output belong",
                    group, part->topic, part->partition, (long long)kept);
    else
        wr_diag_put(WR_DIAG_WARN, "kafka",
                    "somebody has moved group %s to offset %lld of %s partition %d: it goes on at "
                    "%lld all the same, to which its state and output belong "
                    "(weir.offsets.from.group = true begins where the group says)",
                    group, (long long)part->offset, part->topic, part->partition, (long long)kept);
}

weir_status wr__positions_choose(wr__kafka *log, const char *group, wr_topic_part *parts,
                                 uint32_t n, weir_error *err)
{
    wr_buf name = {0};
    pthread_mutex_lock(&log->positions.lock);
    weir_status st = refresh(log, err);
    for (uint32_t i = 0; i < n && st == WEIR_OK; i++) {
        wr_buf_clear(&name);
        wr__offset_name(&name, group, parts[i].topic, parts[i].partition);
        void *kept = wr_map_get(&log->positions.offsets, wr_buf_view(&name));
        if (!kept) {
            wr_buf_puts(&name, BEGIN);
            kept = wr_map_get(&log->positions.offsets, wr_buf_view(&name));
        }
        if (kept)
            parts[i].offset = (int64_t)(intptr_t)kept - 1;
    }
    pthread_mutex_unlock(&log->positions.lock);
    wr_buf_free(&name);
    return st;
}

/* ---- records for the topic ---- */

static void add(wr__position_records *r, wr_str key, wr_str value)
{
    WR_ASSERT(key.len > 0);
    const int64_t now = wr__log_wall_ms();
    const int32_t first = 0;
    if (value.ptr)
        value = wr_arena_str(r->arena, value);
    key = wr_arena_str(r->arena, key);
    wr_arr_push(r->arena, &r->keys, key);
    wr_arr_push(r->arena, &r->values, value);
    wr_arr_push(r->arena, &r->times, now);
    wr_arr_push(r->arena, &r->partitions, first);
}

wr_out_records wr__positions_out(const wr__position_records *r)
{
    WR_ASSERT(r->keys.n == r->values.n && r->keys.n == r->times.n);
    return (wr_out_records){.n = (uint32_t)r->keys.n,
                            .keys = r->keys.v,
                            .values = r->values.v,
                            .timestamps = r->times.v,
                            .partitions = r->partitions.v};
}

void wr__positions_moved(const wr__sent_offsets *sent, const wr_log_group_offsets *groups,
                         uint32_t n, wr__position_records *out)
{
    wr_buf key = {0}, value = {0};
    for (uint32_t g = 0; g < n; g++) {
        for (uint32_t i = 0; i < groups[g].n; i++) {
            const wr_topic_part *part = &groups[g].offsets[i];
            if (!wr__sent_moves_part(sent, groups[g].group, part))
                continue;
            WR_ASSERT(part->offset >= 0);
            wr_buf_clear(&key);
            wr_buf_clear(&value);
            wr__offset_name(&key, groups[g].group, part->topic, part->partition);
            wr_buf_printf(&value, "%lld", (long long)part->offset);
            add(out, wr_buf_view(&key), wr_buf_view(&value));
        }
    }
    wr_buf_free(&key);
    wr_buf_free(&value);
}

void wr__positions_begin(const wr_log_group_offsets *group, wr__position_records *out)
{
    wr_buf key = {0}, value = {0};
    for (uint32_t i = 0; i < group->n; i++) {
        wr_buf_clear(&key);
        wr_buf_clear(&value);
        wr__offset_name(&key, group->group, group->offsets[i].topic, group->offsets[i].partition);
        wr_buf_puts(&key, BEGIN);
        wr_buf_printf(&value, "%lld", (long long)group->offsets[i].offset);
        add(out, wr_buf_view(&key), wr_buf_view(&value));
    }
    wr_buf_free(&key);
    wr_buf_free(&value);
}

/* @pre the lock is held */
static void forget(wr__positions *p, wr_str key, wr__position_records *out)
{
    if (wr_map_remove(&p->offsets, key))
        add(out, key, (wr_str){0});
}

void wr__positions_stale(wr__kafka *log, const wr__sent_offsets *sent,
                         const wr_log_group_offsets *groups, uint32_t n, wr__position_records *out)
{
    wr_buf key = {0};
    pthread_mutex_lock(&log->positions.lock);
    for (uint32_t g = 0; g < n && log->positions.offsets.live; g++) {
        for (uint32_t i = 0; i < groups[g].n; i++) {
            const wr_topic_part *part = &groups[g].offsets[i];
            wr_buf_clear(&key);
            wr__offset_name(&key, groups[g].group, part->topic, part->partition);
            if (wr_map_get(&sent->offsets, wr_buf_view(&key)))
                continue;
            forget(&log->positions, wr_buf_view(&key), out);
            wr_buf_puts(&key, BEGIN);
            forget(&log->positions, wr_buf_view(&key), out);
        }
    }
    pthread_mutex_unlock(&log->positions.lock);
    wr_buf_free(&key);
}

weir_status wr__positions_of(wr__kafka *log, const char *group, wr__position_records *out,
                             weir_error *err)
{
    wr_buf prefix = {0};
    wr_buf_printf(&prefix, "%s/", group);
    pthread_mutex_lock(&log->positions.lock);
    weir_status st = refresh(log, err);
    const wr_map_entry *e;
    for (size_t i = 0; st == WEIR_OK && (e = wr_map_next(&log->positions.offsets, &i));)
        if (e->key.len >= prefix.len && memcmp(e->key.ptr, prefix.ptr, prefix.len) == 0)
            add(out, e->key, (wr_str){0});
    pthread_mutex_unlock(&log->positions.lock);
    wr_buf_free(&prefix);
    return st;
}
