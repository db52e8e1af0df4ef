/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COALESCE, IFNULL, NULLIF, GREATEST, LEAST. All arguments have one type, but for DECIMAL: there
 * GREATEST and LEAST take any precisions and scales and give a type that holds them all.
 *
 *     COALESCE, IFNULL     the first argument that is not NULL
 *     NULLIF               NULL where both are equal, else the first
 *     GREATEST, LEAST      by the type's order, NULL arguments left out
 *
 * These are ordinary functions: all arguments are computed before, unlike those of CASE.
 */
#include "engine/functions/families.h"
#include "engine/functions/kernel.h"
#include "types/decimal.h"

/* IFNULL is COALESCE of two. All arguments have been evaluated: a kernel gets vectors, so an
 * argument that fails fails the row even where an earlier one is not NULL. */
WR__KERNEL(coalesce)
{
    WR_FOREACH_SEL (i, sel) {
        uint32_t k = 0;
        while (k < call->args_n && wr__null(args[k], i))
            k++;
        if (k == call->args_n)
            wr__put_null(out, i);
        else
            wr__put_row(out, i, args[k]);
    }
}

/* By the type's equality: 1.0 and 1.00 of a DECIMAL are equal. NULL as the second argument never
 * is. */
WR__KERNEL(nullif)
{
    WR_FOREACH_SEL (i, sel) {
        if (wr__null(args[0], i)) {
            wr__put_null(out, i);
            continue;
        }
        wr_value a = wr_vec_get(args[0], i), b = wr_vec_get(args[1], i);
        if (wr_value_equal(args[0]->type, &a, &b))
            wr__put_null(out, i);
        else
            wr__put_row(out, i, args[0]);
    }
}

/* ---- GREATEST, LEAST ---- */

/*
 * NULL arguments are left out, as in ksqlDB (in PostgreSQL too, not in MySQL); all NULL: NULL. Of
 * equal values the first one stays. Integers and times have a loop of their own, without boxed
 * values.
 */

/**
 * The argument whose value wins in row @p i; args_n where all are NULL. `beats` is > or <, so of
 * equal values the first argument wins.
 */
#define WINNER_OF(field, beats)                                                                    \
    uint32_t best = call->args_n;                                                                  \
    for (uint32_t k = 0; k < call->args_n; k++) {                                                  \
        if (wr__null(args[k], i))                                                                  \
            continue;                                                                              \
        if (best == call->args_n ||                                                                \
            args[k]->u.field[i & args[k]->mask] beats args[best]->u.field[i & args[best]->mask])   \
            best = k;                                                                              \
    }
#define EXTREME_KERNEL(name, field, beats)                                                         \
    WR__KERNEL(name)                                                                               \
    {                                                                                              \
        WR_FOREACH_SEL (i, sel) {                                                                  \
            WINNER_OF(field, beats)                                                                \
            if (best == call->args_n)                                                              \
                wr__put_null(out, i);                                                              \
            else                                                                                   \
                out->u.field[i] = args[best]->u.field[i & args[best]->mask];                       \
        }                                                                                          \
    }
EXTREME_KERNEL(greatest_i32, i32, >)
EXTREME_KERNEL(greatest_i64, i64, >)
EXTREME_KERNEL(least_i32, i32, <)
EXTREME_KERNEL(least_i64, i64, <)

/** By the type's order: DOUBLE with NaN last, STRING by UTF-16 units, BYTES as signed bytes. */
static void extreme_ordered(const wr_call *call, const wr_vec *const *args, wr_sel sel, int sign,
                            wr_vec *out)
{
    WR_FOREACH_SEL (i, sel) {
        uint32_t best = call->args_n;
        wr_value best_value = WR_VALUE_NULL;
        for (uint32_t k = 0; k < call->args_n; k++) {
            if (wr__null(args[k], i))
                continue;
            wr_value v = wr_vec_get(args[k], i);
            if (best == call->args_n || wr_value_compare(call->ret, &v, &best_value) * sign > 0) {
                best = k;
                best_value = v;
            }
        }
        if (best == call->args_n)
            wr__put_null(out, i);
        else
            wr__put_row(out, i, args[best]);
    }
}

/* DECIMALs of several types are compared by value, and the winner is brought to the result's type,
 * which is wide enough for each of them unless precision would go beyond its limit. */
static void extreme_decimal(wr_kctx *ctx, const wr_call *call, const wr_vec *const *args,
                            wr_sel sel, int sign, wr_vec *out)
{
    WR_ASSERT(call->ret->id == WR_T_DECIMAL && (sign == 1 || sign == -1));
    WR_FOREACH_SEL (i, sel) {
        const wr_type *type = NULL;
        wr_value best = WR_VALUE_NULL;
        for (uint32_t k = 0; k < call->args_n; k++) {
            if (wr__null(args[k], i))
                continue;
            wr_value v = wr_vec_get(args[k], i);
            if (!type || wr_dec_compare(args[k]->type, &v, type, &best) * sign > 0) {
                type = args[k]->type;
                best = v;
            }
        }
        wr_value result = WR_VALUE_NULL;
        if (type && wr_dec_rescale(type, &best, call->ret, ctx->scratch, &result) != WR_DEC_OK) {
            wr__fail(ctx, out, i, "%s: Numeric field overflow", call->fn->name);
            continue;
        }
        wr_vec_set(out, i, &result);
    }
}

/* DOUBLE, STRING and BYTES: types whose order is not that of their bytes in memory. */
WR__KERNEL(greatest_ordered)
{
    extreme_ordered(call, args, sel, 1, out);
}
/* As GREATEST, with the order turned round. */
WR__KERNEL(least_ordered)
{
    extreme_ordered(call, args, sel, -1, out);
}
/* Compared by value: 1.50 of a DECIMAL(3, 2) and 1.5 of a DECIMAL(2, 1) are equal. */
WR__KERNEL(greatest_dec)
{
    extreme_decimal(ctx, call, args, sel, 1, out);
}
WR__KERNEL(least_dec)
{
    extreme_decimal(ctx, call, args, sel, -1, out);
}

/* One argument at least, then any number more. */
#define EXTREME(type, kernel)                                                                      \
    {                                                                                              \
        type ", " type "...", type, 0, kernel, NULL, NULL, NULL                                    \
    }
/* No BOOLEAN, and nothing nested: they have no order in ksqlDB. */
#define EXTREME_SIGS(name)                                                                         \
    {                                                                                              \
        EXTREME("INTEGER", name##_i32), EXTREME("BIGINT", name##_i64),                             \
            EXTREME("DOUBLE", name##_ordered), EXTREME("STRING", name##_ordered),                  \
            EXTREME("BYTES", name##_ordered), EXTREME("DATE", name##_i32),                         \
            EXTREME("TIME", name##_i32), EXTREME("TIMESTAMP", name##_i64),                         \
            EXTREME("DECIMAL(p,s)", name##_dec)                                                    \
    }
static const wr_signature greatest_sigs[] = EXTREME_SIGS(greatest);
static const wr_signature least_sigs[] = EXTREME_SIGS(least);

/* T is one type for all of them. */
static const wr_signature coalesce_sigs[] = {{"T, T...", "T", 0, coalesce, NULL, NULL, NULL}};
static const wr_signature ifnull_sigs[] = {{"T, T", "T", 0, coalesce, NULL, NULL, NULL}};
static const wr_signature nullif_sigs[] = {{"T, T", "T", 0, nullif, NULL, NULL, NULL}};

#define CONDITIONAL "CONDITIONAL"
static const wr_function functions[] = {
    WR__FN("COALESCE", CONDITIONAL, coalesce_sigs, "COALESCE(CAST(NULL AS STRING), 'b')", "'b'",
           "The first argument that is not NULL."),
    WR__FN("GREATEST", CONDITIONAL, greatest_sigs, "GREATEST(2, NULL, 3)", "3",
           "The largest of the arguments that are not NULL."),
    WR__FN("IFNULL", CONDITIONAL, ifnull_sigs, "IFNULL(CAST(NULL AS STRING), 'x')", "'x'",
           "The first argument, or the second where the first is NULL."),
    WR__FN("LEAST", CONDITIONAL, least_sigs, "LEAST(2, NULL, 3)", "2",
           "The smallest of the arguments that are not NULL."),
    WR__FN("NULLIF", CONDITIONAL, nullif_sigs, "NULLIF('a', 'a')", "NULL",
           "NULL where both arguments are equal, else the first."),
};
WR__FAMILY(conditional, functions);
