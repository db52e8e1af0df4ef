/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stores of a task: opening them, their changelogs, and what is kept beside them.
 *
 * Names. The database knows a store as "<query>/<store>"; its changelog is the topic
 * "<prefix><query>-<store>-changelog", read and written at the task's own partition.
 *
 * Meaning. With the first commit of a store the database also gets, as text, what its bytes mean
 * (wr_plan_store.meaning). A store is opened only by a plan that means the same: other bytes under
 * the same name would be read as if they were its own, and give wrong answers in silence.
 */
#include "common/fault.h"
#include "engine/plan/plan_stores.h"
#include "runtime/log/log_topics.h"
#include "runtime/task/task_internal.h"

/* ---- names ---- */

void wr_task_store_name(const char *id, const wr_plan_store *store, wr_buf *out)
{
    wr_buf_printf(out, "%s/%s", id, store->name);
}

void wr_task_changelog_name(const char *prefix, const char *id, const wr_plan_store *store,
                            wr_buf *out)
{
    wr_buf_printf(out, "%s%s-%s", prefix, id, store->changelog);
}

/* ---- changelogs ---- */

/* Changes of a store go to its changelog, in columns, at the task's own partition. */
static weir_status store_changed(void *arg, const wr_store_changes *c, weir_error *err)
{
    wr__task_store *s = arg;
    const wr_task_set *set = s->task->set;
    int32_t partitions[WR_STORE_CHANGES_MAX];
    WR_ASSERT(c->n > 0 && c->n <= WR_STORE_CHANGES_MAX);
    for (uint32_t i = 0; i < c->n; i++)
        partitions[i] = s->task->partition;
    wr_out_records r = {.n = c->n,
                        .keys = c->keys,
                        .values = c->values,
                        .timestamps = c->timestamps_ms,
                        .partitions = partitions};
    return wr_log_writer_produce(set->assignment.writer, set->config.owner, s->of->changelog, &r,
                                 err);
}

static weir_status create_changelog(wr_task_set *set, wr__set_store *s, weir_error *err)
{
    const wr_task_config *c = &set->config;
    wr_buf name = {0};
    wr_task_changelog_name(c->prefix, c->id, s->plan, &name);
    s->changelog = wr_strdup(wr_buf_cstr(&name));
    wr_buf_free(&name);
    wr_topic_spec topic = {
        .name = s->changelog,
        .partitions = c->sub_partitions[s->plan->subtopology],
        .replicas = wr_settings_internal_replicas(c->settings),
        .retention_ms = s->plan->changelog_retention_ms,
        .compact = true,
        .compact_delete = s->plan->changelog_retention_ms >= 0,
        .internal = true,
    };
    weir_status st = wr_topic_create(c->log, &topic, err);
    if (st != WEIR_OK && st != WEIR_ERR_EXISTS)
        return st;
    return wr_fault(WR_FAULT_STATEMENT_CHANGELOG, err);
}

/* ---- meaning ---- */

static weir_status check_meaning(const wr_task_set *set, wr__set_store *s, weir_error *err)
{
    const wr_task_config *c = &set->config;
    wr_buf kept = {0}, difference = {0};
    bool found;
    weir_status st = wr_db_store_meaning_get(c->db, wr_str_c(s->name), &kept, &found, err);
    s->meaning_kept = st == WEIR_OK && found;
    if (s->meaning_kept && !wr_str_eq(wr_buf_view(&kept), wr_str_c(s->plan->meaning))) {
        wr_plan_store_difference(wr_buf_cstr(&kept), s->plan->meaning, &difference);
        st = wr_error(err, WEIR_ERR_CONFIG,
                      "The state %s of query %s was made by a statement that means something else "
                      "(%s)",
                      s->plan->name, c->id, wr_buf_cstr(&difference));
        (void)wr_error_hint(err,
                            "`weir reset %s` begins with new state (at a prompt also DROP or "
                            "TERMINATE); or give the new statement another name",
                            c->id);
    }
    wr_buf_free(&kept);
    wr_buf_free(&difference);
    return st;
}

/* ---- what the partitions of a store have in common ---- */

weir_status wr__set_store_prepare(wr_task_set *set, wr__set_store *s, uint32_t store,
                                  weir_error *err)
{
    const wr_task_config *c = &set->config;
    WR_ASSERT(store < c->plan->stores_n && !s->plan);
    s->plan = &c->plan->stores[store];
    wr_buf name = {0};
    wr_task_store_name(c->id, s->plan, &name);
    s->name = wr_strdup(wr_buf_cstr(&name));
    wr_buf_free(&name);
    if (c->changelogs)
        WR_TRY(create_changelog(set, s, err));
    WR_TRY(wr_db_store_id(c->db, wr_str_c(s->name), &s->id, err));
    return check_meaning(set, s, err);
}

void wr__set_store_free(wr__set_store *s)
{
    wr_free(s->name);
    wr_free(s->changelog);
    *s = (wr__set_store){0};
}

wr_restore_store wr__restore_store_of(const wr_task_set *set, const wr__set_store *s,
                                      int32_t partition)
{
    WR_ASSERT(s->plan && s->changelog && partition >= 0);
    return (wr_restore_store){.query = set->config.id,
                              .plan = s->plan,
                              .name = s->name,
                              .changelog = s->changelog,
                              .store_id = s->id,
                              .partition = partition,
                              .meaning_kept = s->meaning_kept,
                              .counters = &set->config.counters->restore};
}

/* ---- life ---- */

weir_status wr__task_open_store(wr_task_ctx *ctx, uint32_t store, wr_store **out, weir_error *err)
{
    wr_task *t = ctx->runtime;
    const wr_task_config *c = &t->set->config;
    WR_ASSERT(store < ctx->plan->stores_n);
    wr__task_store *s = &t->stores[store];
    if (!s->store) {
        *s = (wr__task_store){.of = &t->set->stores[store], .task = t};
        WR_ASSERT(s->of->plan && !wr__task_is_restoring(t));
        wr_store_options options = {.store_id = s->of->id,
                                    .partition = (uint32_t)t->partition,
                                    .caching = c->caching,
                                    .overlay_max = c->overlay_max,
                                    .on_change = c->changelogs ? store_changed : NULL,
                                    .on_change_arg = s};
        WR_TRY(wr_store_spec_open(c->db, &s->of->plan->spec, &options, &s->store, err));
    }
    *out = s->store;
    return WEIR_OK;
}

void wr__task_close_stores(wr_task *t)
{
    for (uint32_t i = 0; i < t->set->config.plan->stores_n; i++) {
        wr_restore_end(t->jobs[i]);
        wr_store_close(t->stores[i].store);
    }
    wr_free((void *)t->jobs);
    wr_free(t->stores);
}

weir_status wr__task_each_store(wr_task *t, wr__store_fn fn, void *arg, weir_error *err)
{
    for (uint32_t i = 0; i < t->set->config.plan->stores_n; i++)
        if (t->stores[i].store)
            WR_TRY(fn(&t->stores[i], arg, err));
    return WEIR_OK;
}
