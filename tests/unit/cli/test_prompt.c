/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of a pipe: which are commands and which are statements, what the commands do, where the
 * first failure ends it all. (At a terminal: tests/integration/test_repl.py.)
 */
#include "cli_test.h"

#include "options.h"
#include "prompt.h"

const cli_command *const cli_commands[] = {NULL}; /* options.c wants them */

static weir *w;
static cli_session session;

static int setup(void **state)
{
    (void)state;
    setenv("COLUMNS", "60", 1);
    w = open_engine("CREATE STREAM s (k INT KEY, history STRING) WITH (KAFKA_TOPIC = 's', "
                    "PARTITIONS = 1, VALUE_FORMAT = 'JSON');"
                    "INSERT INTO s VALUES (1, 'one'); INSERT INTO s VALUES (2, 'two');");
    session = (cli_session){.w = w, .view = {CLI_JSON, true, 0, false, NULL, false}};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (session.view.spool)
        fclose(session.view.spool);
    close_engine(w);
    return 0;
}

/** Feed @p lines to a pipe's loop. */
static int feed(const char *lines)
{
    FILE *input = tmpfile();
    fputs(lines, input);
    rewind(input);
    capture_begin();
    FILE *standard = stdin;
    stdin = input;
    int status = cli_pipe_run(&session);
    stdin = standard;
    capture_end();
    fclose(input);
    return status;
}

/** One line that may be a command. @return whether it was one. */
static bool command(const char *line, int *status, bool *leave)
{
    cli_prompt p = {.session = &session};
    *status = CLI_OK;
    capture_begin();
    bool was = cli_prompt_command(&p, line, status);
    capture_end();
    *leave = p.leave;
    return was;
}

/* ------------------------------------------------------------------------------ what is a command
 */

static void test_commands_and_statements(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool command;
        int status;
        const char *shown; /* a part */
    } cases[] = {
        {"", false, 0, ""},
        {"  ", false, 0, ""},
        {";", false, 0, ""},
        {"SHOW STREAMS;", false, 0, ""},
        {"SELECT 1;", false, 0, ""},
        {"version", true, 0, "Weir "},
        {"VERSION;", true, 0, "Weir "},
        {"  Version ; ; ", true, 0, "Weir "},
        {"ver", true, 0, "Weir "},
        {"versions", false, 0, ""},
        {"version 2", false, 0, ""}, /* it takes no argument */
        {"help", true, 0, "history                     statements typed before"},
        {"help;", true, 0, "history"},
        {"HELP spool", true, 0, "spool FILE | off"},
        {"help set cli", true, 0, "set cli WRAP ON|OFF"},
        {"help nothing", true, 1, ""},
        {"h", true, 1, ""}, /* help or history */
        {"he", true, 0, "help [COMMAND or STATEMENT]"},
        {"help", true, 0, "\n  CREATE STREAM AS SELECT     a query that runs for ever"},
        {"help select", true, 0, "SELECT: a query whose rows are shown\n\n  SELECT item"},
        {"help Create  Table;", true, 0, "\nFor example:\n\n  CREATE TABLE customers ("},
        {"help create", true, 0, "  CREATE TYPE                 a name for a type\n"},
        {"help set", true, 0, "set cli WRAP ON|OFF"}, /* a command and a statement */
        {"help set", true, 0, "SET 'name' = 'value';"},
        {"help drop", true, 0, "DROP STREAM"},
        {"hi", true, 1, ""}, /* history, and there is none in a pipe */
        {"clear", true, 0, ""},
        {"SET 'a' = 'b';", false, 0, ""},
        {"SET", false, 0, ""},
        {"set cli", false, 0, ""},
        {"set cli wrap", false, 0, ""}, /* it needs an argument */
        {"set cli wrap off", true, 0, "Long values are cut"},
        {"set cli wrap 'ON';", true, 0, "Long values continue on further lines"},
        {"se c w on", true, 0, "Long values continue"},
        {"s c w on", true, 1, ""}, /* or a file to spool to */
        {"set cli wrap maybe", true, 1, ""},
        {"set cli column-width 12", true, 0, "Column width is set"},
        {"SET CLI COLUMN-WIDTH '0'", true, 0, "Columns are as wide as their content"},
        {"set cli column-width -1", true, 1, ""},
        {"set cli column-width 10001", true, 1, ""},
        {"set cli column-width wide", true, 1, ""},
        {"output", true, 0, "Output format: TABULAR"},
        {"output tabular;", true, 0, "Output format set to TABULAR"},
        {"output XML", true, 1, ""},
        {"run script", false, 0, ""},
        {"run script /no/such/file", true, 1, ""},
        {"spool off", true, 1, ""}, /* nothing is being spooled */
        {"spool", false, 0, ""},
        {"spool /no/such/folder/file", true, 1, ""},
    };
    session.view.format = CLI_TABULAR; /* in JSON and CSV messages go to standard error */
    for (size_t i = 0; i < COUNT(cases); i++) {
        int status;
        bool leave;
        bool was = command(cases[i].line, &status, &leave);
        if (was != cases[i].command || status != cases[i].status || leave ||
            !strstr(shown(), cases[i].shown))
            fail_msg("'%s': %scommand, status %d\n%s%s", cases[i].line, was ? "" : "no ", status,
                     shown(), complained());
        if (status)
            assert_true(strlen(complained()) > 0);
        else
            assert_string_equal(complained(), "");
    }
}

static void test_settings_of_the_view(void **state)
{
    (void)state;
    int status;
    bool leave;
    assert_true(command("set cli wrap off", &status, &leave));
    assert_false(session.view.wrap);
    assert_true(command("set cli wrap on", &status, &leave));
    assert_true(session.view.wrap);
    assert_true(command("set cli column-width 12", &status, &leave));
    assert_int_equal(session.view.column_width, 12);
    assert_true(command("set cli column-width 13x", &status, &leave));
    assert_int_equal(session.view.column_width, 12); /* a wrong one changes nothing */
    assert_true(command("output csv", &status, &leave));
    assert_int_equal(session.view.format, CLI_CSV);
    assert_true(command("output pretty", &status, &leave));
    assert_int_equal(session.view.format, CLI_CSV);
    assert_string_equal(complained(), "Output forms are TABULAR, JSON and CSV.\n");
}

static void test_leaving(void **state)
{
    (void)state;
    static const char *const words[] = {"exit", "EXIT;", "quit", "q", "ex"};
    for (size_t i = 0; i < COUNT(words); i++) {
        int status;
        bool leave;
        assert_true(command(words[i], &status, &leave));
        assert_true(leave);
        assert_int_equal(status, CLI_OK);
    }
    assert_int_equal(feed("exit\nSELEC;\n"), CLI_OK); /* what is after it is not read */
    assert_string_equal(complained(), "");
}

/* --------------------------------------------------------------------------------------- a pipe */

static void test_pipes(void **state)
{
    (void)state;
    static const char one[] = "{\"K\":1}\n";
    static const struct {
        const char *about, *lines;
        int status;
        const char *shown, *complained; /* complained: a part */
    } cases[] = {
        {"nothing", "", 0, "", ""},
        {"blanks and comments", "\n  \n-- a comment;\n/* and\nanother */\n", 0, "", ""},
        {"a statement on one line", "SELECT k FROM s EMIT CHANGES LIMIT 1;\n", 0, one, ""},
        {"the last line without its end", "SELECT k FROM s EMIT CHANGES LIMIT 1;", 0, one, ""},
        {"lines of Windows", "SELECT k\r\nFROM s EMIT CHANGES LIMIT 1;\r\n", 0, one, ""},
        {"on several lines", "SELECT k\n\nFROM s\n-- here;\nEMIT CHANGES\nLIMIT 1\n;\n", 0, one,
         ""},
        {"two on a line", "INSERT INTO s VALUES (3, ''); SELECT k FROM s EMIT CHANGES LIMIT 1;\n",
         0, one, ""},
        {"a column called as a command", "SELECT k,\nhistory\nFROM s EMIT CHANGES LIMIT 1;\n", 0,
         "{\"K\":1,\"HISTORY\":\"one\"}\n", "Limit Reached"},
        {"a quote over several lines", "SELECT 'a;\nversion\n' AS t FROM s EMIT CHANGES LIMIT 1;\n",
         0, "{\"T\":\"a;\\nversion\\n\"}\n", "Limit Reached"},
        {"a command between statements", "output JSON\nSELECT k FROM s EMIT CHANGES LIMIT 1;\n", 0,
         one, "{\"message\":\"Output format set to JSON\"}\n{\"message\":\"Limit Reached\"}\n"},
        {"the first failure ends it", "SELEC;\nSELECT k FROM s EMIT CHANGES LIMIT 1;\n", 1, "",
         "stdin:1:1: "},
        {"places are those of the pipe", "\n-- first\nSELECT k\nFROM s\nWHER k > 1;\n", 1, "",
         "stdin:5:"},
        {"what is left over at the end is run", "SELECT k FROM s EMIT CHANGES LIMIT 1", 0, one, ""},
        {"and may be wrong", "SELECT k FROM", 1, "", "stdin:1:"},
        {"a failing command ends it too", "output XML\nSELECT k FROM s EMIT CHANGES LIMIT 1;\n", 1,
         "", "Output forms are"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int status = feed(cases[i].lines);
        if (status != cases[i].status || strcmp(shown(), cases[i].shown) != 0 ||
            !strstr(complained(), cases[i].complained))
            fail_msg("%s: status %d\n%s%s\nexpected %d\n%s%s", cases[i].about, status, shown(),
                     complained(), cases[i].status, cases[i].shown, cases[i].complained);
    }
}

static void test_spool(void **state)
{
    (void)state;
    char path[256], lines[600], got[600] = {0};
    write_temp(path, sizeof path, "old", 3);
    snprintf(lines, sizeof lines,
             "spool '%s'\nSELECT k FROM s EMIT CHANGES LIMIT 1;\nspool off\nversion\n", path);
    assert_int_equal(feed(lines), CLI_OK);
    assert_null(session.view.spool);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_true(fread(got, 1, sizeof got - 1, f) > 0);
    fclose(f);
    unlink(path);
    snprintf(lines, sizeof lines,
             "{\"message\":\"The session is copied to %s\"}\n"
             "SELECT k FROM s EMIT CHANGES LIMIT 1;\n"
             "{\"K\":1}\n{\"message\":\"Limit Reached\"}\n"
             "spool off\n",
             path);
    assert_string_equal(got, lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_commands_and_statements, setup, teardown),
        cmocka_unit_test_setup_teardown(test_settings_of_the_view, setup, teardown),
        cmocka_unit_test_setup_teardown(test_leaving, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pipes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_spool, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, capture_teardown);
}
