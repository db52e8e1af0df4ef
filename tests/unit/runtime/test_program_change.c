/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Query files that have changed, run in the same directory: what goes on, what is refused before
 * anything runs, and what --on-change asks for.
 *
 * Each case runs `before`, adds a record, and runs `after` with one more record. What is refused
 * has changed nothing: the files as they were go on as if nobody had tried.
 * cost: 35
 */
#include "api_helper.h"

#define SOURCES                                                                                    \
    "CREATE STREAM a (k STRING KEY, v INT, w STRING) WITH (KAFKA_TOPIC='a', PARTITIONS=1, "        \
    "VALUE_FORMAT='JSON');\n"                                                                      \
    "CREATE STREAM b (k STRING KEY, v INT, w STRING) WITH (KAFKA_TOPIC='b', PARTITIONS=1, "        \
    "VALUE_FORMAT='JSON');\n"                                                                      \
    "CREATE TABLE u (k STRING PRIMARY KEY, name STRING, age INT) WITH (KAFKA_TOPIC='u', "          \
    "PARTITIONS=1, VALUE_FORMAT='JSON');\n"                                                        \
    "CREATE STREAM i (k STRING KEY, v INT) WITH (KAFKA_TOPIC='i', PARTITIONS=1, "                  \
    "VALUE_FORMAT='JSON');\n"

static char dir[300], path[2][400];

static int setup(void **state)
{
    (void)state;
    make_dir(dir, sizeof dir);
    for (int i = 0; i < 2; i++)
        snprintf(path[i], sizeof path[i], "%s/%d.sql", dir, i);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    remove_dir(dir);
    return 0;
}

static weir *open_dir(bool service, const char *extra, const char *value)
{
    const char *const settings[] = {
        "auto.offset.reset", "earliest", "cache.max.bytes.buffering", "0", extra, value, NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w;
    weir_error err;
    char data[350];
    snprintf(data, sizeof data, "%s/data", dir);
    o.data_dir = data;
    o.ephemeral_catalog = service;
    o.stepped = true;
    o.settings = settings;
    if (weir_open(&o, &w, &err) != WEIR_OK)
        fail_msg("open: %s", err.message);
    return w;
}

static weir_status load(weir *w, const char *sql, weir_on_change policy, weir_error *err)
{
    const char *files[] = {path[0]};
    wr_buf text = {0};
    wr_buf_printf(&text, "%s%s\n", SOURCES, sql);
    write_file(path[0], wr_buf_cstr(&text));
    wr_buf_free(&text);
    return weir_load_files(w, files, 1, policy, err);
}

static void must_load(weir *w, const char *sql, weir_on_change policy)
{
    weir_error err;
    if (load(w, sql, policy, &err) != WEIR_OK)
        fail_msg("%s\n%s\n%s", sql, err.message, err.hint);
}

/* ---- what goes on, what does not ---- */

typedef struct change_case {
    const char *name, *before, *after;
    const char *refused; /* part of the message; NULL: it goes on */
    const char *select, *rows, *restarted;
} change_case;

#define O_FROM_A  "CREATE STREAM o AS SELECT k, v FROM a"
#define T_COUNT   "CREATE TABLE o AS SELECT k, COUNT(*) AS n FROM a "
#define ROWS_OF_O "SELECT * FROM o;"

/* a has ('x', 1) at first, then ('x', 2) as well; b has ('x', 9) from the beginning, u ('x', 'n').
 */
static const change_case cases[] = {
    {"the same", O_FROM_A ";", O_FROM_A ";", NULL, ROWS_OF_O, "x|1 x|2 ", NULL},
    {"another spelling", O_FROM_A ";", "create stream O as select K, V from A emit changes;", NULL,
     ROWS_OF_O, "x|1 x|2 ", NULL},
    {"a filter", O_FROM_A ";", O_FROM_A " WHERE v > 5;", NULL, ROWS_OF_O, "x|1 ", NULL},
    {"another expression", O_FROM_A ";", "CREATE STREAM o AS SELECT k, v + 10 AS v FROM a;", NULL,
     ROWS_OF_O, "x|1 x|12 ", NULL},
    {"a column more", O_FROM_A ";", "CREATE STREAM o AS SELECT k, v, w FROM a;", NULL,
     "SELECT k, v FROM o;", "x|1 x|2 ", NULL},
    {"a column less", "CREATE STREAM o AS SELECT k, v, w FROM a;", O_FROM_A ";",
     "sink column: none, was W STRING", ROWS_OF_O, "x|1|null x|2|null ", "x|1 x|1 x|2 "},
    {"columns in another order", "CREATE STREAM o AS SELECT k, v, w FROM a;",
     "CREATE STREAM o AS SELECT k, w, v FROM a;", "order of columns", ROWS_OF_O,
     "x|1|null x|2|null ", "x|null|1 x|null|1 x|null|2 "},
    {"another type", O_FROM_A ";", "CREATE STREAM o AS SELECT k, CAST(v AS BIGINT) AS v FROM a;",
     "V BIGINT, was V INTEGER", ROWS_OF_O, "x|1 x|2 ", "x|1 x|1 x|2 "},
    {"another source", O_FROM_A ";", "CREATE STREAM o AS SELECT k, v FROM b;", "source: STREAM b",
     ROWS_OF_O, "x|1 x|2 ", "x|1 x|9 "},
    {"another format", O_FROM_A ";",
     "CREATE STREAM o WITH (VALUE_FORMAT='DELIMITED') AS SELECT k, v FROM a;", "DELIMITED value",
     ROWS_OF_O, "x|1 x|2 ", NULL},
    {"another key", "CREATE STREAM o AS SELECT * FROM a PARTITION BY v;",
     "CREATE STREAM o AS SELECT * FROM a PARTITION BY w;", "partition by", "SELECT v, k FROM o;",
     "1|x 2|x ", NULL},
    {"the same key, made otherwise",
     "CREATE STREAM o AS SELECT v + 1 AS q, k FROM a PARTITION BY v + 1;",
     "CREATE STREAM o AS SELECT v + 2 AS q, k FROM a PARTITION BY v + 2;", "partition by",
     "SELECT q, k FROM o;", "2|x 3|x ", "2|x 3|x 4|x "},
    {"state where there was none", O_FROM_A ";", T_COUNT "GROUP BY k;", "state", ROWS_OF_O,
     "x|1 x|2 ", NULL},
    {"another function", T_COUNT "GROUP BY k;",
     "CREATE TABLE o AS SELECT k, SUM(v) AS n FROM a GROUP BY k;", "function: SUM", ROWS_OF_O,
     "x|2 ", "x|3 "},
    {"a function more", T_COUNT "GROUP BY k;",
     "CREATE TABLE o AS SELECT k, COUNT(*) AS n, MAX(v) AS m FROM a GROUP BY k;", "function: MAX",
     ROWS_OF_O, "x|2 ", "x|2|2 "},
    {"functions in another order",
     "CREATE TABLE o AS SELECT k, MIN(v) AS n, MAX(v) AS m FROM a GROUP BY k;",
     "CREATE TABLE o AS SELECT k, MAX(v) AS m, MIN(v) AS n FROM a GROUP BY k;", "order", ROWS_OF_O,
     "x|1|2 ", "x|2|1 "},
    {"a filter below a count", T_COUNT "GROUP BY k;", T_COUNT "WHERE v > 5 GROUP BY k;", NULL,
     ROWS_OF_O, "x|1 ", NULL},
    {"a filter above a count", T_COUNT "GROUP BY k;", T_COUNT "GROUP BY k HAVING COUNT(*) > 0;",
     NULL, ROWS_OF_O, "x|2 ", NULL},
    {"windows", T_COUNT "GROUP BY k;", T_COUNT "WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY k;",
     "window: TUMBLING 3600000 ms, was none", ROWS_OF_O, "x|2 ", NULL},
    {"another size of windows", T_COUNT "WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY k;",
     T_COUNT "WINDOW TUMBLING (SIZE 2 HOURS) GROUP BY k;", "7200000 ms, was TUMBLING 3600000",
     "SELECT k, n FROM o;", "x|2 ", "x|2 "},
    {"a joined table's column that was not read before",
     "CREATE STREAM o AS SELECT a.k AS k, v, name FROM a JOIN u ON a.k = u.k;",
     "CREATE STREAM o AS SELECT a.k AS k, v, name, age FROM a JOIN u ON a.k = u.k;", "AGE",
     "SELECT k, v FROM o;", "x|1 x|2 ", "x|1 x|1 x|2 "},
    {"a joined table's name",
     "CREATE STREAM o AS SELECT a.k AS k, v, name FROM a JOIN u ON a.k = u.k;",
     "CREATE STREAM o AS SELECT l.k AS k, v, name FROM a l JOIN u r ON l.k = r.k;", NULL,
     "SELECT k, v FROM o;", "x|1 x|2 ", NULL},
    {"a column of a table", "CREATE TABLE o AS SELECT k, name FROM u;",
     "CREATE TABLE o AS SELECT k, name, age FROM u;", NULL, ROWS_OF_O, "x|n|3 ", NULL},
    {"a filter of a table", "CREATE TABLE o AS SELECT k, name FROM u WHERE age > 100;",
     "CREATE TABLE o AS SELECT k, name FROM u;", NULL, ROWS_OF_O, "x|n ", NULL},
    {"an INSERT's filter", "INSERT INTO i SELECT k, v FROM a;",
     "INSERT INTO i SELECT k, v FROM a WHERE v > 1;", NULL, "SELECT * FROM i;", "x|1 x|2 ", NULL},
    {"an INSERT's source", "INSERT INTO i SELECT k, v FROM a;", "INSERT INTO i SELECT k, v FROM b;",
     "source: STREAM b", "SELECT * FROM i;", "x|1 x|2 ", "x|1 x|9 "},
    {"an INSERT in place of CREATE ... AS", O_FROM_A ";",
     "CREATE STREAM o (k STRING KEY, v INT) WITH (KAFKA_TOPIC='O', VALUE_FORMAT='JSON'); "
     "INSERT INTO o SELECT k, v FROM a;",
     NULL, ROWS_OF_O, "x|1 x|2 ", NULL},
    {"two INSERTs that change places",
     "INSERT INTO i SELECT k, v FROM a; INSERT INTO i SELECT k, v + 100 AS v FROM a;",
     "INSERT INTO i SELECT k, v + 100 AS v FROM a; INSERT INTO i SELECT k, v FROM a;", NULL,
     "SELECT * FROM i;", "x|1 x|101 x|102 x|2 ", NULL},
    {"one of two INSERTs",
     "INSERT INTO i SELECT k, v FROM a; INSERT INTO i SELECT k, v + 100 AS v FROM a;",
     "INSERT INTO i SELECT k, v FROM a; INSERT INTO i SELECT k, v + 200 AS v FROM a;", NULL,
     "SELECT * FROM i;", "x|1 x|101 x|2 x|202 ", NULL},
};

static void begin(const char *sql)
{
    weir *w = open_dir(true, NULL, NULL);
    must_load(w, sql, WEIR_ON_CHANGE_REFUSE);
    RUN(w, "INSERT INTO u (ROWTIME, k, name, age) VALUES (1, 'x', 'n', 3);");
    drain(w);
    RUN(w, "INSERT INTO a (ROWTIME, k, v) VALUES (10, 'x', 1);"
           "INSERT INTO b (ROWTIME, k, v) VALUES (10, 'x', 9);");
    drain(w);
    RUN(w, "INSERT INTO a (ROWTIME, k, v) VALUES (20, 'x', 2);");
    close_it(w); /* the last record is not processed yet: a stepped engine runs when it is asked */
}

static void check_rows_of(const char *sql, weir_on_change policy, const change_case *c,
                          const char *rows)
{
    weir *w = open_dir(true, NULL, NULL);
    must_load(w, sql, policy);
    drain(w);
    ROWS(w, c->select, rows);
    close_it(w);
}

static void check_refused(const change_case *c)
{
    weir *w = open_dir(true, NULL, NULL);
    weir_error err = {0};
    weir_status st = load(w, c->after, WEIR_ON_CHANGE_REFUSE, &err);
    if (st != WEIR_ERR_CONFIG || !strstr(err.message, "means something else") ||
        !strstr(err.message, c->refused))
        fail_msg("%s: %d: %s", c->name, (int)st, err.message);
    assert_int_equal(err.line, 5); /* of the statement, after four of SOURCES */
    assert_non_null(strstr(err.hint, "--on-change restart"));
    assert_non_null(strstr(err.hint, "weir reset "));
    ROWS(w, "SHOW QUERIES;", ""); /* nothing of the file is there */
    ROWS(w, "SHOW STREAMS;", "");
    close_it(w);
}

static void test_refuse(void **state)
{
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        const change_case *c = &cases[i];
        begin(c->before);
        if (c->refused)
            check_refused(c);
        check_rows_of(c->refused ? c->before : c->after, WEIR_ON_CHANGE_REFUSE, c, c->rows);
        (void)teardown(state);
        (void)setup(state);
    }
}

static void test_restart(void **state)
{
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        const change_case *c = &cases[i];
        if (!c->restarted)
            continue;
        begin(c->before);
        check_rows_of(c->after, WEIR_ON_CHANGE_RESTART, c, c->restarted);
        /* From then on it is the statement that the directory knows. */
        check_rows_of(c->after, WEIR_ON_CHANGE_REFUSE, c, c->restarted);
        (void)teardown(state);
        (void)setup(state);
    }
}

/* The file has the new statement, and the old one goes on; also where other statements follow that
 * are not changed. An INSERT has no name by which it could. */
static void test_keep_old(void **state)
{
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        const change_case *c = &cases[i];
        weir_error err = {0};
        if (!c->refused)
            continue;
        begin(c->before);
        if (strncmp(c->after, "INSERT", 6) == 0 || strncmp(c->before, c->after, 8) != 0) {
            weir *w = open_dir(true, NULL, NULL);
            assert_int_equal(load(w, c->after, WEIR_ON_CHANGE_KEEP_OLD, &err), WEIR_ERR_CONFIG);
            assert_non_null(strstr(err.message, "has no name"));
            close_it(w);
        } else {
            check_rows_of(c->after, WEIR_ON_CHANGE_KEEP_OLD, c, c->rows);
            check_refused(c); /* what was kept is the old one */
        }
        (void)teardown(state);
        (void)setup(state);
    }
}

/* One query of three differs: the others do not start either, and lose nothing. */
static void test_all_or_none(void **state)
{
    (void)state;
    static const char before[] = "CREATE STREAM p AS SELECT k, v FROM a;\n"
                                 "CREATE TABLE o AS SELECT k, MIN(v) AS n FROM a GROUP BY k;\n"
                                 "CREATE STREAM q AS SELECT k, v FROM a;";
    static const char after[] =
        "CREATE STREAM p AS SELECT k, v FROM a;\n"
        "CREATE TABLE o AS SELECT k, MAX(v) AS n FROM a GROUP BY k;\n"
        "CREATE STREAM q AS SELECT k, v FROM a;\nCREATE STREAM r AS SELECT k, v FROM a;";
    weir_error err = {0};
    begin(before);
    weir *w = open_dir(true, NULL, NULL);
    assert_int_equal(load(w, after, WEIR_ON_CHANGE_REFUSE, &err), WEIR_ERR_CONFIG);
    assert_int_equal(err.line, 6);
    assert_false(weir_topic_exists(w, "R", NULL));
    drain(w);
    close_it(w);
    w = open_dir(true, NULL, NULL);
    must_load(w, after, WEIR_ON_CHANGE_RESTART);
    drain(w);
    ROWS(w, "SELECT * FROM p;", "x|1 x|2 ");
    ROWS(w, "SELECT * FROM o;", "x|2 ");
    ROWS(w, "SELECT * FROM q;", "x|1 x|2 ");
    ROWS(w, "SELECT * FROM r;", "x|1 x|2 ");
    close_it(w);
}

/* ---- several files ---- */

static void test_files_are_one_program(void **state)
{
    (void)state;
    const char *files[] = {path[0], path[1]};
    weir_error err = {0};
    weir *w = open_dir(true, NULL, NULL);
    write_file(path[0], SOURCES "SET 'ksql.persistence.default.format.value' = 'JSON';\n"
                                "DEFINE low = '1';\n");
    write_file(path[1], "CREATE STREAM o AS SELECT k, v FROM a WHERE v > ${low};\n");
    assert_int_equal(weir_load_files(w, files, 1, WEIR_ON_CHANGE_REFUSE, &err), WEIR_ERR_STATEMENT);
    assert_non_null(strstr(err.message, "the file has no persistent query"));
    if (weir_load_files(w, files, 2, WEIR_ON_CHANGE_REFUSE, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    RUN(w, "INSERT INTO a (k, v) VALUES ('x', 1); INSERT INTO a (k, v) VALUES ('x', 2);");
    drain(w);
    ROWS(w, "SELECT * FROM o;", "x|2 ");
    close_it(w);
    /* An error is one of its own file. */
    w = open_dir(true, NULL, NULL);
    write_file(path[1], "\nCREATE STREAM o AS SELECT k, nope FROM a;\n");
    assert_int_equal(weir_load_files(w, files, 2, WEIR_ON_CHANGE_REFUSE, &err), WEIR_ERR_STATEMENT);
    assert_int_equal(strncmp(err.message, path[1], strlen(path[1])), 0);
    assert_int_equal(err.line, 2);
    assert_int_equal(weir_load_files(w, files, 0, WEIR_ON_CHANGE_REFUSE, &err), WEIR_ERR_MISUSE);
    close_it(w);
}

/* ---- beginning anew ---- */

static void test_reset(void **state)
{
    (void)state;
    weir_error err = {0};
    begin(T_COUNT "GROUP BY k; CREATE STREAM p AS SELECT k, v FROM a;");
    weir *w = open_dir(true, NULL, NULL);
    assert_int_equal(weir_reset_query(w, "CTAS_NONE_0", false, &err), WEIR_ERR_NOT_FOUND);
    assert_non_null(strstr(err.hint, "CTAS_O_0"));
    assert_int_equal(weir_reset_query(w, "ctas_o_0", false, &err), WEIR_OK);
    must_load(w,
              "CREATE TABLE o AS SELECT k, SUM(v) AS n FROM a GROUP BY k; "
              "CREATE STREAM p AS SELECT k, v FROM a;",
              WEIR_ON_CHANGE_REFUSE);
    assert_int_equal(weir_reset_query(w, "CTAS_O_0", false, &err), WEIR_ERR_MISUSE);
    drain(w);
    ROWS(w, "SELECT * FROM o;", "x|3 ");
    ROWS(w, "SELECT * FROM p;", "x|1 x|2 "); /* the other one went on */
    close_it(w);
    w = open_dir(true, NULL, NULL);
    assert_int_equal(weir_reset_query(w, "CSAS_P_0", true, &err), WEIR_OK);
    assert_false(weir_topic_exists(w, "P", NULL));
    assert_int_equal(weir_reset_query(w, NULL, false, &err), WEIR_OK);
    assert_true(weir_topic_exists(w, "O", NULL));
    assert_int_equal(weir_reset_query(w, "CTAS_O_0", false, &err), WEIR_ERR_NOT_FOUND);
    close_it(w);
}

/* ---- a prompt beside a service ---- */

/* What the service makes can be read, and nothing of it runs or can be changed. */
static void test_offered(void **state)
{
    (void)state;
    static const char sql[] = T_COUNT "GROUP BY k; CREATE STREAM p AS SELECT k, v FROM a; "
                                      "INSERT INTO i SELECT k, v FROM a;";
    static const char *const refused[] = {
        "DROP TABLE o;",
        "DROP STREAM a;",
        "TERMINATE CTAS_O_0;",
        "PAUSE CTAS_O_0;",
        "CREATE OR REPLACE STREAM p AS SELECT k, v FROM b;",
        "CREATE STREAM a (k STRING KEY) WITH (KAFKA_TOPIC='z', PARTITIONS=1, VALUE_FORMAT='JSON');",
        "ALTER STREAM a ADD COLUMN z INT;",
    };
    begin(sql);
    weir *w = open_dir(false, NULL, NULL);
    RUN(w, "INSERT INTO a (ROWTIME, k, v) VALUES (30, 'x', 5);");
    drain(w);
    ROWS(w, "SELECT * FROM o;", "x|1 "); /* as the service has left it */
    ROWS(w, "SELECT * FROM p;", "x|1 ");
    for (size_t i = 0; i < WR_ARRAY_LEN(refused); i++)
        REFUSE(w, refused[i], WEIR_ERR_STATEMENT, "belongs to the service of ");
    REFUSE(w, "INSERT INTO p SELECT k, v FROM b;", WEIR_ERR_STATEMENT, "is written by the service");
    REFUSE(w, "INSERT INTO i SELECT k, v FROM b;", WEIR_ERR_STATEMENT, "is written by the service");
    REFUSE(w, "CREATE STREAM z WITH (KAFKA_TOPIC='P') AS SELECT k, v FROM b;", WEIR_ERR_STATEMENT,
           "is written by the service");
    RUN(w, "CREATE STREAM own AS SELECT k, v + 1000 AS v FROM p;");
    drain(w);
    RUN(w, "TERMINATE ALL;"
           "CREATE OR REPLACE STREAM own AS SELECT k, v + 1000 AS v FROM p;");
    drain(w);
    ROWS(w, "SELECT * FROM own;", "x|1001 x|1001 ");
    close_it(w);
    /* The service goes on where it was, and the prompt's query after it. */
    w = open_dir(true, NULL, NULL);
    must_load(w, sql, WEIR_ON_CHANGE_REFUSE);
    drain(w);
    ROWS(w, "SELECT * FROM o;", "x|3 ");
    ROWS(w, "SELECT * FROM p;", "x|1 x|2 x|5 ");
    close_it(w);
    w = open_dir(false, NULL, NULL);
    drain(w);
    ROWS(w, "SELECT * FROM own;", "x|1001 x|1001 x|1002 x|1005 ");
    close_it(w);
}

/* The other way round: statements that were typed first, then a file with the same query. */
static void test_second_query_into_a_sink(void **state)
{
    (void)state;
    weir_error err = {0};
    weir *w = open_dir(false, NULL, NULL);
    RUN(w, SOURCES "CREATE STREAM p AS SELECT k, v FROM a;"
                   "INSERT INTO a (k, v) VALUES ('x', 1);");
    drain(w);
    close_it(w);
    w = open_dir(true, NULL, NULL);
    assert_int_equal(load(w, "CREATE STREAM p AS SELECT k, v FROM a;", WEIR_ON_CHANGE_REFUSE, &err),
                     WEIR_ERR_CONFIG);
    assert_non_null(strstr(err.message, "Topic 'P' is written by query CSAS_P_"));
    assert_int_equal(err.line, 5);
    ROWS(w, "SHOW QUERIES;", "");
    close_it(w);
    w = open_dir(true, "weir.sinks.shared", "true");
    must_load(w, "CREATE STREAM p AS SELECT k, v FROM a;", WEIR_ON_CHANGE_REFUSE);
    drain(w);
    ROWS(w, "SELECT * FROM p;", "x|1 x|1 ");
    close_it(w);
    w = open_dir(false, NULL, NULL); /* the prompt's own names are its own */
    RUN(w, "DROP STREAM p;");
    close_it(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_refuse, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keep_old, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_or_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files_are_one_program, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reset, setup, teardown),
        cmocka_unit_test_setup_teardown(test_offered, setup, teardown),
        cmocka_unit_test_setup_teardown(test_second_query_into_a_sink, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
