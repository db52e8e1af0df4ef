/* SPDX-License-Identifier: Apache-2.0 */
/* Servers of a service: what they say of themselves, who is asked, and answers in pieces. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/cluster/cluster.h"
#include "server/cluster/row_answer.h"
#include "server/cluster/server_record.h"
#include "server/cluster/servers.h"
#include "server/query/row_frame.h"

static wr_arena *arena;
static const wr_schema *schema; /* ID STRING, V BIGINT */

static int setup(void **state)
{
    (void)state;
    arena = wr_arena_new(0);
    const wr_column cols[] = {{"ID", &wr_type_string, WR_COL_VALUE, NULL},
                              {"V", &wr_type_bigint, WR_COL_VALUE, NULL}};
    schema = wr_schema_new(arena, cols, 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr_arena_free(arena);
    return 0;
}

/* ---- records ---- */

#define SIXTEEN            "0123456789abcdef"
#define OF_SERVER(url, id) "{\"weir\":1,\"url\":\"" url "\",\"id\":\"" id "\",\"queries\":{}}"

static void test_record(void **state)
{
    (void)state;
    wr_buf out = {0};
    wr__server_part parts[] = {{0, true, 0}, {3, true, 0}, {1, false, 17}};
    wr__server_query query = {"CTAS_T_1", parts, 3};
    const wr__server_record r = {"http://a.example:8088", "id", false, &query, 1, "{\"x\":[1]}"};
    wr__server_record again;
    wr__server_record_put(&out, &r);
    assert_string_equal(wr_buf_cstr(&out),
                        "{\"weir\":1,\"url\":\"http://a.example:8088\",\"id\":\"id\",\"queries\":{"
                        "\"CTAS_T_1\":{\"active\":[0,3],\"standby\":[[1,17]]}},"
                        "\"status\":{\"x\":[1]}}");
    assert_true(wr__server_record_parse(arena, wr_buf_view(&out), &again));
    assert_int_equal(again.queries[0].n, 3);
    assert_int_equal(again.queries[0].parts[2].behind, 17);
    assert_string_equal(again.status, "{\"x\":[1]}");
    wr_buf_free(&out);
    static const char *const wrong[] = {
        OF_SERVER("http://a.example:1", SIXTEEN SIXTEEN SIXTEEN SIXTEEN),
        OF_SERVER("http://a.example:1", "\\u0000"),
        OF_SERVER("http://a.example:1", "x\\u0000y"),
        OF_SERVER("http://a.example\\u0000:1", "x"),
        OF_SERVER("http://", "x"),
        OF_SERVER("https:"
                  "///a.example",
                  "x"),
        "",
        "{}",
        "[]",
        "{\"weir\":2,\"url\":\"http://a.example:1\",\"id\":\"x\",\"queries\":{}}",
        "{\"weir\":1,\"url\":\"file:///etc/passwd\",\"id\":\"x\",\"queries\":{}}",
        "{\"weir\":1,\"url\":\"http://a.example:1\",\"id\":\"\",\"queries\":{}}",
        "{\"weir\":1,\"url\":\"http://a.example:1\",\"id\":\"x\"}",
        "{\"weir\":1,\"url\":\"http://"
        "a.example:1\",\"id\":\"x\",\"queries\":{\"Q\":{\"active\":[-1]}}}",
        "{\"weir\":1,\"url\":\"http://"
        "a.example:1\",\"id\":\"x\",\"queries\":{\"Q\":{\"standby\":[[1]]}}}"};
    for (size_t i = 0; i < WR_ARRAY_LEN(wrong); i++)
        if (wr__server_record_parse(arena, wr_str_c(wrong[i]), &again))
            fail_msg("%s", wrong[i]);
}

/* The longest names there may be, and members that another version may have. */
static void test_records_that_are_good(void **state)
{
    (void)state;
    static const char *const good[] = {
        OF_SERVER("http://a.example:1", SIXTEEN SIXTEEN SIXTEEN "0123456789abcde"),
        OF_SERVER("https://[::1]:8088/", "x"),
        ("{\"more\":[{}],\"queries\":{\"Q\":{\"active\":[],\"paused\":true}},\"id\":\"x\","
         "\"url\":\"http://a.example:1\",\"status\":17,\"ended\":\"true\",\"weir\":1}"),
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(good); i++) {
        wr__server_record r;
        if (!wr__server_record_parse(arena, wr_str_c(good[i]), &r))
            fail_msg("%s", good[i]);
        assert_false(r.ended);
        assert_null(r.status);
    }
}

#define NO_HOST                                                                                    \
    "http:"                                                                                        \
    "//"

static void test_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool good;
    } cases[] = {
        {"http://a.example:8088", true},
        {"https://a.example:8088/", true},
        {"http://127.0.0.1:1", true},
        {"http://[::1]:65535", true},
        {"", false},
        {"a.example:8088", false},
        {"ftp://a.example:8088", false},
        {"HTTP//a.example:8088", false},
        {"http://a.example", false},
        {"http://a.example:", false},
        {NO_HOST ":8088", false},
        {"http://a.example:0", false},
        {"http://a.example:65536", false},
        {"http://a.example:-1", false},
        {"http://a.example:80x", false},
        {"http://a.example:8088/x", false},
        {"http://a.example:8088//", false},
        {NO_HOST "0.0.0.0:8088", false}, /* it is nowhere */
        {NO_HOST "[::]:8088", false},
        {"http://[::1]", false},
        {"http://a.example/b:80", false},
        {"http://a.example?b:80", false},
        {"http://a.example#b:80", false},
        {"http://a.example b:80", false},
        {"http://me@a.example:80", false}, /* it would be shown to everybody */
        {"http://a.example:80\n", false},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        weir_error err = {0};
        weir_status st = wr_cluster_check_url(cases[i].url, &err);
        if ((st == WEIR_OK) != cases[i].good)
            fail_msg("'%s': %d", cases[i].url, (int)st);
        if (st == WEIR_OK)
            continue;
        assert_int_equal(st, WEIR_ERR_CONFIG);
        assert_non_null(strstr(err.message, "ksql.advertised.listener"));
        assert_non_null(strstr(err.hint, "http://"));
    }
}

/* ---- servers ---- */

static wr_clock_manual now;
static wr_settings settings;

static wr__servers *servers_new(const char *heartbeat)
{
    wr_clock_manual_init(&now, 1000000);
    wr_settings_init(&settings, NULL);
    wr_settings_put(&settings, "ksql.heartbeat.enable", heartbeat);
    return wr__servers_new(&now.base, &settings, 10000);
}

static void servers_end(wr__servers *s)
{
    wr__servers_free(s);
    wr_settings_free(&settings);
}

static void pass(int64_t ms)
{
    now.now_ms += ms;
}

static bool hear(wr__servers *s, const char *url, const char *id, wr__server_part part, bool ended)
{
    wr__server_query query = {"Q", &part, 1};
    const wr__server_record r = {url, id, ended, &query, 1, NULL};
    return wr__servers_hear(s, &r);
}

static const char *first(wr__servers *s, int32_t partition, int64_t behind_max, uint32_t expected)
{
    wr__server_choice *list;
    uint32_t n = wr__servers_choices(s, arena, "Q", partition, behind_max, &list);
    assert_int_equal(n, expected);
    return n ? list[0].id : NULL;
}

/* Who has it active comes first, then the nearest copy that is near enough. */
static void test_choices(void **state)
{
    (void)state;
    wr__servers *s = servers_new("false");
    assert_true(wr__servers_none(s));
    assert_true(hear(s, "http://a.example:1", "a", (wr__server_part){2, false, 50}, false));
    assert_true(hear(s, "http://b.example:1", "b", (wr__server_part){2, true, 0}, false));
    assert_true(hear(s, "http://c.example:1", "c", (wr__server_part){2, false, 5}, false));
    assert_false(hear(s, "http://c.example:1", "c", (wr__server_part){2, false, 5}, false));
    assert_string_equal(first(s, 2, -1, 1), "b");
    assert_string_equal(first(s, 2, 5, 2), "b");
    assert_string_equal(first(s, 2, 50, 3), "b");
    assert_null(first(s, 1, 50, 0));
    assert_false(hear(s, "http://b.example:1", "b", (wr__server_part){0}, true)); /* it goes */
    assert_string_equal(first(s, 2, 50, 2), "c");
    /* Another process at the address of one that had no time to say that it goes. */
    assert_true(hear(s, "http://c.example:1", "c2", (wr__server_part){3, true, 0}, false));
    assert_string_equal(first(s, 2, 50, 1), "a");
    assert_string_equal(first(s, 3, -1, 1), "c2");
    /* The end of the one before is late, and is not the end of this one. */
    assert_false(hear(s, "http://c.example:1", "c", (wr__server_part){0}, true));
    assert_string_equal(first(s, 3, -1, 1), "c2");
    pass(10001);
    assert_true(wr__servers_none(s));
    servers_end(s);
}

static void test_heartbeats(void **state)
{
    (void)state;
    wr__servers *s = servers_new("true"); /* 100 ms each, 3 may be missed, the first within 2 s */
    hear(s, "http://a.example:1", "a", (wr__server_part){0, true, 0}, false);
    pass(1999);
    assert_true(wr__servers_is_alive(s, "a"));
    pass(2);
    assert_null(first(s, 0, -1, 0));
    wr__servers_beat(s, "a.example:1");
    wr__servers_beat(s, "nobody:1");
    assert_string_equal(first(s, 0, -1, 1), "a");
    pass(400);
    assert_true(wr__servers_is_alive(s, "a"));
    pass(1);
    assert_false(wr__servers_is_alive(s, "a"));
    assert_false(wr__servers_none(s)); /* dead, but known: its partitions are somewhere */
    wr__servers_lags(s, "a.example:1", wr_str_c("{\"x\":1}"));
    wr__server_info *list;
    assert_int_equal(wr__servers_all(s, arena, &list), 1);
    assert_string_equal(list[0].lags, "{\"x\":1}");
    assert_false(list[0].alive);
    servers_end(s);
}

/* ---- servers that come and go as it happens, beside a list of what was said ---- */

enum { HOSTS = 6, PARTS = 4, ROUNDS = 3000 };

typedef struct said {
    bool known;
    int id;                              /* of the process at this address: counted */
    int64_t heard_ms, first_ms, beat_ms; /* beat_ms -1: none yet */
    struct {
        bool has, active;
        int64_t behind;
    } parts[PARTS];
} said;

static said model[HOSTS];

static void say_so(wr__servers *s, int host, bool ended)
{
    said *m = &model[host];
    wr__server_part parts[PARTS];
    wr__server_query query = {"Q", parts, 0};
    for (int p = 0; p < PARTS; p++)
        if (m->parts[p].has)
            parts[query.n++] = (wr__server_part){p, m->parts[p].active, m->parts[p].behind};
    const wr__server_record r = {
        wr_arena_printf(arena, "http://%s:1", wr_arena_printf(arena, "h%d.example", host)),
        wr_arena_printf(arena, "p%d", m->id),
        ended,
        &query,
        1,
        NULL};
    bool is_new = wr__servers_hear(s, &r);
    assert_int_equal(is_new, !ended && !m->known);
    m->known = !ended;
    m->heard_ms = now.now_ms;
    if (is_new) {
        m->first_ms = now.now_ms;
        m->beat_ms = -1;
    }
}

static void say_anew(wr__servers *s, int host, wr_rng *rng)
{
    said *m = &model[host];
    for (int p = 0; p < PARTS; p++) {
        uint64_t as = wr_rng_next(rng) % 3;
        m->parts[p].has = as != 0;
        m->parts[p].active = as == 1;
        m->parts[p].behind = as == 1 ? 0 : (int64_t)(wr_rng_next(rng) % 20);
    }
    say_so(s, host, false);
}

static void change(wr__servers *s, wr_rng *rng)
{
    static int ids = 100;
    int host = (int)(wr_rng_next(rng) % HOSTS);
    said *m = &model[host];
    switch (wr_rng_next(rng) % 6) {
    case 0: /* another process takes the address */
        m->id = ids++;
        m->known = false;
        say_anew(s, host, rng);
        break;
    case 1:
        say_anew(s, host, rng);
        break;
    case 2:
        if (m->known && wr_rng_next(rng) % 4 == 0)
            say_so(s, host, true);
        break;
    case 3:
        wr__servers_beat(s, wr_arena_printf(arena, "h%d.example:1", host));
        if (m->known)
            m->beat_ms = now.now_ms;
        break;
    default:
        pass((int64_t)(wr_rng_next(rng) % 300));
    }
}

/* By the rules of servers.h, with the defaults of heartbeats: 100 ms each, of which 3 may be
 * missed; 2 s for the first; 10 s without a record. */
static bool model_alive(const said *m)
{
    return m->beat_ms < 0 ? now.now_ms - m->first_ms <= 2000 : now.now_ms - m->beat_ms <= 400;
}

static void compare_choices(wr__servers *s, int partition, int64_t behind_max)
{
    wr__server_choice *list;
    uint32_t n = wr__servers_choices(s, arena, "Q", partition, behind_max, &list), expected = 0;
    for (int h = 0; h < HOSTS; h++) {
        const said *m = &model[h];
        bool takes = m->known && m->parts[partition].has && model_alive(m) &&
                     (m->parts[partition].active || m->parts[partition].behind <= behind_max);
        uint32_t at = 0;
        while (at < n && strcmp(list[at].id, wr_arena_printf(arena, "p%d", m->id)) != 0)
            at++;
        assert_int_equal(at < n, takes);
        expected += takes;
    }
    assert_int_equal(n, expected); /* each once, and nobody else */
    for (uint32_t i = 1; i < n; i++) {
        assert_true(list[i - 1].active >= list[i].active);
        if (list[i - 1].active == list[i].active)
            assert_true(list[i - 1].behind <= list[i].behind);
    }
}

static void test_against_a_model(void **state)
{
    (void)state;
    wr__servers *s = servers_new("true");
    wr_rng rng;
    wr_rng_seed(&rng, 3);
    memset(model, 0, sizeof model);
    for (int h = 0; h < HOSTS; h++)
        model[h].id = h;
    for (int round = 0; round < ROUNDS; round++) {
        if (round % 500 == 499)
            pass(9000);
        bool none = true;
        for (int h = 0; h < HOSTS; h++)
            if (now.now_ms - model[h].heard_ms > 10000)
                model[h].known = false;
        change(s, &rng);
        for (int h = 0; h < HOSTS; h++) {
            if (now.now_ms - model[h].heard_ms > 10000)
                model[h].known = false;
            none = none && !model[h].known;
        }
        assert_int_equal(wr__servers_none(s), none);
        compare_choices(s, round % PARTS, (int64_t)(wr_rng_next(&rng) % 22) - 1);
        wr_arena_reset(arena);
    }
    servers_end(s);
}

/* ---- answers ---- */

static uint32_t rows, calls;
static weir_status refuse;

static weir_status take(void *arg, wr_str bytes, uint32_t n, weir_error *err)
{
    (void)arg;
    assert_true(bytes.len > 0);
    rows += n;
    calls++;
    return refuse == WEIR_OK ? WEIR_OK : wr_error(err, refuse, "nobody takes rows");
}

/* What another server sends for @p n rows. */
static void write_answer(wr_buf *out, uint32_t n)
{
    wr__row_frame *f;
    weir_error err;
    assert_int_equal(wr__row_frame_new(WR__FORM_ROWS, schema, false, &f, &err), WEIR_OK);
    wr__row_frame_header(f, out, "q", NULL);
    for (uint32_t i = 0; i < n; i++) {
        const wr_value row[] = {wr_value_str(wr_str_c("key")), wr_value_i64(i)};
        assert_int_equal(wr__row_frame_row(f, out, row, false, NULL, &err), WEIR_OK);
    }
    wr__row_frame_end(f, out, NULL);
    wr__row_frame_free(f);
}

static weir_status read_in_pieces(wr_str text, size_t piece, wr__row_answer *r, weir_error *err)
{
    rows = calls = 0;
    wr__row_answer_init(r, schema, take, NULL);
    for (size_t at = 0; at < text.len; at += piece)
        if (!wr__row_answer_take(r, text.ptr + at, WR_MIN(piece, text.len - at)))
            break;
    return wr__row_answer_finish(r, err);
}

static void test_answer_in_pieces(void **state)
{
    (void)state;
    wr_buf out = {0};
    weir_error err;
    wr__row_answer r;
    write_answer(&out, 1000);
    for (size_t piece = 1; piece < 5000; piece = piece * 3 + 1) {
        assert_int_equal(read_in_pieces(wr_buf_view(&out), piece, &r, &err), WEIR_OK);
        assert_int_equal(rows, 1000);
        assert_int_equal(calls, 1); /* few bytes: as a whole, or not at all */
        wr__row_answer_destroy(&r);
    }
    /* Cut off anywhere it is no answer, and nothing of it was handed on. */
    for (size_t n = 0; n < out.len; n += 97) {
        assert_int_not_equal(read_in_pieces(wr_str_make(out.ptr, n), 64, &r, &err), WEIR_OK);
        assert_int_equal(rows, 0);
        assert_false(r.handed);
        wr__row_answer_destroy(&r);
    }
    refuse = WEIR_ERR_INTERRUPTED;
    assert_int_equal(read_in_pieces(wr_buf_view(&out), 4096, &r, &err), WEIR_ERR_INTERRUPTED);
    assert_true(r.given_up);
    refuse = WEIR_OK;
    wr__row_answer_destroy(&r);
    wr_buf_free(&out);
}

static void test_answer_of_many(void **state)
{
    (void)state;
    wr_buf out = {0};
    weir_error err;
    wr__row_answer r;
    write_answer(&out, 60000);
    assert_int_equal(read_in_pieces(wr_buf_view(&out), 16384, &r, &err), WEIR_OK);
    assert_int_equal(rows, 60000);
    assert_true(calls > 10);
    wr__row_answer_destroy(&r);
    assert_int_not_equal(read_in_pieces(wr_str_make(out.ptr, out.len / 2), 999, &r, &err), WEIR_OK);
    assert_true(r.handed); /* so it cannot be asked for again */
    wr__row_answer_destroy(&r);
    wr_buf_free(&out);
}

static void test_answer_that_is_wrong(void **state)
{
    (void)state;
    static const char head[] = "{\"rows\":1,\"columnNames\":[\"ID\",\"V\"],"
                               "\"columnTypes\":[\"STRING\",\"BIGINT\"]}\n";
    static const struct {
        const char *rest, *why;
    } cases[] = {
        {"{\"end\":1}\n", "no row"},
        {"{\"@type\":\"generic_error\",\"error_code\":50000,\"message\":\"it is broken\"}\n",
         "it is broken"},
        {"*\n", "no row"},
        {"{\"end\":0}\nAQ==\n", "more than its rows"},
        {"{\"end\":0}", "cut off"},
    };
    weir_error err;
    wr__row_answer r;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        const char *text = wr_arena_printf(arena, "%s%s", head, cases[i].rest);
        assert_int_equal(read_in_pieces(wr_str_c(text), 7, &r, &err), WEIR_ERR_STORE);
        assert_non_null(strstr(err.message, cases[i].why));
        wr__row_answer_destroy(&r);
    }
    assert_int_equal(
        read_in_pieces(wr_str_c("{\"rows\":1,\"columnNames\":[\"ID\"]}\n"), 7, &r, &err),
        WEIR_ERR_STORE);
    assert_non_null(strstr(err.message, "another table"));
    wr__row_answer_destroy(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_record, setup, teardown),
        cmocka_unit_test_setup_teardown(test_records_that_are_good, setup, teardown),
        cmocka_unit_test_setup_teardown(test_choices, setup, teardown),
        cmocka_unit_test_setup_teardown(test_heartbeats, setup, teardown),
        cmocka_unit_test_setup_teardown(test_addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_against_a_model, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answer_in_pieces, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answer_of_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answer_that_is_wrong, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
