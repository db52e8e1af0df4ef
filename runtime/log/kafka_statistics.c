/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What librdkafka says of its clients, kept until somebody wants to see it.
 *
 * A client that has statistics.interval.ms reports so often, as JSON, when it is polled. Its report
 * is kept as it is (the thread that polls is one that processes records) and read when it is asked
 * for. A report takes the place of the one before; wr__kafka_statistics_forget drops the last one
 * when the client is closed.
 *
 * A report that nobody takes stays in librdkafka's queue, which has no bound. So only clients that
 * are polled all the time get the setting: those of workers (worker_life.c).
 *
 * Our own client's figures (kafka_wire.c) lie beside them, as they are.
 *
 * Format: https://github.com/confluentinc/librdkafka/blob/v2.0.2/STATISTICS.md
 */
#include "runtime/log/kafka.h"
#include "runtime/log/log_clients.h"

#include <jansson.h>

/** Of one client, in the log's list; all under log->statistics_lock. */
struct wr__kafka_report {
    wr__kafka_report *next;
    char *json; /* librdkafka's memory; NULL: `figures` */
    size_t len;
    wr_log_client figures;
};

static void drop_json(wr__kafka_report *r)
{
    if (r->json)
        rd_kafka_mem_free(NULL, r->json);
    r->json = NULL;
}

/* The report of @p o; under the lock. */
static wr__kafka_report *report_of(wr__kafka_opaque *o)
{
    if (!o->report) {
        o->report = wr_calloc(1, sizeof *o->report);
        o->report->next = o->log->reports;
        o->log->reports = o->report;
    }
    return o->report;
}

int wr__kafka_on_statistics(rd_kafka_t *rk, char *json, size_t len, void *opaque)
{
    (void)rk;
    wr__kafka_opaque *o = opaque;
    WR_ASSERT(o && o->log && json);
    pthread_mutex_lock(&o->log->statistics_lock);
    wr__kafka_report *r = report_of(o);
    drop_json(r);
    r->json = json;
    r->len = len;
    pthread_mutex_unlock(&o->log->statistics_lock);
    return 1;
}

void wr__kafka_statistics_put(wr__kafka_opaque *o, const wr_log_client *figures)
{
    WR_ASSERT(o && o->log && figures->name && figures->type);
    pthread_mutex_lock(&o->log->statistics_lock);
    wr__kafka_report *r = report_of(o);
    WR_ASSERT(!r->json);
    r->figures = *figures;
    pthread_mutex_unlock(&o->log->statistics_lock);
}

void wr__kafka_statistics_forget(wr__kafka_opaque *o)
{
    wr__kafka_report *r = o->report;
    if (!r)
        return;
    pthread_mutex_lock(&o->log->statistics_lock);
    wr__kafka_report **at = &o->log->reports;
    while (*at != r) {
        WR_ASSERT(*at); /* who has a report is in the list */
        at = &(*at)->next;
    }
    *at = r->next;
    pthread_mutex_unlock(&o->log->statistics_lock);
    drop_json(r);
    wr_free(r);
    o->report = NULL;
}

/* ---- reading them ---- */

static uint64_t number(const json_t *object, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(object, key));
    return n > 0 ? (uint64_t)n : 0;
}

/* The figure @p key of a window of the last interval, in seconds: @p unit of them. */
static double window(const json_t *broker, const char *name, const char *key, double unit)
{
    return (double)number(json_object_get(broker, name), key) * unit;
}

static void add_broker(wr_log_client *c, const json_t *b)
{
    c->errors += number(b, "txerrs") + number(b, "rxerrs");
    c->timeouts += number(b, "req_timeouts");
    c->connects += number(b, "connects");
    c->disconnects += number(b, "disconnects");
    c->requests_queued += number(b, "outbuf_cnt");
    c->requests_in_flight += number(b, "waitresp_cnt");
    c->round_trip_mean = WR_MAX(c->round_trip_mean, window(b, "rtt", "avg", 1e-6));
    c->round_trip_p99 = WR_MAX(c->round_trip_p99, window(b, "rtt", "p99", 1e-6));
    c->throttle_max = WR_MAX(c->throttle_max, window(b, "throttle", "max", 1e-3));
}

static uint64_t fetched(json_t *topics)
{
    const char *name, *number_of;
    json_t *topic, *part;
    uint64_t n = 0;
    json_object_foreach(topics, name, topic)
    {
        json_t *parts = json_object_get(topic, "partitions");
        json_object_foreach(parts, number_of, part) n += number(part, "fetchq_cnt");
    }
    return n;
}

bool wr__kafka_statistics_read(const char *json, wr_arena *a, wr_log_client *out)
{
    json_t *all = json_loads(json, 0, NULL), *broker;
    const char *name = json_string_value(json_object_get(all, "name")), *key;
    const char *type = json_string_value(json_object_get(all, "type"));
    bool whole = name && type;
    if (whole) {
        *out = (wr_log_client){
            .name = wr_arena_strdup(a, name),
            .type = wr_arena_strdup(a, type),
            .requests = number(all, "tx"),
            .responses = number(all, "rx"),
            .sent_bytes = number(all, "tx_bytes"),
            .received_bytes = number(all, "rx_bytes"),
            .sent_records = number(all, "txmsgs"),
            .received_records = number(all, "rxmsgs"),
            .queue_records = number(all, "msg_cnt"),
            .queue_bytes = number(all, "msg_size"),
            .fetched_records = fetched(json_object_get(all, "topics")),
        };
        json_object_foreach(json_object_get(all, "brokers"), key, broker) add_broker(out, broker);
    }
    json_decref(all);
    return whole;
}

static wr_log_client copy_figures(const wr_log_client *figures, wr_arena *a)
{
    wr_log_client copy = *figures;
    copy.name = wr_arena_strdup(a, figures->name);
    copy.type = wr_arena_strdup(a, figures->type);
    return copy;
}

/* Texts of librdkafka's are copied, so that no poll waits for the reading. */
uint32_t wr__kafka_clients(wr_log *base, wr_arena *a, uint32_t max, wr_log_client **out,
                           size_t *omitted)
{
    wr__kafka *log = (wr__kafka *)base;
    WR_ASSERT(max > 0);
    const char **texts = wr_calloc(max, sizeof *texts);
    uint32_t texts_n = 0, n = 0;
    *omitted = 0;
    *out = WR_NEW_N(a, wr_log_client, max);
    pthread_mutex_lock(&log->statistics_lock);
    for (const wr__kafka_report *r = log->reports; r; r = r->next) {
        if (texts_n + n == max)
            ++*omitted;
        else if (r->json)
            texts[texts_n++] = wr_arena_strndup(a, r->json, r->len);
        else
            (*out)[n++] = copy_figures(&r->figures, a);
    }
    pthread_mutex_unlock(&log->statistics_lock);
    for (uint32_t i = 0; i < texts_n; i++)
        n += wr__kafka_statistics_read(texts[i], a, &(*out)[n]);
    wr_free((void *)texts);
    return n;
}
