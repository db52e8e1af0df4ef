/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a statement's sink has for columns and keys: stars over joins, windows and new keys, pseudo
 * columns as keys, no key at all, and keys that the projection leaves out or reorders where a
 * setting allows that.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "plan_world.h"

typedef struct key_case {
    const char *sql;
    const char *schema; /* of the sink, or of the result of a push query; keys first */
    const char *format; /* of the sink's key; NULL: no sink */
} key_case;

static void check(world *w, const key_case *c)
{
    world_result r;
    weir_error err;
    wr_buf text = {0};
    if (world_plan(w, c->sql, &r, &err) != WEIR_OK)
        fail_msg("%s: %s", c->sql, err.message);
    wr_schema_print(&text, r.source ? r.source->schema : r.plan->result);
    if (strcmp(wr_buf_cstr(&text), c->schema) != 0)
        fail_msg("%s\n  got      %s\n  expected %s", c->sql, wr_buf_cstr(&text), c->schema);
    if (c->format)
        assert_string_equal(r.source->key.format->name, c->format);
    wr_buf_free(&text);
    world_result_free(&r);
}

static void check_all(const key_case *cases, size_t n, bool new_planner)
{
    static const char *const more[] = {
        "CREATE STREAM win2 (id BIGINT KEY, v INT) WITH (KAFKA_TOPIC='win2', PARTITIONS=2, "
        "FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='10 SECONDS');",
        "CREATE STREAM kafka_key (k INT KEY, v INT) WITH (KAFKA_TOPIC='kafka_key', PARTITIONS=2, "
        "VALUE_FORMAT='JSON');",
    };
    world w;
    weir_error err;
    world_init(&w);
    world_fill(&w);
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        assert_int_equal(world_do(&w, more[i], &err), WEIR_OK);
    if (new_planner)
        wr_settings_put(&w.settings, "ksql.new.query.planner.enabled", "true");
    for (size_t i = 0; i < n; i++)
        check(&w, &cases[i]);
    world_fini(&w);
}

/* The bounds of a windowed source are in the star of a query for a client. In a join they have a
 * name of their own, and are columns like the others. */
static void test_window_bounds(void **state)
{
    static const key_case cases[] = {
        {"CREATE STREAM x AS SELECT * FROM win;", "`ID` BIGINT KEY, `V` INTEGER", "JSON"},
        {"CREATE STREAM x AS SELECT id, WINDOWSTART AS ws, v FROM win;",
         "`ID` BIGINT KEY, `WS` BIGINT, `V` INTEGER", "JSON"},
        {"SELECT * FROM win EMIT CHANGES;",
         "`ID` BIGINT, `WINDOWSTART` BIGINT, `WINDOWEND` BIGINT, `V` INTEGER", NULL},
        {"SELECT * FROM win a JOIN win2 b WITHIN 1 MINUTE ON a.id = b.id EMIT CHANGES;",
         "`A_ID` BIGINT, `A_WINDOWSTART` BIGINT, `A_WINDOWEND` BIGINT, `A_V` INTEGER, `B_ID` "
         "BIGINT, `B_WINDOWSTART` BIGINT, `B_WINDOWEND` BIGINT, `B_V` INTEGER",
         NULL},
        {"CREATE STREAM x AS SELECT * FROM win a JOIN win2 b WITHIN 1 MINUTE ON a.id = b.id;",
         "`A_ID` BIGINT KEY, `A_WINDOWSTART` BIGINT, `A_WINDOWEND` BIGINT, `A_V` INTEGER, `B_ID` "
         "BIGINT, `B_WINDOWSTART` BIGINT, `B_WINDOWEND` BIGINT, `B_V` INTEGER",
         "JSON"},
        {"CREATE STREAM x AS SELECT b.*, a.id FROM win a JOIN win2 b WITHIN 1 MINUTE ON a.id = "
         "b.id;",
         "`A_ID` BIGINT KEY, `B_ID` BIGINT, `B_WINDOWSTART` BIGINT, `B_WINDOWEND` BIGINT, `B_V` "
         "INTEGER",
         "JSON"},
    };
    (void)state;
    check_all(cases, sizeof cases / sizeof cases[0], false);
}

static void test_partition_by(void **state)
{
    static const key_case cases[] = {
        {"CREATE STREAM x AS SELECT * FROM two PARTITION BY ROWTIME;",
         "`ROWTIME` BIGINT KEY, `V` INTEGER, `K1` INTEGER, `K2` STRING", "JSON"},
        {"CREATE STREAM x AS SELECT ROWOFFSET AS o, v FROM two PARTITION BY ROWOFFSET;",
         "`O` BIGINT KEY, `V` INTEGER", "JSON"},
        {"CREATE STREAM x AS SELECT * FROM two PARTITION BY ROWPARTITION, k2;",
         "`ROWPARTITION` INTEGER KEY, `K2` STRING KEY, `V` INTEGER, `K1` INTEGER", "JSON"},
        {"CREATE STREAM x AS SELECT * FROM two PARTITION BY NULL;",
         "`V` INTEGER, `K1` INTEGER, `K2` STRING", "NONE"},
        {"CREATE STREAM x AS SELECT k2 FROM two PARTITION BY (NULL);", "`K2` STRING", "NONE"},
        {"CREATE STREAM x AS SELECT a FROM nokey PARTITION BY NULL;", "`A` STRING", "NONE"},
        {"CREATE STREAM x AS SELECT a FROM nokey;", "`A` STRING", "KAFKA"},
        {"CREATE STREAM x AS SELECT s.n FROM s JOIN t ON s.id = t.id PARTITION BY NULL;",
         "`S_N` INTEGER", "NONE"},
        {"SELECT * FROM kafka_key PARTITION BY NULL EMIT CHANGES;", "`V` INTEGER, `K` INTEGER",
         NULL},
    };
    (void)state;
    check_all(cases, sizeof cases / sizeof cases[0], false);
}

/* ksql.new.query.planner.enabled: the key is what the projection has of it. */
static void test_selected_keys(void **state)
{
    static const key_case cases[] = {
        {"CREATE STREAM x AS SELECT k2, v, k1 FROM two;",
         "`K2` STRING KEY, `K1` INTEGER KEY, `V` INTEGER", "JSON"},
        {"CREATE STREAM x AS SELECT v, k2 AS b FROM two WHERE k1 > 1;",
         "`B` STRING KEY, `V` INTEGER", "JSON"},
        {"CREATE STREAM x AS SELECT v FROM two;", "`V` INTEGER", "NONE"},
        {"CREATE STREAM x AS SELECT v + k1 AS s FROM two;", "`S` INTEGER", "NONE"},
        {"CREATE STREAM x AS SELECT v FROM kafka_key;", "`V` INTEGER", "NONE"},
        {"CREATE STREAM x AS SELECT * FROM two;", "`K1` INTEGER KEY, `K2` STRING KEY, `V` INTEGER",
         "JSON"},
        {"CREATE STREAM x AS SELECT a FROM nokey;", "`A` STRING", "KAFKA"},
        /* what that planner does not do keeps its rules */
        {"CREATE TABLE x AS SELECT v, k2, k1 FROM tt;",
         "`K1` INTEGER KEY, `K2` STRING KEY, `V` INTEGER", "JSON"},
        {"CREATE STREAM x AS SELECT v, k2 FROM two PARTITION BY k2;",
         "`K2` STRING KEY, `V` INTEGER", "JSON"},
    };
    (void)state;
    check_all(cases, sizeof cases / sizeof cases[0], true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window_bounds),
        cmocka_unit_test(test_partition_by),
        cmocka_unit_test(test_selected_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
