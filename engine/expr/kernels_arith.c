/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernels_arith.c - + - * / % and unary minus, one kernel for each operator and type.
 *
 * Java's rules: integers wrap, integer division truncates and fails on zero, doubles are IEEE. A
 * NULL operand fails the expression (dialect.md section 4) without a report of its own: it is no
 * more than NULL being passed on. DECIMAL picks the 128-bit fast path at compile time where types
 * guarantee that no intermediate overflows, otherwise the general one (types/decimal.h).
 */
#include "engine/expr/expr_internal.h"

#include "common/utf8.h"
#include "types/decimal.h"

#include <math.h>

static inline uint8_t failed_if(uint8_t any_null)
{
    return any_null ? WR__FAILED : 0;
}

/** Null bytes of a strict binary operator: a NULL on either side fails. */
static void combine_nulls(const wr_vec *l, const wr_vec *r, wr_sel sel, wr_vec *out)
{
    if (l->no_nulls && r->no_nulls) {
        out->no_nulls = true;
        return;
    }
    uint32_t lm = l->mask, rm = r->mask;
    WR_FOREACH_SEL (i, sel)
        out->null[i] = failed_if(l->null[i & lm] | r->null[i & rm]);
}

/*
 * Kernels that compute on every row, NULL or not (the data of NULL rows is harmless): a dense loop
 * over plain arrays, one with a constant on the right, and a general one.
 */
#define TOTAL_KERNEL(name, field, T, expression)                                                   \
    static void name(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,        \
                     wr_vec *out)                                                                  \
    {                                                                                              \
        (void)run, (void)e;                                                                        \
        const wr_vec *l = args[0], *r = args[1];                                                   \
        combine_nulls(l, r, sel, out);                                                             \
        T *restrict o = out->u.field;                                                              \
        const T *x = l->u.field, *y = r->u.field;                                                  \
        if (!sel.rows && l->mask && r->mask) {                                                     \
            for (uint32_t i = 0; i < sel.n; i++) {                                                 \
                T a = x[i], b = y[i];                                                              \
                o[i] = (expression);                                                               \
            }                                                                                      \
        } else if (!sel.rows && l->mask) {                                                         \
            T b = y[0];                                                                            \
            for (uint32_t i = 0; i < sel.n; i++) {                                                 \
                T a = x[i];                                                                        \
                o[i] = (expression);                                                               \
            }                                                                                      \
        } else {                                                                                   \
            WR_FOREACH_SEL (i, sel) {                                                              \
                T a = x[i & l->mask], b = y[i & r->mask];                                          \
                o[i] = (expression);                                                               \
            }                                                                                      \
        }                                                                                          \
    }

TOTAL_KERNEL(add_i32, i32, int32_t, (int32_t)((uint32_t)a + (uint32_t)b))
TOTAL_KERNEL(sub_i32, i32, int32_t, (int32_t)((uint32_t)a - (uint32_t)b))
TOTAL_KERNEL(mul_i32, i32, int32_t, (int32_t)((uint32_t)a *(uint32_t)b))
TOTAL_KERNEL(add_i64, i64, int64_t, (int64_t)((uint64_t)a + (uint64_t)b))
TOTAL_KERNEL(sub_i64, i64, int64_t, (int64_t)((uint64_t)a - (uint64_t)b))
TOTAL_KERNEL(mul_i64, i64, int64_t, (int64_t)((uint64_t)a *(uint64_t)b))
TOTAL_KERNEL(add_f64, f64, double, a + b)
TOTAL_KERNEL(sub_f64, f64, double, a - b)
TOTAL_KERNEL(mul_f64, f64, double, a *b)
TOTAL_KERNEL(div_f64, f64, double, a / b)
TOTAL_KERNEL(mod_f64, f64, double, fmod(a, b))

/** Integer division and modulus: zero fails; MIN / -1 wraps (MIN % -1 is 0) instead of trapping. */
#define DIVISION_KERNEL(name, field, T, when_minus_one, expression)                                \
    static void name(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,        \
                     wr_vec *out)                                                                  \
    {                                                                                              \
        (void)e;                                                                                   \
        const wr_vec *l = args[0], *r = args[1];                                                   \
        combine_nulls(l, r, sel, out);                                                             \
        WR_FOREACH_SEL (i, sel) {                                                                  \
            if (out->null[i])                                                                      \
                continue;                                                                          \
            T a = l->u.field[i & l->mask], b = r->u.field[i & r->mask];                            \
            if (b == 0) {                                                                          \
                wr__run_fail(run, i, "/ by zero");                                                 \
                out->null[i] = WR__FAILED;                                                         \
                out->no_nulls = false;                                                             \
                continue;                                                                          \
            }                                                                                      \
            out->u.field[i] = b == -1 ? (when_minus_one) : (expression);                           \
        }                                                                                          \
    }

DIVISION_KERNEL(div_i32, i32, int32_t, (int32_t)(0u - (uint32_t)a), a / b)
DIVISION_KERNEL(mod_i32, i32, int32_t, 0, a % b)
DIVISION_KERNEL(div_i64, i64, int64_t, (int64_t)(0u - (uint64_t)a), a / b)
DIVISION_KERNEL(mod_i64, i64, int64_t, 0, a % b)

/** STRING + STRING: as in Java, a NULL operand counts as the text "null". */
static void add_str(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                    wr_vec *out)
{
    (void)e;
    const wr_vec *l = args[0], *r = args[1];
    bool ascii = l->ascii && r->ascii;
    WR_FOREACH_SEL (i, sel) {
        uint8_t ln = l->null[i & l->mask], rn = r->null[i & r->mask];
        out->u.str[i] = WR_STR("");
        out->null[i] = (ln | rn) & 2 ? WR__FAILED : 0;
        if (out->null[i])
            continue;
        wr_str a = ln ? WR_STR("null") : l->u.str[i & l->mask];
        wr_str b = rn ? WR_STR("null") : r->u.str[i & r->mask];
        size_t n = (size_t)a.len + b.len;
        char *p = wr_arena_alloc(run->scratch, n + 1);
        if (a.len)
            memcpy(p, a.ptr, a.len);
        if (b.len)
            memcpy(p + a.len, b.ptr, b.len);
        /* The halves of a cut pair, side by side, are one character again. */
        out->u.str[i] = wr_str_make(p, ascii ? n : wr_utf16_join(p, n));
    }
    out->ascii = ascii;
}

/* ---- DECIMAL ---- */

typedef struct decimal_plan {
    wr_dec_small_fn fn; /* NULL: the general path */
    wr_dec_plan plan;
    char op;
} decimal_plan;

static const char *decimal_message(wr_dec_status st)
{
    switch (st) {
    case WR_DEC_DIV_ZERO:
        return "Division by zero";
    case WR_DEC_INEXACT:
        return "Rounding necessary: the result is not exact at its precision";
    case WR_DEC_IMPOSSIBLE:
        return "Division impossible: the quotient has more digits than the result's precision";
    case WR_DEC_OVERFLOW:
        return "Numeric field overflow";
    case WR_DEC_BAD_TEXT:
    case WR_DEC_OK:
        break;
    }
    return "Bad decimal";
}

static void decimal_failed(wr__run *run, uint32_t i, wr_dec_status st, wr_vec *out)
{
    wr__run_fail(run, i, "%s", decimal_message(st));
    out->null[i] = WR__FAILED;
    out->no_nulls = false;
}

static void decimal_small(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                          wr_vec *out)
{
    const decimal_plan *p = e->aux;
    const wr_vec *l = args[0], *r = args[1];
    combine_nulls(l, r, sel, out);
    WR_FOREACH_SEL (i, sel) {
        out->u.dec[i] = 0;
        if (out->null[i])
            continue;
        wr_dec_status st =
            p->fn(l->u.dec[i & l->mask], r->u.dec[i & r->mask], &p->plan, &out->u.dec[i]);
        if (WR_UNLIKELY(st != WR_DEC_OK))
            decimal_failed(run, i, st, out);
    }
}

static void decimal_general(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                            wr_vec *out)
{
    const decimal_plan *p = e->aux;
    const wr_vec *l = args[0], *r = args[1];
    combine_nulls(l, r, sel, out);
    WR_FOREACH_SEL (i, sel) {
        if (out->null[i])
            continue;
        wr_value a = wr_vec_get(l, i), b = wr_vec_get(r, i), v = {0};
        wr_dec_status st = wr_dec_arith(p->op, l->type, &a, r->type, &b, e->type, run->scratch, &v);
        if (WR_UNLIKELY(st != WR_DEC_OK))
            decimal_failed(run, i, st, out);
        else
            wr_vec_set(out, i, &v);
    }
}

wr_expr *wr__decimal_arith(wr_arena *a, wr_ast_op op, bool exact, wr_expr *l, wr_expr *r)
{
    char c = op == WR_AST_ADD   ? '+'
             : op == WR_AST_SUB ? '-'
             : op == WR_AST_MUL ? '*'
             : op != WR_AST_DIV ? '%'
             : exact            ? WR_DEC_DIV_EXACT
                                : '/';
    l = wr__expr_cast(a, l, wr_dec_type_of(a, l->type));
    r = wr__expr_cast(a, r, wr_dec_type_of(a, r->type));
    const wr_type *t = wr_dec_result_type(a, c, l->type, r->type);
    decimal_plan *plan = WR_NEW(a, decimal_plan);
    plan->op = c;
    WR_ASSERT(l->type->id == WR_T_DECIMAL && r->type->id == WR_T_DECIMAL && t->id == WR_T_DECIMAL);
    plan->fn = wr_dec_small_plan(c, l->type, r->type, t, &plan->plan);
    return wr__expr_op(a, t, plan->fn ? decimal_small : decimal_general, (wr_expr *[]){l, r}, 2,
                       true, op, plan);
}

/* ---- picking ---- */

wr__kernel wr__arith_kernel(wr_ast_op op, const wr_type *t, bool *may_fail)
{
    static const wr__kernel i32[] = {add_i32, sub_i32, mul_i32, div_i32, mod_i32};
    static const wr__kernel i64[] = {add_i64, sub_i64, mul_i64, div_i64, mod_i64};
    static const wr__kernel f64[] = {add_f64, sub_f64, mul_f64, div_f64, mod_f64};
    WR_ASSERT(op >= WR_AST_ADD && op <= WR_AST_MOD);
    *may_fail = t->id != WR_T_STRING; /* a NULL operand is enough */
    switch (t->id) {
    case WR_T_INTEGER:
        return i32[op - WR_AST_ADD];
    case WR_T_BIGINT:
        return i64[op - WR_AST_ADD];
    case WR_T_DOUBLE:
        return f64[op - WR_AST_ADD];
    case WR_T_STRING:
        return op == WR_AST_ADD ? add_str : NULL;
    default:
        return NULL;
    }
}

void wr__kernel_negate(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                       wr_vec *out)
{
    const wr_vec *in = args[0];
    WR_FOREACH_SEL (i, sel) {
        uint32_t j = i & in->mask;
        out->null[i] = failed_if(in->null[j]);
        if (in->null[j])
            continue;
        switch (e->type->id) {
        case WR_T_INTEGER:
            out->u.i32[i] = (int32_t)(0u - (uint32_t)in->u.i32[j]);
            break;
        case WR_T_BIGINT:
            out->u.i64[i] = (int64_t)(0u - (uint64_t)in->u.i64[j]);
            break;
        case WR_T_DOUBLE:
            out->u.f64[i] = -in->u.f64[j];
            break;
        default: {
            wr_value v = wr_vec_get(in, i), neg = {0};
            if (wr_dec_negate(e->type, &v, run->scratch, &neg) == WR_DEC_OK)
                wr_vec_set(out, i, &neg);
            else
                decimal_failed(run, i, WR_DEC_OVERFLOW, out);
        }
        }
    }
}
