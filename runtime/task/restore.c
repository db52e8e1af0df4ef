/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changelogs (Kafka): bringing a store forward from the position it was committed with, to the end
 * of its changelog (reliability.md section 6). The position is a note in the same atomic write as
 * the state, so both go back together after a crash.
 */
#include "runtime/task/internal.h"

#define RESTORE_BATCH      10000u
#define RESTORE_TIMEOUT_MS 60000

static void position_key(const wr__task_store *s, wr_buf *out)
{
    wr_buf_printf(out, "changelog/%s/%d", s->changelog, s->task->partition);
}

static void note_position(wr__task_store *s, wr_db_batch *b, int64_t offset)
{
    wr_buf key = {0};
    char value[8];
    position_key(s, &key);
    wr_put_be64(value, (uint64_t)offset);
    wr_db_batch_meta_put(b, wr_buf_view(&key), (wr_str){value, 8});
    wr_buf_free(&key);
}

void wr__store_note_position(wr__task_store *s, wr_db_batch *b)
{
    if (!s->changelog)
        return;
    wr_query *q = s->task->q;
    int64_t offset = wr_log_writer_position(q->scan->writer, s->changelog, s->task->partition);
    if (offset >= 0)
        note_position(s, b, offset);
}

static weir_status read_position(wr__task_store *s, int64_t *offset, weir_error *err)
{
    wr_buf key = {0}, value = {0};
    bool found;
    position_key(s, &key);
    weir_status st = wr_db_meta_get(s->task->q->db, NULL, wr_buf_view(&key), &value, &found, err);
    *offset = -1;
    if (st == WEIR_OK && found && value.len == 8)
        *offset = (int64_t)wr_get_be64(value.ptr);
    wr_buf_free(&key);
    wr_buf_free(&value);
    return st;
}

static weir_status apply(wr__task_store *s, wr_db_batch *b, const wr_log_batch *in, weir_error *err)
{
    for (uint32_t i = 0; i < in->n; i++) {
        const wr_record *r = &in->records[i];
        WR_TRY(wr_store_restore(s->store, b, r->key, r->value.ptr ? &r->value : NULL, err));
    }
    WR_TRY(wr_store_commit_into(s->store, b, err));
    note_position(s, b, in->next_offset);
    atomic_fetch_add(&s->task->q->restored, in->n);
    return wr_db_write(s->task->q->db, b, err);
}

static weir_status replay(wr__task_store *s, wr_log_reader *reader, int64_t from, int64_t to,
                          weir_error *err)
{
    wr_query *q = s->task->q;
    wr_topic_part part = {s->changelog, s->task->partition, from};
    WR_TRY(wr_log_reader_assign(reader, &part, 1, err));
    wr_db_batch *b = wr_db_batch_new(q->db);
    weir_status st = WEIR_OK;
    int64_t quiet_since = q->clock->mono_ns(q->clock);
    for (int64_t at = from; at < to && st == WEIR_OK;) {
        wr_log_batch *in = NULL;
        st = wr_log_reader_poll(reader, RESTORE_BATCH, 100, &in, err);
        if (st == WEIR_OK && in) {
            st = apply(s, b, in, err);
            at = in->next_offset;
            wr_log_reader_release(reader, in);
            quiet_since = q->clock->mono_ns(q->clock);
        } else if (st == WEIR_OK &&
                   q->clock->mono_ns(q->clock) - quiet_since > RESTORE_TIMEOUT_MS * 1000000ll) {
            st = wr_error(err, WEIR_ERR_LOG,
                          "Restoring %s of query %s: no records at offset %lld of %s for %d s",
                          s->name, q->id, (long long)at, s->changelog, RESTORE_TIMEOUT_MS / 1000);
        } else if (atomic_load(&q->want) == WR__WANT_STOP || atomic_load(&q->scan->stop_asked)) {
            st = wr_error(err, WEIR_ERR_INTERRUPTED, "Stopped while restoring %s", s->name);
        }
    }
    wr_db_batch_free(b);
    return st;
}

weir_status wr__store_restore(wr__task_store *s, weir_error *err)
{
    wr_query *q = s->task->q;
    wr_topic_part part = {s->changelog, s->task->partition, 0};
    int64_t low, high, from;
    WR_TRY(wr_topic_ends(q->log, &part, 1, &low, &high, err));
    WR_TRY(read_position(s, &from, err));
    if (from > high)
        return wr_error(
            err, WEIR_ERR_STORE,
            "The state of %s in query %s is ahead of its changelog %s (offset %lld, end "
            "%lld): the topic was recreated. Move the data directory aside to rebuild "
            "the state.",
            s->name, q->id, s->changelog, (long long)from, (long long)high);
    if (from < low)
        from = low;
    if (from == high)
        return WEIR_OK;
    wr_log_reader *reader;
    WR_TRY(wr_log_reader_new(q->log, NULL, &q->settings, &reader, err));
    weir_status st = replay(s, reader, from, high, err);
    wr_log_reader_close(reader);
    return st;
}
