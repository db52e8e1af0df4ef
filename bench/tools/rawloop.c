/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor that engines are compared with: a loop around librdkafka that does nothing.
 *
 *   rawloop consume --bootstrap HOST:PORT [-X NAME=VALUE] TOPIC...
 *   rawloop copy    --bootstrap HOST:PORT --out TOPIC [-X NAME=VALUE] TOPIC...
 *
 * Reads the topics from their beginning to the ends they have when it starts; `copy` also writes
 * each record's key and value to another topic. Prints how many records and bytes it has seen,
 * which the harness checks. -X sets the consumer, -X +NAME=VALUE the producer.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

#define BATCH   4096
#define WAIT_MS 20 /* a batch that does not fill is handed over after that */

typedef struct loop {
    rd_kafka_t *consumer, *producer;
    rd_kafka_topic_t *out; /* NULL: consume only */
    int open;              /* partitions that have not ended */
    uint64_t records, bytes;
} loop;

static uint64_t undelivered;

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)opaque;
    undelivered += message->err != 0;
}

/** Counts one message, and drops it from the batch where it is an event. True: it is a record. */
static int take(loop *l, rd_kafka_message_t *m)
{
    if (!m->err) {
        l->records++;
        l->bytes += m->key_len + m->len;
        return 1;
    }
    if (m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        bench_die("consume", rd_kafka_message_errstr(m));
    l->open--;
    return 0;
}

/** Hands a batch to the producer, which copies it; waits where its queue is full. */
static void produce(loop *l, rd_kafka_message_t **batch, int n)
{
    static rd_kafka_message_t made[BATCH];
    for (int i = 0; i < n; i++)
        made[i] = (rd_kafka_message_t){.key = batch[i]->key,
                                       .key_len = batch[i]->key_len,
                                       .payload = batch[i]->payload,
                                       .len = batch[i]->len};
    while (n > 0) {
        rd_kafka_produce_batch(l->out, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, made, n);
        int left = 0;
        for (int i = 0; i < n; i++) {
            if (made[i].err == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
                made[i].err = RD_KAFKA_RESP_ERR_NO_ERROR;
                made[left++] = made[i];
            } else if (made[i].err) {
                bench_die("produce", rd_kafka_err2str(made[i].err));
            }
        }
        n = left;
        rd_kafka_poll(l->producer, left ? 10 : 0);
    }
}

static void run(loop *l)
{
    static rd_kafka_message_t *batch[BATCH];
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(l->consumer);
    while (l->open > 0) {
        ssize_t n = rd_kafka_consume_batch_queue(queue, WAIT_MS, batch, BATCH);
        if (n < 0)
            bench_die("consume", rd_kafka_err2str(rd_kafka_last_error()));
        int records = 0;
        for (ssize_t i = 0; i < n; i++) {
            rd_kafka_message_t *m = batch[i];
            if (!take(l, m))
                rd_kafka_message_destroy(m);
            else
                batch[records++] = m;
        }
        if (l->out)
            produce(l, batch, records);
        for (int i = 0; i < records; i++)
            rd_kafka_message_destroy(batch[i]);
    }
    rd_kafka_queue_destroy(queue);
}

static void usage(void)
{
    fprintf(stderr, "usage: rawloop consume|copy --bootstrap HOST:PORT [--out TOPIC]"
                    " [-X [+]NAME=VALUE] TOPIC...\n");
    exit(2);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"bootstrap", required_argument, NULL, 'b'}, {"out", required_argument, NULL, 'o'}, {0}};
    const char *bootstrap = NULL, *out = NULL;
    rd_kafka_conf_t *in_conf = rd_kafka_conf_new(), *out_conf = rd_kafka_conf_new();
    bench_set(in_conf, "group.id", "rawloop");
    bench_set(in_conf, "enable.auto.commit", "false");
    bench_set(in_conf, "enable.partition.eof", "true");
    /* The answer that there is no more would take half a second. */
    bench_set(in_conf, "fetch.wait.max.ms", "10");
    /* With the default the fetcher stops for up to a second whenever it is ahead of the loop. */
    bench_set(in_conf, "queued.min.messages", "1000000");
    bench_set(out_conf, "linger.ms", "50");
    bench_set(out_conf, "partitioner", "murmur2_random");
    rd_kafka_conf_set_dr_msg_cb(out_conf, on_delivery);
    for (int c; (c = getopt_long(argc, argv, "X:", options, NULL)) != -1;) {
        if (c == 'b')
            bootstrap = optarg;
        else if (c == 'o')
            out = optarg;
        else if (c == 'X')
            bench_set_pair(*optarg == '+' ? out_conf : in_conf, optarg + (*optarg == '+'));
        else
            usage();
    }
    const char *what = optind < argc ? argv[optind++] : "";
    int copy = strcmp(what, "copy") == 0;
    if ((!copy && strcmp(what, "consume") != 0) || !bootstrap || optind == argc || copy != !!out)
        usage();

    loop l = {.consumer = bench_client(RD_KAFKA_CONSUMER, in_conf, bootstrap)};
    bench_partition *parts = bench_partitions(l.consumer, argv + optind, argc - optind, &l.open);
    bench_assign(l.consumer, parts, l.open);
    if (copy) {
        l.producer = bench_client(RD_KAFKA_PRODUCER, out_conf, bootstrap);
        l.out = rd_kafka_topic_new(l.producer, out, NULL);
    } else {
        rd_kafka_conf_destroy(out_conf);
    }
    run(&l);
    if (copy) {
        rd_kafka_flush(l.producer, 60000);
        if (undelivered || rd_kafka_outq_len(l.producer))
            bench_die(out, "records were not delivered");
        rd_kafka_topic_destroy(l.out);
        rd_kafka_destroy(l.producer);
    }
    printf("%" PRIu64 " records %" PRIu64 " bytes\n", l.records, l.bytes);
    rd_kafka_consumer_close(l.consumer);
    rd_kafka_destroy(l.consumer);
    free(parts);
    return 0;
}
