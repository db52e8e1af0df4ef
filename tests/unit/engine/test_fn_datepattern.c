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

int main(void)
{
    const struct CMUnitTest tests[] = {fn_test(test_as_java), fn_test(test_zones)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
