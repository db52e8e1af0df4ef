/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_helper.h - a fetcher beside a fake broker: both take turns until everything is read, and
 * every record is checked as it comes.
 */
#ifndef WR_TESTS_UNIT_WIRE_FETCH_HELPER_H
#define WR_TESTS_UNIT_WIRE_FETCH_HELPER_H

#include "fake_broker.h"
#include "runtime/log/wire/fetcher.h"

typedef struct reading {
    fake_broker broker;
    wr_wire_config config;
    wr_wire_fetcher *f;
    char address[32];
    int faults, all_down;
    int64_t next[FAKE_PARTS]; /* offset of the record that must come */
    uint32_t records[FAKE_PARTS];
    const bool *visible[FAKE_PARTS]; /* by offset: it may be handed out; NULL: all may */
    int16_t trouble;                 /* the last one */
    uint32_t trouble_part;
} reading;

static inline void tell(void *arg, wr_wire_news news, const char *text)
{
    reading *r = arg;
    (void)text;
    r->faults += news == WR_WIRE_FAULT;
    r->all_down += news == WR_WIRE_ALL_DOWN;
}

static inline void begin(reading *r)
{
    memset(r, 0, sizeof *r);
    fake_start(&r->broker);
    r->config = fake_client(&r->broker, r->address, sizeof r->address);
    r->config.fetch_wait_ms = 500;
    r->config.fetch_min_bytes = 1;
    r->config.fetch_bytes = 1 << 20;
    r->config.partition_bytes = 1 << 16;
    r->config.buffered_max = 1 << 20;
    r->config.committed = true;
    r->config.tell = tell;
    r->config.tell_arg = r;
    OK(wr__wire_fetcher_new(&r->config, &r->f, err));
}

static inline void end(reading *r)
{
    wr__wire_fetcher_free(r->f);
    fake_stop(&r->broker);
}

static inline void assign(reading *r, int64_t first, int64_t second)
{
    wr_wire_place places[FAKE_PARTS] = {{FAKE_TOPIC, 0, first}, {FAKE_TOPIC, 1, second}};
    wr__wire_fetcher_assign(r->f, places, FAKE_PARTS);
    r->next[0] = first;
    r->next[1] = second;
}

/* Records are "<offset>", in order; a gap is one where the test says so by moving `next`. */
static inline void check_run(reading *r, const wr_wire_run *run)
{
    for (uint32_t i = 0; i < run->n; i++) {
        char text[32];
        const wr_record *record = &run->records[i];
        assert_true(record->offset >= r->next[run->assignment]);
        snprintf(text, sizeof text, "%lld", (long long)record->offset);
        assert_true(wr_str_eq_c(record->value, text));
        const bool *visible = r->visible[run->assignment];
        if (visible && !visible[record->offset])
            fail_msg("record %s was never committed", text);
        r->next[run->assignment] = record->offset + 1;
        r->records[run->assignment]++;
    }
    assert_true(run->next_offset >= r->next[run->assignment]);
    r->next[run->assignment] = run->next_offset;
}

/* One turn of both. @return what poll said */
static inline weir_status turn(reading *r, weir_error *err)
{
    wr_wire_run *run;
    wr_wire_trouble trouble;
    bool woken;
    fake_serve(&r->broker);
    weir_status st = wr__wire_fetcher_poll(r->f, 100, 1, &run, &trouble, &woken, err);
    if (st != WEIR_OK)
        return st;
    if (trouble.code) {
        r->trouble = trouble.code;
        r->trouble_part = trouble.assignment;
    }
    if (run) {
        assert_true(run->n <= 100);
        check_run(r, run);
        wr__wire_fetcher_release(r->f, run);
    }
    return WEIR_OK;
}

static inline void turns(reading *r, int n)
{
    for (int i = 0; i < n; i++)
        OK(turn(r, err));
}

/* Until both partitions are read to their ends. */
static inline void read_all(reading *r)
{
    for (int i = 0; i < 3000; i++) {
        OK(turn(r, err));
        if (r->next[0] == r->broker.parts[0].high && r->next[1] == r->broker.parts[1].high)
            return;
    }
    fail_msg("read up to %lld of %lld, %lld of %lld; %d fetches", (long long)r->next[0],
             (long long)r->broker.parts[0].high, (long long)r->next[1],
             (long long)r->broker.parts[1].high, r->broker.fetches);
}

static inline void fill(reading *r)
{
    static const wr_codec codecs[] = {WR_CODEC_NONE, WR_CODEC_GZIP, WR_CODEC_SNAPPY, WR_CODEC_LZ4,
                                      WR_CODEC_ZSTD};
    for (uint32_t i = 0; i < 20; i++)
        for (int p = 0; p < FAKE_PARTS; p++)
            fake_append(&r->broker, p, 1 + i * 17 % 300, codecs[i % 5], FAKE_PLAIN, -1);
}

#endif
