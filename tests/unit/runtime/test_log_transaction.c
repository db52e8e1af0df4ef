/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions, as far as they need no broker: what an error means, and which offsets must be sent
 * again. tests/fault/test_exactly_once.py has the rest.
 */
#include "log_helper.h"

#include "runtime/log/kafka.h"

static void test_errors_are_judged(void **state)
{
    (void)state;
    static const struct {
        wr__txn_error error;
        wr__txn_verdict verdict;
    } cases[] = {
        {{.retriable = true, .in_time = true}, WR__TXN_AGAIN},
        {{.retriable = true, .in_time = false}, WR__TXN_ABORT},
        {{.requires_abort = true, .in_time = true}, WR__TXN_ABORT},
        /* Several at once: fatal before abortable before retriable. */
        {{.requires_abort = true, .retriable = true, .in_time = true}, WR__TXN_ABORT},
        {{.fatal = true, .requires_abort = true, .in_time = true}, WR__TXN_NEW_PRODUCER},
        {{.fatal = true, .retriable = true, .in_time = true}, WR__TXN_NEW_PRODUCER},
        /* None of them: as fatal. */
        {{.in_time = true}, WR__TXN_NEW_PRODUCER},
        {{.in_time = false}, WR__TXN_NEW_PRODUCER},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++)
        if (wr__txn_judge(&cases[i].error) != cases[i].verdict)
            fail_msg("case %zu", i);
}

static void test_fencing(void **state)
{
    (void)state;
    assert_true(wr__txn_is_fencing(RD_KAFKA_RESP_ERR__FENCED));
    assert_true(wr__txn_is_fencing(RD_KAFKA_RESP_ERR_PRODUCER_FENCED));
    assert_true(wr__txn_is_fencing(RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH));
    assert_false(wr__txn_is_fencing(RD_KAFKA_RESP_ERR_INVALID_TXN_STATE));
    assert_false(wr__txn_is_fencing(RD_KAFKA_RESP_ERR__TIMED_OUT));
}

/* ---- a producer that nobody reaches: what an error becomes ---- */

static rd_kafka_t *producer(void)
{
    char text[256];
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, NULL, text, sizeof text);
    assert_non_null(rk);
    return rk;
}

static void test_giving_up(void **state)
{
    (void)state;
    static const struct {
        rd_kafka_resp_err_t code;
        bool passes;
    } cases[] = {
        {RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, true},
        {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, true},
        {RD_KAFKA_RESP_ERR__TIMED_OUT, true},
        {RD_KAFKA_RESP_ERR__STATE, true},
        {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, false},
        {RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, false},
    };
    wr__kafka log = {0};
    wr__txn t = {.id = "weir-test-0", .timeout_ms = 10000};
    rd_kafka_t *rk = producer();
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        weir_error err;
        wr__txn_give_up(&log, rk, &t, cases[i].code, "why", "Committing", &err);
        assert_int_equal(err.code, WEIR_ERR_LOG);
        assert_true(err.flags & WEIR_ERROR_FATAL);
        if (!(err.flags & WEIR_ERROR_RETRIABLE) == cases[i].passes)
            fail_msg("%s: %s", rd_kafka_err2name(cases[i].code), err.message);
        assert_string_equal(err.message, "Committing: why (weir-test-0)");
    }
    rd_kafka_destroy(rk);
}

/* One log with one id, and one producer after the other. */
typedef struct fencing {
    wr__txn_slot slot;
    wr__kafka log;
    rd_kafka_t *rk;
} fencing;

static void fencing_begin(fencing *f)
{
    *f = (fencing){.slot = {.taken = true, .fenced_ms = -1}, .rk = producer()};
    f->log.slots = (wr__txn_slots){.v = &f->slot, .n = 1};
    pthread_mutex_init(&f->log.lock, NULL);
}

static void fencing_end(fencing *f)
{
    rd_kafka_destroy(f->rk);
    pthread_mutex_destroy(&f->log.lock);
}

static wr__txn new_transaction(void)
{
    return (wr__txn){.id = "weir-test-0", .timeout_ms = 10000, .begun_ms = wr__log_now_ms()};
}

/* @return whether another producer may do. */
static bool fenced(fencing *f, wr__txn *t, weir_error *err)
{
    wr__txn_give_up(&f->log, f->rk, t, RD_KAFKA_RESP_ERR__FENCED, "fenced", "Committing", err);
    return err->flags & WEIR_ERROR_RETRIABLE;
}

/* The second clean fencing within a minute is another process; after a stall of our own, or with a
 * request that is still on its way, it says nothing. */
static void test_fenced_twice(void **state)
{
    (void)state;
    fencing f;
    weir_error err;
    fencing_begin(&f);
    wr__txn t = new_transaction();
    assert_true(fenced(&f, &t, &err));
    t = new_transaction();
    atomic_store(&t.dirty, true);
    assert_true(fenced(&f, &t, &err));
    t = new_transaction();
    t.begun_ms -= t.timeout_ms;
    assert_true(fenced(&f, &t, &err));
    t = new_transaction();
    atomic_store(&f.log.slots.init_lost_ms, wr__log_now_ms()); /* our own may have come late */
    assert_true(fenced(&f, &t, &err));
    atomic_store(&f.log.slots.init_lost_ms, wr__log_now_ms() - 61000);
    t = new_transaction();
    assert_false(fenced(&f, &t, &err));
    assert_non_null(strstr(err.message, "Another process writes under"));
    assert_non_null(strstr(err.hint, "copy of the data directory"));
    /* Long ago: as if it had never been. */
    f.slot.fenced_ms = wr__log_now_ms() - 61000;
    t = new_transaction();
    assert_true(fenced(&f, &t, &err));
    fencing_end(&f);
}

/* A record's report and the commit that served it both say that the producer is fenced: once. */
static void test_fenced_once_told_twice(void **state)
{
    (void)state;
    fencing f;
    weir_error err;
    fencing_begin(&f);
    wr__txn t = new_transaction();
    assert_true(fenced(&f, &t, &err));
    assert_true(fenced(&f, &t, &err));
    t = new_transaction();
    assert_false(fenced(&f, &t, &err));
    assert_false(fenced(&f, &t, &err)); /* nor does the second answer take the first one back */
    assert_non_null(strstr(err.message, "Another process writes under"));
    fencing_end(&f);
}

/* ---- offsets that have moved ---- */

static void test_sent_offsets(void **state)
{
    (void)state;
    wr_settings settings;
    wr_settings_init(&settings, NULL);
    wr__sent_offsets sent;
    wr__sent_init(&sent, &settings);
    wr_topic_part parts[] = {{"t", 0, 5}, {"t", 1, 0}};
    const wr_log_group_offsets groups[] = {{"a", parts, 2}, {"b", parts, 2}};
    assert_true(wr__sent_moves(&sent, groups, 2)); /* nothing was sent yet, also not a 0 */
    assert_true(wr__sent_moves_part(&sent, "a", &parts[1]));
    wr__sent_note(&sent, groups, 1, NULL);
    assert_false(wr__sent_moves(&sent, groups, 1));
    assert_true(wr__sent_moves(&sent, groups, 2)); /* the other group */
    parts[0].offset = 6;
    assert_true(wr__sent_moves_part(&sent, "a", &parts[0]));
    assert_false(wr__sent_moves_part(&sent, "a", &parts[1]));
    wr__sent_note(&sent, groups, 2, NULL);
    assert_false(wr__sent_moves(&sent, groups, 2));
    sent.all_ms -= 3600000; /* the broker may be about to forget them */
    assert_true(wr__sent_moves(&sent, groups, 2));
    wr__sent_note(&sent, groups, 2, NULL);
    assert_false(wr__sent_moves(&sent, groups, 2));
    wr__sent_free(&sent);
    wr_settings_free(&settings);
}

/* What is kept beside the state counts only where the broker has nothing. */
static void test_kept_offsets(void **state)
{
    (void)state;
    wr__kafka log = {.db = wr_db_open_memory()};
    weir_error err;
    wr_settings settings;
    wr_settings_init(&settings, NULL);
    wr__sent_offsets sent;
    wr__sent_init(&sent, &settings);
    const wr_topic_part parts[] = {{"t", 0, 5}, {"t", 1, 7}};
    const wr_log_group_offsets groups[] = {{"a", parts, 2}};
    wr_db_batch *b = wr_db_batch_new(log.db);
    wr__sent_note(&sent, groups, 1, b);
    assert_int_equal(wr_db_write(log.db, b, &err), WEIR_OK);
    wr__sent_note(&sent, groups, 1, b); /* nothing has moved */
    assert_true(wr_db_batch_empty(b));
    wr_topic_part found[] = {{"t", 0, WR_OFFSET_NONE}, {"t", 1, 3}, {"t", 2, WR_OFFSET_NONE}};
    assert_int_equal(wr__kept_offsets(&log, "a", found, 3, &err), WEIR_OK);
    assert_int_equal(found[0].offset, 5);
    assert_int_equal(found[1].offset, 3);
    assert_int_equal(found[2].offset, WR_OFFSET_NONE);
    assert_int_equal(wr__kept_offsets_drop(&log, "a", &err), WEIR_OK);
    found[0].offset = WR_OFFSET_NONE;
    assert_int_equal(wr__kept_offsets(&log, "a", found, 1, &err), WEIR_OK);
    assert_int_equal(found[0].offset, WR_OFFSET_NONE);
    wr_db_batch_free(b);
    wr__sent_free(&sent);
    wr_settings_free(&settings);
    wr_db_close(log.db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors_are_judged),
        cmocka_unit_test(test_fencing),
        cmocka_unit_test(test_giving_up),
        cmocka_unit_test(test_fenced_twice),
        cmocka_unit_test(test_fenced_once_told_twice),
        cmocka_unit_test(test_sent_offsets),
        cmocka_unit_test(test_kept_offsets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
