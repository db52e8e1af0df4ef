/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading Kafka by our own client: records come from wire/fetcher.c.
 *
 * A reader without a group has nothing of librdkafka's. One with a group has a consumer for the
 * group's protocol alone: all its partitions are paused, and it is polled when it has something to
 * say (its queue writes to the descriptor that wakes the fetcher) and every POLL_EVERY_MS, for
 * max.poll.interval.ms. Commits as a member go through it as ever.
 *
 * What the fetcher cannot decide comes here as a trouble: records that are gone, topics made anew,
 * errors that do not pass.
 *
 * Thread: a reader belongs to one thread; only wake comes from others.
 */
#include "runtime/log/kafka_wire.h"
#include "common/diag.h"
#include "runtime/log/wire/fetcher.h"
#include "runtime/log/wire/messages.h"

#include <stdio.h>
#include <stdlib.h>

enum { POLL_EVERY_MS = 1000, BATCH_RECORDS = 1024 };

static const uint64_t wake_number = 1;

typedef struct wire_reader {
    wr_log_reader shared; /* first */
    wr_wire_config config;
    wr_wire_fetcher *fetcher;
    wr_topic_part *parts; /* as assigned */
    uint32_t n;
    uint32_t anew;       /* the part whose topic was made anew: every poll says so; n: none */
    int64_t anew_offset; /* how far it was read */
    int64_t polled_ms;   /* the consumer */
    wr__kafka_wire_report report; /* of our client; what the consumer reports is its own */
} wire_reader;

/* ---- news of connections ---- */

static void tell_certificate(wr__kafka *log, const char *code)
{
    int64_t number = 0;
    (void)wr_str_to_i64(wr_str_c(code), &number);
    wr__kafka_certificate_refused(log, log->brokers, (int)number);
}

void wr__kafka_wire_tell(void *arg, wr_wire_news news, const char *text)
{
    wr__kafka *log = arg;
    switch (news) {
    case WR_WIRE_ANSWERS:
        wr__kafka_alive(log);
        return;
    case WR_WIRE_ALL_DOWN:
        wr__kafka_on_error(NULL, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, text, &log->opaque);
        return;
    case WR_WIRE_CERTIFICATE:
        tell_certificate(log, text);
        return;
    case WR_WIRE_FAULT:
        wr_diag_put(WR_DIAG_INFO, "kafka", "%s", text);
        /* A password that is refused does not pass by itself, a lost connection does. */
        wr__kafka_on_error(NULL,
                           strstr(text, "SASL authentication error")
                               ? RD_KAFKA_RESP_ERR__AUTHENTICATION
                               : RD_KAFKA_RESP_ERR__TRANSPORT,
                           text, &log->opaque);
        return;
    }
}

static void report(wire_reader *r, int64_t now_ms)
{
    wr_wire_figures f;
    wr__wire_fetcher_figures(r->fetcher, &f);
    wr__kafka_wire_report_put(&r->report, &f, now_ms);
}

/* ---- life ---- */

static void wire_close(wr_log_reader *reader)
{
    wire_reader *r = (wire_reader *)reader;
    if (r->shared.queue) /* it must not write to a descriptor that is closed */
        rd_kafka_queue_io_event_enable(r->shared.queue, -1, NULL, 0);
    wr__kafka_wire_report_end(&r->report);
    wr__kafka_reader_finish(reader);
    wr__wire_fetcher_free(r->fetcher);
    wr__kafka_wire_config_free(&r->config);
    wr_free(r->parts);
    wr_free(r);
}

static const wr_log_class *wire_class(void);

weir_status wr__kafka_wire_reader_new(wr__kafka *log, const char *group, rd_kafka_conf_t *conf,
                                      int64_t otherwise, wr_log_reader **out, weir_error *err)
{
    WR_ASSERT(log && conf);
    wire_reader *r = wr_calloc(1, sizeof *r);
    r->shared.base.cls = wire_class();
    wr__kafka_reader_init(&r->shared, log, group, otherwise);
    weir_status st = wr__kafka_wire_config(conf, &r->config, err);
    r->config.tell = wr__kafka_wire_tell;
    r->config.tell_arg = log;
    if (st == WEIR_OK)
        st = wr__wire_fetcher_new(&r->config, &r->fetcher, err);
    if (st == WEIR_OK)
        wr__kafka_wire_report_begin(&r->report, log, r->config.client_id, "fetcher", "consumer",
                                    wr__kafka_conf_number(conf, "statistics.interval.ms"));
    if (st == WEIR_OK && group)
        st = wr__kafka_reader_consume(&r->shared, conf, err);
    else
        rd_kafka_conf_destroy(conf);
    if (st != WEIR_OK) {
        wire_close(&r->shared);
        return st;
    }
    if (r->shared.queue)
        rd_kafka_queue_io_event_enable(r->shared.queue, wr__wire_fetcher_wake_fd(r->fetcher),
                                       &wake_number, sizeof wake_number);
    *out = &r->shared;
    return WEIR_OK;
}

/* ---- assignment ---- */

/* librdkafka's view of the assignment: it holds the partitions for the group, and fetches
 * nothing. */
static weir_status assign_consumer(wire_reader *r, weir_error *err)
{
    rd_kafka_topic_partition_list_t *list = wr__kafka_part_list(r->parts, r->n);
    WR_ASSERT(list->cnt == (int)r->n);
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = WR_MAX(list->elems[i].offset, 0); /* not to be looked up */
    rd_kafka_resp_err_t rc = rd_kafka_assign(r->shared.rk, list);
    r->shared.generation++;
    if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
        rc = rd_kafka_pause_partitions(r->shared.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return rc == RD_KAFKA_RESP_ERR_NO_ERROR
               ? WEIR_OK
               : wr__kafka_error(err, rc, "Assigning %u partitions", r->n);
}

static weir_status give_up(wire_reader *r, weir_error *err)
{
    r->shared.generation++;
    if (!r->shared.rk)
        return WEIR_OK;
    rd_kafka_resp_err_t rc = rd_kafka_assign(r->shared.rk, NULL);
    return rc == RD_KAFKA_RESP_ERR_NO_ERROR
               ? WEIR_OK
               : wr__kafka_error(err, rc, "Giving up partitions of group %s", r->shared.group);
}

static void give_to_fetcher(wire_reader *r)
{
    wr_wire_place *places = wr_calloc(r->n + 1, sizeof *places);
    for (uint32_t i = 0; i < r->n; i++)
        places[i] = (wr_wire_place){r->parts[i].topic, r->parts[i].partition, r->parts[i].offset};
    wr__wire_fetcher_assign(r->fetcher, places, r->n);
    wr_free(places);
}

static weir_status wire_assign(wr_log_reader *reader, const wr_topic_part *parts, uint32_t n,
                               weir_error *err)
{
    wire_reader *r = (wire_reader *)reader;
    bool giving_up = r->shared.asked && n == 0;
    wr_topic_part *own = wr_calloc(n + 1, sizeof *own);
    for (uint32_t i = 0; i < n; i++) {
        own[i] = parts[i];
        if (own[i].offset == WR_OFFSET_NONE)
            own[i].offset = r->shared.otherwise;
    }
    wr_free(r->parts);
    r->parts = own;
    r->n = r->anew = n;
    give_to_fetcher(r);
    wr__kafka_reader_answered(reader);
    if (giving_up)
        return give_up(r, err);
    return r->shared.rk && r->shared.member ? assign_consumer(r, err) : WEIR_OK;
}

static weir_status wire_pause(wr_log_reader *reader, uint32_t assignment, bool paused,
                              weir_error *err)
{
    (void)err;
    wr__wire_fetcher_pause(((wire_reader *)reader)->fetcher, assignment, paused);
    return WEIR_OK;
}

static int64_t wire_known_end(const wr_log_reader *reader, uint32_t assignment)
{
    int64_t end = wr__wire_fetcher_end(((const wire_reader *)reader)->fetcher, assignment);
    return end >= 0 ? end : WR_OFFSET_NONE;
}

/* ---- the group ---- */

/* Rebalances, and whether the member is still one. Records do not come: what librdkafka fetched
 * before it was told to pause is of no use. */
static weir_status serve_group(wire_reader *r, weir_error *err)
{
    rd_kafka_message_t *m;
    r->polled_ms = wr__log_now_ms();
    while ((m = rd_kafka_consumer_poll(r->shared.rk, 0))) {
        rd_kafka_resp_err_t code = m->err;
        bool news = code && code != RD_KAFKA_RESP_ERR__PARTITION_EOF;
        weir_status st = WEIR_OK;
        if (code == RD_KAFKA_RESP_ERR__FATAL)
            st = wr__kafka_reader_alive(&r->shared, err);
        else if (news && code != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
            wr_diag_put(WR_DIAG_INFO, "kafka", "%s", rd_kafka_message_errstr(m));
        rd_kafka_message_destroy(m);
        WR_TRY(st);
    }
    return wr__kafka_reader_alive(&r->shared, err);
}

/* ---- troubles ---- */

static weir_status report_anew(wire_reader *r, weir_error *err)
{
    WR_ASSERT(r->anew < r->n && r->anew_offset >= 0);
    const wr_topic_part *p = &r->parts[r->anew];
    return wr__kafka_made_anew(&r->shared, p->topic, p->partition, r->anew_offset, err);
}

static weir_status out_of_range(wire_reader *r, uint32_t assignment, int64_t position,
                                weir_error *err)
{
    const wr_topic_part *p = &r->parts[assignment];
    bool anew = false;
    int64_t go_on = position;
    weir_status st =
        wr__kafka_gap(&r->shared, p->topic, p->partition, position, &anew, &go_on, err);
    if (anew) {
        r->anew = assignment;
        r->anew_offset = position;
        return st;
    }
    wr__wire_fetcher_seek(r->fetcher, assignment, go_on); /* also where the ends are not known */
    return st;
}

static weir_status judge(wire_reader *r, const wr_wire_trouble *t, weir_error *err)
{
    WR_ASSERT(t->code != WR_WIRE_NONE && t->assignment < r->n);
    int64_t position = wr__wire_fetcher_position(r->fetcher, t->assignment);
    const wr_topic_part *p = &r->parts[t->assignment];
    if (t->code == WR_WIRE_OFFSET_OUT_OF_RANGE && position >= 0)
        return out_of_range(r, t->assignment, position, err);
    if (t->code == WR_WIRE_INCONSISTENT_TOPIC_ID) {
        r->anew = t->assignment;
        r->anew_offset = position;
        return report_anew(r, err);
    }
    wr__wire_fetcher_seek(r->fetcher, t->assignment,
                          position); /* whoever polls again tries again */
    return wr__kafka_error(err, (rd_kafka_resp_err_t)t->code,
                           "Reading %s, partition %d, from Kafka", p->topic, p->partition);
}

/* ---- reading ---- */

static wr_log_batch *batch_of(wr_wire_run *run)
{
    for (uint32_t i = 0; i < run->n; i++)
        if (WR_UNLIKELY(run->records[i].timestamp == WR__ZERO_STAND_IN))
            wr__zero_time_read(&run->records[i], run->arena);
    WR_ASSERT(run->next_offset >= 0);
    wr_log_batch *b = WR_NEW(run->arena, wr_log_batch);
    *b = (wr_log_batch){.topic = run->topic,
                        .assignment = run->assignment,
                        .partition = run->partition,
                        .records = run->records,
                        .n = run->n,
                        .next_offset = run->next_offset,
                        .owner = run};
    return b;
}

static weir_status wire_poll(wr_log_reader *reader, uint32_t max_records, int timeout_ms,
                             wr_log_batch **out, weir_error *err)
{
    wire_reader *r = (wire_reader *)reader;
    WR_ASSERT(max_records > 0);
    *out = NULL;
    if (r->anew < r->n)
        return report_anew(r, err);
    int64_t deadline = timeout_ms < 0 ? INT64_MAX : wr__log_now_ms() + timeout_ms;
    for (bool woken = false;;) {
        int64_t now = wr__log_now_ms();
        if (r->shared.rk && (woken || now - r->polled_ms >= POLL_EVERY_MS))
            WR_TRY(serve_group(r, err));
        if (wr__kafka_wire_report_due(&r->report, now))
            report(r, now);
        if (r->shared.asked)
            return WEIR_OK;
        if (woken || (timeout_ms > 0 && now >= deadline))
            return WEIR_OK;
        int64_t left = deadline == INT64_MAX ? INT32_MAX : WR_MAX(deadline - now, 0);
        int wait = (int)(r->shared.rk ? WR_MIN(left, (int64_t)POLL_EVERY_MS) : left);
        wr_wire_trouble trouble;
        wr_wire_run *run;
        WR_TRY(wr__wire_fetcher_poll(r->fetcher, WR_MIN(max_records, (uint32_t)BATCH_RECORDS), wait,
                                     &run, &trouble, &woken, err));
        if (trouble.code != WR_WIRE_NONE)
            return judge(r, &trouble, err);
        if (run) {
            if (woken && r->shared.rk)
                wr__wire_fetcher_wake(r->fetcher); /* the group is served by the next poll */
            *out = batch_of(run);
            return WEIR_OK;
        }
        if (timeout_ms == 0 && !woken)
            return WEIR_OK;
    }
}

static void wire_release(wr_log_reader *reader, wr_log_batch *batch)
{
    wr__wire_fetcher_release(((wire_reader *)reader)->fetcher, batch->owner);
}

static void wire_wake(wr_log_reader *reader)
{
    wr__wire_fetcher_wake(((wire_reader *)reader)->fetcher);
}

/* What readers alone are asked for. */
static const wr_log_class *wire_class(void)
{
    static const wr_log_class wire = {
        .name = "kafka",
        .members = wr__kafka_members,
        .reader_close = wire_close,
        .assign = wire_assign,
        .subscribe = wr__kafka_subscribe,
        .rebalance = wr__kafka_rebalance,
        .pause = wire_pause,
        .known_end = wire_known_end,
        .poll = wire_poll,
        .release = wire_release,
        .wake = wire_wake,
    };
    return &wire;
}
