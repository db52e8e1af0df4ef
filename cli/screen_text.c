/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text of the program: a growable buffer, UTF-8, widths on a terminal, numbers and times as a
 * person types them.
 *
 * Widths come from the C library's wcwidth for the locale's character set. In a locale that knows
 * ASCII only (LC_ALL=C) wcwidth has no answer for other characters; each then counts as one column,
 * which is right for most of them and keeps tables readable.
 */
#include "screen_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

/* ---------------------------------------------------------------- memory */

void cli_assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "weir: internal error: %s (%s:%d). Please report it.\n", condition, file, line);
    abort();
}

void *cli_realloc(void *p, size_t size)
{
    void *got = realloc(p, size ? size : 1);
    if (!got) {
        fputs("weir: out of memory\n", stderr);
        exit(1);
    }
    return got;
}

char *cli_copy(const char *bytes, size_t len)
{
    char *copy = cli_realloc(NULL, len + 1);
    memcpy(copy, bytes, len);
    copy[len] = 0;
    return copy;
}

static void reserve(cli_text *t, size_t more)
{
    WR_ASSERT(t->len <= t->cap && (t->at || !t->cap));
    if (t->cap - t->len > more)
        return;
    size_t cap = t->cap ? t->cap : 128;
    while (cap - t->len <= more)
        cap *= 2;
    t->at = cli_realloc(t->at, cap);
    t->cap = cap;
}

void cli_text_add(cli_text *t, const char *bytes, size_t len)
{
    reserve(t, len);
    if (len)
        memcpy(t->at + t->len, bytes, len);
    t->len += len;
}

void cli_text_adds(cli_text *t, const char *string)
{
    cli_text_add(t, string, strlen(string));
}

void cli_text_addc(cli_text *t, char c, size_t times)
{
    reserve(t, times);
    memset(t->at + t->len, c, times);
    t->len += times;
}

void cli_text_addf(cli_text *t, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    if (n <= 0)
        return;
    reserve(t, (size_t)n);
    va_start(ap, format);
    vsnprintf(t->at + t->len, (size_t)n + 1, format, ap);
    va_end(ap);
    t->len += (size_t)n;
}

const char *cli_text_string(cli_text *t)
{
    reserve(t, 1);
    t->at[t->len] = 0;
    return t->at;
}

void cli_text_clear(cli_text *t)
{
    t->len = 0;
}

void cli_text_free(cli_text *t)
{
    free(t->at);
    *t = (cli_text){0};
}

void cli_list_add(cli_list *l, const char *item)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 8;
        l->at = cli_realloc(l->at, l->cap * sizeof *l->at);
    }
    l->at[l->n++] = item;
}

void cli_list_free(cli_list *l)
{
    free(l->at);
    *l = (cli_list){0};
}

/* ---------------------------------------------------------------- UTF-8 */

int32_t cli_utf8_next(const char **at, const char *end)
{
    const unsigned char *s = (const unsigned char *)*at;
    size_t left = (size_t)(end - *at);
    unsigned char first = s[0];
    if (first < 0x80) {
        *at += 1;
        return first;
    }
    size_t len = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : 2;
    int32_t c = first & (0x7f >> len);
    bool valid = first >= 0xc2 && first < 0xf5 && len <= left;
    for (size_t i = 1; valid && i < len; i++) {
        valid = (s[i] & 0xc0) == 0x80;
        c = c << 6 | (s[i] & 0x3f);
    }
    static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (!valid || c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
        *at += 1;
        return -1;
    }
    *at += len;
    return c;
}

bool cli_utf8_valid(const char *bytes, size_t len)
{
    for (const char *at = bytes, *end = bytes + len; at < end;)
        if (cli_utf8_next(&at, end) < 0)
            return false;
    return true;
}

int cli_char_columns(int32_t c)
{
    if (c >= 0x20 && c < 0x7f)
        return 1;
    if (c < 0xa0)
        return 1; /* controls, and what is no UTF-8: one blank or one U+FFFD */
    int columns = wcwidth((wchar_t)c);
    return columns < 0 ? 1 : columns;
}

size_t cli_columns(const char *bytes, size_t len)
{
    size_t columns = 0;
    for (const char *at = bytes, *end = bytes + len; at < end;)
        columns += (size_t)cli_char_columns(cli_utf8_next(&at, end));
    return columns;
}

static const char *short_escape(int32_t c)
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

void cli_text_add_json(cli_text *t, const char *bytes, size_t len)
{
    cli_text_addc(t, '"', 1);
    const char *end = bytes + len;
    const char *done = bytes; /* what stands before is in t */
    for (const char *at = bytes; at < end;) {
        const char *start = at;
        int32_t c = cli_utf8_next(&at, end);
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        cli_text_add(t, done, (size_t)(start - done));
        done = at;
        if (c < 0)
            cli_text_adds(t, "\xef\xbf\xbd");
        else if (short_escape(c))
            cli_text_adds(t, short_escape(c));
        else
            cli_text_addf(t, "\\u%04x", (unsigned)c);
    }
    cli_text_add(t, done, (size_t)(end - done));
    cli_text_addc(t, '"', 1);
}

/* ---------------------------------------------------------------- numbers and times */

bool cli_parse_int(const char *text, int64_t *out)
{
    const char *digits = text + (*text == '-' || *text == '+');
    if (*digits < '0' || *digits > '9')
        return false;
    char *end;
    errno = 0;
    intmax_t value = strtoimax(text, &end, 10);
    if (*end || errno || value < INT64_MIN || value > INT64_MAX)
        return false;
    *out = value;
    return true;
}

/** Days from 1970-01-01 to a date of the Gregorian calendar; March is the first month of a year
 *  here, so that the leap day comes last. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * m + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static bool valid_date(int year, int month, int day)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 0 || year > 9999 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= lengths[month - 1] + (month == 2 && leap);
}

/** Read exactly @p n digits; -1 where they are not there. */
static int digits_at(const char **at, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return -1;
        value = value * 10 + (**at - '0');
    }
    return value;
}

static bool take(const char **at, char c)
{
    if (**at != c)
        return false;
    ++*at;
    return true;
}

/** [T12:30[:15[.250]]][Z]; *at is at what stands after the date. */
static bool parse_clock(const char **at, int64_t *out_ms)
{
    *out_ms = 0;
    if (take(at, 'T') || take(at, ' ')) {
        int hours = digits_at(at, 2);
        if (hours < 0 || hours > 23 || !take(at, ':'))
            return false;
        int minutes = digits_at(at, 2);
        if (minutes < 0 || minutes > 59)
            return false;
        int seconds = take(at, ':') ? digits_at(at, 2) : 0;
        if (seconds < 0 || seconds > 59)
            return false;
        int ms = take(at, '.') ? digits_at(at, 3) : 0;
        if (ms < 0)
            return false;
        *out_ms = ((hours * 60 + minutes) * 60 + seconds) * INT64_C(1000) + ms;
    }
    take(at, 'Z');
    return **at == 0;
}

bool cli_parse_time(const char *text, int64_t *out_ms)
{
    if (strcmp(text, "now") == 0) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        *out_ms = now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
        return true;
    }
    if (cli_parse_int(text, out_ms))
        return *out_ms >= 0;
    const char *at = text;
    int year = digits_at(&at, 4);
    if (year < 0 || !take(&at, '-'))
        return false;
    int month = digits_at(&at, 2);
    if (month < 0 || !take(&at, '-'))
        return false;
    int day = digits_at(&at, 2);
    int64_t clock_ms;
    if (!valid_date(year, month, day) || !parse_clock(&at, &clock_ms))
        return false;
    *out_ms = days_of(year, month, day) * INT64_C(86400000) + clock_ms;
    return *out_ms >= 0;
}

int64_t cli_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}
