/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of requests for queries, by tables: what a request is read as, what is said of one that is
 * wrong, names that come twice, and what another server of the service adds.
 */
#include "unit/runtime/api_helper.h"

#include "runtime/api/api_internal.h"
#include "server/query/query_request.h"

#define BODY(members)       "{\"ksql\":\"SELECT 1\"," members "}"
#define OF_REQUEST(members) BODY("\"requestProperties\":{" members "}")
#define PARTITIONS          "\"request.ksql.query.pull.partition\":"

static weir *w;

static int setup(void **state)
{
    (void)state;
    w = open_memory();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close_it(w);
    return 0;
}

/* NULL: refused, and the message has @p part. */
static wr__query_request *body_of(wr__query_endpoint endpoint, const char *body, const char *part,
                                  int code)
{
    wr__query_fault fault = {0};
    wr__query_request *r = wr__query_request_read(w->engine, endpoint, wr_str_c(body), &fault);
    if (!r != (part != NULL))
        fail_msg("%s: %s", body, r ? "it was taken" : fault.message);
    if (!r && !strstr(fault.message, part))
        fail_msg("%s: '%s' is not in: %s", body, part, fault.message);
    if (!r)
        assert_int_equal(fault.code, code);
    return r;
}

static wr__query_request *taken(const char *body)
{
    return body_of(WR__ENDPOINT_QUERY, body, NULL, 0);
}

static void test_statements(void **state)
{
    (void)state;
    static const struct {
        wr__query_endpoint endpoint;
        const char *body, *sql;
    } cases[] = {
        {WR__ENDPOINT_QUERY, "{\"ksql\":\"a\"}", "a"},
        {WR__ENDPOINT_QUERY_STREAM, "{\"sql\":\"a\"}", "a"},
        {WR__ENDPOINT_WEBSOCKET, "{\"ksql\":\"a\"}", "a"},
        {WR__ENDPOINT_KSQL, "{\"ksql\":\"a\"}", "a"},
        {WR__ENDPOINT_KSQL, "{}", ""},
        {WR__ENDPOINT_KSQL, "null", ""},
        {WR__ENDPOINT_QUERY, "{\"ksql\":\"a\",\"other\":[{}]}", "a"},
        {WR__ENDPOINT_QUERY, "{\"ksql\":17}", "17"},
        {WR__ENDPOINT_QUERY, "{\"ksql\":\"\\u0061\\n\"}", "a\n"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr__query_request *r = body_of(cases[i].endpoint, cases[i].body, NULL, 0);
        assert_string_equal(r->sql, cases[i].sql);
        assert_int_equal(r->sequence, -1);
        assert_string_equal(r->settings, "");
        assert_false(r->says_host || r->here_only || r->here_n || r->server);
        wr__query_request_free(r);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        wr__query_endpoint endpoint;
        const char *body, *part;
        int code;
    } cases[] = {
        {WR__ENDPOINT_QUERY, "", "Invalid JSON", 40000},
        {WR__ENDPOINT_QUERY, "[]", "Invalid JSON", 40000},
        {WR__ENDPOINT_QUERY, "{\"ksql\":", "Invalid JSON", 40000},
        {WR__ENDPOINT_QUERY, "{}", "\"ksql\" field must be populated", 40000},
        {WR__ENDPOINT_QUERY, "{\"ksql\":\"\"}", "\"ksql\" field must be populated", 40000},
        {WR__ENDPOINT_QUERY, "{\"ksql\":{}}", "ksql must be a text", 40000},
        {WR__ENDPOINT_QUERY, "{\"ksql\":\"a;\\u0000b;\"}", "ksql must be a text without a NUL",
         40000},
        {WR__ENDPOINT_KSQL, "{\"ksql\":\"\\u0000\"}", "ksql must be a text without a NUL", 40000},
        {WR__ENDPOINT_QUERY,
         BODY("\"streamsProperties\":{\"auto.offset.reset\":\"latest\\u0000\"}"),
         "auto.offset.reset must be a text or a number", 40000},
        {WR__ENDPOINT_QUERY_STREAM, "{\"ksql\":\"a\"}", "'sql'", 40000},
        {WR__ENDPOINT_WEBSOCKET, "{}", "of \"request\" must be populated", 40000},
        {WR__ENDPOINT_QUERY, BODY("\"streamsProperties\":[]"), "must be an object", 40000},
        {WR__ENDPOINT_QUERY, BODY("\"sessionVariables\":7"), "must be an object", 40000},
        {WR__ENDPOINT_QUERY, BODY("\"requestProperties\":true"), "must be an object", 40000},
        {WR__ENDPOINT_QUERY, BODY("\"streamsProperties\":{\"auto.offset.reset\":[]}"),
         "auto.offset.reset must be a text or a number", 40000},
        {WR__ENDPOINT_QUERY, BODY("\"streamsProperties\":{\"auto.offset.reset\":\"middle\"}"),
         "Failed to coerce type of value 'middle'", 40000},
        {WR__ENDPOINT_QUERY, BODY("\"streamsProperties\":{\"no.such\":\"x\"}"), "no.such", 50000},
        {WR__ENDPOINT_QUERY, BODY("\"commandSequenceNumber\":1.5"), "whole number", 40000},
        {WR__ENDPOINT_QUERY, BODY("\"commandSequenceNumber\":\"\""), "whole number", 40000},
        {WR__ENDPOINT_QUERY, BODY("\"commandSequenceNumber\":\"7x\""), "whole number", 40000},
        {WR__ENDPOINT_QUERY, BODY("\"commandSequenceNumber\":99999999999999999999"), "whole number",
         40000},
        {WR__ENDPOINT_QUERY, BODY("\"commandSequenceNumber\":[1]"), "must be a text", 40000},
        {WR__ENDPOINT_QUERY, OF_REQUEST("\"no.such\":1"), "Not recognizable", 50000},
        {WR__ENDPOINT_QUERY, OF_REQUEST(PARTITIONS "\"1,x\""), "no list of partitions", 40000},
        {WR__ENDPOINT_QUERY, OF_REQUEST(PARTITIONS "\"1,,2\""), "no list of partitions", 40000},
        {WR__ENDPOINT_QUERY, OF_REQUEST(PARTITIONS "null"), "no list of partitions", 40000},
        {WR__ENDPOINT_QUERY, OF_REQUEST(PARTITIONS "\"-1\""), "no list of partitions", 40000},
        {WR__ENDPOINT_QUERY, OF_REQUEST(PARTITIONS "\"2147483648\""), "no list of partitions",
         40000},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++)
        assert_null(body_of(cases[i].endpoint, cases[i].body, cases[i].part, cases[i].code));
}

static void test_sequence(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int64_t sequence;
    } cases[] = {
        {BODY("\"commandSequenceNumber\":0"), 0},
        {BODY("\"commandSequenceNumber\":12"), 12},
        {BODY("\"commandSequenceNumber\":\"12\""), 12},
        {BODY("\"commandSequenceNumber\":-1"), -1},
        {BODY("\"commandSequenceNumber\":null"), -1},
        {BODY("\"commandSequenceNumber\":9223372036854775807"), INT64_MAX},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr__query_request *r = taken(cases[i].body);
        assert_int_equal(r->sequence, cases[i].sequence);
        wr__query_request_free(r);
    }
}

/* Equal settings make equal texts, in whatever order and however often they come. */
static void test_settings(void **state)
{
    (void)state;
    static const char *const same[] = {
        BODY("\"streamsProperties\":{\"auto.offset.reset\":\"earliest\","
             "\"ksql.query.pull.table.scan.enabled\":true}"),
        BODY("\"streamsProperties\":{\"ksql.query.pull.table.scan.enabled\":\"true\","
             "\"auto.offset.reset\":\"earliest\"}"),
        BODY("\"streamsProperties\":{\"auto.offset.reset\":\"latest\","
             "\"ksql.query.pull.table.scan.enabled\":true,\"auto.offset.reset\":\"earliest\"}"),
    };
    wr__query_request *first = taken(same[0]);
    for (size_t i = 1; i < WR_ARRAY_LEN(same); i++) {
        wr__query_request *r = taken(same[i]);
        assert_string_equal(r->settings, first->settings);
        wr__query_request_free(r);
    }
    wr__query_request *other = taken(BODY("\"streamsProperties\":{\"auto.offset.reset\":"
                                          "\"latest\"}"));
    assert_string_not_equal(other->settings, first->settings);
    wr__query_request_free(other);
    wr__query_request_free(first);
}

static void test_of_peers(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        bool only;
        uint32_t n;
        int32_t here[5];
        const char *server;
    } cases[] = {
        {OF_REQUEST("\"request.ksql.query.pull.skip.forwarding\":true"), true, 0, {0}, NULL},
        {OF_REQUEST("\"request.ksql.query.pull.skip.forwarding\":\"TRUE\""), true, 0, {0}, NULL},
        {OF_REQUEST("\"request.ksql.query.pull.skip.forwarding\":false"), false, 0, {0}, NULL},
        {OF_REQUEST(PARTITIONS "\"\""), false, 0, {0}, NULL},
        {OF_REQUEST(PARTITIONS "3"), false, 1, {3}, NULL},
        {OF_REQUEST(PARTITIONS "\"0,7,2147483647\""), false, 3, {0, 7, INT32_MAX}, NULL},
        {OF_REQUEST(PARTITIONS "\"1,1\""), false, 2, {1, 1}, NULL},
        /* Twice: the last one, wherever the longer list is. */
        {OF_REQUEST(PARTITIONS "\"0,1,2,3,4\"," PARTITIONS "\"9\""), false, 1, {9}, NULL},
        {OF_REQUEST(PARTITIONS "\"9\"," PARTITIONS "\"0,1,2,3,4\""),
         false,
         5,
         {0, 1, 2, 3, 4},
         NULL},
        {OF_REQUEST("\"request.weir.server\":\"id-1\""), false, 0, {0}, "id-1"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr__query_request *r = taken(cases[i].body);
        assert_int_equal(r->here_only, cases[i].only);
        if (r->here_n != cases[i].n)
            fail_msg("%s: %u partitions", cases[i].body, r->here_n);
        for (uint32_t k = 0; k < r->here_n; k++)
            assert_int_equal(r->here[k], cases[i].here[k]);
        assert_true(cases[i].server ? strcmp(r->server, cases[i].server) == 0 : !r->server);
        wr__query_request_free(r);
    }
}

/* What belongs to ksqlDB's nodes is taken and not looked at; a name of nobody's is an error at
 * /query and nothing to /query-stream, as with the real server. */
static void test_request_properties(void **state)
{
    (void)state;
    wr__query_request *r = taken(OF_REQUEST("\"request.ksql.internal.request\":true,"
                                            "\"request.ksql.debug.request\":true"));
    assert_true(r->says_host);
    wr__query_request_free(r);
    r = body_of(WR__ENDPOINT_QUERY_STREAM, "{\"sql\":\"a\",\"requestProperties\":{\"no.such\":{}}}",
                NULL, 0);
    wr__query_request_free(r);
}

static void test_variables(void **state)
{
    (void)state;
    wr__query_request *r = taken(BODY("\"sessionVariables\":{\"Name\":\"x\",\"n\":7,"
                                      "\"none\":null,\"list\":[1]}"));
    assert_string_equal(wr_map_get(&r->session->variables, wr_str_c("NAME")), "x");
    assert_string_equal(wr_map_get(&r->session->written, wr_str_c("NAME")), "Name");
    assert_string_equal(wr_map_get(&r->session->variables, wr_str_c("N")), "7");
    assert_null(wr_map_get(&r->session->variables, wr_str_c("NONE")));
    assert_null(wr_map_get(&r->session->variables, wr_str_c("LIST")));
    wr__query_request_free(r);
}

static void test_ids(void **state)
{
    (void)state;
    static const struct {
        const char *body, *id, *part;
    } cases[] = {
        {"{\"queryId\":\"q_1\"}", "q_1", NULL},
        {"{\"queryId\":17}", "17", NULL},
        {"{}", NULL, "queryId is missing"},
        {"{\"queryId\":[]}", NULL, "queryId must be a text"},
        {"", NULL, "Invalid JSON"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr__query_fault fault = {0};
        char *id = wr__body_text(wr_str_c(cases[i].body), "queryId", &fault);
        if (cases[i].id)
            assert_string_equal(id, cases[i].id);
        else
            assert_non_null(strstr(fault.message, cases[i].part));
        wr_free(id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_sequence),   cmocka_unit_test(test_settings),
        cmocka_unit_test(test_of_peers),   cmocka_unit_test(test_request_properties),
        cmocka_unit_test(test_variables),  cmocka_unit_test(test_ids),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
