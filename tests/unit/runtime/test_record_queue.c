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
    wr_free((void *)q->batches);
}

/* ---- one queue ---- */

static void test_take(void **state)
{
    (void)state;
    wr__record_queue q = {.stop_offset = WR__NO_STOP};
    assert_null(wr__queue_head(&q));
    assert_true(wr__queue_awaits(&q));
    wr__queue_push(&q, make_batch(0, 0, (int64_t[]){5, 6, 4}, 3));
    wr__queue_push(&q, make_batch(0, 6, (int64_t[]){7}, 1));
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
    wr__queue_push(&q, make_batch(0, 0, (int64_t[]){1, 2, 3}, 3));
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

static void test_skip(void **state)
{
    (void)state;
    wr__record_queue q = {.stop_offset = WR__NO_STOP};
    wr_log_batch control = {.next_offset = 3};
    wr__queue_skip(&q, &control);
    assert_int_equal(q.next_offset, 3);
    wr__queue_push(&q, make_batch(0, 3, (int64_t[]){1}, 1));
    control.next_offset = 9; /* after what is still to be processed */
    wr__queue_skip(&q, &control);
    assert_int_equal(q.next_offset, 3);
    free_batch(wr__queue_take(&q, 1));
    assert_int_equal(q.next_offset, 9);
    take_all(&q);
}

/* ---- groups ---- */

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
    wr__groups_new(q, WR_ARRAY_LEN(q), &groups, &n);
    assert_int_equal(n, 4);
    assert_int_equal(q[0].group, q[1].group);
    assert_int_equal(q[2].group, q[3].group);
    assert_int_not_equal(q[0].group, q[2].group);
    assert_int_not_equal(q[4].group, q[5].group);
    assert_true(wr__group_merges(&groups[q[0].group]));
    assert_false(wr__group_merges(&groups[q[4].group]));
    wr__groups_free(groups, n);
    wr__groups_new(NULL, 0, &groups, &n);
    assert_int_equal(n, 0);
    wr__groups_free(groups, n);
}

static void test_waits_for_the_other_topic(void **state)
{
    (void)state;
    wr__record_queue q[] = {{.topic = 0, .stop_offset = WR__NO_STOP},
                            {.topic = 1, .stop_offset = WR__NO_STOP}};
    wr__partition_group *groups;
    uint32_t n;
    wr__groups_new(q, 2, &groups, &n);
    assert_int_equal(n, 1);
    wr__run run;
    bool blocked;
    assert_false(wr__group_next(groups, 10, &run, &blocked));
    assert_false(blocked); /* nothing is there that could be */
    wr__queue_push(&q[1], make_batch(0, 0, (int64_t[]){10, 20, 30}, 3));
    wr__group_update(groups, &q[1]);
    assert_false(wr__group_next(groups, 10, &run, &blocked));
    assert_true(blocked);
    q[0].at_end = true;
    wr__group_update(groups, &q[0]);
    assert_true(wr__group_next(groups, 10, &run, &blocked));
    assert_int_equal(run.n, 3);
    /* Equal times: the first topic goes first, so the second one's run ends before them. */
    wr__queue_push(&q[0], make_batch(0, 0, (int64_t[]){20}, 1));
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

/* ---- against a model ---- */

enum { QUEUES = 9, TOPICS = 3, STEPS = 4000 };

typedef struct world {
    wr__record_queue q[QUEUES];
    wr__partition_group *groups;
    uint32_t groups_n;
    wr_rng rng;
} world;

/* What wr__group_next must give, by looking at everything. */
static wr__record_queue *model_next(const world *w, int64_t *limit, bool *blocked)
{
    const wr__record_queue *best = NULL;
    *blocked = false;
    *limit = INT64_MAX;
    for (size_t i = 0; i < QUEUES; i++) {
        const wr_record *r = wr__queue_head(&w->q[i]);
        if (!r)
            continue;
        const wr_record *b = best ? wr__queue_head(best) : NULL;
        if (!b || r->timestamp < b->timestamp ||
            (r->timestamp == b->timestamp && w->q[i].topic < best->topic))
            best = &w->q[i];
    }
    for (size_t i = 0; best && i < QUEUES; i++) {
        const wr__record_queue *q = &w->q[i];
        const wr_record *r = wr__queue_head(q);
        if (q->topic == best->topic)
            continue;
        *blocked = *blocked || wr__queue_awaits(q);
        if (r)
            *limit = WR_MIN(*limit, q->topic < best->topic ? r->timestamp - 1 : r->timestamp);
    }
    return (wr__record_queue *)(uintptr_t)best;
}

static void check_choice(world *w)
{
    int64_t limit;
    bool model_blocked, blocked;
    wr__run run;
    wr__record_queue *expected = model_next(w, &limit, &model_blocked);
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
    int64_t next = q->batches_n ? q->batches[q->batches_n - 1]->next_offset : q->next_offset;
    wr__queue_push(q, make_batch(q->partition, next, times, n));
}

static void change_one(world *w, int64_t now)
{
    wr__record_queue *q = &w->q[wr_rng_below(&w->rng, QUEUES)];
    switch (wr_rng_below(&w->rng, 6)) {
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
    default:
        q->stop_offset = WR__NO_STOP;
    }
    wr__group_update(&w->groups[q->group], q);
}

static void test_against_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        world w = {0};
        wr_rng_seed(&w.rng, seed);
        for (uint32_t i = 0; i < QUEUES; i++)
            w.q[i] = (wr__record_queue){.topic = i % TOPICS,
                                        .partition = (int32_t)(i / TOPICS),
                                        .stop_offset = WR__NO_STOP};
        wr__groups_new(w.q, QUEUES, &w.groups, &w.groups_n);
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
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_skip),
        cmocka_unit_test(test_grouping),
        cmocka_unit_test(test_waits_for_the_other_topic),
        cmocka_unit_test(test_against_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
