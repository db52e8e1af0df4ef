/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results of queries and statements in their three forms, through an engine in memory: what goes to
 * standard output and what to standard error, byte for byte.
 */
#include "cli_test.h"

#include "options.h"
#include "result_view.h"
#include "statement_run.h"

#include <locale.h>

const cli_command *const cli_commands[] = {NULL}; /* options.c wants them */

static const char setup_sql[] =
    "CREATE STREAM s (k INT KEY, v STRING, d DOUBLE) WITH (KAFKA_TOPIC = 's', PARTITIONS = 1, "
    "VALUE_FORMAT = 'JSON');"
    "INSERT INTO s VALUES (1, 'one', 1.5);"
    "INSERT INTO s VALUES (2, 'a,\"b\"', NULL);"
    "INSERT INTO s VALUES (3, '', 0.0);"
    "INSERT INTO s (k) VALUES (4);"
    "CREATE TABLE t (k STRING PRIMARY KEY, v INT) WITH (KAFKA_TOPIC = 't', PARTITIONS = 1, "
    "VALUE_FORMAT = 'JSON');";

static weir *w;

static int setup(void **state)
{
    (void)state;
    weir_error err = {0};
    setenv("COLUMNS", "32", 1);
    w = open_engine(setup_sql);
    const weir_record records[] = {
        {.topic = "t",
         .key = "a",
         .key_len = 1,
         .value = "{\"V\":7}",
         .value_len = 7,
         .timestamp = 1,
         .partition = -1},
        {.topic = "t", .key = "a", .key_len = 1, .timestamp = 2, .partition = -1}, /* deleted */
    };
    assert_int_equal(weir_produce(w, records, 2, &err), WEIR_OK);
    return weir_flush(w, &err) == WEIR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    close_engine(w);
    return 0;
}

static int run(cli_view view, const char *sql)
{
    cli_session s = {.w = w, .view = view};
    capture_begin();
    int status = cli_session_run(&s, sql, (cli_origin){"-e", 1});
    capture_end();
    return status;
}

typedef struct result_case {
    const char *about, *sql;
    cli_view view;
    const char *shown, *complained;
} result_case;

#define TABULAR                                                                                    \
    {                                                                                              \
        CLI_TABULAR, true, 0, false, NULL, false                                                   \
    }
#define CUT                                                                                        \
    {                                                                                              \
        CLI_TABULAR, false, 8, false, NULL, false                                                  \
    }
#define WIDE                                                                                       \
    {                                                                                              \
        CLI_TABULAR, true, 14, false, NULL, false                                                  \
    }
#define JSON                                                                                       \
    {                                                                                              \
        CLI_JSON, true, 0, false, NULL, false                                                      \
    }
#define CSV                                                                                        \
    {                                                                                              \
        CLI_CSV, true, 0, false, NULL, false                                                       \
    }
#define QUERY "SELECT * FROM s EMIT CHANGES LIMIT 4;"

/* ------------------------------------------------------------------------------------- queries */

static const result_case query_cases[] = {
    {"frames fit the terminal", QUERY, TABULAR,
     "+--------+----------+----------+\n"
     "|K       |V         |D         |\n"
     "+--------+----------+----------+\n"
     "|1       |one       |1.5       |\n"
     "|2       |a,\"b\"     |null      |\n"
     "|3       |          |0.0       |\n"
     "|4       |null      |null      |\n"
     "Limit Reached\n",
     ""},
    {"a result that is whole is as wide as its content", "SELECT * FROM s;", TABULAR,
     "+-+-----+----+\n"
     "|K|V    |D   |\n"
     "+-+-----+----+\n"
     "|1|one  |1.5 |\n"
     "|2|a,\"b\"|null|\n"
     "|3|     |0.0 |\n"
     "|4|null |null|\n"
     "Query Completed\n",
     ""},
    {"a long value leaves the others their room",
     "SELECT k, 'a text of more than a line is cut' AS t FROM s WHERE k = 1;", TABULAR,
     "+-+----------------------------+\n"
     "|K|T                           |\n"
     "+-+----------------------------+\n"
     "|1|a text of more than a line i|\n"
     "| |s cut                       |\n"
     "Query Completed\n",
     ""},
    {"cut at a width of one's own",
     "SELECT 'ninety-nine' AS a_long_name FROM s EMIT CHANGES "
     "LIMIT 1;",
     CUT,
     "+--------+\n"
     "|A_LON...|\n"
     "+--------+\n"
     "|ninet...|\n"
     "Limit Reached\n",
     ""},
    {"JSON objects", QUERY, JSON,
     "{\"K\":1,\"V\":\"one\",\"D\":1.5}\n"
     "{\"K\":2,\"V\":\"a,\\\"b\\\"\",\"D\":null}\n"
     "{\"K\":3,\"V\":\"\",\"D\":0.0}\n"
     "{\"K\":4,\"V\":null,\"D\":null}\n",
     "{\"message\":\"Limit Reached\"}\n"},
    {"CSV: NULL is nothing, an empty text is quoted", QUERY, CSV,
     "K,V,D\r\n"
     "1,one,1.5\r\n"
     "2,\"a,\"\"b\"\"\",\r\n"
     "3,\"\",0.0\r\n"
     "4,,\r\n",
     "Limit Reached\n"},
    {"no row: CSV has its header all the same", "SELECT k FROM s WHERE k > 99;", CSV, "K\r\n",
     "Query Completed\n"},
    {"no row: JSON has the message", "SELECT k FROM s WHERE k > 99;", JSON, "",
     "{\"message\":\"Query Completed\"}\n"},
    {"no row: a frame", "SELECT k FROM s WHERE k > 99;", CUT,
     "+--------+\n"
     "|K       |\n"
     "+--------+\n"
     "Query Completed\n",
     ""},
    {"a name that JSON must quote", "SELECT k AS `a \"b\"` FROM s EMIT CHANGES LIMIT 1;", JSON,
     "{\"a \\\"b\\\"\":1}\n", "{\"message\":\"Limit Reached\"}\n"},
    {"a name that CSV must quote", "SELECT k AS `a,b`, v AS `x` FROM s EMIT CHANGES LIMIT 1;", CSV,
     "\"a,b\",x\r\n1,one\r\n", "Limit Reached\n"},
    {"nested values", "SELECT ARRAY[k, 2] AS a, MAP('x' := v) AS m FROM s EMIT CHANGES LIMIT 1;",
     JSON, "{\"A\":[1,2],\"M\":{\"x\":\"one\"}}\n", "{\"message\":\"Limit Reached\"}\n"},
    {"a table function over what a stream has now",
     "SELECT k, EXPLODE(ARRAY[k, k * 10]) + 1 AS e FROM s WHERE k < 3;", JSON,
     "{\"K\":1,\"E\":2}\n{\"K\":1,\"E\":11}\n{\"K\":2,\"E\":3}\n{\"K\":2,\"E\":21}\n",
     "{\"message\":\"Query Completed\"}\n"},
    {"and the first of its rows", "SELECT EXPLODE(ARRAY[k, 7]) AS e FROM s LIMIT 3;", CSV,
     "E\r\n1\r\n7\r\n2\r\n", "Limit Reached\n"},
    {"nested values in a frame",
     "SELECT STRUCT(a := k, b := STRUCT(c := v, d := CAST(NULL AS INT))) AS s FROM s EMIT CHANGES "
     "LIMIT 1;",
     WIDE,
     "+--------------+\n"
     "|S             |\n"
     "+--------------+\n"
     "|{A=1, B={C=one|\n"
     "|, D=null}}    |\n"
     "Limit Reached\n",
     ""},
    {"and in CSV", "SELECT STRUCT(a := k, b := ARRAY[v, 'x']) AS s FROM s EMIT CHANGES LIMIT 1;",
     CSV, "S\r\n\"{A=1, B=[one, x]}\"\r\n", "Limit Reached\n"},
    {"a deletion names its key alone", "SELECT * FROM t EMIT CHANGES LIMIT 2;", JSON,
     "{\"K\":\"a\",\"V\":7}\n{\"K\":\"a\",\"@tombstone\":true}\n",
     "{\"message\":\"Limit Reached\"}\n"},
    {"and is no NULL", "SELECT * FROM t EMIT CHANGES LIMIT 2;", CSV,
     "K,V\r\na,7\r\na,<TOMBSTONE>\r\n", "Limit Reached\n"},
    {"in a frame", "SELECT * FROM t EMIT CHANGES LIMIT 2;", WIDE,
     "+--------------+--------------+\n"
     "|K             |V             |\n"
     "+--------------+--------------+\n"
     "|a             |7             |\n"
     "|a             |<TOMBSTONE>   |\n"
     "Limit Reached\n",
     ""},
};

static void check_cases(const result_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const result_case *c = &cases[i];
        int status = run(c->view, c->sql);
        if (status != 0 || strcmp(shown(), c->shown) != 0 ||
            strcmp(complained(), c->complained) != 0)
            fail_msg("%s: %d\n%s%s\nexpected\n%s%s", c->about, status, shown(), complained(),
                     c->shown, c->complained);
    }
}

static void test_queries(void **state)
{
    (void)state;
    check_cases(query_cases, COUNT(query_cases));
}

/* ---------------------------------------------------------------------------------- statements */

static const result_case statement_cases[] = {
    {"a command's message is a table",
     "CREATE STREAM a (x INT) WITH (KAFKA_TOPIC = 'a', "
     "PARTITIONS = 1, VALUE_FORMAT = 'JSON');",
     TABULAR, "\n Message\n----------------\n Stream created\n----------------\n", ""},
    {"in JSON an object, and no row",
     "CREATE STREAM b (x INT) WITH (KAFKA_TOPIC = 'b', "
     "PARTITIONS = 1, VALUE_FORMAT = 'JSON');",
     JSON, "", "{\"message\":\"Stream created\"}\n"},
    {"in CSV it is no row",
     "CREATE STREAM c (x INT) WITH (KAFKA_TOPIC = 'c', "
     "PARTITIONS = 1, VALUE_FORMAT = 'JSON');",
     CSV, "", "Stream created\n"},
    {"a command without a message", "INSERT INTO a VALUES (1);", TABULAR, "", ""},
    {"several statements", "INSERT INTO a VALUES (2); DROP STREAM b; DROP STREAM c;", JSON, "",
     "{\"message\":\"Source `B` (topic: b) was dropped.\"}\n"
     "{\"message\":\"Source `C` (topic: c) was dropped.\"}\n"},
    {"what SHOW gives is rows", "SHOW TYPES; DEFINE x = 'y'; SHOW VARIABLES;", JSON,
     "{\"Variable Name\":\"X\",\"Value\":\"y\"}\n", ""},
    {"comments and blanks", " -- nothing\n /* at all */ ", TABULAR, "", ""},
};

static void test_statements(void **state)
{
    (void)state;
    check_cases(statement_cases, COUNT(statement_cases));
}

static void test_message_wider_than_the_terminal(void **state)
{
    (void)state;
    assert_int_equal(run((cli_view)TABULAR, "CREATE STREAM wide AS SELECT * FROM s;"), 0);
    if (strncmp(shown(), "\n Message\n", 10) == 0)
        fail_msg("a table wider than the terminal:\n%s", shown());
    check_contains(shown(), "Created query with ID ");
    assert_int_equal(strchr(shown(), '\n') - shown(), strlen(shown()) - 1); /* one line */
}

static void test_failures_are_no_results(void **state)
{
    (void)state;
    static const cli_view views[] = {TABULAR, JSON, CSV};
    for (size_t i = 0; i < COUNT(views); i++) {
        assert_int_equal(run(views[i], "SELECT nothing FROM s EMIT CHANGES;\nSHOW STREAMS;"), 1);
        assert_string_equal(shown(), "");
        check_contains(complained(), "-e:1:8: ");
        check_contains(complained(), "\nSELECT nothing FROM s EMIT CHANGES;\n       ^\n");
    }
    assert_int_equal(run(views[1], "INSERT INTO s VALUES (1);\n"), 1);
    assert_string_equal(shown(), "");
}

/* The statements before the one that fails have run, those after it have not. */
static void test_first_failure_ends_the_text(void **state)
{
    (void)state;
    assert_int_equal(run((cli_view)JSON, "CREATE STREAM d (x INT) WITH (KAFKA_TOPIC = 'd', "
                                         "PARTITIONS = 1, VALUE_FORMAT = 'JSON');\n"
                                         "DROP STREAM nothing;\n"
                                         "DROP STREAM d;\n"),
                     1);
    assert_string_equal(shown(), "");
    check_contains(complained(), "{\"message\":\"Stream created\"}\n-e:2:");
    assert_int_equal(run((cli_view)JSON, "DROP STREAM d;"), 0);
}

static void test_messages(void **state)
{
    (void)state;
    static const struct {
        cli_view view;
        const char *message, *shown, *complained;
    } cases[] = {
        {TABULAR, "done", "done\n", ""},
        {TABULAR, "done\n\n", "done\n", ""},
        {TABULAR, "", "", ""},
        {JSON, "a \"b\"\n", "", "{\"message\":\"a \\\"b\\\"\\n\"}\n"},
        {JSON, "", "", ""},
        {CSV, "done", "", "done\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cli_view v = cases[i].view;
        capture_begin();
        cli_result_message(&v, cases[i].message);
        capture_end();
        assert_string_equal(shown(), cases[i].shown);
        assert_string_equal(complained(), cases[i].complained);
    }
}

/* --------------------------------------------------------------------------------------- limits */

static void test_limits_of_the_session(void **state)
{
    (void)state;
    cli_session s = {.w = w, .view = JSON, .query_row_limit = 2};
    capture_begin();
    int status = cli_session_run(&s, "SELECT k FROM s EMIT CHANGES;", (cli_origin){"-e", 1});
    capture_end();
    assert_int_equal(status, 0);
    assert_string_equal(shown(), "{\"K\":1}\n{\"K\":2}\n");
    assert_string_equal(complained(), "{\"message\":\"Limit Reached\"}\n");

    s = (cli_session){.w = w, .view = JSON, .query_timeout_ms = 1};
    capture_begin();
    status =
        cli_session_run(&s, "SELECT k FROM s WHERE k > 99 EMIT CHANGES;", (cli_origin){"-e", 1});
    capture_end();
    assert_int_equal(status, 0);
    assert_string_equal(shown(), "");
    assert_string_equal(complained(), "{\"message\":\"Query terminated\"}\n");
}

/* ------------------------------------------------------------------------------------- scripts */

static void test_scripts(void **state)
{
    (void)state;
    char path[256];
    cli_text sql = {0};
    static const char script[] = "SELECT k FROM s EMIT CHANGES LIMIT 1;\n\nSELEC;\n";
    write_temp(path, sizeof path, script, sizeof script - 1);
    cli_text_addf(&sql, "run /* the */ script '%s';", path);
    assert_int_equal(run((cli_view)JSON, cli_text_string(&sql)), 1);
    assert_string_equal(shown(), "{\"K\":1}\n");
    cli_text_clear(&sql);
    cli_text_addf(&sql, "%s:3:1: ", path); /* a place in the script, not in what ran it */
    check_contains(complained(), cli_text_string(&sql));

    /* A script that runs itself ends. */
    FILE *f = fopen(path, "w");
    fprintf(f, "RUN SCRIPT '%s';\n", path);
    fclose(f);
    cli_text_clear(&sql);
    cli_text_addf(&sql, "RUN SCRIPT '%s';", path);
    assert_int_equal(run((cli_view)JSON, cli_text_string(&sql)), 1);
    check_contains(complained(), "scripts run scripts 16 deep; does one run itself?");
    unlink(path);
    assert_int_equal(run((cli_view)JSON, cli_text_string(&sql)), 1);
    check_contains(complained(), "cannot read");
    cli_text_free(&sql);
}

static void test_skip_comments(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *rest;
    } cases[] = {
        {"", ""},
        {"x", "x"},
        {" \t\r\n x ", "x "},
        {"-- a\nx", "x"},
        {"-- a", ""},
        {"/* a */x", "x"},
        {"/* a", "/* a"},
        {"/**/ /**/x", "x"},
        {"-- /*\nx */", "x */"},
        {"/* -- */ x", "x"},
        {"- x", "- x"},
        {"/x", "/x"},
        {" /*/ x", "/*/ x"},
        {"--\n--\n\n/**/", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(cli_skip_comments(cases[i].sql), cases[i].rest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_queries, setup, teardown),
        cmocka_unit_test_setup_teardown(test_statements, setup, teardown),
        cmocka_unit_test_setup_teardown(test_message_wider_than_the_terminal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failures_are_no_results, setup, teardown),
        cmocka_unit_test_setup_teardown(test_first_failure_ends_the_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits_of_the_session, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scripts, setup, teardown),
        cmocka_unit_test(test_skip_comments),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, capture_teardown);
}
