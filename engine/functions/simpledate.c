/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SimpleDateFormat.parse and the lenient GregorianCalendar behind it.
 *
 * Reading sets calendar fields to whatever numbers stand there; each setting has a stamp. Then the
 * calendar picks, by the newest stamps, the group of fields that says which day is meant (month and
 * day of month, or day of year, or a week and its day ...), and adds up: month 14 is February of
 * the next year, hour 25 the next day.
 */
#include "engine/functions/simpledate.h"

#include "engine/functions/datepattern_internal.h"
#include "types/text.h"

#include <stdio.h>

#define CUTOVER_DAYS (-141427) /* 1582-10-15 */
#define MS_PER_DAY   INT64_C(86400000)
#define NUMBER_MAX   INT32_MAX

/* java.util.Calendar's fields, as far as letters set them. */
typedef enum cal_field {
    CAL_ERA,
    CAL_YEAR,
    CAL_WEEK_YEAR,
    CAL_MONTH, /* from 0 */
    CAL_WEEK_OF_YEAR,
    CAL_WEEK_OF_MONTH,
    CAL_DAY_OF_MONTH,
    CAL_DAY_OF_YEAR,
    CAL_DAY_OF_WEEK, /* 1: Sunday */
    CAL_DAY_OF_WEEK_IN_MONTH,
    CAL_AM_PM,
    CAL_HOUR, /* of a half */
    CAL_HOUR_OF_DAY,
    CAL_MINUTE,
    CAL_SECOND,
    CAL_MILLI,
    CAL_ZONE, /* ms */
    CAL_N
} cal_field;

/* Values as they were read, however large: lenient means that nothing is checked before the sum. */
typedef struct calendar {
    int64_t v[CAL_N]; /* 0 where it is not set */
    int stamp[CAL_N]; /* 0: not set */
    int clock;        /* the last stamp that was given */
    bool ambiguous;   /* the two-digit year is the first of the window: 80 years ago, or 20 ahead */
} calendar;

typedef struct item {
    char letter; /* 0: the literal byte */
    char byte;
    int count; /* letters side by side */
} item;

/* Read-only once it is compiled: tasks share it. */
struct wr__simpledate {
    const item *items;
    uint32_t n;
};

/* ---- compiling ---- */

/*
 * Unlike DateTimeFormatter, any text outside letters is literal, byte by byte, and the number of
 * letters hardly matters when reading: only whether a name is meant (MMM), and where digits stop if
 * a field follows at once.
 */

/* Two quotes are one, inside quotes and outside. */
wr__simpledate *wr__simpledate_compile(wr_str pattern, wr_arena *a, char *errbuf, size_t errbuf_n)
{
    wr_arr(item) items = {0};
    bool quoted = false;
    for (uint32_t k = 0; k < pattern.len; k++) {
        char c = pattern.ptr[k];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (c == '\'' && k + 1 < pattern.len && pattern.ptr[k + 1] == '\'') {
            k++;
        } else if (c == '\'') {
            quoted = !quoted;
            continue;
        } else if (letter && !quoted) {
            if (!strchr("GyYMLwWDdFEuaHkKhmsSzZX", c)) {
                snprintf(errbuf, errbuf_n, "Illegal pattern character '%c'", c);
                return NULL;
            }
            item *last = items.n ? &items.v[items.n - 1] : NULL;
            if (last && last->letter == c && pattern.ptr[k - 1] == c) {
                last->count++;
                continue;
            }
            wr_arr_push(a, &items, ((item){c, 0, 1}));
            continue;
        }
        wr_arr_push(a, &items, ((item){0, c, 1}));
    }
    if (quoted) {
        snprintf(errbuf, errbuf_n, "Unterminated quote");
        return NULL;
    }
    for (size_t k = 0; k < items.n; k++) {
        if (items.v[k].letter == 'X' && items.v[k].count > 3) {
            snprintf(errbuf, errbuf_n, "invalid ISO 8601 format: length=%d", items.v[k].count);
            return NULL;
        }
    }
    wr__simpledate *p = WR_NEW(a, wr__simpledate);
    *p = (wr__simpledate){items.v, (uint32_t)items.n};
    return p;
}

/* ---- reading ---- */

/* A text being read; what it says goes into the calendar. */
typedef struct reader {
    const char *end;
    int64_t now_ms; /* for two-digit years */
    calendar *cal;
} reader;

/* The newest of two stamps is what counts where fields contradict each other. java.util.Calendar
 * keeps such stamps; a field that is set twice counts as set later. */
static void set(calendar *c, cal_field f, int64_t v)
{
    WR_ASSERT((unsigned)f < CAL_N);
    c->v[f] = v;
    c->stamp[f] = ++c->clock;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/**
 * Digits, perhaps after a minus, up to @p end; large numbers stay at NUMBER_MAX. NULL: there is
 * none. The cap keeps later sums in 64 bits.
 */
static const char *take_number(const char *p, const char *end, int64_t *v)
{
    bool negative = p < end && *p == '-';
    p += negative;
    if (p == end || !is_digit(*p))
        return NULL;
    for (*v = 0; p < end && is_digit(*p); p++)
        *v = WR_MIN(*v * 10 + (*p - '0'), (int64_t)NUMBER_MAX);
    if (negative)
        *v = -*v;
    return p;
}

/* The longest of the names that is there, in any case. NULL: none is there. */
static const char *take_name(const reader *r, const char *p, const char *const *names, int n,
                             int *index)
{
    const char *to = NULL;
    for (int k = 0; k < n; k++) {
        size_t len = strlen(names[k]);
        if ((size_t)(r->end - p) >= len && p + len > (to ? to : p) &&
            wr_str_ieq(wr_str_make(p, len), wr_str_make(names[k], len))) {
            to = p + len;
            *index = k;
        }
    }
    return to;
}

/** A name in its full or short form, whatever the pattern's width is. */
static const char *take_text(const reader *r, const char *p, wr__dfield field, int *index)
{
    int n, first, at_full = 0, at_short = 0;
    const char *const *names = wr__dtext(field, WR__STYLE_FULL, &n, &first);
    const char *full = take_name(r, p, names, n, &at_full);
    names = wr__dtext(field, WR__STYLE_SHORT, &n, &first);
    const char *brief = take_name(r, p, names, n, &at_short);
    *index = full ? at_full : at_short;
    return full ? full : brief;
}

/**
 * [+-]hh[:]mm, [+-]hh as @p digits asks for; without a colon where @p colon is 0. NULL: it is
 * malformed.
 */
static const char *take_offset(const reader *r, const char *p, bool minutes, bool colon,
                               int64_t *ms)
{
    if (p == r->end || (*p != '+' && *p != '-'))
        return NULL;
    int sign = *p == '-' ? -1 : 1;
    const char *q = p + 1;
    int64_t part[2] = {0};
    for (int k = 0; k < (minutes ? 2 : 1); k++) {
        if (k == 1 && colon && (q == r->end || *q++ != ':'))
            return NULL;
        if (r->end - q < 2 || !is_digit(q[0]) || !is_digit(q[1]))
            return NULL;
        part[k] = (q[0] - '0') * 10 + (q[1] - '0');
        q += 2;
    }
    if (part[0] > 23 || part[1] > 59)
        return NULL;
    *ms = sign * (part[0] * 60 + part[1]) * 60000;
    return q;
}

/**
 * +h[h]:mm after GMT, or nothing. A GMT without offset is 0 and ends there; a malformed offset is
 * NULL.
 */
static const char *take_gmt(const reader *r, const char *p, int64_t *ms)
{
    if (p == r->end || (*p != '+' && *p != '-'))
        return p;
    int sign = *p == '-' ? -1 : 1;
    int64_t hours = 0;
    const char *q = p + 1;
    for (int k = 0; k < 2 && q < r->end && is_digit(*q); k++)
        hours = hours * 10 + (*q++ - '0');
    if (q == p + 1 || r->end - q < 3 || q[0] != ':' || !is_digit(q[1]) || !is_digit(q[2]))
        return NULL;
    int64_t minutes = (q[1] - '0') * 10 + (q[2] - '0');
    if (hours > 23 || minutes > 59)
        return NULL;
    *ms = sign * (hours * 60 + minutes) * 60000;
    return q + 3;
}

/* The zone in the text moves the instant, whatever zone the format has. X takes Z and ISO 8601
 * offsets, z and Z names and +hhmm. */
static const char *read_zone(reader *r, const item *it, const char *p)
{
    int64_t ms = 0;
    const char *to;
    if (it->letter == 'X') {
        if (p < r->end && *p == 'Z')
            to = p + 1;
        else
            to = take_offset(r, p, it->count >= 2, it->count == 3, &ms);
    } else if (p < r->end && (*p == '+' || *p == '-')) {
        to = take_offset(r, p, true, false, &ms);
    } else {
        static const char *const names[] = {"GMT", "UTC"};
        int which = 0;
        to = take_name(r, p, names, 2, &which);
        if (to && which == 0)
            to = take_gmt(r, to, &ms);
    }
    if (to)
        set(r->cal, CAL_ZONE, ms);
    return to;
}

/*
 * Exactly two digits with at most two letters are a year within a window around now; "0020" or "20"
 * for yyyy is the year 20. The first year of the window is half in and half out: it depends on the
 * day, which is not known yet, hence `ambiguous`.
 */
static void set_year(reader *r, const item *it, const char *start, const char *to, int64_t v)
{
    cal_field f = it->letter == 'Y' ? CAL_WEEK_YEAR : CAL_YEAR;
    if (it->count <= 2 && to - start == 2 && is_digit(start[0]) && is_digit(start[1])) {
        int64_t year;
        int month, day;
        wr_civil_from_days(r->now_ms / MS_PER_DAY, &year, &month, &day);
        int64_t from = year - 80;
        r->cal->ambiguous = v == from % 100;
        v += from / 100 * 100 + (v < from % 100 ? 100 : 0);
    }
    set(r->cal, f, v);
}

/* Clock hours 24 and 12 are 0; u counts days from Monday, Calendar from Sunday. A letter without a
 * case is in the table, or has no field and is read over. */
static void set_number(reader *r, const item *it, const char *start, const char *to, int64_t v)
{
    switch (it->letter) {
    case 'y':
    case 'Y':
        set_year(r, it, start, to, v);
        break;
    case 'M':
    case 'L':
        set(r->cal, CAL_MONTH, v - 1);
        break;
    case 'k':
        set(r->cal, CAL_HOUR_OF_DAY, v == 24 ? 0 : v);
        break;
    case 'h':
        set(r->cal, CAL_HOUR, v == 12 ? 0 : v);
        break;
    case 'u': /* 1: Monday */
        set(r->cal, CAL_DAY_OF_WEEK, v == 7 ? 1 : v + 1);
        break;
    default: {
        static const struct {
            char letter;
            cal_field field;
        } fields[] = {
            {'w', CAL_WEEK_OF_YEAR},
            {'W', CAL_WEEK_OF_MONTH},
            {'D', CAL_DAY_OF_YEAR},
            {'d', CAL_DAY_OF_MONTH},
            {'F', CAL_DAY_OF_WEEK_IN_MONTH},
            {'H', CAL_HOUR_OF_DAY},
            {'K', CAL_HOUR},
            {'m', CAL_MINUTE},
            {'s', CAL_SECOND},
            {'S', CAL_MILLI},
        };
        for (size_t k = 0; k < WR_ARRAY_LEN(fields); k++)
            if (fields[k].letter == it->letter)
                set(r->cal, fields[k].field, v);
    }
    }
}

/**
 * One field. @p obey: the next item is a field, too, so the count limits a number's digits. NULL:
 * the text does not fit. Blanks before a number are skipped, as Java does.
 */
static const char *read_field(reader *r, const item *it, bool obey, const char *start)
{
    const char *p = start, *to = NULL;
    int index = 0;
    while (p < r->end && (*p == ' ' || *p == '\t'))
        p++;
    if (p == r->end)
        return NULL;
    switch (it->letter) {
    case 'G':
        to = take_text(r, p, WR__D_ERA, &index);
        if (to)
            set(r->cal, CAL_ERA, index);
        return to;
    case 'a':
        to = take_text(r, p, WR__D_AMPM, &index);
        if (to)
            set(r->cal, CAL_AM_PM, index);
        return to;
    case 'E':
        to = take_text(r, p, WR__D_DAY_OF_WEEK, &index);
        if (to)
            set(r->cal, CAL_DAY_OF_WEEK, (index + 1) % 7 + 1);
        return to;
    case 'z':
    case 'Z':
    case 'X':
        return read_zone(r, it, p);
    default:
        break;
    }
    if ((it->letter == 'M' || it->letter == 'L') && it->count > 2) {
        to = take_text(r, p, WR__D_MONTH, &index);
        if (to)
            set(r->cal, CAL_MONTH, index);
        return to;
    }
    /* The count starts where the field does, blanks included. */
    const char *end = r->end;
    if (obey && end - start < it->count)
        return NULL;
    if (obey)
        end = start + it->count;
    int64_t v = 0;
    to = p < end ? take_number(p, end, &v) : NULL;
    if (to)
        set_number(r, it, p, to, v);
    return to;
}

/* ---- the calendar ---- */

/* Years and months may be negative here: the calendar is lenient. */
static int64_t floor_mod(int64_t a, int64_t b)
{
    int64_t m = a % b;
    return m < 0 ? m + b : m;
}

/**
 * Day (since 1970-01-01) of January 1 or another first of a month, in either calendar. 719470 is
 * the Julian number of days from 0000-03-01 to 1970-01-01, two more than the Gregorian one.
 */
static int64_t month_start(int64_t year, int month, bool julian)
{
    if (!julian)
        return wr_days_from_civil(year, month, 1);
    /* Julian: 365.25 days a year; March-based, so that the leap day is the last one. */
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t m = month <= 2 ? month + 9 : month - 3;
    int64_t leap = (y - floor_mod(y, 4)) / 4;
    return y * 365 + leap + (153 * m + 2) / 5 - 719470;
}

/**
 * The last @p weekday (1: Sunday) on or before @p days. 1970-01-01 was a Thursday, the fifth day of
 * a week that begins on Sunday.
 */
static int64_t on_or_before(int64_t days, int64_t weekday)
{
    return days - floor_mod(days + 4 - (weekday - 1), 7);
}

/* 0 where one of them is not set: a group counts only if it is whole. */
static int newest(int a, int b)
{
    return a && b ? WR_MAX(a, b) : 0;
}

/**
 * The group of fields that decides, as the field that leads it.
 *
 * Calendar.selectFields: the groups are {day of month}, {week of month, day of week}, {day of week
 * in month, day of week}, {day of year}, {day of week, week of year}. The one with the newest stamp
 * wins; where none is whole, one that lacks its day of week does.
 */
static cal_field leading_field(const calendar *c)
{
    const int *s = c->stamp;
    int dow = s[CAL_DAY_OF_WEEK], dom = s[CAL_DAY_OF_MONTH], doy = s[CAL_DAY_OF_YEAR];
    int wom = newest(s[CAL_WEEK_OF_MONTH], dow), dowim = newest(s[CAL_DAY_OF_WEEK_IN_MONTH], dow);
    int woy = newest(s[CAL_WEEK_OF_YEAR], dow);
    int best = WR_MAX(WR_MAX(WR_MAX(dom, wom), WR_MAX(dowim, doy)), woy);
    if (!best) {
        wom = s[CAL_WEEK_OF_MONTH];
        dowim = WR_MAX(s[CAL_DAY_OF_WEEK_IN_MONTH], dow);
        woy = s[CAL_WEEK_OF_YEAR];
        best = WR_MAX(WR_MAX(wom, dowim), woy);
        if (!best)
            return CAL_DAY_OF_MONTH;
    }
    if (best == dom)
        return CAL_DAY_OF_MONTH;
    if ((best == wom && s[CAL_WEEK_OF_MONTH] >= s[CAL_WEEK_OF_YEAR]) ||
        (best == dowim && s[CAL_DAY_OF_WEEK_IN_MONTH] >= s[CAL_WEEK_OF_YEAR])) {
        if (wom == dowim)
            return s[CAL_WEEK_OF_MONTH] >= s[CAL_DAY_OF_WEEK_IN_MONTH] ? CAL_WEEK_OF_MONTH
                                                                       : CAL_DAY_OF_WEEK_IN_MONTH;
        return best == wom ? CAL_WEEK_OF_MONTH : CAL_DAY_OF_WEEK_IN_MONTH;
    }
    return best == doy ? CAL_DAY_OF_YEAR : CAL_WEEK_OF_YEAR;
}

/**
 * First day of the week that holds @p first, then @p week - 1 weeks on, and the day wanted. Weeks
 * of Locale.US: they begin on Sunday, and the first one holds the first day.
 */
static int64_t week_day(const calendar *c, int64_t first, int64_t week)
{
    int64_t start = on_or_before(first + 6, 1);
    if (start - first >= 1)
        start -= 7;
    if (c->stamp[CAL_DAY_OF_WEEK])
        start = on_or_before(start + 6, c->v[CAL_DAY_OF_WEEK]);
    return start + 7 * (week - 1);
}

/* The nth such day of the month; a negative n counts from its end. Without a day of the week it is
 * Sunday, without a number the first. */
static int64_t nth_weekday(const calendar *c, int64_t first, int64_t month_days)
{
    int64_t weekday = c->stamp[CAL_DAY_OF_WEEK] ? c->v[CAL_DAY_OF_WEEK] : 1;
    int64_t nth = c->stamp[CAL_DAY_OF_WEEK_IN_MONTH] ? c->v[CAL_DAY_OF_WEEK_IN_MONTH] : 1;
    if (nth >= 0)
        return on_or_before(first + 7 * nth - 1, weekday);
    return on_or_before(first + month_days + 7 * (nth + 1) - 1, weekday);
}

/* Everything is a sum from the first day of a year or a month, so any number gives a day. */
static int64_t day_of(const calendar *c, int64_t year, bool julian)
{
    cal_field lead = leading_field(c);
    if (lead == CAL_DAY_OF_YEAR)
        return month_start(year, 1, julian) + c->v[CAL_DAY_OF_YEAR] - 1;
    if (lead == CAL_WEEK_OF_YEAR)
        return week_day(c, month_start(year, 1, julian), c->v[CAL_WEEK_OF_YEAR]);
    int64_t month = c->stamp[CAL_MONTH] ? c->v[CAL_MONTH] : 0;
    year += (month - floor_mod(month, 12)) / 12;
    int m = (int)floor_mod(month, 12) + 1;
    WR_ASSERT(m >= 1 && m <= 12);
    int64_t first = month_start(year, m, julian);
    if (lead == CAL_WEEK_OF_MONTH)
        return week_day(c, first, c->v[CAL_WEEK_OF_MONTH]);
    if (lead == CAL_DAY_OF_WEEK_IN_MONTH) {
        int64_t next = month_start(m == 12 ? year + 1 : year, m == 12 ? 1 : m + 1, julian);
        return nth_weekday(c, first, next - first);
    }
    return first + (c->stamp[CAL_DAY_OF_MONTH] ? c->v[CAL_DAY_OF_MONTH] - 1 : 0);
}

/**
 * The Gregorian day, or the Julian one where that is before the cut-over. Between the two
 * calendars, October 4 and 15, 1582, there are no days: a date in there is read as a Julian one,
 * ten days later.
 */
static int64_t calendar_days(const calendar *c)
{
    int64_t year = c->stamp[CAL_YEAR] ? c->v[CAL_YEAR] : 1970;
    if (c->stamp[CAL_ERA] && c->v[CAL_ERA] == 0)
        year = 1 - year;
    int64_t gregorian = day_of(c, year, false);
    if (gregorian >= CUTOVER_DAYS && year > 1582)
        return gregorian;
    int64_t julian = day_of(c, year, true);
    if (year > 1582 || julian < CUTOVER_DAYS)
        return gregorian >= CUTOVER_DAYS && year == 1582 ? gregorian : julian;
    return gregorian >= CUTOVER_DAYS ? gregorian : julian;
}

/* Hour of the day or half and hour of the half, whichever was set later. May be more than a day.
 * Fields that are not set are 0. */
static int64_t time_of_day(const calendar *c)
{
    const int *s = c->stamp;
    int half = newest(s[CAL_HOUR], s[CAL_AM_PM]);
    int64_t hour = 0;
    if (s[CAL_HOUR_OF_DAY] && s[CAL_HOUR_OF_DAY] >= half)
        hour = c->v[CAL_HOUR_OF_DAY];
    else
        hour = c->v[CAL_HOUR] + (s[CAL_AM_PM] ? c->v[CAL_AM_PM] * 12 : 0);
    return ((hour * 60 + c->v[CAL_MINUTE]) * 60 + c->v[CAL_SECOND]) * 1000 + c->v[CAL_MILLI];
}

/* Days far outside DATE, whose milliseconds, with any time of the day, still fit 64 bits: a year of
 * ten digits would overflow. Java wraps there; a wrong day is worse than an error. */
#define DAYS_LIMIT (INT64_MAX / MS_PER_DAY / 2)

/* In the format's zone, UTC, less the offset that the text names. */
static int64_t to_ms(const calendar *c, int64_t days)
{
    days = WR_MAX(WR_MIN(days, DAYS_LIMIT), -DAYS_LIMIT);
    return days * MS_PER_DAY + time_of_day(c) - c->v[CAL_ZONE];
}

/* A week year, letter Y, goes with week and day of the week alone. */
static int64_t instant_of(const calendar *c)
{
    /* A week year counts only where no year was set after it. */
    if (c->stamp[CAL_WEEK_YEAR] > c->stamp[CAL_YEAR]) {
        int64_t week = c->stamp[CAL_WEEK_OF_YEAR] ? c->v[CAL_WEEK_OF_YEAR] : 1;
        int64_t day = c->stamp[CAL_DAY_OF_WEEK] ? c->v[CAL_DAY_OF_WEEK] : 1;
        int64_t days = wr__week_date(c->v[CAL_WEEK_YEAR], 1, 1) + (week - 1) * 7 + day - 1;
        return to_ms(c, days);
    }
    return to_ms(c, calendar_days(c));
}

/* What follows the pattern in the text is ignored, as DateFormat.parse does. */
bool wr__simpledate_parse(const wr__simpledate *s, wr_str text, int64_t now_ms, int64_t *ms)
{
    calendar cal = {0};
    const char *p = text.ptr ? text.ptr : "";
    reader r = {p + text.len, now_ms, &cal};
    for (uint32_t k = 0; k < s->n; k++) {
        const item *it = &s->items[k];
        if (!it->letter) {
            if (p == r.end || *p++ != it->byte)
                return false;
            continue;
        }
        bool obey = k + 1 < s->n && s->items[k + 1].letter;
        p = read_field(&r, it, obey, p);
        if (!p)
            return false;
    }
    *ms = instant_of(&cal);
    int64_t year;
    int month, day;
    wr_civil_from_days(now_ms / MS_PER_DAY, &year, &month, &day);
    /* The window of two-digit years begins at this very moment, 80 years ago. */
    if (cal.ambiguous &&
        *ms < (wr_days_from_civil(year - 80, month, day)) * MS_PER_DAY + now_ms % MS_PER_DAY) {
        cal.v[CAL_YEAR] += 100;
        *ms = instant_of(&cal);
    }
    return true;
}
