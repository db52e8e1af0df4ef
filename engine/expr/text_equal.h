/* SPDX-License-Identifier: Apache-2.0 */
/* text_equal.h - equality of short texts without a call: length, then the first eight bytes, then
 * the last eight. Most texts that a filter compares differ in one of the first two. */
#ifndef WR_ENGINE_EXPR_TEXT_EQUAL_H
#define WR_ENGINE_EXPR_TEXT_EQUAL_H

#include "common/str.h"

static inline bool wr__same_8(const char *p, const char *q)
{
    uint64_t x, y;
    memcpy(&x, p, 8);
    memcpy(&y, q, 8);
    return x == y;
}

static inline bool wr__same_4(const char *p, const char *q)
{
    uint32_t x, y;
    memcpy(&x, p, 4);
    memcpy(&y, q, 4);
    return x == y;
}

static inline bool wr__text_equal(wr_str a, wr_str b)
{
    uint32_t n = a.len;
    if (n != b.len)
        return false;
    if (n >= 8) {
        if (!wr__same_8(a.ptr, b.ptr))
            return false;
        return n <= 16 ? wr__same_8(a.ptr + n - 8, b.ptr + n - 8)
                       : memcmp(a.ptr + 8, b.ptr + 8, n - 8) == 0;
    }
    if (n >= 4)
        return wr__same_4(a.ptr, b.ptr) && wr__same_4(a.ptr + n - 4, b.ptr + n - 4);
    for (uint32_t i = 0; i < n; i++)
        if (a.ptr[i] != b.ptr[i])
            return false;
    return true;
}

#endif
