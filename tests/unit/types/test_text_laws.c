/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values as text by what must hold for all of them: every day, many times of day, offsets of
 * zones, numbers, base64 and hex come back as they went.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/clock.h"
#include "types/text.h"

#include <stdio.h>
#include <stdlib.h>

/* -------------------------------------------------------------------------------- dates, times */

/* Every day from the year -10 to 10,010: each has a text, each text its day, in order. */
static void test_every_day(void **state)
{
    (void)state;
    int64_t first = wr_days_from_civil(-10, 1, 1), last = wr_days_from_civil(10010, 12, 31);
    int64_t year = -10, expected_year = -10;
    int month = 1, day = 0, in_month = 0;
    wr_buf b = {0};
    for (int64_t d = first; d <= last; d++) {
        int64_t y;
        int m, dd;
        int32_t back;
        wr_civil_from_days(d, &y, &m, &dd);
        if (m == month && y == year) {
            assert_int_equal(dd, day + 1);
        } else {
            assert_int_equal(dd, 1);
            assert_true(in_month >= 28);
            assert_int_equal(m, month % 12 + 1);
            expected_year += m == 1;
            assert_int_equal(y, expected_year);
        }
        in_month = dd;
        assert_true(dd <= 31);
        year = y;
        month = m;
        day = dd;
        assert_int_equal(wr_days_from_civil(y, m, dd), d);
        if (d % 7)
            continue; /* texts of one day in seven */
        wr_buf_clear(&b);
        wr_text_put_date(&b, (int32_t)d);
        if (!wr_text_to_date(wr_buf_view(&b), &back) || back != d)
            fail_msg("%s", wr_buf_cstr(&b));
    }
    wr_buf_free(&b);
}

static void test_every_second_of_a_day(void **state)
{
    (void)state;
    wr_buf b = {0};
    for (int32_t s = 0; s < 86400; s++) {
        static const int32_t fractions[] = {0, 1, 10, 100, 120, 999};
        int32_t ms = s * 1000 + fractions[s % 6], back;
        char seconds[16];
        wr_buf_clear(&b);
        wr_text_put_time(&b, ms, false);
        if (!wr_text_to_time(wr_buf_view(&b), &back) || back != ms)
            fail_msg("%s", wr_buf_cstr(&b));
        if (s % 11)
            continue;
        wr_buf_clear(&b);
        wr_text_put_time(&b, ms, true); /* without the milliseconds */
        snprintf(seconds, sizeof seconds, "%02d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
        if (s % 60 == 0)
            seconds[5] = 0;
        assert_string_equal(wr_buf_cstr(&b), seconds);
    }
    wr_buf_free(&b);
}

/* An offset moves the instant by itself, whatever the local time. */
static void test_offsets(void **state)
{
    (void)state;
    wr_rng rng;
    wr_rng_seed(&rng, 41);
    wr_buf b = {0};
    for (int round = 0; round < 3000; round++) {
        int64_t ms = (int64_t)wr_rng_below(&rng, INT64_C(253402300799999)), back;
        int minutes = (int)wr_rng_below(&rng, 18 * 60 + 1);
        bool east = wr_rng_below(&rng, 2);
        static const char *const forms[] = {"%c%02d:%02d", "%c%02d%02d"};
        wr_buf_clear(&b);
        wr_text_put_timestamp(&b, ms);
        char offset[16];
        snprintf(offset, sizeof offset, forms[round % 2], east ? '+' : '-', minutes / 60,
                 minutes % 60);
        wr_buf_puts(&b, offset);
        if (!wr_text_to_timestamp(wr_buf_view(&b), &back))
            fail_msg("%s", wr_buf_cstr(&b));
        assert_int_equal(back, ms - (east ? 1 : -1) * minutes * INT64_C(60000));
    }
    wr_buf_free(&b);
}

/* A text with any byte changed is a time or none, and no text reads past its end. */
static void test_changed_times(void **state)
{
    (void)state;
    static const char *const texts[] = {"2020-05-26T11:05:09.123+01:30", "-0001-12-31",
                                        "23:59:59.999", "+10000-01-01T00"};
    static const char bytes[] = "0129-+:.TZ \xff";
    for (size_t i = 0; i < WR_ARRAY_LEN(texts); i++) {
        size_t len = strlen(texts[i]);
        for (size_t at = 0; at < len; at++) {
            for (size_t k = 0; k < sizeof bytes - 1; k++) {
                for (size_t cut = at + 1; cut <= len; cut++) {
                    char *text = wr_malloc(cut); /* its own memory: ASan sees a step too far */
                    int64_t ms = 0;
                    int32_t days = 0, time = 0;
                    memcpy(text, texts[i], cut);
                    text[at] = bytes[k];
                    wr_str s = wr_str_make(text, (uint32_t)cut);
                    if (wr_text_to_time(s, &time))
                        assert_in_range(time, 0, 86399999);
                    (void)wr_text_to_date(s, &days);
                    (void)wr_text_to_timestamp(s, &ms);
                    wr_free(text);
                }
            }
        }
    }
}

/* ------------------------------------------------------------------------------------- numbers */

static void test_doubles(void **state)
{
    (void)state;
    wr_rng rng;
    wr_rng_seed(&rng, 43);
    wr_buf b = {0};
    for (int round = 0; round < 30000; round++) {
        uint64_t bits = wr_rng_next(&rng);
        double v, back;
        memcpy(&v, &bits, sizeof v);
        if (v != v || v - v != 0)
            continue; /* NaN and infinities have words */
        if (round % 3 == 0)
            v = (double)(int64_t)wr_rng_below(&rng, 1000000000) / 1000;
        wr_buf_clear(&b);
        wr_text_put_double(&b, v);
        assert_true(wr_text_to_double(wr_buf_view(&b), &back));
        assert_memory_equal(&back, &v, sizeof v);
        assert_true(strtod(wr_buf_cstr(&b), NULL) == v);
        assert_non_null(strchr(wr_buf_cstr(&b), '.')); /* always with a point, as in Java */
        double size = v < 0 ? -v : v;
        bool plain = v == 0 || (size >= 1e-3 && size < 1e7);
        assert_int_equal(strchr(wr_buf_cstr(&b), 'E') == NULL, plain);
    }
    wr_buf_free(&b);
}

/* --------------------------------------------------------------------------------------- bytes */

static void test_base64_and_hex(void **state)
{
    (void)state;
    wr_rng rng;
    wr_rng_seed(&rng, 47);
    wr_buf text = {0}, back = {0};
    for (int round = 0; round < 5000; round++) {
        char bytes[40];
        uint32_t len = (uint32_t)wr_rng_below(&rng, sizeof bytes);
        for (uint32_t i = 0; i < len; i++)
            bytes[i] = (char)wr_rng_next(&rng);
        wr_str given = wr_str_make(bytes, len);

        wr_buf_clear(&text);
        wr_text_put_base64(&text, given);
        assert_int_equal(text.len, (len + 2) / 3 * 4);
        wr_buf_clear(&back);
        wr_buf_puts(&back, "x"); /* appended to what is there */
        assert_true(wr_text_from_base64(&back, wr_buf_view(&text)));
        assert_int_equal(back.len, len + 1);
        assert_memory_equal(back.ptr + 1, bytes, len);
        while (text.len && text.ptr[text.len - 1] == '=') /* padding is optional */
            text.len--;
        wr_buf_clear(&back);
        assert_true(wr_text_from_base64(&back, wr_buf_view(&text)));
        assert_true(wr_str_eq(wr_buf_view(&back), given));
        if (text.len) {
            text.ptr[wr_rng_below(&rng, text.len)] = "!-_\n\x80 "[wr_rng_below(&rng, 6)];
            assert_false(wr_text_from_base64(&back, wr_buf_view(&text)));
            assert_true(wr_str_eq(wr_buf_view(&back), given)); /* nothing appended */
        }

        wr_buf_clear(&text);
        wr_text_put_hex(&text, given, round % 2);
        assert_int_equal(text.len, 2 * len);
        for (uint32_t i = 0; i < len; i++) {
            char two[3];
            snprintf(two, sizeof two, round % 2 ? "%02X" : "%02x", (unsigned)(uint8_t)bytes[i]);
            assert_memory_equal(text.ptr + 2 * i, two, 2);
        }
        wr_buf_clear(&back);
        assert_true(wr_text_from_hex(&back, wr_buf_view(&text)));
        assert_true(wr_str_eq(wr_buf_view(&back), given));
        wr_buf_puts(&text, "f"); /* an odd number of digits */
        assert_false(wr_text_from_hex(&back, wr_buf_view(&text)));
        assert_true(wr_str_eq(wr_buf_view(&back), given));
    }
    wr_buf_free(&text);
    wr_buf_free(&back);
}

/* --------------------------------------------------------------------------------------- quotes */

/* Between quotes: those inside are doubled, nothing else is changed. */
static void test_quotes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char quote;
        const char *quoted;
    } cases[] = {
        {"", '\'', "''"},       {"a", '\'', "'a'"},           {"it's", '\'', "'it''s'"},
        {"'", '\'', "''''"},    {"''", '\'', "''''''"},       {"it's", '`', "`it's`"},
        {"a`b", '`', "`a``b`"}, {"\n\\\"", '\'', "'\n\\\"'"}, {"\xc3\xa9", '\'', "'\xc3\xa9'"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_buf b = {0};
        wr_text_put_quoted(&b, wr_str_c(cases[i].text), cases[i].quote);
        assert_string_equal(wr_buf_cstr(&b), cases[i].quoted);
        wr_buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day), cmocka_unit_test(test_every_second_of_a_day),
        cmocka_unit_test(test_offsets),   cmocka_unit_test(test_changed_times),
        cmocka_unit_test(test_doubles),   cmocka_unit_test(test_base64_and_hex),
        cmocka_unit_test(test_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
