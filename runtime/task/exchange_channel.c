/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows between the sub-topologies of a plan, inside the process.
 *
 * Rows that change their key come as columns (the operators' exchange_send.c) and are received
 * before the scratch arena that they lie in is reset; messages of foreign-key joins come as bytes,
 * which a channel copies. From one sender, order is the order of sending, as in a repartition
 * topic.
 *
 * Slots work at the same time without locks. Each channel has two buffers, and in each a list for
 * every slot: senders fill the lists of the set's present buffer (`sending`), each slot its own.
 * Between two rounds, when no slot runs, the buffers swap; in the next round each slot receives
 * what was sent to its tasks, while what that gives goes into the other buffer.
 */
#include "runtime/task/task_internal.h"

#define RECEIVE_ROWS 2048u

/* ---- life ---- */

void wr__channels_open(wr_task *t)
{
    const wr_plan *plan = t->set->config.plan;
    uint32_t slots = t->set->assignment.slots_n;
    t->channels = wr_calloc(t->reads_n, sizeof *t->channels);
    for (uint32_t i = 0; i < t->reads_n && t->set->assignment.exchange; i++) {
        if (plan->topics[t->reads[i]].role != WR_TOPIC_REPARTITION)
            continue;
        wr__channel *c = &t->channels[t->channels_n++];
        *c = (wr__channel){.topic = t->reads[i], .arena = wr_arena_new(0)};
        c->buffers[0] = wr_calloc(slots, sizeof *c->buffers[0]);
        c->buffers[1] = wr_calloc(slots, sizeof *c->buffers[1]);
    }
}

void wr__channels_close(wr_task *t)
{
    for (uint32_t i = 0; i < t->channels_n; i++) {
        wr__channel *c = &t->channels[i];
        for (uint32_t b = 0; b < 2; b++) {
            for (uint32_t s = 0; s < t->set->assignment.slots_n; s++)
                wr_free((void *)c->buffers[b][s].batches);
            wr_free(c->buffers[b]);
        }
        wr_arena_free(c->arena);
        wr_free(c->records);
    }
    wr_free(t->channels);
}

/* ---- sending ---- */

static wr__channel *find_channel(wr_task *t, uint32_t topic)
{
    for (uint32_t i = 0; i < t->channels_n; i++)
        if (t->channels[i].topic == topic)
            return &t->channels[i];
    return NULL;
}

static weir_status channel_to(wr_task_set *set, uint32_t topic, int32_t partition,
                              wr__channel **out, weir_error *err)
{
    *out = NULL;
    for (size_t k = 0; k < set->tasks_n && !*out; k++)
        if (set->tasks[k]->partition == partition)
            *out = find_channel(set->tasks[k], topic);
    if (*out)
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_LOG, "Query %s has no task for partition %d of %s",
                    set->config.id, partition, set->config.topic_names[topic]);
}

/* Row @p i of @p r. */
static void push_record(wr__channel *c, const wr_out_records *r, uint32_t i, int32_t partition)
{
    if (c->n == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 64;
        c->records = wr_realloc(c->records, c->cap * sizeof *c->records);
    }
    c->records[c->n] = (wr_record){
        .key = wr_bytes_copy(c->arena, r->keys[i]),
        .value = wr_bytes_copy(c->arena, r->values[i]),
        .timestamp = r->timestamps[i],
        .offset = (int64_t)c->n,
        .partition = partition,
        .headers = r->headers ? wr_headers_copy(c->arena, r->headers[i]) : NULL,
    };
    c->n++;
}

/* Records that are made of bytes in any case (foreign-key joins): queries that have them run in one
 * slot, so there is one list of them and no buffer to swap. */
weir_status wr__exchange_records(wr_task_ctx *ctx, uint32_t topic, const wr_out_records *r,
                                 weir_error *err)
{
    wr_task *t = ctx->runtime;
    wr_task_set *set = t->set;
    WR_ASSERT(set->assignment.exchange && set->assignment.slots_n == 1);
    int32_t partitions = set->config.piped ? 1 : ctx->plan->topics[topic].partitions;
    for (uint32_t i = 0; i < r->n; i++) {
        int32_t p = r->partitions    ? r->partitions[i]
                    : r->keys[i].ptr ? wr_partition_of(r->partitioner, r->keys[i], partitions)
                                     : 0;
        wr__channel *c;
        WR_TRY(channel_to(set, topic, p, &c, err));
        push_record(c, r, i, p);
    }
    return WEIR_OK;
}

weir_status wr__exchange_batch(wr_task_ctx *ctx, uint32_t topic, int32_t partition,
                               const wr_batch *batch, weir_error *err)
{
    wr_task *t = ctx->runtime;
    wr__channel *c;
    WR_TRY(channel_to(t->set, topic, partition, &c, err));
    wr__sent *list = &c->buffers[t->set->sending][t->slot];
    if (list->n == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 8;
        list->batches = wr_realloc((void *)list->batches, list->cap * sizeof(wr_batch *));
    }
    list->batches[list->n++] = batch;
    return WEIR_OK;
}

/* ---- receiving ---- */

static bool is_empty(const wr__channel *c, uint32_t buffer, uint32_t slots)
{
    size_t n = c->n;
    for (uint32_t s = 0; s < slots; s++)
        n += c->buffers[buffer][s].n;
    return n == 0;
}

bool wr_task_set_swap(wr_task_set *set)
{
    if (!set->assignment.exchange)
        return false;
    bool any = false;
    for (size_t i = 0; i < set->tasks_n && !any; i++)
        for (uint32_t k = 0; k < set->tasks[i]->channels_n && !any; k++)
            any = !is_empty(&set->tasks[i]->channels[k], set->sending, set->assignment.slots_n);
    set->sending ^= any;
    return any;
}

static weir_status receive(wr_task *t, wr__channel *c, uint32_t buffer, weir_error *err)
{
    /* What this gives may come to this very task again only through another channel (the plan has
     * no cycles), so the records stay where they are meanwhile. */
    const wr_task_set *set = t->set;
    uint32_t chunk = WR_MIN(set->assignment.batch_rows, RECEIVE_ROWS);
    t->ctx.wall_ms = set->config.clock->wall_ms(set->config.clock);
    for (size_t at = 0; at < c->n; at += chunk)
        WR_TRY(wr_topology_feed(t->topology, c->topic, c->records + at,
                                (uint32_t)WR_MIN((size_t)chunk, c->n - at), err));
    c->n = 0;
    wr_arena_reset(c->arena);
    for (uint32_t s = 0; s < set->assignment.slots_n; s++) {
        wr__sent *list = &c->buffers[buffer][s];
        for (size_t i = 0; i < list->n; i++)
            WR_TRY(wr_topology_take(t->topology, c->topic, list->batches[i], err));
        list->n = 0;
    }
    return WEIR_OK;
}

weir_status wr_task_set_drain(wr_task_set *set, uint32_t slot, weir_error *err)
{
    WR_ASSERT(slot < set->assignment.slots_n);
    uint32_t buffer = set->sending ^ 1;
    for (size_t i = 0; i < set->tasks_n; i++) {
        wr_task *t = set->tasks[i];
        for (uint32_t k = 0; t->slot == slot && k < t->channels_n; k++)
            if (!is_empty(&t->channels[k], buffer, set->assignment.slots_n)) {
                weir_status st = receive(t, &t->channels[k], buffer, err);
                WR_TRY(wr__letters_check(set->letters, st, err));
            }
    }
    return WEIR_OK;
}

weir_status wr_task_set_drain_all(wr_task_set *set, weir_error *err)
{
    while (wr_task_set_swap(set))
        for (uint32_t s = 0; s < set->assignment.slots_n; s++)
            WR_TRY(wr_task_set_drain(set, s, err));
    return WEIR_OK;
}

/* Only a commit asks for it, and commits run on one thread: no other slot runs. */
weir_status wr__exchange_now(wr_task_ctx *ctx, weir_error *err)
{
    wr_task *t = ctx->runtime;
    WR_TRY(wr_task_set_drain_all(t->set, err));
    for (uint32_t s = 0; s < t->set->assignment.slots_n; s++)
        if (s != t->slot)
            wr_arena_reset(t->set->assignment.slots[s].scratch);
    return WEIR_OK;
}
