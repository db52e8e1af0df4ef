/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements that are kept for the next opening: their layout, what of an older one is still read,
 * and what happens when one cannot be executed again.
 */
#include "api_helper.h"

#include "runtime/instance/statement_log.h"

static char dir[300];

static int setup(void **state)
{
    (void)state;
    make_dir(dir, sizeof dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    remove_dir(dir);
    return 0;
}

static weir *open_local(void)
{
    return open_with(WEIR_LOG_LOCAL, dir, false);
}

/* ---- the layout ---- */

typedef struct layout {
    wr_db *db;
    wr_arena *a;
    wr_kept_list kept;
} layout;

static layout layout_new(void)
{
    return (layout){.db = wr_db_open_memory(), .a = wr_arena_new(0)};
}

static void layout_free(layout *l)
{
    wr_db_close(l->db);
    wr_arena_free(l->a);
}

static void layout_read(layout *l)
{
    weir_error err;
    if (wr_statement_log_read(l->db, l->a, &l->kept, &err) != WEIR_OK)
        fail_msg("read: %s", err.message);
}

static void put_raw(layout *l, const char *key, wr_str value)
{
    weir_error err;
    wr_db_batch *b = wr_db_batch_new(l->db);
    wr_db_batch_meta_put(b, wr_str_c(key), value);
    assert_int_equal(wr_db_write(l->db, b, &err), WEIR_OK);
    wr_db_batch_free(b);
}

/* What was found in the registry is found again, without asking it. */
static void check_schemas(const wr_kept *k, wr_arena *a)
{
    weir_error err;
    wr_known_topics known = {0};
    wr_registry *r = wr_registry_open_memory();
    assert_int_equal(wr_kept_schemas(k, r, a, &known, &err), WEIR_OK);
    assert_int_equal(known.schemas.n, 3);
    const wr_known_schema *s = known.schemas.v;
    assert_string_equal(s[0].subject, "t-value");
    assert_int_equal(s[0].schema->id, 7);
    assert_true(wr_str_eq_c(s[0].schema->text, "\"int\""));
    assert_string_equal(s[1].subject, "t-key");
    assert_null(s[1].schema);
    assert_int_equal(s[2].id, 7);
    assert_ptr_equal(s[2].schema, s[0].schema);
    wr_registry_free(r);
}

static void test_damaged_schemas(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"t-value", "7 0 x"},   {"0/t-value", "7"},    {"0/t-value", "x"}, {"0/t", "0 rest"},
        {"0/t-value", "7 9 x"}, {"/t-value", "7 0 x"}, {"0/t", "7 0"},     {"99999999999/t", "0"},
    };
    wr_arena *a = wr_arena_new(0);
    wr_registry *r = wr_registry_open_memory();
    for (size_t i = 0; i < WR_ARRAY_LEN(wrong); i++) {
        wr_kept k = {0};
        wr_known_topics known = {0};
        weir_error err;
        wr_arr_push(a, &k.schemas, wrong[i][0]);
        wr_arr_push(a, &k.schemas, wrong[i][1]);
        assert_int_equal(wr_kept_schemas(&k, r, a, &known, &err), WEIR_ERR_STORE);
    }
    wr_registry_free(r);
    wr_arena_free(a);
}

static void test_round_trip(void **state)
{
    (void)state;
    static const char *const odd[] = {"", "a=b", "line\nbreak", "a=b\nc=d\n", "\xc3\xa4"};
    layout l = layout_new();
    weir_error err;
    for (uint64_t id = 0; id < 300; id += 59) {
        wr_settings s;
        wr_settings_init(&s, NULL);
        for (size_t i = 0; i < WR_ARRAY_LEN(odd); i++) {
            char name[20];
            snprintf(name, sizeof name, "consumer.x%zu", i);
            wr_settings_put(&s, name, odd[i]);
        }
        char subject[20];
        snprintf(subject, sizeof subject, "S:N%d", (int)id % 2);
        wr_str sql = wr_str_make("SELECT 'a\0b\n'", 13);
        const wr_registry_schema schema = {.id = 7, .text = WR_STR("\"int\"")};
        wr_known_topics known = {0};
        wr_arr_push(l.a, &known.schemas, ((wr_known_schema){"t-value", 0, &schema}));
        wr_arr_push(l.a, &known.schemas, ((wr_known_schema){"t-key", 0, NULL}));
        wr_arr_push(l.a, &known.schemas, ((wr_known_schema){"u-value", 7, &schema}));
        wr_kept k = wr_kept_make(l.a, subject, &s, &known, sql);
        k.id = id;
        assert_int_equal(wr_statement_log_put(l.db, &k, &err), WEIR_OK);
        wr_settings_free(&s);
    }
    layout_read(&l);
    assert_int_equal(l.kept.list.n, 6);
    for (size_t i = 0; i < l.kept.list.n; i++) {
        const wr_kept *k = &l.kept.list.v[i];
        assert_int_equal(k->id, i * 59);
        assert_string_equal(k->subject, i % 2 ? "S:N1" : "S:N0");
        assert_int_equal(k->sql.len, 13);
        assert_memory_equal(k->sql.ptr, "SELECT 'a\0b\n'", 13);
        assert_int_equal(k->settings.n, 2 * WR_ARRAY_LEN(odd));
        for (size_t n = 0; n < WR_ARRAY_LEN(odd); n++)
            assert_string_equal(k->settings.v[2 * n + 1], odd[n]);
        check_schemas(k, l.a);
    }
    assert_int_equal(wr_statement_log_forget(l.db, "S:N0", &err), WEIR_OK);
    assert_int_equal(wr_statement_log_forget(l.db, "S:NONE", &err), WEIR_OK);
    layout_read(&l);
    assert_int_equal(l.kept.list.n, 3);
    assert_int_equal(l.kept.list.v[0].id, 59);
    layout_free(&l);
}

/* What version 1 has written. */
static void test_version_1(void **state)
{
    (void)state;
    static const char value[] = "Q:MORE\0auto.offset.reset=earliest\nx=\n\0INSERT INTO a ...";
    layout l = layout_new();
    put_raw(&l, "statement/000000000000001f", wr_str_make(value, sizeof value));
    put_raw(&l, "statement/0000000000000020", wr_str_make("T:T\0\0DROP TYPE t", 17));
    layout_read(&l);
    assert_int_equal(l.kept.list.n, 2);
    const wr_kept *k = &l.kept.list.v[0];
    assert_int_equal(k->id, 31);
    assert_string_equal(k->subject, "Q:MORE");
    assert_string_equal(k->sql.ptr, "INSERT INTO a ...");
    assert_int_equal(k->settings.n, 4);
    assert_string_equal(k->settings.v[1], "earliest");
    assert_string_equal(k->settings.v[3], "");
    assert_int_equal(l.kept.list.v[1].settings.n, 0);
    assert_string_equal(l.kept.list.v[1].sql.ptr, "DROP TYPE t");
    layout_free(&l);
}

/* Bytes that are no entry: an error that names the key, at whatever byte they end. */
static void test_damaged(void **state)
{
    (void)state;
    static const char good[] = "\2\0\0\0\3S:A\0\0\0\4SQL;\0\0\0\1n\0\0\0\1v";
    for (size_t n = 0; n < sizeof good; n++) {
        layout l = layout_new();
        weir_error err = {0};
        put_raw(&l, "statement/0000000000000001", wr_str_make(good, n));
        weir_status st = wr_statement_log_read(l.db, l.a, &l.kept, &err);
        /* Whole at its end, and where no settings have come yet. */
        bool whole = n == sizeof good - 1 || n == 16;
        assert_int_equal(st, whole ? WEIR_OK : WEIR_ERR_STORE);
        if (!whole)
            assert_non_null(strstr(err.message, "statement/0000000000000001"));
        layout_free(&l);
    }
    static const struct {
        const char *key;
        wr_str value;
    } bad[] = {
        {"statement/000000000000000x", WR_STR("S:A\0\0SQL\0")},
        {"statement/1", WR_STR("S:A\0\0SQL\0")},
        {"statement/0000000000000001", WR_STR("\3S:A")},                 /* a version to come */
        {"statement/0000000000000001", WR_STR("S:A")},                   /* version 1, cut */
        {"statement/0000000000000001", WR_STR("\2\xff\xff\xff\xffS:A")}, /* beyond the end */
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(bad); i++) {
        layout l = layout_new();
        weir_error err = {0};
        put_raw(&l, bad[i].key, bad[i].value);
        assert_int_equal(wr_statement_log_read(l.db, l.a, &l.kept, &err), WEIR_ERR_STORE);
        layout_free(&l);
    }
}

/* ---- through weir.h ---- */

/* A line break in a setting does not end those after it. */
static void test_line_break(void **state)
{
    (void)state;
    weir *w = open_local();
    RUN(w, "SET 'consumer.client.rack' = 'a\nb=c'; SET 'ksql.persistence.default.format.value' = "
           "'JSON';");
    RUN(w, "CREATE STREAM nums (id INT KEY, v INT) WITH (KAFKA_TOPIC='nums', PARTITIONS=1);");
    close_it(w);
    w = open_local();
    RUN(w, "INSERT INTO nums VALUES (1, 2);");
    ROWS(w, "SELECT v FROM nums;", "2 ");
    close_it(w);
}

static weir_status try_open(weir **w, const char *skip, weir_error *err)
{
    const char *const settings[] = {"auto.offset.reset", "earliest",
                                    skip ? "weir.statements.skip" : NULL, skip, NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    o.data_dir = dir;
    o.settings = settings;
    return weir_open(&o, w, err);
}

/* Statement 1 says nothing of partitions, so it needs the topic, which somebody deletes. */
static void lose_topic(void)
{
    weir *w = open_local();
    RUN(w, "CREATE STREAM owner (id INT KEY, v INT) WITH (KAFKA_TOPIC='nums', PARTITIONS=1, "
           "VALUE_FORMAT='JSON');");
    RUN(w, "CREATE STREAM nums (id INT KEY, v INT) WITH (KAFKA_TOPIC='nums', "
           "VALUE_FORMAT='JSON');");
    RUN(w, "CREATE TABLE counts AS SELECT id, COUNT(*) AS n FROM nums GROUP BY id;");
    RUN(w, "CREATE STREAM other (id INT KEY, v INT) WITH (KAFKA_TOPIC='other', PARTITIONS=1, "
           "VALUE_FORMAT='JSON');");
    RUN(w, "CREATE STREAM copy AS SELECT * FROM other;");
    RUN(w, "INSERT INTO nums VALUES (1, 2); INSERT INTO other VALUES (1, 2);");
    drain(w);
    RUN(w, "DROP STREAM owner DELETE TOPIC;");
    close_it(w);
}

static void test_refused(void **state)
{
    (void)state;
    weir *w;
    weir_error err = {0};
    lose_topic();
    /* Clear, the same every time, and nothing is lost by it. */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(try_open(&w, NULL, &err), WEIR_ERR_STATEMENT);
        assert_null(w);
        assert_non_null(strstr(err.message, "Statement 1 of an earlier session cannot be executed "
                                            "again: Topic 'nums' does not exist"));
        assert_non_null(strstr(err.message, "CREATE STREAM nums (id INT KEY, v INT)"));
        assert_non_null(strstr(err.hint, "weir.statements.skip=1"));
    }
    /* What is made of it cannot be there either. */
    assert_int_equal(try_open(&w, "1", &err), WEIR_ERR_STATEMENT);
    assert_non_null(strstr(err.message, "Statement 2 of an earlier session"));
    assert_int_equal(try_open(&w, "1,2", &err), WEIR_OK);
    ROWS(w, "SHOW TABLES;", "");
    ROWS(w, "SELECT v FROM copy;", "2 "); /* the others are there */
    close_it(w);
    assert_int_equal(try_open(&w, NULL, &err), WEIR_ERR_STATEMENT); /* still kept */
    /* With the topic back, everything is as before: the count has gone on. */
    weir_options o = WEIR_OPTIONS_INIT;
    o.data_dir = dir;
    o.ephemeral_catalog = true;
    assert_int_equal(weir_open(&o, &w, &err), WEIR_OK);
    assert_int_equal(weir_topic_create(w, "nums", 1, &err), WEIR_OK);
    close_it(w);
    assert_int_equal(try_open(&w, NULL, &err), WEIR_OK);
    ROWS(w, "SELECT * FROM counts;", "1|1 ");
    close_it(w);
}

static void test_skipped_dropped(void **state)
{
    (void)state;
    weir *w;
    weir_error err = {0};
    lose_topic();
    assert_int_equal(try_open(&w, "1 2", &err), WEIR_OK);
    REFUSE(w, "DROP STREAM nothing;", WEIR_ERR_NOT_FOUND, "NOTHING does not exist");
    RUN(w, "DROP TABLE counts; DROP STREAM IF EXISTS nums;");
    REFUSE(w, "DROP STREAM nums;", WEIR_ERR_NOT_FOUND, "NUMS does not exist");
    /* Numbers that were skipped are not given to others. */
    RUN(w, "CREATE STREAM second AS SELECT * FROM other; EXPLAIN CSAS_SECOND_5;");
    close_it(w);
    assert_int_equal(try_open(&w, NULL, &err), WEIR_OK);
    ROWS(w, "SELECT v FROM second;", "2 ");
    close_it(w);
}

/* What TERMINATE ALL ended is kept query by query: ALL, executed again, would also end what another
 * thread's statement made between its plan and its note. */
static void test_terminate_all(void **state)
{
    (void)state;
    static const char *const ends[] = {"TERMINATE `CSAS_odd-name_3`", "TERMINATE CSAS_COPY_1"};
    weir *w = open_local();
    RUN(w, "CREATE STREAM nums (id INT KEY, v INT) WITH (KAFKA_TOPIC='nums', PARTITIONS=1, "
           "VALUE_FORMAT='JSON');");
    RUN(w, "CREATE STREAM copy AS SELECT * FROM nums; INSERT INTO copy SELECT * FROM nums;");
    RUN(w, "CREATE STREAM `odd-name` WITH (KAFKA_TOPIC='odd') AS SELECT * FROM nums;");
    RUN(w, "TERMINATE ALL;");
    close_it(w);
    char path[400];
    snprintf(path, sizeof path, "%s/db", dir);
    wr_db_options options = wr_db_options_default();
    layout l = {.a = wr_arena_new(0)};
    weir_error err = {0};
    assert_int_equal(wr_db_open(path, &options, &l.db, &err), WEIR_OK);
    layout_read(&l);
    size_t found = 0;
    for (size_t i = 0; i < l.kept.list.n; i++)
        if (strncmp(l.kept.list.v[i].sql.ptr, "TERMINATE", 9) == 0) {
            assert_true(found < WR_ARRAY_LEN(ends));
            assert_string_equal(l.kept.list.v[i].sql.ptr, ends[found++]);
        }
    assert_int_equal(found, WR_ARRAY_LEN(ends));
    layout_free(&l);
    w = open_local(); /* and it can be executed again */
    ROWS(w, "SHOW QUERIES;", "");
    RUN(w, "DROP STREAM copy; DROP STREAM `odd-name`;");
    close_it(w);
}

/* ---- what weir_open takes ---- */

static void test_options(void **state)
{
    (void)state;
    weir *w;
    weir_error err = {0};
    static const struct {
        size_t size;
        int log;
        const char *message;
    } bad[] = {
        {0, WEIR_LOG_MEMORY, "weir_options.size is 0"},
        {sizeof(size_t), WEIR_LOG_MEMORY, "weir_options.size is"},
        {(size_t)-1, WEIR_LOG_MEMORY, "weir_options.size is"},
        {sizeof(weir_options), 3, "weir_options.log is 3"},
        {sizeof(weir_options), -1, "which is no weir_log"},
        {sizeof(weir_options), 1 << 30, "which is no weir_log"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(bad); i++) {
        weir_options o = WEIR_OPTIONS_INIT;
        o.size = bad[i].size;
        o.log = (weir_log)bad[i].log;
        w = (weir *)&o;
        assert_int_equal(weir_open(&o, &w, &err), WEIR_ERR_MISUSE);
        assert_null(w);
        if (!strstr(err.message, bad[i].message))
            fail_msg("%s\nexpected %s", err.message, bad[i].message);
    }
    /* A longer struct, of a newer header: fine while what we do not know is 0. */
    struct {
        weir_options o;
        char more[64];
    } longer = {.o = WEIR_OPTIONS_INIT};
    longer.o.size = sizeof longer;
    longer.o.log = WEIR_LOG_MEMORY;
    assert_int_equal(weir_open(&longer.o, &w, &err), WEIR_OK);
    close_it(w);
    longer.more[63] = 1;
    assert_int_equal(weir_open(&longer.o, &w, &err), WEIR_ERR_MISUSE);
    /* A shorter one, of an older header. */
    weir_options o = WEIR_OPTIONS_INIT;
    o.size = offsetof(weir_options, data_dir);
    o.log = WEIR_LOG_MEMORY;
    assert_int_equal(weir_open(&o, &w, &err), WEIR_OK);
    close_it(w);
}

static void test_records(void **state)
{
    (void)state;
    weir *w = open_memory();
    weir_error err = {0};
    static const char *const keys[] = {NULL};
    const weir_record bad[] = {
        {.timestamp = -1, .partition = -1},
        {.topic = "", .timestamp = -1, .partition = -1},
        {.topic = "t", .value = "", .value_len = (size_t)UINT32_MAX + 1, .partition = -1},
        {.topic = "t", .key = "", .key_len = (size_t)-1, .partition = -1},
        {.topic = "t", .headers_n = 1, .partition = -1},
        {.topic = "t", .headers_n = (size_t)-1, .header_keys = keys, .partition = -1},
    };
    assert_int_equal(weir_topic_create(w, "t", 2, &err), WEIR_OK);
    for (size_t i = 0; i < WR_ARRAY_LEN(bad); i++) {
        weir_status st = weir_produce(w, &bad[i], 1, &err);
        assert_true(st == WEIR_ERR_MISUSE || st == WEIR_ERR_LIMIT);
    }
    weir_record r = {.topic = "t", .value = "v", .value_len = 1, .timestamp = -1, .partition = 2};
    assert_int_equal(weir_produce(w, &r, 1, &err), WEIR_ERR_MISUSE);
    r.topic = "none";
    assert_int_equal(weir_produce(w, &r, 1, &err), WEIR_ERR_NOT_FOUND);
    assert_int_equal(weir_topic_create(w, "", 1, &err), WEIR_ERR_MISUSE);
    assert_int_equal(weir_topic_create(w, NULL, 1, &err), WEIR_ERR_MISUSE);
    assert_int_equal(weir_topic_create(w, "u", 0, &err), WEIR_ERR_MISUSE);
    assert_int_equal(weir_topic_create(w, "u", -7, &err), WEIR_ERR_MISUSE);
    /* A statement with a 0 byte in it, and one that is longer than any. */
    weir_stmt *s;
    assert_int_equal(weir_prepare(w, "SELECT\0 1;", 10, &s, NULL, &err), WEIR_ERR_SYNTAX);
    size_t long_n = (size_t)3 << 20;
    char *text = wr_malloc(long_n);
    memset(text, 'a', long_n);
    assert_int_equal(weir_prepare(w, text, (ptrdiff_t)long_n, &s, NULL, &err), WEIR_ERR_LIMIT);
    wr_free(text);
    close_it(w);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_round_trip),      TEST(test_damaged_schemas), TEST(test_version_1),
        TEST(test_damaged),         TEST(test_line_break),      TEST(test_refused),
        TEST(test_skipped_dropped), TEST(test_terminate_all),   TEST(test_options),
        TEST(test_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
