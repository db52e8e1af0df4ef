/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates, times and timestamps against a calendar of its own: days to year, month and day, in both
 * directions of time, over four thousand years; sums of intervals; zones with summer time.
 */
#include "operands.h"

#include <inttypes.h>

enum { ROUNDS = 70 };
static const int64_t DAY_MS = 86400000;

typedef struct civil {
    int64_t year;
    int month, day, day_of_year;
} civil;

static bool is_leap(int64_t y)
{
    return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

/** Counting on from 1970, a year and a month at a time: slow, and plainly right. */
static civil civil_of(int64_t days)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    civil c = {.year = 1970, .month = 1};
    while (days < 0)
        days += is_leap(--c.year) ? 366 : 365;
    while (days >= (is_leap(c.year) ? 366 : 365))
        days -= is_leap(c.year++) ? 366 : 365;
    c.day_of_year = (int)days + 1;
    for (;; c.month++) {
        int n = lengths[c.month - 1] + (c.month == 2 && is_leap(c.year));
        if (days < n)
            break;
        days -= n;
    }
    c.day = (int)days + 1;
    return c;
}

static int64_t floor_days(int64_t ms)
{
    return ms / DAY_MS - (ms % DAY_MS < 0);
}

static const char *date_text(wr_arena *a, int64_t days)
{
    civil c = civil_of(days);
    return wr_arena_printf(a, "%04d-%02d-%02d", (int)c.year, c.month, c.day);
}

static const char *timestamp_text(wr_arena *a, int64_t ms, const char *between)
{
    int64_t days = floor_days(ms), rest = ms - days * DAY_MS;
    return wr_arena_printf(a, "%s%s%02d:%02d:%02d.%03d", date_text(a, days), between,
                           (int)(rest / 3600000), (int)(rest / 60000 % 60), (int)(rest / 1000 % 60),
                           (int)(rest % 1000));
}

/** Years 1 to 4000, and often near 1970. */
static int64_t random_days(wr_rng *r)
{
    if (wr_rng_below(r, 4) == 0)
        return (int64_t)wr_rng_below(r, 2000) - 1000;
    return (int64_t)wr_rng_below(r, 719162 + 741000) - 719162;
}

/** A TIMESTAMP of @p ms as an operand. */
static operand at(wr_arena *a, int64_t ms)
{
    return (operand){"TIMESTAMP",
                     wr_arena_printf(a, "FROM_UNIXTIME(CAST(%" PRId64 " AS BIGINT))", ms)};
}
static operand day(wr_arena *a, int64_t days)
{
    return (operand){"DATE", wr_arena_printf(a, "FROM_DAYS(%" PRId64 ")", days)};
}
static operand text(wr_arena *a, const char *s)
{
    return (operand){"STRING", wr_arena_printf(a, "'%s'", s)};
}
static operand number(wr_arena *a, int64_t n)
{
    return (operand){"INT", wr_arena_printf(a, "%" PRId64, n)};
}

static void check_dates(wr_arena *a, wr_rng *r)
{
    int64_t days = random_days(r);
    civil c = civil_of(days);
    operand n = number(a, days), d = day(a, days);
    const char *iso = date_text(a, days);
    const operand_case cases[] = {
        {"FROM_DAYS(X)", {n}, "DATE", iso},
        {"UNIX_DATE(X)", {d}, "INTEGER", wr_arena_printf(a, "%" PRId64, days)},
        {"CAST(X AS STRING)", {d}, "STRING", iso},
        {"CAST(X AS DATE)", {text(a, iso)}, "DATE", iso},
        {"FORMAT_DATE(X, 'yyyy-MM-dd')", {d}, "STRING", iso},
        {"DATETOSTRING(X, 'yyyy-MM-dd')", {n}, "STRING", iso},
        {"STRINGTODATE(X, 'yyyy-MM-dd')",
         {text(a, iso)},
         "INTEGER",
         wr_arena_printf(a, "%" PRId64, days)},
        {"PARSE_DATE(X, 'yyyy-MM-dd')",
         {text(a, iso)},
         "DATE",
         c.year > 1582 ? iso : NULL}, /* before it, SimpleDateFormat's calendar is Julian */
        {"FORMAT_DATE(X, 'd.M.yyyy')",
         {d},
         "STRING",
         wr_arena_printf(a, "%d.%d.%04d", c.day, c.month, (int)c.year)},
        {"FORMAT_DATE(X, 'DDD')", {d}, "STRING", wr_arena_printf(a, "%03d", c.day_of_year)},
        {"FORMAT_DATE(X, 'D/yy')",
         {d},
         "STRING",
         wr_arena_printf(a, "%d/%02d", c.day_of_year, (int)(c.year % 100))},
        {"FORMAT_DATE(X, 'Q')", {d}, "STRING", wr_arena_printf(a, "%d", (c.month - 1) / 3 + 1)},
        {"UNIX_TIMESTAMP(CAST(X AS TIMESTAMP))",
         {d},
         "BIGINT",
         wr_arena_printf(a, "%" PRId64, days * DAY_MS)},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++)
        assert_true(!cases[i].out || operand_holds(&cases[i]));
}

static void check_timestamps(wr_arena *a, wr_rng *r)
{
    int64_t ms = random_days(r) * DAY_MS + (int64_t)wr_rng_below(r, (uint64_t)DAY_MS);
    int64_t days = floor_days(ms), rest = ms - days * DAY_MS;
    const char *iso = timestamp_text(a, ms, "T"), *plain = timestamp_text(a, ms, " ");
    operand x = at(a, ms);
    const operand_case cases[] = {
        {"CAST(X AS STRING)", {x}, "STRING", iso},
        {"CAST(X AS TIMESTAMP)", {text(a, iso)}, "TIMESTAMP", iso},
        {"UNIX_TIMESTAMP(X)", {x}, "BIGINT", wr_arena_printf(a, "%" PRId64, ms)},
        {"CAST(X AS DATE)", {x}, "DATE", date_text(a, days)},
        {"UNIX_DATE(CAST(X AS DATE))", {x}, "INTEGER", wr_arena_printf(a, "%" PRId64, days)},
        {"FORMAT_TIMESTAMP(X, 'yyyy-MM-dd HH:mm:ss.SSS')", {x}, "STRING", plain},
        {"FORMAT_TIMESTAMP(X, 'yyyy-MM-dd HH:mm:ss.SSS', '+05:30')",
         {x},
         "STRING",
         timestamp_text(a, ms + 19800000, " ")},
        {"FORMAT_TIMESTAMP(X, 'A')", {x}, "STRING", wr_arena_printf(a, "%d", (int)rest)},
        {"FORMAT_TIME(CAST(X AS TIME), 'HH:mm:ss.SSS')", {x}, "STRING", plain + 11},
        {"PARSE_TIMESTAMP(X, 'yyyy-MM-dd HH:mm:ss.SSS')", {text(a, plain)}, "TIMESTAMP", iso},
        {"PARSE_TIMESTAMP(X, 'yyyy-MM-dd HH:mm:ss.SSS', '-08:00')",
         {text(a, plain)},
         "TIMESTAMP",
         timestamp_text(a, ms + 8 * 3600000, "T")},
        {"STRINGTOTIMESTAMP(X, 'yyyy-MM-dd HH:mm:ss.SSS', 'UTC')",
         {text(a, plain)},
         "BIGINT",
         wr_arena_printf(a, "%" PRId64, ms)},
        {"TIMESTAMPTOSTRING(UNIX_TIMESTAMP(X), 'yyyy-MM-dd HH:mm:ss.SSS', 'UTC')",
         {x},
         "STRING",
         plain},
    };
    OPERAND_TABLE(cases);
}

static const struct {
    const char *name;
    int64_t ms;
} intervals[] = {{"DAYS", 86400000},
                 {"HOURS", 3600000},
                 {"MINUTES", 60000},
                 {"SECONDS", 1000},
                 {"MILLISECONDS", 1}};

static void check_sums(wr_arena *a, wr_rng *r)
{
    size_t u = wr_rng_below(r, WR_ARRAY_LEN(intervals));
    int64_t n = (int64_t)wr_rng_below(r, 2000) - 1000, span = n * intervals[u].ms;
    int64_t days = (int64_t)wr_rng_below(r, 40000), clock = (int64_t)wr_rng_below(r, 86400000);
    int64_t ms = days * DAY_MS + clock;
    /* A TIME wraps around midnight. */
    int64_t later = ((clock + span) % DAY_MS + DAY_MS) % DAY_MS;
    int64_t earlier = ((clock - span) % DAY_MS + DAY_MS) % DAY_MS;
    operand count = number(a, n), x = at(a, ms);
    const char *unit = intervals[u].name;
    const operand_case cases[] = {
        {wr_arena_printf(a, "TIMESTAMPADD(%s, Y, X)", unit),
         {x, count},
         "TIMESTAMP",
         timestamp_text(a, ms + span, "T")},
        {wr_arena_printf(a, "TIMESTAMPSUB(%s, Y, X)", unit),
         {x, count},
         "TIMESTAMP",
         timestamp_text(a, ms - span, "T")},
        {wr_arena_printf(a, "FORMAT_TIME(TIMEADD(%s, Y, CAST(X AS TIME)), 'A')", unit),
         {x, count},
         "STRING",
         wr_arena_printf(a, "%" PRId64, later)},
        {wr_arena_printf(a, "FORMAT_TIME(TIMESUB(%s, Y, CAST(X AS TIME)), 'A')", unit),
         {x, count},
         "STRING",
         wr_arena_printf(a, "%" PRId64, earlier)},
        /* A DATE keeps whole days; the day is cut towards 1970. */
        {wr_arena_printf(a, "UNIX_DATE(DATEADD(%s, Y, CAST(X AS DATE)))", unit),
         {x, count},
         "INTEGER",
         wr_arena_printf(a, "%" PRId64, (days * DAY_MS + span) / DAY_MS)},
        {wr_arena_printf(a, "UNIX_DATE(DATESUB(%s, Y, CAST(X AS DATE)))", unit),
         {x, count},
         "INTEGER",
         wr_arena_printf(a, "%" PRId64, (days * DAY_MS - span) / DAY_MS)},
    };
    OPERAND_TABLE(cases);
}

static void test_dates(void **state)
{
    (void)state;
    operand_rounds(check_dates, ROUNDS, 80);
}
static void test_timestamps(void **state)
{
    (void)state;
    operand_rounds(check_timestamps, ROUNDS, 81);
}
static void test_sums(void **state)
{
    (void)state;
    operand_rounds(check_sums, ROUNDS, 82);
}

/* ---- tables ---- */

/* clang-format off */
#define TS(v)   {"TIMESTAMP", "'" v "'"}
#define TEXT(v) {"STRING", "'" v "'"}
/* clang-format on */

/** Around the changes of the clocks, and zones of odd offsets. */
static void test_zones(void **state)
{
    (void)state;
#define LOCAL "FORMAT_TIMESTAMP(X, 'yyyy-MM-dd HH:mm xxx', Y)"
    static const operand_case cases[] = {
        {LOCAL,
         {TS("2021-03-14T06:59"), TEXT("America/New_York")},
         NULL,
         "2021-03-14 01:59 -05:00"},
        {LOCAL,
         {TS("2021-03-14T07:00"), TEXT("America/New_York")},
         NULL,
         "2021-03-14 03:00 -04:00"},
        {LOCAL,
         {TS("2021-11-07T05:59"), TEXT("America/New_York")},
         NULL,
         "2021-11-07 01:59 -04:00"},
        {LOCAL,
         {TS("2021-11-07T06:00"), TEXT("America/New_York")},
         NULL,
         "2021-11-07 01:00 -05:00"},
        {LOCAL, {TS("2021-03-28T00:59"), TEXT("Europe/Berlin")}, NULL, "2021-03-28 01:59 +01:00"},
        {LOCAL, {TS("2021-03-28T01:00"), TEXT("Europe/Berlin")}, NULL, "2021-03-28 03:00 +02:00"},
        {LOCAL, {TS("2021-10-31T01:00"), TEXT("Europe/Berlin")}, NULL, "2021-10-31 02:00 +01:00"},
        {LOCAL, {TS("2100-07-01T00:00"), TEXT("Europe/Berlin")}, NULL, "2100-07-01 02:00 +02:00"},
        {LOCAL, {TS("2021-01-01T00:00"), TEXT("Asia/Kolkata")}, NULL, "2021-01-01 05:30 +05:30"},
        {LOCAL, {TS("2021-01-01T00:00"), TEXT("Asia/Kathmandu")}, NULL, "2021-01-01 05:45 +05:45"},
        {LOCAL,
         {TS("2021-01-01T00:00"), TEXT("Pacific/Kiritimati")},
         NULL,
         "2021-01-01 14:00 +14:00"},
        {LOCAL,
         {TS("2021-01-01T00:00"), TEXT("Australia/Lord_Howe")},
         NULL,
         "2021-01-01 11:00 +11:00"},
        {LOCAL,
         {TS("2021-07-01T00:00"), TEXT("Australia/Lord_Howe")},
         NULL,
         "2021-07-01 10:30 +10:30"},
        {LOCAL, {TS("2021-01-01T00:00"), TEXT("UTC")}, NULL, "2021-01-01 00:00 +00:00"},
        {LOCAL, {TS("2021-01-01T00:00"), TEXT("Z")}, NULL, "2021-01-01 00:00 +00:00"},
        {LOCAL, {TS("2021-01-01T00:00"), TEXT("GMT+3")}, NULL, "2021-01-01 03:00 +03:00"},
        {LOCAL, {TS("2021-01-01T00:00"), TEXT("-03:30")}, NULL, "2020-12-31 20:30 -03:30"},
        {LOCAL, {TS("2021-01-01T00:00"), TEXT("Nowhere/Land")}, NULL, "!null"},
        {LOCAL, {TS("2021-01-01T00:00"), TEXT("+25:00")}, NULL, "!null"},
    };
    OPERAND_TABLE(cases);
    /* A local time that is there once is found again. */
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_arena *a = wr_arena_new(0);
        const operand_case back = {
            "PARSE_TIMESTAMP(FORMAT_TIMESTAMP(X, 'yyyy-MM-dd HH:mm xxx', Y), "
            "'yyyy-MM-dd HH:mm xxx') = X",
            {cases[i].in[0], cases[i].in[1]},
            "BOOLEAN",
            "true"};
        if (cases[i].out[0] != '!')
            assert_true(operand_holds(&back));
        wr_arena_free(a);
    }
}

/** An offset is written in the forms of ZoneOffset, and in no other. */
static void test_offsets(void **state)
{
    (void)state;
#define CLOCK    "FORMAT_TIMESTAMP(X, 'HH:mm:ss', Y)"
#define NEW_YEAR TS("2021-01-01T00:00")
    static const operand_case cases[] = {
        {CLOCK, {NEW_YEAR, TEXT("+1")}, NULL, "01:00:00"},
        {CLOCK, {NEW_YEAR, TEXT("+01")}, NULL, "01:00:00"},
        {CLOCK, {NEW_YEAR, TEXT("+0130")}, NULL, "01:30:00"},
        {CLOCK, {NEW_YEAR, TEXT("+01:30")}, NULL, "01:30:00"},
        {CLOCK, {NEW_YEAR, TEXT("+01:30:15")}, NULL, "01:30:15"},
        {CLOCK, {NEW_YEAR, TEXT("+013015")}, NULL, "01:30:15"},
        {CLOCK, {NEW_YEAR, TEXT("-01:00:30")}, NULL, "22:59:30"},
        {CLOCK, {NEW_YEAR, TEXT("+18:00")}, NULL, "18:00:00"},
        {CLOCK, {NEW_YEAR, TEXT("UTC+01:30")}, NULL, "01:30:00"},
        {CLOCK, {NEW_YEAR, TEXT("+18:01")}, NULL, "!null"},
        {CLOCK, {NEW_YEAR, TEXT("+1:30")}, NULL, "!null"},
        {CLOCK, {NEW_YEAR, TEXT("+01:60")}, NULL, "!null"},
        {CLOCK, {NEW_YEAR, TEXT("+01:30:1")}, NULL, "!null"},
        {CLOCK, {NEW_YEAR, TEXT("01:30")}, NULL, "!null"},
        {CLOCK, {NEW_YEAR, TEXT("")}, NULL, "!null"},
    };
    OPERAND_TABLE(cases);
}

static void test_convert_zone(void **state)
{
    (void)state;
#define CONVERT "CONVERT_TZ(X, Y, Z)"
    static const operand_case cases[] = {
        {CONVERT,
         {TS("2021-06-01T12:00"), TEXT("UTC"), TEXT("Europe/Berlin")},
         "TIMESTAMP",
         "2021-06-01T14:00:00.000"},
        {CONVERT,
         {TS("2021-01-01T12:00"), TEXT("UTC"), TEXT("Europe/Berlin")},
         "TIMESTAMP",
         "2021-01-01T13:00:00.000"},
        {CONVERT,
         {TS("2021-01-01T12:00"), TEXT("Europe/Berlin"), TEXT("UTC")},
         "TIMESTAMP",
         "2021-01-01T11:00:00.000"},
        {CONVERT,
         {TS("2021-01-01T12:00"), TEXT("Asia/Tokyo"), TEXT("America/New_York")},
         "TIMESTAMP",
         "2020-12-31T22:00:00.000"},
        {CONVERT,
         {TS("2021-01-01T12:00"), TEXT("+02:00"), TEXT("-02:30")},
         "TIMESTAMP",
         "2021-01-01T07:30:00.000"},
        {CONVERT,
         {TS("2021-01-01T12:00"), TEXT("UTC"), TEXT("UTC")},
         "TIMESTAMP",
         "2021-01-01T12:00:00.000"},
        {CONVERT, {TS("2021-01-01T12:00"), TEXT("Mars"), TEXT("UTC")}, "TIMESTAMP", "!null"},
    };
    OPERAND_TABLE(cases);
}

static void test_patterns(void **state)
{
    (void)state;
#define WHEN TS("2020-02-03T16:05:06.007")
#define F(p) "FORMAT_TIMESTAMP(X, '" p "')"
    static const operand_case formats[] = {
        {F("yyyy"), {WHEN}, NULL, "2020"},
        {F("yy"), {WHEN}, NULL, "20"},
        {F("y"), {WHEN}, NULL, "2020"},
        {F("yyyyy"), {WHEN}, NULL, "02020"},
        {F("M"), {WHEN}, NULL, "2"},
        {F("MM"), {WHEN}, NULL, "02"},
        {F("MMM"), {WHEN}, NULL, "Feb"},
        {F("d"), {WHEN}, NULL, "3"},
        {F("dd"), {WHEN}, NULL, "03"},
        {F("H:m:s"), {WHEN}, NULL, "16:5:6"},
        {F("HH:mm:ss"), {WHEN}, NULL, "16:05:06"},
        {F("h a"), {WHEN}, NULL, "4 PM"},
        {F("hh"), {WHEN}, NULL, "04"},
        {F("K"), {WHEN}, NULL, "4"},
        {F("k"), {WHEN}, NULL, "16"},
        {F("S"), {WHEN}, NULL, "0"},
        {F("SSS"), {WHEN}, NULL, "007"},
        {F("SSSSSS"), {WHEN}, NULL, "007000"},
        {F("n"), {WHEN}, NULL, "7000000"},
        {F("N"), {WHEN}, NULL, "57906007000000"},
        {F("X"), {WHEN}, NULL, "Z"},
        {F("x"), {WHEN}, NULL, "+00"},
        {F("Z"), {WHEN}, NULL, "+0000"},
        {F("''T''HH"), {WHEN}, NULL, "T16"},
        {F("yyyy''''MM"), {WHEN}, NULL, "2020'02"},
        {F("HH''o clock''"), {WHEN}, NULL, "16o clock"},
        {F("yyyy-MM-dd[ HH]"), {WHEN}, NULL, "2020-02-03 16"},
        {F("b"), {WHEN}, NULL, "!null"},
        {F("''open"), {WHEN}, NULL, "!null"},
    };
    OPERAND_TABLE(formats);
}

static void test_parsing(void **state)
{
    (void)state;
#define P "PARSE_TIMESTAMP(X, Y)"
    static const operand_case cases[] = {
        {P, {TEXT("2020-02-03 04:05"), TEXT("yyyy-MM-dd HH:mm")}, NULL, "2020-02-03T04:05:00.000"},
        {P, {TEXT("2020"), TEXT("yyyy")}, NULL, "2020-01-01T00:00:00.000"},
        {P, {TEXT("03 04"), TEXT("dd HH")}, NULL, "1970-01-03T04:00:00.000"},
        {P, {TEXT("12 AM"), TEXT("hh a")}, NULL, "1970-01-01T00:00:00.000"},
        {P, {TEXT("12 pm"), TEXT("hh a")}, NULL, "1970-01-01T12:00:00.000"},
        {P,
         {TEXT("2020-02-03T04:05:06.007+0200"), TEXT("yyyy-MM-dd''T''HH:mm:ss.SSSZ")},
         NULL,
         "2020-02-03T02:05:06.007"},
        {P,
         {TEXT("2020-02-03 04:05 Z"), TEXT("yyyy-MM-dd HH:mm X")},
         NULL,
         "2020-02-03T04:05:00.000"},
        {P, {TEXT("2020-060"), TEXT("yyyy-DDD")}, NULL, "2020-02-29T00:00:00.000"},
        {P, {TEXT("2021-060"), TEXT("yyyy-DDD")}, NULL, "2021-03-01T00:00:00.000"},
        {P, {TEXT("2020-366"), TEXT("yyyy-DDD")}, NULL, "2020-12-31T00:00:00.000"},
        {P, {TEXT("2021-366"), TEXT("yyyy-DDD")}, NULL, "!null"},
        {P, {TEXT("2021-367"), TEXT("yyyy-DDD")}, NULL, "!null"},
        {P, {TEXT("2020-02-03"), TEXT("yyyy-MM-dd[ HH:mm]")}, NULL, "2020-02-03T00:00:00.000"},
        {P,
         {TEXT("2020-02-03 10:20"), TEXT("yyyy-MM-dd[ HH:mm]")},
         NULL,
         "2020-02-03T10:20:00.000"},
        {P, {TEXT("20200203"), TEXT("yyyyMMdd")}, NULL, "2020-02-03T00:00:00.000"},
        {P, {TEXT("2020-13-01"), TEXT("yyyy-MM-dd")}, NULL, "!null"},
        {P, {TEXT("2020-01-32"), TEXT("yyyy-MM-dd")}, NULL, "!null"},
        {P, {TEXT("2020-01-01 25"), TEXT("yyyy-MM-dd HH")}, NULL, "!null"},
        {P, {TEXT("2020-01-01 "), TEXT("yyyy-MM-dd")}, NULL, "!null"},
        {P, {TEXT(" 2020-01-01"), TEXT("yyyy-MM-dd")}, NULL, "!null"},
        {P, {TEXT("20-01-01"), TEXT("yyyy-MM-dd")}, NULL, "!null"},
        {P, {TEXT(""), TEXT("yyyy")}, NULL, "!null"},
        {"PARSE_TIME(X, Y)", {TEXT("23:59:59.999"), TEXT("HH:mm:ss.SSS")}, "TIME", "23:59:59"},
        {"PARSE_TIME(X, Y)", {TEXT("11.30 PM"), TEXT("hh.mm a")}, "TIME", "23:30"},
        {"PARSE_TIME(X, Y)", {TEXT("24:00"), TEXT("HH:mm")}, "TIME", "00:00"}, /* its last end */
        {"PARSE_TIME(X, Y)", {TEXT("24:01"), TEXT("HH:mm")}, "TIME", "!null"},
        {"PARSE_TIME(X, Y)", {TEXT("24:30"), TEXT("kk:mm")}, "TIME", "00:30"},
        {"PARSE_TIME(X, Y)", {TEXT("00:30"), TEXT("kk:mm")}, "TIME", "00:30"}, /* 0 is let pass */
        {"PARSE_TIME(X, Y)", {TEXT("25:30"), TEXT("kk:mm")}, "TIME", "!null"},
        {"PARSE_TIME(X, Y)", {TEXT("00:30 am"), TEXT("hh:mm a")}, "TIME", "00:30"},
        {"PARSE_TIME(X, Y)", {TEXT("13:30 am"), TEXT("hh:mm a")}, "TIME", "!null"},
        {"PARSE_TIME(X, Y)", {TEXT("10:00x"), TEXT("HH:mm")}, "TIME", "!null"},
        {"PARSE_DATE(X, Y)", {TEXT("2020-02-29"), TEXT("yyyy-MM-dd")}, "DATE", "2020-02-29"},
        {"PARSE_DATE(X, Y)", {TEXT("2021-02-29"), TEXT("yyyy-MM-dd")}, "DATE", "2021-03-01"},
        {"PARSE_DATE(X, Y)", {TEXT("2020-14-01"), TEXT("yyyy-MM-dd")}, "DATE", "2021-02-01"},
        {"PARSE_DATE(X, Y)", {TEXT("1.2.2020 and more"), TEXT("d.M.yyyy")}, "DATE", "2020-02-01"},
        {"PARSE_DATE(X, Y)", {TEXT("2020"), TEXT("yyyy")}, "DATE", "2020-01-01"},
        {"PARSE_DATE(X, Y)", {TEXT("no date"), TEXT("yyyy")}, "DATE", "!null"},
    };
    OPERAND_TABLE(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),        cmocka_unit_test(test_timestamps),
        cmocka_unit_test(test_sums),         cmocka_unit_test(test_zones),
        cmocka_unit_test(test_convert_zone), cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_patterns),     cmocka_unit_test(test_parsing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
