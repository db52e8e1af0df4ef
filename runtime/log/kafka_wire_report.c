/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The figures of our own client, where statistics.interval.ms asks for them, into the list that
 * kafka_statistics.c keeps. Made on the thread that polls the client, as librdkafka's are.
 */
#include "runtime/log/kafka_wire.h"
#include "runtime/log/log_clients.h"

void wr__kafka_wire_report_begin(wr__kafka_wire_report *r, wr__kafka *log, const char *client_id,
                                 const char *what, const char *type, size_t every_ms)
{
    WR_ASSERT(client_id && !r->reporter.report);
    r->reporter.log = log;
    r->type = type;
    r->every_ms = (int64_t)every_ms;
    r->at_ms = wr__log_now_ms();
    snprintf(r->name, sizeof r->name, "%s#%s-%u", client_id, what,
             atomic_fetch_add(&log->wire_clients, 1) + 1);
}

bool wr__kafka_wire_report_due(const wr__kafka_wire_report *r, int64_t now_ms)
{
    return r->every_ms && now_ms - r->at_ms >= r->every_ms;
}

void wr__kafka_wire_report_put(wr__kafka_wire_report *r, const wr_wire_figures *f, int64_t now_ms)
{
    bool reads = strcmp(r->type, "consumer") == 0;
    const wr_log_client client = {.name = r->name,
                                  .type = r->type,
                                  .requests = f->requests,
                                  .responses = f->answers,
                                  .sent_bytes = f->sent_bytes,
                                  .received_bytes = f->received_bytes,
                                  .sent_records = reads ? 0 : f->records,
                                  .received_records = reads ? f->records : 0,
                                  .errors = f->errors,
                                  .timeouts = f->timeouts,
                                  .connects = f->connects,
                                  .disconnects = f->disconnects,
                                  .queue_records = f->unreported,
                                  .queue_bytes = f->unreported_bytes,
                                  .fetched_records = f->fetched,
                                  .requests_queued = f->queued,
                                  .requests_in_flight = f->in_flight,
                                  .round_trip_mean = f->round_trip_mean,
                                  .round_trip_p99 = f->round_trip_p99,
                                  .throttle_max = f->throttle_max};
    wr__kafka_statistics_put(&r->reporter, &client);
    r->at_ms = now_ms;
}

void wr__kafka_wire_report_end(wr__kafka_wire_report *r)
{
    wr__kafka_statistics_forget(&r->reporter);
}
