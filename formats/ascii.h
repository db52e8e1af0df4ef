/* SPDX-License-Identifier: Apache-2.0 */
/* ascii.h - is a text ASCII? One vector pass over all of it: the check that nearly every record of
 * nearly every topic passes, so that nothing slower has to be asked. */
#ifndef WR_FORMATS_ASCII_H
#define WR_FORMATS_ASCII_H

#include "common/str.h"
#include "common/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>

static inline bool wr__is_ascii(wr_str s)
{
    if (s.len < 16)
        return wr_utf8_ascii(s);
    /* The last 16 bytes are looked at twice rather than one by one. */
    const char *p = s.ptr, *last = s.ptr + s.len - 16;
    __m128i seen = _mm_loadu_si128((const __m128i *)(const void *)last);
    for (; p < last; p += 16)
        seen = _mm_or_si128(seen, _mm_loadu_si128((const __m128i *)(const void *)p));
    return _mm_movemask_epi8(seen) == 0;
}

/** The same for a text that lies in bytes which may be read from @p from on: short ones cost no
 *  branch on their length. */
static inline bool wr__is_ascii_within(wr_str s, const char *from)
{
    if (s.len >= 16 || s.ptr + s.len - from < 16)
        return wr__is_ascii(s);
    __m128i tail = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + s.len - 16));
    return (unsigned)_mm_movemask_epi8(tail) >> (16 - s.len) == 0; /* the text's bytes come last */
}
#else
static inline bool wr__is_ascii(wr_str s)
{
    return wr_utf8_ascii(s);
}
static inline bool wr__is_ascii_within(wr_str s, const char *from)
{
    (void)from;
    return wr_utf8_ascii(s);
}
#endif

#endif
