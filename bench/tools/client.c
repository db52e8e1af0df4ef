/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The librdkafka calls that every tool of the benchmark makes. Nothing here runs while something is
 * measured, apart from the raw loops' start.
 */
#include "client.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bench_die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, why);
    exit(1);
}

void bench_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char err[256];
    if (rd_kafka_conf_set(conf, name, value, err, sizeof err) != RD_KAFKA_CONF_OK)
        bench_die(name, err);
}

void bench_set_pair(rd_kafka_conf_t *conf, const char *pair)
{
    char name[128];
    const char *equals = strchr(pair, '=');
    if (!equals || (size_t)(equals - pair) >= sizeof name)
        bench_die(pair, "not NAME=VALUE");
    memcpy(name, pair, (size_t)(equals - pair));
    name[equals - pair] = 0;
    bench_set(conf, name, equals + 1);
}

rd_kafka_t *bench_client(rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *bootstrap)
{
    char err[256];
    bench_set(conf, "bootstrap.servers", bootstrap);
    rd_kafka_t *rk = rd_kafka_new(type, conf, err, sizeof err);
    if (!rk)
        bench_die("client", err);
    return rk;
}

int bench_partition_count(rd_kafka_t *rk, const char *topic)
{
    const struct rd_kafka_metadata *all;
    rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 1, NULL, &all, BENCH_TIMEOUT_MS);
    if (err)
        bench_die("metadata", rd_kafka_err2str(err));
    int count = 0;
    for (int t = 0; t < all->topic_cnt; t++) {
        const struct rd_kafka_metadata_topic *one = &all->topics[t];
        if (strcmp(one->topic, topic) != 0 || one->err)
            continue;
        for (int p = 0; p < one->partition_cnt; p++)
            count += one->partitions[p].leader >= 0;
    }
    rd_kafka_metadata_destroy(all);
    return count;
}

bench_partition *bench_partitions(rd_kafka_t *rk, char *const *topics, int topics_n, int *n)
{
    bench_partition *parts = NULL;
    *n = 0;
    for (int t = 0; t < topics_n; t++) {
        int count = bench_partition_count(rk, topics[t]);
        if (!count)
            bench_die(topics[t], "no such topic");
        parts = realloc(parts, (size_t)(*n + count) * sizeof *parts);
        if (!parts)
            bench_die("memory", strerror(errno));
        for (int32_t p = 0; p < count; p++) {
            bench_partition *part = &parts[(*n)++];
            *part = (bench_partition){.topic = topics[t], .number = p};
            rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(
                rk, topics[t], p, &part->first, &part->end, BENCH_TIMEOUT_MS);
            if (err)
                bench_die(topics[t], rd_kafka_err2str(err));
        }
    }
    return parts;
}

void bench_assign(rd_kafka_t *rk, const bench_partition *parts, int n)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(n);
    for (int i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(list, parts[i].topic, parts[i].number)->offset =
            parts[i].first;
    rd_kafka_resp_err_t err = rd_kafka_assign(rk, list);
    if (err)
        bench_die("assign", rd_kafka_err2str(err));
    rd_kafka_topic_partition_list_destroy(list);
}

uint64_t bench_number(const char *option, const char *text)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || end == text || *end || *text == '-')
        bench_die(option, "not a whole number");
    return value;
}
