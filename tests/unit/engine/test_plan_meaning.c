/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a query means as a whole, and how two statements differ by it: nothing, where the second may
 * go on with the state and the offsets of the first.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/plan/plan_stores.h"
#include "plan_world.h"

static world w;

static int setup(void **state)
{
    (void)state;
    weir_error err;
    world_init(&w);
    world_fill(&w);
    static const char *const more[] = {
        "CREATE STREAM s_json (id BIGINT KEY, name STRING, n INT) WITH (KAFKA_TOPIC='s', "
        "KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON');",
        "CREATE STREAM s_text (id BIGINT KEY, name STRING, n INT) WITH (KAFKA_TOPIC='s', "
        "KEY_FORMAT='KAFKA', VALUE_FORMAT='DELIMITED');",
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(more); i++)
        if (world_do(&w, more[i], &err) != WEIR_OK)
            fail_msg("%s\n%s", more[i], err.message);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_fini(&w);
    return 0;
}

static void plan(const char *sql, world_result *r)
{
    weir_error err;
    if (world_plan(&w, sql, r, &err) != WEIR_OK)
        fail_msg("%s\n%s", sql, err.message);
    assert_non_null(r->plan);
    assert_non_null(r->plan->meaning);
}

typedef struct meaning_case {
    const char *before, *after;
    const char *difference; /* "": none */
} meaning_case;

#define X "CREATE STREAM x AS SELECT "
#define T "CREATE TABLE x AS SELECT "

static const meaning_case cases[] = {
    /* spelling, filters, what is computed of the columns */
    {X "id, name FROM s_json;", "create stream X as select ID, NAME from S_JSON emit changes;", ""},
    {X "id, name FROM s_json;", X "q.id AS id, q.name AS name FROM s_json q;", ""},
    {X "id, name FROM s_json;", X "id, name FROM s_json WHERE n > 3;", ""},
    {X "id, name FROM s_json;", X "id, UCASE(name) AS name FROM s_json;", ""},
    /* the sink may grow at its end, and not otherwise */
    {X "id, name FROM s_json;", X "id, name, n FROM s_json;", ""},
    {X "id, name FROM s_json;", X "id, name, n, n + 1 AS m FROM s_json;", ""},
    {X "id, name FROM s_json;", X "id, n, name FROM s_json;",
     "sink column: N INTEGER, was none; columns of a sink may only be added after the others"},
    {X "id, name, n FROM s_json;", X "id, name FROM s_json;", "sink column: none, was N INTEGER"},
    {X "id, name, n FROM s_json;", X "id, n, name FROM s_json;",
     "the order of columns or functions differs"},
    {X "id, n FROM s_json;", X "id, CAST(n AS BIGINT) AS n FROM s_json;",
     "sink column: N BIGINT, was N INTEGER"},
    {X "id, n FROM s_json;", X "id, n AS m FROM s_json;", "sink column: M INTEGER, was N INTEGER"},
    {X "id, n FROM s_json;", X "id AS k, n FROM s_json;", "sink key: K BIGINT, was ID BIGINT"},
    {X "id, n FROM s_json;", "CREATE STREAM x WITH (KAFKA_TOPIC='y') AS SELECT id, n FROM s_json;",
     "sink: y, KAFKA key, JSON value, was X, KAFKA key, JSON value"},
    {X "id, n FROM s_json;",
     "CREATE STREAM x WITH (VALUE_FORMAT='DELIMITED') AS SELECT id, n FROM s_json;",
     "sink: X, KAFKA key, DELIMITED value, was X, KAFKA key, JSON value"},
    /* what the offsets are of */
    {X "id, name FROM s_json;",
     "CREATE STREAM x WITH (VALUE_FORMAT='JSON') AS SELECT id, name FROM s_text;",
     "source: STREAM s, KAFKA key, DELIMITED value, was STREAM s, KAFKA key, JSON value"},
    /* keys */
    {X "* FROM s_json PARTITION BY n;", X "* FROM s_json WHERE n > 2 PARTITION BY n;", ""},
    {X "n + 1 AS k, id FROM s_json PARTITION BY n + 1;",
     X "n + 2 AS k, id FROM s_json PARTITION BY n + 2;",
     "partition by: (`s.N:INTEGER` + 2), was (`s.N:INTEGER` + 1)"},
    {X "* FROM s_json PARTITION BY n;", X "* FROM s_json;",
     "sink key: ID BIGINT, was N INTEGER; sink column: N INTEGER, was ID BIGINT; partition by: "
     "none, was `s.N:INTEGER`"},
    /* state: the meaning of each store is part of it */
    {T "name, COUNT(*) AS c FROM s_json GROUP BY name;",
     T "name, COUNT(*) AS c FROM s_json WHERE n > 1 GROUP BY name;", ""},
    {T "name, COUNT(*) AS c FROM s_json GROUP BY name;",
     T "name, COUNT(*) AS c FROM s_json GROUP BY name HAVING COUNT(*) > 1;", ""},
    {T "name, MIN(n) AS c FROM s_json GROUP BY name;",
     T "name, MAX(n) AS c FROM s_json GROUP BY name;",
     "function: MAX(`s.N:INTEGER`), kept as INTEGER, was MIN(`s.N:INTEGER`), kept as INTEGER"},
};

static void difference(const char *before, const char *after, wr_buf *out)
{
    world_result a, b;
    plan(before, &a);
    plan(after, &b);
    wr_plan_meaning_difference(a.plan->meaning, b.plan->meaning, out);
    world_result_free(&a);
    world_result_free(&b);
}

static void test_differences(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_buf text = {0};
        difference(cases[i].before, cases[i].after, &text);
        if (strcmp(wr_buf_cstr(&text), cases[i].difference) != 0)
            fail_msg("%s\n%s\n  is       %s\n  expected %s", cases[i].before, cases[i].after,
                     wr_buf_cstr(&text), cases[i].difference);
        wr_buf_free(&text);
    }
}

/* Nothing differs from itself, in whatever order it is asked. */
static void test_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_buf same = {0};
        difference(cases[i].before, cases[i].before, &same);
        difference(cases[i].after, cases[i].after, &same);
        assert_int_equal(same.len, 0);
        wr_buf_free(&same);
    }
}

/* Of an older or a newer version, or of no version at all: never taken for the same. */
static void test_other_texts(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "x",
                                        "sink column: A INTEGER",
                                        "a: b\na: b\n",
                                        "\n\n",
                                        "source: STREAM s, KAFKA key, JSON value\n"};
    world_result r;
    plan(X "id, name FROM s_json;", &r);
    for (size_t i = 0; i < WR_ARRAY_LEN(texts); i++) {
        wr_buf text = {0};
        wr_plan_meaning_difference(texts[i], r.plan->meaning, &text);
        assert_true(text.len > 0);
        wr_buf_clear(&text);
        wr_plan_meaning_difference(r.plan->meaning, texts[i], &text);
        assert_true(text.len > 0);
        wr_buf_free(&text);
    }
    world_result_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_other_texts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
