/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the rows of a key are (query_held.c): for random keys of every type and format the
 * partition that is computed is the one in which the engine has put the row. A pull query that asks
 * another server for the wrong one finds nothing, and says so as if there were nothing.
 *
 * And which partitions a process is said to have.
 */
#include "unit/runtime/api_helper.h"

#include "common/clock.h"
#include "runtime/api/api_internal.h"
#include "runtime/query/query_internal.h"
#include "runtime/statement/query_rows.h"

enum { KEYS = 40, KAFKA_TYPES = 4 }; /* of `types`: the first are those that KAFKA has */

static weir *w;
static wr_rng rng;

/* ---- random literals ---- */

static uint64_t below(uint64_t n)
{
    return wr_rng_next(&rng) % n;
}

static void put_text(wr_buf *out)
{
    static const char *const letters[] = {
        "a", "B", "0", " ", "''", ",", "\\", "\"", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
        "{", "\n"};
    wr_buf_putc(out, '\'');
    for (uint64_t n = 1 + below(12); n > 0; n--)
        wr_buf_puts(out, letters[below(WR_ARRAY_LEN(letters))]);
    wr_buf_putc(out, '\'');
}

static void put_int(wr_buf *out)
{
    static const int32_t edges[] = {0, 1, -1, INT32_MAX, INT32_MIN + 1, 127, 128, 255, 256};
    wr_buf_printf(out, "%d",
                  below(4) ? (int32_t)below(100000) - 50000 : edges[below(WR_ARRAY_LEN(edges))]);
}

static void put_bigint(wr_buf *out)
{
    static const int64_t edges[] = {0, 1, -1, INT64_MAX, INT64_MIN + 1, INT64_C(1) << 40};
    wr_buf_printf(out, "%lld",
                  (long long)(below(4) ? (int64_t)(wr_rng_next(&rng) >> (1 + below(60)))
                                       : edges[below(WR_ARRAY_LEN(edges))]));
}

static void put_double(wr_buf *out)
{
    wr_buf_printf(out, "%s%llu.%lluE%d", below(2) ? "-" : "", (unsigned long long)below(10),
                  (unsigned long long)below(100000), (int)below(30) - 15);
}

static void put_decimal(wr_buf *out)
{
    wr_buf_printf(out, "%s%llu.%02llu", below(2) ? "-" : "", (unsigned long long)below(1000000),
                  (unsigned long long)below(100));
}

static void put_boolean(wr_buf *out)
{
    wr_buf_puts(out, below(2) ? "true" : "false");
}

static void put_date(wr_buf *out)
{
    wr_buf_printf(out, "'%04d-%02d-%02d'", 1900 + (int)below(200), 1 + (int)below(12),
                  1 + (int)below(28));
}

static void put_time(wr_buf *out)
{
    wr_buf_printf(out, "'%02d:%02d:%02d'", (int)below(24), (int)below(60), (int)below(60));
}

static void put_timestamp(wr_buf *out)
{
    wr_buf_printf(out, "'%04d-%02d-%02dT%02d:%02d:%02d.%03d'", 1970 + (int)below(80),
                  1 + (int)below(12), 1 + (int)below(28), (int)below(24), (int)below(60),
                  (int)below(60), (int)below(1000));
}

/* ---- one table ---- */

typedef struct key_type {
    const char *type;
    void (*put)(wr_buf *out);
} key_type;

static const key_type types[] = {
    {"STRING", put_text},
    {"INTEGER", put_int},
    {"BIGINT", put_bigint},
    {"DOUBLE", put_double},
    {"DECIMAL(12, 2)", put_decimal},
    {"BOOLEAN", put_boolean},
    {"DATE", put_date},
    {"TIME", put_time},
    {"TIMESTAMP", put_timestamp},
};

static weir_status note_rows(void *arg, const wr_batch *batch, weir_error *err)
{
    (void)err;
    *(uint32_t *)arg += batch->sel.n;
    return WEIR_OK;
}

/* How many rows for the pull query are in this partition of its table. */
static uint32_t rows_at(const wr__rows *r, int32_t partition)
{
    const wr_pull_parts parts = {.partitions = &partition, .n = 1, .behind_max = -1};
    uint32_t n = 0;
    int64_t oldest;
    weir_error err;
    if (wr_query_pull(r->entry->query, r->pull, &parts, note_rows, &n, &oldest, &err) != WEIR_OK)
        fail_msg("partition %d: %s", partition, err.message);
    return n;
}

/* @return the partition that is said to have the key of this pull query; its row is there. */
static int32_t check_key(const char *sql)
{
    weir_stmt *s = prepare(w, sql);
    weir_error err;
    weir_status st = weir_step(s, API_LIMIT_MS, &err);
    if (st != WEIR_ROW)
        fail_msg("%s: no row", sql);
    const wr__rows *r = s->x->rows;
    assert_true(r && r->pull && r->pull->keys_n == 1 && r->pull->keys[0].key);
    int32_t all = wr_query_table_partitions(r->entry->query);
    int32_t said = wr_query_partition_of(r->entry->query, r->pull->keys[0].key);
    uint32_t found = 0;
    for (int32_t p = 0; p < all; p++) {
        uint32_t n = rows_at(r, p);
        found += n;
        if (n && said >= 0 && said != p)
            fail_msg("%s: it is in partition %d of %d, and looked for in %d", sql, p, all, said);
    }
    if (found != 1)
        fail_msg("%s: in %u partitions of %d", sql, found, all);
    weir_finalize(s);
    return said;
}

typedef enum shape {
    AS_THEY_LIE, /* grouped by the key of the stream: nothing moves */
    AS_A_TABLE,  /* a topic that is a table, by its key */
    MOVED,       /* grouped by a value: through a repartition topic */
    BY_TWO,      /* grouped by two values */
    SHAPES,
} shape;

/* Topic s, and a table t of it whose key is `a`, of that type and format. */
static void create(shape how, const char *type, const char *format, int partitions,
                   wr_partitioner by)
{
    wr_buf b = {0};
    switch (how) {
    case AS_THEY_LIE:
        wr_buf_printf(&b,
                      "CREATE STREAM s (a %s KEY, b BIGINT) WITH (KAFKA_TOPIC = 's', PARTITIONS = "
                      "%d, KEY_FORMAT = '%s', VALUE_FORMAT = 'JSON', PARTITIONER = '%s');"
                      "CREATE TABLE t AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;",
                      type, partitions, format, wr_partitioner_name(by));
        break;
    case AS_A_TABLE:
        wr_buf_printf(&b,
                      "CREATE TABLE s (a %s PRIMARY KEY, b BIGINT) WITH (KAFKA_TOPIC = 's', "
                      "PARTITIONS = %d, KEY_FORMAT = '%s', VALUE_FORMAT = 'JSON');"
                      "CREATE TABLE t AS SELECT * FROM s;",
                      type, partitions, format);
        break;
    default:
        wr_buf_printf(&b,
                      "CREATE STREAM s (k STRING KEY, a %s, b BIGINT) WITH (KAFKA_TOPIC = 's', "
                      "PARTITIONS = %d, VALUE_FORMAT = 'JSON');"
                      "CREATE TABLE t WITH (KEY_FORMAT = '%s') AS SELECT a, %s COUNT(*) AS n "
                      "FROM s GROUP BY a%s;",
                      type, partitions, format, how == BY_TWO ? "b," : "",
                      how == BY_TWO ? ", b" : "");
    }
    RUN(w, wr_buf_cstr(&b));
    wr_buf_free(&b);
}

/* @return how many keys are said to be in one partition. */
static int check_table(shape how, const key_type *t, const char *format, int partitions)
{
    wr_buf keys[KEYS] = {0}, sql = {0};
    int known = 0;
    w = open_memory();
    create(how, t->type, format, partitions, (wr_partitioner)below(WR_PARTITIONERS));
    for (int i = 0; i < KEYS; i++) {
        t->put(&keys[i]);
        wr_buf_clear(&sql);
        wr_buf_printf(&sql, "INSERT INTO s (a, b) VALUES (%s, %d);", wr_buf_cstr(&keys[i]), i % 3);
        RUN(w, wr_buf_cstr(&sql));
    }
    drain(w);
    for (int i = 0; i < KEYS; i++) {
        wr_buf_clear(&sql);
        wr_buf_printf(&sql, "SELECT * FROM t WHERE a = %s", wr_buf_cstr(&keys[i]));
        if (how == BY_TWO)
            wr_buf_printf(&sql, " AND b = %d", i % 3);
        known += check_key(wr_buf_cstr(&sql)) >= 0;
        wr_buf_free(&keys[i]);
    }
    wr_buf_free(&sql);
    close_it(w);
    return known;
}

/* Bytes that Weir itself makes of a key are known; those of another program only where they have
 * one form. */
static void test_keys(void **state)
{
    (void)state;
    static const char *const formats[] = {"KAFKA", "JSON", "DELIMITED"};
    static const int partitions[] = {2, 3, 7};
    wr_rng_seed(&rng, 20261201);
    for (size_t f = 0; f < WR_ARRAY_LEN(formats); f++)
        for (size_t i = 0; i < WR_ARRAY_LEN(types); i++) {
            bool kafka = f == 0;
            if (kafka && i >= KAFKA_TYPES)
                break;
            for (int how = 0; how < SHAPES - kafka; how++) { /* KAFKA has keys of one column */
                int n = check_table((shape)how, &types[i], formats[f], partitions[below(3)]);
                bool own = how == MOVED || how == BY_TWO || kafka;
                if (n != (own ? KEYS : 0))
                    fail_msg("%s %s, shape %d: %d of %d", types[i].type, formats[f], how, n, KEYS);
            }
        }
}

/* ---- keys in other partitions ---- */

static void put_at(const char *key, int32_t partition)
{
    weir_error err;
    const weir_record r = {.topic = "s",
                           .key = key,
                           .key_len = strlen(key),
                           .value = "{\"B\":1}",
                           .value_len = 7,
                           .timestamp = 1,
                           .partition = partition};
    if (weir_produce(w, &r, 1, &err) != WEIR_OK || weir_flush(w, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    drain(w);
}

/* One key that lies elsewhere is enough: any may. */
static void test_misplaced(void **state)
{
    (void)state;
    const int32_t right = wr_partition_of(WR_PARTITIONER_MURMUR2, wr_str_c("x"), 3);
    w = open_memory();
    create(AS_THEY_LIE, "STRING", "KAFKA", 3, WR_PARTITIONER_MURMUR2);
    put_at("x", right);
    assert_int_equal(check_key("SELECT * FROM t WHERE a = 'x'"), right);
    put_at("y", (wr_partition_of(WR_PARTITIONER_MURMUR2, wr_str_c("y"), 3) + 1) % 3);
    assert_int_equal(check_key("SELECT * FROM t WHERE a = 'x'"), -1);
    assert_int_equal(check_key("SELECT * FROM t WHERE a = 'y'"), -1);
    close_it(w);
}

/* The rows stay where they are when the query is stopped and goes on, so it is known still. */
static void test_misplaced_before(void **state)
{
    (void)state;
    w = open_memory();
    create(AS_THEY_LIE, "STRING", "KAFKA", 3, WR_PARTITIONER_MURMUR2);
    put_at("y", (wr_partition_of(WR_PARTITIONER_MURMUR2, wr_str_c("y"), 3) + 1) % 3);
    assert_int_equal(check_key("SELECT * FROM t WHERE a = 'y'"), -1);
    RUN(w, "PAUSE CTAS_T_1; RESUME CTAS_T_1;");
    put_at("x", wr_partition_of(WR_PARTITIONER_MURMUR2, wr_str_c("x"), 3));
    assert_int_equal(check_key("SELECT * FROM t WHERE a = 'y'"), -1);
    close_it(w);
}

/* ---- which partitions are here ---- */

/* As a task or a standby would say; of a standby behind -1: it has not heard of the end yet. */
static void hold(wr_held *h, int32_t partition, wr_held_as as, int64_t behind)
{
    wr_held_set(h, h->store, partition, as);
    if (as == WR_HELD_STANDBY && behind >= 0)
        wr_held_follow(wr_held_at(h, h->store, partition), 1000, 1000 + behind);
}

static void test_serves(void **state)
{
    (void)state;
    static const struct {
        wr_held_as as[2]; /* of partitions 0 and 1 */
        int64_t behind[2], behind_max;
        const char *wanted;
        bool serves;
    } cases[] = {
        {{WR_HELD_ACTIVE, WR_HELD_ACTIVE}, {0, 0}, -1, "01", true},
        {{WR_HELD_ACTIVE, WR_HELD_NOT}, {0, 0}, -1, "0", true},
        {{WR_HELD_ACTIVE, WR_HELD_NOT}, {0, 0}, -1, "1", false},
        {{WR_HELD_ACTIVE, WR_HELD_NOT}, {0, 0}, -1, "01", false},
        {{WR_HELD_ACTIVE, WR_HELD_NOT}, {0, 0}, 1000, "10", false},
        {{WR_HELD_NOT, WR_HELD_NOT}, {0, 0}, -1, "", true},
        {{WR_HELD_STANDBY, WR_HELD_ACTIVE}, {0, 0}, -1, "0", false}, /* no copies are wanted */
        {{WR_HELD_STANDBY, WR_HELD_ACTIVE}, {0, 0}, 0, "01", true},
        {{WR_HELD_STANDBY, WR_HELD_ACTIVE}, {1, 0}, 0, "0", false},
        {{WR_HELD_STANDBY, WR_HELD_STANDBY}, {5, 6}, 5, "0", true},
        {{WR_HELD_STANDBY, WR_HELD_STANDBY}, {5, 6}, 5, "1", false},
        {{WR_HELD_STANDBY, WR_HELD_STANDBY}, {5, 6}, 6, "01", true},
        {{WR_HELD_STANDBY, WR_HELD_NOT}, {-1, 0}, 1000000, "0", false},
        {{WR_HELD_STANDBY, WR_HELD_NOT},
         {-1, 0},
         INT64_MAX,
         "0",
         false}, /* not known is not near */
    };
    w = open_memory();
    create(AS_THEY_LIE, "STRING", "KAFKA", 3, WR_PARTITIONER_MURMUR2);
    put_at("x", 0);
    wr_query *q = wr_engine_query_at(w->engine, 0);
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        int32_t list[2];
        wr_pull_parts parts = {.partitions = list, .behind_max = cases[i].behind_max};
        for (int32_t p = 0; p < 2; p++)
            hold(&q->held, p, cases[i].as[p], cases[i].behind[p]);
        for (const char *at = cases[i].wanted; *at; at++)
            list[parts.n++] = *at - '0';
        if (wr_query_serves(q, &parts) != cases[i].serves)
            fail_msg("case %zu", i);
    }
    close_it(w);
}

/* What was here in the last assignment will do where nobody else is known; not that of one before,
 * and nothing of a restore that was broken off. */
static void test_serves_what_was(void **state)
{
    (void)state;
    const int32_t zero = 0;
    const wr_pull_parts lately = {&zero, 1, true, -1}, now = {&zero, 1, false, -1};
    w = open_memory();
    create(AS_THEY_LIE, "STRING", "KAFKA", 3, WR_PARTITIONER_MURMUR2);
    put_at("x", 0);
    wr_query *q = wr_engine_query_at(w->engine, 0);
    wr_held_begin(&q->held);
    hold(&q->held, 0, WR_HELD_ACTIVE, 0);
    hold(&q->held, 0, WR_HELD_NOT, 0);
    assert_false(wr_query_serves(q, &now));
    assert_true(wr_query_serves(q, &lately));
    atomic_store(&q->counters.incomplete, true);
    assert_false(wr_query_serves(q, &lately));
    atomic_store(&q->counters.incomplete, false);
    assert_true(wr_query_serves(q, &lately));
    wr_held_begin(&q->held);
    assert_false(wr_query_serves(q, &lately));
    hold(&q->held, 0, WR_HELD_STANDBY, 3);
    assert_false(wr_query_serves(q, &lately)); /* it was a copy, and is none that is wanted */
    close_it(w);
}

/* A copy is not further than it is: numbers of its changelog, in whatever order they come. */
static void test_holds(void **state)
{
    (void)state;
    int64_t behind = 7, applied = 7;
    w = open_memory();
    create(AS_THEY_LIE, "STRING", "KAFKA", 3, WR_PARTITIONER_MURMUR2);
    put_at("x", 0);
    wr_query *q = wr_engine_query_at(w->engine, 0);
    wr_held *h = &q->held;
    assert_int_equal(wr_query_holds(q, 0, &behind, &applied), WR_HELD_ACTIVE);
    assert_int_equal(behind, WR_HELD_UNKNOWN);
    assert_int_equal(wr_query_holds(q, 3, &behind, &applied), WR_HELD_NOT); /* there is none */
    wr_held_set(h, h->store, 1, WR_HELD_STANDBY);
    assert_int_equal(wr_query_holds(q, 1, &behind, NULL), WR_HELD_STANDBY);
    assert_int_equal(behind, WR_HELD_UNKNOWN);
    wr_held_follow(wr_held_at(h, h->store, 1), 40, 100);
    assert_int_equal(wr_query_holds(q, 1, &behind, &applied), WR_HELD_STANDBY);
    assert_int_equal(behind, 60);
    assert_int_equal(applied, 40);
    wr_held_follow(wr_held_at(h, h->store, 1), 50, -1); /* its end is not known: as before */
    assert_int_equal(wr_query_holds(q, 1, &behind, &applied), WR_HELD_STANDBY);
    assert_int_equal(behind, 60);
    wr_held_follow(wr_held_at(h, h->store, 1), 101, 100); /* the end is that of a moment ago */
    assert_int_equal(wr_query_holds(q, 1, &behind, &applied), WR_HELD_STANDBY);
    assert_int_equal(behind, 0);
    wr_held_set(h, h->store, 1, WR_HELD_STANDBY); /* made anew */
    assert_int_equal(wr_query_holds(q, 1, &behind, NULL), WR_HELD_STANDBY);
    assert_int_equal(behind, WR_HELD_UNKNOWN);
    wr_held_set(h, h->store + 1, 1, WR_HELD_ACTIVE); /* of another store */
    assert_int_equal(wr_query_holds(q, 1, NULL, NULL), WR_HELD_STANDBY);
    close_it(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_misplaced),
        cmocka_unit_test(test_misplaced_before),
        cmocka_unit_test(test_serves),
        cmocka_unit_test(test_serves_what_was),
        cmocka_unit_test(test_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
