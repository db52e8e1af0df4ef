/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors of Kafka and of librdkafka as ours: which of them pass by themselves, so that the same
 * call may succeed later, and when a broker that was away is there again. Any thread.
 */
#include "common/diag.h"
#include "runtime/log/kafka.h"

bool wr__kafka_retriable(rd_kafka_resp_err_t code)
{
    switch ((int)code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__WAIT_CACHE:
    case RD_KAFKA_RESP_ERR__IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
    case RD_KAFKA_RESP_ERR__RETRY:
    case RD_KAFKA_RESP_ERR__FATAL: /* of the handle: a new one helps */
    case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
    case RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID:
    case RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING:
    case RD_KAFKA_RESP_ERR_INVALID_TXN_STATE:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP: /* see kafka_times.c */
    case RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS:
        return true;
    default:
        return false;
    }
}

weir_status wr__kafka_error(weir_error *err, rd_kafka_resp_err_t code, const char *fmt, ...)
{
    wr_buf what = {0};
    va_list ap;
    va_start(ap, fmt);
    wr_buf_vprintf(&what, fmt, ap);
    va_end(ap);
    wr_error(err, WEIR_ERR_LOG, "%s: %s", wr_buf_cstr(&what), rd_kafka_err2str(code));
    wr_buf_free(&what);
    if (err && wr__kafka_retriable(code))
        err->flags |= WEIR_ERROR_RETRIABLE;
    return WEIR_ERR_LOG;
}

void wr__kafka_alive(wr__kafka *log)
{
    if (atomic_load_explicit(&log->down, memory_order_relaxed) &&
        atomic_exchange(&log->down, false))
        wr_diag_put(WR_DIAG_WARN, "kafka", "%s answers again", log->brokers);
}

/* For the producer's setting, in the call. */
weir_status wr__kafka_too_large(const char *topic, size_t bytes, weir_error *err)
{
    wr_error(err, WEIR_ERR_LIMIT, "A record of %zu bytes is too large for topic %s", bytes, topic);
    return wr_error_hint(err, "See producer.message.max.bytes, and the topic's max.message.bytes.");
}

/* For the topic's, in a report: the broker refuses batches, and each record of the batch is
 * reported so, however small it is. The producer does not try with smaller ones. */
void wr__kafka_batch_too_large(const char *topic, size_t bytes, weir_error *err)
{
    wr_error(err, WEIR_ERR_LIMIT,
             "A batch of records, one of them of %zu bytes, is too large for topic %s", bytes,
             topic);
    (void)wr_error_hint(err, "See the topic's max.message.bytes: producer.batch.size must be "
                             "below it, and so must be each record.");
}
