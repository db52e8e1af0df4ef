/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growable text, UTF-8 and its width on a terminal, and numbers and times as a person types them.
 */
#include "cli_test.h"

#include <locale.h>

/* ------------------------------------------------------------------------------- growable text */

static void test_text_grows(void **state)
{
    (void)state;
    cli_text t = {0};
    assert_string_equal(cli_text_string(&t), "");
    for (int i = 0; i < 1000; i++)
        cli_text_addf(&t, "%03d", i);
    assert_int_equal(t.len, 3000);
    cli_text_string(&t);
    for (int i = 0; i < 1000; i++) {
        char digits[12];
        snprintf(digits, sizeof digits, "%03d", i);
        assert_memory_equal(t.at + 3 * i, digits, 3);
    }
    cli_text_clear(&t);
    assert_string_equal(cli_text_string(&t), "");
    cli_text_addc(&t, 'x', 5000);
    assert_int_equal(strspn(cli_text_string(&t), "x"), 5000);
    cli_text_free(&t);
    assert_null(t.at);
    assert_int_equal(t.len + t.cap, 0);
}

static void test_text_holds_any_bytes(void **state)
{
    (void)state;
    cli_text t = {0};
    cli_text_add(&t, "a\0b", 3);
    cli_text_add(&t, "", 0);
    cli_text_addc(&t, 'c', 0);
    cli_text_addc(&t, '\0', 2);
    cli_text_adds(&t, "d");
    cli_text_addf(&t, "%s", "");
    assert_int_equal(t.len, 6);
    assert_memory_equal(cli_text_string(&t), "a\0b\0\0d", 7);
    cli_text_free(&t);
}

static void test_list(void **state)
{
    (void)state;
    static const char *const words[] = {"a", "b", "c"};
    cli_list l = {0};
    for (size_t i = 0; i < 100; i++)
        cli_list_add(&l, words[i % 3]);
    assert_int_equal(l.n, 100);
    for (size_t i = 0; i < 100; i++)
        assert_ptr_equal(l.at[i], words[i % 3]);
    cli_list_free(&l);
    assert_int_equal(l.n + l.cap, 0);
}

/* --------------------------------------------------------------------------------------- UTF-8 */

static void test_utf8_next(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        int32_t point; /* -1: no UTF-8 */
        size_t taken;
    } cases[] = {
        {"a", 1, 'a', 1},
        {"\0", 1, 0, 1},
        {"\x7f", 1, 0x7f, 1},
        {"\xc2\x80", 2, 0x80, 2},
        {"\xdf\xbf", 2, 0x7ff, 2},
        {"\xe0\xa0\x80", 3, 0x800, 3},
        {"\xed\x9f\xbf", 3, 0xd7ff, 3},
        {"\xee\x80\x80", 3, 0xe000, 3},
        {"\xef\xbf\xbf", 3, 0xffff, 3},
        {"\xf0\x90\x80\x80", 4, 0x10000, 4},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff, 4},
        {"\x80", 1, -1, 1},             /* a byte of the middle alone */
        {"\xc0\x80", 2, -1, 1},         /* 0 in two bytes */
        {"\xc1\xbf", 2, -1, 1},         /* 0x7f in two bytes */
        {"\xe0\x9f\xbf", 3, -1, 1},     /* 0x7ff in three */
        {"\xf0\x8f\xbf\xbf", 4, -1, 1}, /* 0xffff in four */
        {"\xed\xa0\x80", 3, -1, 1},     /* half of a pair */
        {"\xed\xbf\xbf", 3, -1, 1},
        {"\xf4\x90\x80\x80", 4, -1, 1}, /* above all characters */
        {"\xf5\x80\x80\x80", 4, -1, 1},
        {"\xff", 1, -1, 1},
        {"\xc3", 1, -1, 1}, /* cut off */
        {"\xe2\x82", 2, -1, 1},
        {"\xf0\x9f\x98", 3, -1, 1},
        {"\xc3z", 2, -1, 1}, /* not gone on with */
        {"\xe2\x82z", 3, -1, 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        /* Memory of its own, so that ASan sees a step too far. */
        char *bytes = malloc(cases[i].len);
        memcpy(bytes, cases[i].bytes, cases[i].len);
        const char *at = bytes;
        assert_int_equal(cli_utf8_next(&at, bytes + cases[i].len), cases[i].point);
        assert_int_equal(at - bytes, cases[i].taken);
        assert_int_equal(cli_utf8_valid(bytes, cases[i].len), cases[i].point >= 0);
        free(bytes);
    }
    assert_true(cli_utf8_valid("", 0));
    assert_false(cli_utf8_valid("good until\xff here", 16));
}

static void test_columns(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t columns;
    } cases[] = {
        {"", 0},
        {"abc", 3},
        {"K\xc3\xb6ln", 4},
        {"e\xcc\x81", 1},                /* a combining accent takes no column */
        {"\xe6\x9d\xb1\xe4\xba\xac", 4}, /* two wide characters */
        {"\xf0\x9f\x98\x80", 2},         /* an emoji */
        {"\xef\xbd\xb1", 1},             /* a half-width one */
        {"a\tb", 3},                     /* controls are shown as one blank */
        {"\x01\x7f\xc2\x85", 3},         /* C0, DEL, C1 */
        {"\xff\xfe", 2},                 /* each bad byte is one U+FFFD */
        {"\xed\xa0\x80", 3},             /* three bad bytes */
        {"\xe2\x80\x8b", 0},             /* zero width space */
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (cli_columns(cases[i].text, strlen(cases[i].text)) != cases[i].columns)
            fail_msg("'%s' takes %zu columns, not %zu", cases[i].text,
                     cli_columns(cases[i].text, strlen(cases[i].text)), cases[i].columns);
    assert_int_equal(cli_char_columns(-1), 1);
    assert_int_equal(cli_char_columns('\n'), 1);
    assert_int_equal(cli_char_columns(0x6771), 2);
}

static void test_json_string(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *json;
    } cases[] = {
        {"", 0, "\"\""},
        {"plain", 5, "\"plain\""},
        {"a\"b\\c", 5, "\"a\\\"b\\\\c\""},
        {"\n\r\t", 3, "\"\\n\\r\\t\""},
        {"\0\x01\x1f", 3, "\"\\u0000\\u0001\\u001f\""},
        {"\b\f", 2, "\"\\u0008\\u000c\""},
        {"\x7f/", 2, "\"\x7f/\""},
        {"K\xc3\xb6ln", 5, "\"K\xc3\xb6ln\""},
        {"a\xff", 2, "\"a\xef\xbf\xbd\""},
        {"\xc3", 1, "\"\xef\xbf\xbd\""},
        {"\xed\xa0\x80z", 4, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\""},
        {"\xff\"\xff", 3, "\"\xef\xbf\xbd\\\"\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cli_text t = {0};
        cli_text_add_json(&t, cases[i].bytes, cases[i].len);
        check_text(&t, cases[i].json);
        cli_text_free(&t);
    }
}

/* --------------------------------------------------------------------------- numbers and times */

static void test_parse_int(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"+7", true, 7},
        {"007", true, 7},
        {"-42", true, -42},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"+-1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1.0", false, 0},
        {"0x10", false, 0},
        {"1e3", false, 0},
        {"one", false, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t value = 77;
        if (cli_parse_int(cases[i].text, &value) != cases[i].good)
            fail_msg("'%s'", cases[i].text);
        assert_int_equal(value, cases[i].good ? cases[i].value : 77);
    }
}

static void test_parse_time(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } cases[] = {
        {"0", 0},
        {"1700000000000", 1700000000000},
        {"1970-01-01", 0},
        {"1970-01-02", 86400000},
        {"2000-02-29", 951782400000},
        {"2025-01-31T12:30", 1738326600000},
        {"2025-01-31T12:30:15", 1738326615000},
        {"2025-01-31T12:30:15.250", 1738326615250},
        {"2025-01-31T12:30:15.250Z", 1738326615250},
        {"2025-01-31 12:30Z", 1738326600000},
        {"2025-01-31Z", 1738281600000},
        {"2024-12-31T23:59:59.999Z", 1735689599999},
        {"9999-12-31", 253402214400000},
        {"-1", -1},
        {"1969-12-31", -1},
        {"", -1},
        {"soon", -1},
        {"2025", 2025}, /* a whole number is milliseconds */
        {"2025-1-31", -1},
        {"2025-13-01", -1},
        {"2025-00-01", -1},
        {"2025-02-29", -1},
        {"2024-02-30", -1},
        {"1900-02-29", -1},
        {"2025-04-31", -1},
        {"2025-01-00", -1},
        {"2025-01-31T", -1},
        {"2025-01-31T24:00", -1},
        {"2025-01-31T12:60", -1},
        {"2025-01-31T12:30:60", -1},
        {"2025-01-31T12:30:15.25", -1},
        {"2025-01-31T12:30:15.2500", -1},
        {"2025-01-31T12:30+01:00", -1},
        {"2025-01-31T12:30ZZ", -1},
        {"2025-01-31 ", -1},
        {"20250131", 20250131},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t ms;
        bool good = cli_parse_time(cases[i].text, &ms);
        if (good != (cases[i].ms >= 0) || (good && ms != cases[i].ms))
            fail_msg("'%s': %s, %lld", cases[i].text, good ? "taken" : "refused", (long long)ms);
    }
}

/* Every day of five centuries: one day after the other, and only those that exist. */
static void test_calendar(void **state)
{
    (void)state;
    int64_t expected = 0;
    for (int year = 1970; year < 2470; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= 31; day++) {
                char text[40];
                int64_t ms;
                snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
                if (cli_parse_time(text, &ms)) {
                    assert_int_equal(ms, expected);
                    expected += 86400000;
                } else {
                    assert_true(day > 28);
                }
            }
        }
    }
    assert_int_equal(expected, INT64_C(15778540800000)); /* 2470-01-01 */
}

static void test_now(void **state)
{
    (void)state;
    int64_t now, later, tick = cli_now_ms();
    assert_true(cli_parse_time("now", &now));
    assert_true(now > 1700000000000);
    assert_true(cli_parse_time("now", &later));
    assert_true(later >= now);
    assert_true(cli_now_ms() >= tick);
    assert_false(cli_parse_time("now ", &now));
    assert_false(cli_parse_time("NOW", &now));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_grows), cmocka_unit_test(test_text_holds_any_bytes),
        cmocka_unit_test(test_list),       cmocka_unit_test(test_utf8_next),
        cmocka_unit_test(test_columns),    cmocka_unit_test(test_json_string),
        cmocka_unit_test(test_parse_int),  cmocka_unit_test(test_parse_time),
        cmocka_unit_test(test_calendar),   cmocka_unit_test(test_now),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
