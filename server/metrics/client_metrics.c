/* SPDX-License-Identifier: Apache-2.0 */
/* Names of clients are bounded by how many there are at a time: a worker has two. */
#include "server/metrics/client_metrics.h"

typedef struct figure {
    const char *name, *type, *help;
    size_t at; /* of a wr_log_client */
    bool real; /* a double; else a uint64_t */
} figure;

#define FIGURE(member) offsetof(wr_log_client, member), false
#define REAL(member)   offsetof(wr_log_client, member), true
static const figure figures[] = {
    {"weir_kafka_client_requests_total", "counter", "Requests sent to brokers.", FIGURE(requests)},
    {"weir_kafka_client_responses_total", "counter", "Responses of brokers.", FIGURE(responses)},
    {"weir_kafka_client_sent_bytes_total", "counter", "Bytes sent to brokers.", FIGURE(sent_bytes)},
    {"weir_kafka_client_received_bytes_total", "counter", "Bytes received from brokers.",
     FIGURE(received_bytes)},
    {"weir_kafka_client_sent_records_total", "counter", "Records sent to brokers.",
     FIGURE(sent_records)},
    {"weir_kafka_client_received_records_total", "counter", "Records received from brokers.",
     FIGURE(received_records)},
    {"weir_kafka_client_errors_total", "counter",
     "Requests that could not be sent, and responses that could not be read.", FIGURE(errors)},
    {"weir_kafka_client_request_timeouts_total", "counter", "Requests without a response in time.",
     FIGURE(timeouts)},
    {"weir_kafka_client_connects_total", "counter", "Attempts to connect to a broker.",
     FIGURE(connects)},
    {"weir_kafka_client_disconnects_total", "counter", "Lost connections to brokers.",
     FIGURE(disconnects)},
    {"weir_kafka_client_queue_records", "gauge",
     "Records of a producer that are not acknowledged yet.", FIGURE(queue_records)},
    {"weir_kafka_client_queue_bytes", "gauge", "Bytes of these.", FIGURE(queue_bytes)},
    {"weir_kafka_client_fetched_records", "gauge",
     "Records of a consumer that wait to be processed.", FIGURE(fetched_records)},
    {"weir_kafka_client_requests_queued", "gauge", "Requests that wait to be sent.",
     FIGURE(requests_queued)},
    {"weir_kafka_client_requests_in_flight", "gauge", "Requests that wait for a response.",
     FIGURE(requests_in_flight)},
    {"weir_kafka_client_round_trip_mean_seconds", "gauge",
     "Mean time from a request to its response lately, of the slowest broker.",
     REAL(round_trip_mean)},
    {"weir_kafka_client_round_trip_p99_seconds", "gauge",
     "99th percentile of the time from a request to its response lately, of the slowest broker.",
     REAL(round_trip_p99)},
    {"weir_kafka_client_throttle_max_seconds", "gauge",
     "Longest time that a broker has held the client up lately, for its quota.",
     REAL(throttle_max)},
};

void wr_client_metrics_put(const wr_log_client *clients, uint32_t n, size_t omitted,
                           wr_exposition *e)
{
    WR_ASSERT(clients || n == 0);
    for (size_t k = 0; k < WR_ARRAY_LEN(figures); k++) {
        const figure *f = &figures[k];
        wr_exposition_family(e, f->name, f->type, f->help);
        for (uint32_t i = 0; i < n; i++) {
            WR_ASSERT(clients[i].name && clients[i].type);
            const void *value = (const char *)&clients[i] + f->at;
            const wr_label *labels =
                WR_LABELS({"client", clients[i].name}, {"type", clients[i].type});
            if (f->real)
                wr_exposition_double(e, labels, *(const double *)value);
            else
                wr_exposition_u64(e, labels, *(const uint64_t *)value);
        }
    }
    wr_exposition_family(e, "weir_metrics_omitted_clients", "gauge",
                         "Kafka's clients that are too many to be shown here.");
    wr_exposition_u64(e, NULL, omitted);
}
