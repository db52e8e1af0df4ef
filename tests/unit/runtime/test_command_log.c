/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command topic: which records take effect, the numbers of their statements, and what is not
 * one. Two readers of one log stand for two processes; each decides for itself, and alike.
 */
#include "log_helper.h"

#include "runtime/instance/command_log.h"

typedef struct env {
    wr_settings settings;
    wr_db *db;
    wr_log *log;
    wr_arena *a;
    wr_command_log *first, *second;
    char topic[80];
} env;

static int setup(void **state)
{
    env *e = wr_calloc(1, sizeof *e);
    wr_settings_init(&e->settings, NULL);
    wr_settings_put(&e->settings, "ksql.service.id", "s_");
    e->db = wr_db_open_memory();
    e->a = wr_arena_new(0);
    OK(wr_log_memory_new(e->db, &e->log, err));
    snprintf(e->topic, sizeof e->topic, "_confluent-ksql-s__command_topic");
    OK(wr_command_log_open(e->log, &e->settings, true, &e->first, err));
    OK(wr_command_log_open(e->log, &e->settings, true, &e->second, err));
    assert_string_equal(wr_command_log_topic(e->first), e->topic);
    *state = e;
    return 0;
}

static int teardown(void **state)
{
    env *e = *state;
    wr_command_log_close(e->first);
    wr_command_log_close(e->second);
    wr_log_close(e->log);
    wr_db_close(e->db);
    wr_arena_free(e->a);
    wr_settings_free(&e->settings);
    wr_free(e);
    return 0;
}

static void append(env *e, wr_command_log *c, uint64_t base, const char *sql, uint64_t number)
{
    wr_command command = {.base = base, .author = "test"};
    wr_kept k = {.id = number, .subject = "S:X", .sql = wr_str_c(sql)};
    if (strncmp(sql, "INSERT", 6) == 0)
        k.subject = "Q:";
    wr_arr_push(e->a, &command.statements.list, k);
    wr_command_new_attempt(command.attempt);
    const wr_log_wait wait = {5000, NULL};
    OK(wr_command_log_append(c, &command, &wait, err));
}

static wr_command_read read_one(env *e, wr_command_log *c)
{
    wr_command_read r;
    for (int i = 0; i < 100; i++) {
        bool any;
        OK(wr_command_log_read(c, 50, e->a, &r, &any, err));
        if (any)
            return r;
    }
    fail_msg("there is no record");
    return r;
}

/* Both readers, which must agree. */
static wr_command_read both(env *e)
{
    wr_command_read r = read_one(e, e->first), again = read_one(e, e->second);
    assert_int_equal(r.fate, again.fate);
    assert_int_equal(wr_command_log_tip(e->first), wr_command_log_tip(e->second));
    assert_int_equal(wr_command_log_next_number(e->first), wr_command_log_next_number(e->second));
    if (r.fate == WR_COMMAND_EFFECTIVE)
        assert_int_equal(r.command.statements.list.v[0].id, again.command.statements.list.v[0].id);
    return r;
}

static void expect(env *e, wr_command_fate fate, const char *sql, uint64_t number)
{
    wr_command_read r = both(e);
    assert_int_equal(r.fate, fate);
    if (fate != WR_COMMAND_EFFECTIVE)
        return;
    assert_int_equal(r.command.statements.list.n, 1);
    assert_string_equal(r.command.statements.list.v[0].sql.ptr, sql);
    assert_int_equal(r.command.statements.list.v[0].id, number);
}

static void test_first_writer_wins(void **state)
{
    env *e = *state;
    append(e, e->first, 0, "a", WR_COMMAND_BY_POSITION);
    append(e, e->second, 0, "b", WR_COMMAND_BY_POSITION); /* had not seen a */
    expect(e, WR_COMMAND_EFFECTIVE, "a", 0);
    expect(e, WR_COMMAND_LATE, NULL, 0);
    assert_int_equal(wr_command_log_tip(e->first), 1);
    append(e, e->second, 1, "b", WR_COMMAND_BY_POSITION);
    append(e, e->first, 1, "c", WR_COMMAND_BY_POSITION);
    append(e, e->first, 2, "d", WR_COMMAND_BY_POSITION); /* knows of the late one only */
    expect(e, WR_COMMAND_EFFECTIVE, "b", 2);
    expect(e, WR_COMMAND_LATE, NULL, 0);
    expect(e, WR_COMMAND_LATE, NULL, 0);
    append(e, e->first, 3, "d", WR_COMMAND_BY_POSITION);
    expect(e, WR_COMMAND_EFFECTIVE, "d", 5);
    assert_int_equal(wr_command_log_position(e->second), 6);
}

/* A base that is ahead of the topic is no better than one that is behind. */
static void test_base_ahead(void **state)
{
    env *e = *state;
    append(e, e->first, 1, "a", WR_COMMAND_BY_POSITION);
    expect(e, WR_COMMAND_LATE, NULL, 0);
    append(e, e->first, 0, "b", WR_COMMAND_BY_POSITION);
    expect(e, WR_COMMAND_EFFECTIVE, "b", 1);
}

static void test_numbers(void **state)
{
    env *e = *state;
    append(e, e->first, 0, "a", 40); /* of a directory's own history */
    expect(e, WR_COMMAND_EFFECTIVE, "a", 40);
    append(e, e->first, 1, "b", WR_COMMAND_BY_POSITION);
    expect(e, WR_COMMAND_EFFECTIVE, "b", 41);
    append(e, e->first, 2, "c", 7); /* was given already */
    expect(e, WR_COMMAND_EFFECTIVE, "c", 42);
    append(e, e->first, 3, "INSERT INTO x SELECT * FROM y", WR_COMMAND_BY_POSITION);
    wr_command_read r = both(e);
    assert_string_equal(r.command.statements.list.v[0].subject, "Q:INSERTQUERY_43");
    assert_int_equal(wr_command_log_next_number(e->first), 44);
}

static void put_value(env *e, const char *value)
{
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, &e->settings, &w, err));
    put(w, e->topic, 0, NULL, value, 1);
    commit(w);
    wr_log_writer_close(w);
}

/* Whether a record of a newer version took effect does not depend on who reads it. */
static void test_what_others_write(void **state)
{
    env *e = *state;
    static const char *const unknown[] = {
        "",
        "rubbish",
        "{}",
        "[1]",
        "{\"weir\":1}",
        "{\"statement\":\"CREATE STREAM S;\",\"streamsProperties\":{}}",
        "{\"weir\":1,\"base\":0,\"attempt\":\"0\",\"author\":\"a\",\"statements\":[]}",
        "{\"weir\":1,\"base\":0,\"attempt\":\"abababababababababababababababab\","
        "\"author\":\"a\",\"statements\":[]}",
        "{\"weir\":1,\"base\":0,\"attempt\":\"abababababababababababababababab\","
        "\"author\":\"a\",\"statements\":[{\"subject\":\"X:A\",\"statement\":\"s\","
        "\"settings\":{},\"schemas\":{}}]}",
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(unknown); i++) {
        put_value(e, unknown[i]);
        wr_command_read r = both(e);
        assert_int_equal(r.kind, WR_COMMAND_UNKNOWN);
        assert_int_equal(r.fate, WR_COMMAND_UNREADABLE);
        assert_int_equal(wr_command_log_tip(e->first), 0);
    }
    put_value(e, "{\"weir\":2,\"base\":0,\"attempt\":\"abababababababababababababababab\"}");
    wr_command_read r = both(e);
    assert_int_equal(r.kind, WR_COMMAND_NEWER);
    assert_int_equal(r.fate, WR_COMMAND_UNREADABLE);
    append(e, e->first, 0, "a", WR_COMMAND_BY_POSITION);
    expect(e, WR_COMMAND_LATE, NULL, 0);
    append(e, e->first, wr_command_log_tip(e->first), "a", WR_COMMAND_BY_POSITION);
    expect(e, WR_COMMAND_EFFECTIVE, "a", WR_ARRAY_LEN(unknown) + 2);
}

static void test_several_partitions(void **state)
{
    env *e = *state;
    wr_settings other;
    wr_command_log *c;
    wr_settings_init(&other, NULL);
    wr_settings_put(&other, "ksql.service.id", "wide_");
    create_topic(e->log, "_confluent-ksql-wide__command_topic", 2);
    FAILS(wr_command_log_open(e->log, &other, true, &c, err), WEIR_ERR_CONFIG, "has 2 partitions");
    wr_settings_free(&other);
}

/* Settings and schemas come back as they were, whatever is in them. */
static void test_round_trip(void **state)
{
    env *e = *state;
    wr_settings s;
    wr_settings_init(&s, NULL);
    wr_settings_put(&s, "auto.offset.reset", "earliest");
    wr_settings_put(&s, "consumer.x", "a \"quote\"\nand = a line");
    const wr_registry_schema schema = {.id = 7, .text = WR_STR("{\"type\": \"int\"}")};
    wr_known_topics known = {0};
    wr_arr_push(e->a, &known.schemas, ((wr_known_schema){"t-value", 0, &schema}));
    wr_arr_push(e->a, &known.schemas, ((wr_known_schema){"t-key", 0, NULL}));
    wr_command c = {.base = 3, .author = "a host", .next = 12}, again;
    wr_kept k = wr_kept_make(e->a, "S:X", &s, &known, WR_STR("CREATE STREAM \xc3\xa4 ..."));
    k.id = 11;
    wr_arr_push(e->a, &c.statements.list, k);
    wr_command_new_attempt(c.attempt);
    wr_buf bytes = {0};
    OK(wr_command_put(&c, &bytes, err));
    assert_int_equal(wr_command_parse(e->a, wr_buf_view(&bytes), &again), WR_COMMAND_GOOD);
    assert_int_equal(again.base, 3);
    assert_int_equal(again.next, 12);
    const wr_kept *got = &again.statements.list.v[0];
    assert_int_equal(got->id, 11);
    assert_true(wr_str_eq(got->sql, k.sql));
    assert_int_equal(got->settings.n, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(got->settings.v[i], k.settings.v[i]);
    assert_int_equal(got->schemas.n, 4);
    assert_string_equal(got->schemas.v[0], "0/t-value");
    assert_string_equal(got->schemas.v[1], "7 0 {\"type\": \"int\"}");
    assert_string_equal(got->schemas.v[3], "0");
    wr_buf_free(&bytes);
    wr_settings_free(&s);
}

static void test_text_that_is_none(void **state)
{
    env *e = *state;
    wr_command command = {.author = "test"};
    wr_kept k = {.id = WR_COMMAND_BY_POSITION, .subject = "S:X", .sql = WR_STR("\xff")};
    wr_arr_push(e->a, &command.statements.list, k);
    wr_command_new_attempt(command.attempt);
    wr_buf out = {0};
    FAILS(wr_command_put(&command, &out, err), WEIR_ERR_STATEMENT, "not UTF-8");
    wr_buf_free(&out);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_first_writer_wins), T(test_base_ahead),         T(test_numbers),
        T(test_what_others_write), T(test_several_partitions), T(test_text_that_is_none),
        T(test_round_trip),
    };
    return cmocka_run_group_tests_name("command_log", tests, NULL, NULL);
}
