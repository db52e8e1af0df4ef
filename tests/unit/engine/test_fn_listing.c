/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overloads as ksqlDB lists them: what its server was seen to list, the spelling of every kind of
 * type, and what must hold for all functions that there are.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/clock.h"
#include "engine/functions/listing.h"

static wr_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = wr_arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr_arena_free(arena);
    return 0;
}

/* "f(INT a) -> INT"; in the arena. */
static const char *text_of(const wr_function *fn, const wr_listed_overload *o)
{
    wr_buf b = {0};
    wr_listed_overload_print(&b, fn, o);
    const char *text = wr_arena_printf(arena, "%s -> %s", wr_buf_cstr(&b), o->ret);
    wr_buf_free(&b);
    return text;
}

/* @return how many; the texts. */
static uint32_t list_of(const wr_function *fn, const char *out[64])
{
    wr_listed_overload *list;
    uint32_t n = wr_function_overloads(fn, arena, &list);
    assert_true(n >= 1 && n <= 64);
    for (uint32_t i = 0; i < n; i++)
        out[i] = text_of(fn, &list[i]);
    return n;
}

/* ---- what a server lists ---- */

static void test_as_seen(void **state)
{
    (void)state;
    static const struct {
        const char *function, *overloads[5];
    } cases[] = {
        {"UCASE", {"(VARCHAR input) -> VARCHAR"}},
        {"LEN", {"(VARCHAR input) -> INT", "(BYTES input) -> INT"}},
        {"ABS",
         {"(DECIMAL val) -> DECIMAL", "(DOUBLE val) -> DOUBLE", "(INT val) -> INT",
          "(BIGINT val) -> BIGINT"}},
        {"SUBSTRING",
         {"(VARCHAR str, INT pos, INT length) -> VARCHAR",
          "(BYTES bytes, INT pos, INT length) -> BYTES", "(BYTES bytes, INT pos) -> BYTES",
          "(VARCHAR str, INT pos) -> VARCHAR"}},
        {"FORMAT_TIMESTAMP",
         {"(TIMESTAMP timestamp, VARCHAR formatPattern) -> VARCHAR",
          "(TIMESTAMP timestamp, VARCHAR formatPattern, VARCHAR timeZone) -> "
          "VARCHAR"}},
        {"EXPLODE", {"(ARRAY<DECIMAL> input) -> DECIMAL", "(ARRAY<T> list) -> T"}},
        {"COUNT", {"(T val1) -> BIGINT"}},
        {"TOPK",
         {"(DOUBLE val1, ANY... val2, INT k) -> ARRAY<S>",
          "(INT val1, ANY... val2, INT k) -> ARRAY<S>",
          "(BIGINT val1, ANY... val2, INT k) -> ARRAY<S>",
          "(VARCHAR val1, ANY... val2, INT k) -> ARRAY<S>"}},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        const char *is[64];
        uint32_t expected = 0;
        uint32_t n = list_of(wr_function_find(NULL, wr_str_c(cases[i].function)), is);
        while (expected < 5 && cases[i].overloads[expected])
            expected++;
        for (uint32_t k = 0; k < WR_MIN(n, expected); k++)
            assert_string_equal(strchr(is[k], '('), cases[i].overloads[k]);
        assert_int_equal(n, expected);
    }
}

/* ---- functions of this test ---- */

#define SIG(types, result)                                                                         \
    {                                                                                              \
        .args = (types), .ret = (result)                                                           \
    }

static wr_function function_of(const wr_signature *sigs, uint32_t n, wr_function_kind kind)
{
    return (wr_function){
        .name = "NO_SUCH_FUNCTION", .category = "OTHERS", .sigs = sigs, .sigs_n = n, .kind = kind};
}

static void test_spelling(void **state)
{
    (void)state;
    static const struct {
        wr_signature sig;
        wr_function_kind kind;
        const char *args, *ret;
    } cases[] = {
        {SIG("", "STRING"), WR_FUNCTION_SCALAR, "()", "VARCHAR"},
        {SIG("INTEGER, BIGINT, DOUBLE, BOOLEAN", "INTEGER"), WR_FUNCTION_SCALAR,
         "(INT val1, BIGINT val2, DOUBLE val3, BOOLEAN val4)", "INT"},
        {SIG("DATE, TIME, TIMESTAMP, BYTES", "BYTES"), WR_FUNCTION_SCALAR,
         "(DATE val1, TIME val2, TIMESTAMP val3, BYTES val4)", "BYTES"},
        {SIG("DECIMAL(p,s), DECIMAL(4,2)", "DECIMAL(p,s)"), WR_FUNCTION_SCALAR,
         "(DECIMAL val1, DECIMAL val2)", "DECIMAL"},
        {SIG("unit, INTEGER", "T"), WR_FUNCTION_SCALAR, "(INTERVALUNIT val1, INT val2)", "T"},
        {SIG("ARRAY<ARRAY<STRING>>, MAP<STRING,ARRAY<T>>", "MAP<STRING,T>"), WR_FUNCTION_SCALAR,
         "(ARRAY<ARRAY<VARCHAR>> val1, MAP<VARCHAR, ARRAY<T>> val2)", "MAP<VARCHAR, T>"},
        {SIG("ARRAY<T>, T=>BOOLEAN", "ARRAY<T>"), WR_FUNCTION_SCALAR,
         "(ARRAY<T> val1, LAMBDA (T) => BOOLEAN val2)", "ARRAY<T>"},
        {SIG("MAP<K,V>, Z, (Z,K,V)=>Z", "Z"), WR_FUNCTION_SCALAR,
         "(MAP<K, V> val1, Z val2, LAMBDA (Z, K, V) => Z val3)", "Z"},
        {SIG("T, T...", "ARRAY<STRUCT<K STRING, V T>>"), WR_FUNCTION_SCALAR, "(T val1, T... val2)",
         "ARRAY<STRUCT<K VARCHAR, V T>>"},
        {SIG("STRING, any...", "STRING"), WR_FUNCTION_SCALAR, "(VARCHAR val1, ANY... val2)",
         "VARCHAR"},
        {SIG("MAP<K,V>", "ARRAY<MAP<K,V>>"), WR_FUNCTION_TABLE, "(MAP<K, V> val1)", "MAP<K, V>"},
        {SIG("T | INTEGER, BOOLEAN", "ARRAY<T>"), WR_FUNCTION_AGGREGATE,
         "(T val1, INT val2, BOOLEAN val3)", "ARRAY<T>"},
        {SIG("T", NULL), WR_FUNCTION_SCALAR, "(T val1)", "DECIMAL"},
        {SIG("T", NULL), WR_FUNCTION_AGGREGATE, "(T val1)", "ARRAY<S>"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_listed_overload *list;
        wr_function fn = function_of(&cases[i].sig, 1, cases[i].kind);
        assert_int_equal(wr_function_overloads(&fn, arena, &list), 1);
        const char *text = text_of(&fn, list);
        const char *expected = wr_arena_printf(arena, "%s -> %s", cases[i].args, cases[i].ret);
        assert_non_null(strchr(text, '('));
        assert_string_equal(strchr(text, '('), expected);
    }
}

/* Aggregates: one that a longer one stands for is not shown, nor is one without arguments. */
static void test_left_out(void **state)
{
    (void)state;
    static const wr_signature count[] = {SIG("", "BIGINT"), SIG("T", "BIGINT")};
    static const wr_signature covered[] = {SIG("STRING | INTEGER", NULL),
                                           SIG("STRING, any... | INTEGER", NULL),
                                           SIG("BYTES | INTEGER", NULL)};
    static const struct {
        const wr_signature *sigs;
        uint32_t n;
        wr_function_kind kind;
        uint32_t expected;
    } cases[] = {
        {count, 2, WR_FUNCTION_AGGREGATE, 1},   {count, 2, WR_FUNCTION_SCALAR, 2},
        {count, 1, WR_FUNCTION_AGGREGATE, 1}, /* it is all there is */
        {covered, 3, WR_FUNCTION_AGGREGATE, 2}, {covered, 3, WR_FUNCTION_SCALAR, 3},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_listed_overload *list;
        wr_function fn = function_of(cases[i].sigs, cases[i].n, cases[i].kind);
        assert_int_equal(wr_function_overloads(&fn, arena, &list), cases[i].expected);
    }
}

/* ---- all functions ---- */

static void check_overload(const wr_function *fn, const wr_listed_overload *o)
{
    assert_true(o->ret && *o->ret);
    for (uint32_t i = 0; i < o->args_n; i++) {
        const wr_listed_argument *a = &o->args[i];
        assert_true(a->name && *a->name && a->type && *a->type);
        if (strstr(a->type, "STRING") || strstr(a->type, "INTEGER") || strchr(a->name, ' '))
            fail_msg("%s", text_of(fn, o));
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(o->args[k].name, a->name) == 0 || (a->variadic && o->args[k].variadic))
                fail_msg("%s", text_of(fn, o));
        }
    }
}

/* No two the same, no name twice, none that has SQL's names of types. */
static void test_all(void **state)
{
    (void)state;
    const wr_function *fn;
    uint32_t functions = 0;
    for (; (fn = wr_function_at(NULL, functions)); functions++) {
        wr_listed_overload *list;
        const char *texts[64];
        uint32_t n = wr_function_overloads(fn, arena, &list);
        assert_int_equal(list_of(fn, texts), n);
        for (uint32_t i = 0; i < n; i++) {
            check_overload(fn, &list[i]);
            for (uint32_t k = 0; k < i; k++)
                if (strcmp(texts[i], texts[k]) == 0)
                    fail_msg("twice: %s", texts[i]);
        }
    }
    assert_true(functions > 100);
}

static uint32_t place_of(const char *const *texts, uint32_t n, const char *text)
{
    uint32_t i = 0;
    while (i < n && strcmp(texts[i], text) != 0)
        i++;
    assert_true(i < n);
    return i;
}

/* The order is that of the overloads themselves: where the table is written in another order, two
 * that change places are in one bucket, and there they are in the order of the table. */
static void test_order(void **state)
{
    (void)state;
    const wr_function *fn;
    wr_rng rng;
    wr_rng_seed(&rng, 11);
    for (uint32_t f = 0; (fn = wr_function_at(NULL, f)); f++) {
        const char *first[64], *again[64];
        wr_signature sigs[64];
        assert_true(fn->sigs_n <= WR_ARRAY_LEN(sigs));
        uint32_t n = list_of(fn, first);
        for (uint32_t i = 0; i < fn->sigs_n; i++)
            sigs[i] = fn->sigs[fn->sigs_n - 1 - i];
        wr_function backwards = *fn;
        backwards.sigs = sigs;
        assert_int_equal(list_of(&backwards, again), n);
        for (int round = 0; round < 5; round++) {
            const char *mixed[64];
            for (uint32_t i = fn->sigs_n; i > 1; i--) {
                uint32_t k = (uint32_t)(wr_rng_next(&rng) % i);
                wr_signature kept = sigs[i - 1];
                sigs[i - 1] = sigs[k];
                sigs[k] = kept;
            }
            assert_int_equal(list_of(&backwards, mixed), n);
            for (uint32_t i = 0; i < n; i++)
                for (uint32_t k = 0; k < i; k++) { /* k is before i */
                    bool fixed = place_of(again, n, first[k]) < place_of(again, n, first[i]);
                    if (fixed && place_of(mixed, n, first[k]) > place_of(mixed, n, first[i]))
                        fail_msg("%s | %s", first[k], first[i]);
                }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_as_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(test_spelling, setup, teardown),
        cmocka_unit_test_setup_teardown(test_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
