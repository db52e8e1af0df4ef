/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agg_basic.c - COUNT, SUM, SUM_LIST, AVG, MIN, MAX (functions.md section 10).
 *
 * Integers wrap, as in Java. SUM of DECIMAL keeps its type; a sum that does not fit fails the query
 * and leaves the state as it was.
 *
 *     function      state                          undo  merge
 *     COUNT         BIGINT                         yes   sum
 *     SUM           the argument's type            yes   sum
 *     SUM_LIST      the element's type             yes   sum
 *     AVG           STRUCT<SUM T, COUNT BIGINT>    yes   sum of both
 *     MIN, MAX      the argument's type, or NULL   no    the lesser, the greater
 */
#include "engine/functions/aggregates.h"

#include "types/decimal.h"

/* ---- COUNT ---- */

/*
 * All of these but MIN and MAX can be undone, so they may be used on tables, where a change of a
 * row takes the old one out of its group first. The state is what a changelog holds: its type and
 * its bytes stay as they are, or state that is on disk could not be read any more.
 *
 * operators/flat.c has the same arithmetic for states of fixed width, on the stored bytes; what is
 * changed here is changed there, and a test runs both against each other.
 */

/* A group begins with no rows: COUNT is 0, never NULL. */
static void zero_i64(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state)
{
    WR__AGG_UNUSED(call, ctx);
    *state = wr_value_i64(0);
}

/* COUNT(*) and COUNT() count rows; COUNT(x) counts those whose x is not NULL. */
static bool counts(const wr_agg_call *call, const wr_value *args)
{
    return call->args_n == 0 || !args[0].null;
}

static bool count_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                      const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(ctx, message);
    state->u.i64 += counts(call, args);
    return true;
}

/* A table's change undoes only what was added before, so the count does not fall below 0. */
static bool count_undo(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                       const wr_value *args, const char **message)
{
    WR__AGG_UNUSED(ctx, message);
    state->u.i64 -= counts(call, args);
    return true;
}

/* Sessions that meet have no row in common, so their counts add up. */
static bool count_merge(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                        const wr_value *other, const char **message)
{
    WR__AGG_UNUSED(call, ctx, message);
    state->u.i64 += other->u.i64;
    return true;
}

/* ---- sums of one type ---- */

/* SUM of a group without values is 0, as in ksqlDB, not NULL as in standard SQL. */
static void zero_of(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state)
{
    WR__AGG_UNUSED(call, ctx);
    *state = (wr_value){0}; /* zero in every number's form; an empty wr_big is zero too */
}

/*
 * Sums of a table's rows, which are taken out again when a row changes: leaving one out would make
 * every later undo wrong. So such a sum may go beyond its type, as far as a state has room
 * (WR_AGG_DECIMAL_ROOM); its result is NULL then (decimal_result), and a value again once it fits.
 */
static bool decimal_sum_exact(const wr_type *t, wr_agg_ctx *ctx, wr_value *sum, const wr_value *v,
                              bool minus, const char **message)
{
    WR_ASSERT(ctx->undoable && !v->null);
    wr_value r = {0};
    bool fits;
    if (wr_dec_is_small(t)) {
        wr_i128 limit = wr_dec_pow10(WR_MIN(t->precision + WR_AGG_DECIMAL_ROOM, WR_DEC_SMALL_MAX));
        WR_ASSERT(sum->u.dec < limit && sum->u.dec > -limit);
        bool over = minus ? __builtin_sub_overflow(sum->u.dec, v->u.dec, &r.u.dec)
                          : __builtin_add_overflow(sum->u.dec, v->u.dec, &r.u.dec);
        fits = !over && r.u.dec < limit && r.u.dec > -limit;
    } else {
        const wr_type *room =
            wr_type_decimal(ctx->scratch, t->precision + WR_AGG_DECIMAL_ROOM, t->scale);
        const wr_type *wide = wr_dec_result_type(ctx->scratch, '+', room, t);
        wr_value exact = {0};
        fits = wr_dec_arith(minus ? '-' : '+', room, sum, t, v, wide, ctx->scratch, &exact) ==
                   WR_DEC_OK &&
               wr_dec_rescale(wide, &exact, room, ctx->scratch, &r) == WR_DEC_OK;
    }
    if (!fits) {
        *message = "Numeric field overflow: the sum is too far from what its type holds";
        return false;
    }
    *sum = r;
    return true;
}

/* Does the state lie within its type? */
static bool decimal_fits(const wr_type *t, wr_agg_ctx *ctx, const wr_value *sum)
{
    if (wr_dec_is_small(t))
        return sum->u.dec < wr_dec_pow10(t->precision) && sum->u.dec > -wr_dec_pow10(t->precision);
    wr_value r = {0};
    const wr_type *room =
        wr_type_decimal(ctx->scratch, t->precision + WR_AGG_DECIMAL_ROOM, t->scale);
    return wr_dec_rescale(room, sum, t, ctx->scratch, &r) == WR_DEC_OK;
}

/*
 * In a type with one digit more, then back: so that a sum that just fits is not refused for the
 * type of the addition, and one that does not fit is noticed. The state is untouched on failure:
 * the row is left out, and the group keeps the last good sum.
 */
static bool decimal_sum(const wr_type *t, wr_agg_ctx *ctx, wr_value *sum, const wr_value *v,
                        bool minus, const char **message)
{
    WR_ASSERT(t->id == WR_T_DECIMAL && !sum->null);
    if (ctx->undoable) {
        if (!decimal_sum_exact(t, ctx, sum, v, minus, message))
            return false;
        if (!decimal_fits(t, ctx, sum))
            *message = "Numeric field overflow: the sum is NULL until it fits its type again";
        return true;
    }
    wr_value wide = {0}, r = {0};
    const wr_type *wide_t = wr_dec_result_type(ctx->scratch, '+', t, t);
    if (wr_dec_arith(minus ? '-' : '+', t, sum, t, v, wide_t, ctx->scratch, &wide) != WR_DEC_OK ||
        wr_dec_rescale(wide_t, &wide, t, ctx->scratch, &r) != WR_DEC_OK) {
        *message = "Numeric field overflow";
        return false;
    }
    *sum = r;
    return true;
}

static void decimal_result(const wr_agg_call *call, wr_agg_ctx *ctx, const wr_value *state,
                           wr_value *out)
{
    WR_ASSERT(!state->null && wr_type_equal(call->ret, call->state_type));
    *out = decimal_fits(call->ret, ctx, state) ? *state : WR_VALUE_NULL;
}

/**
 * sum += v or sum -= v. Integers are added as unsigned numbers, where C defines the wrap that
 * Java's `+` has.
 */
static bool sum_value(const wr_type *t, wr_agg_ctx *ctx, wr_value *sum, const wr_value *v,
                      bool minus, const char **message)
{
    if (v->null)
        return true;
    switch (t->id) {
    case WR_T_INTEGER: {
        uint32_t a = (uint32_t)sum->u.i32, b = (uint32_t)v->u.i32;
        sum->u.i32 = (int32_t)(minus ? a - b : a + b);
        return true;
    }
    case WR_T_BIGINT: {
        uint64_t a = (uint64_t)sum->u.i64, b = (uint64_t)v->u.i64;
        sum->u.i64 = (int64_t)(minus ? a - b : a + b);
        return true;
    }
    case WR_T_DOUBLE:
        sum->u.f64 += minus ? -v->u.f64 : v->u.f64;
        return true;
    default:
        return decimal_sum(t, ctx, sum, v, minus, message);
    }
}

static bool sum_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state, const wr_value *args,
                    const char **message)
{
    return sum_value(call->ret, ctx, state, &args[0], false, message);
}

/* The old value of a table's row: subtracting what was added before leads back, in DOUBLE but for
 * the last bits. */
static bool sum_undo(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                     const wr_value *args, const char **message)
{
    return sum_value(call->ret, ctx, state, &args[0], true, message);
}

/* Sessions that meet: their sums are added as if the other one were one more value. */
static bool sum_merge(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                      const wr_value *other, const char **message)
{
    return sum_value(call->ret, ctx, state, other, false, message);
}

/* NULL arrays and NULL elements add nothing. Elements are no DECIMALs, so none can overflow. */
static bool sum_items(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                      const wr_value *list, bool minus, const char **message)
{
    for (uint32_t i = 0; !list->null && i < list->u.nest->n; i++) {
        if (!sum_value(call->ret, ctx, state, &list->u.nest->items[i], minus, message))
            return false;
    }
    return true;
}

/* All elements of the array are values of the group. */
static bool sum_list_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                         const wr_value *args, const char **message)
{
    return sum_items(call, ctx, state, &args[0], false, message);
}

static bool sum_list_undo(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                          const wr_value *args, const char **message)
{
    return sum_items(call, ctx, state, &args[0], true, message);
}

/* ---- AVG: STRUCT<SUM, COUNT> ---- */

/*
 * SUM has the argument's own type, not DOUBLE: an average of BIGINTs is taken from an exact sum,
 * which wraps where SUM would. COUNT is that of the values that are not NULL.
 */

/* Zero in every number's form: the bytes of an integer 0 and of 0.0 are the same. */
static void avg_init(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state)
{
    WR__AGG_UNUSED(call);
    wr_value zero[2] = {{.null = false}, {.null = false}};
    *state = wr__agg_struct(ctx->scratch, zero, 2);
}

/* Put @p sum, which stands for @p count values, in or take it out. */
static bool avg_change(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                       const wr_value *sum, int64_t count, bool minus, const char **message)
{
    wr_value f[2] = {state->u.nest->items[0], state->u.nest->items[1]};
    if (!sum_value(call->arg_types[0], ctx, &f[0], sum, minus, message))
        return false;
    f[1].u.i64 += minus ? -count : count;
    *state = wr__agg_struct(ctx->scratch, f, 2);
    return true;
}

/* A state is never changed in place: a new STRUCT is made for each value (aggregates.h). */
static bool avg_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state, const wr_value *args,
                    const char **message)
{
    return args[0].null || avg_change(call, ctx, state, &args[0], 1, false, message);
}

static bool avg_undo(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                     const wr_value *args, const char **message)
{
    return args[0].null || avg_change(call, ctx, state, &args[0], 1, true, message);
}

/* The other session's sum stands for as many values as its count says. */
static bool avg_merge(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state,
                      const wr_value *other, const char **message)
{
    const wr_value *f = other->u.nest->items;
    return avg_change(call, ctx, state, &f[0], f[1].u.i64, false, message);
}

/* A group whose values are all NULL has the average 0.0, not NULL: ksqlDB's way. */
static void avg_result(const wr_agg_call *call, wr_agg_ctx *ctx, const wr_value *state,
                       wr_value *out)
{
    WR__AGG_UNUSED(ctx);
    WR_ASSERT(call->args_n == 1 && call->ret->id == WR_T_DOUBLE);
    const wr_value *f = state->u.nest->items;
    double sum = call->arg_types[0]->id == WR_T_INTEGER  ? f[0].u.i32
                 : call->arg_types[0]->id == WR_T_BIGINT ? (double)f[0].u.i64
                                                         : f[0].u.f64;
    *out = wr_value_f64(f[1].u.i64 == 0 ? 0.0 : sum / (double)f[1].u.i64);
}

/* ---- MIN, MAX ---- */

/*
 * The state is the extreme so far, NULL before the first value. There is no undo: what would be the
 * next one is not kept, so these are refused on tables. Equal values leave the first one: of two
 * DECIMALs that compare as equal (1.0 and 1.00) the older one stays. DOUBLEs have Java's order:
 * -0.0 is below 0.0, NaN above all.
 */

/* @p sign: 1 keeps the larger, -1 the smaller. */
static bool extreme(const wr_agg_call *call, wr_value *state, const wr_value *v, int sign)
{
    if (!v->null && (state->null || wr_value_compare(call->ret, v, state) * sign > 0))
        *state = *v;
    return true;
}

/* For sessions merge is the same as add, and the table below says so: the other one's extreme is
 * one more value. */
static bool min_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state, const wr_value *args,
                    const char **message)
{
    WR__AGG_UNUSED(ctx, message);
    return extreme(call, state, &args[0], -1);
}

static bool max_add(const wr_agg_call *call, wr_agg_ctx *ctx, wr_value *state, const wr_value *args,
                    const char **message)
{
    WR__AGG_UNUSED(ctx, message);
    return extreme(call, state, &args[0], 1);
}

/* ---- tables ---- */

#define COUNT_IMPL                                                                                 \
    {                                                                                              \
        .flat = WR_AGG_FLAT_COUNT, .state = "BIGINT", .init = zero_i64, .add = count_add,          \
        .undo = count_undo, .merge = count_merge, .result = wr__agg_result_state                   \
    }
static const wr_signature count_sigs[] = {{.args = "", .ret = "BIGINT"},
                                          {.args = "T", .ret = "BIGINT"}};
static const wr_aggregate count_impls[] = {COUNT_IMPL, COUNT_IMPL};

/*
 * One row a type, because a result has the type of its argument and is computed in it. There is no
 * row that promotes: aggregates take no implicit casts (functions.md rule 3).
 */

#define SUM_IMPL(form, type, add_fn, undo_fn)                                                      \
    {                                                                                              \
        .flat = form, .state = type, .init = zero_of, .add = add_fn, .undo = undo_fn,              \
        .merge = sum_merge, .result = wr__agg_result_state                                         \
    }
static const wr_signature sum_sigs[] = {
    {.args = "INTEGER", .ret = "INTEGER"},
    {.args = "BIGINT", .ret = "BIGINT"},
    {.args = "DOUBLE", .ret = "DOUBLE"},
    {.args = "DECIMAL(p,s)", .ret = "DECIMAL(p,s)"},
};
static const wr_aggregate sum_impls[] = {
    SUM_IMPL(WR_AGG_FLAT_SUM, "INTEGER", sum_add, sum_undo),
    SUM_IMPL(WR_AGG_FLAT_SUM, "BIGINT", sum_add, sum_undo),
    SUM_IMPL(WR_AGG_FLAT_SUM, "DOUBLE", sum_add, sum_undo),
    {.state = "DECIMAL(p,s)",
     .init = zero_of,
     .add = sum_add,
     .undo = sum_undo,
     .merge = sum_merge,
     .result = decimal_result},
};
static const wr_signature sum_list_sigs[] = {
    {.args = "ARRAY<INTEGER>", .ret = "INTEGER"},
    {.args = "ARRAY<BIGINT>", .ret = "BIGINT"},
    {.args = "ARRAY<DOUBLE>", .ret = "DOUBLE"},
};
static const wr_aggregate sum_list_impls[] = {
    SUM_IMPL(WR_AGG_FLAT_NONE, "INTEGER", sum_list_add, sum_list_undo),
    SUM_IMPL(WR_AGG_FLAT_NONE, "BIGINT", sum_list_add, sum_list_undo),
    SUM_IMPL(WR_AGG_FLAT_NONE, "DOUBLE", sum_list_add, sum_list_undo),
};

#define AVG_IMPL(type)                                                                             \
    {                                                                                              \
        .flat = WR_AGG_FLAT_AVG, .state = "STRUCT<SUM " type ", COUNT BIGINT>", .init = avg_init,  \
        .add = avg_add, .undo = avg_undo, .merge = avg_merge, .result = avg_result                 \
    }
static const wr_signature avg_sigs[] = {
    {.args = "INTEGER", .ret = "DOUBLE"},
    {.args = "BIGINT", .ret = "DOUBLE"},
    {.args = "DOUBLE", .ret = "DOUBLE"},
};
static const wr_aggregate avg_impls[] = {AVG_IMPL("INTEGER"), AVG_IMPL("BIGINT"),
                                         AVG_IMPL("DOUBLE")};

/* One row a type that can be ordered: BOOLEAN and nested types are refused. */
#define ORDERED_SIGS                                                                               \
    {.args = "INTEGER", .ret = "INTEGER"}, {.args = "BIGINT", .ret = "BIGINT"},                    \
        {.args = "DOUBLE", .ret = "DOUBLE"}, {.args = "DECIMAL(p,s)", .ret = "DECIMAL(p,s)"},      \
        {.args = "STRING", .ret = "STRING"}, {.args = "BYTES", .ret = "BYTES"},                    \
        {.args = "DATE", .ret = "DATE"}, {.args = "TIME", .ret = "TIME"},                          \
    {                                                                                              \
        .args = "TIMESTAMP", .ret = "TIMESTAMP"                                                    \
    }
static const wr_signature ordered_sigs[] = {ORDERED_SIGS};

/* A state that is the extreme so far is merged like one more value. */
#define EXTREME_IMPL(form, type, fn)                                                               \
    {                                                                                              \
        .flat = form, .state = type, .init = wr__agg_init_null, .add = fn, .merge = fn,            \
        .result = wr__agg_result_state                                                             \
    }
#define EXTREME_IMPLS(form, fn)                                                                    \
    EXTREME_IMPL(form, "INTEGER", fn), EXTREME_IMPL(form, "BIGINT", fn),                           \
        EXTREME_IMPL(form, "DOUBLE", fn), EXTREME_IMPL(form, "DECIMAL(p,s)", fn),                  \
        EXTREME_IMPL(form, "STRING", fn), EXTREME_IMPL(form, "BYTES", fn),                         \
        EXTREME_IMPL(form, "DATE", fn), EXTREME_IMPL(form, "TIME", fn),                            \
        EXTREME_IMPL(form, "TIMESTAMP", fn)
static const wr_aggregate min_impls[] = {EXTREME_IMPLS(WR_AGG_FLAT_MIN, min_add)};
static const wr_aggregate max_impls[] = {EXTREME_IMPLS(WR_AGG_FLAT_MAX, max_add)};

static const wr_function table[] = {
    WR__AGG_FN("AVG", avg_sigs, avg_impls, "AVG(1)", "1e0",
               "Average of the non-NULL values of a group; 0.0 where there are none."),
    WR__AGG_FN("COUNT", count_sigs, count_impls, "COUNT(*)", "CAST(1 AS BIGINT)",
               "Number of rows of a group, or of its non-NULL values of an expression."),
    WR__AGG_FN("MAX", ordered_sigs, max_impls, "MAX('a')", "'a'",
               "Largest non-NULL value of a group."),
    WR__AGG_FN("MIN", ordered_sigs, min_impls, "MIN('a')", "'a'",
               "Smallest non-NULL value of a group."),
    WR__AGG_FN("SUM", sum_sigs, sum_impls, "SUM(2)", "2",
               "Sum of the non-NULL values of a group; integers wrap on overflow."),
    WR__AGG_FN("SUM_LIST", sum_list_sigs, sum_list_impls, "SUM_LIST(ARRAY[1, 2])", "3",
               "Sum of all elements of the ARRAYs of a group."),
};

const wr_function_family wr__functions_agg_basic = {table, WR_ARRAY_LEN(table)};
