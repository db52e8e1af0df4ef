/* SPDX-License-Identifier: Apache-2.0 */
/* Help on statements: which one is found by which name, and that what it shows is SQL that runs. */
#include "cli_test.h"

#include "options.h"
#include "statement_help.h"
#include "statement_run.h"

#include <ctype.h>

const cli_command *const cli_commands[] = {NULL}; /* options.c wants them */

/* The examples are one session: each of them works after those before it. */
static void test_examples_run(void **state)
{
    (void)state;
    weir *w = open_engine("");
    cli_session s = {.w = w, .view = {CLI_JSON, true, 0, false, NULL, false}};
    size_t n = 0;
    for (const char *sql; (sql = cli_statement_example(n)) != NULL; n++) {
        capture_begin();
        int status = cli_session_run(&s, sql, (cli_origin){"example", 1});
        capture_end();
        if (status != 0)
            fail_msg("%s\n%s", sql, complained());
    }
    assert_true(n > 20);
    close_engine(w);
}

/** Does a line begin with this name? */
static bool has_line(const char *text, const char *line)
{
    size_t len = strlen(line);
    for (const char *at = text; (at = strstr(at, line)) != NULL; at += len)
        if ((at == text || at[-1] == '\n') && strchr(" :\n", at[len]))
            return true;
    return false;
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *first; /* how the text begins; NULL: there is none */
        bool example;
    } cases[] = {
        {"SELECT", "SELECT: ", true},
        {"sel", "SELECT: ", true},
        {"select;", "SELECT: ", true},
        {"  create\tstream ; ", "CREATE STREAM: ", true},
        {"create stream as", "CREATE STREAM AS SELECT: ", true},
        {"create", "  CREATE STREAM ", false},
        {"explain", "EXPLAIN: ", true},
        {"explain analyze", "EXPLAIN ANALYZE: ", true},
        {"list", "SHOW: ", true},
        {"run script", "RUN SCRIPT: ", false},
        {"join", "JOIN: ", true},
        {"insert", "  INSERT INTO VALUES ", false},
        {"selectx", NULL, false},
        {"elect", NULL, false},
        {"", NULL, false},
        {";", NULL, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cli_text t = {0};
        bool found = cli_statement_help(cases[i].name, &t);
        const char *text = cli_text_string(&t);
        if (found != (cases[i].first != NULL))
            fail_msg("'%s': %s", cases[i].name, text);
        if (found && strncmp(text, cases[i].first, strlen(cases[i].first)) != 0)
            fail_msg("'%s' gives\n%s", cases[i].name, text);
        if (!found)
            assert_int_equal(t.len, 0);
        assert_int_equal(strstr(text, "For example:") != NULL, cases[i].example);
        cli_text_free(&t);
    }
}

/* Every statement of the list has help of its own, of lines that fit a terminal. */
static void test_list(void **state)
{
    (void)state;
    cli_text list = {0};
    cli_statement_list(&list);
    size_t n = 0;
    for (const char *at = cli_text_string(&list); *at; n++) {
        size_t len = strcspn(at, "\n");
        char name[64] = {0}, *gap = strstr(memcpy(name, at + 2, sizeof name - 1), "  ");
        assert_non_null(gap);
        *gap = 0;
        cli_text help = {0};
        assert_true(cli_statement_help(name, &help));
        assert_true(has_line(cli_text_string(&help), name));
        for (const char *line = cli_text_string(&help); *line;) {
            size_t width = strcspn(line, "\n");
            if (width > 84)
                fail_msg("%zu columns: %.*s", width, (int)width, line);
            line += width + 1;
        }
        assert_true(isupper((unsigned char)name[0]));
        cli_text_free(&help);
        at += len + 1;
    }
    assert_true(n > 25);
    cli_text_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples_run),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests(tests, NULL, capture_teardown);
}
