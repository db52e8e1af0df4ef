/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers, JSON strings, base64 and hex as text. Dates and times: text_time.c.
 */
#include "types/text.h"

#include "common/utf8.h"
#include "types/double_shim.h"

#include <math.h>
#include <stdio.h>

/* -------------------------------------------------------------------------------------- numbers */

void wr_text_put_i64(wr_buf *out, int64_t v)
{
    char text[20];
    char *p = text + sizeof text;
    uint64_t rest = v < 0 ? -(uint64_t)v : (uint64_t)v;
    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (v < 0)
        *--p = '-';
    wr_buf_put(out, p, (size_t)(text + sizeof text - p));
}

#define DIGITS_MAX 24 /* 17 are enough for any double */

/*
 * Java 19's digits: the shortest that round-trip, but where one digit is enough, the two nearest
 * to the value are taken if they round-trip as well (4.9E-324, not 5.0E-324).
 */
static int java_digits(double v, char digits[DIGITS_MAX], int *exponent)
{
    int n = wr__double_digits(v, digits, exponent);
    WR_ASSERT(n >= 1 && n <= 17);
    if (n > 1)
        return n;
    char two[2], text[DIGITS_MAX];
    int two_exponent;
    wr__double_two_digits(v, two, &two_exponent);
    int len = snprintf(text, sizeof text, "%c.%ce%d", two[0], two[1], two_exponent);
    if (two[1] == '0' || wr__double_parse(text, (size_t)len, false) != v)
        return n;
    memcpy(digits, two, 2);
    *exponent = two_exponent;
    return 2;
}

static void put_zeroes(wr_buf *out, int n)
{
    while (n-- > 0)
        wr_buf_putc(out, '0');
}

/* d1.d2... with at least one digit after the point. */
static void put_scientific(wr_buf *out, const char *digits, int n, int exponent)
{
    wr_buf_putc(out, digits[0]);
    wr_buf_putc(out, '.');
    if (n == 1)
        wr_buf_putc(out, '0');
    wr_buf_put(out, digits + 1, (size_t)n - 1);
    wr_buf_putc(out, 'E');
    wr_text_put_i64(out, exponent);
}

static void put_plain(wr_buf *out, const char *digits, int n, int exponent)
{
    if (exponent < 0) {
        wr_buf_puts(out, "0.");
        put_zeroes(out, -exponent - 1);
        wr_buf_put(out, digits, (size_t)n);
        return;
    }
    int before = exponent + 1; /* digits before the point */
    wr_buf_put(out, digits, (size_t)WR_MIN(n, before));
    put_zeroes(out, before - n);
    wr_buf_putc(out, '.');
    if (n > before)
        wr_buf_put(out, digits + before, (size_t)(n - before));
    else
        wr_buf_putc(out, '0');
}

void wr_text_put_double(wr_buf *out, double v)
{
    if (isnan(v)) {
        wr_buf_puts(out, "NaN");
        return;
    }
    if (signbit(v))
        wr_buf_putc(out, '-');
    v = fabs(v);
    if (isinf(v)) {
        wr_buf_puts(out, "Infinity");
        return;
    }
    if (v == 0) {
        wr_buf_puts(out, "0.0");
        return;
    }
    char digits[DIGITS_MAX];
    int exponent;
    int n = java_digits(v, digits, &exponent);
    if (exponent >= -3 && exponent < 7)
        put_plain(out, digits, n, exponent);
    else
        put_scientific(out, digits, n, exponent);
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* End of digits[.digits][e[+-]digits] at @p p, at least one digit in front; NULL if it is none. */
static const char *scan_number(const char *p, const char *end)
{
    const char *start = p;
    p = skip_digits(p, end);
    size_t digits = (size_t)(p - start);
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        p = skip_digits(p, end);
        digits += (size_t)(p - fraction);
    }
    if (digits == 0)
        return NULL;
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        const char *exponent = p;
        p = skip_digits(p, end);
        if (p == exponent)
            return NULL;
    }
    return p;
}

static const char *skip_hex(const char *p, const char *end)
{
    while (p < end && ((*p >= '0' && *p <= '9') || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'f')))
        p++;
    return p;
}

/* End of digits[.digits]p[+-]digits at @p p, at least one hexadecimal digit in front. */
static const char *scan_hex(const char *p, const char *end)
{
    const char *start = p;
    p = skip_hex(p, end);
    size_t digits = (size_t)(p - start);
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        p = skip_hex(p, end);
        digits += (size_t)(p - fraction);
    }
    if (digits == 0 || p == end || (*p | 0x20) != 'p')
        return NULL;
    p++;
    if (p < end && (*p == '+' || *p == '-'))
        p++;
    const char *exponent = p;
    p = skip_digits(p, end);
    return p == exponent ? NULL : p;
}

bool wr_text_to_double(wr_str s, double *out)
{
    s = wr_str_trim(s);
    if (s.len == 0)
        return false;
    const char *p = s.ptr, *end = s.ptr + s.len;
    bool negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    bool hex = end - p > 2 && p[0] == '0' && (p[1] | 0x20) == 'x';
    if (hex)
        p += 2;
    const char *stop = hex ? scan_hex(p, end) : scan_number(p, end);
    if (!stop)
        return false;
    /* Java takes its own type suffixes. */
    if (stop != end && (stop + 1 != end || !strchr("dDfF", *stop) || !*stop))
        return false;
    double v = wr__double_parse(p, (size_t)(stop - p), hex);
    *out = negative ? -v : v;
    return true;
}

/* ------------------------------------------------------------------------------- base64 and hex */

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void wr_text_put_base64(wr_buf *out, wr_str bytes)
{
    const uint8_t *p = (const uint8_t *)bytes.ptr;
    char *to = wr_buf_reserve(out, ((size_t)bytes.len + 2) / 3 * 4);
    size_t n = bytes.len, at = 0;
    for (; n >= 3; n -= 3, p += 3) {
        to[at++] = base64_digits[p[0] >> 2];
        to[at++] = base64_digits[(p[0] & 3) << 4 | p[1] >> 4];
        to[at++] = base64_digits[(p[1] & 15) << 2 | p[2] >> 6];
        to[at++] = base64_digits[p[2] & 63];
    }
    if (n) {
        uint8_t second = n == 2 ? p[1] : 0;
        to[at++] = base64_digits[p[0] >> 2];
        to[at++] = base64_digits[(p[0] & 3) << 4 | second >> 4];
        to[at++] = n == 2 ? base64_digits[(second & 15) << 2] : '=';
        to[at++] = '=';
    }
    out->len += at;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/*
 * As java.util.Base64's basic decoder: padding may be left out, but where it is, it must be whole;
 * bits that the last digit has too many are not looked at.
 */
bool wr_text_from_base64(wr_buf *out, wr_str text)
{
    size_t n = text.len;
    if (n && text.ptr[n - 1] == '=') {
        if (n % 4 != 0)
            return false;
        n -= text.ptr[n - 2] == '=' ? 2 : 1;
    }
    if (n % 4 == 1)
        return false;
    uint8_t *to = (uint8_t *)wr_buf_reserve(out, n / 4 * 3 + 3);
    size_t at = 0;
    uint32_t bits = 0, held = 0; /* bits not yet written, and how many */
    for (size_t i = 0; i < n; i++) {
        int v = base64_value(text.ptr[i]);
        if (v < 0)
            return false;
        bits = bits << 6 | (uint32_t)v;
        held += 6;
        if (held >= 8) {
            held -= 8;
            to[at++] = (uint8_t)(bits >> held);
        }
    }
    out->len += at;
    return true;
}

void wr_text_put_hex(wr_buf *out, wr_str bytes, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char *to = wr_buf_reserve(out, (size_t)bytes.len * 2);
    for (uint32_t i = 0; i < bytes.len; i++) {
        uint8_t b = (uint8_t)bytes.ptr[i];
        to[2 * (size_t)i] = digits[b >> 4];
        to[2 * (size_t)i + 1] = digits[b & 15];
    }
    out->len += (size_t)bytes.len * 2;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = wr_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool wr_text_from_hex(wr_buf *out, wr_str text)
{
    if (text.len % 2)
        return false;
    char *to = wr_buf_reserve(out, text.len / 2);
    for (uint32_t i = 0; i < text.len; i += 2) {
        int high = hex_value(text.ptr[i]), low = hex_value(text.ptr[i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[i / 2] = (char)(high << 4 | low);
    }
    out->len += text.len / 2;
    return true;
}

/* --------------------------------------------------------------------------------------- quoted */

/* What follows the backslash for a byte that must be escaped, 'u' for \u00XX; 0: as it is. */
/* clang-format off */
static const char json_escapes[256] = {
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b', 't', 'n', 'u', 'f', 'r', 'u', 'u',
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u',
    ['"'] = '"', ['\\'] = '\\',
};
/* clang-format on */

void wr_text_put_json_string(wr_buf *out, wr_str s)
{
    wr_buf_putc(out, '"');
    uint32_t from = 0; /* start of the run not yet written */
    for (uint32_t i = 0; i < s.len; i++) {
        char escape = json_escapes[(uint8_t)s.ptr[i]];
        if (!escape)
            continue;
        wr_utf8_put_external(out, wr_str_make(s.ptr + from, i - from));
        wr_buf_putc(out, '\\');
        wr_buf_putc(out, escape);
        if (escape == 'u') {
            wr_buf_puts(out, "00");
            wr_text_put_hex(out, wr_str_make(s.ptr + i, 1), true);
        }
        from = i + 1;
    }
    if (from < s.len)
        wr_utf8_put_external(out, wr_str_make(s.ptr + from, s.len - from));
    wr_buf_putc(out, '"');
}

void wr_text_put_quoted(wr_buf *out, wr_str s, char quote)
{
    wr_buf_putc(out, quote);
    for (uint32_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == quote)
            wr_buf_putc(out, quote);
        wr_buf_putc(out, s.ptr[i]);
    }
    wr_buf_putc(out, quote);
}
