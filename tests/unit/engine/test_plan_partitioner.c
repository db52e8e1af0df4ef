/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PARTITIONER: which rows a plan moves so that equal keys meet, and by which partitioner; whose
 * keys must lie where they are said to lie.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "reject.h"

static world w;

/* M, C, F: tables and streams by partitioner; N lies anywhere; ONE has one partition. */
static const char *const sources[] = {
    "CREATE STREAM sm (k STRING KEY, v INT, x STRING) WITH (KAFKA_TOPIC='sm', PARTITIONS=4, "
    "FORMAT='JSON');",
    "CREATE STREAM sc (k STRING KEY, v INT) WITH (KAFKA_TOPIC='sc', PARTITIONS=4, FORMAT='JSON', "
    "PARTITIONER='crc32');",
    "CREATE STREAM sf (k STRING KEY, v INT) WITH (KAFKA_TOPIC='sf', PARTITIONS=4, FORMAT='JSON', "
    "PARTITIONER='Fnv1a');",
    "CREATE STREAM sn (k STRING KEY, v INT) WITH (KAFKA_TOPIC='sn', PARTITIONS=4, FORMAT='JSON', "
    "PARTITIONER='NONE');",
    "CREATE STREAM one (k STRING KEY, v INT) WITH (KAFKA_TOPIC='one', PARTITIONS=1, FORMAT='JSON', "
    "PARTITIONER='crc32');",
    "CREATE TABLE tone (k STRING PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='tone', PARTITIONS=1, "
    "FORMAT='JSON');",
    "CREATE TABLE tm (k STRING PRIMARY KEY, v INT, ref STRING) WITH (KAFKA_TOPIC='tm', "
    "PARTITIONS=4, FORMAT='JSON');",
    "CREATE TABLE tc (k STRING PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='tc', PARTITIONS=4, "
    "FORMAT='JSON', PARTITIONER='crc32');",
    "CREATE STREAM wc (k STRING KEY, v INT) WITH (KAFKA_TOPIC='wc', PARTITIONS=4, FORMAT='JSON', "
    "PARTITIONER='crc32', WINDOW_TYPE='SESSION');",
    "CREATE STREAM wm (k STRING KEY, v INT) WITH (KAFKA_TOPIC='wm', PARTITIONS=4, FORMAT='JSON', "
    "WINDOW_TYPE='SESSION');",
};

static int setup(void **state)
{
    (void)state;
    weir_error err;
    world_init(&w);
    for (size_t i = 0; i < WR_ARRAY_LEN(sources); i++)
        if (world_do(&w, sources[i], &err) != WEIR_OK)
            fail_msg("%s\n%s", sources[i], err.message);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_fini(&w);
    return 0;
}

/* "Join-left by crc32, replaced; reads SM TC!; writes by murmur2": ! marks sources that must be
 * placed. */
static void put_plan(wr_buf *out, const wr_plan *p)
{
    for (uint32_t i = 0; i < p->steps_n; i++) {
        const wr_step *s = p->steps[i];
        if (s->kind == WR_STEP_REPARTITION)
            wr_buf_printf(out, "%s by %s%s; ", s->context,
                          wr_partitioner_name(s->u.repartition.partitioner),
                          s->u.repartition.replaces ? ", replaced" : "");
        if (s->kind == WR_STEP_FK_JOIN)
            wr_buf_printf(out, "asks by %s, answers by %s; ",
                          wr_partitioner_name(s->u.join.right_partitioner),
                          wr_partitioner_name(s->u.join.left_partitioner));
    }
    wr_buf_puts(out, "reads");
    for (uint32_t i = 0; i < p->steps_n; i++)
        if (p->steps[i]->kind == WR_STEP_SOURCE)
            wr_buf_printf(out, " %s%s", p->steps[i]->u.source.source_name,
                          p->steps[i]->u.source.placed ? "!" : "");
    if (p->root->kind == WR_STEP_SINK && p->root->u.sink.partitioner != WR_PARTITIONER_MURMUR2)
        wr_buf_printf(out, "; writes by %s", wr_partitioner_name(p->root->u.sink.partitioner));
}

static void test_plans(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *plan;
    } cases[] = {
        /* nothing looks keys up */
        {"CREATE STREAM x AS SELECT * FROM sc;", "reads SC"},
        {"CREATE STREAM x AS SELECT * FROM sc PARTITION BY v;", "reads SC"},
        {"CREATE STREAM x WITH (PARTITIONER='fnv1a') AS SELECT * FROM sc;",
         "reads SC; writes by fnv1a"},
        {"CREATE STREAM x WITH (PARTITIONER='murmur2') AS SELECT * FROM sc;", "reads SC"},
        {"INSERT INTO sf SELECT * FROM sc;", "reads SC; writes by fnv1a"},
        {"INSERT INTO sn SELECT * FROM sc;", "reads SC"},
        /* a stream beside a table goes where the table's rows are */
        {"CREATE STREAM x AS SELECT * FROM sm JOIN tm ON sm.k = tm.k;", "reads SM! TM!"},
        {"CREATE STREAM x AS SELECT * FROM sc JOIN tc ON sc.k = tc.k;", "reads SC! TC!"},
        {"CREATE STREAM x AS SELECT * FROM sm JOIN tc ON sm.k = tc.k;",
         "Join-left by crc32, replaced; reads SM TC!"},
        {"CREATE STREAM x AS SELECT * FROM sc JOIN tm ON sc.k = tm.k;",
         "Join-left by murmur2, replaced; reads SC TM!"},
        {"CREATE STREAM x AS SELECT * FROM sn JOIN tc ON sn.k = tc.k;",
         "Join-left by crc32, replaced; reads SN TC!"},
        {"CREATE STREAM x AS SELECT * FROM sm JOIN tc ON sm.x = tc.k;",
         "Join-left by crc32; reads SM TC!"},
        /* two streams: the right one */
        {"CREATE STREAM x AS SELECT * FROM sm JOIN sc WITHIN 1 HOUR ON sm.k = sc.k;",
         "Join-right by murmur2, replaced; reads SM! SC"},
        {"CREATE STREAM x AS SELECT * FROM sc JOIN sm WITHIN 1 HOUR ON sc.k = sm.k;",
         "Join-right by crc32, replaced; reads SC! SM"},
        {"CREATE STREAM x AS SELECT * FROM sn JOIN sc WITHIN 1 HOUR ON sn.k = sc.k;",
         "Join-left by crc32, replaced; reads SN SC!"},
        {"CREATE STREAM x AS SELECT * FROM sc JOIN sn WITHIN 1 HOUR ON sc.k = sn.k;",
         "Join-right by crc32, replaced; reads SC! SN"},
        {"CREATE STREAM x AS SELECT * FROM sm JOIN sc WITHIN 1 HOUR ON sm.x = sc.k;",
         "Join-left by crc32; reads SM SC!"},
        /* both move: Weir's own */
        {"CREATE STREAM x AS SELECT * FROM sc JOIN sn WITHIN 1 HOUR ON sc.v = CAST(sn.k AS INT);",
         "Join-left by murmur2; Join-right by murmur2; reads SC SN"},
        /* two tables: the right one's rows are written again */
        {"CREATE TABLE x AS SELECT * FROM tm JOIN tc ON tm.k = tc.k;",
         "Join-right by murmur2, replaced; reads TM! TC"},
        {"CREATE TABLE x AS SELECT * FROM tc FULL JOIN tm ON tc.k = tm.k;",
         "Join-right by crc32, replaced; reads TC! TM"},
        {"CREATE TABLE x AS SELECT * FROM tm JOIN tc ON tm.ref = tc.k;",
         "asks by crc32, answers by murmur2; reads TM! TC!"},
        /* what is joined lies as its left side */
        {"CREATE STREAM x AS SELECT * FROM sm JOIN sc WITHIN 1 HOUR ON sm.k = sc.k JOIN tc ON "
         "sm.k = tc.k;",
         "Join-right by murmur2, replaced; Join2-left by crc32, replaced; reads SM! SC TC!"},
        {"CREATE STREAM x AS SELECT * FROM sm JOIN tc ON sm.k = tc.k JOIN sc WITHIN 1 HOUR ON "
         "sm.k = sc.k;",
         "Join-left by crc32, replaced; reads SM TC! SC!"},
        /* grouping: rows of a key lie together, wherever that is */
        {"CREATE TABLE x AS SELECT k, COUNT(*) AS c FROM sc GROUP BY k;", "reads SC!"},
        {"CREATE TABLE x AS SELECT v, COUNT(*) AS c FROM sc GROUP BY v;",
         "Aggregate-GroupBy by murmur2; reads SC"},
        {"CREATE TABLE x AS SELECT k, COUNT(*) AS c FROM sn GROUP BY k;",
         "Aggregate-GroupBy by murmur2, replaced; reads SN"},
        {"CREATE TABLE x AS SELECT k, COUNT(*) AS c FROM sn WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY "
         "k;",
         "Aggregate-GroupBy by murmur2, replaced; reads SN"},
        {"CREATE TABLE x AS SELECT * FROM tc;", "reads TC!"},
        /* one partition holds all keys */
        {"CREATE STREAM x AS SELECT * FROM one JOIN tone ON one.k = tone.k;", "reads ONE TONE"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        world_result r;
        weir_error err;
        wr_buf text = {0};
        if (world_plan(&w, cases[i].sql, &r, &err) != WEIR_OK)
            fail_msg("%s\n%s", cases[i].sql, err.message);
        put_plan(&text, r.plan);
        if (strcmp(wr_buf_cstr(&text), cases[i].plan) != 0)
            fail_msg("%s\n  is      %s\n  must be %s", cases[i].sql, wr_buf_cstr(&text),
                     cases[i].plan);
        wr_buf_free(&text);
        world_result_free(&r);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const reject_case cases[] = {
        {"CREATE STREAM x (k INT KEY) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON', "
         "PARTITIONER='consistent');",
         "Invalid value 'consistent' for configuration PARTITIONER: must be MURMUR2, CRC32, FNV1A "
         "or NONE",
         "'consistent'"},
        {"CREATE STREAM x (k INT KEY) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON', "
         "PARTITIONER=32);",
         "Invalid value for WITH property 'PARTITIONER': expected a string", "32"},
        {"CREATE TABLE x (k INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, "
         "VALUE_FORMAT='JSON', PARTITIONER='none');",
         "Invalid value 'NONE' for configuration PARTITIONER: all records of a row of a table must "
         "be in one partition.",
         "'none'"},
        {"CREATE STREAM x WITH (PARTITIONER='none') AS SELECT * FROM sm;",
         "Invalid value 'NONE' for configuration PARTITIONER: a query writes its results by their "
         "key.",
         "'none'"},
        {"INSERT INTO sm WITH (PARTITIONER='crc32') SELECT k, v, 'x' AS x FROM sc;",
         "Invalid config variable(s) in the WITH clause: PARTITIONER", "PARTITIONER"},
        {"CREATE STREAM x AS SELECT * FROM wm JOIN wc WITHIN 1 HOUR ON wm.k = wc.k;",
         "Implicit repartitioning of windowed sources is not supported.", "wc.k"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++)
        reject_check(&w, &cases[i]);
}

/* Rows that were written by one partitioner and go on by another would lie in two partitions. */
static void test_a_sink_keeps_its_partitioner(void **state)
{
    (void)state;
    world_result a, b;
    weir_error err;
    assert_int_equal(world_plan(&w, "CREATE STREAM x AS SELECT * FROM sm;", &a, &err), WEIR_OK);
    assert_int_equal(world_plan(&w,
                                "CREATE STREAM x WITH (PARTITIONER='crc32') AS SELECT * FROM "
                                "sm;",
                                &b, &err),
                     WEIR_OK);
    assert_int_equal(wr_plan_check_upgrade(a.source, a.plan, b.source, b.plan, &err),
                     WEIR_ERR_STATEMENT);
    assert_string_equal(err.message, "Cannot upgrade data source: DataSource 'X' has a different "
                                     "Partitioner, which is not upgradeable");
    assert_int_equal(wr_plan_check_upgrade(a.source, a.plan, a.source, a.plan, &err), WEIR_OK);
    assert_string_not_equal(a.plan->meaning, b.plan->meaning);
    world_result_free(&a);
    world_result_free(&b);
}

/* State is in the partition of its key: it is of no use to a plan that looks elsewhere. */
static void test_state_knows_its_place(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"CREATE TABLE x AS SELECT k, COUNT(*) AS c FROM s GROUP BY k;", "PARTITIONER='none', "},
        {"CREATE STREAM x AS SELECT * FROM sm JOIN s WITHIN 1 HOUR ON sm.k = s.k;",
         "PARTITIONER='crc32', "},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(pairs); i++) {
        const char *fingerprints[2];
        world_result r[2];
        for (int other = 0; other < 2; other++) {
            weir_error err;
            const char *source =
                wr_arena_printf(w.arena,
                                "CREATE OR REPLACE STREAM s (k STRING KEY, v INT) WITH (%s"
                                "KAFKA_TOPIC='s', PARTITIONS=4, FORMAT='JSON');",
                                other ? pairs[i][1] : "");
            assert_int_equal(world_do(&w, source, &err), WEIR_OK);
            assert_int_equal(world_plan(&w, pairs[i][0], &r[other], &err), WEIR_OK);
            fingerprints[other] =
                r[other].plan->stores[r[other].plan->stores_n > 1].fingerprint; /* not LEFT's */
            assert_int_equal(strstr(r[other].plan->meaning, "placed by") != NULL, other);
        }
        assert_string_not_equal(fingerprints[0], fingerprints[1]);
        world_result_free(&r[0]);
        world_result_free(&r[1]);
    }
}

/* Subscriptions lie where the right table's rows do, results where the left one's do. */
static void test_foreign_keys_know_their_places(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *line;
    } cases[] = {
        {"CREATE TABLE x AS SELECT * FROM tm JOIN tc ON tm.ref = tc.k;", "asks by: crc32\n"},
        {"CREATE TABLE x AS SELECT * FROM tr JOIN tm ON tr.ref = tm.k;", "answers by: crc32\n"},
    };
    weir_error err;
    assert_int_equal(world_do(&w,
                              "CREATE TABLE tr (k STRING PRIMARY KEY, ref STRING) WITH "
                              "(KAFKA_TOPIC='tr', PARTITIONS=4, FORMAT='JSON', "
                              "PARTITIONER='crc32');",
                              &err),
                     WEIR_OK);
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        world_result r;
        assert_int_equal(world_plan(&w, cases[i].sql, &r, &err), WEIR_OK);
        for (uint32_t k = 0; k < r.plan->stores_n; k++)
            assert_non_null(strstr(r.plan->stores[k].meaning, cases[i].line));
        assert_null(strstr(r.plan->stores[0].meaning, cases[!i].line));
        world_result_free(&r);
    }
}

/* The usual partitioner of other programs is said once; what Weir writes goes by it only where it
 * is told so. */
static void test_the_usual_one_of_sources(void **state)
{
    (void)state;
    world_result r;
    weir_error err;
    wr_settings_put(&w.settings, "weir.source.partitioner", "crc32");
    const char *plain = "CREATE STREAM x (k STRING KEY) WITH (KAFKA_TOPIC='x', PARTITIONS=2, "
                        "VALUE_FORMAT='JSON');",
               *said = "CREATE STREAM x (k STRING KEY) WITH (KAFKA_TOPIC='x', PARTITIONS=2, "
                       "VALUE_FORMAT='JSON', PARTITIONER='murmur2');",
               *sink = "CREATE STREAM x AS SELECT * FROM sm;";
    static const wr_partitioner expected[] = {WR_PARTITIONER_CRC32, WR_PARTITIONER_MURMUR2,
                                              WR_PARTITIONER_MURMUR2};
    const char *sql[] = {plain, said, sink};
    for (size_t i = 0; i < WR_ARRAY_LEN(sql); i++) {
        assert_int_equal(world_plan(&w, sql[i], &r, &err), WEIR_OK);
        assert_int_equal(r.source->partitioner, expected[i]);
        world_result_free(&r);
    }
    wr_settings_put(&w.settings, "weir.source.partitioner", "murmur2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_a_sink_keeps_its_partitioner),
        cmocka_unit_test(test_state_knows_its_place),
        cmocka_unit_test(test_foreign_keys_know_their_places),
        cmocka_unit_test(test_the_usual_one_of_sources),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
