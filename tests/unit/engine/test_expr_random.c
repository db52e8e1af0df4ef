/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random expressions: whatever an expression means, how its rows are batched, which rows are
 * selected, what is computed beside it and how its text is written change nothing.
 *
 * A generator writes well-typed SQL over the columns of the fixture. Each expression is evaluated
 * on the whole batch, in batches of one and two rows, together with others in one evaluator (which
 * shares their common parts), and again from its own printed text. The seed is fixed: a failure
 * prints the expression and comes again.
 */
#include "operands.h"

enum { EXPRESSIONS = 250, TOGETHER = 8, TEXT_MAX = 4096 };

typedef enum kind { K_BOOL, K_INT, K_BIG, K_DBL, K_DEC, K_STR, K_ARR, K_N } kind;

typedef struct writer {
    wr_rng rng;
    wr_buf out;
    int lambda; /* parameters in scope: P1 .. */
} writer;

static void put(writer *w, kind k, int depth);

static uint64_t below(writer *w, uint64_t n)
{
    return wr_rng_below(&w->rng, n);
}

/** Write @p pattern with %b %i %l %d %n %s %a replaced by expressions of those kinds. */
static void fill(writer *w, const char *pattern, int depth)
{
    static const char letters[] = "bildnsa";
    for (const char *p = pattern; *p; p++) {
        const char *k = *p == '%' ? strchr(letters, p[1]) : NULL;
        if (k && p[1]) {
            put(w, (kind)(k - letters), depth - 1);
            p++;
        } else {
            wr_buf_putc(&w->out, *p);
        }
    }
}

/* One row for a kind: what it is without operands, and what it is made of. NULL ends. */
static const char *const leaves[K_N][8] = {
    [K_BOOL] = {"B", "TRUE", "FALSE", "(S IS NULL)"},
    [K_INT] = {"I", "0", "7", "-2147483648", "R->F", "M['k']"},
    [K_BIG] = {"L", "ROWTIME", "3000000000", "CAST(I AS BIGINT)"},
    [K_DBL] = {"D", "0.5e0", "-1e0", "1e300"},
    [K_DEC] = {"N", "1.25", "0.01", "CAST(I AS DECIMAL(12, 2))"},
    [K_STR] = {"S", "'abc'", "''", "R->`g`", "'\xC3\xA9'"},
    [K_ARR] = {"A", "ARRAY[1, 2]", "ARRAY[I, 7]"},
};

static const char *const patterns[K_N][16] = {
    [K_BOOL] = {"(%i < %i)", "(%l >= %i)", "(%s = %s)", "(%b AND %b)", "(%b OR %b)", "(NOT %b)",
                "(%i BETWEEN %i AND %l)", "(%i IN (1, 7, %i))", "(%i IS NULL)", "(%n <> %n)",
                "(%s IS DISTINCT FROM %s)", "ARRAY_CONTAINS(%a, %i)",
                "(CASE WHEN %b THEN %b ELSE %b END)", "(%d > %d)", "(%s NOT IN ('abc', %s))"},
    [K_INT] = {"(%i + %i)", "(%i - %i)", "(%i * %i)", "(%i / %i)", "(%i % %i)", "(- %i)", "LEN(%s)",
               "ABS(%i)", "(%a[%i])", "(CASE WHEN %b THEN %i ELSE %i END)", "COALESCE(%i, %i)",
               "CAST(%l AS INT)", "ARRAY_LENGTH(%a)", "INSTR(%s, 'b')",
               "REDUCE(%a, %i, (acc, elem) => COALESCE(acc, elem))"},
    [K_BIG] = {"(%l + %i)", "(%l * %l)", "(%l - %l)", "(%l / %i)", "(%l % %l)", "(- %l)",
               "IFNULL(%l, %l)", "CAST(%d AS BIGINT)", "CAST(%n AS BIGINT)",
               "(CASE WHEN %b THEN %l END)", "ROUND(%d)"},
    [K_DBL] = {"(%d + %d)", "(%d * %i)", "(%d / %d)", "(%d - %n)", "SQRT(%d)", "FLOOR(%d)",
               "CAST(%i AS DOUBLE)", "NULLIF(%d, %d)", "(CASE WHEN %b THEN %d ELSE %d END)"},
    [K_DEC] = {"CAST(%n + %n AS DECIMAL(12, 2))", "CAST(%n * %n AS DECIMAL(12, 2))", "(- %n)",
               "ABS(%n)", "CAST(%d AS DECIMAL(12, 2))", "CAST(%i AS DECIMAL(12, 2))"},
    [K_STR] = {"CONCAT(%s, %s)", "(%s || %s)", "UCASE(%s)", "SUBSTRING(%s, %i)", "TRIM(%s)",
               "CAST(%i AS STRING)", "CAST(%n AS STRING)", "REPLACE(%s, 'a', %s)",
               "(CASE WHEN %b THEN %s ELSE %s END)", "COALESCE(%s, %s)", "ARRAY_JOIN(%a)",
               "CAST(%b AS STRING)", "LPAD(%s, 5, '-')"},
    [K_ARR] = {"ARRAY_DISTINCT(%a)", "ARRAY_CONCAT(%a, %a)", "ARRAY_SORT(%a)",
               "ARRAY_REMOVE(%a, %i)", "TRANSFORM(%a, elem => COALESCE(elem, %i))",
               "FILTER(%a, elem => elem IS NULL OR elem > %i)", "ARRAY_UNION(%a, %a)"},
};

static const char *pick(writer *w, const char *const *list, size_t max)
{
    size_t n = 0;
    while (n < max && list[n])
        n++;
    return list[below(w, n)];
}

static void put(writer *w, kind k, int depth)
{
    if (depth <= 0 || below(w, 6) == 0)
        wr_buf_puts(&w->out, pick(w, leaves[k], WR_ARRAY_LEN(leaves[k])));
    else
        fill(w, pick(w, patterns[k], WR_ARRAY_LEN(patterns[k])), depth);
}

/** One expression; nested lambdas of one name are refused, so they are kept out. */
static const char *write_expression(writer *w, wr_arena *a)
{
    for (;;) {
        wr_buf_clear(&w->out);
        put(w, (kind)below(w, K_N), 3 + (int)below(w, 2));
        const char *text = wr_buf_cstr(&w->out);
        const char *first = strstr(text, "=>");
        if (w->out.len < TEXT_MAX && !(first && strstr(first + 2, "=>")))
            return wr_arena_strdup(a, text);
    }
}

static wr_expr *compile(fixture *f, const char *sql)
{
    weir_error err = {0};
    wr_expr *e = NULL;
    if (case_compile(sql, &f->scope.base, f->a, &e, &err) != WEIR_OK)
        fail_msg("%s: %s", sql, err.message);
    return e;
}

/** All rows in batches of @p size, as fixture_eval writes them. */
static const char *in_batches(fixture *f, const wr_expr *e, uint32_t size)
{
    wr_buf b = {0};
    for (uint32_t at = 0; at < FIXTURE_ROWS; at += size) {
        uint32_t rows[FIXTURE_ROWS];
        for (uint32_t k = 0; k < size; k++)
            rows[k] = at + k;
        wr_buf_printf(&b, "%s%s", at ? " | " : "", fixture_eval(f, e, (wr_sel){size, rows}));
    }
    const char *text = wr_arena_strdup(f->a, wr_buf_cstr(&b));
    wr_buf_free(&b);
    return text;
}

static void each(void (*check)(fixture *f, const char *sql, const char *rows), uint64_t seed)
{
    writer w = {0};
    wr_rng_seed(&w.rng, seed);
    size_t with_values = 0, with_failures = 0;
    for (int i = 0; i < EXPRESSIONS; i++) {
        fixture f;
        fixture_init(&f);
        const char *sql = write_expression(&w, f.a);
        const char *rows =
            wr_arena_strdup(f.a, fixture_eval(&f, compile(&f, sql), wr_sel_all(FIXTURE_ROWS)));
        with_failures += strchr(rows, '!') != NULL;
        with_values += strstr(rows, "null") == NULL;
        check(&f, sql, rows);
        fixture_free(&f);
    }
    wr_buf_free(&w.out);
    /* The generator reaches both: rows that fail, and expressions with a value in every row. */
    assert_true(with_failures > EXPRESSIONS / 50);
    assert_true(with_values > EXPRESSIONS / 20);
}

static void check_batches(fixture *f, const char *sql, const char *rows)
{
    const wr_expr *e = compile(f, sql);
    for (uint32_t size = 1; size <= 2; size++) {
        const char *got = in_batches(f, e, size);
        if (strcmp(got, rows) != 0)
            fail_msg("%s\n  in one batch         %s\n  in batches of %u rows %s", sql, rows, size,
                     got);
    }
    /* An evaluator that has run may run again. */
    assert_string_equal(fixture_eval(f, e, wr_sel_all(FIXTURE_ROWS)), rows);
}

static void test_batches(void **state)
{
    (void)state;
    each(check_batches, 40);
}

/** The printed text of an expression means what the expression means. */
static void check_printed(fixture *f, const char *sql, const char *rows)
{
    wr_ast_expr *ast;
    weir_error err = {0};
    assert_int_equal(wr_parse_expression(sql, strlen(sql), f->a, &ast, &err), WEIR_OK);
    void (*const printers[])(wr_buf *, const wr_ast_expr *) = {wr_ast_print_expr,
                                                               wr_ast_print_expr_parens};
    for (size_t i = 0; i < WR_ARRAY_LEN(printers); i++) {
        wr_buf b = {0};
        printers[i](&b, ast);
        const char *again = wr_arena_strdup(f->a, wr_buf_cstr(&b));
        wr_buf_free(&b);
        const char *got = fixture_eval(f, compile(f, again), wr_sel_all(FIXTURE_ROWS));
        if (strcmp(got, rows) != 0)
            fail_msg("%s\n  printed as %s\n  was %s\n  is  %s", sql, again, rows, got);
    }
}

static void test_printed(void **state)
{
    (void)state;
    each(check_printed, 41);
}

/** A condition that stands around an expression keeps its value where it holds. */
static void check_guarded(fixture *f, const char *sql, const char *rows)
{
    const char *guarded = wr_arena_printf(f->a, "CASE WHEN ROWTIME >= 0 THEN %s END", sql);
    const char *got = fixture_eval(f, compile(f, guarded), wr_sel_all(FIXTURE_ROWS));
    if (strcmp(got, rows) != 0)
        fail_msg("%s\n  bare    %s\n  guarded %s", sql, rows, got);
    /* And where it never holds nothing is evaluated: no value and no failure. */
    guarded = wr_arena_printf(f->a, "CASE WHEN ROWTIME < 0 THEN %s END", sql);
    got = fixture_eval(f, compile(f, guarded), wr_sel_all(FIXTURE_ROWS));
    assert_string_equal(got, "null | null | null | null");
}

static void test_guarded(void **state)
{
    (void)state;
    each(check_guarded, 42);
}

/** Several in one evaluator: each has its own values, though parts are computed once. */
static void test_together(void **state)
{
    (void)state;
    writer w = {0};
    wr_rng_seed(&w.rng, 43);
    for (int i = 0; i < EXPRESSIONS / TOGETHER; i++) {
        fixture f;
        fixture_init(&f);
        const wr_expr *e[TOGETHER];
        const char *sql[TOGETHER], *alone[TOGETHER];
        for (int k = 0; k < TOGETHER; k++) {
            /* Every third comes twice, so that there is something to share. */
            sql[k] = k % 3 == 2 ? sql[k - 1] : write_expression(&w, f.a);
            e[k] = compile(&f, sql[k]);
            alone[k] = wr_arena_strdup(f.a, fixture_eval(&f, e[k], wr_sel_all(FIXTURE_ROWS)));
        }
        wr_arena_reset(f.scratch);
        const wr_vec *out[TOGETHER];
        case_errors errs = {.base = {.report = case_report}};
        wr_rng rng;
        wr_rng_seed(&rng, 1);
        wr_eval_ctx ctx = {.scratch = f.scratch, .errs = &errs.base, .rng = &rng, .zone = "UTC"};
        wr_evaluator *ev = wr_evaluator_new(e, TOGETHER, f.a);
        wr_evaluator_run(ev, f.batch, NULL, wr_sel_all(FIXTURE_ROWS), &ctx, out);
        for (int k = 0; k < TOGETHER; k++) {
            const char *p = alone[k];
            for (uint32_t r = 0; r < FIXTURE_ROWS; r++) {
                const char *text = fixture_text(&f, out[k], r);
                p += *p == '!'; /* a shared failure is reported once, so not looked at here */
                if (strncmp(p, text, strlen(text)) != 0)
                    fail_msg("%s: row %u is %s, alone: %s", sql[k], r, text, alone[k]);
                p += strlen(text) + strlen(" | ");
            }
        }
        wr_evaluator_close(ev);
        fixture_free(&f);
    }
    wr_buf_free(&w.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_printed),
        cmocka_unit_test(test_guarded),
        cmocka_unit_test(test_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
