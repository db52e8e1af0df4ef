/* SPDX-License-Identifier: Apache-2.0 */
/* json_walk_avx2.c - the walk over objects (json_walk.h) by 32 bytes at a time. Only called where
 * the processor is found to have AVX2 and BMI (wr__json_walks). */
#ifdef __x86_64__

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,bmi"))), apply_to = function)
#else
#pragma GCC target("avx2,bmi")
#endif

#include "formats/json_shape.h"

#include <immintrin.h>

#define WALK    wr__json_walk_avx2
#define RUN_MAX 16u

static inline const char *find_stop(const char *p, const char *end)
{
    const __m256i quote = _mm256_set1_epi8('"'), slash = _mm256_set1_epi8('\\');
    const __m256i control = _mm256_set1_epi8(0x1F);
    do {
        __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)p);
        __m256i stops = _mm256_or_si256(_mm256_cmpeq_epi8(b, quote), _mm256_cmpeq_epi8(b, slash));
        stops = _mm256_or_si256(stops, _mm256_cmpeq_epi8(_mm256_min_epu8(b, control), b));
        uint32_t mask = (uint32_t)_mm256_movemask_epi8(stops);
        if (mask)
            return p + __builtin_ctz(mask);
        p += 32;
    } while (p < end);
    return p;
}

static inline uint32_t digit_run(const char *p, const char *end)
{
    (void)end;
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i d = _mm_sub_epi8(b, _mm_set1_epi8('0'));
    __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(9)), d);
    return (uint32_t)__builtin_ctz(~(uint32_t)_mm_movemask_epi8(is_digit));
}

static inline bool goes_on(const char *p, const wr_jlearned *k)
{
    __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i t = _mm256_loadu_si256((const __m256i *)(const void *)k->text);
    uint32_t same = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, t));
    if ((same & k->mask) != k->mask)
        return false;
    return k->len <= 32 || memcmp(p + 32, k->text + 32, k->len - 32) == 0;
}

#include "formats/json_walk.h"

#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
