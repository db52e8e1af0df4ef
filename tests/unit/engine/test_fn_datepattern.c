/* SPDX-License-Identifier: Apache-2.0 */
/* Date patterns against java.time's DateTimeFormatter (data/datepattern.tsv), and zones. */
#include "fn_test.h"

#include "engine/functions/datepattern_internal.h"
#include "fn_data.h"

#include <stdlib.h>

static unsigned wrong;

static void compare(int line, char **f, const char *got)
{
    if (strcmp(f[4], got) == 0)
        return;
    print_error("datepattern.tsv:%d: %s <%s> of <%s> in %s: expected <%s>, got <%s>\n", line, f[0],
                f[1], f[2], f[3], f[4], got);
    wrong++;
}

static void check_row(int line, char **f, int n)
{
    assert_int_equal(n, 5);
    weir_error err = {0};
    wr_datepattern *p = wr_datepattern_compile(wr_str_c(f[1]), fn_arena, &err);
    char why[WR__DERR] = "", got[256] = "error";
    if (!p) {
        assert_int_equal(err.code, WEIR_ERR_STATEMENT);
        compare(line, f, got);
        return;
    }
    if (f[0][0] == 'F') {
        wr_buf b = {0};
        if (wr_datepattern_format_timestamp(p, strtoll(f[2], NULL, 10), f[3], &b, why, sizeof(why)))
            snprintf(got, sizeof(got), "=%s", wr_buf_cstr(&b));
        wr_buf_free(&b);
    } else {
        int64_t ms;
        if (wr_datepattern_parse_timestamp(p, wr_str_c(f[2]), f[3], &ms, why, sizeof(why)))
            snprintf(got, sizeof(got), "=%lld", (long long)ms);
    }
    assert_true((why[0] != 0) == (strcmp(got, "error") == 0));
    compare(line, f, got);
}

static void test_as_java(void **state)
{
    (void)state;
    wrong = 0;
    assert_true(fn_data_each("datepattern.tsv", check_row) > 500);
    assert_int_equal(wrong, 0);
}

static void test_zones(void **state)
{
    (void)state;
    static const char *const good[][2] = {
        {"UTC", "UTC"},
        {"Z", "Z"},
        {"+2", "+02:00"},
        {"-0230", "-02:30"},
        {"GMT+3", "GMT+03:00"},
        {"UTC-02:30", "UTC-02:30"},
        {"+01:02:03", "+01:02:03"},
        {"Europe/Berlin", "Europe/Berlin"},
        {"CET", "CET"},
        {"GMT+0", "GMT"},
        {"+18", "+18:00"},
    };
    for (size_t k = 0; k < WR_ARRAY_LEN(good); k++) {
        const wr__zone *z = wr__zone_new(wr_str_c(good[k][0]), fn_arena);
        assert_non_null(z);
        assert_string_equal(z->id, good[k][1]);
    }
    static const char *const bad[] = {
        "",   "PST",   "Europe/Nowhere", "+19",    "+1:00",    "+01:0",
        "+:", "GMT+x", "europe/berlin",  "+18:01", "+010203x", "++1"};
    for (size_t k = 0; k < WR_ARRAY_LEN(bad); k++)
        assert_null(wr__zone_new(wr_str_c(bad[k]), fn_arena));
    const wr__zone *berlin = wr__zone_new(WR_STR("Europe/Berlin"), fn_arena);
    assert_int_equal(wr__zone_offset(berlin, 1593561600000), 7200);
    /* The rules repeat with the calendar. */
    assert_int_equal(wr__zone_offset(berlin, 1593561600000 + 5 * INT64_C(12622780800000)), 7200);
    /* 2020-10-25T02:30 comes twice. */
    int64_t twice = 1603593000;
    assert_int_equal(wr__zone_local_offset(berlin, twice), 7200);
}

/* CONVERT_TZ knows local mean time from 1900 on only, as java.util.TimeZone does. */
static void test_before_1900(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        int64_t ms;
        int32_t offset, since_1900;
    } cases[] = {
        {"America/New_York", -3000018000000, -17762, -18000}, /* 1874: local mean time */
        {"America/New_York", -2208988800001, -18000, -18000}, /* the last moment of 1899 */
        {"America/Sao_Paulo", -2208988800001, -11188, -10800},
        {"America/Sao_Paulo", -2208988800000, -11188, -11188}, /* local mean time until 1914 */
        {"Europe/Berlin", -62135596800000, 3208, 3600},
        {"Europe/Berlin", 1593561600000, 7200, 7200},
        {"CET", -62135596800000, 1050, 3600}, /* as Brussels */
        {"Asia/Kolkata", -62135596800000, 21208, 19800},
        {"+05:30", -62135596800000, 19800, 19800},
        {"UTC", -62135596800000, 0, 0},
    };
    for (size_t k = 0; k < WR_ARRAY_LEN(cases); k++) {
        const wr__zone *z = wr__zone_new(wr_str_c(cases[k].id), fn_arena);
        assert_non_null(z);
        assert_int_equal(wr__zone_offset(z, cases[k].ms), cases[k].offset);
        assert_int_equal(wr__zone_offset_since_1900(z, cases[k].ms), cases[k].since_1900);
    }
}

/* A local time has the earlier instant where there are two, and the offset before a gap. */
static void test_local_times(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        int64_t local_s;
        int32_t offset;
    } cases[] = {
        {"Europe/London", 1635643800, 3600},         /* 2021-10-31T01:30 comes twice */
        {"Europe/London", 1635647400, 0},            /* 02:30 */
        {"Europe/London", 1616895000, 0},            /* 2021-03-28T01:30 is left out */
        {"America/Los_Angeles", 1636248600, -25200}, /* 2021-11-07T01:30 */
        {"Australia/Lord_Howe", 1617500700, 39600},  /* 2021-04-04T01:45: half an hour twice */
        {"Asia/Kolkata", 1636248600, 19800},
        {"-08:00", 1636248600, -28800},
    };
    for (size_t k = 0; k < WR_ARRAY_LEN(cases); k++) {
        const wr__zone *z = wr__zone_new(wr_str_c(cases[k].id), fn_arena);
        assert_non_null(z);
        if (wr__zone_local_offset(z, cases[k].local_s) != cases[k].offset)
            fail_msg("%s at %lld: %d", cases[k].id, (long long)cases[k].local_s,
                     wr__zone_local_offset(z, cases[k].local_s));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {fn_test(test_as_java), fn_test(test_zones),
                                       fn_test(test_before_1900), fn_test(test_local_times)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
