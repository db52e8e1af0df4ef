/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where partitions begin and end: all at once, and one by one with patience where that has no
 * answer. Any thread.
 */
#include "runtime/log/kafka.h"

enum { REQUEST_MS = 10000, RETRY_MS = 30000, RETRY_EVERY_MS = 100 };

/* The ends of one kind of all parts: a request for each leader broker, all under way together.
 * librdkafka hands the time asked for to the broker as it is, and there -1 and -2 mean the ends.
 * @return false: some part has no answer. */
static bool ask_ends(wr__kafka *log, const wr_topic_part *parts, uint32_t n, int64_t which,
                     int64_t *out)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
    for (uint32_t i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(list, parts[i].topic, parts[i].partition)->offset = which;
    bool all =
        rd_kafka_offsets_for_times(log->admin, list, REQUEST_MS) == RD_KAFKA_RESP_ERR_NO_ERROR;
    for (uint32_t i = 0; i < n && all; i++) {
        const rd_kafka_topic_partition_t *p =
            rd_kafka_topic_partition_list_find(list, parts[i].topic, parts[i].partition);
        all = p && p->err == RD_KAFKA_RESP_ERR_NO_ERROR && p->offset >= 0;
        out[i] = all ? p->offset : -1;
    }
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_poll(log->admin, 0);
    return all;
}

/* librdkafka says so of a partition that it does not know just now, too: of brokers that were away,
 * say. */
static bool is_unknown(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

/* librdkafka (2.0.2) goes on asking the leader that it knows when that is no leader any more, and
 * a handle without topics of its own, as this one, hears of another only by metadata that somebody
 * asks for. */
static bool has_moved(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
           code == RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH ||
           code == RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
           code == RD_KAFKA_RESP_ERR__TRANSPORT;
}

/* @return NOT_FOUND where the broker says, asked for it, that there is no such partition. */
static weir_status check_exists(wr__kafka *log, const wr_topic_part *part, weir_error *err)
{
    int32_t partitions;
    weir_status st = wr__kafka_partitions(log, part->topic, NULL, &partitions, err);
    if (st == WEIR_ERR_NOT_FOUND || (st == WEIR_OK && part->partition >= partitions))
        return wr_error(err, WEIR_ERR_NOT_FOUND, "Topic '%s' has no partition %d", part->topic,
                        part->partition);
    return st;
}

/* One part, with patience, and with the reason where it fails. */
static weir_status ask_both_ends(wr__kafka *log, const wr_topic_part *part, int64_t *low,
                                 int64_t *high, weir_error *err)
{
    int64_t deadline = wr__log_now_ms() + RETRY_MS;
    rd_kafka_resp_err_t rc;
    for (;;) {
        rc = rd_kafka_query_watermark_offsets(log->admin, part->topic, part->partition, low, high,
                                              REQUEST_MS);
        rd_kafka_poll(log->admin, 0);
        if (is_unknown(rc) || has_moved(rc))
            WR_TRY(check_exists(log, part, err));
        if (rc == RD_KAFKA_RESP_ERR_NO_ERROR || !(wr__kafka_retriable(rc) || is_unknown(rc)) ||
            wr__log_now_ms() > deadline)
            break;
        wr__log_sleep_ms(RETRY_EVERY_MS);
    }
    if (is_unknown(rc)) /* it exists: this passes */
        rc = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
        return wr__kafka_error(err, rc, "The end of topic %s, partition %d", part->topic,
                               part->partition);
    return WEIR_OK;
}

weir_status wr__kafka_ends(wr_log *base, const wr_topic_part *parts, uint32_t n, int64_t *low,
                           int64_t *high, weir_error *err)
{
    wr__kafka *log = (wr__kafka *)base;
    bool all = n > 1 && ask_ends(log, parts, n, RD_KAFKA_OFFSET_BEGINNING, low) &&
               ask_ends(log, parts, n, RD_KAFKA_OFFSET_END, high);
    for (uint32_t i = 0; i < n && !all; i++)
        WR_TRY(ask_both_ends(log, &parts[i], &low[i], &high[i], err));
    /* Two requests: where the topic was made anew between them the first answer is of the old one.
     */
    for (uint32_t i = 0; i < n; i++) {
        high[i] = WR_MAX(high[i], 0);
        low[i] = WR_MAX(WR_MIN(low[i], high[i]), 0);
    }
    wr__kafka_alive(log);
    return WEIR_OK;
}
