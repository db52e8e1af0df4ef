/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operands.h - an expression over operands of given types, evaluated in every way the engine has.
 *
 *     {"X + Y", {{"INT", "1"}, {"BIGINT", "2"}}, "BIGINT", "3"}
 *
 * X, Y and Z stand for CAST(value AS type). The expression is evaluated with columns (all rows of
 * a batch, a selection of them, one row alone), with constants in the place of the columns, and
 * with each mixture of the two; the ways take different code (folding, prepared constants, dense
 * loops) and must agree in type, value and failure. A result is the text of its value; "null" is
 * NULL, and "!" before it says that the row reported an error.
 */
#ifndef WR_TESTS_OPERANDS_H
#define WR_TESTS_OPERANDS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests_expr.h"

#define OPERANDS_MAX 3

typedef struct operand {
    const char *type;  /* SQL; NULL: there is no such operand */
    const char *value; /* SQL, cast to the type */
} operand;

typedef struct operand_case {
    const char *sql;
    operand in[OPERANDS_MAX];
    const char *type; /* of the result; NULL: not looked at */
    const char *out;
} operand_case;

/** The operands as columns of a batch of five rows that are all alike. */
typedef struct operand_world {
    wr_arena *a, *scratch;
    wr_batch *batch;
    wr_schema_scope scope;
} operand_world;

#define OPERAND_ROWS 5

static inline wr_value operand_value(const operand *o, const wr_type **type, wr_arena *a)
{
    static const wr_schema empty = {0};
    char *sql = wr_arena_printf(a, "CAST(%s AS %s)", o->value, o->type);
    wr_schema_scope scope;
    wr_expr *e = NULL;
    weir_error err = {0};
    wr_value v = WR_VALUE_NULL;
    wr_eval_ctx ctx = {.scratch = a, .zone = "UTC"};
    wr_schema_scope_init(&scope, &empty, NULL, false, NULL);
    if (case_compile(sql, &scope.base, a, &e, &err) != WEIR_OK ||
        wr_expr_eval_once(e, &ctx, a, &v, &err) != WEIR_OK)
        fail_msg("operand %s: %s", sql, err.message);
    *type = wr_expr_type(e);
    return v;
}

static inline void operand_world_init(operand_world *w, const operand *in)
{
    static const char *const names[OPERANDS_MAX] = {"X", "Y", "Z"};
    w->a = wr_arena_new(0);
    w->scratch = wr_arena_new(0);
    wr_column cols[OPERANDS_MAX];
    wr_value values[OPERANDS_MAX];
    uint32_t n = 0;
    for (; n < OPERANDS_MAX && in[n].type; n++) {
        cols[n] = (wr_column){.name = names[n], .role = WR_COL_VALUE};
        values[n] = operand_value(&in[n], &cols[n].type, w->a);
    }
    const wr_schema *schema = wr_schema_new(w->a, cols, n);
    w->batch = wr_batch_new(w->a, schema, OPERAND_ROWS, false, false);
    for (uint32_t i = 0; i < OPERAND_ROWS; i++) {
        for (uint32_t c = 0; c < n; c++)
            wr_vec_set(&w->batch->cols[c], i, &values[c]);
    }
    wr_schema_scope_init(&w->scope, schema, NULL, false, NULL);
}

static inline void operand_world_free(operand_world *w)
{
    wr_arena_free(w->scratch);
    wr_arena_free(w->a);
}

/** @p sql with the operands of @p mask (bit 0: X) written as constants. */
static inline const char *operand_text(wr_arena *a, const char *sql, const operand *in,
                                       unsigned mask)
{
    wr_buf b = {0};
    bool quoted = false, in_name = false;
    for (const char *p = sql; *p; p++) {
        bool name = (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || *p == '_' ||
                    (*p >= '0' && *p <= '9');
        bool alone = !in_name && !quoted && *p >= 'X' && *p <= 'Z' &&
                     !(p[1] == '_' || (p[1] >= 'A' && p[1] <= 'Z') || (p[1] >= 'a' && p[1] <= 'z'));
        quoted ^= *p == '\'';
        in_name = name;
        if (alone && mask >> (*p - 'X') & 1)
            wr_buf_printf(&b, "CAST(%s AS %s)", in[*p - 'X'].value, in[*p - 'X'].type);
        else
            wr_buf_putc(&b, *p);
    }
    const char *text = wr_arena_strdup(a, wr_buf_cstr(&b));
    wr_buf_free(&b);
    return text;
}

/** Result of the rows of @p sel, which must be alike. */
static inline const char *operand_rows(operand_world *w, const wr_expr *e, wr_sel sel)
{
    case_errors errs = {.base = {.report = case_report}};
    wr_rng rng;
    wr_rng_seed(&rng, 1);
    wr_eval_ctx ctx = {.scratch = w->scratch, .errs = &errs.base, .rng = &rng, .zone = "UTC"};
    wr_evaluator *ev = wr_evaluator_new(&e, 1, w->a);
    const wr_vec *v;
    const char *first = NULL;
    wr_evaluator_run(ev, w->batch, NULL, sel, &ctx, &v);
    for (uint32_t k = 0; k < sel.n; k++) {
        uint32_t i = wr_sel_row(sel, k);
        wr_value value = wr_vec_is_null(v, i) ? WR_VALUE_NULL : wr_vec_get(v, i);
        const char *text = wr_arena_printf(w->a, "%s%s", errs.rows[i] ? "!" : "",
                                           case_text(w->a, v->type, &value));
        if (first && strcmp(first, text) != 0)
            fail_msg("row %u: %s, but row %u: %s", wr_sel_row(sel, 0), first, i, text);
        first = text;
    }
    wr_evaluator_close(ev);
    wr_arena_reset(w->scratch);
    return first;
}

/** Evaluate in all ways. @return what they agree on, or the message of the first that differs;
 *  "refused: message" where the statement is refused. @p type is set unless it is refused. */
static inline const char *operand_eval(operand_world *w, const char *sql, const operand *in,
                                       const char **type)
{
    static const uint32_t some[] = {1, 3}, one[] = {4};
    const wr_sel sels[] = {wr_sel_all(OPERAND_ROWS), {2, some}, {1, one}};
    const char *result = NULL;
    uint32_t n = 0;
    while (n < OPERANDS_MAX && in[n].type)
        n++;
    for (unsigned mask = 0; mask < 1u << n; mask++) {
        const char *text = operand_text(w->a, sql, in, mask);
        weir_error err = {0};
        wr_expr *e = NULL;
        if (case_compile(text, &w->scope.base, w->a, &e, &err) != WEIR_OK)
            return wr_arena_printf(w->a, "refused: %s", err.message);
        *type = wr_type_text(w->a, wr_expr_type(e));
        for (size_t s = 0; s < WR_ARRAY_LEN(sels); s++) {
            const char *got = operand_rows(w, e, sels[s]);
            if (result && strcmp(result, got) != 0)
                return wr_arena_printf(w->a, "%s: %s, but with columns %s", text, got, result);
            result = got;
        }
    }
    return result;
}

/** @return whether the case holds; says what it got where not. */
static inline bool operand_holds(const operand_case *c)
{
    operand_world w;
    const char *type = "";
    operand_world_init(&w, c->in);
    const char *got = operand_eval(&w, c->sql, c->in, &type);
    bool holds = strcmp(got, c->out) == 0 && (!c->type || strcmp(type, c->type) == 0);
    if (!holds)
        print_error("%s of %s, %s:\n  got      %s %s\n  expected %s %s\n", c->sql,
                    c->in[0].value ? c->in[0].value : "-", c->in[1].value ? c->in[1].value : "-",
                    type, got, c->type ? c->type : "", c->out);
    operand_world_free(&w);
    return holds;
}

/** Run a whole table, so that one run shows every case that fails. */
static inline void operand_table(const operand_case *cases, size_t n)
{
    size_t failed = 0;
    for (size_t i = 0; i < n; i++)
        failed += !operand_holds(&cases[i]);
    assert_int_equal(failed, 0);
}
#define OPERAND_TABLE(cases) operand_table((cases), WR_ARRAY_LEN(cases))

/** One type of each kind, for tables with a letter for each. */
enum { OPERAND_TYPES_N = 13 };
static WR_UNUSED const char *const operand_types[OPERAND_TYPES_N] = {
    "BOOLEAN", "INT",  "BIGINT",    "DOUBLE",     "DECIMAL(6, 2)",    "STRING",        "BYTES",
    "DATE",    "TIME", "TIMESTAMP", "ARRAY<INT>", "MAP<STRING, INT>", "STRUCT<f INT>",
};

typedef struct refused_case {
    const char *sql;
    const char *message; /* a part of what the refusal says */
    operand in[OPERANDS_MAX];
} refused_case;

static inline void refused_table(const refused_case *cases, size_t n)
{
    size_t failed = 0;
    for (size_t i = 0; i < n; i++) {
        operand_world w;
        const char *type = "";
        operand_world_init(&w, cases[i].in);
        const char *got = operand_eval(&w, cases[i].sql, cases[i].in, &type);
        if (strncmp(got, "refused: ", 9) != 0 || !strstr(got, cases[i].message)) {
            print_error("%s: %s\n", cases[i].sql, got);
            failed++;
        }
        operand_world_free(&w);
    }
    assert_int_equal(failed, 0);
}
#define REFUSED_TABLE(cases) refused_table((cases), WR_ARRAY_LEN(cases))

/** @p check on @p rounds draws from one seed, each with an arena of its own. */
static inline void operand_rounds(void (*check)(wr_arena *a, wr_rng *r), int rounds, uint64_t seed)
{
    wr_rng r;
    wr_rng_seed(&r, seed);
    for (int i = 0; i < rounds; i++) {
        wr_arena *a = wr_arena_new(0);
        check(a, &r);
        wr_arena_free(a);
    }
}

#endif
