/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays, maps, lambdas, table functions: array.c, map_functions.c, lambda.c, table_functions.c,
 * value_set.c. */
#include "fn_test.h"

#include <math.h>

#define INT       (&wr_type_integer)
#define STRING    (&wr_type_string)
#define INTS(...) ARR(INT, __VA_ARGS__)
#define NO_INTS   EMPTY_ARR(INT)
#define NI        NUL(INT)
#define NULL_INTS NUL(wr_type_array(fn_arena, INT))
#define NULL_MAP  NUL(wr_type_map(fn_arena, STRING, INT))

static void test_membership(void **state)
{
    (void)state;
    check("ARRAY_LENGTH", "2", INTS(I(1), NI));
    check("ARRAY_LENGTH", "NULL", NULL_INTS);
    check("ARRAY_CONTAINS", "true", INTS(I(1), I(2)), I(2));
    check("ARRAY_CONTAINS", "true", INTS(I(1), NI), NI);
    check("ARRAY_CONTAINS", "false", INTS(I(1)), NUL(&wr_type_null));
    check("ARRAY_CONTAINS", "false", NULL_INTS, I(1));
    check("ARRAY_CONTAINS", "true", ARR(wr_type_array(fn_arena, INT), INTS(I(1)), INTS(I(2))),
          INTS(I(2)));
    check("ARRAY_REMOVE", "[2]", INTS(I(1), I(2), I(1)), I(1));
    check("ARRAY_REMOVE", "[1]", INTS(I(1), NI), NI);
    check("ARRAY_REMOVE", "NULL", NULL_INTS, I(1));
}

static void test_sets(void **state)
{
    (void)state;
    check("ARRAY_CONCAT", "[1, 2, 2]", INTS(I(1), I(2)), INTS(I(2)));
    check("ARRAY_CONCAT", "[2]", NULL_INTS, INTS(I(2)));
    check("ARRAY_CONCAT", "[2]", INTS(I(2)), NULL_INTS);
    check("ARRAY_CONCAT", "NULL", NULL_INTS, NULL_INTS);
    check("ARRAY_DISTINCT", "[1, null, 2]", INTS(I(1), NI, I(1), I(2), NI));
    check("ARRAY_EXCEPT", "[0, -1]", INTS(I(0), I(0), I(1), I(0), I(-1)), INTS(I(1), I(-2)));
    check("ARRAY_EXCEPT", "[1]", INTS(NI, I(1)), INTS(NI));
    check("ARRAY_EXCEPT", "NULL", INTS(I(1)), NULL_INTS);
    check("ARRAY_INTERSECT", "[0, 1]", INTS(I(0), I(0), I(1), I(-1)), INTS(I(1), I(-2), I(0)));
    check("ARRAY_INTERSECT", "[]", NO_INTS, INTS(I(1)));
    check("ARRAY_UNION", "[1, 2, null, 3]", INTS(I(1), I(2), NI), INTS(I(2), I(3), NI));
    tv many[300];
    for (int k = 0; k < 300; k++)
        many[k] = I(k % 150);
    tv list = array_of(INT, 300, many);
    char *distinct = fn_eval("ARRAY_DISTINCT", &list, 1, NULL);
    assert_non_null(strstr(distinct, "148, 149]"));
}

static void test_order(void **state)
{
    (void)state;
    check("ARRAY_MAX", "3", INTS(I(1), NI, I(3)));
    check("ARRAY_MIN", "1", INTS(I(3), NI, I(1)));
    check("ARRAY_MAX", "NULL", INTS(NI));
    check("ARRAY_MIN", "NULL", NO_INTS);
    check("ARRAY_MAX", "NaN", ARR(&wr_type_double, D(1), D(NAN)));
    check("ARRAY_MIN", "error", ARR(wr_type_array(fn_arena, INT), INTS(I(1))));
    check("ARRAY_SORT", "[-1, 0, 0, 1, null]", INTS(I(0), NI, I(1), I(0), I(-1)));
    check("ARRAY_SORT", "[1, 0, -1, null]", INTS(NI, I(0), I(1), I(-1)), S("Desc"));
    check("ARRAY_SORT", "[F, Food, fo, foo]", ARR(STRING, S("foo"), S("fo"), S("Food"), S("F")),
          S("ascending"));
    check("ARRAY_SORT", "NULL", INTS(I(1)), S("up"));
    check("ARRAY_SORT", "[]", NO_INTS);
    /* What has no order can be sorted as long as nothing is to be compared. */
    const wr_type *ints = wr_type_array(fn_arena, INT);
    check("ARRAY_SORT", "[[2, 1]]", ARR(ints, INTS(I(2), I(1))));
    check("ARRAY_SORT", "[[1], null, null]", ARR(ints, NUL(ints), INTS(I(1)), NUL(ints)),
          S("DESC"));
    check("ARRAY_SORT", "[null, null]", ARR(ints, NUL(ints), NUL(ints)));
    check("ARRAY_SORT", "error", ARR(ints, INTS(I(1)), NUL(ints), INTS(I(1))));
    check("ARRAY_SORT", "NULL", ARR(ints, INTS(I(1)), INTS(I(2))), S("up"));
}

static void test_join_slice_series(void **state)
{
    (void)state;
    check("ARRAY_JOIN", "1,null,2", INTS(I(1), NI, I(2)));
    check("ARRAY_JOIN", "1.23 | -23.42", ARR(&wr_type_double, D(1.23), D(-23.42)), S(" | "));
    check("ARRAY_JOIN", "12", INTS(I(1), I(2)), NUL(STRING));
    check("ARRAY_JOIN", "NULL", NULL_INTS, S(","));
    check("ARRAY_JOIN", "error", ARR(&wr_type_date, DT(1)));
    check("SLICE", "[2, 3]", INTS(I(1), I(2), I(3)), I(2), I(3));
    check("SLICE", "[1, 2]", INTS(I(1), I(2)), NI, NI);
    check("SLICE", "[]", INTS(I(1), I(2)), I(2), I(1));
    check("SLICE", "error", INTS(I(1), I(2), I(3)), I(3), I(1));
    check("SLICE", "NULL", INTS(I(1)), I(0), I(1));
    check("SLICE", "NULL", INTS(I(1)), I(1), I(2));
    check("SLICE", "NULL", NULL_INTS, I(1), I(2));
    check("GENERATE_SERIES", "[1, 2, 3]", I(1), I(3));
    check("GENERATE_SERIES", "[3, 2, 1]", L(3), L(1));
    check("GENERATE_SERIES", "[1, 4, 7]", I(1), I(8), I(3));
    check("GENERATE_SERIES", "[5]", I(5), I(5), I(-3));
    check("GENERATE_SERIES", "[9223372036854775806, 9223372036854775807]", L(INT64_MAX - 1),
          L(INT64_MAX), I(1));
    check("GENERATE_SERIES", "error", L(INT64_MIN), L(INT64_MAX), I(1));
    check("GENERATE_SERIES", "error", I(1), I(8), I(-3));
    check("GENERATE_SERIES", "error", I(1), I(8), I(0));
    check("GENERATE_SERIES", "error", I(1), NI);
    check("AS_VALUE", "x", S("x"));
    check("AS_VALUE", "NULL", NUL(STRING));
}

static void test_maps(void **state)
{
    (void)state;
    tv map = MAP(INT, S("b"), I(2), S("a"), I(1), S("c"), NI);
    check("MAP_KEYS", "[b, a, c]", map);
    check("MAP_VALUES", "[2, 1, null]", map);
    check("MAP_UNION", "{b=9, a=1, c=null, d=4}", map, MAP(INT, S("b"), I(9), S("d"), I(4)));
    check("MAP_UNION", "{b=9}", NULL_MAP, MAP(INT, S("b"), I(9)));
    check("MAP_UNION", "NULL", NULL_MAP, NULL_MAP);
    check("AS_MAP", "{a=3, b=null}", ARR(STRING, S("a"), S("b"), S("a")), INTS(I(1), NI, I(3)));
    check("AS_MAP", "{a=1, b=null}", ARR(STRING, S("a"), S("b")), INTS(I(1)));
    check("ENTRIES", "[Struct{K=a,V=1}, Struct{K=b,V=2}, Struct{K=c}]", map, B(true));
    check("ENTRIES", "[Struct{K=b,V=2}, Struct{K=a,V=1}, Struct{K=c}]", map, B(false));
    check("ENTRIES", "NULL", NULL_MAP, B(false));
    check("ENTRIES", "error", map, NUL(&wr_type_boolean));
}

/* ---- lambdas ---- */

static wr_value plus_one(wr_arena *a, const wr_value *p, bool *failed)
{
    (void)a;
    *failed = p[0].null;
    return p[0].null ? WR_VALUE_NULL : wr_value_i32(p[0].u.i32 + 1);
}
static wr_value above_one(wr_arena *a, const wr_value *p, bool *failed)
{
    (void)a, (void)failed;
    return p[0].null ? WR_VALUE_NULL : wr_value_bool(p[0].u.i32 > 1);
}
static wr_value entry_above_one(wr_arena *a, const wr_value *p, bool *failed)
{
    (void)a, (void)failed;
    return wr_value_bool(p[1].null || p[1].u.i32 > 1);
}
static wr_value key_again(wr_arena *a, const wr_value *p, bool *failed)
{
    (void)failed;
    return wr_value_str(wr_str_c(wr_arena_printf(a, WR_STR_FMT "!", WR_STR_ARG(p[0].u.str))));
}
static wr_value same_key(wr_arena *a, const wr_value *p, bool *failed)
{
    (void)a, (void)p, (void)failed;
    return wr_value_str(WR_STR("k"));
}
static wr_value entry_value(wr_arena *a, const wr_value *p, bool *failed)
{
    (void)a, (void)failed;
    return p[1];
}
static wr_value minus(wr_arena *a, const wr_value *p, bool *failed)
{
    (void)a, (void)failed;
    return p[0].null || p[1].null ? WR_VALUE_NULL : wr_value_i32(10 * p[0].u.i32 + p[1].u.i32);
}
static wr_value minus_entry(wr_arena *a, const wr_value *p, bool *failed)
{
    return minus(a, (wr_value[]){p[0], p[2]}, failed);
}

static void with_lambda(uint32_t n, fn_body body, const wr_type *ret, fn_body second,
                        const wr_type *second_ret)
{
    fn_lambdas[0] = (fn_lambda){body, ret};
    fn_lambdas[1] = (fn_lambda){second, second_ret};
    fn_lambdas_n = n;
}
#define check_lambda(name, expected, params, ...)                                                  \
    fn_check(__FILE__, __LINE__, (name), (expected), (tv[]){__VA_ARGS__}, fn_count(__VA_ARGS__),   \
             (const int[]){(params), (params)})

static void test_transform(void **state)
{
    (void)state;
    with_lambda(1, plus_one, INT, NULL, NULL);
    check_lambda("TRANSFORM", "[2, 3]", 1, INTS(I(1), I(2)));
    check_lambda("TRANSFORM", "[]", 1, NO_INTS);
    check_lambda("TRANSFORM", "NULL", 1, NULL_INTS);
    with_lambda(2, key_again, STRING, entry_value, INT);
    check_lambda("TRANSFORM", "{a!=1, b!=2}", 2, MAP(INT, S("a"), I(1), S("b"), I(2)));
    check_lambda("TRANSFORM", "error", 2, MAP(INT, S("a"), NI));
    with_lambda(2, same_key, STRING, entry_value, INT);
    check_lambda("TRANSFORM", "error", 2, MAP(INT, S("a"), I(1), S("b"), I(2)));
    fn_lambdas_n = 0;
}

static void test_filter(void **state)
{
    (void)state;
    with_lambda(1, above_one, &wr_type_boolean, NULL, NULL);
    check_lambda("FILTER", "[2, 3]", 1, INTS(I(1), I(2), I(3)));
    check_lambda("FILTER", "error", 1, INTS(I(2), NI));
    check_lambda("FILTER", "NULL", 1, NULL_INTS);
    with_lambda(1, entry_above_one, &wr_type_boolean, NULL, NULL);
    check_lambda("FILTER", "{b=2}", 2, MAP(INT, S("a"), I(1), S("b"), I(2)));
    check_lambda("FILTER", "error", 2, MAP(INT, S("a"), NI));
    fn_lambdas_n = 0;
}

static void test_reduce(void **state)
{
    (void)state;
    with_lambda(1, minus, INT, NULL, NULL);
    check_lambda("REDUCE", "9123", 2, INTS(I(1), I(2), I(3)), I(9));
    check_lambda("REDUCE", "NULL", 2, INTS(I(1), NI, I(3)), I(9));
    check_lambda("REDUCE", "9", 2, NO_INTS, I(9));
    check_lambda("REDUCE", "9", 2, NULL_INTS, I(9));
    check_lambda("REDUCE", "NULL", 2, INTS(I(1)), NI);
    with_lambda(1, minus_entry, INT, NULL, NULL);
    check_lambda("REDUCE", "912", 3, MAP(INT, S("a"), I(1), S("b"), I(2)), I(9));
    fn_lambdas_n = 0;
}

static void test_table_functions(void **state)
{
    (void)state;
    check("EXPLODE", "[1, null]", INTS(I(1), NI));
    check("EXPLODE", "NULL", NULL_INTS);
    check("CUBE_EXPLODE", "[[null, null], [null, 2], [1, null], [1, 2]]", INTS(I(1), I(2)));
    check("CUBE_EXPLODE", "[[null, null], [1, null]]", INTS(I(1), NI));
    check("CUBE_EXPLODE", "[[]]", NO_INTS);
    tv many[21];
    for (int k = 0; k < 21; k++)
        many[k] = I(k);
    check("CUBE_EXPLODE", "error", array_of(INT, 21, many));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fn_test(test_membership), fn_test(test_sets),      fn_test(test_order),
        fn_test(test_maps),       fn_test(test_transform), fn_test(test_join_slice_series),
        fn_test(test_filter),     fn_test(test_reduce),    fn_test(test_table_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
