/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A part that would get less than it can work with gets that least, and the others share the rest:
 * so shares are made until none is too small. A budget that holds all leasts is enough.
 */
#include "runtime/instance/memory_plan.h"
#include "common/buf.h"
#include "common/diag.h"

#include <inttypes.h>
#include <stdio.h>

#define BUDGET "weir.memory.budget.bytes"
#define KIB    INT64_C(1024)
#define MIB    (1024 * KIB)

/* Kafka's clients have queues of their own, one for each worker; more workers than this are rare,
 * since queries that read the same topics share one. */
#define CLIENTS 4
/* An answer of the broker is one piece, whatever the queue holds: it must not be larger. Kafka's
 * own default, and what one record may have by default. */
#define FETCH_MOST  (50 * MIB)
#define FETCH_LEAST MIB
/* A record in the client's queue costs about 700 bytes beside its own: so many of them are fetched
 * ahead as would fill the queue's bytes. 20000 are the default of kafka_config.c. */
#define RECORD_COST   1024
#define RECORDS_MOST  20000
#define RECORDS_LEAST 1000
#define KBYTES_MOST   2097151 /* that librdkafka takes */

typedef struct part {
    const char *setting;
    const char *alias; /* a second name that sets it too; NULL: none */
    bool kafka;        /* only there */
    int64_t unit;      /* bytes of memory for 1 of the setting */
    int64_t weight;
    int64_t least; /* bytes of memory that it works with */
} part;

static const part parts[] = {
    {"weir.state.cache.bytes", NULL, false, 1, 6, 4 * MIB},
    {"weir.block.cache.bytes", NULL, false, 1, 2, MIB},
    {"weir.memtable.bytes", NULL, false, 2, 2, 4 * MIB},
    {"weir.record.queue.bytes", NULL, false, 1, 2, 2 * MIB},
    {"consumer.queued.max.messages.kbytes", "queued.max.messages.kbytes", true, CLIENTS *KIB, 2,
     CLIENTS *MIB},
    {"producer.queue.buffering.max.kbytes", "queue.buffering.max.kbytes", true, CLIENTS *KIB, 2,
     CLIENTS *MIB},
};
enum { PARTS = WR_ARRAY_LEN(parts) };

static const char *set_text(const wr_settings *s, const char *name)
{
    return name ? wr_map_get(&s->values, wr_str_c(name)) : NULL;
}

/* @return bytes of memory that the user has chosen for it; -1: not chosen. A value that is none is
 *         refused by whoever uses it, with the setting's range. */
static int64_t chosen(const wr_settings *s, const part *p)
{
    const char *text = set_text(s, p->setting);
    if (!text)
        text = set_text(s, p->alias);
    int64_t n;
    WR_ASSERT(p->unit > 0 && p->weight > 0 && p->least >= p->unit);
    if (!text || !wr_str_to_i64(wr_str_c(text), &n) || n < 0)
        return -1;
    return n > INT64_MAX / PARTS / p->unit ? INT64_MAX / PARTS : n * p->unit;
}

/** Bytes by part; `set`: chosen by the user. */
typedef struct plan {
    int64_t bytes[PARTS];
    bool set[PARTS], in[PARTS];
} plan;

/* @return the least that all parts need. */
static int64_t begin(plan *p, const wr_settings *s, bool kafka)
{
    int64_t need = 0;
    for (size_t i = 0; i < PARTS; i++) {
        p->in[i] = kafka || !parts[i].kafka;
        int64_t own = p->in[i] ? chosen(s, &parts[i]) : 0;
        p->set[i] = own >= 0;
        p->bytes[i] = p->set[i] ? own : parts[i].least;
        WR_ASSERT(p->bytes[i] >= 0);
        need += p->bytes[i];
    }
    return need;
}

static weir_status refuse(const plan *p, int64_t budget, int64_t need, weir_error *err)
{
    wr_buf text = {0};
    WR_ASSERT(need > budget);
    for (size_t i = 0; i < PARTS; i++)
        if (p->in[i])
            wr_buf_printf(&text, "%s%s %" PRId64 " (%s)", text.len ? ", " : "", parts[i].setting,
                          p->bytes[i], p->set[i] ? "set" : "least");
    wr_error(err, WEIR_ERR_CONFIG,
             BUDGET " is %" PRId64 ", but its parts need %" PRId64 " bytes: %s", budget, need,
             wr_buf_cstr(&text));
    wr_buf_free(&text);
    return wr_error_hint(err, "Raise it to %" PRId64 " or more, or lower what is set of its parts.",
                         need);
}

/* @pre the budget holds what is set and all leasts. */
static void share(plan *p, int64_t budget)
{
    bool small[PARTS] = {false}; /* gets its least */
    for (bool again = true; again;) {
        int64_t rest = budget, weights = 0;
        again = false;
        for (size_t i = 0; i < PARTS; i++) {
            if (p->set[i] || small[i])
                rest -= p->bytes[i];
            else
                weights += parts[i].weight;
        }
        WR_ASSERT(rest >= 0);
        for (size_t i = 0; i < PARTS; i++) {
            if (p->set[i] || small[i])
                continue;
            int64_t bytes = rest / weights * parts[i].weight;
            small[i] = bytes < parts[i].least;
            again = again || small[i];
            p->bytes[i] = small[i] ? parts[i].least : bytes;
        }
    }
}

static void put_number(wr_settings *s, const char *name, int64_t n)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, n);
    wr_settings_put(s, name, text);
}

/* The largest answer and the number of records follow the bytes of a reader's queue. */
static void bound_reader(wr_settings *s, int64_t bytes)
{
    if (!set_text(s, "consumer.fetch.max.bytes") && !set_text(s, "fetch.max.bytes"))
        put_number(s, "consumer.fetch.max.bytes",
                   WR_MIN(WR_MAX(bytes, FETCH_LEAST), (int64_t)FETCH_MOST));
    if (!set_text(s, "consumer.queued.min.messages") && !set_text(s, "queued.min.messages"))
        put_number(s, "consumer.queued.min.messages",
                   WR_MIN(WR_MAX(bytes / RECORD_COST, INT64_C(1) * RECORDS_LEAST),
                          INT64_C(1) * RECORDS_MOST));
}

static void write_down(const plan *p, wr_settings *s, int64_t budget)
{
    wr_buf text = {0};
    for (size_t i = 0; i < PARTS; i++) {
        if (!p->in[i])
            continue;
        wr_buf_printf(&text, "%s%s %" PRId64 "%s", text.len ? ", " : "", parts[i].setting,
                      p->bytes[i], p->set[i] ? " (set)" : "");
        if (p->set[i])
            continue;
        int64_t n = p->bytes[i] / parts[i].unit;
        put_number(s, parts[i].setting, parts[i].kafka ? WR_MIN(n, INT64_C(1) * KBYTES_MOST) : n);
        if (strcmp(parts[i].setting, "consumer.queued.max.messages.kbytes") == 0)
            bound_reader(s, n * KIB);
    }
    wr_diag_put(WR_DIAG_INFO, "memory", "Of %" PRId64 " bytes: %s", budget, wr_buf_cstr(&text));
    wr_buf_free(&text);
}

weir_status wr__memory_plan(wr_settings *s, bool kafka, weir_error *err)
{
    WR_ASSERT(!s->parent);
    int64_t budget;
    const char *text = set_text(s, BUDGET);
    if (!text || !wr_str_to_i64(wr_str_c(text), &budget))
        return WEIR_OK;
    plan p;
    int64_t need = begin(&p, s, kafka);
    WR_ASSERT(need > 0);
    if (need > budget)
        return refuse(&p, budget, need, err);
    share(&p, budget);
    write_down(&p, s, budget);
    return WEIR_OK;
}
