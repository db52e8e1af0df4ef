/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiling patterns: DateTimeFormatterBuilder.appendPattern.
 *
 * Numbers side by side ("yyyyMMdd") share their digits: the first one of the run takes what the
 * others, of fixed width, leave. So a number that is appended after another either makes the first
 * one reserve digits for it (`subsequent`) or ends the run; anything else ends it, too.
 *
 * The letters, with what they print and read; a number of letters is a width unless said otherwise:
 *
 *     G  era: GGGG in full, GGGGG one letter       H  hour 0..23          k  hour 1..24
 *     u  year, with sign                           K  hour of half 0..11  h  hour of half 1..12
 *     y  year of era; yy: 2000..2099               a  AM, PM
 *     Y  week-based year                           m  minute              s  second
 *     Q q  quarter: 1, 01, Q1, 1st quarter, 1      S  digits of the second's fraction
 *     M L  month: 9, 09, Sep, September, S         n  nanosecond of the second
 *     E  day of the week: Mon, EEEE Monday         A  millisecond of the day
 *     e c  day of the week, Sunday is 1            N  nanosecond of the day
 *     d  day of the month    D  day of the year    V  zone id (VV)
 *     F  week of the month: 1 for the days 1 to 7  z  zone name: CET; zzzz in full
 *     g  modified Julian day                       v  zone name for both halves of the year
 *     w  week of the week-based year               O  GMT+8; OOOO: GMT+08:00
 *     W  week of the month                         X x Z  offsets: +01, +0100, +01:00; X: Z for 0
 *     p  pads the next letters                     B  in the morning; printed only
 *
 * Text between quotes and all other characters stand for themselves; [ ] encloses an optional part;
 * {, } and # are reserved. Two quotes are one.
 */
#include "engine/functions/datepattern_internal.h"

#include "common/utf8.h"

#include <stdio.h>

/* As Java's messages name them, so that an error says the same as ksqlDB's. */
const char *const wr__dfield_names[WR__D_N] = {
    [WR__D_NANO] = "NanoOfSecond",
    [WR__D_NANO_OF_DAY] = "NanoOfDay",
    [WR__D_MILLI_OF_DAY] = "MilliOfDay",
    [WR__D_SECOND] = "SecondOfMinute",
    [WR__D_MINUTE] = "MinuteOfHour",
    [WR__D_HOUR_OF_AMPM] = "HourOfAmPm",
    [WR__D_CLOCK_HOUR_OF_AMPM] = "ClockHourOfAmPm",
    [WR__D_HOUR] = "HourOfDay",
    [WR__D_CLOCK_HOUR] = "ClockHourOfDay",
    [WR__D_AMPM] = "AmPmOfDay",
    [WR__D_DAY_OF_WEEK] = "DayOfWeek",
    [WR__D_ALIGNED_WEEK] = "AlignedWeekOfMonth",
    [WR__D_DAY_OF_MONTH] = "DayOfMonth",
    [WR__D_DAY_OF_YEAR] = "DayOfYear",
    [WR__D_MONTH] = "MonthOfYear",
    [WR__D_YEAR_OF_ERA] = "YearOfEra",
    [WR__D_YEAR] = "Year",
    [WR__D_ERA] = "Era",
    [WR__D_OFFSET] = "OffsetSeconds",
    [WR__D_QUARTER] = "QuarterOfYear",
    [WR__D_JULIAN] = "ModifiedJulianDay",
    [WR__D_LOCAL_DAY] = "DayOfWeek[WeekFields[SUNDAY,1]]",
    [WR__D_WEEK_YEAR] = "WeekBasedYear[WeekFields[SUNDAY,1]]",
    [WR__D_WEEK] = "WeekOfWeekBasedYear[WeekFields[SUNDAY,1]]",
    [WR__D_WEEK_OF_MONTH] = "WeekOfMonth[WeekFields[SUNDAY,1]]",
};

/* A pattern may come from a row, so both its depth and its length are bounded. */
#define NESTING_MAX 16
#define ITEMS_MAX   2048

typedef wr_arr(wr__ditem) item_list;

/* A list under construction: the pattern, or an optional section of it. */
typedef struct level {
    item_list items;
    int64_t run; /* index of the number that leads a run of digits, or -1 */
} level;

typedef struct compiler {
    const char *p, *end;       /* the cursor and the end of the pattern */
    wr_arena *a;               /* of the result */
    level levels[NESTING_MAX]; /* the pattern, and the sections that are open */
    uint32_t depth;            /* of the open level, 0: the pattern */
    int32_t pad;               /* for the next item */
    uint32_t items;            /* of all levels together, against ITEMS_MAX */
    weir_error *err;
    wr_str pattern; /* all of it, for messages */
} compiler;

/* The whole message, with the letter that is wrong at its end. Always false. */
static bool refuse(compiler *c, const char *why, char letter)
{
    wr_error(c->err, WEIR_ERR_STATEMENT, "Invalid date pattern '" WR_STR_FMT "': %s%c",
             WR_STR_ARG(c->pattern), why, letter);
    return false;
}

/* Add an item that is no number, or is not to share digits: the run of numbers ends. */
static uint32_t append(compiler *c, wr__ditem item)
{
    WR_ASSERT(c->depth < NESTING_MAX);
    level *l = &c->levels[c->depth];
    item.pad = c->pad;
    c->pad = 0;
    l->run = -1;
    wr_arr_push(c->a, &l->items, item);
    c->items++;
    return (uint32_t)l->items.n - 1;
}

/*
 * appendValue of java.time. In a run only numbers of fixed width may follow the first one; they do
 * not share, they take their width, and the first one's `subsequent` says how much that is
 * together. A padded number is a field of its own.
 */
static bool append_number(compiler *c, wr__ditem item)
{
    level *l = &c->levels[c->depth];
    int64_t run = l->run;
    WR_ASSERT(run < (int64_t)l->items.n);
    bool padded = c->pad != 0;
    if (run >= 0 && item.min == item.max && item.sign == WR__SIGN_NOT_NEGATIVE) {
        l->items.v[run].subsequent += item.max;
        item.subsequent = -1;
        append(c, item);
        l->run = run;
        return true;
    }
    if (run >= 0)
        l->items.v[run].subsequent = -1;
    uint32_t index = append(c, item);
    l->run = padded ? -1 : (int64_t)index;
    return true;
}

/* @p min and @p max are widths in digits. */
static bool number(compiler *c, wr__dfield field, int32_t min, int32_t max, wr__dsign sign)
{
    return append_number(
        c,
        (wr__ditem){.kind = WR__DI_NUMBER, .field = field, .min = min, .max = max, .sign = sign});
}

/**
 * One letter: as many digits as it takes; more: exactly so many.
 *
 *     d     5, 31        dd    05, 31        ddd   refused
 */
static bool simple_number(compiler *c, wr__dfield field, int n, int max, char letter)
{
    if (n > max)
        return refuse(c, "Too many pattern letters: ", letter);
    return n == 1 ? number(c, field, 1, 19, WR__SIGN_NORMAL)
                  : number(c, field, n, n, WR__SIGN_NOT_NEGATIVE);
}

/* A name: month, day of the week, era, half of the day, quarter. */
static bool text(compiler *c, wr__dfield field, wr__dstyle style)
{
    append(c, (wr__ditem){.kind = WR__DI_TEXT, .field = field, .style = style});
    return true;
}

/* Two letters mean two digits from 2000 on; four or more allow more digits after a plus sign.
 *
 *     y     2024, 5      yy    24 is 2024    yyyy  2024, 0005, +12024 */
static bool year(compiler *c, wr__dfield field, int n)
{
    if (n == 2)
        return append_number(c, (wr__ditem){.kind = WR__DI_REDUCED,
                                            .field = field,
                                            .min = 2,
                                            .max = 2,
                                            .sign = WR__SIGN_NOT_NEGATIVE});
    return number(c, field, n, 19, n < 4 ? WR__SIGN_NORMAL : WR__SIGN_EXCEEDS_PAD);
}

/**
 * M L Q q E e c: a number up to two letters (E: a name), then short, full and narrow names. E has
 * no number; e and c count from Sunday, the locale's first day, and have the names of E.
 */
static bool number_or_text(compiler *c, char letter, wr__dfield field, int n)
{
    static const wr__dstyle styles[] = {WR__STYLE_SHORT, WR__STYLE_FULL, WR__STYLE_NARROW};
    if (n > 5 || (letter == 'c' && n == 2))
        return refuse(c, "Too many pattern letters: ", letter);
    if (n >= 3)
        return text(c, field, styles[n - 3]);
    if (letter == 'E')
        return text(c, field, WR__STYLE_SHORT);
    if (letter == 'e' || letter == 'c')
        return number(c, WR__D_LOCAL_DAY, n, 2, WR__SIGN_NOT_NEGATIVE);
    return n == 1 ? number(c, field, 1, 19, WR__SIGN_NORMAL)
                  : number(c, field, 2, 2, WR__SIGN_NOT_NEGATIVE);
}

/* X, x and Z differ in what they print for zero: Z, or digits. The index of java.time's list of
 * forms follows from the number of letters. */
static bool offset(compiler *c, char letter, int n)
{
    if (n > 5)
        return refuse(c, "Too many pattern letters: ", letter);
    wr__ditem item = {.kind = WR__DI_OFFSET, .offset_type = n == 1 ? 1 : n + 1, .zero_offset = "Z"};
    if (letter == 'x')
        item.zero_offset = n == 1 ? "+00" : n % 2 == 0 ? "+0000" : "+00:00";
    if (letter == 'Z' && n < 4) {
        item.offset_type = 3;
        item.zero_offset = "+0000";
    } else if (letter == 'Z' && n == 4) {
        item = (wr__ditem){.kind = WR__DI_GMT_OFFSET, .style = WR__STYLE_FULL};
    }
    append(c, item);
    return true;
}

/* z and v: names, V: the id, O: GMT+8. */
static bool zone(compiler *c, char letter, int n)
{
    bool ok = letter == 'z' ? n <= 4 : letter == 'V' ? n == 2 : n == 1 || n == 4;
    if (!ok)
        return refuse(c, "Wrong number of pattern letters: ", letter);
    wr__ditem item = {.kind = letter == 'V'   ? WR__DI_ZONE_ID
                              : letter == 'O' ? WR__DI_GMT_OFFSET
                                              : WR__DI_ZONE_NAME,
                      .style = n == 4 ? WR__STYLE_FULL : WR__STYLE_SHORT,
                      .generic = letter == 'v'};
    append(c, item);
    return true;
}

/* One letter, four, or five for the narrow style. */
static bool period(compiler *c, int n)
{
    if (n != 1 && n != 4 && n != 5)
        return refuse(c, "Wrong number of pattern letters: ", 'B');
    wr__dstyle style = n == 1 ? WR__STYLE_SHORT : n == 4 ? WR__STYLE_FULL : WR__STYLE_NARROW;
    append(c, (wr__ditem){.kind = WR__DI_PERIOD, .style = style});
    return true;
}

/* Java has the same text for one to three letters. */
static bool era(compiler *c, int n)
{
    if (n > 5)
        return refuse(c, "Too many pattern letters: ", 'G');
    return text(c, WR__D_ERA,
                n <= 3   ? WR__STYLE_SHORT
                : n == 4 ? WR__STYLE_FULL
                         : WR__STYLE_NARROW);
}

/* S counts digits of the second's fraction: SSS is milliseconds. */
static bool fraction(compiler *c, int n)
{
    if (n > 9)
        return refuse(c, "Too many pattern letters: ", 'S');
    return append_number(c, (wr__ditem){.kind = WR__DI_FRACTION,
                                        .field = WR__D_NANO,
                                        .min = n,
                                        .max = n,
                                        .sign = WR__SIGN_NOT_NEGATIVE});
}

/* DD is two or three digits: a day of the year may have three. */
static bool day_of_year(compiler *c, int n)
{
    if (n > 3)
        return refuse(c, "Too many pattern letters: ", 'D');
    return n == 1 ? number(c, WR__D_DAY_OF_YEAR, 1, 19, WR__SIGN_NORMAL)
                  : number(c, WR__D_DAY_OF_YEAR, n, 3, WR__SIGN_NOT_NEGATIVE);
}

/**
 * Letters of the date. The default is what java.time's message says of a letter that it does not
 * know.
 */
static bool date_letter(compiler *c, char letter, int n)
{
    switch (letter) {
    case 'G':
        return era(c, n);
    case 'u':
        return year(c, WR__D_YEAR, n);
    case 'y':
        return year(c, WR__D_YEAR_OF_ERA, n);
    case 'Y':
        return year(c, WR__D_WEEK_YEAR, n);
    case 'Q':
    case 'q':
        return number_or_text(c, letter, WR__D_QUARTER, n);
    case 'M':
    case 'L':
        return number_or_text(c, letter, WR__D_MONTH, n);
    case 'E':
    case 'e':
    case 'c':
        return number_or_text(c, letter, WR__D_DAY_OF_WEEK, n);
    case 'D':
        return day_of_year(c, n);
    case 'd':
        return simple_number(c, WR__D_DAY_OF_MONTH, n, 2, letter);
    case 'F':
        return simple_number(c, WR__D_ALIGNED_WEEK, n, 1, letter);
    case 'g':
        return number(c, WR__D_JULIAN, n, 19, WR__SIGN_NORMAL);
    case 'w':
        return n <= 2 ? number(c, WR__D_WEEK, n, 2, WR__SIGN_NOT_NEGATIVE)
                      : refuse(c, "Too many pattern letters: ", letter);
    case 'W':
        return n == 1 ? number(c, WR__D_WEEK_OF_MONTH, 1, 2, WR__SIGN_NOT_NEGATIVE)
                      : refuse(c, "Too many pattern letters: ", letter);
    default:
        return refuse(c, "Unknown pattern letter: ", letter);
    }
}

/* Letters of the time and of zones; the others are of the date. A letter that java.time does not
 * know is refused there. `B` needs texts for parts of the day ("in the afternoon") that Weir has
 * not. */
static bool letters(compiler *c, char letter, int n)
{
    switch (letter) {
    case 'a':
        return n == 1 ? text(c, WR__D_AMPM, WR__STYLE_SHORT)
                      : refuse(c, "Too many pattern letters: ", letter);
    case 'H':
        return simple_number(c, WR__D_HOUR, n, 2, letter);
    case 'k':
        return simple_number(c, WR__D_CLOCK_HOUR, n, 2, letter);
    case 'K':
        return simple_number(c, WR__D_HOUR_OF_AMPM, n, 2, letter);
    case 'h':
        return simple_number(c, WR__D_CLOCK_HOUR_OF_AMPM, n, 2, letter);
    case 'm':
        return simple_number(c, WR__D_MINUTE, n, 2, letter);
    case 's':
        return simple_number(c, WR__D_SECOND, n, 2, letter);
    case 'S':
        return fraction(c, n);
    case 'A':
        return number(c, WR__D_MILLI_OF_DAY, n, 19, WR__SIGN_NOT_NEGATIVE);
    case 'n':
        return number(c, WR__D_NANO, n, 19, WR__SIGN_NOT_NEGATIVE);
    case 'N':
        return number(c, WR__D_NANO_OF_DAY, n, 19, WR__SIGN_NOT_NEGATIVE);
    case 'V':
    case 'z':
    case 'v':
    case 'O':
        return zone(c, letter, n);
    case 'X':
    case 'x':
    case 'Z':
        return n <= 5 ? offset(c, letter, n) : refuse(c, "Too many pattern letters: ", letter);
    case 'B':
        return period(c, n);
    default:
        return date_letter(c, letter, n);
    }
}

/* ASCII only: other letters stand for themselves. */
static bool is_letter(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
}

/**
 * How often the letter at the cursor stands there; the cursor moves past them. Cut at 1000, which
 * every letter refuses, so that the count fits an int.
 */
static int take_run(compiler *c)
{
    const char *start = c->p;
    while (c->p < c->end && *c->p == *start)
        c->p++;
    return (int)WR_MIN(c->p - start, 1000);
}

/* `p` before letters pads what they print with blanks to as many characters as there are p's. */
static bool compile_letters(compiler *c)
{
    char letter = *c->p;
    int n = take_run(c);
    if (letter == 'p') {
        if (c->p == c->end || !is_letter(*c->p) || *c->p == 'p')
            return refuse(c, "Pad letter must be followed by a valid pad pattern: ", letter);
        c->pad = n;
        letter = *c->p;
        n = take_run(c);
    }
    /* Widths of numbers are at most 19, as for java.time. */
    if (n > 19)
        return refuse(c, "Too many pattern letters: ", letter);
    return letters(c, letter, n);
}

/* One character that stands for itself; not only ASCII. */
static void literal(compiler *c)
{
    const char *p = c->p;
    append(c, (wr__ditem){.kind = WR__DI_CHAR, .cp = wr_utf8_next(&p, c->end)});
    c->p = p;
}

/** At a quote: text up to the next single one; two stand for one. */
static bool quoted(compiler *c)
{
    const char *start = ++c->p;
    while (c->p < c->end) {
        if (*c->p == '\'') {
            if (c->p + 1 == c->end || c->p[1] != '\'') {
                if (c->p++ == start)
                    append(c, (wr__ditem){.kind = WR__DI_CHAR, .cp = '\''});
                return true;
            }
            c->p++;
            start = NULL; /* not empty */
        }
        literal(c);
    }
    return refuse(c, "Pattern ends with an incomplete string literal", '.');
}

/* `[`: what follows is optional, until `]`. A run of numbers does not go on into it. */
static bool open_section(compiler *c)
{
    c->p++;
    c->levels[c->depth].run = -1;
    if (c->depth + 1 == NESTING_MAX)
        return refuse(c, "too many nested sections", '.');
    c->levels[++c->depth] = (level){.run = -1};
    return true;
}

/* The items of the section become one item of the list around it; an empty section is none. */
static bool close_section(compiler *c)
{
    c->p++;
    if (c->depth == 0)
        return refuse(c, "Pattern invalid as it contains ] without previous ", '[');
    level *inner = &c->levels[c->depth--];
    c->levels[c->depth].run = -1;
    if (inner->items.n)
        append(c, (wr__ditem){.kind = WR__DI_OPTIONAL,
                              .list = {inner->items.v, (uint32_t)inner->items.n}});
    return true;
}

/* ITEMS_MAX is looked at before each item, so a long pattern stops early. */
static bool compile_next(compiler *c)
{
    if (c->items > ITEMS_MAX)
        return refuse(c, "too long", '.');
    switch (*c->p) {
    case '\'':
        return quoted(c);
    case '[':
        return open_section(c);
    case ']':
        return close_section(c);
    case '{':
    case '}':
    case '#':
        return refuse(c, "Pattern includes reserved character: ", *c->p);
    default:
        if (is_letter(*c->p))
            return compile_letters(c);
        literal(c);
        return true;
    }
}

/* All memory is in @p a, which the pattern remembers for the zones that the public functions look
 * up. An open section at the end is closed, an unbalanced ] is an error: both as Java does it. */
wr_datepattern *wr_datepattern_compile(wr_str pattern, wr_arena *a, weir_error *err)
{
    const char *start = pattern.ptr ? pattern.ptr : "";
    compiler c = {.p = start, .end = start + pattern.len, .a = a, .err = err, .pattern = pattern};
    c.levels[0].run = -1;
    while (c.p < c.end)
        if (!compile_next(&c))
            return NULL;
    WR_ASSERT(c.p == c.end);
    while (c.depth > 0) /* Java closes open sections, too */
        close_section(&c);
    wr_datepattern *p = WR_NEW(a, wr_datepattern);
    p->list = (wr__dlist){c.levels[0].items.v, (uint32_t)c.levels[0].items.n};
    p->arena = a;
    return p;
}

/* ---- for other folders ---- */

/* For the planner and the operators (TIMESTAMP_FORMAT of a source or a sink): one pattern per task,
 * since a pattern caches zones; so, unlike in the kernels, it is not shared by threads. An unknown
 * default zone is an error of each record: it is the server's setting, or a literal. */
bool wr_datepattern_parse_timestamp(wr_datepattern *p, wr_str text, const char *default_zone,
                                    int64_t *ms, char *errbuf, size_t errbuf_n)
{
    char why[WR__DERR] = "";
    wr__dparsed parsed;
    const wr__zone *z = wr__zone_get(&p->zones, wr_str_c(default_zone), p->arena);
    bool ok = z != NULL;
    if (!z)
        snprintf(why, sizeof(why), "Unknown time-zone ID: %.100s", default_zone);
    else
        ok = wr__datepattern_parse(p, text, WR__NAMES_ROOT, &p->zones, p->arena, &parsed, why) &&
             wr__dparsed_timestamp(&parsed, z, ms, why);
    if (!ok)
        snprintf(errbuf, errbuf_n, "%s", why);
    return ok;
}

/* On failure @p out is as it was before. */
bool wr_datepattern_format_timestamp(wr_datepattern *p, int64_t ms, const char *zone_id,
                                     wr_buf *out, char *errbuf, size_t errbuf_n)
{
    char why[WR__DERR] = "";
    const wr__zone *z = wr__zone_get(&p->zones, wr_str_c(zone_id), p->arena);
    bool ok = z != NULL;
    if (z) {
        wr__dtime t = wr__dtime_of_instant(ms, z);
        ok = wr__datepattern_format(p, &t, out, why);
    } else {
        snprintf(why, sizeof(why), "Unknown time-zone ID: %.100s", zone_id);
    }
    if (!ok)
        snprintf(errbuf, errbuf_n, "%s", why);
    return ok;
}
