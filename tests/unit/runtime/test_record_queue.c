/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Record queues, and the choice among those that meet in one task: partition_group.c against a
 * model that looks at every queue for every choice.
 */
#include "log_helper.h"

#include "common/clock.h"
#include "runtime/worker/partition_group.h"

/* ---- batches without a log ---- */

enum { RECORDS_MAX = 8 };

typedef struct made_batch {
    wr_log_batch base;
    wr_record records[RECORDS_MAX];
} made_batch;

/* @p n records from @p offset on, with these times; one offset is left out after each. */
static wr_log_batch *make_batch(int32_t partition, int64_t offset, const int64_t *times, uint32_t n)
{
    made_batch *b = wr_calloc(1, sizeof *b);
    assert_true(n <= RECORDS_MAX);
    for (uint32_t i = 0; i < n; i++)
        b->records[i] = (wr_record){.offset = offset + 2 * i, .timestamp = times[i]};
    b->base = (wr_log_batch){.partition = partition,
                             .records = b->records,
                             .n = n,
                             .next_offset = offset + 2 * n,
                             .owner = b};
    return &b->base;
}

static void free_batch(wr_log_batch *b)
{
    if (b)
        wr_free(b->owner);
}

static void take_all(wr__record_queue *q)
{
    while (wr__queue_head(q))
        free_batch(wr__queue_take(q, 1));
    q->stop_offset = WR__NO_STOP;
    while (wr__queue_head(q))
        free_batch(wr__queue_take(q, 1));
    wr_free(q->batches);
}

/* ---- one queue ---- */

static void test_take(void **state)
{
    (void)state;
    wr__record_queue q = {.stop_offset = WR__NO_STOP, .latest_ms = WR__TIME_UNKNOWN};
    assert_null(wr__queue_head(&q));
    assert_true(wr__queue_awaits(&q));
    wr__queue_push(&q, make_batch(0, 0, (int64_t[]){5, 6, 4}, 3), NULL);
    wr__queue_push(&q, make_batch(0, 6, (int64_t[]){7}, 1), NULL);
    assert_int_equal(q.buffered, 4);
    assert_false(wr__queue_awaits(&q));
    assert_int_equal(wr__queue_head(&q)->timestamp, 5);
    assert_int_equal(wr__queue_run(&q, INT64_MAX, 100), 3); /* not over the end of a batch */
    assert_int_equal(wr__queue_run(&q, INT64_MAX, 2), 2);
    assert_int_equal(wr__queue_run(&q, 5, 100), 1); /* 6 is newer; what is after it waits */
    assert_int_equal(wr__queue_run(&q, 0, 100), 1); /* the first was chosen already */
    assert_null(wr__queue_take(&q, 2));
    assert_int_equal(q.next_offset, 4);
    wr_log_batch *used_up = wr__queue_take(&q, 1);
    assert_non_null(used_up);
    free_batch(used_up);
    assert_int_equal(q.next_offset, 6); /* where the batch ends, not after its last record */
    assert_int_equal(q.buffered, 1);
    take_all(&q);
    assert_int_equal(q.next_offset, 8);
}

static void test_stop(void **state)
{
    (void)state;
    wr__record_queue q = {.stop_offset = 4};
    wr__queue_push(&q, make_batch(0, 0, (int64_t[]){1, 2, 3}, 3), NULL);
    assert_int_equal(wr__queue_run(&q, INT64_MAX, 100), 2);
    assert_false(wr__queue_at_stop(&q));
    assert_null(wr__queue_take(&q, 2));
    assert_null(wr__queue_head(&q)); /* there is a record, but it lies at the stop */
    assert_true(wr__queue_at_stop(&q));
    assert_false(wr__queue_awaits(&q));
    q.stop_offset = WR__NO_STOP;
    assert_int_equal(wr__queue_head(&q)->timestamp, 3);
    take_all(&q);
}

/* Event times stand in for the records' own, also where a run ends. */
static void test_event_times(void **state)
{
    (void)state;
    wr__record_queue q;
    wr__queue_init(&q, 3, 0, 0);
    assert_int_equal(q.topic, 3);
    int64_t *times = wr_calloc(3, sizeof *times);
    memcpy(times, (int64_t[]){100, 90, 300}, 3 * sizeof *times);
    wr__queue_push(&q, make_batch(0, 0, (int64_t[]){1, 2, 3}, 3), times);
    wr__queue_push(&q, make_batch(0, 6, (int64_t[]){7}, 1), NULL);
    assert_int_equal(wr__queue_time(&q), 100);
    assert_int_equal(wr__queue_run(&q, 100, 10), 2); /* 90 is older still, 300 is not */
    assert_null(wr__queue_take(&q, 1));
    assert_int_equal(wr__queue_time(&q), 90);
    assert_int_equal(q.latest_ms, 100);
    assert_null(wr__queue_take(&q, 1));
    assert_int_equal(q.latest_ms, 100); /* the largest, not the last */
    free_batch(wr__queue_take(&q, 1));
    assert_int_equal(q.latest_ms, 300);
    assert_int_equal(wr__queue_time(&q), 7);
    take_all(&q);
}

/* At its end a queue is waited for only where that is wanted; then it is not drained. */
static void test_end_and_idleness(void **state)
{
    (void)state;
    wr__record_queue q;
    wr__queue_init(&q, 0, 0, 5);
    const struct {
        bool at_end, idle_wait;
        int64_t stop;
        bool awaits, drained;
    } cases[] = {
        {false, false, WR__NO_STOP, true, false},
        {true, false, WR__NO_STOP, false, true},
        {true, true, WR__NO_STOP, true, false},
        {false, false, 5, false, false},
        {true, true, 5, false, false},
        {false, false, 6, true, false},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        q.at_end = cases[i].at_end;
        q.idle_wait = cases[i].idle_wait;
        q.stop_offset = cases[i].stop;
        if (wr__queue_awaits(&q) != cases[i].awaits || wr__queue_drained(&q) != cases[i].drained)
            fail_msg("case %zu", i);
    }
    q.idle_since_ns = 77;
    q.stop_offset = WR__NO_STOP;
    wr__queue_push(&q, make_batch(0, 5, (int64_t[]){1}, 1), NULL);
    assert_false(q.at_end || q.idle_wait || q.idle_since_ns); /* it is neither any more */
    assert_false(wr__queue_awaits(&q) || wr__queue_drained(&q));
    take_all(&q);
}

static void test_skip(void **state)
{
    (void)state;
    wr__record_queue q = {.stop_offset = WR__NO_STOP};
    wr_log_batch control = {.next_offset = 3};
    wr__queue_skip(&q, &control);
    assert_int_equal(q.next_offset, 3);
    wr__queue_push(&q, make_batch(0, 3, (int64_t[]){1}, 1), NULL);
    control.next_offset = 9; /* after what is still to be processed */
    wr__queue_skip(&q, &control);
    assert_int_equal(q.next_offset, 3);
    free_batch(wr__queue_take(&q, 1));
    assert_int_equal(q.next_offset, 9);
    take_all(&q);
}

/* ---- groups ---- */

static const wr__group_rules any_order = {WR__TIME_NEVER, false};

static void test_grouping(void **state)
{
    (void)state;
    /* topic, group: 0 and 1 meet by partition; topic 2 stands alone, in two partitions. */
    wr__record_queue q[] = {{.topic = 0, .group = 7},  {.topic = 1, .group = 7},
                            {.topic = 0, .group = 8},  {.topic = 1, .group = 8},
                            {.topic = 2, .group = 20}, {.topic = 2, .group = 20}};
    for (size_t i = 0; i < WR_ARRAY_LEN(q); i++)
        q[i].stop_offset = WR__NO_STOP;
    wr__partition_group *groups;
    uint32_t n;
    wr__groups_new(q, WR_ARRAY_LEN(q), &any_order, &groups, &n);
    assert_int_equal(n, 4);
    assert_int_equal(q[0].group, q[1].group);
    assert_int_equal(q[2].group, q[3].group);
    assert_int_not_equal(q[0].group, q[2].group);
    assert_int_not_equal(q[4].group, q[5].group);
    assert_true(wr__group_merges(&groups[q[0].group]));
    assert_false(wr__group_merges(&groups[q[4].group]));
    wr__groups_free(groups, n);
    wr__groups_new(NULL, 0, &any_order, &groups, &n);
    assert_int_equal(n, 0);
    wr__groups_free(groups, n);
}

static void test_waits_for_the_other_topic(void **state)
{
    (void)state;
    wr__record_queue q[2];
    for (uint32_t i = 0; i < 2; i++)
        wr__queue_init(&q[i], i, 0, 0);
    wr__partition_group *groups;
    uint32_t n;
    wr__groups_new(q, 2, &any_order, &groups, &n);
    assert_int_equal(n, 1);
    wr__run run;
    bool blocked;
    assert_false(wr__group_next(groups, 10, &run, &blocked));
    assert_false(blocked); /* nothing is there that could be */
    wr__queue_push(&q[1], make_batch(0, 0, (int64_t[]){10, 20, 30}, 3), NULL);
    wr__group_update(groups, &q[1]);
    assert_false(wr__group_next(groups, 10, &run, &blocked));
    assert_true(blocked);
    q[0].at_end = true;
    wr__group_update(groups, &q[0]);
    assert_true(wr__group_next(groups, 10, &run, &blocked));
    assert_int_equal(run.n, 3);
    /* Equal times: the first topic goes first, so the second one's run ends before them. */
    wr__queue_push(&q[0], make_batch(0, 0, (int64_t[]){20}, 1), NULL);
    wr__group_update(groups, &q[0]);
    assert_true(wr__group_next(groups, 10, &run, &blocked));
    assert_ptr_equal(run.queue, &q[1]);
    assert_int_equal(run.n, 1);
    assert_null(wr__queue_take(&q[1], 1));
    wr__group_update(groups, &q[1]);
    assert_true(wr__group_next(groups, 10, &run, &blocked));
    assert_ptr_equal(run.queue, &q[0]);
    take_all(&q[0]);
    take_all(&q[1]);
    wr__groups_free(groups, n);
}

/* Queues of one topic whose order counts are one group, and hold each other back. */
static void test_order_among_partitions(void **state)
{
    (void)state;
    wr__record_queue q[3];
    for (uint32_t i = 0; i < 3; i++)
        wr__queue_init(&q[i], 0, (int32_t)i, 0);
    wr__partition_group *groups;
    uint32_t n;
    wr__run run;
    bool blocked;
    wr__groups_new(q, 3, &(wr__group_rules){5, false}, &groups, &n);
    assert_int_equal(n, 1);
    assert_true(wr__group_merges(groups));
    wr__queue_push(&q[0], make_batch(0, 0, (int64_t[]){10, 12, 16, 20}, 4), NULL);
    wr__queue_push(&q[1], make_batch(1, 0, (int64_t[]){11, 30}, 2), NULL);
    for (uint32_t i = 0; i < 3; i++)
        wr__group_update(groups, &q[i]);
    assert_false(wr__group_next(groups, 10, &run, &blocked)); /* q[2] may bring anything */
    assert_true(blocked);
    q[2].latest_ms = 9; /* it has got so far, and goes on there */
    assert_true(wr__group_next(groups, 10, &run, &blocked));
    assert_ptr_equal(run.queue, &q[0]);
    assert_int_equal(run.n, 2); /* 9 and the slack: 14 */
    q[2].at_end = true;
    wr__group_update(groups, &q[2]);
    assert_true(wr__group_next(groups, 10, &run, &blocked));
    assert_int_equal(run.n, 3); /* 11 and the slack: 16 */
    wr__run beside;
    assert_true(wr__group_beside(groups, &run, &q[1], 10, &beside));
    assert_int_equal(beside.n, 1); /* 10 and the slack: 15 */
    assert_false(wr__group_beside(groups, &run, &q[2], 10, &beside));
    wr__group_hold(groups, 0, 4); /* whoever writes q[2] is at 4 */
    assert_false(wr__group_next(groups, 10, &run, &blocked));
    assert_true(blocked);
    wr__group_hold(groups, 0, 5);
    assert_true(wr__group_next(groups, 10, &run, &blocked));
    assert_int_equal(run.n, 1);
    wr__groups_free(groups, n);
    wr__groups_new(q, 3, &(wr__group_rules){0, true}, &groups, &n);
    q[2].at_end = false;
    wr__group_update(groups, &q[2]);
    assert_true(wr__group_next(groups, 10, &run, &blocked)); /* eager: waits for nothing */
    assert_int_equal(run.n, 1);
    for (uint32_t i = 0; i < 3; i++)
        take_all(&q[i]);
    wr__groups_free(groups, n);
}

/* ---- against a model ---- */

enum { QUEUES = 9, TOPICS = 3, STEPS = 4000 };

typedef struct world {
    wr__record_queue q[QUEUES];
    wr__partition_group *groups;
    uint32_t groups_n;
    wr__group_rules rules;
    int64_t holds[TOPICS];
    wr_rng rng;
} world;

/* The queue that must be next, by looking at everything. */
static wr__record_queue *model_next(world *w)
{
    wr__record_queue *best = NULL;
    for (size_t i = 0; i < QUEUES; i++) {
        wr__record_queue *q = &w->q[i];
        if (!wr__queue_head(q))
            continue;
        if (!best || wr__queue_time(q) < wr__queue_time(best) ||
            (wr__queue_time(q) == wr__queue_time(best) && q->topic < best->topic))
            best = q;
    }
    return best;
}

/* How far a run of @p of may go because of @p q. */
static int64_t model_limit(const world *w, const wr__record_queue *of, const wr__record_queue *q)
{
    bool same = q->topic == of->topic;
    int64_t slack = same ? w->rules.slack_ms : 0, time = WR__TIME_NEVER;
    if (same && slack == WR__TIME_NEVER)
        return WR__TIME_NEVER;
    if (wr__queue_head(q))
        time = wr__queue_time(q);
    else if (!w->rules.eager && wr__queue_awaits(q))
        time = same ? q->latest_ms : WR__TIME_UNKNOWN;
    else if (!w->rules.eager && wr__queue_drained(q))
        time = w->holds[q->topic];
    if (time == WR__TIME_NEVER || time == WR__TIME_UNKNOWN)
        return time;
    return time + slack - (!same && q->topic < of->topic);
}

static void check_choice(world *w)
{
    int64_t limit = WR__TIME_NEVER;
    bool blocked;
    wr__run run;
    wr__record_queue *expected = model_next(w);
    for (size_t i = 0; expected && i < QUEUES; i++)
        if (&w->q[i] != expected)
            limit = WR_MIN(limit, model_limit(w, expected, &w->q[i]));
    bool model_blocked =
        expected && (limit == WR__TIME_UNKNOWN || wr__queue_time(expected) > limit);
    bool found = wr__group_next(&w->groups[0], 5, &run, &blocked);
    assert_int_equal(blocked, model_blocked);
    assert_int_equal(found, expected && !model_blocked);
    if (!found)
        return;
    assert_ptr_equal(run.queue, expected);
    assert_int_equal(run.n, wr__queue_run(expected, limit, 5));
    assert_ptr_equal(run.records, wr__queue_head(expected));
}

/* Times go up by and large, and back now and then. */
static void push_some(world *w, wr__record_queue *q, int64_t now)
{
    int64_t times[RECORDS_MAX];
    uint32_t n = 1 + (uint32_t)wr_rng_below(&w->rng, RECORDS_MAX);
    for (uint32_t i = 0; i < n; i++)
        times[i] = now + (int64_t)wr_rng_below(&w->rng, 12) - 6;
    int64_t next = q->batches_n ? q->batches[q->batches_n - 1].batch->next_offset : q->next_offset;
    int64_t *event = NULL; /* half of them have times that differ from the records' own */
    wr_log_batch *b = make_batch(q->partition, next, times, n);
    if (wr_rng_below(&w->rng, 2)) {
        event = wr_calloc(n, sizeof *event);
        for (uint32_t i = 0; i < n; i++)
            event[i] = times[i] + (int64_t)wr_rng_below(&w->rng, 5);
    }
    wr__queue_push(q, b, event);
}

static void change_one(world *w, int64_t now)
{
    wr__record_queue *q = &w->q[wr_rng_below(&w->rng, QUEUES)];
    switch (wr_rng_below(&w->rng, 8)) {
    case 0:
    case 1:
        push_some(w, q, now);
        break;
    case 2:
        if (wr__queue_head(q))
            free_batch(wr__queue_take(q, 1));
        break;
    case 3:
        q->at_end = !q->batches_n && wr_rng_below(&w->rng, 2);
        break;
    case 4:
        q->stop_offset = q->next_offset + (int64_t)wr_rng_below(&w->rng, 12);
        break;
    case 5:
        q->idle_wait = q->at_end && wr_rng_below(&w->rng, 2);
        break;
    case 6:
        w->holds[q->topic] =
            wr_rng_below(&w->rng, 3) ? now + (int64_t)wr_rng_below(&w->rng, 9) - 4 : WR__TIME_NEVER;
        wr__group_hold(&w->groups[0], q->topic, w->holds[q->topic]);
        break;
    default:
        q->stop_offset = WR__NO_STOP;
    }
    wr__group_update(&w->groups[q->group], q);
}

static void run_against_model(uint64_t seed, wr__group_rules rules)
{
    world w = {.rules = rules};
    wr_rng_seed(&w.rng, seed);
    for (uint32_t i = 0; i < QUEUES; i++)
        wr__queue_init(&w.q[i], i % TOPICS, (int32_t)(i / TOPICS), 0);
    for (uint32_t t = 0; t < TOPICS; t++)
        w.holds[t] = WR__TIME_NEVER;
    wr__groups_new(w.q, QUEUES, &w.rules, &w.groups, &w.groups_n);
    assert_int_equal(w.groups_n, 1);
    for (int i = 0; i < STEPS; i++) {
        change_one(&w, i / 3);
        check_choice(&w);
        wr__run run;
        bool blocked;
        if (wr_rng_below(&w.rng, 2) && wr__group_next(&w.groups[0], 5, &run, &blocked)) {
            free_batch(wr__queue_take(run.queue, run.n));
            wr__group_update(&w.groups[0], run.queue);
            check_choice(&w);
        }
    }
    for (size_t i = 0; i < QUEUES; i++)
        take_all(&w.q[i]);
    wr__groups_free(w.groups, w.groups_n);
}

static void test_against_model(void **state)
{
    (void)state;
    const wr__group_rules rules[] = {{WR__TIME_NEVER, false}, {0, false}, {7, false}, {3, true}};
    for (size_t k = 0; k < WR_ARRAY_LEN(rules); k++)
        for (uint64_t seed = 1; seed <= 10; seed++)
            run_against_model(seed, rules[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_event_times),
        cmocka_unit_test(test_end_and_idleness),
        cmocka_unit_test(test_skip),
        cmocka_unit_test(test_grouping),
        cmocka_unit_test(test_waits_for_the_other_topic),
        cmocka_unit_test(test_order_among_partitions),
        cmocka_unit_test(test_against_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
