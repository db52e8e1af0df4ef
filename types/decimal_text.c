/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DECIMAL to and from text and DOUBLE.
 *
 * Reading works on the digits as they stand: which of them are kept, how many zeroes follow, and
 * whether the first dropped one rounds up is known before any number is made. So a text never makes
 * anything larger than the target type, whatever its length and exponent.
 */
#include "types/decimal_internal.h"
#include "types/double_shim.h"
#include "types/text.h"

#include <math.h>

/* [+-]digits[.digits][e[+-]digits] taken apart. */
typedef struct number {
    bool negative;
    wr_str whole, fraction; /* as written, but no leading zeroes of the number */
    int64_t exponent;
    int64_t scale;  /* digits after the point as written, less the exponent; may be negative */
    int64_t digits; /* significant ones; 0: the number is zero */
} number;

static wr_str take_digits(const char **p, const char *end)
{
    const char *from = *p;
    while (*p < end && **p >= '0' && **p <= '9')
        ++*p;
    return wr_str_make(from, (size_t)(*p - from));
}

static void strip_zeroes(wr_str *s)
{
    while (s->len && *s->ptr == '0') {
        s->ptr++;
        s->len--;
    }
}

/* BigDecimal's exponents are 32-bit. */
static bool take_exponent(const char **p, const char *end, int64_t *exponent)
{
    bool negative = false;
    if (*p < end && (**p == '+' || **p == '-'))
        negative = *(*p)++ == '-';
    wr_str s = take_digits(p, end);
    if (s.len == 0)
        return false;
    strip_zeroes(&s);
    int64_t v = 0;
    if (s.len > 10 || (s.len && !wr_str_to_i64(s, &v)) || v > INT32_MAX)
        return false;
    *exponent = negative ? -v : v;
    return true;
}

static bool parse(wr_str s, number *n)
{
    *n = (number){0};
    if (s.len == 0)
        return false;
    const char *p = s.ptr, *end = s.ptr + s.len;
    if (*p == '+' || *p == '-')
        n->negative = *p++ == '-';
    n->whole = take_digits(&p, end);
    n->fraction = wr_str_make(p, 0);
    if (p < end && *p == '.') {
        p++;
        n->fraction = take_digits(&p, end);
    }
    if (n->whole.len + n->fraction.len == 0)
        return false;
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (!take_exponent(&p, end, &n->exponent))
            return false;
    }
    if (p != end)
        return false;
    n->scale = (int64_t)n->fraction.len - n->exponent;
    strip_zeroes(&n->whole);
    if (n->whole.len == 0)
        strip_zeroes(&n->fraction);
    n->digits = (int64_t)n->whole.len + n->fraction.len;
    return true;
}

/* Significant digit number @p i, from 0. */
static char digit_at(const number *n, int64_t i)
{
    return i < n->whole.len ? n->whole.ptr[i] : n->fraction.ptr[i - n->whole.len];
}

/* The first @p keep digits, then @p zeroes zeroes, plus @p add; @p strict: which must fit with it,
 * not only without. @pre all that has <= 38 digits */
static wr_dec_status small_number(const number *n, int64_t keep, int64_t zeroes, int add,
                                  bool strict, const wr_type *to, wr_value *out)
{
    WR_ASSERT(keep >= 0 && keep <= n->digits);
    WR_ASSERT(zeroes >= 0 && keep + zeroes <= WR_DEC_SMALL_MAX);
    wr_u128 magnitude = 0;
    for (int64_t i = 0; i < keep; i++) {
        magnitude *= 10;
        magnitude += (unsigned)(digit_at(n, i) - '0');
    }
    magnitude *= (wr_u128)wr_dec_pow10((int)zeroes);
    if (magnitude + (unsigned)(strict ? add : 0) >= (wr_u128)wr_dec_pow10(to->precision))
        return WR_DEC_OVERFLOW;
    magnitude += (unsigned)add;
    *out = (wr_value){.u.dec = wr__i128_signed(magnitude, n->negative)};
    return WR_DEC_OK;
}

static wr_dec_status big_number(const number *n, int64_t keep, int64_t zeroes, int add, bool strict,
                                const wr_type *to, wr_arena *a, wr_value *out)
{
    WR_ASSERT(keep >= 0 && keep <= n->digits);
    wr_buf digits = {0};
    uint32_t whole = (uint32_t)WR_MIN(keep, (int64_t)n->whole.len);
    wr_buf_put(&digits, n->whole.ptr, whole);
    wr_buf_put(&digits, n->fraction.ptr, (size_t)keep - whole);
    wr_dec_status st = wr__big_from_digits(digits.ptr, (uint32_t)digits.len, zeroes, add, strict,
                                           n->negative, to, a, out);
    wr_buf_free(&digits);
    return st;
}

/* What digits beyond the scale mean. */
typedef enum beyond {
    REFUSE,
    ROUND,       /* HALF_UP; the number must fit before */
    ROUND_STRICT /* HALF_UP; the number must fit before and after */
} beyond;

static wr_dec_status read_number(wr_str s, const wr_type *to, beyond how, wr_arena *a,
                                 wr_value *out)
{
    number n;
    if (!parse(s, &n))
        return WR_DEC_BAD_TEXT;
    if (n.digits == 0) {
        *out = (wr_value){0}; /* zero in either form */
        return WR_DEC_OK;
    }
    int64_t drop = n.scale - to->scale; /* digits that the scale has no room for */
    int64_t zeroes = drop < 0 ? -drop : 0;
    int64_t keep = drop <= 0 ? n.digits : WR_MAX(n.digits - drop, 0);
    if (how == REFUSE && drop > 0) {
        if (drop >= n.digits)
            return WR_DEC_INEXACT;
        for (int64_t i = keep; i < n.digits; i++)
            if (digit_at(&n, i) != '0')
                return WR_DEC_INEXACT;
    }
    if (keep + zeroes > to->precision)
        return WR_DEC_OVERFLOW;
    /* The first dropped digit is the first of all at most: before it stand zeroes. */
    int add = drop > 0 && drop <= n.digits && digit_at(&n, keep) >= '5';
    if (wr_dec_is_small(to))
        return small_number(&n, keep, zeroes, add, how == ROUND_STRICT, to, out);
    return big_number(&n, keep, zeroes, add, how == ROUND_STRICT, to, a, out);
}

wr_dec_status wr_dec_from_text(wr_str s, const wr_type *to, bool exact, wr_arena *a, wr_value *out)
{
    return read_number(s, to, exact ? REFUSE : ROUND, a, out);
}

bool wr_dec_text_type(wr_str s, int32_t *precision, int32_t *scale)
{
    number n;
    if (!parse(s, &n))
        return false;
    /* BigDecimal with a negative scale is brought to scale 0: 1e3 has four digits. */
    int64_t sc = WR_MAX(n.scale, 0);
    int64_t digits = n.digits ? n.digits - WR_MIN(n.scale, 0) : 1;
    /* Between -1 and 1 there is one digit before the point, whatever BigDecimal counts. */
    int64_t p = digits <= sc || n.digits == 0 ? sc + 1 : digits;
    if (p > WR_DEC_PRECISION_MAX)
        return false;
    *precision = (int32_t)p;
    *scale = (int32_t)sc;
    return true;
}

/* --------------------------------------------------------------------------------------- DOUBLE */

wr_dec_status wr_dec_from_double(double v, const wr_type *to, wr_arena *a, wr_value *out)
{
    if (!isfinite(v))
        return WR_DEC_BAD_TEXT;
    char space[32]; /* the longest text has 24 characters, so the buffer never grows */
    wr_buf text = {.ptr = space, .cap = sizeof space};
    wr_text_put_double(&text, v);
    WR_ASSERT(text.ptr == space);
    return read_number(wr_buf_view(&text), to, ROUND_STRICT, a, out);
}

double wr_dec_to_double(const wr_type *t, const wr_value *v)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    /* Both parts are exact then, and one division rounds once. */
    if (wr_dec_is_small(t) && t->scale < (int32_t)WR_ARRAY_LEN(powers) &&
        wr__i128_abs(v->u.dec) <= (wr_u128)1 << 53)
        return (double)(int64_t)v->u.dec / powers[t->scale];
    wr_buf text = {0};
    wr_dec_print(&text, t, v);
    bool negative = *text.ptr == '-';
    double d = wr__double_parse(text.ptr + negative, text.len - negative, false);
    wr_buf_free(&text);
    return negative ? -d : d;
}

/* ------------------------------------------------------------------------------------- printing */

#define SMALL_DIGITS_MAX 39

/* Digits of @p v at the end of @p space. @return the first. */
static char *small_digits(wr_u128 v, char space[SMALL_DIGITS_MAX])
{
    const uint64_t chunk = 10000000000000000000u; /* 10^19: 128-bit divisions are slow */
    char *p = space + SMALL_DIGITS_MAX;
    while (v > UINT64_MAX) {
        uint64_t low = (uint64_t)(v % chunk);
        v /= chunk;
        for (int i = 0; i < 19; i++, low /= 10)
            *--p = (char)('0' + low % 10);
    }
    for (uint64_t rest = (uint64_t)v; rest; rest /= 10)
        *--p = (char)('0' + rest % 10);
    if (p == space + SMALL_DIGITS_MAX)
        *--p = '0';
    return p;
}

static void put_number(wr_buf *out, bool negative, const char *digits, size_t n, size_t scale)
{
    WR_ASSERT(n > 0);
    if (negative)
        wr_buf_putc(out, '-');
    if (n > scale) {
        wr_buf_put(out, digits, n - scale);
        digits += n - scale;
        n = scale;
    } else {
        wr_buf_putc(out, '0');
    }
    if (scale == 0)
        return;
    wr_buf_putc(out, '.');
    for (size_t i = n; i < scale; i++)
        wr_buf_putc(out, '0');
    wr_buf_put(out, digits, n);
}

void wr_dec_print(wr_buf *out, const wr_type *t, const wr_value *v)
{
    if (wr_dec_is_small(t)) {
        char space[SMALL_DIGITS_MAX];
        const char *p = small_digits(wr__i128_abs(v->u.dec), space);
        put_number(out, v->u.dec < 0, p, (size_t)(space + SMALL_DIGITS_MAX - p), (size_t)t->scale);
        return;
    }
    wr_buf digits = {0};
    wr__big_put_digits(&digits, t, v);
    put_number(out, v->u.big.n < 0, digits.ptr, digits.len, (size_t)t->scale);
    wr_buf_free(&digits);
}
