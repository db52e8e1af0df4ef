/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the benchmark's tools share: a librdkafka client with its settings, and the partitions of a
 * topic. Every failure ends the tool with a message and status 1; a benchmark has nothing to save.
 */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdint.h>

#define BENCH_TIMEOUT_MS 30000

typedef struct bench_partition {
    const char *topic; /* the caller's */
    int32_t number;
    int64_t first, end; /* offsets when the tool started */
} bench_partition;

/** Prints "TOOL: WHAT: WHY" and ends the process. */
_Noreturn void bench_die(const char *what, const char *why);

/** Sets NAME of a configuration. */
void bench_set(rd_kafka_conf_t *conf, const char *name, const char *value);

/** Sets "NAME=VALUE" of a configuration, as -X of the command line gives it. */
void bench_set_pair(rd_kafka_conf_t *conf, const char *pair);

/** A client; takes conf over. */
rd_kafka_t *bench_client(rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *bootstrap);

/** The number of partitions that have a leader; 0 when there is no such topic. */
int bench_partition_count(rd_kafka_t *rk, const char *topic);

/** All partitions of these topics with their offsets; *n says how many. Freed with free(). */
bench_partition *bench_partitions(rd_kafka_t *rk, char *const *topics, int topics_n, int *n);

/** Assigns the partitions to a consumer, from their first offsets on. */
void bench_assign(rd_kafka_t *rk, const bench_partition *parts, int n);

/** A whole number from the command line. */
uint64_t bench_number(const char *option, const char *text);
