/* SPDX-License-Identifier: Apache-2.0 */
/* What the families of functions share; kernel.h is the manual. */
#include "engine/functions/kernel.h"

#include <math.h>

/* The data is zeroed, too: what reads a whole vector without looking at the nulls (sums, hashes of
 * fixed-width keys) must find the same bytes each time. */
void wr__put_null(wr_vec *out, uint32_t i)
{
    size_t width = wr_type_width(out->type);
    if (width)
        memset((char *)out->u.data + width * i, 0, width);
    wr_vec_set_null(out, i);
}

/* Types are equal, so the bytes are the value; nested values and texts are shared. */
void wr__put_row(wr_vec *out, uint32_t i, const wr_vec *from)
{
    uint32_t j = i & from->mask;
    if (from->null[j]) {
        wr__put_null(out, i);
        return;
    }
    WR_ASSERT(out->type->id == from->type->id);
    size_t width = wr_type_width(out->type);
    memcpy((char *)out->u.data + width * i, (const char *)from->u.data + width * j, width);
}

/* Texts may end and begin with halves of one character: CONCAT of the two must give that character,
 * as in Java, where it is two chars side by side. */
size_t wr__join_halves(char *p, size_t n)
{
    /* A half pair begins with ED A0..BF; most texts have none. */
    for (const char *at = p, *end = p + n; at < end; at++) {
        at = memchr(at, 0xED, (size_t)(end - at));
        if (!at)
            break;
        if (at + 1 < end && (uint8_t)at[1] >= 0xA0)
            return wr_utf16_join(p, n);
    }
    return n;
}

/* Empty texts have no memory: ptr is NULL and len 0, which every reader of a wr_str takes. */
void wr__put_text(wr_kctx *ctx, wr_vec *out, uint32_t i, const wr_buf *b)
{
    char *p = b->len ? wr_arena_memdup(ctx->scratch, b->ptr, b->len) : NULL;
    out->u.str[i] = wr_str_make(p, p ? wr__join_halves(p, b->len) : 0);
}

/* Half pairs mean nothing to BYTES. */
void wr__put_bytes(wr_kctx *ctx, wr_vec *out, uint32_t i, const wr_buf *b)
{
    out->u.str[i] =
        wr_str_make(b->len ? wr_arena_memdup(ctx->scratch, b->ptr, b->len) : NULL, b->len);
}

/*
 * Java's char array of a text. A half pair that is kept as three bytes is one unit, as it was, so
 * going there and back changes nothing.
 */
wr__units wr__to_units(wr_arena *a, wr_str s)
{
    /* No character has more units than bytes. */
    wr__units t = {wr_arena_alloc(a, sizeof(uint16_t) * (s.len ? s.len : 1)), 0};
    for (const char *p = s.ptr, *end = s.ptr + s.len; p < end;) {
        uint32_t cp = wr_utf8_next(&p, end);
        if (cp >= 0x10000) {
            t.u[t.n++] = (uint16_t)(0xD800 + ((cp - 0x10000) >> 10));
            cp = 0xDC00 + ((cp - 0x10000) & 0x3FF);
        }
        t.u[t.n++] = (uint16_t)cp;
    }
    WR_ASSERT(t.n <= s.len);
    return t;
}

/* Three bytes at most for a unit: a pair is two units and four bytes. */
wr_str wr__from_units(wr_arena *a, const uint16_t *u, uint32_t n)
{
    char *p = wr_arena_alloc(a, n ? (size_t)n * 3 : 1);
    size_t len = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t cp = u[i];
        if (cp >= 0xD800 && cp <= 0xDBFF && i + 1 < n && u[i + 1] >= 0xDC00 && u[i + 1] <= 0xDFFF)
            cp = 0x10000 + ((cp - 0xD800) << 10) + (u[++i] - 0xDC00u);
        len += wr_utf8_encode(cp, p + len);
    }
    WR_ASSERT(len <= (size_t)n * 3);
    return wr_str_make(p, len);
}

/* Half a character is no text that another program could read, so nothing here ends inside one. */
uint32_t wr__whole_units(wr__units units, uint32_t n)
{
    WR_ASSERT(n <= units.n);
    bool cuts = n > 0 && n < units.n && units.u[n - 1] >= 0xD800 && units.u[n - 1] <= 0xDBFF &&
                units.u[n] >= 0xDC00 && units.u[n] <= 0xDFFF;
    return n - cuts;
}

/** Walk from unit *at_unit at *at on to the unit @p unit, or to the character that it is inside. */
static void seek_unit(const char **at, const char *end, uint32_t *at_unit, uint32_t unit)
{
    while (*at < end && *at_unit < unit) {
        const char *next = *at;
        uint32_t width = wr_utf8_next(&next, end) >= 0x10000 ? 2 : 1;
        if (*at_unit + width > unit)
            return;
        *at_unit += width;
        *at = next;
    }
}

wr_str wr__unit_slice(wr_str s, uint32_t from, uint32_t to)
{
    WR_ASSERT(from <= to);
    const char *end = s.ptr + s.len, *p = s.ptr;
    uint32_t unit = 0;
    seek_unit(&p, end, &unit, from);
    const char *begin = p;
    seek_unit(&p, end, &unit, to);
    WR_ASSERT(begin <= p && p <= end);
    return wr_str_make(begin, (size_t)(p - begin));
}

/**
 * Bytes of the longest piece at @p p that begins a character, complete or not; at least 1.
 *
 *     C3 28          1: a lead byte alone, then (
 *     E2 82 28       2: two bytes of three
 *     F0 9F 98 28    3
 *     80             1: a byte that continues nothing
 */
static size_t malformed_length(const uint8_t *p, size_t left)
{
    uint8_t c = p[0];
    size_t need = c >= 0xF0 && c <= 0xF4 ? 4 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xC2 ? 2 : 1;
    if (c > 0xF4 || left < 2)
        return 1;
    /* The second byte's range excludes overlong forms and what is beyond U+10FFFF. */
    uint8_t low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80, high = c == 0xF4 ? 0x8F : 0xBF;
    size_t n = 1;
    WR_ASSERT(need >= 1 && need <= 4);
    while (n < need && n < left && p[n] >= (n == 1 ? low : 0x80) && p[n] <= (n == 1 ? high : 0xBF))
        n++;
    return n;
}

/*
 * How many U+FFFD a malformed sequence becomes is defined by Java's decoder: one for each longest
 * piece that could have begun a character, and texts are compared with those that ksqlDB has
 * written.
 */
void wr__put_utf8_repaired(wr_buf *out, wr_str bytes)
{
    if (wr_utf8_valid(bytes)) {
        wr_buf_str(out, bytes);
        return;
    }
    for (const char *p = bytes.ptr, *end = bytes.ptr + bytes.len; p < end;) {
        const char *next = p;
        uint32_t cp = wr_utf8_next(&next, end);
        if (cp == 0xFFFD || (cp >= 0xD800 && cp <= 0xDFFF)) {
            next = p + malformed_length((const uint8_t *)p, (size_t)(end - p));
            cp = 0xFFFD;
        }
        wr_utf8_put(out, cp);
        p = next;
    }
}

/* C leaves the conversion of what does not fit undefined, hence the comparisons. 2^31 - 1 is exact
 * as a double, 2^63 - 1 is not: the larger one compares with 2^63.
 *
 *     2.9 is 2, -2.9 is -2, 1e10 is 2147483647, NaN is 0 */
int32_t wr__f64_to_i32(double v)
{
    if (isnan(v))
        return 0;
    return v >= 2147483647.0 ? INT32_MAX : v <= -2147483648.0 ? INT32_MIN : (int32_t)v;
}

int64_t wr__f64_to_i64(double v)
{
    if (isnan(v))
        return 0;
    return v >= 9223372036854775808.0    ? INT64_MAX
           : v <= -9223372036854775808.0 ? INT64_MIN
                                         : (int64_t)v;
}
