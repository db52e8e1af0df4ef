/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The examples in the comments of engine/plan/ *.c: what a clause of a statement becomes in the
 * plan, so that a comment cannot come to say what is no longer true. Refusals are in
 * test_plan_reject.c, shapes of plans in test_plan_shape.c.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "plan_world.h"

#define HOUR INT64_C(3600000)

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

/* Plan, or fail the test. The result is the caller's to free. */
static void plan(const char *sql, world_result *r)
{
    weir_error err = {0};
    if (world_plan(&w, sql, r, &err) != WEIR_OK)
        fail_msg("%s\n%s", sql, err.message);
}

/* The one step of that kind, or NULL. */
static const wr_step *find_step(const wr_plan *p, wr_step_kind kind)
{
    const wr_step *found = NULL;
    for (uint32_t i = 0; i < p->steps_n; i++)
        if (p->steps[i]->kind == kind)
            found = p->steps[i];
    return found;
}

/* ---- windows: the defaults of grace and retention (grouping.c) ---- */

typedef struct window_case {
    const char *window, *emit;
    int64_t size, advance, grace, retention;
} window_case;

static const window_case window_cases[] = {
    {"TUMBLING (SIZE 1 HOUR)", "", HOUR, HOUR, 23 * HOUR, 24 * HOUR},
    {"TUMBLING (SIZE 1 HOUR)", "EMIT FINAL", HOUR, HOUR, 0, 24 * HOUR},
    {"TUMBLING (SIZE 1 HOUR, GRACE PERIOD 1 HOUR)", "", HOUR, HOUR, HOUR, 2 * HOUR},
    {"TUMBLING (SIZE 1 HOUR, GRACE PERIOD 0 SECONDS)", "EMIT FINAL", HOUR, HOUR, 0, HOUR},
    {"TUMBLING (SIZE 1 DAY)", "", 24 * HOUR, 24 * HOUR, 0, 24 * HOUR},
    {"TUMBLING (SIZE 2 DAYS)", "", 48 * HOUR, 48 * HOUR, 0, 48 * HOUR},
    {"TUMBLING (SIZE 1 HOUR, RETENTION 30 HOURS)", "", HOUR, HOUR, 23 * HOUR, 30 * HOUR},
    {"HOPPING (SIZE 2 HOURS, ADVANCE BY 1 HOUR)", "", 2 * HOUR, HOUR, 22 * HOUR, 24 * HOUR},
    {"HOPPING (SIZE 2 HOURS, ADVANCE BY 1 HOUR, GRACE PERIOD 1 HOUR)", "", 2 * HOUR, HOUR, HOUR,
     3 * HOUR},
    {"SESSION (1 HOUR)", "", HOUR, HOUR, 23 * HOUR, 24 * HOUR},
    {"SESSION (1 HOUR, GRACE PERIOD 2 HOURS)", "", HOUR, HOUR, 2 * HOUR, 3 * HOUR},
};

static void test_windows(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(window_cases); i++) {
        const window_case *c = &window_cases[i];
        const char *sql = wr_arena_printf(
            w.arena, "CREATE TABLE x AS SELECT id, COUNT(*) AS c FROM s WINDOW %s GROUP BY id %s;",
            c->window, c->emit);
        world_result r;
        plan(sql, &r);
        const wr_window *got = &find_step(r.plan, WR_STEP_AGGREGATE)->u.aggregate.window;
        if (got->size_ms != c->size || got->advance_ms != c->advance || got->grace_ms != c->grace ||
            got->retention_ms != c->retention)
            fail_msg("%s: size %lld advance %lld grace %lld retention %lld", sql,
                     (long long)got->size_ms, (long long)got->advance_ms, (long long)got->grace_ms,
                     (long long)got->retention_ms);
        assert_int_equal(got->emit_final, c->emit[0] != '\0');
        assert_int_equal(find_step(r.plan, WR_STEP_SUPPRESS) != NULL, got->emit_final);
        world_result_free(&r);
    }
}

/* ---- WITHIN (join_plan.c) ---- */

typedef struct within_case {
    const char *within;
    int64_t before, after, grace, retention;
} within_case;

static const within_case within_cases[] = {
    {"1 HOUR", HOUR, HOUR, 22 * HOUR, 24 * HOUR},
    {"(2 HOURS, 0 SECONDS)", 2 * HOUR, 0, 22 * HOUR, 24 * HOUR},
    {"(0 SECONDS, 2 HOURS)", 0, 2 * HOUR, 22 * HOUR, 24 * HOUR},
    {"1 HOUR GRACE PERIOD 1 HOUR", HOUR, HOUR, HOUR, 3 * HOUR},
    {"1 DAY", 24 * HOUR, 24 * HOUR, 0, 48 * HOUR},
    {"0 SECONDS GRACE PERIOD 0 SECONDS", 0, 0, 0, 1},
};

static void test_within(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(within_cases); i++) {
        const within_case *c = &within_cases[i];
        const char *sql = wr_arena_printf(
            w.arena,
            "CREATE STREAM x AS SELECT s.id, n, x FROM s JOIN s2 WITHIN %s ON s.id = s2.id;",
            c->within);
        world_result r;
        plan(sql, &r);
        const wr_step_join *j = &find_step(r.plan, WR_STEP_STREAM_STREAM_JOIN)->u.join;
        if (j->before_ms != c->before || j->after_ms != c->after || j->grace_ms != c->grace ||
            j->retention_ms != c->retention)
            fail_msg("%s: before %lld after %lld grace %lld retention %lld", sql,
                     (long long)j->before_ms, (long long)j->after_ms, (long long)j->grace_ms,
                     (long long)j->retention_ms);
        assert_int_equal(j->has_grace, strstr(c->within, "GRACE") != NULL);
        world_result_free(&r);
    }
}

/* ---- the key of a result (join_plan.c, projection.c) ---- */

typedef struct key_case {
    const char *query;
    const char *key;
} key_case;

static const key_case key_cases[] = {
    {"SELECT s.id, x FROM s JOIN s2 WITHIN 1 HOUR ON s.id = s2.id", "S_ID"},
    {"SELECT s2.id, s.id, x FROM s JOIN s2 WITHIN 1 HOUR ON s.id = s2.id", "S_ID"},
    {"SELECT s2.id AS r, s.id AS l, x FROM s JOIN s2 WITHIN 1 HOUR ON s.id = s2.id", "L"},
    {"SELECT s2.id AS r, x FROM s JOIN s2 WITHIN 1 HOUR ON s.id = s2.id", "R"},
    {"SELECT s2.id AS k, n FROM s JOIN s2 WITHIN 1 HOUR ON s.id + 1 = s2.id", "K"},
    {"SELECT ROWKEY, n, x FROM s FULL JOIN s2 WITHIN 1 HOUR ON s.id = s2.id", "ROWKEY"},
    {"SELECT ROWKEY AS k, n, x FROM s FULL JOIN s2 WITHIN 1 HOUR ON s.id = s2.id", "K"},
    {"SELECT ROWKEY, n FROM s JOIN s2 WITHIN 1 HOUR ON s.id + 1 = s2.id + 2", "ROWKEY"},
    {"SELECT n, name FROM s PARTITION BY n", "N"},
    {"SELECT n + 1 AS m, name FROM s PARTITION BY n + 1", "M"},
    {"SELECT st->f, name FROM s PARTITION BY st->f", "F"},
};

static void test_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(key_cases); i++) {
        world_result r;
        plan(wr_arena_printf(w.arena, "CREATE STREAM x AS %s;", key_cases[i].query), &r);
        assert_int_equal(r.source->schema->keys_n, 1);
        assert_string_equal(r.source->schema->cols[0].name, key_cases[i].key);
        assert_int_equal(r.source->schema->cols[0].role, WR_COL_KEY);
        world_result_free(&r);
    }
}

/* ---- GROUP BY: which rows move, which parts are aggregated before (grouping.c) ---- */

typedef struct group_case {
    const char *query;
    const char *step; /* that makes the group's key */
    bool moves, combines;
} group_case;

static const group_case group_cases[] = {
    {"SELECT id, COUNT(*) AS c FROM s GROUP BY id", "StreamGroupByKey", false, false},
    {"SELECT name, COUNT(*) AS c FROM s GROUP BY name", "StreamGroupBy", true, true},
    {"SELECT id + 1 AS k, SUM(n) AS c FROM s GROUP BY id + 1", "StreamGroupBy", true, true},
    {"SELECT name, COLLECT_LIST(n) AS c FROM s GROUP BY name", "StreamGroupBy", true, false},
    {"SELECT name, LATEST_BY_OFFSET(n) AS c FROM s GROUP BY name", "StreamGroupBy", true, false},
    {"SELECT name, COUNT(*) AS c FROM s WINDOW SESSION (1 MINUTE) GROUP BY name", "StreamGroupBy",
     true, false},
    {"SELECT name, COUNT(*) AS c FROM s WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY name",
     "StreamGroupBy", true, true},
    {"SELECT name, COUNT(*) AS c FROM s WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY name EMIT FINAL",
     "StreamGroupBy", true, false},
    {"SELECT name, COUNT(*) AS c FROM t GROUP BY name", "TableGroupBy", true, false},
    {"SELECT id, COUNT(*) AS c FROM t GROUP BY id", "TableGroupBy", false, false},
};

static void test_groups(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(group_cases); i++) {
        const group_case *c = &group_cases[i];
        world_result r;
        plan(wr_arena_printf(w.arena, "CREATE TABLE x AS %s;", c->query), &r);
        bool table = strcmp(c->step, "TableGroupBy") == 0;
        const wr_step *key = find_step(r.plan, table ? WR_STEP_TABLE_GROUP_BY : WR_STEP_SELECT_KEY);
        const wr_step *topic = find_step(r.plan, WR_STEP_REPARTITION);
        assert_non_null(key);
        assert_string_equal(key->name, c->step);
        if ((topic != NULL) != c->moves ||
            (topic && topic->u.repartition.combine != NULL) != c->combines)
            fail_msg("%s: moves %d", c->query, topic != NULL);
        assert_int_equal(r.plan->subtopologies_n, c->moves ? 2 : 1);
        world_result_free(&r);
    }
}

/* ---- pull queries: what is looked up (pull_plan.c) ---- */

typedef struct pull_case {
    const char *where;
    uint32_t keys_n; /* look-ups or one range; 0 with scan: the whole table */
    bool scan;
} pull_case;

static const pull_case pull_cases[] = {
    {"name = 'a'", 1, false},
    {"name IN ('a', 'b', 'c')", 3, false},
    {"name = 'a' OR name = 'b'", 2, false},
    {"name = 'a' OR name = 'a'", 1, false},
    {"name = 'a' AND c > 1", 1, false},
    {"(name = 'a' OR name = 'b') AND (c = 1 OR c = 2)", 2, false},
    {"name = 'a' AND name = 'b'", 1, false},
    {"name > 'a' AND name <= 'm'", 1, false},
    {"name BETWEEN 'a' AND 'b'", 1, false},
    {"name > 'a' OR name = 'A'", 0, true},
    {"name <> 'a'", 0, true},
    {"NOT (name = 'a')", 0, true},
    {"UCASE(name) = 'A'", 0, true},
    {"c = 1", 0, true},
    {"name = 'a' OR c = 1", 0, true},
};

static void test_pulls(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(pull_cases); i++) {
        const pull_case *c = &pull_cases[i];
        world_result r;
        plan(wr_arena_printf(w.arena, "SELECT * FROM agg WHERE %s;", c->where), &r);
        if (r.pull->scan != c->scan || (!c->scan && r.pull->keys_n != c->keys_n))
            fail_msg("%s: scan %d, keys %u", c->where, r.pull->scan, r.pull->keys_n);
        assert_non_null(r.pull->filter); /* bounds never replace it */
        world_result_free(&r);
    }
}

/* A bound that is given as > or < is one millisecond nearer, as bounds are inclusive. */
static void test_window_bounds(void **state)
{
    (void)state;
    world_result r;
    plan("SELECT * FROM wagg WHERE id = 7 AND windowstart > 5 AND windowstart <= 20 AND "
         "windowend < 30;",
         &r);
    assert_int_equal(r.pull->keys_n, 1);
    const wr_pull_key *k = &r.pull->keys[0];
    assert_int_equal(k->key[0].u.i64, 7);
    assert_int_equal(k->window_start_min, 6);
    assert_int_equal(k->window_start_max, 20);
    assert_true(k->window_end_min == INT64_MIN);
    assert_int_equal(k->window_end_max, 29);
    world_result_free(&r);
}

/* Two alternatives for one key: the windows of both, in one look-up. */
static void test_merged_bounds(void **state)
{
    (void)state;
    world_result r;
    plan("SELECT * FROM wagg WHERE id = 7 AND windowstart = 5 OR id = 7 AND windowstart = 9;", &r);
    assert_int_equal(r.pull->keys_n, 1);
    assert_int_equal(r.pull->keys[0].window_start_min, 5);
    assert_int_equal(r.pull->keys[0].window_start_max, 9);
    world_result_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows),       cmocka_unit_test(test_within),
        cmocka_unit_test(test_keys),          cmocka_unit_test(test_groups),
        cmocka_unit_test(test_pulls),         cmocka_unit_test(test_window_bounds),
        cmocka_unit_test(test_merged_bounds),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
