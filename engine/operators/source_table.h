/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source_table.h - the rows that a TABLE's source keeps: the last of each key, in a store.
 *
 * Where the plan asks for them (wr_step_source.materialize), every change carries the row before
 * it. The same rows complete change events, which may lack a value that has not changed, and say
 * what is gone when an event says that the whole table is.
 *
 * Thread: the task's.
 */
#ifndef WR_ENGINE_OPERATORS_SOURCE_TABLE_H
#define WR_ENGINE_OPERATORS_SOURCE_TABLE_H

#include "engine/operators/op.h"

typedef struct wr__table_rows {
    wr_store *store; /* the runtime's; NULL: no rows are kept */
    wr_buf key_bytes, row_bytes;
} wr__table_rows;

/**
 * Put the selected rows of @p b into the store, in order, and those before them into its old
 * columns, which are made where @p b has none yet.
 * @param lacks  per column of the schema a flag for each row whose value is to be that of the row
 *               before, NULL: of none; NULL: nothing lacks. Such columns belong to @p b alone.
 * Where there is no row before, the value is NULL, and counted and logged.
 */
weir_status wr__table_take(wr_op *op, wr__table_rows *t, wr_batch *b, const uint8_t *const *lacks,
                           weir_error *err) WR_MUST_CHECK;
/**
 * Delete all rows of the store and hand the deletions on, in batches of their own. Their time,
 * partition and offset are those of row @p row of @p of, the event that says so. What was exchanged
 * in memory (wr_task_ctx.exchange) is taken by the receivers meanwhile.
 */
weir_status wr__table_truncate(wr_op *op, wr__table_rows *t, const wr_batch *of, uint32_t row,
                               weir_error *err) WR_MUST_CHECK;
/** Row @p row of @p batch has no value in @p column: counted, and a line of the log. */
void wr__table_lacks(wr_op *op, const wr_batch *batch, uint32_t row, const char *column);

#endif
