/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalog: what may be dropped, types, clones, ALTER and OR REPLACE of declared sources; and
 * which queries may be replaced in place.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "plan_world.h"

#define OK(sql)                                                                                    \
    do {                                                                                           \
        weir_error err_;                                                                           \
        if (world_do(&w, sql, &err_) != WEIR_OK)                                                   \
            fail_msg("%s\n%s", sql, err_.message);                                                 \
    } while (0)

#define FAILS(sql, text)                                                                           \
    do {                                                                                           \
        weir_error err_ = {0};                                                                     \
        if (world_do(&w, sql, &err_) == WEIR_OK)                                                   \
            fail_msg("accepted: %s", sql);                                                         \
        if (!strstr(err_.message, text))                                                           \
            fail_msg("%s\n'%s' is not in: %s", sql, text, err_.message);                           \
    } while (0)

static world w;

static int setup(void **state)
{
    (void)state;
    world_init(&w);
    world_fill(&w);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_fini(&w);
    return 0;
}

/* A source goes after what is made of it, and after the queries that write into it. */
static void test_drop_order(void **state)
{
    (void)state;
    OK("CREATE STREAM a (k INT KEY, v INT) WITH (KAFKA_TOPIC='a', PARTITIONS=1, FORMAT='JSON');");
    OK("CREATE STREAM b AS SELECT * FROM a;");
    OK("CREATE TABLE c AS SELECT v, COUNT(*) AS n FROM b GROUP BY v;");
    FAILS("DROP STREAM a;", "The following streams and/or tables read from this source: [B].");
    FAILS("DROP STREAM b;", "The following streams and/or tables read from this source: [C].");
    OK("DROP TABLE c;");
    OK("DROP STREAM b;");
    OK("DROP STREAM a;");
    assert_null(wr_catalog_find(&w.catalog, "A"));
}

static void test_drop_with_writers(void **state)
{
    (void)state;
    OK("CREATE STREAM sink (id BIGINT KEY, v INT) WITH (KAFKA_TOPIC='sink', PARTITIONS=2, "
       "FORMAT='JSON');");
    OK("INSERT INTO sink WITH (QUERY_ID='filler') SELECT id, n AS v FROM s;");
    FAILS("DROP STREAM sink;", "The following queries write into this source: [FILLER].");
    FAILS("INSERT INTO sink WITH (QUERY_ID='CTAS_X') SELECT id, n AS v FROM s;",
          "Query IDs must not start with a reserved query ID prefix");
    wr_catalog_remove_query(&w.catalog, "FILLER");
    OK("DROP STREAM sink;");
}

/* A source that an INSERT reads is held by that query, by its id. */
static void test_drop_with_readers(void **state)
{
    (void)state;
    OK("CREATE STREAM from_ (id BIGINT KEY, v INT) WITH (KAFKA_TOPIC='from_', PARTITIONS=2, "
       "FORMAT='JSON');");
    OK("CREATE STREAM to_ (id BIGINT KEY, v INT) WITH (KAFKA_TOPIC='to_', PARTITIONS=2, "
       "FORMAT='JSON');");
    OK("INSERT INTO to_ WITH (QUERY_ID='copy') SELECT * FROM from_;");
    FAILS("DROP STREAM from_;", "The following queries read from this source: [COPY].");
    wr_catalog_remove_query(&w.catalog, "COPY");
    OK("DROP STREAM from_;");
    OK("DROP STREAM to_;");
}

static void test_names(void **state)
{
    (void)state;
    wr_source *s;
    weir_error err = {0};
    wr_ast_name name = {.name = "S_"};
    OK("CREATE STREAM `MixedCase` (a INT) WITH (KAFKA_TOPIC='m', PARTITIONS=1, "
       "VALUE_FORMAT='JSON');");
    name.name = "MIXEDCASE";
    assert_int_equal(wr_catalog_get(&w.catalog, &name, &s, &err), WEIR_ERR_STATEMENT);
    assert_string_equal(err.message, "MIXEDCASE does not exist.");
    assert_non_null(strstr(err.hint, "MixedCase"));
    name.name = "MixedCase";
    assert_int_equal(wr_catalog_get(&w.catalog, &name, &s, &err), WEIR_OK);
    OK("DROP STREAM `MixedCase`;");
}

static void test_types(void **state)
{
    (void)state;
    OK("CREATE TYPE address AS STRUCT<street STRING, no INT>;");
    FAILS("CREATE TYPE address AS INT;",
          "Cannot register custom type 'ADDRESS' since it is already registered with type: "
          "STRUCT<`STREET` STRING, `NO` INTEGER>");
    OK("CREATE TYPE IF NOT EXISTS address AS INT;");
    OK("CREATE TYPE people AS ARRAY<STRUCT<name STRING, home address>>;");
    OK("CREATE STREAM homes (p people) WITH (KAFKA_TOPIC='h', PARTITIONS=1, VALUE_FORMAT='JSON');");
    /* Types expand where they are used: dropping one changes no source. */
    OK("DROP TYPE address;");
    OK("DROP TYPE people;");
    FAILS("DROP TYPE people;", "Type PEOPLE does not exist.");
    OK("DROP TYPE IF EXISTS people;");
    FAILS("CREATE STREAM again (p people) WITH (KAFKA_TOPIC='h2', PARTITIONS=1, "
          "VALUE_FORMAT='JSON');",
          "Cannot resolve unknown type: PEOPLE");
    const wr_source *s = wr_catalog_find(&w.catalog, "HOMES");
    assert_string_equal(
        wr_type_text(w.arena, s->schema->cols[0].type),
        "ARRAY<STRUCT<`NAME` STRING, `HOME` STRUCT<`STREET` STRING, `NO` INTEGER>>>");
    OK("DROP STREAM homes;");
}

/* What is done to a clone is not done to the original, and the other way round. */
static void test_clone(void **state)
{
    (void)state;
    wr_catalog clone;
    wr_catalog_clone(&clone, &w.catalog);
    const wr_source *s = wr_catalog_find(&clone, "S");
    assert_ptr_equal(s, wr_catalog_find(&w.catalog, "S"));
    wr_catalog_remove(&clone, "S");
    assert_null(wr_catalog_find(&clone, "S"));
    assert_non_null(wr_catalog_find(&w.catalog, "S"));
    OK("CREATE TYPE only_here AS INT;");
    assert_null(wr_map_get(&clone.types, WR_STR("ONLY_HERE")));
    assert_non_null(wr_catalog_query(&clone, "CTAS_AGG_1"));
    wr_catalog_remove_query(&clone, "CTAS_AGG_1");
    assert_null(wr_catalog_query(&clone, "CTAS_AGG_1"));
    assert_non_null(wr_catalog_query(&w.catalog, "CTAS_AGG_1"));
    wr_catalog_free(&clone);
    OK("DROP TYPE only_here;");
}

/* A source is immutable: who holds the old one keeps it. */
static void test_alter(void **state)
{
    (void)state;
    OK("CREATE STREAM grow (id INT KEY, v INT) WITH (KAFKA_TOPIC='grow', PARTITIONS=1, "
       "FORMAT='JSON');");
    wr_source *old = wr_catalog_find(&w.catalog, "GROW");
    wr_source_ref(old);
    OK("ALTER STREAM grow ADD COLUMN x STRING, ADD y ARRAY<STRUCT<deep STRING>>;");
    const wr_source *s = wr_catalog_find(&w.catalog, "GROW");
    assert_int_equal(old->schema->n, 2);
    assert_int_equal(s->schema->n, 4);
    assert_string_equal(s->schema->cols[3].name, "Y");
    wr_source_unref(old);
    OK("CREATE OR REPLACE STREAM grow (id INT KEY, v INT, x STRING, y ARRAY<STRUCT<deep STRING>>, "
       "z INT) WITH "
       "(KAFKA_TOPIC='grow', FORMAT='JSON');");
    assert_int_equal(wr_catalog_find(&w.catalog, "GROW")->schema->n, 5);
    FAILS("CREATE OR REPLACE STREAM grow (id BIGINT KEY, v INT, x STRING, y ARRAY<STRUCT<deep "
          "STRING>>, z INT) WITH "
          "(KAFKA_TOPIC='grow', FORMAT='JSON');",
          "which is not upgradeable to");
    FAILS("CREATE OR REPLACE STREAM grow (id INT KEY, v INT, x STRING, y ARRAY<STRUCT<deep "
          "STRING>>, z INT) WITH "
          "(KAFKA_TOPIC='grow', KEY_FORMAT='JSON', VALUE_FORMAT='DELIMITED');",
          "DELIMITED");
    OK("DROP STREAM grow;");
}

/* ---- CREATE OR REPLACE ... AS ---- */

typedef struct upgrade_case {
    const char *before, *after;
    const char *refused; /* part of the message; NULL: may be replaced */
} upgrade_case;

static const upgrade_case upgrades[] = {
    /* filters come, change and go; columns are added */
    {"CREATE STREAM u AS SELECT id, name FROM s;",
     "CREATE OR REPLACE STREAM u AS SELECT id, name FROM s WHERE n > 1;", NULL},
    {"CREATE STREAM u AS SELECT id, name FROM s WHERE n > 1;",
     "CREATE OR REPLACE STREAM u AS SELECT id, name FROM s WHERE n > 2;", NULL},
    {"CREATE STREAM u AS SELECT id, name FROM s WHERE n > 1;",
     "CREATE OR REPLACE STREAM u AS SELECT id, name, n + 1 AS m FROM s;", NULL},
    {"CREATE STREAM u AS SELECT id, UCASE(name) AS name FROM s;",
     "CREATE OR REPLACE STREAM u AS SELECT id, LCASE(name) AS name FROM s;", NULL},
    /* on aggregates: filters over columns that are read anyway */
    {"CREATE TABLE u AS SELECT name, COUNT(*) AS c FROM s GROUP BY name;",
     "CREATE OR REPLACE TABLE u AS SELECT name, COUNT(*) AS c FROM s WHERE name <> 'x' GROUP BY "
     "name;",
     NULL},
    {"CREATE TABLE u AS SELECT name, COUNT(*) AS c FROM s GROUP BY name;",
     "CREATE OR REPLACE TABLE u AS SELECT name, COUNT(*) AS c FROM s GROUP BY name HAVING COUNT(*) "
     "> 1;",
     NULL},
    /* what must stay */
    {"CREATE STREAM u AS SELECT id, name FROM s;",
     "CREATE OR REPLACE STREAM u AS SELECT id FROM s;", ""},
    {"CREATE STREAM u AS SELECT id, name FROM s;",
     "CREATE OR REPLACE STREAM u AS SELECT id, n AS name FROM s;", "not upgradeable"},
    {"CREATE STREAM u AS SELECT id, name FROM s;",
     "CREATE OR REPLACE STREAM u AS SELECT id, name FROM s2;", "must have matching sources"},
    {"CREATE STREAM u AS SELECT name, n FROM s PARTITION BY name;",
     "CREATE OR REPLACE STREAM u AS SELECT name, n FROM s WHERE n > 1 PARTITION BY name;", NULL},
    {"CREATE STREAM u AS SELECT UCASE(name) AS k, n FROM s PARTITION BY UCASE(name);",
     "CREATE OR REPLACE STREAM u AS SELECT LCASE(name) AS k, n FROM s PARTITION BY LCASE(name);",
     "must have matching key expressions"},
    {"CREATE TABLE u AS SELECT name, COUNT(*) AS c FROM s GROUP BY name;",
     "CREATE OR REPLACE TABLE u AS SELECT name, COUNT(n) AS c FROM s GROUP BY name;",
     "Query is not upgradeable"},
    {"CREATE TABLE u AS SELECT name, SUM(n) AS c FROM s GROUP BY name;",
     "CREATE OR REPLACE TABLE u AS SELECT name, MAX(n) AS c FROM s GROUP BY name;",
     "Query is not upgradeable"},
    {"CREATE TABLE u AS SELECT id, COUNT(*) AS c FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY id;",
     "CREATE OR REPLACE TABLE u AS SELECT id, COUNT(*) AS c FROM s WINDOW TUMBLING (SIZE 2 HOUR) "
     "GROUP BY id;",
     "not upgradeable"},
    {"CREATE TABLE u AS SELECT name, COUNT(*) AS c FROM t GROUP BY name;",
     "CREATE OR REPLACE TABLE u AS SELECT name, COUNT(*) AS c FROM t WHERE n > 1 GROUP BY name;",
     "Upgrades not yet supported for"},
    {"CREATE STREAM u AS SELECT s.id, n, x FROM s JOIN s2 WITHIN 1 HOUR ON s.id = s2.id;",
     "CREATE OR REPLACE STREAM u AS SELECT s.id, n, x FROM s JOIN s2 WITHIN 1 HOUR ON s.id = s2.id "
     "WHERE n > 1;",
     "Upgrades not yet supported for StreamStreamJoin"},
};

static void check_upgrade(const upgrade_case *c)
{
    world_result a, b;
    weir_error err = {0};
    if (world_plan(&w, c->before, &a, &err) != WEIR_OK)
        fail_msg("%s\n%s", c->before, err.message);
    wr_catalog_put(&w.catalog, a.source);
    weir_status st = world_plan(&w, c->after, &b, &err);
    if (st == WEIR_OK)
        st = wr_plan_check_upgrade(a.source, a.plan, b.source, b.plan, &err);
    if (st == WEIR_OK && c->refused)
        fail_msg("may be replaced: %s\nby %s", c->before, c->after);
    if (st != WEIR_OK && (!c->refused || !strstr(err.message, c->refused)))
        fail_msg("%s\nby %s\n%s", c->before, c->after, err.message);
    wr_catalog_remove(&w.catalog, "U");
    world_result_free(&a);
    world_result_free(&b);
}

static void test_upgrades(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof upgrades / sizeof upgrades[0]; i++)
        check_upgrade(&upgrades[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drop_order),
        cmocka_unit_test(test_drop_with_writers),
        cmocka_unit_test(test_drop_with_readers),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_clone),
        cmocka_unit_test(test_alter),
        cmocka_unit_test(test_upgrades),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
