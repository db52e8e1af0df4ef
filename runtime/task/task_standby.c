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
    if (set->config.held)
        wr_held_set(set->config.held, s->store, s->partition, WR_HELD_NOT);
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
    if (c->held) {
        wr_held_set(c->held, store, part->partition, WR_HELD_STANDBY);
        restore.held = wr_held_at(c->held, store, part->partition);
        wr_held_follow(restore.held, WR_MAX(from, low), high);
    }
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

/* ---- copies that nobody needs ---- */

/** State of a partition that neither has a task here nor is followed. */
struct wr__idle_copy {
    uint32_t store;
    int32_t partition;
    int64_t since_ns; /* when that was first seen */
};

static wr__idle_copy *find_idle(const wr_task_set *set, uint32_t store, int32_t partition)
{
    for (size_t i = 0; i < set->idle_n; i++)
        if (set->idle[i].store == store && set->idle[i].partition == partition)
            return &set->idle[i];
    return NULL;
}

static void forget_idle(wr_task_set *set, wr__idle_copy *c)
{
    *c = set->idle[--set->idle_n];
}

/* Rows and position together, or a task would begin in the middle of the changelog without them. */
static weir_status drop_copy(wr_task_set *set, const wr__idle_copy *c, const char *changelog,
                             weir_error *err)
{
    const wr_task_config *config = &set->config;
    wr_buf name = {0}, key = {0};
    uint32_t id = 0;
    wr_task_store_name(config->id, &config->plan->stores[c->store], &name);
    weir_status st = wr_db_store_id_find(config->db, NULL, wr_buf_view(&name), &id, err);
    if (st == WEIR_OK && id) {
        wr_db_batch *b = wr_db_batch_new(config->db);
        wr_db_batch_drop_partition(b, id, (uint32_t)c->partition);
        wr_task_position_key(changelog, c->partition, &key);
        wr_db_batch_meta_delete(b, wr_buf_view(&key));
        st = wr_db_write(config->db, b, err);
        wr_db_batch_free(b);
        wr_diag_put(WR_DIAG_INFO, "restore", "%s: the copy of partition %d is not needed any more",
                    wr_buf_cstr(&name), c->partition);
    }
    wr_buf_free(&name);
    wr_buf_free(&key);
    return st;
}

static weir_status look_at_copy(wr_task_set *set, uint32_t store, int32_t p, const char *changelog,
                                weir_error *err)
{
    const wr_task_config *c = &set->config;
    uint32_t sub = c->plan->stores[store].subtopology;
    wr__idle_copy *idle = find_idle(set, store, p);
    int64_t now = c->clock->mono_ns(c->clock), position;
    bool needed = has_task(set, sub, p) || find(set, store, p);
    if (needed && idle)
        forget_idle(set, idle);
    if (needed)
        return WEIR_OK;
    WR_TRY(wr__position_get(c->db, changelog, p, &position, err));
    if (position < 0)
        return WEIR_OK;
    if (!idle) {
        set->idle = wr_realloc(set->idle, (set->idle_n + 1) * sizeof *set->idle);
        set->idle[set->idle_n++] = (wr__idle_copy){store, p, now};
        idle = &set->idle[set->idle_n - 1];
    }
    int64_t delay_ms = wr_settings_int(c->settings, "state.cleanup.delay.ms", 0);
    if ((now - idle->since_ns) / 1000000 < delay_ms)
        return WEIR_OK;
    weir_status st = drop_copy(set, idle, changelog, err);
    forget_idle(set, idle);
    return st;
}

static weir_status look_at_copies(wr_task_set *set, uint32_t store, weir_error *err)
{
    const wr_task_config *c = &set->config;
    const wr_plan_store *of = &c->plan->stores[store];
    wr_buf changelog = {0};
    weir_status st = WEIR_OK;
    wr_task_changelog_name(c->prefix, c->id, of, &changelog);
    for (int32_t p = 0; p < c->sub_partitions[of->subtopology] && st == WEIR_OK; p++)
        st = look_at_copy(set, store, p, wr_buf_cstr(&changelog), err);
    wr_buf_free(&changelog);
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
    for (uint32_t s = 0; s < c->plan->stores_n && parts; s++)
        WR_TRY(look_at_copies(set, s, err));
    return WEIR_OK;
}

void wr__standbys_free(wr_task_set *set)
{
    while (set->standbys_n)
        end(set, &set->standbys[set->standbys_n - 1]);
    wr_free(set->standbys);
    wr_free(set->idle);
    set->standbys = NULL;
    set->idle = NULL;
}
