/* SPDX-License-Identifier: Apache-2.0 */
/* Functions on dates and times: date.c, date_arith.c. Patterns as such: test_fn_datepattern.c. */
#include "fn_test.h"

#define NS   NUL(&wr_type_string)
#define NI   NUL(&wr_type_integer)
#define DAYS UNIT(2)

static void test_format(void **state)
{
    (void)state;
    check("FORMAT_DATE", "1 Jan 2020", DT(18262), S("d MMM yyyy"));
    check("FORMAT_DATE", "2020", DT(18262), S("yyyy[ HH]"));
    check("FORMAT_DATE", "error: Unsupported field: HourOfDay", DT(18262), S("yyyy HH"));
    check("FORMAT_DATE", "error", DT(18262), S("{"));
    check("FORMAT_DATE", "NULL", DT(18262), NS);
    check("FORMAT_DATE", "NULL", NUL(&wr_type_date), S("{"));
    check("FORMAT_TIME", "7:05 PM", TM(68700000), S("h:mm a"));
    check("FORMAT_TIME", "error: Unsupported field: YearOfEra", TM(1), S("yyyy"));
    check("FORMAT_TIMESTAMP", "1970-01-01 00:00 GMT", TS(0), S("yyyy-MM-dd HH:mm z"));
    check("FORMAT_TIMESTAMP", "1970-01-01 01:00 CET", TS(0), S("yyyy-MM-dd HH:mm z"),
          S("Europe/Berlin"));
    check("FORMAT_TIMESTAMP", "error: Unknown time-zone", TS(0), S("yyyy"), S("Moon"));
    check("FORMAT_TIMESTAMP", "NULL", TS(0), S("yyyy"), NS);
    check("DATETOSTRING", "2020-01-01", I(18262), S("yyyy-MM-dd"));
    check("DATETOSTRING", "NULL", I(18262), NS);
    check("DATETOSTRING", "error", NI, S("yyyy"));
    check("TIMESTAMPTOSTRING", "1970-01-01T00:00:00.001", L(1), S("yyyy-MM-dd'T'HH:mm:ss.SSS"));
    check("TIMESTAMPTOSTRING", "1969-12-31 19", L(0), S("yyyy-MM-dd HH"), S("America/New_York"));
    check("TIMESTAMPTOSTRING", "error", NUL(&wr_type_bigint), S("yyyy"));
    check("TIMESTAMPTOSTRING", "NULL", NUL(&wr_type_bigint), NS);
}

static void test_parse(void **state)
{
    (void)state;
    check("PARSE_DATE", "2020-02-01", S("1.2.2020"), S("d.M.yyyy"));
    check("PARSE_DATE", "2020-03-01", S("30.2.2020 x"), S("d.M.yyyy"));
    check("PARSE_DATE", "error: time field", S("1.2.2020 10"), S("d.M.yyyy HH"));
    check("PARSE_DATE", "error", S("1/2/2020"), S("d.M.yyyy"));
    check("PARSE_DATE", "error", S("1"), S("b"));
    /* A year whose milliseconds do not fit 64 bits. */
    check("PARSE_DATE", "error: out of the range of DATE", S("2147483647"), S("yyyy"));
    check("PARSE_DATE", "error: the year is before 1", S("-2147483647"), S("yyyy"));
    check("PARSE_DATE", "error: the year is before 1", S("-0001-01-01"), S("yyyy-MM-dd"));
    check("PARSE_DATE", "0000-12-30", S("0001-01-01"), S("yyyy-MM-dd")); /* a Julian date */
    check("PARSE_DATE", "error: out of the range of DATE", S("9999999999999 53"), S("YYYY ww"));
    check("PARSE_DATE", "error: out of the range of DATE", S("2147483647 2147483647"), S("yyyy M"));
    check("PARSE_TIME", "19:05", S("7:05 pm"), S("h:mm a"));
    check("PARSE_TIME", "00:00:01", S("00:00:01.5"), S("HH:mm:ss.S"));
    check("PARSE_TIME", "error: date field", S("2020 10:00"), S("yyyy HH:mm"));
    check("PARSE_TIME", "error", S("10"), S("mm"));
    check("PARSE_TIMESTAMP", "1970-01-01T00:00:00.000", S("1970-01-01 01:00"),
          S("yyyy-MM-dd HH:mm"), S("Europe/Berlin"));
    check("PARSE_TIMESTAMP", "2020-01-01T00:00:00.000", S("2020"), S("yyyy"));
    /* Names are the root locale's when timestamps are read, and the USA's otherwise. */
    check("PARSE_TIMESTAMP", "2020-12-01T00:00:00.000", S("tue, 1 DEC 2020"),
          S("EEEE, d MMMM yyyy"));
    check("PARSE_TIMESTAMP", "error", S("Tuesday, 1 December 2020"), S("EEEE, d MMMM yyyy"));
    check("STRINGTODATE", "18597", S("Tuesday, 1 December 2020"), S("EEEE, d MMMM yyyy"));
    check("PARSE_TIMESTAMP", "error: DayOfMonth", S("02-29"), S("MM-dd"));
    check("PARSE_TIMESTAMP", "1970-03-31T00:00:00.000", S("31/03"), S("dd/MM"));
    check("STRINGTOTIMESTAMP", "1636273800000", S("2021-11-07 01:30"), S("yyyy-MM-dd HH:mm"),
          S("America/Los_Angeles"));
    check("PARSE_TIMESTAMP", "error: Leap day", S("366"), S("DDD"));
    check("PARSE_TIMESTAMP", "error: unparsed text", S("2020x"), S("yyyy"));
    check("PARSE_TIMESTAMP", "error", S("2020"), S("yyyy"), S("Moon"));
    check("PARSE_TIMESTAMP", "NULL", NS, S("yyyy"));
    check("STRINGTODATE", "18262", S("2020-01-01"), S("yyyy-MM-dd"));
    check("STRINGTODATE", "error", S("2020-01"), S("yyyy-MM"));
    check("STRINGTODATE", "error", NS, S("yyyy-MM"));
    check("STRINGTOTIMESTAMP", "1", S("1970-01-01 00:00:00.001"), S("yyyy-MM-dd HH:mm:ss.SSS"));
    check("STRINGTOTIMESTAMP", "-3600000", S("1970"), S("yyyy"), S("Europe/Berlin"));
    check("STRINGTOTIMESTAMP", "error", S("1970"), S("yyyy"), NS);
}

static void test_numbers(void **state)
{
    (void)state;
    check("UNIX_DATE", "18262", DT(18262));
    check0("UNIX_DATE", "19675");
    check("UNIX_TIMESTAMP", "5", TS(5));
    check0("UNIX_TIMESTAMP", "1700000000123");
    check("FROM_DAYS", "2020-01-01", I(18262));
    check("FROM_DAYS", "error", NI);
    check("FROM_UNIXTIME", "1970-01-01T00:00:00.005", L(5));
    check("CONVERT_TZ", "1970-01-01T01:00:00.000", TS(0), S("UTC"), S("Europe/Berlin"));
    check("CONVERT_TZ", "1970-01-01T06:30:00.000", TS(0), S("-01:00"), S("+05:30"));
    check("CONVERT_TZ", "error", TS(0), S("UTC"), S("Moon"));
    check("CONVERT_TZ", "NULL", TS(0), S("UTC"), NS);
}

static void test_sums(void **state)
{
    (void)state;
    check("DATEADD", "1970-01-03", DAYS, I(2), DT(0));
    check("DATEADD", "1970-01-02", UNIT(3), I(25), DT(0));
    check("DATEADD", "1970-01-01", UNIT(6), I(-1), DT(0)); /* cut towards zero */
    check("DATESUB", "1969-12-31", DAYS, I(1), DT(0));
    check("DATEADD", "error", UNIT(0), I(1), DT(0));
    check("DATEADD", "error", DAYS, I(INT32_MAX), DT(INT32_MAX));
    check("DATEADD", "NULL", DAYS, NI, DT(0));
    check("TIMEADD", "01:00", UNIT(3), I(26), TM(82800000));
    check("TIMESUB", "23:59:59", UNIT(6), I(1), TM(0));
    check("TIMESTAMPADD", "1970-01-01T00:02:00.000", UNIT(4), I(2), TS(0));
    check("TIMESTAMPSUB", "1969-12-31T23:59:59.000", UNIT(5), I(1), TS(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {fn_test(test_format), fn_test(test_parse),
                                       fn_test(test_numbers), fn_test(test_sums)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
