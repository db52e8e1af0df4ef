/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue that rows of queries go through: order, memory, back-pressure, giving up on both sides.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "runtime/statement/row_queue.h"

#include <pthread.h>
#include <time.h>

static void put(wr__row_queue *q, int64_t first, uint32_t n)
{
    wr__row_batch *b = wr__row_batch_new(q, n);
    weir_error err;
    for (uint32_t i = 0; i < n; i++) {
        b->values[2 * b->rows] = wr_value_i64(first + i);
        b->values[2 * b->rows + 1] = WR_VALUE_NULL;
        b->tombstones[b->rows++] = (first + i) % 3 == 0;
    }
    assert_int_equal(wr__row_queue_put(q, b, NULL, &err), WEIR_OK);
}

static void expect(wr__row_queue *q, int64_t from, int64_t to)
{
    const wr_value *row;
    bool tombstone;
    for (int64_t i = from; i < to; i++) {
        assert_true(wr__row_queue_take(q, &row, &tombstone));
        assert_int_equal(row[0].u.i64, i);
        assert_true(row[1].null);
        assert_int_equal(tombstone, i % 3 == 0);
    }
}

static void test_order(void **state)
{
    (void)state;
    wr__row_queue *q = wr__row_queue_new(2, false);
    const wr_value *row;
    bool tombstone;
    weir_status st;
    weir_error err = {0};
    assert_false(wr__row_queue_take(q, &row, &tombstone));
    put(q, 0, 0); /* nothing */
    assert_false(wr__row_queue_take(q, &row, &tombstone));
    int64_t in = 0, out = 0;
    for (uint32_t n = 1; n < 40; n++) {
        put(q, in, n);
        in += n;
        int64_t until = out + n / 2 + 1;
        expect(q, out, until < in ? until : in);
        out = until < in ? until : in;
    }
    assert_false(wr__row_queue_ended(q, &st, &err));
    weir_error why = {.message = "broken"};
    wr__row_queue_end(q, WEIR_ERR_STORE, &why);
    assert_false(wr__row_queue_ended(q, &st, &err)); /* rows come first */
    expect(q, out, in);
    assert_true(wr__row_queue_ended(q, &st, &err));
    assert_int_equal(st, WEIR_ERR_STORE);
    assert_string_equal(err.message, "broken");
    assert_false(wr__row_queue_wait(q, 10000, &row, &tombstone)); /* at once */
    wr__row_queue_free(q);
    wr__row_queue_free(NULL);
}

/* Freed with rows in it, and with one that is handed out. */
static void test_left_over(void **state)
{
    (void)state;
    wr__row_queue *q = wr__row_queue_new(2, true);
    put(q, 0, 1);
    put(q, 1, 5);
    expect(q, 0, 1);
    wr__row_queue_free(q);
}

static void test_wait(void **state)
{
    (void)state;
    wr__row_queue *q = wr__row_queue_new(2, true);
    const wr_value *row;
    bool tombstone;
    assert_false(wr__row_queue_wait(q, 5, &row, &tombstone));
    put(q, 7, 1);
    assert_true(wr__row_queue_wait(q, 5, &row, &tombstone));
    wr__row_queue_free(q);
}

static void count(void *arg)
{
    ++*(int *)arg;
}

/* Told once for each time that rows come into an empty queue, and at the end. */
static void test_wake(void **state)
{
    (void)state;
    int woken = 0;
    wr__row_queue *q = wr__row_queue_new(2, true);
    wr__row_queue_on_rows(q, count, &woken);
    put(q, 0, 0);
    assert_int_equal(woken, 0);
    put(q, 0, 2);
    put(q, 2, 2);
    assert_int_equal(woken, 1);
    expect(q, 0, 3);
    put(q, 4, 1); /* one was left */
    assert_int_equal(woken, 1);
    expect(q, 3, 5);
    put(q, 5, 1);
    assert_int_equal(woken, 2);
    wr__row_queue_end(q, WEIR_OK, NULL);
    assert_int_equal(woken, 3);
    wr__row_queue_free(q);
}

/* ---- with a producer ---- */

typedef struct producer {
    wr__row_queue *q;
    atomic_bool give_up;
    atomic_int batches;
    weir_status st;
    pthread_t thread;
} producer;

enum { BATCH = 1000 };

static void *produce(void *arg)
{
    producer *p = arg;
    weir_error err;
    for (int64_t i = 0; i < 60; i++) {
        wr__row_batch *b = wr__row_batch_new(p->q, BATCH);
        for (; b->rows < BATCH; b->rows++) {
            b->values[2 * b->rows] = wr_value_i64(i * BATCH + b->rows);
            b->values[2 * b->rows + 1] = WR_VALUE_NULL;
            b->tombstones[b->rows] = (i * BATCH + b->rows) % 3 == 0;
        }
        p->st = wr__row_queue_put(p->q, b, &p->give_up, &err);
        if (p->st != WEIR_OK)
            return NULL;
        atomic_fetch_add(&p->batches, 1);
    }
    wr__row_queue_end(p->q, WEIR_OK, NULL);
    return NULL;
}

static void start(producer *p)
{
    *p = (producer){.q = wr__row_queue_new(2, true)};
    assert_int_equal(pthread_create(&p->thread, NULL, produce, p), 0);
    for (int i = 0; i < 100 || atomic_load(&p->batches) < 9; i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    assert_int_equal(atomic_load(&p->batches), 9); /* full: one batch beyond 8192 rows */
}

static void test_back_pressure(void **state)
{
    (void)state;
    producer p;
    start(&p);
    const wr_value *row;
    bool tombstone;
    weir_status st = WEIR_ERR_STORE;
    int64_t n = 0;
    while (!wr__row_queue_ended(p.q, &st, NULL))
        while (wr__row_queue_wait(p.q, 1000, &row, &tombstone))
            assert_int_equal(row[0].u.i64, n++);
    assert_int_equal(n, 60 * BATCH);
    assert_int_equal(st, WEIR_OK);
    pthread_join(p.thread, NULL);
    wr__row_queue_free(p.q);
}

static void test_closed(void **state)
{
    (void)state;
    producer p;
    start(&p);
    wr__row_queue_close(p.q);
    pthread_join(p.thread, NULL);
    assert_int_equal(p.st, WEIR_ERR_INTERRUPTED);
    wr__row_queue_free(p.q);
}

static void test_give_up(void **state)
{
    (void)state;
    producer p;
    start(&p);
    atomic_store(&p.give_up, true); /* nobody signals the queue */
    pthread_join(p.thread, NULL);
    assert_int_equal(p.st, WEIR_ERR_INTERRUPTED);
    expect(p.q, 0, 9 * BATCH); /* what was put is there */
    wr__row_queue_free(p.q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),         cmocka_unit_test(test_left_over),
        cmocka_unit_test(test_wait),          cmocka_unit_test(test_wake),
        cmocka_unit_test(test_back_pressure), cmocka_unit_test(test_closed),
        cmocka_unit_test(test_give_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
