/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layout of tables. Widths are those of a terminal: a wide character takes two columns, a combining
 * one none. Control characters never reach the terminal, since records may hold anything: a line
 * break begins a new line in its cell, any other control is shown as a blank, and bytes that are no
 * UTF-8 as U+FFFD.
 */
#include "table_view.h"

#include <stdlib.h>
#include <string.h>

/**
 * Append the next line of a cell: up to a line break or @p width columns (-1: no limit), padded.
 * @return where the cell goes on; NULL where nothing is left.
 */
static const char *add_line(cli_text *out, const char *at, int width, int padded)
{
    const char *end = at + strlen(at);
    int used = 0;
    while (at < end && *at != '\n') {
        const char *start = at;
        int32_t c = cli_utf8_next(&at, end);
        int columns = cli_char_columns(c);
        /* One character always fits: the width may be less than a wide character's. */
        if (width >= 0 && used > 0 && used + columns > width) {
            at = start;
            break;
        }
        if (c < 0)
            cli_text_adds(out, "\xef\xbf\xbd");
        else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            cli_text_addc(out, ' ', 1);
        else
            cli_text_add(out, start, (size_t)(at - start));
        used += columns;
    }
    if (used < padded)
        cli_text_addc(out, ' ', (size_t)(padded - used));
    if (at == end)
        return NULL;
    return at + (*at == '\n');
}

/* ---------------------------------------------------------------- statement results */

void cli_table_add(cli_table *t, const char *cell)
{
    cli_list_add(&t->cells, cli_copy(cell, strlen(cell)));
}

void cli_table_free(cli_table *t)
{
    for (size_t i = 0; i < t->cells.n; i++)
        free((void *)t->cells.at[i]);
    cli_list_free(&t->cells);
}

int cli_cell_columns(const char *cell)
{
    size_t widest = 0;
    for (const char *at = cell;;) {
        size_t len = strcspn(at, "\n");
        size_t columns = cli_columns(at, len);
        widest = columns > widest ? columns : widest;
        if (!at[len])
            return widest < 100000 ? (int)widest : 100000;
        at += len + 1;
    }
}

static void trim_line(cli_text *out)
{
    while (out->len && out->at[out->len - 1] == ' ')
        out->len--;
}

/** A row takes as many lines as its longest cell. */
static void render_row(const cli_table *t, const char *const *cells, const int *widths,
                       cli_text *out)
{
    size_t n = t->columns;
    const char **left = cli_realloc(NULL, n * sizeof *left); /* what is still to be shown of each */
    memcpy(left, cells, n * sizeof *left);
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < n; i++) {
            cli_text_adds(out, i ? " | " : " ");
            int gap = t->right >> i & 1 && left[i] ? widths[i] - cli_cell_columns(left[i]) : 0;
            cli_text_addc(out, ' ', (size_t)gap);
            left[i] = add_line(out, left[i] ? left[i] : "", -1, widths[i] - gap);
            more |= left[i] != NULL;
        }
        trim_line(out);
        cli_text_addc(out, '\n', 1);
    }
    free(left);
}

void cli_table_render(const cli_table *t, int width, cli_text *out)
{
    if (!t->columns)
        return;
    int *widths = cli_realloc(NULL, t->columns * sizeof *widths);
    memset(widths, 0, t->columns * sizeof *widths);
    for (size_t i = 0; i < t->cells.n; i++) {
        int columns = cli_cell_columns(t->cells.at[i]);
        if (columns > widths[i % t->columns])
            widths[i % t->columns] = columns;
    }
    int total = 2 + 3 * ((int)t->columns - 1);
    for (size_t i = 0; i < t->columns && total < width; i++)
        total += widths[i];
    size_t rule = (size_t)(total < width ? total : width);
    for (size_t at = 0; at + t->columns <= t->cells.n; at += t->columns) {
        render_row(t, t->cells.at + at, widths, out);
        if (at == 0) {
            cli_text_addc(out, '-', rule);
            cli_text_addc(out, '\n', 1);
        }
    }
    cli_text_addc(out, '-', rule);
    cli_text_addc(out, '\n', 1);
    free(widths);
}

/* ---------------------------------------------------------------- rows of queries */

enum { NARROWEST = 5 };

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static int wanted(const cli_frame_column *c)
{
    return larger(larger(c->natural, c->least), 1);
}

/** What is left of @p room goes to columns that grow, in equal parts. */
static void spread(const cli_frame_column *columns, int n, int room, int *widths)
{
    int growing = 0;
    for (int i = 0; i < n; i++) {
        growing += columns[i].grows;
        room -= widths[i];
    }
    for (int i = 0; i < n && growing && room > 0; i++) {
        if (!columns[i].grows)
            continue;
        WR_ASSERT(growing > 0);
        int part = room / growing--;
        widths[i] += part;
        room -= part;
    }
}

void cli_frame_widths(const cli_frame_column *columns, int n, int terminal_width, int *widths)
{
    WR_ASSERT(n >= 0 && terminal_width > 0);
    int room = terminal_width - n - 1, left = n; /* room of, and number of, those undecided */
    for (int i = 0; i < n; i++)
        widths[i] = 0;
    /* Those that want no more than an equal share get what they want, until all that are left want
     * more: then they share. */
    for (bool more = true; more && left;) {
        int share = larger(room / left, NARROWEST);
        more = false;
        for (int i = 0; i < n; i++) {
            if (widths[i] || wanted(&columns[i]) > share)
                continue;
            widths[i] = wanted(&columns[i]);
            room -= widths[i];
            left--;
            more = true;
        }
    }
    for (int i = 0; i < n; i++) {
        if (widths[i])
            continue;
        widths[i] = larger(room / left--, NARROWEST);
        room -= widths[i];
    }
    WR_ASSERT(left == 0);
    spread(columns, n, terminal_width - n - 1, widths);
}

void cli_frame_rule(const int *widths, int n, cli_text *out)
{
    for (int i = 0; i < n; i++) {
        cli_text_addc(out, '+', 1);
        cli_text_addc(out, '-', (size_t)widths[i]);
    }
    cli_text_adds(out, "+\n");
}

/** A cell on one line, with "..." where it does not fit. */
static void add_cut(cli_text *out, const char *cell, int width)
{
    size_t start = out->len;
    if (!add_line(out, cell, width, width))
        return;
    out->len = start;
    int dots = width < 3 ? width : 3;
    int room = width - dots;
    /* add_line always takes one character; a wide one may not fit beside the dots. */
    const char *second = cell;
    if (cli_char_columns(cli_utf8_next(&second, cell + strlen(cell))) <= room)
        add_line(out, cell, room, room);
    else
        cli_text_addc(out, ' ', (size_t)room);
    cli_text_addc(out, '.', (size_t)dots);
}

void cli_frame_row(const char *const *cells, const int *widths, int n, bool wrap, cli_text *out)
{
    const char **left = cli_realloc(NULL, (size_t)n * sizeof *left);
    memcpy(left, cells, (size_t)n * sizeof *left);
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < n; i++) {
            cli_text_addc(out, '|', 1);
            if (!wrap) {
                add_cut(out, cells[i], widths[i]);
                continue;
            }
            left[i] = add_line(out, left[i] ? left[i] : "", widths[i], widths[i]);
            more |= left[i] != NULL;
        }
        cli_text_adds(out, "|\n");
    }
    free(left);
}
