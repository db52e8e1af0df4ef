/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Combining before a repartition topic changes how many records are in it, and nothing else: random
 * rows, late ones among them, give the same final table with and without it, whatever the commits
 * and batches.
 * cost: 20
 */
#include "unit/engine/op_harness.h"

#define EXPRS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Under sanitizers a step costs fifty times as much, and what they look for depends on the ways
 * that are taken, which three inputs take as eight do; the tables are compared for all eight
 * without. */
#ifdef WR_SANITIZED
enum { RECORDS = 300, SEEDS = 3 };
#else
enum { RECORDS = 300, SEEDS = 8 };
#endif

static ops_in input[RECORDS];
static wr_arena *texts;
static wr_window window;
static bool combining;

static void build(ops *o)
{
    wr_step *s = ops_source(o, "L", "ID INT KEY, V INT, D DOUBLE, G STRING", false);
    s = ops_select_key(o, s, "G STRING KEY, ID INT, V INT, D DOUBLE, G2 STRING", EXPRS("G"), true);
    wr_step *topic = s = ops_repartition(o, s, "P");
    s = ops_aggregate(
        o, s, window,
        "G STRING KEY, C BIGINT, CV BIGINT, S INT, A DOUBLE, MI INT, MA DOUBLE, X BIGINT",
        EXPRS("COUNT(*)", "COUNT(V)", "SUM(V)", "AVG(D)", "MIN(V)", "MAX(D)",
              "SUM(CAST(100 / V AS BIGINT))")); /* fails where V is 0 */
    topic->u.repartition.combine = combining ? s : NULL;
    ops_sink(o, s, "OUT");
}

static void make_input(uint64_t seed)
{
    wr_rng r;
    wr_rng_seed(&r, seed);
    int64_t now = 0;
    for (size_t i = 0; i < RECORDS; i++) {
        now += (int64_t)wr_rng_below(&r, 4) + (wr_rng_below(&r, 40) == 0 ? 50 : 0);
        bool far = wr_rng_below(&r, 8) == 0; /* often late */
        input[i] = (ops_in){
            .topic = "L",
            .key = wr_arena_printf(texts, "%d", (int)i),
            .time = WR_MAX(0, now - (int64_t)wr_rng_below(&r, far ? 80 : 10)),
            .value = wr_rng_below(&r, 30) == 0
                         ? NULL
                         : wr_arena_printf(
                               texts, "{\"V\":%s,\"D\":%d,\"G\":\"g%d\"}",
                               wr_rng_below(&r, 3) == 0
                                   ? "null"
                                   : wr_arena_printf(texts, "%d", (int)wr_rng_below(&r, 20) - 5),
                               (int)wr_rng_below(&r, 50), (int)wr_rng_below(&r, 5))};
    }
}

typedef struct outcome {
    char *table; /* the last line of each key, in order of key */
    size_t records;
    unsigned errors;
} outcome;

static size_t key_len(const char *line)
{
    return (size_t)(strchr(strchr(line, ' ') + 1, ' ') - line);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lines of the output, each key's last one only. */
static char *final_table(char *out)
{
    char **lines = wr_arena_calloc(texts, 4096, sizeof *lines);
    size_t n = 0;
    for (char *save, *line = strtok_r(out, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        size_t k = 0, len = key_len(line);
        while (k < n && (key_len(lines[k]) != len || strncmp(lines[k], line, len) != 0))
            k++;
        assert_true(k < 4096);
        n += k == n;
        lines[k] = line;
    }
    qsort(lines, n, sizeof *lines, by_key);
    wr_buf table = {0};
    for (size_t k = 0; k < n; k++)
        wr_buf_printf(&table, "%s\n", lines[k]);
    char *copy = wr_arena_strdup(texts, wr_buf_cstr(&table));
    wr_buf_free(&table);
    return copy;
}

static outcome run(bool combine, uint32_t batch, size_t commit)
{
    combining = combine;
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build, true);
    for (size_t at = 0; at < RECORDS; at += commit) {
        ops_run(o, input + at, WR_MIN(commit, RECORDS - at), batch, false);
        ops_restart(o);
    }
    outcome x = {final_table(wr_arena_strdup(texts, wr_buf_cstr(&o->out))), o->queue_to,
                 o->row_errors};
    ops_close(o);
    wr_free(o);
    return x;
}

static void test_same_table(void **state)
{
    (void)state;
    const wr_window windows[] = {
        {.kind = WR_WINDOW_NONE},
        {WR_WINDOW_TUMBLING, 20, 20, 0, 40, false},
        {WR_WINDOW_TUMBLING, 20, 20, 15, 60, false},
        {WR_WINDOW_HOPPING, 20, 7, 0, 40, false},
        {WR_WINDOW_HOPPING, 20, 7, 15, 60, false},
    };
    for (size_t w = 0; w < WR_ARRAY_LEN(windows); w++)
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            texts = wr_arena_new(0);
            window = windows[w];
            make_input(seed);
            outcome expected = run(false, 10, 50);
            static const uint32_t batches[] = {1, 2, 200, 0};
            static const size_t commits[] = {7, 50, RECORDS};
            for (size_t b = 0; b < WR_ARRAY_LEN(batches); b++)
                for (size_t c = 0; c < WR_ARRAY_LEN(commits); c++) {
                    outcome got = run(true, batches[b], commits[c]);
                    if (strcmp(got.table, expected.table) != 0)
                        fail_msg("window %d, seed %d, batches of %u, commits of %u:\n--- rows\n%s"
                                 "--- combined\n%s",
                                 (int)w, (int)seed, batches[b], (unsigned)commits[c],
                                 expected.table, got.table);
                    assert_int_equal(got.errors, expected.errors);
                    if (window.kind == WR_WINDOW_NONE && commits[c] == RECORDS)
                        assert_int_equal(got.records, 5); /* one for each group */
                }
            wr_arena_free(texts);
        }
}

/* Many keys: combining gives up, and the rows go as they are. */
static void test_gives_up(void **state)
{
    (void)state;
    enum { ROWS = 12000, COMMIT = 1000 };
    window = (wr_window){.kind = WR_WINDOW_NONE};
    combining = true;
    texts = wr_arena_new(0);
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build, true);
    size_t held = 0, passed = 0;
    for (int i = 0; i < ROWS; i++) {
        ops_in in = {"L", "1", NULL, i};
        in.value = wr_arena_printf(texts, "{\"V\":1,\"D\":2,\"G\":\"g%d\"}", i);
        size_t before = o->queue_to;
        ops_run(o, &in, 1, 1, false);
        *(o->queue_to == before ? &held : &passed) += 1;
        if (i % COMMIT == COMMIT - 1) {
            ops_commit(o);
            o->queue_from = o->queue_to = 0;
        }
    }
    assert_true(held > 8000 && passed > 3000);
    size_t lines = 0;
    for (const char *p = wr_buf_cstr(&o->out); (p = strstr(p, "\"C\":1,")); p++)
        lines++;
    assert_int_equal(lines, ROWS);
    ops_close(o);
    wr_free(o);
    wr_arena_free(texts);
}

/* A partial aggregate that was damaged on its way stops the query. */
static void test_damaged(void **state)
{
    (void)state;
    window = (wr_window){WR_WINDOW_TUMBLING, 20, 20, 15, 60, false};
    combining = true;
    const ops_in in[] = {{"L", "1", "{\"V\":1,\"D\":2,\"G\":\"a\"}", 5}};
    for (int kind = 0; kind < 3; kind++) {
        ops *o = wr_malloc(sizeof *o);
        ops_open(o, build, true);
        o->hold = true;
        ops_run(o, in, 1, 1, false);
        ops_flush(o);
        assert_int_equal(o->queue_to, 1);
        wr_record *r = &o->queue[0].record;
        char *bytes = wr_arena_memdup(o->run_arena, r->value.ptr, r->value.len);
        r->value.ptr = bytes;
        if (kind == 0)
            r->value.len -= 2;
        else if (kind == 1)
            bytes[4 + 2] ^= 1; /* the window's start: behind version, flags and "a" */
        else
            r->value.len = 6; /* no states */
        assert_int_equal(ops_feed(o, o->queue[0].topic, r, 1), WEIR_ERR_STORE);
        ops_close(o);
        wr_free(o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_table),
        cmocka_unit_test(test_gives_up),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
