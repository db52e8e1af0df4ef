/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors that point into a text: positions of a statement become positions of its file, columns
 * count characters, the caret stands below the place.
 */
#include "cli_test.h"

#include "report.h"

#include <locale.h>

typedef struct report_case {
    const char *about;
    int line, column; /* of the statement, as the library gives them; 0: no place */
    int64_t offset;   /* likewise; -1: none */
    const char *message, *hint;
    const char *before, *statement; /* the text is both, in this order */
    const char *name;               /* of the file; NULL: typed */
    int first_line;                 /* number of the text's first line in that file */
    const char *shown;
} report_case;

static const report_case cases[] = {
    {"at the prompt", 1, 1, 0, "line 1:1: what is it", "", "", "SELEC 1;\n", NULL, 1,
     "line 1:1: what is it\n"
     "SELEC 1;\n"
     "^\n"},
    {"in a file", 1, 8, 7, "line 1:8: no such column", "", "", "SELECT x FROM s;\n", "a.sql", 1,
     "a.sql:1:8: no such column\n"
     "SELECT x FROM s;\n"
     "       ^\n"},
    {"with a hint", 1, 8, 7, "no such column", "try y", "", "SELECT x FROM s;\n", "a.sql", 1,
     "a.sql:1:8: no such column\n"
     "SELECT x FROM s;\n"
     "       ^\n"
     "Hint: try y\n"},
    {"after other statements of the line", 1, 3, 2, "bad", "", "SET a; ", "  x;\n", "-e", 1,
     "-e:1:10: bad\n"
     "  x;\n"
     "  ^\n"},
    {"a second mention of the place moves with it", 2, 3, 4,
     "line 2:3: Syntax Error\nnear at line 2:3", "", "SET a;\nSET b; ", "x\ny z;\n", "-e", 1,
     "-e:3:3: Syntax Error\nnear at line 3:3\n"
     "y z;\n"
     "  ^\n"},
    {"another place in the message stays", 1, 3, 2, "bad, as at line 1:30", "", "SET a; ", "x y;\n",
     "-e", 1,
     "-e:1:10: bad, as at line 1:30\n"
     "x y;\n"
     "  ^\n"},
    {"columns count characters", 1, 1, 0, "bad", "", "'K\xc3\xb6ln'; ", "x;\n", "-e", 1,
     "-e:1:9: bad\n"
     "x;\n"
     "^\n"},
    {"on a later line of the file", 1, 1, 0, "bad", "", "one;\ntwo;\n", "x;\n", "f", 1,
     "f:3:1: bad\n"
     "x;\n"
     "^\n"},
    {"on a later line of the statement", 2, 3, 5, "bad", "", "one;\n", "a b\n  c;\n", "f", 1,
     "f:3:3: bad\n"
     "  c;\n"
     " ^\n"},
    {"the statement begins within a line, the error is below", 2, 1, 4, "bad", "", "one; ",
     "a b\nc;\n", "f", 1,
     "f:2:1: bad\n"
     "c;\n"
     "^\n"},
    {"the text begins somewhere in its file", 1, 1, 0, "bad", "", "", "x;\n", "stdin", 41,
     "stdin:41:1: bad\n"
     "x;\n"
     "^\n"},
    {"no place, in a file", 0, 0, -1, "the broker is gone", "start it", "", "x;\n", "f", 7,
     "f:7: the broker is gone\n"
     "Hint: start it\n"},
    {"no place: the line of the statement", 0, 0, -1, "/ by zero", "", "one;\n\ntwo; ", "x\ny;\n",
     "stdin", 41, "stdin:43: / by zero\n"},
    {"no place, at the prompt", 0, 0, -1, "the broker is gone", "", "", "x;\n", NULL, 1,
     "the broker is gone\n"},
    {"a message that only looks like a place", 1, 1, 0, "line 7 is bad", "", "", "x;\n", "f", 1,
     "f:1:1: line 7 is bad\n"
     "x;\n"
     "^\n"},
    {"nor is this one", 1, 1, 0, "line 1:x: bad", "", "", "x;\n", "f", 1,
     "f:1:1: line 1:x: bad\n"
     "x;\n"
     "^\n"},
    {"the place is not taken off where there is none to put", 0, 0, -1, "line 1:2: bad", "", "",
     "x;\n", "f", 1, "f:1: line 1:2: bad\n"},
    {"at the end of the text", 1, 3, 2, "bad", "", "", "x;", "f", 1,
     "f:1:3: bad\n"
     "x;\n"
     "  ^\n"},
};

static void test_reports(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const report_case *c = &cases[i];
        weir_error err = {
            .code = WEIR_ERR_STATEMENT, .line = c->line, .column = c->column, .offset = c->offset};
        cli_text text = {0}, out = {0};
        snprintf(err.message, sizeof err.message, "%s", c->message);
        snprintf(err.hint, sizeof err.hint, "%s", c->hint);
        cli_text_adds(&text, c->before);
        cli_text_adds(&text, c->statement);
        weir_error untouched = err;
        cli_report_text(&err, cli_text_string(&text), strlen(c->before),
                        (cli_origin){c->name, c->first_line}, &out);
        if (strcmp(cli_text_string(&out), c->shown) != 0)
            fail_msg("%s:\n%s\nexpected\n%s", c->about, cli_text_string(&out), c->shown);
        assert_memory_equal(&err, &untouched, sizeof err); /* the caller's stays as it was */
        cli_text_free(&text);
        cli_text_free(&out);
    }
}

/* Whatever the library refuses, the report points at the same byte of the whole text. */
static void test_reports_of_the_library(void **state)
{
    (void)state;
    static const struct {
        const char *before, *statement, *at; /* at: the text from the place on */
    } refused[] = {
        {"", "SELEC 1;", "SELEC 1;"},
        {"SHOW STREAMS;\n\n  ", "SELECT\n  a,,b FROM s;", ",b FROM s;"},
        {"-- \xe6\x9d\xb1\n/* \xe6\x9d\xb1 */ ", "SELECT * FROM nothing;", "nothing;"},
        {"a; ", "CREATE STREAM t (x INT,);", ");"},
        {"a;\n\tb; ", "DROP STREAM 7;", "7;"},
    };
    weir *w = open_engine("");
    for (size_t i = 0; i < COUNT(refused); i++) {
        cli_text text = {0}, out = {0};
        weir_error err = {0};
        weir_stmt *s = NULL;
        cli_text_adds(&text, refused[i].before);
        cli_text_adds(&text, refused[i].statement);
        weir_status st = weir_prepare(w, refused[i].statement, -1, &s, NULL, &err);
        if (st == WEIR_OK)
            st = weir_step(s, 0, &err);
        assert_int_not_equal(st, WEIR_OK);
        weir_finalize(s);
        cli_report_text(&err, cli_text_string(&text), strlen(refused[i].before),
                        (cli_origin){"f", 1}, &out);
        int line, column;
        if (sscanf(cli_text_string(&out), "f:%d:%d: ", &line, &column) != 2)
            fail_msg("%s: no place in %s", refused[i].statement, cli_text_string(&out));
        const char *at = cli_text_string(&text), *end = at + text.len;
        for (; line > 1; line--)
            at = strchr(at, '\n') + 1;
        for (; column > 1; column--)
            cli_utf8_next(&at, end);
        if (strcmp(at, refused[i].at) != 0)
            fail_msg("points at '%s', expected '%s'\n%s", at, refused[i].at, cli_text_string(&out));
        cli_text_free(&text);
        cli_text_free(&out);
    }
    close_engine(w);
}

static void test_fit_caret(void **state)
{
    (void)state;
    static const struct {
        const char *about, *text;
        int width;
        const char *fitted;
    } fits[] = {
        {"it fits", "SELECT x;\n       ^\n", 20, "SELECT x;\n       ^\n"},
        {"exactly", "01234567890123456789\n                   ^\n", 20,
         "01234567890123456789\n                   ^\n"},
        {"the end is cut", "0123456789abcdefghijklmnopqrst\n  ^\n", 20, "0123456789abcd...\n  ^\n"},
        {"the start is cut", "0123456789abcdefghijklmnopqrst\n                             ^\n", 20,
         "...ghijklmnopqrst\n                ^\n"},
        {"both", "0123456789abcdefghijklmnopqrstuvwxyz\n                 ^\n", 20,
         "...abcdefghijklmn...\n          ^\n"},
        {"wide characters count double",
         "\xe6\x9d\xb1\xe6\x9d\xb1\xe6\x9d\xb1\xe6\x9d\xb1\xe6\x9d\xb1\xe6\x9d\xb1"
         "\xe6\x9d\xb1\xe6\x9d\xb1\xe6\x9d\xb1\xe6\x9d\xb1 x y\n                     ^\n",
         20,
         "...\xe6\x9d\xb1\xe6\x9d\xb1\xe6\x9d\xb1\xe6\x9d\xb1\xe6\x9d\xb1 x y\n"
         "              ^\n"},
        {"a terminal that is too narrow for it", "0123456789abcdefghijklmnopqrst\n  ^\n", 8,
         "0123456789abcdefghijklmnopqrst\n  ^\n"},
        {"past the end", "0123456789abcdefghijklmnopqrst\n                              ^\n", 20,
         "...ghijklmnopqrst\n                 ^\n"},
        {"no caret", "0123456789abcdefghijklmnopqrst", 20, "0123456789abcdefghijklmnopqrst"},
        {"nothing", "", 20, ""},
    };
    for (size_t i = 0; i < COUNT(fits); i++) {
        cli_text out = {0};
        cli_fit_caret(fits[i].text, fits[i].width, &out);
        if (strcmp(cli_text_string(&out), fits[i].fitted) != 0)
            fail_msg("%s:\n%s\nexpected\n%s", fits[i].about, cli_text_string(&out), fits[i].fitted);
        cli_text_free(&out);
    }
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reports),
        cmocka_unit_test(test_reports_of_the_library),
        cmocka_unit_test(test_fit_caret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
