/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ABS, CEIL, FLOOR, ROUND, SIGN, TRUNC: functions that keep a number's kind.
 *
 * ROUND's ties go up, towards +infinity (-1.5 becomes -1), in all its forms. A DOUBLE with places
 * is rounded as the decimal number that its shortest text shows (java.math.BigDecimal.valueOf), so
 * ROUND(1.005, 2) is 1.01 although the double is a little below.
 *
 * DECIMAL: CEIL, FLOOR and ROUND with places keep the type, although 9.9 of a DECIMAL(2, 1) becomes
 * the 10.0 that has a digit too many. ksqlDB does not look, and neither do we, as long as the
 * type's representation holds the number.
 *
 *     ABS(-2147483648)    -2147483648: it wraps        ROUND(2.5e0)        3
 *     CEIL(-0.5e0)        -0.0                         ROUND(-2.5e0)      -2
 *     TRUNC(-1.9e0)       -1                           ROUND(15e0, -1)    20.0
 *     SIGN(NaN)            0                           ROUND(1.005e0, 2)   1.01
 *
 * NULL gives NULL, but for ROUND of integers, where ksqlDB unboxes it: an error of the row. NaN and
 * the infinities fail with places and saturate without (Java's Math.round: NaN is 0).
 */
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"
#include "types/decimal.h"
#include "types/text.h"

#include <math.h>
#include <stdio.h>

/* ---- integers and doubles ---- */

/* A kernel that maps `T x` of one field of a vector to another. ABS of the smallest integer is
 * itself, as in Java: the negation is done on unsigned numbers, where it wraps. */
#define MAP_KERNEL(name, in, T, result, expression)                                                \
    WR__KERNEL(name)                                                                               \
    {                                                                                              \
        WR_FOREACH_SEL (i, sel) {                                                                  \
            T x = args[0]->u.in[i & args[0]->mask];                                                \
            out->u.result[i] = (expression);                                                       \
        }                                                                                          \
    }

MAP_KERNEL(abs_i32, i32, int32_t, i32, x < 0 ? (int32_t)(0u - (uint32_t)x) : x)
MAP_KERNEL(abs_i64, i64, int64_t, i64, x < 0 ? (int64_t)(0u - (uint64_t)x) : x)
MAP_KERNEL(abs_f64, f64, double, f64, fabs(x))
/* Whole numbers are their own CEIL and FLOOR; ROUND and TRUNC make a BIGINT of an INTEGER. */
MAP_KERNEL(same_i32, i32, int32_t, i32, x)
MAP_KERNEL(same_i64, i64, int64_t, i64, x)
MAP_KERNEL(ceil_f64, f64, double, f64, ceil(x))
MAP_KERNEL(floor_f64, f64, double, f64, floor(x))
MAP_KERNEL(sign_i32, i32, int32_t, i32, (x > 0) - (x < 0))
MAP_KERNEL(sign_i64, i64, int64_t, i32, (x > 0) - (x < 0))
MAP_KERNEL(sign_f64, f64, double, i32, (x > 0) - (x < 0))
MAP_KERNEL(widen_i32, i32, int32_t, i64, x)
MAP_KERNEL(trunc_f64, f64, double, i64, wr__f64_to_i64(x))

/** Math.round: the nearest whole number, ties up. x - floor(x) is exact, x + 0.5 would not be. */
static int64_t nearest(double x)
{
    double down = floor(x);
    return wr__f64_to_i64(x - down >= 0.5 ? down + 1 : down);
}
/* Without places the result is a BIGINT, as Java's Math.round gives a long. */
MAP_KERNEL(round_f64, f64, double, i64, nearest(x))

/** The digits of a double's shortest text: 0.d1d2d3... times 10^point. */
typedef struct digits {
    char d[40];
    int n, point; /* how many digits; where the point is, from the first digit on */
    bool negative;
} digits;

/* Reads the text back into digits instead of computing them: the shortest text is defined once, in
 * types/text.c, and what is shown to a user is what is rounded. 17 digits at most. */
static void digits_of(double v, digits *out)
{
    wr_buf text = {0};
    wr_text_put_double(&text, v);
    *out = (digits){0};
    int exponent = 0;
    bool seen_point = false;
    for (size_t k = 0; k < text.len; k++) {
        char c = text.ptr[k];
        if (c == '-') {
            out->negative = true;
        } else if (c == '.') {
            seen_point = true;
        } else if (c == 'E') {
            int64_t e = 0;
            (void)wr_str_to_i64(wr_str_make(text.ptr + k + 1, text.len - k - 1), &e);
            exponent = (int)e;
            break;
        } else if ((size_t)out->n < sizeof(out->d)) {
            out->d[out->n++] = c;
            out->point += !seen_point;
        }
    }
    WR_ASSERT(out->n > 0);
    out->point += exponent;
    wr_buf_free(&text);
}

/** Keep the first @p keep digits (may be 0), rounded. */
static void cut_digits(digits *x, int keep, wr_dec_rounding how)
{
    WR_ASSERT(0 <= keep && keep < x->n);
    bool up = false;
    if (how == WR_DEC_HALF_CEIL) {
        bool beyond = false; /* anything after the first digit that goes */
        for (int k = keep + 1; k < x->n; k++)
            beyond |= x->d[k] != '0';
        up = x->d[keep] > '5' || (x->d[keep] == '5' && (beyond || !x->negative));
    }
    x->n = keep;
    int k = keep - 1;
    for (; up && k >= 0; k--) {
        up = x->d[k] == '9';
        x->d[k] = up ? '0' : (char)(x->d[k] + 1);
    }
    if (!up)
        return;
    WR_ASSERT((size_t)x->n < sizeof x->d);
    memmove(x->d + 1, x->d, (size_t)x->n); /* 9.99 has become 10.0: one digit more in front */
    x->d[0] = '1';
    x->n++;
    x->point++;
}

/*
 * `keep` is how many digits stay: those before the point and @p places after it. Negative places
 * round before the point; where not even a digit before the first stays, the result is 0.
 */
static double round_places(double v, int32_t places, wr_dec_rounding how)
{
    digits x;
    digits_of(v, &x);
    int64_t keep = (int64_t)x.point + places;
    if (keep >= x.n)
        return v == 0 ? 0.0 : v; /* BigDecimal knows no -0 */
    if (keep < 0)
        return 0.0;
    cut_digits(&x, (int)keep, how);
    char text[64];
    int n = snprintf(text, sizeof(text), "%s0.%.*s0E%d", x.negative ? "-" : "", x.n, x.d, x.point);
    double result = 0;
    (void)wr_text_to_double(wr_str_make(text, (size_t)n), &result);
    return result == 0 ? 0.0 : result;
}

/* NaN and the infinities have no digits: BigDecimal refuses them, so the row fails. */
#define PLACES_KERNEL(kernel, how)                                                                 \
    WR__KERNEL(kernel)                                                                             \
    {                                                                                              \
        WR_FOREACH_SEL (i, sel) {                                                                  \
            double v = wr__f64(args[0], i);                                                        \
            if (!isfinite(v)) {                                                                    \
                wr__fail(ctx, out, i, "%s: the number is infinite or NaN", call->fn->name);        \
                continue;                                                                          \
            }                                                                                      \
            out->u.f64[i] = round_places(v, wr__i32(args[1], i), how);                             \
        }                                                                                          \
    }
PLACES_KERNEL(round_f64_places, WR_DEC_HALF_CEIL)
PLACES_KERNEL(trunc_f64_places, WR_DEC_DOWN)

/* ---- DECIMAL ---- */

/* The one type with exactly WR_DEC_SMALL_MAX digits is left as it is: one digit more would be
 * another representation. */
static void round_decimal(wr_kctx *ctx, const wr_call *call, const wr_vec *const *args, uint32_t i,
                          int32_t places, wr_dec_rounding how, wr_vec *out)
{
    /* One digit of grace where the representation has room for it: see the head of this file. */
    wr_type wide = *call->ret;
    if (wide.precision != WR_DEC_SMALL_MAX)
        wide.precision++;
    wr_value v = wr_vec_get(args[0], i), result;
    if (wr_dec_round(args[0]->type, &v, places, how, &wide, ctx->scratch, &result) != WR_DEC_OK) {
        wr__fail(ctx, out, i, "%s: Numeric field overflow", call->fn->name);
        return;
    }
    wr_vec_set(out, i, &result);
}

#define DECIMAL_KERNEL(name, places, how)                                                          \
    WR__KERNEL(name)                                                                               \
    {                                                                                              \
        WR_FOREACH_SEL (i, sel)                                                                    \
            round_decimal(ctx, call, args, i, (places), (how), out);                               \
    }
DECIMAL_KERNEL(ceil_dec, 0, WR_DEC_CEIL)
DECIMAL_KERNEL(floor_dec, 0, WR_DEC_FLOOR)
DECIMAL_KERNEL(round_dec, 0, WR_DEC_HALF_CEIL)
DECIMAL_KERNEL(trunc_dec, 0, WR_DEC_DOWN)
DECIMAL_KERNEL(round_dec_places, wr__i32(args[1], i), WR_DEC_HALF_CEIL)
DECIMAL_KERNEL(trunc_dec_places, wr__i32(args[1], i), WR_DEC_DOWN)

/* A positive value is handed on as it is. */
WR__KERNEL(abs_dec)
{
    WR_FOREACH_SEL (i, sel) {
        wr_value v = wr_vec_get(args[0], i), positive = v;
        if (wr_dec_sign(args[0]->type, &v) < 0)
            /* Cannot overflow: the type's range is symmetric. */
            (void)wr_dec_negate(args[0]->type, &v, ctx->scratch, &positive);
        wr_vec_set(out, i, &positive);
    }
}

/**
 * DECIMAL(p, s) rounded to a whole number: DECIMAL(p - s, 0). DECIMAL(2, 2) has no digit before the
 * point: no type is left for a whole number, so the statement is refused.
 */
static weir_status whole_type(const wr_type *const *args, uint32_t n, wr_arena *a,
                              const wr_type **ret, weir_error *err)
{
    WR_ASSERT(n == 1);
    int32_t precision = args[0]->precision - args[0]->scale;
    if (precision < 1)
        return wr_error(err, WEIR_ERR_STATEMENT, "DECIMAL precision must be >= 1: DECIMAL(%d,0)",
                        precision);
    *ret = wr_type_decimal(a, precision, 0);
    return WEIR_OK;
}

/* ---- tables ---- */

#define I32   "INTEGER"
#define I64   "BIGINT"
#define F64   "DOUBLE"
#define DEC   "DECIMAL(p,s)"
#define NULLS WR__NULL_IN
#define REST  NULL, NULL, NULL
/* The result's type has another scale than the argument's. */
#define DEC_WHOLE(kernel)                                                                          \
    {                                                                                              \
        DEC, NULL, NULLS, kernel, whole_type, NULL, NULL                                           \
    }

static const wr_signature abs_sigs[] = {
    {I32, I32, NULLS, abs_i32, REST},
    {I64, I64, NULLS, abs_i64, REST},
    {F64, F64, NULLS, abs_f64, REST},
    {DEC, DEC, NULLS, abs_dec, REST},
};
static const wr_signature ceil_sigs[] = {
    {I32, I32, NULLS, same_i32, REST},
    {I64, I64, NULLS, same_i64, REST},
    {F64, F64, NULLS, ceil_f64, REST},
    {DEC, DEC, NULLS, ceil_dec, REST},
};
static const wr_signature floor_sigs[] = {
    {I32, I32, NULLS, same_i32, REST},
    {I64, I64, NULLS, same_i64, REST},
    {F64, F64, NULLS, floor_f64, REST},
    {DEC, DEC, NULLS, floor_dec, REST},
};
static const wr_signature round_sigs[] = {
    {I32, I64, WR__NULL_ERR, widen_i32, REST},
    {I64, I64, WR__NULL_ERR, same_i64, REST},
    {F64, I64, NULLS, round_f64, REST},
    {F64 ", " I32, F64, NULLS, round_f64_places, REST},
    DEC_WHOLE(round_dec),
    {DEC ", " I32, DEC, NULLS, round_dec_places, REST},
};
static const wr_signature sign_sigs[] = {
    {I32, I32, NULLS, sign_i32, REST},
    {I64, I32, NULLS, sign_i64, REST},
    {F64, I32, NULLS, sign_f64, REST},
};
static const wr_signature trunc_sigs[] = {
    {I32, I64, NULLS, widen_i32, REST},
    {I64, I64, NULLS, same_i64, REST},
    {F64, I64, NULLS, trunc_f64, REST},
    {F64 ", " I32, F64, NULLS, trunc_f64_places, REST},
    DEC_WHOLE(trunc_dec),
    {DEC ", " I32, DEC, NULLS, trunc_dec_places, REST},
};

#define MATH "MATHEMATICAL"
static const wr_function functions[] = {
    WR__FN("ABS", MATH, abs_sigs, "ABS(-3)", "3", "Absolute value."),
    WR__FN("CEIL", MATH, ceil_sigs, "CEIL(1.2e0)", "2e0", "Round up to a whole number."),
    WR__FN("FLOOR", MATH, floor_sigs, "FLOOR(-1.2e0)", "-2e0", "Round down to a whole number."),
    WR__FN("ROUND", MATH, round_sigs, "ROUND(-1.5e0)", "-1",
           "Round to a number of decimal places, by default none; ties go up."),
    WR__FN("SIGN", MATH, sign_sigs, "SIGN(-12)", "-1",
           "-1, 0 or 1 as a number is below, at or "
           "above zero."),
    WR__FN("TRUNC", MATH, trunc_sigs, "TRUNC(-1.57e0, 1)", "-1.5e0",
           "Cut to a number of decimal places, by default none."),
};
WR__FAMILY(rounding, functions);
