/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading by a pattern: the text's fields, item by item, as DateTimeFormatter's strict (in widths),
 * case-insensitive parser does. What the fields amount to is datepattern_resolve.c's affair.
 *
 * An item's parser gives the end of what it took, or NULL; then failed_at says where it failed. A
 * failed optional section leaves no trace.
 *
 *     '20240506' by 'yyyyMMdd'      2024, 5 and 6: dd and MM reserve their digits
 *     '6 may 2024' by 'd MMM yyyy'  case does not matter
 *     '2024-5-6' by 'yyyy-MM-dd'    an error at index 5: two digits are wanted
 */
#include "engine/functions/datepattern_internal.h"

#include "common/utf8.h"

#include <stdio.h>
#include <unicode/uchar.h>
#include <unicode/ucal.h>
#include <unicode/uenum.h>

typedef struct reader {
    const char *begin, *end; /* of the text; `end` is nearer while a padded field is read */
    wr__dparsed *out;
    wr__dnames names;      /* whose names of months and days are read */
    wr__zone_cache *zones; /* for zones that the text names */
    wr_arena *a;
    const char *failed_at; /* the last failure, which is the one that is reported */
} reader;

static const char *read_list(reader *r, const wr__dlist *list, const char *p);

/* Where the error's text says that the text could not be parsed: Java's index, in bytes here. */
static const char *fail_at(reader *r, const char *p)
{
    WR_ASSERT(p >= r->begin && p <= r->end);
    r->failed_at = p;
    return NULL;
}

/**
 * A field read twice must have the same value. @p from is where the field stands in the text: where
 * a contradiction is reported. "12 13" by the pattern "HH HH" contradicts itself.
 */
static const char *set_field(reader *r, wr__dfield field, int64_t value, const char *from,
                             const char *to)
{
    if (wr__dparsed_has(r->out, field) && r->out->v[field] != value)
        return fail_at(r, from);
    WR_ASSERT(to >= from && to <= r->end);
    r->out->present |= 1u << field;
    r->out->v[field] = value;
    return to;
}

/* ASCII digits only: DateTimeFormatter's DecimalStyle.STANDARD. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Java's way to compare without case: upper and lower are both tried, since neither alone says all.
 */
static bool same_char(uint32_t a, uint32_t b)
{
    return a == b || u_toupper((UChar32)a) == u_toupper((UChar32)b) ||
           u_tolower((UChar32)a) == u_tolower((UChar32)b);
}

/** The end of @p text at @p p, which is compared in any case, or NULL. Names here are ASCII. */
static const char *match_text(const reader *r, const char *p, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(r->end - p) < n || !wr_str_ieq(wr_str_make(p, n), wr_str_make(text, n)))
        return NULL;
    return p + n;
}

/* ---- numbers ---- */

/**
 * Up to @p max digits at @p p into *value. False: more than 64 bits hold. The limit leaves room for
 * one more digit without an overflow.
 */
static bool take_digits(const reader *r, const char **p, int64_t max, uint64_t *value)
{
    *value = 0;
    for (; max > 0 && *p < r->end && is_digit(**p); max--, ++*p) {
        if (*value > (INT64_MAX - 9) / 10)
            return false;
        *value = *value * 10 + (uint64_t)(**p - '0');
    }
    return true;
}

/**
 * The sign of a number; false: not allowed here. Strict parsing: a plus sign only where the style
 * would print one.
 */
static bool take_sign(const wr__ditem *item, const char **p, char *sign)
{
    *sign = 0;
    if (**p != '+' && **p != '-')
        return true;
    *sign = *(*p)++;
    return item->sign == WR__SIGN_EXCEEDS_PAD || (item->sign == WR__SIGN_NORMAL && *sign == '-');
}

/* Two digits of a year stand for 2000 to 2099; any other number of digits for itself.
 *
 *     yy      24 is 2024 */
static const char *set_number(reader *r, const wr__ditem *item, int64_t value, const char *from,
                              const char *to)
{
    if (item->kind == WR__DI_REDUCED && to - from == item->min && value >= 0)
        value += 2000;
    return set_field(r, item->field, value, from, to);
}

/*
 * Digits are taken greedily up to the width, plus what later numbers of the run have reserved; then
 * those are given back. A sign must be one that printing would have written: "-0" is none, and a
 * plus sign goes with more digits than the pattern's.
 */
static const char *read_number(reader *r, const wr__ditem *item, const char *start)
{
    const char *p = start;
    char sign;
    if (p == r->end || !take_sign(item, &p, &sign))
        return fail_at(r, start);
    const char *digits = p;
    if (r->end - p < item->min)
        return fail_at(r, p);
    int64_t max = item->max + (item->subsequent > 0 ? item->subsequent : 0);
    uint64_t magnitude;
    if (!take_digits(r, &p, max, &magnitude) || p - digits < item->min)
        return fail_at(r, digits);
    if (item->subsequent > 0) {
        /* Read again, now that it is known how many digits there are to share. */
        int64_t own = WR_MAX((int64_t)item->min, (p - digits) - (int64_t)item->subsequent);
        WR_ASSERT(own >= item->min);
        p = digits;
        if (!take_digits(r, &p, own, &magnitude))
            return fail_at(r, digits);
    }
    if (sign == '-' && magnitude == 0)
        return fail_at(r, start);
    if (sign != '-' && item->sign == WR__SIGN_EXCEEDS_PAD &&
        (sign == '+') != (p - digits > item->min))
        return fail_at(r, start);
    int64_t value = sign == '-' ? -(int64_t)magnitude : (int64_t)magnitude;
    return set_number(r, item, value, digits, p);
}

/* Digits of a second's fraction, filled up with zeros to nanoseconds.
 *
 *     SSS      '5' fails, '500' is 500,000,000 nanoseconds */
static const char *read_fraction(reader *r, const wr__ditem *item, const char *start)
{
    const char *p = start;
    int64_t nanos = 0;
    for (int k = 0; k < 9; k++) {
        bool digit = k < item->max && p < r->end && is_digit(*p);
        if (k < item->min && !digit)
            return fail_at(r, start);
        nanos = nanos * 10 + (digit ? *p++ - '0' : 0);
    }
    return set_field(r, item->field, nanos, start, p);
}

/* ---- names ---- */

/* The longest name that is there: March before Mar. The root locale writes months, days and
 * quarters short where the USA's names are full ones. */
static const char *read_text(reader *r, const wr__ditem *item, const char *start)
{
    int n, first, best = -1;
    bool brief =
        r->names == WR__NAMES_ROOT && item->style == WR__STYLE_FULL && item->field != WR__D_ERA;
    wr__dstyle style = brief ? WR__STYLE_SHORT : item->style;
    const char *const *names = wr__dtext(item->field, style, &n, &first), *to = NULL;
    for (int k = 0; k < n; k++) {
        const char *after = match_text(r, start, names[k]);
        if (after && (!to || after >= to)) { /* of equal narrow names the last counts */
            to = after;
            best = k;
        }
    }
    return to ? set_field(r, item->field, best + first, start, to) : fail_at(r, start);
}

/* ---- offsets ---- */

/** Two digits below 60, after a colon where @p colon. NULL: they are not there, or above 59. */
static const char *two_digits(const reader *r, const char *p, bool colon, int32_t *value)
{
    if (colon) {
        if (p == r->end || *p != ':')
            return NULL;
        p++;
    }
    if (r->end - p < 2 || !is_digit(p[0]) || !is_digit(p[1]))
        return NULL;
    *value = (p[0] - '0') * 10 + (p[1] - '0');
    return *value <= 59 ? p + 2 : NULL;
}

/** [+-]HH with minutes and seconds as the form wants them. NULL: it is none. */
static const char *take_offset(const reader *r, int32_t type, const char *p, int32_t *seconds)
{
    int32_t part[3] = {0};
    bool colon = type % 2 == 0, negative = *p == '-';
    const char *to = two_digits(r, p + 1, false, &part[0]);
    for (int k = 1; to && k <= (type >= 5 ? 2 : type >= 1 ? 1 : 0); k++) {
        const char *next = two_digits(r, to, colon, &part[k]);
        bool mandatory = k == 1 && type >= 3;
        if (!next) {
            part[k] = 0;
            if (mandatory)
                return NULL;
            break;
        }
        to = next;
    }
    if (!to || part[0] > 23)
        return NULL;
    *seconds = (part[0] * 3600 + part[1] * 60 + part[2]) * (negative ? -1 : 1);
    return to;
}

/* The text for zero is tried first: it may be letters. */
static const char *read_offset(reader *r, const wr__ditem *item, const char *start)
{
    if (start == r->end)
        return fail_at(r, start);
    const char *to = match_text(r, start, item->zero_offset);
    int32_t seconds = 0;
    if (!to && (*start == '+' || *start == '-'))
        to = take_offset(r, item->offset_type, start, &seconds);
    return to ? set_field(r, WR__D_OFFSET, seconds, start, to) : fail_at(r, start);
}

/** After GMT and a sign: h, hh, h:mm, h:mm:ss; full: hh:mm[:ss]. */
static const char *gmt_parts(const reader *r, const char *p, bool full, int32_t part[3])
{
    if (full) {
        p = two_digits(r, p, false, &part[0]);
        p = p ? two_digits(r, p, true, &part[1]) : NULL;
    } else {
        if (p == r->end || !is_digit(*p))
            return NULL;
        part[0] = *p++ - '0';
        if (p < r->end && is_digit(*p))
            part[0] = part[0] * 10 + (*p++ - '0');
        const char *next = two_digits(r, p, true, &part[1]);
        if (!next)
            return p;
        p = next;
    }
    const char *next = p ? two_digits(r, p, true, &part[2]) : NULL;
    return next ? next : p;
}

/* GMT alone is offset 0. */
static const char *read_gmt_offset(reader *r, const wr__ditem *item, const char *start)
{
    const char *p = match_text(r, start, "GMT");
    if (!p)
        return fail_at(r, start);
    if (p == r->end || (*p != '+' && *p != '-'))
        return set_field(r, WR__D_OFFSET, 0, start, p);
    int32_t part[3] = {0}, sign = *p == '-' ? -1 : 1;
    const char *to = gmt_parts(r, p + 1, item->style == WR__STYLE_FULL, part);
    if (!to)
        return fail_at(r, start);
    return set_field(r, WR__D_OFFSET, sign * (part[0] * 3600 + part[1] * 60 + part[2]), start, to);
}

/* ---- zones ---- */

/* What ids of the IANA data are made of. */
static bool is_zone_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '/' ||
           c == '_' || c == '+' || c == '-';
}

/**
 * The zone whose id is @p text in any case.
 *
 * An exact id is found at once; another spelling costs a walk over all ids, once for each spelling,
 * as the cache keeps what it has found.
 */
static const wr__zone *zone_in_any_case(reader *r, wr_str text)
{
    const wr__zone *exact = wr__zone_get(r->zones, text, r->a);
    if (exact || text.len < 3)
        return exact;
    UErrorCode status = U_ZERO_ERROR;
    UEnumeration *ids = ucal_openTimeZones(&status);
    const char *id = NULL;
    int32_t n;
    while (U_SUCCESS(status) && (id = uenum_next(ids, &n, &status)))
        if (wr_str_ieq(text, wr_str_make(id, (size_t)n)))
            break;
    const wr__zone *found = id ? wr__zone_get(r->zones, wr_str_c(id), r->a) : NULL;
    uenum_close(ids);
    return found;
}

/* A text may name its zone twice, but not two zones. */
static const char *set_zone(reader *r, const wr__zone *zone, const char *from, const char *to)
{
    if (!zone || (r->out->t.zone && strcmp(r->out->t.zone->id, zone->id) != 0))
        return fail_at(r, from);
    r->out->t.zone = zone;
    return to;
}

/** +hh:mm, alone or after UTC, GMT, UT. @p start: where the prefix begins, @p p: its end. */
static const char *offset_zone(reader *r, const char *start, const char *p)
{
    const char *to = NULL;
    int32_t seconds;
    if (p < r->end && (*p == '+' || *p == '-'))
        to = take_offset(r, 6, p, &seconds);
    if (!to && p == start)
        return fail_at(r, start);
    char id[32];
    size_t n = (size_t)((to ? to : p) - start);
    WR_ASSERT(n < sizeof(id));
    for (size_t k = 0; k < n; k++)
        id[k] = wr_upper(start[k]);
    const wr__zone *zone = wr__zone_get(r->zones, wr_str_make(id, n), r->a);
    return set_zone(r, zone, start, to ? to : p);
}

/*
 * In java.time's order: an offset; UTC, GMT or UT with an offset or without; the longest id or
 * abbreviation; Z. "GMT0" is an id of its own, hence the look at the digit after GMT. An id is
 * looked for from the longest candidate down, at most 40 characters.
 */
static const char *read_zone(reader *r, const wr__ditem *item, const char *start)
{
    if (start == r->end)
        return fail_at(r, start);
    if (*start == '+' || *start == '-')
        return offset_zone(r, start, start);
    static const char *const prefixes[] = {"UTC", "UT", "GMT"};
    for (size_t k = 0; k < WR_ARRAY_LEN(prefixes); k++) {
        const char *p = match_text(r, start, prefixes[k]);
        if (p && !(k == 2 && p < r->end && *p == '0'))
            return offset_zone(r, start, p);
    }
    const char *stop = start;
    while (stop < r->end && stop - start < 40 && is_zone_char(*stop))
        stop++;
    uint32_t short_n = 0;
    const char *short_id = NULL;
    if (item->kind == WR__DI_ZONE_NAME)
        short_id = wr__zone_of_abbreviation(wr_str_make(start, (size_t)(r->end - start)), &short_n);
    for (; stop > start + short_n; stop--) {
        const wr__zone *zone = zone_in_any_case(r, wr_str_make(start, (size_t)(stop - start)));
        if (zone && !zone->is_offset)
            return set_zone(r, zone, start, stop);
    }
    if (short_id)
        return set_zone(r, wr__zone_get(r->zones, wr_str_c(short_id), r->a), start,
                        start + short_n);
    if (*start == 'Z' || *start == 'z')
        return set_zone(r, wr__zone_get(r->zones, WR_STR("Z"), r->a), start, start + 1);
    return fail_at(r, start);
}

/* ---- the whole ---- */

/* Case does not matter for literals either: the whole parser ignores it. */
static const char *read_char(reader *r, const wr__ditem *item, const char *start)
{
    const char *p = start;
    if (p == r->end || !same_char(wr_utf8_next(&p, r->end), item->cp))
        return fail_at(r, start);
    return p;
}

/* Fields that a failed section has set are forgotten with it. Never fails: a section that does not
 * fit took nothing. */
static const char *read_optional(reader *r, const wr__ditem *item, const char *start)
{
    wr__dparsed before = *r->out;
    const char *to = read_list(r, &item->list, start);
    if (to)
        return to;
    *r->out = before;
    return start;
}

/* NULL where the item does not fit at @p p; what it has set stays until the caller decides. */
static const char *read_item(reader *r, const wr__ditem *item, const char *p)
{
    switch (item->kind) {
    case WR__DI_CHAR:
        return read_char(r, item, p);
    case WR__DI_NUMBER:
    case WR__DI_REDUCED:
        return read_number(r, item, p);
    case WR__DI_FRACTION:
        return read_fraction(r, item, p);
    case WR__DI_TEXT:
        return read_text(r, item, p);
    case WR__DI_PERIOD: /* not supported: docs/design/functions.md */
        return fail_at(r, p);
    case WR__DI_OFFSET:
        return read_offset(r, item, p);
    case WR__DI_GMT_OFFSET:
        return read_gmt_offset(r, item, p);
    case WR__DI_ZONE_ID:
    case WR__DI_ZONE_NAME:
        return read_zone(r, item, p);
    case WR__DI_OPTIONAL:
        return read_optional(r, item, p);
    }
    WR_UNREACHABLE();
}

/**
 * An item in a field of its own, filled up with blanks on the left. The end of the text is moved
 * for as long as the field is read, so that no item can read beyond the pad.
 */
static const char *read_padded(reader *r, const wr__ditem *item, const char *start)
{
    if (r->end - start < item->pad)
        return fail_at(r, start);
    const char *end = r->end, *field_end = start + item->pad, *p = start;
    while (p < field_end && *p == ' ')
        p++;
    r->end = field_end;
    const char *to = read_item(r, item, p);
    r->end = end;
    return to == field_end ? to : fail_at(r, p);
}

/* Items in order; there is no way back to try another split, as in java.time. */
static const char *read_list(reader *r, const wr__dlist *list, const char *p)
{
    for (uint32_t k = 0; k < list->n && p; k++)
        p = list->items[k].pad ? read_padded(r, &list->items[k], p)
                               : read_item(r, &list->items[k], p);
    return p;
}

/* First the fields of the whole text, then what they amount to. What is left over of the text is an
 * error. Texts in messages are cut, as they come from records. */
bool wr__datepattern_parse(const wr_datepattern *p, wr_str text, wr__dnames names,
                           wr__zone_cache *zones, wr_arena *a, wr__dparsed *out,
                           char errbuf[WR__DERR])
{
    const char *begin = text.ptr ? text.ptr : "";
    reader r = {begin, begin + text.len, out, names, zones, a, begin};
    *out = (wr__dparsed){0};
    const char *to = read_list(&r, &p->list, begin);
    wr_str shown = wr_str_make(begin, WR_MIN(text.len, 64u));
    if (!to) {
        snprintf(errbuf, WR__DERR, "Text '" WR_STR_FMT "' could not be parsed at index %lld",
                 WR_STR_ARG(shown), (long long)(r.failed_at - begin));
        return false;
    }
    if (to < r.end) {
        snprintf(errbuf, WR__DERR,
                 "Text '" WR_STR_FMT "' could not be parsed, unparsed text found at index %lld",
                 WR_STR_ARG(shown), (long long)(to - begin));
        return false;
    }
    char why[WR__DERR];
    if (wr__dparsed_resolve(out, why))
        return true;
    snprintf(errbuf, WR__DERR, "Text '" WR_STR_FMT "' could not be parsed: %.150s",
             WR_STR_ARG(shown), why);
    return false;
}
