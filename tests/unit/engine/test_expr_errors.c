/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions that are refused: the text that users and client tests look for, and the place.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests_expr.h"

typedef struct error_case {
    const char *sql;
    int64_t offset;
    const char *message; /* the message starts so */
} error_case;

static const error_case cases[] = {
    {"X + 1", 0, "Column 'X' cannot be resolved."},
    {"T.I", 0, "'T' is not a valid stream/table name or alias."},
    {"WINDOWSTART", 0, "Column 'WINDOWSTART' cannot be resolved."},
    {"true + 1.5", 0,
     "Error processing expression: (true + 1.5). Unsupported arithmetic types. BOOLEAN DECIMAL"},
    {"1 + null", 0,
     "Error processing expression: (1 + null). Arithmetic on types INTEGER and null are not "
     "supported."},
    {"5.0 / null", 0,
     "Error processing expression: (5.0 / null). Arithmetic on types DECIMAL(2, 1) and null are "
     "not supported."},
    {"null * null", 0,
     "Error processing expression: (null * null). Arithmetic on types null and null are not "
     "supported."},
    {"S - 'x'", 0, "Error processing expression: (S - 'x'). Unsupported arithmetic types."},
    {"-S", 0, "Error processing expression: "},
    {"S = 11", 0, "Cannot compare S (STRING) to 11 (INTEGER) with EQUAL.\nStatement: (S = 11)"},
    {"1 = 1 AND I > '10'", 10, "Cannot compare I (INTEGER) to '10' (STRING) with GREATER_THAN."},
    {"M < M", 0,
     "Cannot compare M (MAP<STRING, INTEGER>) to M (MAP<STRING, INTEGER>) with LESS_THAN."},
    {"B < B", 0, "Cannot compare B (BOOLEAN) to B (BOOLEAN) with LESS_THAN."},
    {"TM = TS", 0, "Cannot compare TM (TIME) to TS (TIMESTAMP) with EQUAL."},
    {"I BETWEEN '10' AND '20'", 0,
     "Cannot compare I (INTEGER) to '10' (STRING) with GREATER_THAN_OR_EQUAL"},
    {"TM BETWEEN 0 AND 2", 0, "Cannot compare TM (TIME) to 0 (INTEGER) with GREATER_THAN_OR_EQUAL"},
    {"S >= 10", 0, "Cannot compare S (STRING) to 10 (INTEGER) with GREATER_THAN_OR_EQUAL"},
    {"N > '10'", 0, "Cannot compare N (DECIMAL(4, 2)) to '10' (STRING) with GREATER_THAN"},
    {"Y > 1", 0, "Cannot compare Y (BYTES) to 1 (INTEGER) with GREATER_THAN"},
    {"NULL <> NULL", 0, "Comparison with NULL not supported: NULL <> NULL\nUse 'IS NULL' or"},
    {"I = NULL", 0,
     "Comparison with NULL not supported: INTEGER = NULL\nUse 'IS NULL' or 'IS NOT NULL' "
     "instead.\nStatement: (I = null)"},
    {"ROWTIME > 'soon'", 10,
     "Failed to parse timestamp 'soon': Text 'soon-01-01T00:00:00.000' could not be parsed at "
     "index "
     "0"},
    {"ROWTIME > '2020-x'", 10,
     "Failed to parse timestamp '2020-x': Text '2020-x-01T00:00:00.000' could not be parsed at "
     "index 5"},
    {"ROWTIME > '2020-13'", 10,
     "Failed to parse timestamp '2020-13': Text '2020-13-01T00:00:00.000' could not be parsed: "
     "Invalid value for MonthOfYear (valid values 1 - 12): 13"},
    {"ROWTIME > '2020-01-01T1:2'", 10,
     "Failed to parse timestamp '2020-01-01T1:2': Text '2020-01-01T1:200:00.000' could not be "
     "parsed at index 11"},
    {"ROWTIME > '2020-01-01T01:02:03.0045'", 10,
     "Failed to parse timestamp '2020-01-01T01:02:03.0045': Text '2020-01-01T01:02:03.0045' could "
     "not be parsed, unparsed text found at index 23"},
    {"B IN (true, 'Not a boolean')", 12,
     "Invalid Predicate: invalid input syntax for type BOOLEAN: \"Not a boolean\"."},
    {"B IN (true, 10)", 12,
     "Invalid Predicate: operator does not exist: BOOLEAN = INTEGER (10)\nHint: You might need to "
     "add explicit type casts."},
    {"B IN (true, S)", 12, "Invalid Predicate: operator does not exist: BOOLEAN = STRING (S)"},
    {"I IN (10, true)", 10, "Invalid Predicate: operator does not exist: INTEGER = BOOLEAN (true)"},
    {"D IN (10.0, 'ten')", 12, "Invalid Predicate: invalid input syntax for type DOUBLE: \"ten\"."},
    {"N IN (10, S)", 10, "Invalid Predicate: operator does not exist: DECIMAL(12, 2) = STRING (S)"},
    {"M IN (10)", 6,
     "Invalid Predicate: operator does not exist: MAP<STRING, INTEGER> = INTEGER (10)"},
    {"M IN (MAP('10' := 'not 10'))", 6,
     "Invalid Predicate: invalid input syntax for type INTEGER: \"not 10\""},
    {"I LIKE 'x'", 0, "LIKE needs STRING operands"},
    {"B AND NULL", 6, "Error processing expression: null. AND needs BOOLEAN operands, but got "},
    {"NULL OR B", 0, "Error processing expression: null. OR needs BOOLEAN operands, but got "},
    {"NOT NULL", 4, "Error processing expression: null. NOT needs BOOLEAN operands, but got "},
    {"STRUCT(F := 1, G := NULL)", 20, "Cannot construct a struct with NULL for field 'G'"},
    {"COALESCE(L, I)", 0, "Function 'COALESCE' does not accept parameters (BIGINT, INTEGER)."},
    {"COALESCE(N, 1.5)", 0,
     "Function 'COALESCE' does not accept parameters (DECIMAL(4, 2), DECIMAL(2, 1))."},
    {"IFNULL(DT, '2020-01-01')", 0, "Function 'IFNULL' does not accept parameters (DATE, STRING)."},
    {"NULLIF(L, 1)", 0, "Function 'NULLIF' does not accept parameters (BIGINT, INTEGER)."},
    {"IFNULL(I, NULL)", 0, "Function 'IFNULL' does not accept parameters (INTEGER, null)."},
    {"COALESCE(NULL, 1)", 0, "Function 'COALESCE' does not accept parameters (null, INTEGER)."},
    {"ARRAY_CONTAINS(ARRAY[1.5e0], 1.5)", 0,
     "Function 'ARRAY_CONTAINS' does not accept parameters (ARRAY<DOUBLE>, DECIMAL(2, 1))."},
    {"ARRAY_REMOVE(A, NULL)", 0, "Function 'array_remove' does not accept parameters"},
    {"ARRAY_SORT(A, NULL)", 0, "Function 'array_sort' does not accept parameters"},
    {"MAP_UNION(M, NULL)", 0, "Function 'MAP_UNION' does not accept parameters"},
    {"TRANSFORM(A, X => NULL)", 0, "The lambda in function 'TRANSFORM' must return "},
    {"I AND B", 0, "Error processing expression: I. AND needs BOOLEAN operands, but got INTEGER."},
    {"CASE WHEN B THEN 1 WHEN B THEN 'a' END", 31,
     "Invalid Case expression. Type for all 'THEN' clauses should be the same."},
    {"CASE WHEN B THEN 1 ELSE 'a' END", 24,
     "Invalid Case expression. Type for the default clause should be the same as for 'THEN' "
     "clauses."},
    {"CASE WHEN B THEN null ELSE null END", 0,
     "Invalid Case expression. All case branches have NULL type"},
    {"CASE WHEN I THEN 1 END", 10, "When operand type should be BOOLEAN"},
    {"CAST(S AS MAP<STRING, INTEGER>)", 0,
     "Cast of STRING to MAP<STRING, INTEGER> is not supported"},
    {"CAST(Y AS STRING)", 0, "Cast of BYTES to STRING is not supported"},
    {"CAST(S AS NOPE)", 10, "Cannot resolve unknown type: NOPE"},
    {"CAST(S AS DECIMAL(0, 0))", 10, "DECIMAL precision must be >= 1"},
    {"CAST(S AS DECIMAL(2, 3))", 10, "DECIMAL precision must be >= scale"},
    {"R->NOPE", 3, "Could not find field 'NOPE' in 'R'."},
    {"I->X", 0, "Expected STRUCT type, got: INTEGER"},
    {"S[1]", 0, "A subscript needs an ARRAY or a MAP"},
    {"A['x']", 2, "The subscript of A must be INTEGER"},
    {"ARRAY[]", 0, "Array constructor cannot be empty. Please supply at least one element (see "},
    {"ARRAY[NULL, NULL]", 0, "Cannot construct an array with all NULL elements"},
    {"ARRAY[1, 'not a number']", 9, "invalid input syntax for type INTEGER: \"not a number\""},
    {"MAP()", 0,
     "Map constructor cannot be empty. Please supply at least one key value pair (see "},
    {"MAP('k' := NULL)", 0, "Cannot construct a map with all NULL values"},
    {"STRUCT(X := 1, X := 2)", 15, "Duplicate field names found in STRUCT"},
    {"NOPE(1)", 0, "Can't find any functions with the name 'NOPE'"},
    {"COALESCE()", 0,
     "Function 'COALESCE' does not accept parameters ().\nValid alternatives are:"},
    {"GREATEST(I, L)", 0,
     "Function 'greatest' cannot be resolved due to ambiguous method parameters (INTEGER, "
     "BIGINT)."},
    {"GREATEST(S, I)", 0, "Function 'greatest' does not accept parameters (STRING, INTEGER)."},
    {"I + ABS(S)", 4, "Function 'abs' does not accept parameters (STRING)."},
    {"SUM(I)", 0, "Aggregate functions are not allowed here: SUM(I)"},
};

static void test_cases(void **state)
{
    (void)state;
    size_t failed = 0;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        const error_case *c = &cases[i];
        fixture f;
        fixture_init(&f);
        weir_error err = {0};
        wr_expr *e = NULL;
        weir_status st = case_compile(c->sql, &f.scope.base, f.a, &e, &err);
        if (st != WEIR_ERR_STATEMENT || err.offset != c->offset ||
            strncmp(err.message, c->message, strlen(c->message)) != 0) {
            print_error("%s:\n  got      %d at %lld: %s\n  expected at %lld: %s\n", c->sql, (int)st,
                        (long long)err.offset, err.message, (long long)c->offset, c->message);
            failed++;
        }
        fixture_free(&f);
    }
    assert_int_equal(failed, 0);
}

/** What may stand for what (dialect.md section 5), with and without being a literal. */
static void test_coercions(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    const wr_type *dec42 = wr_type_decimal(a, 4, 2), *dec122 = wr_type_decimal(a, 12, 2);
    assert_true(wr_expr_can_coerce(&wr_type_integer, &wr_type_bigint, WR_COERCE_STRICT, false));
    assert_false(wr_expr_can_coerce(&wr_type_bigint, &wr_type_integer, WR_COERCE_LAX, true));
    assert_false(wr_expr_can_coerce(&wr_type_integer, dec42, WR_COERCE_STRICT, false));
    assert_true(wr_expr_can_coerce(&wr_type_integer, dec42, WR_COERCE_STRICT, true));
    assert_true(wr_expr_can_coerce(&wr_type_integer, dec122, WR_COERCE_STRICT, false));
    assert_true(wr_expr_can_coerce(dec42, dec122, WR_COERCE_STRICT, false));
    assert_false(wr_expr_can_coerce(dec122, dec42, WR_COERCE_STRICT, false));
    assert_true(wr_expr_can_coerce(dec42, &wr_type_double, WR_COERCE_STRICT, false));
    assert_true(wr_expr_can_coerce(&wr_type_string, &wr_type_date, WR_COERCE_STRICT, true));
    assert_false(wr_expr_can_coerce(&wr_type_string, &wr_type_date, WR_COERCE_STRICT, false));
    assert_false(wr_expr_can_coerce(&wr_type_string, &wr_type_integer, WR_COERCE_STRICT, true));
    assert_true(wr_expr_can_coerce(&wr_type_string, &wr_type_integer, WR_COERCE_LAX, true));
    assert_true(wr_expr_can_coerce(&wr_type_boolean, &wr_type_string, WR_COERCE_LAX, true));
    assert_true(wr_expr_can_coerce(wr_type_array(a, &wr_type_integer),
                                   wr_type_array(a, &wr_type_bigint), WR_COERCE_STRICT, false));
    wr_arena_free(a);
}

/** A literal is coerced by value: 1.50 fits DECIMAL(3, 1), 1.55 does not. */
static void test_literal_values(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f);
    const wr_type *dec = wr_type_decimal(f.a, 3, 1);
    weir_error err = {0};
    wr_expr *e, *out;
    assert_int_equal(case_compile("1.50", &f.scope.base, f.a, &e, &err), WEIR_OK);
    assert_int_equal(wr_expr_coerce(e, dec, WR_COERCE_STRICT, f.a, &out, &err), WEIR_OK);
    assert_string_equal(case_text(f.a, dec, wr_expr_constant(out)), "1.5");
    assert_int_equal(case_compile("1.55", &f.scope.base, f.a, &e, &err), WEIR_OK);
    assert_int_equal(wr_expr_coerce(e, dec, WR_COERCE_STRICT, f.a, &out, &err), WEIR_ERR_STATEMENT);
    assert_int_equal(case_compile("I", &f.scope.base, f.a, &e, &err), WEIR_OK);
    assert_int_equal(wr_expr_coerce(e, &wr_type_string, WR_COERCE_LAX, f.a, &out, &err),
                     WEIR_ERR_STATEMENT);
    assert_string_equal(err.message, "Expected type STRING but got INTEGER.");
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_coercions),
        cmocka_unit_test(test_literal_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
