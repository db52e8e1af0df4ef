/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tasks of a plan, opened, fed and committed together. Nothing here knows why: which records
 * come, when a commit is due and what happens after a failure is the worker's to say.
 */
#include "common/fault.h"
#include "runtime/task/task_internal.h"

wr_task_set *wr_task_set_new(const wr_task_config *config)
{
    WR_ASSERT(config->plan && config->log && config->db && config->counters && config->owner);
    wr_task_set *set = wr_calloc(1, sizeof *set);
    set->config = *config;
    set->row_log = wr__row_log_new(config->id, config->clock);
    set->letters = wr__letters_new(&set->config);
    return set;
}

void wr_task_set_free(wr_task_set *set)
{
    if (!set)
        return;
    wr_task_set_close(set);
    wr__standbys_free(set);
    wr__row_log_free(set->row_log);
    wr__letters_free(set->letters);
    wr_free(set);
}

bool wr_task_set_is_open(const wr_task_set *set)
{
    return set->open;
}

/* ---- opening, closing ---- */

/* With rows exchanged in memory this process has every partition; else a task is opened for each
 * partition of its topics that was assigned. */
static bool is_assigned(const wr_task_set *set, uint32_t sub, int32_t partition)
{
    const wr_task_assignment *a = &set->assignment;
    return a->exchange || set->config.piped ||
           wr__set_reads(set, sub, partition, a->parts, a->parts_n);
}

static void new_tasks(wr_task_set *set)
{
    const wr_task_config *c = &set->config;
    size_t max = 0;
    for (uint32_t sub = 0; sub < c->plan->subtopologies_n; sub++)
        max += (size_t)c->sub_partitions[sub];
    set->tasks = wr_calloc(max, sizeof(wr_task *));
    for (uint32_t sub = 0; sub < c->plan->subtopologies_n; sub++)
        for (int32_t p = 0; p < c->sub_partitions[sub]; p++)
            if (is_assigned(set, sub, p))
                set->tasks[set->tasks_n++] = wr__task_new(set, sub, p);
}

static bool has_tasks(const wr_task_set *set, uint32_t subtopology)
{
    for (size_t i = 0; i < set->tasks_n; i++)
        if (set->tasks[i]->subtopology == subtopology)
            return true;
    return false;
}

static weir_status open_tasks(wr_task_set *set, weir_error *err)
{
    const wr_task_config *c = &set->config;
    new_tasks(set);
    for (uint32_t i = 0; i < c->plan->stores_n; i++)
        if (has_tasks(set, c->plan->stores[i].subtopology))
            WR_TRY(wr__set_store_prepare(set, &set->stores[i], i, err));
    if (c->changelogs)
        WR_TRY(wr__set_restore(set, err));
    for (size_t i = 0; i < set->tasks_n; i++)
        if (!wr__task_is_restoring(set->tasks[i]))
            WR_TRY(wr__task_run(set->tasks[i], err));
    return WEIR_OK;
}

weir_status wr_task_set_open(wr_task_set *set, const wr_task_assignment *a, weir_error *err)
{
    const wr_task_config *c = &set->config;
    WR_ASSERT(!set->open && set->tasks_n == 0);
    WR_ASSERT(a->slots_n > 0 && a->batch_rows > 0);
    set->assignment = *a;
    set->sending = 0;
    set->times = wr_calloc(c->plan->topics_n, sizeof *set->times);
    set->stores = wr_calloc(c->plan->stores_n, sizeof *set->stores);
    set->feeding = wr_calloc(a->slots_n, sizeof *set->feeding);
    wr__letters_open(set->letters, a->writer);
    set->open = true;
    if (c->changelogs) /* until wr__set_restore knows */
        atomic_store(&c->counters->incomplete, true);
    if (c->held)
        wr_held_begin(c->held);
    weir_status st = open_tasks(set, err);
    if (st != WEIR_OK)
        wr_task_set_close(set);
    return st;
}

void wr_task_set_close(wr_task_set *set)
{
    for (size_t i = 0; i < set->tasks_n; i++)
        wr__task_close(set->tasks[i]);
    for (uint32_t i = 0; set->stores && i < set->config.plan->stores_n; i++)
        wr__set_store_free(&set->stores[i]);
    wr_free(set->stores);
    wr_free(set->tasks);
    wr_free(set->times);
    set->stores = NULL;
    wr_free(set->feeding);
    set->feeding = NULL;
    set->tasks = NULL;
    set->times = NULL;
    set->tasks_n = set->restoring = 0;
    atomic_store(&set->config.counters->restore.total, 0);
    set->assignment = (wr_task_assignment){0};
    set->open = false;
}

/* ---- processing ---- */

/* The records are gone, and a row of state is none of them. A set that is not open has none. */
static void forget_feeding(wr_task_set *set)
{
    if (set->feeding)
        memset(set->feeding, 0, set->assignment.slots_n * sizeof *set->feeding);
}

weir_status wr_task_set_deliver(wr_task_set *set, uint32_t topic, int32_t partition,
                                const wr_record *records, uint32_t n, weir_error *err)
{
    WR_ASSERT(set->open && topic < set->config.plan->topics_n && n > 0);
    int64_t wall_ms = set->config.clock->wall_ms(set->config.clock);
    set->feeding[(uint32_t)partition % set->assignment.slots_n] =
        (wr__feeding){topic, partition, records, n};
    for (size_t i = 0; i < set->tasks_n; i++) {
        wr_task *t = set->tasks[i];
        if (t->partition != partition || !wr__task_reads(t, topic))
            continue;
        WR_ASSERT(t->topology); /* wr_task_set_ready */
        t->ctx.wall_ms = wall_ms;
        weir_status st = wr_topology_feed(t->topology, topic, records, n, err);
        WR_TRY(wr__letters_check(set->letters, st, err));
    }
    return WEIR_OK;
}

/* One report for the query, by the first of its sources, as for any record. */
weir_status wr_task_set_condemn(wr_task_set *set, uint32_t topic, int32_t partition,
                                const wr_record *record, weir_error *err)
{
    WR_ASSERT(set->open && record->partition == partition);
    for (size_t i = 0; i < set->tasks_n; i++)
        if (set->tasks[i]->partition == partition && wr__task_reads(set->tasks[i], topic))
            return wr__task_condemn(set->tasks[i], topic, record, err);
    return WEIR_OK;
}

weir_status wr_task_set_punctuate(wr_task_set *set, int64_t wall_ms, weir_error *err)
{
    forget_feeding(set);
    for (size_t i = 0; i < set->tasks_n; i++) {
        if (!set->tasks[i]->topology)
            continue;
        set->tasks[i]->ctx.wall_ms = wall_ms;
        weir_status st = wr_topology_tick(set->tasks[i]->topology, wall_ms, err);
        WR_TRY(wr__letters_check(set->letters, st, err));
    }
    return wr_task_set_drain_all(set, err);
}

/* ---- committing ---- */

static weir_status flush_store(wr__task_store *s, void *arg, weir_error *err)
{
    (void)arg;
    return wr_store_flush(s->store, err);
}

weir_status wr_task_set_flush(wr_task_set *set, weir_error *err)
{
    const wr_task_config *c = &set->config;
    forget_feeding(set);
    for (uint32_t sub = 0; sub < c->plan->subtopologies_n; sub++) {
        for (size_t i = 0; i < set->tasks_n; i++) {
            wr_task *t = set->tasks[i];
            if (t->subtopology != sub || !t->topology)
                continue;
            t->ctx.wall_ms = c->clock->wall_ms(c->clock);
            WR_TRY(wr__letters_check(set->letters, wr_topology_flush(t->topology, err), err));
        }
        WR_TRY(wr_task_set_drain_all(set, err));
        for (uint32_t s = 0; s < set->assignment.slots_n; s++)
            wr_arena_reset(set->assignment.slots[s].scratch);
    }
    for (size_t i = 0; i < set->tasks_n; i++)
        WR_TRY(wr__task_each_store(set->tasks[i], flush_store, NULL, err));
    wr__row_log_flush(set->row_log);
    return WEIR_OK;
}

/* What the bytes mean is written with the first of them. */
static weir_status put_meaning(wr__task_store *s, wr_db_batch *b, weir_error *err)
{
    if (s->of->meaning_kept)
        return WEIR_OK;
    weir_status st = wr_db_batch_store_meaning_put(b, wr_str_c(s->of->name),
                                                   wr_str_c(s->of->plan->meaning), err);
    s->of->meaning_kept = st == WEIR_OK; /* a write that fails closes the task */
    return st;
}

static weir_status collect_store(wr__task_store *s, void *arg, weir_error *err)
{
    WR_TRY(put_meaning(s, arg, err));
    return wr_store_commit_into(s->store, arg, err);
}

weir_status wr_task_set_commit_into(wr_task_set *set, wr_db_batch *b, weir_error *err)
{
    for (size_t i = 0; i < set->tasks_n; i++)
        WR_TRY(wr__task_each_store(set->tasks[i], collect_store, b, err));
    return WEIR_OK;
}

static weir_status mark_committed(wr__task_store *s, void *arg, weir_error *err)
{
    (void)arg;
    (void)err;
    wr_store_committed(s->store);
    return WEIR_OK;
}

void wr_task_set_committed(wr_task_set *set)
{
    weir_error none;
    for (size_t i = 0; i < set->tasks_n; i++) {
        weir_status st = wr__task_each_store(set->tasks[i], mark_committed, NULL, &none);
        WR_ASSERT(st == WEIR_OK);
    }
}

static weir_status write_rows(wr__task_store *s, void *arg, weir_error *err)
{
    (void)arg;
    return wr_store_write_rows(s->store, err);
}

static weir_status write_rest(wr__task_store *s, void *arg, weir_error *err)
{
    wr_db_batch *b = arg;
    WR_TRY(wr_store_write_into(s->store, b, err));
    wr__store_put_position(s, b);
    return put_meaning(s, b, err);
}

/* The rows in pieces, whatever happens between; then what makes them count, at once. */
weir_status wr_task_set_write(wr_task_set *set, weir_error *err)
{
    for (size_t i = 0; i < set->tasks_n; i++)
        WR_TRY(wr__task_each_store(set->tasks[i], write_rows, NULL, err));
    WR_FAULT(WR_FAULT_WRITE_ROWS, err);
    wr_db_batch *b = wr_db_batch_new(set->config.db);
    weir_status st = WEIR_OK;
    for (size_t i = 0; i < set->tasks_n && st == WEIR_OK; i++)
        st = wr__task_each_store(set->tasks[i], write_rest, b, err);
    if (st == WEIR_OK)
        st = wr_db_write(set->config.db, b, err);
    wr_db_batch_free(b);
    return st == WEIR_OK ? wr_fault(WR_FAULT_WRITE_DONE, err) : st;
}

/* ---- memory ---- */

typedef struct measure {
    wr_task_memory sum;
    bool details;
} measure;

static weir_status measure_store(wr__task_store *s, void *arg, weir_error *err)
{
    (void)err;
    measure *m = arg;
    m->sum.stores++;
    m->sum.bytes += wr_store_bytes(s->store);
    if (m->details) {
        wr_store_stats stats;
        wr_store_stats_read(s->store, &stats);
        m->sum.dirty += (size_t)stats.dirty_bytes;
        m->sum.unwritten += (size_t)stats.unwritten_bytes;
    }
    return WEIR_OK;
}

wr_task_memory wr_task_set_memory(const wr_task_set *set, bool details)
{
    weir_error none;
    measure m = {.details = details};
    for (size_t i = 0; i < set->tasks_n; i++) {
        weir_status st = wr__task_each_store(set->tasks[i], measure_store, &m, &none);
        WR_ASSERT(st == WEIR_OK);
    }
    return m.sum;
}

void wr_task_set_trim(wr_task_set *set, size_t each)
{
    for (size_t i = 0; i < set->tasks_n; i++) {
        for (uint32_t k = 0; k < set->config.plan->stores_n; k++) {
            wr_store *s = set->tasks[i]->stores[k].store;
            if (!s)
                continue;
            wr_store_limit(s, each);
            if (wr_store_over(s))
                wr_store_trim(s);
            wr_store_limit(s, set->config.overlay_max);
        }
    }
}

/* ---- looking at tasks ---- */

const wr_task *wr_task_set_at(const wr_task_set *set, size_t index)
{
    return index < set->tasks_n ? set->tasks[index] : NULL;
}
