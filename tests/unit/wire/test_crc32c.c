/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRC32C: the check values of RFC 3720 (appendix B.4), and the instruction beside the tables for
 * every length, alignment and beginning.
 */
#include "batch_helper.h"
#include "runtime/log/wire/crc32c.h"

static void test_known_values(void **state)
{
    (void)state;
    uint8_t bytes[32];
    assert_int_equal(wr__crc32c(0, "", 0), 0);
    assert_int_equal(wr__crc32c(0, "123456789", 9), 0xE3069283);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(wr__crc32c(0, bytes, sizeof bytes), 0x8A9136AA);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(wr__crc32c(0, bytes, sizeof bytes), 0x62A8AB43);
    for (uint8_t i = 0; i < sizeof bytes; i++)
        bytes[i] = i;
    assert_int_equal(wr__crc32c(0, bytes, sizeof bytes), 0x46DD794E);
    assert_int_equal(wr__crc32c_portable(0, bytes, sizeof bytes), 0x46DD794E);
}

/* Bit by bit, as the definition says. */
static uint32_t by_definition(uint32_t crc, const uint8_t *p, size_t n)
{
    crc = ~crc;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78 : 0);
    }
    return ~crc;
}

static void test_every_length(void **state)
{
    (void)state;
    enum { LONGEST = 8000 };
    uint64_t seed = 1;
    uint8_t *bytes = wr_malloc(LONGEST + 8);
    for (size_t i = 0; i < LONGEST + 8; i++)
        bytes[i] = (uint8_t)random_u64(&seed);
    for (size_t n = 0; n <= LONGEST; n++) {
        const uint8_t *from = bytes + n % 8;
        uint32_t begin = n % 3 ? (uint32_t)random_u64(&seed) : 0;
        uint32_t expected = wr__crc32c_portable(begin, from, n);
        assert_int_equal(wr__crc32c(begin, from, n), expected);
        if (n < 1000)
            assert_int_equal(by_definition(begin, from, n), expected);
        size_t cut = random_below(&seed, (uint32_t)n + 1);
        uint32_t first = wr__crc32c(begin, from, cut);
        assert_int_equal(wr__crc32c(first, from + cut, n - cut), expected);
    }
    wr_free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_values),
        cmocka_unit_test(test_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
