/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One budget for the process: what its parts get, what users have set stands, and what does not fit
 * is refused, before anything is opened.
 */
#include "api_helper.h"

#include "runtime/instance/memory_plan.h"

static const struct {
    const char *name;
    int64_t unit;
    bool kafka;
} parts[] = {
    {"weir.state.cache.bytes", 1, false},
    {"weir.block.cache.bytes", 1, false},
    {"weir.memtable.bytes", 2, false},
    {"weir.record.queue.bytes", 1, false},
    {"consumer.queued.max.messages.kbytes", 4096, true},
    {"producer.queue.buffering.max.kbytes", 4096, true},
};

#define MIB INT64_C(1048576)

static int64_t number(const wr_settings *s, const char *name)
{
    return wr_settings_int(s, name, -1);
}

static int64_t sum(const wr_settings *s, bool kafka)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < WR_ARRAY_LEN(parts); i++)
        if (kafka || !parts[i].kafka)
            bytes += number(s, parts[i].name) * parts[i].unit;
    return bytes;
}

static void put_bytes(wr_settings *s, const char *name, int64_t n)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)n);
    wr_settings_put(s, name, text);
}

/* Whatever the budget, and whatever is set: all of it is used, never more, and no part is nothing.
 */
static void test_sums(void **state)
{
    (void)state;
    for (int64_t budget = 24 * MIB; budget < INT64_C(1) << 33; budget = budget * 3 / 2 + 12345) {
        for (int kafka = 0; kafka < 2; kafka++) {
            for (size_t own = 0; own <= WR_ARRAY_LEN(parts); own++) {
                wr_settings s;
                weir_error err = {0};
                wr_settings_init(&s, NULL);
                put_bytes(&s, "weir.memory.budget.bytes", budget);
                bool sets = own < WR_ARRAY_LEN(parts) && (kafka || !parts[own].kafka);
                int64_t set_to = sets ? 4 * MIB / parts[own].unit : 0;
                if (sets)
                    put_bytes(&s, parts[own].name, set_to);
                if (wr__memory_plan(&s, kafka, &err) != WEIR_OK)
                    fail_msg("%lld: %s", (long long)budget, err.message);
                int64_t all = sum(&s, kafka);
                assert_true(all <= budget && all > budget - 65536);
                for (size_t i = 0; i < WR_ARRAY_LEN(parts); i++)
                    if (kafka || !parts[i].kafka)
                        assert_true(number(&s, parts[i].name) > 0);
                if (sets)
                    assert_int_equal(number(&s, parts[own].name), set_to);
                wr_settings_free(&s);
            }
        }
    }
}

static void test_weights(void **state)
{
    (void)state;
    wr_settings s;
    weir_error err;
    wr_settings_init(&s, NULL);
    put_bytes(&s, "weir.memory.budget.bytes", 256 * MIB);
    assert_int_equal(wr__memory_plan(&s, true, &err), WEIR_OK);
    assert_int_equal(number(&s, "weir.state.cache.bytes"), 96 * MIB);
    assert_int_equal(number(&s, "weir.memtable.bytes"), 16 * MIB);
    assert_int_equal(number(&s, "consumer.queued.max.messages.kbytes"), 8192);
    assert_int_equal(number(&s, "consumer.fetch.max.bytes"), 8 * MIB);
    assert_int_equal(number(&s, "consumer.queued.min.messages"), 8192);
    wr_settings_free(&s);

    /* Without Kafka its clients get nothing, and a terabyte is no number that they refuse. */
    wr_settings_init(&s, NULL);
    put_bytes(&s, "weir.memory.budget.bytes", 12 * 1024 * 1024);
    assert_int_equal(wr__memory_plan(&s, false, &err), WEIR_OK);
    assert_null(wr_settings_get(&s, "consumer.queued.max.messages.kbytes"));
    assert_null(wr_settings_get(&s, "consumer.fetch.max.bytes"));
    put_bytes(&s, "weir.memory.budget.bytes", INT64_C(1) << 40);
    assert_int_equal(wr__memory_plan(&s, true, &err), WEIR_OK);
    assert_int_equal(number(&s, "consumer.queued.max.messages.kbytes"), 2097151);
    wr_settings_free(&s);
}

/* Under either name, and with what depends on it. */
static void test_user_stands(void **state)
{
    (void)state;
    wr_settings s;
    weir_error err;
    wr_settings_init(&s, NULL);
    put_bytes(&s, "weir.memory.budget.bytes", 64 * MIB);
    put_bytes(&s, "queued.max.messages.kbytes", 2048); /* 8 MiB for four */
    put_bytes(&s, "consumer.queued.min.messages", 77);
    assert_int_equal(wr__memory_plan(&s, true, &err), WEIR_OK);
    assert_null(wr_settings_get(&s, "consumer.queued.max.messages.kbytes"));
    assert_int_equal(number(&s, "consumer.queued.min.messages"), 77);
    assert_int_equal(number(&s, "weir.state.cache.bytes"), (64 - 8) * MIB / 14 * 6);
    wr_settings_free(&s);
}

static void test_no_budget(void **state)
{
    (void)state;
    wr_settings s;
    weir_error err;
    wr_settings_init(&s, NULL);
    put_bytes(&s, "weir.block.cache.bytes", 65536);
    assert_int_equal(wr__memory_plan(&s, true, &err), WEIR_OK);
    assert_int_equal(s.values.n, 1);
    wr_settings_free(&s);
}

static void refuse_open(const char *budget, const char *state_cache, const char *message,
                        const char *hint)
{
    const char *const settings[] = {"weir.memory.budget.bytes", budget, "weir.state.cache.bytes",
                                    state_cache, NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w = NULL;
    weir_error err;
    o.log = WEIR_LOG_MEMORY;
    o.settings = settings;
    assert_int_equal(weir_open(&o, &w, &err), WEIR_ERR_CONFIG);
    if (strcmp(err.message, message) != 0 || strcmp(err.hint, hint) != 0)
        fail_msg("%s\n%s", err.message, err.hint);
}

static void test_refused(void **state)
{
    (void)state;
    refuse_open("50000000", "60000000",
                "weir.memory.budget.bytes is 50000000, but its parts need 67340032 bytes: "
                "weir.state.cache.bytes 60000000 (set), weir.block.cache.bytes 1048576 (least), "
                "weir.memtable.bytes 4194304 (least), weir.record.queue.bytes 2097152 (least)",
                "Raise it to 67340032 or more, or lower what is set of its parts.");
    /* Numbers far beyond it do not wrap around. */
    weir_error err;
    wr_settings s;
    wr_settings_init(&s, NULL);
    put_bytes(&s, "weir.memory.budget.bytes", 64 * MIB);
    put_bytes(&s, "consumer.queued.max.messages.kbytes", INT64_MAX);
    put_bytes(&s, "producer.queue.buffering.max.kbytes", INT64_MAX);
    assert_int_equal(wr__memory_plan(&s, true, &err), WEIR_ERR_CONFIG);
    assert_null(wr_settings_get(&s, "consumer.fetch.max.bytes")); /* unchanged */
    wr_settings_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_user_stands), cmocka_unit_test(test_no_budget),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
