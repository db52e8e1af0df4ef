/* SPDX-License-Identifier: Apache-2.0 */
/* Settings: the table itself, layers, canonical names, and what SET refuses. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/plan/settings.h"

/* SHOW PROPERTIES relies on the order; look-ups on unique names; defaults must pass their check. */
static void test_table(void **state)
{
    (void)state;
    const wr_setting *s, *before = NULL;
    for (uint32_t i = 0; (s = wr_setting_at(i)); i++) {
        weir_error err;
        if (before && strcmp(before->name, s->name) >= 0)
            fail_msg("%s stands before %s", before->name, s->name);
        assert_true(s->description[0] != '\0');
        if (s->def && wr_settings_check(s->name, s->def, false, &err) != WEIR_OK)
            fail_msg("%s: %s", s->name, err.message);
        before = s;
    }
    assert_non_null(before);
}

static void test_layers(void **state)
{
    (void)state;
    wr_settings server, session;
    wr_settings_init(&server, NULL);
    wr_settings_init(&session, &server);
    assert_string_equal(wr_settings_get(&session, "auto.offset.reset"), "latest");
    assert_null(wr_settings_get(&session, "no.such.setting"));
    assert_false(wr_settings_put(&server, "auto.offset.reset", "earliest"));
    assert_string_equal(wr_settings_get(&session, "auto.offset.reset"), "earliest");
    /* One setting, whichever way its name is written. */
    assert_false(wr_settings_put(&session, "ksql.streams.auto.offset.reset", "latest"));
    assert_string_equal(wr_settings_get(&session, "auto.offset.reset"), "latest");
    assert_string_equal(wr_settings_get(&server, "ksql.streams.auto.offset.reset"), "earliest");
    assert_true(wr_settings_put(&session, "auto.offset.reset", NULL));
    assert_false(wr_settings_put(&session, "auto.offset.reset", NULL));
    assert_string_equal(wr_settings_get(&session, "auto.offset.reset"), "earliest");
    wr_settings_free(&session);
    wr_settings_free(&server);
}

static void test_canonical(void **state)
{
    (void)state;
    assert_string_equal(wr_settings_canonical("ksql.streams.commit.interval.ms"),
                        "commit.interval.ms");
    assert_string_equal(wr_settings_canonical("commit.interval.ms"), "commit.interval.ms");
    assert_string_equal(wr_settings_canonical("ksql.streams.consumer.max.poll.records"),
                        "consumer.max.poll.records");
    assert_string_equal(wr_settings_canonical("ksql.service.id"), "ksql.service.id");
    /* A name of its own that begins like the prefix stays as it is. */
    static const char emit[] = "ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__";
    assert_string_equal(wr_settings_canonical(emit), emit);
}

static void test_numbers(void **state)
{
    (void)state;
    wr_settings s;
    wr_settings_init(&s, NULL);
    assert_int_equal(wr_settings_int(&s, "commit.interval.ms", 7), 2000);
    assert_int_equal(wr_settings_int(&s, "no.such.setting", 7), 7);
    wr_settings_put(&s, "commit.interval.ms", "15");
    assert_int_equal(wr_settings_int(&s, "commit.interval.ms", 7), 15);
    assert_true(wr_settings_bool(&s, "ksql.insert.into.values.enabled", false));
    wr_settings_put(&s, "ksql.insert.into.values.enabled", "FALSE");
    assert_false(wr_settings_bool(&s, "ksql.insert.into.values.enabled", true));
    wr_settings_free(&s);
}

static void test_checks(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        bool session;
        const char *refused; /* part of the message; NULL: accepted */
    } cases[] = {
        {"auto.offset.reset", "earliest", true, NULL},
        {"auto.offset.reset", "Latest", true, NULL},
        {"auto.offset.reset", "none", true, "must be 'earliest' or 'latest'"},
        {"ksql.streams.auto.offset.reset", "x", true, "must be 'earliest' or 'latest'"},
        {"commit.interval.ms", "100", true, NULL},
        {"commit.interval.ms", "soon", true, "must be a whole number"},
        {"ksql.suppress.enabled", "maybe", true, "must be true or false"},
        {"bootstrap.servers", "x:1", true, "Cannot override property 'bootstrap.servers'"},
        {"bootstrap.servers", "x:1", false, NULL},
        {"ksql.streams.bootstrap.servers", "x:1", true, "Cannot override property"},
        {"ksql.service.id", "x", true, "Cannot override property 'ksql.service.id'"},
        {"ssl.key.location", "x", true, "Cannot override property 'ssl.key.location'"},
        {"ssl.key.location", "x", false, NULL},
        {"ksql.hidden.topics", "x", true, "Cannot override property"},
        {"no.such.setting", "x", true,
         "Not recognizable as ksql, streams, consumer, or producer property: 'no.such.setting'"},
        {"consumer.fetch.min.bytes", "x", true, NULL},
        {"ksql.streams.producer.linger.ms", "5", true, NULL},
        {"processing.guarantee", "at_least_once", true, NULL},
        {"processing.guarantee", "exactly_once_v2", true, NULL},
        {"processing.guarantee", "exactly_once", true, "Invalid value 'exactly_once'"},
        {"processing.guarantee", "perhaps", true, "Invalid value 'perhaps'"},
        {"ksql.fail.on.production.error", "false", true, NULL},
        {"ksql.fail.on.production.error", "sometimes", true, "must be true or false"},
        {"ksql.fail.on.production.error", "TRUE", true, NULL},
        {"max.task.idle.ms", "5000", true, NULL},
        {"max.task.idle.ms", "-1", true, NULL},
        {"max.task.idle.ms", "-2", true, "must be from -1 to"},
        {"buffered.records.per.partition", "0", true, "must be from 1 to"},
        {"weir.until.end", "true", true, "Cannot override"},
        {"weir.until.end", "true", false, NULL},
        {"weir.threads", "-1", false, "must be from 1 to 256"},
        {"weir.threads", "4", false, NULL},
        {"weir.threads", "4", true, "Cannot override"},
        {"weir.memtable.bytes", "-1", false, "must be from 1048576 to 1099511627776"},
        {"commit.interval.ms", "9223372036854775807", true, "must be from 0 to"},
        {"ksql.persistence.wrap.single.values", "perhaps", true, "must be true or false"},
        {"weir.statements.skip", "12, 15", false, NULL},
        {"weir.statements.skip", "twelve", false, "must be whole numbers"},
        {"ksql.service.id", "a/b", false, "must be of letters, digits"},
        {"ksql.service.id", "shop-1_", false, NULL},
        {"ksql.schema.registry.basic.auth.user.info", "a:b", false, NULL},
        {"ksql.schema.registry.basic.auth.user.info", "a:b", true, "Cannot override"},
        {"weir.schema.registry.protobuf.form", "base64", true, NULL},
        {"weir.schema.registry.protobuf.form", "json", true, "must be 'text' or 'base64'"},
        {"ksql.schema.registry.max.retries", "3", false, NULL},
        {"ksql.schema.registry.ssl.truststore.password", "x", false, NULL},
        {"ksql.schema.registry.basic.auth.user.inf", "a:b", false, "Not recognizable"},
        {"ksql.schema.registry.bearer.auth.client.id", "x", false, "Not recognizable"},
        {"weir.schema.registry.timeout.ms", "3600001", false, "must be from 1 to 3600000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        weir_error err = {0};
        weir_status st = wr_settings_check(cases[i].name, cases[i].value, cases[i].session, &err);
        if ((st == WEIR_OK) != (cases[i].refused == NULL) ||
            (cases[i].refused && !strstr(err.message, cases[i].refused)))
            fail_msg("%s = %s: %s", cases[i].name, cases[i].value, err.message);
    }
}

/* As clients of a registry spell them: what they are called here. */
static void test_registry_spellings(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"schema.registry.url", "ksql.schema.registry.url"},
        {"ksql.streams.schema.registry.url", "ksql.schema.registry.url"},
        {"basic.auth.user.info", "ksql.schema.registry.basic.auth.user.info"},
        {"schema.registry.basic.auth.user.info", "ksql.schema.registry.basic.auth.user.info"},
        {"schema.registry.ssl.truststore.location", "ksql.schema.registry.ssl.truststore.location"},
        {"weir.schema.registry.basic.auth.user.info", "ksql.schema.registry.basic.auth.user.info"},
        {"bearer.auth.token", "ksql.schema.registry.bearer.auth.token"},
        {"schema.registry.ssl.ca.location", "weir.schema.registry.ca.file"},
        {"ksql.schema.registry.proxy.host", "https_proxy in the environment"},
        {"ksql.schema.registry.basic.auth.user.inf", "ksql.schema.registry.basic.auth.user.info"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        weir_error err = {0};
        char hint[200];
        snprintf(hint, sizeof hint, "Did you mean '%s'?", cases[i][1]);
        assert_int_equal(wr_settings_check(cases[i][0], "x", false, &err), WEIR_ERR_CONFIG);
        assert_string_equal(err.hint, hint);
    }
}

static void test_secrets(void **state)
{
    (void)state;
    static const char *const secret[][2] = {
        {"weir.schema.registry.password", "x"},
        {"weir.schema.registry.key.password", "x"},
        {"weir.schema.registry.bearer.token", "x"},
        {"ksql.schema.registry.basic.auth.user.info", "a:b"},
        {"ksql.schema.registry.bearer.auth.token", "x"},
        {"ksql.schema.registry.ssl.key.password", "x"},
        {"ksql.schema.registry.ssl.keystore.password", "x"},
        {"ksql.schema.registry.url", "http://a:b@localhost"},
        {"weir.schema.registry.url", "http://localhost,http://a:b@localhost"},
        {"sasl.jaas.config", "x"},
        {"sasl.password", "x"},
    };
    for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++)
        assert_string_equal(wr_settings_shown(secret[i][0], secret[i][1]), "[hidden]");
    assert_string_equal(wr_settings_shown("ksql.schema.registry.url", "http://localhost"),
                        "http://localhost");
    assert_string_equal(wr_settings_shown("weir.schema.registry.user", "me"), "me");
    assert_null(wr_settings_shown("weir.schema.registry.password", NULL));
    /* Of the process, not of a session, whose settings are kept with its statements. */
    static const char *const clients[] = {"sasl.password", "consumer.sasl.jaas.config",
                                          "producer.ssl.key.password"};
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++) {
        weir_error err;
        assert_int_equal(wr_settings_check(clients[i], "x", false, &err), WEIR_OK);
        assert_int_equal(wr_settings_check(clients[i], "x", true, &err), WEIR_ERR_CONFIG);
        assert_non_null(strstr(err.message, "Cannot override property"));
    }
}

/* Exactly-once commits more often, unless somebody has said how often. */
static void test_commit_interval(void **state)
{
    (void)state;
    wr_settings server, session;
    wr_settings_init(&server, NULL);
    wr_settings_init(&session, &server);
    assert_false(wr_settings_exactly_once(&session));
    assert_int_equal(wr_settings_commit_interval_ms(&session, false), 2000);
    assert_int_equal(wr_settings_commit_interval_ms(&session, true), 100);
    wr_settings_put(&server, "ksql.streams.processing.guarantee", "EXACTLY_ONCE_V2");
    assert_true(wr_settings_exactly_once(&session));
    wr_settings_put(&server, "commit.interval.ms", "750");
    assert_int_equal(wr_settings_commit_interval_ms(&session, false), 750);
    assert_int_equal(wr_settings_commit_interval_ms(&session, true), 750);
    wr_settings_put(&session, "processing.guarantee", "at_least_once");
    assert_false(wr_settings_exactly_once(&session));
    wr_settings_free(&session);
    wr_settings_free(&server);
}

/* Every name that is accepted either does something or has a reason why not. */
static void test_without_effect(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *local, *kafka; /* a part of the reason; NULL: it has an effect */
    } cases[] = {
        {"commit.interval.ms", NULL, NULL},
        {"num.standby.replicas", "one process", NULL},
        {"ksql.streams.num.stream.threads", "weir.threads", "weir.threads"},
        {"ksql.logging.processing.topic.auto.create", "nothing", "nothing"},
        {"listeners", NULL, NULL},
        {"consumer.fetch.min.bytes", "no Kafka client", NULL},
        {"ssl.key.location", "no Kafka client", NULL},
        {"rocksdb.config.setter", "nothing", "nothing"},
        {"metric.reporters", "nothing", "nothing"},
        {"ksql.functions.sum.limit", "nothing", "nothing"},
        {"ksql.functions.collect_list.limit", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int kafka = 0; kafka < 2; kafka++) {
            const char *want = kafka ? cases[i].kafka : cases[i].local;
            const char *why = wr_settings_without_effect(cases[i].name, kafka);
            weir_error err = {0};
            assert_int_equal(wr_settings_check(cases[i].name, NULL, false, &err), WEIR_OK);
            if (!want != !why || (want && !strstr(why, want)))
                fail_msg("%s: %s", cases[i].name, why ? why : "has an effect");
        }
}

static void test_internal_replicas(void **state)
{
    (void)state;
    wr_settings server, session;
    wr_settings_init(&server, NULL);
    wr_settings_init(&session, &server);
    assert_int_equal(wr_settings_internal_replicas(&session), -1);
    wr_settings_put(&server, "ksql.streams.replication.factor", "3");
    assert_int_equal(wr_settings_internal_replicas(&session), 3);
    wr_settings_put(&server, "ksql.internal.topic.replicas", "2");
    assert_int_equal(wr_settings_internal_replicas(&session), 2);
    wr_settings_put(&session, "ksql.internal.topic.replicas", "1");
    assert_int_equal(wr_settings_internal_replicas(&session), 1);
    wr_settings_free(&session);
    wr_settings_free(&server);
}

static void test_lists(void **state)
{
    (void)state;
    static const char list[] = "ksql.properties.overrides.denylist";
    wr_settings s;
    wr_settings_init(&s, NULL);
    assert_false(wr_settings_lists(&s, list, "commit.interval.ms"));
    wr_settings_put(&s, list, "ksql.streams.commit.interval.ms, auto.offset.reset,,x");
    assert_true(wr_settings_lists(&s, list, "commit.interval.ms"));
    assert_true(wr_settings_lists(&s, list, "ksql.streams.auto.offset.reset"));
    assert_true(wr_settings_lists(&s, list, "x"));
    assert_false(wr_settings_lists(&s, list, "commit.interval"));
    assert_false(wr_settings_lists(&s, list, "cache.max.bytes.buffering"));
    wr_settings_free(&s);
}

/* Each number takes the ends of its range and nothing outside it; -1 threads aborted the process
 * before there were ranges. */
static void test_ranges(void **state)
{
    (void)state;
    static const char *const no_numbers[] = {"", "many", "1.5", "0x10", "9223372036854775808"};
    const wr_setting *s;
    for (uint32_t i = 0; (s = wr_setting_at(i)); i++) {
        if (s->kind != WR_SETTING_NUMBER)
            continue;
        const struct {
            int64_t value;
            bool beyond, good;
        } cases[] = {
            {s->least, false, true},
            {s->most, false, true},
            {s->least - 1, false, false},
            {s->most == INT64_MAX ? 0 : s->most + 1, s->most == INT64_MAX, false},
        };
        assert_true(s->least < s->most);
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
            char text[32];
            weir_error err = {0};
            snprintf(text, sizeof text, "%lld", (long long)cases[k].value);
            if (!cases[k].beyond &&
                (wr_settings_check(s->name, text, false, &err) == WEIR_OK) != cases[k].good)
                fail_msg("%s = %s: %s", s->name, text, err.message);
        }
        for (size_t k = 0; k < sizeof no_numbers / sizeof no_numbers[0]; k++) {
            weir_error err = {0};
            assert_int_equal(wr_settings_check(s->name, no_numbers[k], false, &err),
                             WEIR_ERR_CONFIG);
            assert_non_null(strstr(err.message, "must be a whole number"));
        }
    }
}

/* A misspelt setting would be without effect. */
static void test_nearest_name(void **state)
{
    (void)state;
    static const struct {
        const char *name, *hint;
    } cases[] = {
        {"weir.thread", "Did you mean 'weir.threads'?"},
        {"weir.memtabel.bytes", "Did you mean 'weir.memtable.bytes'?"},
        {"ksql.streams.weir.threds", "Did you mean 'weir.threads'?"},
        {"comit.interval.ms", "Did you mean 'commit.interval.ms'?"},
        {"weir.nothing.like.any.of.them.at.all", ""},
        {"x", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        weir_error err = {0};
        assert_int_equal(wr_settings_check(cases[i].name, "1", false, &err), WEIR_ERR_CONFIG);
        assert_non_null(strstr(err.message, "Not recognizable as"));
        assert_string_equal(err.hint, cases[i].hint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),          cmocka_unit_test(test_layers),
        cmocka_unit_test(test_canonical),      cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_checks),         cmocka_unit_test(test_registry_spellings),
        cmocka_unit_test(test_secrets),        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_nearest_name),   cmocka_unit_test(test_commit_interval),
        cmocka_unit_test(test_without_effect), cmocka_unit_test(test_internal_replicas),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
