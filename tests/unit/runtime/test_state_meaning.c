/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State belongs to what it means, not to the name that it is kept under. A service numbers nothing,
 * so a statement that was changed finds the state that the old one left: it goes on with it where
 * both mean the same, and is refused where they do not. A refusal changes nothing: the old
 * statement goes on where it was.
 */
#include "api_helper.h"

typedef struct meaning_case {
    const char *name, *before, *after;
    const char *refused; /* part of the message; NULL: it goes on */
    const char *rows;    /* of the one that goes on, after one more record for k1 */
} meaning_case;

#define AS "CREATE TABLE x WITH (KAFKA_TOPIC='x', PARTITIONS=1) AS SELECT "

static const meaning_case cases[] = {
    {"the same", AS "k, COUNT(*) AS n FROM a GROUP BY k;", AS "k, COUNT(*) AS n FROM a GROUP BY k;",
     NULL, "k1|3 k2|1 "},
    {"spelled otherwise", AS "k, COUNT(*) AS n FROM a GROUP BY k;",
     "create table X with (kafka_topic = 'x', partitions = 1) as select K, count(*) as N from A "
     "group by K emit changes;",
     NULL, "k1|3 k2|1 "},
    {"another aggregate", AS "k, COUNT(*) AS n FROM a GROUP BY k;",
     AS "k, SUM(v) AS n FROM a GROUP BY k;", "COUNT", "k1|3 k2|1 "},
    {"one aggregate more", AS "k, COUNT(*) AS n FROM a GROUP BY k;",
     AS "k, COUNT(*) AS n, MAX(v) AS m FROM a GROUP BY k;", "MAX", "k1|3 k2|1 "},
    {"another argument", AS "k, SUM(v) AS n FROM a GROUP BY k;",
     AS "k, SUM(v + 1) AS n FROM a GROUP BY k;", "means something else", "k1|18 k2|1 "},
    {"another key", AS "k, COUNT(*) AS n FROM a GROUP BY k;",
     AS "v AS k, COUNT(*) AS n FROM a GROUP BY v;", "means something else", "k1|3 k2|1 "},
    {"another size of windows",
     AS "k, COUNT(*) AS n FROM a WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY k;",
     AS "k, COUNT(*) AS n FROM a WINDOW TUMBLING (SIZE 2 SECONDS) GROUP BY k;", "window",
     "k1|3 k2|1 "},
    {"windows where there were none", AS "k, COUNT(*) AS n FROM a GROUP BY k;",
     AS "k, COUNT(*) AS n FROM a WINDOW TUMBLING (SIZE 2 SECONDS) GROUP BY k;", "window",
     "k1|3 k2|1 "},
};

static weir *open_service(const char *dir)
{
    static const char *const settings[] = {"auto.offset.reset", "earliest", NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w;
    weir_error err;
    o.log = WEIR_LOG_LOCAL;
    o.data_dir = dir;
    o.stepped = true;
    o.ephemeral_catalog = true;
    o.settings = settings;
    if (weir_open(&o, &w, &err) != WEIR_OK)
        fail_msg("open: %s", err.message);
    RUN(w, "CREATE STREAM a (k VARCHAR KEY, v BIGINT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', "
           "PARTITIONS=1);");
    return w;
}

static void check_refused(const meaning_case *c, const char *dir)
{
    weir *w = open_service(dir);
    weir_error err = {0};
    weir_status st = weir_exec(w, c->after, &err);
    if (st != WEIR_ERR_CONFIG || !strstr(err.message, "means something else") ||
        !strstr(err.message, c->refused))
        fail_msg("%s: %d: %s", c->name, (int)st, err.message);
    assert_non_null(strstr(err.hint, "weir reset CTAS_X_0"));
    ROWS(w, "SHOW QUERIES;", ""); /* nothing of the statement is there */
    ROWS(w, "SHOW TABLES;", "");
    close_it(w);
}

/* Made again as it was, it has gone on counting from where it was. */
static void check_goes_on(const char *dir, const char *sql, const char *rows)
{
    weir *w = open_service(dir);
    RUN(w, sql);
    RUN(w, "INSERT INTO a (ROWTIME, k, v) VALUES (300, 'k1', 7);");
    drain(w);
    ROWS(w, "SELECT k, n FROM x;", rows);
    close_it(w);
}

static void run_case(const meaning_case *c)
{
    char dir[256];
    make_dir(dir, sizeof dir);
    weir *w = open_service(dir);
    RUN(w, c->before);
    RUN(w, "INSERT INTO a (ROWTIME, k, v) VALUES (100, 'k1', 5);"
           "INSERT INTO a (ROWTIME, k, v) VALUES (200, 'k1', 6);"
           "INSERT INTO a (ROWTIME, k, v) VALUES (200, 'k2', 1);");
    drain(w);
    close_it(w);
    if (c->refused)
        check_refused(c, dir);
    check_goes_on(dir, c->refused ? c->before : c->after, c->rows);
    remove_dir(dir);
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++)
        run_case(&cases[i]);
}

/* What the hint says: after a DROP the new statement begins with nothing. */
static void test_drop_begins_anew(void **state)
{
    (void)state;
    char dir[256];
    make_dir(dir, sizeof dir);
    weir *w = open_service(dir);
    RUN(w, AS "k, COUNT(*) AS n FROM a GROUP BY k;");
    RUN(w, "INSERT INTO a (ROWTIME, k, v) VALUES (100, 'k1', 5);");
    drain(w);
    RUN(w, "DROP TABLE x DELETE TOPIC;");
    RUN(w, AS "k, SUM(v) AS n FROM a GROUP BY k;");
    drain(w);
    ROWS(w, "SELECT k, n FROM x;", "k1|5 ");
    close_it(w);
    remove_dir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_drop_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
