/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own Kafka client as a program, without anything of librdkafka's but its settings:
 *
 *   wire_reader TOPIC PARTITIONS RECORDS NAME=VALUE...
 *
 * Writes the values of so many records, one a line, as <partition> <offset> <value>. Ends with
 * status 1 and what connections failed for after 3 faults without a record.
 */
#include "wire_program.h"

#include <stdlib.h>

#include "runtime/log/wire/fetcher.h"

enum { FAULTS_MAX = 3, RECORDS_AT_ONCE = 100, WAIT_MS = 200 };

/* @return 0: all records came */
static int read_records(wr_wire_fetcher *f, uint64_t wanted, const int *faults)
{
    weir_error err = {0};
    for (uint64_t records = 0; records < wanted;) {
        wr_wire_run *run;
        wr_wire_trouble trouble;
        bool woken;
        weir_status st =
            wr__wire_fetcher_poll(f, RECORDS_AT_ONCE, WAIT_MS, &run, &trouble, &woken, &err);
        if (st != WEIR_OK || trouble.code != 0 || (!run && *faults >= FAULTS_MAX)) {
            fprintf(stderr, "%s (%d)\n", err.message, trouble.code);
            return 1;
        }
        if (!run)
            continue;
        for (uint32_t i = 0; i < run->n; i++)
            printf("%d %lld %.*s\n", run->partition, (long long)run->records[i].offset,
                   (int)run->records[i].value.len, run->records[i].value.ptr);
        records += run->n;
        wr__wire_fetcher_release(f, run);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: %s TOPIC PARTITIONS RECORDS NAME=VALUE...\n", argv[0]);
        return 2;
    }
    int faults = 0;
    wr_wire_config config;
    if (configure(argv + 4, argc - 4, &config))
        return 2;
    config.tell = tell;
    config.tell_arg = &faults;
    uint32_t n = (uint32_t)strtoul(argv[2], NULL, 10);
    wr_wire_place *places = wr_calloc(n + 1, sizeof *places);
    for (uint32_t i = 0; i < n; i++)
        places[i] = (wr_wire_place){argv[1], (int32_t)i, WR_WIRE_BEGINNING};
    wr_wire_fetcher *f;
    weir_error err = {0};
    int bad = wr__wire_fetcher_new(&config, &f, &err) != WEIR_OK;
    if (bad) {
        fprintf(stderr, "%s\n", err.message);
    } else {
        wr__wire_fetcher_assign(f, places, n);
        bad = read_records(f, strtoull(argv[3], NULL, 10), &faults);
        wr__wire_fetcher_free(f);
    }
    wr__kafka_wire_config_free(&config);
    wr_free(places);
    return bad;
}
