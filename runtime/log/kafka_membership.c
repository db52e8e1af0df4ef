/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What readers of Kafka have in common, whoever fetches the records: a place in a group, the
 * request that waits for an answer, and what is done where records are not there any more.
 *
 * The group's protocol is librdkafka's: a member has a consumer. Rebalances run inside its polls,
 * on the thread that polls; the callback hands them to the query.
 */
#include "runtime/log/kafka_reader.h"
#include "common/diag.h"

/* ---- life ---- */

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *opaque);

/* Where to begin without an offset, by the user's auto.offset.reset. */
static int64_t reset_of(const rd_kafka_conf_t *conf)
{
    char text[32] = "";
    size_t size = sizeof text;
    (void)rd_kafka_conf_get(conf, "auto.offset.reset", text, &size);
    bool end =
        strcmp(text, "latest") == 0 || strcmp(text, "largest") == 0 || strcmp(text, "end") == 0;
    return end ? WR_OFFSET_END : WR_OFFSET_BEGINNING;
}

weir_status wr__kafka_reader_conf(wr__kafka *log, const char *group, const wr_settings *settings,
                                  rd_kafka_conf_t **out, int64_t *otherwise, weir_error *err)
{
    rd_kafka_conf_t *conf;
    WR_ASSERT(log && out && otherwise);
    WR_TRY(wr__kafka_conf_new(log, WR__KAFKA_READER, settings, &conf, err));
    if (group) {
        wr__kafka_conf_set(conf, "group.id", group);
        weir_status st = wr__kafka_static_member(log, conf, err);
        if (st != WEIR_OK) {
            rd_kafka_conf_destroy(conf);
            return st;
        }
    }
    *otherwise = reset_of(conf);
    /* Where records are missing we decide: librdkafka would say nothing (wr__kafka_gap). */
    wr__kafka_conf_set(conf, "auto.offset.reset", "error");
    /* What is not committed may be taken back. Whoever reads by hand (PRINT) may want to see it. */
    if (wr_settings_exactly_once(settings ? settings : &log->settings))
        wr__kafka_conf_set(conf, "isolation.level", "read_committed");
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    *out = conf;
    return WEIR_OK;
}

void wr__kafka_reader_init(wr_log_reader *r, wr__kafka *log, const char *group, int64_t otherwise)
{
    WR_ASSERT(log && !r->rk && !r->group);
    r->opaque.log = log;
    r->group = group ? wr_strdup(group) : NULL;
    r->otherwise = otherwise;
}

weir_status wr__kafka_reader_consume(wr_log_reader *r, rd_kafka_conf_t *conf, weir_error *err)
{
    WR_ASSERT(conf && !r->rk);
    WR_TRY(wr__kafka_handle_new(RD_KAFKA_CONSUMER, conf, &r->opaque, &r->rk, err));
    rd_kafka_poll_set_consumer(r->rk);
    r->queue = rd_kafka_queue_get_consumer(r->rk);
    return WEIR_OK;
}

void wr__kafka_reader_finish(wr_log_reader *r)
{
    r->closing = true; /* nobody answers requests any more */
    wr__kafka_reader_answered(r);
    if (r->rk) {
        rd_kafka_queue_destroy(r->queue);
        rd_kafka_consumer_close(r->rk);
        wr__kafka_statistics_forget(&r->opaque);
        wr__kafka_destroy(r->rk);
    }
    for (uint32_t i = 0; i < r->topics_n; i++)
        wr_free(r->topics[i]);
    wr_free((void *)r->topics);
    wr_free(r->group);
}

/* Has the consumer failed for good? It says so once, in a message, and that is lost where a
 * rebalance comes before it is read; nothing comes from then on. */
weir_status wr__kafka_reader_alive(wr_log_reader *r, weir_error *err)
{
    char text[256];
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(r->rk, text, sizeof text);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return WEIR_OK;
    if (code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
        return wr__kafka_turned_away(r->opaque.log, r->group ? r->group : "", text, err);
    return wr__kafka_error(err, code, "The Kafka consumer has failed: %s", text);
}

const char *wr__kafka_member_of(const wr_log_reader *r)
{
    return r && r->member ? r->group : NULL;
}

rd_kafka_t *wr__kafka_reader_handle(const wr_log_reader *r)
{
    return r->rk;
}

wr__kafka *wr__kafka_reader_log(const wr_log_reader *r)
{
    return r->opaque.log;
}

/* ---- requests ---- */

void wr__kafka_reader_answered(wr_log_reader *r)
{
    wr_free((void *)r->request.parts);
    r->request = (wr_log_rebalance){0};
    r->asked = false;
}

static void ask(wr_log_reader *r, wr_rebalance_kind kind, wr_topic_part *parts, uint32_t n)
{
    wr__kafka_reader_answered(r);
    r->request = (wr_log_rebalance){kind, parts, n};
    r->asked = true;
}

const wr_log_rebalance *wr__kafka_rebalance(const wr_log_reader *r)
{
    return r->asked ? &r->request : NULL;
}

/* Without a group there is no one to share with: all partitions, at once. */
static weir_status assign_all(wr_log_reader *r, weir_error *err)
{
    wr_topic_part *parts = NULL;
    uint32_t n = 0;
    weir_status st = WEIR_OK;
    for (uint32_t i = 0; i < r->topics_n && st == WEIR_OK; i++) {
        int32_t partitions = 0;
        st = wr__kafka_partitions(r->opaque.log, r->topics[i], NULL, &partitions, err);
        if (st != WEIR_OK)
            break;
        parts = wr_realloc(parts, (n + (size_t)partitions) * sizeof *parts);
        for (int32_t p = 0; p < partitions; p++)
            parts[n++] = (wr_topic_part){r->topics[i], p, WR_OFFSET_NONE};
    }
    if (st == WEIR_OK)
        ask(r, WR_REBALANCE_ASSIGN, parts, n);
    else
        wr_free(parts);
    return st;
}

weir_status wr__kafka_subscribe(wr_log_reader *r, const char *const *topics, uint32_t n,
                                weir_error *err)
{
    WR_ASSERT(!r->topics);
    r->topics = wr_calloc(n ? n : 1, sizeof *r->topics);
    r->topics_n = n;
    for (uint32_t i = 0; i < n; i++)
        r->topics[i] = wr_strdup(topics[i]);
    if (!r->group)
        return assign_all(r, err);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
    for (uint32_t i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(list, topics[i], RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t rc = rd_kafka_subscribe(r->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
        return wr__kafka_error(err, rc, "Subscribing group %s", r->group);
    r->member = true;
    return WEIR_OK;
}

static wr_topic_part *own_parts(const wr_log_reader *r, const rd_kafka_topic_partition_list_t *list)
{
    wr_topic_part *parts = wr_calloc((size_t)list->cnt + 1, sizeof *parts);
    for (int i = 0; i < list->cnt; i++) {
        parts[i] = (wr_topic_part){NULL, list->elems[i].partition, WR_OFFSET_NONE};
        for (uint32_t k = 0; k < r->topics_n && !parts[i].topic; k++)
            if (strcmp(r->topics[k], list->elems[i].topic) == 0)
                parts[i].topic = r->topics[k];
        WR_ASSERT(parts[i].topic); /* we get what we subscribed to */
    }
    return parts;
}

/* On the thread that polls, inside the poll: what has to be done may take long and may poll by
 * itself, so it is only noted down. librdkafka waits for the answer, an assign. */
static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    wr_log_reader *r = WR__KAFKA_HOLDER(wr_log_reader, opaque);
    r->generation++;
    if (r->closing) {
        rd_kafka_assign(rk, NULL);
        return;
    }
    wr_rebalance_kind kind =
        code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? WR_REBALANCE_ASSIGN
        : rd_kafka_assignment_lost(rk) || code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS
            ? WR_REBALANCE_LOST
            : WR_REBALANCE_REVOKE;
    ask(r, kind, own_parts(r, list), (uint32_t)list->cnt);
}

/* ---- records that are not there ---- */

weir_status wr__kafka_made_anew(wr_log_reader *r, const char *topic, int32_t partition,
                                int64_t position, weir_error *err)
{
    WR_ASSERT(topic && position >= 0);
    wr_topic_part part = {topic, partition, 0};
    int64_t low = 0, high = 0; /* the new one may have fewer partitions */
    weir_status st = wr__kafka_ends(&r->opaque.log->base, &part, 1, &low, &high, err);
    if (st != WEIR_OK && st != WEIR_ERR_NOT_FOUND)
        return st;
    return wr__log_made_anew(topic, partition, position, high, err);
}

weir_status wr__kafka_gap(wr_log_reader *r, const char *topic, int32_t partition, int64_t position,
                          bool *anew, int64_t *go_on, weir_error *err)
{
    wr_topic_part part = {topic, partition, 0};
    int64_t low, high;
    WR_ASSERT(topic && position >= 0);
    bool missing = *anew;
    *anew = false;
    *go_on = position;
    WR_TRY(wr__kafka_ends(&r->opaque.log->base, &part, 1, &low, &high, err));
    if (position > high || missing) {
        *anew = true;
        return wr__log_made_anew(topic, partition, position, high, err);
    }
    if (position < low) {
        wr__log_records_gone(&r->base, topic, partition, position, low);
        *go_on = low;
    }
    return WEIR_OK;
}
