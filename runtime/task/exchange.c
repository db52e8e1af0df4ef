/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows between the sub-topologies of a query, inside the process.
 *
 * Rows that change their key come as columns (the operators' exchange.c) and are read before the
 * scratch arena that they lie in is reset; messages of foreign-key joins come as bytes, which an
 * inbox copies. From one sender, order is the order of sending, as in a repartition topic.
 *
 * Lanes work at the same time without locks: each sends into lists of its own (wr__inbox), those of
 * the query's present parity; between two turns, when no lane runs, the parity changes, and in the
 * next turn each lane empties what was sent to its tasks, while what that gives goes to the lists
 * of the new parity.
 */
#include "runtime/task/internal.h"

#define INBOX_CHUNK 2048u

/* ---- inboxes ---- */

void wr__inboxes_open(wr__task *t)
{
    uint32_t lanes = t->q->scan->lanes_n;
    t->inboxes = wr_calloc(t->reads_n, sizeof *t->inboxes);
    for (uint32_t i = 0; i < t->reads_n; i++) {
        if (t->q->plan->topics[t->reads[i]].role != WR_TOPIC_REPARTITION || !t->q->exchange)
            continue;
        wr__inbox *b = &t->inboxes[t->inboxes_n++];
        *b = (wr__inbox){.topic = t->reads[i], .arena = wr_arena_new(0)};
        b->lists[0] = wr_calloc(lanes, sizeof *b->lists[0]);
        b->lists[1] = wr_calloc(lanes, sizeof *b->lists[1]);
    }
}

void wr__inboxes_close(wr__task *t)
{
    for (uint32_t i = 0; i < t->inboxes_n; i++) {
        wr__inbox *b = &t->inboxes[i];
        for (uint32_t p = 0; p < 2; p++) {
            for (uint32_t l = 0; l < t->q->scan->lanes_n; l++)
                wr_free((void *)b->lists[p][l].batches);
            wr_free(b->lists[p]);
        }
        wr_arena_free(b->arena);
        wr_free(b->records);
    }
    wr_free(t->inboxes);
}

static wr__inbox *find_inbox(wr__task *t, uint32_t topic)
{
    for (uint32_t i = 0; i < t->inboxes_n; i++)
        if (t->inboxes[i].topic == topic)
            return &t->inboxes[i];
    return NULL;
}

/* Row @p i of @p r. */
static void inbox_push(wr__inbox *b, const wr_out_records *r, uint32_t i, int32_t partition)
{
    if (b->n == b->cap) {
        b->cap = b->cap ? b->cap * 2 : 64;
        b->records = wr_realloc(b->records, b->cap * sizeof *b->records);
    }
    b->records[b->n] = (wr_record){
        .key = wr_bytes_copy(b->arena, r->keys[i]),
        .value = wr_bytes_copy(b->arena, r->values[i]),
        .timestamp = r->timestamps[i],
        .offset = (int64_t)b->n,
        .partition = partition,
        .headers = r->headers ? wr_headers_copy(b->arena, r->headers[i]) : NULL,
    };
    b->n++;
}

static weir_status inbox_of(wr_query *q, uint32_t topic, int32_t partition, wr__inbox **out,
                            weir_error *err)
{
    *out = NULL;
    for (size_t k = 0; k < q->tasks_n && !*out; k++)
        if (q->tasks[k]->partition == partition)
            *out = find_inbox(q->tasks[k], topic);
    if (*out)
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_LOG, "Query %s has no task for partition %d of %s", q->id,
                    partition, q->topic_names[topic]);
}

/* Records between sub-topologies that are made of bytes in any case (foreign-key joins). */
weir_status wr__exchange_records(wr_query *q, uint32_t topic, const wr_out_records *r,
                                 weir_error *err)
{
    int32_t partitions = q->fed ? 1 : q->plan->topics[topic].partitions;
    for (uint32_t i = 0; i < r->n; i++) {
        int32_t p = r->partitions    ? r->partitions[i]
                    : r->keys[i].ptr ? wr_partition_of(r->keys[i], partitions)
                                     : 0;
        wr__inbox *inbox;
        WR_TRY(inbox_of(q, topic, p, &inbox, err));
        inbox_push(inbox, r, i, p);
    }
    return WEIR_OK;
}

weir_status wr__exchange_batch(wr_task_ctx *ctx, uint32_t topic, int32_t partition,
                               const wr_batch *batch, weir_error *err)
{
    wr__task *t = ctx->runtime;
    wr__inbox *b;
    WR_TRY(inbox_of(t->q, topic, partition, &b, err));
    wr__parcel_list *list = &b->lists[t->q->parity][t->lane];
    if (list->n == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 8;
        list->batches = wr_realloc((void *)list->batches, list->cap * sizeof(wr_batch *));
    }
    list->batches[list->n++] = batch;
    return WEIR_OK;
}

/* ---- receiving ---- */

static bool has_parcels(const wr__inbox *b, uint32_t parity, uint32_t lanes)
{
    size_t n = b->n;
    for (uint32_t l = 0; l < lanes; l++)
        n += b->lists[parity][l].n;
    return n > 0;
}

bool wr__query_has_parcels(const wr_query *q, uint32_t parity)
{
    for (size_t i = 0; i < q->tasks_n; i++)
        for (uint32_t k = 0; k < q->tasks[i]->inboxes_n; k++)
            if (has_parcels(&q->tasks[i]->inboxes[k], parity, q->scan->lanes_n))
                return true;
    return false;
}

static weir_status drain_inbox(wr__task *t, wr__inbox *b, uint32_t parity, weir_error *err)
{
    /* Feeding may send to this very task again only through another inbox (the plan has no
     * cycles), so the records stay where they are meanwhile. */
    uint32_t chunk = WR_MIN(t->q->scan->batch_rows, INBOX_CHUNK);
    t->ctx.wall_ms = t->q->clock->wall_ms(t->q->clock);
    for (size_t at = 0; at < b->n; at += chunk)
        WR_TRY(wr_topology_feed(t->topology, b->topic, b->records + at,
                                (uint32_t)WR_MIN((size_t)chunk, b->n - at), err));
    b->n = 0;
    wr_arena_reset(b->arena);
    for (uint32_t l = 0; l < t->q->scan->lanes_n; l++) {
        wr__parcel_list *list = &b->lists[parity][l];
        for (size_t i = 0; i < list->n; i++)
            WR_TRY(wr_topology_take(t->topology, b->topic, list->batches[i], err));
        list->n = 0;
    }
    return WEIR_OK;
}

weir_status wr__query_drain_lane(wr_query *q, uint32_t lane, uint32_t parity, weir_error *err)
{
    for (size_t i = 0; i < q->tasks_n; i++) {
        wr__task *t = q->tasks[i];
        for (uint32_t k = 0; t->lane == lane && k < t->inboxes_n; k++)
            if (has_parcels(&t->inboxes[k], parity, q->scan->lanes_n))
                WR_TRY(drain_inbox(t, &t->inboxes[k], parity, err));
    }
    return WEIR_OK;
}

weir_status wr__query_drain(wr_query *q, weir_error *err)
{
    while (q->exchange && wr__query_has_parcels(q, q->parity)) {
        uint32_t full = q->parity;
        q->parity ^= 1;
        for (uint32_t l = 0; l < q->scan->lanes_n; l++)
            WR_TRY(wr__query_drain_lane(q, l, full, err));
    }
    return WEIR_OK;
}

/* Only a commit asks for it, and commits run on one thread: the receivers' lanes are idle. */
weir_status wr__exchange_now(wr_task_ctx *ctx, weir_error *err)
{
    wr__task *t = ctx->runtime;
    WR_TRY(wr__query_drain(t->q, err));
    for (uint32_t l = 0; l < t->q->scan->lanes_n; l++)
        if (l != t->lane)
            wr_arena_reset(t->q->scan->lanes[l].scratch);
    return WEIR_OK;
}
