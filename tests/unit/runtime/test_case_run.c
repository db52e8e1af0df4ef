/* SPDX-License-Identifier: Apache-2.0 */
/* JSON cases from text to result: formats, windows, headers, errors, batch sizes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "runtime/testing/testing_internal.h"

static wr_buf result;

static const char *run(const char *text, const char *batch_rows)
{
    wr__test_options options = {.batch_rows = batch_rows, .out = stdout};
    weir_error err = {0};
    wr_buf_clear(&result);
    assert_int_equal(wr__case_run(&options, wr_str_c(text), &result, &err), WEIR_OK);
    return wr_buf_cstr(&result);
}

static void has(const char *in, const char *part)
{
    if (!strstr(in, part))
        fail_msg("%s\nis not in\n%s", part, in);
}

static void test_flow(void **state)
{
    (void)state;
    static const char text[] =
        "{\"id\": \"7\", \"statements\": ["
        "\"CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');\","
        "\"CREATE STREAM d WITH (value_format='DELIMITED') AS SELECT id, v, v + 1 AS w FROM s;\","
        "\"CREATE TABLE n AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 SECOND) GROUP "
        "BY id;\"],"
        "\"inputs\": [{\"topic\": \"s\", \"key\": 3, \"value\": {\"V\": 1}, \"timestamp\": 1500, "
        "\"headers\": [{\"KEY\": \"h\", \"VALUE\": \"IQ==\"}]},"
        "{\"topic\": \"s\", \"key\": 3, \"value\": {\"V\": 2}, \"timestamp\": 1600}]}";
    static const char *const sizes[] = {"1", "2", NULL};
    for (size_t i = 0; i < WR_ARRAY_LEN(sizes); i++) {
        const char *r = run(text, sizes[i]);
        has(r, "{\"id\":\"7\",\"error\":null,");
        has(r, "{\"topic\":\"D\",\"key\":3,\"value\":\"1,2\",\"timestamp\":1500,\"headers\":[{"
               "\"KEY\":\"h\",\"VALUE\":\"IQ==\"}]}");
        has(r, "{\"topic\":\"D\",\"key\":3,\"value\":\"2,3\",\"timestamp\":1600}");
        has(r, "{\"topic\":\"N\",\"key\":3,\"value\":{\"N\":2},\"timestamp\":1600,\"window\":{"
               "\"start\":1000,\"end\":2000,\"type\":\"time\"}}");
        has(r, "{\"name\":\"N\",\"type\":\"TABLE\",\"schema\":\"`ID` INTEGER KEY, `N` BIGINT\","
               "\"keyFormat\":{\"format\":\"KAFKA\",\"windowType\":\"TUMBLING\","
               "\"windowSize\":1000},\"valueFormat\":\"JSON\"");
        has(r, "{\"name\":\"s\",\"partitions\":4,");
    }
}

/* A case says what Kafka Streams gives, unless its properties say otherwise: here the window that a
 * pause makes its store forget. */
static void test_exact(void **state)
{
    (void)state;
    static const char *const properties[] = {"{}", "{\"weir.kafka.streams.exact\":\"false\"}"};
    for (int lossless = 0; lossless <= 1; lossless++) {
        char text[800];
        snprintf(text, sizeof text,
                 "{\"id\":1,\"properties\":%s,\"statements\":["
                 "\"CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', format='JSON');\","
                 "\"CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 "
                 "SECOND, GRACE PERIOD 0 SECONDS) GROUP BY id EMIT FINAL;\"],\"inputs\":["
                 "{\"topic\":\"s\",\"key\":3,\"value\":{\"V\":1},\"timestamp\":0},"
                 "{\"topic\":\"s\",\"key\":3,\"value\":{\"V\":1},\"timestamp\":1000},"
                 "{\"topic\":\"s\",\"key\":3,\"value\":{\"V\":1},\"timestamp\":90000}]}",
                 properties[lossless]);
        const char *r = run(text, NULL);
        has(r, "\"error\":null");
        has(r, "\"value\":{\"N\":1},\"timestamp\":0,");
        assert_int_equal(strstr(r, "\"value\":{\"N\":1},\"timestamp\":1000,") != NULL, lossless);
    }
}

static void test_inputs_by_format(void **state)
{
    (void)state;
    const char *r =
        run("{\"id\": 1, \"statements\": ["
            "\"CREATE STREAM k (id BIGINT KEY, v DOUBLE) WITH (kafka_topic='k', format='KAFKA');\","
            "\"CREATE STREAM w (id STRING KEY, v INT) WITH (kafka_topic='w', value_format='JSON', "
            "window_type='SESSION');\","
            "\"CREATE STREAM o AS SELECT * FROM w;\"],"
            "\"inputs\": [{\"topic\": \"k\", \"key\": 12, \"value\": 1.50},"
            "{\"topic\": \"k\", \"key\": null, \"value\": \"NaN\"},"
            "{\"topic\": \"w\", \"key\": \"a\", \"value\": {\"v\": 1}, \"window\": {\"start\": 1, "
            "\"end\": 5, \"type\": \"session\"}}]}",
            NULL);
    has(r, "{\"topic\":\"k\",\"key\":12,\"value\":1.5,\"timestamp\":0}");
    has(r, "{\"topic\":\"k\",\"key\":null,\"value\":\"NaN\",\"timestamp\":0}");
    has(r, "{\"topic\":\"O\",\"key\":\"a\",\"value\":{\"V\":1},\"timestamp\":0,\"window\":{"
           "\"start\":1,\"end\":5,\"type\":\"session\"}}");
}

static void test_queries(void **state)
{
    (void)state;
    const char *r =
        run("{\"id\": 1, \"statements\": ["
            "\"CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');\","
            "\"CREATE TABLE t AS SELECT id, SUM(v) AS total FROM s GROUP BY id;\","
            "\"SELECT * FROM t WHERE id = 1;\","
            "\"SELECT v FROM s EMIT CHANGES LIMIT 1;\"],"
            "\"inputs\": [{\"topic\": \"s\", \"key\": 1, \"value\": {\"V\": 1}},"
            "{\"topic\": \"s\", \"key\": 2, \"value\": {\"V\": 5}},"
            "{\"topic\": \"s\", \"key\": 1, \"value\": {\"V\": 2}}]}",
            NULL);
    has(r, "\"schema\":\"`ID` INTEGER KEY, `TOTAL` INTEGER\"}},{\"row\":{\"columns\":[1,3]}}]}");
    has(r, "\"schema\":\"`V` INTEGER\"}},{\"row\":{\"columns\":[1]}},{\"finalMessage\":\"Limit "
           "Reached\"}]}");
}

static void test_errors(void **state)
{
    (void)state;
    has(run("{\"id\": 1, \"statements\": [\"CREATE STREAM s (id INT KEY, v INT) WITH "
            "(kafka_topic='s', value_format='JSON');\", \"CREATE STREAM o AS SELECT x FROM s;\", "
            "\"nonsense;\"]}",
            NULL),
        "\"error\":{\"statement\":2,\"message\":\"SELECT column 'X' cannot be resolved.\"}");
    has(run("{\"id\": 1, \"statements\": [\"CREATE STREAM s (id INT KEY, v INT) WITH "
            "(kafka_topic='s', format='KAFKA');\"], \"inputs\": [{\"topic\": \"s\", \"key\": "
            "\"x\"}]}",
            NULL),
        "\"error\":{\"statement\":null,\"message\":\"Topic s: \\\"x\\\" is no value of type "
        "INTEGER\"}");
}

static void test_no_cases(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "[]", "{", "{\"id\": 1} x"};
    wr__test_options options = {.out = stdout};
    for (size_t i = 0; i < WR_ARRAY_LEN(wrong); i++) {
        weir_error err = {0};
        wr_buf_clear(&result);
        assert_int_not_equal(wr__case_run(&options, wr_str_c(wrong[i]), &result, &err), WEIR_OK);
        assert_true(err.message[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flow),
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_inputs_by_format),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_no_cases),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    wr_buf_free(&result);
    return failed;
}
