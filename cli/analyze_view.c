/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row of EXPLAIN ANALYZE is a node of a tree; here it becomes a line: the name indented by its
 * depth, counts as 1.2M, times as 34 ms, and what only some nodes have as notes at the end.
 */
#include "analyze_view.h"

#include "columns.h"
#include "progress.h"
#include "result_view.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN_COLUMNS = 8 };

/* ---------------------------------------------------------------- units */

/** "9999", "12.3k", "1.2M" */
static void add_count(cli_text *t, int64_t n)
{
    static const char units[] = "kMGT";
    if (n < 10000) {
        cli_text_addf(t, "%lld", (long long)n);
        return;
    }
    double v = (double)n / 1000;
    size_t u = 0;
    while (v >= 999.95 && units[u + 1]) {
        v /= 1000;
        u++;
    }
    cli_text_addf(t, "%.1f%c", v, units[u]);
}

/** Three digits: "34 ns", "1.20 ms" */
static void add_time(cli_text *t, double ns)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    int u = 0;
    while (ns >= 999.5 && u < 3) {
        ns /= 1000;
        u++;
    }
    int digits = u == 0 || ns >= 99.95 ? 0 : ns >= 9.995 ? 1 : 2;
    cli_text_addf(t, "%.*f %s", digits, ns, units[u]);
}

/* ---------------------------------------------------------------- cells */

static void end_cell(cli_table *table, cli_text *t)
{
    cli_table_add(table, cli_text_string(t));
    cli_text_clear(t);
}

static void count_cell(weir_stmt *stmt, const char *column, cli_table *table, cli_text *t)
{
    int64_t n;
    if (cli_column_int(stmt, column, &n))
        add_count(t, n);
    end_cell(table, t);
}

static void time_cells(weir_stmt *stmt, cli_table *table, cli_text *t)
{
    int64_t ns, rows;
    bool timed = cli_column_int(stmt, "TIME_NS", &ns);
    int share = cli_column_find(stmt, "SHARE");
    if (timed)
        add_time(t, (double)ns);
    end_cell(table, t);
    if (share >= 0 && !weir_column_is_null(stmt, share))
        cli_text_addf(t, "%.1f %%", weir_column_double(stmt, share));
    end_cell(table, t);
    if (timed && cli_column_int(stmt, "ROWS_IN", &rows) && rows > 0)
        add_time(t, (double)ns / (double)rows);
    end_cell(table, t);
}

static void note(cli_text *t, const char *text)
{
    if (t->len)
        cli_text_adds(t, ", ");
    cli_text_adds(t, text);
}

/** "7 late"; nothing for 0, unless that is worth telling too. */
static void count_note(weir_stmt *stmt, const char *column, const char *what, bool zero,
                       cli_text *t)
{
    int64_t n;
    if (!cli_column_int(stmt, column, &n) || (n == 0 && !zero))
        return;
    note(t, "");
    add_count(t, n);
    cli_text_addf(t, " %s", what);
}

static void bytes_note(weir_stmt *stmt, const char *column, const char *what, cli_text *t)
{
    int64_t n;
    if (!cli_column_int(stmt, column, &n) || n == 0)
        return;
    note(t, "");
    cli_text_add_bytes(t, (uint64_t)n);
    cli_text_addf(t, " %s", what);
}

static void notes_cell(weir_stmt *stmt, cli_table *table, cli_text *t)
{
    int64_t lookups, misses;
    bytes_note(stmt, "BYTES_IN", "in", t);
    bytes_note(stmt, "BYTES_OUT", "out", t);
    count_note(stmt, "ENTRIES", "entries", true, t);
    bytes_note(stmt, "MEMORY_BYTES", "in memory", t);
    bytes_note(stmt, "DISK_BYTES", "on disk", t);
    count_note(stmt, "CHANGES", "changes", true, t);
    if (cli_column_int(stmt, "LOOKUPS", &lookups) && cli_column_int(stmt, "MISSES", &misses) &&
        lookups > 0) {
        count_note(stmt, "LOOKUPS", "look-ups", true, t);
        cli_text_addf(t, ", %.1f %% from memory",
                      100.0 * (double)(lookups - misses) / (double)lookups);
    }
    count_note(stmt, "LATE", "late", false, t);
    count_note(stmt, "DROPPED",
               strcmp(cli_column_text(stmt, "KIND"), "QUERY") ? "dropped" : "errors", false, t);
    count_note(stmt, "LAG", "behind", true, t);
    const char *detail = cli_column_text(stmt, "DETAIL");
    if (*detail)
        note(t, detail);
    end_cell(table, t);
}

void cli_analyze_header(cli_table *t)
{
    static const char *const titles[SHOWN_COLUMNS] = {"Operator", "Rows in", "Rows out", "Batches",
                                                      "Time",     "Share",   "A row",    "Notes"};
    t->columns = SHOWN_COLUMNS;
    t->right = 0x7e; /* all but the first and the last */
    for (int i = 0; i < SHOWN_COLUMNS; i++)
        cli_table_add(t, titles[i]);
}

void cli_analyze_row(weir_stmt *stmt, cli_table *table)
{
    cli_text t = {0};
    int64_t depth;
    cli_column_int(stmt, "DEPTH", &depth);
    cli_text_addc(&t, ' ', 2 * (size_t)depth);
    if (strcmp(cli_column_text(stmt, "KIND"), "STORE") == 0)
        cli_text_adds(&t, "store ");
    cli_text_adds(&t, cli_column_text(stmt, "NAME"));
    end_cell(table, &t);
    count_cell(stmt, "ROWS_IN", table, &t);
    count_cell(stmt, "ROWS_OUT", table, &t);
    count_cell(stmt, "BATCHES", table, &t);
    time_cells(stmt, table, &t);
    notes_cell(stmt, table, &t);
    cli_text_free(&t);
}

/* ---------------------------------------------------------------- all queries */

static void analyze_one(weir *w, cli_view *view, const char *id)
{
    cli_text sql = {0};
    weir_stmt *stmt = NULL;
    weir_error err = {0};
    cli_result r;
    cli_text_adds(&sql, "EXPLAIN ANALYZE `");
    for (const char *c = id; *c; c++)
        cli_text_addc(&sql, *c, *c == '`' ? 2 : 1);
    cli_text_addc(&sql, '`', 1);
    weir_status st = weir_prepare(w, cli_text_string(&sql), -1, &stmt, NULL, &err);
    cli_text_free(&sql);
    if (st != WEIR_OK)
        return; /* it has ended meanwhile */
    cli_result_begin(&r, view, stmt);
    while ((st = weir_step(stmt, -1, &err)) == WEIR_ROW)
        cli_result_row(&r);
    if (st == WEIR_DONE)
        cli_result_end(&r, "");
    else
        cli_result_abort(&r);
    weir_finalize(stmt);
}

void cli_analyze_all(weir *w, cli_view *view)
{
    weir_stmt *stmt = NULL;
    weir_error err = {0};
    cli_list ids = {0};
    if (weir_prepare(w, "SHOW QUERIES;", -1, &stmt, NULL, &err) != WEIR_OK)
        return;
    while (weir_step(stmt, -1, &err) == WEIR_ROW) {
        const char *id = weir_column_text(stmt, 0);
        cli_list_add(&ids, cli_copy(id, strlen(id)));
    }
    weir_finalize(stmt);
    for (size_t i = 0; i < ids.n; i++) {
        analyze_one(w, view, ids.at[i]);
        free((void *)ids.at[i]);
    }
    cli_list_free(&ids);
}
