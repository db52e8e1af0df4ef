/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scalar_text.c - the readers and writers of single values that several formats share: Java's
 * parseInt and parseDouble, decoding of UTF-8 with replacement, the text of a scalar.
 */
#include "formats/format_internal.h"

#include "common/utf8.h"
#include "types/decimal.h"
#include "types/text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

bool wr__text_to_i32(wr_str s, int32_t *out)
{
    int64_t v;
    if (!wr_str_to_i64(s, &v) || v < INT32_MIN || v > INT32_MAX)
        return false;
    *out = (int32_t)v;
    return true;
}

/* Digits of base 16 at p into @p to, point left out. @return how many. */
static size_t hex_digits(const char **p, const char *end, char *to)
{
    size_t n = 0;
    for (; *p < end && isxdigit((unsigned char)**p); (*p)++)
        to[n++] = **p;
    return n;
}

/* 0x1.8p3, as Double.parseDouble takes it: the exponent is required, a suffix d or f may follow.
 * The point is moved into the exponent, because strtod's own point depends on the locale. */
static bool hex_to_double(wr_str s, double *out)
{
    enum { DIGITS_MAX = 400 }; /* more than a DOUBLE's exact value has */
    const char *p = s.ptr + 2, *end = s.ptr + s.len;
    if (s.len < 5 || s.len > DIGITS_MAX || s.ptr[0] != '0' || wr_lower(s.ptr[1]) != 'x')
        return false;
    char text[DIGITS_MAX + 32] = "0x";
    size_t n = hex_digits(&p, end, text + 2), fraction = 0;
    if (p < end && *p == '.') {
        p++;
        fraction = hex_digits(&p, end, text + 2 + n);
    }
    if (n + fraction == 0 || p == end || wr_lower(*p) != 'p')
        return false;
    const char *last = end - 1;
    bool suffix = last > p && strchr("dDfF", *last) != NULL;
    int64_t exponent;
    p++;
    if (!wr_str_to_i64(wr_str_make(p, (size_t)((suffix ? last : end) - p)), &exponent))
        return false;
    exponent = WR_MAX(WR_MIN(exponent, 1000000), -1000000); /* far outside of what a DOUBLE holds */
    snprintf(text + 2 + n + fraction, 30, "p%lld", (long long)exponent - 4 * (long long)fraction);
    *out = strtod(text, NULL);
    return true;
}

bool wr__text_to_double(wr_str s, double *out)
{
    wr_str t = wr_str_trim(s);
    if (wr_text_to_double(t, out))
        return true;
    bool negative = t.len && t.ptr[0] == '-';
    if (t.len && (t.ptr[0] == '-' || t.ptr[0] == '+'))
        t = wr_str_make(t.ptr + 1, t.len - 1);
    if (hex_to_double(t, out)) {
        *out = negative ? -*out : *out;
        return true;
    }
    if (wr_str_eq(t, WR_STR("NaN")))
        *out = (double)NAN;
    else if (wr_str_eq(t, WR_STR("Infinity")))
        *out = negative ? -(double)INFINITY : (double)INFINITY;
    else
        return false;
    return true;
}

/*
 * Length of the well-formed character at p, or, negated, of the malformed run that one U+FFFD
 * stands for: the longest prefix of a character that could have gone on (as Java and the Unicode
 * standard's "maximal subpart" have it).
 */
static int utf8_unit(const uint8_t *p, const uint8_t *end)
{
    uint8_t c = p[0], low = 0x80, high = 0xBF;
    int more;
    if (c < 0x80)
        return 1;
    if (c >= 0xC2 && c <= 0xDF) {
        more = 1;
    } else if (c >= 0xE0 && c <= 0xEF) {
        more = 2;
        low = c == 0xE0 ? 0xA0 : 0x80;
        high = c == 0xED ? 0x9F : 0xBF;
    } else if (c >= 0xF0 && c <= 0xF4) {
        more = 3;
        low = c == 0xF0 ? 0x90 : 0x80;
        high = c == 0xF4 ? 0x8F : 0xBF;
    } else {
        return -1;
    }
    for (int k = 1; k <= more; k++) {
        if (p + k == end || p[k] < low || p[k] > high)
            return -k;
        low = 0x80;
        high = 0xBF;
    }
    return more + 1;
}

wr_str wr__text_repair_utf8(wr_str s, wr_arena *a)
{
    if (WR_LIKELY(wr_utf8_valid(s)))
        return s;
    const uint8_t *p = (const uint8_t *)s.ptr, *end = p + s.len;
    char *out = wr_arena_alloc(a, (size_t)s.len * 3);
    size_t n = 0;
    while (p < end) {
        int unit = utf8_unit(p, end);
        if (unit > 0) {
            memcpy(out + n, p, (size_t)unit);
            n += (size_t)unit;
            p += unit;
        } else {
            memcpy(out + n, "\xEF\xBF\xBD", 3);
            n += 3;
            p -= unit;
        }
    }
    WR_ASSERT(n <= (size_t)s.len * 3);
    return wr_str_make(out, n);
}

bool wr__time_in_range(int64_t ms)
{
    return ms >= 0 && ms <= 86400000;
}

void wr__decimal_fault(wr_buf *out, const wr_type *t, wr_str s)
{
    bool is_long = s.len > 100;
    wr_buf_printf(out, "Cannot fit decimal '%.*s%s' into DECIMAL(%d, %d) without rounding.",
                  (int)(is_long ? 100 : s.len), s.ptr ? s.ptr : "", is_long ? "..." : "",
                  t->precision, t->scale);
}

void wr__put_scalar(wr_buf *out, const wr_type *t, const wr_value *v)
{
    switch (t->id) {
    case WR_T_BOOLEAN:
        wr_buf_puts(out, v->u.b ? "true" : "false");
        break;
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
        wr_text_put_i64(out, v->u.i32);
        break;
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        wr_text_put_i64(out, v->u.i64);
        break;
    case WR_T_DOUBLE:
        wr_text_put_double(out, v->u.f64);
        break;
    case WR_T_DECIMAL:
        wr_dec_print(out, t, v);
        break;
    case WR_T_STRING:
        wr_utf8_put_external(out, v->u.str);
        break;
    case WR_T_BYTES:
        wr_text_put_base64(out, v->u.str);
        break;
    default: /* wr_format_check and the encoders' constructors keep the rest out */
        WR_UNREACHABLE();
    }
}
