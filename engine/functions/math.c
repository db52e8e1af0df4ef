/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of mathematics that compute in DOUBLE. They exist for INTEGER and BIGINT too, as in
 * ksqlDB, and follow java.lang.Math where that differs from C: out-of-domain arguments give NaN,
 * and POWER(1, NaN) is NaN. Nothing here fails.
 *
 * NULL gives NULL everywhere. What is not defined gives NaN or an infinity, which SQL cannot write
 * but keeps: LN(0) is -Infinity, SQRT(-1) is NaN, COT(0) is Infinity. Angles are in radians but for
 * DEGREES' result and RADIANS' argument.
 */
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"

#include <math.h>

#define DEGREES_PER_RADIAN 57.29577951308232
#define RADIANS_PER_DEGREE 0.017453292519943295

/**
 * name_i32, name_i64, name_f64 and their signatures: @p expression of `double x`. A cast to double
 * is exact for INTEGER, and rounds a BIGINT beyond 2^53, as Java's does.
 */
#define UNARY_KERNEL(name, field, expression)                                                      \
    WR__KERNEL(name)                                                                               \
    {                                                                                              \
        WR_FOREACH_SEL (i, sel) {                                                                  \
            double x = (double)args[0]->u.field[i & args[0]->mask];                                \
            out->u.f64[i] = (expression);                                                          \
        }                                                                                          \
    }
#define UNARY(name, expression)                                                                    \
    UNARY_KERNEL(name##_i32, i32, expression)                                                      \
    UNARY_KERNEL(name##_i64, i64, expression)                                                      \
    UNARY_KERNEL(name##_f64, f64, expression)                                                      \
    static const wr_signature name##_sigs[] = {                                                    \
        {"INTEGER", "DOUBLE", WR__NULL_IN, name##_i32, NULL, NULL, NULL},                          \
        {"BIGINT", "DOUBLE", WR__NULL_IN, name##_i64, NULL, NULL, NULL},                           \
        {"DOUBLE", "DOUBLE", WR__NULL_IN, name##_f64, NULL, NULL, NULL},                           \
    }

/* The same for two arguments of one type; there is no row for mixed types, since implicit casts
 * bring both to the wider one. */
#define BINARY_KERNEL(name, field, expression)                                                     \
    WR__KERNEL(name)                                                                               \
    {                                                                                              \
        WR_FOREACH_SEL (i, sel) {                                                                  \
            double x = (double)args[0]->u.field[i & args[0]->mask];                                \
            double y = (double)args[1]->u.field[i & args[1]->mask];                                \
            out->u.f64[i] = (expression);                                                          \
        }                                                                                          \
    }
#define BINARY(name, expression)                                                                   \
    BINARY_KERNEL(name##_i32, i32, expression)                                                     \
    BINARY_KERNEL(name##_i64, i64, expression)                                                     \
    BINARY_KERNEL(name##_f64, f64, expression)
/* NULL in either argument gives NULL. */
#define BINARY_SIGS(name)                                                                          \
    {"INTEGER, INTEGER", "DOUBLE", WR__NULL_IN, name##_i32, NULL, NULL, NULL},                     \
        {"BIGINT, BIGINT", "DOUBLE", WR__NULL_IN, name##_i64, NULL, NULL, NULL},                   \
    {                                                                                              \
        "DOUBLE, DOUBLE", "DOUBLE", WR__NULL_IN, name##_f64, NULL, NULL, NULL                      \
    }

/* C's pow follows IEEE 754 there. */
static double power(double base, double exponent)
{
    /* Math.pow: C gives 1 in both cases. */
    if (isnan(exponent) || (fabs(base) == 1.0 && isinf(exponent)))
        return NAN;
    return pow(base, exponent);
}

/* ksqlDB's order: LOG(base, value). A base that is none gives NaN, as does a value below 0. */
static double log_base(double base, double value)
{
    return base <= 0 || base == 1 ? (double)NAN : log(value) / log(base);
}

/*
 * Java's StrictMath and C's libm agree but for the last bit of some results; ksqlDB uses Math,
 * whose results may differ by that much from machine to machine, so no test compares the last bit.
 */
UNARY(acos, acos(x));
UNARY(asin, asin(x));
UNARY(atan, atan(x));
/* The C library's cbrt is off by one in the last digit now and then; in long double it is not. */
UNARY(cbrt, (double)cbrtl(x));
UNARY(cos, cos(x));
UNARY(cosh, cosh(x));
UNARY(cot, 1.0 / tan(x));
UNARY(degrees, x *DEGREES_PER_RADIAN);
UNARY(exp, exp(x));
UNARY(ln, log(x));
UNARY(radians, x *RADIANS_PER_DEGREE);
UNARY(sin, sin(x));
UNARY(sinh, sinh(x));
UNARY(sqrt, sqrt(x));
UNARY(tan, tan(x));
UNARY(tanh, tanh(x));

BINARY(atan2, atan2(x, y))
BINARY(power, power(x, y))
BINARY(log_base, log_base(x, y))

static const wr_signature atan2_sigs[] = {BINARY_SIGS(atan2)};
static const wr_signature power_sigs[] = {BINARY_SIGS(power)};
/* Quirk: with one argument LOG is the natural logarithm, although ksqlDB documents base 10. */
static const wr_signature log_sigs[] = {
    {"INTEGER", "DOUBLE", WR__NULL_IN, ln_i32, NULL, NULL, NULL},
    {"BIGINT", "DOUBLE", WR__NULL_IN, ln_i64, NULL, NULL, NULL},
    {"DOUBLE", "DOUBLE", WR__NULL_IN, ln_f64, NULL, NULL, NULL},
    BINARY_SIGS(log_base),
};

/* Math.PI: the double nearest to it. */
WR__KERNEL(pi)
{
    WR_FOREACH_SEL (i, sel)
        out->u.f64[i] = 3.141592653589793;
}
static const wr_signature pi_sigs[] = {{"", "DOUBLE", 0, pi, NULL, NULL, NULL}};

/* From the task's generator, so that a run can be replayed from its seed; never folded. */
WR__KERNEL(random_f64)
{
    WR_FOREACH_SEL (i, sel)
        out->u.f64[i] = wr_rng_double(ctx->rng);
}
static const wr_signature random_sigs[] = {
    {"", "DOUBLE", WR_FN_NOT_DETERMINISTIC, random_f64, NULL, NULL, NULL}};

#define MATH "MATHEMATICAL"
static const wr_function functions[] = {
    WR__FN("ACOS", MATH, acos_sigs, "ACOS(1)", "0e0", "Arc cosine, in radians."),
    WR__FN("ASIN", MATH, asin_sigs, "ASIN(0)", "0e0", "Arc sine, in radians."),
    WR__FN("ATAN", MATH, atan_sigs, "ATAN(0)", "0e0", "Arc tangent, in radians."),
    WR__FN("ATAN2", MATH, atan2_sigs, "ATAN2(0, 1)", "0e0",
           "Angle of the point (x, y) in radians; y is the first argument."),
    WR__FN("CBRT", MATH, cbrt_sigs, "CBRT(8)", "2e0", "Cube root."),
    WR__FN("COS", MATH, cos_sigs, "COS(0)", "1e0", "Cosine of an angle in radians."),
    WR__FN("COSH", MATH, cosh_sigs, "COSH(0)", "1e0", "Hyperbolic cosine."),
    WR__FN("COT", MATH, cot_sigs, "ROUND(COT(PI() / 4), 6)", "1e0",
           "Cotangent of an angle in radians."),
    WR__FN("DEGREES", MATH, degrees_sigs, "DEGREES(PI())", "180e0", "Radians to degrees."),
    WR__FN("EXP", MATH, exp_sigs, "EXP(0)", "1e0", "e raised to a power."),
    WR__FN("LN", MATH, ln_sigs, "LN(1)", "0e0", "Natural logarithm."),
    WR__FN("LOG", MATH, log_sigs, "LOG(2, 8)", "3e0",
           "Logarithm of a value to a base; with one argument the natural logarithm."),
    WR__FN("PI", MATH, pi_sigs, "PI()", "3.141592653589793e0", "The constant pi."),
    WR__FN("POWER", MATH, power_sigs, "POWER(2, 10)", "1024e0", "A base raised to an exponent."),
    WR__FN("RADIANS", MATH, radians_sigs, "RADIANS(180)", "PI()", "Degrees to radians."),
    WR__FN("RANDOM", MATH, random_sigs, "RANDOM()", NULL,
           "A random number from 0, included, to 1, excluded."),
    WR__FN("SIN", MATH, sin_sigs, "SIN(0)", "0e0", "Sine of an angle in radians."),
    WR__FN("SINH", MATH, sinh_sigs, "SINH(0)", "0e0", "Hyperbolic sine."),
    WR__FN("SQRT", MATH, sqrt_sigs, "SQRT(16)", "4e0", "Square root."),
    WR__FN("TAN", MATH, tan_sigs, "TAN(0)", "0e0", "Tangent of an angle in radians."),
    WR__FN("TANH", MATH, tanh_sigs, "TANH(0)", "0e0", "Hyperbolic tangent."),
};
WR__FAMILY(math, functions);
