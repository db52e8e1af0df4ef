/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times that a record cannot just have on Kafka.
 *
 * Limits. A topic takes records of a certain age only (message.timestamp.before.max.ms) and of a
 * certain future (message.timestamp.after.max.ms, an hour by default), and refuses whole batches
 * for one record. Sinks ask for the limits and judge before they write; the topics that Weir makes
 * have none. The broker goes by its own clock: what that refuses all the same is RETRIABLE, for a
 * query that begins again asks again. Where the broker puts its own time into the records there is
 * no limit.
 *
 * Time 0. librdkafka takes a timestamp of 0 for "none given" and writes the present time; there is
 * no other way to hand it over. So a record of time 0 is refused, and sinks leave such rows out. In
 * hidden topics it travels as time 1 with a header behind the record's own that says so: rows
 * between sub-topologies keep their times. -1 is Kafka's "no time"; other negative times are
 * written as they are, but no row has one: sources and INSERT refuse them.
 */
#include "common/diag.h"
#include "runtime/log/kafka.h"

static const char zero_mark[] = "__weir.time.0";

/* ---- limits ---- */

typedef struct settings_found {
    int64_t before_ms, after_ms, difference_ms;
    bool stamped; /* records get the broker's time */
} settings_found;

static void note(void *arg, const char *name, const char *value)
{
    settings_found *s = arg;
    int64_t ms;
    if (strcmp(name, "message.timestamp.type") == 0)
        s->stamped = strcmp(value, "LogAppendTime") == 0;
    if (!wr_str_to_i64(wr_str_c(value), &ms))
        return;
    if (strcmp(name, "message.timestamp.before.max.ms") == 0)
        s->before_ms = ms;
    else if (strcmp(name, "message.timestamp.after.max.ms") == 0)
        s->after_ms = ms;
    else if (strcmp(name, "message.timestamp.difference.max.ms") == 0)
        s->difference_ms = ms; /* before Kafka 4.0: both, where they are not given */
}

weir_status wr__kafka_record_times(wr_log *log, const char *topic, wr_record_times *out,
                                   weir_error *err)
{
    settings_found s = {INT64_MAX, INT64_MAX, INT64_MAX, false};
    weir_error why;
    weir_status st = wr__kafka_topic_settings((wr__kafka *)log, topic, note, &s, &why);
    if (st != WEIR_OK && (why.flags & WEIR_ERROR_RETRIABLE)) {
        if (err)
            *err = why;
        return st;
    }
    if (st != WEIR_OK)
        wr_diag_put(WR_DIAG_WARN, "kafka",
                    "rows are not judged by the time limits of topic %s, which are not known: %s",
                    topic, why.message);
    *out = WR_RECORD_TIMES_ANY;
    if (s.stamped)
        return WEIR_OK;
    if (s.before_ms == INT64_MAX)
        s.before_ms = s.difference_ms;
    if (s.after_ms == INT64_MAX)
        s.after_ms = s.difference_ms;
    *out = (wr_record_times){s.before_ms, s.after_ms, !wr__kafka_is_hidden(topic)};
    return WEIR_OK;
}

/* ---- time 0 ---- */

weir_status wr__zero_time_refused(const char *topic, weir_error *err)
{
    return wr_error(err, WEIR_ERR_LIMIT,
                    "A record of time 0 (1970-01-01T00:00:00Z) cannot be written to topic %s: it "
                    "would get the present time",
                    topic);
}

void wr__zero_time_mark(wr_record *r, wr_arena *a)
{
    WR_ASSERT(r->timestamp == 0);
    uint32_t n = r->headers ? r->headers->n : 0;
    wr_header *all = WR_NEW_N(a, wr_header, n + 1);
    if (n)
        memcpy(all, r->headers->h, n * sizeof *all);
    all[n] = (wr_header){wr_str_make(zero_mark, sizeof zero_mark - 1), WR_STR("")};
    wr_headers *headers = WR_NEW(a, wr_headers);
    *headers = (wr_headers){n + 1, all};
    r->headers = headers;
    r->timestamp = WR__ZERO_STAND_IN;
}

void wr__zero_time_read(wr_record *r, wr_arena *a)
{
    WR_ASSERT(r->timestamp == WR__ZERO_STAND_IN);
    const wr_headers *all = r->headers;
    if (!all || !wr_str_eq(all->h[all->n - 1].key, wr_str_make(zero_mark, sizeof zero_mark - 1)))
        return;
    r->timestamp = 0;
    r->headers = NULL;
    if (all->n > 1) {
        wr_headers *own = WR_NEW(a, wr_headers);
        *own = (wr_headers){all->n - 1, all->h};
        r->headers = own;
    }
}
