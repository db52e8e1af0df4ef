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
    /* two stores have the fact, which is said once */
    {T "name, COUNT(*) AS c FROM s_json WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 1 DAY, GRACE "
       "PERIOD 0 SECONDS) GROUP BY name;",
     T "name, COUNT(*) AS c FROM s_json WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 1 DAY, GRACE "
       "PERIOD 1 SECOND) GROUP BY name;",
     "grace: 1000 ms, was 0 ms"},
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

typedef struct setting_case {
    const char *setting, *value;
    const char *sql;
    const char *difference; /* of the plan with that value from the one with the default */
} setting_case;

/* What is kept depends on these settings: state of one value is not to be gone on with under the
 * other. Where nothing that is kept depends on them, they are no difference. */
static const setting_case setting_cases[] = {
    {"weir.decimal.division", "exact", T "name, SUM(price / 3) AS c FROM s GROUP BY name;",
     "function: SUM((`s.PRICE:DECIMAL(6, 2)` / 3)), quotients exact or NULL, kept as "
     "DECIMAL(17, 13), was SUM((`s.PRICE:DECIMAL(6, 2)` / 3)), kept as DECIMAL(17, 13)"},
    {"weir.decimal.division", "exact", T "price / 3 AS k, COUNT(*) AS c FROM s GROUP BY price / 3;",
     "key: (`s.PRICE:DECIMAL(6, 2)` / 3), quotients exact or NULL, was (`s.PRICE:DECIMAL(6, 2)` / "
     "3)"},
    {"weir.decimal.division", "exact",
     T "name, MAX(COALESCE(price / 3, price / 4)) AS c FROM s GROUP BY "
       "name;",
     "function: MAX(COALESCE((`s.PRICE:DECIMAL(6, 2)` / 3), (`s.PRICE:DECIMAL(6, 2)` / 4))), "
     "quotients exact or NULL, kept as "
     "DECIMAL(17, 13), was MAX(COALESCE((`s.PRICE:DECIMAL(6, 2)` / 3), (`s.PRICE:DECIMAL(6, 2)` / "
     "4))), kept as DECIMAL(17, "
     "13)"},
    {"weir.decimal.division", "exact",
     T "name, MAX(CASE WHEN n > 1 THEN n ELSE n / 2 END) AS c FROM s GROUP BY name;",
     "function: MAX(CASE WHEN (`s.N:INTEGER` > 1) THEN `s.N:INTEGER` ELSE (`s.N:INTEGER` / 2) "
     "END), quotients exact or NULL, kept as INTEGER, was MAX(CASE WHEN (`s.N:INTEGER` > 1) THEN "
     "`s.N:INTEGER` ELSE (`s.N:INTEGER` / 2) END), kept as INTEGER"},
    {"weir.decimal.division", "exact", T "name, SUM(price * 3) AS c FROM s GROUP BY name;", ""},
    {"weir.decimal.division", "exact", X "id, price / 3 AS c FROM s;", ""},
    {"weir.decimal.division", "round", T "name, SUM(price / 3) AS c FROM s GROUP BY name;", ""},
    {"ksql.nested.error.set.null", "false",
     T "name, COUNT(COALESCE(CAST(name AS INT), 0)) AS c FROM s GROUP BY name;",
     "function: COUNT(COALESCE(CAST(`s.NAME:STRING` AS INTEGER), 0)), NULL as a whole where a "
     "part fails, kept as BIGINT, was COUNT(COALESCE(CAST(`s.NAME:STRING` AS INTEGER), 0)), kept "
     "as BIGINT"},
    {"ksql.nested.error.set.null", "false", T "name, SUM(n) AS c FROM s GROUP BY name;", ""},
    {"weir.kafka.streams.exact", "true",
     T "name, COUNT(*) AS c FROM s WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY name EMIT FINAL;",
     "emit: FINAL, as in Kafka Streams, was FINAL"},
    {"weir.kafka.streams.exact", "true",
     T "name, COUNT(*) AS c FROM s WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY name;", ""},
    {"weir.kafka.streams.exact", "true",
     X "s.id AS id, x FROM s LEFT JOIN s2 WITHIN 1 MINUTE GRACE PERIOD 1 MINUTE ON s.id = s2.id;",
     "unmatched rows: wait for the window's end, as in Kafka Streams, was wait for the window's "
     "end"},
    {"weir.kafka.streams.exact", "true",
     X "s.id AS id, x FROM s JOIN s2 WITHIN 1 MINUTE GRACE PERIOD 1 MINUTE ON s.id = s2.id;", ""},
};

static void test_settings(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(setting_cases); i++) {
        const setting_case *c = &setting_cases[i];
        world_result a, b;
        wr_buf text = {0};
        plan(c->sql, &a);
        wr_settings_put(&w.settings, c->setting, c->value);
        plan(c->sql, &b);
        wr_settings_put(&w.settings, c->setting, NULL);
        wr_plan_meaning_difference(a.plan->meaning, b.plan->meaning, &text);
        if (strcmp(wr_buf_cstr(&text), c->difference) != 0)
            fail_msg("%s = %s\n%s\n  is       %s\n  expected %s", c->setting, c->value, c->sql,
                     wr_buf_cstr(&text), c->difference);
        wr_buf_free(&text);
        world_result_free(&a);
        world_result_free(&b);
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
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_other_texts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
