/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a query begins to read.
 *
 * It goes on at its group's committed offsets. What has none: a table's topic from its start, the
 * others by auto.offset.reset.
 *
 * Where a new query begins is part of its statement: `latest` is where the topics ended then, not
 * where they end when a worker gets to them, perhaps after a crash. So where others may write
 * meanwhile (Kafka) the beginning is committed before the statement is done (wr__query_fix_start).
 *
 * One exception, on Kafka: a data directory that does not know the query, and nothing in the
 * query's outputs (sink, changelogs and repartition topics are empty or new), while its group has
 * offsets. Then whatever the group has read is nowhere to be found any more; going on would leave
 * holes in streams and wrong sums in tables, and starting over can repeat nothing. So the query
 * starts over, and says so. (Rows in a repartition topic may be on their way to another process.) A
 * fresh directory alone (a container without a disk) is no reason: outputs and changelogs are
 * there. Nor is it one for a query that begins at the ends of its topics: it would lose what has
 * come since, which another process of the service may be just about to hand over.
 */
#include "common/fault.h"
#include "runtime/log/log_groups.h"
#include "runtime/query/query_internal.h"
#include "common/diag.h"

#include <time.h>

/* How long another process has to say where a query begins, and how often that is looked at. */
#define BEGINNING_MAX_MS 10000
#define BEGINNING_NAP_NS 200000000

/* A repartition topic is read from its start in any case: what is in it are the query's own rows,
 * on their way, and auto.offset.reset speaks of what was there before the query. */
static bool reads_from_start(const wr_query *q, uint32_t topic)
{
    const wr_plan_topic *t = &q->plan->topics[topic];
    return t->from_earliest || t->role == WR_TOPIC_REPARTITION || q->kind.from_earliest;
}

/* Of a topic of others: would a new query read it from its start? */
static bool begins_at_start(const wr_query *q, const char *name)
{
    uint32_t topic = wr__query_topic(q, name);
    WR_ASSERT(topic < q->plan->topics_n);
    return q->plan->topics[topic].role != WR_TOPIC_REPARTITION && reads_from_start(q, topic);
}

/* ---- does this directory know the query? ---- */

void wr__query_put_known(const wr_query *q, wr_db_batch *b)
{
    if (!q->group) /* a transient query is known nowhere */
        return;
    wr_buf key = {0}, value = {0};
    wr_query_record record;
    wr_arena *a = wr_arena_new(0);
    wr__query_record_of(q, a, &record);
    wr__query_record_put(&record, &value);
    wr__query_record_key(q->prefix, q->id, &key);
    wr_db_batch_meta_put(b, wr_buf_view(&key), wr_buf_view(&value));
    wr_arena_free(a);
    wr_buf_free(&key);
    wr_buf_free(&value);
}

static weir_status known_here(wr_query *q, bool *known, weir_error *err)
{
    wr_buf key = {0}, value = {0};
    wr__query_record_key(q->prefix, q->id, &key);
    weir_status st = wr_db_meta_get(q->db, NULL, wr_buf_view(&key), &value, known, err);
    wr_buf_free(&key);
    wr_buf_free(&value);
    return st;
}

/* ---- is there any output? ---- */

/* By end offsets, not by counting records: one that has been written and has expired was output all
 * the same, so `high` is what counts. @p empty is only ever set to false. */
static weir_status topic_empty(wr_query *q, const wr_topic_info *t, bool *empty, weir_error *err)
{
    uint32_t n = (uint32_t)t->partitions;
    wr_topic_part *parts = wr_calloc(n, sizeof *parts);
    int64_t *low = wr_calloc(n, sizeof *low), *high = wr_calloc(n, sizeof *high);
    for (uint32_t i = 0; i < n; i++)
        parts[i] = (wr_topic_part){t->name, (int32_t)i, 0};
    weir_status st = wr_topic_ends(q->log, parts, n, low, high, err);
    for (uint32_t i = 0; i < n && st == WEIR_OK; i++)
        *empty = *empty && high[i] == 0;
    wr_free(parts);
    wr_free(low);
    wr_free(high);
    return st;
}

/* A sink, a changelog or a repartition topic of this query. */
static bool is_output(const wr_query *q, const char *topic)
{
    for (uint32_t t = 0; t < q->plan->topics_n; t++)
        if (q->plan->topics[t].role != WR_TOPIC_INPUT && strcmp(q->topics.names[t], topic) == 0)
            return true;
    bool yes = false;
    for (uint32_t i = 0; i < q->plan->stores_n && !yes; i++) {
        wr_buf changelog = {0};
        if (!q->plan->stores[i].changelog)
            continue;
        wr_task_changelog_name(q->prefix, q->id, &q->plan->stores[i], &changelog);
        yes = strcmp(wr_buf_cstr(&changelog), topic) == 0;
        wr_buf_free(&changelog);
    }
    return yes;
}

/* An output that is not there is as good as empty: the list has those that are. */
static weir_status outputs_empty(wr_query *q, bool *empty, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_topic_info *all;
    uint32_t n = 0;
    weir_status st = wr_topic_list(q->log, a, &all, &n, err);
    *empty = true;
    for (uint32_t i = 0; i < n && st == WEIR_OK && *empty; i++)
        if (is_output(q, all[i].name))
            st = topic_empty(q, &all[i], empty, err);
    wr_arena_free(a);
    return st;
}

/* The checks go from cheap to expensive: most starts end at the first or second, and only a
 * directory without a mark of the query makes the log be asked. */
static weir_status starts_over(wr_query *q, const wr_topic_part *parts, uint32_t n, bool *yes,
                               weir_error *err)
{
    WR_ASSERT(q->group && !q->kind.transient);
    bool any = false, known = true;
    *yes = false;
    for (uint32_t i = 0; i < n; i++)
        any = any || (parts[i].offset > 0 && begins_at_start(q, parts[i].topic));
    if (!any || !wr_log_can(q->log)->has_changelogs || q->known)
        return WEIR_OK;
    WR_TRY(known_here(q, &known, err));
    if (known)
        return WEIR_OK;
    WR_TRY(outputs_empty(q, yes, err));
    if (*yes)
        wr_diag_put(WR_DIAG_WARN, "query",
                    "query %s starts over: its group has offsets, but neither this data directory "
                    "nor its output topics hold anything of it",
                    q->id);
    return WEIR_OK;
}

/* ---- offsets ---- */

/* One that lies before the partition's start would be an error of the reader, over and over: it is
 * moved forward, and the gap is reported. @return whether there was none to go on from. */
static bool choose_offset(const wr_query *q, wr_topic_part *part, bool over, int64_t low,
                          int64_t high)
{
    uint32_t topic = wr__query_topic(q, part->topic);
    WR_ASSERT(topic < q->plan->topics_n); /* its worker reads no other topics than its own */
    bool internal = q->plan->topics[topic].role == WR_TOPIC_REPARTITION;
    if (over && internal) /* rows on their way are made again */
        part->offset = high;
    else if (over && reads_from_start(q, topic))
        part->offset = WR_OFFSET_NONE;
    bool fresh = part->offset < 0;
    if (fresh) {
        part->offset = reads_from_start(q, topic) ? low : high;
    } else if (part->offset < low) {
        wr_diag_put(WR_DIAG_WARN, "query",
                    "query %s: records %lld to %lld of %s partition %d are gone (retention)", q->id,
                    (long long)part->offset, (long long)low - 1, part->topic, part->partition);
        part->offset = low;
    }
    return fresh;
}

/* Reading nothing where there are records is mostly not what was meant, so it is not done in
 * silence. A later call for partitions that it goes on in does not take it back. */
static void note_before_start(wr_query *q, int64_t before)
{
    WR_ASSERT(before >= 0); /* a beginning lies at or after the partition's start */
    if (before == 0)
        return;
    atomic_store(&q->counts.before_start, before);
    if (!q->kind.transient)
        wr_diag_put(WR_DIAG_INFO, "query",
                    "%s begins at the ends of its topics, as auto.offset.reset = latest says: %lld "
                    "records lie before",
                    q->id, (long long)before);
}

weir_status wr__query_start_offsets(wr_query *q, wr_topic_part *parts, uint32_t n,
                                    const int64_t *low, const int64_t *high, bool *fresh,
                                    weir_error *err)
{
    bool over = false;
    for (uint32_t i = 0; i < n; i++)
        parts[i].offset = WR_OFFSET_NONE;
    if (q->group) {
        WR_TRY(wr_group_resume(q->log, q->group, parts, n, err));
        WR_TRY(starts_over(q, parts, n, &over, err));
    }
    int64_t before = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool begins = choose_offset(q, &parts[i], over, low[i], high[i]);
        WR_ASSERT(parts[i].offset >= 0);
        if (begins)
            before += parts[i].offset - low[i];
        *fresh = begins || *fresh;
    }
    note_before_start(q, before);
    return WEIR_OK;
}

/* ---- before the first start ---- */

/* Every partition of every topic that it reads. */
static wr_topic_part *all_parts(const wr_query *q, uint32_t *n)
{
    size_t max = 1;
    for (uint32_t t = 0; t < q->topics.read_n; t++)
        max += (size_t)q->plan->topics[q->topics.read[t]].partitions;
    wr_topic_part *parts = wr_calloc(max, sizeof *parts);
    *n = 0;
    for (uint32_t t = 0; t < q->topics.read_n; t++) {
        uint32_t topic = q->topics.read[t];
        for (int32_t p = 0; p < q->plan->topics[topic].partitions; p++)
            parts[(*n)++] = (wr_topic_part){q->topics.names[topic], p, WR_OFFSET_NONE};
    }
    WR_ASSERT(*n < max);
    return parts;
}

/* Durably, as the beginning is: who does not know the query would start it over. */
static weir_status make_known(wr_query *q, weir_error *err)
{
    wr_db_batch *b = wr_db_batch_new(q->db);
    wr__query_put_known(q, b);
    weir_status st = wr_db_write_durable(q->db, b, err);
    wr_db_batch_free(b);
    q->known = q->known || st == WEIR_OK;
    return st == WEIR_OK ? wr_fault(WR_FAULT_START_KNOWN, err) : st;
}

static bool any_fresh(const wr_topic_part *parts, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (parts[i].offset < 0)
            return true;
    return false;
}

/* Two processes that both said where a new query begins might take back what the first has done
 * since. So the one that was asked for the statement says it, and the others wait; not for ever, as
 * it may have died in between. */
static weir_status await_beginning(wr_query *q, wr_topic_part *parts, uint32_t n, weir_error *err)
{
    WR_ASSERT(q->group && n > 0);
    int64_t until = q->clock->mono_ns(q->clock) + (int64_t)BEGINNING_MAX_MS * 1000000;
    WR_TRY(wr_group_resume(q->log, q->group, parts, n, err));
    while (q->begun_elsewhere && any_fresh(parts, n) && q->clock->mono_ns(q->clock) < until) {
        const struct timespec nap = {0, BEGINNING_NAP_NS};
        nanosleep(&nap, NULL);
        WR_TRY(wr_group_resume(q->log, q->group, parts, n, err));
    }
    return WEIR_OK;
}

static weir_status fix(wr_query *q, wr_topic_part *parts, uint32_t n, weir_error *err)
{
    WR_TRY(await_beginning(q, parts, n, err));
    uint32_t fresh = 0;
    for (uint32_t i = 0; i < n; i++)
        if (parts[i].offset < 0)
            parts[fresh++] = parts[i];
    if (!fresh)
        return WEIR_OK;
    int64_t *low = wr_calloc(fresh, sizeof *low), *high = wr_calloc(fresh, sizeof *high);
    weir_status st = wr_topic_ends(q->log, parts, fresh, low, high, err);
    int64_t before = 0;
    for (uint32_t i = 0; i < fresh && st == WEIR_OK; i++) {
        (void)choose_offset(q, &parts[i], false, low[i], high[i]);
        before += parts[i].offset - low[i];
    }
    wr_free(low);
    wr_free(high);
    WR_TRY(st);
    note_before_start(q, before);
    const wr_log_group_offsets group = {q->group, parts, fresh};
    WR_TRY(wr_group_begin(q->log, &group, wr_settings_exactly_once(&q->settings), err));
    WR_FAULT(WR_FAULT_START_FIXED, err);
    return fresh == n ? make_known(q, err) : WEIR_OK;
}

weir_status wr__query_fix_start(wr_query *q, weir_error *err)
{
    if (!q->group || !wr_log_can(q->log)->shares_partitions)
        return WEIR_OK;
    uint32_t n;
    wr_topic_part *parts = all_parts(q, &n);
    weir_status st = fix(q, parts, n, err);
    wr_free(parts);
    return st;
}
