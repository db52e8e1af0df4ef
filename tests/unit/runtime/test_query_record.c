/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a data directory keeps of queries and of services: layouts, bytes of other versions, what is
 * there after commits and replacements, and an opening whose state means something else.
 */
#include "api_helper.h"

#include "runtime/api/api_internal.h"
#include "runtime/instance/query_list.h"
#include "runtime/instance/service_log.h"
#include "runtime/query/query_internal.h"

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

/* ---- the bytes of a record ---- */

static void test_bytes(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    wr_query_record in = {
        .sql = "CREATE ...", .meaning = "a: b\n", .sink = "O", .program = "f.sql"};
    wr_query_record out = {0};
    wr_buf bytes = {0};
    for (int i = 0; i < 3; i++) {
        wr_query_changelog c = {wr_arena_printf(a, "log-%d", i), i * 1000};
        const char *store = wr_arena_printf(a, "q/%d", i), *topic = wr_arena_printf(a, "t%d", i);
        wr_arr_push(a, &in.changelogs, c);
        wr_arr_push(a, &in.stores, store);
        wr_arr_push(a, &in.topics, topic);
    }
    wr__query_record_put(&in, &bytes);
    assert_true(wr__query_record_parse(a, wr_buf_view(&bytes), &out));
    assert_string_equal(out.sql, in.sql);
    assert_string_equal(out.meaning, in.meaning);
    assert_string_equal(out.sink, in.sink);
    assert_string_equal(out.program, in.program);
    assert_int_equal(out.stores.n, 3);
    assert_int_equal(out.topics.n, 3);
    assert_int_equal(out.changelogs.n, 3);
    assert_string_equal(out.stores.v[2], "q/2");
    assert_string_equal(out.topics.v[1], "t1");
    assert_string_equal(out.changelogs.v[2].topic, "log-2");
    assert_int_equal(out.changelogs.v[2].partitions, 2000);
    /* An entry of a newer version is passed over. */
    wr_buf_putc(&bytes, 'z');
    wr_buf_be32(&bytes, 2);
    wr_buf_puts(&bytes, "??");
    assert_true(wr__query_record_parse(a, wr_buf_view(&bytes), &out));
    /* Cut anywhere but between entries it is none, and nothing outside is read. */
    size_t whole = 0;
    for (uint32_t n = 0; n < bytes.len; n++) {
        char *cut = wr_arena_memdup(a, bytes.ptr, n ? n : 1);
        wr_query_record part = {0};
        whole += wr__query_record_parse(a, wr_str_make(cut, n), &part);
    }
    assert_int_equal(whole, 1 + 4 + 9); /* after the version, and after each entry but the last */
    wr_buf_free(&bytes);
    wr_arena_free(a);
}

static void test_foreign_bytes(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    wr_query_record out = {0};
    static const char zero[] = {2, 'S', 0, 0, 0, 2, 'x', 0};
    static const char large[] = {2, 'S', (char)255, (char)255, (char)255, (char)255, 'x'};
    static const char negative[] = {2, 'C', 0, 0, 0, 5, (char)255, 0, 0, 0, 't'};
    assert_true(wr__query_record_parse(a, WR_STR("1"), &out)); /* of an older version */
    assert_string_equal(out.meaning, "");
    assert_false(wr__query_record_parse(a, WR_STR(""), &out));
    assert_false(wr__query_record_parse(a, WR_STR("\003"), &out));
    assert_false(wr__query_record_parse(a, WR_STR("2"), &out));
    assert_false(wr__query_record_parse(a, wr_str_make(zero, sizeof zero), &out));
    assert_false(wr__query_record_parse(a, wr_str_make(large, sizeof large), &out));
    assert_false(wr__query_record_parse(a, wr_str_make(negative, sizeof negative), &out));
    wr_rng rng;
    wr_rng_seed(&rng, 7);
    for (int i = 0; i < 20000; i++) {
        char bytes[40];
        uint32_t n = (uint32_t)wr_rng_below(&rng, sizeof bytes);
        for (uint32_t k = 0; k < n; k++)
            bytes[k] = (char)wr_rng_below(&rng, k % 6 == 0 ? 256 : 4);
        bytes[0] = 2;
        (void)wr__query_record_parse(a, wr_str_make(bytes, n), &out);
    }
    wr_arena_free(a);
}

/* ---- records of queries ---- */

#define SOURCE                                                                                     \
    "CREATE STREAM a (k INT KEY, v INT) WITH (KAFKA_TOPIC='a', PARTITIONS=1, "                     \
    "VALUE_FORMAT='JSON');"

static wr_query_records read_records(weir *w, wr_arena *a)
{
    wr_query_records all;
    weir_error err;
    if (wr_query_records_read(w->engine ? wr_engine_db(w->engine) : NULL,
                              wr_engine_prefix(w->engine), a, &all, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    return all;
}

/* With the first commit, not before; another statement under the id with its first one. */
static void test_written_with_commits(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    weir *w = open_with(WEIR_LOG_LOCAL, dir, true);
    RUN(w, SOURCE "CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM a GROUP BY k;");
    assert_int_equal(read_records(w, a).list.n, 0);
    RUN(w, "INSERT INTO a VALUES (1, 1);");
    drain(w);
    wr_query_records all = read_records(w, a);
    assert_int_equal(all.list.n, 1);
    const wr_query_record *r = &all.list.v[0];
    assert_string_equal(r->id, "CTAS_T_1");
    assert_string_equal(r->sink, "T");
    assert_string_equal(r->program, "");
    assert_int_equal(r->stores.n, 1);
    assert_string_equal(r->stores.v[0], "CTAS_T_1/Aggregate");
    assert_int_equal(r->changelogs.n, 0); /* the embedded log has none */
    assert_non_null(strstr(r->sql, "COUNT(*)"));
    assert_non_null(strstr(r->meaning, "state: Aggregate\n  store: states, key-value\n"));
    assert_non_null(strstr(r->meaning, "source: STREAM a, KAFKA key, JSON value\n"));
    assert_non_null(strstr(r->meaning, "sink: T, KAFKA key, JSON value\n"));
    assert_ptr_equal(wr_query_record_find(&all, "CTAS_T_1"), r);
    assert_null(wr_query_record_find(&all, "CTAS_T_2"));
    RUN(w, "CREATE OR REPLACE TABLE t AS SELECT k, COUNT(*) AS n FROM a WHERE k < 7 GROUP BY k;"
           "INSERT INTO a VALUES (1, 9);");
    drain(w);
    all = read_records(w, a);
    assert_int_equal(all.list.n, 1);
    assert_non_null(strstr(all.list.v[0].sql, "k < 7"));
    RUN(w, "TERMINATE CTAS_T_1;");
    assert_int_equal(read_records(w, a).list.n, 0);
    close_it(w);
    wr_arena_free(a);
}

/* One that cannot be read is not taken for none. */
static void test_unreadable(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    wr_query_records all;
    weir_error err = {0};
    wr_db *db = wr_db_open_memory();
    wr_db_batch *b = wr_db_batch_new(db);
    wr_db_batch_meta_put(b, WR_STR("query/p_A"), WR_STR("1"));
    wr_db_batch_meta_put(b, WR_STR("query/p_B"), WR_STR("\003new"));
    wr_db_batch_meta_put(b, WR_STR("query/q_C"), WR_STR("1"));
    assert_int_equal(wr_db_write(db, b, &err), WEIR_OK);
    wr_db_batch_free(b);
    assert_int_equal(wr_query_records_read(db, "p_", a, &all, &err), WEIR_ERR_STORE);
    assert_non_null(strstr(err.message, "query B"));
    assert_int_equal(wr_query_records_read(db, "q_", a, &all, &err), WEIR_OK);
    assert_int_equal(all.list.n, 1);
    assert_string_equal(all.list.v[0].id, "C");
    wr_db_close(db);
    wr_arena_free(a);
}

/* State that means something else to the statement as it is planned now, as after an upgrade: the
 * opening fails before any query runs, and reset helps. */
static void test_opening_checks_states(void **state)
{
    (void)state;
    weir_error err = {0};
    weir *w = open_with(WEIR_LOG_LOCAL, dir, true);
    RUN(w, SOURCE "CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM a GROUP BY k;"
                  "INSERT INTO a VALUES (1, 1);");
    drain(w);
    wr_db *db = wr_engine_db(w->engine);
    wr_db_batch *b = wr_db_batch_new(db);
    assert_int_equal(wr_db_batch_store_meaning_put(b, WR_STR("CTAS_T_1/Aggregate"),
                                                   WR_STR("store: of another version\n"), &err),
                     WEIR_OK);
    assert_int_equal(wr_db_write_durable(db, b, &err), WEIR_OK);
    wr_db_batch_free(b);
    close_it(w);
    weir_options o = WEIR_OPTIONS_INIT;
    o.data_dir = dir;
    assert_int_equal(weir_open(&o, &w, &err), WEIR_ERR_CONFIG);
    assert_non_null(strstr(err.message, "Nothing was started: the state of query CTAS_T_1"));
    assert_non_null(strstr(err.message, "was of another version"));
    assert_non_null(strstr(err.hint, "weir reset CTAS_T_1"));
    o.ephemeral_catalog = true;
    assert_int_equal(weir_open(&o, &w, &err), WEIR_OK);
    assert_int_equal(weir_reset_query(w, "CTAS_T_1", false, &err), WEIR_OK);
    close_it(w);
    w = open_with(WEIR_LOG_LOCAL, dir, true);
    drain(w);
    ROWS(w, "SELECT * FROM t;", "1|1 ");
    close_it(w);
}

/* ---- statements of services ---- */

static void put_one(wr_service_statements *s, wr_arena *a, const char *subject, const char *sql)
{
    wr_settings none;
    wr_buf bytes = {0};
    wr_settings_init(&none, NULL);
    const wr_kept k = wr_kept_make(a, subject, &none, &(wr_known_topics){0}, wr_str_c(sql));
    wr_kept_put(&bytes, &k);
    wr_service_statement one = {subject,
                                wr_str_make(wr_arena_memdup(a, bytes.ptr, bytes.len), bytes.len)};
    wr_arr_push(a, &s->list, one);
    wr_buf_free(&bytes);
    wr_settings_free(&none);
}

/* "program subject sql;" of all. */
static void check_service_log(wr_db *db, const char *expected)
{
    wr_arena *a = wr_arena_new(0);
    wr_service_list all;
    weir_error err;
    wr_buf text = {0};
    assert_int_equal(wr_service_log_read(db, a, &all, &err), WEIR_OK);
    for (size_t i = 0; i < all.list.n; i++)
        wr_buf_printf(&text, "%s %s %s;", all.list.v[i].program, all.list.v[i].statement.subject,
                      all.list.v[i].statement.sql.ptr);
    assert_string_equal(wr_buf_cstr(&text), expected);
    wr_buf_free(&text);
    wr_arena_free(a);
}

static void test_service_log(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(0);
    weir_error err;
    wr_db *db = wr_db_open_memory();
    check_service_log(db, "");
    wr_service_statements one = {0}, two = {0}, other = {0};
    put_one(&one, a, "S:A", "one");
    put_one(&one, a, "S:B", "two");
    put_one(&two, a, "S:B", "three");
    put_one(&other, a, "S:B", "four");
    put_one(&other, a, "S:C", "five");
    assert_int_equal(wr_service_log_replace(db, "f", &one, &err), WEIR_OK);
    check_service_log(db, "f S:A one;f S:B two;");
    /* A program is replaced as a whole. */
    assert_int_equal(wr_service_log_replace(db, "f", &two, &err), WEIR_OK);
    check_service_log(db, "f S:B three;");
    /* A name is that of the program that ran last. */
    assert_int_equal(wr_service_log_replace(db, "g", &other, &err), WEIR_OK);
    check_service_log(db, "g S:B four;g S:C five;");
    assert_int_equal(wr_service_log_clear(db, &err), WEIR_OK);
    check_service_log(db, "");
    wr_db_batch *b = wr_db_batch_new(db);
    wr_db_batch_meta_put(b, WR_STR("service/0000000000000001/00000000"), WR_STR("x"));
    assert_int_equal(wr_db_write(db, b, &err), WEIR_OK);
    wr_db_batch_free(b);
    wr_service_list all;
    assert_int_equal(wr_service_log_read(db, a, &all, &err), WEIR_ERR_STORE);
    wr_db_close(db);
    wr_arena_free(a);
}

/* ---- reading nothing ---- */

static void test_before_start(void **state)
{
    (void)state;
    weir *w = open_with(WEIR_LOG_LOCAL, dir, true);
    weir_metrics m = {.size = sizeof m};
    RUN(w, SOURCE "INSERT INTO a VALUES (1, 1); INSERT INTO a VALUES (2, 2);"
                  "CREATE STREAM all_ AS SELECT * FROM a;");
    drain(w);
    weir_metrics_read(w, &m);
    assert_int_equal(m.before_start, 0);
    RUN(w, "SET 'auto.offset.reset' = 'latest'; CREATE STREAM late AS SELECT * FROM a;"
           "INSERT INTO a VALUES (3, 3);");
    drain(w);
    weir_metrics_read(w, &m);
    assert_int_equal(m.before_start, 2);
    ROWS(w, "SELECT k FROM late;", "3 ");
    weir_stmt *s = prepare(w, "DESCRIBE late EXTENDED;"), *section = NULL;
    while (weir_step(s, 0, NULL) == WEIR_ROW)
        ;
    for (int i = 0; i < weir_section_count(s); i++)
        if (strcmp(weir_section_name(weir_section(s, i)), "statistics") == 0)
            section = weir_section(s, i);
    assert_non_null(section);
    assert_int_equal(weir_step(section, 0, NULL), WEIR_ROW);
    bool found = false;
    for (int i = 0; i < weir_column_count(section); i++) {
        if (strcmp(weir_column_name(section, i), "BEFORE_START") != 0)
            continue;
        assert_int_equal(weir_column_int64(section, i), 2);
        found = true;
    }
    assert_true(found);
    weir_finalize(s);
    close_it(w);
    /* It has offsets now: nothing is left out when it goes on. */
    w = open_with(WEIR_LOG_LOCAL, dir, true);
    drain(w);
    weir_metrics_read(w, &m);
    assert_int_equal(m.before_start, 0);
    close_it(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_foreign_bytes),
        cmocka_unit_test_setup_teardown(test_written_with_commits, setup, teardown),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test_setup_teardown(test_opening_checks_states, setup, teardown),
        cmocka_unit_test(test_service_log),
        cmocka_unit_test_setup_teardown(test_before_start, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
