/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small parts of answers, by tables: Kafka's words for values, wrapped causes, limits of pull
 * queries, and what became of commands.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/query/config_words.h"
#include "server/query/pull_limits.h"
#include "server/rest/command_status.h"

#include <stdio.h>
#include <string.h>

static void test_config_reason(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *reason;
    } cases[] = {
        {"commit.interval.ms", "soon",
         "Invalid value soon for configuration commit.interval.ms: Not a number of type LONG"},
        {"ksql.streams.commit.interval.ms", "soon",
         "Invalid value soon for configuration commit.interval.ms: Not a number of type LONG"},
        {"commit.interval.ms", "-5",
         "Invalid value -5 for configuration commit.interval.ms: Value must be at least 0"},
        {"processing.guarantee", "twice",
         "Invalid value twice for configuration processing.guarantee: String must be one of: "
         "at_least_once, exactly_once_v2"},
        {"auto.offset.reset", "middle",
         "Invalid value middle for configuration auto.offset.reset: Invalid value `middle` for "
         "configuration auto.offset.reset. The value must be either 'earliest', 'latest', 'none' "
         "or of the format 'by_duration:<PnDTnHnMn.nS.>'."},
        {"no.such.setting", "x", "own words"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_buf out = {0};
        wr__put_config_reason(&out, cases[i].name, cases[i].value, "own words");
        assert_string_equal(wr_buf_cstr(&out), cases[i].reason);
        wr_buf_free(&out);
    }
}

static void test_cause(void **state)
{
    (void)state;
    char word[120];
    memset(word, 'w', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    static const char fits[] = "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
                               "012";
    wr_buf out = {0};
    wr__put_cause(&out, fits); /* "Caused by:" and this are 80 characters */
    assert_int_equal(out.len, 1 + 10 + 1 + strlen(fits));
    assert_null(strchr(wr_buf_cstr(&out) + 1, '\n'));
    wr_buf_clear(&out);
    wr_buf_puts(&out, "before");
    wr__put_cause(&out, "one two");
    assert_string_equal(wr_buf_cstr(&out), "before\nCaused by: one two");
    wr_buf_clear(&out);
    wr__put_cause(&out, word); /* too long for any line: whole, on one of its own */
    assert_memory_equal(wr_buf_cstr(&out), "\nCaused by:\n\twww", 16);
    assert_int_equal(out.len, 1 + 10 + 2 + strlen(word));
    wr_buf_clear(&out);
    wr__put_cause(&out, "");
    assert_string_equal(wr_buf_cstr(&out), "\nCaused by:");
    wr_buf_free(&out);
}

/* ---- limits ---- */

static wr_clock_manual now;

static wr__pull_limits limits(const char *name, const char *value)
{
    wr_settings s;
    wr__pull_limits l;
    wr_settings_init(&s, NULL);
    if (name)
        wr_settings_put(&s, name, value);
    wr_clock_manual_init(&now, 0);
    wr__pull_limits_init(&l, &s, &now.base);
    wr_settings_free(&s);
    return l;
}

static void refused(wr__pull_limits *l, const char *property)
{
    wr__query_fault fault = {0};
    assert_false(wr__pull_limits_allow(l, &fault));
    assert_int_equal(fault.code, 42900);
    assert_non_null(strstr(fault.message, property));
}

static void allowed(wr__pull_limits *l)
{
    wr__query_fault fault = {0};
    assert_true(wr__pull_limits_allow(l, &fault));
}

static void test_limits(void **state)
{
    (void)state;
    wr__pull_limits l = limits(NULL, NULL);
    for (int i = 0; i < 100000; i++)
        allowed(&l);
    /* A second's worth at once; then as time comes, and no more than that for a long rest. */
    l = limits("ksql.query.pull.max.qps", "3");
    for (int rest = 0; rest < 2; rest++) {
        for (int i = 0; i < 3; i++)
            allowed(&l);
        refused(&l, "ksql.query.pull.max.qps");
        now.now_ms += 400; /* 1.2 queries */
        allowed(&l);
        refused(&l, "ksql.query.pull.max.qps");
        now.now_ms += 3600000;
    }
    l = limits("ksql.query.pull.max.concurrent.requests", "2");
    l.running = 1;
    allowed(&l);
    l.running = 2;
    refused(&l, "ksql.query.pull.max.concurrent.requests");
    l.running = 1;
    allowed(&l);
    /* A response may overdraw; the debt is paid by the hour. */
    l = limits("ksql.query.pull.max.hourly.bandwidth.megabytes", "36");
    allowed(&l);
    wr__pull_limits_count(&l, 37u << 20);
    refused(&l, "bandwidth");
    now.now_ms += 99000; /* 0.99 MB */
    refused(&l, "bandwidth");
    now.now_ms += 2000;
    allowed(&l);
}

/* ---- commands ---- */

static void test_commands(void **state)
{
    (void)state;
    wr_buf out = {0};
    wr__commands *c = wr__commands_new();
    assert_false(wr__commands_get(c, "stream/`S`/create", &out));
    wr__commands_all(c, &out);
    assert_string_equal(wr_buf_cstr(&out), "{\"commandStatuses\":{}}");
    wr__commands_put(c, "stream/`S`/create", "SUCCESS", "Stream created", "");
    wr__commands_put(c, "stream/`C`/create", "SUCCESS", "\"quoted\"", "CSAS_C_1");
    wr__commands_put(c, "stream/`S`/create", "ERROR", "again", ""); /* the last one counts */
    wr_buf_clear(&out);
    assert_true(wr__commands_get(c, "stream/`S`/create", &out));
    assert_string_equal(wr_buf_cstr(&out),
                        "{\"status\":\"ERROR\",\"message\":\"again\",\"queryId\":null}");
    wr_buf_clear(&out);
    assert_true(wr__commands_get(c, "stream/`C`/create", &out));
    assert_string_equal(
        wr_buf_cstr(&out),
        "{\"status\":\"SUCCESS\",\"message\":\"\\\"quoted\\\"\",\"queryId\":\"CSAS_C_1\"}");
    wr__commands_free(c);
    wr_buf_free(&out);
}

/* The oldest make room; those that are kept are found. */
static void test_commands_are_bounded(void **state)
{
    (void)state;
    wr__commands *c = wr__commands_new();
    char id[40];
    for (int i = 0; i < WR__COMMANDS_MAX + 100; i++) {
        snprintf(id, sizeof id, "stream/`S%d`/create", i);
        wr__commands_put(c, id, "SUCCESS", "", "");
    }
    for (int i = 0; i < WR__COMMANDS_MAX + 100; i += 50) {
        wr_buf out = {0};
        snprintf(id, sizeof id, "stream/`S%d`/create", i);
        assert_int_equal(wr__commands_get(c, id, &out), i >= 100);
        wr_buf_free(&out);
    }
    wr__commands_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_reason),
        cmocka_unit_test(test_cause),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_commands_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
