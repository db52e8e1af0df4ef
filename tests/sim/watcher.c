/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody who reads one topic by Weir's own client while all the rest happens, without a group,
 * from its beginning: what PRINT does. Every record that may be seen must come once, in order, and
 * no other; what comes is held against the cluster at once. Belongs to no process, so only the
 * network and the nodes trouble it.
 */
#include "node.h"
#include "world.h"

#include "runtime/log/log_reader.h"

#include <stdio.h>

enum { POLL_MS = 200, AGAIN_US = 100000, CATCH_UP_US = 200000000 };

static struct {
    bool watches, ends, ended;
    char topic[16];
    int32_t partitions;
    int64_t next[SIM_PARTITIONS]; /* offset that is to be seen next, or something after it */
} w;

static void fail(const char *why, int32_t partition, int64_t offset)
{
    if (!world.failure[0])
        snprintf(world.failure, sizeof world.failure,
                 "a reader of %s, partition %d, offset %lld: %.300s", w.topic, partition,
                 (long long)offset, why);
}

static bool is_seen(const sim_record *r)
{
    return r->state == SIM_PLAIN || r->state == SIM_COMMITTED;
}

/* The next offset that is to be seen; the end, where there is none. */
static int64_t next_seen(sim_part part, int64_t from)
{
    int64_t end = broker_end_of(part, true);
    while (from < end && !is_seen(broker_record(part, from)))
        from++;
    return from;
}

static void check(const wr_record *r)
{
    const sim_part part = {broker_topic(w.topic), r->partition};
    const sim_record *is = broker_record(part, r->offset);
    int64_t *next = &w.next[r->partition];
    if (next_seen(part, *next) != r->offset || !is || !is_seen(is))
        fail("it is not its turn", r->partition, r->offset);
    else if (!wr_str_eq(r->value, wr_str_make(is->value, is->value_len)) ||
             !wr_str_eq(r->key, wr_str_make(is->key, is->key_len)))
        fail("another record", r->partition, r->offset);
    *next = r->offset + 1;
}

static void watch(wr_log_reader *reader)
{
    while (!w.ends) {
        weir_error err;
        wr_log_batch *batch;
        if (wr_log_reader_poll(reader, 1 + (uint32_t)sim_below(40), POLL_MS, &batch, &err) !=
            WEIR_OK) {
            sim_trace("the reader of %s: %s", w.topic, err.message);
            sim_sleep_us(AGAIN_US);
            continue;
        }
        for (uint32_t i = 0; batch && i < batch->n; i++)
            check(&batch->records[i]);
        if (batch)
            wr_log_reader_release(reader, batch);
    }
}

static void *run(void *arg)
{
    wr_settings s;
    wr_log *log = NULL;
    wr_log_reader *reader = NULL;
    wr_topic_part parts[SIM_PARTITIONS];
    weir_error err;
    (void)arg;
    wr_settings_init(&s, NULL);
    wr_settings_put(&s, "bootstrap.servers", NODE_ADDRESSES);
    wr_settings_put(&s, "weir.kafka.client", "wire");
    wr_settings_put(&s, "processing.guarantee", "exactly_once_v2"); /* read_committed */
    for (int32_t i = 0; i < w.partitions; i++)
        parts[i] = (wr_topic_part){w.topic, i, WR_OFFSET_BEGINNING};
    weir_status st;
    while ((st = wr_log_kafka_new(&s, NULL, &log, &err)) != WEIR_OK && !w.ends)
        sim_sleep_us(AGAIN_US); /* its first request has had trouble */
    if (st == WEIR_OK)
        st = wr_log_reader_new(log, NULL, &s, &reader, &err);
    if (st == WEIR_OK)
        st = wr_log_reader_assign(reader, parts, (uint32_t)w.partitions, &err);
    if (st == WEIR_OK)
        watch(reader);
    else
        fail(err.message, -1, -1);
    if (reader)
        wr_log_reader_close(reader);
    wr_log_close(log);
    wr_settings_free(&s);
    w.ended = true;
    return NULL;
}

void watcher_begin(const char *topic)
{
    memset(&w, 0, sizeof w);
    w.watches = true;
    w.partitions = world.plan.partitions;
    snprintf(w.topic, sizeof w.topic, "%s", topic);
    sim_spawn(run, NULL);
}

static bool has_all(void)
{
    for (int32_t i = 0; i < w.partitions; i++) {
        const sim_part part = {broker_topic(w.topic), i};
        if (next_seen(part, w.next[i]) < broker_end_of(part, true))
            return false;
    }
    return true;
}

void watcher_end(void)
{
    if (!w.watches)
        return;
    int64_t until = sim_now_us() + CATCH_UP_US;
    while (!has_all() && !world.failure[0] && sim_now_us() < until)
        sim_sleep_us(AGAIN_US);
    for (int32_t i = 0; i < w.partitions && !has_all(); i++)
        fail("it does not come", i, w.next[i]);
    w.ends = true;
    while (!w.ended)
        sim_sleep_us(1000);
    w.watches = false;
}
