/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which filters sources apply themselves (push_down.c): statements with the condition that each of
 * their sources has, in order of the steps, "-" for none.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "plan_world.h"

typedef struct push_case {
    const char *setting; /* set to "true"; NULL: none */
    const char *sql, *pushed;
} push_case;

static const push_case cases[] = {
    {NULL, "CREATE STREAM x AS SELECT id, name FROM s WHERE n > 1;", "(S.N > 1)"},
    {NULL, "CREATE STREAM x AS SELECT id, name FROM s q WHERE q.n > 1 AND UCASE(q.name) = 'A';",
     "((Q.N > 1) AND (UCASE(Q.NAME) = 'A'))"},
    {NULL, "CREATE STREAM x AS SELECT * FROM s WHERE ROWTIME > 5 PARTITION BY name;",
     "(S.ROWTIME > 5)"},
    {NULL, "CREATE TABLE x AS SELECT name, COUNT(*) AS c FROM s WHERE n > 1 GROUP BY name;",
     "(S.N > 1)"},
    {NULL, "SELECT * FROM s WHERE n > 1 EMIT CHANGES;", "(S.N > 1)"},
    {NULL, "CREATE STREAM x AS SELECT id, v FROM win WHERE WINDOWSTART > 5;",
     "(WIN.WINDOWSTART > 5)"},
    /* nothing to push */
    {NULL, "CREATE STREAM x AS SELECT id, name FROM s;", "-"},
    {NULL, "CREATE TABLE x AS SELECT name, COUNT(*) AS c FROM s GROUP BY name HAVING COUNT(*) > 1;",
     "-"},
    /* a table's filter must see the row before */
    {NULL, "CREATE TABLE x AS SELECT id, name FROM t WHERE n > 1;", "-"},
    {NULL, "SELECT * FROM t WHERE n > 1 EMIT CHANGES;", "-"},
    /* a filter after a join is not next to a source */
    {NULL, "CREATE STREAM x AS SELECT s.id, t.name FROM s JOIN t ON s.id = t.id WHERE s.n > 1;",
     "- -"},
    {NULL,
     "CREATE STREAM x AS SELECT a.id, b.x FROM s a JOIN s2 b WITHIN 1 HOUR ON a.id = b.id WHERE "
     "b.x > 1;",
     "- -"},
    /* what must be noticed in rows that do not pass, must be decoded */
    {"weir.decode.strict", "CREATE STREAM x AS SELECT id, name FROM s WHERE n > 1;", "-"},
    {"ksql.fail.on.deserialization.error", "CREATE STREAM x AS SELECT id, n FROM s WHERE n > 1;",
     "-"},
    {"ksql.timestamp.throw.on.invalid", "CREATE STREAM x AS SELECT id, n FROM s WHERE n > 1;",
     "(S.N > 1)"},
};

static void put_filters(wr_buf *b, const wr_plan *plan)
{
    for (uint32_t i = 0; i < plan->steps_n; i++) {
        const wr_step *s = plan->steps[i];
        if (s->kind != WR_STEP_SOURCE)
            continue;
        if (b->len)
            wr_buf_putc(b, ' ');
        const wr_step *filter = s->u.source.filter;
        if (!filter) {
            wr_buf_putc(b, '-');
            continue;
        }
        assert_int_equal(filter->kind, WR_STEP_FILTER);
        assert_ptr_equal(filter->in[0], s);
        wr_expr_print(b, filter->u.filter);
    }
}

/* EXPLAIN shows it, at the source. */
static void check_explain(const wr_plan *plan, const char *pushed)
{
    wr_buf b = {0};
    wr_plan_print(&b, plan);
    const char *at = strstr(wr_buf_cstr(&b), "| Pushed filter: ");
    assert_int_equal(at != NULL, pushed[0] != '-');
    if (at)
        assert_memory_equal(at + strlen("| Pushed filter: "), pushed, strlen(pushed));
    wr_buf_free(&b);
}

static void test_push(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        const push_case *c = &cases[i];
        world w;
        world_result r;
        weir_error err;
        world_init(&w);
        world_fill(&w);
        if (c->setting) {
            wr_settings_put(&w.settings, c->setting, "true");
            assert_true(wr_settings_bool(&w.settings, c->setting, false));
        }
        if (world_plan(&w, c->sql, &r, &err) != WEIR_OK)
            fail_msg("%s\n%s", c->sql, err.message);
        wr_buf b = {0};
        put_filters(&b, r.plan);
        if (strcmp(wr_buf_cstr(&b), c->pushed) != 0)
            fail_msg("%s\nis %s, expected %s", c->sql, wr_buf_cstr(&b), c->pushed);
        check_explain(r.plan, c->pushed);
        wr_buf_free(&b);
        world_result_free(&r);
        world_fini(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_push),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
