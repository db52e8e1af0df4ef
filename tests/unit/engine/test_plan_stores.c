/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stores of plans: which there are, with what they need; and their meanings: pairs of
 * statements whose state is the same, or is not.
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
    world_init(&w);
    world_fill(&w);
    static const char *const more[] = {
        "CREATE TYPE pair AS STRUCT<a INT, b INT>;",
        /* other declarations of the topic of s */
        "CREATE STREAM s_again (id BIGINT KEY, name STRING, n INT, price DECIMAL(6, 2)) WITH "
        "(KAFKA_TOPIC='s', FORMAT='JSON');",
        "CREATE STREAM s_wide (id BIGINT KEY, name STRING, n BIGINT) WITH (KAFKA_TOPIC='s', "
        "FORMAT='JSON');",
        "CREATE STREAM s_timed (id BIGINT KEY, name STRING, n INT, ts TIMESTAMP) WITH "
        "(KAFKA_TOPIC='s', FORMAT='JSON', TIMESTAMP='ts');",
        "CREATE TABLE s_table (id BIGINT PRIMARY KEY, name STRING, n INT) WITH (KAFKA_TOPIC='s', "
        "FORMAT='JSON');",
        "CREATE TABLE t_again (id BIGINT PRIMARY KEY, name STRING, n INT, ref BIGINT) WITH "
        "(KAFKA_TOPIC='t', FORMAT='JSON');",
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(more); i++) {
        weir_error err;
        if (world_do(&w, more[i], &err) != WEIR_OK)
            fail_msg("%s\n%s", more[i], err.message);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_fini(&w);
    return 0;
}

static wr_plan *plan(const char *sql, world_result *r)
{
    weir_error err;
    if (world_plan(&w, sql, r, &err) != WEIR_OK)
        fail_msg("%s\n%s", sql, err.message);
    return r->plan ? r->plan : r->pull->plan;
}

/* ---- the list ---- */

/* A line for each store: name, kind, sub-topology, retention, retention of the changelog (or
 * "no changelog"), "old" where the operator asks for values as of the last commit, columns. */
static void put_store(wr_buf *b, const wr_plan_store *s)
{
    wr_buf_printf(b, "%s %s [%u]", s->name, wr_plan_store_kind_name(s), s->subtopology);
    if (s->spec.kind != WR_STORE_KV)
        wr_buf_printf(b, " %lld", (long long)s->spec.retention_ms);
    if (!s->changelog)
        wr_buf_puts(b, " no changelog");
    else if (s->changelog_retention_ms >= 0)
        wr_buf_printf(b, " changelog %lld", (long long)s->changelog_retention_ms);
    if (s->spec.keep_old)
        wr_buf_puts(b, " old");
    const wr_schema *schemas[] = {s->key, s->value};
    for (int i = 0; i < 2 && s->key; i++) {
        wr_buf_puts(b, i ? " ->" : " |");
        for (uint32_t c = 0; c < schemas[i]->n; c++) {
            wr_buf_putc(b, ' ');
            wr_buf_puts(b, schemas[i]->cols[c].name);
            wr_buf_putc(b, ':');
            wr_type_print(b, schemas[i]->cols[c].type);
        }
    }
    wr_buf_putc(b, '\n');
}

typedef struct list_case {
    const char *sql, *stores;
} list_case;

static const list_case list_cases[] = {
    {"CREATE STREAM x AS SELECT id, name FROM s WHERE n > 1;", ""},
    {"CREATE STREAM x AS SELECT id, EXPLODE(tags) AS tag FROM s;", ""},
    {"CREATE STREAM x AS SELECT * FROM s PARTITION BY name;", ""},
    {"CREATE TABLE x AS SELECT name, COUNT(*) AS c, SUM(n) AS m FROM s GROUP BY name;",
     "Aggregate key-value [1] | NAME:STRING -> KSQL_AGG_VARIABLE_0:BIGINT "
     "KSQL_AGG_VARIABLE_1:INTEGER\n"},
    /* what is stored is the state, here a sum with a count */
    {"CREATE TABLE x AS SELECT id, AVG(n) AS a FROM s GROUP BY id;",
     "Aggregate key-value [0] | ID:BIGINT -> KSQL_AGG_VARIABLE_0:STRUCT<`SUM` INTEGER, `COUNT` "
     "BIGINT>\n"},
    {"CREATE TABLE x AS SELECT id, COUNT(*) AS c FROM s WINDOW TUMBLING (SIZE 1 MINUTE, GRACE "
     "PERIOD 30 SECONDS) GROUP BY id;",
     "Aggregate window [0] 90000 changelog 86490000 | ID:BIGINT -> KSQL_AGG_VARIABLE_0:BIGINT\n"
     "Aggregate-times key-value [0]\n"},
    {"CREATE TABLE x AS SELECT id, COUNT(*) AS c FROM s WINDOW SESSION (1 MINUTE, RETENTION 2 "
     "DAYS) GROUP BY id;",
     "Aggregate session [0] 172800000 changelog 259200000 old | ID:BIGINT -> "
     "KSQL_AGG_VARIABLE_0:BIGINT\n"
     "Aggregate-times key-value [0]\n"},
    {"CREATE TABLE x AS SELECT id, COUNT(*) AS c FROM s WINDOW HOPPING (SIZE 1 MINUTE, ADVANCE BY "
     "10 SECONDS) GROUP BY id EMIT FINAL;",
     "Aggregate window [0] 86400000 changelog 172800000 | ID:BIGINT -> "
     "KSQL_AGG_VARIABLE_0:BIGINT\n"
     "Aggregate-times key-value [0]\n"},
    /* HAVING asks for old rows */
    {"CREATE TABLE x AS SELECT id, COUNT(*) AS c FROM s GROUP BY id HAVING COUNT(*) > 1;",
     "Aggregate key-value [0] old | ID:BIGINT -> KSQL_AGG_VARIABLE_0:BIGINT\n"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) AS c FROM t GROUP BY name;",
     "KsqlTopic key-value [0] | ID:BIGINT -> NAME:STRING\n"
     "Aggregate key-value [1] | NAME:STRING -> KSQL_AGG_VARIABLE_0:BIGINT\n"},
    /* all columns: CREATE OR REPLACE may come to read others */
    {"CREATE TABLE x AS SELECT id, name FROM t;",
     "KsqlTopic key-value [0] | ID:BIGINT -> NAME:STRING N:INTEGER REF:BIGINT\n"},
    {"CREATE SOURCE TABLE x (id BIGINT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', "
     "VALUE_FORMAT='JSON');",
     "KsqlTopic key-value [0] | ID:BIGINT -> V:INTEGER\n"},
    {"CREATE STREAM x AS SELECT a.id, a.n, b.x FROM s a JOIN s2 b WITHIN 10 SECONDS ON a.id = "
     "b.id;",
     "Join-left join buffer [0] 86400000 changelog 172800000 | ID:BIGINT -> A_ID:BIGINT "
     "A_N:INTEGER\n"
     "Join-right join buffer [0] 86400000 changelog 172800000 | ID:BIGINT -> B_ID:BIGINT "
     "B_X:INTEGER\n"
     "Join-times key-value [0]\n"},
    /* only an outer join with GRACE PERIOD has rows that wait */
    {"CREATE STREAM x AS SELECT a.id, b.x FROM s a LEFT JOIN s2 b WITHIN 10 SECONDS ON a.id = "
     "b.id;",
     "Join-left join buffer [0] 86400000 changelog 172800000 | ID:BIGINT -> A_ID:BIGINT\n"
     "Join-right join buffer [0] 86400000 changelog 172800000 | ID:BIGINT -> B_ID:BIGINT "
     "B_X:INTEGER\n"
     "Join-times key-value [0]\n"},
    {"CREATE STREAM x AS SELECT a.id, b.x FROM s a LEFT JOIN s2 b WITHIN 10 SECONDS GRACE PERIOD 5 "
     "SECONDS ON a.id = b.id;",
     "Join-left join buffer [0] 25000 changelog 86425000 | ID:BIGINT -> A_ID:BIGINT\n"
     "Join-right join buffer [0] 25000 changelog 86425000 | ID:BIGINT -> B_ID:BIGINT B_X:INTEGER\n"
     "Join-outer key-value [0]\n"
     "Join-times key-value [0]\n"},
    {"CREATE STREAM x AS SELECT s.id, t.name FROM s JOIN t ON s.id = t.id;",
     "Join-right key-value [0] | ID:BIGINT -> T_ID:BIGINT T_NAME:STRING\n"},
    {"CREATE TABLE x AS SELECT t.id, t2.y FROM t JOIN t2 ON t.id = t2.id;",
     "Join key-value [0] | ID:BIGINT -> T_ID:BIGINT T2_ID:BIGINT T2_Y:INTEGER\n"
     "Join-left key-value [0] | ID:BIGINT -> T_ID:BIGINT\n"
     "Join-right key-value [0] | ID:BIGINT -> T2_ID:BIGINT T2_Y:INTEGER\n"},
    /* the right side of a foreign-key join is another sub-topology */
    {"CREATE TABLE x AS SELECT t.id, t2.y FROM t JOIN t2 ON t.ref = t2.id;",
     "Join key-value [1] | ID:BIGINT -> T_REF:BIGINT T_ID:BIGINT T2_ID:BIGINT T2_Y:INTEGER\n"
     "Join-left key-value [1] | ID:BIGINT -> T_REF:BIGINT T_ID:BIGINT\n"
     "Join-right key-value [0] | ID:BIGINT -> T2_ID:BIGINT T2_Y:INTEGER\n"
     "Join-subscriptions key-value [0]\n"},
    /* at the limits of their numbers */
    {"CREATE TABLE x AS SELECT id, COUNT(*) AS c FROM s WINDOW TUMBLING (SIZE 9223372036854775806 "
     "MILLISECONDS, GRACE PERIOD 2 MILLISECONDS) GROUP BY id;",
     "Aggregate window [0] 9223372036854775807 changelog 9223372036854775807 | ID:BIGINT -> "
     "KSQL_AGG_VARIABLE_0:BIGINT\n"
     "Aggregate-times key-value [0]\n"},
    {"CREATE TABLE x AS SELECT id, COUNT(*) AS c FROM s WINDOW SESSION (9223372036854775807 "
     "MILLISECONDS) GROUP BY id EMIT FINAL;",
     "Aggregate session [0] 9223372036854775807 changelog 9223372036854775807 | ID:BIGINT -> "
     "KSQL_AGG_VARIABLE_0:BIGINT\n"
     "Aggregate-times key-value [0]\n"},
    {"CREATE STREAM x AS SELECT a.id, b.x FROM s a JOIN s2 b WITHIN 9223372036854775807 "
     "MILLISECONDS ON a.id = b.id;",
     "Join-left join buffer [0] 9223372036854775807 changelog 9223372036854775807 | ID:BIGINT -> "
     "A_ID:BIGINT\n"
     "Join-right join buffer [0] 9223372036854775807 changelog 9223372036854775807 | ID:BIGINT -> "
     "B_ID:BIGINT B_X:INTEGER\n"
     "Join-times key-value [0]\n"},
    {"CREATE STREAM x AS SELECT a.id, b.x FROM s a JOIN s2 b WITHIN 0 SECONDS GRACE PERIOD 0 "
     "SECONDS ON a.id = b.id;",
     "Join-left join buffer [0] 1 changelog 86400001 | ID:BIGINT -> A_ID:BIGINT\n"
     "Join-right join buffer [0] 1 changelog 86400001 | ID:BIGINT -> B_ID:BIGINT B_X:INTEGER\n"
     "Join-times key-value [0]\n"},
    /* push queries: no changelogs */
    {"SELECT name, COUNT(*) FROM s GROUP BY name EMIT CHANGES;",
     "Aggregate key-value [1] no changelog | NAME:STRING -> KSQL_AGG_VARIABLE_0:BIGINT\n"},
    {"SELECT * FROM t EMIT CHANGES;", ""},
    {"SELECT * FROM t WHERE n > 1 EMIT CHANGES;",
     "KsqlTopic key-value [0] no changelog | ID:BIGINT -> NAME:STRING N:INTEGER REF:BIGINT\n"},
};

/* A step knows its stores, by what they are to it. */
static void check_steps(const wr_plan *p)
{
    uint32_t seen = 0;
    for (uint32_t i = 0; i < p->steps_n; i++) {
        for (uint32_t r = 0; r < WR_PLAN_STORE_ROLES; r++) {
            uint32_t k = p->steps[i]->stores[r];
            if (k == WR_PLAN_NO_STORE)
                continue;
            assert_true(k < p->stores_n);
            assert_ptr_equal(p->stores[k].step, p->steps[i]);
            assert_int_equal(p->stores[k].role, r);
            assert_ptr_equal(wr_plan_store_find(p, p->stores[k].name), &p->stores[k]);
            seen++;
        }
    }
    assert_int_equal(seen, p->stores_n);
    assert_null(wr_plan_store_find(p, "Aggregate-of-another-plan"));
    if (p->materialized)
        assert_int_equal(p->materialized_store, p->materialized->stores[WR_PLAN_STORE_ROWS]);
    else
        assert_int_equal(p->materialized_store, WR_PLAN_NO_STORE);
}

static void test_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(list_cases); i++) {
        world_result r;
        wr_plan *p = plan(list_cases[i].sql, &r);
        wr_buf b = {0};
        for (uint32_t k = 0; k < p->stores_n; k++)
            put_store(&b, &p->stores[k]);
        if (strcmp(wr_buf_cstr(&b), list_cases[i].stores) != 0)
            fail_msg("%s\nis\n%sexpected\n%s", list_cases[i].sql, wr_buf_cstr(&b),
                     list_cases[i].stores);
        check_steps(p);
        wr_buf_free(&b);
        world_result_free(&r);
    }
}

/* Twelve joins in a row: every store has a name of its own. */
static void test_names_are_unique(void **state)
{
    (void)state;
    wr_buf sql = {0};
    wr_buf_puts(&sql, "CREATE STREAM x AS SELECT s.id");
    for (int i = 0; i < 12; i++) {
        weir_error err;
        char table[200];
        snprintf(table, sizeof table,
                 "CREATE TABLE many%d (id BIGINT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='many', "
                 "PARTITIONS=2, FORMAT='JSON');",
                 i);
        assert_int_equal(world_do(&w, table, &err), WEIR_OK);
        wr_buf_printf(&sql, ", many%d.v AS v%d", i, i);
    }
    wr_buf_puts(&sql, " FROM s");
    for (int i = 0; i < 12; i++)
        wr_buf_printf(&sql, " LEFT JOIN many%d ON s.id = many%d.id", i, i);
    wr_buf_puts(&sql, ";");
    world_result r;
    wr_plan *p = plan(wr_buf_cstr(&sql), &r);
    assert_int_equal(p->stores_n, 12);
    for (uint32_t i = 0; i < p->stores_n; i++)
        for (uint32_t k = 0; k < i; k++) {
            assert_string_not_equal(p->stores[i].name, p->stores[k].name);
            /* all read one topic, but they are different readers of it */
            assert_string_not_equal(p->stores[i].fingerprint, p->stores[k].fingerprint);
        }
    check_steps(p);
    world_result_free(&r);
    wr_buf_free(&sql);
}

/* ---- meanings ---- */

#define COUNT_BY   "CREATE TABLE x AS SELECT name, COUNT(*) AS c FROM s "
#define BY_NAME    " GROUP BY name;"
#define MINUTE     "WINDOW TUMBLING (SIZE 1 MINUTE)"
#define HOP(s, a)  "WINDOW HOPPING (SIZE " s ", ADVANCE BY " a ")"
#define SUM_OF(e)  "CREATE TABLE x AS SELECT id, SUM(" e ") AS v FROM s GROUP BY id;"
#define LIST_OF(e) "CREATE TABLE x AS SELECT id, COLLECT_LIST(" e ") AS v FROM s GROUP BY id;"
#define SS(sel, kind, within, on)                                                                  \
    "CREATE STREAM x AS SELECT " sel " FROM s a " kind " JOIN s2 b WITHIN " within " ON " on ";"

typedef struct pair_case {
    bool same;
    const char *a, *b;
} pair_case;

static const pair_case pair_cases[] = {
    /* spelling */
    {true, COUNT_BY BY_NAME, "create table X as select NAME, count(*) as C from S group by NAME;"},
    {true, COUNT_BY BY_NAME, COUNT_BY "/* by name */ -- so it is\n" BY_NAME},
    {true, COUNT_BY BY_NAME, "CREATE TABLE x AS\n  SELECT name,\n  COUNT( * ) AS c FROM s" BY_NAME},
    {true, COUNT_BY BY_NAME,
     "CREATE TABLE x AS SELECT q.name, COUNT(*) AS c FROM s q GROUP BY q.name;"},
    {true, COUNT_BY BY_NAME,
     "CREATE TABLE x AS SELECT name AS k, COUNT(*) AS other FROM s" BY_NAME},
    {true, COUNT_BY BY_NAME, "CREATE TABLE y AS SELECT name, COUNT(*) AS c FROM s" BY_NAME},
    {true, COUNT_BY BY_NAME,
     "CREATE TABLE x WITH (KAFKA_TOPIC='o', VALUE_FORMAT='DELIMITED') AS SELECT "
     "name, COUNT(*) AS c FROM s" BY_NAME},
    {true,
     "CREATE TABLE x WITH (KAFKA_TOPIC='o', PARTITIONS=2) AS SELECT name, COUNT(*) AS c FROM "
     "s" BY_NAME,
     "CREATE TABLE x WITH (PARTITIONS=2, KAFKA_TOPIC='o') AS SELECT name, COUNT(*) AS c FROM "
     "s" BY_NAME},
    {true, COUNT_BY BY_NAME,
     "CREATE OR REPLACE TABLE x AS SELECT name, COUNT(*) AS c FROM s" BY_NAME},
    {true, SUM_OF("n + 1"), SUM_OF("N+1")},
    {true, SUM_OF("n + 1"), SUM_OF("((n) + 1)")},
    {true, SUM_OF("CAST(n AS BIGINT)"), SUM_OF("cast(n as bigint)")},
    {true, LIST_OF("CAST(name AS STRING)"), LIST_OF("CAST(name AS VARCHAR)")},
    {true, SUM_OF("LEN(name)"), SUM_OF("len(name)")},
    {true, SUM_OF("REDUCE(TRANSFORM(tags, x => LEN(x)), 0, (a, b) => a + b)"),
     SUM_OF("REDUCE(TRANSFORM(tags, el => LEN(el)), 0, (s, v) => s + v)")},
    {true, SUM_OF("CASE WHEN n > 1 THEN 1 ELSE 0 END"),
     SUM_OF("case when N > 1 then 1 else 0 end")},
    {true, SUM_OF("1e3"), SUM_OF("1E3")},
    /* another name for the same topic and columns */
    {true, COUNT_BY BY_NAME, "CREATE TABLE x AS SELECT name, COUNT(*) AS c FROM s_again" BY_NAME},
    /* what CREATE OR REPLACE may change: filters, what is made of the results */
    {true, COUNT_BY BY_NAME, COUNT_BY "WHERE n > 1" BY_NAME},
    {true, COUNT_BY "WHERE n > 1" BY_NAME, COUNT_BY "WHERE n > 2" BY_NAME},
    {true, COUNT_BY BY_NAME, "CREATE TABLE x AS SELECT name, COUNT(*) + 1 AS c FROM s" BY_NAME},
    {true, COUNT_BY BY_NAME,
     "CREATE TABLE x AS SELECT name, COUNT(*) AS c, COUNT(*) * 2 AS d FROM "
     "s" BY_NAME},
    {true, COUNT_BY BY_NAME,
     "CREATE TABLE x AS SELECT name, COUNT(*) AS c, AS_VALUE(name) AS v "
     "FROM s" BY_NAME},
    {true, COUNT_BY BY_NAME, COUNT_BY "GROUP BY name HAVING COUNT(*) > 1;"},
    /* functions and their arguments */
    {false, COUNT_BY BY_NAME, "CREATE TABLE x AS SELECT name, COUNT(n) AS c FROM s" BY_NAME},
    {false, COUNT_BY BY_NAME, "CREATE TABLE x AS SELECT name, SUM(n) AS c FROM s" BY_NAME},
    {false, COUNT_BY BY_NAME,
     "CREATE TABLE x AS SELECT name, COUNT(*) AS c, SUM(n) AS d FROM s" BY_NAME},
    {false, "CREATE TABLE x AS SELECT name, MIN(n) AS a, MAX(n) AS b FROM s" BY_NAME,
     "CREATE TABLE x AS SELECT name, MAX(n) AS b, MIN(n) AS a FROM s" BY_NAME},
    {false, SUM_OF("n"), SUM_OF("n + 1")},
    {false, SUM_OF("n + 1"), SUM_OF("n + 2")},
    {false, SUM_OF("n - 1 - 1"), SUM_OF("n - (1 - 1)")},
    {false, SUM_OF("n"), SUM_OF("CAST(n AS BIGINT)")},
    {false, SUM_OF("st->f"), SUM_OF("n")},
    {false, SUM_OF("LEN(name)"), SUM_OF("LEN(UCASE(name))")},
    {false, LIST_OF("'a'"), LIST_OF("'A'")},
    {false, LIST_OF("'a\nkey: b'"), LIST_OF("'a\\nkey: b'")},
    {false, SUM_OF("TRANSFORM(tags, x => LEN(x))[1]"), SUM_OF("TRANSFORM(tags, x => n)[1]")},
    {false, "CREATE TABLE x AS SELECT id, TOPK(n, 2) AS v FROM s GROUP BY id;",
     "CREATE TABLE x AS SELECT id, TOPK(n, 3) AS v FROM s GROUP BY id;"},
    {false, "CREATE TABLE x AS SELECT id, LATEST_BY_OFFSET(n) AS v FROM s GROUP BY id;",
     "CREATE TABLE x AS SELECT id, LATEST_BY_OFFSET(n, false) AS v FROM s GROUP BY id;"},
    {false, COUNT_BY BY_NAME, COUNT_BY "GROUP BY name HAVING SUM(n) > 1;"},
    /* keys */
    {false, COUNT_BY BY_NAME,
     "CREATE TABLE x AS SELECT UCASE(name) AS name, COUNT(*) AS c FROM s "
     "GROUP BY UCASE(name);"},
    {false, COUNT_BY BY_NAME, "CREATE TABLE x AS SELECT n, COUNT(*) AS c FROM s GROUP BY n;"},
    {false, "CREATE TABLE x AS SELECT name, n, COUNT(*) AS c FROM s GROUP BY name, n;",
     "CREATE TABLE x AS SELECT n, name, COUNT(*) AS c FROM s GROUP BY n, name;"},
    /* windows */
    {true, COUNT_BY MINUTE BY_NAME, COUNT_BY "WINDOW TUMBLING (SIZE 60 SECONDS)" BY_NAME},
    {true, COUNT_BY MINUTE BY_NAME,
     COUNT_BY "WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD 86340 SECONDS)" BY_NAME},
    {true, COUNT_BY MINUTE BY_NAME,
     "CREATE TABLE x AS SELECT name, WINDOWSTART AS f, COUNT(*) AS c "
     "FROM s " MINUTE BY_NAME},
    {true, COUNT_BY MINUTE BY_NAME, COUNT_BY MINUTE " WHERE n > 4 " BY_NAME},
    {false, COUNT_BY BY_NAME, COUNT_BY MINUTE BY_NAME},
    {false, COUNT_BY MINUTE BY_NAME, COUNT_BY "WINDOW TUMBLING (SIZE 2 MINUTES)" BY_NAME},
    {false, COUNT_BY MINUTE BY_NAME, COUNT_BY HOP("1 MINUTE", "30 SECONDS") BY_NAME},
    {false, COUNT_BY HOP("1 MINUTE", "10 SECONDS") BY_NAME,
     COUNT_BY HOP("1 MINUTE", "30 SECONDS") BY_NAME},
    {false, COUNT_BY MINUTE BY_NAME, COUNT_BY "WINDOW SESSION (1 MINUTE)" BY_NAME},
    {false, COUNT_BY "WINDOW SESSION (2 MINUTES)" BY_NAME,
     COUNT_BY "WINDOW SESSION (1 MINUTE)" BY_NAME},
    {false, COUNT_BY MINUTE BY_NAME,
     COUNT_BY "WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD 1 HOUR)" BY_NAME},
    {false, COUNT_BY MINUTE BY_NAME,
     COUNT_BY "WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 3 DAYS)" BY_NAME},
    {false, COUNT_BY MINUTE BY_NAME, COUNT_BY MINUTE " GROUP BY name EMIT FINAL;"},
    /* which time decides about windows, and about nothing else */
    {false, COUNT_BY MINUTE BY_NAME,
     "CREATE TABLE x AS SELECT name, COUNT(*) AS c FROM s_timed " MINUTE BY_NAME},
    {true, COUNT_BY BY_NAME, "CREATE TABLE x AS SELECT name, COUNT(*) AS c FROM s_timed" BY_NAME},
    /* sources */
    {false, COUNT_BY BY_NAME, "CREATE TABLE x AS SELECT name, COUNT(*) AS c FROM s2" BY_NAME},
    {false, SUM_OF("n"), "CREATE TABLE x AS SELECT id, SUM(n) AS v FROM s_wide GROUP BY id;"},
    {false, COUNT_BY BY_NAME, "CREATE TABLE x AS SELECT name, COUNT(*) AS c FROM s_table" BY_NAME},
    {true, "CREATE TABLE x AS SELECT name, COUNT(*) AS c FROM t" BY_NAME,
     "CREATE TABLE x AS SELECT name, COUNT(*) AS c FROM t_again" BY_NAME},
    {false, "CREATE TABLE x AS SELECT name, COUNT(*) AS c FROM t" BY_NAME,
     "CREATE TABLE x AS SELECT name, SUM(n) AS c FROM t" BY_NAME},
    /* rows of a table as they come */
    {true, "CREATE TABLE x AS SELECT id, name FROM t;", "CREATE TABLE x AS SELECT id, n FROM t;"},
    {true, "CREATE TABLE x AS SELECT id, name FROM t;",
     "CREATE TABLE x AS SELECT id AS k, UCASE(q.name) AS u, ref FROM t q WHERE n > 3;"},
    {false, "CREATE TABLE x AS SELECT id, name FROM t;",
     "CREATE TABLE x AS SELECT id, name FROM t2;"},
    /* streams joined */
    {true, SS("a.id, b.x", "INNER", "1 HOUR", "a.id = b.id"),
     "CREATE STREAM x AS SELECT l.id, r.x FROM s l JOIN s2 r WITHIN 60 MINUTES ON l.id = r.id;"},
    {true, SS("a.id, b.x", "INNER", "1 HOUR", "a.id = b.id"),
     SS("a.id AS k, b.x * 2 AS y", "", "(1 HOUR, 1 HOUR)", "b.id = a.id")},
    {false, SS("a.id, b.x", "", "1 HOUR", "a.id = b.id"),
     SS("a.id, b.x", "LEFT", "1 HOUR", "a.id = b.id")},
    {false, SS("a.id, b.x", "", "1 HOUR", "a.id = b.id"),
     SS("a.id, b.x", "", "2 HOURS", "a.id = b.id")},
    {false, SS("a.id, b.x", "", "(1 HOUR, 2 HOURS)", "a.id = b.id"),
     SS("a.id, b.x", "", "(2 HOURS, 1 HOUR)", "a.id = b.id")},
    {false, SS("a.id, b.x", "", "1 HOUR", "a.id = b.id"),
     SS("a.id, b.x", "", "1 HOUR GRACE PERIOD 5 MINUTES", "a.id = b.id")},
    {false, SS("a.id, b.x", "", "1 HOUR", "a.id = b.id"),
     SS("a.n, b.x, a.id", "", "1 HOUR", "a.n = b.x")},
    {false, SS("a.id, b.x", "", "1 HOUR", "a.id = b.id"),
     SS("a.id, b.x, a.n", "", "1 HOUR", "a.id = b.id")},
    {false, SS("ABS(a.n), b.x, a.n", "", "1 HOUR", "ABS(a.n) = b.x"),
     SS("a.n, b.x", "", "1 HOUR", "a.n = b.x")},
    /* a stream and a table: only the table is kept */
    {true, "CREATE STREAM x AS SELECT s.id, t.name FROM s JOIN t ON s.id = t.id;",
     "CREATE STREAM x AS SELECT s.id, s.n + 1 AS m, t.name FROM s JOIN t ON s.id = t.id WHERE s.n "
     "> 3;"},
    {true, "CREATE STREAM x AS SELECT s.id, t.name FROM s JOIN t ON s.id = t.id;",
     "CREATE STREAM x AS SELECT s.id, u.name FROM s JOIN t_again u ON s.id = u.id;"},
    {false, "CREATE STREAM x AS SELECT s.id, t.name FROM s JOIN t ON s.id = t.id;",
     "CREATE STREAM x AS SELECT s.id, t.n FROM s JOIN t ON s.id = t.id;"},
    {false, "CREATE STREAM x AS SELECT s.id, t.name FROM s JOIN t ON s.id = t.id;",
     "CREATE STREAM x AS SELECT s.id, t.name FROM s JOIN t2 t ON s.id = t.id;"},
    /* tables joined */
    {true, "CREATE TABLE x AS SELECT t.id, t2.y FROM t JOIN t2 ON t.id = t2.id;",
     "CREATE TABLE x AS SELECT b.y, a.id FROM t a JOIN t2 b ON b.id = a.id WHERE b.y > 1;"},
    {false, "CREATE TABLE x AS SELECT t.id, t2.y FROM t JOIN t2 ON t.id = t2.id;",
     "CREATE TABLE x AS SELECT t.id, t2.y FROM t LEFT JOIN t2 ON t.id = t2.id;"},
    {false, "CREATE TABLE x AS SELECT t.id, t2.y FROM t JOIN t2 ON t.id = t2.id;",
     "CREATE TABLE x AS SELECT t.id, t2.y FROM t JOIN t2 ON t.ref = t2.id;"},
    {true, "CREATE TABLE x AS SELECT t.id, t2.y FROM t JOIN t2 ON t.ref = t2.id;",
     "CREATE TABLE x AS SELECT l.id, r.y + 1 AS z FROM t l JOIN t2 r ON l.ref = r.id;"},
    {false, "CREATE TABLE x AS SELECT t.id, t2.y FROM t JOIN t2 ON t.ref = t2.id;",
     "CREATE TABLE x AS SELECT t.id, t2.y FROM t JOIN t2 ON t.ref + CAST(1 AS BIGINT) = t2.id;"},
    /* what feeds the step counts as well */
    {false,
     "CREATE TABLE x AS SELECT a.id, COUNT(*) AS c FROM s a JOIN s2 b WITHIN 1 HOUR ON a.id "
     "= b.id GROUP BY a.id;",
     "CREATE TABLE x AS SELECT a.id, COUNT(*) AS c FROM s a LEFT JOIN s2 b WITHIN 1 HOUR ON a.id = "
     "b.id GROUP BY a.id;"},
    {true,
     "CREATE TABLE x AS SELECT a.id, COUNT(*) AS c FROM s a JOIN s2 b WITHIN 1 HOUR ON a.id "
     "= b.id GROUP BY a.id;",
     "CREATE TABLE x AS SELECT u.id AS i, COUNT(*) AS n FROM s u JOIN s2 v WITHIN 1 HOUR ON u.id = "
     "v.id GROUP BY u.id;"},
    {false,
     "CREATE STREAM x AS SELECT s.id, t.name, t2.y FROM s JOIN t ON s.id = t.id JOIN t2 ON "
     "s.id = t2.id;",
     "CREATE STREAM x AS SELECT s.id, t.name, t2.name FROM s JOIN t ON s.id = t.id JOIN t2 ON s.id "
     "= t2.id;"},
};

static bool same_stores(const wr_plan *a, const wr_plan *b)
{
    bool same = a->stores_n == b->stores_n;
    for (uint32_t i = 0; i < a->stores_n; i++) {
        const wr_plan_store *s = wr_plan_store_find(b, a->stores[i].name);
        bool equal = s && strcmp(s->fingerprint, a->stores[i].fingerprint) == 0;
        /* The fingerprint follows from the meaning, and is another for another meaning. */
        if (s)
            assert_int_equal(equal, strcmp(s->meaning, a->stores[i].meaning) == 0);
        same = same && equal;
    }
    return same;
}

static void test_pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(pair_cases); i++) {
        const pair_case *c = &pair_cases[i];
        world_result a, b;
        wr_plan *p = plan(c->a, &a), *q = plan(c->b, &b);
        assert_true(p->stores_n > 0);
        if (same_stores(p, q) != c->same)
            fail_msg("%s\n%s\n%sshould be %s\n%s", c->a, c->b, p->stores[0].meaning,
                     c->same ? "the same" : "different", q->stores_n ? q->stores[0].meaning : "");
        world_result_free(&a);
        world_result_free(&b);
    }
}

/* Nothing of one plan is left in the next one: planned again, it is the same. */
static void test_planned_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(pair_cases); i++) {
        world_result a, b;
        wr_plan *p = plan(pair_cases[i].a, &a), *q = plan(pair_cases[i].a, &b);
        assert_true(same_stores(p, q));
        for (uint32_t k = 0; k < p->stores_n; k++) {
            assert_int_equal(strlen(p->stores[k].fingerprint), 32);
            for (uint32_t m = 0; m < k; m++)
                assert_string_not_equal(p->stores[k].fingerprint, p->stores[m].fingerprint);
        }
        world_result_free(&a);
        world_result_free(&b);
    }
}

static void test_text(void **state)
{
    (void)state;
    world_result r;
    wr_plan *p =
        plan("CREATE TABLE c AS SELECT q.name AS n, COUNT(*) AS c, SUM(q.n + 1) AS m FROM s "
             "q WINDOW TUMBLING (SIZE 1 MINUTE) WHERE q.n > 3 GROUP BY q.name;",
             &r);
    assert_string_equal(p->stores[0].meaning, "store: states, window\n"
                                              "form: 1\n"
                                              "input: STREAM\n"
                                              "key: `s.NAME:STRING`\n"
                                              "window: TUMBLING 60000 ms\n"
                                              "grace: 86340000 ms\n"
                                              "retention: 86400000 ms\n"
                                              "emit: CHANGES\n"
                                              "function: COUNT(*), kept as BIGINT\n"
                                              "function: SUM((`s.N:INTEGER` + 1)), kept as "
                                              "INTEGER\n"
                                              "source: STREAM s, time of the record\n");
    world_result_free(&r);
}

/* A registered type stands for what it is, not for its name. */
static void test_registered_type(void **state)
{
    (void)state;
    static const char sql[] = "CREATE TABLE x AS SELECT id, COUNT(CAST(st AS pair)->a) AS c FROM s "
                              "GROUP BY id;";
    static const char *const changes[] = {"DROP TYPE pair;",
                                          "CREATE TYPE pair AS STRUCT<a BIGINT, b INT>;"};
    weir_error err;
    world_result before, after;
    if (world_plan(&w, sql, &before, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < WR_ARRAY_LEN(changes); i++)
        assert_int_equal(world_do(&w, changes[i], &err), WEIR_OK);
    wr_plan *p = plan(sql, &after);
    assert_false(same_stores(before.plan, p));
    world_result_free(&before);
    world_result_free(&after);
}

/* ---- differences ---- */

typedef struct difference_case {
    const char *a, *b, *text;
} difference_case;

static const difference_case difference_cases[] = {
    {COUNT_BY BY_NAME, COUNT_BY BY_NAME, ""},
    {COUNT_BY "WINDOW TUMBLING (SIZE 30 SECONDS, RETENTION 1 DAY, GRACE PERIOD 1 HOUR)" BY_NAME,
     COUNT_BY "WINDOW TUMBLING (SIZE 60 SECONDS, RETENTION 1 DAY, GRACE PERIOD 1 HOUR)" BY_NAME,
     "window: TUMBLING 60000 ms, was TUMBLING 30000 ms"},
    {COUNT_BY BY_NAME, "CREATE TABLE x AS SELECT name, COUNT(*) AS c, SUM(n) AS m FROM s" BY_NAME,
     "function: SUM(`s.N:INTEGER`), kept as INTEGER, was none"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) AS c, SUM(n) AS m FROM s" BY_NAME, COUNT_BY BY_NAME,
     "function: none, was SUM(`s.N:INTEGER`), kept as INTEGER"},
    {"CREATE TABLE x AS SELECT name, MIN(n) AS a, MAX(n) AS b FROM s" BY_NAME,
     "CREATE TABLE x AS SELECT name, MAX(n) AS b, MIN(n) AS a FROM s" BY_NAME,
     "the order of columns or functions differs"},
    {COUNT_BY BY_NAME, "CREATE TABLE x AS SELECT name, COUNT(*) AS c FROM s2" BY_NAME,
     "key: `s2.NAME:STRING`, was `s.NAME:STRING`; source: STREAM s2, was STREAM s"},
};

static void test_difference(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(difference_cases); i++) {
        const difference_case *c = &difference_cases[i];
        world_result a, b;
        wr_plan *p = plan(c->a, &a), *q = plan(c->b, &b);
        wr_buf out = {0};
        wr_plan_store_difference(p->stores[0].meaning, q->stores[0].meaning, &out);
        if (strcmp(wr_buf_cstr(&out), c->text) != 0)
            fail_msg("%s\n%s\nis\n%s\nexpected\n%s", c->a, c->b, wr_buf_cstr(&out), c->text);
        wr_buf_free(&out);
        world_result_free(&a);
        world_result_free(&b);
    }
}

/* The old meaning comes from disk: whatever it is, something is said and nothing is read past. */
static void test_difference_of_anything(void **state)
{
    (void)state;
    static const char *const olds[] = {"",     "x",   "\n",    ": ",
                                       ": \n", "key", "key: ", "a\n: b\nkey: 1"};
    for (size_t i = 0; i < WR_ARRAY_LEN(olds); i++) {
        wr_buf out = {0};
        wr_plan_store_difference(olds[i], "key: 2\n", &out);
        assert_non_null(strstr(wr_buf_cstr(&out), "key: 2, was "));
        wr_buf_clear(&out);
        wr_plan_store_difference("key: 2\n", olds[i], &out);
        assert_true(out.len > 0);
        wr_buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_planned_again),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_difference),
        cmocka_unit_test(test_difference_of_anything),
        cmocka_unit_test(test_registered_type),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
