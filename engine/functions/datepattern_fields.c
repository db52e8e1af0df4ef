/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of dates and times: their values and ranges, as java.time defines them. Weeks are those of
 * WeekFields.of(Locale.US): they begin on Sunday, and the first one holds January 1.
 *
 * Days are counted from 1970-01-01 and may be negative, nanoseconds are of the day and are not.
 * Nothing here fails: a value that is out of range was refused before, or is cut by the caller.
 */
#include "engine/functions/datepattern_internal.h"

#include "types/text.h"

#define NANOS_PER_DAY INT64_C(86400000000000)
#define MS_PER_DAY    INT64_C(86400000)

/* Java's floorMod and floorDiv: towards minus infinity, so that days before 1970 count right. */
static int64_t floor_mod(int64_t a, int64_t b)
{
    int64_t m = a % b;
    return m < 0 ? m + b : m;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0); /* not (a - mod) / b, which the least of all times overflows */
}

/* The proleptic Gregorian calendar: java.time has no Julian one, unlike SimpleDateFormat. */
bool wr__is_leap_year(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int wr__month_length(int64_t year, int month)
{
    WR_ASSERT(month >= 1 && month <= 12);
    if (month == 2)
        return wr__is_leap_year(year) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static int year_length(int64_t year)
{
    return wr__is_leap_year(year) ? 366 : 365;
}

/** 1: Monday. 1970-01-01 was a Thursday, the fourth day of a week that begins on Monday. */
static int64_t day_of_week(int64_t days)
{
    return floor_mod(days + 3, 7) + 1;
}

/** 1: Sunday. java.time's WeekFields of the USA. */
static int64_t local_day_of_week(int64_t days)
{
    return floor_mod(days + 4, 7) + 1;
}

/* @p year is the day's own: 1..366. */
static int64_t day_of_year(int64_t days, int64_t year)
{
    return days - wr_days_from_civil(year, 1, 1) + 1;
}

/* ---- weeks ---- */

/*
 * WeekFields computes with "offsets": how many days of the first week lie before the period (a
 * month or a year) begins, negative where the first week begins within it. The names are
 * java.time's, so that the two can be held side by side.
 */

/**
 * WeekFields.startOfWeekOffset with a first week of at least one day. @p day counts from 1 within
 * the period, @p local_day is its day of the week. The first week needs one day only in the USA, so
 * it always holds the first day: hence `start + 1 > 1`, with ISO weeks it would be `> 4`.
 */
static int64_t week_offset(int64_t day, int64_t local_day)
{
    int64_t start = floor_mod(day - local_day, 7);
    return start + 1 > 1 ? 7 - start : -start;
}

/* Week that @p day of the period is in; 0: it belongs to the last week of the period before. */
static int64_t compute_week(int64_t offset, int64_t day)
{
    return (7 + offset + (day - 1)) / 7;
}

/**
 * Week-based year and week of a day. The last days of December may be of week 1 of the next year,
 * but not the other way round: week 0 is for weeks with another first one, and is kept as java.time
 * has it.
 *
 *     2024-12-28 Saturday    week 52 of 2024
 *     2024-12-29 Sunday      week 1 of 2025
 */
static void week_of(int64_t days, int64_t *week_year, int64_t *week)
{
    int month, day;
    wr_civil_from_days(days, week_year, &month, &day);
    int64_t doy = day_of_year(days, *week_year);
    int64_t offset = week_offset(doy, local_day_of_week(days));
    *week = compute_week(offset, doy);
    if (*week == 0) {
        week_of(days - doy, week_year, week);
        return;
    }
    int64_t next = compute_week(offset, year_length(*week_year) + 1);
    if (*week >= next) {
        *week -= next - 1;
        ++*week_year;
    }
}

/* A week that the year does not have is cut to its last one, as the smart style does. */
int64_t wr__week_date(int64_t week_year, int64_t week, int64_t local_day)
{
    int64_t first = wr_days_from_civil(week_year, 1, 1);
    int64_t offset = week_offset(1, local_day_of_week(first));
    int64_t next = compute_week(offset, year_length(week_year) + 1);
    week = WR_MIN(week, next - 1);
    return first - offset + (local_day - 1) + (week - 1) * 7;
}

/* Week 1 holds the first day of the month, so it is never 0. */
static int64_t week_of_month(int64_t days, int day)
{
    return compute_week(week_offset(day, local_day_of_week(days)), day);
}

/* Weeks before and after the month are allowed: the date is then in a neighbour month. */
int64_t wr__week_of_month_date(int64_t year, int month, int64_t week, int64_t local_day)
{
    int64_t first = wr_days_from_civil(year, month, 1);
    return first + (week - week_of_month(first, 1)) * 7 + local_day - local_day_of_week(first);
}

/* ---- values ---- */

/* Any 64-bit instant has a date: the furthest are some 292 million years away. */
wr__dtime wr__dtime_of_instant(int64_t ms, const wr__zone *zone)
{
    int32_t offset = wr__zone_offset(zone, ms);
    /* The sum stays in range when the days are taken off first. */
    int64_t days = floor_div(ms, MS_PER_DAY);
    int64_t local = floor_mod(ms, MS_PER_DAY) + offset * INT64_C(1000);
    days += floor_div(local, MS_PER_DAY);
    return (wr__dtime){.has_date = true,
                       .has_time = true,
                       .days = days,
                       .nanos = floor_mod(local, MS_PER_DAY) * 1000000,
                       .zone = zone,
                       .offset_s = offset,
                       .instant_ms = ms};
}

/* Values of a time of the day; hours of a half and clock hours run 0..11 and 1..12. @p nanos is of
 * the day, so it is not negative and all divisions are plain ones. */
static int64_t time_value(int64_t nanos, wr__dfield field)
{
    int64_t second = nanos / 1000000000, hour = second / 3600;
    switch (field) {
    case WR__D_NANO:
        return nanos % 1000000000;
    case WR__D_NANO_OF_DAY:
        return nanos;
    case WR__D_MILLI_OF_DAY:
        return nanos / 1000000;
    case WR__D_SECOND:
        return second % 60;
    case WR__D_MINUTE:
        return second / 60 % 60;
    case WR__D_HOUR_OF_AMPM:
        return hour % 12;
    case WR__D_CLOCK_HOUR_OF_AMPM:
        return hour % 12 ? hour % 12 : 12;
    case WR__D_CLOCK_HOUR:
        return hour ? hour : 24;
    case WR__D_AMPM:
        return hour / 12;
    default:
        return hour;
    }
}

/* Those fields that need weeks; the others of date_value do not pay for them. */
static int64_t week_value(int64_t days, int day, wr__dfield field)
{
    int64_t week_year, week;
    if (field == WR__D_WEEK_OF_MONTH)
        return week_of_month(days, day);
    week_of(days, &week_year, &week);
    return field == WR__D_WEEK ? week : week_year;
}

/* Modified Julian day 0 is 1858-11-17, day 40587 is 1970-01-01. Aligned weeks begin with the first
 * of the month, whatever day of the week that is. */
static int64_t date_value(int64_t days, wr__dfield field)
{
    int64_t year;
    int month, day;
    wr_civil_from_days(days, &year, &month, &day);
    switch (field) {
    case WR__D_DAY_OF_WEEK:
        return day_of_week(days);
    case WR__D_LOCAL_DAY:
        return local_day_of_week(days);
    case WR__D_ALIGNED_WEEK:
        return (day - 1) / 7 + 1;
    case WR__D_DAY_OF_MONTH:
        return day;
    case WR__D_DAY_OF_YEAR:
        return day_of_year(days, year);
    case WR__D_MONTH:
        return month;
    case WR__D_YEAR_OF_ERA:
        return year >= 1 ? year : 1 - year;
    case WR__D_ERA:
        return year >= 1;
    case WR__D_QUARTER:
        return (month - 1) / 3 + 1;
    case WR__D_JULIAN:
        return days + 40587;
    case WR__D_WEEK:
    case WR__D_WEEK_YEAR:
    case WR__D_WEEK_OF_MONTH:
        return week_value(days, day, field);
    default:
        return year;
    }
}

/* Fields up to WR__D_FIRST_DATE need a time, those after it a date, the offset a zone. */
bool wr__dtime_get(const wr__dtime *t, wr__dfield field, int64_t *value)
{
    if (field == WR__D_OFFSET) {
        *value = t->offset_s;
        return t->zone != NULL;
    }
    if (field < WR__D_FIRST_DATE) {
        if (t->has_time)
            *value = time_value(t->nanos, field);
        return t->has_time;
    }
    if (t->has_date)
        *value = date_value(t->days, field);
    return t->has_date;
}

/* Outer limits only: day 31 is valid here, and a month's length is looked at where both are known.
 */
bool wr__dfield_valid(wr__dfield field, int64_t v)
{
    static const struct {
        int64_t min, max;
    } ranges[WR__D_N] = {
        [WR__D_NANO] = {0, 999999999},
        [WR__D_NANO_OF_DAY] = {0, NANOS_PER_DAY - 1},
        [WR__D_MILLI_OF_DAY] = {0, MS_PER_DAY - 1},
        [WR__D_SECOND] = {0, 59},
        [WR__D_MINUTE] = {0, 59},
        [WR__D_HOUR_OF_AMPM] = {0, 11},
        [WR__D_CLOCK_HOUR_OF_AMPM] = {1, 12},
        [WR__D_HOUR] = {0, 23},
        [WR__D_CLOCK_HOUR] = {1, 24},
        [WR__D_AMPM] = {0, 1},
        [WR__D_DAY_OF_WEEK] = {1, 7},
        [WR__D_ALIGNED_WEEK] = {1, 5},
        [WR__D_DAY_OF_MONTH] = {1, 31},
        [WR__D_DAY_OF_YEAR] = {1, 366},
        [WR__D_MONTH] = {1, 12},
        [WR__D_YEAR_OF_ERA] = {1, 1000000000},
        [WR__D_YEAR] = {-999999999, 999999999},
        [WR__D_ERA] = {0, 1},
        [WR__D_OFFSET] = {-64800, 64800},
        [WR__D_QUARTER] = {1, 4},
        [WR__D_JULIAN] = {-365243178627, 365241820840},
        [WR__D_LOCAL_DAY] = {1, 7},
        [WR__D_WEEK_YEAR] = {-999999999, 999999999},
        [WR__D_WEEK] = {1, 53},
        [WR__D_WEEK_OF_MONTH] = {0, 6},
    };
    WR_ASSERT((unsigned)field < WR__D_N && ranges[field].min < ranges[field].max);
    return v >= ranges[field].min && v <= ranges[field].max;
}
