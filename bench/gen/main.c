/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the benchmark's input topics, which must exist.
 *
 *   gen clicks    --bootstrap HOST:PORT [--records N] [--seed S] [--ips K]
 *   gen clicks-avro --schema-id ID ...     the same clicks in Avro, to the topic clicks-avro
 *   gen campaigns --bootstrap HOST:PORT
 *   gen nexmark   --bootstrap HOST:PORT [--records N] [--seed S]     topics person, auction, bid
 *   gen keys      --bootstrap HOST:PORT --keys K [--records N] [--skew Z]
 *
 * --first I begins with record I, to extend a topic. --codec names the compression (lz4). Record
 * time is event time; keys are placed by murmur2, as Java's producer does, so that topics are
 * partitioned alike. With --print the values go to standard output instead, a line each.
 */
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/gen/records.h"
#include "bench/tools/client.h"

enum { SCHEMA_ID = 256 }; /* an option without a letter */

typedef void make_fn(const gen_options *o, uint64_t i, gen_record *out);

static const struct generator {
    const char *name;
    make_fn *make;
    uint64_t records; /* unless told otherwise */
} generators[] = {
    {"clicks", gen_click, 1000000},
    {"clicks-avro", gen_click_avro, 1000000},
    {"campaigns", gen_campaign, 10},
    {"nexmark", gen_nexmark, 1000000},
    {"keys", gen_key, 0},
};

static uint64_t undelivered;

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)opaque;
    undelivered += message->err != 0;
}

static rd_kafka_t *open_producer(const char *bootstrap, const char *codec)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bench_set(conf, "compression.codec", codec);
    bench_set(conf, "enable.idempotence", "true"); /* so the order of a partition is ours */
    bench_set(conf, "partitioner", "murmur2_random");
    bench_set(conf, "linger.ms", "50");
    bench_set(conf, "queue.buffering.max.messages", "200000");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return bench_client(RD_KAFKA_PRODUCER, conf, bootstrap);
}

static void send_record(rd_kafka_t *rk, const gen_record *r)
{
    rd_kafka_resp_err_t err;
    for (;;) {
        err = rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(r->topic), RD_KAFKA_V_KEY(r->key, r->key_len),
                                RD_KAFKA_V_VALUE((void *)(uintptr_t)r->value, r->value_len),
                                RD_KAFKA_V_TIMESTAMP(r->time_ms),
                                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            break;
        rd_kafka_poll(rk, 50);
    }
    if (err)
        bench_die(r->topic, rd_kafka_err2str(err));
}

static void usage(void)
{
    fprintf(stderr,
            "usage: gen clicks|clicks-avro|campaigns|nexmark|keys --bootstrap HOST:PORT | --print\n"
            "  [--records N] [--first I] [--seed S] [--ips K] [--keys K] [--skew Z]"
            " [--codec NAME] [--schema-id ID]\n");
    exit(2);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"bootstrap", required_argument, NULL, 'b'},
                                            {"records", required_argument, NULL, 'n'},
                                            {"first", required_argument, NULL, 'f'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"ips", required_argument, NULL, 'i'},
                                            {"keys", required_argument, NULL, 'k'},
                                            {"skew", required_argument, NULL, 'z'},
                                            {"codec", required_argument, NULL, 'c'},
                                            {"print", no_argument, NULL, 'p'},
                                            {"schema-id", required_argument, NULL, SCHEMA_ID},
                                            {0}};
    gen_options o = {.seed = 1, .ips = 1050000};
    const char *bootstrap = NULL, *codec = "lz4", *records = NULL;
    uint64_t first = 0;
    int print = 0;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'b':
            bootstrap = optarg;
            break;
        case 'n':
            records = optarg;
            break;
        case 'f':
            first = bench_number("--first", optarg);
            break;
        case 's':
            o.seed = bench_number("--seed", optarg);
            break;
        case 'i':
            o.ips = bench_number("--ips", optarg);
            break;
        case 'k':
            o.keys = bench_number("--keys", optarg);
            break;
        case 'z':
            o.skew = strtod(optarg, NULL);
            break;
        case 'c':
            codec = optarg;
            break;
        case SCHEMA_ID:
            o.schema_id = (uint32_t)bench_number("--schema-id", optarg);
            break;
        case 'p':
            print = 1;
            break;
        default:
            usage();
        }
    }
    const struct generator *g = NULL;
    for (size_t i = 0; optind < argc && i < sizeof generators / sizeof *generators; i++) {
        if (strcmp(argv[optind], generators[i].name) == 0)
            g = &generators[i];
    }
    if (!g || optind + 1 != argc || (!bootstrap && !print) || o.ips == 0 ||
        !(o.skew >= 0 && o.skew < 1) || (g->make == gen_key && o.keys == 0) ||
        (g->make == gen_click_avro && (o.schema_id == 0 || print)))
        usage();
    o.records = records ? bench_number("--records", records) : g->records;
    uint64_t end = (g->make == gen_key ? o.keys : 0) + o.records, bytes = 0;

    rd_kafka_t *rk = print ? NULL : open_producer(bootstrap, codec);
    static gen_record r;
    for (uint64_t i = first; i < end; i++) {
        g->make(&o, i, &r);
        bytes += r.value_len;
        if (print)
            printf("%s\n", r.value);
        else
            send_record(rk, &r);
        if (rk && i % 1024 == 0)
            rd_kafka_poll(rk, 0);
    }
    if (rk) {
        rd_kafka_flush(rk, 120000);
        if (undelivered || rd_kafka_outq_len(rk))
            bench_die(g->name, "records were not delivered");
        rd_kafka_destroy(rk);
    }
    uint64_t n = end > first ? end - first : 0;
    fprintf(stderr, "%s: %" PRIu64 " records, %.0f bytes a value\n", g->name, n,
            n ? (double)bytes / (double)n : 0);
    return 0;
}
