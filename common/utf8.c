/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8 in, UTF-16 units where SQL counts or orders. ASCII text, the common case, takes a short way
 * in every function. Nothing here allocates but through the wr_buf it is given.
 */
#include "common/utf8.h"

bool wr_utf8_ascii(wr_str s)
{
    uint32_t i = 0;
    for (; i + 8 <= s.len; i += 8) {
        uint64_t w;
        memcpy(&w, s.ptr + i, 8);
        if (w & 0x8080808080808080u)
            return false;
    }
    for (; i < s.len; i++)
        if ((uint8_t)s.ptr[i] & 0x80)
            return false;
    return true;
}

/* Decode at p; *n = bytes consumed; surrogates pass. 0xFFFFFFFF where malformed. */
static uint32_t decode(const char *ptr, const char *end, size_t *n)
{
    const uint8_t *p = (const uint8_t *)ptr;
    size_t left = (size_t)(end - ptr);
    uint32_t c = p[0];
    *n = 1;
    if (c < 0x80)
        return c;
    if (c >= 0xC2 && c <= 0xDF && left >= 2 && (p[1] & 0xC0) == 0x80) {
        *n = 2;
        return (c & 0x1F) << 6 | (p[1] & 0x3Fu);
    }
    if ((c & 0xF0) == 0xE0 && left >= 3 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80) {
        uint32_t cp = (c & 0x0F) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
        if (cp >= 0x800) {
            *n = 3;
            return cp;
        }
    }
    if (c >= 0xF0 && c <= 0xF4 && left >= 4 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80 &&
        (p[3] & 0xC0) == 0x80) {
        uint32_t cp =
            (c & 0x07) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
        if (cp >= 0x10000 && cp <= 0x10FFFF) {
            *n = 4;
            return cp;
        }
    }
    return UINT32_MAX;
}

static bool is_surrogate(uint32_t cp)
{
    return cp >= 0xD800 && cp <= 0xDFFF;
}

bool wr_utf8_valid(wr_str s)
{
    if (wr_utf8_ascii(s))
        return true;
    const char *p = s.ptr, *end = s.ptr + s.len;
    while (p < end) {
        size_t n;
        uint32_t cp = decode(p, end, &n);
        if (cp == UINT32_MAX || is_surrogate(cp))
            return false;
        p += n;
    }
    return true;
}

uint32_t wr_utf8_next(const char **p, const char *end)
{
    size_t n;
    uint32_t cp = decode(*p, end, &n);
    *p += n;
    return cp == UINT32_MAX ? 0xFFFD : cp;
}

size_t wr_utf8_encode(uint32_t cp, char *out)
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (char)(0x80 | (cp & 0x3F));
    return 4;
}

void wr_utf8_put(wr_buf *b, uint32_t cp)
{
    b->len += wr_utf8_encode(cp, wr_buf_reserve(b, 4));
}

uint32_t wr_utf16_len(wr_str s)
{
    if (wr_utf8_ascii(s))
        return s.len;
    uint32_t n = 0;
    for (const char *p = s.ptr, *end = s.ptr + s.len; p < end;)
        n += wr_utf8_next(&p, end) >= 0x10000 ? 2 : 1;
    return n;
}

/* A position in UTF-8 text, read in UTF-16 code units. */
typedef struct unit_reader {
    const char *p, *end;
    uint32_t pending; /* second unit of a pair whose first was handed out, or 0 */
} unit_reader;

static bool next_unit(unit_reader *r, uint32_t *unit)
{
    if (r->pending) {
        *unit = r->pending;
        r->pending = 0;
        return true;
    }
    if (r->p == r->end)
        return false;
    uint32_t cp = wr_utf8_next(&r->p, r->end);
    if (cp >= 0x10000) {
        r->pending = 0xDC00 + ((cp - 0x10000) & 0x3FF);
        cp = 0xD800 + ((cp - 0x10000) >> 10);
    }
    *unit = cp;
    return true;
}

int wr_utf16_compare(wr_str a, wr_str b)
{
    const char *p = a.ptr, *q = b.ptr;
    uint32_t n = WR_MIN(a.len, b.len), i = 0;
    while (i < n && p[i] == q[i])
        i++;
    if (i == n)
        return a.len < b.len ? -1 : a.len > b.len;
    uint8_t x = (uint8_t)p[i], y = (uint8_t)q[i];
    if (x < 0x80 || y < 0x80)
        return x < y ? -1 : 1;
    /* Step back to the start of the character in which they differ. From there unit by unit: the
     * first unit of a supplementary character is a surrogate, below U+E000..U+FFFF, and may equal
     * a half pair of the other side, so that the next unit decides. */
    while (i > 0 && ((uint8_t)p[i] & 0xC0) == 0x80)
        i--;
    unit_reader r = {p + i, p + a.len, 0}, s = {q + i, q + b.len, 0};
    for (;;) {
        uint32_t u, v;
        bool more_r = next_unit(&r, &u), more_s = next_unit(&s, &v);
        if (!more_r || !more_s)
            return more_s ? -1 : more_r;
        if (u != v)
            return u < v ? -1 : 1;
    }
}

void wr_utf16_slice(wr_str s, uint32_t from, uint32_t to, wr_buf *out)
{
    WR_ASSERT(from <= to);
    if (wr_utf8_ascii(s)) {
        from = WR_MIN(from, s.len);
        to = WR_MIN(to, s.len);
        wr_buf_put(out, s.ptr + from, to - from);
        return;
    }
    uint32_t unit = 0;
    for (const char *p = s.ptr, *end = s.ptr + s.len; p < end && unit < to;) {
        uint32_t cp = wr_utf8_next(&p, end);
        if (cp < 0x10000) {
            if (unit >= from)
                wr_utf8_put(out, cp);
            unit++;
            continue;
        }
        bool hi = unit >= from, lo = unit + 1 >= from && unit + 1 < to;
        if (hi && lo)
            wr_utf8_put(out, cp);
        else if (hi)
            wr_utf8_put(out, 0xD800 + ((cp - 0x10000) >> 10));
        else if (lo)
            wr_utf8_put(out, 0xDC00 + ((cp - 0x10000) & 0x3FF));
        unit += 2;
    }
}

size_t wr_utf16_join(char *p, size_t len)
{
    size_t w = 0;
    const char *end = p + len;
    for (const char *r = p; r < end;) {
        uint32_t cp = wr_utf8_next(&r, end);
        if (cp >= 0xD800 && cp <= 0xDBFF && r < end) {
            const char *r2 = r;
            uint32_t lo = wr_utf8_next(&r2, end);
            if (lo >= 0xDC00 && lo <= 0xDFFF) {
                cp = 0x10000 + ((cp - 0xD800) << 10) + (lo - 0xDC00);
                r = r2;
            }
        }
        /* U+FFFD for an invalid byte would be longer than what it replaces: such input does not
         * occur inside Weir (every decoder validates), and the assert keeps it that way. */
        char tmp[4];
        size_t n = wr_utf8_encode(cp, tmp);
        WR_ASSERT(p + w + n <= r);
        memcpy(p + w, tmp, n);
        w += n;
    }
    return w;
}

void wr_utf8_put_external(wr_buf *out, wr_str s)
{
    if (wr_utf8_valid(s)) {
        wr_buf_str(out, s);
        return;
    }
    for (const char *p = s.ptr, *end = s.ptr + s.len; p < end;) {
        uint32_t cp = wr_utf8_next(&p, end);
        wr_utf8_put(out, is_surrogate(cp) ? '?' : cp);
    }
}
