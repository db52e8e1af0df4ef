/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions end to end: SQL text -> compile -> evaluate on a small batch, as a table of cases.
 *
 * The batch has a column of each type and four rows: ordinary values, extremes, NULL everywhere,
 * and a second ordinary row. A case names the expected texts of the rows, joined by " | "; a row
 * that reported an error has "!" before its text.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests_expr.h"

typedef struct eval_case {
    const char *sql;
    const char *type;
    const char *rows;
} eval_case;

static const eval_case cases[] = {
    /* literals */
    {"1", "INTEGER", "1 | 1 | 1 | 1"},
    {"3000000000", "BIGINT", "3000000000 | 3000000000 | 3000000000 | 3000000000"},
    {"1.50", "DECIMAL(3, 2)", "1.50 | 1.50 | 1.50 | 1.50"},
    {"0.5", "DECIMAL(2, 1)", "0.5 | 0.5 | 0.5 | 0.5"},
    {".05", "DECIMAL(3, 2)", "0.05 | 0.05 | 0.05 | 0.05"},
    {"1e3", "DOUBLE", "1000.0 | 1000.0 | 1000.0 | 1000.0"},
    {"'it''s'", "STRING", "it's | it's | it's | it's"},
    {"TRUE", "BOOLEAN", "true | true | true | true"},
    {"DECIMAL '1.20'", "DECIMAL(3, 2)", "1.20 | 1.20 | 1.20 | 1.20"},
    /* columns and pseudo columns */
    {"I", "INTEGER", "1 | 2147483647 | null | 7"},
    {"R->F", "INTEGER", "5 | null | null | 8"},
    {"R->`g`", "STRING", "x | y | null | z"},
    {"ROWTIME", "BIGINT", "1000 | 1001 | 1002 | 1003"},
    {"ROWPARTITION", "INTEGER", "3 | 3 | 3 | 3"},
    {"ROWOFFSET", "BIGINT", "10 | 11 | 12 | 13"},
    /* arithmetic */
    {"I + 1", "INTEGER", "2 | -2147483648 | null | 8"},
    {"I - L", "BIGINT", "-1 | -9223372034707292160 | null | 0"},
    {"I * 2", "INTEGER", "2 | -2 | null | 14"},
    {"I / 2", "INTEGER", "0 | 1073741823 | null | 3"},
    {"-I / 2", "INTEGER", "0 | -1073741823 | null | -3"},
    {"I % 2", "INTEGER", "1 | 1 | null | 1"},
    {"I / 0", "INTEGER", "!null | !null | null | !null"},
    {"1 / 0", "INTEGER", "!null | !null | !null | !null"},
    {"I / 0 + L / 0", "BIGINT", "!null | !null | null | !null"},
    {"L / D", "DOUBLE", "1.3333333333333333 | -Infinity | null | 2.8"},
    {"D + N", "DOUBLE", "2.75 | 99.99 | null | 5.0"},
    {"N + N", "DECIMAL(5, 2)", "2.50 | 199.98 | null | 5.00"},
    {"N * 2", "DECIMAL(15, 2)", "2.50 | 199.98 | null | 5.00"},
    {"N / 3", "DECIMAL(15, 13)",
     "0.4166666666667 | 33.3300000000000 | null | 0.8333333333333"}, /* rounded half up */
    {"N % 1", "DECIMAL(4, 2)", "0.25 | 0.99 | null | 0.50"},
    {"N / 0", "DECIMAL(15, 13)", "!null | !null | null | !null"},
    {"-N", "DECIMAL(4, 2)", "-1.25 | -99.99 | null | -2.50"},
    {"-D", "DOUBLE", "-1.5 | 0.0 | null | -2.5"},
    {"S + '!'", "STRING", "a! | \xC3\xA9t\xC3\xA9! | null! | abc!"},
    {"1 + 2 * 3", "INTEGER", "7 | 7 | 7 | 7"},
    /* comparison: two-valued */
    {"I = 1", "BOOLEAN", "true | false | false | false"},
    {"I <> 1", "BOOLEAN", "false | true | false | true"},
    {"NOT (I = 1)", "BOOLEAN", "false | true | true | true"},
    {"I < L", "BOOLEAN", "true | true | false | false"},
    {"I >= 7", "BOOLEAN", "false | true | false | true"},
    {"I IS DISTINCT FROM L", "BOOLEAN", "true | true | false | false"},
    {"I IS NOT DISTINCT FROM L", "BOOLEAN", "false | false | true | true"},
    {"N = 1.250", "BOOLEAN", "true | false | false | false"},
    {"N > I", "BOOLEAN", "true | false | false | false"},
    {"N = 1.25e0", "BOOLEAN", "true | false | false | false"},
    {"S = 'a'", "BOOLEAN", "true | false | false | false"},
    {"S < 'b'", "BOOLEAN", "true | false | false | true"},
    {"S IS DISTINCT FROM S", "BOOLEAN", "false | false | false | false"},
    {"B = TRUE", "BOOLEAN", "true | false | false | true"},
    {"DT = '1970-01-02'", "BOOLEAN", "true | false | false | false"},
    {"TS >= DT", "BOOLEAN", "false | true | false | true"},
    {"TM < '00:01'", "BOOLEAN", "true | false | false | true"},
    {"TS = '1970-01-01T00:00:01'", "BOOLEAN", "true | false | false | false"},
    {"A = ARRAY[1, 2]", "BOOLEAN", "true | false | false | false"},
    {"M = MAP('k' := 1)", "BOOLEAN", "true | false | false | false"},
    {"R = STRUCT(F := 5, `g` := 'x')", "BOOLEAN", "true | false | false | false"},
    {"ROWTIME > '1970-01-01T00:00:01.001'", "BOOLEAN", "false | false | true | true"},
    {"ROWTIME BETWEEN '1970' AND '1970-01-01T00:00:01'", "BOOLEAN", "true | false | false | false"},
    {"I BETWEEN 1 AND 7", "BOOLEAN", "true | false | false | true"},
    {"I NOT BETWEEN 1 AND 7", "BOOLEAN", "false | true | true | false"},
    {"(I / 0) = 1", "BOOLEAN", "!null | !null | null | !null"},
    {"(I / 0) IS NULL", "BOOLEAN", "!null | !null | null | !null"},
    {"I IS NULL", "BOOLEAN", "false | false | true | false"},
    {"I IS NOT NULL", "BOOLEAN", "true | true | false | true"},
    /* IN, LIKE */
    {"I IN (1, '7')", "BOOLEAN", "true | false | false | true"},
    {"I NOT IN (1, 7)", "BOOLEAN", "false | true | true | false"},
    {"I IN (1, 2, 3, 4, 5, 6, 7, 8, 9)", "BOOLEAN", "true | false | false | true"},
    {"I IN (1.0, 7e0)", "BOOLEAN", "true | false | false | true"},
    {"I IN (L, NULL, 1)", "BOOLEAN", "true | false | false | true"},
    {"S IN ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'abc')", "BOOLEAN",
     "true | false | false | true"},
    {"S IN ('x', 1, TRUE, 'a')", "BOOLEAN", "true | false | false | false"},
    {"A IN (ARRAY['1', '2'], ARRAY[3])", "BOOLEAN", "true | false | false | false"},
    {"S LIKE 'a%'", "BOOLEAN", "true | false | null | true"},
    {"S LIKE '%c'", "BOOLEAN", "false | false | null | true"},
    {"S LIKE '%b%'", "BOOLEAN", "false | false | null | true"},
    {"S LIKE '_'", "BOOLEAN", "true | false | null | false"},
    {"S LIKE '_t_'", "BOOLEAN", "false | true | null | false"},
    {"S NOT LIKE 'a%'", "BOOLEAN", "false | true | null | false"},
    {"S LIKE S", "BOOLEAN", "true | true | null | true"},
    {"'100%' LIKE '%!%' ESCAPE '!'", "BOOLEAN", "true | true | true | true"},
    {"'x\ny' LIKE 'x%'", "BOOLEAN", "false | false | false | false"},
    {"'mississippi' LIKE 'm%iss%pi'", "BOOLEAN", "true | true | true | true"},
    /* logic is lazy */
    {"B AND I = 1", "BOOLEAN", "true | false | !null | false"},
    {"B OR I = 1", "BOOLEAN", "true | false | !null | true"},
    {"NOT B", "BOOLEAN", "false | true | !null | false"},
    {"I IS NULL OR I / 0 = 1", "BOOLEAN", "!null | !null | true | !null"},
    {"I = 1 AND 1 / (I - 1) = 0", "BOOLEAN", "!null | false | false | false"},
    {"CASE WHEN I = 1 THEN 'one' WHEN I IS NULL THEN 'none' ELSE 'many' END", "STRING",
     "one | many | none | many"},
    {"CASE WHEN I = 1 THEN 10 END", "INTEGER", "10 | null | null | null"},
    {"CASE WHEN I = 1 THEN 1 / 0 ELSE 5 END", "INTEGER", "!null | 5 | 5 | 5"},
    {"CASE WHEN B THEN NULL ELSE S END", "STRING", "null | \xC3\xA9t\xC3\xA9 | !null | null"},
    {"CASE I WHEN 1 THEN 'x' ELSE 'y' END", "STRING", "x | y | y | y"},
    /* casts */
    {"CAST(I AS STRING)", "STRING", "1 | 2147483647 | null | 7"},
    {"CAST(L AS INTEGER)", "INTEGER", "2 | -1 | null | 7"},
    {"CAST(D AS BIGINT)", "BIGINT", "1 | 0 | null | 2"},
    {"CAST(1e30 AS INTEGER)", "INTEGER", "2147483647 | 2147483647 | 2147483647 | 2147483647"},
    {"CAST(I AS DECIMAL(3, 1))", "DECIMAL(3, 1)", "1.0 | !null | null | 7.0"},
    {"CAST(N AS DECIMAL(4, 1))", "DECIMAL(4, 1)", "1.3 | 100.0 | null | 2.5"},
    {"CAST(S AS INTEGER)", "INTEGER", "!null | !null | null | !null"},
    {"CAST(' 12 ' AS INTEGER)", "INTEGER", "12 | 12 | 12 | 12"},
    {"CAST('ye' AS BOOLEAN)", "BOOLEAN", "true | true | true | true"},
    {"CAST('no' AS BOOLEAN)", "BOOLEAN", "false | false | false | false"},
    {"CAST(TS AS DATE)", "DATE", "1970-01-01 | 1969-12-31 | null | 1970-01-03"},
    {"CAST(DT AS TIMESTAMP)", "TIMESTAMP",
     "1970-01-02T00:00:00.000 | 1969-12-30T00:00:00.000 | null | 1970-01-01T00:00:00.000"},
    {"CAST(TM AS STRING)", "STRING", "00:00:01 | 23:59:59 | null | 00:00"},
    {"CAST(A AS STRING)", "STRING", "[1, 2] | [null] | null | []"},
    {"CAST(M AS STRING)", "STRING", "{k=1} | {} | null | {a=1, b=null}"},
    {"CAST(R AS STRING)", "STRING", "Struct{F=5,g=x} | Struct{g=y} | null | Struct{F=8,g=z}"},
    {"CAST(A AS ARRAY<STRING>)", "ARRAY<STRING>", "[1, 2] | [null] | null | []"},
    {"CAST(R AS STRUCT<`g` STRING, H INT>)", "STRUCT<`g` STRING, `H` INTEGER>",
     "Struct{g=x} | Struct{g=y} | null | Struct{g=z}"},
    {"CAST(NULL AS BIGINT)", "BIGINT", "null | null | null | null"},
    /* collections */
    {"A[1]", "INTEGER", "1 | null | null | null"},
    {"A[-1]", "INTEGER", "2 | null | null | null"},
    {"A[0]", "INTEGER", "null | null | null | null"},
    {"A[I]", "INTEGER", "1 | null | null | null"},
    {"M['k']", "INTEGER", "1 | null | null | null"},
    {"M['a']", "INTEGER", "null | null | null | 1"},
    {"ARRAY[I, L]", "ARRAY<BIGINT>",
     "[1, 2] | [2147483647, 9223372036854775807] | [null, null] | [7, 7]"},
    {"ARRAY[1, '2']", "ARRAY<INTEGER>", "[1, 2] | [1, 2] | [1, 2] | [1, 2]"},
    {"ARRAY[NULL, 1.5, 10]", "ARRAY<DECIMAL(11, 1)>",
     "[null, 1.5, 10.0] | [null, 1.5, 10.0] | [null, 1.5, 10.0] | [null, 1.5, 10.0]"},
    {"MAP('x' := I, 'y' := 2)['x']", "INTEGER", "1 | 2147483647 | null | 7"},
    {"MAP('x' := 1, LCASE('X') := 2)", "MAP<STRING, INTEGER>", "{x=2} | {x=2} | {x=2} | {x=2}"},
    {"STRUCT(X := I, Y := S)->Y", "STRING", "a | \xC3\xA9t\xC3\xA9 | null | abc"},
    {"ARRAY[STRUCT(X := 1), STRUCT(Y := 2)]", "ARRAY<STRUCT<`X` INTEGER, `Y` INTEGER>>",
     "[Struct{X=1}, Struct{Y=2}] | [Struct{X=1}, Struct{Y=2}] | [Struct{X=1}, Struct{Y=2}] | "
     "[Struct{X=1}, Struct{Y=2}]"},
    {"ARRAY[1 / 0, 1]", "ARRAY<INTEGER>", "![null, 1] | ![null, 1] | ![null, 1] | ![null, 1]"},
    /* functions: a failing argument is NULL for the function */
    {"COALESCE(I / 0, 5)", "INTEGER", "!null | !null | null | !null"},
    {"COALESCE(ABS(I / 0), 5)", "INTEGER", "!5 | !5 | 5 | !5"},
    {"COALESCE(S, 'none')", "STRING", "a | \xC3\xA9t\xC3\xA9 | none | abc"},
    {"IFNULL(L, CAST(I AS BIGINT))", "BIGINT", "2 | 9223372036854775807 | null | 7"},
    {"ABS(-I)", "INTEGER", "1 | 2147483647 | null | 7"},
    {"GREATEST(N, 2.125)", "DECIMAL(5, 3)", "2.125 | 99.990 | 2.125 | 2.500"},
    {"SQRT(I * 4)", "DOUBLE", "2.0 | NaN | null | 5.291502622129181"},
};

/** @return false, and says why, where the case does not hold: all of them are told. */
static bool run_case(const eval_case *c, fixture *f)
{
    weir_error err = {0};
    wr_expr *e = NULL;
    if (case_compile(c->sql, &f->scope.base, f->a, &e, &err) != WEIR_OK) {
        print_error("%s: %s\n", c->sql, err.message);
        return false;
    }
    const char *type = wr_type_text(f->a, wr_expr_type(e));
    const char *got = fixture_eval(f, e, wr_sel_all(f->batch->rows));
    if (strcmp(type, c->type) == 0 && strcmp(got, c->rows) == 0)
        return true;
    print_error("%s:\n  got      %s %s\n  expected %s %s\n", c->sql, type, got, c->type, c->rows);
    return false;
}

static void test_cases(void **state)
{
    (void)state;
    size_t failed = 0;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        fixture f;
        fixture_init(&f);
        failed += !run_case(&cases[i], &f);
        fixture_free(&f);
    }
    assert_int_equal(failed, 0);
}

/** N rows at once equal N evaluations of one row, and any selection of them. */
static void test_selections(void **state)
{
    (void)state;
    wr_rng rng;
    wr_rng_seed(&rng, 7);
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        fixture f;
        fixture_init(&f);
        weir_error err = {0};
        wr_expr *e = NULL;
        assert_int_equal(case_compile(cases[i].sql, &f.scope.base, f.a, &e, &err), WEIR_OK);
        for (uint32_t mask = 1; mask < 16; mask++) {
            uint32_t rows[4], n = 0;
            for (uint32_t r = 0; r < 4; r++) {
                if (mask >> r & 1)
                    rows[n++] = r;
            }
            char *all = wr_arena_strdup(f.a, fixture_eval(&f, e, (wr_sel){n, rows}));
            wr_buf one_by_one = {0};
            for (uint32_t k = 0; k < n; k++) {
                wr_buf_puts(&one_by_one, k ? " | " : "");
                wr_buf_puts(&one_by_one, fixture_eval(&f, e, (wr_sel){1, &rows[k]}));
            }
            if (strcmp(all, wr_buf_cstr(&one_by_one)) != 0)
                fail_msg("%s: rows %u: %s, one by one: %s", cases[i].sql, mask, all,
                         wr_buf_cstr(&one_by_one));
            wr_buf_free(&one_by_one);
        }
        fixture_free(&f);
    }
}

/** Several expressions in one evaluator: shared parts change nothing. */
static void test_sharing(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f);
    wr_expr *e[WR_ARRAY_LEN(cases)];
    weir_error err = {0};
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++)
        assert_int_equal(case_compile(cases[i].sql, &f.scope.base, f.a, &e[i], &err), WEIR_OK);
    wr_evaluator *ev = wr_evaluator_new((const wr_expr *const *)e, WR_ARRAY_LEN(cases), f.a);
    const wr_vec *out[WR_ARRAY_LEN(cases)];
    case_errors errs = {.base = {.report = case_report}};
    wr_eval_ctx ctx = {.scratch = f.scratch, .errs = &errs.base, .zone = "UTC"};
    wr_evaluator_run(ev, f.batch, NULL, wr_sel_all(4), &ctx, out);
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_buf b = {0};
        const char *want = cases[i].rows;
        for (uint32_t r = 0; r < 4; r++) {
            wr_buf_clear(&b);
            if (*want == '!')
                want++;
            wr_buf_puts(&b, fixture_text(&f, out[i], r));
            wr_buf_puts(&b, r < 3 ? " | " : "");
            if (strncmp(want, wr_buf_cstr(&b), b.len) != 0)
                fail_msg("%s, shared: row %u is %s, expected %s", cases[i].sql, r, wr_buf_cstr(&b),
                         want);
            want += b.len;
        }
        wr_buf_free(&b);
    }
    wr_evaluator_close(ev);
    fixture_free(&f);
}

static void test_filter(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f);
    weir_error err = {0};
    wr_expr *e;
    assert_int_equal(case_compile("I / (I - 1) >= 1", &f.scope.base, f.a, &e, &err), WEIR_OK);
    wr_evaluator *ev = wr_evaluator_new((const wr_expr *const *)&e, 1, f.a);
    case_errors errs = {.base = {.report = case_report}};
    wr_eval_ctx ctx = {.scratch = f.scratch, .errs = &errs.base, .zone = "UTC"};
    wr_sel sel = wr_evaluator_filter(ev, f.batch, NULL, wr_sel_all(4), &ctx);
    assert_int_equal(sel.n, 2);
    assert_int_equal(wr_sel_row(sel, 0), 1);
    assert_int_equal(wr_sel_row(sel, 1), 3);
    assert_int_equal(errs.base.count, 1);
    assert_int_equal(errs.rows[0], 1);
    wr_evaluator_close(ev);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_selections),
        cmocka_unit_test(test_sharing),
        cmocka_unit_test(test_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
