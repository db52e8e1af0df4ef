/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random sequences of statements that make, change and end queries, with records and restarts
 * between them, against a model: does each query keep its progress and its state, whatever was done
 * before it, and does it begin with nothing where it is new?
 *
 * The engine is stepped and has the embedded log, so queries process only when they are drained,
 * and a sequence with one seed is one sequence. The model knows of a query where it is in its
 * source and what it has counted; of a topic, its records. It is as slow and as simple as can be.
 *
 *     WEIR_DDL_SEQUENCES=5000 WEIR_DDL_SEED=1 unit_runtime_test_ddl_random
 * cost: 75
 */
#include "api_helper.h"

#include "common/clock.h"

enum {
    SOURCES = 2,             /* s0, s1: declared by columns */
    SLOTS = 4,               /* o0 ... o3: made by queries, of sources with lower numbers */
    NAMES = SOURCES + SLOTS, /* all of them */
    STEPS = 24,              /* of one sequence */
    KEYS = 3,
    RECORDS_MAX = 4000,
    QUERIES_MAX = 64,
};

typedef struct record {
    int k, v;
} record;

/** What a query does: SELECT k, v + add FROM source WHERE v % 5 <> drop; or an aggregate of it. */
typedef struct body {
    int source, add, drop;
    bool table, sum; /* COUNT(*), or SUM of v */
} body;

typedef struct query {
    bool live, paused;
    char id[64];
    body body;
    int sink;       /* name */
    bool insert;    /* INSERT INTO ... SELECT */
    size_t next;    /* record of its source */
    bool has[KEYS]; /* tables: is there a group */
    long long n[KEYS];
} query;

typedef struct name {
    bool exists, table, derived[NAMES]; /* made AS SELECT of these */
    int maker;                          /* query; -1: none, or it was terminated */
    bool made;                          /* AS SELECT, at some time */
} name;

typedef struct model {
    uint64_t seed;
    wr_rng rng;
    name names[NAMES];
    record topics[NAMES][RECORDS_MAX];
    size_t topics_n[NAMES];
    query queries[QUERIES_MAX];
    int queries_n;
    wr_buf script; /* what was done so far: printed where they differ */
    char dir[256];
    weir *w;
} model;

static uint32_t pick(model *m, uint32_t n)
{
    return (uint32_t)wr_rng_below(&m->rng, n);
}

static const char *text_of(int n)
{
    static const char *const names[NAMES] = {"s0", "s1", "o0", "o1", "o2", "o3"};
    return names[n];
}

#define DIFFERS(m, ...)                                                                            \
    do {                                                                                           \
        print_message("seed %llu\n%s", (unsigned long long)(m)->seed, wr_buf_cstr(&(m)->script));  \
        fail_msg(__VA_ARGS__);                                                                     \
    } while (0)

/* ---- the engine's side ---- */

static void open_engine(model *m)
{
    static const char *const settings[] = {"auto.offset.reset", "earliest", NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir_error err;
    o.data_dir = m->dir;
    o.stepped = true;
    o.settings = settings;
    if (weir_open(&o, &m->w, &err) != WEIR_OK)
        DIFFERS(m, "open: %s", err.message);
}

/* One statement. @return whether it was accepted; @p id: of the query that it made. */
static bool run(model *m, const char *sql, char *id, weir_error *err)
{
    weir_stmt *s;
    wr_buf_printf(&m->script, "%s\n", sql);
    if (weir_prepare(m->w, sql, -1, &s, NULL, err) != WEIR_OK)
        DIFFERS(m, "%s", err->message);
    bool done = weir_step(s, API_LIMIT_MS, err) == WEIR_DONE;
    if (done && id)
        snprintf(id, sizeof((query *)0)->id, "%s", weir_query_id(s));
    weir_finalize(s);
    if (!done)
        wr_buf_printf(&m->script, "-- refused: %s\n", err->message);
    return done;
}

static void must(model *m, const char *sql)
{
    weir_error err = {0};
    if (!run(m, sql, NULL, &err))
        DIFFERS(m, "should be accepted: %s", err.message);
}

static void must_not(model *m, bool accepted, const char *why)
{
    if (accepted)
        DIFFERS(m, "should be refused: %s", why);
}

static void put_statement(wr_buf *sql, const char *create, int sink, const body *b)
{
    bool insert = strncmp(create, "INSERT", 6) == 0;
    wr_buf_printf(sql, "%s %s%s", create,
                  insert     ? ""
                  : b->table ? "TABLE "
                             : "STREAM ",
                  text_of(sink));
    wr_buf_puts(sql, insert ? " " : " AS ");
    if (!b->table)
        wr_buf_printf(sql, "SELECT k, v + %d AS v FROM %s WHERE v %% 5 <> %d;", b->add,
                      text_of(b->source), b->drop);
    else
        wr_buf_printf(sql, "SELECT k, %s AS n FROM %s WHERE v %% 5 <> %d GROUP BY k;",
                      b->sum ? "SUM(CAST(v AS BIGINT))" : "COUNT(*)", text_of(b->source), b->drop);
}

static bool run_body(model *m, const char *create, int sink, const body *b, char *id)
{
    wr_buf sql = {0};
    weir_error err = {0};
    put_statement(&sql, create, sink, b);
    bool done = run(m, wr_buf_cstr(&sql), id, &err);
    wr_buf_free(&sql);
    return done;
}

/* ---- the model's side ---- */

static query *add_query(model *m, int sink, const body *b, bool insert, const char *id)
{
    assert_true(m->queries_n < QUERIES_MAX);
    query *q = &m->queries[m->queries_n++];
    *q = (query){.live = true, .body = *b, .sink = sink, .insert = insert};
    snprintf(q->id, sizeof q->id, "%s", id);
    return q;
}

static void put_record(model *m, int topic, record r)
{
    assert_true(m->topics_n[topic] < RECORDS_MAX);
    m->topics[topic][m->topics_n[topic]++] = r;
}

static void process(model *m, query *q, record r)
{
    if (r.v % 5 == q->body.drop)
        return;
    if (!q->body.table) {
        put_record(m, q->sink, (record){r.k, r.v + q->body.add});
        return;
    }
    q->has[r.k] = true;
    q->n[r.k] += q->body.sum ? r.v : 1;
}

/* Sources have lower numbers than what is made of them, so one pass in order of sinks is enough. */
static void process_all(model *m)
{
    for (int sink = 0; sink < NAMES; sink++)
        for (int i = 0; i < m->queries_n; i++) {
            query *q = &m->queries[i];
            if (!q->live || q->paused || q->sink != sink)
                continue;
            while (q->next < m->topics_n[q->body.source])
                process(m, q, m->topics[q->body.source][q->next++]);
        }
}

/* Rows as sorted text, since queries that write to one topic take turns in no fixed order. */
static void compare(model *m, int n, const wr_buf *expected)
{
    char sql[64];
    wr_buf is = {0}, wanted = {0};
    weir_error err = {0};
    snprintf(sql, sizeof sql, "SELECT * FROM %s;", text_of(n));
    if (rows_text(m->w, sql, &is, &err) != WEIR_DONE)
        DIFFERS(m, "%s: %s", sql, err.message);
    wr_buf_str(&wanted, wr_buf_view(expected));
    sort_rows(&wanted);
    if (strcmp(wr_buf_cstr(&is), wr_buf_cstr(&wanted)) != 0)
        DIFFERS(m, "%s\n  is       %s\n  expected %s", sql, wr_buf_cstr(&is), wr_buf_cstr(&wanted));
    wr_buf_free(&is);
    wr_buf_free(&wanted);
}

static void check_stream(model *m, int n)
{
    wr_buf expected = {0};
    for (size_t i = 0; i < m->topics_n[n]; i++)
        wr_buf_printf(&expected, "%d|%d ", m->topics[n][i].k, m->topics[n][i].v);
    compare(m, n, &expected);
    wr_buf_free(&expected);
}

static void check_table(model *m, int n)
{
    wr_buf expected = {0};
    const query *q = &m->queries[m->names[n].maker];
    for (int k = 0; k < KEYS; k++)
        if (q->has[k])
            wr_buf_printf(&expected, "%d|%lld ", k, q->n[k]);
    compare(m, n, &expected);
    wr_buf_free(&expected);
}

/* Everything is processed, then compared: topics, tables whose query is there, how many queries. */
static void check(model *m)
{
    weir_error err;
    wr_buf_puts(&m->script, "-- drained\n");
    if (weir_drain(m->w, API_LIMIT_MS, &err) != WEIR_OK)
        DIFFERS(m, "drain: %s", err.message);
    process_all(m);
    weir_metrics metrics = {.size = sizeof metrics};
    weir_metrics_read(m->w, &metrics);
    uint32_t live = 0;
    for (int i = 0; i < m->queries_n; i++)
        live += m->queries[i].live;
    if (metrics.queries_failed || metrics.queries_running != live)
        DIFFERS(m, "%u queries run, %u have failed; expected %u", metrics.queries_running,
                metrics.queries_failed, live);
    for (int n = SOURCES; n < NAMES; n++) {
        const name *x = &m->names[n];
        if (x->exists && !x->table)
            check_stream(m, n);
        else if (x->exists && x->maker >= 0)
            check_table(m, n);
    }
}

/* ---- what is done ---- */

/* A stream with a lower number than @p sink that exists. */
static int pick_source(model *m, int sink)
{
    int n = (int)pick(m, (uint32_t)sink);
    while (!m->names[n].exists || m->names[n].table)
        n = (int)pick(m, SOURCES);
    return n;
}

static body pick_body(model *m, int sink)
{
    return (body){.source = pick_source(m, sink),
                  .add = (int)pick(m, 3) * 5, /* keeps v % 5, and with that the filters apart */
                  .drop = (int)pick(m, 6),    /* 5: nothing */
                  .table = pick(m, 3) == 0,
                  .sum = pick(m, 2) == 0};
}

static void create(model *m)
{
    int n = SOURCES + (int)pick(m, SLOTS);
    body b = pick_body(m, n);
    char id[64];
    bool done = run_body(m, "CREATE", n, &b, id);
    if (m->names[n].exists) {
        must_not(m, done, "the name is taken");
        return;
    }
    if (!done)
        DIFFERS(m, "should be accepted");
    add_query(m, n, &b, false, id);
    m->names[n] = (name){.exists = true, .made = true, .table = b.table, .maker = m->queries_n - 1};
    m->names[n].derived[b.source] = true;
}

static bool has_insert(const model *m, int sink)
{
    for (int i = 0; i < m->queries_n; i++)
        if (m->queries[i].live && m->queries[i].insert && m->queries[i].sink == sink)
            return true;
    return false;
}

/* In place where a query runs and only filter and projection change; anew where it was terminated.
 */
static void replace(model *m)
{
    int n = SOURCES + (int)pick(m, SLOTS);
    name *x = &m->names[n];
    body b = pick_body(m, n);
    if (x->exists && pick(m, 4) != 0) { /* mostly what may be accepted */
        b.table = x->table;
        if (x->maker >= 0 && pick(m, 4) != 0) {
            b.source = m->queries[x->maker].body.source;
            b.sum = m->queries[x->maker].body.sum;
        }
    }
    query *old = x->exists && x->maker >= 0 ? &m->queries[x->maker] : NULL;
    bool other = old && (old->body.source != b.source ||
                         (b.table && old->body.table && old->body.sum != b.sum));
    char id[64];
    bool refused = x->exists && (x->table != b.table || has_insert(m, n) || other);
    bool done = run_body(m, "CREATE OR REPLACE", n, &b, id);
    if (done == refused)
        DIFFERS(m, "should be %s", refused ? "refused" : "accepted");
    if (refused)
        return;
    if (old) {
        if (strcmp(old->id, id) != 0)
            DIFFERS(m, "the id was %s and is %s", old->id, id);
        old->body = b;
        old->paused = false; /* the new query runs */
    } else {
        add_query(m, n, &b, false, id);
    }
    if (!x->exists)
        *x = (name){.exists = true, .table = b.table};
    x->made = true;
    memset(x->derived, 0, sizeof x->derived);
    x->derived[b.source] = true;
    x->maker = old ? x->maker : m->queries_n - 1;
}

static void insert_select(model *m)
{
    int n = SOURCES + 1 + (int)pick(m, SLOTS - 1);
    if (!m->names[n].exists || m->names[n].table)
        return;
    body b = pick_body(m, n);
    b.table = false;
    char id[64];
    if (!run_body(m, "INSERT INTO", n, &b, id))
        DIFFERS(m, "should be accepted");
    add_query(m, n, &b, true, id);
}

static int pick_query(model *m)
{
    if (!m->queries_n)
        return -1;
    int i = (int)pick(m, (uint32_t)m->queries_n);
    return m->queries[i].live ? i : -1;
}

static void end_query(model *m, int i)
{
    query *q = &m->queries[i];
    q->live = false;
    if (m->names[q->sink].maker == i)
        m->names[q->sink].maker = -1;
}

static void terminate(model *m)
{
    char sql[100];
    int i = pick_query(m);
    if (pick(m, 12) == 0) {
        must(m, "TERMINATE ALL;");
        for (i = 0; i < m->queries_n; i++)
            if (m->queries[i].live)
                end_query(m, i);
    } else if (i >= 0) {
        snprintf(sql, sizeof sql, "TERMINATE %s;", m->queries[i].id);
        must(m, sql);
        end_query(m, i);
    }
}

static void pause_or_resume(model *m)
{
    char sql[100];
    int i = pick_query(m);
    if (i < 0)
        return;
    m->queries[i].paused = !m->queries[i].paused;
    snprintf(sql, sizeof sql, "%s %s;", m->queries[i].paused ? "PAUSE" : "RESUME",
             m->queries[i].id);
    must(m, sql);
}

/* Does something need the name? A query that reads or writes it, or what is made AS SELECT of it.
 */
static bool needed(const model *m, int n)
{
    for (int i = 0; i < m->queries_n; i++) {
        const query *q = &m->queries[i];
        if (q->live && (q->body.source == n || (q->sink == n && q->insert)))
            return true;
    }
    for (int k = 0; k < NAMES; k++)
        if (m->names[k].exists && m->names[k].derived[n])
            return true;
    return false;
}

static void drop(model *m)
{
    char sql[100];
    weir_error err = {0};
    int n = SOURCES + (int)pick(m, SLOTS);
    bool topic = pick(m, 2) == 0;
    if (!m->names[n].exists)
        return;
    snprintf(sql, sizeof sql, "DROP %s %s%s;", m->names[n].table ? "TABLE" : "STREAM", text_of(n),
             topic ? " DELETE TOPIC" : "");
    bool done = run(m, sql, NULL, &err), refused = needed(m, n);
    if (done == refused)
        DIFFERS(m, "should be %s", refused ? "refused" : "accepted");
    if (!done)
        return;
    if (m->names[n].maker >= 0)
        end_query(m, m->names[n].maker);
    /* A table's topic has other records than the model knows of: it goes with it. */
    if (!topic && m->names[n].table) {
        snprintf(sql, sizeof sql,
                 "CREATE STREAM x (k INT KEY, v INT) WITH (KAFKA_TOPIC='%c%c', "
                 "VALUE_FORMAT='JSON');",
                 text_of(n)[0] - 32, text_of(n)[1]);
        must(m, sql);
        must(m, "DROP STREAM x DELETE TOPIC;");
    }
    if (topic || m->names[n].table)
        m->topics_n[n] = 0;
    m->names[n] = (name){.maker = -1};
}

static void insert_values(model *m)
{
    char sql[100];
    for (uint32_t i = pick(m, 4) + 1; i; i--) {
        int n = (int)pick(m, SOURCES);
        record r = {(int)pick(m, KEYS), (int)pick(m, 1000)};
        snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (%d, %d);", text_of(n), r.k, r.v);
        must(m, sql);
        put_record(m, n, r);
    }
}

/* Pauses are not kept: what was paused runs again. */
static void restart(model *m)
{
    weir_error err;
    wr_buf_puts(&m->script, "-- restart\n");
    if (weir_close(m->w, &err) != WEIR_OK)
        DIFFERS(m, "close: %s", err.message);
    open_engine(m);
    for (int i = 0; i < m->queries_n; i++)
        m->queries[i].paused = false;
}

static void one_step(model *m)
{
    static void (*const actions[])(model *) = {
        create,        create,        create,        replace,       replace,         replace,
        insert_select, terminate,     terminate,     drop,          pause_or_resume, check,
        check,         insert_values, insert_values, insert_values, restart,
    };
    actions[pick(m, WR_ARRAY_LEN(actions))](m);
}

/* Where there is a file system in memory: most of the time goes into syncing otherwise. */
static const char *base_dir(void)
{
    const char *given = getenv("TMPDIR");
    return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : given ? given : "/tmp";
}

static void one_sequence(uint64_t seed)
{
    const char *base = base_dir();
    model *m = calloc(1, sizeof *m);
    assert_non_null(m);
    m->seed = seed;
    wr_rng_seed(&m->rng, seed);
    snprintf(m->dir, sizeof m->dir, "%s/weir-ddl-XXXXXX", base);
    assert_non_null(mkdtemp(m->dir));
    open_engine(m);
    for (int n = 0; n < NAMES; n++)
        m->names[n] = (name){.exists = n < SOURCES, .maker = -1};
    for (int n = 0; n < SOURCES; n++) {
        char sql[120];
        snprintf(sql, sizeof sql,
                 "CREATE STREAM %s (k INT KEY, v INT) WITH (KAFKA_TOPIC='%s', "
                 "PARTITIONS=1, VALUE_FORMAT='JSON');",
                 text_of(n), text_of(n));
        must(m, sql);
    }
    for (int i = 0; i < STEPS; i++)
        one_step(m);
    restart(m);
    insert_values(m);
    check(m);
    close_it(m->w);
    remove_dir(m->dir);
    wr_buf_free(&m->script);
    free(m);
}

static uint64_t setting(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void test_sequences(void **state)
{
    (void)state;
    uint64_t n = setting("WEIR_DDL_SEQUENCES", 200), seed = setting("WEIR_DDL_SEED", 1);
    assert_true(n > 0);
    print_message("%llu sequences from seed %llu\n", (unsigned long long)n,
                  (unsigned long long)seed);
    for (uint64_t i = 0; i < n; i++)
        one_sequence(seed + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sequences)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
