/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FORMAT_*, PARSE_* and their legacy forms: texts of dates and times by patterns.
 *
 * PARSE_DATE alone follows SimpleDateFormat (simpledate.h), all others DateTimeFormatter
 * (datepattern.h). Constant patterns and zones are prepared once for a call site; others when they
 * differ from the row before. What is wrong with a pattern is said for each row.
 *
 *     function            text by          zone          NULL value   NULL pattern, zone
 *     FORMAT_DATE         DateTimeFormatter  -           NULL         NULL
 *     FORMAT_TIME         DateTimeFormatter  -           NULL         NULL
 *     FORMAT_TIMESTAMP    DateTimeFormatter  GMT         NULL         NULL
 *     PARSE_DATE          SimpleDateFormat   UTC         NULL         NULL
 *     PARSE_TIME          DateTimeFormatter  -           NULL         NULL
 *     PARSE_TIMESTAMP     DateTimeFormatter  GMT         NULL         NULL
 *     DATETOSTRING        DateTimeFormatter  -           error        NULL
 *     STRINGTODATE        DateTimeFormatter  -           error        error
 *     STRINGTOTIMESTAMP   DateTimeFormatter  server's    error        error
 *     TIMESTAMPTOSTRING   DateTimeFormatter  server's    error        NULL
 *
 * "Zone" is the one that is taken where no third argument names one. Units: DATE in days, TIME and
 * TIMESTAMP in milliseconds, what is below a millisecond of a text is cut off.
 */
#include "engine/functions/datepattern_internal.h"
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"
#include "engine/functions/simpledate.h"

#include <stdio.h>

#define MS_PER_DAY   INT64_C(86400000)
#define NANOS_PER_MS INT64_C(1000000)
#define YEAR_1_MS    (-INT64_C(62135769600000)) /* the first day of year 1, in Julian reckoning */

/* ---- patterns and zones of a call ---- */

/*
 * ksqlDB wraps each of these in a cache of formatters by pattern; here a constant pattern is
 * compiled when the call is planned, and a varying one is kept as long as it stays the same from
 * row to row.
 */

/** A pattern of either kind, or why there is none. */
typedef struct pattern {
    wr_datepattern *p;
    wr__simpledate *simple;
    char error[WR__DERR];
} pattern;

/* A pattern that is wrong is no error of the statement: ksqlDB finds out at the first row, and a
 * query that is never fed such a row runs. So the reason is kept, to be reported for each row. */
static void compile(pattern *out, wr_str text, bool simple, wr_arena *a)
{
    *out = (pattern){0};
    weir_error err = {0};
    if (simple)
        out->simple = wr__simpledate_compile(text, a, out->error, sizeof(out->error));
    else
        out->p = wr_datepattern_compile(text, a, &err);
    if (err.message[0])
        snprintf(out->error, sizeof(out->error), "%.250s", err.message);
}

/** What is constant at a call site; NULL where it is not. */
typedef struct site {
    const pattern *pattern;
    const wr__zone *zone;
} site;

/* Memory of the plan: the call site is shared by all tasks of the query, read-only. */
static void *prepare_site(const wr_call *call, wr_arena *a, bool simple)
{
    WR_ASSERT(call->args_n == 2 || call->args_n == 3);
    site *s = WR_NEW(a, site);
    const wr_value *text = call->const_args[1];
    if (text && !text->null) {
        pattern *p = WR_NEW(a, pattern);
        compile(p, text->u.str, simple, a);
        s->pattern = p;
    }
    const wr_value *zone = call->args_n == 3 ? call->const_args[2] : NULL;
    if (zone && !zone->null)
        s->zone = wr__zone_new(zone->u.str, a);
    return s;
}
/* DateTimeFormatter, for all but PARSE_DATE. */
static void *prepare(const wr_call *call, wr_arena *a)
{
    return prepare_site(call, a, false);
}
/* SimpleDateFormat: PARSE_DATE. */
static void *prepare_simple(const wr_call *call, wr_arena *a)
{
    return prepare_site(call, a, true);
}

/** What a kernel keeps from row to row. args: value, pattern [, zone]. */
typedef struct runner {
    wr_kctx *ctx;
    const wr_call *call;
    const wr_vec *const *args;
    wr_vec *out;
    const char *default_zone; /* NULL: the function has no zone */
    bool simple;              /* patterns are SimpleDateFormat's */
    pattern own;              /* of the last row, where the pattern is not constant; in scratch */
    wr_str own_text;          /* what `own` was compiled from; the row's own bytes */
    bool own_is_set;
    wr__zone_cache zones; /* of this batch: entries are in scratch */
} runner;

/** The pattern of row @p i; NULL: the row has failed. */
static const pattern *pattern_of(runner *r, uint32_t i)
{
    WR_ASSERT(r->call->prepared && r->call->args_n >= 2);
    const pattern *p = ((const site *)r->call->prepared)->pattern;
    wr_str text = wr__str(r->args[1], i);
    if (!p) {
        if (!r->own_is_set || !wr_str_eq(text, r->own_text))
            compile(&r->own, text, r->simple, r->ctx->scratch);
        r->own_text = text;
        r->own_is_set = true;
        p = &r->own;
    }
    if (p->p || p->simple)
        return p;
    WR_ASSERT(p->error[0]);
    wr__fail(r->ctx, r->out, i, "%s: %s", r->call->fn->name, p->error);
    return NULL;
}

/** The zone of row @p i: the third argument, or the default. NULL: the row has failed. */
static const wr__zone *zone_of(runner *r, uint32_t i)
{
    const wr__zone *z = ((const site *)r->call->prepared)->zone;
    if (z)
        return z;
    WR_ASSERT(r->call->args_n == 3 || r->default_zone);
    wr_str id = r->call->args_n == 3 ? wr__str(r->args[2], i) : wr_str_c(r->default_zone);
    z = wr__zone_get(&r->zones, id, r->ctx->scratch);
    if (!z)
        wr__fail(r->ctx, r->out, i, "%s: Unknown time-zone ID: " WR_STR_FMT, r->call->fn->name,
                 WR_STR_ARG(id));
    return z;
}

/* ---- printing ---- */

/* @p b is the kernel's, cleared for each row: one allocation serves the batch. */
static void format_row(runner *r, wr_buf *b, const wr__dtime *t, uint32_t i)
{
    const pattern *p = pattern_of(r, i);
    char why[WR__DERR];
    if (!p)
        return;
    wr_buf_clear(b);
    if (wr__datepattern_format(p->p, t, b, why))
        wr__put_text(r->ctx, r->out, i, b);
    else
        wr__fail(r->ctx, r->out, i, "%s: failed to format with '" WR_STR_FMT "': %s",
                 r->call->fn->name, WR_STR_ARG(wr__str(r->args[1], i)), why);
}

/* A date alone: letters of a time make the pattern fail. */
static wr__dtime of_date(int32_t days)
{
    return (wr__dtime){.has_date = true, .days = days};
}

/** FORMAT_DATE, and DATETOSTRING, where a NULL day is an error. */
WR__KERNEL(format_date)
{
    runner r = {.ctx = ctx, .call = call, .args = args, .out = out};
    wr_buf b = {0};
    WR_FOREACH_SEL (i, sel) {
        if (wr__null(args[1], i)) {
            wr__put_null(out, i);
        } else if (wr__null(args[0], i)) {
            wr__fail(ctx, out, i, "%s: the day is NULL", call->fn->name);
        } else {
            wr__dtime t = of_date(wr__i32(args[0], i));
            format_row(&r, &b, &t, i);
        }
    }
    wr_buf_free(&b);
}

/* A time alone, to the millisecond: letters of a date make the pattern fail. */
WR__KERNEL(format_time)
{
    runner r = {.ctx = ctx, .call = call, .args = args, .out = out};
    wr_buf b = {0};
    WR_FOREACH_SEL (i, sel) {
        wr__dtime t = {.has_time = true, .nanos = wr__i32(args[0], i) * NANOS_PER_MS};
        format_row(&r, &b, &t, i);
    }
    wr_buf_free(&b);
}

/* FORMAT_TIMESTAMP in GMT unless a zone is named, TIMESTAMPTOSTRING in the server's. A NULL pattern
 * or zone gives NULL, a NULL timestamp an error of the row: ksqlDB unboxes it. The zone of a row is
 * looked up before its pattern: an unknown zone is what is reported where both are wrong. */
static void format_instants(wr_kctx *ctx, const wr_call *call, const wr_vec *const *args,
                            wr_sel sel, wr_vec *out, const char *default_zone)
{
    runner r = {.ctx = ctx, .call = call, .args = args, .out = out, .default_zone = default_zone};
    wr_buf b = {0};
    WR_FOREACH_SEL (i, sel) {
        if (wr__null(args[1], i) || (call->args_n == 3 && wr__null(args[2], i))) {
            wr__put_null(out, i);
            continue;
        }
        if (wr__null(args[0], i)) {
            wr__fail(ctx, out, i, "%s: the timestamp is NULL", call->fn->name);
            continue;
        }
        const wr__zone *z = zone_of(&r, i);
        if (!z)
            continue;
        wr__dtime t = wr__dtime_of_instant(wr__i64(args[0], i), z);
        format_row(&r, &b, &t, i);
    }
    wr_buf_free(&b);
}
/* GMT is the name that Java prints for it with the letter z; UTC would be another one. */
WR__KERNEL(format_timestamp)
{
    format_instants(ctx, call, args, sel, out, "GMT");
}
/* The server's zone is known only when the query runs: it comes with the context. */
WR__KERNEL(timestamp_to_string)
{
    format_instants(ctx, call, args, sel, out, ctx->zone);
}

/* ---- reading ---- */

/* Text and pattern are in the message, as in ksqlDB: that is what people need to see. */
static void fail_parse(runner *r, uint32_t i, const char *why)
{
    wr__fail(r->ctx, r->out, i, "%s: failed to parse '" WR_STR_FMT "' with '" WR_STR_FMT "': %s",
             r->call->fn->name, WR_STR_ARG(wr__str(r->args[0], i)),
             WR_STR_ARG(wr__str(r->args[1], i)), why);
}

/* Zones that are named in the text are looked up in the runner's cache, in scratch. */
static bool parse_row(runner *r, uint32_t i, wr__dnames names, wr__dparsed *parsed)
{
    const pattern *p = pattern_of(r, i);
    char why[WR__DERR];
    if (!p)
        return false;
    if (wr__datepattern_parse(p->p, wr__str(r->args[0], i), names, &r->zones, r->ctx->scratch,
                              parsed, why))
        return true;
    fail_parse(r, i, why);
    return false;
}

/* SimpleDateFormat in UTC gives milliseconds; a day must come out of it, so a pattern with the time
 * of the day is an error unless that is midnight. */
WR__KERNEL(parse_date)
{
    runner r = {.ctx = ctx, .call = call, .args = args, .out = out, .simple = true};
    WR_FOREACH_SEL (i, sel) {
        const pattern *p = pattern_of(&r, i);
        int64_t ms;
        if (!p)
            continue;
        if (!wr__simpledate_parse(p->simple, wr__str(args[0], i), ctx->wall_ms, &ms))
            fail_parse(&r, i, "Unparseable date");
        else if (ms < YEAR_1_MS)
            fail_parse(&r, i, "the year is before 1");
        else if (ms % MS_PER_DAY)
            fail_parse(&r, i, "Date format contains time field.");
        else if (ms / MS_PER_DAY > INT32_MAX)
            fail_parse(&r, i, "out of the range of DATE");
        else
            out->u.i32[i] = (int32_t)(ms / MS_PER_DAY);
    }
}

/* Also where the fields do not make up a date: PARSE_TIME refuses a lone month, too. */
static bool has_date_field(const wr__dparsed *p)
{
    for (int f = WR__D_FIRST_DATE; f <= WR__D_ERA; f++)
        if (wr__dparsed_has(p, (wr__dfield)f))
            return true;
    return p->t.has_date;
}

/* To the millisecond; what is below is cut off. A text with a date in it is refused even if the
 * date is complete, for the result could not show it. */
WR__KERNEL(parse_time)
{
    runner r = {.ctx = ctx, .call = call, .args = args, .out = out};
    WR_FOREACH_SEL (i, sel) {
        wr__dparsed parsed;
        if (!parse_row(&r, i, WR__NAMES_US, &parsed))
            continue;
        if (has_date_field(&parsed))
            fail_parse(&r, i, "Time format contains date field.");
        else if (!parsed.t.has_time)
            fail_parse(&r, i, "the text does not give a time of the day");
        else
            out->u.i32[i] = (int32_t)(parsed.t.nanos / NANOS_PER_MS);
    }
}

/** STRINGTODATE. The epoch day as an INTEGER: from before there was a DATE. */
WR__KERNEL(string_to_date)
{
    runner r = {.ctx = ctx, .call = call, .args = args, .out = out};
    WR_FOREACH_SEL (i, sel) {
        wr__dparsed parsed;
        if (!parse_row(&r, i, WR__NAMES_US, &parsed))
            continue;
        if (!parsed.t.has_date)
            fail_parse(&r, i, "the text does not give a whole date");
        else if (parsed.t.days > INT32_MAX || parsed.t.days < INT32_MIN)
            fail_parse(&r, i, "out of the range of INTEGER");
        else
            out->u.i32[i] = (int32_t)parsed.t.days;
    }
}

/* The zone is checked before the text, so an unknown zone is what is reported where both are wrong.
 */
static void parse_instants(wr_kctx *ctx, const wr_call *call, const wr_vec *const *args, wr_sel sel,
                           wr_vec *out, const char *default_zone)
{
    runner r = {.ctx = ctx, .call = call, .args = args, .out = out, .default_zone = default_zone};
    WR_FOREACH_SEL (i, sel) {
        wr__dparsed parsed;
        char why[WR__DERR];
        const wr__zone *z = zone_of(&r, i);
        if (z && parse_row(&r, i, WR__NAMES_ROOT, &parsed) &&
            !wr__dparsed_timestamp(&parsed, z, &out->u.i64[i], why))
            fail_parse(&r, i, why);
    }
}
/* A zone in the text wins over the third argument (wr__dparsed_timestamp). */
WR__KERNEL(parse_timestamp)
{
    parse_instants(ctx, call, args, sel, out, "GMT");
}
WR__KERNEL(string_to_timestamp)
{
    parse_instants(ctx, call, args, sel, out, ctx->zone);
}

/* ---- tables ---- */

/* What depends on the server's zone or the clock (PARSE_DATE: two-digit years) must not be folded
 * where neither is known yet. */
#define BY_PATTERN NULL, prepare, NULL
#define AT_RUN     WR_FN_NOT_DETERMINISTIC
static const wr_signature format_date_sigs[] = {
    {"DATE, STRING", "STRING", WR__NULL_IN, format_date, BY_PATTERN}};
static const wr_signature format_time_sigs[] = {
    {"TIME, STRING", "STRING", WR__NULL_IN, format_time, BY_PATTERN}};
static const wr_signature format_timestamp_sigs[] = {
    {"TIMESTAMP, STRING", "STRING", WR__NULL_IN, format_timestamp, BY_PATTERN},
    {"TIMESTAMP, STRING, STRING", "STRING", WR__NULL_IN, format_timestamp, BY_PATTERN},
};
static const wr_signature parse_date_sigs[] = {
    {"STRING, STRING", "DATE", WR__NULL_IN | AT_RUN, parse_date, NULL, prepare_simple, NULL}};
static const wr_signature parse_time_sigs[] = {
    {"STRING, STRING", "TIME", WR__NULL_IN, parse_time, BY_PATTERN}};
static const wr_signature parse_timestamp_sigs[] = {
    {"STRING, STRING", "TIMESTAMP", WR__NULL_IN, parse_timestamp, BY_PATTERN},
    {"STRING, STRING, STRING", "TIMESTAMP", WR__NULL_IN, parse_timestamp, BY_PATTERN},
};
static const wr_signature date_to_string_sigs[] = {
    {"INTEGER, STRING", "STRING", 0, format_date, BY_PATTERN}};
static const wr_signature string_to_date_sigs[] = {
    {"STRING, STRING", "INTEGER", WR__NULL_ERR, string_to_date, BY_PATTERN}};
static const wr_signature string_to_timestamp_sigs[] = {
    {"STRING, STRING", "BIGINT", WR__NULL_ERR | AT_RUN, string_to_timestamp, BY_PATTERN},
    {"STRING, STRING, STRING", "BIGINT", WR__NULL_ERR, string_to_timestamp, BY_PATTERN},
};
static const wr_signature timestamp_to_string_sigs[] = {
    {"BIGINT, STRING", "STRING", AT_RUN, timestamp_to_string, BY_PATTERN},
    {"BIGINT, STRING, STRING", "STRING", 0, timestamp_to_string, BY_PATTERN},
};

#define DATES "DATE / TIME"
static const wr_function functions[] = {
    WR__FN("DATETOSTRING", DATES, date_to_string_sigs, "DATETOSTRING(18262, 'yyyy-MM-dd')",
           "'2020-01-01'", "An epoch day as text by a pattern; FORMAT_DATE is its successor."),
    WR__FN("FORMAT_DATE", DATES, format_date_sigs, "FORMAT_DATE(FROM_DAYS(18262), 'd MMM yyyy')",
           "'1 Jan 2020'", "A DATE as text by a pattern."),
    WR__FN("FORMAT_TIME", DATES, format_time_sigs,
           "FORMAT_TIME(PARSE_TIME('19:05', 'HH:mm'), 'h:mm a')", "'7:05 PM'",
           "A TIME as text by a pattern."),
    WR__FN("FORMAT_TIMESTAMP", DATES, format_timestamp_sigs,
           "FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'yyyy-MM-dd HH:mm z', 'Europe/Berlin')",
           "'1970-01-01 01:00 CET'", "A TIMESTAMP as text by a pattern, in GMT or another zone."),
    WR__FN("PARSE_DATE", DATES, parse_date_sigs, "PARSE_DATE('1.2.2020', 'd.M.yyyy')",
           "FROM_DAYS(18293)", "The DATE in a text, by a pattern of SimpleDateFormat."),
    WR__FN("PARSE_TIME", DATES, parse_time_sigs, "PARSE_TIME('7:05 PM', 'h:mm a')",
           "PARSE_TIME('19:05', 'HH:mm')", "The TIME in a text, by a pattern."),
    WR__FN("PARSE_TIMESTAMP", DATES, parse_timestamp_sigs,
           "PARSE_TIMESTAMP('1970-01-01 01:00', 'yyyy-MM-dd HH:mm', 'Europe/Berlin')",
           "FROM_UNIXTIME(0)", "The TIMESTAMP in a text, by a pattern, in GMT or another zone."),
    WR__FN("STRINGTODATE", DATES, string_to_date_sigs, "STRINGTODATE('2020-01-01', 'yyyy-MM-dd')",
           "18262", "The epoch day in a text; PARSE_DATE is its successor."),
    WR__FN("STRINGTOTIMESTAMP", DATES, string_to_timestamp_sigs,
           "STRINGTOTIMESTAMP('1970-01-01 00:00', 'yyyy-MM-dd HH:mm', 'UTC')", "0",
           "Epoch milliseconds from a text; PARSE_TIMESTAMP is its successor."),
    WR__FN("TIMESTAMPTOSTRING", DATES, timestamp_to_string_sigs,
           "TIMESTAMPTOSTRING(0, 'yyyy-MM-dd HH:mm', 'UTC')", "'1970-01-01 00:00'",
           "Epoch milliseconds as text; FORMAT_TIMESTAMP is its successor."),
};
WR__FAMILY(date, functions);
