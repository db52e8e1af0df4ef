/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions on arrays and maps against models on arrays of C: random small arrays with NULLs and
 * values that repeat; and the bounds of SLICE, GENERATE_SERIES and subscripts as tables.
 */
#include "operands.h"

#include <stdlib.h>

enum { ITEMS_MAX = 64, ROUNDS = 80, NONE = 1000 /* stands for NULL */ };

typedef struct items {
    int v[ITEMS_MAX];
    int n;
} items;

static items random_items(wr_rng *r)
{
    items t = {.n = (int)wr_rng_below(r, 8)};
    for (int i = 0; i < t.n; i++) {
        int v = (int)wr_rng_below(r, 6);
        t.v[i] = v == 5 ? NONE : v - 2;
    }
    return t;
}

static void add(items *t, int v)
{
    t->v[t->n++] = v;
}

static bool has(const items *t, int v)
{
    for (int i = 0; i < t->n; i++) {
        if (t->v[i] == v)
            return true;
    }
    return false;
}

static const char *value_text(wr_arena *a, int v)
{
    return v == NONE ? "null" : wr_arena_printf(a, "%d", v);
}

/** "[1, null]" as a result, and "ARRAY[1, NULL]" as an operand. */
static const char *result_text(wr_arena *a, const items *t)
{
    const char *text = "";
    for (int i = 0; i < t->n; i++)
        text = wr_arena_printf(a, "%s%s%s", text, i ? ", " : "", value_text(a, t->v[i]));
    return wr_arena_printf(a, "[%s]", text);
}

static operand array_operand(wr_arena *a, const items *t)
{
    /* There is no constructor of an empty array, nor of one with NULLs alone: a part of a larger
     * one is taken. */
    items with_end = *t;
    add(&with_end, 99);
    const char *all = result_text(a, &with_end);
    return (operand){"ARRAY<INT>",
                     wr_arena_printf(a, "FILTER(ARRAY%s, e => e IS NULL OR e <> 99)", all)};
}

static operand int_operand(wr_arena *a, int v)
{
    return (operand){"INT", v == NONE ? "NULL" : wr_arena_printf(a, "%d", v)};
}

static const char *boolean(bool b)
{
    return b ? "true" : "false";
}

/* ---- the model ---- */

static items model_distinct(const items *t)
{
    items out = {0};
    for (int i = 0; i < t->n; i++) {
        if (!has(&out, t->v[i]))
            add(&out, t->v[i]);
    }
    return out;
}

static items model_concat(const items *x, const items *y)
{
    items out = *x;
    for (int i = 0; i < y->n; i++)
        add(&out, y->v[i]);
    return out;
}

/** The distinct items of @p x that are in @p y, or that are not. */
static items model_among(const items *x, const items *y, bool in)
{
    items d = model_distinct(x), out = {0};
    for (int i = 0; i < d.n; i++) {
        if (has(y, d.v[i]) == in)
            add(&out, d.v[i]);
    }
    return out;
}

static items model_remove(const items *t, int v)
{
    items out = {0};
    for (int i = 0; i < t->n; i++) {
        if (t->v[i] != v)
            add(&out, t->v[i]);
    }
    return out;
}

static int up(const void *x, const void *y)
{
    return *(const int *)x - *(const int *)y;
}
/** NULLs last here too: NONE is above all values, so it is taken out and put back. */
static int down(const void *x, const void *y)
{
    return up(y, x);
}

static items model_sort(const items *t, bool ascending)
{
    items out = model_remove(t, NONE);
    qsort(out.v, (size_t)out.n, sizeof out.v[0], ascending ? up : down);
    while (out.n < t->n)
        add(&out, NONE);
    return out;
}

/* ---- random arrays ---- */

static void check_one(wr_arena *a, wr_rng *r)
{
    items t = random_items(r), distinct = model_distinct(&t), sorted = model_sort(&t, true);
    items down_sorted = model_sort(&t, false), known = model_remove(&t, NONE);
    int v = wr_rng_below(r, 6) ? (int)wr_rng_below(r, 5) - 2 : NONE;
    items removed = model_remove(&t, v);
    operand x = array_operand(a, &t), y = int_operand(a, v);
    int sum = 0;
    for (int i = 0; i < known.n; i++)
        sum += known.v[i];
    const operand_case cases[] = {
        {"ARRAY_LENGTH(X)", {x}, "INTEGER", wr_arena_printf(a, "%d", t.n)},
        {"ARRAY_CONTAINS(X, Y)", {x, y}, "BOOLEAN", boolean(has(&t, v))},
        {"ARRAY_DISTINCT(X)", {x}, "ARRAY<INTEGER>", result_text(a, &distinct)},
        {"ARRAY_REMOVE(X, Y)", {x, y}, "ARRAY<INTEGER>", result_text(a, &removed)},
        {"ARRAY_SORT(X)", {x}, "ARRAY<INTEGER>", result_text(a, &sorted)},
        {"ARRAY_SORT(X, 'desc')", {x}, "ARRAY<INTEGER>", result_text(a, &down_sorted)},
        {"ARRAY_MIN(X)", {x}, "INTEGER", known.n ? value_text(a, sorted.v[0]) : "null"},
        {"ARRAY_MAX(X)", {x}, "INTEGER", known.n ? value_text(a, down_sorted.v[0]) : "null"},
        {"FILTER(X, e => e IS NOT NULL)", {x}, "ARRAY<INTEGER>", result_text(a, &known)},
        {"REDUCE(X, 0, (s, e) => s + COALESCE(e, 0))",
         {x},
         "INTEGER",
         wr_arena_printf(a, "%d", sum)},
        {"TRANSFORM(X, e => e) = X", {x}, "BOOLEAN", "true"},
        {"ARRAY_LENGTH(TRANSFORM(X, e => 1))", {x}, "INTEGER", wr_arena_printf(a, "%d", t.n)},
        {"X[1]", {x}, "INTEGER", t.n ? value_text(a, t.v[0]) : "null"},
        {"X[-1]", {x}, "INTEGER", t.n ? value_text(a, t.v[t.n - 1]) : "null"},
    };
    OPERAND_TABLE(cases);
}

static void check_two(wr_arena *a, wr_rng *r)
{
    items s = random_items(r), t = random_items(r), both = model_concat(&s, &t);
    items all = model_distinct(&both), common = model_among(&s, &t, true);
    items rest = model_among(&s, &t, false);
    operand x = array_operand(a, &s), y = array_operand(a, &t);
    const operand_case cases[] = {
        {"ARRAY_CONCAT(X, Y)", {x, y}, "ARRAY<INTEGER>", result_text(a, &both)},
        {"ARRAY_UNION(X, Y)", {x, y}, "ARRAY<INTEGER>", result_text(a, &all)},
        {"ARRAY_INTERSECT(X, Y)", {x, y}, "ARRAY<INTEGER>", result_text(a, &common)},
        {"ARRAY_EXCEPT(X, Y)", {x, y}, "ARRAY<INTEGER>", result_text(a, &rest)},
        {"ARRAY_EXCEPT(X, X)", {x}, "ARRAY<INTEGER>", "[]"},
        {"ARRAY_INTERSECT(X, X) = ARRAY_DISTINCT(X)", {x}, "BOOLEAN", "true"},
    };
    OPERAND_TABLE(cases);
}

static void check_slice(wr_arena *a, wr_rng *r)
{
    items t = random_items(r), part = {0};
    int from = (int)wr_rng_below(r, (uint64_t)t.n + 1) + 1;
    int to = from - 1 + (int)wr_rng_below(r, 4);
    for (int i = from; i <= to && i <= t.n; i++)
        add(&part, t.v[i - 1]);
    /* An end outside the array gives NULL; a part of no items, [] at any place within. */
    bool inside = to <= t.n;
    const operand_case c = {"SLICE(X, Y, Z)",
                            {array_operand(a, &t), int_operand(a, from), int_operand(a, to)},
                            "ARRAY<INTEGER>",
                            inside ? result_text(a, &part) : "null"};
    assert_true(operand_holds(&c));
}

static void check_series(wr_arena *a, wr_rng *r)
{
    int from = (int)wr_rng_below(r, 21) - 10, to = (int)wr_rng_below(r, 21) - 10;
    int step = (int)wr_rng_below(r, 4) + 1;
    items one = {0}, steps = {0};
    step = from > to ? -step : step;
    for (int v = from; from > to ? v >= to : v <= to; v += from > to ? -1 : 1)
        add(&one, v);
    for (int v = from; from > to ? v >= to : v <= to; v += step)
        add(&steps, v);
    operand x = int_operand(a, from), y = int_operand(a, to);
    const operand_case cases[] = {
        {"GENERATE_SERIES(X, Y)", {x, y}, "ARRAY<INTEGER>", result_text(a, &one)},
        {"GENERATE_SERIES(X, Y, Z)",
         {x, y, int_operand(a, step)},
         "ARRAY<INTEGER>",
         result_text(a, &steps)},
        {"GENERATE_SERIES(CAST(X AS BIGINT), CAST(Y AS BIGINT), Z)",
         {x, y, int_operand(a, step)},
         "ARRAY<BIGINT>",
         result_text(a, &steps)},
    };
    OPERAND_TABLE(cases);
}

static void test_one_array(void **state)
{
    (void)state;
    operand_rounds(check_one, ROUNDS, 90);
}
static void test_two_arrays(void **state)
{
    (void)state;
    operand_rounds(check_two, ROUNDS, 91);
}
static void test_slices(void **state)
{
    (void)state;
    operand_rounds(check_slice, ROUNDS, 92);
}
static void test_series(void **state)
{
    (void)state;
    operand_rounds(check_series, ROUNDS, 93);
}

/* ---- tables ---- */

/* clang-format off */
#define INT(v)  {"INT", v}
#define INTS(v) {"ARRAY<INT>", v}
#define STRS(v) {"ARRAY<STRING>", v}
#define IMAP(v) {"MAP<STRING, INT>", v}
/* clang-format on */

static void test_array_edges(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"ARRAY_SORT(X)", {STRS("ARRAY['b', NULL, 'B', '']")}, NULL, "[, B, b, null]"},
        {"ARRAY_SORT(X, 'DESCENDING')",
         {STRS("ARRAY['b', NULL, 'B', '']")},
         NULL,
         "[b, B, , null]"},
        {"ARRAY_SORT(X, 'Asc')", {INTS("ARRAY[2, 1]")}, NULL, "[1, 2]"},
        {"ARRAY_SORT(X, 'downwards')", {INTS("ARRAY[2, 1]")}, NULL, "null"},
        {"ARRAY_SORT(X)",
         {{"ARRAY<BOOLEAN>", "ARRAY[TRUE, FALSE, NULL]"}},
         NULL,
         "[false, true, null]"},
        {"ARRAY_SORT(X)",
         {{"ARRAY<DECIMAL(3, 1)>", "ARRAY[1.5, -1.5, 0.0]"}},
         NULL,
         "[-1.5, 0.0, 1.5]"},
        {"ARRAY_SORT(X)",
         {{"ARRAY<DATE>", "ARRAY['2020-01-02', '2020-01-01']"}},
         NULL,
         "[2020-01-01, 2020-01-02]"},
        {"ARRAY_MAX(X)", {STRS("ARRAY['a', 'b', NULL]")}, "STRING", "b"},
        {"ARRAY_MIN(X)", {{"ARRAY<BOOLEAN>", "ARRAY[TRUE, FALSE]"}}, "BOOLEAN", "false"},
        {"ARRAY_JOIN(X, '')", {STRS("ARRAY['a', 'b']")}, NULL, "ab"},
        {"ARRAY_JOIN(X)", {STRS("ARRAY['a', NULL, '']")}, NULL, "a,null,"},
        {"ARRAY_JOIN(X, ', ')", {{"ARRAY<BOOLEAN>", "ARRAY[TRUE, FALSE]"}}, NULL, "true, false"},
        {"ARRAY_JOIN(X)", {{"ARRAY<DECIMAL(4, 2)>", "ARRAY[1.50, 0.25]"}}, NULL, "1.50,0.25"},
        {"ARRAY_JOIN(X)", {{"ARRAY<ARRAY<INT>>", "ARRAY[ARRAY[1]]"}}, NULL, "!null"},
        {"ARRAY_CONTAINS(X, Y)", {STRS("ARRAY['a']"), {"STRING", "'A'"}}, NULL, "false"},
        {"ARRAY_CONTAINS(X, Y)",
         {{"ARRAY<ARRAY<INT>>", "ARRAY[ARRAY[1, 2]]"}, INTS("ARRAY[1, 2]")},
         NULL,
         "true"},
        {"ARRAY_DISTINCT(X)",
         {{"ARRAY<ARRAY<INT>>", "ARRAY[ARRAY[1], ARRAY[1], ARRAY[2]]"}},
         NULL,
         "[[1], [2]]"},
        {"ARRAY_UNION(X, Y)",
         {STRS("ARRAY['a', 'b']"), STRS("ARRAY['c', 'a']")},
         NULL,
         "[a, b, c]"},
        {"SLICE(X, 1, 3)", {INTS("ARRAY[1, 2, 3]")}, NULL, "[1, 2, 3]"},
        {"SLICE(X, CAST(NULL AS INT), 2)", {INTS("ARRAY[1, 2, 3]")}, NULL, "[1, 2]"},
        {"SLICE(X, 2, CAST(NULL AS INT))", {INTS("ARRAY[1, 2, 3]")}, NULL, "[2, 3]"},
        {"SLICE(X, -1, 2)", {INTS("ARRAY[1, 2, 3]")}, NULL, "null"},
        {"SLICE(X, 3, 1)", {INTS("ARRAY[1, 2, 3]")}, NULL, "!null"},
        {"GENERATE_SERIES(X, X)", {INT("5")}, NULL, "[5]"},
        {"GENERATE_SERIES(1, 5, X)", {INT("0")}, NULL, "!null"},
        {"GENERATE_SERIES(1, 5, X)", {INT("-1")}, NULL, "!null"},
        {"GENERATE_SERIES(5, 1, X)", {INT("1")}, NULL, "!null"},
        {"GENERATE_SERIES(1, 5, X)", {INT("10")}, NULL, "[1]"},
        {"GENERATE_SERIES(2147483646, 2147483647)", {{0}}, NULL, "[2147483646, 2147483647]"},
        {"ARRAY_LENGTH(GENERATE_SERIES(1, 1000))", {{0}}, NULL, "1000"},
    };
    OPERAND_TABLE(cases);
}

/** Maps keep the order in which keys came. */
static void test_maps(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"MAP_KEYS(X)", {IMAP("MAP('b' := 1, 'a' := 2)")}, "ARRAY<STRING>", "[b, a]"},
        {"MAP_VALUES(X)", {IMAP("MAP('b' := 1, 'a' := NULL)")}, "ARRAY<INTEGER>", "[1, null]"},
        {"MAP_UNION(X, Y)",
         {IMAP("MAP('a' := 1, 'b' := 2)"), IMAP("MAP('b' := 3, 'c' := 4)")},
         "MAP<STRING, INTEGER>",
         "{a=1, b=3, c=4}"},
        {"MAP_UNION(X, Y)",
         {IMAP("MAP('a' := 1)"), IMAP("MAP('a' := CAST(NULL AS INT))")},
         NULL,
         "{a=null}"},
        {"AS_MAP(X, Y)",
         {STRS("ARRAY['a', 'b']"), INTS("ARRAY[1, 2]")},
         "MAP<STRING, INTEGER>",
         "{a=1, b=2}"},
        {"AS_MAP(X, Y)", {STRS("ARRAY['a']"), INTS("ARRAY[1, 2]")}, NULL, "{a=1}"},
        {"AS_MAP(X, Y)", {STRS("ARRAY['a', 'b']"), INTS("ARRAY[1]")}, NULL, "{a=1, b=null}"},
        {"ENTRIES(X, TRUE)",
         {IMAP("MAP('b' := 1, 'a' := 2)")},
         "ARRAY<STRUCT<`K` STRING, `V` INTEGER>>",
         "[Struct{K=a,V=2}, Struct{K=b,V=1}]"},
        {"ENTRIES(X, TRUE)[1]->k", {IMAP("MAP('b' := 1, 'a' := 2)")}, "STRING", "a"},
        {"ENTRIES(X, FALSE)",
         {{"MAP<STRING, BOOLEAN>", "MAP('k' := TRUE)"}},
         "ARRAY<STRUCT<`K` STRING, `V` BOOLEAN>>",
         "[Struct{K=k,V=true}]"},
        {"TRANSFORM(X, (k, v) => UCASE(k), (k, v) => v * 10)",
         {IMAP("MAP('a' := 1, 'b' := 2)")},
         "MAP<STRING, INTEGER>",
         "{A=10, B=20}"},
        {"TRANSFORM(X, (k, v) => 'same', (k, v) => v)",
         {IMAP("MAP('a' := 1, 'b' := 2)")},
         NULL,
         "!null"},
        /* a map that would hold NULL fails; what the filter leaves out may be NULL */
        {"FILTER(X, (k, v) => TRUE)", {IMAP("MAP('a' := 1, 'b' := NULL)")}, NULL, "!null"},
        {"FILTER(X, (k, v) => k = 'a')", {IMAP("MAP('a' := 1, 'b' := NULL)")}, NULL, "{a=1}"},
        {"TRANSFORM(X, (k, v) => k, (k, v) => v)",
         {IMAP("MAP('a' := 1, 'b' := NULL)")},
         NULL,
         "!null"},
        {"FILTER(X, (k, v) => k = 'a' OR v > 5)",
         {IMAP("MAP('a' := 1, 'b' := 2, 'c' := 9)")},
         NULL,
         "{a=1, c=9}"},
        {"REDUCE(X, '', (s, k, v) => CONCAT(s, k, CAST(v AS STRING)))",
         {IMAP("MAP('a' := 1, 'b' := 2)")},
         "STRING",
         "a1b2"},
        {"AS_MAP(MAP_KEYS(X), MAP_VALUES(X)) = X",
         {IMAP("MAP('a' := 1, 'b' := NULL)")},
         "BOOLEAN",
         "true"},
        {"SPLIT_TO_MAP(X, ';', '=')['b']", {{"STRING", "'a=1;b=2'"}}, "STRING", "2"},
    };
    OPERAND_TABLE(cases);
}

/** Bodies of lambdas: columns of the row, functions, lambdas within. */
static void test_lambdas(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"TRANSFORM(X, e => e * Y)",
         {INTS("ARRAY[1, 2, 3]"), INT("10")},
         "ARRAY<INTEGER>",
         "[10, 20, 30]"},
        {"TRANSFORM(X, e => CAST(e AS STRING))", {INTS("ARRAY[1, 2]")}, "ARRAY<STRING>", "[1, 2]"},
        {"TRANSFORM(X, e => ARRAY[e, e])",
         {INTS("ARRAY[1, 2]")},
         "ARRAY<ARRAY<INTEGER>>",
         "[[1, 1], [2, 2]]"},
        {"TRANSFORM(X, e => STRUCT(v := e))[2]->v", {INTS("ARRAY[1, 2]")}, "INTEGER", "2"},
        {"TRANSFORM(X, e => LEN(e))", {STRS("ARRAY['a', 'bcd']")}, "ARRAY<INTEGER>", "[1, 3]"},
        {"FILTER(X, e => e % 2 = 0)", {INTS("ARRAY[1, 2, 3, 4]")}, NULL, "[2, 4]"},
        {"FILTER(X, e => e > Y AND e < Z)",
         {INTS("ARRAY[1, 2, 3, 4]"), INT("1"), INT("4")},
         NULL,
         "[2, 3]"},
        {"FILTER(X, e => FALSE)", {INTS("ARRAY[1, 2]")}, NULL, "[]"},
        {"REDUCE(X, 1, (s, e) => s * e)", {INTS("ARRAY[1, 2, 3, 4]")}, "INTEGER", "24"},
        {"REDUCE(X, '', (s, e) => CONCAT(e, s))", {STRS("ARRAY['a', 'b', 'c']")}, "STRING", "cba"},
        {"REDUCE(X, Y, (s, e) => GREATEST(s, e))", {INTS("ARRAY[3, 9, 5]"), INT("0")}, NULL, "9"},
        {"REDUCE(FILTER(TRANSFORM(X, e => e * e), f => f > 1), 0, (s, g) => s + g)",
         {INTS("ARRAY[1, 2, 3]")},
         "INTEGER",
         "13"},
        {"TRANSFORM(X, e => TRANSFORM(e, f => f + 1))",
         {{"ARRAY<ARRAY<INT>>", "ARRAY[ARRAY[1, 2], ARRAY[3]]"}},
         NULL,
         "[[2, 3], [4]]"},
        {"TRANSFORM(X, e => REDUCE(Y, 0, (s, f) => s + f * e))",
         {INTS("ARRAY[1, 10]"), INTS("ARRAY[2, 3]")},
         NULL,
         "[5, 50]"},
        {"TRANSFORM(X, (k, v) => k, (k, v) => REDUCE(v, 0, (s, e) => s + e))",
         {{"MAP<STRING, ARRAY<INT>>", "MAP('a' := ARRAY[1, 2], 'b' := ARRAY[3])"}},
         "MAP<STRING, INTEGER>",
         "{a=3, b=3}"},
        {"TRANSFORM(X, e => 10 / e)", {INTS("ARRAY[5, 0]")}, NULL, "!null"},
        {"ARRAY_LENGTH(TRANSFORM(X, e => 10 / e))", {INTS("ARRAY[5, 2]")}, NULL, "2"},
    };
    OPERAND_TABLE(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_array),   cmocka_unit_test(test_two_arrays),
        cmocka_unit_test(test_slices),      cmocka_unit_test(test_series),
        cmocka_unit_test(test_array_edges), cmocka_unit_test(test_maps),
        cmocka_unit_test(test_lambdas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
