/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests_expr.h - what the tests of expressions share: compiling SQL text, and a small batch with a
 * column of each type and four rows (ordinary, extremes, NULL everywhere, ordinary).
 */
#ifndef WR_TESTS_EXPR_H
#define WR_TESTS_EXPR_H

#include "engine/expr/expr.h"
#include "parser/parser.h"

#include <stdio.h>

/** Collects row errors. */
typedef struct case_errors {
    wr_row_errors base;
    char rows[64]; /* '!' at each row that reported */
} case_errors;

static inline void case_report(wr_row_errors *self, uint32_t row, const char *message)
{
    case_errors *e = (case_errors *)self;
    (void)message;
    if (row < sizeof e->rows)
        e->rows[row]++;
}

/** Compile @p sql in @p scope. */
static inline weir_status case_compile(const char *sql, const wr_scope *scope, wr_arena *a,
                                       wr_expr **out, weir_error *err)
{
    wr_ast_expr *ast;
    weir_status st = wr_parse_expression(sql, strlen(sql), a, &ast, err);
    return st != WEIR_OK ? st : wr_expr_compile(ast, scope, a, out, err);
}

/** Text of a value; NULL is "null". */
static inline const char *case_text(wr_arena *a, const wr_type *t, const wr_value *v)
{
    wr_buf b = {0};
    if (v->null)
        wr_buf_puts(&b, "null");
    else
        wr_value_print(&b, t, v);
    const char *s = wr_arena_strndup(a, b.ptr ? b.ptr : "", b.len);
    wr_buf_free(&b);
    return s;
}

/** One batch, the scope of its schema, and the arenas they live in. */
typedef struct fixture {
    wr_arena *a, *scratch;
    wr_batch *batch;
    wr_schema_scope scope;
} fixture;

#define FIXTURE_ROWS 4

static inline wr_value fixture_cell(const char *sql, const wr_type *t, wr_arena *a)
{
    /* A cell is an expression of its own, cast to the column's type. */
    wr_schema empty = {0};
    wr_schema_scope scope;
    wr_expr *e, *cast;
    weir_error err = {0};
    wr_value v = WR_VALUE_NULL;
    wr_eval_ctx ctx = {.scratch = a, .zone = "UTC"};
    wr_schema_scope_init(&scope, &empty, NULL, false, NULL);
    if (case_compile(sql, &scope.base, a, &e, &err) != WEIR_OK ||
        wr_expr_coerce(e, t, WR_COERCE_LAX, a, &cast, &err) != WEIR_OK ||
        wr_expr_eval_once(cast, &ctx, a, &v, &err) != WEIR_OK)
        fail_msg("fixture: %s: %s", sql, err.message);
    return v;
}

static inline void fixture_init(fixture *f)
{
    f->a = wr_arena_new(0);
    f->scratch = wr_arena_new(0);
    const wr_field r[] = {{"F", &wr_type_integer}, {"g", &wr_type_string}};
    const struct {
        const char *name;
        const wr_type *type;
        const char *rows[FIXTURE_ROWS];
    } columns[] = {
        {"B", &wr_type_boolean, {"TRUE", "FALSE", "NULL", "TRUE"}},
        {"I", &wr_type_integer, {"1", "2147483647", "NULL", "7"}},
        {"L", &wr_type_bigint, {"2", "9223372036854775807", "NULL", "7"}},
        {"D", &wr_type_double, {"1.5", "-0.0e0", "NULL", "2.5"}},
        {"N", wr_type_decimal(f->a, 4, 2), {"1.25", "99.99", "NULL", "2.50"}},
        {"S", &wr_type_string, {"'a'", "'\xC3\xA9t\xC3\xA9'", "NULL", "'abc'"}},
        {"Y", &wr_type_bytes, {"'AAE='", "''", "NULL", "'/w=='"}},
        {"DT", &wr_type_date, {"'1970-01-02'", "'1969-12-30'", "NULL", "'1970-01-01'"}},
        {"TM", &wr_type_time, {"'00:00:01'", "'23:59:59.999'", "NULL", "'00:00'"}},
        {"TS",
         &wr_type_timestamp,
         {"'1970-01-01T00:00:01'", "'1969-12-31T23:59:59.999'", "NULL", "'1970-01-03'"}},
        {"A",
         wr_type_array(f->a, &wr_type_integer),
         {"ARRAY[1, 2]", "ARRAY[CAST(NULL AS INT)]", "NULL", "CAST(NULL AS ARRAY<INT>)"}},
        {"M",
         wr_type_map(f->a, &wr_type_string, &wr_type_integer),
         {"MAP('k' := 1)", "CAST(NULL AS MAP<STRING, INT>)", "NULL", "MAP('a' := 1, 'b' := NULL)"}},
        {"R",
         wr_type_struct(f->a, r, 2),
         {"STRUCT(F := 5, `g` := 'x')", "STRUCT(F := CAST(NULL AS INT), `g` := 'y')", "NULL",
          "STRUCT(F := 8, `g` := 'z')"}},
    };
    wr_column cols[WR_ARRAY_LEN(columns)];
    for (uint32_t c = 0; c < WR_ARRAY_LEN(columns); c++)
        cols[c] =
            (wr_column){.name = columns[c].name, .type = columns[c].type, .role = WR_COL_VALUE};
    const wr_schema *schema = wr_schema_new(f->a, cols, WR_ARRAY_LEN(columns));
    f->batch = wr_batch_new(f->a, schema, FIXTURE_ROWS, false, false);
    for (uint32_t i = 0; i < FIXTURE_ROWS; i++) {
        f->batch->rowtime[i] = 1000 + i;
        f->batch->partition[i] = 3;
        f->batch->offset[i] = 10 + i;
        for (uint32_t c = 0; c < WR_ARRAY_LEN(columns); c++) {
            wr_value v = fixture_cell(columns[c].rows[i], columns[c].type, f->a);
            /* Empty containers have no constructor. */
            if (columns[c].type->id == WR_T_ARRAY && i == 3)
                v = wr_value_nest(wr_nest_new(f->a, 0, false));
            if (columns[c].type->id == WR_T_MAP && i == 1)
                v = wr_value_nest(wr_nest_new(f->a, 0, true));
            wr_vec_set(&f->batch->cols[c], i, &v);
        }
    }
    wr_schema_scope_init(&f->scope, schema, NULL, false, NULL);
}

static inline void fixture_free(fixture *f)
{
    wr_arena_free(f->scratch);
    wr_arena_free(f->a);
}

static inline const char *fixture_text(fixture *f, const wr_vec *v, uint32_t row)
{
    wr_value value = wr_vec_is_null(v, row) ? WR_VALUE_NULL : wr_vec_get(v, row);
    return case_text(f->scratch, v->type, &value);
}

/** Evaluate on @p sel; rows joined by " | ", "!" before a row that reported an error. */
static inline const char *fixture_eval(fixture *f, const wr_expr *e, wr_sel sel)
{
    case_errors errs = {.base = {.report = case_report}};
    wr_arena_reset(f->scratch);
    wr_rng rng;
    wr_rng_seed(&rng, 1);
    wr_eval_ctx ctx = {.scratch = f->scratch, .errs = &errs.base, .rng = &rng, .zone = "UTC"};
    wr_evaluator *ev = wr_evaluator_new(&e, 1, f->a);
    const wr_vec *v;
    wr_buf b = {0};
    wr_evaluator_run(ev, f->batch, NULL, sel, &ctx, &v);
    for (uint32_t k = 0; k < sel.n; k++) {
        uint32_t i = wr_sel_row(sel, k);
        assert_true(v->null[i & v->mask] <= 1);
        assert_true(errs.rows[i] <= 1); /* told once */
        wr_buf_printf(&b, "%s%s%s", k ? " | " : "", errs.rows[i] ? "!" : "", fixture_text(f, v, i));
    }
    wr_evaluator_close(ev);
    const char *text = wr_arena_strndup(f->scratch, b.ptr ? b.ptr : "", b.len);
    wr_buf_free(&b);
    return text;
}

#endif
