/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_log.c - at most one line a second of each kind (row_log.h).
 *
 * There is room for KINDS_MAX kinds, many more than the steps of a plan have; when there are more,
 * the one whose last line is the oldest makes place. A kind's last row that was left out is kept as
 * text, so that the line that reports it can point at a record.
 */
#include "runtime/task/row_log.h"

#include "common/diag.h"

#include <pthread.h>
#include <stdio.h>

enum { KINDS_MAX = 32, KIND_BYTES = 120, TEXT_BYTES = 700 };

typedef struct kind {
    char name[KIND_BYTES]; /* "" : free */
    char context[64];
    int64_t said_ns;       /* when its last line was written */
    uint64_t left_out;     /* rows since then */
    char text[TEXT_BYTES]; /* of the last of them */
} kind;

struct wr__row_log {
    const char *query;
    wr_clock *clock;
    pthread_mutex_t lock; /* all below */
    kind kinds[KINDS_MAX];
};

wr__row_log *wr__row_log_new(const char *query, wr_clock *clock)
{
    wr__row_log *log = wr_calloc(1, sizeof *log);
    WR_ASSERT(query[0] && clock);
    log->query = query;
    log->clock = clock;
    pthread_mutex_init(&log->lock, NULL);
    return log;
}

/* ---- under the lock ---- */

static void say(const wr__row_log *log, const kind *k, const char *text, uint64_t more)
{
    char logger[256];
    WR_ASSERT(k->name[0]);
    snprintf(logger, sizeof logger, "processing.%s.%s", log->query, k->context);
    if (more)
        wr_diag_put(WR_DIAG_WARN, logger, "%s (and %llu more like this)", text,
                    (unsigned long long)more);
    else
        wr_diag_put(WR_DIAG_WARN, logger, "%s", text);
}

/* The last one left out, with how many there were beside it. */
static void say_left_out(const wr__row_log *log, kind *k)
{
    WR_ASSERT(!k->left_out || k->text[0]);
    if (k->left_out)
        say(log, k, k->text, k->left_out - 1);
    k->left_out = 0;
}

static void put_name(char *name, const char *context, const char *message)
{
    int n = snprintf(name, KIND_BYTES, "%s/", context);
    WR_ASSERT(n > 0);
    size_t fixed = strcspn(message, "0123456789:'\"`[{");
    snprintf(name + WR_MIN(n, KIND_BYTES - 1), (size_t)(KIND_BYTES - WR_MIN(n, KIND_BYTES - 1)),
             "%.*s", (int)WR_MIN(fixed, (size_t)KIND_BYTES), message);
}

/* The kind of that name; a new one where there is none, its place taken from the oldest if need be.
 */
static kind *find(wr__row_log *log, const char *name, bool *is_new)
{
    kind *oldest = &log->kinds[0];
    *is_new = false;
    for (size_t i = 0; i < KINDS_MAX; i++) {
        kind *k = &log->kinds[i];
        if (strcmp(k->name, name) == 0)
            return k;
        if (!k->name[0]) {
            oldest = k;
            break; /* they are filled in order, so there is none behind it */
        }
        if (k->said_ns < oldest->said_ns)
            oldest = k;
    }
    say_left_out(log, oldest);
    *is_new = true;
    return oldest;
}

/* ---- in and out ---- */

void wr__row_log_put(wr__row_log *log, const char *context, const char *where, const char *message)
{
    if (!wr_diag_enabled(WR_DIAG_WARN))
        return;
    char name[KIND_BYTES], text[TEXT_BYTES];
    put_name(name, context, message);
    snprintf(text, sizeof text, "%s%s%s", where, where[0] ? ": " : "", message);
    int64_t now = log->clock->mono_ns(log->clock);
    pthread_mutex_lock(&log->lock);
    bool is_new;
    kind *k = find(log, name, &is_new);
    WR_ASSERT(k->left_out == 0 || !is_new); /* what a kind has left out is said before it goes */
    if (is_new) {
        snprintf(k->name, sizeof k->name, "%s", name);
        snprintf(k->context, sizeof k->context, "%s", context);
    }
    if (is_new || now - k->said_ns >= WR_ROW_LOG_EVERY_NS) {
        say(log, k, text, k->left_out);
        k->left_out = 0;
        k->said_ns = now;
    } else {
        k->left_out++;
        memcpy(k->text, text, sizeof text);
    }
    pthread_mutex_unlock(&log->lock);
}

static void flush(wr__row_log *log, bool all)
{
    int64_t now = log->clock->mono_ns(log->clock);
    pthread_mutex_lock(&log->lock);
    for (size_t i = 0; i < KINDS_MAX; i++) {
        kind *k = &log->kinds[i];
        if (!k->left_out || (!all && now - k->said_ns < WR_ROW_LOG_EVERY_NS))
            continue;
        say_left_out(log, k);
        WR_ASSERT(k->said_ns <= now); /* the clock is monotonic */
        k->said_ns = now;
    }
    pthread_mutex_unlock(&log->lock);
}

void wr__row_log_flush(wr__row_log *log)
{
    flush(log, false);
}

void wr__row_log_free(wr__row_log *log)
{
    if (!log)
        return;
    flush(log, true);
    pthread_mutex_destroy(&log->lock);
    wr_free(log);
}
