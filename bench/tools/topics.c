/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the harness asks of the broker.
 *
 *   topics --bootstrap HOST:PORT list                     a line for each topic
 *   topics ... create PARTITIONS [NAME=VALUE...] TOPIC... and waits until they can be written
 *   topics ... delete TOPIC...                            and waits until they are gone
 *   topics ... count TOPIC...                             offsets from the first to the end, a line
 * each topics ... dump TOPIC                                 its committed records, in a binary
 * form topics ... first TOPIC                                when its first record becomes visible
 *
 * dump writes for each record, in the machine's byte order: int32 key length, int32 value length
 * (-1: NULL), int64 time in ms, key, value. first writes "ready" when it has reached the end of the
 * (empty) topic, waits in a long poll, and then writes the CLOCK_MONOTONIC nanoseconds of the
 * moment at which it saw a committed record: an outside view, for whatever process wrote it.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

#define BATCH     4096
#define WAIT_MS   20
#define TRIES_MAX 600 /* of 50 ms */

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static rd_kafka_t *producer(const char *bootstrap)
{
    return bench_client(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), bootstrap);
}

/** wait_ms: how long the broker holds back the answer that there is nothing new. */
static rd_kafka_t *reader(const char *bootstrap, const char *wait_ms)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bench_set(conf, "group.id", "topics");
    bench_set(conf, "enable.auto.commit", "false");
    bench_set(conf, "enable.partition.eof", "true");
    bench_set(conf, "isolation.level", "read_committed");
    bench_set(conf, "fetch.wait.max.ms", wait_ms);
    return bench_client(RD_KAFKA_CONSUMER, conf, bootstrap);
}

static void list(rd_kafka_t *rk)
{
    const struct rd_kafka_metadata *all;
    rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 1, NULL, &all, BENCH_TIMEOUT_MS);
    if (err)
        bench_die("metadata", rd_kafka_err2str(err));
    for (int i = 0; i < all->topic_cnt; i++)
        printf("%s\n", all->topics[i].topic);
    rd_kafka_metadata_destroy(all);
}

/** The error of the only or of any topic of an answer; NULL: none. */
static const char *failure(rd_kafka_event_t *event, char *text, size_t size)
{
    if (!event)
        return "no answer";
    if (rd_kafka_event_error(event))
        return rd_kafka_event_error_string(event);
    size_t n = 0;
    const rd_kafka_topic_result_t **results =
        rd_kafka_event_type(event) == RD_KAFKA_EVENT_CREATETOPICS_RESULT
            ? rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n)
            : rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &n);
    for (size_t i = 0; i < n; i++) {
        if (rd_kafka_topic_result_error(results[i])) {
            snprintf(text, size, "%s: %s", rd_kafka_topic_result_name(results[i]),
                     rd_kafka_topic_result_error_string(results[i]));
            return text;
        }
    }
    return NULL;
}

static void wait_for_partitions(rd_kafka_t *rk, const char *topic, int count)
{
    for (int i = 0; bench_partition_count(rk, topic) != count; i++) {
        if (i == TRIES_MAX)
            bench_die(topic, "the broker does not get to it");
        pause_ms(50);
    }
}

/** Waits until the leaders of a new topic answer for it; metadata knows it earlier. */
static void wait_for_leaders(rd_kafka_t *rk, const char *topic, int partitions)
{
    wait_for_partitions(rk, topic, partitions);
    for (int p = 0, tries = 0; p < partitions;) {
        int64_t low, high;
        if (!rd_kafka_query_watermark_offsets(rk, topic, p, &low, &high, BENCH_TIMEOUT_MS))
            p++;
        else if (++tries == TRIES_MAX)
            bench_die(topic, "its leaders do not answer");
        else
            pause_ms(50);
    }
}

/** Arguments with a = in them are settings, the others topics. */
static void create(rd_kafka_t *rk, int partitions, int argc, char **argv)
{
    char text[512];
    rd_kafka_NewTopic_t **topics = calloc((size_t)argc, sizeof *topics);
    int n = 0;
    for (int i = 0; topics && i < argc; i++) {
        if (strchr(argv[i], '='))
            continue;
        topics[n] = rd_kafka_NewTopic_new(argv[i], partitions, 1, text, sizeof text);
        if (!topics[n++])
            bench_die(argv[i], text);
    }
    for (int i = 0; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (!equals)
            continue;
        *equals = 0;
        for (int t = 0; t < n; t++)
            rd_kafka_NewTopic_set_config(topics[t], argv[i], equals + 1);
        *equals = '=';
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_CreateTopics(rk, topics, (size_t)n, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, BENCH_TIMEOUT_MS);
    const char *why = failure(event, text, sizeof text);
    if (why)
        bench_die("create", why);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy_array(topics, (size_t)n);
    free(topics);
    for (int i = 0; i < argc; i++) {
        if (!strchr(argv[i], '='))
            wait_for_leaders(rk, argv[i], partitions);
    }
}

static void drop(rd_kafka_t *rk, int n, char **names)
{
    char text[512];
    rd_kafka_DeleteTopic_t **topics = calloc((size_t)n, sizeof *topics);
    for (int i = 0; topics && i < n; i++)
        topics[i] = rd_kafka_DeleteTopic_new(names[i]);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_DeleteTopics(rk, topics, (size_t)n, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, BENCH_TIMEOUT_MS);
    const char *why = failure(event, text, sizeof text);
    if (why)
        bench_die("delete", why);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteTopic_destroy_array(topics, (size_t)n);
    free(topics);
    for (int i = 0; i < n; i++)
        wait_for_partitions(rk, names[i], 0);
}

static void count(rd_kafka_t *rk, int topics_n, char **topics)
{
    for (int t = 0; t < topics_n; t++) {
        int n;
        int64_t sum = 0;
        bench_partition *parts = bench_partitions(rk, &topics[t], 1, &n);
        for (int i = 0; i < n; i++)
            sum += parts[i].end - parts[i].first;
        printf("%" PRId64 "\n", sum);
        free(parts);
    }
}

static void write_record(const rd_kafka_message_t *m)
{
    struct {
        int32_t key, value;
        int64_t time_ms;
    } head = {m->key ? (int32_t)m->key_len : -1, m->payload ? (int32_t)m->len : -1,
              rd_kafka_message_timestamp(m, NULL)};
    fwrite(&head, sizeof head, 1, stdout);
    fwrite(m->key, 1, m->key ? m->key_len : 0, stdout);
    fwrite(m->payload, 1, m->payload ? m->len : 0, stdout);
}

static void dump(rd_kafka_t *rk, char *topic)
{
    static rd_kafka_message_t *batch[BATCH];
    int open;
    bench_partition *parts = bench_partitions(rk, &topic, 1, &open);
    bench_assign(rk, parts, open);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
    while (open > 0) {
        ssize_t n = rd_kafka_consume_batch_queue(queue, WAIT_MS, batch, BATCH);
        for (ssize_t i = 0; i < n; i++) {
            if (!batch[i]->err)
                write_record(batch[i]);
            else if (batch[i]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
                open--;
            else
                bench_die(topic, rd_kafka_message_errstr(batch[i]));
            rd_kafka_message_destroy(batch[i]);
        }
    }
    if (fflush(stdout) != 0)
        bench_die("standard output", "cannot be written");
    rd_kafka_queue_destroy(queue);
    rd_kafka_consumer_close(rk);
    free(parts);
}

static void first(rd_kafka_t *rk, char *topic)
{
    int open;
    bench_partition *parts = bench_partitions(rk, &topic, 1, &open);
    bench_assign(rk, parts, open);
    for (;;) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 60000);
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (m && !m->err) {
            printf("%" PRId64 "\n", (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
            fflush(stdout);
            _exit(0); /* leaving in order would only load the machine while another is measured */
        }
        if (m && m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && --open == 0) {
            puts("ready");
            fflush(stdout);
        } else if (m && m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            bench_die(topic, rd_kafka_message_errstr(m));
        }
        if (m)
            rd_kafka_message_destroy(m);
    }
}

static void usage(void)
{
    fprintf(stderr, "usage: topics --bootstrap HOST:PORT list | create PARTITIONS"
                    " [NAME=VALUE...] TOPIC... | delete TOPIC... | count TOPIC... | dump TOPIC"
                    " | first TOPIC\n");
    exit(2);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"bootstrap", required_argument, NULL, 'b'}, {0}};
    const char *bootstrap = NULL;
    for (int c; (c = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        if (c != 'b')
            usage();
        bootstrap = optarg;
    }
    if (!bootstrap || optind == argc)
        usage();
    const char *what = argv[optind];
    int n = argc - optind - 1;
    char **rest = argv + optind + 1;
    int dumps = strcmp(what, "dump") == 0, watches = strcmp(what, "first") == 0;
    rd_kafka_t *rk = dumps     ? reader(bootstrap, "10")
                     : watches ? reader(bootstrap, "500")
                               : producer(bootstrap);
    if (strcmp(what, "list") == 0 && n == 0)
        list(rk);
    else if (strcmp(what, "create") == 0 && n >= 2)
        create(rk, (int)bench_number("PARTITIONS", rest[0]), n - 1, rest + 1);
    else if (strcmp(what, "delete") == 0 && n >= 1)
        drop(rk, n, rest);
    else if (strcmp(what, "count") == 0 && n >= 1)
        count(rk, n, rest);
    else if (strcmp(what, "dump") == 0 && n == 1)
        dump(rk, rest[0]);
    else if (strcmp(what, "first") == 0 && n == 1)
        first(rk, rest[0]);
    else
        usage();
    rd_kafka_destroy(rk);
    return 0;
}
