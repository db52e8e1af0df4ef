/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an error is: the offset of a refused expression points at the part that is wrong, however
 * deep it stands. In the tables ^ stands before that part; it is taken out before compiling.
 */
#include "operands.h"

typedef struct position_case {
    const char *sql;     /* with ^ before what the error is about */
    const char *message; /* a part of it */
} position_case;

static void check_positions(const position_case *cases, size_t n)
{
    size_t failed = 0;
    for (size_t i = 0; i < n; i++) {
        fixture f;
        fixture_init(&f);
        char *sql = wr_arena_strdup(f.a, cases[i].sql), *mark = strchr(sql, '^');
        assert_non_null(mark);
        memmove(mark, mark + 1, strlen(mark));
        weir_error err = {0};
        wr_expr *e = NULL;
        weir_status st = case_compile(sql, &f.scope.base, f.a, &e, &err);
        if (st == WEIR_OK || err.offset != mark - sql || !strstr(err.message, cases[i].message)) {
            print_error("%s:\n  at %d, not %d: %s\n", cases[i].sql, (int)err.offset,
                        (int)(mark - sql), err.message);
            failed++;
        }
        fixture_free(&f);
    }
    assert_int_equal(failed, 0);
}
#define CHECK_POSITIONS(cases) check_positions((cases), WR_ARRAY_LEN(cases))

static void test_names(void **state)
{
    (void)state;
    static const position_case cases[] = {
        {"^NOPE", "Column 'NOPE' cannot be resolved."},
        {"I + ^NOPE", "Column 'NOPE' cannot be resolved."},
        {"I + L * (2 - ^NOPE)", "Column 'NOPE' cannot be resolved."},
        {"CASE WHEN B THEN I ELSE ^NOPE END", "Column 'NOPE' cannot be resolved."},
        {"CASE WHEN ^NOPE THEN 1 END", "Column 'NOPE' cannot be resolved."},
        {"COALESCE(I, ABS(^NOPE))", "Column 'NOPE' cannot be resolved."},
        {"ARRAY[1, 2, ^NOPE]", "Column 'NOPE' cannot be resolved."},
        {"MAP('a' := 1, 'b' := ^NOPE)", "Column 'NOPE' cannot be resolved."},
        {"STRUCT(x := 1, y := ^NOPE)", "Column 'NOPE' cannot be resolved."},
        {"A[^NOPE]", "Column 'NOPE' cannot be resolved."},
        {"CAST(^NOPE AS INT)", "Column 'NOPE' cannot be resolved."},
        {"I IN (1, ^NOPE)", "Column 'NOPE' cannot be resolved."},
        {"I BETWEEN 1 AND ^NOPE", "Column 'NOPE' cannot be resolved."},
        {"S LIKE ^NOPE", "Column 'NOPE' cannot be resolved."},
        {"^NOPE IS NULL", "Column 'NOPE' cannot be resolved."},
        {"NOT (B AND ^NOPE)", "Column 'NOPE' cannot be resolved."},
        {"TRANSFORM(A, e => e + ^NOPE)", "Column 'NOPE' cannot be resolved."},
        {"I +\n  ^NOPE", "Column 'NOPE' cannot be resolved."},
        {"/* \xC3\xA9 */ ^NOPE", "Column 'NOPE' cannot be resolved."},
        {"'\xC3\xA9' || ^NOPE", "Column 'NOPE' cannot be resolved."},
        {"I + ^NOPE(1)", "Can't find any functions with the name 'NOPE'"},
        {"ABS(^NOPE(I))", "Can't find any functions with the name 'NOPE'"},
        {"CAST(I AS ^NOPE)", "Cannot resolve unknown type: NOPE"},
        {"CAST(A AS ARRAY<^NOPE>)", "Cannot resolve unknown type: NOPE"},
    };
    CHECK_POSITIONS(cases);
}

static void test_calls(void **state)
{
    (void)state;
    static const position_case cases[] = {
        {"^ABS(S)", "Function 'abs' does not accept parameters (STRING)."},
        {"1 + ^ABS(S)", "Function 'abs' does not accept parameters (STRING)."},
        {"COALESCE(1, ^LEN(I))", "Function 'len' does not accept parameters (INTEGER)."},
        {"B AND ^LEN(I) > 1", "Function 'len' does not accept parameters (INTEGER)."},
        {"CASE WHEN B THEN ^LEN(I) END", "Function 'len' does not accept parameters (INTEGER)."},
        {"ARRAY[LEN(S), ^LEN(I)]", "Function 'len' does not accept parameters (INTEGER)."},
        {"TRANSFORM(A, e => ^LEN(e))", "Function 'len' does not accept parameters (INTEGER)."},
        {"I + ^SUM(I)", "Aggregate functions are not allowed here"},
        {"ABS(^COUNT(*))", "Aggregate functions are not allowed here"},
    };
    CHECK_POSITIONS(cases);
}

static void test_operators(void **state)
{
    (void)state;
    static const position_case cases[] = {
        {"^S - 1", "Unsupported arithmetic types."},
        {"I = 1 OR ^I > S", "Cannot compare I (INTEGER) to S (STRING) with GREATER_THAN."},
        {"B AND NOT ^I > S", "Cannot compare I (INTEGER) to S (STRING)"},
        {"B AND ^I", "AND needs BOOLEAN operands, but got INTEGER."},
        {"B OR ^S", "OR needs BOOLEAN operands, but got STRING."},
        {"I IN (1, ^TRUE)", "operator does not exist: INTEGER = BOOLEAN (true)"},
        {"ARRAY[1, ^TRUE]", "operator does not exist: INTEGER = BOOLEAN (true)"},
        {"CASE WHEN ^I THEN 1 END", "When operand type should be BOOLEAN"},
        {"CASE WHEN B THEN 1 WHEN B THEN ^'x' END", "Type for all 'THEN' clauses"},
        {"CASE WHEN B THEN 1 ELSE ^'x' END", "Type for the default clause"},
        {"A[^S]", "must be INTEGER"},
        {"R->^NOPE", "Could not find field 'NOPE'"},
        {"1 + R->^NOPE", "Could not find field 'NOPE'"},
        {"STRUCT(x := 1, ^x := 2)", "Duplicate field names found in STRUCT"},
        {"I + ^CAST(Y AS INT)", "Cast of BYTES to INTEGER is not supported"},
        {"ABS(^CAST(A AS INT))", "Cast of ARRAY<INTEGER> to INTEGER is not supported"},
    };
    CHECK_POSITIONS(cases);
}

static void test_lambdas(void **state)
{
    (void)state;
    static const position_case cases[] = {
        {"TRANSFORM(A, ^I => I)", "Lambda function argument can't be a column name: I"},
        {"REDUCE(A, 0, (x, ^x) => x)", "Lambda function has duplicate argument: X"},
        {"TRANSFORM(ARRAY[A], x => TRANSFORM(x, ^x => x))",
         "Reusing lambda arguments in nested lambda is not allowed: X"},
        {"I + ^REDUCE(A, 0, x => x)", "Was expecting 2 arguments but found 1"},
        {"ARRAY_LENGTH(^FILTER(A, x => x))", "must return BOOLEAN, but returns INTEGER."},
    };
    CHECK_POSITIONS(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_operators),
        cmocka_unit_test(test_lambdas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
