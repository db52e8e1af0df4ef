/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standbys of a set: warm copies of stores whose partitions other processes have. Each is a job
 * that follows the changelog (restore.h), so it puts rows and position into the database as a
 * restore does, and a task that is opened later has no more to read than what came since.
 *
 * They are there whether or not the set is open. A store has one writer: a task's standby is ended
 * before its position is read.
 */
#include "runtime/log/log_topics.h"
#include "runtime/task/task_internal.h"
#include "common/diag.h"

/** A store of one partition that is followed. */
struct wr__standby {
    uint32_t store; /* of the plan */
    int32_t partition;
    wr_restore_job *job;
};

static wr__standby *find(const wr_task_set *set, uint32_t store, int32_t partition)
{
    for (size_t i = 0; i < set->standbys_n; i++)
        if (set->standbys[i].store == store && set->standbys[i].partition == partition)
            return &set->standbys[i];
    return NULL;
}

static void end(wr_task_set *set, wr__standby *s)
{
    wr_restore_end(s->job);
    *s = set->standbys[--set->standbys_n];
}

void wr__standby_end(wr_task_set *set, uint32_t store, int32_t partition)
{
    wr__standby *s = find(set, store, partition);
    if (s)
        end(set, s);
}

/* ---- beginning ---- */

static bool has_task(const wr_task_set *set, uint32_t subtopology, int32_t partition)
{
    for (size_t i = 0; i < set->tasks_n; i++)
        if (set->tasks[i]->subtopology == subtopology && set->tasks[i]->partition == partition)
            return true;
    return false;
}

static bool failed(const wr__standby *s)
{
    weir_error err;
    bool done;
    if (wr_restore_done(s->job, &done, &err) == WEIR_OK)
        return false;
    wr_diag_put(WR_DIAG_WARN, "restore", "Standby of partition %d: %s", s->partition, err.message);
    return true;
}

static bool wanted(const wr_task_set *set, const wr__standby *s, const wr_topic_part *parts,
                   uint32_t n)
{
    uint32_t sub = set->config.plan->stores[s->store].subtopology;
    return wr__set_reads(set, sub, s->partition, parts, n) && !failed(s);
}

static weir_status follow(wr_task_set *set, wr__set_store *of, const wr_topic_part *part,
                          uint32_t store, int64_t low, int64_t high, weir_error *err)
{
    const wr_task_config *c = &set->config;
    wr_restore_job *job;
    int64_t from;
    WR_TRY(wr__position_get(c->db, of->changelog, part->partition, &from, err));
    if (from > high) /* of another topic; who takes the partition over says so, and stops */
        return WEIR_OK;
    wr_restore_store restore = wr__restore_store_of(set, of, part->partition);
    WR_TRY(wr_restore_begin(c->restore, &restore, WR_MAX(from, low), WR_RESTORE_FOLLOW, &job, err));
    set->standbys = wr_realloc(set->standbys, (set->standbys_n + 1) * sizeof *set->standbys);
    set->standbys[set->standbys_n++] = (wr__standby){store, part->partition, job};
    return WEIR_OK;
}

static weir_status follow_all(wr_task_set *set, uint32_t store, wr_topic_part *logs, uint32_t n,
                              weir_error *err)
{
    wr__set_store of = {0};
    int64_t *low = wr_calloc(n, sizeof *low), *high = wr_calloc(n, sizeof *high);
    weir_status st = wr__set_store_prepare(set, &of, store, err);
    for (uint32_t i = 0; i < n; i++)
        logs[i].topic = of.changelog;
    if (st == WEIR_OK)
        st = wr_topic_ends(set->config.log, logs, n, low, high, err);
    for (uint32_t i = 0; i < n && st == WEIR_OK; i++)
        st = follow(set, &of, &logs[i], store, low[i], high[i], err);
    wr__set_store_free(&of);
    wr_free(low);
    wr_free(high);
    return st;
}

/* Those of one store that are not followed yet. */
static weir_status follow_store(wr_task_set *set, uint32_t store, const wr_topic_part *parts,
                                uint32_t n, weir_error *err)
{
    uint32_t sub = set->config.plan->stores[store].subtopology, count = 0;
    int32_t partitions = set->config.sub_partitions[sub];
    wr_topic_part *logs = wr_calloc((size_t)partitions + 1, sizeof *logs);
    for (int32_t p = 0; p < partitions; p++)
        if (wr__set_reads(set, sub, p, parts, n) && !has_task(set, sub, p) && !find(set, store, p))
            logs[count++].partition = p;
    weir_status st = count ? follow_all(set, store, logs, count, err) : WEIR_OK;
    wr_free(logs);
    return st;
}

weir_status wr_task_set_standby(wr_task_set *set, const wr_topic_part *parts, uint32_t n,
                                weir_error *err)
{
    const wr_task_config *c = &set->config;
    for (size_t i = set->standbys_n; i-- > 0;)
        if (!wanted(set, &set->standbys[i], parts, n))
            end(set, &set->standbys[i]);
    for (uint32_t s = 0; s < c->plan->stores_n && n; s++)
        WR_TRY(follow_store(set, s, parts, n, err));
    return WEIR_OK;
}

void wr__standbys_free(wr_task_set *set)
{
    while (set->standbys_n)
        end(set, &set->standbys[set->standbys_n - 1]);
    wr_free(set->standbys);
    set->standbys = NULL;
}
