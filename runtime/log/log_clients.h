/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_clients.h - what the clients that a log has to its brokers do, by their own figures.
 *
 * Kafka's alone, and only where statistics.interval.ms asks for them. The figures are librdkafka's
 * (its STATISTICS.md) or our client's (wire/figures.h), those of brokers added up, or the largest
 * of them where a sum says nothing.
 */
#ifndef WR_RUNTIME_LOG_LOG_CLIENTS_H
#define WR_RUNTIME_LOG_LOG_CLIENTS_H

#include "common/arena.h"
#include "runtime/log/log.h"

/** Totals are since the client was made; the others as of its last report. */
typedef struct wr_log_client {
    const char *name; /* in the log's clients once: "weir#producer-2" */
    const char *type; /* "consumer", "producer" */
    /* totals */
    uint64_t requests, responses;
    uint64_t sent_bytes, received_bytes;
    uint64_t sent_records, received_records;
    uint64_t errors;   /* of sending requests and of responses */
    uint64_t timeouts; /* requests without a response in time */
    uint64_t connects, disconnects;
    /* now */
    uint64_t queue_records, queue_bytes; /* of a producer: not acknowledged yet */
    uint64_t fetched_records;            /* of a consumer: waiting to be taken */
    uint64_t requests_queued, requests_in_flight;
    /* of the last interval, of the broker where it is largest; seconds */
    double round_trip_mean, round_trip_p99, throttle_max;
} wr_log_client;

/**
 * The clients that have reported so far, those that are closed excepted; in @p a. Asks no broker.
 * Any thread. A report that cannot be read is left out.
 * @return how many, at most @p max; *omitted: how many more there are.
 */
uint32_t wr_log_clients(wr_log *log, wr_arena *a, uint32_t max, wr_log_client **out,
                        size_t *omitted);

#endif
