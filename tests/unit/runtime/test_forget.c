/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a query leaves in the database and the log when it is terminated: nothing. For each kind of
 * operator with state there is a query here; it processes rows, is terminated, its sink is dropped,
 * and then everything must be as it was before the query was made: metadata entry by metadata
 * entry, row by row of all state, topic by topic. One that is made again under the same name then
 * begins with nothing.
 *
 * Compared on the embedded log, where state, offsets and records are in one database.
 * cost: 20
 */
#include "api_helper.h"

#include "runtime/api/api_internal.h"

enum { DUMP_MAX = 4096 };

/** Everything that a database has, but records and what the log keeps of them; sorted. */
typedef struct dump {
    char *lines[DUMP_MAX];
    size_t n;
} dump;

/* Readable where a key is text; other bytes as numbers. */
static void put_key(wr_buf *out, wr_str key)
{
    for (uint32_t i = 0; i < key.len; i++) {
        unsigned char c = (unsigned char)key.ptr[i];
        if (c >= ' ' && c < 127)
            wr_buf_putc(out, (char)c);
        else
            wr_buf_printf(out, "\\%02x", c);
    }
}

static void add_line(dump *d, const char *what, wr_str key)
{
    wr_buf line = {0};
    wr_buf_printf(&line, "%s ", what);
    put_key(&line, key);
    assert_true(d->n < DUMP_MAX);
    d->lines[d->n++] = strdup(wr_buf_cstr(&line));
    wr_buf_free(&line);
}

static void dump_family(wr_db *db, wr_db_family family, const char *what, dump *d)
{
    weir_error err;
    wr_db_iter *it = wr_db_iter_new(db, NULL, family, (wr_str){NULL, 0}, (wr_str){NULL, 0});
    for (wr_db_iter_seek_first(it); wr_db_iter_valid(it); wr_db_iter_next(it)) {
        wr_str key = wr_db_iter_key(it);
        static const char next[] = "statement-next"; /* numbers are never given again */
        bool is_next = key.len >= sizeof next - 1 &&
                       memcmp(key.ptr + key.len - (sizeof next - 1), next, sizeof next - 1) == 0;
        if (!is_next)
            add_line(d, what, key);
    }
    assert_int_equal(wr_db_iter_status(it, &err), WEIR_OK);
    wr_db_iter_free(it);
}

static void dump_topics(weir *w, dump *d)
{
    weir_error err;
    wr_topic_info *topics;
    uint32_t n;
    wr_arena *a = wr_arena_new(0);
    assert_int_equal(wr_topic_list(wr_engine_log(w->engine), a, &topics, &n, &err), WEIR_OK);
    for (uint32_t i = 0; i < n; i++)
        add_line(d, "topic", wr_str_c(topics[i].name));
    wr_arena_free(a);
}

static void dump_all(weir *w, dump *d)
{
    wr_db *db = wr_engine_db(w->engine);
    d->n = 0;
    dump_family(db, WR_DB_META, "meta", d);
    dump_family(db, WR_DB_KV, "kv", d);
    dump_family(db, WR_DB_WINDOW, "window", d);
    dump_family(db, WR_DB_SESSION, "session", d);
    dump_topics(w, d);
    qsort(d->lines, d->n, sizeof *d->lines, by_text);
}

static void dump_free(dump *d)
{
    for (size_t i = 0; i < d->n; i++)
        free(d->lines[i]);
    d->n = 0;
}

static bool has(const dump *d, const char *line)
{
    return bsearch(&line, d->lines, d->n, sizeof *d->lines, by_text) != NULL;
}

/* How many lines of @p b are not in @p a; each is printed, if @p print. */
static size_t new_lines(const dump *a, const dump *b, const char *print)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (has(a, b->lines[i]))
            continue;
        n++;
        if (print)
            print_error("%s: %s\n", print, b->lines[i]);
    }
    return n;
}

/* ---- the queries ---- */

typedef struct kind {
    const char *name;
    const char *is_a; /* of the sink */
    const char *sql;  /* makes X */
    bool state;       /* it keeps some */
} kind;

static const kind kinds[] = {
    {"filter", "STREAM", "CREATE STREAM x AS SELECT * FROM a WHERE v > 0;", false},
    {"repartition", "STREAM", "CREATE STREAM x AS SELECT * FROM a PARTITION BY v;", false},
    {"aggregate", "TABLE", "CREATE TABLE x AS SELECT v, COUNT(*) AS n FROM a GROUP BY v;", true},
    {"time windows", "TABLE",
     "CREATE TABLE x AS SELECT k, COUNT(*) AS n FROM a WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY k;",
     true},
    {"hopping windows", "TABLE",
     "CREATE TABLE x AS SELECT k, SUM(v) AS n FROM a WINDOW HOPPING (SIZE 2 SECONDS, ADVANCE BY "
     "1 SECOND) GROUP BY k;",
     true},
    {"sessions", "TABLE",
     "CREATE TABLE x AS SELECT k, COUNT(*) AS n FROM a WINDOW SESSION (1 SECOND) GROUP BY k;",
     true},
    {"final results", "TABLE",
     "CREATE TABLE x AS SELECT k, COUNT(*) AS n FROM a WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY k "
     "EMIT FINAL;",
     true},
    {"join of streams", "STREAM",
     "CREATE STREAM x AS SELECT a.k, a.v, b.v FROM a LEFT JOIN b WITHIN 1 SECOND GRACE PERIOD 1 "
     "SECOND ON a.k = b.k;",
     true},
    {"join with a table", "STREAM",
     "CREATE STREAM x AS SELECT a.k, a.v, t.v FROM a JOIN t ON a.k = t.k;", true},
    {"join of tables", "TABLE",
     "CREATE TABLE x AS SELECT t.k, t.v, u.v FROM t JOIN u ON t.k = u.k;", true},
    {"foreign key", "TABLE", "CREATE TABLE x AS SELECT t.k, t.v, u.v FROM t JOIN u ON t.ref = u.k;",
     true},
    {"materialized table", "TABLE", "CREATE TABLE x AS SELECT k, v FROM t WHERE v > 1;", true},
};

static void define_sources(weir *w)
{
    RUN(w, "CREATE STREAM a (k VARCHAR KEY, v BIGINT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', "
           "PARTITIONS=2);"
           "CREATE STREAM b (k VARCHAR KEY, v BIGINT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON', "
           "PARTITIONS=2);"
           "CREATE TABLE t (k VARCHAR PRIMARY KEY, v BIGINT, ref VARCHAR) WITH (KAFKA_TOPIC='t', "
           "VALUE_FORMAT='JSON', PARTITIONS=2);"
           "CREATE TABLE u (k VARCHAR PRIMARY KEY, v BIGINT) WITH (KAFKA_TOPIC='u', "
           "VALUE_FORMAT='JSON', PARTITIONS=2);");
    for (int i = 0; i < 5; i++) {
        char sql[400];
        snprintf(sql, sizeof sql,
                 "INSERT INTO u VALUES ('k%d', %d); INSERT INTO t VALUES ('k%d', %d, 'k%d');"
                 "INSERT INTO a (ROWTIME, k, v) VALUES (%d, 'k%d', %d);"
                 "INSERT INTO b (ROWTIME, k, v) VALUES (%d, 'k%d', %d);",
                 i, i, i, i, 4 - i, i * 100, i, i + 1, i * 100, i, i);
        RUN(w, sql);
    }
}

/* Make it, let it process everything, and look at what is there while it runs. */
static void run_query(weir *w, const kind *k, const dump *before, bool expect_state)
{
    dump during;
    RUN(w, k->sql);
    drain(w);
    dump_all(w, &during);
    size_t rows = 0;
    for (size_t i = 0; i < during.n; i++)
        rows += strncmp(during.lines[i], "meta ", 5) != 0 &&
                strncmp(during.lines[i], "topic ", 6) != 0 && !has(before, during.lines[i]);
    if (expect_state && rows == 0)
        fail_msg("%s: there is no state: the test would show nothing", k->name);
    assert_true(new_lines(before, &during, NULL) > 0);
    dump_free(&during);
}

static void terminate(weir *w)
{
    char sql[160];
    wr_query *q = wr_engine_query_at(w->engine, 0);
    assert_non_null(q);
    snprintf(sql, sizeof sql, "TERMINATE %s;", wr_query_id(q));
    RUN(w, sql);
    assert_null(wr_engine_query_at(w->engine, 0));
}

static void drop(weir *w, const kind *k)
{
    char sql[160];
    snprintf(sql, sizeof sql, "DROP %s x DELETE TOPIC;", k->is_a);
    RUN(w, sql);
}

static void check_nothing_left(weir *w, const kind *k, const dump *before)
{
    dump after;
    dump_all(w, &after);
    size_t left = new_lines(before, &after, k->name), lost = new_lines(&after, before, "lost");
    if (left || lost)
        fail_msg("%s: %zu entries are left over, %zu are lost", k->name, left, lost);
    dump_free(&after);
}

typedef enum ending { TERMINATE_DROP, DROP_ALONE, REOPEN_TERMINATE_DROP } ending;

static void forget_all(ending how, bool stepped)
{
    char dir[256];
    dump before;
    make_dir(dir, sizeof dir);
    weir *w = open_with(WEIR_LOG_LOCAL, dir, stepped);
    define_sources(w);
    for (size_t i = 0; i < WR_ARRAY_LEN(kinds); i++) {
        const kind *k = &kinds[i];
        dump_all(w, &before);
        run_query(w, k, &before, k->state);
        if (how == REOPEN_TERMINATE_DROP) { /* its state is on disk, and its tasks are new */
            close_it(w);
            w = open_with(WEIR_LOG_LOCAL, dir, stepped);
        }
        if (how != DROP_ALONE)
            terminate(w);
        drop(w, k);
        check_nothing_left(w, k, &before);
        dump_free(&before);
    }
    close_it(w);
    remove_dir(dir);
}

static void test_terminate(void **state)
{
    (void)state;
    forget_all(TERMINATE_DROP, true);
}

static void test_terminate_with_threads(void **state)
{
    (void)state;
    forget_all(TERMINATE_DROP, false);
}

static void test_drop(void **state)
{
    (void)state;
    forget_all(DROP_ALONE, true);
}

/* The query that is terminated never opened a store in this process. */
static void test_terminate_after_opening(void **state)
{
    (void)state;
    forget_all(REOPEN_TERMINATE_DROP, true);
}

/* Of two queries of one shape only one is forgotten: names of stores do not begin one another. */
static void test_others_stay(void **state)
{
    (void)state;
    char dir[256];
    dump before;
    make_dir(dir, sizeof dir);
    weir *w = open_with(WEIR_LOG_LOCAL, dir, true);
    define_sources(w);
    RUN(w, "CREATE TABLE x1 AS SELECT k, COUNT(*) AS n FROM a GROUP BY k;");
    drain(w);
    dump_all(w, &before);
    RUN(w, "CREATE TABLE x AS SELECT k, COUNT(*) AS n FROM a GROUP BY k;");
    drain(w);
    RUN(w, "DROP TABLE x DELETE TOPIC;");
    static const kind same = {"two of one shape", "TABLE", NULL, true};
    check_nothing_left(w, &same, &before);
    RUN(w, "INSERT INTO a (ROWTIME, k, v) VALUES (600, 'k1', 1);");
    drain(w);
    ROWS(w, "SELECT n FROM x1 WHERE k = 'k1';", "2 ");
    dump_free(&before);
    close_it(w);
    remove_dir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terminate),   cmocka_unit_test(test_terminate_with_threads),
        cmocka_unit_test(test_drop),        cmocka_unit_test(test_terminate_after_opening),
        cmocka_unit_test(test_others_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
