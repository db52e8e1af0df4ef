/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The progress of `weir run`. Rates are those since the last look, so they answer "how fast now".
 */
#include "progress.h"

#include "view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOG_EVERY_MS 10000
#define RATE_OVER_MS 500 /* a rate over less says nothing */

void cli_text_add_count(cli_text *t, uint64_t n)
{
    char digits[32];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            cli_text_addc(t, ',', 1);
        cli_text_addc(t, digits[i], 1);
    }
}

void cli_text_add_bytes(cli_text *t, uint64_t n)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    double value = (double)n;
    size_t unit = 0;
    while (value >= 1000 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1000;
        unit++;
    }
    cli_text_addf(t, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

static weir_metrics read_metrics(weir *w)
{
    weir_metrics m;
    memset(&m, 0, sizeof m);
    m.size = sizeof m;
    weir_metrics_read(w, &m);
    return m;
}

/** "2 restoring (1,200,000 of 5,000,000 records, 400,000/s)" */
static void add_restore(cli_text *t, const weir_metrics *m)
{
    if (m->queries_restoring) {
        cli_text_addf(t, ", %u restoring (", m->queries_restoring);
        cli_text_add_count(t, m->restore_done);
        cli_text_adds(t, " of ");
        cli_text_add_count(t, m->restore_total);
        cli_text_adds(t, " records, ");
        cli_text_add_count(t, (uint64_t)m->restore_per_s);
        cli_text_adds(t, "/s)");
    }
    if (m->standby_stores) {
        cli_text_addf(t, ", %u standby store%s, ", m->standby_stores,
                      m->standby_stores == 1 ? "" : "s");
        cli_text_add_count(t, m->standby_lag);
        cli_text_adds(t, " behind");
    }
}

static void add_state(cli_text *t, const weir_metrics *m)
{
    if (m->lag >= 0) {
        cli_text_adds(t, ", lag ");
        cli_text_add_count(t, (uint64_t)m->lag);
    }
    cli_text_adds(t, ", state ");
    cli_text_add_bytes(t, m->state_bytes);
    cli_text_addf(t, ", %u %s running", m->queries_running,
                  m->queries_running == 1 ? "query" : "queries");
    if (m->queries_waiting)
        cli_text_addf(t, ", %u waiting", m->queries_waiting);
    add_restore(t, m);
    if (m->queries_failed)
        cli_text_addf(t, ", %u failed", m->queries_failed);
    if (m->errors)
        cli_text_addf(t, ", %" PRIu64 " bad record%s", m->errors, m->errors == 1 ? "" : "s");
    if (m->dead_letters)
        cli_text_addf(t, ", %" PRIu64 " dead letter%s", m->dead_letters,
                      m->dead_letters == 1 ? "" : "s");
    if (m->late)
        cli_text_addf(t, ", %" PRIu64 " late", m->late);
}

static uint64_t per_second(uint64_t now, uint64_t before, int64_t ms)
{
    return now > before && ms > 0 ? (now - before) * 1000 / (uint64_t)ms : 0;
}

static void describe(const weir_metrics *m, const weir_metrics *last, int64_t ms, cli_text *t)
{
    cli_text_add_count(t, per_second(m->records_in, last->records_in, ms));
    cli_text_adds(t, " records/s in, ");
    cli_text_add_count(t, per_second(m->records_out, last->records_out, ms));
    cli_text_adds(t, " out");
    add_state(t, m);
}

static void erase(cli_progress *p)
{
    if (p->drawn)
        cli_write_all(STDERR_FILENO, "\r\033[K", 4);
    p->drawn = false;
}

/** A log line has the time in front, unless a person sees it come. */
static void write_line(cli_progress *p, cli_text *line)
{
    cli_text t = {0};
    if (!p->terminal) {
        struct tm tm;
        time_t now = time(NULL);
        char stamp[32];
        gmtime_r(&now, &tm);
        strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ ", &tm);
        cli_text_adds(&t, stamp);
    }
    cli_text_add(&t, line->at, line->len);
    cli_text_addc(&t, '\n', 1);
    erase(p);
    cli_write_all(STDERR_FILENO, t.at, t.len);
    cli_text_free(&t);
}

void cli_progress_say(cli_progress *p, const char *format, ...)
{
    char message[2048];
    va_list ap;
    va_start(ap, format);
    vsnprintf(message, sizeof message, format, ap);
    va_end(ap);
    cli_text t = {0};
    cli_text_adds(&t, message);
    write_line(p, &t);
    cli_text_free(&t);
}

void cli_progress_begin(cli_progress *p, weir *w)
{
    memset(p, 0, sizeof *p);
    p->w = w;
    p->terminal = isatty(STDERR_FILENO);
    p->begun_ms = p->looked_ms = p->logged_ms = cli_now_ms();
}

/** On a terminal: over the line that stands there, cut to its width. */
static void redraw(cli_progress *p, cli_text *line)
{
    size_t width = (size_t)cli_view_width() - 1;
    if (line->len > width)
        line->len = width;
    erase(p);
    cli_write_all(STDERR_FILENO, line->at, line->len);
    p->drawn = true;
}

static bool changed(const weir_metrics *a, const weir_metrics *b)
{
    return a->records_in != b->records_in || a->records_out != b->records_out ||
           a->queries_running != b->queries_running || a->queries_failed != b->queries_failed ||
           a->queries_waiting != b->queries_waiting || a->errors != b->errors ||
           a->queries_restoring != b->queries_restoring || a->restored != b->restored ||
           a->standby_stores != b->standby_stores;
}

/** Said when it begins, and when it is over. */
static void say_waiting(cli_progress *p, const weir_metrics *m)
{
    char id[256];
    weir_error why;
    bool waits = m->queries_waiting && weir_waiting_query(p->w, id, sizeof id, NULL, &why);
    if (waits && !p->waiting)
        cli_progress_say(p, "query %s waits: %s", id, why.message);
    else if (!waits && p->waiting)
        cli_progress_say(p, "no query waits any more");
    p->waiting = waits;
}

void cli_progress_tick(cli_progress *p)
{
    int64_t now = cli_now_ms();
    weir_metrics m = read_metrics(p->w);
    say_waiting(p, &m);
    if (now - p->looked_ms < RATE_OVER_MS)
        return;
    bool log = !p->terminal && now - p->logged_ms >= LOG_EVERY_MS && changed(&m, &p->last);
    if (!p->terminal && !log)
        return;
    cli_text line = {0};
    describe(&m, &p->last, now - p->looked_ms, &line);
    if (p->terminal)
        redraw(p, &line);
    else
        write_line(p, &line);
    p->last = m;
    p->looked_ms = p->logged_ms = now;
    cli_text_free(&line);
}

void cli_progress_end(cli_progress *p)
{
    weir_metrics m = read_metrics(p->w);
    cli_text line = {0};
    cli_text_add_count(&line, m.records_in);
    cli_text_adds(&line, " records in, ");
    cli_text_add_count(&line, m.records_out);
    cli_text_addf(&line, " out in %.1f s", (double)(cli_now_ms() - p->begun_ms) / 1000);
    add_state(&line, &m);
    write_line(p, &line);
    cli_text_free(&line);
    if (!m.before_start)
        return;
    cli_text_add_count(&line, m.before_start);
    cli_text_addf(&line,
                  " %s before the start of the queries, which began at the ends of their topics "
                  "(auto.offset.reset is latest; --set auto.offset.reset=earliest reads them)",
                  m.before_start == 1 ? "record lies" : "records lie");
    write_line(p, &line);
    cli_text_free(&line);
}
