/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates and times as numbers: conversions, sums, zones, now.
 *
 * "Now" is the batch's one clock reading. A sum is made of milliseconds: DATEADD cuts to whole days
 * towards zero, TIMEADD wraps at midnight.
 *
 *     UNIX_DATE(), UNIX_TIMESTAMP()    now, in the server's zone for the date; never folded
 *     FROM_DAYS                        NULL: error; all others: NULL
 *     DATEADD, DATESUB                 beyond DATE's 32 bits of days: error
 *     TIMEADD, TIMESUB                 wrap at midnight
 *     TIMESTAMPADD, -SUB, CONVERT_TZ   wrap at 64 bits
 *     units                            DAYS to MILLISECONDS; YEARS and MONTHS: error, since they
 *                                      have no fixed length
 */
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"
#include "engine/functions/zone.h"

#define MS_PER_DAY INT64_C(86400000)

/* ---- conversions ---- */

/* The day in the server's zone, as Java's LocalDate.now(); floored, so that it is right before
 * 1970. */
static int32_t today(const wr_kctx *ctx)
{
    const wr__zone *z = wr__zone_new(wr_str_c(ctx->zone), ctx->scratch);
    int64_t ms = ctx->wall_ms + (z ? wr__zone_offset(z, ctx->wall_ms) * INT64_C(1000) : 0);
    return (int32_t)((ms - (ms % MS_PER_DAY + MS_PER_DAY) % MS_PER_DAY) / MS_PER_DAY);
}

/* One reading for the whole batch: rows of a batch do not differ. */
WR__KERNEL(unix_date_now)
{
    int32_t day = today(ctx);
    WR_FOREACH_SEL (i, sel)
        out->u.i32[i] = day;
}
/* Milliseconds since 1970, which no zone changes. */
WR__KERNEL(unix_timestamp_now)
{
    WR_FOREACH_SEL (i, sel)
        out->u.i64[i] = ctx->wall_ms;
}
/* DATE is a number of days and TIMESTAMP one of milliseconds: conversions are copies. */
WR__KERNEL(copy_i32)
{
    WR_FOREACH_SEL (i, sel)
        out->u.i32[i] = wr__i32(args[0], i);
}
WR__KERNEL(copy_i64)
{
    WR_FOREACH_SEL (i, sel)
        out->u.i64[i] = wr__i64(args[0], i);
}

/* ---- CONVERT_TZ ---- */

/*
 * A TIMESTAMP has no zone, so "converting" moves it by the difference of the two zones' offsets at
 * that moment: what a clock shows there, read as if it were UTC. It wraps on overflow, as Java
 * does.
 */

/* Prepared once for a call site; read-only, in the plan's arena. */
typedef struct zones {
    const wr__zone *of[2]; /* from, to; NULL where the argument is not constant, or no zone */
} zones;

/* An unknown constant zone is left NULL here and reported for each row. */
static void *prepare_zones(const wr_call *call, wr_arena *a)
{
    zones *z = WR_NEW(a, zones);
    for (uint32_t k = 0; k < 2; k++) {
        const wr_value *id = call->const_args[k + 1];
        if (id && !id->null)
            z->of[k] = wr__zone_new(id->u.str, a);
    }
    return z;
}

/* Both offsets are those at the instant @p ms, read as UTC: what ksqlDB does, although the local
 * time that is meant may be on the other side of a transition. */
WR__KERNEL(convert_tz)
{
    const zones *constant = call->prepared;
    WR_ASSERT(constant && call->args_n == 3);
    wr__zone_cache cache = {0};
    WR_FOREACH_SEL (i, sel) {
        int64_t ms = wr__i64(args[0], i), offset[2];
        bool ok = true;
        for (uint32_t k = 0; k < 2 && ok; k++) {
            wr_str id = wr__str(args[k + 1], i);
            const wr__zone *z =
                constant->of[k] ? constant->of[k] : wr__zone_get(&cache, id, ctx->scratch);
            ok = z != NULL;
            if (ok)
                offset[k] = wr__zone_offset_since_1900(z, ms);
            else
                wr__fail(ctx, out, i, "CONVERT_TZ: Unknown time-zone ID: " WR_STR_FMT,
                         WR_STR_ARG(id));
        }
        if (ok)
            out->u.i64[i] = (int64_t)((uint64_t)ms + (uint64_t)((offset[1] - offset[0]) * 1000));
    }
}

/* ---- sums ---- */

/** Milliseconds of a unit; 0: a unit that has no fixed length. The numbers are the parser's. */
static int64_t unit_ms(int32_t unit)
{
    static const int64_t ms[] = {
        0,                   /* YEARS */
        0,                   /* MONTHS */
        MS_PER_DAY, 3600000, /* HOURS */
        60000,               /* MINUTES */
        1000,                /* SECONDS */
        1,                   /* MILLISECONDS */
    };
    return unit >= 0 && (size_t)unit < WR_ARRAY_LEN(ms) ? ms[unit] : 0;
}

/** The distance of row @p i in ms; false: the row has failed. */
static bool distance(wr_kctx *ctx, const wr_call *call, const wr_vec *const *args, uint32_t i,
                     int sign, wr_vec *out, int64_t *ms)
{
    WR_ASSERT(sign == 1 || sign == -1);
    int64_t unit = unit_ms(wr__i32(args[0], i));
    *ms = sign * unit * wr__i32(args[1], i);
    if (unit == 0)
        wr__fail(ctx, out, i, "%s: the unit must be DAYS, HOURS, MINUTES, SECONDS or MILLISECONDS",
                 call->fn->name);
    return unit != 0;
}

/* Whole days only: DATEADD(HOURS, 36, d) is one day later. The division cuts towards zero, so
 * DATESUB(HOURS, 36, d) is one day earlier, before 1970 a day less: ksqlDB's arithmetic. */
static void add_to_dates(wr_kctx *ctx, const wr_call *call, const wr_vec *const *args, wr_sel sel,
                         int sign, wr_vec *out)
{
    WR_FOREACH_SEL (i, sel) {
        int64_t ms;
        if (!distance(ctx, call, args, i, sign, out, &ms))
            continue;
        int64_t days = (wr__i32(args[2], i) * MS_PER_DAY + ms) / MS_PER_DAY;
        if (days > INT32_MAX || days < INT32_MIN)
            wr__fail(ctx, out, i, "%s: out of the range of DATE", call->fn->name);
        else
            out->u.i32[i] = (int32_t)days;
    }
}

/* A TIME stays within its day. */
static void add_to_times(wr_kctx *ctx, const wr_call *call, const wr_vec *const *args, wr_sel sel,
                         int sign, wr_vec *out)
{
    WR_FOREACH_SEL (i, sel) {
        int64_t ms;
        if (distance(ctx, call, args, i, sign, out, &ms))
            out->u.i32[i] =
                (int32_t)(((wr__i32(args[2], i) + ms) % MS_PER_DAY + MS_PER_DAY) % MS_PER_DAY);
    }
}

/* On unsigned numbers: the sum wraps, as Java's does, instead of being undefined. */
static void add_to_timestamps(wr_kctx *ctx, const wr_call *call, const wr_vec *const *args,
                              wr_sel sel, int sign, wr_vec *out)
{
    WR_FOREACH_SEL (i, sel) {
        int64_t ms;
        if (distance(ctx, call, args, i, sign, out, &ms))
            out->u.i64[i] = (int64_t)((uint64_t)wr__i64(args[2], i) + (uint64_t)ms);
    }
}

/* One body for each type, with a sign: DATESUB is DATEADD of the negated distance. */
#define SUM_KERNEL(name, function, sign)                                                           \
    WR__KERNEL(name)                                                                               \
    {                                                                                              \
        function(ctx, call, args, sel, (sign), out);                                               \
    }
SUM_KERNEL(date_add, add_to_dates, 1)
SUM_KERNEL(date_sub, add_to_dates, -1)
SUM_KERNEL(time_add, add_to_times, 1)
SUM_KERNEL(time_sub, add_to_times, -1)
SUM_KERNEL(timestamp_add, add_to_timestamps, 1)
SUM_KERNEL(timestamp_sub, add_to_timestamps, -1)

/* ---- tables ---- */

#define SIMPLE NULL, NULL, NULL
/* Without an argument they depend on the clock, so they are never folded. */
static const wr_signature unix_date_sigs[] = {
    {"", "INTEGER", WR_FN_NOT_DETERMINISTIC, unix_date_now, SIMPLE},
    {"DATE", "INTEGER", WR__NULL_IN, copy_i32, SIMPLE},
};
static const wr_signature unix_timestamp_sigs[] = {
    {"", "BIGINT", WR_FN_NOT_DETERMINISTIC, unix_timestamp_now, SIMPLE},
    {"TIMESTAMP", "BIGINT", WR__NULL_IN, copy_i64, SIMPLE},
};
static const wr_signature from_days_sigs[] = {{"INTEGER", "DATE", WR__NULL_ERR, copy_i32, SIMPLE}};
static const wr_signature from_unixtime_sigs[] = {
    {"BIGINT", "TIMESTAMP", WR__NULL_IN, copy_i64, SIMPLE}};
static const wr_signature convert_tz_sigs[] = {
    {"TIMESTAMP, STRING, STRING", "TIMESTAMP", WR__NULL_IN, convert_tz, NULL, prepare_zones, NULL}};
/* `unit` is the parser's DAYS, HOURS ... as an INTEGER; no expression has that type. */
#define SUM_SIG(name, type)                                                                        \
    static const wr_signature name##_sigs[] = {                                                    \
        {"unit, INTEGER, " type, type, WR__NULL_IN, name, SIMPLE}}
SUM_SIG(date_add, "DATE");
SUM_SIG(date_sub, "DATE");
SUM_SIG(time_add, "TIME");
SUM_SIG(time_sub, "TIME");
SUM_SIG(timestamp_add, "TIMESTAMP");
SUM_SIG(timestamp_sub, "TIMESTAMP");

#define DATES "DATE / TIME"
static const wr_function functions[] = {
    WR__FN("CONVERT_TZ", DATES, convert_tz_sigs,
           "UNIX_TIMESTAMP(CONVERT_TZ(FROM_UNIXTIME(0), 'UTC', '+01:00'))", "3600000",
           "A TIMESTAMP moved by the difference of two zones' offsets."),
    WR__FN("DATEADD", DATES, date_add_sigs, "DATEADD(DAYS, 2, FROM_DAYS(10))", "FROM_DAYS(12)",
           "A DATE later by a number of units."),
    WR__FN("DATESUB", DATES, date_sub_sigs, "DATESUB(DAYS, 2, FROM_DAYS(10))", "FROM_DAYS(8)",
           "A DATE earlier by a number of units."),
    WR__FN("FROM_DAYS", DATES, from_days_sigs, "FORMAT_DATE(FROM_DAYS(18262), 'yyyy-MM-dd')",
           "'2020-01-01'", "The DATE of an epoch day."),
    WR__FN("FROM_UNIXTIME", DATES, from_unixtime_sigs, "UNIX_TIMESTAMP(FROM_UNIXTIME(1000))",
           "1000", "The TIMESTAMP of epoch milliseconds."),
    WR__FN("TIMEADD", DATES, time_add_sigs, "TIMEADD(HOURS, 2, PARSE_TIME('23:00', 'HH:mm'))",
           "PARSE_TIME('01:00', 'HH:mm')",
           "A TIME later by a number of units, past midnight from 0:00 on."),
    WR__FN("TIMESTAMPADD", DATES, timestamp_add_sigs,
           "TIMESTAMPADD(SECONDS, 2, FROM_UNIXTIME(1000))", "FROM_UNIXTIME(3000)",
           "A TIMESTAMP later by a number of units."),
    WR__FN("TIMESTAMPSUB", DATES, timestamp_sub_sigs,
           "TIMESTAMPSUB(SECONDS, 2, FROM_UNIXTIME(3000))", "FROM_UNIXTIME(1000)",
           "A TIMESTAMP earlier by a number of units."),
    WR__FN("TIMESUB", DATES, time_sub_sigs, "TIMESUB(HOURS, 2, PARSE_TIME('01:00', 'HH:mm'))",
           "PARSE_TIME('23:00', 'HH:mm')", "A TIME earlier by a number of units."),
    WR__FN("UNIX_DATE", DATES, unix_date_sigs, "UNIX_DATE(FROM_DAYS(18262))", "18262",
           "The epoch day of a DATE, or today's."),
    WR__FN("UNIX_TIMESTAMP", DATES, unix_timestamp_sigs, "UNIX_TIMESTAMP(FROM_UNIXTIME(1000))",
           "1000", "The epoch milliseconds of a TIMESTAMP, or of now."),
};
WR__FAMILY(date_arith, functions);
