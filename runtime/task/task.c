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
#include "runtime/log/log_topics.h"

#include <stdio.h>

bool wr__task_reads(const wr_task *t, uint32_t topic)
{
    for (uint32_t i = 0; i < t->reads_n; i++)
        if (t->reads[i] == topic)
            return true;
    return false;
}

bool wr__set_reads(const wr_task_set *set, uint32_t sub, int32_t partition,
                   const wr_topic_part *parts, uint32_t n)
{
    const wr_task_config *c = &set->config;
    uint32_t *topics = wr_calloc(c->plan->topics_n, sizeof *topics);
    uint32_t topics_n = wr_plan_inputs(c->plan, sub, topics, c->plan->topics_n);
    bool yes = false;
    for (uint32_t i = 0; i < n && !yes; i++)
        for (uint32_t k = 0; k < topics_n && !yes; k++)
            yes = parts[i].partition == partition &&
                  strcmp(parts[i].topic, c->topic_names[topics[k]]) == 0;
    wr_free(topics);
    return yes;
}

/* ---- what operators ask for ---- */

/*
 * The topic that the rows of @p step came from, by their partition and offset; NULL where its
 * inputs come from several. Rows that were exchanged in memory still have the place of the record
 * that was read; those that were written to a repartition topic have their place in that.
 */
static const char *topic_of(const wr_task *t, const wr_step *step)
{
    const wr_task_config *c = &t->set->config;
    if (step->kind == WR_STEP_SOURCE)
        return c->topic_names[step->u.source.topic];
    if (step->kind == WR_STEP_REPARTITION && !t->set->assignment.exchange)
        return c->topic_names[step->u.repartition.topic];
    const char *topic = NULL;
    WR_ASSERT(step->in_n > 0); /* only sources and repartitions begin something */
    for (uint32_t i = 0; i < step->in_n; i++) {
        const char *other = topic_of(t, step->in[i]);
        if (i && (!topic || !other || strcmp(topic, other) != 0))
            return NULL;
        topic = other;
    }
    return topic;
}

/* The key of a row that has one, cut to what a line can hold. Sources have not decoded it yet, or
 * could not. */
static void put_key(wr_buf *out, const wr_batch *batch, uint32_t row)
{
    enum { KEY_BYTES = 100 };
    const wr_schema *schema = batch->schema;
    wr_buf key = {0};
    for (uint32_t c = 0; c < schema->keys_n; c++) {
        if (!batch->cols[c].null) /* a column that is not there yet */
            continue;
        wr_value v = wr_vec_get(&batch->cols[c], row);
        wr_buf_puts(&key, c ? ", " : "");
        wr_value_print_json(&key, schema->cols[c].type, &v);
    }
    if (key.len)
        wr_buf_printf(out, "%skey %.*s%s", out->len ? " " : "",
                      (int)WR_MIN(key.len, (size_t)KEY_BYTES), key.ptr,
                      key.len > KEY_BYTES ? "..." : "");
    wr_buf_free(&key);
}

/* "t partition 0 offset 5 key 7", as far as it is known; a row out of state has no offset.
 * The batch is a step's input; what a step cannot write to a repartition topic has come from before
 * it. */
static void put_place(wr_buf *out, const wr_task *t, const wr_step *step, const wr_batch *batch,
                      uint32_t row)
{
    if (!batch || row >= batch->rows)
        return;
    bool writes = step && step->kind == WR_STEP_REPARTITION;
    const char *topic = step ? topic_of(t, writes ? step->in[0] : step) : NULL;
    wr_buf_puts(out, topic ? topic : "");
    if (batch->offset[row] != WR_NO_OFFSET)
        wr_buf_printf(out, "%spartition %d offset %lld", out->len ? " " : "", batch->partition[row],
                      (long long)batch->offset[row]);
    if (step && step->kind != WR_STEP_SOURCE)
        put_key(out, batch, row);
}

static void log_row(const wr_task *t, const wr_step *step, const wr_batch *batch, uint32_t row,
                    const char *message)
{
    WR_ASSERT(t->set->row_log && message[0]);
    if (!wr_diag_enabled(WR_DIAG_WARN))
        return;
    wr_buf place = {0};
    put_place(&place, t, step, batch, row);
    wr__row_log_put(t->set->row_log, step ? step->context : "task", wr_buf_cstr(&place), message);
    wr_buf_free(&place);
}

/* The record that row @p row came as, among those that are being worked on; NULL: it is none of
 * them, or one that Weir made, which means nothing to others. */
static const wr_record *record_of(const wr_task *t, const wr_batch *batch, uint32_t row,
                                  uint32_t *topic)
{
    int64_t offset = batch->offset[row];
    if (offset == WR_NO_OFFSET || batch->partition[row] < 0)
        return NULL;
    const wr_task_set *set = t->set;
    const wr__feeding *f = &set->feeding[(uint32_t)batch->partition[row] % set->assignment.slots_n];
    uint32_t low = 0, high = f->n;
    if (f->n == 0 || set->config.plan->topics[f->topic].role != WR_TOPIC_INPUT)
        return NULL;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (f->records[mid].offset < offset)
            low = mid + 1;
        else
            high = mid;
    }
    const wr_record *r = low < f->n ? &f->records[low] : NULL;
    if (!r || r->offset != offset || r->partition != batch->partition[row])
        return NULL;
    *topic = f->topic;
    return r;
}

static void put_letter(const wr_task *t, const wr_step *step, const wr_batch *batch, uint32_t row,
                       const wr_row_fault *fault)
{
    uint32_t topic;
    const wr_record *record = record_of(t, batch, row, &topic);
    bool writes = step && step->kind == WR_STEP_REPARTITION;
    const char *named = !step ? NULL : topic_of(t, writes ? step->in[0] : step);
    const wr__letter letter = {
        .fault = fault,
        .step = step ? step->context : "task",
        .topic = record ? t->set->config.topic_names[topic] : named,
        .record = record,
        .batch = batch,
        .row = row,
        .partition = batch->partition[row] < 0 ? t->partition : batch->partition[row],
        .offset = batch->offset[row],
    };
    wr__letters_put(t->set->letters, &letter);
}

static void task_row_error(wr_task_ctx *ctx, const wr_step *step, const wr_batch *batch,
                           uint32_t row, const wr_row_fault *fault)
{
    const wr_task *t = ctx->runtime;
    wr_task_counters *n = t->set->config.counters;
    atomic_fetch_add(&n->errors, 1);
    if (fault->outcome == WR_ROW_FAULT_LEFT_OUT)
        atomic_fetch_add(&n->left_out[fault->reason], 1);
    log_row(t, step, batch, row, fault->message);
    if (fault->outcome != WR_ROW_FAULT_STAYS && batch)
        put_letter(t, step, batch, row, fault);
}

/* Repartition topics have no policy: what is in them was written by Weir, and is never left out. */
weir_status wr__task_condemn(const wr_task *t, uint32_t topic, const wr_record *record,
                             weir_error *err)
{
    const wr_task_config *c = &t->set->config;
    const wr_step *step = NULL;
    WR_ASSERT(topic < c->plan->topics_n && record->offset >= 0);
    for (uint32_t i = 0; i < c->plan->steps_n && !step; i++)
        if (c->plan->steps[i]->kind == WR_STEP_SOURCE && c->plan->steps[i]->u.source.topic == topic)
            step = c->plan->steps[i];
    static const wr_error_policy stop = {WR_ON_ERROR_STOP, WR_PLAN_NO_TOPIC};
    const wr_error_policy *policy = step ? &step->u.source.decoding : &stop;
    bool stops = policy->on_error == WR_ON_ERROR_STOP;
    char text[160], place[400];
    snprintf(text, sizeof text, "The process has died %d times while it worked on this record",
             WR_DEATHS_MAX);
    snprintf(place, sizeof place, "%s partition %d offset %lld", c->topic_names[topic],
             record->partition, (long long)record->offset);
    const wr_row_fault fault = {WR_ROW_FAULT_CRASH,
                                stops ? WR_ROW_FAULT_STOPS : WR_ROW_FAULT_LEFT_OUT, policy, text};
    const wr__letter letter = {.fault = &fault,
                               .step = step ? step->context : "task",
                               .topic = c->topic_names[topic],
                               .record = record,
                               .partition = record->partition,
                               .offset = record->offset};
    atomic_fetch_add(&c->counters->errors, 1);
    if (!stops)
        atomic_fetch_add(&c->counters->left_out[WR_ROW_FAULT_CRASH], 1);
    wr__row_log_put(t->set->row_log, letter.step, place, text);
    wr__letters_put(t->set->letters, &letter);
    weir_status st = stops ? wr_error(err, WEIR_ERR_RECORD, "%s: %s", place, text) : WEIR_OK;
    return wr__letters_check(t->set->letters, st, err);
}

static bool task_wait(wr_task_ctx *ctx, const weir_error *why, uint32_t attempt)
{
    const wr_task *t = ctx->runtime;
    const wr_task_config *c = &t->set->config;
    return c->wait && c->wait(c->arg, why, attempt);
}

static void task_row_noted(wr_task_ctx *ctx, const wr_step *step, const wr_batch *batch,
                           uint32_t row, const char *message)
{
    log_row(ctx->runtime, step, batch, row, message);
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
    wr_work_wait(c->in_progress, true); /* it may wait for a broker */
    weir_status st = c->piped ? produce_to_first(set, topic, records, err)
                              : wr_log_writer_produce(set->assignment.writer, c->owner,
                                                      c->topic_names[topic], records, err);
    wr_work_wait(c->in_progress, false);
    return st;
}

/* One request for all tasks that write the topic. */
static weir_status task_record_times(wr_task_ctx *ctx, uint32_t topic, wr_record_times *out,
                                     weir_error *err)
{
    const wr_task *t = ctx->runtime;
    const wr_task_config *c = &t->set->config;
    WR_ASSERT(topic < c->plan->topics_n);
    wr__topic_times *known = &t->set->times[topic];
    if (!known->known)
        WR_TRY(wr_topic_record_times(c->log, c->topic_names[topic], &known->times, err));
    known->known = true;
    *out = known->times;
    return WEIR_OK;
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
        .row_noted = task_row_noted,
        .wait = task_wait,
        .produce = task_produce,
        .collect = task_collect,
        .open_store = wr__task_open_store,
        .exchange_in_memory = a->exchange,
        .exchange = wr__exchange_batch,
        .exchange_now = wr__exchange_now,
        .record_times = task_record_times,
        .record_max = wr_log_writer_record_max(a->writer),
        .one_partition = c->piped,
        .runtime = t,
        .clock = c->clock,
    };
}

wr_task *wr__task_new(wr_task_set *set, uint32_t subtopology, int32_t partition)
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
    t->jobs = wr_calloc(plan->stores_n, sizeof(wr_restore_job *));
    fill_context(t);
    wr__channels_open(t);
    return t;
}

weir_status wr__task_run(wr_task *t, weir_error *err)
{
    WR_ASSERT(!t->topology);
    wr__task_enter(t, WR_TASK_RUNNING);
    return wr_topology_new(&t->ctx, t->subtopology, &t->topology, err);
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
