/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way from the interface to the implementation: one function each, so that what every log must
 * keep to is checked in one place.
 */
#include "runtime/log/log_class.h"

void wr_log_close(wr_log *log)
{
    if (log)
        log->cls->close(log);
}

const wr_log_capabilities *wr_log_can(const wr_log *log)
{
    return &log->cls->can;
}

uint32_t wr_log_clients(wr_log *log, wr_arena *a, uint32_t max, wr_log_client **out,
                        size_t *omitted)
{
    *out = NULL;
    *omitted = 0;
    return log->cls->clients ? log->cls->clients(log, a, max, out, omitted) : 0;
}

weir_status wr_log_check(wr_log *log, int timeout_ms, wr_buf *cluster, weir_error *err)
{
    wr_buf_clear(cluster);
    return log->cls->check(log, timeout_ms, cluster, err);
}

/* ---- topics ---- */

weir_status wr_topic_list(wr_log *log, wr_arena *a, wr_topic_info **out, uint32_t *n,
                          weir_error *err)
{
    *out = NULL;
    *n = 0;
    return log->cls->list(log, a, out, n, err);
}

weir_status wr_topic_describe(wr_log *log, const char *topic, wr_topic_info *out, weir_error *err)
{
    WR_ASSERT(topic);
    return log->cls->describe(log, topic, out, err);
}

weir_status wr_topic_create(wr_log *log, const wr_topic_spec *spec, weir_error *err)
{
    WR_ASSERT(spec->name && !(spec->compact_delete && !spec->compact));
    return log->cls->create(log, spec, err);
}

weir_status wr_topic_remove(wr_log *log, const char *topic, weir_error *err)
{
    WR_ASSERT(topic);
    return log->cls->remove(log, topic, err);
}

weir_status wr_topic_record_times(wr_log *log, const char *topic, wr_record_times *out,
                                  weir_error *err)
{
    WR_ASSERT(topic);
    *out = WR_RECORD_TIMES_ANY;
    return log->cls->record_times ? log->cls->record_times(log, topic, out, err) : WEIR_OK;
}

weir_status wr_topic_ends(wr_log *log, const wr_topic_part *parts, uint32_t n, int64_t *low,
                          int64_t *high, weir_error *err)
{
    if (n == 0)
        return WEIR_OK;
    weir_status st = log->cls->ends(log, parts, n, low, high, err);
    for (uint32_t i = 0; i < n && st == WEIR_OK; i++)
        WR_ASSERT(low[i] >= 0 && low[i] <= high[i]);
    return st;
}

/* ---- groups ---- */

weir_status wr_group_committed(wr_log *log, const char *group, wr_topic_part *parts, uint32_t n,
                               weir_error *err)
{
    WR_ASSERT(group);
    return n ? log->cls->committed(log, group, parts, n, err) : WEIR_OK;
}

weir_status wr_group_resume(wr_log *log, const char *group, wr_topic_part *parts, uint32_t n,
                            weir_error *err)
{
    if (!n || !log->cls->resume)
        return wr_group_committed(log, group, parts, n, err);
    return log->cls->resume(log, group, parts, n, err);
}

weir_status wr_group_begin(wr_log *log, const wr_log_group_offsets *group, bool exactly_once,
                           weir_error *err)
{
    for (uint32_t i = 0; i < group->n; i++)
        WR_ASSERT(group->offsets[i].offset >= 0);
    return group->n ? log->cls->begin_group(log, group, exactly_once, err) : WEIR_OK;
}

weir_status wr_group_drop(wr_log *log, const char *group, weir_error *err)
{
    WR_ASSERT(group);
    return log->cls->drop_group(log, group, err);
}

/* ---- readers ---- */

static const wr_log_class *reader_class(const wr_log_reader *r)
{
    return ((const wr__log_reader_base *)(const void *)r)->cls;
}

weir_status wr_log_reader_new(wr_log *log, const char *group, const wr_settings *settings,
                              wr_log_reader **out, weir_error *err)
{
    *out = NULL;
    WR_TRY(log->cls->reader_new(log, group, settings, out, err));
    wr__log_reader_base *b = (wr__log_reader_base *)(void *)*out;
    if (!b->cls) /* else it has one of its own */
        b->cls = log->cls;
    atomic_init(&b->gone, 0);
    return WEIR_OK;
}

void wr_log_reader_close(wr_log_reader *r)
{
    if (r)
        reader_class(r)->reader_close(r);
}

weir_status wr_log_reader_members(wr_log_reader *r, uint32_t *self, uint32_t *members,
                                  weir_error *err)
{
    *self = 0;
    *members = 1;
    weir_status st =
        reader_class(r)->members ? reader_class(r)->members(r, self, members, err) : WEIR_OK;
    WR_ASSERT(st != WEIR_OK || *members == 0 || *self < *members);
    return st;
}

weir_status wr_log_reader_assign(wr_log_reader *r, const wr_topic_part *parts, uint32_t n,
                                 weir_error *err)
{
    const wr_log_rebalance *asked = reader_class(r)->rebalance(r);
    WR_ASSERT(!asked || asked->kind == WR_REBALANCE_ASSIGN || n == 0);
    WR_ASSERT(parts || n == 0);
    return reader_class(r)->assign(r, parts, n, err);
}

weir_status wr_log_reader_subscribe(wr_log_reader *r, const char *const *topics, uint32_t n,
                                    weir_error *err)
{
    WR_ASSERT(n > 0);
    return reader_class(r)->subscribe(r, topics, n, err);
}

const wr_log_rebalance *wr_log_reader_rebalance(const wr_log_reader *r)
{
    return reader_class(r)->rebalance(r);
}

weir_status wr_log_reader_pause(wr_log_reader *r, uint32_t assignment, bool paused, weir_error *err)
{
    return reader_class(r)->pause(r, assignment, paused, err);
}

int64_t wr_log_reader_known_end(const wr_log_reader *r, uint32_t assignment)
{
    const wr_log_class *c = reader_class(r);
    return c->known_end ? c->known_end(r, assignment) : WR_OFFSET_NONE;
}

weir_status wr_log_reader_poll(wr_log_reader *r, uint32_t max_records, int timeout_ms,
                               wr_log_batch **out, weir_error *err)
{
    WR_ASSERT(max_records > 0);
    weir_status st = reader_class(r)->poll(r, max_records, timeout_ms, out, err);
    if (st == WEIR_OK && *out)
        WR_ASSERT((*out)->n <= max_records &&
                  (!(*out)->n || (*out)->records[(*out)->n - 1].offset < (*out)->next_offset));
    return st;
}

void wr_log_reader_release(wr_log_reader *r, wr_log_batch *batch)
{
    WR_ASSERT(batch && batch->owner);
    reader_class(r)->release(r, batch);
}

uint64_t wr_log_reader_gone(const wr_log_reader *r)
{
    return atomic_load(&((const wr__log_reader_base *)(const void *)r)->gone);
}

void wr_log_reader_wake(wr_log_reader *r)
{
    reader_class(r)->wake(r);
}
