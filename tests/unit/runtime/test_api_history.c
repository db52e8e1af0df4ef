/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir_export and weir_repair through the public header, on the embedded log: what they give, what
 * they refuse, and that they change nothing unless they are asked to.
 */
#include "api_helper.h"

static char dir[300];

static int setup(void **state)
{
    (void)state;
    make_dir(dir, sizeof dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    remove_dir(dir);
    return 0;
}

static void collect(void *arg, const char *text)
{
    wr_buf_printf(arg, "%s\n", text);
}

static weir *open_kept(void)
{
    return open_with(WEIR_LOG_LOCAL, dir, false);
}

static weir *open_without(void)
{
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w;
    weir_error err;
    o.data_dir = dir;
    o.ephemeral_catalog = true;
    if (weir_open(&o, &w, &err) != WEIR_OK)
        fail_msg("open: %s", err.message);
    return w;
}

static void expect_export(const char *expected)
{
    wr_buf text = {0};
    weir_error err;
    weir *w = open_without();
    if (weir_export(w, collect, &text, &err) != WEIR_OK)
        fail_msg("export: %s", err.message);
    assert_string_equal(wr_buf_cstr(&text), expected);
    wr_buf_free(&text);
    close_it(w);
}

static void repair(bool write, unsigned statements, unsigned problems, const char *said)
{
    wr_buf text = {0};
    weir_error err;
    weir *w = open_without();
    weir_repair_options r = {.size = sizeof r, .write = write, .report = collect, .arg = &text};
    if (weir_repair(w, &r, &err) != WEIR_OK)
        fail_msg("repair: %s", err.message);
    assert_int_equal(r.statements, statements);
    assert_int_equal(r.problems, problems);
    if (!strstr(wr_buf_cstr(&text), said))
        fail_msg("'%s' is not in: %s", said, wr_buf_cstr(&text));
    wr_buf_free(&text);
    close_it(w);
}

#define S "CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');"

static void test_settings_of_statements(void **state)
{
    (void)state;
    weir *w = open_kept();
    RUN(w, S "SET 'auto.offset.reset'='earliest'; CREATE STREAM a AS SELECT v FROM s;"
             "SET 'ksql.query.pull.table.scan.enabled'='false'; CREATE STREAM b AS SELECT v FROM s;"
             "UNSET 'auto.offset.reset'; CREATE STREAM c AS SELECT v FROM s;");
    close_it(w);
    expect_export(S "\nSET 'auto.offset.reset' = 'earliest';\nCREATE STREAM a AS SELECT v FROM s;\n"
                    "SET 'ksql.query.pull.table.scan.enabled' = 'false';\n"
                    "CREATE STREAM b AS SELECT v FROM s;\nUNSET 'auto.offset.reset';\n"
                    "CREATE STREAM c AS SELECT v FROM s;\n");
}

static void test_what_was_dropped_is_gone(void **state)
{
    (void)state;
    weir *w = open_kept();
    RUN(w,
        S "CREATE STREAM a AS SELECT v FROM s; DROP STREAM a; CREATE STREAM a AS SELECT v + 1 AS "
          "w FROM s;");
    close_it(w);
    expect_export(S "\nCREATE STREAM a AS SELECT v + 1 AS w FROM s;\n");
}

static void test_nothing(void **state)
{
    (void)state;
    expect_export("");
    repair(false, 0, 0, "");
    repair(true, 0, 0, "");
}

static void test_replaced_and_made_of(void **state)
{
    (void)state;
    weir *w = open_kept();
    RUN(w, S "CREATE STREAM a AS SELECT v FROM s; CREATE STREAM b AS SELECT v FROM a;"
             "CREATE OR REPLACE STREAM a AS SELECT v FROM s WHERE v > 1;");
    close_it(w);
    expect_export(S "\n-- replaced since it was made first; what was made of it before may differ\n"
                    "CREATE STREAM A AS SELECT V FROM S WHERE V > 1;\n"
                    "CREATE STREAM b AS SELECT v FROM a;\n");
}

/* What depends on a statement that fails fails, too; what does not stays, with its number. */
static void test_repair(void **state)
{
    (void)state;
    weir *w = open_kept();
    RUN(w, S "CREATE STREAM t (v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');"
             "CREATE STREAM a AS SELECT v FROM t;"
             "CREATE STREAM u (v INT) WITH (KAFKA_TOPIC='u', PARTITIONS=1, VALUE_FORMAT='JSON');"
             "CREATE STREAM b AS SELECT v FROM u; DROP STREAM s DELETE TOPIC;");
    close_it(w);
    repair(false, 4, 2, "statement 1 cannot be executed any more");
    repair(false, 4, 2, "statement 2 cannot be executed any more"); /* nothing was changed */
    repair(true, 4, 2, "");
    repair(false, 2, 0, "");
    w = open_kept();
    close_it(w);
}

static void test_refused(void **state)
{
    (void)state;
    weir_error err;
    weir_repair_options r = {.size = 3};
    weir *w = open_kept();
    assert_int_equal(weir_export(w, collect, NULL, &err), WEIR_ERR_MISUSE);
    r.size = sizeof r;
    assert_int_equal(weir_repair(w, &r, &err), WEIR_ERR_MISUSE);
    close_it(w);
    w = open_without();
    assert_int_equal(weir_export(w, NULL, NULL, &err), WEIR_ERR_MISUSE);
    assert_int_equal(weir_repair(w, NULL, &err), WEIR_ERR_MISUSE);
    r.size = 3;
    assert_int_equal(weir_repair(w, &r, &err), WEIR_ERR_MISUSE);
    r = (weir_repair_options){.size = sizeof r}; /* nobody listens */
    assert_int_equal(weir_repair(w, &r, &err), WEIR_OK);
    close_it(w);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_settings_of_statements),
        T(test_what_was_dropped_is_gone),
        T(test_nothing),
        T(test_replaced_and_made_of),
        T(test_repair),
        T(test_refused),
    };
    return cmocka_run_group_tests_name("api_history", tests, NULL, NULL);
}
