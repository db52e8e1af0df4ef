/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outer joins of streams: rows that wait for a partner, and come out alone once their window is
 * closed. Examples, then random inputs beside a model that keeps all rows in a list.
 */
#include "unit/engine/op_harness.h"

static wr_step_join join; /* of the test that runs; the builder reads it */

static void build_streams(ops *o)
{
    wr_step *l = ops_source(o, "L", "ID INT KEY, A STRING", false);
    wr_step *r = ops_source(o, "R", "ID INT KEY, B STRING", false);
    ops_sink(o,
             ops_join(o, WR_STEP_STREAM_STREAM_JOIN, l, r, "ID INT KEY, A STRING, B STRING", join),
             "O");
}

static wr_step_join within(wr_ast_join_kind kind, int64_t before, int64_t after, int64_t grace)
{
    return (wr_step_join){.kind = kind,
                          .before_ms = before,
                          .after_ms = after,
                          .grace_ms = grace,
                          .has_grace = true,
                          .retention_ms = WR_MAX(before + after + grace, 1)};
}

/* ------------------------------------------------------------------ examples */

typedef struct example {
    const char *what;
    wr_ast_join_kind kind;
    int64_t before, after, grace;
    bool exact;
    ops_in in[8];
    const char *out;
} example;

#define L(key, a, time)                                                                            \
    {                                                                                              \
        "L", key, "{\"A\":\"" a "\"}", time                                                        \
    }
#define R(key, b, time)                                                                            \
    {                                                                                              \
        "R", key, "{\"B\":\"" b "\"}", time                                                        \
    }

static const example examples[] = {
    {"once, when the window closes, in order of time, then right before left",
     WR_AST_JOIN_FULL,
     10,
     20,
     5,
     false,
     {L("1", "a", 0), R("2", "x", 0), L("3", "m", 1), R("3", "m", 2), /* match: not alone */
      L("4", "b", 25),                                                /* 0+20+5 < 25: no */
      L("5", "c", 26)},                                               /* now both */
     "O 3 {\"A\":\"m\",\"B\":\"m\"} @2\n"
     "O 2 {\"A\":null,\"B\":\"x\"} @0\n"
     "O 1 {\"A\":\"a\",\"B\":null} @0\n"},
    {"the sides' windows differ: the right one's closes first",
     WR_AST_JOIN_FULL,
     5,
     50,
     0,
     false,
     {L("1", "a", 0), R("2", "x", 1), L("3", "b", 7), L("4", "c", 30)},
     "O 2 {\"A\":null,\"B\":\"x\"} @1\n"},
    {"Kafka Streams looks by the span of the row's own side",
     WR_AST_JOIN_FULL,
     5,
     50,
     0,
     true,
     {L("1", "a", 0), R("2", "x", 1), L("3", "b", 7), L("4", "c", 30)},
     ""},
    {"out of order, within grace: it waits, and finds its partner",
     WR_AST_JOIN_LEFT,
     10,
     10,
     20,
     false,
     {L("9", "n", 25), L("1", "a", 5), R("1", "x", 6)},
     "O 1 {\"A\":\"a\",\"B\":\"x\"} @6\n"},
    {"Kafka Streams sends it alone, too",
     WR_AST_JOIN_LEFT,
     10,
     10,
     20,
     true,
     {L("9", "n", 25), L("1", "a", 5), R("1", "x", 6)},
     "O 1 {\"A\":\"a\",\"B\":null} @5\n"
     "O 1 {\"A\":\"a\",\"B\":\"x\"} @6\n"},
    {"later than its grace: alone at once",
     WR_AST_JOIN_LEFT,
     10,
     10,
     20,
     false,
     {L("9", "n", 36), L("1", "a", 5)},
     "O 1 {\"A\":\"a\",\"B\":null} @5\n"},
    {"what came out alone joins no more",
     WR_AST_JOIN_LEFT,
     10,
     10,
     5,
     false,
     {L("1", "a", 100), L("9", "n", 116), R("1", "x", 100), L("9", "o", 132)},
     "O 1 {\"A\":\"a\",\"B\":null} @100\n"
     "O 9 {\"A\":\"n\",\"B\":null} @116\n"},
    {"a row that is dropped moves time as well",
     WR_AST_JOIN_LEFT,
     1,
     1,
     0,
     false,
     {L("1", "a", 0), {"R", "1", NULL, 2}},
     "O 1 {\"A\":\"a\",\"B\":null} @0\n"},
    {"a left row without key is alone at once, a right one nothing",
     WR_AST_JOIN_LEFT,
     1,
     1,
     5,
     false,
     {L(NULL, "a", 0), R(NULL, "x", 0)},
     "O null {\"A\":\"a\",\"B\":null} @0\n"},
    {"no span, no grace: rows of one time",
     WR_AST_JOIN_FULL,
     0,
     0,
     0,
     false,
     {L("1", "a", 5), R("1", "x", 5), R("2", "y", 5), L("2", "b", 6), L("3", "c", 7)},
     "O 1 {\"A\":\"a\",\"B\":\"x\"} @5\n"
     "O 2 {\"A\":null,\"B\":\"y\"} @5\n"
     "O 2 {\"A\":\"b\",\"B\":null} @6\n"},
    {"right: the kept side's span looks ahead",
     WR_AST_JOIN_RIGHT,
     60,
     0,
     0,
     false,
     {R("1", "x", 0), L("1", "a", 60), R("2", "y", 61), L("3", "b", 122)},
     "O 1 {\"A\":\"a\",\"B\":\"x\"} @60\n"
     "O 2 {\"A\":null,\"B\":\"y\"} @61\n"},
    {"the end of time",
     WR_AST_JOIN_LEFT,
     10,
     10,
     20,
     false,
     {L("1", "a", 5), L("2", "b", INT64_MAX), R("2", "x", INT64_MAX)},
     "O 1 {\"A\":\"a\",\"B\":null} @5\n"
     "O 2 {\"A\":\"b\",\"B\":\"x\"} @9223372036854775807\n"},
};

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(examples); i++) {
        const example *x = &examples[i];
        size_t n = 0;
        while (n < WR_ARRAY_LEN(x->in) && x->in[n].topic)
            n++;
        join = within(x->kind, x->before, x->after, x->grace);
        join.exact = x->exact;
        print_message("%s\n", x->what);
        ops_check_as(build_streams, x->in, n, true, x->out);
    }
}

/* A row that comes when its only partners are closed is counted. */
static void test_late(void **state)
{
    (void)state;
    const ops_in in[] = {L("1", "a", 100), L("9", "n", 116), R("1", "x", 100), R("2", "y", 100)};
    for (int exact = 0; exact <= 1; exact++) {
        join = within(WR_AST_JOIN_LEFT, 10, 10, 5);
        join.exact = exact;
        ops *o = wr_malloc(sizeof *o);
        ops_open(o, build_streams, false);
        ops_run(o, in, WR_ARRAY_LEN(in), 1, false);
        assert_int_equal(wr_topology_op(o->subs[0], 2)->late_rows, exact ? 0 : 1);
        ops_close(o);
        wr_free(o);
    }
}

/* Between commits the interval counts; a commit lets out what has closed. */
static void test_interval(void **state)
{
    (void)state;
    join = within(WR_AST_JOIN_LEFT, 10, 10, 0);
    join.emit_interval_ms = 1000;
    const ops_in in[] = {L("1", "a", 0), L("2", "b", 11), L("3", "c", 30), L("4", "d", 50)};
    static const char all[] = "O 1 {\"A\":\"a\",\"B\":null} @0\n"
                              "O 2 {\"A\":\"b\",\"B\":null} @11\n"
                              "O 3 {\"A\":\"c\",\"B\":null} @30\n";
    ops_check_as(build_streams, in, WR_ARRAY_LEN(in), false, ""); /* the first row looks */
    for (int commit = 0; commit <= 1; commit++) {
        ops *o = wr_malloc(sizeof *o);
        ops_open(o, build_streams, false);
        for (size_t i = 0; i < WR_ARRAY_LEN(in); i++) {
            ops_run(o, in + i, 1, 1, false);
            o->ctx.wall_ms += commit ? 0 : 1000;
        }
        assert_string_equal(wr_buf_cstr(&o->out), commit ? "" : all);
        if (commit)
            ops_commit(o);
        assert_string_equal(wr_buf_cstr(&o->out), all);
        ops_restart(o); /* what waits is committed state; nothing comes twice */
        assert_string_equal(wr_buf_cstr(&o->out), all);
        ops_close(o);
        wr_free(o);
    }
}

/* More rows are alone at once than a commit puts into one batch. */
static void test_many_at_a_commit(void **state)
{
    (void)state;
    enum { KEYS = 2 * WR_BATCH_ROWS_DEFAULT + 5 };
    join = within(WR_AST_JOIN_FULL, 1, 1, 1);
    join.emit_interval_ms = INT64_MAX;
    ops *o = wr_malloc(sizeof *o);
    char key[24], expected[64];
    size_t lines = 0;
    ops_open(o, build_streams, false);
    for (int i = 0; i < KEYS; i++) { /* the first row looks, the others do not */
        snprintf(key, sizeof key, "%d", i);
        ops_in in = L(key, "a", 0);
        ops_run(o, &in, 1, 1, false);
    }
    ops_in end = L("0", "z", 100);
    ops_run(o, &end, 1, 1, false);
    assert_string_equal(wr_buf_cstr(&o->out), "");
    ops_commit(o);
    for (const char *p = wr_buf_cstr(&o->out); *p; p = strchr(p, '\n') + 1)
        lines++;
    snprintf(expected, sizeof expected, "O %d {\"A\":\"a\",\"B\":null} @0\n", KEYS - 1);
    assert_int_equal(lines, KEYS);
    assert_non_null(strstr(wr_buf_cstr(&o->out), expected));
    ops_close(o);
    wr_free(o);
}

/* ------------------------------------------------------------------ a model */

enum { ROWS = 36 };

typedef struct row {
    int side, key; /* key -1: NULL */
    bool value;
    int64_t time;
    char id; /* its value */
    bool kept, waits, gone, matched, alone;
} row;

typedef struct model {
    row rows[ROWS];
    int n;
    int64_t now, side_now[2];
    wr_buf text;
} model;

static bool keeps(int side)
{
    return join.kind == WR_AST_JOIN_FULL ||
           join.kind == (side == 0 ? WR_AST_JOIN_LEFT : WR_AST_JOIN_RIGHT);
}

static int64_t ahead(int side)
{
    return side == 0 ? join.after_ms : join.before_ms;
}

static bool closed(const model *m, const row *r)
{
    return r->time + ahead(r->side) + join.grace_ms < m->now;
}

static void put_side(wr_buf *out, const char *name, const row *r)
{
    if (r)
        wr_buf_printf(out, "\"%s\":\"%c\"", name, r->id);
    else
        wr_buf_printf(out, "\"%s\":null", name);
}

static void put(model *m, row *l, row *r)
{
    row *any = l ? l : r;
    int64_t time = l && r ? WR_MAX(l->time, r->time) : any->time;
    if (any->key < 0)
        wr_buf_puts(&m->text, "O null {");
    else
        wr_buf_printf(&m->text, "O %d {", any->key);
    put_side(&m->text, "A", l);
    wr_buf_putc(&m->text, ',');
    put_side(&m->text, "B", r);
    wr_buf_printf(&m->text, "} @%lld\n", (long long)time);
    if (l && r)
        l->matched = r->matched = true;
    else
        any->alone = true;
}

static void put_alone(model *m, row *r)
{
    put(m, r->side == 0 ? r : NULL, r->side == 0 ? NULL : r);
}

/* In order of time, right before left, key, arrival. */
static bool before(const row *a, const row *b)
{
    if (a->time != b->time)
        return a->time < b->time;
    if (a->side != b->side)
        return a->side > b->side;
    return a->key != b->key ? a->key < b->key : a < b;
}

static void model_emit(model *m)
{
    for (;;) {
        row *next = NULL;
        for (int i = 0; i < m->n; i++)
            if (m->rows[i].waits && closed(m, &m->rows[i]) && (!next || before(&m->rows[i], next)))
                next = &m->rows[i];
        if (!next)
            return;
        next->waits = false;
        put_alone(m, next);
    }
}

static bool joins(const model *m, const row *r, const row *p)
{
    int64_t from = r->time - ahead(1 - r->side), to = r->time + ahead(r->side);
    bool here = p->time > m->side_now[p->side] - join.retention_ms;
    return p->kept && p->side != r->side && p->key == r->key && p->time >= from && p->time <= to &&
           here && !(join.has_grace && keeps(p->side) && closed(m, p));
}

static void model_row(model *m, row r)
{
    row *me = &m->rows[m->n++];
    *me = r;
    m->now = WR_MAX(m->now, r.time);
    if (join.has_grace && r.time == m->now)
        model_emit(m);
    if (!r.value || (r.key < 0 && !keeps(r.side)))
        return;
    if (r.key < 0) {
        put_alone(m, me);
        return;
    }
    for (;;) { /* oldest partner first, then by arrival */
        row *next = NULL;
        for (int i = 0; i < m->n - 1; i++) {
            row *p = &m->rows[i];
            if (!p->gone && joins(m, me, p) && (!next || p->time < next->time))
                next = p;
        }
        if (!next)
            break;
        next->gone = true; /* for this loop */
        next->waits = false;
        put(m, r.side == 0 ? me : next, r.side == 0 ? next : me);
    }
    for (int i = 0; i < m->n; i++)
        m->rows[i].gone = false;
    if (!me->matched && keeps(r.side)) {
        me->waits = join.has_grace && !closed(m, me);
        if (!me->waits)
            put_alone(m, me);
    }
    m->side_now[r.side] = WR_MAX(m->side_now[r.side], r.time);
    me->kept = r.time > m->side_now[r.side] - join.retention_ms;
}

static void random_join(wr_rng *rng)
{
    static const int64_t spans[] = {0, 0, 1, 5, 20, 50}, graces[] = {0, 0, 1, 10, 60};
    static const wr_ast_join_kind kinds[] = {WR_AST_JOIN_INNER, WR_AST_JOIN_LEFT, WR_AST_JOIN_RIGHT,
                                             WR_AST_JOIN_FULL};
    wr_ast_join_kind kind = kinds[wr_rng_below(rng, 4)];
    int64_t span = spans[wr_rng_below(rng, 6)], other = spans[wr_rng_below(rng, 6)];
    join = within(kind, span, other, graces[wr_rng_below(rng, 5)]);
    join.has_grace = wr_rng_below(rng, 5) > 0;
}

static row random_row(wr_rng *rng, int i, int64_t *base)
{
    static const uint64_t steps[] = {1, 2, 8, 30, 200};
    *base += (int64_t)wr_rng_below(rng, steps[wr_rng_below(rng, 5)]);
    int64_t back = wr_rng_below(rng, 3) == 0 ? (int64_t)wr_rng_below(rng, 90) : 0;
    return (row){.side = (int)wr_rng_below(rng, 2),
                 .key = wr_rng_below(rng, 12) == 0 ? -1 : (int)wr_rng_below(rng, 3),
                 .value = wr_rng_below(rng, 12) > 0,
                 .time = WR_MAX(*base - back, 0),
                 .id = (char)(i < 26 ? 'a' + i : 'A' + i - 26)};
}

typedef struct run {
    ops_in in[ROWS];
    char values[ROWS][16], keys[ROWS][8];
} run;

static void set_input(run *r, int i, const row *x)
{
    snprintf(r->values[i], sizeof r->values[i], "{\"%c\":\"%c\"}", x->side ? 'B' : 'A', x->id);
    snprintf(r->keys[i], sizeof r->keys[i], "%d", x->key);
    r->in[i] = (ops_in){x->side ? "R" : "L", x->key < 0 ? NULL : r->keys[i],
                        x->value ? r->values[i] : NULL, x->time};
}

static void run_once(wr_rng *rng, const run *r, ops *o)
{
    ops_open(o, build_streams, false);
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

static int by_line(const void *a, const void *b)
{
    return wr_str_cmp(*(const wr_str *)a, *(const wr_str *)b);
}

/* The same lines, in any order? */
static bool same_lines(wr_buf *x, wr_buf *y)
{
    wr_str lines[2][ROWS * ROWS];
    size_t n[2] = {0};
    for (int k = 0; k < 2; k++) {
        const char *p = wr_buf_cstr(k ? y : x), *end;
        for (; (end = strchr(p, '\n')); p = end + 1)
            lines[k][n[k]++] = wr_str_make(p, (size_t)(end - p));
        qsort(lines[k], n[k], sizeof lines[k][0], by_line);
    }
    bool same = n[0] == n[1];
    for (size_t i = 0; same && i < n[0]; i++)
        same = wr_str_eq(lines[0][i], lines[1][i]);
    return same;
}

/* With a GRACE PERIOD no row is both alone and matched, and a kept one whose window is closed is
 * one of them. */
static void check_promise(const model *m)
{
    for (int i = 0; i < m->n && join.has_grace; i++) {
        const row *r = &m->rows[i];
        bool counts = r->value && keeps(r->side) && closed(m, r);
        assert_false(r->alone && r->matched);
        assert_true(!counts || r->alone || r->matched);
    }
}

/* At each row the order is the model's too; with an interval rows that are alone come later. */
static void test_random(void **state)
{
    (void)state;
    static model m;
    static run r;
    static const int64_t intervals[] = {0, 1, 1000, INT64_MAX};
    for (uint64_t seed = 1; seed <= 800; seed++) {
        wr_rng rng;
        int64_t base = 0;
        wr_rng_seed(&rng, seed);
        random_join(&rng);
        m = (model){.now = -1, .side_now = {-1, -1}};
        for (int i = 0; i < ROWS; i++) {
            row x = random_row(&rng, i, &base);
            set_input(&r, i, &x);
            model_row(&m, x);
        }
        model_emit(&m);
        check_promise(&m);
        for (int k = 0; k < 4; k++) {
            join.emit_interval_ms = intervals[k];
            ops *o = wr_malloc(sizeof *o);
            run_once(&rng, &r, o);
            bool same = k ? same_lines(&o->out, &m.text)
                          : strcmp(wr_buf_cstr(&o->out), wr_buf_cstr(&m.text)) == 0;
            if (!same) {
                print_error("--- expected\n%s", wr_buf_cstr(&m.text));
                print_error("--- got\n%s", wr_buf_cstr(&o->out));
                fail_msg("seed %llu, interval %lld, kind %d before %lld after %lld grace %lld (%d)",
                         (unsigned long long)seed, (long long)intervals[k], (int)join.kind,
                         (long long)join.before_ms, (long long)join.after_ms,
                         (long long)join.grace_ms, join.has_grace);
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
        cmocka_unit_test(test_examples), cmocka_unit_test(test_late),
        cmocka_unit_test(test_interval), cmocka_unit_test(test_many_at_a_commit),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
