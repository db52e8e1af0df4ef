/* SPDX-License-Identifier: Apache-2.0 */
/* What a process leaves behind in its file, and what the next one makes of it. */
#include "runtime/task/in_progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[64];

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/weir-in-progress-%d", (int)getpid());
    (void)unlink(path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

/* As after a death: what is marked stays marked, for nothing is released. */
static wr_in_progress *start(void)
{
    weir_error err;
    wr_in_progress *p = NULL;
    assert_int_equal(wr_in_progress_open(path, &p, &err), WEIR_OK);
    return p;
}

static void test_clean(void **state)
{
    (void)state;
    wr_in_progress *p = start();
    wr_work_mark *m = wr_work_claim(p);
    assert_non_null(m);
    wr_work_begin(m, "a\nb\n", "t", 0, 5, 9);
    wr_work_end(m);
    wr_work_release(p, m);
    wr_in_progress_close(p);
    p = start();
    assert_false(wr_in_progress_alert(p));
    assert_false(wr_in_progress_alert(NULL));
    wr_in_progress_close(p);
}

static void test_narrowing(void **state)
{
    (void)state;
    wr_in_progress *p = start();
    int64_t at = 0;
    wr_work_begin(wr_work_claim(p), "a\nb\n", "t", 1, 5, 9);
    wr_in_progress_close(p);
    p = start();
    assert_true(wr_in_progress_alert(p));
    assert_true(wr_suspect_among(p, "a", "t", 1, 0, 100, &at));
    assert_int_equal(at, 5);
    assert_true(wr_suspect_among(p, "b", "t", 1, 7, 100, &at));
    assert_int_equal(at, 7);
    assert_false(wr_suspect_among(p, "b", "t", 1, 10, 100, &at));
    assert_false(wr_suspect_among(p, "b", "t", 0, 0, 100, &at));
    assert_false(wr_suspect_among(p, "c", "t", 1, 0, 100, &at));
    for (int deaths = 1; deaths <= WR_DEATHS_MAX; deaths++) {
        assert_false(wr_suspect_condemned(p, "a", "t", 1, 6));
        assert_true(wr_in_progress_enter(p, true));
        wr_work_begin_alone(p, wr_work_claim(p), "a", "t", 1, 6);
        wr_in_progress_leave(p, true);
        wr_in_progress_close(p);
        p = start();
    }
    assert_true(wr_suspect_condemned(p, "a", "t", 1, 6));
    assert_false(wr_suspect_condemned(p, "b", "t", 1, 6));
    wr_suspects_committed(p, "a", "t", 1, 10);
    assert_false(wr_suspect_condemned(p, "a", "t", 1, 6));
    assert_true(wr_in_progress_alert(p)); /* of b */
    wr_suspects_committed(p, "b", "t", 1, 9);
    assert_true(wr_in_progress_alert(p));
    wr_suspects_committed(p, "b", "t", 1, 10);
    assert_false(wr_in_progress_alert(p));
    wr_in_progress_close(p);
}

/* Deaths are in a row: one that it survives takes them back; and none while it waits. */
static void test_survived(void **state)
{
    (void)state;
    wr_in_progress *p = start();
    wr_work_begin(wr_work_claim(p), "a\n", "t", 0, 1, 1);
    wr_in_progress_close(p);
    for (int round = 0; round < 4 * WR_DEATHS_MAX; round++) {
        p = start();
        assert_false(wr_suspect_condemned(p, "a", "t", 0, 1));
        assert_true(wr_in_progress_enter(p, true));
        wr_work_mark *m = wr_work_claim(p);
        wr_work_begin_alone(p, m, "a", "t", 0, 1);
        if (round % WR_DEATHS_MAX == WR_DEATHS_MAX - 1) {
            wr_work_end(m);
            wr_suspect_survived(p, "a", "t", 0, 1);
        } else if (round % 2) {
            wr_work_wait(p, true);
        }
        wr_in_progress_leave(p, true);
        wr_in_progress_close(p);
    }
}

/* Rubbish, or the file of another version, is begun anew. */
static void test_other_file(void **state)
{
    (void)state;
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < 100000; i++)
        fputs("rubbish ", f);
    fclose(f);
    wr_in_progress *p = start();
    assert_false(wr_in_progress_alert(p));
    wr_in_progress_close(p);
    weir_error err;
    assert_int_equal(wr_in_progress_open("/no/such/folder/f", &p, &err), WEIR_ERR_STORE);
    assert_non_null(strstr(err.message, "/no/such/folder/f"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_clean, setup, teardown),
        cmocka_unit_test_setup_teardown(test_narrowing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_survived, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_file, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
