/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/buf.h"

static void test_append(void **state)
{
    (void)state;
    wr_buf b = {0};
    assert_string_equal(wr_buf_cstr(&b), "");
    assert_int_equal(b.len, 0);
    wr_buf_puts(&b, "ab");
    wr_buf_putc(&b, 'c');
    wr_buf_put(&b, "de\0f", 4);
    wr_buf_put(&b, NULL, 0);
    wr_buf_str(&b, WR_STR("g"));
    wr_buf_str(&b, (wr_str){0});
    assert_int_equal(b.len, 8);
    assert_memory_equal(b.ptr, "abcde\0fg", 8);
    assert_true(wr_str_eq(wr_buf_view(&b), wr_str_make("abcde\0fg", 8)));
    wr_buf_clear(&b);
    wr_buf_printf(&b, "%s=%d;", "x", 7);
    wr_buf_printf(&b, "%s", "");
    assert_string_equal(wr_buf_cstr(&b), "x=7;");
    wr_buf_free(&b);
    assert_null(b.ptr);
    wr_buf_free(&b);
}

static void test_growth_keeps_content(void **state)
{
    (void)state;
    wr_buf b;
    wr_buf_init(&b);
    for (int i = 0; i < 100000; i++)
        wr_buf_putc(&b, (char)(i % 251));
    assert_int_equal(b.len, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal((uint8_t)b.ptr[i], i % 251);
    /* Longer than any spare room, so that it is printed into new memory. */
    char big[5000];
    memset(big, 'z', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    wr_buf_clear(&b);
    wr_buf_printf(&b, "<%s>", big);
    assert_int_equal(b.len, sizeof big + 1);
    assert_int_equal(b.ptr[b.len - 1], '>');
    wr_buf_free(&b);
}

static void test_reserve(void **state)
{
    (void)state;
    wr_buf b = {0};
    assert_null(wr_buf_reserve(&b, 0));
    memcpy(wr_buf_reserve(&b, 1000), "x", 1);
    assert_int_equal(b.len, 0);
    assert_true(b.cap >= 1000);
    wr_buf_free(&b);
}

static void test_big_endian(void **state)
{
    (void)state;
    wr_buf b = {0};
    wr_buf_be32(&b, 0x01020304);
    wr_buf_be64(&b, 0xF1F2F3F4F5F6F7F8);
    assert_memory_equal(b.ptr, "\x01\x02\x03\x04\xF1\xF2\xF3\xF4\xF5\xF6\xF7\xF8", 12);
    assert_int_equal(wr_get_be32(b.ptr), 0x01020304);
    assert_true(wr_get_be64(b.ptr + 4) == 0xF1F2F3F4F5F6F7F8);
    wr_buf_free(&b);
}

static void test_varint_round_trip(void **state)
{
    (void)state;
    wr_buf b = {0};
    for (unsigned shift = 0; shift < 64; shift++) {
        for (int delta = -1; delta <= 1; delta++) {
            uint64_t v = ((uint64_t)1 << shift) + (uint64_t)(int64_t)delta, back = 0;
            wr_buf_clear(&b);
            wr_buf_varint(&b, v);
            assert_int_equal(wr_get_varint(b.ptr, b.ptr + b.len, &back), b.len);
            assert_true(back == v);
            /* Every shorter piece is incomplete. */
            for (size_t n = 0; n < b.len; n++)
                assert_int_equal(wr_get_varint(b.ptr, b.ptr + n, &back), 0);
        }
    }
    wr_buf_free(&b);
}

static void test_varint_bounds(void **state)
{
    (void)state;
    uint64_t v = 7;
    const char max[] = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01";
    assert_int_equal(wr_get_varint(max, max + 10, &v), 10);
    assert_true(v == UINT64_MAX);
    v = 7;
    const char over[] = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02";
    assert_int_equal(wr_get_varint(over, over + 10, &v), 0);
    const char long_one[] = "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01";
    assert_int_equal(wr_get_varint(long_one, long_one + 11, &v), 0);
    assert_true(v == 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_growth_keeps_content),
        cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_big_endian),
        cmocka_unit_test(test_varint_round_trip),
        cmocka_unit_test(test_varint_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
