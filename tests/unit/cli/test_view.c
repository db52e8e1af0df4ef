/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where results go: standard output, the spool, a reader that has gone; the terminal's width; and
 * the signals that end it all.
 */
#include "cli_test.h"

#include "signals.h"
#include "view.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

static void test_formats(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool known;
        cli_format format;
    } cases[] = {
        {"TABULAR", true, CLI_TABULAR}, {"tabular", true, CLI_TABULAR}, {"JSON", true, CLI_JSON},
        {"Json", true, CLI_JSON},       {"csv", true, CLI_CSV},         {"CSVX", false, CLI_CSV},
        {"", false, CLI_CSV},           {"XML", false, CLI_CSV},        {"TAB", false, CLI_CSV},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cli_format got = (cli_format)77;
        assert_int_equal(cli_format_parse(cases[i].name, &got), cases[i].known);
        assert_int_equal(got, cases[i].known ? cases[i].format : (cli_format)77);
    }
    assert_string_equal(cli_format_name(CLI_TABULAR), "TABULAR");
    assert_string_equal(cli_format_name(CLI_JSON), "JSON");
    assert_string_equal(cli_format_name(CLI_CSV), "CSV");
}

static void test_width(void **state)
{
    (void)state;
    static const struct {
        const char *columns;
        int width;
    } cases[] = {
        {"120", 120}, {"1", 1}, {"9999", 9999}, {"10000", 80}, {"0", 80},
        {"-5", 80},   {"", 80}, {"wide", 80},   {"80x", 80},   {NULL, 80},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsetenv("COLUMNS");
        if (cases[i].columns)
            setenv("COLUMNS", cases[i].columns, 1);
        capture_begin(); /* standard output is no terminal */
        int width = cli_view_width();
        capture_end();
        assert_int_equal(width, cases[i].width);
    }
}

static void test_streams_and_spool(void **state)
{
    (void)state;
    cli_view v = CLI_VIEW_INIT;
    cli_text t = {0};
    v.spool = tmpfile();
    assert_non_null(v.spool);
    capture_begin();
    cli_view_write(&v, "one\n", 4);
    cli_text_adds(&t, "two\n");
    cli_view_take(&v, &t);
    cli_view_take(&v, &t); /* empty: nothing */
    cli_view_error(&v, "three\n", 6);
    capture_end();
    assert_int_equal(t.len, 0);
    assert_string_equal(shown(), "one\ntwo\n");
    assert_string_equal(complained(), "three\n");
    char spooled[32] = {0};
    rewind(v.spool);
    assert_int_equal(fread(spooled, 1, sizeof spooled, v.spool), 14);
    assert_string_equal(spooled, "one\ntwo\nthree\n");
    fclose(v.spool);
    cli_text_free(&t);
}

/** Write to a standard output that refuses; what was said of it is in complained(). */
static void write_to(int fd, cli_view *v)
{
    capture_begin();
    int saved = dup(STDOUT_FILENO);
    dup2(fd, STDOUT_FILENO);
    cli_view_write(v, "x\n", 2);
    cli_view_write(v, "y\n", 2);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    capture_end();
}

static void test_reader_that_has_gone(void **state)
{
    (void)state;
    int ends[2];
    cli_view v = CLI_VIEW_INIT;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    v.spool = tmpfile();
    write_to(ends[1], &v);
    close(ends[1]);
    assert_true(v.failed);
    assert_string_equal(complained(), ""); /* `weir ... | head` is no mistake */
    assert_int_equal(ftell(v.spool), 4);   /* the copy goes on */
    fclose(v.spool);
}

static void test_output_that_fails(void **state)
{
    (void)state;
    cli_view v = CLI_VIEW_INIT;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full < 0)
        skip();
    write_to(full, &v);
    close(full);
    assert_true(v.failed);
    assert_string_equal(complained(), /* once */
                        "weir: cannot write results: No space left on device\n");
}

static void *read_all(void *arg)
{
    int fd = *(int *)arg;
    char bytes[1000];
    size_t total = 0;
    for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) > 0;)
        total += (size_t)n;
    return (void *)total;
}

/* A pipe that others have made non-blocking, and is full at first. */
static void test_waits_for_a_slow_reader(void **state)
{
    (void)state;
    enum { BYTES = 1 << 20 };
    int ends[2];
    pthread_t reader;
    void *total;
    char *bytes = malloc(BYTES);
    memset(bytes, 'x', BYTES);
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    fcntl(ends[0], F_SETFL, 0);
    assert_int_equal(pthread_create(&reader, NULL, read_all, &ends[0]), 0);
    assert_true(cli_write_all(ends[1], bytes, BYTES));
    close(ends[1]);
    pthread_join(reader, &total);
    assert_int_equal((size_t)total, BYTES);
    assert_false(cli_write_all(ends[1], "x", 1));
    assert_int_equal(errno, EBADF);
    assert_true(cli_write_all(ends[1], "", 0));
    close(ends[0]);
    free(bytes);
}

/* ------------------------------------------------------------------------------------- signals */

static void test_signals(void **state)
{
    (void)state;
    assert_int_equal(cli_signals_fd(), -1);
    cli_signals_install(CLI_SIGNALS_PROMPT);
    assert_true(cli_signals_fd() >= 0);
    assert_int_equal(cli_signals_stop(), 0);
    assert_false(cli_signals_resized() || cli_signals_resumed() || cli_signals_report());

    raise(SIGINT);
    assert_int_equal(cli_signals_stop(), SIGINT);
    cli_signals_wait(60000); /* returns at once: the signal has come */
    cli_signals_clear();
    assert_int_equal(cli_signals_stop(), 0);

    raise(SIGWINCH);
    raise(SIGCONT);
    assert_true(cli_signals_resized());
    assert_false(cli_signals_resized()); /* once */
    assert_true(cli_signals_resumed());
    assert_false(cli_signals_resumed());
    assert_int_equal(cli_signals_stop(), 0);
    cli_signals_drain();

    raise(SIGTERM);
    raise(SIGINT); /* does not take the place of SIGTERM */
    assert_int_equal(cli_signals_stop(), SIGTERM);
    cli_signals_clear();
    assert_int_equal(cli_signals_stop(), SIGTERM); /* the program is to end */
    cli_signals_wait(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),           cmocka_unit_test(test_width),
        cmocka_unit_test(test_streams_and_spool), cmocka_unit_test(test_reader_that_has_gone),
        cmocka_unit_test(test_output_that_fails), cmocka_unit_test(test_waits_for_a_slow_reader),
        cmocka_unit_test(test_signals),
    };
    return cmocka_run_group_tests(tests, NULL, capture_teardown);
}
