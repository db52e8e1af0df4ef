/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DECIMAL: result types, the 128-bit half of the arithmetic, and the choice between the halves.
 *
 * A value of DECIMAL(p, s) is an integer u ("unscaled") with |u| <= 10^p that stands for u / 10^s;
 * 10^p itself comes only from rounding. With p <= 38 it fits 128 bits: 10^38 < 2^127. An operation
 * of small types may still need more in between (38-digit operands brought to one scale);
 * wr_dec_small_plan proves from the types that it does not, or declines, and then decimal_big.c
 * computes with GMP. No value is ever tested for its size. docs/design/decimal.md has the
 * reasoning.
 */
#include "types/decimal.h"

#include "types/decimal_internal.h"

wr_i128 wr_dec_pow10(int n)
{
    static const uint64_t small[] = {
        1u,
        10u,
        100u,
        1000u,
        10000u,
        100000u,
        1000000u,
        10000000u,
        100000000u,
        1000000000u,
        10000000000u,
        100000000000u,
        1000000000000u,
        10000000000000u,
        100000000000000u,
        1000000000000000u,
        10000000000000000u,
        100000000000000000u,
        1000000000000000000u,
        10000000000000000000u,
    };
    WR_ASSERT(n >= 0 && n <= WR_DEC_SMALL_MAX);
    return n <= 19 ? (wr_i128)small[n] : (wr_i128)small[19] * small[n - 19];
}

/* ---------------------------------------------------------------------------------------- types */

const wr_type *wr_dec_type_of(wr_arena *a, const wr_type *t)
{
    switch (t->id) {
    case WR_T_INTEGER:
        return wr_type_decimal(a, 10, 0);
    case WR_T_BIGINT:
        return wr_type_decimal(a, 19, 0);
    case WR_T_DECIMAL:
        return t;
    default:
        WR_UNREACHABLE();
    }
}

const wr_type *wr_dec_result_type(wr_arena *a, char op, const wr_type *l, const wr_type *r)
{
    l = wr_dec_type_of(a, l);
    r = wr_dec_type_of(a, r);
    int64_t p1 = l->precision, s1 = l->scale, p2 = r->precision, s2 = r->scale;
    int64_t scale_max = WR_MAX(s1, s2);
    int64_t precision, scale;
    switch (op) {
    case '+':
    case '-':
        scale = scale_max;
        precision = scale + WR_MAX(p1 - s1, p2 - s2) + 1;
        break;
    case '*':
        scale = s1 + s2;
        precision = p1 + p2 + 1;
        break;
    case '/':
    case WR_DEC_DIV_EXACT:
        scale = WR_MAX(6, s1 + p2 + 1);
        precision = p1 - s1 + s2 + scale;
        break;
    case '%':
        scale = scale_max;
        precision = scale + WR_MIN(p1 - s1, p2 - s2);
        break;
    default:
        WR_UNREACHABLE();
    }
    precision = WR_MIN(precision, WR_DEC_PRECISION_MAX);
    scale = WR_MIN(scale, precision);
    WR_ASSERT(precision >= 1 && scale >= 0);
    return wr_type_decimal(a, (int32_t)precision, (int32_t)scale);
}

/* --------------------------------------------------------------------------- arithmetic, 128 bits
 */

static wr_dec_status small_result(wr_i128 v, const wr_dec_plan *plan, wr_i128 *out)
{
    if (plan->limit && (v >= plan->limit || v <= -plan->limit))
        return WR_DEC_OVERFLOW;
    *out = v;
    return WR_DEC_OK;
}

static wr_dec_status small_add(wr_i128 l, wr_i128 r, const wr_dec_plan *plan, wr_i128 *out)
{
    return small_result(l * plan->l_mul + r * plan->r_mul, plan, out);
}

static wr_dec_status small_sub(wr_i128 l, wr_i128 r, const wr_dec_plan *plan, wr_i128 *out)
{
    return small_result(l * plan->l_mul - r * plan->r_mul, plan, out);
}

static wr_dec_status small_mul(wr_i128 l, wr_i128 r, const wr_dec_plan *plan, wr_i128 *out)
{
    return small_result(l * r, plan, out);
}

static wr_dec_status small_div(wr_i128 l, wr_i128 r, const wr_dec_plan *plan, wr_i128 *out)
{
    if (r == 0)
        return WR_DEC_DIV_ZERO;
    l *= plan->l_mul;
    wr_i128 quotient = l / r;
    wr_u128 rest = wr__i128_abs(l - quotient * r), divisor = wr__i128_abs(r);
    if (rest >= divisor - rest)
        quotient += (l < 0) == (r < 0) ? 1 : -1;
    return small_result(quotient, plan, out);
}

static wr_dec_status small_div_exact(wr_i128 l, wr_i128 r, const wr_dec_plan *plan, wr_i128 *out)
{
    if (r == 0)
        return WR_DEC_DIV_ZERO;
    l *= plan->l_mul;
    wr_i128 quotient = l / r;
    if (quotient * r != l)
        return WR_DEC_INEXACT;
    return small_result(quotient, plan, out);
}

/* BigDecimal.remainder with a precision: zeroes at the quotient's end are no digits of it. */
static wr_dec_status small_mod(wr_i128 l, wr_i128 r, const wr_dec_plan *plan, wr_i128 *out)
{
    if (r == 0)
        return WR_DEC_DIV_ZERO;
    l *= plan->l_mul;
    r *= plan->r_mul;
    wr_i128 quotient = l / r;
    wr_i128 limit = plan->limit;
    if (limit && (quotient >= limit || quotient <= -limit)) {
        wr_i128 digits = quotient;
        while (digits % 10 == 0)
            digits /= 10;
        if (digits >= limit || digits <= -limit)
            return WR_DEC_IMPOSSIBLE;
    }
    *out = l - quotient * r;
    return WR_DEC_OK;
}

/* Both operands at the scale of the result; the sum or remainder has at most @p digits digits. */
static bool plan_aligned(const wr_type *lt, const wr_type *rt, const wr_type *result, int carry,
                         wr_dec_plan *plan, int *digits)
{
    if (result->scale != WR_MAX(lt->scale, rt->scale))
        return false;
    int l_shift = result->scale - lt->scale, r_shift = result->scale - rt->scale;
    WR_ASSERT(l_shift >= 0 && r_shift >= 0);
    *digits = WR_MAX(lt->precision + l_shift, rt->precision + r_shift) + carry;
    if (*digits > WR_DEC_SMALL_MAX)
        return false;
    plan->l_mul = wr_dec_pow10(l_shift);
    plan->r_mul = wr_dec_pow10(r_shift);
    return true;
}

wr_dec_small_fn wr_dec_small_plan(char op, const wr_type *lt, const wr_type *rt,
                                  const wr_type *result, wr_dec_plan *plan)
{
    *plan = (wr_dec_plan){.l_mul = 1, .r_mul = 1};
    if (!wr_dec_is_small(lt) || !wr_dec_is_small(rt) || !wr_dec_is_small(result))
        return NULL;
    wr_dec_small_fn fn = NULL;
    int digits = 0; /* that the result can have */
    switch (op) {
    case '+':
    case '-':
        if (!plan_aligned(lt, rt, result, 1, plan, &digits))
            return NULL;
        fn = op == '+' ? small_add : small_sub;
        break;
    case '*':
        digits = lt->precision + rt->precision;
        if (digits > WR_DEC_SMALL_MAX || result->scale != lt->scale + rt->scale)
            return NULL;
        fn = small_mul;
        break;
    case '/':
    case WR_DEC_DIV_EXACT:
        plan->shift = result->scale + rt->scale - lt->scale;
        digits = lt->precision + plan->shift;
        if (plan->shift < 0 || digits > WR_DEC_SMALL_MAX)
            return NULL;
        plan->l_mul = wr_dec_pow10(plan->shift);
        fn = op == '/' ? small_div : small_div_exact;
        break;
    case '%':
        if (!plan_aligned(lt, rt, result, 0, plan, &digits))
            return NULL;
        /* The rest is smaller than either operand; the quotient has at most the digits of l. */
        if (WR_MIN(lt->precision - lt->scale, rt->precision - rt->scale) + result->scale >
            result->precision)
            return NULL;
        if (digits > result->precision)
            plan->limit = wr_dec_pow10(result->precision);
        return small_mod;
    default:
        WR_UNREACHABLE();
    }
    WR_ASSERT(fn && digits <= WR_DEC_SMALL_MAX); /* nothing in between leaves 128 bits */
    if (digits > result->precision)
        plan->limit = wr_dec_pow10(result->precision);
    return fn;
}

wr_dec_status wr_dec_arith(char op, const wr_type *lt, const wr_value *l, const wr_type *rt,
                           const wr_value *r, const wr_type *result, wr_arena *a, wr_value *out)
{
    wr_dec_plan plan;
    wr_dec_small_fn fn = wr_dec_small_plan(op, lt, rt, result, &plan);
    if (!fn)
        return wr__big_arith(op, lt, l, rt, r, result, a, out);
    *out = (wr_value){0};
    return fn(l->u.dec, r->u.dec, &plan, &out->u.dec);
}

/* -------------------------------------------------------------------------------------- compare */

/*
 * Whole parts first, then fractions: the fractions at one scale have at most 38 digits, the
 * numbers themselves may have more. Division truncates, so a fraction has its number's sign.
 */
static int small_compare(wr_i128 l, int l_scale, wr_i128 r, int r_scale)
{
    if (l_scale == r_scale)
        return WR__ORDER(l, r);
    wr_i128 l_one = wr_dec_pow10(l_scale), r_one = wr_dec_pow10(r_scale);
    wr_i128 l_whole = l / l_one, r_whole = r / r_one;
    if (l_whole != r_whole)
        return l_whole < r_whole ? -1 : 1;
    int scale = WR_MAX(l_scale, r_scale);
    l = l % l_one * wr_dec_pow10(scale - l_scale);
    r = r % r_one * wr_dec_pow10(scale - r_scale);
    return WR__ORDER(l, r);
}

int wr_dec_compare(const wr_type *lt, const wr_value *l, const wr_type *rt, const wr_value *r)
{
    if (wr_dec_is_small(lt) && wr_dec_is_small(rt))
        return small_compare(l->u.dec, lt->scale, r->u.dec, rt->scale);
    return wr__big_compare_scaled(lt, l, rt, r);
}

int wr_dec_sign(const wr_type *t, const wr_value *v)
{
    return wr_dec_is_small(t) ? WR__ORDER(v->u.dec, 0) : WR__ORDER(v->u.big.n, 0);
}

wr_dec_status wr_dec_negate(const wr_type *t, const wr_value *v, wr_arena *a, wr_value *out)
{
    (void)a; /* magnitudes are immutable, so they can be shared */
    *out = *v;
    if (wr_dec_is_small(t))
        out->u.dec = -v->u.dec;
    else
        out->u.big.n = -v->u.big.n;
    return WR_DEC_OK;
}

/* ------------------------------------------------------------------------------------- rounding */

/* |value| / 10^drop, rounded. */
static wr_u128 small_drop(wr_u128 magnitude, bool negative, int64_t drop, wr_dec_rounding how)
{
    wr_u128 quotient = 0, rest = magnitude;
    int half = -1; /* of the rest against one half; below it where 10^drop exceeds any value */
    if (drop <= WR_DEC_SMALL_MAX) {
        wr_u128 one = (wr_u128)wr_dec_pow10((int)drop);
        quotient = magnitude / one;
        rest = magnitude % one;
        half = WR__ORDER(rest, one - rest);
    }
    bool up = false; /* away from zero */
    switch (how) {
    case WR_DEC_HALF_UP:
        up = half >= 0;
        break;
    case WR_DEC_HALF_CEIL:
        up = negative ? half > 0 : half >= 0;
        break;
    case WR_DEC_DOWN:
        break;
    case WR_DEC_CEIL:
        up = !negative && rest;
        break;
    case WR_DEC_FLOOR:
        up = negative && rest;
        break;
    }
    return quotient + up;
}

/* @p rounded is |@p v| / 10^@p drop, rounded; the whole of it, before, must fit @p to. */
static wr_dec_status small_cast(wr_i128 v, int64_t drop, wr_u128 rounded, const wr_type *to,
                                wr_i128 *out)
{
    wr_u128 whole = small_drop(wr__i128_abs(v), v < 0, drop, WR_DEC_DOWN);
    WR_ASSERT(rounded == whole || rounded == whole + 1);
    if (whole >= (wr_u128)wr_dec_pow10(to->precision))
        return WR_DEC_OVERFLOW;
    *out = wr__i128_signed(rounded, v < 0);
    return WR_DEC_OK;
}

static wr_dec_status small_round(const wr_type *t, wr_i128 v, int64_t places, wr_dec_rounding how,
                                 const wr_type *to, wr_i128 *out)
{
    WR_ASSERT(wr_dec_is_small(t) && wr_dec_is_small(to));
    places = WR_MIN(places, to->scale);
    bool negative = v < 0;
    wr_u128 magnitude = wr__i128_abs(v);
    if (places < t->scale)
        magnitude = small_drop(magnitude, negative, t->scale - places, how);
    else
        places = t->scale;
    /* Up to the new scale, if 10^grow times that is still below 10^precision. Casts ask that of
     * what was there before rounding. */
    int64_t grow = to->scale - places;
    if (how == WR_DEC_HALF_UP && t->scale > places && grow == 0)
        return small_cast(v, t->scale - places, magnitude, to, out);
    if (magnitude == 0) {
        *out = 0;
        return WR_DEC_OK;
    }
    if (grow >= to->precision || magnitude >= (wr_u128)wr_dec_pow10(to->precision - (int)grow))
        return WR_DEC_OVERFLOW;
    *out = wr__i128_signed(magnitude * (wr_u128)wr_dec_pow10((int)grow), negative);
    return WR_DEC_OK;
}

wr_dec_status wr_dec_round(const wr_type *t, const wr_value *v, int32_t places, wr_dec_rounding how,
                           const wr_type *to, wr_arena *a, wr_value *out)
{
    if (!wr_dec_is_small(t) || !wr_dec_is_small(to))
        return wr__big_round(t, v, places, how, to, a, out);
    *out = (wr_value){0};
    return small_round(t, v->u.dec, places, how, to, &out->u.dec);
}

wr_dec_status wr_dec_rescale(const wr_type *from, const wr_value *v, const wr_type *to, wr_arena *a,
                             wr_value *out)
{
    return wr_dec_round(from, v, to->scale, WR_DEC_HALF_UP, to, a, out);
}

/* ------------------------------------------------------------------------------------- integers */

wr_dec_status wr_dec_from_i64(int64_t v, const wr_type *to, wr_arena *a, wr_value *out)
{
    static const wr_type bigint = {.id = WR_T_DECIMAL, .precision = 19};
    wr_value from = {.u.dec = v};
    return wr_dec_rescale(&bigint, &from, to, a, out);
}

int64_t wr_dec_to_i64(const wr_type *t, const wr_value *v)
{
    if (!wr_dec_is_small(t))
        return wr__big_to_i64(t, v);
    return (int64_t)(uint64_t)(v->u.dec / wr_dec_pow10(t->scale));
}

/* ------------------------------------------------------------------------------------- both forms
 */

void wr__dec_view_of(wr__dec_view *view, const wr_type *t, const wr_value *v)
{
    if (!wr_dec_is_small(t)) {
        view->limbs = v->u.big.limbs;
        view->n = wr__big_limbs_n(&v->u.big);
        view->negative = v->u.big.n < 0;
        return;
    }
    wr_u128 magnitude = wr__i128_abs(v->u.dec);
    view->own[0] = (uint64_t)magnitude;
    view->own[1] = (uint64_t)(magnitude >> 64);
    view->limbs = view->own;
    view->n = view->own[1] ? 2 : view->own[0] ? 1 : 0;
    view->negative = v->u.dec < 0;
}
