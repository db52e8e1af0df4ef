/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EXPLAIN ANALYZE for people: units, notes, the tree. Rows come from a statement of the test's own,
 * so that every number can be given; the functions of weir.h that the view calls stand below and
 * take the place of the library's.
 */
#include "cli_test.h"

#include "analyze_view.h"
#include "result_view.h"

#define COLUMNS_MAX 8
#define NOTHING     INT64_MIN /* a NULL */

/** One row: columns by name; text where there is one, else the number. */
typedef struct value {
    const char *column;
    int64_t number;
    const char *text;
    double fraction;
} value;

struct weir_stmt {
    const value *values;
    int n;
};

int weir_column_count(const weir_stmt *s)
{
    return s->n;
}

const char *weir_column_name(const weir_stmt *s, int i)
{
    return s->values[i].column;
}

bool weir_column_is_null(const weir_stmt *s, int i)
{
    return !s->values[i].text && s->values[i].number == NOTHING;
}

int64_t weir_column_int64(const weir_stmt *s, int i)
{
    return s->values[i].number;
}

double weir_column_double(const weir_stmt *s, int i)
{
    return s->values[i].fraction;
}

const char *weir_column_text(const weir_stmt *s, int i)
{
    return s->values[i].text ? s->values[i].text : "";
}

/* What cli_analyze_all, which is not called here, refers to. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define NEVER_CALLED(declaration)                                                                  \
    declaration                                                                                    \
    {                                                                                              \
        abort();                                                                                   \
    }
NEVER_CALLED(weir_status weir_prepare(weir *w, const char *sql, ptrdiff_t len, weir_stmt **out,
                                      const char **tail, weir_error *err))
NEVER_CALLED(weir_status weir_step(weir_stmt *s, int timeout_ms, weir_error *err))
NEVER_CALLED(void weir_finalize(weir_stmt *s))
NEVER_CALLED(int weir_section_count(const weir_stmt *s))
NEVER_CALLED(weir_stmt *weir_section(weir_stmt *s, int i))
NEVER_CALLED(const char *weir_section_name(const weir_stmt *s))
NEVER_CALLED(void weir_metrics_read(weir *w, weir_metrics *out))
NEVER_CALLED(bool weir_waiting_query(weir *w, char *id, size_t id_size, int64_t *since_ms,
                                     weir_error *why))
NEVER_CALLED(void cli_result_begin(cli_result *r, cli_view *view, weir_stmt *stmt))
NEVER_CALLED(void cli_result_row(cli_result *r))
NEVER_CALLED(void cli_result_end(cli_result *r, const char *message))
NEVER_CALLED(void cli_result_abort(cli_result *r))
#pragma GCC diagnostic pop

/** The cells of one row, joined by '|'. */
static void check_row(const value *values, const char *expected)
{
    weir_stmt s = {.values = values};
    cli_table t = {.columns = 8};
    cli_text out = {0};
    while (s.n < COLUMNS_MAX && values[s.n].column)
        s.n++;
    cli_analyze_row(&s, &t);
    assert_int_equal(t.cells.n, 8);
    for (size_t i = 0; i < t.cells.n; i++)
        cli_text_addf(&out, "%s%s", i ? "|" : "", t.cells.at[i]);
    check_text(&out, expected);
    cli_table_free(&t);
    cli_text_free(&out);
}

static void test_counts(void **state)
{
    (void)state;
    static const struct {
        int64_t n;
        const char *row;
    } cases[] = {
        {NOTHING, "|||||||"},
        {0, "|0||||||"},
        {9999, "|9999||||||"},
        {10000, "|10.0k||||||"},
        {12345, "|12.3k||||||"},
        {999949, "|999.9k||||||"},
        {999950, "|1.0M||||||"}, /* never 1000.0k */
        {1234567, "|1.2M||||||"},
        {INT64_C(999950000), "|1.0G||||||"},
        {INT64_C(5500000000000), "|5.5T||||||"},
        {INT64_C(1234500000000000), "|1234.5T||||||"}, /* there is no larger unit */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const value row[COLUMNS_MAX] = {{.column = "ROWS_IN", .number = cases[i].n}};
        check_row(row, cases[i].row);
    }
}

static void test_times(void **state)
{
    (void)state;
    static const struct {
        int64_t ns, rows;
        const char *row;
    } cases[] = {
        {NOTHING, 5, "|5||||||"},
        {0, NOTHING, "||||0 ns|||"},
        {0, 5, "|5|||0 ns||0 ns|"},
        {0, 0, "|0|||0 ns|||"}, /* no time for a row where there was none */
        {34, 1, "|1|||34 ns||34 ns|"},
        {999, 2, "|2|||999 ns||500 ns|"},
        {1000, NOTHING, "||||1.00 us|||"},
        {12345, NOTHING, "||||12.3 us|||"},
        {999499, NOTHING, "||||999 us|||"},
        {999500, NOTHING, "||||1.00 ms|||"},
        {9994000, NOTHING, "||||9.99 ms|||"},
        {9996000, NOTHING, "||||10.0 ms|||"},
        {99960000, NOTHING, "||||100 ms|||"},
        {1500000000, NOTHING, "||||1.50 s|||"},
        {INT64_C(5000000000000), NOTHING, "||||5000 s|||"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const value row[COLUMNS_MAX] = {{.column = "TIME_NS", .number = cases[i].ns},
                                        {.column = "ROWS_IN", .number = cases[i].rows}};
        check_row(row, cases[i].row);
    }
}

typedef struct row_case {
    value values[COLUMNS_MAX];
    const char *row;
} row_case;

static const row_case row_cases[] = {
    {{{"NAME", 0, "Project", 0}, {"DEPTH", 0, NULL, 0}}, "Project|||||||"},
    {{{"NAME", 0, "Project", 0}, {"DEPTH", 3, NULL, 0}}, "      Project|||||||"},
    {{{"KIND", 0, "STORE", 0}, {"NAME", 0, "Aggregate-1", 0}, {"DEPTH", 1, NULL, 0}},
     "  store Aggregate-1|||||||"},
    {{{"ROWS_IN", 1, NULL, 0}, {"ROWS_OUT", 2, NULL, 0}, {"BATCHES", 3, NULL, 0}}, "|1|2|3||||"},
    {{{"SHARE", 0, NULL, 12.34}}, "|||||12.3 %||"},
    {{{"SHARE", NOTHING, NULL, 0}}, "|||||||"},
    {{{"BYTES_IN", 1000, NULL, 0}, {"BYTES_OUT", 0, NULL, 0}}, "|||||||1.0 kB in"},
    {{{"BYTES_IN", 1000, NULL, 0}, {"BYTES_OUT", 20, NULL, 0}}, "|||||||1.0 kB in, 20 bytes out"},
    {{{"ENTRIES", 0, NULL, 0}}, "|||||||0 entries"},
    {{{"ENTRIES", 7, NULL, 0}, {"MEMORY_BYTES", 4096, NULL, 0}, {"DISK_BYTES", 9000000, NULL, 0}},
     "|||||||7 entries, 4.1 kB in memory, 9.0 MB on disk"},
    {{{"CHANGES", 12000, NULL, 0}}, "|||||||12.0k changes"},
    {{{"LOOKUPS", 8, NULL, 0}, {"MISSES", 2, NULL, 0}}, "|||||||8 look-ups, 75.0 % from memory"},
    {{{"LOOKUPS", 0, NULL, 0}, {"MISSES", 0, NULL, 0}}, "|||||||"},
    {{{"LOOKUPS", 8, NULL, 0}, {"MISSES", NOTHING, NULL, 0}}, "|||||||"},
    {{{"LATE", 0, NULL, 0}}, "|||||||"},
    {{{"LATE", 5, NULL, 0}, {"DROPPED", 6, NULL, 0}}, "|||||||5 late, 6 dropped"},
    {{{"KIND", 0, "QUERY", 0}, {"DROPPED", 6, NULL, 0}, {"LAG", 0, NULL, 0}},
     "|||||||6 errors, 0 behind"},
    {{{"LAG", NOTHING, NULL, 0}, {"DETAIL", 0, "COUNT, SUM", 0}}, "|||||||COUNT, SUM"},
    {{{"LATE", 1, NULL, 0}, {"DETAIL", 0, "GROUP BY k", 0}}, "|||||||1 late, GROUP BY k"},
    {{{"DETAIL", 0, "", 0}}, "|||||||"},
    {{{"SOMETHING_NEW", 7, NULL, 0}}, "|||||||"}, /* the library may add columns */
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(row_cases); i++)
        check_row(row_cases[i].values, row_cases[i].row);
}

static void test_tree(void **state)
{
    (void)state;
    static const value rows[][COLUMNS_MAX] = {
        {{"NAME", 0, "CTAS_T_1", 0},
         {"DEPTH", 0, NULL, 0},
         {"ROWS_IN", 12, NULL, 0},
         {"ROWS_OUT", 3, NULL, 0}},
        {{"NAME", 0, "Filter", 0},
         {"DEPTH", 1, NULL, 0},
         {"ROWS_IN", 12000, NULL, 0},
         {"TIME_NS", 1500000, NULL, 0},
         {"SHARE", 0, NULL, 50.0},
         {"DETAIL", 0, "a > 1", 0}},
    };
    cli_table t = {0};
    cli_text out = {0};
    cli_analyze_header(&t);
    for (size_t i = 0; i < COUNT(rows); i++) {
        weir_stmt s = {.values = rows[i]};
        while (s.n < COLUMNS_MAX && rows[i][s.n].column)
            s.n++;
        cli_analyze_row(&s, &t);
    }
    cli_table_render(&t, 200, &out);
    check_text(&out,
               " Operator | Rows in | Rows out | Batches |    Time |  Share |  A row | Notes\n"
               "-----------------------------------------------------------------------------\n"
               " CTAS_T_1 |      12 |        3 |         |         |        |        |\n"
               "   Filter |   12.0k |          |         | 1.50 ms | 50.0 % | 125 ns | a > 1\n"
               "-----------------------------------------------------------------------------\n");
    cli_table_free(&t);
    cli_text_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
