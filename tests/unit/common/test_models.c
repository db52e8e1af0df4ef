/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory and texts by long random histories beside plain models: arenas with what is to be released
 * with them, buffers at every length, numbers beside the C library's, UTF-8 beside its definition.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/map.h"
#include "common/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static wr_rng rng;

static int setup(void **state)
{
    (void)state;
    wr_rng_seed(&rng, 29);
    return 0;
}

/* -------------------------------------------------------------------------------------- arenas */

typedef struct release_order {
    int released[64];
    int n;
} release_order;

typedef struct resource {
    release_order *order;
    int number;
    const char *in_arena; /* must still be readable when it is released */
} resource;

static void release(void *arg)
{
    resource *r = arg;
    assert_string_equal(r->in_arena, "still there");
    r->order->released[r->order->n++] = r->number;
}

static void defer_some(wr_arena *a, release_order *order, int n)
{
    for (int i = 0; i < n; i++) {
        resource *r = WR_NEW(a, resource);
        *r = (resource){order, i, wr_arena_strdup(a, "still there")};
        wr_arena_defer(a, release, r);
        (void)wr_arena_alloc(a, 3000); /* so that blocks lie between them */
    }
}

/* The newest first, at a reset and at the end, each once, before the memory goes. */
static void test_deferred_releases(void **state)
{
    (void)state;
    release_order order = {{0}, 0};
    wr_arena *a = wr_arena_new(64);
    wr_arena_reset(a);
    assert_int_equal(order.n, 0);
    defer_some(a, &order, 5);
    assert_int_equal(order.n, 0);
    wr_arena_reset(a);
    assert_int_equal(order.n, 5);
    wr_arena_reset(a); /* not again */
    assert_int_equal(order.n, 5);
    defer_some(a, &order, 3);
    wr_arena_free(a);
    static const int expected[] = {4, 3, 2, 1, 0, 2, 1, 0};
    assert_int_equal(order.n, WR_ARRAY_LEN(expected));
    assert_memory_equal(order.released, expected, sizeof expected);
    wr_arena_free(NULL);
}

/* Objects of all sizes keep their bytes to the reset, are aligned, and are counted. */
static void test_arena_histories(void **state)
{
    (void)state;
    enum { OBJECTS = 300 };
    for (int round = 0; round < 20; round++) {
        struct {
            unsigned char *at;
            size_t size;
        } objects[OBJECTS];
        wr_arena *a = wr_arena_new((size_t)wr_rng_below(&rng, 3) * 1000);
        for (int life = 0; life < 3; life++) {
            size_t total = 0;
            assert_int_equal(wr_arena_used(a), 0);
            for (int i = 0; i < OBJECTS; i++) {
                size_t size = wr_rng_below(&rng, wr_rng_below(&rng, 30) ? 100 : 20000);
                objects[i].at = wr_arena_alloc(a, size);
                objects[i].size = size;
                assert_int_equal((uintptr_t)objects[i].at % 16, 0);
                memset(objects[i].at, i & 0xff, size);
                total += size;
            }
            assert_true(wr_arena_used(a) >= total);
            assert_true(wr_arena_held(a) >= total);
            for (int i = 0; i < OBJECTS; i++)
                for (size_t k = 0; k < objects[i].size; k++)
                    assert_int_equal(objects[i].at[k], i & 0xff);
            wr_arena_reset(a);
        }
        wr_arena_free(a);
    }
}

static void test_arena_texts(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(64);
    for (size_t len = 0; len < 300; len++) { /* printf at, below and above what fits at once */
        char text[301];
        memset(text, 'x', len);
        text[len] = 0;
        char *printed = wr_arena_printf(a, "<%s|%zu>", text, len);
        char expected[340];
        snprintf(expected, sizeof expected, "<%s|%zu>", text, len);
        assert_string_equal(printed, expected);
        assert_string_equal(wr_arena_strndup(a, text, len), text);
        wr_str s = wr_arena_str(a, wr_str_make(text, len));
        assert_true(wr_str_eq_c(s, text));
        assert_true(len == 0 || s.ptr != text);
    }
    wr_arena_free(a);
}

/* ------------------------------------------------------------------------------------- buffers */

static void test_buffer_histories(void **state)
{
    (void)state;
    enum { MODEL = 1 << 16 };
    char *model = malloc(MODEL);
    size_t len = 0;
    wr_buf b = {0};
    for (int step = 0; step < 20000; step++) {
        char text[64];
        size_t n = wr_rng_below(&rng, sizeof text - 1);
        memset(text, 'a' + step % 26, n);
        text[n] = 0;
        if (len + 100 > MODEL || wr_rng_below(&rng, 900) == 0) {
            wr_buf_clear(&b);
            len = 0;
        }
        switch (wr_rng_below(&rng, 6)) {
        case 0:
            wr_buf_printf(&b, "%s", text);
            break;
        case 1:
            wr_buf_puts(&b, text);
            break;
        case 2: /* what is reserved counts only once it is added */
            if (n)
                memcpy(wr_buf_reserve(&b, n + 30), text, n);
            assert_int_equal(b.len, len);
            b.len += n;
            break;
        case 3:
            wr_buf_str(&b, wr_str_make(text, n));
            break;
        case 4:
            n = 8;
            wr_put_be64(text, (uint64_t)step * UINT64_C(0x123456789abcdef));
            wr_buf_be64(&b, (uint64_t)step * UINT64_C(0x123456789abcdef));
            break;
        default:
            wr_buf_put(&b, text, n);
        }
        memcpy(model + len, text, n);
        len += n;
        assert_int_equal(b.len, len);
        if (step % 50 == 0) {
            assert_memory_equal(wr_buf_cstr(&b), model, len);
            assert_int_equal(b.ptr[len], '\0');
            assert_int_equal(b.len, len); /* the 0 is not counted */
        }
    }
    wr_buf_free(&b);
    assert_null(b.ptr);
    assert_int_equal(b.len + b.cap, 0);
    free(model);
}

/* A varint is as short as it can be, and only so it is read. */
static void test_varints(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint64_t v = wr_rng_next(&rng) >> wr_rng_below(&rng, 64), back = 0;
        wr_buf b = {0};
        wr_buf_varint(&b, v);
        size_t bytes = 1;
        for (uint64_t rest = v >> 7; rest; rest >>= 7)
            bytes++;
        assert_int_equal(b.len, bytes);
        assert_int_equal(wr_get_varint(b.ptr, b.ptr + b.len, &back), bytes);
        assert_true(back == v);
        for (size_t cut = 0; cut < bytes; cut++)
            assert_int_equal(wr_get_varint(b.ptr, b.ptr + cut, &back), 0);
        wr_buf_free(&b);
    }
}

/* --------------------------------------------------------------------------------------- texts */

static void test_integers_beside_strtoll(void **state)
{
    (void)state;
    static const char alphabet[] = "0123456789999-+ .e";
    for (int round = 0; round < 100000; round++) {
        char text[24], *end;
        size_t len = wr_rng_below(&rng, round % 2 ? 6 : 21);
        for (size_t i = 0; i < len; i++)
            text[i] = alphabet[wr_rng_below(&rng, round % 3 ? 13 : sizeof alphabet - 1)];
        if (len && round % 5 == 0)
            text[0] = '-';
        text[len] = 0;
        int64_t got = 77;
        errno = 0;
        long long expected = strtoll(text, &end, 10);
        bool good = len > 0 && *end == 0 && errno == 0 && text[0] != ' ';
        if (wr_str_to_i64(wr_str_make(text, len), &got) != good)
            fail_msg("'%s'", text);
        assert_int_equal(got, good ? expected : 77);
    }
}

static void test_letter_case(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        char upper = wr_upper((char)c), lower = wr_lower((char)c);
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        assert_int_equal(upper != lower, letter); /* ASCII alone */
        if (!letter)
            assert_true(upper == (char)c && lower == (char)c);
        for (int d = 0; d < 256; d++) {
            char x[2] = {(char)c, 0}, y[2] = {(char)d, 0};
            bool same = wr_lower((char)c) == wr_lower((char)d);
            assert_int_equal(wr_str_ieq(wr_str_make(x, 1), wr_str_make(y, 1)), same);
            assert_int_equal(wr_ieq(x, y), same);
        }
    }
    assert_false(wr_str_ieq(WR_STR("abc"), WR_STR("ab")));
    assert_false(wr_ieq("abc", "ab"));
    assert_false(wr_ieq("ab", "abc"));
}

static void test_trim(void **state)
{
    (void)state;
    static const char alphabet[] = {' ', '\t', '\n', 0, 0x1f, 'a', '!', (char)0xc3, 0x7f};
    for (int round = 0; round < 20000; round++) {
        char text[10];
        size_t len = wr_rng_below(&rng, sizeof text), from = 0, to = len;
        for (size_t i = 0; i < len; i++)
            text[i] = alphabet[wr_rng_below(&rng, sizeof alphabet)];
        while (from < to && (unsigned char)text[from] <= ' ')
            from++;
        while (to > from && (unsigned char)text[to - 1] <= ' ')
            to--;
        assert_true(
            wr_str_eq(wr_str_trim(wr_str_make(text, len)), wr_str_make(text + from, to - from)));
    }
}

/* ---------------------------------------------------------------------------------------- UTF-8 */

/** Length of the character at @p s by RFC 3629's table; 0: there is none. */
static size_t character(const unsigned char *s, size_t left)
{
    static const struct {
        unsigned char first_lo, first_hi, second_lo, second_hi;
        size_t len;
    } rows[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(rows); i++) {
        if (s[0] < rows[i].first_lo || s[0] > rows[i].first_hi)
            continue;
        if (rows[i].len > left)
            return 0;
        if (rows[i].len > 1 && (s[1] < rows[i].second_lo || s[1] > rows[i].second_hi))
            return 0;
        for (size_t k = 2; k < rows[i].len; k++)
            if (s[k] < 0x80 || s[k] > 0xbf)
                return 0;
        return rows[i].len;
    }
    return 0;
}

static void test_utf8_beside_its_definition(void **state)
{
    (void)state;
    static const unsigned char alphabet[] = {'a',  0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0,
                                             0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff};
    size_t valid_n = 0;
    for (int round = 0; round < 200000; round++) {
        unsigned char bytes[6];
        size_t len = wr_rng_below(&rng, sizeof bytes + 1), at = 0;
        for (size_t i = 0; i < len; i++)
            bytes[i] = alphabet[wr_rng_below(&rng, sizeof alphabet)];
        bool ascii = true;
        for (size_t i = 0; i < len; i++)
            ascii &= bytes[i] < 0x80;
        for (size_t n; at < len && (n = character(bytes + at, len - at)); at += n)
            continue;
        wr_str s = wr_str_make((const char *)bytes, len);
        assert_int_equal(wr_utf8_valid(s), at == len);
        assert_int_equal(wr_utf8_ascii(s), ascii);
        valid_n += at == len && len > 2;
        const char *p = s.ptr, *end = s.ptr + s.len;
        while (p < end) { /* whatever the bytes are, it goes on, and not past the end */
            const char *before = p;
            (void)wr_utf8_next(&p, end);
            assert_true(p > before && p <= end);
        }
    }
    assert_true(valid_n > 500);
}

/* ------------------------------------------------------------------------------------------ maps
 */

/* Any bytes are a key: 0 bytes, beginnings of other keys, none at all. */
static void test_map_keys_of_any_bytes(void **state)
{
    (void)state;
    enum { KEYS = 341 }; /* all over four letters up to a length of four */
    char keys[KEYS][4];
    uint32_t lens[KEYS];
    size_t n = 0;
    for (uint32_t len = 0; len <= 4; len++) {
        for (uint32_t number = 0; number < 1u << (2 * len); number++) {
            for (uint32_t k = 0; k < len; k++)
                keys[n][k] = "\0a\xff "[number >> (2 * k) & 3];
            lens[n++] = len;
        }
    }
    assert_int_equal(n, KEYS);
    wr_map m = {0};
    for (size_t i = 0; i < KEYS; i++)
        assert_null(wr_map_put(&m, wr_str_make(keys[i], lens[i]), &keys[i]));
    assert_int_equal(m.live, KEYS);
    for (size_t i = 0; i < KEYS; i += 2)
        assert_ptr_equal(wr_map_remove(&m, wr_str_make(keys[i], lens[i])), &keys[i]);
    for (size_t i = 0; i < KEYS; i++)
        assert_ptr_equal(wr_map_get(&m, wr_str_make(keys[i], lens[i])), i % 2 ? &keys[i] : NULL);
    size_t at = 0, seen = 1;
    for (const wr_map_entry *e; (e = wr_map_next(&m, &at)); seen += 2)
        assert_true(wr_str_eq(e->key, wr_str_make(keys[seen], lens[seen])));
    assert_int_equal(seen, KEYS);
    wr_map_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_deferred_releases, setup),
        cmocka_unit_test_setup(test_arena_histories, setup),
        cmocka_unit_test_setup(test_arena_texts, setup),
        cmocka_unit_test_setup(test_buffer_histories, setup),
        cmocka_unit_test_setup(test_varints, setup),
        cmocka_unit_test_setup(test_integers_beside_strtoll, setup),
        cmocka_unit_test_setup(test_letter_case, setup),
        cmocka_unit_test_setup(test_trim, setup),
        cmocka_unit_test_setup(test_utf8_beside_its_definition, setup),
        cmocka_unit_test_setup(test_map_keys_of_any_bytes, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
