/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task: the operators of one sub-topology for one partition, with their stores, and what they ask
 * of the runtime (wr_task_ctx): writing, stores, errors.
 *
 * A task belongs to a lane, by its partition: whoever runs the lane runs it, one thread at a time.
 * Several tasks may run at once, so everything of the query that they change is atomic or theirs.
 */
#include "runtime/task/internal.h"
#include "common/diag.h"

#include <stdio.h>

/* ---- what operators ask for ---- */

static void task_row_error(wr_task_ctx *ctx, const wr_step *step, const wr_batch *batch,
                           uint32_t row, const char *message)
{
    wr__task *t = ctx->runtime;
    wr_query *q = t->q;
    atomic_fetch_add(&q->errors, 1);
    if (!wr_diag_enabled(WR_DIAG_WARN))
        return;
    char logger[256];
    snprintf(logger, sizeof logger, "processing.%s.%s", q->id, step ? step->context : "task");
    if (batch && row < batch->rows && step && step->kind == WR_STEP_SOURCE)
        wr_diag_put(WR_DIAG_WARN, logger, "%s partition %d offset %lld: %s",
                    q->topic_names[step->u.source.topic], batch->partition[row],
                    (long long)batch->offset[row], message);
    else if (batch && row < batch->rows)
        wr_diag_put(WR_DIAG_WARN, logger, "partition %d offset %lld: %s", batch->partition[row],
                    (long long)batch->offset[row], message);
    else
        wr_diag_put(WR_DIAG_WARN, logger, "%s", message);
}

/* A query that is fed has one partition in effect, whatever its topics declare. */
static weir_status produce_to_first(wr_query *q, uint32_t topic, const wr_out_records *records,
                                    weir_error *err)
{
    wr_out_records r = *records;
    int32_t *first = wr_calloc(r.n, sizeof *first);
    r.partitions = first;
    weir_status st =
        wr_log_writer_produce(q->scan->writer, &q->owner, q->topic_names[topic], &r, err);
    wr_free(first);
    return st;
}

static weir_status task_produce(wr_task_ctx *ctx, uint32_t topic, const wr_out_records *records,
                                weir_error *err)
{
    wr__task *t = ctx->runtime;
    wr_query *q = t->q;
    if (q->plan->topics[topic].role == WR_TOPIC_REPARTITION && q->exchange)
        return wr__exchange_records(q, topic, records, err);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < records->n; i++)
        bytes += records->keys[i].len + records->values[i].len;
    atomic_fetch_add(&q->records_out, records->n);
    atomic_fetch_add(&q->bytes_out, bytes);
    wr_op_wrote(ctx, bytes);
    return q->fed ? produce_to_first(q, topic, records, err)
                  : wr_log_writer_produce(q->scan->writer, &q->owner, q->topic_names[topic],
                                          records, err);
}

static weir_status task_collect(wr_task_ctx *ctx, const wr_batch *batch, weir_error *err)
{
    wr__task *t = ctx->runtime;
    if (!t->q->collect)
        return WEIR_OK;
    atomic_fetch_add(&t->q->records_out, batch->sel.n);
    return t->q->collect(t->q->collect_arg, batch, err);
}

/* Changes of a store go to its changelog, at the task's own partition. */
static weir_status store_changed(void *arg, const wr_store_changes *changes, weir_error *err)
{
    wr__task_store *s = arg;
    wr_query *q = s->task->q;
    int32_t partitions[WR_STORE_CHANGES_MAX];
    for (uint32_t i = 0; i < changes->n; i++)
        partitions[i] = s->task->partition;
    wr_out_records r = {.n = changes->n,
                        .keys = changes->keys,
                        .values = changes->values,
                        .timestamps = changes->timestamps_ms,
                        .partitions = partitions};
    return wr_log_writer_produce(q->scan->writer, &q->owner, s->changelog, &r, err);
}

static weir_status create_changelog(wr__task_store *s, const wr_plan_store *plan, weir_error *err)
{
    wr_query *q = s->task->q;
    wr_buf name = {0};
    wr_buf_printf(&name, "%s%s-%s", q->prefix, q->id, plan->changelog);
    s->changelog = wr_strdup(wr_buf_cstr(&name));
    wr_buf_free(&name);
    wr_topic_spec topic = {
        .name = s->changelog,
        .partitions = q->sub_partitions[s->task->subtopology],
        .replicas = (int32_t)wr_settings_int(&q->settings, "ksql.internal.topic.replicas", 1),
        .retention_ms = plan->changelog_retention_ms,
        .compact = true,
        .compact_delete = plan->changelog_retention_ms >= 0,
        .internal = true,
    };
    weir_status st = wr_topic_create(q->log, &topic, err);
    return st == WEIR_ERR_EXISTS ? WEIR_OK : st;
}

static weir_status task_open_store(wr_task_ctx *ctx, uint32_t store, wr_store **out,
                                   weir_error *err)
{
    wr__task *t = ctx->runtime;
    wr_query *q = t->q;
    WR_ASSERT(store < q->plan->stores_n && t->stores_n < q->plan->stores_n);
    const wr_plan_store *plan = &q->plan->stores[store];
    WR_ASSERT(plan->subtopology == t->subtopology);
    wr__task_store *s = &t->stores[t->stores_n];
    *s = (wr__task_store){.name = wr_strdup(plan->name), .task = t};
    t->stores_n++;
    bool changelog = wr_log_can(q->log)->has_changelogs && !q->transient && plan->changelog;
    if (changelog)
        WR_TRY(create_changelog(s, plan, err));
    wr_buf id = {0};
    wr_buf_printf(&id, "%s/%s", q->id, plan->name);
    wr_store_options options = {.partition = (uint32_t)t->partition,
                                .caching = q->caching,
                                .overlay_max = q->budget->bytes,
                                .on_change = changelog ? store_changed : NULL,
                                .on_change_arg = s};
    weir_status st = wr_db_store_id(q->db, wr_buf_view(&id), &options.store_id, err);
    wr_buf_free(&id);
    WR_TRY(st);
    WR_TRY(wr_store_spec_open(q->db, &plan->spec, &options, &s->store, err));
    if (changelog) {
        int64_t since = wr__metrics_now(q);
        WR_TRY(wr__store_restore(s, err));
        wr__metrics_restored(q, since);
    }
    *out = s->store;
    return WEIR_OK;
}

/* ---- life ---- */

weir_status wr__task_open(wr_query *q, uint32_t subtopology, int32_t partition, wr__task **out,
                          weir_error *err)
{
    wr__task *t = wr_calloc(1, sizeof *t);
    t->q = q;
    t->subtopology = subtopology;
    t->partition = partition;
    t->lane = (uint32_t)partition % q->scan->lanes_n;
    wr_rng_seed_os(&t->rng);
    t->reads_n = wr_plan_inputs(q->plan, subtopology, t->reads, WR_ARRAY_LEN(t->reads));
    t->stores = wr_calloc(q->plan->stores_n, sizeof *t->stores);
    t->ctx = (wr_task_ctx){
        .plan = q->plan,
        .query_id = q->id,
        .partition = partition,
        .task_arena = wr_arena_new(16384),
        .scratch = q->scan->lanes[t->lane].scratch,
        .sources = q->fed ? NULL : q->scan->lanes[t->lane].sources,
        .wall_ms = q->clock->wall_ms(q->clock),
        .rng = &t->rng,
        .zone = "UTC",
        .caching = q->caching,
        /* Larger than any number of an earlier run, for what is in the state. */
        .sequence = (uint64_t)q->clock->wall_ms(q->clock) << 20,
        .row_error = task_row_error,
        .produce = task_produce,
        .collect = task_collect,
        .open_store = task_open_store,
        .exchange_in_memory = q->exchange,
        .exchange = wr__exchange_batch,
        .exchange_now = wr__exchange_now,
        .one_partition = q->fed,
        .runtime = t,
        .clock = q->clock,
    };
    wr__inboxes_open(t);
    weir_status st = wr_topology_new(&t->ctx, subtopology, &t->topology, err);
    if (st != WEIR_OK) {
        wr__task_close(t);
        return st;
    }
    *out = t;
    return WEIR_OK;
}

void wr__task_close(wr__task *t)
{
    if (!t)
        return;
    wr__metrics_retire(t);
    if (t->topology)
        wr_topology_close(t->topology);
    for (size_t i = 0; i < t->stores_n; i++) {
        wr_store_close(t->stores[i].store);
        wr_free(t->stores[i].name);
        wr_free(t->stores[i].changelog);
    }
    wr__inboxes_close(t);
    wr_free(t->stores);
    wr_arena_free(t->ctx.task_arena);
    wr_free(t);
}

/* ---- feeding ---- */

static bool reads(const wr__task *t, uint32_t topic)
{
    for (uint32_t i = 0; i < t->reads_n; i++)
        if (t->reads[i] == topic)
            return true;
    return false;
}

weir_status wr__query_deliver(wr_query *q, uint32_t topic, int32_t partition,
                              const wr_record *records, uint32_t n, weir_error *err)
{
    int64_t wall_ms = q->clock->wall_ms(q->clock);
    for (size_t i = 0; i < q->tasks_n; i++) {
        wr__task *t = q->tasks[i];
        if (t->partition != partition || !reads(t, topic))
            continue;
        t->ctx.wall_ms = wall_ms;
        WR_TRY(wr_topology_feed(t->topology, topic, records, n, err));
    }
    return WEIR_OK;
}
