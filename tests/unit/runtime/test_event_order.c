/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows are worked on in order of their event time: over the topics of a join, the partitions of a
 * topic, repartition topics, and queries that feed each other, whatever the log's own timestamps
 * are. Random backlogs, against models that look at the records sorted by event time.
 *
 * In each case no row may be late, although windows have no grace: so what is counted in the end is
 * what was there.
 * cost: 20
 */
#include "api_helper.h"

#include "common/clock.h"
#include "runtime/log/log.h"

enum { READINGS = 120, DEVICES = 6, SITES = 2, PARTITIONS = 3, VERSIONS = 4 };
#define BEGIN_MS INT64_C(1700000040000) /* a whole minute */

/* One record of a backlog: what it says, and when. */
typedef struct reading {
    int device, value;
    int64_t event_ms;
} reading;

typedef struct scene {
    weir *w;
    wr_rng rng;
    reading readings[READINGS];          /* in order of event time */
    int64_t moved_ms[DEVICES][VERSIONS]; /* a device is at site (device + version) % SITES */
    bool columns;                        /* event times are in a column, and the log's are others */
    char dir[256], file[300];
} scene;

/* ---- the backlog ---- */

/** How a case is run. */
typedef struct way {
    const char *batch_rows, *threads;
    const char *until_end; /* "false": as a service, with a commit after every few records */
    const char *buffered;  /* records of a partition that may wait; "3": pauses all the time */
} way;

static void open_world(scene *world, uint64_t seed, bool columns, const way *by)
{
    const char *const settings[] = {"auto.offset.reset",
                                    "earliest",
                                    "cache.max.bytes.buffering",
                                    "0",
                                    "weir.until.end",
                                    by->until_end,
                                    "commit.interval.ms",
                                    by->until_end[0] == 't' ? "2000" : "0",
                                    "weir.batch.rows",
                                    by->batch_rows,
                                    "buffered.records.per.partition",
                                    by->buffered,
                                    "weir.threads",
                                    by->threads,
                                    NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir_error err;
    *world = (scene){.columns = columns};
    wr_rng_seed(&world->rng, seed);
    make_dir(world->dir, sizeof world->dir);
    snprintf(world->file, sizeof world->file, "%s/queries.sql", world->dir);
    o.log = WEIR_LOG_MEMORY;
    o.settings = settings;
    o.ephemeral_catalog = true;
    if (weir_open(&o, &world->w, &err) != WEIR_OK)
        fail_msg("open: %s", err.message);
}

static void close_world(scene *world)
{
    close_it(world->w);
    remove_dir(world->dir);
}

/* Where event times are in a column, the log's own timestamps run the other way. */
static void put(scene *world, const char *topic, int device, const char *fields, int64_t event_ms)
{
    weir_error err;
    char key[16], value[160];
    snprintf(key, sizeof key, "d%d", device);
    snprintf(value, sizeof value, "{%s,\"TS\":%lld}", fields, (long long)event_ms);
    weir_record r = {.topic = topic,
                     .key = key,
                     .key_len = strlen(key),
                     .value = value,
                     .value_len = strlen(value),
                     .timestamp = world->columns ? 2 * BEGIN_MS - event_ms : event_ms,
                     .partition = -1};
    if (weir_produce(world->w, &r, 1, &err) != WEIR_OK)
        fail_msg("produce: %s", err.message);
}

static void create_topics(scene *world)
{
    const char *ts = world->columns ? ", TIMESTAMP='ts'" : "";
    char sql[1024];
    snprintf(sql, sizeof sql,
             "CREATE STREAM r (id STRING KEY, v INT, ts BIGINT) WITH (KAFKA_TOPIC='r', "
             "VALUE_FORMAT='JSON', PARTITIONS=%d%s); "
             "CREATE TABLE d (id STRING PRIMARY KEY, site INT, ts BIGINT) WITH (KAFKA_TOPIC='d', "
             "VALUE_FORMAT='JSON', PARTITIONS=%d%s); "
             "CREATE STREAM moves (id STRING KEY, site INT, ts BIGINT) WITH (KAFKA_TOPIC='d', "
             "VALUE_FORMAT='JSON'%s);",
             PARTITIONS, ts, PARTITIONS, ts, ts);
    RUN(world->w, sql);
}

typedef struct move {
    int device, version;
    int64_t event_ms;
} move;

static int by_time(const void *a, const void *b)
{
    const move *x = a, *y = b;
    if (x->event_ms != y->event_ms)
        return x->event_ms < y->event_ms ? -1 : 1;
    return x->version - y->version;
}

static void fill(scene *world)
{
    int64_t time = BEGIN_MS;
    for (int i = 0; i < READINGS; i++) {
        time += (int64_t)wr_rng_below(&world->rng, 9000);
        world->readings[i] = (reading){(int)wr_rng_below(&world->rng, DEVICES), i % 10, time};
    }
    for (int d = 0; d < DEVICES; d++) {
        for (int v = 0; v < VERSIONS; v++) {
            /* At the very moment of a reading, or just after it. */
            int i = v * READINGS / VERSIONS - 1 + (int)wr_rng_below(&world->rng, 30);
            world->moved_ms[d][v] =
                v == 0 ? BEGIN_MS - 1
                       : world->readings[i].event_ms + (int64_t)wr_rng_below(&world->rng, 2);
        }
    }
    for (int i = 0; i < READINGS; i++) {
        char fields[32];
        snprintf(fields, sizeof fields, "\"V\":%d", world->readings[i].value);
        put(world, "r", world->readings[i].device, fields, world->readings[i].event_ms);
    }
    move moves[DEVICES * VERSIONS];
    for (int i = 0; i < DEVICES * VERSIONS; i++)
        moves[i] = (move){i / VERSIONS, i % VERSIONS, world->moved_ms[i / VERSIONS][i % VERSIONS]};
    qsort(moves, DEVICES * VERSIONS, sizeof *moves, by_time);
    for (int i = 0; i < DEVICES * VERSIONS; i++) {
        char fields[32];
        snprintf(fields, sizeof fields, "\"SITE\":%d",
                 (moves[i].device + moves[i].version) % SITES);
        put(world, "d", moves[i].device, fields, moves[i].event_ms);
    }
    weir_error err;
    assert_int_equal(weir_flush(world->w, &err), WEIR_OK);
}

/* All of a file begins at once, so that each query knows those that it feeds. */
static void run_queries(scene *world, const char *sql)
{
    weir_error err;
    write_file(world->file, sql);
    if (weir_load_file(world->w, world->file, &err) != WEIR_OK)
        fail_msg("%s: %s", world->file, err.message);
    drain(world->w);
}

/* ---- models ---- */

/* The table's record before the stream's of the same time. */
static int site_at(const scene *world, int device, int64_t time)
{
    int site = -1;
    for (int v = 0; v < VERSIONS; v++)
        if (world->moved_ms[device][v] <= time)
            site = (device + v) % SITES;
    return site;
}

static int64_t minute_of(int64_t time)
{
    return time - time % 60000;
}

/* What "SELECT key, WINDOWSTART, n, total" of a table over minutes must give: groups by key. */
static void put_minutes(const scene *world, int (*key_of)(const scene *, const reading *), int keys,
                        wr_buf *out)
{
    for (int64_t m = BEGIN_MS; m <= minute_of(world->readings[READINGS - 1].event_ms); m += 60000) {
        for (int k = 0; k < keys; k++) {
            int n = 0, total = 0;
            for (int i = 0; i < READINGS; i++) {
                const reading *r = &world->readings[i];
                if (minute_of(r->event_ms) != m || key_of(world, r) != k)
                    continue;
                n++;
                total += r->value;
            }
            if (n)
                wr_buf_printf(out, "%d|%lld|%d|%d ", k, (long long)m, n, total);
        }
    }
    sort_rows(out);
}

static int by_site(const scene *world, const reading *r)
{
    return site_at(world, r->device, r->event_ms);
}

static int by_value(const scene *world, const reading *r)
{
    (void)world;
    return r->value % 3;
}

static void check_minutes(const scene *world, const char *sql,
                          int (*key_of)(const scene *, const reading *), int keys)
{
    wr_buf expected = {0};
    put_minutes(world, key_of, keys, &expected);
    ROWS(world->w, sql, wr_buf_cstr(&expected));
    wr_buf_free(&expected);
}

static void check_no_row_was_late(const scene *world)
{
    weir_metrics m = {.size = sizeof m};
    weir_metrics_read(world->w, &m);
    assert_int_equal(m.late, 0);
}

/* ---- cases ---- */

#define MINUTES "WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 7 DAYS, GRACE PERIOD 0 SECONDS)"
#define RESULT  "COUNT(*) AS n, SUM(v) AS total"

/* One query: a join, a new key, a window. */
static void case_join_and_window(scene *world)
{
    run_queries(world, "CREATE TABLE o AS SELECT d.site AS site, " RESULT
                       " FROM r JOIN d ON r.id = d.id " MINUTES " GROUP BY d.site;");
    check_minutes(world, "SELECT site, windowstart, n, total FROM o;", by_site, SITES);
}

/* One topic, a new key, a window. */
static void case_window(scene *world)
{
    run_queries(world, "CREATE TABLE o AS SELECT v % 3 AS k, " RESULT " FROM r " MINUTES
                       " GROUP BY v % 3;");
    check_minutes(world, "SELECT k, windowstart, n, total FROM o;", by_value, 3);
}

/* The window is another query's, which reads what the first one joins. */
static void case_join_feeds_window(scene *world)
{
    run_queries(world,
                "CREATE STREAM r2 AS SELECT r.id AS id, v, d.site AS site FROM r JOIN d "
                "ON r.id = d.id;"
                "CREATE TABLE o AS SELECT site, " RESULT " FROM r2 " MINUTES " GROUP BY site;");
    check_minutes(world, "SELECT site, windowstart, n, total FROM o;", by_site, SITES);
}

/* The first query changes the key by itself: rows of several partitions come to one. */
static void case_new_key_feeds_window(scene *world)
{
    run_queries(world, "CREATE STREAM r2 AS SELECT v % 3 AS k, v FROM r PARTITION BY v % 3;"
                       "CREATE STREAM r3 AS SELECT k, v FROM r2 WHERE v >= 0;"
                       "CREATE TABLE o AS SELECT k, " RESULT " FROM r3 " MINUTES " GROUP BY k;");
    check_minutes(world, "SELECT k, windowstart, n, total FROM o;", by_value, 3);
}

static int by_device(const scene *world, const reading *r)
{
    (void)world;
    return r->device;
}

/* The first query only writes the keys in another way, and that alone mixes the partitions. */
static void case_key_format_feeds_window(scene *world)
{
    run_queries(world, "CREATE STREAM r2 WITH (KEY_FORMAT='JSON') AS SELECT id, v FROM r;"
                       "CREATE TABLE o AS SELECT id, " RESULT " FROM r2 " MINUTES " GROUP BY id;");
    check_minutes(world, "SELECT CAST(SUBSTRING(id, 2) AS INT), windowstart, n, total FROM o;",
                  by_device, DEVICES);
}

/* The table is made by another query of the file, which takes its rows over partitions. */
static void case_table_of_the_program(scene *world)
{
    run_queries(world,
                "CREATE TABLE places AS SELECT id, LATEST_BY_OFFSET(site) AS site FROM moves "
                "GROUP BY id;"
                "CREATE STREAM r2 AS SELECT r.id AS id, v, places.site AS site FROM r LEFT JOIN "
                "places ON r.id = places.id;"
                "CREATE TABLE o AS SELECT site, " RESULT " FROM r2 " MINUTES " GROUP BY site;");
    check_minutes(world, "SELECT site, windowstart, n, total FROM o;", by_site, SITES);
}

typedef void (*order_case)(scene *world);

static void run_case(order_case one, bool services)
{
    enum { SEEDS = 2 };
    static const way ways[] = {
        {"1", "1", "true", "16384"},     {"2", "1", "true", "3"},
        {"2048", "1", "true", "16384"},  {"16", "2", "true", "16384"},
        {"2048", "1", "false", "16384"}, {"2", "2", "false", "5"},
    };
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        for (size_t i = 0; i < 2 * WR_ARRAY_LEN(ways); i++) {
            scene world;
            if (!services && ways[i / 2].until_end[0] == 'f')
                continue;
            open_world(&world, seed, i % 2, &ways[i / 2]);
            create_topics(&world);
            fill(&world);
            one(&world);
            check_no_row_was_late(&world);
            close_world(&world);
        }
    }
}

/* A table of the program is waited for in a batch job only. */
#define CASE(name, services)                                                                       \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        run_case(case_##name, services);                                                           \
    }
CASE(join_and_window, true)
CASE(window, true)
CASE(join_feeds_window, true)
CASE(new_key_feeds_window, true)
CASE(key_format_feeds_window, true)
CASE(table_of_the_program, false)

/* ---- circles, pauses, failures: nobody waits for ever ---- */

/* Two that feed each other, and one that reads of both. */
static void test_circle(void **state)
{
    (void)state;
    scene world;
    open_world(&world, 1, false, &(way){"2", "1", "true", "3"});
    create_topics(&world);
    fill(&world);
    RUN(world.w, "CREATE STREAM a (id STRING KEY, v INT) WITH (KAFKA_TOPIC='a', "
                 "VALUE_FORMAT='JSON', PARTITIONS=3);"
                 "CREATE STREAM b (id STRING KEY, v INT) WITH (KAFKA_TOPIC='b', "
                 "VALUE_FORMAT='JSON', PARTITIONS=3);");
    run_queries(&world,
                "INSERT INTO a SELECT id, v FROM r;"
                "INSERT INTO b SELECT a.id AS id, a.v - 4 AS v FROM a JOIN d ON a.id = d.id "
                "WHERE a.v > 4;"
                "INSERT INTO a SELECT b.id AS id, b.v AS v FROM b JOIN d ON b.id = d.id "
                "WHERE b.v > 0;"
                "CREATE TABLE n AS SELECT 1 AS one, COUNT(*) AS n FROM a GROUP BY 1;");
    /* 0..9 twelve times; 5..9 come back as 1..5, 5 of these as 1. */
    ROWS(world.w, "SELECT n FROM n WHERE one = 1;", "192 ");
    close_world(&world);
}

/* What does not run is not waited for. */
static void test_paused_writer(void **state)
{
    (void)state;
    scene world;
    open_world(&world, 1, false, &(way){"2048", "1", "true", "16384"});
    create_topics(&world);
    fill(&world);
    RUN(world.w, "CREATE TABLE places AS SELECT id, LATEST_BY_OFFSET(site) AS site FROM moves "
                 "GROUP BY id;");
    drain(world.w);
    RUN(world.w, "PAUSE ALL;");
    put(&world, "d", 0, "\"SITE\":1", BEGIN_MS);
    run_queries(&world, "CREATE STREAM r2 AS SELECT r.id AS id, v, places.site AS site FROM r LEFT "
                        "JOIN places ON r.id = places.id;"
                        "CREATE TABLE n AS SELECT 1 AS one, COUNT(*) AS n FROM r2 GROUP BY 1;");
    ROWS(world.w, "SELECT n FROM n WHERE one = 1;", "120 ");
    close_world(&world);
}

/* Records that cannot be read have no event time. Where all partitions begin with one they wait for
 * nothing. */
static void test_unreadable_heads(void **state)
{
    (void)state;
    scene world;
    weir_error err;
    open_world(&world, 1, true, &(way){"2048", "1", "true", "3"});
    create_topics(&world);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        const weir_record bad = {
            .topic = "r", .value = "{", .value_len = 1, .timestamp = BEGIN_MS, .partition = p};
        for (int n = 0; n < 5; n++)
            assert_int_equal(weir_produce(world.w, &bad, 1, &err), WEIR_OK);
    }
    for (int device = 0; device < DEVICES; device++)
        put(&world, "r", device, "\"V\":1", BEGIN_MS + device);
    assert_int_equal(weir_flush(world.w, &err), WEIR_OK);
    run_queries(&world, "CREATE TABLE o AS SELECT v, COUNT(*) AS n FROM r " MINUTES " GROUP BY v;");
    ROWS(world.w, "SELECT v, n FROM o;", "1|6 ");
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_join_and_window),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_join_feeds_window),
        cmocka_unit_test(test_new_key_feeds_window),
        cmocka_unit_test(test_key_format_feeds_window),
        cmocka_unit_test(test_table_of_the_program),
        cmocka_unit_test(test_circle),
        cmocka_unit_test(test_paused_writer),
        cmocka_unit_test(test_unreadable_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
