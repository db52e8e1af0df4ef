/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr_info.c - questions about expressions: type, constant, reference, columns used, text.
 */
#include "engine/expr/expr_internal.h"

#include "parser/parser.h"

const wr_type *wr_expr_type(const wr_expr *e)
{
    return e->type;
}

const wr_value *wr_expr_constant(const wr_expr *e)
{
    return e->kind == WR__CONST ? &e->value : NULL;
}

const wr_ref *wr_expr_as_ref(const wr_expr *e)
{
    return e->kind == WR__REF ? &e->ref : NULL;
}

void wr_expr_used(const wr_expr *e, bool *used, unsigned *pseudo)
{
    if (e->kind == WR__REF) {
        if (e->ref.kind == WR_REF_COLUMN)
            used[e->ref.index] = true;
        else if (pseudo)
            *pseudo |= 1u << e->ref.kind;
    }
    for (uint32_t i = 0; i < e->args_n; i++)
        wr_expr_used(e->args[i], used, pseudo);
    for (uint32_t i = 0; e->kind == WR__CALL && i < e->call->lambdas_n; i++)
        wr_expr_used(e->call->lambdas[i]->body, used, pseudo);
}

static void print_ref(wr_buf *out, const wr_ref *ref)
{
    static const char *const names[] = {
        [WR_REF_COLUMN] = "",
        [WR_REF_ROWTIME] = "ROWTIME",
        [WR_REF_ROWPARTITION] = "ROWPARTITION",
        [WR_REF_ROWOFFSET] = "ROWOFFSET",
        [WR_REF_WINDOWSTART] = "WINDOWSTART",
        [WR_REF_WINDOWEND] = "WINDOWEND",
        [WR_REF_HEADERS] = "HEADERS",
        [WR_REF_HEADER] = "HEADER",
    };
    if (ref->kind == WR_REF_COLUMN)
        wr_buf_printf(out, "#%u", ref->index);
    else if (ref->kind == WR_REF_HEADER)
        wr_buf_printf(out, "HEADER('%s')", ref->header);
    else
        wr_buf_puts(out, names[ref->kind]);
}

/** A compiled expression prints as it was written; made by the planner, by what it is. */
void wr_expr_print(wr_buf *out, const wr_expr *e)
{
    if (e->text) {
        wr_buf_puts(out, e->text);
    } else if (e->kind == WR__CONST) {
        wr_value_print_sql(out, e->type, &e->value);
    } else if (e->kind == WR__REF) {
        print_ref(out, &e->ref);
    } else if (e->kind == WR__OP && e->args_n == 1) {
        wr_buf_puts(out, "CAST("); /* the only operator that is made outside of a compilation */
        wr_expr_print(out, e->args[0]);
        wr_buf_puts(out, " AS ");
        wr_type_print(out, e->type);
        wr_buf_putc(out, ')');
    } else {
        wr_buf_puts(out, "<expression>");
    }
}
