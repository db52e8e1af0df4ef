/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgetting a query that was terminated: nothing of it is left in the database or the log, so that
 * one that is made again under the same id begins with nothing. What there is, its plan says.
 *
 * What fails is logged: names are unique to the query, so leftovers do no harm but for their space.
 * The statement that removes the query has succeeded by now, and cannot be failed by them.
 */
#include "runtime/log/log_groups.h"
#include "runtime/query/query_internal.h"
#include "common/diag.h"

static void warn(const wr_query *q, const char *what, const weir_error *err)
{
    wr_diag_put(WR_DIAG_WARN, "query", "%s: dropping %s: %s", q->id, what, err->message);
}

/* One that is not there was never made, or somebody has removed it: what was wanted. */
static void remove_topic(const wr_query *q, const char *topic)
{
    weir_error err;
    weir_status st = wr_topic_remove(q->log, topic, &err);
    if (st != WEIR_OK && st != WEIR_ERR_NOT_FOUND)
        warn(q, topic, &err);
}

/* The changelog of a store, and how far it has been applied, by partition. */
static void forget_changelog(const wr_query *q, const wr_plan_store *store, wr_db_batch *b)
{
    WR_ASSERT(store->subtopology < q->plan->subtopologies_n);
    wr_buf topic = {0};
    wr_task_changelog_name(q->prefix, q->id, store, &topic);
    remove_topic(q, wr_buf_cstr(&topic));
    for (int32_t p = 0; p < q->topics.sub_partitions[store->subtopology]; p++) {
        wr_buf key = {0};
        wr_task_position_key(wr_buf_cstr(&topic), p, &key);
        wr_db_batch_meta_delete(b, wr_buf_view(&key));
        wr_buf_free(&key);
    }
    wr_buf_free(&topic);
}

/* A store that no task has opened has no id in the database, and nothing to be dropped. Its
 * changelog may be there even so: another process had the partitions. */
static void forget_store(const wr_query *q, const wr_plan_store *store, wr_db_batch *b)
{
    weir_error err;
    uint32_t id = 0;
    wr_buf name = {0};
    wr_task_store_name(q->id, store, &name);
    weir_status st = wr_db_store_id_find(q->db, NULL, wr_buf_view(&name), &id, &err);
    if (st == WEIR_OK && id)
        st = wr_db_batch_drop_store(b, wr_buf_view(&name), &err);
    if (st != WEIR_OK)
        warn(q, wr_buf_cstr(&name), &err);
    wr_buf_free(&name);
    if (q->kind.changelogs && store->changelog)
        forget_changelog(q, store, b);
}

void wr__query_forget(wr_query *q)
{
    weir_error err;
    WR_ASSERT(!wr_task_set_is_open(q->tasks) && !q->kind.transient);
    WR_ASSERT(!q->client.worker && !q->client.pending && q->group && !q->owns_db);
    wr_db_batch *b = wr_db_batch_new(q->db);
    for (uint32_t i = 0; i < q->plan->stores_n; i++)
        forget_store(q, &q->plan->stores[i], b);
    wr_buf known = {0};
    wr__query_known_key(q, &known);
    wr_db_batch_meta_delete(b, wr_buf_view(&known));
    wr_buf_free(&known);
    if (wr_db_write(q->db, b, &err) != WEIR_OK)
        warn(q, "state", &err);
    wr_db_batch_free(b);
    for (uint32_t t = 0; t < q->plan->topics_n && q->kind.internal_topics; t++)
        if (q->plan->topics[t].role == WR_TOPIC_REPARTITION)
            remove_topic(q, q->topics.names[t]);
    if (wr_group_drop(q->log, q->group, &err) != WEIR_OK)
        warn(q, "offsets", &err);
}
