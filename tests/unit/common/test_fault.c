/* SPDX-License-Identifier: Apache-2.0 */
/* Fault points: what arms them, which pass counts, and what a handler sees. The kill itself is for
 * tests/fault/test_fault_points.py. */
#include "common/fault.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void disarmed_points_do_nothing(void **state)
{
    (void)state;
    weir_error err = {0};
    assert_int_equal(wr_fault_configure(NULL, &err), WEIR_OK);
    assert_false(wr__fault_armed);
    for (int p = 0; p < WR_FAULT_POINTS_N; p++)
        assert_int_equal(wr_fault((wr_fault_point)p, &err), WEIR_OK);
}

static void the_nth_pass_fails_and_no_other(void **state)
{
    (void)state;
    weir_error err = {0};
    assert_int_equal(wr_fault_configure("commit.done=error@2,open.writer=delay:1", &err), WEIR_OK);
    assert_int_equal(wr_fault(WR_FAULT_COMMIT_DONE, &err), WEIR_OK);
    assert_int_equal(wr_fault(WR_FAULT_OPEN_WRITER, &err), WEIR_OK);
    assert_int_equal(wr_fault(WR_FAULT_COMMIT_ENDED, &err), WEIR_OK);
    assert_int_equal(wr_fault(WR_FAULT_COMMIT_DONE, &err), WEIR_ERR_LOG);
    assert_true(err.flags & WEIR_ERROR_RETRIABLE);
    assert_non_null(strstr(err.message, "commit.done"));
    assert_int_equal(wr_fault(WR_FAULT_COMMIT_DONE, &err), WEIR_OK);
    assert_int_equal(wr_fault_configure("commit.done=error", &err), WEIR_OK);
    assert_int_equal(wr_fault(WR_FAULT_COMMIT_DONE, NULL), WEIR_ERR_LOG);
    assert_int_equal(wr_fault_configure("", &err), WEIR_OK);
}

static void bad_texts_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "commit.done",         "nothing=kill",       "commit.done=",
        "commit.done=die",     "commit.done=kill@0", ",",
        "commit.done=kill@x",  "commit.done=delay",  "=",
        "commit.done=delay:x", "commit.done=kill:3", "commit.done=error,"};
    for (size_t i = 0; i < WR_ARRAY_LEN(bad); i++) {
        weir_error err = {0};
        assert_int_equal(wr_fault_configure(bad[i], &err), WEIR_ERR_CONFIG);
        assert_true(err.hint[0] != '\0');
        assert_false(wr__fault_armed);
    }
}

typedef struct seen {
    int n;
    wr_fault_point last;
} seen;

static weir_status note(void *arg, wr_fault_point p, weir_error *err)
{
    seen *s = arg;
    s->n++;
    s->last = p;
    return p == WR_FAULT_RESTORE_BATCH ? wr_error(err, WEIR_ERR_STORE, "as told") : WEIR_OK;
}

static void a_handler_sees_every_pass(void **state)
{
    (void)state;
    seen s = {0};
    weir_error err = {0};
    wr_fault_set_handler(note, &s);
    assert_int_equal(wr_fault(WR_FAULT_WRITE_ROWS, &err), WEIR_OK);
    assert_int_equal(s.last, WR_FAULT_WRITE_ROWS);
    assert_int_equal(wr_fault(WR_FAULT_RESTORE_BATCH, &err), WEIR_ERR_STORE);
    wr_fault_set_handler(NULL, NULL);
    assert_int_equal(wr_fault(WR_FAULT_RESTORE_BATCH, &err), WEIR_OK);
    assert_int_equal(s.n, 2);
}

static void names_are_different(void **state)
{
    (void)state;
    for (int p = 0; p < WR_FAULT_POINTS_N; p++) {
        assert_true(wr_fault_what((wr_fault_point)p)[0] != '\0');
        for (int q = 0; q < p; q++)
            assert_string_not_equal(wr_fault_name((wr_fault_point)p),
                                    wr_fault_name((wr_fault_point)q));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disarmed_points_do_nothing),
        cmocka_unit_test(the_nth_pass_fails_and_no_other),
        cmocka_unit_test(bad_texts_are_refused),
        cmocka_unit_test(a_handler_sees_every_pass),
        cmocka_unit_test(names_are_different),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
