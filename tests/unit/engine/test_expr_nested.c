/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrays, maps and structs in expressions: constructors and their common types, subscripts, fields,
 * and that NULL anywhere on the way gives NULL.
 */
#include "operands.h"

/* clang-format off */
#define INT(v)  {"INT", v}
#define INTS(v) {"ARRAY<INT>", v}
#define IMAP(v) {"MAP<STRING, INT>", v}
/* clang-format on */

static void test_array_subscript(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"X[1]", {INTS("ARRAY[10, 20, 30]")}, "INTEGER", "10"},
        {"X[3]", {INTS("ARRAY[10, 20, 30]")}, "INTEGER", "30"},
        {"X[4]", {INTS("ARRAY[10, 20, 30]")}, "INTEGER", "null"},
        {"X[0]", {INTS("ARRAY[10, 20, 30]")}, "INTEGER", "null"},
        {"X[-1]", {INTS("ARRAY[10, 20, 30]")}, "INTEGER", "30"},
        {"X[-3]", {INTS("ARRAY[10, 20, 30]")}, "INTEGER", "10"},
        {"X[-4]", {INTS("ARRAY[10, 20, 30]")}, "INTEGER", "null"},
        {"X[2147483647]", {INTS("ARRAY[10]")}, "INTEGER", "null"},
        {"X[-2147483648]", {INTS("ARRAY[10]")}, "INTEGER", "null"},
        {"X[2]", {INTS("ARRAY[10, NULL]")}, "INTEGER", "null"},
        {"X[1]", {INTS("NULL")}, "INTEGER", "null"},
        {"X[Y]", {INTS("ARRAY[10, 20]"), INT("2")}, "INTEGER", "20"},
        {"X[Y + 1]", {INTS("ARRAY[10, 20]"), INT("1")}, "INTEGER", "20"},
        {"X[X[1]]", {INTS("ARRAY[2, 7]")}, "INTEGER", "7"},
        {"X[2][1]",
         {{"ARRAY<ARRAY<STRING>>", "ARRAY[ARRAY['a'], ARRAY['b', 'c']]"}},
         "STRING",
         "b"},
        {"X[1][1]", {{"ARRAY<ARRAY<STRING>>", "ARRAY[NULL, ARRAY['b']]"}}, "STRING", "null"},
        {"X[1]['k']", {{"ARRAY<MAP<STRING, INT>>", "ARRAY[MAP('k' := 5)]"}}, "INTEGER", "5"},
        {"ARRAY[X, 2, 3][1]", {INT("9")}, "INTEGER", "9"},
    };
    OPERAND_TABLE(cases);
}

static void test_map_subscript(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"X['a']", {IMAP("MAP('a' := 1, 'b' := 2)")}, "INTEGER", "1"},
        {"X['c']", {IMAP("MAP('a' := 1, 'b' := 2)")}, "INTEGER", "null"},
        {"X['A']", {IMAP("MAP('a' := 1, 'b' := 2)")}, "INTEGER", "null"},
        {"X['']", {IMAP("MAP('' := 1)")}, "INTEGER", "1"},
        {"X['b']", {IMAP("MAP('a' := 1, 'b' := NULL)")}, "INTEGER", "null"},
        {"X['a']", {IMAP("NULL")}, "INTEGER", "null"},
        {"X[Y]", {IMAP("MAP('a' := 1, 'b' := 2)"), {"STRING", "'b'"}}, "INTEGER", "2"},
        {"X[CONCAT(Y, '1')]", {IMAP("MAP('k1' := 7)"), {"STRING", "'k'"}}, "INTEGER", "7"},
        {"X['o']['i']",
         {{"MAP<STRING, MAP<STRING, INT>>", "MAP('o' := MAP('i' := 4))"}},
         "INTEGER",
         "4"},
        {"X['l'][2]", {{"MAP<STRING, ARRAY<INT>>", "MAP('l' := ARRAY[4, 5])"}}, "INTEGER", "5"},
        {"X['k']->f",
         {{"MAP<STRING, STRUCT<f INT>>", "MAP('k' := STRUCT(f := 3))"}},
         "INTEGER",
         "3"},
        {"X['none']->f",
         {{"MAP<STRING, STRUCT<f INT>>", "MAP('k' := STRUCT(f := 3))"}},
         "INTEGER",
         "null"},
    };
    OPERAND_TABLE(cases);
}

static void test_fields(void **state)
{
    (void)state;
#define DEEP "STRUCT<a INT, b STRUCT<c STRING, d ARRAY<INT>>>"
    static const operand_case cases[] = {
        {"X->a",
         {{DEEP, "STRUCT(a := 1, b := STRUCT(c := 'x', d := ARRAY[7, 8]))"}},
         "INTEGER",
         "1"},
        {"X->b->c",
         {{DEEP, "STRUCT(a := 1, b := STRUCT(c := 'x', d := ARRAY[7, 8]))"}},
         "STRING",
         "x"},
        {"X->b->d[2]",
         {{DEEP, "STRUCT(a := 1, b := STRUCT(c := 'x', d := ARRAY[7, 8]))"}},
         "INTEGER",
         "8"},
        {"X->b",
         {{DEEP, "STRUCT(a := 1, b := STRUCT(c := 'x', d := ARRAY[7]))"}},
         "STRUCT<`C` STRING, `D` ARRAY<INTEGER>>",
         "Struct{C=x,D=[7]}"},
        {"X->b->c", {{DEEP, "STRUCT(a := 1)"}}, "STRING", "null"},
        {"X->a", {{DEEP, "STRUCT(b := STRUCT(c := 'x'))"}}, "INTEGER", "null"},
        {"X->b->d[1]", {{DEEP, "NULL"}}, "INTEGER", "null"},
        {"X->`lower`", {{"STRUCT<`lower` INT>", "STRUCT(`lower` := 4)"}}, "INTEGER", "4"},
        {"X->a + X->b", {{"STRUCT<a INT, b BIGINT>", "STRUCT(a := 1, b := 2)"}}, "BIGINT", "3"},
        {"X[1]->a", {{"ARRAY<STRUCT<a INT>>", "ARRAY[STRUCT(a := 6)]"}}, "INTEGER", "6"},
        {"X[2]->a", {{"ARRAY<STRUCT<a INT>>", "ARRAY[STRUCT(a := 6)]"}}, "INTEGER", "null"},
        {"STRUCT(p := X, q := Y)->q", {INT("1"), {"STRING", "'s'"}}, "STRING", "s"},
        {"STRUCT(p := STRUCT(q := X))->p->q", {INT("5")}, "INTEGER", "5"},
    };
    OPERAND_TABLE(cases);
}

static void test_array_constructor(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"ARRAY[X]", {INT("1")}, "ARRAY<INTEGER>", "[1]"},
        {"ARRAY[X]", {INT("NULL")}, "ARRAY<INTEGER>", "[null]"},
        {"ARRAY[X, Y]", {INT("1"), {"BIGINT", "2"}}, "ARRAY<BIGINT>", "[1, 2]"},
        {"ARRAY[X, Y]", {INT("1"), {"DOUBLE", "2.5e0"}}, "ARRAY<DOUBLE>", "[1.0, 2.5]"},
        {"ARRAY[X, Y]",
         {INT("1"), {"DECIMAL(3, 2)", "2.25"}},
         "ARRAY<DECIMAL(12, 2)>",
         "[1.00, 2.25]"},
        {"ARRAY[X, Y]",
         {{"DECIMAL(3, 2)", "2.25"}, {"DECIMAL(5, 1)", "1000.5"}},
         "ARRAY<DECIMAL(6, 2)>",
         "[2.25, 1000.50]"},
        {"ARRAY[X, 2, 3.5]", {INT("1")}, "ARRAY<DECIMAL(11, 1)>", "[1.0, 2.0, 3.5]"},
        {"ARRAY[NULL, X]", {INT("1")}, "ARRAY<INTEGER>", "[null, 1]"},
        {"ARRAY['a', 1, TRUE, 2.50]", {{0}}, "ARRAY<STRING>", "[a, 1, true, 2.50]"},
        {"ARRAY[1, '2', '3000000000']", {{0}}, "ARRAY<BIGINT>", "[1, 2, 3000000000]"},
        {"ARRAY[1, '2.5']", {{0}}, "ARRAY<DECIMAL(11, 1)>", "[1.0, 2.5]"},
        {"ARRAY[TRUE, 'no', 'y']", {{0}}, "ARRAY<BOOLEAN>", "[true, false, true]"},
        {"ARRAY[ARRAY[1], ARRAY[2.5]]", {{0}}, "ARRAY<ARRAY<DECIMAL(11, 1)>>", "[[1.0], [2.5]]"},
        {"ARRAY[MAP('a' := 1), MAP('b' := 3000000000)]",
         {{0}},
         "ARRAY<MAP<STRING, BIGINT>>",
         "[{a=1}, {b=3000000000}]"},
        {"ARRAY[STRUCT(a := 1), STRUCT(b := 'x')]",
         {{0}},
         "ARRAY<STRUCT<`A` INTEGER, `B` STRING>>",
         "[Struct{A=1}, Struct{B=x}]"},
        {"ARRAY[X, X, X]", {{"STRING", "'v'"}}, "ARRAY<STRING>", "[v, v, v]"},
        {"ARRAY[X IS NULL, X = 1]", {INT("1")}, "ARRAY<BOOLEAN>", "[false, true]"},
        {"ARRAY[X]", {{"DATE", "'2020-01-02'"}}, "ARRAY<DATE>", "[2020-01-02]"},
    };
    OPERAND_TABLE(cases);
}

static void test_map_constructor(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"MAP('a' := X)", {INT("1")}, "MAP<STRING, INTEGER>", "{a=1}"},
        {"MAP('a' := X)", {INT("NULL")}, "MAP<STRING, INTEGER>", "{a=null}"},
        {"MAP(X := Y)", {{"STRING", "'k'"}, INT("1")}, "MAP<STRING, INTEGER>", "{k=1}"},
        {"MAP('z' := 1, 'a' := 2)", {{0}}, "MAP<STRING, INTEGER>", "{z=1, a=2}"},
        {"MAP('a' := 1, 'b' := 2.5)", {{0}}, "MAP<STRING, DECIMAL(11, 1)>", "{a=1.0, b=2.5}"},
        {"MAP('a' := NULL, 'b' := X)", {{"BIGINT", "5"}}, "MAP<STRING, BIGINT>", "{a=null, b=5}"},
        {"MAP(1 := 'x', '2' := 'y')", {{0}}, "MAP<INTEGER, STRING>", "{1=x, 2=y}"},
        {"MAP('a' := ARRAY[X])", {INT("1")}, "MAP<STRING, ARRAY<INTEGER>>", "{a=[1]}"},
        {"MAP('a' := MAP('b' := X))", {INT("1")}, "MAP<STRING, MAP<STRING, INTEGER>>", "{a={b=1}}"},
    };
    OPERAND_TABLE(cases);
}

static void test_struct_constructor(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"STRUCT(a := X, b := Y)",
         {INT("1"), {"STRING", "'s'"}},
         "STRUCT<`A` INTEGER, `B` STRING>",
         "Struct{A=1,B=s}"},
        {"STRUCT(`mixed Case` := X)",
         {INT("1")},
         "STRUCT<`mixed Case` INTEGER>",
         "Struct{mixed Case=1}"},
        {"STRUCT(a := X)", {INT("NULL")}, "STRUCT<`A` INTEGER>", "Struct{}"},
        {"STRUCT(a := STRUCT(b := STRUCT(c := X)))",
         {INT("1")},
         "STRUCT<`A` STRUCT<`B` STRUCT<`C` INTEGER>>>",
         "Struct{A=Struct{B=Struct{C=1}}}"},
        {"STRUCT(a := ARRAY[X], m := MAP('k' := X))",
         {INT("1")},
         "STRUCT<`A` ARRAY<INTEGER>, `M` MAP<STRING, INTEGER>>",
         "Struct{A=[1],M={k=1}}"},
        {"STRUCT(a := 1.50, b := 1e0, c := TRUE)",
         {{0}},
         "STRUCT<`A` DECIMAL(3, 2), `B` DOUBLE, `C` BOOLEAN>",
         "Struct{A=1.50,B=1.0,C=true}"},
    };
    OPERAND_TABLE(cases);
}

static void test_refused(void **state)
{
    (void)state;
    static const refused_case cases[] = {
        {"ARRAY[]", "Array constructor cannot be empty", {{0}}},
        {"MAP()", "Map constructor cannot be empty", {{0}}},
        {"ARRAY[NULL]", "Cannot construct an array with all NULL elements", {{0}}},
        {"MAP(NULL := NULL)", "Cannot construct a map with all NULL keys", {{0}}},
        {"MAP('a' := NULL)", "Cannot construct a map with all NULL values", {{0}}},
        {"ARRAY[1, 'x']", "invalid input syntax for type INTEGER: \"x\"", {{0}}},
        {"ARRAY[1, TRUE]", "operator does not exist: INTEGER = BOOLEAN (true)", {{0}}},
        {"ARRAY[TRUE, 1]", "operator does not exist: BOOLEAN = INTEGER (1)", {{0}}},
        {"ARRAY[ARRAY[1], 2]", "operator does not exist: ARRAY<INTEGER> = INTEGER (2)", {{0}}},
        {"MAP('a' := 1, 'b' := TRUE)", "operator does not exist: INTEGER = BOOLEAN (true)", {{0}}},
        {"STRUCT(a := 1, a := 2)", "Duplicate field names found in STRUCT", {{0}}},
        {"STRUCT(a := 1)->b", "Could not find field 'B'", {{0}}},
        {"STRUCT(a := 1)->`a`", "Could not find field 'a'", {{0}}},
        {"ARRAY[1]->a", "Expected STRUCT type, got: ARRAY", {{0}}},
        {"(1)[1]", "A subscript needs an ARRAY or a MAP", {{0}}},
        {"ARRAY[1]['1']", "must be INTEGER", {{0}}},
        {"ARRAY[1][1.5]", "must be INTEGER", {{0}}},
    };
    REFUSED_TABLE(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_array_subscript), cmocka_unit_test(test_map_subscript),
        cmocka_unit_test(test_fields),          cmocka_unit_test(test_array_constructor),
        cmocka_unit_test(test_map_constructor), cmocka_unit_test(test_struct_constructor),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
