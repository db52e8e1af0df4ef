/* SPDX-License-Identifier: Apache-2.0 */
/*
 * datepattern_internal.h - a compiled pattern and how the date functions use it.
 *
 * A pattern is a list of items, each of which prints and parses one thing; optional sections are
 * items with a list of their own. Compiled patterns are read-only: tasks share them.
 */
#ifndef WR_ENGINE_FUNCTIONS_DATEPATTERN_INTERNAL_H
#define WR_ENGINE_FUNCTIONS_DATEPATTERN_INTERNAL_H

#include "engine/functions/datepattern.h"
#include "engine/functions/zone.h"

/** java.time's fields, as far as letters reach them, in ChronoField's order. */
typedef enum wr__dfield {
    WR__D_NANO,         /* of second */
    WR__D_NANO_OF_DAY,  /* letter N: a whole time */
    WR__D_MILLI_OF_DAY, /* letter A: a whole time */
    WR__D_SECOND,
    WR__D_MINUTE,
    WR__D_HOUR_OF_AMPM,       /* 0..11 */
    WR__D_CLOCK_HOUR_OF_AMPM, /* 1..12 */
    WR__D_HOUR,               /* 0..23 */
    WR__D_CLOCK_HOUR,         /* 1..24 */
    WR__D_AMPM,               /* 0: AM */
    WR__D_DAY_OF_WEEK,        /* 1: Monday */
    WR__D_DAY_OF_MONTH,
    WR__D_DAY_OF_YEAR,  /* 1..366 */
    WR__D_ALIGNED_WEEK, /* of the month, 1 is the days 1 to 7: letter F */
    WR__D_MONTH,
    WR__D_YEAR_OF_ERA, /* 1 is both 1 AD and 1 BC */
    WR__D_YEAR,        /* 0 is 1 BC, as in ISO 8601 */
    WR__D_ERA,         /* 0: BC */
    WR__D_OFFSET,      /* seconds */
    /* not of ChronoField */
    WR__D_QUARTER,
    WR__D_JULIAN,    /* modified Julian day */
    WR__D_LOCAL_DAY, /* of week, 1: Sunday */
    WR__D_WEEK_YEAR,
    WR__D_WEEK, /* of week-based year */
    WR__D_WEEK_OF_MONTH,
    WR__D_N
} wr__dfield;
#define WR__D_FIRST_DATE WR__D_DAY_OF_WEEK
extern const char *const wr__dfield_names[WR__D_N]; /* Java's: "HourOfDay" */

typedef enum wr__dkind {
    WR__DI_CHAR,       /* one code point, as it is */
    WR__DI_NUMBER,     /* between min and max digits */
    WR__DI_REDUCED,    /* two digits of a year from 2000 on */
    WR__DI_FRACTION,   /* digits of the second's fraction */
    WR__DI_TEXT,       /* a name out of datepattern_text.c */
    WR__DI_PERIOD,     /* B: in the morning; printed only */
    WR__DI_ZONE_ID,    /* VV: Europe/Berlin */
    WR__DI_ZONE_NAME,  /* z, v: CET */
    WR__DI_OFFSET,     /* X, x, Z: +01:00 */
    WR__DI_GMT_OFFSET, /* O: GMT+1 */
    WR__DI_OPTIONAL,   /* [...]: all of it or nothing */
} wr__dkind;

/** java.time's SignStyle: when a number has a sign. */
typedef enum wr__dsign {
    WR__SIGN_NORMAL,       /* a minus, where it is negative */
    WR__SIGN_NOT_NEGATIVE, /* none: a negative number cannot be printed */
    WR__SIGN_EXCEEDS_PAD,  /* as NORMAL, and a plus where there are more digits than min */
} wr__dsign;

/** How long a name is: Jan, January, J. */
typedef enum wr__dstyle {
    WR__STYLE_SHORT,
    WR__STYLE_FULL,
    WR__STYLE_NARROW,
} wr__dstyle;

typedef struct wr__ditem wr__ditem;
/* The items of a pattern, or of one optional section, in the order of the text. */
typedef struct wr__dlist {
    const wr__ditem *items;
    uint32_t n;
} wr__dlist;

/* One item. Fields are named after the kinds that have them; the others are zero. */
struct wr__ditem {
    wr__dkind kind;
    wr__dfield field;   /* what a number or a name is the value of */
    uint32_t cp;        /* CHAR */
    int32_t min, max;   /* NUMBER, FRACTION: widths */
    int32_t subsequent; /* NUMBER: digits that belong to items after it; -1: fixed width */
    wr__dsign sign;
    wr__dstyle style;        /* TEXT, ZONE_NAME, GMT_OFFSET */
    bool generic;            /* ZONE_NAME */
    int32_t pad;             /* pad to this width; 0: not */
    int32_t offset_type;     /* OFFSET: index of java.time's list of forms */
    const char *zero_offset; /* OFFSET: text of +00:00 */
    wr__dlist list;          /* OPTIONAL */
};

/* A compiled pattern. The items are read-only; only the two functions of datepattern.h write, to
 * `zones`, so a pattern that goes through them belongs to one thread. */
struct wr_datepattern {
    wr__dlist list;
    wr_arena *arena; /* of the public functions' zones */
    wr__zone_cache zones;
};

/** Bytes of an error text. */
#define WR__DERR 256

/* ---- text constants (datepattern_text.c) ---- */

/** Whose names a text may have: those of the USA, or the root locale's, which are short in all
 *  styles. */
typedef enum wr__dnames {
    WR__NAMES_US,
    WR__NAMES_ROOT,
} wr__dnames;

/** The period that a minute of the day is in: "midnight", "in the morning". */
const char *wr__dperiod(int minute_of_day, wr__dstyle style);
/** Names of a field's values: @p n of them, the first for value *first. NULL: it has none. */
const char *const *wr__dtext(wr__dfield field, wr__dstyle style, int *n, int *first);

/* ---- values of a date and time (datepattern_fields.c) ---- */

/** What is to be printed, or what has been read. */
typedef struct wr__dtime {
    bool has_date, has_time;
    int64_t days;         /* since 1970-01-01 */
    int64_t nanos;        /* of the day */
    const wr__zone *zone; /* NULL: none */
    int32_t offset_s;     /* with zone */
    int64_t instant_ms;   /* with zone: for its name */
} wr__dtime;

/** Value of @p field; false where the date or time needed is not there. */
bool wr__dtime_get(const wr__dtime *t, wr__dfield field, int64_t *value);
/** An instant as it is in @p zone. */
wr__dtime wr__dtime_of_instant(int64_t ms, const wr__zone *zone);
/** True where a value is in the field's range (java.time's ValueRange). */
bool wr__dfield_valid(wr__dfield field, int64_t value);
bool wr__is_leap_year(int64_t year);
/* Days of @p month, 1..12. */
int wr__month_length(int64_t year, int month);
/** The day of a week-based year, week and day of week (1: Sunday). */
int64_t wr__week_date(int64_t week_year, int64_t week, int64_t local_day);
/* The same for a month: its week 1 holds the first day; week 0 is the one before. */
int64_t wr__week_of_month_date(int64_t year, int month, int64_t week, int64_t local_day);

/* ---- printing ---- */

/* Append @p t to @p out. False: the pattern asks for what is not there, or for more digits than it
 * has room for; @p errbuf says which, and @p out is as it was. */
bool wr__datepattern_format(const wr_datepattern *p, const wr__dtime *t, wr_buf *out,
                            char errbuf[WR__DERR]);

/* ---- reading ---- */

/** What a text says: raw fields, then what they amount to. */
typedef struct wr__dparsed {
    uint32_t present; /* bits of wr__dfield */
    int64_t v[WR__D_N];
    wr__dtime t;         /* date and time once they are known */
    int32_t excess_days; /* 24:00 */
} wr__dparsed;
static inline bool wr__dparsed_has(const wr__dparsed *p, wr__dfield f)
{
    return p->present >> f & 1;
}

/** Read the whole of @p text and resolve it. @p zones, @p a: for zones named in the text. */
bool wr__datepattern_parse(const wr_datepattern *p, wr_str text, wr__dnames names,
                           wr__zone_cache *zones, wr_arena *a, wr__dparsed *out,
                           char errbuf[WR__DERR]);
/** The second half of it: dates and times from fields, conflicts. */
bool wr__dparsed_resolve(wr__dparsed *p, char errbuf[WR__DERR]);
/** PARSE_TIMESTAMP's way from there to an instant. */
bool wr__dparsed_timestamp(const wr__dparsed *p, const wr__zone *default_zone, int64_t *ms,
                           char errbuf[WR__DERR]);

#endif
