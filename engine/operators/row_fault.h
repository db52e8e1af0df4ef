/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_fault.h - what is wrong with a record or a row, and what becomes of it: what operators tell
 * the task (wr_task_ctx.row_error).
 *
 * The reason has a name and a stage, which are in the headers of dead letters and in DESCRIBE:
 * names are never changed, new ones may come.
 */
#ifndef WR_ENGINE_OPERATORS_ROW_FAULT_H
#define WR_ENGINE_OPERATORS_ROW_FAULT_H

#include "engine/plan/plan.h"
#include "types/record.h"

typedef enum wr_row_fault_reason {
    WR_ROW_FAULT_KEY,        /* the key cannot be decoded */
    WR_ROW_FAULT_VALUE,      /* the value cannot be decoded */
    WR_ROW_FAULT_TIME,       /* there is no usable event time: of a source, or in a sink's column */
    WR_ROW_FAULT_EXPRESSION, /* an expression failed that decides about the row: WHERE, GROUP BY */
    WR_ROW_FAULT_OVERFLOW,   /* an aggregate cannot take the row */
    WR_ROW_FAULT_ENCODING,   /* the sink's format cannot hold the row */
    WR_ROW_FAULT_SIZE,       /* the record would be larger than the log takes */
    WR_ROW_FAULT_TIME_LIMIT, /* the topic does not take a record of that time */
    WR_ROW_FAULT_CRASH,      /* the process died of the record, several times */
} wr_row_fault_reason;
#define WR_ROW_FAULT_REASONS 9

/** "VALUE_NOT_DECODABLE"; a constant. */
const char *wr_row_fault_name(wr_row_fault_reason r);
/** Where it happened: "key", "value", "timestamp", "expression", "serialize", "produce",
 *  "process"; a constant. */
const char *wr_row_fault_stage(wr_row_fault_reason r);

typedef enum wr_row_fault_outcome {
    WR_ROW_FAULT_STAYS, /* the row goes on, with a NULL; or it was reported as left out already */
    WR_ROW_FAULT_LEFT_OUT, /* it goes no further */
    WR_ROW_FAULT_STOPS,    /* it ends the query */
} wr_row_fault_outcome;

/** Everything is borrowed until the call returns. */
typedef struct wr_row_fault {
    wr_row_fault_reason reason;
    wr_row_fault_outcome outcome;
    const wr_error_policy *policy; /* that says what becomes of it */
    const char *message;
} wr_row_fault;

#endif
