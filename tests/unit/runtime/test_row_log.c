/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines of bad rows: one a second of each kind, and nothing is lost from the counts. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/diag.h"
#include "runtime/task/row_log.h"

static wr_buf lines;
static wr_clock_manual clock_;
static wr__row_log *log_;

static void take(void *arg, wr_diag_level level, const char *logger, const char *message)
{
    (void)arg;
    assert_int_equal(level, WR_DIAG_WARN);
    wr_buf_printf(&lines, "%s %s\n", logger, message);
}

static int setup(void **state)
{
    (void)state;
    wr_buf_clear(&lines);
    wr_diag_set_sink(take, NULL);
    wr_diag_set_level(WR_DIAG_WARN);
    wr_clock_manual_init(&clock_, 5000);
    log_ = wr__row_log_new("Q_1", &clock_.base);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr__row_log_free(log_);
    wr_diag_set_sink(NULL, NULL);
    wr_buf_free(&lines);
    return 0;
}

/** What has been logged since the last call. */
static void expect(const char *text)
{
    assert_string_equal(lines.len ? wr_buf_cstr(&lines) : "", text);
    wr_buf_clear(&lines);
}

static void put(int offset, const char *message)
{
    char where[64];
    snprintf(where, sizeof where, "t partition 0 offset %d", offset);
    wr__row_log_put(log_, "Source", where, message);
}

static void test_one_a_second(void **state)
{
    (void)state;
    put(0, "bad");
    expect("processing.Q_1.Source t partition 0 offset 0: bad\n");
    for (int i = 1; i <= 28; i++)
        put(i, "bad");
    clock_.now_ms += 999;
    put(29, "bad");
    expect("");
    clock_.now_ms += 1;
    put(30, "bad");
    expect("processing.Q_1.Source t partition 0 offset 30: bad (and 29 more like this)\n");
    clock_.now_ms += 1000;
    put(31, "bad");
    expect("processing.Q_1.Source t partition 0 offset 31: bad\n");
}

/* What differs from row to row makes no other kind; another step or text does. */
static void test_kinds(void **state)
{
    (void)state;
    put(0, "Invalid JSON at byte 7: unknown word");
    put(1, "Invalid JSON at byte 12: a value is expected");
    put(2, "Can't convert 'x' to INTEGER, column: A");
    put(3, "Can't convert 'y' to INTEGER, column: A");
    wr__row_log_put(log_, "Aggregate", "", "Invalid JSON at byte 1: ?");
    expect("processing.Q_1.Source t partition 0 offset 0: Invalid JSON at byte 7: unknown word\n"
           "processing.Q_1.Source t partition 0 offset 2: Can't convert 'x' to INTEGER, column: A\n"
           "processing.Q_1.Aggregate Invalid JSON at byte 1: ?\n");
}

/* Without a further row of their kind they are said by a flush, once a second has passed. */
static void test_flush(void **state)
{
    (void)state;
    put(0, "bad");
    put(1, "bad");
    put(2, "bad");
    put(3, "worse");
    expect("processing.Q_1.Source t partition 0 offset 0: bad\n"
           "processing.Q_1.Source t partition 0 offset 3: worse\n");
    wr__row_log_flush(log_);
    expect("");
    clock_.now_ms += 1000;
    wr__row_log_flush(log_);
    expect("processing.Q_1.Source t partition 0 offset 2: bad (and 1 more like this)\n");
    wr__row_log_flush(log_);
    expect("");
    put(4, "bad"); /* the flush was a line of the kind */
    expect("");
}

static void test_end(void **state)
{
    (void)state;
    put(0, "bad");
    put(1, "bad");
    expect("processing.Q_1.Source t partition 0 offset 0: bad\n");
    wr__row_log_free(log_);
    log_ = NULL;
    expect("processing.Q_1.Source t partition 0 offset 1: bad\n");
}

/* More kinds than there is room for: the oldest goes, with what it has left out. */
static void test_many_kinds(void **state)
{
    (void)state;
    char message[32];
    for (int i = 0; i < 40; i++) {
        clock_.now_ms++;
        snprintf(message, sizeof message, "kind %c%c", 'a' + i / 26, 'a' + i % 26);
        put(i, message);
        put(100 + i, message);
    }
    const char *text = wr_buf_cstr(&lines);
    assert_non_null(strstr(text, "offset 39: kind bn\n"));
    assert_non_null(strstr(text, "offset 107: kind ah\n")); /* the eighth made place */
    assert_null(strstr(text, "offset 108: kind ai\n"));
}

static void test_nothing_is_made_below_the_level(void **state)
{
    (void)state;
    wr_diag_set_level(WR_DIAG_ERROR);
    put(0, "bad");
    put(1, "bad");
    expect("");
    wr_diag_set_level(WR_DIAG_WARN);
    put(2, "bad");
    expect("processing.Q_1.Source t partition 0 offset 2: bad\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_a_second), TEST(test_kinds),      TEST(test_flush),
        TEST(test_end),          TEST(test_many_kinds), TEST(test_nothing_is_made_below_the_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
