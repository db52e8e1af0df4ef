/* SPDX-License-Identifier: Apache-2.0 */
/* Comparisons, hash and integer reading on borrowed bytes. */
#include "common/str.h"

int wr_str_cmp(wr_str a, wr_str b)
{
    uint32_t n = WR_MIN(a.len, b.len);
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    if (c)
        return c;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool wr_str_ieq(wr_str a, wr_str b)
{
    if (a.len != b.len)
        return false;
    for (uint32_t i = 0; i < a.len; i++)
        if (wr_upper(a.ptr[i]) != wr_upper(b.ptr[i]))
            return false;
    return true;
}

bool wr_ieq(const char *a, const char *b)
{
    return wr_str_ieq(wr_str_c(a), wr_str_c(b));
}

bool wr_str_starts_with(wr_str s, wr_str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

/* Row i has the distances of a's first i bytes to each beginning of b; a swap looks two rows up. */
size_t wr_str_distance(wr_str a, wr_str b)
{
    enum { LONGEST = 200 };
    if (a.len > LONGEST || b.len > LONGEST)
        return SIZE_MAX;
    WR_ASSERT((a.ptr || a.len == 0) && (b.ptr || b.len == 0));
    size_t rows[3][LONGEST + 1];
    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        const size_t *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];
        size_t *row = rows[i % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            bool differ = a.ptr[i - 1] != b.ptr[j - 1];
            row[j] = WR_MIN(above[j - 1] + differ, WR_MIN(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1])
                row[j] = WR_MIN(row[j], two_above[j - 2] + 1);
        }
    }
    size_t edits = rows[a.len % 3][b.len];
    /* Each edit changes the length by one at most, and all can be changed. */
    WR_ASSERT(edits <= WR_MAX(a.len, b.len));
    WR_ASSERT(edits >= WR_MAX(a.len, b.len) - WR_MIN(a.len, b.len));
    return edits;
}

uint64_t wr_str_hash(wr_str s)
{
    /* FNV-1a with a final mix: names are short, and this is never on the data path. */
    uint64_t h = 0xcbf29ce484222325u;
    for (uint32_t i = 0; i < s.len; i++)
        h = (h ^ (uint8_t)s.ptr[i]) * 0x100000001b3u;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    return h ^ (h >> 32);
}

wr_str wr_str_trim(wr_str s)
{
    while (s.len && (uint8_t)s.ptr[0] <= 0x20) {
        s.ptr++;
        s.len--;
    }
    while (s.len && (uint8_t)s.ptr[s.len - 1] <= 0x20)
        s.len--;
    return s;
}

bool wr_str_to_i64(wr_str s, int64_t *out)
{
    uint32_t i = 0;
    bool neg = false;
    if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+')) {
        neg = s.ptr[0] == '-';
        i = 1;
    }
    if (i == s.len)
        return false;
    uint64_t v = 0;
    uint64_t max = neg ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    for (; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        uint64_t d = (uint64_t)(s.ptr[i] - '0');
        if (v > (max - d) / 10)
            return false;
        v = v * 10 + d;
    }
    *out = neg ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}
