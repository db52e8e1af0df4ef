/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What parsed fields amount to: java.time's Parsed.resolve in the smart style, and
 * PARSE_TIMESTAMP's defaults.
 *
 * Fields are taken off as they are used up: era and year of era become a year; year, month and day
 * a date; clock hours, halves of the day and parts of a day become hour, minute, second, nano, and
 * these a time. What remains must agree with the date and the time found.
 */
#include "engine/functions/datepattern_internal.h"

#include "types/text.h"

#include <stdio.h>

#define NANOS_PER_SECOND INT64_C(1000000000)
#define NANOS_PER_DAY    (86400 * NANOS_PER_SECOND)

static bool has(const wr__dparsed *p, wr__dfield f)
{
    return wr__dparsed_has(p, f);
}

/* Its bit goes, its value stays to be read once more for a message. */
static int64_t take(wr__dparsed *p, wr__dfield f)
{
    p->present &= ~(1u << f);
    return p->v[f];
}

/* Errors, with Java's texts. All return false. */
static bool invalid(char *errbuf, wr__dfield f, int64_t value)
{
    snprintf(errbuf, WR__DERR, "Invalid value for %s: %lld", wr__dfield_names[f], (long long)value);
    return false;
}

static bool check(wr__dfield f, int64_t value, char *errbuf)
{
    return wr__dfield_valid(f, value) || invalid(errbuf, f, value);
}

/* "Conflict found: MonthOfYear 2 differs from 3". */
static bool conflict(char *errbuf, wr__dfield f, int64_t a, int64_t b)
{
    snprintf(errbuf, WR__DERR, "Conflict found: %s %lld differs from %lld", wr__dfield_names[f],
             (long long)a, (long long)b);
    return false;
}

/**
 * Give a field a value that follows from others. A value that contradicts one that the text gives
 * is the text's fault, and is named.
 */
static bool derive(wr__dparsed *p, wr__dfield f, int64_t value, char *errbuf)
{
    if (has(p, f) && p->v[f] != value)
        return conflict(errbuf, f, p->v[f], value);
    p->present |= 1u << f;
    p->v[f] = value;
    return true;
}

/* ---- dates ---- */

/* A date that follows from two groups of fields must be the same one. The field in the message
 * stands for the whole date. */
static bool set_date(wr__dparsed *p, int64_t days, char *errbuf)
{
    if (p->t.has_date && p->t.days != days)
        return conflict(errbuf, WR__D_DAY_OF_MONTH, p->t.days, days);
    p->t.has_date = true;
    p->t.days = days;
    return true;
}

/* A year of era without era is of the common one, unless a year says otherwise. An era alone is
 * left: cross_check compares it. */
static bool resolve_era(wr__dparsed *p, char *errbuf)
{
    if (!has(p, WR__D_YEAR_OF_ERA))
        return !has(p, WR__D_ERA) || check(WR__D_ERA, p->v[WR__D_ERA], errbuf);
    int64_t year = take(p, WR__D_YEAR_OF_ERA);
    if (!check(WR__D_YEAR_OF_ERA, year, errbuf))
        return false;
    bool common =
        has(p, WR__D_ERA) ? take(p, WR__D_ERA) == 1 : !has(p, WR__D_YEAR) || p->v[WR__D_YEAR] > 0;
    return derive(p, WR__D_YEAR, common ? year : 1 - year, errbuf);
}

/**
 * Smart: a day up to 31 is cut to the month's length.
 *
 *     2023-02-30      2023-02-28: smart
 *     2023-02-32      an error: no month has that day
 */
static bool date_of_month(wr__dparsed *p, char *errbuf)
{
    int64_t year = take(p, WR__D_YEAR), month = take(p, WR__D_MONTH);
    int64_t day = take(p, WR__D_DAY_OF_MONTH);
    if (!check(WR__D_YEAR, year, errbuf) || !check(WR__D_MONTH, month, errbuf) ||
        !check(WR__D_DAY_OF_MONTH, day, errbuf))
        return false;
    day = WR_MIN(day, wr__month_length(year, (int)month));
    return set_date(p, wr_days_from_civil(year, (int)month, (int)day), errbuf);
}

/* Day 366 of a common year is an error even in the smart style. */
static bool date_of_year(wr__dparsed *p, char *errbuf)
{
    int64_t year = take(p, WR__D_YEAR), day = take(p, WR__D_DAY_OF_YEAR);
    if (!check(WR__D_YEAR, year, errbuf) || !check(WR__D_DAY_OF_YEAR, day, errbuf))
        return false;
    if (day == 366 && !wr__is_leap_year(year))
        return invalid(errbuf, WR__D_DAY_OF_YEAR, day);
    return set_date(p, wr_days_from_civil(year, 1, 1) + day - 1, errbuf);
}

/* A week that counts from the first of the month, and a day of the week in it. The fifth may reach
 * into the next month, as java.time's smart style lets it.
 *
 *     yyyy MM F E = 2020 05 2 Mon      weeks begin on Fridays in May 2020: the 11th */
static bool date_of_aligned_week(wr__dparsed *p, char *errbuf)
{
    int64_t year = take(p, WR__D_YEAR), month = take(p, WR__D_MONTH);
    int64_t week = take(p, WR__D_ALIGNED_WEEK), day = take(p, WR__D_DAY_OF_WEEK);
    if (!check(WR__D_YEAR, year, errbuf) || !check(WR__D_MONTH, month, errbuf) ||
        !check(WR__D_ALIGNED_WEEK, week, errbuf) || !check(WR__D_DAY_OF_WEEK, day, errbuf))
        return false;
    wr__dtime first = {.has_date = true,
                       .days = wr_days_from_civil(year, (int)month, 1) + (week - 1) * 7};
    int64_t at = 0;
    wr__dtime_get(&first, WR__D_DAY_OF_WEEK, &at);
    return set_date(p, first.days + (day - at + 7) % 7, errbuf);
}

/* The first group that is whole decides; fields of others stay and are checked against it. */
static bool resolve_date(wr__dparsed *p, char *errbuf)
{
    if (!resolve_era(p, errbuf))
        return false;
    if (!has(p, WR__D_YEAR))
        return true;
    if (has(p, WR__D_MONTH) && has(p, WR__D_DAY_OF_MONTH))
        return date_of_month(p, errbuf);
    if (has(p, WR__D_MONTH) && has(p, WR__D_ALIGNED_WEEK) && has(p, WR__D_DAY_OF_WEEK))
        return date_of_aligned_week(p, errbuf);
    return !has(p, WR__D_DAY_OF_YEAR) || date_of_year(p, errbuf);
}

/* Sunday is day 1 of these weeks: see datepattern_fields.c. The day of the week was turned into one
 * of these weeks by the caller. */
static bool date_of_week(wr__dparsed *p, int64_t local_day, char *errbuf)
{
    int64_t year = take(p, WR__D_WEEK_YEAR), week = take(p, WR__D_WEEK);
    take(p, WR__D_DAY_OF_WEEK);
    return check(WR__D_WEEK_YEAR, year, errbuf) && check(WR__D_WEEK, week, errbuf) &&
           set_date(p, wr__week_date(year, week, local_day), errbuf);
}

static bool date_of_week_of_month(wr__dparsed *p, int64_t local_day, char *errbuf)
{
    int64_t year = take(p, WR__D_YEAR), month = take(p, WR__D_MONTH);
    int64_t week = take(p, WR__D_WEEK_OF_MONTH);
    take(p, WR__D_DAY_OF_WEEK);
    return check(WR__D_YEAR, year, errbuf) && check(WR__D_MONTH, month, errbuf) &&
           check(WR__D_WEEK_OF_MONTH, week, errbuf) &&
           set_date(p, wr__week_of_month_date(year, (int)month, week, local_day), errbuf);
}

/** Fields that ChronoField does not have: local weeks, Julian days. */
static bool resolve_other(wr__dparsed *p, char *errbuf)
{
    if (has(p, WR__D_JULIAN)) {
        int64_t day = take(p, WR__D_JULIAN);
        if (!check(WR__D_JULIAN, day, errbuf) || !set_date(p, day - 40587, errbuf))
            return false;
    }
    if (has(p, WR__D_LOCAL_DAY)) {
        int64_t day = take(p, WR__D_LOCAL_DAY);
        if (!check(WR__D_LOCAL_DAY, day, errbuf) ||
            !derive(p, WR__D_DAY_OF_WEEK, (day + 5) % 7 + 1, errbuf))
            return false;
    }
    if (!has(p, WR__D_DAY_OF_WEEK))
        return true;
    int64_t local_day = p->v[WR__D_DAY_OF_WEEK] % 7 + 1;
    if (has(p, WR__D_YEAR) && has(p, WR__D_MONTH) && has(p, WR__D_WEEK_OF_MONTH))
        return date_of_week_of_month(p, local_day, errbuf);
    if (!has(p, WR__D_YEAR) && has(p, WR__D_WEEK_YEAR) && has(p, WR__D_WEEK))
        return date_of_week(p, local_day, errbuf);
    return true;
}

/* ---- times ---- */

/**
 * k and h: the highest value stands for 0.
 *
 *     kk = 24     hour 0           hh = 12     hour 0 of its half
 */
static bool resolve_clock_hour(wr__dparsed *p, wr__dfield clock, int64_t top, wr__dfield hour,
                               char *errbuf)
{
    if (!has(p, clock))
        return true;
    int64_t v = take(p, clock);
    if (v != 0 && !check(clock, v, errbuf))
        return false;
    return derive(p, hour, v == top ? 0 : v, errbuf);
}

/** N and A: all of a time at once. */
static bool resolve_part_of_day(wr__dparsed *p, wr__dfield field, int64_t nanos_each, char *errbuf)
{
    if (!has(p, field))
        return true;
    int64_t v = take(p, field);
    if (!check(field, v, errbuf))
        return false;
    int64_t nanos = v * nanos_each, second = nanos / NANOS_PER_SECOND;
    return derive(p, WR__D_HOUR, second / 3600, errbuf) &&
           derive(p, WR__D_MINUTE, second / 60 % 60, errbuf) &&
           derive(p, WR__D_SECOND, second % 60, errbuf) &&
           (has(p, WR__D_NANO) || derive(p, WR__D_NANO, nanos % NANOS_PER_SECOND, errbuf));
}

/* What the letters of clocks and halves mean, as hours, minutes, seconds and nanoseconds. A half of
 * the day without an hour stays: see resolve_half. */
static bool resolve_time_fields(wr__dparsed *p, char *errbuf)
{
    if (!resolve_clock_hour(p, WR__D_CLOCK_HOUR, 24, WR__D_HOUR, errbuf) ||
        !resolve_clock_hour(p, WR__D_CLOCK_HOUR_OF_AMPM, 12, WR__D_HOUR_OF_AMPM, errbuf))
        return false;
    if (has(p, WR__D_AMPM) && has(p, WR__D_HOUR_OF_AMPM)) {
        int64_t half = take(p, WR__D_AMPM), hour = take(p, WR__D_HOUR_OF_AMPM);
        if (!check(WR__D_HOUR_OF_AMPM, hour, errbuf) ||
            !derive(p, WR__D_HOUR, half * 12 + hour, errbuf))
            return false;
    }
    return resolve_part_of_day(p, WR__D_NANO_OF_DAY, 1, errbuf) &&
           resolve_part_of_day(p, WR__D_MILLI_OF_DAY, 1000000, errbuf);
}

/**
 * AM or PM and nothing else of a time means its middle. 6 in the morning or in the evening:
 * java.time's rule for a lone AM or PM.
 */
static void resolve_half(wr__dparsed *p)
{
    if (!has(p, WR__D_AMPM) || has(p, WR__D_HOUR) || has(p, WR__D_MINUTE) || has(p, WR__D_SECOND) ||
        has(p, WR__D_NANO))
        return;
    p->t.has_time = true;
    p->t.nanos = (take(p, WR__D_AMPM) * 12 + 6) * 3600 * NANOS_PER_SECOND;
}

/** hour [minute [second [nano]]] make a time; a gap in between does not. */
static bool resolve_time(wr__dparsed *p, char *errbuf)
{
    static const wr__dfield parts[] = {WR__D_HOUR, WR__D_MINUTE, WR__D_SECOND, WR__D_NANO};
    for (int k = 0; k < 4; k++)
        if (has(p, parts[k]) && !(k == 0 && p->v[WR__D_HOUR] == 24) &&
            !check(parts[k], p->v[parts[k]], errbuf))
            return false;
    if (has(p, WR__D_HOUR_OF_AMPM) && !check(WR__D_HOUR_OF_AMPM, p->v[WR__D_HOUR_OF_AMPM], errbuf))
        return false;
    bool gap = (!has(p, WR__D_MINUTE) && (has(p, WR__D_SECOND) || has(p, WR__D_NANO))) ||
               (!has(p, WR__D_SECOND) && has(p, WR__D_NANO));
    if (!has(p, WR__D_HOUR) || gap)
        return !has(p, WR__D_HOUR) || check(WR__D_HOUR, p->v[WR__D_HOUR], errbuf);
    int64_t v[4] = {0};
    for (int k = 0; k < 4; k++)
        v[k] = has(p, parts[k]) ? take(p, parts[k]) : 0;
    if (v[0] == 24) {
        if (v[1] || v[2] || v[3])
            return invalid(errbuf, WR__D_HOUR, 24);
        v[0] = 0;
        p->excess_days = 1;
    }
    p->t.has_time = true;
    p->t.nanos = (v[0] * 3600 + v[1] * 60 + v[2]) * NANOS_PER_SECOND + v[3];
    return true;
}

/* ---- both ---- */

/** Fields that are left must say the same as the date and time they come with. */
static bool cross_check(wr__dparsed *p, char *errbuf)
{
    for (int f = 0; f < WR__D_N; f++) {
        int64_t value;
        if (f == WR__D_OFFSET || !has(p, (wr__dfield)f) ||
            !wr__dtime_get(&p->t, (wr__dfield)f, &value))
            continue;
        if (value != take(p, (wr__dfield)f)) {
            snprintf(errbuf, WR__DERR, "Conflict found: Field %s %lld differs from %s %lld",
                     wr__dfield_names[f], (long long)value, wr__dfield_names[f],
                     (long long)p->v[f]);
            return false;
        }
    }
    return true;
}

/*
 * In the order of java.time's Parsed: dates are tried again after local weeks, whose day may have
 * been what was missing. An offset stays a field: who asks for an instant decides what it is worth.
 */
bool wr__dparsed_resolve(wr__dparsed *p, char errbuf[WR__DERR])
{
    if (!resolve_date(p, errbuf) || !resolve_time_fields(p, errbuf) || !resolve_other(p, errbuf) ||
        !resolve_date(p, errbuf) || !resolve_time(p, errbuf))
        return false;
    resolve_half(p);
    if (!cross_check(p, errbuf))
        return false;
    if (has(p, WR__D_OFFSET) && !check(WR__D_OFFSET, p->v[WR__D_OFFSET], errbuf))
        return false;
    if (p->t.has_date && p->t.has_time)
        p->t.days += p->excess_days;
    return true;
}

/* ---- PARSE_TIMESTAMP ---- */

/*
 * What the text does not say is that of 1970-01-01T00:00: its fields are applied to that local time
 * one after the other, the larger ones first, so that a day must exist in the month at hand:
 * `02-29` without a year is an error. Only then is the zone looked at: in the hour that comes twice
 * the earlier instant counts, in the one that is left out the time moves on by the gap.
 */

/* A local time, and from place() on the instant that it stands for. */
typedef struct moment {
    int64_t days, nanos;
    int32_t offset; /* seconds */
} moment;

/**
 * Days whose milliseconds fit 64 bits, with room for an offset. Two days of room on either side for
 * an offset and a time of the day.
 */
static bool in_range(int64_t days)
{
    return days < INT64_MAX / 86400000 - 2 && days > -(INT64_MAX / 86400000 - 2);
}

/* Find the offset of a local time; one that does not exist is later by the length of the gap. */
static void place(moment *m, const wr__zone *zone)
{
    WR_ASSERT(in_range(m->days));
    int64_t second = m->days * 86400 + m->nanos / NANOS_PER_SECOND;
    int32_t offset = wr__zone_local_offset(zone, second);
    m->offset = wr__zone_offset(zone, (second - offset) * 1000);
    if (m->offset != offset) {
        second += m->offset - offset;
        m->days = second / 86400 - (second % 86400 < 0);
        m->nanos = (second - m->days * 86400) * NANOS_PER_SECOND + m->nanos % NANOS_PER_SECOND;
    }
}

/* Add the difference of one field: the other parts of the time stay. */
static void with_time(moment *m, wr__dfield f, int64_t v)
{
    wr__dtime now = {.has_time = true, .nanos = m->nanos};
    int64_t old = 0;
    wr__dtime_get(&now, f, &old);
    static const int64_t unit[] = {
        [WR__D_NANO] = 1,
        [WR__D_NANO_OF_DAY] = 1,
        [WR__D_MILLI_OF_DAY] = 1000000,
        [WR__D_SECOND] = NANOS_PER_SECOND,
        [WR__D_MINUTE] = 60 * NANOS_PER_SECOND,
        [WR__D_HOUR_OF_AMPM] = 3600 * NANOS_PER_SECOND,
        [WR__D_CLOCK_HOUR_OF_AMPM] = 3600 * NANOS_PER_SECOND,
        [WR__D_HOUR] = 3600 * NANOS_PER_SECOND,
        [WR__D_CLOCK_HOUR] = 3600 * NANOS_PER_SECOND,
        [WR__D_AMPM] = 43200 * NANOS_PER_SECOND,
    };
    WR_ASSERT((unsigned)f < WR_ARRAY_LEN(unit));
    m->nanos += (v - old) * unit[f];
}

/** LocalDate.with(year or month): the day is cut to the month's length. */
static void with_month(moment *m, int64_t year, int month, int day)
{
    WR_ASSERT(month >= 1 && month <= 12);
    m->days = wr_days_from_civil(year, month, WR_MIN(day, wr__month_length(year, month)));
}

/* One field of the date. A day of the month that this month does not have is an error; a year or a
 * month that changes cuts the day instead. */
static bool with_date(moment *m, wr__dfield f, int64_t v, char *errbuf)
{
    int64_t year;
    int month, day;
    wr_civil_from_days(m->days, &year, &month, &day);
    wr__dtime now = {.has_date = true, .days = m->days};
    int64_t old = 0;
    wr__dtime_get(&now, f, &old);
    switch (f) {
    case WR__D_MONTH:
        with_month(m, year, (int)v, day);
        return true;
    case WR__D_YEAR:
        with_month(m, v, month, day);
        return true;
    case WR__D_ERA:
        if (v != old)
            with_month(m, 1 - year, month, day);
        return true;
    case WR__D_DAY_OF_MONTH:
        if (v > wr__month_length(year, month))
            return invalid(errbuf, f, v);
        break;
    case WR__D_ALIGNED_WEEK:
        m->days += (v - old) * 7;
        return true;
    default: /* days of the week or the year */
        break;
    }
    m->days += v - old;
    return true;
}

/* Whole dates and times first, then the fields that make up neither. A field is checked before it
 * is applied: what is out of its range is an error, and is not carried over. */
static bool apply_fields(moment *m, const wr__dparsed *p, char *errbuf)
{
    static const wr__dfield order[] = {
        WR__D_YEAR,         WR__D_ERA,          WR__D_MONTH,        WR__D_DAY_OF_YEAR,
        WR__D_DAY_OF_MONTH, WR__D_ALIGNED_WEEK, WR__D_DAY_OF_WEEK,  WR__D_AMPM,
        WR__D_CLOCK_HOUR,   WR__D_HOUR,         WR__D_HOUR_OF_AMPM, WR__D_CLOCK_HOUR_OF_AMPM,
        WR__D_MINUTE,       WR__D_SECOND,       WR__D_MILLI_OF_DAY, WR__D_NANO_OF_DAY,
        WR__D_NANO,
    };
    if (p->t.has_date)
        m->days = p->t.days;
    if (p->t.has_time)
        m->nanos = p->t.nanos;
    for (size_t k = 0; k < WR_ARRAY_LEN(order); k++) {
        wr__dfield f = order[k];
        if (!has(p, f))
            continue;
        int64_t v = p->v[f];
        if (!check(f, v, errbuf))
            return false;
        if (f == WR__D_DAY_OF_YEAR && v == 366 && !has(p, WR__D_YEAR)) {
            snprintf(errbuf, WR__DERR,
                     "Leap day cannot be parsed without supplying the year field");
            return false;
        }
        if (f < WR__D_FIRST_DATE)
            with_time(m, f, v);
        else if (!with_date(m, f, v, errbuf))
            return false;
    }
    return true;
}

/*     text has an offset     that offset decides
 *     text has a zone        the local time there
 *     text has neither       the local time in @p default_zone */
bool wr__dparsed_timestamp(const wr__dparsed *p, const wr__zone *default_zone, int64_t *ms,
                           char errbuf[WR__DERR])
{
    const wr__zone *zone = p->t.zone ? p->t.zone : default_zone;
    moment m = {0};
    if (!apply_fields(&m, p, errbuf))
        return false;
    if (!in_range(m.days)) {
        snprintf(errbuf, WR__DERR, "the year is out of the range of TIMESTAMP");
        return false;
    }
    bool names_instant = p->t.has_date && p->t.has_time;
    if (has(p, WR__D_OFFSET) && (names_instant || !p->t.zone))
        m.offset = (int32_t)p->v[WR__D_OFFSET];
    else
        place(&m, zone);
    *ms = m.days * 86400000 + m.nanos / 1000000 - m.offset * INT64_C(1000);
    return true;
}
