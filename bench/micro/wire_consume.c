/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A loop around our own client that does nothing, as tools/rawloop.c is one around librdkafka:
 *
 *   micro_wire_consume HOST:PORT TOPIC PARTITIONS RECORDS
 *
 * Reads so many records of the topic from its beginning; prints how many records and bytes it has
 * seen, and the CPU seconds of it all for a million of them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "runtime/log/wire/fetcher.h"
#include "runtime/log/wire/messages.h"

enum { RECORDS_AT_ONCE = 1024, WAIT_MS = 1000 };

static void tell(void *arg, wr_wire_news news, const char *text)
{
    (void)arg;
    if (news == WR_WIRE_FAULT)
        fprintf(stderr, "%s\n", text);
}

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: %s HOST:PORT TOPIC PARTITIONS RECORDS\n", argv[0]);
        return 2;
    }
    /* As Weir has them by default (kafka_wire_config.c). */
    wr_wire_config config = {.bootstrap = argv[1],
                             .client_id = (char[]){"bench"},
                             .rack = (char[]){""},
                             .family = AF_UNSPEC,
                             .connect_ms = 30000,
                             .request_ms = 60000,
                             .backoff_ms = 100,
                             .backoff_max_ms = 10000,
                             .retry_ms = 100,
                             .metadata_age_ms = 900000,
                             .no_delay = true,
                             .fetch_wait_ms = 500,
                             .fetch_min_bytes = 1,
                             .fetch_bytes = 8 << 20,
                             .partition_bytes = 256 << 10,
                             .answer_max = 100000000,
                             .buffered_max = 32 << 20,
                             .committed = true,
                             .tell = tell};
    uint32_t n = (uint32_t)atoi(argv[3]);
    uint64_t wanted = strtoull(argv[4], NULL, 10), records = 0, bytes = 0;
    wr_wire_place *places = wr_calloc(n + 1, sizeof *places);
    for (uint32_t i = 0; i < n; i++)
        places[i] = (wr_wire_place){argv[2], (int32_t)i, WR_WIRE_BEGINNING};
    wr_wire_fetcher *f;
    weir_error err = {0};
    if (wr__wire_fetcher_new(&config, &f, &err) != WEIR_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    wr__wire_fetcher_assign(f, places, n);
    while (records < wanted) {
        wr_wire_run *run;
        wr_wire_trouble trouble;
        bool woken;
        weir_status st =
            wr__wire_fetcher_poll(f, RECORDS_AT_ONCE, WAIT_MS, &run, &trouble, &woken, &err);
        if (st != WEIR_OK || trouble.code != WR_WIRE_NONE) {
            fprintf(stderr, "%s (%d)\n", err.message, trouble.code);
            return 1;
        }
        if (!run)
            continue;
        for (uint32_t i = 0; i < run->n; i++)
            bytes += run->records[i].key.len + run->records[i].value.len;
        records += run->n;
        wr__wire_fetcher_release(f, run);
    }
    wr__wire_fetcher_free(f);
    wr_free(places);
    printf("%" PRIu64 " records, %" PRIu64 " bytes, %.3f CPU s/M\n", records, bytes,
           cpu_seconds() * 1e6 / (double)records);
    return 0;
}
