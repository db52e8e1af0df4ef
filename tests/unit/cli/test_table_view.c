/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layout of tables: widths, alignment, cells of several lines, what never reaches a terminal.
 */
#include "cli_test.h"

#include "table_view.h"

#include <locale.h>

#define CELLS_MAX 12
#define WIDE      "\xe6\x9d\xb1" /* one character of two columns */

/* ------------------------------------------------------------------------------------- results */

typedef struct table_case {
    const char *about;
    size_t columns;
    unsigned right;
    int width;
    const char *cells[CELLS_MAX + 1]; /* NULL ends them */
    const char *shown;
} table_case;

static const table_case table_cases[] = {
    {"one column",
     1,
     0,
     80,
     {"Message", "Stream created"},
     " Message\n"
     "----------------\n"
     " Stream created\n"
     "----------------\n"},
    {"titles alone",
     2,
     0,
     80,
     {"A", "Bc"},
     " A | Bc\n"
     "--------\n"
     "--------\n"},
    {"no blanks at the ends of lines",
     2,
     0,
     80,
     {"A", "B", "x", "", "", "y"},
     " A | B\n"
     "-------\n"
     " x |\n"
     "   | y\n"
     "-------\n"},
    {"numbers to the right",
     2,
     2,
     80,
     {"Name", "Rows", "a", "7", "b", "1234567"},
     " Name |    Rows\n"
     "----------------\n"
     " a    |       7\n"
     " b    | 1234567\n"
     "----------------\n"},
    {"a rule is no longer than the terminal",
     1,
     0,
     5,
     {"T", "longer than five"},
     " T\n"
     "-----\n"
     " longer than five\n"
     "-----\n"},
    {"lines of a cell",
     2,
     0,
     80,
     {"K", "V", "a", "one\ntwo\n\nfour", "b", "x"},
     " K | V\n"
     "----------\n"
     " a | one\n"
     "   | two\n"
     "   |\n"
     "   | four\n"
     " b | x\n"
     "----------\n"},
    {"wide and combining characters",
     2,
     0,
     80,
     {"A", "B", WIDE WIDE, "1", "e\xcc\x81", "2"},
     " A    | B\n"
     "----------\n"
     " " WIDE WIDE " | 1\n"
     " e\xcc\x81    | 2\n"
     "----------\n"},
    {"controls and bytes that are no text",
     1,
     0,
     80,
     {"A", "x\x1b[2Jy\tz", "\xff"},
     " A\n"
     "----------\n"
     " x [2Jy z\n"
     " \xef\xbf\xbd\n"
     "----------\n"},
    {"a row that is not complete is not shown",
     2,
     0,
     80,
     {"A", "B", "half"},
     " A    | B\n"
     "----------\n"
     "----------\n"},
};

static void test_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(table_cases); i++) {
        const table_case *c = &table_cases[i];
        cli_table t = {.columns = c->columns, .right = c->right};
        cli_text out = {0};
        for (size_t k = 0; c->cells[k]; k++)
            cli_table_add(&t, c->cells[k]);
        cli_table_render(&t, c->width, &out);
        if (strcmp(cli_text_string(&out), c->shown) != 0)
            fail_msg("%s:\n%s\nexpected\n%s", c->about, cli_text_string(&out), c->shown);
        cli_table_free(&t);
        assert_int_equal(t.cells.n, 0);
        cli_text_free(&out);
    }
}

static void test_empty_table(void **state)
{
    (void)state;
    cli_table t = {0};
    cli_text out = {0};
    cli_table_render(&t, 80, &out);
    assert_int_equal(out.len, 0);
    t.columns = 3; /* not even titles */
    cli_table_render(&t, 80, &out);
    check_text(&out, "--------\n");
    cli_text_free(&out);
}

/* A table owns its cells. */
static void test_cells_are_copied(void **state)
{
    (void)state;
    cli_table t = {.columns = 1};
    cli_text out = {0};
    char cell[] = "title";
    cli_table_add(&t, cell);
    memset(cell, 'x', sizeof cell - 1);
    cli_table_add(&t, cell);
    cli_table_render(&t, 80, &out);
    check_text(&out, " title\n-------\n xxxxx\n-------\n");
    cli_table_free(&t);
    cli_text_free(&out);
}

/* ------------------------------------------------------------------------------------- queries */

static void test_widths(void **state)
{
    (void)state;
    static const struct {
        const char *about;
        int terminal, n;
        cli_frame_column columns[4];
        int widths[4];
    } cases[] = {
        {"as wide as the content", 80, 2, {{2, 0, false}, {10, 0, false}}, {2, 10}},
        {"values that are still to come", 80, 2, {{2, 8, false}, {10, 5, false}}, {8, 10}},
        {"one takes what is left", 40, 2, {{2, 8, false}, {3, 12, true}}, {8, 29}},
        {"two share it", 41, 3, {{2, 8, false}, {3, 12, true}, {3, 12, true}}, {8, 14, 15}},
        {"the wide one has to give way", 40, 2, {{4, 0, false}, {100, 0, false}}, {4, 33}},
        {"two wide ones", 43, 3, {{4, 0, false}, {50, 0, true}, {60, 0, false}}, {4, 17, 18}},
        {"none can have what it wants", 23, 2, {{30, 0, false}, {30, 0, true}}, {10, 10}},
        {"never below 5", 10, 3, {{30, 0, false}, {3, 0, false}, {30, 0, false}}, {5, 3, 5}},
        {"no text at all", 80, 1, {{0, 0, false}}, {1}},
        {"exactly full", 13, 2, {{5, 0, false}, {5, 0, true}}, {5, 5}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int widths[4] = {0};
        cli_frame_widths(cases[i].columns, cases[i].n, cases[i].terminal, widths);
        for (int k = 0; k < cases[i].n; k++)
            if (widths[k] != cases[i].widths[k])
                fail_msg("%s: column %d is %d wide, expected %d", cases[i].about, k, widths[k],
                         cases[i].widths[k]);
    }
}

/* Whatever the columns want: a frame that can fit does, and nothing is lost where there is room. */
static void test_widths_fit(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int round = 0; round < 2000; round++) {
        cli_frame_column columns[12] = {0};
        int widths[12], n = 1 + round % 12, terminal = 20 + round % 200, total = 1, wanted = 1;
        bool grows = false;
        for (int i = 0; i < n; i++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            columns[i].natural = 1 + (int)((seed >> 33) % (round % 3 ? 12 : 90));
            columns[i].grows = seed >> 63;
            grows = grows || columns[i].grows;
            wanted += 1 + columns[i].natural;
        }
        cli_frame_widths(columns, n, terminal, widths);
        for (int i = 0; i < n; i++) {
            total += 1 + widths[i];
            assert_true(widths[i] >= 1);
            assert_true(wanted > terminal || widths[i] >= columns[i].natural);
        }
        if (terminal >= 6 * n + 1)
            assert_true(total <= terminal);
        if (terminal >= 6 * n + 1 && (grows || wanted >= terminal))
            assert_int_equal(total, terminal); /* all of it is used */
    }
}

static void test_rule(void **state)
{
    (void)state;
    cli_text out = {0};
    static const int widths[] = {4, 1};
    cli_frame_rule(widths, 2, &out);
    check_text(&out, "+----+-+\n");
    cli_text_free(&out);
}

typedef struct frame_case {
    const char *about;
    int cell_width;
    bool wrap;
    const char *cells[CELLS_MAX + 1];
    const char *shown;
} frame_case;

static const frame_case frame_cases[] = {
    {"short ones", 4, true, {"a", "null", ""}, "|a   |null|    |\n"},
    {"exactly as wide", 3, true, {"abc"}, "|abc|\n"},
    {"wrapped", 3, true, {"abcdefgh", "x"}, "|abc|x  |\n|def|   |\n|gh |   |\n"},
    {"wrapped at line breaks", 5, true, {"ab\ncdefgh"}, "|ab   |\n|cdefg|\n|h    |\n"},
    {"a wide character is not split", 3, true, {WIDE WIDE}, "|" WIDE " |\n|" WIDE " |\n"},
    {"wider than its cell", 1, true, {WIDE "a"}, "|" WIDE "|\n|a|\n"},
    {"a combining one stays with its letter", 2, true, {"abe\xcc\x81z"}, "|ab|\n|e\xcc\x81z|\n"},
    {"cut", 6, false, {"abcdefgh", "abc"}, "|abc...|abc   |\n"},
    {"not cut where it fits", 6, false, {"abcdef"}, "|abcdef|\n"},
    {"cut at a line break", 6, false, {"a\nb"}, "|a  ...|\n"},
    {"no room but for dots", 3, false, {"abcd"}, "|...|\n"},
    {"not even for those", 2, false, {"abcd"}, "|..|\n"},
    {"cut before a wide character", 6, false, {"ab" WIDE WIDE WIDE}, "|ab ...|\n"},
    {"no room for a wide one beside the dots", 4, false, {WIDE "abc"}, "| ...|\n"},
    {"controls are blanks", 5, true, {"a\x1b[b", "\xff"}, "|a [b |\xef\xbf\xbd    |\n"},
};

static void test_frames(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(frame_cases); i++) {
        const frame_case *c = &frame_cases[i];
        cli_text out = {0};
        int columns = 0, widths[CELLS_MAX];
        while (c->cells[columns])
            widths[columns++] = c->cell_width;
        cli_frame_row(c->cells, widths, columns, c->wrap, &out);
        if (strcmp(cli_text_string(&out), c->shown) != 0)
            fail_msg("%s:\n%s\nexpected\n%s", c->about, cli_text_string(&out), c->shown);
        cli_text_free(&out);
    }
}

/* Whatever the cells are, every line of a wrapped row is as wide as the frame. */
static void test_frames_are_straight(void **state)
{
    (void)state;
    static const char *const parts[] = {"a", "bc", "\n", WIDE, "e\xcc\x81", "\xff", "\t", "     "};
    uint64_t seed = 1;
    for (int round = 0; round < 500; round++) {
        cli_text cells[3] = {{0}}, out = {0};
        const char *texts[3];
        int widths[] = {2 + round % 9, 2 + round % 4, 12};
        int total = widths[0] + widths[1] + widths[2] + 4;
        for (int i = 0; i < 3; i++) {
            for (int k = 0; k < 12; k++) {
                seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                cli_text_adds(&cells[i], parts[(seed >> 33) % COUNT(parts)]);
            }
            texts[i] = cli_text_string(&cells[i]);
        }
        cli_frame_row(texts, widths, 3, round % 2, &out);
        const char *at = cli_text_string(&out);
        for (size_t len; *at; at += len + 1) {
            len = strcspn(at, "\n");
            assert_int_equal(at[len], '\n');
            if (cli_columns(at, len) != (size_t)total)
                fail_msg("round %d: '%.*s' is not %d columns wide", round, (int)len, at, total);
        }
        for (int i = 0; i < 3; i++)
            cli_text_free(&cells[i]);
        cli_text_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),           cmocka_unit_test(test_empty_table),
        cmocka_unit_test(test_cells_are_copied), cmocka_unit_test(test_widths),
        cmocka_unit_test(test_widths_fit),       cmocka_unit_test(test_rule),
        cmocka_unit_test(test_frames),           cmocka_unit_test(test_frames_are_straight),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
