/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decimal.h - DECIMAL arithmetic. The representation follows from the type alone: precision <= 38:
 * the unscaled value in 128 bits (wr_value.u.dec); more: arbitrary precision (wr_value.u.big, GMP
 * inside). Nothing is tested per value: the expression compiler picks the functions by type.
 */
#ifndef WR_TYPES_DECIMAL_H
#define WR_TYPES_DECIMAL_H

#include "types/value.h"

#define WR_DEC_SMALL_MAX 38
/** Ceiling of Weir's own: DDL and CAST refuse larger types, results of operations stop growing here
 *  (a value that then does not fit is an error: WR_DEC_OVERFLOW or WR_DEC_INEXACT). */
#define WR_DEC_PRECISION_MAX 1000000
static inline bool wr_dec_is_small(const wr_type *t)
{
    return t->precision <= WR_DEC_SMALL_MAX;
}
/** 10^n for 0 <= n <= 38. */
wr_i128 wr_dec_pow10(int n);

/** The other division: a quotient that is not exact at the result's scale is WR_DEC_INEXACT, where
 *  '/' rounds it HALF_UP. */
#define WR_DEC_DIV_EXACT ':'

/** Result type of an operation, dialect.md section 3. @p op is one of '+', '-', '*', '/', '%' and
 *  WR_DEC_DIV_EXACT. @p l, @p r: DECIMAL, INTEGER or BIGINT. */
const wr_type *wr_dec_result_type(wr_arena *a, char op, const wr_type *l, const wr_type *r);
/** INTEGER -> DECIMAL(10, 0), BIGINT -> DECIMAL(19, 0), DECIMAL -> itself. */
const wr_type *wr_dec_type_of(wr_arena *a, const wr_type *t);

typedef enum wr_dec_status {
    WR_DEC_OK,
    WR_DEC_OVERFLOW, /* "Numeric field overflow" */
    WR_DEC_DIV_ZERO,
    WR_DEC_INEXACT,    /* quotient does not terminate within the scale */
    WR_DEC_IMPOSSIBLE, /* '%': the whole quotient has more digits than the result's precision */
    WR_DEC_BAD_TEXT,
} wr_dec_status;

/** out = l op r, of type @p result = wr_dec_result_type(...). Exact, but for '/', or an error. Big
 *  results: in a. */
wr_dec_status wr_dec_arith(char op, const wr_type *lt, const wr_value *l, const wr_type *rt_,
                           const wr_value *r, const wr_type *result, wr_arena *a, wr_value *out);
/** Fast path where all three types are small and no intermediate exceeds 128 bits; otherwise NULL:
 *  the compiler asks once and loops. */
struct wr_dec_plan;
typedef wr_dec_status (*wr_dec_small_fn)(wr_i128 l, wr_i128 r, const struct wr_dec_plan *plan,
                                         wr_i128 *out);
typedef struct wr_dec_plan {
    wr_i128 l_mul, r_mul; /* scale factors applied first */
    wr_i128 limit;        /* |result| must be below, of '%' the quotient; 0: cannot overflow */
    int32_t shift;        /* DIV: power of ten applied to l */
} wr_dec_plan;
wr_dec_small_fn wr_dec_small_plan(char op, const wr_type *lt, const wr_type *rt,
                                  const wr_type *result, wr_dec_plan *plan);

/** Compare by value; types may differ in scale. */
int wr_dec_compare(const wr_type *lt, const wr_value *l, const wr_type *rt, const wr_value *r);
/**
 * CAST(DECIMAL AS DECIMAL): HALF_UP to the new scale; WR_DEC_OVERFLOW where it does not fit before
 * it is rounded. So 999.5 as DECIMAL(3, 0) is 1000: the one value, here and of a text, that has a
 * digit more than its type says.
 */
wr_dec_status wr_dec_rescale(const wr_type *from, const wr_value *v, const wr_type *to, wr_arena *a,
                             wr_value *out);
wr_dec_status wr_dec_from_i64(int64_t v, const wr_type *to, wr_arena *a, wr_value *out);
/** HALF_UP of the double's shortest text (BigDecimal.valueOf), which must fit. NaN, infinities:
 *  BAD_TEXT. */
wr_dec_status wr_dec_from_double(double v, const wr_type *to, wr_arena *a, wr_value *out);
/** Text as BigDecimal takes it: [+-]digits[.digits][e[+-]digits]. @p exact: the value must fit the
 *  scale without rounding (else WR_DEC_INEXACT); otherwise HALF_UP, as wr_dec_rescale. Exponents
 * are bounded. */
wr_dec_status wr_dec_from_text(wr_str s, const wr_type *to, bool exact, wr_arena *a, wr_value *out);
/** Precision and scale that a number's text needs (digits as written), for literals. */
bool wr_dec_text_type(wr_str s, int32_t *precision, int32_t *scale);
int64_t wr_dec_to_i64(const wr_type *t, const wr_value *v); /* truncates, wraps */
double wr_dec_to_double(const wr_type *t, const wr_value *v);
wr_dec_status wr_dec_negate(const wr_type *t, const wr_value *v, wr_arena *a, wr_value *out);
int wr_dec_sign(const wr_type *t, const wr_value *v);
/** Plain digits with exactly `scale` decimals. */
void wr_dec_print(wr_buf *out, const wr_type *t, const wr_value *v);

typedef enum wr_dec_rounding {
    WR_DEC_HALF_UP,   /* away from zero at .5 */
    WR_DEC_HALF_CEIL, /* towards +infinity at .5: ksqlDB's ROUND */
    WR_DEC_DOWN,      /* truncate */
    WR_DEC_CEIL,
    WR_DEC_FLOOR,
} wr_dec_rounding;
/** Round to @p places (may be negative) and give the result at type @p to. */
wr_dec_status wr_dec_round(const wr_type *t, const wr_value *v, int32_t places, wr_dec_rounding how,
                           const wr_type *to, wr_arena *a, wr_value *out);

#endif
