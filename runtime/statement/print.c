/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PRINT topic: records as text, formats known by their schemas or guessed (dialect.md 8.6). Rows of
 * one text column; the first two say what was guessed. Nothing of the engine's is looked at, so it
 * never takes the lock.
 *
 * The guess is made from the first batch and holds for the rest, but each record that does not fit
 * it is shown in the form that fits it: a topic may hold anything, and PRINT is what people use to
 * find out. It reads every partition from its own position, with a reader that is in no group, so
 * that looking at a topic moves nobody's offsets and takes nobody's partitions.
 *
 * Owners: the reader and its batch belong to this statement, and are closed with it, whether it was
 * stepped to its end or not. A record is borrowed from the batch for as long as its line is made.
 */
#include "runtime/instance/wait.h"
#include "runtime/statement/print_schema.h"
#include "runtime/statement/result.h"
#include "runtime/statement/statement_class.h"

#include <stdio.h>
#include <time.h>

/**
 * A topic that is being printed. Records are borrowed from `batch` until it is released; the row is
 * text in `line`, valid until the next step.
 */
struct wr__print {
    wr_log_reader *reader;
    wr_log_batch *batch;                           /* NULL: the next one is to be polled for */
    uint32_t at;                                   /* record of the batch that comes next */
    wr_wait wait;                                  /* who ends a look into the registry */
    wr_format_guess key, value;                    /* what all records so far have allowed */
    wr__schema_printer key_schemas, value_schemas; /* records that name a schema are not guessed */
    wr_topic_part *parts;                          /* in the statement's arena */
    uint32_t parts_n;
    bool announced, ended;
    int64_t interval, seen; /* every how many records one is shown; how many there were */
    wr_buf line;
    wr_value cell;     /* the row of the last step */
    int heading_lines; /* lines of the announcement still to be given */
};

/* Names of topics have case, and those of sources do not: the usual mistake. */
static weir_status unknown_topic(wr_exec *x, weir_error *err)
{
    wr_engine *e = x->engine;
    wr_topic_info *all;
    uint32_t n;
    weir_error other;
    const char *topic = x->stmt->text1, *similar = NULL;
    if (wr_topic_list(wr_engine_log(e), x->arena, &all, &n, &other) == WEIR_OK)
        for (uint32_t i = 0; i < n; i++)
            if (wr_ieq(all[i].name, topic))
                similar = all[i].name;
    wr_error_at(err, WEIR_ERR_NOT_FOUND, x->stmt->pos,
                "Could not find topic '%s', or the KSQL user does not have permissions to list the "
                "topic. Topic names are case-sensitive.",
                topic);
    return similar ? wr_error_hint(err, "Did you mean: %s?", similar)
                   : wr_error_hint(err, "SHOW TOPICS lists them");
}

/* Positions by name ("beginning", "end") rather than by number: PRINT shows what comes from now on,
 * whatever "now" is at the broker. No group: nothing is committed, and nobody's share is taken. */
static weir_status open_print(wr_exec *x, weir_error *err)
{
    wr_engine *e = x->engine;
    wr_topic_info info;
    weir_status st = wr_topic_describe(wr_engine_log(e), x->stmt->text1, &info, err);
    if (st == WEIR_ERR_NOT_FOUND)
        return unknown_topic(x, err);
    WR_TRY(st);
    if (x->stmt->has_interval && x->stmt->interval < 1)
        return wr_error_at(err, WEIR_ERR_STATEMENT, x->stmt->pos,
                           "INTERVAL must be at least 1, got %lld", (long long)x->stmt->interval);
    struct wr__print *p = WR_NEW(x->arena, struct wr__print);
    p->interval = x->stmt->has_interval ? x->stmt->interval : 1;
    wr_format_guess_init(&p->key);
    wr_format_guess_init(&p->value);
    p->wait = wr_wait_new(e, x->interrupt, WR_WAIT_STATEMENT_MS);
    const wr_registry_interrupt interrupt = wr_wait_in_registry(&p->wait);
    wr__schema_printer_init(&p->key_schemas, wr_engine_registry(e), interrupt, true);
    wr__schema_printer_init(&p->value_schemas, wr_engine_registry(e), interrupt, false);
    p->parts = WR_NEW_N(x->arena, wr_topic_part, (size_t)info.partitions);
    p->parts_n = (uint32_t)info.partitions;
    for (int32_t i = 0; i < info.partitions; i++)
        p->parts[i] = (wr_topic_part){
            x->stmt->text1, i, x->stmt->from_beginning ? WR_OFFSET_BEGINNING : WR_OFFSET_END};
    x->print = p;
    x->left = x->stmt->has_limit ? x->stmt->limit : -1;
    static const wr__column columns[] = {{"record", &wr_type_string}};
    (void)wr__result_new(x, "", columns, 1);
    WR_TRY(wr_log_reader_new(wr_engine_log(e), NULL, &x->settings, &p->reader, err));
    return wr_log_reader_assign(p->reader, p->parts, p->parts_n, err);
}

/* ksqlDB's line. Times before 1970 have a negative remainder, which the seconds take. */
static void put_record(struct wr__print *p, const wr_record *r)
{
    time_t sec = (time_t)(r->timestamp / 1000);
    long ms = (long)(r->timestamp % 1000);
    if (ms < 0) {
        ms += 1000;
        sec--;
    }
    struct tm tm;
    char when[64];
    gmtime_r(&sec, &tm);
    strftime(when, sizeof when, "%Y/%m/%d %H:%M:%S", &tm);
    wr_buf_clear(&p->line);
    wr_buf_printf(&p->line, "rowtime: %s.%03ld Z, key: ", when, ms);
    if (!wr__schema_print(&p->key_schemas, r, r->key, &p->line))
        wr_format_guess_value(&p->key, r->key, &p->line);
    wr_buf_puts(&p->line, ", value: ");
    if (!wr__schema_print(&p->value_schemas, r, r->value, &p->line))
        wr_format_guess_value(&p->value, r->value, &p->line);
    wr_buf_printf(&p->line, ", partition: %d", r->partition);
    p->cell = wr_value_str(wr_buf_view(&p->line));
}

/* Formats are guessed from the whole first batch, then announced in two lines. Later batches narrow
 * the guess further; it is not announced again. */
static void announce(struct wr__print *p)
{
    for (uint32_t i = 0; i < p->batch->n; i++) {
        const wr_record *r = &p->batch->records[i];
        if (r->key.ptr && !wr__schema_note(&p->key_schemas, r, r->key))
            wr_format_guess_add(&p->key, r->key);
        if (r->value.ptr && !wr__schema_note(&p->value_schemas, r, r->value))
            wr_format_guess_add(&p->value, r->value);
    }
    if (!p->announced)
        p->heading_lines = 2;
    p->announced = true;
}

/* A time-out is the caller's: between two polls of 100 ms an interrupt is looked at. */
static weir_status fetch(wr_exec *x, struct wr__print *p, int timeout_ms, weir_error *err)
{
    wr_clock *clock = wr_engine_clock(x->engine);
    int64_t until = clock->mono_ns(clock) + (int64_t)timeout_ms * 1000000;
    while (!p->batch) {
        if (atomic_exchange(x->interrupt, false))
            return wr_error(err, WEIR_ERR_INTERRUPTED, "Topic printing ceased");
        int64_t left = timeout_ms < 0 ? 100 : (until - clock->mono_ns(clock)) / 1000000;
        if (left < 0)
            return wr_error(err, WEIR_ERR_INTERRUPTED, "No record within %d ms", timeout_ms);
        WR_TRY(wr_log_reader_poll(p->reader, 500, (int)WR_MIN(left, (int64_t)100), &p->batch, err));
        if (p->batch && p->batch->n == 0) {
            wr_log_reader_release(p->reader, p->batch);
            p->batch = NULL;
        }
    }
    WR_ASSERT(p->batch->n > 0);
    p->at = 0;
    announce(p);
    return WEIR_OK;
}

/* INTERVAL n shows each n-th record; LIMIT counts those that are shown, not the announcement. */
static weir_status step_print(wr_exec *x, int timeout_ms, weir_error *err)
{
    struct wr__print *p = x->print;
    WR_ASSERT(p && p->reader && p->interval >= 1);
    for (;;) {
        if (x->left == 0) {
            x->message = "Topic printing ceased";
            return WEIR_DONE;
        }
        if (!p->batch)
            WR_TRY(fetch(x, p, timeout_ms, err));
        if (p->heading_lines) {
            const char *what = p->heading_lines == 2 ? "Key format: " : "Value format: ";
            wr_buf_clear(&p->line);
            wr_buf_puts(&p->line, what);
            bool key = p->heading_lines == 2;
            if (!wr__schema_announce(key ? &p->key_schemas : &p->value_schemas, &p->line))
                wr_format_guess_print(key ? &p->key : &p->value, &p->line);
            p->cell = wr_value_str(wr_buf_view(&p->line));
            p->heading_lines--;
            x->row = &p->cell;
            return WEIR_ROW;
        }
        if (p->at == p->batch->n) {
            wr_log_reader_release(p->reader, p->batch);
            p->batch = NULL;
            continue;
        }
        WR_ASSERT(p->at < p->batch->n);
        const wr_record *r = &p->batch->records[p->at++];
        if (p->seen++ % p->interval != 0)
            continue;
        put_record(p, r);
        if (x->left > 0)
            x->left--;
        x->row = &p->cell;
        return WEIR_ROW;
    }
}

/* The batch goes before its reader. Arrays are in the statement's arena, and go with that. */
static void close_print(wr_exec *x)
{
    struct wr__print *p = x->print;
    if (!p)
        return;
    if (p->batch)
        wr_log_reader_release(p->reader, p->batch);
    if (p->reader)
        wr_log_reader_close(p->reader);
    wr__schema_printer_free(&p->key_schemas);
    wr__schema_printer_free(&p->value_schemas);
    wr_buf_free(&p->line);
    x->print = NULL;
}

const wr__statement_class wr__print_class = {WR_EXEC_PRINT, open_print, step_print, close_print};
