/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task: the operators of one sub-topology for one partition, and what they ask of the runtime
 * (wr_task_ctx): writing, rows for a client, errors of rows. Stores: task_stores.c.
 *
 * A task belongs to an executor slot, by its partition: whoever runs the slot runs it, one thread
 * at a time. Several tasks may run at once, so what they change of the set is atomic or split by
 * slot.
 */
#include "runtime/task/task_internal.h"
#include "common/diag.h"

#include <stdio.h>

bool wr__task_reads(const wr_task *t, uint32_t topic)
{
    for (uint32_t i = 0; i < t->reads_n; i++)
        if (t->reads[i] == topic)
            return true;
    return false;
}

/* ---- what operators ask for ---- */

static void task_row_error(wr_task_ctx *ctx, const wr_step *step, const wr_batch *batch,
                           uint32_t row, const char *message)
{
    wr_task *t = ctx->runtime;
    const wr_task_config *c = &t->set->config;
    atomic_fetch_add(&c->counters->errors, 1);
    if (!wr_diag_enabled(WR_DIAG_WARN))
        return;
    char logger[256];
    snprintf(logger, sizeof logger, "processing.%s.%s", c->id, step ? step->context : "task");
    if (batch && row < batch->rows && step && step->kind == WR_STEP_SOURCE)
        wr_diag_put(WR_DIAG_WARN, logger, "%s partition %d offset %lld: %s",
                    c->topic_names[step->u.source.topic], batch->partition[row],
                    (long long)batch->offset[row], message);
    else if (batch && row < batch->rows)
        wr_diag_put(WR_DIAG_WARN, logger, "partition %d offset %lld: %s", batch->partition[row],
                    (long long)batch->offset[row], message);
    else
        wr_diag_put(WR_DIAG_WARN, logger, "%s", message);
}

/* Where records are piped in there is one partition in effect, whatever the topics declare. */
static weir_status produce_to_first(const wr_task_set *set, uint32_t topic,
                                    const wr_out_records *records, weir_error *err)
{
    wr_out_records r = *records;
    int32_t *first = wr_calloc(r.n, sizeof *first);
    r.partitions = first;
    weir_status st = wr_log_writer_produce(set->assignment.writer, set->config.owner,
                                           set->config.topic_names[topic], &r, err);
    wr_free(first);
    return st;
}

static weir_status task_produce(wr_task_ctx *ctx, uint32_t topic, const wr_out_records *records,
                                weir_error *err)
{
    wr_task *t = ctx->runtime;
    const wr_task_set *set = t->set;
    const wr_task_config *c = &set->config;
    WR_ASSERT(topic < c->plan->topics_n);
    if (c->plan->topics[topic].role == WR_TOPIC_REPARTITION && set->assignment.exchange)
        return wr__exchange_records(ctx, topic, records, err);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < records->n; i++)
        bytes += records->keys[i].len + records->values[i].len;
    atomic_fetch_add(&c->counters->records_out, records->n);
    atomic_fetch_add(&c->counters->bytes_out, bytes);
    wr_op_wrote(ctx, bytes);
    return c->piped ? produce_to_first(set, topic, records, err)
                    : wr_log_writer_produce(set->assignment.writer, c->owner, c->topic_names[topic],
                                            records, err);
}

static weir_status task_collect(wr_task_ctx *ctx, const wr_batch *batch, weir_error *err)
{
    wr_task *t = ctx->runtime;
    const wr_task_config *c = &t->set->config;
    if (!c->collect)
        return WEIR_OK;
    atomic_fetch_add(&c->counters->records_out, batch->sel.n);
    return c->collect(c->collect_arg, batch, err);
}

/* ---- life ---- */

static void fill_context(wr_task *t)
{
    const wr_task_config *c = &t->set->config;
    const wr_task_assignment *a = &t->set->assignment;
    int64_t wall_ms = c->clock->wall_ms(c->clock);
    t->ctx = (wr_task_ctx){
        .plan = c->plan,
        .query_id = c->id,
        .partition = t->partition,
        .task_arena = wr_arena_new(16384),
        .scratch = a->slots[t->slot].scratch,
        .sources = c->piped ? NULL : a->slots[t->slot].sources,
        .wall_ms = wall_ms,
        .rng = &t->rng,
        .zone = "UTC",
        .caching = c->caching,
        /* Larger than any number of an earlier run, for what is in the state. */
        .sequence = (uint64_t)wall_ms << 20,
        .row_error = task_row_error,
        .produce = task_produce,
        .collect = task_collect,
        .open_store = wr__task_open_store,
        .exchange_in_memory = a->exchange,
        .exchange = wr__exchange_batch,
        .exchange_now = wr__exchange_now,
        .one_partition = c->piped,
        .runtime = t,
        .clock = c->clock,
    };
}

weir_status wr__task_open(wr_task_set *set, uint32_t subtopology, int32_t partition, wr_task **out,
                          weir_error *err)
{
    const wr_plan *plan = set->config.plan;
    WR_ASSERT(subtopology < plan->subtopologies_n && partition >= 0);
    WR_ASSERT(partition < set->config.sub_partitions[subtopology]);
    wr_task *t = wr_calloc(1, sizeof *t);
    t->set = set;
    t->subtopology = subtopology;
    t->partition = partition;
    t->slot = (uint32_t)partition % set->assignment.slots_n;
    atomic_fetch_add(&set->config.counters->states[WR_TASK_CREATED], 1);
    wr_rng_seed_os(&t->rng);
    t->reads = wr_calloc(plan->topics_n, sizeof *t->reads);
    t->reads_n = wr_plan_inputs(plan, subtopology, t->reads, plan->topics_n);
    t->stores = wr_calloc(plan->stores_n, sizeof *t->stores);
    fill_context(t);
    wr__channels_open(t);
    weir_status st = wr_topology_new(&t->ctx, subtopology, &t->topology, err);
    if (st != WEIR_OK) {
        wr__task_close(t);
        return st;
    }
    wr__task_enter(t, WR_TASK_RUNNING);
    *out = t;
    return WEIR_OK;
}

void wr__task_close(wr_task *t)
{
    const wr_task_config *c = &t->set->config;
    wr__task_enter(t, WR_TASK_CLOSING);
    if (c->closing)
        c->closing(c->arg, t);
    if (t->topology)
        wr_topology_close(t->topology);
    wr__task_close_stores(t);
    wr__channels_close(t);
    wr_free(t->reads);
    wr_arena_free(t->ctx.task_arena);
    atomic_fetch_sub(&c->counters->states[WR_TASK_CLOSING], 1);
    wr_free(t);
}

/* ---- looking at it ---- */

uint32_t wr_task_subtopology(const wr_task *t)
{
    return t->subtopology;
}

const wr_op *wr_task_op(const wr_task *t, uint32_t index)
{
    return t->topology ? wr_topology_op(t->topology, index) : NULL;
}

const wr_store *wr_task_store(const wr_task *t, uint32_t store)
{
    WR_ASSERT(store < t->set->config.plan->stores_n);
    return t->stores[store].store;
}
