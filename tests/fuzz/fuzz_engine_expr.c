/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions: parse, compile, evaluate. Nothing may crash, and all rows at once give what each row
 * alone gives.
 *
 * Input: SQL text. Where the first byte is below 0x20 the rest drives a generator of expressions
 * over the columns below, so that mutated bytes stay well-formed SQL and reach the kernels.
 */
#include "engine/expr/expr.h"
#include "parser/parser.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS 3u

/* ---- generator ---- */

typedef struct source {
    const uint8_t *p, *end;
} source;

static uint8_t next(source *s)
{
    return s->p < s->end ? *s->p++ : 0;
}

static const char *const leaves[] = {
    "B",    "I",          "L",           "D",     "N",    "S",      "Y",
    "DT",   "TM",         "TS",          "A",     "M",    "R",      "1",
    "0",    "-1",         "2.50",        "1e3",   "'a%'", "'12'",   "NULL",
    "TRUE", "2147483647", "99999999999", "R->F",  "A[1]", "M['k']", "'2020'",
    "''",   "A[I]",       "ROWTIME",     "0.001", "X",    "FALSE",  "CAST(NULL AS INT)",
};
/* @: an expression */
static const char *const nodes[] = {
    "(@ + @)",
    "(@ - @)",
    "(@ * @)",
    "(@ / @)",
    "(@ % @)",
    "(-@)",
    "(@ = @)",
    "(@ <> @)",
    "(@ < @)",
    "(@ >= @)",
    "(@ IS DISTINCT FROM @)",
    "(@ IS NOT DISTINCT FROM @)",
    "(@ AND @)",
    "(@ OR @)",
    "(NOT @)",
    "(@ IS NULL)",
    "(@ BETWEEN @ AND @)",
    "(@ IN (@, @, @))",
    "(@ NOT IN (1, 2, 3, 4, 5, 6, 7, 8, @))",
    "(@ LIKE @)",
    "(@ LIKE @ ESCAPE '%')",
    "CASE WHEN @ THEN @ ELSE @ END",
    "CASE WHEN @ THEN @ WHEN @ THEN @ END",
    "CAST(@ AS STRING)",
    "CAST(@ AS INT)",
    "CAST(@ AS DECIMAL(5, 2))",
    "CAST(@ AS DECIMAL(60, 20))",
    "CAST(@ AS DOUBLE)",
    "CAST(@ AS TIMESTAMP)",
    "CAST(@ AS DATE)",
    "CAST(@ AS ARRAY<STRING>)",
    "ARRAY[@, @]",
    "MAP(@ := @, @ := @)",
    "STRUCT(F := @, G := @)",
    "@[@]",
    "@->F",
    "COALESCE(@, @)",
    "ABS(@)",
    "(@ || @)",
    "GREATEST(@, @)",
    "SUBSTRING(@, @)",
    "TRANSFORM(@, X => @)",
    "FILTER(@, X => @)",
    "REDUCE(@, @, (X, Z) => @)",
    "ROUND(@)",
};

static void generate(source *s, wr_buf *out, int depth)
{
    uint8_t b = next(s);
    if (depth == 0 || b < 64) {
        wr_buf_puts(out, leaves[b % WR_ARRAY_LEN(leaves)]);
        return;
    }
    for (const char *t = nodes[b % WR_ARRAY_LEN(nodes)]; *t; t++) {
        if (*t == '@')
            generate(s, out, depth - 1);
        else
            wr_buf_putc(out, *t);
    }
}

/* ---- a batch ---- */

static wr_value cell(const wr_type *t, uint32_t row, wr_arena *a)
{
    if (row == 1)
        return WR_VALUE_NULL;
    bool big = row == 2;
    switch (t->id) {
    case WR_T_BOOLEAN:
        return wr_value_bool(big);
    case WR_T_INTEGER:
        return wr_value_i32(big ? INT32_MIN : 1);
    case WR_T_DATE:
    case WR_T_TIME:
        return wr_value_i32(big ? 86399999 : 1);
    case WR_T_BIGINT:
    case WR_T_TIMESTAMP:
        return wr_value_i64(big ? INT64_MIN : 2);
    case WR_T_DOUBLE:
        return wr_value_f64(big ? -1e300 : 0.5);
    case WR_T_STRING:
    case WR_T_BYTES:
        return wr_value_str(big ? WR_STR("\xF0\x9F\x98\x80 12") : WR_STR("a"));
    case WR_T_DECIMAL:
        return (wr_value){.u.dec = big ? -9999 : 150};
    default: {
        bool map = t->id == WR_T_MAP;
        uint32_t n = t->id == WR_T_STRUCT ? t->fields_n : big ? 2 : 0;
        wr_nest *nest = wr_nest_new(a, n, map);
        for (uint32_t i = 0; i < n; i++) {
            const wr_type *it = t->id == WR_T_STRUCT ? t->fields[i].type : t->elem;
            nest->items[i] = cell(it, i == 1 ? 1 : row, a);
            if (map)
                nest->keys[i] = wr_value_str(i ? WR_STR("k") : WR_STR(""));
        }
        return wr_value_nest(nest);
    }
    }
}

static wr_batch *make_batch(wr_arena *a)
{
    const wr_field f[] = {{"F", &wr_type_integer}, {"G", &wr_type_string}};
    const wr_column cols[] = {
        {.name = "B", .type = &wr_type_boolean, .role = WR_COL_VALUE},
        {.name = "I", .type = &wr_type_integer, .role = WR_COL_VALUE},
        {.name = "L", .type = &wr_type_bigint, .role = WR_COL_VALUE},
        {.name = "D", .type = &wr_type_double, .role = WR_COL_VALUE},
        {.name = "N", .type = wr_type_decimal(a, 4, 2), .role = WR_COL_VALUE},
        {.name = "S", .type = &wr_type_string, .role = WR_COL_VALUE},
        {.name = "Y", .type = &wr_type_bytes, .role = WR_COL_VALUE},
        {.name = "DT", .type = &wr_type_date, .role = WR_COL_VALUE},
        {.name = "TM", .type = &wr_type_time, .role = WR_COL_VALUE},
        {.name = "TS", .type = &wr_type_timestamp, .role = WR_COL_VALUE},
        {.name = "A", .type = wr_type_array(a, &wr_type_integer), .role = WR_COL_VALUE},
        {.name = "M",
         .type = wr_type_map(a, &wr_type_string, &wr_type_integer),
         .role = WR_COL_VALUE},
        {.name = "R", .type = wr_type_struct(a, f, 2), .role = WR_COL_VALUE},
    };
    const wr_schema *schema = wr_schema_new(a, cols, WR_ARRAY_LEN(cols));
    wr_batch *b = wr_batch_new(a, schema, ROWS, false, false);
    for (uint32_t i = 0; i < ROWS; i++) {
        b->rowtime[i] = i;
        b->offset[i] = i;
        b->partition[i] = 0;
        for (uint32_t c = 0; c < schema->n; c++) {
            wr_value v = cell(schema->cols[c].type, i, a);
            wr_vec_set(&b->cols[c], i, &v);
        }
    }
    return b;
}

/* ---- the check ---- */

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void evaluate(const wr_expr *e, const wr_batch *batch, wr_arena *a)
{
    wr_evaluator *ev = wr_evaluator_new(&e, 1, a);
    const wr_type *t = wr_expr_type(e);
    wr_rng rng;
    wr_rng_seed(&rng, 1);
    wr_row_errors errs = {0};
    wr_eval_ctx ctx = {.scratch = a, .errs = &errs, .rng = &rng, .zone = "UTC"};
    const wr_vec *all, *one;
    wr_evaluator_run(ev, batch, NULL, wr_sel_all(ROWS), &ctx, &all);
    check(wr_type_equal(all->type, t));
    for (uint32_t i = 0; i < ROWS; i++) {
        wr_evaluator_run(ev, batch, NULL, (wr_sel){1, &i}, &ctx, &one);
        wr_value x = wr_vec_get(all, i), y = wr_vec_get(one, i);
        check(all->null[i & all->mask] <= 1);
        check(wr_value_equal(t, &x, &y));
    }
    wr_evaluator_close(ev);
}

/** @return whether the expression is taken. */
static bool compile_and_evaluate(const wr_ast_expr *ast, const wr_scope *scope,
                                 const wr_batch *batch, wr_arena *a)
{
    wr_expr *e;
    weir_error err;
    if (wr_expr_compile(ast, scope, a, &e, &err) != WEIR_OK)
        return false;
    evaluate(e, batch, a);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4096)
        return 0;
    wr_arena *a = wr_arena_new(0);
    wr_buf text = {0};
    if (size && data[0] < 0x20) {
        source s = {data + 1, data + size};
        generate(&s, &text, 5);
    } else {
        wr_buf_put(&text, data, size);
    }
    wr_batch *batch = make_batch(a);
    wr_schema_scope scope;
    wr_schema_scope_init(&scope, batch->schema, NULL, false, NULL);
    wr_ast_expr *ast;
    weir_error err;
    if (wr_parse_expression(text.ptr ? text.ptr : "", text.len, a, &ast, &err) == WEIR_OK) {
        bool taken = compile_and_evaluate(ast, &scope.base, batch, a);
        scope.base.one_scope = true; /* failures reach further, and what is taken is the same */
        check(compile_and_evaluate(ast, &scope.base, batch, a) == taken);
    }
    wr_buf_free(&text);
    wr_arena_free(a);
    return 0;
}
