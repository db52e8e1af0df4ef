/* SPDX-License-Identifier: Apache-2.0 */
/* The names of what may be wrong with a row: one table (row_fault.h). */
#include "engine/operators/row_fault.h"

static const struct {
    const char *name, *stage;
} reasons[WR_ROW_FAULT_REASONS] = {
    [WR_ROW_FAULT_KEY] = {"KEY_NOT_DECODABLE", "key"},
    [WR_ROW_FAULT_VALUE] = {"VALUE_NOT_DECODABLE", "value"},
    [WR_ROW_FAULT_TIME] = {"TIMESTAMP_INVALID", "timestamp"},
    [WR_ROW_FAULT_EXPRESSION] = {"EXPRESSION_FAILED", "expression"},
    [WR_ROW_FAULT_OVERFLOW] = {"AGGREGATE_OVERFLOW", "expression"},
    [WR_ROW_FAULT_ENCODING] = {"NOT_ENCODABLE", "serialize"},
    [WR_ROW_FAULT_SIZE] = {"RECORD_TOO_LARGE", "produce"},
    [WR_ROW_FAULT_TIME_LIMIT] = {"TIMESTAMP_NOT_TAKEN", "produce"},
    [WR_ROW_FAULT_CRASH] = {"PROCESS_DIED", "process"},
};

const char *wr_row_fault_name(wr_row_fault_reason r)
{
    WR_ASSERT((size_t)r < WR_ROW_FAULT_REASONS);
    return reasons[r].name;
}

const char *wr_row_fault_stage(wr_row_fault_reason r)
{
    WR_ASSERT((size_t)r < WR_ROW_FAULT_REASONS);
    return reasons[r].stage;
}
