/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What statements are built on: reservations, waiting, pins and taking a query out, writers.
 */
#include "faulty_log.h"

#include "runtime/instance/reservation.h"
#include "runtime/instance/wait.h"
#include "runtime/instance/writers.h"

/* ---- reservations ---- */

static const char *take(wr_engine *e, wr_reservation *r)
{
    static char busy[400];
    wr_engine_lock(e);
    const char *taken = wr_reservation_take(r, e, busy, sizeof busy);
    wr_engine_unlock(e);
    return taken;
}

typedef struct claim {
    wr_object kind;
    const char *name;
    bool exclusive;
} claim;

static void test_reservations(void **state)
{
    (void)state;
    static const struct {
        claim held, wanted;
        const char *busy; /* part of the answer; NULL: both may be held */
    } cases[] = {
        {{WR_OBJECT_SOURCE, "S", true}, {WR_OBJECT_SOURCE, "S", true}, "at work on S"},
        {{WR_OBJECT_SOURCE, "S", false}, {WR_OBJECT_SOURCE, "S", true}, "at work on S"},
        {{WR_OBJECT_SOURCE, "S", true}, {WR_OBJECT_SOURCE, "S", false}, "at work on S"},
        {{WR_OBJECT_SOURCE, "S", false}, {WR_OBJECT_SOURCE, "S", false}, NULL},
        {{WR_OBJECT_SOURCE, "S", true}, {WR_OBJECT_SOURCE, "T", true}, NULL},
        {{WR_OBJECT_SOURCE, "S", true}, {WR_OBJECT_SOURCE, "s", true}, NULL}, /* names have case */
        {{WR_OBJECT_SOURCE, "S", true}, {WR_OBJECT_TYPE, "S", true}, NULL},
        {{WR_OBJECT_TYPE, "P", true}, {WR_OBJECT_TYPE, "P", true}, "at work on type P"},
        {{WR_OBJECT_QUERY, "Q", true}, {WR_OBJECT_QUERY, "Q", true}, "at work on query Q"},
        {{WR_OBJECT_EVERYTHING, NULL, true}, {WR_OBJECT_TYPE, "P", false}, "file is being loaded"},
        {{WR_OBJECT_SOURCE, "S", false}, {WR_OBJECT_EVERYTHING, NULL, true}, "under way"},
    };
    weir *w = open_memory();
    wr_engine *e = w->engine;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_reservation a = {0}, b = {0};
        wr_reservation_add(&a, cases[i].held.kind, cases[i].held.name, cases[i].held.exclusive);
        assert_null(take(e, &a));
        /* Something else that is free: all or nothing. */
        wr_reservation_add(&b, WR_OBJECT_QUERY, "FREE", true);
        wr_reservation_add(&b, cases[i].wanted.kind, cases[i].wanted.name,
                           cases[i].wanted.exclusive);
        const char *busy = take(e, &b);
        if (!busy != !cases[i].busy || (busy && !strstr(busy, cases[i].busy)))
            fail_msg("case %zu: %s, expected %s", i, busy ? busy : "free", cases[i].busy);
        if (busy) {
            wr_reservation c = {0};
            wr_reservation_add(&c, WR_OBJECT_QUERY, "FREE", true);
            if (cases[i].held.kind != WR_OBJECT_EVERYTHING)
                assert_null(take(e, &c));
            wr_reservation_release(&c);
            wr_reservation_release(&a);
            assert_null(take(e, &b));
        }
        wr_reservation_release(&a); /* once more: nothing */
        wr_reservation_release(&b);
    }
    close_it(w);
}

/* What one owner holds never excludes its own: a file and its statements. */
static void test_owner(void **state)
{
    (void)state;
    weir *w = open_memory();
    wr_reservation file = {0}, own = {.owner = &file}, other = {0};
    wr_reservation_add(&file, WR_OBJECT_EVERYTHING, NULL, true);
    assert_null(take(w->engine, &file));
    wr_reservation_add(&own, WR_OBJECT_SOURCE, "S", true);
    wr_reservation_add(&other, WR_OBJECT_SOURCE, "S", false);
    assert_null(take(w->engine, &own));
    assert_non_null(take(w->engine, &other));
    wr_reservation_release(&file);
    assert_non_null(strstr(take(w->engine, &other), "at work on S"));
    wr_reservation_release(&own);
    assert_null(take(w->engine, &other));
    wr_reservation_release(&other);
    close_it(w);
}

/* ---- waiting ---- */

static void test_wait(void **state)
{
    (void)state;
    weir *w = open_memory();
    atomic_bool interrupted = false;
    weir_error err = {0};
    wr_wait wait = wr_wait_new(w->engine, &interrupted, API_LIMIT_MS);
    assert_int_equal(wr_wait_check(&wait, "x is y", &err), WEIR_OK);
    atomic_store(&interrupted, true);
    assert_int_equal(wr_wait_check(&wait, "x is y", &err), WEIR_ERR_INTERRUPTED);
    assert_string_equal(err.message, "Interrupted: x is y");
    assert_int_equal(wr_wait_check(&wait, "x is y", &err), WEIR_OK); /* it was taken back */
    wr_engine_set_closing(w->engine, true);
    assert_int_equal(wr_wait_check(&wait, "x is y", &err), WEIR_ERR_INTERRUPTED);
    assert_string_equal(err.message, "The engine is being closed: x is y");
    wr_engine_set_closing(w->engine, false);
    wait = wr_wait_new(w->engine, NULL, 0);
    assert_int_equal(wr_wait_check(&wait, "x is y", &err), WEIR_ERR_INTERRUPTED);
    assert_string_equal(err.message, "Timed out: x is y");
    assert_int_equal(err.flags, WEIR_ERROR_RETRIABLE);
    close_it(w);
}

/* ---- pins ---- */

static weir *open_query(void)
{
    weir *w = open_memory();
    RUN(w, "CREATE STREAM nums (id INT KEY, v INT) WITH (KAFKA_TOPIC='nums', PARTITIONS=1, "
           "VALUE_FORMAT='JSON'); CREATE STREAM copies AS SELECT id, v FROM nums;");
    return w;
}

static wr_query_entry *entry_of(weir *w, bool pin)
{
    wr_engine_lock(w->engine);
    wr_query_entry *entry = wr_engine_find_entry_any_case(w->engine, "csas_copies_1");
    assert_non_null(entry);
    assert_ptr_equal(entry, wr_engine_find_entry(w->engine, "CSAS_COPIES_1"));
    assert_null(wr_engine_find_entry(w->engine, "csas_copies_1"));
    if (pin)
        assert_true(wr_query_entry_pin(entry));
    wr_engine_unlock(w->engine);
    return entry;
}

static void test_hold(void **state)
{
    (void)state;
    weir *w = open_query();
    weir_error err = {0};
    wr_query_entry *entry = entry_of(w, true);
    /* A reader is there: it is waited for; then the query goes on. */
    wr_wait soon = wr_wait_new(w->engine, NULL, 50);
    assert_int_equal(wr_query_entry_hold(entry, &soon, &err), WEIR_ERR_INTERRUPTED);
    assert_non_null(strstr(err.message, "query CSAS_COPIES_1 has not stopped yet, and goes on"));
    assert_false(atomic_load(&entry->ending));
    wr_query_entry_unpin(w->engine, entry);
    wr_wait wait = wr_wait_new(w->engine, NULL, API_LIMIT_MS);
    assert_int_equal(wr_query_entry_hold(entry, &wait, &err), WEIR_OK);
    assert_true(wr_query_detached(entry->query));
    wr_engine_lock(w->engine);
    assert_false(wr_query_entry_pin(entry)); /* no new readers */
    wr_engine_unlock(w->engine);
    wr_query_pins pins = wr_engine_pin_all(w->engine);
    assert_int_equal(pins.n, 0);
    wr_engine_unpin_all(w->engine, &pins);
    wr_query_entry_resume(w->engine, entry);
    RUN(w, "INSERT INTO nums VALUES (1, 2);");
    drain(w);
    ROWS(w, "SELECT v FROM copies;", "2 ");
    /* Paused before: it stays paused. */
    RUN(w, "PAUSE CSAS_COPIES_1;");
    assert_int_equal(wr_query_entry_hold(entry, &wait, &err), WEIR_OK);
    wr_query_entry_resume(w->engine, entry);
    assert_int_equal(wr_query_state_of(entry->query), WR_QUERY_PAUSED);
    close_it(w);
}

static void test_remove(void **state)
{
    (void)state;
    weir *w = open_query();
    weir_error err;
    wr_query_entry *entry = entry_of(w, false);
    wr_wait wait = wr_wait_new(w->engine, NULL, API_LIMIT_MS);
    assert_int_equal(wr_query_entry_hold(entry, &wait, &err), WEIR_OK);
    wr_engine_lock(w->engine);
    wr_query *q = wr_query_entry_remove(w->engine, entry);
    assert_null(wr_engine_entry_at(w->engine, 0));
    assert_null(wr_engine_query_at(w->engine, 0));
    wr_catalog_remove_query(wr_engine_catalog(w->engine), "CSAS_COPIES_1");
    wr_engine_unlock(w->engine);
    wr_query_free(q, true);
    close_it(w);
}

/* ---- writers ---- */

static void test_writers(void **state)
{
    (void)state;
    weir *w = open_memory();
    wr_log_writer *a, *b, *c, *again;
    weir_error err;
    faulty_install(w); /* before there are workers, which read what it replaces */
    RUN(w, "CREATE STREAM nums (id INT KEY, v INT) WITH (KAFKA_TOPIC='nums', PARTITIONS=1, "
           "VALUE_FORMAT='JSON');");
    faulty_fail(OP_WRITER_NEW, 1);
    assert_int_equal(wr_engine_take_writer(w->engine, &a, &err), WEIR_ERR_LOG);
    assert_int_equal(wr_engine_take_writer(w->engine, &a, &err), WEIR_OK);
    assert_int_equal(wr_engine_take_writer(w->engine, &b, &err), WEIR_OK);
    assert_int_equal(wr_engine_take_writer(w->engine, &c, &err), WEIR_OK);
    assert_true(a != b && b != c && a != c);
    wr_engine_give_writer(w->engine, a, true);
    assert_int_equal(wr_engine_take_writer(w->engine, &again, &err), WEIR_OK);
    assert_ptr_equal(again, a); /* kept */
    wr_engine_give_writer(w->engine, a, true);
    wr_engine_give_writer(w->engine, b, true);
    wr_engine_give_writer(w->engine, c, true); /* more than are kept: closed */
    /* One that has failed, with something pending, is nobody's. */
    static const wr_str key = {NULL, 0}, value = {"x", 1};
    static const int64_t at = 1;
    wr_out_records r = {.n = 1, .keys = &key, .values = &value, .timestamps = &at};
    assert_int_equal(wr_engine_take_writer(w->engine, &a, &err), WEIR_OK);
    assert_int_equal(wr_log_writer_produce(a, NULL, "nums", &r, &err), WEIR_OK);
    wr_engine_give_writer(w->engine, a, false);
    RUN(w, "INSERT INTO nums VALUES (1, 2);");
    ROWS(w, "SELECT v FROM nums;", "2 ");
    close_it(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reservations), cmocka_unit_test(test_owner),
        cmocka_unit_test(test_wait),         cmocka_unit_test(test_hold),
        cmocka_unit_test(test_remove),       cmocka_unit_test(test_writers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
