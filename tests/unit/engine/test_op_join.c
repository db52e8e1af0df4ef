/* SPDX-License-Identifier: Apache-2.0 */
/* Joins: streams in a window, stream with table, tables. Rows of outer joins that wait are in
 * test_op_outer.c. */
#include "unit/engine/op_harness.h"

static wr_step_join join; /* of the test that runs; builders read it */

/* ------------------------------------------------------------------ stream-stream */

static void build_streams(ops *o)
{
    wr_step *l = ops_source(o, "L", "ID INT KEY, A STRING", false);
    wr_step *r = ops_source(o, "R", "ID INT KEY, B STRING", false);
    wr_step *s =
        ops_join(o, WR_STEP_STREAM_STREAM_JOIN, l, r, "ID INT KEY, A STRING, B STRING", join);
    ops_sink(o, s, "O");
}

static wr_step_join within(wr_ast_join_kind kind, int64_t before, int64_t after, int64_t grace,
                           bool has_grace)
{
    return (wr_step_join){.kind = kind,
                          .before_ms = before,
                          .after_ms = after,
                          .grace_ms = grace,
                          .has_grace = has_grace,
                          .retention_ms = before + after + grace};
}

static void test_inner(void **state)
{
    (void)state;
    join = within(WR_AST_JOIN_INNER, 5, 10, 1000, true);
    const ops_in in[] = {
        {"L", "1", "{\"A\":\"a\"}", 100},  {"R", "1", "{\"B\":\"x\"}", 94}, /* too early */
        {"R", "1", "{\"B\":\"y\"}", 95},   {"R", "1", "{\"B\":\"z\"}", 110},
        {"R", "1", "{\"B\":\"w\"}", 111}, /* too late */
        {"R", "2", "{\"B\":\"k\"}", 100}, /* other key */
        {"R", NULL, "{\"B\":\"n\"}", 100}, {"R", "1", NULL, 100},
        {"L", "1", "{\"A\":\"b\"}", 101},  {"L", "1", "{\"A\":\"c\"}", 101},
    };
    ops_check(build_streams, in,
              "O 1 {\"A\":\"a\",\"B\":\"y\"} @100\n"
              "O 1 {\"A\":\"a\",\"B\":\"z\"} @110\n"
              "O 1 {\"A\":\"b\",\"B\":\"z\"} @110\n"
              "O 1 {\"A\":\"b\",\"B\":\"w\"} @111\n"
              "O 1 {\"A\":\"c\",\"B\":\"z\"} @110\n"
              "O 1 {\"A\":\"c\",\"B\":\"w\"} @111\n");
}

/* Without GRACE PERIOD: unmatched at once, and the match later as well. */
static void test_left_legacy(void **state)
{
    (void)state;
    join = within(WR_AST_JOIN_LEFT, 10, 10, 1000, false);
    const ops_in in[] = {{"L", "1", "{\"A\":\"a\"}", 0},
                         {"R", "1", "{\"B\":\"x\"}", 5},
                         {"L", NULL, "{\"A\":\"n\"}", 6},
                         {"L", NULL, NULL, 6},
                         {"R", NULL, "{\"B\":\"n\"}", 6}};
    ops_check(build_streams, in,
              "O 1 {\"A\":\"a\",\"B\":null} @0\n"
              "O 1 {\"A\":\"a\",\"B\":\"x\"} @5\n"
              "O null {\"A\":\"n\",\"B\":null} @6\n");
}

/* ------------------------------------------------------------------ stream-table */

static void build_stream_table(ops *o)
{
    wr_step *l = ops_source(o, "L", "ID INT KEY, A STRING", false);
    wr_step *r = ops_source(o, "R", "ID INT PRIMARY KEY, B STRING", true);
    ops_sink(o,
             ops_join(o, WR_STEP_STREAM_TABLE_JOIN, l, r, "ID INT KEY, A STRING, B STRING", join),
             "O");
}

static const ops_in lookups[] = {
    {"L", "1", "{\"A\":\"a\"}", 0},
    {"R", "1", "{\"B\":\"x\"}", 50},
    {"L", "1", "{\"A\":\"b\"}", 10},
    {"R", "1", "{\"B\":\"y\"}", 5},
    {"L", "1", "{\"A\":\"c\"}", 11},
    {"R", "1", NULL, 60},
    {"L", "1", "{\"A\":\"d\"}", 12},
    {"L", NULL, "{\"A\":\"e\"}", 13},
    {"L", "1", NULL, 14},
};

static void test_stream_table(void **state)
{
    (void)state;
    join = (wr_step_join){.kind = WR_AST_JOIN_INNER};
    ops_check(build_stream_table, lookups,
              "O 1 {\"A\":\"b\",\"B\":\"x\"} @10\n"
              "O 1 {\"A\":\"c\",\"B\":\"y\"} @11\n");
    join = (wr_step_join){.kind = WR_AST_JOIN_LEFT};
    ops_check(build_stream_table, lookups,
              "O 1 {\"A\":\"a\",\"B\":null} @0\n"
              "O 1 {\"A\":\"b\",\"B\":\"x\"} @10\n"
              "O 1 {\"A\":\"c\",\"B\":\"y\"} @11\n"
              "O 1 {\"A\":\"d\",\"B\":null} @12\n"
              "O null {\"A\":\"e\",\"B\":null} @13\n");
}

/* ------------------------------------------------------------------ table-table */

static void build_tables(ops *o)
{
    wr_step *l = ops_source(o, "L", "ID INT PRIMARY KEY, A STRING", true);
    wr_step *r = ops_source(o, "R", "ID INT PRIMARY KEY, B STRING", true);
    wr_step *s =
        ops_join(o, WR_STEP_TABLE_TABLE_JOIN, l, r, "ID INT KEY, A STRING, B STRING", join);
    ops_sink(o, s, "O");
}

static const ops_in changes[] = {
    {"L", "1", "{\"A\":\"a\"}", 10},
    {"R", "1", "{\"B\":\"x\"}", 5},
    {"R", "2", "{\"B\":\"y\"}", 6},
    {"L", "1", "{\"A\":\"b\"}", 3},
    {"R", "1", NULL, 20},
    {"L", "1", NULL, 21},
    {"R", "2", NULL, 22},
    {"L", "9", NULL, 23},
    {"L", NULL, "{\"A\":\"n\"}", 24},
};

static void test_table_table(void **state)
{
    (void)state;
    join = (wr_step_join){.kind = WR_AST_JOIN_INNER, .materialize = true};
    ops_check(build_tables, changes,
              "O 1 {\"A\":\"a\",\"B\":\"x\"} @10\n"
              "O 1 {\"A\":\"b\",\"B\":\"x\"} @5\n"
              "O 1 null @20\n");
    join.kind = WR_AST_JOIN_LEFT;
    ops_check(build_tables, changes,
              "O 1 {\"A\":\"a\",\"B\":null} @10\n"
              "O 1 {\"A\":\"a\",\"B\":\"x\"} @10\n"
              "O 1 {\"A\":\"b\",\"B\":\"x\"} @5\n"
              "O 1 {\"A\":\"b\",\"B\":null} @20\n"
              "O 1 null @21\n");
    join.kind = WR_AST_JOIN_RIGHT;
    ops_check(build_tables, changes,
              "O 1 {\"A\":\"a\",\"B\":\"x\"} @10\n"
              "O 2 {\"A\":null,\"B\":\"y\"} @6\n"
              "O 1 {\"A\":\"b\",\"B\":\"x\"} @5\n"
              "O 1 null @20\n"
              "O 2 null @22\n");
    join.kind = WR_AST_JOIN_FULL;
    ops_check(build_tables, changes,
              "O 1 {\"A\":\"a\",\"B\":null} @10\n"
              "O 1 {\"A\":\"a\",\"B\":\"x\"} @10\n"
              "O 2 {\"A\":null,\"B\":\"y\"} @6\n"
              "O 1 {\"A\":\"b\",\"B\":\"x\"} @5\n"
              "O 1 {\"A\":\"b\",\"B\":null} @20\n"
              "O 1 null @21\n"
              "O 2 null @22\n");
}

/* A filter behind a join sees old rows: what never passed gives no tombstone. */
static void build_tables_filter(ops *o)
{
    wr_step *l = ops_source(o, "L", "ID INT PRIMARY KEY, A STRING", true);
    wr_step *r = ops_source(o, "R", "ID INT PRIMARY KEY, B STRING", true);
    wr_step *s =
        ops_join(o, WR_STEP_TABLE_TABLE_JOIN, l, r, "ID INT KEY, A STRING, B STRING", join);
    s->needs_old = true;
    ops_sink(o, ops_filter(o, s, "B = 'x'"), "O");
}

static void test_table_table_filter(void **state)
{
    (void)state;
    join = (wr_step_join){.kind = WR_AST_JOIN_FULL};
    ops_check(build_tables_filter, changes,
              "O 1 {\"A\":\"a\",\"B\":\"x\"} @10\n"
              "O 1 {\"A\":\"b\",\"B\":\"x\"} @5\n"
              "O 1 null @20\n");
}

/* ------------------------------------------------------------------ foreign keys */

static wr_ast_join_kind fk_kind;

static void build_fk(ops *o)
{
    wr_step *l = ops_source(o, "L", "ID INT PRIMARY KEY, N STRING, FK INT", true);
    wr_step *r = ops_source(o, "R", "RID INT PRIMARY KEY, B STRING", true);
    wr_step *s = ops_fk_join(o, l, r, "ID INT KEY, N STRING, FK INT, B STRING", fk_kind, "FK");
    s = ops_select(o, s, "ID INT KEY, N STRING, B STRING", (const char *const[]){"ID", "N", "B"});
    ops_sink(o, s, "O");
}

static const ops_in fk_changes[] = {
    {"R", "7", "{\"B\":\"x\"}", 0},
    {"L", "1", "{\"N\":\"a\",\"FK\":7}", 10},
    {"L", "2", "{\"N\":\"b\",\"FK\":8}", 11}, /* no right row yet */
    {"R", "7", "{\"B\":\"y\"}", 5},
    {"R", "8", "{\"B\":\"z\"}", 20},
    {"L", "1", "{\"N\":\"c\",\"FK\":8}", 21},    /* moves */
    {"R", "7", "{\"B\":\"w\"}", 22},             /* nobody is left there */
    {"L", "2", "{\"N\":\"d\",\"FK\":null}", 23}, /* nowhere */
    {"R", "8", NULL, 24},
    {"L", "1", NULL, 25},
    {"L", "1", NULL, 26}, /* never was: nothing */
    {"L", NULL, "{\"FK\":7}", 27},
};

static void test_foreign_key(void **state)
{
    (void)state;
    fk_kind = WR_AST_JOIN_INNER;
    /* One record at a time: several changes of a key in one feed make answers stale, as a burst
     * does anywhere; then the output holds fewer rows. Restarts in between change nothing. */
    for (int restart = 0; restart <= 1; restart++) {
        for (int left = 0; left <= 1; left++) {
            fk_kind = left ? WR_AST_JOIN_LEFT : WR_AST_JOIN_INNER;
            ops *o = wr_malloc(sizeof *o);
            ops_open(o, build_fk, false);
            ops_run(o, fk_changes, WR_ARRAY_LEN(fk_changes), 1, restart);
            assert_string_equal(wr_buf_cstr(&o->out), left ? "O 1 {\"N\":\"a\",\"B\":\"x\"} @10\n"
                                                             "O 2 {\"N\":\"b\",\"B\":null} @11\n"
                                                             "O 1 {\"N\":\"a\",\"B\":\"y\"} @5\n"
                                                             "O 2 {\"N\":\"b\",\"B\":\"z\"} @20\n"
                                                             "O 1 {\"N\":\"c\",\"B\":\"z\"} @21\n"
                                                             "O 2 {\"N\":\"d\",\"B\":null} @23\n"
                                                             "O 1 {\"N\":\"c\",\"B\":null} @24\n"
                                                             "O 1 null @25\n"
                                                           : "O 1 {\"N\":\"a\",\"B\":\"x\"} @10\n"
                                                             "O 1 {\"N\":\"a\",\"B\":\"y\"} @5\n"
                                                             "O 2 {\"N\":\"b\",\"B\":\"z\"} @20\n"
                                                             "O 1 {\"N\":\"c\",\"B\":\"z\"} @21\n"
                                                             "O 2 null @23\n"
                                                             "O 1 null @24\n"
                                                             "O 1 null @25\n");
            ops_close(o);
            wr_free(o);
        }
    }
}

/* What an INNER join unsets: what may have been set. A row without partner has no result, so a
 * change that keeps its foreign key unsets nothing; one that leaves it may leave a partner, which
 * the left side cannot know. Times: an answer to the left is as old as the younger of both rows,
 * also where it unsets; one to the right is as old as the right row. */
static void test_foreign_key_tombstones(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const ops_in in[5];
        const char *out;
    } cases[] = {
        {"the same missing key again",
         {{"L", "1", "{\"N\":\"a\",\"FK\":7}", 1}, {"L", "1", "{\"N\":\"b\",\"FK\":7}", 2}},
         ""},
        {"from one missing key to another",
         {{"L", "1", "{\"N\":\"a\",\"FK\":7}", 1}, {"L", "1", "{\"N\":\"a\",\"FK\":8}", 2}},
         "O 1 null @2\n"},
        {"from no key to a missing one",
         {{"L", "1", "{\"N\":\"a\",\"FK\":null}", 1}, {"L", "1", "{\"N\":\"a\",\"FK\":8}", 2}},
         "O 1 null @2\n"},
        {"from a missing key to none",
         {{"L", "1", "{\"N\":\"a\",\"FK\":7}", 1}, {"L", "1", "{\"N\":\"a\",\"FK\":null}", 2}},
         "O 1 null @2\n"},
        {"from no key to no key",
         {{"L", "1", "{\"N\":\"a\",\"FK\":null}", 1}, {"L", "1", "{\"N\":\"b\",\"FK\":null}", 2}},
         ""},
        {"deleted, never joined",
         {{"L", "1", "{\"N\":\"a\",\"FK\":7}", 1}, {"L", "1", NULL, 2}},
         "O 1 null @2\n"},
        {"deleted without a key",
         {{"L", "1", "{\"N\":\"a\",\"FK\":null}", 1}, {"L", "1", NULL, 2}},
         ""},
        {"deleted, older than its partner",
         {{"R", "7", "{\"B\":\"x\"}", 30},
          {"L", "1", "{\"N\":\"a\",\"FK\":7}", 10},
          {"L", "1", NULL, 20}},
         "O 1 {\"N\":\"a\",\"B\":\"x\"} @30\nO 1 null @30\n"},
        {"a right row older than the left one",
         {{"L", "1", "{\"N\":\"a\",\"FK\":7}", 2000},
          {"R", "7", "{\"B\":\"x\"}", 500},
          {"R", "7", NULL, 400}},
         "O 1 {\"N\":\"a\",\"B\":\"x\"} @500\nO 1 null @400\n"},
    };
    fk_kind = WR_AST_JOIN_INNER;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        size_t n = 0;
        while (n < WR_ARRAY_LEN(cases[i].in) && cases[i].in[n].topic)
            n++;
        ops *o = wr_malloc(sizeof *o);
        ops_open(o, build_fk, false);
        ops_run(o, cases[i].in, n, 1, i % 2);
        if (strcmp(wr_buf_cstr(&o->out), cases[i].out) != 0)
            fail_msg("%s: expected\n%sgot\n%s", cases[i].what, cases[i].out, wr_buf_cstr(&o->out));
        ops_close(o);
        wr_free(o);
    }
}

/* An answer that arrives after the left row has changed again is dropped. */
static void test_foreign_key_stale(void **state)
{
    (void)state;
    fk_kind = WR_AST_JOIN_INNER;
    const ops_in in[] = {{"R", "7", "{\"B\":\"x\"}", 0},
                         {"L", "1", "{\"N\":\"a\",\"FK\":7}", 1},
                         {"L", "1", "{\"N\":\"b\",\"FK\":7}", 2}};
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_fk, false);
    o->hold = true;
    ops_run(o, in, 3, 1, true);
    assert_int_equal(o->queue_to, 2); /* two subscriptions under way */
    o->hold = false;
    ops_drain(o);
    assert_string_equal(wr_buf_cstr(&o->out), "O 1 {\"N\":\"b\",\"B\":\"x\"} @2\n");
    ops_close(o);
    wr_free(o);
}

/* One topic read as a stream and as a table: record by record, left first as the plan has it. */
static void build_one_topic(ops *o)
{
    wr_step *l = ops_source(o, "T", "ID INT KEY, A STRING", false);
    wr_step *r = ops_source(o, "T", "ID INT PRIMARY KEY, A STRING", true);
    join = (wr_step_join){.kind = WR_AST_JOIN_LEFT};
    ops_sink(o,
             ops_join(o, WR_STEP_STREAM_TABLE_JOIN, l, r, "ID INT KEY, A STRING, B STRING", join),
             "O");
}

static void test_one_topic_twice(void **state)
{
    (void)state;
    const ops_in in[] = {{"T", "1", "{\"A\":\"a\"}", 1},
                         {"T", "1", "{\"A\":\"b\"}", 2},
                         {"T", "1", "{\"A\":\"c\"}", 3}};
    ops_check(build_one_topic, in,
              "O 1 {\"A\":\"a\",\"B\":null} @1\n"
              "O 1 {\"A\":\"b\",\"B\":\"a\"} @2\n"
              "O 1 {\"A\":\"c\",\"B\":\"b\"} @3\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inner),
        cmocka_unit_test(test_left_legacy),
        cmocka_unit_test(test_stream_table),
        cmocka_unit_test(test_table_table),
        cmocka_unit_test(test_table_table_filter),
        cmocka_unit_test(test_foreign_key),
        cmocka_unit_test(test_foreign_key_tombstones),
        cmocka_unit_test(test_foreign_key_stale),
        cmocka_unit_test(test_one_topic_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
