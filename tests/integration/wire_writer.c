/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own Kafka client writing, as a program, without anything of librdkafka's but its settings:
 *
 *   wire_writer TOPIC RECORDS BYTES NAME=VALUE...
 *
 * Writes so many records of so many bytes to partition 0: each is its number, and then dots. When
 * all are acknowledged it writes the offset after the last one. Ends with status 1 where a record
 * was not, or after 3 faults.
 */
#include "wire_program.h"

#include <stdlib.h>

#include "runtime/log/wire/producer.h"

enum { FAULTS_MAX = 3, WAIT_MS = 200 };

typedef struct outcome {
    long long position;
    int bad; /* Kafka's code of the last record that was not written */
} outcome;

static void on_report(void *arg, const wr_wire_report *r)
{
    outcome *o = arg;
    if (r->code)
        o->bad = r->code;
    else
        o->position = r->next_offset;
}

static int write_records(wr_wire_producer *p, const char *topic, unsigned long n, size_t bytes,
                         const int *faults)
{
    wr_wire_output *out = wr__wire_producer_output(p, topic, 0);
    char *value = wr_malloc(bytes + 32);
    for (unsigned long i = 0; i < n && *faults < FAULTS_MAX; i++) {
        int head = snprintf(value, 32, "%lu", i);
        memset(value + head, '.', bytes);
        wr_record r = {.key = WR_STR("k"),
                       .value = {value, (uint32_t)WR_MAX((size_t)head, bytes)},
                       .timestamp = 1000};
        while (!wr__wire_producer_add(p, out, NULL, &r) && *faults < FAULTS_MAX)
            wr__wire_producer_poll(p, WAIT_MS);
    }
    while (wr__wire_producer_outstanding(p) > 0 && *faults < FAULTS_MAX) {
        wr__wire_producer_push(p);
        wr__wire_producer_poll(p, WAIT_MS);
    }
    wr_free(value);
    return wr__wire_producer_outstanding(p) > 0;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: %s TOPIC RECORDS BYTES NAME=VALUE...\n", argv[0]);
        return 2;
    }
    int faults = 0;
    outcome o = {.position = -1};
    wr_wire_config config;
    if (configure(argv + 4, argc - 4, &config))
        return 2;
    config.tell = tell;
    config.tell_arg = &faults;
    wr_wire_producer *p;
    weir_error err = {0};
    int bad = wr__wire_producer_new(&config, on_report, &o, &p, &err) != WEIR_OK;
    if (bad) {
        fprintf(stderr, "%s\n", err.message);
    } else {
        bad = write_records(p, argv[1], strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10),
                            &faults);
        wr__wire_producer_free(p);
    }
    if (o.bad)
        fprintf(stderr, "error %d\n", o.bad);
    printf("%lld\n", o.position);
    wr__kafka_wire_config_free(&config);
    return bad || o.bad;
}
