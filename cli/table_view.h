/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table_view.h - the two layouts of tables. Pure: cells in, text out.
 *
 * Statement results are known as a whole, so columns are as wide as what is in them:
 *
 *      Stream Name | Kafka Topic
 *     ---------------------------
 *      S           | s
 *     ---------------------------
 *
 * Rows of queries come one by one, so the frame is fixed by the first of them:
 *
 *     +------+----------------+
 *     |ID    |V               |
 *     +------+----------------+
 *     |a     |1               |
 */
#ifndef CLI_TABLE_VIEW_H
#define CLI_TABLE_VIEW_H

#include "screen_text.h"

/** A statement's result. Zero it, set columns, add cells row by row (the titles first), render. */
typedef struct cli_table {
    size_t columns;
    unsigned right; /* bit i: column i, of single lines, is aligned to the right */
    cli_list cells; /* owned copies */
} cli_table;

void cli_table_add(cli_table *t, const char *cell);
/** Append the table to @p out; its rules are @p width columns long at most. */
void cli_table_render(const cli_table *t, int width, cli_text *out);
void cli_table_free(cli_table *t);

/** What is known of a column of a frame before its rows are shown. */
typedef struct cli_frame_column {
    int natural; /* columns of the widest cell so far, the name included */
    int least;   /* what values of its type usually take, for those to come; 0: there are none */
    bool grows;  /* may take what the others leave of the terminal */
} cli_frame_column;

/** The columns that a cell takes on a terminal: those of its longest line. */
int cli_cell_columns(const char *cell);
/** Widths of @p n cells in a frame: as their content wants; where the terminal has less room, wide
 *  ones share what the narrow ones leave. None is below 5 unless it wants less. */
void cli_frame_widths(const cli_frame_column *columns, int n, int terminal_width, int *widths);
/** "+----+----+" */
void cli_frame_rule(const int *widths, int n, cli_text *out);
/** One row; cells that are too long go on in further lines, or are cut. */
void cli_frame_row(const char *const *cells, const int *widths, int n, bool wrap, cli_text *out);

#endif
