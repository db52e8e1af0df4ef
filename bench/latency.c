/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_latency - how long a record takes through a query: from the moment it is handed to a
 * producer to the moment a consumer of the query's output has it.
 *
 *   bench_latency --bootstrap H:P --in T --out O [--rate N] [--seconds N] [--warmup N]
 *                 [-X name=value]... (of the producer)
 *
 * The main thread produces N records a second, a millisecond's worth at a time; each value carries
 * the time it was *due*, so that a producer that is held up counts too. Another thread reads the
 * output topic from its end, finds the time by its name ("SENT") and takes the difference. Both are
 * this process, so one monotonic clock serves both. Every record has to come out once: the query
 * (bench/workloads/latency.sql) lets all of them pass. Records of the warm-up are not counted. With
 * the same topic as input and output it tells what the broker alone takes, for one hop instead of
 * two.
 *
 * Prints the percentiles in milliseconds, as text and as one line of JSON; status 1 where records
 * are missing after WAIT_S seconds.
 */
#include "bench/tools/client.h"

#include <ctype.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WAIT_S = 20, TICKS_PER_S = 1000 };

typedef struct run {
    const char *bootstrap, *in, *out;
    uint64_t rate, seconds, warmup;
    const char *pairs[32];
    int pairs_n;
    uint64_t count_from; /* records before this one are warm-up */
    uint64_t expected;
    uint32_t *latency_us; /* of the records that count, in the order they came */
    atomic_uint_fast64_t received, counted;
    atomic_bool stop;
    rd_kafka_t *consumer;
} run;

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- reading ---- */

/* The number behind "NAME": in a JSON object; -1 where there is none. */
static int64_t field(const char *text, size_t len, const char *name)
{
    char key[32];
    int n = snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = memmem(text, len, key, (size_t)n);
    if (!at) { /* as it was sent: the topic is its own output */
        for (int i = 0; i < n; i++)
            key[i] = (char)tolower((unsigned char)key[i]);
        at = memmem(text, len, key, (size_t)n);
    }
    if (!at)
        return -1;
    int64_t value = 0;
    for (at += n; at < text + len && *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (*at - '0');
    return value;
}

static void take(run *r, const rd_kafka_message_t *m)
{
    int64_t now = now_us();
    int64_t sent = field(m->payload, m->len, "SENT"), number = field(m->payload, m->len, "NUMBER");
    if (sent < 0 || number < 0)
        bench_die(r->out, "a record without SENT and NUMBER");
    if ((uint64_t)number >= r->count_from) {
        uint64_t slot = atomic_fetch_add(&r->counted, 1);
        if (slot >= r->expected)
            bench_die(r->out, "more records than were sent");
        r->latency_us[slot] = now > sent ? (uint32_t)(now - sent) : 0;
    }
    atomic_fetch_add(&r->received, 1);
}

static void *consume(void *arg)
{
    run *r = arg;
    while (!atomic_load(&r->stop)) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(r->consumer, 100);
        if (m && !m->err)
            take(r, m);
        if (m)
            rd_kafka_message_destroy(m);
    }
    return NULL;
}

static void open_consumer(run *r)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bench_set(conf, "group.id", "bench-latency");
    bench_set(conf, "enable.auto.commit", "false");
    r->consumer = bench_client(RD_KAFKA_CONSUMER, conf, r->bootstrap);
    rd_kafka_poll_set_consumer(r->consumer);
    int n;
    char *topics[] = {(char *)(uintptr_t)r->out};
    bench_partition *parts = bench_partitions(r->consumer, topics, 1, &n);
    for (int i = 0; i < n; i++)
        parts[i].first = parts[i].end;
    bench_assign(r->consumer, parts, n);
    free(parts);
}

/* ---- writing ---- */

static void send_one(rd_kafka_t *rk, const run *r, uint64_t number, int64_t due_us)
{
    static const char *const countries[] = {"Germany", "France", "Japan", "Brazil", "Kenya"};
    char key[24], value[320];
    int key_len = snprintf(key, sizeof key, "%" PRIu64, number % 1000);
    int len = snprintf(value, sizeof value,
                       "{\"sent\":%" PRId64 ",\"number\":%" PRIu64 ",\"country\":\"%s\","
                       "\"browser\":\"Chrome\",\"platform\":\"Linux\",\"city\":\"Somewhere\","
                       "\"ip\":\"10.1.%" PRIu64 ".7\",\"pad\":\"%0100d\"}",
                       due_us, number, countries[number % 5], number % 250, 0);
    for (;;) {
        rd_kafka_resp_err_t err =
            rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(r->in), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_KEY(key, (size_t)key_len),
                              RD_KAFKA_V_VALUE(value, (size_t)len), RD_KAFKA_V_END);
        if (!err)
            return;
        if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            bench_die(r->in, rd_kafka_err2str(err));
        rd_kafka_poll(rk, 1);
    }
}

static void sleep_until(int64_t due_us)
{
    struct timespec t = {due_us / 1000000, (due_us % 1000000) * 1000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0)
        ;
}

static void produce(const run *r)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bench_set(conf, "linger.ms", "0");
    bench_set(conf, "socket.nagle.disable", "true");
    for (int i = 0; i < r->pairs_n; i++)
        bench_set_pair(conf, r->pairs[i]);
    rd_kafka_t *rk = bench_client(RD_KAFKA_PRODUCER, conf, r->bootstrap);
    uint64_t total = r->rate * (r->seconds + r->warmup), sent = 0;
    int64_t start = now_us() + 100000;
    for (uint64_t tick = 0; sent < total; tick++) {
        int64_t due = start + (int64_t)(tick * 1000000 / TICKS_PER_S);
        sleep_until(due);
        uint64_t until = (tick + 1) * r->rate / TICKS_PER_S;
        for (; sent < until && sent < total; sent++)
            send_one(rk, r, sent, due);
        rd_kafka_poll(rk, 0);
    }
    if (rd_kafka_flush(rk, WAIT_S * 1000) != RD_KAFKA_RESP_ERR_NO_ERROR)
        bench_die(r->in, "not all records were acknowledged");
    rd_kafka_destroy(rk);
}

/* ---- the result ---- */

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double percentile(const run *r, uint64_t n, double share)
{
    uint64_t at = (uint64_t)((double)n * share);
    return r->latency_us[at < n ? at : n - 1] / 1000.0;
}

static int tell(run *r)
{
    uint64_t n = atomic_load(&r->counted);
    if (n == 0)
        bench_die(r->out, "no record came out");
    qsort(r->latency_us, n, sizeof *r->latency_us, by_size);
    double p50 = percentile(r, n, 0.5), p99 = percentile(r, n, 0.99),
           p999 = percentile(r, n, 0.999), max = r->latency_us[n - 1] / 1000.0;
    printf("%" PRIu64 " of %" PRIu64 " records at %" PRIu64 "/s: p50 %.2f ms, p99 %.2f ms, "
           "p99.9 %.2f ms, max %.2f ms\n",
           n, r->expected, r->rate, p50, p99, p999, max);
    printf("{\"rate\":%" PRIu64 ",\"expected\":%" PRIu64 ",\"received\":%" PRIu64
           ",\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,\"max_ms\":%.3f}\n",
           r->rate, r->expected, n, p50, p99, p999, max);
    return n == r->expected ? 0 : 1;
}

static void parse(int argc, char **argv, run *r)
{
    static const struct option options[] = {
        {"bootstrap", 1, 0, 'b'}, {"in", 1, 0, 'i'},     {"out", 1, 0, 'o'}, {"rate", 1, 0, 'r'},
        {"seconds", 1, 0, 's'},   {"warmup", 1, 0, 'w'}, {0, 0, 0, 0}};
    *r = (run){.rate = 20000, .seconds = 10, .warmup = 3};
    for (int c; (c = getopt_long(argc, argv, "X:", options, NULL)) != -1;) {
        if (c == 'b')
            r->bootstrap = optarg;
        else if (c == 'i')
            r->in = optarg;
        else if (c == 'o')
            r->out = optarg;
        else if (c == 'r')
            r->rate = bench_number("--rate", optarg);
        else if (c == 's')
            r->seconds = bench_number("--seconds", optarg);
        else if (c == 'w')
            r->warmup = bench_number("--warmup", optarg);
        else if (c == 'X' && r->pairs_n < 32)
            r->pairs[r->pairs_n++] = optarg;
        else
            bench_die("usage", "--bootstrap H:P --in T --out O [--rate N] [--seconds N]");
    }
    if (!r->bootstrap || !r->in || !r->out || !r->rate || !r->seconds)
        bench_die("usage", "--bootstrap, --in and --out are needed");
}

int main(int argc, char **argv)
{
    run r;
    parse(argc, argv, &r);
    r.count_from = r.rate * r.warmup;
    r.expected = r.rate * r.seconds;
    r.latency_us = calloc(r.expected, sizeof *r.latency_us);
    if (!r.latency_us)
        bench_die("memory", "too many records");
    open_consumer(&r);
    pthread_t thread;
    if (pthread_create(&thread, NULL, consume, &r) != 0)
        bench_die("thread", "cannot be started");
    produce(&r);
    for (int ms = 0; ms < WAIT_S * 1000 && atomic_load(&r.counted) < r.expected; ms += 10)
        sleep_until(now_us() + 10000);
    atomic_store(&r.stop, true);
    pthread_join(thread, NULL);
    rd_kafka_consumer_close(r.consumer);
    rd_kafka_destroy(r.consumer);
    int status = tell(&r);
    free(r.latency_us);
    return status;
}
