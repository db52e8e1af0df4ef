/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to expressions whose names are resolved (names.c): which slots and sources they read,
 * what type they have before there is a plan, how messages write them.
 */
#include "engine/plan/analysis.h"
#include "common/reason.h"

/* Alias and name are what makes a slot: after qualification two mentions of one column are equal
 * trees, so there is one slot for both. Slots are few (columns of one statement): a list is enough.
 */
int wr__slot_index(const wr__analysis *an, const char *alias, const char *name)
{
    for (size_t i = 0; i < an->slots.n; i++)
        if (strcmp(an->slots.v[i].alias, alias) == 0 && strcmp(an->slots.v[i].name, name) == 0)
            return (int)i;
    return -1;
}

int wr__find_slot(const wr__analysis *an, const wr_ast_expr *column)
{
    if (column->kind != WR_AST_COLUMN || !column->qualifier.name)
        return -1;
    return wr__slot_index(an, column->qualifier.name, column->name.name);
}

typedef struct mark_arg {
    const wr__analysis *an;
    bool *used;
    uint32_t sources;
} mark_arg;

/* Columns without a slot are parameters of lambdas, or the key of a join: they read no source. */
static bool mark_visit(void *arg, const wr_ast_expr *e)
{
    mark_arg *m = arg;
    int i = wr__find_slot(m->an, e);
    if (i >= 0) {
        if (m->used)
            m->used[i] = true;
        m->sources |= 1u << m->an->slots.v[i].source;
    }
    return true;
}

void wr__mark_slots(const wr__analysis *an, const wr_ast_expr *e, bool *used)
{
    mark_arg m = {an, used, 0};
    if (e)
        wr_ast_walk(e, mark_visit, &m);
}

uint32_t wr__sources_of(const wr__analysis *an, const wr_ast_expr *e)
{
    mark_arg m = {an, NULL, 0};
    wr_ast_walk(e, mark_visit, &m);
    return m.sources;
}

void wr__print_expr(const wr__analysis *an, wr_buf *out, const wr_ast_expr *e)
{
    if (e->kind == WR_AST_COLUMN) {
        if (an->relations_n > 1 && e->qualifier.name)
            wr_buf_printf(out, "%s.", e->qualifier.name);
        wr_buf_puts(out, e->name.name);
        return;
    }
    wr_ast_format_message(out, e);
}

/* Types before there is a plan: every slot is a column of its own. */
static weir_status resolve_slot(const wr_scope *self, const wr_ast_expr *column, wr_ref *out,
                                weir_error *err)
{
    const wr__analysis *an = self->arg;
    int i = wr__find_slot(an, column);
    if (i < 0)
        return wr_refuse_at(err, WR_REASON_COLUMN, column->pos, "Column '%s' cannot be resolved.",
                            column->name.name);
    *out = (wr_ref){.kind = WR_REF_COLUMN, .index = (uint32_t)i, .type = an->slots.v[i].type};
    return WEIR_OK;
}

weir_status wr__type_of(const wr__analysis *an, const wr_ast_expr *e, const wr_type **out,
                        weir_error *err)
{
    WR_ASSERT(an->relations_n > 0);
    wr_scope scope = {.resolve = resolve_slot,
                      .types = &an->env->catalog->types,
                      .functions = an->env->functions,
                      .allow_aggregates = false,
                      .arg = (void *)(uintptr_t)an};
    wr_expr *typed;
    WR_TRY(wr_expr_compile(e, &scope, an->arena, &typed, err));
    *out = wr_expr_type(typed);
    return WEIR_OK;
}
