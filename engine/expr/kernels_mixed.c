/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernels_mixed.c - comparisons of operands of two types that cannot be brought to one beforehand.
 *
 * A cast before the comparison would fail on its own, where NULL on the other side has to be asked
 * for first: `day = 'x'` is FALSE where day is NULL, and fails where it is not. So these kernels
 * see both operands as they are, and convert a row when it is known to have two values:
 *
 *     STRING with DATE, TIME, TIMESTAMP    the text is read as the other type
 *     DOUBLE with DECIMAL                  as decimals; NaN and the infinities fail
 *     DECIMAL with STRING                  as decimals (BETWEEN only)
 *     ARRAY, MAP, STRUCT of other parts    equal where they have the same shape of NULLs
 *     STRING or BYTES with another type    fails on each row (BETWEEN only)
 *
 * Where the plan can do better (a constant text that is a date, a DECIMAL that a DOUBLE holds
 * exactly) wr__mixed_kernel picks none or a faster one.
 */
#include "engine/expr/compare.h"

#include "types/decimal.h"
#include "types/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* Every decimal of that many digits is told from every other by the nearest double. */
#define DOUBLE_DIGITS 15

/** One pair of values. @return false: they cannot be compared, and *why says so. */
typedef bool (*pair_order)(wr_arena *scratch, const wr_type *lt, const wr_value *l,
                           const wr_type *rt, const wr_value *r, int *order, char *why,
                           size_t why_n);

static bool equality_of_shapes(wr_arena *scratch, const wr_type *lt, const wr_value *l,
                               const wr_type *rt, const wr_value *r, int *order, char *why,
                               size_t why_n);

static void compare_pairs(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                          wr_vec *out, pair_order order_of)
{
    const wr_vec *l = args[0], *r = args[1];
    wr_ast_op op = (wr_ast_op)e->imm;
    WR_ASSERT(e->args_n == 2 && op >= WR_AST_EQ && op <= WR_AST_NOT_DISTINCT);
    WR_ASSERT(e->may_fail || order_of == equality_of_shapes);
    bool any = wr__compare_nulls(l, r, sel, op, out);
    WR_FOREACH_SEL (i, sel) {
        if (l->null[i & l->mask] | r->null[i & r->mask])
            continue;
        wr_value a = wr_vec_get(l, i), b = wr_vec_get(r, i);
        char why[256];
        int order;
        if (order_of(run->scratch, l->type, &a, r->type, &b, &order, why, sizeof why)) {
            out->u.b[i] = wr__test_order(order, op);
            continue;
        }
        wr__run_fail(run, i, "%s", why);
        out->u.b[i] = false;
        out->null[i] = WR__FAILED;
        out->no_nulls = false;
    }
    if (any)
        wr__compare_null_rows(l, r, sel, op, out);
}

/* ---- texts and times ---- */

static bool text_with_time(wr_arena *scratch, const wr_type *lt, const wr_value *l,
                           const wr_type *rt, const wr_value *r, int *order, char *why,
                           size_t why_n)
{
    bool left = lt->id == WR_T_STRING;
    const wr_type *t = left ? rt : lt;
    wr_value parsed;
    if (!wr_cast_value(&wr_type_string, left ? l : r, t, scratch, &parsed, why, why_n))
        return false;
    *order = wr_value_compare(t, left ? &parsed : l, left ? r : &parsed);
    return true;
}

static void compare_text_time(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                              wr_vec *out)
{
    /* One text: of two it would not be known which is to be read as what. */
    WR_ASSERT((args[0]->type->id == WR_T_STRING) != (args[1]->type->id == WR_T_STRING));
    compare_pairs(run, e, args, sel, out, text_with_time);
}

/* ---- decimals ---- */

/** The decimal that a text spells, of the type that it needs. */
static bool decimal_of_text(wr_arena *scratch, wr_str s, wr_type *t, wr_value *out)
{
    int32_t precision, scale;
    if (!wr_dec_text_type(s, &precision, &scale))
        return false;
    *t = *wr_type_decimal(scratch, precision, scale);
    return wr_dec_from_text(s, t, true, scratch, out) == WR_DEC_OK;
}

static bool decimal_with_text(wr_arena *scratch, const wr_type *lt, const wr_value *l,
                              const wr_type *rt, const wr_value *r, int *order, char *why,
                              size_t why_n)
{
    bool left = lt->id == WR_T_STRING;
    wr_str s = left ? l->u.str : r->u.str;
    wr_type t;
    wr_value parsed;
    if (!decimal_of_text(scratch, s, &t, &parsed)) {
        snprintf(why, why_n, "Not a number: \"" WR_STR_FMT "\"", WR_STR_ARG(s));
        return false;
    }
    *order = left ? wr_dec_compare(&t, &parsed, rt, r) : wr_dec_compare(lt, l, &t, &parsed);
    return true;
}

static void compare_decimal_text(wr__run *run, const wr_expr *e, const wr_vec *const *args,
                                 wr_sel sel, wr_vec *out)
{
    WR_ASSERT((args[0]->type->id == WR_T_STRING) != (args[1]->type->id == WR_T_STRING));
    compare_pairs(run, e, args, sel, out, decimal_with_text);
}

/**
 * The order of a double's shortest decimal and a decimal. Rounding to the nearest double keeps the
 * order, so only where both round to the same one do the digits have to be looked at.
 */
static bool double_to_decimal(wr_arena *scratch, double x, const wr_type *dt, const wr_value *d,
                              int *order)
{
    if (!isfinite(x))
        return false;
    double y = wr_dec_to_double(dt, d);
    *order = x < y ? -1 : x > y;
    if (x != y)
        return true;
    wr_buf text = {0};
    wr_type t;
    wr_value v;
    wr_text_put_double(&text, x);
    bool spelled = decimal_of_text(scratch, wr_buf_view(&text), &t, &v);
    wr_buf_free(&text);
    WR_ASSERT(spelled); /* a finite double prints as a number */
    *order = wr_dec_compare(&t, &v, dt, d);
    return true;
}

static bool double_with_decimal(wr_arena *scratch, const wr_type *lt, const wr_value *l,
                                const wr_type *rt, const wr_value *r, int *order, char *why,
                                size_t why_n)
{
    bool left = lt->id == WR_T_DOUBLE;
    bool ok =
        double_to_decimal(scratch, left ? l->u.f64 : r->u.f64, left ? rt : lt, left ? r : l, order);
    if (!ok)
        snprintf(why, why_n, "Infinite or NaN");
    else if (!left)
        *order = -*order;
    return ok;
}

static void compare_double_decimal(wr__run *run, const wr_expr *e, const wr_vec *const *args,
                                   wr_sel sel, wr_vec *out)
{
    compare_pairs(run, e, args, sel, out, double_with_decimal);
}

static bool any_not_finite(const wr_vec *v, wr_sel sel)
{
    const double *x = v->u.f64;
    bool any = false;
    WR_FOREACH_SEL (i, sel)
        any |= !(fabs(x[i & v->mask]) <= DBL_MAX);
    return any;
}

/** Both as DOUBLEs: the DECIMAL has few enough digits for that to be exact. */
static void compare_finite(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                           wr_vec *out)
{
    const wr_vec *l = args[0], *r = args[1];
    WR_ASSERT(l->type->id == WR_T_DOUBLE && r->type->id == WR_T_DOUBLE);
    wr__compare_f64(run, e, args, sel, out);
    if (!any_not_finite(l, sel) && !any_not_finite(r, sel))
        return;
    WR_FOREACH_SEL (i, sel) {
        uint32_t li = i & l->mask, ri = i & r->mask;
        if (l->null[li] | r->null[ri] || (isfinite(l->u.f64[li]) && isfinite(r->u.f64[ri])))
            continue;
        wr__run_fail(run, i, "Infinite or NaN");
        out->null[i] = WR__FAILED;
        out->no_nulls = false;
    }
}

/* ---- collections of different parts ---- */

static bool same_shape(const wr_type *lt, const wr_value *l, const wr_type *rt, const wr_value *r);

static bool same_items(const wr_type *lt, const wr_nest *l, const wr_type *rt, const wr_nest *r)
{
    if (l->n != r->n)
        return false;
    for (uint32_t i = 0; i < l->n; i++)
        if (!same_shape(lt->elem, &l->items[i], rt->elem, &r->items[i]))
            return false;
    return true;
}

/** Keys decide which items belong together; the order of the entries does not count. */
static bool same_entries(const wr_type *lt, const wr_nest *l, const wr_type *rt, const wr_nest *r)
{
    bool same = l->n == r->n;
    for (uint32_t i = 0; i < l->n && same; i++) {
        uint32_t k = 0;
        while (k < r->n && !same_shape(lt->key, &l->keys[i], rt->key, &r->keys[k]))
            k++;
        same = k < r->n && same_shape(lt->elem, &l->items[i], rt->elem, &r->items[k]);
    }
    return same;
}

static bool same_fields(const wr_type *lt, const wr_nest *l, const wr_type *rt, const wr_nest *r)
{
    bool same = lt->fields_n == rt->fields_n;
    for (uint32_t i = 0; i < lt->fields_n && same; i++)
        same = strcmp(lt->fields[i].name, rt->fields[i].name) == 0 &&
               same_shape(lt->fields[i].type, &l->items[i], rt->fields[i].type, &r->items[i]);
    return same;
}

/** Java's equals: values of two types are never equal, so only NULLs and what holds them are. */
static bool same_shape(const wr_type *lt, const wr_value *l, const wr_type *rt, const wr_value *r)
{
    if (l->null || r->null)
        return l->null && r->null;
    if (wr_type_equal(lt, rt))
        return wr_value_equal(lt, l, r);
    if (lt->id != rt->id)
        return false;
    switch (lt->id) {
    case WR_T_ARRAY:
        return same_items(lt, l->u.nest, rt, r->u.nest);
    case WR_T_MAP:
        return same_entries(lt, l->u.nest, rt, r->u.nest);
    case WR_T_STRUCT:
        return same_fields(lt, l->u.nest, rt, r->u.nest);
    default:
        return false;
    }
}

static bool equality_of_shapes(wr_arena *scratch, const wr_type *lt, const wr_value *l,
                               const wr_type *rt, const wr_value *r, int *order, char *why,
                               size_t why_n)
{
    (void)scratch;
    (void)why;
    (void)why_n;
    *order = !same_shape(lt, l, rt, r);
    return true;
}

void wr__compare_shapes(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                        wr_vec *out)
{
    WR_ASSERT(wr__is_equality((wr_ast_op)e->imm)); /* collections have no order */
    compare_pairs(run, e, args, sel, out, equality_of_shapes);
}

/* ---- what never compares ---- */

static bool no_order(wr_arena *scratch, const wr_type *lt, const wr_value *l, const wr_type *rt,
                     const wr_value *r, int *order, char *why, size_t why_n)
{
    (void)l;
    (void)r;
    (void)order;
    snprintf(why, why_n, "%s cannot be compared with %s", wr_type_text(scratch, lt),
             wr_type_text(scratch, rt));
    return false;
}

static void compare_never(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                          wr_vec *out)
{
    compare_pairs(run, e, args, sel, out, no_order);
}

/* ---- picking ---- */

static bool is_pair(const wr_type *l, const wr_type *r, wr_tid x, wr_tid y)
{
    return (l->id == x && r->id == y) || (l->id == y && r->id == x);
}

/** Java has a compareTo for texts and bytes that takes anything, and fails on it. */
static bool compiles_but_fails(const wr_type *l, const wr_type *r)
{
    bool simple = r->id == WR_T_BOOLEAN || r->id == WR_T_INTEGER || r->id == WR_T_BIGINT ||
                  r->id == WR_T_DOUBLE || r->id == WR_T_STRING || r->id == WR_T_BYTES;
    return (l->id == WR_T_STRING || l->id == WR_T_BYTES) && l->id != r->id && simple;
}

wr__kernel wr__mixed_kernel(const wr_type *l, const wr_type *r, bool between,
                            const wr_type **cast_to)
{
    *cast_to = NULL;
    if (is_pair(l, r, WR_T_STRING, WR_T_DATE) || is_pair(l, r, WR_T_STRING, WR_T_TIME) ||
        is_pair(l, r, WR_T_STRING, WR_T_TIMESTAMP))
        return compare_text_time;
    if (is_pair(l, r, WR_T_DOUBLE, WR_T_DECIMAL)) {
        bool exact = (l->id == WR_T_DECIMAL ? l : r)->precision <= DOUBLE_DIGITS;
        *cast_to = exact ? &wr_type_double : NULL;
        return exact ? compare_finite : compare_double_decimal;
    }
    if (between && is_pair(l, r, WR_T_DECIMAL, WR_T_STRING))
        return compare_decimal_text;
    return between && compiles_but_fails(l, r) ? compare_never : NULL;
}
