/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EMIT FINAL: each closed window comes out once, whatever the clock, the commits and the batches
 * do.
 *
 * Examples, then random inputs beside a model. The model keeps all it has seen in lists and knows
 * nothing of stores, retention or throttles.
 */
#include "unit/engine/op_harness.h"

#define EXPRS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Of the test that runs; the builder reads them. */
static wr_window window;
static int64_t interval_ms;
static bool exact;

static void build_final(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID STRING KEY, V INT", false);
    s = ops_aggregate(o, s, window, "ID STRING KEY, C BIGINT, S INT", EXPRS("COUNT(*)", "SUM(V)"));
    s = ops_suppress(o, s, interval_ms);
    s->u.suppress.exact = exact;
    ops_sink(o, s, "OUT");
}

static const char v1[] = "{\"V\":1}";

/* ------------------------------------------------------------------ examples */

typedef struct example {
    const char *what;
    wr_window window;
    bool exact;
    ops_in in[9];
    const char *out;
} example;

static const example examples[] = {
    {"in order of window, then key; late rows change nothing",
     {WR_WINDOW_TUMBLING, 2, 2, 0, 100, true},
     false,
     {{"T", "\"b\"", v1, 0},
      {"T", "\"a\"", v1, 1},
      {"T", "\"a\"", v1, 2},
      {"T", "\"a\"", v1, 1},
      {"T", "\"a\"", v1, 9},
      {"T", "\"a\"", v1, 9}},
     "OUT \"a\"[0,2] {\"C\":1,\"S\":1} @1\n"
     "OUT \"b\"[0,2] {\"C\":1,\"S\":1} @0\n"
     "OUT \"a\"[2,4] {\"C\":1,\"S\":1} @2\n"},
    {"a row that would make the store forget windows lets them out first",
     {WR_WINDOW_TUMBLING, 2, 2, 1, 3, true},
     false,
     {{"T", "\"a\"", v1, 0},
      {"T", "\"a\"", v1, 1},
      {"T", "\"a\"", v1, 2},
      {"T", "\"a\"", v1, 1},
      {"T", "\"a\"", v1, 5},
      {"T", "\"a\"", v1, 500}},
     "OUT \"a\"[0,2] {\"C\":3,\"S\":3} @1\n"
     "OUT \"a\"[2,4] {\"C\":1,\"S\":1} @2\n"
     "OUT \"a\"[4,6] {\"C\":1,\"S\":1} @5\n"},
    {"Kafka Streams loses them",
     {WR_WINDOW_TUMBLING, 2, 2, 1, 3, true},
     true,
     {{"T", "\"a\"", v1, 0},
      {"T", "\"a\"", v1, 1},
      {"T", "\"a\"", v1, 2},
      {"T", "\"a\"", v1, 1},
      {"T", "\"a\"", v1, 5},
      {"T", "\"a\"", v1, 500}},
     "OUT \"a\"[2,4] {\"C\":1,\"S\":1} @2\n"},
    {"a retention of size and grace keeps what closes in its course",
     {WR_WINDOW_TUMBLING, 10, 10, 10, 20, true},
     true,
     {{"T", "\"b\"", v1, 0},
      {"T", "\"a\"", v1, 25},
      {"T", "\"a\"", v1, 39},
      {"T", "\"a\"", v1, 49}},
     "OUT \"b\"[0,10] {\"C\":1,\"S\":1} @0\n"
     "OUT \"a\"[20,30] {\"C\":1,\"S\":1} @25\n"},
    {"hopping windows without grace",
     {WR_WINDOW_HOPPING, 4, 2, 0, 4, true},
     false,
     {{"T", "\"a\"", v1, 3},
      {"T", "\"a\"", v1, 5},
      {"T", "\"b\"", v1, 100},
      {"T", "\"b\"", v1, 1000}},
     "OUT \"a\"[0,4] {\"C\":1,\"S\":1} @3\n"
     "OUT \"a\"[2,6] {\"C\":2,\"S\":2} @5\n"
     "OUT \"a\"[4,8] {\"C\":1,\"S\":1} @5\n"
     "OUT \"b\"[98,102] {\"C\":1,\"S\":1} @100\n"
     "OUT \"b\"[100,104] {\"C\":1,\"S\":1} @100\n"},
    {"sessions, in order of end",
     {WR_WINDOW_SESSION, 5, 0, 0, 100, true},
     false,
     {{"T", "\"a\"", v1, 0},
      {"T", "\"b\"", v1, 4},
      {"T", "\"a\"", v1, 5},
      {"T", "\"c\"", v1, 10},
      {"T", "\"c\"", v1, 11},
      {"T", "\"a\"", v1, 5}},
     "OUT \"b\"[4,4] {\"C\":1,\"S\":1} @4\n"
     "OUT \"a\"[0,5] {\"C\":2,\"S\":2} @5\n"},
    {"sessions without grace, hours apart",
     {WR_WINDOW_SESSION, 5, 0, 0, 5, true},
     false,
     {{"T", "\"a\"", v1, 0}, {"T", "\"b\"", v1, 9000000}, {"T", "\"c\"", v1, 99000000}},
     "OUT \"a\"[0,0] {\"C\":1,\"S\":1} @0\n"
     "OUT \"b\"[9000000,9000000] {\"C\":1,\"S\":1} @9000000\n"},
    {"Kafka Streams drops sessions by segments of a minute",
     {WR_WINDOW_SESSION, 5, 0, 0, 5, true},
     true,
     {{"T", "\"a\"", v1, 0},
      {"T", "\"b\"", v1, 50000},
      {"T", "\"c\"", v1, 60004}, /* of the next one; 60004 - 5 is not */
      {"T", "\"d\"", v1, 180000}},
     "OUT \"a\"[0,0] {\"C\":1,\"S\":1} @0\n"
     "OUT \"b\"[50000,50000] {\"C\":1,\"S\":1} @50000\n"},
    {"a closed session that a row joins is let out as it was",
     {WR_WINDOW_SESSION, 5, 0, 2, 1000, true},
     false,
     {{"T", "\"a\"", v1, 10},
      {"T", "\"b\"", v1, 20}, /* closes what ends before 13 */
      {"T", "\"a\"", v1, 15}, /* joins [10,10], which is closed: again */
      {"T", "\"c\"", v1, 50}},
     "OUT \"a\"[10,10] {\"C\":1,\"S\":1} @10\n"
     "OUT \"a\"[10,15] {\"C\":2,\"S\":2} @15\n"
     "OUT \"b\"[20,20] {\"C\":1,\"S\":1} @20\n"},
    {"times before the epoch are in no window",
     {WR_WINDOW_TUMBLING, 10, 10, 0, 10, true},
     false,
     {{"T", "\"a\"", v1, -5}, {"T", "\"a\"", v1, 5}, {"T", "\"a\"", v1, 15}},
     "OUT \"a\"[0,10] {\"C\":1,\"S\":1} @5\n"},
    {"the end of time",
     {WR_WINDOW_TUMBLING, 10, 10, 0, 10, true},
     false,
     {{"T", "\"a\"", v1, 5}, {"T", "\"a\"", v1, INT64_MAX}},
     "OUT \"a\"[0,10] {\"C\":1,\"S\":1} @5\n"},
};

/* As each row comes with an interval of 0; with a long one the commits let windows out, in the same
 * order. */
static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(examples); i++) {
        const example *x = &examples[i];
        size_t n = 0;
        while (n < WR_ARRAY_LEN(x->in) && x->in[n].topic)
            n++;
        window = x->window;
        exact = x->exact;
        interval_ms = 0;
        print_message("%s\n", x->what);
        ops_check_as(build_final, x->in, n, true, x->out);
        interval_ms = exact ? 0 : 1000000;
        ops *o = wr_malloc(sizeof *o);
        ops_open(o, build_final, false);
        ops_run(o, x->in, n, 3, false);
        ops_commit(o);
        assert_string_equal(wr_buf_cstr(&o->out), x->out);
        ops_close(o);
        wr_free(o);
    }
}

/* Between commits the interval counts; wall time stands still unless the test moves it. */
static void test_interval(void **state)
{
    (void)state;
    window = (wr_window){WR_WINDOW_TUMBLING, 2, 2, 0, 100, true};
    interval_ms = 1000;
    exact = false;
    const ops_in in[] = {{"T", "\"a\"", v1, 0}, {"T", "\"a\"", v1, 50}, {"T", "\"a\"", v1, 60}};
    ops_check_as(build_final, in, 3, false, "");
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_final, false);
    ops_run(o, in, 2, 1, false);
    o->ctx.wall_ms = 1000;
    ops_run(o, in + 2, 1, 1, false);
    assert_string_equal(wr_buf_cstr(&o->out), "OUT \"a\"[0,2] {\"C\":1,\"S\":1} @0\n"
                                              "OUT \"a\"[50,52] {\"C\":1,\"S\":1} @50\n");
    ops_commit(o); /* nothing is owed */
    ops_restart(o);
    assert_string_equal(wr_buf_cstr(&o->out), "OUT \"a\"[0,2] {\"C\":1,\"S\":1} @0\n"
                                              "OUT \"a\"[50,52] {\"C\":1,\"S\":1} @50\n");
    ops_close(o);
    wr_free(o);
}

/* More windows close at once than a commit puts into one batch. */
static void test_many_at_a_commit(void **state)
{
    (void)state;
    enum { KEYS = 3 * WR_BATCH_ROWS_DEFAULT + 7 };
    static char keys[KEYS][24];
    for (int session = 0; session <= 1; session++) {
        window = session ? (wr_window){WR_WINDOW_SESSION, 2, 0, 0, 1000, true}
                         : (wr_window){WR_WINDOW_TUMBLING, 2, 2, 0, 1000, true};
        interval_ms = 1000;
        ops *o = wr_malloc(sizeof *o);
        ops_open(o, build_final, true);
        for (int i = 0; i < KEYS; i++) {
            snprintf(keys[i], sizeof keys[i], "\"%06d\"", i);
            ops_in in = {"T", keys[i], v1, 1};
            ops_run(o, &in, 1, 1, false);
        }
        ops_in last = {"T", "\"z\"", v1, 100};
        ops_run(o, &last, 1, 1, false);
        assert_string_equal(wr_buf_cstr(&o->out), "");
        ops_commit(o);
        size_t lines = 0;
        char expected[64];
        for (const char *p = wr_buf_cstr(&o->out); *p; p = strchr(p, '\n') + 1, lines++) {
            snprintf(expected, sizeof expected, "OUT \"%06zu\"[%d,%d] {\"C\":1,\"S\":1} @1\n",
                     lines, session ? 1 : 0, session ? 1 : 2);
            assert_memory_equal(p, expected, strlen(expected));
        }
        assert_int_equal(lines, KEYS);
        ops_close(o);
        wr_free(o);
    }
}

/* ------------------------------------------------------------------ a model */

typedef struct span { /* a window, or a session, of one key */
    char key;
    int64_t start, end, rowtime;
    int count, sum;
    bool out;
} span;

typedef struct model {
    span spans[512];
    size_t n;
    int64_t now;
    wr_buf text;
} model;

static int by_end(const void *a, const void *b)
{
    const span *x = *(span *const *)a, *y = *(span *const *)b;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    if (x->key != y->key)
        return x->key - y->key;
    return (x->start > y->start) - (x->start < y->start);
}

/* What has closed, in order of end, key, start. */
static void model_emit(model *m, int64_t close)
{
    span *closed[512];
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++) {
        span *s = &m->spans[i];
        bool is = window.kind == WR_WINDOW_SESSION ? s->end < close : s->end <= close;
        if (is && !s->out && s->count)
            closed[n++] = s;
    }
    qsort((void *)closed, n, sizeof *closed, by_end);
    for (size_t i = 0; i < n; i++) {
        closed[i]->out = true;
        wr_buf_printf(&m->text, "OUT \"%c\"[%lld,%lld] {\"C\":%d,\"S\":%d} @%lld\n", closed[i]->key,
                      (long long)closed[i]->start, (long long)closed[i]->end, closed[i]->count,
                      closed[i]->sum, (long long)closed[i]->rowtime);
    }
}

static span *model_span(model *m, char key, int64_t start, int64_t end)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->spans[i].key == key && m->spans[i].start == start && m->spans[i].end == end &&
            m->spans[i].count)
            return &m->spans[i];
    assert_true(m->n < WR_ARRAY_LEN(m->spans));
    m->spans[m->n] = (span){.key = key, .start = start, .end = end};
    return &m->spans[m->n++];
}

static void model_windows(model *m, char key, int v, int64_t t)
{
    int64_t close = m->now - window.grace_ms;
    for (int64_t start = t / window.advance_ms * window.advance_ms;
         start >= 0 && start > t - window.size_ms; start -= window.advance_ms) {
        if (start + window.size_ms <= close)
            continue;
        span *s = model_span(m, key, start, start + window.size_ms);
        s->count++;
        s->sum += v;
        s->rowtime = WR_MAX(s->rowtime, t);
    }
}

static void model_session(model *m, char key, int v, int64_t t)
{
    int64_t close = m->now - window.grace_ms - window.size_ms;
    span all = {.key = key, .start = t, .end = t, .count = 1, .sum = v};
    for (int take = 0; take <= 1; take++) {
        for (size_t i = 0; i < m->n; i++) {
            span *s = &m->spans[i];
            if (s->key != key || !s->count || s->end < t - window.size_ms ||
                s->start > t + window.size_ms)
                continue;
            all.start = WR_MIN(all.start, s->start);
            all.end = WR_MAX(all.end, s->end);
            if (!take)
                continue;
            all.count += s->count;
            all.sum += s->sum;
            s->count = 0;
        }
        if (all.end < close)
            return;
    }
    all.rowtime = all.end;
    assert_true(m->n < WR_ARRAY_LEN(m->spans));
    m->spans[m->n++] = all;
}

static void model_row(model *m, char key, int v, int64_t t)
{
    m->now = WR_MAX(m->now, t);
    bool session = window.kind == WR_WINDOW_SESSION;
    model_emit(m, m->now - window.grace_ms - (session ? window.size_ms : 0));
    if (session)
        model_session(m, key, v, t);
    else if (t >= 0)
        model_windows(m, key, v, t);
}

static wr_window random_window(wr_rng *rng)
{
    static const int64_t sizes[] = {1, 2, 7, 10, 30, 100}, graces[] = {0, 0, 1, 5, 20, 100};
    static const wr_window_kind kinds[] = {WR_WINDOW_TUMBLING, WR_WINDOW_HOPPING,
                                           WR_WINDOW_SESSION};
    wr_window w = {.kind = kinds[wr_rng_below(rng, 3)], .emit_final = true};
    w.size_ms = w.advance_ms = sizes[wr_rng_below(rng, 6)];
    if (w.kind == WR_WINDOW_HOPPING)
        w.advance_ms = 1 + (int64_t)wr_rng_below(rng, (uint64_t)w.size_ms);
    if (w.kind == WR_WINDOW_HOPPING && w.size_ms / w.advance_ms > 10)
        w.advance_ms = w.size_ms / 10;
    w.grace_ms = graces[wr_rng_below(rng, 6)];
    w.retention_ms =
        w.size_ms + w.grace_ms + (int64_t)(wr_rng_below(rng, 2) * wr_rng_below(rng, 50));
    return w;
}

enum { ROWS = 40 };

typedef struct run {
    ops_in in[ROWS];
    char values[ROWS][16], keys[ROWS][8];
} run;

/* Times that mostly rise, jump far now and then, and come out of order. */
static void random_rows(wr_rng *rng, run *r, model *m)
{
    int64_t base = 0;
    for (int i = 0; i < ROWS; i++) {
        static const uint64_t steps[] = {1, 3, 15, 60, 400, 90000};
        base += (int64_t)wr_rng_below(rng, steps[wr_rng_below(rng, 6)]);
        int64_t t = base - (wr_rng_below(rng, 3) == 0 ? (int64_t)wr_rng_below(rng, 60) : 0);
        t = WR_MAX(t, 0);
        char key = (char)('a' + wr_rng_below(rng, 3));
        int v = (int)wr_rng_below(rng, 10);
        snprintf(r->values[i], sizeof r->values[i], "{\"V\":%d}", v);
        snprintf(r->keys[i], sizeof r->keys[i], "\"%c\"", key);
        r->in[i] = (ops_in){"T", r->keys[i], r->values[i], t};
        model_row(m, key, v, t);
    }
    bool session = window.kind == WR_WINDOW_SESSION;
    model_emit(m, m->now - window.grace_ms - (session ? window.size_ms : 0));
}

/* The same rows with any interval, clock, commits, restarts and batches. */
static void run_once(wr_rng *rng, const run *r, ops *o)
{
    ops_open(o, build_final, wr_rng_below(rng, 2));
    for (size_t at = 0; at < ROWS;) {
        size_t n = 1 + wr_rng_below(rng, 6);
        n = WR_MIN(n, ROWS - at);
        ops_run(o, r->in + at, n, (uint32_t)n, false);
        at += n;
        o->ctx.wall_ms += (int64_t)wr_rng_below(rng, 900);
        if (wr_rng_below(rng, 4) == 0)
            ops_commit(o);
        if (wr_rng_below(rng, 8) == 0)
            ops_restart(o);
    }
    ops_commit(o);
}

static void test_random(void **state)
{
    (void)state;
    static model m;
    static run r;
    static const int64_t intervals[] = {0, 1, 1000, INT64_MAX};
    exact = false;
    for (uint64_t seed = 1; seed <= 600; seed++) {
        wr_rng rng;
        wr_rng_seed(&rng, seed);
        window = random_window(&rng);
        memset(&m, 0, sizeof m);
        m.now = -1;
        random_rows(&rng, &r, &m);
        for (int k = 0; k < 4; k++) {
            interval_ms = intervals[k];
            ops *o = wr_malloc(sizeof *o);
            run_once(&rng, &r, o);
            if (strcmp(wr_buf_cstr(&o->out), wr_buf_cstr(&m.text)) != 0) {
                print_error("--- expected\n%s", wr_buf_cstr(&m.text));
                print_error("--- got\n%s", wr_buf_cstr(&o->out));
                fail_msg("seed %llu, interval %lld, kind %d size %lld advance %lld grace %lld "
                         "retention %lld",
                         (unsigned long long)seed, (long long)interval_ms, (int)window.kind,
                         (long long)window.size_ms, (long long)window.advance_ms,
                         (long long)window.grace_ms, (long long)window.retention_ms);
            }
            ops_close(o);
            wr_free(o);
        }
        wr_buf_free(&m.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_interval),
        cmocka_unit_test(test_many_at_a_commit),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
