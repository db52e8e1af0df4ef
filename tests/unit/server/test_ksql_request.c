/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements of /ksql and of the query endpoints on an engine in memory, by tables: which entity a
 * statement comes to, which code and kind an error has, what of it is said of queries; and that a
 * reason decides, not what a value or a name looks like. Words are held elsewhere.
 */
#include "unit/runtime/api_helper.h"

#include "formats/format.h"
#include "runtime/api/api_internal.h"
#include "server/rest/ksql_request.h"
#include "server/rest/statement_text.h"
#include "types/text.h"

static weir *w;
static wr_query_service *queries;
static wr__ksql_context context;
static wr_arena *arena;

static int setup(void **state)
{
    (void)state;
    w = open_memory();
    RUN(w, "CREATE STREAM s (id INT KEY, v STRING, n INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, "
           "VALUE_FORMAT='JSON');"
           "CREATE TABLE t (id INT PRIMARY KEY, v STRING) WITH (KAFKA_TOPIC='t', PARTITIONS=1, "
           "VALUE_FORMAT='JSON');");
    queries = wr_query_service_new(w->engine, "localhost:8088", "", false);
    context = (wr__ksql_context){.entities = {w->engine, queries, "localhost:8088", NULL},
                                 .commands = wr__commands_new()};
    arena = wr_arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr__commands_free(context.commands);
    wr_query_service_free(queries);
    wr_arena_free(arena);
    close_it(w);
    return 0;
}

/* The answer to @p sql, and its status. */
static const wr_json *answer(const char *sql, int *status)
{
    wr_buf body = {0}, out = {0};
    wr__query_fault fault;
    weir_error err;
    wr_json *j;
    wr_buf_puts(&body, "{\"ksql\":");
    wr_text_put_json_string(&body, wr_str_c(sql));
    wr_buf_putc(&body, '}');
    wr__query_request *r =
        wr__query_request_read(w->engine, WR__ENDPOINT_KSQL, wr_buf_view(&body), &fault);
    assert_non_null(r);
    wr__ksql_caller *caller = wr__ksql_caller_new();
    *status = wr__ksql_execute(&context, r, caller, &out);
    wr__ksql_caller_free(caller);
    wr__query_request_free(r);
    wr_str text = wr_arena_str(arena, wr_buf_view(&out));
    if (wr_json_parse(text, false, arena, &j, &err) != WEIR_OK)
        fail_msg("%s: %s", err.message, wr_buf_cstr(&out));
    wr_buf_free(&body);
    wr_buf_free(&out);
    return j;
}

static const char *text_of(const wr_json *object, const char *name)
{
    const wr_json *j = wr_json_get(object, name);
    if (!j)
        return "";
    wr_str s = j->kind == WR_JSON_STRING ? j->text : j->raw;
    return wr_arena_strndup(arena, s.ptr, s.len);
}

/* ---- entities ---- */

static void test_entities(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *type, *member; /* of the last entity */
    } cases[] = {
        {"SHOW TOPICS;", "kafka_topics", "topics"},
        {"SHOW ALL TOPICS EXTENDED;", "kafka_topics_extended", "topics"},
        {"LIST STREAMS;", "streams", "streams"},
        {"LIST TABLES;", "tables", "tables"},
        {"SHOW QUERIES;", "queries", "queries"},
        {"SHOW PROPERTIES;", "properties", "properties"},
        {"LIST FUNCTIONS;", "function_names", "functions"},
        {"LIST TYPES;", "type_list", "types"},
        {"SHOW VARIABLES;", "variables", "variables"},
        {"DESCRIBE s;", "sourceDescription", "sourceDescription"},
        {"DESCRIBE FUNCTION substring;", "describe_function", "functions"},
        {"EXPLAIN SELECT * FROM s EMIT CHANGES;", "queryDescription", "queryDescription"},
        {"ASSERT TOPIC s;", "assert_topic", "exists"},
        {"CREATE TYPE p AS STRUCT<a INT>;", "currentStatus", "commandId"},
        {"DROP TYPE p;", "currentStatus", "commandStatus"},
        {"CREATE STREAM IF NOT EXISTS s (a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');",
         "warning_entity", "message"},
        {"DEFINE x='1'; UNDEFINE x; UNDEFINE x;", "warning_entity", "message"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        int status;
        const wr_json *j = answer(cases[i].sql, &status);
        print_message("%s\n", cases[i].sql);
        assert_int_equal(status, 200);
        assert_int_equal(j->kind, WR_JSON_ARRAY);
        assert_true(j->n > 0);
        const wr_json *last = &j->items[j->n - 1];
        assert_string_equal(text_of(last, "@type"), cases[i].type);
        assert_non_null(wr_json_get(last, cases[i].member));
        assert_non_null(wr_json_get(last, "warnings"));
        assert_true(text_of(last, "statementText")[0] != '\0');
    }
    int status;
    assert_int_equal(answer("SET 'auto.offset.reset'='earliest';", &status)->n, 0);
    assert_int_equal(status, 200);
    assert_int_equal(answer("", &status)->n, 0);
    assert_int_equal(status, 200);
}

/* ---- errors ---- */

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        int status, code;
        const char *type, *part; /* of the message */
    } cases[] = {
        {"SELECT * FROM s EMIT CHANGES;", 400, 40002, "statement_error", "'/query'"},
        {"PRINT s;", 400, 40002, "statement_error", "PRINT"},
        {"SELECT * FROM nope;", 400, 40001, "statement_error", "preparing statement: NOPE does"},
        {"CREATE STREAM a AS SELECT * FROM nope;", 400, 40001, "statement_error", "preparing"},
        {"CREATE STREAM", 400, 40001, "statement_error", ""},
        {"CREATE STREAM a AS SELECT zz FROM s;", 400, 40001, "statement_error", "Line: 1, Col: 27"},
        {"CREATE STREAM a (x NOTYPE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');", 400, 40001,
         "statement_error", "Failed to prepare statement: "},
        {"CREATE STREAM a (x INT) WITH (VALUE_FORMAT='JSON');", 400, 40001, "statement_error",
         "Failed to prepare statement: "},
        {"CREATE STREAM a (x INT, x INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');", 400, 40001,
         "statement_error", "Failed to prepare statement: "},
        {"CREATE STREAM a WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');", 400, 40001,
         "statement_error", "No columns supplied."},
        {"CREATE STREAM a (x INT) WITH (KAFKA_TOPIC='none', VALUE_FORMAT='JSON');", 400, 40000,
         "generic_error", "PARTITIONS"},
        {"CREATE TABLE a (x INT KEY) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');", 400, 40001,
         "statement_error", "Line: 1, Col: 17"},
        {"CREATE TABLE a AS SELECT * FROM s;", 400, 40001, "statement_error", "Statement: "},
        {"CREATE STREAM a AS SELECT * FROM s LIMIT 1;", 400, 40001, "statement_error",
         "Failed to prepare statement: "},
        {"INSERT INTO nope VALUES (1);", 400, 40000, "generic_error", "unknown stream/table"},
        {"INSERT INTO s (id) VALUES (1, 2);", 400, 40001, "statement_error", "match: 1, 2"},
        {"INSERT INTO s (id, n) VALUES (1, id);", 400, 40001, "statement_error",
         "Unsupported column reference in insert value: ID"},
        {"DESCRIBE FUNCTION nope;", 400, 40000, "generic_error", "'NOPE'"},
        {"ASSERT TOPIC none TIMEOUT 1 MILLISECONDS;", 417, 41700, "generic_error", "none"},
        {"ASSERT SCHEMA SUBJECT 'x' TIMEOUT 1 MILLISECONDS;", 417, 41700, "generic_error", "x"},
        {"SET 'no.such'='1';", 400, 40001, "statement_error", "Unknown property: no.such"},
        {"TERMINATE transient_S_1;", 400, 40000, "generic_error", "TRANSIENT_S_1"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        int status;
        const wr_json *j = answer(cases[i].sql, &status);
        print_message("%s\n    %s\n", cases[i].sql, text_of(j, "message"));
        assert_int_equal(status, cases[i].status);
        assert_int_equal(atoi(text_of(j, "error_code")), cases[i].code);
        assert_string_equal(text_of(j, "@type"), cases[i].type);
        assert_non_null(strstr(text_of(j, "message"), cases[i].part));
        bool of_statement = strcmp(cases[i].type, "statement_error") == 0;
        assert_true(of_statement == (wr_json_get(j, "entities") != NULL));
    }
}

/* Values and names that hold the words of other mistakes change nothing. */
static void test_words_decide_nothing(void **state)
{
    (void)state;
    static const char *const values[] = {
        "a into b",
        "schema registry",
        "cannot be resolved",
        "does not exist.",
        "Missing WHERE clause.",
        "Duplicate column names",
        "KEY' column: please use",
        "If you want to create a new topic for the ",
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(values); i++) {
        int status;
        char *quoted = wr_arena_strdup(arena, values[i]);
        for (char *c = quoted; *c; c++)
            *c = *c == '\'' ? '`' : *c;
        const char *sql = wr_arena_printf(arena, "INSERT INTO s (id, n) VALUES (1, '%s');", quoted);
        const wr_json *j = answer(sql, &status);
        assert_int_equal(status, 400);
        assert_int_equal(atoi(text_of(j, "error_code")), 40001);
        const char *message = text_of(j, "message");
        static const char begins[] = "Failed to insert values into 'S'. ";
        assert_memory_equal(message, begins, sizeof begins - 1);
        assert_non_null(strstr(message, quoted));
        /* Values may be secrets. */
        assert_null(strstr(text_of(j, "statementText"), quoted));
    }
}

/* Nothing is executed where one of several is refused by the check; an error at execution has the
 * entities of those before it. */
static void test_together(void **state)
{
    (void)state;
    int status;
    const wr_json *j = answer("CREATE STREAM early AS SELECT * FROM s; SELECT 1;", &status);
    assert_int_equal(status, 400);
    j = answer("DESCRIBE early;", &status);
    assert_int_equal(status, 400);
    j = answer("CREATE TYPE before AS INT; ASSERT TOPIC none TIMEOUT 1 MILLISECONDS;", &status);
    assert_int_equal(status, 417);
    j = answer("DROP TYPE before;", &status);
    assert_int_equal(status, 200);
    assert_int_equal(j->n, 1);
}

static void test_read_only(void **state)
{
    (void)state;
    int status;
    context.read_only = true;
    const wr_json *j = answer("CREATE TYPE p AS INT;", &status);
    assert_int_equal(status, 403);
    assert_int_equal(atoi(text_of(j, "error_code")), 40300);
    (void)answer("SHOW TOPICS; SET 'auto.offset.reset'='earliest';", &status);
    assert_int_equal(status, 200);
    context.read_only = false;
}

static void test_may_change(void **state)
{
    (void)state;
    static const char *const yes[] = {"create stream",  "DROP TABLE x;",
                                      "Terminate all;", "SHOW TOPICS; ALTER STREAM s;",
                                      "pause q;",       "resume q;"};
    static const char *const no[] = {"SHOW TOPICS;", "DESCRIBE s;", "SET 'a'='b';", ""};
    for (size_t i = 0; i < WR_ARRAY_LEN(yes); i++)
        assert_true(wr__ksql_may_change(yes[i]));
    for (size_t i = 0; i < WR_ARRAY_LEN(no); i++)
        assert_false(wr__ksql_may_change(no[i]));
}

/* ---- the query endpoints ---- */

static wr__query_fault query_fault(wr__query_endpoint endpoint, const char *sql)
{
    wr__query_fault fault = {0};
    bool stream = endpoint == WR__ENDPOINT_QUERY_STREAM;
    wr_buf body = {0};
    wr_buf_printf(&body, "{\"%s\":", stream ? "sql" : "ksql");
    wr_text_put_json_string(&body, wr_str_c(sql));
    wr_buf_putc(&body, '}');
    wr__query_request *r = wr__query_request_read(w->engine, endpoint, wr_buf_view(&body), &fault);
    assert_non_null(r);
    wr_exec *x = wr__query_statement(w->engine, endpoint, r, &fault);
    if (x) {
        weir_error err;
        weir_status st = wr_exec_describe(x, &err);
        assert_int_not_equal(st, WEIR_OK);
        wr__query_fault_of(&fault, endpoint, sql, st, &err);
    }
    wr_exec_free(x);
    wr__query_request_free(r);
    wr_buf_free(&body);
    return fault;
}

static void test_query_faults(void **state)
{
    (void)state;
    static const struct {
        wr__query_endpoint endpoint;
        const char *sql;
        int code;
        bool typed;
        const char *part, *blamed;
    } cases[] = {
        {WR__ENDPOINT_QUERY, "SELECT * FROM nope;", 40001, true, "preparing statement: NOPE", ""},
        {WR__ENDPOINT_QUERY_STREAM, "SELECT * FROM nope;", 40001, false, "preparing", ""},
        {WR__ENDPOINT_QUERY, "SELECT zz FROM s EMIT CHANGES;", 40001, false, "Line: 1, Col: 8", ""},
        {WR__ENDPOINT_QUERY, "SELECT id + true FROM s EMIT CHANGES;", 40001, false,
         "\nStatement: (", "(ID + true)"},
        {WR__ENDPOINT_QUERY, "SELECT 1; SELECT 2;", 40001, true, "found 2 instead", ""},
        {WR__ENDPOINT_QUERY_STREAM, "SHOW TOPICS;", 40001, false, "Neither a query", ""},
        {WR__ENDPOINT_WEBSOCKET, "SHOW TOPICS;", 40000, true, "send it to /ksql", ""},
        {WR__ENDPOINT_QUERY, "SELEKT;", 40001, true, "", ""},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr__query_fault f = query_fault(cases[i].endpoint, cases[i].sql);
        print_message("%s\n    %s\n", cases[i].sql, f.message);
        assert_int_equal(f.code, cases[i].code);
        assert_int_equal(f.typed, cases[i].typed);
        assert_non_null(strstr(f.message, cases[i].part));
        assert_string_equal(f.blamed, cases[i].blamed);
    }
}

/* ---- statements said back ---- */

static void test_statement_text(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *text;
    } cases[] = {
        {"CREATE STREAM z (id INT KEY, v STRING) WITH (VALUE_FORMAT='JSON', KAFKA_TOPIC='s')",
         "CREATE STREAM Z (ID INTEGER KEY, V STRING) WITH (CLEANUP_POLICY='delete', "
         "KAFKA_TOPIC='s', KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON');"},
        {"SHOW TOPICS", "SHOW TOPICS;"},
        {"DROP STREAM z", "DROP STREAM z;"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_buf out = {0};
        wr_engine_lock(w->engine);
        wr__statement_text(w->engine, cases[i].sql, &out);
        wr_engine_unlock(w->engine);
        assert_string_equal(wr_buf_cstr(&out), cases[i].text);
        wr_buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entities),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_words_decide_nothing),
        cmocka_unit_test(test_together),
        cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_may_change),
        cmocka_unit_test(test_query_faults),
        cmocka_unit_test(test_statement_text),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
