/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a service reports its progress: numbers in units, log lines with the time in front.
 */
#include "cli_test.h"

#include "progress.h"

static void test_counts(void **state)
{
    (void)state;
    static const struct {
        uint64_t n;
        const char *text;
    } cases[] = {
        {0, "0"},
        {7, "7"},
        {999, "999"},
        {1000, "1,000"},
        {12345, "12,345"},
        {999999, "999,999"},
        {1000000, "1,000,000"},
        {1234567890, "1,234,567,890"},
        {UINT64_MAX, "18,446,744,073,709,551,615"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cli_text t = {0};
        cli_text_add_count(&t, cases[i].n);
        check_text(&t, cases[i].text);
        cli_text_free(&t);
    }
}

static void test_bytes(void **state)
{
    (void)state;
    static const struct {
        uint64_t n;
        const char *text;
    } cases[] = {
        {0, "0 bytes"},
        {999, "999 bytes"},
        {1000, "1.0 kB"},
        {1049, "1.0 kB"},
        {12345, "12.3 kB"},
        {999900, "999.9 kB"},
        {1000000, "1.0 MB"},
        {12345678, "12.3 MB"},
        {UINT64_C(1000000000), "1.0 GB"},
        {UINT64_C(2500000000000), "2.5 TB"},
        {UINT64_C(2500000000000000), "2500.0 TB"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cli_text t = {0};
        cli_text_add_bytes(&t, cases[i].n);
        check_text(&t, cases[i].text);
        cli_text_free(&t);
    }
}

/** A time as log lines have it in front: 2025-01-31T12:30:15Z and a blank. @return after it. */
static const char *after_time(const char *line)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ ";
    for (size_t i = 0; form[i]; i++) {
        bool digit = line[i] >= '0' && line[i] <= '9';
        if (form[i] == 'd' ? !digit : line[i] != form[i])
            fail_msg("'%s' does not begin with a time", line);
    }
    return line + sizeof form - 1;
}

static void test_lines_in_a_log(void **state)
{
    (void)state;
    weir *w = open_engine("");
    cli_progress p;
    char longer[5000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    capture_begin();
    cli_progress_begin(&p, w);
    bool terminal = p.terminal;
    cli_progress_say(&p, "%d queries of %s are running", 3, "a.sql");
    cli_progress_tick(&p); /* too early for a line */
    capture_end();
    assert_false(terminal);
    assert_string_equal(after_time(complained()), "3 queries of a.sql are running\n");
    assert_string_equal(shown(), "");

    capture_begin();
    cli_progress_say(&p, "%s", longer);
    capture_end();
    assert_int_equal(strlen(after_time(complained())), 2048); /* cut, and ended */
    close_engine(w);
}

/* A line every ten seconds at most, and only if something has changed. */
static void test_ticks(void **state)
{
    (void)state;
    weir *w =
        open_engine("CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC = 's', PARTITIONS = 1, "
                    "VALUE_FORMAT = 'JSON'); CREATE STREAM o AS SELECT * FROM s; "
                    "INSERT INTO s VALUES (1, 1); INSERT INTO s VALUES (2, 2);");
    weir_error err = {0};
    assert_int_equal(weir_drain(w, 60000, &err), WEIR_OK);
    cli_progress p;
    cli_progress_begin(&p, w);
    p.looked_ms -= 2000; /* as if it had begun two seconds ago */
    p.terminal = false;
    capture_begin();
    cli_progress_tick(&p);
    capture_end();
    assert_string_equal(complained(), "");
    p.logged_ms -= 10000;
    capture_begin();
    cli_progress_tick(&p);
    capture_end();
    const char *line = after_time(complained());
    if (strncmp(line, "1 records/s in, ", 16) != 0 && strncmp(line, "0 records/s in, ", 16) != 0)
        fail_msg("%s", line);
    check_contains(line, ", state ");
    check_contains(line, ", 1 query running\n");
    p.looked_ms -= 2000;
    p.logged_ms -= 20000;
    capture_begin();
    cli_progress_tick(&p); /* nothing has happened since */
    capture_end();
    assert_string_equal(complained(), "");

    capture_begin();
    cli_progress_end(&p);
    capture_end();
    check_contains(after_time(complained()), "2 records in, 2 out in ");
    close_engine(w);
}

/* On a terminal one line is drawn over and over, and gives way to what is said. */
static void test_redrawing(void **state)
{
    (void)state;
    weir *w = open_engine("");
    cli_progress p;
    setenv("COLUMNS", "21", 1);
    cli_progress_begin(&p, w);
    p.terminal = true;
    p.looked_ms -= 1000;
    capture_begin();
    cli_progress_tick(&p);
    p.looked_ms += 3600000; /* however slow the machine: it has just been drawn */
    cli_progress_tick(&p);
    capture_end();
    assert_string_equal(complained(), "0 records/s in, 0 ou"); /* cut to the terminal's width */
    p.looked_ms -= 3601000;
    capture_begin();
    cli_progress_tick(&p);
    cli_progress_say(&p, "done");
    cli_progress_say(&p, "really");
    capture_end();
    assert_string_equal(complained(), "\r\033[K0 records/s in, 0 ou\r\033[Kdone\nreally\n");
    unsetenv("COLUMNS");
    close_engine(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),         cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_lines_in_a_log), cmocka_unit_test(test_ticks),
        cmocka_unit_test(test_redrawing),
    };
    return cmocka_run_group_tests(tests, NULL, capture_teardown);
}
