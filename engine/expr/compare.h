/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare.h - what the kernels of comparisons share: the rules for NULL and failed operands, and
 * what an order means for an operator. kernels_compare.c compares operands of one type,
 * kernels_mixed.c operands of two.
 */
#ifndef WR_ENGINE_EXPR_COMPARE_H
#define WR_ENGINE_EXPR_COMPARE_H

#include "engine/expr/expr_internal.h"

static inline bool wr__is_equality(wr_ast_op op)
{
    return op == WR_AST_EQ || op == WR_AST_NE || op == WR_AST_DISTINCT || op == WR_AST_NOT_DISTINCT;
}

/** What @p op says where the left side is below (< 0), equal to, or above the right one. */
static inline bool wr__test_order(int order, wr_ast_op op)
{
    switch (op) {
    case WR_AST_LT:
        return order < 0;
    case WR_AST_LE:
        return order <= 0;
    case WR_AST_GT:
        return order > 0;
    case WR_AST_GE:
        return order >= 0;
    case WR_AST_NE:
    case WR_AST_DISTINCT:
        return order != 0;
    default:
        return order == 0;
    }
}

/**
 * Set the null bytes of a comparison: 0, or WR__FAILED where an operand failed. As ksqlDB evaluates
 * from the left and asks for NULL first, a NULL on the left decides (FALSE) before the right side
 * is looked at; IS [NOT] DISTINCT FROM always looks at both.
 * @return true where any row has a NULL or failed operand.
 */
bool wr__compare_nulls(const wr_vec *l, const wr_vec *r, wr_sel sel, wr_ast_op op, wr_vec *out);
/** The values of the rows that have a NULL operand. Those of failed rows have no meaning. */
void wr__compare_null_rows(const wr_vec *l, const wr_vec *r, wr_sel sel, wr_ast_op op, wr_vec *out);

/** DOUBLEs, of which one was a DECIMAL: NaN and the infinities fail, as they are no decimals. */
void wr__compare_f64(wr__run *, const wr_expr *, const wr_vec *const *, wr_sel, wr_vec *);
/** Equality of ARRAYs, MAPs or STRUCTs whose parts have no common type. */
void wr__compare_shapes(wr__run *, const wr_expr *, const wr_vec *const *, wr_sel, wr_vec *);
/**
 * The kernel that compares operands of the types @p l and @p r; NULL: there is none, they have to
 * be brought to one type. All of them may fail.
 * @param between  inside BETWEEN, where ksqlDB does not check types: more pairs are taken, some of
 *                 which fail on each row.
 * @param cast_to  out: type that both are cast to for the kernel; NULL: as they are.
 */
wr__kernel wr__mixed_kernel(const wr_type *l, const wr_type *r, bool between,
                            const wr_type **cast_to);

#endif
