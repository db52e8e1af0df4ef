/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agg_group.h - one group of one aggregate function, fed row by row.
 *
 *     group_init(&g, "SUM(I)", INT64_MAX, &sequence);
 *     change(&g, "5", &message);        adds a row; "- 5" undoes one
 *     result(&g)                        the text of the result
 *
 * Columns: I, L, D, S, B, Y, DT, TM, TS, of the types that the letters of functions.md name.
 * Between any two steps the state goes through its bytes, as it does in a store.
 */
#ifndef WR_TESTS_AGG_GROUP_H
#define WR_TESTS_AGG_GROUP_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests_expr.h"

/** One aggregate at work. */
typedef struct group {
    wr_arena *a;
    wr_agg_call *call;
    wr_expr **args;
    wr_agg_ctx ctx;
    wr_value state;
} group;

static inline wr_agg_call *compile(wr_arena *a, const char *sql, int64_t limit, wr_expr ***args,
                                   weir_error *err)
{
    static const wr_column cols[] = {
        {.name = "I", .type = &wr_type_integer, .role = WR_COL_VALUE},
        {.name = "L", .type = &wr_type_bigint, .role = WR_COL_VALUE},
        {.name = "D", .type = &wr_type_double, .role = WR_COL_VALUE},
        {.name = "S", .type = &wr_type_string, .role = WR_COL_VALUE},
        {.name = "B", .type = &wr_type_boolean, .role = WR_COL_VALUE},
        {.name = "Y", .type = &wr_type_bytes, .role = WR_COL_VALUE},
        {.name = "DT", .type = &wr_type_date, .role = WR_COL_VALUE},
        {.name = "TM", .type = &wr_type_time, .role = WR_COL_VALUE},
        {.name = "TS", .type = &wr_type_timestamp, .role = WR_COL_VALUE},
    };
    static const wr_schema schema = {cols, WR_ARRAY_LEN(cols), 0};
    wr_schema_scope scope;
    wr_ast_expr *ast;
    wr_agg_call *call = NULL;
    wr_schema_scope_init(&scope, &schema, NULL, false, NULL);
    if (wr_parse_expression(sql, strlen(sql), a, &ast, err) != WEIR_OK ||
        wr_expr_compile_aggregate(ast, &scope.base, limit, a, &call, args, err) != WEIR_OK)
        return NULL;
    return call;
}

static inline void group_init(group *g, const char *sql, int64_t limit, uint64_t *sequence)
{
    weir_error err = {0};
    g->a = wr_arena_new(0);
    g->call = compile(g->a, sql, limit, &g->args, &err);
    if (!g->call)
        fail_msg("%s: %s", sql, err.message);
    g->ctx = (wr_agg_ctx){.scratch = g->a, .sequence = sequence};
    g->call->impl->init(g->call, &g->ctx, &g->state);
}

/** State -> bytes -> state. */
static inline void store(group *g)
{
    wr_buf b = {0};
    weir_error err = {0};
    wr_value_encode(&b, g->call->state_type, &g->state);
    char *bytes = wr_arena_memdup(g->a, b.ptr, b.len);
    const char *p = bytes;
    assert_int_equal(wr_value_decode(g->call->state_type, &p, bytes + b.len, g->a, &g->state, &err),
                     WEIR_OK);
    assert_ptr_equal(p, bytes + b.len);
    wr_buf_free(&b);
}

/** One row: expressions for the arguments, separated by ';'. A leading '-' undoes it. */
static inline bool change(group *g, const char *row, const char **message)
{
    wr_value args[4] = {{.null = true}};
    bool undo = row[0] == '-' && row[1] == ' ';
    const char *p = undo ? row + 2 : row;
    for (uint32_t i = 0; i < g->call->args_n; i++) {
        size_t n = strcspn(p, ";");
        args[i] = fixture_cell(wr_arena_strndup(g->a, p, n), g->call->arg_types[i], g->a);
        p += n + (p[n] == ';');
    }
    assert_true(wr_agg_open(g->call, &g->ctx, &g->state));
    bool ok = (undo ? g->call->impl->undo : g->call->impl->add)(g->call, &g->ctx, &g->state, args,
                                                                message);
    wr_agg_close(g->call, &g->ctx, &g->state);
    store(g);
    return ok;
}

static inline const char *result(group *g)
{
    wr_value v;
    g->call->impl->result(g->call, &g->ctx, &g->state, &v);
    return case_text(g->a, g->call->ret, &v);
}

#endif
