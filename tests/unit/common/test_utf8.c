/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8 with UTF-16 meaning. A reference that works on arrays of UTF-16 units, as Java does, is
 * held against the functions on random strings.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/clock.h"
#include "common/utf8.h"

#include <stdio.h>

static void test_ascii(void **state)
{
    (void)state;
    char text[40];
    memset(text, 'a', sizeof text);
    assert_true(wr_utf8_ascii((wr_str){0}));
    for (uint32_t len = 0; len < sizeof text; len++) {
        assert_true(wr_utf8_ascii(wr_str_make(text, len)));
        for (uint32_t i = 0; i < len; i++) {
            text[i] = (char)0x80;
            assert_false(wr_utf8_ascii(wr_str_make(text, len)));
            text[i] = 'a';
        }
    }
}

static void test_every_code_point_round_trips(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        char out[4];
        size_t n = wr_utf8_encode(cp, out);
        const char *p = out;
        uint32_t back = wr_utf8_next(&p, out + n);
        bool surrogate = cp >= 0xD800 && cp <= 0xDFFF;
        if (back != cp || p != out + n || wr_utf8_valid(wr_str_make(out, n)) == surrogate ||
            wr_utf16_len(wr_str_make(out, n)) != (cp >= 0x10000 ? 2 : 1))
            fail_msg("U+%04X", (unsigned)cp);
    }
}

static void test_malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80",             /* continuation alone */
        "\xC3",             /* cut */
        "\xC0\x80",         /* overlong NUL */
        "\xC1\xBF",         /* overlong */
        "\xE0\x9F\xBF",     /* overlong */
        "\xE2\x82",         /* cut */
        "\xE2\x28\xA1",     /* no continuation */
        "\xF0\x8F\xBF\xBF", /* overlong */
        "\xF0\x9F\x98",     /* cut */
        "\xF4\x90\x80\x80", /* above U+10FFFF */
        "\xF5\x80\x80\x80",
        "\xFF",
        "\xED\xA0\x80", /* a surrogate is not UTF-8 */
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(bad); i++) {
        char text[16];
        int n = snprintf(text, sizeof text, "ok%s", bad[i]);
        assert_false(wr_utf8_valid(wr_str_make(text, (size_t)n)));
    }
    const char *p = "\xE2\x28\xA1";
    const char *end = p + 3;
    assert_int_equal(wr_utf8_next(&p, end), 0xFFFD);
    assert_int_equal(wr_utf8_next(&p, end), 0x28);
    assert_int_equal(wr_utf8_next(&p, end), 0xFFFD);
    assert_ptr_equal(p, end);
}

/* ---- the reference: arrays of UTF-16 units ---- */

typedef struct units {
    uint32_t v[64];
    uint32_t n;
} units;

static units to_units(wr_str s)
{
    units u = {.n = 0};
    for (const char *p = s.ptr, *end = s.ptr + s.len; p < end;) {
        uint32_t cp = wr_utf8_next(&p, end);
        if (cp >= 0x10000) {
            u.v[u.n++] = 0xD800 + ((cp - 0x10000) >> 10);
            u.v[u.n++] = 0xDC00 + ((cp - 0x10000) & 0x3FF);
        } else {
            u.v[u.n++] = cp;
        }
    }
    return u;
}

static int compare_units(const units *a, const units *b)
{
    for (uint32_t i = 0; i < a->n && i < b->n; i++)
        if (a->v[i] != b->v[i])
            return a->v[i] < b->v[i] ? -1 : 1;
    return a->n < b->n ? -1 : a->n > b->n;
}

static wr_str random_text(wr_rng *r, wr_buf *b)
{
    static const uint32_t alphabet[] = {'a',     'b',     0x7F,    0xE9,    0x20AC,
                                        0xD7FF,  0xD83D,  0xDE00,  0xE000,  0xFFFF,
                                        0x10000, 0x1F600, 0x1F601, 0x10FFFF};
    wr_buf_clear(b);
    for (uint64_t n = wr_rng_below(r, 8); n > 0; n--)
        wr_utf8_put(b, alphabet[wr_rng_below(r, WR_ARRAY_LEN(alphabet))]);
    b->len = b->len ? wr_utf16_join(b->ptr, b->len) : 0;
    return wr_buf_view(b);
}

static void test_compare_against_reference(void **state)
{
    (void)state;
    wr_rng r;
    wr_rng_seed(&r, 12);
    wr_buf x = {0}, y = {0};
    wr_buf_reserve(&x, 64);
    wr_buf_reserve(&y, 64);
    for (int i = 0; i < 200000; i++) {
        wr_str a = random_text(&r, &x), b = random_text(&r, &y);
        units ua = to_units(a), ub = to_units(b);
        int want = compare_units(&ua, &ub), got = wr_utf16_compare(a, b);
        assert_int_equal((got > 0) - (got < 0), want);
        assert_int_equal(wr_utf16_len(a), ua.n);
    }
    assert_int_equal(wr_utf16_compare((wr_str){0}, (wr_str){0}), 0);
    assert_true(wr_utf16_compare((wr_str){0}, WR_STR("a")) < 0);
    wr_buf_free(&x);
    wr_buf_free(&y);
}

static void test_slice_against_reference(void **state)
{
    (void)state;
    wr_rng r;
    wr_rng_seed(&r, 13);
    wr_buf x = {0}, out = {0};
    wr_buf_reserve(&x, 64);
    wr_buf_reserve(&out, 64);
    for (int i = 0; i < 100000; i++) {
        wr_str s = random_text(&r, &x);
        units u = to_units(s);
        uint32_t from = (uint32_t)wr_rng_below(&r, u.n + 3);
        uint32_t to = from + (uint32_t)wr_rng_below(&r, u.n + 3);
        wr_buf_clear(&out);
        wr_utf16_slice(s, from, to, &out);
        units got = to_units(wr_buf_view(&out));
        from = WR_MIN(from, u.n);
        to = WR_MIN(to, u.n);
        assert_int_equal(got.n, to - from);
        for (uint32_t k = 0; k < got.n; k++)
            assert_int_equal(got.v[k], u.v[from + k]);
    }
    wr_buf_free(&x);
    wr_buf_free(&out);
}

static void test_halves_join(void **state)
{
    (void)state;
    wr_str smile = WR_STR("a\xF0\x9F\x98\x80z");
    wr_buf b = {0};
    wr_utf16_slice(smile, 0, 2, &b);
    assert_int_equal(b.len, 4);
    assert_memory_equal(b.ptr, "a\xED\xA0\xBD", 4);
    assert_false(wr_utf8_valid(wr_buf_view(&b)));
    wr_utf16_slice(smile, 2, 4, &b);
    assert_int_equal(b.len, 8);
    b.len = wr_utf16_join(b.ptr, b.len);
    assert_true(wr_str_eq(wr_buf_view(&b), smile));
    /* The wrong way round they stay halves. */
    wr_buf_clear(&b);
    wr_buf_puts(&b, "\xED\xB8\x80\xED\xA0\xBD");
    assert_int_equal(wr_utf16_join(b.ptr, b.len), 6);
    wr_buf_free(&b);
}

static void test_external(void **state)
{
    (void)state;
    wr_buf b = {0};
    wr_utf8_put_external(&b, WR_STR("\xC3\xA9\xED\xA0\xBDx\xED\xB8\x80"));
    assert_string_equal(wr_buf_cstr(&b), "\xC3\xA9?x?");
    wr_buf_clear(&b);
    wr_utf8_put_external(&b, WR_STR("plain \xF0\x9F\x98\x80"));
    assert_string_equal(wr_buf_cstr(&b), "plain \xF0\x9F\x98\x80");
    wr_buf_clear(&b);
    wr_utf8_put_external(&b, WR_STR("a\xFF"));
    assert_string_equal(wr_buf_cstr(&b), "a\xEF\xBF\xBD");
    wr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ascii),
        cmocka_unit_test(test_every_code_point_round_trips),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_compare_against_reference),
        cmocka_unit_test(test_slice_against_reference),
        cmocka_unit_test(test_halves_join),
        cmocka_unit_test(test_external),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
