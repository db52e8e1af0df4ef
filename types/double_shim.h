/* SPDX-License-Identifier: Apache-2.0 */
/*
 * double_shim.h - the two hard parts of DOUBLE texts, from C++'s <charconv>: shortest digits that
 * round-trip, and correctly rounded reading. Syntax and layout are text.c's.
 */
#ifndef WR_TYPES_DOUBLE_SHIM_H
#define WR_TYPES_DOUBLE_SHIM_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Digits d1 d2 ... dn without point, d1 != '0', such that d1.d2...dn * 10^exponent reads back as
 * @p v and n is smallest. @p digits: at least 24 bytes, not 0-terminated.
 * @pre v is finite and above 0. @return n
 */
int wr__double_digits(double v, char *digits, int *exponent);
/** The same with exactly two digits, correctly rounded; they may not read back as @p v. */
void wr__double_two_digits(double v, char digits[2], int *exponent);
/**
 * The double nearest to digits[.digits][e[+-]digits], which the caller has checked to be such a
 * text. Too large: infinity; too small: 0. @p hex: the digits are hexadecimal, without 0x, and the
 * exponent, of two, comes after a p.
 */
double wr__double_parse(const char *text, size_t len, bool hex);

#ifdef __cplusplus
}
#endif

#endif
