/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `weir test`: its forms, what it prints, its exit status. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "runtime/testing/testing_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/weir-case-XXXXXX";
static char *text;
static size_t text_len;

static void put(const char *name, const char *content)
{
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    fputs(content, f);
    fclose(f);
}

/* Arguments up to NULL. */
static int command(const char *first, ...)
{
    char *argv[16];
    int argc = 0;
    va_list ap;
    va_start(ap, first);
    for (const char *a = first; a; a = va_arg(ap, const char *))
        argv[argc++] = (char *)(uintptr_t)a;
    va_end(ap);
    free(text);
    FILE *out = open_memstream(&text, &text_len);
    int status = weir_test_main(argc, argv, out);
    fclose(out);
    return status;
}

#define SOURCE "CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');\n"

static void test_sql_files(void **state)
{
    (void)state;
    put("good.sql",
        "--@test: one\n" SOURCE "INSERT INTO s (id, v) VALUES (1, 2);\n"
        "ASSERT VALUES s (id, v) VALUES (1, 2);\n"
        "--@test: two\n--@expected.error: X\n--@expected.message: already exists\n" SOURCE SOURCE);
    put("bad.sql", "--@test: one\n" SOURCE "INSERT INTO s (id, v) VALUES (1, 2);\n"
                   "ASSERT VALUES s (id, v) VALUES (1, 3);\n");
    put("other.sql", "--@test: one\n--@expected.message: something else\n" SOURCE SOURCE);
    put("lucky.sql", "--@test: one\n--@expected.error: X\n" SOURCE);
    put("empty.sql", "-- nothing\n");
    assert_int_equal(command("good.sql", NULL), 0);
    assert_string_equal(text, "good.sql: one: Test passed!\ngood.sql: two: Test passed!\n");
    assert_int_equal(command("--batch-rows", "1", "good.sql", NULL), 0);
    assert_int_equal(command("good.sql", "bad.sql", NULL), 1);
    assert_non_null(strstr(text, "bad.sql: one: Test failed: Expected record does not match"));
    assert_int_equal(command("other.sql", NULL), 1);
    assert_int_equal(command("lucky.sql", NULL), 1);
    assert_int_equal(command("empty.sql", NULL), 1);
    assert_int_equal(command("absent.sql", NULL), 1);
}

/* What a failure says: line and statement of the file, the message, what ASSERT has looked at. */
static void test_failures(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *shown; /* shown: the whole output; ROWTIME is given in the INSERTs */
    } cases[] = {
        {SOURCE "INSERT INTO s (id, v, ROWTIME) VALUES (1, 2, 5);\n\n"
                "ASSERT VALUES s (id,\n   v) VALUES (1, 3);\n",
         "f.sql: Test failed: Expected record does not match actual. Expected: ID 1, V 3. "
         "Actual: ID 1, V 2, ROWTIME 5\n"
         "    f.sql:4: ASSERT VALUES s (id, v) VALUES (1, 3);\n"
         "    Hint: ASSERT VALUES takes each update in turn (here record 1 of S); "
         "ASSERT LAST VALUES takes the last record of a key\n"},
        {SOURCE "ASSERT VALUES s (id) VALUES (1);\n",
         "f.sql: Test failed: Expected another record, but found none in S\n"
         "    f.sql:2: ASSERT VALUES s (id) VALUES (1);\n"
         "    Hint: Nothing has been written to topic s yet\n"},
        {SOURCE "INSERT INTO s (id, v) VALUES (1, 2);\nASSERT VALUES s (id) VALUES (1);\n"
                "ASSERT VALUES s (id) VALUES (1);\n",
         "f.sql: Test failed: Expected another record, but found none in S\n"
         "    f.sql:4: ASSERT VALUES s (id) VALUES (1);\n"
         "    Hint: ASSERT VALUES before this one have taken all 1 of S\n"},
        {"-- first\n--@test: a\n" SOURCE "CREATE STREAM o AS SELECT id,\n nope\nFROM s;\n",
         "f.sql: a: Test failed: SELECT column 'NOPE' cannot be resolved.\n"
         "    f.sql:5: CREATE STREAM o AS SELECT id, nope FROM s;\n"},
        {"--@test: a\n--@expected.error: X\n" SOURCE,
         "f.sql: a: Test failed: Expected an error\n    f.sql:1: a\n"},
        {"SHOW STREAMS;\n--@test: a\nSHOW STREAMS;\n",
         "f.sql: Test failed: The statements before the first line `--@test: name` are in no "
         "test\n    f.sql:1: SHOW STREAMS;\n"},
        {"SHOW STREAMS;\n\nEXPLAIN\n;", "f.sql: Test failed: Syntax Error\nExpecting a statement "
                                        "but found '<EOF>'\n    f.sql:3: EXPLAIN;\n"},
        {"SHOW STREAMS", "f.sql: Test failed: Missing ';' after the last statement\n"
                         "    f.sql:1: SHOW STREAMS\n"},
        {"-- nothing\n", "f.sql: Test failed: There is no statement in the file\n"},
        {"\nRUN SCRIPT 'inner.sql';",
         "f.sql: Test failed: Could not find STREAM/TABLE 'ABSENT' in the Metastore\n"
         "    inner.sql:3: DESCRIBE absent;\n"},
    };
    put("inner.sql", "SHOW STREAMS;\n\nDESCRIBE absent;\n");
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        put("f.sql", cases[i].sql);
        assert_int_equal(command("f.sql", NULL), 1);
        assert_string_equal(text, cases[i].shown);
    }
}

/* A statement is cut between characters, and told on one line. */
static void test_long_statement(void **state)
{
    (void)state;
    wr_buf sql = {0};
    wr_buf_puts(&sql, "DESCRIBE\n\t`");
    for (int i = 0; i < 100; i++)
        wr_buf_puts(&sql, "\xc3\xa4");
    wr_buf_puts(&sql, "`;");
    put("f.sql", wr_buf_cstr(&sql));
    assert_int_equal(command("f.sql", NULL), 1);
    const char *place = strstr(text, ": DESCRIBE `\xc3\xa4");
    assert_non_null(place);
    const char *end = strchr(place, '\n');
    assert_memory_equal(end - 3, "...", 3);
    assert_memory_equal(end - 5, "\xc3\xa4", 2);
    wr_buf_free(&sql);
}

#define TABLE SOURCE "CREATE TABLE t AS SELECT id, SUM(v) AS n FROM s GROUP BY id;\n"
#define ROWS                                                                                       \
    "INSERT INTO s VALUES (1, 2);\nINSERT INTO s VALUES (2, 7);\nINSERT INTO s VALUES (1, 3);\n"

/* ASSERT LAST looks at one key and takes nothing away from ASSERT VALUES. */
static void test_assert_last(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        int status;
    } cases[] = {
        {TABLE ROWS "ASSERT LAST VALUES t (id, n) VALUES (1, 5);", 0},
        {TABLE ROWS "ASSERT LAST VALUES t (id, n) VALUES (1, 2);", 1},
        {TABLE ROWS "ASSERT LAST VALUES t (id, n) VALUES (2, 7);", 0},
        {TABLE ROWS "ASSERT LAST VALUES t (id, n) VALUES (3, 7);", 1},
        {TABLE ROWS "ASSERT LAST VALUES t (n) VALUES (5);", 0}, /* no key: the last of all */
        {TABLE ROWS "ASSERT LAST VALUES t (n) VALUES (7);", 1},
        {TABLE ROWS "ASSERT LAST VALUES t (id, n) VALUES (1, 5);"
                    "ASSERT VALUES t (id, n) VALUES (1, 2);"
                    "ASSERT VALUES t (id, n) VALUES (2, 7);"
                    "ASSERT VALUES t (id, n) VALUES (1, 5);"
                    "ASSERT LAST VALUES t (id, n) VALUES (2, 7);",
         0},
        {TABLE ROWS "ASSERT LAST NULL VALUES t (id) KEY (1);", 1},
        {SOURCE
         "CREATE TABLE t AS SELECT id, SUM(v) AS n FROM s GROUP BY id HAVING SUM(v) < 5;" ROWS
         "ASSERT LAST NULL VALUES t (id) KEY (1);"
         "ASSERT LAST VALUES t (id, n) VALUES (2, 7);",
         1}, /* 7 was never in it */
        {SOURCE
         "CREATE TABLE t AS SELECT id, SUM(v) AS n FROM s GROUP BY id HAVING SUM(v) < 5;" ROWS
         "ASSERT LAST NULL VALUES t (id) KEY (1);",
         0},
        {SOURCE
         "CREATE TABLE w AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS)"
         " GROUP BY id;"
         "INSERT INTO s (ROWTIME, id, v) VALUES (1000, 1, 1);"
         "INSERT INTO s (ROWTIME, id, v) VALUES (2000, 1, 1);"
         "INSERT INTO s (ROWTIME, id, v) VALUES (11000, 1, 1);"
         "ASSERT LAST VALUES w (id, WINDOWSTART, n) VALUES (1, 0, 2);"
         "ASSERT LAST VALUES w (id, WINDOWEND, n) VALUES (1, 20000, 1);"
         "ASSERT LAST VALUES w (id, n) VALUES (1, 1);",
         0},
        {"ASSERT LAST STREAM s;", 1},
        {"ASSERT LAST VALUES nowhere (a) VALUES (1);", 1},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        put("f.sql", cases[i].sql);
        if (command("f.sql", NULL) != cases[i].status)
            fail_msg("%s\n%s", cases[i].sql, text);
    }
}

/* A folder of schemas: their subjects are the files' names, their ids go by them. */
static void test_schema_registry(void **state)
{
    (void)state;
    mkdir("schemas", 0700);
    put("schemas/t-value.avsc", "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                                "{\"name\":\"a\",\"type\":\"int\"},"
                                "{\"name\":\"b\",\"type\":[\"null\",\"string\"]}]}");
    put("schemas/t-key.avsc", "\"string\"");
    put("schemas/notes.txt", "no schema");
    put("given.sql", "--@test: one\nCREATE STREAM i WITH (kafka_topic='t', format='AVRO');\n"
                     "ASSERT SCHEMA SUBJECT 't-key' ID 1;\nASSERT SCHEMA SUBJECT 't-value' ID 2;\n"
                     "ASSERT NOT EXISTS SCHEMA ID 3 TIMEOUT 0 SECONDS;\n"
                     "INSERT INTO i (rowkey, a) VALUES ('k', 7);\n"
                     "ASSERT VALUES i (rowkey, a, b) VALUES ('k', 7, NULL);\n"
                     "--@test: two\n--@expected.error: X\n--@expected.message: cannot be written\n"
                     "CREATE STREAM i WITH (kafka_topic='t', format='AVRO');\n"
                     "INSERT INTO i (rowkey, b) VALUES ('k', 'x');\n");
    assert_int_equal(command("--schema-registry", "schemas", "given.sql", NULL), 0);
    assert_int_equal(command("given.sql", NULL), 1);
    assert_int_equal(command("--schema-registry", "absent", "given.sql", NULL), 1);
    assert_non_null(strstr(text, "Cannot read the schemas of absent"));
    assert_int_equal(command("given.sql", "--schema-registry", NULL), 2);
}

static void test_directories(void **state)
{
    (void)state;
    mkdir("tests", 0700);
    mkdir("tests/below", 0700);
    mkdir("nothing", 0700);
    put("tests/b.sql", "--@test: b\n" SOURCE);
    put("tests/below/a.sql", "--@test: a\n" SOURCE);
    put("tests/notes.txt", "no test");
    assert_int_equal(command("-td", "tests", "-tf", "temp", NULL), 0);
    assert_string_equal(text, "tests/b.sql: b: Test passed!\ntests/below/a.sql: a: Test passed!\n");
    assert_int_equal(command("--test-directory", "nothing", NULL), 1);
    assert_int_equal(command("--test-directory", "absent", NULL), 1);
    put("tests/below/a.sql", "--@test: a\nnonsense;");
    assert_int_equal(command("--test-directory", "tests", NULL), 1);
}

static void test_three_files(void **state)
{
    (void)state;
    put("s.sql", SOURCE "CREATE STREAM o AS SELECT id, v + 1 AS v FROM s;");
    put("i.json", "{\"inputs\": [ // one\n{\"topic\": \"s\", \"key\": 1, \"value\": {\"V\": 1}}]}");
    put("o.json", "{\"outputs\": [{\"topic\": \"O\", \"key\": 1, \"value\": {\"V\": 2}}]}");
    assert_int_equal(command("-s", "s.sql", "-i", "i.json", "-o", "o.json", NULL), 0);
    assert_string_equal(text, "Test passed!\n");
    put("o2.json", "{\"outputs\": [{\"topic\": \"O\", \"key\": 1, \"value\": {\"V\": 2}}, "
                   "{\"topic\": \"O\", \"key\": 1, \"value\": {\"V\": 2}}]}");
    assert_int_equal(command("-s", "s.sql", "-i", "i.json", "-o", "o2.json", NULL), 1);
    assert_string_equal(text, "Test failed: topic O: 1 records, expected 2\n");
    put("none.json", "{\"outputs\": []}");
    assert_int_equal(command("-s", "s.sql", "-i", "i.json", "-o", "none.json", NULL), 1);
    assert_int_equal(command("-s", "s.sql", "-i", "none.json", "-o", "o.json", NULL), 1);
    assert_int_equal(command("-s", "s.sql", "-o", "o.json", NULL), 1); /* nothing came */
}

static void test_cases(void **state)
{
    (void)state;
    put("cases", "{\"id\": 1, \"statements\": [\""
                 "CREATE TYPE t AS INT;"
                 "\"]}\n"
                 "{\"id\": 2, \"statements\": [\""
                 "CREATE TYPE t AS INT;"
                 "\", \"x\"]}\n");
    assert_int_equal(command("--cases", "cases", NULL), 0);
    assert_non_null(strstr(text, "{\"id\":1,\"error\":null"));
    assert_non_null(strstr(text, "\n{\"id\":2,\"error\":{\"statement\":2,"));
    put("case", "{\"id\": 3,\n \"statements\": []}\n");
    assert_int_equal(command("--case", "case", NULL), 0);
    put("broken", "{\"id\": 3");
    assert_int_equal(command("--case", "broken", NULL), 2);
    assert_int_equal(command("--cases", "absent", NULL), 2);
}

static void test_usage(void **state)
{
    (void)state;
    assert_int_equal(command(NULL), 2);
    assert_int_equal(command("--nonsense", NULL), 2);
    assert_int_equal(command("--case", NULL), 2);
    assert_int_equal(command("-s", "s.sql", NULL), 2);
    assert_int_equal(command("--batch-rows", "0", "good.sql", NULL), 2);
    assert_int_equal(command("--batch-rows=x", "good.sql", NULL), 2);
    assert_int_equal(command("good.sql", "--case", "case", NULL), 2);
    assert_int_equal(command("--help", NULL), 0);
    assert_non_null(strstr(text, "usage: weir test"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sql_files),      cmocka_unit_test(test_schema_registry),
        cmocka_unit_test(test_directories),    cmocka_unit_test(test_three_files),
        cmocka_unit_test(test_cases),          cmocka_unit_test(test_usage),
        cmocka_unit_test(test_failures),       cmocka_unit_test(test_assert_last),
        cmocka_unit_test(test_long_statement),
    };
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(text);
    if (chdir("/") != 0)
        return 1;
    char remove[64];
    snprintf(remove, sizeof remove, "rm -r %s", folder);
    return system(remove) != 0 || failed; /* NOLINT(cert-env33-c): its own folder */
}
