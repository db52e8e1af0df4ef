/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The budget for state in memory: the sum of all shares is what they use, a query may use what the
 * others leave and an eighth in any case, and what is released is there for others.
 *
 * The tasks are those of a query with rows in its overlay; the budgets are the test's own.
 */
#include "api_helper.h"

#include "runtime/api/api_internal.h"
#include "runtime/query/query_internal.h"

enum { KEYS = 2000 };

/** A query whose overlay has KEYS rows, and how many bytes these are. */
typedef struct env {
    weir *w;
    wr_query *q;
    size_t bytes;
} env;

static void insert_keys(weir *w)
{
    weir_error err;
    for (int i = 0; i < KEYS; i++) {
        char key[16];
        snprintf(key, sizeof key, "key%d", i);
        weir_record r = {.topic = "a",
                         .key = key,
                         .key_len = strlen(key),
                         .value = "{\"V\":1}",
                         .value_len = 7,
                         .partition = 0};
        assert_int_equal(weir_produce(w, &r, 1, &err), WEIR_OK);
    }
    assert_int_equal(weir_flush(w, &err), WEIR_OK);
}

static int setup(void **state)
{
    env *e = calloc(1, sizeof *e);
    e->w = open_with(WEIR_LOG_MEMORY, NULL, true);
    RUN(e->w, "CREATE STREAM a (k VARCHAR KEY, v BIGINT) WITH (KAFKA_TOPIC='a', "
              "VALUE_FORMAT='JSON', PARTITIONS=1);"
              "CREATE TABLE x AS SELECT k, COUNT(*) AS n FROM a GROUP BY k;");
    insert_keys(e->w);
    drain(e->w);
    e->q = wr_engine_query_at(e->w->engine, 0);
    e->bytes = wr_task_set_memory(e->q->tasks, false).bytes;
    assert_true(e->bytes > KEYS * 8);
    *state = e;
    return 0;
}

static int teardown(void **state)
{
    env *e = *state;
    close_it(e->w);
    free(e);
    return 0;
}

static size_t used(wr_budget *b)
{
    return atomic_load(&b->used);
}

/* @p budget: of all; @p others: what they have of it; both as parts of what the query uses. */
static void test_over(void **state)
{
    env *e = *state;
    static const struct {
        double budget, others;
        bool over;
    } cases[] = {
        {2.0, 0.0, false},  /* alone, with room */
        {1.01, 0.0, false}, /* alone, just enough */
        {0.9, 0.0, true},   /* alone, too much */
        {2.0, 0.9, false},  /* the others leave enough */
        {2.0, 1.5, true},   /* they do not */
        {9.0, 20.0, false}, /* they have everything and more: an eighth is left in any case */
        {7.0, 20.0, true},  /* and an eighth may be too little */
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        double bytes = (double)e->bytes;
        wr_budget budget = {.bytes = (size_t)(cases[i].budget * bytes)};
        wr_state_share share = {.budget = &budget};
        size_t others = (size_t)(cases[i].others * bytes);
        atomic_store(&budget.used, others);
        if (wr__state_share_over(&share, e->q->tasks, false) != cases[i].over)
            fail_msg("case %zu: over is not %d", i, cases[i].over);
        assert_int_equal(used(&budget), others + e->bytes);
        assert_int_equal(atomic_load(&share.state_bytes), e->bytes);
        wr__state_share_release(&share);
        assert_int_equal(used(&budget), others);
        assert_int_equal(atomic_load(&share.state_bytes), 0);
    }
}

/* Asked again and again it counts once; two shares count twice. */
static void test_sum(void **state)
{
    env *e = *state;
    wr_budget budget = {.bytes = 10 * e->bytes};
    wr_state_share one = {.budget = &budget}, two = {.budget = &budget};
    for (int i = 0; i < 3; i++)
        assert_false(wr__state_share_over(&one, e->q->tasks, true));
    assert_int_equal(used(&budget), e->bytes);
    assert_false(wr__state_share_over(&two, e->q->tasks, true));
    assert_int_equal(used(&budget), 2 * e->bytes);
    wr__state_share_release(&one);
    wr__state_share_release(&one);
    assert_int_equal(used(&budget), e->bytes);
    wr__state_share_release(&two);
    assert_int_equal(used(&budget), 0);
}

/* What is committed is only cached, so it can be dropped, down to what is left for the query. */
static void test_trim(void **state)
{
    env *e = *state;
    wr_budget budget = {.bytes = 2 * e->bytes};
    wr_state_share share = {.budget = &budget};
    wr__state_share_trim(&share, e->q->tasks); /* there is room: nothing happens */
    assert_int_equal(wr_task_set_memory(e->q->tasks, false).bytes, e->bytes);
    budget.bytes = e->bytes / 2;
    wr__state_share_trim(&share, e->q->tasks);
    size_t now = wr_task_set_memory(e->q->tasks, false).bytes;
    assert_true(now < e->bytes);
    assert_int_equal(used(&budget), now);
    wr__state_share_release(&share);
    /* And nothing of the table is lost by it. */
    ROWS(e->w, "SELECT n FROM x WHERE k = 'key0';", "1 ");
    ROWS(e->w, "SELECT n FROM x WHERE k = 'key1999';", "1 ");
}

/* The engine's own budget: what a query had is given back when it ends. */
static void test_given_back(void **state)
{
    env *e = *state;
    wr_budget *budget = e->q->share.budget;
    assert_true(used(budget) > 0);
    assert_int_equal(used(budget), e->q->share.used);
    RUN(e->w, "DROP TABLE x;");
    assert_int_equal(used(budget), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sum, setup, teardown),
        cmocka_unit_test_setup_teardown(test_trim, setup, teardown),
        cmocka_unit_test_setup_teardown(test_given_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
