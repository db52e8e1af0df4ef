/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bringing a store forward from the position it was written with, to the end of its changelog
 * (reliability.md section 6). The position is a metadata entry in the same atomic write as the
 * state, so both go back together after a crash: the database is at or ahead of the position, never
 * before it, and reading the changelog from there makes it right.
 *
 * This runs while the task is opened, on the worker's thread; a query that is to stop gives it up.
 */
#include "common/fault.h"
#include "runtime/log/log_reader.h"
#include "runtime/log/log_topics.h"
#include "runtime/task/task_internal.h"

#define RESTORE_BATCH         10000u
#define RESTORE_TIMEOUT_MS    60000
#define POLL_MS               100
#define RESTORE_FETCH_WAIT_MS "10"

/* ---- positions ---- */

void wr_task_position_key(const char *changelog, int32_t partition, wr_buf *out)
{
    wr_buf_printf(out, "changelog/%s/%d", changelog, partition);
}

static void put_position(const wr__task_store *s, wr_db_batch *b, int64_t offset)
{
    WR_ASSERT(offset >= 0);
    wr_buf key = {0};
    char value[8];
    wr_task_position_key(s->changelog, s->task->partition, &key);
    wr_put_be64(value, (uint64_t)offset);
    wr_db_batch_meta_put(b, wr_buf_view(&key), (wr_str){value, 8});
    wr_buf_free(&key);
}

void wr__store_put_position(const wr__task_store *s, wr_db_batch *b)
{
    if (!s->changelog)
        return;
    int64_t offset =
        wr_log_writer_position(s->task->set->assignment.writer, s->changelog, s->task->partition);
    if (offset >= 0) /* something was written since the writer was made */
        put_position(s, b, offset);
}

static weir_status read_position(const wr__task_store *s, int64_t *offset, weir_error *err)
{
    wr_buf key = {0}, value = {0};
    bool found;
    wr_task_position_key(s->changelog, s->task->partition, &key);
    weir_status st =
        wr_db_meta_get(s->task->set->config.db, NULL, wr_buf_view(&key), &value, &found, err);
    *offset = -1;
    if (st == WEIR_OK && found && value.len == 8)
        *offset = (int64_t)wr_get_be64(value.ptr);
    wr_buf_free(&key);
    wr_buf_free(&value);
    return st;
}

/* ---- reading the changelog ---- */

static weir_status apply(wr__task_store *s, wr_db_batch *b, const wr_log_batch *in, weir_error *err)
{
    const wr_task_config *c = &s->task->set->config;
    for (uint32_t i = 0; i < in->n; i++) {
        const wr_record *r = &in->records[i];
        WR_TRY(wr_store_restore(s->store, b, r->key, r->value.ptr ? &r->value : NULL, err));
    }
    WR_TRY(wr_store_commit_into(s->store, b, err));
    put_position(s, b, in->next_offset);
    atomic_fetch_add(&c->counters->restored, in->n);
    WR_TRY(wr_db_write(c->db, b, err));
    return wr_fault(WR_FAULT_RESTORE_BATCH, err);
}

static weir_status silent_too_long(const wr__task_store *s, int64_t at, weir_error *err)
{
    return wr_error(err, WEIR_ERR_LOG,
                    "Restoring %s of query %s: no records at offset %lld of %s for %d s",
                    s->plan->name, s->task->set->config.id, (long long)at, s->changelog,
                    RESTORE_TIMEOUT_MS / 1000);
}

static weir_status replay(wr__task_store *s, wr_log_reader *reader, int64_t from, int64_t to,
                          weir_error *err)
{
    const wr_task_config *c = &s->task->set->config;
    WR_ASSERT(from >= 0 && from < to);
    wr_topic_part part = {s->changelog, s->task->partition, from};
    WR_TRY(wr_log_reader_assign(reader, &part, 1, err));
    wr_db_batch *b = wr_db_batch_new(c->db);
    weir_status st = WEIR_OK;
    int64_t quiet_since = c->clock->mono_ns(c->clock);
    for (int64_t at = from; at < to && st == WEIR_OK;) {
        wr_log_batch *in = NULL;
        st = wr_log_reader_poll(reader, RESTORE_BATCH, POLL_MS, &in, err);
        if (st == WEIR_OK && in) {
            st = apply(s, b, in, err);
            at = in->next_offset;
            wr_log_reader_release(reader, in);
            quiet_since = c->clock->mono_ns(c->clock);
        } else if (st == WEIR_OK &&
                   c->clock->mono_ns(c->clock) - quiet_since > RESTORE_TIMEOUT_MS * 1000000ll) {
            st = silent_too_long(s, at, err);
        }
        /* Between batches as well: a changelog that is always busy must not hold up a stop. */
        if (st == WEIR_OK && at < to && c->stopping && c->stopping(c->arg))
            st = wr_error(err, WEIR_ERR_INTERRUPTED, "Stopped while restoring %s", s->plan->name);
    }
    wr_db_batch_free(b);
    return st;
}

/* ---- a store ---- */

static weir_status restore(wr__task_store *s, weir_error *err)
{
    const wr_task_config *c = &s->task->set->config;
    wr_topic_part part = {s->changelog, s->task->partition, 0};
    int64_t low, high, from;
    WR_TRY(wr_topic_ends(c->log, &part, 1, &low, &high, err));
    WR_TRY(read_position(s, &from, err));
    WR_FAULT(WR_FAULT_RESTORE_POSITION, err);
    if (from > high)
        return wr_error(
            err, WEIR_ERR_STORE,
            "The state of %s in query %s is ahead of its changelog %s (offset %lld, end "
            "%lld): the topic was recreated. Move the data directory aside to rebuild "
            "the state.",
            s->plan->name, c->id, s->changelog, (long long)from, (long long)high);
    from = WR_MAX(from, low);
    if (from == high)
        return WEIR_OK;
    /* The last offset may be a transaction's marker: nothing comes of it but the next answer, and
     * that must not wait for more. */
    wr_settings settings;
    wr_settings_init(&settings, c->settings);
    if (!wr_settings_get(&settings, "restore.consumer.fetch.wait.max.ms"))
        wr_settings_put(&settings, "restore.consumer.fetch.wait.max.ms", RESTORE_FETCH_WAIT_MS);
    wr_settings_put(&settings, "restore.consumer.isolation.level", "read_committed");
    wr_log_reader *reader;
    weir_status made = wr_log_reader_new(c->log, NULL, &settings, &reader, err);
    wr_settings_free(&settings);
    WR_TRY(made);
    weir_status st = replay(s, reader, from, high, err);
    wr_log_reader_close(reader);
    return st;
}

weir_status wr__store_restore(wr__task_store *s, weir_error *err)
{
    const wr_task_config *c = &s->task->set->config;
    if (s->task->state == WR_TASK_CREATED)
        wr__task_enter(s->task, WR_TASK_RESTORING);
    int64_t since = c->clock->mono_ns(c->clock);
    weir_status st = restore(s, err);
    atomic_fetch_add(&c->counters->restore_ns, (uint64_t)(c->clock->mono_ns(c->clock) - since));
    return st;
}
