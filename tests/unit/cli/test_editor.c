/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line editor at a pseudo-terminal: what is typed becomes a line, Tab completes words, history
 * is kept in a file.
 *
 * A case writes all its keys first and then reads: the terminal is raw from the beginning, so the
 * kernel keeps them as they are. Descriptors 0 to 2 are the terminal only inside of enter/leave,
 * between which nothing may be asserted.
 */
#include "cli_test.h"

#include "editor.h"
#include "signals.h"

#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <strings.h>
#include <sys/stat.h>
#include <termios.h>

#define UP "\x1b[A"

#ifdef WR_SANITIZED
/* Each terminal that is set up costs eight bytes for good inside of terminfo. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:_nc_trim_sgr0\n";
}
#endif

static struct {
    int master, slave;
    int saved[3];
    char folder[200], history[256];
    cli_text screen; /* all that was written to the terminal */
} tty;

static void enter(void)
{
    fflush(stdout);
    fflush(stderr);
    for (int fd = 0; fd < 3; fd++) {
        tty.saved[fd] = dup(fd);
        dup2(tty.slave, fd);
    }
}

static void drain_screen(void)
{
    char bytes[4096];
    struct pollfd wait = {.fd = tty.master, .events = POLLIN};
    while (poll(&wait, 1, 0) > 0 && (wait.revents & POLLIN)) {
        ssize_t n = read(tty.master, bytes, sizeof bytes);
        if (n <= 0)
            break;
        cli_text_add(&tty.screen, bytes, (size_t)n);
    }
}

static void leave(void)
{
    fflush(stdout);
    fflush(stderr);
    drain_screen();
    for (int fd = 0; fd < 3; fd++) {
        dup2(tty.saved[fd], fd);
        close(tty.saved[fd]);
    }
}

/* ------------------------------------------------------------------------------------ the words */

static const char *const words[] = {"SELECT",       "STREAM",        "STREAMS",      "STRUCT",
                                    "`order`",      "COUNT(",        "ORDERS",       "K\xc3\xb6ln",
                                    "K\xc3\xb6nig", "Z\xc3\xbcrich", "Z\xc3\xa4une", NULL};
static const char *const many_words[] = {NULL}; /* stands for m000, m001 ... */
enum { MANY = 250 };

/** The words that begin with the last word of the line. */
static size_t complete(void *context, const char *before, const char *after, cli_list *out)
{
    const char *prefix = before + strlen(before);
    while (prefix > before && !strchr(" ,", prefix[-1]))
        prefix--;
    (void)after;
    if (context == many_words) {
        for (int i = 0; i < MANY; i++) {
            char name[16];
            snprintf(name, sizeof name, "m%03d", i);
            cli_list_add(out, cli_copy(name, strlen(name)));
        }
        return strlen(prefix);
    }
    const char *const *from = context;
    for (int i = 0; from[i]; i++)
        if (strncasecmp(from[i], prefix, strlen(prefix)) == 0)
            cli_list_add(out, cli_copy(from[i], strlen(from[i])));
    return strlen(prefix);
}

static cli_editor *open_editor(const char *const *from)
{
    cli_text_clear(&tty.screen);
    enter();
    cli_editor *e = cli_editor_new(complete, (void *)from);
    leave();
    assert_non_null(e);
    return e;
}

static void close_editor(cli_editor *e)
{
    enter();
    cli_editor_free(e);
    leave();
}

static cli_editor_result type(cli_editor *e, const char *keys, cli_text *line)
{
    size_t len = strlen(keys);
    cli_text_clear(&tty.screen);
    ssize_t written = write(tty.master, keys, len);
    enter();
    cli_editor_result got = cli_editor_read(e, "> ", line);
    leave();
    assert_int_equal(written, len);
    return got;
}

/* --------------------------------------------------------------------------------------- typing */

static void test_lines(void **state)
{
    (void)state;
    static const struct {
        const char *keys, *line;
    } cases[] = {
        {"\r", ""},
        {"SHOW STREAMS;\r", "SHOW STREAMS;"},
        {"  blanks  \r", "  blanks  "},
        {"K\xc3\xb6ln \xe6\x9d\xb1\xe4\xba\xac\r", "K\xc3\xb6ln \xe6\x9d\xb1\xe4\xba\xac"},
        {"abd\x7f"
         "c\r",
         "abc"}, /* backspace */
        {"a\xc3\xb6\x7f"
         "b\r",
         "ab"}, /* over a character of two bytes */
        {"ac\x02"
         "b\r",
         "abc"}, /* Ctrl-B: left */
        {"bc\x01"
         "a\r",
         "abc"}, /* Ctrl-A: to the beginning */
        {"ac\x01"
         "\x06"
         "b\x05"
         "d\r",
         "abcd"}, /* right, to the end */
        {"throw away\x15"
         "x\r",
         "x"}, /* Ctrl-U */
        {"keep this\x01"
         "\x0b"
         "x\r",
         "x"}, /* Ctrl-K */
        {"a\xff"
         "b\r",
         "ab"}, /* a byte that is no character */
    };
    cli_editor *e = open_editor(words);
    cli_text line = {0};
    for (size_t i = 0; i < COUNT(cases); i++) {
        cli_editor_result got = type(e, cases[i].keys, &line);
        assert_int_equal(got, CLI_EDITOR_LINE);
        check_text(&line, cases[i].line);
        check_contains(cli_text_string(&tty.screen), "> ");
    }
    cli_text_free(&line);
    close_editor(e);
}

static void test_end(void **state)
{
    (void)state;
    cli_editor *e = open_editor(words);
    cli_text line = {0};
    assert_int_equal(type(e, "x\r", &line), CLI_EDITOR_LINE);
    assert_int_equal(type(e, "\x04", &line), CLI_EDITOR_END); /* Ctrl-D on an empty line */
    assert_int_equal(line.len, 0);
    cli_text_free(&line);
    close_editor(e);
}

/* A signal ends the wait, says what was thrown away, and leaves nothing for the next line. */
static void test_interrupt(void **state)
{
    (void)state;
    cli_editor *e = open_editor(words);
    cli_text line = {0};
    cli_signals_install(CLI_SIGNALS_PROMPT);
    assert_int_equal(type(e, "first\r", &line), CLI_EDITOR_LINE);
    raise(SIGINT);
    assert_int_equal(type(e, "", &line), CLI_EDITOR_INTERRUPT);
    assert_int_equal(cli_signals_stop(), SIGINT);
    cli_signals_clear();
    assert_int_equal(cli_signals_stop(), 0);
    assert_int_equal(type(e, "second\r", &line), CLI_EDITOR_LINE);
    check_text(&line, "second");
    cli_text_free(&line);
    close_editor(e);
}

/* ----------------------------------------------------------------------------------- completion */

static void test_completion(void **state)
{
    (void)state;
    static const struct {
        const char *keys, *line;
        const char *listed; /* on the screen, or NULL */
    } cases[] = {
        {"SEL\t1;\r", "SELECT 1;", NULL}, /* one: and a blank after it */
        {"sel\t1;\r", "SELECT 1;", NULL}, /* a candidate takes the place of what was typed */
        {"s\t\r", "s", "SELECT"},         /* nothing more in common: all are listed */
        {"st\t\r", "STR", NULL},          /* as far as all agree */
        {"stre\t\r", "STREAM", NULL},
        {"stream\t\r", "stream", "STREAMS"},
        {"streams\t\r", "STREAMS ", NULL},
        {"x\t\r", "x", NULL}, /* none */
        {"ORDE\t\r", "ORDERS ", NULL},
        {"`or\t\r", "`order` ", NULL},    /* a quoted name keeps its case */
        {"k\t\r", "K\xc3\xb6", NULL},     /* whole characters, though n and l share none */
        {"z\t\r", "z", "Z\xc3\xbcrich"},  /* two characters that begin with one byte */
        {"a,sel\t\r", "a,SELECT ", NULL}, /* what is before it stays */
        {"cou\t*\r", "COUNT(*", NULL},    /* no blank after a parenthesis */
        {"\tse, a text that is pasted\r", " se, a text that is pasted", NULL},
        {"st\tse, a text that is pasted\r", "st se, a text that is pasted", NULL},
        {"  \tx\r", "   x", NULL},          /* a line of it that is indented */
        {"selx\x02\t\r", "SELECT x", NULL}, /* in the middle of a line */
    };
    cli_editor *e = open_editor(words);
    cli_text line = {0};
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(type(e, cases[i].keys, &line), CLI_EDITOR_LINE);
        if (strcmp(cli_text_string(&line), cases[i].line) != 0)
            fail_msg("case %zu: '%s', expected '%s'", i, line.at, cases[i].line);
        if (cases[i].listed)
            check_contains(cli_text_string(&tty.screen), cases[i].listed);
    }
    cli_text_free(&line);
    close_editor(e);
}

static void test_long_list(void **state)
{
    (void)state;
    cli_editor *e = open_editor(many_words);
    cli_text line = {0};
    assert_int_equal(type(e, "m\t\r", &line), CLI_EDITOR_LINE);
    check_text(&line, "m");
    check_contains(cli_text_string(&tty.screen), "m000  m001  ");
    check_contains(cli_text_string(&tty.screen), "m199");
    assert_null(strstr(cli_text_string(&tty.screen), "m200"));
    check_contains(cli_text_string(&tty.screen), "... and 50 more");
    cli_text_free(&line);
    close_editor(e);
}

/* -------------------------------------------------------------------------------------- history */

static void check_history(cli_editor *e, const char *const *entries)
{
    int i = 0;
    for (; entries[i]; i++) {
        const char *entry = cli_editor_history(e, i);
        if (!entry || strcmp(entry, entries[i]) != 0)
            fail_msg("entry %d is '%s', expected '%s'", i, entry ? entry : "(none)", entries[i]);
    }
    assert_null(cli_editor_history(e, i));
    assert_null(cli_editor_history(e, i + 5));
}

static void test_history(void **state)
{
    (void)state;
    static const char *const kept[] = {
        "SELECT 1;", "SELECT a FROM s;", /* several lines are one entry on one line */
        "SELECT b -- why\nFROM s;",      /* but a comment ends where its line ends */
        "SHOW STREAMS;", NULL};
    cli_editor *e = open_editor(words);
    check_history(e, (const char *const[]){NULL});
    cli_editor_remember(e, "SELECT 1;");
    cli_editor_remember(e, "SELECT a\nFROM s;\n");
    cli_editor_remember(e, "SELECT b -- why\nFROM s;\n\n");
    cli_editor_remember(e, "SHOW STREAMS;");
    cli_editor_remember(e, "SHOW STREAMS;"); /* twice the same is once */
    cli_editor_remember(e, "SET 'sasl.password'='x';");
    cli_editor_remember(e, "SHOW STREAMS; set\n'sasl.password'='x';");
    cli_editor_remember(e, "ALTER SYSTEM 'ssl.key.pem'='x';");
    cli_editor_remember(e, "");
    cli_editor_remember(e, "\n\n");
    check_history(e, kept);
    cli_text line = {0};
    assert_int_equal(type(e, UP "\r", &line), CLI_EDITOR_LINE);
    check_text(&line, "SHOW STREAMS;");
    assert_int_equal(type(e, UP UP UP UP "\r", &line), CLI_EDITOR_LINE);
    check_text(&line, "SELECT 1;");
    close_editor(e);

    e = open_editor(words); /* the next session finds it in the file */
    check_history(e, kept);
    assert_int_equal(type(e, UP "\r", &line), CLI_EDITOR_LINE);
    check_text(&line, "SHOW STREAMS;");
    close_editor(e);
    cli_text_free(&line);

    struct stat file;
    assert_int_equal(stat(tty.history, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600); /* statements may hold secrets */
}

static void test_history_is_bounded(void **state)
{
    (void)state;
    setenv("WEIR_HISTORY", "", 1); /* every entry writes the whole file */
    cli_editor *e = open_editor(words);
    for (int i = 0; i < 1010; i++) {
        char entry[32];
        snprintf(entry, sizeof entry, "SELECT %d;", i);
        cli_editor_remember(e, entry);
    }
    assert_string_equal(cli_editor_history(e, 0), "SELECT 10;");
    assert_string_equal(cli_editor_history(e, 999), "SELECT 1009;");
    assert_null(cli_editor_history(e, 1000));
    close_editor(e);
}

static void test_no_history_file(void **state)
{
    (void)state;
    setenv("WEIR_HISTORY", "", 1); /* asked for: none */
    cli_editor *e = open_editor(words);
    cli_editor_remember(e, "SELECT 1;");
    assert_string_equal(cli_editor_history(e, 0), "SELECT 1;");
    close_editor(e);
    assert_int_not_equal(access(tty.history, F_OK), 0);

    setenv("WEIR_HISTORY", "/no/such/folder/history", 1);
    e = open_editor(words);
    capture_begin();
    cli_editor_remember(e, "SELECT 1;");
    cli_editor_remember(e, "SELECT 2;");
    capture_end();
    static const char said[] = "weir: history is not kept: cannot write /no/such/folder/history: "
                               "No such file or directory\n";
    assert_string_equal(complained(), said); /* once */
    check_history(e, (const char *const[]){"SELECT 1;", "SELECT 2;", NULL});
    close_editor(e);
}

static void test_history_in_the_home(void **state)
{
    (void)state;
    char path[300];
    snprintf(path, sizeof path, "%s/.weir_history", tty.folder);
    unsetenv("WEIR_HISTORY");
    cli_editor *e = open_editor(words);
    cli_editor_remember(e, "SELECT 1;");
    close_editor(e);
    assert_int_equal(access(path, F_OK), 0);
    unlink(path);

    unsetenv("HOME");
    e = open_editor(words);
    cli_editor_remember(e, "SELECT 1;");
    assert_string_equal(cli_editor_history(e, 0), "SELECT 1;");
    close_editor(e);
}

/* ----------------------------------------------------------------------------------------- life */

static int setup(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    struct termios modes;
    snprintf(tty.folder, sizeof tty.folder, "%s/weir-editor-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(tty.folder))
        return -1;
    snprintf(tty.history, sizeof tty.history, "%s/history", tty.folder);
    setenv("HOME", tty.folder, 1);
    setenv("WEIR_HISTORY", tty.history, 1);
    setenv("TERM", "xterm", 1);
    tty.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (tty.master < 0 || grantpt(tty.master) || unlockpt(tty.master))
        return -1;
    tty.slave = open(ptsname(tty.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (tty.slave < 0 || tcgetattr(tty.slave, &modes))
        return -1;
    cfmakeraw(&modes);
    return tcsetattr(tty.slave, TCSANOW, &modes);
}

static int teardown(void **state)
{
    (void)state;
    close(tty.slave);
    close(tty.master);
    unlink(tty.history);
    rmdir(tty.folder);
    cli_text_free(&tty.screen);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lines),
        TEST(test_end),
        TEST(test_interrupt),
        TEST(test_completion),
        TEST(test_long_list),
        TEST(test_history),
        TEST(test_history_is_bounded),
        TEST(test_no_history_file),
        TEST(test_history_in_the_home),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, capture_teardown);
}
