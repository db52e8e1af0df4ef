/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernels_compare.c - = <> < <= > >= and IS [NOT] DISTINCT FROM, one kernel for each physical form.
 *
 * Two-valued logic (dialect.md section 4): a comparison with a NULL operand is FALSE; IS DISTINCT
 * FROM says whether NULLs differ. A failed operand fails the comparison. The operator is a
 * loop-invariant constant of the kernel, so each loop body is straight-line code; strings compare
 * for equality with memcmp, for order by UTF-16 units (a memcmp where both sides are ASCII).
 */
#include "engine/expr/compare.h"

#include "common/utf8.h"
#include "engine/expr/text_equal.h"
#include "types/decimal.h"

#include <math.h>

bool wr__compare_nulls(const wr_vec *l, const wr_vec *r, wr_sel sel, wr_ast_op op, wr_vec *out)
{
    if (l->no_nulls && r->no_nulls) {
        out->no_nulls = true;
        return false;
    }
    uint8_t any = 0;
    uint32_t lm = l->mask, rm = r->mask;
    WR_FOREACH_SEL (i, sel)
        any |= l->null[i & lm] | r->null[i & rm];
    if (!(any & 2))
        return any; /* no operand failed: the null bytes are 0 as they stand */
    bool left_decides = op != WR_AST_DISTINCT && op != WR_AST_NOT_DISTINCT;
    WR_FOREACH_SEL (i, sel) {
        uint8_t ln = l->null[i & lm], rn = r->null[i & rm];
        bool failed = ln & 2 || (rn & 2 && !(left_decides && ln));
        out->null[i] = failed ? WR__FAILED : 0;
    }
    return true;
}

void wr__compare_null_rows(const wr_vec *l, const wr_vec *r, wr_sel sel, wr_ast_op op, wr_vec *out)
{
    uint32_t lm = l->mask, rm = r->mask;
    WR_FOREACH_SEL (i, sel) {
        uint8_t ln = l->null[i & lm], rn = r->null[i & rm];
        if (!(ln | rn))
            continue;
        bool both = ln && rn;
        out->u.b[i] = op == WR_AST_DISTINCT ? !both : op == WR_AST_NOT_DISTINCT ? both : false;
    }
}

/* Fixed-width values: compared on every row, NULL rows corrected afterwards. */
#define FLAT_LOOPS(field, T, test)                                                                 \
    do {                                                                                           \
        const T *x = l->u.field, *y = r->u.field;                                                  \
        if (!sel.rows && l->mask && r->mask) {                                                     \
            for (uint32_t i = 0; i < sel.n; i++)                                                   \
                o[i] = x[i] test y[i];                                                             \
        } else if (!sel.rows && l->mask) {                                                         \
            T c = y[0];                                                                            \
            for (uint32_t i = 0; i < sel.n; i++)                                                   \
                o[i] = x[i] test c;                                                                \
        } else {                                                                                   \
            WR_FOREACH_SEL (i, sel)                                                                \
                o[i] = x[i & l->mask] test y[i & r->mask];                                         \
        }                                                                                          \
    } while (0)

#define FLAT_KERNEL(name, field, T)                                                                \
    static void name(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,        \
                     wr_vec *out)                                                                  \
    {                                                                                              \
        (void)run;                                                                                 \
        const wr_vec *l = args[0], *r = args[1];                                                   \
        uint8_t *restrict o = out->u.b;                                                            \
        switch ((wr_ast_op)e->imm) {                                                               \
        case WR_AST_EQ:                                                                            \
        case WR_AST_NOT_DISTINCT:                                                                  \
            FLAT_LOOPS(field, T, ==);                                                              \
            break;                                                                                 \
        case WR_AST_NE:                                                                            \
        case WR_AST_DISTINCT:                                                                      \
            FLAT_LOOPS(field, T, !=);                                                              \
            break;                                                                                 \
        case WR_AST_LT:                                                                            \
            FLAT_LOOPS(field, T, <);                                                               \
            break;                                                                                 \
        case WR_AST_LE:                                                                            \
            FLAT_LOOPS(field, T, <=);                                                              \
            break;                                                                                 \
        case WR_AST_GT:                                                                            \
            FLAT_LOOPS(field, T, >);                                                               \
            break;                                                                                 \
        case WR_AST_GE:                                                                            \
            FLAT_LOOPS(field, T, >=);                                                              \
            break;                                                                                 \
        default:                                                                                   \
            WR_UNREACHABLE();                                                                      \
        }                                                                                          \
        if (wr__compare_nulls(l, r, sel, (wr_ast_op)e->imm, out))                                  \
            wr__compare_null_rows(l, r, sel, (wr_ast_op)e->imm, out);                              \
    }

FLAT_KERNEL(compare_b, b, uint8_t)
FLAT_KERNEL(compare_i32, i32, int32_t)
FLAT_KERNEL(compare_i64, i64, int64_t)
FLAT_KERNEL(compare_f64, f64, double)
FLAT_KERNEL(compare_dec, dec, wr_i128)

/**
 * ksqlDB writes <> as "below or above", which NaN is neither of: NaN differs from nothing, so it is
 * not distinct from anything either. For the other operators NaN is what IEEE says.
 */
void wr__compare_f64(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                     wr_vec *out)
{
    const wr_vec *l = args[0], *r = args[1];
    wr_ast_op op = (wr_ast_op)e->imm;
    compare_f64(run, e, args, sel, out);
    if (op != WR_AST_NE && op != WR_AST_DISTINCT && op != WR_AST_NOT_DISTINCT)
        return;
    WR_FOREACH_SEL (i, sel) {
        uint32_t li = i & l->mask, ri = i & r->mask;
        if (!(l->null[li] | r->null[ri]) && isunordered(l->u.f64[li], r->u.f64[ri]))
            out->u.b[i] = op == WR_AST_NOT_DISTINCT;
    }
}

/** The other forms: NULL rows are decided first, `COMPARED` yields the order or 0 for equal. */
#define SLOW_KERNEL(name, compared)                                                                \
    static void name(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,        \
                     wr_vec *out)                                                                  \
    {                                                                                              \
        (void)run;                                                                                 \
        const wr_vec *l = args[0], *r = args[1];                                                   \
        wr_ast_op op = (wr_ast_op)e->imm;                                                          \
        wr__compare_nulls(l, r, sel, op, out);                                                     \
        WR_FOREACH_SEL (i, sel) {                                                                  \
            uint32_t li = i & l->mask, ri = i & r->mask;                                           \
            if (l->null[li] | r->null[ri])                                                         \
                continue;                                                                          \
            out->u.b[i] = wr__test_order((compared), op);                                          \
        }                                                                                          \
        wr__compare_null_rows(l, r, sel, op, out);                                                 \
    }

static int value_order(const wr_type *t, wr_value a, wr_value b)
{
    return wr_value_compare(t, &a, &b);
}
static int value_differs(const wr_type *t, wr_value a, wr_value b)
{
    return !wr_value_equal(t, &a, &b);
}

SLOW_KERNEL(order_ascii, wr_str_cmp(l->u.str[li], r->u.str[ri]))
SLOW_KERNEL(order_utf16, wr_utf16_compare(l->u.str[li], r->u.str[ri]))
SLOW_KERNEL(order_value, value_order(l->type, wr_vec_get(l, li), wr_vec_get(r, ri)))
SLOW_KERNEL(equal_value, value_differs(l->type, wr_vec_get(l, li), wr_vec_get(r, ri)))

/** Texts for equality. What a NULL row holds may be no text at all, so NULLs come first. */
static void equal_str(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                      wr_vec *out)
{
    (void)run;
    const wr_vec *l = args[0], *r = args[1];
    wr_ast_op op = (wr_ast_op)e->imm;
    uint8_t equal = op == WR_AST_EQ || op == WR_AST_NOT_DISTINCT;
    uint8_t *restrict o = out->u.b;
    if (wr__compare_nulls(l, r, sel, op, out)) {
        WR_FOREACH_SEL (i, sel) {
            uint32_t li = i & l->mask, ri = i & r->mask;
            if (!(l->null[li] | r->null[ri]))
                o[i] = wr__text_equal(l->u.str[li], r->u.str[ri]) == equal;
        }
        wr__compare_null_rows(l, r, sel, op, out);
    } else if (r->mask == 0) { /* a column and a constant */
        wr_str c = r->u.str[0];
        uint32_t lm = l->mask;
        WR_FOREACH_SEL (i, sel)
            o[i] = wr__text_equal(l->u.str[i & lm], c) == equal;
    } else {
        uint32_t lm = l->mask;
        WR_FOREACH_SEL (i, sel)
            o[i] = wr__text_equal(l->u.str[i & lm], r->u.str[i]) == equal;
    }
}

static void order_str(wr__run *run, const wr_expr *e, const wr_vec *const *args, wr_sel sel,
                      wr_vec *out)
{
    bool ascii = args[0]->ascii && args[1]->ascii;
    (ascii ? order_ascii : order_utf16)(run, e, args, sel, out);
}

/** Decimals whose scales cannot be brought together in 128 bits. */
void wr__kernel_compare_decimals(wr__run *run, const wr_expr *e, const wr_vec *const *args,
                                 wr_sel sel, wr_vec *out)
{
    (void)run;
    const wr_vec *l = args[0], *r = args[1];
    wr_ast_op op = (wr_ast_op)e->imm;
    wr__compare_nulls(l, r, sel, op, out);
    WR_FOREACH_SEL (i, sel) {
        if (l->null[i & l->mask] | r->null[i & r->mask])
            continue;
        wr_value a = wr_vec_get(l, i), b = wr_vec_get(r, i);
        out->u.b[i] = wr__test_order(wr_dec_compare(l->type, &a, r->type, &b), op);
    }
    wr__compare_null_rows(l, r, sel, op, out);
}

wr__kernel wr__compare_kernel(const wr_type *t, wr_ast_op op)
{
    switch (t->id) {
    case WR_T_BOOLEAN:
        return compare_b;
    case WR_T_INTEGER:
    case WR_T_DATE:
    case WR_T_TIME:
        return compare_i32;
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        return compare_i64;
    case WR_T_DOUBLE:
        return wr__compare_f64;
    case WR_T_DECIMAL:
        return wr_dec_is_small(t) ? compare_dec : wr__kernel_compare_decimals;
    case WR_T_STRING:
        return wr__is_equality(op) ? equal_str : order_str;
    case WR_T_BYTES:
        return wr__is_equality(op) ? equal_str : order_value;
    default:
        return equal_value;
    }
}
