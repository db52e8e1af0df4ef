/* SPDX-License-Identifier: Apache-2.0 */
/*
 * <charconv> behind C linkage: no allocation, no locale, no exceptions.
 */
#include "types/double_shim.h"

#include <charconv>
#include <limits>

/* Split to_chars' scientific form, d[.ddd]e[+-]dd, into digits and exponent. @return digits */
static int split(const char *p, const char *end, char *digits, int *exponent)
{
    int n = 0;
    for (; *p != 'e'; p++)
        if (*p != '.')
            digits[n++] = *p;
    p++;
    if (*p == '+')
        p++; /* from_chars takes '-' only */
    std::from_chars(p, end, *exponent);
    return n;
}

int wr__double_digits(double v, char *digits, int *exponent)
{
    char text[32];
    auto done = std::to_chars(text, text + sizeof text, v, std::chars_format::scientific);
    return split(text, done.ptr, digits, exponent);
}

void wr__double_two_digits(double v, char digits[2], int *exponent)
{
    char text[32];
    auto done = std::to_chars(text, text + sizeof text, v, std::chars_format::scientific, 1);
    split(text, done.ptr, digits, exponent);
}

/* Whether a text that is out of a double's range is too large (and not too small). @p mark, a small
 * letter, begins the exponent, which counts units of which a digit has @p per_digit. */
static bool is_large(const char *p, const char *end, char mark, int per_digit)
{
    long long before = 0; /* position of the first digit that is not 0, relative to the point */
    bool seen = false, point = false;
    for (; p < end && (*p | 0x20) != mark; p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        seen = seen || *p != '0';
        if (!point && seen)
            before++;
        else if (point && !seen)
            before--;
    }
    before *= per_digit;
    if (p == end)
        return before > 0;
    p++;
    bool negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    long long exponent = 0;
    for (; p < end && exponent < (1LL << 40); p++) /* texts are shorter than 2^32 bytes */
        exponent = exponent * 10 + (*p - '0');
    return before + (negative ? -exponent : exponent) > 0;
}

double wr__double_parse(const char *text, size_t len, bool hex)
{
    double v = 0;
    auto format = hex ? std::chars_format::hex : std::chars_format::general;
    auto done = std::from_chars(text, text + len, v, format);
    if (done.ec == std::errc::result_out_of_range) {
        bool large = is_large(text, text + len, hex ? 'p' : 'e', hex ? 4 : 1);
        return large ? std::numeric_limits<double>::infinity() : 0.0;
    }
    return v;
}
