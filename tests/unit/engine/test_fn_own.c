/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A registry with functions of its own: what is built in stays, names are unique over both, and
 * planning sees exactly the registry that its environment names.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/engine/plan_world.h"

#include "engine/functions/kernel.h"

/* ------------------------------------------------------------------ toy functions */

WR__KERNEL(twice)
{
    WR_FOREACH_SEL (i, sel)
        out->u.i32[i] = 2 * wr__i32(args[0], i);
}

WR__KERNEL(halves)
{
    WR_FOREACH_SEL (i, sel) {
        wr_nest *list = wr_nest_new(ctx->scratch, 2, false);
        list->items[0] = list->items[1] = wr_value_i32(wr__i32(args[0], i) / 2);
        out->u.nest[i] = list;
    }
}

static const wr_signature twice_sigs[] = {
    {"INTEGER", "INTEGER", WR__NULL_IN, twice, NULL, NULL, NULL},
};
static const wr_signature halves_sigs[] = {
    {"INTEGER", "ARRAY<INTEGER>", WR__NULL_IN, halves, NULL, NULL, NULL},
};

/* A row each; AAA and ZZZ come before and after all that is built in. */
#define ROW(name_) WR__FN(name_, "OTHERS", twice_sigs, "TWICE(2)", "4", "Twice.")
static const wr_function toys[] = {
    ROW("TWICE"),
    ROW("ZZZ_TOY"),
    ROW("AAA_TOY"),
    {.name = "HALVES",
     .category = "TABLE",
     .description = "Two rows of half the number.",
     .example = "HALVES(4)",
     .sigs = halves_sigs,
     .sigs_n = 1,
     .kind = WR_FUNCTION_TABLE},
};
static const wr_function_family toy_family = {toys, WR_ARRAY_LEN(toys)};

static wr_function_registry *with_toys(void)
{
    wr_function_registry *r = wr_function_registry_new();
    weir_error err;
    assert_int_equal(wr_function_registry_add(r, &toy_family, &err), WEIR_OK);
    return r;
}

/* ------------------------------------------------------------------ look-ups */

static uint32_t count(const wr_function_registry *r)
{
    uint32_t n = 0;
    const char *before = "";
    for (const wr_function *fn; (fn = wr_function_at(r, n)); n++) {
        if (strcmp(before, fn->name) >= 0)
            fail_msg("%s is not in order", fn->name);
        before = fn->name;
    }
    assert_null(wr_function_at(r, n + 1));
    assert_null(wr_function_at(r, UINT32_MAX));
    return n;
}

static void test_empty_registry(void **state)
{
    (void)state;
    wr_function_registry *r = wr_function_registry_new();
    assert_int_equal(count(r), count(NULL));
    assert_ptr_equal(wr_function_find(r, WR_STR("abs")), wr_function_find(NULL, WR_STR("ABS")));
    assert_null(wr_function_find(r, WR_STR("TWICE")));
    wr_function_registry_free(r);
    wr_function_registry_free(NULL);
}

static void test_own_functions(void **state)
{
    (void)state;
    wr_function_registry *r = with_toys(), *other = wr_function_registry_new();
    assert_int_equal(count(r), count(NULL) + WR_ARRAY_LEN(toys));
    assert_string_equal(wr_function_at(r, 0)->name, "AAA_TOY");
    assert_string_equal(wr_function_at(r, count(r) - 1)->name, "ZZZ_TOY");
    static const char *const spelled[] = {"TWICE", "twice", "Twice"};
    for (size_t i = 0; i < WR_ARRAY_LEN(spelled); i++) {
        assert_ptr_equal(wr_function_find(r, wr_str_c(spelled[i])), &toys[0]);
        assert_null(wr_function_find(other, wr_str_c(spelled[i]))); /* another engine's */
        assert_null(wr_function_find(NULL, wr_str_c(spelled[i])));
    }
    assert_non_null(wr_function_find(r, WR_STR("CONCAT")));
    assert_null(wr_function_find(r, WR_STR("")));
    assert_null(wr_function_find(r, WR_STR("TWICE ")));
    assert_null(wr_function_find(r, wr_str_make("TWICE\0", 6)));
    wr_function_registry_free(r);
    wr_function_registry_free(other);
}

/* A family with a name that is taken adds nothing. */
static void test_names_are_unique(void **state)
{
    (void)state;
    static const wr_function built_in[] = {ROW("NEW_ONE"), ROW("ABS")};
    static const wr_function own[] = {ROW("NEW_ONE"), ROW("TWICE")};
    static const wr_function itself[] = {ROW("NEW_ONE"), ROW("NEW_ONE")};
    static const struct {
        wr_function_family family;
        const char *want;
    } c[] = {
        {{built_in, 2}, "There is a function ABS already."},
        {{own, 2}, "There is a function TWICE already."},
        {{itself, 2}, "There is a function NEW_ONE already."},
    };
    wr_function_registry *r = with_toys();
    uint32_t before = count(r);
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        weir_error err;
        assert_int_equal(wr_function_registry_add(r, &c[i].family, &err), WEIR_ERR_EXISTS);
        assert_string_equal(err.message, c[i].want);
        assert_int_equal(count(r), before);
        assert_null(wr_function_find(r, WR_STR("NEW_ONE")));
    }
    const wr_function_family none = {NULL, 0}, one = {itself, 1};
    weir_error err;
    assert_int_equal(wr_function_registry_add(r, &none, &err), WEIR_OK);
    assert_int_equal(wr_function_registry_add(r, &one, &err), WEIR_OK);
    assert_int_equal(count(r), before + 1);
    wr_function_registry_free(r);
}

/* ------------------------------------------------------------------ planning */

/* Statements in each place where a function may stand. */
static void test_planning(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "CREATE STREAM x AS SELECT id, TWICE(v) AS w FROM s;",
        "CREATE STREAM x AS SELECT id, v FROM s WHERE twice(v) > 2;",
        "CREATE TABLE x AS SELECT TWICE(v) AS k, COUNT(*) AS n FROM s GROUP BY TWICE(v);",
        ("CREATE TABLE x AS SELECT id, SUM(TWICE(v)) AS n FROM s GROUP BY id HAVING SUM(TWICE(v)) "
         "> "
         "1;"),
        "CREATE STREAM x AS SELECT id, HALVES(v) AS h FROM s;",
        "CREATE STREAM x AS SELECT TWICE(v) AS k, v FROM s PARTITION BY TWICE(v);",
        "CREATE STREAM x AS SELECT id, TRANSFORM(ARRAY[v], e => TWICE(e)) AS w FROM s;",
        "SELECT TWICE(v) FROM s EMIT CHANGES;",
        "INSERT INTO s VALUES ('a', TWICE(21));",
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(statements); i++) {
        wr_function_registry *r = with_toys();
        for (int own = 0; own < 2; own++) {
            world w;
            world_init(&w);
            weir_error err = {0};
            assert_int_equal(world_do(&w,
                                      "CREATE STREAM s (id STRING KEY, v INT) WITH "
                                      "(KAFKA_TOPIC='s', PARTITIONS=1, FORMAT='JSON');",
                                      &err),
                             WEIR_OK);
            w.env.functions = own ? r : NULL;
            world_result result;
            weir_status st = world_plan(&w, statements[i], &result, &err);
            if (own && st != WEIR_OK)
                fail_msg("%s: %s", statements[i], err.message);
            if (!own) {
                assert_int_equal(st, WEIR_ERR_STATEMENT);
                assert_non_null(strstr(err.message, "Can't find any functions with the name "));
            }
            world_result_free(&result);
            world_fini(&w);
        }
        wr_function_registry_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_registry),
        cmocka_unit_test(test_own_functions),
        cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_planning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
