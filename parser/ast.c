/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ast.c - small questions to the syntax tree.
 */
#include "parser/ast.h"

bool wr_ast_duration_ms(const wr_ast_duration *d, int64_t *ms)
{
    static const int64_t unit_ms[] = {
        [WR_AST_UNIT_YEAR] = INT64_C(365) * 24 * 60 * 60 * 1000,
        [WR_AST_UNIT_MONTH] = INT64_C(30) * 24 * 60 * 60 * 1000,
        [WR_AST_UNIT_DAY] = INT64_C(24) * 60 * 60 * 1000,
        [WR_AST_UNIT_HOUR] = INT64_C(60) * 60 * 1000,
        [WR_AST_UNIT_MINUTE] = INT64_C(60) * 1000,
        [WR_AST_UNIT_SECOND] = 1000,
        [WR_AST_UNIT_MILLISECOND] = 1,
    };
    WR_ASSERT((size_t)d->unit < WR_ARRAY_LEN(unit_ms));
    return !__builtin_mul_overflow(d->n, unit_ms[d->unit], ms);
}

const wr_ast_property *wr_ast_find_property(const wr_ast_stmt *stmt, const char *name)
{
    for (size_t i = 0; i < stmt->props_n; i++)
        if (wr_ieq(stmt->props[i].name.name, name))
            return &stmt->props[i];
    return NULL;
}
