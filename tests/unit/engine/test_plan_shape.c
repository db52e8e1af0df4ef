/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What statements are planned to: names of columns and keys, formats of the sink, and the tree of
 * steps, written as one line per step, root first:
 *
 *     StreamSink X          name and context
 *      StreamSelect Project
 *       TableSource KsqlTopic [2] old mat      sub-topology (where not 0), needs_old, materialised
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "plan_world.h"

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

/* ---- schemas ---- */

typedef struct schema_case {
    const char *sql, *schema, *formats; /* "KEY VALUE" */
} schema_case;

static const schema_case schema_cases[] = {
    /* the key column first, whatever the order of the projection */
    {"CREATE STREAM x AS SELECT name, id FROM s;", "`ID` BIGINT KEY, `NAME` STRING", "JSON JSON"},
    {"CREATE STREAM x AS SELECT id AS k, name FROM s;", "`K` BIGINT KEY, `NAME` STRING",
     "JSON JSON"},
    {"CREATE STREAM x AS SELECT AS_VALUE(id) AS v, id FROM s;", "`ID` BIGINT KEY, `V` BIGINT",
     "JSON JSON"},
    {"CREATE STREAM x AS SELECT * FROM nokey;", "`A` STRING, `B` INTEGER", "KAFKA JSON"},
    /* KSQL_COL_i counts unaliased expressions only; field names are made unique */
    {"CREATE STREAM x AS SELECT id, n + 1, n AS m, n * 2, UCASE(name) FROM s;",
     "`ID` BIGINT KEY, `KSQL_COL_0` INTEGER, `M` INTEGER, `KSQL_COL_1` INTEGER, `KSQL_COL_2` "
     "STRING",
     "JSON JSON"},
    {"CREATE STREAM x AS SELECT id, st->f, st->f FROM s;",
     "`ID` BIGINT KEY, `F` INTEGER, `F_1` INTEGER", "JSON JSON"},
    {"CREATE STREAM x AS SELECT id, st->* FROM s;", "`ID` BIGINT KEY, `F` INTEGER, `G` STRING",
     "JSON JSON"},
    /* joins: every column of * is prefixed; else only names that occur twice */
    {"CREATE STREAM x AS SELECT * FROM s2 JOIN t2 ON s2.id = t2.id;",
     "`S2_ID` BIGINT KEY, `S2_NAME` STRING, `S2_X` INTEGER, `T2_ID` BIGINT, `T2_NAME` STRING, "
     "`T2_Y` INTEGER",
     "JSON JSON"},
    {"CREATE STREAM x AS SELECT s2.id, x, y FROM s2 JOIN t2 ON s2.id = t2.id;",
     "`S2_ID` BIGINT KEY, `X` INTEGER, `Y` INTEGER", "JSON JSON"},
    {"CREATE STREAM x AS SELECT t2.id, x, y FROM s2 JOIN t2 ON s2.id = t2.id;",
     "`T2_ID` BIGINT KEY, `X` INTEGER, `Y` INTEGER", "JSON JSON"},
    {"CREATE STREAM x AS SELECT b.x, a.id FROM s a JOIN s2 b WITHIN 1 HOUR ON a.n = b.x;",
     "`X` INTEGER KEY, `A_ID` BIGINT", "JSON JSON"},
    {"CREATE STREAM x AS SELECT ROWKEY AS k, n FROM s a FULL JOIN s2 b WITHIN 1 HOUR ON a.id = "
     "b.id;",
     "`K` BIGINT KEY, `N` INTEGER", "JSON JSON"},
    {"CREATE TABLE x AS SELECT t.id, t2.y FROM t LEFT JOIN t2 ON t.ref = t2.id;",
     "`T_ID` BIGINT KEY, `Y` INTEGER", "JSON JSON"},
    /* PARTITION BY: the old key becomes a value */
    {"CREATE STREAM x AS SELECT * FROM s2 PARTITION BY name;",
     "`NAME` STRING KEY, `X` INTEGER, `ID` BIGINT", "JSON JSON"},
    {"CREATE STREAM x AS SELECT * FROM s2 PARTITION BY NULL;",
     "`NAME` STRING, `X` INTEGER, `ID` BIGINT", "NONE JSON"},
    {"CREATE STREAM x AS SELECT st->f, UCASE(name) AS u, n FROM s PARTITION BY st->f, UCASE(name);",
     "`F` INTEGER KEY, `U` STRING KEY, `N` INTEGER", "JSON JSON"},
    {"CREATE STREAM x AS SELECT * FROM kaf PARTITION BY v;", "`V` INTEGER KEY, `ID` BIGINT",
     "KAFKA KAFKA"},
    {"CREATE STREAM x AS SELECT a, b FROM nokey PARTITION BY a;", "`A` STRING KEY, `B` INTEGER",
     "KAFKA JSON"},
    /* GROUP BY */
    {"CREATE TABLE x AS SELECT COUNT(*), name FROM s GROUP BY name;",
     "`NAME` STRING KEY, `KSQL_COL_0` BIGINT", "JSON JSON"},
    {"CREATE TABLE x AS SELECT UCASE(name) AS u, COUNT(*) AS c FROM s GROUP BY UCASE(name);",
     "`U` STRING KEY, `C` BIGINT", "JSON JSON"},
    {"CREATE TABLE x AS SELECT UCASE(name), COUNT(*) AS c FROM s GROUP BY UCASE(name);",
     "`KSQL_COL_0` STRING KEY, `C` BIGINT", "JSON JSON"},
    {"CREATE TABLE x AS SELECT name, n, SUM(price) AS p FROM s GROUP BY name, n;",
     "`NAME` STRING KEY, `N` INTEGER KEY, `P` DECIMAL(6, 2)", "JSON JSON"},
    {"CREATE TABLE x AS SELECT id, COUNT(*) AS c, WINDOWSTART, WINDOWEND AS e FROM s WINDOW "
     "TUMBLING (SIZE 10 SECONDS) GROUP BY id;",
     "`ID` BIGINT KEY, `C` BIGINT, `E` BIGINT", "JSON JSON"},
    /* formats of the sink */
    {"CREATE STREAM x WITH (FORMAT='DELIMITED') AS SELECT id, name FROM s;",
     "`ID` BIGINT KEY, `NAME` STRING", "DELIMITED DELIMITED"},
    {"CREATE STREAM x WITH (KEY_FORMAT='KAFKA') AS SELECT id, name FROM s;",
     "`ID` BIGINT KEY, `NAME` STRING", "KAFKA JSON"},
    {"CREATE STREAM x WITH (VALUE_FORMAT='DELIMITED') AS SELECT * FROM nokey;",
     "`A` STRING, `B` INTEGER", "KAFKA DELIMITED"},
    /* others */
    {"CREATE STREAM x AS SELECT id, EXPLODE(tags) AS tag FROM s;", "`ID` BIGINT KEY, `TAG` STRING",
     "JSON JSON"},
    {"CREATE STREAM x AS SELECT id, v, h FROM hdr;",
     "`ID` BIGINT KEY, `V` INTEGER, `H` ARRAY<STRUCT<`KEY` STRING, `VALUE` BYTES>>", "JSON JSON"},
    {"CREATE STREAM x AS SELECT id, ROWTIME AS rt, ROWPARTITION AS rp, ROWOFFSET AS ro FROM s;",
     "`ID` BIGINT KEY, `RT` BIGINT, `RP` INTEGER, `RO` BIGINT", "JSON JSON"},
};

static void test_schemas(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof schema_cases / sizeof schema_cases[0]; i++) {
        const schema_case *c = &schema_cases[i];
        world_result r;
        weir_error err;
        if (world_plan(&w, c->sql, &r, &err) != WEIR_OK)
            fail_msg("%s\n%s", c->sql, err.message);
        wr_buf b = {0};
        wr_schema_print(&b, r.source->schema);
        if (strcmp(wr_buf_cstr(&b), c->schema) != 0)
            fail_msg("%s\n  is       %s\n  expected %s", c->sql, wr_buf_cstr(&b), c->schema);
        wr_buf_clear(&b);
        wr_buf_printf(&b, "%s %s", r.source->key.format->name, r.source->value.format->name);
        if (strcmp(wr_buf_cstr(&b), c->formats) != 0)
            fail_msg("%s\n  is       %s\n  expected %s", c->sql, wr_buf_cstr(&b), c->formats);
        wr_buf_free(&b);
        world_result_free(&r);
    }
}

/* ---- transient queries show what was selected, keys marked ---- */

static void test_push_result(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *columns;
    } cases[] = {
        {"SELECT * FROM s2 EMIT CHANGES;", "ID* NAME X "},
        {"SELECT name, n FROM s EMIT CHANGES;", "NAME N "},
        {"SELECT name, id FROM s EMIT CHANGES;", "NAME ID* "},
        {"SELECT id, id AS again FROM s EMIT CHANGES;", "ID* AGAIN* "},
        {"SELECT COUNT(*) FROM s EMIT CHANGES;", "KSQL_COL_0 "},
        {"SELECT * FROM wagg EMIT CHANGES;", "ID* WINDOWSTART WINDOWEND C M "},
        {"SELECT ROWTIME, name FROM s EMIT CHANGES;", "ROWTIME NAME "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        world_result r;
        weir_error err;
        wr_buf b = {0};
        if (world_plan(&w, cases[i].sql, &r, &err) != WEIR_OK)
            fail_msg("%s\n%s", cases[i].sql, err.message);
        for (uint32_t c = 0; c < r.plan->result->n; c++)
            wr_buf_printf(&b, "%s%s ", r.plan->result->cols[c].name,
                          r.plan->result_is_key[c] ? "*" : "");
        if (strcmp(wr_buf_cstr(&b), cases[i].columns) != 0)
            fail_msg("%s\n  is       %s\n  expected %s", cases[i].sql, wr_buf_cstr(&b),
                     cases[i].columns);
        wr_buf_free(&b);
        world_result_free(&r);
    }
}

/* ---- trees ---- */

static bool is_materialized(const wr_plan *plan, const wr_step *s)
{
    bool join = s->kind == WR_STEP_TABLE_TABLE_JOIN || s->kind == WR_STEP_FK_JOIN;
    return plan->materialized == s || (s->kind == WR_STEP_SOURCE && s->u.source.materialize) ||
           (join && s->u.join.materialize);
}

static void put_tree(wr_buf *b, const wr_plan *plan, const wr_step *s, int level)
{
    wr_buf_printf(b, "%*s%s %s", level, "", s->name, s->context);
    if (s->subtopology)
        wr_buf_printf(b, " [%u]", s->subtopology);
    if (s->needs_old)
        wr_buf_puts(b, " old");
    if (is_materialized(plan, s))
        wr_buf_puts(b, plan->materialized == s ? " MAT" : " mat");
    wr_buf_putc(b, '\n');
    for (uint32_t i = 0; i < s->in_n; i++)
        put_tree(b, plan, s->in[i], level + 1);
}

static void check_tree(const char *sql, const char *expected)
{
    world_result r;
    weir_error err;
    wr_buf b = {0};
    if (world_plan(&w, sql, &r, &err) != WEIR_OK)
        fail_msg("%s\n%s", sql, err.message);
    put_tree(&b, r.plan, r.plan->root, 0);
    if (strcmp(wr_buf_cstr(&b), expected) != 0)
        fail_msg("%s\n%s\nexpected\n%s", sql, wr_buf_cstr(&b), expected);
    /* Inputs stand before their consumers, and ids are places. */
    for (uint32_t i = 0; i < r.plan->steps_n; i++) {
        assert_int_equal(r.plan->steps[i]->id, i);
        for (uint32_t k = 0; k < r.plan->steps[i]->in_n; k++)
            assert_true(r.plan->steps[i]->in[k]->id < i);
        assert_true(r.plan->steps[i]->subtopology < r.plan->subtopologies_n);
    }
    wr_buf_free(&b);
    world_result_free(&r);
}

typedef struct tree_case {
    const char *sql, *tree;
} tree_case;

static const tree_case tree_cases[] = {
    {"CREATE STREAM x AS SELECT id, name FROM s WHERE n > 1;", "StreamSink X\n"
                                                               " StreamSelect Project\n"
                                                               "  StreamFilter WhereFilter\n"
                                                               "   StreamSource KsqlTopic\n"},
    {"CREATE STREAM x AS SELECT * FROM s PARTITION BY id;", "StreamSink X\n"
                                                            " StreamSelect Project\n"
                                                            "  StreamSource KsqlTopic\n"},
    {"CREATE STREAM x AS SELECT * FROM s PARTITION BY name;", "StreamSink X\n"
                                                              " StreamSelect Project\n"
                                                              "  StreamSelectKey PartitionBy\n"
                                                              "   StreamSource KsqlTopic\n"},
    {"CREATE STREAM x AS SELECT id, EXPLODE(tags) AS tag FROM s;", "StreamSink X\n"
                                                                   " StreamSelect Project\n"
                                                                   "  StreamFlatMap FlatMap\n"
                                                                   "   StreamSource KsqlTopic\n"},
    {"CREATE TABLE x AS SELECT id, COUNT(*) AS c FROM s GROUP BY id;",
     "TableSink X\n"
     " TableSelect Project\n"
     "  StreamAggregate Aggregate MAT\n"
     "   StreamGroupByKey GroupBy\n"
     "    StreamSource KsqlTopic\n"},
    {"CREATE TABLE x AS SELECT k2, k1, COUNT(*) AS c FROM two GROUP BY k1, k2;",
     "TableSink X\n"
     " TableSelect Project\n"
     "  StreamAggregate Aggregate MAT\n"
     "   StreamGroupByKey GroupBy\n"
     "    StreamSource KsqlTopic\n"},
    {"CREATE TABLE x AS SELECT name, SUM(n) AS c FROM s GROUP BY name HAVING SUM(n) > 1;",
     "TableSink X [1]\n"
     " TableSelect Project [1]\n"
     "  TableFilter HavingFilter [1]\n"
     "   StreamAggregate Aggregate [1] old MAT\n"
     "    Repartition Aggregate-GroupBy\n"
     "     StreamGroupBy GroupBy\n"
     "      StreamSource KsqlTopic\n"},
    {"CREATE TABLE x AS SELECT id, COUNT(*) AS c FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY "
     "id EMIT FINAL;",
     "TableSink X\n"
     " TableSelect Project\n"
     "  TableSuppress Suppress\n"
     "   StreamWindowedAggregate Aggregate MAT\n"
     "    StreamGroupByKey GroupBy\n"
     "     StreamSource KsqlTopic\n"},
    {"CREATE TABLE x AS SELECT id, name FROM t WHERE n > 1;", "TableSink X\n"
                                                              " TableSelect Project\n"
                                                              "  TableFilter WhereFilter\n"
                                                              "   TableSource KsqlTopic old MAT\n"},
    {"CREATE TABLE x AS SELECT id, name FROM t;", "TableSink X\n"
                                                  " TableSelect Project\n"
                                                  "  TableSource KsqlTopic MAT\n"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) AS c FROM t GROUP BY name;",
     "TableSink X [1]\n"
     " TableSelect Project [1]\n"
     "  TableAggregate Aggregate [1] MAT\n"
     "   Repartition Aggregate-GroupBy old\n"
     "    TableGroupBy GroupBy old\n"
     "     TableSource KsqlTopic old mat\n"},
    {"CREATE TABLE x AS SELECT c, COUNT(*) AS n FROM agg WHERE c > 1 GROUP BY c;",
     "TableSink X [1]\n"
     " TableSelect Project [1]\n"
     "  TableAggregate Aggregate [1] MAT\n"
     "   Repartition Aggregate-GroupBy old\n"
     "    TableGroupBy GroupBy old\n"
     "     TableFilter WhereFilter old\n"
     "      TableSource KsqlTopic old mat\n"},
    {"CREATE STREAM x AS SELECT s.id, s.n, t.name FROM s LEFT JOIN t ON s.id = t.id;",
     "StreamSink X\n"
     " StreamSelect Project\n"
     "  StreamTableJoin Join\n"
     "   StreamSelect PrependAlias_2\n"
     "    StreamSource KafkaTopic_S\n"
     "   TableSelect PrependAlias_3\n"
     "    TableSource KafkaTopic_T\n"},
    {"CREATE STREAM x AS SELECT s.n, t.id, t.name FROM s JOIN t ON CAST(s.n AS BIGINT) = t.id;",
     "StreamSink X [1]\n"
     " StreamSelect Project [1]\n"
     "  StreamTableJoin Join [1]\n"
     "   Repartition Join-left\n"
     "    StreamSelectKey Join-left-SelectKey\n"
     "     StreamSelect PrependAlias_2\n"
     "      StreamSource KafkaTopic_S\n"
     "   TableSelect PrependAlias_3 [1]\n"
     "    TableSource KafkaTopic_T [1]\n"},
    {"CREATE STREAM x AS SELECT a.id, a.n, b.x FROM s a JOIN s2 b WITHIN 1 HOUR ON a.id = b.id;",
     "StreamSink X\n"
     " StreamSelect Project\n"
     "  StreamStreamJoin Join\n"
     "   StreamSelect PrependAlias_2\n"
     "    StreamSource KafkaTopic_A\n"
     "   StreamSelect PrependAlias_3\n"
     "    StreamSource KafkaTopic_B\n"},
    {"CREATE STREAM x AS SELECT a.n, b.name FROM s a JOIN s2 b WITHIN 1 HOUR ON a.n = b.x;",
     "StreamSink X [2]\n"
     " StreamSelect Project [2]\n"
     "  StreamStreamJoin Join [2]\n"
     "   Repartition Join-left [1]\n"
     "    StreamSelectKey Join-left-SelectKey [1]\n"
     "     StreamSelect PrependAlias_2 [1]\n"
     "      StreamSource KafkaTopic_A [1]\n"
     "   Repartition Join-right\n"
     "    StreamSelectKey Join-right-SelectKey\n"
     "     StreamSelect PrependAlias_3\n"
     "      StreamSource KafkaTopic_B\n"},
    {"CREATE TABLE x AS SELECT ROWKEY AS k, t.n, t2.y FROM t FULL JOIN t2 ON t.id = t2.id;",
     "TableSink X\n"
     " TableSelect Project\n"
     "  TableTableJoin Join MAT\n"
     "   TableSelect PrependAlias_2\n"
     "    TableSource KafkaTopic_T\n"
     "   TableSelect PrependAlias_3\n"
     "    TableSource KafkaTopic_T2\n"},
    {"CREATE TABLE x AS SELECT t.id, t.n, t2.y FROM t JOIN t2 ON t.id = t2.id WHERE y > 1;",
     "TableSink X\n"
     " TableSelect Project\n"
     "  TableFilter WhereFilter\n"
     "   TableTableJoin Join old MAT\n"
     "    TableSelect PrependAlias_2\n"
     "     TableSource KafkaTopic_T\n"
     "    TableSelect PrependAlias_3\n"
     "     TableSource KafkaTopic_T2\n"},
    {"CREATE TABLE x AS SELECT t.id, t2.y FROM t JOIN t2 ON t.ref = t2.id;",
     "TableSink X [1]\n"
     " TableSelect Project [1]\n"
     "  ForeignKeyTableTableJoin Join [1] MAT\n"
     "   TableSelect PrependAlias_2 [1]\n"
     "    TableSource KafkaTopic_T [1]\n"
     "   TableSelect PrependAlias_3\n"
     "    TableSource KafkaTopic_T2\n"},
    {"CREATE STREAM x AS SELECT s.id, s.n, t.name, t2.y FROM s JOIN t ON s.id = t.id JOIN t2 ON "
     "s.id = t2.id;",
     "StreamSink X\n"
     " StreamSelect Project\n"
     "  StreamTableJoin Join2\n"
     "   StreamTableJoin Join\n"
     "    StreamSelect PrependAlias_2\n"
     "     StreamSource KafkaTopic_S\n"
     "    TableSelect PrependAlias_3\n"
     "     TableSource KafkaTopic_T\n"
     "   TableSelect PrependAlias_6\n"
     "    TableSource KafkaTopic_T2\n"},
    {"CREATE TABLE x AS SELECT t.name, COUNT(*) AS c FROM s JOIN t ON s.id = t.id GROUP BY "
     "t.name;",
     "TableSink X [1]\n"
     " TableSelect Project [1]\n"
     "  StreamAggregate Aggregate [1] MAT\n"
     "   Repartition Aggregate-GroupBy\n"
     "    StreamGroupBy GroupBy\n"
     "     StreamTableJoin Join\n"
     "      StreamSelect PrependAlias_2\n"
     "       StreamSource KafkaTopic_S\n"
     "      TableSelect PrependAlias_3\n"
     "       TableSource KafkaTopic_T\n"},
    {"CREATE TABLE x AS SELECT t2.y, COUNT(*) AS c FROM t JOIN t2 ON t.id = t2.id GROUP BY t2.y;",
     "TableSink X [1]\n"
     " TableSelect Project [1]\n"
     "  TableAggregate Aggregate [1] MAT\n"
     "   Repartition Aggregate-GroupBy old\n"
     "    TableGroupBy GroupBy old\n"
     "     TableTableJoin Join old\n"
     "      TableSelect PrependAlias_2\n"
     "       TableSource KafkaTopic_T\n"
     "      TableSelect PrependAlias_3\n"
     "       TableSource KafkaTopic_T2\n"},
    {"SELECT COUNT(*) FROM s EMIT CHANGES;", "Collect Collect [1]\n"
                                             " TableSelect Project [1]\n"
                                             "  StreamAggregate Aggregate [1]\n"
                                             "   Repartition Aggregate-GroupBy\n"
                                             "    StreamGroupBy GroupBy\n"
                                             "     StreamSource KsqlTopic\n"},
    {"SELECT * FROM t EMIT CHANGES;", "Collect Collect\n"
                                      " TableSelect Project\n"
                                      "  TableSource KsqlTopic\n"},
    {"SELECT name, COUNT(*) FROM t GROUP BY name EMIT CHANGES;",
     "Collect Collect [1]\n"
     " TableSelect Project [1]\n"
     "  TableAggregate Aggregate [1]\n"
     "   Repartition Aggregate-GroupBy old\n"
     "    TableGroupBy GroupBy old\n"
     "     TableSource KsqlTopic old mat\n"},
    {"CREATE SOURCE TABLE y (id BIGINT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='existing', "
     "FORMAT='JSON');",
     "TableSource KsqlTopic MAT\n"},
};

static void test_trees(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tree_cases / sizeof tree_cases[0]; i++)
        check_tree(tree_cases[i].sql, tree_cases[i].tree);
}

/* EXPLAIN's text, whole. */
static void test_print(void **state)
{
    (void)state;
    static const char expected[] =
        "> [ SINK ] TableSink | Schema: `NAME` STRING KEY, `KSQL_COL_0` BIGINT | Topic: X | "
        "Logger: X\n"
        "    > [ PROJECT ] TableSelect | Schema: `NAME` STRING KEY, `KSQL_COL_0` BIGINT | Logger: "
        "Project\n"
        "        > [ FILTER ] TableFilter | Schema: `NAME` STRING KEY, `KSQL_AGG_VARIABLE_0` "
        "BIGINT | Where: (COUNT(*) > 1) | Logger: HavingFilter\n"
        "            > [ AGGREGATE ] StreamWindowedAggregate | Schema: `NAME` STRING KEY, "
        "`KSQL_AGG_VARIABLE_0` BIGINT | Window: HOPPING size 10000 ms advance 5000 ms grace "
        "3600000 ms retention 86400000 ms | Functions: COUNT | Logger: Aggregate\n"
        "                > [ REPARTITION ] Repartition | Schema: `NAME` STRING KEY | Topic: "
        "Aggregate-GroupBy-repartition | Logger: Aggregate-GroupBy\n"
        "                    > [ REKEY ] StreamGroupBy | Schema: `NAME` STRING KEY | Logger: "
        "GroupBy\n"
        "                        > [ FILTER ] StreamFilter | Schema: `ID` BIGINT KEY, `NAME` "
        "STRING, `N` INTEGER | Where: (S.N > 1) | Logger: WhereFilter\n"
        "                            > [ SOURCE ] StreamSource | Schema: `ID` BIGINT KEY, `NAME` "
        "STRING, `N` INTEGER | Topic: s | Pushed filter: (S.N > 1) | Logger: KsqlTopic\n";
    world_result r;
    weir_error err;
    wr_buf b = {0};
    const char *sql = "CREATE TABLE x AS SELECT name, COUNT(*) FROM s WINDOW HOPPING (SIZE 10 "
                      "SECONDS, ADVANCE BY 5 SECONDS, RETENTION 1 DAY, GRACE PERIOD 1 HOUR) WHERE "
                      "n > 1 GROUP BY name HAVING COUNT(*) > 1;";
    if (world_plan(&w, sql, &r, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    wr_plan_print(&b, r.plan);
    assert_string_equal(wr_buf_cstr(&b), expected);
    wr_buf_free(&b);
    world_result_free(&r);
}

/* Only what the query reads is decoded, and travels. */
static void test_pruning(void **state)
{
    (void)state;
    world_result r;
    weir_error err;
    assert_int_equal(
        world_plan(&w, "SELECT UCASE(name) FROM s WHERE price > 1 EMIT CHANGES;", &r, &err),
        WEIR_OK);
    const wr_step *s = r.plan->steps[0];
    assert_int_equal(s->kind, WR_STEP_SOURCE);
    assert_int_equal(s->schema->n, 3); /* the key, NAME, PRICE */
    assert_string_equal(s->u.source.columns[s->u.source.output[1]].name, "NAME");
    assert_string_equal(s->u.source.columns[s->u.source.output[2]].name, "PRICE");
    world_result_free(&r);
}

/* Tables are read from their start, streams from where auto.offset.reset says. */
static void test_topics(void **state)
{
    (void)state;
    world_result r;
    weir_error err;
    assert_int_equal(world_plan(&w,
                                "CREATE STREAM x AS SELECT s.id, s.n, t.name FROM s JOIN t ON "
                                "s.id = t.id;",
                                &r, &err),
                     WEIR_OK);
    assert_int_equal(r.plan->topics_n, 3);
    for (uint32_t i = 0; i < r.plan->topics_n; i++) {
        const wr_plan_topic *t = &r.plan->topics[i];
        assert_int_equal(t->partitions, 2);
        assert_int_equal(t->from_earliest, strcmp(t->name, "t") == 0);
        assert_int_equal(t->role, strcmp(t->name, "X") == 0 ? WR_TOPIC_OUTPUT : WR_TOPIC_INPUT);
    }
    assert_true(r.topic.needed);
    assert_int_equal(r.topic.partitions, 2);
    assert_false(r.topic.compact);
    world_result_free(&r);
    assert_int_equal(world_plan(&w,
                                "CREATE TABLE x WITH (KAFKA_TOPIC='y', PARTITIONS=7) AS SELECT "
                                "name, COUNT(*) AS c FROM s GROUP BY name;",
                                &r, &err),
                     WEIR_OK);
    assert_string_equal(r.topic.name, "y");
    assert_int_equal(r.topic.partitions, 7);
    assert_true(r.topic.compact);
    assert_false(r.topic.compact_delete);
    world_result_free(&r);
    assert_int_equal(world_plan(&w,
                                "CREATE TABLE x AS SELECT id, COUNT(*) AS c FROM s WINDOW "
                                "TUMBLING (SIZE 1 HOUR, RETENTION 10 DAYS) GROUP BY id;",
                                &r, &err),
                     WEIR_OK);
    assert_true(r.topic.compact_delete);
    assert_int_equal(r.topic.retention_ms, 864000000);
    world_result_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schemas), cmocka_unit_test(test_push_result),
        cmocka_unit_test(test_trees),   cmocka_unit_test(test_print),
        cmocka_unit_test(test_pruning), cmocka_unit_test(test_topics),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
