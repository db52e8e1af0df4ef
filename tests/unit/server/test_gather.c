/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pull query whose partitions several servers have: who is asked for what, and what comes of it
 * where they answer, refuse, break off, say nonsense, or are gone.
 *
 * The other servers are HTTP servers of this test, which answer by rules; what is here of the table
 * is what a test says that it is.
 */
#include "unit/registry/http_server.h"
#include "unit/runtime/api_helper.h"

#include "runtime/api/api_internal.h"
#include "runtime/query/query_internal.h"
#include "server/cluster/gather.h"
#include "server/query/row_frame.h"

enum { PARTITIONS = 4, PEERS = 3, WAIT_MS = 900 };
#define WAIT_TEXT "900"
#define ASKS      "POST /query-stream"
#define COPIES    "ksql.query.pull.enable.standby.reads"
#define LAG_MAX   "ksql.query.pull.max.allowed.offset.lag"

/** What one call of wr__gather is asked, and what has come of it. */
typedef struct asked {
    wr_settings settings; /* of the session */
    wr_buf got;           /* in order: "0:7 ", row 7 of server 0; "own1,2 ", read here */
    uint32_t rows_n;      /* handed on */
    bool counts_only;     /* rows are too many for `got` */
    weir_error own_says;  /* how reading here fails, once; OK: it does not */
    bool own_any;         /* ... after its first rows */
    bool takes_none;      /* nobody takes rows */
    int64_t over_at_ns;   /* monotonic: the query is closed then; 0: never */
    int leaves;           /* this server says that it ends, once it was asked; -1: none */
} asked;

static weir *w;
static wr_query_entry *entry;
static wr__servers *servers;
static wr__peer_http *http;
static wr_arena *arena;
static wr_arena *bodies;        /* of answers: servers may still send one when its test is over */
static const wr_schema *schema; /* of the rows */
static http_server peers[PEERS];
static asked now;

/* ---- the table and the servers ---- */

static weir *open_here(void)
{
    static const char *const settings[] = {"auto.offset.reset", "earliest",
                                           "weir.pull.restore.timeout.ms", WAIT_TEXT, NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir *opened;
    weir_error err;
    o.log = WEIR_LOG_MEMORY;
    o.settings = settings;
    if (weir_open(&o, &opened, &err) != WEIR_OK)
        fail_msg("open: %s", err.message);
    return opened;
}

static int make_all(void **state)
{
    (void)state;
    bodies = wr_arena_new(0);
    w = open_here();
    RUN(w, "CREATE STREAM s (k STRING KEY, v BIGINT) WITH (KAFKA_TOPIC='s', PARTITIONS=4, "
           "VALUE_FORMAT='JSON');"
           "CREATE TABLE c AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;"
           "INSERT INTO s VALUES ('a', 1);");
    EVENTUALLY_ROWS(w, "SELECT * FROM c;", "a|1 ");
    wr_engine_lock(w->engine);
    entry = wr_engine_entry_at(w->engine, 0);
    assert_true(entry && wr_query_entry_pin(entry));
    wr_engine_unlock(w->engine);
    assert_int_equal(wr_query_table_partitions(entry->query), PARTITIONS);
    for (int i = 0; i < PEERS; i++)
        assert_true(http_start(&peers[i], 0));
    return 0;
}

static int end_all(void **state)
{
    (void)state;
    for (int i = 0; i < PEERS; i++)
        http_stop(&peers[i]);
    wr_arena_free(bodies);
    wr_query_entry_unpin(w->engine, entry);
    close_it(w);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    const wr_column cols[] = {{"ID", &wr_type_string, WR_COL_VALUE, NULL},
                              {"V", &wr_type_bigint, WR_COL_VALUE, NULL}};
    arena = wr_arena_new(0);
    schema = wr_schema_new(arena, cols, 2);
    now = (asked){.leaves = -1};
    wr_settings_init(&now.settings, wr_engine_settings(w->engine));
    servers = wr__servers_new(wr_engine_clock(w->engine), &now.settings, 60000);
    http = wr__peer_http_new(&now.settings);
    for (int i = 0; i < PEERS; i++)
        http_clear(&peers[i]);
    for (int32_t p = 0; p < PARTITIONS; p++)
        wr_held_set(&entry->query->held, entry->query->held.store, p, WR_HELD_NOT);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr__peer_http_free(http);
    wr__servers_free(servers);
    wr_settings_free(&now.settings);
    wr_buf_free(&now.got);
    wr_arena_free(arena);
    return 0;
}

/* "0 2~5": it has partition 0, and a copy of 2 that is five records behind. */
static uint32_t read_parts(const char *text, wr__server_part out[PARTITIONS])
{
    uint32_t n = 0;
    for (char *at = (char *)text; *at; at += *at == ' ') {
        WR_ASSERT(n < PARTITIONS);
        out[n] = (wr__server_part){(int32_t)strtol(at, &at, 10), *at != '~', 0};
        if (!out[n].active)
            out[n].behind = strtoll(at + 1, &at, 10);
        n++;
    }
    return n;
}

static void say(int server, const char *url, const char *parts, bool ended)
{
    wr__server_part list[PARTITIONS];
    char id[2] = {(char)('0' + server), '\0'};
    wr__server_query query = {wr_query_id(entry->query), list, read_parts(parts, list)};
    const wr__server_record r = {url, id, ended, &query, 1, NULL};
    (void)wr__servers_hear(servers, &r);
}

static void has(int server, const char *parts)
{
    say(server, peers[server].url, parts, false);
}

static void has_here(const char *parts)
{
    wr__server_part list[PARTITIONS];
    wr_held *h = &entry->query->held;
    uint32_t n = read_parts(parts, list);
    for (uint32_t i = 0; i < n; i++) {
        wr_held_set(h, h->store, list[i].partition,
                    list[i].active ? WR_HELD_ACTIVE : WR_HELD_STANDBY);
        if (!list[i].active)
            wr_held_follow(wr_held_at(h, h->store, list[i].partition), 100, 100 + list[i].behind);
    }
}

/* ---- answers ---- */

/* What a server sends for rows with these numbers, until @p to; in `bodies`. */
static const char *rows(int64_t from, int64_t to)
{
    wr__row_frame *f;
    weir_error err;
    wr_buf out = {0};
    assert_int_equal(wr__row_frame_new(WR__FORM_ROWS, schema, false, &f, &err), WEIR_OK);
    wr__row_frame_header(f, &out, "q", NULL);
    for (int64_t i = from; i < to; i++) {
        const wr_value row[] = {wr_value_str(wr_str_c("key")), wr_value_i64(i)};
        assert_int_equal(wr__row_frame_row(f, &out, row, false, NULL, &err), WEIR_OK);
    }
    wr__row_frame_end(f, &out, NULL);
    wr__row_frame_free(f);
    const char *text = wr_arena_strndup(bodies, out.ptr, out.len);
    wr_buf_free(&out);
    return text;
}

static void answers(int server, int status, const char *body)
{
    http_add(&peers[server], (http_rule){.asks = ASKS, .status = status, .body = body});
}

/* ---- asking ---- */

static weir_status read_own(void *arg, const wr_pull_parts *parts, bool *any, weir_error *err)
{
    (void)arg;
    const weir_error says = now.own_says;
    now.own_says = (weir_error){0};
    *any = now.own_any;
    if (says.code != WEIR_OK) {
        *err = says;
        return says.code;
    }
    for (uint32_t i = 0; i < parts->n; i++)
        wr_buf_printf(&now.got, "%s%d", i ? "," : "own", parts->partitions[i]);
    wr_buf_putc(&now.got, ' ');
    return WEIR_OK;
}

static int server_of(const char *host)
{
    for (int i = 0; i < PEERS; i++)
        if (strcmp(peers[i].url + strlen("http://"), host) == 0)
            return i;
    fail_msg("rows of %s", host);
    return -1;
}

static weir_status take_rows(void *arg, const char *host, wr_str bytes, uint32_t n, weir_error *err)
{
    (void)arg;
    const char *p = bytes.ptr, *end = bytes.ptr + bytes.len;
    if (now.takes_none)
        return wr_error(err, WEIR_ERR_LIMIT, "the queue is full");
    int server = server_of(host);
    for (uint32_t i = 0; i < n; i++) {
        wr_value key, v;
        assert_int_equal(wr_value_decode(&wr_type_string, &p, end, arena, &key, err), WEIR_OK);
        assert_int_equal(wr_value_decode(&wr_type_bigint, &p, end, arena, &v, err), WEIR_OK);
        if (!now.counts_only)
            wr_buf_printf(&now.got, "%d:%lld ", server, (long long)v.u.i64);
    }
    assert_ptr_equal(p, end);
    now.rows_n += n;
    return WEIR_OK;
}

static int64_t mono_ns(void)
{
    wr_clock *c = wr_clock_system();
    return c->mono_ns(c);
}

/* It is asked now and then while servers are waited for: here the world changes. */
static bool over(void *arg)
{
    (void)arg;
    if (now.leaves >= 0 && http_asked(&peers[now.leaves]) > 0) {
        say(now.leaves, peers[now.leaves].url, "", true);
        now.leaves = -1;
    }
    return now.over_at_ns && mono_ns() > now.over_at_ns;
}

static weir_status ask_for(const char *sql, const char *parts, weir_error *err)
{
    wr__server_part list[PARTITIONS];
    int32_t partitions[PARTITIONS];
    uint32_t n = read_parts(parts, list);
    for (uint32_t i = 0; i < n; i++)
        partitions[i] = list[i].partition;
    const wr_peer_pull pull = {.query = entry->query,
                               .result = schema,
                               .sql = sql,
                               .settings = &now.settings,
                               .partitions = partitions,
                               .n = n,
                               .own = read_own,
                               .rows = take_rows,
                               .over = over};
    memset(err, 0, sizeof *err);
    return wr__gather(w->engine, servers, http, &pull, err);
}

static void good(const char *parts, const char *expected)
{
    weir_error err;
    weir_status st = ask_for("SELECT 1;", parts, &err);
    if (st != WEIR_OK)
        fail_msg("%s: %s", parts, err.message);
    assert_string_equal(wr_buf_cstr(&now.got), expected);
}

/* Nothing that is wrong may have been handed on: a part of the rows is none. */
static void bad(const char *parts, weir_status status, const char *message, bool retriable)
{
    weir_error err;
    weir_status st = ask_for("SELECT 1;", parts, &err);
    if (st != status || !strstr(err.message, message))
        fail_msg("%d: '%s', expected %d: '%s'", (int)st, err.message, (int)status, message);
    assert_int_equal((err.flags & WEIR_ERROR_RETRIABLE) != 0, retriable);
}

/* ---- who is asked for what ---- */

/* A request has all partitions of its server, and no partition is in two of them. */
static void test_shared_out(void **state)
{
    (void)state;
    has(0, "1 3");
    has(1, "2");
    has_here("0");
    answers(0, 200, rows(10, 12));
    answers(1, 200, rows(20, 20));
    good("0 1 2 3", "0:10 0:11 own0 ");
    assert_int_equal(http_asked(&peers[0]), 1);
    assert_int_equal(http_asked(&peers[1]), 1);
    assert_int_equal(http_asked(&peers[2]), 0);
    assert_non_null(strstr(peers[0].requests[0], "pull.partition\":\"1,3\""));
    assert_non_null(strstr(peers[1].requests[0], "pull.partition\":\"2\""));
    assert_non_null(strstr(peers[0].requests[0], "\"request.weir.server\":\"0\""));
}

/* What is here is read here, whatever others say of themselves. */
static void test_all_is_here(void **state)
{
    (void)state;
    has(0, "0 1 2 3");
    has_here("0 1 2 3");
    good("1 3", "own1,3 ");
    assert_int_equal(http_asked(&peers[0]), 0);
}

/* Nobody of those who are asked may ask others; and what the session has set counts there, too. */
static void test_request(void **state)
{
    (void)state;
    weir_error err;
    has(0, "2");
    answers(0, 200, rows(0, 1));
    wr_settings_put(&now.settings, "ksql.query.pull.table.scan.enabled", "true");
    assert_int_equal(ask_for("SELECT '\"\\\n\x01\xC3\xA9';", "2", &err), WEIR_OK);
    static const char *const parts[] = {
        "{\"sql\":\"SELECT '\\\"\\\\\\n\\u0001\xC3\xA9';\",",
        "\"properties\":{\"ksql.query.pull.table.scan.enabled\":\"true\"}",
        "\"request.ksql.query.pull.skip.forwarding\":true",
        "\"request.ksql.internal.request\":true",
        "\r\nContent-Type: application/json\r\n",
        "\r\nAccept: application/vnd.weir.rows",
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(parts); i++)
        if (!strstr(peers[0].requests[0], parts[i]))
            fail_msg("%s is not in %s", parts[i], peers[0].requests[0]);
    assert_null(strstr(peers[0].requests[0], "Authorization"));
}

/* Copies where the session allows them, the nearest first; who has it active before all. */
static void test_copies(void **state)
{
    (void)state;
    static const struct {
        const char *here, *peer0, *peer1, *enabled, *lag, *expected;
    } cases[] = {
        {"0~5", "0", "", "false", "100", "0:1 "},     /* none are allowed */
        {"0~5", "0", "", "true", "100", "0:1 "},      /* another one has it active */
        {"0~5", "0~9", "", "true", "100", "own0 "},   /* this one is nearer */
        {"0~9", "0~9", "", "true", "100", "own0 "},   /* as near: here costs nothing */
        {"0~9", "0~5", "", "true", "100", "0:1 "},    /* that one is nearer */
        {"0~9", "0~5", "0~3", "true", "100", "1:2 "}, /* the nearest of all */
        {"0~5", "0~9", "", "true", "5", "own0 "},     /* just near enough */
        {"", "0~5", "0~6", "true", "5", "0:1 "},      /* one is, the other is not */
        {"0~6", "0~5", "", "true", "5", "0:1 "},      /* likewise */
        {"", "0~99", "0", "true", "100", "1:2 "},     /* who has it active comes first */
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        has(0, cases[i].peer0);
        has(1, cases[i].peer1);
        answers(0, 200, rows(1, 2));
        answers(1, 200, rows(2, 3));
        wr_held_set(&entry->query->held, entry->query->held.store, 0, WR_HELD_NOT);
        has_here(cases[i].here);
        wr_settings_put(&now.settings, COPIES, cases[i].enabled);
        wr_settings_put(&now.settings, LAG_MAX, cases[i].lag);
        wr_buf_clear(&now.got);
        weir_error err;
        if (ask_for("SELECT 1;", "0", &err) != WEIR_OK ||
            strcmp(wr_buf_cstr(&now.got), cases[i].expected) != 0)
            fail_msg("case %zu: %s %s", i, wr_buf_cstr(&now.got), err.message);
    }
}

/* A copy that has not heard how far it is is none, nor is one that is too far behind. */
static void test_copies_that_are_none(void **state)
{
    (void)state;
    wr_held *h = &entry->query->held;
    wr_settings_put(&now.settings, COPIES, "true");
    wr_settings_put(&now.settings, LAG_MAX, "5");
    has(0, "0~6");
    wr_held_set(h, h->store, 0, WR_HELD_STANDBY); /* WR_HELD_UNKNOWN */
    bad("0", WEIR_ERR_STORE, "Partition 0 of query CTAS_C_1 failed to find valid host", true);
    assert_int_equal(http_asked(&peers[0]), 0);
}

/* ---- servers that cannot ---- */

/* What was asked in vain is asked of the next one, and nothing comes twice. */
static void test_next_one(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        size_t cut;
    } cases[] = {
        {503, "{\"@type\":\"generic_error\",\"error_code\":50300,\"message\":\"it restores\"}", 0},
        {500, "no JSON", 0},
        {404, "", 0},
        {0, NULL, 0}, /* the connection is closed */
        {200, "", 0},
        {200, "{\"rows\":1,\"columnNames\":[\"X\"],\"columnTypes\":[\"STRING\"]}\n", 0},
        {200,
         "{\"rows\":99,\"columnNames\":[\"ID\",\"V\"],\"columnTypes\":[\"STRING\","
         "\"BIGINT\"]}\n{\"end\":0}\n",
         0},
        {200, NULL, 90}, /* a whole answer, of which not all comes */
        {200, "<html>", 0},
        {302, "", 0}, /* a server is where it says that it is */
    };
    wr_settings_put(&now.settings, COPIES, "true");
    wr_settings_put(&now.settings, LAG_MAX, "5");
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        for (int k = 0; k < PEERS; k++)
            http_clear(&peers[k]);
        has(0, "1");
        has(1, "1~2");
        const char *body = cases[i].body ? cases[i].body : rows(50, 60);
        http_add(&peers[0],
                 (http_rule){.asks = ASKS,
                             .status = cases[i].status,
                             .body = body,
                             .cut = cases[i].cut,
                             .header = cases[i].status == 302
                                           ? wr_arena_printf(bodies, "Location: %s/x", peers[2].url)
                                           : NULL});
        answers(1, 200, rows(7, 8));
        wr_buf_clear(&now.got);
        good("1", "1:7 ");
        assert_int_equal(http_asked(&peers[0]), 1);
        assert_int_equal(http_asked(&peers[2]), 0);
    }
}

/* A port where nobody listens, and a name that is nobody's. */
static void test_gone(void **state)
{
    (void)state;
    wr_settings_put(&now.settings, COPIES, "true");
    say(0, "http://127.0.0.1:1", "0", false);
    say(2, "http://nobody.example:1", "1", false);
    has(1, "0~0 1~0");
    answers(1, 200, rows(7, 8));
    good("0 1", "1:7 ");
}

/* It was asked, hangs, and says (or others say) that it is gone: nobody waits for it. */
static void test_leaves_while_asked(void **state)
{
    (void)state;
    wr_settings_put(&now.settings, COPIES, "true");
    has(0, "0");
    has(1, "0~0");
    http_add(&peers[0], (http_rule){.asks = ASKS, .status = 200, .body = "", .delay_ms = 30000});
    answers(1, 200, rows(7, 8));
    now.leaves = 0;
    int64_t since = mono_ns();
    good("0", "1:7 ");
    assert_true(mono_ns() - since < INT64_C(20000000000));
}

/* The partitions of several servers, one of which fails: only its own are asked for again. */
static void test_only_what_is_missing(void **state)
{
    (void)state;
    has(0, "0 1");
    has(1, "2 3");
    http_add(&peers[0], (http_rule){.asks = ASKS, .status = 503, .body = "{}", .times = 1});
    answers(0, 200, rows(1, 2));
    answers(1, 200, rows(2, 3));
    good("0 1 2 3", "1:2 0:1 ");
    assert_int_equal(http_asked(&peers[0]), 2);
    assert_int_equal(http_asked(&peers[1]), 1);
    assert_non_null(strstr(peers[0].requests[1], "pull.partition\":\"0,1\""));
}

/* Until the time is over: not one request after the other, and the error says who said what. */
static void test_nobody_can(void **state)
{
    (void)state;
    has(0, "2");
    answers(0, 503, "{\"message\":\"it restores\"}");
    int64_t since = mono_ns();
    bad("2", WEIR_ERR_STORE,
        "Partition 2 of query CTAS_C_1 failed to find valid host. Hosts "
        "scanned: [127.0.0.1:",
        true);
    assert_true(mono_ns() - since >= WAIT_MS * INT64_C(1000000));
    size_t asked_n = http_asked(&peers[0]);
    assert_true(asked_n >= 1 && asked_n <= WAIT_MS / 200 + 1);
    has(1, "3");
    answers(1, 502, "");
    bad("3", WEIR_ERR_STORE, "(status 502)", true);
    assert_int_equal(now.got.len, 0);
}

/* A server whose name is long is left alone for a while, too, so that others are asked. */
static void test_long_names(void **state)
{
    (void)state;
    char id[WR__SERVER_ID_MAX + 1];
    memset(id, 'x', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    wr__server_part part = {0, true, 0};
    wr__server_query query = {wr_query_id(entry->query), &part, 1};
    const wr__server_record r = {peers[0].url, id, false, &query, 1, NULL};
    (void)wr__servers_hear(servers, &r);
    wr_settings_put(&now.settings, COPIES, "true");
    has(1, "0~0");
    answers(0, 503, "{}");
    answers(1, 200, rows(7, 8));
    good("0", "1:7 ");
    assert_int_equal(http_asked(&peers[0]), 1);
}

/* ---- errors that are the query's ---- */

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        weir_status expected;
        const char *message;
    } cases[] = {
        {401, "", WEIR_ERR_CONFIG, "does not let this one in"},
        {403, "{\"message\":\"not you\"}", WEIR_ERR_CONFIG, "does not let this one in: not you"},
        {400, "{\"message\":\"There is no partition 9\"}", WEIR_ERR_STATEMENT,
         ": There is no partition 9"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        http_clear(&peers[0]);
        has(0, "0");
        answers(0, cases[i].status, cases[i].body);
        bad("0", cases[i].expected, cases[i].message, false);
        assert_int_equal(http_asked(&peers[0]), 1); /* it is no better the next time */
    }
}

/* Rows that were handed on cannot be taken back: what comes after them is not asked for again. */
static void test_breaks_off(void **state)
{
    (void)state;
    has(0, "0");
    has(1, "0~0");
    wr_settings_put(&now.settings, COPIES, "true");
    const char *body = rows(0, 40000);
    http_add(&peers[0],
             (http_rule){.asks = ASKS, .status = 200, .body = body, .cut = strlen(body) - 10});
    answers(1, 200, rows(0, 40000));
    now.counts_only = true;
    bad("0", WEIR_ERR_STORE, "has failed after its first rows", true);
    assert_true(now.rows_n > 0 && now.rows_n < 40000);
    assert_int_equal(http_asked(&peers[1]), 0);
}

/* Many rows come as they are. */
static void test_many_rows(void **state)
{
    (void)state;
    has(0, "0");
    has(1, "1");
    answers(0, 200, rows(0, 40000));
    answers(1, 200, rows(0, 30000));
    now.counts_only = true;
    good("0 1", "");
    assert_int_equal(now.rows_n, 70000);
}

static void test_nobody_takes(void **state)
{
    (void)state;
    has(0, "0");
    answers(0, 200, rows(0, 5));
    now.takes_none = true;
    bad("0", WEIR_ERR_LIMIT, "the queue is full", false);
    assert_int_equal(http_asked(&peers[0]), 1);
}

/* Reading here: tried again where nothing was handed on and the error says so. */
static void test_own_fails(void **state)
{
    (void)state;
    has_here("0");
    (void)wr_error(&now.own_says, WEIR_ERR_STORE, "it has moved");
    now.own_says.flags |= WEIR_ERROR_RETRIABLE;
    good("0", "own0 ");
    (void)wr_error(&now.own_says, WEIR_ERR_STORE, "the disk is gone");
    bad("0", WEIR_ERR_STORE, "the disk is gone", false);
    (void)wr_error(&now.own_says, WEIR_ERR_STORE, "it has moved");
    now.own_says.flags |= WEIR_ERROR_RETRIABLE;
    now.own_any = true;
    bad("0", WEIR_ERR_STORE, "it has moved", true);
}

/* Whoever closes the query need not wait for a server that hangs. */
static void test_closed(void **state)
{
    (void)state;
    has(0, "0");
    http_add(&peers[0], (http_rule){.asks = ASKS, .status = 200, .body = "", .delay_ms = 30000});
    int64_t since = mono_ns();
    now.over_at_ns = since + 100000000;
    bad("0", WEIR_ERR_INTERRUPTED, "The query was closed", false);
    assert_true(mono_ns() - since < INT64_C(20000000000));
}

/* A name and a password go to whoever is asked; over HTTP they are all there is. */
static void test_password(void **state)
{
    (void)state;
    wr__peer_http_free(http);
    wr_settings_put(&now.settings, "weir.server.peer.user", "me");
    wr_settings_put(&now.settings, "weir.server.peer.password", "it:is");
    http = wr__peer_http_new(&now.settings);
    has(0, "0");
    answers(0, 200, rows(1, 2));
    good("0", "0:1 ");
    assert_non_null(strstr(peers[0].requests[0], "Authorization: Basic bWU6aXQ6aXM=\r\n"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_shared_out),
        CASE(test_all_is_here),
        CASE(test_request),
        CASE(test_copies),
        CASE(test_copies_that_are_none),
        CASE(test_next_one),
        CASE(test_gone),
        CASE(test_leaves_while_asked),
        CASE(test_only_what_is_missing),
        CASE(test_nobody_can),
        CASE(test_long_names),
        CASE(test_refused),
        CASE(test_breaks_off),
        CASE(test_many_rows),
        CASE(test_nobody_takes),
        CASE(test_own_fails),
        CASE(test_closed),
        CASE(test_password),
    };
    return cmocka_run_group_tests(tests, make_all, end_all);
}
