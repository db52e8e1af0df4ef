/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRC32C: reflected, polynomial 0x1EDC6F41 (0x82F63B78 reflected), begun and ended with all bits
 * flipped.
 *
 * The instruction takes 8 bytes in 3 cycles, but begins another one every cycle, so three runs of
 * bytes are worked on at once and their checksums put together: with L bytes to come after it, the
 * checksum a of a run counts as a * x^(8 L) mod P. The product is one carry-less multiplication by
 * x^(8 L - 33) mod P: the instruction, which brings it back to 32 bits, is itself a multiplication
 * by x^32, and reflected products are short of one x.
 */
#include "runtime/log/wire/crc32c.h"

#include <pthread.h>

#define POLYNOMIAL 0x82F63B78u

/* ---- by tables: eight bytes at a time ("slicing by 8") ---- */

static uint32_t tables[8][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill_tables(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
        tables[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (int t = 1; t < 8; t++)
            tables[t][i] = tables[t - 1][i] >> 8 ^ tables[0][tables[t - 1][i] & 255];
}

uint32_t wr__crc32c_portable(uint32_t crc, const void *bytes, size_t n)
{
    (void)pthread_once(&once, fill_tables);
    const uint8_t *p = bytes;
    crc = ~crc;
    for (; n >= 8; n -= 8, p += 8) {
        crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        crc = tables[7][crc & 255] ^ tables[6][crc >> 8 & 255] ^ tables[5][crc >> 16 & 255] ^
              tables[4][crc >> 24] ^ tables[3][p[4]] ^ tables[2][p[5]] ^ tables[1][p[6]] ^
              tables[0][p[7]];
    }
    for (; n > 0; n--, p++)
        crc = crc >> 8 ^ tables[0][(crc ^ *p) & 255];
    return ~crc;
}

#if defined(__x86_64__)

#include <immintrin.h>

#define BY_INSTRUCTION __attribute__((target("sse4.2,pclmul")))

/* Bytes of a run, and x^(8 L - 33) and x^(16 L - 33) mod P, reflected. */
enum { LONG_RUN = 1024, SHORT_RUN = 128 };
#define LONG_RUN_SHIFT    0x170076FAu
#define LONG_RUN_SHIFT_2  0xA51B6135u
#define SHORT_RUN_SHIFT   0x0D3B6092u
#define SHORT_RUN_SHIFT_2 0xB9E02B86u

BY_INSTRUCTION static inline uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

BY_INSTRUCTION static inline uint64_t multiply(uint64_t crc, uint32_t by)
{
    __m128i product =
        _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)crc), _mm_cvtsi32_si128((int)by), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

/* Three runs of @p run bytes each, one after the other in memory. */
BY_INSTRUCTION static inline uint64_t three_runs(uint64_t crc, const uint8_t *p, size_t run,
                                                 uint32_t shift, uint32_t shift_2)
{
    uint64_t second = 0, third = 0;
    for (size_t i = 0; i < run; i += 8) {
        crc = _mm_crc32_u64(crc, load64(p + i));
        second = _mm_crc32_u64(second, load64(p + run + i));
        third = _mm_crc32_u64(third, load64(p + 2 * run + i));
    }
    return _mm_crc32_u64(0, multiply(crc, shift_2) ^ multiply(second, shift)) ^ third;
}

BY_INSTRUCTION static uint32_t by_instruction(uint32_t crc, const uint8_t *p, size_t n)
{
    uint64_t c = ~crc;
    for (; n >= 3 * LONG_RUN; n -= 3 * LONG_RUN, p += 3 * LONG_RUN)
        c = three_runs(c, p, LONG_RUN, LONG_RUN_SHIFT, LONG_RUN_SHIFT_2);
    for (; n >= 3 * SHORT_RUN; n -= 3 * SHORT_RUN, p += 3 * SHORT_RUN)
        c = three_runs(c, p, SHORT_RUN, SHORT_RUN_SHIFT, SHORT_RUN_SHIFT_2);
    for (; n >= 8; n -= 8, p += 8)
        c = _mm_crc32_u64(c, load64(p));
    for (; n > 0; n--, p++)
        c = _mm_crc32_u8((uint32_t)c, *p);
    return ~(uint32_t)c;
}

static bool has_instruction(void)
{
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
}

#elif defined(__ARM_FEATURE_CRC32)

#include <arm_acle.h>

static uint32_t by_instruction(uint32_t crc, const uint8_t *p, size_t n)
{
    crc = ~crc;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        crc = __crc32cd(crc, v);
    }
    for (; n > 0; n--, p++)
        crc = __crc32cb(crc, *p);
    return ~crc;
}

static bool has_instruction(void)
{
    return true;
}

#else

static uint32_t by_instruction(uint32_t crc, const uint8_t *p, size_t n)
{
    return wr__crc32c_portable(crc, p, n);
}

static bool has_instruction(void)
{
    return false;
}

#endif

uint32_t wr__crc32c(uint32_t crc, const void *bytes, size_t n)
{
    return has_instruction() ? by_instruction(crc, bytes, n) : wr__crc32c_portable(crc, bytes, n);
}
