/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bringing the stores of a set's tasks forward (reliability.md section 6): which of them are behind
 * their changelogs, and what becomes of a task when its stores are there. The work is done by the
 * restore pool (restore.h); everything here by the worker's thread, which waits for nothing.
 *
 * The targets are the ends of the changelogs as of now, read_uncommitted: the worker has asked for
 * its committed offsets before, so the former owner's transactions are decided, though their
 * markers may still be on their way.
 */
#include "common/fault.h"
#include "runtime/log/log_topics.h"
#include "runtime/task/task_internal.h"
#include "common/diag.h"

#define LOG_EVERY_NS INT64_C(10000000000)
#define LOG_LEAST_NS INT64_C(1000000000) /* a restore that took less is not worth a line */

void wr__store_put_position(const wr__task_store *s, wr_db_batch *b)
{
    if (!s->of->changelog)
        return;
    int64_t offset = wr_log_writer_position(s->task->set->assignment.writer, s->of->changelog,
                                            s->task->partition);
    if (offset >= 0) /* something was written since the writer was made */
        wr__position_put(b, s->of->changelog, s->task->partition, offset);
}

/* ---- beginning ---- */

/** One store of one task. */
typedef struct place {
    wr_task *task;
    uint32_t store; /* of the plan */
} place;

static uint32_t list_places(const wr_task_set *set, place **out)
{
    const wr_plan *plan = set->config.plan;
    uint32_t n = 0;
    *out = wr_calloc(set->tasks_n * plan->stores_n + 1, sizeof **out);
    for (size_t t = 0; t < set->tasks_n; t++)
        for (uint32_t s = 0; s < plan->stores_n; s++)
            if (plan->stores[s].subtopology == set->tasks[t]->subtopology)
                (*out)[n++] = (place){set->tasks[t], s};
    return n;
}

static weir_status ahead_of_changelog(const wr_task_set *set, const wr__set_store *s, int64_t from,
                                      int64_t high, weir_error *err)
{
    return wr_error(err, WEIR_ERR_STORE,
                    "The state of %s in query %s is ahead of its changelog %s (offset %lld, end "
                    "%lld): the topic was recreated. Move the data directory aside to rebuild "
                    "the state.",
                    s->plan->name, set->config.id, s->changelog, (long long)from, (long long)high);
}

static weir_status restore_place(wr_task_set *set, const place *at, int64_t low, int64_t high,
                                 weir_error *err)
{
    const wr_task_config *c = &set->config;
    const wr__set_store *s = &set->stores[at->store];
    int64_t from;
    WR_ASSERT(s->plan && s->changelog && !at->task->jobs[at->store] && !at->task->topology);
    wr__standby_end(set, at->store, at->task->partition);
    WR_TRY(wr__position_get(c->db, s->changelog, at->task->partition, &from, err));
    WR_FAULT(WR_FAULT_RESTORE_POSITION, err);
    if (from > high)
        return ahead_of_changelog(set, s, from, high, err);
    from = WR_MAX(from, low);
    if (from == high)
        return WEIR_OK;
    wr_restore_store of = wr__restore_store_of(set, s, at->task->partition);
    WR_TRY(wr_restore_begin(c->restore, &of, from, high, &at->task->jobs[at->store], err));
    if (wr__task_is_restoring(at->task))
        return WEIR_OK;
    wr__task_enter(at->task, WR_TASK_RESTORING);
    set->restoring++;
    return WEIR_OK;
}

/* One request for the ends of all changelogs. */
weir_status wr__set_restore(wr_task_set *set, weir_error *err)
{
    const wr_task_config *c = &set->config;
    place *places;
    uint32_t n = list_places(set, &places);
    wr_topic_part *parts = wr_calloc(n + 1, sizeof *parts);
    int64_t *low = wr_calloc(n + 1, sizeof *low), *high = wr_calloc(n + 1, sizeof *high);
    for (uint32_t i = 0; i < n; i++)
        parts[i] =
            (wr_topic_part){set->stores[places[i].store].changelog, places[i].task->partition, 0};
    weir_status st = n ? wr_topic_ends(c->log, parts, n, low, high, err) : WEIR_OK;
    for (uint32_t i = 0; i < n && st == WEIR_OK; i++)
        st = restore_place(set, &places[i], low[i], high[i], err);
    wr_free(places);
    wr_free(parts);
    wr_free(low);
    wr_free(high);
    if (st == WEIR_OK)
        atomic_store(&c->counters->incomplete, set->restoring > 0);
    set->restore_ns = set->restore_log_ns = c->clock->mono_ns(c->clock);
    return st;
}

/* ---- going on ---- */

/* @p yes: all its stores are there. Jobs that are done end: nobody follows the changelog then. */
static weir_status look_at_jobs(wr_task *t, bool *yes, weir_error *err)
{
    *yes = true;
    for (uint32_t i = 0; i < t->set->config.plan->stores_n; i++) {
        bool done;
        if (!t->jobs[i])
            continue;
        WR_TRY(wr_restore_done(t->jobs[i], &done, err));
        *yes = *yes && done;
    }
    for (uint32_t i = 0; *yes && i < t->set->config.plan->stores_n; i++) {
        t->set->stores[i].meaning_kept = t->set->stores[i].meaning_kept || t->jobs[i];
        wr_restore_end(t->jobs[i]);
        t->jobs[i] = NULL;
    }
    return WEIR_OK;
}

static void say_how_far(wr_task_set *set)
{
    const wr_task_config *c = &set->config;
    int64_t now = c->clock->mono_ns(c->clock);
    const wr_restore_counters *n = &c->counters->restore;
    int64_t left = atomic_load(&n->left), total = atomic_load(&n->total);
    if (set->restoring && now - set->restore_log_ns > LOG_EVERY_NS) {
        set->restore_log_ns = now;
        wr_diag_put(WR_DIAG_INFO, "restore", "%s: %lld of %lld changelog offsets, %zu tasks wait",
                    c->id, (long long)(total - left), (long long)total, set->restoring);
    } else if (!set->restoring && now - set->restore_ns > LOG_LEAST_NS) {
        wr_diag_put(WR_DIAG_INFO, "restore", "%s: restored in %.1f s", c->id,
                    (double)(now - set->restore_ns) / 1e9);
    }
}

weir_status wr_task_set_advance(wr_task_set *set, weir_error *err)
{
    const wr_task_config *c = &set->config;
    if (!set->restoring)
        return WEIR_OK;
    wr_restore_work(c->restore);
    for (size_t i = 0; i < set->tasks_n; i++) {
        wr_task *t = set->tasks[i];
        bool there = false;
        if (!wr__task_is_restoring(t))
            continue;
        WR_TRY(look_at_jobs(t, &there, err));
        if (!there)
            continue;
        WR_ASSERT(set->restoring > 0);
        set->restoring--;
        WR_TRY(wr__task_run(t, err));
    }
    say_how_far(set);
    if (!set->restoring) {
        atomic_store(&c->counters->incomplete, false);
        atomic_store(&c->counters->restore.total, 0);
    }
    return WEIR_OK;
}

size_t wr_task_set_restoring(const wr_task_set *set)
{
    return set->restoring;
}

bool wr_task_set_ready(const wr_task_set *set, uint32_t topic, int32_t partition)
{
    WR_ASSERT(set->open && topic < set->config.plan->topics_n);
    if (!set->restoring)
        return true;
    if (set->assignment.exchange)
        return false;
    for (size_t i = 0; i < set->tasks_n; i++) {
        const wr_task *t = set->tasks[i];
        if (t->partition == partition && wr__task_is_restoring(t) && wr__task_reads(t, topic))
            return false;
    }
    return true;
}
