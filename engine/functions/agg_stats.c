/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agg_stats.c - STDDEV_SAMP, STDDEV_SAMPLE, CORRELATION.
 *
 * The deviations keep SUM, COUNT and M2 (the sum of squared distances from the mean) and update M2
 * by the method of Youngs and Cramer, so that undo and merge are possible and nothing cancels.
 * Quirk kept: STDDEV_SAMP gives the sample variance (functions.md section 10).
 * CORRELATION keeps the five sums of Pearson's formula.
 *
 * NULL is left out; of CORRELATION both must be there. Fewer than two values have the variance 0.
 */
#include "engine/functions/aggregates.h"

#include <math.h>

/* All three functions compute in DOUBLE whatever the argument is, as ksqlDB does: BIGINTs beyond
 * 2^53 lose digits before anything is computed. */
static double number(const wr_type *t, const wr_value *v)
{
    switch (t->id) {
    case WR_T_INTEGER:
        return v->u.i32;
    case WR_T_BIGINT:
        return (double)v->u.i64;
    default:
        return v->u.f64;
    }
}

/* ---- deviations: STRUCT<SUM DOUBLE, COUNT BIGINT, M2 DOUBLE> ---- */

typedef struct deviation {
    double sum, m2;
    int64_t count;
} deviation;

/* The state's STRUCT as numbers, and back. */
static deviation load(const wr_value *state)
{
    const wr_value *f = state->u.nest->items;
    return (deviation){.sum = f[0].u.f64, .count = f[1].u.i64, .m2 = f[2].u.f64};
}

/* A new STRUCT each time: the old state may still be in use (aggregates.h). */
static void store(wr_agg_ctx *ctx, wr_value *state, const deviation *d)
{
    wr_value f[3] = {wr_value_f64(d->sum), wr_value_i64(d->count), wr_value_f64(d->m2)};
    *state = wr__agg_struct(ctx->scratch, f, 3);
}

/* No values: sum, count and M2 are 0. */
static void deviation_init(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state)
{
    WR__AGG_UNUSED(call);
    store(ctx, state, &(deviation){0});
}

/** What the newest of @p count values, @p x, adds to M2; @p sum includes it. */
static double m2_part(double x, double sum, int64_t count)
{
    if (count < 2)
        return 0;
    double n = (double)count, d = n * x - sum;
    return d * d / (n * (n - 1));
}

/* Sum and count first: m2_part asks for those that include the new value. */
static bool deviation_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                          const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(message);
    if (args[0].null)
        return true;
    double x = number(call->arg_types[0], &args[0]);
    deviation d = load(state);
    d.count++;
    d.sum += x;
    d.m2 += m2_part(x, d.sum, d.count);
    store(ctx, state, &d);
    return true;
}

/* The reverse, in reverse order: what the value would add now, as the newest one, is taken from M2
 * while sum and count still include it. M2 does not depend on the order of the values, but for the
 * last bits, so it may end as -1E-17 where 0 is meant. */
static bool deviation_undo(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                           const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(message);
    if (args[0].null)
        return true;
    double x = number(call->arg_types[0], &args[0]);
    deviation d = load(state);
    d.m2 -= m2_part(x, d.sum, d.count);
    d.sum -= x;
    d.count--;
    store(ctx, state, &d);
    return true;
}

/* M2 of two groups together: theirs, and the distance of their means weighted by their sizes (Chan,
 * Golub and LeVeque). A group without values has no mean. */
static bool deviation_merge(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                            const wr_value *other, const char **message)
{
    WR__AGG_UNUSED(call, message);
    deviation x = load(state), y = load(other);
    if (x.count && y.count) {
        double nx = (double)x.count, ny = (double)y.count, d = x.sum / nx - y.sum / ny;
        x.m2 += d * d * nx * ny / (nx + ny);
    }
    x.m2 += y.m2;
    x.sum += y.sum;
    x.count += y.count;
    store(ctx, state, &x);
    return true;
}

/* By n - 1, since it is of a sample; of fewer than two values it is 0, as in ksqlDB. */
static double variance(const wr_value *state)
{
    deviation d = load(state);
    return d.count < 2 ? 0.0 : d.m2 / (double)(d.count - 1);
}

/* STDDEV_SAMP: ksqlDB's name for what is the variance. */
static void variance_result(const wr_agg_call *call, wr_agg_ctx *ctx, const wr_value *state,
                            wr_value *out)
{
    WR__AGG_UNUSED(call, ctx);
    *out = wr_value_f64(variance(state));
}

/* STDDEV_SAMPLE. An M2 just below 0 after an undo gives NaN, as it would in Java. */
static void deviation_result(const wr_agg_call *call, wr_agg_ctx *ctx, const wr_value *state,
                             wr_value *out)
{
    WR__AGG_UNUSED(call, ctx);
    *out = wr_value_f64(sqrt(variance(state)));
}

/* ---- CORRELATION: STRUCT of sums ---- */

/*
 * The sums may cancel where the values are large and close together: that is the price of a state
 * that can be undone and merged exactly as ksqlDB's. A pair counts only if both values are there.
 */

/* Places of the sums in the STRUCT; the count comes after them. */
enum { SUM_X, SUM_Y, SUM_XX, SUM_YY, SUM_XY, SUMS_N };

/* Zero bytes are 0.0 and 0 alike. */
static void correlation_init(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state)
{
    WR__AGG_UNUSED(call);
    wr_value f[SUMS_N + 1] = {{.null = false}};
    *state = wr__agg_struct(ctx->scratch, f, SUMS_N + 1);
}

/* Add @p sums times @p sign and the count: one pair, or another session's. */
static void correlation_change(wr_agg_ctx *ctx, wr_value *state, const double *sums, double sign,
                               int64_t count)
{
    WR_ASSERT(sign == 1 || sign == -1);
    wr_value f[SUMS_N + 1];
    memcpy(f, state->u.nest->items, sizeof f);
    for (int i = 0; i < SUMS_N; i++)
        f[i].u.f64 += sign * sums[i];
    f[SUMS_N].u.i64 += count;
    *state = wr__agg_struct(ctx->scratch, f, SUMS_N + 1);
}

/* One row, put in or (sign -1) taken out. */
static bool correlation_pair(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                             const wr_value *args, double sign)
{
    WR_ASSERT(call->args_n == 2);
    if (args[0].null || args[1].null)
        return true;
    double x = number(call->arg_types[0], &args[0]), y = number(call->arg_types[1], &args[1]);
    double sums[SUMS_N] = {x, y, x * x, y * y, x * y};
    correlation_change(ctx, state, sums, sign, sign > 0 ? 1 : -1);
    return true;
}

/* Both arguments have the same type, but the sums are DOUBLEs for all of them. */
static bool correlation_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                            const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(message);
    return correlation_pair(call, ctx, state, args, 1);
}

/* Possible because sums can be subtracted; what rounding has lost stays lost. */
static bool correlation_undo(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                             const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(message);
    return correlation_pair(call, ctx, state, args, -1);
}

/* All parts of the state are sums over rows, so two sessions' states are added. */
static bool correlation_merge(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                              const wr_value *other, const char **message)
{
    WR__AGG_UNUSED(call, message);
    double sums[SUMS_N];
    const wr_value *f = other->u.nest->items;
    for (int i = 0; i < SUMS_N; i++)
        sums[i] = f[i].u.f64;
    correlation_change(ctx, state, sums, 1, f[SUMS_N].u.i64);
    return true;
}

/* n*Sxy - Sx*Sy over the root of (n*Sxx - Sx^2)(n*Syy - Sy^2). Of one pair, or of equal values,
 * both are 0 and the result is NaN. */
static void correlation_result(const wr_agg_call *call, wr_agg_ctx *ctx, const wr_value *state,
                               wr_value *out)
{
    WR__AGG_UNUSED(call, ctx);
    const wr_value *f = state->u.nest->items;
    double n = (double)f[SUMS_N].u.i64, x = f[SUM_X].u.f64, y = f[SUM_Y].u.f64;
    double over = n * f[SUM_XY].u.f64 - x * y;
    double under = sqrt((n * f[SUM_XX].u.f64 - x * x) * (n * f[SUM_YY].u.f64 - y * y));
    *out = wr_value_f64(over / under); /* 0 / 0 is NaN: undefined */
}

/* ---- tables ---- */

/* No DECIMAL: ksqlDB has none for these, and aggregates take no implicit casts. */
static const wr_signature number_sigs[] = {
    {.args = "INTEGER", .ret = "DOUBLE"},
    {.args = "BIGINT", .ret = "DOUBLE"},
    {.args = "DOUBLE", .ret = "DOUBLE"},
};
#define DEVIATION_IMPL(result_fn)                                                                  \
    {                                                                                              \
        .state = "STRUCT<SUM DOUBLE, COUNT BIGINT, M2 DOUBLE>", .init = deviation_init,            \
        .add = deviation_add, .undo = deviation_undo, .merge = deviation_merge,                    \
        .result = result_fn                                                                        \
    }
static const wr_aggregate variance_impls[] = {DEVIATION_IMPL(variance_result),
                                              DEVIATION_IMPL(variance_result),
                                              DEVIATION_IMPL(variance_result)};
static const wr_aggregate deviation_impls[] = {DEVIATION_IMPL(deviation_result),
                                               DEVIATION_IMPL(deviation_result),
                                               DEVIATION_IMPL(deviation_result)};

static const wr_signature pair_sigs[] = {
    {.args = "INTEGER, INTEGER", .ret = "DOUBLE"},
    {.args = "BIGINT, BIGINT", .ret = "DOUBLE"},
    {.args = "DOUBLE, DOUBLE", .ret = "DOUBLE"},
};
#define CORRELATION_IMPL                                                                           \
    {                                                                                              \
        .state = "STRUCT<SUM_X DOUBLE, SUM_Y DOUBLE, SUM_X2 DOUBLE, SUM_Y2 DOUBLE, "               \
                 "SUM_XY DOUBLE, COUNT BIGINT>",                                                   \
        .init = correlation_init, .add = correlation_add, .undo = correlation_undo,                \
        .merge = correlation_merge, .result = correlation_result                                   \
    }
static const wr_aggregate correlation_impls[] = {CORRELATION_IMPL, CORRELATION_IMPL,
                                                 CORRELATION_IMPL};

static const wr_function table[] = {
    WR__AGG_FN("CORRELATION", pair_sigs, correlation_impls, "CORRELATION(1, 2)", "SQRT(-1)",
               "Pearson's correlation coefficient of two columns of a group."),
    WR__AGG_FN("STDDEV_SAMP", number_sigs, variance_impls, "STDDEV_SAMP(3)", "0e0",
               "Sample variance of a group (the name is kept for old queries)."),
    WR__AGG_FN("STDDEV_SAMPLE", number_sigs, deviation_impls, "STDDEV_SAMPLE(3)", "0e0",
               "Sample standard deviation of a group."),
};

const wr_function_family wr__functions_agg_stats = {table, WR_ARRAY_LEN(table)};
