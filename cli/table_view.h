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
 * Rows of queries come one by one, so the frame is fixed beforehand:
 *
 *     +------------+------------+
 *     |ID          |V           |
 *     +------------+------------+
 *     |a           |1           |
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

/** Columns of one cell in a frame for @p columns of them. @p wished: COLUMN-WIDTH, or 0. */
int cli_frame_cell_width(int terminal_width, int columns, int wished);
/** "+----+----+" */
void cli_frame_rule(int columns, int cell_width, cli_text *out);
/** One row; cells that are too long go on in further lines, or are cut. */
void cli_frame_row(const char *const *cells, int columns, int cell_width, bool wrap, cli_text *out);

#endif
