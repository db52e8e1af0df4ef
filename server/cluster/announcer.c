/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The topic is read from its end: whoever comes writes first, and everybody answers by writing
 * again. So nothing old is ever read, and the topic keeps ten minutes of it for people alone.
 *
 * What fails (no broker, no permission) is tried again; the log says so now and then. Meanwhile
 * this process answers with what it has itself, or says that it cannot.
 */
#include "server/cluster/announcer.h"
#include "common/diag.h"
#include "runtime/instance/wait.h"
#include "runtime/log/log_reader.h"
#include "runtime/log/log_topics.h"
#include "runtime/log/log_writer.h"
#include "server/cluster/own_state.h"

#include <pthread.h>

enum { POLL_MS = 50, POLL_RECORDS = 100, WRITE_MS = 2000, AGAIN_MS = 2000, GOODBYE_MS = 500 };
#define KEPT_MS       INT64_C(600000)
#define SEGMENT_BYTES (INT64_C(1) << 20)
#define WARN_NS       INT64_C(60000000000)

struct wr__announcer {
    wr_engine *engine;
    wr__servers *servers;
    const char *url, *id;
    char *topic;
    atomic_bool stop;
    pthread_t thread;
    /* The thread's. */
    wr_log_reader *reader; /* NULL: to be opened */
    wr_log_writer *writer; /* likewise */
    wr_buf said;           /* what was said last, but for how far copies are */
    int64_t due_ns, interval_ns, warned_ns;
};

static int64_t now_ns(const wr__announcer *a)
{
    wr_clock *clock = wr_engine_clock(a->engine);
    return clock->mono_ns(clock);
}

static void warn(wr__announcer *a, const char *what, const weir_error *why)
{
    int64_t now = now_ns(a);
    if (a->warned_ns && now - a->warned_ns < WARN_NS)
        return;
    a->warned_ns = now;
    wr_diag_put(WR_DIAG_WARN, "cluster", "Other servers of the service %s %s: %s", what, a->topic,
                why->message);
}

/* ---- hearing ---- */

static weir_status open_topic(const wr__announcer *a, weir_error *err)
{
    wr_topic_info info;
    wr_log *log = wr_engine_log(a->engine);
    const wr_topic_spec spec = {.name = a->topic,
                                .partitions = 1,
                                .replicas =
                                    wr_settings_internal_replicas(wr_engine_settings(a->engine)),
                                .retention_ms = KEPT_MS,
                                .segment_bytes = SEGMENT_BYTES,
                                .internal = true};
    weir_status st = wr_topic_describe(log, a->topic, &info, err);
    if (st == WEIR_ERR_NOT_FOUND)
        st = wr_topic_create(log, &spec, err);
    return st == WEIR_ERR_EXISTS ? WEIR_OK : st;
}

static weir_status open_reader(wr__announcer *a, weir_error *err)
{
    wr_log *log = wr_engine_log(a->engine);
    wr_topic_part part = {a->topic, 0, 0};
    int64_t low, high;
    WR_ASSERT(!a->reader);
    WR_TRY(open_topic(a, err));
    WR_TRY(wr_topic_ends(log, &part, 1, &low, &high, err));
    part.offset = high;
    WR_TRY(wr_log_reader_new(log, NULL, wr_engine_settings(a->engine), &a->reader, err));
    a->due_ns = 0; /* after the end was asked for: the answers come behind it */
    return wr_log_reader_assign(a->reader, &part, 1, err);
}

static void close_reader(wr__announcer *a)
{
    if (a->reader)
        wr_log_reader_close(a->reader);
    a->reader = NULL;
}

/* Two processes at one address: whoever asks the one may reach the other, which then says so. */
static void take(wr__announcer *a, wr_str value)
{
    WR_ASSERT(value.ptr);
    wr_arena *arena = wr_arena_new(0);
    wr__server_record r;
    if (wr__server_record_parse(arena, value, &r) && strcmp(r.id, a->id) != 0) {
        if (wr__servers_hear(a->servers, &r)) {
            a->due_ns = 0;
            if (strcmp(r.url, a->url) == 0)
                wr_diag_put(WR_DIAG_WARN, "cluster",
                            "Another server of the service is at %s, too: where that is another "
                            "machine's address, ksql.advertised.listener says how to reach this "
                            "one",
                            r.url);
        }
    }
    wr_arena_free(arena);
}

static weir_status hear(wr__announcer *a, weir_error *err)
{
    wr_log_batch *batch;
    if (!a->reader)
        WR_TRY(open_reader(a, err));
    WR_TRY(wr_log_reader_poll(a->reader, POLL_RECORDS, POLL_MS, &batch, err));
    if (!batch)
        return WEIR_OK;
    for (uint32_t i = 0; i < batch->n; i++)
        if (batch->records[i].value.ptr)
            take(a, batch->records[i].value);
    wr_log_reader_release(a->reader, batch);
    return WEIR_OK;
}

/* ---- saying ---- */

static weir_status write_record(wr__announcer *a, wr_str bytes, int64_t timeout_ms, weir_error *err)
{
    const wr_str key = wr_str_c(a->url);
    const int64_t now = wr_clock_system()->wall_ms(wr_clock_system());
    const int32_t first = 0;
    const wr_out_records records = {
        .n = 1, .keys = &key, .values = &bytes, .timestamps = &now, .partitions = &first};
    const wr_log_wait wait = {timeout_ms, timeout_ms == GOODBYE_MS ? NULL : &a->stop};
    weir_status st = WEIR_OK;
    WR_ASSERT(bytes.len > 0 && timeout_ms > 0);
    if (!a->writer)
        st = wr_log_writer_new(wr_engine_log(a->engine), wr_engine_settings(a->engine), &a->writer,
                               err);
    if (st == WEIR_OK)
        st = wr_log_write_sync(a->writer, NULL, a->topic, &records, &wait, err);
    if (st != WEIR_OK && a->writer) {
        wr_log_writer_close(a->writer);
        a->writer = NULL;
    }
    return st;
}

/* How far copies are changes all the time: that goes with the next record, and asks for none. */
static void put_key(wr_arena *arena, const wr__server_record *r, wr_buf *out)
{
    wr__server_record still = *r;
    still.queries = WR_NEW_N(arena, wr__server_query, (size_t)r->queries_n + 1);
    for (uint32_t i = 0; i < r->queries_n; i++) {
        wr__server_query *q = &still.queries[i];
        *q = r->queries[i];
        q->parts = WR_NEW_N(arena, wr__server_part, (size_t)q->n + 1);
        for (uint32_t p = 0; p < q->n; p++) {
            q->parts[p] = r->queries[i].parts[p];
            q->parts[p].behind = 0;
        }
    }
    wr__server_record_put(out, &still);
}

static weir_status say(wr__announcer *a, weir_error *err)
{
    wr_arena *arena = wr_arena_new(0);
    wr_buf key = {0}, bytes = {0}, status = {0};
    wr__server_record r = {.url = a->url, .id = a->id};
    weir_status st = WEIR_OK;
    wr__own_parts(a->engine, arena, &r);
    put_key(arena, &r, &key);
    int64_t now = now_ns(a);
    if (now >= a->due_ns || !wr_str_eq(wr_buf_view(&key), wr_buf_view(&a->said))) {
        if (wr_settings_bool(wr_engine_settings(a->engine), "ksql.heartbeat.enable", false)) {
            wr__own_status(a->engine, &status);
            r.status = wr_buf_cstr(&status);
        }
        wr__server_record_put(&bytes, &r);
        st = write_record(a, wr_buf_view(&bytes), WRITE_MS, err);
        a->due_ns = now + a->interval_ns;
        wr_buf_clear(&a->said);
        wr_buf_str(&a->said, wr_buf_view(&key));
    }
    wr_buf_free(&key);
    wr_buf_free(&bytes);
    wr_buf_free(&status);
    wr_arena_free(arena);
    return st;
}

static void say_goodbye(wr__announcer *a)
{
    weir_error ignored; /* the others learn of it by silence */
    wr_buf bytes = {0};
    const wr__server_record r = {.url = a->url, .id = a->id, .ended = true};
    wr__server_record_put(&bytes, &r);
    if (a->writer)
        (void)!write_record(a, wr_buf_view(&bytes), GOODBYE_MS, &ignored);
    wr_buf_free(&bytes);
}

/* ---- the thread ---- */

static void nap(wr__announcer *a, int64_t ms)
{
    for (int64_t slept = 0; slept < ms && !atomic_load(&a->stop); slept += POLL_MS)
        wr_wait_nap(POLL_MS);
}

static void *run(void *arg)
{
    wr__announcer *a = arg;
    weir_error err;
    while (!atomic_load(&a->stop)) {
        if (hear(a, &err) != WEIR_OK) {
            warn(a, "are not heard by", &err);
            close_reader(a);
            nap(a, AGAIN_MS);
        } else if (say(a, &err) != WEIR_OK && !atomic_load(&a->stop)) {
            warn(a, "do not hear of this one by", &err);
            nap(a, AGAIN_MS);
        }
    }
    say_goodbye(a);
    close_reader(a);
    if (a->writer)
        wr_log_writer_close(a->writer);
    return NULL;
}

wr__announcer *wr__announcer_start(wr_engine *e, wr__servers *servers, const char *url,
                                   const char *id)
{
    const wr_settings *settings = wr_engine_settings(e);
    WR_ASSERT(wr_engine_on_kafka(e) && *url && *id);
    wr__announcer *a = wr_calloc(1, sizeof *a);
    wr_buf topic = {0};
    wr_buf_printf(&topic, "_confluent-ksql-%s_servers",
                  wr_settings_get(settings, "ksql.service.id"));
    a->engine = e;
    a->servers = servers;
    a->url = url;
    a->id = id;
    a->topic = wr_strdup(wr_buf_cstr(&topic));
    a->interval_ns =
        wr_settings_int(settings, "ksql.heartbeat.discover.interval.ms", 0) * INT64_C(1000000);
    wr_buf_free(&topic);
    if (pthread_create(&a->thread, NULL, run, a) == 0)
        return a;
    wr_free(a->topic);
    wr_free(a);
    return NULL;
}

void wr__announcer_stop(wr__announcer *a)
{
    if (!a)
        return;
    atomic_store(&a->stop, true);
    pthread_join(a->thread, NULL);
    wr_buf_free(&a->said);
    wr_free(a->topic);
    wr_free(a);
}
