/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Printing by a pattern. An item that needs what is not there (the hour of a DATE) fails the whole,
 * or, inside an optional section, leaves that section out.
 *
 *     DATE 2024-05-06 by 'd MMM yyyy'             6 May 2024
 *     DATE 2024-05-06 by 'yyyy-MM-dd[ HH:mm]'     2024-05-06: there is no time for the section
 *     DATE 2024-05-06 by 'HH:mm'                  an error: Unsupported field: HourOfDay
 */
#include "engine/functions/datepattern_internal.h"

#include "common/utf8.h"

#include <stdio.h>

/* What an item has come to. */
typedef enum outcome {
    PRINTED,
    MISSING, /* what it needs is not there */
    FAILED,  /* the text of the error is set */
} outcome;

/* One print; the pattern is read-only and may be in use by other threads. */
typedef struct printer {
    const wr__dtime *t;
    wr_buf *out;  /* appended to, and cut back where something fails */
    char *errbuf; /* WR__DERR bytes, set where the outcome is not PRINTED */
} printer;

static outcome print_list(printer *p, const wr__dlist *list, bool optional);

/* The text is set as well: outside an optional section it is the error. */
static outcome missing(printer *p, const char *what, const char *name)
{
    snprintf(p->errbuf, WR__DERR, "%s%s", what, name);
    return MISSING;
}

/* Zeros up to the smallest width, the sign by the item's style; what is too wide fails, and is not
 * cut. */
static outcome print_digits(printer *p, const wr__ditem *item, int64_t value)
{
    char digits[24];
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)magnitude);
    if (n > item->max) {
        snprintf(
            p->errbuf, WR__DERR,
            "Field %s cannot be printed as the value %lld exceeds the maximum print width of %d",
            wr__dfield_names[item->field], (long long)value, item->max);
        return FAILED;
    }
    if (value < 0 && item->sign == WR__SIGN_NOT_NEGATIVE) {
        snprintf(p->errbuf, WR__DERR,
                 "Field %s cannot be printed as the value %lld cannot be negative according to the "
                 "SignStyle",
                 wr__dfield_names[item->field], (long long)value);
        return FAILED;
    }
    if (value < 0)
        wr_buf_putc(p->out, '-');
    else if (item->sign == WR__SIGN_EXCEEDS_PAD && item->min < 19 && n > item->min)
        wr_buf_putc(p->out, '+');
    for (int k = n; k < item->min; k++)
        wr_buf_putc(p->out, '0');
    wr_buf_put(p->out, digits, (size_t)n);
    return PRINTED;
}

/* The first digits of nine, never rounded. */
static outcome print_fraction(printer *p, const wr__ditem *item, int64_t nanos)
{
    WR_ASSERT(item->max >= 1 && item->max <= 9 && nanos >= 0);
    char digits[24];
    snprintf(digits, sizeof(digits), "%09lld", (long long)nanos);
    wr_buf_put(p->out, digits, (size_t)item->max);
    return PRINTED;
}

/* A name exists for each valid value: what is printed comes from a date, not from a text. */
static outcome print_text(printer *p, const wr__ditem *item, int64_t value)
{
    int n, first;
    const char *const *names = wr__dtext(item->field, item->style, &n, &first);
    WR_ASSERT(names && value >= first && value < first + n);
    wr_buf_puts(p->out, names[value - first]);
    return PRINTED;
}

/* A field that is not there is MISSING: only the list knows whether that is an error. */
static outcome print_field(printer *p, const wr__ditem *item)
{
    int64_t value;
    if (!wr__dtime_get(p->t, item->field, &value))
        return missing(p, "Unsupported field: ", wr__dfield_names[item->field]);
    switch (item->kind) {
    case WR__DI_FRACTION:
        return print_fraction(p, item, value);
    case WR__DI_TEXT:
        return print_text(p, item, value);
    case WR__DI_REDUCED: /* two digits, whatever the century is */
        return print_digits(p, item, (value < 0 ? -value : value) % 100);
    default:
        return print_digits(p, item, value);
    }
}

/* Hours and minutes decide: all of the minute 12:00 is noon. A DATE has no period. */
static outcome print_period(printer *p, const wr__ditem *item)
{
    int64_t hour, minute;
    if (!wr__dtime_get(p->t, WR__D_HOUR, &hour) || !wr__dtime_get(p->t, WR__D_MINUTE, &minute))
        return missing(p, "Unsupported field: ", wr__dfield_names[WR__D_HOUR]);
    wr_buf_puts(p->out, wr__dperiod((int)(hour * 60 + minute), item->style));
    return PRINTED;
}

/* ---- offsets ---- */

/* Two digits, which all parts of an offset have but for the hour of a short GMT form. */
static void print_part(printer *p, bool colon, int32_t value)
{
    wr_buf_printf(p->out, colon ? ":%02d" : "%02d", value);
}

/** By java.time's list of forms: +HH, +HHmm, +HH:mm, +HHMM, +HH:MM, +HHMMss, +HH:MM:ss. */
static void print_offset(printer *p, const wr__ditem *item)
{
    int32_t offset = p->t->offset_s, abs = offset < 0 ? -offset : offset;
    int32_t minutes = abs / 60 % 60, seconds = abs % 60, type = item->offset_type;
    WR_ASSERT(type >= 1 && type <= 6 && item->zero_offset);
    bool colon = type % 2 == 0;
    bool with_minutes = type >= 3 || (type >= 1 && minutes);
    bool with_seconds = with_minutes && type >= 5 && seconds;
    /* An offset of which nothing would be seen is printed as zero. */
    if (abs / 3600 == 0 && !(with_minutes && minutes) && !with_seconds) {
        wr_buf_puts(p->out, item->zero_offset);
        return;
    }
    wr_buf_putc(p->out, offset < 0 ? '-' : '+');
    print_part(p, false, abs / 3600);
    if (with_minutes)
        print_part(p, colon, minutes);
    if (with_seconds)
        print_part(p, colon, seconds);
}

/* O: GMT, GMT+8, GMT+8:30. OOOO: GMT+08:30. java.time's LocalizedOffsetIdPrinterParser, whose text
 * is GMT in English. */
static void print_gmt_offset(printer *p, const wr__ditem *item)
{
    int32_t offset = p->t->offset_s, abs = offset < 0 ? -offset : offset;
    int32_t minutes = abs / 60 % 60, seconds = abs % 60;
    bool full = item->style == WR__STYLE_FULL;
    wr_buf_puts(p->out, "GMT");
    if (!offset)
        return;
    wr_buf_printf(p->out, full ? "%c%02d" : "%c%d", offset < 0 ? '-' : '+', abs / 3600);
    if (full || minutes || seconds)
        print_part(p, true, minutes);
    if (seconds)
        print_part(p, true, seconds);
}

/* An offset counts as a field to Java, a zone as a query of its own: hence the two texts. */
static outcome print_zone(printer *p, const wr__ditem *item)
{
    if (!p->t->zone && (item->kind == WR__DI_OFFSET || item->kind == WR__DI_GMT_OFFSET))
        return missing(p, "Unsupported field: ", "OffsetSeconds");
    if (!p->t->zone)
        return missing(p, "Unable to extract ZoneId from temporal", "");
    if (item->kind == WR__DI_OFFSET)
        print_offset(p, item);
    else if (item->kind == WR__DI_GMT_OFFSET)
        print_gmt_offset(p, item);
    else if (item->kind == WR__DI_ZONE_ID)
        wr_buf_puts(p->out, p->t->zone->id);
    else
        wr__zone_put_name(p->out, p->t->zone, p->t->instant_ms, item->style == WR__STYLE_FULL,
                          item->generic);
    return PRINTED;
}

/* ---- the whole ---- */

/**
 * Put blanks before what was printed from @p start on. Widths count UTF-16 units. What is wider
 * than the pad is an error, not cut, as in java.time.
 */
static outcome pad_left(printer *p, size_t start, int32_t width)
{
    uint32_t n = wr_utf16_len(wr_str_make(p->out->ptr + start, p->out->len - start));
    if (n > (uint32_t)width) {
        snprintf(p->errbuf, WR__DERR,
                 "Cannot print as output of %u characters exceeds pad width of %d", n, width);
        return FAILED;
    }
    size_t blanks = (uint32_t)width - n, len = p->out->len - start;
    wr_buf_reserve(p->out, blanks);
    memmove(p->out->ptr + start + blanks, p->out->ptr + start, len);
    memset(p->out->ptr + start, ' ', blanks);
    p->out->len += blanks;
    WR_ASSERT(p->out->len == start + blanks + len);
    return PRINTED;
}

/* Literals and optional sections cannot fail by themselves. */
static outcome print_item(printer *p, const wr__ditem *item)
{
    switch (item->kind) {
    case WR__DI_CHAR:
        wr_utf8_put(p->out, item->cp);
        return PRINTED;
    case WR__DI_NUMBER:
    case WR__DI_REDUCED:
    case WR__DI_FRACTION:
    case WR__DI_TEXT:
        return print_field(p, item);
    case WR__DI_PERIOD:
        return print_period(p, item);
    case WR__DI_ZONE_ID:
    case WR__DI_ZONE_NAME:
    case WR__DI_OFFSET:
    case WR__DI_GMT_OFFSET:
        return print_zone(p, item);
    case WR__DI_OPTIONAL:
        return print_list(p, &item->list, true);
    }
    WR_UNREACHABLE();
}

/* A section that cannot be printed whole is not printed at all: what it has written is taken back.
 */
static outcome print_list(printer *p, const wr__dlist *list, bool optional)
{
    size_t begin = p->out->len;
    for (uint32_t k = 0; k < list->n; k++) {
        size_t start = p->out->len;
        outcome o = print_item(p, &list->items[k]);
        if (o == PRINTED && list->items[k].pad)
            o = pad_left(p, start, list->items[k].pad);
        if (o == MISSING && optional) {
            p->out->len = begin;
            return PRINTED;
        }
        if (o != PRINTED)
            return o;
    }
    return PRINTED;
}

/* On failure @p out is as it was before. */
bool wr__datepattern_format(const wr_datepattern *pattern, const wr__dtime *t, wr_buf *out,
                            char errbuf[WR__DERR])
{
    printer p = {t, out, errbuf};
    size_t begin = out->len;
    if (print_list(&p, &pattern->list, false) == PRINTED)
        return true;
    out->len = begin;
    return false;
}
