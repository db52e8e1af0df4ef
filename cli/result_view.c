/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three forms of a result.
 *
 * TABULAR: statements as tables with a rule above and below, queries as framed rows, plans and
 * texts as lines. JSON: one object a line, names to values. A deletion in the result of a table has
 * its key columns only and "@tombstone": true. CSV: a header and rows with CRLF; NULL is an empty
 * field, an empty string is "".
 *
 * JSON and CSV are for programs, so standard output carries rows alone; messages go to standard
 * error, in JSON as {"message": ...}.
 */
#include "result_view.h"

#include "analyze_view.h"
#include "columns.h"
#include "describe_view.h"
#include "json_reader.h"
#include "plan_view.h"

#include <stdlib.h>
#include <string.h>

void cli_result_begin(cli_result *r, cli_view *view, weir_stmt *stmt)
{
    *r = (cli_result){.view = view, .stmt = stmt, .kind = weir_stmt_kind_of(stmt)};
}

static bool is_query(const cli_result *r)
{
    return r->kind == WEIR_STMT_PULL || r->kind == WEIR_STMT_PUSH;
}

/** One field, quoted where it must be (RFC 4180 section 2). */
static void add_csv(cli_text *t, const char *value, size_t len)
{
    bool quote = len == 0;
    for (size_t i = 0; i < len && !quote; i++)
        quote = strchr(",\"\r\n", value[i]) != NULL;
    if (!quote) {
        cli_text_add(t, value, len);
        return;
    }
    cli_text_addc(t, '"', 1);
    for (size_t i = 0; i < len; i++)
        cli_text_addc(t, value[i], value[i] == '"' ? 2 : 1);
    cli_text_addc(t, '"', 1);
}

/* ---------------------------------------------------------------- frames */

/** How wide values that are still to come usually are, and whether they may be any length. */
static const struct {
    int usual;
    bool grows;
} widths_by_type[] = {
    [WEIR_BOOLEAN] = {5, false},    [WEIR_INTEGER] = {8, false},
    [WEIR_BIGINT] = {13, false}, /* milliseconds since 1970 */
    [WEIR_DOUBLE] = {12, false},    [WEIR_DECIMAL] = {12, false},
    [WEIR_STRING] = {12, true},     [WEIR_BYTES] = {12, true},
    [WEIR_DATE] = {10, false},      [WEIR_TIME] = {12, false},
    [WEIR_TIMESTAMP] = {23, false}, [WEIR_ARRAY] = {12, true},
    [WEIR_MAP] = {12, true},        [WEIR_STRUCT] = {12, true},
};

/** Widths by the names, the rows that are held, and, for a push query, the types. */
static void decide_widths(cli_result *r)
{
    int n = weir_column_count(r->stmt);
    bool push = r->kind == WEIR_STMT_PUSH;
    WR_ASSERT(n > 0 && !r->widths && r->held.n % (size_t)n == 0); /* once; whole rows */
    cli_frame_column *columns = cli_realloc(NULL, (size_t)n * sizeof *columns);
    r->widths = cli_realloc(NULL, (size_t)n * sizeof *r->widths);
    for (int i = 0; i < n; i++) {
        weir_type type = weir_column_type(r->stmt, i);
        columns[i] = (cli_frame_column){.natural = cli_cell_columns(weir_column_name(r->stmt, i)),
                                        .least = push ? widths_by_type[type].usual : 0,
                                        .grows = push && widths_by_type[type].grows};
        for (size_t k = (size_t)i; k < r->held.n; k += (size_t)n) {
            int cell = cli_cell_columns(r->held.at[k]);
            columns[i].natural = cell > columns[i].natural ? cell : columns[i].natural;
        }
    }
    cli_frame_widths(columns, n, cli_view_width(), r->widths);
    for (int i = 0; i < n && r->view->column_width; i++)
        r->widths[i] = r->view->column_width;
    free(columns);
}

static void frame_header(cli_result *r)
{
    int n = weir_column_count(r->stmt);
    decide_widths(r);
    const char **names = cli_realloc(NULL, (size_t)n * sizeof *names);
    for (int i = 0; i < n; i++)
        names[i] = weir_column_name(r->stmt, i);
    cli_frame_rule(r->widths, n, &r->text);
    cli_frame_row(names, r->widths, n, r->view->wrap, &r->text);
    cli_frame_rule(r->widths, n, &r->text);
    free(names);
    for (size_t k = 0; k < r->held.n; k += (size_t)n) {
        cli_frame_row(r->held.at + k, r->widths, n, r->view->wrap, &r->text);
        for (int i = 0; i < n; i++)
            free((void *)r->held.at[k + (size_t)i]);
    }
    r->held.n = 0;
    WR_ASSERT(r->widths);
}

/* ---------------------------------------------------------------- header */

static void csv_header(cli_result *r)
{
    for (int i = 0; i < weir_column_count(r->stmt); i++) {
        const char *name = weir_column_name(r->stmt, i);
        if (i)
            cli_text_addc(&r->text, ',', 1);
        add_csv(&r->text, name, strlen(name));
    }
    cli_text_adds(&r->text, "\r\n");
}

static void table_header(cli_result *r)
{
    if (cli_is_description(r->stmt)) {
        cli_describe_header(r->stmt, &r->table);
        return;
    }
    r->table.columns = (size_t)weir_column_count(r->stmt);
    for (int i = 0; i < weir_column_count(r->stmt); i++)
        cli_table_add(&r->table, weir_column_name(r->stmt, i));
}

void cli_result_header(cli_result *r)
{
    if (r->begun || weir_column_count(r->stmt) == 0)
        return;
    r->begun = true;
    if (r->view->format == CLI_CSV)
        csv_header(r);
    else if (r->view->format == CLI_TABULAR && is_query(r))
        frame_header(r);
    else if (r->view->format == CLI_TABULAR && r->kind == WEIR_STMT_TABLE)
        table_header(r);
    else if (r->view->format == CLI_TABULAR && r->kind == WEIR_STMT_ANALYZE)
        cli_analyze_header(&r->table);
    else if (r->view->format == CLI_TABULAR && r->kind == WEIR_STMT_PLAN)
        cli_plan_begin(r->stmt, &r->text);
    cli_view_take(r->view, &r->text);
}

/* ---------------------------------------------------------------- rows */

/** A deletion says nothing of columns outside the key. */
static bool is_deleted(const cli_result *r, int i)
{
    return weir_row_is_tombstone(r->stmt) && !weir_column_is_key(r->stmt, i);
}

enum {
    HELD_ROWS = 100, /* so many decide about the widths */
    HELD_MS = 100,   /* and nobody waits longer than this to see the first */
};

/** Keep a row until it is known how wide the columns are to be. */
static void hold_row(cli_result *r, const char *const *cells, int n)
{
    int64_t now = cli_now_ms();
    if (!r->held.n)
        r->held_ms = now;
    for (int i = 0; i < n; i++)
        cli_list_add(&r->held, cli_copy(cells[i], strlen(cells[i])));
    if (r->held.n >= HELD_ROWS * (size_t)n || now - r->held_ms >= HELD_MS)
        cli_result_header(r);
}

/** A value in a frame or in CSV. Collections come as JSON, in which a STRUCT has all of its fields,
 * and are shown in ksqlDB's way. Such a text is in @p own, which lives until the row is shown. */
static const char *value_text(const cli_result *r, int i, cli_text *own)
{
    if (weir_column_type(r->stmt, i) >= WEIR_ARRAY &&
        cli_json_show(weir_column_json(r->stmt, i), own))
        return cli_text_string(own);
    return weir_column_text(r->stmt, i);
}

static const char *frame_cell(const cli_result *r, int i, cli_text *own)
{
    if (is_deleted(r, i))
        return "<TOMBSTONE>";
    return weir_column_is_null(r->stmt, i) ? "null" : value_text(r, i, own);
}

static void frame_row(cli_result *r)
{
    int n = weir_column_count(r->stmt);
    const char **cells = cli_realloc(NULL, (size_t)n * sizeof *cells);
    cli_text *own = cli_realloc(NULL, (size_t)n * sizeof *own);
    memset(own, 0, (size_t)n * sizeof *own);
    for (int i = 0; i < n; i++)
        cells[i] = frame_cell(r, i, &own[i]);
    if (r->widths)
        cli_frame_row(cells, r->widths, n, r->view->wrap, &r->text);
    else
        hold_row(r, cells, n);
    for (int i = 0; i < n; i++)
        cli_text_free(&own[i]);
    free(own);
    free(cells);
}

static void json_row(cli_result *r)
{
    cli_text *t = &r->text;
    const char *separator = "{";
    for (int i = 0; i < weir_column_count(r->stmt); i++) {
        if (is_deleted(r, i))
            continue;
        const char *name = weir_column_name(r->stmt, i);
        cli_text_adds(t, separator);
        cli_text_add_json(t, name, strlen(name));
        cli_text_addc(t, ':', 1);
        cli_text_adds(t, weir_column_json(r->stmt, i));
        separator = ",";
    }
    if (weir_row_is_tombstone(r->stmt))
        cli_text_addf(t, "%s\"@tombstone\":true", separator);
    else if (*separator == '{')
        cli_text_addc(t, '{', 1);
    cli_text_adds(t, "}\n");
}

/** A cell of a statement's result: a MAP of counts as ksqlDB shows them, "RUNNING:1,ERROR:2". */
static void add_cell(cli_result *r, int i, cli_text *t)
{
    const char *text = weir_column_text(r->stmt, i);
    if (weir_column_is_null(r->stmt, i)) {
        cli_text_adds(t, "NULL");
        return;
    }
    if (weir_column_type(r->stmt, i) != WEIR_MAP || *text != '{') {
        cli_text_adds(t, text);
        return;
    }
    for (text++; *text && *text != '}'; text++)
        if (*text != ' ')
            cli_text_addc(t, *text == '=' ? ':' : *text, 1);
}

static void table_row(cli_result *r)
{
    if (cli_is_description(r->stmt)) {
        cli_describe_row(r->stmt, &r->table);
        return;
    }
    for (int i = 0; i < weir_column_count(r->stmt); i++) {
        cli_text cell = {0};
        add_cell(r, i, &cell);
        cli_table_add(&r->table, cli_text_string(&cell));
        cli_text_free(&cell);
    }
}

static void csv_row(cli_result *r)
{
    for (int i = 0; i < weir_column_count(r->stmt); i++) {
        if (i)
            cli_text_addc(&r->text, ',', 1);
        if (is_deleted(r, i)) {
            cli_text_adds(&r->text, "<TOMBSTONE>");
        } else if (r->kind == WEIR_STMT_TABLE && weir_column_type(r->stmt, i) == WEIR_MAP) {
            cli_text cell = {0};
            add_cell(r, i, &cell);
            add_csv(&r->text, cli_text_string(&cell), cell.len);
            cli_text_free(&cell);
        } else if (!weir_column_is_null(r->stmt, i)) {
            cli_text own = {0};
            const char *value = value_text(r, i, &own);
            add_csv(&r->text, value, strlen(value));
            cli_text_free(&own);
        }
    }
    cli_text_adds(&r->text, "\r\n");
}

static void text_row(cli_result *r)
{
    const char *line = weir_column_text(r->stmt, 0);
    size_t len = strlen(line);
    cli_text_add(&r->text, line, len);
    if (!len || line[len - 1] != '\n')
        cli_text_addc(&r->text, '\n', 1);
}

void cli_result_row(cli_result *r)
{
    bool framed = r->view->format == CLI_TABULAR && is_query(r);
    if (!framed)
        cli_result_header(r);
    if (r->view->format == CLI_JSON)
        json_row(r);
    else if (r->view->format == CLI_CSV)
        csv_row(r);
    else if (framed)
        frame_row(r);
    else if (r->kind == WEIR_STMT_TABLE)
        table_row(r);
    else if (r->kind == WEIR_STMT_ANALYZE)
        cli_analyze_row(r->stmt, &r->table);
    else if (r->kind == WEIR_STMT_PLAN)
        cli_plan_row(r->stmt, &r->text);
    else
        text_row(r);
    cli_view_take(r->view, &r->text);
}

/* ---------------------------------------------------------------- end */

/** A line, ended once. */
static void add_line(cli_text *t, const char *line)
{
    size_t len = strlen(line);
    while (len && line[len - 1] == '\n')
        len--;
    cli_text_add(t, line, len);
    cli_text_addc(t, '\n', 1);
}

void cli_result_message(cli_view *view, const char *message)
{
    cli_text t = {0};
    if (!*message)
        return;
    if (view->format == CLI_JSON) {
        cli_text_adds(&t, "{\"message\":");
        cli_text_add_json(&t, message, strlen(message));
        cli_text_adds(&t, "}\n");
    } else {
        add_line(&t, message);
    }
    if (view->format != CLI_TABULAR) /* standard output is for rows alone */
        cli_view_error(view, t.at, t.len);
    else
        cli_view_take(view, &t);
    cli_text_free(&t);
}

/** What a command has to say, as ksqlDB lays it out: a table with one column, or a line of its own
 *  where that would be too wide. */
static void message_table(cli_result *r, const char *message)
{
    cli_table table = {.columns = 1};
    if (cli_columns(message, strlen(message)) + 2 > (size_t)cli_view_width()) {
        add_line(&r->text, message);
        return;
    }
    cli_table_add(&table, "Message");
    cli_table_add(&table, message);
    cli_text_addc(&r->text, '\n', 1);
    cli_table_render(&table, cli_view_width(), &r->text);
    cli_table_free(&table);
}

/** What stands above the rows; "" for nothing. */
static void add_heading(cli_result *r, cli_text *t)
{
    if (cli_is_description(r->stmt))
        cli_describe_heading(r->stmt, t);
    else if (r->kind == WEIR_STMT_PLAN)
        cli_plan_heading(r->stmt, t);
    else
        cli_text_adds(t, weir_heading(r->stmt));
}

/** Queries that do nothing for now, and why: below what was asked for, or on standard error. */
static void add_waiting(cli_result *r)
{
    cli_text t = {0};
    weir_stmt *w = r->kind == WEIR_STMT_TABLE || r->kind == WEIR_STMT_PLAN
                       ? cli_section_row(r->stmt, "waiting")
                       : NULL;
    for (; w; w = cli_section_row(r->stmt, "waiting")) {
        cli_text_clear(&t);
        cli_text_addf(&t, "Query %s waits since %sZ: %s", cli_column_text(w, "QUERY"),
                      cli_column_text(w, "SINCE"), cli_column_text(w, "REASON"));
        cli_result_message(r->view, cli_text_string(&t));
    }
    cli_text_free(&t);
}

static void end_table(cli_result *r)
{
    cli_text heading = {0};
    add_heading(r, &heading);
    cli_text_addc(&r->text, '\n', 1);
    if (heading.len)
        add_line(&r->text, cli_text_string(&heading));
    cli_text_free(&heading);
    if (!r->begun)
        table_header(r);
    cli_table_render(&r->table, cli_view_width(), &r->text);
}

/** The end of rows that were shown as they came. */
static void end_rows(cli_result *r)
{
    cli_text heading = {0};
    cli_result_header(r); /* also where no row has come */
    if (r->view->format == CLI_TABULAR && r->kind == WEIR_STMT_PLAN) {
        cli_plan_end(r->stmt, &r->text);
    } else if (r->kind == WEIR_STMT_TABLE || r->kind == WEIR_STMT_PLAN) {
        add_heading(r, &heading);
        if (heading.len && heading.at[heading.len - 1] == '\n')
            heading.len--;
        cli_result_message(r->view, cli_text_string(&heading));
    }
    cli_text_free(&heading);
}

void cli_result_end(cli_result *r, const char *message)
{
    if (r->view->format == CLI_TABULAR && r->kind == WEIR_STMT_COMMAND) {
        if (*message)
            message_table(r, message);
        message = "";
    } else if (r->view->format == CLI_TABULAR &&
               (r->kind == WEIR_STMT_TABLE || r->kind == WEIR_STMT_ANALYZE)) {
        end_table(r);
    } else if (r->kind != WEIR_STMT_COMMAND) {
        end_rows(r);
    }
    cli_view_take(r->view, &r->text);
    add_waiting(r);
    cli_result_message(r->view, message);
    cli_result_abort(r);
}

void cli_result_abort(cli_result *r)
{
    if (r->held.n)
        cli_result_header(r); /* rows that came before the failure */
    for (size_t i = 0; i < r->held.n; i++)
        free((void *)r->held.at[i]);
    cli_list_free(&r->held);
    free(r->widths);
    cli_table_free(&r->table);
    cli_text_free(&r->text);
}
