/* SPDX-License-Identifier: Apache-2.0 */
/* json_walk_sse2.c - the walk over objects (json_walk.h) by 16 bytes at a time: what every x86-64
 * processor can do. */
#ifdef __x86_64__

#include "formats/json_shape.h"

#include <emmintrin.h>

#define WALK    wr__json_walk_sse2
#define RUN_MAX 16u

static inline const char *find_stop(const char *p, const char *end)
{
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1F);
    do {
        __m128i b = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i stops = _mm_or_si128(_mm_cmpeq_epi8(b, quote), _mm_cmpeq_epi8(b, slash));
        stops = _mm_or_si128(stops, _mm_cmpeq_epi8(_mm_min_epu8(b, control), b));
        uint32_t mask = (uint32_t)_mm_movemask_epi8(stops);
        if (mask)
            return p + __builtin_ctz(mask);
        p += 16;
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

static inline uint32_t same_bytes(const char *p, const char *q)
{
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i y = _mm_loadu_si128((const __m128i *)(const void *)q);
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, y));
}

static inline bool goes_on(const char *p, const wr_jlearned *k)
{
    uint32_t same = same_bytes(p, k->text) | same_bytes(p + 16, k->text + 16) << 16;
    if ((same & k->mask) != k->mask)
        return false;
    return k->len <= 32 || memcmp(p + 32, k->text + 32, k->len - 32) == 0;
}

#include "formats/json_walk.h"

#endif
