/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates and times: the calendar against the C library's, texts there and back, partial texts.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/clock.h"
#include "types/text.h"

#include <time.h>

static void test_calendar(void **state)
{
    (void)state;
    wr_rng rng;
    wr_rng_seed(&rng, 3);
    for (int i = 0; i < 20000; i++) {
        /* timegm's calendar is the proleptic Gregorian one as well. */
        int64_t days = (int64_t)wr_rng_below(&rng, 4000000) - 2000000;
        time_t seconds = days * 86400;
        struct tm tm;
        assert_non_null(gmtime_r(&seconds, &tm));
        int64_t year;
        int month, day;
        wr_civil_from_days(days, &year, &month, &day);
        assert_int_equal(year, tm.tm_year + 1900);
        assert_int_equal(month, tm.tm_mon + 1);
        assert_int_equal(day, tm.tm_mday);
        assert_int_equal(wr_days_from_civil(year, month, day), days);
    }
}

/* What stands before the year 1 is printed, but cannot be read: years are those of the era. */
#define YEAR_1_MS (-62135596800000)

static void check_timestamp(int64_t ms, const char *text)
{
    wr_buf b = {0};
    wr_text_put_timestamp(&b, ms);
    assert_string_equal(wr_buf_cstr(&b), text);
    int64_t back;
    assert_int_equal(wr_text_to_timestamp(wr_buf_view(&b), &back), ms >= YEAR_1_MS);
    if (ms >= YEAR_1_MS)
        assert_true(back == ms);
    wr_buf_free(&b);
}

static void test_timestamps(void **state)
{
    (void)state;
    check_timestamp(0, "1970-01-01T00:00:00.000");
    check_timestamp(-1, "1969-12-31T23:59:59.999");
    check_timestamp(1590494400007, "2020-05-26T12:00:00.007");
    check_timestamp(1582934400000, "2020-02-29T00:00:00.000");
    check_timestamp(253402300800000, "+10000-01-01T00:00:00.000");
    check_timestamp(YEAR_1_MS, "0001-01-01T00:00:00.000");
    check_timestamp(YEAR_1_MS - 1, "0000-12-31T23:59:59.999");
    check_timestamp(-62167219200000, "0000-01-01T00:00:00.000");
    check_timestamp(-62198755200000, "-0001-01-01T00:00:00.000");
    check_timestamp(INT64_MAX, "+292278994-08-17T07:12:55.807");
    check_timestamp(INT64_MIN, "-292275055-05-16T16:47:04.192");
    wr_rng rng;
    wr_rng_seed(&rng, 5);
    wr_buf b = {0};
    for (int i = 0; i < 5000; i++) {
        int64_t ms = (int64_t)wr_rng_next(&rng) >> (i % 60), back;
        wr_buf_clear(&b);
        wr_text_put_timestamp(&b, ms);
        assert_int_equal(wr_text_to_timestamp(wr_buf_view(&b), &back), ms >= YEAR_1_MS);
        if (ms >= YEAR_1_MS)
            assert_true(back == ms);
    }
    wr_buf_free(&b);
}

static void test_partial_timestamps(void **state)
{
    (void)state;
    static const struct {
        const char *text, *full;
    } good[] = {
        {"2020", "2020-01-01T00:00:00.000"},
        {"2020-05", "2020-05-01T00:00:00.000"},
        {"2020-05-26T", "2020-05-26T00:00:00.000"},
        {"2020-05-26T11", "2020-05-26T11:00:00.000"},
        {"2020-05-26T11:05", "2020-05-26T11:05:00.000"},
        {"2020-05-26T11:05:09", "2020-05-26T11:05:09.000"},
        {"2020-05-26T11:05:09.1", "2020-05-26T11:05:09.100"},
        {"2020-05-26T11:05:09.12", "2020-05-26T11:05:09.120"},
        {"0001", "0001-01-01T00:00:00.000"},
        {"+12020-05", "+12020-05-01T00:00:00.000"},
        {"2020-05T11", "2020-05-01T11:00:00.000"},
        {"2020T11", "2020-01-01T11:00:00.000"},
        {"2020-05-26T11:05:09.123Z", "2020-05-26T11:05:09.123"},
        {"2020-05-26T00:00:00.000+0100", "2020-05-25T23:00:00.000"},
        {"2020-05-26T23:30-01:30", "2020-05-27T01:00:00.000"},
        {"2020-05-26T11+02", "2020-05-26T09:00:00.000"},
        {"2020-05-26TZ", "2020-05-26T00:00:00.000"},
        {"2021-02-29", "2021-02-28T00:00:00.000"}, /* as java.time's smart resolver */
        {"2020-04-31", "2020-04-30T00:00:00.000"},
        {"2020-05-26T24", "2020-05-27T00:00:00.000"}, /* likewise */
    };
    wr_buf b = {0};
    for (size_t i = 0; i < WR_ARRAY_LEN(good); i++) {
        int64_t ms;
        assert_true(wr_text_to_timestamp(wr_str_c(good[i].text), &ms));
        wr_buf_clear(&b);
        wr_text_put_timestamp(&b, ms);
        assert_string_equal(wr_buf_cstr(&b), good[i].full);
    }
    wr_buf_free(&b);
    static const char *const bad[] = {
        "",
        "x",
        "2020-",
        "2020-13",
        "2020-00",
        "2020-05-32",
        "2020-05-00",
        "20200526",
        "2020-05-26 11",
        "2020-05-26T25",
        "2020-05-26T24:01",
        "2020-05-26T11:60",
        "2020-05-26T11:05:60",
        "2020-05-26T11:05:09.",
        "2020-05-26T11:05:09.1234",
        "2020-05-26T11:05:09.123456",
        "2020-5-26",
        "2020-05-6",
        "20-05-26",
        "2020-05-26T1",
        "2020-05-26T11:5",
        "2020-05-26T11:05:9",
        "0000-01-01",
        "0000",
        "-0001-01-01",
        "+2020-05-26",
        "12020-05-26",
        "2020-05-26Z",
        "2020-05-26T11+1",
        "2020-05-26T11+19",
        "2020-05-26T11+01:",
        "2020-05-26T11+0160",
        "2020-05-26T11+1:00",
        " 2020",
        "2020 ",
        "-20-01-01",
        "+2020T11:05:09.1ZZ",
        "999999999",
        "+999999999",
        "2020-05-26T11:05:09.123Europe/Paris",
    };
    int64_t ms;
    assert_false(wr_text_to_timestamp(WR_STR("-292275055-05-16T16:47:04.191"), &ms));
    assert_false(wr_text_to_timestamp(WR_STR("+292278994-08-17T07:12:55.808"), &ms));
    for (size_t i = 0; i < WR_ARRAY_LEN(bad); i++)
        assert_false(wr_text_to_timestamp(wr_str_c(bad[i]), &ms));
    assert_false(wr_text_to_timestamp((wr_str){0}, &ms));
}

static void test_dates(void **state)
{
    (void)state;
    static const struct {
        int32_t days;
        const char *text;
    } cases[] = {
        {0, "1970-01-01"},         {18408, "2020-05-26"},         {-1, "1969-12-31"},
        {2932897, "+10000-01-01"}, {INT32_MAX, "+5881580-07-11"}, {INT32_MIN, "-5877641-06-23"},
    };
    wr_buf b = {0};
    int32_t days;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_buf_clear(&b);
        wr_text_put_date(&b, cases[i].days);
        assert_string_equal(wr_buf_cstr(&b), cases[i].text);
        assert_true(wr_text_to_date(wr_buf_view(&b), &days));
        assert_int_equal(days, cases[i].days);
    }
    wr_buf_free(&b);
    assert_true(wr_text_to_date(WR_STR("1970"), &days) && days == 0);
    assert_true(wr_text_to_date(WR_STR("1970-02"), &days) && days == 31);
    assert_true(wr_text_to_date(WR_STR("0000-01-01"), &days) && days == -719528);
    assert_true(wr_text_to_date(WR_STR("2000-02-29"), &days) && days == 11016);
    static const char *const bad[] = {
        "",
        "1970-02-01T00",
        "+5881580-07-12",
        "2021-02-29",
        "1900-02-29",
        "2020-04-31",
        "2020-1-01",
        "2020-01-1",
        "20-01-01",
        "12",
        "02020-01-01",
        "-0001-01",
        "-0000-01-01",
        "+2020-01-01",
        "-1-01-01",
        "2020-00-01",
        "2020-01-00",
        "2020-01-",
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(bad); i++)
        assert_false(wr_text_to_date(wr_str_c(bad[i]), &days));
}

static void check_time(int32_t ms, bool seconds_only, const char *text)
{
    wr_buf b = {0};
    wr_text_put_time(&b, ms, seconds_only);
    assert_string_equal(wr_buf_cstr(&b), text);
    wr_buf_free(&b);
}

static void test_times(void **state)
{
    (void)state;
    check_time(0, false, "00:00");
    check_time(3661000, false, "01:01:01");
    check_time(3600000, false, "01:00");
    check_time(86399999, false, "23:59:59.999");
    check_time(5, false, "00:00:00.005");
    check_time(86399999, true, "23:59:59");
    check_time(5, true, "00:00");
    check_time(-1, false, "23:59:59.999");
    check_time(86400000, false, "00:00");
    int32_t ms;
    assert_true(wr_text_to_time(WR_STR("01:02"), &ms) && ms == 3720000);
    assert_true(wr_text_to_time(WR_STR("01:02:03"), &ms) && ms == 3723000);
    assert_true(wr_text_to_time(WR_STR("23:59:59.999"), &ms) && ms == 86399999);
    assert_true(wr_text_to_time(WR_STR("00:00:00.5"), &ms) && ms == 500);
    assert_true(wr_text_to_time(WR_STR("00:00:00.123999999"), &ms) && ms == 123);
    assert_true(wr_text_to_time(WR_STR("01:02:03."), &ms) && ms == 3723000); /* as java.time's */
    static const char *const bad[] = {"",        "01",     "1:02",     "01:2",
                                      "24:00",   "00:60",  "00:00:60", "01:02Z",
                                      "01:02:3", "01:02 ", "-1:02",    "01:02:03.1234567890"};
    for (size_t i = 0; i < WR_ARRAY_LEN(bad); i++)
        assert_false(wr_text_to_time(wr_str_c(bad[i]), &ms));
}

static void test_sql_forms(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *timestamp, *time;
    } cases[] = {
        {0, "1970-01-01 00:00:00.0", "00:00:00"},
        {1590494400500, "2020-05-26 12:00:00.5", "12:00:00"},
        {1590494400050, "2020-05-26 12:00:00.05", "12:00:00"},
        {1590494400120, "2020-05-26 12:00:00.12", "12:00:00"},
        {-1, "1969-12-31 23:59:59.999", "23:59:59"},
        {3600000, "1970-01-01 01:00:00.0", "01:00:00"},
    };
    wr_buf b = {0};
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_buf_clear(&b);
        wr_text_put_sql_timestamp(&b, cases[i].ms);
        assert_string_equal(wr_buf_cstr(&b), cases[i].timestamp);
        wr_buf_clear(&b);
        wr_text_put_sql_time(&b, (int32_t)(cases[i].ms % 86400000));
        assert_string_equal(wr_buf_cstr(&b), cases[i].time);
    }
    wr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_timestamps),
        cmocka_unit_test(test_partial_timestamps),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_sql_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
