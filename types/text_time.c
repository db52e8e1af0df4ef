/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates and times to and from text: the fixed forms of dialect.md section 2. Patterns
 * (FORMAT_TIMESTAMP and the like) are elsewhere; there are no zones here but offsets.
 *
 * Days are of the proleptic Gregorian calendar, as in java.time. Years outside 0000..9999 are
 * written with a sign (+10000, -0001), and read back so.
 *
 * Reading is strict about widths: four digits of a year (more with a `+`), two of a month, day,
 * hour, minute and second; only whole parts at the end may be missing. A DATE's day must exist. A
 * TIMESTAMP is resolved as java.time's "smart" style does: a day up to 31 becomes the month's last
 * one where that is earlier, 24:00 is the next day, and years are counted within the era, so there
 * is none before 1.
 */
#include "types/text.h"

#define MS_PER_DAY   86400000
#define DAYS_PER_ERA 146097 /* 400 years */

/* ------------------------------------------------------------------------------------- calendar */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/*
 * Years here start on March 1, so that a leap day is the last of its year; an era is 400 of them.
 * With the month counted from March, (153 * m + 2) / 5 is the number of days before it.
 */
int64_t wr_days_from_civil(int64_t year, int month, int day)
{
    WR_ASSERT(month >= 1 && month <= 12);
    if (month <= 2)
        year--;
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - 719468; /* days from 0000-03-01 to 1970-01-01 */
}

void wr_civil_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468;
    int64_t era = floor_div(days, DAYS_PER_ERA);
    int64_t day_of_era = days - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t m = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
    WR_ASSERT(*month >= 1 && *month <= 12 && *day >= 1 && *day <= 31);
}

/* ------------------------------------------------------------------------------------- printing */

/* @p width digits of @p v, which has no more. */
static void put_fixed(wr_buf *out, int v, int width)
{
    char *to = wr_buf_reserve(out, (size_t)width);
    for (int i = width; i-- > 0; v /= 10)
        to[i] = (char)('0' + v % 10);
    WR_ASSERT(v == 0); /* or digits were lost */
    out->len += (size_t)width;
}

static void put_year(wr_buf *out, int64_t year)
{
    if (year >= 0 && year <= 9999) {
        put_fixed(out, (int)year, 4);
        return;
    }
    wr_buf_putc(out, year < 0 ? '-' : '+');
    int64_t magnitude = year < 0 ? -year : year;
    if (magnitude <= 9999)
        put_fixed(out, (int)magnitude, 4);
    else
        wr_text_put_i64(out, magnitude);
}

static void put_days(wr_buf *out, int64_t days)
{
    int64_t year;
    int month, day;
    wr_civil_from_days(days, &year, &month, &day);
    put_year(out, year);
    wr_buf_putc(out, '-');
    put_fixed(out, month, 2);
    wr_buf_putc(out, '-');
    put_fixed(out, day, 2);
}

static void put_hour_minute(wr_buf *out, int ms)
{
    put_fixed(out, ms / 3600000, 2);
    wr_buf_putc(out, ':');
    put_fixed(out, ms / 60000 % 60, 2);
}

static void put_second(wr_buf *out, int ms)
{
    wr_buf_putc(out, ':');
    put_fixed(out, ms / 1000 % 60, 2);
}

static void put_fraction(wr_buf *out, int ms)
{
    wr_buf_putc(out, '.');
    put_fixed(out, ms % 1000, 3);
}

void wr_text_put_timestamp(wr_buf *out, int64_t ms)
{
    int64_t days = floor_div(ms, MS_PER_DAY);
    int of_day = (int)((ms % MS_PER_DAY + MS_PER_DAY) % MS_PER_DAY);
    put_days(out, days);
    wr_buf_putc(out, 'T');
    put_hour_minute(out, of_day);
    put_second(out, of_day);
    put_fraction(out, of_day);
}

void wr_text_put_date(wr_buf *out, int32_t days)
{
    put_days(out, days);
}

void wr_text_put_time(wr_buf *out, int32_t ms, bool seconds_only)
{
    /* A TIME that a topic brought may be outside of the day. */
    ms = (int32_t)(((int64_t)ms % MS_PER_DAY + MS_PER_DAY) % MS_PER_DAY);
    if (seconds_only)
        ms -= ms % 1000;
    put_hour_minute(out, ms);
    if (ms % 60000)
        put_second(out, ms);
    if (ms % 1000)
        put_fraction(out, ms);
}

/* java.sql.Timestamp's: as many digits of the fraction as are needed, but one. */
void wr_text_put_sql_timestamp(wr_buf *out, int64_t ms)
{
    int64_t days = floor_div(ms, MS_PER_DAY);
    int of_day = (int)(ms - days * MS_PER_DAY), fraction = of_day % 1000;
    put_days(out, days);
    wr_buf_putc(out, ' ');
    put_hour_minute(out, of_day);
    put_second(out, of_day);
    wr_buf_putc(out, '.');
    int width = fraction % 100 == 0 ? 1 : fraction % 10 == 0 ? 2 : 3;
    put_fixed(out, width == 1 ? fraction / 100 : width == 2 ? fraction / 10 : fraction, width);
}

void wr_text_put_sql_time(wr_buf *out, int32_t ms)
{
    ms = (int32_t)(((int64_t)ms % MS_PER_DAY + MS_PER_DAY) % MS_PER_DAY);
    put_hour_minute(out, ms);
    put_second(out, ms);
}

/* -------------------------------------------------------------------------------------- reading */

typedef struct scan {
    const char *p, *end;
} scan;

static bool at_digit(const scan *s)
{
    return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

static bool accept(scan *s, char c)
{
    if (s->p == s->end || *s->p != c)
        return false;
    s->p++;
    return true;
}

/* @p width digits (at most 9), and no digit after them. */
static bool number(scan *s, int width, int *out)
{
    int v = 0, n = 0;
    for (; n < width && at_digit(s); n++)
        v = v * 10 + (*s->p++ - '0');
    *out = v;
    return n == width && !at_digit(s);
}

static bool in_range(int v, int low, int high)
{
    return v >= low && v <= high;
}

static int month_days(int64_t year, int month)
{
    WR_ASSERT(month >= 1 && month <= 12);
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Four digits, or `-` and four to nine, or `+` and five to nine: int64 milliseconds reach to the
 * year 292,278,994. */
static bool scan_year(scan *s, int64_t *year)
{
    bool negative = accept(s, '-');
    bool plus = !negative && accept(s, '+');
    int n = 0;
    int64_t v = 0;
    for (; n < 9 && at_digit(s); n++)
        v = v * 10 + (*s->p++ - '0');
    *year = negative ? -v : v;
    if (at_digit(s) || (negative && v == 0))
        return false;
    return plus ? n > 4 : negative ? n >= 4 : n == 4;
}

/* year[-month[-day]], all three after a `-`. */
static bool scan_date(scan *s, int64_t *year, int *month, int *day)
{
    *month = *day = 1;
    if (!scan_year(s, year))
        return false;
    int parts = 1;
    if (accept(s, '-')) {
        parts = 2;
        if (!number(s, 2, month))
            return false;
        if (accept(s, '-')) {
            parts = 3;
            if (!number(s, 2, day))
                return false;
        }
    }
    return (*year >= 0 || parts == 3) && in_range(*month, 1, 12) && in_range(*day, 1, 31);
}

/* The digits after a point as milliseconds; what is below is cut. @p n: how many there were. */
static int scan_fraction(scan *s, int *n)
{
    int v = 0;
    for (*n = 0; at_digit(s); ++*n, s->p++)
        v = *n < 3 ? v * 10 + (*s->p - '0') : v;
    for (int i = *n; i < 3; i++)
        v *= 10;
    return v;
}

/* hour[:minute[:second[.fraction]]]; @p parts says how many there were, the digits of the fraction
 * go to @p fraction_n (0: none). 24:00 is the end of the day. */
static bool scan_time(scan *s, int *ms, int *parts, int *fraction_n)
{
    int hour, minute = 0, second = 0, fraction = 0;
    *parts = 1;
    *fraction_n = 0;
    if (!number(s, 2, &hour))
        return false;
    if (accept(s, ':')) {
        *parts = 2;
        if (!number(s, 2, &minute))
            return false;
        if (accept(s, ':')) {
            *parts = 3;
            if (!number(s, 2, &second))
                return false;
            if (accept(s, '.')) {
                *parts = 4;
                fraction = scan_fraction(s, fraction_n);
            }
        }
    }
    bool end_of_day = hour == 24 && !minute && !second && !fraction;
    if ((!in_range(hour, 0, 23) && !end_of_day) || !in_range(minute, 0, 59) ||
        !in_range(second, 0, 59))
        return false;
    *ms = ((hour * 60 + minute) * 60 + second) * 1000 + fraction;
    return true;
}

/* Z, +hh, +hhmm, +hh:mm; nothing: UTC. */
static bool scan_offset(scan *s, int *ms)
{
    *ms = 0;
    if (s->p == s->end || accept(s, 'Z'))
        return true;
    bool negative = accept(s, '-');
    if (!negative && !accept(s, '+'))
        return false;
    if (s->end - s->p < 2)
        return false;
    scan hours = {s->p, s->p + 2};
    int hour, minute = 0;
    if (!number(&hours, 2, &hour))
        return false;
    s->p += 2;
    if (s->p < s->end) {
        accept(s, ':');
        if (!number(s, 2, &minute))
            return false;
    }
    if (!in_range(minute, 0, 59) || hour * 60 + minute > 18 * 60) /* java.time.ZoneOffset */
        return false;
    *ms = (negative ? -1 : 1) * (hour * 60 + minute) * 60000;
    return true;
}

bool wr_text_to_timestamp(wr_str str, int64_t *ms)
{
    scan s = {str.ptr, str.ptr ? str.ptr + str.len : NULL};
    int64_t year;
    int month, day, of_day = 0, parts = 0, fraction_n = 0, offset = 0;
    if (!scan_date(&s, &year, &month, &day) || year < 1)
        return false;
    if (accept(&s, 'T')) {
        if (at_digit(&s) && !scan_time(&s, &of_day, &parts, &fraction_n))
            return false;
        if ((parts == 4 && fraction_n == 0) || fraction_n > 3)
            return false;
        if (!scan_offset(&s, &offset))
            return false;
    }
    int64_t days = wr_days_from_civil(year, month, WR_MIN(day, month_days(year, month)));
    /* The last day of the range ends after the range does: hence more bits. */
    wr_i128 out = (wr_i128)days * MS_PER_DAY + of_day - offset;
    if (s.p != s.end || out > INT64_MAX)
        return false;
    WR_ASSERT(out >= INT64_MIN); /* which is before the era */
    *ms = (int64_t)out;
    return true;
}

bool wr_text_to_date(wr_str str, int32_t *days)
{
    scan s = {str.ptr, str.ptr ? str.ptr + str.len : NULL};
    int64_t year;
    int month, day;
    if (!scan_date(&s, &year, &month, &day) || s.p != s.end || day > month_days(year, month))
        return false;
    int64_t d = wr_days_from_civil(year, month, day);
    if (d < INT32_MIN || d > INT32_MAX)
        return false;
    *days = (int32_t)d;
    return true;
}

bool wr_text_to_time(wr_str str, int32_t *ms)
{
    scan s = {str.ptr, str.ptr ? str.ptr + str.len : NULL};
    int of_day, parts, fraction_n;
    if (!scan_time(&s, &of_day, &parts, &fraction_n) || parts < 2 || fraction_n > 9 ||
        s.p != s.end || of_day == MS_PER_DAY)
        return false;
    *ms = of_day;
    return true;
}
