/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scope.c - the scope of one schema: its columns and the pseudo columns.
 */
#include "engine/expr/expr.h"
#include "common/reason.h"

static const struct {
    const char *name;
    wr_ref_kind kind;
    bool windowed;
} pseudo_columns[] = {
    {"ROWTIME", WR_REF_ROWTIME, false},     {"ROWPARTITION", WR_REF_ROWPARTITION, false},
    {"ROWOFFSET", WR_REF_ROWOFFSET, false}, {"WINDOWSTART", WR_REF_WINDOWSTART, true},
    {"WINDOWEND", WR_REF_WINDOWEND, true},
};

static weir_status resolve(const wr_scope *self, const wr_ast_expr *column, wr_ref *out,
                           weir_error *err)
{
    const wr_schema_scope *s = (const wr_schema_scope *)self;
    const char *q = column->qualifier.name, *name = column->name.name;
    if (q && (!s->qualifier || strcmp(q, s->qualifier) != 0))
        return wr_error_at(err, WEIR_ERR_STATEMENT, column->pos,
                           "'%s' is not a valid stream/table name or alias.", q);
    int i = wr_schema_find(s->schema, name);
    if (i >= 0) {
        *out =
            (wr_ref){.kind = WR_REF_COLUMN, .index = (uint32_t)i, .type = s->schema->cols[i].type};
        return WEIR_OK;
    }
    for (size_t k = 0; k < WR_ARRAY_LEN(pseudo_columns); k++) {
        if (strcmp(pseudo_columns[k].name, name) != 0 ||
            (pseudo_columns[k].windowed && !s->windowed))
            continue;
        wr_ref_kind kind = pseudo_columns[k].kind;
        *out = (wr_ref){.kind = kind,
                        .type = kind == WR_REF_ROWPARTITION ? &wr_type_integer : &wr_type_bigint};
        return WEIR_OK;
    }
    return wr_refuse_at(err, WR_REASON_COLUMN, column->pos, "Column '%s' cannot be resolved.",
                        name);
}

static bool is_column(const wr_scope *self, const char *name)
{
    return wr_schema_find(((const wr_schema_scope *)self)->schema, name) >= 0;
}

void wr_schema_scope_init(wr_schema_scope *s, const wr_schema *schema, const char *qualifier,
                          bool windowed, const wr_map *types)
{
    WR_ASSERT(schema);
    *s = (wr_schema_scope){.base = {.resolve = resolve, .is_column = is_column, .types = types},
                           .schema = schema,
                           .qualifier = qualifier,
                           .windowed = windowed};
}
