/* SPDX-License-Identifier: Apache-2.0 */
/*
 * English names of months, days, eras, quarters and halves of the day, as Java's CLDR data has
 * them.
 *
 * Tables here and not ICU's, because they must be those of Java's data for the US, whatever ICU is
 * installed. Names of zones are ICU's.
 */
#include "engine/functions/datepattern_internal.h"

static const char *const months_full[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
static const char *const months_short[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const months_narrow[] = {"J", "F", "M", "A", "M", "J",
                                            "J", "A", "S", "O", "N", "D"};
static const char *const days_full[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};
static const char *const days_short[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
static const char *const days_narrow[] = {"M", "T", "W", "T", "F", "S", "S"};
static const char *const halves[] = {"AM", "PM"};
static const char *const eras_full[] = {"Before Christ", "Anno Domini"};
static const char *const eras_short[] = {"BC", "AD"};
static const char *const eras_narrow[] = {"B", "A"};
static const char *const quarters_full[] = {"1st quarter", "2nd quarter", "3rd quarter",
                                            "4th quarter"};
static const char *const quarters_short[] = {"Q1", "Q2", "Q3", "Q4"};
static const char *const quarters_narrow[] = {"1", "2", "3", "4"};

/* A field has a list for each style. */
static const char *const *pick(wr__dstyle style, const char *const *brief, const char *const *full,
                               const char *const *narrow)
{
    return style == WR__STYLE_SHORT ? brief : style == WR__STYLE_FULL ? full : narrow;
}

/* Months, days and quarters count from 1, halves and eras from 0. Halves have no other style: the
 * letter a may stand once only. */
const char *const *wr__dtext(wr__dfield field, wr__dstyle style, int *n, int *first)
{
    WR_ASSERT((unsigned)field < WR__D_N);
    *first = 1;
    switch (field) {
    case WR__D_MONTH:
        *n = 12;
        return pick(style, months_short, months_full, months_narrow);
    case WR__D_DAY_OF_WEEK:
        *n = 7;
        return pick(style, days_short, days_full, days_narrow);
    case WR__D_QUARTER:
        *n = 4;
        return pick(style, quarters_short, quarters_full, quarters_narrow);
    case WR__D_AMPM:
        *n = 2;
        *first = 0;
        return halves;
    case WR__D_ERA:
        *n = 2;
        *first = 0;
        return pick(style, eras_short, eras_full, eras_narrow);
    default:
        *n = 0;
        return NULL;
    }
}

/*
 * The English periods, which are CLDR's: noon and midnight are one minute long.
 *
 *     0:00            midnight             18:00 to 20:59     in the evening
 *     6:00 to 11:59   in the morning       21:00 to 5:59      at night
 *     12:00           noon                 12:01 to 17:59     in the afternoon
 */
const char *wr__dperiod(int minute_of_day, wr__dstyle style)
{
    WR_ASSERT(minute_of_day >= 0 && minute_of_day < 1440);
    bool narrow = style == WR__STYLE_NARROW;
    if (minute_of_day == 0)
        return narrow ? "mi" : "midnight";
    if (minute_of_day == 720)
        return narrow ? "n" : "noon";
    int hour = minute_of_day / 60;
    return hour < 6    ? "at night"
           : hour < 12 ? "in the morning"
           : hour < 18 ? "in the afternoon"
           : hour < 21 ? "in the evening"
                       : "at night";
}
