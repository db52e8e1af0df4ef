/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pull queries: what is read. Each case says the bounds as text:
 *     scan             the whole table
 *     =v, =v,w         one exact key each
 *     (a, b] [a, ..    a range of the single key
 *     @[min,max]       window starts, where bounded; ^[min,max] window ends
 * and INSERT INTO ... VALUES: what is written.
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

static void put_window(wr_buf *b, char mark, int64_t min, int64_t max)
{
    if (min == INT64_MIN && max == INT64_MAX)
        return;
    wr_buf_putc(b, mark);
    wr_buf_putc(b, '[');
    if (min != INT64_MIN)
        wr_buf_printf(b, "%lld", (long long)min);
    wr_buf_putc(b, ',');
    if (max != INT64_MAX)
        wr_buf_printf(b, "%lld", (long long)max);
    wr_buf_putc(b, ']');
}

static void put_bounds(wr_buf *b, const wr_pull *p)
{
    const wr_schema *schema = p->source->schema;
    if (p->scan) {
        wr_buf_puts(b, "scan");
        return;
    }
    for (uint32_t i = 0; i < p->keys_n; i++) {
        const wr_pull_key *k = &p->keys[i];
        wr_buf_puts(b, i ? " " : "");
        for (uint32_t c = 0; k->key && c < schema->keys_n; c++) {
            wr_buf_putc(b, c ? ',' : '=');
            wr_value_print(b, schema->cols[c].type, &k->key[c]);
        }
        if (!k->key) {
            wr_buf_putc(b, k->from && k->from_inclusive ? '[' : '(');
            if (k->from)
                wr_value_print(b, schema->cols[0].type, k->from);
            wr_buf_puts(b, "..");
            if (k->to)
                wr_value_print(b, schema->cols[0].type, k->to);
            wr_buf_putc(b, k->to && k->to_inclusive ? ']' : ')');
        }
        put_window(b, '@', k->window_start_min, k->window_start_max);
        put_window(b, '^', k->window_end_min, k->window_end_max);
    }
    if (!p->keys_n)
        wr_buf_puts(b, "nothing");
}

typedef struct pull_case {
    const char *where, *bounds;
} pull_case;

static void check(const char *table, const pull_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        wr_buf sql = {0}, b = {0};
        world_result r;
        weir_error err;
        wr_buf_printf(&sql, "SELECT * FROM %s%s%s;", table, *cases[i].where ? " WHERE " : "",
                      cases[i].where);
        if (world_plan(&w, wr_buf_cstr(&sql), &r, &err) != WEIR_OK)
            fail_msg("%s\n%s", wr_buf_cstr(&sql), err.message);
        put_bounds(&b, r.pull);
        if (strcmp(wr_buf_cstr(&b), cases[i].bounds) != 0)
            fail_msg("%s\n  is       %s\n  expected %s", wr_buf_cstr(&sql), wr_buf_cstr(&b),
                     cases[i].bounds);
        /* Bounds may be too wide: every row passes the whole WHERE. */
        assert_int_equal(r.pull->filter != NULL, *cases[i].where != '\0');
        wr_buf_free(&sql);
        wr_buf_free(&b);
        world_result_free(&r);
    }
}
#define CHECK(table, cases) check(table, cases, sizeof cases / sizeof cases[0])

static void test_one_key(void **state)
{
    (void)state;
    static const pull_case cases[] = {
        {"", "scan"},
        {"name = 'a'", "=a"},
        {"'a' = name", "=a"},
        {"name = 'a' AND c > 1", "=a"},
        {"name = 'a' OR name = 'b'", "=a =b"},
        {"name = 'a' OR name = 'a'", "=a"},
        {"name IN ('a', 'b', 'a')", "=a =b"},
        {"name = UCASE('a') || 'x'", "=Ax"},
        {"(name = 'a' OR name = 'b') AND (c = 1 OR c = 2)", "=a =b"},
        {"name = 'a' OR c = 1", "scan"},
        {"NOT name = 'a'", "scan"},
        {"name <> 'a'", "scan"},
        {"name IS NULL", "scan"},
        {"name LIKE 'a%'", "scan"},
        {"name IS NOT DISTINCT FROM 'a'", "scan"},
        {"name NOT IN ('a')", "scan"},
        {"UCASE(name) = 'A'", "scan"},
        {"c = 1", "scan"},
        {"name > 'a'", "(a..)"},
        {"name >= 'a' AND name < 'm'", "[a..m)"},
        {"name >= 'a' AND name > 'b' AND 'z' >= name", "(b..z]"},
        {"name BETWEEN 'a' AND 'm'", "[a..m]"},
        {"name NOT BETWEEN 'a' AND 'm'", "scan"},
        {"name > 'a' OR name = 'b'", "scan"},
        /* an exact key is narrower than any range */
        {"name = 'b' AND name > 'a'", "=b"},
    };
    CHECK("agg", cases);
}

static void test_two_keys(void **state)
{
    (void)state;
    static const pull_case cases[] = {
        {"name = 'a' AND n = 1", "=a,1"},
        {"n = 1 AND c = 3 AND name = 'a'", "=a,1"},
        {"name IN ('a', 'b') AND n IN (1, 2)", "=a,1 =a,2 =b,1 =b,2"},
        {"name = 'a'", "scan"},
        {"name > 'a' AND n = 1", "scan"},
    };
    CHECK("agg2", cases);
}

static void test_windows(void **state)
{
    (void)state;
    static const pull_case cases[] = {
        {"id = 1", "=1"},
        {"id = 1 AND WINDOWSTART = 60000", "=1@[60000,60000]"},
        {"id = 1 AND WINDOWSTART >= 60000 AND WINDOWSTART < 180000", "=1@[60000,179999]"},
        {"id = 1 AND 60000 < WINDOWSTART", "=1@[60001,]"},
        {"id = 1 AND WINDOWEND <= 60000", "=1^[,60000]"},
        {"id = 1 AND WINDOWSTART >= '1970-01-01T00:01:00'", "=1@[60000,]"},
        {"id = 1 AND WINDOWSTART BETWEEN 0 AND 60000", "=1@[0,60000]"},
        /* one look-up for both, as wide as both need */
        {"(id = 1 AND WINDOWSTART = 0) OR (id = 1 AND WINDOWSTART = 60000)", "=1@[0,60000]"},
        {"id = 1 AND WINDOWSTART > 9223372036854775807", "=1@[9223372036854775807,]"},
        {"WINDOWSTART = 0", "scan"},
        {"id > 1", "scan"},
    };
    CHECK("wagg", cases);
}

/* WHERE with thousands of alternatives: planned at once, as a scan. */
static void test_many_alternatives(void **state)
{
    (void)state;
    wr_buf sql = {0};
    world_result r;
    weir_error err;
    wr_buf_puts(&sql, "SELECT * FROM agg WHERE ");
    for (int i = 0; i < 30; i++)
        wr_buf_printf(&sql, "%s(name = 'a%d' OR c = %d OR c = 7)", i ? " AND " : "", i, i);
    wr_buf_puts(&sql, ";");
    if (world_plan(&w, wr_buf_cstr(&sql), &r, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    assert_true(r.pull->scan);
    world_result_free(&r);
    wr_settings_put(&w.settings, "ksql.query.pull.table.scan.enabled", "false");
    assert_int_equal(world_plan(&w, wr_buf_cstr(&sql), &r, &err), WEIR_ERR_LIMIT);
    world_result_free(&r);
    wr_settings_put(&w.settings, "ksql.query.pull.table.scan.enabled", NULL);
    wr_buf_free(&sql);
}

static void test_result(void **state)
{
    (void)state;
    world_result r;
    weir_error err;
    assert_int_equal(world_plan(&w, "SELECT c + 1, id, WINDOWSTART FROM wagg LIMIT 3;", &r, &err),
                     WEIR_OK);
    assert_int_equal(r.pull->result->n, 3);
    assert_string_equal(r.pull->result->cols[0].name, "KSQL_COL_0");
    assert_false(r.pull->result_is_key[0]);
    assert_true(r.pull->result_is_key[1]);
    assert_true(r.pull->result_is_key[2]);
    assert_true(r.pull->has_limit);
    assert_int_equal(r.pull->limit, 3);
    assert_string_equal(r.pull->query_id, "CTAS_WAGG_2");
    world_result_free(&r);
    assert_int_equal(world_plan(&w, "SELECT * FROM wagg;", &r, &err), WEIR_OK);
    static const char *const names[] = {"ID", "WINDOWSTART", "WINDOWEND", "C", "M"};
    assert_int_equal(r.pull->result->n, 5);
    for (int i = 0; i < 5; i++) {
        assert_string_equal(r.pull->result->cols[i].name, names[i]);
        assert_int_equal(r.pull->result_is_key[i], i < 3);
    }
    world_result_free(&r);
    /* A stream is read by a query that ends. */
    assert_int_equal(world_plan(&w, "SELECT name FROM s WHERE n > 1;", &r, &err), WEIR_OK);
    assert_null(r.pull->query_id);
    assert_non_null(r.pull->plan);
    world_result_free(&r);
}

/** BETWEEN takes more types in a query that goes on than in one that answers, as in ksqlDB. */
static void test_between_types(void **state)
{
    (void)state;
    static const char *const conditions[] = {"name BETWEEN 1 AND 2", "name NOT BETWEEN 'a' AND 2"};
    for (size_t i = 0; i < WR_ARRAY_LEN(conditions); i++) {
        world_result r;
        weir_error err;
        const char *ends[] = {";", " EMIT CHANGES;"};
        for (int push = 0; push < 2; push++) {
            wr_buf sql = {0};
            wr_buf_printf(&sql, "SELECT * FROM agg WHERE %s%s", conditions[i], ends[push]);
            weir_status st = world_plan(&w, wr_buf_cstr(&sql), &r, &err);
            wr_buf_free(&sql);
            assert_int_equal(st, push ? WEIR_OK : WEIR_ERR_STATEMENT);
            if (push)
                world_result_free(&r);
            else
                assert_non_null(strstr(err.message, "Cannot compare "));
        }
    }
}

/* ---- INSERT INTO ... VALUES ---- */

static void test_insert(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *values;
        int64_t rowtime; /* -1: none */
    } cases[] = {
        {"INSERT INTO s2 VALUES (1, 'a', 2);", "1 a 2", -1},
        {"INSERT INTO s2 (x, id) VALUES (1 + 2 * 3, 4);", "4 null 7", -1},
        {"INSERT INTO s2 (name) VALUES (UCASE('a') || 'b');", "null Ab null", -1},
        {"INSERT INTO s2 (rowtime, id) VALUES (1234, 1);", "1 null null", 1234},
        {"INSERT INTO s2 (ROWTIME, id) VALUES ('1970-01-01T00:00:01', 1);", "1 null null", 1000},
        {"INSERT INTO s (id, price, st, tags, ts) VALUES (1, 12.5, STRUCT(f := 1, g := 'x'), "
         "ARRAY['a', 'b'], '2020-01-01');",
         "1 null null 12.50 Struct{F=1,G=x} [a, b] 2020-01-01T00:00:00.000", -1},
        {"INSERT INTO t (id) VALUES (5);", "5 null null null", -1},
        {"INSERT INTO s2 VALUES (NULL, NULL, NULL);", "null null null", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        world_result r;
        weir_error err;
        wr_buf b = {0};
        if (world_plan(&w, cases[i].sql, &r, &err) != WEIR_OK)
            fail_msg("%s\n%s", cases[i].sql, err.message);
        const wr_schema *schema = r.insert->source->schema;
        for (uint32_t c = 0; c < schema->n; c++) {
            wr_buf_puts(&b, c ? " " : "");
            if (r.insert->values[c].null)
                wr_buf_puts(&b, "null");
            else
                wr_value_print(&b, schema->cols[c].type, &r.insert->values[c]);
        }
        if (strcmp(wr_buf_cstr(&b), cases[i].values) != 0)
            fail_msg("%s\n  is       %s\n  expected %s", cases[i].sql, wr_buf_cstr(&b),
                     cases[i].values);
        assert_int_equal(r.insert->has_rowtime, cases[i].rowtime >= 0);
        if (cases[i].rowtime >= 0)
            assert_int_equal(r.insert->rowtime, cases[i].rowtime);
        wr_buf_free(&b);
        world_result_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_key), cmocka_unit_test(test_two_keys),
        cmocka_unit_test(test_windows), cmocka_unit_test(test_many_alternatives),
        cmocka_unit_test(test_result),  cmocka_unit_test(test_between_types),
        cmocka_unit_test(test_insert),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
