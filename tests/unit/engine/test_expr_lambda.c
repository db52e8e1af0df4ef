/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lambdas: bodies that use parameters, columns of the row and parameters of outer lambdas; failures
 * of elements; and what is refused.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests_expr.h"

/* Rows of the fixture: A is [1, 2], [null], NULL, []; M is {k=1}, {}, NULL, {a=1, b=null}. */
static const struct {
    const char *sql, *rows;
} cases[] = {
    {"TRANSFORM(A, X => 'v')", "[v, v] | [v] | null | []"},
    {"TRANSFORM(A, X => X * 10)", "[10, 20] | null | null | []"}, /* arithmetic on NULL fails */
    {"TRANSFORM(A, X => COALESCE(X, 0) + I)", "[2, 3] | [2147483647] | null | []"},
    {"TRANSFORM(A, X => COALESCE(X + 1, 7))", "[2, 3] | null | null | []"},
    {"TRANSFORM(A, X => COALESCE(ABS(X + 1), 7))", "[2, 3] | [7] | null | []"},
    {"TRANSFORM(A, X => COALESCE(CAST(X + 1 AS INT), 7))", "[2, 3] | [7] | null | []"},
    {"TRANSFORM(A, X => ARRAY[X + 1, 0])", "[[2, 0], [3, 0]] | [[null, 0]] | null | []"},
    {"FILTER(A, X => CAST(X AS STRING) LIKE '1%')", "[1] | !null | null | []"},
    {"FILTER(A, X => X + 1 > 2)", "[2] | !null | null | []"},
    {"FILTER(A, X => X > 1)", "[2] | [] | null | []"},
    {"REDUCE(A, 0, (acc, X) => acc + X)", "3 | null | 0 | 0"},
    {"COALESCE(TRANSFORM(A, X => X + 1), ARRAY[9])", "[2, 3] | [9] | [9] | []"},
    {"ARRAY[TRANSFORM(A, X => X + 1), ARRAY[1]]",
     "[[2, 3], [1]] | [null, [1]] | [null, [1]] | [[], [1]]"},
    {"TRANSFORM(A, X => X / 0)", "!null | null | null | []"},
    {"TRANSFORM(A, X => CASE WHEN X = 1 THEN 'one' ELSE S END)",
     "[one, a] | [\xC3\xA9t\xC3\xA9] | null | []"},
    {"FILTER(A, X => X > 1)", "[2] | [] | null | []"},
    {"FILTER(A, X => X IS NULL OR X = I)", "[1] | [null] | null | []"},
    {"REDUCE(A, 5, (acc, X) => acc + X)", "8 | null | 5 | 5"},
    {"REDUCE(A, L, (acc, X) => acc + COALESCE(X, 1))", "5 | -9223372036854775808 | null | 7"},
    {"REDUCE(ARRAY[1, 2, 3], 0, (acc, X) => acc * 10 + X)", "123 | 123 | 123 | 123"},
    {"TRANSFORM(ARRAY[1, 2], X => TRANSFORM(ARRAY[10, 20], Z => X + Z))",
     "[[11, 21], [12, 22]] | [[11, 21], [12, 22]] | [[11, 21], [12, 22]] | [[11, 21], [12, 22]]"},
    {"TRANSFORM(A, X => REDUCE(A, COALESCE(X, 0), (acc, Z) => acc + COALESCE(Z, 1) + ROWOFFSET % "
     "2))",
     NULL},
    {"TRANSFORM(A, X => REDUCE(A, COALESCE(X, 0), (acc, Z) => acc + COALESCE(Z, I)))",
     "[4, 5] | [2147483647] | null | []"},
    {"TRANSFORM(M, (k, v) => UCASE(k), (k, v) => COALESCE(v, 0) + LEN(k))",
     "{K=2} | {} | null | {A=2, B=1}"},
    {"FILTER(M, (k, v) => v = 1)", "{k=1} | {} | null | {a=1}"},
    {"REDUCE(M, 0, (acc, k, v) => acc + COALESCE(v, 100))", "1 | 0 | 0 | 101"},
    {"COALESCE(TRANSFORM(A, X => X / 0), ARRAY[9])", "![9] | [9] | [9] | []"},
};

static void test_cases(void **state)
{
    (void)state;
    size_t failed = 0;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        fixture f;
        fixture_init(&f);
        weir_error err = {0};
        wr_expr *e = NULL;
        weir_status st = case_compile(cases[i].sql, &f.scope.base, f.a, &e, &err);
        if (!cases[i].rows) {
            failed += st != WEIR_ERR_STATEMENT;
        } else if (st != WEIR_OK) {
            print_error("%s: %s\n", cases[i].sql, err.message);
            failed++;
        } else {
            const char *got = fixture_eval(&f, e, wr_sel_all(FIXTURE_ROWS));
            if (strcmp(got, cases[i].rows) != 0) {
                print_error("%s:\n  got      %s\n  expected %s\n", cases[i].sql, got,
                            cases[i].rows);
                failed++;
            }
        }
        fixture_free(&f);
    }
    assert_int_equal(failed, 0);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *message;
    } errors[] = {
        {"TRANSFORM(A, I => I)", "Lambda function argument can't be a column name: I"},
        {"REDUCE(A, 0, (X, X) => X)", "Lambda function has duplicate argument: X"},
        {"TRANSFORM(ARRAY[A], X => TRANSFORM(X, X => X))",
         "Reusing lambda arguments in nested lambda is not allowed: X"},
        {"TRANSFORM(A, (X, Z) => X)", "Was expecting 1 arguments but found 2"},
        {"REDUCE(A, 0, X => X)", "Was expecting 2 arguments but found 1"},
        {"FILTER(A, X => 1)", "The lambda in function 'FILTER' must return BOOLEAN, but returns "
                              "INTEGER."},
        {"REDUCE(A, 0, (acc, X) => L)",
         "The lambda in function 'REDUCE' must return INTEGER, but returns BIGINT."},
        {"TRANSFORM(A, X => NOPE)", "Column 'NOPE' cannot be resolved."},
        {"ABS(I, X => X)", "Function 'abs' does not accept parameters (INTEGER, LAMBDA)."},
        {"TRANSFORM(S, X => X)",
         "Function 'transform' does not accept parameters (STRING, LAMBDA)."},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(errors); i++) {
        fixture f;
        fixture_init(&f);
        weir_error err = {0};
        wr_expr *e;
        weir_status st = case_compile(errors[i].sql, &f.scope.base, f.a, &e, &err);
        if (st != WEIR_ERR_STATEMENT ||
            strncmp(err.message, errors[i].message, strlen(errors[i].message)) != 0)
            fail_msg("%s: %s", errors[i].sql, err.message);
        assert_true(err.offset >= 0);
        fixture_free(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
