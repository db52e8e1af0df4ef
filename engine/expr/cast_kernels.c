/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cast_kernels.c - CAST over vectors: flat loops for numbers, wr_cast_value for the rest.
 * NULL stays NULL; what cannot be cast fails.
 */
#include "engine/expr/expr_internal.h"

#include "types/decimal.h"

static void copy_nulls(const wr_vec *in, wr_sel sel, wr_vec *out)
{
    if (in->no_nulls) {
        out->no_nulls = true;
        return;
    }
    WR_FOREACH_SEL (i, sel)
        out->null[i] = in->null[i & in->mask];
}

#define FLAT_CAST(name, from, F, to, expression)                                                   \
    static void name(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,        \
                     wr_vec *out)                                                                  \
    {                                                                                              \
        (void)run, (void)e;                                                                        \
        const wr_vec *in = args[0];                                                                \
        copy_nulls(in, sel, out);                                                                  \
        if (!sel.rows && in->mask) {                                                               \
            for (uint32_t i = 0; i < sel.n; i++) {                                                 \
                F v = in->u.from[i];                                                               \
                out->u.to[i] = (expression);                                                       \
            }                                                                                      \
        } else {                                                                                   \
            WR_FOREACH_SEL (i, sel) {                                                              \
                F v = in->u.from[i & in->mask];                                                    \
                out->u.to[i] = (expression);                                                       \
            }                                                                                      \
        }                                                                                          \
    }

/* INTEGER and BIGINT to DECIMALs that hold every value: the factor is 10^scale. */
static void i32_to_dec(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                       wr_vec *out)
{
    (void)run;
    const wr_vec *in = args[0];
    wr_i128 factor = wr_dec_pow10(e->type->scale);
    copy_nulls(in, sel, out);
    WR_FOREACH_SEL (i, sel)
        out->u.dec[i] = in->null[i & in->mask] ? 0 : in->u.i32[i & in->mask] * factor;
}

static void i64_to_dec(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                       wr_vec *out)
{
    (void)run;
    const wr_vec *in = args[0];
    wr_i128 factor = wr_dec_pow10(e->type->scale);
    copy_nulls(in, sel, out);
    WR_FOREACH_SEL (i, sel)
        out->u.dec[i] = in->null[i & in->mask] ? 0 : in->u.i64[i & in->mask] * factor;
}

FLAT_CAST(i32_to_i64, i32, int32_t, i64, (int64_t)v)
FLAT_CAST(i64_to_i32, i64, int64_t, i32, (int32_t)(uint32_t)(uint64_t)v)
FLAT_CAST(i32_to_f64, i32, int32_t, f64, (double)v)
FLAT_CAST(i64_to_f64, i64, int64_t, f64, (double)v)

static void cast_general(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                         wr_vec *out)
{
    const wr_vec *in = args[0];
    WR_FOREACH_SEL (i, sel) {
        uint8_t null = in->null[i & in->mask];
        out->null[i] = null;
        if (null)
            continue;
        wr_value v = wr_vec_get(in, i), r = {0};
        char message[256];
        if (!wr_cast_value(in->type, &v, e->type, run->scratch, &r, message, sizeof message)) {
            WR_ASSERT(e->may_fail); /* never_fails said otherwise, and no scope is around */
            wr__run_fail(run, i, "%s", message);
            out->null[i] = WR__FAILED;
        } else if (r.null) {
            out->null[i] = 1;
        } else {
            wr_vec_set(out, i, &r);
        }
    }
}

/** NULL of any type. */
static void cast_null(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                      wr_vec *out)
{
    (void)run;
    (void)e;
    WR_FOREACH_SEL (i, sel)
        out->null[i] = args[0]->null[i & args[0]->mask] | 1;
}

static bool holds_all(const wr_type *decimal, int32_t digits)
{
    return wr_dec_is_small(decimal) && decimal->precision - decimal->scale >= digits;
}

/** Pairs that have a value for each value: what is around them needs no scope. */
static bool never_fails(const wr_type *from, const wr_type *to)
{
    if (to->id == WR_T_STRING)
        return true;
    switch (from->id) {
    case WR_T_INTEGER:
    case WR_T_BIGINT:
    case WR_T_DOUBLE:
    case WR_T_DECIMAL:
        return to->id != WR_T_DECIMAL;
    case WR_T_STRING:
        return to->id == WR_T_BOOLEAN;
    case WR_T_DATE:
    case WR_T_TIMESTAMP:
        return true;
    default:
        return false;
    }
}

wr__kernel wr__cast_kernel(const wr_type *from, const wr_type *to, bool *may_fail)
{
    *may_fail = false;
    if (from->id == WR_T_NULL)
        return cast_null;
    if (from->id == WR_T_INTEGER && to->id == WR_T_BIGINT)
        return i32_to_i64;
    if (from->id == WR_T_INTEGER && to->id == WR_T_DOUBLE)
        return i32_to_f64;
    if (from->id == WR_T_BIGINT && to->id == WR_T_INTEGER)
        return i64_to_i32;
    if (from->id == WR_T_BIGINT && to->id == WR_T_DOUBLE)
        return i64_to_f64;
    if (from->id == WR_T_INTEGER && to->id == WR_T_DECIMAL && holds_all(to, 10))
        return i32_to_dec;
    if (from->id == WR_T_BIGINT && to->id == WR_T_DECIMAL && holds_all(to, 19))
        return i64_to_dec;
    *may_fail = !never_fails(from, to);
    return cast_general;
}

wr_expr *wr__expr_cast(wr_arena *a, wr_expr *e, const wr_type *to)
{
    if (wr_type_equal(e->type, to))
        return e;
    WR_ASSERT(wr__cast_supported(e->type, to)); /* refused before, where it is not */
    bool may_fail;
    wr__kernel k = wr__cast_kernel(e->type, to, &may_fail);
    return wr__expr_op1(a, to, k, e, may_fail, 0);
}
