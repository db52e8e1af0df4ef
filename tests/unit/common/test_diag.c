/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
    int calls;
    wr_diag_level level;
    char logger[32], message[4096];
} seen;

static void remember(void *arg, wr_diag_level level, const char *logger, const char *message)
{
    assert_ptr_equal(arg, &seen);
    seen.calls++;
    seen.level = level;
    snprintf(seen.logger, sizeof seen.logger, "%s", logger);
    snprintf(seen.message, sizeof seen.message, "%s", message);
}

static void test_level_and_sink(void **state)
{
    (void)state;
    wr_diag_set_sink(remember, &seen);
    assert_false(wr_diag_enabled(WR_DIAG_INFO)); /* the default is WARN */
    wr_diag_put(WR_DIAG_INFO, "task", "dropped");
    assert_int_equal(seen.calls, 0);
    wr_diag_put(WR_DIAG_WARN, "task", "%d late", 3);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.level, WR_DIAG_WARN);
    assert_string_equal(seen.logger, "task");
    assert_string_equal(seen.message, "3 late");
    wr_diag_set_level(WR_DIAG_DEBUG);
    wr_diag_put(WR_DIAG_DEBUG, "task", "detail");
    assert_int_equal(seen.calls, 2);
    wr_diag_set_level(WR_DIAG_ERROR);
    wr_diag_put(WR_DIAG_WARN, "task", "dropped");
    assert_int_equal(seen.calls, 2);
    wr_diag_set_level(WR_DIAG_WARN);
    wr_diag_set_sink(NULL, NULL);
}

static void test_stderr_line(void **state)
{
    (void)state;
    char path[] = "/tmp/weir-test-log-XXXXXX";
    int fd = mkstemp(path), old = dup(2);
    assert_true(fd >= 0 && old >= 0);
    unlink(path);
    fflush(stderr);
    dup2(fd, 2);
    wr_diag_put(WR_DIAG_ERROR, "store", "disk %s", "full");
    fflush(stderr);
    dup2(old, 2);
    close(old);
    char line[200] = "";
    ssize_t n = pread(fd, line, sizeof line - 1, 0);
    close(fd);
    assert_true(n > 0);
    int year, month, day, hour, minute, second, ms, at = 0;
    assert_int_equal(sscanf(line, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ %n", &year, &month, &day, &hour,
                            &minute, &second, &ms, &at),
                     7);
    assert_string_equal(line + at, "ERROR store: disk full\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_level_and_sink),
        cmocka_unit_test(test_stderr_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
