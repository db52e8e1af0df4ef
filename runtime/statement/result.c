/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building typed results.
 *
 * Values are copied into the statement's arena where they are texts of somebody else's: a source or
 * a query may be gone by the time a client reads its row. Static texts are not copied by those who
 * know that they are.
 */
#include "runtime/statement/result.h"
#include "runtime/statement/statement_class.h"

#include <stdarg.h>

const wr_type wr__type_texts = {.id = WR_T_ARRAY, .elem = &wr_type_string};

/* The first one makes the columns of the statement known. */
wr_result *wr__result_new(wr_exec *x, const char *name, const wr__column *columns, uint32_t n)
{
    WR_ASSERT(n > 0 && (*name == '\0') == (x->sections.n == 0));
    wr_result *r = WR_NEW(x->arena, wr_result);
    wr_column *cols = WR_NEW_N(x->arena, wr_column, n);
    for (uint32_t i = 0; i < n; i++)
        cols[i] =
            (wr_column){.name = columns[i].name, .type = columns[i].type, .role = WR_COL_VALUE};
    r->name = name;
    r->schema = wr_schema_new(x->arena, cols, n);
    if (x->sections.n == 0)
        x->schema = r->schema;
    wr_arr_push(x->arena, &x->sections, r);
    return r;
}

/* NULL where nothing is filled in, for columns that do not apply. Rows keep their addresses: the
 * list holds pointers, and what is handed out is not moved. */
wr_value *wr__result_row(wr_exec *x, wr_result *r)
{
    wr_value *row = WR_NEW_N(x->arena, wr_value, r->schema->n);
    for (uint32_t i = 0; i < r->schema->n; i++)
        row[i] = WR_VALUE_NULL;
    wr_arr_push(x->arena, &r->rows, (const wr_value *)row);
    return row;
}

/* A row of the wrong length is a mistake of whoever builds the result, for every statement alike.
 */
void wr__result_add(wr_exec *x, wr_result *r, const wr_value *values, uint32_t n)
{
    WR_ASSERT(n == r->schema->n);
    memcpy(wr__result_row(x, r), values, n * sizeof *values);
}

/* Followed by a 0 in the arena, which is not part of the value: DESCRIBE sorts by that. */
wr_value wr__text(wr_exec *x, const char *s)
{
    return s ? wr_value_str(wr_str_c(wr_arena_strdup(x->arena, s))) : WR_VALUE_NULL;
}

/* An empty list is an empty ARRAY, not NULL: it is known that there are none. */
wr_value wr__texts(wr_exec *x, const char *const *list, uint32_t n)
{
    wr_nest *nest = wr_nest_new(x->arena, n, false);
    for (uint32_t i = 0; i < n; i++)
        nest->items[i] = wr__text(x, list[i]);
    return wr_value_nest(nest);
}

/* SQL has no unsigned numbers; what is counted does not get near 2^63. */
wr_value wr__count(uint64_t n)
{
    return wr_value_i64((int64_t)n);
}

/* ---- messages ---- */

/* The last message counts. It is shown after the rows, when the statement has succeeded. */
void wr__say(wr_exec *x, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    x->message = wr_arena_vprintf(x->arena, fmt, ap);
    va_end(ap);
}
